//! `Stretches`: a line and what lies beside it, parted by chainage.
//!
//! In: a line, a step, how far beside it. Out: the stretch in which a geometry stands, and the shares of an area that lie in
//! each. Leaves out: features.
//!
//! A stretch holds its first metre and not its last; the last holds both. A geometry stands where [`Course::standing`] says,
//! so it is in one stretch at most. Of an area every position stands by itself where the line is nearest to it.

use thiserror::Error;

use super::array::{GeometryRef, Run};
use super::bounds::Bounds;
use super::course::{Course, Standing};
use super::measure::{reach, scale};
use super::nearest::Origin;
use super::shape::Shape;

/// Rows in which an area is cut to find its shares.
const ROWS: u32 = 128;
/// Pieces of a row between whose ends it is looked for the border of stretches.
const PIECES: u32 = 8;
/// How often a piece is halved.
const HALVINGS: u8 = 20;

/// Why a line has no stretches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum StretchesError {
    /// It is no line.
    #[error("it has no line to measure along: chainage needs a LineString or MultiLineString with a length")]
    NoLine,
    /// They would be too many.
    #[error("the line would have more than {0} stretches")]
    TooMany(usize),
}

/// A line in stretches.
#[derive(Debug)]
pub struct Stretches {
    course: Course,
    origin: Origin,
    bounds: Bounds,
    step_m: f64,
    half_width_m: f64,
    count: usize,
}

impl Stretches {
    /// Of `step_m` metres each, the last as long as what is left, and `half_width_m` to each side; of about a twentieth of the
    /// line, a round number, where no step is given.
    ///
    /// # Errors
    /// The shape is no line, or there would be more than `most`.
    pub fn new(
        shape: &Shape,
        step_m: Option<f64>,
        half_width_m: f64,
        most: usize,
    ) -> Result<Self, StretchesError> {
        let line = Course::new(shape).and_then(|course| Some((course, Origin::new(shape)?)));
        let (course, origin) = line.ok_or(StretchesError::NoLine)?;
        let bounds = course.bounds().ok_or(StretchesError::NoLine)?;
        let step_m = step_m.unwrap_or_else(|| round_up(course.length_m() / 20.0));
        // A line that is a millimetre longer than so many steps has no stretch of that millimetre.
        let count = ((course.length_m() - 1e-3) / step_m).ceil().max(1.0);
        #[expect(clippy::cast_precision_loss, reason = "some thousand")]
        if count > most as f64 {
            return Err(StretchesError::TooMany(most));
        }
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to the most")]
        Ok(Self { course, origin, bounds, step_m, half_width_m, count: count as usize })
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.count
    }

    /// How far beside the line they reach, metres.
    #[must_use]
    pub fn half_width_m(&self) -> f64 {
        self.half_width_m
    }

    /// Where one begins and where it ends, metres from the start of the line.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "some thousand")]
    pub fn limits(&self, at: usize) -> [f64; 2] {
        let from = at as f64 * self.step_m;
        let to = if at + 1 < self.count { from + self.step_m } else { self.course.length_m() };
        [from, to]
    }

    /// A window that holds all that lies beside the line.
    #[must_use]
    pub fn window(&self) -> Bounds {
        reach(self.bounds, self.half_width_m)
    }

    fn at(&self, chainage_m: f64) -> usize {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "cut to their number")]
        let at = (chainage_m / self.step_m).floor().max(0.0) as usize;
        at.min(self.count - 1)
    }

    /// The stretch in which a geometry stands; `None` where it is farther from the line than they reach.
    #[must_use]
    pub fn of(&self, geometry: GeometryRef<'_>) -> Option<usize> {
        let Standing { nearest, chainage_m, .. } = self.course.standing(&self.origin, geometry)?;
        (nearest.metres <= self.half_width_m).then(|| self.at(chainage_m))
    }

    /// The shares of an area in the stretches, in their order; what is left of 1 lies beside them. Found row by row: a straight
    /// border of two stretches is met to about a thousandth of the area. None for points and lines.
    #[must_use]
    pub fn shares(&self, geometry: GeometryRef<'_>) -> Vec<(usize, f64)> {
        let areal = geometry.parts().filter(|part| part.kind().is_areal());
        let rings: Vec<_> = areal.flat_map(|part| part.runs().collect::<Vec<_>>()).collect();
        let (Some(bounds), false) = (geometry.bounds(), rings.is_empty()) else { return Vec::new() };
        let around = |run: &Run<'_>| {
            let corners: Vec<_> = (0..=run.len()).map(|at| run.at(at % run.len())).collect();
            corners.windows(2).map(|edge| [edge[0], edge[1]]).collect::<Vec<_>>()
        };
        let edges: Vec<[[f64; 2]; 2]> = rings.iter().flat_map(around).collect();
        let mut found = Found::over(self);
        let height = (bounds.north - bounds.south) / f64::from(ROWS);
        for row in 0..ROWS {
            let latitude = bounds.south + height * (f64::from(row) + 0.5);
            let mut crossings: Vec<_> = edges.iter().filter_map(|edge| crossing(edge, latitude)).collect();
            crossings.sort_by(f64::total_cmp);
            // A degree of longitude grows shorter towards the poles.
            (found.latitude, found.scale) = (latitude, scale(latitude).x);
            for pair in crossings.chunks_exact(2) {
                found.row(pair[0], pair[1]);
            }
        }
        let all = found.all;
        let held = found.held.into_iter().enumerate().filter(|(_, held)| *held > 0.0);
        held.map(|(at, held)| (at, held / all)).collect()
    }
}

/// Where an edge crosses a parallel.
fn crossing([a, b]: &[[f64; 2]; 2], latitude: f64) -> Option<f64> {
    ((a[1] <= latitude) != (b[1] <= latitude))
        .then(|| a[0] + (b[0] - a[0]) * (latitude - a[1]) / (b[1] - a[1]))
}

/// The lengths of rows of an area, by stretch.
struct Found<'a> {
    stretches: &'a Stretches,
    held: Vec<f64>,
    all: f64,
    scale: f64,
    latitude: f64,
}

impl<'a> Found<'a> {
    fn over(stretches: &'a Stretches) -> Self {
        Self { stretches, held: vec![0.0; stretches.count], all: 0.0, scale: 1.0, latitude: 0.0 }
    }

    fn of(&self, x: f64) -> Option<usize> {
        let [chainage_m, gap] = self.stretches.course.about([x, self.latitude]);
        (gap <= self.stretches.half_width_m).then(|| self.stretches.at(chainage_m))
    }

    fn row(&mut self, from: f64, to: f64) {
        self.all += (to - from) * self.scale;
        let piece = (to - from) / f64::from(PIECES);
        let mut before = (from, self.of(from));
        for at in 1..=PIECES {
            let x = from + piece * f64::from(at);
            let here = (x, self.of(x));
            self.piece(before, here, HALVINGS);
            before = here;
        }
    }

    fn piece(&mut self, a: (f64, Option<usize>), b: (f64, Option<usize>), halvings: u8) {
        if a.1 == b.1 || halvings == 0 {
            if let Some(at) = a.1 {
                self.held[at] += (b.0 - a.0) * self.scale;
            }
            return;
        }
        let x = f64::midpoint(a.0, b.0);
        let middle = (x, self.of(x));
        self.piece(a, middle, halvings - 1);
        self.piece(middle, b, halvings - 1);
    }
}

/// The least of 1, 2 and 5 times a power of ten that is no less than a number above 0.
#[must_use]
pub fn round_up(least: f64) -> f64 {
    let power = 10.0_f64.powf(least.log10().floor());
    [1.0, 2.0, 5.0, 10.0].map(|times| times * power).into_iter().find(|step| *step >= least).unwrap_or(least)
}

#[cfg(test)]
mod tests {
    use super::super::array::{GeometryArray, GeometryBuilder, GeometryKind};
    use super::*;

    /// Along the equator a degree of longitude is 111,319.490793 m (the semi-major axis times pi / 180).
    const DEGREE: f64 = 111_319.490_793_273_57;

    fn equator(step_m: Option<f64>, half_width_m: f64) -> Result<Stretches, StretchesError> {
        let line = Shape::LineString(vec![[0.0, 0.0], [0.01, 0.0], [0.03, 0.0]].into());
        Stretches::new(&line, step_m, half_width_m, 1000)
    }

    fn one(kind: GeometryKind, build: impl Fn(&mut GeometryBuilder)) -> GeometryArray {
        let mut builder = GeometryBuilder::default();
        build(&mut builder);
        builder.end_member(kind);
        builder.finish(false).expect("a geometry");
        builder.build()
    }

    fn point(x: f64, y: f64) -> GeometryArray {
        one(GeometryKind::Point, |builder| builder.point([x, y], None).expect("a point"))
    }

    fn rectangle(west: f64, south: f64, east: f64, north: f64) -> GeometryArray {
        let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
        one(GeometryKind::Polygon, |builder| {
            builder.ring(&mut ring.clone(), &mut [], true).expect("a ring");
        })
    }

    /// Steps of a hundredth of a degree: three stretches. Each holds its first metre, the last its end and what is beyond.
    #[test]
    fn a_point_stands_in_one_stretch() {
        let stretches = equator(Some(0.01 * DEGREE), 600.0).expect("stretches");
        assert_eq!(stretches.count(), 3);
        let ends = stretches.limits(2);
        assert!((ends[0] - 0.02 * DEGREE).abs() < 1e-6 && (ends[1] - 0.03 * DEGREE).abs() < 1e-4, "{ends:?}");
        // A thousandth of a degree of latitude is about 110.6 m at the equator, so 0.005 is 553 m and 0.006 is 663 m.
        for (x, y, want) in [
            (-0.001, 0.0, Some(0)),
            (0.0, 0.005, Some(0)),
            (0.0101, -0.005, Some(1)),
            (0.0299, 0.0, Some(2)),
            (0.03, 0.001, Some(2)),
            (0.033, 0.0, Some(2)),
            (0.015, 0.006, None),
            (0.036, 0.0, None),
        ] {
            let geometry = point(x, y);
            assert_eq!(stretches.of(geometry.get(0).expect("one")), want, "{x} {y}");
        }
    }

    /// A rectangle from 0.005 to 0.025 degrees: a quarter, a half and a quarter in the stretches, as far as it is not too far
    /// from the line: 600 m are 0.0054262 degrees of latitude (110,574.3 m a degree), so of 0.01 degrees 45.74 % are too far.
    #[test]
    fn an_area_is_shared_out() {
        let stretches = equator(Some(0.01 * DEGREE), 600.0).expect("stretches");
        let geometry = rectangle(0.005, 0.0, 0.025, 0.004);
        let shares = stretches.shares(geometry.get(0).expect("one"));
        assert_eq!(shares.iter().map(|share| share.0).collect::<Vec<_>>(), [0, 1, 2]);
        for ((_, share), want) in shares.iter().zip([0.25, 0.5, 0.25]) {
            assert!((share - want).abs() < 1e-5, "{shares:?}");
        }
        let high = rectangle(0.005, 0.0, 0.025, 0.01);
        let held: f64 = stretches.shares(high.get(0).expect("one")).iter().map(|share| share.1).sum();
        assert!((held - 0.542_62).abs() < 0.005, "{held}");
        assert!(stretches.shares(point(0.0, 0.0).get(0).expect("one")).is_empty());
    }

    /// 0.03 degrees are 3,339.6 m, a twentieth 167 m.
    #[test]
    fn steps_are_round() {
        for (least, want) in [(167.0, 200.0), (1000.0, 1000.0), (2001.0, 5000.0), (5.05, 10.0), (0.3, 0.5)] {
            assert!((round_up(least) - want).abs() < 1e-9, "{least} {}", round_up(least));
        }
        assert_eq!(equator(None, 600.0).expect("stretches").count(), 17);
        assert_eq!(equator(Some(1.0), 600.0).expect_err("too many"), StretchesError::TooMany(1000));
        let point = Shape::Point([0.0, 0.0].into());
        assert_eq!(Stretches::new(&point, None, 1.0, 9).expect_err("no line"), StretchesError::NoLine);
    }
}
