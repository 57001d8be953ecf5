//! Refused rows, kept so that they can be corrected.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::PathBuf;

use super::report::harmless;
use super::row::{Cell, Figure, Row};
use super::{IntakeError, cell_of};

/// Refused rows, as a table that can be corrected and imported.
pub(super) struct Refusals {
    pub(super) path: PathBuf,
    pub(super) out: Option<csv::Writer<BufWriter<File>>>,
}

impl Refusals {
    pub(super) fn push(&mut self, names: &[String], row: &Row, reason: &str) -> Result<(), IntakeError> {
        let fault = |fault: io::Error| IntakeError::write(&self.path, fault);
        if self.out.is_none() {
            let mut file = BufWriter::new(File::create(&self.path).map_err(fault)?);
            file.write_all("\u{feff}".as_bytes()).map_err(fault)?;
            let mut out = csv::Writer::from_writer(file);
            let head = ["import_row", "import_reason"]
                .into_iter()
                .chain(names.iter().map(String::as_str))
                .chain(["WKT", "import_text"]);
            out.write_record(head).map_err(|reason| fault(io::Error::other(reason)))?;
            self.out = Some(out);
        }
        let Some(out) = &mut self.out else { return Ok(()) };
        let cells = (0..names.len()).map(|at| cell_of(row, at).map_or(String::new(), Cell::shown));
        let drawn = if row.figures.is_empty() {
            row.raw.clone().filter(|_| !row.cells.is_empty()).unwrap_or_default()
        } else {
            well_known(&row.figures)
        };
        let raw = row.raw.clone().filter(|_| row.cells.is_empty()).unwrap_or_default();
        let all = [row.number.to_string(), reason.to_owned()].into_iter().chain(cells).chain([drawn, raw]);
        out.write_record(all.map(|cell| harmless(&cell).into_owned()))
            .map_err(|reason| IntakeError::write(&self.path, io::Error::other(reason)))
    }

    pub(super) fn end(self) -> Result<(), IntakeError> {
        let Self { path, out } = self;
        out.map_or(Ok(()), |mut out| out.flush()).map_err(|fault| IntakeError::write(&path, fault))
    }
}

/// Figures as well-known text, the numbers as they stand in the file.
fn well_known(figures: &[Figure]) -> String {
    let run = |run: &[[f64; 2]]| {
        format!("({})", run.iter().map(|[a, b]| format!("{a} {b}")).collect::<Vec<_>>().join(","))
    };
    let one = |figure: &Figure| match figure {
        Figure::Point([a, b]) => format!("POINT({a} {b})"),
        Figure::Line(line) => format!("LINESTRING{}", run(line)),
        Figure::Polygon(rings) => {
            format!("POLYGON({})", rings.iter().map(|ring| run(ring)).collect::<Vec<_>>().join(","))
        }
    };
    match figures {
        [only] => one(only),
        all => format!("GEOMETRYCOLLECTION({})", all.iter().map(one).collect::<Vec<_>>().join(",")),
    }
}
