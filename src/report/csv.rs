//! A table of a report as comma-separated values (RFC 4180).
//!
//! In: a report and the name of one of its tables. Out: UTF-8 with a byte-order mark; the headings in the first line,
//! then one line a row, ended with CR and LF. Numbers have all their digits and no groups, what is not known is nothing
//! between two commas. The two languages of a text stand in one line. Leaves out: titles, and the row that sums up,
//! which would be counted twice by who sums a column; the workbook has both.

use thiserror::Error;

use super::document::{Cell, Document, Table, joined};
use crate::model::cut;
use crate::render::SYNTHETIC;
use crate::render::csv::{cell, unformulated};

/// Why there is no file.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum CsvError {
    /// No table has the name.
    #[error("the report {report} has no table {asked:?}; its tables are: {known}")]
    Unknown {
        /// The report.
        report: String,
        /// The name, cut to 80 characters.
        asked: String,
        /// The names there are.
        known: String,
    },
    /// The report is of texts and pictures alone.
    #[error("the report {0} has no table")]
    NoTable(String),
}

/// A table of a report; without a name the first, which is the one that the report is about.
///
/// # Errors
/// There is no such table.
pub fn write(document: &Document, name: Option<&str>) -> Result<Vec<u8>, CsvError> {
    let table = find(document, name)?;
    let mut out = "\u{FEFF}".as_bytes().to_vec();
    // A file of rows has no room for a banner.
    let flagged = |text: &str| document.banner.as_ref().map(|_| Some(text.to_owned()));
    let headings = table.columns.iter().map(|column| Some(said(&column.heading)));
    line(&mut out, headings.chain(flagged(SYNTHETIC)));
    for row in &table.rows {
        line(&mut out, row.iter().map(value).chain(flagged("true")));
    }
    Ok(out)
}

fn find<'a>(document: &'a Document, name: Option<&str>) -> Result<&'a Table, CsvError> {
    let first = || document.tables().next().ok_or_else(|| CsvError::NoTable(document.name.clone()));
    let Some(name) = name else { return first() };
    document.tables().find(|table| table.name == name).ok_or_else(|| CsvError::Unknown {
        report: document.name.clone(),
        asked: cut(name),
        known: document.tables().map(|table| table.name).collect::<Vec<_>>().join(", "),
    })
}

fn said(text: &str) -> String {
    unformulated(&joined(text)).into_owned()
}

fn value(cell: &Cell) -> Option<String> {
    match cell {
        Cell::Text(text) | Cell::Cited(text) => Some(said(text)),
        // A sum with a zero has no minus before its zero.
        Cell::Number(number, _) if number.is_finite() => Some((number + 0.0).to_string()),
        Cell::Digits(whole) => Some(whole.to_string()),
        Cell::Day(day) => Some(day.to_string()),
        Cell::Missing | Cell::Number(..) => None,
    }
}

fn line(out: &mut Vec<u8>, cells: impl Iterator<Item = Option<String>>) {
    for (at, text) in cells.enumerate() {
        if at > 0 {
            out.push(b',');
        }
        if let Some(text) = text {
            cell(out, &text);
        }
    }
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::super::document::Tongue;
    use super::super::specimen::specimen;
    use super::*;

    fn read(bytes: &[u8]) -> Vec<Vec<String>> {
        let text = bytes.strip_prefix("\u{FEFF}".as_bytes()).expect("a byte-order mark");
        let mut reader = ::csv::ReaderBuilder::new().has_headers(false).from_reader(text);
        reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
    }

    #[test]
    fn the_first_table_is_written_as_it_is() {
        let document = specimen(Tongue::Both);
        let bytes = write(&document, None).expect("a table");
        let rows = read(&bytes);
        let table = document.tables().next().expect("one");
        assert_eq!(rows.len(), 1 + table.rows.len());
        assert_eq!(
            rows[0],
            [
                "名称 / Name",
                "说明 / About",
                "面积（平方米） / Floor area (m2)",
                "占比 (%)",
                "日期 / Day",
                "synthetic"
            ]
        );
        assert_eq!(
            rows[1],
            ["'=1+1", "<b>&\"说\"</b>, a, b / second, line", "1234567.891", "", "2025-03-01", "true"]
        );
        assert_eq!(rows[2][2], "", "not known is not zero");
        assert_eq!(rows[3][2], "0", "zero is zero");
        assert_eq!(write(&document, Some("long")).expect("the same"), bytes);
    }

    #[test]
    fn a_name_chooses_and_an_unknown_one_is_told() {
        let document = specimen(Tongue::Only(crate::model::Lang::En));
        let rows = read(&write(&document, Some("short")).expect("a table"));
        assert_eq!(rows[0], ["Axis", "Units", "synthetic"], "its banner says that rows are made up");
        let fault = write(&document, Some("none")).expect_err("no such table").to_string();
        assert_eq!(fault, "the report specimen has no table \"none\"; its tables are: long, short");
        let true_rows = Document { banner: None, ..specimen(Tongue::Only(crate::model::Lang::En)) };
        assert_eq!(read(&write(&true_rows, Some("short")).expect("a table"))[0], ["Axis", "Units"]);
        let bare = Document { sections: Vec::new(), ..document };
        assert_eq!(write(&bare, None), Err(CsvError::NoTable("specimen".to_owned())));
    }
}
