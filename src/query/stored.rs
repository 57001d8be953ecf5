//! Stored features in filters: `feature('axes', 'chegu-avenue')` stands for the geometry of a feature, of whatever
//! collection.
//!
//! In: a filter as written and the catalogue of the request. Out: the same filter with the geometries in the place of
//! such calls, as if they had been written out. A binding sees one layer only, so this comes before it.

use geo::MapCoords as _;
use geo_types::Coord;

use super::cql2::{Expr, FilterError, Node, Op};
use super::functions::FEATURE;
use crate::catalog::Catalog;
use crate::geometry::{Crs, Shape};
use crate::model::cut;

/// Puts the geometries of features in the place of calls of `feature`, in the system of the filter.
///
/// # Errors
/// A call without two names, a collection or a feature that there is not, one without position, or one that the
/// system has no coordinates for.
pub fn with_features(expr: &mut Expr, crs: Crs, catalog: &Catalog) -> Result<(), FilterError> {
    let mut room = MOST_POSITIONS;
    put(expr, crs, catalog, &mut room)
}

/// The most positions of all features that a filter names: one may be named thousands of times.
const MOST_POSITIONS: usize = 1_000_000;

fn put(expr: &mut Expr, crs: Crs, catalog: &Catalog, room: &mut usize) -> Result<(), FilterError> {
    let operands: &mut [Expr] = match &mut expr.node {
        Node::Call(Op::Function(name), operands) if name.eq_ignore_ascii_case(FEATURE) => {
            let shape = shape_of(operands, crs, catalog, room);
            let shape = shape.map_err(|problem| FilterError::new(expr.at.clone(), problem))?;
            expr.node = Node::Geometry(shape);
            return Ok(());
        }
        Node::Call(_, operands) | Node::Array(operands) => operands,
        Node::Interval(ends) => {
            return ends.iter_mut().flatten().try_for_each(|end| put(end, crs, catalog, room));
        }
        _ => return Ok(()),
    };
    operands.iter_mut().try_for_each(|operand| put(operand, crs, catalog, room))
}

/// The geometry that a call names, in the order of the axes of a system.
fn shape_of(operands: &[Expr], crs: Crs, catalog: &Catalog, room: &mut usize) -> Result<Shape, String> {
    let [Expr { node: Node::Text(collection), .. }, Expr { node: id, .. }] = operands else {
        return Err(expected());
    };
    let id = match id {
        Node::Text(id) => id.to_string(),
        Node::Integer(id) => id.to_string(),
        _ => return Err(expected()),
    };
    let indexed = catalog.layer(collection).ok_or_else(|| {
        let known: Vec<_> = catalog.layers().map(|layer| layer.layer().id.as_str()).collect();
        format!("there is no collection {:?}; there are {}", cut(collection), known.join(", "))
    })?;
    let ix = indexed.find(&id);
    let ix = ix.ok_or_else(|| format!("collection {collection} has no feature {:?}", cut(&id)))?;
    let geometry = indexed.layer().feature(ix).geometry().filter(|geometry| geometry.bounds().is_some());
    let geometry =
        geometry.ok_or_else(|| format!("feature {id:?} of collection {collection} has no position"))?;
    let positions = geometry.parts().map(|part| part.positions().count()).sum();
    *room = room.checked_sub(positions).ok_or_else(|| {
        format!(
            "the features of a filter may have {MOST_POSITIONS} positions together, each time one is named"
        )
    })?;
    let outside = || format!("feature {id:?} of collection {collection} reaches beyond the range of {crs}");
    geometry
        .to_shape()
        .try_map_coords(|Coord { x, y }| crs.forward([x, y]).map(Coord::from).ok_or_else(outside))
}

fn expected() -> String {
    format!(
        "{FEATURE} takes the id of a collection and that of one of its features, as in feature('axes', 'ring-road')"
    )
}
