//! What is at a position?

use crate::geometry::{Bounds, GeometryKind, Nearest, intersects_window, reach};
use crate::index::IndexedLayer;
use crate::model::FeatureIx;
use crate::query::{Budget, QueryError};

use super::{Standpoint, Way};

/// Of one layer no more features than this are told of; how many there are is always told.
pub const MOST_HERE: usize = 100;

/// What of a layer is at a position.
#[derive(Debug, Clone, PartialEq)]
pub struct Here {
    /// How many features.
    pub matched: usize,
    /// The first of them in the order of the layer, each with the way to it.
    pub found: Vec<(FeatureIx, Way)>,
}

/// The features of a layer whose polygons hold a position, their borders included, or whose lines and points are no farther than
/// `tolerance` metres from it; in the order of the layer.
///
/// # Errors
/// The budget is spent.
pub fn at(
    standpoint: &Standpoint,
    position: [f64; 2],
    tolerance: f64,
    indexed: &IndexedLayer,
    budget: &Budget,
) -> Result<Here, QueryError> {
    let spot = Bounds { west: position[0], south: position[1], east: position[0], north: position[1] };
    let mut rows = indexed.near(reach(spot, tolerance));
    rows.sort_unstable();
    let mut here = Here { matched: 0, found: Vec::new() };
    for ix in rows {
        budget.check()?;
        let feature = indexed.layer().feature(ix);
        let Some(geometry) = feature.geometry() else { continue };
        let nearest = if intersects_window(geometry, spot) {
            Some(Nearest { metres: 0.0, from: position, to: position })
        } else if matches!(geometry.kind(), GeometryKind::Polygon | GeometryKind::MultiPolygon) {
            None
        } else {
            standpoint.origin.nearest(geometry).filter(|nearest| nearest.metres <= tolerance)
        };
        let Some(nearest) = nearest else { continue };
        here.matched += 1;
        if here.found.len() < MOST_HERE {
            here.found.push((ix, Way::new(nearest, standpoint.accuracy_m, feature.accuracy_m())));
        }
    }
    Ok(here)
}
