//! How does a source become a layer?
//!
//! In: a data folder. Out: a catalogue, and what was repaired or skipped on the way. Leaves out: requests.

mod damage;
mod drawings;
mod geodesic;
mod geojson;
pub(crate) mod geoparquet;
mod ground;
pub mod manifest;
pub mod plan;
mod rows;
mod shapes;
mod unanswered;
mod watch;

use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{ErrorKind, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;
use xxhash_rust::xxh3::Xxh3;

use crate::catalog::{Catalog, Revision};
use crate::geometry::Crs;
use crate::index::{IndexError, IndexedLayer};
use crate::model::{FeatureIx, LayerError, LayerId, ValueKind, cut};
use crate::query::Budget;
use crate::render::geoparquet::{self as geoparquet_file, Packing};
use crate::render::{Cover, View};
pub(crate) use damage::undamaged;
pub use drawings::{DrawingError, DrawingId, Drawings, Room};
pub use ground::ground;
use manifest::{FieldSpec, FileFormat, LayerSpec, Manifest};
use plan::PlanFaults;
pub use watch::Watch;

/// Why a data folder makes no catalogue.
#[derive(Debug, Error)]
pub enum StoreError {
    /// A file or folder that cannot be read.
    #[error("{path}: {fault}", path = path.display())]
    Read {
        /// What could not be read.
        path: PathBuf,
        /// Why.
        fault: std::io::Error,
    },
    /// A folder without any layer.
    #[error("{path}: neither a {file} nor a *.geojson, *.json or *.parquet with features is in this folder", path = .0.display(), file = manifest::FILE)]
    NoLayers(PathBuf),
    /// A catalogue file that makes no sense.
    #[error("{file}: {0}", file = manifest::FILE)]
    Manifest(String),
    /// A name under `sample_areas` that leads nowhere.
    #[error("{file}: sample_areas names {0:?}, which is no subdistrict with a geometry", file = manifest::FILE)]
    NoArea(String),
    /// A file that is not UTF-8.
    #[error("{file}, line {line}: not UTF-8, which RFC 8259, 8.1 asks for")]
    NotUtf8 {
        /// The file.
        file: String,
        /// Line of the first bad byte.
        line: usize,
    },
    /// A file that is no JSON.
    #[error("{file}, line {line}, column {column}: {reason}")]
    Json {
        /// The file.
        file: String,
        /// Line, from 1.
        line: usize,
        /// Column in bytes, from 1.
        column: usize,
        /// What is wrong.
        reason: String,
    },
    /// JSON that is no collection of features.
    #[error("{file}: {found}, expected a FeatureCollection with an array of features (RFC 7946, 3.3)")]
    NotFeatures {
        /// The file.
        file: String,
        /// What it is.
        found: String,
    },
    /// Two files whose names make one id.
    #[error("{file}: its name makes the id {id:?}, which is that of {twin}", id = id.as_str())]
    Twin {
        /// The file.
        file: String,
        /// The file that comes before it.
        twin: String,
        /// The id.
        id: LayerId,
    },
    /// A file in another coordinate reference system.
    #[error(
        "{file}: coordinates are in {name}, expected WGS 84 or CGCS2000 longitude and latitude (RFC 7946, 4)"
    )]
    Crs {
        /// The file.
        file: String,
        /// The system it names.
        name: String,
    },
    /// A file that is no `GeoParquet` that can be served.
    #[error("{file}: {reason}")]
    Parquet {
        /// The file.
        file: String,
        /// What is wrong.
        reason: String,
    },
    /// Facts of the plan that make no sense.
    #[error(transparent)]
    Plan(#[from] PlanFaults),
    /// Parts that make no layer.
    #[error(transparent)]
    Layer(#[from] LayerError),
    /// A layer that cannot be indexed.
    #[error(transparent)]
    Index(#[from] IndexError),
}

impl StoreError {
    fn json(file: &str, fault: &serde_json::Error) -> Self {
        let (line, column) = (fault.line(), fault.column());
        let reason = match geojson::reason_of(fault) {
            reason if reason == "trailing characters" => {
                "more text follows after the end of the GeoJSON object".to_owned()
            }
            reason => reason,
        };
        Self::Json { file: file.into(), line, column, reason }
    }

    fn not_features(file: &str, kind: Option<&str>, has_features: bool) -> Self {
        let found = match kind {
            None | Some("") if has_features => "the type is missing".to_owned(),
            None | Some("") => "an object without type".to_owned(),
            Some("FeatureCollection") => "the FeatureCollection has no features member".to_owned(),
            Some(kind) => format!("the type is {:?}", cut(kind)),
        };
        Self::NotFeatures { file: file.into(), found }
    }
}

/// What became of a flaw in the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// The feature is not served.
    Skipped,
    /// The feature is served, repaired.
    Repaired,
    /// Served as it is.
    Noted,
}

impl fmt::Display for Effect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Skipped => "skipped",
            Self::Repaired => "repaired",
            Self::Noted => "note",
        })
    }
}

/// A flaw in the data: where, what, and what became of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Warning {
    /// The file.
    pub file: String,
    /// Number of the feature in its file, from 1.
    pub feature: Option<u64>,
    /// Its id, where it has one.
    pub id: Option<String>,
    /// What became of it.
    pub effect: Effect,
    /// What is wrong and what was expected.
    pub reason: String,
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.file)?;
        match (self.feature, &self.id) {
            (Some(number), Some(id)) => write!(f, "feature {number} (id {:?}): ", cut(id))?,
            (Some(number), None) => write!(f, "feature {number}: ")?,
            (None, _) => {}
        }
        match self.effect {
            Effect::Noted => f.write_str(&self.reason),
            effect => write!(f, "{effect}: {}", self.reason),
        }
    }
}

/// The warnings of one reading. All are counted; the first thousand are kept whole.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Warnings {
    list: Vec<Warning>,
    counts: BTreeMap<Effect, u64>,
}

impl Warnings {
    const KEPT: usize = 1000;

    fn push(&mut self, warning: Warning) {
        *self.counts.entry(warning.effect).or_default() += 1;
        if self.list.len() < Self::KEPT {
            self.list.push(warning);
        }
    }

    fn note(&mut self, file: &str, reason: &str) {
        let (file, reason) = (file.to_owned(), reason.to_owned());
        self.push(Warning { file, feature: None, id: None, effect: Effect::Noted, reason });
    }

    fn note_each(&mut self, notes: &[(&str, String)]) {
        for (file, reason) in notes {
            self.note(file, reason);
        }
    }

    fn feature(&mut self, file: &str, number: u64, id: Option<&str>, effect: Effect, reason: &str) {
        let (file, reason) = (file.to_owned(), reason.to_owned());
        self.push(Warning { file, feature: Some(number), id: id.map(str::to_owned), effect, reason });
    }

    /// Notes that a file is not served, though the others are.
    fn passed_over(&mut self, file: &str, fault: &StoreError) {
        let said = fault.to_string();
        let why = said.strip_prefix(file).unwrap_or(&said).trim_start_matches([':', ',', ' ']);
        self.note(file, &format!("not served: {why}"));
    }

    /// Notes, once a field, that its values are of different kinds.
    fn mixed(&mut self, file: &str, field: &str, kind: ValueKind, number: u64) {
        let reason = format!(
            "field {field:?} mixes {}s with other kinds, first in feature {number}; it is served as text",
            kind.name()
        );
        let known = format!("field {field:?} mixes ");
        if !self.list.iter().any(|warning| warning.file == file && warning.reason.starts_with(&known)) {
            self.note(file, &reason);
        }
    }

    fn append(&mut self, other: &Self) {
        for warning in &other.list {
            if self.list.len() < Self::KEPT {
                self.list.push(warning.clone());
            }
        }
        for (&effect, count) in &other.counts {
            *self.counts.entry(effect).or_default() += count;
        }
    }

    /// Appends the warnings of features that stand so many places further back; `named` where their ids are their places.
    fn append_moved(&mut self, other: &Self, places: u64, named: bool) {
        let mut moved = other.clone();
        for warning in &mut moved.list {
            warning.feature = warning.feature.map(|number| number + places);
            if named {
                warning.id = warning.feature.map(|number| number.to_string());
            }
        }
        self.append(&moved);
    }

    /// The first warnings, in the order of the files.
    #[must_use]
    pub fn list(&self) -> &[Warning] {
        &self.list
    }

    /// How many there are of an effect.
    #[must_use]
    pub fn count(&self, effect: Effect) -> u64 {
        self.counts.get(&effect).copied().unwrap_or(0)
    }

    /// How many there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.values().sum()
    }
}

/// A data folder, and what was read from it last.
#[derive(Debug)]
pub struct Store {
    folder: PathBuf,
    read: BTreeMap<LayerId, ReadLayer>,
}

/// A layer and the digest of all it was made of.
#[derive(Debug, Clone)]
struct ReadLayer {
    digest: u64,
    layer: Arc<IndexedLayer>,
    warnings: Warnings,
}

/// What a reading gave.
#[derive(Debug)]
pub struct Loaded {
    /// The catalogue.
    pub catalog: Catalog,
    /// What was repaired or skipped.
    pub warnings: Warnings,
    /// Layers whose file was read again.
    pub changed: Vec<LayerId>,
}

/// All that is wrong with a data folder.
#[derive(Debug, Default)]
pub struct Checked {
    /// Layers that can be served.
    pub layers: usize,
    /// Their features.
    pub features: usize,
    /// What was repaired or skipped in them.
    pub warnings: Warnings,
    /// Files that cannot be served at all.
    pub errors: Vec<StoreError>,
}

impl Store {
    /// The store of a data folder; nothing is read yet.
    #[must_use]
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), read: BTreeMap::new() }
    }

    /// The folders whose changes change the catalogue.
    #[must_use]
    pub fn folders(&self) -> Vec<PathBuf> {
        let seeds = manifest::read(&self.folder).ok().and_then(|manifest| manifest.seeds);
        std::iter::once(self.folder.clone()).chain(seeds).collect()
    }

    /// Reads the folder. Layers whose file and description are what they were are taken over. `begin` hears
    /// the name of each file before it is read.
    ///
    /// # Errors
    /// A broken file; what was read before stays.
    pub fn load(&mut self, begin: &mut dyn FnMut(&str)) -> Result<Loaded, StoreError> {
        let manifest = manifest::read(&self.folder)?;
        let Manifest { about, layers: specs, seeds, .. } = &manifest;
        let mut revision = Xxh3::new();
        revision.update(env!("CARGO_PKG_VERSION").as_bytes());
        revision.update(format!("{about:?}").as_bytes());
        let (mut read, mut warnings, mut changed) = (BTreeMap::new(), Warnings::default(), Vec::new());
        let mut layers = Vec::with_capacity(specs.len());
        for spec in specs {
            begin(&spec.file);
            let (entry, is_new) = match self.layer(spec) {
                Ok(layer) => layer,
                Err(fault) if self.may_pass_over(spec, &fault) => {
                    warnings.passed_over(&spec.file, &fault);
                    continue;
                }
                Err(fault) => return Err(fault),
            };
            revision.update(&entry.digest.to_le_bytes());
            warnings.append(&entry.warnings);
            layers.push(Arc::clone(&entry.layer));
            if is_new {
                changed.push(spec.id.clone());
            }
            read.insert(spec.id.clone(), entry);
        }
        if layers.is_empty() && !specs.is_empty() {
            return Err(StoreError::NoLayers(self.folder.clone()));
        }
        let plan = seeds.as_deref().map(|folder| {
            begin(&folder.display().to_string());
            digest_folder(folder, &mut revision)?;
            for file in [plan::REGISTER, plan::OBSERVATIONS] {
                revision.update(&std::fs::read(self.folder.join(file)).unwrap_or_default());
            }
            Ok::<_, StoreError>(plan::read(folder, &self.folder)?)
        });
        let (plan, doubts) = plan.transpose()?.unzip();
        self.read = read;
        // What is missing because a file is broken is no slip of the catalogue's.
        if layers.len() == specs.len() {
            warnings.append(&unanswered::notes(&manifest, &layers, plan.as_ref()));
        }
        warnings.note_each(&doubts.unwrap_or_default());
        let catalog = Catalog::new(Revision::new(revision.digest()), manifest.about, layers, plan);
        Ok(Loaded { catalog, warnings, changed })
    }

    /// Reads what can be read of the folder's files, without the facts of the plan; gives what cannot, too.
    ///
    /// # Errors
    /// A catalogue file that makes no sense, or a folder without layers.
    pub fn salvage(&self, begin: &mut dyn FnMut(&str)) -> Result<(Catalog, Vec<StoreError>), StoreError> {
        let Manifest { about, layers: specs, .. } = manifest::read(&self.folder)?;
        let (mut layers, mut faults) = (Vec::with_capacity(specs.len()), Vec::new());
        for spec in &specs {
            begin(&spec.file);
            match self.layer(spec) {
                Ok((entry, _)) => layers.push(entry.layer),
                Err(fault) => faults.push(fault),
            }
        }
        Ok((Catalog::new(Revision::new(0), about, layers, None), faults))
    }

    /// Reads every file of the folder, whatever is wrong with the others.
    pub fn check(&self, begin: &mut dyn FnMut(&str)) -> Checked {
        let mut checked = Checked::default();
        let manifest = match manifest::read(&self.folder) {
            Ok(manifest) => manifest,
            Err(fault) => {
                checked.errors.push(fault);
                return checked;
            }
        };
        let mut layers = Vec::new();
        for spec in &manifest.layers {
            begin(&spec.file);
            match self.layer(spec) {
                Ok((entry, _)) => {
                    layers.push(Arc::clone(&entry.layer));
                    checked.layers += 1;
                    checked.features += entry.layer.layer().len();
                    checked.warnings.append(&entry.warnings);
                }
                Err(fault) if self.may_pass_over(spec, &fault) => {
                    checked.warnings.passed_over(&spec.file, &fault);
                }
                Err(fault) => checked.errors.push(fault),
            }
        }
        let plan = match manifest.seeds.as_deref().map(|folder| plan::read(folder, &self.folder)) {
            Some(Ok(told)) => Some(told),
            Some(Err(faults)) => {
                checked.errors.extend(faults.each().map(StoreError::Plan));
                None
            }
            None => None,
        };
        let (plan, doubts) = plan.unzip();
        if layers.len() == manifest.layers.len() {
            checked.warnings.append(&unanswered::notes(&manifest, &layers, plan.as_ref()));
        }
        checked.warnings.note_each(&doubts.unwrap_or_default());
        checked
    }

    /// May the service do without this file? One that was only guessed to be a layer and is none does not stop
    /// the others. One that was served before and broke is not passed over: the data before it stays.
    fn may_pass_over(&self, spec: &LayerSpec, fault: &StoreError) -> bool {
        match fault {
            StoreError::NotFeatures { .. } => spec.is_guess,
            StoreError::Json { .. } | StoreError::NotUtf8 { .. } | StoreError::Parquet { .. } => {
                spec.is_guess && !self.read.contains_key(&spec.id)
            }
            StoreError::Twin { .. } => true,
            _ => false,
        }
    }

    fn layer(&self, spec: &LayerSpec) -> Result<(ReadLayer, bool), StoreError> {
        if let Some(twin) = &spec.twin {
            let (file, twin, id) = (spec.file.clone(), twin.clone(), spec.id.clone());
            return Err(StoreError::Twin { file, twin, id });
        }
        let path = self.folder.join(&spec.file);
        let mut digest = Xxh3::new();
        digest.update(format!("{spec:?}").as_bytes());
        let digest_now = || match spec.format {
            FileFormat::GeoJson => digest_of(&path, digest.clone()),
            FileFormat::GeoParquet => geoparquet::digest_of(&path, spec, digest.clone()),
        };
        if let Some(known) = self.read.get(&spec.id)
            && known.digest == digest_now()?
        {
            return Ok((known.clone(), false));
        }
        let (digest, layer, warnings) = load(&path, spec, digest)?;
        Ok((ReadLayer { digest, layer: Arc::new(layer), warnings }, true))
    }
}

/// Reads a file as the layer that is served of it; its digest follows what the given one holds.
fn load(path: &Path, spec: &LayerSpec, digest: Xxh3) -> Result<(u64, IndexedLayer, Warnings), StoreError> {
    let (digest, mut layer, warnings) = match spec.format {
        FileFormat::GeoJson => geojson::load(path, spec, digest)?,
        FileFormat::GeoParquet => geoparquet::load(path, spec, digest)?,
    };
    if spec.geodesic {
        layer = IndexedLayer::build(geodesic::drawn(layer.layer())?)?;
    }
    Ok((digest, layer, warnings))
}

/// Writes the layer of a `GeoJSON` file in the form in which a large one rests, `GeoParquet`; what was odd in it comes back.
///
/// # Errors
/// A file that cannot be read as the layer, or one that cannot be written.
pub(crate) fn put_to_rest(from: &Path, spec: &LayerSpec, to: &File) -> Result<Warnings, StoreError> {
    let (_, layer, warnings) = geojson::load(from, spec, Xxh3::new())?;
    let layer = layer.layer();
    let items: Vec<FeatureIx> = layer.positions().collect();
    let view = View::whole(layer, Crs::Crs84);
    let count = items.len() as u64;
    let cover = Cover { matched: count, returned: count, ..Cover::default() };
    geoparquet_file::write(to, Packing::Quick, layer, &items, &view, &cover, &Budget::default())
        .map_err(|fault| StoreError::Parquet { file: spec.file.clone(), reason: fault.to_string() })?;
    Ok(warnings)
}

/// How many features of a file are served as a layer; what was odd in it comes along.
///
/// # Errors
/// A file that cannot be read as the layer.
pub(crate) fn count(path: &Path, spec: &LayerSpec) -> Result<(usize, Warnings), StoreError> {
    let (_, layer, warnings) = load(path, spec, Xxh3::new())?;
    Ok((layer.layer().len(), warnings))
}

/// The field that a layer computes for itself, which its file must not have.
pub(crate) fn computed(spec: &LayerSpec) -> Option<FieldSpec> {
    spec.geodesic.then(geodesic::field)
}

/// The digest with a file added.
fn digest_of(path: &Path, mut digest: Xxh3) -> Result<u64, StoreError> {
    let fault = |fault| StoreError::Read { path: path.to_owned(), fault };
    let mut file = File::open(path).map_err(fault)?;
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block) {
            Ok(0) => return Ok(digest.digest()),
            Ok(length) => digest.update(&block[..length]),
            Err(again) if again.kind() == ErrorKind::Interrupted => {}
            Err(why) => return Err(fault(why)),
        }
    }
}

/// Adds the files of a folder, by name and content.
fn digest_folder(folder: &Path, digest: &mut Xxh3) -> Result<(), StoreError> {
    let fault = |fault| StoreError::Read { path: folder.to_owned(), fault };
    let mut paths = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let path = entry.map_err(fault)?.path();
        if path.is_file() {
            paths.push(path);
        }
    }
    paths.sort();
    for path in paths {
        digest.update(path.file_name().unwrap_or_default().as_encoded_bytes());
        digest.update(&std::fs::read(&path).map_err(fault)?);
    }
    Ok(())
}
