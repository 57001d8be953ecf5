//! From the sections of the plan to places, targets and indicators, and back: which stands without the other?
//!
//! In: the facts of the plan and the layers. Out: its sections, each with what they state and the features that cite them;
//! sections without a feature, features without a section. Leaves out: how it is shown.
//!
//! A feature cites a section when its own `plan_refs` do, or when the plan's place of the same id does.

use std::collections::{BTreeMap, HashMap, HashSet};

use crate::catalog::Catalog;
use crate::model::plan::{Indicator, PlanFacts, Stated, Target, What};
use crate::model::{FeatureIx, Layer, Value, Words};

/// The field that holds the sections a feature cites.
pub const FIELD: &str = "plan_refs";
/// So many features of a collection are named that cite no section; how many there are is always told.
pub const MOST_NAMED: usize = 100;

/// A section of the plan.
#[derive(Debug)]
pub struct Clause<'a> {
    /// The section in the plan's own numbering.
    pub section: String,
    /// What it is about, in words of ours; `None` where that was not noted.
    pub subject: Option<&'a Words>,
    /// Did we infer with every fact that it stands here?
    pub inferred: bool,
    /// The features that cite it, in the order of the catalogue.
    pub features: Vec<(&'a Layer, FeatureIx)>,
    /// Places that the plan names here and no layer has.
    pub unmapped: Vec<Stated<'a>>,
    /// Indicators.
    pub indicators: Vec<&'a Indicator>,
    /// Targets.
    pub targets: Vec<&'a Target>,
    /// Whatever else it states.
    pub others: Vec<Stated<'a>>,
}

/// Features of a collection that cite no section.
#[derive(Debug)]
pub struct Uncited<'a> {
    /// The collection.
    pub layer: &'a Layer,
    /// How many there are.
    pub count: usize,
    /// The first of them.
    pub named: Vec<FeatureIx>,
}

/// All sections and what is left.
#[derive(Debug)]
pub struct Clauses<'a> {
    /// In the order of the plan, where that was noted, else in which they are first cited.
    pub clauses: Vec<Clause<'a>>,
    /// How many features cite some section.
    pub citing: usize,
    /// Collections with features that cite none.
    pub uncited: Vec<Uncited<'a>>,
}

/// The sections that a feature cites itself; a text is one.
fn own_sections(value: &Value<'_>) -> Vec<String> {
    match value {
        Value::Text(section) => vec![(*section).to_owned()],
        Value::Json(json) if *json != "[]" => serde_json::from_str(json).unwrap_or_default(),
        _ => Vec::new(),
    }
}

/// The sections that a feature cites, its own first; each once.
#[must_use]
pub fn of_feature(facts: &PlanFacts, layer: &Layer, ix: FeatureIx) -> Vec<String> {
    let feature = layer.feature(ix);
    let mut sections = own_sections(&feature.named(FIELD));
    let place = facts.place(&feature.id().to_string());
    let cited = place.into_iter().flat_map(|place| &place.citations);
    sections.extend(cited.map(|citation| citation.section.to_string()));
    let mut seen = Vec::new();
    sections.retain(|section| {
        let is_new = !seen.contains(section);
        seen.push(section.clone());
        is_new
    });
    sections
}

/// All sections that are noted or cited.
#[must_use]
pub fn clauses<'a>(catalog: &'a Catalog, facts: &'a PlanFacts) -> Clauses<'a> {
    let mut list = List::default();
    for clause in &facts.clauses {
        list.at(&clause.section);
    }
    let places: HashMap<&str, Vec<&str>> = facts
        .places
        .iter()
        .map(|place| (&*place.id, place.citations.iter().map(|citation| &*citation.section).collect()))
        .collect();
    let mut mapped: HashSet<&str> = HashSet::new();
    let mut has_zone = false;
    let (mut citing, mut uncited) = (0, Vec::new());
    let mut by_section: BTreeMap<String, Vec<(&Layer, FeatureIx)>> = BTreeMap::new();
    for layer in catalog.layers().map(|indexed| indexed.layer()) {
        // The zone goes by the part it plays: whoever drew it need not know its id in the plan.
        has_zone |= layer.about.role() == "zone" && layer.positions().next().is_some();
        let field = layer.schema.find(FIELD).map(|(at, _)| at);
        let mut without = Uncited { layer, count: 0, named: Vec::new() };
        for ix in layer.positions() {
            let feature = layer.feature(ix);
            let id = feature.id().to_string();
            has_zone |= id == *facts.zone.id;
            let mut sections = field.map_or_else(Vec::new, |at| own_sections(&feature.value(at)));
            if let Some((&id, cited)) = places.get_key_value(id.as_str()) {
                mapped.insert(id);
                sections.extend(cited.iter().map(|&section| section.to_owned()));
            }
            sections.sort_unstable();
            sections.dedup();
            if sections.is_empty() {
                without.count += 1;
                if without.named.len() < MOST_NAMED {
                    without.named.push(ix);
                }
            } else {
                citing += 1;
            }
            for section in sections {
                by_section.entry(section).or_default().push((layer, ix));
            }
        }
        if without.count > 0 {
            uncited.push(without);
        }
    }
    for (stated, cited) in facts.stated() {
        for citation in cited {
            let clause = list.at(&citation.section);
            clause.inferred &= citation.inferred;
            clause.is_cited = true;
            let is_listed = clause
                .stated
                .iter()
                .any(|known: &Stated<'_>| known.what == stated.what && known.id == stated.id);
            if !is_listed {
                clause.stated.push(stated);
            }
        }
    }
    // What only features cite is a section, too.
    let only = by_section.keys().filter(|section| !list.all.iter().any(|entry| entry.section == **section));
    let only: Vec<String> = only.cloned().collect();
    let is_mapped = |id: &str| mapped.contains(id) || has_zone && id == &*facts.zone.id;
    let told = list.all.into_iter().map(|entry| {
        let of = |what: What| entry.stated.iter().filter(move |stated| stated.what == what).copied();
        let known = [What::Place, What::Indicator, What::Target];
        Clause {
            section: entry.section.to_owned(),
            subject: facts.subject(entry.section),
            inferred: entry.is_cited && entry.inferred,
            features: by_section.remove(entry.section).unwrap_or_default(),
            unmapped: of(What::Place).filter(|place| !is_mapped(place.id)).collect(),
            indicators: of(What::Indicator).filter_map(|stated| facts.indicator(stated.id)).collect(),
            targets: of(What::Target).filter_map(|stated| facts.target(stated.id)).collect(),
            others: entry.stated.iter().filter(|stated| !known.contains(&stated.what)).copied().collect(),
        }
    });
    let mut clauses: Vec<_> = told.collect();
    clauses.extend(only.into_iter().map(|section| Clause {
        features: by_section.remove(&section).unwrap_or_default(),
        section,
        subject: None,
        inferred: false,
        unmapped: Vec::new(),
        indicators: Vec::new(),
        targets: Vec::new(),
        others: Vec::new(),
    }));
    Clauses { clauses, citing, uncited }
}

/// Sections on their way.
#[derive(Default)]
struct List<'a> {
    all: Vec<Entry<'a>>,
}

struct Entry<'a> {
    section: &'a str,
    inferred: bool,
    is_cited: bool,
    stated: Vec<Stated<'a>>,
}

impl<'a> List<'a> {
    fn at(&mut self, section: &'a str) -> &mut Entry<'a> {
        let at = self.all.iter().position(|entry| entry.section == section).unwrap_or_else(|| {
            self.all.push(Entry { section, inferred: true, is_cited: false, stated: Vec::new() });
            self.all.len() - 1
        });
        &mut self.all[at]
    }
}
