//! Features as KML (OGC 12-007r2; the elements used are those of KML 2.2 too).
//!
//! In: features. Out: one document with a schema of typed fields and a placemark a feature. Leaves out: styles,
//! and systems other than CRS84, which KML does not have.
//!
//! Altitudes count from the mean sea level (`absolute`); a position without one among others gets none, which
//! readers take as 0, so a geometry has altitudes only when all its positions do. Null is left out.

use super::geojson::number;
use super::table::{Column, Source, Table, text};
use super::{Cover, Stream, View, synthetic_notice};
use crate::geometry::{GeometryKind, GeometryRef, Part, Run};
use crate::model::{Column as Values, FeatureIx, FieldIx, Layer, NULL_INTEGER, Value, ValueKind};

/// Writes placemarks.
#[derive(Debug)]
pub struct Kml {
    table: Table,
    view: View,
    /// The fields whose texts may name a feature, the likeliest first.
    names: Vec<FieldIx>,
}

impl Kml {
    /// A writer for a layer.
    #[must_use]
    pub fn new(layer: &Layer, view: View) -> Self {
        let names = layer.schema.names(view.lang).filter(|at| view.fields.contains(at)).collect();
        Self { table: Table::new(layer, &view), view, names }
    }

    fn schema(&self, out: &mut Vec<u8>, layer: &Layer) {
        out.extend_from_slice(b"<Schema name=\"fields\" id=\"fields\">\n");
        for column in &self.table.columns {
            let kind = simple_kind(layer, column);
            out.extend_from_slice(format!("<SimpleField type=\"{kind}\" name=\"").as_bytes());
            escape(out, &column.name);
            out.extend_from_slice(b"\">");
            element(out, "displayName", &column.heading(self.view.lang));
            out.extend_from_slice(b"</SimpleField>\n");
        }
        out.extend_from_slice(b"</Schema>\n");
    }
}

/// A type that KML has; whole numbers beyond its 32 bits are text.
fn simple_kind(layer: &Layer, column: &Column) -> &'static str {
    let narrow =
        |values: &[i64]| values.iter().all(|&value| value == NULL_INTEGER || i32::try_from(value).is_ok());
    match (column.kind, column.source) {
        (ValueKind::Bool, _) => "bool",
        (ValueKind::Real, _) => "double",
        (ValueKind::Integer, Source::Field(field)) => match layer.column(field) {
            Values::Integer(values) if narrow(values) => "int",
            _ => "string",
        },
        (ValueKind::Integer, _) => match layer.ids() {
            crate::model::Ids::Integer(ids) if narrow(ids) => "int",
            _ => "string",
        },
        _ => "string",
    }
}

impl Stream for Kml {
    fn begin(&mut self, out: &mut Vec<u8>, layer: &Layer, cover: &Cover) {
        let lang = self.view.lang;
        out.extend_from_slice(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<kml xmlns=\"http://www.opengis.net/kml/2.2\"><Document>\n");
        element(out, "name", layer.about.title.say(lang));
        let mut lines = Vec::new();
        if layer.about.synthetic {
            lines.push(synthetic_notice(lang).to_owned());
        }
        lines.extend(layer.about.description.as_ref().map(|description| description.say(lang).to_owned()));
        lines.push(cover.range(lang));
        lines.push(cover.attribution.clone());
        lines.push(layer.about.licence.as_deref().unwrap_or(&cover.licence).to_owned());
        lines.retain(|line| !line.is_empty());
        element(out, "description", &lines.join("\n"));
        out.push(b'\n');
        self.schema(out, layer);
    }

    fn feature(&mut self, out: &mut Vec<u8>, layer: &Layer, ix: FeatureIx, _: bool) {
        let feature = layer.feature(ix);
        out.extend_from_slice(b"<Placemark>");
        let name = self.names.iter().find_map(|&field| match feature.value(field) {
            Value::Text(name) if !name.trim().is_empty() => Some(name),
            _ => None,
        });
        match name {
            Some(name) => element(out, "name", name),
            None => element(out, "name", &feature.id().to_string()),
        }
        if layer.about.synthetic {
            element(out, "description", synthetic_notice(self.view.lang));
        }
        if self.view.shows_time(layer) {
            time(out, layer, ix);
        }
        out.extend_from_slice(b"<ExtendedData><SchemaData schemaUrl=\"#fields\">");
        for column in &self.table.columns {
            let value = column.value(layer, ix);
            // Readers count on the numbers that XML Schema lets a boolean be; GDAL takes the words for 0.
            let figure = if let Value::Bool(truth) = value {
                Some(if truth { "1" } else { "0" }.into())
            } else {
                text(value)
            };
            if let Some(text) = figure {
                out.extend_from_slice(b"<SimpleData name=\"");
                escape(out, &column.name);
                out.extend_from_slice(b"\">");
                escape(out, &text);
                out.extend_from_slice(b"</SimpleData>");
            }
        }
        out.extend_from_slice(b"</SchemaData></ExtendedData>");
        self.view.draw(layer, ix, |shape| {
            if let Some(shape) = shape {
                geometry(out, shape);
            }
        });
        out.extend_from_slice(b"</Placemark>\n");
    }

    fn end(&mut self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"</Document></kml>\n");
    }
}

/// When a feature holds; an open end is left out.
fn time(out: &mut Vec<u8>, layer: &Layer, ix: FeatureIx) {
    let Some(fields) = layer.time else { return };
    let value = |field: Option<FieldIx>| field.and_then(|field| text(layer.feature(ix).value(field)));
    let (start, end) = (value(fields.start), value(fields.end));
    if start.is_none() && end.is_none() {
        return;
    }
    out.extend_from_slice(b"<TimeSpan>");
    for (name, text) in [("begin", start), ("end", end)] {
        if let Some(text) = text {
            element(out, name, &text);
        }
    }
    out.extend_from_slice(b"</TimeSpan>");
}

fn geometry(out: &mut Vec<u8>, shape: GeometryRef<'_>) {
    let is_many = matches!(
        shape.kind(),
        GeometryKind::GeometryCollection
            | GeometryKind::MultiPoint
            | GeometryKind::MultiLineString
            | GeometryKind::MultiPolygon
    );
    if is_many {
        out.extend_from_slice(b"<MultiGeometry>");
    }
    for part in shape.parts() {
        // A member of a collection that is many itself stands in a group of its own.
        let nests = shape.kind() == GeometryKind::GeometryCollection && part.runs().count() > 1;
        if nests {
            out.extend_from_slice(b"<MultiGeometry>");
        }
        simple(out, &part);
        if nests {
            out.extend_from_slice(b"</MultiGeometry>");
        }
    }
    if is_many {
        out.extend_from_slice(b"</MultiGeometry>");
    }
}

fn simple(out: &mut Vec<u8>, part: &Part<'_>) {
    let high = part.runs().all(|run| (0..run.len()).all(|at| run.altitude_at(at).is_some()));
    let open = |out: &mut Vec<u8>, name: &str| {
        out.extend_from_slice(format!("<{name}>").as_bytes());
        if high {
            out.extend_from_slice(b"<altitudeMode>absolute</altitudeMode>");
        }
    };
    match part.kind() {
        GeometryKind::Polygon | GeometryKind::MultiPolygon => {
            let mut is_open = false;
            for run in part.runs() {
                if run.is_shell || !is_open {
                    if is_open {
                        out.extend_from_slice(b"</Polygon>");
                    }
                    open(out, "Polygon");
                    is_open = true;
                }
                let side = if run.is_shell { "outerBoundaryIs" } else { "innerBoundaryIs" };
                out.extend_from_slice(format!("<{side}><LinearRing>").as_bytes());
                coordinates(out, &run, true, high);
                out.extend_from_slice(format!("</LinearRing></{side}>").as_bytes());
            }
            if is_open {
                out.extend_from_slice(b"</Polygon>");
            }
        }
        kind => {
            let is_line = matches!(kind, GeometryKind::LineString | GeometryKind::MultiLineString);
            let name = if is_line { "LineString" } else { "Point" };
            for run in part.runs() {
                open(out, name);
                coordinates(out, &run, false, high);
                out.extend_from_slice(format!("</{name}>").as_bytes());
            }
        }
    }
}

fn coordinates(out: &mut Vec<u8>, run: &Run<'_>, closed: bool, high: bool) {
    out.extend_from_slice(b"<coordinates>");
    for (step, at) in (0..run.len()).chain(closed.then_some(0)).enumerate() {
        if step > 0 {
            out.push(b' ');
        }
        let [longitude, latitude] = run.at(at);
        number(out, longitude);
        out.push(b',');
        number(out, latitude);
        if let Some(metres) = run.altitude_at(at).filter(|_| high) {
            out.push(b',');
            number(out, metres);
        }
    }
    out.extend_from_slice(b"</coordinates>");
}

fn element(out: &mut Vec<u8>, name: &str, text: &str) {
    out.extend_from_slice(format!("<{name}>").as_bytes());
    escape(out, text);
    out.extend_from_slice(format!("</{name}>").as_bytes());
}

/// Text in XML; characters that XML 1.0 cannot hold become U+FFFD.
fn escape(out: &mut Vec<u8>, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.extend_from_slice(b"&amp;"),
            '<' => out.extend_from_slice(b"&lt;"),
            '>' => out.extend_from_slice(b"&gt;"),
            '"' => out.extend_from_slice(b"&quot;"),
            // Bare, a reader would turn it into a line feed.
            '\r' => out.extend_from_slice(b"&#13;"),
            '\t' | '\n' => out.extend_from_slice(if c == '\t' { b"&#9;" } else { b"&#10;" }),
            '\0'..=' ' if c != ' ' => out.extend_from_slice("\u{FFFD}".as_bytes()),
            '\u{FFFE}' | '\u{FFFF}' => out.extend_from_slice("\u{FFFD}".as_bytes()),
            _ => out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_xml_cannot_hold_is_marked() {
        let mut out = Vec::new();
        escape(&mut out, "a<b & \"c\">\u{1}\r\n 汉");
        assert_eq!(
            String::from_utf8(out).expect("text"),
            "a&lt;b &amp; &quot;c&quot;&gt;\u{FFFD}&#13;&#10; 汉"
        );
    }
}
