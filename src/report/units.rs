//! The report on innovation units: the count under every rule, each with its list.

use super::ReportError;
use super::cross;
use super::document::{Block, Cell, Chart, Document, Section, Series, Table};
use super::maker::{Maker, Marked, widened};
use crate::geometry::{Bounds, window_of};
use crate::map::picture::Picture;
use crate::map::style::{Look, Theme, View};
use crate::model::plan::{CountingRule, PlanFacts, Scope, UnitRole};
use crate::model::{Date, FeatureIx, Lang, Words};
use crate::register::area::{Choice, Chosen};
use crate::register::{self, Count, Line, Reason, TargetState, Unit};

pub(super) fn compose(maker: &Maker<'_>, area: Option<&Choice>) -> Result<Document, ReportError> {
    let facts = maker.facts()?;
    let chosen = area.map(|choice| Chosen::new(maker.catalog, facts, choice)).transpose()?;
    let counts = all_counts(facts, maker.as_of, chosen.as_ref());
    let target = register::target(facts, maker.as_of);
    let mut sections = vec![result(maker, facts, target.as_ref(), &counts, chosen.as_ref())];
    sections.extend(cross::sections(maker, facts, &counts));
    sections.push(differences(maker, facts, &counts));
    sections.extend(lists(maker, facts, &counts));
    sections.push(evidence(maker, facts));
    sections.push(on_the_map(maker, facts, &counts, area)?);
    sections.push(definitions(maker, facts));
    let mut head = Vec::new();
    if let Some(chosen) = &chosen {
        head.push((maker.pick("范围", "Area"), maker.say(&chosen.words())));
    }
    if let Some(target) = &target {
        let (rule, scope) = (&target.count.rule, scope_words(facts, target.count.scope));
        head.push((
            maker.pick("判定规则", "Rule that decides"),
            maker.tongue.tell(|lang| {
                let colon = lang.pick("：", ": ");
                let (title, sentence) = (rule.title.say(lang), rule.sentence.say(lang));
                let comma = lang.pick("，", ", ");
                let blank = lang.pick("", " ");
                format!("{title}{comma}{}{colon}{sentence}{blank}{}", scope.0.say(lang), scope.1.say(lang))
            }),
        ));
    }
    let part = if chosen.is_some() { "-area" } else { "" };
    let name = format!("units-{}-{}{part}", maker.as_of, maker.tongue.name());
    Ok(maker.document(name, maker.say(&title(facts)), head, None, sections))
}

fn title(facts: &PlanFacts) -> Words {
    Words {
        zh: format!("{}创新单元统计", facts.zone.name.zh).into(),
        en: format!("Innovation units of the {}", facts.zone.name.en).into(),
    }
}

fn scope_words(facts: &PlanFacts, scope: Scope) -> &(Words, Words) {
    &facts.counting.scopes[scope as usize]
}

/// The counts under every rule, all and at the top level.
pub(super) fn all_counts<'a>(facts: &'a PlanFacts, as_of: Date, chosen: Option<&Chosen>) -> Vec<Count<'a>> {
    let both = |rule| Scope::ALL.iter().map(move |&scope| (rule, scope));
    let counts = facts.counting.rules.iter().flat_map(both);
    counts.map(|(rule, scope)| register::count_in(facts, rule, scope, as_of, chosen)).collect()
}

fn result(
    maker: &Maker<'_>,
    facts: &PlanFacts,
    target: Option<&TargetState<'_>>,
    counts: &[Count<'_>],
    chosen: Option<&Chosen>,
) -> Section {
    let mut blocks = Vec::new();
    for count in counts.iter().filter(|count| count.scope == Scope::All) {
        let top =
            counts.iter().find(|other| other.rule.id == count.rule.id && other.scope == Scope::TopLevel);
        let top = top.map_or(0, |count| count.counted.len());
        let label = maker.pick(
            &format!("{}（全部；仅顶层{top}）", count.rule.title.zh),
            &format!("{} (all; {top} at the top level)", count.rule.title.en),
        );
        blocks.push(Block::Headline { value: count.counted.len().to_string(), label });
    }
    if let Some(target) = target {
        blocks.push(Block::Text(maker.say(&target.words())));
        blocks.extend(facts.counting.reason.as_ref().map(|reason| Block::Text(maker.say(reason))));
    }
    blocks.push(Block::Table(count_table(maker, facts, counts)));
    if chosen.is_some() {
        let sure = counts.iter().filter(|count| count.scope == Scope::All);
        let sure = sure.map(|count| {
            let (title, words) = (&count.rule.title, register::say::certainty(count));
            maker
                .tongue
                .tell(|lang| format!("{}{}{}", title.say(lang), lang.pick("：", ": "), words.say(lang)))
        });
        blocks.push(Block::Notes(sure.collect()));
    }
    // The target is one of the whole zone.
    blocks.push(Block::Chart(chart(maker, facts, target.filter(|_| chosen.is_none()), counts)));
    Section { heading: maker.pick("结论", "Result"), blocks }
}

/// Every count by type; the types add up to the count.
fn count_table(maker: &Maker<'_>, facts: &PlanFacts, counts: &[Count<'_>]) -> Table {
    let mut columns = vec![maker.column("规则", "Rule", 3), maker.column("范围", "Scope", 2)];
    let types = register::types(facts, counts);
    columns.extend(types.iter().map(|&one| {
        let Words { zh, en } = register::say::unit_type_or_unknown(facts, one);
        maker.numbers(&zh, &en, 1)
    }));
    columns.push(maker.numbers("合计", "Total", 1));
    let row = |count: &Count<'_>| {
        let mut row = vec![maker.words(&count.rule.title), maker.words(&scope_words(facts, count.scope).0)];
        row.extend(types.iter().map(|&one| Maker::number(count.of_type(one))));
        row.push(Maker::number(count.counted.len()));
        row
    };
    Table {
        name: "counts",
        title: maker.pick("各规则下的数量", "The count under every rule"),
        columns,
        rows: counts.iter().map(row).collect(),
        total: None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of units")]
pub(super) fn chart(
    maker: &Maker<'_>,
    facts: &PlanFacts,
    target: Option<&TargetState<'_>>,
    counts: &[Count<'_>],
) -> Chart {
    let types = register::types(facts, counts);
    let bar = |count: &Count<'_>| {
        let scope = &scope_words(facts, count.scope).0;
        let name = maker.tongue.tell(|lang| {
            format!("{}{}{}", count.rule.title.say(lang), lang.pick("，", ", "), scope.say(lang))
        });
        (name, types.iter().map(|&one| count.of_type(one) as f64).collect())
    };
    let series = types.iter().map(|&one| {
        let name = maker.say(&register::say::unit_type_or_unknown(facts, one));
        Series { name, color: cross::type_ink(facts, one) }
    });
    Chart {
        title: maker.pick("各规则下的数量与目标", "The count under every rule, and the target"),
        unit: maker.pick("个", "units"),
        series: series.collect(),
        bars: counts.iter().map(bar).collect(),
        target: target.map(|target| (maker.pick("目标", "target"), target.target.value)),
        grouping: None,
    }
}

/// Why the numbers differ from each other and from the target.
fn differences(maker: &Maker<'_>, facts: &PlanFacts, counts: &[Count<'_>]) -> Section {
    let mut notes: Vec<_> = facts.layout.nesting.iter().map(|nesting| maker.say(nesting)).collect();
    for rule in &facts.counting.rules {
        let [Some(all), Some(top)] = Scope::ALL
            .iter()
            .map(|&scope| counts.iter().find(|count| count.rule.id == rule.id && count.scope == scope))
            .collect::<Vec<_>>()[..]
        else {
            continue;
        };
        notes.push(difference(maker, all, top));
    }
    let outcomes = register::units(facts).into_iter().filter(|unit| unit.role == Some(UnitRole::Outcome));
    let outcomes: Vec<_> = outcomes.collect();
    if !outcomes.is_empty() {
        notes.push(maker.pick(
            &format!(
                "{}个改造后的园区（{}）位于其他单元的用地上，任何规则都不另计。",
                outcomes.len(),
                listed(&outcomes, |words| &words.zh, "、")
            ),
            &format!(
                "{} parks to come of renewal ({}) stand on the ground of other units and are never added.",
                outcomes.len(),
                listed(&outcomes, |words| &words.en, ", ")
            ),
        ));
    }
    Section {
        heading: maker.pick("数字为何不同", "Why the numbers differ"),
        blocks: vec![Block::Notes(notes)],
    }
}

fn listed(units: &[Unit<'_>], name: fn(&Words) -> &str, comma: &str) -> String {
    units.iter().map(|unit| name(unit.name)).collect::<Vec<_>>().join(comma)
}

fn difference(maker: &Maker<'_>, all: &Count<'_>, top: &Count<'_>) -> String {
    let (found, left) = (all.counted.len(), top.counted.len());
    let nested: Vec<_> = top
        .excluded
        .iter()
        .filter(|line| matches!(line.reason, Reason::Nested(_)))
        .map(|line| line.unit)
        .collect();
    let Words { zh, en } = &all.rule.title;
    if found == 0 {
        return maker.pick(&format!("{zh}：0个。"), &format!("{en}: none."));
    }
    if nested.is_empty() {
        return maker.pick(
            &format!("{zh}：{found}个，没有互相嵌套的单元，故仅顶层也为{left}个。"),
            &format!("{en}: {found}; none of them stands in another, so {left} at the top level."),
        );
    }
    maker.pick(
        &format!(
            "{zh}：{found} − {} = {left}；嵌套的是{}。",
            nested.len(),
            listed(&nested, |words| &words.zh, "、")
        ),
        &format!(
            "{en}: {found} − {} = {left}; nested are {}.",
            nested.len(),
            listed(&nested, |words| &words.en, ", ")
        ),
    )
}

/// For every rule, what it counts and what it does not, each with the reason.
fn lists(maker: &Maker<'_>, facts: &PlanFacts, counts: &[Count<'_>]) -> Vec<Section> {
    let section = |(at, rule): (usize, &CountingRule)| {
        let of_rule: Vec<_> = counts.iter().filter(|count| count.rule.id == rule.id).collect();
        let heading = maker.pick(&format!("名单：{}", rule.title.zh), &format!("List: {}", rule.title.en));
        let table = list(maker, facts, (at, rule), &of_rule);
        Section { heading, blocks: vec![Block::Text(maker.say(&rule.sentence)), Block::Table(table)] }
    };
    facts.counting.rules.iter().enumerate().map(section).collect()
}

/// Where a row of totals has nothing to say.
fn blank() -> Cell {
    Cell::Text(String::new())
}

/// Names of the tables of lists; a plan has a few rules.
const LISTS: [&str; 8] = ["list-1", "list-2", "list-3", "list-4", "list-5", "list-6", "list-7", "list-8"];

fn list(
    maker: &Maker<'_>,
    facts: &PlanFacts,
    (at, rule): (usize, &CountingRule),
    counts: &[&Count<'_>],
) -> Table {
    let name = |id: &str| register::name(facts, id);
    let mut columns =
        vec![maker.column("标识", "id", 3), maker.column("名称", "Name", 3), maker.column("类型", "Type", 2)];
    let title =
        maker.pick(&format!("各单元与理由（{}）", rule.title.zh), &format!("Each unit ({})", rule.title.en));
    for count in counts {
        let Words { zh, en } = &scope_words(facts, count.scope).0;
        columns.push(maker.numbers(&format!("计入（{zh}）"), &format!("counted ({en})"), 2));
    }
    columns.push(maker.column("理由", "Reason", 6));
    let mut rows = Vec::new();
    for unit in register::units(facts) {
        let lines: Vec<&Line<'_>> = counts
            .iter()
            .filter_map(|count| {
                count.counted.iter().chain(&count.excluded).find(|line| line.unit.id == unit.id)
            })
            .collect();
        let mut row = vec![
            Cell::Text(unit.id.to_owned()),
            maker.words(unit.name),
            unit.unit_type.map_or(Cell::Missing, |id| maker.words(&register::say::unit_type(facts, id))),
        ];
        row.extend(lines.iter().map(|line| Maker::number(usize::from(line.reason.is_counted()))));
        let mut reasons: Vec<String> =
            lines.iter().map(|line| maker.say(&line.reason.words(&unit, name))).collect();
        reasons.dedup();
        let is_cited = lines.iter().any(|line| line.reason == Reason::Named);
        let reasons = reasons.join("\n");
        row.push(if is_cited { Cell::Cited(reasons) } else { Cell::Text(reasons) });
        rows.push(row);
    }
    // What is counted comes first.
    rows.sort_by_key(|row| row[3..3 + counts.len()].iter().all(|cell| *cell == Maker::number(0)));
    let mut total = vec![maker.text("合计", "Total"), blank(), blank()];
    total.extend(counts.iter().map(|count| Maker::number(count.counted.len())));
    total.push(blank());
    Table { name: LISTS[at.min(LISTS.len() - 1)], title, columns, rows, total: Some(total) }
}

/// The register as it stands in the data, later entries included.
fn evidence(maker: &Maker<'_>, facts: &PlanFacts) -> Section {
    let heading = maker.pick("登记册", "The register");
    let register = &facts.evidence.register;
    if register.is_empty() {
        let text = maker.pick(
            "登记册没有记录：没有任何认定或建成的日期和文件。",
            "The register has no entry: there is no date and no document of any designation or completion.",
        );
        return Section { heading, blocks: vec![Block::Text(text)] };
    }
    let rows = register.iter().map(|entry| {
        vec![
            Cell::Text(entry.unit.to_string()),
            maker.words(&register::name(facts, &entry.unit)),
            maker.words(&register::say::happened(entry.event)),
            Cell::Day(entry.from),
            entry.until.map_or(Cell::Missing, Cell::Day),
            Cell::Text(entry.document.title.to_string()),
            Maker::maybe(entry.document.address.as_deref()),
        ]
    });
    let table = Table {
        name: "register",
        title: maker.pick("登记册的记录", "Entries of the register"),
        columns: vec![
            maker.column("标识", "id", 3),
            maker.column("名称", "Name", 3),
            maker.column("事项", "Event", 2),
            maker.column("起", "From", 2),
            maker.column("止", "Until", 2),
            maker.column("文件", "Document", 4),
            maker.column("网址", "Address", 3),
        ],
        rows: rows.collect(),
        total: None,
    };
    Section { heading, blocks: vec![Block::Table(table)] }
}

/// The features of units that have a type or are counted, those with a position.
fn features(
    maker: &Maker<'_>,
    facts: &PlanFacts,
    counts: &[Count<'_>],
) -> (Vec<(String, FeatureIx)>, Vec<Words>) {
    let (mut placed, mut lost) = (Vec::new(), Vec::new());
    let is_counted =
        |unit: &Unit<'_>| counts.iter().flat_map(|count| &count.counted).any(|line| line.unit.id == unit.id);
    let is_shown = |unit: &Unit<'_>| unit.unit_type.is_some() || is_counted(unit);
    for unit in register::units(facts).into_iter().filter(is_shown) {
        let feature = maker.catalog.feature(unit.id);
        let feature = feature.filter(|(layer, ix)| layer.feature(*ix).geometry().is_some());
        match feature {
            Some((layer, ix)) => placed.push((layer.id.as_str().to_owned(), ix)),
            None => lost.push(unit.name.clone()),
        }
    }
    (placed, lost)
}

/// What the map shows: the area that is asked for, else all units with a position; around it a window.
fn window(
    maker: &Maker<'_>,
    area: Option<&Choice>,
    placed: Vec<(String, FeatureIx)>,
) -> (Option<Bounds>, Marked) {
    let shown = match area {
        None => placed,
        Some(Choice::Drawn(shape)) => {
            let bounds = window_of(shape).map(widened);
            return (bounds, Marked { features: Vec::new(), shapes: vec![(**shape).clone()] });
        }
        Some(Choice::Feature { layer, id }) => {
            let ix = maker.catalog.layer(layer).and_then(|indexed| indexed.find(id));
            ix.map(|ix| (layer.clone(), ix)).into_iter().collect()
        }
    };
    let bounds = |(layer, ix): &(String, FeatureIx)| {
        maker.catalog.layer(layer)?.layer().feature(*ix).geometry()?.window()
    };
    (Bounds::around(shown.iter().filter_map(bounds)).map(widened), shown.into())
}

/// The map alone.
pub(super) fn map(
    maker: &Maker<'_>,
    facts: &PlanFacts,
    area: Option<&Choice>,
    lang: Lang,
    theme: Theme,
) -> Result<Picture, ReportError> {
    let (window, marked) = window(maker, area, Vec::new());
    let window = window.or_else(|| maker.catalog.start_extent()).unwrap_or(Bounds::WORLD);
    let title = title(facts);
    maker.map(Look { view: View::Explore, theme, lang }, window, &title, &marked)
}

fn on_the_map(
    maker: &Maker<'_>,
    facts: &PlanFacts,
    counts: &[Count<'_>],
    area: Option<&Choice>,
) -> Result<Section, ReportError> {
    let (placed, lost) = features(maker, facts, counts);
    let (window, marked) = window(maker, area, placed);
    let mut blocks = maker.maps(View::Explore, window, &title(facts), &marked)?;
    if !lost.is_empty() {
        let names =
            |pick: fn(&Words) -> &str, comma: &str| lost.iter().map(pick).collect::<Vec<_>>().join(comma);
        blocks.push(Block::Text(maker.pick(
            &format!("没有可靠位置、故不在图上的{}个：{}。", lost.len(), names(|words| &words.zh, "、")),
            &format!(
                "{} without a known position are not on the map: {}.",
                lost.len(),
                names(|words| &words.en, ", ")
            ),
        )));
    }
    Ok(Section { heading: maker.pick("位置", "On the map"), blocks })
}

fn definitions(maker: &Maker<'_>, facts: &PlanFacts) -> Section {
    let said = |title: &Words, sentence: &Words| {
        maker
            .tongue
            .tell(|lang| format!("{}{}{}", title.say(lang), lang.pick("：", ": "), sentence.say(lang)))
    };
    let mut notes: Vec<_> =
        facts.counting.rules.iter().map(|rule| said(&rule.title, &rule.sentence)).collect();
    notes.extend(facts.counting.scopes.iter().map(|(title, sentence)| said(title, sentence)));
    if let Some(target) = facts.unit_target() {
        let sections: Vec<_> = target.citations.iter().map(ToString::to_string).collect();
        let bound = register::say::bound(target.op, target.value);
        let by = target.by.map(|year| year.to_string()).unwrap_or_default();
        notes.push(maker.pick(
            &format!("目标：到{by}年{}{bound}（规划{}）。", target.name.zh, sections.join("; ")),
            &format!(
                "Target: {} {bound} by the end of {by} (plan, {}).",
                target.name.en,
                sections.join("; ")
            ),
        ));
    }
    Section { heading: maker.pick("定义", "Definitions"), blocks: vec![Block::Notes(notes)] }
}
