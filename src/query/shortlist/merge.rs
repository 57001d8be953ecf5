//! Which neighbours are large enough together?
//!
//! Two features are neighbours when their borders share a line and their insides share nothing, exactly (DE-9IM
//! `F***1****`) or but for rounding: a corner that stands on an edge is rounded away from it. A set is listed when it hangs
//! together, all its members are alike, its area is at least what is wanted, and no smaller set in it would be enough.

use std::collections::HashMap;

use super::super::cores::fold_on_all_cores;
use super::super::defects::{ROUNDING_M, size_of};
use super::super::{Budget, QueryError};
use crate::geometry::{GeometryRef, common_border_m, de9im, reach, shared_ground, stored_area_m2};
use crate::index::IndexedLayer;
use crate::model::{FeatureIx, Value};

/// The most members of a set.
pub const MOST_PARTS: usize = 4;
/// Borders that run along each other within rounding are shared when they do so farther than this, metres. Where features meet
/// in a corner alone, borders that part by more than 1.2 degrees run along each other for less (0.02 m by the sine).
pub const LEAST_BORDER_M: f64 = 1.0;
/// Sets that are looked at before the search gives up, and says so.
const MOST_STEPS: u64 = 2_000_000;
/// Sets that are kept before the search gives up.
const MOST_SETS: usize = 100_000;

/// Neighbours that are enough together.
#[derive(Debug, Clone, PartialEq)]
pub struct MergeSet {
    /// The members in the order of the layer, with the geodesic area of each, square metres.
    pub members: Vec<(FeatureIx, f64)>,
    /// Their areas together, square metres.
    pub area_m2: f64,
}

/// All such sets.
#[derive(Debug, Clone, PartialEq)]
pub struct Merges {
    /// The wanted area, square metres.
    pub wanted_m2: f64,
    /// The field by which members are alike; none when any neighbours may be merged.
    pub alike: Option<Box<str>>,
    /// The criteria that members need not satisfy, by number, because they ask for the size.
    pub aside: Vec<usize>,
    /// The first sets: fewest members, then least area, then order of the layer.
    pub sets: Vec<MergeSet>,
    /// How many sets there are.
    pub found: u64,
    /// Features that were left out because what must be alike is not known.
    pub unknown: u64,
    /// Were all looked at?
    pub complete: bool,
}

/// What is merged.
pub(super) struct Merging<'a> {
    /// Those that satisfy the criteria that are not set aside.
    pub rows: &'a [FeatureIx],
    /// Those that satisfy all, in the order of the layer.
    pub matched: &'a [FeatureIx],
    /// The wanted area, square metres.
    pub wanted_m2: f64,
    /// The field by which members must be alike.
    pub alike: Option<&'a str>,
    /// The criteria on the size, by number.
    pub aside: Vec<usize>,
    /// The most sets that are listed.
    pub most: usize,
}

/// Are two features neighbours?
fn are_neighbours(a: GeometryRef<'_>, b: GeometryRef<'_>) -> bool {
    // What shares a line runs along it; most that stand near each other do not.
    let common_m = common_border_m(a, b, ROUNDING_M);
    if common_m <= 0.0 {
        return false;
    }
    let (a, b) = (a.to_shape(), b.to_shape());
    let matrix = de9im(&a, &b);
    let is_apart = matrix.starts_with('F');
    let is_exact = is_apart && matrix.as_bytes().get(4) == Some(&b'1');
    let is_rounding = || shared_ground(&a, &b).iter().all(|piece| size_of(piece).1 < ROUNDING_M);
    is_exact || common_m > LEAST_BORDER_M && (is_apart || is_rounding())
}

/// The sets of some features.
pub(super) fn merges(
    asked: Merging<'_>,
    indexed: &IndexedLayer,
    budget: &Budget,
) -> Result<Merges, QueryError> {
    let Merging { rows, matched, wanted_m2, alike, aside, most } = asked;
    let layer = indexed.layer();
    let (alike, field) = match alike.and_then(|name| layer.schema.find(name)) {
        Some((at, field)) => (Some(field.name.clone()), Some(at)),
        None => (None, None),
    };
    let mut unknown = 0;
    let mut nodes: Vec<Node> = Vec::new();
    for (at, &ix) in rows.iter().enumerate() {
        if at % 1024 == 0 {
            budget.check()?;
        }
        let feature = layer.feature(ix);
        if field.is_some_and(|field| feature.value(field) == Value::Null) {
            unknown += 1;
            continue;
        }
        let area_m2 = feature.geometry().map_or(0.0, stored_area_m2);
        // Who is large enough alone needs nobody. The criteria say who that is: a stated area may not be the one measured.
        let is_enough =
            if aside.is_empty() { area_m2 >= wanted_m2 } else { matched.binary_search(&ix).is_ok() };
        if area_m2 > 0.0 && !is_enough {
            nodes.push(Node { ix, area_m2 });
        }
    }
    let at_row: HashMap<FeatureIx, usize> =
        nodes.iter().enumerate().map(|(at, node)| (node.ix, at)).collect();
    let edges = fold_on_all_cores(nodes.len(), budget, Vec::new, |edges, a| {
        let feature = layer.feature(nodes[a].ix);
        let Some((geometry, bounds)) = feature.geometry().and_then(|shape| Some((shape, shape.bounds()?)))
        else {
            return;
        };
        for other in indexed.near(reach(bounds, ROUNDING_M)) {
            let Some(&b) = at_row.get(&other).filter(|&&b| b > a) else { continue };
            let is_alike = |field| feature.value(field) == layer.feature(other).value(field);
            let beside = layer.feature(other).geometry().filter(|_| field.is_none_or(is_alike));
            if beside.is_some_and(|beside| are_neighbours(geometry, beside)) {
                edges.push((a, b));
            }
        }
    })?;
    let mut beside = vec![Vec::new(); nodes.len()];
    for (a, b) in edges.into_iter().flatten() {
        beside[a].push(b);
        beside[b].push(a);
    }
    for beside in &mut beside {
        beside.sort_unstable();
    }
    let mut search = Search { nodes: &nodes, beside: &beside, wanted_m2, sets: Vec::new(), steps: 0, budget };
    let complete = search.run()?;
    let mut sets = search.sets;
    let found = sets.len() as u64;
    let area = |set: &[usize]| set.iter().map(|&at| nodes[at].area_m2).sum::<f64>();
    sets.sort_by(|a, b| {
        a.len().cmp(&b.len()).then_with(|| area(a).total_cmp(&area(b))).then_with(|| a.cmp(b))
    });
    sets.truncate(most);
    let sets = sets.iter().map(|set| MergeSet {
        members: set.iter().map(|&at| (nodes[at].ix, nodes[at].area_m2)).collect(),
        area_m2: area(set),
    });
    let sets = sets.collect();
    Ok(Merges { wanted_m2, alike, aside, sets, found, unknown, complete })
}

struct Node {
    ix: FeatureIx,
    area_m2: f64,
}

/// Grows each connected set once: from its first member, by later ones that were not beside the set before
/// (S. Wernicke, "Efficient detection of network motifs", 2006).
struct Search<'a> {
    nodes: &'a [Node],
    beside: &'a [Vec<usize>],
    wanted_m2: f64,
    sets: Vec<Vec<usize>>,
    steps: u64,
    budget: &'a Budget,
}

impl Search<'_> {
    /// Was all looked at?
    fn run(&mut self) -> Result<bool, QueryError> {
        for first in 0..self.nodes.len() {
            if !self.beside[first].is_empty() {
                let later = self.beside[first].iter().copied().filter(|&next| next > first).collect();
                if !self.grow(&[first], later)? {
                    return Ok(false);
                }
            }
        }
        Ok(true)
    }

    fn grow(&mut self, set: &[usize], mut later: Vec<usize>) -> Result<bool, QueryError> {
        self.steps += 1;
        if self.steps.is_multiple_of(1024) {
            self.budget.check()?;
        }
        if self.steps > MOST_STEPS || self.sets.len() > MOST_SETS {
            return Ok(false);
        }
        while let Some(next) = later.pop() {
            let mut larger = set.to_vec();
            larger.push(next);
            if self.area(&larger) >= self.wanted_m2 {
                if self.is_least(&larger) {
                    larger.sort_unstable();
                    self.sets.push(larger);
                }
                continue;
            }
            if larger.len() == MOST_PARTS {
                continue;
            }
            let touches =
                |at: usize| set.iter().any(|member| *member == at || self.beside[*member].contains(&at));
            let new = self.beside[next].iter().copied().filter(|&at| at > set[0] && !touches(at));
            let next_later = later.iter().copied().chain(new).collect();
            if !self.grow(&larger, next_later)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn area(&self, set: &[usize]) -> f64 {
        set.iter().map(|&at| self.nodes[at].area_m2).sum()
    }

    /// Would no smaller set be enough? It is enough to leave out one member: of any smaller part that is enough and hangs
    /// together, members can be added one by one until a single one is missing.
    fn is_least(&self, set: &[usize]) -> bool {
        !set.iter().any(|left_out| {
            let part: Vec<usize> = set.iter().copied().filter(|at| at != left_out).collect();
            part.len() > 1 && self.area(&part) >= self.wanted_m2 && self.hangs_together(&part)
        })
    }

    fn hangs_together(&self, set: &[usize]) -> bool {
        let mut reached = vec![set[0]];
        let mut at = 0;
        while at < reached.len() {
            let more: Vec<usize> = set
                .iter()
                .copied()
                .filter(|next| !reached.contains(next) && self.beside[reached[at]].contains(next))
                .collect();
            reached.extend(more);
            at += 1;
        }
        reached.len() == set.len()
    }
}
