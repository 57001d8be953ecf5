//! How does a result look?
//!
//! In: a layer and the features of a page. Out: bytes of GeoJSON, pages of HTML. Leaves out: how the features
//! were selected, URLs beyond those it is handed.

pub mod geojson;
pub mod html;
pub mod schema;
