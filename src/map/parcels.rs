//! Which parcels are on a picture?
//!
//! In: a catalogue and a frame. Out: the parcels in sight, as many as a picture can show. Leaves out: their drawing.
//!
//! Of parcels smaller than half a pixel in both directions, the first of a layer in each cell of half a pixel stands
//! for all in it and fills it. What is left is drawn in the order of the layer up to [`MOST`], and the rest is counted.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde_json::{Map, Value as Json};

use super::frame::Frame;
use super::outline::{MARGIN, Outline, Parts};
use super::scene::Feature;
use super::sources;
use super::style::View;
use crate::catalog::Catalog;
use crate::model::{FeatureRef, Lang, Layer, Value};
use crate::query::{Budget, QueryError};

/// The most parcels of a picture.
const MOST: usize = 200_000;
/// Smaller than this in both directions, parcels stand for each other; CSS pixels.
const SMALL: f32 = 0.5;

/// Parcels on a picture.
#[derive(Debug, Default)]
pub struct Parcels {
    outlines: Vec<Vec<Outline>>,
    /// Ids of layers among them whose features are made up.
    pub made_up: Vec<String>,
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
    let mut parcels = Parcels::default();
    for indexed in sources::parcels(catalog, view) {
        let layer = indexed.layer();
        let mut rows = indexed.touching(frame.window(MARGIN));
        rows.sort_unstable();
        let before = parcels.outlines.len();
        let mut cells: HashSet<[i32; 2]> = HashSet::new();
        for (at, ix) in rows.into_iter().enumerate() {
            if at % 1024 == 0 {
                budget.check()?;
            }
            let Some(geometry) = layer.feature(ix).geometry() else { continue };
            let Some(bounds) = geometry.bounds() else { continue };
            let [left, top] = frame.project([bounds.west, bounds.north]);
            let [right, bottom] = frame.project([bounds.east, bounds.south]);
            let small = right - left < SMALL && bottom - top < SMALL;
            #[expect(clippy::cast_possible_truncation, reason = "within the picture")]
            let cell = [left, top].map(|at| (at / SMALL).floor() as i32);
            if small && !cells.insert(cell) {
                continue;
            }
            if parcels.outlines.len() >= MOST {
                parcels.left_out += 1;
                continue;
            }
            parcels.outlines.push(if small {
                vec![square(cell)]
            } else {
                Outline::all_of(&geometry.to_shape(), frame)
            });
        }
        if layer.about.synthetic && parcels.outlines.len() > before {
            parcels.made_up.push(layer.id.as_str().to_owned());
        }
    }
    Ok(parcels)
}

/// A cell as an area.
fn square(cell: [i32; 2]) -> Outline {
    #[expect(clippy::cast_precision_loss, reason = "within the picture")]
    let [left, top] = cell.map(|at| at as f32 * SMALL);
    let (right, bottom) = (left + SMALL, top + SMALL);
    Outline {
        parts: Parts::Polygons(vec![vec![vec![[left, top], [right, top], [right, bottom], [left, bottom]]]]),
    }
}

/// The name of a feature in a language, else in the other, else its id.
pub fn name(layer: &Layer, feature: FeatureRef<'_>, lang: Lang) -> String {
    let text = |field: &str| match layer.schema.find(field).map(|(at, _)| feature.value(at)) {
        Some(Value::Text(text)) if !text.trim().is_empty() => Some(text.to_owned()),
        _ => None,
    };
    let fields = [lang.pick("name_zh", "name_en"), lang.pick("name_en", "name_zh")];
    fields.into_iter().find_map(text).unwrap_or_else(|| feature.id().to_string())
}
