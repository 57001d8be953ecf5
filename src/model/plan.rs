//! What does the plan state: its layout, places, numbers, links and roles, each with the section it stands in?
//!
//! In: nothing but values a reader has checked. Out: plain types to look things up in. Leaves out: files, geometry (a place
//! is joined to the features of the layers by its id) and any judgement whether a target is met.
//!
//! Ids are the stable ASCII ids of the features. A number the plan leaves blank is `None`, never zero, and every number
//! keeps the unit of the document.

use std::fmt;

use super::evidence::{Event, Evidence};
use super::layer::Words;

/// Where in the plan a fact stands.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Citation {
    /// The section in the plan's own numbering: `三(一)4`, `专栏3-1` (a boxed column), `表1` or `前言`.
    pub section: Box<str>,
    /// Line of the plain-text copy the facts were taken from, from 1.
    pub line: Option<u32>,
    /// Was the section inferred by us rather than noted with the fact? Then check it before quoting.
    pub inferred: bool,
}

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.section)
    }
}

/// Years from the first to the last, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Years {
    /// First year.
    pub start: u16,
    /// Last year, not before `start`.
    pub end: u16,
}

macro_rules! words_of {
    ($(#[$about:meta])* $name:ident { $($(#[$why:meta])* $variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$why])* $variant),+ }

        impl $name {
            /// Every value, in the order of the declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word used in the seeds and in addresses.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// The value a word stands for; words are matched exactly.
            #[must_use]
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str() == word)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use words_of;

words_of! {
    /// How a number binds. The plan writes both "at least" and "more than", and the difference counts at the very value.
    Operator {
        /// At least.
        AtLeast = "gte",
        /// Strictly more than.
        MoreThan = "gt",
        /// Exactly.
        Equal = "eq",
    }
}

impl Operator {
    /// Does `found` satisfy the number? Not a number never does.
    #[must_use]
    pub fn holds(self, found: f64, asked: f64) -> bool {
        match self {
            Self::AtLeast => found >= asked,
            Self::MoreThan => found > asked,
            // Both sides are decimals as written; a count or a percentage is met only by the same decimal.
            Self::Equal => found.total_cmp(&asked).is_eq(),
        }
    }
}

words_of! {
    /// How the plan speaks of a place, at its own date; not today's state.
    Status {
        /// Stands already.
        Existing = "existing",
        /// Being built or pushed forward.
        UnderConstruction = "under-construction",
        /// Old ground to be made into something else.
        Renovate = "renovate",
        /// A standing building to be filled again.
        Revitalise = "revitalise",
        /// Decided.
        Planned = "planned",
        /// To be explored or striven for.
        Proposed = "proposed",
    }
}

words_of! {
    /// Why a place may count as a unit. None of these shows that it is built or designated.
    UnitRole {
        /// Named as an innovation block, park or building, on ground of its own.
        Named = "named",
        /// What is to be made of the ground of an old park: no ground of its own.
        Outcome = "outcome",
        /// An incubation carrier that might qualify.
        Carrier = "carrier",
    }
}

words_of! {
    /// Do the indicators bind anyone?
    Nature {
        /// No: 预期性.
        Expected = "expected",
        /// Yes: 约束性.
        Binding = "binding",
    }
}

words_of! {
    /// The parts of the layout, in the order of the plan's formula.
    Part {
        /// 核.
        Core = "core",
        /// 轴.
        Axis = "axis",
        /// 带.
        Belt = "belt",
        /// 点.
        Point = "point",
    }
}

words_of! {
    /// The way a course is listed.
    Direction {
        /// From the west.
        WestEast = "west-east",
        /// From the east.
        EastWest = "east-west",
        /// From the north.
        NorthSouth = "north-south",
        /// From the south.
        SouthNorth = "south-north",
    }
}

words_of! {
    /// How a loose fact of a place relates to its value.
    Relation {
        /// At least.
        AtLeast = ">=",
        /// More than.
        MoreThan = ">",
        /// About.
        About = "~",
        /// Is.
        Is = "=",
    }
}

/// A loose fact of a place, such as the number of firms it holds; cited by the place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fact {
    /// Name, `snake_case`.
    pub name: Box<str>,
    /// How the value is meant.
    pub relation: Relation,
    /// The value as written, never empty.
    pub value: Box<str>,
}

/// A place, body or group the plan names.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Id; the id of its feature too.
    pub id: Box<str>,
    /// Name as the plan writes it, and ours in English.
    pub name: Words,
    /// Other names in the plan.
    pub aliases: Vec<Box<str>>,
    /// A unit type of the plan, `block`, `park`, `building`, `carrier`, `zone`, `site`, `campus`, `lab`, `platform`, `enterprise`, `port`, `road`,
    /// `water`, `place`, `park-green`, `external`, `region` or `group`.
    pub kind: Box<str>,
    /// Finer kind, such as `hospital` or `incubator`.
    pub subtype: Option<Box<str>>,
    /// A second kind the plan gives it elsewhere.
    pub also_kind: Option<Box<str>>,
    /// State at the plan's date.
    pub status: Option<Status>,
    /// Does the plan list the place without saying its state, so that the state is our inference?
    pub status_inferred: bool,
    /// Why it may count as a unit; `None` when it may not.
    pub unit: Option<UnitRole>,
    /// The place or core that contains or owns it.
    pub within: Option<Box<str>>,
    /// The district or city outside the zone it lies in.
    pub located_in: Option<Box<str>>,
    /// Does it lie in the zone? `None` where that is open or it lies on both sides.
    pub inside_zone: Option<bool>,
    /// Ids of industries.
    pub industries: Vec<Box<str>>,
    /// `national` and the like.
    pub level: Option<Box<str>>,
    /// Ids of places and roles.
    pub partners: Vec<Box<str>>,
    /// Names of its parts, in Chinese.
    pub components: Vec<Box<str>>,
    /// Loose facts.
    pub facts: Vec<Fact>,
    /// Never empty.
    pub citations: Vec<Citation>,
    /// Our remark.
    pub note: Option<Box<str>>,
}

impl Place {
    /// The unit type it would have: for named units and outcomes that is their kind; carriers have none yet.
    #[must_use]
    pub fn unit_type(&self) -> Option<&str> {
        match self.unit? {
            UnitRole::Named | UnitRole::Outcome => Some(&self.kind),
            UnitRole::Carrier => None,
        }
    }
}

/// An industry of the list "3335".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Industry {
    /// Id.
    pub id: Box<str>,
    /// Name.
    pub name: Words,
    /// Other names in the plan.
    pub aliases: Vec<Box<str>>,
    /// Id of its group.
    pub group: Box<str>,
    /// Never empty.
    pub citations: Vec<Citation>,
    /// Our remark.
    pub note: Option<Box<str>>,
}

/// A group of industries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndustryGroup {
    /// Id.
    pub id: Box<str>,
    /// Name.
    pub name: Words,
    /// How many industries the plan says are in it; the list agrees.
    pub count: Option<usize>,
    /// Never empty.
    pub citations: Vec<Citation>,
}

/// A row of the table of indicators. All are expected, none is binding.
#[derive(Debug, Clone, PartialEq)]
pub struct Indicator {
    /// Row of the table, from 1 without gaps.
    pub number: u16,
    /// Id.
    pub id: Box<str>,
    /// Name.
    pub name: Words,
    /// `rate`, `share`, `stock` or `cumulative`.
    pub kind: Box<str>,
    /// Unit of `baseline`, `target` and `earlier`: `percent`, `percent-per-year`, `count`, `per-10000-people`.
    pub unit: Box<str>,
    /// Value of the baseline year; `None` where the table leaves it blank.
    pub baseline: Option<f64>,
    /// Ids of baselines that add up to `baseline`; empty when it is not split.
    pub baseline_parts: Vec<Box<str>>,
    /// How the table binds `target`.
    pub op: Operator,
    /// Value for the target year.
    pub target: f64,
    /// How the prose binds the same number, where it differs from the table.
    pub op_in_prose: Option<Operator>,
    /// A year before the baseline year and its value.
    pub earlier: Option<(u16, f64)>,
    /// Can it be counted on the map?
    pub spatial: bool,
    /// Never empty.
    pub citations: Vec<Citation>,
    /// Our remark.
    pub note: Option<Words>,
}

/// A numeric target in the prose.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Id.
    pub id: Box<str>,
    /// Name.
    pub name: Words,
    /// The indicator it repeats, with the same unit and value.
    pub same_as: Option<Box<str>>,
    /// How it binds.
    pub op: Operator,
    /// The number.
    pub value: f64,
    /// Unit: `count`, `count-added`, `people`, `1e8-yuan` (hundred million yuan).
    pub unit: Box<str>,
    /// Year by which it is to be reached; `None` where the plan gives none.
    pub by: Option<u16>,
    /// Ids of the unit types it counts; empty for other things.
    pub counts: Vec<Box<str>>,
    /// Does the plan only strive for it?
    pub soft: bool,
    /// Can it be counted on the map?
    pub spatial: bool,
    /// Never empty.
    pub citations: Vec<Citation>,
    /// Our remark.
    pub note: Option<Words>,
}

/// What the zone had before the plan.
#[derive(Debug, Clone, PartialEq)]
pub struct Baseline {
    /// Id.
    pub id: Box<str>,
    /// Name, ours.
    pub name: Words,
    /// `eq`, or how the number is bounded.
    pub op: Operator,
    /// The number.
    pub value: f64,
    /// Does the plan say "about"?
    pub approximate: bool,
    /// Unit, as for indicators and targets.
    pub unit: Box<str>,
    /// The year, or the years it sums or averages over.
    pub years: Years,
    /// Growth since 2015, percent.
    pub growth_since_2015_percent: Option<f64>,
    /// The indicator that measures the same thing.
    pub indicator: Option<Box<str>>,
    /// Never empty.
    pub citations: Vec<Citation>,
    /// Our remark.
    pub note: Option<Words>,
}

/// One of the four parts of the layout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LayoutPart {
    /// Which.
    pub part: Part,
    /// Ids of its features; for `point` the named units, blocks first.
    pub ids: Vec<Box<str>>,
    /// What it is, in one sentence of ours.
    pub sentence: Words,
    /// Never empty.
    pub citations: Vec<Citation>,
}

/// A place in the core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CorePart {
    /// Id of the place.
    pub place: Box<str>,
    /// How it lies to `near`: `beside` or `along`.
    pub relation: Option<Box<str>>,
    /// Ids of places it lies at.
    pub near: Vec<Box<str>>,
    /// What it is for.
    pub functions: Vec<Box<str>>,
    /// Ids of places it hosts.
    pub hosts: Vec<Box<str>>,
}

/// An innovation core.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Core {
    /// Id.
    pub id: Box<str>,
    /// Name.
    pub name: Words,
    /// Id of the place that is its body; `None` where not stated.
    pub body: Option<Box<str>>,
    /// Its parts, in the order of the text.
    pub parts: Vec<CorePart>,
    /// Never empty.
    pub citations: Vec<Citation>,
}

/// An axis or a belt: a line through places in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Course {
    /// Id.
    pub id: Box<str>,
    /// Name.
    pub name: Words,
    /// The way `start`, `anchors` and `end` are listed; `None` where not stated.
    pub direction: Option<Direction>,
    /// Where it begins; `None` where not stated.
    pub start: Option<Box<str>>,
    /// Ids between the ends, in order.
    pub anchors: Vec<Box<str>>,
    /// Where it ends; `None` where not stated.
    pub end: Option<Box<str>>,
    /// Ids of the roads or banks it follows.
    pub follows: Vec<Box<str>>,
    /// Ids of the roads it strings together.
    pub strings_together: Vec<Box<str>>,
    /// Ids of the places it crosses.
    pub passes: Vec<Box<str>>,
    /// What it is for.
    pub functions: Vec<Box<str>>,
    /// Ids of industries.
    pub industries: Vec<Box<str>>,
    /// Does it run into other jurisdictions?
    pub leaves_zone: bool,
    /// Never empty.
    pub citations: Vec<Citation>,
}

impl Course {
    /// The stated places in order, with the ends.
    pub fn places(&self) -> impl Iterator<Item = &str> {
        self.start.iter().chain(&self.anchors).chain(&self.end).map(AsRef::as_ref)
    }
}

/// What stands in documents for the type of a unit that nobody tells; no type has this id.
pub const NO_TYPE: &str = "unknown";

/// An id with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Id.
    pub id: Box<str>,
    /// Name.
    pub name: Words,
}

/// The layout, such as one core, one axis, two belts, many points. Empty where the plan states none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    /// The formula.
    pub formula: Option<Words>,
    /// The parts it states, in the order of [`Part::ALL`], each once.
    pub parts: Vec<LayoutPart>,
    /// Innovation cores.
    pub cores: Vec<Core>,
    /// Axes.
    pub axes: Vec<Course>,
    /// Belts.
    pub belts: Vec<Course>,
    /// The place all belts begin or end at, where there is one.
    pub shared_terminus: Option<Box<str>>,
    /// The types of innovation unit in the order they are shown; a named unit is of one of them.
    pub unit_types: Vec<Named>,
    /// Id of the target that counts units.
    pub target: Option<Box<str>>,
    /// Why a count must say how it treats nested units.
    pub nesting: Option<Words>,
    /// Where it stands.
    pub citations: Vec<Citation>,
}

impl Layout {
    /// The axes and the belts.
    pub fn courses(&self) -> impl Iterator<Item = &Course> {
        self.axes.iter().chain(&self.belts)
    }

    /// The places that the plan says to belong to a core, an axis or a belt, in the order of its text: the parts of a core, the
    /// stations of a course and what it passes.
    #[must_use]
    pub fn places_of(&self, id: &str) -> Vec<&str> {
        if let Some(core) = self.cores.iter().find(|core| *core.id == *id) {
            return core.parts.iter().map(|part| &*part.place).collect();
        }
        let course = self.courses().find(|course| *course.id == *id);
        course.map_or_else(Vec::new, |course| {
            course.places().chain(course.passes.iter().map(AsRef::as_ref)).collect()
        })
    }
}

/// How many candidates the plan names; what is stated was recounted from the places when read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CandidateCounts {
    /// Named units.
    pub named: Option<usize>,
    /// Named units inside another named unit.
    pub nested: Option<usize>,
    /// The other named units.
    pub top_level: Option<usize>,
    /// Named units and carriers.
    pub named_and_carriers: Option<usize>,
    /// Named units, carriers and outcomes.
    pub named_carriers_and_outcomes: Option<usize>,
    /// Where that stands.
    pub citations: Vec<Citation>,
}

/// Things of one sort a block contains.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Content {
    /// `communities`, `universities`, `hospitals`, `parks`.
    pub what: Box<str>,
    /// How many.
    pub count: usize,
    /// Ids of the places; empty when the plan does not name them, else `count` of them.
    pub places: Vec<Box<str>>,
    /// Id of the group that stands for unnamed ones.
    pub group: Option<Box<str>>,
}

/// What an innovation block is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// Id of the place.
    pub id: Box<str>,
    /// Where it lies, in words.
    pub situation: Option<Words>,
    /// Side (`east`, `south`, `west`, `north`) and the id of the place that bounds it.
    pub bounded_by: Vec<(Box<str>, Box<str>)>,
    /// What it contains.
    pub contains: Vec<Content>,
    /// All contents together; `None` where not stated.
    pub components: Option<usize>,
    /// Id of the place it grows around.
    pub core_site: Option<Box<str>>,
    /// Who builds it.
    pub investors: Vec<Box<str>>,
    /// What that money draws in.
    pub draws_in: Option<Box<str>>,
    /// What completes it.
    pub complement: Option<Words>,
    /// Where the text does not agree with itself.
    pub notes: Vec<Words>,
    /// Never empty.
    pub citations: Vec<Citation>,
}

/// Renewal of old industrial ground; empty where the plan does not speak of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Renovation {
    /// The plan's word for it.
    pub term: Option<Words>,
    /// Ids of the parks to begin with.
    pub breakthrough_sites: Vec<Box<str>>,
    /// Ids of the parks to be made.
    pub outcome_parks: Vec<Box<str>>,
    /// Does the plan state which site becomes which park?
    pub mapping_stated: bool,
    /// Ids of buildings to be filled again.
    pub revitalised_buildings: Vec<Box<str>>,
    /// What is renewed.
    pub objects: Vec<Box<str>>,
    /// Kinds of accelerator space.
    pub space_ladder: Vec<Words>,
    /// Where that stands.
    pub citations: Vec<Citation>,
}

/// Land policy; empty where the plan does not speak of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Land {
    /// New use types, on trial.
    pub use_types: Vec<Named>,
    /// Ways land is supplied.
    pub supply_modes: Vec<Named>,
    /// The principle.
    pub policy: Option<Words>,
    /// Where that stands.
    pub citations: Vec<Citation>,
}

/// The living circle around a unit; empty where the plan does not speak of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LivingCircle {
    /// Name.
    pub name: Option<Words>,
    /// Reach, minutes.
    pub minutes: Option<u16>,
    /// Id of the type of units it is asked of.
    pub applies_to: Option<Box<str>>,
    /// Does the plan state what must lie within?
    pub thresholds_stated: bool,
    /// Where that stands.
    pub citations: Vec<Citation>,
}

/// A place at the other end of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LinkEnd {
    /// `partner-city`, `influenced-area`, `co-built-park`, `host-city`, `partner-area`, `gateway`, `event-place`.
    pub role: Box<str>,
    /// Id of the place.
    pub place: Box<str>,
    /// Never empty.
    pub citations: Vec<Citation>,
    /// Our remark.
    pub note: Option<Box<str>>,
}

/// A link beyond the zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Id.
    pub id: Box<str>,
    /// Name.
    pub name: Words,
    /// Id of the zone, where the link starts from it.
    pub origin: Option<Box<str>>,
    /// State at the plan's date.
    pub status: Option<Status>,
    /// Who does what where.
    pub pattern: Option<Words>,
    /// By what means.
    pub means: Vec<Box<str>>,
    /// What is shared.
    pub shared: Vec<Box<str>>,
    /// Ids of industries.
    pub industries: Vec<Box<str>>,
    /// Ids of data products.
    pub products: Vec<Box<str>>,
    /// Partners that are no place.
    pub partners: Vec<Words>,
    /// What else belongs to it.
    pub also: Option<Words>,
    /// Its places.
    pub ends: Vec<LinkEnd>,
    /// Never empty.
    pub citations: Vec<Citation>,
}

/// Roads opened to tests of connected vehicles; empty where the plan does not speak of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TestRoads {
    /// Id of the place at their heart.
    pub core: Option<Box<str>>,
    /// Technology.
    pub stack: Option<Box<str>>,
    /// Uses.
    pub uses: Vec<Box<str>>,
    /// How they are opened.
    pub opening: Option<Words>,
    /// Where that stands.
    pub citations: Vec<Citation>,
}

/// A group of application scenarios.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scenario {
    /// Id.
    pub id: Box<str>,
    /// Name.
    pub name: Words,
    /// Ids of places named as hosts.
    pub host_sites: Vec<Box<str>>,
    /// Never empty.
    pub citations: Vec<Citation>,
}

/// A map, list or platform the plan asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataProduct {
    /// Id.
    pub id: Box<str>,
    /// Name.
    pub name: Words,
    /// Id of the place (platform) it is built on.
    pub built_on: Option<Box<str>>,
    /// How often it appears, such as `yearly`.
    pub cycle: Option<Box<str>>,
    /// Never empty.
    pub citations: Vec<Citation>,
    /// Our remark.
    pub note: Option<Box<str>>,
}

/// Who does what.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    /// Id.
    pub id: Box<str>,
    /// Name.
    pub name: Words,
    /// Tasks.
    pub does: Vec<Box<str>>,
    /// Never empty.
    pub citations: Vec<Citation>,
    /// Our remark.
    pub note: Option<Box<str>>,
}

/// Watching over the plan; empty where the plan does not speak of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Governance {
    /// How the plan is followed.
    pub mechanisms: Vec<Box<str>>,
    /// What is scored: `whole-zone`, `each-park`.
    pub scored_areas: Vec<Box<str>>,
    /// Does the plan state dates for this?
    pub dates_stated: bool,
    /// Of the three fields above.
    pub citations: Vec<Citation>,
    /// What digital governance does.
    pub digital_functions: Vec<Box<str>>,
    /// Of `digital_functions`.
    pub digital_citations: Vec<Citation>,
    /// Who does what.
    pub roles: Vec<Role>,
}

/// Stages in order, each with its name; empty where the plan does not speak of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Incubation {
    /// From the smallest to the largest.
    pub stages: Vec<Words>,
    /// Levels of recognition, highest first.
    pub levels: Vec<Box<str>>,
    /// Where that stands.
    pub citations: Vec<Citation>,
}

/// The ladders an enterprise climbs; empty where the plan does not speak of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnterpriseLadder {
    /// By growth, lowest first.
    pub growth: Vec<Words>,
    /// Towards a listing, lowest first.
    pub listing: Vec<Words>,
    /// Where that stands.
    pub citations: Vec<Citation>,
}

/// The alliance for automotive chips; empty where the plan does not speak of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChipAlliance {
    /// Id of the place that leads.
    pub lead: Option<Box<str>>,
    /// Ids of the other members.
    pub members: Vec<Box<str>>,
    /// Where that stands.
    pub citations: Vec<Citation>,
}

/// What makes a rule count a unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Basis {
    /// The plan names it in one of these roles; outcomes are never among them.
    Plan(Vec<UnitRole>),
    /// The register has an entry that holds on the day.
    Register(Event),
}

/// A rule by which units are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CountingRule {
    /// Id.
    pub id: Box<str>,
    /// What people call it.
    pub title: Words,
    /// The rule in one sentence of ours.
    pub sentence: Words,
    /// What it looks at.
    pub basis: Basis,
}

words_of! {
    /// Which of the units that a rule finds are counted.
    Scope {
        /// Each.
        All = "all",
        /// Those that do not stand in another unit that is counted.
        TopLevel = "top-level",
    }
}

/// How units are counted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counting {
    /// The rules, in the order they are shown.
    pub rules: Vec<CountingRule>,
    /// What each scope counts: title and sentence, in the order of [`Scope::ALL`].
    pub scopes: Vec<(Words, Words)>,
    /// The rule and scope that decide whether the target is met; `None` where nobody says.
    pub deciding: Option<(Box<str>, Scope)>,
    /// Why these.
    pub reason: Option<Words>,
    /// Where the plan speaks of it; empty where the rules are the usual ones of this service.
    pub citations: Vec<Citation>,
}

/// How progress is judged: the change since the baseline, beside the change that a straight line to the target would
/// have made by then.
#[derive(Debug, Clone, PartialEq)]
pub struct Judging {
    /// From this share on, it is on track.
    pub on_track: f64,
    /// From this share on, it is slightly off.
    pub slightly_off: f64,
    /// The rule in words of ours.
    pub sentence: Words,
}

/// What a section of the plan is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clause {
    /// The section in the plan's own numbering.
    pub section: Box<str>,
    /// What it is about, in a few words of ours.
    pub subject: Words,
}

/// A fact that a section of the plan states.
#[derive(Debug, Clone, Copy)]
pub struct Stated<'a> {
    /// What it is.
    pub what: What,
    /// Its id; its kind where it has none.
    pub id: &'a str,
    /// What people call it; `None` where it has no name.
    pub name: Option<&'a Words>,
}

words_of! {
    /// What a stated fact is.
    What {
        /// A place, body or group.
        Place = "place",
        /// A row of the table of indicators.
        Indicator = "indicator",
        /// A target in the prose.
        Target = "target",
        /// What the zone had.
        Baseline = "baseline",
        /// An industry or a group of them.
        Industry = "industry",
        /// A part of the layout: core, axis, belt, points.
        Layout = "layout",
        /// What a block is made of.
        Block = "block",
        /// A link beyond the zone, or a place at its end.
        Link = "link",
        /// A map, list or platform.
        Product = "data-product",
        /// Who does what.
        Role = "role",
        /// A rule, a policy, a ladder: whatever else.
        Rule = "rule",
    }
}

/// What a reader of the numbers must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caution {
    /// Id.
    pub id: Box<str>,
    /// In one sentence of ours.
    pub text: Words,
    /// Never empty.
    pub citations: Vec<Citation>,
}

/// The plan itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanAbout {
    /// Id.
    pub id: Box<str>,
    /// Title.
    pub title: Words,
    /// Years it covers.
    pub period: Years,
    /// The period before it.
    pub prior_period: Option<(Words, Years)>,
    /// Year of the baselines of the indicators.
    pub baseline_year: Option<u16>,
    /// Year of the targets of the indicators.
    pub target_year: Option<u16>,
    /// Year it looks ahead to.
    pub outlook_year: Option<u16>,
    /// Plans above it.
    pub parents: Vec<Words>,
    /// Numbers the plan leaps over; citing one is a mistake.
    pub numbering_gaps: Vec<Box<str>>,
    /// Number and title of its layout drawing.
    pub figure: Option<(Box<str>, Words)>,
    /// Was the drawing at hand? If not, every layout geometry is a reading of words.
    pub figure_available: bool,
    /// Never empty.
    pub citations: Vec<Citation>,
}

/// The zone the plan is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone {
    /// Id; the id of its feature too.
    pub id: Box<str>,
    /// Name.
    pub name: Words,
    /// Other names.
    pub aliases: Vec<Box<str>>,
    /// The zone together with the district it is run with.
    pub joint_administration: Option<Words>,
    /// Year it was founded.
    pub founded_year: Option<u16>,
    /// Year and month it became a national zone, `YYYY-MM`.
    pub national_level_since: Option<Box<str>>,
    /// Never empty.
    pub citations: Vec<Citation>,
}

/// All facts of the plan. Every id in it leads to something in it, and ids of one list are unique.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanFacts {
    /// The plan itself.
    pub about: PlanAbout,
    /// The zone.
    pub zone: Zone,
    /// Core, axis, belts, points.
    pub layout: Layout,
    /// Places, in the order of the file.
    pub places: Vec<Place>,
    /// How many places may count as units.
    pub candidates: CandidateCounts,
    /// Composition of innovation blocks.
    pub blocks: Vec<Block>,
    /// Renewal.
    pub renovation: Renovation,
    /// Land policy.
    pub land: Land,
    /// The living circle.
    pub living_circle: LivingCircle,
    /// The list of industries, such as `3335`.
    pub industry_code: Option<Box<str>>,
    /// Groups of industries.
    pub industry_groups: Vec<IndustryGroup>,
    /// Industries, in the order of their groups.
    pub industries: Vec<Industry>,
    /// Do the indicators bind? `None` where not stated.
    pub nature: Option<Nature>,
    /// Rows of the table of indicators, in order.
    pub indicators: Vec<Indicator>,
    /// Targets in the prose.
    pub targets: Vec<Target>,
    /// What the zone had.
    pub baselines: Vec<Baseline>,
    /// Links beyond the zone.
    pub links: Vec<Link>,
    /// Test roads.
    pub test_roads: TestRoads,
    /// Scenarios.
    pub scenarios: Vec<Scenario>,
    /// Data products.
    pub data_products: Vec<DataProduct>,
    /// Monitoring and roles.
    pub governance: Governance,
    /// Incubation chain.
    pub incubation: Incubation,
    /// Enterprise ladders.
    pub enterprise_ladder: EnterpriseLadder,
    /// Chip alliance.
    pub chip_alliance: ChipAlliance,
    /// How units are counted.
    pub counting: Counting,
    /// How progress is judged.
    pub judging: Judging,
    /// Cautions.
    pub cautions: Vec<Caution>,
    /// What its sections are about, in their order; empty where that was not noted.
    pub clauses: Vec<Clause>,
    /// What is known beside the plan.
    pub evidence: Evidence,
}

impl PlanFacts {
    /// The place of an id.
    #[must_use]
    pub fn place(&self, id: &str) -> Option<&Place> {
        self.places.iter().find(|place| &*place.id == id)
    }

    /// The industry of an id.
    #[must_use]
    pub fn industry(&self, id: &str) -> Option<&Industry> {
        self.industries.iter().find(|industry| &*industry.id == id)
    }

    /// The indicator of an id.
    #[must_use]
    pub fn indicator(&self, id: &str) -> Option<&Indicator> {
        self.indicators.iter().find(|indicator| &*indicator.id == id)
    }

    /// The target of an id.
    #[must_use]
    pub fn target(&self, id: &str) -> Option<&Target> {
        self.targets.iter().find(|target| &*target.id == id)
    }

    /// What a section is about, where that was noted.
    #[must_use]
    pub fn subject(&self, section: &str) -> Option<&Words> {
        self.clauses.iter().find(|clause| &*clause.section == section).map(|clause| &clause.subject)
    }

    /// All that is stated, each with where it stands.
    pub fn stated(&self) -> impl Iterator<Item = (Stated<'_>, &[Citation])> {
        type One<'a> = (Stated<'a>, &'a [Citation]);
        fn one<'a>(what: What, id: &'a str, name: Option<&'a Words>, cited: &'a [Citation]) -> One<'a> {
            (Stated { what, id, name }, cited)
        }
        macro_rules! named {
            ($what:ident, $list:expr) => {
                $list.iter().map(|fact| one(What::$what, &fact.id, Some(&fact.name), &fact.citations))
            };
        }
        let layout = &self.layout;
        let ends = self.links.iter().flat_map(|link| &link.ends);
        let name = |id: &str| self.place(id).map(|place| &place.name);
        let rule = |id, cited| one(What::Rule, id, None, cited);
        let rules = [
            rule("plan", &*self.about.citations),
            one(What::Layout, "layout", layout.formula.as_ref(), &layout.citations),
            rule("unit-candidates", &self.candidates.citations),
            rule("renovation", &self.renovation.citations),
            rule("land", &self.land.citations),
            one(What::Rule, "living-circle", self.living_circle.name.as_ref(), &self.living_circle.citations),
            rule("test-roads", &self.test_roads.citations),
            rule("monitoring", &self.governance.citations),
            rule("digital-governance", &self.governance.digital_citations),
            rule("incubation", &self.incubation.citations),
            rule("enterprise-ladder", &self.enterprise_ladder.citations),
            rule("chip-alliance", &self.chip_alliance.citations),
            rule("counting", &self.counting.citations),
            one(What::Place, &self.zone.id, Some(&self.zone.name), &self.zone.citations),
        ];
        let parts = layout.parts.iter();
        named!(Place, self.places)
            .chain(named!(Indicator, self.indicators))
            .chain(named!(Target, self.targets))
            .chain(named!(Baseline, self.baselines))
            .chain(named!(Industry, self.industry_groups))
            .chain(named!(Industry, self.industries))
            .chain(named!(Layout, layout.cores))
            .chain(named!(Layout, layout.axes))
            .chain(named!(Layout, layout.belts))
            .chain(
                parts
                    .map(|part| one(What::Layout, part.part.as_str(), Some(&part.sentence), &part.citations)),
            )
            .chain(
                self.blocks
                    .iter()
                    .map(move |block| one(What::Block, &block.id, name(&block.id), &block.citations)),
            )
            .chain(named!(Link, self.links))
            .chain(ends.map(move |end| one(What::Link, &end.place, name(&end.place), &end.citations)))
            .chain(named!(Product, self.data_products))
            .chain(named!(Rule, self.scenarios))
            .chain(named!(Role, self.governance.roles))
            .chain(
                self.cautions
                    .iter()
                    .map(|caution| one(What::Rule, &caution.id, Some(&caution.text), &caution.citations)),
            )
            .chain(rules)
    }

    /// The type of unit of an id.
    #[must_use]
    pub fn unit_type(&self, id: &str) -> Option<&Named> {
        self.layout.unit_types.iter().find(|known| &*known.id == id)
    }

    /// The target of the layout: how many innovation units there are to be.
    #[must_use]
    pub fn unit_target(&self) -> Option<&Target> {
        self.target(self.layout.target.as_deref()?)
    }

    /// The places that may count as units for this reason, in the order of the file.
    pub fn candidates(&self, role: UnitRole) -> impl Iterator<Item = &Place> {
        self.places.iter().filter(move |place| place.unit == Some(role))
    }

    /// Is this named unit inside another named unit, however deep?
    #[must_use]
    pub fn is_nested(&self, place: &Place) -> bool {
        let mut inside = place.within.as_deref();
        // Parents form no ring, so the walk ends; the bound keeps that true for values built by hand.
        for _ in 0..self.places.len() {
            let Some(parent) = inside.and_then(|id| self.place(id)) else { return false };
            if parent.unit == Some(UnitRole::Named) {
                return true;
            }
            inside = parent.within.as_deref();
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operator_tells_at_least_from_more_than() {
        let cases = [
            (Operator::AtLeast, 20.0, 20.0, true),
            (Operator::AtLeast, 19.0, 20.0, false),
            (Operator::MoreThan, 40.0, 40.0, false),
            (Operator::MoreThan, 40.1, 40.0, true),
            (Operator::Equal, 7.0, 7.0, true),
            (Operator::Equal, 7.5, 7.0, false),
            (Operator::AtLeast, f64::NAN, 20.0, false),
        ];
        let wrong: Vec<_> =
            cases.iter().filter(|(op, found, asked, holds)| op.holds(*found, *asked) != *holds).collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn words_lead_back_to_their_values() {
        for op in Operator::ALL {
            assert_eq!(Operator::parse(op.as_str()), Some(*op));
        }
        assert_eq!(Operator::parse("GTE"), None);
        assert_eq!(Status::parse("under-construction"), Some(Status::UnderConstruction));
        assert_eq!(
            Part::ALL.iter().map(|part| part.as_str()).collect::<Vec<_>>(),
            ["core", "axis", "belt", "point"]
        );
    }
}
