//! `Origin`: a shape that others are looked for around, nearest first.
//!
//! In: shapes, then boxes and stored geometries. Out: metres that nothing in a box is nearer than, and where a geometry is
//! nearest. Leaves out: features, trees of boxes.
//!
//! Shapes are taken as pieces of edges, straight in degrees and a degree long at most, and points. The shortest way
//! between two shapes is the shortest between two of their pieces. Pairs of pieces are left out only by bounds that are
//! true on the whole ellipsoid, poles and antimeridian included, so the answer does not depend on the order in which
//! pairs are looked at: what a tree of boxes finds is what a look at every feature finds.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use geo::{Distance as _, Geodesic};
use geo_types::Point;

use super::antimeridian::turned;
use super::area::{Area, Lies};
use super::array::{GeometryRef, Positions};
use super::bounds::Bounds;
use super::course::share_of_crossing;
use super::grid::{STEPS, Steps, degrees};
use super::measure::{ECCENTRICITY_2, LEAST_RADIUS, SEMI_MAJOR, least_at, scale};
use super::prepared::Prepared;
use super::relate::intersects_window;
use super::shape::{Relation, Shape};
use super::topology::{Frame, Position, Topology};

/// The greatest radius of curvature, that of the meridian at the poles, metres.
const GREATEST_RADIUS: f64 = 6_399_594.0;
/// Longer edges are cut, degrees: on a shorter piece there is one spot that is nearest.
const LONGEST: f64 = 1.0;
/// Pieces per box, and boxes per box of the next level.
const FAN: usize = 8;

/// Where two shapes are nearest to each other; positions in degrees, longitude first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nearest {
    /// Metres between both positions; 0 when the shapes share a position.
    pub metres: f64,
    /// On the shape that is measured from.
    pub from: [f64; 2],
    /// On the other.
    pub to: [f64; 2],
}

/// A shape to measure from, taken apart once.
pub struct Origin(Taken);

enum Taken {
    Spot(Spot),
    Shape(Box<Whole>),
}

/// A shape that is more than a point.
struct Whole {
    prepared: Prepared,
    topology: Topology,
    pieces: Pieces,
    area: Option<Area>,
}

impl Origin {
    /// `None` for a shape without position.
    #[must_use]
    pub fn new(shape: &Shape) -> Option<Self> {
        if let Shape::Point(point) = shape {
            return Some(Self(Taken::Spot(Spot::new([point.x(), point.y()]))));
        }
        let topology = Topology::of_shape(shape);
        let frame = topology.frame?;
        // Long edges are cut, so that their boxes lie close around them.
        let size = (frame.high[0] - frame.low[0]).max(frame.high[1] - frame.low[1]);
        let pieces = Pieces::of(&topology, (size / 16.0).clamp(0.001, LONGEST));
        let area = Area::new(shape.clone());
        Some(Self(Taken::Shape(Box::new(Whole {
            prepared: Prepared::new(shape, None),
            topology,
            pieces,
            area,
        }))))
    }

    /// Metres that nothing in a window is nearer than; the window does not cross the antimeridian.
    #[must_use]
    pub fn least(&self, window: Bounds) -> f64 {
        let frame = Frame::around(window);
        let whole = match &self.0 {
            Taken::Spot(spot) => return spot.least(&frame),
            Taken::Shape(whole) => whole,
        };
        let is_apart = |area: &Area| area.of_box(frame.low, frame.high) == Lies::Outside;
        if whole.area.as_ref().is_some_and(|area| !is_apart(area)) {
            return 0.0;
        }
        whole.pieces.least(&frame)
    }

    /// The square of [`least`](Self::least), quick where the window is near, and a little less where it is far.
    #[must_use]
    #[inline]
    pub fn least_2(&self, window: Bounds) -> f64 {
        if let Taken::Spot(spot) = &self.0
            && let Some(least_2) = spot.least_of_near_2(window)
        {
            return least_2;
        }
        let least = self.least(window);
        least * least
    }

    /// What measures boxes that lie in a window; `None` where it is far, or the shape more than a point.
    #[must_use]
    pub fn gauge(&self, window: Bounds) -> Option<Gauge> {
        match &self.0 {
            Taken::Spot(spot) => spot.gauge(window),
            Taken::Shape(_) => None,
        }
    }

    /// The same square, where the way to the middle of a window that is far tells more than what is known.
    #[must_use]
    #[inline]
    pub fn more_2(&self, known_2: f64, window: Bounds) -> Option<f64> {
        let Taken::Spot(spot) = &self.0 else { return None };
        if known_2 < FAR * FAR {
            return None;
        }
        let least = spot.least(&Frame::around(window));
        Some(least * least).filter(|least_2| *least_2 > known_2)
    }

    /// A first look at a stored geometry that lies in a window; `None` where only measuring tells more than that.
    #[must_use]
    pub fn sight(&self, geometry: GeometryRef<'_>, window: Bounds) -> Option<Sight> {
        match &self.0 {
            Taken::Spot(spot) => spot.sight(geometry, window),
            Taken::Shape(_) => None,
        }
    }

    /// Where a stored geometry is nearest; `None` when it has no position.
    #[must_use]
    pub fn nearest(&self, geometry: GeometryRef<'_>) -> Option<Nearest> {
        self.nearest_within(geometry, f64::INFINITY, None)
    }

    /// The same if that is no farther than so many metres, after a first look at the geometry or without; what is farther may be
    /// found, too.
    #[must_use]
    pub fn nearest_within(
        &self,
        geometry: GeometryRef<'_>,
        metres: f64,
        sight: Option<&Sight>,
    ) -> Option<Nearest> {
        let whole = match &self.0 {
            Taken::Spot(spot) => return spot.nearest(geometry, metres, sight),
            Taken::Shape(whole) => whole,
        };
        let other = Topology::of_stored(geometry, Some)?;
        if whole.prepared.relates(geometry, Relation::Intersects) {
            let at = shared(&whole.topology, &other)?;
            return Some(Nearest { metres: 0.0, from: at, to: at });
        }
        whole.pieces.nearest(&Pieces::of(&other, LONGEST))
    }
}

impl std::fmt::Debug for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let frame = match &self.0 {
            Taken::Spot(spot) => Some(Frame::of(spot.position)),
            Taken::Shape(whole) => whole.topology.frame,
        };
        f.debug_struct("Origin").field("frame", &frame).finish_non_exhaustive()
    }
}

/// What of a latitude is needed for ways: the distances of its positions from the axis and from the equator, its sine, the radius
/// of curvature across the meridian.
fn place(latitude: f64) -> [f64; 4] {
    let (sine, cosine) = latitude.to_radians().sin_cos();
    let prime = SEMI_MAJOR / (1.0 - ECCENTRICITY_2 * sine * sine).sqrt();
    [prime * cosine, prime * (1.0 - ECCENTRICITY_2) * sine, sine, prime]
}

/// Metres of the shortest way between two positions on the ellipsoid.
#[must_use]
pub fn metres_between(a: [f64; 2], b: [f64; 2]) -> f64 {
    /// So near that the chord, bent with the radius on the spot, is exact to a micrometre.
    const NEAR: f64 = 0.08;
    let turn = turned(b[0] - a[0]);
    if (b[1] - a[1]).abs() > NEAR || turn.abs() > NEAR {
        return Geodesic.distance(Point::from(a), Point::from(b));
    }
    let (p, q) = (place(a[1]), place(b[1]));
    let half = (turn.to_radians() / 2.0).sin();
    let (out, up) = (q[0] - p[0], q[1] - p[1]);
    // The sum of both distances from the axis, as far as it stands across, and what they differ, along.
    let across_2 = (4.0 * p[0] * q[0] * half * half).max(0.0);
    let along_2 = out * out + up * up;
    let chord_2 = across_2 + along_2;
    if chord_2 == 0.0 {
        return 0.0;
    }
    let sine = f64::midpoint(p[2], q[2]);
    let root_2 = 1.0 - ECCENTRICITY_2 * sine * sine;
    let (prime, meridian) = (f64::midpoint(p[3], q[3]), LEAST_RADIUS / (root_2 * root_2.sqrt()));
    // Euler's theorem: the curvature in the direction of the chord.
    let curvature = (across_2 / prime + along_2 / meridian) / chord_2;
    chord_2.sqrt() * (1.0 + chord_2 * curvature * curvature / 24.0)
}

/// Degrees of longitude between two boxes, the shorter way around; 0 when they share a meridian.
fn gap_of_longitudes(a: &Frame, b: &Frame) -> f64 {
    if a.low[0] <= b.high[0] && b.low[0] <= a.high[0] {
        return 0.0;
    }
    (b.low[0] - a.high[0]).rem_euclid(360.0).min((a.low[0] - b.high[0]).rem_euclid(360.0))
}

fn gap_of_latitudes(a: &Frame, b: &Frame) -> f64 {
    (b.low[1] - a.high[1]).max(a.low[1] - b.high[1]).max(0.0)
}

/// The least and greatest cosine of a latitude within a box.
fn cosines(frame: &Frame) -> [f64; 2] {
    let [south, north] = [frame.low[1], frame.high[1]].map(|y| y.to_radians().cos().max(0.0));
    let highest = if frame.low[1] <= 0.0 && frame.high[1] >= 0.0 { 1.0 } else { south.max(north) };
    [south.min(north), highest]
}

/// Metres that positions of two boxes are no nearer than.
///
/// Moved to a sphere of the least radius of curvature without changing their degrees, no two positions come farther
/// apart: there a degree of latitude and one of longitude are shortest. On the sphere the haversine of the way is no
/// less than with each of its parts at its least.
fn least_between(a: &Frame, b: &Frame) -> f64 {
    let half = |degrees: f64| {
        let sine = (degrees.to_radians() / 2.0).sin();
        sine * sine
    };
    let across = gap_of_longitudes(a, b);
    let cosines = if across > 0.0 { cosines(a)[0] * cosines(b)[0] } else { 0.0 };
    let haversine = half(gap_of_latitudes(a, b)) + cosines * half(across);
    2.0 * LEAST_RADIUS * haversine.sqrt().min(1.0).asin()
}

/// Metres from the middle of a box to any position of it, at most.
fn radius(frame: &Frame) -> f64 {
    let [wide, high] = [0, 1].map(|axis| (frame.high[axis] - frame.low[axis]).to_radians() / 2.0);
    GREATEST_RADIUS * high.hypot(cosines(frame)[1] * wide)
}

fn middle(frame: &Frame) -> Position {
    [0, 1].map(|axis| f64::midpoint(frame.low[axis], frame.high[axis]))
}

/// Beyond so many metres the way to the middle of a box tells more than its edges.
const FAR: f64 = 20_000.0;

/// The same with the way to the middle of the boxes: nearer than that less both radii nothing can be.
fn least_of_far(a: &Frame, b: &Frame, known: f64) -> f64 {
    if known < FAR {
        return known;
    }
    known.max(metres_between(middle(a), middle(b)) - radius(a) - radius(b))
}

/// A point that boxes and edges are held against, with what of it is needed again and again.
struct Spot {
    position: Position,
    sine: f64,
    cosine: f64,
    nearby: Nearby,
    /// Metres of a degree of longitude and of latitude on the spot.
    scale: Position,
    /// The position in steps of the grid, not rounded to one, and metres of a step.
    on_grid: Position,
    step: Position,
    /// How fast a degree of longitude grows shorter with latitude, and some more.
    slope: f64,
    /// No square of metres is less than so much of that in the plane on the spot, as far as that is used.
    shrink_2: f64,
}

/// The ellipsoid around a latitude as series, exact to ten nanometres over [`Spot::NEAR`] and without trigonometry.
struct Nearby {
    /// How far from the axis the latitude is, metres, and how that and the height over the equator change with radians.
    axis: f64,
    outward: [f64; 4],
    upward: [f64; 4],
    /// Squares of the curvature across the meridian and along it, a square metre, over 24.
    bend: [f64; 2],
    /// Radius of curvature along the meridian, metres, and its change with radians.
    meridian: [f64; 2],
}

impl Nearby {
    fn new(latitude: f64) -> Self {
        let (sine, cosine) = latitude.to_radians().sin_cos();
        let root_2 = 1.0 - ECCENTRICITY_2 * sine * sine;
        let prime = SEMI_MAJOR / root_2.sqrt();
        let meridian = LEAST_RADIUS / (root_2 * root_2.sqrt());
        // The derivatives of the radius of curvature along the meridian, over the radius; with it and the sine or cosine of the
        // latitude the distance from the axis and the height over the equator change (Taylor; of the fourth terms those of a sphere).
        let once = 3.0 * ECCENTRICITY_2 * sine * cosine / root_2;
        let twist = 2.0 * ECCENTRICITY_2 * sine * sine * cosine * cosine / (root_2 * root_2);
        let twice = once * once + 3.0 * ECCENTRICITY_2 * ((cosine * cosine - sine * sine) / root_2 + twist);
        Self {
            axis: prime * cosine,
            outward: [
                -sine,
                -(once * sine + cosine) / 2.0,
                (sine - 2.0 * once * cosine - twice * sine) / 6.0,
                cosine / 24.0,
            ]
            .map(|term| meridian * term),
            upward: [
                cosine,
                (once * cosine - sine) / 2.0,
                (twice * cosine - 2.0 * once * sine - cosine) / 6.0,
                sine / 24.0,
            ]
            .map(|term| meridian * term),
            bend: [prime, meridian].map(|radius| 1.0 / (24.0 * radius * radius)),
            meridian: [meridian, meridian * once],
        }
    }

    /// As [`metres_between`], of what is so many radians of longitude and latitude away.
    #[inline]
    fn metres(&self, [turn, angle]: [f64; 2]) -> f64 {
        let series = |[a, b, c, d]: [f64; 4]| angle * (a + angle * (b + angle * (c + angle * d)));
        let (out, up) = (series(self.outward), series(self.upward));
        let half = turn / 2.0;
        let half = half * (1.0 - half * half / 6.0);
        let across_2 = 4.0 * self.axis * (self.axis + out) * half * half;
        let along_2 = out * out + up * up;
        // An arc is longer than its chord by a share that its curvature says.
        (across_2 + along_2).sqrt() * (1.0 + across_2 * self.bend[0] + along_2 * self.bend[1])
    }

    /// Metres of a degree of longitude and of latitude, so many radians farther north.
    #[inline]
    fn scale(&self, angle: f64) -> [f64; 2] {
        let axis = self.axis + angle * (self.outward[0] + angle * self.outward[1]);
        [axis, self.meridian[0] + angle * self.meridian[1]].map(f64::to_radians)
    }
}

/// What a first look at a geometry from a point tells, in the plane on the spot.
#[derive(Debug, Clone, Copy)]
pub struct Sight {
    /// Metres, squared, that nothing of the geometry is nearer than.
    pub least_2: f64,
    /// The piece that seems nearest and the next one, with the metres, squared, that this one and that no other is nearer than.
    first: Piece,
    second: Piece,
    second_2: f64,
    others_2: f64,
    /// Does the second stand before the first?
    is_second_before: bool,
    /// Does the box in which the geometry lies hold the point?
    is_around: bool,
}

/// A point that boxes of 32 bits are held against, many of them one after the other, all in one window.
#[derive(Debug, Clone, Copy)]
pub struct Gauge {
    /// Degrees, longitude first: the point rounded down and up.
    at_least: [f32; 2],
    at_most: [f32; 2],
    /// Metres of a degree, squared, nowhere in the window less.
    scale_2: [f32; 2],
}

impl Gauge {
    /// Metres, squared, that nothing in a box between two corners is nearer than.
    #[must_use]
    #[inline]
    pub fn least_2(&self, low: [f32; 2], high: [f32; 2]) -> f32 {
        let part_2 = |axis: usize| {
            let (ahead, behind) = (low[axis] - self.at_most[axis], self.at_least[axis] - high[axis]);
            let gap = if ahead > behind { ahead } else { behind };
            let gap = if gap > 0.0 { gap } else { 0.0 };
            gap * gap * self.scale_2[axis]
        };
        part_2(0) + part_2(1)
    }
}

/// Some 5 degrees, in radians: what is nearer needs no trigonometry.
const WITHOUT_TRIGONOMETRY: f64 = 0.09;

impl Spot {
    /// Some 2 km, in degrees of latitude.
    const NEAR: f64 = 0.02;

    fn new(position: Position) -> Self {
        let (sine, cosine) = position[1].to_radians().sin_cos();
        let scale = scale(position[1]);
        let slope = 1.0 + sine.abs() / cosine.max(1e-9);
        // Over 2 km the scale changes by the slope times so much; the plane has positions no farther apart by more.
        let shrink = 1.0 - 2.0 * slope * Self::NEAR.to_radians();
        Self {
            position,
            sine: sine.abs(),
            cosine,
            nearby: Nearby::new(position[1]),
            scale: [scale.x, scale.y],
            on_grid: position.map(|degree| degree * STEPS),
            step: [scale.x / STEPS, scale.y / STEPS],
            slope,
            shrink_2: shrink * shrink,
        }
    }

    /// [`least_between`], for boxes nearby without their trigonometry.
    fn least(&self, frame: &Frame) -> f64 {
        let own = Frame::of(self.position);
        let near_2 = self.least_of_near_2(frame.bounds());
        let known = near_2.map_or_else(|| least_between(&own, frame), f64::sqrt);
        least_of_far(&own, frame, known)
    }

    /// Metres, squared, that nothing in a box is nearer than; `None` where it is not near.
    #[inline]
    fn least_of_near_2(&self, window: Bounds) -> Option<f64> {
        /// More than what rounding adds.
        const ROUNDING: f64 = 1.0 - 1e-12;
        let [x, y] = self.position;
        let (west, east) = (window.west - x, x - window.east);
        let (south, north) = (window.south - y, y - window.north);
        let dx = west.max(east).max(0.0).to_radians();
        let dy = south.max(north).max(0.0).to_radians();
        // To the farther of the edges, which is not beyond the one that is looked at from the other side.
        let reach = (-south).max(-north).to_radians();
        // By Taylor no cosine in the box is less.
        let cosine = self.cosine - self.sine * reach - reach * reach / 2.0;
        // What lies within a quarter of the way around is not nearer the other way.
        let is_on_this_side = west.min(east) > -90.0;
        #[expect(clippy::needless_bitwise_bool, reason = "branches take longer")]
        let is_near = is_on_this_side
            & (dx <= WITHOUT_TRIGONOMETRY)
            & (reach <= WITHOUT_TRIGONOMETRY)
            & (cosine >= 0.1);
        if !is_near {
            return None;
        }
        // Twice the sine of half an angle, squared, is no less than this.
        let square = |angle: f64| angle * angle * (1.0 - angle * angle / 12.0);
        let angle_2 = square(dy) + self.cosine * cosine * square(dx);
        Some(LEAST_RADIUS * LEAST_RADIUS * ROUNDING * angle_2)
    }

    /// What measures boxes in a window, by [`least_of_near_2`](Self::least_of_near_2) with what is least in all of it.
    fn gauge(&self, Bounds { west, south, east, north }: Bounds) -> Option<Gauge> {
        /// More than what the rounding of a few sums and products of 32 bits adds.
        const ROUNDING: f64 = 1.0 - 1e-6;
        let [x, y] = self.position;
        let reach = [(x - west).max(east - x), (y - south).max(north - y)].map(f64::to_radians);
        let cosine = self.cosine - self.sine * reach[1] - reach[1] * reach[1] / 2.0;
        if reach[0].max(reach[1]) > WITHOUT_TRIGONOMETRY || cosine < 0.1 {
            return None;
        }
        let metres = LEAST_RADIUS * 1_f64.to_radians();
        let scale_2 = |reach: f64| metres * metres * ROUNDING * (1.0 - reach * reach / 12.0);
        let scale_2 = [self.cosine * cosine * scale_2(reach[0]), scale_2(reach[1])];
        #[expect(clippy::cast_possible_truncation, reason = "rounding is allowed for")]
        let narrow = |number: f64| number as f32;
        let nearest = self.position.map(narrow);
        let is_above = |axis: usize| f64::from(nearest[axis]) > self.position[axis];
        let is_below = |axis: usize| f64::from(nearest[axis]) < self.position[axis];
        Some(Gauge {
            at_least: [0, 1]
                .map(|axis| if is_above(axis) { nearest[axis].next_down() } else { nearest[axis] }),
            at_most: [0, 1].map(|axis| if is_below(axis) { nearest[axis].next_up() } else { nearest[axis] }),
            scale_2: scale_2.map(narrow),
        })
    }

    /// Is a box so near that the plane on the spot is good enough?
    fn is_near(&self, Bounds { west, south, east, north }: Bounds) -> bool {
        let [x, y] = self.position;
        let wide = (x - west).max(east - x);
        let high = (y - south).max(north - y);
        wide <= 2.0 * Self::NEAR && high <= Self::NEAR && self.cosine >= 0.1
    }

    /// Where a position stands from the spot in the plane on it, metres.
    #[inline]
    fn ahead(&self, at: Position) -> Position {
        [0, 1].map(|axis| (at[axis] - self.position[axis]) * self.scale[axis])
    }

    /// The same of a place on the grid.
    #[inline]
    fn ahead_on_grid(&self, at: Steps) -> Position {
        [0, 1].map(|axis| (f64::from(at[axis]) - self.on_grid[axis]) * self.step[axis])
    }

    /// Calls `act` with the pieces of a stored geometry, in its order, and with metres, squared, that no position of each is nearer
    /// than. Where the box of all is near, no piece need be looked at for that, and none is long.
    #[inline]
    fn each(&self, geometry: GeometryRef<'_>, is_near: bool, mut act: impl FnMut(f64, Edge)) {
        if !is_near {
            return pieces_of(geometry, |piece| act(self.least_of_piece_2(&piece), Edge::Free(piece)));
        }
        for part in geometry.parts() {
            let is_ring = part.kind().is_areal();
            for run in part.runs() {
                match run.positions() {
                    Positions::Grid(all) => {
                        let ahead = |at: Steps| self.ahead_on_grid(at);
                        edges_of(all, is_ring, ahead, |gap_2, a, b| {
                            act(gap_2 * self.shrink_2, Edge::OnGrid([a, b]));
                        });
                    }
                    Positions::Free(all) => {
                        let ahead = |at: Position| self.ahead(at);
                        edges_of(all, is_ring, ahead, |gap_2, a, b| {
                            act(gap_2 * self.shrink_2, Edge::Free(Piece { a, b }));
                        });
                    }
                }
            }
        }
    }

    /// A first look at a stored geometry in a box; `None` where that is not near.
    fn sight(&self, geometry: GeometryRef<'_>, window: Bounds) -> Option<Sight> {
        if self.is_near(window) { self.look(geometry, window, true) } else { None }
    }

    fn look(&self, geometry: GeometryRef<'_>, window: Bounds, is_near: bool) -> Option<Sight> {
        let is_around = Frame::around(window).holds(self.position);
        let mut ranked = Ranked::default();
        self.each(geometry, is_near, |least_2, edge| ranked.take(least_2, edge));
        let least_2 = if is_around { 0.0 } else { ranked.first_2 };
        let first = ranked.first?.piece();
        Some(Sight {
            least_2,
            first,
            second: ranked.second.map_or(first, Edge::piece),
            second_2: ranked.second_2,
            others_2: ranked.others_2,
            is_second_before: ranked.is_second_before,
            is_around,
        })
    }

    /// Metres, squared, that no position of a piece is nearer than.
    fn least_of_piece_2(&self, piece: &Piece) -> f64 {
        let frame = piece.frame();
        if self.is_near(frame.bounds()) {
            return gap_2(self.ahead(piece.a), self.ahead(piece.b)) * self.shrink_2;
        }
        let least = self.least(&frame);
        least * least
    }

    /// The end of a near piece that is nearest to the spot, where its foot is no doubt beyond an end.
    fn end_of(&self, piece: &Piece) -> Option<Position> {
        /// Squares of the cosine of how much less than a right angle is no doubt: the scales of the plane on the spot and of
        /// the one halfway differ by less than a hundredth.
        const DOUBT: f64 = 0.05 * 0.05;
        let (a, b) = (self.ahead(piece.a), self.ahead(piece.b));
        let along = [b[0] - a[0], b[1] - a[1]];
        let is_beyond = |end: Position, sign: f64| {
            let ahead = (end[0] * along[0] + end[1] * along[1]) * sign;
            let squares = |at: Position| at[0] * at[0] + at[1] * at[1];
            ahead > 0.0 && ahead * ahead > DOUBT * squares(end) * squares(along)
        };
        is_beyond(a, 1.0).then_some(piece.a).or_else(|| is_beyond(b, -1.0).then_some(piece.b))
    }

    /// The shortest way to a piece whose foot is at a position.
    fn way(&self, piece: &Piece, to: Position) -> Nearest {
        let away = [to[0] - self.position[0], to[1] - self.position[1]];
        let metres = if self.is_nearby(away) {
            self.nearby.metres(away.map(f64::to_radians))
        } else {
            metres_between(self.position, to)
        };
        let way = Nearest { metres, from: self.position, to };
        if self.is_settled(&way) {
            way
        } else {
            between(&Piece { a: self.position, b: self.position }, piece)
        }
    }

    /// Where on a piece the foot is.
    fn foot(&self, piece: &Piece) -> Position {
        if !self.is_near(piece.frame().bounds()) {
            return piece.at(piece.foot(self.position));
        }
        let scale = |latitude: f64| self.nearby.scale((latitude - self.position[1]).to_radians());
        self.end_of(piece).unwrap_or_else(|| piece.at(piece.foot_by(self.position, scale)))
    }

    /// Is what is so many degrees away so near that a series is exact?
    fn is_nearby(&self, [x, y]: [f64; 2]) -> bool {
        x.abs() <= 2.0 * Self::NEAR && y.abs() <= Self::NEAR && self.cosine >= 0.1
    }

    /// Is the way to a foot so short that the foot is where it should be?
    fn is_settled(&self, way: &Nearest) -> bool {
        // As `between` has it, whose slope is less than this one within the bounds that are near.
        let off = (self.slope + 0.25) * way.metres / LEAST_RADIUS;
        let is_near = (way.to[1] - self.position[1]).abs() <= Self::NEAR && self.cosine >= 0.1;
        is_near && way.metres * off * off <= 4e-5
    }

    /// Where a stored geometry is nearest, if that is no farther than `limit` metres: of edges that are equally near the first in
    /// their order.
    fn nearest(&self, geometry: GeometryRef<'_>, limit: f64, sight: Option<&Sight>) -> Option<Nearest> {
        let at = self.position;
        let (sight, is_near) = if let Some(sight) = sight {
            (*sight, true)
        } else {
            let window = geometry.bounds()?;
            let is_near = self.is_near(window);
            (self.look(geometry, window, is_near)?, is_near)
        };
        let Sight { least_2, first, second, second_2, others_2, is_second_before, is_around } = sight;
        if is_around && intersects_window(geometry, Bounds::of_position(at)) {
            return Some(Nearest { metres: 0.0, from: at, to: at });
        }
        if least_2 > limit * limit {
            return None;
        }
        // The piece that seems nearest rules out most others, but the one that meets it in a corner.
        let found = self.way(&first, self.foot(&first));
        let mut limit_2 = found.metres * found.metres;
        let is_within = |found: &Nearest| found.metres <= limit;
        if second_2 > limit_2 {
            return Some(found).filter(is_within);
        }
        let is_settled = self.is_settled(&found);
        // Two pieces that meet in a corner have one foot there, which is measured once.
        let way = |piece: &Piece| {
            let to = self.foot(piece);
            if is_settled && to == found.to { found } else { self.way(piece, to) }
        };
        if others_2 > limit_2 {
            let other = way(&second);
            let is_other = other.metres < found.metres || is_second_before && other.metres == found.metres;
            return Some(if is_other { other } else { found }).filter(is_within);
        }
        let mut best: Option<Nearest> = None;
        self.each(geometry, is_near, |least_2, edge| {
            if least_2 <= limit_2 {
                let piece = edge.piece();
                let found = if piece == first { found } else { way(&piece) };
                if best.is_none_or(|best| found.metres < best.metres) {
                    limit_2 = limit_2.min(found.metres * found.metres);
                    best = Some(found);
                }
            }
        });
        best.filter(is_within)
    }
}

/// A piece as it is stored: it is made a piece only when it is measured.
#[derive(Clone, Copy)]
enum Edge {
    OnGrid([Steps; 2]),
    Free(Piece),
}

impl Edge {
    fn piece(self) -> Piece {
        match self {
            Self::OnGrid([a, b]) => Piece { a: degrees(a), b: degrees(b) },
            Self::Free(piece) => piece,
        }
    }
}

/// Of pieces the two that seem nearest, of equals those that stand first, with their bounds and that of all others.
struct Ranked {
    first_2: f64,
    first: Option<Edge>,
    second_2: f64,
    second: Option<Edge>,
    is_second_before: bool,
    others_2: f64,
}

impl Default for Ranked {
    fn default() -> Self {
        let [first_2, second_2, others_2] = [f64::INFINITY; 3];
        Self { first_2, first: None, second_2, second: None, is_second_before: false, others_2 }
    }
}

impl Ranked {
    #[inline]
    fn take(&mut self, least_2: f64, edge: Edge) {
        if least_2 < self.first_2 {
            (self.others_2, self.second_2, self.second) = (self.second_2, self.first_2, self.first);
            (self.first_2, self.first, self.is_second_before) = (least_2, Some(edge), true);
        } else if least_2 < self.second_2 {
            (self.others_2, self.second_2, self.second) = (self.second_2, least_2, Some(edge));
            self.is_second_before = false;
        } else {
            self.others_2 = self.others_2.min(least_2);
        }
    }
}

/// The square of how far an edge in a plane is from its origin.
#[inline]
fn gap_2(a: Position, b: Position) -> f64 {
    let along = [b[0] - a[0], b[1] - a[1]];
    let length_2 = along[0] * along[0] + along[1] * along[1];
    let ahead = -(a[0] * along[0] + a[1] * along[1]);
    let share = if length_2 > 0.0 { (ahead / length_2).clamp(0.0, 1.0) } else { 0.0 };
    let gap = [a[0] + along[0] * share, a[1] + along[1] * share];
    gap[0] * gap[0] + gap[1] * gap[1]
}

/// Calls `act` with the ends of each edge of a line, a ring or a point and with the square of how far it is from the origin of the
/// plane in which `ahead` says where a position stands.
#[inline]
fn edges_of<T: Copy>(
    positions: &[T],
    is_ring: bool,
    ahead: impl Fn(T) -> Position,
    mut act: impl FnMut(f64, T, T),
) {
    let [first, rest @ ..] = positions else { return };
    let start = (*first, ahead(*first));
    let mut from = start;
    let mut to_next = |to: (T, Position)| {
        act(gap_2(from.1, to.1), from.0, to.0);
        from = to;
    };
    for &to in rest {
        to_next((to, ahead(to)));
    }
    // Rings are stored without their first position at the end; a point is an edge without length.
    if is_ring || rest.is_empty() {
        to_next(start);
    }
}

/// Calls `act` with the pieces of a stored geometry, in its order.
fn pieces_of(geometry: GeometryRef<'_>, mut act: impl FnMut(Piece)) {
    for part in geometry.parts() {
        for run in part.runs() {
            let Some(last) = run.len().checked_sub(1) else { continue };
            let mut from = run.at(0);
            if last == 0 {
                act(Piece { a: from, b: from });
            }
            for at in 1..=last {
                let to = run.at(at);
                each_piece(from, to, LONGEST, &mut act);
                from = to;
            }
            // Rings are stored without their first position at the end.
            if part.kind().is_areal() && last > 0 {
                each_piece(from, run.at(0), LONGEST, &mut act);
            }
        }
    }
}

/// Calls `act` with the pieces of an edge.
fn each_piece(a: Position, b: Position, longest: f64, mut act: impl FnMut(Piece)) {
    let whole = Piece { a, b };
    let size = (b[0] - a[0]).abs().max((b[1] - a[1]).abs());
    if size <= longest {
        return act(whole);
    }
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "at most 360,000")]
    let count = (size / longest).ceil().max(1.0) as u32;
    let at = |step: u32| whole.at(f64::from(step) / f64::from(count));
    (0..count).for_each(|step| act(Piece { a: at(step), b: at(step + 1) }));
}

/// A piece of an edge, straight in degrees; a point when both ends are one.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Piece {
    a: Position,
    b: Position,
}

impl Piece {
    fn at(&self, share: f64) -> Position {
        // The ends to the last bit.
        match share {
            0.0 => self.a,
            1.0 => self.b,
            _ => [0, 1].map(|axis| self.a[axis] + (self.b[axis] - self.a[axis]) * share),
        }
    }

    fn frame(&self) -> Frame {
        Frame::of(self.a).join(Frame::of(self.b))
    }

    fn is_point(&self) -> bool {
        self.a == self.b
    }

    /// Along it, the share nearest to a position, in a plane with the scale halfway to it.
    fn foot(&self, from: Position) -> f64 {
        self.foot_by(from, |latitude| scale(latitude).into())
    }

    /// The same with what tells the metres of a degree of longitude and of latitude at a latitude.
    #[inline]
    fn foot_by(&self, from: Position, scale: impl Fn(f64) -> [f64; 2]) -> f64 {
        if self.is_point() {
            return 0.0;
        }
        let along = [self.b[0] - self.a[0], self.b[1] - self.a[1]];
        let to = [turned(from[0] - self.a[0]), from[1] - self.a[1]];
        let (low, high) = (self.a[1].min(self.b[1]), self.a[1].max(self.b[1]));
        let mut latitude = f64::midpoint(from[1], from[1].clamp(low, high));
        let mut share = 0.0;
        for _ in 0..3 {
            let scale = scale(latitude);
            let [x, y] = [along[0] * scale[0], along[1] * scale[1]];
            let length_2 = x * x + y * y;
            let ahead = to[0] * scale[0] * x + to[1] * scale[1] * y;
            share = if length_2 > 0.0 { (ahead / length_2).clamp(0.0, 1.0) } else { 0.0 };
            let halfway = f64::midpoint(from[1], self.a[1] + along[1] * share);
            if (halfway - latitude).abs() < 1e-3 {
                break;
            }
            latitude = halfway;
        }
        share
    }
}

/// The shortest way between two pieces.
fn between(p: &Piece, q: &Piece) -> Nearest {
    let way = |[s, t]: [f64; 2]| {
        let (from, to) = (p.at(s), q.at(t));
        Nearest { metres: metres_between(from, to), from, to }
    };
    if p.is_point() && q.is_point() {
        return way([0.0; 2]);
    }
    let mut shares = [0.0; 2];
    let mut best = Nearest { metres: f64::INFINITY, from: p.a, to: q.a };
    let mut take = |found: [f64; 2]| {
        let nearest = way(found);
        if nearest.metres < best.metres {
            (shares, best) = (found, nearest);
        }
    };
    // From each end of one the nearest position on the other; a point has one end.
    for end in [0.0, 1.0] {
        if !q.is_point() && (end == 0.0 || !p.is_point()) {
            take([end, q.foot(p.at(end))]);
        }
        if !p.is_point() && (end == 0.0 || !q.is_point()) {
            take([p.foot(q.at(end)), end]);
        }
    }
    // The scale changes on the way by the slope times the angle: the foot is off by that share of the way, the way by its square.
    let latitude = best.from[1].abs().max(best.to[1].abs()).min(89.999_999);
    let off = latitude.to_radians().tan() * best.metres / LEAST_RADIUS + best.metres / LEAST_RADIUS / 4.0;
    if best.metres * off * off > 4e-5 {
        improve(p, q, shares, &mut best);
    }
    best
}

/// Moves each end of a way along its piece to where the geodesic is shortest, in turn.
fn improve(p: &Piece, q: &Piece, mut shares: [f64; 2], best: &mut Nearest) {
    for _ in 0..6 {
        let before = best.metres;
        for (which, piece) in [p, q].into_iter().enumerate() {
            if piece.is_point() {
                continue;
            }
            let other = if which == 0 { q.at(shares[1]) } else { p.at(shares[0]) };
            shares[which] = least_at(|share| metres_between(piece.at(share), other));
        }
        let (from, to) = (p.at(shares[0]), q.at(shares[1]));
        let metres = metres_between(from, to);
        if metres < best.metres {
            *best = Nearest { metres, from, to };
        }
        if before - best.metres < 1e-5 {
            break;
        }
    }
}

/// A shape as pieces, with boxes around neighbours.
struct Pieces {
    pieces: Vec<Piece>,
    /// Boxes of pieces, then of `FAN` boxes each, up to one box.
    levels: Vec<Vec<Frame>>,
}

impl Pieces {
    fn of(topology: &Topology, longest: f64) -> Self {
        let points = topology.points.iter().map(|&at| Piece { a: at, b: at });
        let mut pieces: Vec<Piece> = Vec::with_capacity(topology.edges.len() + topology.points.len());
        for edge in &topology.edges {
            each_piece(edge.a, edge.b, longest, |piece| pieces.push(piece));
        }
        pieces.extend(points);
        let mut levels: Vec<Vec<Frame>> = vec![pieces.iter().map(Piece::frame).collect()];
        while let Some(last) = levels.last().filter(|last| last.len() > 1) {
            let above = last.chunks(FAN).filter_map(|boxes| boxes.iter().copied().reduce(Frame::join));
            levels.push(above.collect());
        }
        Self { pieces, levels }
    }

    fn root(&self) -> Option<Node> {
        self.levels
            .last()
            .filter(|boxes| !boxes.is_empty())
            .map(|_| Node { level: self.levels.len() - 1, at: 0 })
    }

    fn frame(&self, node: Node) -> &Frame {
        &self.levels[node.level][node.at]
    }

    fn below(&self, node: Node) -> impl Iterator<Item = Node> + use<> {
        let level = node.level.saturating_sub(1);
        let first = node.at * FAN;
        (first..(first + FAN).min(self.levels[level].len())).map(move |at| Node { level, at })
    }

    /// Metres that nothing in a box is nearer than to a piece.
    fn least(&self, frame: &Frame) -> f64 {
        let Some(root) = self.root() else { return f64::INFINITY };
        let mut least = f64::INFINITY;
        let mut open = vec![(least_between(self.frame(root), frame), root)];
        while let Some((known, node)) = open.pop() {
            if known >= least {
                continue;
            }
            if node.level == 0 {
                least = known;
                continue;
            }
            let first = open.len();
            open.extend(self.below(node).map(|node| (least_between(self.frame(node), frame), node)));
            // The nearest is looked at first, so that it rules out the others.
            open[first..].sort_by(|a, b| b.0.total_cmp(&a.0));
        }
        least
    }

    /// Where the pieces of another shape are nearest, none of which meets these.
    fn nearest(&self, other: &Self) -> Option<Nearest> {
        let bound = |a: Node, b: Node| {
            let (a, b) = (self.frame(a), other.frame(b));
            least_of_far(a, b, least_between(a, b))
        };
        let (a, b) = (self.root()?, other.root()?);
        let mut open = BinaryHeap::from([Pair { least: bound(a, b), nodes: [a, b] }]);
        let mut best: Option<Nearest> = None;
        let limit = |best: &Option<Nearest>| best.map_or(f64::INFINITY, |best| best.metres);
        while let Some(Pair { least, nodes: [a, b] }) = open.pop() {
            if least >= limit(&best) {
                break;
            }
            if a.level == 0 && b.level == 0 {
                let found = between(&self.pieces[a.at], &other.pieces[b.at]);
                if found.metres < limit(&best) {
                    best = Some(found);
                }
                continue;
            }
            let mut push = |a: Node, b: Node| {
                let least = bound(a, b);
                if least < limit(&best) {
                    open.push(Pair { least, nodes: [a, b] });
                }
            };
            if a.level >= b.level {
                self.below(a).for_each(|a| push(a, b));
            } else {
                other.below(b).for_each(|b| push(a, b));
            }
        }
        best
    }
}

#[derive(Clone, Copy)]
struct Node {
    level: usize,
    at: usize,
}

/// Two boxes and the metres that nothing in them is nearer than; the nearest stands on top of a heap.
struct Pair {
    least: f64,
    nodes: [Node; 2],
}

impl Ord for Pair {
    fn cmp(&self, other: &Self) -> Ordering {
        other.least.total_cmp(&self.least)
    }
}

impl PartialOrd for Pair {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Pair {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other) == Ordering::Equal
    }
}

impl Eq for Pair {}

/// A position that two shapes share which are known to share one: an end or a point of one in the other, or where two
/// of their edges cross.
fn shared(a: &Topology, b: &Topology) -> Option<Position> {
    fn within(of: &Topology, other: &Topology) -> Option<Position> {
        let frame = other.frame?;
        let holds = |at: Position| super::matrix::place(other, at) != super::topology::Place::Exterior;
        of.points_in(&frame).find(|&at| holds(at)).or_else(|| {
            let mut found = None;
            of.any_edge(&frame, |_, edge| {
                found = [edge.a, edge.b].into_iter().find(|&at| frame.holds(at) && holds(at));
                found.is_some()
            });
            found
        })
    }
    within(a, b).or_else(|| within(b, a)).or_else(|| {
        let common = a.frame?.common(&b.frame?);
        let mut found = None;
        a.any_edge(&common, |_, first| {
            b.any_edge(&first.frame(), |_, second| {
                let share = share_of_crossing([first.a, first.b], [second.a, second.b]);
                found = share.map(|share| Piece { a: first.a, b: first.b }.at(share));
                found.is_some()
            })
        });
        found
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_are_as_exact_as_what_they_stand_for() {
        for latitude in [-84.0_f64, -45.0, -0.01, 0.0, 30.5, 60.0, 84.0] {
            let nearby = Nearby::new(latitude);
            for step in 0..=400 {
                let share = |turns: f64| (f64::from(step) * turns).sin();
                let away = [2.0 * Spot::NEAR * share(0.7), Spot::NEAR * share(1.9)];
                let to = [114.0 + away[0], latitude + away[1]];
                // What was rounded on the way to degrees is not the series' fault.
                let away = [to[0] - 114.0, to[1] - latitude].map(f64::to_radians);
                let (metres, want) = (nearby.metres(away), metres_between([114.0, latitude], to));
                assert!((metres - want).abs() < 2e-8, "{latitude} {away:?}: {metres} {want}");
                let geodesic = Geodesic.distance(Point::new(114.0, latitude), Point::from(to));
                assert!((metres - geodesic).abs() < 1e-6, "{latitude} {away:?}: {metres} {geodesic}");
                let (short, long) = (nearby.scale(away[1]), scale(to[1]));
                for (short, long) in [(short[0], long.x), (short[1], long.y)] {
                    assert!((short / long - 1.0).abs() < 1e-8, "{latitude} {away:?}: {short} {long}");
                }
            }
        }
    }
}
