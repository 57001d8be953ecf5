//! `plan.toml`: everything of the plan that is not a plain row.

mod counting;
mod layout;

use std::path::Path;

use serde::Deserialize;

use counting::{RawCounting, RawJudging};
use layout::{RawBlock, RawCandidates, RawLayout};

use super::{At, Numbering, PlanError, Rows, citations, one_of, text, words, wrong};
use crate::model::plan::{
    Block, CandidateCounts, Caution, ChipAlliance, Counting, EnterpriseLadder, Governance, Incubation,
    IndustryGroup, Judging, Land, Layout, Link, LivingCircle, Named, Nature, Part, PlanAbout, PlanFacts,
    Renovation, Scenario, Status, TestRoads, UnitRole, Years, Zone,
};
use crate::model::{Evidence, Words};

/// Name of the file in the folder.
pub(super) const FILE: &str = "plan.toml";

type Id = Box<str>;
type Ids = Vec<Box<str>>;

/// What `plan.toml` holds, its own words and citations checked; ids are not followed yet.
pub(super) struct Nested {
    /// How the sections of the plan are numbered.
    pub(super) numbering: Numbering,
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

pub(super) fn read(folder: &Path) -> Result<Nested, PlanError> {
    let text = text(folder, FILE)?;
    let not_toml = |why| PlanError::Toml { file: FILE, why: Box::new(why) };
    let raw: RawFile = toml::from_str(&text).map_err(not_toml)?;
    let numbering = raw.plan.numbering()?;
    sections(&toml::Value::Table(toml::from_str(&text).map_err(not_toml)?), "", numbering)?;
    let scenarios = raw.scenarios.unwrap_or_default();
    let industries = raw.industries.unwrap_or_default();
    let indicators = raw.indicators.unwrap_or_default();
    let scenario_cited = match &scenarios.groups[..] {
        [] => Vec::new(),
        _ => citations(&key("scenarios"), &scenarios.sections, scenarios.line)?,
    };
    let nature = |word: String| one_of(key("indicators.nature"), &word, Nature::parse, Nature::ALL);
    Ok(Nested {
        numbering,
        about: raw.plan.read()?,
        zone: raw.area.read()?,
        layout: read_or_empty(raw.layout, RawLayout::read)?,
        candidates: read_or_empty(raw.unit_candidates, RawCandidates::read)?,
        blocks: each("blocks", raw.blocks, RawBlock::read)?,
        renovation: read_or_empty(raw.renovation, RawRenovation::read)?,
        land: read_or_empty(raw.land, RawLand::read)?,
        living_circle: read_or_empty(raw.living_circle, RawLivingCircle::read)?,
        industry_code: industries.code,
        industry_groups: each("industries.groups", industries.groups, RawGroup::read)?,
        industry_count: industries.count,
        indicator_count: indicators.count,
        nature: indicators.nature.map(nature).transpose()?,
        links: each("links", raw.links, RawLink::read)?,
        test_roads: read_or_empty(raw.test_roads, RawTestRoads::read)?,
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
        governance: raw.governance.unwrap_or_default().read()?,
        incubation: read_or_empty(raw.incubation, RawIncubation::read)?,
        enterprise_ladder: read_or_empty(raw.enterprise_ladder, RawLadder::read)?,
        chip_alliance: read_or_empty(raw.chip_alliance, RawAlliance::read)?,
        counting: counting::counting(raw.counting)?,
        judging: counting::judging(raw.progress)?,
        cautions: each("cautions", raw.cautions, |caution, at| {
            Ok(Caution {
                text: caution.text.read(&at.at("text"))?,
                citations: citations(at, &caution.sections, caution.line)?,
                id: caution.id,
            })
        })?,
    })
}

/// A table that may be missing: then the plan does not speak of it.
fn read_or_empty<R, T: Default>(
    raw: Option<R>,
    read: impl FnOnce(R) -> Result<T, PlanError>,
) -> Result<T, PlanError> {
    raw.map_or_else(|| Ok(T::default()), read)
}

/// Holds the `sections` of every table of the file against the numbering of the plan.
fn sections(value: &toml::Value, path: &str, numbering: Numbering) -> Result<(), PlanError> {
    match value {
        toml::Value::Table(table) => table.iter().try_for_each(|(name, value)| {
            let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
            match value {
                toml::Value::Array(all) if name == "sections" => {
                    let mut texts = all.iter().filter_map(toml::Value::as_str);
                    texts.try_for_each(|section| numbering.check(|| key(&path), section))
                }
                _ => sections(value, &path, numbering),
            }
        }),
        toml::Value::Array(all) => all
            .iter()
            .enumerate()
            .try_for_each(|(n, value)| sections(value, &format!("{path}[{n}]"), numbering)),
        _ => Ok(()),
    }
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
    layout: Option<RawLayout>,
    unit_candidates: Option<RawCandidates>,
    #[serde(default)]
    blocks: Vec<RawBlock>,
    renovation: Option<RawRenovation>,
    land: Option<RawLand>,
    living_circle: Option<RawLivingCircle>,
    industries: Option<RawIndustries>,
    indicators: Option<RawIndicators>,
    #[serde(default)]
    links: Vec<RawLink>,
    test_roads: Option<RawTestRoads>,
    scenarios: Option<RawScenarios>,
    incubation: Option<RawIncubation>,
    enterprise_ladder: Option<RawLadder>,
    chip_alliance: Option<RawAlliance>,
    governance: Option<RawGovernance>,
    counting: Option<RawCounting>,
    progress: Option<RawJudging>,
    #[serde(default)]
    cautions: Vec<RawCaution>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWords {
    #[serde(default)]
    zh: String,
    #[serde(default)]
    en: String,
}

impl RawWords {
    fn read(&self, at: &At) -> Result<Words, PlanError> {
        words(at, &self.zh, &self.en)
    }

    /// Words that may be missing.
    fn maybe(raw: Option<Self>, at: &At) -> Result<Option<Words>, PlanError> {
        raw.map(|raw| raw.read(at)).transpose()
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
    prior_period: Option<RawNamedYears>,
    baseline_year: Option<u16>,
    target_year: Option<u16>,
    outlook_year: Option<u16>,
    numbering: Option<String>,
    #[serde(default)]
    parents: Vec<RawWords>,
    #[serde(default)]
    numbering_gaps: Ids,
    figure: Option<RawFigure>,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFigure {
    number: Box<str>,
    title: RawWords,
    #[serde(default)]
    available: bool,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

impl RawPlan {
    fn numbering(&self) -> Result<Numbering, PlanError> {
        let read = |word| one_of(key("plan.numbering"), word, Numbering::parse, Numbering::ALL);
        self.numbering.as_deref().map_or(Ok(Numbering::Any), read)
    }

    fn read(self) -> Result<PlanAbout, PlanError> {
        let at = key("plan");
        let (prior, figure) = (at.at("prior_period"), at.at("figure"));
        let figure_available = self.figure.as_ref().is_some_and(|raw| raw.available);
        let read_prior = |raw: RawNamedYears| -> Result<_, PlanError> {
            Ok((raw.name.read(&prior.at("name"))?, years(&prior, raw.start, raw.end)?))
        };
        let read_figure = |raw: RawFigure| -> Result<_, PlanError> {
            citations(&figure, &raw.sections, raw.line)?;
            Ok((raw.number, raw.title.read(&figure.at("title"))?))
        };
        Ok(PlanAbout {
            title: self.title.read(&at.at("title"))?,
            period: years(&at.at("period"), self.period.start, self.period.end)?,
            prior_period: self.prior_period.map(read_prior).transpose()?,
            baseline_year: self.baseline_year,
            target_year: self.target_year,
            outlook_year: self.outlook_year,
            parents: all_words(&at, "parents", self.parents)?,
            numbering_gaps: self.numbering_gaps,
            figure: self.figure.map(read_figure).transpose()?,
            figure_available,
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
    joint_administration: Option<RawWords>,
    founded_year: Option<u16>,
    national_level_since: Option<Box<str>>,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

impl RawArea {
    fn read(self) -> Result<Zone, PlanError> {
        let at = key("area");
        let is_month = |since: &str| {
            since.split_once('-').is_some_and(|(year, month)| {
                let in_range = month.parse::<u8>().is_ok_and(|month| (1..=12).contains(&month));
                year.len() == 4 && month.len() == 2 && in_range && year.parse::<u16>().is_ok()
            })
        };
        if let Some(since) = self.national_level_since.as_deref().filter(|since| !is_month(since)) {
            return Err(wrong(at.at("national_level_since"), since, "a year and month, YYYY-MM"));
        }
        Ok(Zone {
            name: self.name.read(&at.at("name"))?,
            aliases: self.aliases,
            joint_administration: RawWords::maybe(self.joint_administration, &at.at("joint_administration"))?,
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
    term: Option<RawWords>,
    #[serde(default)]
    breakthrough_sites: Ids,
    #[serde(default)]
    outcome_parks: Ids,
    #[serde(default)]
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
            term: RawWords::maybe(self.term, &at.at("term"))?,
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
    policy: Option<RawWords>,
    #[serde(default)]
    use_types: Vec<RawNamed>,
    #[serde(default)]
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
            policy: RawWords::maybe(self.policy, &at.at("policy"))?,
            citations: citations(&at, &self.sections, self.line)?,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawLivingCircle {
    name: Option<RawWords>,
    minutes: Option<u16>,
    applies_to: Option<Id>,
    #[serde(default)]
    thresholds_stated: bool,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

impl RawLivingCircle {
    fn read(self) -> Result<LivingCircle, PlanError> {
        let at = key("living_circle");
        Ok(LivingCircle {
            name: RawWords::maybe(self.name, &at.at("name"))?,
            minutes: self.minutes,
            applies_to: self.applies_to,
            thresholds_stated: self.thresholds_stated,
            citations: citations(&at, &self.sections, self.line)?,
        })
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawIndustries {
    code: Option<Box<str>>,
    count: Option<usize>,
    groups: Vec<RawGroup>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawGroup {
    id: Id,
    name: RawWords,
    count: Option<usize>,
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
#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawIndicators {
    #[serde(rename = "table")]
    _table: Option<Box<str>>,
    count: Option<usize>,
    nature: Option<String>,
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
            pattern: RawWords::maybe(self.pattern, &at.at("pattern"))?,
            means: self.means,
            shared: self.shared,
            industries: self.industries,
            products: self.products,
            partners: all_words(at, "partners", self.partners)?,
            also: RawWords::maybe(self.also, &at.at("also"))?,
            ends: Vec::new(),
            citations: citations(at, &self.sections, self.line)?,
            id: self.id,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTestRoads {
    core: Option<Id>,
    stack: Option<Box<str>>,
    #[serde(default)]
    uses: Ids,
    opening: Option<RawWords>,
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
            opening: RawWords::maybe(self.opening, &at.at("opening"))?,
            citations: citations(&at, &self.sections, self.line)?,
        })
    }
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawScenarios {
    product: Option<Id>,
    groups: Vec<RawScenario>,
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
    #[serde(default)]
    levels: Ids,
    #[serde(default)]
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
    #[serde(default)]
    growth: Vec<RawWords>,
    #[serde(default)]
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
    lead: Option<Id>,
    #[serde(default)]
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

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawGovernance {
    monitoring: Option<RawMonitoring>,
    digital: Option<RawDigital>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawMonitoring {
    mechanisms: Ids,
    scored_areas: Ids,
    dates_stated: bool,
    sections: Vec<String>,
    line: Option<u32>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct RawDigital {
    functions: Ids,
    sections: Vec<String>,
    line: Option<u32>,
}

impl RawGovernance {
    fn read(self) -> Result<Governance, PlanError> {
        let mut governance = Governance::default();
        if let Some(monitoring) = self.monitoring {
            let at = key("governance.monitoring");
            governance.citations = citations(&at, &monitoring.sections, monitoring.line)?;
            governance.mechanisms = monitoring.mechanisms;
            governance.scored_areas = monitoring.scored_areas;
            governance.dates_stated = monitoring.dates_stated;
        }
        if let Some(digital) = self.digital {
            let at = key("governance.digital");
            governance.digital_citations = citations(&at, &digital.sections, digital.line)?;
            governance.digital_functions = digital.functions;
        }
        Ok(governance)
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
