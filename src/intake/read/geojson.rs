//! `GeoJSON` (RFC 7946) and newline-delimited `GeoJSON` (RFC 8142 too), a feature at a time.

use std::cell::Cell as Shared;
use std::fmt;
use std::io::{BufRead as _, Read as _};
use std::path::Path;
use std::rc::Rc;

use serde::de::{DeserializeSeed, Deserializer as _, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{MOST_ROW_BYTES, Stated, Take, Told, metered};
use crate::geometry::{Crs, System};
use crate::intake::IntakeError;
use crate::intake::row::{Cell, Figure, Headings, Row};

/// Types of geometries (RFC 7946, 1.4).
const GEOMETRIES: &[&str] = &[
    "Point",
    "MultiPoint",
    "LineString",
    "MultiLineString",
    "Polygon",
    "MultiPolygon",
    "GeometryCollection",
];

/// Reads a collection, a feature or a geometry.
pub(super) fn read(path: &Path, headings: &mut Headings, take: &mut Take<'_>) -> Result<Told, IntakeError> {
    let (mut source, spent) = metered(path)?;
    let unfit = |reason: String| IntakeError::unfit(path, &reason);
    let mut mark = [0; 3];
    let begins = source.fill_buf().map_err(|fault| IntakeError::read(path, fault))?;
    let mut notes = Vec::new();
    if begins.starts_with(b"\xEF\xBB\xBF") {
        source.read_exact(&mut mark).map_err(|fault| IntakeError::read(path, fault))?;
        notes.push("begins with a byte-order mark, which RFC 8259, 8.1 forbids; ignored".to_owned());
    }
    let mut walk = Walk { headings, take, spent, number: 0, stopped: None };
    let mut json = serde_json::Deserializer::from_reader(source);
    let top = json.deserialize_map(Top(&mut walk)).and_then(|top| {
        // Many programs write lines of features into a file of this name.
        if top.kind == "FeatureCollection" || top.has_features {
            json.end().map(|()| top)
        } else {
            Ok(Said { is_alone: json.end().is_ok(), ..top })
        }
    });
    if let Some(stopped) = walk.stopped.take() {
        return Err(stopped);
    }
    let top = top.map_err(|fault| {
        let reason = fault.to_string();
        unfit(
            if reason.contains("control character")
                || !reason.contains("UTF-8") && !reason.contains("code point")
            {
                format!("is no GeoJSON: {reason}")
            } else {
                format!("is not UTF-8, which RFC 8259, 8.1 asks for: {reason}")
            },
        )
    })?;
    match top.kind.as_str() {
        _ if top.has_features => {}
        _ if top.is_alone && (top.kind == "Feature" || GEOMETRIES.contains(&top.kind.as_str())) => {
            let text = std::fs::read_to_string(path).map_err(|fault| IntakeError::read(path, fault))?;
            let text = text.trim_start_matches('\u{feff}');
            let feature = if top.kind == "Feature" {
                text.to_owned()
            } else {
                format!("{{\"type\":\"Feature\",\"geometry\":{text}}}")
            };
            let row = row(&feature, headings).map_err(unfit)?;
            take(Row { number: 1, ..row })?;
        }
        "Feature" => return read_lines(path, headings, take),
        "" => {
            return Err(unfit(
                "is an object without type, expected a FeatureCollection (RFC 7946, 3.3)".to_owned(),
            ));
        }
        "FeatureCollection" => {
            return Err(unfit("is a FeatureCollection without features (RFC 7946, 3.3)".to_owned()));
        }
        kind => {
            return Err(unfit(format!("its type is {kind:?}, expected a FeatureCollection (RFC 7946, 3.3)")));
        }
    }
    let crs84 = Stated::System(System::Known(Crs::Crs84));
    let (stated, by) = match top.crs {
        None => (crs84, "RFC 7946, 4"),
        Some(name) => (stated(&name), "its member crs"),
    };
    Ok(Told { stated, by, notes, ..Told::default() })
}

/// The system of a name as in `urn:ogc:def:crs:EPSG::4547`.
fn stated(name: &str) -> Stated {
    let folded = name.to_ascii_uppercase();
    if folded.contains("CRS84") {
        return Stated::System(System::Known(Crs::Crs84));
    }
    let code = folded.contains("EPSG").then(|| folded.rsplit([':', '/']).next()?.parse().ok()).flatten();
    code.and_then(System::of_epsg).map_or_else(|| Stated::Other(name.to_owned()), Stated::System)
}

/// Reads a feature a line.
pub(super) fn read_lines(
    path: &Path,
    headings: &mut Headings,
    take: &mut Take<'_>,
) -> Result<Told, IntakeError> {
    let (mut source, spent) = metered(path)?;
    let (mut line, mut number, mut at) = (Vec::new(), 0, 0);
    loop {
        line.clear();
        spent.set(0);
        if source.read_until(b'\n', &mut line).map_err(|fault| IntakeError::read(path, fault))? == 0 {
            break;
        }
        at += 1;
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{1e}' | '\u{feff}'));
        if text.is_empty() {
            continue;
        }
        number += 1;
        let row = row(text, headings).map_err(|reason| IntakeError::unfit(path, &reason))?;
        take(Row { number, line: Some(at), ..row })?;
    }
    Ok(Told { stated: Stated::System(System::Known(Crs::Crs84)), by: "RFC 7946, 4", ..Told::default() })
}

struct Walk<'w, 't> {
    headings: &'w mut Headings,
    take: &'w mut Take<'t>,
    spent: Rc<Shared<u64>>,
    number: u64,
    stopped: Option<IntakeError>,
}

/// What the members of the top level say.
#[derive(Default)]
struct Said {
    kind: String,
    has_features: bool,
    /// Nothing but white space follows.
    is_alone: bool,
    crs: Option<String>,
}

struct Top<'r, 'w, 't>(&'r mut Walk<'w, 't>);

impl<'de> Visitor<'de> for Top<'_, '_, '_> {
    type Value = Said;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a GeoJSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Said, A::Error> {
        let mut said = Said::default();
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "type" => said.kind = map.next_value::<String>()?,
                "features" => {
                    map.next_value_seed(Features(&mut *self.0))?;
                    said.has_features = true;
                }
                "crs" => {
                    let crs: Value = map.next_value()?;
                    let name = crs.pointer("/properties/name").and_then(Value::as_str);
                    said.crs = (!crs.is_null()).then(|| name.map_or_else(|| crs.to_string(), str::to_owned));
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
            self.0.spent.set(0);
        }
        Ok(said)
    }
}

struct Features<'r, 'w, 't>(&'r mut Walk<'w, 't>);

impl<'de> DeserializeSeed<'de> for Features<'_, '_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Features<'_, '_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of features")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut features: A) -> Result<(), A::Error> {
        let walk = self.0;
        walk.spent.set(0);
        while let Some(feature) = features.next_element::<Box<RawValue>>()? {
            walk.spent.set(0);
            walk.number += 1;
            let number = walk.number;
            let taken = match row(feature.get(), walk.headings) {
                Ok(row) => (walk.take)(Row { number, ..row }),
                Err(reason) => Err(IntakeError::Fields(reason)),
            };
            if let Err(fault) = taken {
                walk.stopped = Some(fault);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

/// A feature as a row; what cannot be read keeps its text.
fn row(text: &str, headings: &mut Headings) -> Result<Row, String> {
    let broken = |reason: String| Row { fault: Some(reason), raw: Some(text.to_owned()), ..Row::default() };
    debug_assert!(text.len() as u64 <= MOST_ROW_BYTES, "metered");
    let feature: Map<String, Value> = match serde_json::from_str(text) {
        Ok(feature) => feature,
        Err(fault) => return Ok(broken(format!("is no feature: {fault}"))),
    };
    if feature.get("type").and_then(Value::as_str) != Some("Feature") {
        return Ok(broken("its type is not \"Feature\" (RFC 7946, 3.2)".to_owned()));
    }
    let mut row = Row::default();
    if let Some(id @ (Value::String(_) | Value::Number(_))) = feature.get("id") {
        row.cells.push((headings.number("id")?, cell(id)));
    }
    if let Some(Value::Object(properties)) = feature.get("properties") {
        for (name, value) in properties {
            let at = headings.number(name)?;
            // A property of the name `id` gives way to the feature's own.
            if !row.cells.iter().any(|(known, _)| *known == at) {
                row.cells.push((at, cell(value)));
            }
        }
    }
    match feature.get("geometry") {
        None | Some(Value::Null) => {}
        Some(geometry) => {
            if let Err(reason) = figures(geometry, &mut row.figures) {
                row.figures.clear();
                row.fault = Some(reason);
                row.raw = Some(text.to_owned());
            }
        }
    }
    Ok(row)
}

fn cell(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Null,
        Value::Bool(value) => Cell::Bool(*value),
        Value::Number(number) => {
            number.as_i64().map_or_else(|| number.as_f64().map_or(Cell::Null, Cell::Real), Cell::Integer)
        }
        Value::String(text) => Cell::text(text),
        other => Cell::Json(other.to_string()),
    }
}

/// Appends the figures of the text of a geometry object.
pub(super) fn geometry(text: &str, into: &mut Vec<Figure>) -> Result<(), String> {
    figures(&serde_json::from_str(text).map_err(|fault| fault.to_string())?, into)
}

/// Appends the figures of a geometry object.
fn figures(geometry: &Value, into: &mut Vec<Figure>) -> Result<(), String> {
    let kind = geometry.get("type").and_then(Value::as_str).ok_or("the geometry has no type")?;
    if kind == "GeometryCollection" {
        let members =
            geometry.get("geometries").and_then(Value::as_array).ok_or("the collection has no geometries")?;
        return members.iter().try_for_each(|member| figures(member, into));
    }
    let all = geometry.get("coordinates").ok_or_else(|| format!("the {kind} has no coordinates"))?;
    if all.as_array().is_some_and(Vec::is_empty) {
        return Ok(());
    }
    match kind {
        "Point" => into.push(Figure::Point(position(all)?)),
        "MultiPoint" => into.extend(run(all)?.into_iter().map(Figure::Point)),
        "LineString" => into.push(Figure::Line(run(all)?)),
        "MultiLineString" => into.extend(
            list(all)?.iter().map(|line| run(line).map(Figure::Line)).collect::<Result<Vec<_>, _>>()?,
        ),
        "Polygon" => into.push(Figure::Polygon(rings(all)?)),
        "MultiPolygon" => into.extend(
            list(all)?.iter().map(|one| rings(one).map(Figure::Polygon)).collect::<Result<Vec<_>, _>>()?,
        ),
        other => return Err(format!("the geometry type {other:?} is unknown")),
    }
    Ok(())
}

fn list(value: &Value) -> Result<&Vec<Value>, String> {
    value.as_array().ok_or_else(|| "coordinates are no array".to_owned())
}

fn position(value: &Value) -> Result<[f64; 2], String> {
    match list(value)?.as_slice() {
        [x, y, ..] => {
            x.as_f64().zip(y.as_f64()).map(Into::into).ok_or_else(|| "a position holds no numbers".to_owned())
        }
        _ => Err("a position needs two numbers".to_owned()),
    }
}

fn run(value: &Value) -> Result<Vec<[f64; 2]>, String> {
    list(value)?.iter().map(position).collect()
}

fn rings(value: &Value) -> Result<Vec<Vec<[f64; 2]>>, String> {
    list(value)?.iter().map(run).collect()
}
