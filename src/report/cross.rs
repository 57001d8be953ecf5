//! How the counts of units spread over the layout, the types and the states, as tables and figures.

use super::document::{Block, Cell, Chart, Group, Grouping, Section, Series, Sign, Table};
use super::lines::ink;
use super::maker::Maker;
use crate::map::color::Color;
use crate::model::Words;
use crate::model::plan::{PlanFacts, Scope};
use crate::register::cross::{Cells, Cross, Phase, Place, Row, cross};
use crate::register::{Count, say};

/// The sign of each phase.
const SIGNS: [Sign; 4] = [Sign::Solid, Sign::Stripes, Sign::Dots, Sign::Blank];
/// Names of the tables; a plan has a few rules.
const TABLES: [&str; 8] =
    ["cross-1", "cross-2", "cross-3", "cross-4", "cross-5", "cross-6", "cross-7", "cross-8"];

/// For every rule, table and figure of what it counts.
pub(super) fn sections(maker: &Maker<'_>, facts: &PlanFacts, counts: &[Count<'_>]) -> Vec<Section> {
    let of_rules = counts.iter().filter(|count| count.scope == Scope::All).enumerate();
    let section = |(at, count): (usize, &Count<'_>)| {
        let cross = cross(maker.catalog, facts, count);
        let Words { zh, en } = &count.rule.title;
        let mut blocks = Vec::new();
        if !count.counted.is_empty() {
            blocks.push(Block::Chart(chart(maker, facts, count)));
        }
        blocks.push(Block::Table(table(maker, facts, &cross, count, TABLES[at.min(TABLES.len() - 1)])));
        blocks.push(Block::Notes(say::cross_notes(&cross).iter().map(|note| maker.say(note)).collect()));
        let heading = maker.pick(
            &format!("所属、类型和状态：{zh}"),
            &format!("Parts of the layout, types and status: {en}"),
        );
        Section { heading, blocks }
    };
    of_rules.map(section).collect()
}

fn title(maker: &Maker<'_>, count: &Count<'_>) -> String {
    let Words { zh, en } = &count.rule.title;
    maker.pick(
        &format!("按所属、类型和状态的数量（{zh}）"),
        &format!("The count by part of the layout, type and status ({en})"),
    )
}

fn table(
    maker: &Maker<'_>,
    facts: &PlanFacts,
    cross: &Cross<'_>,
    count: &Count<'_>,
    name: &'static str,
) -> Table {
    let mut columns = vec![maker.column("所属", "Part of the layout", 4), maker.column("类型", "Type", 2)];
    columns.extend(Phase::ALL.iter().map(|phase| {
        let Words { zh, en } = phase.words();
        maker.numbers(&zh, &en, 2)
    }));
    columns.push(maker.numbers("合计", "Total", 1));
    let numbers = |cells: &Cells<'_>| {
        let each = Phase::ALL.iter().map(|&phase| Maker::number(cells.of(phase).len()));
        each.chain([Maker::number(cells.count())]).collect::<Vec<_>>()
    };
    let row = |place: &Place<'_>, unit_type: Option<&str>, cells: &Cells<'_>| {
        let mut row =
            vec![maker.words(&place.words()), maker.words(&say::unit_type_or_unknown(facts, unit_type))];
        row.extend(numbers(cells));
        row
    };
    let rows = cross
        .rows
        .iter()
        .flat_map(|part| part.types.iter().map(move |(unit_type, cells)| (&part.place, *unit_type, cells)));
    let mut total = vec![maker.text("合计", "Total"), Cell::Text(String::new())];
    total.extend(numbers(&cross.total.all));
    Table {
        name,
        title: title(maker, count),
        columns,
        rows: rows.map(|(place, unit_type, cells)| row(place, unit_type, cells)).collect(),
        total: Some(total),
    }
}

/// Bars of every part of the layout and type, their parts the states.
#[expect(clippy::cast_precision_loss, reason = "numbers of units")]
pub(super) fn chart(maker: &Maker<'_>, facts: &PlanFacts, count: &Count<'_>) -> Chart {
    let cross = cross(maker.catalog, facts, count);
    let comma = |lang: crate::model::Lang| lang.pick("，", ", ");
    let mut bars = Vec::new();
    let group = |row: &Row<'_>| {
        let place = row.place.words();
        let bar = |(unit_type, cells): &(Option<&str>, Cells<'_>)| {
            let words = say::unit_type_or_unknown(facts, *unit_type);
            let whole =
                maker.tongue.tell(|lang| format!("{}{}{}", place.say(lang), comma(lang), words.say(lang)));
            bars.push((whole, Phase::ALL.iter().map(|&phase| cells.of(phase).len() as f64).collect()));
            (maker.say(&words), type_ink(facts, *unit_type))
        };
        Group { name: maker.say(&place), bars: row.types.iter().map(bar).collect() }
    };
    let mut group = group;
    let groups = cross.rows.iter().map(&mut group).collect();
    let series = |phase: &Phase| Series { name: maker.say(&phase.words()), color: ink("tx2") };
    Chart {
        title: title(maker, count),
        unit: maker.pick("个", "units"),
        series: Phase::ALL.iter().map(series).collect(),
        bars,
        target: None,
        grouping: Some(Grouping { groups, signs: SIGNS.to_vec() }),
    }
}

/// Inks for types of units: those of the map, then others of it that can be told from them.
const INKS: [&str; 8] = ["block", "park", "building", "emerging", "smart", "axis", "core", "hit"];

/// The colour of a type: that of the map where it has one, else the next of those that no other type of the plan has; grey
/// where nobody tells it.
pub(super) fn type_ink(facts: &PlanFacts, id: Option<&str>) -> Color {
    let is_own = |id: &str| INKS[..3].contains(&id);
    let types = &facts.layout.unit_types;
    let mut free =
        INKS.into_iter().filter(|name| !is_own(name) || types.iter().all(|known| *known.id != **name));
    let mut others = types.iter().map(|known| &*known.id).filter(|id| !is_own(id));
    let name = id.and_then(|id| {
        if is_own(id) { Some(id) } else { others.position(|other| other == id).and_then(|at| free.nth(at)) }
    });
    ink(name.unwrap_or("tx2"))
}
