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
    gather(&plan(query, indexed)?, indexed, budget)
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
        predicate.narrow(layer, Rows::List(rows), truths);
        // Each is written and overwritten where it is not kept: a branch could not be foretold.
        let mut count = 0;
        for (&ix, &mut truth) in std::iter::zip(rows, truths) {
            found[count] = ix;
            count += usize::from(truth == TRUE);
        }
        kept.extend_from_slice(&found[..count]);
    }
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
        predicate.narrow(layer, Rows::From(first), truths);
        let found = truths.iter().map(|&truth| u64::from(truth == TRUE)).sum::<u64>();
        if found > 0 && items.len() < most && matched + found > page.offset {
            let rows =
                truths.iter().enumerate().filter(|(_, truth)| **truth == TRUE).map(|(at, _)| first + at);
            let skip = clamp(page.offset.saturating_sub(matched));
            items.extend(rows.skip(skip).take(most - items.len()).map(FeatureIx::of_row));
        }
        matched += found;
    }
    Ok(Selection { matched, items })
}

/// Up to so many times the features of a page, all that match are gathered without being counted first.
const FEW_PAGES: u64 = 32;

/// A window without further conditions: counting costs its border, so only the page has to be gathered.
fn window_alone(
    plan: &Plan,
    indexed: &IndexedLayer,
    window: Bounds,
    budget: &Budget,
) -> Result<Selection, QueryError> {
    let page = plan.page;
    let end = page.offset.saturating_add(u64::from(page.limit));
    if plan.reached <= end.saturating_mul(FEW_PAGES) {
        return Ok(page_of(reach(indexed, window), page));
    }
    let matched = indexed.count_touching(window) + indexed.nowhere().len() as u64;
    let wanted = end.min(matched);
    if page.offset >= matched {
        return Ok(Selection { matched, items: Vec::new() });
    }
    // Where the window holds much of the layer, a page of first features is soon found by looking at them in
    // order, and gathering all that match would cost far more. Files are often ordered by place, so the matches
    // may stand far back: the search gives up in time.
    let layer = indexed.layer();
    let enough = 4 * u128::from(wanted) * layer.len() as u128 / u128::from(matched);
    if enough < u128::from(matched)
        && let Some(items) =
            first_in_order(layer, window, page, usize::try_from(enough).unwrap_or(usize::MAX), budget)?
    {
        return Ok(Selection { matched, items });
    }
    Ok(page_of(reach(indexed, window), page))
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

/// What touches the window, and what has no position; in no order.
fn reach(indexed: &IndexedLayer, window: Bounds) -> Vec<FeatureIx> {
    let mut rows = indexed.touching(window);
    rows.extend(indexed.nowhere());
    rows
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
