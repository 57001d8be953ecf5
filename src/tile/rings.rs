//! Rings on the grid of a tile: cleaned, tested, and made valid where moving their positions to the grid broke them.
//!
//! Valid is meant as in Simple Features (OGC 06-103r4, 6.1.11), and a little stricter in the quick tests: what touches
//! itself anywhere goes the long way through [`united`], whose answer may touch in points as the standard allows.

use i_overlay::core::fill_rule::FillRule;
use i_overlay::core::overlay::{ContourDirection, IntOverlayOptions, Overlay, ShapeType};
use i_overlay::core::overlay_rule::OverlayRule;
use i_overlay::core::solver::Solver;
use i_overlay::i_float::int::point::IntPoint;

/// A position in tile units.
pub(super) type Spot = [i32; 2];

/// Polygons as rings in a row, each open, a shell first and its holes after it.
#[derive(Debug, Default)]
pub(super) struct Rings {
    pub(super) spots: Vec<Spot>,
    /// End of each ring in `spots`, and whether it is a shell.
    pub(super) ends: Vec<(usize, bool)>,
    /// Is the last ring simple beyond doubt?
    is_star: bool,
    edges: Vec<Edge>,
}

impl Rings {
    pub(super) fn clear(&mut self) {
        self.spots.clear();
        self.ends.clear();
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&[Spot], bool)> {
        (0..self.ends.len()).map(|ring| (self.ring(ring), self.ends[ring].1))
    }

    fn ring(&self, ring: usize) -> &[Spot] {
        let start = if ring == 0 { 0 } else { self.ends[ring - 1].0 };
        &self.spots[start..self.ends[ring].0]
    }

    /// Ends the spots pushed since the last ring as a ring: cleaned and wound as tiles want it, shells of positive area
    /// in a frame whose y grows to the south (Mapbox Vector Tile 2.1, 4.3.4.4). A ring without area is taken back, and
    /// the answer says so.
    pub(super) fn end_ring(&mut self, is_shell: bool) -> bool {
        let start = self.ends.last().map_or(0, |end| end.0);
        let (mut low, mut high) = ([i32::MAX; 2], [i32::MIN; 2]);
        for spot in &self.spots[start..] {
            for axis in 0..2 {
                low[axis] = low[axis].min(spot[axis]);
                high[axis] = high[axis].max(spot[axis]);
            }
        }
        let middle =
            if start < self.spots.len() { [0, 1].map(|axis| low[axis].midpoint(high[axis])) } else { [0; 2] };
        self.end_ring_around(middle, is_shell)
    }

    /// The same, for a ring about whose middle it is known where it lies.
    pub(super) fn end_ring_around(&mut self, middle: Spot, is_shell: bool) -> bool {
        let start = self.ends.last().map_or(0, |end| end.0);
        let mut look = Look::at(&self.spots[start..], middle);
        if !look.is_clean {
            clean(&mut self.spots, start);
            look = Look::at(&self.spots[start..], middle);
        }
        if look.doubled_area == 0 {
            self.spots.truncate(start);
            return false;
        }
        if (look.doubled_area > 0) != is_shell {
            self.spots[start..].reverse();
        }
        self.ends.push((self.spots.len(), is_shell));
        self.is_star = look.is_star;
        true
    }

    /// Makes valid polygons of what the rings cover; nothing may be left.
    pub(super) fn mend(&mut self) {
        let shapes = united(self.iter().map(|(ring, _)| ring), FillRule::NonZero);
        self.clear();
        self.take(shapes);
    }

    fn take(&mut self, shapes: Vec<Vec<Vec<IntPoint>>>) {
        for shape in shapes {
            for (at, contour) in shape.iter().enumerate() {
                self.spots.extend(contour.iter().map(|point| [point.x, point.y]));
                // A shell without area takes its holes with it; the union has none.
                self.end_ring(at == 0);
            }
        }
    }

    /// The valid polygons that contours cover together: where their winding number is not zero, or odd.
    pub(super) fn covered(contours: &[Vec<Spot>], by: Cover) -> Self {
        let mut rings = Self::default();
        let rule = match by {
            Cover::Odd => FillRule::EvenOdd,
            Cover::Wound => FillRule::NonZero,
        };
        rings.take(united(contours.iter().map(Vec::as_slice), rule));
        rings
    }

    /// Are the polygons valid beyond doubt?
    pub(super) fn are_valid(&mut self) -> bool {
        match self.ends.len() {
            0 => true,
            1 if self.is_star => true,
            1..=MOST_RINGS => !self.any_touch() && self.are_nested(),
            _ => false,
        }
    }

    /// Do edges of the rings cross or touch, but for neighbours in one ring?
    fn any_touch(&mut self) -> bool {
        let Self { spots, ends, edges, .. } = self;
        edges.clear();
        let mut start = 0;
        for &(end, _) in &*ends {
            let number = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
            let mut last = end - 1;
            for at in start..end {
                let next = if at + 1 == end { start } else { at + 1 };
                // Numbered by the spot an edge ends at.
                edges.push(Edge { a: spots[last], b: spots[at], at: number(at), next: number(next) });
                last = at;
            }
            start = end;
        }
        if edges.len() <= PAIRWISE_EDGES {
            return (0..edges.len())
                .any(|one| edges[one + 1..].iter().any(|other| edges[one].touches(other)));
        }
        let west = |edge: &Edge| edge.a[0].min(edge.b[0]);
        edges.sort_unstable_by_key(west);
        let mut active: Vec<Edge> = Vec::new();
        for edge in &*edges {
            active.retain(|other| other.a[0].max(other.b[0]) >= west(edge));
            if active.iter().any(|other| other.touches(edge)) {
                return true;
            }
            active.push(*edge);
        }
        false
    }

    /// Does every hole lie in its own shell and in no other ring, and every shell in as many holes as shells? Asked of
    /// rings that do not touch, so one of their spots stands for all.
    fn are_nested(&self) -> bool {
        let mut shell = 0;
        (0..self.ends.len()).all(|ring| {
            let is_shell = self.ends[ring].1;
            if is_shell {
                shell = ring;
            }
            let spot = self.ring(ring)[0];
            let mut depth = 0;
            for other in (0..self.ends.len()).filter(|&other| other != ring) {
                if holds(self.ring(other), spot) {
                    depth += if self.ends[other].1 { 1 } else { -1 };
                }
            }
            if is_shell { depth == 0 } else { depth == 1 && holds(self.ring(shell), spot) }
        })
    }
}

/// Above this many rings, the union is the quicker way to know.
const MOST_RINGS: usize = 64;

/// Leaves out of the ring from `start` on what does not change it: repeated spots, spots in line, spikes.
fn clean(spots: &mut Vec<Spot>, start: usize) {
    let mut kept = start;
    for at in start..spots.len() {
        let spot = spots[at];
        while kept > start && spots[kept - 1] == spot
            || kept > start + 1 && cross(spots[kept - 2], spots[kept - 1], spot) == 0
        {
            kept -= 1;
        }
        // A spike folds back onto the spot before its tip.
        if kept == start || spots[kept - 1] != spot {
            spots[kept] = spot;
            kept += 1;
        }
    }
    // The seam between the last spot and the first.
    let mut first = start;
    loop {
        let left = kept - first;
        if left < 3 {
            kept = start;
            first = start;
            break;
        }
        if spots[kept - 1] == spots[first] || cross(spots[kept - 2], spots[kept - 1], spots[first]) == 0 {
            kept -= 1;
        } else if cross(spots[kept - 1], spots[first], spots[first + 1]) == 0 {
            first += 1;
        } else {
            break;
        }
    }
    spots.truncate(kept);
    spots.drain(start..first);
}

/// Twice the area from `a` over `b` to `c`. Spots lie in one tile and its buffer, so nothing overflows.
#[inline]
fn cross(a: Spot, b: Spot, c: Spot) -> i32 {
    let difference = |from: Spot, to: Spot| [to[0] - from[0], to[1] - from[1]];
    let ([bx, by], [cx, cy]) = (difference(a, b), difference(a, c));
    bx * cy - by * cx
}

/// What one walk along an open ring tells.
struct Look {
    /// Do all spots turn it? Then none is repeated, in line with its neighbours, or the tip of a spike.
    is_clean: bool,
    doubled_area: i64,
    /// Does it go once around the given middle, always on? Then it neither crosses nor touches itself.
    is_star: bool,
}

impl Look {
    fn at(ring: &[Spot], middle: Spot) -> Self {
        let [.., mut before, mut here] = *ring else {
            return Self { is_clean: false, doubled_area: 0, is_star: false };
        };
        let (mut is_clean, mut doubled_area, mut rises) = (true, 0, 0);
        let (mut least, mut most) = (i32::MAX, i32::MIN);
        for &next in ring {
            is_clean &= cross(before, here, next) != 0;
            let sector = cross(middle, here, next);
            doubled_area += i64::from(sector);
            least = least.min(sector);
            most = most.max(sector);
            // Each time around, the ring rises once past the height of the middle.
            rises += u32::from(here[1] < middle[1] && next[1] >= middle[1]);
            (before, here) = (here, next);
        }
        Self { is_clean, doubled_area, is_star: (least > 0 || most < 0) && rises == 1 }
    }
}

/// An edge of one of several rings.
#[derive(Debug, Clone, Copy)]
struct Edge {
    a: Spot,
    b: Spot,
    /// Number of the edge among all, and of the edge after it in its ring.
    at: u32,
    next: u32,
}

impl Edge {
    fn touches(&self, other: &Edge) -> bool {
        let low = |axis: usize, edge: &Edge| edge.a[axis].min(edge.b[axis]);
        let high = |axis: usize, edge: &Edge| edge.a[axis].max(edge.b[axis]);
        if (0..2).any(|axis| low(axis, self) > high(axis, other) || low(axis, other) > high(axis, self)) {
            return false;
        }
        // Neighbours in a clean ring share the spot between them and nothing else.
        if self.next == other.at || other.next == self.at {
            return false;
        }
        let apart = |p: i32, q: i32| (p > 0 && q > 0) || (p < 0 && q < 0);
        !apart(cross(self.a, self.b, other.a), cross(self.a, self.b, other.b))
            && !apart(cross(other.a, other.b, self.a), cross(other.a, other.b, self.b))
    }
}

/// Rings up to this many edges together are tested pair by pair.
const PAIRWISE_EDGES: usize = 24;

/// Does an open ring hold a spot that is not on it?
fn holds(ring: &[Spot], spot: Spot) -> bool {
    let mut inside = false;
    let mut a = ring[ring.len() - 1];
    for &b in ring {
        if (a[1] > spot[1]) != (b[1] > spot[1]) {
            let turn = cross(a, b, spot);
            inside ^= if b[1] > a[1] { turn > 0 } else { turn < 0 };
        }
        a = b;
    }
    inside
}

/// What counts as inside of contours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cover {
    /// What an odd number of them is around.
    Odd,
    /// What they wind around.
    Wound,
}

/// All that rings cover, as valid polygons on the same grid.
fn united<'a>(rings: impl Iterator<Item = &'a [Spot]>, rule: FillRule) -> Vec<Vec<Vec<IntPoint>>> {
    let options = IntOverlayOptions {
        preserve_input_collinear: false,
        output_direction: ContourDirection::CounterClockwise,
        preserve_output_collinear: false,
        min_output_area: 0,
        ogc: true,
    };
    let rings: Vec<_> = rings.collect();
    let mut overlay =
        Overlay::new_custom(rings.iter().map(|ring| ring.len()).sum(), options, Solver::default());
    for ring in rings {
        overlay.add_path_iter(ring.iter().map(|&[x, y]| IntPoint::new(x, y)), ShapeType::Subject);
    }
    overlay.overlay(OverlayRule::Subject, rule)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(ring: &[Spot]) -> Vec<Spot> {
        let mut spots = ring.to_vec();
        clean(&mut spots, 0);
        spots
    }

    #[test]
    fn rings_are_cleaned() {
        let square = [[0, 0], [4, 0], [4, 4], [0, 4]];
        let cases: &[(&str, &[Spot], usize)] = &[
            ("as it is", &square, 4),
            ("repeated", &[[0, 0], [0, 0], [4, 0], [4, 4], [4, 4], [0, 4], [0, 0]], 4),
            ("in line", &[[2, 0], [4, 0], [4, 2], [4, 4], [0, 4], [0, 0]], 4),
            ("spike", &[[0, 0], [4, 0], [9, 0], [4, 0], [4, 4], [0, 4]], 4),
            ("spike at the seam", &[[4, 4], [0, 4], [0, 0], [4, 0], [9, 0], [4, 0]], 4),
            ("spike that starts the ring", &[[9, 0], [4, 0], [4, 4], [0, 4], [0, 0], [4, 0]], 4),
            ("spike of two", &[[0, 0], [4, 0], [6, 2], [8, 8], [6, 2], [4, 0], [4, 4], [0, 4]], 4),
            ("line", &[[0, 0], [4, 0], [2, 0]], 0),
            ("there and back", &[[0, 0], [4, 1], [5, 7], [4, 1]], 0),
            ("spot", &[[3, 3], [3, 3]], 0),
            ("nothing", &[], 0),
        ];
        for (name, ring, want) in cases {
            let got = cleaned(ring);
            assert_eq!(got.len(), *want, "{name}: {got:?}");
            assert!(*want == 0 || Look::at(&got, [0, 0]).doubled_area.abs() == 32, "{name}: {got:?}");
        }
    }

    #[test]
    fn simple_rings_are_told_from_others() {
        let cases: &[(&str, &[Spot], bool)] = &[
            ("triangle", &[[0, 0], [4, 0], [0, 4]], true),
            ("square", &[[0, 0], [4, 0], [4, 4], [0, 4]], true),
            ("dart", &[[0, 0], [8, 0], [2, 2], [0, 8]], true),
            ("bow tie", &[[0, 0], [4, 4], [4, 0], [0, 4]], false),
            ("touches itself in a spot", &[[0, 0], [4, 0], [8, -4], [8, 4], [4, 0], [0, 4]], false),
            ("touches its own edge", &[[0, 0], [8, 0], [8, 8], [4, 0], [0, 8]], false),
            // A five-pointed star turns one way only, twice around.
            ("star", &[[0, 40], [24, -32], [-38, 12], [38, 12], [-24, -32]], false),
        ];
        for (name, ring, want) in cases {
            let is_simple = |ring: &[Spot]| {
                let mut alone =
                    Rings { spots: ring.to_vec(), ends: vec![(ring.len(), true)], ..Rings::default() };
                let touches = alone.any_touch();
                // A star is simple; what is simple need not be a star.
                assert!(!(Look::at(ring, ring[0]).is_star && touches), "{name}");
                !touches
            };
            assert_eq!(is_simple(ring), *want, "{name}");
            let turned: Vec<_> = ring.iter().rev().copied().collect();
            assert_eq!(is_simple(&turned), *want, "{name}, the other way round");
        }
    }

    fn rings(list: &[(&[Spot], bool)]) -> Rings {
        let mut rings = Rings::default();
        for (ring, is_shell) in list {
            rings.spots.extend_from_slice(ring);
            rings.end_ring(*is_shell);
        }
        rings
    }

    fn area(rings: &Rings) -> i64 {
        rings.iter().map(|(ring, _)| Look::at(ring, [0, 0]).doubled_area).sum::<i64>() / 2
    }

    /// A name, rings, how many rings are wanted and what area.
    type Case<'a> = (&'a str, Vec<(&'a [Spot], bool)>, usize, i64);

    #[test]
    fn polygons_are_mended() {
        let square = |low: i32, high: i32| [[low, low], [high, low], [high, high], [low, high]];
        // A shell with a hole inside stays as it is; one whose hole reaches its border becomes a ring with a bay; one
        // that crosses itself becomes two; a hole that jumped out goes.
        let (outer, inner, bay, out) = (square(0, 10), square(3, 6), square(0, 4), square(20, 23));
        let lake = square(1, 9);
        let tie = [[0, 0], [8, 8], [8, 0], [0, 8]];
        let cases: Vec<Case<'_>> = vec![
            ("hole", vec![(&outer, true), (&inner, false)], 2, 91),
            ("hole at the border", vec![(&outer, true), (&bay, false)], 1, 84),
            ("bow tie", vec![(&[[0, 0], [9, 9], [9, 0], [0, 8]], true)], 2, 0),
            ("two shells that overlap", vec![(&outer, true), (&inner, true)], 1, 100),
            ("island in a hole", vec![(&outer, true), (&lake, false), (&inner, true)], 3, 45),
            ("two shells apart", vec![(&outer, true), (&out, true)], 2, 109),
        ];
        for (name, list, want, covered) in cases {
            let mut rings = rings(&list);
            if !rings.are_valid() {
                rings.mend();
            }
            assert_eq!(rings.ends.len(), want, "{name}: {rings:?}");
            assert!(covered == 0 || area(&rings) == covered, "{name}: {rings:?}");
            assert!(
                rings.iter().all(|(ring, is_shell)| (Look::at(ring, [0, 0]).doubled_area > 0) == is_shell),
                "{name}"
            );
        }
        // A bow tie of equal halves has no area in sum and still is two triangles.
        let mut spots = Rings::default();
        spots.spots.extend_from_slice(&tie);
        assert!(!spots.end_ring(true));
    }
}
