//! What the evidence says that can hardly be meant, though it may be: it is served, and told.

use std::borrow::Cow;
use std::collections::HashMap;

use super::REGISTER;
use crate::model::case_folded;
use crate::model::plan::{PlanFacts, UnitRole};
use crate::register::{self, Unit};

/// Tells it, each with the file and the ids.
pub(super) fn of(facts: &PlanFacts) -> Vec<(&'static str, String)> {
    twins(facts).into_iter().chain(moved(facts)).collect()
}

/// Units of one name under two ids, which count twice. What is to come of renewal is never counted.
fn twins(facts: &PlanFacts) -> Vec<(&'static str, String)> {
    let mut units = register::units(facts);
    units.retain(|unit| unit.role != Some(UnitRole::Outcome));
    let (mut told, mut first) = (Vec::new(), HashMap::new());
    for (at, unit) in units.iter().enumerate() {
        let earliest = names(unit).map(|name| *first.entry(name).or_insert(at)).into_iter().min();
        if let Some(twin) = earliest.filter(|other| *other < at).map(|other| &units[other]) {
            let file = if facts.place(unit.id).is_some() { "places.csv" } else { REGISTER };
            let (id, name, other) = (unit.id, &unit.name.zh, twin.id);
            told.push((
                file,
                format!("`{id}` has a name of `{other}`, {name}; what is one unit is counted twice"),
            ));
        }
    }
    told
}

fn names<'a>(unit: &Unit<'a>) -> [Cow<'a, str>; 2] {
    [&unit.name.zh, &unit.name.en].map(|name| case_folded(name.trim()))
}

/// Places that the register puts elsewhere than the plan does.
fn moved(facts: &PlanFacts) -> Vec<(&'static str, String)> {
    let units = register::units(facts);
    let moved = facts.evidence.units.iter().filter_map(|told| {
        let stated = facts.place(&told.id)?.within.as_deref()?;
        let said = told.within.as_deref()?;
        let leads_there = register::around(facts, &units, Some(said)).contains(&stated);
        (!leads_there).then(|| {
            let id = &told.id;
            let reason = format!("`{id}` stands in `{said}` by the register and in `{stated}` by the plan; the register is followed");
            (REGISTER, reason)
        })
    });
    moved.collect()
}
