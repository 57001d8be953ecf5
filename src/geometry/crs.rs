//! `Crs`: the coordinate reference systems that requests and answers may use.
//!
//! One table says of each its name, its axes and how it is computed. WGS 84 and CGCS2000 are taken as one:
//! their frames and ellipsoids differ by less than a decimetre here, and EPSG knows no transformation between
//! them but the identity.

use std::fmt;
use std::sync::LazyLock;

use proj4rs::Proj;

use super::bounds::{Bounds, BoundsError};

/// A coordinate reference system. The set is closed; the first is that of all stored coordinates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Crs {
    /// WGS 84, longitude then latitude, degrees (OGC CRS84).
    #[default]
    Crs84,
    /// WGS 84, latitude then longitude, degrees.
    Epsg4326,
    /// Web Mercator, easting then northing, metres.
    Epsg3857,
    /// CGCS2000, latitude then longitude, degrees.
    Epsg4490,
    /// CGCS2000 / 3-degree Gauss-Kruger zone 38: northing then easting, metres; eastings begin with the zone.
    Epsg4526,
    /// CGCS2000 / 3-degree Gauss-Kruger CM 114E: northing then easting, metres.
    Epsg4547,
}

/// Which axis of a position comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Axes {
    /// Longitude or easting.
    EastFirst,
    /// Latitude or northing.
    NorthFirst,
}

/// A row of the table.
struct Definition {
    crs: Crs,
    /// The authority and code in its address, as in `EPSG/0/4490`.
    path: &'static str,
    axes: Axes,
    /// The projection in PROJ's notation; none where positions are degrees.
    plane: Option<&'static str>,
    /// Where positions have finite, exact coordinates in it: west, south, east, north in degrees.
    domain: [f64; 4],
}

/// Gauss-Kruger by series stays below a millimetre this far from its meridian, degrees; far more than a zone.
pub(super) const WIDEST_STRIP: f64 = 30.0;

const TABLE: [Definition; 6] = [
    Definition { crs: Crs::Crs84, path: "OGC/1.3/CRS84", axes: Axes::EastFirst, plane: None, domain: WORLD },
    Definition {
        crs: Crs::Epsg4326,
        path: "EPSG/0/4326",
        axes: Axes::NorthFirst,
        plane: None,
        domain: WORLD,
    },
    Definition {
        crs: Crs::Epsg4490,
        path: "EPSG/0/4490",
        axes: Axes::NorthFirst,
        plane: None,
        domain: WORLD,
    },
    Definition {
        crs: Crs::Epsg3857,
        path: "EPSG/0/3857",
        axes: Axes::EastFirst,
        plane: Some(
            "+proj=merc +a=6378137 +b=6378137 +lat_ts=0 +lon_0=0 +x_0=0 +y_0=0 +k=1 +units=m +no_defs",
        ),
        // Its area of use in the EPSG register.
        domain: [-180.0, -85.06, 180.0, 85.06],
    },
    Definition {
        crs: Crs::Epsg4526,
        path: "EPSG/0/4526",
        axes: Axes::NorthFirst,
        plane: Some(
            "+proj=etmerc +lat_0=0 +lon_0=114 +k=1 +x_0=38500000 +y_0=0 +ellps=GRS80 +units=m +no_defs",
        ),
        domain: STRIP_114,
    },
    Definition {
        crs: Crs::Epsg4547,
        path: "EPSG/0/4547",
        axes: Axes::NorthFirst,
        plane: Some(
            "+proj=etmerc +lat_0=0 +lon_0=114 +k=1 +x_0=500000 +y_0=0 +ellps=GRS80 +units=m +no_defs",
        ),
        domain: STRIP_114,
    },
];

const WORLD: [f64; 4] = [-180.0, -90.0, 180.0, 90.0];
const STRIP_114: [f64; 4] = [114.0 - WIDEST_STRIP, -85.0, 114.0 + WIDEST_STRIP, 85.0];

/// The projections of the table, in its order.
static PLANES: LazyLock<[Option<Plane>; TABLE.len()]> = LazyLock::new(|| {
    TABLE
        .each_ref()
        .map(|definition| Some(Plane::new(definition.plane?).expect("the table holds valid projections")))
});

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
    pub const ALL: [Self; TABLE.len()] =
        [Self::Crs84, Self::Epsg4326, Self::Epsg4490, Self::Epsg3857, Self::Epsg4526, Self::Epsg4547];

    fn row(self) -> usize {
        TABLE.iter().position(|definition| definition.crs == self).unwrap_or(0)
    }

    fn definition(self) -> &'static Definition {
        &TABLE[self.row()]
    }

    /// Reads an address (`http://www.opengis.net/def/crs/EPSG/0/4490`), a safe CURIE (`[EPSG:4490]`) or a URN
    /// (`urn:ogc:def:crs:EPSG::4490`).
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bare = text.strip_prefix('[').and_then(|text| text.strip_suffix(']'));
        Self::ALL.into_iter().find(|crs| {
            let (authority, code) = crs.authority_and_code();
            text == crs.to_string()
                || text.strip_prefix("https").is_some_and(|rest| format!("http{rest}") == crs.to_string())
                || bare == Some(&format!("{authority}:{code}"))
                || text
                    == format!(
                        "urn:ogc:def:crs:{}",
                        crs.definition().path.replace("/0/", "::").replace('/', ":")
                    )
        })
    }

    /// Its authority and its code there.
    #[must_use]
    pub fn authority_and_code(self) -> (&'static str, &'static str) {
        let path = self.definition().path;
        (path.split('/').next().unwrap_or(""), path.rsplit('/').next().unwrap_or(""))
    }

    /// Can it give every position of a window exact coordinates?
    #[must_use]
    pub fn covers(self, bounds: Bounds) -> bool {
        let [west, south, east, north] = self.definition().domain;
        bounds.west >= west && bounds.south >= south && bounds.east <= east && bounds.north <= north
    }

    /// Are its coordinates degrees?
    #[must_use]
    pub fn is_geographic(self) -> bool {
        self.definition().plane.is_none()
    }

    /// What its axes are called, in their order.
    #[must_use]
    pub fn axis_names(self) -> [&'static str; 2] {
        let (east, north) =
            if self.is_geographic() { ("longitude", "latitude") } else { ("easting", "northing") };
        match self.definition().axes {
            Axes::EastFirst => [east, north],
            Axes::NorthFirst => [north, east],
        }
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
        let Some(plane) = &PLANES[self.row()] else {
            return (x.abs() <= 180.0 && y.abs() <= 90.0).then_some([x, y]);
        };
        let position = plane.degrees([x, y])?;
        leads_back(self.eastings(position)?, [x, y]).then_some(position)
    }

    /// A position with its easting first, whatever the order of the axes.
    fn eastings(self, position: [f64; 2]) -> Option<[f64; 2]> {
        if !lies_in(self.definition().domain, position) {
            return None;
        }
        let Some(plane) = &PLANES[self.row()] else { return Some(position) };
        plane.eastings(position)
    }

    /// Coordinates in the order of the axes with the easting or longitude first, and the other way round.
    #[must_use]
    pub fn east_first(self, coordinates: [f64; 2]) -> [f64; 2] {
        self.ordered(coordinates)
    }

    /// Swaps what the axes demand; its own inverse.
    fn ordered(self, [first, second]: [f64; 2]) -> [f64; 2] {
        match self.definition().axes {
            Axes::EastFirst => [first, second],
            Axes::NorthFirst => [second, first],
        }
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
        write!(f, "http://www.opengis.net/def/crs/{}", self.definition().path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near(got: Option<[f64; 2]>, want: [f64; 2], within: f64) -> bool {
        got.is_some_and(|got| (got[0] - want[0]).abs() <= within && (got[1] - want[1]).abs() <= within)
    }

    #[test]
    fn positions_have_the_coordinates_of_the_definition() {
        // Northing and easting to the millimetre, from the EPSG definitions by PROJ.
        let cases = [
            (Crs::Epsg4547, [114.0, 30.0], [3_320_113.398, 500_000.0]),
            (Crs::Epsg4526, [114.0, 30.0], [3_320_113.398, 38_500_000.0]),
            (Crs::Epsg4547, [114.17, 30.47], [3_372_228.194, 516_324.835]),
            (Crs::Epsg4547, [113.85, 30.30], [3_353_379.420, 485_570.780]),
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
        for crs in Crs::ALL {
            for (x, y) in
                [(114.0, 30.0), (113.7, 30.1), (114.4, 30.6), (100.0, 60.0), (120.5, -20.25), (140.0, 45.0)]
            {
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
        for wrong in ["", "4490", "EPSG:4490", "http://www.opengis.net/def/crs/EPSG/0/4549", "[EPSG:4490"] {
            assert_eq!(Crs::parse(wrong), None, "{wrong}");
        }
        assert!(Crs::ALL.iter().enumerate().all(|(row, crs)| crs.row() == row));
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
        let plane =
            Crs::Epsg4547.window([3_320_000.0, 500_000.0], [3_330_000.0, 510_000.0]).expect("a window");
        assert!(plane.bounds.west < 114.0 && plane.bounds.west > 113.99 && plane.bounds.east > 114.1);
        for (low, high) in
            [([0.0, 0.0], [-1.0, 5.0]), ([9e9, 0.0], [9e9, 1.0]), ([f64::NAN, 0.0], [1.0, 1.0])]
        {
            assert!(Crs::Epsg4547.window(low, high).is_err(), "{low:?}");
        }
    }
}
