//! Which features does someone mean who typed this?
//!
//! In: the layers of a catalogue, and a text: a name or a part of one, in Chinese or English, its syllables with or without
//! tones and spaces, its first letters, words of several of these, another name, a code, an id, a section of the plan, with
//! slips, or a question for a place. Out: features, the likeliest first, and which letters of which text were meant. Leaves out:
//! how answers are shown.
//!
//! `readings` tells how characters are read, `forms` what of a text is compared, `keys` finds letters among sorted keys,
//! `names` gathers the keys of a layer, `scan` judges, `words` by several words, `shown` marks, `asking` takes a name out of a
//! question. A finder is made beside the catalogue, layer by layer: layers that are the same as in the finder before it are
//! taken over.
//!
//! The work of a search is bounded: of a run of equally good places the first hundreds are looked at, and slips and parts are
//! looked for only where little else was found.

mod asking;
mod forms;
mod keys;
mod names;
mod readings;
mod scan;
mod shown;
mod traditional;
mod words;

use std::collections::HashMap;
use std::sync::Arc;

use forms::Typed;
pub use forms::section;
use names::{LayerNames, PlanNames, Role};
use readings::Readings;
pub use readings::fits;
use scan::{Match, Scan, Table};
pub use shown::Stretch;
pub use traditional::simplified;

use crate::catalog::{Catalog, FindAbout};
use crate::geometry::Bounds;
use crate::index::IndexedLayer;
use crate::model::plan::UnitRole;
use crate::model::{FeatureIx, FeatureRef, Words};

/// Letters of a request that are read; no name is that long.
const MOST_TYPED: usize = 80;

/// Texts of a layer whose features are weighed.
const MOST_TEXTS: usize = 200;

/// Features of a text that are weighed.
const MOST_ROWS: usize = 500;

/// With so many features found, nothing is forgiven any more.
const ENOUGH: usize = 3;

/// What lying in the window adds.
const IN_WINDOW: i32 = 40;

/// What a text costs that only means the same.
const SAME_COST: i32 = 30;

/// What is looked for.
#[derive(Debug, Clone, Default)]
pub struct Ask {
    /// What was typed.
    pub text: String,
    /// The most answers.
    pub limit: usize,
    /// Features that touch it come earlier; nothing is left out.
    pub window: Option<Bounds>,
    /// Only these collections; all when empty.
    pub collections: Vec<String>,
    /// Only these kinds; all when empty.
    pub kinds: Vec<String>,
}

/// How an answer was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// By letters of its name.
    Name,
    /// By letters of another name.
    Alias,
    /// By syllables.
    Pinyin,
    /// By first letters.
    Initials,
    /// By a code, such as a parcel number.
    Code,
    /// By its id.
    Id,
    /// By a section of the plan that speaks of it.
    Section,
    /// By parts of its name.
    Parts,
    /// With slips, or written with other characters that sound alike.
    Typo,
}

impl How {
    /// Its name in answers.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Alias => "alias",
            Self::Pinyin => "pinyin",
            Self::Initials => "initials",
            Self::Code => "code",
            Self::Id => "id",
            Self::Section => "section",
            Self::Parts => "parts",
            Self::Typo => "typo",
        }
    }

    /// All names.
    pub const NAMES: [&'static str; 9] =
        ["name", "alias", "pinyin", "initials", "code", "id", "section", "parts", "typo"];
}

/// What kind of thing a feature is: a unit of the plan by its type, all else by its collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// Id of the unit type or of the collection.
    pub id: Box<str>,
    /// What people call it.
    pub words: Words,
}

/// A feature that was found.
#[derive(Debug, Clone)]
pub struct Hit {
    /// Its layer.
    pub layer: Arc<IndexedLayer>,
    /// Where it stands in the layer.
    pub ix: FeatureIx,
    /// What it is.
    pub kind: Kind,
    /// How it was found.
    pub how: How,
    /// The text that was meant.
    pub text: String,
    /// What of the text was typed.
    pub stretches: Vec<Stretch>,
}

impl Hit {
    /// The feature.
    #[must_use]
    pub fn feature(&self) -> FeatureRef<'_> {
        self.layer.layer().feature(self.ix)
    }
}

/// The names of a catalogue, made ready to be looked for.
#[derive(Debug)]
pub struct Finder {
    layers: Vec<Arc<LayerNames>>,
    about: FindAbout,
    plan: PlanNames,
    readings: Readings,
    kinds: Kinds,
}

/// The kinds of a catalogue.
#[derive(Debug, Default)]
struct Kinds {
    /// Of the named units of the plan, by id.
    units: HashMap<Box<str>, Kind>,
}

impl Finder {
    /// Makes the names of a catalogue ready. Layers that an earlier finder has are taken over, where names are read as they
    /// were then.
    #[must_use]
    pub fn build(catalog: &Catalog, earlier: Option<&Self>) -> Self {
        let about = catalog.about.find.clone();
        let plan = plan_names(catalog);
        let same = earlier.filter(|earlier| earlier.about == about && earlier.plan == plan);
        let readings = Readings::new(about.readings.iter().map(|(text, read)| (&**text, &**read)));
        let layers = catalog
            .layers()
            .map(|layer| {
                let known =
                    same.and_then(|same| same.layers.iter().find(|known| Arc::ptr_eq(&known.layer, layer)));
                known.cloned().unwrap_or_else(|| Arc::new(LayerNames::build(layer, &readings, &plan)))
            })
            .collect();
        Self { layers, about, plan, readings, kinds: Kinds::new(catalog) }
    }

    /// How many texts and codes are held, and in how many bytes.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        self.layers.iter().fold((0, 0), |(texts, bytes), names| (texts + names.len(), bytes + names.memory()))
    }

    /// How many layers two finders have in common.
    #[must_use]
    pub fn shared_with(&self, other: &Self) -> usize {
        self.layers.iter().filter(|own| other.layers.iter().any(|one| Arc::ptr_eq(own, one))).count()
    }

    /// The kinds that answers may have: those of units, then the collections.
    #[must_use]
    pub fn kinds(catalog: &Catalog) -> Vec<Kind> {
        let types = catalog.plan.iter().flat_map(|plan| &plan.layout.unit_types);
        let units = types.map(|known| Kind { id: known.id.clone(), words: known.name.clone() });
        units.chain(catalog.layers().map(|indexed| collection_kind(indexed))).collect()
    }

    /// The likeliest features, best first. Equals stand in the order of the catalogue. Nothing is found by a text without
    /// letters.
    #[must_use]
    pub fn find(&self, ask: &Ask) -> Vec<Hit> {
        let text: String = ask.text.chars().take(MOST_TYPED).collect();
        let Some(typed) = Typed::new(&text, &self.readings) else { return Vec::new() };
        let scans = self.exactly(ask, &text, &typed);
        let is_id = self.layers.iter().any(|names| names.layer.find(&typed.raw).is_some());
        if firm(&scans) == 0
            && !is_id
            && let Some(bare) = asking::bare(&text)
            && let Some(name) = Typed::new(&bare, &self.readings)
        {
            let scans = self.exactly(ask, &bare, &name);
            let hits = self.forgiving(ask, &bare, &name, scans);
            if !hits.is_empty() {
                return hits;
            }
        }
        self.forgiving(ask, &text, &typed, scans)
    }

    /// What holds the typed text as it is, or with words exchanged that mean the same.
    fn exactly(&self, ask: &Ask, text: &str, typed: &Typed) -> Vec<(usize, Scan<'_>)> {
        let mut scans: Vec<(usize, Scan<'_>)> = self
            .layers
            .iter()
            .enumerate()
            .filter(|(_, names)| {
                let id = names.layer.layer().id.as_str();
                ask.collections.is_empty() || ask.collections.iter().any(|asked| asked == id)
            })
            .map(|(at, names)| (at, Scan::new(names)))
            .collect();
        for (_, scan) in &mut scans {
            scan.exactly(typed, 0);
        }
        for other in self.meaning_the_same(text) {
            for (_, scan) in &mut scans {
                scan.exactly(&other, SAME_COST);
            }
        }
        scans
    }

    /// The likeliest of what was found; where that is little, also what holds the text in parts or with slips.
    fn forgiving(&self, ask: &Ask, text: &str, typed: &Typed, mut scans: Vec<(usize, Scan<'_>)>) -> Vec<Hit> {
        if scans.iter().map(|(_, scan)| scan.len()).sum::<usize>() < ask.limit {
            for (_, scan) in &mut scans {
                scan.in_parts(typed);
            }
        }
        if firm(&scans) == 0 {
            for other in self.meaning_the_same(text) {
                for (_, scan) in &mut scans {
                    scan.in_parts(&other);
                }
            }
        }
        let is_whole = scans.iter().any(|(_, scan)| scan.is_whole());
        if firm(&scans) < ENOUGH && !is_whole {
            for (_, scan) in &mut scans {
                scan.nearly(typed, 1);
            }
        }
        if firm(&scans) == 0 {
            for (_, scan) in &mut scans {
                scan.beginnings(typed);
            }
        }
        if firm(&scans) == 0 && !scans.iter().any(|(_, scan)| scan.is_slipped()) {
            for (_, scan) in &mut scans {
                scan.nearly(typed, 2);
            }
        }
        let matches = scans.into_iter().map(|(at, scan)| (at, scan.into_matches())).collect();
        self.weighed(ask, typed, matches)
    }

    /// The typed text with words exchanged that mean the same.
    fn meaning_the_same(&self, text: &str) -> Vec<Typed> {
        let folded = crate::model::case_folded(text);
        let folded: String = folded.chars().map(traditional::simplified).collect();
        let mut others = Vec::new();
        for words in &self.about.same {
            // Of words that begin alike the longest is meant.
            let held = words.iter().filter(|word| folded.contains(&***word)).max_by_key(|word| word.len());
            let Some(held) = held else { continue };
            for word in words.iter().filter(|word| *word != held) {
                others.extend(Typed::new(&folded.replace(&**held, word), &self.readings));
            }
        }
        others
    }

    /// Texts to features, the best of each feature, ordered and cut.
    fn weighed(&self, ask: &Ask, typed: &Typed, matches: Vec<(usize, Vec<Match>)>) -> Vec<Hit> {
        let mut weighed: HashMap<(usize, u32), (i32, Option<Match>)> = HashMap::new();
        for (at, names) in self.layers.iter().enumerate() {
            if let Some(ix) = names.layer.find(&typed.raw) {
                weighed.insert((at, ix.0), (1400, None));
            }
        }
        for (at, mut matches) in matches {
            let order = |a: &Match, b: &Match| {
                b.fits.cmp(&a.fits).then(a.text.cmp(&b.text)).then(a.table.cmp(&b.table))
            };
            if matches.len() > MOST_TEXTS {
                matches.select_nth_unstable_by(MOST_TEXTS, order);
                matches.truncate(MOST_TEXTS);
            }
            let names = &self.layers[at];
            for found in matches {
                let rows = match found.table {
                    Table::Code(code) => &names.codes[code].rows,
                    _ => &names.rows,
                };
                for &row in rows.of(found.text).iter().take(MOST_ROWS) {
                    let best = weighed.entry((at, row)).or_insert((i32::MIN, None));
                    if found.fits > best.0 {
                        *best = (found.fits, Some(found));
                    }
                }
            }
        }
        let mut all: Vec<(i32, usize, u32, Option<Match>)> = weighed
            .into_iter()
            .filter(|((at, row), _)| self.is_asked(ask, *at, *row))
            .map(|((at, row), (fits, found))| (fits + self.weight(ask, at, row), at, row, found))
            .collect();
        all.sort_unstable_by(|a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        all.truncate(ask.limit);
        all.into_iter().map(|(_, at, row, found)| self.hit(at, row, found, typed)).collect()
    }

    fn is_asked(&self, ask: &Ask, at: usize, row: u32) -> bool {
        let layer = self.layers[at].layer.layer();
        let in_collections =
            ask.collections.is_empty() || ask.collections.iter().any(|id| id == layer.id.as_str());
        let of_kind = || {
            let kind = self.kinds.of(&self.layers[at].layer, row);
            ask.kinds.iter().any(|id| **id == *kind.id)
        };
        in_collections && (ask.kinds.is_empty() || of_kind())
    }

    /// What a feature itself adds: its part on the map, being a unit, a position, lying in the window.
    fn weight(&self, ask: &Ask, at: usize, row: u32) -> i32 {
        let indexed = &self.layers[at].layer;
        let layer = indexed.layer();
        let part = match layer.about.role() {
            "core" | "axis" | "belt" => 80,
            "zone" => 75,
            "subdistrict" => 65,
            "site" => 55,
            "water" | "road" => 45,
            "facility" => 40,
            "transit" => 35,
            "parcel" => 0,
            _ => 30,
        };
        let unit = if self.kinds.is_unit(indexed, row) { 15 } else { 0 };
        let geometry = layer.geometries().get(row as usize);
        let position = if geometry.is_none() { -5 } else { 0 };
        let touches = |window: Bounds| {
            geometry.and_then(crate::geometry::GeometryRef::window).is_some_and(|own| own.overlaps(window))
        };
        let here = if ask.window.is_some_and(touches) { IN_WINDOW } else { 0 };
        part + unit + position + here
    }

    fn hit(&self, at: usize, row: u32, found: Option<Match>, typed: &Typed) -> Hit {
        let names = &self.layers[at];
        let (text, stretches) = if let Some(found) = &found {
            shown::shown(names, found, row, typed, &self.readings)
        } else {
            let units = u32::try_from(typed.raw.encode_utf16().count()).unwrap_or(u32::MAX);
            (typed.raw.clone(), vec![[0, units]])
        };
        let how = found.map_or(How::Id, |found| how(names, &found));
        let kind = self.kinds.of(&names.layer, row);
        Hit { layer: Arc::clone(&names.layer), ix: FeatureIx(row), kind, how, text, stretches }
    }
}

/// How many texts fit so well that nothing needs to be forgiven.
fn firm(scans: &[(usize, Scan<'_>)]) -> usize {
    scans.iter().map(|(_, scan)| scan.firm()).sum()
}

fn how(names: &LayerNames, found: &Match) -> How {
    let role = || names.roles[found.text as usize];
    match found.table {
        _ if found.is_typo => How::Typo,
        Table::Code(_) => How::Code,
        Table::Parts => How::Parts,
        Table::Initials => How::Initials,
        Table::Spoken => How::Pinyin,
        Table::Letters => match role() {
            Role::Name => How::Name,
            Role::Alias => How::Alias,
            Role::Section => How::Section,
        },
    }
}

impl Kinds {
    fn new(catalog: &Catalog) -> Self {
        let Some(plan) = &catalog.plan else { return Self::default() };
        let kind = |id: &str| {
            let known = plan.unit_type(id)?;
            Some(Kind { id: known.id.clone(), words: known.name.clone() })
        };
        let units = plan
            .candidates(UnitRole::Named)
            .filter_map(|place| Some((place.id.clone(), kind(place.unit_type()?)?)));
        Self { units: units.collect() }
    }

    fn unit(&self, indexed: &IndexedLayer, row: u32) -> Option<&Kind> {
        match indexed.layer().ids().get(FeatureIx(row)) {
            crate::model::FeatureId::Text(id) => self.units.get(id),
            crate::model::FeatureId::Integer(_) => None,
        }
    }

    fn is_unit(&self, indexed: &IndexedLayer, row: u32) -> bool {
        self.unit(indexed, row).is_some()
    }

    fn of(&self, indexed: &IndexedLayer, row: u32) -> Kind {
        self.unit(indexed, row).cloned().unwrap_or_else(|| collection_kind(indexed))
    }
}

fn collection_kind(indexed: &IndexedLayer) -> Kind {
    let layer = indexed.layer();
    Kind { id: layer.id.as_str().into(), words: layer.about.title.clone() }
}

/// What the plan calls its zone, its places and the parts of its layout.
fn plan_names(catalog: &Catalog) -> PlanNames {
    let mut names = PlanNames::new();
    let Some(plan) = &catalog.plan else { return names };
    let mut add = |id: &str, name: &Words, aliases: &[Box<str>]| {
        let all = [name.zh.clone(), name.en.clone()].into_iter().chain(aliases.iter().cloned());
        names.entry(id.into()).or_default().extend(all);
    };
    add(&plan.zone.id, &plan.zone.name, &plan.zone.aliases);
    for place in &plan.places {
        add(&place.id, &place.name, &place.aliases);
    }
    for core in &plan.layout.cores {
        add(&core.id, &core.name, &[]);
    }
    for course in plan.layout.courses() {
        add(&course.id, &course.name, &[]);
    }
    names
}
