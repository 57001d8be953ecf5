//! `catalog.toml`: which files are which layers, and what they are about.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::value::Datetime;

use super::StoreError;
use crate::catalog::{CapAbout, CatalogAbout, FindAbout, NamedExtent, WalkAbout};
use crate::finder;
use crate::geometry::Bounds;
use crate::model::{Date, FindBy, Lang, LayerAbout, LayerId, ValueKind, Words, case_folded};

/// Name of the catalogue file in a data folder.
pub const FILE: &str = "catalog.toml";

/// What a data folder holds.
#[derive(Debug)]
pub struct Manifest {
    /// What the whole is about.
    pub about: CatalogAbout,
    /// The layers in order.
    pub layers: Vec<LayerSpec>,
    /// What is known of the fields that layers share.
    pub fields: Vec<FieldSpec>,
    /// Folder of the plan's facts.
    pub seeds: Option<PathBuf>,
    /// Ids of the subdistricts that the sample of parcels may stand in, each with the code its numbers begin
    /// with; none means all.
    pub sample_areas: BTreeMap<String, String>,
}

/// Where one layer comes from.
#[derive(Debug, Clone)]
pub struct LayerSpec {
    /// The layer's name.
    pub id: LayerId,
    /// Name of the file in the data folder, for messages.
    pub file: String,
    /// What it is about.
    pub about: LayerAbout,
    /// What is known of its fields.
    pub fields: Vec<FieldSpec>,
    /// The property that holds the id, when it is not the feature's own.
    pub id_field: Option<String>,
    /// The fields of the first and the last time of a feature.
    pub time: (String, String),
    /// Are its lines the shortest ways on the ellipsoid between their positions?
    pub geodesic: bool,
    /// The form of the file, by its ending.
    pub format: FileFormat,
    /// Only an ending that other files have, too, speaks for features inside; a file without is passed over.
    pub is_guess: bool,
    /// A file before this one whose name makes the same id.
    pub twin: Option<String>,
}

/// The form of a layer's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileFormat {
    /// `GeoJSON` (RFC 7946).
    GeoJson,
    /// `GeoParquet` (1.1).
    GeoParquet,
}

impl FileFormat {
    /// The form that an ending stands for, whatever else may have it.
    fn of_ending(ending: &str) -> Option<Self> {
        match ending.to_ascii_lowercase().as_str() {
            "geojson" | "json" => Some(Self::GeoJson),
            "geoparquet" | "parquet" => Some(Self::GeoParquet),
            _ => None,
        }
    }

    /// The ending of its files.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::GeoJson => "geojson",
            Self::GeoParquet => "parquet",
        }
    }

    /// The form of a file that the catalogue names: `GeoJSON` whatever it is called, unless its ending says otherwise.
    fn of_file(file: &str) -> Self {
        file.rsplit_once('.').and_then(|(_, ending)| Self::of_ending(ending)).unwrap_or(Self::GeoJson)
    }
}

impl LayerSpec {
    /// What is known of the field of a name.
    pub(super) fn field(&self, name: &str) -> Option<&FieldSpec> {
        self.fields.iter().find(|field| field.name == name)
    }
}

/// What is known of a field before the data is read.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldSpec {
    /// Its name.
    pub name: String,
    /// What it must hold; `None` lets the values decide.
    pub kind: Option<ValueKind>,
    /// What people call it.
    pub title: Option<Words>,
    /// Unit of its values.
    pub unit: Option<Box<str>>,
    /// Is a feature looked for by it?
    pub find: Option<FindBy>,
    /// Does the layer have it even when no feature does?
    pub always: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlManifest {
    title: Option<TomlWords>,
    lang: Option<String>,
    #[serde(default)]
    description: TomlWords,
    #[serde(default)]
    attribution: TomlWords,
    #[serde(default)]
    licence: String,
    data_date: Option<Datetime>,
    seeds: Option<PathBuf>,
    #[serde(default)]
    sample_areas: BTreeMap<String, String>,
    #[serde(default)]
    approval_number: String,
    start_extent: Option<[f64; 4]>,
    #[serde(default)]
    extents: Vec<TomlExtent>,
    #[serde(default)]
    fields: BTreeMap<String, TomlField>,
    #[serde(default)]
    find: TomlFind,
    #[serde(default)]
    walk: TomlWalk,
    cap: Option<TomlCap>,
    #[serde(default)]
    layers: Vec<TomlLayer>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct TomlFind {
    #[serde(default)]
    readings: BTreeMap<String, String>,
    #[serde(default)]
    same: Vec<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlExtent {
    id: String,
    title: TomlWords,
    bbox: [f64; 4],
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct TomlWalk {
    network: Vec<String>,
    facilities: Vec<String>,
    not_walked_to: Vec<String>,
    titles: BTreeMap<String, TomlWords>,
    speed_kmh: Option<f64>,
    detour_factor: Option<f64>,
    off_network_m: Option<f64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlCap {
    unit: String,
    #[serde(rename = "use")]
    uses: String,
    codes: Vec<String>,
    share: Option<f64>,
}

#[derive(Deserialize, Default, Clone)]
#[serde(deny_unknown_fields)]
struct TomlWords {
    #[serde(default)]
    zh: String,
    #[serde(default)]
    en: String,
}

#[derive(Deserialize, Clone)]
#[serde(deny_unknown_fields)]
struct TomlField {
    title: Option<TomlWords>,
    unit: Option<String>,
    kind: Option<String>,
    find: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlLayer {
    id: String,
    file: String,
    title: TomlWords,
    description: Option<TomlWords>,
    attribution: Option<TomlWords>,
    licence: Option<String>,
    draw: Option<String>,
    #[serde(default)]
    synthetic: bool,
    #[serde(default)]
    guessed_place: bool,
    #[serde(default)]
    geodesic: bool,
    id_field: Option<String>,
    time: Option<TomlTime>,
    #[serde(default)]
    fields: BTreeMap<String, TomlField>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct TomlTime {
    start: String,
    end: String,
}

impl From<TomlWords> for Words {
    fn from(words: TomlWords) -> Self {
        Self::filled(&words.zh, &words.en)
    }
}

/// Reads the catalogue file of a folder, or, where there is none, takes every `*.geojson` and `*.json` as a layer.
///
/// # Errors
/// A file that cannot be read, is no TOML, or says what makes no sense.
pub fn read(folder: &Path) -> Result<Manifest, StoreError> {
    let path = folder.join(FILE);
    match std::fs::read_to_string(&path) {
        Ok(text) => parse(&text, folder),
        Err(fault) if fault.kind() == std::io::ErrorKind::NotFound => list(folder),
        Err(fault) => Err(StoreError::Read { path, fault }),
    }
}

/// Reads the text of a catalogue file.
///
/// # Errors
/// A text that is no TOML, or says what makes no sense.
pub fn parse(text: &str, folder: &Path) -> Result<Manifest, StoreError> {
    let manifest: TomlManifest =
        toml::from_str(text).map_err(|fault| StoreError::Manifest(fault.to_string()))?;
    let no_title = "the catalogue has no title: write title = { zh = \"…\", en = \"…\" } before all tables";
    let title = manifest.title.ok_or_else(|| wrong(no_title))?;
    let TomlManifest { fields: common, layers, .. } = manifest;
    let common = field_specs(common, false)?;
    let mut ids = BTreeSet::new();
    let layers = layers
        .into_iter()
        .map(|layer| {
            let spec = layer_spec(layer, &common)?;
            let repeated = !ids.insert(spec.id.clone());
            if repeated {
                Err(wrong(&format!("the layer id {:?} stands twice", spec.id.as_str())))
            } else {
                Ok(spec)
            }
        })
        .collect::<Result<Vec<_>, _>>()?;
    let bounds = |name: &str, [west, south, east, north]: [f64; 4]| {
        Bounds::new(west, south, east, north).map_err(|fault| wrong(&format!("{name}: {fault}")))
    };
    let start_extent = manifest.start_extent.map(|extent| bounds("start_extent", extent));
    let mut extents: Vec<NamedExtent> = Vec::new();
    for TomlExtent { id, title, bbox } in manifest.extents {
        if id.is_empty() || extents.iter().any(|known| *known.id == *id) {
            return Err(wrong(&format!("extents: the id {id:?} is empty or stands twice")));
        }
        let bounds = bounds(&format!("extent {id}"), bbox)?;
        extents.push(NamedExtent { id: id.into(), title: title.into(), bounds });
    }
    let data_date = manifest.data_date.map(|date| {
        Date::parse(&date.to_string())
            .ok_or_else(|| wrong(&format!("data_date is {date}, expected a date as in 2025-12-31")))
    });
    let lang = |name: String| {
        Lang::parse(&name).ok_or_else(|| wrong(&format!("lang is {name:?}, expected \"zh\" or \"en\"")))
    };
    let about = CatalogAbout {
        title: title.into(),
        lang: manifest.lang.map(lang).transpose()?,
        description: manifest.description.into(),
        attribution: manifest.attribution.into(),
        licence: manifest.licence.into(),
        data_date: data_date.transpose()?,
        approval_number: manifest.approval_number.into(),
        start_extent: start_extent.transpose()?,
        extents,
        find: find_about(manifest.find)?,
        walk: walk_about(manifest.walk, &ids)?,
        cap: manifest.cap.map(cap_about).transpose()?,
    };
    let seeds = manifest.seeds.map(|seeds| folder.join(seeds));
    Ok(Manifest { about, layers, fields: common, seeds, sample_areas: manifest.sample_areas })
}

fn find_about(find: TomlFind) -> Result<FindAbout, StoreError> {
    if let Some((text, read)) = find.readings.iter().find(|(text, read)| !finder::fits(text, read)) {
        return Err(wrong(&format!(
            "find.readings: {text:?} is read {read:?}, expected a syllable of small letters without tone for each \
             character, split by spaces"
        )));
    }
    let words = |group: Vec<String>| {
        group.iter().map(|word| case_folded(word.trim()).into()).collect::<Vec<Box<str>>>()
    };
    let same: Vec<_> = find.same.into_iter().map(words).collect();
    if same.iter().any(|group| group.len() < 2 || group.iter().any(|word| word.is_empty())) {
        return Err(wrong("find.same: expected groups of two words or more, none of them empty"));
    }
    let readings = find.readings.into_iter().map(|(text, read)| (text.into(), read.into())).collect();
    Ok(FindAbout { readings, same })
}

fn walk_about(walk: TomlWalk, layers: &BTreeSet<LayerId>) -> Result<WalkAbout, StoreError> {
    let named = |name: &str, ids: Vec<String>| {
        let unknown = ids.iter().find(|id| !layers.iter().any(|known| known.as_str() == id.as_str()));
        match unknown {
            Some(id) => Err(wrong(&format!("walk.{name}: {id:?} is no layer of this file"))),
            None => Ok(ids.into_iter().map(Into::into).collect()),
        }
    };
    let number = |name: &str, given: Option<f64>, usual: f64, [least, most]: [f64; 2]| match given {
        Some(number) if !(least..=most).contains(&number) => {
            Err(wrong(&format!("walk.{name} is {number}, expected a number from {least} to {most}")))
        }
        other => Ok(other.unwrap_or(usual)),
    };
    let usual = WalkAbout::default();
    Ok(WalkAbout {
        network: named("network", walk.network)?,
        facilities: named("facilities", walk.facilities)?,
        not_walked_to: walk.not_walked_to.into_iter().map(Into::into).collect(),
        titles: walk.titles.into_iter().map(|(word, title)| (word.into(), title.into())).collect(),
        speed_kmh: number("speed_kmh", walk.speed_kmh, usual.speed_kmh, WalkAbout::SPEEDS)?,
        detour_factor: number("detour_factor", walk.detour_factor, usual.detour_factor, WalkAbout::FACTORS)?,
        off_network_m: number("off_network_m", walk.off_network_m, usual.off_network_m, [1.0, 1000.0])?,
    })
}

fn cap_about(cap: TomlCap) -> Result<CapAbout, StoreError> {
    let share = cap.share.unwrap_or(CapAbout::USUAL_SHARE);
    if !(0.0..=1.0).contains(&share) {
        return Err(wrong(&format!("cap.share is {share}, expected a number from 0 to 1")));
    }
    if cap.unit.is_empty() || cap.uses.is_empty() || cap.codes.is_empty() {
        return Err(wrong("cap: expected the names of two fields, unit and use, and at least one of codes"));
    }
    let codes = cap.codes.into_iter().map(Into::into).collect();
    Ok(CapAbout { unit: cap.unit.into(), uses: cap.uses.into(), codes, share })
}

fn layer_spec(layer: TomlLayer, common: &[FieldSpec]) -> Result<LayerSpec, StoreError> {
    let id = LayerId::parse(&layer.id).ok_or_else(|| {
        wrong(&format!("the layer id {:?} may hold only letters, digits, '_', '-' and '.'", layer.id))
    })?;
    if Path::new(&layer.file).components().any(|part| !matches!(part, std::path::Component::Normal(_))) {
        return Err(wrong(&format!(
            "layer {id}: the file {:?} must be a path inside the data folder",
            layer.file
        )));
    }
    let mut fields = field_specs(layer.fields, true)?;
    fields.extend(
        common
            .iter()
            .filter(|field| !fields.iter().any(|own| own.name == field.name))
            .cloned()
            .collect::<Vec<_>>(),
    );
    let about = LayerAbout {
        title: layer.title.into(),
        description: layer.description.map(Words::from),
        attribution: layer.attribution.map(Words::from),
        licence: layer.licence.map(Into::into),
        draw: layer.draw.map(Into::into),
        synthetic: layer.synthetic,
        is_place_guessed: layer.guessed_place,
    };
    let time = layer.time.map_or_else(default_time, |time| (time.start, time.end));
    let id_field = layer.id_field;
    let (file, geodesic) = (layer.file, layer.geodesic);
    let format = FileFormat::of_file(&file);
    Ok(LayerSpec { id, file, about, fields, id_field, time, geodesic, format, is_guess: false, twin: None })
}

fn default_time() -> (String, String) {
    ("valid_from".to_owned(), "valid_to".to_owned())
}

fn field_specs(fields: BTreeMap<String, TomlField>, always: bool) -> Result<Vec<FieldSpec>, StoreError> {
    fields
        .into_iter()
        .map(|(name, field)| {
            let kind = field.kind.map(|kind| {
                ValueKind::parse(&kind).ok_or_else(|| {
                    wrong(&format!(
                        "field {name}: the kind {kind:?} is unknown; expected boolean, integer, real, text, date, \
                         timestamp, array or object"
                    ))
                })
            });
            let find = field.find.map(|find| {
                FindBy::parse(&find).ok_or_else(|| {
                    wrong(&format!("field {name}: find is {find:?}, expected name, alias, code or section"))
                })
            });
            Ok(FieldSpec {
                kind: kind.transpose()?,
                find: find.transpose()?,
                title: field.title.map(Words::from),
                unit: field.unit.map(Into::into),
                name,
                always,
            })
        })
        .collect()
}

fn wrong(reason: &str) -> StoreError {
    StoreError::Manifest(reason.to_owned())
}

/// A folder without a catalogue file: each file of features is a layer named after itself.
fn list(folder: &Path) -> Result<Manifest, StoreError> {
    let fault = |fault| StoreError::Read { path: folder.to_owned(), fault };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(fault)? {
        let entry = entry.map_err(fault)?;
        if let (Ok(file), true) = (entry.file_name().into_string(), entry.path().is_file()) {
            files.push(file);
        }
    }
    // `a.geojson` comes before `a.json` and keeps the id `a`.
    files.sort();
    let mut layers: Vec<LayerSpec> = Vec::new();
    for file in files {
        let Some((name, format, is_guess)) = layer_name(&file) else { continue };
        let Some(id) = id_of(name) else { continue };
        let title = Words { zh: name.into(), en: name.into() };
        let twin = layers.iter().find(|layer| layer.id == id).map(|layer| layer.file.clone());
        layers.push(LayerSpec {
            id,
            file,
            about: LayerAbout { title, ..LayerAbout::default() },
            fields: Vec::new(),
            id_field: None,
            time: default_time(),
            geodesic: false,
            format,
            is_guess,
            twin,
        });
    }
    if layers.is_empty() {
        return Err(StoreError::NoLayers(folder.to_owned()));
    }
    layers.sort_by(|a, b| a.id.cmp(&b.id));
    let name =
        folder.file_name().map_or_else(|| "innospace".into(), |name| name.to_string_lossy().into_owned());
    let title = Words { zh: name.as_str().into(), en: name.as_str().into() };
    Ok(Manifest {
        about: CatalogAbout { title, ..CatalogAbout::default() },
        layers,
        fields: Vec::new(),
        seeds: None,
        sample_areas: BTreeMap::new(),
    })
}

/// The name of the layer in a file, the form of the file, and whether only a look inside tells that it is one.
fn layer_name(file: &str) -> Option<(&str, FileFormat, bool)> {
    let (name, ending) =
        file.rsplit_once('.').filter(|(name, _)| !name.is_empty() && !name.starts_with('.'))?;
    let is_certain = ["geojson", "geoparquet"].iter().any(|certain| ending.eq_ignore_ascii_case(certain));
    Some((name, FileFormat::of_ending(ending)?, !is_certain))
}

/// The name of a file as an id: what an id may not hold becomes `_`.
fn id_of(name: &str) -> Option<LayerId> {
    let kept = |c: char| if c.is_alphanumeric() || matches!(c, '_' | '-' | '.') { c } else { '_' };
    LayerId::parse(&name.chars().map(kept).collect::<String>())
}
