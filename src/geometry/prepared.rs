//! `Prepared`: a constant shape that many stored geometries are held against.
//!
//! In: a shape, and the plane in which edges are straight. Out: a window of degrees where matches can be, yes or no
//! for each stored geometry. Leaves out: how the features are reached.
//!
//! Most answers need no topology of the stored geometry: its box lies outside the shape's, or no edge of the shape
//! meets its box, so that it lies wholly inside or wholly outside.

use super::array::GeometryRef;
use super::bounds::Bounds;
use super::crs::{Crs, PlaneWindow};
use super::matrix::{place, relates};
use super::relate::intersects_window;
use super::shape::{Relation, Shape};
use super::topology::{Frame, Place, Topology};

/// A constant shape, indexed.
#[derive(Debug, Clone)]
pub struct Prepared {
    topology: Topology,
    plane: Option<Crs>,
    bounds: Option<Bounds>,
    /// The shape itself, where it is a rectangle of degrees.
    rectangle: Option<Bounds>,
}

impl Prepared {
    /// Indexes a shape. Without a plane its edges are straight in degrees; with one, it is given in that system,
    /// easting first, and stored geometries are moved there.
    #[must_use]
    pub fn new(shape: &Shape, plane: Option<Crs>) -> Self {
        let topology = Topology::of_shape(shape);
        let bounds = topology.frame.map(|frame| match plane {
            Some(crs) => bounds_of_plane(crs, frame),
            None => Frame::bounds(frame),
        });
        let rectangle = bounds.filter(|bounds| plane.is_none() && is_rectangle(&topology, *bounds));
        Self { topology, plane, bounds, rectangle }
    }

    /// A window outside of which everything is disjoint from the shape; `None` when the shape is empty.
    #[must_use]
    pub fn bounds(&self) -> Option<Bounds> {
        self.bounds
    }

    /// Does the relation hold from the stored geometry to the shape?
    ///
    /// A stored geometry with a position that the plane cannot express is disjoint from everything.
    #[must_use]
    pub fn relates(&self, stored: GeometryRef<'_>, relation: Relation) -> bool {
        self.relates_unless(stored, relation, &|| false)
    }

    /// The same; where `spent` says that nobody waits any longer, the answer is either.
    #[must_use]
    pub fn relates_unless(
        &self,
        stored: GeometryRef<'_>,
        relation: Relation,
        spent: &dyn Fn() -> bool,
    ) -> bool {
        let Some(bounds) = stored.bounds() else {
            return relation == Relation::Disjoint || (relation == Relation::Equals && self.bounds.is_none());
        };
        let apart = relation == Relation::Disjoint;
        if self.bounds.is_none_or(|own| !own.overlaps(bounds)) {
            return apart;
        }
        if let Some(crs) = self.plane {
            let place = |position| crs.forward(position).map(|coordinates| crs.east_first(coordinates));
            return Topology::of_stored(stored, place)
                .map_or(apart, |topology| relates(&topology, &self.topology, relation, spent));
        }
        if let Some(holds) = self.by_box(bounds, relation) {
            return holds;
        }
        match (relation, self.rectangle) {
            (Relation::Intersects, Some(window)) => intersects_window(stored, window),
            (Relation::Disjoint, Some(window)) => !intersects_window(stored, window),
            _ => Topology::of_stored(stored, Some)
                .is_some_and(|topology| relates(&topology, &self.topology, relation, spent)),
        }
    }

    /// The answer where nothing of the shape's edges and points meets the box of the stored geometry.
    fn by_box(&self, bounds: Bounds, relation: Relation) -> Option<bool> {
        let frame = Frame::around(bounds);
        let met =
            self.topology.any_edge(&frame, |_, _| true) || self.topology.points_in(&frame).next().is_some();
        (!met).then(|| match place(&self.topology, frame.low) {
            Place::Exterior => relation == Relation::Disjoint,
            _ => matches!(relation, Relation::Intersects | Relation::Within),
        })
    }
}

fn bounds_of_plane(crs: Crs, frame: Frame) -> Bounds {
    // Where a corner has no place on the earth, every feature is looked at.
    PlaneWindow { crs, low: frame.low, high: frame.high }.bounds().unwrap_or(Bounds::WORLD)
}

/// Is the shape one ring of the four corners of its box, and nothing else?
fn is_rectangle(topology: &Topology, bounds: Bounds) -> bool {
    let on_corner =
        |[x, y]: [f64; 2]| (x == bounds.west || x == bounds.east) && (y == bounds.south || y == bounds.north);
    topology.edges.len() == 4
        && topology.areas == 1
        && topology.is_plain()
        && topology.points.is_empty()
        && topology
            .edges
            .iter()
            .all(|edge| on_corner(edge.a) && (edge.a[0] == edge.b[0]) != (edge.a[1] == edge.b[1]))
}
