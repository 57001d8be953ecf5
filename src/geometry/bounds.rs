//! `Bounds`: a window in degrees that may cross the antimeridian.

use thiserror::Error;

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

    /// West, south, east, north: the order of a bbox (RFC 7946, 5).
    #[must_use]
    pub fn bbox(self) -> [f64; 4] {
        [self.west, self.south, self.east, self.north]
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
    fn a_window_over_the_antimeridian_has_two_parts() {
        let fiji = Bounds::new(177.0, -20.0, -178.0, -15.0).expect("edges in range");
        let parts: Vec<_> = fiji.parts().collect();
        assert_eq!(parts.len(), 2);
        assert_eq!((parts[0].west, parts[0].east), (177.0, 180.0));
        assert_eq!((parts[1].west, parts[1].east), (-180.0, -178.0));
        assert_eq!(Bounds::WORLD.parts().count(), 1);
    }
}
