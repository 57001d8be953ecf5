//! The evidence beside the plan: the register of innovation units and what was observed of indicators and targets.
//!
//! Both are tables in the data folder, not in the seeds: the plan does not change, the evidence grows.

use std::path::Path;

use super::faults::Faults;
use super::table::{Row, Table};
use super::{Located, unit_types};
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

pub(super) fn read(folder: &Path, facts: &PlanFacts, faults: &Faults) -> Evidence {
    let mut evidence = Evidence::default();
    if let Some(table) = Table::open(folder, REGISTER, REGISTER_COLUMNS, faults) {
        evidence.has_register = true;
        let mut told: Vec<Located<Registered>> = Vec::new();
        for row in table.rows() {
            unit(row, facts, &mut told);
            let entry = entry(row, &evidence.register);
            evidence.register.extend(entry);
        }
        for unit in &told {
            nesting(facts, &told, unit, faults);
        }
        evidence.units = told.into_iter().map(|unit| unit.value).collect();
    }
    if let Some(table) = Table::open(folder, OBSERVATIONS, OBSERVATION_COLUMNS, faults) {
        for row in table.rows() {
            let found = observation(row, facts, &evidence.observations);
            evidence.observations.extend(found);
        }
        evidence.observations.sort_by_key(|found| found.date);
    }
    evidence
}

fn document(row: Row<'_>) -> Document {
    let title = row.required("document", "title and number of the document that says so");
    Document { title, address: row.optional("address") }
}

/// An entry for another time than those `before` it: a second one for the same would count one unit twice, or hide which
/// document holds.
fn entry(row: Row<'_>, before: &[Entry]) -> Option<Entry> {
    let (from, until) = (row.required_date("date"), row.date("until"));
    let event = row.required_word("event", Event::parse, Event::ALL);
    let document = document(row);
    if let (Some(from), Some(until)) = (from, until)
        && until <= from
    {
        row.wrong("until", &until.to_string(), format_args!("a day after {from}"));
    }
    if ["unit", "event", "date", "until"].iter().any(|column| row.is_open(column)) {
        return None;
    }
    let unit = row.optional("unit")?;
    let entry =
        Entry { unit, event, from: from?, until, document, note: row.optional("note"), line: row.line() };
    let ends_first = |a: &Entry, b: &Entry| a.until.is_some_and(|until| until <= b.from);
    let overlaps = |known: &&Entry| {
        let same = known.unit == entry.unit && known.event == entry.event;
        same && !ends_first(known, &entry) && !ends_first(&entry, known)
    };
    if let Some(first) = before.iter().find(overlaps) {
        let until = first.until.map_or_else(String::new, |until| format!(" until {until}"));
        let expected = format!(
            "the start of a period apart from that of line {}, {} from {}{until}; those of one event of a unit do not overlap",
            first.line, first.event, first.from
        );
        row.wrong("date", &entry.from.to_string(), expected);
    }
    Some(entry)
}

/// Joins what a row tells of its unit to what the rows before it told.
fn unit(row: Row<'_>, facts: &PlanFacts, told: &mut Vec<Located<Registered>>) {
    let id = row.id("unit");
    let is_named = row.is_stated("name_zh") || row.is_stated("name_en");
    let name = is_named.then(|| row.name());
    let types = unit_types(&facts.layout, row.faults());
    let unit_type = row
        .optional("type")
        .map(|_| row.known("type", types.as_deref()))
        .filter(|unit_type| !unit_type.is_empty());
    let within = row.optional("within");
    if row.is_open("unit") {
        return;
    }
    let place = facts.place(&id);
    let at = told.iter().position(|unit| unit.value.id == id).unwrap_or_else(|| {
        let value = Registered { id: id.clone(), name: None, unit_type: None, within: None };
        told.push(Located { at: row.here(), value });
        told.len() - 1
    });
    if within.is_some() && told[at].value.within.is_none() {
        // What is wrong with it is told where it is said.
        told[at].at = row.here();
    }
    let unit = &mut told[at].value;
    let may_be_lost = row.faults().has_lost_ids("places.csv");
    if let Some(place) = place {
        of_the_plan(row, place, name.as_ref(), unit_type.as_deref());
    } else {
        same(row, "name_zh", unit.name.as_ref(), name.as_ref(), |name| name.zh.to_string());
        unit.name = unit.name.take().or(name);
        if unit.name.is_none() && !may_be_lost {
            let expected = "a place of places.csv, or a unit with name_zh and name_en";
            row.faults().unknown(row.at("unit"), &id, expected);
        }
    }
    same(row, "type", unit.unit_type.as_ref(), unit_type.as_ref(), ToString::to_string);
    same(row, "within", unit.within.as_ref(), within.as_ref(), ToString::to_string);
    unit.unit_type = unit.unit_type.take().or(unit_type);
    unit.within = unit.within.take().or(within);
    // An id that is unknown is told by itself, and a type that is no such type, too.
    let is_told = row.is_open("type") || row.is_open("unit");
    let may_be_stated = match place {
        Some(_) => ["kind", "unit"].iter().any(|column| row.faults().is_column_open("places.csv", column)),
        None => may_be_lost,
    };
    if let Some(types) = types
        && !is_told
        && !may_be_stated
        && unit.unit_type.is_none()
        && place.and_then(Place::unit_type).is_none()
    {
        let types = match &types[..] {
            [first @ .., last] if !first.is_empty() => format!("{} or {last}", first.join(", ")),
            _ => types.concat(),
        };
        row.wrong("type", "", format_args!("{types}; the plan does not say which"));
    }
}

/// A place of the plan keeps its name and, where it has one, its type.
fn of_the_plan(row: Row<'_>, place: &Place, name: Option<&Words>, unit_type: Option<&str>) {
    if let Some(name) = name.filter(|name| **name != place.name && !place.name.zh.is_empty()) {
        let expected = format!("empty, or the name in places.csv, {}", place.name.zh);
        row.wrong("name_zh", &name.zh, expected);
    }
    if let (Some(known), Some(said)) = (place.unit_type().filter(|known| !known.is_empty()), unit_type)
        && known != said
    {
        row.wrong("type", said, format_args!("empty or {known}, as in places.csv"));
    }
}

/// Rows of one unit do not contradict each other.
fn same<T: PartialEq>(
    row: Row<'_>,
    column: &str,
    known: Option<&T>,
    said: Option<&T>,
    tell: impl Fn(&T) -> String,
) {
    if let (Some(known), Some(said)) = (known, said)
        && known != said
    {
        let expected = format!("empty or {}, as an earlier row of this unit says", tell(known));
        row.wrong(column, &tell(said), expected);
    }
}

/// Follows `within`: it leads to something, and never back.
fn nesting(facts: &PlanFacts, told: &[Located<Registered>], unit: &Located<Registered>, faults: &Faults) {
    let registered = |id: &str| told.iter().position(|unit| &*unit.value.id == id);
    let Some(within) = unit.value.within.as_deref() else { return };
    let at = unit.at.at("within");
    let cores = &facts.layout.cores;
    let is_known = registered(within).is_some()
        || facts.place(within).is_some()
        || cores.iter().any(|core| &*core.id == within);
    let may_be_lost = faults.has_lost_entries("layout.cores", cores.len())
        || ["places.csv", REGISTER].iter().any(|file| faults.has_lost_ids(file));
    if !is_known && !may_be_lost {
        faults.unknown(at, within, "a unit of the register, a place of places.csv or a core of plan.toml");
        return;
    }
    let (own, mut inside) = (registered(&unit.value.id), Some(within));
    for _ in 0..=told.len() + facts.places.len() {
        let Some(id) = inside else { break };
        let position = registered(id);
        // Of the units of a ring the first says so.
        if position.is_some() && position <= own {
            if position == own {
                faults.wrong(at, within, "a place that does not itself lie within this unit");
            }
            return;
        }
        let stated = position.and_then(|at| told[at].value.within.as_deref());
        inside = stated.or_else(|| facts.place(id)?.within.as_deref());
    }
}

/// An observation of another day than those `before` it.
fn observation(row: Row<'_>, facts: &PlanFacts, before: &[Observation]) -> Option<Observation> {
    let subject = row.id("subject");
    let (date, value) = (row.required_date("date"), row.required_number("value"));
    let said = row.required("unit", "a value; the field is empty");
    let document = document(row);
    if row.is_open("subject") {
        return None;
    }
    let unit = unit_of(row, &subject, facts);
    if let Some(unit) = unit.filter(|unit| !unit.is_empty() && !said.is_empty() && **unit != *said) {
        row.wrong("unit", &said, format_args!("{unit}, the unit of {subject}"));
    }
    let found =
        Observation { date: date?, value, document, note: row.optional("note"), line: row.line(), subject };
    let same = |known: &&Observation| known.subject == found.subject && known.date == found.date;
    if let Some(first) = before.iter().find(same) {
        let expected = format!(
            "a day of its own for {}; line {} has a value for it: correct that line, or say here from which day on this one holds",
            found.subject, first.line
        );
        row.wrong("date", &found.date.to_string(), expected);
    }
    Some(found)
}

/// The unit of the indicator or target that is observed; what cannot be observed is told.
fn unit_of<'a>(row: Row<'_>, subject: &str, facts: &'a PlanFacts) -> Option<&'a str> {
    let (target, indicator) = (facts.target(subject), facts.indicator(subject));
    if let Some(same) = target.and_then(|target| target.same_as.as_deref()) {
        row.wrong("subject", subject, format_args!("{same}, the indicator that this target repeats"));
        return None;
    }
    if facts.layout.target.as_deref() == Some(subject) {
        let expected = "another indicator or target; units are counted from register.csv";
        row.wrong("subject", subject, expected);
        return None;
    }
    let unit = indicator.map(|indicator| &*indicator.unit).or_else(|| Some(&*target?.unit));
    let may_be_lost = ["indicators.csv", "targets.csv"].iter().any(|file| row.faults().has_lost_ids(file));
    if unit.is_none() && !may_be_lost {
        let expected = "an indicator of indicators.csv or a target of targets.csv";
        row.faults().unknown(row.at("subject"), subject, expected);
    }
    unit
}
