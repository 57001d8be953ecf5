//! The evidence beside the plan: the register of innovation units and what was observed of indicators and targets.
//!
//! Both are tables in the data folder, not in the seeds: the plan does not change, the evidence grows.

use std::path::Path;

use super::table::{Row, Table};
use super::{Faults, Located, PlanError, cut, wrong};
use crate::model::plan::{Place, PlanFacts};
use crate::model::{Document, Entry, Event, Evidence, Observation, Registered, Words};

/// The register's file in the data folder.
pub const REGISTER: &str = "register.csv";
/// The file of observations in the data folder.
pub const OBSERVATIONS: &str = "observations.csv";

const REGISTER_COLUMNS: &[&str] = &[
    "unit", "name_zh", "name_en", "type", "within", "event", "date", "until", "document", "address", "note",
];
const OBSERVATION_COLUMNS: &[&str] = &["subject", "date", "value", "unit", "document", "address", "note"];

pub(super) fn read(folder: &Path, facts: &PlanFacts) -> Result<Evidence, PlanError> {
    let mut evidence = Evidence::default();
    let mut faults = Faults::default();
    if let Some(table) = Table::open(folder, REGISTER, REGISTER_COLUMNS)? {
        evidence.has_register = true;
        let mut told: Vec<Located<Registered>> = Vec::new();
        for row in table.rows() {
            let read = unit(row, facts, &mut told).and_then(|()| entry(row, &evidence.register));
            evidence.register.extend(faults.keep(read));
        }
        for unit in &told {
            faults.keep(nesting(facts, &told, unit));
        }
        evidence.units = told.into_iter().map(|unit| unit.value).collect();
    }
    if let Some(table) = Table::open(folder, OBSERVATIONS, OBSERVATION_COLUMNS)? {
        for row in table.rows() {
            let read = observation(row, facts, &evidence.observations);
            evidence.observations.extend(faults.keep(read));
        }
        evidence.observations.sort_by_key(|found| found.date);
    }
    faults.all().map(|()| evidence)
}

fn document(row: Row<'_>) -> Result<Document, PlanError> {
    let title = row
        .optional("document")
        .ok_or_else(|| wrong(row.at("document"), "", "title and number of the document that says so"))?;
    Ok(Document { title, address: row.optional("address") })
}

/// An entry for another time than those `before` it: a second one for the same would count one unit twice, or hide which
/// document holds.
fn entry(row: Row<'_>, before: &[Entry]) -> Result<Entry, PlanError> {
    let from = row.required_date("date")?;
    let until = row.date("until")?;
    if let Some(until) = until.filter(|&until| until <= from) {
        return Err(wrong(row.at("until"), &until.to_string(), format!("a day after {from}")));
    }
    let entry = Entry {
        unit: row.id("unit")?,
        event: row.required_word("event", Event::parse, Event::ALL)?,
        from,
        until,
        document: document(row)?,
        note: row.optional("note"),
        line: row.line(),
    };
    let ends_first = |a: &Entry, b: &Entry| a.until.is_some_and(|until| until <= b.from);
    let overlaps = |known: &&Entry| {
        let same = known.unit == entry.unit && known.event == entry.event;
        same && !ends_first(known, &entry) && !ends_first(&entry, known)
    };
    let Some(first) = before.iter().find(overlaps) else { return Ok(entry) };
    let until = first.until.map_or_else(String::new, |until| format!(" until {until}"));
    let expected = format!(
        "the start of a period apart from that of line {}, {} from {}{until}; those of one event of a unit do not overlap",
        first.line, first.event, first.from
    );
    Err(wrong(row.at("date"), &from.to_string(), expected))
}

/// Joins what a row tells of its unit to what the rows before it told.
fn unit(row: Row<'_>, facts: &PlanFacts, told: &mut Vec<Located<Registered>>) -> Result<(), PlanError> {
    let id = row.id("unit")?;
    let place = facts.place(&id);
    let name = (row.optional("name_zh").is_some() || row.optional("name_en").is_some())
        .then(|| row.name())
        .transpose()?;
    let types: Vec<&str> = facts.layout.unit_types.iter().map(|known| &*known.id).collect();
    let unit_type = row.optional("type").map(|_| row.known("type", &types)).transpose()?;
    let within = row.optional("within");
    let at = told.iter().position(|unit| unit.value.id == id).unwrap_or_else(|| {
        let value = Registered { id: id.clone(), name: None, unit_type: None, within: None };
        told.push(Located { at: row.here(), value });
        told.len() - 1
    });
    let unit = &mut told[at].value;
    if let Some(place) = place {
        of_the_plan(row, place, name.as_ref(), unit_type.as_deref())?;
    } else {
        same(row, "name_zh", unit.name.as_ref(), name.as_ref(), |name| name.zh.to_string())?;
        unit.name = unit.name.take().or(name);
        if unit.name.is_none() {
            let expected = "a place of places.csv, or a unit with name_zh and name_en";
            return Err(PlanError::UnknownId { at: row.at("unit"), id: cut(&id), expected });
        }
    }
    same(row, "type", unit.unit_type.as_ref(), unit_type.as_ref(), ToString::to_string)?;
    same(row, "within", unit.within.as_ref(), within.as_ref(), ToString::to_string)?;
    unit.unit_type = unit.unit_type.take().or(unit_type);
    unit.within = unit.within.take().or(within);
    if unit.unit_type.is_none() && place.and_then(Place::unit_type).is_none() {
        let types = match &types[..] {
            [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
            _ => types.concat(),
        };
        let expected = format!("{types}; the plan does not say which");
        return Err(wrong(row.at("type"), "", expected));
    }
    Ok(())
}

/// A place of the plan keeps its name and, where it has one, its type.
fn of_the_plan(
    row: Row<'_>,
    place: &Place,
    name: Option<&Words>,
    unit_type: Option<&str>,
) -> Result<(), PlanError> {
    if let Some(name) = name.filter(|name| **name != place.name) {
        let expected = format!("empty, or the name in places.csv, {}", place.name.zh);
        return Err(wrong(row.at("name_zh"), &name.zh, expected));
    }
    match (place.unit_type(), unit_type) {
        (Some(known), Some(said)) if known != said => {
            Err(wrong(row.at("type"), said, format!("empty or {known}, as in places.csv")))
        }
        _ => Ok(()),
    }
}

/// Rows of one unit do not contradict each other.
fn same<T: PartialEq>(
    row: Row<'_>,
    column: &str,
    known: Option<&T>,
    said: Option<&T>,
    tell: impl Fn(&T) -> String,
) -> Result<(), PlanError> {
    match (known, said) {
        (Some(known), Some(said)) if known != said => {
            let expected = format!("empty or {}, as an earlier row of this unit says", tell(known));
            Err(wrong(row.at(column), &tell(said), expected))
        }
        _ => Ok(()),
    }
}

/// Follows `within`: it leads to something, and never back.
fn nesting(
    facts: &PlanFacts,
    told: &[Located<Registered>],
    unit: &Located<Registered>,
) -> Result<(), PlanError> {
    let registered = |id: &str| told.iter().find(|unit| &*unit.value.id == id);
    let Some(within) = unit.value.within.as_deref() else { return Ok(()) };
    let at = unit.at.at("within");
    let is_core = facts.layout.cores.iter().any(|core| &*core.id == within);
    if registered(within).is_none() && facts.place(within).is_none() && !is_core {
        let expected = "a unit of the register, a place of places.csv or a core of plan.toml";
        return Err(PlanError::UnknownId { at, id: cut(within), expected });
    }
    let mut inside = Some(within);
    for _ in 0..=told.len() + facts.places.len() {
        let Some(id) = inside else { break };
        if id == &*unit.value.id {
            return Err(wrong(at, within, "a place that does not itself lie within this unit"));
        }
        let own = registered(id).and_then(|unit| unit.value.within.as_deref());
        inside = own.or_else(|| facts.place(id)?.within.as_deref());
    }
    Ok(())
}

/// An observation of another day than those `before` it.
fn observation(row: Row<'_>, facts: &PlanFacts, before: &[Observation]) -> Result<Observation, PlanError> {
    let subject = row.id("subject")?;
    let target = facts.target(&subject);
    if let Some(same) = target.and_then(|target| target.same_as.as_deref()) {
        let expected = format!("{same}, the indicator that this target repeats");
        return Err(wrong(row.at("subject"), &subject, expected));
    }
    if facts.layout.target.as_deref() == Some(&*subject) {
        let expected = "another indicator or target; units are counted from register.csv";
        return Err(wrong(row.at("subject"), &subject, expected));
    }
    let unit = facts.indicator(&subject).map(|indicator| &indicator.unit);
    let Some(unit) = unit.or_else(|| Some(&target?.unit)) else {
        let expected = "an indicator of indicators.csv or a target of targets.csv";
        return Err(PlanError::UnknownId { at: row.at("subject"), id: cut(&subject), expected });
    };
    let said = row.required("unit")?;
    if said != *unit {
        return Err(wrong(row.at("unit"), &said, format!("{unit}, the unit of {subject}")));
    }
    let found = Observation {
        date: row.required_date("date")?,
        value: row.required_number("value")?,
        document: document(row)?,
        note: row.optional("note"),
        line: row.line(),
        subject,
    };
    let same = |known: &&Observation| known.subject == found.subject && known.date == found.date;
    let Some(first) = before.iter().find(same) else { return Ok(found) };
    let expected = format!(
        "a day of its own for {}; line {} has a value for it: correct that line, or say here from which day on this one holds",
        found.subject, first.line
    );
    Err(wrong(row.at("date"), &found.date.to_string(), expected))
}
