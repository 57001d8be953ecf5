//! How far, how long, how large, on the ellipsoid.
//!
//! In: shapes in degrees. Out: metres, square metres, shapes. Leaves out: planes of requests, features.
//!
//! Edges are straight in degrees. WGS 84 and GRS 80 (CGCS2000) are taken as one: areas differ in the tenth digit.

use geo::algorithm::buffer::{BufferStyle, LineCap, LineJoin};
use geo::{
    BooleanOps as _, BoundingRect as _, Buffer, Centroid as _, CoordsIter as _, Distance as _,
    GeodesicArea as _,
};
use geo::{Geodesic, Length as _, LinesIter as _, MapCoords as _};
use geo_types::{Coord, Line, LineString, MultiLineString, MultiPolygon, Point, Polygon};
use thiserror::Error;

use super::antimeridian::{Turn, cut, turned, window_of};
use super::array::{GeometryRef, Run};
use super::bounds::Bounds;
use super::crs::Plane;
use super::distances::Span;
use super::matrix;
use super::shape::Shape;
use super::strip::Strip;
use super::topology::{Frame, Topology};

/// Semi-major axis of GRS 80, metres.
pub(super) const SEMI_MAJOR: f64 = 6_378_137.0;
/// Square of its first eccentricity.
pub(super) const ECCENTRICITY_2: f64 = 0.006_694_380_022_9;
/// The least radius of curvature, that of the meridian at the equator, metres.
pub(super) const LEAST_RADIUS: f64 = SEMI_MAJOR * (1.0 - ECCENTRICITY_2);
/// About that of the earth, metres.
pub(super) const RADIUS: f64 = 6_371_000.0;
/// Beyond this many metres the nearest positions are sought again with geodesics.
const FAR: f64 = 2_000.0;

/// The shortest geodesic between two shapes, metres; 0 when they touch, `None` when one is empty.
///
/// Pairs of edges that are nearest with the scale of degrees halfway between them are compared by geodesics; farther
/// than 2 km their nearest positions are then improved by geodesics. Up to some 100 km the result is too long by less
/// than a hundred thousandth.
#[must_use]
pub fn distance_m(a: &Shape, b: &Shape) -> Option<f64> {
    distance_unless(a, b, &|| false)
}

/// The same; where `spent` says that nobody waits any longer, the answer is any.
#[must_use]
pub fn distance_unless(a: &Shape, b: &Shape, spent: &dyn Fn() -> bool) -> Option<f64> {
    let (of_a, of_b) = (Topology::of_shape(a), Topology::of_shape(b));
    of_a.frame.and(of_b.frame)?;
    let Some(approach) = Approach::of(&of_a, &of_b, spent) else { return Some(0.0) };
    let candidates = nearly_nearest(&approach.lines_a, &approach.lines_b, approach.latitude, spent);
    let metres = candidates.into_iter().map(|mut pair| {
        if pair.metres() > FAR {
            pair.improve();
        }
        pair.metres()
    });
    Some(metres.fold(approach.best.metres(), f64::min))
}

/// Metres between which the distance of two shapes lies; far quicker than the distance itself. `None` when one is empty.
pub(super) fn distance_between(a: &Shape, b: &Shape) -> Option<Span> {
    distance_between_unless(a, b, &|| false)
}

fn distance_between_unless(a: &Shape, b: &Shape, spent: &dyn Fn() -> bool) -> Option<Span> {
    let (of_a, of_b) = (Topology::of_shape(a), Topology::of_shape(b));
    of_a.frame.and(of_b.frame)?;
    let Some(approach) = Approach::of(&of_a, &of_b, spent) else { return Some(Span::exactly(0.0)) };
    let most = approach.best.metres();
    // All pairs that are about as near lie along the lower of the two shapes, and what separates them from the scale
    // that was used is that height and the distance itself.
    let height = |topology: &Topology| topology.frame.map_or(0.0, |frame| frame.high[1] - frame.low[1]);
    let angle = height(&of_a).min(height(&of_b)).to_radians() + most / LEAST_RADIUS;
    let slope = approach.latitude.to_radians().tan().abs();
    let slack = 1e-5 + 2.0 * (slope + angle) * angle;
    Some(Span { least: (most * (1.0 - slack)).max(0.0), most })
}

/// Where two shapes are nearest with the scale of degrees halfway.
struct Approach {
    lines_a: Vec<Line>,
    lines_b: Vec<Line>,
    latitude: f64,
    best: Pair,
}

impl Approach {
    /// `None` when they touch.
    fn of(of_a: &Topology, of_b: &Topology, spent: &dyn Fn() -> bool) -> Option<Self> {
        if matrix::relates(of_a, of_b, super::Relation::Intersects, spent) {
            return None;
        }
        let middle = |topology: &Topology| {
            let frame = topology.frame.unwrap_or(Frame::of([0.0; 2]));
            [f64::midpoint(frame.low[0], frame.high[0]), f64::midpoint(frame.low[1], frame.high[1])]
        };
        let centre = middle(of_a);
        let (lines_a, lines_b) = (lines(of_a, centre[0]), lines(of_b, centre[0]));
        let mut latitude = f64::midpoint(centre[1], middle(of_b)[1]);
        let mut best = nearest(&lines_a, &lines_b, latitude, spent)?;
        for _ in 0..3 {
            let halfway = f64::midpoint(best.on_a().y, best.on_b().y);
            if (halfway - latitude).abs() < 1e-6 {
                break;
            }
            latitude = halfway;
            best = nearest(&lines_a, &lines_b, latitude, spent)?;
        }
        Some(Self { lines_a, lines_b, latitude, best })
    }
}

/// Are two shapes no farther apart than this?
#[must_use]
pub fn within_distance(a: &Shape, b: &Shape, metres: f64) -> bool {
    within_distance_unless(a, b, metres, &|| false)
}

/// The same; where `spent` says that nobody waits any longer, the answer is either.
#[must_use]
pub fn within_distance_unless(a: &Shape, b: &Shape, metres: f64, spent: &dyn Fn() -> bool) -> bool {
    let (Some(of_a), Some(of_b)) = (bounds_of(a), bounds_of(b)) else { return false };
    let is_within = |span: Span| span.is_within(metres, false);
    metres >= 0.0
        && reach(of_a, metres).overlaps(of_b)
        && distance_between_unless(a, b, spent).and_then(|span| {
            is_within(span).or_else(|| is_within(Span::exactly(distance_unless(a, b, spent)?)))
        }) == Some(true)
}

/// The edges and points of a topology as lines, longitudes within half a turn of a meridian.
fn lines(topology: &Topology, meridian: f64) -> Vec<Line> {
    let near = |[x, y]: [f64; 2]| Coord { x: meridian + (x - meridian + 540.0).rem_euclid(360.0) - 180.0, y };
    let edges = topology.edges.iter().map(|edge| Line::new(near(edge.a), near(edge.b)));
    // An edge along the far meridian would be torn; it is farther than anything else.
    let edges = edges.filter(|line| (line.start.x - line.end.x).abs() <= 180.0);
    edges.chain(topology.points.iter().map(|&point| Line::new(near(point), near(point)))).collect()
}

/// Two lines and the shares along them where they are nearest.
#[derive(Clone, Copy)]
struct Pair {
    lines: [Line; 2],
    shares: [f64; 2],
}

impl Pair {
    fn at(&self, which: usize, share: f64) -> Coord {
        let line = self.lines[which];
        line.start + (line.end - line.start) * share
    }

    fn on_a(&self) -> Coord {
        self.at(0, self.shares[0])
    }

    fn on_b(&self) -> Coord {
        self.at(1, self.shares[1])
    }

    fn metres(&self) -> f64 {
        geodesic(self.on_a(), self.on_b())
    }

    /// Moves each position along its line to where the geodesic is shortest, in turn.
    fn improve(&mut self) {
        for which in [0, 1, 0, 1] {
            let other = self.at(1 - which, self.shares[1 - which]);
            let line = self.lines[which];
            if line.start != line.end {
                self.shares[which] = least_at(|share| geodesic(self.at(which, share), other));
            }
        }
    }
}

/// Where a function of one valley is least between 0 and 1, by golden sections.
pub(super) fn least_at(value: impl Fn(f64) -> f64) -> f64 {
    const GOLDEN: f64 = 0.618_033_988_749_895;
    let (mut low, mut high) = (0.0, 1.0);
    let (mut left, mut right) = (1.0 - GOLDEN, GOLDEN);
    let (mut of_left, mut of_right) = (value(left), value(right));
    for _ in 0..44 {
        if of_left <= of_right {
            (high, right, of_right) = (right, left, of_left);
            left = high - GOLDEN * (high - low);
            of_left = value(left);
        } else {
            (low, left, of_left) = (left, right, of_right);
            right = low + GOLDEN * (high - low);
            of_right = value(right);
        }
    }
    // The ends themselves are candidates that sections only approach.
    let candidates = [0.0, 1.0, f64::midpoint(low, high)];
    candidates.into_iter().min_by(|&a, &b| value(a).total_cmp(&value(b))).unwrap_or(0.0)
}

fn geodesic(a: Coord, b: Coord) -> f64 {
    Geodesic.distance(Point(a), Point(b))
}

/// Metres of a degree of longitude and of latitude.
pub(super) fn scale(latitude: f64) -> Coord {
    let sine = latitude.to_radians().sin();
    let root = (1.0 - ECCENTRICITY_2 * sine * sine).sqrt();
    let (prime, meridian) = (SEMI_MAJOR / root, LEAST_RADIUS / root.powi(3));
    Coord { x: (prime * latitude.to_radians().cos()).to_radians(), y: meridian.to_radians() }
}

/// Lines in metres, by the scale at a latitude.
fn scaled(lines: &[Line], latitude: f64) -> Vec<Line> {
    let scale = scale(latitude);
    let of = |c: Coord| Coord { x: c.x * scale.x, y: c.y * scale.y };
    lines.iter().map(|line| Line::new(of(line.start), of(line.end))).collect()
}

/// The nearest pair of lines with the scale at a latitude.
fn nearest(a: &[Line], b: &[Line], latitude: f64, spent: &dyn Fn() -> bool) -> Option<Pair> {
    let (scaled_a, scaled_b) = (scaled(a, latitude), scaled(b, latitude));
    let mut best: Option<(f64, Pair)> = None;
    for (i, p) in scaled_a.iter().enumerate().take_while(|_| !spent()) {
        for (j, q) in scaled_b.iter().enumerate() {
            if best.is_some_and(|(least, _)| gap_2(p, q) > least) {
                continue;
            }
            let (distance_2, shares) = closest(p, q);
            if best.is_none_or(|(least, _)| distance_2 < least) {
                best = Some((distance_2, Pair { lines: [a[i], b[j]], shares }));
            }
        }
    }
    best.map(|(_, pair)| pair)
}

/// The pairs of positions that are within a fiftieth of the nearest with the scale at a latitude: where lines run
/// side by side, the scale at one latitude does not tell which of them is nearest. At most so many, nearest first.
fn nearly_nearest(a: &[Line], b: &[Line], latitude: f64, spent: &dyn Fn() -> bool) -> Vec<Pair> {
    const MOST: usize = 64;
    /// So many are gathered before all but the nearest are dropped.
    const GATHERED: usize = 1 << 12;
    const SLACK: f64 = 1.02 * 1.02;
    let (scaled_a, scaled_b) = (scaled(a, latitude), scaled(b, latitude));
    let mut found: Vec<(f64, Pair)> = Vec::new();
    let mut limit = f64::INFINITY;
    let keep_nearest = |found: &mut Vec<(f64, Pair)>, limit: f64| {
        found.retain(|(distance_2, _)| *distance_2 <= limit);
        // Of those equally near the first stay first.
        found.sort_by(|a, b| a.0.total_cmp(&b.0));
        found.truncate(MOST);
    };
    for (i, p) in scaled_a.iter().enumerate().take_while(|_| !spent()) {
        for (j, q) in scaled_b.iter().enumerate() {
            if gap_2(p, q) > limit {
                continue;
            }
            for (distance_2, shares) in feet(p, q) {
                limit = limit.min(distance_2 * SLACK);
                if distance_2 <= limit {
                    found.push((distance_2, Pair { lines: [a[i], b[j]], shares }));
                }
            }
            if found.len() >= GATHERED {
                keep_nearest(&mut found, limit);
            }
        }
    }
    keep_nearest(&mut found, limit);
    found.into_iter().map(|(_, pair)| pair).collect()
}

/// Square of the distance between the boxes of two lines.
fn gap_2(p: &Line, q: &Line) -> f64 {
    let gap = |a: [f64; 2], b: [f64; 2]| {
        let (low_a, high_a) = (a[0].min(a[1]), a[0].max(a[1]));
        let (low_b, high_b) = (b[0].min(b[1]), b[0].max(b[1]));
        (low_b - high_a).max(low_a - high_b).max(0.0)
    };
    let x = gap([p.start.x, p.end.x], [q.start.x, q.end.x]);
    let y = gap([p.start.y, p.end.y], [q.start.y, q.end.y]);
    x * x + y * y
}

/// The square of the distance of two lines that do not cross, and the shares along them where they are nearest.
fn closest(p: &Line, q: &Line) -> (f64, [f64; 2]) {
    feet(p, q).into_iter().min_by(|a, b| a.0.total_cmp(&b.0)).unwrap_or((f64::INFINITY, [0.0; 2]))
}

/// From each end of two lines the nearest position on the other: squares of distances, and shares along both lines.
fn feet(p: &Line, q: &Line) -> [(f64, [f64; 2]); 4] {
    let foot = |line: &Line, from: Coord| {
        let along = line.end - line.start;
        let length_2 = along.x * along.x + along.y * along.y;
        let ahead = (from.x - line.start.x) * along.x + (from.y - line.start.y) * along.y;
        let share = if length_2 > 0.0 { (ahead / length_2).clamp(0.0, 1.0) } else { 0.0 };
        let apart = line.start + along * share - from;
        (apart.x * apart.x + apart.y * apart.y, share)
    };
    let from_p = |share: f64, end: Coord| {
        let (distance_2, other) = foot(q, end);
        (distance_2, [share, other])
    };
    let from_q = |share: f64, end: Coord| {
        let (distance_2, other) = foot(p, end);
        (distance_2, [other, share])
    };
    [from_p(0.0, p.start), from_p(1.0, p.end), from_q(0.0, q.start), from_q(1.0, q.end)]
}

/// A window grown so that everything within a distance of it is inside.
#[must_use]
pub fn reach(bounds: Bounds, metres: f64) -> Bounds {
    // On the smallest sphere that touches the ellipsoid anywhere a distance spans the greatest angle.
    let angle = metres.max(0.0) / LEAST_RADIUS;
    let along = angle.to_degrees();
    let farthest = (bounds.south - along).abs().max((bounds.north + along).abs());
    let sine = angle.sin() / farthest.to_radians().cos();
    let holds_pole = farthest >= 90.0 || angle >= std::f64::consts::FRAC_PI_2 || sine >= 1.0;
    bounds.widened(if holds_pole { 360.0 } else { sine.asin().to_degrees() }, along)
}

/// The smallest window around a shape; `None` when it is empty.
#[must_use]
pub fn bounds_of(shape: &Shape) -> Option<Bounds> {
    Topology::of_shape(shape).frame.map(Frame::bounds)
}

/// Has a shape polygons, and so an area?
#[must_use]
pub fn is_areal(shape: &Shape) -> bool {
    match shape {
        Shape::Polygon(_) | Shape::MultiPolygon(_) => true,
        Shape::GeometryCollection(members) => members.iter().any(is_areal),
        _ => false,
    }
}

/// Geodesic area, square metres; 0 for points and lines. Holes are left out, parts are added up.
#[must_use]
pub fn area_m2(shape: &Shape) -> f64 {
    match shape {
        Shape::Polygon(polygon) => polygon.geodesic_area_signed().abs(),
        Shape::MultiPolygon(polygons) => {
            polygons.iter().map(|polygon| polygon.geodesic_area_signed().abs()).sum()
        }
        Shape::GeometryCollection(members) => members.iter().map(area_m2).sum(),
        _ => 0.0,
    }
}

/// Is a part of a stored geometry a polygon, so that it has an area?
#[must_use]
pub fn has_area(geometry: GeometryRef<'_>) -> bool {
    geometry.parts().any(|part| part.kind().is_areal() && part.runs().next().is_some())
}

/// Geodesic area of a stored geometry, square metres; 0 for points and lines.
///
/// What reaches no further than a few kilometres is measured in closed form, some hundred times faster: within a
/// billionth of [`area_m2`].
#[must_use]
pub fn stored_area_m2(geometry: GeometryRef<'_>) -> f64 {
    const SMALL_DEGREES: f64 = 0.05;
    let Some(bounds) = geometry.bounds() else { return 0.0 };
    let is_small = bounds.east - bounds.west <= SMALL_DEGREES && bounds.north - bounds.south <= SMALL_DEGREES;
    if !is_small {
        return area_m2(&geometry.to_shape());
    }
    let patch = Patch::at(f64::midpoint(bounds.south, bounds.north));
    let mut area = 0.0;
    for part in geometry.parts().filter(|part| part.kind().is_areal()) {
        // Shells and holes are wound opposite ways.
        let mut polygon = 0.0_f64;
        for run in part.runs() {
            if run.is_shell {
                area += polygon.abs();
                polygon = 0.0;
            }
            polygon += patch.under_ring(&run);
        }
        area += polygon.abs();
    }
    area
}

/// The ellipsoid around a latitude: how much of it lies below a line, as a power series.
struct Patch {
    latitude: f64,
    sine: f64,
    cosine: f64,
    /// Square metres of a square radian here, and its first and second derivatives northward.
    weight: [f64; 3],
}

impl Patch {
    fn at(latitude: f64) -> Self {
        let (s, c) = latitude.to_radians().sin_cos();
        let d = 1.0 - ECCENTRICITY_2 * s * s;
        let scale = SEMI_MAJOR * SEMI_MAJOR * (1.0 - ECCENTRICITY_2);
        // w = scale c / d², and d' = -2 e² s c.
        let k = 4.0 * ECCENTRICITY_2;
        let first = -s / (d * d) + k * s * c * c / (d * d * d);
        let second = -c / (d * d) - k * s * s * c / (d * d * d)
            + k * (c * c * c - 2.0 * s * s * c) / (d * d * d)
            + 1.5 * k * k * s * s * c * c * c / (d * d * d * d);
        Self { latitude, sine: s, cosine: c, weight: [c / (d * d), first, second].map(|term| term * scale) }
    }

    /// Square metres per radian of longitude between the latitude of the patch and one so many radians north of it.
    fn below(&self, t: f64) -> f64 {
        let [w, first, second] = self.weight;
        t * (w + t * (first / 2.0 + t * second / 6.0))
    }

    /// Square metres per radian of longitude between an edge and the geodesic from end to end, which bends poleward;
    /// `t` is the middle of the edge. From the equations of the geodesic in latitude and longitude, to the first order.
    fn bend(&self, t: f64, dx: f64, dt: f64) -> f64 {
        let (s, c) = (self.sine + self.cosine * t, self.cosine - self.sine * t);
        let d = 1.0 - ECCENTRICITY_2 * s * s;
        // The radius of the parallel over that of the meridian, and how the latter grows northward.
        let flat = c * d / (1.0 - ECCENTRICITY_2);
        let growth = 3.0 * ECCENTRICITY_2 * s * c / d;
        let weight = self.weight[0] + t * self.weight[1];
        weight * (s * flat / 12.0 * dx * dx + (s / flat / 6.0 + growth / 12.0) * dt * dt)
    }

    /// What lies between a ring and the latitude of the patch, edge by edge; negative for rings wound anticlockwise.
    fn under_ring(&self, ring: &Run<'_>) -> f64 {
        let count = ring.len();
        let radians = |at: usize| {
            let [x, y] = ring.at(at);
            [x.to_radians(), (y - self.latitude).to_radians()]
        };
        let Some(last) = count.checked_sub(1) else { return 0.0 };
        let ([mut x0, mut t0], mut sum) = (radians(last), 0.0);
        for at in 0..count {
            let [x, t] = radians(at);
            let (dx, dt) = (x - x0, t - t0);
            // Simpson's rule, exact for the cubic.
            let mean = (self.below(t0) + 4.0 * self.below(f64::midpoint(t0, t)) + self.below(t)) / 6.0;
            sum += dx * (mean + self.bend(f64::midpoint(t0, t), dx, dt));
            (x0, t0) = (x, t);
        }
        sum
    }
}

/// Geodesic length of lines, or of the rings of polygons, metres; 0 for points.
#[must_use]
pub fn length_m(shape: &Shape) -> f64 {
    let rings = |polygon: &geo_types::Polygon| -> f64 {
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        rings.map(|ring| Geodesic.length(ring)).sum()
    };
    match shape {
        Shape::LineString(line) => Geodesic.length(line),
        Shape::MultiLineString(lines) => lines.iter().map(|line| Geodesic.length(line)).sum(),
        Shape::Polygon(polygon) => rings(polygon),
        Shape::MultiPolygon(polygons) => polygons.iter().map(rings).sum(),
        Shape::GeometryCollection(members) => members.iter().map(length_m).sum(),
        _ => 0.0,
    }
}

/// The length of the rings of a stored geometry, metres, within two hundredths; far quicker than [`length_m`].
#[must_use]
pub fn about_length_m(geometry: GeometryRef<'_>) -> f64 {
    let runs = geometry.parts().filter(|part| part.kind().is_areal());
    let runs: Vec<Run<'_>> = runs.flat_map(|part| part.runs()).collect();
    let length = |run: &Run<'_>| -> f64 {
        let mut last = run.at(run.len() - 1);
        (0..run.len())
            .map(|at| {
                let [[x0, y0], [x, y]] = [last, run.at(at)];
                last = [x, y];
                let east = (x - x0) * f64::midpoint(y0, y).to_radians().cos();
                east.hypot(y - y0).to_radians() * RADIUS
            })
            .sum()
    };
    runs.iter().filter(|run| !run.is_empty()).map(length).sum()
}

/// All that lies within a distance of a shape; a negative distance shrinks polygons. Round corners are
/// short chords, so that the border is off by at most a thousandth. `None` for shapes too wide to be drawn in one plane.
///
/// It is drawn in the transverse Mercator plane of the shape's own meridian, whose scale is off by less than a
/// ten thousandth up to 90 km from it.
#[must_use]
pub fn buffer_m(shape: &Shape, metres: f64) -> Option<Shape> {
    widened(shape, metres, u64::MAX, &|| false).ok()
}

/// Why a shape is not widened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotWidened {
    /// It is too wide to be drawn in one plane, or what it becomes is.
    #[error("there is no such area on the earth")]
    Nowhere,
    /// It has too many positions.
    #[error(
        "the shape has {0} positions, with one each 0.01 degree along long edges; at most {MOST_WIDENED} are widened"
    )]
    TooLong(u64),
    /// Its outline has too many.
    #[error("the outline of what it becomes has more than the {MOST_OUTLINED} positions that are drawn")]
    TooWinding,
    /// Nobody waits any longer.
    #[error("the time is over")]
    Spent,
}

/// The most positions of a shape that is widened on request, with those set along its long edges.
pub const MOST_WIDENED: u64 = 200_000;
/// The most positions of an outline that is drawn of what lies within a distance.
pub const MOST_OUTLINED: usize = 400_000;

/// The same for what anyone may ask: of [`MOST_WIDENED`] positions at most, until `spent` says that nobody waits any longer.
///
/// # Errors
/// Why there is none.
pub fn buffer_unless(shape: &Shape, metres: f64, spent: &dyn Fn() -> bool) -> Result<Shape, NotWidened> {
    widened(shape, metres, MOST_WIDENED, spent)
}

fn widened(shape: &Shape, metres: f64, most: u64, spent: &dyn Fn() -> bool) -> Result<Shape, NotWidened> {
    const WIDEST: f64 = 10.0;
    let window = window_of(shape).ok_or(NotWidened::Nowhere)?;
    if window.width() > 2.0 * WIDEST || window.south < -85.0 || window.north > 85.0 {
        return Err(NotWidened::Nowhere);
    }
    let turn = Turn::of(window);
    let turned = turn.shape(shape);
    let positions = densified_positions(&turned);
    if positions > most {
        return Err(NotWidened::TooLong(positions));
    }
    // The plane is that of Greenwich; longitudes are counted from the middle of the shape, so that none is torn by the
    // antimeridian.
    let meridian = turn.longitude(window.west) + window.width() / 2.0;
    let greenwich = Strip { meridian: 0.0, scale: 1.0, false_easting: 0.0, false_northing: 0.0 };
    let plane = Plane::new(&greenwich.definition()).ok_or(NotWidened::Nowhere)?;
    let drawn = densified(&turned).try_map_coords(|Coord { x, y }| {
        plane.eastings([x - meridian, y]).map(Coord::from).ok_or(NotWidened::Nowhere)
    })?;
    let grower = Grower { metres, spent };
    let back = grower.grown(&drawn)?.try_map_coords(|Coord { x, y }| {
        let [x, y] = plane.degrees([x, y]).ok_or(NotWidened::Nowhere)?;
        Ok(Coord { x: x + meridian, y })
    })?;
    Ok(Shape::MultiPolygon(cut(back)))
}

/// Grows shapes of a plane. What has many edges is put together from what lies around each: the time of drawing it at once
/// rises with the square of the edges, and nothing could end it.
struct Grower<'a> {
    metres: f64,
    spent: &'a dyn Fn() -> bool,
}

impl Grower<'_> {
    /// A ring of so many edges is drawn at once.
    const FEW: usize = 500;

    fn grown(&self, shape: &Shape) -> Result<MultiPolygon, NotWidened> {
        match shape {
            // All edges of a line at once would leave seams where they cross, so each is grown alone.
            Shape::MultiLineString(lines) => self.around(&lines.0, self.metres),
            Shape::MultiPoint(points) => self.around(&points.0, self.metres),
            Shape::GeometryCollection(members) => {
                let all: Result<Vec<_>, _> = members.iter().map(|member| self.grown(member)).collect();
                self.together(&all?)
            }
            Shape::Polygon(polygon) => self.grown_polygon(polygon),
            Shape::MultiPolygon(polygons) if edges_of(polygons) > Self::FEW => {
                let all: Result<Vec<_>, _> = polygons.iter().map(|one| self.grown_polygon(one)).collect();
                self.together(&all?)
            }
            other => Ok(other.buffer_with_style(round(self.metres))),
        }
    }

    fn grown_polygon(&self, polygon: &Polygon) -> Result<MultiPolygon, NotWidened> {
        if edges_of([polygon]) <= Self::FEW {
            return Ok(polygon.buffer_with_style(round(self.metres)));
        }
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        let edges: Vec<LineString> =
            rings.flat_map(LineString::lines).map(|edge| LineString(vec![edge.start, edge.end])).collect();
        let border = self.around(&edges, self.metres.abs())?;
        let whole = MultiPolygon(vec![polygon.clone()]);
        if self.metres < 0.0 { Ok(whole.difference(&border)) } else { self.together(&[whole, border]) }
    }

    /// What lies around each of some parts, as one.
    fn around(&self, parts: &[impl Buffer<Scalar = f64>], metres: f64) -> Result<MultiPolygon, NotWidened> {
        /// Neighbours come together first, so that what lies within all of them is soon done with.
        const AT_ONCE: usize = 8;
        if metres <= 0.0 {
            return Ok(MultiPolygon(Vec::new()));
        }
        if parts.len() > AT_ONCE {
            let (first, last) = parts.split_at(parts.len() / 2);
            return self.together(&[self.around(first, metres)?, self.around(last, metres)?]);
        }
        let grown: Vec<_> = parts.iter().map(|part| part.buffer_with_style(round(metres))).collect();
        self.together(&grown)
    }

    fn together(&self, all: &[MultiPolygon]) -> Result<MultiPolygon, NotWidened> {
        if (self.spent)() {
            return Err(NotWidened::Spent);
        }
        if edges_of(all.iter().flatten()) > MOST_OUTLINED {
            return Err(NotWidened::TooWinding);
        }
        Ok(geo::unary_union(all.iter().flatten()))
    }
}

/// Round corners and ends of short chords.
fn round(metres: f64) -> BufferStyle<f64> {
    let chord = 1.5_f64.to_radians();
    BufferStyle::new(metres).line_cap(LineCap::Round(chord)).line_join(LineJoin::Round(chord))
}

/// How many edges polygons have.
fn edges_of<'a>(polygons: impl IntoIterator<Item = &'a Polygon>) -> usize {
    let rings = polygons.into_iter().flat_map(|one| std::iter::once(one.exterior()).chain(one.interiors()));
    rings.map(|ring| ring.0.len().saturating_sub(1)).sum()
}

/// Degrees between positions that are set along an edge: what is straight in degrees bends in a plane, between two such by a
/// centimetre at most.
const STEP: f64 = 0.01;

/// The pieces that an edge is taken apart into.
fn pieces(edge: &Line) -> u32 {
    let along = edge.end - edge.start;
    let longest = along.x.abs().max(along.y.abs());
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 36,000")]
    let pieces = (longest / STEP).ceil().max(1.0) as u32;
    pieces
}

/// How many positions [`densified`] makes, about.
fn densified_positions(shape: &Shape) -> u64 {
    let of = |edges: &mut dyn Iterator<Item = Line>| edges.map(|edge| u64::from(pieces(&edge))).sum();
    match shape {
        Shape::LineString(line) => of(&mut line.lines()),
        Shape::MultiLineString(lines) => of(&mut lines.lines_iter()),
        Shape::Polygon(polygon) => of(&mut polygon.lines_iter()),
        Shape::MultiPolygon(polygons) => of(&mut polygons.lines_iter()),
        Shape::GeometryCollection(members) => members.iter().map(densified_positions).sum(),
        points => points.coords_count() as u64,
    }
}

/// The same with positions set along long edges.
fn densified(shape: &Shape) -> Shape {
    let along = |edge: Line| {
        let (whole, pieces) = (edge.end - edge.start, pieces(&edge));
        let at = move |piece: u32| edge.start + whole * (f64::from(piece) / f64::from(pieces));
        (1..pieces).map(at).chain([edge.end])
    };
    let line = |line: &LineString| -> LineString {
        line.0.first().copied().into_iter().chain(line.lines().flat_map(along)).collect()
    };
    // A line is taken edge by edge: round ends make round corners, also where the line turns back on itself.
    let edges = |whole: &LineString| -> MultiLineString {
        whole.lines().map(|edge| line(&LineString(vec![edge.start, edge.end]))).collect()
    };
    let polygon = |polygon: &Polygon| {
        Polygon::new(line(polygon.exterior()), polygon.interiors().iter().map(line).collect())
    };
    match shape {
        Shape::LineString(one) => Shape::MultiLineString(edges(one)),
        Shape::MultiLineString(all) => Shape::MultiLineString(all.iter().flat_map(edges).collect()),
        Shape::Polygon(one) => Shape::Polygon(polygon(one)),
        Shape::MultiPolygon(all) => Shape::MultiPolygon(all.iter().map(polygon).collect()),
        Shape::GeometryCollection(members) => {
            Shape::GeometryCollection(members.iter().map(densified).collect())
        }
        other => other.clone(),
    }
}

/// The centre of gravity, in the plane of degrees; of the members of greatest dimension. What was cut along the antimeridian is
/// one piece.
#[must_use]
pub fn centroid(shape: &Shape) -> Option<[f64; 2]> {
    let is_wide = shape.bounding_rect().is_some_and(|frame| frame.width() > 180.0);
    let turn = is_wide.then(|| window_of(shape).map(Turn::of)).flatten();
    let centre = match turn {
        None => shape.centroid(),
        Some(turn) => turn.side_by_side(shape).centroid(),
    }?;
    Some([turned(centre.x()), centre.y()])
}

#[cfg(test)]
mod tests {
    use geo_types::{MultiPoint, Rect};

    use super::*;

    #[test]
    fn the_centre_of_what_is_cut_at_the_antimeridian_lies_in_it() {
        let box_of = |west: f64, east: f64| Rect::new((west, -17.0), (east, -16.0)).to_polygon();
        let areas = |all: [[f64; 2]; 2]| {
            Shape::MultiPolygon(MultiPolygon(all.map(|[west, east]| box_of(west, east)).to_vec()))
        };
        let is_at = |shape: &Shape, [x, y]: [f64; 2]| {
            centroid(shape).is_some_and(|at| (at[0] - x).abs() < 1e-9 && (at[1] - y).abs() < 1e-9)
        };
        // From 179 to 183 and from 177 to 181: the middles are 181 and 179.
        assert!(is_at(&areas([[179.0, 180.0], [-180.0, -177.0]]), [-179.0, -16.5]));
        assert!(is_at(&areas([[177.0, 180.0], [-180.0, -179.0]]), [179.0, -16.5]));
        let line = |from: f64, to: f64| LineString::from(vec![(from, 1.0), (to, 1.0)]);
        let lines = MultiLineString(vec![line(178.0, 180.0), line(-180.0, -179.0)]);
        assert!(is_at(&lines.into(), [179.5, 1.0]));
        assert!(is_at(&MultiPoint::from(vec![(179.0, 0.0), (-178.0, 2.0)]).into(), [-179.5, 1.0]));
        // What spans more than half the globe either way is not cut: parts of 50 and 40 degrees around -85 and 80, a band.
        assert!(is_at(&areas([[-110.0, -60.0], [60.0, 100.0]]), [(80.0 * 40.0 - 85.0 * 50.0) / 90.0, -16.5]));
        assert!(is_at(&Shape::Polygon(box_of(-180.0, 180.0)), [0.0, -16.5]));
        assert_eq!(centroid(&Shape::MultiPoint(MultiPoint(Vec::new()))), None);
    }
}
