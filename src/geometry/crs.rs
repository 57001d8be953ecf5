//! `Crs`: the coordinate reference systems that requests and answers may use.
//!
//! WGS 84 and CGCS2000 are taken as one:
//! their frames and ellipsoids differ by less than a decimetre here, and EPSG knows no transformation between
//! them but the identity.

use std::fmt;
use std::sync::{LazyLock, OnceLock};

use proj4rs::Proj;

use super::bounds::{Bounds, BoundsError};
use super::strip::{CHINA, Zone};

/// A coordinate reference system. The set is closed; the first is that of all stored coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Crs {
    /// WGS 84, longitude then latitude, degrees (OGC CRS84).
    #[default]
    Crs84,
    /// WGS 84, latitude then longitude, degrees.
    Epsg4326,
    /// CGCS2000, latitude then longitude, degrees.
    Epsg4490,
    /// Web Mercator, easting then northing, metres.
    Epsg3857,
    /// A zone of CGCS2000 / 3-degree Gauss-Kruger: northing then easting, metres.
    Zone(Zone),
}

/// Those that are no zones, in the order in which they are named.
const PLAIN: [Crs; 4] = [Crs::Crs84, Crs::Epsg4326, Crs::Epsg4490, Crs::Epsg3857];

const WORLD: [f64; 4] = [-180.0, -90.0, 180.0, 90.0];
/// The area of use of Web Mercator in the EPSG register.
const MERCATOR: [f64; 4] = [-180.0, -85.06, 180.0, 85.06];

static WEB_MERCATOR: LazyLock<Plane> = LazyLock::new(|| {
    let definition =
        "+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +no_defs";
    Plane::new(definition).expect("a valid projection")
});

/// The projections of the zones that were asked for, by number; those that write the number come behind the others.
static ZONES: [OnceLock<Plane>; 42] = [const { OnceLock::new() }; 42];

/// A projection and the degrees that lie under it.
pub(super) struct Plane {
    plane: Proj,
    degrees: Proj,
}

impl Plane {
    /// The plane of a definition in PROJ's notation.
    pub(super) fn new(definition: &str) -> Option<Self> {
        let plane = Proj::from_proj_string(definition).ok()?;
        let degrees = Proj::from_proj_string("+proj=longlat +ellps=GRS80 +no_defs").ok()?;
        Some(Self { plane, degrees })
    }

    /// A position in degrees, its easting first.
    pub(super) fn eastings(&self, [longitude, latitude]: [f64; 2]) -> Option<[f64; 2]> {
        let radians = (longitude.to_radians(), latitude.to_radians());
        let (x, y) = proj4rs::adaptors::transform_vertex_2d(&self.degrees, &self.plane, radians).ok()?;
        (x.is_finite() && y.is_finite()).then_some([x, y])
    }

    /// An easting and a northing in degrees.
    pub(super) fn degrees(&self, [x, y]: [f64; 2]) -> Option<[f64; 2]> {
        let (longitude, latitude) =
            proj4rs::adaptors::transform_vertex_2d(&self.plane, &self.degrees, (x, y)).ok()?;
        // The edge of the plane may come back as a hair more than 180 degrees.
        Some([longitude.to_degrees().clamp(-180.0, 180.0), latitude.to_degrees()])
    }
}

/// Does a position lie in a domain of west, south, east, north?
pub(super) fn lies_in([west, south, east, north]: [f64; 4], [longitude, latitude]: [f64; 2]) -> bool {
    (west..=east).contains(&longitude) && (south..=north).contains(&latitude)
}

/// Do coordinates that a projection led to lead back? Far outside its domain it folds.
pub(super) fn leads_back(back: [f64; 2], [x, y]: [f64; 2]) -> bool {
    (back[0] - x).abs() <= 0.001 && (back[1] - y).abs() <= 0.001
}

/// Why numbers are no window in a system.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum WindowError {
    /// Numbers that are no window in degrees.
    #[error(transparent)]
    Degrees(#[from] BoundsError),
    /// A corner that has no place on the earth in this system.
    #[error("[{0}, {1}] is outside the range of this coordinate reference system")]
    Outside(f64, f64),
    /// The lower corner above the upper.
    #[error("the first corner [{0}, {1}] is not below the second on both axes")]
    UpsideDown(f64, f64),
}

/// A window as asked for: in degrees, and, where its edges are no parallels and meridians, in its own plane.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Window {
    /// The window in degrees, or the smallest such window around it.
    pub bounds: Bounds,
    /// The window proper, when its edges are curves in degrees.
    pub plane: Option<PlaneWindow>,
}

impl From<Bounds> for Window {
    fn from(bounds: Bounds) -> Self {
        Self { bounds, plane: None }
    }
}

/// A rectangle in the plane of a projection, easting before northing whatever the axes of the system.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlaneWindow {
    /// The system.
    pub crs: Crs,
    /// Least easting and northing.
    pub low: [f64; 2],
    /// Greatest easting and northing.
    pub high: [f64; 2],
}

impl Crs {
    /// All systems.
    pub fn all() -> impl Iterator<Item = Self> {
        PLAIN.into_iter().chain(Zone::all(true).chain(Zone::all(false)).map(Self::Zone))
    }

    /// Authority, version and code, as its address has them.
    fn path(self) -> (&'static str, &'static str, String) {
        match self.epsg() {
            None => ("OGC", "1.3", "CRS84".to_owned()),
            Some(code) => ("EPSG", "0", code.to_string()),
        }
    }

    /// Its code in the EPSG register; CRS84 is none of it.
    #[must_use]
    pub fn epsg(self) -> Option<u32> {
        match self {
            Self::Crs84 => None,
            Self::Epsg4326 => Some(4326),
            Self::Epsg4490 => Some(4490),
            Self::Epsg3857 => Some(3857),
            Self::Zone(zone) => Some(zone.code()),
        }
    }

    /// Reads an address (`http://www.opengis.net/def/crs/EPSG/0/4490`), a safe CURIE (`[EPSG:4490]`) or a URN
    /// (`urn:ogc:def:crs:EPSG::4490`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let address = text.strip_prefix("https").or_else(|| text.strip_prefix("http"));
        let address = address.and_then(|rest| rest.strip_prefix("://www.opengis.net/def/crs/"));
        let curie = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        let urn = text.strip_prefix("urn:ogc:def:crs:");
        Self::all().find(|crs| {
            let (authority, version, code) = crs.path();
            // A URN leaves the version 0 out.
            let urn_version = if version == "0" { "" } else { version };
            address == Some(&*format!("{authority}/{version}/{code}"))
                || curie == Some(&*format!("{authority}:{code}"))
                || urn == Some(&*format!("{authority}:{urn_version}:{code}"))
        })
    }

    /// Its authority and its code there.
    #[must_use]
    pub fn authority_and_code(self) -> (&'static str, String) {
        let (authority, _, code) = self.path();
        (authority, code)
    }

    /// Its projection; none where positions are degrees.
    fn plane(self) -> Option<&'static Plane> {
        match self {
            Self::Crs84 | Self::Epsg4326 | Self::Epsg4490 => None,
            Self::Epsg3857 => Some(&WEB_MERCATOR),
            Self::Zone(zone) => {
                let row = usize::from(zone.number() - 25) + if zone.is_numbered() { 21 } else { 0 };
                let plane = || Plane::new(&zone.strip().definition()).expect("a valid projection");
                Some(ZONES[row].get_or_init(plane))
            }
        }
    }

    /// Where positions have finite, exact coordinates in it: west, south, east, north in degrees.
    fn domain(self) -> [f64; 4] {
        match self {
            Self::Crs84 | Self::Epsg4326 | Self::Epsg4490 => WORLD,
            Self::Epsg3857 => MERCATOR,
            Self::Zone(zone) => zone.strip().domain(),
        }
    }

    /// Where it is meant for, as far as it gives positions exact coordinates.
    #[must_use]
    pub fn area_of_use(self) -> Bounds {
        match self {
            Self::Crs84 | Self::Epsg4326 => Bounds::WORLD,
            Self::Epsg4490 => CHINA,
            Self::Epsg3857 => {
                let [west, south, east, north] = MERCATOR;
                Bounds { west, south, east, north }
            }
            Self::Zone(zone) => zone.area_of_use(),
        }
    }

    /// Is it meant for all of a window?
    #[must_use]
    pub fn covers(self, bounds: Bounds) -> bool {
        let area = self.area_of_use();
        bounds.parts().all(|part| {
            part.west >= area.west
                && part.south >= area.south
                && part.east <= area.east
                && part.north <= area.north
        })
    }

    /// Are its coordinates degrees?
    #[must_use]
    pub fn is_geographic(self) -> bool {
        matches!(self, Self::Crs84 | Self::Epsg4326 | Self::Epsg4490)
    }

    /// Does the latitude or northing come first?
    #[must_use]
    pub fn is_north_first(self) -> bool {
        !matches!(self, Self::Crs84 | Self::Epsg3857)
    }

    /// What its axes are called, in their order.
    #[must_use]
    pub fn axis_names(self) -> [&'static str; 2] {
        let (east, north) =
            if self.is_geographic() { ("longitude", "latitude") } else { ("easting", "northing") };
        if self.is_north_first() { [north, east] } else { [east, north] }
    }

    /// A position in degrees, longitude first, as coordinates in the order of the axes; `None` outside its
    /// domain.
    #[must_use]
    pub fn forward(self, position: [f64; 2]) -> Option<[f64; 2]> {
        self.eastings(position).map(|position| self.ordered(position))
    }

    /// Coordinates in the order of the axes as a position in degrees, longitude first; `None` for what has no
    /// place on the earth.
    #[must_use]
    pub fn inverse(self, coordinates: [f64; 2]) -> Option<[f64; 2]> {
        let [x, y] = self.ordered(coordinates);
        let Some(plane) = self.plane() else {
            return (x.abs() <= 180.0 && y.abs() <= 90.0).then_some([x, y]);
        };
        let position = plane.degrees([x, y])?;
        leads_back(self.eastings(position)?, [x, y]).then_some(position)
    }

    /// A position with its easting first, whatever the order of the axes.
    fn eastings(self, position: [f64; 2]) -> Option<[f64; 2]> {
        if !lies_in(self.domain(), position) {
            return None;
        }
        let Some(plane) = self.plane() else { return Some(position) };
        plane.eastings(position)
    }

    /// Coordinates in the order of the axes with the easting or longitude first, and the other way round.
    #[must_use]
    pub fn east_first(self, coordinates: [f64; 2]) -> [f64; 2] {
        self.ordered(coordinates)
    }

    /// Swaps what the axes demand; its own inverse.
    fn ordered(self, [first, second]: [f64; 2]) -> [f64; 2] {
        if self.is_north_first() { [second, first] } else { [first, second] }
    }

    /// The window between two corners in the order of the axes. In degrees, a western edge east of the eastern
    /// one crosses the antimeridian.
    ///
    /// # Errors
    /// Corners out of range or in the wrong order.
    pub fn window(self, low: [f64; 2], high: [f64; 2]) -> Result<Window, WindowError> {
        let (first, second) = (self.ordered(low), self.ordered(high));
        if self.is_geographic() {
            let bounds = Bounds::new(first[0], first[1], second[0], second[1])?;
            return Ok(Window { bounds, plane: None });
        }
        if !(first[0] <= second[0] && first[1] <= second[1]) {
            return Err(WindowError::UpsideDown(low[0], low[1]));
        }
        let plane = PlaneWindow { crs: self, low: first, high: second };
        Ok(Window { bounds: plane.bounds()?, plane: Some(plane) })
    }
}

impl PlaneWindow {
    /// The smallest window in degrees around it, by points along its edges and a margin for the arcs between.
    pub(super) fn bounds(&self) -> Result<Bounds, WindowError> {
        const STEPS: u32 = 32;
        let mut bounds: Option<Bounds> = None;
        let at = |low: f64, high: f64, step: u32| low + (high - low) * f64::from(step) / f64::from(STEPS);
        for step in 0..=STEPS {
            let (x, y) = (at(self.low[0], self.high[0], step), at(self.low[1], self.high[1], step));
            for plane in [[x, self.low[1]], [x, self.high[1]], [self.low[0], y], [self.high[0], y]] {
                let coordinates = self.crs.ordered(plane);
                let outside = WindowError::Outside(coordinates[0], coordinates[1]);
                let position = self.crs.inverse(coordinates).ok_or(outside)?;
                bounds.get_or_insert(Bounds::of_position(position)).extend(position);
            }
        }
        let bounds = bounds.unwrap_or(Bounds::WORLD);
        // Between two of 32 points an arc bulges by less than a hundredth of the window.
        let (wide, high) =
            ((bounds.east - bounds.west) / 100.0 + 1e-9, (bounds.north - bounds.south) / 100.0 + 1e-9);
        Ok(Bounds {
            west: (bounds.west - wide).max(-180.0),
            south: (bounds.south - high).max(-90.0),
            east: (bounds.east + wide).min(180.0),
            north: (bounds.north + high).min(90.0),
        })
    }

    /// A position in degrees in this plane, easting first.
    pub(super) fn place(&self, position: [f64; 2]) -> Option<[f64; 2]> {
        self.crs.eastings(position)
    }
}

impl fmt::Display for Crs {
    /// The address of its definition.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (authority, version, code) = self.path();
        write!(f, "http://www.opengis.net/def/crs/{authority}/{version}/{code}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ZONE_38: Crs = Crs::Zone(Zone::new(38, true).unwrap());
    const CM_114: Crs = Crs::Zone(Zone::new(38, false).unwrap());

    fn near(got: Option<[f64; 2]>, want: [f64; 2], within: f64) -> bool {
        got.is_some_and(|got| (got[0] - want[0]).abs() <= within && (got[1] - want[1]).abs() <= within)
    }

    #[test]
    fn positions_have_the_coordinates_of_the_definition() {
        // Northing and easting to the millimetre, from the EPSG definitions by PROJ.
        let cases = [
            (CM_114, [114.0, 30.0], [3_320_113.398, 500_000.0]),
            (ZONE_38, [114.0, 30.0], [3_320_113.398, 38_500_000.0]),
            (CM_114, [114.17, 30.47], [3_372_228.194, 516_324.835]),
            (CM_114, [113.85, 30.30], [3_353_379.420, 485_570.780]),
            (Crs::Epsg3857, [114.0, 30.0], [12_690_421.950, 3_503_549.844]),
            (Crs::Epsg4326, [114.0, 30.0], [30.0, 114.0]),
            (Crs::Epsg4490, [114.0, 30.0], [30.0, 114.0]),
            (Crs::Crs84, [114.0, 30.0], [114.0, 30.0]),
        ];
        for (crs, position, want) in cases {
            assert!(
                near(crs.forward(position), want, 0.000_6),
                "{crs} {position:?}: {:?}",
                crs.forward(position)
            );
        }
    }

    #[test]
    fn there_and_back_is_below_a_millimetre() {
        for crs in Crs::all() {
            for (x, y) in
                [(114.0, 30.0), (113.7, 30.1), (114.4, 30.6), (100.0, 60.0), (120.5, -20.25), (140.0, 45.0)]
            {
                // As far from the meridian of a zone as these are from 114 degrees.
                let x = if let Crs::Zone(zone) = crs { x - 114.0 + zone.strip().meridian } else { x };
                let back = crs.forward([x, y]).and_then(|coordinates| crs.inverse(coordinates));
                // 1e-9 degree is a tenth of a millimetre.
                assert!(near(back, [x, y], 1e-9), "{crs} {x} {y}: {back:?}");
            }
        }
    }

    #[test]
    fn names_are_read_in_three_forms() {
        let forms = [
            "http://www.opengis.net/def/crs/EPSG/0/4490",
            "https://www.opengis.net/def/crs/EPSG/0/4490",
            "[EPSG:4490]",
            "urn:ogc:def:crs:EPSG::4490",
        ];
        for form in forms {
            assert_eq!(Crs::parse(form), Some(Crs::Epsg4490), "{form}");
        }
        assert_eq!(Crs::parse("urn:ogc:def:crs:OGC:1.3:CRS84"), Some(Crs::Crs84));
        for wrong in ["", "4490", "EPSG:4490", "http://www.opengis.net/def/crs/EPSG/0/4498", "[EPSG:4490"] {
            assert_eq!(Crs::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn systems_are_offered_where_they_are_used() {
        let codes = |west, south, east, north| {
            let bounds = Bounds::new(west, south, east, north).expect("a window");
            Crs::all().filter(|crs| crs.covers(bounds)).filter_map(Crs::epsg).collect::<Vec<_>>()
        };
        // Wuhan in zone 38 (112.5 to 115.5 degrees), Suzhou in zone 40 (118.5 to 121.5), Urumqi in 29 (85.5 to 88.5).
        assert_eq!(codes(113.69, 29.97, 115.08, 31.37), [4326, 4490, 3857, 4526, 4547]);
        assert_eq!(codes(120.2, 31.1, 121.0, 31.5), [4326, 4490, 3857, 4528, 4549]);
        assert_eq!(codes(87.3, 43.6, 87.9, 44.0), [4326, 4490, 3857, 4517, 4538]);
        // Both sides of a border: the zones of both; all of China: none of them.
        assert_eq!(codes(121.4, 31.0, 121.6, 31.2), [4326, 4490, 3857, 4528, 4529, 4549, 4550]);
        assert_eq!(codes(80.0, 20.0, 130.0, 50.0), [4326, 4490, 3857]);
        // Auckland, Tromso beyond Web Mercator, Fiji across 180 degrees, on the latitudes of China.
        assert_eq!(codes(174.6, -37.0, 174.9, -36.7), [4326, 3857]);
        assert_eq!(codes(18.0, 69.0, 19.0, 86.0), [4326]);
        assert_eq!(codes(179.9, 20.0, -179.9, 21.0), [4326, 3857]);
    }

    #[test]
    fn windows_follow_the_axes() {
        let degrees = Crs::Epsg4326.window([30.0, 114.0], [31.0, 115.0]).expect("a window");
        assert_eq!((degrees.bounds.west, degrees.bounds.north, degrees.plane), (114.0, 31.0, None));
        assert!(Crs::Epsg4326.window([114.0, 30.0], [115.0, 31.0]).is_err());
        assert!(
            Crs::Epsg4326
                .window([-20.0, 177.0], [-15.0, -178.0])
                .expect("a window")
                .bounds
                .crosses_antimeridian()
        );
        let plane = CM_114.window([3_320_000.0, 500_000.0], [3_330_000.0, 510_000.0]).expect("a window");
        assert!(plane.bounds.west < 114.0 && plane.bounds.west > 113.99 && plane.bounds.east > 114.1);
        for (low, high) in
            [([0.0, 0.0], [-1.0, 5.0]), ([9e9, 0.0], [9e9, 1.0]), ([f64::NAN, 0.0], [1.0, 1.0])]
        {
            assert!(CM_114.window(low, high).is_err(), "{low:?}");
        }
    }
}
