//! Which parcels are on a picture?
//!
//! In: a catalogue and a frame. Out: the parcels in sight, as many as a picture can show. Leaves out: their drawing.
//!
//! Parcels smaller than half a pixel in both directions stand for each other: the first of a layer in each cell of half
//! a pixel fills it, for all that begin in it. While more than [`MOST`] are left, the limit and the cells are doubled.
//! What is too many even so is counted.

use std::collections::{BTreeSet, HashSet};
use std::sync::LazyLock;

use serde_json::{Map, Value as Json};

use super::frame::Frame;
use super::outline::{MARGIN, Outline, Parts};
use super::place::Box;
use super::plot::shown;
use super::scene::Feature;
use super::sources;
use super::style::View;
use crate::catalog::Catalog;
use crate::geometry::GeometryRef;
use crate::model::{FeatureIx, Layer};
use crate::query::{Budget, QueryError};

/// The most parcels of a picture.
const MOST: usize = 200_000;
/// Smaller than this in both directions, parcels stand for each other; CSS pixels.
const SMALL: f32 = 0.5;
/// No cell is larger, CSS pixels.
const LARGEST: f32 = 8.0;

/// Parcels on a picture.
#[derive(Debug, Default)]
pub struct Parcels {
    outlines: Vec<Vec<Outline>>,
    /// Ids of the layers among them.
    pub layers: BTreeSet<String>,
    /// How many were too many.
    pub left_out: u64,
}

impl Parcels {
    /// Takes them out, as features of the style.
    pub fn features(&mut self) -> Vec<Feature<'static>> {
        static NONE: LazyLock<Map<String, Json>> = LazyLock::new(Map::new);
        std::mem::take(&mut self.outlines)
            .into_iter()
            .map(|outlines| Feature { properties: &NONE, outlines })
            .collect()
    }
}

/// A parcel in sight and the box around it, CSS pixels.
struct Seen<'a> {
    layer: &'a Layer,
    ix: FeatureIx,
    place: Box,
}

/// The parcels that a view shows within a frame.
///
/// # Errors
/// The budget is spent.
pub fn in_sight(
    catalog: &Catalog,
    view: View,
    frame: &Frame,
    budget: &Budget,
) -> Result<Parcels, QueryError> {
    let seen = seen(catalog, view, frame, budget)?;
    let mut small = SMALL;
    let mut drawn = thinned(&seen, small);
    while drawn.len() > MOST && small < LARGEST {
        budget.check()?;
        small *= 2.0;
        drawn = thinned(&seen, small);
    }
    let left_out = drawn.len().saturating_sub(MOST) as u64;
    let mut parcels = Parcels { left_out, ..Parcels::default() };
    for (at, (one, cell)) in drawn.into_iter().take(MOST).enumerate() {
        if at % 1024 == 0 {
            budget.check()?;
        }
        let id = one.layer.id.as_str();
        if !parcels.layers.contains(id) {
            parcels.layers.insert(id.to_owned());
        }
        let whole = || Some(Outline::all_of(&one.layer.feature(one.ix).geometry()?.to_shape(), frame));
        let outlines = cell.map(|cell| vec![square(cell, small)]).or_else(whole);
        parcels.outlines.extend(outlines);
    }
    Ok(parcels)
}

/// All parcels in sight, layer by layer, in their order.
fn seen<'a>(
    catalog: &'a Catalog,
    view: View,
    frame: &Frame,
    budget: &Budget,
) -> Result<Vec<Seen<'a>>, QueryError> {
    let mut seen = Vec::new();
    for indexed in sources::parcels(catalog, view) {
        let layer = indexed.layer();
        let mut rows = indexed.touching(frame.window(MARGIN));
        rows.sort_unstable();
        for (at, ix) in rows.into_iter().enumerate() {
            if at % 1024 == 0 {
                budget.check()?;
            }
            let Some(window) = layer.feature(ix).geometry().and_then(GeometryRef::window) else { continue };
            seen.push(Seen { layer, ix, place: shown(window, frame) });
        }
    }
    Ok(seen)
}

/// The parcels to draw; those smaller than a limit as the cell they fill.
fn thinned<'a, 'b>(seen: &'b [Seen<'a>], small: f32) -> Vec<(&'b Seen<'a>, Option<[i32; 2]>)> {
    let mut cells: HashSet<(&str, [i32; 2])> = HashSet::new();
    let mut drawn = Vec::new();
    for one in seen {
        let Box { left, top, right, bottom } = one.place;
        if right - left >= small || bottom - top >= small {
            drawn.push((one, None));
            continue;
        }
        #[expect(clippy::cast_possible_truncation, reason = "within the picture")]
        let cell = [left, top].map(|at| (at / small).floor() as i32);
        if cells.insert((one.layer.id.as_str(), cell)) {
            drawn.push((one, Some(cell)));
        }
    }
    drawn
}

/// A cell as an area.
fn square(cell: [i32; 2], side: f32) -> Outline {
    #[expect(clippy::cast_precision_loss, reason = "within the picture")]
    let [left, top] = cell.map(|at| at as f32 * side);
    let (right, bottom) = (left + side, top + side);
    Outline {
        parts: Parts::Polygons(vec![vec![vec![[left, top], [right, top], [right, bottom], [left, bottom]]]]),
    }
}
