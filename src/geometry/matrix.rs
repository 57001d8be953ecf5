//! What two geometries have to do with each other: the matrix of DE-9IM (OGC 06-103r4, 6.1.15.2) and the eight
//! relations that are read from it.
//!
//! In: two topologies in one plane. Out: a matrix, or a yes or no as soon as it is known. Leaves out: where the
//! geometries come from.
//!
//! All positions where the two meet are nodes. Around a node the rays of its edges are ordered by exact turns, so
//! for each ray it is known whether it, its left and its right lie inside, on the border or outside of either
//! geometry. Every piece of an edge that meets the other geometry begins in a node, every face is beside a piece;
//! edges that meet nothing are located by one of their ends. So no computed position decides anything: an answer
//! is wrong only where three members of mixed collections cross within rounding of each other.

use std::cell::Cell;
use std::cmp::Ordering;
use std::fmt;

use super::exact::order_of_crossings;
use super::ring::side;
use super::shape::Relation;
use super::topology::{Edge, Frame, Inside, LINE, Place, Position, Topology, order};

/// The dimensions of what the interiors, borders and exteriors of two geometries share; -1 for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Matrix([[i8; 3]; 3]);

impl Matrix {
    fn raise(&mut self, a: Place, b: Place, dimension: i8) {
        let cell = &mut self.0[a as usize][b as usize];
        *cell = (*cell).max(dimension);
    }

    /// Of two geometries.
    pub fn of(a: &Topology, b: &Topology) -> Self {
        let mut study = Study::new(a, b, &|| false);
        study.meet(&mut |_| false);
        study.finish()
    }

    /// Does the relation hold for geometries of these dimensions?
    fn answers(&self, relation: Relation, dimensions: [Option<u8>; 2]) -> bool {
        let [[ii, ib, ie], [bi, bb, be], [ei, eb, _]] = self.0.map(|row| row.map(|cell| cell >= 0));
        let meets = ii || ib || bi || bb;
        match relation {
            Relation::Disjoint => !meets,
            Relation::Intersects => meets,
            Relation::Touches => meets && !ii,
            Relation::Within => ii && !ie && !be,
            Relation::Contains => ii && !ei && !eb,
            Relation::Equals => {
                dimensions[0] == dimensions[1] && (dimensions[0].is_none() || ii && !ie && !be && !ei && !eb)
            }
            Relation::Crosses => match dimensions {
                [Some(1), Some(1)] => self.0[0][0] == 0,
                [Some(a), Some(b)] => ii && if a < b { ie } else { a > b && ei },
                _ => false,
            },
            Relation::Overlaps => {
                let line = dimensions[0] == Some(1);
                dimensions[0] == dimensions[1] && ie && ei && if line { self.0[0][0] == 1 } else { ii }
            }
        }
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .iter()
            .flatten()
            .try_for_each(|&cell| if cell < 0 { f.write_str("F") } else { write!(f, "{cell}") })
    }
}

/// Does the relation hold between two geometries? Where `spent` says that nobody waits any longer, the answer is either.
pub(super) fn relates(a: &Topology, b: &Topology, relation: Relation, spent: &dyn Fn() -> bool) -> bool {
    let (Some(frame_a), Some(frame_b)) = (a.frame, b.frame) else {
        return relation == Relation::Disjoint || (relation == Relation::Equals && a.frame == b.frame);
    };
    if !frame_a.meets(&frame_b) {
        return relation == Relation::Disjoint;
    }
    let dimensions = [a.dimension(), b.dimension()];
    let inside = |a: &Frame, b: &Frame| b.holds(a.low) && b.holds(a.high);
    // Two areas without anything else: where their rings cross, both interiors have parts in and out of the other.
    let areas = [a, b].iter().all(|shape| shape.areas == 1 && shape.is_plain() && shape.points.is_empty());
    let impossible = match relation {
        Relation::Intersects => return touch(a, b, spent),
        Relation::Disjoint => return !touch(a, b, spent),
        Relation::Equals => dimensions[0] != dimensions[1] || frame_a != frame_b,
        Relation::Within => dimensions[0] > dimensions[1] || !inside(&frame_a, &frame_b),
        Relation::Contains => dimensions[0] < dimensions[1] || !inside(&frame_b, &frame_a),
        Relation::Overlaps => dimensions[0] != dimensions[1],
        Relation::Crosses => dimensions[0] == dimensions[1] && dimensions[0] != Some(1),
        Relation::Touches => false,
    };
    if impossible {
        return false;
    }
    let mut study = Study::new(a, b, spent);
    if study.meet(&mut |meeting| areas && meeting == Meeting::Crossing) {
        return relation == Relation::Overlaps;
    }
    study.finish().answers(relation, dimensions)
}

/// Do two geometries have a position in common?
fn touch(a: &Topology, b: &Topology, spent: &dyn Fn() -> bool) -> bool {
    let mut study = Study::plain(a, b, spent);
    study.meet(&mut |_| true)
        || study.any_apart(0, &mut |place| place != Place::Exterior)
        || study.any_apart(1, &mut |place| place != Place::Exterior)
        || a.points.iter().any(|&point| place_for(&study.watch, b, point) != Place::Exterior)
        || b.points_in(&a.frame.unwrap_or(Frame::of([f64::NAN; 2])))
            .any(|point| place_for(&study.watch, a, point) != Place::Exterior)
}

/// Looks now and then whether an answer is still wanted.
struct Watch<'a> {
    spent: &'a dyn Fn() -> bool,
    steps: Cell<u32>,
    over: Cell<bool>,
}

impl<'a> Watch<'a> {
    fn new(spent: &'a dyn Fn() -> bool) -> Self {
        Self { spent, steps: Cell::new(0), over: Cell::new(false) }
    }

    /// To be asked at each step that takes a millisecond at most.
    fn is_over(&self) -> bool {
        const STEPS: u32 = 64;
        let steps = self.steps.get().wrapping_add(1);
        self.steps.set(steps);
        if steps.is_multiple_of(STEPS) && (self.spent)() {
            self.over.set(true);
        }
        self.over.get()
    }
}

/// Where a position lies in a geometry.
pub(super) fn place(shape: &Topology, position: Position) -> Place {
    place_for(&Watch::new(&|| false), shape, position)
}

fn place_for(watch: &Watch<'_>, shape: &Topology, position: Position) -> Place {
    if watch.is_over() {
        return Place::Exterior;
    }
    let sight = shape.sight(position);
    if !sight.on_edge {
        let holds = sight.inside.any() || shape.has_point(position);
        return if holds { Place::Interior } else { Place::Exterior };
    }
    if shape.areas == 1 && !shape.has_lines {
        return Place::Border;
    }
    let mut node = Node { position, exact: true, rays: Vec::new() };
    node.gather(0, shape);
    node.place(0, shape, &node.inside(0, shape), watch)
}

/// How two edges meet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meeting {
    /// In one position that is an end of neither.
    Crossing,
    /// With an end of one on the other.
    End,
}

/// Calls `act` with the pairs of edges of two geometries, or of one with itself, whose boxes meet, until it answers true. Tells
/// whether it did.
fn each_pair(
    shapes: [&Topology; 2],
    [x, y]: [usize; 2],
    watch: &Watch<'_>,
    mut act: impl FnMut(usize, &Edge, usize, &Edge) -> bool,
) -> bool {
    let (outer, inner) = (shapes[x], shapes[y]);
    let (Some(outer_frame), Some(inner_frame)) = (outer.frame, inner.frame) else { return false };
    let common = outer_frame.common(&inner_frame);
    let mut found = false;
    outer.any_edge(&common, |i, first| {
        found = inner.any_edge(&first.frame(), |j, second| (x != y || j > i) && act(i, first, j, second));
        found || watch.is_over()
    });
    found
}

/// How two edges meet, if they do; ends of one on the other are entered.
fn meet_edges(first: &Edge, second: &Edge, ends: &mut Vec<Position>) -> Option<Meeting> {
    let apart = |p: f64, q: f64| (p > 0.0 && q > 0.0) || (p < 0.0 && q < 0.0);
    let of_second = [side(first.a, first.b, second.a), side(first.a, first.b, second.b)];
    if apart(of_second[0], of_second[1]) {
        return None;
    }
    let of_first = [side(second.a, second.b, first.a), side(second.a, second.b, first.b)];
    if apart(of_first[0], of_first[1]) {
        return None;
    }
    if of_first.iter().chain(&of_second).all(|&turn| turn != 0.0) {
        return Some(Meeting::Crossing);
    }
    let before = ends.len();
    let (frame_first, frame_second) = (first.frame(), second.frame());
    for (turns, tips, frame) in
        [(of_second, [second.a, second.b], frame_first), (of_first, [first.a, first.b], frame_second)]
    {
        for (turn, tip) in turns.into_iter().zip(tips) {
            if turn == 0.0 && frame.holds(tip) {
                ends.push(tip);
            }
        }
    }
    (ends.len() > before).then_some(Meeting::End)
}

struct Study<'a> {
    shapes: [&'a Topology; 2],
    plain: bool,
    matrix: Matrix,
    /// Ends of edges where the two meet.
    ends: Vec<Position>,
    /// Pairs of edges that cross, each by its geometry and number; the first [`MOST_KEPT`].
    crossings: Vec<[(usize, usize); 2]>,
    /// How many cross, kept or not.
    crossed: usize,
    /// Edges of either geometry that meet the other.
    met: [Vec<usize>; 2],
    watch: Watch<'a>,
}

/// So many crossings are kept; the others are found a second time when they are looked at. Lines that cross everywhere have
/// billions.
const MOST_KEPT: usize = 1 << 16;

/// Sorts a list that the same is entered in again and again, before it outgrows what it holds.
fn compact<T: PartialEq>(list: &mut Vec<T>, order: impl FnMut(&T, &T) -> Ordering) {
    list.sort_unstable_by(order);
    list.dedup();
}

impl<'a> Study<'a> {
    fn new(a: &'a Topology, b: &'a Topology, spent: &'a dyn Fn() -> bool) -> Self {
        Self { plain: a.is_plain() && b.is_plain(), ..Self::plain(a, b, spent) }
    }

    /// A study in which the geometries' own borders do not count.
    fn plain(a: &'a Topology, b: &'a Topology, spent: &'a dyn Fn() -> bool) -> Self {
        let mut matrix = Matrix([[-1; 3]; 3]);
        matrix.raise(Place::Exterior, Place::Exterior, 2);
        Self {
            shapes: [a, b],
            plain: true,
            matrix,
            ends: vec![],
            crossings: vec![],
            crossed: 0,
            met: [vec![], vec![]],
            watch: Watch::new(spent),
        }
    }

    /// The pairs of geometries whose edges are held against each other: the one with fewer edges first.
    fn pairs(&self) -> impl Iterator<Item = [usize; 2]> + use<> {
        let [a, b] = self.shapes;
        let pair = if a.edges.len() <= b.edges.len() { [0, 1] } else { [1, 0] };
        let own = [[0, 0], [1, 1]];
        std::iter::once(pair).chain(own.into_iter().take(if self.plain { 0 } else { 2 }))
    }

    /// Finds where edges meet, until `enough` says so of a meeting of the two geometries.
    fn meet(&mut self, enough: &mut impl FnMut(Meeting) -> bool) -> bool {
        for pair in self.pairs() {
            let is_own = pair[0] == pair[1];
            if self.meet_pair(pair, &mut |meeting| !is_own && enough(meeting)) {
                return true;
            }
        }
        if !self.plain {
            for edge in self.shapes.iter().flat_map(|shape| &shape.edges) {
                self.ends.extend([edge.a, edge.b]);
            }
        }
        compact(&mut self.ends, order);
        for met in &mut self.met {
            compact(met, usize::cmp);
        }
        false
    }

    fn meet_pair(&mut self, pair: [usize; 2], enough: &mut impl FnMut(Meeting) -> bool) -> bool {
        /// Lists are compacted when they have doubled since, and before that only beyond this.
        const ROOM: usize = 1 << 16;
        let ([x, y], mut room) = (pair, ROOM);
        let (shapes, watch) = (self.shapes, &self.watch);
        let (ends, crossings, crossed, met) =
            (&mut self.ends, &mut self.crossings, &mut self.crossed, &mut self.met);
        each_pair(shapes, pair, watch, |i, first, j, second| {
            let Some(meeting) = meet_edges(first, second, ends) else { return false };
            if meeting == Meeting::Crossing {
                *crossed += 1;
                if *crossed <= MOST_KEPT {
                    crossings.push([(x, i), (y, j)]);
                }
            }
            if x != y {
                met[x].push(i);
                met[y].push(j);
            }
            let longest = |met: &[Vec<usize>; 2]| met[0].len().max(met[1].len());
            if ends.len().max(longest(met)) > room {
                compact(ends, order);
                for met in &mut *met {
                    compact(met, usize::cmp);
                }
                room = ROOM.max(2 * ends.len().max(longest(met)));
            }
            enough(meeting)
        })
    }

    fn finish(mut self) -> Matrix {
        for at in 0..self.ends.len() {
            if self.watch.is_over() {
                return self.matrix;
            }
            let mut node = Node { position: self.ends[at], exact: true, rays: Vec::new() };
            for (x, shape) in self.shapes.into_iter().enumerate() {
                node.gather(x, shape);
            }
            self.record_node(&node);
        }
        for [first, second] in std::mem::take(&mut self.crossings) {
            if self.watch.is_over() {
                return self.matrix;
            }
            self.record_crossing(first, second);
        }
        if self.crossed > MOST_KEPT {
            self.record_crossings_not_kept();
        }
        for x in 0..2 {
            if self.plain {
                let mut found = [false; 2];
                self.any_apart(x, &mut |place| {
                    found[usize::from(place == Place::Exterior)] = true;
                    false
                });
                for (found, place) in found.into_iter().zip([Place::Interior, Place::Exterior]) {
                    if found {
                        self.record_edges(x, place);
                    }
                }
            }
            self.record_ends(x);
            self.record_points(x);
        }
        self.matrix
    }

    fn record_crossing(&mut self, first: (usize, usize), second: (usize, usize)) {
        if let Some(node) = self.crossing_node(first, second) {
            self.record_node(&node);
        }
    }

    fn record_crossings_not_kept(&mut self) {
        let (shapes, watch) = (self.shapes, Watch::new(self.watch.spent));
        let (mut seen, mut ends) = (0, Vec::new());
        for pair @ [x, y] in self.pairs() {
            each_pair(shapes, pair, &watch, |i, first, j, second| {
                ends.clear();
                if meet_edges(first, second, &mut ends) == Some(Meeting::Crossing) {
                    seen += 1;
                    if seen > MOST_KEPT {
                        self.record_crossing((x, i), (y, j));
                    }
                }
                self.watch.is_over()
            });
        }
    }

    fn raise(&mut self, x: usize, own: Place, other: Place, dimension: i8) {
        match x {
            0 => self.matrix.raise(own, other, dimension),
            _ => self.matrix.raise(other, own, dimension),
        }
    }

    /// Enters an edge of a plain geometry that lies wholly in one place of the other.
    fn record_edges(&mut self, x: usize, other: Place) {
        if self.shapes[x].areas == 0 {
            return self.raise(x, Place::Interior, other, 1);
        }
        self.raise(x, Place::Border, other, 1);
        self.raise(x, Place::Interior, other, 2);
        self.raise(x, Place::Exterior, other, 2);
    }

    /// Calls `enough` with the place, in the other geometry, of edges of `x` that do not meet its edges: of one edge
    /// at least of each run of them.
    fn any_apart(&self, x: usize, enough: &mut impl FnMut(Place) -> bool) -> bool {
        let (own, other) = (self.shapes[x], self.shapes[1 - x]);
        let Some(frame) = other.frame else { return !own.edges.is_empty() && enough(Place::Exterior) };
        let met = &self.met[x];
        let (mut seen, mut next_met) = (0, 0);
        let mut last: Option<(Position, Place)> = None;
        let found = own.any_edge(&frame, |at, edge| {
            seen += 1;
            next_met += met[next_met..].iter().take_while(|&&known| known < at).count();
            if met.get(next_met) == Some(&at) {
                last = None;
                return false;
            }
            let place = match last {
                Some((end, place)) if end == edge.a => place,
                _ if other.areas > 0 && other.sight(edge.a).inside.any() => Place::Interior,
                _ => Place::Exterior,
            };
            last = Some((edge.b, place));
            enough(place) || self.watch.is_over()
        });
        found || (seen < own.edges.len() && enough(Place::Exterior))
    }

    /// Enters the border of lines where it does not meet the other geometry's edges.
    fn record_ends(&mut self, x: usize) {
        let (own, other) = (self.shapes[x], self.shapes[1 - x]);
        if !self.plain {
            return;
        }
        let mut outside = false;
        for &end in &own.ends {
            let near = other.frame.is_some_and(|frame| frame.holds(end));
            if !near && !std::mem::replace(&mut outside, true) {
                self.raise(x, Place::Border, Place::Exterior, 0);
            } else if near && self.ends.binary_search_by(|known| order(known, &end)).is_err() {
                self.raise(x, Place::Border, place_for(&self.watch, other, end), 0);
            }
        }
    }

    fn record_points(&mut self, x: usize) {
        let (own, other) = (self.shapes[x], self.shapes[1 - x]);
        if !own.edges.is_empty() {
            for &point in &own.points {
                self.raise(x, place_for(&self.watch, own, point), place_for(&self.watch, other, point), 0);
            }
            return;
        }
        let mut near = 0;
        for point in other.frame.iter().flat_map(|frame| own.points_in(frame)) {
            near += 1;
            self.raise(x, Place::Interior, place_for(&self.watch, other, point), 0);
        }
        if near < own.points.len() {
            self.raise(x, Place::Interior, Place::Exterior, 0);
        }
    }

    /// The node where two edges cross; `None` when an edge ends there, which makes it a node of its own.
    fn crossing_node(&self, first: (usize, usize), second: (usize, usize)) -> Option<Node> {
        let edge = |(x, at): (usize, usize)| self.shapes[x].edges[at];
        let (e, f) = (edge(first), edge(second));
        let common = e.frame().common(&f.frame());
        let from = self.ends.partition_point(|end| end[0] < common.low[0]);
        let near = self.ends[from..].iter().take_while(|end| end[0] <= common.high[0]);
        if near.filter(|&&end| common.holds(end)).any(|&end| e.holds(end) && f.holds(end)) {
            return None;
        }
        let (p, q) = (side(f.a, f.b, e.a).abs(), side(f.a, f.b, e.b).abs());
        let at = |axis: usize| e.a[axis] + (e.b[axis] - e.a[axis]) * (p / (p + q));
        let mut node = Node { position: [at(0), at(1)], exact: false, rays: Vec::new() };
        for (x, shape) in self.shapes.into_iter().enumerate() {
            // The rings of one area cross nothing of their own.
            let alone = self.plain && shape.areas > 0;
            shape.any_edge(&common, |at, edge| {
                if (x, at) == first || (x, at) == second || (!alone && passes(edge, &e, &f)) {
                    node.pass(x, edge);
                }
                self.watch.is_over()
            });
        }
        Some(node)
    }

    fn record_node(&mut self, node: &Node) {
        let [a, b] = self.shapes;
        let inside = [node.inside(0, a), node.inside(1, b)];
        for ray in &node.rays {
            let around = |x: usize, shape| node.around(ray, x, shape, &inside[x], &self.watch);
            let [of_a, of_b] = [around(0, a), around(1, b)];
            if self.watch.is_over() {
                return;
            }
            self.matrix.raise(of_a.on, of_b.on, 1);
            self.matrix.raise(half(of_a.left), half(of_b.left), 2);
            self.matrix.raise(half(of_a.right), half(of_b.right), 2);
        }
        let place = |x: usize, shape| node.place(x, shape, &inside[x], &self.watch);
        let (of_a, of_b) = (place(0, a), place(1, b));
        self.matrix.raise(of_a, of_b, 0);
    }
}

/// Does an edge pass the position where two others cross, with no end there?
fn passes(edge: &Edge, first: &Edge, second: &Edge) -> bool {
    let straddled = |by: &Edge, edge: &Edge| {
        let (p, q) = (side(by.a, by.b, edge.a), side(by.a, by.b, edge.b));
        (p > 0.0 && q < 0.0) || (p < 0.0 && q > 0.0)
    };
    let in_line = side(first.a, first.b, edge.a) == 0.0 && side(first.a, first.b, edge.b) == 0.0;
    if in_line {
        return straddled(second, edge);
    }
    straddled(first, edge) && straddled(edge, first) && order_of_crossings(first, second, edge).is_eq()
}

fn half(inside: bool) -> Place {
    if inside { Place::Interior } else { Place::Exterior }
}

/// A piece of an edge that leaves a node.
#[derive(Debug, Clone, Copy)]
struct Ray {
    geometry: usize,
    area: u32,
    /// A position on its line, at the node or behind it.
    base: Position,
    /// Where the edge ends.
    tip: Position,
    /// Does the edge run this way, so that its area is on the left?
    outgoing: bool,
}

impl Ray {
    /// Positive when the other ray leaves to the left.
    fn turn(&self, other: &Self) -> f64 {
        side(self.base, self.tip, other.tip)
    }

    /// Do two rays on one line leave in one direction?
    fn along(&self, other: &Self) -> bool {
        let sense = |ray: &Self, axis: usize| ray.tip[axis].partial_cmp(&ray.base[axis]);
        sense(self, 0) == sense(other, 0) && sense(self, 1) == sense(other, 1)
    }

    /// Is `this` met later than `that`, turning left from this ray? Neither leaves along it.
    fn later(&self, this: &Self, that: &Self) -> bool {
        let class = |turn: f64| {
            if turn > 0.0 {
                0
            } else if turn == 0.0 {
                1
            } else {
                2
            }
        };
        let (of_this, of_that) = (class(self.turn(this)), class(self.turn(that)));
        of_this > of_that || (of_this == of_that && that.turn(this) > 0.0)
    }
}

/// A position where edges meet.
struct Node {
    position: Position,
    /// Is the position exact, or that of a crossing to the nearest double?
    exact: bool,
    rays: Vec<Ray>,
}

/// What is on and beside a ray, in one geometry.
#[derive(Clone, Copy)]
struct Around {
    on: Place,
    left: bool,
    right: bool,
}

impl Node {
    /// Takes in the edges of a geometry that hold the position.
    fn gather(&mut self, geometry: usize, shape: &Topology) {
        let base = self.position;
        shape.any_edge(&Frame::of(base), |_, edge| {
            if edge.holds(base) {
                for (tip, outgoing) in [(edge.b, true), (edge.a, false)] {
                    if tip != base {
                        self.rays.push(Ray { geometry, area: edge.area, base, tip, outgoing });
                    }
                }
            }
            false
        });
    }

    /// Takes in an edge that passes.
    fn pass(&mut self, geometry: usize, edge: &Edge) {
        for (base, tip, outgoing) in [(edge.a, edge.b, true), (edge.b, edge.a, false)] {
            self.rays.push(Ray { geometry, area: edge.area, base, tip, outgoing });
        }
    }

    fn rays_of(&self, geometry: usize) -> impl Iterator<Item = &Ray> {
        self.rays.iter().filter(move |ray| ray.geometry == geometry)
    }

    fn bounds_area(&self, geometry: usize, area: u32) -> bool {
        self.rays_of(geometry).any(|ray| ray.area == area)
    }

    /// In which areas does it lie, of those that have no ray here?
    fn inside(&self, geometry: usize, shape: &Topology) -> Inside {
        match shape.areas {
            0 => Inside::One(false),
            1 if self.bounds_area(geometry, 0) => Inside::One(false),
            _ => shape.sight(self.position).inside,
        }
    }

    fn around(
        &self,
        ray: &Ray,
        geometry: usize,
        shape: &Topology,
        inside: &Inside,
        watch: &Watch<'_>,
    ) -> Around {
        let (mut left, mut right, mut on_ring) = (false, false, false);
        for area in 0..shape.areas {
            if watch.is_over() {
                break;
            }
            if !self.bounds_area(geometry, area) {
                left |= inside.of(area);
                right |= inside.of(area);
                continue;
            }
            let mut before: Option<&Ray> = None;
            let mut on_own = false;
            for other in self.rays_of(geometry).filter(|other| other.area == area) {
                if ray.turn(other) == 0.0 && ray.along(other) {
                    on_own = true;
                    left |= other.outgoing;
                    right |= !other.outgoing;
                } else if before.is_none_or(|known| ray.later(other, known)) {
                    before = Some(other);
                }
            }
            on_ring |= on_own;
            if !on_own {
                // Nothing of this area lies between the ray and the one before it.
                let within = before.is_some_and(|before| before.outgoing);
                left |= within;
                right |= within;
            }
        }
        let on_line = || self.rays_of(geometry).any(|r| r.area == LINE && ray.turn(r) == 0.0 && ray.along(r));
        let on = match (left, right) {
            (true, true) => Place::Interior,
            (false, false) if !on_ring && on_line() => Place::Interior,
            (false, false) if !on_ring => Place::Exterior,
            _ => Place::Border,
        };
        Around { on, left, right }
    }

    /// Where it lies itself.
    fn place(&self, geometry: usize, shape: &Topology, inside: &Inside, watch: &Watch<'_>) -> Place {
        let mut on_ring = false;
        for ray in self.rays_of(geometry).filter(|ray| ray.area != LINE) {
            on_ring = true;
            let around = self.around(ray, geometry, shape, inside, watch);
            if !(around.left && around.right) {
                return Place::Border;
            }
        }
        let in_area = || (0..shape.areas).any(|area| !self.bounds_area(geometry, area) && inside.of(area));
        if on_ring || in_area() {
            Place::Interior
        } else if self.rays_of(geometry).next().is_some() {
            if self.exact && shape.has_end(self.position) { Place::Border } else { Place::Interior }
        } else if self.exact && shape.has_point(self.position) {
            Place::Interior
        } else {
            Place::Exterior
        }
    }
}
