//! The plane of one area, and what of it may be built on.

use super::chance::{nearest, real, whole};
use super::{Area, Ground, Rings};

/// Steps of 1e-7 degree in one degree; the written precision.
pub(super) const STEPS: f64 = 1e7;

/// Sine and cosine of a latitude by their series, which gives the same bits everywhere.
pub(super) fn sine_cosine(latitude: f64) -> [f64; 2] {
    let x = latitude * (std::f64::consts::PI / 180.0);
    let series = |first: f64, from: f64| {
        let (mut sum, mut term, mut k) = (first, first, from);
        for _ in 0..14 {
            term = -term * x * x / (k * (k + 1.0));
            sum += term;
            k += 2.0;
        }
        sum
    };
    [series(x, 2.0), series(1.0, 1.0)]
}

/// Metres per degree east and north at a latitude of the WGS 84 ellipsoid.
pub(super) fn metres_per_degree(latitude: f64) -> [f64; 2] {
    const AXIS_M: f64 = 6_378_137.0;
    const ECCENTRICITY_2: f64 = 0.006_694_379_990_141_317;
    let [sine, cosine] = sine_cosine(latitude);
    let w2 = 1.0 - ECCENTRICITY_2 * sine * sine;
    let w = w2.sqrt();
    let east = AXIS_M * cosine / w;
    let north = AXIS_M * (1.0 - ECCENTRICITY_2) / (w2 * w);
    [east, north].map(|per_radian| per_radian * (std::f64::consts::PI / 180.0))
}

/// A flat frame over one area, in metres, its x axis along the streets. Straight lines stay straight.
#[derive(Debug)]
pub(super) struct Frame {
    pub(super) origin: [f64; 2],
    pub(super) scale: [f64; 2],
    /// Cosine and sine of the x axis's angle, east to north.
    pub(super) turn: [f64; 2],
    /// The way back: origin in steps, steps per metre.
    pub(super) origin_steps: [i64; 2],
    pub(super) steps: [[f64; 2]; 2],
}

impl Frame {
    pub(super) fn new(origin: [f64; 2], turn: [f64; 2]) -> Self {
        let origin_steps = origin.map(|degrees| nearest(degrees * STEPS));
        let origin = origin_steps.map(|steps| real(steps) / STEPS);
        let scale = metres_per_degree(origin[1]);
        let [c, s] = turn;
        let steps =
            [[c / scale[0] * STEPS, -s / scale[0] * STEPS], [s / scale[1] * STEPS, c / scale[1] * STEPS]];
        Self { origin, scale, turn, origin_steps, steps }
    }

    pub(super) fn flat(&self, position: [f64; 2]) -> [f64; 2] {
        let east = (position[0] - self.origin[0]) * self.scale[0];
        let north = (position[1] - self.origin[1]) * self.scale[1];
        let [c, s] = self.turn;
        [c * east + s * north, c * north - s * east]
    }

    /// The position in steps.
    pub(super) fn written(&self, [x, y]: [f64; 2]) -> [i64; 2] {
        let [east, north] = self.steps;
        [
            self.origin_steps[0] + nearest(east[0] * x + east[1] * y),
            self.origin_steps[1] + nearest(north[0] * x + north[1] * y),
        ]
    }
}

/// Half the angle of a vector, as cosine and sine.
pub(super) fn half_angle([x, y]: [f64; 2]) -> [f64; 2] {
    let length = (x * x + y * y).sqrt();
    if length == 0.0 {
        return [1.0, 0.0];
    }
    let half = |cosine: f64| ((1.0 + cosine).max(0.0) / 2.0).sqrt();
    let sine = half(-x / length);
    [half(x / length), if y < 0.0 { -sine } else { sine }]
}

pub(super) fn twice_area(ring: &[[f64; 2]]) -> f64 {
    let origin = ring.first().copied().unwrap_or_default();
    edges(ring)
        .map(|[a, b]| (a[0] - origin[0]) * (b[1] - origin[1]) - (b[0] - origin[0]) * (a[1] - origin[1]))
        .sum()
}

#[expect(clippy::float_cmp, reason = "the same position twice, bit by bit, makes no edge")]
pub(super) fn differ(a: [f64; 2], b: [f64; 2]) -> bool {
    a != b
}

/// The edges of a ring, closed or not.
pub(super) fn edges(ring: &[[f64; 2]]) -> impl Iterator<Item = [[f64; 2]; 2]> + '_ {
    let before = ring.last().into_iter().chain(ring);
    before.zip(ring).map(|(&a, &b)| [a, b]).filter(|[a, b]| differ(*a, *b))
}

/// Even-odd.
pub(super) fn holds(edges: &[[[f64; 2]; 2]], [x, y]: [f64; 2]) -> bool {
    edges.iter().fold(false, |inside, [a, b]| {
        let crosses = (a[1] > y) != (b[1] > y) && x < a[0] + (y - a[1]) * (b[0] - a[0]) / (b[1] - a[1]);
        inside ^ crosses
    })
}

/// The square of the distance from a position to an edge.
pub(super) fn distance_2([a, b]: [[f64; 2]; 2], p: [f64; 2]) -> f64 {
    let (along, to) = ([b[0] - a[0], b[1] - a[1]], [p[0] - a[0], p[1] - a[1]]);
    let length_2 = along[0] * along[0] + along[1] * along[1];
    let share = if length_2 > 0.0 { (along[0] * to[0] + along[1] * to[1]) / length_2 } else { 0.0 };
    let share = share.clamp(0.0, 1.0);
    let (x, y) = (to[0] - share * along[0], to[1] - share * along[1]);
    x * x + y * y
}

/// Which side of an edge may be built on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Side {
    /// The left one: an outline, turned so.
    Left,
    /// Both, this many metres away.
    Both(f64),
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) ends: [[f64; 2]; 2],
    pub(super) side: Side,
}

/// The half plane where `normal * p >= from`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Half {
    pub(super) normal: [f64; 2],
    pub(super) from: f64,
}

/// Buckets along each side of an area's window.
pub(super) const BUCKETS: usize = 96;

/// What the buckets of an area know without looking at an edge.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Known {
    Inside,
    Outside,
    Edges,
}

/// One area, in its own frame.
#[derive(Debug)]
pub(super) struct Piece {
    pub(super) code: String,
    pub(super) index: i64,
    pub(super) frame: Frame,
    /// West, south, east, north in metres.
    pub(super) window: [f64; 4],
    pub(super) area_m2: f64,
    pub(super) outline: Vec<[[f64; 2]; 2]>,
    pub(super) outside: Vec<Vec<[[f64; 2]; 2]>>,
    pub(super) roads: Vec<[[f64; 2]; 2]>,
    pub(super) edges: Vec<Edge>,
    /// Per bucket, what is known and the edges that come near.
    pub(super) buckets: Vec<(Known, Vec<u32>)>,
    pub(super) bucket_m: [f64; 2],
}

/// No outline is kept further away than this, in metres; half of the widest street.
pub(super) const SETBACK_MAX_M: f64 = 24.0;

impl Piece {
    pub(super) fn new(ground: &Ground, at: usize) -> Self {
        let area = &ground.areas[at];
        let centre = centroid(&area.rings);
        let level = Frame::new(centre, [1.0, 0.0]);
        let frame = Frame::new(centre, half_angle(main_direction(ground, area, &level)));
        let flat = |rings: &Rings| -> Rings {
            rings.iter().map(|ring| ring.iter().map(|&p| frame.flat(p)).collect()).collect()
        };
        let rings = flat(&area.rings);
        let mut window = [0.0_f64; 4];
        for p in rings.iter().flatten() {
            window = [window[0].min(p[0]), window[1].min(p[1]), window[2].max(p[0]), window[3].max(p[1])];
        }
        let mut all = Vec::new();
        let outline = turned(rings, true, &mut all);
        let mut outside = Vec::new();
        for shape in &ground.outside {
            let shape = flat(shape);
            let reaches = |axis: usize| {
                let values = || shape.iter().flatten().map(|p| p[axis]);
                values().any(|v| v <= window[axis + 2]) && values().any(|v| v >= window[axis])
            };
            if reaches(0) && reaches(1) {
                outside.push(turned(shape, false, &mut all));
            }
        }
        let mut roads = Vec::new();
        for line in &ground.lines {
            for pair in line.positions.windows(2).filter(|pair| differ(pair[0], pair[1])) {
                let ends = [frame.flat(pair[0]), frame.flat(pair[1])];
                all.push(Edge { ends, side: Side::Both(line.clear_m) });
                if line.attracts {
                    roads.push(ends);
                }
            }
        }
        let area_m2 = outline.iter().map(|[a, b]| (a[0] * b[1] - b[0] * a[1]) / 2.0).sum();
        let mut piece = Self {
            code: area.code.clone(),
            index: i64::try_from(at).unwrap_or(i64::MAX),
            frame,
            window,
            area_m2,
            outline,
            outside,
            roads,
            edges: all,
            buckets: Vec::new(),
            bucket_m: [window[2] - window[0], window[3] - window[1]].map(|side| side.max(1.0) / 96.0),
        };
        piece.fill_buckets();
        piece
    }

    pub(super) fn fill_buckets(&mut self) {
        self.buckets = vec![(Known::Edges, Vec::new()); BUCKETS * BUCKETS];
        for (at, edge) in self.edges.iter().enumerate() {
            let reach = edge.reach(SETBACK_MAX_M);
            let [a, b] = edge.ends;
            let low = [a[0].min(b[0]) - reach, a[1].min(b[1]) - reach];
            let high = [a[0].max(b[0]) + reach, a[1].max(b[1]) + reach];
            if high[0] < self.window[0] || high[1] < self.window[1] {
                continue;
            }
            let (from, to) = (self.bucket(low), self.bucket(high));
            for row in from[1]..=to[1] {
                for column in from[0]..=to[0] {
                    let middle = self.bucket_middle(column, row);
                    if edge.touches(middle, [self.bucket_m[0] / 2.0, self.bucket_m[1] / 2.0], reach) {
                        self.buckets[row * BUCKETS + column].1.push(u32::try_from(at).unwrap_or(u32::MAX));
                    }
                }
            }
        }
        for row in 0..BUCKETS {
            for column in 0..BUCKETS {
                if self.buckets[row * BUCKETS + column].1.is_empty() {
                    let inside = self.is_ground(self.bucket_middle(column, row));
                    self.buckets[row * BUCKETS + column].0 =
                        if inside { Known::Inside } else { Known::Outside };
                }
            }
        }
    }

    /// The bucket of a position, or the one nearest to it.
    pub(super) fn bucket(&self, p: [f64; 2]) -> [usize; 2] {
        [0, 1].map(|axis| {
            let at = whole((p[axis] - self.window[axis]) / self.bucket_m[axis]);
            usize::try_from(at).unwrap_or(0).min(BUCKETS - 1)
        })
    }

    pub(super) fn bucket_middle(&self, column: usize, row: usize) -> [f64; 2] {
        let middle = |axis: usize, at: usize| {
            self.window[axis] + (real(i64::try_from(at).unwrap_or(0)) + 0.5) * self.bucket_m[axis]
        };
        [middle(0, column), middle(1, row)]
    }

    pub(super) fn is_ground(&self, p: [f64; 2]) -> bool {
        holds(&self.outline, p) && !self.outside.iter().any(|shape| holds(shape, p))
    }

    /// Fills `found` with the edges that come near a box; says what is known where there is none.
    pub(super) fn near(
        &self,
        middle: [f64; 2],
        half: [f64; 2],
        setback_m: f64,
        found: &mut Vec<u32>,
    ) -> Known {
        found.clear();
        let from = self.bucket([middle[0] - half[0], middle[1] - half[1]]);
        let to = self.bucket([middle[0] + half[0], middle[1] + half[1]]);
        let mut known = None;
        for row in from[1]..=to[1] {
            for column in from[0]..=to[0] {
                let (here, edges) = &self.buckets[row * BUCKETS + column];
                if *here != Known::Edges {
                    known = Some(*here);
                }
                for &at in edges {
                    let edge = &self.edges[at as usize];
                    if edge.touches(middle, half, edge.reach(setback_m)) && !found.contains(&at) {
                        found.push(at);
                    }
                }
            }
        }
        if !found.is_empty() {
            return Known::Edges;
        }
        known.unwrap_or_else(|| if self.is_ground(middle) { Known::Inside } else { Known::Outside })
    }
}

impl Edge {
    pub(super) fn reach(&self, setback_m: f64) -> f64 {
        match self.side {
            Side::Left => setback_m,
            Side::Both(clear_m) => clear_m,
        }
    }

    /// Does the edge come nearer than `reach` to the box, or almost?
    pub(super) fn touches(&self, middle: [f64; 2], half: [f64; 2], reach: f64) -> bool {
        let [a, b] = self.ends;
        let apart = |axis: usize| {
            a[axis].min(b[axis]) > middle[axis] + half[axis] + reach
                || a[axis].max(b[axis]) < middle[axis] - half[axis] - reach
        };
        if apart(0) || apart(1) {
            return false;
        }
        let line = self.half(0.0, false);
        let off = line.normal[0] * middle[0] + line.normal[1] * middle[1] - line.from;
        off.abs() <= half[0] * line.normal[0].abs() + half[1] * line.normal[1].abs() + reach
    }

    /// The ground on its left, or on its right, from `reach` metres on.
    pub(super) fn half(&self, reach: f64, right: bool) -> Half {
        let [a, b] = self.ends;
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let length = (dx * dx + dy * dy).sqrt();
        let sign = if right { -1.0 / length } else { 1.0 / length };
        let normal = [-dy * sign, dx * sign];
        Half { normal, from: normal[0] * a[0] + normal[1] * a[1] + reach }
    }
}

/// Turns rings so that the inside (of `inside`) or the outside lies on the left; adds their edges to `all`.
pub(super) fn turned(mut rings: Rings, inside: bool, all: &mut Vec<Edge>) -> Vec<[[f64; 2]; 2]> {
    let plain: Vec<Vec<_>> = rings.iter().map(|ring| edges(ring).collect()).collect();
    for (at, ring) in rings.iter_mut().enumerate() {
        let Some(&first) = ring.first() else { continue };
        let hole =
            plain.iter().enumerate().filter(|&(other, e)| other != at && holds(e, first)).count() % 2 == 1;
        if (twice_area(ring) > 0.0) == hole {
            ring.reverse();
        }
    }
    let outline: Vec<_> = rings.iter().flat_map(|ring| edges(ring).collect::<Vec<_>>()).collect();
    all.extend(
        outline.iter().map(|&[a, b]| Edge { ends: if inside { [a, b] } else { [b, a] }, side: Side::Left }),
    );
    outline
}

/// The middle of the largest ring, in degrees.
pub(super) fn centroid(rings: &Rings) -> [f64; 2] {
    let Some(ring) = rings.iter().max_by(|a, b| twice_area(a).abs().total_cmp(&twice_area(b).abs())) else {
        return [0.0, 0.0];
    };
    let Some(&origin) = ring.first() else { return [0.0, 0.0] };
    let (mut x, mut y, mut area) = (0.0, 0.0, 0.0);
    for [a, b] in edges(ring) {
        let (a, b) = ([a[0] - origin[0], a[1] - origin[1]], [b[0] - origin[0], b[1] - origin[1]]);
        let cross = a[0] * b[1] - b[0] * a[1];
        x += (a[0] + b[0]) * cross;
        y += (a[1] + b[1]) * cross;
        area += 3.0 * cross;
    }
    if area == 0.0 { origin } else { [origin[0] + x / area, origin[1] + y / area] }
}

/// Twice the angle of the streets of an area, as a vector: along the roads in it, or else along itself.
pub(super) fn main_direction(ground: &Ground, area: &Area, level: &Frame) -> [f64; 2] {
    let outline: Vec<_> = area
        .rings
        .iter()
        .flat_map(|ring| edges(ring).map(|ends| ends.map(|p| level.flat(p))).collect::<Vec<_>>())
        .collect();
    let mut sum = [0.0; 2];
    for line in ground.lines.iter().filter(|line| line.attracts) {
        for pair in line.positions.windows(2) {
            let [a, b] = [level.flat(pair[0]), level.flat(pair[1])];
            let middle = [f64::midpoint(a[0], b[0]), f64::midpoint(a[1], b[1])];
            let beside = || outline.iter().any(|&edge| distance_2(edge, middle) < 300.0 * 300.0);
            if holds(&outline, middle) || beside() {
                let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
                let length = (dx * dx + dy * dy).sqrt().max(1.0);
                sum = [sum[0] + (dx * dx - dy * dy) / length, sum[1] + 2.0 * dx * dy / length];
            }
        }
    }
    if sum.iter().all(|v| v.abs() < 1e-9) {
        for [a, b] in outline {
            let cross = a[0] * b[1] - b[0] * a[1];
            let moment =
                |i: usize, j: usize| cross * (2.0 * (a[i] * a[j] + b[i] * b[j]) + a[i] * b[j] + b[i] * a[j]);
            sum = [sum[0] + moment(0, 0) - moment(1, 1), sum[1] + 2.0 * moment(0, 1)];
        }
        let area: f64 = area.rings.iter().map(|ring| twice_area(ring)).sum();
        if area < 0.0 {
            sum = [-sum[0], -sum[1]];
        }
    }
    sum
}
