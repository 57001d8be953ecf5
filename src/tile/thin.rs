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

    /// The cell of the layer of counts that its middle lies in; none in the buffer.
    fn counted(self) -> Option<usize> {
        let [x, y] = self.middle.map(|at| usize::try_from(at).ok().filter(|&at| at < EXTENT as usize));
        Some(y? / (EXTENT as usize / CELLS) * CELLS + x? / (EXTENT as usize / CELLS))
    }

    fn cell(self, side: usize) -> [usize; 2] {
        self.middle.map(|at| usize::try_from(i64::from(at) + i64::from(BUFFER)).unwrap_or(0) / side)
    }
}

const REACH: usize = (EXTENT + 2 * BUFFER) as usize;

/// Side of the smallest cells, tile units: one pixel of a map that shows a tile on 512 × 512.
const LEAST_SIDE: usize = 8;

/// Smallest cells along each side.
const ACROSS: usize = REACH.div_ceil(LEAST_SIDE);

/// Cells of the layer of counts along each side of a tile.
const CELLS: usize = 32;

/// What is kept of all features that stand in a tile, however many.
pub(super) struct Crowd {
    /// The largest of each of the smallest cells, row by row.
    best: Vec<Option<Stand>>,
    /// How many there are in each cell of the layer of counts, row by row.
    present: Vec<i64>,
    /// How many there are; one that a tile shows on both sides of the antimeridian stands twice.
    pub(super) len: usize,
}

impl Default for Crowd {
    fn default() -> Self {
        Self { best: vec![None; ACROSS * ACROSS], present: vec![0; CELLS * CELLS], len: 0 }
    }
}

impl Crowd {
    pub(super) fn add(&mut self, stand: Stand) {
        let [x, y] = stand.cell(LEAST_SIDE);
        keep_larger(&mut self.best[y * ACROSS + x], stand);
        if let Some(cell) = stand.counted() {
            self.present[cell] += 1;
        }
        self.len += 1;
    }

    /// Both together.
    pub(super) fn and(mut self, other: &Self) -> Self {
        for (best, stand) in self.best.iter_mut().zip(&other.best) {
            if let Some(stand) = *stand {
                keep_larger(best, stand);
            }
        }
        for (here, there) in self.present.iter_mut().zip(&other.present) {
            *here += there;
        }
        self.len += other.len;
        self
    }

    /// The features that show when about `most` may.
    pub(super) fn choose(&self, most: usize) -> Vec<Stand> {
        // The largest of larger cells are among the largest of the smallest.
        let finest: Vec<_> = self.best.iter().flatten().copied().collect();
        if finest.len() <= most {
            return finest;
        }
        let (mut low, mut high) = (LEAST_SIDE, REACH);
        let mut kept = largest(&finest, high);
        while high - low > 1 {
            let side = usize::midpoint(low, high);
            // A cell covers, in part at least, no more of the smallest than these.
            let covered = (side.div_ceil(LEAST_SIDE) + 1).pow(2);
            if finest.len() > covered * most {
                low = side;
                continue;
            }
            let some = largest(&finest, side);
            if some.len() <= most {
                (high, kept) = (side, some);
            } else {
                low = side;
            }
        }
        kept
    }

    /// A layer of squares that tell how many features have their middle there and how many of these show.
    pub(super) fn counts(&self, shown: &[Stand]) -> LayerBody {
        let mut shown_there = vec![0_i64; self.present.len()];
        for cell in shown.iter().filter_map(|stand| stand.counted()) {
            shown_there[cell] += 1;
        }
        let mut body = LayerBody::default();
        let keys = [body.key("present"), body.key("shown")];
        let [cells, side] =
            [CELLS, EXTENT as usize / CELLS].map(|size| i32::try_from(size).unwrap_or(i32::MAX));
        for (at, (&present, shown)) in (0..).zip(self.present.iter().zip(shown_there)) {
            if present == 0 {
                continue;
            }
            for (key, count) in keys.into_iter().zip([present, shown]) {
                let value = body.whole(count);
                body.tag(key, value);
            }
            body.square([at % cells * side, at / cells * side], side);
        }
        body
    }
}

#[inline]
fn keep_larger(best: &mut Option<Stand>, stand: Stand) {
    if best.is_none_or(|best| stand.is_larger(best)) {
        *best = Some(stand);
    }
}

/// The largest feature of each cell.
fn largest(stands: &[Stand], side: usize) -> Vec<Stand> {
    let across = REACH.div_ceil(side);
    let mut best = vec![None; across * across];
    for &stand in stands {
        let [x, y] = stand.cell(side);
        keep_larger(&mut best[y * across + x], stand);
    }
    best.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stand(row: u32, x: i16, y: i16, size: u32) -> Stand {
        Stand { row, middle: [x, y], size }
    }

    fn crowd(stands: &[Stand]) -> Crowd {
        let mut crowd = Crowd::default();
        for &stand in stands {
            crowd.add(stand);
        }
        crowd
    }

    fn shown(stands: &[Stand], most: usize) -> Vec<u32> {
        let mut rows: Vec<_> = crowd(stands).choose(most).iter().map(|stand| stand.row).collect();
        rows.sort_unstable();
        rows
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
        assert_eq!(shown(&stands, 10), [1, 2, 3]);
        // Two may show: the cells grow until row 1 stands for row 2.
        assert_eq!(shown(&stands, 2), [1, 3]);
        assert_eq!(shown(&stands, 1).len(), 1);
        assert_eq!(shown(&[], 5).len(), 0);
    }

    #[test]
    fn crowds_add_up_in_any_order() {
        let spot = |row: u32| (row * 7919 % 4223, row * 104_729 % 4219, row * 31 % 17);
        let stands: Vec<_> = (0..5000)
            .map(|row| {
                let (x, y, size) = spot(row);
                let at = |value: u32| i16::try_from(value).expect("small") - 64;
                stand(row, at(x), at(y), size)
            })
            .collect();
        let [odd, even] = [1, 0].map(|rest| {
            let some: Vec<_> = stands.iter().rev().filter(|stand| stand.row % 2 == rest).copied().collect();
            crowd(&some)
        });
        let (whole, parts) = (crowd(&stands), odd.and(&even));
        assert_eq!((parts.len, &parts.present), (5000, &whole.present));
        for most in [1, 10, 300, 4000, 5000] {
            let rows = |crowd: &Crowd| crowd.choose(most).iter().map(|stand| stand.row).collect::<Vec<_>>();
            assert_eq!(rows(&parts), rows(&whole), "{most}");
        }
        // In the buffer there are no counts.
        let within =
            stands.iter().filter(|stand| stand.middle.iter().all(|at| (0..4096).contains(at))).count();
        assert_eq!(whole.present.iter().sum::<i64>(), i64::try_from(within).expect("small"));
    }

    #[test]
    fn cells_are_as_small_as_they_may_be() {
        let stands: Vec<_> = (0..4096_i16)
            .map(|at| stand(u32::from(at.cast_unsigned()), at % 64 * 64, at / 64 * 64, 1))
            .collect();
        for most in [1, 5, 100, 1000, 4095, 4096] {
            let shown = shown(&stands, most).len();
            assert!(shown <= most && shown * 5 >= most, "{shown} of {most}");
        }
    }
}
