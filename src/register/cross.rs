//! How does a count spread over the layout, the types of units and their states?
//!
//! In: a count. Out: a row for every part of the layout (cores, axes, belts) and one for what stands in none, in each a
//! row for every type, in each the units of every state. Leaves out: how it is shown.
//!
//! A unit belongs to a part where the data says so: its feature names the axis or belt (`along`), the plan counts it
//! among the places of the part, or it stands in the core. Nothing is told from geometry: the courses are schematic, and
//! an area can be asked for instead. A unit of two belts stands in both rows and once in the total. A state that nobody
//! states is unknown, which is neither none nor planned.

use std::collections::BTreeSet;

use super::{Count, Unit};
use crate::catalog::Catalog;
use crate::model::plan::{Course, Part, PlanFacts, Status};
use crate::model::{Date, Event, Value, Words};

/// How far a unit is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Built by the register, or standing at the date of the plan.
    Built,
    /// Being built, renovated or filled again.
    InProgress,
    /// Decided, or proposed.
    Planned,
    /// Nobody says.
    Unknown,
}

impl Phase {
    /// All of them, in their order.
    pub const ALL: [Self; 4] = [Self::Built, Self::InProgress, Self::Planned, Self::Unknown];

    /// Its word in documents; the map's fills have the same.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Built => "built",
            Self::InProgress => "in-progress",
            Self::Planned => "planned",
            Self::Unknown => "unknown",
        }
    }

    /// That of a state of the plan.
    #[must_use]
    pub fn of(status: Status) -> Self {
        match status {
            Status::Existing => Self::Built,
            Status::UnderConstruction | Status::Renovate | Status::Revitalise => Self::InProgress,
            Status::Planned | Status::Proposed => Self::Planned,
        }
    }
}

/// The phase of a unit on a day, and whether it is our inference. The register comes before the plan, which speaks at
/// its own date; of what was built and has ended nothing is known.
#[must_use]
pub fn phase(facts: &PlanFacts, id: &str, as_of: Date) -> (Phase, bool) {
    let built =
        || facts.evidence.register.iter().filter(|entry| *entry.unit == *id && entry.event == Event::Built);
    if built().any(|entry| entry.holds(as_of)) {
        return (Phase::Built, false);
    }
    if built().any(|entry| entry.until.is_some_and(|until| until <= as_of)) {
        return (Phase::Unknown, false);
    }
    let place = facts.place(id);
    place
        .and_then(|place| Some((Phase::of(place.status?), place.status_inferred)))
        .unwrap_or((Phase::Unknown, false))
}

/// A part of the layout that units may belong to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// Core, axis or belt; points for what belongs to none.
    pub part: Part,
    /// Its id; none for what belongs to none.
    pub id: Option<&'a str>,
    /// Its name; none for what belongs to none.
    pub name: Option<&'a Words>,
}

/// Units of one part and type by phase.
#[derive(Debug, Clone, Default)]
pub struct Cells<'a>(pub [Vec<&'a str>; 4]);

impl<'a> Cells<'a> {
    /// The ids of a phase.
    #[must_use]
    pub fn of(&self, phase: Phase) -> &[&'a str] {
        &self.0[phase as usize]
    }

    /// How many units.
    #[must_use]
    pub fn count(&self) -> usize {
        self.0.iter().map(Vec::len).sum()
    }
}

/// A row for a part, and in it one for every type.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    /// The part.
    pub place: Place<'a>,
    /// All of its units.
    pub all: Cells<'a>,
    /// By type, as [`types`](super::types) has them.
    pub types: Vec<(Option<&'a str>, Cells<'a>)>,
}

/// A count spread out.
#[derive(Debug, Clone)]
pub struct Cross<'a> {
    /// The parts in the order of the plan's formula, what belongs to none last.
    pub rows: Vec<Row<'a>>,
    /// Every unit once.
    pub total: Row<'a>,
    /// The units that stand in more than one row.
    pub again: Vec<&'a str>,
    /// The units whose state is inferred by us, not stated.
    pub inferred: Vec<&'a str>,
}

/// Spreads a count over the layout.
#[must_use]
pub fn cross<'a>(catalog: &Catalog, facts: &'a PlanFacts, count: &Count<'a>) -> Cross<'a> {
    let units: Vec<Unit<'a>> = count.counted.iter().map(|line| line.unit).collect();
    let phase_of = |unit: &Unit<'_>| phase(facts, unit.id, count.as_of);
    let types = super::types(facts, std::slice::from_ref(count));
    let row = |place: Place<'a>, members: &[Unit<'a>]| {
        let cells = |unit_type: Option<Option<&str>>| {
            let mut cells = Cells::default();
            let of_type = |unit: &&Unit<'a>| unit_type.is_none_or(|wanted| wanted == unit.unit_type);
            for unit in members.iter().filter(of_type) {
                cells.0[phase_of(unit).0 as usize].push(unit.id);
            }
            cells
        };
        Row { place, all: cells(None), types: types.iter().map(|&one| (one, cells(Some(one)))).collect() }
    };
    let all = super::units(facts);
    let belongs: Vec<BTreeSet<&str>> =
        units.iter().map(|unit| parts_of(catalog, facts, &all, *unit)).collect();
    let nowhere = Place { part: Part::Point, id: None, name: None };
    let mut rows: Vec<Row<'a>> = places(facts)
        .into_iter()
        .map(|place| {
            let is_in = |parts: &BTreeSet<&str>| place.id.is_some_and(|id| parts.contains(id));
            let members = units.iter().zip(&belongs).filter(|(_, parts)| is_in(parts));
            row(place, &members.map(|(unit, _)| *unit).collect::<Vec<_>>())
        })
        .collect();
    let alone = units.iter().zip(&belongs).filter(|(_, parts)| parts.is_empty());
    rows.push(row(nowhere, &alone.map(|(unit, _)| *unit).collect::<Vec<_>>()));
    let again = units.iter().zip(&belongs).filter(|(_, parts)| parts.len() > 1);
    Cross {
        again: again.map(|(unit, _)| unit.id).collect(),
        inferred: units.iter().filter(|unit| phase_of(unit).1).map(|unit| unit.id).collect(),
        total: row(nowhere, &units),
        rows,
    }
}

/// Cores, axes and belts.
fn places(facts: &PlanFacts) -> Vec<Place<'_>> {
    let layout = &facts.layout;
    let cores = layout.cores.iter().map(|core| (Part::Core, &*core.id, &core.name));
    let axes = layout.axes.iter().map(|axis| (Part::Axis, &*axis.id, &axis.name));
    let belts = layout.belts.iter().map(|belt| (Part::Belt, &*belt.id, &belt.name));
    let all = cores.chain(axes).chain(belts);
    all.map(|(part, id, name)| Place { part, id: Some(id), name: Some(name) }).collect()
}

/// The ids of the parts that a unit is said to belong to.
fn parts_of<'a>(
    catalog: &Catalog,
    facts: &'a PlanFacts,
    all: &[Unit<'a>],
    unit: Unit<'a>,
) -> BTreeSet<&'a str> {
    let layout = &facts.layout;
    let along = along(catalog, unit.id);
    let is_of = |course: &&Course| {
        along.iter().any(|id| **id == *course.id) || course.places().any(|place| place == unit.id)
    };
    let mut parts: BTreeSet<&str> = layout.courses().filter(is_of).map(|course| &*course.id).collect();
    let around = super::around(facts, all, unit.within);
    let cores = layout.cores.iter().filter(|core| {
        let is_part =
            |id: &str| core.parts.iter().any(|part| *part.place == *id) || core.body.as_deref() == Some(id);
        let is_named = along.iter().any(|id| **id == *core.id);
        is_named || is_part(unit.id) || around.iter().any(|id| **id == *core.id || is_part(id))
    });
    parts.extend(cores.map(|core| &*core.id));
    parts
}

/// What the feature of a unit says that it stands along.
fn along(catalog: &Catalog, id: &str) -> Vec<String> {
    let Some((layer, ix)) = catalog.feature(id) else { return Vec::new() };
    match layer.feature(ix).named("along") {
        Value::Json(json) => serde_json::from_str(json).unwrap_or_default(),
        Value::Text(text) => vec![text.to_owned()],
        _ => Vec::new(),
    }
}
