//! Plan to selection: walk the candidates, test them, count all, keep the page.

use super::plan::{Access, Plan, plan};
use super::predicate::{Predicate, Rows, TRUE};
use super::{Budget, Page, Query, QueryError, Selection};
use crate::geometry::{Bounds, intersects_window};
use crate::index::IndexedLayer;
use crate::model::{FeatureIx, Layer};

/// Features between two looks at the budget.
pub(super) const STRIDE: usize = 1024;

/// Runs a plan on the layer it was made for.
///
/// # Errors
/// The budget is spent.
pub fn execute(plan: &Plan, indexed: &IndexedLayer, budget: &Budget) -> Result<Selection, QueryError> {
    budget.check()?;
    let layer = indexed.layer();
    if let Some(order) = &plan.order {
        return Ok(order.page_of(gather(plan, indexed, budget)?, plan.page, layer));
    }
    match (&plan.access, &plan.predicate) {
        (Access::Scan, None) => Ok(whole_layer(layer, plan.page)),
        (Access::Scan, Some(predicate)) => scan(layer, predicate, plan.page, budget),
        (&Access::Window { bounds, nowhere: true }, None) => window_alone(plan, indexed, bounds, budget),
        (Access::Window { .. } | Access::Rows(_), _) => {
            Ok(page_of(gather(plan, indexed, budget)?, plan.page))
        }
    }
}

/// All features that a query selects, whatever its page, in no order.
///
/// # Errors
/// A condition that the layer does not understand, or the budget is spent.
pub fn matching(
    query: &Query,
    indexed: &IndexedLayer,
    budget: &Budget,
) -> Result<Vec<FeatureIx>, QueryError> {
    budget.check()?;
    gather(&plan(query, indexed, budget)?, indexed, budget)
}

/// All matches, in no order; `None` when the whole layer matches.
///
/// # Errors
/// The budget is spent.
pub(super) fn matches(
    plan: &Plan,
    indexed: &IndexedLayer,
    budget: &Budget,
) -> Result<Option<Vec<FeatureIx>>, QueryError> {
    budget.check()?;
    if plan.access == Access::Scan && plan.predicate.is_none() {
        return Ok(None);
    }
    gather(plan, indexed, budget).map(Some)
}

/// All matches, in no order.
fn gather(plan: &Plan, indexed: &IndexedLayer, budget: &Budget) -> Result<Vec<FeatureIx>, QueryError> {
    let (layer, predicate) = (indexed.layer(), plan.predicate.as_ref());
    match (&plan.access, predicate) {
        (Access::Scan, None) => Ok(layer.positions().collect()),
        (Access::Scan, Some(predicate)) => Ok(scan(layer, predicate, Page::default(), budget)?.items),
        (&Access::Window { bounds, nowhere }, _) => {
            let mut rows = indexed.touching(bounds);
            if nowhere {
                rows.extend(indexed.nowhere());
            }
            sift(&rows, predicate, layer, budget)
        }
        (Access::Rows(rows), _) => sift(rows, predicate, layer, budget),
    }
}

/// The rows for which a predicate is true.
fn sift(
    rows: &[FeatureIx],
    predicate: Option<&Predicate>,
    layer: &Layer,
    budget: &Budget,
) -> Result<Vec<FeatureIx>, QueryError> {
    let Some(predicate) = predicate else { return Ok(rows.to_vec()) };
    let mut kept = Vec::new();
    let mut truths = [TRUE; STRIDE];
    let mut found = [FeatureIx(0); STRIDE];
    for rows in rows.chunks(STRIDE) {
        budget.check()?;
        let truths = &mut truths[..rows.len()];
        truths.fill(TRUE);
        predicate.narrow(layer, Rows::List(rows), truths, budget);
        // Each is written and overwritten where it is not kept: a branch could not be foretold.
        let mut count = 0;
        for (&ix, &mut truth) in std::iter::zip(rows, truths) {
            found[count] = ix;
            count += usize::from(truth == TRUE);
        }
        kept.extend_from_slice(&found[..count]);
    }
    budget.check()?;
    Ok(kept)
}

fn whole_layer(layer: &Layer, page: Page) -> Selection {
    let items = layer.positions().skip(clamp(page.offset)).take(page.limit as usize).collect();
    Selection { matched: layer.len() as u64, items }
}

/// Tests every feature in order.
fn scan(layer: &Layer, predicate: &Predicate, page: Page, budget: &Budget) -> Result<Selection, QueryError> {
    let (mut matched, mut items) = (0_u64, Vec::new());
    let mut truths = [TRUE; STRIDE];
    let most = page.limit as usize;
    for first in (0..layer.len()).step_by(STRIDE) {
        budget.check()?;
        let truths = &mut truths[..STRIDE.min(layer.len() - first)];
        truths.fill(TRUE);
        predicate.narrow(layer, Rows::From(first), truths, budget);
        let found = truths.iter().map(|&truth| u64::from(truth == TRUE)).sum::<u64>();
        if found > 0 && items.len() < most && matched + found > page.offset {
            let rows =
                truths.iter().enumerate().filter(|(_, truth)| **truth == TRUE).map(|(at, _)| first + at);
            let skip = clamp(page.offset.saturating_sub(matched));
            items.extend(rows.skip(skip).take(most - items.len()).map(FeatureIx::of_row));
        }
        matched += found;
    }
    budget.check()?;
    Ok(Selection { matched, items })
}

/// Features of the tree that are met in the time in which one of the layer is held against a window.
const MET: u128 = 16;

/// A window without further conditions: all that touch it are met, but only those of the page are kept.
fn window_alone(
    plan: &Plan,
    indexed: &IndexedLayer,
    window: Bounds,
    budget: &Budget,
) -> Result<Selection, QueryError> {
    let (page, layer) = (plan.page, indexed.layer());
    let end = page.offset.saturating_add(u64::from(page.limit));
    let count = || indexed.count_touching(window) + indexed.nowhere().len() as u64;
    if page.limit == 0 || page.offset >= plan.reached {
        return Ok(Selection { matched: count(), items: Vec::new() });
    }
    // Where the window holds much of the layer, a page of first features is soon found by looking at them in order, and counting costs
    // only the border. Files are often ordered by place, so that the matches may stand far back: the search gives up in time.
    let enough = |matched: u64| 4 * u128::from(end) * layer.len() as u128 / u128::from(matched.max(1));
    let is_soon = |matched: u64| enough(matched) * MET < u128::from(matched);
    if is_soon(plan.reached) {
        let matched = count();
        let rows = usize::try_from(enough(matched)).unwrap_or(usize::MAX);
        if is_soon(matched)
            && let Some(items) = first_in_order(layer, window, page, rows, budget)?
        {
            return Ok(Selection { matched, items });
        }
    }
    let (matched, mut items) = indexed.first_touching(window, clamp(end));
    items.drain(..clamp(page.offset).min(items.len()));
    Ok(Selection { matched, items })
}

/// The page, when the first `rows` features of the layer fill it.
fn first_in_order(
    layer: &Layer,
    window: Bounds,
    page: Page,
    rows: usize,
    budget: &Budget,
) -> Result<Option<Vec<FeatureIx>>, QueryError> {
    let (mut skip, mut items) = (page.offset, Vec::new());
    for ix in layer.positions().take(rows) {
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
                return Ok(Some(items));
            }
        }
    }
    Ok(None)
}

/// The page of unordered matches.
fn page_of(mut rows: Vec<FeatureIx>, page: Page) -> Selection {
    let matched = rows.len() as u64;
    if page.limit == 0 {
        return Selection { matched, items: Vec::new() };
    }
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
