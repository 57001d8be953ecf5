//! Query to plan: names to fields, text to values, and the way to reach the features.

use super::{Equality, Page, Query, QueryError};
use crate::geometry::{Bounds, PlaneWindow};
use crate::index::IndexedLayer;
use crate::model::{Column, Date, FieldIx, Layer, Timestamp, ValueKind};

/// A query bound to a layer.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(super) access: Access,
    pub(super) tests: Vec<Test>,
    pub(super) page: Page,
}

/// How the features are reached.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Access {
    /// No feature can match.
    Nothing,
    /// All features, in order.
    Scan,
    /// Those that touch the window, by the R-tree, and those without position.
    Window(Bounds),
}

/// A condition on one feature.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Test {
    /// Its time meets this span in microseconds, or it has no time.
    During(i64, i64),
    /// It touches a rectangle of a projection's plane, or has no position.
    InPlane(PlaneWindow),
    Bool(FieldIx, bool),
    Integer(FieldIx, i64),
    Real(FieldIx, f64),
    Date(FieldIx, Date),
    Timestamp(FieldIx, Timestamp),
    /// The text has this code in its column's dictionary.
    Code(FieldIx, u32),
    Text(FieldIx, Box<str>),
}

/// Binds a query to a layer.
///
/// # Errors
/// A name that is no field, a field that holds no simple values, a value that does not fit its field.
pub fn plan(query: &Query, indexed: &IndexedLayer) -> Result<Plan, QueryError> {
    let layer = indexed.layer();
    let mut access = query.window.map_or(Access::Scan, |window| Access::Window(window.bounds));
    let mut tests: Vec<_> =
        query.window.and_then(|window| window.plane).map(Test::InPlane).into_iter().collect();
    for equality in &query.equal {
        match bind(equality, layer)? {
            Some(test) => tests.push(test),
            None => access = Access::Nothing,
        }
    }
    if let Some(during) = query.during.filter(|_| layer.time.is_some()) {
        tests.push(Test::During(during.first(), during.last()));
    }
    Ok(Plan { access, tests, page: query.page })
}

/// The test of an equality; `None` when the value stands nowhere in its column.
fn bind(equality: &Equality, layer: &Layer) -> Result<Option<Test>, QueryError> {
    let Equality { field: name, value } = equality;
    let (at, field) = layer.schema.find(name).ok_or_else(|| QueryError::UnknownField {
        name: name.clone(),
        known: layer.schema.fields().map(|(_, field)| &*field.name).collect::<Vec<_>>().join(", "),
    })?;
    let wrong = |expected| QueryError::WrongValue {
        name: name.clone(),
        value: value.chars().take(80).collect(),
        expected,
    };
    Ok(Some(match field.kind {
        ValueKind::Bool => Test::Bool(at, value.parse().map_err(|_| wrong("true or false"))?),
        ValueKind::Integer => Test::Integer(at, value.parse().map_err(|_| wrong("a whole number"))?),
        ValueKind::Real => {
            let real = value.parse().ok().filter(|real: &f64| real.is_finite());
            Test::Real(at, real.ok_or_else(|| wrong("a number"))?)
        }
        ValueKind::Date => {
            Test::Date(at, Date::parse(value).ok_or_else(|| wrong("a date as in 2025-12-31"))?)
        }
        ValueKind::Timestamp => {
            let moment = Timestamp::parse(value);
            Test::Timestamp(at, moment.ok_or_else(|| wrong("a timestamp as in 2025-12-31T08:00:00Z"))?)
        }
        ValueKind::Text => match layer.column(at) {
            Column::Text(texts) if texts.is_coded() => match texts.find(value) {
                Some(code) => Test::Code(at, code),
                None => return Ok(None),
            },
            _ => Test::Text(at, value.as_str().into()),
        },
        kind @ (ValueKind::Array | ValueKind::Object) => {
            return Err(QueryError::NotSimple { name: name.clone(), kind });
        }
    }))
}
