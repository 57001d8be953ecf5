//! The tables of the seeds, each row read into its type.

use std::path::Path;

use super::faults::Faults;
use super::nested::Nested;
use super::table::{Row, Table};
use super::{Located, Numbering, Rows, unit_types};
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

/// What is expected of a field that is not looked at further.
const VALUE: &str = "a value; the field is empty";

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
pub(super) fn read(folder: &Path, nested: &Nested, faults: &Faults) -> Rows {
    let from = Source { folder, numbering: nested.numbering, faults };
    let types = unit_types(&nested.layout, faults);
    let types = types.as_deref();
    Rows {
        places: from.each("places.csv", PLACE_COLUMNS, |row| place(row, types)),
        industries: from.each("industries.csv", INDUSTRY_COLUMNS, industry),
        indicators: from.each("indicators.csv", INDICATOR_COLUMNS, indicator),
        targets: from.each("targets.csv", TARGET_COLUMNS, |row| target(row, types)),
        baselines: from.each("baselines.csv", BASELINE_COLUMNS, baseline),
        link_ends: from.each("links.csv", LINK_COLUMNS, link_end),
        data_products: from.each("data_products.csv", PRODUCT_COLUMNS, data_product),
        roles: from.each("roles.csv", ROLE_COLUMNS, role),
        clauses: from.each("clauses.csv", CLAUSE_COLUMNS, clause),
    }
}

const CLAUSE_COLUMNS: &[&str] = &["section", "name_zh", "name_en"];

fn clause(row: Row<'_>) -> Clause {
    Clause { section: row.section("section"), subject: row.name() }
}

/// Where the tables are, and how the sections they cite are numbered.
struct Source<'a> {
    folder: &'a Path,
    numbering: Numbering,
    faults: &'a Faults,
}

impl Source<'_> {
    fn each<T>(
        &self,
        file: &'static str,
        columns: &[&'static str],
        read: impl Fn(Row<'_>) -> T,
    ) -> Vec<Located<T>> {
        let Some(table) = Table::open(self.folder, file, columns, self.faults) else { return Vec::new() };
        let table = table.numbered(self.numbering);
        table.rows().map(|row| Located { at: row.here(), value: read(row) }).collect()
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

fn place(row: Row<'_>, types: Option<&[&str]>) -> Place {
    let kinds = types.map(|types| [types, KINDS].concat());
    let place = Place {
        id: row.id("id"),
        name: row.name(),
        aliases: row.list("aliases"),
        kind: row.known("kind", kinds.as_deref()),
        subtype: row.optional("subtype"),
        also_kind: row.optional("also_kind").map(|_| row.known("also_kind", kinds.as_deref())),
        status: row.word("status", Status::parse, Status::ALL),
        status_inferred: row.boolean("status_inferred").unwrap_or(false),
        unit: row.word("unit", UnitRole::parse, UnitRole::ALL),
        within: row.optional("within"),
        located_in: row.optional("located_in"),
        inside_zone: row.boolean("inside_zone"),
        industries: row.list("industries"),
        level: row.optional("level"),
        partners: row.list("partners"),
        components: row.list("components"),
        facts: row.list("facts").iter().filter_map(|text| fact(row, text)).collect(),
        citations: row.citations(),
        note: row.optional("note"),
    };
    if row.is_blank("status") && row.is_stated("status_inferred") && !row.is_open("status_inferred") {
        row.wrong("status_inferred", &place.status_inferred.to_string(), "empty, as the status is");
    }
    if row.is_stated("status") && row.is_blank("status_inferred") {
        row.wrong("status_inferred", "", "true or false, as there is a status");
    }
    if let (Some(kind), Some(types)) = (place.unit_type(), types)
        && !types.contains(&kind)
        && !row.is_open("kind")
    {
        let types = types.join(", ");
        row.wrong("kind", kind, format_args!("one of the layout.unit_types ({types}), as this is a unit"));
    }
    place
}

/// `name=value`, `name>=number`, `name>number` or `name~number`.
fn fact(row: Row<'_>, text: &str) -> Option<Fact> {
    let named = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let (name, rest) = text.split_at(text.find(|c| !named(c)).unwrap_or(text.len()));
    // The longest sign first, or `>=` would be read as `>`.
    let sign = Relation::ALL.iter().copied().find(|sign| rest.starts_with(sign.as_str()));
    let fact = sign.filter(|_| !name.is_empty()).and_then(|relation| {
        let value = &rest[relation.as_str().len()..];
        let fits = !value.is_empty() && (relation == Relation::Is || value.parse().is_ok_and(f64::is_finite));
        fits.then(|| Fact { name: name.into(), relation, value: value.into() })
    });
    if fact.is_none() {
        row.wrong("facts", text, "a fact as name=value, name>=number, name>number or name~number");
    }
    fact
}

const INDUSTRY_COLUMNS: &[&str] =
    &["id", "name_zh", "name_en", "aliases", "group", "sections", "line", "note"];

fn industry(row: Row<'_>) -> Industry {
    Industry {
        id: row.id("id"),
        name: row.name(),
        aliases: row.list("aliases"),
        group: row.required("group", VALUE),
        citations: row.citations(),
        note: row.optional("note"),
    }
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

fn indicator(row: Row<'_>) -> Indicator {
    let number = row.required_parsed("number", "a row number from 1", |number: &u16| *number > 0);
    let earlier = (row.year("earlier_year"), row.number("earlier_value"));
    for (stated, blank, expected) in [
        ("earlier_year", "earlier_value", "a number, as there is an earlier_year"),
        ("earlier_value", "earlier_year", "a year, as there is an earlier_value"),
    ] {
        if row.is_stated(stated) && row.is_blank(blank) {
            row.wrong(blank, "", expected);
        }
    }
    Indicator {
        number: number.unwrap_or_default(),
        id: row.id("id"),
        name: row.name(),
        kind: row.known("kind", Some(INDICATOR_KINDS)),
        unit: row.known("unit", Some(UNITS)),
        baseline: row.number("baseline"),
        baseline_parts: row.list("baseline_parts"),
        op: row.required_word("op", Operator::parse, Operator::ALL),
        target: row.required_number("target"),
        op_in_prose: row.word("op_in_prose", Operator::parse, Operator::ALL),
        earlier: earlier.0.zip(earlier.1),
        spatial: row.required_boolean("spatial"),
        citations: row.citations(),
        note: row.note(),
    }
}

const TARGET_COLUMNS: &[&str] = &[
    "id", "name_zh", "name_en", "same_as", "op", "value", "unit", "by", "counts", "soft", "spatial",
    "sections", "line", "note_zh", "note_en",
];

fn target(row: Row<'_>, types: Option<&[&str]>) -> Target {
    let counts = row.list("counts");
    for unknown in counts.iter().filter(|id| types.is_some_and(|types| !types.contains(&&***id))) {
        let types = types.unwrap_or_default().join(", ");
        row.wrong("counts", unknown, format_args!("one of the layout.unit_types ({types})"));
    }
    Target {
        id: row.id("id"),
        name: row.name(),
        same_as: row.optional("same_as"),
        op: row.required_word("op", Operator::parse, Operator::ALL),
        value: row.required_number("value"),
        unit: row.known("unit", Some(UNITS)),
        by: row.year("by"),
        counts,
        soft: row.required_boolean("soft"),
        spatial: row.required_boolean("spatial"),
        citations: row.citations(),
        note: row.note(),
    }
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

fn baseline(row: Row<'_>) -> Baseline {
    let years = (row.required_year("first_year"), row.required_year("last_year"));
    if let (Some(start), Some(end)) = years
        && end < start
    {
        row.wrong("last_year", &end.to_string(), format_args!("a year not before {start}"));
    }
    let years = Years { start: years.0.unwrap_or_default(), end: years.1.unwrap_or_default() };
    Baseline {
        id: row.id("id"),
        name: row.name(),
        op: row.required_word("op", Operator::parse, Operator::ALL),
        value: row.required_number("value"),
        approximate: row.required_boolean("approx"),
        unit: row.known("unit", Some(UNITS)),
        years,
        growth_since_2015_percent: row.number("growth_since_2015_percent"),
        indicator: row.optional("indicator"),
        citations: row.citations(),
        note: row.note(),
    }
}

const LINK_COLUMNS: &[&str] = &["link", "role", "place", "sections", "line", "note"];

fn link_end(row: Row<'_>) -> (Box<str>, LinkEnd) {
    let link = row.required("link", VALUE);
    let end = LinkEnd {
        role: row.known("role", Some(LINK_ROLES)),
        place: row.required("place", VALUE),
        citations: row.citations(),
        note: row.optional("note"),
    };
    (link, end)
}

const PRODUCT_COLUMNS: &[&str] =
    &["id", "name_zh", "name_en", "built_on", "cycle", "sections", "line", "note"];

fn data_product(row: Row<'_>) -> DataProduct {
    DataProduct {
        id: row.id("id"),
        name: row.name(),
        built_on: row.optional("built_on"),
        cycle: row.optional("cycle"),
        citations: row.citations(),
        note: row.optional("note"),
    }
}

const ROLE_COLUMNS: &[&str] = &["id", "name_zh", "name_en", "does", "sections", "line", "note"];

fn role(row: Row<'_>) -> Role {
    Role {
        id: row.id("id"),
        name: row.name(),
        does: row.list("does"),
        citations: row.citations(),
        note: row.optional("note"),
    }
}
