//! Tables: which row is the head, which columns hold the place.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};
use std::path::Path;

use super::merged::{Merged, Region};
use super::position::{coordinate, joint, outline, polygons};
use super::{Stated, Take, Told, Wish, geojson, wkb};
use crate::geometry::{Datum, System};
use crate::intake::number::written;
use crate::intake::row::{Cell, Figure, Headings, MOST_HEADINGS, Row, cut};
use crate::intake::{IntakeError, mapping, refused};
use crate::model::narrowed;

/// A table whose head was found.
struct Table {
    /// Numbers of the headings by column; none for columns without one.
    columns: Vec<Option<usize>>,
    /// The headings by column, as they are told.
    names: Vec<Option<String>>,
    /// Columns that may hold the place; in each row it is the first of them that is not empty.
    places: Vec<Place>,
    /// The column of geometries hides columns of coordinates.
    has_spare: bool,
    refused: Option<Refused>,
    /// Every value stands in a column of its own, whatever is missing before it.
    is_sheet: bool,
    /// The columns of the place have decimal commas.
    is_decimal: bool,
    traps: Vec<String>,
    /// Columns that have merged cells below their heading, with an example.
    merged: BTreeMap<usize, String>,
    /// Its rows are points of outlines.
    points: Option<Points>,
}

/// The columns of a table of boundary points beside those of the coordinates.
#[derive(Clone, Copy)]
struct Points {
    /// Which parcel a point is of.
    parcel: usize,
    /// Which point it is.
    point: usize,
    /// The headings leave no doubt that they are points of a boundary.
    is_sure: bool,
}

/// A parcel whose boundary points are read.
struct Parcel {
    number: String,
    /// Its first row.
    row: Row,
    points: Vec<[f64; 2]>,
    /// Its rows as they stand in the file.
    text: String,
}

/// The columns that a file of refused rows has beside those of its rows.
#[derive(Clone, Copy)]
struct Refused {
    row: usize,
    reason: usize,
    text: usize,
    geometry: Option<usize>,
}

/// What rows state of their system.
#[derive(Default)]
struct Srids {
    first: Option<u32>,
    /// How many state another, and the number of the first of them.
    others: u64,
    other: u64,
}

/// A row of a table.
#[derive(Debug, Clone, Default)]
pub(super) struct Line {
    /// Number of its line, from 1.
    pub number: u64,
    pub cells: Vec<Cell>,
    /// Columns whose numbers are shares that are shown in per cent.
    pub percent: Vec<usize>,
    /// Columns whose cells have no value because of a formula, and what they hold.
    pub errors: Vec<(usize, String)>,
    /// Columns whose value is that of a merged cell which begins above.
    merged: Vec<usize>,
}

impl Line {
    pub(super) fn new(number: u64, cells: Vec<Cell>) -> Self {
        Self { number, cells, ..Self::default() }
    }
}

/// The rows of a table as they come: the first are kept until its head is found among them.
pub(super) struct Rows<'a> {
    /// The file, and what of it is read where it holds several tables.
    path: &'a Path,
    what: &'a str,
    wish: &'a Wish,
    /// Of sheets.
    merged: Option<Merged>,
    first: Vec<Line>,
    table: Option<Table>,
    number: u64,
    srids: Srids,
    /// Some row has something in the column of geometries.
    is_drawn: bool,
    /// The parcel whose boundary points come, and the numbers of those whose points came.
    parcel: Option<Parcel>,
    parcels: HashSet<String>,
}

impl<'a> Rows<'a> {
    pub(super) fn new(path: &'a Path, what: &'a str, wish: &'a Wish) -> Self {
        Self {
            path,
            what,
            wish,
            merged: None,
            first: Vec::new(),
            table: None,
            number: 0,
            srids: Srids::default(),
            is_drawn: false,
            parcel: None,
            parcels: HashSet::new(),
        }
    }

    /// Those of a sheet.
    pub(super) fn of_sheet(path: &'a Path, what: &'a str, wish: &'a Wish, merged: Vec<Region>) -> Self {
        Self { merged: Some(Merged::new(merged)), ..Self::new(path, what, wish) }
    }

    /// The next row.
    pub(super) fn push(
        &mut self,
        mut line: Line,
        headings: &mut Headings,
        take: &mut Take<'_>,
    ) -> Result<(), IntakeError> {
        if let Some(merged) = &mut self.merged {
            line.merged = merged.fill(line.number, &mut line.cells);
        }
        if self.table.is_some() {
            return self.hand(line, headings, take);
        }
        self.first.push(line);
        if self.first.len() == MOST_TITLES { self.settle(headings, take) } else { Ok(()) }
    }

    /// No more rows come; what all of them said.
    pub(super) fn end(mut self, headings: &mut Headings, take: &mut Take<'_>) -> Result<Told, IntakeError> {
        if self.table.is_none() {
            self.settle(headings, take)?;
        }
        self.end_parcel(take)?;
        let Some(table) = self.table else { return Ok(Told::default()) };
        let mut told = Told {
            shifted: table.shifted(),
            drawn_in: table.drawn_in(),
            is_apart: table.refused.is_some_and(|refused| refused.geometry.is_some()),
            is_void: table.has_spare && !self.is_drawn,
            traps: table.into_traps(),
            ..Told::default()
        };
        let Srids { first, others, other } = self.srids;
        if let Some(first) = first {
            let other_name = || Stated::Other(format!("SRID {first}"));
            told.stated = System::of_epsg(first).map_or_else(other_name, Stated::System);
            told.by = "the SRID of its geometries";
        }
        if let Some(first) = first.filter(|_| others > 0) {
            let fate = if self.wish.is_system_said { "taken in that of --crs" } else { "refused" };
            told.traps.push(format!(
                "its geometries state several systems: SRID {first} first, {others} rows another one (row {other} the first \
                 of them), which are {fate}"
            ));
        }
        Ok(told)
    }

    /// Finds the head among the first rows, and hands over those below it.
    fn settle(&mut self, headings: &mut Headings, take: &mut Take<'_>) -> Result<(), IntakeError> {
        let unfit = |reason: String| IntakeError::unfit(self.path, &reason);
        let rows: Vec<&[Cell]> = self.first.iter().map(|line| &*line.cells).collect();
        let at =
            head(&rows, self.wish).ok_or_else(|| unfit(format!("{}has no row of headings", self.what)))?;
        let mut stacked = Stacked::around(&self.first, at, self.merged.as_ref());
        if let Some(merged) = &mut self.merged {
            stacked.end_beside(&mut self.first, merged);
        }
        let below: Vec<&[Cell]> = self.first[stacked.below..].iter().map(|line| &*line.cells).collect();
        let mut table = Table::of_head(&stacked.names, self.wish, headings).map_err(unfit)?;
        table.is_sheet = self.merged.is_some();
        table.traps.extend(passed_over(&self.first[..stacked.top], &self.first[at]));
        table.traps.extend(stacked.traps);
        table.find_commas(&below);
        table.find_by_values(&below);
        table.find_points(&below);
        self.table = Some(table);
        std::mem::take(&mut self.first)
            .into_iter()
            .skip(stacked.below)
            .try_for_each(|line| self.hand(line, headings, take))
    }

    /// Joins rows that are points of one outline.
    fn join(&mut self, row: Row, number: &str, text: &str, take: &mut Take<'_>) -> Result<(), IntakeError> {
        /// Most bytes of rows that are kept for those who correct them.
        const MOST_TEXT: usize = 1 << 16;
        let is_same = self.parcel.as_ref().is_some_and(|parcel| number.is_empty() || parcel.number == number);
        if !is_same {
            self.end_parcel(take)?;
            if row.figures.is_empty() && row.fault.is_none() {
                self.number += 1;
                return take(Row { number: self.number, ..row });
            }
            let (number, text) = (number.to_owned(), String::new());
            self.parcel = Some(Parcel {
                number,
                row: Row { figures: Vec::new(), ..row.clone() },
                points: Vec::new(),
                text,
            });
        }
        let Some(parcel) = &mut self.parcel else { return Ok(()) };
        if is_same {
            let table =
                self.table.as_ref().filter(|table| table.points.is_some_and(|points| !points.is_sure));
            if let Some(difference) = table.and_then(|table| table.difference(&parcel.row, &row)) {
                let line = row.line.unwrap_or_default();
                parcel.row.fault.get_or_insert(format!(
                    "its points differ in {difference} (line {line}); expected the same for all points of a boundary, or a \
                     heading as \"界址点号\""
                ));
            }
        }
        if row.figures.is_empty() {
            let line = row.line.unwrap_or_default();
            let reason = || format!("its boundary point in line {line} has no coordinates");
            let reason = row.fault.unwrap_or_else(reason);
            parcel.row.fault.get_or_insert(reason);
        }
        if is_same {
            parcel.row.repaired.extend(row.repaired);
        }
        parcel.points.extend(row.figures.iter().flat_map(Figure::positions));
        if parcel.text.len() < MOST_TEXT {
            parcel.text.push_str(text);
            parcel.text.push('\n');
        }
        Ok(())
    }

    /// No more boundary points of a parcel come.
    fn end_parcel(&mut self, take: &mut Take<'_>) -> Result<(), IntakeError> {
        let Some(Parcel { number, mut row, points, text }) = self.parcel.take() else { return Ok(()) };
        self.number += 1;
        row.number = self.number;
        if !self.parcels.insert(number.clone()) {
            row.fault.get_or_insert_with(|| {
                format!("boundary points of the parcel {number:?} stand farther up as well; expected all of a parcel behind each other")
            });
        }
        match polygons(&points) {
            Ok(figures) => row.figures = figures,
            Err(reason) => {
                row.fault.get_or_insert_with(|| format!("the parcel {number:?} {reason}"));
            }
        }
        if row.fault.is_some() {
            row.figures.clear();
            row.raw.get_or_insert_with(|| text.trim_end().to_owned());
        }
        take(row)
    }

    fn hand(&mut self, line: Line, headings: &mut Headings, take: &mut Take<'_>) -> Result<(), IntakeError> {
        let Some(table) = &mut self.table else { return Ok(()) };
        let number = line.number;
        let of_parcel = table.points.map(|points| {
            (line.cells.get(points.parcel).map(Cell::shown).unwrap_or_default(), refused::record(&line.cells))
        });
        let row = table.row(line, headings).map_err(|reason| IntakeError::unfit(self.path, &reason))?;
        let Some(mut row) = row else { return Ok(()) };
        if let Some((parcel, text)) = of_parcel {
            return self.join(Row { line: Some(number), ..row }, &parcel, &text, take);
        }
        self.number += 1;
        self.is_drawn |= row.drawn.as_ref().is_some_and(|(_, cell)| *cell != Cell::Null);
        if let Some(srid) = row.srid {
            let first = *self.srids.first.get_or_insert(srid);
            if first != srid {
                self.srids.others += 1;
                if self.srids.others == 1 {
                    self.srids.other = self.number;
                }
                if !self.wish.is_system_said {
                    row.fault.get_or_insert(format!(
                        "its geometry states SRID {srid}, those before it SRID {first}; expected one system in a file"
                    ));
                }
            }
        }
        take(Row { number: self.number, line: Some(number), ..row })
    }
}

/// A head of one row, or of several that stand above each other.
struct Stacked {
    names: Vec<Cell>,
    /// Its first row.
    top: usize,
    /// The first row below it.
    below: usize,
    traps: Vec<String>,
}

impl Stacked {
    /// The head around the row that has most headings. A heading is the lowest text of its column; one above it that is
    /// known stays before one that is not, as 容积率 before 上限, and before what says of which state it is, as 现状.
    fn around(rows: &[Line], at: usize, merged: Option<&Merged>) -> Self {
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
    fn end_beside(&mut self, rows: &mut [Line], merged: &mut Merged) {
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

fn is_void(row: &[Cell], at: usize) -> bool {
    row.get(at).is_none_or(|cell| *cell == Cell::Null)
}

/// Which columns hold the place.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Place {
    Text(usize),
    Pair(usize, usize),
    /// Both coordinates, one after the other.
    Joint(usize),
    /// The corners of an outline, one after the other.
    Outline(usize),
}

/// Most columns.
pub(super) const MOST_COLUMNS: usize = MOST_HEADINGS;
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
fn head(rows: &[&[Cell]], wish: &Wish) -> Option<usize> {
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

fn filled(row: &[Cell]) -> usize {
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
fn passed_over(above: &[Line], head: &Line) -> Option<String> {
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

/// Headings of columns with both coordinates, or with an outline or a geometry that only the values tell.
const JOINT: &[&str] =
    &["经纬度", "lonlat", "latlon", "lnglat", "coordinates", "coordinate", "location", "position", "位置"];
const DRAWN: &[&str] = &[
    "坐标",
    "坐标串",
    "坐标对",
    "经纬度坐标",
    "地理坐标",
    "空间坐标",
    "边界坐标",
    "界址点坐标",
    "拐点坐标",
    "图形数据",
    "几何数据",
    "几何图形",
];

/// Does a heading say that a column holds the place, whichever way?
fn is_place(heading: &str) -> bool {
    let plain = mapping::plain(heading);
    is_one_of(JOINT, &plain) || is_one_of(DRAWN, &plain)
}

/// Is a plain heading one of some, whatever it says beside?
fn is_one_of(headings: &[&str], plain: &str) -> bool {
    headings.contains(&plain) || headings.contains(&kin(plain).1.as_str())
}

/// What a heading says of the place.
#[derive(Clone, Copy, PartialEq)]
enum Role {
    Text,
    East,
    North,
}

fn role(heading: &str) -> Option<Role> {
    const TEXT: &[&str] = &[
        "wkt",
        "geometry",
        "geom",
        "thegeom",
        "wktgeom",
        "shape",
        "几何",
        "图形",
        "空间数据",
        "geometrywkt",
    ];
    const EAST: &[&str] = &[
        "x",
        "lon",
        "lng",
        "long",
        "longitude",
        "经度",
        "经度°",
        "东经",
        "jd",
        "xzb",
        "hzb",
        "east",
        "easting",
        "东坐标",
        "x坐标",
        "坐标x",
        "横坐标",
        "横坐标y",
        "y横坐标",
        "pointx",
        "xcoord",
        "centroidx",
    ];
    const NORTH: &[&str] = &[
        "y",
        "lat",
        "latitude",
        "纬度",
        "纬度°",
        "北纬",
        "wd",
        "yzb",
        "zzb",
        "north",
        "northing",
        "北坐标",
        "y坐标",
        "坐标y",
        "纵坐标",
        "纵坐标x",
        "x纵坐标",
        "pointy",
        "ycoord",
        "centroidy",
    ];
    let own = mapping::plain(heading);
    if own.starts_with("wkt") || own.ends_with("wkt") {
        return Some(Role::Text);
    }
    let bare = [Some(own), mapping::without_unit(heading)].into_iter().flatten().map(|own| kin(&own).1);
    let is = |list: &[&str]| bare.clone().any(|bare| list.contains(&bare.as_str()));
    [(TEXT, Role::Text), (EAST, Role::East), (NORTH, Role::North)]
        .into_iter()
        .find_map(|(list, role)| is(list).then_some(role))
}

/// What a plain heading of coordinates says beside which one it is, as 高德 and `wgs84`, and the rest.
fn kin(plain: &str) -> (String, String) {
    const KIN: &[&str] = &[
        "cgcs2000",
        "wgs1984",
        "wgs84",
        "gcj02",
        "bd09",
        "4490",
        "2000",
        "高德",
        "百度",
        "腾讯",
        "火星",
        "gps",
        "中心点",
        "中心",
        "质心",
        "地块",
        "宗地",
        "项目",
        "center",
    ];
    let (mut kin, mut rest) = (String::new(), plain);
    while let Some((word, left)) = KIN.iter().find_map(|word| {
        let left = rest.strip_prefix(word).or_else(|| rest.strip_suffix(word))?;
        (!left.is_empty()).then_some((word, left))
    }) {
        kin.push_str(word);
        rest = left;
    }
    (kin, rest.to_owned())
}

/// The shifted degrees that a heading names.
fn shift_of(heading: &str) -> Option<Datum> {
    let folded = narrowed(heading).to_lowercase();
    let names = |names: &[&str]| names.iter().any(|name| folded.contains(name));
    if names(&["高德", "腾讯", "火星", "gcj02", "gcj-02", "gcj_02"]) {
        Some(Datum::Gcj02)
    } else if names(&["百度", "bd09", "bd-09", "bd_09"]) {
        Some(Datum::Bd09)
    } else {
        None
    }
}

/// The columns of a pair of coordinates: of one kind, not shifted ones before others, else the first of each.
fn pair_of(names: &[Option<String>]) -> Option<(usize, usize)> {
    let all = |wanted: Role| {
        let of = move |at: &usize| names[*at].as_deref().and_then(role) == Some(wanted);
        (0..names.len()).filter(of)
    };
    let name = |at: usize| names[at].as_deref().unwrap_or_default();
    let kind = |at: usize| (shift_of(name(at)), kin(&mapping::plain(name(at))).0);
    let pairs = || all(Role::East).filter_map(|x| Some((x, all(Role::North).find(|y| kind(*y) == kind(x))?)));
    pairs()
        .find(|(x, _)| kind(*x).0.is_none())
        .or_else(|| pairs().next())
        .or_else(|| all(Role::East).next().zip(all(Role::North).next()))
}

impl Table {
    /// Understands a head.
    fn of_head(head: &[Cell], wish: &Wish, headings: &mut Headings) -> Result<Self, String> {
        if head.len() > MOST_HEADINGS {
            return Err(format!(
                "has {} columns, at most {MOST_HEADINGS} are taken; is the delimiter right?",
                head.len()
            ));
        }
        let mut names: Vec<Option<String>> = Vec::new();
        for cell in head {
            let name = Some(cell.shown().replace(['\n', '\r'], "")).filter(|name| !name.is_empty());
            // A heading that stands twice is told apart by a number.
            let count = |name: &String| names.iter().flatten().filter(|known| *known == name).count();
            let name = name
                .map(|name| if count(&name) == 0 { name } else { format!("{name} {}", count(&name) + 1) });
            names.push(name);
        }
        let wanted = |wish: &Option<String>| match wish {
            None => Ok(None),
            Some(name) => {
                names.iter().position(|known| known.as_ref() == Some(name)).map(Some).ok_or_else(|| {
                    format!(
                        "has no column {name:?}; columns are {}",
                        cut(&names.iter().flatten().cloned().collect::<Vec<_>>().join(", "))
                    )
                })
            }
        };
        let of =
            |role_of: Role| names.iter().position(|name| name.as_deref().and_then(role) == Some(role_of));
        let named = |plain: &str| {
            names.iter().position(|name| name.as_deref().is_some_and(|name| mapping::plain(name) == plain))
        };
        let refused = Refused::of_head(head);
        let added = refused.and_then(|refused| refused.geometry);
        let text = of(Role::Text).filter(|text| Some(*text) != added).map(Place::Text);
        let pair = pair_of(&names);
        // Letters that stand for many things mean the place where nothing else does, and both are there.
        let letters = || named("e").zip(named("n")).filter(|_| text.is_none());
        let pair = pair.or_else(letters).map(|(x, y)| Place::Pair(x, y));
        let mut has_spare = false;
        let places: Vec<Place> = match (wanted(&wish.geometry)?, wanted(&wish.x)?, wanted(&wish.y)?) {
            (Some(text), _, _) => vec![Place::Text(text)],
            (None, Some(x), Some(y)) => vec![Place::Pair(x, y)],
            // Refused rows of several files stand in one, each with its place where it was.
            (None, None, None) if added.is_some() => {
                added.map(Place::Text).into_iter().chain(text).chain(pair).collect()
            }
            (None, None, None) => {
                has_spare = text.is_some() && pair.is_some() && !wish.is_void;
                text.filter(|_| pair.is_none() || !wish.is_void).or(pair).into_iter().collect()
            }
            _ => return Err("x and y belong together: name the columns of both".to_owned()),
        };
        let columns = names.iter().enumerate().map(|(at, name)| {
            let is_own = refused.is_some_and(|refused| refused.has(at));
            name.as_ref().filter(|_| !is_own).map(|name| headings.number(name)).transpose()
        });
        Ok(Self {
            columns: columns.collect::<Result<_, _>>()?,
            names,
            places,
            has_spare,
            refused,
            is_sheet: false,
            is_decimal: false,
            traps: Vec::new(),
            merged: BTreeMap::new(),
            points: None,
        })
    }

    /// The shifted degrees that the headings of the place name.
    fn shifted(&self) -> Option<(Datum, String)> {
        let columns = self.places.iter().flat_map(|place| match *place {
            Place::Text(at) | Place::Joint(at) | Place::Outline(at) => [at, at],
            Place::Pair(x, y) => [x, y],
        });
        let mut names = columns.filter_map(|at| self.names[at].as_ref());
        names.find_map(|name| Some((shift_of(name)?, name.clone())))
    }

    /// The heading of the column that holds geometries.
    fn drawn_in(&self) -> Option<usize> {
        match self.places.first() {
            Some(Place::Text(at)) => self.columns[*at],
            _ => None,
        }
    }

    /// Looks at the first rows for coordinates with decimal commas.
    fn find_commas(&mut self, rows: &[&[Cell]]) {
        let pair = self.places.iter().find_map(|place| match place {
            Place::Pair(x, y) => Some((*x, *y)),
            _ => None,
        });
        let Some((x, y)) = pair else { return };
        let cells = || rows.iter().flat_map(|row| [row.get(x), row.get(y)]).flatten();
        if let Some((text, step)) =
            cells().find_map(|cell| rounded(&cell.shown()).map(|step| (cell.shown(), step)))
        {
            self.traps.push(format!(
                "coordinates as {text} are rounded to {step} by the program that wrote them; the places are no nearer than that"
            ));
        }
        let has_them = |cell: &&Cell| matches!(cell, Cell::Text(text) if written(text, false).is_some_and(|read| read.has_decimal_comma));
        let example = cells().find(has_them);
        if let Some(example) = example {
            self.is_decimal = true;
            self.traps.push(format!(
                "the coordinates are written with decimal commas, as in {:?}; read so",
                example.shown()
            ));
        }
    }

    /// Looks for a column whose values are geometries, outlines, or both coordinates, where no heading says which.
    fn find_by_values(&mut self, rows: &[&[Cell]]) {
        if !self.places.is_empty() {
            return;
        }
        let all = |at: usize, is: &dyn Fn(&str) -> bool| {
            let mut values =
                rows.iter().filter_map(|row| row.get(at)).filter(|cell| **cell != Cell::Null).peekable();
            let has_heading = self.columns[at].is_some();
            has_heading
                && values.peek().is_some()
                && values.all(|cell| matches!(cell, Cell::Text(text) if is(text)))
        };
        let says_so = |at: usize| {
            let name = mapping::plain(self.names[at].as_deref().unwrap_or_default());
            name.contains("坐标") || is_one_of(JOINT, &name)
        };
        let find = |is: &dyn Fn(usize) -> bool| (0..self.names.len()).find(|at| is(*at));
        let place = find(&|at| all(at, &is_well_known))
            .map(Place::Text)
            .or_else(|| find(&|at| all(at, &|text| outline(text).is_some())).map(Place::Outline))
            .or_else(|| find(&|at| says_so(at) && all(at, &|text| joint(text).is_some())).map(Place::Joint));
        self.places.extend(place);
    }

    /// Looks whether the rows are points of outlines: they say which point they are, and several are of one parcel.
    fn find_points(&mut self, rows: &[&[Cell]]) {
        #[rustfmt::skip]
        const POINTS: &[&str] = &[
            "界址点", "界址点号", "界址点编号", "界址点序号", "边界点号", "拐点", "拐点号", "拐点编号", "顶点", "顶点号", "折点号", "点号", "点编号", "点序",
            "点序号", "jzd", "jzdh",
        ];
        let column =
            |is: &dyn Fn(&str) -> bool| self.names.iter().position(|name| name.as_deref().is_some_and(is));
        let point = column(&|name| POINTS.contains(&mapping::plain(name).as_str()));
        let (Some(point), &[Place::Pair(x, y)]) = (point, &self.places[..]) else { return };
        let name = |at: usize| self.names[at].clone().unwrap_or_default();
        let Some(parcel) = column(&|name| mapping::name_of(name) == Some("parcel_no")) else {
            if mapping::plain(&name(point)).contains("界址") {
                self.traps.push(format!(
                    "{:?} says that the rows are boundary points, but no column says of which parcel; each is taken for itself",
                    name(point)
                ));
            }
            return;
        };
        let held = |row: &[Cell]| row.get(parcel).map(Cell::shown).unwrap_or_default();
        let is_next = |pair: &[&[Cell]]| held(pair[0]) == held(pair[1]) || held(pair[1]).is_empty();
        if !rows.windows(2).any(is_next) {
            return;
        }
        let own = mapping::plain(&name(point));
        let is_sure = ["界址", "拐点", "边界", "jzd"].iter().any(|word| own.contains(word))
            || column(&|name| mapping::plain(name).contains("边长")).is_some();
        // Samples and boreholes have points of their own, each with its values.
        let is_other = |at: &usize| {
            ![x, y, point, parcel].contains(at) && self.columns[*at].is_some() && !is_serial(&name(*at))
        };
        let mut first: Option<&[Cell]> = None;
        let mut differing = None;
        for &row in rows {
            match first.filter(|first| held(row).is_empty() || held(row) == held(first)) {
                None => first = Some(row),
                Some(first) => {
                    let differs = |at: &usize| !is_void(row, *at) && row.get(*at) != first.get(*at);
                    differing = differing.or_else(|| (0..self.names.len()).filter(is_other).find(differs));
                }
            }
        }
        if let Some(at) = differing.filter(|_| !is_sure) {
            self.traps.push(format!(
                "the rows may be boundary points ({:?}), but those of a parcel ({:?}) differ in {:?}; each is taken for itself, \
                 under the heading \"界址点号\" they would be joined",
                name(point),
                name(parcel),
                name(at)
            ));
            return;
        }
        self.traps.push(format!(
            "the rows are boundary points ({:?}); those of each parcel ({:?}) are joined in their order to an outline, the other \
             values are those of its first row",
            name(point),
            name(parcel)
        ));
        for at in [x, y, point] {
            self.columns[at] = None;
        }
        self.points = Some(Points { parcel, point, is_sure });
    }

    /// The first value in which a boundary point differs from the first one of its parcel.
    fn difference(&self, first: &Row, row: &Row) -> Option<String> {
        let of_first = |heading: usize| first.cells.iter().find(|(other, _)| *other == heading);
        row.cells.iter().filter(|(_, cell)| *cell != Cell::Null).find_map(|(heading, cell)| {
            let before = of_first(*heading).map_or(&Cell::Null, |(_, cell)| cell);
            let at = self.columns.iter().position(|column| *column == Some(*heading))?;
            let name = self.names[at].as_deref().filter(|name| !is_serial(name))?;
            (before != cell)
                .then(|| format!("{name:?}, {:?} and {:?}", cut(&before.shown()), cut(&cell.shown())))
        })
    }

    /// Is a column one of boundary points, and none of parcels?
    fn is_of_points(&self, at: usize) -> bool {
        let is_coordinate = |place: &Place| matches!(place, Place::Pair(x, y) if [*x, *y].contains(&at));
        self.points.is_some_and(|points| points.point == at || self.places.iter().any(is_coordinate))
    }

    /// Gives a column without heading, which has a value, one of its own.
    fn name_column(&mut self, at: usize, example: &Cell, headings: &mut Headings) -> Result<usize, String> {
        if self.columns.len() <= at {
            self.columns.resize(at + 1, None);
            self.names.resize(at + 1, None);
        }
        if let Some(number) = self.columns[at] {
            return Ok(number);
        }
        let letters = letters(at);
        let mut name = format!("column_{}", letters.to_lowercase());
        while self.names.iter().flatten().any(|known| *known == name) {
            name.push('_');
        }
        self.traps.push(format!(
            "column {letters} has no heading; its values, as in {:?}, are kept as {name:?}",
            cut(&example.shown())
        ));
        let number = headings.number(&name)?;
        self.columns[at] = Some(number);
        self.names[at] = Some(name);
        Ok(number)
    }

    fn into_traps(self) -> Vec<String> {
        let merged = self.merged.iter().map(|(at, example)| {
            let name = self.names.get(*at).cloned().flatten().unwrap_or_else(|| letters(*at));
            format!("{name:?} has merged cells; their value, as in {example:?}, is taken for all their rows")
        });
        self.traps.iter().cloned().chain(merged).collect()
    }

    /// A row of cells as a row; `None` when it is empty.
    fn row(&mut self, line: Line, headings: &mut Headings) -> Result<Option<Row>, String> {
        let Line { mut cells, percent, merged, errors, .. } = line;
        if cells.iter().all(|cell| *cell == Cell::Null) {
            return Ok(None);
        }
        for at in merged {
            self.merged.entry(at).or_insert_with(|| cut(&cells[at].shown()));
        }
        let mut row = Row { is_mended: self.refused.is_some(), ..Row::default() };
        if let Some(Refused { reason, text, geometry, .. }) = self.refused {
            for cell in &mut cells {
                if let Cell::Text(text) = cell
                    && let Some(own) = refused::formulated(text)
                {
                    *text = own.to_owned();
                }
            }
            if let Some(Cell::Text(text)) = cells.get(text) {
                row.raw = Some(text.clone());
                if geometry.is_none_or(|at| is_void(&cells, at)) {
                    row.fault = Some(cells.get(reason).map(Cell::shown).unwrap_or_default());
                }
            }
        }
        let named = if self.is_sheet { cells.len() } else { self.columns.len() };
        for (at, cell) in cells.iter().enumerate().take(named) {
            let is_nameless = self.columns.get(at).is_none_or(Option::is_none);
            if *cell != Cell::Null
                && is_nameless
                && !self.is_of_points(at)
                && !self.refused.is_some_and(|refused| refused.has(at))
            {
                self.name_column(at, cell, headings)?;
            }
        }
        row.percent.extend(percent.iter().filter_map(|at| self.columns.get(*at).copied().flatten()));
        let beyond = cells.iter().skip(self.columns.len()).filter(|cell| **cell != Cell::Null).count();
        if beyond > 0 {
            row.fault = Some(format!("has {beyond} values beyond the last heading"));
            row.raw = Some(refused::record(&cells));
        }
        let has_breaks = cells.iter().any(|cell| matches!(cell, Cell::Text(text) if text.contains('\n')));
        if has_breaks && cells.len() < self.columns.len() {
            let (values, headings) = (cells.len(), self.columns.len());
            row.fault = Some(format!(
                "has {values} values with line breaks in them for {headings} headings; a quotation mark may stand open"
            ));
            row.raw = Some(refused::record(&cells));
        }
        let decimals = self.find_place(&cells, &mut row);
        for (at, error) in errors {
            let name = self.names.get(at).cloned().flatten().unwrap_or_else(|| letters(at));
            let reason = format!("{name:?} holds {error}");
            match &mut row.fault {
                Some(fault) => *fault = format!("{fault}; {reason}"),
                None => row.repaired.push(format!("{reason}; left unknown")),
            }
        }
        // What is refused keeps its text.
        for (at, value) in decimals.into_iter().filter(|_| row.fault.is_none()) {
            let value = Cell::number(value);
            let text = std::mem::replace(&mut cells[at], value).shown();
            if !self.is_decimal {
                row.repaired
                    .push(format!("the comma of the coordinate {text:?} is read as that of decimals"));
            }
        }
        for (at, cell) in cells.into_iter().enumerate() {
            if self.places.first() == Some(&Place::Text(at)) {
                row.drawn = Some((self.columns[at], cell));
            } else if let Some(Some(heading)) = self.columns.get(at) {
                row.cells.push((*heading, cell));
            }
        }
        Ok(Some(row))
    }

    /// Finds the place of a row. Coordinates that were read from decimal commas are handed back with their columns.
    fn find_place(&self, cells: &[Cell], row: &mut Row) -> Vec<(usize, f64)> {
        let place = self.places.iter().find(|place| match place {
            Place::Text(at) | Place::Joint(at) | Place::Outline(at) => !is_void(cells, *at),
            Place::Pair(x, y) => !is_void(cells, *x) || !is_void(cells, *y),
        });
        let mut decimals = Vec::new();
        match place {
            None => {}
            Some(&Place::Text(at)) => {
                let text = match &cells[at] {
                    Cell::Text(text) => Cow::Borrowed(text.as_str()),
                    other => Cow::Owned(other.shown()),
                };
                match figures(&text, &mut row.figures) {
                    Ok(srid) => row.srid = srid,
                    Err(reason) => {
                        row.figures.clear();
                        row.fault.get_or_insert(format!(
                            "its geometry {:?} cannot be read: {reason}; expected well-known text as in POINT(114 30.5), \
                             well-known binary in hexadecimal digits, or GeoJSON",
                            cut(&text)
                        ));
                    }
                }
            }
            Some(&Place::Joint(at)) => {
                row.figures.extend(joint(&cells[at].shown()).map(Figure::Point));
                if row.figures.is_empty() {
                    let reason =
                        format!("its coordinates are {:?}, expected two numbers", cut(&cells[at].shown()));
                    row.fault.get_or_insert(reason);
                }
            }
            Some(&Place::Outline(at)) => {
                row.figures.extend(outline(&cells[at].shown()).into_iter().flatten());
                if row.figures.is_empty() {
                    row.fault.get_or_insert(format!(
                        "its outline is {:?}, expected three pairs of numbers or more, with semicolons between",
                        cut(&cells[at].shown())
                    ));
                }
            }
            Some(&Place::Pair(x, y)) => {
                let cell = |at: usize| cells.get(at).unwrap_or(&Cell::Null);
                let mut read = |at: usize| match cell(at) {
                    Cell::Text(text) => match written(text, self.is_decimal) {
                        Some(read) if read.has_decimal_comma && read.behind.is_empty() => {
                            decimals.push((at, read.value));
                            Ok(Some(read.value))
                        }
                        _ => coordinate(cell(at)),
                    },
                    other => coordinate(other),
                };
                match (read(x), read(y)) {
                    (Ok(Some(x)), Ok(Some(y))) => row.figures.push(Figure::Point([x, y])),
                    (Ok(None), Ok(None)) => {}
                    _ => {
                        let reason = format!(
                            "its coordinates are {:?} and {:?}, expected two numbers",
                            cell(x).shown(),
                            cell(y).shown()
                        );
                        row.fault.get_or_insert(reason);
                    }
                }
            }
        }
        decimals
    }
}

impl Refused {
    fn of_head(head: &[Cell]) -> Option<Self> {
        let of = |name: &str| head.iter().position(|cell| matches!(cell, Cell::Text(text) if text == name));
        let (row, reason, text) = (of(refused::ROW)?, of(refused::REASON)?, of(refused::TEXT)?);
        let is_geometry = matches!(head.get(text + 1), Some(Cell::Text(name)) if name == refused::GEOMETRY);
        Some(Self { row, reason, text, geometry: is_geometry.then_some(text + 1) })
    }

    /// Is a column one of them?
    fn has(self, at: usize) -> bool {
        [Some(self.row), Some(self.reason), Some(self.text), self.geometry].contains(&Some(at))
    }
}

/// Does a heading count the rows and nothing else?
fn is_serial(heading: &str) -> bool {
    ["序号", "no", "xh", "fid", "oid", "objectid"].contains(&mapping::plain(heading).as_str())
}

/// The letters of a column, as workbooks name it.
fn letters(mut at: usize) -> String {
    let mut letters = Vec::new();
    loop {
        letters.insert(0, b'A' + u8::try_from(at % 26).unwrap_or_default());
        match (at / 26).checked_sub(1) {
            Some(rest) => at = rest,
            None => return String::from_utf8_lossy(&letters).into_owned(),
        }
    }
}

/// How far a number is rounded that is written as in 3.85153E+07, where that is a whole unit or more.
fn rounded(text: &str) -> Option<f64> {
    let upper = text.to_ascii_uppercase();
    let (digits, power) = upper.split_once("E+")?;
    let behind = digits.split_once('.').map_or(0, |(_, behind)| behind.len());
    let steps = power.parse::<i32>().ok()? - i32::try_from(behind).ok()?;
    (0..=9).contains(&steps).then(|| 10_f64.powi(steps))
}

/// Is a text a geometry in well-known text?
fn is_well_known(text: &str) -> bool {
    const WORDS: &[&str] = &["POINT", "LINESTRING", "POLYGON", "MULTI", "GEOMETRYCOLLECTION", "SRID="];
    let upper: String = text.chars().take(24).collect::<String>().to_ascii_uppercase();
    WORDS.iter().any(|word| upper.starts_with(word)) && figures(text, &mut Vec::new()).is_ok()
}

/// Appends the figures of a geometry as databases and programs of tables write it, and tells the id of the system that it
/// states.
fn figures(text: &str, into: &mut Vec<Figure>) -> Result<Option<u32>, String> {
    if text.starts_with('{') {
        return geojson::geometry(text, into).map(|()| None);
    }
    // Zero is the id of no system.
    let known = |srid: u32| Some(srid).filter(|srid| *srid != 0);
    if let Some(bytes) = wkb::of_hex(text) {
        return wkb::figures(&bytes, into).map(|()| wkb::srid(&bytes).and_then(known));
    }
    let stated = text.split_once(';').filter(|(head, _)| head.to_ascii_uppercase().starts_with("SRID="));
    let (srid, text) = match stated {
        None => (None, text),
        Some((head, text)) => match head["SRID=".len()..].trim().parse() {
            Ok(srid) => (known(srid), text),
            Err(_) => return Err(format!("{:?} names no system by its number", cut(head))),
        },
    };
    // The library follows nested brackets with its own stack.
    let nested = text.to_ascii_uppercase().matches("GEOMETRYCOLLECTION").count();
    if nested > 16 || text.contains("((((((((") {
        return Err("brackets are nested too deeply".to_owned());
    }
    let parsed: wkt::Wkt<f64> = text.parse().map_err(|reason: &str| reason.to_owned())?;
    gather(&parsed, into);
    Ok(srid)
}

fn gather(from: &wkt::Wkt<f64>, into: &mut Vec<Figure>) {
    use wkt::Wkt;
    let line =
        |line: &wkt::types::LineString<f64>| line.coords().iter().map(|at| [at.x, at.y]).collect::<Vec<_>>();
    let point = |point: &wkt::types::Point<f64>| point.coord().map(|at| Figure::Point([at.x, at.y]));
    let polygon = |polygon: &wkt::types::Polygon<f64>| {
        let rings: Vec<_> = polygon.rings().iter().map(line).collect();
        (!rings.is_empty()).then_some(Figure::Polygon(rings))
    };
    match from {
        Wkt::Point(one) => into.extend(point(one)),
        Wkt::MultiPoint(all) => into.extend(all.points().iter().filter_map(point)),
        Wkt::LineString(one) => into.extend((!one.coords().is_empty()).then(|| Figure::Line(line(one)))),
        Wkt::MultiLineString(all) => {
            into.extend(all.line_strings().iter().map(|one| Figure::Line(line(one))));
        }
        Wkt::Polygon(one) => into.extend(polygon(one)),
        Wkt::MultiPolygon(all) => into.extend(all.polygons().iter().filter_map(polygon)),
        Wkt::GeometryCollection(all) => all.geometries().iter().for_each(|one| gather(one, into)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head_of(rows: &[Vec<Cell>], wish: &Wish) -> Option<usize> {
        head(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>(), wish)
    }

    #[test]
    fn geometries_are_read_as_databases_write_them() {
        let read = |text: &str| {
            let mut into = Vec::new();
            figures(text, &mut into).map(|srid| (srid, into))
        };
        let point = |srid: Option<u32>| Ok((srid, vec![Figure::Point([1.0, 2.0])]));
        assert_eq!(read("POINT(1 2)"), point(None));
        assert_eq!(read("srid=4547;POINT Z (1 2 3)"), point(Some(4547)));
        assert_eq!(read("SRID=0;POINT(1 2)"), point(None));
        assert_eq!(read("0101000000000000000000F03F0000000000000040"), point(None));
        assert_eq!(read("\\x0101000020C3110000000000000000f03f0000000000000040"), point(Some(4547)));
        assert_eq!(read("{\"type\":\"Point\",\"coordinates\":[1,2]}"), point(None));
        for broken in ["SRID=;POINT(1 2)", "0101000000", "{\"type\":\"Point\"}", "12", "somewhere"] {
            assert!(read(broken).is_err(), "{broken}");
        }
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
    fn headings_of_coordinates_are_known() {
        for (east, north) in [
            ("东经", "北纬"),
            ("jd", "wd"),
            ("中心经度", "中心纬度"),
            ("中心点X", "中心点Y"),
            ("xzb", "yzb"),
            ("X_CGCS2000", "Y_CGCS2000"),
            ("lon_wgs84", "lat_wgs84"),
            ("高德经度", "高德纬度"),
            ("经度(E)", "纬度(N)"),
            ("X坐标（m）", "Y坐标（m）"),
        ] {
            assert!(role(east) == Some(Role::East) && role(north) == Some(Role::North), "{east}, {north}");
        }
        assert!(role("空间坐标WKT") == Some(Role::Text) && role("中心").is_none() && role("项目").is_none());
        let pair =
            |names: &[&str]| pair_of(&names.iter().map(|name| Some((*name).to_owned())).collect::<Vec<_>>());
        assert_eq!(pair(&["高德经度", "高德纬度", "经度", "纬度"]), Some((2, 3)), "what is not shifted");
        assert_eq!(pair(&["lon_wgs84", "lat_bd09", "lat_wgs84"]), Some((0, 2)));
        assert_eq!(
            (shift_of("经度（GCJ-02）"), shift_of("百度纬度")),
            (Some(Datum::Gcj02), Some(Datum::Bd09))
        );
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
    fn powers_of_ten_hide_digits() {
        assert_eq!(
            (rounded("3.85153E+07"), rounded("3.8515349181E+07"), rounded("38515349")),
            (Some(100.0), None, None)
        );
    }

    #[test]
    fn columns_have_the_letters_of_workbooks() {
        assert_eq!([0, 3, 25, 26, 701, 702].map(letters), ["A", "D", "Z", "AA", "ZZ", "AAA"]);
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
