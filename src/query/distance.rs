//! How far is each feature from a place?
//!
//! In: a query and a place to measure from. Out: the page it asks for, and the layer with one field more that holds
//! the distances: of all that match where they make the order, of the page alone otherwise. Leaves out: how the place
//! was named.

use std::sync::Arc;

use super::cores::fold_on_all_cores;
use super::execute::{STRIDE, matching};
use super::{Budget, Page, Query, QueryError, Selection, execute, plan, sort};
use crate::geometry::{Distances, Shape};
use crate::index::IndexedLayer;
use crate::model::{Column, FeatureIx, Field, Layer, LayerError, ValueKind, Words};

/// Name of the field of distances.
pub const DISTANCE: &str = "distance_m";

/// A place that distances are measured from.
#[derive(Debug)]
pub struct DistanceTo {
    from: Distances,
    title: Words,
}

impl DistanceTo {
    /// From a shape in degrees, called so.
    #[must_use]
    pub fn new(shape: Shape, name: &Words) -> Self {
        let title =
            Words { zh: format!("距{}", name.zh).into(), en: format!("distance to {}", name.en).into() };
        Self { from: Distances::new([shape]), title }
    }

    /// A layer with the field, still without distances.
    ///
    /// # Errors
    /// The layer has as many fields as there can be.
    pub fn field_on(&self, layer: &Layer) -> Result<Layer, LayerError> {
        self.on(layer, vec![f64::NAN; layer.len()])
    }

    fn on(&self, layer: &Layer, distances: Vec<f64>) -> Result<Layer, LayerError> {
        let field = Field {
            name: DISTANCE.into(),
            kind: ValueKind::Real,
            title: Some(self.title.clone()),
            unit: Some("m".into()),
            find: None,
        };
        layer.with_column(field, Column::Real(distances))
    }

    /// The page of a query, and the layer with the distances.
    ///
    /// # Errors
    /// A condition or an order that the layer does not understand, or the budget is spent.
    pub fn select(
        &self,
        query: &Query,
        indexed: &IndexedLayer,
        budget: &Budget,
    ) -> Result<(Arc<Layer>, Selection), QueryError> {
        if query.sort.iter().all(|key| key.name != DISTANCE) {
            let found = execute(&plan(query, indexed)?, indexed, budget)?;
            return Ok((self.measured(indexed.layer(), &found.items, budget)?, found));
        }
        let all = Query { sort: Vec::new(), page: Page::default(), ..query.clone() };
        let rows = matching(&all, indexed, budget)?;
        let layer = self.measured(indexed.layer(), &rows, budget)?;
        let order = sort::bind(&query.sort, &layer)?;
        let found = order.map(|order| order.page_of(rows, query.page, &layer)).unwrap_or_default();
        Ok((layer, found))
    }

    /// A layer with the distances of some features: metres on the ellipsoid between the nearest positions, 0 where they
    /// touch, to the millimetre; null without position, and for all others.
    ///
    /// # Errors
    /// The budget is spent.
    pub fn measured(
        &self,
        layer: &Layer,
        rows: &[FeatureIx],
        budget: &Budget,
    ) -> Result<Arc<Layer>, QueryError> {
        let known = fold_on_all_cores(rows.len().div_ceil(STRIDE), budget, Vec::new, |known, block| {
            let block = &rows[block * STRIDE..rows.len().min((block + 1) * STRIDE)];
            known.extend(block.iter().filter_map(|&ix| Some((ix, self.metres(layer, ix)?))));
        })?;
        let mut distances = vec![f64::NAN; layer.len()];
        known.into_iter().flatten().for_each(|(ix, metres)| distances[ix.row()] = metres);
        // Only a layer of 65,535 fields has no room.
        self.on(layer, distances).map(Arc::new).map_err(|_| QueryError::Spent)
    }

    fn metres(&self, layer: &Layer, ix: FeatureIx) -> Option<f64> {
        const MILLIMETRES: f64 = 1000.0;
        let metres = self.from.exact(0, layer.feature(ix).geometry()?)?;
        Some((metres * MILLIMETRES).round() / MILLIMETRES)
    }
}
