//! What spans several files of the seeds: ids that lead somewhere, numbers stated twice, sections the plan leaps over.

use std::collections::{HashMap, HashSet};

use super::nested::{FILE, Nested, count};
use super::{At, Faults, Located, PlanError, Rows, cut, wrong};
use crate::model::plan::{
    Baseline, Block, Citation, Course, Indicator, Link, Place, PlanFacts, Stated, Target, UnitRole,
};

/// Checks the rows while their lines are known.
pub(super) fn rows(rows: &Rows, nested: &Nested) -> Result<(), PlanError> {
    let mut faults = Faults::default();
    unique_ids(rows, nested, &mut faults);
    numbering_gaps(rows, &nested.about.numbering_gaps, &mut faults);
    for (n, row) in rows.clauses.iter().enumerate() {
        if rows.clauses[..n].iter().any(|other| other.value.section == row.value.section) {
            faults.add(wrong(row.at.at("section"), &row.value.section, "each section once"));
        }
    }
    let known = Known { rows, nested };
    for row in &rows.places {
        faults.keep(place(row, &known));
        if is_its_own_parent(&row.value, &rows.places) {
            let within = row.value.within.as_deref().unwrap_or_default();
            let expected = "a place that does not itself lie within this one";
            faults.add(wrong(row.at.at("within"), within, expected));
        }
    }
    for row in &rows.industries {
        faults.keep(known.group(&row.at.at("group"), &row.value.group));
    }
    for (n, group) in nested.industry_groups.iter().enumerate() {
        let found = rows.industries.iter().filter(|row| row.value.group == group.id).count();
        let at = At::key(FILE, format!("industries.groups[{n}].count"));
        let what = format!("rows of group `{}` in industries.csv", group.id);
        faults.keep(recount(at, group.count, found, what));
    }
    for (key, stated, found, what) in [
        ("industries.count", nested.industry_count, rows.industries.len(), "rows in industries.csv"),
        ("indicators.count", nested.indicator_count, rows.indicators.len(), "rows in indicators.csv"),
    ] {
        faults.keep(recount(At::key(FILE, key), stated, found, what));
    }
    for (row, expected) in rows.indicators.iter().zip(1_u16..) {
        faults.keep(indicator(row, expected, &rows.baselines));
    }
    for row in &rows.targets {
        faults.keep(target(row, &known));
    }
    for row in &rows.baselines {
        if let Some(id) = &row.value.indicator {
            faults.keep(known.indicator(&row.at.at("indicator"), id));
        }
    }
    for row in &rows.link_ends {
        let (link, end) = &row.value;
        if !nested.links.iter().any(|known| known.id == *link) {
            faults.add(unknown(row.at.at("link"), link, "a link of plan.toml"));
        }
        faults.keep(known.place(&row.at.at("place"), &end.place));
    }
    for row in &rows.data_products {
        if let Some(id) = &row.value.built_on {
            faults.keep(known.place(&row.at.at("built_on"), id));
        }
    }
    links_and_layout(nested, &known, &mut faults);
    faults.all()
}

/// Checks what can be recounted once all is joined.
pub(super) fn facts(facts: &PlanFacts) -> Result<(), PlanError> {
    let mut faults = Faults::default();
    candidates(facts, &mut faults);
    let mut without_row = HashSet::new();
    let cited = facts.stated().flat_map(|(stated, cited)| cited.iter().map(move |one| (stated, one)));
    let lost = |(_, one): &(Stated<'_>, &Citation)| facts.subject(&one.section).is_none();
    for (stated, one) in cited.filter(|_| !facts.clauses.is_empty()).filter(lost) {
        if without_row.insert(&*one.section) {
            let (what, id) = (stated.what, stated.id);
            let expected = format!("a row for each section that is cited; {what} {id} cites this one");
            faults.add(wrong(At::key("clauses.csv", "section"), &one.section, expected));
        }
    }
    for (n, block) in facts.blocks.iter().enumerate() {
        faults.keep(self::block(&At::key(FILE, format!("blocks[{n}]")), block, facts));
    }
    let mut places = |name: &str, ids: &[Box<str>]| {
        for lost in ids.iter().filter(|id| facts.place(id).is_none()) {
            faults.add(unknown(At::key(FILE, name), lost, "a place of places.csv"));
        }
    };
    let renovation = &facts.renovation;
    places("renovation.breakthrough_sites", &renovation.breakthrough_sites);
    places("renovation.outcome_parks", &renovation.outcome_parks);
    places("renovation.revitalised_buildings", &renovation.revitalised_buildings);
    places("test_roads.core", facts.test_roads.core.as_slice());
    places("chip_alliance.lead", facts.chip_alliance.lead.as_slice());
    places("chip_alliance.members", &facts.chip_alliance.members);
    for (n, scenario) in facts.scenarios.iter().enumerate() {
        places(&format!("scenarios.groups[{n}].host_sites"), &scenario.host_sites);
    }
    let target = facts.layout.target.as_deref();
    if let Some(lost) = target.filter(|id| facts.target(id).is_none()) {
        faults.add(unknown(At::key(FILE, "layout.target"), lost, "a target of targets.csv"));
    }
    let circle = facts.living_circle.applies_to.as_deref();
    if let Some(lost) = circle.filter(|id| facts.unit_type(id).is_none()) {
        let at = At::key(FILE, "living_circle.applies_to");
        faults.add(unknown(at, lost, "one of the layout.unit_types"));
    }
    faults.all()
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
fn unique_ids(rows: &Rows, nested: &Nested, faults: &mut Faults) {
    let layout = &nested.layout;
    let mut on_map = vec![(At::key(FILE, "area.id"), &*nested.zone.id)];
    let entry = |list: &str, n: usize| At::key(FILE, format!("layout.{list}[{n}].id"));
    on_map.extend(layout.cores.iter().enumerate().map(|(n, core)| (entry("cores", n), &*core.id)));
    on_map.extend(layout.axes.iter().enumerate().map(|(n, axis)| (entry("axes", n), &*axis.id)));
    on_map.extend(layout.belts.iter().enumerate().map(|(n, belt)| (entry("belts", n), &*belt.id)));
    on_map.extend(located(&rows.places, |place| &place.id));
    once_each(on_map, faults);
    once_each(located(&rows.industries, |industry| &industry.id), faults);
    once_each(located(&rows.indicators, |indicator| &indicator.id), faults);
    once_each(located(&rows.targets, |target| &target.id), faults);
    once_each(located(&rows.baselines, |baseline| &baseline.id), faults);
    once_each(located(&rows.data_products, |product| &product.id), faults);
    once_each(located(&rows.roles, |role| &role.id), faults);
    let links = nested.links.iter().enumerate();
    once_each(links.map(|(n, link)| (At::key(FILE, format!("links[{n}].id")), &*link.id)), faults);
}

fn located<T>(rows: &[Located<T>], id: fn(&T) -> &Box<str>) -> impl Iterator<Item = (At, &str)> {
    rows.iter().map(move |row| (row.at.at("id"), &**id(&row.value)))
}

fn once_each<'a>(ids: impl IntoIterator<Item = (At, &'a str)>, faults: &mut Faults) {
    let mut seen = HashMap::<&str, At>::new();
    for (at, id) in ids {
        if let Some(first) = seen.get(id) {
            faults.add(PlanError::Duplicate { at, id: cut(id), first: first.clone() });
        } else {
            seen.insert(id, at);
        }
    }
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

fn indicator(
    row: &Located<Indicator>,
    number: u16,
    baselines: &[Located<Baseline>],
) -> Result<(), PlanError> {
    let indicator = &row.value;
    if indicator.number != number {
        let expected = format!("{number}; rows are numbered from 1 without gaps");
        return Err(wrong(row.at.at("number"), &indicator.number.to_string(), expected));
    }
    let at = row.at.at("baseline_parts");
    let mut sum = 0.0;
    for id in &indicator.baseline_parts {
        let part = baselines.iter().find(|part| part.value.id == *id);
        sum += part.ok_or_else(|| unknown(at.clone(), id, "a baseline of baselines.csv"))?.value.value;
    }
    if !indicator.baseline_parts.is_empty() && indicator.baseline != Some(sum) {
        let stated = indicator.baseline.unwrap_or(f64::NAN);
        return Err(PlanError::Count { at, stated, found: sum, what: "as the sum of the parts".into() });
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

fn links_and_layout(nested: &Nested, known: &Known<'_>, faults: &mut Faults) {
    for (n, link) in nested.links.iter().enumerate() {
        faults.keep(self::link(&At::key(FILE, format!("links[{n}]")), link, known));
    }
    let product = nested.scenario_product.as_slice();
    faults.keep(all(product, &At::key(FILE, "scenarios.product"), |at, id| known.product(at, id)));
    let layout = &nested.layout;
    for (n, core) in layout.cores.iter().enumerate() {
        let at = At::key(FILE, format!("layout.cores[{n}]"));
        faults.keep(all(core.body.as_slice(), &at.at("body"), |at, id| known.place(at, id)));
        for (n, part) in core.parts.iter().enumerate() {
            let at = at.at(&format!("parts[{n}]"));
            faults.keep(known.place(&at.at("place"), &part.place));
            faults.keep(all(&part.near, &at.at("near"), |at, id| known.place(at, id)));
            faults.keep(all(&part.hosts, &at.at("hosts"), |at, id| known.place(at, id)));
        }
    }
    for (n, axis) in layout.axes.iter().enumerate() {
        faults.keep(course(&At::key(FILE, format!("layout.axes[{n}]")), axis, known));
    }
    for (n, belt) in layout.belts.iter().enumerate() {
        let at = At::key(FILE, format!("layout.belts[{n}]"));
        faults.keep(course(&at, belt, known));
        let Some(shared) = &layout.shared_terminus else { continue };
        if belt.start.as_ref() != Some(shared) && belt.end.as_ref() != Some(shared) {
            let start = belt.start.as_deref().unwrap_or_default();
            let expected = format!("`{shared}`, the terminus the belts share, at one end");
            faults.add(wrong(at.at("start"), start, expected));
        }
    }
}

fn link(at: &At, link: &Link, known: &Known<'_>) -> Result<(), PlanError> {
    if let Some(id) = link.origin.as_ref().filter(|id| **id != known.nested.zone.id) {
        return Err(unknown(at.at("origin"), id, "the zone"));
    }
    all(&link.industries, &at.at("industries"), |at, id| known.industry(at, id))?;
    all(&link.products, &at.at("products"), |at, id| known.product(at, id))
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

fn candidates(facts: &PlanFacts, faults: &mut Faults) {
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
    for (name, stated, found) in recounts {
        let at = At::key(FILE, "unit_candidates").at(name);
        faults.keep(recount(at, stated, found, "such rows in places.csv"));
    }
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
fn numbering_gaps(rows: &Rows, gaps: &[Box<str>], faults: &mut Faults) {
    fn of<T>(rows: &[Located<T>], cited: fn(&T) -> &[Citation]) -> impl Iterator<Item = (&At, &Citation)> {
        rows.iter().flat_map(move |row| cited(&row.value).iter().map(|citation| (&row.at, citation)))
    }
    let cited = of(&rows.places, |place| &place.citations)
        .chain(of(&rows.industries, |industry| &industry.citations))
        .chain(of(&rows.indicators, |indicator| &indicator.citations))
        .chain(of(&rows.targets, |target| &target.citations))
        .chain(of(&rows.baselines, |baseline| &baseline.citations))
        .chain(of(&rows.link_ends, |(_, end)| &end.citations))
        .chain(of(&rows.data_products, |product| &product.citations))
        .chain(of(&rows.roles, |role| &role.citations));
    for (at, citation) in cited.filter(|(_, citation)| gaps.contains(&citation.section)) {
        let expected = "a section of the plan, which leaps over this number";
        faults.add(wrong(at.at("sections"), &citation.section, expected));
    }
}
