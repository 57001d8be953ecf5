//! `innospace`: layers of features, indexed in memory and served as map queries.
//!
//! The modules stand in one line; each may use only those before it in this list.

pub mod api;
pub mod catalog;
pub mod cli;
pub mod config;
pub mod geometry;
pub mod index;
pub mod model;
pub mod query;
pub mod render;
pub mod store;
