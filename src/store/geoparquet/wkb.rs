//! Well-known binary to the positions of a feature.

use crate::geometry::GeometryKind;
use crate::geometry::wkb::{Cursor, DEEPEST, Dimensions};
use crate::store::shapes::{Depth, Node, Shapes};

/// Appends a geometry.
pub(super) fn read(bytes: &[u8], shapes: &mut Shapes) -> Result<(), String> {
    let mut cursor = Cursor::new(bytes);
    geometry(&mut cursor, shapes, None, 0)?;
    if cursor.is_at_end() {
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
    let (kind, dimensions) = cursor.head()?;
    let mut open = shapes.open();
    open.kind = Some(kind);
    match kind {
        GeometryKind::GeometryCollection => {
            for _ in 0..cursor.count()? {
                geometry(cursor, shapes, Some(kind), depth + 1)?;
            }
            open.has_members = true;
        }
        _ => open.found = Some(Node::List(coordinates(cursor, shapes, kind, dimensions)?)),
    }
    shapes.close(&open, within.is_some())
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
    for _ in 0..cursor.count()? {
        let found = match part {
            None => run(cursor, shapes, dimensions)?,
            Some(part) => {
                let (found, dimensions) = cursor.head()?;
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
    let count = cursor.positions(dimensions)?;
    if let Some(positions) = cursor.plain_positions(count, dimensions) {
        shapes.extend(positions);
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
    let (position, metres) = cursor.position(dimensions)?;
    let is_empty = position.iter().all(|number| number.is_nan());
    if !is_empty {
        shapes.push(position, metres);
    }
    Ok(!is_empty)
}
