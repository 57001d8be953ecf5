//! Which labels find room?
//!
//! In: boxes, the most important first. Out: which of them touch none that stand already. Leaves out: what is in a box.

use super::frame::Point;

/// A box on a picture, CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Box {
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Lower edge.
    pub bottom: f32,
}

impl Box {
    /// A box around a point.
    #[must_use]
    pub fn around([x, y]: Point, half_width: f32, half_height: f32) -> Self {
        Self { left: x - half_width, top: y - half_height, right: x + half_width, bottom: y + half_height }
    }

    /// The box with room on each side.
    #[must_use]
    pub fn grown(self, by: f32) -> Self {
        Self { left: self.left - by, top: self.top - by, right: self.right + by, bottom: self.bottom + by }
    }

    /// Do two boxes share more than an edge?
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }

    /// Does the box lie within another?
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.left >= other.left
            && self.right <= other.right
            && self.top >= other.top
            && self.bottom <= other.bottom
    }
}

/// Side of a cell, CSS pixels.
const CELL: f32 = 64.0;

/// The boxes that stand, found by the cells of a grid that they reach into.
#[derive(Debug)]
pub struct Room {
    boxes: Vec<Box>,
    cells: Vec<Vec<u32>>,
    columns: usize,
    rows: usize,
    sheet: Box,
}

impl Room {
    /// A picture without boxes.
    #[must_use]
    pub fn new([width, height]: Point) -> Self {
        let cells = |side: f32| cell(side) + 1;
        let (columns, rows) = (cells(width), cells(height));
        let sheet = Box { left: 0.0, top: 0.0, right: width, bottom: height };
        Self { boxes: Vec::new(), cells: vec![Vec::new(); columns * rows], columns, rows, sheet }
    }

    /// Do boxes touch none that stands?
    #[must_use]
    pub fn is_free(&self, boxes: &[Box]) -> bool {
        boxes.iter().all(|one| {
            self.cells_of(one)
                .all(|cell| self.cells[cell].iter().all(|&at| !self.boxes[at as usize].overlaps(one)))
        })
    }

    /// Do boxes lie within the picture?
    #[must_use]
    pub fn holds(&self, boxes: &[Box]) -> bool {
        boxes.iter().all(|one| one.is_within(&self.sheet))
    }

    /// Puts boxes where they are, whether they touch others or not.
    pub fn take(&mut self, boxes: &[Box]) {
        for one in boxes {
            // More boxes than this never fit into memory.
            let Ok(at) = u32::try_from(self.boxes.len()) else { return };
            self.boxes.push(*one);
            for cell in self.cells_of(one).collect::<Vec<_>>() {
                self.cells[cell].push(at);
            }
        }
    }

    fn cells_of(&self, one: &Box) -> impl Iterator<Item = usize> + use<> {
        let columns = self.columns;
        let across = cell(one.left).min(columns - 1)..=cell(one.right).min(columns - 1);
        let down = cell(one.top).min(self.rows - 1)..=cell(one.bottom).min(self.rows - 1);
        down.flat_map(move |row| across.clone().map(move |column| row * columns + column))
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "not negative, and a picture is small"
)]
fn cell(at: f32) -> usize {
    (at / CELL).max(0.0) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boxes_that_touch_find_no_room() {
        let mut room = Room::new([300.0, 200.0]);
        let stands = Box::around([100.0, 100.0], 50.0, 10.0);
        assert!(room.is_free(&[stands]));
        room.take(&[stands]);
        let cases = [
            (Box::around([100.0, 100.0], 1.0, 1.0), false),
            (Box::around([199.0, 100.0], 50.0, 10.0), false),
            // Edge to edge is room enough.
            (Box::around([200.0, 100.0], 50.0, 10.0), true),
            (Box::around([100.0, 125.0], 50.0, 10.0), true),
        ];
        for (one, want) in cases {
            assert_eq!(room.is_free(&[one]), want, "{one:?}");
            assert_eq!(room.is_free(&[Box::around([250.0, 190.0], 1.0, 1.0), one]), want);
        }
        // What lies partly outside is still found.
        room.take(&[Box { left: -500.0, top: 150.0, right: 5.0, bottom: 160.0 }]);
        assert!(!room.is_free(&[Box::around([0.0, 155.0], 3.0, 3.0)]));
        assert!(!room.holds(&[Box::around([0.0, 155.0], 3.0, 3.0)]) && room.holds(&[stands]));
    }
}
