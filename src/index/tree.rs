//! A packed R-tree: boxes of features in one run, and over each sixteen of them one box more, level by level.
//!
//! All nodes but the last of a level are full, so that where the features of a node stand, and how many they are, follows from its
//! number; nothing points to anything. It is made once for a snapshot and never changed.

use std::cmp::Ordering;
use std::num::NonZero;
use std::ops::Range;
use std::thread;

/// Children of a node.
pub(super) const WIDTH: usize = 16;

/// Fewer features than this are put in order before a second thread would have begun.
const WORTH_A_THREAD: usize = 1 << 14;

/// A closed box in degrees: its lower and its upper corner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Corners {
    pub(super) low: [f32; 2],
    pub(super) high: [f32; 2],
}

impl Corners {
    /// The box around nothing.
    pub(super) const NONE: Self = Self { low: [f32::INFINITY; 2], high: [f32::NEG_INFINITY; 2] };

    fn around(boxes: impl Iterator<Item = Self>) -> Self {
        boxes.fold(Self::NONE, |all, one| Self {
            low: [all.low[0].min(one.low[0]), all.low[1].min(one.low[1])],
            high: [all.high[0].max(one.high[0]), all.high[1].max(one.high[1])],
        })
    }
}

/// A feature in the tree.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry {
    pub(super) corners: Corners,
    pub(super) row: u32,
}

#[derive(Debug)]
pub(super) struct Tree {
    /// Boxes of features, those that lie together one after the other.
    boxes: Vec<Corners>,
    /// Which features they are: apart, because whoever wants the one mostly does not want the other.
    rows: Vec<u32>,
    /// Boxes around each [`WIDTH`] of the level below, the lowest level first; the last holds one.
    levels: Vec<Vec<Corners>>,
}

impl Tree {
    /// The tree over some features, made on all cores where they are many. It does not depend on the cores.
    pub(super) fn new(mut entries: Vec<Entry>) -> Self {
        let mut size = WIDTH;
        while size < entries.len() {
            size *= WIDTH;
        }
        let cores = cores_for(entries.len());
        arrange(&mut entries, size / WIDTH, cores);
        let (boxes, rows) = parted(&entries, cores);
        let over = |boxes: &[Corners]| -> Vec<Corners> {
            boxes.chunks(WIDTH).map(|group| Corners::around(group.iter().copied())).collect()
        };
        let mut top = over(&boxes);
        let mut levels = Vec::new();
        while top.len() > 1 {
            let next = over(&top);
            levels.push(std::mem::replace(&mut top, next));
        }
        top.resize(1, Corners::NONE);
        levels.push(top);
        Self { boxes, rows, levels }
    }

    pub(super) fn root(&self) -> Node<'_> {
        Node { tree: self, level: self.levels.len() - 1, at: 0 }
    }

    /// A node by its level and its number there.
    pub(super) fn node(&self, level: usize, at: usize) -> Node<'_> {
        Node { tree: self, level, at }
    }

    /// A feature by its number in the order of the tree.
    pub(super) fn entry(&self, at: usize) -> Entry {
        Entry { corners: self.boxes[at], row: self.rows[at] }
    }

    /// Bytes held.
    pub(super) fn memory(&self) -> usize {
        let boxes: usize = self.levels.iter().map(Vec::capacity).sum();
        (self.boxes.capacity() + boxes) * size_of::<Corners>() + self.rows.capacity() * size_of::<u32>()
    }
}

fn parted(entries: &[Entry], cores: usize) -> (Vec<Corners>, Vec<u32>) {
    let boxes = || entries.iter().map(|entry| entry.corners).collect();
    let rows = || entries.iter().map(|entry| entry.row).collect();
    if cores < 2 {
        return (boxes(), rows());
    }
    thread::scope(|scope| {
        let rows = scope.spawn(rows);
        (boxes(), rows.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// How many threads so many features are worth.
pub(super) fn cores_for(features: usize) -> usize {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    cores.min(features / WORTH_A_THREAD + 1)
}

/// Puts features in an order in which each `size` of them, and each sixteenth part of these and so on, lie together: they are halved
/// across the longer side of what they cover, at a whole number of nodes.
fn arrange(entries: &mut [Entry], size: usize, cores: usize) {
    halve(entries, size, cores, &|entries, size, at| {
        if entries.len() <= BLOCK {
            arrange_block(entries, size);
            return false;
        }
        let covered = Corners::around(entries.iter().map(|entry| entry.corners));
        let axis = usize::from(covered.high[0] - covered.low[0] < covered.high[1] - covered.low[1]);
        entries.select_nth_unstable_by(at, |a, b| west_or_south(a, b, axis));
        true
    });
}

/// Halves a list, and its halves, until one node holds what is left. `cut` is given a list, the size of its nodes and a place; it puts
/// before that place what shall stand there, or puts all in order and says false.
fn halve<T: Send>(
    all: &mut [T],
    mut size: usize,
    cores: usize,
    cut: &(impl Fn(&mut [T], usize, usize) -> bool + Sync),
) {
    if all.len() <= WIDTH {
        return;
    }
    while all.len() <= size {
        size /= WIDTH;
    }
    let at = all.len().div_ceil(size) / 2 * size;
    if !cut(all, size, at) {
        return;
    }
    let (first, second) = all.split_at_mut(at);
    if cores < 2 {
        halve(first, size, 1, cut);
        halve(second, size, 1, cut);
        return;
    }
    thread::scope(|scope| {
        scope.spawn(|| halve(first, size, cores / 2, cut));
        halve(second, size, cores - cores / 2, cut);
    });
}

/// Features that are put in order by small keys, which are moved sooner than their boxes.
const BLOCK: usize = 1 << PLACE_BITS;
/// Bits of the place in a block, the lowest of a key; above them stand those of the latitude and of the longitude.
const PLACE_BITS: u32 = 12;
const SIDE_BITS: u32 = 26;
const SIDE: u64 = (1 << SIDE_BITS) - 1;

fn arrange_block(entries: &mut [Entry], size: usize) {
    let covered = Corners::around(entries.iter().map(|entry| entry.corners));
    let side = (covered.high[0] - covered.low[0]).max(covered.high[1] - covered.low[1]);
    #[expect(clippy::cast_precision_loss, reason = "a little less does no harm")]
    let scale = if side > 0.0 { SIDE as f32 / side } else { 0.0 };
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "steps are between 0 and 2^26"
    )]
    let steps = |at: f32, low: f32| (((at - low) * scale) as u64).min(SIDE);
    let key = |(place, entry): (u64, &Entry)| {
        let [x, y] = [0, 1].map(|axis| steps(entry.corners.low[axis], covered.low[axis]));
        x << (SIDE_BITS + PLACE_BITS) | y << PLACE_BITS | place
    };
    let mut keys: Vec<u64> = (0..).zip(&*entries).map(key).collect();
    let x = |key: &u64| key >> (SIDE_BITS + PLACE_BITS);
    let y = |key: &u64| key >> PLACE_BITS & SIDE;
    halve(&mut keys, size, 1, &|keys, _, at| {
        let (mut low, mut high) = ([SIDE; 2], [0; 2]);
        for key in &*keys {
            let at = [x(key), y(key)];
            low = [low[0].min(at[0]), low[1].min(at[1])];
            high = [high[0].max(at[0]), high[1].max(at[1])];
        }
        if high[0] - low[0] < high[1] - low[1] {
            keys.select_nth_unstable_by_key(at, y);
        } else {
            keys.select_nth_unstable_by_key(at, x);
        }
        true
    });
    #[expect(clippy::cast_possible_truncation, reason = "twelve bits")]
    let place = |key: u64| key as usize & (BLOCK - 1);
    let arranged: Vec<Entry> = keys.into_iter().map(|key| entries[place(key)]).collect();
    entries.copy_from_slice(&arranged);
}

fn west_or_south(a: &Entry, b: &Entry, axis: usize) -> Ordering {
    a.corners.low[axis].total_cmp(&b.corners.low[axis])
}

/// A node: features that lie together.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a> {
    tree: &'a Tree,
    level: usize,
    at: usize,
}

impl<'a> Node<'a> {
    pub(super) fn corners(self) -> Corners {
        self.tree.levels[self.level][self.at]
    }

    /// Where all features below stand in the order of the tree.
    fn below(self) -> Range<usize> {
        let mut size = WIDTH;
        for _ in 0..self.level {
            size *= WIDTH;
        }
        self.at * size..self.tree.rows.len().min((self.at + 1) * size)
    }

    /// The rows of all features below.
    pub(super) fn rows(self) -> &'a [u32] {
        &self.tree.rows[self.below()]
    }

    /// Does no node stand between it and its features?
    pub(super) fn is_lowest(self) -> bool {
        self.level == 0
    }

    /// The boxes of the features that no node stands between; none where there are nodes below.
    pub(super) fn own_boxes(self) -> &'a [Corners] {
        if self.is_lowest() { &self.tree.boxes[self.below()] } else { &[] }
    }

    /// Its level, and there its number.
    pub(super) fn place(self) -> (usize, usize) {
        (self.level, self.at)
    }

    /// The number of the first of its own features or of the nodes below.
    pub(super) fn first_below(self) -> usize {
        self.at * WIDTH
    }

    /// The boxes of the nodes below.
    pub(super) fn boxes_below(self) -> &'a [Corners] {
        let Some(level) = self.level.checked_sub(1) else { return &[] };
        let boxes = &self.tree.levels[level];
        &boxes[self.first_below()..boxes.len().min(self.first_below() + WIDTH)]
    }

    /// The nodes below, each on the next level.
    pub(super) fn nodes(self) -> impl Iterator<Item = Node<'a>> {
        let Self { tree, level, at } = self;
        let below = match level.checked_sub(1) {
            Some(level) => at * WIDTH..tree.levels[level].len().min((at + 1) * WIDTH),
            None => 0..0,
        };
        below.map(move |at| Node { tree, level: level - 1, at })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every node holds what is below it, and all nodes of a level together hold each feature once.
    #[test]
    fn nodes_hold_what_is_below_them() {
        for count in [0, 1, 15, 16, 17, 255, 256, 257, 4096, 4097, 40_000] {
            // Steps that are prime to their number scatter the places.
            let entry = |row: u32| {
                let place = |step: u32| {
                    f32::from(u16::try_from(row.wrapping_mul(step) % 4001).expect("below 4001")) * 0.01
                };
                let low = [place(7919), place(104_729)];
                Entry { corners: Corners { low, high: [low[0] + 0.02, low[1] + 0.01] }, row }
            };
            let is_one_place = count % 2 == 0 && count < 4097;
            let entry = |row| Entry { row, ..entry(if is_one_place { 0 } else { row }) };
            let tree = Tree::new((0..count).map(entry).collect());
            let mut level = vec![tree.root()];
            loop {
                let mut rows: Vec<u32> = level.iter().flat_map(|node| node.rows()).copied().collect();
                rows.sort_unstable();
                assert!(rows.iter().copied().eq(0..count), "{count} features");
                for node in &level {
                    let Corners { low, high } = node.corners();
                    for at in node.below() {
                        let Corners { low: at_least, high: at_most } = tree.entry(at).corners;
                        assert!(
                            (0..2).all(|axis| low[axis] <= at_least[axis] && at_most[axis] <= high[axis])
                        );
                    }
                    let own = node.own_boxes().len();
                    let below: usize = node.nodes().map(|node| node.rows().len()).sum();
                    assert_eq!(own + below, node.rows().len());
                    assert!(own <= WIDTH && node.nodes().count() <= WIDTH);
                }
                let below: Vec<Node<'_>> = level.iter().flat_map(|node| node.nodes()).collect();
                if below.is_empty() {
                    break;
                }
                level = below;
            }
        }
    }
}
