//! `Bounds`: a window in degrees that may cross the antimeridian.

use geo_types::{MultiPolygon, Rect};
use thiserror::Error;

use super::antimeridian::turned;
use super::shape::Shape;

/// Closed window in CRS84 degrees.
///
/// `south <= north` always. `west > east` means that the window crosses the antimeridian.
/// Longitudes are within -180..=180, latitudes within -90..=90.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Western edge, degrees.
    pub west: f64,
    /// Southern edge, degrees.
    pub south: f64,
    /// Eastern edge, degrees.
    pub east: f64,
    /// Northern edge, degrees.
    pub north: f64,
}

/// Why four numbers are no window.
#[derive(Debug, Clone, Copy, PartialEq, Error)]
pub enum BoundsError {
    /// An edge is not a number or infinite.
    #[error("an edge is not a finite number")]
    NotFinite,
    /// A longitude outside -180..=180.
    #[error("longitude {0} is outside -180 to 180 (the order is west, south, east, north)")]
    Longitude(f64),
    /// A latitude outside -90..=90.
    #[error("latitude {0} is outside -90 to 90 (the order is west, south, east, north)")]
    Latitude(f64),
    /// South above north.
    #[error("the southern edge {south} is above the northern edge {north}")]
    UpsideDown {
        /// Southern edge as given.
        south: f64,
        /// Northern edge as given.
        north: f64,
    },
}

impl Bounds {
    /// The whole world.
    pub const WORLD: Bounds = Bounds { west: -180.0, south: -90.0, east: 180.0, north: 90.0 };

    /// Checks the edges; a window with `west > east` crosses the antimeridian.
    ///
    /// # Errors
    /// An edge that is not finite or out of range, or south above north.
    pub fn new(west: f64, south: f64, east: f64, north: f64) -> Result<Self, BoundsError> {
        if ![west, south, east, north].iter().all(|edge| edge.is_finite()) {
            return Err(BoundsError::NotFinite);
        }
        for longitude in [west, east] {
            if longitude.abs() > 180.0 {
                return Err(BoundsError::Longitude(longitude));
            }
        }
        for latitude in [south, north] {
            if latitude.abs() > 90.0 {
                return Err(BoundsError::Latitude(latitude));
            }
        }
        if south > north {
            return Err(BoundsError::UpsideDown { south, north });
        }
        Ok(Self { west, south, east, north })
    }

    /// The window of a single position, the start of a union.
    pub(crate) fn of_position([longitude, latitude]: [f64; 2]) -> Self {
        Self { west: longitude, south: latitude, east: longitude, north: latitude }
    }

    /// Grows a window that does not cross the antimeridian to hold a position.
    pub(crate) fn extend(&mut self, [longitude, latitude]: [f64; 2]) {
        self.west = self.west.min(longitude);
        self.east = self.east.max(longitude);
        self.south = self.south.min(latitude);
        self.north = self.north.max(latitude);
    }

    /// The smallest window around windows. It crosses the antimeridian where it is no wider than half the globe so, and wider
    /// otherwise.
    #[must_use]
    pub fn around(windows: impl IntoIterator<Item = Self>) -> Option<Self> {
        let mut around = Around::default();
        windows.into_iter().for_each(|window| around.add(window));
        around.window()
    }

    /// Its width in degrees.
    #[must_use]
    pub fn width(self) -> f64 {
        if self.crosses_antimeridian() { self.east + 360.0 - self.west } else { self.east - self.west }
    }

    /// Its middle, longitude first.
    #[must_use]
    pub fn middle(self) -> [f64; 2] {
        [turned(self.west + self.width() / 2.0), f64::midpoint(self.south, self.north)]
    }

    /// Widened by degrees on either side, and above and below; all around the earth where both sides meet.
    #[must_use]
    pub fn widened(self, aside: f64, along: f64) -> Self {
        let (south, north) = ((self.south - along).max(-90.0), (self.north + along).min(90.0));
        if self.width() + 2.0 * aside >= 360.0 {
            return Self { south, north, ..Self::WORLD };
        }
        Self { west: turned(self.west - aside), south, east: turned(self.east + aside), north }
    }

    /// The smallest window around it that does not cross the antimeridian.
    #[must_use]
    pub fn uncrossed(self) -> Self {
        if self.crosses_antimeridian() { Self { west: -180.0, east: 180.0, ..self } } else { self }
    }

    /// The smallest window, not crossing the antimeridian, that holds both of two such windows.
    pub(crate) fn union(self, other: Self) -> Self {
        Self {
            west: self.west.min(other.west),
            south: self.south.min(other.south),
            east: self.east.max(other.east),
            north: self.north.max(other.north),
        }
    }

    /// Do two windows share a position?
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.parts().any(|a| {
            other
                .parts()
                .any(|b| a.west <= b.east && b.west <= a.east && a.south <= b.north && b.south <= a.north)
        })
    }

    /// Does all of another window lie in it?
    #[must_use]
    pub fn holds(self, other: Self) -> bool {
        other.parts().all(|b| {
            self.parts()
                .any(|a| a.west <= b.west && b.east <= a.east && a.south <= b.south && b.north <= a.north)
        })
    }

    /// West, south, east, north: the order of a bbox (RFC 7946, 5).
    #[must_use]
    pub fn bbox(self) -> [f64; 4] {
        [self.west, self.south, self.east, self.north]
    }

    /// The window as rectangles.
    #[must_use]
    pub fn to_shape(self) -> Shape {
        let rectangle =
            |part: Bounds| Rect::new((part.west, part.south), (part.east, part.north)).to_polygon();
        Shape::MultiPolygon(MultiPolygon(self.parts().map(rectangle).collect()))
    }

    /// Does the window cross the antimeridian?
    #[must_use]
    pub fn crosses_antimeridian(self) -> bool {
        self.west > self.east
    }

    /// The window as one window, or as two that meet at the antimeridian; none crosses it.
    pub fn parts(self) -> impl Iterator<Item = Bounds> {
        let split = self.crosses_antimeridian();
        let first = if split { Bounds { east: 180.0, ..self } } else { self };
        let second = split.then_some(Bounds { west: -180.0, ..self });
        std::iter::once(first).chain(second)
    }
}

/// The smallest window around windows that come one after the other, as [`Bounds::around`] has it.
#[derive(Debug, Clone, Copy, Default)]
pub struct Around {
    /// What lies west and what lies east of Greenwich: half a globe on which nothing lies is between them.
    halves: [Option<Bounds>; 2],
}

impl Around {
    /// Takes one more window.
    pub fn add(&mut self, window: Bounds) {
        for part in window.parts() {
            let halves = if part.west >= 0.0 {
                [None, Some(part)]
            } else if part.east <= 0.0 {
                [Some(part), None]
            } else {
                [Some(Bounds { east: 0.0, ..part }), Some(Bounds { west: 0.0, ..part })]
            };
            for (half, more) in self.halves.iter_mut().zip(halves) {
                *half = half.iter().copied().chain(more).reduce(Bounds::union);
            }
        }
    }

    /// The window around all; `None` when there was none.
    #[must_use]
    pub fn window(self) -> Option<Bounds> {
        const HALF: f64 = 180.0;
        let plain = self.halves.into_iter().flatten().reduce(Bounds::union)?;
        Some(match self.halves {
            [Some(west), Some(east)] if plain.east - plain.west > HALF && east.west - west.east >= HALF => {
                Bounds { west: east.west, east: west.east, ..plain }
            }
            _ => plain,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_are_checked() {
        assert!(Bounds::new(113.7, 30.1, 114.4, 30.6).is_ok());
        assert_eq!(Bounds::new(0.0, 1.0, 1.0, 0.0), Err(BoundsError::UpsideDown { south: 1.0, north: 0.0 }));
        assert_eq!(Bounds::new(0.0, 0.0, 181.0, 0.0), Err(BoundsError::Longitude(181.0)));
        assert_eq!(Bounds::new(30.0, 114.0, 31.0, 115.0), Err(BoundsError::Latitude(114.0)));
        assert_eq!(Bounds::new(f64::NAN, 0.0, 1.0, 1.0), Err(BoundsError::NotFinite));
    }

    #[test]
    fn what_lies_on_both_sides_of_the_antimeridian_has_a_window_across_it() {
        let window = |west, east| Bounds::new(west, -17.0, east, -16.0).expect("edges in range");
        let around = |all: &[Bounds]| Bounds::around(all.iter().copied());
        let fiji = window(179.9, -179.9);
        assert_eq!(around(&[window(179.9, 180.0), window(-180.0, -179.9)]), Some(fiji));
        assert_eq!(around(&[fiji, window(178.0, 178.5)]), Some(window(178.0, -179.9)));
        // Half the globe lies empty at least, or the window stays plain: Europe and America, and a line around the world.
        assert_eq!(around(&[window(-120.0, -60.0), window(0.0, 70.0)]), Some(window(-120.0, 70.0)));
        assert_eq!(around(&[window(-180.0, -60.0), window(10.0, 180.0)]), Some(window(-180.0, 180.0)));
        assert_eq!(around(&[window(-180.0, 180.0), fiji]), Some(window(-180.0, 180.0)));
        assert_eq!(around(&[window(113.0, 115.0)]), Some(window(113.0, 115.0)));
        assert_eq!(around(&[]), None);
        let near = |a: f64, b: f64| (a - b).abs() < 1e-9;
        assert!(near(fiji.width(), 0.2) && near(fiji.middle()[0].abs(), 180.0));
        assert!(near(window(179.0, -177.0).middle()[0], -179.0));
    }

    #[test]
    fn windows_one_after_the_other_are_surrounded_in_any_order() {
        let at = |longitude: f64| Bounds::of_position([longitude, 0.0]);
        // Between 100 west and 100 east 160 degrees lie empty beyond the antimeridian and less on this side, with 0 among them.
        for order in [[100.0, -100.0, 0.0], [0.0, 100.0, -100.0], [-100.0, 0.0, 100.0]] {
            let around = Bounds::around(order.map(at));
            assert_eq!(around.map(|window| [window.west, window.east]), Some([-100.0, 100.0]), "{order:?}");
        }
        let across = Bounds::around([100.0, -100.0].map(at));
        assert_eq!(across.map(|window| [window.west, window.east]), Some([100.0, -100.0]));
    }

    #[test]
    fn a_window_grows_over_the_antimeridian() {
        let window = |west, south, east, north| Bounds { west, south, east, north };
        let near = window(179.25, -17.0, 179.75, -16.0);
        assert_eq!(near.widened(0.5, 1.0), window(178.75, -18.0, -179.75, -15.0));
        assert_eq!(window(-179.75, 0.0, -179.0, 1.0).widened(0.5, 0.0), window(179.75, 0.0, -178.5, 1.0));
        let across = window(179.5, 80.0, -179.5, 89.5);
        assert_eq!(across.widened(0.25, 1.0), window(179.25, 79.0, -179.25, 90.0));
        assert_eq!(across.widened(179.5, 0.0), window(-180.0, 80.0, 180.0, 89.5));
    }

    #[test]
    fn a_window_over_the_antimeridian_has_two_parts() {
        let fiji = Bounds::new(177.0, -20.0, -178.0, -15.0).expect("edges in range");
        let parts: Vec<_> = fiji.parts().collect();
        assert_eq!(parts.len(), 2);
        assert_eq!((parts[0].west, parts[0].east), (177.0, 180.0));
        assert_eq!((parts[1].west, parts[1].east), (-180.0, -178.0));
        assert_eq!(Bounds::WORLD.parts().count(), 1);
        let within = |west, east| fiji.holds(Bounds { west, south: -19.0, east, north: -16.0 });
        assert!(within(178.0, 179.0) && within(-180.0, -178.0) && within(179.0, -179.0));
        assert!(!within(176.0, 179.0) && !within(179.0, -177.0) && !within(-179.0, 179.0));
    }
}
