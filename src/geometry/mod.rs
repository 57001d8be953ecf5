//! Where is it, and does it touch?
//!
//! In: coordinates. Out: windows, compact geometries, yes or no. Leaves out: features, files, clocks.
//!
//! The frame rule: inside the program every coordinate is CRS84, that is longitude before latitude,
//! in degrees. Other systems are converted at the edge.

mod antimeridian;
mod area;
mod array;
mod beside;
mod bounds;
mod course;
mod crs;
mod datum;
mod distances;
mod exact;
mod faults;
mod geodesic;
mod grid;
mod matrix;
mod measure;
pub mod positions;
mod nearest;
mod network;
mod overlay;
mod prepared;
mod relate;
mod ring;
mod shape;
mod stretches;
mod strip;
mod system;
mod topology;
pub(crate) mod wkb;
mod simplify;

pub use antimeridian::{turned, window_of};
pub use area::{Area, LEAST_SHARE, Lies, Scratch};
pub(crate) use array::give_back;
pub use array::{
    GeometryArray, GeometryBuilder, GeometryFault, GeometryKind, GeometryRef, Part, Positions, RingNote, Run,
};
pub use beside::common_border_m;
pub use bounds::{Around, Bounds, BoundsError};
pub use course::{Course, End, Side, Spot, Standing};
pub use crs::{Crs, PlaneWindow, Window, WindowError};
pub use datum::Datum;
pub use distances::{Distances, Span};
pub use faults::{PolygonFault, outline, polygon_faults};
pub use geodesic::along_geodesic;
pub use grid::{Steps, to_grid};
pub(crate) use grid::{degrees, extend_on_grid};
pub use measure::{
    MOST_WIDENED, NotWidened, about_length_m, area_m2, bounds_of, buffer_m, buffer_unless, centroid,
    distance_m, distance_unless, has_area, is_areal, length_m, reach, stored_area_m2, within_distance,
    within_distance_unless,
};
pub use nearest::{Gauge, Nearest, Origin, Sight, metres_between};
pub use network::{Network, Off, Walk};
pub use overlay::{Enclosed, enclosed_ground, shared_ground, uncrossed};
pub use prepared::Prepared;
pub use relate::{intersects_plane, intersects_window};
pub(crate) use ring::place as place_in_ring;
pub use shape::{Relation, Shape, de9im, relate, relate_unless};
pub use simplify::simplified;
pub use stretches::{Stretches, StretchesError, round_up};
pub use strip::{Strip, Zone};
pub use system::{Frame, Placer, System};
