//! Coordinates as people write them: numbers, degrees with minutes and seconds, pairs and outlines in one cell.

use super::rings::grouped;
use crate::intake::number::{joined, written};
use crate::intake::row::{Cell, Figure};
use crate::model::narrowed;

/// Which coordinate a text says that it is, by its hemisphere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    East,
    North,
}

/// A coordinate, and which one it says it is.
type Coordinate = (f64, Option<Axis>);

/// The coordinate of a cell; none of an empty one.
pub(super) fn coordinate(cell: &Cell) -> Result<Option<f64>, ()> {
    match cell {
        Cell::Null => Ok(None),
        Cell::Text(text) => read(text).map(|(value, _)| Some(value)).ok_or(()),
        other => other.as_number().map(Some).ok_or(()),
    }
}

/// Signs of hemispheres, with the factor and the axis; before and behind.
const HEMISPHERES: &[(&str, f64, Axis)] = &[
    ("东经", 1.0, Axis::East),
    ("西经", -1.0, Axis::East),
    ("北纬", 1.0, Axis::North),
    ("南纬", -1.0, Axis::North),
    ("E", 1.0, Axis::East),
    ("W", -1.0, Axis::East),
    ("N", 1.0, Axis::North),
    ("S", -1.0, Axis::North),
];

/// Names of coordinates that may stand before them.
const NAMES: &[&str] = &["经度", "纬度", "X", "Y", "LON", "LNG", "LAT"];

/// Reads one coordinate.
pub(super) fn read(text: &str) -> Option<Coordinate> {
    let folded: String =
        narrowed(text).chars().filter(|c| !is_invisible(*c)).collect::<String>().to_uppercase();
    let mut bare = folded.trim().trim_start_matches('\'').trim();
    let named = NAMES.iter().find_map(|name| bare.strip_prefix(name)?.trim_start().strip_prefix(['=', ':']));
    bare = named.map_or(bare, str::trim);
    let before = HEMISPHERES.iter().find(|(sign, ..)| bare.starts_with(sign));
    bare = before.map_or(bare, |(sign, ..)| bare[sign.len()..].trim_start_matches([':', ' ']));
    let behind = HEMISPHERES.iter().find(|(sign, ..)| bare.ends_with(sign));
    bare = behind.map_or(bare, |(sign, ..)| bare[..bare.len() - sign.len()].trim());
    if let (Some(before), Some(behind)) = (before, behind)
        && before != behind
    {
        return None;
    }
    let hemisphere = before.or(behind);
    let value = number(bare).or_else(|| sexagesimal(bare))?;
    // A sign and a hemisphere say the same thing twice, or contradict.
    if hemisphere.is_some() && value < 0.0 {
        return None;
    }
    let (factor, axis) = hemisphere.map_or((1.0, None), |(_, factor, axis)| (*factor, Some(*axis)));
    Some((factor * value, axis))
}

/// Does a sign take no room, as those that are copied from pages?
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}' | '\u{2060}' | '\u{FEFF}')
}

/// A number, perhaps with metres behind it, or with spaces or apostrophes between groups of three digits.
fn number(text: &str) -> Option<f64> {
    let text = text.strip_suffix(['M', '米']).unwrap_or(text).trim_end();
    let value = |text: &str, is_decimal: bool| {
        written(text, is_decimal)
            .filter(|read| !read.is_limit && read.behind.is_empty())
            .map(|read| read.value)
    };
    let (sign, bare) = text.strip_prefix('-').map_or((1.0, text), |text| (-1.0, text));
    let is_plain = |text: &String| text.bytes().all(|byte| byte.is_ascii_digit() || b".,".contains(&byte));
    // Where groups are parted so, a comma is one of decimals.
    value(text, false).or_else(|| Some(sign * value(&joined(bare).filter(is_plain)?, true)?))
}

/// Degrees, perhaps with minutes and seconds: with their signs, or all three with colons, hyphens or spaces between.
fn sexagesimal(text: &str) -> Option<f64> {
    const DEGREE: [char; 5] = ['°', 'º', '˚', '∘', '度'];
    const OTHERS: [char; 14] = ['′', '\'', '’', '‘', '´', '`', 'ʹ', '分', '″', '"', '”', '“', 'ʺ', '秒'];
    let (sign, text) = text.strip_prefix('-').map_or((1.0, text), |text| (-1.0, text));
    let parts: Vec<&str> = if let Some((degrees, rest)) = text.split_once(DEGREE) {
        let rest = rest.split(OTHERS).map(str::trim).filter(|part| !part.is_empty());
        std::iter::once(degrees.trim()).chain(rest).collect()
    } else {
        let parts = [':', '-', ' '].map(|sign| text.split(sign).map(str::trim).collect::<Vec<_>>());
        parts.into_iter().find(|parts| parts.len() == 3)?
    };
    let is_plain = |part: &&str| part.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let numbers: Vec<f64> =
        parts.iter().filter(|part| is_plain(part)).map(|part| part.parse()).collect::<Result<_, _>>().ok()?;
    let are_whole = numbers.iter().rev().skip(1).all(|number| number.fract() == 0.0);
    // The last part may have been rounded up to 60, as in 114°5′60.0″.
    let last = numbers.len().checked_sub(1)?;
    let are_below = (1..=last).all(|at| numbers[at] < 60.0 || at == last && numbers[at] == 60.0);
    if numbers.len() != parts.len() || !are_whole || !are_below || numbers.first()? > &180.0 {
        return None;
    }
    match numbers[..] {
        [degrees] => Some(sign * degrees),
        [degrees, minutes] => Some(sign * (degrees + minutes / 60.0)),
        [degrees, minutes, seconds] => Some(sign * (degrees + minutes / 60.0 + seconds / 3600.0)),
        _ => None,
    }
}

/// Two coordinates in one cell, parted by a comma, a semicolon or a space; longitude first where they say what they are.
pub(super) fn joint(text: &str) -> Option<[f64; 2]> {
    let text = narrowed(text);
    let text = text.trim();
    let text = text.strip_prefix(['(', '[']).and_then(|text| text.strip_suffix([')', ']'])).unwrap_or(text);
    let parts = |signs: &[char]| -> Vec<&str> {
        text.split(signs).map(str::trim).filter(|part| !part.is_empty()).collect()
    };
    let parts = match parts(&[';', '、', ' ']) {
        parts if parts.len() == 2 && !parts[0].ends_with(',') => parts,
        _ => parts(&[',']),
    };
    let [first, second] = parts[..] else { return None };
    match (read(first)?, read(second)?) {
        ((_, Some(one)), (_, Some(other))) if one == other => None,
        ((north, Some(Axis::North)), (east, _)) | ((east, _), (north, Some(Axis::North))) => {
            Some([east, north])
        }
        ((first, _), (second, _)) => Some([first, second]),
    }
}

/// An outline in one cell: corners behind each other, perhaps each in brackets or behind its number, parted by semicolons, bars,
/// lines, spaces or commas.
pub(super) fn outline(text: &str) -> Option<Vec<Figure>> {
    let text = narrowed(text);
    let text = text.trim();
    let parted = [&[';', '|', '\n'][..], &[' '], &[',']]
        .map(|signs| text.split(signs).map(str::trim).filter(|corner| !corner.is_empty()).collect());
    in_brackets(text).into_iter().chain(parted).find_map(|corners: Vec<&str>| {
        let points: Vec<[f64; 2]> = corners.into_iter().map(corner).collect::<Option<_>>()?;
        polygons(&points).ok()
    })
}

/// Corners that stand each in brackets, whatever parts them.
fn in_brackets(text: &str) -> Option<Vec<&str>> {
    let inner = text.strip_prefix("[[").and_then(|text| text.strip_suffix("]]"));
    let all = inner.or_else(|| text.strip_suffix([']', ')']))?;
    let corners = all.split([']', ')']).map(|corner| corner.trim_start_matches([',', ';', '、', ' ', '\n']));
    Some(corners.filter(|corner| !corner.is_empty()).collect())
}

/// A corner of an outline, perhaps behind its number: `J1:X=1,Y=2`, `J1(1,2`, `1,1,2`.
fn corner(text: &str) -> Option<[f64; 2]> {
    let unnumbered = || {
        let digits = text.trim_start_matches(|c: char| c.is_alphabetic());
        let rest = digits.trim_start_matches(|c: char| c.is_ascii_digit());
        let is_number = rest.len() < digits.len();
        rest.trim_start().strip_prefix([':', '(', '[', ',', '、']).filter(|_| is_number).and_then(joint)
    };
    joint(text.trim_start_matches(['(', '['])).or_else(unnumbered)
}

/// Polygons of points in order. A ring ends where it comes back to its first point, and the next begins; one that lies in
/// another is its hole, in whichever order they come. The last one need not come back.
pub(super) fn polygons(points: &[[f64; 2]]) -> Result<Vec<Figure>, String> {
    let mut rings: Vec<Vec<[f64; 2]>> = vec![Vec::new()];
    for &at in points {
        let ring = rings.last_mut().expect("never empty");
        if ring.last() == Some(&at) {
            continue;
        }
        ring.push(at);
        if ring.len() > 3 && ring[0] == at {
            rings.push(Vec::new());
        }
    }
    if rings.len() > 1 && rings.last().is_some_and(Vec::is_empty) {
        rings.pop();
    }
    for ring in &mut rings {
        if ring.len() < 3 {
            return Err(format!("has an outline of {} points, expected three or more", ring.len()));
        }
        if ring[0] != ring[ring.len() - 1] {
            ring.push(ring[0]);
        }
    }
    Ok(grouped(rings).polygons.into_iter().map(Figure::Polygon).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn coordinates_are_read_as_people_write_them() {
        // 9′36″ are 0.16 of a degree, 30′ half of one.
        for text in [
            "114.16",
            "114°9′36″",
            "114°09’36”",
            "114º09'36\"",
            "114°09'36''",
            "114°09´36\"",
            "东经114°09′36″",
            "E114°09′36″",
            "114°9′36″E",
            "114:09:36",
            "114-09-36",
            "114 09 36",
            "１１４°０９′３６″",
            "114.16E",
            "E114.16",
            "114.16°",
            "'114.16",
            "114.16\u{200B}",
            "114度9.6分",
            "X=114.16",
            "经度：114.16",
        ] {
            let value = read(text).map(|(value, _)| value);
            assert!(value.is_some_and(|value| (value - 114.16).abs() < 1e-12), "{text}: {value:?}");
        }
        for text in [
            "38515349.181m",
            "38 515 349.181",
            "38,515,349.181",
            "38515349.181米",
            "38\u{202F}515\u{202F}349,181",
            "38’515’349.181",
        ] {
            assert_eq!(read(text), Some((38_515_349.181, None)), "{text}");
        }
        for (text, value) in [
            ("W114°", -114.0),
            ("S30°30′", -30.5),
            // Seconds that were rounded up: 29′60″ are 30′.
            ("30°29′60.0000″", 30.5),
            ("30-29-60", 30.5),
            ("30°59′60″", 31.0),
            ("30°60′", 31.0),
            ("30.5S", -30.5),
            ("-30-30-00", -30.5),
            ("西经114", -114.0),
        ] {
            assert_eq!(read(text).map(|(value, _)| value), Some(value), "{text}");
        }
        for text in [
            "30°75′",
            "30°60′10″",
            "30°30′60.1″",
            "unknown",
            "114-09",
            "114.5°30′",
            "E114W",
            "W-114",
            "190°",
            "114-09-75",
            "12 34",
            "1 234e5",
            "12\n345",
            "无",
            "",
            "2026-05-01",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn one_cell_may_hold_both_coordinates() {
        for text in [
            "113.7,30.2",
            "113.7， 30.2",
            "113.7 30.2",
            "113.7;30.2",
            "113,7; 30,2",
            "113°42′,30°12′",
            "(113.7, 30.2)",
            "东经113.7，北纬30.2",
            "北纬30.2，东经113.7",
            "30.2N 113.7E",
            "X=113.7,Y=30.2",
        ] {
            assert_eq!(joint(text), Some([113.7, 30.2]), "{text}");
        }
        for text in ["见附图", "113.7", "113.7,30.2;113.8,30.2", "1,2,3", "113E,114E"] {
            assert_eq!(joint(text), None, "{text}");
        }
    }

    #[test]
    fn points_in_order_are_polygons() {
        let square = |x: f64, size: f64| [[x, x], [x + size, x], [x + size, x + size], [x, x + size], [x, x]];
        let (outer, hole, apart) = (square(0.0, 10.0), square(2.0, 2.0), square(20.0, 1.0));
        let polygon =
            |rings: &[[[f64; 2]; 5]]| Figure::Polygon(rings.iter().map(|ring| ring.to_vec()).collect());
        let all = [outer, hole, apart].concat();
        assert_eq!(polygons(&all), Ok(vec![polygon(&[outer, hole]), polygon(&[apart])]));
        // A hole before its shell, and an island in the hole.
        let island = square(2.5, 1.0);
        let nested = [hole, outer, island].concat();
        assert_eq!(polygons(&nested), Ok(vec![polygon(&[outer, hole]), polygon(&[island])]));
        assert_eq!(polygons(&outer[..4]), Ok(vec![polygon(&[outer])]), "closed where it is open");
        assert!(polygons(&outer[..2]).is_err());
        assert!(polygons(&[&outer[..], &hole[..2]].concat()).is_err(), "the second ring has two points");
        let text = "0,0;10,0;10,10;0,10";
        assert_eq!(outline(text), Some(vec![polygon(&[outer])]));
        for text in [
            "0,0 10,0 10,10 0,10",
            "0 0,10 0,10 10,0 10",
            "0 0，10 0，10 10，0 10",
            "J1(0,0) J2(10,0) J3(10,10) J4(0,10)",
            "(0,0),(10,0),(10,10),(0,10)",
            "[[0,0],[10,0],[10,10],[0,10]]",
            "1,0,0;2,10,0;3,10,10;4,0,10",
            "J1:X=0,Y=0;J2:X=10,Y=0;J3:X=10,Y=10;J4:X=0,Y=10",
            "J1：0，0\nJ2：10，0\nJ3：10，10\nJ4：0，10",
        ] {
            assert_eq!(outline(text), Some(vec![polygon(&[outer])]), "{text}");
        }
        for text in ["0,0;10,0", "1,2,3", "0 0 10 0 10 10", "J1,J2,J3", "见附图"] {
            assert_eq!(outline(text), None, "{text}");
        }
    }
}
