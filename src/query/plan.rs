//! Query to plan: names to fields, text to values, and the way to reach the features.

use std::time::Duration;

use super::cql2::Comparison;
use super::predicate::{Predicate, Test, TextCondition, TextTest, Whereabouts};
use super::sort::{self, Order};
use super::{Budget, Equality, ID_NAME, Page, Query, QueryError, bind};
use crate::geometry::Bounds;
use crate::index::IndexedLayer;
use crate::model::{Date, FeatureIx, Ids, Layer, Timestamp, ValueKind, cut, normalized};

/// A query bound to a layer.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(super) access: Access,
    /// So many features are reached, at most.
    pub(super) reached: u64,
    /// What the features that are reached must satisfy; none when all match.
    pub(super) predicate: Option<Predicate>,
    /// The order of the answer where it is not that of the layer.
    pub(super) order: Option<Order>,
    pub(super) page: Page,
}

impl Plan {
    /// About how long it takes; `None` where geometries are looked at that may take any time.
    #[must_use]
    pub fn takes_about(&self, layer: &Layer) -> Option<Duration> {
        /// Nanoseconds to find a feature in the tree, to reach its columns, to put it in order.
        const FOUND: u64 = 2;
        const LOOKED_AT: u64 = 10;
        const SORTED: u64 = 200;
        /// Conditions on columns alone cost less.
        const MOST_OF_COLUMNS: u32 = 200;
        /// So many positions are soon held against a window.
        const MOST_POSITIONS: usize = 1 << 12;
        let cost = self.predicate.as_ref().map_or(0, Predicate::cost);
        if cost > MOST_OF_COLUMNS || layer.geometries().most_positions() > MOST_POSITIONS {
            return None;
        }
        let tested = if self.predicate.is_some() { LOOKED_AT + u64::from(cost) } else { 0 };
        let sorted = if self.order.is_some() { SORTED } else { 0 };
        let reached = match (&self.access, &self.predicate, &self.order) {
            // Of the whole layer only the page is looked at.
            (Access::Scan, None, None) => 0,
            _ => self.reached,
        };
        Some(Duration::from_nanos(reached.saturating_mul(FOUND + tested + sorted)))
    }
}

/// How the features are reached.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Access {
    /// All features, in order.
    Scan,
    /// Those that touch the window, by the R-tree, and those without position if asked.
    Window { bounds: Bounds, nowhere: bool },
    /// These, ascending.
    Rows(Vec<FeatureIx>),
}

/// Binds a query to a layer. What is constant in its filter is computed, which may take long: what
/// [`Query::is_soon_planned`] does not promise belongs where the budget ends the work.
///
/// # Errors
/// The budget is spent, a name that is no field, a field that holds no simple values, a value that does not fit its field, a filter
/// that does not fit the layer.
pub fn plan(query: &Query, indexed: &IndexedLayer, budget: &Budget) -> Result<Plan, QueryError> {
    let layer = indexed.layer();
    let mut ways = Vec::new();
    let mut tests = Vec::new();
    if let Some(window) = query.window {
        ways.push(Access::Window { bounds: window.bounds, nowhere: true });
        tests.extend(window.plane.map(Test::InPlane));
    }
    for equality in &query.equal {
        tests.push(bind_equality(equality, indexed, budget)?);
    }
    if let Some(during) = query.during.filter(|_| layer.time.is_some()) {
        tests.push(Test::During(during.first(), during.last()));
    }
    let mut conditions: Vec<_> = tests.into_iter().map(Predicate::Test).collect();
    if let Some(filter) = &query.filter {
        conditions.extend(bind::bind(&filter.expr, filter.crs, indexed, budget)?.into_conjuncts());
    }
    conditions.extend(query.search.as_ref().map(|search| search.bind(layer, budget)));
    budget.check()?;
    let windows = ways.len();
    ways.extend(conditions.iter().filter_map(way));
    // All ways lead to every match, so the shortest is taken. What reached the features need not be tested again
    // where it is exact; another window must.
    let reached = |at: usize| (reached(&ways[at], indexed), at);
    let best = (0..ways.len()).map(reached).min();
    let (reached, best) =
        best.map_or((indexed.layer().len() as u64, None), |(reached, at)| (reached, Some(at)));
    if let Some(window) = query.window.filter(|_| windows == 1 && best != Some(0)) {
        conditions.push(Predicate::Test(Test::InWindow(window.bounds)));
    }
    let access = best.map_or(Access::Scan, |best| ways.swap_remove(best));
    let predicate = (!conditions.is_empty()).then(|| Predicate::all(conditions).cheap_first());
    Ok(Plan { access, reached, predicate, order: sort::bind(&query.sort, layer)?, page: query.page })
}

/// The way to the features for which a condition can be true, if the condition shows one.
fn way(condition: &Predicate) -> Option<Access> {
    match condition {
        Predicate::Test(Test::Rows(rows)) => Some(Access::Rows(rows.clone())),
        Predicate::Test(test) => match test.whereabouts() {
            Whereabouts::Anywhere => None,
            Whereabouts::Nowhere => Some(Access::Rows(Vec::new())),
            Whereabouts::Within(bounds) => Some(Access::Window { bounds, nowhere: false }),
        },
        _ => None,
    }
}

/// How many features a way leads to, at most.
fn reached(way: &Access, indexed: &IndexedLayer) -> u64 {
    match way {
        Access::Scan => indexed.layer().len() as u64,
        Access::Rows(rows) => rows.len() as u64,
        Access::Window { bounds, nowhere } => {
            let nowhere = if *nowhere { indexed.nowhere().len() as u64 } else { 0 };
            indexed.count_at_most(*bounds) + nowhere
        }
    }
}

/// The test of an equality.
fn bind_equality(equality: &Equality, indexed: &IndexedLayer, budget: &Budget) -> Result<Test, QueryError> {
    let layer = indexed.layer();
    let Equality { field: name, value } = equality;
    // A field that repeats the ids is looked up by the table of ids.
    let field = layer.schema.find(name).filter(|(at, _)| layer.id_field() != Some(*at));
    let Some((at, field)) = field else {
        if name == ID_NAME {
            if matches!(layer.ids(), Ids::Integer(_)) && value.parse::<i64>().is_err() {
                return Err(QueryError::WrongValue {
                    name: name.clone(),
                    value: cut(value),
                    expected: "a whole number",
                });
            }
            return Ok(Test::Rows(indexed.find(value).into_iter().collect()));
        }
        return Err(unknown(name, layer));
    };
    let wrong = |expected| QueryError::WrongValue { name: name.clone(), value: cut(value), expected };
    let whole = |value| Test::Whole { field: at, low: value, high: value, inside: true };
    Ok(match field.kind {
        ValueKind::Bool => {
            let wanted: bool = value.parse().map_err(|_| wrong("true or false"))?;
            Test::Bool(at, [!wanted, wanted].map(|holds| super::predicate::truth(Some(holds))))
        }
        ValueKind::Integer => whole(value.parse().map_err(|_| wrong("a whole number"))?),
        ValueKind::Real => {
            let real = value.parse().ok().filter(|real: &f64| real.is_finite());
            let real = real.ok_or_else(|| wrong("a number"))?;
            Test::Real { field: at, low: real, high: real, inside: true }
        }
        ValueKind::Date => {
            let day = Date::parse(value).ok_or_else(|| wrong("a date as in 2025-12-31"))?;
            whole(i64::from(day.days()))
        }
        ValueKind::Timestamp => {
            let moment = Timestamp::parse(value);
            let moment = moment.ok_or_else(|| wrong("a timestamp as in 2025-12-31T08:00:00Z"))?;
            whole(moment.microseconds())
        }
        ValueKind::Text => {
            let condition = TextCondition::Compare(Comparison::Equal, normalized(value).as_ref().into());
            Test::Text(TextTest::new(at, Vec::new(), condition, layer, budget))
        }
        kind @ (ValueKind::Array | ValueKind::Object) => {
            return Err(QueryError::NotSimple { name: name.clone(), kind });
        }
    })
}

fn unknown(name: &str, layer: &Layer) -> QueryError {
    let known = layer.schema.fields().map(|(_, field)| &*field.name).collect::<Vec<_>>().join(", ");
    QueryError::UnknownField { name: name.to_owned(), known }
}
