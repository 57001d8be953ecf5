//! Refused rows, kept so that they can be corrected.
//!
//! Columns of a table stand as they stood in it, so that what is corrected where it stands is what is read. What is no column
//! there stands behind them: what could not be read as it is in the file, and geometries as well-known text.

use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};

use super::report::harmless;
use super::row::{Cell, Figure, Row};
use super::{IntakeError, cell_of};
use crate::geometry::{Crs, System};

/// Number of the row in its file.
pub(super) const ROW: &str = "import_row";
/// Why it was refused.
pub(super) const REASON: &str = "import_reason";
/// The system that the operator named for its file, which the file does not say.
pub(super) const SYSTEM: &str = "import_system";
/// What could not be read of it, as it stands in its file.
pub(super) const TEXT: &str = "import_text";
/// The geometry of a row whose file has no column for it; it stands behind [`TEXT`], and is known by that.
pub(super) const GEOMETRY: &str = "WKT";

/// Refused rows, as a table that can be corrected and imported.
pub(super) struct Refusals {
    /// The file beside which they stand.
    beside: PathBuf,
    /// The file that an earlier run of the same import wrote them to.
    own: Option<PathBuf>,
    /// Has the table a column for geometries that are no column of their file?
    has_geometry: bool,
    /// Do geometries name their system, as degrees need not?
    has_systems: bool,
    /// What the operator said of the system, which has a column of its own.
    system: Option<String>,
    out: Option<(PathBuf, csv::Writer<BufWriter<File>>)>,
}

impl Refusals {
    pub(super) fn new(
        beside: &Path,
        own: Option<&Path>,
        has_geometry: bool,
        has_systems: bool,
        system: Option<String>,
    ) -> Self {
        let (beside, own) = (beside.to_owned(), own.map(Path::to_owned));
        Self { beside, own, has_geometry, has_systems, system, out: None }
    }

    /// The names that the file may have, the best first.
    fn names(beside: &Path) -> impl Iterator<Item = PathBuf> + '_ {
        let numbered = (2_u32..).map(|number| beside.with_extension(format!("refused-{number}.csv")));
        std::iter::once(beside.with_extension("refused.csv")).chain(numbered)
    }

    /// A new file: what others have corrected by hand in one of before must not be lost.
    fn create(&self) -> Result<(PathBuf, File), IntakeError> {
        if let Some(path) = &self.own {
            let file = File::create(path).map_err(|fault| IntakeError::write(path, fault))?;
            return Ok((path.clone(), file));
        }
        for path in Self::names(&self.beside) {
            match File::create_new(&path) {
                Ok(file) => return Ok((path, file)),
                Err(fault) if fault.kind() == io::ErrorKind::AlreadyExists => {}
                Err(fault) => return Err(IntakeError::write(&path, fault)),
            }
        }
        Err(IntakeError::unfit(&self.beside, "has too many files of refused rows beside it"))
    }

    /// `system` is that of the geometry, where it is no column of the row.
    pub(super) fn push(
        &mut self,
        names: &[String],
        row: &Row,
        system: Option<System>,
        reason: &str,
    ) -> Result<(), IntakeError> {
        if self.out.is_none() {
            let (path, file) = self.create()?;
            let mut file = BufWriter::new(file);
            let marked = file.write_all("\u{feff}".as_bytes());
            let mut out = csv::Writer::from_writer(file);
            let own = [ROW, REASON].into_iter().chain(self.system.as_ref().map(|_| SYSTEM));
            let head = own.chain(names.iter().map(String::as_str)).chain([TEXT]);
            let head = head.chain(self.has_geometry.then_some(GEOMETRY));
            let written = marked.and_then(|()| out.write_record(head).map_err(io::Error::other));
            written.map_err(|fault| IntakeError::write(&path, fault))?;
            self.out = Some((path, out));
        }
        let Some((path, out)) = &mut self.out else { return Ok(()) };
        let held = |at: usize| match &row.drawn {
            Some((Some(heading), cell)) if *heading == at => cell.shown(),
            _ => cell_of(row, at).map_or(String::new(), Cell::shown),
        };
        let geometry = match (&row.drawn, system) {
            (Some((None, cell)), _) => cell.shown(),
            (None, Some(system)) if !row.figures.is_empty() => {
                let code = match system {
                    _ if !self.has_systems => None,
                    System::Known(Crs::Crs84) => Some(4326),
                    other => other.epsg(),
                };
                code.map_or(String::new(), |code| format!("SRID={code};")) + &well_known(&row.figures)
            }
            _ => String::new(),
        };
        let all = [row.number.to_string(), reason.to_owned()]
            .into_iter()
            .chain(self.system.clone())
            .chain((0..names.len()).map(held))
            .chain([row.raw.clone().unwrap_or_default()])
            .chain(self.has_geometry.then_some(geometry));
        out.write_record(all.map(|cell| harmless(&cell).into_owned()))
            .map_err(|reason| IntakeError::write(path, io::Error::other(reason)))
    }

    /// The file of the refused rows, and whether it is new; none where there are none.
    pub(super) fn end(self) -> Result<Option<(PathBuf, bool)>, IntakeError> {
        let Some((path, mut out)) = self.out else { return Ok(None) };
        out.flush().map_err(|fault| IntakeError::write(&path, fault))?;
        drop(out);
        // Who looks first and imports then has the same rows refused twice.
        let same =
            Self::names(&self.beside).take_while(|name| *name != path).find(|name| is_same(name, &path));
        match same.filter(|_| self.own.is_none()) {
            Some(same) => {
                fs::remove_file(&path).map_err(|fault| IntakeError::write(&path, fault))?;
                Ok(Some((same, false)))
            }
            None => Ok(Some((path, true))),
        }
    }
}

/// Have two files the same bytes? What cannot be read is another.
fn is_same(a: &Path, b: &Path) -> bool {
    let length = |path: &Path| fs::metadata(path).ok().map(|about| about.len());
    if length(a).is_none() || length(a) != length(b) {
        return false;
    }
    let bytes = |path: &Path| File::open(path).map(|file| BufReader::with_capacity(1 << 16, file).bytes());
    match (bytes(a), bytes(b)) {
        (Ok(a), Ok(b)) => a.zip(b).all(|pair| matches!(pair, (Ok(a), Ok(b)) if a == b)),
        _ => false,
    }
}

/// The text of a cell that was kept from being taken for a formula; `None` where it was not.
pub(super) fn formulated(text: &str) -> Option<&str> {
    text.strip_prefix('\'').filter(|own| harmless(own) != *own)
}

/// Cells as a line of a table.
pub(super) fn record(cells: &[Cell]) -> String {
    let mut out = csv::Writer::from_writer(Vec::new());
    // Writing to memory does not fail.
    let _ = out.write_record(cells.iter().map(Cell::shown));
    String::from_utf8_lossy(&out.into_inner().unwrap_or_default()).trim_end().to_owned()
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
