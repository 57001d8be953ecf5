//! Well-known binary to figures.

use std::fmt::Write as _;

use super::Beyond;
use crate::geometry::GeometryKind;
use crate::geometry::wkb::{CURVES, Cursor, DEEPEST, Dimensions, Drawn};
use crate::intake::row::Figure;

/// Bytes as pairs of hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02X}");
        text
    })
}

/// The bytes of hexadecimal digits, before which databases write `\x` or `0x`; `None` for any other text.
pub(super) fn of_hex(text: &str) -> Option<Vec<u8>> {
    let text = text.strip_prefix("\\x").or_else(|| text.strip_prefix("0x")).unwrap_or(text);
    let digit = |sign: u8| char::from(sign).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if text.is_empty() || !rest.is_empty() {
        return None;
    }
    pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect()
}

/// The id of the system that a geometry states in the notation of `PostGIS`.
pub(super) fn srid(bytes: &[u8]) -> Option<u32> {
    const STATES_ONE: u32 = 0x2000_0000;
    let (order, bytes) = bytes.split_first()?;
    let (kind, bytes) = bytes.split_first_chunk()?;
    let (id, _) = bytes.split_first_chunk()?;
    let whole = |bytes: &[u8; 4]| {
        if *order == 0 { u32::from_be_bytes(*bytes) } else { u32::from_le_bytes(*bytes) }
    };
    (whole(kind) & STATES_ONE != 0).then(|| whole(id))
}

/// What the positions of a geometry have beside two numbers, by its head.
pub(super) fn beyond(bytes: &[u8]) -> Beyond {
    Cursor::new(bytes).head_of_any().map_or(Beyond::default(), |(_, dimensions)| Beyond {
        heights: dimensions.has_altitude,
        measures: dimensions.has_measure,
    })
}

/// Appends the figures of a geometry.
pub(super) fn figures(bytes: &[u8], into: &mut Vec<Figure>) -> Result<(), String> {
    geometry(&mut Cursor::new(bytes), into, 0)
}

fn geometry(cursor: &mut Cursor<'_>, into: &mut Vec<Figure>, depth: u8) -> Result<(), String> {
    if depth > DEEPEST {
        return Err(format!("collections are nested deeper than {DEEPEST}"));
    }
    let (drawn, dimensions) = cursor.head_of_any()?;
    match drawn {
        Drawn::Straight(GeometryKind::Point) => {
            let (at, _) = cursor.position(dimensions)?;
            // An empty point is written so.
            if !at[0].is_nan() {
                into.push(Figure::Point(at));
            }
        }
        Drawn::Straight(GeometryKind::LineString) => into.push(Figure::Line(run(cursor, dimensions)?)),
        Drawn::Straight(GeometryKind::Polygon) => {
            let rings = (0..cursor.count()?).map(|_| run(cursor, dimensions));
            into.extend(polygon(rings.collect::<Result<_, _>>()?));
        }
        Drawn::Straight(_) | Drawn::Members => {
            for _ in 0..cursor.count()? {
                geometry(cursor, into, depth + 1)?;
            }
        }
        Drawn::Chain => into.push(Figure::Line(chain(cursor)?)),
        Drawn::Rings => {
            let rings = (0..cursor.count()?).map(|_| curve(cursor));
            into.extend(polygon(rings.collect::<Result<_, _>>()?));
        }
        Drawn::Arcs => return Err(CURVES.to_owned()),
    }
    Ok(())
}

fn polygon(rings: Vec<Vec<[f64; 2]>>) -> Option<Figure> {
    (!rings.is_empty()).then_some(Figure::Polygon(rings))
}

/// The positions of a line that may be one of several pieces, none of them bent.
fn curve(cursor: &mut Cursor<'_>) -> Result<Vec<[f64; 2]>, String> {
    match cursor.head_of_any()? {
        (Drawn::Straight(GeometryKind::LineString), dimensions) => run(cursor, dimensions),
        (Drawn::Chain, _) => chain(cursor),
        _ => Err(CURVES.to_owned()),
    }
}

fn chain(cursor: &mut Cursor<'_>) -> Result<Vec<[f64; 2]>, String> {
    let pieces = (0..cursor.count()?).map(|_| match cursor.head_of_any()? {
        (Drawn::Straight(GeometryKind::LineString), dimensions) => run(cursor, dimensions),
        _ => Err(CURVES.to_owned()),
    });
    Ok(joined(pieces.collect::<Result<_, _>>()?))
}

/// One line of pieces that begin where the one before ends.
pub(super) fn joined(pieces: Vec<Vec<[f64; 2]>>) -> Vec<[f64; 2]> {
    let mut all: Vec<[f64; 2]> = Vec::new();
    for piece in pieces {
        let is_joined = !all.is_empty() && all.last() == piece.first();
        all.extend(&piece[usize::from(is_joined)..]);
    }
    all
}

fn run(cursor: &mut Cursor<'_>, dimensions: Dimensions) -> Result<Vec<[f64; 2]>, String> {
    (0..cursor.positions(dimensions)?).map(|_| Ok(cursor.position(dimensions)?.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(hex: &str) -> Result<Vec<Figure>, String> {
        let mut into = Vec::new();
        figures(&of_hex(hex).expect("digits"), &mut into).map(|()| into)
    }

    #[test]
    fn points_of_all_notations_are_read() {
        // By PostGIS: POINT(1 2), POINT Z (1 2 3) in its own notation with SRID 4490, and POINT(1 2), the high byte first.
        let plain = "0101000000000000000000F03F0000000000000040";
        let high = "01010000A08A110000000000000000F03F00000000000000400000000000000840";
        let big = "00000000013FF00000000000004000000000000000";
        for hex in [plain, high, big] {
            assert_eq!(read(hex), Ok(vec![Figure::Point([1.0, 2.0])]), "{hex}");
        }
        let stated = |hex: &str| srid(&of_hex(hex).expect("digits"));
        assert_eq!([plain, high, big].map(stated), [None, Some(4490), None]);
        assert!(read(&plain[..30]).is_err());
        assert_eq!(hex(&[0, 0x1F, 0xF0]), "001FF0");
        assert_eq!(of_hex("\\x001ff0"), Some(vec![0, 0x1F, 0xF0]));
        assert_eq!((of_hex("001"), of_hex("00G0"), of_hex("")), (None, None, None));
        // A ring of four thousand million positions in no bytes.
        assert!(read("010300000001000000FFFFFFFF").is_err());
    }
}
