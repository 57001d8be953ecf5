//! How do files of others become a layer of the data folder?
//!
//! In: files in many formats, systems, units and words. Out: a layer in the words of this program, and a report on every
//! row that was repaired or refused. Leaves out: requests; questions to the operator.
//!
//! Every file is read twice. The first time shows headings and numbers, from which fields, units and system are told; the
//! second makes features of the rows, one by one, so that memory does not grow with the file. Nothing is written before
//! [`Intake::write`].

mod commit;
mod fault;
mod folder;
mod guard;
mod judge;
mod limit;
mod maker;
mod mapping;
mod number;
mod place;
mod preview;
mod projection;
mod read;
mod refused;
mod report;
mod row;
mod survey;
mod system;
mod uses;
mod value;

use std::collections::HashSet;
use std::fmt::Write as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::catalog::Catalog;
use crate::geometry::{Around, Datum};
use crate::index::IndexedLayer;
use crate::map::sources::PARCEL;
use crate::model::{Date, Layer, LayerId, counted};
use crate::store::manifest::{self, FieldSpec, FileFormat, Manifest};
use crate::store::{self, Store, StoreError};
use commit::{Draft, Entry};
pub use fault::IntakeError;
use folder::{anchors, local_uses};
use maker::Maker;
use mapping::{Below, Held, Mapped, Mapping, Writing};
use read::{Source, Told, Wish};
use refused::Refusals;
use report::Lines;
pub use report::{Fate, Finding, Report, ReportForm};
use row::{Cell, Figure, Headings, Row};
use survey::{Sort, Survey};
use system::{Offset, Reading, Said};
use uses::Uses;
use value::{Kind, Made, Ways, made};

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
    /// The form of the collection's file; where it is left out, the compact one for many features.
    pub form: Option<FileFormat>,
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

/// A file that was looked at.
#[derive(Debug)]
struct Seen {
    source: Source,
    told: Told,
    wish: Wish,
    survey: Survey,
    reading: Reading,
    /// The shift of its positions as they stand in it.
    offset: Option<Offset>,
    /// The shift that is left when they are converted from shifted degrees.
    after: Option<Offset>,
}

impl Seen {
    /// What would have gone wrong, or is easily taken in another way.
    fn traps(&self) -> impl Iterator<Item = &String> {
        self.reading.traps.iter().chain(&self.told.traps)
    }

    /// Lines that end where they begin, as drawings have them around areas.
    fn closed_lines(&self) -> Option<String> {
        let is_closed = |line: &[[f64; 2]]| line.len() > 3 && line.first() == line.last();
        let is_outline = |row: &&Row| {
            !row.figures.is_empty()
                && row.figures.iter().all(|figure| matches!(figure, Figure::Line(line) if is_closed(line)))
        };
        let (closed, all) = (self.survey.sample.iter().filter(is_outline).count(), self.survey.sample.len());
        (closed * 2 >= all.max(1)).then(|| {
            format!(
                "{}: {closed} of {all} rows that were looked at are lines that end where they begin, and have no area; where they are \
                 outlines, `ogr2ogr -nlt POLYGON areas.gpkg FILE` makes areas of them",
                name_of(&self.source.path)
            )
        })
    }

    /// Are its positions degrees in China of which nothing tells whether they are shifted?
    fn may_be_shifted(&self) -> bool {
        let is_in_china = |&[first, second]: &[f64; 2]| {
            let at = if self.reading.north_first { [second, first] } else { [first, second] };
            Datum::Gcj02.forward(at) != at
        };
        self.offset.is_none()
            && self.reading.placer.system().is_geographic()
            && self.survey.places.first().is_some_and(is_in_china)
    }
}

/// Files that were looked at, ready to be taken in.
#[derive(Debug)]
pub struct Intake {
    order: Order,
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
    /// Where a run wrote refused rows to; the next one puts its own there.
    refused_file: Option<PathBuf>,
    /// The file of the collection when it was read, which features are added to.
    state: Option<(String, SystemTime)>,
}

impl Intake {
    /// Looks at files and decides how they are understood. `begin` hears what is being done.
    ///
    /// # Errors
    /// A file, an option or a data folder that makes no sense.
    #[expect(clippy::too_many_lines, reason = "options are checked one by one")]
    pub fn prepare(order: Order, begin: &mut dyn FnMut(&str)) -> Result<Self, IntakeError> {
        let option = |reason: String| IntakeError::Option(reason);
        if LayerId::parse(&order.collection).is_none() {
            return Err(option(format!(
                "--collection is {:?}, expected letters, digits, '_', '-' and '.'",
                order.collection
            )));
        }
        if let Some(basis) = order.basis.as_deref().filter(|basis| !value::BASES.contains(basis)) {
            return Err(option(format!("--basis is {basis:?}, expected one of {}", value::BASES.join(", "))));
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
            is_void: false,
            scattered: HashSet::new(),
            clocked: HashSet::new(),
            is_system_said: order.crs.is_some(),
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
        if let Some(report) = &order.report {
            guard::report(report, &order.files, &order.data).map_err(option)?;
        }
        let state = commit::state(&order.data, &order.collection);
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
        let home = catalog.as_ref().and_then(|catalog| catalog.home(Some(&order.collection)));
        if home.is_none() {
            traps.push("the data folder has no zone or layer to hold positions against".to_owned());
            let layers = catalog.iter().flat_map(Catalog::layers).map(|indexed| indexed.layer());
            traps.extend(layers.filter(|layer| layer.about.is_place_guessed).map(|layer| {
                format!("{} lies where a guess of its system has put it, and proves nothing", layer.id)
            }));
        }
        let anchors = catalog.as_ref().map(|catalog| anchors(catalog, &order.collection)).unwrap_or_default();
        let (mut headings, mut seen) = (Headings::default(), Vec::new());
        for path in &order.files {
            begin(&path.display().to_string());
            let source = Source::open(path, &wish)?;
            let mut look = |wish: &Wish| {
                let mut survey = Survey::default();
                let told = source.read(wish, &mut headings, &mut |row| {
                    survey.take(row, &anchors);
                    Ok(())
                })?;
                Ok::<_, IntakeError>((told, survey))
            };
            let mut wish = wish.clone();
            let (mut told, mut survey) = look(&wish)?;
            if !told.scattered.is_empty() {
                // Boundary points of a parcel that come again far below its first ones are kept until they do.
                wish.scattered = std::mem::take(&mut told.scattered);
                (told, survey) = look(&wish)?;
            }
            if told.is_void {
                // What is empty in all rows must not hide the coordinates beside it. Where some rows have geometries, coordinates
                // are those of centres, perhaps of another system, and rows without stay so.
                wish.is_void = true;
                (told, survey) = look(&wish)?;
            }
            wish.clocked = std::mem::take(&mut told.clocked);
            if survey.rows == 0 {
                return Err(IntakeError::unfit(path, "holds no features"));
            }
            let reading = system::decide(&survey.places, &told, said, home)
                .map_err(|reason| IntakeError::unfit(path, &reason))?;
            seen.push(Seen { source, told, wish, survey, reading, offset: None, after: None });
        }
        let wanted: Vec<_> = order
            .map
            .iter()
            .filter(|(field, _)| !matches!(field.as_str(), "geometry" | "x" | "y"))
            .cloned()
            .collect();
        let uses = Uses::new(catalog.iter().flat_map(local_uses));
        let (declared, computed) = declared_fields(&order);
        let below = Looked { files: &seen, uses: &uses };
        let mut mapping = Mapping::guess(headings.names(), &wanted, &declared, &below).map_err(option)?;
        let extended =
            catalog.as_ref().and_then(|catalog| catalog.layer(&order.collection)).filter(|_| order.append);
        if let Some(layer) = extended {
            mapping.keep_kinds(&layer.layer().schema, &below);
        }
        traps.extend(rounded(&mapping, &seen).map(|at| {
            format!(
                "{:?} holds whole numbers beyond 2^53 beside others that are none; its numbers are kept as reals, and the last digits \
                 of the long ones are lost",
                headings.names()[at]
            )
        }));
        traps.extend(seen.iter().filter_map(Seen::closed_lines));
        mapping.writing.resize_with(seen.len(), Writing::default);
        if let Some(computed) = computed {
            let is_computed = |field: &&Mapped| field.name == computed;
            let why = "the collection computes it";
            let computed = mapping.fields.iter().find(is_computed).map(|field| (field.heading, why));
            mapping.left_out.extend(computed);
            mapping.fields.retain(|field| Some((field.heading, why)) != computed);
        }
        traps.append(&mut mapping.told);
        let drawn_in = seen[0]
            .told
            .drawn_in
            .filter(|_| seen.iter().all(|file| file.told.drawn_in == seen[0].told.drawn_in));
        if let Some(heading) = drawn_in {
            mapping.fields.retain(|field| field.heading != heading);
            mapping.left_out.push((heading, "it holds the geometries"));
            // Tables of this program have the coordinates of points beside them.
            let is_repeated = |field: &&Mapped| field.kind().is_none() && below.repeats_points(field.heading);
            let repeated: Vec<usize> =
                mapping.fields.iter().filter(is_repeated).map(|field| field.heading).collect();
            mapping.fields.retain(|field| !repeated.contains(&field.heading));
            let why = "it repeats the coordinates of the geometries";
            mapping.left_out.extend(repeated.into_iter().map(|heading| (heading, why)));
        }
        let is_void = |file: &Seen| file.survey.readable > 0 && file.survey.places.is_empty();
        if mapping.fields.iter().all(|field| field.kind().is_none()) && seen.iter().all(is_void) {
            let reason = "has no field that is known, and no row with a position; name its fields with --map, as in --map parcel_no=HEADING";
            return Err(IntakeError::unfit(&order.files[0], reason));
        }
        mapping.find_kinds(headings.names(), &|heading| {
            let name = &headings.names()[heading];
            let is_new = extended.is_none_or(|layer| layer.layer().schema.find(name).is_none());
            kind_of_texts(&seen, heading).filter(|_| is_new)
        });
        let mut intake = Self {
            order,
            said,
            headings,
            files: seen,
            mapping,
            uses,
            catalog,
            traps,
            blockers: Vec::new(),
            refused_file: None,
            state,
        };
        intake.find_rivals();
        intake.settle_systems(&anchors);
        intake.find_units()?;
        intake.find_shift(&anchors);
        intake.find_said_shifts();
        let is_numbered = ["id", "parcel_no"].iter().any(|name| intake.mapping.heading_of(name).is_some());
        if intake.order.append && !is_numbered && is_there {
            intake.traps.push(
                "no column numbers the features; they get new ids, and whether the collection has them already is not told"
                    .to_owned(),
            );
        }
        if !intake.order.append
            && let Some(layer) = intake.existing()
            && let Some(role) = layer.about.draw.as_deref().filter(|role| *role != PARCEL)
        {
            let gone = format!(
                "{} is drawn as {role}, and what is imported takes the place of its {}",
                intake.order.collection,
                counted(layer.len() as u64, "feature")
            );
            intake.traps.push(gone);
        }
        if intake.order.append && intake.existing().is_some_and(|layer| layer.about.synthetic) {
            let collection = &intake.order.collection;
            intake.blockers.push(format!(
                "{collection} is made up, and nothing true may be added to it; replace it, without --append"
            ));
        }
        Ok(intake)
    }

    fn existing(&self) -> Option<&Layer> {
        self.indexed().map(IndexedLayer::layer)
    }

    /// What the collection holds, with its ids.
    fn indexed(&self) -> Option<&IndexedLayer> {
        self.catalog.as_ref()?.layer(&self.order.collection).map(AsRef::as_ref)
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
        self.run(None, path.as_deref(), path.as_deref())
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
        let beside = report.as_ref().unwrap_or(&self.order.files[0]).clone();
        let folder = self.order.data.clone();
        let mut draft = Draft::begin(&folder, &self.order.collection)?;
        if self.order.append && commit::state(&folder, &self.order.collection) != self.state {
            let collection = &self.order.collection;
            return Err(IntakeError::Option(format!(
                "{collection} was changed by another import meanwhile; the data folder is as that left it, import again"
            )));
        }
        let mut made = self.run(Some(&mut draft), report.as_deref(), Some(&beside))?;
        if made.taken == 0 {
            return Err(IntakeError::Option(format!(
                "no row can be taken; the data folder is as it was\n{}",
                made.sum()
            )));
        }
        let source = self.source();
        let entry = self.entry(&source, made.made_up > 0, made.areas > 0);
        let kept = self.existing().filter(|_| self.order.append).map_or(0, |layer| layer.len() as u64);
        let large = if made.taken + kept > READABLE { FileFormat::GeoParquet } else { FileFormat::GeoJson };
        let file = draft.accept(&folder, &entry, self.order.form.unwrap_or(large), made.taken + kept)?;
        let target = folder.join(file);
        let _ = writeln!(
            made.preface,
            "written    {} as collection {:?}",
            target.display(),
            self.order.collection
        );
        if made.areas > 0 {
            let _ = writeln!(
                made.preface,
                "check      `innospace topology {}` tells holes outside, overlaps, gaps, slivers and stated areas that differ",
                self.order.collection
            );
        }
        Ok(made)
    }

    fn entry<'a>(&'a self, source: &'a str, is_synthetic: bool, has_areas: bool) -> Entry<'a> {
        let days =
            SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_secs() / 86_400;
        let today = Date::from_days(i32::try_from(days).unwrap_or_default());
        let has = |names: &[&str]| names.iter().any(|name| self.mapping.heading_of(name).is_some());
        let is_parcels = self.order.collection == "parcels" || has(&["parcel_no", "use_code"]);
        // Fields that are written though no heading holds them.
        let uses = ["use_name_zh", "use_name_en"].into_iter().filter(|_| has(&["use_code", "use_name_zh"]));
        let filled = uses.chain(["area_m2"].into_iter().filter(|_| has_areas || is_parcels));
        let drawn = self.existing().and_then(|layer| layer.about.draw.as_deref());
        let mut description =
            [format!("{today} 由 {source} 导入。"), format!("Imported from {source} on {today}.")];
        let is_guessed = self.files.iter().any(|file| file.reading.is_guess);
        if is_guessed {
            description[0] += "坐标系是推测的，位置未经核实。";
            description[1] += " The system of its coordinates is a guess; nothing has proved where it lies.";
        }
        let had_guess =
            self.order.append && self.existing().is_some_and(|layer| layer.about.is_place_guessed);
        let [zh, en] = description;
        Entry {
            id: &self.order.collection,
            title: self.order.title.clone().map(|title| (title.clone(), title)),
            description: (zh, en),
            day: today,
            attribution: self.order.attribution.clone(),
            source,
            is_synthetic,
            is_place_guessed: is_guessed || had_guess,
            is_added: self.order.append,
            draw: drawn.or(is_parcels.then_some("parcel")),
            fields: self
                .mapping
                .fields
                .iter()
                .map(|field| field.name.clone())
                .chain(filled.map(str::to_owned))
                .collect(),
        }
    }

    /// What would have gone wrong, each with the file that it concerns, where it is one; what stops the import, too.
    fn all_traps(&self) -> Vec<(Option<String>, String)> {
        let of_files = self
            .files
            .iter()
            .flat_map(|file| file.traps().map(|trap| (Some(name_of(&file.source.path)), trap.clone())));
        of_files.chain(self.traps.iter().chain(&self.blockers).map(|trap| (None, trap.clone()))).collect()
    }

    /// Where the data is from.
    fn source(&self) -> String {
        self.order.source.clone().unwrap_or_else(|| {
            self.files.iter().map(|file| name_of(&file.source.path)).collect::<Vec<_>>().join(", ")
        })
    }

    /// What the operator said of the system, so that it is not forgotten where refused rows are imported later.
    fn said_system(&self) -> Option<String> {
        let shift = self.order.from.clone().filter(|from| from != "wgs84");
        let code = || Some(format!("EPSG:{}", system::of_option(self.order.crs.as_deref()?).ok()?.epsg()?));
        shift.or_else(code)
    }

    fn refusals(&self, beside: &Path) -> Refusals {
        let has_metres =
            |file: &Seen| !file.source.is_table() && !file.reading.placer.system().is_geographic();
        let is_apart = self.files.iter().any(|file| file.told.is_apart);
        let has_systems = self.files.iter().any(has_metres);
        Refusals::new(beside, self.refused_file.as_deref(), is_apart, has_systems, self.said_system())
    }

    fn run(
        &mut self,
        mut draft: Option<&mut Draft>,
        report: Option<&Path>,
        beside: Option<&Path>,
    ) -> Result<Report, IntakeError> {
        let mut made = Report::new(self.about(), self.preface(), self.all_traps());
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
        let mut refusals = beside.map(|beside| self.refusals(beside));
        let mut headings = self.headings.clone();
        let mut maker = Maker::new(&*self);
        if let Some(draft) = &mut draft {
            maker.begin(&mut draft.out).map_err(|fault| draft.fault(fault))?;
        }
        let (mut around, mut outcome) = (Around::default(), Ok(()));
        for at in 0..maker.intake.files.len() {
            let intake = maker.intake;
            let Seen { source, survey, wish, reading, .. } = &intake.files[at];
            let (name, names) = (name_of(&source.path), headings.names().to_vec());
            let system = (!source.is_table()).then(|| reading.placer.system());
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
                    made.areas += u64::from(feature.has_area);
                    feature.window.into_iter().for_each(|window| around.add(window));
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
                        refusals.push(&names, &row, system, reason)?;
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
        made.window = around.window();
        if let Some(draft) = draft {
            draft.out.write_all(b"\n]}\n").map_err(|fault| draft.fault(fault))?;
        }
        if let Some((path, is_new)) = refusals.map(Refusals::end).transpose()?.flatten() {
            made.refused_file = Some(path.display().to_string());
            self.refused_file = Some(path).filter(|_| is_new);
        }
        if let Some((path, lines)) = lines {
            lines.end(&made).map_err(|fault| IntakeError::write(path, fault))?;
        }
        if let Some((path, mut out)) = report_file {
            out.flush().map_err(|fault| IntakeError::write(path, fault))?;
        }
        Ok(made)
    }
}

/// The fields that the catalogue declares for a collection, those of all layers where it is new; and the name of the one among
/// them that the collection computes for itself.
fn declared_fields(order: &Order) -> (Vec<FieldSpec>, Option<String>) {
    let Ok(Manifest { layers, fields, .. }) = manifest::read(&order.data) else { return (Vec::new(), None) };
    let Some(own) = layers.into_iter().find(|layer| layer.id.as_str() == order.collection) else {
        return (fields, None);
    };
    let computed = store::computed(&own);
    let name = computed.as_ref().map(|field| field.name.clone());
    (computed.into_iter().chain(own.fields).collect(), name)
}

/// Files that were looked at, and the land uses that are known.
struct Looked<'a> {
    files: &'a [Seen],
    uses: &'a Uses,
}

impl Looked<'_> {
    fn cells(&self, heading: usize) -> impl Iterator<Item = &Cell> {
        let rows = self.files.iter().flat_map(|file| &file.survey.sample);
        rows.filter_map(move |row| cell_of(row, heading)).filter(|cell| **cell != Cell::Null)
    }

    /// Does a column hold one coordinate of each feature that is a point, and nothing of others?
    fn repeats_points(&self, heading: usize) -> bool {
        let rows = || self.files.iter().flat_map(|file| &file.survey.sample);
        let is_coordinate = |row: &Row, axis: usize| {
            let cell = cell_of(row, heading).filter(|cell| **cell != Cell::Null);
            match (&row.figures[..], cell) {
                ([Figure::Point(at)], Some(cell)) => cell.as_number() == Some(at[axis]),
                ([Figure::Point(_)], None) | (_, Some(_)) => false,
                (_, None) => true,
            }
        };
        self.cells(heading).next().is_some() && (0..2).any(|axis| rows().all(|row| is_coordinate(row, axis)))
    }
}

impl Below for Looked<'_> {
    fn held(&self, heading: usize) -> Held {
        let cells = || self.cells(heading);
        if cells().next().is_none() {
            Held::Nothing
        } else if cells().all(|cell| self.uses.is_code(&cell.shown())) {
            Held::Codes
        } else if cells().all(|cell| cell.as_number().is_some()) {
            Held::Numbers
        } else {
            Held::Others
        }
    }

    fn holds(&self, heading: usize, kind: Kind) -> bool {
        let is_one = |cell: &&Cell| !matches!(made(kind, cell, Ways::default()), Made::Lost(_));
        let (all, own) = (self.cells(heading).count(), self.cells(heading).filter(is_one).count());
        own * 2 > all || all == 0
    }

    fn holds_all(&self, heading: usize, kind: Kind) -> bool {
        // Zeros before a number are of a code.
        let is_code = |cell: &Cell| {
            let is_coded = |text: &str| {
                text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_digit()) && text.starts_with('0')
            };
            kind == Kind::Real && matches!(cell, Cell::Text(text) if is_coded(text))
        };
        self.cells(heading)
            .all(|cell| !is_code(cell) && !matches!(made(kind, cell, Ways::default()), Made::Lost(_)))
    }

    fn is_western(&self, heading: usize) -> bool {
        // Han, kana and hangul stand behind, as do their marks.
        const FIRST_OF_EAST_ASIA: char = '\u{2E80}';
        let has_word =
            |text: &str| text.split(|c: char| !c.is_alphabetic()).any(|word| word.chars().count() > 2);
        let texts = || self.cells(heading).map(Cell::shown);
        texts().any(|text| has_word(&text))
            && texts().all(|text| text.chars().all(|c| c < FIRST_OF_EAST_ASIA))
    }
}

/// What all texts below a heading are, if they are numbers or truths and files have nothing but texts for these, or lists, for
/// which few formats have anything else. Other texts of other formats are meant.
fn kind_of_texts(files: &[Seen], heading: usize) -> Option<Kind> {
    let mut sorts = files.iter().flat_map(|file| file.survey.sorts(heading));
    let sort = sorts.next()?;
    let is_meant = |file: &Seen| !file.source.is_plain_text() && file.survey.sorts(heading).next().is_some();
    if sorts.any(|other| other != sort) || sort != Sort::List && files.iter().any(is_meant) {
        return None;
    }
    match sort {
        Sort::Number => Some(Kind::Real),
        Sort::Truth => Some(Kind::Flag),
        Sort::List => Some(Kind::List),
        Sort::Word => None,
    }
}

/// A file of more features is nothing that people open and compare as text; how soon it is loaded counts then.
const READABLE: u64 = 50_000;

/// Headings of fields that are not known whose long whole numbers a column of reals would round.
fn rounded<'a>(mapping: &'a Mapping, files: &'a [Seen]) -> impl Iterator<Item = usize> + 'a {
    let own = mapping.fields.iter().filter(|field| field.known.is_none()).map(|field| field.heading);
    own.filter(|at| {
        files.iter().any(|file| file.survey.long.contains(at))
            && files.iter().any(|file| file.survey.real.contains(at))
    })
}

fn cell_of(row: &Row, heading: usize) -> Option<&Cell> {
    row.cells.iter().find(|(at, _)| *at == heading).map(|(_, cell)| cell)
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}
