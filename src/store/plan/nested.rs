//! `plan.toml`: everything of the plan that is not a plain row.

mod counting;
mod layout;

use std::path::Path;

use toml::Value;

use super::entry::{self, Entry};
use super::faults::{At, Faults};
use super::{Numbering, Rows, TOML, text};
use crate::model::Evidence;
use crate::model::plan::{
    Block, CandidateCounts, Caution, ChipAlliance, Counting, EnterpriseLadder, Governance, Incubation,
    IndustryGroup, Judging, Land, Layout, Link, LivingCircle, Nature, Part, PlanAbout, PlanFacts, Renovation,
    Scenario, Status, TestRoads, UnitRole, Zone,
};

type Id = Box<str>;

/// What `plan.toml` holds, its own words and citations checked; ids are not followed yet.
pub(super) struct Nested {
    /// How the sections of the plan are numbered.
    pub(super) numbering: Numbering,
    /// The sections it cites, without the mark of inferred ones, and where.
    pub(super) cited: Vec<(At, Box<str>)>,
    pub(super) about: PlanAbout,
    pub(super) zone: Zone,
    pub(super) layout: Layout,
    candidates: CandidateCounts,
    blocks: Vec<Block>,
    renovation: Renovation,
    land: Land,
    living_circle: LivingCircle,
    industry_code: Option<Box<str>>,
    pub(super) industry_groups: Vec<IndustryGroup>,
    /// Industries in all groups, as stated.
    pub(super) industry_count: Option<usize>,
    /// Rows of the table of indicators, as stated.
    pub(super) indicator_count: Option<usize>,
    nature: Option<Nature>,
    pub(super) links: Vec<Link>,
    test_roads: TestRoads,
    scenarios: Vec<Scenario>,
    /// Data product the scenarios are listed in.
    pub(super) scenario_product: Option<Id>,
    governance: Governance,
    incubation: Incubation,
    enterprise_ladder: EnterpriseLadder,
    chip_alliance: ChipAlliance,
    counting: Counting,
    judging: Judging,
    cautions: Vec<Caution>,
}

impl Nested {
    /// Puts the rows in their places.
    pub(super) fn join(self, rows: Rows) -> PlanFacts {
        let Self { mut layout, mut links, mut governance, .. } = self;
        let places: Vec<_> = rows.places.into_iter().map(|row| row.value).collect();
        for part in &mut layout.parts {
            part.ids = match part.part {
                Part::Core => layout.cores.iter().map(|core| core.id.clone()).collect(),
                Part::Axis => layout.axes.iter().map(|axis| axis.id.clone()).collect(),
                Part::Belt => layout.belts.iter().map(|belt| belt.id.clone()).collect(),
                Part::Point => {
                    let named = places.iter().filter(|place| place.unit == Some(UnitRole::Named));
                    named.map(|place| place.id.clone()).collect()
                }
            };
        }
        for row in rows.link_ends {
            let (id, end) = row.value;
            if let Some(link) = links.iter_mut().find(|link| link.id == id) {
                link.ends.push(end);
            }
        }
        governance.roles = rows.roles.into_iter().map(|row| row.value).collect();
        PlanFacts {
            about: self.about,
            zone: self.zone,
            layout,
            places,
            candidates: self.candidates,
            blocks: self.blocks,
            renovation: self.renovation,
            land: self.land,
            living_circle: self.living_circle,
            industry_code: self.industry_code,
            industry_groups: self.industry_groups,
            industries: rows.industries.into_iter().map(|row| row.value).collect(),
            nature: self.nature,
            indicators: rows.indicators.into_iter().map(|row| row.value).collect(),
            targets: rows.targets.into_iter().map(|row| row.value).collect(),
            baselines: rows.baselines.into_iter().map(|row| row.value).collect(),
            links,
            test_roads: self.test_roads,
            scenarios: self.scenarios,
            data_products: rows.data_products.into_iter().map(|row| row.value).collect(),
            governance,
            incubation: self.incubation,
            enterprise_ladder: self.enterprise_ladder,
            chip_alliance: self.chip_alliance,
            counting: self.counting,
            judging: self.judging,
            cautions: self.cautions,
            clauses: rows.clauses.into_iter().map(|row| row.value).collect(),
            evidence: Evidence::default(),
        }
    }
}

pub(super) fn read(folder: &Path, faults: &Faults) -> Nested {
    let table = text(folder, TOML, faults).and_then(|text| entry::parse(&text, faults));
    let numbered = |file: &Entry<'_>| {
        let stated = file.needed_table("plan", |plan| {
            let numbering = plan.word("numbering", Numbering::parse, Numbering::ALL);
            (numbering.unwrap_or(Numbering::Any), about(plan))
        });
        file_of(file, stated)
    };
    let mut nested = Entry::read(table.as_ref(), faults, numbered);
    if let Some(table) = table {
        sections(&Value::Table(table), &At::key(""), &mut nested.cited);
    }
    for (at, section) in &nested.cited {
        nested.numbering.check(faults, at, section);
    }
    nested
}

fn file_of(file: &Entry<'_>, (numbering, about): (Numbering, PlanAbout)) -> Nested {
    let industries = file.table("industries", |entry| {
        let groups = entry.list("groups", |group| IndustryGroup {
            id: group.needed("id", Entry::text),
            name: group.needed("name", Entry::words),
            count: group.count("count"),
            citations: group.citations(),
        });
        (entry.text("code"), entry.count("count"), groups)
    });
    let (industry_code, industry_count, industry_groups) = industries.unwrap_or_default();
    let indicators = file.table("indicators", |entry| {
        // The table they stand in and its section are for readers of the file.
        entry.text("table");
        entry.texts("sections");
        entry.whole::<u32>("line", "a line number");
        (entry.count("count"), entry.word("nature", Nature::parse, Nature::ALL))
    });
    let (indicator_count, nature) = indicators.unwrap_or_default();
    let (scenario_product, scenarios) = file.table("scenarios", scenarios).unwrap_or_default();
    Nested {
        numbering,
        cited: Vec::new(),
        about,
        zone: file.needed_table("area", zone),
        layout: file.table("layout", layout::layout).unwrap_or_default(),
        candidates: file.table("unit_candidates", layout::candidates).unwrap_or_default(),
        blocks: file.list("blocks", layout::block),
        renovation: file.table("renovation", renovation).unwrap_or_default(),
        land: file.table("land", land).unwrap_or_default(),
        living_circle: file.table("living_circle", living_circle).unwrap_or_default(),
        industry_code,
        industry_groups,
        industry_count,
        indicator_count,
        nature,
        links: file.list("links", link),
        test_roads: file.table("test_roads", test_roads).unwrap_or_default(),
        scenarios,
        scenario_product,
        governance: file.table("governance", governance).unwrap_or_default(),
        incubation: file.table("incubation", incubation).unwrap_or_default(),
        enterprise_ladder: file.table("enterprise_ladder", enterprise_ladder).unwrap_or_default(),
        chip_alliance: file.table("chip_alliance", chip_alliance).unwrap_or_default(),
        counting: counting::counting(file),
        judging: counting::judging(file),
        cautions: file.list("cautions", |caution| Caution {
            id: caution.needed("id", Entry::text),
            text: caution.needed("text", Entry::words),
            citations: caution.citations(),
        }),
    }
}

/// Gathers the `sections` of every table of the file.
fn sections(value: &Value, at: &At, cited: &mut Vec<(At, Box<str>)>) {
    match value {
        Value::Table(table) => {
            for (name, value) in table {
                let at = at.at(name);
                match value {
                    Value::Array(all) if name == "sections" => {
                        let texts = all.iter().filter_map(Value::as_str);
                        cited.extend(
                            texts.map(|text| (at.clone(), text.strip_suffix('?').unwrap_or(text).into())),
                        );
                    }
                    _ => sections(value, &at, cited),
                }
            }
        }
        Value::Array(all) => {
            for (n, value) in all.iter().enumerate() {
                sections(value, &at.entry(n), cited);
            }
        }
        _ => {}
    }
}

fn about(entry: &Entry<'_>) -> PlanAbout {
    let figure = entry.table("figure", |figure| {
        figure.citations();
        let is_available = figure.flag("available");
        ((figure.needed("number", Entry::text), figure.needed("title", Entry::words)), is_available)
    });
    let (figure, figure_available) = figure.unzip();
    PlanAbout {
        id: entry.needed("id", Entry::text),
        title: entry.needed("title", Entry::words),
        period: entry.needed_table("period", Entry::years),
        prior_period: entry
            .table("prior_period", |prior| (prior.needed("name", Entry::words), prior.years())),
        baseline_year: entry.year("baseline_year"),
        target_year: entry.year("target_year"),
        outlook_year: entry.year("outlook_year"),
        parents: entry.all_words("parents"),
        numbering_gaps: entry.texts("numbering_gaps"),
        figure,
        figure_available: figure_available.unwrap_or(false),
        citations: entry.citations(),
    }
}

fn zone(entry: &Entry<'_>) -> Zone {
    let is_month = |since: &str| {
        since.split_once('-').is_some_and(|(year, month)| {
            let in_range = month.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month));
            year.len() == 4 && month.len() == 2 && in_range && year.parse::<u16>().is_ok()
        })
    };
    let since = entry.text("national_level_since");
    if let Some(since) = since.as_deref().filter(|since| !is_month(since)) {
        entry.faults().wrong(entry.at("national_level_since"), since, "a year and month, YYYY-MM");
    }
    Zone {
        id: entry.needed("id", Entry::text),
        name: entry.needed("name", Entry::words),
        aliases: entry.texts("aliases"),
        joint_administration: entry.words("joint_administration"),
        founded_year: entry.year("founded_year"),
        national_level_since: since,
        citations: entry.citations(),
    }
}

fn renovation(entry: &Entry<'_>) -> Renovation {
    Renovation {
        term: entry.words("term"),
        breakthrough_sites: entry.texts("breakthrough_sites"),
        outcome_parks: entry.texts("outcome_parks"),
        mapping_stated: entry.flag("mapping_stated"),
        revitalised_buildings: entry.texts("revitalised_buildings"),
        objects: entry.texts("objects"),
        space_ladder: entry.all_words("space_ladder"),
        citations: entry.citations(),
    }
}

fn land(entry: &Entry<'_>) -> Land {
    Land {
        use_types: entry.all_named("use_types"),
        supply_modes: entry.all_named("supply_modes"),
        policy: entry.words("policy"),
        citations: entry.citations(),
    }
}

fn living_circle(entry: &Entry<'_>) -> LivingCircle {
    LivingCircle {
        name: entry.words("name"),
        minutes: entry.whole("minutes", "a whole number of minutes"),
        applies_to: entry.text("applies_to"),
        thresholds_stated: entry.flag("thresholds_stated"),
        citations: entry.citations(),
    }
}

fn link(entry: &Entry<'_>) -> Link {
    Link {
        id: entry.needed("id", Entry::text),
        name: entry.needed("name", Entry::words),
        origin: entry.text("origin"),
        status: entry.word("status", Status::parse, Status::ALL),
        pattern: entry.words("pattern"),
        means: entry.texts("means"),
        shared: entry.texts("shared"),
        industries: entry.texts("industries"),
        products: entry.texts("products"),
        partners: entry.all_words("partners"),
        also: entry.words("also"),
        ends: Vec::new(),
        citations: entry.citations(),
    }
}

fn test_roads(entry: &Entry<'_>) -> TestRoads {
    TestRoads {
        core: entry.text("core"),
        stack: entry.text("stack"),
        uses: entry.texts("uses"),
        opening: entry.words("opening"),
        citations: entry.citations(),
    }
}

/// The product that lists them, and the groups, which are cited together.
fn scenarios(entry: &Entry<'_>) -> (Option<Id>, Vec<Scenario>) {
    let has_groups = entry.has("groups") && !entry.is_empty_list("groups");
    let cited = if has_groups || entry.has("sections") { entry.citations() } else { Vec::new() };
    let groups = entry.list("groups", |group| Scenario {
        id: group.needed("id", Entry::text),
        name: group.needed("name", Entry::words),
        host_sites: group.texts("host_sites"),
        citations: cited.clone(),
    });
    (entry.text("product"), groups)
}

fn incubation(entry: &Entry<'_>) -> Incubation {
    Incubation {
        stages: entry.all_words("stages"),
        levels: entry.texts("levels"),
        citations: entry.citations(),
    }
}

fn enterprise_ladder(entry: &Entry<'_>) -> EnterpriseLadder {
    EnterpriseLadder {
        growth: entry.all_words("growth"),
        listing: entry.all_words("listing"),
        citations: entry.citations(),
    }
}

fn chip_alliance(entry: &Entry<'_>) -> ChipAlliance {
    ChipAlliance { lead: entry.text("lead"), members: entry.texts("members"), citations: entry.citations() }
}

fn governance(entry: &Entry<'_>) -> Governance {
    let mut governance = Governance::default();
    entry.table("monitoring", |monitoring| {
        governance.citations = monitoring.citations();
        governance.mechanisms = monitoring.texts("mechanisms");
        governance.scored_areas = monitoring.texts("scored_areas");
        governance.dates_stated = monitoring.flag("dates_stated");
    });
    entry.table("digital", |digital| {
        governance.digital_citations = digital.citations();
        governance.digital_functions = digital.texts("functions");
    });
    governance
}
