//! The features nearest to something, by the tree.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use super::tree::Entry;
use super::{IndexedLayer, bounds_of};
use crate::geometry::{Nearest, Origin, Sight};
use crate::model::FeatureIx;

/// What is still to be looked at, by the metres, squared, that nothing in it is nearer than; the nearest stands on top of a heap.
struct Open {
    least_2: f64,
    part: Part,
}

/// By numbers, so that heaps of them are small.
#[derive(Clone, Copy)]
enum Part {
    Node {
        level: u8,
        at: u32,
    },
    /// A feature in the order of the tree, by its box.
    Boxed(u32),
    /// A feature whose geometry was looked at: its place among those.
    Seen(u32),
}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> Ordering {
        other.least_2.total_cmp(&self.least_2)
    }
}

impl PartialOrd for Open {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Open {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Open {}

/// Metres are exact to a micrometre. What is farther than the last by less than this by its bound may be as near when it is measured.
const DOUBT: f64 = 2e-6;

/// The square of a distance beyond which nothing is looked at.
fn reach_2(limit: f64) -> f64 {
    (limit + DOUBT) * (limit + DOUBT)
}

/// Rows and nodes are numbered in 32 bits.
#[expect(clippy::cast_possible_truncation, reason = "a layer has fewer rows than that")]
fn number(at: usize) -> u32 {
    at as u32
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
        let mut open = BinaryHeap::with_capacity(256);
        if most > 0 && farthest >= 0.0 {
            let (level, at) = tree.root().place();
            open.push(Open { least_2: 0.0, part: node(level, at) });
        }
        let (mut limit, mut limit_2) = (farthest, reach_2(farthest));
        while let Some(Open { least_2, part }) = open.pop() {
            // One that is as near as the last may stand before it in the layer.
            if least_2 > limit_2 {
                break;
            }
            let corners = match part {
                Part::Node { level, at } => Some(tree.node(level.into(), at as usize).corners()),
                Part::Boxed(at) => Some(tree.entry(at as usize).corners),
                Part::Seen(_) => None,
            };
            let more = corners.and_then(|corners| origin.more_2(least_2, bounds_of(corners)));
            if let Some(least_2) = more {
                open.push(Open { least_2, part });
                continue;
            }
            let (ix, sight) = match part {
                Part::Node { level, at } => {
                    let node_at = tree.node(level.into(), at as usize);
                    let first = node_at.first_below();
                    let mut push = |corners, part| {
                        let least_2 = origin.least_2(bounds_of(corners));
                        if least_2 <= limit_2 {
                            open.push(Open { least_2, part });
                        }
                    };
                    for (at, entry) in node_at.own_features().iter().enumerate() {
                        push(entry.corners, Part::Boxed(number(first + at)));
                    }
                    for (at, &corners) in node_at.boxes_below().iter().enumerate() {
                        push(corners, node(usize::from(level) - 1, first + at));
                    }
                    continue;
                }
                Part::Boxed(at) => {
                    let Entry { corners, row } = tree.entry(at as usize);
                    let ix = FeatureIx(row);
                    if !is_wanted(ix)? {
                        continue;
                    }
                    let sight = geometries
                        .get(ix.row())
                        .and_then(|geometry| origin.sight(geometry, bounds_of(corners)));
                    // What is farther than the next waits until it is its turn.
                    if let Some(sight) = sight
                        && open.peek().is_some_and(|next| next.least_2 < sight.least_2)
                    {
                        if sight.least_2 <= limit_2 {
                            open.push(Open { least_2: sight.least_2, part: Part::Seen(number(seen.len())) });
                            seen.push((ix, sight));
                        }
                        continue;
                    }
                    (ix, sight)
                }
                Part::Seen(at) => {
                    let (ix, sight) = seen[at as usize];
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

fn node(level: usize, at: usize) -> Part {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "sixteen to its power is more than there are features"
    )]
    let level = level as u8;
    Part::Node { level, at: number(at) }
}
