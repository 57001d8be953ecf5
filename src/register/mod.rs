//! What counts as an innovation unit, under which rule, on which day, and what does the plan's evidence come to?
//!
//! In: the facts of the plan with its evidence, and a day; for the block sheet the layers too. Out: counts that open into
//! lists, each line with its reason ([`count`]), of an area only where one is asked for ([`area`]), spread over the layout
//! ([`cross`]); the state of every target ([`progress`]); what a block holds beside what the plan says of it ([`block`]); its sections with what they state ([`clauses`]).
//! Leaves out: how any of it is shown.
//!
//! Nothing is judged without evidence: a unit is designated or built by a dated entry with a document, a number is
//! reached by a dated observation with one.

pub mod area;
pub mod block;
pub mod clauses;
pub mod cross;
pub mod progress;
pub mod say;

use thiserror::Error;

use area::Chosen;
use block::Standing;

use crate::model::plan::{Basis, CountingRule, PlanFacts, Scope, Target, UnitRole};
use crate::model::{Citation, Date, Entry, Event, Place, Words, cut};

/// A question that the register cannot answer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RegisterError {
    /// A day before the plan.
    #[error("{asked} is before the plan begins, expected {first} or later")]
    BeforePlan {
        /// The day.
        asked: Date,
        /// The first day of the plan.
        first: Date,
    },
    /// A rule that the data does not know.
    #[error("the rule {asked:?} is unknown, expected one of {known}")]
    UnknownRule {
        /// Its name, cut to 80 characters.
        asked: String,
        /// The names there are.
        known: String,
    },
    /// An area that there is not.
    #[error("{asked:?}: expected {expected}")]
    Area {
        /// The parameter that asks for it.
        parameter: &'static str,
        /// What was asked for, cut to 80 characters.
        asked: String,
        /// What would be an area.
        expected: String,
    },
}

/// The first day of a year.
#[must_use]
pub fn first_day(year: u16) -> Date {
    Date::parse(&format!("{year:04}-01-01")).unwrap_or_else(|| Date::from_days(0))
}

/// The last day of a year.
#[must_use]
pub fn last_day(year: u16) -> Date {
    Date::from_days(first_day(year + 1).days() - 1)
}

/// Checks a day that is asked for.
///
/// # Errors
/// It lies before the plan.
pub fn day(facts: &PlanFacts, asked: Date) -> Result<Date, RegisterError> {
    let first = first_day(facts.about.period.start);
    if asked < first { Err(RegisterError::BeforePlan { asked, first }) } else { Ok(asked) }
}

/// The rule of a name.
///
/// # Errors
/// There is none.
pub fn rule<'a>(facts: &'a PlanFacts, name: &str) -> Result<&'a CountingRule, RegisterError> {
    facts.counting.rules.iter().find(|rule| &*rule.id == name).ok_or_else(|| RegisterError::UnknownRule {
        asked: cut(name),
        known: facts.counting.rules.iter().map(|rule| &*rule.id).collect::<Vec<_>>().join(", "),
    })
}

/// What may be a unit: a place of the plan, or one that the register names.
#[derive(Debug, Clone, Copy)]
pub struct Unit<'a> {
    /// Id; that of its feature too, where it has one.
    pub id: &'a str,
    /// Name.
    pub name: &'a Words,
    /// Id of its type in the plan; none where neither the plan nor the register says.
    pub unit_type: Option<&'a str>,
    /// What the plan takes it for; none where the plan does not speak of it as a unit.
    pub role: Option<UnitRole>,
    /// Id of what it stands in.
    pub within: Option<&'a str>,
    /// Where the plan speaks of it.
    pub citations: &'a [Citation],
}

/// Everything that a rule could count, in the order of the plan and then of the register.
#[must_use]
pub fn units(facts: &PlanFacts) -> Vec<Unit<'_>> {
    let told = |id: &str| facts.evidence.units.iter().find(|unit| &*unit.id == id);
    let of_place = |place: &'_ Place| place.unit.is_some() || told(&place.id).is_some();
    let places = facts.places.iter().filter(|place| of_place(place)).map(|place| {
        let registered = told(&place.id);
        Unit {
            id: &place.id,
            name: &place.name,
            unit_type: place.unit_type().or_else(|| registered?.unit_type.as_deref()),
            role: place.unit,
            within: registered.and_then(|unit| unit.within.as_deref()).or(place.within.as_deref()),
            citations: &place.citations,
        }
    });
    let others = facts.evidence.units.iter().filter(|unit| facts.place(&unit.id).is_none());
    let others = others.filter_map(|unit| {
        Some(Unit {
            id: &unit.id,
            name: unit.name.as_ref()?,
            unit_type: unit.unit_type.as_deref(),
            role: None,
            within: unit.within.as_deref(),
            citations: &[],
        })
    });
    places.chain(others).collect()
}

/// The name of a unit, place or core; its id where there is none.
#[must_use]
pub fn name(facts: &PlanFacts, id: &str) -> Words {
    let place = facts.place(id).map(|place| place.name.clone());
    let unit = || facts.evidence.units.iter().find(|unit| *unit.id == *id)?.name.clone();
    let core = || facts.layout.cores.iter().find(|core| &*core.id == id).map(|core| core.name.clone());
    place.or_else(unit).or_else(core).unwrap_or_else(|| Words { zh: id.into(), en: id.into() })
}

/// Why a unit is counted or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Reason<'a> {
    /// Counted: the plan names it.
    Named,
    /// Counted: the register says so.
    Registered(&'a Entry),
    /// Not counted: it stands in this unit, which is counted.
    Nested(&'a str),
    /// Never counted: it is to be made of the ground of other units.
    Outcome,
    /// Not counted: the plan does not take it for a unit.
    OtherRole(Option<UnitRole>),
    /// Not counted: the target counts other types.
    OtherType,
    /// Not counted: the register has no such entry.
    NoEntry(Event),
    /// Not counted yet: the entry holds from a later day on.
    Later(&'a Entry),
    /// No longer counted: the entry held until an earlier day.
    Ended(&'a Entry),
    /// Not counted: it lies outside the area that is asked for.
    Elsewhere(Standing),
    /// Not counted: it has no known position, so that nothing says whether it lies in the area that is asked for.
    Nowhere,
}

impl Reason<'_> {
    /// Is the unit counted?
    #[must_use]
    pub fn is_counted(self) -> bool {
        matches!(self, Self::Named | Self::Registered(_))
    }
}

/// A unit and what a count makes of it.
#[derive(Debug, Clone, Copy)]
pub struct Line<'a> {
    /// The unit.
    pub unit: Unit<'a>,
    /// Why.
    pub reason: Reason<'a>,
    /// Where it lies beside the area that is asked for, where the rule alone would count it.
    pub lies: Option<Standing>,
}

/// A count that opens into its list.
#[derive(Debug, Clone)]
pub struct Count<'a> {
    /// The rule.
    pub rule: &'a CountingRule,
    /// Which of the units that it finds are counted.
    pub scope: Scope,
    /// The day.
    pub as_of: Date,
    /// What is counted.
    pub counted: Vec<Line<'a>>,
    /// What is not, though one might think so.
    pub excluded: Vec<Line<'a>>,
}

impl Count<'_> {
    /// How many of a type are counted; none is the type that nobody tells.
    #[must_use]
    pub fn of_type(&self, unit_type: Option<&str>) -> usize {
        self.counted.iter().filter(|line| line.unit.unit_type == unit_type).count()
    }

    /// Of a count in an area, how many are counted, or not, though their positions are not accurate enough to be sure:
    /// the true number is from [`Self::certain`] to the sum of both.
    #[must_use]
    pub fn undecided(&self) -> usize {
        let lines = self
            .counted
            .iter()
            .chain(self.excluded.iter().filter(|line| matches!(line.reason, Reason::Elsewhere(_))));
        lines.filter(|line| line.lies.is_some_and(|lies| !lies.is_sure())).count()
    }

    /// How many of those that are counted are so for sure.
    #[must_use]
    pub fn certain(&self) -> usize {
        self.counted.iter().filter(|line| line.lies.is_none_or(Standing::is_sure)).count()
    }

    /// Of a count in an area, how many units the rule would count that have no known position.
    #[must_use]
    pub fn nowhere(&self) -> usize {
        self.excluded.iter().filter(|line| line.reason == Reason::Nowhere).count()
    }
}

/// The types into which counts part: those of the plan, and a last one for units whose type nobody tells, where any is counted.
#[must_use]
pub fn types<'a>(facts: &'a PlanFacts, counts: &[Count<'_>]) -> Vec<Option<&'a str>> {
    let has_untyped = counts.iter().any(|count| count.of_type(None) > 0);
    let known = facts.layout.unit_types.iter().map(|known| Some(&*known.id));
    known.chain(has_untyped.then_some(None)).collect()
}

/// Counts the units of a plan by a rule on a day.
#[must_use]
pub fn count<'a>(facts: &'a PlanFacts, rule: &'a CountingRule, scope: Scope, as_of: Date) -> Count<'a> {
    count_in(facts, rule, scope, as_of, None)
}

/// The same of those that lie in an area, where one is given. At the top level, a unit that stands in one outside of the
/// area is counted.
#[must_use]
pub fn count_in<'a>(
    facts: &'a PlanFacts,
    rule: &'a CountingRule,
    scope: Scope,
    as_of: Date,
    chosen: Option<&Chosen>,
) -> Count<'a> {
    count_types(facts, rule, scope, as_of, (chosen, &[]))
}

/// The same of units of some types, of all where none is named. One whose type nobody tells counts where all types do.
fn count_types<'a>(
    facts: &'a PlanFacts,
    rule: &'a CountingRule,
    scope: Scope,
    as_of: Date,
    (chosen, types): (Option<&Chosen>, &[Box<str>]),
) -> Count<'a> {
    let units = units(facts);
    let is_of = |id: &str| types.iter().any(|known| **known == *id);
    let has_all = types.is_empty() || facts.layout.unit_types.iter().all(|kind| is_of(&kind.id));
    let line = |&unit: &Unit<'a>| {
        let reason = match reason(facts, rule, unit, as_of) {
            found if found.is_counted() && !has_all && !unit.unit_type.is_some_and(is_of) => {
                Reason::OtherType
            }
            reason => reason,
        };
        let lies = chosen.filter(|_| reason.is_counted()).map(|chosen| chosen.standing(unit.id));
        let reason = match lies {
            None | Some(Standing::Inside { .. }) => reason,
            Some(lies @ Standing::Outside { .. }) => Reason::Elsewhere(lies),
            Some(Standing::NoPosition | Standing::NoPolygon) => Reason::Nowhere,
        };
        Line { unit, reason, lies }
    };
    let mut lines: Vec<_> = units.iter().map(line).collect();
    if scope == Scope::TopLevel {
        let counted: Vec<&str> =
            lines.iter().filter(|line| line.reason.is_counted()).map(|line| line.unit.id).collect();
        for line in lines.iter_mut().filter(|line| line.reason.is_counted()) {
            let around = around(facts, &units, line.unit.within);
            if let Some(parent) = around.into_iter().find(|id| counted.contains(id)) {
                line.reason = Reason::Nested(parent);
            }
        }
    }
    let (counted, excluded) = lines.into_iter().partition(|line| line.reason.is_counted());
    Count { rule, scope, as_of, counted, excluded }
}

fn reason<'a>(facts: &'a PlanFacts, rule: &CountingRule, unit: Unit<'_>, as_of: Date) -> Reason<'a> {
    if unit.role == Some(UnitRole::Outcome) {
        return Reason::Outcome;
    }
    match &rule.basis {
        Basis::Plan(roles) if unit.role.is_some_and(|role| roles.contains(&role)) => Reason::Named,
        Basis::Plan(_) => Reason::OtherRole(unit.role),
        Basis::Register(event) => registered(facts, unit.id, *event, as_of),
    }
}

/// What the register says of an event of a unit on a day.
#[must_use]
pub fn registered<'a>(facts: &'a PlanFacts, unit: &str, event: Event, as_of: Date) -> Reason<'a> {
    let of_unit =
        || facts.evidence.register.iter().filter(|entry| *entry.unit == *unit && entry.event == event);
    let ended = |entry: &&Entry| entry.until.is_some_and(|until| until <= as_of);
    if let Some(entry) = of_unit().find(|entry| entry.holds(as_of)) {
        Reason::Registered(entry)
    } else if let Some(entry) = of_unit().filter(ended).max_by_key(|entry| entry.until) {
        Reason::Ended(entry)
    } else {
        of_unit().min_by_key(|entry| entry.from).map_or(Reason::NoEntry(event), Reason::Later)
    }
}

/// A place and what it stands in, however deep, the nearest first.
#[must_use]
pub fn around<'a>(facts: &'a PlanFacts, units: &[Unit<'a>], place: Option<&'a str>) -> Vec<&'a str> {
    let mut chain = Vec::new();
    let mut inside = place;
    // Nesting forms no ring, so the walk ends; the look back keeps that true for values built by hand.
    while let Some(id) = inside.filter(|id| !chain.contains(id)) {
        chain.push(id);
        let of_plan = || facts.place(id).and_then(|place| place.within.as_deref());
        inside = units.iter().find(|unit| unit.id == id).map_or_else(of_plan, |unit| unit.within);
    }
    chain
}

/// Is the plan's target of units met? What held on its deadline decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// It was satisfied on the deadline, or is on a day before it: since this day.
    Met(Date),
    /// It was not on the deadline and is on a later day: since this one.
    MetLate(Date),
    /// Not yet, and there is time left.
    Open,
    /// Not on the deadline, nor now.
    Missed,
    /// The register has no entry that bears on it.
    NotEvidenced,
}

impl State {
    /// Its word in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met(_) => "met",
            Self::MetLate(_) => "met-late",
            Self::Open => "open",
            Self::Missed => "missed",
            Self::NotEvidenced => "not-evidenced",
        }
    }
}

/// Days on which something held all along.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run {
    /// The first of them.
    pub from: Date,
    /// The first day on which it no longer held; none where it holds on the day that is asked for.
    pub until: Option<Date>,
}

impl Run {
    fn holds(&self, day: Date) -> bool {
        self.from <= day && self.until.is_none_or(|until| day < until)
    }
}

/// What the count that decides makes of the target.
#[derive(Debug, Clone)]
pub struct TargetState<'a> {
    /// The target.
    pub target: &'a Target,
    /// The count that decides, on the day that is asked for.
    pub count: Count<'a>,
    /// Its deadline, where that is past, and how many were counted on it.
    pub on_deadline: Option<(Date, usize)>,
    /// When the count satisfied it, up to the day that is asked for.
    pub satisfied: Vec<Run>,
    /// Is it met?
    pub state: State,
}

impl TargetState<'_> {
    /// Is it satisfied on the day that is asked for, whatever was on its deadline?
    #[must_use]
    pub fn holds(&self) -> bool {
        self.satisfied.last().is_some_and(|run| run.until.is_none())
    }
}

/// Is the layout's target of units met on a day? None for a plan that states no such target, or not which rule decides.
#[must_use]
pub fn target(facts: &PlanFacts, as_of: Date) -> Option<TargetState<'_>> {
    target_of_units(facts, facts.unit_target()?, as_of)
}

/// Is a target of units of some types met on a day? None for a plan that does not state which rule decides.
#[must_use]
pub fn target_of_units<'a>(facts: &'a PlanFacts, target: &'a Target, as_of: Date) -> Option<TargetState<'a>> {
    let (rule, scope) = facts.counting.deciding.as_ref()?;
    let rule = self::rule(facts, rule).ok()?;
    let count = |day: Date| count_types(facts, rule, *scope, day, (None, &target.counts));
    let found = |day: Date| count(day).counted.len();
    let count = count(as_of);
    let deadline = target.by.map(last_day).filter(|&deadline| deadline < as_of);
    let on_deadline = deadline.map(|deadline| (deadline, found(deadline)));
    let satisfied = runs(facts, rule, as_of, |day| reaches(target, found(day)));
    let run_on = |day: Date| satisfied.iter().find(|run| run.holds(day));
    let is_empty = count.counted.is_empty() && on_deadline.is_none_or(|(_, found)| found == 0);
    let state = match (run_on(deadline.unwrap_or(as_of)), run_on(as_of)) {
        (Some(run), _) => State::Met(run.from),
        (None, Some(run)) => State::MetLate(run.from),
        (None, None) if is_empty && matches!(rule.basis, Basis::Register(_)) => State::NotEvidenced,
        (None, None) if deadline.is_some() => State::Missed,
        (None, None) => State::Open,
    };
    Some(TargetState { target, count, on_deadline, satisfied, state })
}

#[expect(clippy::cast_precision_loss, reason = "a number of units")]
fn reaches(target: &Target, found: usize) -> bool {
    target.op.holds(found as f64, target.value)
}

/// When something held, up to a day. It may change on the first day of the plan and those of entries that the rule looks at only.
fn runs(facts: &PlanFacts, rule: &CountingRule, as_of: Date, holds: impl Fn(Date) -> bool) -> Vec<Run> {
    let entries = facts.evidence.register.iter().filter(|entry| rule.basis == Basis::Register(entry.event));
    let mut days: Vec<Date> = entries.flat_map(|entry| [Some(entry.from), entry.until]).flatten().collect();
    days.push(first_day(facts.about.period.start));
    days.retain(|&day| day <= as_of);
    days.sort_unstable();
    days.dedup();
    let mut runs: Vec<Run> = Vec::new();
    for day in days {
        match (runs.last_mut().filter(|run| run.until.is_none()), holds(day)) {
            (None, true) => runs.push(Run { from: day, until: None }),
            (Some(run), false) => run.until = Some(day),
            _ => {}
        }
    }
    runs
}
