//! What the catalogue file states and nothing in the data answers to: a slip of the pen, most often.

use std::sync::Arc;

use super::Warnings;
use super::manifest::{FILE, Manifest};
use crate::index::IndexedLayer;
use crate::map::sources;

/// Notes it of all layers that were read.
pub(super) fn notes(manifest: &Manifest, layers: &[Arc<IndexedLayer>]) -> Warnings {
    let mut warnings = Warnings::default();
    let known = sources::roles();
    for spec in &manifest.layers {
        if let Some(draw) = spec.about.draw.as_deref().filter(|draw| !known.contains(draw)) {
            let known = known.join(", ");
            warnings.note(
                FILE,
                &format!(
                    "layer {}: draw = {draw:?} is none of {known}; its features are drawn as sites",
                    spec.id
                ),
            );
        }
    }
    let layers = || layers.iter().map(|indexed| indexed.layer());
    if let Some(cap) = &manifest.about.cap {
        let has_both = |field: [&str; 2]| {
            layers().any(|layer| field.iter().all(|name| layer.schema.find(name).is_some()))
        };
        if !has_both([&cap.unit, &cap.uses]) {
            let reason = format!(
                "cap: no layer has the fields {:?} and {:?}, so nothing is capped",
                cap.unit, cap.uses
            );
            warnings.note(FILE, &reason);
        }
    }
    // As sampling looks for them.
    let areas = |role: &'static str| layers().filter(move |layer| sources::role(layer) == role);
    let role = if areas("subdistrict").next().is_some() { "subdistrict" } else { "zone" };
    for id in manifest.sample_areas.keys() {
        let is_there = |layer: &crate::model::Layer| {
            layer.positions().any(|ix| layer.feature(ix).id().to_string() == *id)
        };
        if !areas(role).any(is_there) {
            warnings.note(FILE, &format!("sample_areas names {id:?}, which no layer drawn as {role} has"));
        }
    }
    warnings
}
