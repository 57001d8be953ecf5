//! Well-known binary to figures.

use crate::geometry::GeometryKind;
use crate::geometry::wkb::{Cursor, DEEPEST, Dimensions};
use crate::intake::row::Figure;

/// Appends the figures of a geometry.
pub(super) fn figures(bytes: &[u8], into: &mut Vec<Figure>) -> Result<(), String> {
    geometry(&mut Cursor::new(bytes), into, 0)
}

fn geometry(cursor: &mut Cursor<'_>, into: &mut Vec<Figure>, depth: u8) -> Result<(), String> {
    if depth > DEEPEST {
        return Err(format!("collections are nested deeper than {DEEPEST}"));
    }
    let (kind, dimensions) = cursor.head()?;
    match kind {
        GeometryKind::Point => {
            let (at, _) = cursor.position(dimensions)?;
            // An empty point is written so.
            if !at[0].is_nan() {
                into.push(Figure::Point(at));
            }
        }
        GeometryKind::LineString => into.push(Figure::Line(run(cursor, dimensions)?)),
        GeometryKind::Polygon => {
            let rings =
                (0..cursor.count()?).map(|_| run(cursor, dimensions)).collect::<Result<Vec<_>, _>>()?;
            if !rings.is_empty() {
                into.push(Figure::Polygon(rings));
            }
        }
        _ => {
            for _ in 0..cursor.count()? {
                geometry(cursor, into, depth + 1)?;
            }
        }
    }
    Ok(())
}

fn run(cursor: &mut Cursor<'_>, dimensions: Dimensions) -> Result<Vec<[f64; 2]>, String> {
    (0..cursor.positions(dimensions)?).map(|_| Ok(cursor.position(dimensions)?.0)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(hex: &str) -> Result<Vec<Figure>, String> {
        let bytes: Vec<u8> =
            (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).unwrap()).collect();
        let mut into = Vec::new();
        figures(&bytes, &mut into).map(|()| into)
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
        assert!(read(&plain[..30]).is_err());
        // A ring of four thousand million positions in no bytes.
        assert!(read("010300000001000000FFFFFFFF").is_err());
    }
}
