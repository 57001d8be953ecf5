//! Rows and positions that a file is judged by: some from all over it, so that memory does not grow with it.

use std::collections::BTreeSet;

use super::folder::Anchors;
use super::row::{Cell, Figure, Row};
use super::value::{Kind, is_nothing, list_of_programs};

/// What a text is, where a format has nothing else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Sort {
    /// A plain number.
    Number,
    /// `true` or `false`.
    Truth,
    /// A list of texts.
    List,
    Word,
}

/// No coordinate of any system is as large.
const FARTHEST: f64 = 1e9;

/// Rows and positions that a file is judged by.
#[derive(Debug, Default)]
pub(super) struct Survey {
    pub(super) rows: u64,
    /// Rows looked at that can be read.
    pub(super) readable: usize,
    /// Those of them whose geometry is small.
    pub(super) sample: Vec<Row>,
    /// The first position of each of them.
    pub(super) places: Vec<[f64; 2]>,
    stride: u64,
    /// Rows with texts that the data folder has places for, whatever their headings are: these and the geometries.
    pub(super) called: Called,
    pub(super) first: Vec<Row>,
    /// Headings with whole numbers that a column of reals would round, and headings whose column must be one.
    pub(super) long: BTreeSet<usize>,
    pub(super) real: BTreeSet<usize>,
    /// What the texts under each heading are.
    sorts: BTreeSet<(usize, Sort)>,
}

impl Survey {
    const MOST: usize = 2048;
    const MOST_POSITIONS: usize = 4096;
    const SHOWN: usize = 3;

    pub(super) fn take(&mut self, row: Row, anchors: &Anchors) {
        if row.fault.is_none() {
            self.called.take(&row, anchors);
        }
        for (at, cell) in &row.cells {
            match cell {
                // The lowest whole number stands for none in columns of whole ones.
                Cell::Real(_) | Cell::Integer(i64::MIN) => self.real.insert(*at),
                Cell::Integer(value) if value.unsigned_abs() > 1 << f64::MANTISSA_DIGITS => {
                    self.long.insert(*at)
                }
                Cell::Text(text)
                    if !self.sorts.contains(&(*at, Sort::Word)) && !is_nothing(Kind::Real, cell) =>
                {
                    self.sorts.insert((*at, sort(text)))
                }
                _ => continue,
            };
        }
        if self.first.len() < Self::SHOWN {
            self.first.push(row.clone());
        }
        let stride = self.stride.max(1);
        if self.rows.is_multiple_of(stride) && row.fault.is_none() {
            // Some rows from all over the file, fewer of each part the longer it is. Large geometries are not kept whole.
            let first = row.figures.first().and_then(|figure| figure.positions().next());
            self.places.extend(first.filter(|at| at.iter().all(|number| number.abs() < FARTHEST)));
            self.readable += 1;
            if row.figures.iter().flat_map(Figure::positions).take(Self::MOST_POSITIONS).count()
                < Self::MOST_POSITIONS
            {
                self.sample.push(row);
            }
            if self.readable == Self::MOST {
                halve(&mut self.sample);
                halve(&mut self.places);
                self.readable /= 2;
                self.stride = stride * 2;
            }
        }
        self.rows += 1;
    }

    /// What the texts under a heading are, in their order.
    pub(super) fn sorts(&self, heading: usize) -> impl Iterator<Item = Sort> + '_ {
        self.sorts.range((heading, Sort::Number)..=(heading, Sort::Word)).map(|(_, sort)| *sort)
    }
}

/// Rows that may be called as something known; of more than can be kept, some from all over the file.
#[derive(Debug, Default)]
pub(super) struct Called {
    pub(super) rows: Vec<Row>,
    seen: u64,
    stride: u64,
    positions: usize,
}

impl Called {
    /// Those of some hundred thousand parcels.
    const MOST_POSITIONS: usize = 1 << 22;

    fn take(&mut self, row: &Row, anchors: &Anchors) {
        let is_name = |(_, cell): &&(usize, Cell)| match cell {
            Cell::Null => false,
            Cell::Text(text) => anchors.knows(text),
            cell => anchors.knows(&cell.shown()),
        };
        if anchors.is_empty() || row.figures.is_empty() || !row.cells.iter().any(|cell| is_name(&cell)) {
            return;
        }
        self.seen += 1;
        if !self.seen.is_multiple_of(self.stride.max(1)) {
            return;
        }
        let cells = row.cells.iter().filter(is_name).cloned().collect();
        self.positions += positions(row);
        self.rows.push(Row { number: row.number, cells, figures: row.figures.clone(), ..Row::default() });
        while self.positions > Self::MOST_POSITIONS && self.rows.len() > 1 {
            halve(&mut self.rows);
            self.positions = self.rows.iter().map(positions).sum();
            self.stride = self.stride.max(1) * 2;
        }
    }
}

fn positions(row: &Row) -> usize {
    row.figures.iter().map(|figure| figure.positions().count()).sum()
}

fn sort(text: &str) -> Sort {
    match text {
        "true" | "false" | "True" | "False" | "TRUE" | "FALSE" => Sort::Truth,
        _ if is_plain_number(text) => Sort::Number,
        _ if list_of_programs(text).is_some() => Sort::List,
        _ => Sort::Word,
    }
}

/// Is a text a number that says nothing beside its value, and loses nothing as a real? Zeros before others are of a code, an
/// exponent of a room or a part unless it is one below nought, as programs write it.
fn is_plain_number(text: &str) -> bool {
    let bare = text.strip_prefix('-').unwrap_or(text);
    let bare = match bare.split_once("e-") {
        Some((bare, exponent)) if exponent.parse::<u8>().is_ok() => bare,
        _ => bare,
    };
    let (whole, decimals) =
        bare.split_once('.').map_or((bare, None), |(whole, decimals)| (whole, Some(decimals)));
    let are_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    are_digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && decimals.is_none_or(are_digits)
        && whole.len() + decimals.map_or(0, str::len) <= f64::DIGITS as usize
}

/// Leaves every second out.
fn halve<T>(all: &mut Vec<T>) {
    let mut is_kept = false;
    all.retain(|_| {
        is_kept = !is_kept;
        is_kept
    });
}
