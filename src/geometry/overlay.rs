//! What do areas share, and what do they leave open between them?
//!
//! In: shapes. Out: shapes. Leaves out: features, measures.
//!
//! Positions where edges cross are computed on a grid of a billionth of the width of all that takes part: a hundredth of a
//! millimetre over ten kilometres. Whether insides meet at all is told by [`de9im`](super::de9im), which is exact.

use std::collections::HashMap;

use geo::{
    Area as _, BooleanOps as _, Closest, ClosestPoint as _, Contains as _, InteriorPoint as _, Orient as _,
    orient::Direction, unary_union,
};
use geo_types::{Coord, Line, LineString, MultiPolygon, Point, Polygon};
use rstar::primitives::{GeomWithData, Rectangle};
use rstar::{AABB, RTree};

use super::bounds::Bounds;
use super::measure::{bounds_of, reach, scale};
use super::nearest::metres_between;
use super::shape::Shape;

fn polygons(shape: &Shape) -> Vec<Polygon> {
    match shape {
        Shape::Polygon(polygon) => vec![polygon.clone()],
        Shape::MultiPolygon(all) => all.0.clone(),
        Shape::GeometryCollection(members) => members.iter().flat_map(polygons).collect(),
        _ => Vec::new(),
    }
}

/// The ground that two shapes share, piece by piece.
#[must_use]
pub fn shared_ground(a: &Shape, b: &Shape) -> Vec<Polygon> {
    let [a, b] = [a, b].map(|shape| MultiPolygon(polygons(shape)));
    a.intersection(&b).0
}

/// What lies inside the rings of a shape an odd number of times, as polygons without crossings.
#[must_use]
pub fn uncrossed(shape: &Shape) -> Shape {
    Shape::MultiPolygon(MultiPolygon(polygons(shape)).union(&MultiPolygon(Vec::new())))
}

/// Ground that shapes enclose together without covering it, with its inner borders.
#[derive(Debug)]
pub struct Enclosed {
    /// As it is drawn; none where chinks open it.
    pub whole: Option<Polygon>,
    /// The pieces that are left of it where corners that stood on edges were rounded away from them, chinks among them; none where
    /// there are no such corners.
    pub pieces: Vec<Polygon>,
}

/// The ground that valid shapes enclose together; chinks are no wider than so many metres.
#[must_use]
pub fn enclosed_ground(shapes: &[Shape], chink_m: f64) -> Vec<Enclosed> {
    let all: Vec<Polygon> = shapes.iter().flat_map(polygons).collect();
    let union = unary_union(&all).0;
    let mut enclosed: Vec<Enclosed> = enclosed_by(&union)
        .into_iter()
        .map(|whole| Enclosed { whole: Some(whole), pieces: Vec::new() })
        .collect();
    let plugs = plugs(&union, chink_m);
    if plugs.is_empty() {
        return enclosed;
    }
    let known: Vec<(Bounds, Polygon)> = enclosed
        .iter()
        .filter_map(|ground| {
            let whole = ground.whole.clone()?;
            Some((bounds_of(&Shape::Polygon(whole.clone()))?, whole))
        })
        .collect();
    // A hole that touches its shell may be wound as that is, and would count as ground that is covered twice.
    let wound = union.iter().map(|polygon| polygon.orient(Direction::Default));
    let plugged: Vec<Polygon> = wound.chain(plugs).collect();
    for piece in enclosed_by(&unary_union(&plugged).0) {
        // Plugs only cut: ground lies in one piece that was enclosed before, or in none.
        let around = piece.interior_point().and_then(|inside| {
            let at = Bounds { west: inside.x(), south: inside.y(), east: inside.x(), north: inside.y() };
            known.iter().position(|(bounds, whole)| bounds.overlaps(at) && whole.contains(&inside))
        });
        match around {
            Some(at) => enclosed[at].pieces.push(piece),
            None => enclosed.push(Enclosed { whole: None, pieces: vec![piece] }),
        }
    }
    enclosed
}

/// The ground in the holes of a union, less what of it stands there. Which shell a hole is told to be of is not looked at:
/// it may be another than the one around it.
fn enclosed_by(union: &[Polygon]) -> Vec<Polygon> {
    let solid = |ring: &LineString| {
        let polygon = Polygon::new(ring.clone(), Vec::new());
        let area = polygon.signed_area();
        Some((bounds_of(&Shape::Polygon(polygon.clone()))?, area, polygon))
    };
    let mut islands: Vec<_> = union.iter().filter_map(|polygon| solid(polygon.exterior())).collect();
    let mut holes = Vec::new();
    for ring in union.iter().flat_map(Polygon::interiors) {
        let Some((_, whole, _)) = solid(ring) else { continue };
        let loops = loops(ring).into_iter().filter_map(|ring| solid(&ring));
        let (ground, land): (Vec<_>, Vec<_>) =
            loops.partition(|(_, area, _)| area.signum() == whole.signum());
        holes.extend(ground);
        islands.extend(land);
    }
    let mut enclosed = Vec::new();
    for (around, size, hole) in holes {
        let is_inside = |bounds: &Bounds| {
            bounds.west >= around.west
                && bounds.east <= around.east
                && bounds.south >= around.south
                && bounds.north <= around.north
        };
        let islands = islands.iter().filter(|(bounds, area, _)| is_inside(bounds) && area.abs() < size.abs());
        let islands: Vec<Polygon> = islands.map(|(_, _, island)| island.clone()).collect();
        if islands.is_empty() {
            enclosed.push(hole);
        } else {
            enclosed.extend(hole.difference(&MultiPolygon(islands)).0);
        }
    }
    enclosed
}

/// Positions nearer to a line than this are on it, degrees: a tenth of a millimetre.
const ON_LINE: f64 = 1e-9;

/// The rings that a ring consists of where it passes a position twice, without spikes.
fn loops(ring: &LineString) -> Vec<LineString> {
    let mut loops = Vec::new();
    let (mut open, mut places) = (Vec::<Coord>::new(), HashMap::new());
    for &at in &ring.0 {
        let key = [at.x.to_bits(), at.y.to_bits()];
        if let Some(&place) = places.get(&key) {
            for left in &open[place..] {
                places.remove(&[left.x.to_bits(), left.y.to_bits()]);
            }
            loops.push(open.split_off(place));
        }
        places.insert(key, open.len());
        open.push(at);
    }
    for ring in &mut loops {
        let turn = |ring: &[Coord], at: usize| {
            let [a, b, c] = [ring.len() - 1, 0, 1].map(|by| ring[(at + by) % ring.len()]);
            let (to, back) = (b - a, c - b);
            let (cross, dot) = (to.x * back.y - to.y * back.x, to.x * back.x + to.y * back.y);
            dot < 0.0 && cross.abs() <= ON_LINE * to.x.hypot(to.y).max(back.x.hypot(back.y))
        };
        while let Some(tip) = (0..ring.len()).find(|&at| ring.len() > 2 && turn(ring, at)) {
            ring.remove(tip);
            ring.dedup();
        }
    }
    loops.retain(|ring| ring.len() > 2);
    let closed = |ring| {
        let mut ring = LineString(ring);
        ring.close();
        ring
    };
    loops.into_iter().map(closed).collect()
}

/// Half the width of a plug, and how far it reaches into what it joins, degrees: a millimetre.
const PLUG: f64 = 1e-8;

/// Bridges from corners of a union to edges of it that they stand off no more than so many metres.
fn plugs(union: &[Polygon], chink_m: f64) -> Vec<Polygon> {
    let rings: Vec<&LineString> = union
        .iter()
        .flat_map(|polygon| std::iter::once(polygon.exterior()).chain(polygon.interiors()))
        .collect();
    let edges = rings.iter().enumerate().flat_map(|(ring, line)| {
        line.lines().enumerate().map(move |(at, edge)| {
            GeomWithData::new(Rectangle::from_corners(edge.start.x_y(), edge.end.x_y()), (ring, at))
        })
    });
    let tree = RTree::bulk_load(edges.collect());
    let mut plugs = Vec::new();
    for (ring, line) in rings.iter().enumerate() {
        let last = line.0.len() - 1;
        for (at, &corner) in line.0[..last].iter().enumerate() {
            let own = [(ring, at), (ring, at.checked_sub(1).unwrap_or(last - 1))];
            let around = Bounds { west: corner.x, south: corner.y, east: corner.x, north: corner.y };
            let around = reach(around, chink_m);
            let window = AABB::from_corners((around.west, around.south), (around.east, around.north));
            for edge in tree.locate_in_envelope_intersecting(window) {
                let (of, place) = edge.data;
                if !own.contains(&edge.data) {
                    let start = rings[of].0[place];
                    let foot = foot_on(Line::new(start, rings[of].0[place + 1]), corner);
                    if metres_between([corner.x, corner.y], [foot.x, foot.y]) <= chink_m {
                        plugs.push(plug(corner, foot));
                    }
                }
            }
        }
    }
    plugs
}

/// Where an edge is nearest to a position beside it.
fn foot_on(edge: Line, from: Coord) -> Coord {
    let scale = scale(from.y);
    let metres = |at: Coord| Coord { x: (at.x - from.x) * scale.x, y: (at.y - from.y) * scale.y };
    match Line::new(metres(edge.start), metres(edge.end)).closest_point(&Point::new(0.0, 0.0)) {
        Closest::Intersection(at) | Closest::SinglePoint(at) => {
            Coord { x: from.x + at.x() / scale.x, y: from.y + at.y() / scale.y }
        }
        Closest::Indeterminate => edge.start,
    }
}

/// A bridge from one position to another that reaches into what they are borders of.
fn plug(from: Coord, to: Coord) -> Polygon {
    let length = (to.x - from.x).hypot(to.y - from.y);
    let along = if length > 0.0 { (to - from) * (PLUG / length) } else { Coord { x: PLUG, y: 0.0 } };
    let across = Coord { x: -along.y, y: along.x };
    let corners = [from - along - across, to + along - across, to + along + across, from - along + across];
    Polygon::new(LineString::from(corners.to_vec()), Vec::new())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn square(west: f64, south: f64, size: f64) -> Vec<(f64, f64)> {
        vec![(west, south), (west + size, south), (west + size, south + size), (west, south + size)]
    }

    #[test]
    fn a_ring_is_cut_where_it_meets_itself_and_loses_its_spikes() {
        // A square with a spike of one edge, a corridor without width to another square, and a spike of two edges.
        let ring = [
            (0.0, 0.0),
            (4.0, 0.0),
            (4.0, 2.0),
            (6.0, 2.0),
            (6.0, 1.0),
            (8.0, 1.0),
            (8.0, 3.0),
            (6.0, 3.0),
            (6.0, 2.0),
            (4.0, 2.0),
            (4.0, 4.0),
            (4.0, 7.0),
            (4.0, 9.0),
            (4.0 + 1e-10, 4.0),
            (0.0, 4.0),
            (-3.0, 4.0),
            (0.0, 4.0),
            (0.0, 0.0),
        ];
        let areas: Vec<f64> = loops(&LineString::from(ring.to_vec()))
            .iter()
            .map(|ring| Polygon::new(ring.clone(), Vec::new()).unsigned_area())
            .collect();
        assert_eq!(areas.len(), 2, "{areas:?}");
        assert!((areas[0] - 4.0).abs() < 1e-8 && (areas[1] - 16.0).abs() < 1e-8, "{areas:?}");
    }

    #[test]
    fn islands_are_no_ground_whichever_shell_a_hole_is_told_to_be_of() {
        let shell =
            |ring: Vec<(f64, f64)>, hole: Vec<(f64, f64)>| Polygon::new(ring.into(), vec![hole.into()]);
        let turned = |mut ring: Vec<(f64, f64)>| {
            ring.reverse();
            ring
        };
        // A yard with a lot in it, whose shell is told to have a yard that lies elsewhere.
        let union = [
            shell(square(0.0, 0.0, 20.0), turned(square(1.0, 1.0, 8.0))),
            shell(square(2.0, 2.0, 3.0), turned(square(12.0, 12.0, 2.0))),
        ];
        let mut areas: Vec<f64> = enclosed_by(&union).iter().map(geo::Area::unsigned_area).collect();
        areas.sort_by(f64::total_cmp);
        assert!(
            areas.len() == 2 && (areas[0] - 4.0).abs() < 1e-6 && (areas[1] - 55.0).abs() < 1e-6,
            "{areas:?}"
        );
    }

    /// A notch of 2 m under a slanted edge, tied by chinks of less than a millimetre to both ends of that edge, one of which the
    /// hole touches.
    #[test]
    #[expect(clippy::unreadable_literal, reason = "degrees as files have them")]
    fn chinks_are_cut_off_where_a_hole_touches_its_shell() {
        let lot = |ring: &[(f64, f64)]| Shape::Polygon(Polygon::new(ring.to_vec().into(), Vec::new()));
        let lots = [
            lot(&[
                (114.1082791, 30.4499667),
                (114.1092975, 30.4501542),
                (114.109211, 30.4505071),
                (114.1081926, 30.4503197),
            ]),
            lot(&[
                (114.1083873, 30.4495256),
                (114.1087696, 30.4495959),
                (114.1086657, 30.4500194),
                (114.1086614, 30.4500371),
                (114.1082791, 30.4499667),
            ]),
            lot(&[
                (114.1087696, 30.4495959),
                (114.1091108, 30.4496587),
                (114.1090026, 30.4500999),
                (114.1086817, 30.4500408),
                (114.1086861, 30.4500232),
                (114.1086657, 30.4500194),
            ]),
            lot(&[
                (114.1091108, 30.4496587),
                (114.1094057, 30.449713),
                (114.1092975, 30.4501542),
                (114.1090026, 30.4500999),
            ]),
        ];
        let [Enclosed { whole: Some(whole), pieces }] = &enclosed_ground(&lots, 0.02)[..] else {
            panic!("one piece of ground")
        };
        // By GEOS and PROJ: 4.058 m2 in all, 3.999 of them the notch.
        let near = |polygon: &Polygon, want: f64| {
            (crate::geometry::area_m2(&Shape::Polygon(polygon.clone())) - want).abs() < 1e-3
        };
        assert!(near(whole, 4.0583) && pieces.len() == 3, "{pieces:?}");
        assert!(pieces.iter().any(|piece| near(piece, 3.9992)));
    }
}
