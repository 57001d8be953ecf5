//! The tables of the seeds, each row read into its type.

use std::path::Path;

use super::nested::Nested;
use super::table::{Row, Table};
use super::{At, Faults, Located, Numbering, PlanError, Rows, wrong};
use crate::model::plan::{
    Baseline, Clause, DataProduct, Fact, Indicator, Industry, LinkEnd, Operator, Place, Relation, Role,
    Status, Target, UnitRole, Years,
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

/// Reads the tables; one that is not there is an empty one.
pub(super) fn read(folder: &Path, nested: &Nested) -> Result<Rows, PlanError> {
    let mut from = Source { folder, numbering: nested.numbering, faults: Faults::default() };
    let types: Vec<&str> = nested.layout.unit_types.iter().map(|known| &*known.id).collect();
    let rows = Rows {
        places: from.each("places.csv", PLACE_COLUMNS, |row| place(row, &types))?,
        industries: from.each("industries.csv", INDUSTRY_COLUMNS, industry)?,
        indicators: from.each("indicators.csv", INDICATOR_COLUMNS, indicator)?,
        targets: from.each("targets.csv", TARGET_COLUMNS, |row| target(row, &types))?,
        baselines: from.each("baselines.csv", BASELINE_COLUMNS, baseline)?,
        link_ends: from.each("links.csv", LINK_COLUMNS, link_end)?,
        data_products: from.each("data_products.csv", PRODUCT_COLUMNS, data_product)?,
        roles: from.each("roles.csv", ROLE_COLUMNS, role)?,
        clauses: from.each("clauses.csv", CLAUSE_COLUMNS, clause)?,
    };
    from.faults.all().map(|()| rows)
}

const CLAUSE_COLUMNS: &[&str] = &["section", "name_zh", "name_en"];

fn clause(row: Row<'_>) -> Result<Clause, PlanError> {
    Ok(Clause { section: row.section("section")?, subject: row.name()? })
}

/// Where the tables are, how the sections they cite are numbered, and what was wrong with rows so far.
struct Source<'a> {
    folder: &'a Path,
    numbering: Numbering,
    faults: Faults,
}

impl Source<'_> {
    /// The rows that are sound; the faults of the others are kept, so that all are told at once.
    fn each<T>(
        &mut self,
        file: &'static str,
        columns: &[&'static str],
        read: impl Fn(Row<'_>) -> Result<T, PlanError>,
    ) -> Result<Vec<Located<T>>, PlanError> {
        let Some(table) = Table::open(self.folder, file, columns)? else { return Ok(Vec::new()) };
        let table = table.numbered(self.numbering);
        let sound = table.rows().filter_map(|row| {
            let value = self.faults.keep(read(row))?;
            Some(Located { at: row.here(), value })
        });
        Ok(sound.collect())
    }
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

fn place(row: Row<'_>, types: &[&str]) -> Result<Place, PlanError> {
    let kinds = [types, KINDS].concat();
    let place = Place {
        id: row.id("id")?,
        name: row.name()?,
        aliases: row.list("aliases")?,
        kind: row.known("kind", &kinds)?,
        subtype: row.optional("subtype"),
        also_kind: row.optional("also_kind").map(|_| row.known("also_kind", &kinds)).transpose()?,
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
    if let Some(kind) = place.unit_type().filter(|kind| !types.contains(kind)) {
        let expected = format!("one of the layout.unit_types ({}), as this is a unit", types.join(", "));
        return Err(wrong(row.at("kind"), kind, expected));
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

fn target(row: Row<'_>, types: &[&str]) -> Result<Target, PlanError> {
    let counts = row.list("counts")?;
    if let Some(unknown) = counts.iter().find(|id| !types.contains(&&***id)) {
        let expected = format!("one of the layout.unit_types ({})", types.join(", "));
        return Err(wrong(row.at("counts"), unknown, expected));
    }
    Ok(Target {
        id: row.id("id")?,
        name: row.name()?,
        same_as: row.optional("same_as"),
        op: row.required_word("op", Operator::parse, Operator::ALL)?,
        value: row.required_number("value")?,
        unit: row.known("unit", UNITS)?,
        by: row.year("by")?,
        counts,
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
