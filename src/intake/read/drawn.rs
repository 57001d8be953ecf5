//! Geometries in a cell, as databases and programs of tables write them.

use super::{geojson, wkb};
use crate::intake::row::{Figure, cut};

/// Is a text a geometry in well-known text?
pub(super) fn is_well_known(text: &str) -> bool {
    const WORDS: &[&str] = &["POINT", "LINESTRING", "POLYGON", "MULTI", "GEOMETRYCOLLECTION", "SRID="];
    let upper: String = text.chars().take(24).collect::<String>().to_ascii_uppercase();
    WORDS.iter().any(|word| upper.starts_with(word)) && figures(text, &mut Vec::new()).is_ok()
}

/// Appends the figures of a geometry as databases and programs of tables write it, and tells the id of the system that it
/// states.
pub(super) fn figures(text: &str, into: &mut Vec<Figure>) -> Result<Option<u32>, String> {
    if text.starts_with('{') {
        return geojson::geometry(text, into).map(|()| None);
    }
    // Zero is the id of no system.
    let known = |srid: u32| Some(srid).filter(|srid| *srid != 0);
    if let Some(bytes) = wkb::of_hex(text) {
        return wkb::figures(&bytes, into).map(|()| wkb::srid(&bytes).and_then(known));
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
    let parsed: wkt::Wkt<f64> = text.parse().map_err(|reason: &str| reason.to_owned())?;
    gather(&parsed, into);
    Ok(srid)
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
            figures(text, &mut into).map(|srid| (srid, into))
        };
        let point = |srid: Option<u32>| Ok((srid, vec![Figure::Point([1.0, 2.0])]));
        assert_eq!(read("POINT(1 2)"), point(None));
        assert_eq!(read("srid=4547;POINT Z (1 2 3)"), point(Some(4547)));
        assert_eq!(read("SRID=0;POINT(1 2)"), point(None));
        assert_eq!(read("0101000000000000000000F03F0000000000000040"), point(None));
        assert_eq!(read("\\x0101000020C3110000000000000000f03f0000000000000040"), point(Some(4547)));
        assert_eq!(read("{\"type\":\"Point\",\"coordinates\":[1,2]}"), point(None));
        for broken in ["SRID=;POINT(1 2)", "0101000000", "{\"type\":\"Point\"}", "12", "somewhere"] {
            assert!(read(broken).is_err(), "{broken}");
        }
    }
}
