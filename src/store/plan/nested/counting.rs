//! How units are counted and progress is judged.

use serde::Deserialize;

use super::super::{PlanError, citations, one_of, wrong};
use super::{Id, RawWords, each, key};
use crate::model::Event;
use crate::model::plan::{Basis, Citation, Counting, CountingRule, Judging, Scope, UnitRole};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCounting {
    deciding: Option<RawDeciding>,
    reason: Option<RawWords>,
    rules: Option<Vec<RawRule>>,
    scopes: Option<Vec<RawScope>>,
    #[serde(default)]
    sections: Vec<String>,
    line: Option<u32>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawDeciding {
    rule: Id,
    scope: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: Id,
    title: RawWords,
    sentence: RawWords,
    roles: Option<Vec<String>>,
    event: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawScope {
    id: String,
    title: RawWords,
    sentence: RawWords,
}

/// What holds where a plan states no rules of its own: these are rules of ours, not facts of a plan.
#[derive(Deserialize)]
struct Usual {
    counting: RawCounting,
    progress: RawJudging,
}

impl Usual {
    fn read() -> Result<Self, PlanError> {
        let why = |why| PlanError::Toml { file: "usual.toml", why: Box::new(why) };
        toml::from_str(include_str!("usual.toml")).map_err(why)
    }
}

/// The rules of counting; what the plan does not state is as usual.
pub(super) fn counting(raw: Option<RawCounting>) -> Result<Counting, PlanError> {
    let usual = Usual::read()?.counting;
    match raw {
        None => usual.read(Vec::new()),
        Some(raw) => {
            let cited = citations(&key("counting"), &raw.sections, raw.line)?;
            let (rules, scopes) = (raw.rules.or(usual.rules), raw.scopes.or(usual.scopes));
            RawCounting { rules, scopes, ..raw }.read(cited)
        }
    }
}

/// How progress is judged; as usual where the plan does not say.
pub(super) fn judging(raw: Option<RawJudging>) -> Result<Judging, PlanError> {
    raw.map_or_else(|| Ok(Usual::read()?.progress), Ok)?.read()
}

impl RawCounting {
    fn read(self, citations: Vec<Citation>) -> Result<Counting, PlanError> {
        let at = key("counting");
        let mut rules: Vec<CountingRule> = Vec::new();
        for rule in each("counting.rules", self.rules.unwrap_or_default(), |rule, at| {
            let basis = match (&rule.roles, &rule.event) {
                (Some(roles), None) if !roles.is_empty() => {
                    let role = |word: &String| {
                        let role = one_of(at.at("roles"), word, UnitRole::parse, UnitRole::ALL)?;
                        if role == UnitRole::Outcome {
                            // They stand on the ground of units that are counted already.
                            return Err(wrong(
                                at.at("roles"),
                                word,
                                "named or carrier; outcomes are never counted",
                            ));
                        }
                        Ok(role)
                    };
                    Basis::Plan(roles.iter().map(role).collect::<Result<_, _>>()?)
                }
                (None, Some(event)) => {
                    Basis::Register(one_of(at.at("event"), event, Event::parse, Event::ALL)?)
                }
                _ => return Err(wrong(at.clone(), &rule.id, "a rule with either roles or an event")),
            };
            Ok(CountingRule {
                title: rule.title.read(&at.at("title"))?,
                sentence: rule.sentence.read(&at.at("sentence"))?,
                basis,
                id: rule.id,
            })
        })? {
            if rules.iter().any(|known| known.id == rule.id) {
                return Err(wrong(at.at("rules"), &rule.id, "an id that no other rule has"));
            }
            rules.push(rule);
        }
        let scopes = each("counting.scopes", self.scopes.unwrap_or_default(), |scope, at| {
            let which = one_of(at.at("id"), &scope.id, Scope::parse, Scope::ALL)?;
            Ok((which, (scope.title.read(&at.at("title"))?, scope.sentence.read(&at.at("sentence"))?)))
        })?;
        let (order, scopes): (Vec<_>, Vec<_>) = scopes.into_iter().unzip();
        if order != Scope::ALL {
            let said: Vec<_> = order.iter().map(|scope| scope.as_str()).collect();
            return Err(wrong(at.at("scopes"), &said.join(", "), "both of all and top-level, in this order"));
        }
        let decides = at.at("deciding");
        let deciding = |deciding: RawDeciding| {
            if !rules.iter().any(|rule| rule.id == deciding.rule) {
                return Err(wrong(decides.at("rule"), &deciding.rule, "the id of a rule"));
            }
            let scope = one_of(decides.at("scope"), &deciding.scope, Scope::parse, Scope::ALL)?;
            Ok((deciding.rule, scope))
        };
        Ok(Counting {
            deciding: self.deciding.map(deciding).transpose()?,
            reason: RawWords::maybe(self.reason, &at.at("reason"))?,
            citations,
            rules,
            scopes,
        })
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawJudging {
    on_track: f64,
    slightly_off: f64,
    sentence: RawWords,
}

impl RawJudging {
    fn read(self) -> Result<Judging, PlanError> {
        let at = key("progress");
        let Self { on_track, slightly_off, .. } = self;
        if !(0.0 < slightly_off && slightly_off < on_track && on_track <= 1.0) {
            let expected = "shares with 0 < slightly_off < on_track <= 1";
            return Err(wrong(at, &format!("{slightly_off}, {on_track}"), expected));
        }
        Ok(Judging { on_track, slightly_off, sentence: self.sentence.read(&at.at("sentence"))? })
    }
}
