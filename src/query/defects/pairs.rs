//! Which features share ground, or are nearly the same?

use geo_types::MultiPolygon;

use super::super::QueryError;
use super::{Defect, Detail, Found, Ground, Kind, Role, SAME_SHARE, Thin};
use crate::geometry::{Shape, area_m2, de9im, shared_ground, stored_area_m2};
use crate::model::FeatureIx;

/// Holds each feature against those behind it whose boxes it meets.
pub fn check(found: &mut Found<'_>, ground: &Ground<'_>) -> Result<(), QueryError> {
    let parts = ground.each(found.asked, |found, ix| beside(found, ground, ix))?;
    for part in parts {
        found.merge(part);
    }
    Ok(())
}

fn beside(found: &mut Found<'_>, ground: &Ground<'_>, ix: FeatureIx) {
    let geometry = ground.layer.feature(ix).geometry().filter(|_| ground.role(ix) == Role::Sound);
    let Some((geometry, bounds)) = geometry.and_then(|geometry| Some((geometry, geometry.bounds()?))) else {
        return;
    };
    let mut own = None;
    for other in ground.indexed.near(bounds) {
        if other <= ix || ground.role(other) != Role::Sound || !ground.any_chosen(&[ix, other]) {
            continue;
        }
        let Some(beside) = ground.layer.feature(other).geometry() else { continue };
        // Boxes that only touch share no ground.
        let is_apart = |other: crate::geometry::Bounds| {
            other.west >= bounds.east
                || other.east <= bounds.west
                || other.south >= bounds.north
                || other.north <= bounds.south
        };
        if beside.bounds().is_none_or(is_apart) || ground.budget.check().is_err() {
            continue;
        }
        let (own, drawn) = (&*own.get_or_insert_with(|| geometry.to_shape()), beside.to_shape());
        if !de9im(own, &drawn).starts_with('2') {
            continue;
        }
        let pieces = shared_ground(own, &drawn);
        let shared_m2 = area_m2(&Shape::MultiPolygon(MultiPolygon(pieces.clone())));
        let share = shared_m2 / stored_area_m2(geometry).max(stored_area_m2(beside));
        if share >= SAME_SHARE {
            let detail = Detail::Same(share.min(1.0));
            found.add(Defect { kind: Kind::Duplicate, features: vec![ix, other], place: drawn, detail });
        } else {
            found.ground(vec![ix, other], pieces, Thin::Overlap);
        }
    }
}
