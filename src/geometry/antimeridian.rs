//! What crosses the antimeridian is cut there (RFC 7946, 3.1.9): brought together to be measured in a plane, and cut again.
//!
//! In: shapes in degrees. Out: the same with longitudes beyond 180, and back. Leaves out: how the plane is made.

use geo::{BooleanOps as _, BoundingRect as _, MapCoords as _};
use geo_types::{Coord, MultiPolygon, Rect};

use super::bounds::Bounds;
use super::shape::Shape;
use super::topology::Topology;

/// Are longitudes west of the antimeridian counted on, beyond 180 degrees?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Turn(bool);

impl Turn {
    /// As a window demands it.
    pub fn of(window: Bounds) -> Self {
        Self(window.crosses_antimeridian())
    }

    pub fn longitude(self, degrees: f64) -> f64 {
        if self.0 && degrees < 0.0 { degrees + 360.0 } else { degrees }
    }

    /// A shape in one piece; what was cut along the antimeridian is joined.
    pub fn shape(self, shape: &Shape) -> Shape {
        match self.side_by_side(shape) {
            Shape::MultiPolygon(parts) if self.0 => Shape::MultiPolygon(geo::unary_union(&parts)),
            other => other,
        }
    }

    /// A shape whose parts stand side by side, not joined.
    pub fn side_by_side(self, shape: &Shape) -> Shape {
        shape.map_coords(|Coord { x, y }| Coord { x: self.longitude(x), y })
    }

    /// A window as windows that do not cross the antimeridian, their longitudes counted on.
    pub fn windows(self, window: Bounds) -> impl Iterator<Item = Bounds> {
        let on = |part: Bounds| Bounds { west: part.west + 360.0, east: part.east + 360.0, ..part };
        window.parts().flat_map(move |part| [Some(part), self.0.then(|| on(part))]).flatten()
    }
}

/// A longitude that may be counted on, or a difference of two, as the shorter way around: between -180 and 180.
#[must_use]
pub fn turned(degrees: f64) -> f64 {
    if (-180.0..=180.0).contains(&degrees) { degrees } else { degrees - 360.0_f64.copysign(degrees) }
}

/// The smallest window around a shape, which may cross the antimeridian; `None` when it is empty.
#[must_use]
pub fn window_of(shape: &Shape) -> Option<Bounds> {
    let topology = Topology::of_shape(shape);
    let edges = topology.edges.iter().map(|edge| edge.frame().bounds());
    Bounds::around(edges.chain(topology.points.iter().map(|&at| Bounds::of_position(at))))
}

/// An area whose longitudes may pass 180 degrees, cut there.
pub(super) fn cut(area: MultiPolygon) -> MultiPolygon {
    /// Degrees, a centimetre: what cutting leaves beside the meridian.
    const SNAP: f64 = 1e-7;
    let Some(frame) = area.bounding_rect().filter(|frame| frame.min().x < -180.0 || frame.max().x > 180.0)
    else {
        return area;
    };
    let (low, high) = (frame.min(), frame.max());
    let turns = [-360.0, 0.0, 360.0].map(|turn| (turn, low.x.max(turn - 180.0), high.x.min(turn + 180.0)));
    let pieces = turns.into_iter().filter(|(_, west, east)| west < east).flat_map(|(turn, west, east)| {
        // Room above and below, so that only meridians cut.
        let window = Rect::new((west, low.y - 1.0), (east, high.y + 1.0)).to_polygon();
        let back = |Coord { x, y }: Coord| {
            let x = x - turn;
            Coord { x: if 180.0 - x.abs() < SNAP { 180.0_f64.copysign(x) } else { x }, y }
        };
        area.intersection(&window).map_coords(back).0
    });
    MultiPolygon(pieces.collect())
}

#[cfg(test)]
mod tests {
    use geo_types::Point;

    use super::super::{Relation, area_m2, buffer_m, relate};
    use super::*;

    fn holds(area: &Shape, at: [f64; 2]) -> bool {
        relate(area, &Shape::Point(at.into()), Relation::Intersects)
    }

    #[test]
    fn what_is_widened_across_the_antimeridian_is_cut_there() {
        // At 16.8 degrees south a degree of longitude is 106.6 km: 0.011 degrees are 1173 m, 0.021 are 2239 m.
        let area = buffer_m(&Shape::Point(Point::new(179.999, -16.8)), 2000.0).expect("an area");
        assert!(
            holds(&area, [179.999, -16.8])
                && holds(&area, [-179.99, -16.8])
                && holds(&area, [179.985, -16.8])
        );
        assert!(
            !holds(&area, [-179.98, -16.8]) && !holds(&area, [0.0, -16.8]) && !holds(&area, [179.97, -16.8])
        );
        let circle = std::f64::consts::PI * 2000.0 * 2000.0;
        assert!((area_m2(&area) / circle - 1.0).abs() < 2e-3, "{}", area_m2(&area));
        assert!(
            window_of(&area).is_some_and(|window| window.crosses_antimeridian() && window.width() < 0.04)
        );
        // From there on: both halves as one, and narrowed again, without a seam at 180 degrees.
        let wider = buffer_m(&area, 1000.0).expect("an area");
        assert!((area_m2(&wider) / circle / 2.25 - 1.0).abs() < 2e-3, "{}", area_m2(&wider));
        let narrower = buffer_m(&area, -1000.0).expect("an area");
        assert!(holds(&narrower, [180.0, -16.8]) && holds(&narrower, [-180.0, -16.8]));
        assert!((area_m2(&narrower) / circle * 4.0 - 1.0).abs() < 2e-3, "{}", area_m2(&narrower));
    }
}
