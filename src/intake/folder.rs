//! What the data folder knows: places by name, land uses.

use std::collections::HashMap;

use crate::catalog::Catalog;
use crate::geometry::{centroid, metres_between};
use crate::model::{Layer, Value, case_folded, narrowed};

/// Most metres that a feature's place may be off and still serve to measure a shift.
const ANCHOR_M: f64 = 500.0;

/// Places of one name that are no farther apart are one place, metres.
pub(super) const SAME_M: f64 = 50.0;

/// Where a feature is known to lie.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    pub at: [f64; 2],
    /// How far off that may be, metres.
    pub accuracy_m: f64,
}

impl Known {
    /// Is the place exact enough to measure with? One that is not shows a shift only where features lie exactly there but for it.
    pub(super) fn is_measure(self) -> bool {
        self.accuracy_m <= ANCHOR_M
    }
}

/// Places of features by what they are called; none for a name of several places.
#[derive(Debug, Default)]
pub(super) struct Anchors(HashMap<String, Option<Known>>);

impl Anchors {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Is it the name of a place or of several, however people write it?
    pub(super) fn knows(&self, name: &str) -> bool {
        self.0.contains_key(&key(name))
    }

    /// The one place of a name.
    pub(super) fn get(&self, name: &str) -> Option<Known> {
        self.0.get(&key(name)).copied().flatten()
    }
}

/// A name without what people write in several ways: case, width, kind of hyphen, spaces.
fn key(name: &str) -> String {
    const HYPHENS: [char; 7] = ['_', '‐', '‑', '–', '—', '−', '－'];
    let letters = name.chars().filter(|c| !c.is_whitespace());
    let plain: String = letters.map(|c| if HYPHENS.contains(&c) { '-' } else { c }).collect();
    case_folded(&narrowed(&plain)).into_owned()
}

/// The places that a folder knows. What the collection itself holds may be what is to be mended, and tells only of names that
/// no other has; so do places that are known roughly.
pub(super) fn anchors(catalog: &Catalog, collection: &str) -> Anchors {
    let mut anchors = HashMap::new();
    for (is_own, is_measure) in [(false, true), (true, true), (false, false), (true, false)] {
        let mut places = HashMap::new();
        let layers =
            catalog.layers().map(|indexed| indexed.layer()).filter(|layer| !layer.about.is_place_guessed);
        for layer in layers.filter(|layer| (layer.id.as_str() == collection) == is_own) {
            add_places(&mut places, layer, is_measure);
        }
        for (name, known) in places {
            anchors.entry(name).or_insert(known);
        }
    }
    Anchors(anchors)
}

fn add_places(places: &mut HashMap<String, Option<Known>>, layer: &Layer, is_measure: bool) {
    for ix in layer.positions() {
        let feature = layer.feature(ix);
        let accuracy_m = feature.accuracy_m().unwrap_or(0.0);
        let is_wanted = (accuracy_m <= ANCHOR_M) == is_measure;
        let Some(geometry) = feature.geometry().filter(|_| is_wanted) else { continue };
        let Some(at) = centroid(&geometry.to_shape()) else { continue };
        let mut names = vec![key(&feature.id().to_string())];
        for name in ["parcel_no", "name_zh", "name_en", "name"] {
            if let Value::Text(text) = feature.named(name) {
                names.push(key(text));
            }
        }
        names.sort();
        names.dedup();
        let here = Known { at, accuracy_m };
        for name in names {
            places
                .entry(name)
                .and_modify(|known| *known = known.filter(|known| metres_between(known.at, at) <= SAME_M))
                .or_insert(Some(here));
        }
    }
}

/// Codes of land uses that the folder's collections know, with their names.
pub(super) fn local_uses(catalog: &Catalog) -> Vec<(String, String, Option<String>)> {
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
