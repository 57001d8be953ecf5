//! The head of a table: which of its first rows it is, and what its headings are where several stand above each other.

use std::collections::HashSet;

use super::Wish;
use super::drawn::figures;
use super::merged::{Merged, Region};
use super::position::{coordinate, joint, outline};
use super::role::{Role, is_place, role};
use super::table::{Line, letters};
use crate::intake::row::{Cell, cut};
use crate::intake::{mapping, refused};

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
    /// The head around the row that has most headings. A heading is the lowest text of its column; one above it that is
    /// known stays before one that is not, as 容积率 before 上限, and before what says of which state it is, as 现状.
    pub(super) fn around(rows: &[Line], at: usize, merged: Option<&Merged>) -> Self {
        let is_joined = |upper: usize| {
            let (Some(above), Some(below)) = (rows.get(upper), rows.get(upper + 1)) else { return false };
            let is_merged = |merged: &Merged| {
                merged.over(above.number, below.number).any(|region| is_of_head(rows, at, region, merged))
            };
            merged.is_some_and(is_merged) || stand_as_head(&above.cells, &below.cells)
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
        let mut names: Vec<Cell> = Vec::with_capacity(width);
        let mut example = None;
        for column in 0..width {
            let mut name: Option<String> = None;
            for above in (0..head.len()).rev() {
                let text = spread(head, above, column, merged).shown();
                match &name {
                    _ if text.is_empty() => {}
                    None => name = Some(text),
                    Some(lower) if *lower == text => {}
                    Some(lower) => {
                        example.get_or_insert_with(|| format!("{lower:?} below {text:?}"));
                        if is_heading(&text) && mapping::is_stage(lower) {
                            name = Some(format!("{text}（{lower}）"));
                        } else if is_heading(&text) && !is_heading(lower) {
                            name = Some(format!("{text} {lower}"));
                        }
                    }
                }
            }
            names.push(name.map_or(Cell::Null, Cell::Text));
        }
        let mut traps: Vec<String> = Vec::new();
        traps.extend(example.map(|example| {
            format!(
                "its headings stand in lines {} to {}, as {example}; the lower ones are taken where there are any",
                head[0].number,
                head[head.len() - 1].number
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
                let is_limit = mapping::LIMITS.contains(&mapping::plain(own).as_str());
                is_heading(own) || is_limit || mapping::is_measure(own) || !is_heading(upper)
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

/// Are two rows a head as a table without merged cells has it? Below stand headings and nothing else, where none stands
/// above or one that spans them; above stands at least one whose column is empty below.
fn stand_as_head(above: &[Cell], below: &[Cell]) -> bool {
    fn text(row: &[Cell], at: usize) -> Option<&str> {
        match row.get(at) {
            Some(Cell::Text(text)) => Some(text),
            _ => None,
        }
    }
    let spans = |at: usize| is_void(above, at + 1) && !is_void(below, at + 1);
    let width = above.len().max(below.len());
    let are_texts = |row: &[Cell]| {
        (0..row.len())
            .all(|at| is_void(row, at) || text(row, at).is_some_and(|text| text.parse::<f64>().is_err()))
    };
    are_texts(above)
        && are_texts(below)
        && (0..width).any(|at| text(below, at).is_some_and(is_heading))
        && (0..width).any(|at| is_void(below, at) && text(above, at).is_some_and(is_heading))
        && (0..width).all(|at| is_void(below, at) || is_void(above, at) || spans(at))
}

pub(super) fn is_void(row: &[Cell], at: usize) -> bool {
    row.get(at).is_none_or(|cell| *cell == Cell::Null)
}

/// How many rows may stand above the head, as titles do.
pub(super) const MOST_TITLES: usize = 10;

/// How many different things the known headings of a row stand for.
pub(super) fn count_known(row: &[Cell]) -> usize {
    meanings(row).len()
}

/// The different things that the known headings of a row stand for. One coordinate without the other is none: a value may
/// be an X as well.
fn meanings<'a>(row: impl IntoIterator<Item = &'a Cell>) -> HashSet<&'static str> {
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
        let names = "地块编号,容积率 上限,容积率 下限,绿地率,限高".to_owned();
        assert_eq!(stacked(&limits, 0), (names, 2, true), "a limit alone says nothing");
        // Values below a heading, numbers, words that are no headings: a row of data.
        for data in [&["A-1", "商业"][..], &["", "", "3"], &["", "", "商业"]] {
            let rows: [&[&str]; 2] = [&["地块编号", "用地性质", ""], data];
            assert_eq!(stacked(&rows, 0), ("地块编号,用地性质,".to_owned(), 1, false), "{data:?}");
        }
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
