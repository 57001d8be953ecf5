//! How far is each number of the plan, by what was observed?
//!
//! The change since the baseline is set beside the change that a straight line to the target would have made by the day
//! of the observation; [`Judging`](crate::model::plan::Judging) says which share is called what. Whether a number was reached is
//! decided by what was seen last up to the end of the target year, as that day decides for units.

use super::{State, first_day, last_day, target_of_units};
use crate::model::plan::{Baseline, Indicator, PlanFacts, Target};
use crate::model::{Citation, Date, Observation, Operator, Words};

/// What an observation makes of a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// The last observation up to the target date satisfies the target.
    Met,
    /// Only a later one does: the last.
    MetLate,
    /// As much has changed as is due.
    OnTrack,
    /// A little less.
    SlightlyOff,
    /// Much less.
    OffTrack,
    /// It moves away from the target.
    Reverse,
    /// No observation after the baseline, or no baseline.
    Insufficient,
}

impl Status {
    /// Every status, from the best.
    pub const ALL: [Self; 7] = [
        Self::Met,
        Self::MetLate,
        Self::OnTrack,
        Self::SlightlyOff,
        Self::OffTrack,
        Self::Reverse,
        Self::Insufficient,
    ];

    /// Its word in documents.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Met => "met",
            Self::MetLate => "met-late",
            Self::OnTrack => "on-track",
            Self::SlightlyOff => "slightly-off",
            Self::OffTrack => "off-track",
            Self::Reverse => "reverse",
            Self::Insufficient => "insufficient-data",
        }
    }
}

/// What must happen from the baseline to the target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Path {
    /// Change in a year on a straight line, in the unit of the number.
    pub linear_per_year: f64,
    /// Growth in a year on a curve of constant growth, percent; none where baseline or target are not above zero.
    pub percent_per_year: Option<f64>,
    /// Where the straight line is on the day that is asked for; none before the baseline's day.
    pub due: Option<f64>,
}

/// The number that is to be reached, and what became of it.
#[derive(Debug, Clone)]
pub struct Row<'a> {
    /// Id of the indicator or target.
    pub id: &'a str,
    /// Number in the table of indicators; none for targets of the prose.
    pub number: Option<u16>,
    /// Name.
    pub name: &'a Words,
    /// Its unit, as the plan has it.
    pub unit: &'a str,
    /// Value of the baseline year; none where the plan leaves it blank.
    pub baseline: Option<f64>,
    /// How the number binds.
    pub op: Operator,
    /// The number.
    pub target: f64,
    /// The year by whose end it is to be reached.
    pub by: Option<u16>,
    /// Does the plan only strive for it?
    pub soft: bool,
    /// The indicator whose state this target shares.
    pub same_as: Option<&'a str>,
    /// What is needed; none without a baseline or a year.
    pub path: Option<Path>,
    /// The last observation up to the day.
    pub latest: Option<Seen>,
    /// The one that its status rests on: of what was met in time, the last up to the target date, else the latest.
    pub decided: Option<Seen>,
    /// All observations up to the day, the oldest first.
    pub observations: Vec<&'a Observation>,
    /// The change so far as a share of the change due by the day of the observation.
    pub share: Option<f64>,
    /// What that makes.
    pub status: Status,
    /// What the plan says that does not agree with itself, and our remarks.
    pub notes: Vec<Words>,
    /// Where it stands in the plan.
    pub citations: &'a [Citation],
}

/// What was seen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Seen {
    /// The number.
    pub value: f64,
    /// The day it speaks of.
    pub date: Date,
}

/// The state of every number of the plan on a day.
#[derive(Debug, Clone)]
pub struct Progress<'a> {
    /// The day.
    pub as_of: Date,
    /// The table of indicators.
    pub indicators: Vec<Row<'a>>,
    /// The targets of the prose.
    pub targets: Vec<Row<'a>>,
}

/// Tells the state of every number of a plan.
#[must_use]
pub fn progress(facts: &PlanFacts, as_of: Date) -> Progress<'_> {
    let indicators: Vec<_> =
        facts.indicators.iter().map(|indicator| of_indicator(facts, indicator, as_of)).collect();
    let targets = facts.targets.iter().map(|goal| of_target(facts, goal, &indicators, as_of)).collect();
    Progress { as_of, indicators, targets }
}

fn of_indicator<'a>(facts: &'a PlanFacts, indicator: &'a Indicator, as_of: Date) -> Row<'a> {
    let mut row = Row {
        id: &indicator.id,
        number: Some(indicator.number),
        name: &indicator.name,
        unit: &indicator.unit,
        baseline: indicator.baseline,
        op: indicator.op,
        target: indicator.target,
        by: facts.about.target_year,
        soft: false,
        same_as: None,
        path: None,
        latest: None,
        decided: None,
        observations: observations(facts, &indicator.id, as_of),
        share: None,
        status: Status::Insufficient,
        notes: conflicts(facts, indicator),
        citations: &indicator.citations,
    };
    row.judge(facts, as_of);
    row
}

fn of_target<'a>(facts: &'a PlanFacts, goal: &'a Target, indicators: &[Row<'a>], as_of: Date) -> Row<'a> {
    let mut row = Row {
        id: &goal.id,
        number: None,
        name: &goal.name,
        unit: &goal.unit,
        baseline: None,
        op: goal.op,
        target: goal.value,
        by: goal.by,
        soft: goal.soft,
        same_as: goal.same_as.as_deref(),
        path: None,
        latest: None,
        decided: None,
        observations: observations(facts, &goal.id, as_of),
        share: None,
        status: Status::Insufficient,
        notes: goal.note.clone().into_iter().collect(),
        citations: &goal.citations,
    };
    if let Some(indicator) = indicators.iter().find(|row| Some(row.id) == goal.same_as.as_deref()) {
        row.baseline = indicator.baseline;
        row.observations.clone_from(&indicator.observations);
    }
    if !goal.counts.is_empty() || facts.layout.target.as_ref() == Some(&goal.id) {
        row.count_units(facts, goal, as_of);
    } else {
        row.judge(facts, as_of);
    }
    row
}

fn observations<'a>(facts: &'a PlanFacts, subject: &str, as_of: Date) -> Vec<&'a Observation> {
    let seen = facts.evidence.observations.iter();
    seen.filter(|seen| *seen.subject == *subject && seen.date <= as_of).collect()
}

impl Row<'_> {
    /// Units are counted from the register, which holds on every day.
    fn count_units(&mut self, facts: &PlanFacts, goal: &Target, as_of: Date) {
        let Some(found) = target_of_units(facts, goal, as_of) else { return };
        if found.state == State::NotEvidenced {
            return;
        }
        self.latest = Some(Seen { value: number(found.count.counted.len()), date: as_of });
        let on_deadline = found.on_deadline.map(|(date, found)| Seen { value: number(found), date });
        (self.status, self.decided) = match found.state {
            State::Met(_) => (Status::Met, on_deadline.or(self.latest)),
            State::MetLate(_) => (Status::MetLate, self.latest),
            State::Missed => (Status::OffTrack, self.latest),
            State::Open | State::NotEvidenced => (Status::Insufficient, self.latest),
        };
    }

    fn judge(&mut self, facts: &PlanFacts, as_of: Date) {
        let start = facts.about.baseline_year.map(last_day);
        let end = self.by.map(last_day);
        let line = self.baseline.zip(start).zip(end);
        let line = line.map(|((baseline, start), end)| Line { baseline, target: self.target, start, end });
        self.path = line.as_ref().map(|line| line.path(as_of));
        // What was seen before the plan's first day tells of the baseline, not of progress.
        let after = |seen: &&&Observation| seen.date >= first_day(facts.about.period.start);
        let mut seen = self.observations.iter().rev().filter(after).copied();
        let Some(latest) = seen.clone().next() else { return };
        let in_time = seen.find(|seen| end.is_none_or(|end| seen.date <= end));
        self.latest = Some(Seen::of(latest));
        self.share = line.as_ref().and_then(|line| line.share(latest));
        let satisfies = |seen: &&Observation| self.op.holds(seen.value, self.target);
        if let Some(seen) = in_time.filter(satisfies) {
            (self.status, self.decided) = (Status::Met, Some(Seen::of(seen)));
            return;
        }
        let is_seen_past = end.is_some_and(|end| latest.date >= end);
        let is_past = is_seen_past || end.is_some_and(|end| as_of > end);
        self.decided = self.latest;
        self.status = match self.share {
            _ if satisfies(&latest) => Status::MetLate,
            Some(share) if share < 0.0 => Status::Reverse,
            Some(share) if share >= facts.judging.on_track && !is_past => Status::OnTrack,
            Some(share) if share >= facts.judging.slightly_off => Status::SlightlyOff,
            Some(_) => Status::OffTrack,
            None if is_seen_past => Status::OffTrack,
            None => Status::Insufficient,
        };
    }
}

impl Seen {
    fn of(observation: &Observation) -> Self {
        Self { value: observation.value, date: observation.date }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a number of units")]
fn number(units: usize) -> f64 {
    units as f64
}

/// The straight line from the end of the baseline year to the end of the target year.
struct Line {
    baseline: f64,
    target: f64,
    start: Date,
    end: Date,
}

impl Line {
    fn years(&self) -> f64 {
        // Both days end a year.
        (f64::from(self.end.days() - self.start.days()) / 365.25).round()
    }

    fn due(&self, day: Date) -> Option<f64> {
        let whole = f64::from(self.end.days() - self.start.days());
        let passed = f64::from(day.days() - self.start.days());
        (whole > 0.0 && passed >= 0.0)
            .then(|| self.baseline + (self.target - self.baseline) * (passed / whole).min(1.0))
    }

    fn path(&self, as_of: Date) -> Path {
        let (from, to, years) = (self.baseline, self.target, self.years());
        Path {
            linear_per_year: (to - from) / years,
            percent_per_year: (from > 0.0 && to > 0.0)
                .then(|| ((to / from).powf(years.recip()) - 1.0) * 100.0),
            due: self.due(as_of),
        }
    }

    fn share(&self, seen: &Observation) -> Option<f64> {
        let due = self.due(seen.date)? - self.baseline;
        (due != 0.0).then(|| (seen.value - self.baseline) / due)
    }
}

/// What the plan says twice in two ways.
fn conflicts(facts: &PlanFacts, indicator: &Indicator) -> Vec<Words> {
    let mut notes: Vec<Words> = indicator.note.clone().into_iter().collect();
    if let Some(prose) = indicator.op_in_prose {
        notes.push(super::say::two_operators(indicator.op, prose, indicator.target));
    }
    if let Some((year, value)) = indicator.earlier {
        notes.push(super::say::earlier(year, value, indicator.op.holds(value, indicator.target)));
    }
    let parts: Vec<&Baseline> =
        facts.baselines.iter().filter(|baseline| indicator.baseline_parts.contains(&baseline.id)).collect();
    if let Some(sum) = indicator.baseline.filter(|_| !parts.is_empty()) {
        notes.push(super::say::sum(&parts, sum));
    }
    notes
}
