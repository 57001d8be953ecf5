//! The lattice of parcels in one block.

use super::chance::{bits, hash, hash_of, mix, unit};
use super::city::Block;

/// Most columns or rows of a block, and one more.
pub(super) const LINES: usize = 6;

/// The lines that split a block, in its unit square.
///
/// A node lies at most `SHIFT` of a cell off its even place, and what is drawn between two nodes stays in that
/// band, apart from the middle of a cell; so lines meet in nodes only, and the middle is free for a hole.
pub(super) struct Lattice<'a> {
    pub(super) block: &'a Block<'a>,
    pub(super) columns: usize,
    pub(super) rows: usize,
    pub(super) even: [[f64; LINES]; 2],
    pub(super) nodes: [[[f64; 2]; LINES]; LINES],
    /// How much of a corner of the block is cut off, along s and t.
    pub(super) corner: [f64; 2],
}

/// Share of a cell a node may stray.
pub(super) const SHIFT: f64 = 0.17;

impl<'a> Lattice<'a> {
    pub(super) fn new(block: &'a Block<'a>) -> Self {
        let (columns, rows) = (block.shape.columns, block.shape.rows);
        let even = [columns, rows].map(|count| {
            let mut lines = [0.0; LINES];
            for at in 1..=count {
                let chance = hash_of(block.seed, 20 + count, at);
                lines[at] = lines[at - 1] + 0.72 + 0.56 * unit(chance, 0);
            }
            let all = lines[count];
            lines.map(|line| line / all)
        });
        let mut nodes = [[[0.0; 2]; LINES]; LINES];
        for (i, column) in nodes.iter_mut().enumerate().take(columns + 1) {
            for (j, node) in column.iter_mut().enumerate().take(rows + 1) {
                let place = [i, j];
                let counts = [columns, rows];
                *node = [0, 1].map(|axis| {
                    let (at, other, lines) = (place[axis], place[1 - axis], &even[axis]);
                    if at == 0 || at == counts[axis] {
                        return lines[at];
                    }
                    let line = hash_of(block.seed, 30 + axis, at);
                    // Half of the lines run straight through.
                    let chance = if bits(line, 0) < 34000 { line } else { mix(line ^ other as u64) };
                    let cell = (lines[at] - lines[at - 1]).min(lines[at + 1] - lines[at]);
                    lines[at] + SHIFT * cell * (2.0 * unit(chance, 1) - 1.0)
                });
            }
        }
        let cut_m = block.street_m * (0.35 + 0.35 * unit(mix(block.seed ^ 8), 0));
        let corner = [0, 1].map(|axis| {
            let (lines, count) = (&even[axis], [columns, rows][axis]);
            let cell = lines[1].min(1.0 - lines[count - 1]);
            (cut_m / (block.sides[axis][1] - block.sides[axis][0])).min(0.16 * cell)
        });
        Self { block, columns, rows, even, nodes, corner }
    }

    /// The outline of a cell, counterclockwise, in the unit square.
    pub(super) fn cell(&self, column: usize, row: usize, out: &mut Vec<[f64; 2]>) {
        self.node(column, row, out);
        self.edge(0, column, row, false, out);
        self.node(column + 1, row, out);
        self.edge(1, column + 1, row, false, out);
        self.node(column + 1, row + 1, out);
        self.edge(0, column, row + 1, true, out);
        self.node(column, row + 1, out);
        self.edge(1, column, row, true, out);
    }

    /// A node; at a corner of the block, what is left of it at the street corner.
    pub(super) fn node(&self, i: usize, j: usize, out: &mut Vec<[f64; 2]>) {
        let [s, t] = self.nodes[i][j];
        let (east, north) = (i == self.columns, j == self.rows);
        if !((i == 0 || east) && (j == 0 || north)) {
            out.push([s, t]);
            return;
        }
        let chance = hash(self.block.seed, 40 + i64::from(east), i64::from(north));
        let [ds, dt] = [if east { -1.0 } else { 1.0 }, if north { -1.0 } else { 1.0 }];
        let at = |share_s: f64, share_t: f64| {
            [s + ds * share_s * self.corner[0], t + dt * share_t * self.corner[1]]
        };
        let (upright, level) = (at(0.0, 1.0), at(1.0, 0.0));
        let (first, last) = if east == north { (upright, level) } else { (level, upright) };
        match bits(chance, 0) {
            0..6000 => out.push([s, t]),
            6000..44000 => out.extend([first, last]),
            _ => out.extend([first, at(0.293, 0.293), last]),
        }
    }

    /// What lies between two nodes: from (i, j) along s (axis 0) or t (axis 1). Both neighbours see the same.
    pub(super) fn edge(&self, axis: usize, i: usize, j: usize, backward: bool, out: &mut Vec<[f64; 2]>) {
        let other = 1 - axis;
        let a = self.nodes[i][j];
        let b = if axis == 0 { self.nodes[i + 1][j] } else { self.nodes[i][j + 1] };
        let chance = hash_of(self.block.seed, 50 + axis, i * LINES + j);
        let (line, lines) = ([i, j][other], [self.columns, self.rows][other]);
        let along = |share: f64| a[axis] + share * (b[axis] - a[axis]);
        let point = |along: f64, across: f64| if axis == 0 { [along, across] } else { [across, along] };
        let start = out.len();
        if line == 0 || line == lines {
            // On the street: bare, a point more where it bends, or set back between two points.
            match bits(chance, 0) {
                0..7000 => {
                    let even = &self.even[other];
                    let depth = if line == 0 { 0.1 * even[1] } else { -0.1 * (1.0 - even[lines - 1]) };
                    let (from, to) =
                        (along(0.34 + 0.1 * unit(chance, 1)), along(0.55 + 0.1 * unit(chance, 2)));
                    let (edge, back) = (a[other], a[other] + depth);
                    out.extend([point(from, edge), point(from, back), point(to, back), point(to, edge)]);
                }
                7000..40000 => out.push(point(along(0.35 + 0.3 * unit(chance, 1)), a[other])),
                _ => {}
            }
        } else if (a[other] - b[other]).abs() > 0.02 / 6.0 {
            // Ends that do not face each other: a step, or a slanted line.
            if bits(chance, 0) < 46000 {
                let step = along(0.4 + 0.2 * unit(chance, 1));
                out.extend([point(step, a[other]), point(step, b[other])]);
            }
        } else if bits(chance, 0) < 14000 {
            let share = 0.35 + 0.3 * unit(chance, 1);
            out.push(point(along(share), a[other] + share * (b[other] - a[other])));
        }
        if backward {
            out[start..].reverse();
        }
    }

    /// A hole in the middle of a cell, clockwise, in the unit square.
    pub(super) fn hole(&self, column: usize, row: usize, out: &mut Vec<[f64; 2]>) {
        const BOX: &[[f64; 2]] = &[[-1., -1.], [-1., 1.], [1., 1.], [1., -1.]];
        const ANGLE: &[[f64; 2]] = &[[-1., -1.], [-1., 1.], [0.1, 1.], [0.1, 0.2], [1., 0.2], [1., -1.]];
        const EIGHT: &[[f64; 2]] =
            &[[-0.5, -1.], [-1., -0.5], [-1., 0.5], [-0.5, 1.], [0.5, 1.], [1., 0.5], [1., -0.5], [0.5, -1.]];
        let chance = mix(self.block.seed ^ 0x3C);
        let shape = [BOX, ANGLE, EIGHT, BOX][bits(chance, 0) as usize % 4];
        let side = |axis: usize, at: usize| {
            let (low, high) = (self.even[axis][at], self.even[axis][at + 1]);
            let half = (0.09 + 0.11 * unit(chance, if axis == 0 { 1 } else { 2 })) * (high - low);
            (f64::midpoint(low, high), half)
        };
        let ((s, half_s), (t, half_t)) = (side(0, column), side(1, row));
        out.extend(shape.iter().map(|p| [s + half_s * p[0], t + half_t * p[1]]));
    }
}
