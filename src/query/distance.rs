//! How far is each feature from a place?
//!
//! In: a query and a place to measure from. Out: the page it asks for, and the layer with one field more that holds
//! the distances: of all that match where they make the order, of the page alone otherwise. Leaves out: how the place
//! was named.

use std::sync::Arc;

use super::cores::fold_on_all_cores;
use super::execute::{STRIDE, matching};
use super::{Budget, Page, Query, QueryError, Selection, execute, plan, sort};
use crate::geometry::{Distances, Shape, Span};
use crate::index::IndexedLayer;
use crate::model::{Column, FeatureIx, Field, Layer, LayerError, ValueKind, Words};

/// Name of the field of distances.
pub const DISTANCE: &str = "distance_m";

const MILLIMETRES: f64 = 1000.0;

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
            let found = execute(&plan(query, indexed, budget)?, indexed, budget)?;
            return Ok((self.measured(indexed.layer(), &found.items, budget)?, found));
        }
        let all = Query { sort: Vec::new(), page: Page::default(), ..query.clone() };
        let rows = matching(&all, indexed, budget)?;
        let layer = match query.sort.first() {
            Some(key) if key.name == DISTANCE => {
                let wanted = usize::try_from(query.page.offset).unwrap_or(usize::MAX);
                let wanted = wanted.saturating_add(query.page.limit as usize);
                self.ranked(indexed.layer(), &rows, wanted, key.descending, budget)?
            }
            _ => self.measured(indexed.layer(), &rows, budget)?,
        };
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
        let mut distances = vec![f64::NAN; layer.len()];
        self.measure_into(&mut distances, layer, rows, budget)?;
        self.shared(layer, distances)
    }

    /// A layer on which the first `wanted` of some features in the order of their distances stand where they belong, with
    /// their true distances. Those that come later by the windows around them, or by a look at them in a plane, are not
    /// measured: they hold a distance that is not theirs, but on their side of all that was asked for.
    fn ranked(
        &self,
        layer: &Layer,
        rows: &[FeatureIx],
        wanted: usize,
        descending: bool,
        budget: &Budget,
    ) -> Result<Arc<Layer>, QueryError> {
        let mut distances = vec![f64::NAN; layer.len()];
        let mut near_of = |spans: Vec<(FeatureIx, Span)>| {
            // Rounding to the millimetre may lift a distance over a limit.
            let slack = 1.0 / MILLIMETRES;
            let mut limits: Vec<f64> =
                spans.iter().map(|(_, span)| if descending { -span.least } else { span.most }).collect();
            let limit = match wanted.checked_sub(1) {
                Some(last) if last < limits.len() => {
                    *limits.select_nth_unstable_by(last, f64::total_cmp).1 + slack
                }
                _ => f64::INFINITY,
            };
            let mut near = Vec::new();
            for (ix, span) in spans {
                let (first, last) =
                    if descending { (-span.most, span.most) } else { (span.least, span.least) };
                if first <= limit + slack {
                    near.push(ix);
                } else {
                    distances[ix.row()] = last;
                }
            }
            near
        };
        let geometry = |ix: FeatureIx| layer.feature(ix).geometry();
        let mut near =
            near_of(on_all(rows, budget, |ix| Some((ix, self.from.of_box(geometry(ix)?.bounds()?))))?);
        if near.len() > wanted {
            // What such a look tells nothing of is measured.
            let unknown = Span { least: 0.0, most: f64::INFINITY };
            let look =
                |geometry| self.from.of_geometry(geometry, 0.0).first().map_or(unknown, |(_, span)| *span);
            near = near_of(on_all(&near, budget, |ix| Some((ix, look(geometry(ix)?))))?);
        }
        self.measure_into(&mut distances, layer, &near, budget)?;
        self.shared(layer, distances)
    }

    fn measure_into(
        &self,
        distances: &mut [f64],
        layer: &Layer,
        rows: &[FeatureIx],
        budget: &Budget,
    ) -> Result<(), QueryError> {
        for (ix, metres) in on_all(rows, budget, |ix| Some((ix, self.metres(layer, ix)?)))? {
            distances[ix.row()] = metres;
        }
        Ok(())
    }

    fn shared(&self, layer: &Layer, distances: Vec<f64>) -> Result<Arc<Layer>, QueryError> {
        // Only a layer of 65,535 fields has no room.
        self.on(layer, distances).map(Arc::new).map_err(|_| QueryError::Spent)
    }

    fn metres(&self, layer: &Layer, ix: FeatureIx) -> Option<f64> {
        let metres = self.from.exact(0, layer.feature(ix).geometry()?)?;
        Some((metres * MILLIMETRES).round() / MILLIMETRES)
    }
}

/// What comes of some features, found on all cores; in no order.
pub(super) fn on_all<T: Send>(
    rows: &[FeatureIx],
    budget: &Budget,
    find: impl Fn(FeatureIx) -> Option<T> + Sync,
) -> Result<Vec<T>, QueryError> {
    let found = fold_on_all_cores(rows.len().div_ceil(STRIDE), budget, Vec::new, |found, block| {
        let block = &rows[block * STRIDE..rows.len().min((block + 1) * STRIDE)];
        found.extend(block.iter().filter_map(|&ix| find(ix)));
    })?;
    Ok(found.into_iter().flatten().collect())
}
