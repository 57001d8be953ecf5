//! Features as `GeoJSON` (RFC 7946), written straight from the columns.

use super::figures::in_axes;
use super::{Cover, SYNTHETIC, Stream, View, drawn};
use crate::geometry::{Crs, GeometryKind, GeometryRef, Part, Run, Shape};
use crate::model::{FeatureId, FeatureIx, FieldIx, Layer, LayerId, Value};

/// Writes features of one layer; names are turned into JSON once.
#[derive(Debug)]
pub struct FeatureWriter {
    /// The written fields, each with `"name":` as JSON, a comma before all but the first.
    keys: Vec<(FieldIx, Box<[u8]>)>,
    view: View,
}

impl FeatureWriter {
    /// A writer for a layer whose extent the system of the view covers.
    #[must_use]
    pub fn new(layer: &Layer, view: View) -> Self {
        let keys = view.fields.iter().enumerate().map(|(at, &field)| {
            let mut key = if at == 0 { Vec::new() } else { vec![b','] };
            string(&mut key, &layer.schema.field(field).name);
            key.push(b':');
            (field, key.into())
        });
        Self { keys: keys.collect(), view }
    }

    /// Writes one feature without its closing brace, so that members may follow.
    pub fn open_feature(&self, out: &mut Vec<u8>, layer: &Layer, ix: FeatureIx) {
        head(out, layer, ix);
        out.extend_from_slice(br#","geometry":"#);
        self.view.draw(layer, ix, |shape| nullable_geometry(out, shape, self.view.crs));
        self.properties(out, layer, ix);
    }

    /// Writes one feature.
    pub fn feature(&self, out: &mut Vec<u8>, layer: &Layer, ix: FeatureIx) {
        self.open_feature(out, layer, ix);
        out.push(b'}');
    }

    /// Writes the properties, a comma before.
    pub(super) fn properties(&self, out: &mut Vec<u8>, layer: &Layer, ix: FeatureIx) {
        let feature = layer.feature(ix);
        out.extend_from_slice(br#","properties":{"#);
        for (field, key) in &self.keys {
            out.extend_from_slice(key);
            value(out, feature.value(*field));
        }
        out.push(b'}');
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
        Value::Date(day) => string(out, &day.to_string()),
        Value::Timestamp(moment) => string(out, &moment.to_string()),
        Value::Json(json) => out.extend_from_slice(json.as_bytes()),
    }
}

fn integer(out: &mut Vec<u8>, whole: i64) {
    out.extend_from_slice(itoa::Buffer::new().format(whole).as_bytes());
}

/// A finite real in the fewest digits that read back as the same number.
pub(crate) fn number(out: &mut Vec<u8>, real: f64) {
    let mut buffer = ryu::Buffer::new();
    let text = buffer.format_finite(real);
    out.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
}

/// A JSON string (RFC 8259, 7).
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    // Most texts need no escape; the whole test without a branch is what the compiler turns into wide registers.
    let escapes = |byte: u8| u8::from(byte < 0x20) | u8::from(byte == b'"') | u8::from(byte == b'\\');
    if text.bytes().fold(0, |any, byte| any | escapes(byte)) == 0 {
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
        return;
    }
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..0x20 => b"",
            _ => continue,
        };
        out.extend_from_slice(&text.as_bytes()[plain..at]);
        if escape.is_empty() {
            out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
        } else {
            out.extend_from_slice(escape);
        }
        plain = at + 1;
    }
    out.extend_from_slice(&text.as_bytes()[plain..]);
    out.push(b'"');
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
                position(out, &run, 0, crs);
            }
        }
        GeometryKind::LineString => {
            if let Some(run) = part.runs().next() {
                line(out, &run, crs);
            }
        }
        GeometryKind::MultiPoint => list(out, part.runs(), |out, run| position(out, run, 0, crs)),
        GeometryKind::MultiLineString => list(out, part.runs(), |out, run| line(out, run, crs)),
        GeometryKind::Polygon => list(out, part.runs(), |out, run| ring(out, run, crs)),
        GeometryKind::MultiPolygon => {
            out.push(b'[');
            for (at, run) in part.runs().enumerate() {
                match (at, run.is_shell) {
                    (0, _) => out.push(b'['),
                    (_, true) => out.extend_from_slice(b"],["),
                    (_, false) => out.push(b','),
                }
                ring(out, &run, crs);
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

fn line(out: &mut Vec<u8>, run: &Run<'_>, crs: Crs) {
    out.push(b'[');
    for at in 0..run.len() {
        comma(out, at);
        position(out, run, at, crs);
    }
    out.push(b']');
}

/// A ring with its first position repeated at the end (RFC 7946, 3.1.6).
fn ring(out: &mut Vec<u8>, run: &Run<'_>, crs: Crs) {
    out.push(b'[');
    for at in 0..run.len() {
        position(out, run, at, crs);
        out.push(b',');
    }
    position(out, run, 0, crs);
    out.push(b']');
}

fn position(out: &mut Vec<u8>, run: &Run<'_>, at: usize, crs: Crs) {
    out.push(b'[');
    if let (Crs::Crs84, Some([longitude, latitude])) = (crs, run.grid_at(at)) {
        grid_degrees(out, longitude);
        out.push(b',');
        grid_degrees(out, latitude);
    } else {
        let [first, second] = in_axes(crs, run, at);
        number(out, first);
        out.push(b',');
        number(out, second);
    }
    if let Some(altitude) = run.altitude_at(at) {
        out.push(b',');
        number(out, altitude);
    }
    out.push(b']');
}

/// Steps of 1e-7 degree as a decimal without trailing zeros.
fn grid_degrees(out: &mut Vec<u8>, steps: i32) {
    const STEPS: u32 = 10_000_000;
    if steps < 0 {
        out.push(b'-');
    }
    let steps = steps.unsigned_abs();
    out.extend_from_slice(itoa::Buffer::new().format(steps / STEPS).as_bytes());
    let mut fraction = steps % STEPS;
    if fraction == 0 {
        return;
    }
    let mut digits = [b'0'; 8];
    digits[0] = b'.';
    for digit in digits[1..].iter_mut().rev() {
        *digit = b'0' + u8::try_from(fraction % 10).unwrap_or(0);
        fraction /= 10;
    }
    let end = digits.iter().rposition(|&digit| digit != b'0').map_or(0, |last| last + 1);
    out.extend_from_slice(&digits[..end]);
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
    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = Vec::new();
        write(&mut out);
        String::from_utf8(out).expect("UTF-8")
    }

    #[test]
    fn steps_of_a_degree_are_written_as_decimals() {
        let cases = [
            (0, "0"),
            (1, "0.0000001"),
            (-1, "-0.0000001"),
            (1_141_635_920, "114.163592"),
            (300_000_000, "30"),
            (-1_800_000_000, "-180"),
            (1_800_000_000, "180"),
            (305_063_430, "30.506343"),
        ];
        for (steps, want) in cases {
            assert_eq!(written(|out| grid_degrees(out, steps)), want);
        }
    }

    #[test]
    fn strings_are_escaped() {
        let text = "汉\"南\\港\n\u{1}";
        let json = written(|out| string(out, text));
        assert_eq!(json, "\"汉\\\"南\\\\港\\n\\u0001\"");
        assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text);
    }

    #[test]
    fn reals_are_short_and_exact() {
        for (real, want) in [(1.0, "1"), (0.1, "0.1"), (-2.5, "-2.5"), (1e21, "1e21"), (40.1, "40.1")] {
            assert_eq!(written(|out| number(out, real)), want);
        }
    }
}
