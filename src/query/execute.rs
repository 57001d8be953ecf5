//! Plan to selection: walk the candidates, test them, count all, keep the page.

use super::plan::{Access, Plan, Test};
use super::{Budget, Page, QueryError, Selection};
use crate::geometry::{Bounds, intersects_plane, intersects_window};
use crate::index::IndexedLayer;
use crate::model::{Column, FeatureIx, Layer, Value};

/// Features between two looks at the budget.
const STRIDE: usize = 1024;

/// Runs a plan on the layer it was made for.
///
/// # Errors
/// The budget is spent.
pub fn execute(plan: &Plan, indexed: &IndexedLayer, budget: &Budget) -> Result<Selection, QueryError> {
    budget.check()?;
    let layer = indexed.layer();
    match (plan.access, plan.tests.is_empty()) {
        (Access::Nothing, _) => Ok(Selection { matched: 0, items: Vec::new() }),
        (Access::Scan, true) => Ok(whole_layer(layer, plan.page)),
        (Access::Scan, false) => scan(layer, plan.page, budget, |ix| passes(&plan.tests, layer, ix)),
        (Access::Window(window), true) => window_alone(indexed, window, plan.page, budget),
        (Access::Window(window), false) => {
            let mut rows = reach(indexed, window);
            let mut kept = Vec::new();
            for rows in rows.chunks_mut(STRIDE) {
                budget.check()?;
                kept.extend(rows.iter().copied().filter(|&ix| passes(&plan.tests, layer, ix)));
            }
            Ok(page_of(kept, plan.page))
        }
    }
}

fn whole_layer(layer: &Layer, page: Page) -> Selection {
    let items = layer.positions().skip(clamp(page.offset)).take(page.limit as usize).collect();
    Selection { matched: layer.len() as u64, items }
}

/// Tests every feature in order.
fn scan(
    layer: &Layer,
    page: Page,
    budget: &Budget,
    accept: impl Fn(FeatureIx) -> bool,
) -> Result<Selection, QueryError> {
    let (mut matched, mut items) = (0_u64, Vec::new());
    for ix in layer.positions() {
        if ix.row() % STRIDE == 0 {
            budget.check()?;
        }
        if accept(ix) {
            if matched >= page.offset && items.len() < page.limit as usize {
                items.push(ix);
            }
            matched += 1;
        }
    }
    Ok(Selection { matched, items })
}

/// A window without further conditions: counting costs its border, so only the page has to be gathered.
fn window_alone(
    indexed: &IndexedLayer,
    window: Bounds,
    page: Page,
    budget: &Budget,
) -> Result<Selection, QueryError> {
    /// Gathering a feature from the tree and ordering it costs about this many tests in order (measured).
    const GATHER_COST: u64 = 2;
    let layer = indexed.layer();
    let matched = indexed.count_touching(window) + indexed.nowhere().len() as u64;
    let wanted = page.offset.saturating_add(u64::from(page.limit)).min(matched);
    if matched == 0 || page.offset >= matched {
        return Ok(Selection { matched, items: Vec::new() });
    }
    let tests_to_fill_the_page = u128::from(wanted) * layer.len() as u128 / u128::from(matched);
    if tests_to_fill_the_page > u128::from(matched * GATHER_COST) {
        return Ok(page_of(reach(indexed, window), page));
    }
    let (mut skip, mut items) = (page.offset, Vec::new());
    for ix in layer.positions() {
        if ix.row() % STRIDE == 0 {
            budget.check()?;
        }
        let geometry = layer.geometries().get(ix.row());
        if geometry.is_none_or(|geometry| intersects_window(geometry, window)) {
            if skip > 0 {
                skip -= 1;
                continue;
            }
            items.push(ix);
            if items.len() == page.limit as usize {
                break;
            }
        }
    }
    Ok(Selection { matched, items })
}

/// What touches the window, and what has no position; in no order.
fn reach(indexed: &IndexedLayer, window: Bounds) -> Vec<FeatureIx> {
    let mut rows = indexed.touching(window);
    rows.extend(indexed.nowhere());
    rows
}

/// The page of unordered matches.
fn page_of(mut rows: Vec<FeatureIx>, page: Page) -> Selection {
    let matched = rows.len() as u64;
    let first = clamp(page.offset).min(rows.len());
    let end = first.saturating_add(page.limit as usize).min(rows.len());
    if end < rows.len() {
        rows.select_nth_unstable(end);
        rows.truncate(end);
    }
    if first > 0 && first < rows.len() {
        rows.select_nth_unstable(first);
    }
    let mut items = rows.split_off(first);
    items.sort_unstable();
    Selection { matched, items }
}

fn clamp(offset: u64) -> usize {
    usize::try_from(offset).unwrap_or(usize::MAX)
}

fn passes(tests: &[Test], layer: &Layer, ix: FeatureIx) -> bool {
    tests.iter().all(|test| test.passes(layer, ix))
}

impl Test {
    fn passes(&self, layer: &Layer, ix: FeatureIx) -> bool {
        match *self {
            Self::During(first, last) => {
                layer.span(ix).is_none_or(|(begins, ends)| begins <= last && ends >= first)
            }
            Self::InPlane(ref window) => {
                let geometry = layer.geometries().get(ix.row());
                geometry.is_none_or(|geometry| intersects_plane(geometry, window))
            }
            Self::Bool(field, value) => layer.feature(ix).value(field) == Value::Bool(value),
            Self::Integer(field, value) => layer.feature(ix).value(field) == Value::Integer(value),
            Self::Real(field, value) => layer.feature(ix).value(field) == Value::Real(value),
            Self::Date(field, value) => layer.feature(ix).value(field) == Value::Date(value),
            Self::Timestamp(field, value) => layer.feature(ix).value(field) == Value::Timestamp(value),
            Self::Text(field, ref value) => layer.feature(ix).value(field) == Value::Text(value),
            Self::Code(field, code) => match layer.column(field) {
                Column::Text(texts) => texts.code(ix.row()) == Some(code),
                _ => false,
            },
        }
    }
}
