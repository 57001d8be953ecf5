//! What does a tile cover, and what bytes does it hold?
//!
//! In: layers with what is asked of them, the name of a tile. Out: the bytes of a vector tile, or its features one by
//! one. Leaves out: routes, caches, files.
//!
//! The way of a feature: [`query`](crate::query) finds what touches the tile with its buffer; `draw` projects it with
//! `frame`, cuts it, and moves it to the grid of 4096 × 4096 units; `rings` mends polygons that the grid broke; `mvt`
//! writes it. Where a tile would grow beyond [`MOST_BYTES`], `thin` chooses what shows.
//!
//! What is promised of every tile: all that touches it is in it, unless it was thinned; no position lies more than
//! half a unit along each axis from where it should; positions that features share stay shared; polygons are valid.

mod draw;
mod frame;
mod matrix;
mod mvt;
mod plain;
mod rings;
mod thin;

use std::sync::Arc;

use geo_types::{
    Coord, Geometry, GeometryCollection, LineString, MultiLineString, MultiPoint, Point, Polygon,
};

use crate::geometry::{Bounds, GeometryRef};
use crate::index::IndexedLayer;
use crate::model::{FeatureIx, FieldIx, Ids, Layer};
use crate::query::{self, Budget, Query, QueryError};
use draw::{Figure, Pen};
use frame::Frame;
pub use matrix::{MatrixLimits, MatrixSet, TILE_PIXELS, TileId};
use mvt::FeatureWriter;
pub use plain::{Plain, plain};
pub use rings::Cover;
use thin::{Crowd, Stand};

/// Units along each side of a tile.
pub const EXTENT: u32 = 4096;

/// Units around a tile that it shows too: lines 16 px wide, on a map that shows a tile on 512 × 512, meet at the seam.
pub const BUFFER: u32 = 64;

/// Bytes that a thinned tile does not exceed, before packing.
pub const MOST_BYTES: usize = 500_000;

/// The finest matrix worth asking for: one unit of a tile of Web Mercator is 4 cm of the equator, finer than surveys.
pub const FINEST: u8 = 18;

/// Name of the attribute of ids that are no whole numbers.
const ID: &str = query::ID_NAME;

/// A layer on a tile, and what is asked of it.
#[derive(Debug, Clone)]
pub struct Sheet {
    /// The layer.
    pub layer: Arc<IndexedLayer>,
    /// The fields that become attributes.
    pub fields: Vec<FieldIx>,
    /// Its conditions; window, order and page are not looked at.
    pub query: Query,
}

/// May features be left out of a tile that grows too large?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Detail {
    /// Yes, by the rule of this module.
    #[default]
    Auto,
    /// No.
    Full,
}

/// A vector tile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Tile {
    /// Its encoding; empty when nothing is there.
    pub bytes: Vec<u8>,
    /// Features that are there.
    pub present: u64,
    /// Features that show.
    pub shown: u64,
}

/// Name of the layer that tells how many features of a thinned layer are there. No layer of data can have it.
#[must_use]
pub fn counts_name(layer: &str) -> String {
    format!("{layer}:counts")
}

/// Name of the attribute that holds the ids of a layer, where features of tiles cannot carry them (Mapbox Vector Tile
/// 2.1, 4.2, knows unsigned numbers only).
#[must_use]
pub fn id_attribute(layer: &Layer) -> Option<&'static str> {
    matches!(layer.ids(), Ids::Text(_)).then(|| mvt::id_name(layer))
}

/// The windows of stored positions that a tile shows with its buffer: one, or more at the antimeridian.
#[must_use]
pub fn buffered(set: MatrixSet, tile: TileId) -> Vec<Bounds> {
    frame::windows(frame::buffered(set, tile)).map(|(window, _)| window).collect()
}

/// About how many positions are looked at for a tile, one of the largest features among them? None when conditions
/// decide, which only asking features can tell.
#[must_use]
pub fn effort(set: MatrixSet, tile: TileId, sheets: &[Sheet]) -> Option<u64> {
    let window = frame::buffered(set, tile);
    let of_sheet = |sheet: &Sheet| {
        let geometries = sheet.layer.layer().geometries();
        let usual = geometries.position_count().div_ceil(geometries.len().max(1)) as u64;
        let of_count =
            |count| if count == 0 { 0 } else { count * usual + geometries.most_positions() as u64 };
        (!sheet.query.has_conditions()).then(|| of_count(count(sheet, window)))
    };
    sheets.iter().map(of_sheet).sum()
}

/// How many features of a layer may touch a buffered tile, whatever its conditions.
fn count(sheet: &Sheet, window: [f64; 4]) -> u64 {
    frame::windows(window).map(|(window, _)| sheet.layer.count_near(window)).sum()
}

/// Features between two looks at the budget.
const STRIDE: usize = 1024;

/// The vector tile of some layers, in their order.
///
/// # Errors
/// A condition that a layer does not understand, or the budget is spent.
pub fn encode(
    set: MatrixSet,
    tile: TileId,
    sheets: &[Sheet],
    detail: Detail,
    budget: &Budget,
) -> Result<Tile, QueryError> {
    let frame = Frame::new(set, tile);
    let mut parts = Vec::with_capacity(sheets.len());
    for sheet in sheets {
        parts.push(Part::new(sheet, &frame, detail, budget)?);
    }
    if detail == Detail::Auto {
        fit(&mut parts, &frame, budget)?;
    }
    let mut whole = Tile::default();
    for part in &parts {
        part.finish(&mut whole);
    }
    Ok(whole)
}

/// Thins the largest layers until all fit together; those that need less than an equal share stay whole.
fn fit(parts: &mut [Part<'_>], frame: &Frame, budget: &Budget) -> Result<(), QueryError> {
    let mut order: Vec<usize> = (0..parts.len()).collect();
    order.sort_by_key(|&at| parts[at].len());
    let mut left = MOST_BYTES;
    for (at, waiting) in order.into_iter().zip((1..=parts.len()).rev()) {
        let share = left / waiting;
        if parts[at].len() > share || parts[at].writer.is_none() {
            parts[at].thin(share, frame, budget)?;
        }
        left = left.saturating_sub(parts[at].len());
    }
    Ok(())
}

/// A layer of a tile on its way.
struct Part<'a> {
    sheet: &'a Sheet,
    found: Found,
    /// What is written; none when it is known to be too much.
    writer: Option<FeatureWriter<'a>>,
    /// The layer of counts of a thinned one.
    counts: Option<mvt::LayerBody>,
    /// Bytes of all features, measured or estimated.
    whole_len: usize,
    /// Features that are there.
    present: u64,
}

/// The features of a tile.
enum Found {
    /// All, by their position in the layer.
    Rows(Vec<FeatureIx>),
    /// So many that choosing comes first.
    Crowd(Crowd),
}

/// From this many features on, a sample is asked first how large all will be; fewer are sooner written than guessed at.
const CROWD: u64 = 20_000;

/// Features of a sample, at least.
const SAMPLE: u64 = 64;

impl<'a> Part<'a> {
    fn new(sheet: &'a Sheet, frame: &Frame, detail: Detail, budget: &Budget) -> Result<Self, QueryError> {
        let mut part = Self {
            sheet,
            found: Found::Rows(Vec::new()),
            writer: None,
            counts: None,
            whole_len: 0,
            present: 0,
        };
        let may_be_much = detail == Detail::Auto && !sheet.query.has_conditions();
        let count = if may_be_much { count(sheet, frame.window) } else { 0 };
        if count > CROWD {
            let (crowd, sample) = part.crowd(count, frame, budget)?;
            let writer = part.write(&sample, frame, budget)?;
            let written = usize::try_from(writer.written).unwrap_or(1).max(1);
            part.whole_len = writer.body.len() * crowd.len / written;
            // A sample counts names and values in full that more features would share.
            if part.whole_len > 2 * MOST_BYTES {
                part.present = match frame.windows().count() {
                    0 | 1 => crowd.len as u64,
                    _ => rows(sheet, frame, budget)?.len() as u64,
                };
                part.found = Found::Crowd(crowd);
                return Ok(part);
            }
        }
        let rows = rows(sheet, frame, budget)?;
        let writer = part.write(&rows, frame, budget)?;
        (part.whole_len, part.present) = (writer.body.len(), writer.written);
        (part.found, part.writer) = (Found::Rows(rows), Some(writer));
        Ok(part)
    }

    /// How the features that may touch the buffered tile stand in it, about `count`, and some of them.
    fn crowd(
        &self,
        count: u64,
        frame: &Frame,
        budget: &Budget,
    ) -> Result<(Crowd, Vec<FeatureIx>), QueryError> {
        let layer = &self.sheet.layer;
        let step = usize::try_from(count / SAMPLE).unwrap_or(usize::MAX).max(1);
        let branches: Vec<_> = frame
            .windows()
            .flat_map(|(window, turn)| {
                layer.branches(window).into_iter().map(move |below| (below, window, turn))
            })
            .collect();
        let start = || (Crowd::default(), Vec::new());
        let gathered = query::fold_on_all_cores(branches.len(), budget, start, |(crowd, sample), at| {
            let (below, window, turn) = branches[at];
            let mut number = 0_usize;
            below.boxes_touching(window, |ix, low, high| {
                crowd.add(Stand::new(frame, ix, low, high, turn));
                if number.is_multiple_of(step) {
                    sample.push(ix);
                }
                number += 1;
            });
        })?;
        let mut gathered = gathered.into_iter();
        let Some((mut crowd, mut sample)) = gathered.next() else { return Ok(start()) };
        for (other, others) in gathered {
            crowd = crowd.and(&other);
            sample.extend(others);
        }
        // The same whichever core met which of them.
        sample.sort_unstable();
        Ok((crowd, sample))
    }

    fn write(
        &self,
        rows: &[FeatureIx],
        frame: &Frame,
        budget: &Budget,
    ) -> Result<FeatureWriter<'a>, QueryError> {
        let sheet = self.sheet;
        let mut writer = FeatureWriter::new(sheet.layer.layer(), &sheet.fields);
        writer.add(rows, &mut Pen::new(frame), budget)?;
        Ok(writer)
    }

    /// Bytes as it stands.
    fn len(&self) -> usize {
        let counts = self.counts.as_ref().map_or(0, mvt::LayerBody::len);
        self.writer.as_ref().map_or(self.whole_len, |writer| writer.body.len()) + counts
    }

    /// Leaves features out until no more than `share` bytes are needed; one feature always stays.
    fn thin(&mut self, share: usize, frame: &Frame, budget: &Budget) -> Result<(), QueryError> {
        if let Found::Rows(rows) = &self.found {
            let geometries = self.sheet.layer.layer().geometries();
            let mut crowd = Crowd::default();
            for &ix in rows {
                let Some(bounds) = geometries.get(ix.row()).and_then(GeometryRef::bounds) else { continue };
                let windows = frame.windows().filter(|(window, _)| window.overlaps(bounds));
                let (low, high) = ([bounds.west, bounds.south], [bounds.east, bounds.north]);
                windows.for_each(|(_, turn)| crowd.add(Stand::new(frame, ix, low, high, turn)));
            }
            self.found = Found::Crowd(crowd);
        }
        let Found::Crowd(crowd) = &self.found else { return Ok(()) };
        let mut most = crowd.len.saturating_mul(share) / self.whole_len.max(1);
        loop {
            let shown = crowd.choose(most.max(1));
            let mut rows: Vec<_> = shown.iter().map(|stand| stand.ix()).collect();
            rows.sort_unstable();
            rows.dedup();
            let counts = crowd.counts(&shown);
            let writer = self.write(&rows, frame, budget)?;
            let len = writer.body.len() + counts.len();
            if len <= share || most <= 1 {
                (self.writer, self.counts) = (Some(writer), Some(counts));
                return Ok(());
            }
            most = (most * share / len).min(most - 1) * 9 / 10;
        }
    }

    fn finish(&self, tile: &mut Tile) {
        let Some(writer) = &self.writer else { return };
        let id = self.sheet.layer.layer().id.as_str();
        writer.body.finish(id, &mut tile.bytes);
        if let Some(counts) = &self.counts {
            counts.finish(&counts_name(id), &mut tile.bytes);
        }
        tile.shown += writer.written;
        tile.present += self.present;
    }
}

/// The features that touch the buffered tile, in the order of the layer.
fn rows(sheet: &Sheet, frame: &Frame, budget: &Budget) -> Result<Vec<FeatureIx>, QueryError> {
    let layer = &sheet.layer;
    let mut rows = Vec::new();
    for (window, _) in frame.windows() {
        if !sheet.query.has_conditions() {
            rows.extend(layer.near(window));
            continue;
        }
        let query = Query { window: Some(window.into()), ..sheet.query.clone() };
        let found = query::matching(&query, layer, budget)?;
        rows.extend(found.into_iter().filter(|ix| layer.layer().geometries().get(ix.row()).is_some()));
    }
    rows.sort_unstable();
    rows.dedup();
    Ok(rows)
}

/// Hands over each feature of a tile with its geometry as it lies there, turned back to degrees: longitude first, beyond
/// 180 where it goes on over the antimeridian. Nothing is thinned.
///
/// # Errors
/// A condition that a layer does not understand, or the budget is spent.
pub fn each_feature(
    set: MatrixSet,
    tile: TileId,
    sheets: &[Sheet],
    budget: &Budget,
    mut act: impl FnMut(&Sheet, FeatureIx, Geometry<f64>),
) -> Result<(), QueryError> {
    let frame = Frame::new(set, tile);
    let mut pen = Pen::new(&frame);
    for sheet in sheets {
        for (at, ix) in rows(sheet, &frame, budget)?.into_iter().enumerate() {
            if at % STRIDE == 0 {
                budget.check()?;
            }
            let Some(geometry) = sheet.layer.layer().feature(ix).geometry() else { continue };
            let mut shapes = Vec::new();
            pen.draw(geometry, |figure, pen| shapes.push(shape(figure, pen, &frame)));
            match shapes.len() {
                0 => {}
                1 => act(sheet, ix, shapes.remove(0)),
                _ => act(sheet, ix, Geometry::GeometryCollection(GeometryCollection(shapes))),
            }
        }
    }
    Ok(())
}

/// What the pen has drawn, in degrees.
fn shape(figure: Figure, pen: &Pen<'_>, frame: &Frame) -> Geometry<f64> {
    let coord = |&spot: &rings::Spot| {
        let [x, y] = frame.degrees(spot);
        Coord { x, y }
    };
    match figure {
        Figure::Points => {
            let points: Vec<_> = pen.points.iter().map(|spot| Point(coord(spot))).collect();
            match points[..] {
                [only] => only.into(),
                _ => MultiPoint(points).into(),
            }
        }
        Figure::Lines => {
            let (spots, ends) = &pen.lines;
            let starts = std::iter::once(0).chain(ends.iter().copied());
            let line =
                |(start, &end): (usize, &usize)| LineString(spots[start..end].iter().map(coord).collect());
            let mut lines: Vec<_> = starts.zip(ends).map(line).collect();
            if lines.len() == 1 { lines.remove(0).into() } else { MultiLineString(lines).into() }
        }
        Figure::Polygons => {
            let mut polygons: Vec<Polygon<f64>> = Vec::new();
            for (ring, is_shell) in pen.rings.iter() {
                // Tiles wind rings the other way than GeoJSON as seen on a map whose north is up (RFC 7946, 3.1.6).
                let ring = LineString(ring.iter().rev().map(coord).collect());
                match polygons.last_mut() {
                    Some(polygon) if !is_shell => polygon.interiors_push(ring),
                    _ => polygons.push(Polygon::new(ring, Vec::new())),
                }
            }
            if polygons.len() == 1 {
                polygons.remove(0).into()
            } else {
                geo_types::MultiPolygon(polygons).into()
            }
        }
    }
}
