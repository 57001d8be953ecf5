//! Stored geometries as they lie in one tile: projected, cut to the tile and its buffer, moved to its grid, valid.
//!
//! Positions move by half a unit of the grid along each axis, and nothing else moves. What shrinks to less than the
//! grid can tell stays as the smallest shape of its kind: a triangle or a line of one unit.

use super::frame::{Frame, STEP};
use super::rings::{Rings, Spot};
use super::{BUFFER, EXTENT};
use crate::geometry::{GeometryKind, GeometryRef, Part, Positions, Run};

const LOW: f64 = -(BUFFER as f64);
const HIGH: f64 = (EXTENT + BUFFER) as f64;

/// What a feature is drawn as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Figure {
    Points,
    Lines,
    Polygons,
}

impl Figure {
    pub(super) const ALL: [Self; 3] = [Self::Points, Self::Lines, Self::Polygons];

    fn of(kind: GeometryKind) -> Self {
        match kind {
            GeometryKind::Point | GeometryKind::MultiPoint => Self::Points,
            GeometryKind::LineString | GeometryKind::MultiLineString => Self::Lines,
            GeometryKind::Polygon | GeometryKind::MultiPolygon => Self::Polygons,
            GeometryKind::GeometryCollection => unreachable!("members of collections are simple"),
        }
    }
}

/// Draws features into one tile, one after the other; its memory is used again for each.
pub(super) struct Pen<'a> {
    frame: &'a Frame,
    /// Window of positions in steps of a degree, for each turn around the earth.
    turns: Vec<Turn>,
    /// The drawn points.
    pub(super) points: Vec<Spot>,
    /// The drawn lines: spots, and the end of each line.
    pub(super) lines: (Vec<Spot>, Vec<usize>),
    /// The drawn polygons.
    pub(super) rings: Rings,
    placed: Vec<[f64; 2]>,
    cut: Vec<[f64; 2]>,
    /// Spots of what vanished in the grid: of lines all, of polygons the ends of the longest.
    traces: Vec<Spot>,
}

struct Turn {
    degrees: f64,
    low: [f64; 2],
    high: [f64; 2],
}

impl<'a> Pen<'a> {
    pub(super) fn new(frame: &'a Frame) -> Self {
        let turns = frame.windows().map(|(window, degrees)| Turn {
            degrees,
            low: [window.west, window.south],
            high: [window.east, window.north],
        });
        Self {
            frame,
            turns: turns.collect(),
            points: Vec::new(),
            lines: (Vec::new(), Vec::new()),
            rings: Rings::default(),
            placed: Vec::new(),
            cut: Vec::new(),
            traces: Vec::new(),
        }
    }

    /// Draws a geometry, and hands over each figure that something of it shows as.
    pub(super) fn draw(&mut self, geometry: GeometryRef<'_>, mut show: impl FnMut(Figure, &Self)) {
        if geometry.kind() != GeometryKind::GeometryCollection {
            let figure = Figure::of(geometry.kind());
            self.draw_as(figure, geometry);
            if self.shows(figure) {
                show(figure, self);
            }
            return;
        }
        for figure in Figure::ALL {
            self.draw_as(figure, geometry);
            if self.shows(figure) {
                show(figure, self);
            }
        }
    }

    fn shows(&self, figure: Figure) -> bool {
        match figure {
            Figure::Points => !self.points.is_empty(),
            Figure::Lines => !self.lines.1.is_empty(),
            Figure::Polygons => !self.rings.ends.is_empty(),
        }
    }

    fn draw_as(&mut self, figure: Figure, geometry: GeometryRef<'_>) {
        self.points.clear();
        self.lines.0.clear();
        self.lines.1.clear();
        self.rings.clear();
        self.traces.clear();
        for turn in 0..self.turns.len() {
            for part in geometry.parts().filter(|part| Figure::of(part.kind()) == figure) {
                self.part(figure, &part, turn);
            }
        }
        match figure {
            Figure::Points => {}
            Figure::Lines => {
                if self.lines.1.is_empty() {
                    self.smallest_line();
                }
            }
            Figure::Polygons => {
                if !self.rings.are_valid() {
                    for (ring, _) in self.rings.iter() {
                        trace(ring.iter().copied(), &mut self.traces);
                    }
                    self.rings.mend();
                }
                if self.rings.ends.is_empty() {
                    self.smallest_polygon();
                }
            }
        }
    }

    fn part(&mut self, figure: Figure, part: &Part<'_>, turn: usize) {
        match figure {
            Figure::Points => {
                for run in part.runs() {
                    self.place(&run, turn, false);
                    let inside = self.placed.iter().filter(|spot| is_inside(**spot));
                    self.points.extend(inside.map(|&spot| snapped(spot)));
                }
            }
            Figure::Lines => {
                for run in part.runs() {
                    self.line(&run, turn);
                }
            }
            Figure::Polygons => {
                let mut has_shell = false;
                for run in part.runs() {
                    if run.is_shell {
                        has_shell = self.ring(&run, turn);
                    } else if has_shell {
                        self.ring(&run, turn);
                    }
                }
            }
        }
    }

    /// Projects the positions of a run. Those that neither they nor their neighbours can bring into the window are left
    /// out: the edges that remain in their place lie wholly to one side of it.
    fn place(&mut self, run: &Run<'_>, turn: usize, is_ring: bool) {
        self.placed.clear();
        let Self { frame, placed, turns, .. } = self;
        let turn = &turns[turn];
        match run.positions() {
            Positions::Grid(all) => {
                let degrees = |&[x, y]: &[i32; 2]| [f64::from(x) * STEP, f64::from(y) * STEP];
                place_all(frame, turn, all.iter().map(degrees), is_ring, placed);
            }
            Positions::Free(all) => place_all(frame, turn, all.iter().copied(), is_ring, placed),
        }
    }

    /// Draws a ring; false when nothing of it shows.
    fn ring(&mut self, run: &Run<'_>, turn: usize) -> bool {
        self.place(run, turn, true);
        if self.placed.len() < 3 {
            return false;
        }
        let (mut low, mut high) = corners(&self.placed);
        if low[0] > HIGH || low[1] > HIGH || high[0] < LOW || high[1] < LOW {
            return false;
        }
        if low[0] < LOW || low[1] < LOW || high[0] > HIGH || high[1] > HIGH {
            cut_ring(&mut self.placed, &mut self.cut);
            (low, high) = corners(&self.placed);
            // What only touches the border of the buffer has no area in it.
            let is_flat = |axis: usize| low[axis] >= high[axis] && (low[axis] <= LOW || high[axis] >= HIGH);
            if self.placed.len() < 3 || is_flat(0) || is_flat(1) {
                return false;
            }
        }
        let middle = [f64::midpoint(low[0], high[0]), f64::midpoint(low[1], high[1])];
        // Rings of layers are wound the other way than those of tiles (see `shape` in the module above).
        self.rings.spots.extend(self.placed.iter().rev().map(|&spot| snapped(spot)));
        if !self.rings.end_ring_around(snapped(middle), run.is_shell) {
            if run.is_shell {
                trace(self.placed.iter().map(|&spot| snapped(spot)), &mut self.traces);
            }
            return false;
        }
        true
    }

    /// Draws what of a line lies in the buffered tile.
    fn line(&mut self, run: &Run<'_>, turn: usize) {
        self.place(run, turn, false);
        cut_line(&self.placed, &mut self.lines, &mut self.traces);
    }

    /// The line of one unit that stands for lines the grid cannot tell from a spot.
    fn smallest_line(&mut self) {
        if let Some(&[x, y]) = self.traces.first() {
            self.lines.0.extend([[x, y], [x + 1, y]]);
            self.lines.1.push(2);
        }
    }

    /// The thinnest triangle over the longest of the polygons that have no area on the grid.
    fn smallest_polygon(&mut self) {
        let &[first, last] = &self.traces[..] else { return };
        // The apex stands one unit beside the first spot, across the longer way to the last.
        let is_upright = (last[0] - first[0]).abs() < (last[1] - first[1]).abs();
        let apex = if is_upright { [first[0] + 1, first[1]] } else { [first[0], first[1] + 1] };
        let last = if last == first { [first[0] + 1, first[1]] } else { last };
        self.rings.clear();
        self.rings.spots.extend([first, last, apex]);
        self.rings.end_ring(true);
    }
}

/// Keeps the ends of a ring, where it is longer than what is kept. A ring that was cut is several where it runs along the border of
/// the buffer, and nothing of it lies between them.
fn trace(ring: impl ExactSizeIterator<Item = Spot> + Clone, traces: &mut Vec<Spot>) {
    let reach = |[a, b]: [Spot; 2]| (a[0] - b[0]).abs().max((a[1] - b[1]).abs());
    let mut keep = |ends: [Spot; 2]| {
        if traces.len() < 2 || reach(ends) > reach([traces[0], traces[1]]) {
            traces.clear();
            traces.extend(ends);
        }
    };
    let widened = |[low, high]: [Spot; 2], spot: Spot| [low.min(spot), high.max(spot)];
    let is_beyond = |along: i32| f64::from(along) <= LOW || f64::from(along) >= HIGH;
    let is_border = |a: Spot, b: Spot| (0..2).any(|axis| a[axis] == b[axis] && is_beyond(a[axis]));
    let Some(first) = ring.clone().next() else { return };
    // Most rings are whole and small, and one look is enough for them.
    let (whole, reaches_border) = ring.clone().fold(([first; 2], false), |(ends, reaches), spot| {
        (widened(ends, spot), reaches || spot.into_iter().any(is_beyond))
    });
    let mut edges = ring.clone().zip(ring.clone().skip(1).chain([first]));
    let along_border = || edges.position(|(a, b)| is_border(a, b));
    let Some(begin) = reaches_border.then(along_border).flatten() else { return keep(whole) };
    let mut ends: Option<([Spot; 2], Spot)> = None;
    for spot in ring.clone().skip(begin + 1).chain(ring.take(begin + 1)) {
        ends = match ends {
            Some((ends, before)) if !is_border(before, spot) => Some((widened(ends, spot), spot)),
            ended => {
                if let Some((ends, _)) = ended {
                    keep(ends);
                }
                Some(([spot; 2], spot))
            }
        };
    }
    if let Some((ends, _)) = ends {
        keep(ends);
    }
}

fn place_all(
    frame: &Frame,
    turn: &Turn,
    positions: impl ExactSizeIterator<Item = [f64; 2]> + Clone,
    is_ring: bool,
    placed: &mut Vec<[f64; 2]>,
) {
    let beside = |[x, y]: [f64; 2]| {
        u8::from(x < turn.low[0])
            | u8::from(x > turn.high[0]) << 1
            | u8::from(y < turn.low[1]) << 2
            | u8::from(y > turn.high[1]) << 3
    };
    if positions.len() <= FEW {
        return frame.place_all(positions, turn.degrees, placed);
    }
    let first = positions.clone().next().map_or(0, beside);
    let mut following = positions.clone().skip(1).map(beside).chain(is_ring.then_some(first));
    let (mut before, mut needed) = (0, Vec::new());
    for position in positions {
        let here = beside(position);
        let after = following.next().unwrap_or(0);
        if needed.is_empty() || before & here & after == 0 {
            needed.push(position);
            before = here;
        }
    }
    frame.place_all(needed.into_iter(), turn.degrees, placed);
}

/// Runs up to this many positions are projected whole.
const FEW: usize = 32;

fn corners(placed: &[[f64; 2]]) -> ([f64; 2], [f64; 2]) {
    let (mut low, mut high) = ([f64::INFINITY; 2], [f64::NEG_INFINITY; 2]);
    // Written so that one instruction does for each; places are never NaN.
    let (lesser, greater) = (|a, b| if b < a { b } else { a }, |a, b| if b > a { b } else { a });
    for &[x, y] in placed {
        low = [lesser(low[0], x), lesser(low[1], y)];
        high = [greater(high[0], x), greater(high[1], y)];
    }
    (low, high)
}

fn is_inside([x, y]: [f64; 2]) -> bool {
    (LOW..=HIGH).contains(&x) && (LOW..=HIGH).contains(&y)
}

/// The nearest spot of the grid. Adding this number leaves no room for fractions in the lowest 32 bits of a real,
/// which then hold the whole number in two's complement; rounding with a call costs more than all else here.
#[inline]
#[expect(clippy::cast_possible_truncation, reason = "the lowest 32 bits are the number")]
pub(super) fn snapped([x, y]: [f64; 2]) -> Spot {
    const SHIFT: f64 = 6_755_399_441_055_744.0; // 1.5 × 2^52
    [((x + SHIFT).to_bits() as u32).cast_signed(), ((y + SHIFT).to_bits() as u32).cast_signed()]
}

/// Adds what of a line lies in the buffered tile: spots, and the end of each piece. Pieces that the grid cannot tell from
/// a spot become traces.
pub(super) fn cut_line(
    line: &[[f64; 2]],
    (spots, ends): &mut (Vec<Spot>, Vec<usize>),
    traces: &mut Vec<Spot>,
) {
    let mut start = spots.len();
    let end_line =
        |spots: &mut Vec<Spot>, start: &mut usize, ends: &mut Vec<usize>, traces: &mut Vec<Spot>| {
            if spots.len() >= *start + 2 {
                ends.push(spots.len());
            } else {
                traces.extend_from_slice(&spots[*start..]);
                spots.truncate(*start);
            }
            *start = spots.len();
        };
    let mut reached: Option<[f64; 2]> = None;
    for pair in line.windows(2) {
        let Some([from, to]) = cut_edge(pair[0], pair[1]) else { continue };
        if reached != Some(from) {
            end_line(spots, &mut start, ends, traces);
            push_along(spots, start, snapped(from));
        }
        push_along(spots, start, snapped(to));
        reached = Some(to);
    }
    end_line(spots, &mut start, ends, traces);
}

/// Adds a spot to the line from `start` on, unless it changes nothing.
fn push_along(spots: &mut Vec<Spot>, start: usize, spot: Spot) {
    if spots.len() > start && spots[spots.len() - 1] == spot {
        return;
    }
    if let [.., a, b] = spots[start..] {
        let (along, next) = ([b[0] - a[0], b[1] - a[1]], [spot[0] - b[0], spot[1] - b[1]]);
        let turns = along[0] * next[1] != along[1] * next[0];
        // A line that turns back keeps its tip.
        if !turns && along[0] * next[0] + along[1] * next[1] > 0 {
            spots.pop();
        }
    }
    spots.push(spot);
}

/// What of an edge lies in the buffered tile.
fn cut_edge(a: [f64; 2], b: [f64; 2]) -> Option<[[f64; 2]; 2]> {
    if is_inside(a) && is_inside(b) {
        return Some([a, b]);
    }
    let (mut enters, mut leaves) = (0.0_f64, 1.0_f64);
    for axis in 0..2 {
        let step = b[axis] - a[axis];
        if step == 0.0 {
            if !(LOW..=HIGH).contains(&a[axis]) {
                return None;
            }
            continue;
        }
        let (near, far) = ((LOW - a[axis]) / step, (HIGH - a[axis]) / step);
        enters = enters.max(near.min(far));
        leaves = leaves.min(near.max(far));
    }
    let at = |part: f64| [a[0] + (b[0] - a[0]) * part, a[1] + (b[1] - a[1]) * part];
    // Ends that are inside stay what they are, so that lines go on through them.
    (enters < leaves)
        .then(|| [if enters > 0.0 { at(enters) } else { a }, if leaves < 1.0 { at(leaves) } else { b }])
}

/// Cuts an open ring to the buffered tile (Sutherland and Hodgman). Where it leaves and enters again it runs along the
/// border; runs over one another there are no polygons and are mended later.
pub(super) fn cut_ring(ring: &mut Vec<[f64; 2]>, scratch: &mut Vec<[f64; 2]>) {
    for (axis, limit, keeps_less) in [(0, LOW, false), (0, HIGH, true), (1, LOW, false), (1, HIGH, true)] {
        let is_kept = |spot: &[f64; 2]| if keeps_less { spot[axis] <= limit } else { spot[axis] >= limit };
        if ring.iter().all(is_kept) {
            continue;
        }
        scratch.clear();
        let Some(&last) = ring.last() else { return };
        let mut a = last;
        for &b in ring.iter() {
            let (kept_a, kept_b) = (is_kept(&a), is_kept(&b));
            if kept_a != kept_b {
                // From the lesser end, so that neighbours with a common edge cut it in the same spot.
                let (from, to) = if a < b { (a, b) } else { (b, a) };
                let part = (limit - from[axis]) / (to[axis] - from[axis]);
                let mut spot = [from[0] + (to[0] - from[0]) * part, from[1] + (to[1] - from[1]) * part];
                spot[axis] = limit;
                scratch.push(spot);
            }
            if kept_b {
                scratch.push(b);
            }
            a = b;
        }
        std::mem::swap(ring, scratch);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_of_a_ring_that_was_cut_are_not_joined_along_the_border() {
        let traced = |rings: &[&[Spot]]| {
            let mut traces = Vec::new();
            for ring in rings {
                trace(ring.iter().copied(), &mut traces);
            }
            traces
        };
        // Two prongs of one ring, which the border joins; the left is 13 units long, the right 3.
        let prongs: &[Spot] = &[[1278, -64], [1279, -61], [1278, -64], [1253, -64], [1255, -51], [1253, -64]];
        for turned in 0..prongs.len() {
            let mut prongs = prongs.to_vec();
            prongs.rotate_left(turned);
            assert_eq!(traced(&[&prongs]), [[1253, -64], [1255, -51]], "{turned}");
        }
        // What was not cut is one, wherever it begins, and of several the longest is kept.
        assert_eq!(traced(&[&[[5, 5], [9, 6], [5, 5]]]), [[5, 5], [9, 6]]);
        assert_eq!(
            traced(&[&[[5, 5], [9, 6], [5, 5]], &[[100, 0], [107, 0]], &[[1, 1]]]),
            [[100, 0], [107, 0]]
        );
        assert_eq!(traced(&[&[[3, -64], [7, -64]]]).len(), 2, "along the border alone");
        assert!(traced(&[&[]]).is_empty());
    }
}
