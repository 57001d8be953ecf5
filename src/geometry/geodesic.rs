//! Lines as the shortest ways on the ellipsoid between their positions.
//!
//! In: positions in degrees. Out: the same way with positions set along it, cut where it crosses the antimeridian (RFC 7946,
//! 3.1.9). Leaves out: features.

use geo::{Geodesic, InterpolatePoint as _};
use geo_types::Point;

use super::nearest::metres_between;

/// Positions along the geodesics between positions, no farther apart than `step_m`; several runs where it crosses the
/// antimeridian. Between two of them a line that is straight in degrees is off by step² / 8 R · tan(latitude): a metre for
/// steps of 10 km at 35 degrees.
#[must_use]
pub fn along_geodesic(positions: &[[f64; 2]], step_m: f64) -> Vec<Vec<[f64; 2]>> {
    let mut runs: Vec<Vec<[f64; 2]>> = vec![positions.first().copied().into_iter().collect()];
    for pair in positions.windows(2) {
        let [a, b] = [pair[0], pair[1]];
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "half the earth in metres at most"
        )]
        let pieces = (metres_between(a, b) / step_m).ceil().max(1.0) as u32;
        let mut before = (0.0, a);
        for piece in 1..=pieces {
            let share = f64::from(piece) / f64::from(pieces);
            let next = (share, if piece == pieces { b } else { on_geodesic(a, b, share) });
            if (next.1[0] - before.1[0]).abs() > 180.0 {
                let latitude = crossing(a, b, before, next);
                let [end, start] = if before.1[0] > 0.0 { [180.0, -180.0] } else { [-180.0, 180.0] };
                push(&mut runs, [end, latitude]);
                runs.push(vec![[start, latitude]]);
            }
            push(&mut runs, next.1);
            before = next;
        }
    }
    runs.retain(|run| run.len() > 1);
    runs
}

/// Adds a position to the last run, once.
fn push(runs: &mut [Vec<[f64; 2]>], position: [f64; 2]) {
    if let Some(run) = runs.last_mut().filter(|run| run.last() != Some(&position)) {
        run.push(position);
    }
}

fn on_geodesic(a: [f64; 2], b: [f64; 2], share: f64) -> [f64; 2] {
    Geodesic.point_at_ratio_between(Point::from(a), Point::from(b), share).into()
}

/// The latitude where a geodesic crosses the antimeridian between two of its positions, by halving.
fn crossing(a: [f64; 2], b: [f64; 2], before: (f64, [f64; 2]), next: (f64, [f64; 2])) -> f64 {
    let side = before.1[0] > 0.0;
    let (mut low, mut high) = (before, next);
    for _ in 0..60 {
        let share = f64::midpoint(low.0, high.0);
        let middle = (share, on_geodesic(a, b, share));
        if (middle.1[0] > 0.0) == side { low = middle } else { high = middle }
    }
    f64::midpoint(low.1[1], high.1[1])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_over_the_antimeridian_is_cut_there() {
        let runs = along_geodesic(&[[170.0, 10.0], [-170.0, 10.0]], 100_000.0);
        assert_eq!(runs.len(), 2);
        let (west, east) = (&runs[0], &runs[1]);
        assert_eq!((west[0], *east.last().expect("a position")), ([170.0, 10.0], [-170.0, 10.0]));
        let (end, start) = (*west.last().expect("a position"), east[0]);
        assert_eq!(([end[0], start[0]], end[1]), ([180.0, -180.0], start[1]));
        // The middle of a geodesic between two positions of a latitude lies poleward of it: tan φ = tan 10° / cos 10° on a sphere.
        let sphere = (10.0_f64.to_radians().tan() / 10.0_f64.to_radians().cos()).atan().to_degrees();
        assert!((end[1] - sphere).abs() < 0.01, "{}", end[1]);
        assert!(runs.concat().iter().all(|[x, _]| x.abs() <= 180.0));
        let metres: f64 =
            runs.iter().flat_map(|run| run.windows(2)).map(|pair| metres_between(pair[0], pair[1])).sum();
        assert!((metres - metres_between([170.0, 10.0], [-170.0, 10.0])).abs() < 1e-3);
        assert!(
            runs.iter()
                .flat_map(|run| run.windows(2))
                .all(|pair| metres_between(pair[0], pair[1]) <= 100_001.0)
        );
    }

    #[test]
    fn a_position_alone_is_no_line() {
        assert!(along_geodesic(&[[1.0, 1.0], [1.0, 1.0]], 1000.0).is_empty());
        assert!(along_geodesic(&[], 1000.0).is_empty());
        assert_eq!(along_geodesic(&[[1.0, 1.0], [1.001, 1.0]], 1000.0), [vec![[1.0, 1.0], [1.001, 1.0]]]);
    }
}
