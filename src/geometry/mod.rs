//! Where is it, and does it touch?
//!
//! In: coordinates. Out: windows, compact geometries, yes or no. Leaves out: features, files, clocks.
//!
//! The frame rule: inside the program every coordinate is CRS84, that is longitude before latitude,
//! in degrees. Other systems are converted at the edge.

mod array;
mod bounds;
mod crs;
mod relate;
mod ring;
mod shape;
mod simplify;
pub use shape::*;

pub use array::{GeometryArray, GeometryBuilder, GeometryFault, GeometryKind, GeometryRef, Part, Run};
pub use bounds::{Bounds, BoundsError};
pub use crs::{Crs, PlaneWindow, Window, WindowError};
pub use relate::{intersects_plane, intersects_window};
pub use simplify::simplified;
