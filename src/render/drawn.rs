//! Features drawn for the map as `GeoJSON` (RFC 7946), positions to a ten-millionth of a degree, about a centimetre.

use geo_types::{Coord, LineString, Polygon};

use super::geojson::number;
use crate::geometry::{Shape, to_grid};
use crate::map::sources::Drawn;

/// A feature collection.
#[must_use]
pub fn collection(drawn: &[Drawn]) -> Vec<u8> {
    let mut out = br#"{"type":"FeatureCollection","features":"#.to_vec();
    list(&mut out, drawn, |out, drawn| {
        out.extend_from_slice(br#"{"type":"Feature","geometry":"#);
        geometry(out, &drawn.geometry);
        let properties = serde_json::Value::from(drawn.properties.clone());
        out.extend_from_slice(format!(r#","properties":{properties}}}"#).as_bytes());
    });
    out.push(b'}');
    out
}

/// Writes an array.
fn list<T>(out: &mut Vec<u8>, members: impl IntoIterator<Item = T>, write: impl Fn(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (at, member) in members.into_iter().enumerate() {
        if at > 0 {
            out.push(b',');
        }
        write(out, member);
    }
    out.push(b']');
}

/// Writes a geometry outside a layer.
pub(crate) fn geometry(out: &mut Vec<u8>, shape: &Shape) {
    let (kind, member) = match shape {
        Shape::Point(_) => ("Point", "coordinates"),
        Shape::MultiPoint(_) => ("MultiPoint", "coordinates"),
        Shape::LineString(_) | Shape::Line(_) => ("LineString", "coordinates"),
        Shape::MultiLineString(_) => ("MultiLineString", "coordinates"),
        Shape::Polygon(_) | Shape::Rect(_) | Shape::Triangle(_) => ("Polygon", "coordinates"),
        Shape::MultiPolygon(_) => ("MultiPolygon", "coordinates"),
        Shape::GeometryCollection(_) => ("GeometryCollection", "geometries"),
    };
    out.extend_from_slice(format!(r#"{{"type":"{kind}","{member}":"#).as_bytes());
    match shape {
        Shape::Point(point) => position(out, point.0),
        Shape::MultiPoint(points) => list(out, points, |out, point| position(out, point.0)),
        Shape::LineString(one) => line(out, one),
        Shape::Line(one) => line(out, &one.into()),
        Shape::MultiLineString(lines) => list(out, lines, line),
        Shape::Polygon(one) => polygon(out, one),
        Shape::Rect(one) => polygon(out, &one.to_polygon()),
        Shape::Triangle(one) => polygon(out, &one.to_polygon()),
        Shape::MultiPolygon(polygons) => list(out, polygons, polygon),
        Shape::GeometryCollection(members) => list(out, members, geometry),
    }
    out.push(b'}');
}

fn polygon(out: &mut Vec<u8>, polygon: &Polygon) {
    list(out, std::iter::once(polygon.exterior()).chain(polygon.interiors()), line);
}

fn line(out: &mut Vec<u8>, line: &LineString) {
    list(out, line.coords().copied(), position);
}

fn position(out: &mut Vec<u8>, at: Coord) {
    list(out, [at.x, at.y], |out, degrees| number(out, to_grid(degrees)));
}

#[cfg(test)]
mod tests {
    use geo_types::{Line, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};

    use super::*;

    #[test]
    fn every_kind_of_geometry_is_written() {
        let ring = LineString::from(vec![(0.0, 0.0), (4.0, 0.0), (0.0, 4.0), (0.0, 0.0)]);
        let hole = LineString::from(vec![(1.0, 1.0), (1.0, 2.0), (2.0, 1.0), (1.0, 1.0)]);
        let holed = Polygon::new(ring.clone(), vec![hole]);
        let path = LineString::from(vec![(0.123_456_78, 1.0), (-2.5, 3.0)]);
        let rings = "[[[0,0],[4,0],[0,4],[0,0]],[[1,1],[1,2],[2,1],[1,1]]]";
        let steps = "[[0.1234568,1],[-2.5,3]]";
        let written =
            |kind: &str, coordinates: &str| format!(r#"{{"type":"{kind}","coordinates":{coordinates}}}"#);
        let cases: Vec<(Shape, String)> = vec![
            (Point::new(114.1, 30.5).into(), written("Point", "[114.1,30.5]")),
            (MultiPoint(vec![Point::new(1.0, 2.0)]).into(), written("MultiPoint", "[[1,2]]")),
            (path.clone().into(), written("LineString", steps)),
            (Line::new((1.0, 2.0), (3.0, 4.0)).into(), written("LineString", "[[1,2],[3,4]]")),
            (MultiLineString(vec![path]).into(), written("MultiLineString", &format!("[{steps}]"))),
            (holed.clone().into(), written("Polygon", rings)),
            (MultiPolygon(vec![holed]).into(), written("MultiPolygon", &format!("[{rings}]"))),
            (
                Shape::GeometryCollection(vec![Shape::from(Point::new(1.0, 2.0))].into()),
                format!(r#"{{"type":"GeometryCollection","geometries":[{}]}}"#, written("Point", "[1,2]")),
            ),
        ];
        for (shape, want) in cases {
            let mut out = Vec::new();
            geometry(&mut out, &shape);
            assert_eq!(String::from_utf8(out).as_deref(), Ok(&*want));
        }
    }
}
