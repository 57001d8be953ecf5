//! Features as comma-separated values (RFC 4180) that spreadsheets open as they are.
//!
//! In: features. Out: UTF-8 with a byte-order mark, without which spreadsheets read Chinese in a local encoding;
//! lines that end with CR and LF; a head of names; one line a feature. Leaves out: titles and units, of which the
//! workbook has more.
//!
//! Null is nothing between two commas, an empty text is two quotes. Geometry is well-known text with the easting or
//! longitude first, as programs that read tables take it; points have their coordinates in two columns of their own
//! too, named and ordered by the axes of the asked system. A text that a spreadsheet would take for a formula begins with an
//! apostrophe; numbers stay numbers.

use super::figures::{in_axes, wkt};
use super::geojson::number;
use super::table::{Table, text};
use super::{Cover, Stream, View};
use crate::geometry::GeometryKind;
use crate::model::{FeatureIx, Layer, Value};

/// Writes lines of a table.
#[derive(Debug)]
pub struct Csv {
    table: Table,
    view: View,
    /// Has the table columns of coordinates?
    has_points: bool,
    cell: Vec<u8>,
}

impl Csv {
    /// A writer for a layer.
    #[must_use]
    pub fn new(layer: &Layer, view: View) -> Self {
        let has_points = view.geometry && layer.geometries().kinds().contains(&GeometryKind::Point);
        Self { table: Table::new(layer, &view), view, has_points, cell: Vec::new() }
    }
}

impl Stream for Csv {
    fn begin(&mut self, out: &mut Vec<u8>, _: &Layer, _: &Cover) {
        out.extend_from_slice("\u{FEFF}".as_bytes());
        for (at, column) in self.table.columns.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            cell(out, &unformulated(&column.name));
        }
        if self.has_points {
            for axis in self.view.crs.axis_names() {
                out.push(b',');
                cell(out, &self.table.free_name(axis));
            }
        }
        if self.view.geometry {
            out.push(b',');
            cell(out, &self.table.free_name("geometry"));
        }
        out.extend_from_slice(b"\r\n");
    }

    fn feature(&mut self, out: &mut Vec<u8>, layer: &Layer, ix: FeatureIx, _: bool) {
        for (at, column) in self.table.columns.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            match column.value(layer, ix) {
                Value::Text(text) => cell(out, &unformulated(text)),
                value => {
                    if let Some(text) = text(value) {
                        cell(out, &text);
                    }
                }
            }
        }
        let Self { view, has_points, cell: figures, .. } = self;
        if view.geometry {
            view.draw(layer, ix, |shape| {
                if *has_points {
                    let point = shape.filter(|shape| shape.kind() == GeometryKind::Point);
                    let run = point.and_then(|shape| shape.parts().next()?.runs().next());
                    let pair = run.map(|run| in_axes(view.crs, &run, 0));
                    for axis in 0..2 {
                        out.push(b',');
                        if let Some(pair) = pair {
                            number(out, pair[axis]);
                        }
                    }
                }
                out.push(b',');
                if let Some(shape) = shape {
                    figures.clear();
                    wkt(figures, shape, view.crs);
                    cell(out, &String::from_utf8_lossy(figures));
                }
            });
        }
        out.extend_from_slice(b"\r\n");
    }

    fn end(&mut self, _: &mut Vec<u8>) {}
}

/// All features of a layer.
#[must_use]
pub fn file(layer: &Layer, view: View) -> Vec<u8> {
    let (mut writer, mut out) = (Csv::new(layer, view), Vec::new());
    writer.begin(&mut out, layer, &Cover::default());
    layer.positions().for_each(|ix| writer.feature(&mut out, layer, ix, ix.row() == 0));
    writer.end(&mut out);
    out
}

/// A text that no spreadsheet takes for a formula. Those in East Asian locales take the wide signs too.
pub(crate) fn unformulated(text: &str) -> std::borrow::Cow<'_, str> {
    match text.chars().next() {
        Some('=' | '+' | '-' | '@' | '\t' | '\r' | '＝' | '＋' | '－' | '＠') => {
            format!("'{text}").into()
        }
        _ => text.into(),
    }
}

/// A text as a cell, quoted where it must be.
pub(crate) fn cell(out: &mut Vec<u8>, text: &str) {
    let plain = !text.is_empty()
        && !text.bytes().any(|byte| matches!(byte, b',' | b'"' | b'\r' | b'\n'))
        && !text.starts_with(' ')
        && !text.ends_with(' ');
    if plain {
        return out.extend_from_slice(text.as_bytes());
    }
    out.push(b'"');
    out.extend_from_slice(text.replace('"', "\"\"").as_bytes());
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_quoted_where_needed_and_never_formulas() {
        let cases = [
            ("车谷", "车谷"),
            ("", "\"\""),
            ("a,b", "\"a,b\""),
            ("say \"so\"", "\"say \"\"so\"\"\""),
            ("two\r\nlines", "\"two\r\nlines\""),
            (" space", "\" space\""),
            ("=1+1", "'=1+1"),
            ("+8627", "'+8627"),
            ("-", "'-"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\tx", "'\tx"),
            ("\rx", "\"'\rx\""),
            ("＝1", "'＝1"),
            ("a=1", "a=1"),
        ];
        for (text, want) in cases {
            let mut out = Vec::new();
            cell(&mut out, &unformulated(text));
            assert_eq!(String::from_utf8(out).expect("text"), want);
        }
    }
}
