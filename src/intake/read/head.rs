//! The head of a table: which of its first rows it is, and what its headings are where several stand above each other.

use std::collections::HashSet;

use super::Wish;
use super::drawn::figures;
use super::merged::{Merged, Region};
use super::position::{coordinate, joint, outline};
use super::role::{Role, is_place, part_of, role};
use super::says;
use super::table::{Line, letters};
use crate::intake::row::{Cell, cut};
use crate::intake::value::Unit;
use crate::intake::{limit, mapping, refused, value};
use crate::model::narrowed;

/// A head of one row, or of several that stand above each other.
pub(super) struct Stacked {
    pub names: Vec<Cell>,
    /// Its first row.
    pub top: usize,
    /// The first row below it.
    pub below: usize,
    pub traps: Vec<String>,
}

impl Stacked {
    /// The head around the row that has most headings. A heading is the lowest text of its column, together with what those
    /// above it add.
    pub(super) fn around(rows: &[Line], at: usize, merged: Option<&Merged>) -> Self {
        let is_joined = |upper: usize| {
            let (Some(above), Some(below)) = (rows.get(upper), rows.get(upper + 1)) else { return false };
            let is_merged = |merged: &Merged| {
                merged.over(above.number, below.number).any(|region| is_of_head(rows, at, region, merged))
            };
            merged.is_some_and(is_merged)
                || stand_as_head(&above.cells, &below.cells)
                || upper < at && are_groups(&rows[upper..=upper + 1], merged)
        };
        let (mut top, mut bottom) = (at, at);
        while is_joined(bottom) {
            bottom += 1;
        }
        while top > 0 && is_joined(top - 1) {
            top -= 1;
        }
        let head = &rows[top..=bottom];
        let width = head.iter().map(|line| line.cells.len()).max().unwrap_or_default();
        let texts = |column: usize| {
            let mut texts: Vec<String> =
                (0..head.len()).rev().map(|row| spread(head, row, column, merged).shown()).collect();
            texts.retain(|text| !text.is_empty());
            texts.dedup();
            texts
        };
        let stacks: Vec<Vec<String>> = (0..width).map(texts).collect();
        let count = |lowest: &String| stacks.iter().filter(|stack| stack.first() == Some(lowest)).count();
        let named = stacks.iter().map(|stack| {
            let (lowest, above) = stack.split_first()?;
            let is_alone = count(lowest) == 1;
            Some(above.iter().fold(lowest.clone(), |name, upper| joined(&name, upper, is_alone)))
        });
        let mut names: Vec<Cell> = named.map(|name| name.map_or(Cell::Null, Cell::Text)).collect();
        let example = stacks.iter().find(|stack| stack.len() > 1);
        let mut traps: Vec<String> = Vec::new();
        traps.extend(example.map(|stack| {
            format!(
                "its headings stand in lines {} to {}, as {:?} below {:?}; the lower ones are taken where there are any, with \
                 what the upper ones add",
                head[0].number,
                head[head.len() - 1].number,
                stack[0],
                stack[1]
            )
        }));
        let mut below = bottom + 1;
        if let Some(line) = rows.get(below).filter(|line| is_row_of_measures(&line.cells)) {
            for (name, measure) in names.iter_mut().zip(&line.cells) {
                if let (Cell::Text(name), Cell::Text(measure)) = (name, measure)
                    && is_unit(measure)
                {
                    *name = format!("{name}（{}）", measure.trim_matches(['(', ')', '（', '）']));
                }
            }
            traps.push(format!("line {} holds the units of the headings above it; taken so", line.number));
            below += 1;
        }
        if is_numbering(&names, &rows[below..]) {
            traps.push(format!("line {} numbers the columns; it is no row of data", rows[below].number));
            below += 1;
        }
        Self { names, top, below, traps }
    }

    /// Merged cells that begin in the head, or above it, and reach over rows of data are no values of theirs.
    pub(super) fn end_beside(&mut self, rows: &mut [Line], merged: &mut Merged) {
        let Some(last) = rows.get(self.below - 1).map(|line| line.number) else { return };
        for region in merged.end(last) {
            let column = region.columns.0;
            let cell =
                rows.iter().find(|line| line.number == region.rows.0).and_then(|line| line.cells.get(column));
            let Some(text) = cell.map(Cell::shown).filter(|text| !text.is_empty()) else { continue };
            for line in &mut rows[self.below..] {
                if line.number <= region.rows.1 && line.merged.contains(&column) {
                    line.merged.retain(|filled| *filled != column);
                    line.cells[column] = Cell::Null;
                }
            }
            let names = self.names.iter_mut().take(region.columns.1 + 1).skip(column);
            names
                .filter(|name| name.shown() == text && !is_heading(&text))
                .for_each(|name| *name = Cell::Null);
            self.traps.push(format!(
                "the merged cell {}{} with {:?} reaches from the headings over rows of data; it is no value of theirs",
                letters(column),
                region.rows.0,
                cut(&text)
            ));
        }
    }
}

/// Does a merged cell hold a heading that stands beside others, one above the other, and reach over no data?
fn is_of_head(rows: &[Line], at: usize, region: Region, merged: &Merged) -> bool {
    let is_text = |line: &Line| matches!(line.cells.get(region.columns.0), Some(Cell::Text(_)));
    let is_within = {
        let texts =
            || (0..rows[at].cells.len()).filter(|&column| matches!(rows[at].cells[column], Cell::Text(_)));
        texts().next() <= Some(region.columns.0) && Some(region.columns.0) <= texts().next_back()
    };
    let reached: Vec<&Line> =
        rows.iter().filter(|line| (region.rows.0..=region.rows.1).contains(&line.number)).collect();
    is_within
        && reached.first().is_some_and(|line| line.number == region.rows.0 && is_text(line))
        && reached.windows(2).all(|pair| may_stand_below(pair[0], pair[1], merged))
}

/// May all that stands in a row be headings below those of the row above?
fn may_stand_below(above: &Line, below: &Line, merged: &Merged) -> bool {
    let own = (0..below.cells.len()).filter(|at| !is_void(&below.cells, *at) && !below.merged.contains(at));
    own.filter(|&at| !merged.spans(above.number, at)).all(|at| {
        match (&below.cells[at], above.cells.get(at)) {
            (Cell::Text(own), _) if own.parse::<f64>().is_ok() => false,
            (Cell::Text(own), Some(Cell::Text(upper))) => {
                is_heading(own) || detail(own).is_some() || mapping::is_measure(own) || !is_heading(upper)
            }
            (Cell::Text(_), _) => true,
            _ => false,
        }
    })
}

/// Does a row hold units and nothing else?
fn is_row_of_measures(row: &[Cell]) -> bool {
    let is_measure = |cell: &Cell| match cell {
        Cell::Null => true,
        Cell::Text(text) => mapping::is_measure(text),
        _ => false,
    };
    row.iter().all(is_measure) && row.iter().any(|cell| matches!(cell, Cell::Text(text) if is_unit(text)))
}

/// Does a measure name a unit? Others stand for none.
fn is_unit(measure: &str) -> bool {
    measure.contains(|c: char| c.is_alphanumeric() || matches!(c, '%' | '％' | '‰' | '²' | '㎡'))
}

/// Does the first row number the columns of a head, all of them, from 1 on and three at least? That of the first of numbered
/// parcels does not, as a second one follows it.
fn is_numbering(head: &[Cell], rows: &[Line]) -> bool {
    let Some(row) = rows.first() else { return false };
    let shown = |cell: &Cell| cell.shown().trim_matches(['(', ')', '（', '）']).to_owned();
    let width = head.iter().rposition(|name| *name != Cell::Null).map_or(0, |last| last + 1);
    let count = row.cells.iter().take_while(|cell| **cell != Cell::Null).count();
    let is_second = |line: &Line| line.cells.first().is_some_and(|cell| shown(cell) == "2");
    count >= width.max(3)
        && row.cells[..count].iter().zip(1..).all(|(cell, number)| shown(cell) == number.to_string())
        && row.cells[count..].iter().all(|cell| *cell == Cell::Null)
        && !rows.get(1).is_some_and(is_second)
}

/// A cell of a head, or the one that spans it: a merged one, or the last text before it where headings stand below.
fn spread<'a>(head: &'a [Line], row: usize, column: usize, merged: Option<&Merged>) -> &'a Cell {
    let cell = |column: usize| head[row].cells.get(column).unwrap_or(&Cell::Null);
    let stands_below = |column: usize| {
        head.get(row + 1).and_then(|line| line.cells.get(column)).is_some_and(|cell| *cell != Cell::Null)
    };
    if *cell(column) != Cell::Null {
        return cell(column);
    }
    if let Some(first) = merged.and_then(|merged| merged.first_column(head[row].number, column)) {
        return cell(first);
    }
    let before = (0..column)
        .rev()
        .take_while(|&before| stands_below(before))
        .find(|&before| *cell(before) != Cell::Null);
    before.filter(|_| stands_below(column)).map_or(&Cell::Null, cell)
}

fn is_heading(text: &str) -> bool {
    mapping::is_known(text) || role(text).is_some()
}

/// A heading together with one above it; `is_alone` where no other column has the same lowest one.
fn joined(lower: &str, upper: &str, is_alone: bool) -> String {
    if let Some(part) = part(lower, upper) {
        part
    } else if role(lower).is_some() && says::of(upper).is_some() {
        format!("{lower}（{upper}）")
    } else if let Some((stage, rest)) = stage_of(upper).filter(|_| role(lower).is_none()) {
        let of_rest = if rest.is_empty() { lower.to_owned() } else { joined(lower, &rest, true) };
        format!("{of_rest}（{stage}）")
    } else if let Some(detail) = detail(lower).filter(|_| is_heading(upper)) {
        format!("{upper}（{detail}）")
    } else if let Some(both) = together(lower, upper, is_alone) {
        both
    } else if is_heading(upper) && !is_heading(lower) {
        format!("{upper} {lower}")
    } else if is_alone {
        lower.to_owned()
    } else {
        format!("{lower}（{upper}）")
    }
}

/// Degrees, minutes or seconds below the coordinate that they are of.
fn part(lower: &str, upper: &str) -> Option<String> {
    let both = format!("{upper}{lower}");
    part_of(&both).map(|_| both)
}

/// A heading right behind the one above it, where both are a known one and say more than the lower.
fn together(lower: &str, upper: &str, is_alone: bool) -> Option<String> {
    if role(lower).is_some() || mapping::plain(lower).is_empty() {
        return None;
    }
    let (bare, brackets) = upper.split_at(upper.find(BRACKETS).unwrap_or(upper.len()));
    let both = format!("{bare}{lower}{brackets}");
    let name = mapping::name_of(&both)?;
    let adds_unit = value::unit_of(&both).is_some() && value::unit_of(lower).is_none();
    (!is_alone || adds_unit || mapping::name_of(lower) != Some(name)).then_some(both)
}

const BRACKETS: [char; 6] = ['(', ')', '（', '）', '[', ']'];

/// What a heading adds to the one above it, as it stands in brackets behind that: the end of what a value may be, of which
/// state it is, its unit.
fn detail(text: &str) -> Option<String> {
    let folded = narrowed(text);
    let folded = folded.trim();
    let bare = folded.split(BRACKETS).next().unwrap_or_default().trim();
    let stage = || mapping::is_stage(bare).then(|| (bare, &folded[bare.len()..]));
    let behind = limit::leading(folded).or_else(stage).and_then(|(meant, rest)| {
        let measure = rest.trim_matches(BRACKETS).trim();
        (measure.is_empty() || mapping::is_measure(measure)).then(|| match measure {
            "" => meant.to_owned(),
            measure => format!("{meant}，{measure}"),
        })
    });
    let measure = || mapping::is_measure(folded).then(|| folded.trim_matches(BRACKETS).to_owned());
    behind.or_else(|| measure().filter(|measure| is_unit(measure)))
}

/// Of which state the columns below a heading are, and what it says besides.
fn stage_of(upper: &str) -> Option<(String, String)> {
    const EMPTY: &[&str] = &["指标", "控制指标", "规划指标", "情况", "条件", "规划条件", "控制", "要求"];
    if let Some(stage) =
        detail(upper).filter(|_| mapping::is_stage(upper.split(BRACKETS).next().unwrap_or_default()))
    {
        return Some((stage, String::new()));
    }
    // One letter alone, as 新, begins many words.
    let ends = upper.char_indices().map(|(at, _)| at).skip(2);
    let (stage, rest) = ends.map(|at| upper.split_at(at)).find(|(stage, _)| mapping::is_stage(stage))?;
    let rest = if EMPTY.contains(&rest) { "" } else { rest };
    Some((stage.to_owned(), rest.to_owned()))
}

/// Are two rows a head as a table without merged cells has it? Below stand headings and nothing else, where none stands
/// above or one that spans them or that they complete; above stands at least one whose column is empty below.
fn stand_as_head(above: &[Cell], below: &[Cell]) -> bool {
    let spans = |at: usize| is_void(above, at + 1) && !is_void(below, at + 1);
    let width = above.len().max(below.len());
    let completes = |at: usize| {
        let (Some(upper), Some(lower)) = (text_at(above, at), text_at(below, at)) else { return false };
        is_heading(upper) && detail(lower).is_some_and(|detail| !mapping::is_stage(&detail))
            || !is_heading(upper) && is_heading(lower) && !mapping::is_stage(lower)
            || together(lower, upper, true).is_some()
            || part(lower, upper).is_some()
    };
    are_texts(above)
        && are_texts(below)
        && !is_row_of_measures(below)
        && (0..width).any(|at| completes(at) || text_at(below, at).is_some_and(is_heading))
        && (0..width).any(|at| is_void(below, at) && text_at(above, at).is_some_and(is_heading))
        && (0..width).all(|at| is_void(below, at) || is_void(above, at) || spans(at) || completes(at))
}

/// Does the first of two rows group the headings of the second, which are complete without it? A title does not: of two
/// headings it makes at least one of another meaning.
fn are_groups(pair: &[Line], merged: Option<&Merged>) -> bool {
    let [above, below] = pair else { return false };
    let groups = |column: usize| {
        let (upper, lower) = (spread(pair, 0, column, merged), text_at(&below.cells, column));
        let (Cell::Text(upper), Some(lower)) = (upper, lower) else { return false };
        let is_of_stage = || stage_of(upper).is_some() && mapping::is_known(lower);
        role(lower).is_none() && (is_of_stage() || together(lower, upper, true).is_some())
    };
    are_texts(&above.cells) && filled(&above.cells) > 1 && (0..below.cells.len()).any(groups)
}

/// Are most cells of a row known headings, and no value among them? Words that are values elsewhere are of few meanings.
pub(super) fn are_headings(row: &[Cell]) -> bool {
    /// Bytes of headings, at most.
    const LONGEST: usize = 100;
    // Every row is asked, and nearly all have a number or a geometry, which is seen sooner than that a text is no heading.
    let is_long = |cell: &Cell| matches!(cell, Cell::Text(text) if text.len() > LONGEST);
    let is_number = |cell: &&Cell| !matches!(cell, Cell::Text(text) if text.parse::<f64>().is_err());
    if row.iter().any(is_long) || row.iter().filter(is_number).any(is_value) || row.iter().any(is_value) {
        return false;
    }
    let known = row.iter().filter(|cell| matches!(cell, Cell::Text(text) if is_heading(text))).count();
    let meanings = meanings(row);
    let has_place = meanings.contains("geometry") || meanings.contains("east");
    let is_clear = meanings.len() > 2 || meanings.len() == 2 && has_place && known == filled(row);
    is_clear && known * 2 > filled(row)
}

fn text_at(row: &[Cell], at: usize) -> Option<&str> {
    match row.get(at) {
        Some(Cell::Text(text)) => Some(text),
        _ => None,
    }
}

/// Does a row hold texts that are no numbers, and nothing else?
fn are_texts(row: &[Cell]) -> bool {
    (0..row.len())
        .all(|at| is_void(row, at) || text_at(row, at).is_some_and(|text| text.parse::<f64>().is_err()))
}

pub(super) fn is_void(row: &[Cell], at: usize) -> bool {
    row.get(at).is_none_or(|cell| *cell == Cell::Null)
}

/// How many rows may stand above the head, as titles do.
pub(super) const MOST_TITLES: usize = 10;

/// How many different things the known headings of a row stand for.
fn count_known(row: &[Cell]) -> usize {
    meanings(row).len()
}

/// The different things that the known headings of a row stand for. One coordinate without the other is none: a value may
/// be an X as well.
pub(super) fn meanings<'a>(row: impl IntoIterator<Item = &'a Cell>) -> HashSet<&'static str> {
    let meaning = |cell: &Cell| match cell {
        Cell::Text(text) => match role(text) {
            Some(Role::Text) => Some("geometry"),
            Some(Role::East) => Some("east"),
            Some(Role::North) => Some("north"),
            None => mapping::name_of(text).or_else(|| is_place(text).then_some("geometry")),
        },
        _ => None,
    };
    let mut found: HashSet<_> = row.into_iter().filter_map(meaning).collect();
    if !(found.contains("east") && found.contains("north")) {
        found.retain(|meaning| !["east", "north"].contains(meaning));
    }
    found
}

/// Which of the first rows of a table is its head: that with the headings the operator named, else the first that is no title
/// and holds no value, unless another one says clearly more. Words such as 现状 are headings and values.
pub(super) fn head(rows: &[&[Cell]], wish: &Wish) -> Option<usize> {
    let named: Vec<&String> = [&wish.geometry, &wish.x, &wish.y].into_iter().flatten().collect();
    let has_named = |row: &&[Cell]| named.iter().all(|name| row.iter().any(|cell| cell.shown() == **name));
    if let Some(at) = rows.iter().position(has_named).filter(|_| !named.is_empty()) {
        return Some(at);
    }
    let texts = |at: usize| rows[at].iter().filter(|cell| matches!(cell, Cell::Text(_))).count();
    let width = rows.iter().map(|row| filled(row)).max()?;
    let is_title = |at: usize| filled(rows[at]) * 2 < width || (filled(rows[at]) == 1 && width > 1);
    let known = |at: usize| count_known(rows[at]);
    // Values come again in their column, or are words that are often values.
    let words = |at: usize| -> HashSet<&'static str> {
        let is_value = |column: usize, cell: &Cell| {
            let is_common =
                ["现状", "说明", "来源", "高度"].contains(&mapping::plain(&cell.shown()).as_str());
            is_common || rows.iter().any(|other| *other != rows[at] && other.get(column) == Some(cell))
        };
        let own = rows[at].iter().enumerate().filter(|(column, cell)| !is_value(*column, cell));
        meanings(own.map(|(_, cell)| cell))
    };
    let says_place = |words: &HashSet<&str>| words.contains("geometry") || words.contains("east");
    let is_clear = |at: usize, first: usize| {
        let (own, before) = (words(at), meanings(rows[first]));
        let says_where = says_place(&own) && !says_place(&before);
        let says_more = own.len() >= before.len() + 2 && own.len() * 2 >= texts(at);
        own.len() > before.len() && (says_where || says_more)
    };
    let find = |has_values: bool| {
        let may_be =
            |at: &usize| (texts(*at) > 1 || known(*at) > 0) && rows[*at].iter().any(is_value) == has_values;
        let may_be: Vec<usize> = (0..rows.len()).filter(may_be).collect();
        let first = *may_be.iter().find(|at| !is_title(**at)).or(may_be.first())?;
        let clear = may_be.into_iter().filter(|at| is_clear(*at, first));
        clear.max_by_key(|at| (words(*at).len(), std::cmp::Reverse(*at))).or(Some(first))
    };
    // Headings may be numbers; then a row without any below them is one of data.
    let (bare, valued) = (find(false), find(true));
    let is_before = |at: usize, other: usize| {
        at < other && !is_title(at) && (known(other) == 0 || known(at) > known(other).max(1))
    };
    valued.filter(|&valued| bare.is_none_or(|bare| is_before(valued, bare))).or(bare)
}

pub(super) fn filled(row: &[Cell]) -> usize {
    row.iter().filter(|cell| **cell != Cell::Null).count()
}

/// Is a cell a value that is no heading: a number that is no year, or a place?
fn is_value(cell: &Cell) -> bool {
    let is_year = |number: f64| number.fract() == 0.0 && (1900.0..=2100.0).contains(&number);
    match cell {
        Cell::Null => false,
        Cell::Text(text) => {
            if let Ok(number) = coordinate(cell) {
                !number.is_some_and(is_year)
            } else {
                let is_drawn = || text.is_ascii() && figures(text, &mut Vec::new()).is_ok();
                joint(text).is_some() || outline(text).is_some() || is_drawn()
            }
        }
        Cell::Integer(_) | Cell::Real(_) => !cell.as_number().is_some_and(is_year),
        Cell::Bool(_) | Cell::Date(_) | Cell::Json(_) => true,
    }
}

/// The unit of areas that the rows above a head state, as in 面积单位：公顷, and their text.
pub(super) fn unit_above(above: &[Line]) -> Option<(Unit, String)> {
    above.iter().find_map(|line| {
        let texts: Vec<String> = line.cells.iter().map(Cell::shown).filter(|text| !text.is_empty()).collect();
        let text = narrowed(&texts.join(" "));
        let unit = text.split("单位").skip(1).find_map(|rest| {
            let of_areas = rest.trim_start().trim_start_matches([':', '为', ',']);
            value::unit_of(of_areas)
        })?;
        Some((unit, cut(&text)))
    })
}

/// What is told of rows above a head that may be rows of data, as they fill more than half of its columns.
pub(super) fn passed_over(above: &[Line], head: &Line) -> Option<String> {
    let is_wide = |line: &&Line| {
        let count = filled(&line.cells);
        count > 1 && count * 2 > filled(&head.cells)
    };
    let first = above.iter().find(is_wide)?;
    Some(format!(
        "{} of the rows above the headings (line {}) are as wide as they are, the first of them {:?} (line {}); they are taken \
         for titles and not read",
        above.iter().filter(is_wide).count(),
        head.number,
        cut(&refused::record(&first.cells)),
        first.number
    ))
}

/// What is told of headings that come again to the right, as those of a second table beside the first: where what numbers or
/// places the rows comes twice, and something else does.
pub(super) fn beside(head: &[Cell]) -> Option<String> {
    let is_again = |at: &usize| head[*at] != Cell::Null && head[..*at].contains(&head[*at]);
    let twice: Vec<usize> = (0..head.len()).filter(is_again).collect();
    let is_key = |at: &usize| {
        let name = head[*at].shown();
        mapping::name_of(&name) == Some("parcel_no") || role(&name).is_some()
    };
    let first = twice.iter().copied().find(is_key).filter(|_| twice.len() > 1)?;
    Some(format!(
        "{} of the headings come twice, as {:?} again in column {}; a second table beside the first has no features of its own, \
         its values are kept as those of the rows it stands beside",
        twice.len(),
        cut(&head[first].shown()),
        letters(first)
    ))
}

/// Gives the headings of a second table beside the first other names, so that they are no fields of the first, and tells of it.
/// An empty column parts it from the first, it holds no place, and its rows end before those of the first.
pub(super) fn second_table(names: &mut [Cell], below: &[&[Cell]]) -> Option<String> {
    let is_empty = |at: usize| below.iter().all(|row| is_void(row, at));
    let is_gap = |at: &usize| names[*at] == Cell::Null && is_empty(*at);
    let gap = (0..names.len()).skip_while(|at| names[*at] == Cell::Null).find(is_gap)?;
    let block: Vec<usize> = (gap..names.len()).filter(|at| names[*at] != Cell::Null).collect();
    let fills_block = |row: &&&[Cell]| block.iter().any(|&at| !is_void(row, at));
    let rows = || below.iter().filter(|row| (0..gap).any(|at| !is_void(row, at)));
    let filled = rows().take_while(fills_block).count();
    let ends = filled > 0 && filled < rows().count();
    let is_whole = !rows().skip(filled).any(|row| fills_block(&row));
    if block.len() < 2 || !ends || !is_whole || block.iter().any(|at| role(&names[*at].shown()).is_some()) {
        return None;
    }
    for at in &block {
        names[*at] = Cell::text(&format!("beside {}", names[*at].shown()));
    }
    Some(format!(
        "the columns from {} on stand beside the table, parted from it by an empty one, and end before it does: a table of its \
         own, which has no features; its values are kept under names such as {:?} with the rows they stand beside",
        letters(block[0]),
        cut(&names[block[0]].shown())
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head_of(rows: &[Vec<Cell>], wish: &Wish) -> Option<usize> {
        head(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>(), wish)
    }

    fn row(texts: &[&str]) -> Vec<Cell> {
        texts.iter().map(|text| Cell::text(text)).collect()
    }

    #[test]
    fn a_head_may_have_two_rows() {
        let stacked = |rows: &[&[&str]], at: usize| {
            let lines: Vec<Line> =
                (1..).zip(rows).map(|(number, cells)| Line::new(number, row(cells))).collect();
            let stacked = Stacked::around(&lines, at, None);
            let names: Vec<String> = stacked.names.iter().map(Cell::shown).collect();
            (names.join(","), stacked.below, !stacked.traps.is_empty())
        };
        let spanned: [&[&str]; 3] =
            [&["地块编号", "指标", "", "备注"], &["", "容积率", "绿地率"], &["A-1", "2", "30", "无"]];
        let names = "地块编号,容积率,绿地率,备注".to_owned();
        assert_eq!(stacked(&spanned, 0), (names.clone(), 2, true));
        assert_eq!(stacked(&spanned, 1), (names, 2, true), "whichever of them was found");
        let limits: [&[&str]; 3] = [
            &["地块编号", "容积率", "", "指标", ""],
            &["", "上限", "下限", "绿地率", "限高"],
            &["A-1", "2", "1", "30", "24"],
        ];
        let names = "地块编号,容积率（上限）,容积率（下限）,绿地率,限高".to_owned();
        assert_eq!(stacked(&limits, 0), (names, 2, true), "a limit alone says nothing");
        // Values below a heading, numbers, words that are no headings: a row of data.
        for data in [&["A-1", "商业"][..], &["", "", "3"], &["", "", "商业"]] {
            let rows: [&[&str]; 2] = [&["地块编号", "用地性质", ""], data];
            assert_eq!(stacked(&rows, 0), ("地块编号,用地性质,".to_owned(), 1, false), "{data:?}");
        }
    }

    #[test]
    fn headings_above_each_other_are_one() {
        for (lower, upper, both) in [
            ("容积率", "现状", "容积率（现状）"),
            ("用地面积(公顷)", "规划控制指标", "用地面积(公顷)（规划）"),
            ("编号", "规划单元", "单元编号（规划）"),
            ("现状(公顷)", "用地面积", "用地面积（现状，公顷）"),
            ("最大值", "建筑密度(%)", "建筑密度(%)（最大值）"),
            ("≤(%)", "建筑密度", "建筑密度（上限，%）"),
            ("≥", "绿地率", "绿地率（下限）"),
            ("（公顷）", "用地面积", "用地面积（公顷）"),
            ("代码", "用地", "用地代码"),
            ("编号", "单元", "单元编号"),
            ("面积", "用地（公顷）", "用地面积（公顷）"),
            ("面积(亩)", "用地", "面积(亩)"),
            ("容积率", "控制指标", "容积率"),
            ("X", "规划", "X"),
            ("备注一", "新增", "备注一"),
            ("X", "百度坐标", "X（百度坐标）"),
            ("Y", "坐标（CGCS2000，中央子午线117°）", "Y（坐标（CGCS2000，中央子午线117°））"),
        ] {
            assert_eq!(joined(lower, upper, true), both, "{lower} below {upper}");
        }
        assert_eq!(joined("编号", "地块", false), "地块编号");
        assert_eq!(joined("X", "高德", false), "X（高德）", "two columns are called so");
    }

    #[test]
    fn rows_below_a_head_may_be_its_units_or_its_numbers() {
        let stacked = |rows: &[&[&str]]| {
            let lines: Vec<Line> =
                (1..).zip(rows).map(|(number, cells)| Line::new(number, row(cells))).collect();
            let stacked = Stacked::around(&lines, 0, None);
            (stacked.names.iter().map(Cell::shown).collect::<Vec<_>>().join(","), stacked.below)
        };
        let head: &[&str] = &["地块编号", "地块面积", "建筑密度"];
        let units = stacked(&[head, &["", "（公顷）", "（%）"], &["A-1", "2", "30"]]);
        assert_eq!(units, ("地块编号,地块面积（公顷）,建筑密度（%）".to_owned(), 2));
        let bare = "地块编号,地块面积,建筑密度".to_owned();
        assert_eq!(stacked(&[head, &["1", "2", "3"], &["A-1", "2", "30"]]), (bare.clone(), 2));
        let four: &[&str] = &["地块编号", "层数", "户数", "WKT"];
        let first = stacked(&[four, &["1", "2", "3", ""], &["10", "6", "90", "POINT(114 30)"]]);
        assert_eq!(first, ("地块编号,层数,户数,WKT".to_owned(), 1), "not all columns are numbered");
        assert_eq!(stacked(&[four, &["1", "2", "3", "4"], &["10", "6", "90", "POINT(114 30)"]]).1, 2);
        // A first parcel of the number 1, an empty row, one without units.
        for data in [&[&["1", "2", "3"][..], &["2", "1", "30"]][..], &[&["", "", ""]], &[&["", "-", "—"]]] {
            let rows: Vec<&[&str]> = std::iter::once(head).chain(data.iter().copied()).collect();
            assert_eq!(stacked(&rows), (bare.clone(), 1), "{data:?}");
        }
    }

    #[test]
    fn the_head_is_found_below_titles() {
        let rows = [
            row(&["某单元地块指标表"]),
            row(&["单位：公顷", "二〇二六年"]),
            row(&["地块编号", "用地代码", "经度", "纬度"]),
            row(&["A-1", "0701", "1", "2"]),
        ];
        assert_eq!(head_of(&rows, &Wish::default()), Some(2));
        assert_eq!(head_of(&[row(&["first", "second"]), row(&["a", "b"])], &Wish::default()), Some(0));
    }

    #[test]
    fn rows_of_data_are_no_head() {
        let found = |rows: &[&[&str]]| {
            head_of(&rows.iter().map(|cells| row(cells)).collect::<Vec<_>>(), &Wish::default())
        };
        // 现状, 说明, 来源 and X are headings elsewhere.
        let pair = found(&[
            &["站点", "建设阶段", "经纬度"],
            &["甲", "规划", "114.1,30.4"],
            &["乙", "现状", "114.2,30.4"],
        ]);
        assert_eq!(pair, Some(0));
        assert_eq!(found(&[&["片区", "类别", "图形数据"], &["沌口", "现状", "POINT(114 30)"]]), Some(0));
        assert_eq!(found(&[&["片区", "类别", "边线"], &["沌口", "现状", "POINT(114 30)"]]), Some(0));
        let line = found(&[
            &["站点", "线路", "阶段", "WKT"],
            &["甲", "X", "规划", "POINT(114 30)"],
            &["乙", "X", "现状", "POINT(114 31)"],
        ]);
        assert_eq!(line, Some(0));
        let without_place =
            found(&[&["站点", "阶段", "描述"], &["甲", "现状", "说明"], &["乙", "规划", "说明"]]);
        assert_eq!(without_place, Some(0));
        let both = found(&[&["站点", "阶段", "描述"], &["甲", "现状", "说明"], &["乙", "规划", "无"]]);
        assert_eq!(both, Some(0));
        // Years are headings; a total below them has no number.
        let years = found(&[
            &["地块编号", "2019", "2020", "X", "Y"],
            &["A-1", "3", "4", "114", "30"],
            &["合计", "无", "无", "无", "无"],
        ]);
        assert_eq!(years, Some(0));
        let numbers = found(&[
            &["地块编号", "1", "2", "X", "Y"],
            &["A-1", "3", "4", "114", "30"],
            &["合计", "无", "无", "无", "无"],
        ]);
        assert_eq!(numbers, Some(0));
    }

    #[test]
    fn wide_titles_are_no_head() {
        let head_of = |rows: &[&[&str]], wish: &Wish| {
            head_of(&rows.iter().map(|cells| row(cells)).collect::<Vec<_>>(), wish)
        };
        let rows: [&[&str]; 3] =
            [&["编制单位", "某院", "某年"], &["地块编号", "名称", "坐标"], &["A-1", "甲", "114.1,30.4"]];
        assert_eq!(head_of(&rows, &Wish::default()), Some(1), "by what it says");
        let rows: [&[&str]; 3] = [&["单元", "甲", "乙"], &["编", "东值", "北值"], &["A-1", "114.1", "30.4"]];
        assert_eq!(head_of(&rows, &Wish::default()), Some(0));
        let wish = Wish { x: Some("东值".to_owned()), y: Some("北值".to_owned()), ..Wish::default() };
        assert_eq!(head_of(&rows, &wish), Some(1), "the operator named its headings");
        let lines: Vec<Line> = (1..).zip(rows).map(|(number, cells)| Line::new(number, row(cells))).collect();
        let said = passed_over(&lines[..1], &lines[1]).expect("a trap");
        assert!(
            said.starts_with("1 of the rows above the headings (line 2)") && said.contains("(line 1)"),
            "{said}"
        );
        assert_eq!(passed_over(&[Line::new(1, row(&["某表"]))], &lines[1]), None);
    }
}
