//! Why does a feature not match?
//!
//! In: a query whose filter joins conditions by AND. Out: how many features were looked at, how many match, and how
//! many fail each condition. A feature is told of once: at the first condition that is false, else, where a value is
//! missing, at the first that is unknown. So all numbers add up to those looked at.

use super::cores::fold_on_all_cores;
use super::cql2::{Expr, Node, Op};
use super::execute::{STRIDE, matches};
use super::predicate::{FALSE, Predicate, Rows, TRUE, Truth};
use super::{Budget, Page, Query, QueryError, bind, plan};
use crate::index::IndexedLayer;
use crate::model::FeatureIx;

/// What a condition leaves out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LeftOut {
    /// Features for which it is the first that is false.
    pub failed: u64,
    /// Features for which none is false and it is the first that is unknown, because a value is missing.
    pub unknown: u64,
}

/// How a filter parts the features that the rest of a query selects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reasons {
    /// Features that the query without its filter selects.
    pub searched: u64,
    /// Those for which all conditions are true.
    pub matched: u64,
    /// What each condition leaves out, in the order in which they are written.
    pub conditions: Vec<LeftOut>,
}

impl Reasons {
    /// Features for which no condition is false and some are unknown.
    #[must_use]
    pub fn unknown(&self) -> u64 {
        self.conditions.iter().map(|condition| condition.unknown).sum()
    }

    fn add(&mut self, other: &Self) {
        self.searched += other.searched;
        self.matched += other.matched;
        for (sum, more) in self.conditions.iter_mut().zip(&other.conditions) {
            sum.failed += more.failed;
            sum.unknown += more.unknown;
        }
    }
}

/// The members of the outermost ANDs, as written.
pub fn conditions(expr: &Expr) -> Vec<&Expr> {
    match &expr.node {
        Node::Call(Op::And, members) => members.iter().flat_map(conditions).collect(),
        _ => vec![expr],
    }
}

/// Tells why features do not match a query; its order and its page are not looked at.
///
/// # Errors
/// A condition that the layer does not understand, or the budget is spent.
pub fn explain(query: &Query, indexed: &IndexedLayer, budget: &Budget) -> Result<Reasons, QueryError> {
    let filter = query.filter.as_ref();
    let bind = |expr: &Expr, filter: &super::Filter| bind::bind(expr, filter.crs, indexed, budget);
    let bound =
        filter.map(|filter| conditions(&filter.expr).into_iter().map(|expr| bind(expr, filter)).collect());
    let bound: Vec<Predicate> = bound.transpose()?.unwrap_or_default();
    budget.check()?;
    Ok(part(&bound, query, false, indexed, budget)?.reasons)
}

/// The features of a query without its filter, parted by conditions.
#[derive(Debug, Default)]
pub(super) struct Parted {
    /// How many fail what.
    pub reasons: Reasons,
    /// Those for which all conditions are true, in the order of the layer.
    pub matched: Vec<FeatureIx>,
    /// Where that was asked for: for each condition, those for which it alone is not true, in the order of the layer.
    pub only: Vec<Vec<FeatureIx>>,
}

/// Parts the features of a query without its filter by conditions.
///
/// # Errors
/// A condition that the layer does not understand, or the budget is spent.
pub(super) fn part(
    conditions: &[Predicate],
    query: &Query,
    gathers: bool,
    indexed: &IndexedLayer,
    budget: &Budget,
) -> Result<Parted, QueryError> {
    let rest = Query { filter: None, sort: Vec::new(), page: Page::default(), ..query.clone() };
    let rows = matches(&plan(&rest, indexed, budget)?, indexed, budget)?;
    let layer = indexed.layer();
    let count = rows.as_ref().map_or(layer.len(), Vec::len);
    let start = || Parted {
        reasons: Reasons { conditions: vec![LeftOut::default(); conditions.len()], ..Reasons::default() },
        matched: Vec::new(),
        only: vec![Vec::new(); conditions.len()],
    };
    let parts = fold_on_all_cores(count.div_ceil(STRIDE), budget, start, |parted, block| {
        let block = block * STRIDE..count.min((block + 1) * STRIDE);
        let listed: &[FeatureIx] = rows.as_ref().map_or(&[], |rows| &rows[block.clone()]);
        let rows = if rows.is_some() { Rows::List(listed) } else { Rows::From(block.start) };
        let mut fates = vec![Fate::default(); block.len()];
        let mut truths: Vec<Truth> = Vec::new();
        for (at, condition) in conditions.iter().enumerate() {
            // Of a feature that is told of already nothing more is asked.
            let open = |fate: &Fate| fate.false_at.is_none() || gathers && fate.not_true < 2;
            truths.clear();
            truths.extend(fates.iter().map(|fate| if open(fate) { TRUE } else { FALSE }));
            condition.narrow(layer, rows, &mut truths, budget);
            for (fate, truth) in fates.iter_mut().zip(&truths).filter(|(fate, _)| open(fate)) {
                if *truth != TRUE {
                    fate.not_true += 1;
                    fate.last = at;
                    let first = if *truth == FALSE { &mut fate.false_at } else { &mut fate.unknown_at };
                    first.get_or_insert(at);
                }
            }
        }
        parted.reasons.searched += block.len() as u64;
        for (at, fate) in fates.iter().enumerate() {
            let ix = || listed.get(at).copied().unwrap_or_else(|| FeatureIx::of_row(block.start + at));
            match (fate.false_at, fate.unknown_at) {
                (Some(first), _) => parted.reasons.conditions[first].failed += 1,
                (None, Some(first)) => parted.reasons.conditions[first].unknown += 1,
                (None, None) => {
                    parted.reasons.matched += 1;
                    if gathers {
                        parted.matched.push(ix());
                    }
                }
            }
            if gathers && fate.not_true == 1 {
                parted.only[fate.last].push(ix());
            }
        }
    })?;
    let mut all = start();
    for part in parts {
        all.reasons.add(&part.reasons);
        all.matched.extend(part.matched);
        all.only.iter_mut().zip(part.only).for_each(|(all, part)| all.extend(part));
    }
    all.matched.sort_unstable();
    all.only.iter_mut().for_each(|rows| rows.sort_unstable());
    Ok(all)
}

/// What conditions say of a feature, so far.
#[derive(Clone, Default)]
struct Fate {
    false_at: Option<usize>,
    unknown_at: Option<usize>,
    /// How many are not true, and the last of them.
    not_true: usize,
    last: usize,
}
