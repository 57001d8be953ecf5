//! The features nearest to something, by the tree.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::tree::{Corners, Entry, WIDTH};
use super::{IndexedLayer, bounds_of, down};
use crate::geometry::{Bounds, Nearest, Origin, Sight};
use crate::model::FeatureIx;

/// A part that is still to be looked at, by the metres, squared, that nothing in it is nearer than; the nearest stands on top of a heap.
///
/// One number, so that heaps of them are small and soon put in order. Above stand the metres as a 32-bit real, rounded down: its sign is
/// not needed, and the bits of such numbers stand in the order of the numbers.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Open(Reverse<u64>);

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
        Self(Reverse(u64::from(least_2.to_bits()) << PART_BITS | part))
    }

    fn least_2(self) -> f32 {
        f32::from_bits((self.0.0 >> PART_BITS) as u32)
    }

    fn part(self) -> Part {
        let part = self.0.0 & ((1 << PART_BITS) - 1);
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

/// What is still to be looked at. What is not near waits in a list, which costs less than the heap, until all that is near is looked at.
struct Front {
    open: BinaryHeap<Open>,
    later: Vec<Open>,
    /// Metres, squared, up to which a part is near.
    near_2: f64,
}

impl Front {
    fn push(&mut self, least_2: f64, part: Part) {
        let next = Open::new(down(least_2), part);
        if least_2 <= self.near_2 { self.open.push(next) } else { self.later.push(next) }
    }

    /// The next that is no farther than the limit.
    fn pop(&mut self, limit_2: f64) -> Option<Open> {
        loop {
            if let Some(next) = self.open.pop() {
                return Some(next).filter(|next| f64::from(next.least_2()) <= limit_2);
            }
            let nearest = self.later.iter().max().filter(|_| self.near_2 < limit_2)?;
            let near_2 = (4.0 * self.near_2).max(nearest.least_2().into());
            let is_near = |next: &mut Open| f64::from(next.least_2()) <= near_2;
            self.open.extend(self.later.extract_if(.., is_near));
            self.near_2 = near_2;
        }
    }
}

/// Metres, squared, within which so many of the features in a box lie if they are spread evenly, roughly.
fn reach_of(most: usize, features: usize, corners: Corners) -> f64 {
    const METRES: f64 = 111_000.0;
    let Bounds { west, south, east, north } = bounds_of(corners);
    let middle = f64::midpoint(south, north).to_radians();
    #[expect(clippy::cast_precision_loss, reason = "a share")]
    let share = most as f64 / features as f64;
    let reach_2 =
        (east - west) * (north - south) * METRES * METRES * middle.cos() * share / std::f64::consts::PI;
    // Features on one line cover nothing.
    reach_2.max(1.0)
}

/// Metres are exact to a micrometre. What is farther than the last by less than this by its bound may be as near when it is measured.
const DOUBT: f64 = 2e-6;

/// The square of a distance beyond which nothing is looked at.
fn reach_2(limit: f64) -> f64 {
    (limit + DOUBT) * (limit + DOUBT)
}

impl IndexedLayer {
    /// The `most` features that are nearest and no farther than `farthest` metres, each with the way to it, nearest first,
    /// equals in the order of the layer. Those that are not wanted are left out before they are looked at.
    ///
    /// Parts of the tree are opened best first and only while something in them may be among the answer, so the answer is that of
    /// a look at every feature. A feature is met by its box, then by a quick look at its geometry, and measured last.
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
        let (tree, geometries) = (&self.spatial.tree, self.layer.geometries());
        let mut found: Vec<(FeatureIx, Nearest)> = Vec::with_capacity(most.min(16) + 1);
        let mut seen: Vec<(FeatureIx, Sight)> = Vec::with_capacity(32);
        let root = tree.root();
        let near_2 = reach_of(most, root.rows().len(), root.corners());
        let mut front = Front { open: BinaryHeap::with_capacity(64), later: Vec::with_capacity(128), near_2 };
        if most > 0 && farthest >= 0.0 {
            let (level, at) = root.place();
            front.push(0.0, Part::Node { level, at });
        }
        let (mut limit, mut limit_2) = (farthest, reach_2(farthest));
        // One that is as near as the last may stand before it in the layer.
        while let Some(next) = front.pop(limit_2) {
            let (least_2, part) = (next.least_2(), next.part());
            let corners = match part {
                Part::Node { level, at } => Some(tree.node(level, at).corners()),
                Part::Boxed(at) => Some(tree.entry(at).corners),
                Part::Seen(_) => None,
            };
            let more = corners.and_then(|corners| origin.more_2(least_2.into(), bounds_of(corners)));
            if let Some(more_2) = more.filter(|more_2| down(*more_2) > least_2) {
                front.push(more_2, part);
                continue;
            }
            let (ix, sight) = match part {
                Part::Node { level, at } => {
                    let node = tree.node(level, at);
                    let first = node.first_below();
                    let (mut near, mut count) = ([0; WIDTH], 0);
                    for (at, &corners) in node.own_boxes().iter().enumerate() {
                        let least_2 = origin.least_2(bounds_of(corners));
                        if least_2 <= limit_2 {
                            front.push(least_2, Part::Boxed(first + at));
                        }
                        // Those that are near are looked at next.
                        near[count] = first + at;
                        count += usize::from(least_2 <= front.near_2);
                    }
                    geometries.fetch(near[..count].iter().map(|&at| tree.entry(at).row as usize));
                    for (at, &corners) in node.boxes_below().iter().enumerate() {
                        let least_2 = origin.least_2(bounds_of(corners));
                        if least_2 <= limit_2 {
                            front.push(least_2, Part::Node { level: level - 1, at: first + at });
                        }
                    }
                    continue;
                }
                Part::Boxed(at) => {
                    let Entry { corners, row } = tree.entry(at);
                    let ix = FeatureIx(row);
                    if !is_wanted(ix)? {
                        continue;
                    }
                    let sight = geometries
                        .get(ix.row())
                        .and_then(|geometry| origin.sight(geometry, bounds_of(corners)));
                    // What is farther than the next waits until it is its turn.
                    if let Some(sight) = sight
                        && front.open.peek().is_some_and(|next| f64::from(next.least_2()) < sight.least_2)
                    {
                        if sight.least_2 <= limit_2 {
                            front.push(sight.least_2, Part::Seen(seen.len()));
                            seen.push((ix, sight));
                        }
                        continue;
                    }
                    (ix, sight)
                }
                Part::Seen(at) => {
                    let (ix, sight) = seen[at];
                    (ix, Some(sight))
                }
            };
            let nearest = geometries
                .get(ix.row())
                .and_then(|geometry| origin.nearest_within(geometry, limit + DOUBT, sight.as_ref()));
            let Some(nearest) = nearest.filter(|nearest| nearest.metres <= limit) else { continue };
            let is_before = |(other, before): &(FeatureIx, Nearest)| {
                before.metres.total_cmp(&nearest.metres).then(other.cmp(&ix)).is_lt()
            };
            found.insert(found.partition_point(is_before), (ix, nearest));
            found.truncate(most);
            if let Some((_, last)) = found.last().filter(|_| found.len() == most) {
                (limit, limit_2) = (last.metres, reach_2(last.metres));
            }
        }
        Ok(found)
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

    #[test]
    fn all_parts_come_nearest_first_however_few_are_near() {
        for near_2 in [0.5, 7.0, 1e9] {
            let mut front = Front { open: BinaryHeap::new(), later: Vec::new(), near_2 };
            // Steps that are prime to their number scatter the metres.
            for at in 0..100 {
                let metres = u8::try_from(at * 37 % 100).expect("below 100");
                front.push(f64::from(metres).powi(2), Part::Boxed(at));
            }
            let came: Vec<f32> = std::iter::from_fn(|| front.pop(80.0 * 80.0)).map(Open::least_2).collect();
            let want: Vec<f32> = (0_u8..=80).map(|metres| f32::from(metres).powi(2)).collect();
            assert_eq!(came, want);
        }
    }
}
