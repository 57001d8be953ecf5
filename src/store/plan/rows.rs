//! The tables of the seeds, each row read into its type.

use std::path::Path;

use super::table::{Row, Table};
use super::{At, Located, PlanError, Rows, SECTION, is_section, one_of, wrong};
use crate::model::plan::{
    Baseline, Clause, DataProduct, Fact, Indicator, Industry, LinkEnd, Operator, Place, Relation, Role,
    Status, Target, UnitRole, UnitType, Years,
};

/// Kinds of place.
const KINDS: &[&str] = &[
    "block",
    "park",
    "building",
    "carrier",
    "zone",
    "site",
    "campus",
    "lab",
    "platform",
    "enterprise",
    "port",
    "road",
    "water",
    "place",
    "park-green",
    "external",
    "region",
    "group",
];

/// Units of numbers, in the words of the plan.
const UNITS: &[&str] = &[
    "percent",
    "percent-per-year",
    "percent-of-gdp",
    "per-10000-people",
    "count",
    "count-added",
    "count-cumulative",
    "people",
    "1e8-yuan",
];

/// Kinds of indicator.
const INDICATOR_KINDS: &[&str] = &["rate", "share", "stock", "cumulative"];

/// What a place is to a link.
const LINK_ROLES: &[&str] = &[
    "partner-city",
    "influenced-area",
    "co-built-park",
    "host-city",
    "partner-area",
    "gateway",
    "event-place",
];

pub(super) fn read(folder: &Path) -> Result<Rows, PlanError> {
    Ok(Rows {
        places: each(folder, "places.csv", PLACE_COLUMNS, place)?,
        industries: each(folder, "industries.csv", INDUSTRY_COLUMNS, industry)?,
        indicators: each(folder, "indicators.csv", INDICATOR_COLUMNS, indicator)?,
        targets: each(folder, "targets.csv", TARGET_COLUMNS, target)?,
        baselines: each(folder, "baselines.csv", BASELINE_COLUMNS, baseline)?,
        link_ends: each(folder, "links.csv", LINK_COLUMNS, link_end)?,
        data_products: each(folder, "data_products.csv", PRODUCT_COLUMNS, data_product)?,
        roles: each(folder, "roles.csv", ROLE_COLUMNS, role)?,
        clauses: if folder.join(CLAUSES).exists() {
            each(folder, CLAUSES, CLAUSE_COLUMNS, clause)?
        } else {
            Vec::new()
        },
    })
}

/// What the sections of the plan are about; the only table that may be missing.
const CLAUSES: &str = "clauses.csv";
const CLAUSE_COLUMNS: &[&str] = &["section", "name_zh", "name_en"];

fn clause(row: Row<'_>) -> Result<Clause, PlanError> {
    let section = row.required("section")?;
    if !is_section(&section) {
        return Err(wrong(row.at("section"), &section, SECTION));
    }
    Ok(Clause { section, subject: row.name()? })
}

fn each<T>(
    folder: &Path,
    file: &'static str,
    columns: &[&'static str],
    read: fn(Row<'_>) -> Result<T, PlanError>,
) -> Result<Vec<Located<T>>, PlanError> {
    let table = Table::read(folder, file, columns)?;
    table.rows().map(|row| Ok(Located { at: row.here(), value: read(row)? })).collect()
}

const PLACE_COLUMNS: &[&str] = &[
    "id",
    "name_zh",
    "name_en",
    "aliases",
    "kind",
    "subtype",
    "status",
    "status_inferred",
    "unit",
    "also_kind",
    "within",
    "located_in",
    "inside_zone",
    "industries",
    "level",
    "partners",
    "components",
    "facts",
    "sections",
    "line",
    "note",
];

fn place(row: Row<'_>) -> Result<Place, PlanError> {
    let place = Place {
        id: row.id("id")?,
        name: row.name()?,
        aliases: row.list("aliases")?,
        kind: row.known("kind", KINDS)?,
        subtype: row.optional("subtype"),
        also_kind: row.optional("also_kind").map(|_| row.known("also_kind", KINDS)).transpose()?,
        status: row.word("status", Status::parse, Status::ALL)?,
        status_inferred: row.boolean("status_inferred")?.unwrap_or(false),
        unit: row.word("unit", UnitRole::parse, UnitRole::ALL)?,
        within: row.optional("within"),
        located_in: row.optional("located_in"),
        inside_zone: row.boolean("inside_zone")?,
        industries: row.list("industries")?,
        level: row.optional("level"),
        partners: row.list("partners")?,
        components: row.list("components")?,
        facts: row.list("facts")?.iter().map(|text| fact(row.at("facts"), text)).collect::<Result<_, _>>()?,
        citations: row.citations()?,
        note: row.optional("note"),
    };
    match (place.status, row.boolean("status_inferred")?) {
        (None, Some(stated)) => {
            return Err(wrong(row.at("status_inferred"), &stated.to_string(), "empty, as the status is"));
        }
        (Some(_), None) => {
            return Err(wrong(row.at("status_inferred"), "", "true or false, as there is a status"));
        }
        _ => {}
    }
    if matches!(place.unit, Some(UnitRole::Named | UnitRole::Outcome)) && place.unit_type().is_none() {
        return Err(wrong(row.at("kind"), &place.kind, "block, park or building, as this is a unit"));
    }
    Ok(place)
}

/// `name=value`, `name>=number`, `name>number` or `name~number`.
fn fact(at: At, text: &str) -> Result<Fact, PlanError> {
    let expected = "a fact as name=value, name>=number, name>number or name~number";
    let named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let (name, rest) = text.split_at(text.find(|c| !named(c)).unwrap_or(text.len()));
    // The longest sign first, or `>=` would be read as `>`.
    let sign = Relation::ALL.iter().find(|sign| rest.starts_with(sign.as_str()));
    let (Some(&relation), false) = (sign, name.is_empty()) else { return Err(wrong(at, text, expected)) };
    let value = &rest[relation.as_str().len()..];
    let number = value.parse().is_ok_and(f64::is_finite);
    if value.is_empty() || (relation != Relation::Is && !number) {
        return Err(wrong(at, text, expected));
    }
    Ok(Fact { name: name.into(), relation, value: value.into() })
}

const INDUSTRY_COLUMNS: &[&str] =
    &["id", "name_zh", "name_en", "aliases", "group", "sections", "line", "note"];

fn industry(row: Row<'_>) -> Result<Industry, PlanError> {
    Ok(Industry {
        id: row.id("id")?,
        name: row.name()?,
        aliases: row.list("aliases")?,
        group: row.required("group")?,
        citations: row.citations()?,
        note: row.optional("note"),
    })
}

const INDICATOR_COLUMNS: &[&str] = &[
    "number",
    "id",
    "name_zh",
    "name_en",
    "kind",
    "unit",
    "baseline",
    "baseline_parts",
    "op",
    "target",
    "op_in_prose",
    "earlier_year",
    "earlier_value",
    "spatial",
    "sections",
    "line",
    "note_zh",
    "note_en",
];

fn indicator(row: Row<'_>) -> Result<Indicator, PlanError> {
    let number = row.parsed("number", "a row number from 1", |number: &u16| *number > 0)?;
    let earlier = match (row.year("earlier_year")?, row.number("earlier_value")?) {
        (Some(year), Some(value)) => Some((year, value)),
        (None, None) => None,
        (Some(_), None) => {
            return Err(wrong(row.at("earlier_value"), "", "a number, as there is an earlier_year"));
        }
        (None, Some(_)) => {
            return Err(wrong(row.at("earlier_year"), "", "a year, as there is an earlier_value"));
        }
    };
    Ok(Indicator {
        number: number.ok_or_else(|| wrong(row.at("number"), "", "a row number from 1"))?,
        id: row.id("id")?,
        name: row.name()?,
        kind: row.known("kind", INDICATOR_KINDS)?,
        unit: row.known("unit", UNITS)?,
        baseline: row.number("baseline")?,
        baseline_parts: row.list("baseline_parts")?,
        op: row.required_word("op", Operator::parse, Operator::ALL)?,
        target: row.required_number("target")?,
        op_in_prose: row.word("op_in_prose", Operator::parse, Operator::ALL)?,
        earlier,
        spatial: row.required_boolean("spatial")?,
        citations: row.citations()?,
        note: row.note()?,
    })
}

const TARGET_COLUMNS: &[&str] = &[
    "id", "name_zh", "name_en", "same_as", "op", "value", "unit", "by", "counts", "soft", "spatial",
    "sections", "line", "note_zh", "note_en",
];

fn target(row: Row<'_>) -> Result<Target, PlanError> {
    let counts = row.list("counts")?;
    let counts = counts.iter().map(|word| one_of(row.at("counts"), word, UnitType::parse, UnitType::ALL));
    Ok(Target {
        id: row.id("id")?,
        name: row.name()?,
        same_as: row.optional("same_as"),
        op: row.required_word("op", Operator::parse, Operator::ALL)?,
        value: row.required_number("value")?,
        unit: row.known("unit", UNITS)?,
        by: row.year("by")?,
        counts: counts.collect::<Result<_, _>>()?,
        soft: row.required_boolean("soft")?,
        spatial: row.required_boolean("spatial")?,
        citations: row.citations()?,
        note: row.note()?,
    })
}

const BASELINE_COLUMNS: &[&str] = &[
    "id",
    "name_zh",
    "name_en",
    "op",
    "value",
    "approx",
    "unit",
    "first_year",
    "last_year",
    "growth_since_2015_percent",
    "indicator",
    "sections",
    "line",
    "note_zh",
    "note_en",
];

fn baseline(row: Row<'_>) -> Result<Baseline, PlanError> {
    let year = |column| row.year(column)?.ok_or_else(|| wrong(row.at(column), "", "a year of four digits"));
    let years = Years { start: year("first_year")?, end: year("last_year")? };
    if years.end < years.start {
        let expected = format!("a year not before {}", years.start);
        return Err(wrong(row.at("last_year"), &years.end.to_string(), expected));
    }
    Ok(Baseline {
        id: row.id("id")?,
        name: row.name()?,
        op: row.required_word("op", Operator::parse, Operator::ALL)?,
        value: row.required_number("value")?,
        approximate: row.required_boolean("approx")?,
        unit: row.known("unit", UNITS)?,
        years,
        growth_since_2015_percent: row.number("growth_since_2015_percent")?,
        indicator: row.optional("indicator"),
        citations: row.citations()?,
        note: row.note()?,
    })
}

const LINK_COLUMNS: &[&str] = &["link", "role", "place", "sections", "line", "note"];

fn link_end(row: Row<'_>) -> Result<(Box<str>, LinkEnd), PlanError> {
    let end = LinkEnd {
        role: row.known("role", LINK_ROLES)?,
        place: row.required("place")?,
        citations: row.citations()?,
        note: row.optional("note"),
    };
    Ok((row.required("link")?, end))
}

const PRODUCT_COLUMNS: &[&str] =
    &["id", "name_zh", "name_en", "built_on", "cycle", "sections", "line", "note"];

fn data_product(row: Row<'_>) -> Result<DataProduct, PlanError> {
    Ok(DataProduct {
        id: row.id("id")?,
        name: row.name()?,
        built_on: row.optional("built_on"),
        cycle: row.optional("cycle"),
        citations: row.citations()?,
        note: row.optional("note"),
    })
}

const ROLE_COLUMNS: &[&str] = &["id", "name_zh", "name_en", "does", "sections", "line", "note"];

fn role(row: Row<'_>) -> Result<Role, PlanError> {
    Ok(Role {
        id: row.id("id")?,
        name: row.name()?,
        does: row.list("does")?,
        citations: row.citations()?,
        note: row.optional("note"),
    })
}
