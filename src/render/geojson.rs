//! Features as `GeoJSON` (RFC 7946), written straight from the columns.

use std::io::Write as _;

use super::figures::{in_axes, steps};
use super::json::{Key, grid_positions, integer};
pub(crate) use super::json::{number, string};
use super::{Cover, SYNTHETIC, Stream, View, drawn};
use crate::geometry::{Crs, GeometryKind, GeometryRef, Part, Positions, Run, Shape};
use crate::model::{FeatureId, FeatureIx, FieldIx, Ids, Layer, LayerId, Value};

/// Writes features of one layer; names are turned into JSON once.
#[derive(Debug)]
pub struct FeatureWriter {
    properties: Properties,
    view: View,
}

impl FeatureWriter {
    /// A writer for a layer whose extent the system of the view covers.
    #[must_use]
    pub fn new(layer: &Layer, view: View) -> Self {
        Self { properties: Properties::of(layer, &view.fields, &[]), view }
    }

    /// Writes one feature without its closing brace, so that members may follow.
    pub fn open_feature(&self, out: &mut Vec<u8>, layer: &Layer, ix: FeatureIx) {
        self.open(out, layer, ix, &self.properties);
    }

    fn open(&self, out: &mut Vec<u8>, layer: &Layer, ix: FeatureIx, properties: &Properties) {
        head(out, layer, ix);
        out.extend_from_slice(br#","geometry":"#);
        self.view.draw(layer, ix, |shape| nullable_geometry(out, shape, self.view.crs));
        properties.write(out, layer, ix);
    }

    /// Writes one feature.
    pub fn feature(&self, out: &mut Vec<u8>, layer: &Layer, ix: FeatureIx) {
        self.open_feature(out, layer, ix);
        out.push(b'}');
    }

    /// Writes features, commas between them, until the text is `enough` bytes long or all are written, and tells how many are.
    pub fn features(&self, out: &mut Vec<u8>, layer: &Layer, items: &[FeatureIx], enough: usize) -> usize {
        let mut written = 0;
        for block in items.chunks(BLOCK) {
            fetch(layer, block);
            let properties = Properties::of(layer, &self.view.fields, block);
            for &ix in block {
                comma(out, written);
                self.open(out, layer, ix, &properties);
                out.push(b'}');
                written += 1;
                if out.len() >= enough {
                    return written;
                }
            }
        }
        written
    }

    /// Writes the properties, a comma before.
    pub(super) fn properties(&self, out: &mut Vec<u8>, layer: &Layer, ix: FeatureIx) {
        self.properties.write(out, layer, ix);
    }
}

/// Features that are made ready together.
const BLOCK: usize = 128;

/// Looks at the ids and geometries of features that are written next.
fn fetch(layer: &Layer, items: &[FeatureIx]) {
    let rows = items.iter().map(|ix| ix.row());
    if let Ids::Text(ids) = layer.ids() {
        ids.fetch(rows.clone());
    }
    layer.geometries().fetch(rows);
}

/// The properties of some features: what is the same in all of them is JSON already.
#[derive(Debug)]
struct Properties {
    /// The fields that differ, each with what stands before its value.
    fields: Vec<(Key, FieldIx)>,
    /// What stands behind the last of them.
    tail: Key,
}

impl Properties {
    /// Those of some features, or with none of any features.
    fn of(layer: &Layer, fields: &[FieldIx], items: &[FeatureIx]) -> Self {
        let mut text = br#","properties":{"#.to_vec();
        let mut differing = Vec::with_capacity(fields.len());
        for (at, &field) in fields.iter().enumerate() {
            comma(&mut text, at);
            string(&mut text, &layer.schema.field(field).name);
            text.push(b':');
            let column = layer.column(field);
            match items {
                [first, ..] if column.is_same(items) => value(&mut text, column.value(first.row())),
                _ => {
                    differing.push((Key::new(&text), field));
                    text.clear();
                    column.fetch(items);
                }
            }
        }
        text.push(b'}');
        Self { fields: differing, tail: Key::new(&text) }
    }

    /// Writes those of one of the features, a comma before.
    fn write(&self, out: &mut Vec<u8>, layer: &Layer, ix: FeatureIx) {
        for (before, field) in &self.fields {
            before.write(out);
            value(out, layer.column(*field).value(ix.row()));
        }
        self.tail.write(out);
    }
}

/// Writes the opening brace of a feature, its type and its id.
pub(super) fn head(out: &mut Vec<u8>, layer: &Layer, ix: FeatureIx) {
    out.extend_from_slice(br#"{"type":"Feature","id":"#);
    match layer.ids().get(ix) {
        FeatureId::Integer(id) => integer(out, id),
        FeatureId::Text(id) => string(out, id),
    }
}

/// Writes a feature collection (OGC 17-069r4, 8.3).
#[derive(Debug)]
pub struct Collection(FeatureWriter);

impl Collection {
    /// A writer for a layer.
    #[must_use]
    pub fn new(layer: &Layer, view: View) -> Self {
        Self(FeatureWriter::new(layer, view))
    }
}

impl Stream for Collection {
    fn begin(&mut self, out: &mut Vec<u8>, layer: &Layer, cover: &Cover) {
        out.extend_from_slice(br#"{"type":"FeatureCollection","#);
        collection_members(out, layer, cover);
    }

    fn feature(&mut self, out: &mut Vec<u8>, layer: &Layer, ix: FeatureIx, is_first: bool) {
        if !is_first {
            out.push(b',');
        }
        self.0.feature(out, layer, ix);
    }

    fn features(
        &mut self,
        out: &mut Vec<u8>,
        layer: &Layer,
        items: &[FeatureIx],
        is_first: bool,
        enough: usize,
    ) -> usize {
        comma(out, usize::from(!is_first && !items.is_empty()));
        self.0.features(out, layer, items, enough)
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"]}");
    }
}

/// Writes the members of a collection up to its first feature.
pub(super) fn collection_members(out: &mut Vec<u8>, layer: &Layer, cover: &Cover) {
    if layer.about.synthetic {
        out.extend_from_slice(format!("\"{SYNTHETIC}\":true,").as_bytes());
    }
    let counts = format!(r#""numberMatched":{},"numberReturned":{},"#, cover.matched, cover.returned);
    out.extend_from_slice(counts.as_bytes());
    if let Some(made_at) = cover.made_at {
        out.extend_from_slice(format!(r#""timeStamp":"{made_at}","#).as_bytes());
    }
    let links = if cover.links.is_empty() { "[]" } else { &cover.links };
    out.extend_from_slice(format!(r#""links":{links},"features":["#).as_bytes());
}

pub(crate) fn nullable_geometry(out: &mut Vec<u8>, shape: Option<GeometryRef<'_>>, crs: Crs) {
    match shape {
        Some(shape) => geometry(out, shape, crs),
        None => out.extend_from_slice(b"null"),
    }
}

fn value(out: &mut Vec<u8>, value: Value<'_>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Integer(whole) => integer(out, whole),
        Value::Real(real) => number(out, real),
        Value::Text(text) => string(out, text),
        Value::Date(day) => quoted(out, day),
        Value::Timestamp(moment) => quoted(out, moment),
        Value::Json(json) => out.extend_from_slice(json.as_bytes()),
    }
}

/// A string that needs no escape.
fn quoted(out: &mut Vec<u8>, plain: impl std::fmt::Display) {
    // Memory takes whatever is written.
    let _ = write!(out, "\"{plain}\"");
}

fn geometry(out: &mut Vec<u8>, shape: GeometryRef<'_>, crs: Crs) {
    if shape.kind() == GeometryKind::GeometryCollection {
        out.extend_from_slice(br#"{"type":"GeometryCollection","geometries":["#);
        for (at, member) in shape.parts().enumerate() {
            comma(out, at);
            part(out, &member, crs);
        }
        out.extend_from_slice(b"]}");
    } else if let Some(only) = shape.parts().next() {
        part(out, &only, crs);
    }
}

fn part(out: &mut Vec<u8>, part: &Part<'_>, crs: Crs) {
    out.extend_from_slice(br#"{"type":""#);
    out.extend_from_slice(part.kind().name().as_bytes());
    out.extend_from_slice(br#"","coordinates":"#);
    match part.kind() {
        GeometryKind::Point => {
            if let Some(run) = part.runs().next() {
                positions(out, &run, false, crs);
            }
        }
        GeometryKind::LineString => {
            if let Some(run) = part.runs().next() {
                line(out, &run, false, crs);
            }
        }
        GeometryKind::MultiPoint => list(out, part.runs(), |out, run| positions(out, run, false, crs)),
        GeometryKind::MultiLineString => list(out, part.runs(), |out, run| line(out, run, false, crs)),
        GeometryKind::Polygon => list(out, part.runs(), |out, run| line(out, run, true, crs)),
        GeometryKind::MultiPolygon => {
            out.push(b'[');
            for (at, run) in part.runs().enumerate() {
                match (at, run.is_shell) {
                    (0, _) => out.push(b'['),
                    (_, true) => out.extend_from_slice(b"],["),
                    (_, false) => out.push(b','),
                }
                line(out, &run, true, crs);
            }
            out.extend_from_slice(b"]]");
        }
        GeometryKind::GeometryCollection => out.extend_from_slice(b"[]"),
    }
    out.push(b'}');
}

fn list<'a>(
    out: &mut Vec<u8>,
    runs: impl Iterator<Item = Run<'a>>,
    mut write: impl FnMut(&mut Vec<u8>, &Run<'a>),
) {
    out.push(b'[');
    for (at, run) in runs.enumerate() {
        comma(out, at);
        write(out, &run);
    }
    out.push(b']');
}

/// A line, or where `closed` a ring with its first position repeated at the end (RFC 7946, 3.1.6).
fn line(out: &mut Vec<u8>, run: &Run<'_>, closed: bool, crs: Crs) {
    out.push(b'[');
    positions(out, run, closed, crs);
    out.push(b']');
}

/// The positions of a run, commas between them.
fn positions(out: &mut Vec<u8>, run: &Run<'_>, closed: bool, crs: Crs) {
    if let (Crs::Crs84, Positions::Grid(all), false) = (crs, run.positions(), run.may_be_high()) {
        let first = if closed { all.first() } else { None };
        return grid_positions(out, all, first);
    }
    for (step, at) in steps(run, closed).enumerate() {
        comma(out, step);
        position(out, run, at, crs);
    }
}

fn position(out: &mut Vec<u8>, run: &Run<'_>, at: usize, crs: Crs) {
    out.push(b'[');
    let [first, second] = in_axes(crs, run, at);
    number(out, first);
    out.push(b',');
    number(out, second);
    if let Some(altitude) = run.altitude_at(at) {
        out.push(b',');
        number(out, altitude);
    }
    out.push(b']');
}

fn comma(out: &mut Vec<u8>, at: usize) {
    if at > 0 {
        out.push(b',');
    }
}

/// Writes the features of a tile as a feature collection: geometries as they lie in the tile.
#[derive(Debug, Default)]
pub struct TileWriter {
    out: Vec<u8>,
    /// Features written.
    pub written: u64,
    /// The layer of the last feature and how its features are written.
    layer: Option<(LayerId, FeatureWriter)>,
}

impl TileWriter {
    /// Adds a feature of a layer with some of its fields and its geometry in the tile, degrees. Features of one layer
    /// come one after the other, with the same fields.
    pub fn feature(&mut self, layer: &Layer, fields: &[FieldIx], ix: FeatureIx, shape: &Shape) {
        let Self { out, written, layer: last } = self;
        if last.as_ref().is_none_or(|(id, _)| *id != layer.id) {
            let view = View { fields: fields.to_vec(), ..View::whole(layer, Crs::Crs84) };
            *last = Some((layer.id.clone(), FeatureWriter::new(layer, view)));
        }
        comma(out, usize::from(*written > 0));
        *written += 1;
        head(out, layer, ix);
        out.extend_from_slice(br#","collection":"#);
        string(out, layer.id.as_str());
        out.extend_from_slice(br#","geometry":"#);
        drawn::geometry(out, shape);
        if let Some((_, writer)) = last {
            writer.properties(out, layer, ix);
        }
        out.push(b'}');
    }

    /// The collection.
    #[must_use]
    pub fn finish(self) -> Vec<u8> {
        let head = format!(r#"{{"type":"FeatureCollection","numberReturned":{},"features":["#, self.written);
        [head.as_bytes(), &self.out, b"]}"].concat()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::geometry::GeometryBuilder;
    use crate::model::{ColumnBuilder, Field, Incoming, LayerAbout, TextArena, ValueKind};

    /// A value by a number: few different ones, so that some features in a row have the same.
    fn incoming(kind: ValueKind, number: u8) -> Incoming<'static> {
        let text = |text: String| Incoming::Text(text.into());
        match (number, kind) {
            (0, _) => Incoming::Null,
            (_, ValueKind::Bool) => Incoming::Bool(number == 2),
            (_, ValueKind::Integer) => Incoming::Integer(i64::from(number) - 2),
            (_, ValueKind::Real) => Incoming::Real(f64::from(number) / 7.0),
            (_, ValueKind::Date) => text(format!("2025-12-0{number}")),
            (_, ValueKind::Timestamp) => text(format!("2025-12-31T08:00:0{number}Z")),
            (_, ValueKind::Array) => Incoming::Array(format!("[{number}]")),
            (_, ValueKind::Object) => Incoming::Object(format!(r#"{{"a":{number}}}"#)),
            (_, ValueKind::Text) => text(format!("text \"{number}\"")),
        }
    }

    fn layer(rows: &[[u8; 8]]) -> Layer {
        use ValueKind::{Array, Bool, Date, Integer, Object, Real, Text, Timestamp};
        let kinds = [Bool, Integer, Real, Text, Date, Timestamp, Array, Object];
        let fields = kinds.into_iter().enumerate().map(|(at, kind)| {
            let mut column = ColumnBuilder::new(Some(kind), 0);
            for row in rows {
                column.push(&incoming(kind, row[at]));
            }
            let name = format!("{}, a field", kind.name()).into();
            (Field { name, kind, title: None, unit: None, find: None }, column.build().1)
        });
        let (mut ids, mut geometries) = (TextArena::default(), GeometryBuilder::default());
        for (at, row) in rows.iter().enumerate() {
            ids.push(&format!("id {at}"));
            if row[0] == 0 {
                geometries.null();
                continue;
            }
            geometries.point([f64::from(row[1]), f64::from(row[2]) / 10.0], None).expect("a point");
            geometries.end_member(GeometryKind::Point);
            geometries.finish(false).expect("a geometry");
        }
        let id = LayerId::parse("random").expect("a name");
        let (ids, geometries) = (Ids::Text(ids), geometries.build());
        Layer::new(id, LayerAbout::default(), ids, geometries, fields.collect(), None).expect("a layer")
    }

    proptest! {
        #[test]
        fn many_features_are_written_as_each_is(
            runs in prop::collection::vec((any::<[u8; 8]>(), 1..200_usize), 1..6),
            apart in prop::collection::vec(any::<[u8; 8]>(), 0..20),
            enough in 1..40_000_usize,
            all_fields in any::<bool>(),
        ) {
            let small = |row: [u8; 8]| row.map(|number| number % 4);
            let runs = runs.into_iter().flat_map(|(row, times)| std::iter::repeat_n(row, times));
            let rows: Vec<_> = runs.chain(apart).map(small).collect();
            let layer = layer(&rows);
            let mut view = View::whole(&layer, Crs::Crs84);
            if !all_fields {
                view.fields.clear();
            }
            let writer = FeatureWriter::new(&layer, view);
            let items: Vec<_> = layer.positions().collect();
            let mut want: Vec<Vec<u8>> = Vec::new();
            for &ix in &items {
                let mut one = Vec::new();
                writer.feature(&mut one, &layer, ix);
                serde_json::from_slice::<serde_json::Value>(&one).expect("JSON");
                want.push(one);
            }
            let mut at = 0;
            while at < items.len() {
                let mut out = Vec::new();
                let written = writer.features(&mut out, &layer, &items[at..], enough);
                prop_assert!(written > 0 && (out.len() >= enough || at + written == items.len()));
                prop_assert!(out == want[at..at + written].join(&b','));
                at += written;
            }
        }
    }
}
