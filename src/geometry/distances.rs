//! `Distances`: shapes that the distance of many stored geometries is measured from.
//!
//! In: shapes, then boxes and stored geometries. Out: the metres between which a distance lies, or whether it is at
//! most so much. Leaves out: bands, features.
//!
//! Geodesics are dear, and most questions need none: a plane around the box tells the distance of all that lies in it
//! to within its own size. Only what that leaves open is measured, and from the edges in reach alone.

use std::borrow::Cow;
use std::sync::{Arc, OnceLock};

use geo_types::{LineString, MultiLineString};

use super::array::GeometryRef;
use super::bounds::Bounds;
use super::measure::{RADIUS, distance_between, reach, scale};
use super::nearest::Origin;
use super::shape::Shape;
use super::topology::{Frame, Position, Topology};

/// Metres between which a distance lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Span {
    /// It is no less.
    pub least: f64,
    /// It is no more; infinite when nothing is known.
    pub most: f64,
}

impl Span {
    const UNKNOWN: Self = Self { least: 0.0, most: f64::INFINITY };

    /// Of a distance that is known.
    #[must_use]
    pub fn exactly(metres: f64) -> Self {
        Self { least: metres, most: metres }
    }

    /// Is the distance at most so much, or less than it when `strict`? `None` when the span does not tell.
    pub(super) fn is_within(self, metres: f64, strict: bool) -> Option<bool> {
        let within = |distance: f64| if strict { distance < metres } else { distance <= metres };
        let [least, most] = [self.least, self.most].map(within);
        (least == most).then_some(least)
    }
}

/// Shapes to measure from.
#[derive(Debug, Clone)]
pub struct Distances {
    sources: Vec<Source>,
}

#[derive(Debug, Clone)]
struct Source {
    shape: Shape,
    topology: Topology,
    /// Taken apart when the first distance is measured to the end.
    origin: OnceLock<Option<Arc<Origin>>>,
}

impl Distances {
    /// From shapes; those that are empty have no distance to anything.
    #[must_use]
    pub fn new(shapes: impl IntoIterator<Item = Shape>) -> Self {
        let source = |shape| Source { topology: Topology::of_shape(&shape), shape, origin: OnceLock::new() };
        Self { sources: shapes.into_iter().map(source).collect() }
    }

    /// The distance of whatever lies in a box to the nearest shape.
    #[must_use]
    pub fn of_box(&self, bounds: Bounds) -> Span {
        let plane = Plane::around(bounds);
        let least =
            self.sources.iter().fold(f64::INFINITY, |least, source| plane.gap(&source.topology, least));
        plane.span(least)
    }

    /// The distances of a geometry to each shape that may be at most `margin` metres farther than the nearest, by the
    /// number of the shape.
    #[must_use]
    pub fn of_geometry(&self, geometry: GeometryRef<'_>, margin: f64) -> Vec<(usize, Span)> {
        let Some(bounds) = geometry.bounds() else { return Vec::new() };
        let plane = Plane::around(bounds);
        let known: Vec<Span> = self.sources.iter().map(|source| plane.span_to(source)).collect();
        let most = known.iter().map(|span| span.most).fold(f64::INFINITY, f64::min) + margin;
        let near = known.iter().enumerate().filter(|(_, span)| span.least <= most);
        let shape = geometry.to_shape();
        near.filter_map(|(at, span)| {
            Some((at, distance_between(&shape, &self.sources[at].in_reach(bounds, span.most))?))
        })
        .collect()
    }

    /// The distance of a geometry to one of the shapes, metres; `None` when one is empty.
    #[must_use]
    pub fn exact(&self, at: usize, geometry: GeometryRef<'_>) -> Option<f64> {
        let source = self.sources.get(at)?;
        let origin = source.origin.get_or_init(|| Origin::new(&source.shape).map(Arc::new));
        Some(origin.as_ref()?.nearest(geometry)?.metres)
    }

    /// The shape that is nearest to a geometry, by its number, and the metres to it; of those equally near the first.
    #[must_use]
    pub fn nearest(&self, geometry: GeometryRef<'_>) -> Option<(usize, f64)> {
        let plane = Plane::around(geometry.bounds()?);
        let mut near: Vec<(f64, usize)> =
            self.sources.iter().enumerate().map(|(at, source)| (plane.span_to(source).least, at)).collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut best: Option<(f64, usize)> = None;
        for (least, at) in near {
            if best.is_some_and(|(metres, _)| least > metres) {
                break;
            }
            let found = self.exact(at, geometry).map(|metres| (metres, at));
            best = best.into_iter().chain(found).min_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        }
        best.map(|(metres, at)| (at, metres))
    }

    /// Is a geometry at most so many metres from a shape, or less than that when `strict`?
    #[must_use]
    pub fn are_within(&self, geometry: GeometryRef<'_>, metres: f64, strict: bool) -> bool {
        let Some(bounds) = geometry.bounds() else { return false };
        if let Some(within) = self.of_box(bounds).is_within(metres, strict) {
            return within;
        }
        self.of_geometry(geometry, 0.0).into_iter().any(|(at, span)| {
            let told = span.is_within(metres, strict);
            told.or_else(|| Span::exactly(self.exact(at, geometry)?).is_within(metres, strict)) == Some(true)
        })
    }
}

impl Source {
    /// What of it may be no more than so many metres from a box.
    fn in_reach(&self, bounds: Bounds, metres: f64) -> Cow<'_, Shape> {
        const FEW: usize = 8;
        let topology = &self.topology;
        let is_lines = topology.areas == 0 && topology.points.is_empty();
        if !is_lines || topology.edges.len() <= FEW || !metres.is_finite() {
            return Cow::Borrowed(&self.shape);
        }
        let mut lines = Vec::new();
        for part in reach(bounds, metres).parts() {
            topology.any_edge(&Frame::around(part), |_, edge| {
                lines.push(LineString::from(vec![edge.a, edge.b]));
                false
            });
        }
        Cow::Owned(Shape::MultiLineString(MultiLineString(lines)))
    }
}

/// A plane around the middle of a box, for distances much shorter than the radius of the earth.
struct Plane {
    middle: Position,
    /// Metres of a degree of longitude and of latitude.
    scale: Position,
    /// Metres from the middle to the corners, at most.
    radius: f64,
}

impl Plane {
    /// Where meridians run together faster the plane tells nothing.
    const FARTHEST_NORTH: f64 = 70.0;
    /// Beyond so many metres it tells nothing either.
    const FARTHEST: f64 = 300_000.0;

    fn around(bounds: Bounds) -> Self {
        let middle = [f64::midpoint(bounds.west, bounds.east), f64::midpoint(bounds.south, bounds.north)];
        let half = [(bounds.east - bounds.west) / 2.0, (bounds.north - bounds.south) / 2.0];
        let at_middle = scale(middle[1]);
        // Nearest to the equator a degree of longitude is longest.
        let nearest = if bounds.south <= 0.0 && bounds.north >= 0.0 {
            0.0
        } else {
            bounds.south.abs().min(bounds.north.abs())
        };
        let wide = scale(nearest).x.max(at_middle.x) * half[0];
        // A degree of latitude is 1 % longer at the poles than at the equator.
        let radius = 1.02 * wide.hypot(at_middle.y * half[1]);
        Self { middle, scale: [at_middle.x, at_middle.y], radius }
    }

    /// The distance from the middle to a shape, or `least` when it is not nearer.
    fn gap(&self, topology: &Topology, least: f64) -> f64 {
        let [x, y] = self.middle;
        // So near to the antimeridian that what lies beyond it may be in reach.
        let has_beyond = x.abs() > 170.0;
        let turns = [0.0, -360.0_f64.copysign(x)];
        turns[..if has_beyond { 2 } else { 1 }].iter().fold(least, |least, turn| {
            let at = [x + turn, y];
            if topology.areas > 0 && topology.sight(at).inside.any() {
                return 0.0;
            }
            topology.gap_2(at, self.scale, least * least).sqrt()
        })
    }

    fn span_to(&self, source: &Source) -> Span {
        self.span(self.gap(&source.topology, f64::INFINITY))
    }

    /// What is known of all in the box, when the middle is so far.
    fn span(&self, gap: f64) -> Span {
        let slope = self.middle[1].to_radians().tan().abs();
        if self.middle[1].abs() > Self::FARTHEST_NORTH || gap > Self::FARTHEST || self.radius > Self::FARTHEST
        {
            return Span::UNKNOWN;
        }
        // On the way a degree of longitude changes by the slope times the angle; twice that, and what the ellipsoid is
        // off a sphere.
        let slack = 0.003 + 2.0 * (1.0 + slope) * gap / RADIUS;
        Span { least: (gap * (1.0 - slack) - self.radius).max(0.0), most: gap * (1.0 + slack) + self.radius }
    }
}
