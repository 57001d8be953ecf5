//! Well-known binary (OGC 06-103r4, 8), with heights in the notations of ISO and of other programs.

use crate::intake::row::Figure;

/// Deepest nesting of collections.
const DEEPEST: u8 = 16;

struct Bytes<'a> {
    left: &'a [u8],
    is_little: bool,
}

impl Bytes<'_> {
    fn take<const N: usize>(&mut self) -> Result<[u8; N], String> {
        let (taken, left) = self.left.split_first_chunk().ok_or("the geometry ends too early")?;
        self.left = left;
        Ok(*taken)
    }

    fn whole(&mut self) -> Result<u32, String> {
        let bytes = self.take()?;
        Ok(if self.is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn real(&mut self) -> Result<f64, String> {
        let bytes = self.take()?;
        Ok(if self.is_little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    }

    /// A count of things that take so many bytes each at least.
    fn count(&mut self, least: usize) -> Result<usize, String> {
        let count = self.whole()? as usize;
        if count.saturating_mul(least) > self.left.len() {
            Err("the geometry ends too early".to_owned())
        } else {
            Ok(count)
        }
    }

    fn position(&mut self, dimensions: usize) -> Result<[f64; 2], String> {
        let position = [self.real()?, self.real()?];
        for _ in 2..dimensions {
            self.real()?;
        }
        Ok(position)
    }

    fn run(&mut self, dimensions: usize) -> Result<Vec<[f64; 2]>, String> {
        (0..self.count(dimensions * 8)?).map(|_| self.position(dimensions)).collect()
    }
}

/// Appends the figures of a geometry.
pub(super) fn figures(bytes: &[u8], into: &mut Vec<Figure>) -> Result<(), String> {
    geometry(&mut Bytes { left: bytes, is_little: true }, into, 0)
}

fn geometry(bytes: &mut Bytes<'_>, into: &mut Vec<Figure>, depth: u8) -> Result<(), String> {
    if depth > DEEPEST {
        return Err(format!("collections are nested deeper than {DEEPEST}"));
    }
    bytes.is_little = match bytes.take::<1>()? {
        [0] => false,
        [1] => true,
        [other] => return Err(format!("the order of bytes is {other}, expected 0 or 1")),
    };
    let code = bytes.whole()?;
    // Flags of PostGIS: height, measure, a code of the system before the coordinates.
    let flags = code >> 29;
    let (kind, ranks) = ((code & 0x1FFF_FFFF) % 1000, (code & 0x1FFF_FFFF) / 1000);
    let extra = match ranks {
        0 => (flags >> 2 & 1) + (flags >> 1 & 1),
        1 | 2 => 1,
        3 => 2,
        _ => return Err(format!("the geometry has the unknown type {code}")),
    };
    if flags & 1 == 1 {
        bytes.whole()?;
    }
    let dimensions = 2 + extra as usize;
    match kind {
        1 => {
            let at = bytes.position(dimensions)?;
            // An empty point is written so.
            if !at[0].is_nan() {
                into.push(Figure::Point(at));
            }
        }
        2 => into.push(Figure::Line(bytes.run(dimensions)?)),
        3 => {
            let rings = (0..bytes.count(4)?).map(|_| bytes.run(dimensions)).collect::<Result<Vec<_>, _>>()?;
            if !rings.is_empty() {
                into.push(Figure::Polygon(rings));
            }
        }
        4..=7 => {
            for _ in 0..bytes.count(5)? {
                geometry(bytes, into, depth + 1)?;
            }
        }
        8..=14 => return Err("the geometry holds curves; save it with straight edges".to_owned()),
        _ => return Err(format!("the geometry has the unknown type {code}")),
    }
    Ok(())
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
