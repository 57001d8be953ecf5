//! How do files of others become a layer of the data folder?
//!
//! In: files in many formats, systems, units and words. Out: a layer in the words of this program, and a report on every
//! row that was repaired or refused. Leaves out: requests; questions to the operator.
//!
//! Every file is read twice. The first time shows headings and numbers, from which fields, units and system are told; the
//! second makes features of the rows, one by one, so that memory does not grow with the file. Nothing is written before
//! [`Intake::write`].

mod commit;
mod mapping;
mod place;
mod projection;
mod read;
mod report;
mod row;
mod system;
mod uses;

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::json;
use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64;

use crate::catalog::Catalog;
use crate::geometry::{Bounds, Crs, Datum, centroid, metres_between, stored_area_m2};
use crate::model::{Date, LayerId, Value};
use crate::render::View;
use crate::render::geojson::{FeatureWriter, nullable_geometry, number, string};
use crate::store::{Store, StoreError};
use commit::{Draft, Entry};
use mapping::{KNOWN, Kind, Made, Mapping};
use place::place;
use read::{Source, Told, Wish};
pub use report::{Fate, Finding, Report, ReportForm};
use report::{Lines, harmless};
use row::{Cell, Figure, Headings, Row, cut};
use system::{Offset, Reading, Said};
use uses::Uses;

/// Why nothing is imported.
#[derive(Debug, Error)]
pub enum IntakeError {
    /// A file that cannot be read.
    #[error("{path} cannot be read: {fault}", path = path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        fault: io::Error,
    },
    /// A file that cannot be written.
    #[error("{path} cannot be written: {fault}", path = path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        fault: io::Error,
    },
    /// A file of which no layer can be made.
    #[error("{path}: {reason}", path = path.display())]
    Unfit {
        /// The file.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// Too many fields.
    #[error("{0}")]
    Fields(String),
    /// An option that makes no sense.
    #[error("{0}")]
    Option(String),
    /// A data folder that cannot be read.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl IntakeError {
    fn read(path: &Path, fault: io::Error) -> Self {
        Self::Read { path: path.to_owned(), fault }
    }

    fn write(path: &Path, fault: io::Error) -> Self {
        Self::Write { path: path.to_owned(), fault }
    }

    fn unfit(path: &Path, reason: &str) -> Self {
        Self::Unfit { path: path.to_owned(), reason: reason.to_owned() }
    }

    /// The same, of the file that the operator named.
    fn about(self, opened: &Path, named: &Path) -> Self {
        let path = |path: PathBuf| {
            if path.starts_with(opened) || path.starts_with(opened.parent().unwrap_or(opened)) {
                named.to_owned()
            } else {
                path
            }
        };
        match self {
            Self::Read { path: at, fault } => Self::Read { path: path(at), fault },
            Self::Unfit { path: at, reason } => Self::Unfit { path: path(at), reason },
            Self::Fields(reason) => Self::Unfit { path: named.to_owned(), reason: format!("has {reason}") },
            other => other,
        }
    }
}

/// What the operator asks for.
#[derive(Debug, Clone, Default)]
pub struct Order {
    /// The files.
    pub files: Vec<PathBuf>,
    /// The data folder.
    pub data: PathBuf,
    /// Id of the collection.
    pub collection: String,
    /// A layer, sheet or shapefile, where a file holds several.
    pub layer: Option<String>,
    /// Encoding of tables and attributes, found out where it is left out.
    pub encoding: Option<String>,
    /// The system of the coordinates, by its EPSG code, found out where it is left out.
    pub crs: Option<String>,
    /// The degrees that the file is in: `wgs84`, or shifted ones, which are converted: `gcj02`, `bd09`.
    pub from: Option<String>,
    /// Fields and the headings they are read from.
    pub map: Vec<(String, String)>,
    /// Unit of the stated areas: `m2`, `ha`, `mu`, `km2`.
    pub area_unit: Option<String>,
    /// Are old codes of land uses made national ones?
    pub national_codes: bool,
    /// Does the collection keep the features it has?
    pub append: bool,
    /// How the positions are known.
    pub basis: Option<String>,
    /// How far they may be off, metres.
    pub accuracy_m: Option<u32>,
    /// Where the data is from; the names of the files where it is left out.
    pub source: Option<String>,
    /// Title of the collection.
    pub title: Option<String>,
    /// Who is credited.
    pub attribution: Option<String>,
    /// Where a report on every row goes.
    pub report: Option<PathBuf>,
}

/// No coordinate of any system is as large.
const FARTHEST: f64 = 1e9;

/// Rows and positions that a file is judged by.
#[derive(Debug, Default)]
struct Survey {
    rows: u64,
    /// Rows looked at that can be read.
    readable: usize,
    /// Those of them whose geometry is small.
    sample: Vec<Row>,
    /// The first position of each of them.
    places: Vec<[f64; 2]>,
    stride: u64,
    first: Vec<Row>,
}

impl Survey {
    const MOST: usize = 2048;
    const MOST_POSITIONS: usize = 4096;
    const SHOWN: usize = 3;

    fn take(&mut self, row: Row) {
        if self.first.len() < Self::SHOWN {
            self.first.push(row.clone());
        }
        let stride = self.stride.max(1);
        if self.rows.is_multiple_of(stride) && row.fault.is_none() {
            // Some rows from all over the file, fewer of each part the longer it is. Large geometries are not kept whole.
            let first = row.figures.first().and_then(|figure| figure.positions().next());
            self.places.extend(first.filter(|at| at.iter().all(|number| number.abs() < FARTHEST)));
            self.readable += 1;
            if row.figures.iter().flat_map(Figure::positions).take(Self::MOST_POSITIONS).count()
                < Self::MOST_POSITIONS
            {
                self.sample.push(row);
            }
            if self.readable == Self::MOST {
                halve(&mut self.sample);
                halve(&mut self.places);
                self.readable /= 2;
                self.stride = stride * 2;
            }
        }
        self.rows += 1;
    }
}

/// Leaves every second out.
fn halve<T>(all: &mut Vec<T>) {
    let mut is_kept = false;
    all.retain(|_| {
        is_kept = !is_kept;
        is_kept
    });
}

/// A file that was looked at.
#[derive(Debug)]
struct Seen {
    source: Source,
    told: Told,
    survey: Survey,
    reading: Reading,
    /// The shift of its positions as they stand in it.
    offset: Option<Offset>,
    /// The shift that is left when they are converted from shifted degrees.
    after: Option<Offset>,
}

/// Files that were looked at, ready to be taken in.
#[derive(Debug)]
pub struct Intake {
    order: Order,
    wish: Wish,
    said: Said,
    headings: Headings,
    files: Vec<Seen>,
    mapping: Mapping,
    uses: Uses,
    catalog: Option<Catalog>,
    /// Traps that concern all files.
    traps: Vec<String>,
    /// Why nothing may be written yet.
    blockers: Vec<String>,
}

/// How far a stated area may be from the measured one without a word: a share, and square metres.
const AREA_SHARE: f64 = 0.02;
const AREA_M2: f64 = 10.0;

impl Intake {
    /// Looks at files and decides how they are understood. `begin` hears what is being done.
    ///
    /// # Errors
    /// A file, an option or a data folder that makes no sense.
    pub fn prepare(order: Order, begin: &mut dyn FnMut(&str)) -> Result<Self, IntakeError> {
        let option = |reason: String| IntakeError::Option(reason);
        if LayerId::parse(&order.collection).is_none() {
            return Err(option(format!(
                "--collection is {:?}, expected letters, digits, '_', '-' and '.'",
                order.collection
            )));
        }
        if let Some(basis) = order.basis.as_deref().filter(|basis| !mapping::BASES.contains(basis)) {
            return Err(option(format!(
                "--basis is {basis:?}, expected one of {}",
                mapping::BASES.join(", ")
            )));
        }
        let encoding = order.encoding.as_deref().map(|label| {
            encoding_rs::Encoding::for_label(label.as_bytes()).ok_or_else(|| {
                option(format!(
                    "--encoding {label:?} is unknown; expected utf-8, gbk, gb18030, big5 and the like"
                ))
            })
        });
        let column = |name: &str| {
            order.map.iter().find(|(field, _)| field == name).map(|(_, heading)| heading.clone())
        };
        let wish = Wish {
            layer: order.layer.clone(),
            encoding: encoding.transpose()?,
            geometry: column("geometry"),
            x: column("x"),
            y: column("y"),
        };
        let datum = match order.from.as_deref() {
            None | Some("wgs84") => None,
            Some(name) => Some(
                Datum::parse(name)
                    .ok_or_else(|| option(format!("--from is {name:?}, expected wgs84, gcj02 or bd09")))?,
            ),
        };
        let system = order.crs.as_deref().map(system::of_option).transpose().map_err(option)?;
        let said = Said { system, datum };
        if !order.data.is_dir() {
            return Err(IntakeError::unfit(&order.data, "is no folder; name the data folder with --data"));
        }
        let (catalog, faults) = match Store::new(&order.data).salvage(begin) {
            Ok((catalog, faults)) => (Some(catalog), faults),
            Err(StoreError::NoLayers(_)) => (None, Vec::new()),
            Err(fault) => return Err(fault.into()),
        };
        // A broken collection may be the very one that is replaced; nothing can be added to it.
        let is_there = catalog.as_ref().is_some_and(|catalog| catalog.layer(&order.collection).is_some());
        let mut traps: Vec<String> =
            faults.iter().map(|fault| format!("{fault}; positions are not held against it")).collect();
        if order.append
            && !is_there
            && let Some(fault) = faults.into_iter().next()
        {
            return Err(fault.into());
        }
        let home = catalog.as_ref().and_then(|catalog| home(catalog, &order.collection));
        if home.is_none() {
            traps.push("the data folder has no zone or layer to hold positions against".to_owned());
        }
        let (mut headings, mut seen) = (Headings::default(), Vec::new());
        for path in &order.files {
            begin(&path.display().to_string());
            let source = Source::open(path, &wish)?;
            let mut survey = Survey::default();
            let told = source.read(&wish, &mut headings, &mut |row| {
                survey.take(row);
                Ok(())
            })?;
            if survey.rows == 0 {
                return Err(IntakeError::unfit(path, "holds no features"));
            }
            let reading = system::decide(&survey.places, &told, said, home)
                .map_err(|reason| IntakeError::unfit(path, &reason))?;
            seen.push(Seen { source, told, survey, reading, offset: None, after: None });
        }
        let wanted: Vec<_> = order
            .map
            .iter()
            .filter(|(field, _)| !matches!(field.as_str(), "geometry" | "x" | "y"))
            .cloned()
            .collect();
        let mapping = Mapping::guess(headings.names(), &wanted).map_err(option)?;
        let is_void = |file: &Seen| file.survey.readable > 0 && file.survey.places.is_empty();
        if mapping.fields.iter().all(|field| field.known.is_none()) && seen.iter().all(is_void) {
            let reason = "has no field that is known, and no row with a position; name its fields with --map, as in --map parcel_no=HEADING";
            return Err(IntakeError::unfit(&order.files[0], reason));
        }
        let uses = Uses::new(catalog.iter().flat_map(local_uses));
        let mut intake = Self {
            order,
            wish,
            said,
            headings,
            files: seen,
            mapping,
            uses,
            catalog,
            traps,
            blockers: Vec::new(),
        };
        let anchors = intake.catalog.as_ref().map(anchors).unwrap_or_default();
        intake.settle_systems(&anchors);
        intake.find_units()?;
        intake.find_shift(&anchors);
        if intake.order.append && intake.existing().is_some_and(|layer| layer.about.synthetic) {
            let collection = &intake.order.collection;
            intake.blockers.push(format!(
                "{collection} is made up, and nothing true may be added to it; replace it, without --append"
            ));
        }
        Ok(intake)
    }

    fn existing(&self) -> Option<&crate::model::Layer> {
        self.catalog.as_ref()?.layer(&self.order.collection).map(|indexed| indexed.layer())
    }

    /// Finds the unit of the stated areas by its option, by what is measured, or by its heading; and shares in per cent.
    fn find_units(&mut self) -> Result<(), IntakeError> {
        let mut percent = Vec::new();
        for field in &self.mapping.fields {
            if field.known.is_none_or(|at| KNOWN[at].kind != Kind::Share) {
                continue;
            }
            let mut values: Vec<f64> = self
                .samples()
                .filter_map(|(_, row)| mapping::as_number(cell_of(row, field.heading)?))
                .map(|(value, _)| value)
                .filter(|value| *value > 0.0)
                .collect();
            values.sort_by(f64::total_cmp);
            let heading = &self.headings.names()[field.heading];
            if heading.contains(['%', '％'])
                || values.get(values.len() / 2).is_some_and(|median| *median > 1.0)
            {
                percent.push(field.heading);
            }
        }
        self.mapping.percent = percent;
        let Some(heading) = self.mapping.heading_of("area_m2") else { return Ok(()) };
        let name = self.headings.names()[heading].clone();
        if let Some(wanted) = &self.order.area_unit {
            let unit = mapping::UNITS.iter().find(|unit| unit.0 == wanted.as_str()).ok_or_else(|| {
                IntakeError::Option(format!("--area-unit is {wanted:?}, expected m2, ha, mu or km2"))
            })?;
            self.mapping.unit = Some((*unit, "--area-unit".to_owned()));
            return Ok(());
        }
        let by_heading = if name == "area_m2" { Some(mapping::UNITS[0]) } else { mapping::unit_of(&name) };
        let mut ratios = Vec::new();
        let mut stretch = Vec::new();
        for (file, row) in self.samples() {
            let stated = cell_of(row, heading)
                .and_then(mapping::as_number)
                .map(|(stated, _)| stated)
                .filter(|stated| *stated > 0.0);
            let (Some(stated), Ok(placed)) = (stated, place(&row.figures, &self.files[file].reading)) else {
                continue;
            };
            let Some(shape) = placed.array.as_ref().and_then(|array| array.get(0)) else { continue };
            let measured = stored_area_m2(shape);
            if measured > 1.0 {
                ratios.push(stated / measured);
                let latitude = shape.bounds().map_or(0.0, |bounds| f64::midpoint(bounds.south, bounds.north));
                stretch.push(latitude.to_radians().cos().powi(-2));
            }
        }
        ratios.sort_by(f64::total_cmp);
        stretch.sort_by(f64::total_cmp);
        let by_numbers = ratios.get(ratios.len() / 2).map(|ratio| {
            let fits = |unit: &&mapping::Unit| (ratio * unit.1 - 1.0).abs() < 0.1;
            (*ratio, mapping::UNITS.iter().find(fits))
        });
        self.mapping.unit = match (by_heading, by_numbers) {
            (Some(unit), Some((_, Some(other)))) if unit.0 != other.0 => {
                self.traps.push(format!(
                    "the heading {name:?} says {}, but the areas are those measured in {}; read as {}",
                    unit.0, other.0, other.0
                ));
                Some((*other, "the areas measured, against its heading".to_owned()))
            }
            (Some(unit), Some((ratio, None))) if is_mercator(ratio * unit.1, &stretch) => {
                self.left_out(heading, ratio * unit.1);
                None
            }
            (None, Some((ratio, None))) if is_mercator(ratio, &stretch) => {
                self.left_out(heading, ratio);
                None
            }
            (Some(unit), _) => Some((unit, "its heading".to_owned())),
            (None, Some((_, Some(unit)))) => Some((*unit, "the areas measured".to_owned())),
            (None, _) => {
                self.traps.push(format!("nothing shows the unit of {name:?}; its areas are left unknown (--area-unit m2, ha or mu settles it)"));
                None
            }
        };
        Ok(())
    }

    /// Areas of a Mercator plane are not taken.
    fn left_out(&mut self, heading: usize, ratio: f64) {
        let name = &self.headings.names()[heading];
        self.traps.push(format!(
            "{name:?} holds areas of Web Mercator, {:.0} % too large here; they are left out, the measured ones are taken",
            (ratio - 1.0) * 100.0
        ));
        self.mapping.fields.retain(|field| field.heading != heading);
        self.mapping.left_out.push((heading, "areas of Web Mercator"));
    }

    fn samples(&self) -> impl Iterator<Item = (usize, &Row)> {
        self.files
            .iter()
            .enumerate()
            .flat_map(|(at, file)| file.survey.sample.iter().map(move |row| (at, row)))
    }

    /// Features of a file whose place the data folder knows: where they lie as they are understood, and where they are known to.
    fn anchored(
        &self,
        file: &Seen,
        reading: &Reading,
        anchors: &HashMap<String, [f64; 2]>,
    ) -> Vec<([f64; 2], [f64; 2])> {
        let keys: Vec<usize> = ["id", "parcel_no", "name_zh", "name_en"]
            .iter()
            .filter_map(|name| self.mapping.heading_of(name))
            .collect();
        let pair = |row: &Row| {
            let known = keys.iter().find_map(|&key| anchors.get(&cell_of(row, key)?.shown()).copied())?;
            let placed = place(&row.figures, reading).ok()?;
            let here = centroid(&placed.array?.get(0)?.to_shape())?;
            (metres_between(here, known) < FARTHEST_M).then_some((here, known))
        };
        file.survey.sample.iter().filter_map(pair).collect()
    }

    /// Where the numbers of a file fit several systems, places that the data folder knows must decide.
    fn settle_systems(&mut self, anchors: &HashMap<String, [f64; 2]>) {
        for at in 0..self.files.len() {
            let mut others = std::mem::take(&mut self.files[at].reading.others);
            let Some(other) = others.first() else { continue };
            let file = &self.files[at];
            let pairs: Vec<_> = std::iter::once(&file.reading)
                .chain(&others)
                .map(|reading| self.anchored(file, reading, anchors))
                .collect();
            let (best, metres) = system::proven(&pairs);
            let names: Vec<String> = std::iter::once(&file.reading)
                .chain(&others)
                .map(|reading| reading.placer.system().to_string())
                .collect();
            match best {
                Some(best) => {
                    let off: Vec<String> = names
                        .iter()
                        .zip(&metres)
                        .map(|(name, metres)| format!("{metres:.0} m off in {name}"))
                        .collect();
                    let trap = format!(
                        "the numbers fit {} systems; features whose place is known lie {}",
                        names.len(),
                        off.join(", ")
                    );
                    let file = &mut self.files[at];
                    if best > 0 {
                        file.reading = others.swap_remove(best - 1);
                    }
                    file.reading.traps.push(trap);
                }
                None => {
                    let first = file.survey.places[0];
                    let apart = file
                        .reading
                        .place(first)
                        .zip(other.place(first))
                        .map_or(0.0, |(a, b)| metres_between(a, b));
                    self.blockers.push(format!(
                        "{}: nothing states the system of its coordinates, and numbers such as {}, {} fit {}, which lie {apart:.0} m apart; \
                         name the true one with --crs",
                        file.source.path.display(), first[0], first[1], names.join(" as well as ")
                    ));
                }
            }
        }
    }

    /// Holds features against places that the data folder knows.
    fn find_shift(&mut self, anchors: &HashMap<String, [f64; 2]>) {
        for at in 0..self.files.len() {
            let after = system::offset(&self.anchored(&self.files[at], &self.files[at].reading, anchors));
            let before = match self.files[at].reading.datum.take() {
                None => after.clone(),
                Some(datum) => {
                    let before =
                        system::offset(&self.anchored(&self.files[at], &self.files[at].reading, anchors));
                    self.files[at].reading.datum = Some(datum);
                    before
                }
            };
            let file = &mut self.files[at];
            if let Some(offset) = &before
                && let Some(datum) = offset.datum.filter(|_| self.order.from.is_none())
            {
                self.blockers.push(format!(
                    "{}: positions are off by {}; this is the shift of {}. Say --from {} to convert them, or --from wgs84 to take them as they are",
                    file.source.path.display(),
                    offset.say(),
                    datum.title(),
                    datum.name()
                ));
            }
            if before
                .as_ref()
                .zip(after.as_ref())
                .is_some_and(|(before, after)| after.length() > before.length())
            {
                file.reading.traps.push("converted, the positions lie farther from their known places than before; were they shifted at all?".to_owned());
            }
            (file.offset, file.after) = (before, after);
        }
    }

    /// Why nothing may be written yet.
    #[must_use]
    pub fn blockers(&self) -> &[String] {
        &self.blockers
    }

    /// Makes features of all rows and writes none.
    ///
    /// # Errors
    /// A file that can no longer be read, or a report that cannot be written.
    pub fn preview(&mut self) -> Result<Report, IntakeError> {
        let path = self.order.report.clone();
        let refused = path.as_ref().map(|path| path.with_extension("refused.csv"));
        self.run(None, path.as_deref(), refused.as_deref())
    }

    /// Makes features of all rows and puts them into the data folder, in place of the collection's or added to them.
    ///
    /// # Errors
    /// A file that can no longer be read or written; the data folder is as it was.
    pub fn write(&mut self) -> Result<Report, IntakeError> {
        if let Some(blocker) = self.blockers.first() {
            return Err(IntakeError::Option(blocker.clone()));
        }
        let report = self.order.report.clone();
        let beside = report.as_deref().unwrap_or(&self.order.files[0]);
        let refused = beside.with_extension("refused.csv");
        let folder = self.order.data.clone();
        let mut draft = Draft::begin(&folder, &self.order.collection)?;
        let mut made = self.run(Some(&mut draft), report.as_deref(), Some(&refused))?;
        if made.taken == 0 {
            return Err(IntakeError::Option(format!(
                "no row can be taken; the data folder is as it was\n{}",
                made.sum()
            )));
        }
        let source = self.source();
        let entry = self.entry(&source, made.made_up > 0);
        let file = draft.accept(&folder, &entry)?;
        made.preface.push_str(&format!(
            "written    {} as collection {:?}\n",
            folder.join(file).display(),
            self.order.collection
        ));
        Ok(made)
    }

    fn entry<'a>(&'a self, source: &'a str, is_synthetic: bool) -> Entry<'a> {
        let days =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs() / 86_400;
        let today = Date::from_days(i32::try_from(days).unwrap_or_default());
        let is_parcels = self.order.collection == "parcels"
            || ["parcel_no", "use_code"].iter().any(|name| self.mapping.heading_of(name).is_some());
        let drawn = self.existing().and_then(|layer| layer.about.draw.as_deref());
        let zh = format!("{today} 由 {source} 导入。");
        Entry {
            id: &self.order.collection,
            title: self.order.title.clone().map(|title| (title.clone(), title)),
            description: (zh, format!("Imported from {source} on {today}.")),
            attribution: self.order.attribution.clone(),
            source,
            is_synthetic,
            draw: drawn.or(is_parcels.then_some("parcel")),
            fields: self
                .mapping
                .fields
                .iter()
                .map(|field| field.name.clone())
                .chain(FILLED.iter().map(|name| (*name).to_owned()))
                .collect(),
        }
    }

    /// Where the data is from.
    fn source(&self) -> String {
        self.order.source.clone().unwrap_or_else(|| {
            self.files.iter().map(|file| name_of(&file.source.path)).collect::<Vec<_>>().join(", ")
        })
    }

    fn run(
        &mut self,
        mut draft: Option<&mut Draft>,
        report: Option<&Path>,
        refused: Option<&Path>,
    ) -> Result<Report, IntakeError> {
        let mut made = Report::new(self.about(), self.preface());
        let mut report_file = match report {
            Some(path) => Some((
                path,
                BufWriter::new(File::create(path).map_err(|fault| IntakeError::write(path, fault))?),
            )),
            None => None,
        };
        let form = report
            .and_then(Path::extension)
            .and_then(|suffix| ReportForm::of_suffix(&suffix.to_string_lossy()));
        let mut lines = match &mut report_file {
            Some((path, out)) => Some((
                *path,
                Lines::new(form.unwrap_or(ReportForm::Text), out)
                    .map_err(|fault| IntakeError::write(path, fault))?,
            )),
            None => None,
        };
        let mut refusals = refused.map(|path| Refusals { path: path.to_owned(), out: None });
        let mut headings = std::mem::take(&mut self.headings);
        let mut maker = Maker { intake: &*self, seen: HashSet::new(), is_first: true, text: Vec::new() };
        if let Some(draft) = &mut draft {
            maker.begin(&mut draft.out).map_err(|fault| draft.fault(fault))?;
        }
        let mut outcome = Ok(());
        for at in 0..maker.intake.files.len() {
            let intake = maker.intake;
            let Seen { source, survey, .. } = &intake.files[at];
            let (wish, name, names) = (&intake.wish, name_of(&source.path), headings.names().to_vec());
            let mut rows = 0;
            let read = source.read(wish, &mut headings, &mut |row| {
                made.rows += 1;
                rows += 1;
                let mut findings = Vec::new();
                let feature = maker.feature(at, &row, &mut findings);
                let id = feature.as_ref().map(|feature| feature.id.clone());
                if let Some(feature) = feature {
                    made.taken += 1;
                    made.made_up += u64::from(feature.is_made_up);
                    made.window = match (made.window, feature.bounds) {
                        (Some([west, south, east, north]), Some(b)) => {
                            Some([west.min(b.west), south.min(b.south), east.max(b.east), north.max(b.north)])
                        }
                        (window, bounds) => window.or(bounds.map(|b| [b.west, b.south, b.east, b.north])),
                    };
                    if let Some(draft) = &mut draft {
                        maker.put(&mut draft.out).map_err(|fault| draft.fault(fault))?;
                    }
                } else {
                    made.refused += 1;
                    let reason = findings
                        .iter()
                        .find(|(fate, _, _)| *fate == Fate::Refused)
                        .map_or("", |(_, _, reason)| reason.as_str());
                    if let Some(refusals) = &mut refusals {
                        refusals.push(&names, &row, reason)?;
                    }
                }
                for (fate, kind, reason) in findings {
                    let finding = Finding {
                        file: name.clone(),
                        row: row.number,
                        line: row.line,
                        id: id.clone(),
                        fate,
                        kind,
                        reason,
                    };
                    made.push(&finding);
                    if let Some((path, lines)) = &mut lines {
                        lines.push(&finding).map_err(|fault| IntakeError::write(path, fault))?;
                    }
                }
                Ok(())
            });
            if let Err(fault) = read {
                outcome = Err(fault);
                break;
            }
            if rows != survey.rows {
                outcome = Err(IntakeError::unfit(&source.path, "was changed while it was read"));
                break;
            }
        }
        self.headings = headings;
        outcome?;
        if let Some(draft) = draft {
            draft.out.write_all(b"\n]}\n").map_err(|fault| draft.fault(fault))?;
        }
        if let Some(refusals) = refusals.filter(|refusals| refusals.out.is_some()) {
            made.refused_file = Some(refusals.path.display().to_string());
            refusals.end()?;
        }
        if let Some((path, lines)) = lines {
            lines.end(&made).map_err(|fault| IntakeError::write(path, fault))?;
        }
        if let Some((path, mut out)) = report_file {
            out.flush().map_err(|fault| IntakeError::write(path, fault))?;
        }
        Ok(made)
    }

    /// What is told before any row is, as JSON.
    fn about(&self) -> serde_json::Value {
        let files = self.files.iter().map(|file| json!({
            "file": name_of(&file.source.path), "format": format!("{:?}", file.source.format), "rows": file.survey.rows,
            "system": file.reading.placer.system().to_string(), "why": file.reading.why, "northFirst": file.reading.north_first,
            "traps": file.reading.traps, "notes": file.told.notes, "from": self.said.datum.map(Datum::title),
            "offset": file.offset.as_ref().map(|offset| json!({ "anchors": offset.anchors, "eastM": offset.metres[0], "northM": offset.metres[1], "is": offset.datum.map(Datum::title) })),
            "leftM": file.after.as_ref().filter(|_| self.said.datum.is_some()).map(Offset::length),
        }));
        let fields = self.mapping.fields.iter().map(|field| json!({ "heading": self.headings.names()[field.heading], "field": field.name, "by": field.by }));
        json!({
            "collection": self.order.collection, "files": files.collect::<Vec<_>>(), "fields": fields.collect::<Vec<_>>(),
            "areaUnit": self.mapping.unit.as_ref().map(|(unit, by)| json!({ "unit": unit.0, "by": by })),
            "traps": self.traps, "blockers": self.blockers,
        })
    }

    /// The same for people.
    fn preface(&self) -> String {
        let mut text = String::new();
        let names = self.headings.names();
        for file in &self.files {
            let Seen { source, told, survey, reading, offset, after } = file;
            let _ = writeln!(text, "{}: {} rows, {:?}", name_of(&source.path), survey.rows, source.format);
            let _ = writeln!(text, "  system   {}", reading.why);
            if let Some(datum) = self.said.datum {
                let _ = writeln!(text, "  from     {}, converted to WGS 84", datum.title());
            }
            for trap in &reading.traps {
                let _ = writeln!(text, "  trap     {trap}");
            }
            if let (Some(offset), Some(after), true) = (offset, after, self.said.datum.is_some()) {
                let _ = writeln!(
                    text,
                    "  offset   as in the file {}; after conversion {:.0} m",
                    offset.say(),
                    after.length()
                );
            } else if let Some(offset) = offset {
                let _ = writeln!(text, "  offset   {}", offset.say());
            } else if self.said.datum.is_some() {
                let _ = writeln!(
                    text,
                    "  offset   not measured: fewer than 3 features have a known place in the data folder"
                );
            }
            for note in &told.notes {
                let _ = writeln!(text, "  note     {note}");
            }
        }
        text.push_str("fields\n");
        for field in &self.mapping.fields {
            let example = self
                .samples()
                .find_map(|(_, row)| cell_of(row, field.heading).filter(|cell| **cell != Cell::Null));
            let example = example.map_or(String::new(), |cell| format!(", as in {}", cut(&cell.shown())));
            let percent = if self.mapping.percent.contains(&field.heading) { ", in per cent" } else { "" };
            let _ = writeln!(
                text,
                "  {} -> {} ({}{percent}){example}",
                names[field.heading], field.name, field.by
            );
        }
        for (heading, why) in &self.mapping.left_out {
            let _ = writeln!(text, "  {} is left out: {why}", names[*heading]);
        }
        if let Some((unit, by)) = &self.mapping.unit {
            let _ = writeln!(text, "areas      in {}, by {by}", unit.0);
        }
        let basis = self
            .order
            .basis
            .as_deref()
            .or(self.mapping.heading_of("basis").map(|_| "from the file"))
            .unwrap_or("unknown (--basis)");
        let accuracy =
            self.order.accuracy_m.map_or("unknown (--accuracy-m)".to_owned(), |metres| format!("{metres} m"));
        let _ = writeln!(text, "basis      {basis}; accuracy {accuracy}; source {}", self.source());
        for trap in &self.traps {
            let _ = writeln!(text, "trap       {trap}");
        }
        text.push_str("first rows\n");
        for row in self.files.iter().flat_map(|file| &file.survey.first) {
            let cells: Vec<String> = row
                .cells
                .iter()
                .filter(|(_, cell)| *cell != Cell::Null)
                .take(6)
                .map(|(at, cell)| format!("{} {}", names[*at], cut(&cell.shown())))
                .collect();
            let at = row
                .figures
                .first()
                .and_then(|figure| figure.positions().next())
                .map_or("no position".to_owned(), |[a, b]| format!("{a}, {b}"));
            let _ = writeln!(text, "  {} | {at}", cells.join(" | "));
        }
        text
    }
}

fn is_mercator(ratio: f64, stretch: &[f64]) -> bool {
    stretch
        .get(stretch.len() / 2)
        .is_some_and(|stretch| *stretch > 1.05 && (ratio / stretch - 1.0).abs() < 0.02)
}

/// Fields that are written though no heading holds them.
const FILLED: &[&str] = &["use_name_zh", "use_name_en", "area_m2"];

fn cell_of(row: &Row, heading: usize) -> Option<&Cell> {
    row.cells.iter().find(|(at, _)| *at == heading).map(|(_, cell)| cell)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

/// Where the data of a folder lies: its zone, its subdistricts, what a map shows first, all other layers, the collection itself.
fn home(catalog: &Catalog, collection: &str) -> Option<Bounds> {
    let of = |keep: &dyn Fn(&crate::model::Layer) -> bool| {
        catalog
            .layers()
            .map(|layer| layer.layer())
            .filter(|layer| keep(layer))
            .filter_map(|layer| layer.extent?.bounds)
            .reduce(Bounds::union)
    };
    let drawn = |role: &str| of(&|layer| layer.about.draw.as_deref() == Some(role));
    drawn("zone")
        .or_else(|| drawn("subdistrict"))
        .or(catalog.about.start_extent)
        .or_else(|| of(&|layer| layer.id.as_str() != collection))
        .or_else(|| of(&|_| true))
}

/// Farther than this from its known place it is another feature of the same name, metres.
const FARTHEST_M: f64 = 5000.0;
/// Most metres that a feature's place may be off and still serve to measure a shift.
const ANCHOR_M: f64 = 500.0;

/// Places of features by what they are called; names that several have are none.
fn anchors(catalog: &Catalog) -> HashMap<String, [f64; 2]> {
    let mut anchors: HashMap<String, Option<[f64; 2]>> = HashMap::new();
    for layer in catalog.layers().map(|indexed| indexed.layer()) {
        for ix in layer.positions() {
            let feature = layer.feature(ix);
            let Some(geometry) =
                feature.geometry().filter(|_| feature.accuracy_m().is_none_or(|metres| metres <= ANCHOR_M))
            else {
                continue;
            };
            let Some(at) = centroid(&geometry.to_shape()) else { continue };
            let mut names = vec![feature.id().to_string()];
            for name in ["parcel_no", "name_zh", "name_en", "name"] {
                if let Value::Text(text) = feature.named(name) {
                    names.push(text.to_owned());
                }
            }
            names.sort();
            names.dedup();
            for name in names {
                anchors.entry(name).and_modify(|known| *known = None).or_insert(Some(at));
            }
        }
    }
    anchors.into_iter().filter_map(|(name, at)| Some((name, at?))).collect()
}

/// Codes of land uses that the folder's collections know, with their names.
fn local_uses(catalog: &Catalog) -> Vec<(String, String, Option<String>)> {
    let mut known: HashMap<String, (String, Option<String>)> = HashMap::new();
    for layer in catalog
        .layers()
        .map(|indexed| indexed.layer())
        .filter(|layer| layer.schema.find("use_code").is_some())
    {
        for ix in layer.positions() {
            let feature = layer.feature(ix);
            if let (Value::Text(code), Value::Text(zh)) =
                (feature.named("use_code"), feature.named("use_name_zh"))
            {
                let en = match feature.named("use_name_en") {
                    Value::Text(en) => Some(en.to_owned()),
                    _ => None,
                };
                known.entry(code.to_owned()).or_insert_with(|| (zh.to_owned(), en));
            }
        }
    }
    known.into_iter().map(|(code, (zh, en))| (code, zh, en)).collect()
}

/// Refused rows, as a table that can be corrected and imported.
struct Refusals {
    path: PathBuf,
    out: Option<csv::Writer<BufWriter<File>>>,
}

impl Refusals {
    fn push(&mut self, names: &[String], row: &Row, reason: &str) -> Result<(), IntakeError> {
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
        out.write_record(all.map(|cell| harmless(&cell)))
            .map_err(|reason| IntakeError::write(&self.path, io::Error::other(reason)))
    }

    fn end(self) -> Result<(), IntakeError> {
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

/// What is told of one row: its fate, the kind of flaw, the reason.
type Tale = (Fate, &'static str, String);

/// Makes features of rows.
struct Maker<'a> {
    intake: &'a Intake,
    /// Digests of the ids so far.
    seen: HashSet<u64>,
    is_first: bool,
    /// The last feature, as it is written.
    text: Vec<u8>,
}

struct Feature {
    id: String,
    bounds: Option<Bounds>,
    /// It says of itself that it is made up.
    is_made_up: bool,
}

impl Maker<'_> {
    /// Writes the head of the collection, and what it keeps of before.
    fn begin(&mut self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
        if let Some(layer) = self.intake.existing().filter(|_| self.intake.order.append) {
            let writer = FeatureWriter::new(layer, View::whole(layer, Crs::Crs84));
            for ix in layer.positions() {
                self.text.clear();
                writer.feature(&mut self.text, layer, ix);
                self.put(out)?;
            }
        }
        Ok(())
    }

    fn put(&mut self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(if std::mem::take(&mut self.is_first) { b"\n" } else { b",\n" })?;
        out.write_all(&self.text)
    }

    /// Makes a feature of a row; `None` for one that is refused, of which the findings tell.
    fn feature(&mut self, file: usize, row: &Row, findings: &mut Vec<Tale>) -> Option<Feature> {
        let Intake { order, mapping, files, .. } = self.intake;
        if let Some(reason) = &row.fault {
            findings.push((Fate::Refused, "cannot be read", reason.clone()));
            return None;
        }
        findings.extend(
            row.repaired.iter().map(|reason| (Fate::Repaired, "repaired on reading", reason.clone())),
        );
        let placed = match place(&row.figures, &files[file].reading) {
            Ok(placed) => placed,
            Err((kind, reason)) => {
                findings.push((Fate::Refused, kind, reason));
                return None;
            }
        };
        findings.extend(placed.repaired.into_iter().map(|(kind, reason)| (Fate::Repaired, kind, reason)));
        findings.extend(placed.noted.into_iter().map(|(kind, reason)| (Fate::Noted, kind, reason)));
        let shape = placed.array.as_ref().and_then(|array| array.get(0));
        let mut values: Vec<(String, Cell)> = Vec::new();
        let mut kept = Vec::new();
        for field in &mapping.fields {
            let cell = cell_of(row, field.heading).unwrap_or(&Cell::Null);
            let Some(known) = field.known.map(|at| &KNOWN[at]) else {
                values.push((field.name.clone(), cell.clone()));
                continue;
            };
            let unit = mapping.unit.as_ref().map(|(unit, _)| *unit);
            let value = match mapping::made(known.kind, cell, unit, mapping.percent.contains(&field.heading))
            {
                Made::Value(value) => value,
                Made::Changed(value, reason) => {
                    findings.push((
                        Fate::Repaired,
                        "a value read another way",
                        format!("{}: {reason}", known.name),
                    ));
                    value
                }
                Made::Lost(reason) => {
                    findings.push((
                        Fate::Repaired,
                        "a value that is not understood",
                        format!("{}: {reason}; left unknown, kept in the note", known.name),
                    ));
                    kept.push(format!("{}: {}", known.zh, cell.shown()));
                    Cell::Null
                }
            };
            values.push((known.name.to_owned(), value));
        }
        self.settle_use(&mut values, findings);
        settle_area(&mut values, shape, mapping, findings);
        fill(&mut values, "basis", order.basis.as_ref().map(|basis| Cell::Text(basis.clone())));
        fill(
            &mut values,
            "accuracy_m",
            order.accuracy_m.filter(|_| shape.is_some()).map(|metres| Cell::Integer(metres.into())),
        );
        fill(&mut values, "source", Some(Cell::Text(self.intake.source())));
        if !kept.is_empty() {
            let note = values
                .iter()
                .find(|(name, _)| name == "note")
                .map(|(_, cell)| cell.shown())
                .filter(|note| !note.is_empty());
            put(&mut values, "note", Cell::Text(note.into_iter().chain(kept).collect::<Vec<_>>().join("；")));
        }
        if shape.is_none() {
            findings.push((
                Fate::Noted,
                "no position",
                "has no geometry; it is listed and counted, and on no map".to_owned(),
            ));
        }
        let id = self.settle_id(&mut values, file, row, findings)?;
        fill(&mut values, "synthetic", Some(Cell::Bool(false)));
        let is_made_up = values.iter().any(|(name, cell)| match name.as_str() {
            "synthetic" => *cell == Cell::Bool(true),
            "basis" => *cell == Cell::Text("synthetic".to_owned()),
            _ => false,
        });
        self.write(&id, &values, placed.array.as_ref());
        Some(Feature { id, bounds: shape.and_then(|shape| shape.bounds()), is_made_up })
    }

    /// Names from codes, codes from names.
    fn settle_use(&self, values: &mut Vec<(String, Cell)>, findings: &mut Vec<Tale>) {
        let text = |values: &[(String, Cell)], name: &str| {
            values
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, cell)| cell.shown())
                .filter(|text| !text.is_empty())
        };
        let (code, name) = (text(values, "use_code"), text(values, "use_name_zh"));
        let Some(written) = code.clone().or_else(|| name.clone()) else { return };
        let found = self.intake.uses.find(&written, self.intake.order.national_codes);
        if !found.is_known && code.is_none() {
            findings.push((
                Fate::Noted,
                "a land use without code",
                format!("{written:?} is no name of a known land use; its code is left unknown"),
            ));
            return;
        }
        if !found.is_known {
            findings.push((
                Fate::Noted,
                "an unknown code of a land use",
                format!(
                    "{written:?} is neither a national code of 2023 nor one of GB 50137-2011; kept as it is"
                ),
            ));
        } else if found.code != written {
            findings.push((
                Fate::Repaired,
                "a code of a land use",
                format!("{written:?} is written as {:?}", found.code),
            ));
        }
        put(values, "use_code", Cell::Text(found.code));
        if let Some(zh) = found.zh {
            fill(values, "use_name_zh", Some(Cell::Text(zh)));
        }
        fill(values, "use_name_en", found.en.map(Cell::Text));
    }

    /// An id that no other feature has.
    fn settle_id(
        &mut self,
        values: &mut Vec<(String, Cell)>,
        file: usize,
        row: &Row,
        findings: &mut Vec<Tale>,
    ) -> Option<String> {
        let text = |name: &str| {
            values
                .iter()
                .find(|(known, _)| known == name)
                .map(|(_, cell)| cell.shown())
                .filter(|text| !text.is_empty())
        };
        let numbered = || {
            if file == 0 {
                format!("row-{}", row.number)
            } else {
                format!("file-{}-row-{}", file + 1, row.number)
            }
        };
        let given = text("id").or_else(|| text("parcel_no")).unwrap_or_else(numbered);
        if self.intake.order.append
            && self
                .intake
                .catalog
                .as_ref()
                .and_then(|catalog| catalog.layer(&self.intake.order.collection)?.find(&given))
                .is_some()
        {
            findings.push((
                Fate::Refused,
                "already in the collection",
                format!("the id {given:?} is in the collection; nothing is replaced by --append"),
            ));
            return None;
        }
        let mut id = given.clone();
        let mut count = 1;
        while !self.seen.insert(xxh3_64(id.as_bytes())) {
            count += 1;
            id = format!("{given}-{count}");
        }
        if id != given {
            findings.push((
                Fate::Repaired,
                "an id that came before",
                format!("the id {given:?} came before; taken as {id:?}"),
            ));
        }
        put(values, "id", Cell::Text(id.clone()));
        Some(id)
    }

    fn write(&mut self, id: &str, values: &[(String, Cell)], array: Option<&crate::geometry::GeometryArray>) {
        let out = &mut self.text;
        out.clear();
        out.extend_from_slice(b"{\"type\":\"Feature\",\"id\":");
        string(out, id);
        out.extend_from_slice(b",\"properties\":{");
        for (at, (name, cell)) in values.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            string(out, name);
            out.push(b':');
            match cell {
                Cell::Null => out.extend_from_slice(b"null"),
                Cell::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
                Cell::Integer(value) => out.extend_from_slice(value.to_string().as_bytes()),
                Cell::Real(value) if value.is_finite() => number(out, *value),
                Cell::Real(_) => out.extend_from_slice(b"null"),
                Cell::Text(text) => string(out, text),
                Cell::Date(day) => string(out, &day.to_string()),
                Cell::Json(text) => out.extend_from_slice(text.as_bytes()),
            }
        }
        out.extend_from_slice(b"},\"geometry\":");
        nullable_geometry(out, array.and_then(|array| array.get(0)), Crs::Crs84);
        out.push(b'}');
    }
}

fn put(values: &mut Vec<(String, Cell)>, name: &str, cell: Cell) {
    match values.iter_mut().find(|(known, _)| known == name) {
        Some((_, old)) => *old = cell,
        None => values.push((name.to_owned(), cell)),
    }
}

/// Puts a value where none is.
fn fill(values: &mut Vec<(String, Cell)>, name: &str, cell: Option<Cell>) {
    let has = values.iter().any(|(known, cell)| known == name && *cell != Cell::Null);
    if !has {
        put(values, name, cell.unwrap_or(Cell::Null));
    }
}

/// Holds the stated area against the measured one, which stands in where none is stated.
fn settle_area(
    values: &mut Vec<(String, Cell)>,
    shape: Option<crate::geometry::GeometryRef<'_>>,
    mapping: &Mapping,
    findings: &mut Vec<Tale>,
) {
    let Some(shape) = shape else { return };
    let measured = stored_area_m2(shape);
    if measured <= 0.0 {
        return;
    }
    let stated = values.iter().find(|(name, _)| name == "area_m2").and_then(|(_, cell)| cell.as_number());
    match stated {
        Some(stated) if (stated - measured).abs() > AREA_M2.max(AREA_SHARE * measured) => {
            let share = (stated / measured - 1.0) * 100.0;
            findings.push((
                Fate::Noted,
                "a stated area that is not the measured one",
                format!("stated {stated:.0} m², measured on the ellipsoid {measured:.0} m² ({share:+.1} %)"),
            ));
        }
        Some(_) => {}
        None => {
            if mapping.heading_of("area_m2").is_some() {
                findings.push((
                    Fate::Repaired,
                    "no stated area",
                    format!("the measured one stands in, {measured:.0} m² on the ellipsoid"),
                ));
            }
            put(values, "area_m2", Cell::number((measured * 10.0).round() / 10.0));
        }
    }
}
