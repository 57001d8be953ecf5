//! What spans several files of the seeds: ids that lead somewhere, numbers stated twice, sections the plan leaps over.

use std::collections::HashMap;

use super::nested::{FILE, Nested, count};
use super::{At, Located, PlanError, Rows, cut, wrong};
use crate::model::plan::{Block, Citation, Course, Indicator, Place, PlanFacts, Stated, Target, UnitRole};

/// Checks the rows while their lines are known.
pub(super) fn rows(rows: &Rows, nested: &Nested) -> Result<(), PlanError> {
    unique_ids(rows, nested)?;
    numbering_gaps(rows, &nested.about.numbering_gaps)?;
    if let Some((_, again)) =
        rows.clauses.iter().enumerate().find(|(at, row)| {
            rows.clauses[..*at].iter().any(|other| other.value.section == row.value.section)
        })
    {
        return Err(wrong(again.at.at("section"), &again.value.section, "each section once"));
    }
    let known = Known { rows, nested };
    for row in &rows.places {
        place(row, &known)?;
    }
    if let Some(row) = rows.places.iter().find(|row| is_its_own_parent(&row.value, &rows.places)) {
        let within = row.value.within.as_deref().unwrap_or_default();
        return Err(wrong(row.at.at("within"), within, "a place that does not itself lie within this one"));
    }
    for row in &rows.industries {
        known.group(&row.at.at("group"), &row.value.group)?;
    }
    recount(
        At::key(FILE, "industries.count"),
        nested.industry_count,
        rows.industries.len(),
        "rows in industries.csv",
    )?;
    for (n, group) in nested.industry_groups.iter().enumerate() {
        let found = rows.industries.iter().filter(|row| row.value.group == group.id).count();
        let at = At::key(FILE, format!("industries.groups[{n}].count"));
        recount(at, group.count, found, format!("rows of group `{}` in industries.csv", group.id))?;
    }
    indicators(rows, nested)?;
    for row in &rows.targets {
        target(row, &known)?;
    }
    for row in &rows.baselines {
        if let Some(id) = &row.value.indicator {
            known.indicator(&row.at.at("indicator"), id)?;
        }
    }
    for row in &rows.link_ends {
        let (link, end) = &row.value;
        if !nested.links.iter().any(|known| known.id == *link) {
            return Err(unknown(row.at.at("link"), link, "a link of plan.toml"));
        }
        known.place(&row.at.at("place"), &end.place)?;
    }
    for row in &rows.data_products {
        if let Some(id) = &row.value.built_on {
            known.place(&row.at.at("built_on"), id)?;
        }
    }
    links_and_layout(nested, &known)
}

/// Checks what can be recounted once all is joined.
pub(super) fn facts(facts: &PlanFacts) -> Result<(), PlanError> {
    candidates(facts)?;
    let cited = facts.stated().flat_map(|(stated, cited)| cited.iter().map(move |one| (stated, one)));
    let lost = |(_, one): &(Stated<'_>, &Citation)| facts.subject(&one.section).is_none();
    if let Some((stated, one)) = cited.filter(|_| !facts.clauses.is_empty()).find(lost) {
        let (what, id) = (stated.what, stated.id);
        let expected = format!("a row for each section that is cited; {what} {id} cites this one");
        return Err(wrong(At::key("clauses.csv", "section"), &one.section, expected));
    }
    for (n, block) in facts.blocks.iter().enumerate() {
        self::block(&At::key(FILE, format!("blocks[{n}]")), block, facts)?;
    }
    let key = |name: &str| At::key(FILE, name);
    let places = |name: &str, ids: &[Box<str>]| {
        let lost = ids.iter().find(|id| facts.place(id).is_none());
        lost.map_or(Ok(()), |id| Err(unknown(key(name), id, "a place of places.csv")))
    };
    let renovation = &facts.renovation;
    places("renovation.breakthrough_sites", &renovation.breakthrough_sites)?;
    places("renovation.outcome_parks", &renovation.outcome_parks)?;
    places("renovation.revitalised_buildings", &renovation.revitalised_buildings)?;
    places("test_roads.core", facts.test_roads.core.as_slice())?;
    places("chip_alliance.lead", facts.chip_alliance.lead.as_slice())?;
    places("chip_alliance.members", &facts.chip_alliance.members)?;
    for (n, scenario) in facts.scenarios.iter().enumerate() {
        places(&format!("scenarios.groups[{n}].host_sites"), &scenario.host_sites)?;
    }
    let target = facts.layout.target.as_deref();
    if let Some(lost) = target.filter(|id| facts.target(id).is_none()) {
        return Err(unknown(key("layout.target"), lost, "a target of targets.csv"));
    }
    let circle = facts.living_circle.applies_to.as_deref();
    if let Some(lost) = circle.filter(|id| facts.unit_type(id).is_none()) {
        return Err(unknown(key("living_circle.applies_to"), lost, "one of the layout.unit_types"));
    }
    Ok(())
}

/// Holds a stated number, where it is stated, against a recount.
fn recount(at: At, stated: Option<usize>, found: usize, what: impl Into<String>) -> Result<(), PlanError> {
    match stated {
        Some(stated) if stated != found => Err(count(at, stated, found, what)),
        _ => Ok(()),
    }
}

fn unknown(at: At, id: &str, expected: &'static str) -> PlanError {
    PlanError::UnknownId { at, id: cut(id), expected }
}

/// The ids another row may name.
struct Known<'a> {
    rows: &'a Rows,
    nested: &'a Nested,
}

impl Known<'_> {
    fn has_place(&self, id: &str) -> bool {
        self.rows.places.iter().any(|row| &*row.value.id == id)
    }

    fn has_core(&self, id: &str) -> bool {
        self.nested.layout.cores.iter().any(|core| &*core.id == id)
    }

    fn place(&self, at: &At, id: &str) -> Result<(), PlanError> {
        if self.has_place(id) { Ok(()) } else { Err(unknown(at.clone(), id, "a place of places.csv")) }
    }

    fn place_or_core(&self, at: &At, id: &str) -> Result<(), PlanError> {
        if self.has_core(id) || self.has_place(id) {
            return Ok(());
        }
        Err(unknown(at.clone(), id, "a place of places.csv or a core of plan.toml"))
    }

    fn industry(&self, at: &At, id: &str) -> Result<(), PlanError> {
        let known = self.rows.industries.iter().any(|row| &*row.value.id == id);
        if known { Ok(()) } else { Err(unknown(at.clone(), id, "an industry of industries.csv")) }
    }

    fn group(&self, at: &At, id: &str) -> Result<(), PlanError> {
        let known = self.nested.industry_groups.iter().any(|group| &*group.id == id);
        if known { Ok(()) } else { Err(unknown(at.clone(), id, "a group of industries in plan.toml")) }
    }

    fn indicator(&self, at: &At, id: &str) -> Result<&Indicator, PlanError> {
        let row = self.rows.indicators.iter().find(|row| &*row.value.id == id);
        row.map(|row| &row.value).ok_or_else(|| unknown(at.clone(), id, "an indicator of indicators.csv"))
    }

    fn product(&self, at: &At, id: &str) -> Result<(), PlanError> {
        let known = self.rows.data_products.iter().any(|row| &*row.value.id == id);
        if known { Ok(()) } else { Err(unknown(at.clone(), id, "a data product of data_products.csv")) }
    }
}

/// Refuses an id that stands twice. Places, the zone and the layout share one set, since they share the map.
fn unique_ids(rows: &Rows, nested: &Nested) -> Result<(), PlanError> {
    let layout = &nested.layout;
    let mut on_map = vec![(At::key(FILE, "area.id"), &*nested.zone.id)];
    let entry = |list: &str, n: usize| At::key(FILE, format!("layout.{list}[{n}].id"));
    on_map.extend(layout.cores.iter().enumerate().map(|(n, core)| (entry("cores", n), &*core.id)));
    on_map.extend(layout.axes.iter().enumerate().map(|(n, axis)| (entry("axes", n), &*axis.id)));
    on_map.extend(layout.belts.iter().enumerate().map(|(n, belt)| (entry("belts", n), &*belt.id)));
    on_map.extend(located(&rows.places, |place| &place.id));
    once_each(on_map)?;
    once_each(located(&rows.industries, |industry| &industry.id))?;
    once_each(located(&rows.indicators, |indicator| &indicator.id))?;
    once_each(located(&rows.targets, |target| &target.id))?;
    once_each(located(&rows.baselines, |baseline| &baseline.id))?;
    once_each(located(&rows.data_products, |product| &product.id))?;
    once_each(located(&rows.roles, |role| &role.id))?;
    let links = nested.links.iter().enumerate();
    once_each(links.map(|(n, link)| (At::key(FILE, format!("links[{n}].id")), &*link.id)))
}

fn located<T>(rows: &[Located<T>], id: fn(&T) -> &Box<str>) -> impl Iterator<Item = (At, &str)> {
    rows.iter().map(move |row| (row.at.at("id"), &**id(&row.value)))
}

fn once_each<'a>(ids: impl IntoIterator<Item = (At, &'a str)>) -> Result<(), PlanError> {
    let mut seen = HashMap::<&str, At>::new();
    for (at, id) in ids {
        if let Some(first) = seen.get(id) {
            return Err(PlanError::Duplicate { at, id: cut(id), first: first.clone() });
        }
        seen.insert(id, at);
    }
    Ok(())
}

fn place(row: &Located<Place>, known: &Known<'_>) -> Result<(), PlanError> {
    let (at, place) = (&row.at, &row.value);
    if let Some(id) = &place.within {
        known.place_or_core(&at.at("within"), id)?;
    }
    if let Some(id) = &place.located_in {
        known.place(&at.at("located_in"), id)?;
    }
    for id in &place.industries {
        known.industry(&at.at("industries"), id)?;
    }
    for id in &place.partners {
        let is_role = known.rows.roles.iter().any(|role| role.value.id == *id);
        if !is_role && !known.has_place(id) {
            return Err(unknown(at.at("partners"), id, "a place of places.csv or a role of roles.csv"));
        }
    }
    Ok(())
}

/// Do the parents of a place lead back to it?
fn is_its_own_parent(place: &Place, places: &[Located<Place>]) -> bool {
    let mut within = place.within.as_deref();
    for _ in places {
        let Some(id) = within else { return false };
        if id == &*place.id {
            return true;
        }
        within = places.iter().find(|row| &*row.value.id == id).and_then(|row| row.value.within.as_deref());
    }
    false
}

fn indicators(rows: &Rows, nested: &Nested) -> Result<(), PlanError> {
    let found = rows.indicators.len();
    recount(At::key(FILE, "indicators.count"), nested.indicator_count, found, "rows in indicators.csv")?;
    for (row, expected) in rows.indicators.iter().zip(1_u16..) {
        let indicator = &row.value;
        if indicator.number != expected {
            let expected = format!("{expected}; rows are numbered from 1 without gaps");
            return Err(wrong(row.at.at("number"), &indicator.number.to_string(), expected));
        }
        let at = row.at.at("baseline_parts");
        let mut sum = 0.0;
        for id in &indicator.baseline_parts {
            let part = rows.baselines.iter().find(|part| part.value.id == *id);
            sum += part.ok_or_else(|| unknown(at.clone(), id, "a baseline of baselines.csv"))?.value.value;
        }
        if !indicator.baseline_parts.is_empty() && indicator.baseline != Some(sum) {
            let stated = indicator.baseline.unwrap_or(f64::NAN);
            return Err(PlanError::Count { at, stated, found: sum, what: "as the sum of the parts".into() });
        }
    }
    Ok(())
}

fn target(row: &Located<Target>, known: &Known<'_>) -> Result<(), PlanError> {
    let Some(id) = &row.value.same_as else { return Ok(()) };
    let indicator = known.indicator(&row.at.at("same_as"), id)?;
    if row.value.unit != indicator.unit {
        let expected = format!("{}, the unit of indicator `{id}`", indicator.unit);
        return Err(wrong(row.at.at("unit"), &row.value.unit, expected));
    }
    if row.value.value.total_cmp(&indicator.target).is_ne() {
        let expected = format!("{}, the target of indicator `{id}`", indicator.target);
        return Err(wrong(row.at.at("value"), &row.value.value.to_string(), expected));
    }
    Ok(())
}

fn links_and_layout(nested: &Nested, known: &Known<'_>) -> Result<(), PlanError> {
    for (n, link) in nested.links.iter().enumerate() {
        let at = At::key(FILE, format!("links[{n}]"));
        if let Some(id) = link.origin.as_ref().filter(|id| **id != nested.zone.id) {
            return Err(unknown(at.at("origin"), id, "the zone"));
        }
        all(&link.industries, &at.at("industries"), |at, id| known.industry(at, id))?;
        all(&link.products, &at.at("products"), |at, id| known.product(at, id))?;
    }
    let product = nested.scenario_product.as_slice();
    all(product, &At::key(FILE, "scenarios.product"), |at, id| known.product(at, id))?;
    let layout = &nested.layout;
    for (n, core) in layout.cores.iter().enumerate() {
        let at = At::key(FILE, format!("layout.cores[{n}]"));
        all(core.body.as_slice(), &at.at("body"), |at, id| known.place(at, id))?;
        for (n, part) in core.parts.iter().enumerate() {
            let at = at.at(&format!("parts[{n}]"));
            known.place(&at.at("place"), &part.place)?;
            all(&part.near, &at.at("near"), |at, id| known.place(at, id))?;
            all(&part.hosts, &at.at("hosts"), |at, id| known.place(at, id))?;
        }
    }
    for (n, axis) in layout.axes.iter().enumerate() {
        course(&At::key(FILE, format!("layout.axes[{n}]")), axis, known)?;
    }
    for (n, belt) in layout.belts.iter().enumerate() {
        let at = At::key(FILE, format!("layout.belts[{n}]"));
        course(&at, belt, known)?;
        let Some(shared) = &layout.shared_terminus else { continue };
        if belt.start.as_ref() != Some(shared) && belt.end.as_ref() != Some(shared) {
            let start = belt.start.as_deref().unwrap_or_default();
            return Err(wrong(
                at.at("start"),
                start,
                format!("`{shared}`, the terminus the belts share, at one end"),
            ));
        }
    }
    Ok(())
}

fn course(at: &At, course: &Course, known: &Known<'_>) -> Result<(), PlanError> {
    let place = |at: &At, id: &str| known.place(at, id);
    all(course.start.as_slice(), &at.at("start"), place)?;
    all(&course.anchors, &at.at("anchors"), |at, id| known.place_or_core(at, id))?;
    all(course.end.as_slice(), &at.at("end"), place)?;
    all(&course.follows, &at.at("follows"), place)?;
    all(&course.strings_together, &at.at("strings_together"), place)?;
    all(&course.passes, &at.at("passes"), place)?;
    all(&course.industries, &at.at("industries"), |at, id| known.industry(at, id))
}

fn all(
    ids: &[Box<str>],
    at: &At,
    check: impl Fn(&At, &str) -> Result<(), PlanError>,
) -> Result<(), PlanError> {
    ids.iter().try_for_each(|id| check(at, id))
}

fn candidates(facts: &PlanFacts) -> Result<(), PlanError> {
    let stated = &facts.candidates;
    let of = |role| facts.candidates(role).count();
    let named = of(UnitRole::Named);
    let nested = facts.candidates(UnitRole::Named).filter(|place| facts.is_nested(place)).count();
    let with_carriers = named + of(UnitRole::Carrier);
    let recounts = [
        ("named", stated.named, named),
        ("nested", stated.nested, nested),
        ("top_level", stated.top_level, named - nested),
        ("named_and_carriers", stated.named_and_carriers, with_carriers),
        (
            "named_carriers_and_outcomes",
            stated.named_carriers_and_outcomes,
            with_carriers + of(UnitRole::Outcome),
        ),
    ];
    recounts.into_iter().try_for_each(|(name, stated, found)| {
        recount(At::key(FILE, "unit_candidates").at(name), stated, found, "such rows in places.csv")
    })
}

fn block(at: &At, block: &Block, facts: &PlanFacts) -> Result<(), PlanError> {
    let known = |at: At, id: &str| match facts.place(id) {
        Some(_) => Ok(()),
        None => Err(unknown(at, id, "a place of places.csv")),
    };
    known(at.at("id"), &block.id)?;
    block.core_site.iter().try_for_each(|id| known(at.at("core_site"), id))?;
    for (side, id) in &block.bounded_by {
        known(at.at("bounded_by").at(side), id)?;
    }
    for (n, content) in block.contains.iter().enumerate() {
        let at = at.at(&format!("contains[{n}]"));
        content.places.iter().chain(&content.group).try_for_each(|id| known(at.at("places"), id))?;
        if !content.places.is_empty() && content.places.len() != content.count {
            return Err(count(at.at("count"), content.count, content.places.len(), &*content.what));
        }
    }
    let found = block.contains.iter().map(|content| content.count).sum();
    recount(at.at("components"), block.components, found, "in the counts of what it contains")
}

/// Refuses a citation of a number the plan leaps over.
fn numbering_gaps(rows: &Rows, gaps: &[Box<str>]) -> Result<(), PlanError> {
    fn of<T>(rows: &[Located<T>], cited: fn(&T) -> &[Citation]) -> impl Iterator<Item = (&At, &Citation)> {
        rows.iter().flat_map(move |row| cited(&row.value).iter().map(|citation| (&row.at, citation)))
    }
    let mut cited = of(&rows.places, |place| &place.citations)
        .chain(of(&rows.industries, |industry| &industry.citations))
        .chain(of(&rows.indicators, |indicator| &indicator.citations))
        .chain(of(&rows.targets, |target| &target.citations))
        .chain(of(&rows.baselines, |baseline| &baseline.citations))
        .chain(of(&rows.link_ends, |(_, end)| &end.citations))
        .chain(of(&rows.data_products, |product| &product.citations))
        .chain(of(&rows.roles, |role| &role.citations));
    let leapt = cited.find(|(_, citation)| gaps.contains(&citation.section));
    leapt.map_or(Ok(()), |(at, citation)| {
        Err(wrong(
            at.at("sections"),
            &citation.section,
            "a section of the plan, which leaps over this number",
        ))
    })
}
