//! Geometries in a cell, as databases and programs of tables write them.

use std::borrow::Cow;

use wkt::types::Dimension;

use super::{Beyond, geojson, wkb};
use crate::geometry::wkb::CURVES;
use crate::intake::row::{Figure, cut};

/// Is a text a geometry in well-known text?
pub(super) fn is_well_known(text: &str) -> bool {
    const WORDS: &[&str] =
        &["POINT", "LINESTRING", "POLYGON", "MULTI", "GEOMETRYCOLLECTION", "CURVEPOLYGON", "SRID="];
    let upper: String = text.chars().take(24).collect::<String>().to_ascii_uppercase();
    WORDS.iter().any(|word| upper.starts_with(word)) && figures(text, &mut Vec::new()).is_ok()
}

/// What a geometry in a cell says beside its place.
#[derive(Debug, Default)]
pub(super) struct Said {
    /// The id of its system.
    pub srid: Option<u32>,
    pub beyond: Beyond,
}

/// Appends the figures of a geometry as databases and programs of tables write it.
pub(super) fn figures(text: &str, into: &mut Vec<Figure>) -> Result<Said, String> {
    if text.starts_with('{') {
        return geojson::geometry(text, into).map(|beyond| Said { srid: None, beyond });
    }
    // Zero is the id of no system.
    let known = |srid: u32| Some(srid).filter(|srid| *srid != 0);
    if let Some(bytes) = wkb::of_hex(text) {
        wkb::figures(&bytes, into)?;
        return Ok(Said { srid: wkb::srid(&bytes).and_then(known), beyond: wkb::beyond(&bytes) });
    }
    let stated = text.split_once(';').filter(|(head, _)| head.to_ascii_uppercase().starts_with("SRID="));
    let (srid, text) = match stated {
        None => (None, text),
        Some((head, text)) => match head["SRID=".len()..].trim().parse() {
            Ok(srid) => (known(srid), text),
            Err(_) => return Err(format!("{:?} names no system by its number", cut(head))),
        },
    };
    // The library follows nested brackets with its own stack.
    let nested = text.to_ascii_uppercase().matches("GEOMETRYCOLLECTION").count();
    if nested > 16 || text.contains("((((((((") {
        return Err("brackets are nested too deeply".to_owned());
    }
    let text = straight(text)?;
    let parsed: wkt::Wkt<f64> = text.parse().or_else(|reason: &str| {
        told_dimension(&text).and_then(|text| text.parse().ok()).ok_or(reason.to_owned())
    })?;
    gather(&parsed, into);
    let [heights, measures] = match parsed.dimension() {
        Dimension::XY => [false, false],
        Dimension::XYZ => [true, false],
        Dimension::XYM => [false, true],
        Dimension::XYZM => [true, true],
    };
    Ok(Said { srid, beyond: Beyond { heights, measures } })
}

/// A text whose positions have more numbers than its words say, as `PostGIS` writes heights, with words that say so.
fn told_dimension(text: &str) -> Option<String> {
    let first = text.split(['(', ')', ',']).find(|part| part.contains(|c: char| c.is_ascii_digit()))?;
    let word = match first.split_whitespace().count() {
        3 => " Z",
        4 => " ZM",
        _ => return None,
    };
    let mut told = String::with_capacity(text.len() + 8);
    for part in text.split_inclusive('(') {
        let name = part.strip_suffix('(').filter(|part| part.trim_end().ends_with(char::is_alphabetic));
        match name {
            Some(name) => told.extend([name.trim_end(), word, "("]),
            None => told.push_str(part),
        }
    }
    Some(told)
}

/// A text whose word means curves, with that for straight edges, where it holds none.
fn straight(text: &str) -> Result<Cow<'_, str>, String> {
    const WORDS: &[(&str, &str)] = &[
        ("MULTISURFACE", "MULTIPOLYGON"),
        ("CURVEPOLYGON", "POLYGON"),
        ("MULTICURVE", "MULTILINESTRING"),
        ("COMPOUNDCURVE", ""),
        ("CIRCULARSTRING", ""),
    ];
    let upper = text.to_ascii_uppercase();
    let Some((word, plain)) = WORDS.iter().find(|(word, _)| upper.starts_with(word)) else {
        return Ok(text.into());
    };
    let rest = &text[word.len()..];
    // Its members are named where they are no plain ones.
    let is_plain =
        !plain.is_empty() && rest.find('(').is_none_or(|at| !rest[at..].contains(char::is_alphabetic));
    if is_plain { Ok(format!("{plain}{rest}").into()) } else { Err(CURVES.to_owned()) }
}

fn gather(from: &wkt::Wkt<f64>, into: &mut Vec<Figure>) {
    use wkt::Wkt;
    let line =
        |line: &wkt::types::LineString<f64>| line.coords().iter().map(|at| [at.x, at.y]).collect::<Vec<_>>();
    let point = |point: &wkt::types::Point<f64>| point.coord().map(|at| Figure::Point([at.x, at.y]));
    let polygon = |polygon: &wkt::types::Polygon<f64>| {
        let rings: Vec<_> = polygon.rings().iter().map(line).collect();
        (!rings.is_empty()).then_some(Figure::Polygon(rings))
    };
    match from {
        Wkt::Point(one) => into.extend(point(one)),
        Wkt::MultiPoint(all) => into.extend(all.points().iter().filter_map(point)),
        Wkt::LineString(one) => into.extend((!one.coords().is_empty()).then(|| Figure::Line(line(one)))),
        Wkt::MultiLineString(all) => {
            into.extend(all.line_strings().iter().map(|one| Figure::Line(line(one))));
        }
        Wkt::Polygon(one) => into.extend(polygon(one)),
        Wkt::MultiPolygon(all) => into.extend(all.polygons().iter().filter_map(polygon)),
        Wkt::GeometryCollection(all) => all.geometries().iter().for_each(|one| gather(one, into)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn geometries_are_read_as_databases_write_them() {
        let read = |text: &str| {
            let mut into = Vec::new();
            figures(text, &mut into).map(|said| (said.srid, into))
        };
        let point = |srid: Option<u32>| Ok((srid, vec![Figure::Point([1.0, 2.0])]));
        assert_eq!(read("POINT(1 2)"), point(None));
        assert_eq!(read("srid=4547;POINT Z (1 2 3)"), point(Some(4547)));
        assert_eq!(read("SRID=0;POINT(1 2)"), point(None));
        assert_eq!(read("0101000000000000000000F03F0000000000000040"), point(None));
        assert_eq!(read("\\x0101000020C3110000000000000000f03f0000000000000040"), point(Some(4547)));
        assert_eq!(read("{\"type\":\"Point\",\"coordinates\":[1,2]}"), point(None));
        for (text, note) in [
            ("POINT Z (1 2 3)", "heights"),
            ("POINT(1 2 3)", "heights"),
            ("SRID=4490;MULTIPOLYGON (((0 0 5,1 0 5,1 1 5,0 0 5)))", "heights"),
            ("GEOMETRYCOLLECTION(POINT(1 2 3 4),LINESTRING (1 2 3 4,5 6 7 8))", "heights and measures"),
            ("POINT M (1 2 3)", "measures"),
            ("LINESTRING ZM (1 2 3 4, 5 6 7 8)", "heights and measures"),
            ("{\"type\":\"LineString\",\"coordinates\":[[1,2,3],[4,5,6]]}", "heights"),
            // A point at 1, 2 and 3, as PostGIS writes it.
            ("0101000080000000000000F03F00000000000000400000000000000840", "heights"),
        ] {
            let said = figures(text, &mut Vec::new()).expect(text);
            assert_eq!(said.beyond.note(), Some(format!("its positions have {note}, which are left out")));
        }
        assert_eq!(figures("POINT(1 2)", &mut Vec::new()).expect("a point").beyond.note(), None);
        for broken in [
            "POINT(1 2 3 4 5)",
            "LINESTRING(1 2 3,4 5)",
            "SRID=;POINT(1 2)",
            "0101000000",
            "{\"type\":\"Point\"}",
            "12",
            "somewhere",
        ] {
            assert!(read(broken).is_err(), "{broken}");
        }
    }
}
