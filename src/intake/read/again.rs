//! Headings that stand below those of a table: the same ones, as on a new page, in another order, or those of another table.

use super::head::{are_headings, filled};
use super::table::{Line, trimmed};
use crate::intake::refused;
use crate::intake::row::{Cell, cut};

/// The head of a table, and what came of it below.
#[derive(Default)]
pub(super) struct Again {
    /// Its rows as they stand in the file.
    head: Vec<Vec<Cell>>,
    same: Passed,
    turned: Passed,
    others: Passed,
    state: State,
}

/// Which headings the next rows stand below.
#[derive(Default)]
enum State {
    #[default]
    Same,
    /// The same in another order: the column of the head for each of theirs.
    Turned(Vec<Option<usize>>),
    /// Those of another table: why no row of it is taken.
    Other(String),
}

/// Rows that are passed over: how many, and the line of the first.
#[derive(Default)]
pub(super) struct Passed {
    count: u64,
    first: u64,
}

impl Passed {
    pub(super) fn push(&mut self, line: u64) {
        self.count += 1;
        if self.count == 1 {
            self.first = line;
        }
    }

    pub(super) fn told(&self, what: &str) -> Option<String> {
        (self.count > 0).then(|| format!("{} {what} (line {} the first of them)", self.count, self.first))
    }
}

impl Again {
    pub(super) fn new(head: &[Line]) -> Self {
        Self { head: head.iter().map(|line| trimmed(&line.cells).to_vec()).collect(), ..Self::default() }
    }

    /// Is a row one of headings? Those below it are read by it, where it has headings of the table, else not at all.
    pub(super) fn is_head(&mut self, line: &Line, names: &[Option<String>]) -> bool {
        let own = trimmed(&line.cells);
        if own.len() > 1 && self.head.iter().any(|head| head == own) {
            self.same.push(line.number);
            self.state = State::Same;
            return true;
        }
        if !are_headings(own) {
            return false;
        }
        let column = |cell: &Cell| {
            names.iter().position(|name| name.as_ref().is_some_and(|name| *name == cell.shown()))
        };
        let columns: Vec<Option<usize>> = own.iter().map(column).collect();
        let mut found: Vec<usize> = columns.iter().copied().flatten().collect();
        found.sort_unstable();
        found.dedup();
        if found.len() == filled(own) {
            self.turned.push(line.number);
            self.state = State::Turned(columns);
        } else {
            self.others.push(line.number);
            self.state = State::Other(format!(
                "stands below other headings (line {}), {:?}; a table of its own belongs in a file or sheet of its own",
                line.number,
                cut(&refused::record(own))
            ));
        }
        true
    }

    /// Why a row is none of the table.
    pub(super) fn fault(&self) -> Option<&str> {
        match &self.state {
            State::Other(reason) => Some(reason),
            _ => None,
        }
    }

    /// A row with its values in the columns of the head.
    pub(super) fn turned(&self, line: Line, width: usize) -> Line {
        let State::Turned(columns) = &self.state else { return line };
        // What stands below none of the headings stands beside the table.
        let turned = |at: usize| columns.get(at).copied().flatten().unwrap_or(width + at);
        let all = |at: Vec<usize>| at.into_iter().map(turned).collect();
        let mut cells = vec![Cell::Null; width];
        for (at, cell) in line.cells.into_iter().enumerate().filter(|(_, cell)| *cell != Cell::Null) {
            let at = turned(at);
            cells.resize(cells.len().max(at + 1), Cell::Null);
            cells[at] = cell;
        }
        Line {
            number: line.number,
            cells,
            percent: all(line.percent),
            shown: line.shown.into_iter().map(|(at, shown)| (turned(at), shown)).collect(),
            errors: line.errors.into_iter().map(|(at, error)| (turned(at), error)).collect(),
            merged: all(line.merged),
        }
    }

    pub(super) fn told(&self) -> impl Iterator<Item = String> {
        let same = self.same.told("rows are the headings again and are passed over");
        let turned =
            self.turned.told("rows are the headings in another order; those below them are read by it");
        let others = self.others.told("rows are headings of another table; those below them are refused");
        same.into_iter().chain(turned).chain(others)
    }
}
