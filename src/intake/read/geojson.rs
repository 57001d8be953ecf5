//! `GeoJSON` (RFC 7946) and newline-delimited `GeoJSON` (RFC 8142 too), a feature at a time.

use std::cell::Cell as Shared;
use std::fmt;
use std::io::{BufRead as _, Read as _};
use std::path::Path;
use std::rc::Rc;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer as _, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{Beyond, Stated, Take, Told, metered};
use crate::geometry::{Crs, System};
use crate::intake::IntakeError;
use crate::intake::row::{Cell, Figure, Headings, Row, cut};

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

/// Reads a collection, an array of features, a feature or a geometry; what programs write under the same names, too: features
/// in lines or in a sequence.
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
    let begins = source.fill_buf().map_err(|fault| IntakeError::read(path, fault))?;
    check_width(begins).map_err(unfit)?;
    let first = begins.iter().copied().find(|byte| !byte.is_ascii_whitespace());
    if first == Some(SEPARATOR) {
        return read_lines(path, headings, take);
    }
    let is_array = first == Some(b'[');
    let mut walk = Walk { path, headings, take, spent, number: 0, stopped: None, beyond: Beyond::default() };
    let mut json = serde_json::Deserializer::from_reader(source);
    let top = if is_array {
        notes.push("is an array of features, expected a FeatureCollection (RFC 7946, 3.3)".to_owned());
        let top = json.deserialize_seq(Features(&mut walk)).and_then(|()| json.end());
        top.map(|()| Said { has_features: true, ..Said::default() })
    } else {
        json.deserialize_map(Top(&mut walk)).and_then(|top| {
            // Many programs write lines of features into a file of this name.
            if top.kind == "FeatureCollection" || top.has_features {
                json.end().map(|()| top)
            } else {
                Ok(Said { is_alone: json.end().is_ok(), ..top })
            }
        })
    };
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
                no_utf8(&reason)
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
            let row = row(&feature, walk.headings, &mut walk.beyond).map_err(unfit)?;
            (walk.take)(Row { number: 1, ..row })?;
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
    let mut traps = Vec::new();
    let (stated, by) = match top.crs.filter(|crs| !crs.is_null()) {
        None => (Stated::System(System::Known(Crs::Crs84)), "RFC 7946, 4"),
        Some(crs) => {
            let link = crs["properties"]["href"].as_str().filter(|_| crs["type"] == "link");
            if let Some(link) = link {
                traps.push(format!(
                    "its member crs states its system by a link, {:?}, which is not followed; --crs names it",
                    cut(link)
                ));
            }
            (if link.is_some() { Stated::Nothing } else { stated(&crs) }, "its member crs")
        }
    };
    notes.extend(walk.beyond.note());
    Ok(Told { stated, by, notes, traps, ..Told::default() })
}

fn no_utf8(reason: &str) -> String {
    format!("is not UTF-8, which RFC 8259, 8.1 asks for: {reason}")
}

/// Refuses signs of two bytes, of which one is zero in all that JSON begins with.
fn check_width(begins: &[u8]) -> Result<(), String> {
    match begins {
        [0xFF, 0xFE, ..] | [0xFE, 0xFF, ..] => {}
        [first, second, ..] if (*first == 0) != (*second == 0) => {}
        _ => return Ok(()),
    }
    Err(no_utf8("it is UTF-16; save it as UTF-8"))
}

/// The system of a member crs as `GeoJSON` had it before RFC 7946: a name as in `urn:ogc:def:crs:EPSG::4547`, or a code.
fn stated(crs: &Value) -> Stated {
    let code = &crs["properties"]["code"];
    let name = match (crs, &crs["properties"]["name"]) {
        (Value::String(name), _) | (_, Value::String(name)) => name.clone(),
        _ => match code {
            Value::String(code) => format!("EPSG:{code}"),
            Value::Number(code) => format!("EPSG:{code}"),
            _ => crs.to_string(),
        },
    };
    let folded = name.to_ascii_uppercase();
    if folded.contains("CRS84") {
        return Stated::System(System::Known(Crs::Crs84));
    }
    let code = folded.contains("EPSG").then(|| folded.rsplit([':', '/']).next()?.parse().ok()).flatten();
    code.and_then(System::of_epsg).map_or(Stated::Other(name), Stated::System)
}

/// Begins each record of a sequence (RFC 8142, 2).
const SEPARATOR: u8 = 0x1E;

/// Reads a feature a line, or a record of a sequence, which may have several lines. Where the first line is no whole object, braces
/// tell where one ends.
pub(super) fn read_lines(
    path: &Path,
    headings: &mut Headings,
    take: &mut Take<'_>,
) -> Result<Told, IntakeError> {
    let (mut source, spent) = metered(path)?;
    let unread = |fault| IntakeError::read(path, fault);
    let begins = source.fill_buf().map_err(unread)?;
    let unfit = |reason: String| IntakeError::unfit(path, &reason);
    check_width(begins).map_err(unfit)?;
    let is_sequence = begins.iter().find(|byte| !byte.is_ascii_whitespace()) == Some(&SEPARATOR);
    let end = if is_sequence { SEPARATOR } else { b'\n' };
    let (mut record, mut number, mut at, mut is_by_braces) = (Vec::new(), 0, 0, None);
    let mut beyond = Beyond::default();
    loop {
        record.clear();
        spent.set(0);
        let line = at + 1;
        let mut braces = Braces::default();
        loop {
            let before = record.len();
            if source.read_until(end, &mut record).map_err(unread)? == 0 {
                break;
            }
            at += memchr::memchr_iter(b'\n', &record[before..]).count() as u64;
            if is_sequence {
                break;
            }
            braces.take(&record[before..]);
            if record.iter().all(u8::is_ascii_whitespace) {
                break;
            }
            let is_by_braces = *is_by_braces.get_or_insert(braces.depth > 0);
            if braces.depth == 0 || !is_by_braces {
                break;
            }
        }
        if record.is_empty() {
            break;
        }
        let text = std::str::from_utf8(&record).map_err(|fault| {
            let before = &record[..fault.valid_up_to()];
            unfit(no_utf8(&format!("line {}", line + memchr::memchr_iter(b'\n', before).count() as u64)))
        })?;
        let blank = text.len() - text.trim_start().len();
        let line = line + memchr::memchr_iter(b'\n', &text.as_bytes()[..blank]).count() as u64;
        let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\u{1e}' | '\u{feff}'));
        if text.is_empty() {
            continue;
        }
        number += 1;
        let row = row(text, headings, &mut beyond).map_err(unfit)?;
        take(Row { number, line: Some(line), ..row })?;
    }
    Ok(Told {
        stated: Stated::System(System::Known(Crs::Crs84)),
        by: "RFC 7946, 4",
        notes: beyond.note().into_iter().collect(),
        ..Told::default()
    })
}

/// Tells what stands within the texts of JSON, sign by sign.
#[derive(Default)]
struct Texts {
    is_open: bool,
    is_escaped: bool,
}

impl Texts {
    /// Is the next sign one of a text, or its quotation mark?
    fn hold(&mut self, next: char) -> bool {
        let was_open = self.is_open;
        match next {
            _ if self.is_escaped => self.is_escaped = false,
            '\\' if self.is_open => self.is_escaped = true,
            '"' => self.is_open = !self.is_open,
            _ => {}
        }
        was_open || self.is_open
    }
}

/// How many braces of JSON stand open.
#[derive(Default)]
struct Braces {
    depth: usize,
    texts: Texts,
}

impl Braces {
    fn take(&mut self, json: &[u8]) {
        for &byte in json {
            match byte {
                _ if self.texts.hold(byte.into()) => {}
                b'{' => self.depth += 1,
                b'}' => self.depth = self.depth.saturating_sub(1),
                _ => {}
            }
        }
    }
}

struct Walk<'w, 't> {
    path: &'w Path,
    headings: &'w mut Headings,
    take: &'w mut Take<'t>,
    spent: Rc<Shared<u64>>,
    number: u64,
    stopped: Option<IntakeError>,
    beyond: Beyond,
}

/// What the members of the top level say.
#[derive(Default)]
struct Said {
    kind: String,
    has_features: bool,
    /// Nothing but white space follows.
    is_alone: bool,
    crs: Option<Value>,
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
                "crs" => said.crs = Some(map.next_value()?),
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
            let taken = match row(feature.get(), walk.headings, &mut walk.beyond) {
                Ok(row) => (walk.take)(Row { number, ..row }),
                Err(reason) => Err(IntakeError::unfit(walk.path, &reason)),
            };
            if let Err(fault) = taken {
                walk.stopped = Some(fault);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
}

/// The members of an object in their order, their values as they stand.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: serde::Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Read;
        impl<'de> Visitor<'de> for Read {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        json.deserialize_map(Read).map(Members)
    }
}

impl<'a> Members<'a> {
    /// A member; the last of those that have the name.
    fn get(&self, name: &str) -> Option<&'a RawValue> {
        self.0.iter().rfind(|(known, _)| known == name).map(|(_, value)| *value)
    }
}

/// A feature as a row; what cannot be read keeps its text. An error is of the whole file.
fn row(text: &str, headings: &mut Headings, beyond: &mut Beyond) -> Result<Row, String> {
    let broken = |reason: String| Row { fault: Some(reason), raw: Some(text.to_owned()), ..Row::default() };
    let no_feature = |fault| broken(format!("is no feature: {fault}"));
    let feature: Members<'_> = match serde_json::from_str(text) {
        Ok(feature) => feature,
        Err(fault) => return Ok(no_feature(fault)),
    };
    let value = |name: &str| {
        feature.get(name).map_or(Ok(Value::Null), |raw| serde_json::from_str::<Value>(raw.get()))
    };
    let (kind, geometry) = match (value("type"), value("geometry")) {
        (Ok(kind), Ok(geometry)) => (kind, geometry),
        (Err(fault), _) | (_, Err(fault)) => return Ok(no_feature(fault)),
    };
    if kind.as_str() != Some("Feature") {
        if feature.get("attributes").is_some() && feature.get("type").is_none() {
            return Err("is JSON as Esri writes it, not GeoJSON (RFC 7946); `ogr2ogr parcels.gpkg FILE` makes a GeoPackage of it"
                .to_owned());
        }
        return Ok(broken("its type is not \"Feature\" (RFC 7946, 3.2)".to_owned()));
    }
    let mut row = Row::default();
    match feature.get("id").map(|id| cell(id.get())) {
        Some(Ok(id @ (Cell::Text(_) | Cell::Integer(_) | Cell::Real(_)))) => row.put("id", id, headings)?,
        Some(Ok(_)) | None => {}
        Some(Err(reason)) => return Ok(broken(format!("its id {reason}"))),
    }
    let properties = feature.get("properties").map(RawValue::get).filter(|raw| *raw != "null");
    match properties.map(|raw| (raw, serde_json::from_str(raw))) {
        Some((_, Ok(Members(properties)))) => {
            for (name, value) in properties {
                match cell(value.get()) {
                    Ok(cell) => row.put(&name, cell, headings)?,
                    Err(reason) => return Ok(broken(format!("its property {:?} {reason}", cut(&name)))),
                }
            }
        }
        Some((raw, Err(fault))) if raw.starts_with('{') => {
            return Ok(broken(format!("its properties cannot be read: {fault}")));
        }
        Some(_) => return Ok(broken("its properties are no object (RFC 7946, 3.2)".to_owned())),
        None => {}
    }
    beyond.heights |= has_heights(&geometry);
    if !geometry.is_null()
        && let Err(reason) = figures(&geometry, &mut row.figures)
    {
        row.figures.clear();
        row.fault = Some(reason);
        row.raw = Some(text.to_owned());
    }
    Ok(row)
}

/// A value by its text; a number that none of ours holds exactly, as those of cadastral units have twenty digits, stays text.
fn cell(json: &str) -> Result<Cell, String> {
    let json = json.trim();
    Ok(match json.as_bytes().first() {
        Some(b'n') => Cell::Null,
        Some(b't' | b'f') => Cell::Bool(json == "true"),
        Some(b'"') => {
            Cell::text(&serde_json::from_str::<String>(json).map_err(|fault| format!("is no text: {fault}"))?)
        }
        Some(b'[' | b'{') => {
            // What is nested too deeply to be read again is not taken.
            serde_json::from_str::<Value>(json).map_err(|fault| format!("cannot be read: {fault}"))?;
            Cell::Json(compact(json))
        }
        _ if json.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-') => {
            json.parse().map_or_else(|_| Cell::Text(json.to_owned()), Cell::Integer)
        }
        _ => match json.parse() {
            Ok(value) if f64::is_finite(value) => Cell::Real(value),
            _ => Cell::Text(json.to_owned()),
        },
    })
}

/// JSON without the white space between its parts.
fn compact(json: &str) -> String {
    let mut texts = Texts::default();
    json.chars().filter(|c| texts.hold(*c) || !c.is_ascii_whitespace()).collect()
}

/// Appends the figures of the text of a geometry object.
pub(super) fn geometry(text: &str, into: &mut Vec<Figure>) -> Result<Beyond, String> {
    let geometry = serde_json::from_str(text).map_err(|fault| fault.to_string())?;
    figures(&geometry, into).map(|()| Beyond { heights: has_heights(&geometry), measures: false })
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

/// Has its first position a third number?
fn has_heights(geometry: &Value) -> bool {
    if let Value::Array(members) = &geometry["geometries"] {
        return members.iter().any(has_heights);
    }
    let mut run = &geometry["coordinates"];
    while run[0].is_array() {
        run = &run[0];
    }
    run.as_array().is_some_and(|position| position.len() > 2)
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

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<(String, Cell)> {
        let mut headings = Headings::default();
        let row = row(text, &mut headings, &mut Beyond::default()).expect("a row");
        assert_eq!(row.fault, None);
        row.cells.into_iter().map(|(at, cell)| (headings.names()[at].clone(), cell)).collect()
    }

    #[test]
    fn values_are_kept_as_they_stand() {
        let properties = r#"{"id":"宗-1","whole":42011300100100000012,"most":9223372036854775807,"odd":9007199254740993,
            "real":1.5e2,"large":1e400,"text":" a\u0020b ","list":[ 42011300100100000012, "a \" , b" ],"none":null,"is":true,"whole":1}"#;
        let text = format!(r#"{{"type":"Feature","id":7,"properties":{properties},"geometry":null}}"#);
        let text_of = |text: &str| Cell::Text(text.to_owned());
        let expected = [
            ("id", Cell::Integer(7)),
            ("id_2", text_of("宗-1")),
            ("whole", text_of("42011300100100000012")),
            ("most", Cell::Integer(i64::MAX)),
            ("odd", Cell::Integer(9_007_199_254_740_993)),
            ("real", Cell::Real(150.0)),
            ("large", text_of("1e400")),
            ("text", text_of("a b")),
            ("list", Cell::Json(r#"[42011300100100000012,"a \" , b"]"#.to_owned())),
            ("none", Cell::Null),
            ("is", Cell::Bool(true)),
            ("whole_2", Cell::Integer(1)),
        ];
        assert_eq!(cells(&text), expected.map(|(name, cell)| (name.to_owned(), cell)));
        // The id that a program wrote among the properties too is one value.
        let twice = r#"{"type":"Feature","id":"7","properties":{"id":7},"geometry":null}"#;
        assert_eq!(cells(twice), [("id".to_owned(), text_of("7"))]);
    }

    #[test]
    fn systems_are_stated_in_several_ways() {
        let of = |crs: &str| stated(&serde_json::from_str(crs).expect("JSON"));
        let known = Stated::System(System::of_epsg(4547).expect("a system"));
        for crs in [
            r#"{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4547"}}"#,
            r#"{"type":"name","properties":{"name":"EPSG:4547"}}"#,
            r#"{"type":"EPSG","properties":{"code":4547}}"#,
            r#"{"type":"EPSG","properties":{"code":"4547"}}"#,
            r#""EPSG:4547""#,
        ] {
            assert_eq!(of(crs), known, "{crs}");
        }
        assert_eq!(
            of(r#"{"type":"EPSG","properties":{"code":2383}}"#),
            Stated::Other("EPSG:2383".to_owned())
        );
        assert_eq!(of(r#"{"type":"x"}"#), Stated::Other(r#"{"type":"x"}"#.to_owned()));
    }

    #[test]
    fn braces_are_counted_outside_of_texts() {
        let mut braces = Braces::default();
        braces.take(br#"{"a\"{":{"b":"}\\"}, "c\n":"#);
        assert_eq!(braces.depth, 1);
        braces.take(br#""}"}"#);
        assert_eq!(braces.depth, 0);
    }
}
