//! Rows and positions that a file is judged by: some from all over it, so that memory does not grow with it.

use std::collections::BTreeSet;

use super::row::{Cell, Figure, Row};

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
    pub(super) first: Vec<Row>,
    /// Headings with whole numbers that a column of reals would round, and headings whose column must be one.
    pub(super) long: BTreeSet<usize>,
    pub(super) real: BTreeSet<usize>,
}

impl Survey {
    const MOST: usize = 2048;
    const MOST_POSITIONS: usize = 4096;
    const SHOWN: usize = 3;

    pub(super) fn take(&mut self, row: Row) {
        for (at, cell) in &row.cells {
            match cell {
                // The lowest whole number stands for none in columns of whole ones.
                Cell::Real(_) | Cell::Integer(i64::MIN) => self.real.insert(*at),
                Cell::Integer(value) if value.unsigned_abs() > 1 << f64::MANTISSA_DIGITS => {
                    self.long.insert(*at)
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
}

/// Leaves every second out.
fn halve<T>(all: &mut Vec<T>) {
    let mut is_kept = false;
    all.retain(|_| {
        is_kept = !is_kept;
        is_kept
    });
}
