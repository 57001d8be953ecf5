//! Well-known binary (OGC 06-103r4, 8), piece by piece, with heights in the notations of ISO and of other programs.

use super::array::GeometryKind;

/// Deepest nesting of collections.
pub(crate) const DEEPEST: u8 = 16;

const CUT_OFF: &str = "the geometry ends too early";

/// Positions of two numbers each, the lowest byte first.
fn plain(bytes: &[u8]) -> impl Iterator<Item = [f64; 2]> + Clone {
    let number =
        |bytes: &[u8; 16], start: usize| f64::from_le_bytes(std::array::from_fn(|byte| bytes[start + byte]));
    bytes.as_chunks().0.iter().map(move |bytes| [number(bytes, 0), number(bytes, 8)])
}

/// The ring of a polygon that has one, written as most programs write it: two numbers a position, the lowest byte first.
pub(crate) fn only_ring(bytes: &[u8]) -> Option<impl Iterator<Item = [f64; 2]> + Clone> {
    const HEAD: [u8; 9] = [1, 3, 0, 0, 0, 1, 0, 0, 0];
    let (count, positions) = bytes.strip_prefix(&HEAD)?.split_first_chunk()?;
    let is_whole = (u32::from_le_bytes(*count) as usize).checked_mul(16) == Some(positions.len());
    is_whole.then(|| plain(positions))
}

/// Why a geometry is not taken whose edges are bent.
pub(crate) const CURVES: &str = "the geometry holds curves; save it with straight edges";

/// How a geometry is drawn (ISO/IEC 13249-3, 5.1.68): what may hold curves is often used where there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Drawn {
    Straight(GeometryKind),
    /// A circular string.
    Arcs,
    /// A compound curve: lines, each a geometry that begins where the one before it ends.
    Chain,
    /// A curve polygon: rings, each a geometry.
    Rings,
    /// A multicurve or multisurface.
    Members,
}

/// A place in a geometry.
pub(crate) struct Cursor<'a> {
    left: &'a [u8],
    is_little: bool,
}

/// Which numbers a position has beside two.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dimensions {
    pub(crate) has_altitude: bool,
    pub(crate) has_measure: bool,
}

impl Dimensions {
    fn bytes(self) -> usize {
        8 * (2 + usize::from(self.has_altitude) + usize::from(self.has_measure))
    }
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes, is_little: true }
    }

    /// Is nothing left?
    pub(crate) fn is_at_end(&self) -> bool {
        self.left.is_empty()
    }

    /// What a geometry begins with, where it is of no curves.
    pub(crate) fn head(&mut self) -> Result<(GeometryKind, Dimensions), String> {
        match self.head_of_any()? {
            (Drawn::Straight(kind), dimensions) => Ok((kind, dimensions)),
            _ => Err(CURVES.to_owned()),
        }
    }

    /// What a geometry begins with.
    pub(crate) fn head_of_any(&mut self) -> Result<(Drawn, Dimensions), String> {
        self.is_little = match self.take::<1>()? {
            [0] => false,
            [1] => true,
            [other] => return Err(format!("the order of bytes is {other}, expected 0 or 1")),
        };
        let code = self.whole()?;
        // ISO adds thousands; PostGIS sets the highest bits, the third of them for an id of the system, which follows.
        let (plain, flags) = (code & 0x1FFF_FFFF, code >> 29);
        if flags & 1 == 1 {
            self.whole()?;
        }
        let thousands = plain / 1000;
        let dimensions = Dimensions {
            has_altitude: flags & 4 == 4 || matches!(thousands, 1 | 3),
            has_measure: flags & 2 == 2 || matches!(thousands, 2 | 3),
        };
        let straight = |kind: GeometryKind| Some(Drawn::Straight(kind));
        let kind = match plain % 1000 {
            _ if thousands > 3 => None,
            1 => straight(GeometryKind::Point),
            2 => straight(GeometryKind::LineString),
            3 => straight(GeometryKind::Polygon),
            4 => straight(GeometryKind::MultiPoint),
            5 => straight(GeometryKind::MultiLineString),
            6 => straight(GeometryKind::MultiPolygon),
            7 => straight(GeometryKind::GeometryCollection),
            8 => Some(Drawn::Arcs),
            9 => Some(Drawn::Chain),
            10 => Some(Drawn::Rings),
            11 | 12 => Some(Drawn::Members),
            13 | 14 => return Err(CURVES.to_owned()),
            15 => {
                return Err(
                    "the geometry is a PolyhedralSurface, a surface in space, which is not taken".to_owned()
                );
            }
            16 => return Err("the geometry is a TIN, a surface in space, which is not taken".to_owned()),
            17 => {
                return Err("the geometry is a Triangle, which is not taken; save it as a polygon".to_owned());
            }
            _ => None,
        };
        let kind = kind.ok_or_else(|| format!("the geometry has the unknown type {code}"))?;
        Ok((kind, dimensions))
    }

    /// A count of geometries or rings.
    pub(crate) fn count(&mut self) -> Result<u32, &'static str> {
        self.whole()
    }

    /// A position and its metres above the ground, which are no number where it has none.
    pub(crate) fn position(&mut self, dimensions: Dimensions) -> Result<([f64; 2], f64), &'static str> {
        let position = [self.real()?, self.real()?];
        let metres = if dimensions.has_altitude { self.real()? } else { f64::NAN };
        if dimensions.has_measure {
            self.real()?;
        }
        Ok((position, metres))
    }

    /// How many positions a line or ring has; they follow, none of them cut off.
    pub(crate) fn positions(&mut self, dimensions: Dimensions) -> Result<usize, &'static str> {
        let count = self.whole()? as usize;
        let bytes = count.checked_mul(dimensions.bytes());
        bytes.filter(|bytes| *bytes <= self.left.len()).map(|_| count).ok_or(CUT_OFF)
    }

    /// So many positions at once, where they are written as most programs write them: two numbers each, the lowest byte first.
    pub(crate) fn plain_positions(
        &mut self,
        count: usize,
        dimensions: Dimensions,
    ) -> Option<impl Iterator<Item = [f64; 2]> + Clone + use<'a>> {
        let is_plain = self.is_little && dimensions.bytes() == 16;
        let (positions, left) = self.left.split_at_checked(count * 16).filter(|_| is_plain)?;
        self.left = left;
        Some(plain(positions))
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], &'static str> {
        let (taken, left) = self.left.split_first_chunk().ok_or(CUT_OFF)?;
        self.left = left;
        Ok(*taken)
    }

    fn whole(&mut self) -> Result<u32, &'static str> {
        let bytes = self.take()?;
        Ok(if self.is_little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn real(&mut self) -> Result<f64, &'static str> {
        let bytes = self.take()?;
        Ok(if self.is_little { f64::from_le_bytes(bytes) } else { f64::from_be_bytes(bytes) })
    }
}
