//! Where does the name of a geometry stand?
//!
//! In: shapes in CRS84 degrees, longitude first. Out: positions. Leaves out: which names there is room for.
//!
//! Edges are straight in degrees. A position is good enough to read a name at; it measures nothing.

use geo_types::{Coord, LineString, Polygon};

use crate::geometry::Shape;

/// Where a sign or a name stands: inside a polygon, halfway along a line, at the first position of what has several
/// parts; `None` for what is empty.
pub fn label_point(shape: &Shape) -> Option<Coord> {
    match shape {
        Shape::Point(point) => Some(point.0),
        Shape::Polygon(polygon) => inside_point(polygon),
        Shape::MultiPolygon(polygons) => {
            let size = |polygon: &Polygon| ring_area(polygon.exterior()).abs();
            // Of equals the first.
            polygons.0.iter().rev().max_by(|a, b| size(a).total_cmp(&size(b))).and_then(inside_point)
        }
        Shape::LineString(line) => halfway(line),
        Shape::MultiPoint(points) => points.iter().next().map(|point| point.0),
        Shape::MultiLineString(lines) => lines.iter().flat_map(|line| &line.0).next().copied(),
        Shape::GeometryCollection(members) => members.iter().next().and_then(label_point),
        Shape::Line(line) => halfway(&LineString::from(line)),
        Shape::Rect(rect) => Some(rect.center()),
        Shape::Triangle(triangle) => inside_point(&triangle.to_polygon()),
    }
}

/// Middles of the reaches of a river at even steps from north to south, where its name may stand again.
pub fn points_along(shape: &Shape) -> Vec<Coord> {
    const STEPS: u8 = 16;
    let polygons: Vec<&Polygon> = match shape {
        Shape::Polygon(polygon) => vec![polygon],
        Shape::MultiPolygon(polygons) => polygons.iter().collect(),
        _ => return Vec::new(),
    };
    let latitudes = || polygons.iter().flat_map(|polygon| &polygon.exterior().0).map(|corner| corner.y);
    let (south, north) =
        (latitudes().fold(f64::INFINITY, f64::min), latitudes().fold(f64::NEG_INFINITY, f64::max));
    let levels = |step: u8| north - (f64::from(step) + 0.5) / f64::from(STEPS) * (north - south);
    let middle = |y: f64| move |(west, east): (f64, f64)| Coord { x: f64::midpoint(west, east), y };
    let reaches = |polygon: &&Polygon| {
        let reaches = (0..STEPS).map(levels).flat_map(|y| chords_at(polygon, y).into_iter().map(middle(y)));
        reaches.collect::<Vec<_>>()
    };
    polygons.iter().flat_map(reaches).collect()
}

/// The centre of gravity of the outer ring where it lies inside, else the middle of the widest chord at its latitude.
fn inside_point(polygon: &Polygon) -> Option<Coord> {
    let outer = polygon.exterior();
    let first = *outer.0.first()?;
    let area = ring_area(outer);
    if area == 0.0 {
        return Some(first);
    }
    let moment = outer
        .lines()
        .fold(Coord::zero(), |sum, edge| sum + (edge.start + edge.end) * cross(edge.start, edge.end));
    let centre = moment / (6.0 * area);
    let is_inside = holds(outer, centre) && !polygon.interiors().iter().any(|hole| holds(hole, centre));
    if is_inside {
        return Some(centre);
    }
    let chords = chords_at(polygon, centre.y);
    let widest = chords.into_iter().rev().max_by(|a, b| (a.1 - a.0).total_cmp(&(b.1 - b.0)));
    widest.map(|(west, east)| Coord { x: f64::midpoint(west, east), y: centre.y }).or(Some(first))
}

/// Where a latitude runs inside a polygon, from west to east.
fn chords_at(polygon: &Polygon, y: f64) -> Vec<(f64, f64)> {
    let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
    let mut crossings: Vec<f64> = rings.flat_map(|ring| crossings_at(ring, y)).collect();
    crossings.sort_by(f64::total_cmp);
    crossings.chunks_exact(2).map(|pair| (pair[0], pair[1])).collect()
}

/// The longitudes where a ring crosses a latitude.
fn crossings_at(ring: &LineString, y: f64) -> impl Iterator<Item = f64> {
    ring.lines().filter(move |edge| (edge.start.y > y) != (edge.end.y > y)).map(move |edge| {
        edge.start.x + (y - edge.start.y) / (edge.end.y - edge.start.y) * (edge.end.x - edge.start.x)
    })
}

fn holds(ring: &LineString, at: Coord) -> bool {
    crossings_at(ring, at.y).filter(|&x| at.x < x).count() % 2 == 1
}

fn ring_area(ring: &LineString) -> f64 {
    ring.lines().map(|edge| cross(edge.start, edge.end)).sum::<f64>() / 2.0
}

fn cross(a: Coord, b: Coord) -> f64 {
    a.x * b.y - b.x * a.y
}

/// The middle of a line by length, a degree of longitude as long as it is at the first position.
fn halfway(line: &LineString) -> Option<Coord> {
    let first = line.0.first()?;
    let narrow = first.y.to_radians().cos();
    let length = |from: Coord, to: Coord| ((to.x - from.x) * narrow).hypot(to.y - from.y);
    let mut left = line.lines().map(|edge| length(edge.start, edge.end)).sum::<f64>() / 2.0;
    for edge in line.lines() {
        let length = length(edge.start, edge.end);
        if left <= length && length > 0.0 {
            return Some(edge.start + (edge.end - edge.start) * (left / length));
        }
        left -= length;
    }
    line.0.last().copied()
}

#[cfg(test)]
mod tests {
    use geo_types::{MultiLineString, MultiPoint, MultiPolygon, Point};

    use super::*;

    fn ring(corners: &[(f64, f64)]) -> LineString {
        corners.iter().copied().collect()
    }

    fn square(west: f64, south: f64, side: f64) -> LineString {
        ring(&[
            (west, south),
            (west + side, south),
            (west + side, south + side),
            (west, south + side),
            (west, south),
        ])
    }

    #[test]
    fn a_name_stands_where_the_shape_is() {
        let plain = Polygon::new(square(0.0, 0.0, 4.0), Vec::new());
        let holed = Polygon::new(square(0.0, 0.0, 4.0), vec![square(1.0, 1.0, 2.0)]);
        // A U open to the north: its centre of gravity lies between the arms, which are as wide as each other.
        let u = ring(&[
            (0.0, 0.0),
            (6.0, 0.0),
            (6.0, 6.0),
            (5.0, 6.0),
            (5.0, 1.0),
            (1.0, 1.0),
            (1.0, 6.0),
            (0.0, 6.0),
            (0.0, 0.0),
        ]);
        // 6 at y 1/2 and twice 5 at y 7/2 make (3 + 35) / 16.
        let height = 38.0 / 16.0;
        let flat = Polygon::new(ring(&[(1.0, 1.0), (2.0, 2.0), (1.0, 1.0)]), Vec::new());
        let cases = [
            ("point", Shape::Point(Point::new(3.0, 4.0)), Some((3.0, 4.0))),
            ("square", plain.clone().into(), Some((2.0, 2.0))),
            ("the western of two equal chords beside a hole", holed.into(), Some((0.5, 2.0))),
            ("U", Polygon::new(u, Vec::new()).into(), Some((0.5, height))),
            ("no area", flat.into(), Some((1.0, 1.0))),
            (
                "the largest part",
                MultiPolygon(vec![Polygon::new(square(9.0, 9.0, 1.0), Vec::new()), plain]).into(),
                Some((2.0, 2.0)),
            ),
            ("line", ring(&[(0.0, 0.0), (2.0, 0.0), (2.0, 0.0), (6.0, 0.0)]).into(), Some((3.0, 0.0))),
            ("line of no length", ring(&[(5.0, 5.0), (5.0, 5.0)]).into(), Some((5.0, 5.0))),
            ("lines", MultiLineString(vec![ring(&[(1.0, 2.0), (3.0, 4.0)])]).into(), Some((1.0, 2.0))),
            ("points", MultiPoint(vec![Point::new(7.0, 8.0), Point::new(0.0, 0.0)]).into(), Some((7.0, 8.0))),
            ("empty line", ring(&[]).into(), None),
            ("empty polygon", Polygon::new(ring(&[]), Vec::new()).into(), None),
            ("nothing", Shape::GeometryCollection(Vec::<Shape>::new().into()), None),
        ];
        for (name, shape, want) in cases {
            assert_eq!(label_point(&shape), want.map(Coord::from), "{name}");
        }
    }

    #[test]
    fn half_of_a_line_is_half_of_its_length_on_the_ground() {
        // At 60 degrees north a degree of longitude is half as long as one of latitude: 2 + 1 lengths, half of it 1.5.
        let line = ring(&[(0.0, 60.0), (4.0, 60.0), (4.0, 61.0)]);
        let at = label_point(&line.into()).expect("a position");
        assert!((at.x - 3.0).abs() < 1e-9 && at.y == 60.0, "{at:?}");
    }

    #[test]
    fn a_river_is_named_in_each_of_its_reaches() {
        let two = Polygon::new(square(0.0, 0.0, 16.0), vec![square(4.0, 12.0, 4.0)]);
        let points = points_along(&two.into());
        // From north to south: four steps beside the island, twelve below it.
        let beside = [15.5, 14.5, 13.5, 12.5].into_iter().flat_map(|y| [(2.0, y), (12.0, y)]);
        let below = (0..12).map(|step| (8.0, 11.5 - f64::from(step)));
        assert_eq!(points, beside.chain(below).map(Coord::from).collect::<Vec<_>>());
        assert_eq!(points_along(&Shape::Point(Point::new(0.0, 0.0))), []);
    }
}
