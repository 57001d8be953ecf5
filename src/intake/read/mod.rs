//! Files to rows, each format in a file of its own.
//!
//! Every reader hands over one row after the other and keeps none, so that a file may be larger than memory; a row may
//! have at most [`MOST_ROW_BYTES`].

mod again;
mod archive;
mod csv;
mod drawn;
mod flatgeobuf;
mod geojson;
mod geopackage;
mod geoparquet;
mod head;
mod kml;
mod merged;
mod moments;
mod pages;
mod points;
mod position;
mod rings;
mod role;
mod says;
mod shapefile;
mod shown;
mod table;
mod wkb;
mod xlsx;

use std::cell::Cell as Shared;
use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek as _};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use encoding_rs::{Encoding, GB18030, UTF_8};

use super::IntakeError;
use super::row::{Headings, Row};
use super::value::Unit;
use crate::geometry::{Datum, System};
use crate::store::undamaged;

/// Most bytes of one row.
const MOST_ROW_BYTES: u64 = 64 << 20;

/// What a file says of the system of its coordinates.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) enum Stated {
    #[default]
    Nothing,
    System(System),
    /// One that is not among ours, as it is called there.
    Other(String),
}

/// What a reader learns of a file beside its rows.
#[derive(Debug, Clone, Default)]
pub(super) struct Told {
    pub stated: Stated,
    /// What stated it, as in "the .prj file".
    pub by: &'static str,
    /// Oddities of the whole file.
    pub notes: Vec<String>,
    /// What would have gone wrong.
    pub traps: Vec<String>,
    /// The heading of the column of a table that holds geometries.
    pub drawn_in: Option<usize>,
    /// Geometries stand apart from the headings.
    pub is_apart: bool,
    /// What the file says that positions are shifted by, and where it says so.
    pub shifted: Option<(Datum, String)>,
    /// The column of geometries is empty in all rows, and columns of coordinates stand beside it.
    pub is_void: bool,
    /// The numbers of parcels whose boundary points do not stand behind each other.
    pub scattered: HashSet<String>,
    /// Headings of columns that hold times of days.
    pub clocked: HashSet<String>,
    /// The unit of areas that stands above the headings, and where.
    pub unit: Option<(Unit, String)>,
    /// A workbook that counts days from 1904 on.
    pub is_1904: bool,
}

/// The formats.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    GeoJson,
    NdJson,
    Shapefile,
    GeoPackage,
    Csv,
    Xlsx,
    Kml,
    FlatGeobuf,
    GeoParquet,
}

impl Format {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::GeoJson => "GeoJSON",
            Self::NdJson => "newline-delimited GeoJSON",
            Self::Shapefile => "shapefile",
            Self::GeoPackage => "GeoPackage",
            Self::Csv => "CSV",
            Self::Xlsx => "XLSX",
            Self::Kml => "KML",
            Self::FlatGeobuf => "FlatGeobuf",
            Self::GeoParquet => "GeoParquet",
        }
    }
}

/// What a file that is packed by gzip begins with (RFC 1952, 2.3.1).
const GZIP: &[u8] = &[0x1F, 0x8B];

/// Suffixes of files in archives that are drawn, of tables, and of what belongs to a shapefile.
const DRAWN: &[&str] = &["shp", "kml", "gpkg", "geojson", "fgb", "parquet", "geoparquet"];
const TABLES: &[&str] = &["csv", "xlsx"];
const PARTS: &[&str] = &["shx", "dbf", "prj", "cpg"];

/// What the operator says of how files are to be read.
#[derive(Debug, Clone, Default)]
pub(super) struct Wish {
    /// A layer of a `GeoPackage`, a sheet of a workbook, a shapefile in an archive.
    pub layer: Option<String>,
    pub encoding: Option<&'static encoding_rs::Encoding>,
    /// Headings of columns that hold well-known text, eastings, northings.
    pub geometry: Option<String>,
    pub x: Option<String>,
    pub y: Option<String>,
    /// The column of geometries was seen to be empty in all rows.
    pub is_void: bool,
    /// The numbers of parcels whose boundary points were seen not to stand behind each other.
    pub scattered: HashSet<String>,
    /// Columns that were seen to hold times of days, so that a day in them is its first moment.
    pub clocked: HashSet<String>,
    /// The operator says the system, whatever rows state.
    pub is_system_said: bool,
}

/// A file that can be read again and again.
#[derive(Debug)]
pub(super) struct Source {
    /// As the operator named it.
    pub path: PathBuf,
    pub format: Format,
    /// What is read: the file, or what was unpacked of it.
    opened: PathBuf,
    unpacked: Option<Part>,
}

/// A part of an archive.
#[derive(Debug)]
struct Part {
    _folder: tempfile::TempDir,
    /// The wish for a layer named it, and not a layer of it.
    is_named: bool,
    /// What is told of the archive.
    notes: Vec<String>,
}

/// Values that no field can hold, by their column.
#[derive(Debug, Default)]
struct LeftOut(BTreeMap<String, u64>);

impl LeftOut {
    fn push(&mut self, column: &str) {
        if let Some(count) = self.0.get_mut(column) {
            *count += 1;
        } else {
            self.0.insert(column.to_owned(), 1);
        }
    }

    fn notes(&self) -> Vec<String> {
        let note = |(column, count): (&String, &u64)| {
            format!("column {column:?} is left out in {count} rows, where it holds binary data")
        };
        self.0.iter().map(note).collect()
    }
}

/// What positions have beside two numbers, which is left out.
#[derive(Debug, Clone, Copy, Default)]
struct Beyond {
    heights: bool,
    measures: bool,
}

impl Beyond {
    fn add(&mut self, other: Self) {
        self.heights |= other.heights;
        self.measures |= other.measures;
    }

    fn note(self) -> Option<String> {
        let what = match (self.heights, self.measures) {
            (false, false) => return None,
            (true, false) => "heights",
            (false, true) => "measures",
            (true, true) => "heights and measures",
        };
        Some(format!("its positions have {what}, which are left out"))
    }
}

/// Takes rows; an error ends the reading.
pub(super) type Take<'a> = dyn FnMut(Row) -> Result<(), IntakeError> + 'a;

impl Source {
    /// Finds out what a file is, by its name and its first bytes, and unpacks it where it is an archive.
    pub(super) fn open(path: &Path, wish: &Wish) -> Result<Self, IntakeError> {
        let unfit = |reason: &str| IntakeError::unfit(path, reason);
        let mut head = [0; 16];
        let is_folder = path.is_dir();
        let read = if is_folder {
            0
        } else {
            fill(&mut open(path)?, &mut head).map_err(|fault| IntakeError::read(path, fault))?
        };
        let suffix =
            path.extension().map(|suffix| suffix.to_string_lossy().to_lowercase()).unwrap_or_default();
        let plain =
            |format| Ok(Self { path: path.to_owned(), format, opened: path.to_owned(), unpacked: None });
        if is_folder {
            let opened =
                shapefile::in_folder(path, wish.layer.as_deref()).map_err(|reason| unfit(&reason))?;
            return Ok(Self { path: path.to_owned(), format: Format::Shapefile, opened, unpacked: None });
        }
        if read == 0 {
            return Err(unfit("is empty"));
        }
        let begins = |magic: &[u8]| head.starts_with(magic);
        if begins(b"SQLite format 3\0") {
            return plain(Format::GeoPackage);
        } else if begins(b"fgb") {
            return plain(Format::FlatGeobuf);
        } else if begins(b"PAR1") {
            return plain(Format::GeoParquet);
        } else if begins(b"PK\x03\x04") {
            return Self::packed(path, wish);
        } else if begins(GZIP) {
            return Self::packed_alone(path, wish);
        } else if begins(&[0xD0, 0xCF, 0x11, 0xE0]) {
            return Err(unfit("is a workbook of the old binary kind; save it as .xlsx"));
        }
        if head.to_ascii_lowercase().starts_with(b"!table") || matches!(suffix.as_str(), "mif" | "mid") {
            return Err(unfit(
                "is a table of MapInfo, which is not read; `ogr2ogr parcels.gpkg FILE` makes a GeoPackage of it",
            ));
        }
        // No table of texts begins so, whatever its name says.
        let is_json = head[..read].trim_ascii_start().starts_with(b"{");
        match suffix.as_str() {
            "geojson" | "json" => plain(Format::GeoJson),
            "csv" | "tsv" | "txt" | "tab" | "" if is_json => plain(Format::GeoJson),
            "ndjson" | "geojsonl" | "geojsonseq" | "jsonl" | "geojsons" => plain(Format::NdJson),
            "shp" => plain(Format::Shapefile),
            "dbf" | "shx" | "prj" | "cpg" => {
                Err(unfit("is a part of a shapefile; name its .shp, its folder or its .zip"))
            }
            "csv" | "tsv" | "txt" | "tab" => plain(Format::Csv),
            "kml" => plain(Format::Kml),
            "dxf" | "dwg" => Err(unfit(
                "is a drawing, which is not read: no library for it is kept well enough; export its closed outlines as a shapefile or \
                 GeoPackage, as in `ogr2ogr -nlt POLYGON -where \"OGR_GEOMETRY='LINESTRING'\" outlines.gpkg FILE.dxf`",
            )),
            "gml" => {
                Err(unfit("is GML, which is not read; `ogr2ogr parcels.gpkg FILE` makes a GeoPackage of it"))
            }
            _ => Err(unfit(
                "is of no known format: expected GeoJSON, newline-delimited GeoJSON, shapefile (also zipped), GeoPackage, \
                 CSV, XLSX, KML or KMZ, FlatGeobuf, GeoParquet, also packed by gzip",
            )),
        }
    }

    /// A file that is packed alone.
    fn packed_alone(path: &Path, wish: &Wish) -> Result<Self, IntakeError> {
        let unfit = |reason: &str| IntakeError::unfit(path, reason);
        let archive::Unpacked { folder, files } =
            archive::unpack_alone(path).map_err(|reason| unfit(&reason))?;
        let opened = &files[0].0;
        let mut head = [0; GZIP.len()];
        let read = fill(&mut open(opened)?, &mut head).map_err(|fault| IntakeError::read(path, fault))?;
        let twice = || unfit("is an archive that is packed once more by gzip; unpack it first");
        // Some files unpack to themselves.
        if head[..read] == *GZIP {
            return Err(twice());
        }
        let inner = Self::open(opened, wish).map_err(|fault| fault.about(opened, path))?;
        if inner.unpacked.is_some() {
            return Err(twice());
        }
        let unpacked = Some(Part { _folder: folder, is_named: false, notes: Vec::new() });
        Ok(Self { path: path.to_owned(), unpacked, ..inner })
    }

    /// Opens an archive: a workbook, whatever its name, or the one thing in it; of several the wanted one.
    fn packed(path: &Path, wish: &Wish) -> Result<Self, IntakeError> {
        let unfit = |reason: String| IntakeError::unfit(path, &reason);
        match archive::workbook(path).map_err(unfit)? {
            Some(archive::Workbook::Known) => {
                archive::weigh(path).map_err(unfit)?;
                let (format, opened) = (Format::Xlsx, path.to_owned());
                return Ok(Self { path: path.to_owned(), format, opened, unpacked: None });
            }
            Some(archive::Workbook::Other) => {
                return Err(unfit("is a workbook of another kind; save it as .xlsx".to_owned()));
            }
            None => {}
        }
        let suffixes: Vec<&str> = [DRAWN, TABLES, PARTS].concat();
        let archive::Unpacked { folder, files } = archive::unpack(path, &suffixes).map_err(unfit)?;
        let of = |suffixes: &[&str]| {
            let has = |(path, _): &&(PathBuf, String)| {
                path.extension().is_some_and(|own| suffixes.iter().any(|s| own == *s))
            };
            files.iter().filter(has).collect::<Vec<_>>()
        };
        let (drawn, tables) = (of(DRAWN), of(TABLES));
        let mut notes = Vec::new();
        let candidates = if drawn.is_empty() {
            tables
        } else {
            if !tables.is_empty() {
                let names: Vec<&str> = tables.iter().map(|(_, name)| name.as_str()).collect();
                notes.push(format!("holds tables besides, which are not read: {}", names.join(", ")));
            }
            drawn
        };
        if candidates.is_empty() && archive::holds(path, "gdbtable").map_err(unfit)? {
            return Err(unfit(shapefile::DATABASE.to_owned()));
        }
        if candidates.is_empty() {
            return Err(unfit(format!(
                "is an archive with nothing in it that is read, expected one of .{}",
                [DRAWN, TABLES].concat().join(", .")
            )));
        }
        let is_kml = |path: &Path| path.extension().is_some_and(|own| own == "kml");
        // Of these the wish may name a layer or a sheet.
        let has_layers = |path: &Path| path.extension().is_some_and(|own| own == "gpkg" || own == "xlsx");
        let is_wanted = |(_, name): &&(PathBuf, String)| {
            let own = name.rsplit('/').next().unwrap_or(name);
            let without = |name: &str| Path::new(name).with_extension("").to_string_lossy().into_owned();
            let names = [name.clone(), own.to_owned(), without(name), without(own)];
            wish.layer.as_ref().is_some_and(|wanted| names.contains(wanted))
        };
        let wanted: Vec<_> = candidates.iter().copied().filter(is_wanted).collect();
        let (chosen, is_named) = match (wanted.as_slice(), candidates.as_slice()) {
            ([one], _) => (*one, true),
            ([], [one]) if wish.layer.is_none() || has_layers(&one.0) => (*one, false),
            // Documents of KML are parts of one.
            ([], all) if all.iter().all(|(path, _)| is_kml(path)) && wish.layer.is_none() => {
                let opened = folder.path().to_owned();
                let unpacked = Some(Part { _folder: folder, is_named: false, notes });
                return Ok(Self { path: path.to_owned(), format: Format::Kml, opened, unpacked });
            }
            ([], all) | (all, _) => {
                let names: Vec<&str> = all.iter().map(|(_, name)| name.as_str()).collect();
                let wanted = wish
                    .layer
                    .as_ref()
                    .map_or(String::new(), |wanted| format!(", of which none alone is {wanted:?}"));
                return Err(unfit(format!(
                    "holds {} files{wanted}, name one with --layer: {}",
                    names.len(),
                    names.join(", ")
                )));
            }
        };
        let inner = Self::open(&chosen.0, wish).map_err(|fault| fault.about(&chosen.0, path))?;
        let unpacked = Some(Part { _folder: folder, is_named, notes });
        Ok(Self { path: path.to_owned(), unpacked, ..inner })
    }

    /// Hands over every row.
    pub(super) fn read(
        &self,
        wish: &Wish,
        headings: &mut Headings,
        take: &mut Take<'_>,
    ) -> Result<Told, IntakeError> {
        let path = self.opened.as_path();
        let is_named = self.unpacked.as_ref().is_some_and(|part| part.is_named);
        let wish = &Wish { layer: wish.layer.clone().filter(|_| !is_named), ..wish.clone() };
        if let Some(layer) = wish.layer.as_ref().filter(|_| self.is_of_one_layer()) {
            return Err(IntakeError::unfit(
                path,
                &format!("has no layers, of which --layer names {layer:?}; leave it out"),
            ));
        }
        let read = || match self.format {
            Format::GeoJson => geojson::read(path, headings, take),
            Format::NdJson => geojson::read_lines(path, headings, take),
            Format::Shapefile => shapefile::read(path, wish, headings, take),
            Format::GeoPackage => geopackage::read(path, wish, headings, take),
            Format::Csv => csv::read(path, wish, headings, take),
            Format::Xlsx => xlsx::read(path, wish, headings, take),
            // An archive may hold several, which one names as parts of it.
            Format::Kml if path.is_dir() => archive::find(path, "kml")
                .map_err(|fault| IntakeError::unfit(&self.path, &fault))
                .and_then(|all| kml::read(&all, wish, headings, take)),
            Format::Kml => kml::read(&[path.to_owned()], wish, headings, take),
            Format::FlatGeobuf => flatgeobuf::read(path, headings, take),
            Format::GeoParquet => geoparquet::read(path, headings, take),
        };
        let told = undamaged(read).unwrap_or_else(|| {
            Err(IntakeError::unfit(path, "is damaged: what it says of its own parts does not hold"))
        });
        // What was unpacked is told of by the name of its archive.
        let told = told.map_err(|fault| fault.about(path, &self.path))?;
        let notes = self.unpacked.iter().flat_map(|part| part.notes.clone()).chain(told.notes).collect();
        Ok(Told { is_apart: told.is_apart || !self.is_table(), notes, ..told })
    }

    /// Is its format one without layers?
    fn is_of_one_layer(&self) -> bool {
        matches!(
            self.format,
            Format::GeoJson | Format::NdJson | Format::Csv | Format::FlatGeobuf | Format::GeoParquet
        )
    }

    /// Are its rows lines of cells under headings?
    pub(super) fn is_table(&self) -> bool {
        matches!(self.format, Format::Csv | Format::Xlsx)
    }

    /// Are all of its values texts, whatever they stand for?
    pub(super) fn is_plain_text(&self) -> bool {
        self.format == Format::Csv
    }
}

fn open(path: &Path) -> Result<File, IntakeError> {
    File::open(path).map_err(|fault| IntakeError::read(path, fault))
}

/// Which of several things of a file is read: the wanted one, or the only one.
fn one_of(names: &[String], what: &str, wanted: Option<&str>) -> Result<usize, String> {
    let all = || names.join(", ");
    match (wanted, names.len()) {
        (None, 1) => Ok(0),
        (None, count) => Err(format!("holds {count} {what}s, name one with --layer: {}", all())),
        (Some(wanted), _) => names
            .iter()
            .position(|name| name == wanted)
            .ok_or_else(|| format!("holds no {what} {wanted:?}; there are {}", all())),
    }
}

/// UTF-8 where the file is, but for a few signs that were spoilt, else GB 18030, which holds GBK and GB 2312.
fn encoding_of(path: &Path) -> io::Result<&'static Encoding> {
    let mut source = File::open(path)?;
    let mut mark = [0; 3];
    let read = fill(&mut source, &mut mark)?;
    match mark {
        [0xFF, 0xFE, _] => return Ok(encoding_rs::UTF_16LE),
        [0xFE, 0xFF, _] => return Ok(encoding_rs::UTF_16BE),
        [0xEF, 0xBB, 0xBF] => return Ok(UTF_8),
        // Binary data; what it is not is told by its first piece.
        mark if mark[..read.min(2)].contains(&0) => return Ok(UTF_8),
        _ => {}
    }
    source.rewind()?;
    let signs_of = |bytes: &[u8]| bytes.iter().filter(|byte| **byte >= 0xC0).count() as u64;
    let (mut buffer, mut kept) = (vec![0; 1 << 18], 0);
    let (mut signs, mut broken) = (0, 0);
    loop {
        let read = source.read(&mut buffer[kept..])?;
        let end = kept + read;
        let mut rest = &buffer[..end];
        kept = 0;
        while let Err(fault) = std::str::from_utf8(rest) {
            let (whole, behind) = rest.split_at(fault.valid_up_to());
            signs += signs_of(whole);
            // A sign may be cut at the end of a piece.
            if fault.error_len().is_none() && read > 0 {
                (kept, rest) = (behind.len(), &[]);
                break;
            }
            broken += 1;
            rest = &behind[fault.error_len().unwrap_or(behind.len())..];
        }
        signs += signs_of(rest);
        if read == 0 {
            // Of the signs of the others one in seven looks like one of UTF-8 by chance.
            return Ok(if broken == 0 || signs > 2 * broken { UTF_8 } else { GB18030 });
        }
        buffer.copy_within(end - kept..end, 0);
    }
}

/// Fills a buffer as far as the source goes.
fn fill(source: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    let mut read = 0;
    while read < buffer.len() {
        match source.read(&mut buffer[read..])? {
            0 => break,
            more => read += more,
        }
    }
    Ok(read)
}

/// A source that gives no more than so many bytes between two rows.
struct Metered<R> {
    inner: R,
    /// Bytes since the last row.
    spent: Rc<Shared<u64>>,
}

impl<R: Read> Metered<R> {
    fn new(inner: R) -> (Self, Rc<Shared<u64>>) {
        let spent = Rc::new(Shared::new(0));
        (Self { inner, spent: Rc::clone(&spent) }, spent)
    }
}

impl<R: Read> Read for Metered<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.spent.set(self.spent.get() + read as u64);
        if self.spent.get() > MOST_ROW_BYTES {
            return Err(io::Error::other(format!("a row of more than {} MiB", MOST_ROW_BYTES >> 20)));
        }
        Ok(read)
    }
}

/// A metered file, and the count of its bytes since the last row.
type MeteredFile = (BufReader<Metered<File>>, Rc<Shared<u64>>);

/// A file, read in large pieces and metered.
fn metered(path: &Path) -> Result<MeteredFile, IntakeError> {
    let (metered, spent) = Metered::new(open(path)?);
    Ok((BufReader::with_capacity(1 << 16, metered), spent))
}
