//! Which points of a picture does a geometry have, and which of them are in sight?
//!
//! In: geometries in degrees, a frame. Out: points, lines and rings in CSS pixels, cut off a little outside the picture,
//! as paths. Leaves out: how they are drawn.

use geo_types::{Geometry, LineString, Polygon};
use tiny_skia::{Path, PathBuilder};

use super::frame::{Frame, Point};

/// How far beyond the picture geometries reach, CSS pixels: wider than half of any line, with its offset.
pub const MARGIN: f32 = 64.0;

/// Points nearer to each other than this are one, CSS pixels.
const NEAR: f32 = 0.1;

/// A geometry of one kind on a picture.
#[derive(Debug, Clone, PartialEq)]
pub struct Outline {
    /// Its points, lines or rings.
    pub parts: Parts,
}

/// What a geometry is made of.
#[derive(Debug, Clone, PartialEq)]
pub enum Parts {
    /// Points.
    Points(Vec<Point>),
    /// Lines.
    Lines(Vec<Vec<Point>>),
    /// Polygons, each of rings whose last point is not the first again; the outer ring first.
    Polygons(Vec<Vec<Vec<Point>>>),
}

/// A piece of a line in sight.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// Its points.
    pub points: Vec<Point>,
    /// How much of the line lies before it.
    pub before: f32,
    /// Does it end where it begins?
    pub closed: bool,
}

impl Outline {
    /// The parts of a geometry, one for each kind that is in it; none for parts out of sight.
    #[must_use]
    pub fn all_of(geometry: &Geometry<f64>, frame: &Frame) -> Vec<Self> {
        let mut outlines = Vec::new();
        collect(geometry, frame, &mut outlines);
        outlines
    }

    /// What the expression `geometry-type` says.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self.parts {
            Parts::Points(_) => "Point",
            Parts::Lines(_) => "LineString",
            Parts::Polygons(_) => "Polygon",
        }
    }

    /// Is any of it on the picture itself, without the margin?
    #[must_use]
    pub fn is_in_sight(&self, frame: &Frame) -> bool {
        let [width, height] = frame.extent();
        let inside = |[x, y]: &Point| (0.0..=width).contains(x) && (0.0..=height).contains(y);
        let crosses = |pair: (&Point, &Point)| within(*pair.0, *pair.1, [width, height], 0.0).is_some();
        match &self.parts {
            Parts::Points(points) => points.iter().any(inside),
            Parts::Lines(lines) => lines.iter().any(|line| line.iter().zip(line.iter().skip(1)).any(crosses)),
            Parts::Polygons(polygons) => {
                let edges = |ring: &Vec<Point>| ring.iter().zip(ring.iter().cycle().skip(1)).any(crosses);
                polygons
                    .iter()
                    .any(|rings| rings.iter().any(edges) || holds(rings, [width / 2.0, height / 2.0]))
            }
        }
    }

    /// The areas as one path, cut off at the margin.
    #[must_use]
    pub fn area(&self, frame: &Frame) -> Option<Path> {
        let mut path = PathBuilder::new();
        self.add_area(frame, &mut path);
        path.finish()
    }

    /// Adds the areas to a path.
    pub fn add_area(&self, frame: &Frame, path: &mut PathBuilder) {
        let Parts::Polygons(polygons) = &self.parts else { return };
        for ring in polygons.iter().flatten() {
            push(path, &cut_ring(ring, frame), true);
        }
    }

    /// The lines, and the rings of areas as lines, moved to their right by an offset; for areas a positive one leads
    /// inward.
    #[must_use]
    pub fn pieces(&self, offset: f32, frame: &Frame) -> Vec<Piece> {
        match &self.parts {
            Parts::Points(_) => Vec::new(),
            Parts::Lines(lines) => {
                lines.iter().flat_map(|line| cut_line(&moved(line, offset, false), false, frame)).collect()
            }
            Parts::Polygons(polygons) => {
                let pieces = polygons.iter().flat_map(|rings| {
                    rings.iter().enumerate().flat_map(move |(at, ring)| {
                        let clockwise = signed_area(ring) > 0.0;
                        let inward = if clockwise == (at == 0) { offset } else { -offset };
                        cut_line(&moved(ring, inward, true), true, frame)
                    })
                });
                pieces.collect()
            }
        }
    }
}

fn collect(geometry: &Geometry<f64>, frame: &Frame, outlines: &mut Vec<Outline>) {
    let point = |coord: geo_types::Coord| frame.project([coord.x + frame.turn(coord.x), coord.y]);
    let line = |line: &LineString| run(line, frame);
    let rings = |polygon: &Polygon| {
        let rings = std::iter::once(polygon.exterior()).chain(polygon.interiors());
        rings
            .map(|ring| {
                let mut ring = run(ring, frame);
                ring.pop();
                ring
            })
            .filter(|ring| ring.len() > 2)
            .collect::<Vec<_>>()
    };
    let parts = match geometry {
        Geometry::Point(at) => Parts::Points(vec![point(at.0)]),
        Geometry::MultiPoint(points) => Parts::Points(points.iter().map(|at| point(at.0)).collect()),
        Geometry::LineString(only) => Parts::Lines(vec![line(only)]),
        Geometry::MultiLineString(lines) => Parts::Lines(lines.iter().map(line).collect()),
        Geometry::Polygon(only) => Parts::Polygons(vec![rings(only)]),
        Geometry::MultiPolygon(polygons) => Parts::Polygons(polygons.iter().map(rings).collect()),
        Geometry::GeometryCollection(members) => {
            members.iter().for_each(|member| collect(member, frame, outlines));
            return;
        }
        Geometry::Line(_) | Geometry::Rect(_) | Geometry::Triangle(_) => return,
    };
    let points: Box<dyn Iterator<Item = &Point>> = match &parts {
        Parts::Points(points) => Box::new(points.iter()),
        Parts::Lines(lines) => Box::new(lines.iter().flatten()),
        Parts::Polygons(polygons) => Box::new(polygons.iter().flatten().flatten()),
    };
    let [width, height] = frame.extent();
    let (mut low, mut high) = ([f32::INFINITY; 2], [f32::NEG_INFINITY; 2]);
    for [x, y] in points {
        (low, high) = ([low[0].min(*x), low[1].min(*y)], [high[0].max(*x), high[1].max(*y)]);
    }
    if low[0] <= width + MARGIN && low[1] <= height + MARGIN && high[0] >= -MARGIN && high[1] >= -MARGIN {
        outlines.push(Outline { parts });
    }
}

/// A line on the picture, points that are next to nothing apart left out; the first and the last stay.
fn run(line: &LineString, frame: &Frame) -> Vec<Point> {
    let longitudes = line.0.iter().map(|coord| coord.x);
    let (west, east) =
        (longitudes.clone().fold(f64::INFINITY, f64::min), longitudes.fold(f64::NEG_INFINITY, f64::max));
    // A line around the world stays where it is.
    let turn = if east - west < 180.0 { frame.turn(f64::midpoint(west, east)) } else { 0.0 };
    let mut points: Vec<Point> = Vec::with_capacity(line.0.len());
    for (at, coord) in line.0.iter().enumerate() {
        let next = frame.project([coord.x + turn, coord.y]);
        match points.last() {
            Some(&kept) if distance(kept, next) < NEAR => {
                if at + 1 == line.0.len() && points.len() > 1 {
                    points.pop();
                    points.push(next);
                }
            }
            _ => points.push(next),
        }
    }
    points
}

/// How far two points are from each other.
#[must_use]
pub fn distance(a: Point, b: Point) -> f32 {
    (a[0] - b[0]).hypot(a[1] - b[1])
}

/// How long a line is.
#[must_use]
pub fn length(points: &[Point]) -> f32 {
    points.windows(2).map(|pair| distance(pair[0], pair[1])).sum()
}

/// Positive when the ring runs clockwise on the picture.
fn signed_area(ring: &[Point]) -> f32 {
    let next = ring.iter().cycle().skip(1);
    ring.iter().zip(next).map(|(a, b)| a[0] * b[1] - b[0] * a[1]).sum()
}

fn push(path: &mut PathBuilder, points: &[Point], closed: bool) {
    let [first, rest @ ..] = points else { return };
    if rest.is_empty() {
        return;
    }
    path.move_to(first[0], first[1]);
    for point in rest {
        path.line_to(point[0], point[1]);
    }
    if closed {
        path.close();
    }
}

/// Pieces of a line as one path.
#[must_use]
pub fn path_of(pieces: &[Piece]) -> Option<Path> {
    let mut path = PathBuilder::new();
    for piece in pieces {
        push(&mut path, &piece.points, piece.closed);
    }
    path.finish()
}

/// The part of a ring within the margin: one edge after the other cuts it (Sutherland and Hodgman). Where it leaves
/// the margin it runs along it, out of sight.
fn cut_ring(ring: &[Point], frame: &Frame) -> Vec<Point> {
    let [width, height] = frame.extent();
    let mut points = ring.to_vec();
    for (axis, limit, sign) in
        [(0, -MARGIN, 1.0), (0, width + MARGIN, -1.0), (1, -MARGIN, 1.0), (1, height + MARGIN, -1.0)]
    {
        let inside = |point: &Point| (point[axis] - limit) * sign >= 0.0;
        if points.iter().all(inside) {
            continue;
        }
        let mut kept = Vec::with_capacity(points.len() + 4);
        for (at, point) in points.iter().enumerate() {
            let before = &points[(at + points.len() - 1) % points.len()];
            if inside(before) != inside(point) {
                let share = (limit - before[axis]) / (point[axis] - before[axis]);
                let mut cut =
                    [before[0] + (point[0] - before[0]) * share, before[1] + (point[1] - before[1]) * share];
                cut[axis] = limit;
                kept.push(cut);
            }
            if inside(point) {
                kept.push(*point);
            }
        }
        points = kept;
    }
    points
}

/// The pieces of a line within the margin.
fn cut_line(points: &[Point], closed: bool, frame: &Frame) -> Vec<Piece> {
    let [width, height] = frame.extent();
    let inside =
        |[x, y]: &Point| (-MARGIN..=width + MARGIN).contains(x) && (-MARGIN..=height + MARGIN).contains(y);
    if points.len() < 2 {
        return Vec::new();
    }
    if points.iter().all(inside) {
        return vec![Piece { points: points.to_vec(), before: 0.0, closed }];
    }
    let end = closed.then(|| points[0]);
    let all: Vec<Point> = points.iter().copied().chain(end).collect();
    let mut pieces: Vec<Piece> = Vec::new();
    let mut walked = 0.0;
    let mut open = false;
    for pair in all.windows(2) {
        let long = distance(pair[0], pair[1]);
        match within(pair[0], pair[1], [width, height], MARGIN) {
            None => open = false,
            Some((from, to)) => {
                let at = |share: f32| {
                    [
                        pair[0][0] + (pair[1][0] - pair[0][0]) * share,
                        pair[0][1] + (pair[1][1] - pair[0][1]) * share,
                    ]
                };
                if !open || from > 0.0 {
                    pieces.push(Piece {
                        points: vec![at(from)],
                        before: walked + from * long,
                        closed: false,
                    });
                }
                if let Some(piece) = pieces.last_mut() {
                    piece.points.push(at(to));
                }
                open = to >= 1.0;
            }
        }
        walked += long;
    }
    pieces
}

/// Do rings hold a point, by the rule of even and odd?
fn holds(rings: &[Vec<Point>], [x, y]: Point) -> bool {
    let crosses = |(a, b): (&Point, &Point)| {
        (a[1] > y) != (b[1] > y) && x < a[0] + (b[0] - a[0]) * (y - a[1]) / (b[1] - a[1])
    };
    let crossings = |ring: &Vec<Point>| {
        ring.iter().zip(ring.iter().cycle().skip(1)).filter(|pair| crosses(*pair)).count()
    };
    rings.iter().map(crossings).sum::<usize>() % 2 == 1
}

/// The shares of a segment between which it is within a margin (Liang and Barsky).
fn within(a: Point, b: Point, extent: Point, margin: f32) -> Option<(f32, f32)> {
    let (mut from, mut to) = (0.0f32, 1.0f32);
    for axis in 0..2 {
        let way = b[axis] - a[axis];
        let (low, high) = (-margin - a[axis], extent[axis] + margin - a[axis]);
        if way == 0.0 {
            if low > 0.0 || high < 0.0 {
                return None;
            }
            continue;
        }
        let (enter, leave) = if way > 0.0 { (low / way, high / way) } else { (high / way, low / way) };
        (from, to) = (from.max(enter), to.min(leave));
    }
    (from < to).then_some((from, to))
}

/// A line moved to its right.
#[must_use]
pub fn moved(points: &[Point], offset: f32, closed: bool) -> Vec<Point> {
    let count = points.len();
    if offset == 0.0 || count < 2 {
        return points.to_vec();
    }
    let normal = |a: Point, b: Point| {
        let long = distance(a, b).max(f32::MIN_POSITIVE);
        [-(b[1] - a[1]) / long, (b[0] - a[0]) / long]
    };
    let side = |at: usize| {
        let before = (at > 0 || closed).then(|| normal(points[(at + count - 1) % count], points[at]));
        let after = (at + 1 < count || closed).then(|| normal(points[at], points[(at + 1) % count]));
        let (a, b) = (before.or(after), after.or(before));
        let (a, b) = (a.unwrap_or([0.0; 2]), b.unwrap_or([0.0; 2]));
        let sum = [a[0] + b[0], a[1] + b[1]];
        // The corner lies on both moved lines, but no farther off than twice the offset.
        let reach = (2.0 / (sum[0] * sum[0] + sum[1] * sum[1])).min(2.0);
        [points[at][0] + sum[0] * reach * offset, points[at][1] + sum[1] * reach * offset]
    };
    (0..count).map(side).collect()
}

#[cfg(test)]
mod tests {
    use super::super::frame::Size;
    use super::*;

    /// A picture of 100 by 100 pixels around the origin on which a pixel is a degree.
    fn frame() -> Frame {
        let zoom = (360.0f64 / 512.0).log2();
        // Below zoom 0 nothing is drawn, so a pixel is 360/512 of a degree here.
        assert!(zoom < 0.0);
        Frame::at([0.0, 0.0], 0.0, Size { width: 100, height: 100, scale: 1.0 })
    }

    /// At zoom 9 the world has 512 × 512 pixels: 0.05 degrees are 36.41 of them.
    #[test]
    fn points_beyond_the_antimeridian_stand_next_to_the_middle() {
        let points = geo_types::MultiPoint::from(vec![(179.95, 0.0), (-179.95, 0.0)]);
        let both = [[50.0 - 36.41, 50.0], [50.0 + 36.41, 50.0]];
        let is_at =
            |[x, y]: Point, [want_x, want_y]: Point| (x - want_x).abs() < 0.1 && (y - want_y).abs() < 0.1;
        for middle in [180.0, -180.0] {
            let frame = Frame::at([middle, 0.0], 9.0, Size { width: 100, height: 100, scale: 1.0 });
            let outlines = Outline::all_of(&points.clone().into(), &frame);
            let [Outline { parts: Parts::Points(found) }] = &outlines[..] else { panic!("{outlines:?}") };
            assert!(
                found.len() == 2 && found.iter().zip(both).all(|(at, want)| is_at(*at, want)),
                "{found:?}"
            );
            for (point, want) in points.iter().zip(both) {
                let outlines = Outline::all_of(&(*point).into(), &frame);
                let [Outline { parts: Parts::Points(found) }] = &outlines[..] else { panic!("{outlines:?}") };
                assert!(is_at(found[0], want), "{found:?}");
            }
        }
    }

    #[test]
    fn rings_are_cut_at_the_margin() {
        let square = [[-1000.0, 20.0], [50.0, 20.0], [50.0, 80.0], [-1000.0, 80.0]];
        assert_eq!(
            cut_ring(&square, &frame()),
            [[50.0, 20.0], [50.0, 80.0], [-MARGIN, 80.0], [-MARGIN, 20.0]].to_vec().rotated()
        );
        let around = [[-1e6, -1e6], [1e6, -1e6], [1e6, 1e6], [-1e6, 1e6]];
        let cut = cut_ring(&around, &frame());
        assert_eq!(signed_area(&cut).abs() / 2.0, (100.0 + 2.0 * MARGIN).powi(2));
        assert!(cut_ring(&[[500.0, 0.0], [600.0, 0.0], [600.0, 50.0]], &frame()).is_empty());
    }

    trait Rotated {
        fn rotated(self) -> Self;
    }

    impl Rotated for Vec<Point> {
        /// The cut ring begins with the point where it enters.
        fn rotated(mut self) -> Self {
            self.rotate_right(1);
            self
        }
    }

    #[test]
    fn lines_are_cut_into_pieces_that_know_what_lies_before_them() {
        let line = [[-200.0, 50.0], [300.0, 50.0], [300.0, 60.0], [50.0, 60.0]];
        let pieces = cut_line(&line, false, &frame());
        assert_eq!(pieces.len(), 2, "{pieces:?}");
        assert_eq!(pieces[0].points, [[-MARGIN, 50.0], [100.0 + MARGIN, 50.0]]);
        assert!((pieces[0].before - (200.0 - MARGIN)).abs() < 0.01);
        assert!((pieces[1].before - (510.0 + 300.0 - 164.0)).abs() < 0.01);
        let ring = [[10.0, 10.0], [90.0, 10.0], [90.0, 90.0]];
        assert!(cut_line(&ring, true, &frame())[0].closed);
    }

    #[test]
    fn lines_move_to_their_right_and_rings_inward() {
        // Eastward, the right is south, which is down.
        assert_eq!(moved(&[[0.0, 0.0], [10.0, 0.0]], 3.0, false), [[0.0, 3.0], [10.0, 3.0]]);
        // A clockwise square of ten.
        let square = vec![[0.0, 0.0], [10.0, 0.0], [10.0, 10.0], [0.0, 10.0]];
        let outline = |ring: Vec<Point>| Outline { parts: Parts::Polygons(vec![vec![ring]]) };
        let inward = [[2.0, 2.0], [8.0, 2.0], [8.0, 8.0], [2.0, 8.0]];
        assert_eq!(outline(square.clone()).pieces(2.0, &frame())[0].points, inward);
        let turned: Vec<_> = square.into_iter().rev().collect();
        let mut moved = outline(turned).pieces(2.0, &frame())[0].points.clone();
        moved.reverse();
        assert_eq!(moved, inward);
    }
}
