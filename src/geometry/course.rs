//! `Course`: a line that is measured along from its start.
//!
//! In: a line. Out: metres from its start (chainage), sides, the stretch of it in an area. Leaves out: features.
//!
//! Its length is that of the geodesics between its positions; between two of them metres are shared out evenly.
//! Several lines in one geometry follow each other as they are stored, and what lies between them is not counted.

use super::area::Area;
use super::array::GeometryRef;
use super::bounds::Bounds;
use super::measure::scale;
use super::nearest::{Nearest, Origin, metres_between};
use super::shape::Shape;
use super::topology::Topology;

/// A side of a line, looking along it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// On the left.
    Left,
    /// On the right.
    Right,
}

/// An end of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    /// The first position.
    Start,
    /// The last.
    End,
}

/// Edges and the metres before each.
#[derive(Debug, Clone)]
pub struct Course {
    edges: Vec<[[f64; 2]; 2]>,
    before: Vec<f64>,
    length: f64,
}

/// A position on a course.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Spot {
    /// Metres from the start.
    pub chainage_m: f64,
    edge: usize,
    share: f64,
}

/// Where a geometry stands along a course.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Standing {
    /// The shortest way from the line to it.
    pub nearest: Nearest,
    /// The spot of the line that is nearest to it.
    pub spot: Spot,
    /// Metres from the start to that spot; to the middle of the stretch, where there is one.
    pub chainage_m: f64,
    /// Metres along the line where it enters the area of the geometry and where it leaves it for good.
    pub stretch: Option<[f64; 2]>,
}

impl Course {
    /// `None` for what is no line, or a line without length.
    #[must_use]
    pub fn new(shape: &Shape) -> Option<Self> {
        let lines = match shape {
            Shape::LineString(line) => std::slice::from_ref(line),
            Shape::MultiLineString(lines) => &lines.0,
            _ => return None,
        };
        let edges = lines.iter().flat_map(geo_types::LineString::lines);
        let edges: Vec<[[f64; 2]; 2]> =
            edges.map(|edge| [edge.start.into(), edge.end.into()]).filter(|[a, b]| a != b).collect();
        let (mut before, mut length) = (Vec::with_capacity(edges.len()), 0.0);
        for &[a, b] in &edges {
            before.push(length);
            length += metres_between(a, b);
        }
        (length > 0.0).then_some(Self { edges, before, length })
    }

    /// Metres from start to end.
    #[must_use]
    pub fn length_m(&self) -> f64 {
        self.length
    }

    /// The smallest window around it.
    pub(super) fn bounds(&self) -> Option<Bounds> {
        let mut positions = self.edges.iter().flatten();
        let mut bounds = Bounds::of_position(*positions.next()?);
        positions.for_each(|position| bounds.extend(*position));
        Some(bounds)
    }

    /// Where a position on the line, or next to it, stands along it; of equally near spots the first.
    #[must_use]
    pub fn spot(&self, position: [f64; 2]) -> Spot {
        let mut best = (f64::INFINITY, Spot { chainage_m: 0.0, edge: 0, share: 0.0 });
        for (at, &[a, b]) in self.edges.iter().enumerate() {
            let scale = scale(position[1]);
            let plane = |p: [f64; 2], q: [f64; 2]| [(p[0] - q[0]) * scale.x, (p[1] - q[1]) * scale.y];
            let (along, to) = (plane(b, a), plane(position, a));
            let length_2 = along[0] * along[0] + along[1] * along[1];
            let share = ((to[0] * along[0] + to[1] * along[1]) / length_2).clamp(0.0, 1.0);
            let gap = (to[0] - share * along[0]).hypot(to[1] - share * along[1]);
            // A corner is met from both of its edges; rounding must not choose between them.
            if gap < best.0 - 1e-6 {
                best = (gap, self.at(at, share));
            }
        }
        best.1
    }

    /// Where a geometry stands along the line, of which `origin` is made; `None` for an empty one.
    #[must_use]
    pub fn standing(&self, origin: &Origin, geometry: GeometryRef<'_>) -> Option<Standing> {
        let nearest = origin.nearest(geometry)?;
        let spot = self.spot(nearest.from);
        let is_inside = nearest.metres == 0.0;
        let stretch = if is_inside && geometry.kind().is_areal() {
            Area::new(geometry.to_shape()).and_then(|area| self.stretch(&area))
        } else {
            None
        };
        let chainage_m = stretch.map_or(spot.chainage_m, |[first, last]| f64::midpoint(first, last));
        Some(Standing { nearest, spot, chainage_m, stretch })
    }

    /// About how many metres from the start a position next to the line stands, and about how far from it.
    pub(super) fn about(&self, position: [f64; 2]) -> [f64; 2] {
        let scale = scale(position[1]);
        let plane = |p: [f64; 2], q: [f64; 2]| [(p[0] - q[0]) * scale.x, (p[1] - q[1]) * scale.y];
        let mut best = [0.0, f64::INFINITY];
        for (at, &[a, b]) in self.edges.iter().enumerate() {
            let (along, to) = (plane(b, a), plane(position, a));
            let length_2 = along[0] * along[0] + along[1] * along[1];
            let share = ((to[0] * along[0] + to[1] * along[1]) / length_2).clamp(0.0, 1.0);
            let gap = (to[0] - share * along[0]).hypot(to[1] - share * along[1]);
            if gap < best[1] - 1e-6 {
                let end = self.before.get(at + 1).copied().unwrap_or(self.length);
                best = [self.before[at] + (end - self.before[at]) * share, gap];
            }
        }
        best
    }

    fn at(&self, edge: usize, share: f64) -> Spot {
        let [a, b] = self.edges[edge];
        let position = [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
        let (behind, ahead) = (metres_between(a, position), metres_between(position, b));
        let length = metres_between(a, b);
        Spot { chainage_m: self.before[edge] + length * behind / (behind + ahead), edge, share }
    }

    /// On which side of the line a position lies that is nearest to it at a spot; `None` straight ahead of an end or on it.
    #[must_use]
    pub fn side(&self, spot: Spot, position: [f64; 2]) -> Option<Side> {
        let [a, b] = self.edges[spot.edge];
        let turn = (b[0] - a[0]) * (position[1] - a[1]) - (b[1] - a[1]) * (position[0] - a[0]);
        match turn.total_cmp(&0.0) {
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Less => Some(Side::Right),
            std::cmp::Ordering::Greater => Some(Side::Left),
        }
    }

    /// The end that a position lies beyond, whose nearest spot of the line is that end.
    #[must_use]
    pub fn beyond(&self, spot: Spot, position: [f64; 2]) -> Option<End> {
        let [a, b] = self.edges[spot.edge];
        let scale = scale(position[1]);
        let plane = |p: [f64; 2], q: [f64; 2]| [(p[0] - q[0]) * scale.x, (p[1] - q[1]) * scale.y];
        let along = plane(b, a);
        let ahead = |from: [f64; 2]| {
            let to = plane(position, from);
            to[0] * along[0] + to[1] * along[1]
        };
        // A foot on the end stands at a right angle to rounding; a millimetre along is beyond it.
        let least = 1e-3 * along[0].hypot(along[1]);
        if spot.edge == 0 && spot.share <= 0.0 && ahead(a) < -least {
            return Some(End::Start);
        }
        let is_last = spot.edge + 1 == self.edges.len();
        (is_last && spot.share >= 1.0 && ahead(b) > least).then_some(End::End)
    }

    /// Metres from the start where the line first enters an area and where it last leaves it; `None` where it does not
    /// run in it.
    #[must_use]
    pub fn stretch(&self, area: &Area) -> Option<[f64; 2]> {
        let border = Topology::of_shape(&area.border_in(area.bounds()));
        let mut stretch: Option<[f64; 2]> = None;
        for (at, &[a, b]) in self.edges.iter().enumerate() {
            let mut shares = vec![0.0, 1.0];
            let frame = super::topology::Frame::of(a).join(super::topology::Frame::of(b));
            border.any_edge(&frame, |_, edge| {
                shares.extend(share_of_crossing([a, b], [edge.a, edge.b]));
                false
            });
            shares.sort_by(f64::total_cmp);
            for pair in shares.windows(2) {
                let middle = f64::midpoint(pair[0], pair[1]);
                let position = [a[0] + (b[0] - a[0]) * middle, a[1] + (b[1] - a[1]) * middle];
                if pair[0] < pair[1] && area.holds(position) {
                    let [first, last] = [pair[0], pair[1]].map(|share| self.at(at, share).chainage_m);
                    stretch = Some([stretch.map_or(first, |known| known[0]), last]);
                }
            }
        }
        stretch
    }
}

/// Along the first line, the share where the second crosses it, in the plane of degrees.
pub(super) fn share_of_crossing(first: [[f64; 2]; 2], second: [[f64; 2]; 2]) -> Option<f64> {
    let cross = |p: [f64; 2], q: [f64; 2]| p[0] * q[1] - p[1] * q[0];
    let minus = |p: [f64; 2], q: [f64; 2]| [p[0] - q[0], p[1] - q[1]];
    let (along, other) = (minus(first[1], first[0]), minus(second[1], second[0]));
    let (apart, turn) = (minus(second[0], first[0]), cross(along, other));
    // Parallel lines have a turn of 0 and no shares that are numbers from 0 to 1.
    let shares = [cross(apart, other) / turn, cross(apart, along) / turn];
    shares.iter().all(|share| (0.0..=1.0).contains(share)).then_some(shares[0])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::Area;

    /// Along the equator, where a degree of longitude is 111,319.490793 m (the semi-major axis times pi / 180).
    const DEGREE: f64 = 111_319.490_793_273_57;

    fn equator() -> Course {
        Course::new(&Shape::LineString(vec![[0.0, 0.0], [1.0, 0.0], [1.0, 0.0], [3.0, 0.0]].into()))
            .expect("a line")
    }

    #[test]
    fn metres_grow_along_the_line() {
        let course = equator();
        assert!((course.length_m() - 3.0 * DEGREE).abs() < 1e-4);
        for (x, want) in [(0.0, 0.0), (0.5, 0.5), (1.0, 1.0), (2.5, 2.5), (3.0, 3.0)] {
            let spot = course.spot([x, 0.0]);
            assert!((spot.chainage_m - want * DEGREE).abs() < 1e-4, "{x}: {spot:?}");
        }
        assert!(Course::new(&Shape::Point([0.0, 0.0].into())).is_none());
        assert!(Course::new(&Shape::LineString(vec![[1.0, 1.0], [1.0, 1.0]].into())).is_none());
    }

    #[test]
    fn sides_and_ends() {
        let course = equator();
        let at = |x: f64, y: f64| {
            let spot = course.spot([x, y]);
            (course.side(spot, [x, y]), course.beyond(spot, [x, y]))
        };
        assert_eq!(at(0.5, 0.1), (Some(Side::Left), None));
        assert_eq!(at(2.0, -0.1), (Some(Side::Right), None));
        assert_eq!(at(-0.1, 0.1), (Some(Side::Left), Some(End::Start)));
        assert_eq!(at(3.1, 0.0), (None, Some(End::End)));
        assert_eq!(at(3.0, 0.1), (Some(Side::Left), None));
    }

    #[test]
    fn the_stretch_in_an_area_goes_from_its_first_edge_to_its_last() {
        // A square from longitude 0.25 to 2, and a hole in it from 1 to 1.5, which the line leaves and enters again.
        let ring = |west: f64, east: f64, high: f64| -> geo_types::LineString {
            vec![[west, -high], [east, -high], [east, high], [west, high], [west, -high]].into()
        };
        let square = geo_types::Polygon::new(ring(0.25, 2.0, 1.0), vec![ring(1.0, 1.5, 0.5)]);
        let area = Area::new(Shape::Polygon(square)).expect("an area");
        let [first, last] = equator().stretch(&area).expect("a stretch");
        assert!((first - 0.25 * DEGREE).abs() < 1e-4 && (last - 2.0 * DEGREE).abs() < 1e-4, "{first} {last}");
    }
}
