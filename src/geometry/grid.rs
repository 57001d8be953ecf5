//! The grid of 1e-7 degree: positions as two whole numbers.
//!
//! Most positions that programs write lie on it, as survey exports do. Dividing by 1e7 gives the written number back to the last bit.

/// Steps of the grid in one degree.
pub(super) const STEPS: f64 = 1e7;

/// A place on the grid: steps of 1e-7 degree, longitude then latitude.
pub type Steps = [i32; 2];

/// The greatest longitude and latitude.
pub(super) const EDGE: [u32; 2] = [1_800_000_000, 900_000_000];

/// Degrees on the grid of 1e-7 degree, a centimetre: finer figures would say nothing.
#[must_use]
pub fn to_grid(degrees: f64) -> f64 {
    (degrees * STEPS).round() / STEPS
}

/// The position in degrees. Division, not multiplication by 1e-7: the quotient is the double nearest to the decimal as written.
pub(crate) fn degrees([x, y]: Steps) -> [f64; 2] {
    [f64::from(x) / STEPS, f64::from(y) / STEPS]
}

/// The place on the grid of a position that lies on it; another one where it does not.
fn nearest(position: [f64; 2]) -> Steps {
    // What lies on the grid is nearly whole here, so that this finds it as rounding would, and takes a part of the time.
    // -0.0 loses its sign, which means nothing here.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "214 degrees are 2^31 steps, and what lies beyond is not on the grid"
    )]
    position.map(|degree| (degree * STEPS + 0.5_f64.copysign(degree)) as i32)
}

/// Appends positions when all of them lie on the grid; else none, and the answer is false.
pub(crate) fn extend_on_grid(
    all: &mut Vec<Steps>,
    positions: impl Iterator<Item = [f64; 2]> + Clone,
) -> bool {
    // All at once, and looked at afterwards: mostly all of them do.
    let before = all.len();
    all.extend(positions.clone().map(nearest));
    let is_off = |(steps, position): (&Steps, [f64; 2])| degrees(*steps) != position;
    let any_is_off = all[before..].iter().zip(positions).fold(false, |any, pair| any | is_off(pair));
    if any_is_off {
        all.truncate(before);
    }
    !any_is_off
}
