//! Features as `FlatGeobuf` (version 3).
//!
//! In: features. Out: a header, a packed R-tree over the features, and the features in the order of the tree's
//! leaves, that is along a Hilbert curve. Leaves out: what the format has no place for.
//!
//! Days and moments are both of the column type `DateTime`, the only one for time, as ISO 8601; arrays and objects
//! are `Json`. The title of a column is in the language of the request, its unit in its metadata. The metadata of
//! the header is that of [`geoparquet`](super::geoparquet), flag of made-up data included. A missing altitude
//! among others is NaN. A feature without geometry has an empty box in the tree, which meets no window.
//!
//! The tables are written by slot number, as the schemas of the format number their fields; the numbers stand in
//! one place each.

use flatbuffers::{FlatBufferBuilder, ForwardsUOffset, TableFinishedWIPOffset, Vector, WIPOffset};
use serde_json::json;

use super::figures::{code, east_first, has_altitude, polygons};
use super::geoparquet::notes;
use super::table::{Table, text};
use super::{Cover, RenderError, View};
use crate::geometry::{Crs, GeometryKind, GeometryRef, Part, Run};
use crate::model::{FeatureIx, Layer, Value, ValueKind};
use crate::query::Budget;

type Offset = WIPOffset<TableFinishedWIPOffset>;
type Tables<'a> = WIPOffset<Vector<'a, ForwardsUOffset<TableFinishedWIPOffset>>>;

/// The first eight bytes: name, version 3, name, patch.
const MAGIC: [u8; 8] = [b'f', b'g', b'b', 3, b'f', b'g', b'b', 1];
/// Children of a node of the tree, the number that readers expect.
const NODE: usize = 16;

/// The file of some features.
///
/// # Errors
/// The budget is spent.
pub fn file(
    layer: &Layer,
    items: &[FeatureIx],
    view: &View,
    cover: &Cover,
    budget: &Budget,
) -> Result<Vec<u8>, RenderError> {
    let table = Table::new(layer, view);
    let survey = Survey::of(layer, items, view);
    let mut rows = survey.along_the_curve(items);
    let mut features = Vec::new();
    let mut leaves = Vec::with_capacity(rows.len());
    for (at, (_, bounds, ix)) in rows.drain(..).enumerate() {
        if at % 256 == 0 {
            budget.check()?;
        }
        leaves.push(Node { bounds, offset: features.len() as u64 });
        feature(&mut features, layer, &table, view, &survey, ix);
    }
    let mut out = MAGIC.to_vec();
    header(&mut out, layer, &table, view, cover, &survey, leaves.len());
    if survey.is_indexed() {
        tree(&mut out, leaves);
    }
    out.append(&mut features);
    Ok(out)
}

/// Smallest x and y, greatest x and y; upside down when there is no position.
type Box4 = [f64; 4];

const NOWHERE: Box4 = [f64::INFINITY, f64::INFINITY, f64::NEG_INFINITY, f64::NEG_INFINITY];

fn joined(a: Box4, b: Box4) -> Box4 {
    [a[0].min(b[0]), a[1].min(b[1]), a[2].max(b[2]), a[3].max(b[3])]
}

/// What the header says of all features.
struct Survey {
    boxes: Vec<Box4>,
    envelope: Box4,
    /// The kind of all geometries, when they are of one.
    kind: Option<GeometryKind>,
    has_altitude: bool,
}

impl Survey {
    fn of(layer: &Layer, items: &[FeatureIx], view: &View) -> Self {
        let mut survey = Self {
            boxes: Vec::with_capacity(items.len()),
            envelope: NOWHERE,
            kind: None,
            has_altitude: false,
        };
        let mut kinds = Vec::new();
        for &ix in items {
            let bounds = view.draw(layer, ix, |shape| {
                let Some(shape) = shape else { return NOWHERE };
                if !kinds.contains(&shape.kind()) {
                    kinds.push(shape.kind());
                }
                survey.has_altitude |= has_altitude(shape);
                let mut bounds = NOWHERE;
                for run in shape.parts().flat_map(|part| part.runs().collect::<Vec<_>>()) {
                    for at in 0..run.len() {
                        let [x, y] = east_first(view.crs, &run, at);
                        bounds = joined(bounds, [x, y, x, y]);
                    }
                }
                bounds
            });
            survey.envelope = joined(survey.envelope, bounds);
            survey.boxes.push(bounds);
        }
        if let [only] = kinds[..] {
            survey.kind = Some(only);
        }
        survey
    }

    /// Is there a position that a tree could find?
    fn is_indexed(&self) -> bool {
        self.envelope[0] <= self.envelope[2]
    }

    /// The features with their boxes in the order of their middles along a Hilbert curve; those without position
    /// last, and all in their own order where there is no position at all.
    fn along_the_curve(&self, items: &[FeatureIx]) -> Vec<(u32, Box4, FeatureIx)> {
        let [west, south, east, north] = self.envelope;
        let cell = |middle: f64, low: f64, high: f64| {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a cell of 65536")]
            let cell = if high > low { ((middle - low) / (high - low) * 65_535.0) as u32 } else { 0 };
            cell.min(65_535)
        };
        let place = |bounds: &Box4| {
            if bounds[0] > bounds[2] {
                return u32::MAX;
            }
            let x = cell(f64::midpoint(bounds[0], bounds[2]), west, east);
            let y = cell(f64::midpoint(bounds[1], bounds[3]), south, north);
            hilbert(x, y)
        };
        let mut rows: Vec<_> =
            self.boxes.iter().zip(items).map(|(bounds, &ix)| (place(bounds), *bounds, ix)).collect();
        rows.sort_by_key(|(place, ..)| *place);
        rows
    }
}

/// Distance along the Hilbert curve of order 16 to a cell of a square of 65536 × 65536.
fn hilbert(mut x: u32, mut y: u32) -> u32 {
    const SIDE: u32 = 1 << 16;
    let (mut distance, mut half) = (0, SIDE / 2);
    while half > 0 {
        let (right, upper) = (u32::from(x & half > 0), u32::from(y & half > 0));
        distance += half * half * ((3 * right) ^ upper);
        // The quarter is turned so that the curve in it begins where the one before ends.
        if upper == 0 {
            if right == 1 {
                x = (SIDE - 1) - x;
                y = (SIDE - 1) - y;
            }
            std::mem::swap(&mut x, &mut y);
        }
        half /= 2;
    }
    distance
}

struct Node {
    bounds: Box4,
    offset: u64,
}

/// The packed tree: levels from the root down; a leaf points to the byte where its feature begins behind the tree,
/// another node to the number of its first child.
fn tree(out: &mut Vec<u8>, leaves: Vec<Node>) {
    let mut sizes = vec![leaves.len()];
    while sizes.len() == 1 || sizes[sizes.len() - 1] > 1 {
        sizes.push(sizes[sizes.len() - 1].div_ceil(NODE));
    }
    let mut levels = vec![leaves];
    let mut first = sizes.iter().sum::<usize>();
    for &size in &sizes[..sizes.len() - 1] {
        first -= size;
        let below = &levels[levels.len() - 1];
        let parent = |(group, children): (usize, &[Node])| Node {
            bounds: children.iter().fold(NOWHERE, |bounds, child| joined(bounds, child.bounds)),
            offset: (first + group * NODE) as u64,
        };
        let level = below.chunks(NODE).enumerate().map(parent).collect();
        levels.push(level);
    }
    for node in levels.iter().rev().flatten() {
        for edge in node.bounds {
            out.extend_from_slice(&edge.to_le_bytes());
        }
        out.extend_from_slice(&node.offset.to_le_bytes());
    }
}

fn header(
    out: &mut Vec<u8>,
    layer: &Layer,
    table: &Table,
    view: &View,
    cover: &Cover,
    survey: &Survey,
    count: usize,
) {
    let mut b = FlatBufferBuilder::new();
    let columns: Vec<_> = table.columns.iter().map(|column| self::column(&mut b, column, view)).collect();
    let columns: Tables<'_> = b.create_vector(&columns);
    let crs = crs(&mut b, view);
    let name = b.create_string(layer.id.as_str());
    let title = b.create_string(layer.about.title.say(view.lang));
    let description =
        layer.about.description.as_ref().map(|description| b.create_string(description.say(view.lang)));
    let metadata = b.create_string(&notes(layer, table, view, cover).to_string());
    let envelope = survey.is_indexed().then(|| b.create_vector(&survey.envelope));
    let start = b.start_table();
    b.push_slot_always(slot(0), name);
    if let Some(envelope) = envelope {
        b.push_slot_always(slot(1), envelope);
    }
    b.push_slot(slot(2), survey.kind.map_or(0, code), 0);
    b.push_slot(slot(3), survey.has_altitude, false);
    b.push_slot_always(slot(7), columns);
    b.push_slot(slot(8), count as u64, 0);
    let node = if survey.is_indexed() { 16_u16 } else { 0 };
    b.push_slot(slot(9), node, 16);
    b.push_slot_always(slot(10), crs);
    b.push_slot_always(slot(11), title);
    if let Some(description) = description {
        b.push_slot_always(slot(12), description);
    }
    b.push_slot_always(slot(13), metadata);
    let root = b.end_table(start);
    b.finish_size_prefixed(root, None);
    out.extend_from_slice(b.finished_data());
}

/// The place of a field in a table's directory: two bytes each behind two that tell sizes.
const fn slot(field: u16) -> u16 {
    4 + 2 * field
}

fn column(b: &mut FlatBufferBuilder<'_>, column: &super::table::Column, view: &View) -> Offset {
    let name = b.create_string(&column.name);
    let title = column.title.as_ref().map(|title| b.create_string(title.say(view.lang)));
    let unit = column.unit.as_ref().map(|unit| b.create_string(&json!({ "unit": unit }).to_string()));
    let is_id = column.source == super::table::Source::Id;
    let start = b.start_table();
    b.push_slot_always(slot(0), name);
    b.push_slot(slot(1), kind(column.kind), 0);
    if let Some(title) = title {
        b.push_slot_always(slot(2), title);
    }
    b.push_slot(slot(7), matches!(column.source, super::table::Source::Field(_)), true);
    b.push_slot(slot(8), is_id, false);
    if let Some(unit) = unit {
        b.push_slot_always(slot(10), unit);
    }
    b.end_table(start)
}

/// The number of a column type.
fn kind(kind: ValueKind) -> u8 {
    match kind {
        ValueKind::Bool => 2,
        ValueKind::Integer => 7,
        ValueKind::Real => 10,
        ValueKind::Text => 11,
        ValueKind::Array | ValueKind::Object => 12,
        ValueKind::Date | ValueKind::Timestamp => 13,
    }
}

fn crs(b: &mut FlatBufferBuilder<'_>, view: &View) -> Offset {
    // Positions are longitude first anyway, and readers know WGS 84 by its number alone.
    let system = if view.crs == Crs::Crs84 { Crs::Epsg4326 } else { view.crs };
    let (authority, code) = system.authority_and_code();
    let number: Option<i32> = code.parse().ok();
    let organisation = b.create_string(authority);
    let text = b.create_string(&code);
    let start = b.start_table();
    b.push_slot_always(slot(0), organisation);
    b.push_slot(slot(1), number.unwrap_or(0), 0);
    if number.is_none() {
        b.push_slot_always(slot(5), text);
    }
    b.end_table(start)
}

fn feature(out: &mut Vec<u8>, layer: &Layer, table: &Table, view: &View, survey: &Survey, ix: FeatureIx) {
    let mut b = FlatBufferBuilder::new();
    let shape = view.draw(layer, ix, |shape| shape.map(|shape| geometry(&mut b, shape, view, survey)));
    let properties = properties(layer, table, ix);
    let properties = b.create_vector(&properties);
    let start = b.start_table();
    if let Some(shape) = shape {
        b.push_slot_always(slot(0), shape);
    }
    b.push_slot_always(slot(1), properties);
    let root = b.end_table(start);
    b.finish_size_prefixed(root, None);
    out.extend_from_slice(b.finished_data());
}

/// The values that are known, each behind the number of its column.
fn properties(layer: &Layer, table: &Table, ix: FeatureIx) -> Vec<u8> {
    let mut out = Vec::new();
    for (at, column) in (0_u16..).zip(&table.columns) {
        let value = column.value(layer, ix);
        let Some(text) = text(value) else { continue };
        out.extend_from_slice(&at.to_le_bytes());
        match value {
            Value::Bool(truth) => out.push(u8::from(truth)),
            Value::Integer(whole) => out.extend_from_slice(&whole.to_le_bytes()),
            Value::Real(real) => out.extend_from_slice(&real.to_le_bytes()),
            _ => {
                out.extend_from_slice(&u32::try_from(text.len()).unwrap_or(u32::MAX).to_le_bytes());
                out.extend_from_slice(text.as_bytes());
            }
        }
    }
    out
}

fn geometry(b: &mut FlatBufferBuilder<'_>, shape: GeometryRef<'_>, view: &View, survey: &Survey) -> Offset {
    if shape.kind() != GeometryKind::GeometryCollection {
        // A geometry that is no collection is one part.
        return match shape.parts().next() {
            Some(part) => self::part(b, &part, view, survey),
            None => coordinates(b, shape.kind(), &[], view, survey),
        };
    }
    let parts: Vec<_> = shape.parts().map(|part| self::part(b, &part, view, survey)).collect();
    group(b, GeometryKind::GeometryCollection, &parts)
}

fn part(b: &mut FlatBufferBuilder<'_>, part: &Part<'_>, view: &View, survey: &Survey) -> Offset {
    if part.kind() != GeometryKind::MultiPolygon {
        let runs: Vec<_> = part.runs().collect();
        return coordinates(b, part.kind(), &runs, view, survey);
    }
    let members: Vec<_> = polygons(part)
        .iter()
        .map(|rings| coordinates(b, GeometryKind::Polygon, rings, view, survey))
        .collect();
    group(b, GeometryKind::MultiPolygon, &members)
}

/// A geometry of geometries.
fn group(b: &mut FlatBufferBuilder<'_>, kind: GeometryKind, parts: &[Offset]) -> Offset {
    let parts: Tables<'_> = b.create_vector(parts);
    let start = b.start_table();
    b.push_slot_always(slot(6), code(kind));
    b.push_slot_always(slot(7), parts);
    b.end_table(start)
}

/// A geometry of positions; where it has several runs of them, the number of positions up to the end of each.
fn coordinates(
    b: &mut FlatBufferBuilder<'_>,
    kind: GeometryKind,
    runs: &[Run<'_>],
    view: &View,
    survey: &Survey,
) -> Offset {
    let (mut flat, mut heights, mut ends) = (Vec::new(), Vec::new(), Vec::new());
    for run in runs {
        for at in (0..run.len()).chain(kind.is_areal().then_some(0)) {
            flat.extend(east_first(view.crs, run, at));
            heights.push(run.altitude_at(at).unwrap_or(f64::NAN));
        }
        ends.push(u32::try_from(heights.len()).unwrap_or(u32::MAX));
    }
    let has_ends = matches!(kind, GeometryKind::Polygon | GeometryKind::MultiLineString) && ends.len() > 1;
    let ends = has_ends.then(|| b.create_vector(&ends));
    let flat = b.create_vector(&flat);
    let heights = survey.has_altitude.then(|| b.create_vector(&heights));
    let start = b.start_table();
    if let Some(ends) = ends {
        b.push_slot_always(slot(0), ends);
    }
    b.push_slot_always(slot(1), flat);
    if let Some(heights) = heights {
        b.push_slot_always(slot(2), heights);
    }
    b.push_slot_always(slot(6), code(kind));
    b.end_table(start)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_curve_visits_each_cell_once_by_steps_of_one() {
        // The lower left 32 × 32 cells are a stretch of their own of the curve.
        let mut cells: Vec<_> = (0..32).flat_map(|x| (0..32).map(move |y| (hilbert(x, y), x, y))).collect();
        cells.sort_unstable();
        for (at, pair) in cells.windows(2).enumerate() {
            let [(distance, ax, ay), (_, bx, by)] = pair else { panic!("two") };
            assert_eq!(*distance as usize, at);
            assert_eq!(ax.abs_diff(*bx) + ay.abs_diff(*by), 1, "{pair:?}");
        }
    }

    #[test]
    fn a_tree_has_levels_from_the_root_down() {
        let leaf = |at: u32| {
            let x = f64::from(at);
            Node { bounds: [x, 0.0, x, 0.0], offset: u64::from(at) * 100 }
        };
        let mut out = Vec::new();
        tree(&mut out, (0..17).map(leaf).collect());
        // 1 root, 2 nodes, 17 leaves of 40 bytes each.
        assert_eq!(out.len(), 20 * 40);
        let number = |node: usize, field: usize| {
            let at = node * 40 + field * 8;
            <[u8; 8]>::try_from(&out[at..at + 8]).expect("eight bytes")
        };
        let bounds = |node: usize| [0, 2].map(|field| f64::from_le_bytes(number(node, field)));
        let offset = |node: usize| u64::from_le_bytes(number(node, 4));
        assert_eq!((bounds(0), offset(0)), ([0.0, 16.0], 1));
        assert_eq!((bounds(1), offset(1)), ([0.0, 15.0], 3));
        assert_eq!((bounds(2), offset(2)), ([16.0, 16.0], 19));
        assert_eq!((bounds(19), offset(19)), ([16.0, 16.0], 1600));
    }
}
