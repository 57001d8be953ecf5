//! `Datum`: the shifted degrees of Chinese web maps, as positions of the earth.
//!
//! In: longitude and latitude in one of them. Out: longitude and latitude in CRS84. Leaves out: which a request meant.
//!
//! GCJ-02 shifts positions in China by up to some 700 m, BD-09 shifts those of GCJ-02 once more. The formulas are those
//! in general use; no authority published them, so a position that comes back is taken to be good to a metre or so.

use std::f64::consts::PI;

/// Degrees that are shifted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Datum {
    /// 火星坐标, of most Chinese maps.
    Gcj02,
    /// Of Baidu's maps.
    Bd09,
}

/// Semi-major axis and square of the eccentricity of Krasovsky's ellipsoid, which the shift is computed on.
const SEMI_MAJOR: f64 = 6_378_245.0;
const ECCENTRICITY_2: f64 = 0.006_693_421_622_965_943;

impl Datum {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Gcj02, Self::Bd09];

    /// Its name in requests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Gcj02 => "gcj02",
            Self::Bd09 => "bd09",
        }
    }

    /// The datum of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|datum| datum.name() == name)
    }

    /// What people call it.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Gcj02 => "GCJ-02",
            Self::Bd09 => "BD-09",
        }
    }

    /// A position of CRS84 in these degrees, longitude first.
    #[must_use]
    pub fn forward(self, position: [f64; 2]) -> [f64; 2] {
        match self {
            Self::Gcj02 => shifted(position),
            Self::Bd09 => shifted_again(shifted(position)),
        }
    }

    /// A position in these degrees in CRS84, longitude first: what [`forward`](Self::forward) leads back from, to a
    /// billionth of a degree.
    #[must_use]
    pub fn inverse(self, position: [f64; 2]) -> [f64; 2] {
        // The shift changes by a thousandth from one end of it to the other, so each round gains three digits.
        let mut guess = position;
        for _ in 0..12 {
            let there = self.forward(guess);
            let miss = [position[0] - there[0], position[1] - there[1]];
            guess = [guess[0] + miss[0], guess[1] + miss[1]];
            if miss[0].abs().max(miss[1].abs()) < 1e-11 {
                break;
            }
        }
        guess
    }
}

/// Outside of this box around China nothing is shifted.
fn is_shifted([x, y]: [f64; 2]) -> bool {
    (72.004..=137.8347).contains(&x) && (0.8293..=55.8271).contains(&y)
}

/// CRS84 to GCJ-02.
fn shifted(position: [f64; 2]) -> [f64; 2] {
    if !is_shifted(position) {
        return position;
    }
    let [x, y] = [position[0] - 105.0, position[1] - 35.0];
    let wave = |angle: f64| (angle * PI).sin();
    let ripple = 20.0 * wave(6.0 * x) + 20.0 * wave(2.0 * x);
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + (ripple + 20.0 * wave(y) + 40.0 * wave(y / 3.0) + 160.0 * wave(y / 12.0) + 320.0 * wave(y / 30.0))
            * 2.0
            / 3.0;
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + (ripple + 20.0 * wave(x) + 40.0 * wave(x / 3.0) + 150.0 * wave(x / 12.0) + 300.0 * wave(x / 30.0))
            * 2.0
            / 3.0;
    let (sine, cosine) = position[1].to_radians().sin_cos();
    let root_2 = 1.0 - ECCENTRICITY_2 * sine * sine;
    let (prime, meridian) =
        (SEMI_MAJOR / root_2.sqrt(), SEMI_MAJOR * (1.0 - ECCENTRICITY_2) / (root_2 * root_2.sqrt()));
    [position[0] + (east / (prime * cosine)).to_degrees(), position[1] + (north / meridian).to_degrees()]
}

/// GCJ-02 to BD-09.
fn shifted_again(position: [f64; 2]) -> [f64; 2] {
    const WAVE: f64 = PI * 3000.0 / 180.0;
    if !is_shifted(position) {
        return position;
    }
    let [x, y] = position;
    let length = x.hypot(y) + 0.000_02 * (y * WAVE).sin();
    let angle = y.atan2(x) + 0.000_003 * (x * WAVE).cos();
    [length * angle.cos() + 0.0065, length * angle.sin() + 0.006]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_are_shifted_as_others_shift_them() {
        // The published examples of the coordtransform libraries.
        let near =
            |got: [f64; 2], want: [f64; 2]| got.iter().zip(want).all(|(got, want)| (got - want).abs() < 1e-9);
        assert!(near(
            Datum::Gcj02.forward([116.404, 39.915]),
            [116.410_244_499_169_38, 39.916_404_281_501_64]
        ));
        assert!(near(shifted_again([116.404, 39.915]), [116.410_369_493_710_29, 39.921_336_993_510_21]));
    }

    #[test]
    fn there_and_back_is_the_same_place() {
        for position in
            [[114.17, 30.47], [113.75, 30.2], [116.404, 39.915], [87.6, 43.8], [2.35, 48.85], [180.0, -90.0]]
        {
            for datum in Datum::ALL {
                let back = datum.inverse(datum.forward(position));
                assert!(
                    (back[0] - position[0]).abs() < 1e-9 && (back[1] - position[1]).abs() < 1e-9,
                    "{datum:?} {back:?}"
                );
            }
        }
        assert_eq!(Datum::Bd09.forward([2.35, 48.85]), [2.35, 48.85], "nothing is shifted outside China");
    }
}
