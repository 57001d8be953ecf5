//! `Topology`: a geometry as edges that can be searched, and where a position lies in it.
//!
//! In: points, lines and rings in any plane. Out: its edges, those that meet a box, and for a position whether it
//! lies inside, on the border or outside. Leaves out: what two geometries have to do with each other.
//!
//! The meaning of a mixed collection is the union of its members: a position inside one polygon is inside
//! whatever the other members say, and a border between two polygons that touch along it is inside as well.
//! The border of lines are the ends that an odd number of them share (OGC 06-103r4, 6.1.15.1).

use super::array::{GeometryKind, GeometryRef};
use super::bounds::Bounds;
use super::ring::{is_counterclockwise, side};
use super::shape::Shape;

pub(super) type Position = [f64; 2];

/// Where something lies in a geometry; the number is its place in a DE-9IM matrix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Interior = 0,
    Border = 1,
    Exterior = 2,
}

/// The area number of edges that bound no area.
pub(super) const LINE: u32 = u32::MAX;

/// A straight piece of a line or a ring.
#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub a: Position,
    pub b: Position,
    /// The area on its left, or [`LINE`].
    pub area: u32,
}

impl Edge {
    pub fn low(&self) -> Position {
        [self.a[0].min(self.b[0]), self.a[1].min(self.b[1])]
    }

    pub fn high(&self) -> Position {
        [self.a[0].max(self.b[0]), self.a[1].max(self.b[1])]
    }

    pub fn frame(&self) -> Frame {
        Frame { low: self.low(), high: self.high() }
    }

    /// Does the position lie on it, ends included? Exact.
    pub fn holds(&self, position: Position) -> bool {
        self.frame().holds(position) && side(self.a, self.b, position) == 0.0
    }
}

/// A closed box along the axes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    pub low: Position,
    pub high: Position,
}

impl Frame {
    pub fn of(position: Position) -> Self {
        Self { low: position, high: position }
    }

    /// Of a window that does not cross the antimeridian.
    pub fn around(Bounds { west, south, east, north }: Bounds) -> Self {
        Self { low: [west, south], high: [east, north] }
    }

    pub fn bounds(self) -> Bounds {
        let ([west, south], [east, north]) = (self.low, self.high);
        Bounds { west, south, east, north }
    }

    pub fn meets(&self, other: &Self) -> bool {
        self.low[0] <= other.high[0]
            && other.low[0] <= self.high[0]
            && self.low[1] <= other.high[1]
            && other.low[1] <= self.high[1]
    }

    pub fn holds(&self, [x, y]: Position) -> bool {
        x >= self.low[0] && x <= self.high[0] && y >= self.low[1] && y <= self.high[1]
    }

    pub fn join(self, other: Self) -> Self {
        Self {
            low: [self.low[0].min(other.low[0]), self.low[1].min(other.low[1])],
            high: [self.high[0].max(other.high[0]), self.high[1].max(other.high[1])],
        }
    }

    /// What two boxes share; upside down when that is nothing.
    pub fn common(&self, other: &Self) -> Self {
        Self {
            low: [self.low[0].max(other.low[0]), self.low[1].max(other.low[1])],
            high: [self.high[0].min(other.high[0]), self.high[1].min(other.high[1])],
        }
    }
}

/// Edges or boxes below one box of the level above.
const FAN: usize = 8;

/// Lists of edges this short are looked through.
const SHORT: usize = 16;

/// A geometry as edges.
#[derive(Debug, Clone, Default)]
pub(super) struct Topology {
    /// Line after line and ring after ring; no edge has length 0.
    pub edges: Vec<Edge>,
    /// Positions of points, sorted.
    pub points: Vec<Position>,
    /// The border of the lines, sorted.
    pub ends: Vec<Position>,
    /// How many areas are told apart: polygons that may overlap.
    pub areas: u32,
    pub has_lines: bool,
    pub frame: Option<Frame>,
    /// Boxes of `FAN` edges, then of `FAN` boxes, and so on; empty for short lists.
    levels: Vec<Vec<Frame>>,
}

impl Topology {
    /// Of a stored geometry whose positions `place` moves into a plane; `None` where one has no place there.
    pub fn of_stored(stored: GeometryRef<'_>, place: impl Fn(Position) -> Option<Position>) -> Option<Self> {
        let mut builder = Builder::default();
        let mut positions = Vec::new();
        for part in stored.parts() {
            // An empty polygon beside other members adds no area.
            let areal = part.kind().is_areal() && part.runs().next().is_some();
            builder.begin_area(areal);
            for run in part.runs() {
                positions.clear();
                for at in 0..run.len() {
                    positions.push(place(run.at(at))?);
                }
                match part.kind() {
                    GeometryKind::Point | GeometryKind::MultiPoint => {
                        builder.topology.points.extend_from_slice(&positions);
                    }
                    // Rings are stored wound by the right-hand rule.
                    _ if areal => builder.ring(positions.iter().copied(), false),
                    _ => builder.line(positions.iter().copied()),
                }
            }
        }
        Some(builder.finish())
    }

    /// Of a geometry outside a layer. One that holds a coordinate that is no finite number is taken as empty.
    pub fn of_shape(shape: &Shape) -> Self {
        use geo::CoordsIter as _;
        let mut builder = Builder::default();
        if shape.coords_iter().all(|c| c.x.is_finite() && c.y.is_finite()) {
            builder.shape(shape);
        }
        builder.finish()
    }

    /// The greatest dimension of its members; `None` when it is empty.
    pub fn dimension(&self) -> Option<u8> {
        match (self.areas, self.has_lines) {
            (1.., _) => Some(2),
            (0, true) => Some(1),
            _ => (!self.points.is_empty()).then_some(0),
        }
    }

    /// Can no member hide the border of another, so that only meetings with other geometries matter?
    pub fn is_plain(&self) -> bool {
        self.areas == 0 || (self.areas == 1 && !self.has_lines)
    }

    /// Calls `act` with each edge whose box meets the frame, in order, until it answers true.
    pub fn any_edge(&self, frame: &Frame, mut act: impl FnMut(usize, &Edge) -> bool) -> bool {
        match self.levels.len() {
            0 => self.edges_in(0..self.edges.len(), frame, &mut act),
            height => self.below(height - 1, 0..self.levels[height - 1].len(), frame, &mut act),
        }
    }

    fn below(
        &self,
        level: usize,
        range: std::ops::Range<usize>,
        frame: &Frame,
        act: &mut impl FnMut(usize, &Edge) -> bool,
    ) -> bool {
        range.into_iter().any(|at| {
            self.levels[level][at].meets(frame) && {
                let inner = at * FAN;
                match level.checked_sub(1) {
                    None => self.edges_in(inner..(inner + FAN).min(self.edges.len()), frame, act),
                    Some(next) => {
                        self.below(next, inner..(inner + FAN).min(self.levels[next].len()), frame, act)
                    }
                }
            }
        })
    }

    fn edges_in(
        &self,
        range: std::ops::Range<usize>,
        frame: &Frame,
        act: &mut impl FnMut(usize, &Edge) -> bool,
    ) -> bool {
        range.into_iter().any(|at| {
            let edge = &self.edges[at];
            edge.frame().meets(frame) && act(at, edge)
        })
    }

    /// The square of the distance of a position to the nearest edge or point, with a scale of both axes; `least` when
    /// none is nearer.
    pub fn gap_2(&self, position: Position, scale: Position, least: f64) -> f64 {
        let to_point = |least: f64, &[x, y]: &Position| {
            let [dx, dy] = [(x - position[0]) * scale[0], (y - position[1]) * scale[1]];
            least.min(dx * dx + dy * dy)
        };
        let least = self.points.iter().fold(least, to_point);
        match self.levels.len() {
            0 => self.gap_of_edges(0..self.edges.len(), position, scale, least),
            height => self.gap_below(height - 1, 0..self.levels[height - 1].len(), position, scale, least),
        }
    }

    fn gap_below(
        &self,
        level: usize,
        range: std::ops::Range<usize>,
        position: Position,
        scale: Position,
        least: f64,
    ) -> f64 {
        range.into_iter().fold(least, |least, at| {
            let frame = &self.levels[level][at];
            let [dx, dy] = [0, 1].map(|axis| {
                (frame.low[axis] - position[axis]).max(position[axis] - frame.high[axis]).max(0.0)
                    * scale[axis]
            });
            if dx * dx + dy * dy >= least {
                return least;
            }
            let inner = at * FAN;
            match level.checked_sub(1) {
                None => self.gap_of_edges(inner..(inner + FAN).min(self.edges.len()), position, scale, least),
                Some(next) => {
                    let range = inner..(inner + FAN).min(self.levels[next].len());
                    self.gap_below(next, range, position, scale, least)
                }
            }
        })
    }

    fn gap_of_edges(
        &self,
        range: std::ops::Range<usize>,
        position: Position,
        scale: Position,
        least: f64,
    ) -> f64 {
        self.edges[range].iter().fold(least, |least, edge| {
            let along = [0, 1].map(|axis| (edge.b[axis] - edge.a[axis]) * scale[axis]);
            let from = [0, 1].map(|axis| (position[axis] - edge.a[axis]) * scale[axis]);
            let length_2 = along[0] * along[0] + along[1] * along[1];
            let share = ((from[0] * along[0] + from[1] * along[1]) / length_2).clamp(0.0, 1.0);
            let [dx, dy] = [0, 1].map(|axis| from[axis] - share * along[axis]);
            least.min(dx * dx + dy * dy)
        })
    }

    /// Points that lie in the frame.
    pub fn points_in(&self, frame: &Frame) -> impl Iterator<Item = Position> {
        let first = self.points.partition_point(|point| point[0] < frame.low[0]);
        let frame = *frame;
        self.points[first..]
            .iter()
            .copied()
            .take_while(move |point| point[0] <= frame.high[0])
            .filter(move |&point| frame.holds(point))
    }

    pub fn has_point(&self, position: Position) -> bool {
        self.points_in(&Frame::of(position)).next().is_some()
    }

    pub fn has_end(&self, position: Position) -> bool {
        self.ends.binary_search_by(|end| order(end, &position)).is_ok()
    }

    /// Whether a position lies on an edge, and in which areas it lies when it lies on none of their edges.
    pub fn sight(&self, [x, y]: Position) -> Sight {
        let mut sight = Sight { on_edge: false, inside: Inside::none(self.areas) };
        if !self.frame.is_some_and(|frame| frame.holds([x, y])) {
            return sight;
        }
        // A ray to the east; an edge with one end above it and the other not is crossed.
        self.any_edge(&Frame { low: [x, y], high: [f64::INFINITY, y] }, |_, edge| {
            let straddles = (edge.a[1] > y) != (edge.b[1] > y);
            let wholly_east = edge.a[0] > x && edge.b[0] > x;
            if wholly_east && straddles {
                sight.inside.toggle(edge.area);
            } else if !wholly_east {
                let turn = side(edge.a, edge.b, [x, y]);
                if turn == 0.0 {
                    sight.on_edge |= edge.frame().holds([x, y]);
                } else if straddles && (turn > 0.0) == (edge.b[1] > edge.a[1]) {
                    sight.inside.toggle(edge.area);
                }
            }
            false
        });
        sight
    }
}

/// What is seen from a position.
#[derive(Debug)]
pub(super) struct Sight {
    pub on_edge: bool,
    pub inside: Inside,
}

/// Is a position inside each of some areas?
#[derive(Debug)]
pub(super) enum Inside {
    /// There is one area, or none.
    One(bool),
    Many(Vec<bool>),
}

impl Inside {
    fn none(areas: u32) -> Self {
        if areas <= 1 { Self::One(false) } else { Self::Many(vec![false; areas as usize]) }
    }

    fn toggle(&mut self, area: u32) {
        match self {
            _ if area == LINE => {}
            Self::One(inside) => *inside = !*inside,
            Self::Many(all) => all[area as usize] = !all[area as usize],
        }
    }

    pub fn of(&self, area: u32) -> bool {
        match self {
            Self::One(inside) => *inside,
            Self::Many(all) => all[area as usize],
        }
    }

    pub fn any(&self) -> bool {
        match self {
            Self::One(inside) => *inside,
            Self::Many(all) => all.contains(&true),
        }
    }
}

pub(super) fn order(a: &Position, b: &Position) -> std::cmp::Ordering {
    a[0].total_cmp(&b[0]).then(a[1].total_cmp(&b[1]))
}

#[derive(Default)]
struct Builder {
    topology: Topology,
}

impl Builder {
    fn begin_area(&mut self, areal: bool) {
        self.topology.areas += u32::from(areal);
    }

    fn shape(&mut self, shape: &Shape) {
        let ends = |c: geo_types::Coord| [c.x, c.y];
        match shape {
            Shape::Point(point) => self.topology.points.push(ends(point.0)),
            Shape::MultiPoint(points) => self.topology.points.extend(points.iter().map(|p| ends(p.0))),
            Shape::Line(line) => self.line([ends(line.start), ends(line.end)]),
            Shape::LineString(line) => self.line(line.0.iter().copied().map(ends)),
            Shape::MultiLineString(lines) => {
                lines.iter().for_each(|line| self.line(line.0.iter().copied().map(ends)));
            }
            Shape::Polygon(polygon) => self.polygons(std::slice::from_ref(polygon)),
            Shape::MultiPolygon(polygons) => self.polygons(&polygons.0),
            Shape::Rect(rectangle) => self.polygons(&[rectangle.to_polygon()]),
            Shape::Triangle(triangle) => self.polygons(&[triangle.to_polygon()]),
            Shape::GeometryCollection(members) => members.iter().for_each(|member| self.shape(member)),
        }
    }

    fn polygons(&mut self, polygons: &[geo_types::Polygon]) {
        let before = self.topology.edges.len();
        self.begin_area(true);
        for polygon in polygons {
            for (at, ring) in std::iter::once(polygon.exterior()).chain(polygon.interiors()).enumerate() {
                let positions: Vec<_> = ring.0.iter().map(|c| [c.x, c.y]).collect();
                let turned = is_counterclockwise(&positions) != (at == 0);
                self.ring(positions.into_iter(), turned);
            }
        }
        if self.topology.edges.len() == before {
            self.topology.areas -= 1;
        }
    }

    /// Adds a ring, closed or not; `turned` when its area lies on the right.
    fn ring(&mut self, positions: impl Iterator<Item = Position> + Clone, turned: bool) {
        let area = self.topology.areas - 1;
        let (mut rest, mut first) = (positions.clone(), positions);
        let Some(start) = first.next() else { return };
        let _ = rest.next();
        let begin = self.topology.edges.len();
        let mut a = start;
        for b in rest.chain([start]) {
            self.edge(a, b, area);
            a = b;
        }
        if turned {
            let edges = &mut self.topology.edges[begin..];
            edges.reverse();
            for edge in edges {
                std::mem::swap(&mut edge.a, &mut edge.b);
            }
        }
    }

    /// Adds a line; one without length is a point.
    fn line(&mut self, positions: impl IntoIterator<Item = Position>) {
        let mut positions = positions.into_iter();
        let Some(start) = positions.next() else { return };
        let begin = self.topology.edges.len();
        let mut a = start;
        for b in positions {
            self.edge(a, b, LINE);
            a = b;
        }
        if self.topology.edges.len() == begin {
            return self.topology.points.push(start);
        }
        self.topology.has_lines = true;
        if a != start {
            self.topology.ends.extend([start, a]);
        }
    }

    fn edge(&mut self, a: Position, b: Position, area: u32) {
        // Zero without a sign, so that equal positions have one order.
        let (a, b) = ([a[0] + 0.0, a[1] + 0.0], [b[0] + 0.0, b[1] + 0.0]);
        if a != b {
            self.topology.edges.push(Edge { a, b, area });
        }
    }

    fn finish(mut self) -> Topology {
        self.merge_areas();
        let topology = &mut self.topology;
        for positions in [&mut topology.points, &mut topology.ends] {
            for position in positions.iter_mut() {
                *position = position.map(|coordinate| coordinate + 0.0);
            }
            positions.sort_unstable_by(order);
        }
        topology.points.dedup();
        keep_odd(&mut topology.ends);
        let frames = topology.edges.iter().map(Edge::frame);
        topology.frame = frames.chain(topology.points.iter().copied().map(Frame::of)).reduce(Frame::join);
        if topology.edges.len() > SHORT {
            let all = |frames: &[Frame]| frames.iter().copied().reduce(Frame::join);
            let mut level: Vec<Frame> = topology
                .edges
                .chunks(FAN)
                .filter_map(|edges| edges.iter().map(Edge::frame).reduce(Frame::join))
                .collect();
            while level.len() > FAN {
                let above = level.chunks(FAN).filter_map(all).collect();
                topology.levels.push(std::mem::replace(&mut level, above));
            }
            topology.levels.push(level);
        }
        self.topology
    }

    /// Polygons that are apart from each other need not be told apart.
    fn merge_areas(&mut self) {
        const MOST: u32 = 32;
        let topology = &mut self.topology;
        if !(2..=MOST).contains(&topology.areas) {
            return;
        }
        let mut frames: Vec<Option<Frame>> = vec![None; topology.areas as usize];
        for edge in topology.edges.iter().filter(|edge| edge.area != LINE) {
            let frame = &mut frames[edge.area as usize];
            *frame = Some(frame.map_or(edge.frame(), |known| known.join(edge.frame())));
        }
        let apart = |a: &Option<Frame>, b: &Option<Frame>| match (a, b) {
            (Some(a), Some(b)) => !a.meets(b),
            _ => true,
        };
        if (1..frames.len()).all(|at| frames[..at].iter().all(|other| apart(&frames[at], other))) {
            topology.areas = 1;
            topology.edges.iter_mut().filter(|edge| edge.area != LINE).for_each(|edge| edge.area = 0);
        }
    }
}

/// Keeps of each run of equal positions one, when the run is of odd length.
fn keep_odd(sorted: &mut Vec<Position>) {
    let (mut kept, mut at) = (0, 0);
    while at < sorted.len() {
        let run = sorted[at..].iter().take_while(|&&position| position == sorted[at]).count();
        if run % 2 == 1 {
            sorted[kept] = sorted[at];
            kept += 1;
        }
        at += run;
    }
    sorted.truncate(kept);
}
