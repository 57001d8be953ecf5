//! Features as OGC Features and Geometries JSON (OGC 21-045r1).
//!
//! In: features. Out: `GeoJSON` with a member `time`, and where another system than CRS84 is asked a member
//! `place` in it beside the member `geometry`, which stays in degrees so that readers of `GeoJSON` are served too
//! (profile jsonfg-plus). Leaves out: solids, arcs and measures, which layers do not have.

use super::geojson::{FeatureWriter, collection_members, head, nullable_geometry, string};
use super::{Cover, SYNTHETIC, Stream, View};
use crate::geometry::{Crs, GeometryKind};
use crate::model::{FeatureIx, Layer, Value};

const CLASSES: [&str; 2] = [
    "http://www.opengis.net/spec/json-fg-1/1.0/conf/core",
    "http://www.opengis.net/spec/json-fg-1/1.0/conf/types-schemas",
];

/// Writes a feature collection or one feature.
#[derive(Debug)]
pub struct JsonFg {
    writer: FeatureWriter,
    view: View,
    /// Address of the schema of the layer.
    schema: String,
}

impl JsonFg {
    /// A writer for a layer whose schema (OGC 23-058r2) stands at an address.
    #[must_use]
    pub fn new(layer: &Layer, view: View, schema: String) -> Self {
        Self { writer: FeatureWriter::new(layer, view.clone()), view, schema }
    }

    /// Writes a feature that is a document of its own, without its closing brace.
    pub fn open_document(&self, out: &mut Vec<u8>, layer: &Layer, ix: FeatureIx) {
        self.open_feature(out, layer, ix);
        out.push(b',');
        self.root_members(out, layer);
        if layer.about.synthetic {
            out.extend_from_slice(format!(",\"{SYNTHETIC}\":true").as_bytes());
        }
    }

    /// What only the root of a document says, for all features below it.
    fn root_members(&self, out: &mut Vec<u8>, layer: &Layer) {
        out.extend_from_slice(
            format!(r#""conformsTo":["{}"],"featureType":"#, CLASSES.join("\",\"")).as_bytes(),
        );
        string(out, layer.id.as_str());
        out.extend_from_slice(br#","featureSchema":"#);
        string(out, &self.schema);
        out.extend_from_slice(format!(r#","coordRefSys":"{}""#, self.view.crs).as_bytes());
    }

    fn open_feature(&self, out: &mut Vec<u8>, layer: &Layer, ix: FeatureIx) {
        head(out, layer, ix);
        out.extend_from_slice(br#","time":"#);
        if self.view.shows_time(layer) {
            time(out, layer, ix);
        } else {
            out.extend_from_slice(b"null");
        }
        self.view.draw(layer, ix, |shape| {
            out.extend_from_slice(br#","place":"#);
            let place = out.len();
            nullable_geometry(out, shape.filter(|_| self.view.crs != Crs::Crs84), self.view.crs);
            let after = out.len();
            out.extend_from_slice(br#","geometry":"#);
            let geometry = out.len();
            nullable_geometry(out, shape, Crs::Crs84);
            // Where all axes hold equal numbers both would be identical, which they shall not be (`/req/core/fallback`).
            if out[place..after] == out[geometry..] {
                out.splice(place..after, *b"null");
            }
        });
        self.writer.properties(out, layer, ix);
    }
}

impl Stream for JsonFg {
    fn begin(&mut self, out: &mut Vec<u8>, layer: &Layer, cover: &Cover) {
        out.extend_from_slice(br#"{"type":"FeatureCollection","#);
        self.root_members(out, layer);
        out.push(b',');
        if let Some(dimension) = dimension(&layer.geometries().kinds()) {
            out.extend_from_slice(format!(r#""geometryDimension":{dimension},"#).as_bytes());
        }
        collection_members(out, layer, cover);
    }

    fn feature(&mut self, out: &mut Vec<u8>, layer: &Layer, ix: FeatureIx, is_first: bool) {
        if !is_first {
            out.push(b',');
        }
        self.open_feature(out, layer, ix);
        out.push(b'}');
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"]}");
    }
}

/// The dimension of all geometries, where they have one in common.
fn dimension(kinds: &[GeometryKind]) -> Option<u8> {
    use GeometryKind::{
        GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon,
    };
    let mut all = kinds.iter().map(|kind| match kind {
        Point | MultiPoint => Some(0),
        LineString | MultiLineString => Some(1),
        Polygon | MultiPolygon => Some(2),
        GeometryCollection => None,
    });
    let first = all.next()??;
    all.all(|next| next == Some(first)).then_some(first)
}

/// When a feature holds: a day, a moment, or an interval with `..` for an open end, both ends of one kind.
fn time(out: &mut Vec<u8>, layer: &Layer, ix: FeatureIx) {
    let fields = layer.time;
    let value = |field: Option<_>| field.map_or(Value::Null, |field| layer.feature(ix).value(field));
    let (start, end) = fields.map_or((Value::Null, Value::Null), |time| (value(time.start), value(time.end)));
    let is_one = fields.is_some_and(|time| time.start == time.end);
    let text = match (start, end) {
        (Value::Date(day), _) if is_one => format!(r#"{{"date":"{day}"}}"#),
        (Value::Timestamp(moment), _) if is_one => format!(r#"{{"timestamp":"{moment}"}}"#),
        (Value::Null, Value::Null) => "null".to_owned(),
        (start, end) => {
            let days = !matches!(start, Value::Timestamp(_)) && !matches!(end, Value::Timestamp(_));
            let first = match start {
                Value::Date(day) if days => day.to_string(),
                Value::Date(day) => day.start().to_string(),
                Value::Timestamp(moment) => moment.to_string(),
                _ => "..".to_owned(),
            };
            let last = match end {
                Value::Date(day) if days => day.to_string(),
                Value::Date(day) => day.end().to_string(),
                Value::Timestamp(moment) => moment.to_string(),
                _ => "..".to_owned(),
            };
            format!(r#"{{"interval":["{first}","{last}"]}}"#)
        }
    };
    out.extend_from_slice(text.as_bytes());
}
