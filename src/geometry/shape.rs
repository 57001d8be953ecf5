//! Placeholder until the relations are in.
use super::{Bounds, Crs, GeometryKind, GeometryRef};
use geo::Relate as _;
/// A geometry outside a layer.
pub type Shape = geo_types::Geometry<f64>;
/// A spatial relation of two geometries (OGC 06-103r4, 6.1.15).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Relation {
    Equals,
    Disjoint,
    Intersects,
    Touches,
    Crosses,
    Within,
    Contains,
    Overlaps,
}
impl Relation {
    pub fn converse(self) -> Self {
        match self {
            Self::Within => Self::Contains,
            Self::Contains => Self::Within,
            s => s,
        }
    }
}
#[derive(Debug, Clone)]
pub struct Prepared {
    shape: Shape,
    plane: Option<Crs>,
}
impl Prepared {
    pub fn new(shape: Shape, plane: Option<Crs>) -> Self {
        Self { shape, plane }
    }
    pub fn bounds(&self) -> Option<Bounds> {
        if self.plane.is_some() {
            return Some(Bounds::WORLD);
        }
        use geo::BoundingRect;
        self.shape.bounding_rect().map(|r| Bounds {
            west: r.min().x,
            south: r.min().y,
            east: r.max().x,
            north: r.max().y,
        })
    }
    pub fn relates(&self, stored: GeometryRef<'_>, relation: Relation) -> bool {
        use geo::MapCoords;
        let mut s = stored.to_shape();
        if let Some(crs) = self.plane {
            s = s.map_coords(|c| crs.forward([c.x, c.y]).map(|p| crs.east_first(p).into()).unwrap_or(c));
        }
        relate(&s, &self.shape, relation)
    }
}
pub fn relate(a: &Shape, b: &Shape, relation: Relation) -> bool {
    let im = a.relate(b);
    match relation {
        Relation::Equals => im.is_equal_topo(),
        Relation::Disjoint => im.is_disjoint(),
        Relation::Intersects => im.is_intersects(),
        Relation::Touches => im.is_touches(),
        Relation::Crosses => im.is_crosses(),
        Relation::Within => im.is_within(),
        Relation::Contains => im.is_contains(),
        Relation::Overlaps => im.is_overlaps(),
    }
}
impl GeometryRef<'_> {
    pub fn to_shape(self) -> Shape {
        use geo_types::*;
        let mut all: Vec<Shape> = self
            .parts()
            .map(|p| {
                let runs: Vec<(bool, Vec<Coord>)> = p
                    .runs()
                    .map(|r| (r.is_shell, (0..r.len()).map(|i| Coord::from(r.at(i))).collect()))
                    .collect();
                let polys = |runs: Vec<(bool, Vec<Coord>)>| {
                    let mut out: Vec<Polygon> = Vec::new();
                    for (shell, ring) in runs {
                        if shell {
                            out.push(Polygon::new(ring.into(), vec![]))
                        } else {
                            out.last_mut().unwrap().interiors_push(LineString::from(ring))
                        }
                    }
                    out
                };
                match p.kind() {
                    GeometryKind::Point => Shape::Point(Point(runs[0].1[0])),
                    GeometryKind::MultiPoint => {
                        Shape::MultiPoint(runs.iter().map(|r| Point(r.1[0])).collect())
                    }
                    GeometryKind::LineString => Shape::LineString(runs[0].1.clone().into()),
                    GeometryKind::MultiLineString => Shape::MultiLineString(MultiLineString(
                        runs.into_iter().map(|r| r.1.into()).collect(),
                    )),
                    GeometryKind::Polygon => Shape::Polygon(polys(runs).remove(0)),
                    _ => Shape::MultiPolygon(MultiPolygon(polys(runs))),
                }
            })
            .collect();
        if self.kind() == GeometryKind::GeometryCollection {
            Shape::GeometryCollection(all.into())
        } else {
            all.remove(0)
        }
    }
}
pub fn distance_m(_a: &Shape, _b: &Shape) -> Option<f64> {
    None
}
pub fn within_distance(_a: &Shape, _b: &Shape, _m: f64) -> bool {
    false
}
pub fn reach(b: Bounds, _m: f64) -> Bounds {
    b
}
pub fn area_m2(_a: &Shape) -> f64 {
    0.0
}
pub fn length_m(_a: &Shape) -> f64 {
    0.0
}
pub fn buffer_m(a: &Shape, _m: f64) -> Shape {
    a.clone()
}
pub fn centroid(_a: &Shape) -> Option<[f64; 2]> {
    None
}
