//! Which made-up parcels could stand on this ground?
//!
//! In: built-up areas, water to keep out of, lines to keep clear of, a count and a seed. Out: exactly that many
//! synthetic parcels, as one GeoJSON feature collection with a feature per line. Leaves out: files, clocks and
//! the command line.
//!
//! Same input, same bytes, on every machine: all randomness is a hash of the seed and a place in the grid, and
//! all arithmetic is integers and the five IEEE operations (no sine, no logarithm of a C library).
//!
//! Memory does not grow with the count. The ground is walked twice, block by block: the first walk counts how
//! many parcels each block gives and how near it is to a centre or a main road; the second writes the nearest
//! blocks until the count is reached. A few walks before them find the block size.
//!
//! Each area has a street grid of its own, turned to its main road. Units of a square mile or so hold blocks,
//! blocks hold a lattice of parcels. Neighbours share their corners and the points between them, so that no
//! rounding can make them overlap; a block at an edge is cut by straight lines, the same for all its parcels.

#![expect(clippy::many_single_char_names, reason = "positions, corners and offsets, as formulas name them")]

use std::cell::OnceCell;
use std::io::{self, Write};

use thiserror::Error;

use crate::geometry::{GeometryKind, GeometryRef};

/// Rings of polygons in degrees, longitude first; closed or not, wound either way. Even-odd: a ring inside a
/// ring is a hole.
pub type Rings = Vec<Vec<[f64; 2]>>;

/// Where parcels may stand.
#[derive(Debug, Clone, Default)]
pub struct Ground {
    /// Built-up areas that do not overlap. Their order is the order of the parcels.
    pub areas: Vec<Area>,
    /// Shapes to keep out of, each by itself: water.
    pub outside: Vec<Rings>,
    /// Lines to keep clear of: roads, narrow rivers.
    pub lines: Vec<ClearLine>,
}

/// A built-up area.
#[derive(Debug, Clone)]
pub struct Area {
    /// Start of its unit and parcel numbers: one to eight ASCII letters and digits, its own.
    pub code: String,
    /// Its outline.
    pub rings: Rings,
}

/// A line no parcel comes near to.
#[derive(Debug, Clone)]
pub struct ClearLine {
    /// Its course in degrees, longitude first.
    pub positions: Vec<[f64; 2]>,
    /// Free distance on either side, in metres.
    pub clear_m: f64,
    /// Does building start along it, and do streets follow it? True for a road.
    pub attracts: bool,
}

impl Ground {
    /// Adds a built-up area; parts of the geometry that are no polygons are passed over.
    pub fn add_area(&mut self, code: &str, geometry: GeometryRef<'_>) {
        self.areas.push(Area { code: code.to_owned(), rings: runs(geometry, GeometryKind::is_areal) });
    }

    /// Adds a shape to keep out of; parts of the geometry that are no polygons are passed over.
    pub fn add_outside(&mut self, geometry: GeometryRef<'_>) {
        let rings = runs(geometry, GeometryKind::is_areal);
        if !rings.is_empty() {
            self.outside.push(rings);
        }
    }

    /// Adds lines to keep `clear_m` metres away from; parts of the geometry that are no lines are passed over.
    pub fn add_line(&mut self, geometry: GeometryRef<'_>, clear_m: f64, attracts: bool) {
        let is_line = |kind| matches!(kind, GeometryKind::LineString | GeometryKind::MultiLineString);
        self.lines.extend(runs(geometry, is_line).into_iter().map(|positions| ClearLine {
            positions,
            clear_m,
            attracts,
        }));
    }
}

fn runs(geometry: GeometryRef<'_>, wanted: impl Fn(GeometryKind) -> bool) -> Rings {
    geometry
        .parts()
        .filter(|part| wanted(part.kind()))
        .flat_map(|part| {
            part.runs().map(|run| (0..run.len()).map(|at| run.at(at)).collect()).collect::<Vec<_>>()
        })
        .collect()
}

/// Why no sample was made.
#[derive(Debug, Error)]
pub enum SampleError {
    /// No area, or none with room for a parcel.
    #[error("there is no ground to put parcels on: no built-up area, or all of it is water")]
    NoGround,
    /// The ground is too small.
    #[error("{asked} parcels do not fit: this ground holds {room} of the smallest size")]
    TooMany {
        /// Parcels asked for.
        asked: u64,
        /// Parcels there is room for.
        room: u64,
    },
    /// A code that makes no number.
    #[error("area code {0:?} is not one to eight ASCII letters and digits, or is used twice")]
    Code(String),
    /// A position that is none.
    #[error("position {0:?} of the ground is outside longitude -180 to 180 or latitude -85 to 85")]
    Position([f64; 2]),
    /// The output refused.
    #[error("the sample cannot be written")]
    Write(#[from] io::Error),
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Parcels written.
    pub parcels: u64,
    /// Positions written, the repeated last one of each ring left out.
    pub positions: u64,
    /// Parcels with a hole.
    pub with_hole: u64,
    /// Bytes written.
    pub bytes: u64,
    /// Mean side of a block with its streets, in metres.
    pub block_m: f64,
}

/// Writes `count` synthetic parcels as a GeoJSON feature collection.
///
/// `progress` hears how many are written, now and then and at the end. A count of zero gives an empty
/// collection, ground or not.
///
/// Every feature says it is synthetic. Its `accuracy_m` is null although it has a geometry: a made-up parcel
/// has no true place that it could lie near to, and zero would claim a survey.
///
/// # Errors
/// No ground, bad ground, too many parcels for it, or an output that fails.
pub fn parcels(
    ground: &Ground,
    count: u64,
    seed: u64,
    out: &mut impl Write,
    progress: &mut impl FnMut(u64),
) -> Result<Summary, SampleError> {
    check(ground)?;
    let pieces: Vec<Piece> = (0..ground.areas.len()).map(|at| Piece::new(ground, at)).collect();
    let city = if count == 0 { None } else { Some(fit(&pieces, count, seed)?) };
    let mut writer = Writer::new(out, seed, count, progress);
    writer.head()?;
    if let Some(city) = &city {
        let (last, mut rest) = city.reach(count);
        let mut site = Site::default();
        city.walk(|block| {
            let near = block.priority();
            let quota = match near.cmp(&last) {
                std::cmp::Ordering::Less => u64::MAX,
                std::cmp::Ordering::Equal => rest,
                std::cmp::Ordering::Greater => 0,
            };
            let mut left = quota;
            if left > 0 {
                block.each(&mut site, |lot| {
                    if left > 0 {
                        left -= 1;
                        writer.parcel(block, lot)?;
                    }
                    Ok(())
                })?;
            }
            if near == last {
                rest = left;
            }
            Ok(())
        })?;
    }
    let mut summary = writer.finish()?;
    summary.block_m = city.map_or(0.0, |city| city.block_m);
    Ok(summary)
}

fn check(ground: &Ground) -> Result<(), SampleError> {
    for (at, area) in ground.areas.iter().enumerate() {
        let plain =
            (1..=8).contains(&area.code.len()) && area.code.bytes().all(|b| b.is_ascii_alphanumeric());
        if !plain || ground.areas[..at].iter().any(|other| other.code == area.code) {
            return Err(SampleError::Code(area.code.chars().take(80).collect()));
        }
    }
    let rings = ground.areas.iter().map(|area| &area.rings).chain(&ground.outside);
    let lines = ground.lines.iter().map(|line| &line.positions);
    match rings.flatten().chain(lines).flatten().find(|p| !(p[0].abs() <= 180.0 && p[1].abs() <= 85.0)) {
        Some(&position) => Err(SampleError::Position(position)),
        None => Ok(()),
    }
}

// ---- chance

/// Stirs a number well: the output function of `SplitMix64`.
fn mix(z: u64) -> u64 {
    let z = z.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number for a place in the grid.
fn hash(seed: u64, x: i64, y: i64) -> u64 {
    let place = x.cast_unsigned().wrapping_mul(0xA24B_AED4_963E_E407);
    mix(seed ^ mix(place ^ y.cast_unsigned().wrapping_mul(0x9FB2_1C65_1E98_DF25)))
}

/// A number for a part of something.
fn hash_of(seed: u64, what: usize, at: usize) -> u64 {
    hash(seed, (what as u64).cast_signed(), (at as u64).cast_signed())
}

/// One of `count` places.
fn choose(chance: u64, count: usize) -> usize {
    usize::try_from(chance % count as u64).expect("less than a usize")
}

/// Sixteen bits of chance, counted from the low end.
fn bits(chance: u64, slice: u32) -> u32 {
    u32::try_from(chance >> (16 * slice) & 0xFFFF).expect("sixteen bits")
}

/// Turns a slice of chance into 0 up to 1.
fn unit(chance: u64, slice: u32) -> f64 {
    f64::from(bits(chance, slice)) / 65536.0
}

/// Turns a slice of chance into a number from `low` to `high`, both possible.
fn between(chance: u64, slice: u32, low: u32, high: u32) -> u32 {
    low + ((bits(chance, slice) * (high - low + 1)) >> 16)
}

/// Smooth chance over the plane, -1 to 1; a step of 1 leads to new chance.
fn noise(seed: u64, x: f64, y: f64) -> f64 {
    let (west, south) = (floor(x), floor(y));
    let corner = |east: i64, north: i64| unit(hash(seed, west + east, south + north), 0) * 2.0 - 1.0;
    let ease = |t: f64| t * t * (3.0 - 2.0 * t);
    let (s, t) = (ease(x - real(west)), ease(y - real(south)));
    let low = corner(0, 0) * (1.0 - s) + corner(1, 0) * s;
    let high = corner(0, 1) * (1.0 - s) + corner(1, 1) * s;
    low * (1.0 - t) + high * t
}

/// The whole number at or below. Without SSE 4.1, `f64::floor` is a call into a library.
fn floor(value: f64) -> i64 {
    let towards_zero = whole(value);
    towards_zero - i64::from(real(towards_zero) > value)
}

#[expect(clippy::cast_possible_truncation, reason = "metres and steps of this ground, far below 2^53")]
fn whole(value: f64) -> i64 {
    value as i64
}

/// Rounds to the next whole number by IEEE addition alone.
fn nearest(value: f64) -> i64 {
    whole(value + 4_294_967_296.5) - 4_294_967_296
}

#[expect(clippy::cast_precision_loss, reason = "steps and counts of this ground, far below 2^53")]
fn real(value: i64) -> f64 {
    value as f64
}

// ---- the plane of one area

/// Steps of 1e-7 degree in one degree; the written precision.
const STEPS: f64 = 1e7;

/// Sine and cosine of a latitude by their series, which gives the same bits everywhere.
fn sine_cosine(latitude: f64) -> [f64; 2] {
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
fn metres_per_degree(latitude: f64) -> [f64; 2] {
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
struct Frame {
    origin: [f64; 2],
    scale: [f64; 2],
    /// Cosine and sine of the x axis's angle, east to north.
    turn: [f64; 2],
    /// The way back: origin in steps, steps per metre.
    origin_steps: [i64; 2],
    steps: [[f64; 2]; 2],
}

impl Frame {
    fn new(origin: [f64; 2], turn: [f64; 2]) -> Self {
        let origin_steps = origin.map(|degrees| nearest(degrees * STEPS));
        let origin = origin_steps.map(|steps| real(steps) / STEPS);
        let scale = metres_per_degree(origin[1]);
        let [c, s] = turn;
        let steps =
            [[c / scale[0] * STEPS, -s / scale[0] * STEPS], [s / scale[1] * STEPS, c / scale[1] * STEPS]];
        Self { origin, scale, turn, origin_steps, steps }
    }

    fn flat(&self, position: [f64; 2]) -> [f64; 2] {
        let east = (position[0] - self.origin[0]) * self.scale[0];
        let north = (position[1] - self.origin[1]) * self.scale[1];
        let [c, s] = self.turn;
        [c * east + s * north, c * north - s * east]
    }

    /// The position in steps.
    fn written(&self, [x, y]: [f64; 2]) -> [i64; 2] {
        let [east, north] = self.steps;
        [
            self.origin_steps[0] + nearest(east[0] * x + east[1] * y),
            self.origin_steps[1] + nearest(north[0] * x + north[1] * y),
        ]
    }
}

/// Half the angle of a vector, as cosine and sine.
fn half_angle([x, y]: [f64; 2]) -> [f64; 2] {
    let length = (x * x + y * y).sqrt();
    if length == 0.0 {
        return [1.0, 0.0];
    }
    let half = |cosine: f64| ((1.0 + cosine).max(0.0) / 2.0).sqrt();
    let sine = half(-x / length);
    [half(x / length), if y < 0.0 { -sine } else { sine }]
}

fn twice_area(ring: &[[f64; 2]]) -> f64 {
    let origin = ring.first().copied().unwrap_or_default();
    edges(ring)
        .map(|[a, b]| (a[0] - origin[0]) * (b[1] - origin[1]) - (b[0] - origin[0]) * (a[1] - origin[1]))
        .sum()
}

#[expect(clippy::float_cmp, reason = "the same position twice, bit by bit, makes no edge")]
fn differ(a: [f64; 2], b: [f64; 2]) -> bool {
    a != b
}

/// The edges of a ring, closed or not.
fn edges(ring: &[[f64; 2]]) -> impl Iterator<Item = [[f64; 2]; 2]> + '_ {
    let before = ring.last().into_iter().chain(ring);
    before.zip(ring).map(|(&a, &b)| [a, b]).filter(|[a, b]| differ(*a, *b))
}

/// Even-odd.
fn holds(edges: &[[[f64; 2]; 2]], [x, y]: [f64; 2]) -> bool {
    edges.iter().fold(false, |inside, [a, b]| {
        let crosses = (a[1] > y) != (b[1] > y) && x < a[0] + (y - a[1]) * (b[0] - a[0]) / (b[1] - a[1]);
        inside ^ crosses
    })
}

/// The square of the distance from a position to an edge.
fn distance_2([a, b]: [[f64; 2]; 2], p: [f64; 2]) -> f64 {
    let (along, to) = ([b[0] - a[0], b[1] - a[1]], [p[0] - a[0], p[1] - a[1]]);
    let length_2 = along[0] * along[0] + along[1] * along[1];
    let share = if length_2 > 0.0 { (along[0] * to[0] + along[1] * to[1]) / length_2 } else { 0.0 };
    let share = share.clamp(0.0, 1.0);
    let (x, y) = (to[0] - share * along[0], to[1] - share * along[1]);
    x * x + y * y
}

/// Which side of an edge may be built on.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Side {
    /// The left one: an outline, turned so.
    Left,
    /// Both, this many metres away.
    Both(f64),
}

#[derive(Debug, Clone, Copy)]
struct Edge {
    ends: [[f64; 2]; 2],
    side: Side,
}

/// The half plane where `normal * p >= from`.
#[derive(Debug, Clone, Copy)]
struct Half {
    normal: [f64; 2],
    from: f64,
}

/// Buckets along each side of an area's window.
const BUCKETS: usize = 96;

/// What the buckets of an area know without looking at an edge.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Known {
    Inside,
    Outside,
    Edges,
}

/// One area, in its own frame.
#[derive(Debug)]
struct Piece {
    code: String,
    index: i64,
    frame: Frame,
    /// West, south, east, north in metres.
    window: [f64; 4],
    area_m2: f64,
    outline: Vec<[[f64; 2]; 2]>,
    outside: Vec<Vec<[[f64; 2]; 2]>>,
    roads: Vec<[[f64; 2]; 2]>,
    edges: Vec<Edge>,
    /// Per bucket, what is known and the edges that come near.
    buckets: Vec<(Known, Vec<u32>)>,
    bucket_m: [f64; 2],
}

/// No outline is kept further away than this, in metres; half of the widest street.
const SETBACK_MAX_M: f64 = 24.0;

impl Piece {
    fn new(ground: &Ground, at: usize) -> Self {
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

    fn fill_buckets(&mut self) {
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
    fn bucket(&self, p: [f64; 2]) -> [usize; 2] {
        [0, 1].map(|axis| {
            let at = whole((p[axis] - self.window[axis]) / self.bucket_m[axis]);
            usize::try_from(at).unwrap_or(0).min(BUCKETS - 1)
        })
    }

    fn bucket_middle(&self, column: usize, row: usize) -> [f64; 2] {
        let middle = |axis: usize, at: usize| {
            self.window[axis] + (real(i64::try_from(at).unwrap_or(0)) + 0.5) * self.bucket_m[axis]
        };
        [middle(0, column), middle(1, row)]
    }

    fn is_ground(&self, p: [f64; 2]) -> bool {
        holds(&self.outline, p) && !self.outside.iter().any(|shape| holds(shape, p))
    }

    /// Fills `found` with the edges that come near a box; says what is known where there is none.
    fn near(&self, middle: [f64; 2], half: [f64; 2], setback_m: f64, found: &mut Vec<u32>) -> Known {
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
    fn reach(&self, setback_m: f64) -> f64 {
        match self.side {
            Side::Left => setback_m,
            Side::Both(clear_m) => clear_m,
        }
    }

    /// Does the edge come nearer than `reach` to the box, or almost?
    fn touches(&self, middle: [f64; 2], half: [f64; 2], reach: f64) -> bool {
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
    fn half(&self, reach: f64, right: bool) -> Half {
        let [a, b] = self.ends;
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        let length = (dx * dx + dy * dy).sqrt();
        let sign = if right { -1.0 / length } else { 1.0 / length };
        let normal = [-dy * sign, dx * sign];
        Half { normal, from: normal[0] * a[0] + normal[1] * a[1] + reach }
    }
}

/// Turns rings so that the inside (of `inside`) or the outside lies on the left; adds their edges to `all`.
fn turned(mut rings: Rings, inside: bool, all: &mut Vec<Edge>) -> Vec<[[f64; 2]; 2]> {
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
fn centroid(rings: &Rings) -> [f64; 2] {
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
fn main_direction(ground: &Ground, area: &Area, level: &Frame) -> [f64; 2] {
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

// ---- what is built

/// A land use of the national classification of 2023 (国土空间调查、规划、用途管制用地用海分类指南) and the
/// ranges its indicators are drawn from. `M0` is a local pilot class, not a national one.
struct Use {
    code: &'static str,
    zh: &'static str,
    en: &'static str,
    /// Building density, per cent.
    density: [u32; 2],
    storeys: [u32; 2],
    /// Green ratio, per cent.
    green: [u32; 2],
    /// Highest floor area ratio, in hundredths.
    far_max: u32,
    /// Height of a storey, in decimetres.
    storey_dm: u32,
    /// Is it let and sold as industrial ground is?
    industrial: bool,
}

#[rustfmt::skip]
const USES: [Use; 26] = [
    Use { code: "0701", zh: "城镇住宅用地", en: "urban residential", density: [16, 30], storeys: [6, 33], green: [28, 40], far_max: 320, storey_dm: 30, industrial: false },
    Use { code: "0801", zh: "机关团体用地", en: "government and associations", density: [22, 35], storeys: [3, 12], green: [25, 38], far_max: 250, storey_dm: 36, industrial: false },
    Use { code: "0802", zh: "科研用地", en: "scientific research", density: [25, 38], storeys: [4, 16], green: [25, 38], far_max: 300, storey_dm: 40, industrial: true },
    Use { code: "0803", zh: "文化用地", en: "culture", density: [25, 40], storeys: [2, 5], green: [25, 35], far_max: 180, storey_dm: 50, industrial: false },
    Use { code: "0804", zh: "教育用地", en: "education", density: [18, 30], storeys: [3, 6], green: [30, 42], far_max: 120, storey_dm: 38, industrial: false },
    Use { code: "0805", zh: "体育用地", en: "sports", density: [15, 35], storeys: [1, 3], green: [25, 40], far_max: 90, storey_dm: 80, industrial: false },
    Use { code: "0806", zh: "医疗卫生用地", en: "health care", density: [22, 32], storeys: [4, 16], green: [28, 40], far_max: 280, storey_dm: 40, industrial: false },
    Use { code: "0807", zh: "社会福利用地", en: "social welfare", density: [20, 30], storeys: [3, 8], green: [30, 42], far_max: 180, storey_dm: 33, industrial: false },
    Use { code: "0901", zh: "商业用地", en: "commercial", density: [35, 55], storeys: [2, 8], green: [10, 22], far_max: 350, storey_dm: 48, industrial: false },
    Use { code: "0902", zh: "商务金融用地", en: "business and finance", density: [28, 45], storeys: [10, 38], green: [15, 28], far_max: 650, storey_dm: 42, industrial: false },
    Use { code: "0903", zh: "娱乐用地", en: "entertainment", density: [30, 45], storeys: [1, 4], green: [15, 28], far_max: 160, storey_dm: 60, industrial: false },
    Use { code: "100101", zh: "一类工业用地", en: "industrial, class 1", density: [40, 58], storeys: [1, 5], green: [10, 20], far_max: 250, storey_dm: 60, industrial: true },
    Use { code: "100102", zh: "二类工业用地", en: "industrial, class 2", density: [42, 60], storeys: [1, 3], green: [10, 20], far_max: 180, storey_dm: 80, industrial: true },
    Use { code: "100103", zh: "三类工业用地", en: "industrial, class 3", density: [38, 55], storeys: [1, 2], green: [12, 20], far_max: 120, storey_dm: 90, industrial: true },
    Use { code: "M0", zh: "新型工业用地", en: "new-type industrial (local pilot)", density: [35, 50], storeys: [5, 14], green: [12, 22], far_max: 400, storey_dm: 45, industrial: true },
    Use { code: "1101", zh: "物流仓储用地", en: "logistics and storage", density: [45, 62], storeys: [1, 3], green: [8, 15], far_max: 180, storey_dm: 90, industrial: true },
    Use { code: "1208", zh: "交通场站用地", en: "transport stations and yards", density: [8, 25], storeys: [1, 3], green: [10, 20], far_max: 60, storey_dm: 50, industrial: false },
    Use { code: "1302", zh: "排水用地", en: "drainage", density: [10, 25], storeys: [1, 2], green: [25, 35], far_max: 40, storey_dm: 45, industrial: false },
    Use { code: "1303", zh: "供电用地", en: "power supply", density: [15, 35], storeys: [1, 3], green: [15, 25], far_max: 80, storey_dm: 45, industrial: false },
    Use { code: "1309", zh: "环卫用地", en: "sanitation", density: [15, 35], storeys: [1, 3], green: [20, 30], far_max: 80, storey_dm: 45, industrial: false },
    Use { code: "1310", zh: "消防用地", en: "fire service", density: [20, 35], storeys: [2, 5], green: [15, 25], far_max: 120, storey_dm: 40, industrial: false },
    Use { code: "1401", zh: "公园绿地", en: "park", density: [0, 5], storeys: [1, 2], green: [70, 90], far_max: 10, storey_dm: 40, industrial: false },
    Use { code: "1402", zh: "防护绿地", en: "protective green", density: [0, 1], storeys: [1, 1], green: [85, 98], far_max: 2, storey_dm: 35, industrial: false },
    Use { code: "1403", zh: "广场用地", en: "square", density: [0, 6], storeys: [1, 1], green: [35, 55], far_max: 8, storey_dm: 45, industrial: false },
    Use { code: "1207", zh: "城镇村道路用地", en: "urban and village roads", density: [0, 0], storeys: [1, 1], green: [5, 20], far_max: 10, storey_dm: 0, industrial: false },
    Use { code: "16", zh: "留白用地", en: "reserved, use undecided", density: [0, 0], storeys: [0, 0], green: [0, 0], far_max: 0, storey_dm: 0, industrial: false },
];

/// Use 16 has no indicators until its use is decided.
const RESERVED: u8 = 25;

/// What a block is for: places in [`USES`], and how it is split along and across its longer side.
struct Kind {
    main: &'static [u8],
    company: &'static [u8],
    along: [u32; 2],
    across: [u32; 2],
}

const HOMES: Kind = Kind { main: &[0], company: &[8, 4, 21, 7, 0, 8, 1, 16], along: [2, 4], across: [2, 2] };
const SHOPS: Kind = Kind { main: &[8], company: &[9, 10, 23, 16, 0, 21], along: [3, 5], across: [2, 2] };
const OFFICES: Kind = Kind { main: &[9], company: &[8, 23, 2, 3, 8, 21, 24], along: [3, 4], across: [2, 2] };
const CIVIC: Kind =
    Kind { main: &[4, 6, 3, 5, 1, 4], company: &[0, 21, 7, 8, 20], along: [1, 3], across: [1, 2] };
const PARK: Kind = Kind { main: &[21], company: &[23, 22, 5, 21], along: [1, 2], across: [1, 1] };
const LABS: Kind = Kind { main: &[2], company: &[14, 9, 4, 21, 14, 8], along: [2, 4], across: [1, 2] };
const MIXED: Kind = Kind { main: &[14], company: &[2, 11, 15, 8, 14, 21], along: [1, 3], across: [1, 2] };
const WORKS: Kind = Kind {
    main: &[12, 11, 12, 11, 12, 11, 13],
    company: &[15, 18, 22, 19, 11, 12],
    along: [1, 3],
    across: [1, 2],
};
const STORES: Kind = Kind { main: &[15], company: &[12, 16, 19, 15, 24], along: [2, 3], across: [1, 2] };
const YARDS: Kind = Kind { main: &[16, 17, 18], company: &[20, 19, 18, 22], along: [1, 2], across: [1, 2] };
const BELT: Kind = Kind { main: &[22], company: &[21, 22], along: [1, 2], across: [1, 1] };
const OPEN: Kind = Kind { main: &[RESERVED], company: &[RESERVED, 22], along: [1, 2], across: [1, 2] };

/// What a unit is like: sixteen sixteenths of its blocks, and its blocks per side against the plain number.
struct Quarter {
    blocks: [&'static Kind; 16],
    finer: i64,
}

#[rustfmt::skip]
const CENTRE: Quarter = Quarter { finer: 1, blocks: [&OFFICES, &OFFICES, &OFFICES, &OFFICES, &OFFICES, &SHOPS, &SHOPS, &SHOPS, &SHOPS, &HOMES, &HOMES, &HOMES, &CIVIC, &CIVIC, &PARK, &PARK] };
#[rustfmt::skip]
const DWELLING: Quarter = Quarter { finer: 0, blocks: [&HOMES, &HOMES, &HOMES, &HOMES, &HOMES, &HOMES, &HOMES, &HOMES, &HOMES, &SHOPS, &SHOPS, &CIVIC, &CIVIC, &CIVIC, &PARK, &OPEN] };
#[rustfmt::skip]
const SCIENCE: Quarter = Quarter { finer: 0, blocks: [&LABS, &LABS, &LABS, &LABS, &LABS, &LABS, &MIXED, &MIXED, &MIXED, &MIXED, &OFFICES, &OFFICES, &HOMES, &CIVIC, &PARK, &OPEN] };
#[rustfmt::skip]
const INDUSTRY: Quarter = Quarter { finer: -1, blocks: [&WORKS, &WORKS, &WORKS, &WORKS, &WORKS, &WORKS, &WORKS, &WORKS, &WORKS, &MIXED, &MIXED, &STORES, &YARDS, &LABS, &BELT, &OPEN] };
#[rustfmt::skip]
const FREIGHT: Quarter = Quarter { finer: -1, blocks: [&STORES, &STORES, &STORES, &STORES, &STORES, &STORES, &STORES, &STORES, &WORKS, &WORKS, &WORKS, &WORKS, &YARDS, &YARDS, &BELT, &OPEN] };

// ---- units and blocks

/// Side of a block, streets included, in metres, where there is room enough.
const BLOCK_MAX_M: f64 = 270.0;
/// Side of the smallest block; its parcels are a hundred steps wide.
const BLOCK_MIN_M: f64 = 3.0;
/// Side of a planning unit, in metres.
const UNIT_M: f64 = 1250.0;
/// How far streets bend off a straight line, and over what length, in metres.
const BEND_M: f64 = 110.0;
const BEND_OVER_M: f64 = 2400.0;

/// All areas with one block size.
struct City<'a> {
    pieces: &'a [Piece],
    seed: u64,
    block_m: f64,
    /// Parcels by [`Block::priority`].
    by_priority: Vec<u64>,
}

/// Finds the block size: as large as may be with room for `count`.
fn fit(pieces: &[Piece], count: u64, seed: u64) -> Result<City<'_>, SampleError> {
    let land_m2: f64 = pieces.iter().map(|piece| piece.area_m2.abs()).sum();
    let asked = real(i64::try_from(count).unwrap_or(i64::MAX));
    let room_of = |block_m: f64| {
        let mut site = Site::default();
        let mut room = 0;
        City { pieces, seed, block_m, by_priority: Vec::new() }.walk(|block| {
            room += block.count(&mut site)?;
            Ok(())
        })?;
        Ok::<u64, SampleError>(room)
    };
    let clamp = |block_m: f64| block_m.clamp(BLOCK_MIN_M, BLOCK_MAX_M);
    let mut block_m = clamp((land_m2 * 3.5 / asked).sqrt());
    let mut best = None;
    for _ in 0..24 {
        let room = room_of(block_m)?;
        let share = real(i64::try_from(room).unwrap_or(i64::MAX)) / asked;
        if room >= count {
            best = Some(block_m);
            if share < 1.03 || block_m >= BLOCK_MAX_M {
                break;
            }
            let larger = clamp(block_m * (share / 1.012).sqrt());
            if larger <= block_m * 1.002 {
                break;
            }
            block_m = larger;
        } else if best.is_some() {
            break;
        } else if block_m <= BLOCK_MIN_M {
            return Err(if room == 0 {
                SampleError::NoGround
            } else {
                SampleError::TooMany { asked: count, room }
            });
        } else {
            block_m = clamp(block_m * (share / 1.008).sqrt().max(0.4));
        }
    }
    let block_m = best.unwrap_or(BLOCK_MIN_M);
    let mut city = City { pieces, seed, block_m, by_priority: Vec::new() };
    let mut by_priority = vec![0; usize::from(u16::MAX) + 1];
    let mut site = Site::default();
    city.walk(|block| {
        by_priority[usize::from(block.priority())] += block.count(&mut site)?;
        Ok(())
    })?;
    let room: u64 = by_priority.iter().sum();
    city.by_priority = by_priority;
    if room < count { Err(SampleError::TooMany { asked: count, room }) } else { Ok(city) }
}

/// A planning unit: a square of the street grid.
struct Unit<'a> {
    piece: &'a Piece,
    /// Its place, from 0; below 99 both.
    place: [i64; 2],
    seed: u64,
    quarter: &'static Quarter,
    /// When its ground was opened, in years after 1992.
    opened: u32,
    /// Seed of the chance in [`Block::priority`], the same all over the area.
    wander: u64,
    /// Seed of the bends of streets, the same all over the area.
    bend: u64,
    /// Square metres in a square step at its latitude.
    m2_per_step2: f64,
}

/// A block between streets.
struct Block<'a> {
    unit: &'a Unit<'a>,
    seed: u64,
    kind: &'static Kind,
    shape: Shape,
    /// Its edges before streets are bent: west and east, south and north.
    sides: [[f64; 2]; 2],
    /// Made when asked for: counting a block far from any edge takes none.
    patch: OnceCell<Patch>,
    street_m: f64,
    /// Edges that come near; empty when all of it is ground.
    near: &'a [u32],
}

impl City<'_> {
    /// The priority of the last blocks to fill, and how many parcels they give.
    fn reach(&self, count: u64) -> (u16, u64) {
        let mut left = count;
        for (priority, &parcels) in (0..=u16::MAX).zip(&self.by_priority) {
            if parcels >= left {
                return (priority, left);
            }
            left -= parcels;
        }
        (u16::MAX, left)
    }

    /// Visits every block that may hold a parcel, area by area, unit by unit.
    fn walk(&self, mut visit: impl FnMut(&Block<'_>) -> Result<(), SampleError>) -> Result<(), SampleError> {
        let mut near = Vec::new();
        for piece in self.pieces {
            let [west, south, east, north] = piece.window;
            let (west, south) = (west - BEND_M, south - BEND_M);
            let sides = [east + BEND_M - west, north + BEND_M - south];
            let unit_m = UNIT_M.max(sides[0] / 98.0).max(sides[1] / 98.0);
            let blocks = nearest(unit_m / self.block_m).max(1);
            let unit_m = (real(blocks) * self.block_m).max(sides[0] / 98.0).max(sides[1] / 98.0);
            let [columns, rows] = sides.map(|side| whole(side / unit_m) + 1);
            for row in 0..rows {
                for column in 0..columns {
                    let low = [west + real(column) * unit_m, south + real(row) * unit_m];
                    let middle = low.map(|v| v + unit_m / 2.0);
                    let known = piece.near(middle, [unit_m / 2.0 + BEND_M; 2], SETBACK_MAX_M, &mut near);
                    if known != Known::Outside {
                        let unit = self.unit(piece, [column, row], middle);
                        self.walk_unit(&unit, low, unit_m, blocks, known, &mut near, &mut visit)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn unit<'p>(&self, piece: &'p Piece, place: [i64; 2], middle: [f64; 2]) -> Unit<'p> {
        let seed = hash(hash(self.seed, piece.index, 1), place[0], place[1]);
        let region = hash(self.seed, piece.index, 2);
        let work = noise(region, middle[0] / 2900.0, middle[1] / 2900.0) + 0.3 * (unit(seed, 0) - 0.5);
        let kind = noise(region ^ 1, middle[0] / 2900.0, middle[1] / 2900.0) + 0.3 * (unit(seed, 1) - 0.5);
        let far_2 = middle[0] * middle[0] + middle[1] * middle[1];
        let quarter = if far_2 < 600.0 * 600.0 || (kind > 0.6 && work < 0.1) {
            &CENTRE
        } else if work > 0.0 {
            if kind < -0.42 { &FREIGHT } else { &INDUSTRY }
        } else if work > -0.2 && kind > -0.3 {
            &SCIENCE
        } else {
            &DWELLING
        };
        let latitude = real(piece.frame.written(middle)[1]) / STEPS;
        let [east, north] = metres_per_degree(latitude);
        Unit {
            piece,
            place,
            seed,
            quarter,
            opened: between(seed, 2, 0, 20),
            wander: hash(self.seed, piece.index, 4),
            bend: hash(self.seed, piece.index, 3),
            m2_per_step2: east * north / (STEPS * STEPS),
        }
    }

    #[expect(clippy::too_many_arguments, reason = "one step of the walk, cut out for its length")]
    fn walk_unit(
        &self,
        unit: &Unit<'_>,
        low: [f64; 2],
        unit_m: f64,
        blocks: i64,
        known: Known,
        near: &mut Vec<u32>,
        visit: &mut impl FnMut(&Block<'_>) -> Result<(), SampleError>,
    ) -> Result<(), SampleError> {
        let count = (blocks + unit.quarter.finer * (blocks / 4).max(1)).max(1);
        let side_m = unit_m / real(count);
        let street_m = (0.085 * self.block_m).min(22.0);
        // The streets of a unit: its borders are avenues, those between wander off their even places.
        let street = |axis: i64, at: i64| {
            let even = real(at) * side_m;
            if at == 0 || at == count {
                even
            } else {
                even + side_m * 0.36 * (crate::sample::unit(hash(unit.seed, axis, at), 0) - 0.5)
            }
        };
        let margin = |at: i64| if at == 0 || at == count { street_m } else { street_m / 2.0 };
        for j in 0..count {
            let v = [low[1] + street(11, j) + margin(j), low[1] + street(11, j + 1) - margin(j + 1)];
            for i in 0..count {
                let u = [low[0] + street(12, i) + margin(i), low[0] + street(12, i + 1) - margin(i + 1)];
                near.clear();
                let patch = OnceCell::new();
                if known == Known::Edges {
                    let (middle, half) = patch.get_or_init(|| Patch::new(unit.bend, u, v)).box_around();
                    if unit.piece.near(middle, half, street_m / 2.0, near) == Known::Outside {
                        continue;
                    }
                }
                let seed = hash(unit.seed, i + 64, j);
                let kind = unit.quarter.blocks[(seed >> 60) as usize];
                let shape = Shape::new(kind, seed, u[1] - u[0] < v[1] - v[0]);
                visit(&Block { unit, seed, kind, shape, sides: [u, v], patch, street_m, near })?;
            }
        }
        Ok(())
    }
}

/// Blocks below this side, in metres, are parallelograms: over them a street bends by less than its fourteenth.
const STRAIGHT_M: f64 = 60.0;

/// Where the unit square of a block lies: a quadratic surface, so that streets bend.
#[derive(Debug, Clone, Copy)]
struct Patch {
    /// Factors of 1, s, t, s², t², st for x and y; s and t run from -1 to 1.
    factors: [[f64; 6]; 2],
}

impl Patch {
    fn new(seed: u64, u: [f64; 2], v: [f64; 2]) -> Self {
        let bend = |u: f64, v: f64| {
            let (a, b) = (u / BEND_OVER_M, v / BEND_OVER_M);
            [u + BEND_M * noise(seed, a, b), v + BEND_M * noise(seed ^ 1, a, b)]
        };
        let (mu, mv) = (f64::midpoint(u[0], u[1]), f64::midpoint(v[0], v[1]));
        let (middle, east, north) = (bend(mu, mv), bend(u[1], mv), bend(mu, v[1]));
        if (u[1] - u[0]).max(v[1] - v[0]) < STRAIGHT_M {
            let factors = [0, 1].map(|axis| {
                [middle[axis], east[axis] - middle[axis], north[axis] - middle[axis], 0.0, 0.0, 0.0]
            });
            return Self { factors };
        }
        let (west, south, corner) = (bend(u[0], mv), bend(mu, v[0]), bend(u[1], v[1]));
        let factors = [0, 1].map(|axis| {
            let (c, w, e) = (middle[axis], west[axis], east[axis]);
            let (s, n) = (south[axis], north[axis]);
            let (ds, dt) = ((e - w) / 2.0, (n - s) / 2.0);
            let (ss, tt) = (f64::midpoint(e, w) - c, f64::midpoint(n, s) - c);
            [c, ds, dt, ss, tt, corner[axis] - c - ds - dt - ss - tt]
        });
        Self { factors }
    }

    /// The place of `s`, `t`, each from 0 to 1.
    fn at(&self, [s, t]: [f64; 2]) -> [f64; 2] {
        let (s, t) = (2.0 * s - 1.0, 2.0 * t - 1.0);
        self.factors.map(|f| f[0] + s * (f[1] + s * f[3] + t * f[5]) + t * (f[2] + t * f[4]))
    }

    /// Middle and half sides of a box that holds it.
    fn box_around(&self) -> ([f64; 2], [f64; 2]) {
        let half = self.factors.map(|f| f[1..].iter().map(|factor| factor.abs()).sum());
        (self.factors.map(|f| f[0]), half)
    }
}

/// How a block is split, known without building it.
#[derive(Debug, Clone, Copy)]
struct Shape {
    columns: usize,
    rows: usize,
    /// Split in two along a slanted line.
    wedge: bool,
    /// The cell with a hole.
    hole: Option<usize>,
    /// The hole is a parcel of its own.
    enclave: bool,
}

impl Shape {
    fn new(kind: &Kind, seed: u64, upright: bool) -> Self {
        let chance = mix(seed ^ 5);
        let along = between(chance, 0, kind.along[0], kind.along[1]) as usize;
        let across = between(chance, 1, kind.across[0], kind.across[1]) as usize;
        let (columns, rows) = if upright { (across, along) } else { (along, across) };
        let wedge = bits(chance, 2) < 2300;
        let cells = along * across;
        let share = u64::from(bits(chance, 3)) * 1000 / 65536;
        let hole = (!wedge && share < 47 * cells as u64).then(|| choose(mix(chance), cells));
        Self { columns, rows, wedge, hole, enclave: hole.is_some() && mix(chance ^ 1) % 10 < 4 }
    }

    fn parcels(self) -> u64 {
        if self.wedge { 2 } else { (self.columns * self.rows) as u64 + u64::from(self.enclave) }
    }
}

/// One parcel on its way out.
struct Lot<'a> {
    shell: &'a [[i64; 2]],
    hole: &'a [[i64; 2]],
    chance: u64,
    land_use: u8,
}

/// Room to work in, used again for every parcel.
#[derive(Debug, Default)]
struct Site {
    shell_m: Vec<[f64; 2]>,
    hole_m: Vec<[f64; 2]>,
    spare_m: Vec<[f64; 2]>,
    shell: Vec<[i64; 2]>,
    hole: Vec<[i64; 2]>,
    halves: Vec<Half>,
}

impl Block<'_> {
    fn patch(&self) -> &Patch {
        let [u, v] = self.sides;
        self.patch.get_or_init(|| Patch::new(self.unit.bend, u, v))
    }

    fn is_small(&self) -> bool {
        self.sides.iter().all(|[low, high]| high - low < STRAIGHT_M)
    }

    /// Blocks with a lower one are filled first: metres to the middle of the area or to a main road, and some
    /// chance, so that the rim is not a circle.
    fn priority(&self) -> u16 {
        let piece = self.unit.piece;
        let at = if self.is_small() {
            // Where exactly a small block lies does not matter, and bends are dear.
            self.sides.map(|[low, high]| f64::midpoint(low, high))
        } else {
            self.patch().at([0.5, 0.5])
        };
        let centre = (at[0] * at[0] + at[1] * at[1]).sqrt();
        let road_2 = piece.roads.iter().fold(f64::INFINITY, |least, &road| least.min(distance_2(road, at)));
        let wander = 1.0 + noise(self.unit.wander, at[0] / 800.0, at[1] / 800.0);
        let metres = centre.min(500.0 + 1.6 * road_2.sqrt()) + 450.0 * wander;
        u16::try_from(whole(metres.min(65535.0))).unwrap_or(u16::MAX)
    }

    fn count(&self, site: &mut Site) -> Result<u64, SampleError> {
        if self.near.is_empty() {
            return Ok(self.shape.parcels());
        }
        let mut count = 0;
        self.each(site, |_| {
            count += 1;
            Ok(())
        })?;
        Ok(count)
    }

    /// Builds its parcels, one after the other.
    fn each(
        &self,
        site: &mut Site,
        mut take: impl FnMut(&Lot<'_>) -> Result<(), SampleError>,
    ) -> Result<(), SampleError> {
        let edges = &self.unit.piece.edges;
        let twosided = self.near.iter().any(|&at| edges[at as usize].side != Side::Left);
        for right in [false, true] {
            if right && !twosided {
                break;
            }
            site.halves.clear();
            site.halves.extend(self.near.iter().map(|&at| {
                let edge = &edges[at as usize];
                edge.half(edge.reach(self.street_m / 2.0), right && edge.side != Side::Left)
            }));
            if self.shape.wedge {
                self.wedges(site, &mut take)?;
            } else {
                self.cells(site, &mut take)?;
            }
        }
        Ok(())
    }

    fn cells(
        &self,
        site: &mut Site,
        take: &mut impl FnMut(&Lot<'_>) -> Result<(), SampleError>,
    ) -> Result<(), SampleError> {
        let lattice = Lattice::new(self);
        let main = self.kind.main[choose(mix(self.seed ^ 6), self.kind.main.len())];
        for row in 0..self.shape.rows {
            for column in 0..self.shape.columns {
                let cell = row * self.shape.columns + column;
                let chance = mix(self.seed.wrapping_add(1000 + cell as u64));
                site.shell_m.clear();
                site.hole_m.clear();
                lattice.cell(column, row, &mut site.shell_m);
                if self.shape.hole == Some(cell) {
                    lattice.hole(column, row, &mut site.hole_m);
                }
                let land_use = if bits(chance, 0) < 49000 {
                    main
                } else {
                    self.kind.company[bits(chance, 1) as usize % self.kind.company.len()]
                };
                let whole_lot = self.place(site, chance, land_use, take)?;
                if whole_lot && self.shape.enclave && self.shape.hole == Some(cell) {
                    site.shell_m.clear();
                    site.hole_m.clear();
                    lattice.hole(column, row, &mut site.shell_m);
                    site.shell_m.reverse();
                    let small = [18, 19, 21, 20, 16][bits(chance, 2) as usize % 5];
                    self.place(site, mix(chance ^ 9), small, take)?;
                }
            }
        }
        Ok(())
    }

    fn wedges(
        &self,
        site: &mut Site,
        take: &mut impl FnMut(&Lot<'_>) -> Result<(), SampleError>,
    ) -> Result<(), SampleError> {
        let chance = mix(self.seed ^ 7);
        let flip = bits(chance, 0) & 1 == 1;
        let pair: [&[[f64; 2]]; 2] = if bits(chance, 1) < 26000 {
            [&[[0.0, 0.0], [1.0, 1.0], [0.0, 1.0]], &[[0.0, 0.0], [1.0, 0.0], [1.0, 1.0]]]
        } else {
            let (a, b) = (0.18 + 0.15 * unit(chance, 2), 0.67 + 0.15 * unit(chance, 3));
            [&[[0.0, 0.0], [a, 0.0], [b, 1.0], [0.0, 1.0]], &[[a, 0.0], [1.0, 0.0], [1.0, 1.0], [b, 1.0]]]
        };
        for (at, ring) in (0..).zip(pair) {
            site.shell_m.clear();
            site.hole_m.clear();
            site.shell_m.extend(ring.iter().map(|&[s, t]| [if flip { 1.0 - s } else { s }, t]));
            if flip {
                site.shell_m.reverse();
            }
            let chance = mix(chance ^ (10 + at));
            let land_use = self.kind.main[bits(chance, 0) as usize % self.kind.main.len()];
            self.place(site, chance, land_use, take)?;
        }
        Ok(())
    }

    /// Puts the parcel drawn in the unit square on the ground, cuts it where the ground ends, hands it on if
    /// enough is left. Answers whether it stands uncut.
    fn place(
        &self,
        site: &mut Site,
        chance: u64,
        land_use: u8,
        take: &mut impl FnMut(&Lot<'_>) -> Result<(), SampleError>,
    ) -> Result<bool, SampleError> {
        let piece = self.unit.piece;
        let patch = self.patch();
        for p in site.shell_m.iter_mut().chain(&mut site.hole_m) {
            *p = patch.at(*p);
        }
        let mut is_cut = false;
        if !self.near.is_empty() {
            let before = twice_area(&site.shell_m);
            for half in &site.halves {
                is_cut |= half.cut(&mut site.shell_m, &mut site.spare_m);
            }
            if site.shell_m.len() < 3
                || is_cut && twice_area(&site.shell_m) < 0.35 * before
                || !piece.is_ground(site.shell_m[0])
            {
                return Ok(false);
            }
            if is_cut {
                site.hole_m.clear();
            }
        }
        write_down(&piece.frame, &site.shell_m, &mut site.shell);
        write_down(&piece.frame, &site.hole_m, &mut site.hole);
        if is_cut && !is_clean(&site.shell) {
            return Ok(false);
        }
        take(&Lot { shell: &site.shell, hole: &site.hole, chance, land_use })?;
        Ok(!is_cut)
    }
}

impl Half {
    /// Keeps the part of a ring on this side. Cut points depend on the ends of an edge, not on its direction,
    /// so neighbours get the same ones.
    fn cut(self, ring: &mut Vec<[f64; 2]>, spare: &mut Vec<[f64; 2]>) -> bool {
        let over = |p: [f64; 2]| self.normal[0] * p[0] + self.normal[1] * p[1] - self.from;
        if ring.iter().all(|&p| over(p) >= 0.0) {
            return false;
        }
        spare.clear();
        let Some(&last) = ring.last() else { return false };
        let mut a = last;
        for &b in ring.iter() {
            let (da, db) = (over(a), over(b));
            if (da >= 0.0) != (db >= 0.0) {
                let (p, q, dp, dq) = if da >= 0.0 { (a, b, da, db) } else { (b, a, db, da) };
                let ratio = dp / (dp - dq);
                spare.push([p[0] + ratio * (q[0] - p[0]), p[1] + ratio * (q[1] - p[1])]);
            }
            if db >= 0.0 {
                spare.push(b);
            }
            a = b;
        }
        std::mem::swap(ring, spare);
        true
    }
}

/// Rounds a ring to steps; positions that fall on the one before are left out.
fn write_down(frame: &Frame, ring_m: &[[f64; 2]], ring: &mut Vec<[i64; 2]>) {
    ring.clear();
    for &p in ring_m {
        let p = frame.written(p);
        if ring.last() != Some(&p) {
            ring.push(p);
        }
    }
    while ring.len() > 1 && ring.first() == ring.last() {
        ring.pop();
    }
}

/// Is a ring simple, and nowhere thinner than a few steps? Only cut rings need to be asked.
fn is_clean(ring: &[[i64; 2]]) -> bool {
    const THIN_STEPS_2: f64 = 16.0;
    let n = ring.len();
    let turn = |a: [i64; 2], b: [i64; 2], c: [i64; 2]| {
        ((b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])).signum()
    };
    n >= 3
        && (0..n).all(|i| {
            let (a, b) = (ring[i], ring[(i + 1) % n]);
            let flat = [a, b].map(|p| [real(p[0] - a[0]), real(p[1] - a[1])]);
            (0..n).filter(|&k| k != i && k != (i + 1) % n).all(|k| {
                let (c, d) = (ring[k], ring[(k + 1) % n]);
                let thick = distance_2(flat, [real(c[0] - a[0]), real(c[1] - a[1])]) >= THIN_STEPS_2;
                let apart = (k + 1) % n == i
                    || turn(a, b, c) * turn(a, b, d) > 0
                    || turn(c, d, a) * turn(c, d, b) > 0;
                thick && apart
            })
        })
}

// ---- the lattice of one block

/// Most columns or rows of a block, and one more.
const LINES: usize = 6;

/// The lines that split a block, in its unit square.
///
/// A node lies at most `SHIFT` of a cell off its even place, and what is drawn between two nodes stays in that
/// band, apart from the middle of a cell; so lines meet in nodes only, and the middle is free for a hole.
struct Lattice<'a> {
    block: &'a Block<'a>,
    columns: usize,
    rows: usize,
    even: [[f64; LINES]; 2],
    nodes: [[[f64; 2]; LINES]; LINES],
    /// How much of a corner of the block is cut off, along s and t.
    corner: [f64; 2],
}

/// Share of a cell a node may stray.
const SHIFT: f64 = 0.17;

impl<'a> Lattice<'a> {
    fn new(block: &'a Block<'a>) -> Self {
        let (columns, rows) = (block.shape.columns, block.shape.rows);
        let even = [columns, rows].map(|count| {
            let mut lines = [0.0; LINES];
            for at in 1..=count {
                let chance = hash_of(block.seed, 20 + count, at);
                lines[at] = lines[at - 1] + 0.72 + 0.56 * unit(chance, 0);
            }
            let all = lines[count];
            lines.map(|line| line / all)
        });
        let mut nodes = [[[0.0; 2]; LINES]; LINES];
        for (i, column) in nodes.iter_mut().enumerate().take(columns + 1) {
            for (j, node) in column.iter_mut().enumerate().take(rows + 1) {
                let place = [i, j];
                let counts = [columns, rows];
                *node = [0, 1].map(|axis| {
                    let (at, other, lines) = (place[axis], place[1 - axis], &even[axis]);
                    if at == 0 || at == counts[axis] {
                        return lines[at];
                    }
                    let line = hash_of(block.seed, 30 + axis, at);
                    // Half of the lines run straight through.
                    let chance = if bits(line, 0) < 34000 { line } else { mix(line ^ other as u64) };
                    let cell = (lines[at] - lines[at - 1]).min(lines[at + 1] - lines[at]);
                    lines[at] + SHIFT * cell * (2.0 * unit(chance, 1) - 1.0)
                });
            }
        }
        let cut_m = block.street_m * (0.35 + 0.35 * unit(mix(block.seed ^ 8), 0));
        let corner = [0, 1].map(|axis| {
            let (lines, count) = (&even[axis], [columns, rows][axis]);
            let cell = lines[1].min(1.0 - lines[count - 1]);
            (cut_m / (block.sides[axis][1] - block.sides[axis][0])).min(0.16 * cell)
        });
        Self { block, columns, rows, even, nodes, corner }
    }

    /// The outline of a cell, counterclockwise, in the unit square.
    fn cell(&self, column: usize, row: usize, out: &mut Vec<[f64; 2]>) {
        self.node(column, row, out);
        self.edge(0, column, row, false, out);
        self.node(column + 1, row, out);
        self.edge(1, column + 1, row, false, out);
        self.node(column + 1, row + 1, out);
        self.edge(0, column, row + 1, true, out);
        self.node(column, row + 1, out);
        self.edge(1, column, row, true, out);
    }

    /// A node; at a corner of the block, what is left of it at the street corner.
    fn node(&self, i: usize, j: usize, out: &mut Vec<[f64; 2]>) {
        let [s, t] = self.nodes[i][j];
        let (east, north) = (i == self.columns, j == self.rows);
        if !((i == 0 || east) && (j == 0 || north)) {
            out.push([s, t]);
            return;
        }
        let chance = hash(self.block.seed, 40 + i64::from(east), i64::from(north));
        let [ds, dt] = [if east { -1.0 } else { 1.0 }, if north { -1.0 } else { 1.0 }];
        let at = |share_s: f64, share_t: f64| {
            [s + ds * share_s * self.corner[0], t + dt * share_t * self.corner[1]]
        };
        let (upright, level) = (at(0.0, 1.0), at(1.0, 0.0));
        let (first, last) = if east == north { (upright, level) } else { (level, upright) };
        match bits(chance, 0) {
            0..6000 => out.push([s, t]),
            6000..44000 => out.extend([first, last]),
            _ => out.extend([first, at(0.293, 0.293), last]),
        }
    }

    /// What lies between two nodes: from (i, j) along s (axis 0) or t (axis 1). Both neighbours see the same.
    fn edge(&self, axis: usize, i: usize, j: usize, backward: bool, out: &mut Vec<[f64; 2]>) {
        let other = 1 - axis;
        let a = self.nodes[i][j];
        let b = if axis == 0 { self.nodes[i + 1][j] } else { self.nodes[i][j + 1] };
        let chance = hash_of(self.block.seed, 50 + axis, i * LINES + j);
        let (line, lines) = ([i, j][other], [self.columns, self.rows][other]);
        let along = |share: f64| a[axis] + share * (b[axis] - a[axis]);
        let point = |along: f64, across: f64| if axis == 0 { [along, across] } else { [across, along] };
        let start = out.len();
        if line == 0 || line == lines {
            // On the street: bare, a point more where it bends, or set back between two points.
            match bits(chance, 0) {
                0..7000 => {
                    let even = &self.even[other];
                    let depth = if line == 0 { 0.1 * even[1] } else { -0.1 * (1.0 - even[lines - 1]) };
                    let (from, to) =
                        (along(0.34 + 0.1 * unit(chance, 1)), along(0.55 + 0.1 * unit(chance, 2)));
                    let (edge, back) = (a[other], a[other] + depth);
                    out.extend([point(from, edge), point(from, back), point(to, back), point(to, edge)]);
                }
                7000..40000 => out.push(point(along(0.35 + 0.3 * unit(chance, 1)), a[other])),
                _ => {}
            }
        } else if (a[other] - b[other]).abs() > 0.02 / 6.0 {
            // Ends that do not face each other: a step, or a slanted line.
            if bits(chance, 0) < 46000 {
                let step = along(0.4 + 0.2 * unit(chance, 1));
                out.extend([point(step, a[other]), point(step, b[other])]);
            }
        } else if bits(chance, 0) < 14000 {
            let share = 0.35 + 0.3 * unit(chance, 1);
            out.push(point(along(share), a[other] + share * (b[other] - a[other])));
        }
        if backward {
            out[start..].reverse();
        }
    }

    /// A hole in the middle of a cell, clockwise, in the unit square.
    fn hole(&self, column: usize, row: usize, out: &mut Vec<[f64; 2]>) {
        const BOX: &[[f64; 2]] = &[[-1., -1.], [-1., 1.], [1., 1.], [1., -1.]];
        const ANGLE: &[[f64; 2]] = &[[-1., -1.], [-1., 1.], [0.1, 1.], [0.1, 0.2], [1., 0.2], [1., -1.]];
        const EIGHT: &[[f64; 2]] =
            &[[-0.5, -1.], [-1., -0.5], [-1., 0.5], [-0.5, 1.], [0.5, 1.], [1., 0.5], [1., -0.5], [0.5, -1.]];
        let chance = mix(self.block.seed ^ 0x3C);
        let shape = [BOX, ANGLE, EIGHT, BOX][bits(chance, 0) as usize % 4];
        let side = |axis: usize, at: usize| {
            let (low, high) = (self.even[axis][at], self.even[axis][at + 1]);
            let half = (0.09 + 0.11 * unit(chance, if axis == 0 { 1 } else { 2 })) * (high - low);
            (f64::midpoint(low, high), half)
        };
        let ((s, half_s), (t, half_t)) = (side(0, column), side(1, row));
        out.extend(shape.iter().map(|p| [s + half_s * p[0], t + half_t * p[1]]));
    }
}

// ---- writing

/// Bytes gathered before they are handed on.
const CHUNK: usize = 1 << 17;
/// Parcels between two words of progress.
const NEWS: u64 = 1 << 15;

struct Writer<'a, W, P> {
    out: &'a mut W,
    progress: &'a mut P,
    seed: u64,
    count: u64,
    text: Vec<u8>,
    /// What all features have in common, after the identifier.
    common: Vec<u8>,
    /// Code and names of each use.
    uses: Vec<Vec<u8>>,
    unit: Option<(i64, [i64; 2])>,
    unit_no: Vec<u8>,
    in_unit: u64,
    done: Summary,
}

impl<'a, W: Write, P: FnMut(u64)> Writer<'a, W, P> {
    fn new(out: &'a mut W, seed: u64, count: u64, progress: &'a mut P) -> Self {
        let common = format!(
            "\",\"name_zh\":null,\"name_en\":null,\"aliases\":[],\"plan_refs\":[],\"inside_zone\":true,\
             \"basis\":\"synthetic\",\"accuracy_m\":null,\"confidence\":null,\
             \"source\":\"synthetic sample, seed {seed}\",\"valid_from\":null,\"valid_to\":null,\"parcel_no\":\""
        );
        let uses = USES.iter().map(|land_use| {
            let Use { code, zh, en, .. } = land_use;
            format!(
                "\",\"use_code\":\"{code}\",\"use_name_zh\":\"{zh}\",\"use_name_en\":\"{en}\",\"area_m2\":"
            )
        });
        Self {
            out,
            progress,
            seed,
            count,
            text: Vec::with_capacity(CHUNK + 4096),
            common: common.into_bytes(),
            uses: uses.map(String::into_bytes).collect(),
            unit: None,
            unit_no: Vec::new(),
            in_unit: 0,
            done: Summary { parcels: 0, positions: 0, with_hole: 0, bytes: 0, block_m: 0.0 },
        }
    }

    fn head(&mut self) -> Result<(), SampleError> {
        let head = format!(
            "{{\"type\":\"FeatureCollection\",\"synthetic\":true,\"generator\":\"innospace sample parcels\",\
             \"seed\":{},\"count\":{},\"features\":[",
            self.seed, self.count
        );
        self.text.extend_from_slice(head.as_bytes());
        self.flush()
    }

    fn finish(mut self) -> Result<Summary, SampleError> {
        self.text.extend_from_slice(b"\n]}\n");
        self.flush()?;
        self.out.flush()?;
        (self.progress)(self.done.parcels);
        Ok(self.done)
    }

    fn flush(&mut self) -> Result<(), SampleError> {
        self.out.write_all(&self.text)?;
        self.done.bytes += self.text.len() as u64;
        self.text.clear();
        Ok(())
    }

    fn parcel(&mut self, block: &Block<'_>, lot: &Lot<'_>) -> Result<(), SampleError> {
        let unit = block.unit;
        if self.unit != Some((unit.piece.index, unit.place)) {
            self.unit = Some((unit.piece.index, unit.place));
            self.in_unit = 0;
            self.unit_no.clear();
            self.unit_no.extend_from_slice(unit.piece.code.as_bytes());
            digits(&mut self.unit_no, unit.place[0].unsigned_abs() + 1, 2);
            digits(&mut self.unit_no, unit.place[1].unsigned_abs() + 1, 2);
        }
        self.in_unit += 1;
        let first = self.done.parcels == 0;
        self.done.parcels += 1;
        self.done.positions += (lot.shell.len() + lot.hole.len()) as u64;
        self.done.with_hole += u64::from(!lot.hole.is_empty());
        let text = &mut self.text;
        text.extend_from_slice(if first { b"\n" } else { b",\n" });
        text.extend_from_slice(b"{\"type\":\"Feature\",\"id\":\"p-");
        let id = text.len();
        digits(text, self.done.parcels, 7);
        let id = id..text.len();
        text.extend_from_slice(b"\",\"properties\":{\"id\":\"p-");
        text.extend_from_within(id);
        text.extend_from_slice(&self.common);
        text.extend_from_slice(&self.unit_no);
        text.push(b'-');
        digits(text, self.in_unit, 3);
        text.extend_from_slice(b"\",\"unit_no\":\"");
        text.extend_from_slice(&self.unit_no);
        text.extend_from_slice(&self.uses[usize::from(lot.land_use)]);
        let area = doubled(lot.shell) - doubled(lot.hole).abs();
        let tenths = nearest(real(area) / 2.0 * unit.m2_per_step2 * 10.0);
        fixed(text, tenths.unsigned_abs(), 1);
        facts(text, block, lot);
        text.extend_from_slice(b",\"synthetic\":true},\"geometry\":{\"type\":\"Polygon\",\"coordinates\":[");
        ring(text, lot.shell);
        if !lot.hole.is_empty() {
            text.push(b',');
            ring(text, lot.hole);
        }
        text.extend_from_slice(b"]}}");
        if self.text.len() >= CHUNK {
            self.flush()?;
        }
        if self.done.parcels.is_multiple_of(NEWS) {
            (self.progress)(self.done.parcels);
        }
        Ok(())
    }
}

/// Twice the area of an open ring in square steps, counterclockwise positive; exact.
fn doubled(ring: &[[i64; 2]]) -> i64 {
    let Some(&origin) = ring.first() else { return 0 };
    ring.windows(2)
        .map(|pair| {
            let [a, b] = [pair[0], pair[1]].map(|p| [p[0] - origin[0], p[1] - origin[1]]);
            a[0] * b[1] - b[0] * a[1]
        })
        .sum()
}

/// Indicators and history. They fit together: floor area is density times storeys, so is height.
fn facts(text: &mut Vec<u8>, block: &Block<'_>, lot: &Lot<'_>) {
    let land_use = &USES[usize::from(lot.land_use)];
    let (c, d) = (mix(lot.chance ^ 0x15), mix(lot.chance ^ 0x16));
    let range = |slice, [low, high]: [u32; 2]| between(c, slice, low, high);
    let density = range(0, land_use.density);
    let storeys = range(1, land_use.storeys).min(land_use.far_max / density.max(1)).max(1);
    let green = range(2, land_use.green).min(95 - density.min(95));
    let far = density * storeys * between(c, 3, 82, 100) / 100;
    let height_dm = storeys * land_use.storey_dm + between(d, 3, 0, 24);
    // What is not known of a parcel: two in a hundred each.
    let unknown = mix(lot.chance ^ 0x17);
    let reserved = lot.land_use == RESERVED;
    let known = |slice: u32| !reserved && bits(unknown, slice) > 1310;
    let mut number = |name: &str, value: u32, decimals: u32, known: bool| {
        text.extend_from_slice(name.as_bytes());
        if known { fixed(text, u64::from(value), decimals) } else { text.extend_from_slice(b"null") }
    };
    number(",\"far\":", far, 2, known(0));
    number(",\"density\":", density, 2, known(1));
    number(",\"green_ratio\":", green, 2, known(2));
    number(",\"height_m\":", height_dm, 1, known(3) && land_use.storey_dm > 0 && density > 0);
    let ripe = bits(mix(block.seed ^ 0x18), 0) < 46000;
    let [built, rising, idle, planned] = if ripe { [78, 84, 92, 97] } else { [36, 60, 78, 97] };
    let share = bits(d, 0) * 100 / 65536;
    let opened = 1992 + block.unit.opened;
    let late = between(d, 1, 0, 10);
    let (status, year) = if reserved {
        (if share < 60 { "\"idle\"" } else { "\"planned\"" }, None)
    } else if share < built {
        ("\"built\"", Some(if ripe { opened + late } else { 2014 + late }))
    } else if share < rising {
        ("\"under-construction\"", Some(2023 + late % 4))
    } else if share < idle {
        ("\"idle\"", Some(2012 + late))
    } else if share < planned {
        ("\"planned\"", None)
    } else {
        ("null", Some(opened + late))
    };
    let mode = if land_use.industrial { bits(d, 2) * 100 / 65536 } else { 100 };
    let supply = match mode {
        0..20 => "\"long-lease\"",
        20..48 => "\"lease-then-transfer\"",
        48..66 => "\"lease-transfer-mix\"",
        66..94 => "\"flexible-term-transfer\"",
        _ => "null",
    };
    text.extend_from_slice(b",\"status\":");
    text.extend_from_slice(status.as_bytes());
    text.extend_from_slice(b",\"supply_mode\":");
    text.extend_from_slice(supply.as_bytes());
    text.extend_from_slice(b",\"year\":");
    match year.filter(|_| bits(mix(unknown), 0) > 1960) {
        Some(year) => digits(text, u64::from(year), 4),
        None => text.extend_from_slice(b"null"),
    }
}

/// Writes a number with at least `width` digits.
fn digits(text: &mut Vec<u8>, number: u64, width: usize) {
    let mut buffer = itoa::Buffer::new();
    let plain = buffer.format(number);
    for _ in plain.len()..width {
        text.push(b'0');
    }
    text.extend_from_slice(plain.as_bytes());
}

/// Writes a number given in tenths or hundredths.
fn fixed(text: &mut Vec<u8>, number: u64, decimals: u32) {
    let one = 10_u64.pow(decimals);
    digits(text, number / one, 1);
    text.push(b'.');
    digits(text, number % one, decimals as usize);
}

/// Writes an open ring, closed.
fn ring(text: &mut Vec<u8>, ring: &[[i64; 2]]) {
    text.push(b'[');
    for p in ring.iter().chain(ring.first()) {
        text.push(b'[');
        degrees(text, p[0]);
        text.push(b',');
        degrees(text, p[1]);
        text.extend_from_slice(b"],");
    }
    text.pop();
    text.push(b']');
}

/// Writes steps as degrees with seven decimals.
fn degrees(text: &mut Vec<u8>, steps: i64) {
    let size = steps.unsigned_abs();
    if steps < 0 {
        text.push(b'-');
    }
    digits(text, size / 10_000_000, 1);
    // The leading one keeps the zeros; the point takes its place.
    let mut buffer = itoa::Buffer::new();
    let decimals = buffer.format(10_000_000 + size % 10_000_000);
    text.push(b'.');
    text.extend_from_slice(&decimals.as_bytes()[1..]);
}

#[cfg(test)]
mod tests {
    #![expect(clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "counts of a test")]

    use std::collections::HashSet;

    use geo::coordinate_position::CoordPos;
    use geo::dimensions::Dimensions;
    use geo::{BoundingRect, Contains, GeodesicArea, Intersects, Relate, Validation};
    use rstar::{AABB, RTree, primitives::GeomWithData};
    use serde_json::Value as Json;

    use super::*;
    use crate::geometry::GeometryBuilder;

    fn json(text: &str) -> Vec<Json> {
        let all: Json = serde_json::from_str(text).unwrap();
        all["features"].as_array().unwrap().clone()
    }

    fn line(json: &Json) -> Vec<[f64; 2]> {
        let position = |p: &Json| [p[0].as_f64().unwrap(), p[1].as_f64().unwrap()];
        json.as_array().unwrap().iter().map(position).collect()
    }

    fn rings(json: &Json) -> Rings {
        json.as_array().unwrap().iter().map(line).collect()
    }

    /// The zone as shipped.
    fn zone() -> Ground {
        let mut ground = Ground::default();
        let codes = [
            ("street-zhuankou", "ZK"),
            ("street-zhuanyang", "ZY"),
            ("street-junshan", "JS"),
            ("street-shamao", "SM"),
        ];
        let areas = json(include_str!("../geodata/subdistricts.geojson"));
        for (id, code) in codes {
            let area = areas.iter().find(|area| area["id"] == id).unwrap();
            ground.areas.push(Area { code: code.into(), rings: rings(&area["geometry"]["coordinates"]) });
        }
        for water in json(include_str!("../geodata/water.geojson")) {
            let shape = &water["geometry"];
            match shape["type"].as_str() {
                Some("Polygon") => ground.outside.push(rings(&shape["coordinates"])),
                Some("LineString") => ground.lines.push(ClearLine {
                    positions: line(&shape["coordinates"]),
                    clear_m: 60.0,
                    attracts: false,
                }),
                _ => {}
            }
        }
        for road in json(include_str!("../geodata/roads.geojson")) {
            if road["geometry"]["type"] == "LineString" {
                let positions = line(&road["geometry"]["coordinates"]);
                ground.lines.push(ClearLine { positions, clear_m: 30.0, attracts: true });
            }
        }
        ground
    }

    /// Two small areas of half a square kilometre: one concave with a hole and a pond, one south of the equator
    /// and west of Greenwich.
    fn hamlets() -> Ground {
        let near = |x: f64, y: f64, ring: &[[f64; 2]]| -> Vec<[f64; 2]> {
            ring.iter().map(|p| [x + p[0] / 1000.0, y + p[1] / 1000.0]).collect()
        };
        let star = [[0., 0.], [4., 1.], [8., 0.], [7., 3.], [8., 6.], [4., 4.5], [0., 6.], [1.5, 3.]];
        let hole = [[3., 2.], [4.5, 2.1], [4., 3.]];
        let pond = [[1., 5.], [3., 3.2], [2., 1.5], [-1., 2.]];
        let east = Area { code: "E".into(), rings: vec![near(114., 30., &star), near(114., 30., &hole)] };
        let west = Area { code: "W9".into(), rings: vec![near(-70., -33., &star)] };
        Ground {
            areas: vec![east, west],
            outside: vec![vec![near(114., 30., &pond)]],
            lines: vec![ClearLine {
                positions: near(114., 30., &[[0., 1.], [5., 5.], [9., 4.]]),
                clear_m: 9.,
                attracts: true,
            }],
        }
    }

    fn written(ground: &Ground, count: u64, seed: u64) -> (Vec<u8>, Summary) {
        let mut bytes = Vec::new();
        let summary = parcels(ground, count, seed, &mut bytes, &mut |_| {}).unwrap();
        assert_eq!(summary.bytes, bytes.len() as u64);
        (bytes, summary)
    }

    /// Reads with another crate than the one that serves.
    fn read(bytes: &[u8]) -> Vec<(geo::Polygon, geojson::JsonObject)> {
        let text = std::str::from_utf8(bytes).unwrap();
        let all: geojson::FeatureCollection = text.parse::<geojson::GeoJson>().unwrap().try_into().unwrap();
        all.features
            .into_iter()
            .map(|feature| {
                let properties = feature.properties.unwrap();
                assert_eq!(
                    Json::from(feature.id.map(|id| match id {
                        geojson::feature::Id::String(id) => id,
                        geojson::feature::Id::Number(number) => number.to_string(),
                    })),
                    properties["id"]
                );
                let geojson::GeometryValue::Polygon { coordinates } = feature.geometry.unwrap().value else {
                    panic!("not a polygon")
                };
                let ring = |ring: &Vec<geojson::Position>| -> geo::LineString {
                    assert_eq!(ring.first(), ring.last());
                    ring.iter().map(|p| (p[0], p[1])).collect()
                };
                let mut all = coordinates.iter().map(ring);
                (geo::Polygon::new(all.next().unwrap(), all.collect()), properties)
            })
            .collect()
    }

    fn shape(rings: &Rings) -> geo::Polygon {
        let mut rings = rings.iter().map(|ring| ring.iter().map(|p| (p[0], p[1])).collect());
        geo::Polygon::new(rings.next().unwrap(), rings.collect())
    }

    /// Everything that must hold of the parcels, checked by `geo`.
    fn check_parcels(ground: &Ground, count: u64, seed: u64) {
        let case = format!("{count} parcels, seed {seed}");
        let (bytes, summary) = written(ground, count, seed);
        let all = read(&bytes);
        assert_eq!((all.len() as u64, summary.parcels), (count, count), "{case}");
        let areas: Vec<_> =
            ground.areas.iter().map(|area| (area.code.as_str(), shape(&area.rings))).collect();
        let water: Vec<_> = ground.outside.iter().map(shape).collect();
        let mut numbers = HashSet::new();
        let mut boxes = Vec::new();
        for (at, (polygon, properties)) in all.iter().enumerate() {
            let case = format!("{case}, {}", properties["parcel_no"]);
            assert!(polygon.is_valid(), "{case}: {:?}", polygon.validation_errors());
            assert!(polygon.signed_area_of_shell() > 0.0, "{case}: shell is clockwise");
            assert!(
                polygon.interiors().iter().all(|hole| twice(hole) < 0.0),
                "{case}: hole is counterclockwise"
            );
            let unit = properties["unit_no"].as_str().unwrap();
            let code = &unit[..unit.len() - 4];
            let (_, area) = areas.iter().find(|(own, _)| *own == code).unwrap();
            assert!(area.contains(polygon), "{case}: outside its area");
            assert!(!water.iter().any(|water| water.intersects(polygon)), "{case}: in the water");
            let asked = polygon.geodesic_area_unsigned();
            let told = properties["area_m2"].as_f64().unwrap();
            assert!((asked - told).abs() <= (asked * 1e-3).max(0.06), "{case}: {told} m2, geodesic {asked}");
            assert!(numbers.insert(properties["parcel_no"].as_str().unwrap()), "{case}: number used twice");
            let bounds = polygon.bounding_rect().unwrap();
            let corners = AABB::from_corners(bounds.min().into(), bounds.max().into());
            boxes.push(GeomWithData::new(rstar::primitives::Rectangle::<(f64, f64)>::from(corners), at));
        }
        let tree = RTree::bulk_load(boxes);
        let mut pairs = 0;
        for (a, b) in tree.intersection_candidates_with_other_tree(&tree) {
            if a.data < b.data {
                let matrix = all[a.data].0.relate(&all[b.data].0);
                assert_eq!(
                    matrix.get(CoordPos::Inside, CoordPos::Inside),
                    Dimensions::Empty,
                    "{case}: {} and {} overlap",
                    all[a.data].1["parcel_no"],
                    all[b.data].1["parcel_no"]
                );
                pairs += 1;
            }
        }
        assert!(pairs as u64 > count, "{case}: {pairs} pairs of neighbours looked at");
    }

    fn twice(ring: &geo::LineString) -> f64 {
        twice_area(&ring.coords().map(|c| [c.x, c.y]).collect::<Vec<_>>())
    }

    trait Shell {
        fn signed_area_of_shell(&self) -> f64;
    }

    impl Shell for geo::Polygon {
        fn signed_area_of_shell(&self) -> f64 {
            twice(self.exterior())
        }
    }

    #[test]
    fn parcels_are_valid_apart_and_on_the_ground() {
        let zone = zone();
        for (count, seed) in [(500, 7), (3_000, 1), (3_000, u64::MAX)] {
            check_parcels(&zone, count, seed);
        }
    }

    // By itself, so that the other takes the second core meanwhile.
    #[test]
    fn many_parcels_are_valid_apart_and_on_the_ground() {
        check_parcels(&zone(), 20_000, 2);
    }

    /// The parcels of a sample of ten million have this size: some twenty square metres.
    #[test]
    fn small_parcels_are_valid_apart_and_on_the_ground() {
        let hamlets = hamlets();
        for (count, seed) in [(60, 1), (1_000, 2), (20_000, 3)] {
            check_parcels(&hamlets, count, seed);
        }
    }

    #[test]
    fn same_seed_same_bytes() {
        let zone = zone();
        let first = written(&zone, 3_000, 1).0;
        assert!(first == written(&zone, 3_000, 1).0);
        assert!(first != written(&zone, 3_000, 2).0);
    }

    #[test]
    fn any_count_is_kept_to() {
        let zone = zone();
        for count in [0, 1, 2, 7, 499, 1_001, 12_345, 100_003] {
            let mut news = Vec::new();
            let mut bytes = Vec::new();
            let summary = parcels(&zone, count, 5, &mut bytes, &mut |written| news.push(written)).unwrap();
            assert_eq!(summary.parcels, count);
            assert_eq!(news.last(), Some(&count));
            assert!(news.is_sorted());
            let lines = bytes
                .split(|&b| b == b'\n')
                .filter(|line| line.starts_with(b"{\"type\":\"Feature\","))
                .count();
            assert_eq!(lines as u64, count, "a feature per line");
        }
    }

    #[test]
    fn what_it_says_hangs_together() {
        let (bytes, summary) = written(&zone(), 20_000, 1);
        let all = read(&bytes);
        let share = |wanted: &dyn Fn(&geojson::JsonObject) -> bool| {
            all.iter().filter(|(_, properties)| wanted(properties)).count() as f64 / all.len() as f64
        };
        let holes = summary.with_hole as f64 / 20_000.0;
        assert!((0.02..=0.06).contains(&holes), "{holes} with a hole");
        let vertices = summary.positions as f64 / 20_000.0;
        assert!((6.0..=9.0).contains(&vertices), "{vertices} vertices");
        for (field, low, high) in [("far", 0.01, 0.08), ("status", 0.02, 0.04), ("year", 0.05, 0.25)] {
            let unknown = share(&|properties| properties[field].is_null());
            assert!((low..=high).contains(&unknown), "{field} is null in {unknown}");
        }
        let number = |properties: &geojson::JsonObject, name: &str| properties[name].as_f64();
        for (_, properties) in &all {
            let no = &properties["parcel_no"];
            assert_eq!(properties["synthetic"], true, "{no}");
            assert_eq!(properties["basis"], "synthetic", "{no}");
            let [far, density, green] =
                ["far", "density", "green_ratio"].map(|name| number(properties, name));
            if let (Some(density), Some(green)) = (density, green) {
                assert!((0.0..=1.0).contains(&density) && (0.0..=1.0).contains(&green), "{no}");
                assert!(density + green <= 1.0, "{no}: {density} built on, {green} green");
            }
            if let (Some(far), Some(density), Some(height)) = (far, density, number(properties, "height_m")) {
                let storeys_at_most = height / 2.9;
                assert!(
                    far <= density * storeys_at_most + 0.01,
                    "{no}: {far} > {density} * {storeys_at_most}"
                );
            }
            if properties["status"] == "planned" {
                assert!(properties["year"].is_null(), "{no}");
            }
            let known = USES.iter().any(|land_use| properties["use_code"] == land_use.code);
            assert!(known, "{no}");
        }
    }

    /// Uses come in districts: neighbours in the file have the same one far more often than two at random.
    #[test]
    fn uses_keep_together() {
        let all = read(&written(&zone(), 3_000, 1).0);
        let same = |step: usize| {
            let pairs = all.iter().zip(all.iter().skip(step));
            pairs.filter(|(a, b)| a.1["use_code"] == b.1["use_code"]).count() as f64
        };
        assert!(same(1) > 2.5 * same(1_500), "{} beside, {} apart", same(1), same(1_500));
    }

    #[test]
    fn ground_that_cannot_be_used_is_refused() {
        let make = |ground: &Ground, count| {
            parcels(ground, count, 1, &mut Vec::new(), &mut |_| {}).map(|summary| summary.parcels)
        };
        let none = Ground::default();
        assert!(matches!(make(&none, 5), Err(SampleError::NoGround)));
        assert!(matches!(make(&none, 0), Ok(0)));
        let mut flooded = hamlets();
        flooded.outside = flooded.areas.iter().map(|area| vec![area.rings[0].clone()]).collect();
        assert!(matches!(make(&flooded, 5), Err(SampleError::NoGround)));
        let room = match make(&hamlets(), 100_000_000) {
            Err(SampleError::TooMany { asked: 100_000_000, room }) => room,
            other => panic!("{other:?}"),
        };
        assert!(room > 50_000, "{room}");
        let mut twice = hamlets();
        twice.areas[1].code = "E".into();
        assert!(matches!(make(&twice, 5), Err(SampleError::Code(_))));
        twice.areas[1].code = "a\"b".into();
        assert!(matches!(make(&twice, 5), Err(SampleError::Code(_))));
        let mut swapped = hamlets();
        swapped.areas[0].rings[0][0] = [30.0, 114.0];
        assert!(matches!(make(&swapped, 5), Err(SampleError::Position([30.0, 114.0]))));
        let mut nowhere = hamlets();
        nowhere.lines[0].positions[0] = [f64::NAN, 0.0];
        assert!(matches!(make(&nowhere, 5), Err(SampleError::Position(_))));
        let mut empty = hamlets();
        empty.areas.push(Area { code: "X".into(), rings: vec![vec![]] });
        empty.areas.push(Area { code: "Y".into(), rings: vec![] });
        assert!(matches!(make(&empty, 50), Ok(50)));
    }

    #[test]
    fn a_full_disk_is_an_error() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        let done = parcels(&hamlets(), 10, 1, &mut Full, &mut |_| {});
        assert!(matches!(done, Err(SampleError::Write(_))));
    }

    #[test]
    fn ground_is_taken_from_layers() {
        let mut builder = GeometryBuilder::default();
        let mut ring = [[114., 30.], [114.01, 30.], [114.01, 30.01], [114., 30.]];
        builder.ring(&mut ring, &mut [], true).unwrap();
        builder.end_member(GeometryKind::Polygon);
        builder.finish(false).unwrap();
        builder.line(&ring[..2], &[]).unwrap();
        builder.end_member(GeometryKind::LineString);
        builder.finish(false).unwrap();
        let array = builder.build();
        let (polygon, line) = (array.get(0).unwrap(), array.get(1).unwrap());
        let mut ground = Ground::default();
        ground.add_area("A", polygon);
        ground.add_outside(polygon);
        ground.add_outside(line);
        ground.add_line(line, 5.0, true);
        ground.add_line(polygon, 5.0, true);
        assert_eq!(ground.areas[0].rings, vec![ring[..3].to_vec()]);
        assert_eq!((ground.outside.len(), ground.lines.len()), (1, 1));
        assert_eq!(ground.lines[0].positions, ring[..2].to_vec());
    }

    /// By the textbook (WGS 84, latitude 30 degrees): 96,486 m and 110,852 m.
    #[test]
    fn degrees_have_their_length() {
        let [east, north] = metres_per_degree(30.0);
        assert!((east - 96_486.3).abs() < 1.0 && (north - 110_852.4).abs() < 1.0, "{east} {north}");
    }
}
