//! Which features stand for all where a tile cannot hold them?
//!
//! The rule: the tile is laid out in square cells, and of the features whose middle lies in one cell the largest is
//! shown (of equals, the first of the layer). The cells are as small as the limit allows, so everything that is there
//! shows somewhere, and everywhere that something is, something shows. How many are there and how many show stands in
//! a layer of its own, cell by cell.

use super::frame::Frame;
use super::mvt::LayerBody;
use super::{BUFFER, EXTENT};
use crate::model::FeatureIx;

/// A feature as this choice sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stand {
    row: u32,
    /// Its middle in tile units.
    middle: [i16; 2],
    /// The longer side of its window, 64ths of a tile unit.
    size: u32,
}

impl Stand {
    /// The feature of a window in degrees. A middle beyond the buffer is taken to lie at its border.
    pub(super) fn new(frame: &Frame, ix: FeatureIx, low: [f64; 2], high: [f64; 2], turn: f64) -> Self {
        let middle = [f64::midpoint(low[0], high[0]) + turn, f64::midpoint(low[1], high[1])];
        let mut at = frame.place(middle);
        // Each middle must lie in one tile only, so close to an edge the same number is needed on both of its sides.
        let is_close = |value: f64| value.abs() < 1.0 || (value - f64::from(EXTENT)).abs() < 1.0;
        if at.into_iter().any(is_close) {
            at = frame.place_exactly(middle);
        }
        let margin = f64::from(BUFFER);
        let border = |value: f64| value.clamp(-margin, f64::from(EXTENT) + margin - 1.0);
        let size = (high[0] - low[0]).max(high[1] - low[1]) * frame.units_of_degree() * 64.0;
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within a tile and its buffer"
        )]
        Self { row: ix.0, middle: at.map(|value| border(value.floor()) as i16), size: size.min(1e9) as u32 }
    }

    pub(super) fn ix(self) -> FeatureIx {
        FeatureIx(self.row)
    }

    fn is_larger(self, other: Self) -> bool {
        self.size > other.size || self.size == other.size && self.row < other.row
    }

    fn cell(self, side: usize) -> [usize; 2] {
        self.middle.map(|at| usize::try_from(i64::from(at) + i64::from(BUFFER)).unwrap_or(0) / side)
    }
}

const REACH: usize = (EXTENT + 2 * BUFFER) as usize;

/// Side of the smallest cells, tile units: one pixel of a map that shows a tile on 512 × 512.
const LEAST_SIDE: usize = 8;

/// The largest feature of each cell.
fn largest(stands: &[Stand], side: usize) -> Vec<Stand> {
    let across = REACH.div_ceil(side);
    let mut best: Vec<u32> = vec![u32::MAX; across * across];
    for (at, stand) in stands.iter().enumerate() {
        let [x, y] = stand.cell(side);
        let best = &mut best[y * across + x];
        if *best == u32::MAX || stand.is_larger(stands[*best as usize]) {
            *best = u32::try_from(at).unwrap_or(u32::MAX);
        }
    }
    best.into_iter().filter(|&at| at != u32::MAX).map(|at| stands[at as usize]).collect()
}

/// The features that show when about `most` may.
pub(super) fn choose(stands: &[Stand], most: usize) -> Vec<Stand> {
    // The largest of larger cells are among the largest of the smallest.
    let finest = largest(stands, LEAST_SIDE);
    if finest.len() <= most {
        return finest;
    }
    let (mut low, mut high) = (LEAST_SIDE, REACH);
    let mut kept = largest(&finest, high);
    while high - low > 1 {
        let side = usize::midpoint(low, high);
        let some = largest(&finest, side);
        if some.len() <= most {
            (high, kept) = (side, some);
        } else {
            low = side;
        }
    }
    kept
}

/// Cells of the layer of counts along each side of a tile.
const CELLS: i32 = 32;

/// A layer of squares that tell how many features have their middle there and how many of these show.
pub(super) fn counts(stands: &[Stand], shown: &[Stand]) -> LayerBody {
    let side = i32::try_from(EXTENT).unwrap_or(i32::MAX) / CELLS;
    let count = |stands: &[Stand]| {
        let mut cells = vec![0_i64; usize::try_from(CELLS * CELLS).unwrap_or(0)];
        for stand in stands {
            let [x, y] = stand.middle.map(i32::from).map(|at| at.div_euclid(side));
            if (0..CELLS).contains(&x) && (0..CELLS).contains(&y) {
                cells[usize::try_from(y * CELLS + x).unwrap_or(0)] += 1;
            }
        }
        cells
    };
    let mut body = LayerBody::default();
    let keys = [body.key("present"), body.key("shown")];
    for (at, counts) in (0..).zip(count(stands).into_iter().zip(count(shown))) {
        if counts.0 == 0 {
            continue;
        }
        for (key, count) in keys.into_iter().zip([counts.0, counts.1]) {
            let value = body.whole(count);
            body.tag(key, value);
        }
        body.square([at % CELLS * side, at / CELLS * side], side);
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stand(row: u32, x: i16, y: i16, size: u32) -> Stand {
        Stand { row, middle: [x, y], size }
    }

    #[test]
    fn the_largest_of_each_cell_shows() {
        // Cells of 8 units begin at -64, so [0, 7] is one and [8, 15] the next.
        let stands = [
            stand(0, 1, 1, 5),
            stand(1, 7, 7, 9),
            stand(2, 8, 1, 1),
            stand(3, 4000, 4000, 2),
            stand(4, 4001, 4001, 2),
        ];
        let mut rows: Vec<_> = choose(&stands, 10).iter().map(|stand| stand.row).collect();
        rows.sort_unstable();
        assert_eq!(rows, [1, 2, 3]);
        // Two may show: the cells grow until row 1 stands for row 2.
        let mut rows: Vec<_> = choose(&stands, 2).iter().map(|stand| stand.row).collect();
        rows.sort_unstable();
        assert_eq!(rows, [1, 3]);
        assert_eq!(choose(&stands, 1).len(), 1);
        assert_eq!(choose(&[], 5).len(), 0);
    }

    #[test]
    fn cells_are_as_small_as_they_may_be() {
        let stands: Vec<_> = (0..4096_i16)
            .map(|at| stand(u32::from(at.cast_unsigned()), at % 64 * 64, at / 64 * 64, 1))
            .collect();
        for most in [1, 5, 100, 1000, 4095, 4096] {
            let shown = choose(&stands, most).len();
            assert!(shown <= most && shown * 5 >= most, "{shown} of {most}");
        }
    }
}
