//! What do areas share, and what do they leave open between them?
//!
//! In: shapes. Out: shapes. Leaves out: features, measures.
//!
//! Positions where edges cross are computed on a grid of a billionth of the width of all that takes part: a hundredth of a
//! millimetre over ten kilometres. Whether insides meet at all is told by [`de9im`](super::de9im), which is exact.

use geo::{BooleanOps as _, unary_union};
use geo_types::{MultiPolygon, Polygon};

use super::measure::bounds_of;
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

/// The ground that valid shapes enclose together without covering it, each piece with its inner borders.
#[must_use]
pub fn enclosed_ground(shapes: &[Shape]) -> Vec<Polygon> {
    let all: Vec<Polygon> = shapes.iter().flat_map(polygons).collect();
    let union = unary_union(&all).0;
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
