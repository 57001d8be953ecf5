//! The spatial predicates.

use super::array::{GeometryKind, GeometryRef, Part, Run};
use super::bounds::Bounds;
use super::ring::side;

/// Does the geometry touch the window, edges and corners included? Exact.
///
/// A window over the antimeridian is tested as its two parts.
#[must_use]
pub fn intersects_window(geometry: GeometryRef<'_>, window: Bounds) -> bool {
    window.parts().any(|window| geometry.parts().any(|part| part_intersects(&part, &window)))
}

fn part_intersects(part: &Part<'_>, window: &Bounds) -> bool {
    match part.kind() {
        GeometryKind::Point | GeometryKind::MultiPoint => {
            part.positions().any(|position| window.holds(position))
        }
        GeometryKind::LineString | GeometryKind::MultiLineString => {
            part.runs().any(|run| line_meets(&run, window, false))
        }
        GeometryKind::Polygon | GeometryKind::MultiPolygon => {
            part.runs().any(|ring| line_meets(&ring, window, true))
                // No ring meets the window, so it lies wholly inside or wholly outside.
                || holds_position(part, [window.west, window.south])
        }
        GeometryKind::GeometryCollection => false,
    }
}

/// Does a line, or a ring when `closed`, meet the window?
fn line_meets(run: &Run<'_>, window: &Bounds, closed: bool) -> bool {
    let n = run.len();
    let edges = if closed { n } else { n.saturating_sub(1) };
    let mut from = run.at(0);
    (0..edges).any(|edge| {
        let to = run.at(if edge + 1 == n { 0 } else { edge + 1 });
        let meets = edge_meets(from, to, window);
        from = to;
        meets
    })
}

fn edge_meets(a: [f64; 2], b: [f64; 2], window: &Bounds) -> bool {
    if a[0].max(b[0]) < window.west
        || a[0].min(b[0]) > window.east
        || a[1].max(b[1]) < window.south
        || a[1].min(b[1]) > window.north
    {
        return false;
    }
    if window.holds(a) || window.holds(b) {
        return true;
    }
    // Both ends are outside and the boxes overlap: the edge meets the window unless all corners lie on one side.
    let sides = [
        side(a, b, [window.west, window.south]),
        side(a, b, [window.east, window.south]),
        side(a, b, [window.east, window.north]),
        side(a, b, [window.west, window.north]),
    ];
    !(sides.iter().all(|&s| s > 0.0) || sides.iter().all(|&s| s < 0.0))
}

/// Is the position inside the areal part? Even-odd over all its rings, exact for positions off the rings.
fn holds_position(part: &Part<'_>, position: [f64; 2]) -> bool {
    let mut inside = false;
    for ring in part.runs() {
        let n = ring.len();
        let mut a = ring.at(n - 1);
        for at in 0..n {
            let b = ring.at(at);
            if (a[1] > position[1]) != (b[1] > position[1]) {
                let turn = side(a, b, position);
                inside ^= if b[1] > a[1] { turn > 0.0 } else { turn < 0.0 };
            }
            a = b;
        }
    }
    inside
}
