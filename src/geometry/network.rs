//! `Network`: lines that are walked along, and how far a walk along them gets.
//!
//! In: lines of positions, a shape to start from. Out: metres to other shapes, the area within so many metres. Leaves out:
//! features, minutes, clocks.
//!
//! Lines meet where they share a position (to 1e-7 degree), and nowhere else: where two cross without one, one of them is a
//! bridge. They are walked both ways. Lengths are those of geodesics. A walk may leave the lines where it starts and where it
//! ends, each time by [`Off::most_m`] at most; off the lines no way is known, so a metre there counts as [`Off::factor`]
//! metres. The area within a distance is by the same rule: what lies in it is no farther than that.

use std::cmp::Ordering;
use std::collections::{BinaryHeap, HashMap};

use geo::ConvexHull as _;
use geo_types::{Coord, LineString, MultiPoint, MultiPolygon, Point, Polygon};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::antimeridian::{Turn, cut, turned, window_of};
use super::area::Area;
use super::bounds::Bounds;
use super::course::share_of_crossing;
use super::measure::{reach, scale};
use super::nearest::metres_between;
use super::shape::Shape;
use super::topology::Topology;

/// How a walk goes where there are no lines.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Off {
    /// Metres that its start and its end may be from the lines, straight.
    pub most_m: f64,
    /// Metres walked for a metre straight, 1 or more.
    pub factor: f64,
}

/// A stretch between two nodes, walked both ways.
#[derive(Debug, Clone, Copy)]
struct Edge {
    ends: [u32; 2],
    metres: f64,
}

/// Lines joined where they share positions.
pub struct Network {
    /// Longitudes are counted on beyond 180 degrees where lines cross the antimeridian.
    turn: Turn,
    nodes: Vec<[f64; 2]>,
    edges: Vec<Edge>,
    /// Where the edges of a node begin in `at_node`; one more than there are nodes.
    first: Vec<u32>,
    at_node: Vec<u32>,
    tree: RTree<GeomWithData<Rectangle<[f64; 2]>, u32>>,
}

impl std::fmt::Debug for Network {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (nodes, edges) = (self.nodes.len(), self.edges.len());
        f.debug_struct("Network").field("nodes", &nodes).field("edges", &edges).finish_non_exhaustive()
    }
}

impl Network {
    /// `None` for lines without a single length between them.
    #[must_use]
    pub fn new<L: IntoIterator<Item = [f64; 2]>>(lines: impl IntoIterator<Item = L>) -> Option<Self> {
        let lines: Vec<Vec<[f64; 2]>> = lines.into_iter().map(|line| line.into_iter().collect()).collect();
        let around = |line: &Vec<[f64; 2]>| {
            let mut bounds = Bounds::of_position(*line.first()?);
            for &at in line {
                bounds.extend(at);
            }
            Some(bounds)
        };
        let turn = Turn::of(Bounds::around(lines.iter().filter_map(around))?);
        let mut known: HashMap<[i64; 2], u32> = HashMap::new();
        let (mut nodes, mut edges) = (Vec::new(), Vec::new());
        for line in lines {
            let mut before: Option<u32> = None;
            for [longitude, latitude] in line {
                let at = [turn.longitude(longitude), latitude];
                #[expect(
                    clippy::cast_possible_truncation,
                    reason = "degrees in units of 1e-7 are below 2^31"
                )]
                let key = at.map(|degrees| (degrees * 1e7).round() as i64);
                let next = u32::try_from(nodes.len()).ok()?;
                let node = *known.entry(key).or_insert(next);
                if node == next {
                    nodes.push(at);
                }
                if let Some(from) = before.filter(|&from| from != node) {
                    let (a, b): ([f64; 2], [f64; 2]) = (nodes[from as usize], nodes[node as usize]);
                    // What goes around the earth the long way crosses the antimeridian, and RFC 7946 cuts it there.
                    if (a[0] - b[0]).abs() <= 180.0 {
                        edges.push(Edge { ends: [from, node], metres: metres_between(a, b) });
                    }
                }
                before = Some(node);
            }
        }
        u32::try_from(edges.len()).ok().filter(|&count| count > 0)?;
        let mut first = vec![0_u32; nodes.len() + 1];
        for end in edges.iter().flat_map(|edge| edge.ends) {
            first[end as usize + 1] += 1;
        }
        for at in 1..first.len() {
            first[at] += first[at - 1];
        }
        let (mut next, mut at_node) = (first.clone(), vec![0; edges.len() * 2]);
        let mut boxes = Vec::with_capacity(edges.len());
        for (number, edge) in (0_u32..).zip(&edges) {
            for end in edge.ends.map(|end| end as usize) {
                at_node[next[end] as usize] = number;
                next[end] += 1;
            }
            let [a, b] = edge.ends.map(|end| nodes[end as usize]);
            boxes.push(GeomWithData::new(Rectangle::from_corners(a, b), number));
        }
        Some(Self { turn, nodes, edges, first, at_node, tree: RTree::bulk_load(boxes) })
    }

    /// How many stretches there are between neighbouring positions.
    #[must_use]
    pub fn len(&self) -> usize {
        self.edges.len()
    }

    /// Never: a network has a stretch.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.edges.is_empty()
    }

    fn ends(&self, edge: u32) -> [[f64; 2]; 2] {
        self.edges[edge as usize].ends.map(|end| self.nodes[end as usize])
    }

    /// A position on an edge, by its metres from the first end.
    fn position(&self, edge: u32, at: f64) -> [f64; 2] {
        let ([a, b], share) = (self.ends(edge), at / self.edges[edge as usize].metres);
        [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share]
    }

    /// The shortest walks from a shape to everything no farther than `most_m` metres; `None` where no line is near enough to
    /// the shape. `check` is called now and then.
    ///
    /// # Errors
    /// What `check` fails with.
    pub fn walk<E>(
        &self,
        from: &Shape,
        off: Off,
        most_m: f64,
        mut check: impl FnMut() -> Result<(), E>,
    ) -> Result<Option<Walk<'_>>, E> {
        let Some(place) = Place::new(from, self.turn) else { return Ok(None) };
        let mut entries: HashMap<u32, Vec<Spot>> = HashMap::new();
        for edge in self.near(&place, off) {
            check()?;
            let spots = place.spots(self.ends(edge), self.edges[edge as usize].metres, off);
            if !spots.is_empty() {
                entries.insert(edge, spots);
            }
        }
        if entries.is_empty() {
            return Ok(None);
        }
        let mut walk = Walk { network: self, off, metres: vec![f64::INFINITY; self.nodes.len()], entries };
        walk.spread(most_m, check)?;
        Ok(Some(walk))
    }

    /// The edges whose boxes come near a place.
    fn near(&self, place: &Place, off: Off) -> Vec<u32> {
        let mut found: Vec<u32> = self
            .turn
            .windows(reach(place.bounds, off.most_m))
            .flat_map(|Bounds { west, south, east, north }| {
                let window = AABB::from_corners([west, south], [east, north]);
                self.tree.locate_in_envelope_intersecting(window).map(|entry| entry.data).collect::<Vec<_>>()
            })
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

/// A position on an edge, metres from its first end, and the metres that it takes to get there from a place.
#[derive(Debug, Clone, Copy)]
struct Spot {
    at: f64,
    metres: f64,
}

/// A shape that walks start from or end at.
struct Place {
    /// Where it is, as it was given; all else is turned as the network is.
    bounds: Bounds,
    point: Option<[f64; 2]>,
    lines: Vec<[[f64; 2]; 2]>,
    area: Option<Area>,
}

impl Place {
    fn new(shape: &Shape, turn: Turn) -> Option<Self> {
        let bounds = window_of(shape)?;
        let shape = turn.shape(shape);
        let topology = Topology::of_shape(&shape);
        let point = if let Shape::Point(point) = shape { Some([point.x(), point.y()]) } else { None };
        let edges = topology.edges.iter().map(|edge| [edge.a, edge.b]);
        let lines = edges.chain(topology.points.iter().map(|&at| [at, at])).collect();
        Some(Self { bounds, point, lines, area: Area::new(shape) })
    }

    /// Metres from a position outside straight to its nearest.
    fn straight(&self, from: [f64; 2]) -> f64 {
        self.lines.iter().map(|line| foot(from, *line).1).fold(f64::INFINITY, f64::min)
    }

    /// Where a walk between the place and an edge may enter or leave the edge.
    fn spots(&self, ends: [[f64; 2]; 2], metres: f64, off: Off) -> Vec<Spot> {
        let mut spots = Vec::new();
        if let Some(point) = self.point {
            lean(point, ends, off, &mut spots);
        } else {
            let inside = |at: [f64; 2]| self.area.as_ref().is_some_and(|area| area.holds(at));
            spots.extend(
                ends.into_iter()
                    .zip([0.0, 1.0])
                    .filter(|(end, _)| inside(*end))
                    .map(|(_, at)| Spot { at, metres: 0.0 }),
            );
            for line in &self.lines {
                spots.extend(share_of_crossing(ends, *line).map(|at| Spot { at, metres: 0.0 }));
                let near = line.iter().map(|&end| foot(end, ends));
                let back = [0.0, 1.0].into_iter().zip(ends).map(|(at, end)| (at, foot(end, *line).1));
                let near = near.chain(back).filter(|(_, straight)| *straight <= off.most_m);
                spots.extend(near.map(|(at, straight)| Spot { at, metres: straight * off.factor }));
            }
        }
        for spot in &mut spots {
            spot.at *= metres;
        }
        spots
    }
}

/// Metres east and north from a position.
fn plane(from: [f64; 2], to: [f64; 2]) -> [f64; 2] {
    let scale = scale(from[1]);
    [turned(to[0] - from[0]) * scale.x, (to[1] - from[1]) * scale.y]
}

/// The share along a line where it is nearest to a position, and the metres between.
fn foot(from: [f64; 2], line: [[f64; 2]; 2]) -> (f64, f64) {
    let [a, b] = line.map(|end| plane(from, end));
    let along = [b[0] - a[0], b[1] - a[1]];
    let length_2 = along[0] * along[0] + along[1] * along[1];
    let ahead = -(a[0] * along[0] + a[1] * along[1]);
    let share = if length_2 > 0.0 { (ahead / length_2).clamp(0.0, 1.0) } else { 0.0 };
    (share, (a[0] + share * along[0]).hypot(a[1] + share * along[1]))
}

/// Where walks from a point may enter an edge: at its foot, and where those enter that go on to either end in the least
/// metres, which is past the foot by the metres to it over √(factor² − 1).
fn lean(point: [f64; 2], ends: [[f64; 2]; 2], off: Off, spots: &mut Vec<Spot>) {
    let [a, b] = ends.map(|end| plane(point, end));
    let along = [b[0] - a[0], b[1] - a[1]];
    let length = along[0].hypot(along[1]);
    if length <= 0.0 {
        return;
    }
    let foot = -(a[0] * along[0] + a[1] * along[1]) / length;
    let aside = (a[0] * along[1] - a[1] * along[0]).abs() / length;
    if aside > off.most_m {
        return;
    }
    let half = (off.most_m * off.most_m - aside * aside).sqrt();
    let (low, high) = ((foot - half).max(0.0), (foot + half).min(length));
    if low > high {
        return;
    }
    let lean = if aside > 0.0 { aside / (off.factor * off.factor - 1.0).max(0.0).sqrt() } else { 0.0 };
    for share in [-1.0, 0.0, 1.0] {
        let at = (foot + share * lean.min(half)).clamp(low, high);
        spots.push(Spot { at: at / length, metres: off.factor * aside.hypot(at - foot) });
    }
}

/// A node that is to be looked at next: the nearest first.
struct Open {
    metres: f64,
    node: u32,
}

impl Ord for Open {
    fn cmp(&self, other: &Self) -> Ordering {
        other.metres.total_cmp(&self.metres).then(other.node.cmp(&self.node))
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

/// The shortest walks from a place.
#[derive(Debug)]
pub struct Walk<'a> {
    network: &'a Network,
    off: Off,
    /// Metres to each node; infinite where it is too far.
    metres: Vec<f64>,
    /// Where walks enter an edge from the place.
    entries: HashMap<u32, Vec<Spot>>,
}

/// How often `check` is called: once for so many steps.
const STEPS: usize = 1024;

impl Walk<'_> {
    /// Dijkstra's algorithm, from all entries at once.
    fn spread<E>(&mut self, most_m: f64, mut check: impl FnMut() -> Result<(), E>) -> Result<(), E> {
        let network = self.network;
        let mut open = BinaryHeap::new();
        for (&number, spots) in &self.entries {
            let edge = network.edges[number as usize];
            for spot in spots {
                for (node, on) in edge.ends.into_iter().zip([spot.at, edge.metres - spot.at]) {
                    open.push(Open { metres: spot.metres + on, node });
                }
            }
        }
        let mut steps = 0;
        while let Some(Open { metres, node }) = open.pop() {
            if metres > most_m {
                break;
            }
            if metres >= self.metres[node as usize] {
                continue;
            }
            self.metres[node as usize] = metres;
            steps += 1;
            if steps % STEPS == 0 {
                check()?;
            }
            let edges = network.first[node as usize] as usize..network.first[node as usize + 1] as usize;
            for &number in &network.at_node[edges] {
                let Edge { ends: [a, b], metres: length } = network.edges[number as usize];
                let (node, metres) = (if a == node { b } else { a }, metres + length);
                if metres < self.metres[node as usize] && metres <= most_m {
                    open.push(Open { metres, node });
                }
            }
        }
        Ok(())
    }

    /// Metres to a position on an edge.
    fn metres_on(&self, number: u32, at: f64) -> f64 {
        let edge = self.network.edges[number as usize];
        let [a, b] = edge.ends.map(|end| self.metres[end as usize]);
        let entries = self.entries.get(&number).into_iter().flatten();
        entries
            .map(|spot| spot.metres + (at - spot.at).abs())
            .fold((a + at).min(b + edge.metres - at), f64::min)
    }

    /// Metres to a shape that lies `straight_m` from the start; `None` where no walk gets there.
    #[must_use]
    pub fn metres_to(&self, shape: &Shape, straight_m: f64) -> Option<f64> {
        let place = Place::new(shape, self.network.turn)?;
        let direct = if straight_m <= self.off.most_m { straight_m * self.off.factor } else { f64::INFINITY };
        let by_edge = |number: u32| {
            let length = self.network.edges[number as usize].metres;
            let spots = place.spots(self.network.ends(number), length, self.off);
            let total = spots.into_iter().map(|spot| spot.metres + self.metres_on(number, spot.at));
            // A walk may leave an edge where it entered it.
            let entries = self.entries.get(&number).into_iter().flatten().filter_map(|spot| {
                let straight = place.straight(self.network.position(number, spot.at));
                (straight <= self.off.most_m).then_some(spot.metres + straight * self.off.factor)
            });
            total.chain(entries).fold(f64::INFINITY, f64::min)
        };
        let edges = self.network.near(&place, self.off);
        let metres = edges.into_iter().map(by_edge).fold(direct, f64::min);
        metres.is_finite().then_some(metres)
    }

    /// All that lies within so many metres, but for what is reached from the start without touching a line. `None` where that
    /// is nothing.
    ///
    /// # Errors
    /// What `check` fails with.
    pub fn within<E>(
        &self,
        most_m: f64,
        mut check: impl FnMut() -> Result<(), E>,
    ) -> Result<Option<MultiPolygon>, E> {
        /// So many pieces are united at once: few, since the time that takes grows with how many of them cross, and nobody
        /// looks at the clock while it does.
        const BATCH: usize = 8;
        let mut pieces: Vec<MultiPolygon> = Vec::new();
        for (at, stretch) in self.stretches(most_m).iter().enumerate() {
            if at % STEPS == 0 {
                check()?;
            }
            self.widened(stretch, &mut pieces);
        }
        // Neighbours are united first, so that what lies inside is soon gone.
        pieces.sort_by_cached_key(order);
        while pieces.len() > 1 {
            let mut united = Vec::with_capacity(pieces.len() / BATCH + 1);
            for batch in pieces.chunks(BATCH) {
                check()?;
                united.push(geo::unary_union(batch.iter().flatten()));
            }
            pieces = united;
        }
        Ok(pieces.pop().filter(|area| !area.0.is_empty()).map(cut))
    }

    /// The stretches of edges that are no farther than so many metres, each away from where it is entered.
    fn stretches(&self, most_m: f64) -> Vec<Stretch> {
        let aside = self.off.most_m * self.off.factor;
        let mut found = Vec::new();
        let mut away = |edge: u32, from: f64, to: f64, metres: f64| {
            let left = most_m - metres;
            let to = if to < from { to.max(from - left) } else { to.min(from + left) };
            if left >= 0.0 {
                found.push(Stretch { edge, from, to, left });
            }
        };
        for (number, edge) in (0_u32..).zip(&self.network.edges) {
            let [a, b] = edge.ends.map(|end| self.metres[end as usize]);
            // Walks from both ends meet where they are equally long; where one end is not reached, at that.
            let meet = f64::midpoint(edge.metres, b - a).clamp(0.0, edge.metres);
            if a.max(b) <= most_m && most_m - a - meet >= aside {
                // As wide as is allowed all along.
                away(number, 0.0, edge.metres, most_m - aside - edge.metres);
                continue;
            }
            if a <= most_m {
                away(number, 0.0, meet, a);
            }
            if b <= most_m {
                away(number, edge.metres, meet, b);
            }
        }
        for (&number, spots) in &self.entries {
            let edge = self.network.edges[number as usize];
            let [a, b] = edge.ends.map(|end| self.metres[end as usize]);
            let mut spots = spots.clone();
            spots.sort_by(|one, other| one.metres.total_cmp(&other.metres));
            let mut kept: Vec<Spot> = Vec::new();
            for spot in spots {
                // Where a walk along the edge is there as soon, all that is reached from here is reached from there.
                let by_ends = (a + spot.at).min(b + edge.metres - spot.at);
                let known = kept
                    .iter()
                    .map(|other| other.metres + (other.at - spot.at).abs())
                    .fold(by_ends, f64::min);
                if spot.metres < known {
                    away(number, spot.at, 0.0, spot.metres);
                    away(number, spot.at, edge.metres, spot.metres);
                    kept.push(spot);
                }
            }
        }
        // Entries stand in no order of their own.
        found.sort_by(|a, b| {
            (a.edge, a.from, a.to).partial_cmp(&(b.edge, b.from, b.to)).unwrap_or(Ordering::Equal)
        });
        found
    }

    /// What is reached from a stretch: as far aside as is allowed, and towards the end of the walk no farther than what is left.
    fn widened(&self, stretch: &Stretch, pieces: &mut Vec<MultiPolygon>) {
        let aside =
            |from_start: f64| ((stretch.left - from_start) / self.off.factor).clamp(0.0, self.off.most_m);
        let walked = (stretch.to - stretch.from).abs();
        let narrows = (stretch.left - self.off.most_m * self.off.factor).clamp(0.0, walked);
        let place = |walked: f64| {
            let at = stretch.from + walked.copysign(stretch.to - stretch.from);
            self.network.position(stretch.edge, at)
        };
        for (from, to) in [(0.0, narrows), (narrows, walked)] {
            if to > from || (walked == 0.0 && from == 0.0) {
                pieces.extend(capsule(place(from), aside(from), place(to), aside(to)));
            }
        }
    }
}

/// A part of an edge that is walked from a position to another, metres from its first end.
#[derive(Debug)]
struct Stretch {
    edge: u32,
    from: f64,
    to: f64,
    /// Metres that are left at `from`.
    left: f64,
}

/// Where a piece comes among its neighbours: along a curve that goes through all squares of a quarter before it leaves it.
fn order(piece: &MultiPolygon) -> u64 {
    let first = piece.iter().flat_map(Polygon::exterior).next();
    let Some(Coord { x, y }) = first else { return 0 };
    // Squares of a ten thousandth of a degree, eleven metres.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "degrees, and above 0")]
    let [x, y] = [x + 180.0, y + 90.0].map(|degrees| (degrees * 1e4).max(0.0) as u64);
    (0..23)
        .fold(0, |order, bit| order | (((x >> bit) & 1) << (2 * bit)) | (((y >> bit) & 1) << (2 * bit + 1)))
}

/// What lies around two positions and between, as near as each allows, metres. Arcs are chords of 15 degrees, so that it is too
/// narrow by a hundredth at most.
fn capsule(a: [f64; 2], near_a: f64, b: [f64; 2], near_b: f64) -> Option<MultiPolygon> {
    const CORNERS: u32 = 24;
    let around = |at: [f64; 2], metres: f64| {
        let scale = scale(at[1]);
        (0..CORNERS).map(move |corner| {
            let (sine, cosine) = (f64::from(corner) * std::f64::consts::TAU / f64::from(CORNERS)).sin_cos();
            Point::from(Coord { x: at[0] + metres * cosine / scale.x, y: at[1] + metres * sine / scale.y })
        })
    };
    let hull = MultiPoint(around(a, near_a).chain(around(b, near_b)).collect()).convex_hull();
    let LineString(ring) = hull.exterior();
    (near_a.max(near_b) > 1e-3 && ring.len() > 3).then(|| MultiPolygon(vec![hull]))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Along the equator a degree of longitude is 111,319.490793 m.
    const METRE: f64 = 1.0 / 111_319.490_793_273_57;
    const OFF: Off = Off { most_m: 50.0, factor: 1.3 };

    #[expect(clippy::unnecessary_wraps, reason = "a check may fail")]
    fn never() -> Result<(), ()> {
        Ok(())
    }

    fn point(x: f64, y: f64) -> Shape {
        Shape::Point([x * METRE, y * METRE].into())
    }

    /// A street of 1000 m along the equator, and one that crosses it without a common position.
    fn street() -> Network {
        let at = |x: f64, y: f64| [x * METRE, y * METRE];
        Network::new([
            vec![at(0.0, 0.0), at(500.0, 0.0), at(1000.0, 0.0)],
            vec![at(300.0, -200.0), at(300.0, 200.0)],
        ])
        .expect("a network")
    }

    fn walk<'a>(network: &'a Network, from: &Shape) -> Option<Walk<'a>> {
        network.walk(from, OFF, 5000.0, never).expect("no end")
    }

    #[test]
    fn metres_are_those_along_the_lines() {
        let network = street();
        let walk = walk(&network, &point(100.0, 0.0)).expect("a line is near");
        let to = |x: f64, y: f64| walk.metres_to(&point(x, y), 1e9);
        assert!((to(900.0, 0.0).expect("a walk") - 800.0).abs() < 1e-6);
        assert!((to(120.0, 0.0).expect("a walk") - 20.0).abs() < 1e-6);
        // Thirty metres aside: the least of 800 - s + 1.3 √(30² + s²) is 800 + 30 √(1.3² − 1), by the derivative.
        let want = 800.0 + 30.0 * (1.3_f64 * 1.3 - 1.0).sqrt();
        // A degree of latitude is shorter than one of longitude by 0.67 %.
        assert!((to(900.0, 30.0).expect("a walk") - want).abs() < 0.2, "{:?} {want}", to(900.0, 30.0));
        assert_eq!(to(900.0, 60.0), None, "too far from the street");
        assert_eq!(to(300.0, 150.0), None, "what crosses without a common position is a bridge");
        // Straight there, 40 m times 1.3, on a degree of latitude that is shorter by 0.67 %.
        let aside = walk.metres_to(&point(100.0, 40.0), 40.0).expect("a walk");
        assert!((aside - 52.0 * 0.9933).abs() < 0.1, "{aside}");
    }

    #[test]
    fn streets_go_on_across_the_antimeridian() {
        // The street of 1000 m has its middle at 180 degrees, where it is cut.
        let side = |x: f64| [if x <= 500.0 { 180.0 } else { -180.0 } + (x - 500.0) * METRE, 0.0];
        let network = Network::new([vec![side(0.0), side(500.0)], vec![[-180.0, 0.0], side(1000.0)]]);
        let network = network.expect("a network");
        let start = Shape::Point(side(100.0).into());
        let walk = walk(&network, &start).expect("a line is near");
        let to = walk.metres_to(&Shape::Point(side(900.0).into()), 800.0).expect("a walk");
        assert!((to - 800.0).abs() < 1e-3, "{to}");
        // All within 600 m: from the start of the street to 700 m, as wide as 50 m to each side.
        let within = walk.within(600.0, never).expect("no end").expect("an area");
        let area = Area::new(Shape::MultiPolygon(within.clone())).expect("an area");
        assert!(area.holds(side(50.0)) && area.holds(side(499.0)) && area.holds(side(501.0)));
        assert!(area.holds(side(690.0)) && !area.holds(side(710.0)) && !area.holds([0.0, 0.0]));
        // A street that ends before it is near to what lies beyond.
        let network = Network::new([vec![side(0.0), side(490.0)]]).expect("a network");
        assert!(
            network.walk(&Shape::Point(side(530.0).into()), OFF, 5000.0, never).expect("no end").is_some()
        );
    }

    #[test]
    fn a_start_far_from_all_lines_has_no_walk() {
        assert!(walk(&street(), &point(500.0, 51.0)).is_none());
        assert!(walk(&street(), &point(500.0, 49.0)).is_some());
    }

    #[test]
    fn areas_are_entered_where_they_meet_the_lines() {
        let network = street();
        let walk = walk(&network, &point(0.0, 0.0)).expect("a line is near");
        let at = |x: f64, y: f64| Coord { x: x * METRE, y: y * METRE };
        let ring = |east: f64, low: f64| -> LineString {
            vec![at(600.0, low), at(east, low), at(east, 90.0), at(600.0, 90.0), at(600.0, low)].into()
        };
        let area = |east: f64, low: f64| Shape::Polygon(geo_types::Polygon::new(ring(east, low), Vec::new()));
        assert!((walk.metres_to(&area(700.0, -90.0), 1e9).expect("a walk") - 600.0).abs() < 1e-6);
        assert!((walk.metres_to(&area(700.0, 10.0), 1e9).expect("a walk") - 613.0).abs() < 0.1);
    }
}
