//! Which tables, figures and maps make a report, and how it becomes a file?
//!
//! In: a catalogue and a [`Request`]. Out: a [`document::Document`], and it as HTML, PDF, DOCX, XLSX, CSV and JSON. Leaves out:
//! routes, commands.
//!
//! A report is composed once, by [`units`], [`progress`], [`parcels`], [`site`] or [`sheet`], and every writer reads the same
//! document, so that no number differs from one file to the next.

pub mod chart;
mod cross;
pub mod csv;
pub mod document;
pub mod docx;
pub mod figure;
mod grid;
mod hatch;
pub mod html;
pub mod json;
mod layout;
mod lines;
mod maker;
mod page;
mod parcels;
pub mod pdf;
mod progress;
pub mod sheet;
mod site;
#[cfg(test)]
mod specimen;
pub mod strip;
pub mod text;
mod units;
mod walk;
pub mod xlsx;

use std::collections::BTreeSet;
use std::sync::Arc;

use thiserror::Error;

use crate::catalog::Catalog;
use crate::geometry::Network;
use crate::map::MapError;
use crate::model::Date;
use crate::query::{Budget, Query, QueryError};
use crate::register::RegisterError;
use crate::register::area::Choice;
use document::{Chart, Document, Tongue};
use maker::Maker;

/// What a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Innovation units under every rule.
    Units,
    /// The state of every number of the plan.
    Progress,
    /// Parcels that a query finds.
    Parcels,
    /// One place, and for a block what it holds.
    Site,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Units, Self::Progress, Self::Parcels, Self::Site];

    /// Its name in addresses and commands.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Units => "units",
            Self::Progress => "progress",
            Self::Parcels => "parcels",
            Self::Site => "site",
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The table that a file of one table holds when none is named; the first of the report when there is none.
    #[must_use]
    pub fn main_table(self) -> Option<&'static str> {
        match self {
            Self::Progress => Some("indicators"),
            Self::Units | Self::Parcels | Self::Site => None,
        }
    }
}

/// What is asked of a report.
#[derive(Debug, Clone)]
pub struct Request {
    /// Its languages.
    pub tongue: Tongue,
    /// The day; that of the data when none is given.
    pub as_of: Option<Date>,
    /// What it is about.
    pub subject: Subject,
}

/// What a report is about, with what each kind needs.
#[derive(Debug, Clone)]
pub enum Subject {
    /// See [`Kind::Units`].
    Units {
        /// Where they lie; anywhere when none is given.
        area: Option<Choice>,
    },
    /// See [`Kind::Progress`].
    Progress,
    /// See [`Kind::Parcels`].
    Parcels {
        /// Id of the layer.
        layer: String,
        /// The conditions.
        query: Box<Query>,
        /// The conditions as they were asked for, by name.
        asked: Vec<(String, String)>,
    },
    /// See [`Kind::Site`].
    Site {
        /// Ids of the places; two or more stand side by side.
        ids: Vec<String>,
    },
}

impl Subject {
    /// Which kind of report it makes.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Units { .. } => Kind::Units,
            Self::Progress => Kind::Progress,
            Self::Parcels { .. } => Kind::Parcels,
            Self::Site { .. } => Kind::Site,
        }
    }
}

/// Why there is no report.
#[derive(Debug, Error)]
pub enum ReportError {
    /// The data comes without a plan.
    #[error("the data has no plan: this report needs the facts of one (`seeds` in catalog.toml)")]
    NoPlan,
    /// There is no day to report of.
    #[error("the data states no day (`data_date` in catalog.toml): give as_of")]
    NoDay,
    /// A question that the register cannot answer.
    #[error(transparent)]
    Register(#[from] RegisterError),
    /// A place that neither the plan nor a layer has.
    #[error("there is no place {0:?}")]
    NoPlace(String),
    /// An id that several layers have; what it is called in each.
    #[error("several collections have {0:?}; name one: {names}", names = .1.join(", "))]
    Ambiguous(String, Vec<String>),
    /// A layer that is not served.
    #[error("there is no collection {0:?}")]
    NoLayer(String),
    /// A condition that the layer does not understand.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// There is no map.
    #[error(transparent)]
    Map(#[from] MapError),
    /// A table that the report does not have.
    #[error(transparent)]
    Table(#[from] csv::CsvError),
    /// A writer of a format refused.
    #[error("{format}: {fault}")]
    Refused {
        /// The format.
        format: &'static str,
        /// What the writer says.
        fault: String,
    },
}

/// Composes a report. `network` gives the streets of the catalogue where the report walks along them.
///
/// # Errors
/// What is asked for does not exist, or the budget is spent.
pub fn compose(
    catalog: &Catalog,
    network: impl FnOnce() -> Arc<Option<Network>>,
    request: &Request,
    budget: &Budget,
) -> Result<Document, ReportError> {
    // A day would not help where there is no plan.
    if matches!(request.subject, Subject::Units { .. } | Subject::Progress) && catalog.plan.is_none() {
        return Err(ReportError::NoPlan);
    }
    let day = request.as_of.or(catalog.about.data_date).ok_or(ReportError::NoDay)?;
    let maker = Maker { catalog, tongue: request.tongue, as_of: day, budget };
    match &request.subject {
        Subject::Units { area } => units::compose(&maker, area.as_ref()),
        Subject::Progress => progress::compose(&maker),
        Subject::Parcels { layer, query, asked } => parcels::compose(&maker, layer, query, asked),
        Subject::Site { ids } => match ids.as_slice() {
            [id] => site::compose(&maker, (*network()).as_ref(), id),
            ids => sheet::compose(&maker, (*network()).as_ref(), ids),
        },
    }
}

/// What a report can become.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A page, for the screen and for printing.
    Html,
    /// Pages of A4.
    Pdf,
    /// A document of a word processor.
    Docx,
    /// A workbook.
    Xlsx,
    /// One of its tables.
    Csv,
    /// All of it but its maps, for programs.
    Json,
    /// Words and tables for a terminal.
    Text,
}

impl Form {
    /// All of them.
    pub const ALL: [Self; 7] =
        [Self::Html, Self::Pdf, Self::Docx, Self::Xlsx, Self::Csv, Self::Json, Self::Text];

    /// Its name, and the suffix of its files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Html => "html",
            Self::Pdf => "pdf",
            Self::Docx => "docx",
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Text => "txt",
        }
    }

    /// The form of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }
}

/// The characters that a form draws as boxes, since no font has them: all of print, elsewhere those of maps alone.
#[must_use]
pub fn missing(document: &Document, form: Form) -> BTreeSet<char> {
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    match form {
        Form::Pdf => pdf::missing(document),
        Form::Html | Form::Docx => blocks
            .filter_map(|block| {
                if let document::Block::Map { picture, .. } = block { Some(&picture.missing) } else { None }
            })
            .flatten()
            .copied()
            .collect(),
        _ => BTreeSet::new(),
    }
}

/// Writes a report as a file; of CSV one table, the first when none is named.
///
/// # Errors
/// A table that the report does not have, or a writer refuses.
pub fn write(document: &Document, form: Form, table: Option<&str>) -> Result<Vec<u8>, ReportError> {
    match form {
        Form::Html => Ok(html::write(document)),
        Form::Text => Ok(text::write(document)),
        Form::Json => Ok(json::write(document)),
        Form::Pdf => pdf::write(document).map_err(|fault| refused("pdf", &fault)),
        Form::Docx => {
            let draw = |chart: &Chart| {
                let mut picture = chart::draw(chart, CHART_WIDTH, document.tongue);
                // Word prints pixels.
                picture.size.scale = 3.0;
                picture
            };
            docx::write(document, &draw).map_err(|fault| refused("docx", &fault))
        }
        Form::Xlsx => xlsx::write(document).map_err(|fault| refused("xlsx", &fault)),
        Form::Csv => Ok(csv::write(document, table)?),
    }
}

/// Width of charts in documents, CSS pixels: that of the text on A4.
const CHART_WIDTH: u16 = 680;

fn refused(format: &'static str, fault: &dyn std::error::Error) -> ReportError {
    ReportError::Refused { format, fault: fault.to_string() }
}
