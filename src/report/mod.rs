//! Which tables, figures and maps make a report, and how it becomes a file?
//!
//! In: a catalogue. Out: a [`document::Document`], and it as HTML, PDF, DOCX, XLSX and CSV. Leaves out: routes,
//! commands.

pub mod chart;
pub mod document;
pub mod grid;
pub mod layout;
pub mod lines;
#[cfg(test)]
pub(crate) mod made_up;
pub mod page;
pub mod pdf;
