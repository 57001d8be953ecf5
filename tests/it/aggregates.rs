//! Counts and sums by groups: beside GEOS, `PostGIS` and a plain computation, their laws, positional accuracy, over HTTP.

mod doubt;
mod geos;
mod http;
mod laws;
mod postgis;
mod zone;
