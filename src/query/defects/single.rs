//! What is wrong with a feature by itself, and which are drawn or numbered alike?

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use geo_types::{MultiPoint, Point};

use super::super::{QueryError, fold_on_all_cores};
use super::{Defect, Detail, Found, Ground, Kind, Role, STRIDE, Thin};
use crate::geometry::{
    GeometryRef, Shape, about_length_m, centroid, has_area, length_m, outline, polygon_faults, stored_area_m2,
};
use crate::model::{FeatureIx, FieldIx, Value};

/// A polygon that was looked at: the hash of its outline, and whether its inside is clear.
type Seen = (u64, FeatureIx, Role);

/// Looks at the features one by one, then for those that are alike.
pub fn check(found: &mut Found<'_>, ground: &mut Ground<'_>) -> Result<(), QueryError> {
    let asked = found.asked;
    let shared: &Ground<'_> = ground;
    let start = || (Found::new(asked), Vec::<Seen>::new());
    let blocks: Vec<_> = shared.rows.chunks(STRIDE).collect();
    let area_field = asked.tolerances.area_field;
    let area = area_field.and_then(|at| Some((at, shared.layer.schema.field(at).square_metres()?)));
    let parts = fold_on_all_cores(blocks.len(), shared.budget, start, |(found, seen), at| {
        for &ix in blocks[at] {
            let geometry = shared.layer.feature(ix).geometry();
            let geometry = geometry.filter(|geometry| has_area(*geometry));
            match geometry {
                Some(geometry) => seen.push(look_at(found, shared, ix, geometry, area)),
                None => found.counts.others += u64::from(shared.is_chosen(ix)),
            }
        }
    })?;
    let mut seen = Vec::with_capacity(ground.rows.len());
    for (part, of_part) in parts {
        found.merge(part);
        seen.extend(of_part);
    }
    seen.sort_unstable_by_key(|&(hash, ix, _)| (hash, ix));
    for &(_, ix, role) in &seen {
        ground.roles[ix.row()] = role;
    }
    let repeated = seen.chunk_by(|a, b| a.0 == b.0).filter(|alike| alike.len() > 1);
    for (at, alike) in repeated.enumerate() {
        if at % STRIDE == 0 {
            ground.budget.check()?;
        }
        same_outline(found, ground, alike.iter().map(|(_, ix, _)| *ix).collect());
    }
    asked.tolerances.number_field.map_or(Ok(()), |field| same_number(found, ground, field))
}

fn look_at(
    found: &mut Found<'_>,
    ground: &Ground<'_>,
    ix: FeatureIx,
    geometry: GeometryRef<'_>,
    area: Option<(FieldIx, f64)>,
) -> Seen {
    let faults = polygon_faults(geometry);
    let role = if faults.iter().any(|(fault, _)| fault.is_grave()) { Role::Faulty } else { Role::Sound };
    if ground.is_chosen(ix) {
        found.counts.polygons += 1;
        found.counts.not_compared += u64::from(role == Role::Faulty);
        for (fault, position) in faults {
            let place = Shape::Point(Point::from(position));
            found.add(Defect {
                kind: Kind::InvalidRing,
                features: vec![ix],
                place,
                detail: Detail::Rings(fault),
            });
        }
        let measured_m2 = stored_area_m2(geometry);
        // What lies inside faulty rings is not clear, and so is its area.
        if role == Role::Sound {
            measure(found, ix, geometry, measured_m2);
        }
        if let Some((at, factor)) = area {
            match ground.layer.feature(ix).value(at).number() {
                None => found.counts.without_area += 1,
                Some(stated) => {
                    let stated_m2 = stated * factor;
                    let is_off =
                        (stated_m2 - measured_m2).abs() > found.asked.tolerances.area_share * measured_m2;
                    if role == Role::Sound && is_off {
                        let detail = Detail::Areas { stated_m2, measured_m2 };
                        let place = geometry.to_shape();
                        found.add(Defect { kind: Kind::StatedArea, features: vec![ix], place, detail });
                    }
                }
            }
        }
    }
    let mut hasher = DefaultHasher::new();
    outline(geometry).hash(&mut hasher);
    (hasher.finish(), ix, role)
}

/// Is a feature itself a sliver?
fn measure(found: &mut Found<'_>, ix: FeatureIx, geometry: GeometryRef<'_>, area_m2: f64) {
    // Far from being narrow, as most are, is soon told.
    let sliver_m = found.asked.tolerances.sliver_m;
    if 2.0 * area_m2 > 1.1 * sliver_m * about_length_m(geometry) {
        return;
    }
    let shape = geometry.to_shape();
    let width_m = 2.0 * area_m2 / length_m(&shape).max(f64::MIN_POSITIVE);
    if width_m < sliver_m {
        found.counts.slivers[Thin::Feature as usize] += 1;
        let detail = Detail::Place { area_m2, width_m, of: Thin::Feature };
        found.add(Defect { kind: Kind::Sliver, features: vec![ix], place: shape, detail });
    }
}

/// Groups of two or more among features of one hash that are the same indeed, as their keys tell.
fn alike<K: PartialEq>(mut left: Vec<FeatureIx>, key: impl Fn(FeatureIx) -> K) -> Vec<Vec<FeatureIx>> {
    let mut groups = Vec::new();
    while left.len() > 1 {
        let first = key(left[0]);
        let (group, others): (Vec<_>, Vec<_>) = left.into_iter().partition(|&ix| key(ix) == first);
        left = others;
        if group.len() > 1 {
            groups.push(group);
        }
    }
    groups
}

/// Tells of features that are drawn alike, among some whose outlines have one hash.
fn same_outline(found: &mut Found<'_>, ground: &mut Ground<'_>, of_hash: Vec<FeatureIx>) {
    let layer = ground.layer;
    for alike in alike(of_hash, |ix| layer.feature(ix).geometry().map(outline)) {
        for ix in &alike[1..] {
            ground.roles[ix.row()] = Role::Repeated;
        }
        if ground.any_chosen(&alike)
            && let Some(geometry) = layer.feature(alike[0]).geometry()
        {
            let (place, detail) = (geometry.to_shape(), Detail::Same(1.0));
            found.add(Defect { kind: Kind::Duplicate, features: alike, place, detail });
        }
    }
}

/// Tells of features that have the same number, wherever in the layer they are.
fn same_number(found: &mut Found<'_>, ground: &Ground<'_>, field: FieldIx) -> Result<(), QueryError> {
    let layer = ground.layer;
    let value = |ix: FeatureIx| layer.feature(ix).value(field);
    let mut numbered = Vec::with_capacity(layer.len());
    for ix in layer.positions() {
        let mut hasher = DefaultHasher::new();
        match value(ix) {
            Value::Text(text) if !text.trim().is_empty() => text.hash(&mut hasher),
            Value::Integer(whole) => whole.hash(&mut hasher),
            _ => {
                found.counts.without_number += u64::from(ground.is_chosen(ix));
                continue;
            }
        }
        numbered.push((hasher.finish(), ix));
    }
    ground.budget.check()?;
    numbered.sort_unstable();
    for of_hash in numbered.chunk_by(|a, b| a.0 == b.0).filter(|of_hash| of_hash.len() > 1) {
        let of_hash = of_hash.iter().map(|(_, ix)| *ix).collect();
        for alike in alike(of_hash, value).into_iter().filter(|alike| ground.any_chosen(alike)) {
            let at = |ix: &FeatureIx| centroid(&layer.feature(*ix).geometry()?.to_shape()).map(Point::from);
            let place = Shape::MultiPoint(MultiPoint(alike.iter().filter_map(at).collect()));
            let number = match value(alike[0]) {
                Value::Integer(whole) => whole.to_string(),
                Value::Text(text) => text.to_owned(),
                _ => String::new(),
            };
            let detail = Detail::Number(number);
            found.add(Defect { kind: Kind::RepeatedNumber, features: alike, place, detail });
        }
    }
    Ok(())
}
