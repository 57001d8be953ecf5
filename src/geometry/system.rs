//! `System`: what coordinates of files may be in, far more than the service offers.
//!
//! In: a code of the EPSG register, or a strip. Out: positions in degrees. Leaves out: which system a
//! file is in. Coordinates have the easting or longitude first, as files have them, whatever the register says of axes.

use std::fmt;

use super::crs::{Crs, Plane, leads_back, lies_in};
use super::strip::{MIDDLE, Strip, UTM_SCALE, Zone};

/// A frame of another continent. The register turns its coordinates into those of WGS 84 as they are, and says that they
/// may lie off by a metre.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Frame {
    /// Of Europe (EPSG transformation 1149).
    Etrs89,
    /// Of Latin America (EPSG transformation 15485).
    Sirgas2000,
}

impl Frame {
    fn name(self) -> &'static str {
        match self {
            Self::Etrs89 => "ETRS89",
            Self::Sirgas2000 => "SIRGAS 2000",
        }
    }
}

/// A system of coordinates on the ellipsoid of WGS 84 or of CGCS2000, which are taken as one.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum System {
    /// One that the service offers too, and is no strip.
    Known(Crs),
    /// A strip along a meridian.
    Strip(Strip),
    /// A strip of another frame, or its degrees.
    Framed(Frame, Option<Strip>),
}

impl System {
    /// The system of an EPSG code; `None` where none of these has it.
    #[must_use]
    pub fn of_epsg(code: u32) -> Option<Self> {
        let strip = |strip| Some(Self::Strip(strip));
        let framed = |frame, strip| Some(Self::Framed(frame, strip));
        match code {
            4326 | 4979 => Some(Self::Known(Crs::Epsg4326)),
            4490 | 4480 => Some(Self::Known(Crs::Epsg4490)),
            // The codes that programs used before and beside the register.
            3857 | 3785 | 900_913 | 102_100 | 102_113 => Some(Self::Known(Crs::Epsg3857)),
            4491..=4501 => Strip::of_zone(code - 4491 + 13).map(Self::Strip),
            4502..=4512 => strip(Strip::gauss_kruger(f64::from(75 + (code - 4502) * 6), 0)),
            4513..=4554 => {
                let mut zones = Zone::all(true).chain(Zone::all(false));
                zones.find(|zone| zone.code() == code).map(|zone| Self::Strip(zone.strip()))
            }
            32_601..=32_660 => strip(Strip::utm(code - 32_600, false)),
            32_701..=32_760 => strip(Strip::utm(code - 32_700, true)),
            4258 | 4937 => framed(Frame::Etrs89, None),
            25_828..=25_838 => framed(Frame::Etrs89, Some(Strip::utm(code - 25_800, false))),
            4674 | 4989 => framed(Frame::Sirgas2000, None),
            31_965..=31_976 => framed(Frame::Sirgas2000, Some(Strip::utm(code - 31_965 + 11, false))),
            31_977..=31_985 => framed(Frame::Sirgas2000, Some(Strip::utm(code - 31_977 + 17, true))),
            _ => None,
        }
    }

    /// Its code in the EPSG register, where it has one there.
    #[must_use]
    pub fn epsg(self) -> Option<u32> {
        match self {
            Self::Known(crs) => crs.epsg(),
            // Where two codes name one strip, that of the narrow zones.
            Self::Strip(_) => (4513..=4554)
                .chain(4491..=4512)
                .chain(32_601..=32_660)
                .chain(32_701..=32_760)
                .find(|&code| Self::of_epsg(code) == Some(self)),
            Self::Framed(..) => [4258, 4674]
                .into_iter()
                .chain(25_828..=25_838)
                .chain(31_965..=31_985)
                .find(|&code| Self::of_epsg(code) == Some(self)),
        }
    }

    /// Are its coordinates degrees?
    #[must_use]
    pub fn is_geographic(self) -> bool {
        match self {
            Self::Known(crs) => crs.is_geographic(),
            Self::Strip(_) => false,
            Self::Framed(_, strip) => strip.is_none(),
        }
    }

    /// Its strip, where it is one.
    #[must_use]
    pub fn strip(self) -> Option<Strip> {
        match self {
            Self::Known(_) => None,
            Self::Strip(strip) => Some(strip),
            Self::Framed(_, strip) => strip,
        }
    }

    /// Do numbers, the easting or longitude first, look like coordinates that somebody would write in it? Metres are no
    /// degrees, and an easting is no farther from its middle than six digits reach.
    #[must_use]
    pub fn suits(self, [east, north]: [f64; 2]) -> bool {
        let are_metres = east.abs().max(north.abs()) > 180.0;
        if self.is_geographic() {
            return east.abs() <= 180.0 && north.abs() <= 90.0;
        }
        let middle = self.strip().map(|strip| strip.false_easting);
        are_metres && middle.is_none_or(|middle| (east - middle).abs() < MIDDLE)
    }
}

impl fmt::Display for System {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = self.epsg() {
            write!(f, "EPSG:{code} ")?;
        }
        match self {
            Self::Known(Crs::Epsg3857) => f.write_str("(Web Mercator)"),
            Self::Known(Crs::Epsg4490) => f.write_str("(CGCS2000, degrees)"),
            Self::Known(Crs::Crs84) => f.write_str("CRS84 (WGS 84, degrees)"),
            Self::Known(Crs::Epsg4326) => f.write_str("(WGS 84, degrees)"),
            Self::Known(Crs::Zone(zone)) => write!(f, "(CGCS2000 / {})", zone.name()),
            Self::Strip(Strip { meridian, scale, false_easting, .. }) => {
                let kind = if *scale == UTM_SCALE { "UTM" } else { "CGCS2000 / Gauss-Kruger" };
                write!(f, "({kind}, middle {meridian}° E, false easting {false_easting})")
            }
            Self::Framed(frame, strip) => {
                write!(f, "({}, ", frame.name())?;
                match strip {
                    None => f.write_str("degrees")?,
                    Some(strip) => write!(f, "UTM, middle {}° E", strip.meridian)?,
                }
                f.write_str(", taken as WGS 84, from which it may be a metre off)")
            }
        }
    }
}

/// A system made ready to turn coordinates into degrees.
pub struct Placer {
    system: System,
    plane: Option<Plane>,
}

impl fmt::Debug for Placer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Placer({})", self.system)
    }
}

impl Placer {
    /// Makes a system ready.
    #[must_use]
    pub fn new(system: System) -> Self {
        let plane = system.strip().and_then(|strip| Plane::new(&strip.definition()));
        Self { system, plane }
    }

    /// The system.
    #[must_use]
    pub fn system(&self) -> System {
        self.system
    }

    /// Coordinates with the easting or longitude first, in degrees, longitude first; `None` for what has no place on the
    /// earth in this system.
    #[must_use]
    pub fn degrees(&self, coordinates: [f64; 2]) -> Option<[f64; 2]> {
        let Some(strip) = self.system.strip() else {
            let crs = if let System::Known(crs) = self.system { crs } else { Crs::Crs84 };
            return crs.inverse(crs.east_first(coordinates));
        };
        let plane = self.plane.as_ref()?;
        let position = plane.degrees(coordinates)?;
        (lies_in(strip.domain(), position) && leads_back(plane.eastings(position)?, coordinates))
            .then_some(position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_those_of_the_register() {
        let strip = |code| match System::of_epsg(code) {
            Some(System::Strip(strip)) => (strip.meridian, strip.false_easting, strip.scale),
            other => panic!("{code}: {other:?}"),
        };
        // From the register: CGCS2000 / Gauss-Kruger zone 20, CM 117E, 3-degree zone 39, CM 120E; WGS 84 / UTM zone 50N.
        assert_eq!(strip(4498), (117.0, 20_500_000.0, 1.0));
        assert_eq!(strip(4509), (117.0, 500_000.0, 1.0));
        assert_eq!(strip(4527), (117.0, 39_500_000.0, 1.0));
        assert_eq!(strip(4549), (120.0, 500_000.0, 1.0));
        assert_eq!(strip(32_650), (117.0, 500_000.0, 0.9996));
        // Beijing 1954 and Xian 1980 are not among them.
        assert!([2363, 2383, 2437, 4214, 4610].into_iter().all(|code| System::of_epsg(code).is_none()));
        assert_eq!(System::of_epsg(4526).and_then(System::epsg), Some(4526));
    }

    #[test]
    fn frames_of_other_continents_are_taken_for_that_of_the_service_and_say_so() {
        // 4.477, 51.924 in EPSG 25831 and -34.9, -8.05 in EPSG 31985, by PROJ.
        for (code, [east, north], place) in [
            (25_831, [601_565.793, 5_753_615.953], [4.477, 51.924]),
            (31_985, [290_610.011, 9_109_688.247], [-34.9, -8.05]),
            (4258, [4.477, 51.924], [4.477, 51.924]),
        ] {
            let system = System::of_epsg(code).expect("a system");
            assert_eq!(system.epsg(), Some(code));
            assert!(system.to_string().contains("taken as WGS 84"), "{system}");
            let at = Placer::new(system).degrees([east, north]).expect("a place");
            assert!((at[0] - place[0]).abs() < 1e-8 && (at[1] - place[1]).abs() < 1e-8, "{code}: {at:?}");
        }
        // By projinfo.
        let middle = |code| {
            System::of_epsg(code).and_then(System::strip).map(|strip| (strip.meridian, strip.false_northing))
        };
        assert_eq!(middle(25_828), Some((-15.0, 0.0)));
        assert_eq!(middle(31_965), Some((-117.0, 0.0)));
        assert_eq!(middle(31_976), Some((-51.0, 0.0)));
        assert_eq!(middle(31_977), Some((-81.0, 10_000_000.0)));
        assert_eq!(middle(31_985), Some((-33.0, 10_000_000.0)));
    }

    #[test]
    fn a_strip_is_the_system_of_its_code() {
        // Northing and easting of EPSG 4547 by PROJ, as in crs.rs.
        let at =
            Placer::new(System::Strip(Strip::gauss_kruger(114.0, 0))).degrees([516_324.835, 3_372_228.194]);
        let at = at.expect("in the strip");
        assert!((at[0] - 114.17).abs() < 1e-8 && (at[1] - 30.47).abs() < 1e-8, "{at:?}");
        assert_eq!(Placer::new(System::Strip(Strip::utm(50, false))).degrees([9e9, 1.0]), None);
    }
}
