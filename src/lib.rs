//! `innospace`: layers of features, indexed in memory and served as map queries.
//!
//! The modules stand in one line; each may use only those before it in this list.

pub mod geometry;
pub mod model;
pub mod index;
pub mod catalog;
pub mod finder;
pub mod query;
pub mod locate;
pub mod register;
pub mod tile;
pub mod map;
pub mod render;
pub mod report;
pub mod sample;
pub mod config;
pub mod store;
pub mod intake;
pub mod archive;
pub mod api;
#[cfg(feature = "maplibre-rs")]
pub mod engine;
pub mod cli;
