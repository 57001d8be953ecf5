//! Which features may touch this window?
//!
//! In: a layer. Out: the layer with an R-tree whose nodes know how many features lie below them, and a table
//! of ids. Leaves out: filters, pages.

mod nearest;
mod tree;

use std::cmp::Ordering;
use std::hash::BuildHasher;
use std::sync::{Arc, OnceLock};

use hashbrown::{DefaultHashBuilder, HashTable};
use thiserror::Error;

use crate::geometry::{Area, Bounds, GeometryRef, Lies, Scratch, intersects_window};
use crate::model::{FeatureId, FeatureIx, Ids, Layer, TextArena};
use tree::{Corners, Entry, Node, Tree};

/// A part of the map that boxes are held against.
trait Region {
    /// How a closed box lies to it; `Across` may be said in doubt.
    fn of_box(&self, corners: Corners) -> Lies;

    /// The same for the box of a feature; `Within` may be said of one that is known to touch the region.
    fn of_feature(&self, corners: Corners) -> Lies {
        self.of_box(corners)
    }
}

/// A window in 32 bits. Its edges are rounded inward, boxes have edges in 32 bits, so comparing both is exact.
struct Pane(Corners);

impl Pane {
    /// The pane of a window that does not cross the antimeridian.
    fn of(window: Bounds) -> Self {
        let Bounds { west, south, east, north } = window;
        Self(Corners { low: [up(west), up(south)], high: [down(east), down(north)] })
    }

    #[expect(clippy::needless_bitwise_bool, reason = "branches that are hard to foresee take longer")]
    fn misses(&self, Corners { low, high }: Corners) -> bool {
        let pane = &self.0;
        (low[0] > pane.high[0]) | (low[1] > pane.high[1]) | (high[0] < pane.low[0]) | (high[1] < pane.low[1])
    }
}

impl Region for Pane {
    #[expect(clippy::needless_bitwise_bool, reason = "branches that are hard to foresee take longer")]
    fn of_box(&self, corners: Corners) -> Lies {
        let (Corners { low, high }, pane) = (corners, &self.0);
        if self.misses(corners) {
            Lies::Outside
        } else if (low[0] >= pane.low[0])
            & (low[1] >= pane.low[1])
            & (high[0] <= pane.high[0])
            & (high[1] <= pane.high[1])
        {
            Lies::Within
        } else {
            Lies::Across
        }
    }

    /// A feature between two opposite edges of a window touches it when one of its own ends in the other direction lies in it,
    /// for it has a position there. Boxes are rounded outward, so an end may lie by less than a step of 32 bits further inside.
    fn of_feature(&self, corners: Corners) -> Lies {
        let (Corners { low, high }, pane) = (corners, &self.0);
        let is_between = |axis: usize| low[axis] >= pane.low[axis] && high[axis] <= pane.high[axis];
        let ends_in = |axis: usize| {
            low[axis] >= pane.low[axis] && low[axis] < pane.high[axis]
                || high[axis] <= pane.high[axis] && high[axis] > pane.low[axis]
        };
        match self.of_box(corners) {
            Lies::Across if is_between(0) && ends_in(1) || is_between(1) && ends_in(0) => Lies::Within,
            lies => lies,
        }
    }
}

impl Region for Area {
    fn of_box(&self, Corners { low, high }: Corners) -> Lies {
        Area::of_box(self, low.map(f64::from), high.map(f64::from))
    }
}

/// What boxes a question is decided for as a whole.
struct Decided<F>(F);

impl<F: Fn(Bounds) -> bool> Region for Decided<F> {
    fn of_box(&self, corners: Corners) -> Lies {
        if (self.0)(bounds_of(corners)) { Lies::Within } else { Lies::Across }
    }
}

fn bounds_of(Corners { low, high }: Corners) -> Bounds {
    let ([west, south], [east, north]) = (low.map(f64::from), high.map(f64::from));
    Bounds { west, south, east, north }
}

/// The nearest 32-bit number not above.
#[expect(clippy::cast_possible_truncation, reason = "rounding is what this is for")]
fn down(degrees: f64) -> f32 {
    let near = degrees as f32;
    // Half of all numbers are rounded up, which no branch foresees. The bits of a number less stand before those of one above zero and
    // behind those of one below; +0 is never above.
    let (bits, is_above) = (near.to_bits(), u32::from(f64::from(near) > degrees));
    let to_less = ((bits >> 31) << 1).wrapping_sub(1);
    f32::from_bits(bits.wrapping_add(to_less.wrapping_mul(is_above)))
}

fn up(degrees: f64) -> f32 {
    -down(-degrees)
}

/// The box of some bounds, rounded outward to 32 bits (at most 1 m here).
///
/// Half the size of 64-bit boxes; a box may only be too large, so it never hides a feature, and what lies
/// wholly in a window by its box does so in truth.
fn corners_of(bounds: Bounds) -> Corners {
    Corners { low: [down(bounds.west), down(bounds.south)], high: [up(bounds.east), up(bounds.north)] }
}

/// The R-tree over the windows of a layer's geometries.
struct SpatialIndex {
    tree: Tree,
    /// Rows without any position, ascending; no window holds them and none excludes them.
    nowhere: Vec<u32>,
}

impl SpatialIndex {
    fn build(layer: &Layer) -> Self {
        let geometries = layer.geometries();
        let mut entries: Vec<Entry> =
            layer.positions().map(|ix| Entry { corners: Corners::NONE, row: ix.0 }).collect();
        let part = entries.len().div_ceil(tree::cores_for(entries.len())).max(1);
        std::thread::scope(|scope| {
            for entries in entries.chunks_mut(part) {
                scope.spawn(|| {
                    for entry in entries {
                        let bounds = geometries.get(entry.row as usize).and_then(GeometryRef::bounds);
                        entry.corners = bounds.map_or(Corners::NONE, corners_of);
                    }
                });
            }
        });
        let mut nowhere = Vec::new();
        entries.retain(|entry| {
            let is_somewhere = entry.corners != Corners::NONE;
            if !is_somewhere {
                nowhere.push(entry.row);
            }
            is_somewhere
        });
        Self { tree: Tree::new(entries), nowhere }
    }

    /// Bytes held.
    fn memory(&self) -> usize {
        self.tree.memory() + self.nowhere.capacity() * size_of::<u32>()
    }
}

/// What the walk over a region does with the features it meets.
trait Visitor {
    /// All features below a node that lies wholly in the region.
    fn whole(&mut self, node: Node<'_>);
    /// A feature that lies wholly in the region, or is known to touch it.
    fn inside(&mut self, row: u32);
    /// A feature whose box meets the region's border.
    fn edge(&mut self, row: u32);
}

fn walk(node: Node<'_>, region: &impl Region, visitor: &mut impl Visitor) {
    let (boxes, rows) = (node.own_boxes(), node.rows());
    for (at, &corners) in boxes.iter().enumerate() {
        match region.of_feature(corners) {
            Lies::Within => visitor.inside(rows[at]),
            Lies::Across => visitor.edge(rows[at]),
            Lies::Outside => {}
        }
    }
    for below in node.nodes() {
        match region.of_box(below.corners()) {
            Lies::Within => visitor.whole(below),
            Lies::Across => walk(below, region, visitor),
            Lies::Outside => {}
        }
    }
}

/// Calls `act` with every box below a node that touches the window.
fn boxes_below(node: Node<'_>, window: &Pane, act: &mut impl FnMut(FeatureIx, [f64; 2], [f64; 2])) {
    for (&corners, &row) in std::iter::zip(node.own_boxes(), node.rows()) {
        if !window.misses(corners) {
            let Corners { low, high } = corners;
            act(FeatureIx(row), low.map(f64::from), high.map(f64::from));
        }
    }
    for below in node.nodes().filter(|below| !window.misses(below.corners())) {
        boxes_below(below, window, act);
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
pub struct Below<'a>(Node<'a>);

impl Below<'_> {
    /// How many.
    #[must_use]
    pub fn count(self) -> u64 {
        self.0.rows().len() as u64
    }

    /// The window around them.
    #[must_use]
    pub fn bounds(self) -> Bounds {
        bounds_of(self.0.corners())
    }

    /// Calls `act` with each feature whose box touches the window, which does not cross the antimeridian, and the lower
    /// and upper corner of that box, which may be up to a metre too large.
    pub fn boxes_touching(self, window: Bounds, mut act: impl FnMut(FeatureIx, [f64; 2], [f64; 2])) {
        boxes_below(self.0, &Pane::of(window), &mut act);
    }

    /// Calls `act` with each.
    pub fn each(self, act: impl FnMut(FeatureIx)) {
        self.0.rows().iter().copied().map(FeatureIx).for_each(act);
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
    fn whole(&mut self, node: Node<'_>) {
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
    fn whole(&mut self, node: Node<'_>) {
        self.count += node.rows().len() as u64;
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
    fn whole(&mut self, node: Node<'_>) {
        self.rows.extend_from_slice(node.rows());
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

/// Keeps the first of the rows that it is given, and counts all.
struct Firsts {
    rows: Vec<u32>,
    wanted: usize,
    /// No row from here on is among the first.
    end: u32,
    count: u64,
}

impl Firsts {
    fn new(wanted: usize) -> Self {
        Self { rows: Vec::new(), wanted, end: if wanted == 0 { 0 } else { u32::MAX }, count: 0 }
    }

    #[inline]
    fn add(&mut self, rows: &[u32]) {
        self.count += rows.len() as u64;
        for &row in rows {
            if row < self.end {
                self.keep(row);
            }
        }
    }

    /// Keeps one more; when too many are kept, only those that are wanted.
    fn keep(&mut self, row: u32) {
        self.rows.push(row);
        if self.rows.len() >= self.wanted.saturating_mul(2) {
            let (_, end, _) = self.rows.select_nth_unstable(self.wanted);
            self.end = *end;
            self.rows.truncate(self.wanted);
        }
    }

    /// The first, in order.
    fn finish(mut self) -> Vec<FeatureIx> {
        self.rows.sort_unstable();
        self.rows.truncate(self.wanted);
        self.rows.into_iter().map(FeatureIx).collect()
    }
}

/// Keeps the first rows that touch the window, and counts all.
struct Chooser<'a> {
    layer: &'a Layer,
    window: Bounds,
    firsts: Firsts,
}

impl Visitor for Chooser<'_> {
    fn whole(&mut self, node: Node<'_>) {
        self.firsts.add(node.rows());
    }

    fn inside(&mut self, row: u32) {
        self.firsts.add(&[row]);
    }

    fn edge(&mut self, row: u32) {
        if touches(self.layer, row, self.window) {
            self.firsts.add(&[row]);
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

/// Finds rows by their ids.
enum RowsById {
    /// The ids ascend from row to row in this order and are searched as they stand.
    Ascending(TextOrder),
    Hashed(HashTable<u32>, DefaultHashBuilder),
}

/// Orders in which texts may ascend.
#[derive(Debug, Clone, Copy, PartialEq)]
enum TextOrder {
    ByBytes,
    /// Shorter texts first: numbers as texts ascend so.
    ByLength,
}

impl TextOrder {
    fn compare(self, a: &str, b: &str) -> Ordering {
        let by_length = if self == Self::ByLength { a.len().cmp(&b.len()) } else { Ordering::Equal };
        by_length.then_with(|| a.cmp(b))
    }

    /// That in which all texts ascend.
    fn of(texts: &TextArena) -> Option<Self> {
        let ascends = |order: &Self| texts.iter().is_sorted_by(|a, b| order.compare(a, b).is_lt());
        [Self::ByBytes, Self::ByLength].into_iter().find(ascends)
    }
}

impl RowsById {
    fn new(layer: &Layer) -> Result<Self, IndexError> {
        let order = match layer.ids() {
            Ids::Integer(ids) => ids.is_sorted_by(|a, b| a < b).then_some(TextOrder::ByBytes),
            Ids::Text(ids) => TextOrder::of(ids),
        };
        if let Some(order) = order {
            return Ok(Self::Ascending(order));
        }
        let hasher = DefaultHashBuilder::default();
        let table = table_of_ids(layer, &hasher)?;
        Ok(Self::Hashed(table, hasher))
    }

    fn find(&self, ids: &Ids, id: FeatureId<'_>) -> Option<FeatureIx> {
        match self {
            Self::Ascending(order) => find_ascending(ids, id, *order),
            Self::Hashed(table, hasher) => {
                let is_it = |&row: &u32| ids.get(FeatureIx(row)) == id;
                table.find(hasher.hash_one(id), is_it).map(|&row| FeatureIx(row))
            }
        }
    }

    fn memory(&self) -> usize {
        match self {
            Self::Ascending(_) => 0,
            Self::Hashed(table, _) => table.allocation_size(),
        }
    }
}

fn find_ascending(ids: &Ids, id: FeatureId<'_>, order: TextOrder) -> Option<FeatureIx> {
    let row = match (ids, id) {
        (Ids::Integer(ids), FeatureId::Integer(id)) => {
            // Features are mostly numbered one by one.
            let near = ids.first().and_then(|first| usize::try_from(id.checked_sub(*first)?).ok());
            near.filter(|&row| ids.get(row) == Some(&id)).or_else(|| ids.binary_search(&id).ok())?
        }
        (Ids::Text(ids), FeatureId::Text(id)) => {
            let (mut low, mut high) = (0, ids.len());
            while low < high {
                let middle = usize::midpoint(low, high);
                if order.compare(ids.get(middle), id).is_lt() { low = middle + 1 } else { high = middle }
            }
            (low < ids.len() && ids.get(low) == id).then_some(low)?
        }
        _ => return None,
    };
    u32::try_from(row).ok().map(FeatureIx)
}

/// A layer with its R-tree and its table of ids.
pub struct IndexedLayer {
    layer: Arc<Layer>,
    spatial: SpatialIndex,
    by_id: RowsById,
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
        let (spatial, by_id) = std::thread::scope(|scope| {
            let spatial = scope.spawn(|| SpatialIndex::build(&layer));
            let by_id = RowsById::new(&layer);
            (spatial.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), by_id)
        });
        let by_id = by_id?;
        Ok(Self { layer: Arc::new(layer), spatial, by_id, areas: OnceLock::new(), overlap: OnceLock::new() })
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
        self.by_id.find(self.layer.ids(), id)
    }

    /// How many features touch the window, edges included; exact. Features without position are not counted.
    #[must_use]
    pub fn count_touching(&self, window: Bounds) -> u64 {
        if window.crosses_antimeridian() {
            return self.touching(window).len() as u64;
        }
        let mut counter = Counter { layer: &self.layer, window, count: 0 };
        walk(self.spatial.tree.root(), &Pane::of(window), &mut counter);
        counter.count
    }

    /// The features that touch the window, edges included: exact, each once, in no order.
    /// Features without position are not among them.
    #[must_use]
    pub fn touching(&self, window: Bounds) -> Vec<FeatureIx> {
        let mut rows = Vec::new();
        for part in window.parts() {
            let mut gatherer = Gatherer { layer: &self.layer, window: part, rows };
            walk(self.spatial.tree.root(), &Pane::of(part), &mut gatherer);
            rows = gatherer.rows;
        }
        if window.crosses_antimeridian() {
            // What touches both halves was met twice.
            rows.sort_unstable();
            rows.dedup();
        }
        rows.into_iter().map(FeatureIx).collect()
    }

    /// How many features touch the window or have no position, and the first `wanted` of them in the order of the layer; exact.
    #[must_use]
    pub fn first_touching(&self, window: Bounds, wanted: usize) -> (u64, Vec<FeatureIx>) {
        let mut firsts = Firsts::new(wanted);
        if window.crosses_antimeridian() {
            for ix in self.touching(window) {
                firsts.add(&[ix.0]);
            }
        } else {
            let mut chooser = Chooser { layer: &self.layer, window, firsts };
            walk(self.spatial.tree.root(), &Pane::of(window), &mut chooser);
            firsts = chooser.firsts;
        }
        firsts.add(&self.spatial.nowhere);
        (firsts.count, firsts.finish())
    }

    /// How many boxes of features touch the window, at most; quick, and never less than [`touching`](Self::touching) finds.
    #[must_use]
    pub fn count_near(&self, window: Bounds) -> u64 {
        let mut count = 0;
        for part in window.parts() {
            let add = |found: Found<'_>| {
                count += if let Found::Below(below) = found { below.count() } else { 1 };
            };
            walk(self.spatial.tree.root(), &Pane::of(part), &mut Finder(add));
        }
        count
    }

    /// The same from nodes alone, quicker and rougher.
    #[must_use]
    pub fn count_at_most(&self, window: Bounds) -> u64 {
        fn below(node: Node<'_>, pane: &Pane) -> u64 {
            let whole = node.rows().len() as u64;
            match pane.of_box(node.corners()) {
                Lies::Outside => 0,
                Lies::Across if !node.is_lowest() => node.nodes().map(|node| below(node, pane)).sum(),
                _ => whole,
            }
        }
        window.parts().map(|part| below(self.spatial.tree.root(), &Pane::of(part))).sum()
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
            walk(self.spatial.tree.root(), &Pane::of(part), &mut Finder(add));
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
            // All features of the tree lie equally deep.
            if level.iter().all(|below| below.0.nodes().next().is_none()) {
                break;
            }
            level = level.iter().flat_map(|below| below.0.nodes()).map(Below).filter(may_touch).collect();
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
        self.spatial.memory() + self.by_id.memory() + areas
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
    fn ascending_ids_are_found_as_others_are() {
        use TextOrder::{ByBytes, ByLength};
        let texts = |all: &[&str], want: Option<TextOrder>| {
            let mut texts = TextArena::default();
            for text in all {
                texts.push(text);
            }
            let order = TextOrder::of(&texts);
            assert_eq!(order, want, "{all:?}");
            Some((Ids::Text(texts), order?))
        };
        let cases = [
            Some((Ids::Integer(vec![-5, 3, 4, 5, 90]), ByBytes)),
            Some((Ids::Integer(vec![7, 8, 9]), ByBytes)),
            Some((Ids::Integer(vec![]), ByBytes)),
            texts(&["", "M0-001", "M0-0010", "M0-002", "沌口"], Some(ByBytes)),
            texts(&["", "1", "2", "7", "12", "31", "100", "沌口"], Some(ByLength)),
            // The same twice, and neither order.
            texts(&["1", "2", "2"], None),
            texts(&["2", "1"], None),
            texts(&["30", "2", "10"], None),
            texts(&["10", "2", "30"], Some(ByBytes)),
        ];
        for (ids, order) in cases.into_iter().flatten() {
            for row in 0..u32::try_from(ids.len()).expect("few") {
                let ix = FeatureIx(row);
                assert_eq!(find_ascending(&ids, ids.get(ix), order), Some(ix), "{ids:?}");
            }
            for strange in [i64::MIN, -6, -4, 0, 6, 10, 91, i64::MAX] {
                assert_eq!(
                    find_ascending(&ids, FeatureId::Integer(strange), order),
                    None,
                    "{ids:?} {strange}"
                );
            }
            for strange in ["M", "M0-0011", "M0-003", "0", "3", "11", "99", "101", "沌口区"] {
                assert_eq!(find_ascending(&ids, FeatureId::Text(strange), order), None, "{ids:?} {strange}");
            }
        }
    }

    #[test]
    fn rounding_goes_outward() {
        let mut all =
            vec![114.163_592_1, -114.163_592_1, 0.0, -0.0, 30.0, 180.0, -90.0, 1e-9, -1e-9, 1e-50, -1e-50];
        all.extend((-1_800..1_800).map(|step| f64::from(step) * 0.100_000_7));
        for degrees in all {
            let (below, above) = (down(degrees), up(degrees));
            assert!(f64::from(below) <= degrees && degrees <= f64::from(above), "{degrees}");
            // No number of 32 bits lies between.
            let is_exact = below == above;
            assert!(is_exact || below.next_up() == above, "{degrees}: {below} to {above}");
        }
    }
}
