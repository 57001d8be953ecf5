//! `Shape`: a geometry outside a layer, and the relations that geometries may have.
//!
//! In: stored geometries, literals. Out: shapes, yes or no. Leaves out: measures.

use geo_types::{Coord, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};

use super::array::{GeometryKind, GeometryRef, Part, Run};
use super::matrix::{Matrix, relates};
use super::topology::Topology;

/// A geometry outside a layer, in CRS84: degrees, longitude first. It may be empty.
pub type Shape = geo_types::Geometry<f64>;

/// A spatial relation of two geometries (OGC 06-103r4, 6.1.15.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Relation {
    /// They are the same set of positions.
    Equals,
    /// They share no position.
    Disjoint,
    /// They share a position.
    Intersects,
    /// They share positions, but none inside both.
    Touches,
    /// Their interiors share less than the greater dimension of the two.
    Crosses,
    /// The first lies in the second, and not only on its border.
    Within,
    /// The second lies in the first, and not only on its border.
    Contains,
    /// Of one dimension, they share a part of it, and each has a part of its own.
    Overlaps,
}

impl Relation {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Equals,
        Self::Disjoint,
        Self::Intersects,
        Self::Touches,
        Self::Crosses,
        Self::Within,
        Self::Contains,
        Self::Overlaps,
    ];

    /// Its name.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Equals => "equals",
            Self::Disjoint => "disjoint",
            Self::Intersects => "intersects",
            Self::Touches => "touches",
            Self::Crosses => "crosses",
            Self::Within => "within",
            Self::Contains => "contains",
            Self::Overlaps => "overlaps",
        }
    }

    /// The relation that holds from the second to the first when this one holds from the first to the second.
    #[must_use]
    pub fn converse(self) -> Self {
        match self {
            Self::Within => Self::Contains,
            Self::Contains => Self::Within,
            same => same,
        }
    }
}

/// Does the relation hold from the first shape to the second, edges being straight in degrees?
///
/// Collections mean the union of their members. Empty shapes equal each other and are disjoint from everything.
/// Polygons that cross themselves get an answer, but none that the standard defines.
#[must_use]
pub fn relate(a: &Shape, b: &Shape, relation: Relation) -> bool {
    relate_unless(a, b, relation, &|| false)
}

/// The same; where `spent` says that nobody waits any longer, the answer is either.
#[must_use]
pub fn relate_unless(a: &Shape, b: &Shape, relation: Relation, spent: &dyn Fn() -> bool) -> bool {
    relates(&Topology::of_shape(a), &Topology::of_shape(b), relation, spent)
}

/// The matrix of what two shapes have to do with each other (OGC 06-103r4, 6.1.15.2), row by row: the dimensions of what
/// their interiors, borders and exteriors share, `F` for nothing.
#[must_use]
pub fn de9im(a: &Shape, b: &Shape) -> String {
    Matrix::of(&Topology::of_shape(a), &Topology::of_shape(b)).to_string()
}

impl GeometryRef<'_> {
    /// The same geometry outside its layer.
    #[must_use]
    pub fn to_shape(self) -> Shape {
        let mut parts = self.parts().map(|part| of_part(&part));
        match self.kind() {
            GeometryKind::GeometryCollection => Shape::GeometryCollection(parts.collect()),
            _ => parts.next().unwrap_or_else(|| Shape::GeometryCollection(Vec::<Shape>::new().into())),
        }
    }
}

fn of_part(part: &Part<'_>) -> Shape {
    let line = |run: Run<'_>| (0..run.len()).map(|at| Coord::from(run.at(at))).collect::<LineString>();
    let point = |position: [f64; 2]| Point::from(position);
    match part.kind() {
        // An empty point is an empty collection, since a point outside a layer has a position.
        GeometryKind::Point => part.positions().next().map_or_else(
            || Shape::GeometryCollection(Vec::<Shape>::new().into()),
            |at| Shape::Point(point(at)),
        ),
        GeometryKind::MultiPoint => Shape::MultiPoint(MultiPoint(part.positions().map(point).collect())),
        GeometryKind::LineString => {
            Shape::LineString(part.runs().next().map_or(LineString(Vec::new()), line))
        }
        GeometryKind::MultiLineString => {
            Shape::MultiLineString(MultiLineString(part.runs().map(line).collect()))
        }
        GeometryKind::Polygon => {
            let polygon = polygons(part).into_iter().next();
            Shape::Polygon(polygon.unwrap_or_else(|| Polygon::new(LineString(Vec::new()), Vec::new())))
        }
        _ => Shape::MultiPolygon(MultiPolygon(polygons(part))),
    }
}

fn polygons(part: &Part<'_>) -> Vec<Polygon> {
    let mut polygons: Vec<Polygon> = Vec::new();
    for run in part.runs() {
        let shell = run.is_shell;
        let mut ring: LineString = (0..run.len()).map(|at| Coord::from(run.at(at))).collect();
        ring.close();
        match polygons.last_mut() {
            Some(polygon) if !shell => polygon.interiors_push(ring),
            _ => polygons.push(Polygon::new(ring, Vec::new())),
        }
    }
    polygons
}
