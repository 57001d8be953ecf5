//! Well-known binary (OGC 06-103r4, 8) to the positions of a feature, with heights in the notations of ISO and of other programs.

use crate::geometry::GeometryKind;
use crate::store::shapes::{Depth, Node, Shapes};

/// Deepest nesting of collections.
const DEEPEST: u8 = 16;

const CUT_OFF: &str = "the geometry ends too early";

struct Cursor<'a> {
    left: &'a [u8],
    is_little: bool,
}

impl Cursor<'_> {
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

/// Which numbers a position has beside longitude and latitude.
#[derive(Clone, Copy)]
struct Dimensions {
    has_altitude: bool,
    has_measure: bool,
}

impl Dimensions {
    fn bytes(self) -> usize {
        8 * (2 + usize::from(self.has_altitude) + usize::from(self.has_measure))
    }
}

/// Appends a geometry.
pub(super) fn read(bytes: &[u8], shapes: &mut Shapes) -> Result<(), String> {
    let mut cursor = Cursor { left: bytes, is_little: true };
    geometry(&mut cursor, shapes, None, 0)?;
    if cursor.left.is_empty() {
        Ok(())
    } else {
        Err("more bytes follow after the end of the geometry".to_owned())
    }
}

/// A geometry of its own, or within a collection so many levels deep.
fn geometry(
    cursor: &mut Cursor<'_>,
    shapes: &mut Shapes,
    within: Option<GeometryKind>,
    depth: u8,
) -> Result<(), String> {
    if depth > DEEPEST {
        return Err(format!("collections are nested deeper than {DEEPEST}"));
    }
    let (kind, dimensions) = head(cursor)?;
    let mut open = shapes.open();
    open.kind = Some(kind);
    match kind {
        GeometryKind::GeometryCollection => {
            for _ in 0..cursor.whole()? {
                geometry(cursor, shapes, Some(kind), depth + 1)?;
            }
            open.has_members = true;
        }
        _ => open.found = Some(Node::List(coordinates(cursor, shapes, kind, dimensions)?)),
    }
    shapes.close(&open, within.is_some())
}

fn head(cursor: &mut Cursor<'_>) -> Result<(GeometryKind, Dimensions), String> {
    cursor.is_little = match cursor.take::<1>()? {
        [0] => false,
        [1] => true,
        [other] => return Err(format!("the geometry begins with {other}, expected the byte order 0 or 1")),
    };
    let code = cursor.whole()?;
    // ISO adds thousands; others set the highest bits, the third of them for an id of the system, which follows.
    let (plain, flags) = (code & 0x1FFF_FFFF, code >> 29);
    if flags & 1 == 1 {
        cursor.whole()?;
    }
    let thousands = plain / 1000;
    let dimensions = Dimensions {
        has_altitude: flags & 4 == 4 || matches!(thousands, 1 | 3),
        has_measure: flags & 2 == 2 || matches!(thousands, 2 | 3),
    };
    let kind = match plain % 1000 {
        1 => GeometryKind::Point,
        2 => GeometryKind::LineString,
        3 => GeometryKind::Polygon,
        4 => GeometryKind::MultiPoint,
        5 => GeometryKind::MultiLineString,
        6 => GeometryKind::MultiPolygon,
        7 => GeometryKind::GeometryCollection,
        _ => {
            return Err(format!(
                "geometry type {code} is none of points, lines and polygons with straight edges"
            ));
        }
    };
    if thousands > 3 {
        return Err(format!("geometry type {code} is unknown"));
    }
    Ok((kind, dimensions))
}

/// How deep the coordinates are, as in `GeoJSON`; `None` for empty ones.
fn coordinates(
    cursor: &mut Cursor<'_>,
    shapes: &mut Shapes,
    kind: GeometryKind,
    dimensions: Dimensions,
) -> Result<Option<Depth>, String> {
    let part = match kind {
        GeometryKind::Point => return Ok(position(cursor, shapes, dimensions)?.then_some(0)),
        GeometryKind::LineString => return Ok(run(cursor, shapes, dimensions)?),
        GeometryKind::Polygon => None,
        GeometryKind::MultiPoint => Some(GeometryKind::Point),
        GeometryKind::MultiLineString => Some(GeometryKind::LineString),
        _ => Some(GeometryKind::Polygon),
    };
    let mut inner = None;
    for _ in 0..cursor.whole()? {
        let found = match part {
            None => run(cursor, shapes, dimensions)?,
            Some(part) => {
                let (found, dimensions) = head(cursor)?;
                if found != part {
                    return Err(format!("a {} holds a {}", kind.name(), found.name()));
                }
                coordinates(cursor, shapes, part, dimensions)?
            }
        };
        inner = inner.or(found);
    }
    Ok(shapes.end_list(inner))
}

/// A list of positions.
fn run(
    cursor: &mut Cursor<'_>,
    shapes: &mut Shapes,
    dimensions: Dimensions,
) -> Result<Option<Depth>, &'static str> {
    let count = cursor.whole()? as usize;
    let bytes =
        count.checked_mul(dimensions.bytes()).filter(|bytes| *bytes <= cursor.left.len()).ok_or(CUT_OFF)?;
    if cursor.is_little && dimensions.bytes() == 16 {
        let (positions, left) = cursor.left.split_at(bytes);
        cursor.left = left;
        let number = |bytes: &[u8; 16], start: usize| {
            f64::from_le_bytes(std::array::from_fn(|byte| bytes[start + byte]))
        };
        shapes.extend(positions.as_chunks().0.iter().map(|bytes| [number(bytes, 0), number(bytes, 8)]));
    } else {
        for _ in 0..count {
            position(cursor, shapes, dimensions)?;
        }
    }
    Ok(shapes.end_list((count > 0).then_some(0)))
}

/// A position; false for one without numbers, which stands for an empty point (OGC 12-128r18, clause 2.1.3).
fn position(
    cursor: &mut Cursor<'_>,
    shapes: &mut Shapes,
    dimensions: Dimensions,
) -> Result<bool, &'static str> {
    let position = [cursor.real()?, cursor.real()?];
    let metres = if dimensions.has_altitude { cursor.real()? } else { f64::NAN };
    if dimensions.has_measure {
        cursor.real()?;
    }
    let is_empty = position[0].is_nan() && position[1].is_nan();
    if !is_empty {
        shapes.push(position, metres);
    }
    Ok(!is_empty)
}
