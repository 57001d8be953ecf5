//! What do areas share, and what do they leave open between them?
//!
//! In: shapes. Out: shapes. Leaves out: features, measures.
//!
//! Positions where edges cross are computed on a grid of a billionth of the width of all that takes part: a hundredth of a
//! millimetre over ten kilometres. Whether insides meet at all is told by [`de9im`](super::de9im), which is exact.

use geo::{BooleanOps as _, Closest, ClosestPoint as _, Contains as _, InteriorPoint as _, unary_union};
use geo_types::{Coord, Line, LineString, MultiPolygon, Point, Polygon};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::bounds::Bounds;
use super::measure::{bounds_of, reach, scale};
use super::nearest::metres_between;
use super::shape::Shape;

fn polygons(shape: &Shape) -> Vec<Polygon> {
    match shape {
        Shape::Polygon(polygon) => vec![polygon.clone()],
        Shape::MultiPolygon(all) => all.0.clone(),
        Shape::GeometryCollection(members) => members.iter().flat_map(polygons).collect(),
        _ => Vec::new(),
    }
}

/// The ground that two shapes share, piece by piece.
#[must_use]
pub fn shared_ground(a: &Shape, b: &Shape) -> Vec<Polygon> {
    let [a, b] = [a, b].map(|shape| MultiPolygon(polygons(shape)));
    a.intersection(&b).0
}

/// What lies inside the rings of a shape an odd number of times, as polygons without crossings.
#[must_use]
pub fn uncrossed(shape: &Shape) -> Shape {
    Shape::MultiPolygon(MultiPolygon(polygons(shape)).union(&MultiPolygon(Vec::new())))
}

/// Ground that shapes enclose together without covering it, each piece with its inner borders.
#[derive(Debug)]
pub struct Enclosed {
    /// What they enclose as they are drawn.
    pub whole: Vec<Polygon>,
    /// What they enclose but for chinks: where a corner that stood on an edge was rounded away from it.
    pub ajar: Vec<Polygon>,
}

/// The ground that valid shapes enclose together; chinks are no wider than so many metres.
#[must_use]
pub fn enclosed_ground(shapes: &[Shape], chink_m: f64) -> Enclosed {
    let all: Vec<Polygon> = shapes.iter().flat_map(polygons).collect();
    let union = unary_union(&all).0;
    let whole = enclosed_by(&union);
    let plugs = plugs(&union, chink_m);
    if plugs.is_empty() {
        return Enclosed { whole, ajar: Vec::new() };
    }
    let plugged: Vec<Polygon> = union.into_iter().chain(plugs).collect();
    let mut ajar = enclosed_by(&unary_union(&plugged).0);
    let known: Vec<(Bounds, &Polygon)> =
        whole.iter().filter_map(|piece| Some((bounds_of(&Shape::Polygon(piece.clone()))?, piece))).collect();
    // Plugs only cut: ground lies in one piece that was enclosed before, or in none.
    ajar.retain(|piece| {
        piece.interior_point().is_none_or(|inside| {
            let at = Bounds { west: inside.x(), south: inside.y(), east: inside.x(), north: inside.y() };
            !known.iter().any(|(bounds, piece)| bounds.overlaps(at) && piece.contains(&inside))
        })
    });
    Enclosed { whole, ajar }
}

/// The ground in the holes of a union, less what of it stands there.
fn enclosed_by(union: &[Polygon]) -> Vec<Polygon> {
    let boxes: Vec<_> = union.iter().map(|polygon| bounds_of(&Shape::Polygon(polygon.clone()))).collect();
    let mut enclosed = Vec::new();
    for ring in union.iter().flat_map(Polygon::interiors) {
        let hole = Polygon::new(ring.clone(), Vec::new());
        let Some(around) = bounds_of(&Shape::Polygon(hole.clone())) else { continue };
        // Islands: what of the union stands in the hole.
        let is_inside = |bounds: &super::Bounds| {
            bounds.west >= around.west
                && bounds.east <= around.east
                && bounds.south >= around.south
                && bounds.north <= around.north
        };
        let islands = union.iter().zip(&boxes).filter(|(_, bounds)| bounds.as_ref().is_some_and(is_inside));
        let islands: Vec<Polygon> = islands.map(|(island, _)| island.clone()).collect();
        if islands.is_empty() {
            enclosed.push(hole);
        } else {
            enclosed.extend(hole.difference(&MultiPolygon(islands)).0);
        }
    }
    enclosed
}

/// Half the width of a plug, and how far it reaches into what it joins, degrees: a millimetre.
const PLUG: f64 = 1e-8;

/// Bridges from corners of a union to edges of it that they stand off no more than so many metres.
fn plugs(union: &[Polygon], chink_m: f64) -> Vec<Polygon> {
    let rings: Vec<&LineString> = union
        .iter()
        .flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()))
        .collect();
    let edges = rings.iter().enumerate().flat_map(|(ring, line)| {
        line.lines().enumerate().map(move |(at, edge)| {
            GeomWithData::new(Rectangle::from_corners(edge.start.x_y(), edge.end.x_y()), (ring, at))
        })
    });
    let tree = RTree::bulk_load(edges.collect());
    let mut plugs = Vec::new();
    for (ring, line) in rings.iter().enumerate() {
        let last = line.0.len() - 1;
        for (at, &corner) in line.0[..last].iter().enumerate() {
            let own = [(ring, at), (ring, at.checked_sub(1).unwrap_or(last - 1))];
            let around = Bounds { west: corner.x, south: corner.y, east: corner.x, north: corner.y };
            let around = reach(around, chink_m);
            let window = AABB::from_corners((around.west, around.south), (around.east, around.north));
            for edge in tree.locate_in_envelope_intersecting(window) {
                let (of, place) = edge.data;
                if !own.contains(&edge.data) {
                    let start = rings[of].0[place];
                    let foot = foot_on(Line::new(start, rings[of].0[place + 1]), corner);
                    if metres_between([corner.x, corner.y], [foot.x, foot.y]) <= chink_m {
                        plugs.push(plug(corner, foot));
                    }
                }
            }
        }
    }
    plugs
}

/// Where an edge is nearest to a position beside it.
fn foot_on(edge: Line, from: Coord) -> Coord {
    let scale = scale(from.y);
    let metres = |at: Coord| Coord { x: (at.x - from.x) * scale.x, y: (at.y - from.y) * scale.y };
    match Line::new(metres(edge.start), metres(edge.end)).closest_point(&Point::new(0.0, 0.0)) {
        Closest::Intersection(at) | Closest::SinglePoint(at) => {
            Coord { x: from.x + at.x() / scale.x, y: from.y + at.y() / scale.y }
        }
        Closest::Indeterminate => edge.start,
    }
}

/// A bridge from one position to another that reaches into what they are borders of.
fn plug(from: Coord, to: Coord) -> Polygon {
    let length = (to.x - from.x).hypot(to.y - from.y);
    let along = if length > 0.0 { (to - from) * (PLUG / length) } else { Coord { x: PLUG, y: 0.0 } };
    let across = Coord { x: -along.y, y: along.x };
    let corners = [from - along - across, to + along - across, to + along + across, from - along + across];
    Polygon::new(LineString::from(corners.to_vec()), Vec::new())
}
