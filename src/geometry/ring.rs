//! Rings of polygons: closed, simple, wound by the right-hand rule.

use geo::line_intersection::{LineIntersection, line_intersection};
use geo_types::{Coord as Corner, Line};
use robust::{Coord, orient2d};

use super::grid::Steps;

/// What is wrong with a ring.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum RingFault {
    /// Fewer positions than the four that RFC 7946, 3.1.6 asks for.
    TooShort,
    /// The last position is not the first.
    Open,
    /// All positions lie on one line.
    Flat,
    /// Two edges cross, or touch where they should not, at the position.
    Crosses([f64; 2]),
}

/// On which side of the line from `a` to `b` is `c`? Positive: left. Exact.
pub(super) fn side(a: [f64; 2], b: [f64; 2], c: [f64; 2]) -> f64 {
    let coord = |[x, y]: [f64; 2]| Coord { x, y };
    orient2d(coord(a), coord(b), coord(c))
}

/// How a closed ring is wound, counterclockwise or not, when a short look shows that it is simple: all of it can be seen from its middle,
/// so that going round it is one turn of one direction. Most parcels are so. `None` says nothing.
pub(super) fn turn_of_star(ring: &[[f64; 2]]) -> Option<bool> {
    // Rounding moves a turn by less than this part of its two products: each difference is off by half a unit in the last place of
    // 2^-53, each product and the difference of both by as much again.
    const IN_DOUBT: f64 = 8.0 * f64::EPSILON;
    // Below this, products lose digits.
    const TINY: f64 = 1e-250;
    let corners = corners_of_closed(ring)?;
    #[expect(clippy::cast_precision_loss, reason = "any place inside serves")]
    let share = 1.0 / corners.len() as f64;
    let sum = corners.iter().fold([0.0, 0.0], |sum, at| [sum[0] + at[0], sum[1] + at[1]]);
    let middle = [sum[0] * share, sum[1] * share];
    let around = ring.iter().map(|at| [at[0] - middle[0], at[1] - middle[1]]);
    one_turn(around, 0.0, |before, next| {
        let (plus, minus) = (before[0] * next[1], before[1] * next[0]);
        let (turn, doubt) = (plus - minus, (plus.abs() + minus.abs()) * IN_DOUBT + TINY);
        [turn > doubt, turn < -doubt]
    })
}

/// The same for a ring on the grid, exactly.
pub(super) fn turn_of_star_on_grid(ring: &[Steps]) -> Option<bool> {
    let corners = corners_of_closed(ring)?;
    let count = i64::try_from(corners.len()).ok()?;
    let mut middle = [0_i64; 2];
    for at in corners {
        middle = [middle[0] + i64::from(at[0]), middle[1] + i64::from(at[1])];
    }
    let middle = middle.map(|sum| sum / count);
    let around = ring.iter().map(|at| [i64::from(at[0]) - middle[0], i64::from(at[1]) - middle[1]]);
    // No position is farther than 2^32 steps from the middle and mostly less than 2^31; then products and their difference fit.
    let reach = around.clone().fold(0, |reach, at| reach | at[0].abs() | at[1].abs());
    if reach >> 31 > 0 {
        return None;
    }
    one_turn(around, 0, |before, next| {
        let turn = before[0] * next[1] - before[1] * next[0];
        [turn > 0, turn < 0]
    })
}

/// The corners of a closed ring of three or more.
fn corners_of_closed<T: PartialEq>(ring: &[T]) -> Option<&[T]> {
    let (last, corners) = ring.split_last()?;
    (corners.len() > 2 && corners.first() == Some(last)).then_some(corners)
}

/// Do positions, of which the last is the first, go round zero once, in steps that all turn left or all turn right? True: left.
fn one_turn<T: Copy + PartialOrd>(
    mut around: impl Iterator<Item = [T; 2]>,
    zero: T,
    turns: impl Fn([T; 2], [T; 2]) -> [bool; 2],
) -> Option<bool> {
    let mut before = around.next()?;
    let (mut left, mut right, mut ups, mut downs) = (true, true, 0, 0);
    for next in around {
        let [is_left, is_right] = turns(before, next);
        left &= is_left;
        right &= is_right;
        // The border of the lower half is passed once each way in one turn, since no step is half a turn.
        ups += i32::from(before[1] < zero && next[1] >= zero);
        downs += i32::from(before[1] >= zero && next[1] < zero);
        before = next;
    }
    ((left || right) && ups == 1 && downs == 1).then_some(left)
}

/// Checks a ring as written, the first position repeated at the end.
///
/// A ring may touch itself in a single vertex (land surveys draw some enclaves so); it may not cross.
pub(super) fn check(ring: &[[f64; 2]]) -> Result<(), RingFault> {
    if ring.len() < 4 {
        return Err(RingFault::TooShort);
    }
    if ring.first() != ring.last() {
        return Err(RingFault::Open);
    }
    if ring.windows(3).all(|w| side(w[0], w[1], w[2]) == 0.0) {
        return Err(RingFault::Flat);
    }
    match crossing(ring) {
        Some(start) => Err(RingFault::Crosses(crossing_at(ring).unwrap_or(start))),
        None => Ok(()),
    }
}

/// Is the ring (open or closed) wound counterclockwise?
///
/// The turn at the lowest of the leftmost vertices decides, exactly; vertices in line there are skipped.
pub(super) fn is_counterclockwise(ring: &[[f64; 2]]) -> bool {
    let ring = if ring.first() == ring.last() { &ring[..ring.len().saturating_sub(1)] } else { ring };
    let n = ring.len();
    let comes_first =
        |a: usize, b: usize| ring[a][0] < ring[b][0] || (ring[a][0] == ring[b][0] && ring[a][1] < ring[b][1]);
    let Some(corner) = (0..n).reduce(|corner, at| if comes_first(at, corner) { at } else { corner }) else {
        return true;
    };
    let differs = |&i: &usize| ring[i] != ring[corner];
    let before = (1..n).map(|step| (corner + n - step) % n).find(differs);
    let after = (1..n).map(|step| (corner + step) % n).find(differs);
    match (before, after) {
        (Some(before), Some(after)) => side(ring[before], ring[corner], ring[after]) >= 0.0,
        _ => true,
    }
}

/// Rings up to this many edges are tested pair by pair; longer ones along a sweep.
const PAIRWISE_EDGES: usize = 24;

/// Where a closed ring crosses itself, or the middle of where it runs along itself.
pub(super) fn crossing_at(ring: &[[f64; 2]]) -> Option<[f64; 2]> {
    let [p, q] = first_conflict(&edges(ring, 0))?.map(|[a, b]| Line::new(Corner::from(a), Corner::from(b)));
    Some(match line_intersection(p, q) {
        Some(LineIntersection::SinglePoint { intersection: at, .. }) => [at.x, at.y],
        Some(LineIntersection::Collinear { intersection: shared }) => {
            [f64::midpoint(shared.start.x, shared.end.x), f64::midpoint(shared.start.y, shared.end.y)]
        }
        None => [p.start.x, p.start.y],
    })
}

/// The start of an edge that crosses another edge of the closed ring, if any.
fn crossing(ring: &[[f64; 2]]) -> Option<[f64; 2]> {
    if ring.len() > PAIRWISE_EDGES + 1 {
        return first_conflict(&edges(ring, 0)).map(|[[start, _], _]| start);
    }
    // Most rings are short and most of their edges lie apart; their boxes tell that, without a list on the heap.
    let mut boxes = [Window::NONE; PAIRWISE_EDGES];
    for (window, pair) in boxes.iter_mut().zip(ring.windows(2)) {
        // A position that is repeated makes no edge.
        if pair[0] != pair[1] {
            *window = Window::around(pair[0], pair[1]);
        }
    }
    let edge = |at: usize| Edge { at, a: ring[at], b: ring[at + 1] };
    let boxes = &boxes[..ring.len() - 1];
    let conflicts = |first: usize| {
        let mut later = boxes.iter().enumerate().skip(first + 1);
        later.any(|(at, window)| boxes[first].meets(window) && edge(first).conflicts(&edge(at)))
    };
    (0..boxes.len()).find(|&first| conflicts(first)).map(|first| ring[first])
}

/// The box of an edge.
#[derive(Clone, Copy)]
struct Window {
    low: [f64; 2],
    high: [f64; 2],
}

impl Window {
    /// What meets nothing.
    const NONE: Self = Self { low: [f64::INFINITY; 2], high: [f64::NEG_INFINITY; 2] };

    fn around(a: [f64; 2], b: [f64; 2]) -> Self {
        Self { low: [a[0].min(b[0]), a[1].min(b[1])], high: [a[0].max(b[0]), a[1].max(b[1])] }
    }

    /// Do two closed boxes share a position?
    #[expect(clippy::needless_bitwise_bool, reason = "branches that are hard to foresee take longer")]
    fn meets(&self, other: &Self) -> bool {
        (self.low[0] <= other.high[0])
            & (other.low[0] <= self.high[0])
            & (self.low[1] <= other.high[1])
            & (other.low[1] <= self.high[1])
    }
}

/// Do edges of closed rings cross, or touch other than end to end?
pub(super) fn cross<'a>(rings: impl Iterator<Item = &'a [[f64; 2]]>) -> bool {
    let mut all = Vec::new();
    for ring in rings {
        all.extend(edges(ring, all.len()));
    }
    first_conflict(&all).is_some()
}

/// Where is a position beside a closed ring? 1: inside, 0: on it, -1: outside. Exact.
pub(crate) fn place(ring: &[[f64; 2]], at: [f64; 2]) -> i8 {
    let mut is_inside = false;
    for pair in ring.windows(2) {
        let (low, high) = if pair[0][1] <= pair[1][1] { (pair[0], pair[1]) } else { (pair[1], pair[0]) };
        let turn = side(low, high, at);
        let within =
            |axis: usize| at[axis] >= low[axis].min(high[axis]) && at[axis] <= low[axis].max(high[axis]);
        if turn == 0.0 && within(0) && within(1) {
            return 0;
        }
        // The edge crosses the ray to the east, its lower end counted, its upper end not.
        if low[1] <= at[1] && at[1] < high[1] && turn > 0.0 {
            is_inside = !is_inside;
        }
    }
    if is_inside { 1 } else { -1 }
}

/// The edges of a closed ring, numbered from `first` on; repeated positions make none.
fn edges(ring: &[[f64; 2]], first: usize) -> Vec<Edge> {
    let pairs = ring.windows(2).enumerate().filter(|(_, w)| w[0] != w[1]);
    pairs.map(|(at, w)| Edge { at: first + at, a: w[0], b: w[1] }).collect()
}

/// Two edges that conflict, the ends of each.
fn first_conflict(edges: &[Edge]) -> Option<[[[f64; 2]; 2]; 2]> {
    if edges.len() <= PAIRWISE_EDGES {
        return edges.iter().enumerate().find_map(|(i, edge)| {
            let other = edges[i + 1..].iter().find(|other| edge.conflicts(other))?;
            Some([edge.ends(), other.ends()])
        });
    }
    // Sweep from west to east over the edges' western ends; `active` holds the edges not yet passed.
    let mut order: Vec<&Edge> = edges.iter().collect();
    order.sort_unstable_by(|p, q| p.west().total_cmp(&q.west()));
    let mut active: Vec<&Edge> = Vec::new();
    for edge in order {
        active.retain(|other| other.east() >= edge.west());
        if let Some(other) = active.iter().find(|other| other.conflicts(edge)) {
            return Some([edge.ends(), other.ends()]);
        }
        active.push(edge);
    }
    None
}

/// An edge of a ring and its place in it.
struct Edge {
    at: usize,
    a: [f64; 2],
    b: [f64; 2],
}

impl Edge {
    fn ends(&self) -> [[f64; 2]; 2] {
        [self.a, self.b]
    }

    fn west(&self) -> f64 {
        self.a[0].min(self.b[0])
    }

    fn east(&self) -> f64 {
        self.a[0].max(self.b[0])
    }

    /// Do two edges meet in a way that no simple ring allows?
    ///
    /// A common end is allowed (neighbours share one, and a ring may touch itself in a vertex) unless the
    /// edges run along each other.
    fn conflicts(&self, other: &Edge) -> bool {
        if !Window::around(self.a, self.b).meets(&Window::around(other.a, other.b)) {
            return false;
        }
        let (first, second) = if self.at < other.at { (self, other) } else { (other, self) };
        let own = (side(first.a, first.b, second.a), side(first.a, first.b, second.b));
        if own.0 == 0.0 && own.1 == 0.0 {
            return overlaps_in_line(first, second);
        }
        let shares_end =
            first.a == second.a || first.a == second.b || first.b == second.a || first.b == second.b;
        let straddles = |(p, q): (f64, f64)| (p >= 0.0 && q <= 0.0) || (p <= 0.0 && q >= 0.0);
        !shares_end
            && straddles(own)
            && straddles((side(second.a, second.b, first.a), side(second.a, second.b, first.b)))
    }
}

/// Do two edges on one line share more than a point?
fn overlaps_in_line(p: &Edge, q: &Edge) -> bool {
    // The axis along which the line is longer, so that equal coordinates cannot hide an overlap.
    let axis = usize::from((p.a[0] - p.b[0]).abs() < (p.a[1] - p.b[1]).abs());
    let span = |e: &Edge| (e.a[axis].min(e.b[axis]), e.a[axis].max(e.b[axis]));
    let ((p_low, p_high), (q_low, q_high)) = (span(p), span(q));
    p_low.max(q_low) < p_high.min(q_high)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::degrees;

    #[test]
    fn faults_of_rings_are_named() {
        type Case<'a> = (&'a str, &'a [[f64; 2]], Result<(), RingFault>);
        let cases: &[Case<'_>] = &[
            ("square", &[[0., 0.], [1., 0.], [1., 1.], [0., 1.], [0., 0.]], Ok(())),
            ("three positions", &[[0., 0.], [1., 0.], [0., 0.]], Err(RingFault::TooShort)),
            ("open", &[[0., 0.], [1., 0.], [1., 1.], [0., 1.]], Err(RingFault::Open)),
            ("flat", &[[0., 0.], [1., 1.], [2., 2.], [0., 0.]], Err(RingFault::Flat)),
            (
                "bow tie",
                &[[0., 0.], [1., 1.], [1., 0.], [0., 1.], [0., 0.]],
                Err(RingFault::Crosses([0.5, 0.5])),
            ),
            ("repeated vertex", &[[0., 0.], [1., 0.], [1., 0.], [1., 1.], [0., 0.]], Ok(())),
            // Two triangles joined in (1, 0), drawn in one stroke.
            (
                "touches in a vertex",
                &[[0., 0.], [1., 0.], [2., -1.], [2., 1.], [1., 0.], [0., 1.], [0., 0.]],
                Ok(()),
            ),
            (
                "spike",
                &[[0., 0.], [2., 0.], [2., 2.], [2., 5.], [2., 2.], [0., 2.], [0., 0.]],
                Err(RingFault::Crosses([2., 3.5])),
            ),
            (
                "vertex on an edge",
                &[[0., 0.], [4., 0.], [4., 4.], [2., 0.], [0., 4.], [0., 0.]],
                Err(RingFault::Crosses([2., 0.])),
            ),
        ];
        let wrong: Vec<_> = cases
            .iter()
            .map(|(name, ring, want)| (name, check(ring), want))
            .filter(|(_, got, want)| got != *want)
            .collect();
        assert!(wrong.is_empty(), "{wrong:?}");
    }

    #[test]
    fn the_sweep_finds_what_pairs_find() {
        // A star polygon of 2 × 30 vertices is simple; swapping two far vertices makes it cross.
        let mut ring: Vec<[f64; 2]> = (0..60)
            .map(|i| {
                let (angle, radius) =
                    (f64::from(i) * std::f64::consts::TAU / 60.0, if i % 2 == 0 { 1.0 } else { 0.5 });
                [radius * angle.cos(), radius * angle.sin()]
            })
            .collect();
        ring.push(ring[0]);
        assert_eq!(check(&ring), Ok(()));
        assert!(is_counterclockwise(&ring));
        ring.swap(10, 40);
        assert!(matches!(check(&ring), Err(RingFault::Crosses(_))));
    }

    #[test]
    fn short_rings_are_judged_as_their_edges_are() {
        use proptest::prelude::*;
        // Few places, so that vertices repeat, edges touch, lie on each other, cross.
        let place = (0..5_i8, 0..5_i8).prop_map(|(x, y)| [f64::from(x) * 0.1, f64::from(y) * 0.3]);
        let ring = proptest::collection::vec(place, 3..PAIRWISE_EDGES + 3);
        let cases = ProptestConfig { cases: 5000, failure_persistence: None, ..ProptestConfig::default() };
        proptest!(cases, |(mut ring in ring)| {
            ring.push(ring[0]);
            let all = edges(&ring, 0);
            let by_pairs = (0..all.len())
                .find(|&i| all[i + 1..].iter().any(|other| meet_badly(&all[i], other)))
                .map(|i| all[i].a);
            let found = crossing(&ring);
            prop_assert_eq!(found.is_some(), by_pairs.is_some());
            if ring.len() <= PAIRWISE_EDGES + 1 {
                prop_assert_eq!(found, by_pairs);
            }
        });
    }

    #[test]
    fn what_is_seen_from_its_middle_is_simple_and_wound_as_told() {
        use proptest::prelude::*;
        let place = (-9..10_i32, -9..10_i32).prop_map(|(x, y)| [1_140_000_000 + x * 1000, y * 1_000_000]);
        let ring = proptest::collection::vec(place, 3..9);
        let cases = ProptestConfig { cases: 20_000, failure_persistence: None, ..ProptestConfig::default() };
        let told = [std::cell::Cell::new(0), std::cell::Cell::new(0)];
        proptest!(cases, |(mut steps in ring)| {
            steps.push(steps[0]);
            let ring: Vec<[f64; 2]> = steps.iter().copied().map(degrees).collect();
            for (told, turn) in told.iter().zip([turn_of_star(&ring), turn_of_star_on_grid(&steps)]) {
                if let Some(turn) = turn {
                    told.set(told.get() + 1);
                    prop_assert_eq!(check(&ring), Ok(()));
                    prop_assert_eq!(is_counterclockwise(&ring), turn);
                }
            }
        });
        assert!(told.iter().all(|told| told.get() > 1000), "{told:?} rings");
    }

    #[test]
    fn a_ring_that_goes_round_twice_is_no_star() {
        let round: Vec<[f64; 2]> = [0, 2, 4, 1, 3, 0]
            .map(|at| {
                let angle = f64::from(at) * std::f64::consts::TAU / 5.0;
                [angle.cos(), angle.sin()]
            })
            .to_vec();
        assert_eq!(turn_of_star(&round), None, "a pentagram");
        let square = [[0., 0.], [1., 0.], [1., 1.], [0., 1.], [0., 0.]];
        assert_eq!(turn_of_star(&square), Some(true));
        let turned: Vec<_> = square.iter().rev().copied().collect();
        assert_eq!(turn_of_star(&turned), Some(false));
    }

    #[test]
    fn rings_of_any_size_on_the_grid_are_told() {
        for size in [1, 1000, 900_000_000] {
            let square = [[-size, -size], [size, -size], [size, size], [-size, size], [-size, -size]];
            assert_eq!(turn_of_star_on_grid(&square), Some(true), "{size}");
            let turned: Vec<_> = square.iter().rev().copied().collect();
            assert_eq!(turn_of_star_on_grid(&turned), Some(false), "{size}");
        }
        // So far from their middle that products might not fit.
        let wide = [[i32::MIN, 0], [i32::MAX, -5], [i32::MAX, 5], [i32::MIN, 0]];
        assert_eq!(turn_of_star_on_grid(&wide), None);
        assert_eq!(turn_of_star_on_grid(&[]), None);
        assert_eq!(turn_of_star_on_grid(&[[0, 0], [1, 0], [0, 0]]), None, "two corners");
        assert_eq!(turn_of_star_on_grid(&[[0, 0], [1, 0], [2, 1], [0, 1]]), None, "open");
    }

    /// The rule in full, edge by edge: a common position that is no common end, or more than one.
    fn meet_badly(p: &Edge, q: &Edge) -> bool {
        let within = |at: [f64; 2], e: &Edge| {
            let lies =
                |axis: usize| at[axis] >= e.a[axis].min(e.b[axis]) && at[axis] <= e.a[axis].max(e.b[axis]);
            side(e.a, e.b, at) == 0.0 && lies(0) && lies(1)
        };
        let ends = [within(p.a, q), within(p.b, q), within(q.a, p), within(q.b, p)];
        let shared: Vec<[f64; 2]> =
            [p.a, p.b, q.a, q.b].into_iter().zip(ends).filter(|(_, on)| *on).map(|(at, _)| at).collect();
        let on_one_line = side(p.a, p.b, q.a) == 0.0 && side(p.a, p.b, q.b) == 0.0;
        if on_one_line {
            return shared.iter().any(|at| *at != shared[0]);
        }
        let is_end = |at: [f64; 2]| (at == p.a || at == p.b) && (at == q.a || at == q.b);
        let parts = |e: &Edge, o: &Edge| side(e.a, e.b, o.a).signum() * side(e.a, e.b, o.b).signum() < 0.0;
        let crosses = side(p.a, p.b, q.a) != 0.0
            && side(p.a, p.b, q.b) != 0.0
            && side(q.a, q.b, p.a) != 0.0
            && side(q.a, q.b, p.b) != 0.0
            && parts(p, q)
            && parts(q, p);
        crosses || shared.iter().any(|&at| !is_end(at))
    }

    #[test]
    fn winding_is_seen_past_vertices_in_line() {
        let ring = [[0., 0.], [0., 0.], [2., 0.], [2., 2.], [0., 2.], [0., 1.], [0., 0.]];
        assert!(is_counterclockwise(&ring));
        let reversed: Vec<_> = ring.iter().rev().copied().collect();
        assert!(!is_counterclockwise(&reversed));
    }
}
