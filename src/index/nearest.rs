//! The features nearest to something, by the tree.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

use super::tree::Node;
use super::{IndexedLayer, bounds_of};
use crate::geometry::{Bounds, Nearest};
use crate::model::FeatureIx;

/// A part of the tree that is still to be looked at, by the metres that nothing in it is nearer than.
struct Open<'a> {
    least: f64,
    below: Below<'a>,
}

enum Below<'a> {
    Node(Node<'a>),
    Row(u32),
}

impl Ord for Open<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.least.total_cmp(&other.least)
    }
}

impl PartialOrd for Open<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Open<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Open<'_> {}

/// A feature that was measured: the farthest, and of equals the last of the layer, stands on top of a heap.
struct Measured {
    nearest: Nearest,
    row: u32,
}

impl PartialEq for Measured {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Measured {}

impl Ord for Measured {
    fn cmp(&self, other: &Self) -> Ordering {
        self.nearest.metres.total_cmp(&other.nearest.metres).then(self.row.cmp(&other.row))
    }
}

impl PartialOrd for Measured {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl IndexedLayer {
    /// The `most` features that are nearest and no farther than `farthest` metres, each with the way to it, nearest first,
    /// equals in the order of the layer.
    ///
    /// `least` tells the metres that nothing in a window is nearer than, `measure` those to a feature, which are not asked for beyond
    /// the limit that it is given; `None` leaves it out.
    /// Parts of the tree are opened best first and only while something in them may be among the answer, so the answer is that of
    /// a look at every feature.
    ///
    /// # Errors
    /// What `measure` fails with.
    pub fn nearest<E>(
        &self,
        most: usize,
        farthest: f64,
        least: impl Fn(Bounds) -> f64,
        mut measure: impl FnMut(FeatureIx, f64) -> Result<Option<Nearest>, E>,
    ) -> Result<Vec<(FeatureIx, Nearest)>, E> {
        let mut found: BinaryHeap<Measured> = BinaryHeap::new();
        let mut open = BinaryHeap::with_capacity(64);
        if most > 0 {
            open.push(Reverse(Open { least: 0.0, below: Below::Node(self.spatial.tree.root()) }));
        }
        let mut limit = farthest;
        while let Some(Reverse(Open { least: known, below })) = open.pop() {
            // One that is as near as the last may stand before it in the layer.
            if known > limit {
                break;
            }
            let node = match below {
                Below::Node(node) => node,
                Below::Row(row) => {
                    let nearest = measure(FeatureIx(row), limit)?.filter(|nearest| nearest.metres <= limit);
                    let Some(nearest) = nearest else { continue };
                    found.push(Measured { nearest, row });
                    if found.len() > most {
                        found.pop();
                    }
                    if found.len() == most {
                        limit = found.peek().map_or(limit, |last| last.nearest.metres);
                    }
                    continue;
                }
            };
            let features = node.own_features().iter().map(|entry| (entry.corners, Below::Row(entry.row)));
            for (corners, below) in
                features.chain(node.nodes().map(|node| (node.corners(), Below::Node(node))))
            {
                let known = least(bounds_of(corners));
                if known <= limit {
                    open.push(Reverse(Open { least: known, below }));
                }
            }
        }
        Ok(found.into_sorted_vec().into_iter().map(|one| (FeatureIx(one.row), one.nearest)).collect())
    }
}
