//! `Row`: what one feature of a file says, before anything is made of it.

use std::collections::HashMap;

use super::number::written;
use crate::model::Date;

/// A value as a file has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cell {
    Null,
    Bool(bool),
    Integer(i64),
    Real(f64),
    Text(String),
    Date(Date),
    /// An array or an object, as JSON text.
    Json(String),
}

impl Cell {
    /// A text, without the spaces around it; an empty one is no value.
    pub(super) fn text(text: &str) -> Self {
        // Signs without width come with what is copied from pages, one for the end of the file with what old programs write.
        let is_void = |c: char| {
            c.is_whitespace()
                || matches!(c, '\0' | '\u{1A}' | '\u{200B}'..='\u{200F}' | '\u{2060}' | '\u{FEFF}')
        };
        match text.trim_matches(is_void) {
            "" => Self::Null,
            text => Self::Text(text.to_owned()),
        }
    }

    /// A real, whole where it is.
    pub(super) fn number(value: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, reason = "below 2^53 every whole number is exact")]
        match value {
            value if value.is_nan() => Self::Null,
            value if value.fract() == 0.0 && value.abs() < 9e15 => Self::Integer(value as i64),
            value => Self::Real(value),
        }
    }

    /// The value as people would write it; empty for none.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Null => String::new(),
            Self::Bool(value) => value.to_string(),
            Self::Integer(value) => value.to_string(),
            Self::Real(value) => value.to_string(),
            Self::Text(text) | Self::Json(text) => text.clone(),
            Self::Date(day) => day.to_string(),
        }
    }

    /// The value as a number, if it is one or a text of one.
    pub(super) fn as_number(&self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "coordinates and areas lie below 2^53")]
            Self::Integer(value) => Some(*value as f64),
            Self::Real(value) => Some(*value),
            Self::Text(text) => written(text, false)
                .filter(|read| !read.is_limit && read.behind.is_empty())
                .map(|read| read.value),
            _ => None,
        }
        .filter(|value: &f64| value.is_finite())
    }
}

/// A piece of a geometry, the numbers as they stand in the file.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Figure {
    Point([f64; 2]),
    Line(Vec<[f64; 2]>),
    /// A shell and its holes.
    Polygon(Vec<Vec<[f64; 2]>>),
}

impl Figure {
    /// All positions.
    pub(super) fn positions(&self) -> impl Iterator<Item = [f64; 2]> + '_ {
        let (point, line, rings): (_, &[_], &[_]) = match self {
            Self::Point(at) => (Some(*at), &[], &[]),
            Self::Line(line) => (None, line, &[]),
            Self::Polygon(rings) => (None, &[], rings),
        };
        point.into_iter().chain(line.iter().copied()).chain(rings.iter().flatten().copied())
    }

    /// The same with other positions; `None` when one has none.
    pub(super) fn moved(&self, place: &mut dyn FnMut([f64; 2]) -> Option<[f64; 2]>) -> Option<Self> {
        let mut run = |run: &[[f64; 2]]| run.iter().map(|&at| place(at)).collect::<Option<Vec<_>>>();
        Some(match self {
            Self::Point(at) => Self::Point(run(&[*at])?[0]),
            Self::Line(line) => Self::Line(run(line)?),
            Self::Polygon(rings) => Self::Polygon(rings.iter().map(|ring| run(ring)).collect::<Option<_>>()?),
        })
    }
}

/// What one feature of a file says.
#[derive(Debug, Clone, Default)]
pub(super) struct Row {
    /// Number in its file, from 1.
    pub number: u64,
    /// Line of the file where rows are lines, from 1.
    pub line: Option<u64>,
    /// Values by the number of their heading.
    pub cells: Vec<(usize, Cell)>,
    /// Headings whose numbers are shares that are shown in per cent.
    pub percent: Vec<usize>,
    pub figures: Vec<Figure>,
    /// What stands in the column that holds its geometry, and the heading of that column; the one that a file of refused
    /// rows adds has none.
    pub drawn: Option<(Option<usize>, Cell)>,
    /// The id of the system that its geometry states.
    pub srid: Option<u32>,
    /// What the reader repaired.
    pub repaired: Vec<String>,
    /// Why nothing can be made of it.
    pub fault: Option<String>,
    /// What could not be read of it, as it stands in the file.
    pub raw: Option<String>,
    /// It stands in a file of refused rows.
    pub is_mended: bool,
}

impl Row {
    /// Adds a value. One whose heading has another value already gets a heading of its own, numbered from 2.
    pub(super) fn put(&mut self, name: &str, cell: Cell, headings: &mut Headings) -> Result<(), String> {
        let mut at = headings.number(name)?;
        for number in 2.. {
            match self.cells.iter_mut().find(|(known, _)| *known == at) {
                None => {
                    self.cells.push((at, cell));
                    break;
                }
                Some((_, known)) if cell == Cell::Null || known.shown() == cell.shown() => break,
                Some((_, known @ Cell::Null)) => {
                    *known = cell;
                    break;
                }
                Some(_) => at = headings.number(&format!("{name}_{number}"))?,
            }
        }
        Ok(())
    }
}

/// The headings of all files, each once.
#[derive(Debug, Clone, Default)]
pub(super) struct Headings {
    names: Vec<String>,
    known: HashMap<String, usize>,
}

/// Most headings; more is a table whose delimiter was not understood, or one that lies on its side.
pub(super) const MOST_HEADINGS: usize = 1000;

impl Headings {
    /// The number of a heading, new or known; an error where there are too many.
    pub(super) fn number(&mut self, name: &str) -> Result<usize, String> {
        if let Some(&at) = self.known.get(name) {
            return Ok(at);
        }
        if self.names.len() == MOST_HEADINGS {
            return Err(format!("has more than {MOST_HEADINGS} fields; one of them is {:?}", cut(name)));
        }
        self.names.push(name.to_owned());
        self.known.insert(name.to_owned(), self.names.len() - 1);
        Ok(self.names.len() - 1)
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }
}

/// The beginning of a text, for messages.
pub(super) fn cut(text: &str) -> String {
    text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect()
}
