//! How much of each unit do capped uses fill?
//!
//! By geodesic area of all features of the layer, whatever the criteria. A use that is not known may be a capped one, so
//! there is a least and a greatest share.

use std::collections::BTreeMap;

use super::super::cores::fold_on_all_cores;
use super::super::execute::STRIDE;
use super::super::{Budget, QueryError};
use crate::catalog::CapAbout;
use crate::geometry::stored_area_m2;
use crate::model::{FeatureIx, FieldIx, Layer, Value};

/// Areas are known to no better than this, square metres: a share that differs from a cap by less is the cap itself.
const LEAST_M2: f64 = 0.01;

/// One unit.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UnitShare {
    /// Features in it.
    pub features: u64,
    /// Features in it whose area counts for a capped use.
    pub capped: u64,
    /// Features in it whose use is not known.
    pub unknown: u64,
    /// Features in it without an area.
    pub without_area: u64,
    /// Square metres of all.
    pub area_m2: f64,
    /// Square metres of capped uses.
    pub capped_m2: f64,
    /// Square metres of uses that are not known.
    pub unknown_m2: f64,
}

impl UnitShare {
    /// The least and the greatest share of capped uses; `None` where the unit has no area.
    #[must_use]
    pub fn share(&self) -> Option<[f64; 2]> {
        let share = |m2: f64| m2 / self.area_m2;
        (self.area_m2 > 0.0).then(|| [share(self.capped_m2), share(self.capped_m2 + self.unknown_m2)])
    }

    /// Is the share above a cap? `None` where that depends on uses that are not known.
    #[must_use]
    pub fn is_over(&self, cap: f64) -> Option<bool> {
        self.share()?;
        let [least, most] =
            [0.0, self.unknown_m2].map(|more_m2| self.capped_m2 + more_m2 - cap * self.area_m2 > LEAST_M2);
        (least == most).then_some(least)
    }

    /// Square metres that are left below a cap, at least; negative beyond it.
    #[must_use]
    pub fn room_m2(&self, cap: f64) -> f64 {
        let room_m2 = cap * self.area_m2 - self.capped_m2 - self.unknown_m2;
        if room_m2.abs() <= LEAST_M2 { 0.0 } else { room_m2 }
    }
}

/// The units that some features stand in.
#[derive(Debug, Clone, PartialEq)]
pub struct Caps {
    /// The rule.
    pub about: CapAbout,
    /// The units by name.
    pub units: BTreeMap<Box<str>, UnitShare>,
    unit: FieldIx,
    uses: FieldIx,
}

impl Caps {
    /// The unit of a feature.
    #[must_use]
    pub fn of(&self, layer: &Layer, ix: FeatureIx) -> Option<(&str, &UnitShare)> {
        let name = text(layer.feature(ix).value(self.unit))?;
        self.units.get_key_value(&name).map(|(name, share)| (&**name, share))
    }

    /// The share of the unit of a feature if its use became a capped one: the least and the greatest.
    #[must_use]
    pub fn with(&self, layer: &Layer, ix: FeatureIx) -> Option<[f64; 2]> {
        let (_, share) = self.of(layer, ix)?;
        let feature = layer.feature(ix);
        let m2 = feature.geometry().map_or(0.0, stored_area_m2);
        let [least, most] = share.share()?;
        Some(match text(feature.value(self.uses)) {
            Some(code) if self.about.codes.contains(&code) => [least, most],
            Some(_) => [least + m2 / share.area_m2, most + m2 / share.area_m2],
            None => [least + m2 / share.area_m2, most],
        })
    }
}

fn text(value: Value<'_>) -> Option<Box<str>> {
    match value {
        Value::Text(text) => Some(text.into()),
        Value::Integer(number) => Some(number.to_string().into()),
        _ => None,
    }
}

/// The shares of the units that some features stand in; `None` where the layer lacks a field of the rule.
pub(super) fn caps(
    about: &CapAbout,
    layer: &Layer,
    items: &[FeatureIx],
    budget: &Budget,
) -> Option<Result<Caps, QueryError>> {
    let (unit, _) = layer.schema.find(&about.unit)?;
    let (uses, _) = layer.schema.find(&about.uses)?;
    let unit_of = |ix: FeatureIx| text(layer.feature(ix).value(unit));
    let start = || -> BTreeMap<Box<str>, UnitShare> {
        items.iter().filter_map(|&ix| Some((unit_of(ix)?, UnitShare::default()))).collect()
    };
    let add = |units: &mut BTreeMap<Box<str>, UnitShare>, block: usize| {
        for row in block * STRIDE..layer.len().min((block + 1) * STRIDE) {
            let ix = FeatureIx::of_row(row);
            let Some(share) = unit_of(ix).and_then(|name| units.get_mut(&name)) else { continue };
            let feature = layer.feature(ix);
            let m2 = feature.geometry().map_or(0.0, stored_area_m2);
            share.features += 1;
            share.area_m2 += m2;
            share.without_area += u64::from(m2 == 0.0);
            match text(feature.value(uses)) {
                Some(code) if about.codes.contains(&code) => {
                    share.capped += 1;
                    share.capped_m2 += m2;
                }
                Some(_) => {}
                None => {
                    share.unknown += 1;
                    share.unknown_m2 += m2;
                }
            }
        }
    };
    let parts = fold_on_all_cores(layer.len().div_ceil(STRIDE), budget, start, add);
    Some(parts.map(|parts| {
        let mut units = start();
        for (name, share) in parts.into_iter().flatten() {
            let sum = units.entry(name).or_default();
            sum.features += share.features;
            sum.capped += share.capped;
            sum.unknown += share.unknown;
            sum.without_area += share.without_area;
            sum.area_m2 += share.area_m2;
            sum.capped_m2 += share.capped_m2;
            sum.unknown_m2 += share.unknown_m2;
        }
        Caps { about: about.clone(), units, unit, uses }
    }))
}
