//! How units are counted and progress is judged.

use serde::Deserialize;

use super::super::{PlanError, citations, one_of, wrong};
use super::{Id, RawWords, each, key};
use crate::model::Event;
use crate::model::plan::{Basis, Counting, CountingRule, Judging, Scope, UnitRole};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCounting {
    deciding: RawDeciding,
    reason: RawWords,
    rules: Vec<RawRule>,
    scopes: Vec<RawScope>,
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

impl RawCounting {
    pub(super) fn read(self) -> Result<Counting, PlanError> {
        let at = key("counting");
        let mut rules: Vec<CountingRule> = Vec::new();
        for rule in each("counting.rules", self.rules, |rule, at| {
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
        let scopes = each("counting.scopes", self.scopes, |scope, at| {
            let which = one_of(at.at("id"), &scope.id, Scope::parse, Scope::ALL)?;
            Ok((which, (scope.title.read(&at.at("title"))?, scope.sentence.read(&at.at("sentence"))?)))
        })?;
        let (order, scopes): (Vec<_>, Vec<_>) = scopes.into_iter().unzip();
        if order != Scope::ALL {
            let said: Vec<_> = order.iter().map(|scope| scope.as_str()).collect();
            return Err(wrong(at.at("scopes"), &said.join(", "), "all, top-level"));
        }
        let decides = at.at("deciding");
        if !rules.iter().any(|rule| rule.id == self.deciding.rule) {
            return Err(wrong(decides.at("rule"), &self.deciding.rule, "the id of a rule"));
        }
        let scope = one_of(decides.at("scope"), &self.deciding.scope, Scope::parse, Scope::ALL)?;
        Ok(Counting {
            rules,
            scopes,
            deciding: (self.deciding.rule, scope),
            reason: self.reason.read(&at.at("reason"))?,
            citations: citations(&at, &self.sections, self.line)?,
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
    pub(super) fn read(self) -> Result<Judging, PlanError> {
        let at = key("progress");
        let Self { on_track, slightly_off, .. } = self;
        if !(0.0 < slightly_off && slightly_off < on_track && on_track <= 1.0) {
            let expected = "shares with 0 < slightly_off < on_track <= 1";
            return Err(wrong(at, &format!("{slightly_off}, {on_track}"), expected));
        }
        Ok(Judging { on_track, slightly_off, sentence: self.sentence.read(&at.at("sentence"))? })
    }
}
