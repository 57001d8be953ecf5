//! What the catalogue file and the plan state and nothing in the data answers to: a slip of the pen, most often.

use std::sync::Arc;

use super::Warnings;
use super::manifest::{FILE, Manifest};
use crate::geometry::{Bounds, GeometryKind};
use crate::index::IndexedLayer;
use crate::map::sources;
use crate::model::plan::PlanFacts;
use crate::model::{FeatureIx, Layer};

/// Ids that a message names; of more it gives the number.
const NAMED_IDS: usize = 5;

/// Notes it of all layers that were read.
pub(super) fn notes(manifest: &Manifest, layers: &[Arc<IndexedLayer>], plan: Option<&PlanFacts>) -> Warnings {
    let mut warnings = Warnings::default();
    if let Some(start) = manifest.about.start_extent {
        start_extent(start, layers, &mut warnings);
    }
    for spec in &manifest.layers {
        if let Some(indexed) = layers.iter().find(|indexed| indexed.layer().id == spec.id) {
            long_edges(&spec.file, indexed.layer(), &mut warnings);
        }
    }
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
    let models = || layers.iter().map(|indexed| indexed.layer());
    if let Some(cap) = &manifest.about.cap {
        let has_both = |field: [&str; 2]| {
            models().any(|layer| field.iter().all(|name| layer.schema.find(name).is_some()))
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
    let areas = |role: &'static str| models().filter(move |layer| layer.about.role() == role);
    let role = if areas("subdistrict").next().is_some() { "subdistrict" } else { "zone" };
    for id in manifest.sample_areas.keys() {
        let is_there = |layer: &Layer| layer.positions().any(|ix| layer.feature(ix).id().to_string() == *id);
        if !areas(role).any(is_there) {
            warnings.note(FILE, &format!("sample_areas names {id:?}, which no layer drawn as {role} has"));
        }
    }
    if let Some(facts) = plan {
        undrawn(facts, layers, &mut warnings);
    }
    warnings
}

/// A start without any data: on the other side of the Earth, where the latitudes stand first.
fn start_extent(start: Bounds, layers: &[Arc<IndexedLayer>], warnings: &mut Warnings) {
    let touches = |window: Bounds| layers.iter().any(|indexed| indexed.count_touching(window) > 0);
    let have_positions = layers.iter().any(|indexed| indexed.layer().len() > indexed.nowhere().len());
    if !have_positions || touches(start) {
        return;
    }
    let [west, south, east, north] = start.bbox();
    let turned = [south, west, north, east];
    let is_turned = Bounds::new(turned[0], turned[1], turned[2], turned[3]).is_ok_and(touches);
    let hint = if is_turned {
        format!("; there is data in {turned:?}: do the latitudes stand first?")
    } else {
        String::new()
    };
    let stated = start.bbox();
    warnings.note(
        FILE,
        &format!(
            "start_extent = {stated:?} touches no feature; expected west, south, east, north of a window with data{hint}"
        ),
    );
}

/// Edges that go round the Earth the long way, as of outlines that nobody cut at 180 degrees. One of a whole turn is meant.
fn long_edges(file: &str, layer: &Layer, warnings: &mut Warnings) {
    let is_wide = |bounds: Bounds| bounds.width() > 180.0;
    // Most layers are not, and then no feature need be asked.
    if !layer.extent.and_then(|extent| extent.bounds).is_some_and(is_wide) {
        return;
    }
    let has_long = |ix: &FeatureIx| {
        let geometry =
            layer.feature(*ix).geometry().filter(|geometry| geometry.bounds().is_some_and(is_wide));
        let runs = geometry.into_iter().flat_map(|geometry| geometry.parts().collect::<Vec<_>>());
        runs.filter(|part| !matches!(part.kind(), GeometryKind::Point | GeometryKind::MultiPoint)).any(
            |part| {
                part.runs().any(|run| {
                    let is_long = |at: usize| {
                        let across = (run.at(at)[0] - run.at(at - 1)[0]).abs();
                        across > 180.0 && across < 360.0
                    };
                    (1..run.len()).any(is_long)
                })
            },
        )
    };
    let long: Vec<FeatureIx> = layer.positions().filter(has_long).collect();
    if let Some(&first) = long.first() {
        warnings.note(
            file,
            &format!(
                "features with an edge of more than 180 degrees, which is taken as written, the long way round the Earth: {}, \
                 the first of them {}; what crosses 180 degrees is cut there (RFC 7946, 3.1.9)",
                long.len(),
                layer.feature(first).id()
            ),
        );
    }
}

/// Ids of the plan that no feature has, so that nothing on the map answers to them.
fn undrawn(facts: &PlanFacts, layers: &[Arc<IndexedLayer>], warnings: &mut Warnings) {
    let is_drawn = |id: &str| layers.iter().any(|indexed| indexed.find(id).is_some());
    let zone = &*facts.zone.id;
    if !is_drawn(zone) {
        let drawn = layers.iter().map(|indexed| indexed.layer()).filter(|layer| layer.about.role() == "zone");
        let ids = drawn.flat_map(|layer| layer.positions().map(|ix| layer.feature(ix).id().to_string()));
        let ids: Vec<_> = ids.take(NAMED_IDS).map(|id| format!("`{id}`")).collect();
        let expected = match &ids[..] {
            [] => "expected that of the zone".to_owned(),
            ids => format!("expected that of the zone, drawn as {}", ids.join(", ")),
        };
        warnings.note(
            "plan.toml",
            &format!("key `area.id`: no layer has a feature of the id `{zone}`; {expected}"),
        );
    }
    let layout = &facts.layout;
    let lists: [(&str, &str, Vec<&str>); 4] = [
        ("plan.toml", "key `layout.cores`", layout.cores.iter().map(|core| &*core.id).collect()),
        ("plan.toml", "key `layout.axes`", layout.axes.iter().map(|axis| &*axis.id).collect()),
        ("plan.toml", "key `layout.belts`", layout.belts.iter().map(|belt| &*belt.id).collect()),
        ("places.csv", "column `id`", facts.places.iter().map(|place| &*place.id).collect()),
    ];
    for (file, at, ids) in lists {
        let lost: Vec<_> = ids.into_iter().filter(|id| !is_drawn(id)).collect();
        let (named, more) = lost.split_at(lost.len().min(NAMED_IDS));
        let named: Vec<_> = named.iter().map(|id| format!("`{id}`")).collect();
        let more = if more.is_empty() { String::new() } else { format!(" and {} more", more.len()) };
        if !named.is_empty() {
            let ids = named.join(", ");
            let reason = format!(
                "{at}: no layer has a feature of the id {ids}{more}; expected the ids of features, which the map shows by them"
            );
            warnings.note(file, &reason);
        }
    }
}
