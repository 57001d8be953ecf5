//! The single integration binary; one module per resource.

mod aggregates;
mod annex;
mod architecture;
mod cases;
mod crs;
mod data;
mod engines;
mod filters;
mod formats;
mod harness;
mod items;
mod laws;
mod locate;
mod maps;
mod oracle;
mod program;
mod random;
mod readme;
mod reading;
mod register;
mod reports;
mod schemas;
mod service;
mod spatial;
mod styles;
mod tiles;
