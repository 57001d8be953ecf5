//! Which features suit, in which order, and why are there not more?
//!
//! In: criteria in their order, keys to rank by, places to measure from. Out: the features that satisfy all criteria,
//! ranked, each with the parts of its rank; how many fail which criterion; what would have to give; neighbours that
//! together are large enough; the share of capped uses in the units they stand in. Leaves out: how it is shown.

mod cap;
mod merge;
mod rank;
mod relax;

use super::cql2::Expr;
use super::explain::{Parted, conditions, part};
use super::{Budget, Page, Query, QueryError, Reasons, bind};
use crate::catalog::CapAbout;
use crate::geometry::Crs;
use crate::index::IndexedLayer;
use crate::model::FeatureIx;

pub use cap::{Caps, UnitShare};
pub use merge::{LEAST_BORDER_M, MOST_PARTS, MergeSet, Merges};
pub use rank::{Item, Key, MOST_MEMBERS, Part, Place, Ranking, Weight};
pub use relax::{Move, Relaxation, Relaxed, Side};

/// The most criteria.
pub const MOST_CRITERIA: usize = 32;

/// A condition that stands for itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Criterion {
    /// Its name, where it was given one.
    pub name: Option<Box<str>>,
    /// As it was written.
    pub written: Expr,
    /// The same with geometries in the place of features of other collections.
    pub expr: Expr,
}

impl Criterion {
    /// The members of the outermost ANDs of a filter, as written and with the geometries in place.
    #[must_use]
    pub fn of_filter(written: &Expr, expr: &Expr) -> Vec<Self> {
        let both = conditions(written).into_iter().zip(conditions(expr));
        both.map(|(written, expr)| Self { name: None, written: written.clone(), expr: expr.clone() })
            .collect()
    }
}

/// How the matches are put in order. What is equal comes by id.
#[derive(Debug, Clone, PartialEq)]
pub enum Order {
    /// By keys, one after the other.
    Keys(Vec<super::SortKey>),
    /// By points: each value counts by its place between the least and the greatest of all matches.
    Weights(Vec<Weight>),
}

/// What is asked.
#[derive(Debug)]
pub struct Shortlisting {
    /// What is searched: a query without a filter.
    pub select: Query,
    /// What must hold, in its order.
    pub criteria: Vec<Criterion>,
    /// The system of the criteria.
    pub crs: Crs,
    /// The order of the matches.
    pub order: Order,
    /// Where distances are measured to.
    pub places: Vec<Place>,
    /// How many matches a relaxation must yield.
    pub want: u64,
    /// The size of neighbours together, square metres; that of a criterion on the area when left out.
    pub merge_m2: Option<f64>,
    /// The field by which neighbours must be alike.
    pub alike: Option<Box<str>>,
    /// What may fill only a share of a unit.
    pub cap: Option<CapAbout>,
    /// The asked stretch of the ranks.
    pub page: Page,
}

/// What is told of one criterion.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// How many match without it.
    pub without: u64,
    /// What relaxing it alone does; none where enough match.
    pub relaxed: Option<Relaxed>,
}

/// The answer.
#[derive(Debug)]
pub struct Shortlist {
    /// How many fail what.
    pub reasons: Reasons,
    /// What is told of each criterion, in its order.
    pub criteria: Vec<Told>,
    /// The relaxation that lets in the fewest by itself; none where enough match or none is enough.
    pub best: Option<usize>,
    /// The page, in the order of the ranks.
    pub ranking: Ranking,
    /// Neighbours that are large enough together; none where no size is wanted.
    pub merges: Option<Merges>,
    /// The shares of capped uses; none where nothing is capped.
    pub caps: Option<Caps>,
}

/// Makes a shortlist.
///
/// # Errors
/// A criterion or a key that the layer does not understand, or the budget is spent.
pub fn shortlist(
    asked: &Shortlisting,
    indexed: &IndexedLayer,
    budget: &Budget,
) -> Result<Shortlist, QueryError> {
    let bound: Result<Vec<_>, _> = asked
        .criteria
        .iter()
        .map(|criterion| bind::bind(&criterion.expr, asked.crs, indexed, budget))
        .collect();
    let bound = bound?;
    budget.check()?;
    let Parted { reasons, matched, only } = part(&bound, &asked.select, true, indexed, budget)?;
    let found = reasons.matched;
    let relaxing = relax::Relaxing { select: &asked.select, crs: asked.crs, indexed, budget };
    let mut criteria = Vec::with_capacity(asked.criteria.len());
    for (criterion, only) in asked.criteria.iter().zip(&only) {
        let missing = asked.want.saturating_sub(found);
        let relaxed = (missing > 0).then(|| relaxing.least(criterion, only, found, missing)).transpose()?;
        criteria.push(Told { without: found + only.len() as u64, relaxed });
    }
    let enough = |told: &Told| match &told.relaxed {
        Some(Relaxed::Enough(relaxation)) => Some(relaxation.let_in),
        _ => None,
    };
    let best = criteria.iter().enumerate().filter_map(|(at, told)| Some((enough(told)?, at))).min();
    let merges = merges(asked, &bound, &matched, indexed, budget)?;
    let ranking = rank::rank(asked, matched, indexed, budget)?;
    let items: Vec<FeatureIx> = ranking.items.iter().map(|item| item.ix).collect();
    let caps = asked.cap.as_ref().and_then(|cap| cap::caps(cap, indexed.layer(), &items, budget));
    let caps = caps.transpose()?;
    Ok(Shortlist { reasons, criteria, best: best.map(|(_, at)| at), ranking, merges, caps })
}

/// Neighbours that satisfy all criteria but those on their size, which together are large enough.
fn merges(
    asked: &Shortlisting,
    bound: &[super::predicate::Predicate],
    matched: &[FeatureIx],
    indexed: &IndexedLayer,
    budget: &Budget,
) -> Result<Option<Merges>, QueryError> {
    let layer = indexed.layer();
    let sizes: Vec<Option<f64>> =
        asked.criteria.iter().map(|criterion| relax::least_area_m2(&criterion.expr, layer)).collect();
    let from_criteria = sizes.iter().flatten().copied().reduce(f64::max);
    let Some(wanted) = asked.merge_m2.or(from_criteria) else { return Ok(None) };
    let aside: Vec<usize> = (0..sizes.len()).filter(|&at| sizes[at].is_some()).collect();
    let others: Vec<_> =
        bound.iter().zip(&sizes).filter(|(_, size)| size.is_none()).map(|(bound, _)| bound.clone()).collect();
    let rows = part(&others, &asked.select, true, indexed, budget)?.matched;
    let (alike, most) = (asked.alike.as_deref(), asked.page.limit as usize);
    let merging = merge::Merging { rows: &rows, matched, wanted_m2: wanted, alike, aside, most };
    merge::merges(merging, indexed, budget).map(Some)
}
