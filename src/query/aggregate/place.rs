//! Which features belong to which place?
//!
//! In: areas, or distances from lines, and the rows asked for. Out: for each place the rows that count there, those
//! that may, and the shares of those that lie in it in part. Leaves out: what is told about them.
//!
//! Areas are walked side by side on all cores. What lies wholly inside an area is taken node by node; only features
//! at its border are looked at.

use super::super::{Budget, QueryError, fold_on_all_cores};
use super::{Areas, Bands, Rule};
use crate::geometry::{
    Area, Bounds, GeometryRef, LEAST_SHARE, Lies, Scratch, Shape, Span, Stretches, area_m2, centroid,
    has_area, length_m, reach, stored_area_m2, within_distance,
};
use crate::index::{Found, IndexedLayer};
use crate::model::{FeatureIx, FieldIx, Layer, Value};

/// A set of rows.
#[derive(Debug, Clone)]
pub(super) struct RowSet(Vec<u64>);

impl RowSet {
    pub fn new(rows: usize) -> Self {
        Self(vec![0; rows.div_ceil(64)])
    }

    pub fn of(rows: usize, members: impl IntoIterator<Item = u32>) -> Self {
        let mut set = Self::new(rows);
        for row in members {
            set.insert(row);
        }
        set
    }

    pub fn holds(&self, row: u32) -> bool {
        self.0[row as usize / 64] >> (row % 64) & 1 == 1
    }

    /// Was it new?
    pub fn insert(&mut self, row: u32) -> bool {
        let (word, bit) = (&mut self.0[row as usize / 64], 1 << (row % 64));
        let is_new = *word & bit == 0;
        *word |= bit;
        is_new
    }
}

/// What belongs to one place.
#[derive(Debug, Clone, Default)]
pub(super) struct Members {
    /// Rows that count there.
    pub rows: Vec<u32>,
    /// How many rows count there beside these, where nothing but their number is asked for.
    pub more: u64,
    /// Rows of which it is undecided whether they count there, when positional accuracy is respected.
    pub undecided: Vec<u32>,
    /// Rows that meet it in part, with their shares; filled where overlaps are asked for.
    pub parts: Vec<(u32, f64)>,
    /// Rows wholly inside, whether or not they count there; filled where overlaps are asked for.
    pub whole: Vec<u32>,
}

/// The rows of a request; all of the layer when there is no set.
#[derive(Debug, Clone, Copy)]
pub(super) struct Asked<'a> {
    pub indexed: &'a IndexedLayer,
    pub set: Option<&'a RowSet>,
    pub budget: &'a Budget,
}

impl<'a> Asked<'a> {
    fn layer(self) -> &'a Layer {
        self.indexed.layer()
    }

    fn wants(self, row: u32) -> bool {
        self.set.is_none_or(|set| set.holds(row))
    }

    /// The rows, ascending.
    pub fn rows(self) -> impl Iterator<Item = u32> + 'a {
        self.layer().positions().map(|ix| ix.0).filter(move |&row| self.wants(row))
    }

    /// Those that are in none of some sets, ascending.
    pub fn rows_beside(self, sets: &[&RowSet]) -> Vec<u32> {
        let mut rows = Vec::new();
        let all = self.layer().len();
        for (first, at) in (0..all).step_by(64).zip(0..) {
            let wanted = self.set.map_or(u64::MAX >> (64 - (all - first).min(64)), |set| set.0[at]);
            let mut left = sets.iter().fold(wanted, |left, set| left & !set.0[at]);
            while left != 0 {
                rows.push(FeatureIx::of_row(first).0 + left.trailing_zeros());
                left &= left - 1;
            }
        }
        rows
    }

    /// Those without position, ascending.
    pub fn nowhere(self) -> impl Iterator<Item = u32> + 'a {
        self.indexed.nowhere().map(|ix| ix.0).filter(move |&row| self.wants(row))
    }
}

/// The accuracy of a feature's position in metres, where its layer tells it.
pub(super) struct Accuracy<'a> {
    layer: &'a Layer,
    field: Option<FieldIx>,
}

/// The field that tells how far from its true place a feature may lie.
const ACCURACY_FIELD: &str = "accuracy_m";

impl<'a> Accuracy<'a> {
    pub fn of(layer: &'a Layer) -> Self {
        Self { layer, field: layer.schema.find(ACCURACY_FIELD).map(|(at, _)| at) }
    }

    pub fn at(&self, row: usize) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "metres on the earth")]
        match self.layer.column(self.field?).value(row) {
            Value::Integer(metres) if metres >= 0 => Some(metres as f64),
            Value::Real(metres) if metres >= 0.0 => Some(metres),
            _ => None,
        }
    }

    fn most(&self) -> f64 {
        self.layer.positions().filter_map(|ix| self.at(ix.row())).fold(0.0, f64::max)
    }
}

/// Runs `work` for each number below `count` on all cores; results in order.
pub(super) fn on_all_cores<T: Send>(
    count: usize,
    budget: &Budget,
    work: impl Fn(usize, &mut Scratch) -> T + Sync,
) -> Result<Vec<T>, QueryError> {
    let start = || (Scratch::default(), Vec::new());
    let done =
        fold_on_all_cores(count, budget, start, |(scratch, done), at| done.push((at, work(at, scratch))))?;
    let mut results: Vec<_> = done.into_iter().flat_map(|(_, done)| done).collect();
    results.sort_unstable_by_key(|(at, _)| *at);
    Ok(results.into_iter().map(|(_, result)| result).collect())
}

/// The areas of the rows asked for in square metres, by row; NaN for those that have none, and for the others.
pub(super) fn areas_m2(asked: Asked<'_>) -> Result<Vec<f64>, QueryError> {
    const BLOCK: usize = 4096;
    let geometries = asked.layer().geometries();
    let blocks = on_all_cores(geometries.len().div_ceil(BLOCK), asked.budget, |block, _| {
        let rows = block * BLOCK..geometries.len().min((block + 1) * BLOCK);
        let is_wanted = |row: usize| asked.wants(FeatureIx::of_row(row).0);
        let area = |row| {
            let areal = geometries.get(row).filter(|geometry| is_wanted(row) && has_area(*geometry));
            areal.map_or(f64::NAN, stored_area_m2)
        };
        rows.map(area).collect::<Vec<_>>()
    })?;
    Ok(blocks.concat())
}

/// How many features belong to an area by a rule, when only that is asked for: what lies wholly inside is not opened.
///
/// For a single area, with which no other competes.
pub(super) fn count_in(asked: Asked<'_>, area: &Area, rule: Rule) -> u64 {
    let (mut count, mut border) = (0, Vec::new());
    asked.indexed.find_in(area, |found| match found {
        Found::Below(below) => count += below.count(),
        Found::Inside(_) => count += 1,
        Found::AtBorder(ix) => border.push(ix),
    });
    let mut scratch = Scratch::default();
    for rows in border.chunks(FETCHED) {
        let geometries = asked.layer().geometries();
        geometries.fetch(rows.iter().map(|ix| ix.row()));
        for geometry in rows.iter().filter_map(|ix| geometries.get(ix.row())) {
            count += u64::from(claim(area, geometry, rule, None, &mut scratch) != Claim::None);
        }
    }
    count
}

/// How many geometries at borders are fetched at once; those of parcels then fill half of the nearest cache.
const FETCHED: usize = 64;

/// What an area can say of a feature at its border.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Claim {
    None,
    /// It counts here.
    Sure,
    /// It counts here unless another area has a better claim: the share of it that lies here.
    Share(f64),
}

/// `known` is the share, where it was measured already.
fn claim(
    area: &Area,
    geometry: GeometryRef<'_>,
    rule: Rule,
    known: Option<f64>,
    scratch: &mut Scratch,
) -> Claim {
    let sure = |counts: bool| if counts { Claim::Sure } else { Claim::None };
    match rule {
        Rule::Intersects => sure(area.meets(geometry, scratch)),
        Rule::Within => sure(area.contains(geometry, scratch)),
        Rule::Centroid => match area.of_centroid(geometry) {
            // On the border of two areas a centre belongs to the first.
            Lies::Across => Claim::Share(1.0),
            lies => sure(lies == Lies::Within),
        },
        Rule::Larger => match area.of_geometry(geometry, scratch) {
            Lies::Across => {
                let share = known.unwrap_or_else(|| area.share(geometry, scratch));
                if share > 0.0 { Claim::Share(share) } else { Claim::None }
            }
            lies => sure(lies == Lies::Within),
        },
    }
}

/// What one area holds, before features are given to one of several.
#[derive(Default)]
struct Sorted {
    members: Members,
    /// Rows that count here only if no other area has a better claim, with their shares.
    claims: Vec<(u32, f64)>,
}

/// Sorts features into areas by a rule.
pub(super) fn into_areas(
    asked: Asked<'_>,
    areas: &Areas,
    rule: Rule,
    parts: bool,
) -> Result<Vec<Members>, QueryError> {
    let sorted = on_all_cores(areas.shapes().len(), asked.budget, |at, scratch| {
        areas.shapes()[at]
            .as_ref()
            .map_or_else(Sorted::default, |area| sort(asked, area, rule, parts, scratch))
    })?;
    let (mut members, claims): (Vec<_>, Vec<_>) =
        sorted.into_iter().map(|sorted| (sorted.members, sorted.claims)).unzip();
    if rule.is_for_one() {
        settle(asked, areas, &mut members, &claims);
    }
    Ok(members)
}

fn sort(asked: Asked<'_>, area: &Area, rule: Rule, parts: bool, scratch: &mut Scratch) -> Sorted {
    let mut sorted = Sorted::default();
    let geometries = asked.layer().geometries();
    let mut border = Vec::new();
    {
        let rows = &mut sorted.members.rows;
        asked.indexed.find_in(area, |found| match found {
            Found::Below(below) => below.each(|ix| {
                if asked.wants(ix.0) {
                    rows.push(ix.0);
                }
            }),
            Found::Inside(ix) if asked.wants(ix.0) => rows.push(ix.0),
            Found::AtBorder(ix) if asked.wants(ix.0) => border.push(ix.0),
            Found::Inside(_) | Found::AtBorder(_) => {}
        });
    }
    if parts {
        sorted.members.whole.clone_from(&sorted.members.rows);
    }
    for rows in border.chunks(FETCHED) {
        if asked.budget.check().is_err() {
            break;
        }
        geometries.fetch(rows.iter().map(|&row| row as usize));
        for &row in rows {
            let Some(geometry) = geometries.get(row as usize) else { continue };
            let Sorted { members, claims } = &mut sorted;
            let share = parts.then(|| area.share(geometry, scratch));
            members.parts.extend(share.filter(|share| *share > 0.0).map(|share| (row, share)));
            match claim(area, geometry, rule, share, scratch) {
                Claim::None => {}
                Claim::Sure => members.rows.push(row),
                Claim::Share(share) => claims.push((row, share)),
            }
        }
    }
    sorted
}

/// Gives each feature to one area: the one that holds it whole, or the larger part of it, ties to the lower id.
fn settle(asked: Asked<'_>, areas: &Areas, members: &mut [Members], claims: &[Vec<(u32, f64)>]) {
    let mut given = RowSet::new(asked.layer().len());
    for &at in &areas.by_id {
        members[at].rows.retain(|&row| given.insert(row));
    }
    let mut all: Vec<(u32, f64, usize)> = Vec::new();
    for (rank, &at) in areas.by_id.iter().enumerate() {
        all.extend(claims[at].iter().map(|&(row, share)| (row, share, rank)));
    }
    all.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.2.cmp(&b.2)));
    for claims in all.chunk_by(|a, b| a.0 == b.0) {
        let row = claims[0].0;
        if !given.insert(row) {
            continue;
        }
        // Shares that differ by less than rounding are equal.
        let most = claims.iter().map(|claim| claim.1).fold(0.0, f64::max) - LEAST_SHARE;
        if let Some(best) = claims.iter().find(|claim| claim.1 >= most) {
            members[areas.by_id[best.2]].rows.push(row);
        }
    }
}

/// Finds of which features it is undecided whether they count in an area, because the true place may lie elsewhere.
///
/// A feature and an area may each lie off by their accuracy, so that one may lie off to the other by the sum. What
/// counts in `members` is left as it is; a feature of unknown accuracy, or in an area of unknown accuracy, is
/// undecided where it counts.
pub(super) fn doubt(
    asked: Asked<'_>,
    areas: &Areas,
    rule: Rule,
    members: &mut [Members],
) -> Result<(), QueryError> {
    let layer = asked.layer();
    let accuracy = Accuracy::of(layer);
    let most = accuracy.most();
    let counted: Vec<RowSet> =
        members.iter().map(|members| RowSet::of(layer.len(), members.rows.iter().copied())).collect();
    let ranges = on_all_cores(areas.shapes().len(), asked.budget, |at, scratch| {
        let Some(area) = &areas.shapes()[at] else { return Vec::new() };
        let mut rows: Vec<u32> = members[at].rows.clone();
        if let Some(own) = areas.accuracy[at] {
            let window = reach(area.bounds(), own + most);
            rows.extend(asked.indexed.touching(window).iter().filter(|ix| asked.wants(ix.0)).map(|ix| ix.0));
            rows.sort_unstable();
            rows.dedup();
        }
        let range = |row: u32| {
            if asked.budget.check().is_err() {
                return None;
            }
            let counts = counted[at].holds(row);
            let Some((own, other)) = areas.accuracy[at].zip(accuracy.at(row as usize)) else {
                return counts.then_some((row, UNKNOWN));
            };
            let range = held(area, layer, row, own + other, rule, scratch);
            (counts || range.most > 0.0).then_some((row, range))
        };
        rows.into_iter().filter_map(range).collect::<Vec<_>>()
    })?;
    let mut rivals: Vec<(u32, usize, usize, Range)> = Vec::new();
    for (rank, &at) in areas.by_id.iter().enumerate() {
        rivals.extend(ranges[at].iter().map(|&(row, range)| (row, rank, at, range)));
    }
    rivals.sort_unstable_by_key(|&(row, rank, ..)| (row, rank));
    for rivals in rivals.chunk_by(|a, b| a.0 == b.0) {
        for &(row, rank, at, range) in rivals {
            let others = || rivals.iter().filter(|other| rule.is_for_one() && other.1 != rank);
            let is_sure = if counted[at].holds(row) {
                range.least >= LEAST_SHARE && others().all(|other| range.beats(&other.3, rank < other.1))
            } else {
                range.most < LEAST_SHARE || others().any(|other| other.3.beats(&range, other.1 < rank))
            };
            if !is_sure {
                members[at].undecided.push(row);
            }
        }
    }
    Ok(())
}

/// Which share of a feature an area may hold, wherever both may lie; for rules without shares 1 where it counts.
#[derive(Debug, Clone, Copy)]
struct Range {
    least: f64,
    most: f64,
}

/// Of unknown accuracy; such a feature or area takes nothing from others.
const UNKNOWN: Range = Range { least: 0.0, most: 0.0 };

impl Range {
    /// Does a feature go here rather than there, wherever it may lie?
    fn beats(&self, other: &Self, is_first: bool) -> bool {
        if is_first { self.least >= other.most } else { self.least > other.most + LEAST_SHARE }
    }
}

/// What an area may hold of a feature that may lie off by so many metres.
fn held(area: &Area, layer: &Layer, row: u32, metres: f64, rule: Rule, scratch: &mut Scratch) -> Range {
    let sure = |holds: bool| if holds { Range { least: 1.0, most: 1.0 } } else { UNKNOWN };
    let Some((geometry, bounds)) =
        layer.geometries().get(row as usize).and_then(|geometry| Some((geometry, geometry.bounds()?)))
    else {
        return sure(false);
    };
    let wide = reach(bounds, metres);
    // What lies across the antimeridian after all is measured.
    if !wide.crosses_antimeridian() {
        match area.of_box([wide.west, wide.south], [wide.east, wide.north]) {
            Lies::Within => return sure(true),
            Lies::Outside => return sure(false),
            Lies::Across => {}
        }
    }
    let shape = geometry.to_shape();
    let shape = match rule {
        Rule::Centroid => centroid(&shape).map_or(shape, |at| Shape::Point(at.into())),
        _ => shape,
    };
    let border = area.border_in(wide);
    let stays = |shape: &Shape| !within_distance(shape, &border, metres);
    // As long as its border does not reach the feature, nothing changes.
    if stays(&shape) {
        return sure(match (rule, &shape) {
            (Rule::Centroid, Shape::Point(at)) => area.holds((*at).into()),
            (Rule::Intersects, _) => area.meets(geometry, scratch),
            _ => area.contains(geometry, scratch),
        });
    }
    let mut positions = geometry.parts().flat_map(|part| part.positions());
    let any = Range { least: 0.0, most: 1.0 };
    match rule {
        // A position of it lies so deep inside that it stays there.
        Rule::Intersects if positions.any(|at| area.holds(at) && stays(&Shape::Point(at.into()))) => {
            sure(true)
        }
        // A position of it lies so far outside that it stays there.
        Rule::Within if positions.any(|at| !area.holds(at) && stays(&Shape::Point(at.into()))) => sure(false),
        // Moved by a metre, it covers on every line along the way at most a metre more or less for each stretch of it
        // there, and half the length of its border is the width of all stretches.
        Rule::Larger => {
            let swing = metres * length_m(&shape) / 2.0 / area_m2(&shape);
            if !swing.is_finite() {
                return any;
            }
            let share = area.share(geometry, scratch);
            Range { least: (share - swing).max(0.0), most: (share + swing).min(1.0) }
        }
        _ => any,
    }
}

/// Sorts features by their distance from lines: one place for each band, the last without end.
///
/// Most lie in windows that are all in one band; only the others are measured.
pub(super) fn into_bands(asked: Asked<'_>, bands: &Bands, doubt: bool) -> Result<Vec<Members>, QueryError> {
    const BLOCK: usize = 64;
    let layer = asked.layer();
    let accuracy = Accuracy::of(layer);
    // How far features and lines may be off, at most; `None` where the accuracy of some line is unknown.
    let off_lines = bands.accuracy.iter().try_fold(0.0, |most: f64, own| Some(own.as_ref()?.max(most)));
    let most_off = if doubt { off_lines.unwrap_or(0.0) + accuracy.most() } else { 0.0 };
    let decided = |bounds: Bounds| {
        let span = bands.lines.of_box(bounds);
        let band = bands.of(span.least - most_off);
        (band == bands.of(span.most + most_off)).then_some(band)
    };
    let is_known = |row: u32| off_lines.is_some() && accuracy.at(row as usize).is_some();
    let mut members = vec![Members::default(); bands.limits.len() + 1];
    let mut open = Vec::new();
    let mut put = |band: usize, row: u32| {
        members[band].rows.push(row);
        // One band is sure only where the accuracies are known.
        if doubt && !is_known(row) {
            members[band].undecided.push(row);
        }
    };
    asked.indexed.find_decided(
        |bounds| decided(bounds).is_some(),
        |found| match found {
            Found::Below(below) => {
                if let Some(band) = decided(below.bounds()) {
                    below.each(|ix| {
                        if asked.wants(ix.0) {
                            put(band, ix.0);
                        }
                    });
                }
            }
            Found::Inside(ix) | Found::AtBorder(ix) if asked.wants(ix.0) => {
                let bounds = layer.feature(ix).geometry().and_then(GeometryRef::bounds);
                match bounds.and_then(decided) {
                    Some(band) => put(band, ix.0),
                    None => open.push(ix.0),
                }
            }
            Found::Inside(_) | Found::AtBorder(_) => {}
        },
    );
    let blocks: Vec<_> = open.chunks(BLOCK).collect();
    let measured = on_all_cores(blocks.len(), asked.budget, |at, _| {
        let measure = |&row: &u32| {
            asked.budget.check().ok()?;
            let own = accuracy.at(row as usize).filter(|_| doubt && off_lines.is_some());
            Some((row, bands.measure(layer.geometries().get(row as usize)?, own)?, own.is_some()))
        };
        blocks[at].iter().filter_map(measure).collect::<Vec<_>>()
    })?;
    for (row, Nearest { band, range: (first, last) }, is_known) in measured.into_iter().flatten() {
        members[band].rows.push(row);
        if doubt && (!is_known || first != last) {
            members[first..=last].iter_mut().for_each(|band| band.undecided.push(row));
        }
    }
    Ok(members)
}

/// Sorts features into the stretch of a line in which they stand; `parts` adds the shares of areas that lie in each.
pub(super) fn into_stretches(
    asked: Asked<'_>,
    stretches: &Stretches,
    parts: bool,
) -> Result<Vec<Members>, QueryError> {
    const BLOCK: usize = 64;
    let layer = asked.layer();
    let mut near: Vec<u32> = asked.indexed.near(stretches.window()).into_iter().map(|ix| ix.0).collect();
    near.retain(|&row| asked.wants(row));
    near.sort_unstable();
    let blocks: Vec<_> = near.chunks(BLOCK).collect();
    let told = on_all_cores(blocks.len(), asked.budget, |at, _| {
        let tell = |&row: &u32| {
            asked.budget.check().ok()?;
            let geometry = layer.geometries().get(row as usize)?;
            let shares = if parts { stretches.shares(geometry) } else { Vec::new() };
            Some((row, stretches.of(geometry), shares))
        };
        blocks[at].iter().filter_map(tell).collect::<Vec<_>>()
    })?;
    let mut members = vec![Members::default(); stretches.count()];
    for (row, at, shares) in told.into_iter().flatten() {
        if let Some(at) = at {
            members[at].rows.push(row);
        }
        for (at, share) in shares {
            members[at].parts.push((row, share));
        }
    }
    Ok(members)
}

/// The band of a feature, and the first and last band that it may lie in.
struct Nearest {
    band: usize,
    range: (usize, usize),
}

impl Bands {
    /// The band of a distance; below 0 is as near as can be.
    fn of(&self, distance: f64) -> usize {
        self.limits.partition_point(|&limit| limit <= distance)
    }

    /// `own` is the accuracy of the feature, where that of all is known.
    fn measure(&self, geometry: GeometryRef<'_>, own: Option<f64>) -> Option<Nearest> {
        let off = |at: usize| own.map_or(0.0, |own| own + self.accuracy[at].unwrap_or(0.0));
        let most_off = (0..self.accuracy.len()).map(off).fold(0.0, f64::max);
        let spans = self.lines.of_geometry(geometry, 2.0 * most_off);
        let bands = |spans: &[(usize, Span)], sign: f64| {
            let nearest = |end: fn(&Span) -> f64| {
                let distances = spans.iter().map(|(at, span)| end(span) + sign * off(*at));
                distances.min_by(f64::total_cmp).map(|distance| self.of(distance))
            };
            Some([nearest(|span| span.least)?, nearest(|span| span.most)?])
        };
        let all = |spans: &[(usize, Span)]| {
            let [band, first, last] = [bands(spans, 0.0)?, bands(spans, -1.0)?, bands(spans, 1.0)?];
            let is_told = [band, first, last].iter().all(|[least, most]| least == most);
            is_told.then_some(Nearest { band: band[0], range: (first[0], last[0]) })
        };
        // Where spans do not tell, the distances do.
        all(&spans).or_else(|| {
            let exact = spans
                .iter()
                .filter_map(|&(at, _)| Some((at, Span::exactly(self.lines.exact(at, geometry)?))));
            all(&exact.collect::<Vec<_>>())
        })
    }
}
