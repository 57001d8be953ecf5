//! The register, the progress of the plan and the sheet of a block as JSON.
//!
//! Members are as in the documents of the OGC API: `camelCase`, days as in RFC 3339, numbers in the unit that stands
//! beside them, null for what is not known. `statement` is a sentence in the language of the request; the words beside
//! it (`reason`, `state`, `status`) do not change with the language.

use serde_json::{Map, Value, json};

use crate::catalog::Catalog;
use crate::model::plan::{CountingRule, NO_TYPE, PlanFacts};
use crate::model::{Citation, Document, Entry, Lang, Observation, Words};
use crate::register::area::{Chosen, Offer};
use crate::register::block::{Member, Sheet, Standing};
use crate::register::cross::{self, Cells, Cross, Phase};
use crate::register::progress::{Progress, Row, Seen};
use crate::register::{self, Count, Line, Reason, State, TargetState};

/// The words of a rule.
fn rule(rule: &CountingRule, lang: Lang) -> Value {
    json!({ "id": rule.id, "title": rule.title.say(lang), "statement": rule.sentence.say(lang) })
}

fn sections(citations: &[Citation]) -> Vec<String> {
    citations.iter().map(ToString::to_string).collect()
}

fn document(document: &Document) -> Value {
    json!({ "title": document.title, "address": document.address })
}

fn entry(entry: &Entry) -> Value {
    json!({
        "event": entry.event.as_str(), "from": entry.from.to_string(),
        "until": entry.until.map(|day| day.to_string()), "document": document(&entry.document), "note": entry.note,
    })
}

/// The target of units and what the count that decides makes of it.
#[must_use]
pub fn target(found: &TargetState<'_>, facts: &PlanFacts, lang: Lang) -> Value {
    let since = match found.state {
        State::Met(day) | State::MetLate(day) => Some(day.to_string()),
        _ => None,
    };
    let target = found.target;
    let satisfied = found
        .satisfied
        .iter()
        .map(|run| json!({ "from": run.from.to_string(), "until": run.until.map(|day| day.to_string()) }));
    json!({
        "id": target.id, "name": target.name.say(lang), "op": target.op.as_str(), "value": target.value,
        "unit": target.unit, "by": target.by, "deadline": target.by.map(|year| register::last_day(year).to_string()),
        "sections": sections(&target.citations),
        "state": found.state.as_str(), "since": since, "statement": found.words().say(lang),
        "holds": found.holds(), "satisfied": satisfied.collect::<Vec<_>>(),
        "countOnDeadline": found.on_deadline.map(|(_, count)| count),
        "decidedBy": {
            "rule": found.count.rule.id, "scope": found.count.scope.as_str(), "count": found.count.counted.len(),
            "statement": facts.counting.reason.as_ref().map(|reason| reason.say(lang)),
        },
    })
}

/// The area that counts are of.
#[must_use]
pub fn area(chosen: &Chosen, lang: Lang) -> Value {
    json!({
        "name": chosen.name.say(lang), "feature": chosen.feature, "halfWidthM": chosen.half_width_m,
        "accuracyM": chosen.accuracy_m, "statement": chosen.words().say(lang),
    })
}

/// The areas that one may choose.
#[must_use]
pub fn offers(offers: &[Offer], lang: Lang) -> Value {
    let offer =
        |offer: &Offer| json!({ "feature": offer.feature, "kind": offer.role, "name": offer.name.say(lang) });
    offers.iter().map(offer).collect()
}

/// A count with its list, and how it spreads over the layout.
#[must_use]
pub fn count(count: &Count<'_>, catalog: &Catalog, facts: &PlanFacts, is_of_area: bool, lang: Lang) -> Value {
    let (title, sentence) = &facts.counting.scopes[count.scope as usize];
    let types = register::types(facts, std::slice::from_ref(count)).into_iter();
    let by_type: Map<String, Value> =
        types.map(|one| (one.unwrap_or(NO_TYPE).to_owned(), count.of_type(one).into())).collect();
    let lines =
        |lines: &[Line<'_>]| lines.iter().map(|one| line(one, count, facts, lang)).collect::<Vec<_>>();
    let certainty = is_of_area.then(|| {
        json!({
            "certain": count.certain(), "undecided": count.undecided(), "withoutPosition": count.nowhere(),
            "statement": register::say::certainty(count).say(lang),
        })
    });
    json!({
        "rule": rule(count.rule, lang),
        "scope": { "id": count.scope.as_str(), "title": title.say(lang), "statement": sentence.say(lang) },
        "count": count.counted.len(), "byType": by_type, "inArea": certainty,
        "counted": lines(&count.counted), "excluded": lines(&count.excluded),
        "cross": spread(&cross::cross(catalog, facts, count), lang),
    })
}

/// How a count spreads over parts of the layout, types and states; each number with its units.
fn spread(cross: &Cross<'_>, lang: Lang) -> Value {
    let statuses = |cells: &Cells<'_>| {
        let cell = |phase: Phase| json!({ "count": cells.of(phase).len(), "units": cells.of(phase) });
        Phase::ALL.iter().map(|&phase| (phase.as_str().to_owned(), cell(phase))).collect::<Map<_, _>>()
    };
    let row = |row: &cross::Row<'_>| {
        let types = row.types.iter().map(|(unit_type, cells)| {
            json!({
                "type": unit_type, "count": cells.count(), "statuses": statuses(cells),
            })
        });
        json!({ "count": row.all.count(), "statuses": statuses(&row.all), "types": types.collect::<Vec<_>>() })
    };
    let rows = cross.rows.iter().map(|one| {
        let place = &one.place;
        let mut json = row(one);
        json["part"] = json!({ "kind": place.id.map(|_| place.part.as_str()), "id": place.id, "name": place.words().say(lang) });
        json
    });
    json!({
        "statuses": Phase::ALL.map(|phase| json!({ "id": phase.as_str(), "name": phase.words().say(lang) })),
        "rows": rows.collect::<Vec<_>>(), "total": row(&cross.total),
        "countedAgain": cross.again, "statusInferred": cross.inferred,
        "notes": register::say::cross_notes(cross).iter().map(|note| note.say(lang)).collect::<Vec<_>>(),
    })
}

fn line(line: &Line<'_>, count: &Count<'_>, facts: &PlanFacts, lang: Lang) -> Value {
    let unit = &line.unit;
    let mut json = json!({
        "id": unit.id, "name": unit.name.say(lang), "type": unit.unit_type,
        "within": unit.within, "reason": line.reason.code(),
        "status": cross::phase(facts, unit.id, count.as_of).0.as_str(),
        "statement": line.reason.words(unit, |id| register::name(facts, id)).say(lang),
        "sections": sections(unit.citations),
    });
    match line.reason {
        Reason::Registered(found) | Reason::Later(found) | Reason::Ended(found) => {
            json["entry"] = entry(found);
        }
        Reason::Nested(parent) => json["in"] = parent.into(),
        _ => {}
    }
    if let Some(lies) = line.lies {
        json["lies"] = lies.words().say(lang).into();
        json["sure"] = lies.is_sure().into();
    }
    json
}

/// The state of every number of the plan.
#[must_use]
pub fn progress(progress: &Progress<'_>, facts: &PlanFacts, lang: Lang) -> Value {
    let rows = |rows: &[Row<'_>]| rows.iter().map(|one| row(one, lang)).collect::<Vec<_>>();
    let said = |words: &Words| words.say(lang).to_owned();
    json!({
        "asOf": progress.as_of.to_string(),
        "rule": {
            "statement": facts.judging.sentence.say(lang),
            "onTrack": facts.judging.on_track, "slightlyOff": facts.judging.slightly_off,
        },
        "indicators": rows(&progress.indicators),
        "targets": rows(&progress.targets),
        "cautions": facts.cautions.iter().map(|caution| json!({
            "id": caution.id, "statement": said(&caution.text), "sections": sections(&caution.citations),
        })).collect::<Vec<_>>(),
    })
}

fn row(row: &Row<'_>, lang: Lang) -> Value {
    let seen = |seen: Seen| json!({ "value": seen.value, "date": seen.date.to_string() });
    let observed = |seen: &Observation| {
        json!({
            "date": seen.date.to_string(), "value": seen.value, "document": document(&seen.document), "note": seen.note,
        })
    };
    json!({
        "id": row.id, "number": row.number, "name": row.name.say(lang), "unit": row.unit,
        "baseline": row.baseline, "op": row.op.as_str(), "target": row.target, "by": row.by, "soft": row.soft,
        "sameAs": row.same_as, "sections": sections(row.citations),
        "path": row.path.map(|path| json!({
            "linearPerYear": path.linear_per_year, "percentPerYear": path.percent_per_year, "due": path.due,
        })),
        "latest": row.latest.map(seen), "decidedBy": row.decided.map(seen),
        "observations": row.observations.iter().map(|seen| observed(seen)).collect::<Vec<_>>(),
        "shareOfChangeDue": row.share, "status": row.status.as_str(), "statement": row.words().say(lang),
        "notes": row.notes.iter().map(|note| note.say(lang)).collect::<Vec<_>>(),
    })
}

/// What a block holds beside what the plan says of it.
#[must_use]
pub fn sheet(sheet: &Sheet<'_>, lang: Lang) -> Value {
    let contents = sheet.contents.iter().map(|contents| {
        json!({
            "what": contents.stated.what, "stated": contents.stated.count, "inside": contents.inside(),
            "notNamed": contents.unnamed(), "places": members(&contents.members, lang),
        })
    });
    let edges = sheet.edges.iter().map(|edge| {
        json!({
            "side": edge.side, "id": edge.id, "name": edge.name.say(lang),
            "nearestM": edge.gap.map(|gap| gap.nearest_m), "farthestM": edge.gap.map(|gap| gap.farthest_m),
            "toleranceM": edge.gap.map(|gap| gap.tolerance_m),
            "meets": edge.gap.map(|gap| gap.meets()), "follows": edge.gap.map(|gap| gap.follows()),
        })
    });
    json!({
        "id": sheet.block.id, "name": sheet.name.say(lang), "sections": sections(&sheet.block.citations),
        "statedComponents": sheet.block.components,
        "areaM2": sheet.drawn.map(|drawn| drawn.area_m2), "accuracyM": sheet.drawn.and_then(|drawn| drawn.accuracy_m),
        "contains": contents.collect::<Vec<_>>(), "others": members(&sheet.others, lang),
        "edges": edges.collect::<Vec<_>>(),
        "notes": sheet.block.notes.iter().map(|note| note.say(lang)).collect::<Vec<_>>(),
    })
}

fn members(members: &[Member<'_>], lang: Lang) -> Vec<Value> {
    let member = |member: &Member<'_>| {
        let (lies, distance_m, accuracy_m, is_sure) = match member.lies {
            Standing::Inside { accuracy_m, is_sure } => ("inside", None, accuracy_m, Some(is_sure)),
            Standing::Outside { distance_m, accuracy_m, is_sure } => {
                ("outside", Some(distance_m), accuracy_m, Some(is_sure))
            }
            Standing::NoPosition => ("no-position", None, None, None),
            Standing::NoPolygon => ("no-polygon", None, None, None),
        };
        json!({
            "id": member.id, "name": member.name.say(lang), "lies": lies, "distanceM": distance_m,
            "accuracyM": accuracy_m, "sure": is_sure, "statement": member.lies.words().say(lang),
        })
    };
    members.iter().map(member).collect()
}
