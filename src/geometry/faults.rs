//! What is wrong with the rings of a polygon, and which polygons are drawn alike?
//!
//! In: stored geometries. Out: faults with a position of each; outlines that are equal where geometries are the same but for
//! where their rings begin and which way they turn. Leaves out: areas, other features.

use std::cmp::Ordering;
use std::collections::HashMap;

use geo_types::{Coord, LineString, Polygon};

use super::array::{GeometryRef, Run};
use super::bounds::Bounds;
use super::ring;
use super::shape::{Shape, de9im};

/// A fault of the rings of a polygon (OGC 06-103r4, 6.1.11.1 and 6.1.14.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PolygonFault {
    /// A ring crosses itself, or runs along itself.
    CrossesItself,
    /// A ring passes a position twice.
    TouchesItself,
    /// A hole, or a part of one, lies outside its polygon or along its border.
    HoleOutside,
    /// Two holes have more in common than single positions.
    HolesOverlap,
    /// Holes that touch cut the inside into pieces.
    Disconnected,
    /// Two parts of a multipolygon have more in common than single positions.
    PartsOverlap,
}

impl PolygonFault {
    /// What is wrong, in words.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::CrossesItself => "a ring crosses itself",
            Self::TouchesItself => "a ring passes a position twice",
            Self::HoleOutside => "a hole lies outside, or along the border",
            Self::HolesOverlap => "holes overlap",
            Self::Disconnected => "holes cut the inside into pieces",
            Self::PartsOverlap => "parts overlap",
        }
    }

    /// Is it unclear what lies inside?
    #[must_use]
    pub fn is_grave(self) -> bool {
        !matches!(self, Self::TouchesItself | Self::Disconnected)
    }
}

type Ring = Vec<[f64; 2]>;

/// The faults of the polygons of a geometry, each ring told of once, with a position of each. Of a polygon with a ring that
/// crosses itself it is not looked at how its rings lie to each other.
#[must_use]
pub fn polygon_faults(geometry: GeometryRef<'_>) -> Vec<(PolygonFault, [f64; 2])> {
    let mut faults = Vec::new();
    for part in geometry.parts().filter(|part| part.kind().is_areal()) {
        let before = faults.len();
        let mut polygons: Vec<Vec<Ring>> = Vec::new();
        for run in part.runs() {
            let ring: Ring = (0..run.len()).chain([0]).map(|at| run.at(at)).collect();
            if let Some(at) = ring::crossing_at(&ring) {
                faults.push((PolygonFault::CrossesItself, at));
            } else if let Some(at) = passed_twice(&ring) {
                faults.push((PolygonFault::TouchesItself, at));
            }
            match polygons.last_mut().filter(|_| !run.is_shell) {
                Some(polygon) => polygon.push(ring),
                None => polygons.push(vec![ring]),
            }
        }
        if faults[before..].iter().any(|(fault, _)| *fault == PolygonFault::CrossesItself) {
            continue;
        }
        for polygon in &polygons {
            nest(polygon, &mut faults);
        }
        if polygons.len() > 1 {
            let drawn: Vec<_> = polygons.iter().map(|rings| (around(&rings[0]), polygon_of(rings))).collect();
            for (at, (bounds, polygon)) in drawn.iter().enumerate() {
                let mut before = drawn[..at].iter().filter(|(other, _)| other.overlaps(*bounds));
                if before.any(|(_, other)| shares_ground_or_border(&de9im(other, polygon))) {
                    faults.push((PolygonFault::PartsOverlap, polygons[at][0][0]));
                }
            }
        }
    }
    faults
}

/// A position that a closed ring passes twice, its ends and repeated positions aside.
fn passed_twice(ring: &[[f64; 2]]) -> Option<[f64; 2]> {
    let mut positions = ring[1..].to_vec();
    positions.dedup();
    positions.sort_unstable_by(order);
    positions.windows(2).find(|pair| pair[0] == pair[1]).map(|pair| pair[0])
}

fn order(a: &[f64; 2], b: &[f64; 2]) -> Ordering {
    a[0].total_cmp(&b[0]).then_with(|| a[1].total_cmp(&b[1]))
}

fn around(ring: &[[f64; 2]]) -> Bounds {
    let mut bounds = Bounds::of_position(ring[0]);
    for &at in ring {
        bounds.extend(at);
    }
    bounds
}

fn polygon_of(rings: &[Ring]) -> Shape {
    let mut lines = rings.iter().map(|ring| ring.iter().copied().map(Coord::from).collect::<LineString>());
    let shell = lines.next().unwrap_or(LineString(Vec::new()));
    Shape::Polygon(Polygon::new(shell, lines.collect()))
}

/// Do two areas share ground, or a stretch of border? By their DE-9IM matrix.
fn shares_ground_or_border(matrix: &str) -> bool {
    matrix.starts_with('2') || matrix.as_bytes().get(4) == Some(&b'1')
}

/// How the holes of a polygon lie to it and to each other.
fn nest(rings: &[Ring], faults: &mut Vec<(PolygonFault, [f64; 2])>) {
    if rings.len() < 2 {
        return;
    }
    let before = faults.len();
    let boxes: Vec<Bounds> = rings.iter().map(|ring| around(ring)).collect();
    let filled: Vec<Shape> = rings.iter().map(|ring| polygon_of(std::slice::from_ref(ring))).collect();
    for at in 1..rings.len() {
        // Inside, and sharing no stretch of border: neither inside nor border of the hole meets the outside.
        let matrix = de9im(&filled[at], &filled[0]);
        let meets = |cell: usize| matrix.as_bytes().get(cell) != Some(&b'F');
        if !meets(0) || meets(2) || meets(5) || matrix.as_bytes().get(4) == Some(&b'1') {
            let outside = rings[at].iter().find(|&&position| ring::place(&rings[0], position) < 0);
            faults.push((PolygonFault::HoleOutside, *outside.unwrap_or(&rings[at][0])));
            continue;
        }
        let others = (1..at).filter(|&other| boxes[other].overlaps(boxes[at]));
        if others.into_iter().any(|other| shares_ground_or_border(&de9im(&filled[other], &filled[at]))) {
            faults.push((PolygonFault::HolesOverlap, rings[at][0]));
        }
    }
    if faults.len() == before
        && let Some(at) = closing_touch(rings, &boxes)
    {
        faults.push((PolygonFault::Disconnected, at));
    }
}

/// A position that closes a chain of rings which touch each other: what it surrounds is cut off. Rings that do not cross
/// touch in a vertex of one of them.
fn closing_touch(rings: &[Ring], boxes: &[Bounds]) -> Option<[f64; 2]> {
    let mut touches: Vec<([f64; 2], usize)> = Vec::new();
    for (a, ring) in rings.iter().enumerate() {
        for (b, other) in rings.iter().enumerate().filter(|&(b, _)| b != a && boxes[b].overlaps(boxes[a])) {
            let on_other = ring[1..].iter().filter(|&&position| ring::place(other, position) == 0);
            touches.extend(on_other.flat_map(|&position| [(position, a), (position, b)]));
        }
    }
    touches.sort_unstable_by(|(a, of_a), (b, of_b)| order(a, b).then(of_a.cmp(of_b)));
    touches.dedup();
    // Rings and positions are nodes; an edge between two that hang together already closes a chain.
    let mut group: Vec<usize> = (0..rings.len()).collect();
    let mut at_position: HashMap<[u64; 2], usize> = HashMap::new();
    let root = |group: &[usize], mut node: usize| {
        while group[node] != node {
            node = group[node];
        }
        node
    };
    for (position, of) in touches {
        let node = *at_position.entry(position.map(f64::to_bits)).or_insert_with(|| {
            group.push(group.len());
            group.len() - 1
        });
        let (a, b) = (root(&group, node), root(&group, of));
        if a == b {
            return Some(position);
        }
        group[a] = b;
    }
    None
}

/// The rings of the polygons of a geometry, whichever position they begin with and whichever way they turn; equal for
/// geometries that are drawn with the same positions.
#[must_use]
pub fn outline(geometry: GeometryRef<'_>) -> Vec<(bool, Vec<[u64; 2]>)> {
    let parts = geometry.parts().filter(|part| part.kind().is_areal());
    let mut rings: Vec<_> =
        parts.flat_map(|part| part.runs()).map(|run| (run.is_shell, turned_to_least(&run))).collect();
    rings.sort_unstable();
    rings
}

/// Of all ways to write a ring down the least.
fn turned_to_least(run: &Run<'_>) -> Vec<[u64; 2]> {
    // The order of bits is as good as any; both zeros are the same.
    let mut ring: Vec<[u64; 2]> =
        (0..run.len()).map(|at| run.at(at).map(|degrees| (degrees + 0.0).to_bits())).collect();
    ring.dedup();
    while ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
    let count = ring.len();
    let least = ring.iter().min().copied();
    let starts = (0..count).filter(|&at| Some(ring[at]) == least);
    let written = |start: usize, step: usize| -> Vec<_> {
        (0..count).map(|at| ring[(start + at * step) % count]).collect()
    };
    // A step of all but one goes backward.
    let ways = starts.flat_map(|start| [written(start, 1), written(start, count.saturating_sub(1).max(1))]);
    ways.min().unwrap_or_default()
}
