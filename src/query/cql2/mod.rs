//! What does a filter say? (CQL2, OGC 21-065r2.)
//!
//! In: the text or the JSON of a filter. Out: an [`Expr`]. Leaves out: the layer, whose names and types
//! [`bind`](super::bind) looks up.
//!
//! Both encodings are read by descent that counts how deep it stands, so no input makes it overflow.

mod ast;
mod json;
mod strict;
mod text;
mod write;

use thiserror::Error;

use crate::geometry::Shape;

pub(super) use ast::COST_OF_TABLE;
pub use ast::{Arithmetic, Comparison, Expr, Node, Op, Place, SetRelation, TimeRelation};
pub use strict::parse as strict_json;

/// The longest filter, bytes.
pub const MOST_BYTES: usize = 1 << 20;
/// The deepest nesting of a filter. A level takes two of the 128 that the reader of JSON allows.
pub const MOST_DEPTH: usize = 48;
/// The most positions in all geometries of a filter.
pub const MOST_POSITIONS: usize = 100_000;

/// The encoding of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Encoding {
    /// CQL2 text.
    #[default]
    Text,
    /// CQL2 JSON.
    Json,
}

impl Encoding {
    /// Both, with the names that `filter-lang` gives them.
    pub const ALL: [(&str, Self); 2] = [("cql2-text", Self::Text), ("cql2-json", Self::Json)];
}

/// What is wrong with a filter, and where.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{place}: {problem}")]
pub struct FilterError {
    /// Where.
    pub place: Place,
    /// What was found, and what was expected.
    pub problem: String,
}

impl FilterError {
    pub(super) fn new(place: Place, problem: impl Into<String>) -> Self {
        Self { place, problem: problem.into() }
    }
}

/// Reads a filter.
///
/// # Errors
/// What is no filter, or exceeds a limit.
pub fn parse(filter: &str, encoding: Encoding) -> Result<Expr, FilterError> {
    if filter.len() > MOST_BYTES {
        let start = if encoding == Encoding::Text { Place::Character(1) } else { Place::Pointer("".into()) };
        return Err(FilterError::new(
            start,
            format!("the filter has {} bytes, at most {MOST_BYTES} are read", filter.len()),
        ));
    }
    match encoding {
        Encoding::Text => text::parse(filter),
        Encoding::Json => json::parse(filter),
    }
}

/// A piece of the input for a message.
fn excerpt(text: &str) -> String {
    const MOST: usize = 40;
    let mut short: String = text.chars().take(MOST).collect();
    if text.chars().nth(MOST).is_some() {
        short.push('…');
    }
    short
}

/// Depth and positions used up so far.
#[derive(Default)]
struct Allowance {
    depth: usize,
    positions: usize,
}

impl Allowance {
    fn deeper(&mut self, place: impl FnOnce() -> Place) -> Result<(), FilterError> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            let problem = format!("nested deeper than the {MOST_DEPTH} levels that are read");
            return Err(FilterError::new(place(), problem));
        }
        Ok(())
    }

    fn position(&mut self, place: impl FnOnce() -> Place) -> Result<(), FilterError> {
        self.positions += 1;
        if self.positions > MOST_POSITIONS {
            let problem = format!("more than the {MOST_POSITIONS} positions that are read");
            return Err(FilterError::new(place(), problem));
        }
        Ok(())
    }
}

/// Reads a geometry alone, well-known text or GeoJSON, as filters write it.
///
/// # Errors
/// What is no geometry, or exceeds a limit.
pub fn geometry(text: &str) -> Result<Shape, FilterError> {
    if is_json(text) { json::geometry(text) } else { text::geometry(text) }
}

/// Does a text begin as well-known text or JSON does, so that what is wrong with it is best told of as such?
#[must_use]
pub fn begins_geometry(text: &str) -> bool {
    is_json(text) || text::begins_geometry(text)
}

fn is_json(text: &str) -> bool {
    text.trim_start().starts_with('{')
}
