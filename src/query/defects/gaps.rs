//! Which ground do neighbours leave between them?
//!
//! The layer is cut into cells of a few thousand features. What touches a cell or lies up to [`LONGEST_GAP_M`] behind it is
//! united; ground that the union encloses and that begins in the cell is a gap when two features or more border it. Ground
//! that reaches farther is none, so that the answer is the same however the layer is cut. A corner that stands in the
//! middle of an edge is rounded away from it; chinks that are no wider than rounding therefore do not open ground.

use geo_types::Polygon;

use super::super::{Budget, QueryError, fold_on_all_cores};
use super::{Found, Ground, LONGEST_GAP_M, Role, Thin, size_of};
use crate::geometry::{
    Bounds, Enclosed, Shape, bounds_of, enclosed_ground, length_m, reach, uncrossed, within_distance,
};
use crate::index::IndexedLayer;
use crate::model::FeatureIx;

/// The most features of a cell, unless they all stand together.
const MOST: u64 = 4000;
/// The smallest cell, degrees.
const LEAST: f64 = 0.004;
/// What borders a gap lies no farther from it, metres: the positions of the gap are computed.
const BESIDE_M: f64 = 0.000_1;
/// Wider openings are none of rounding, whatever is told of overlaps and gaps, metres.
const WIDEST_CHINK_M: f64 = 0.1;
/// Ground whose border is shorter without its chinks by less is left as it is drawn: bridges take as much of it, metres.
const LEAST_CHINK_M: f64 = 0.1;

pub fn check(found: &mut Found<'_>, ground: &Ground<'_>) -> Result<(), QueryError> {
    let Some(window) = ground.window() else { return Ok(()) };
    let cells = cells(ground.indexed, inward(window), ground.budget)?;
    let asked = found.asked;
    let parts = fold_on_all_cores(
        cells.len(),
        ground.budget,
        || Found::new(asked),
        |found, at| within(found, ground, &cells[at]),
    )?;
    for part in parts {
        found.merge(part);
    }
    Ok(())
}

/// A window with all that may begin a gap which reaches into it; it does not cross the antimeridian.
fn inward(window: Bounds) -> Bounds {
    let wide = reach(window, LONGEST_GAP_M);
    if wide.crosses_antimeridian() { Bounds { west: -180.0, east: 180.0, ..wide } } else { wide }
}

/// Cells that together make a window: each holds its western and southern edge, and not its eastern and northern one.
fn cells(indexed: &IndexedLayer, window: Bounds, budget: &Budget) -> Result<Vec<Bounds>, QueryError> {
    let (mut open, mut cells) = (vec![window], Vec::new());
    while let Some(cell) = open.pop() {
        budget.check()?;
        let (wide, high) = (cell.east - cell.west, cell.north - cell.south);
        if indexed.count_near(cell) <= MOST || wide.max(high) < LEAST {
            cells.push(cell);
            continue;
        }
        let (mut low, mut up) = (cell, cell);
        if wide >= high {
            low.east = f64::midpoint(cell.west, cell.east);
            up.west = low.east;
        } else {
            low.north = f64::midpoint(cell.south, cell.north);
            up.south = low.north;
        }
        open.extend([low, up]);
    }
    Ok(cells)
}

/// The gaps that begin in a cell.
fn within(found: &mut Found<'_>, ground: &Ground<'_>, cell: &Bounds) {
    let layer = ground.layer;
    let mut rows = ground.indexed.near(inward(*cell));
    rows.retain(|&ix| matches!(ground.role(ix), Role::Sound | Role::Faulty));
    if !ground.any_chosen(&rows) {
        return;
    }
    rows.sort_unstable();
    let drawn = |ix: FeatureIx| Some(layer.feature(ix).geometry()?.to_shape());
    let shapes: Vec<Shape> = rows
        .iter()
        .filter_map(
            |&ix| if ground.role(ix) == Role::Faulty { Some(uncrossed(&drawn(ix)?)) } else { drawn(ix) },
        )
        .collect();
    let rounding_m = found.asked.tolerances.rounding_m;
    let enclosed = enclosed_ground(&shapes, rounding_m.min(WIDEST_CHINK_M));
    let border_m = |piece: &Polygon| length_m(&Shape::Polygon(piece.clone()));
    let pieces = enclosed.into_iter().flat_map(|Enclosed { whole, mut pieces }| {
        // The chinks themselves are no ground, unless that is all there is.
        pieces.retain(|piece| size_of(piece).1 >= rounding_m);
        match (whole, &pieces[..]) {
            (Some(whole), []) => vec![whole],
            (Some(whole), [left]) if border_m(&whole) - border_m(left) < LEAST_CHINK_M => vec![whole],
            _ => pieces,
        }
    });
    for piece in pieces {
        if ground.budget.check().is_err() {
            return;
        }
        let place = Shape::Polygon(piece.clone());
        let Some(bounds) = bounds_of(&place) else { continue };
        let begins_here =
            (cell.west..cell.east).contains(&bounds.west) && (cell.south..cell.north).contains(&bounds.south);
        let farthest = reach(Bounds { east: bounds.west, north: bounds.south, ..bounds }, LONGEST_GAP_M);
        if !begins_here || bounds.east > farthest.east || bounds.north > farthest.north {
            continue;
        }
        let near = ground.indexed.near(reach(bounds, BESIDE_M)).into_iter();
        let near = near.filter(|&ix| matches!(ground.role(ix), Role::Sound | Role::Faulty));
        let mut beside: Vec<FeatureIx> = near
            .filter(|&ix| drawn(ix).is_some_and(|shape| within_distance(&shape, &place, BESIDE_M)))
            .collect();
        beside.sort_unstable();
        if beside.len() > 1 && ground.any_chosen(&beside) {
            found.ground(beside, vec![piece], Thin::Gap);
        }
    }
}
