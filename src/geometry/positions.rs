//! Typed or pasted positions as a shape.
//!
//! In: lines of coordinates as people copy them from lists of boundary points, and perhaps the system they are in. Out: a
//! shape in degrees, longitude first, and how the numbers were understood. Leaves out: well-known text and GeoJSON,
//! which say themselves what they are.

use geo::{MapCoords as _, Validation as _};
use geo_types::{Coord, LineString, Point, Polygon};

use super::crs::Crs;
use super::shape::Shape;

/// Most positions of a list.
const MOST: usize = 100_000;

/// How coordinates were understood.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reading {
    /// Their system.
    pub crs: Crs,
    /// Does the first number of each position go north?
    pub north_first: bool,
}

/// The system and the order of axes that numbers show: degrees by their range; of the Gauss–Krüger systems of this
/// service an easting of eight digits that begins with the number of the zone is that of EPSG 4526, and one of six
/// digits that of 4547, beside a northing of seven. Degrees that fit both ways are longitude first.
#[must_use]
pub fn reading_of(positions: &[[f64; 2]]) -> Option<Reading> {
    let all = |test: &dyn Fn(f64, f64) -> bool| positions.iter().all(|&[a, b]| test(a, b));
    let known = |crs, north_first| Some(Reading { crs, north_first });
    if positions.is_empty() {
        return None;
    }
    if all(&|a, b| a.abs() <= 180.0 && b.abs() <= 90.0) {
        return known(Crs::Crs84, false);
    }
    if all(&|a, b| a.abs() <= 90.0 && b.abs() <= 180.0) {
        return known(Crs::Crs84, true);
    }
    let northing = |value: f64| (1e6..1e7).contains(&value);
    let zoned = |value: f64| (38e6..39e6).contains(&value);
    let plain = |value: f64| (1e5..1e6).contains(&value);
    for (is_easting, crs) in [(&zoned as &dyn Fn(f64) -> bool, Crs::Epsg4526), (&plain, Crs::Epsg4547)] {
        if all(&|a, b| northing(a) && is_easting(b)) {
            return known(crs, true);
        }
        if all(&|a, b| is_easting(a) && northing(b)) {
            return known(crs, false);
        }
    }
    None
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
    shape.check_validation().err().map(|fault| fault.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_show_their_system_and_order() {
        let read = |a, b| reading_of(&[[a, b]]).map(|reading| (reading.crs, reading.north_first));
        assert_eq!(read(114.16, 30.5), Some((Crs::Crs84, false)));
        assert_eq!(read(30.5, 114.16), Some((Crs::Crs84, true)));
        // Both fit: longitude first.
        assert_eq!(read(30.5, 60.0), Some((Crs::Crs84, false)));
        assert_eq!(read(3_375_000.0, 38_515_000.0), Some((Crs::Epsg4526, true)));
        assert_eq!(read(38_515_000.0, 3_375_000.0), Some((Crs::Epsg4526, false)));
        assert_eq!(read(3_375_000.0, 515_000.0), Some((Crs::Epsg4547, true)));
        assert_eq!(read(515_000.0, 3_375_000.0), Some((Crs::Epsg4547, false)));
        assert_eq!(read(12_708_000.0, 3_571_000.0), None);
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
