//! `Strip`: transverse Mercator along a meridian. `Zone`: the strips of three degrees that China's coordinates are in.
//!
//! In: the number of a zone, or the parameters of a strip. Out: its definition, and where it is meant for. Leaves out: which
//! strip numbers are in.

use super::bounds::Bounds;

/// Transverse Mercator along a meridian: a zone of Gauss-Kruger or of UTM.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Strip {
    /// Longitude of the middle, degrees.
    pub meridian: f64,
    /// Scale on the middle: 1 of Gauss-Kruger, 0.9996 of UTM.
    pub scale: f64,
    /// Easting of the middle, metres; it begins with the number of the zone where one is written.
    pub false_easting: f64,
    /// Northing of the equator, metres.
    pub false_northing: f64,
}

/// Scale of UTM on its middle.
pub(super) const UTM_SCALE: f64 = 0.9996;
/// Easting of the middle of a strip without the number of its zone, metres.
pub(super) const MIDDLE: f64 = 500_000.0;
/// The series of the projection stay below a millimetre this far from the meridian, degrees; far more than a zone.
const WIDEST: f64 = 30.0;

impl Strip {
    /// Gauss-Kruger along a meridian; eastings begin with `zone` where it is not 0.
    #[must_use]
    pub fn gauss_kruger(meridian: f64, zone: u32) -> Self {
        let false_easting = f64::from(zone) * 1e6 + MIDDLE;
        Self { meridian, scale: 1.0, false_easting, false_northing: 0.0 }
    }

    /// The strip whose eastings begin with the number of a zone: 13 to 23 are 6 degrees wide, 25 to 45 three.
    #[must_use]
    pub fn of_zone(zone: u32) -> Option<Self> {
        match zone {
            13..=23 => Some(Self::gauss_kruger(f64::from(6 * zone) - 3.0, zone)),
            25..=45 => Some(Self::gauss_kruger(f64::from(3 * zone), zone)),
            _ => None,
        }
    }

    /// A zone of UTM.
    #[must_use]
    pub fn utm(zone: u32, is_south: bool) -> Self {
        let false_northing = if is_south { 10_000_000.0 } else { 0.0 };
        Self {
            meridian: f64::from(6 * zone) - 183.0,
            scale: UTM_SCALE,
            false_easting: MIDDLE,
            false_northing,
        }
    }

    /// Its definition in PROJ's notation.
    pub(super) fn definition(self) -> String {
        let Self { meridian, scale, false_easting, false_northing } = self;
        format!(
            "+proj=etmerc +lat_0=0 +lon_0={meridian} +k={scale} +x_0={false_easting} +y_0={false_northing} +ellps=GRS80 \
             +units=m +no_defs"
        )
    }

    /// Where positions have exact coordinates in it: west, south, east, north in degrees.
    pub(super) fn domain(self) -> [f64; 4] {
        [self.meridian - WIDEST, -85.0, self.meridian + WIDEST, 85.0]
    }
}

/// Where CGCS2000 is used, onshore and offshore, by the EPSG register (area 1067 with its waters).
pub(super) const CHINA: Bounds = Bounds { west: 73.62, south: 16.7, east: 134.77, north: 53.56 };

/// A zone of CGCS2000 / 3-degree Gauss-Kruger, numbered 25 to 45 by a third of its meridian. The register has each twice: with
/// the number before the easting, and without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zone {
    number: u8,
    is_numbered: bool,
}

impl Zone {
    /// Half the width of a zone, degrees.
    const HALF: f64 = 1.5;
    /// Degrees beyond its border that a zone is still used for, so that what lies on a border is not torn.
    const OVERLAP: f64 = 0.5;

    /// The zone of a number.
    #[must_use]
    pub const fn new(number: u8, is_numbered: bool) -> Option<Self> {
        if number >= 25 && number <= 45 { Some(Self { number, is_numbered }) } else { None }
    }

    /// All zones of one form, from the west.
    pub fn all(is_numbered: bool) -> impl Iterator<Item = Self> {
        (25..=45).map(move |number| Self { number, is_numbered })
    }

    /// Its number.
    #[must_use]
    pub fn number(self) -> u8 {
        self.number
    }

    /// Do its eastings begin with its number?
    #[must_use]
    pub fn is_numbered(self) -> bool {
        self.is_numbered
    }

    /// Its code in the EPSG register.
    #[must_use]
    pub fn code(self) -> u32 {
        (if self.is_numbered { 4513 } else { 4534 }) + u32::from(self.number - 25)
    }

    /// Its name in the EPSG register, behind that of CGCS2000.
    #[must_use]
    pub fn name(self) -> String {
        let Self { number, is_numbered } = self;
        if is_numbered {
            format!("3-degree Gauss-Kruger zone {number}")
        } else {
            format!("3-degree Gauss-Kruger CM {}E", number * 3)
        }
    }

    /// Its projection.
    #[must_use]
    pub fn strip(self) -> Strip {
        let number = u32::from(self.number);
        Strip::gauss_kruger(f64::from(3 * number), if self.is_numbered { number } else { 0 })
    }

    /// Does something of a window lie in it?
    #[must_use]
    pub fn touches(self, bounds: Bounds) -> bool {
        self.used(0.0).overlaps(bounds)
    }

    /// Where it is used, with some degrees beyond its borders.
    #[must_use]
    pub fn area_of_use(self) -> Bounds {
        self.used(Self::OVERLAP)
    }

    fn used(self, beyond: f64) -> Bounds {
        let (meridian, half) = (f64::from(self.number) * 3.0, Self::HALF + beyond);
        Bounds { west: meridian - half, east: meridian + half, ..CHINA }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_are_those_of_the_register() {
        let told = |zone: Zone| (zone.code(), zone.name(), zone.strip().meridian, zone.strip().false_easting);
        let zone = |number, is_numbered| Zone::new(number, is_numbered).map(told);
        // By projinfo.
        let want = |code, name: &str, meridian, easting| Some((code, name.to_owned(), meridian, easting));
        assert_eq!(zone(25, true), want(4513, "3-degree Gauss-Kruger zone 25", 75.0, 25_500_000.0));
        assert_eq!(zone(45, true), want(4533, "3-degree Gauss-Kruger zone 45", 135.0, 45_500_000.0));
        assert_eq!(zone(25, false), want(4534, "3-degree Gauss-Kruger CM 75E", 75.0, 500_000.0));
        assert_eq!(zone(40, false), want(4549, "3-degree Gauss-Kruger CM 120E", 120.0, 500_000.0));
        assert_eq!((zone(24, true), zone(46, false)), (None, None));
    }
}
