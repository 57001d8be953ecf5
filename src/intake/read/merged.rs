//! Merged cells of a sheet: which rows they join, and their value for all of them.

use std::collections::BTreeMap;

use crate::intake::row::Cell;

/// A merged cell: its first and last row, from 1, and its first and last column, from 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Region {
    pub rows: (u64, u64),
    pub columns: (usize, usize),
}

/// The merged cells of a sheet whose rows come one by one.
#[derive(Debug, Default)]
pub(super) struct Merged {
    /// By their first row.
    regions: Vec<Region>,
    /// How many of them began in a row that came.
    begun: usize,
    /// The last row and the value of those that reach farther down, by their column.
    open: BTreeMap<usize, (u64, Cell)>,
}

impl Merged {
    pub(super) fn new(mut regions: Vec<Region>) -> Self {
        regions.sort_by_key(|region| region.rows);
        Self { regions, ..Self::default() }
    }

    /// Gives a row the values of cells that began above it, and tells their columns. A row that has nothing of its own
    /// stays empty.
    pub(super) fn fill(&mut self, line: u64, cells: &mut Vec<Cell>) -> Vec<usize> {
        let mut filled = Vec::new();
        self.open.retain(|_, (last, _)| *last >= line);
        if cells.iter().any(|cell| *cell != Cell::Null) {
            for (&column, (_, value)) in &self.open {
                if cells.len() <= column {
                    cells.resize(column + 1, Cell::Null);
                }
                if cells[column] == Cell::Null {
                    cells[column] = value.clone();
                    filled.push(column);
                }
            }
        }
        while let Some(region) = self.regions.get(self.begun).filter(|region| region.rows.0 <= line) {
            self.begun += 1;
            let value = cells.get(region.columns.0).filter(|cell| **cell != Cell::Null);
            if let Some(value) = value.filter(|_| region.rows.0 == line && region.rows.1 > line) {
                self.open.insert(region.columns.0, (region.rows.1, value.clone()));
            }
        }
        filled
    }

    /// Those that reach over both rows.
    pub(super) fn over(&self, upper: u64, lower: u64) -> impl Iterator<Item = Region> + '_ {
        self.regions.iter().copied().filter(move |region| region.rows.0 <= upper && region.rows.1 >= lower)
    }

    /// Those that begin in or above a row and reach below it give no more values. They are told.
    pub(super) fn end(&mut self, line: u64) -> Vec<Region> {
        let ended: Vec<Region> = self.over(line, line + 1).collect();
        self.open.retain(|column, _| !ended.iter().any(|region| region.columns.0 == *column));
        ended
    }

    /// Does one that spans several columns hold a cell?
    pub(super) fn spans(&self, line: u64, column: usize) -> bool {
        self.region(line, column).is_some_and(|region| region.columns.0 < region.columns.1)
    }

    /// The first column of the one that holds a cell.
    pub(super) fn first_column(&self, line: u64, column: usize) -> Option<usize> {
        self.region(line, column).map(|region| region.columns.0)
    }

    fn region(&self, line: u64, column: usize) -> Option<&Region> {
        let holds = |region: &&Region| {
            (region.rows.0..=region.rows.1).contains(&line)
                && (region.columns.0..=region.columns.1).contains(&column)
        };
        self.regions.iter().find(holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_merged_cell_is_that_of_all_its_rows() {
        let text = |text: &str| Cell::text(text);
        let mut merged = Merged::new(vec![
            Region { rows: (4, 5), columns: (1, 1) },
            Region { rows: (1, 3), columns: (1, 2) },
        ]);
        let mut row = |line: u64, cells: &[&str]| {
            let mut cells: Vec<Cell> = cells.iter().map(|cell| text(cell)).collect();
            let filled = merged.fill(line, &mut cells);
            (cells.iter().map(Cell::shown).collect::<Vec<_>>().join(","), filled)
        };
        assert_eq!(row(1, &["a", "U1"]), ("a,U1".to_owned(), vec![]));
        assert_eq!(row(2, &["b"]), ("b,U1".to_owned(), vec![1]));
        assert_eq!(row(3, &["", "", ""]), (",,".to_owned(), vec![]), "a row of nothing else is none");
        assert_eq!(row(4, &["d", "U2"]), ("d,U2".to_owned(), vec![]));
        assert_eq!(row(5, &["e", "", "x"]), ("e,U2,x".to_owned(), vec![1]));
        assert_eq!(row(6, &["f"]), ("f".to_owned(), vec![]));
        assert_eq!((merged.over(1, 2).count(), merged.over(3, 4).count()), (1, 0));
        assert!(merged.spans(1, 2) && !merged.spans(4, 1));
        assert_eq!((merged.first_column(2, 2), merged.first_column(2, 3)), (Some(1), None));
    }
}
