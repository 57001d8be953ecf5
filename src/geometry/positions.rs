//! Typed or pasted positions as a shape.
//!
//! In: lines of coordinates as people copy them from lists of boundary points, and perhaps the system they are in. Out: a
//! shape in degrees, longitude first, and how the numbers were understood. Leaves out: well-known text and GeoJSON,
//! which say themselves what they are.

use geo::{MapCoords as _, Validation as _};
use geo_types::{Coord, LineString, Point, Polygon};

use super::antimeridian::window_of;
use super::array::{GeometryBuilder, GeometryKind};
use super::bounds::Bounds;
use super::crs::Crs;
use super::faults::{PolygonFault, polygon_faults};
use super::shape::Shape;
use super::strip::Zone;

/// Most positions of a list.
const MOST: usize = 100_000;
/// Rings are each held against all others: the most of their number multiplied by that of their positions, a tenth of a second.
const MOST_BETWEEN_RINGS: usize = 2_000_000;

/// How coordinates were understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Their system.
    pub crs: Crs,
    /// Does the first number of each position go north?
    pub north_first: bool,
}

/// The system and the order of axes that numbers show: degrees by their range; beside a northing of seven digits an easting of
/// eight begins with the number of its zone of three degrees, and one of six is in the zone where the data of the service
/// lies. Degrees that fit both ways are read as they lead to the data, longitude first where neither or both do.
#[must_use]
pub fn reading_of(positions: &[[f64; 2]], home: Option<Bounds>) -> Option<Reading> {
    let numbered = || Zone::all(true).find(|&zone| order(positions, Crs::Zone(zone)).is_some());
    let found = |crs| Some(Reading { crs, north_first: order(positions, crs)? });
    degrees(positions, home)
        .or_else(|| found(Crs::Zone(numbered()?)))
        .or_else(|| found(Crs::Zone(home_zone(positions, home?)?)))
}

/// How numbers are understood as degrees; `None` where they are none.
fn degrees(positions: &[[f64; 2]], home: Option<Bounds>) -> Option<Reading> {
    let fitting = [false, true].into_iter().filter(|&north_first| fits(positions, Crs::Crs84, north_first));
    let mut readings = fitting.map(|north_first| Reading { crs: Crs::Crs84, north_first });
    let likeliest = readings.clone().next();
    home.and_then(|home| readings.find(|&reading| leads_to(positions, reading, vicinity(home)))).or(likeliest)
}

/// Where data may lie and still be taken to belong to that which lies in a window.
#[must_use]
pub fn vicinity(home: Bounds) -> Bounds {
    const NEAR_DEGREES: f64 = 0.5;
    home.widened(NEAR_DEGREES, NEAR_DEGREES)
}

/// How numbers of a system that is known are understood: their order by their size where that shows it, else that of the
/// definition.
#[must_use]
pub fn reading_in(positions: &[[f64; 2]], crs: Crs) -> Reading {
    Reading { crs, north_first: order(positions, crs).unwrap_or_else(|| crs.is_north_first()) }
}

/// Does the first of two numbers of a system go north? `None` where their size does not show it, or where they are none of the
/// system's.
fn order(positions: &[[f64; 2]], crs: Crs) -> Option<bool> {
    match [false, true].map(|north_first| fits(positions, crs, north_first)) {
        [true, false] => Some(false),
        [false, true] => Some(true),
        _ => None,
    }
}

/// Are numbers of the size that those of a system have, the first of two going north or east? In Web Mercator size shows nothing.
fn fits(positions: &[[f64; 2]], crs: Crs, north_first: bool) -> bool {
    let (is_east, is_north): (&dyn Fn(f64) -> bool, &dyn Fn(f64) -> bool) = match crs {
        Crs::Epsg3857 => return false,
        Crs::Crs84 | Crs::Epsg4326 | Crs::Epsg4490 => (&|a| a.abs() <= 180.0, &|a| a.abs() <= 90.0),
        Crs::Zone(zone) => {
            let number = f64::from(if zone.is_numbered() { zone.number() } else { 0 }) * 1e6;
            (&move |a| (number + 1e5..number + 1e6).contains(&a), &|a| (1e6..1e7).contains(&a))
        }
    };
    let east_first = |&[a, b]: &[f64; 2]| if north_first { [b, a] } else { [a, b] };
    !positions.is_empty() && positions.iter().map(east_first).all(|[x, y]| is_east(x) && is_north(y))
}

fn leads_to(positions: &[[f64; 2]], reading: Reading, window: Bounds) -> bool {
    let shape = shape(positions, reading).ok();
    shape.and_then(|shape| window_of(&shape)).is_some_and(|own| own.overlaps(window))
}

/// The zone that eastings without a number are in: that of the data; where that lies in several, the one which leads there.
fn home_zone(positions: &[[f64; 2]], home: Bounds) -> Option<Zone> {
    let touched: Vec<Zone> = Zone::all(false).filter(|zone| zone.touches(home)).collect();
    let leads_home = |zone: &Zone| leads_to(positions, reading_in(positions, Crs::Zone(*zone)), home);
    if let [only] = touched[..] {
        return Some(only);
    }
    let mut leading = touched.into_iter().filter(leads_home);
    leading.next().filter(|_| leading.next().is_none())
}

/// Reads lines of two numbers, each perhaps behind the name of a point; commas, semicolons, tabs or spaces part them. One
/// position is a point, two are a line, more are the outline of a polygon, closed or not.
///
/// # Errors
/// A line that is no position, named by its number, or an outline that crosses itself.
pub fn parse(text: &str) -> Result<Vec<[f64; 2]>, String> {
    let mut positions = Vec::new();
    for (at, line) in text.lines().flat_map(|line| line.split([';', '；'])).enumerate() {
        let parts: Vec<&str> =
            line.split([',', '，', '\t', ' ', '、']).map(str::trim).filter(|part| !part.is_empty()).collect();
        let numbers = match parts[..] {
            [] => continue,
            [a, b] | [_, a, b] => a.parse().ok().zip(b.parse().ok()),
            _ => None,
        };
        let finite = numbers.filter(|(a, b): &(f64, f64)| a.is_finite() && b.is_finite());
        let (a, b) = finite.ok_or_else(|| {
            let line: String = line.trim().chars().take(60).collect();
            format!(
                "line {}: expected two numbers, perhaps behind the name of a point, found {line:?}",
                at + 1
            )
        })?;
        if positions.len() == MOST {
            return Err(format!("more than {MOST} positions"));
        }
        positions.push([a, b]);
    }
    if positions.is_empty() { Err("no positions".to_owned()) } else { Ok(positions) }
}

/// The shape of positions that are understood in a way.
///
/// # Errors
/// A position that has no place on the earth in that system.
pub fn shape(positions: &[[f64; 2]], reading: Reading) -> Result<Shape, String> {
    let place = |&[a, b]: &[f64; 2]| {
        let east_first = if reading.north_first { [b, a] } else { [a, b] };
        let degrees = reading.crs.inverse(reading.crs.east_first(east_first));
        degrees
            .map(Coord::from)
            .ok_or_else(|| format!("position {a}, {b} is outside the range of {}", reading.crs))
    };
    let mut coords: Vec<Coord> = positions.iter().map(place).collect::<Result<_, _>>()?;
    coords.dedup();
    if coords.len() > 3 && coords.first() == coords.last() {
        coords.pop();
    }
    Ok(match coords[..] {
        [only] => Shape::Point(Point(only)),
        [_, _] => Shape::LineString(LineString(coords)),
        _ => Shape::Polygon(Polygon::new(LineString(coords), Vec::new())),
    })
}

/// A shape whose eastings or longitudes come first, in degrees.
///
/// # Errors
/// A position that has no place on the earth in that system.
pub fn placed(shape: &Shape, reading: Reading) -> Result<Shape, String> {
    shape.try_map_coords(|Coord { x, y }| {
        let degrees = reading.crs.inverse(reading.crs.east_first([x, y]));
        degrees
            .map(Coord::from)
            .ok_or_else(|| format!("position {x}, {y} is outside the range of {}", reading.crs))
    })
}

/// What makes a shape unfit to be measured or to select by; `None` when it is valid (OGC 06-103r4, 6.1.11).
#[must_use]
pub fn fault(shape: &Shape) -> Option<String> {
    match shape {
        Shape::Polygon(polygon) => fault_of_areas(std::slice::from_ref(polygon)),
        Shape::MultiPolygon(polygons) => fault_of_areas(&polygons.0),
        Shape::GeometryCollection(parts) => parts.iter().find_map(fault),
        // Others are looked through in one go.
        other => other.check_validation().err().map(|fault| fault.to_string()),
    }
}

/// The same of polygons, along sweeps.
fn fault_of_areas(polygons: &[Polygon]) -> Option<String> {
    let mut builder = GeometryBuilder::default();
    let (mut rings, mut positions) = (0_usize, 0_usize);
    for polygon in polygons {
        let holes = polygon.interiors().iter().map(|hole| (hole, false));
        for (ring, is_shell) in std::iter::once((polygon.exterior(), true)).chain(holes) {
            let mut ring: Vec<[f64; 2]> = ring.0.iter().map(|at| [at.x, at.y]).collect();
            (rings, positions) = (rings + 1, positions + ring.len());
            if let Err(fault) = builder.ring(&mut ring, &mut [], is_shell) {
                return Some(fault.to_string());
            }
        }
    }
    if rings > 1 && rings.saturating_mul(positions) > MOST_BETWEEN_RINGS {
        return Some(format!(
            "{rings} rings of {positions} positions are too many to be held against each other: both multiplied, at most \
             {MOST_BETWEEN_RINGS}"
        ));
    }
    builder.end_member(GeometryKind::MultiPolygon);
    if let Err(fault) = builder.finish(false) {
        return Some(fault.to_string());
    }
    let array = builder.build();
    let faults = polygon_faults(array.get(0)?);
    let (fault, at) = faults.into_iter().find(|(fault, _)| *fault != PolygonFault::TouchesItself)?;
    let [x, y] = at.map(|degrees| (degrees * 1e7).round() / 1e7);
    Some(format!("{} at {x}, {y}", fault.reason()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_show_their_system_and_order() {
        let wuhan = Bounds { west: 113.69, south: 29.97, east: 115.08, north: 31.37 };
        let suzhou = Bounds { west: 120.2, south: 31.1, east: 121.0, north: 31.5 };
        let auckland = Bounds { west: 174.6, south: -37.0, east: 174.9, north: -36.7 };
        let read = |home, a, b| reading_of(&[[a, b]], home).map(|reading| (reading.crs, reading.north_first));
        let code =
            |home, a, b| read(home, a, b).and_then(|(crs, north_first)| Some((crs.epsg()?, north_first)));
        let wuhan = Some(wuhan);
        assert_eq!(read(wuhan, 114.16, 30.5), Some((Crs::Crs84, false)));
        assert_eq!(read(wuhan, 30.5, 114.16), Some((Crs::Crs84, true)));
        // Both fit: longitude first, unless the other order alone leads to the data.
        assert_eq!(read(None, 30.5, 60.0), Some((Crs::Crs84, false)));
        assert_eq!(read(wuhan, 30.5, 60.0), Some((Crs::Crs84, false)));
        let urumqi = Some(Bounds { west: 87.4, south: 43.6, east: 87.8, north: 44.0 });
        assert_eq!(read(urumqi, 43.8, 87.6), Some((Crs::Crs84, true)));
        assert_eq!(read(urumqi, 87.6, 43.8), Some((Crs::Crs84, false)));
        // A tenth of a degree beside the data is still where it lies; a part of the world where neither leads is not.
        assert_eq!(read(urumqi, 43.5, 87.3), Some((Crs::Crs84, true)));
        assert_eq!(read(urumqi, 43.8, 77.6), Some((Crs::Crs84, false)));
        assert_eq!(code(wuhan, 3_375_000.0, 38_515_000.0), Some((4526, true)));
        assert_eq!(code(wuhan, 38_515_000.0, 3_375_000.0), Some((4526, false)));
        assert_eq!(code(wuhan, 3_375_000.0, 515_000.0), Some((4547, true)));
        assert_eq!(code(wuhan, 515_000.0, 3_375_000.0), Some((4547, false)));
        assert_eq!(code(wuhan, 12_708_000.0, 3_571_000.0), None);
        // The number of the zone holds everywhere; without it the data shows the zone.
        assert_eq!(code(wuhan, 3_465_568.0, 40_568_540.0), Some((4528, true)));
        assert_eq!(code(Some(auckland), 3_465_568.0, 40_568_540.0), Some((4528, true)));
        assert_eq!(code(Some(suzhou), 3_465_568.0, 568_540.0), Some((4549, true)));
        assert_eq!(code(Some(auckland), 3_465_568.0, 568_540.0), None);
        assert_eq!(code(None, 3_465_568.0, 568_540.0), None);
        // Data on both sides of 121.5 degrees: 642 km are there in zone 40, 358 km in zone 41, 500 km in neither.
        let border = Some(Bounds { west: 121.2, east: 121.8, ..suzhou });
        assert_eq!(code(border, 3_465_568.0, 642_000.0), Some((4549, true)));
        assert_eq!(code(border, 3_465_568.0, 358_000.0), Some((4550, true)));
        assert_eq!(code(border, 3_465_568.0, 500_000.0), None);
    }

    /// EPSG has latitude before longitude in 4326 and 4490, OGC longitude before latitude in CRS84.
    #[test]
    fn degrees_of_a_named_system_have_the_order_of_its_definition() {
        let first = |crs, a, b| reading_in(&[[a, b]], crs).north_first;
        for crs in [Crs::Epsg4326, Crs::Epsg4490] {
            assert!(first(crs, 43.8, 87.6) && first(crs, 48.8, 2.3) && first(crs, 87.6, 43.8));
            // No latitude is of 114 degrees.
            assert!(first(crs, 30.5, 114.2) && !first(crs, 114.2, 30.5));
        }
        assert!(!first(Crs::Crs84, 43.8, 87.6) && first(Crs::Crs84, 30.5, 114.2));
    }

    #[test]
    fn lists_of_boundary_points_are_read() {
        let list = "J1, 3375000.5, 515000\nJ2\t3375100 515000；J3 3375100,515100\n\n";
        assert_eq!(
            parse(list),
            Ok(vec![[3_375_000.5, 515_000.0], [3_375_100.0, 515_000.0], [3_375_100.0, 515_100.0]])
        );
        assert!(parse("1 2\n3 4 5 6").is_err_and(|fault| fault.starts_with("line 2:")));
        assert!(parse("a b").is_err());
        assert!(parse(" \n").is_err());
    }

    #[test]
    fn outlines_close_and_tell_when_they_cross() {
        let reading = Reading { crs: Crs::Crs84, north_first: true };
        let square = shape(&[[0.0, 0.0], [0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]], reading);
        let Ok(Shape::Polygon(square)) = square else { panic!("a polygon") };
        // Four corners and the first again; the first number went north.
        assert_eq!(square.exterior().0.len(), 5);
        assert_eq!(square.exterior().0[1], Coord { x: 1.0, y: 0.0 });
        assert_eq!(fault(&Shape::Polygon(square)), None);
        let bow = shape(&[[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]], reading).expect("in range");
        assert!(fault(&bow).is_some());
    }
}
