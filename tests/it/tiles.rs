//! Vector tiles.

mod archive;
mod geos;
mod http;
