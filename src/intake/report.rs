//! What became of each row, counted by kind and told one by one; as text, JSON and CSV.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use serde_json::{Value, json};

use crate::geometry::Bounds;
use crate::model::counted;
use crate::render::csv::unformulated;

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It is not taken; it stands in the file of refused rows.
    Refused,
    /// It is taken, repaired.
    Repaired,
    /// It is taken as it is.
    Noted,
}

impl Fate {
    /// Its word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Repaired => "repaired",
            Self::Noted => "noted",
        }
    }
}

/// One thing to say of one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// The file.
    pub file: String,
    /// Number of the row in it, from 1.
    pub row: u64,
    /// Its line, where rows are lines.
    pub line: Option<u64>,
    /// Its id, where it has one.
    pub id: Option<String>,
    /// What became of it.
    pub fate: Fate,
    /// What kind of flaw it is.
    pub kind: &'static str,
    /// What is wrong and what was done.
    pub reason: String,
}

/// How a report is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReportForm {
    /// Lines for people.
    Text,
    /// One object.
    Json,
    /// A finding a line, then a trap a line.
    Csv,
}

impl ReportForm {
    /// The form of the suffix of a file.
    #[must_use]
    pub fn of_suffix(suffix: &str) -> Option<Self> {
        match suffix.to_ascii_lowercase().as_str() {
            "txt" => Some(Self::Text),
            "json" => Some(Self::Json),
            "csv" => Some(Self::Csv),
            _ => None,
        }
    }
}

/// Most findings that are kept; all are counted, and all are written to a file that is asked for.
const KEPT: usize = 1000;
/// Rows that are named of each kind.
const NAMED: usize = 5;

/// How often a flaw was met.
#[derive(Debug, Clone, Default)]
struct Count {
    rows: u64,
    named: Vec<String>,
    reason: String,
}

/// What was found in all rows.
#[derive(Debug, Default)]
pub struct Report {
    /// What is told before any row is.
    pub head: Value,
    /// The same for people.
    pub preface: String,
    /// What would have gone wrong, each with the file that it concerns, where it is one.
    pub traps: Vec<(Option<String>, String)>,
    /// Rows read.
    pub rows: u64,
    /// Rows taken.
    pub taken: u64,
    /// Rows not taken.
    pub refused: u64,
    /// Rows taken that say of themselves that they are made up.
    pub made_up: u64,
    /// Those with an area.
    pub areas: u64,
    /// Where what is taken lies.
    pub window: Option<Bounds>,
    /// Where refused rows were written.
    pub refused_file: Option<String>,
    counts: BTreeMap<(Fate, &'static str), Count>,
    kept: Vec<Finding>,
}

impl Report {
    pub(super) fn new(head: Value, preface: String, traps: Vec<(Option<String>, String)>) -> Self {
        Self { head, preface, traps, ..Self::default() }
    }

    pub(super) fn push(&mut self, finding: &Finding) {
        let count = self.counts.entry((finding.fate, finding.kind)).or_default();
        count.rows += 1;
        if count.named.len() < NAMED {
            count.named.push(place(finding));
            count.reason.clone_from(&finding.reason);
        }
        if self.kept.len() < KEPT {
            self.kept.push(finding.clone());
        }
    }

    /// How many findings there are of a fate.
    #[must_use]
    pub fn count(&self, fate: Fate) -> u64 {
        self.counts.iter().filter(|((of, _), _)| *of == fate).map(|(_, count)| count.rows).sum()
    }

    /// The first thousand findings.
    #[must_use]
    pub fn findings(&self) -> &[Finding] {
        &self.kept
    }

    /// The report for standard output.
    #[must_use]
    pub fn written(&self, form: ReportForm) -> String {
        let mut out = Vec::new();
        // Writing to memory does not fail.
        let _ = self.write(form, &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }

    fn write(&self, form: ReportForm, out: &mut dyn Write) -> io::Result<()> {
        if form == ReportForm::Text {
            out.write_all(self.preface.as_bytes())?;
            return out.write_all(self.sum().as_bytes());
        }
        let mut lines = Lines::new(form, out)?;
        self.kept.iter().try_for_each(|finding| lines.push(finding))?;
        lines.end(self)
    }

    /// The counts for people.
    #[must_use]
    pub fn sum(&self) -> String {
        let mut text = String::new();
        if let Some(Bounds { west, south, east, north }) = self.window {
            let _ = writeln!(
                text,
                "window     {west:.5}, {south:.5}, {east:.5}, {north:.5} (west, south, east, north; degrees)"
            );
        }
        let [repaired, noted] = [Fate::Repaired, Fate::Noted].map(|fate| self.count(fate));
        let (rows, repairs, notes) =
            (counted(self.rows, "row"), counted(repaired, "repair"), counted(noted, "note"));
        let _ = writeln!(text, "{rows}: {} taken, {} refused; {repairs}, {notes}", self.taken, self.refused);
        for ((fate, kind), count) in &self.counts {
            let more = if count.rows > count.named.len() as u64 { ", …" } else { "" };
            let _ = writeln!(
                text,
                "  {:8} {:>6}  {kind} ({}{more})",
                fate.name(),
                count.rows,
                count.named.join(", ")
            );
            let _ = writeln!(text, "                   as in: {}", count.reason);
        }
        if self.made_up > 0 {
            let _ = writeln!(
                text,
                "{} rows say that they are made up (synthetic); the collection is marked as made up",
                self.made_up
            );
        }
        if let Some(file) = &self.refused_file {
            let _ =
                writeln!(text, "refused rows are in {file}; it can be corrected and imported with --append");
        }
        text
    }

    fn summary(&self) -> Value {
        let kinds = self
            .counts
            .iter()
            .map(|((fate, kind), count)| json!({ "fate": fate.name(), "kind": kind, "rows": count.rows }));
        json!({
            "rows": self.rows, "taken": self.taken, "refused": self.refused, "synthetic": self.made_up,
            "repairs": self.count(Fate::Repaired), "notes": self.count(Fate::Noted),
            "window": self.window.map(Bounds::bbox), "refusedFile": self.refused_file,
            "kinds": kinds.collect::<Vec<_>>(), "about": self.head,
        })
    }
}

fn place(finding: &Finding) -> String {
    let line = finding.line.map_or(String::new(), |line| format!(" at line {line}"));
    format!("row {}{line}", finding.row)
}

/// Findings, written one by one.
pub(super) struct Lines<'a> {
    form: ReportForm,
    out: &'a mut dyn Write,
    is_first: bool,
}

impl<'a> Lines<'a> {
    pub(super) fn new(form: ReportForm, out: &'a mut dyn Write) -> io::Result<Self> {
        match form {
            ReportForm::Text => {}
            ReportForm::Json => out.write_all(b"{\"findings\":[")?,
            ReportForm::Csv => out.write_all("\u{feff}file,row,line,id,fate,kind,reason\r\n".as_bytes())?,
        }
        Ok(Self { form, out, is_first: true })
    }

    pub(super) fn push(&mut self, finding: &Finding) -> io::Result<()> {
        let Finding { file, row, line, id, fate, kind, reason } = finding;
        let is_first = std::mem::take(&mut self.is_first);
        match self.form {
            ReportForm::Text => {
                let id = id.as_ref().map_or(String::new(), |id| format!(" (id {id:?})"));
                writeln!(self.out, "{file}, {}{id}: {}: {reason}", place(finding), fate.name())
            }
            ReportForm::Json => {
                let found = json!({ "file": file, "row": row, "line": line, "id": id, "fate": fate.name(), "kind": kind, "reason": reason });
                write!(self.out, "{}\n{found}", if is_first { "" } else { "," })
            }
            ReportForm::Csv => {
                let (row, line) = (row.to_string(), line.map_or(String::new(), |line| line.to_string()));
                let id = id.as_deref().unwrap_or("");
                record(self.out, [file, &row, &line, id, fate.name(), kind, reason])
            }
        }
    }

    pub(super) fn end(self, report: &Report) -> io::Result<()> {
        match self.form {
            ReportForm::Text => write!(self.out, "\n{}{}", report.preface, report.sum()),
            ReportForm::Json => writeln!(self.out, "\n],\"summary\":{}}}", report.summary()),
            ReportForm::Csv => report.traps.iter().try_for_each(|(file, trap)| {
                record(self.out, [file.as_deref().unwrap_or(""), "", "", "", "trap", "", trap])
            }),
        }
    }
}

/// A line of a table.
fn record(out: &mut dyn Write, cells: [&str; 7]) -> io::Result<()> {
    let mut csv = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    csv.write_record(cells.map(|cell| harmless(cell).into_owned())).map_err(io::Error::other)?;
    out.write_all(&csv.into_inner().map_err(|fault| io::Error::other(fault.to_string()))?)
}

/// A cell that no program of tables takes for a formula; a negative number stays one.
pub(super) fn harmless(text: &str) -> Cow<'_, str> {
    if text.starts_with('-') && text.parse::<f64>().is_ok() { text.into() } else { unformulated(text) }
}
