//! How units are counted and progress is judged.

use super::super::entry::{self, Entry};
use super::super::faults::Faults;
use super::Id;
use crate::model::plan::{Basis, Counting, CountingRule, Judging, Scope, UnitRole};
use crate::model::{Event, Words};

/// What holds where a plan states no rules of its own: these are rules of ours, not facts of a plan.
fn usual<T>(read: impl FnOnce(&Entry<'_>) -> T) -> T {
    let faults = Faults::default();
    let table = entry::parse(include_str!("usual.toml"), &faults);
    Entry::read(table.as_ref(), &faults, read)
}

/// The rules of counting; what the plan does not state is as usual.
pub(super) fn counting(file: &Entry<'_>) -> Counting {
    let usual = || usual(|usual| usual.needed_table("counting", rules_and_scopes));
    let stated = file.table("counting", |entry| {
        let (rules, scopes) = rules_and_scopes(entry);
        let rules = if entry.has("rules") { rules } else { usual().0 };
        Counting {
            deciding: entry.table("deciding", |deciding| deciding_rule(deciding, &rules)).flatten(),
            reason: entry.words("reason"),
            citations: entry.citations(),
            scopes: if entry.has("scopes") { scopes } else { usual().1 },
            rules,
        }
    });
    stated.unwrap_or_else(|| {
        let (rules, scopes) = usual();
        Counting { rules, scopes, deciding: None, reason: None, citations: Vec::new() }
    })
}

fn rules_and_scopes(entry: &Entry<'_>) -> (Vec<CountingRule>, Vec<(Words, Words)>) {
    let faults = entry.faults();
    let rules = entry.list("rules", rule);
    for (n, rule) in rules.iter().enumerate().filter(|(_, rule)| !rule.id.is_empty()) {
        if rules[..n].iter().any(|known| known.id == rule.id) {
            faults.wrong(entry.at("rules").entry(n).at("id"), &rule.id, "an id that no other rule has");
        }
    }
    let scopes = entry.list("scopes", |scope| {
        let which = scope.needed("id", |scope, key| scope.word(key, Scope::parse, Scope::ALL).map(Some));
        (which, (scope.needed("title", Entry::words), scope.needed("sentence", Entry::words)))
    });
    let (order, scopes): (Vec<_>, Vec<_>) = scopes.into_iter().unzip();
    let order: Option<Vec<_>> = order.into_iter().collect();
    if let Some(order) = order.filter(|order| entry.has("scopes") && order != Scope::ALL) {
        let said: Vec<_> = order.iter().map(|scope| scope.as_str()).collect();
        faults.wrong(entry.at("scopes"), &said.join(", "), "both of all and top-level, in this order");
    }
    (rules, scopes)
}

fn rule(entry: &Entry<'_>) -> CountingRule {
    let faults = entry.faults();
    let id = entry.needed("id", Entry::text);
    let (roles, event) = (entry.texts("roles"), entry.word("event", Event::parse, Event::ALL));
    let is_either = entry.has("roles") != entry.has("event") && !entry.is_empty_list("roles");
    if !is_either && !faults.is_open(&entry.here()) {
        faults.wrong(entry.here(), &id, "a rule with either roles or an event");
    }
    let role = |word: &Id| {
        let role = faults.one_of(entry.at("roles"), word, UnitRole::parse, UnitRole::ALL)?;
        if role == UnitRole::Outcome {
            // They stand on the ground of units that are counted already.
            faults.wrong(entry.at("roles"), word, "named or carrier; outcomes are never counted");
        }
        Some(role)
    };
    let roles = roles.iter().filter_map(role).collect();
    CountingRule {
        title: entry.needed("title", Entry::words),
        sentence: entry.needed("sentence", Entry::words),
        basis: event.map_or(Basis::Plan(roles), Basis::Register),
        id,
    }
}

fn deciding_rule(entry: &Entry<'_>, rules: &[CountingRule]) -> Option<(Id, Scope)> {
    let rule = entry.needed("rule", |entry, key| entry.text(key).map(Some));
    let scope = entry.needed("scope", |entry, key| entry.word(key, Scope::parse, Scope::ALL).map(Some));
    let is_known = |id: &Id| rules.iter().any(|rule| rule.id == *id);
    if let Some(id) = rule.as_ref().filter(|id| !is_known(id))
        && !entry.faults().has_lost_entries("counting.rules", rules.len())
    {
        entry.faults().wrong(entry.at("rule"), id, "the id of a rule");
    }
    rule.zip(scope)
}

/// How progress is judged; as usual where the plan does not say.
pub(super) fn judging(file: &Entry<'_>) -> Judging {
    file.table("progress", progress)
        .unwrap_or_else(|| usual(|usual| usual.needed_table("progress", progress)))
}

fn progress(entry: &Entry<'_>) -> Judging {
    let [on_track, slightly_off] =
        ["on_track", "slightly_off"].map(|key| entry.needed(key, |entry, key| entry.real(key).map(Some)));
    if let (Some(on_track), Some(slightly_off)) = (on_track, slightly_off)
        && !(0.0 < slightly_off && slightly_off < on_track && on_track <= 1.0)
    {
        let expected = "shares with 0 < slightly_off < on_track <= 1";
        entry.faults().wrong(entry.here(), &format!("{slightly_off}, {on_track}"), expected);
    }
    Judging {
        on_track: on_track.unwrap_or_default(),
        slightly_off: slightly_off.unwrap_or_default(),
        sentence: entry.needed("sentence", Entry::words),
    }
}
