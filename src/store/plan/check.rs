//! What spans several files of the seeds: ids that lead somewhere, numbers stated twice, sections the plan leaps over.
//!
//! Nothing is called wrong that hangs on what could not be read: the readers told that already.

use std::collections::HashMap;

use super::faults::{At, Faults};
use super::nested::Nested;
use super::{Located, Rows};
use crate::model::plan::{
    Baseline, Block, Citation, Course, Indicator, Layout, Link, Place, PlanFacts, Target, UnitRole,
};

/// Checks the rows while their lines are known.
pub(super) fn rows(rows: &Rows, nested: &Nested, faults: &Faults) {
    let check = Check { rows, nested, faults };
    check.unique_ids();
    check.sections();
    for row in &rows.places {
        check.place(row);
    }
    check.industries();
    check.indicators();
    for row in &rows.targets {
        check.target(row);
    }
    for row in &rows.baselines {
        check.indicator(&row.at.at("indicator"), row.value.indicator.as_slice());
    }
    let links = nested.links.len();
    for row in &rows.link_ends {
        let (link, end) = &row.value;
        let is_known = nested.links.iter().any(|known| known.id == *link);
        if !is_known && !link.is_empty() && !faults.has_lost_entries("links", links) {
            faults.unknown(row.at.at("link"), link, "a link of plan.toml");
        }
        check.place_of(&row.at.at("place"), std::slice::from_ref(&end.place));
    }
    for row in &rows.data_products {
        check.place_of(&row.at.at("built_on"), row.value.built_on.as_slice());
    }
    for (n, link) in nested.links.iter().enumerate() {
        check.link(&At::key("links").entry(n), link);
    }
    check.product(&At::key("scenarios.product"), nested.scenario_product.as_slice());
    check.layout(&nested.layout);
}

/// Checks what can be recounted once all is joined.
pub(super) fn facts(facts: &PlanFacts, faults: &Faults) {
    candidates(facts, faults);
    for (n, block) in facts.blocks.iter().enumerate() {
        self::block(&At::key("blocks").entry(n), block, facts, faults);
    }
    let places = |key: &str, ids: &[Box<str>]| place_of(&At::key(key), ids, facts, faults);
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
    if let Some(lost) = target.filter(|id| facts.target(id).is_none())
        && !faults.has_lost_ids("targets.csv")
    {
        faults.unknown(At::key("layout.target"), lost, "a target of targets.csv");
    }
    let circle = facts.living_circle.applies_to.as_deref();
    if let Some(lost) = circle.filter(|id| facts.unit_type(id).is_none())
        && !faults.has_lost_entries("layout.unit_types", facts.layout.unit_types.len())
    {
        faults.unknown(At::key("living_circle.applies_to"), lost, "one of the layout.unit_types");
    }
}

/// Holds a stated number, where it is stated, against a recount.
fn recount(at: At, stated: Option<usize>, found: usize, what: &str, faults: &Faults) {
    if let Some(stated) = stated.filter(|stated| *stated != found) {
        faults.count(at, stated, found, what);
    }
}

fn place_of(at: &At, ids: &[Box<str>], facts: &PlanFacts, faults: &Faults) {
    let lost = ids.iter().filter(|id| !id.is_empty() && facts.place(id).is_none());
    for lost in lost.filter(|_| !faults.has_lost_ids("places.csv")) {
        faults.unknown(at.clone(), lost, "a place of places.csv");
    }
}

fn candidates(facts: &PlanFacts, faults: &Faults) {
    let stated = &facts.candidates;
    let of = |role| facts.candidates(role).count();
    let named = of(UnitRole::Named);
    let nested = facts.candidates(UnitRole::Named).filter(|place| facts.is_nested(place)).count();
    let with_carriers = named + of(UnitRole::Carrier);
    let all = with_carriers + of(UnitRole::Outcome);
    let recounts = [
        ("named", stated.named, named, false),
        ("nested", stated.nested, nested, true),
        ("top_level", stated.top_level, named - nested, true),
        ("named_and_carriers", stated.named_and_carriers, with_carriers, false),
        ("named_carriers_and_outcomes", stated.named_carriers_and_outcomes, all, false),
    ];
    let is_open = |column| faults.is_column_open("places.csv", column);
    for (name, stated, found, asks_within) in recounts {
        if !is_open("unit") && !(asks_within && (is_open("within") || is_open("id"))) {
            let at = At::key("unit_candidates").at(name);
            recount(at, stated, found, "such rows in places.csv", faults);
        }
    }
}

fn block(at: &At, block: &Block, facts: &PlanFacts, faults: &Faults) {
    let places = |at: At, ids: &[Box<str>]| place_of(&at, ids, facts, faults);
    places(at.at("id"), std::slice::from_ref(&block.id));
    places(at.at("core_site"), block.core_site.as_slice());
    for (side, id) in &block.bounded_by {
        places(at.at("bounded_by").at(side), std::slice::from_ref(id));
    }
    let mut is_certain = !faults.is_open(&at.at("contains"));
    for (n, content) in block.contains.iter().enumerate() {
        let at = at.at("contains").entry(n);
        places(at.at("places"), &content.places);
        places(at.at("group"), content.group.as_slice());
        let is_counted = !faults.is_open(&at.at("count"));
        if is_counted && !content.places.is_empty() && content.places.len() != content.count {
            faults.count(at.at("count"), content.count, content.places.len(), &content.what);
        }
        is_certain &= is_counted;
    }
    if is_certain {
        let found = block.contains.iter().map(|content| content.count).sum();
        let what = "in the counts of what it contains";
        recount(at.at("components"), block.components, found, what, faults);
    }
}

/// All that was read, and what was wrong with it.
struct Check<'a> {
    rows: &'a Rows,
    nested: &'a Nested,
    faults: &'a Faults,
}

impl<'a> Check<'a> {
    fn has_place(&self, id: &str) -> bool {
        self.rows.places.iter().any(|row| &*row.value.id == id)
    }

    /// Tells of the ids that are not known, unless some could not be read.
    fn ids(&self, at: &At, ids: &[Box<str>], expected: &str, is_lost: bool, is_known: impl Fn(&str) -> bool) {
        for id in ids.iter().filter(|id| !is_lost && !id.is_empty() && !is_known(id)) {
            self.faults.unknown(at.clone(), id, expected);
        }
    }

    fn place_of(&self, at: &At, ids: &[Box<str>]) {
        let is_lost = self.faults.has_lost_ids("places.csv");
        self.ids(at, ids, "a place of places.csv", is_lost, |id| self.has_place(id));
    }

    fn place_or_core(&self, at: &At, ids: &[Box<str>]) {
        let cores = &self.nested.layout.cores;
        let is_lost = self.faults.has_lost_ids("places.csv")
            || self.faults.has_lost_entries("layout.cores", cores.len());
        let is_known = |id: &str| self.has_place(id) || cores.iter().any(|core| &*core.id == id);
        self.ids(at, ids, "a place of places.csv or a core of plan.toml", is_lost, is_known);
    }

    fn industry(&self, at: &At, ids: &[Box<str>]) {
        let is_lost = self.faults.has_lost_ids("industries.csv");
        let is_known = |id: &str| self.rows.industries.iter().any(|row| &*row.value.id == id);
        self.ids(at, ids, "an industry of industries.csv", is_lost, is_known);
    }

    fn indicator(&self, at: &At, ids: &[Box<str>]) {
        let is_lost = self.faults.has_lost_ids("indicators.csv");
        let is_known = |id: &str| self.find_indicator(id).is_some();
        self.ids(at, ids, "an indicator of indicators.csv", is_lost, is_known);
    }

    fn find_indicator(&self, id: &str) -> Option<&'a Located<Indicator>> {
        self.rows.indicators.iter().find(|row| &*row.value.id == id)
    }

    fn product(&self, at: &At, ids: &[Box<str>]) {
        let is_lost = self.faults.has_lost_ids("data_products.csv");
        let is_known = |id: &str| self.rows.data_products.iter().any(|row| &*row.value.id == id);
        self.ids(at, ids, "a data product of data_products.csv", is_lost, is_known);
    }

    /// Refuses an id that stands twice. Places, the zone and the layout share one set, since they share the map.
    fn unique_ids(&self) {
        let Self { rows, nested, .. } = self;
        let layout = &nested.layout;
        let mut on_map = vec![(At::key("area.id"), &*nested.zone.id)];
        let entry = |list: &str, n: usize| At::key("layout").at(list).entry(n).at("id");
        on_map.extend(layout.cores.iter().enumerate().map(|(n, core)| (entry("cores", n), &*core.id)));
        on_map.extend(layout.axes.iter().enumerate().map(|(n, axis)| (entry("axes", n), &*axis.id)));
        on_map.extend(layout.belts.iter().enumerate().map(|(n, belt)| (entry("belts", n), &*belt.id)));
        on_map.extend(located(&rows.places, |place| &place.id));
        self.once_each(on_map);
        self.once_each(located(&rows.industries, |industry| &industry.id));
        self.once_each(located(&rows.indicators, |indicator| &indicator.id));
        self.once_each(located(&rows.targets, |target| &target.id));
        self.once_each(located(&rows.baselines, |baseline| &baseline.id));
        self.once_each(located(&rows.data_products, |product| &product.id));
        self.once_each(located(&rows.roles, |role| &role.id));
        let links = nested.links.iter().enumerate();
        self.once_each(links.map(|(n, link)| (At::key("links").entry(n).at("id"), &*link.id)));
    }

    fn once_each<'b>(&self, ids: impl IntoIterator<Item = (At, &'b str)>) {
        let mut seen = HashMap::<&str, At>::new();
        for (at, id) in ids.into_iter().filter(|(_, id)| !id.is_empty()) {
            if let Some(first) = seen.get(id) {
                self.faults.duplicate(at, id, first.clone());
            } else {
                seen.insert(id, at);
            }
        }
    }

    /// Refuses citations of a number the plan leaps over, and those of a section without a row where sections have rows.
    fn sections(&self) {
        let Self { rows, nested, faults } = self;
        for (n, row) in rows.clauses.iter().enumerate().filter(|(_, row)| !row.value.section.is_empty()) {
            if rows.clauses[..n].iter().any(|other| other.value.section == row.value.section) {
                faults.wrong(row.at.at("section"), &row.value.section, "each section once");
            }
        }
        let have_rows = !rows.clauses.is_empty() && !faults.has_lost_ids("clauses.csv");
        // A section is told once, where it is cited first, since there may be but one row missing.
        let mut without_row: Vec<(&str, Vec<At>)> = Vec::new();
        for (at, section) in self.cited().filter(|(_, section)| nested.numbering.fits(section)) {
            if nested.about.numbering_gaps.iter().any(|gap| **gap == *section) {
                faults.wrong(at, section, "a section of the plan, which leaps over this number");
            } else if have_rows && !rows.clauses.iter().any(|row| *row.value.section == *section) {
                match without_row.iter_mut().find(|(known, _)| *known == section) {
                    Some((_, cited)) => cited.push(at),
                    None => without_row.push((section, vec![at])),
                }
            }
        }
        for (section, cited) in without_row {
            let [first, others @ ..] = &cited[..] else { continue };
            let others: Vec<_> = others.iter().map(|at| faults.placed(at.clone()).to_string()).collect();
            let also = match &others[..] {
                [] => String::new(),
                [one] => format!("; it is cited in {one}, too"),
                [one, more @ ..] => format!("; it is cited in {one} and {} more places, too", more.len()),
            };
            faults.wrong(
                first.clone(),
                section,
                format_args!("a section that clauses.csv has a row for{also}"),
            );
        }
    }

    /// All sections that are cited, and where.
    fn cited(&self) -> impl Iterator<Item = (At, &'a str)> {
        fn of<T>(rows: &[Located<T>], cited: fn(&T) -> &[Citation]) -> impl Iterator<Item = (At, &str)> {
            rows.iter().flat_map(move |row| {
                cited(&row.value).iter().map(|citation| (row.at.at("sections"), &*citation.section))
            })
        }
        let rows = self.rows;
        let nested = self.nested.cited.iter().map(|(at, section)| (at.clone(), &**section));
        nested
            .chain(of(&rows.places, |place| &place.citations))
            .chain(of(&rows.industries, |industry| &industry.citations))
            .chain(of(&rows.indicators, |indicator| &indicator.citations))
            .chain(of(&rows.targets, |target| &target.citations))
            .chain(of(&rows.baselines, |baseline| &baseline.citations))
            .chain(of(&rows.link_ends, |(_, end)| &end.citations))
            .chain(of(&rows.data_products, |product| &product.citations))
            .chain(of(&rows.roles, |role| &role.citations))
    }

    fn place(&self, row: &Located<Place>) {
        let (at, place) = (&row.at, &row.value);
        self.place_or_core(&at.at("within"), place.within.as_slice());
        self.place_of(&at.at("located_in"), place.located_in.as_slice());
        self.industry(&at.at("industries"), &place.industries);
        let is_lost = ["places.csv", "roles.csv"].iter().any(|file| self.faults.has_lost_ids(file));
        let is_known =
            |id: &str| self.has_place(id) || self.rows.roles.iter().any(|role| &*role.value.id == id);
        let expected = "a place of places.csv or a role of roles.csv";
        self.ids(&at.at("partners"), &place.partners, expected, is_lost, is_known);
        if self.closes_ring(place) {
            let within = place.within.as_deref().unwrap_or_default();
            self.faults.wrong(at.at("within"), within, "a place that does not itself lie within this one");
        }
    }

    /// Do the parents of a place lead back to it? Of the places of a ring the first of the file says so.
    fn closes_ring(&self, place: &Place) -> bool {
        let places = &self.rows.places;
        let position = |id: &str| places.iter().position(|row| &*row.value.id == id);
        let (own, mut within) = (position(&place.id), place.within.as_deref());
        for _ in places {
            let Some(parent) = within.and_then(position) else { return false };
            if Some(parent) <= own {
                return Some(parent) == own;
            }
            within = places[parent].value.within.as_deref();
        }
        false
    }

    fn industries(&self) {
        let Self { rows, nested, faults } = self;
        let groups = &nested.industry_groups;
        let is_lost = faults.has_lost_entries("industries.groups", groups.len());
        for row in &rows.industries {
            let group = std::slice::from_ref(&row.value.group);
            let is_known = |id: &str| groups.iter().any(|group| &*group.id == id);
            self.ids(&row.at.at("group"), group, "a group of industries in plan.toml", is_lost, is_known);
        }
        for (n, group) in groups.iter().enumerate() {
            let at = At::key("industries.groups").entry(n);
            if !faults.is_column_open("industries.csv", "group") && !faults.is_open(&at.at("id")) {
                let found = rows.industries.iter().filter(|row| row.value.group == group.id).count();
                let what = format!("rows of group `{}` in industries.csv", group.id);
                recount(at.at("count"), group.count, found, &what, faults);
            }
        }
        self.rows_of("industries.count", nested.industry_count, "industries.csv", rows.industries.len());
    }

    fn rows_of(&self, key: &str, stated: Option<usize>, file: &'static str, found: usize) {
        if !self.faults.is_unread(file) {
            recount(At::key(key), stated, found, &format!("rows in {file}"), self.faults);
        }
    }

    fn indicators(&self) {
        let Self { rows, nested, faults } = self;
        let indicators = &rows.indicators;
        self.rows_of("indicators.count", nested.indicator_count, "indicators.csv", indicators.len());
        let mut expected = 1_u16;
        for (n, row) in indicators.iter().enumerate() {
            let number = row.value.number;
            if number != expected && !faults.is_open(&row.at.at("number")) {
                let wanted = format!("{expected}; rows are numbered from 1 without gaps");
                faults.wrong(row.at.at("number"), &number.to_string(), wanted);
                // The rows below go on from here where one was left out, and as before where this one is a slip.
                if indicators.get(n + 1).is_some_and(|next| next.value.number == number.saturating_add(1)) {
                    expected = number;
                }
            }
            expected = expected.saturating_add(1);
            self.baseline_parts(row);
        }
    }

    fn baseline_parts(&self, row: &Located<Indicator>) {
        let (indicator, baselines) = (&row.value, &self.rows.baselines);
        let at = row.at.at("baseline_parts");
        let is_lost = self.faults.has_lost_ids("baselines.csv");
        let find = |id: &str| baselines.iter().find(|part| &*part.value.id == id);
        let is_known = |id: &str| find(id).is_some();
        self.ids(&at, &indicator.baseline_parts, "a baseline of baselines.csv", is_lost, is_known);
        if indicator.baseline_parts.is_empty() || self.faults.is_open(&row.at.at("baseline")) {
            return;
        }
        let value = |part: &Located<Baseline>| {
            (!self.faults.is_open(&part.at.at("value"))).then_some(part.value.value)
        };
        let sum: Option<f64> = indicator.baseline_parts.iter().map(|id| find(id).and_then(value)).sum();
        match (indicator.baseline, sum) {
            (Some(stated), Some(sum)) if stated.total_cmp(&sum).is_ne() => {
                self.faults.count(at, stated, sum, "as the sum of the parts");
            }
            (None, Some(sum)) => {
                let expected = format!("{sum}, the sum of baseline_parts");
                self.faults.wrong(row.at.at("baseline"), "", expected);
            }
            _ => {}
        }
    }

    fn target(&self, row: &Located<Target>) {
        let Some(id) = &row.value.same_as else { return };
        self.indicator(&row.at.at("same_as"), std::slice::from_ref(id));
        let Some(indicator) = self.find_indicator(id) else { return };
        let is_read = |own: &str, other: &str| {
            !self.faults.is_open(&row.at.at(own)) && !self.faults.is_open(&indicator.at.at(other))
        };
        let (own, other) = (&row.value, &indicator.value);
        if own.unit != other.unit && is_read("unit", "unit") {
            let expected = format!("{}, the unit of indicator `{id}`", other.unit);
            self.faults.wrong(row.at.at("unit"), &own.unit, expected);
        }
        if own.value.total_cmp(&other.target).is_ne() && is_read("value", "target") {
            let expected = format!("{}, the target of indicator `{id}`", other.target);
            self.faults.wrong(row.at.at("value"), &own.value.to_string(), expected);
        }
    }

    fn layout(&self, layout: &Layout) {
        for (n, core) in layout.cores.iter().enumerate() {
            let at = At::key("layout.cores").entry(n);
            self.place_of(&at.at("body"), core.body.as_slice());
            for (n, part) in core.parts.iter().enumerate() {
                let at = at.at("parts").entry(n);
                self.place_of(&at.at("place"), std::slice::from_ref(&part.place));
                self.place_of(&at.at("near"), &part.near);
                self.place_of(&at.at("hosts"), &part.hosts);
            }
        }
        for (n, axis) in layout.axes.iter().enumerate() {
            self.course(&At::key("layout.axes").entry(n), axis);
        }
        for (n, belt) in layout.belts.iter().enumerate() {
            let at = At::key("layout.belts").entry(n);
            self.course(&at, belt);
            let Some(shared) = &layout.shared_terminus else { continue };
            let is_read = ["start", "end"].iter().all(|end| !self.faults.is_open(&at.at(end)));
            if is_read && belt.start.as_ref() != Some(shared) && belt.end.as_ref() != Some(shared) {
                let start = belt.start.as_deref().unwrap_or_default();
                let expected = format!("`{shared}`, the terminus the belts share, at one end");
                self.faults.wrong(at.at("start"), start, expected);
            }
        }
    }

    fn link(&self, at: &At, link: &Link) {
        let zone = &self.nested.zone.id;
        let is_lost = self.faults.is_open(&At::key("area.id"));
        self.ids(&at.at("origin"), link.origin.as_slice(), "the zone", is_lost, |id| id == &**zone);
        self.industry(&at.at("industries"), &link.industries);
        self.product(&at.at("products"), &link.products);
    }

    fn course(&self, at: &At, course: &Course) {
        self.place_of(&at.at("start"), course.start.as_slice());
        self.place_or_core(&at.at("anchors"), &course.anchors);
        self.place_of(&at.at("end"), course.end.as_slice());
        self.place_of(&at.at("follows"), &course.follows);
        self.place_of(&at.at("strings_together"), &course.strings_together);
        self.place_of(&at.at("passes"), &course.passes);
        self.industry(&at.at("industries"), &course.industries);
    }
}

fn located<T>(rows: &[Located<T>], id: fn(&T) -> &Box<str>) -> impl Iterator<Item = (At, &str)> {
    rows.iter().map(move |row| (row.at.at("id"), &**id(&row.value)))
}
