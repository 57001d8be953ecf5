//! The single integration binary; one module per resource.

mod architecture;
mod cases;
mod crs;
mod data;
mod formats;
mod harness;
mod items;
mod laws;
mod program;
mod readme;
mod reading;
mod service;
