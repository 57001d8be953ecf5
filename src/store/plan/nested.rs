//! `plan.toml`: everything of the plan that is not a plain row.

mod counting;
mod layout;

use std::path::Path;

use serde::Deserialize;

use counting::{RawCounting, RawJudging};
use layout::{RawBlock, RawCandidates, RawLayout};

use super::{At, PlanError, Rows, citations, one_of, text, words, wrong};
use crate::model::plan::{
    Block, CandidateCounts, Caution, ChipAlliance, Citation, Counting, EnterpriseLadder, Governance,
    Incubation, IndustryGroup, Judging, Land, Layout, Link, LivingCircle, Named, Nature, Part, PlanAbout,
    PlanFacts, Renovation, Scenario, Status, TestRoads, UnitRole, UnitType, Years, Zone,
};
use crate::model::{Evidence, Words};

/// Name of the file in the folder.
pub(super) const FILE: &str = "plan.toml";

type Id = Box<str>;
type Ids = Vec<Box<str>>;

/// What `plan.toml` holds, its own words and citations checked; ids are not followed yet.
pub(super) struct Nested {
    pub(super) about: PlanAbout,
    pub(super) zone: Zone,
    pub(super) layout: Layout,
    candidates: CandidateCounts,
    blocks: Vec<Block>,
    renovation: Renovation,
    land: Land,
    living_circle: LivingCircle,
    industry_code: Box<str>,
    pub(super) industry_groups: Vec<IndustryGroup>,
    /// Industries in all groups, as stated.
    pub(super) industry_count: usize,
    /// Rows of the table of indicators, as stated.
    pub(super) indicator_count: usize,
    nature: Nature,
    pub(super) links: Vec<Link>,
    test_roads: TestRoads,
    scenarios: Vec<Scenario>,
    /// Data product the scenarios are listed in.
    pub(super) scenario_product: Id,
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

pub(super) fn read(folder: &Path) -> Result<Nested, PlanError> {
    let text = text(folder, FILE)?;
    let raw: RawFile =
        toml::from_str(&text).map_err(|why| PlanError::Toml { file: FILE, why: Box::new(why) })?;
    let scenarios = raw.scenarios;
    let scenario_at = key("scenarios");
    let scenario_cited = citations(&scenario_at, &scenarios.sections, scenarios.line)?;
    let (industries, indicators) = (raw.industries, raw.indicators);
    citations(&key("indicators"), &indicators.sections, indicators.line)?;
    Ok(Nested {
        about: raw.plan.read()?,
        zone: raw.area.read()?,
        layout: raw.layout.read()?,
        candidates: raw.unit_candidates.read()?,
        blocks: each("blocks", raw.blocks, RawBlock::read)?,
        renovation: raw.renovation.read()?,
        land: raw.land.read()?,
        living_circle: raw.living_circle.read()?,
        industry_code: industries.code,
        industry_groups: each("industries.groups", industries.groups, RawGroup::read)?,
        industry_count: industries.count,
        indicator_count: indicators.count,
        nature: one_of(key("indicators.nature"), &indicators.nature, Nature::parse, Nature::ALL)?,
        links: each("links", raw.links, RawLink::read)?,
        test_roads: raw.test_roads.read()?,
        scenarios: each("scenarios.groups", scenarios.groups, |group, at| {
            let name = group.name.read(&at.at("name"))?;
            Ok(Scenario {
                id: group.id,
                name,
                host_sites: group.host_sites,
                citations: scenario_cited.clone(),
            })
        })?,
        scenario_product: scenarios.product,
        governance: raw.governance.read()?,
        incubation: raw.incubation.read()?,
        enterprise_ladder: raw.enterprise_ladder.read()?,
        chip_alliance: raw.chip_alliance.read()?,
        counting: raw.counting.read()?,
        judging: raw.progress.read()?,
        cautions: each("cautions", raw.cautions, |caution, at| {
            Ok(Caution {
                text: caution.text.read(&at.at("text"))?,
                citations: citations(at, &caution.sections, caution.line)?,
                id: caution.id,
            })
        })?,
    })
}

fn key(name: &str) -> At {
    At::key(FILE, name)
}

/// Reads the entries of a list, each with its key.
fn each<R, T>(
    name: &str,
    raw: Vec<R>,
    mut read: impl FnMut(R, &At) -> Result<T, PlanError>,
) -> Result<Vec<T>, PlanError> {
    raw.into_iter().enumerate().map(|(n, entry)| read(entry, &key(&format!("{name}[{n}]")))).collect()
}

fn all_words(at: &At, name: &str, raw: Vec<RawWords>) -> Result<Vec<Words>, PlanError> {
    raw.into_iter().enumerate().map(|(n, entry)| entry.read(&at.at(&format!("{name}[{n}]")))).collect()
}

fn all_named(at: &At, name: &str, raw: Vec<RawNamed>) -> Result<Vec<Named>, PlanError> {
    let read = |(n, entry): (usize, RawNamed)| {
        let at = at.at(&format!("{name}[{n}].name"));
        Ok(Named { id: entry.id, name: entry.name.read(&at)? })
    };
    raw.into_iter().enumerate().map(read).collect()
}

fn years(at: &At, start: u16, end: u16) -> Result<Years, PlanError> {
    if end < start {
        return Err(wrong(at.at("end"), &end.to_string(), format!("a year not before {start}")));
    }
    Ok(Years { start, end })
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFile {
    plan: RawPlan,
    area: RawArea,
    layout: RawLayout,
    unit_candidates: RawCandidates,
    blocks: Vec<RawBlock>,
    renovation: RawRenovation,
    land: RawLand,
    living_circle: RawLivingCircle,
    industries: RawIndustries,
    indicators: RawIndicators,
    links: Vec<RawLink>,
    test_roads: RawTestRoads,
    scenarios: RawScenarios,
    incubation: RawIncubation,
    enterprise_ladder: RawLadder,
    chip_alliance: RawAlliance,
    governance: RawGovernance,
    counting: RawCounting,
    progress: RawJudging,
    cautions: Vec<RawCaution>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWords {
    zh: String,
    en: String,
}

impl RawWords {
    fn read(&self, at: &At) -> Result<Words, PlanError> {
        words(at, &self.zh, &self.en)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNamed {
    id: Id,
    name: RawWords,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawYears {
    start: u16,
    end: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawNamedYears {
    name: RawWords,
    start: u16,
    end: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPlan {
    id: Id,
    title: RawWords,
    period: RawYears,
    prior_period: RawNamedYears,
    baseline_year: u16,
    target_year: u16,
    outlook_year: u16,
    #[serde(default)]
    parents: Vec<RawWords>,
    #[serde(default)]
    numbering_gaps: Ids,
    figure: RawFigure,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFigure {
    number: Box<str>,
    title: RawWords,
    available: bool,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

impl RawPlan {
    fn read(self) -> Result<PlanAbout, PlanError> {
        let at = key("plan");
        let prior = at.at("prior_period");
        let figure = at.at("figure");
        citations(&figure, &self.figure.sections, self.figure.line)?;
        Ok(PlanAbout {
            title: self.title.read(&at.at("title"))?,
            period: years(&at.at("period"), self.period.start, self.period.end)?,
            prior_period: (
                self.prior_period.name.read(&prior.at("name"))?,
                years(&prior, self.prior_period.start, self.prior_period.end)?,
            ),
            baseline_year: self.baseline_year,
            target_year: self.target_year,
            outlook_year: self.outlook_year,
            parents: all_words(&at, "parents", self.parents)?,
            numbering_gaps: self.numbering_gaps,
            figure: (self.figure.number, self.figure.title.read(&figure.at("title"))?),
            figure_available: self.figure.available,
            citations: citations(&at, &self.sections, self.line)?,
            id: self.id,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawArea {
    id: Id,
    name: RawWords,
    #[serde(default)]
    aliases: Ids,
    joint_administration: RawWords,
    founded_year: u16,
    national_level_since: Box<str>,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

impl RawArea {
    fn read(self) -> Result<Zone, PlanError> {
        let at = key("area");
        let since = &self.national_level_since;
        let month = since.split_once('-').and_then(|(year, month)| {
            let in_range = (1..=12).contains(&month.parse::<u8>().ok()?);
            (year.len() == 4 && month.len() == 2 && in_range && year.parse::<u16>().is_ok()).then_some(())
        });
        if month.is_none() {
            return Err(wrong(at.at("national_level_since"), since, "a year and month, YYYY-MM"));
        }
        Ok(Zone {
            name: self.name.read(&at.at("name"))?,
            aliases: self.aliases,
            joint_administration: self.joint_administration.read(&at.at("joint_administration"))?,
            founded_year: self.founded_year,
            national_level_since: self.national_level_since,
            citations: citations(&at, &self.sections, self.line)?,
            id: self.id,
        })
    }
}

/// A stated number that a recount does not confirm. The numbers are small, so the conversion is exact.
#[expect(clippy::cast_precision_loss, reason = "counts of places are far below 2^52")]
pub(super) fn count(at: At, stated: usize, found: usize, what: impl Into<String>) -> PlanError {
    PlanError::Count { at, stated: stated as f64, found: found as f64, what: what.into() }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRenovation {
    term: RawWords,
    breakthrough_sites: Ids,
    outcome_parks: Ids,
    mapping_stated: bool,
    #[serde(default)]
    revitalised_buildings: Ids,
    #[serde(default)]
    objects: Ids,
    #[serde(default)]
    space_ladder: Vec<RawWords>,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

impl RawRenovation {
    fn read(self) -> Result<Renovation, PlanError> {
        let at = key("renovation");
        Ok(Renovation {
            term: self.term.read(&at.at("term"))?,
            breakthrough_sites: self.breakthrough_sites,
            outcome_parks: self.outcome_parks,
            mapping_stated: self.mapping_stated,
            revitalised_buildings: self.revitalised_buildings,
            objects: self.objects,
            space_ladder: all_words(&at, "space_ladder", self.space_ladder)?,
            citations: citations(&at, &self.sections, self.line)?,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLand {
    policy: RawWords,
    use_types: Vec<RawNamed>,
    supply_modes: Vec<RawNamed>,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

impl RawLand {
    fn read(self) -> Result<Land, PlanError> {
        let at = key("land");
        Ok(Land {
            use_types: all_named(&at, "use_types", self.use_types)?,
            supply_modes: all_named(&at, "supply_modes", self.supply_modes)?,
            policy: self.policy.read(&at.at("policy"))?,
            citations: citations(&at, &self.sections, self.line)?,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLivingCircle {
    name: RawWords,
    minutes: u16,
    applies_to: String,
    thresholds_stated: bool,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

impl RawLivingCircle {
    fn read(self) -> Result<LivingCircle, PlanError> {
        let at = key("living_circle");
        Ok(LivingCircle {
            name: self.name.read(&at.at("name"))?,
            minutes: self.minutes,
            applies_to: one_of(at.at("applies_to"), &self.applies_to, UnitType::parse, UnitType::ALL)?,
            thresholds_stated: self.thresholds_stated,
            citations: citations(&at, &self.sections, self.line)?,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIndustries {
    code: Box<str>,
    count: usize,
    groups: Vec<RawGroup>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGroup {
    id: Id,
    name: RawWords,
    count: usize,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

impl RawGroup {
    fn read(self, at: &At) -> Result<IndustryGroup, PlanError> {
        Ok(IndustryGroup {
            name: self.name.read(&at.at("name"))?,
            count: self.count,
            citations: citations(at, &self.sections, self.line)?,
            id: self.id,
        })
    }
}

/// The table the indicators stand in; its name is for readers of the file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIndicators {
    #[serde(rename = "table")]
    _table: Box<str>,
    count: usize,
    nature: String,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLink {
    id: Id,
    name: RawWords,
    origin: Option<Id>,
    status: Option<String>,
    pattern: Option<RawWords>,
    #[serde(default)]
    means: Ids,
    #[serde(default)]
    shared: Ids,
    #[serde(default)]
    industries: Ids,
    #[serde(default)]
    products: Ids,
    #[serde(default)]
    partners: Vec<RawWords>,
    also: Option<RawWords>,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

impl RawLink {
    fn read(self, at: &At) -> Result<Link, PlanError> {
        let status = |word: String| one_of(at.at("status"), &word, Status::parse, Status::ALL);
        Ok(Link {
            name: self.name.read(&at.at("name"))?,
            origin: self.origin,
            status: self.status.map(status).transpose()?,
            pattern: self.pattern.map(|raw| raw.read(&at.at("pattern"))).transpose()?,
            means: self.means,
            shared: self.shared,
            industries: self.industries,
            products: self.products,
            partners: all_words(at, "partners", self.partners)?,
            also: self.also.map(|raw| raw.read(&at.at("also"))).transpose()?,
            ends: Vec::new(),
            citations: citations(at, &self.sections, self.line)?,
            id: self.id,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTestRoads {
    core: Id,
    stack: Box<str>,
    uses: Ids,
    opening: RawWords,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

impl RawTestRoads {
    fn read(self) -> Result<TestRoads, PlanError> {
        let at = key("test_roads");
        Ok(TestRoads {
            core: self.core,
            stack: self.stack,
            uses: self.uses,
            opening: self.opening.read(&at.at("opening"))?,
            citations: citations(&at, &self.sections, self.line)?,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScenarios {
    product: Id,
    groups: Vec<RawScenario>,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScenario {
    id: Id,
    name: RawWords,
    #[serde(default)]
    host_sites: Ids,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIncubation {
    levels: Ids,
    stages: Vec<RawWords>,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

impl RawIncubation {
    fn read(self) -> Result<Incubation, PlanError> {
        let at = key("incubation");
        Ok(Incubation {
            stages: all_words(&at, "stages", self.stages)?,
            levels: self.levels,
            citations: citations(&at, &self.sections, self.line)?,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLadder {
    growth: Vec<RawWords>,
    listing: Vec<RawWords>,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

impl RawLadder {
    fn read(self) -> Result<EnterpriseLadder, PlanError> {
        let at = key("enterprise_ladder");
        Ok(EnterpriseLadder {
            growth: all_words(&at, "growth", self.growth)?,
            listing: all_words(&at, "listing", self.listing)?,
            citations: citations(&at, &self.sections, self.line)?,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawAlliance {
    lead: Id,
    members: Ids,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

impl RawAlliance {
    fn read(self) -> Result<ChipAlliance, PlanError> {
        let citations = citations(&key("chip_alliance"), &self.sections, self.line)?;
        Ok(ChipAlliance { lead: self.lead, members: self.members, citations })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGovernance {
    monitoring: RawMonitoring,
    digital: RawDigital,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawMonitoring {
    mechanisms: Ids,
    scored_areas: Ids,
    dates_stated: bool,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDigital {
    functions: Ids,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

impl RawGovernance {
    fn read(self) -> Result<Governance, PlanError> {
        let (monitoring, digital) = (self.monitoring, self.digital);
        let cited = |name, sections: &[String], line| -> Result<Vec<Citation>, PlanError> {
            citations(&key("governance").at(name), sections, line)
        };
        Ok(Governance {
            citations: cited("monitoring", &monitoring.sections, monitoring.line)?,
            mechanisms: monitoring.mechanisms,
            scored_areas: monitoring.scored_areas,
            dates_stated: monitoring.dates_stated,
            digital_citations: cited("digital", &digital.sections, digital.line)?,
            digital_functions: digital.functions,
            roles: Vec::new(),
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCaution {
    id: Id,
    text: RawWords,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}
