//! Which tables, figures and maps make a report, and how it becomes a file?
//!
//! In: a catalogue. Out: a [`document::Document`], and it as HTML, PDF, DOCX, XLSX and CSV. Leaves out: routes,
//! commands.

pub mod csv;
pub mod document;
pub mod docx;
#[cfg(test)]
mod specimen;
pub mod xlsx;
