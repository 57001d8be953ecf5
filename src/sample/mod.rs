//! Which made-up parcels could stand on this ground?
//!
//! In: built-up areas, water to keep out of, lines to keep clear of, a count and a seed. Out: exactly that many
//! synthetic parcels, as one GeoJSON feature collection with a feature per line. Leaves out: files, clocks and
//! the command line.
//!
//! Same input, same bytes, on every machine: all randomness is a hash of the seed and a place in the grid, and
//! all arithmetic is integers and the five IEEE operations (no sine, no logarithm of a C library).
//!
//! Memory does not grow with the count. The ground is walked twice, block by block: the first walk counts how
//! many parcels each block gives and how near it is to a centre or a main road; the second writes the nearest
//! blocks until the count is reached. A few walks before them find the block size.
//!
//! Each area has a street grid of its own, turned to its main road. Units of a square mile or so hold blocks,
//! blocks hold a lattice of parcels. Neighbours share their corners and the points between them, so that no
//! rounding can make them overlap; a block at an edge is cut by straight lines, the same for all its parcels.

#![expect(clippy::many_single_char_names, reason = "positions, corners and offsets, as formulas name them")]

mod chance;
mod city;
mod lattice;
mod plane;
mod uses;
mod writing;

use std::io::{self, Write};

use thiserror::Error;

use crate::geometry::{GeometryKind, GeometryRef};
use crate::model::cut;

use city::{Site, fit};
use plane::Piece;
use writing::Writer;

/// Rings of polygons in degrees, longitude first; closed or not, wound either way. Even-odd: a ring inside a
/// ring is a hole.
pub type Rings = Vec<Vec<[f64; 2]>>;

/// Where parcels may stand.
#[derive(Debug, Clone, Default)]
pub struct Ground {
    /// Built-up areas that do not overlap. Their order is the order of the parcels.
    pub areas: Vec<Area>,
    /// Shapes to keep out of, each by itself: water.
    pub outside: Vec<Rings>,
    /// Lines to keep clear of: roads, narrow rivers.
    pub lines: Vec<ClearLine>,
}

/// A built-up area.
#[derive(Debug, Clone)]
pub struct Area {
    /// Start of its unit and parcel numbers: one to eight ASCII letters and digits, its own.
    pub code: String,
    /// Its outline.
    pub rings: Rings,
}

/// A line no parcel comes near to.
#[derive(Debug, Clone)]
pub struct ClearLine {
    /// Its course in degrees, longitude first.
    pub positions: Vec<[f64; 2]>,
    /// Free distance on either side, in metres.
    pub clear_m: f64,
    /// Does building start along it, and do streets follow it? True for a road.
    pub attracts: bool,
}

impl Ground {
    /// Adds a built-up area; parts of the geometry that are no polygons are passed over.
    pub fn add_area(&mut self, code: &str, geometry: GeometryRef<'_>) {
        self.areas.push(Area { code: code.to_owned(), rings: runs(geometry, GeometryKind::is_areal) });
    }

    /// Adds a shape to keep out of; parts of the geometry that are no polygons are passed over.
    pub fn add_outside(&mut self, geometry: GeometryRef<'_>) {
        let rings = runs(geometry, GeometryKind::is_areal);
        if !rings.is_empty() {
            self.outside.push(rings);
        }
    }

    /// Adds lines to keep `clear_m` metres away from; parts of the geometry that are no lines are passed over.
    pub fn add_line(&mut self, geometry: GeometryRef<'_>, clear_m: f64, attracts: bool) {
        let is_line = |kind| matches!(kind, GeometryKind::LineString | GeometryKind::MultiLineString);
        self.lines.extend(runs(geometry, is_line).into_iter().map(|positions| ClearLine {
            positions,
            clear_m,
            attracts,
        }));
    }
}

fn runs(geometry: GeometryRef<'_>, wanted: impl Fn(GeometryKind) -> bool) -> Rings {
    geometry
        .parts()
        .filter(|part| wanted(part.kind()))
        .flat_map(|part| {
            part.runs().map(|run| (0..run.len()).map(|at| run.at(at)).collect()).collect::<Vec<_>>()
        })
        .collect()
}

/// Why no sample was made.
#[derive(Debug, Error)]
pub enum SampleError {
    /// No area, or none with room for a parcel.
    #[error("there is no ground to put parcels on: no built-up area, or all of it is water")]
    NoGround,
    /// The ground is too small.
    #[error("{asked} parcels do not fit: this ground holds {room} of the smallest size")]
    TooMany {
        /// Parcels asked for.
        asked: u64,
        /// Parcels there is room for.
        room: u64,
    },
    /// A code that makes no number.
    #[error("area code {0:?} is not one to eight ASCII letters and digits, or is used twice")]
    Code(String),
    /// A position that is none.
    #[error("position {0:?} of the ground is outside longitude -180 to 180 or latitude -85 to 85")]
    Position([f64; 2]),
    /// The output refused.
    #[error("the sample cannot be written")]
    Write(#[from] io::Error),
}

/// What was written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// Parcels written.
    pub parcels: u64,
    /// Positions written, the repeated last one of each ring left out.
    pub positions: u64,
    /// Parcels with a hole.
    pub with_hole: u64,
    /// Bytes written.
    pub bytes: u64,
    /// Mean side of a block with its streets, in metres.
    pub block_m: f64,
}

/// Writes `count` synthetic parcels as a GeoJSON feature collection.
///
/// `progress` hears how many are written, now and then and at the end. A count of zero gives an empty
/// collection, ground or not.
///
/// Every feature says it is synthetic. Its `accuracy_m` is null although it has a geometry: a made-up parcel
/// has no true place that it could lie near to, and zero would claim a survey.
///
/// # Errors
/// No ground, bad ground, too many parcels for it, or an output that fails.
pub fn parcels(
    ground: &Ground,
    count: u64,
    seed: u64,
    out: &mut impl Write,
    progress: &mut impl FnMut(u64),
) -> Result<Summary, SampleError> {
    check(ground)?;
    let pieces: Vec<Piece> = (0..ground.areas.len()).map(|at| Piece::new(ground, at)).collect();
    let city = if count == 0 { None } else { Some(fit(&pieces, count, seed)?) };
    let mut writer = Writer::new(out, seed, count, progress);
    writer.head()?;
    if let Some(city) = &city {
        let (last, mut rest) = city.reach(count);
        let mut site = Site::default();
        city.walk(|block| {
            let near = block.priority();
            let quota = match near.cmp(&last) {
                std::cmp::Ordering::Less => u64::MAX,
                std::cmp::Ordering::Equal => rest,
                std::cmp::Ordering::Greater => 0,
            };
            let mut left = quota;
            if left > 0 {
                block.each(&mut site, |lot| {
                    if left > 0 {
                        left -= 1;
                        writer.parcel(block, lot)?;
                    }
                    Ok(())
                })?;
            }
            if near == last {
                rest = left;
            }
            Ok(())
        })?;
    }
    let mut summary = writer.finish()?;
    summary.block_m = city.map_or(0.0, |city| city.block_m);
    Ok(summary)
}

fn check(ground: &Ground) -> Result<(), SampleError> {
    for (at, area) in ground.areas.iter().enumerate() {
        let plain =
            (1..=8).contains(&area.code.len()) && area.code.bytes().all(|b| b.is_ascii_alphanumeric());
        if !plain || ground.areas[..at].iter().any(|other| other.code == area.code) {
            return Err(SampleError::Code(cut(&area.code)));
        }
    }
    let rings = ground.areas.iter().map(|area| &area.rings).chain(&ground.outside);
    let lines = ground.lines.iter().map(|line| &line.positions);
    match rings.flatten().chain(lines).flatten().find(|p| !(p[0].abs() <= 180.0 && p[1].abs() <= 85.0)) {
        Some(&position) => Err(SampleError::Position(position)),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
