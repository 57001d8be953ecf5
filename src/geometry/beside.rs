//! How far do borders run along each other?
//!
//! In: two stored geometries. Out: metres. Leaves out: whether their insides meet.
//!
//! Metres are those of the plane at the latitude where the two meet: what lies within metres of each other is told apart by
//! them to well below a millimetre.

use geo_types::{Coord, Line};

use super::array::GeometryRef;
use super::measure::scale;

/// Metres for which the borders of two geometries run no farther than `apart_m` from each other: the lesser of both, so
/// that the order of the two says nothing. Points and lines have no border.
#[must_use]
pub fn common_border_m(a: GeometryRef<'_>, b: GeometryRef<'_>, apart_m: f64) -> f64 {
    let (Some(of_a), Some(of_b)) = (a.bounds(), b.bounds()) else { return 0.0 };
    let scale = scale(f64::midpoint(of_a.south.max(of_b.south), of_a.north.min(of_b.north)));
    let origin = [of_a.west, of_a.south];
    let metres = |[x, y]: [f64; 2]| Coord { x: (x - origin[0]) * scale.x, y: (y - origin[1]) * scale.y };
    let low = metres([of_a.west.max(of_b.west), of_a.south.max(of_b.south)]);
    let high = metres([of_a.east.min(of_b.east), of_a.north.min(of_b.north)]);
    let edges = |geometry: GeometryRef<'_>| -> Vec<Line> {
        let runs = geometry.parts().filter(|part| part.kind().is_areal()).flat_map(|part| part.runs());
        let edges = runs.flat_map(|run| {
            let count = run.len();
            (0..count).map(move |at| {
                Line::new(metres(run.at(at)), metres(run.at(if at + 1 < count { at + 1 } else { 0 })))
            })
        });
        // Only where both have ground can they run along each other.
        edges.filter(|edge| is_near(edge, low, high, apart_m)).collect()
    };
    let edges_a = edges(a);
    if edges_a.is_empty() {
        return 0.0;
    }
    let edges_b = edges(b);
    along(&edges_a, &edges_b, apart_m).min(along(&edges_b, &edges_a, apart_m))
}

/// Does the box of an edge come within a distance of another box?
fn is_near(edge: &Line, low: Coord, high: Coord, apart: f64) -> bool {
    let is_between =
        |a: f64, b: f64, low: f64, high: f64| a.min(b) <= high + apart && a.max(b) >= low - apart;
    is_between(edge.start.x, edge.end.x, low.x, high.x) && is_between(edge.start.y, edge.end.y, low.y, high.y)
}

/// The length of what of some edges lies within a distance of others.
fn along(edges: &[Line], others: &[Line], apart: f64) -> f64 {
    let of_edge = |edge: &Line| {
        let low = Coord { x: edge.start.x.min(edge.end.x), y: edge.start.y.min(edge.end.y) };
        let high = Coord { x: edge.start.x.max(edge.end.x), y: edge.start.y.max(edge.end.y) };
        let near = others.iter().filter(|other| is_near(other, low, high, apart));
        let mut stretches: Vec<[f64; 2]> = near.filter_map(|other| stretch(edge, other, apart)).collect();
        stretches.sort_by(|a, b| a[0].total_cmp(&b[0]));
        let (mut sum, mut end) = (0.0, 0.0_f64);
        for [from, to] in stretches {
            sum += (to - from.max(end)).max(0.0);
            end = end.max(to);
        }
        sum
    };
    edges.iter().map(of_edge).sum()
}

/// Where an edge lies within a distance of another, from its start on: one stretch, because what lies within a distance of
/// a line is convex. It consists of what lies in a circle around either end and in the strip between them.
fn stretch(edge: &Line, other: &Line, apart: f64) -> Option<[f64; 2]> {
    let dot = |a: Coord, b: Coord| a.x * b.x + a.y * b.y;
    let cross = |a: Coord, b: Coord| a.x * b.y - a.y * b.x;
    let (whole, wide) = (edge.end - edge.start, other.end - other.start);
    let (length, width) = (whole.x.hypot(whole.y), wide.x.hypot(wide.y));
    if length == 0.0 {
        return None;
    }
    let ahead = whole / length;
    let circle = |centre: Coord| {
        let to = centre - edge.start;
        let half = (apart * apart - cross(ahead, to).powi(2)).max(-1.0);
        (half >= 0.0).then(|| [dot(ahead, to) - half.sqrt(), dot(ahead, to) + half.sqrt()])
    };
    let strip = || {
        if width == 0.0 {
            return None;
        }
        let (along, from) = (wide / width, edge.start - other.start);
        let [a, b] = between(dot(from, along), dot(ahead, along), 0.0, width)?;
        let [c, d] = between(cross(along, from), cross(along, ahead), -apart, apart)?;
        (a.max(c) <= b.min(d)).then(|| [a.max(c), b.min(d)])
    };
    let pieces = [circle(other.start), circle(other.end), strip()];
    let [from, to] = pieces
        .into_iter()
        .flatten()
        .reduce(|[a, b], [c, d]| [a.min(c), b.max(d)])?
        .map(|at| at.clamp(0.0, length));
    (from < to).then_some([from, to])
}

/// Where a value that begins so and grows so lies between two others.
fn between(begin: f64, growth: f64, low: f64, high: f64) -> Option<[f64; 2]> {
    if growth == 0.0 {
        return (low..=high).contains(&begin).then_some([f64::NEG_INFINITY, f64::INFINITY]);
    }
    let (a, b) = ((low - begin) / growth, (high - begin) / growth);
    Some([a.min(b), a.max(b)])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(a: [f64; 2], b: [f64; 2]) -> Line {
        Line::new(Coord { x: a[0], y: a[1] }, Coord { x: b[0], y: b[1] })
    }

    #[test]
    fn a_stretch_is_what_lies_in_the_circles_and_between_them() {
        let edge = line([0.0, 0.0], [10.0, 0.0]);
        let near = |other: Line, want: Option<[f64; 2]>| {
            let got = stretch(&edge, &other, 1.0);
            let differs =
                got.zip(want).is_some_and(|(a, b)| (a[0] - b[0]).abs() + (a[1] - b[1]).abs() > 1e-9);
            assert!(got.is_some() == want.is_some() && !differs, "{other:?}: {got:?} and not {want:?}");
        };
        // Beside it by 0.6: the circles reach 0.8 farther.
        near(line([3.0, 0.6], [5.0, 0.6]), Some([2.2, 5.8]));
        near(line([5.0, -0.6], [3.0, -0.6]), Some([2.2, 5.8]));
        near(line([-5.0, 0.0], [15.0, 0.0]), Some([0.0, 10.0]));
        near(line([3.0, 1.1], [5.0, 1.1]), None);
        // Across it: one metre to either side. It ends above it: what the circle reaches.
        near(line([5.0, -5.0], [5.0, 5.0]), Some([4.0, 6.0]));
        near(line([5.0, 0.6], [5.0, 5.0]), Some([4.2, 5.8]));
        // It leaves the start at 30 degrees: sine 0.5, so two metres on.
        near(line([0.0, 0.0], [8.660_254_037_844_387, 5.0]), Some([0.0, 2.0]));
        near(line([4.0, 0.0], [4.0, 0.0]), Some([3.0, 5.0]));
    }

    #[test]
    fn stretches_that_lap_over_count_once() {
        let edge = [line([0.0, 0.0], [10.0, 0.0])];
        let others =
            [line([1.0, 0.0], [3.0, 0.0]), line([2.0, 0.0], [4.0, 0.0]), line([8.0, 0.0], [12.0, 0.0])];
        assert!((along(&edge, &others, 0.1) - (3.2 + 2.1)).abs() < 1e-9);
    }
}
