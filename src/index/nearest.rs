//! The features nearest to something, by the tree.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::tree::{Corners, Tree, WIDTH};
use super::{IndexedLayer, bounds_of, down};
use crate::geometry::{Bounds, GeometryArray, Nearest, Origin, Sight};
use crate::model::FeatureIx;

/// A part that is still to be looked at, by the metres, squared, that nothing in it is nearer than.
///
/// One number, so that lists of them are small and soon put in order. Above stand the metres as a 32-bit real, rounded down: its sign is
/// not needed, and the bits of such numbers stand in the order of the numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Open(u64);

/// Bits of the part, below the metres.
const PART_BITS: u32 = 33;
/// Among parts what is not a feature by its box, and among these what is not a node.
const NO_BOX: u64 = 1 << 32;
const SEEN: u64 = 1 << 31;
/// Sixteen features share a node, so 32 bits of rows leave 28 for the nodes of a level, and fewer than eight levels above the first.
const NODE_BITS: u32 = 28;

#[derive(Debug, Clone, Copy, PartialEq)]
enum Part {
    Node {
        level: usize,
        at: usize,
    },
    /// A feature in the order of the tree, by its box.
    Boxed(usize),
    /// A feature whose geometry was looked at: its place among those.
    Seen(usize),
}

impl Open {
    fn new(least_2: f32, part: Part) -> Self {
        let part = match part {
            Part::Boxed(at) => at as u64,
            Part::Node { level, at } => NO_BOX | (level as u64) << NODE_BITS | at as u64,
            Part::Seen(at) => NO_BOX | SEEN | at as u64,
        };
        Self(u64::from(least_2.to_bits()) << PART_BITS | part)
    }

    fn least_2(self) -> f32 {
        f32::from_bits((self.0 >> PART_BITS) as u32)
    }

    fn part(self) -> Part {
        let part = self.0 & ((1 << PART_BITS) - 1);
        let below = |bits: u32| (part & ((1 << bits) - 1)) as usize;
        if part & NO_BOX == 0 {
            Part::Boxed(below(32))
        } else if part & SEEN == 0 {
            Part::Node { level: below(31) >> NODE_BITS, at: below(NODE_BITS) }
        } else {
            Part::Seen(below(31))
        }
    }
}

/// What of a tree is still to be looked at. All nodes that are near are opened at once, in any order; then all features that are near
/// are there, to be put in order. That costs less than a heap of both.
struct Front<'a> {
    tree: &'a Tree,
    origin: &'a Origin,
    nodes: Vec<Open>,
    /// Features that are near, by their boxes.
    features: Vec<Open>,
    /// Nodes and features that are not near.
    later: Vec<Open>,
    /// Metres, squared, up to which a part is near.
    near_2: f32,
    /// Metres by which more is near the next time.
    step: f64,
}

impl<'a> Front<'a> {
    fn new(tree: &'a Tree, origin: &'a Origin, most: usize) -> Self {
        let root = tree.root();
        let step = reach_of(most, root.rows().len(), root.corners());
        let (level, at) = root.place();
        let mut nodes = Vec::with_capacity(32);
        nodes.push(Open::new(0.0, Part::Node { level, at }));
        Self {
            tree,
            origin,
            nodes,
            features: Vec::with_capacity(64),
            later: Vec::with_capacity(128),
            near_2: narrow(step * step),
            step,
        }
    }

    /// Opens all nodes that are near. What is farther than the limit, metres squared, is forgotten.
    fn open(&mut self, limit_2: f64) {
        while let Some(next) = self.nodes.pop() {
            let Part::Node { level, at } = next.part() else { continue };
            let node = self.tree.node(level, at);
            let first = node.first_below();
            let boxes = if node.is_lowest() { node.own_boxes() } else { node.boxes_below() };
            let mut least_2 = [0.0_f32; WIDTH];
            if let Some(gauge) = self.origin.gauge(bounds_of(node.corners())) {
                for (least_2, corners) in least_2.iter_mut().zip(boxes) {
                    *least_2 = gauge.least_2(corners.low, corners.high);
                }
            } else {
                for (least_2, &corners) in least_2.iter_mut().zip(boxes) {
                    *least_2 = down(self.origin.least_2(bounds_of(corners)));
                }
            }
            let (mut near, mut far, mut counts) = ([Open(0); WIDTH], [Open(0); WIDTH], [0; 2]);
            for (at, &least_2) in (first..).zip(&least_2[..boxes.len()]) {
                let part = match level.checked_sub(1) {
                    Some(level) => Part::Node { level, at },
                    None => Part::Boxed(at),
                };
                // Written to both lists, as no branch foresees which is right.
                let open = Open::new(least_2, part);
                let is_near = least_2 <= self.near_2;
                (near[counts[0]], far[counts[1]]) = (open, open);
                counts[0] += usize::from(is_near);
                counts[1] += usize::from(!is_near);
            }
            for &open in &near[..counts[0]] {
                self.take(open);
            }
            let is_within = |open: &Open| f64::from(open.least_2()) <= limit_2;
            self.later.extend(far[..counts[1]].iter().copied().filter(is_within));
        }
    }

    /// Takes up a part that is near by its box, unless a closer look says that it is not.
    #[inline]
    fn take(&mut self, open: Open) {
        let (least_2, part) = (open.least_2(), open.part());
        let (list, corners) = match part {
            Part::Node { level, at } => (&mut self.nodes, self.tree.node(level, at).corners()),
            Part::Boxed(at) => (&mut self.features, self.tree.entry(at).corners),
            Part::Seen(_) => return,
        };
        match self.origin.more_2(least_2.into(), bounds_of(corners)).map(down) {
            Some(more_2) if more_2 > self.near_2 => self.later.push(Open::new(more_2, part)),
            Some(more_2) if more_2 > least_2 => list.push(Open::new(more_2, part)),
            _ => list.push(open),
        }
    }

    /// Takes up what is nearest of all that is left, and what is not much farther; `seen` is the nearest that waits elsewhere. False
    /// when nothing is left within the limit.
    fn widen(&mut self, seen: Option<Open>, limit_2: f64) -> bool {
        let nearest = self.later.iter().copied().chain(seen).min();
        let Some(nearest) = nearest.map(Open::least_2).filter(|least_2| f64::from(*least_2) <= limit_2)
        else {
            return false;
        };
        let reach = f64::from(nearest).sqrt() + self.step;
        self.near_2 = narrow(reach * reach).max(nearest);
        self.step *= 2.0;
        let near_2 = self.near_2;
        let mut near: Vec<Open> = self.later.extract_if(.., |open| open.least_2() <= near_2).collect();
        near.drain(..).for_each(|open| self.take(open));
        true
    }
}

#[expect(clippy::cast_possible_truncation, reason = "what is near is a choice")]
fn narrow(number: f64) -> f32 {
    number as f32
}

/// Metres within which so many of the features in a box lie if they are spread evenly, roughly.
fn reach_of(most: usize, features: usize, corners: Corners) -> f64 {
    const METRES: f64 = 111_000.0;
    let Bounds { west, south, east, north } = bounds_of(corners);
    let middle = f64::midpoint(south, north).to_radians();
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let share = most as f64 / features as f64;
    let reach_2 =
        (east - west) * (north - south) * METRES * METRES * middle.cos() * share / std::f64::consts::PI;
    // Features on one line cover nothing.
    reach_2.sqrt().max(1.0)
}

/// Metres are exact to a micrometre. What is farther than the last by less than this by its bound may be as near when it is measured.
const DOUBT: f64 = 2e-6;

/// The square of a distance beyond which nothing is looked at.
fn reach_2(limit: f64) -> f64 {
    (limit + DOUBT) * (limit + DOUBT)
}

/// The nearest that were found.
struct Found<'a> {
    origin: &'a Origin,
    geometries: &'a GeometryArray,
    most: usize,
    /// Nearest first, equals in the order of the layer.
    all: Vec<(FeatureIx, Nearest)>,
    /// Metres beyond which nothing is looked for.
    limit: f64,
    /// [`reach_2`] of the limit.
    limit_2: f64,
}

impl Found<'_> {
    /// Measures a feature, after a first look at it or without.
    fn measure(&mut self, ix: FeatureIx, sight: Option<&Sight>) {
        let Some(geometry) = self.geometries.get(ix.row()) else { return };
        let nearest = self.origin.nearest_within(geometry, self.limit + DOUBT, sight);
        let Some(nearest) = nearest.filter(|nearest| nearest.metres <= self.limit) else { return };
        let is_before = |(other, before): &(FeatureIx, Nearest)| {
            before.metres.total_cmp(&nearest.metres).then(other.cmp(&ix)).is_lt()
        };
        self.all.insert(self.all.partition_point(is_before), (ix, nearest));
        self.all.truncate(self.most);
        if let Some((_, last)) = self.all.last().filter(|_| self.all.len() == self.most) {
            (self.limit, self.limit_2) = (last.metres, reach_2(last.metres));
        }
    }

    /// Is it so near that it may be among the nearest? One that is as near as the last may stand before it in the layer.
    fn may_hold(&self, open: Open) -> bool {
        f64::from(open.least_2()) <= self.limit_2
    }
}

/// Features that were looked at, until it is their turn to be measured.
struct Waiting {
    seen: Vec<(FeatureIx, Sight)>,
    open: BinaryHeap<Reverse<Open>>,
}

impl Waiting {
    fn new() -> Self {
        Self { seen: Vec::with_capacity(32), open: BinaryHeap::with_capacity(32) }
    }

    fn push(&mut self, ix: FeatureIx, sight: Sight) {
        self.open.push(Reverse(Open::new(down(sight.least_2), Part::Seen(self.seen.len()))));
        self.seen.push((ix, sight));
    }

    fn peek(&self) -> Option<Open> {
        self.open.peek().map(|Reverse(open)| *open)
    }

    /// Measures those that are no farther than so many metres, squared.
    fn measure(&mut self, up_to_2: f32, found: &mut Found<'_>) {
        while let Some(next) = self.peek().filter(|next| next.least_2() <= up_to_2 && found.may_hold(*next)) {
            self.open.pop();
            if let Part::Seen(at) = next.part() {
                let (ix, sight) = self.seen[at];
                found.measure(ix, Some(&sight));
            }
        }
    }
}

impl IndexedLayer {
    /// The `most` features that are nearest and no farther than `farthest` metres, each with the way to it, nearest first,
    /// equals in the order of the layer. Those that are not wanted are left out before they are looked at.
    ///
    /// Parts of the tree are opened and features looked at only while something in them may be among the answer, so the answer is
    /// that of a look at every feature. A feature is met by its box, then by a quick look at its geometry, and measured last.
    ///
    /// # Errors
    /// What `is_wanted` fails with.
    pub fn nearest<E>(
        &self,
        origin: &Origin,
        most: usize,
        farthest: f64,
        mut is_wanted: impl FnMut(FeatureIx) -> Result<bool, E>,
    ) -> Result<Vec<(FeatureIx, Nearest)>, E> {
        /// Features whose geometries are fetched together.
        const TOGETHER: usize = 32;
        let (tree, geometries) = (&self.spatial.tree, self.layer.geometries());
        let mut found = Found {
            origin,
            geometries,
            most,
            all: Vec::with_capacity(most.min(16) + 1),
            limit: farthest,
            limit_2: reach_2(farthest),
        };
        if most == 0 || farthest < 0.0 {
            return Ok(found.all);
        }
        let (mut front, mut waiting) = (Front::new(tree, origin, most), Waiting::new());
        loop {
            front.open(found.limit_2);
            front.features.sort_unstable();
            'features: for some in front.features.chunks(TOGETHER) {
                let rows = some.iter().filter_map(|open| match open.part() {
                    Part::Boxed(at) => Some(tree.entry(at)),
                    _ => None,
                });
                geometries.fetch(rows.clone().map(|entry| entry.row as usize));
                for (open, entry) in some.iter().zip(rows) {
                    waiting.measure(open.least_2(), &mut found);
                    if !found.may_hold(*open) {
                        break 'features;
                    }
                    let ix = FeatureIx(entry.row);
                    if !is_wanted(ix)? {
                        continue;
                    }
                    let look = |geometry| origin.sight(geometry, bounds_of(entry.corners));
                    match geometries.get(ix.row()).and_then(look) {
                        Some(sight) => waiting.push(ix, sight),
                        None => found.measure(ix, None),
                    }
                }
            }
            front.features.clear();
            waiting.measure(front.near_2, &mut found);
            if !front.widen(waiting.peek(), found.limit_2) {
                return Ok(found.all);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_and_its_metres_come_back_as_they_were() {
        let last = |bits: u32| (1_usize << bits) - 1;
        let parts = [
            Part::Boxed(0),
            Part::Boxed(last(32)),
            Part::Node { level: 0, at: 0 },
            Part::Node { level: 7, at: last(NODE_BITS) },
            Part::Seen(0),
            Part::Seen(last(31)),
        ];
        for least_2 in [0.0, 1e-30, 1.0, 4e14, f32::MAX] {
            for part in parts {
                let open = Open::new(least_2, part);
                assert_eq!((open.least_2(), open.part()), (least_2, part));
            }
        }
    }
}
