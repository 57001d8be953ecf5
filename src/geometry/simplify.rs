//! How few positions draw this geometry at a scale?
//!
//! In: a geometry and a distance on the Web Mercator plane. Out: a geometry of the same kind with some of its
//! positions left out, none further than that distance from what is drawn. Leaves out: zoom levels.
//!
//! Positions are chosen, never moved (Douglas and Peucker), so they stay as exact as they were stored. What is
//! valid stays valid: a ring that would cross itself keeps all its positions, and so do all rings of a polygon
//! whose rings would cross each other or change sides.

use super::array::{GeometryArray, GeometryBuilder, GeometryRef, Part, Run};
use super::bounds::Bounds;
use super::ring;

/// Metres of a degree of longitude on the Web Mercator plane.
const DEGREE: f64 = 6_378_137.0 * std::f64::consts::PI / 180.0;

/// Positions of a run with their altitudes (NaN where there is none); rings carry their closing position.
#[derive(Clone)]
struct Outline {
    positions: Vec<[f64; 2]>,
    altitudes: Vec<f64>,
    is_shell: bool,
}

/// The geometry alone in an array, simplified to `tolerance` metres on the Web Mercator plane.
#[must_use]
pub fn simplified(shape: GeometryRef<'_>, tolerance: f64) -> GeometryArray {
    let mut builder = GeometryBuilder::default();
    for part in shape.parts() {
        if add_part(&mut builder, &part, tolerance).is_err() {
            // What was taken in once is taken in again; a fault here leaves the member out.
            continue;
        }
        builder.end_member(part.kind());
    }
    let is_collection = shape.kind() == super::GeometryKind::GeometryCollection;
    // One geometry can always be numbered.
    let _ = builder.finish(is_collection);
    builder.build()
}

fn add_part(
    builder: &mut GeometryBuilder,
    part: &Part<'_>,
    tolerance: f64,
) -> Result<(), super::GeometryFault> {
    use super::GeometryKind::{LineString, MultiLineString, MultiPolygon, Polygon};
    match part.kind() {
        LineString | MultiLineString => {
            for run in part.runs() {
                let line = thinned(&Outline::of(&run, false), tolerance);
                builder.line(&line.positions, &line.altitudes)?;
            }
        }
        Polygon | MultiPolygon => {
            for mut ring in rings(part, tolerance) {
                builder.ring(&mut ring.positions, &mut ring.altitudes, ring.is_shell)?;
            }
        }
        _ => {
            for run in part.runs() {
                builder.point(run.at(0), run.altitude_at(0))?;
            }
        }
    }
    Ok(())
}

/// The rings of a part, simplified as far as they stay valid.
fn rings(part: &Part<'_>, tolerance: f64) -> Vec<Outline> {
    let whole: Vec<_> = part.runs().map(|run| Outline::of(&run, true)).collect();
    let thin: Vec<_> = whole
        .iter()
        .map(|outline| {
            let thin = thinned(outline, tolerance);
            if ring::check(&thin.positions).is_ok() { thin } else { outline.clone() }
        })
        .collect();
    let keeps_sides = thin.len() == 1
        || (!ring::cross(thin.iter().map(|ring| &*ring.positions)) && sides(&thin) == sides(&whole));
    if keeps_sides { thin } else { whole }
}

impl Outline {
    fn of(run: &Run<'_>, closed: bool) -> Self {
        let order = (0..run.len()).chain(closed.then_some(0));
        let (positions, altitudes) =
            order.map(|at| (run.at(at), run.altitude_at(at).unwrap_or(f64::NAN))).unzip();
        Self { positions, altitudes, is_shell: run.is_shell }
    }
}

/// The outline without the positions that its drawing does not need.
fn thinned(outline: &Outline, tolerance: f64) -> Outline {
    let kept = kept(&outline.positions, tolerance);
    let mut thin = Outline { positions: Vec::new(), altitudes: Vec::new(), is_shell: outline.is_shell };
    for at in (0..kept.len()).filter(|&at| kept[at]) {
        thin.positions.push(outline.positions[at]);
        thin.altitudes.push(outline.altitudes[at]);
    }
    thin
}

/// Which positions are kept: the ends, on a closed outline also the two that span it, and between two that are
/// kept the one furthest from their chord as long as that is further than the tolerance.
fn kept(positions: &[[f64; 2]], tolerance: f64) -> Vec<bool> {
    let plane: Vec<_> = positions.iter().copied().map(mercator).collect();
    let mut kept = vec![false; plane.len()];
    let Some(last) = plane.len().checked_sub(1) else { return kept };
    (kept[0], kept[last]) = (true, true);
    let mut open = Vec::new();
    if positions.first() == positions.last() && last > 2 {
        // A closed outline is two: to the position furthest from its start, and back. The furthest from the
        // chord of the two is kept too, so that something with an area keeps one.
        let (far, _) = furthest(&plane, 0, last);
        kept[far] = true;
        let sides = [(0, far), (far, last)];
        let bulge = sides.map(|(from, to)| furthest(&plane, from, to));
        let (side, other) = if bulge[0].1 >= bulge[1].1 { (0, 1) } else { (1, 0) };
        let (from, to) = sides[side];
        if bulge[side].1 > 0.0 {
            kept[bulge[side].0] = true;
            open.extend([(from, bulge[side].0), (bulge[side].0, to)]);
        }
        open.push(sides[other]);
    } else {
        open.push((0, last));
    }
    while let Some((from, to)) = open.pop() {
        let (at, distance) = furthest(&plane, from, to);
        if distance > tolerance {
            kept[at] = true;
            open.extend([(from, at), (at, to)]);
        }
    }
    kept
}

/// The position between two that lies furthest from their chord, and how far; `from` and 0 when there is none.
fn furthest(plane: &[[f64; 2]], from: usize, to: usize) -> (usize, f64) {
    let mut best = (from, 0.0);
    for at in from + 1..to {
        let distance = distance(plane[at], plane[from], plane[to]);
        if distance > best.1 {
            best = (at, distance);
        }
    }
    best
}

/// From a point to a stretch, which may be a point.
fn distance([x, y]: [f64; 2], [ax, ay]: [f64; 2], [bx, by]: [f64; 2]) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let square = dx * dx + dy * dy;
    let along = if square > 0.0 { (((x - ax) * dx + (y - ay) * dy) / square).clamp(0.0, 1.0) } else { 0.0 };
    (x - ax - along * dx).hypot(y - ay - along * dy)
}

/// A position on the Web Mercator plane, in metres; the poles, which have none, at 89.9 degrees.
fn mercator([longitude, latitude]: [f64; 2]) -> [f64; 2] {
    let latitude = latitude.clamp(-89.9, 89.9).to_radians();
    [longitude * DEGREE, latitude.tan().asinh().to_degrees() * DEGREE]
}

/// For each pair of rings whose windows meet: on which side of the second does the first begin? A ring begins at
/// the same position before and after.
fn sides(rings: &[Outline]) -> Vec<i8> {
    let window = |ring: &Outline| {
        let mut window = Bounds::of_position(ring.positions[0]);
        ring.positions.iter().for_each(|&position| window.extend(position));
        window
    };
    let windows: Vec<_> = rings.iter().map(window).collect();
    let mut sides = Vec::new();
    for (first, a) in rings.iter().enumerate() {
        for (second, b) in rings.iter().enumerate() {
            if first != second {
                let start = a.positions[0];
                let near = windows[second].overlaps(Bounds::of_position(start));
                sides.push(if near { ring::place(&b.positions, start) } else { -1 });
            }
        }
    }
    sides
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::GeometryKind;

    /// Metres on the plane near the equator, as degrees.
    fn metres(points: &[[f64; 2]]) -> Vec<[f64; 2]> {
        points.iter().map(|[x, y]| [x / DEGREE, y / DEGREE]).collect()
    }

    fn polygon(rings: &[&[[f64; 2]]]) -> GeometryArray {
        let mut builder = GeometryBuilder::default();
        for (at, ring) in rings.iter().enumerate() {
            builder.ring(&mut metres(ring), &mut [], at == 0).expect("a ring");
        }
        builder.end_member(GeometryKind::Polygon);
        builder.finish(false).expect("a geometry");
        builder.build()
    }

    fn counts(array: &GeometryArray, tolerance: f64) -> Vec<usize> {
        let thin = simplified(array.get(0).expect("a geometry"), tolerance);
        let shape = thin.get(0).expect("a geometry");
        assert_eq!(shape.kind(), array.get(0).expect("a geometry").kind());
        shape.parts().flat_map(|part| part.runs().map(|run| run.len()).collect::<Vec<_>>()).collect()
    }

    #[test]
    fn a_line_keeps_what_lies_further_than_the_tolerance() {
        let mut builder = GeometryBuilder::default();
        builder
            .line(&metres(&[[0., 0.], [50., 9.], [100., 0.], [150., -11.], [200., 0.]]), &[])
            .expect("a line");
        builder.end_member(GeometryKind::LineString);
        builder.finish(false).expect("a geometry");
        let line = builder.build();
        // 11 m from the whole chord lies the fourth; 12.6 m from the chord to it the second; 0.98 m from the chord
        // between those two the third.
        for (tolerance, want) in [(0.9, 5), (1.1, 4), (10.0, 4), (12.0, 2), (1e9, 2)] {
            assert_eq!(counts(&line, tolerance), [want], "{tolerance}");
        }
    }

    #[test]
    fn a_ring_never_collapses() {
        let square = polygon(&[&[[0., 0.], [10., 0.], [20., 0.5], [20., 20.], [0., 20.], [0., 0.]]]);
        // The second lies 0.25 m from the chord between its neighbours.
        assert_eq!(counts(&square, 0.2), [5]);
        assert_eq!(counts(&square, 0.3), [4]);
        assert_eq!(counts(&square, 1.0), [4]);
        assert_eq!(counts(&square, 1e6), [3]);
    }

    #[test]
    fn a_hole_stays_on_its_side() {
        // The shell has a bump of 8 m above its roof, and a hole within the bump.
        let bump =
            [[0., 0.], [100., 0.], [100., 50.], [60., 50.], [50., 58.], [40., 50.], [0., 50.], [0., 0.]];
        let hole = [[48., 52.], [52., 52.], [50., 54.], [48., 52.]];
        let alone = polygon(&[&bump]);
        assert_eq!(counts(&alone, 9.0), [4], "without the hole the bump goes");
        assert_eq!(counts(&polygon(&[&bump, &hole]), 9.0), [7, 3], "with it nothing goes");
    }

    #[test]
    fn points_and_altitudes_stay() {
        let mut builder = GeometryBuilder::default();
        builder.line(&metres(&[[0., 0.], [5., 0.], [9., 0.]]), &[1.0, 2.0, f64::NAN]).expect("a line");
        builder.end_member(GeometryKind::LineString);
        builder.point([3.0, 4.0], Some(7.5)).expect("a point");
        builder.end_member(GeometryKind::Point);
        builder.finish(true).expect("a geometry");
        let both = builder.build();
        let thin = simplified(both.get(0).expect("a geometry"), 100.0);
        let parts: Vec<_> = thin.get(0).expect("a geometry").parts().collect();
        let line = parts[0].runs().next().expect("a line");
        assert_eq!((line.len(), line.altitude_at(0), line.altitude_at(1)), (2, Some(1.0), None));
        let point = parts[1].runs().next().expect("a point");
        assert_eq!((point.at(0), point.altitude_at(0)), ([3.0, 4.0], Some(7.5)));
    }
}
