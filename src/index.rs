//! Which features may touch this window?
//!
//! In: a layer. Out: the layer with an R-tree whose nodes know how many features lie below them, and a table
//! of ids. Leaves out: filters, pages.

mod nearest;

use std::hash::BuildHasher;
use std::sync::{Arc, OnceLock};

use hashbrown::{DefaultHashBuilder, HashTable};
use rstar::{AABB, Envelope, ParentNode, RTree, RTreeNode, RTreeObject, RTreeParams};
use thiserror::Error;

use crate::geometry::{Area, Bounds, GeometryRef, Lies, Scratch, intersects_window};
use crate::model::{FeatureId, FeatureIx, Ids, Layer};

/// A box in degrees, rounded outward to 32 bits (at most 1 m here), and the number of features below it.
///
/// Half the size of 64-bit boxes; a box may only be too large, so it never hides a feature, and what lies
/// wholly in a window by its box does so in truth.
#[derive(Debug, Clone, PartialEq)]
struct CountedBox {
    corners: AABB<[f32; 2]>,
    features: u32,
}

/// A part of the map that boxes are held against.
trait Region {
    /// How a closed box lies to it; `Across` may be said in doubt.
    fn of_box(&self, low: [f32; 2], high: [f32; 2]) -> Lies;
}

impl Region for Bounds {
    fn of_box(&self, low: [f32; 2], high: [f32; 2]) -> Lies {
        if CountedBox::holds(self, low, high) {
            Lies::Within
        } else if CountedBox::misses(self, low, high) {
            Lies::Outside
        } else {
            Lies::Across
        }
    }
}

impl Region for Area {
    fn of_box(&self, low: [f32; 2], high: [f32; 2]) -> Lies {
        Area::of_box(self, low.map(f64::from), high.map(f64::from))
    }
}

/// What boxes a question is decided for as a whole.
struct Decided<F>(F);

impl<F: Fn(Bounds) -> bool> Region for Decided<F> {
    fn of_box(&self, low: [f32; 2], high: [f32; 2]) -> Lies {
        if (self.0)(bounds_of(low, high)) { Lies::Within } else { Lies::Across }
    }
}

fn bounds_of(low: [f32; 2], high: [f32; 2]) -> Bounds {
    let ([west, south], [east, north]) = (low.map(f64::from), high.map(f64::from));
    Bounds { west, south, east, north }
}

impl CountedBox {
    fn holds(window: &Bounds, [west, south]: [f32; 2], [east, north]: [f32; 2]) -> bool {
        f64::from(west) >= window.west
            && f64::from(east) <= window.east
            && f64::from(south) >= window.south
            && f64::from(north) <= window.north
    }

    fn misses(window: &Bounds, [west, south]: [f32; 2], [east, north]: [f32; 2]) -> bool {
        f64::from(west) > window.east
            || f64::from(east) < window.west
            || f64::from(south) > window.north
            || f64::from(north) < window.south
    }
}

/// The nearest 32-bit number not above.
#[expect(clippy::cast_possible_truncation, reason = "rounding is what this is for")]
fn down(degrees: f64) -> f32 {
    let near = degrees as f32;
    if f64::from(near) > degrees { near.next_down() } else { near }
}

fn up(degrees: f64) -> f32 {
    -down(-degrees)
}

impl Envelope for CountedBox {
    type Point = [f32; 2];

    fn new_empty() -> Self {
        Self { corners: AABB::new_empty(), features: 0 }
    }

    fn contains_point(&self, point: &[f32; 2]) -> bool {
        self.corners.contains_point(point)
    }

    fn contains_envelope(&self, other: &Self) -> bool {
        self.corners.contains_envelope(&other.corners)
    }

    fn merge(&mut self, other: &Self) {
        self.corners.merge(&other.corners);
        self.features += other.features;
    }

    fn merged(&self, other: &Self) -> Self {
        Self { corners: self.corners.merged(&other.corners), features: self.features + other.features }
    }

    fn intersects(&self, other: &Self) -> bool {
        self.corners.intersects(&other.corners)
    }

    fn intersection_area(&self, other: &Self) -> f32 {
        self.corners.intersection_area(&other.corners)
    }

    fn area(&self) -> f32 {
        self.corners.area()
    }

    fn distance_2(&self, point: &[f32; 2]) -> f32 {
        self.corners.distance_2(point)
    }

    fn min_max_dist_2(&self, point: &[f32; 2]) -> f32 {
        self.corners.min_max_dist_2(point)
    }

    fn center(&self) -> [f32; 2] {
        self.corners.center()
    }

    fn perimeter_value(&self) -> f32 {
        self.corners.perimeter_value()
    }

    fn sort_envelopes<T: RTreeObject<Envelope = Self>>(axis: usize, objects: &mut [T]) {
        objects.sort_unstable_by(|a, b| west_or_south(a, axis).total_cmp(&west_or_south(b, axis)));
    }

    fn partition_envelopes<T: RTreeObject<Envelope = Self>>(axis: usize, objects: &mut [T], first: usize) {
        objects
            .select_nth_unstable_by(first, |a, b| west_or_south(a, axis).total_cmp(&west_or_south(b, axis)));
    }
}

fn west_or_south<T: RTreeObject<Envelope = CountedBox>>(object: &T, axis: usize) -> f32 {
    object.envelope().corners.lower()[axis]
}

/// A feature in the tree.
#[derive(Debug, Clone)]
struct Entry {
    low: [f32; 2],
    high: [f32; 2],
    row: u32,
}

impl RTreeObject for Entry {
    type Envelope = CountedBox;

    fn envelope(&self) -> CountedBox {
        // Already in order, so `from_corners` changes nothing.
        CountedBox { corners: AABB::from_corners(self.low, self.high), features: 1 }
    }
}

/// Wide nodes: fewer levels to descend, less memory a feature.
struct WideNodes;

impl RTreeParams for WideNodes {
    const MIN_SIZE: usize = 6;
    const MAX_SIZE: usize = 16;
    const REINSERTION_COUNT: usize = 3;
    type DefaultInsertionStrategy = rstar::RStarInsertionStrategy;
}

/// The R-tree over the windows of a layer's geometries.
struct SpatialIndex {
    tree: RTree<Entry, WideNodes>,
    /// Rows without any position, ascending; no window holds them and none excludes them.
    nowhere: Vec<u32>,
}

impl SpatialIndex {
    fn build(layer: &Layer) -> Self {
        let geometries = layer.geometries();
        let (mut entries, mut nowhere) = (Vec::with_capacity(geometries.len()), Vec::new());
        for ix in layer.positions() {
            match geometries.get(ix.row()).and_then(GeometryRef::bounds) {
                Some(bounds) => entries.push(Entry {
                    low: [down(bounds.west), down(bounds.south)],
                    high: [up(bounds.east), up(bounds.north)],
                    row: ix.0,
                }),
                None => nowhere.push(ix.0),
            }
        }
        Self { tree: RTree::bulk_load_with_params(entries), nowhere }
    }

    /// Estimated bytes: rstar keeps every feature in a node slot and every inner node in one more.
    fn memory(&self) -> usize {
        let slot = size_of::<RTreeNode<Entry>>();
        self.tree.size() * slot * 17 / 16 + self.nowhere.capacity() * size_of::<u32>()
    }
}

/// What the walk over a region does with the features it meets.
trait Visitor {
    /// All features below a node that lies wholly in the region.
    fn whole(&mut self, node: &ParentNode<Entry>);
    /// A feature that lies wholly in the region.
    fn inside(&mut self, row: u32);
    /// A feature whose box meets the region's border.
    fn edge(&mut self, row: u32);
}

fn walk(node: &ParentNode<Entry>, region: &impl Region, visitor: &mut impl Visitor) {
    for child in node.children() {
        match child {
            RTreeNode::Leaf(entry) => match region.of_box(entry.low, entry.high) {
                Lies::Within => visitor.inside(entry.row),
                Lies::Across => visitor.edge(entry.row),
                Lies::Outside => {}
            },
            RTreeNode::Parent(parent) => {
                let corners = parent.envelope().corners;
                match region.of_box(corners.lower(), corners.upper()) {
                    Lies::Within => visitor.whole(parent),
                    Lies::Across => walk(parent, region, visitor),
                    Lies::Outside => {}
                }
            }
        }
    }
}

/// Calls `act` with every row below a node.
fn rows_below(node: &ParentNode<Entry>, act: &mut impl FnMut(u32)) {
    for child in node.children() {
        match child {
            RTreeNode::Leaf(entry) => act(entry.row),
            RTreeNode::Parent(parent) => rows_below(parent, act),
        }
    }
}

/// Calls `act` with every box below a node that touches the window.
fn boxes_below(
    node: &ParentNode<Entry>,
    window: &Bounds,
    act: &mut impl FnMut(FeatureIx, [f64; 2], [f64; 2]),
) {
    for child in node.children() {
        match child {
            RTreeNode::Leaf(entry) if !CountedBox::misses(window, entry.low, entry.high) => {
                act(FeatureIx(entry.row), entry.low.map(f64::from), entry.high.map(f64::from));
            }
            RTreeNode::Parent(parent) => {
                let corners = parent.envelope().corners;
                if !CountedBox::misses(window, corners.lower(), corners.upper()) {
                    boxes_below(parent, window, act);
                }
            }
            RTreeNode::Leaf(_) => {}
        }
    }
}

/// What a walk finds.
#[derive(Debug, Clone, Copy)]
pub enum Found<'a> {
    /// Features that lie wholly inside the area, or of which all is decided.
    Below(Below<'a>),
    /// One such feature.
    Inside(FeatureIx),
    /// A feature whose box may meet the border, or of which it is not decided.
    AtBorder(FeatureIx),
}

/// Features that lie together in the tree.
#[derive(Clone, Copy)]
pub struct Below<'a>(&'a ParentNode<Entry>);

impl Below<'_> {
    /// How many.
    #[must_use]
    pub fn count(self) -> u64 {
        u64::from(self.0.envelope().features)
    }

    /// The window around them.
    #[must_use]
    pub fn bounds(self) -> Bounds {
        let corners = self.0.envelope().corners;
        bounds_of(corners.lower(), corners.upper())
    }

    /// Calls `act` with each feature whose box touches the window, which does not cross the antimeridian, and the lower
    /// and upper corner of that box, which may be up to a metre too large.
    pub fn boxes_touching(self, window: Bounds, mut act: impl FnMut(FeatureIx, [f64; 2], [f64; 2])) {
        boxes_below(self.0, &window, &mut act);
    }

    /// Calls `act` with each.
    pub fn each(self, mut act: impl FnMut(FeatureIx)) {
        rows_below(self.0, &mut |row| act(FeatureIx(row)));
    }
}

impl std::fmt::Debug for Below<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} features", self.count())
    }
}

/// Parts of a tree that are enough to keep all cores busy to the end.
const BRANCHES: usize = 64;

struct Finder<F>(F);

impl<F: FnMut(Found<'_>)> Visitor for Finder<F> {
    fn whole(&mut self, node: &ParentNode<Entry>) {
        (self.0)(Found::Below(Below(node)));
    }

    fn inside(&mut self, row: u32) {
        (self.0)(Found::Inside(FeatureIx(row)));
    }

    fn edge(&mut self, row: u32) {
        (self.0)(Found::AtBorder(FeatureIx(row)));
    }
}

/// Counts, without opening nodes that lie wholly in the window.
struct Counter<'a> {
    layer: &'a Layer,
    window: Bounds,
    count: u64,
}

impl Visitor for Counter<'_> {
    fn whole(&mut self, node: &ParentNode<Entry>) {
        self.count += u64::from(node.envelope().features);
    }

    fn inside(&mut self, _: u32) {
        self.count += 1;
    }

    fn edge(&mut self, row: u32) {
        self.count += u64::from(touches(self.layer, row, self.window));
    }
}

/// Gathers the rows that touch the window.
struct Gatherer<'a> {
    layer: &'a Layer,
    window: Bounds,
    rows: Vec<u32>,
}

impl Visitor for Gatherer<'_> {
    fn whole(&mut self, node: &ParentNode<Entry>) {
        rows_below(node, &mut |row| self.rows.push(row));
    }

    fn inside(&mut self, row: u32) {
        self.rows.push(row);
    }

    fn edge(&mut self, row: u32) {
        if touches(self.layer, row, self.window) {
            self.rows.push(row);
        }
    }
}

fn touches(layer: &Layer, row: u32, window: Bounds) -> bool {
    layer.geometries().get(row as usize).is_some_and(|geometry| intersects_window(geometry, window))
}

/// Why a layer cannot be indexed.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum IndexError {
    /// Two features with one id.
    #[error("layer {layer}: features {first} and {second} (from 1) have the same id {id:?}")]
    DuplicateId {
        /// The layer.
        layer: Box<str>,
        /// The id.
        id: String,
        /// Number of the first feature.
        first: usize,
        /// Number of the second.
        second: usize,
    },
}

/// A layer with its R-tree and its table of ids.
pub struct IndexedLayer {
    layer: Arc<Layer>,
    spatial: SpatialIndex,
    by_id: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// Made when features are first sorted into those of this layer.
    areas: OnceLock<Vec<Option<Area>>>,
    overlap: OnceLock<Option<(FeatureIx, FeatureIx)>>,
}

fn table_of_ids(layer: &Layer, hasher: &DefaultHashBuilder) -> Result<HashTable<u32>, IndexError> {
    let ids = layer.ids();
    let mut table = HashTable::with_capacity(layer.len());
    for ix in layer.positions() {
        let id = ids.get(ix);
        let hash = hasher.hash_one(id);
        if let Some(&first) = table.find(hash, |&row| ids.get(FeatureIx(row)) == id) {
            return Err(IndexError::DuplicateId {
                layer: layer.id.as_str().into(),
                id: id.to_string(),
                first: first as usize + 1,
                second: ix.row() + 1,
            });
        }
        table.insert_unique(hash, ix.0, |&row| hasher.hash_one(ids.get(FeatureIx(row))));
    }
    Ok(table)
}

/// Areas that share more of the smaller one than this overlap; less is how exactly borders were drawn.
pub const MOST_OVERLAP: f64 = 0.01;

impl IndexedLayer {
    /// Indexes a layer.
    ///
    /// # Errors
    /// Two features with one id.
    pub fn build(layer: Layer) -> Result<Self, IndexError> {
        let hasher = DefaultHashBuilder::default();
        let (spatial, by_id) = std::thread::scope(|scope| {
            let spatial = scope.spawn(|| SpatialIndex::build(&layer));
            let by_id = table_of_ids(&layer, &hasher);
            (spatial.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), by_id)
        });
        let by_id = by_id?;
        Ok(Self {
            layer: Arc::new(layer),
            spatial,
            by_id,
            hasher,
            areas: OnceLock::new(),
            overlap: OnceLock::new(),
        })
    }

    /// The layer.
    #[must_use]
    pub fn layer(&self) -> &Layer {
        &self.layer
    }

    /// The layer, to be kept or to be given more fields.
    #[must_use]
    pub fn shared_layer(&self) -> Arc<Layer> {
        Arc::clone(&self.layer)
    }

    /// The position of the feature with a public id, as it stands in a path.
    #[must_use]
    pub fn find(&self, id: &str) -> Option<FeatureIx> {
        let id = match self.layer.ids() {
            // The canonical spelling only: "007" names no feature.
            Ids::Integer(_) => FeatureId::Integer(id.parse().ok().filter(|n: &i64| n.to_string() == id)?),
            Ids::Text(_) => FeatureId::Text(id),
        };
        let hash = self.hasher.hash_one(id);
        self.by_id.find(hash, |&row| self.layer.ids().get(FeatureIx(row)) == id).map(|&row| FeatureIx(row))
    }

    /// How many features touch the window, edges included; exact. Features without position are not counted.
    #[must_use]
    pub fn count_touching(&self, window: Bounds) -> u64 {
        if window.crosses_antimeridian() {
            return self.touching(window).len() as u64;
        }
        let mut counter = Counter { layer: &self.layer, window, count: 0 };
        walk(self.spatial.tree.root(), &window, &mut counter);
        counter.count
    }

    /// The features that touch the window, edges included: exact, each once, in no order.
    /// Features without position are not among them.
    #[must_use]
    pub fn touching(&self, window: Bounds) -> Vec<FeatureIx> {
        let mut rows = Vec::new();
        for part in window.parts() {
            let mut gatherer = Gatherer { layer: &self.layer, window: part, rows };
            walk(self.spatial.tree.root(), &part, &mut gatherer);
            rows = gatherer.rows;
        }
        if window.crosses_antimeridian() {
            // What touches both halves was met twice.
            rows.sort_unstable();
            rows.dedup();
        }
        rows.into_iter().map(FeatureIx).collect()
    }

    /// How many boxes of features touch the window, at most; quick, and never less than [`touching`](Self::touching) finds.
    #[must_use]
    pub fn count_near(&self, window: Bounds) -> u64 {
        let mut count = 0;
        for part in window.parts() {
            let add = |found: Found<'_>| {
                count += if let Found::Below(below) = found { below.count() } else { 1 };
            };
            walk(self.spatial.tree.root(), &part, &mut Finder(add));
        }
        count
    }

    /// The features whose box touches the window, each once, in no order. Boxes may be up to a metre too large.
    #[must_use]
    pub fn near(&self, window: Bounds) -> Vec<FeatureIx> {
        let mut rows = Vec::new();
        for part in window.parts() {
            let add = |found: Found<'_>| match found {
                Found::Below(below) => below.each(|ix| rows.push(ix)),
                Found::Inside(ix) | Found::AtBorder(ix) => rows.push(ix),
            };
            walk(self.spatial.tree.root(), &part, &mut Finder(add));
        }
        if window.crosses_antimeridian() {
            rows.sort_unstable();
            rows.dedup();
        }
        rows
    }

    /// The tree cut into parts that may touch the window, a hundred or so where it is large enough for that; together
    /// they hold all features whose box touches it.
    #[must_use]
    pub fn branches(&self, window: Bounds) -> Vec<Below<'_>> {
        let may_touch = |below: &Below<'_>| window.parts().any(|part| part.overlaps(below.bounds()));
        let mut level = vec![Below(self.spatial.tree.root())];
        level.retain(may_touch);
        while level.len() < BRANCHES {
            let is_parent = |child: &RTreeNode<Entry>| matches!(child, RTreeNode::Parent(_));
            // All leaves of an R-tree lie equally deep.
            if !level.iter().any(|below| below.0.children().iter().any(is_parent)) {
                break;
            }
            let parents = level.iter().flat_map(|below| below.0.children());
            let below = parents.filter_map(|child| match child {
                RTreeNode::Parent(parent) => Some(Below(parent)),
                RTreeNode::Leaf(_) => None,
            });
            level = below.filter(may_touch).collect();
        }
        level
    }

    /// Walks what lies in an area or may meet its border, each feature once; what lies wholly inside is not looked at
    /// one by one, so that the cost grows with the border.
    pub fn find_in(&self, area: &Area, act: impl FnMut(Found<'_>)) {
        walk(self.spatial.tree.root(), area, &mut Finder(act));
    }

    /// Walks all features with a position, each once; those in a window that a question is decided for are not looked
    /// at one by one.
    pub fn find_decided(&self, is_decided: impl Fn(Bounds) -> bool, act: impl FnMut(Found<'_>)) {
        walk(self.spatial.tree.root(), &Decided(is_decided), &mut Finder(act));
    }

    /// The features as areas, by position; none for those without a polygon.
    #[must_use]
    pub fn areas(&self) -> &[Option<Area>] {
        self.areas.get_or_init(|| {
            let area = |ix| Area::new(self.layer.feature(ix).geometry()?.to_shape());
            self.layer.positions().map(area).collect()
        })
    }

    /// Two areas that share more than [`MOST_OVERLAP`] of the smaller one.
    #[must_use]
    pub fn overlap(&self) -> Option<(FeatureIx, FeatureIx)> {
        *self.overlap.get_or_init(|| {
            let geometry = |ix| self.layer.feature(ix).geometry();
            let mut scratch = Scratch::default();
            self.layer.positions().find_map(|a| {
                let area = self.areas()[a.row()].as_ref()?;
                let others = self.touching(area.bounds()).into_iter().filter(|&b| b > a);
                let mut both = others.filter_map(|b| Some((b, self.areas()[b.row()].as_ref()?)));
                both.find(|&(b, other)| {
                    let mut shares = |area: &Area, ix| {
                        geometry(ix).is_some_and(|geometry| area.share(geometry, &mut scratch) > MOST_OVERLAP)
                    };
                    area.may_overlap(other) && (shares(area, b) || shares(other, a))
                })
                .map(|(b, _)| (a, b))
            })
        })
    }

    /// The features without any position, ascending.
    pub fn nowhere(&self) -> impl ExactSizeIterator<Item = FeatureIx> + '_ {
        self.spatial.nowhere.iter().copied().map(FeatureIx)
    }

    /// Bytes held, the R-tree and the table of ids included.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.layer.memory() + self.index_memory()
    }

    /// Bytes held by the R-tree, the table of ids and the areas, where they were needed.
    #[must_use]
    pub fn index_memory(&self) -> usize {
        let areas = self.areas.get().map_or(0, |areas| areas.iter().flatten().map(Area::memory).sum());
        self.spatial.memory() + self.by_id.allocation_size() + areas
    }
}

impl std::fmt::Debug for IndexedLayer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("IndexedLayer")
            .field("id", &self.layer.id)
            .field("features", &self.layer.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_goes_outward() {
        for degrees in [114.163_592_1, -114.163_592_1, 0.0, 30.0, 180.0, -90.0, 1e-9] {
            assert!(f64::from(down(degrees)) <= degrees, "{degrees}");
            assert!(f64::from(up(degrees)) >= degrees, "{degrees}");
            assert!(f64::from(up(degrees)) - f64::from(down(degrees)) < 2e-5, "{degrees}");
        }
    }
}
