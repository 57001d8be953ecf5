//! The spatial predicates.

use super::array::{GeometryKind, GeometryRef, Part, Run};
use super::bounds::Bounds;
use super::crs::PlaneWindow;
use super::ring::side;

/// Does the geometry touch the window, edges and corners included? Exact.
///
/// A window over the antimeridian is tested as its two parts.
#[must_use]
pub fn intersects_window(geometry: GeometryRef<'_>, window: Bounds) -> bool {
    window.parts().any(|part| {
        let rectangle = Rectangle { low: [part.west, part.south], high: [part.east, part.north] };
        geometry.parts().any(|part| rectangle.meets(&part, |position| position))
    })
}

/// Does the geometry, its positions joined by straight lines in the plane of a projection, touch a rectangle
/// of that plane? A position that the projection cannot express touches nothing.
#[must_use]
pub fn intersects_plane(geometry: GeometryRef<'_>, window: &PlaneWindow) -> bool {
    let rectangle = Rectangle { low: window.low, high: window.high };
    let place = |position| window.place(position).unwrap_or([f64::NAN; 2]);
    geometry.parts().any(|part| rectangle.meets(&part, place))
}

/// A closed rectangle along the axes.
struct Rectangle {
    low: [f64; 2],
    high: [f64; 2],
}

impl Rectangle {
    fn holds(&self, [x, y]: [f64; 2]) -> bool {
        x >= self.low[0] && x <= self.high[0] && y >= self.low[1] && y <= self.high[1]
    }

    /// Does it meet the geometry whose positions are where `place` puts them?
    fn meets(&self, part: &Part<'_>, place: impl Fn([f64; 2]) -> [f64; 2]) -> bool {
        match part.kind() {
            GeometryKind::Point | GeometryKind::MultiPoint => {
                part.positions().any(|position| self.holds(place(position)))
            }
            GeometryKind::LineString | GeometryKind::MultiLineString => {
                part.runs().any(|run| self.meets_line(&run, false, &place))
            }
            GeometryKind::Polygon | GeometryKind::MultiPolygon => {
                part.runs().any(|ring| self.meets_line(&ring, true, &place))
                    // No ring meets the rectangle, so it lies wholly inside or wholly outside.
                    || holds_position(part, self.low, &place)
            }
            GeometryKind::GeometryCollection => false,
        }
    }

    /// Does it meet a line, or a ring when `closed`?
    fn meets_line(&self, run: &Run<'_>, closed: bool, place: &impl Fn([f64; 2]) -> [f64; 2]) -> bool {
        let n = run.len();
        let edges = if closed { n } else { n.saturating_sub(1) };
        let mut from = place(run.at(0));
        (0..edges).any(|edge| {
            let to = place(run.at(if edge + 1 == n { 0 } else { edge + 1 }));
            let meets = self.meets_edge(from, to);
            from = to;
            meets
        })
    }

    fn meets_edge(&self, a: [f64; 2], b: [f64; 2]) -> bool {
        // Written so that a position that is no number is beside everything.
        let overlaps =
            |axis: usize| a[axis].max(b[axis]) >= self.low[axis] && a[axis].min(b[axis]) <= self.high[axis];
        if !(overlaps(0) && overlaps(1)) {
            return false;
        }
        if self.holds(a) || self.holds(b) {
            return true;
        }
        // Both ends are outside and the boxes overlap: the edge meets the rectangle unless all corners lie on
        // one side of it.
        let [west, south] = self.low;
        let [east, north] = self.high;
        let sides =
            [[west, south], [east, south], [east, north], [west, north]].map(|corner| side(a, b, corner));
        !(sides.iter().all(|&s| s > 0.0) || sides.iter().all(|&s| s < 0.0))
    }
}

/// Is the position inside the areal part? Even-odd over all its rings, exact for positions off the rings.
fn holds_position(part: &Part<'_>, position: [f64; 2], place: &impl Fn([f64; 2]) -> [f64; 2]) -> bool {
    let mut inside = false;
    for ring in part.runs() {
        let n = ring.len();
        let mut a = place(ring.at(n - 1));
        for at in 0..n {
            let b = place(ring.at(at));
            if (a[1] > position[1]) != (b[1] > position[1]) {
                let turn = side(a, b, position);
                inside ^= if b[1] > a[1] { turn > 0.0 } else { turn < 0.0 };
            }
            a = b;
        }
    }
    inside
}
