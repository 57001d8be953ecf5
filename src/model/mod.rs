//! What is a layer, a feature, a value?
//!
//! In: typed columns and geometries. Out: the same, seen as features. Leaves out: JSON, HTTP, files.

mod column;
mod domain;
mod evidence;
mod feature;
mod fold;
mod layer;
mod outline;
pub mod plan;
mod schema;
mod text;
mod time;
mod value;

pub use column::{Column, ColumnBuilder, Conflict, Incoming, NULL_BOOL, NULL_DAYS, NULL_INTEGER};
pub use domain::{Domain, Element};
pub use evidence::{Document, Entry, Event, Evidence, Observation, Registered};
pub use feature::{FeatureId, FeatureIx, FeatureRef};
pub use fold::{case_folded, narrow, narrowed, normalized, without_accents};
pub use layer::{Extent, Ids, Lang, Layer, LayerAbout, LayerError, LayerId, TimeFields, Words};
pub use outline::is_outline;
pub use plan::{Citation, Indicator, Operator, Place, PlanFacts, Target};
pub use schema::{Field, FieldIx, FindBy, Schema, ValueKind};
pub use text::{NARROW_NULL, TextArena, TextBuilder, TextColumn, counted, cut};
pub use time::{Date, Instant, Interval, Local, Timestamp, Zone};
pub use value::Value;
