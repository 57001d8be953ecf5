//! Which features answer?
//!
//! In: a layer and a [`Query`]. Out: a [`Selection`]: how many features match, and which stand on the asked
//! page. Leaves out: media types, URLs.
//!
//! A query is planned once ([`plan`] turns names into fields and text into values, and picks how to reach the
//! features) and then run ([`execute`]) without looking at a name again.

pub mod aggregate;
mod bind;
mod cores;
pub mod cql2;
pub mod defects;
mod distance;
mod execute;
mod explain;
pub mod functions;
mod number;
mod plan;
mod predicate;
mod scalar;
mod search;
pub mod shortlist;
mod sort;
mod stored;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use thiserror::Error;

use crate::geometry::{Crs, Window};
use crate::model::{FeatureIx, Interval, ValueKind};

pub use bind::{GEOMETRY_NAMES, ID_NAME};
pub use cores::fold_on_all_cores;
pub use distance::{DISTANCE, DistanceTo};
pub use execute::{execute, matching};
pub use explain::{LeftOut, Reasons, explain};
pub use plan::{Plan, plan};
pub use search::Search;
pub use sort::{SortKey, sortables};
pub use stored::with_features;

/// What a request asks of one layer. All conditions must hold.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Query {
    /// Features that touch the window, and those without any position (OGC 17-069r4, 7.15.3).
    pub window: Option<Window>,
    /// Features whose time meets the interval, and those without any time (OGC 17-069r4, 7.15.4).
    pub during: Option<Interval>,
    /// Fields that must equal a value; a null equals nothing.
    pub equal: Vec<Equality>,
    /// Features for which the filter is true (OGC 19-079r2, 8).
    pub filter: Option<Filter>,
    /// Features of which a text holds what is looked for.
    pub search: Option<Search>,
    /// The keys by which matches are ordered; none is the order of the layer.
    pub sort: Vec<SortKey>,
    /// The asked page.
    pub page: Page,
}

impl Query {
    /// Is it planned so soon that no other thread need take that over?
    #[must_use]
    pub fn is_soon_planned(&self) -> bool {
        // Each equality is a comparison of a field and a value.
        let equalities = (cql2::COST_OF_TABLE + 2) * self.equal.len();
        let Some(mut parts) = 64_usize.checked_sub(equalities) else { return false };
        let is_plain = |filter: &Filter| filter.expr.is_plain(&mut parts);
        self.search.is_none() && self.filter.as_ref().is_none_or(is_plain)
    }

    /// Is anything asked but the place, the order and the page?
    #[must_use]
    pub fn has_conditions(&self) -> bool {
        self.during.is_some() || !self.equal.is_empty() || self.filter.is_some() || self.search.is_some()
    }
}

/// A filter and the system of its coordinates.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// What must hold.
    pub expr: cql2::Expr,
    /// The system of the coordinates in it, in the order of its axes.
    pub crs: Crs,
}

/// A field that must equal a value, both as the request writes them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Equality {
    /// Name of the field.
    pub field: String,
    /// The value as text.
    pub value: String,
}

/// A stretch of the answer in its order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Page {
    /// Matching features to skip.
    pub offset: u64,
    /// The most features to return.
    pub limit: u32,
}

impl Default for Page {
    fn default() -> Self {
        Self { offset: 0, limit: u32::MAX }
    }
}

/// The answer to a query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Selection {
    /// How many features match, whatever the page.
    pub matched: u64,
    /// The features of the page, in the order asked for.
    pub items: Vec<FeatureIx>,
}

/// Why a query has no answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QueryError {
    /// A name that is no field.
    #[error("{name:?} is no field of this layer; its fields are {known}")]
    UnknownField {
        /// The name as given.
        name: String,
        /// The fields there are.
        known: String,
    },
    /// A field that cannot equal a single value.
    #[error("field {name:?} holds {}s and cannot be compared with a value", kind.name())]
    NotSimple {
        /// The field.
        name: String,
        /// What it holds.
        kind: ValueKind,
    },
    /// A value that the field cannot hold.
    #[error("field {name:?} takes {expected}, not {value:?}")]
    WrongValue {
        /// The field.
        name: String,
        /// The value as given, cut to 80 characters.
        value: String,
        /// What it takes.
        expected: &'static str,
    },
    /// A name that features cannot be sorted by.
    #[error("features cannot be sorted by {name:?}, only by {known}")]
    NotSortable {
        /// The name as given, cut to 80 characters.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A name that stands twice among the keys of an order.
    #[error("sortby names {name:?} twice")]
    SortedTwice {
        /// The name.
        name: String,
    },
    /// A filter that does not fit the layer.
    #[error("filter, {0}")]
    Filter(#[from] cql2::FilterError),
    /// Groups, measures or areas that make no sense.
    #[error("{problem}")]
    Aggregate {
        /// The parameter that is to blame.
        parameter: &'static str,
        /// What is wrong, and what was expected.
        problem: String,
    },
    /// Keys or places of a shortlist that make no sense.
    #[error("{problem}")]
    Shortlist {
        /// The parameter that is to blame.
        parameter: &'static str,
        /// What is wrong, and what was expected.
        problem: String,
    },
    /// A condition on groups that does not fit their columns.
    #[error("having, {0}")]
    Having(cql2::FilterError),
    /// The time allowed for a query is over.
    #[error("the query took longer than the server allows")]
    Spent,
}

/// A flag that its owner raises when the answer is no longer wanted; long loops look at it now and then.
#[derive(Debug, Clone, Default)]
pub struct Budget(Arc<AtomicBool>);

impl Budget {
    /// Ends the work that this budget pays for.
    pub fn spend(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Is the answer no longer wanted? It stays so: work that stops for it may leave anything behind, as long as the budget
    /// is checked before that is used.
    #[must_use]
    pub fn is_spent(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }

    /// # Errors
    /// The budget is spent.
    pub fn check(&self) -> Result<(), QueryError> {
        if self.is_spent() { Err(QueryError::Spent) } else { Ok(()) }
    }
}
