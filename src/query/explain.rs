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
fn conditions(expr: &Expr) -> Vec<&Expr> {
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
    let bind = |expr: &Expr, filter: &super::Filter| bind::bind(expr, filter.crs, indexed);
    let bound =
        filter.map(|filter| conditions(&filter.expr).into_iter().map(|expr| bind(expr, filter)).collect());
    let bound: Vec<Predicate> = bound.transpose()?.unwrap_or_default();
    let rest = Query { filter: None, sort: Vec::new(), page: Page::default(), ..query.clone() };
    let rows = matches(&plan(&rest, indexed)?, indexed, budget)?;
    let layer = indexed.layer();
    let count = rows.as_ref().map_or(layer.len(), Vec::len);
    let start = || Reasons { conditions: vec![LeftOut::default(); bound.len()], ..Reasons::default() };
    let parts = fold_on_all_cores(count.div_ceil(STRIDE), budget, start, |reasons, block| {
        let block = block * STRIDE..count.min((block + 1) * STRIDE);
        let listed: &[FeatureIx] = rows.as_ref().map_or(&[], |rows| &rows[block.clone()]);
        let rows = if rows.is_some() { Rows::List(listed) } else { Rows::From(block.start) };
        let mut truths = vec![TRUE; block.len()];
        let mut doubted: Vec<Option<usize>> = vec![None; block.len()];
        let mut next: Vec<Truth> = Vec::new();
        for (at, condition) in bound.iter().enumerate() {
            next.clone_from(&truths);
            condition.narrow(layer, rows, &mut next);
            for ((before, after), doubted) in truths.iter().zip(&next).zip(&mut doubted) {
                reasons.conditions[at].failed += u64::from(*before != FALSE && *after == FALSE);
                if *before == TRUE && *after != TRUE {
                    *doubted = Some(at);
                }
            }
            std::mem::swap(&mut truths, &mut next);
        }
        reasons.searched += block.len() as u64;
        for (truth, doubted) in truths.iter().zip(&doubted) {
            match (*truth, doubted) {
                (TRUE, _) => reasons.matched += 1,
                (FALSE, _) | (_, None) => {}
                (_, Some(at)) => reasons.conditions[*at].unknown += 1,
            }
        }
    })?;
    let mut reasons = start();
    for part in &parts {
        reasons.add(part);
    }
    Ok(reasons)
}
