//! How many are there, and how much?
//!
//! In: a layer and an [`Aggregation`]. Out: a [`Table`]: one row for each group, and apart from them what belongs to
//! no group, what has no position, and the whole. Leaves out: media types, URLs.
//!
//! Rows are sorted into places ([`place`]), numbered by the values of fields ([`keys`]), and each group is told
//! about by its measures ([`measure`]). Groups and what belongs to none add up to the whole, but for rules by which a
//! feature may count in several areas; then the table says how often that happens.

mod keys;
mod measure;
mod place;
mod table;

use std::sync::Arc;

use self::keys::Keys;
use self::measure::{BoundMeasure, Tally, What};
use self::place::{Asked, Members, RowSet, on_all_cores};
use self::table::column;
use super::execute::matches;
use super::{Budget, Filter, Page, Query, QueryError, SortKey, plan};
use crate::geometry::{Area, Distances, LEAST_SHARE, Shape, Stretches, length_m};
use crate::index::IndexedLayer;
use crate::model::{FeatureId, FeatureIx, Field, FieldIx, Incoming, Lang, Layer, ValueKind, Words, cut};

pub use measure::{EXPECTED as EXPECTED_MEASURES, Measure, owned};
pub use table::{Row, Table, as_layer};

/// Most groups of an answer.
pub const MOST_GROUPS: usize = 10_000;

/// What is asked of many features at once.
#[derive(Debug)]
pub struct Aggregation {
    /// Which features; its order and page are not looked at.
    pub select: Query,
    /// Fields whose values make groups.
    pub fields: Vec<String>,
    /// Places that make groups.
    pub places: Option<Places>,
    /// What is told about each group; `count` always is.
    pub measures: Vec<Measure>,
    /// Which groups are answered, a filter over the columns of the table.
    pub having: Option<Filter>,
    /// Their order; none is that of the areas and values.
    pub sort: Vec<SortKey>,
    /// Which of them.
    pub page: Page,
}

/// What parts features by where they lie.
#[derive(Debug)]
pub enum Places {
    /// Areas, by a rule; `doubt` respects positional accuracy.
    Areas {
        /// The areas.
        areas: Areas,
        /// When a feature belongs to one.
        rule: Rule,
        /// Is positional accuracy respected?
        doubt: bool,
    },
    /// Bands of distance.
    Bands {
        /// The bands.
        bands: Bands,
        /// Is positional accuracy respected?
        doubt: bool,
    },
    /// Stretches of a line, with what stands no farther beside it than they reach.
    Stretches(Box<Stretches>),
}

/// When a feature belongs to an area.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Rule {
    /// When no other area holds a larger part of it (of its area, length or points); ties to the lower id.
    #[default]
    Larger,
    /// When they share a position; it may belong to several.
    Intersects,
    /// When it lies within; it may belong to several where areas overlap.
    Within,
    /// When its centre of mass lies in it; on a border the lower id.
    Centroid,
}

impl Rule {
    /// All with their names.
    pub const ALL: [(&'static str, Self); 4] = [
        ("larger", Self::Larger),
        ("intersects", Self::Intersects),
        ("within", Self::Within),
        ("centroid", Self::Centroid),
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }

    /// Does a feature count in one area at most?
    fn is_for_one(self) -> bool {
        matches!(self, Self::Larger | Self::Centroid)
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> Words {
        let (zh, en) = match self {
            Self::Larger => (
                "要素计入其较大部分（面积、长度或点数）所在的区域，相等时计入标识较小者",
                "A feature counts in the area that holds the larger part of it (of its area, length or points); ties go \
                 to the lower id",
            ),
            Self::Intersects => (
                "要素计入与之相交（含边界接触）的每个区域，可重复计入",
                "A feature counts in every area that it intersects, borders included; it may count in several",
            ),
            Self::Within => {
                ("要素计入完全包含它的每个区域", "A feature counts in every area that it lies within")
            }
            Self::Centroid => (
                "要素计入其形心所在的区域，形心在边界上时计入标识较小者",
                "A feature counts in the area that holds its centroid; on a border in the one with the lower id",
            ),
        };
        Words { zh: zh.into(), en: en.into() }
    }
}

/// Areas that features are sorted into.
#[derive(Debug)]
pub struct Areas {
    /// The layer they come from; none when they were drawn.
    source: Option<Arc<IndexedLayer>>,
    drawn: Vec<Option<Area>>,
    accuracy: Vec<Option<f64>>,
    /// Positions ordered by id.
    by_id: Vec<usize>,
}

impl Areas {
    /// The features of a layer.
    ///
    /// # Errors
    /// A feature with a geometry that is no polygon, or, where features go to one area by their larger part, areas
    /// that overlap, unless that is wanted.
    pub fn of_layer(source: &Arc<IndexedLayer>, rule: Rule, may_overlap: bool) -> Result<Self, QueryError> {
        let layer = source.layer();
        for ix in layer.positions() {
            let feature = layer.feature(ix);
            if let Some(geometry) = feature.geometry().filter(|_| source.areas()[ix.row()].is_none()) {
                return fail(
                    "group-by",
                    format!(
                        "collection {} has no areas: feature {:?} is a {}, expected polygons",
                        layer.id,
                        feature.id().to_string(),
                        geometry.kind().name()
                    ),
                );
            }
        }
        if rule == Rule::Larger
            && !may_overlap
            && let Some((a, b)) = source.overlap()
        {
            let id = |ix: FeatureIx| layer.ids().get(ix).to_string();
            return fail(
                "overlap",
                format!(
                    "areas {:?} and {:?} of collection {} overlap by more than 1 % of the smaller, so the larger part of a \
                 feature may lie in both; give overlap=true to count it in the lower id, or assign=intersects or within",
                    id(a),
                    id(b),
                    layer.id
                ),
            );
        }
        let accuracy = place::Accuracy::of(layer);
        let accuracy = layer.positions().map(|ix| accuracy.at(ix.row())).collect();
        let mut by_id: Vec<usize> = (0..layer.len()).collect();
        by_id.sort_by(|&a, &b| {
            let id = |row| layer.ids().get(FeatureIx::of_row(row));
            match (id(a), id(b)) {
                (FeatureId::Integer(a), FeatureId::Integer(b)) => a.cmp(&b),
                (FeatureId::Text(a), FeatureId::Text(b)) => a.cmp(b),
                _ => std::cmp::Ordering::Equal,
            }
        });
        Ok(Self { source: Some(Arc::clone(source)), drawn: Vec::new(), accuracy, by_id })
    }

    /// One polygon that someone drew; it lies exactly where it was drawn.
    ///
    /// # Errors
    /// It is none.
    pub fn drawn(shape: Shape) -> Result<Self, QueryError> {
        let area = Area::new(shape);
        let Some(area) = area else { return fail("polygon", "expected a polygon with an area".to_owned()) };
        Ok(Self { source: None, drawn: vec![Some(area)], accuracy: vec![Some(0.0)], by_id: vec![0] })
    }

    fn shapes(&self) -> &[Option<Area>] {
        self.source.as_ref().map_or(&self.drawn, |source| source.areas())
    }
}

/// Bands of distance from lines.
#[derive(Debug)]
pub struct Bands {
    /// The lines, or other shapes.
    lines: Distances,
    /// The accuracy of each in metres.
    accuracy: Vec<Option<f64>>,
    /// Where one band ends and the next begins, metres, ascending.
    limits: Vec<f64>,
}

impl Bands {
    /// Around the features of a layer, or around one of them.
    ///
    /// # Errors
    /// Limits that do not ascend from above 0, no position to measure from, or a line without length.
    pub fn new(source: &IndexedLayer, only: Option<FeatureIx>, limits: Vec<f64>) -> Result<Self, QueryError> {
        let ascending = limits.windows(2).all(|pair| pair[0] < pair[1]);
        if limits.is_empty() || !ascending || !limits.iter().all(|limit| limit.is_finite() && *limit > 0.0) {
            return fail(
                "bands",
                "expected limits of bands in metres, each above the one before, the first above 0".to_owned(),
            );
        }
        let layer = source.layer();
        let known = place::Accuracy::of(layer);
        let (mut lines, mut accuracy) = (Vec::new(), Vec::new());
        for ix in only.map_or_else(|| layer.positions().collect(), |ix| vec![ix]) {
            let feature = layer.feature(ix);
            let Some(geometry) = feature.geometry().filter(|geometry| geometry.bounds().is_some()) else {
                continue;
            };
            let shape = geometry.to_shape();
            let is_line = matches!(shape, Shape::LineString(_) | Shape::MultiLineString(_));
            if is_line && length_m(&shape) == 0.0 {
                return fail(
                    "group-by",
                    format!("line {:?} of collection {} has no length", feature.id().to_string(), layer.id),
                );
            }
            lines.push(shape);
            accuracy.push(known.at(ix.row()));
        }
        if lines.is_empty() {
            return fail(
                "group-by",
                format!("nothing of collection {} has a position to measure from", layer.id),
            );
        }
        Ok(Self { lines: Distances::new(lines), accuracy, limits })
    }
}

fn fail<T>(parameter: &'static str, problem: String) -> Result<T, QueryError> {
    Err(QueryError::Aggregate { parameter, problem })
}

fn unknown<T>(parameter: &'static str, name: &str, layer: &Layer) -> Result<T, QueryError> {
    let known = layer.schema.fields().map(|(_, field)| &*field.name).collect::<Vec<_>>().join(", ");
    let name = cut(name);
    fail(parameter, format!("{name:?} is no field of collection {}; its fields are {known}", layer.id))
}

/// Answers an aggregation.
///
/// # Errors
/// A name that is no field, a measure that does not fit its field, too many groups, or the budget is spent.
pub fn aggregate(asked: &Aggregation, indexed: &IndexedLayer, budget: &Budget) -> Result<Table, QueryError> {
    let layer = indexed.layer();
    let mut fields: Vec<FieldIx> = Vec::with_capacity(asked.fields.len());
    for name in &asked.fields {
        let Some((at, field)) = layer.schema.find(name) else { return unknown("group-by", name, layer) };
        if !field.kind.is_simple() {
            let kind = field.kind.name();
            return fail("group-by", format!("{name:?} holds {kind}s, which make no groups"));
        }
        if fields.contains(&at) {
            return fail("group-by", format!("group-by names {name:?} twice"));
        }
        fields.push(at);
    }
    let by_area = matches!(asked.places, Some(Places::Areas { .. } | Places::Stretches(_)));
    let mut measures: Vec<BoundMeasure> = Vec::new();
    for measure in std::iter::once(&Measure::Count).chain(&asked.measures) {
        let bound = BoundMeasure::bind(measure, layer, by_area)?;
        if !measures.iter().any(|known| known.column.name == bound.column.name) {
            measures.push(bound);
        }
    }
    let select = Query { sort: Vec::new(), page: Page::default(), ..asked.select.clone() };
    let plan = plan(&select, indexed, budget)?;
    let rows = matches(&plan, indexed, budget)?;
    let set = rows.map(|rows| RowSet::of(layer.len(), rows.iter().map(|ix| ix.0)));
    let scope = Asked { indexed, set: set.as_ref(), budget };
    let keys = Keys::new(&fields, scope, MOST_GROUPS)?;
    let places = Placed::new(scope, asked.places.as_ref(), &keys, &measures)?;
    let needs_areas = measures.iter().any(|measure| matches!(measure.what, What::Area(_) | What::Overlap(_)));
    let areas_m2 = if needs_areas { place::areas_m2(scope)? } else { Vec::new() };
    let counter = Counter { scope, keys: &keys, measures: &measures, areas_m2: &areas_m2 };
    counter.table(asked, &fields, &places)
}

/// The rows of each place.
struct Placed {
    members: Vec<Members>,
    /// Rows that have a position and belong to no place.
    unassigned: Members,
    /// Rows without position.
    nowhere: Vec<u32>,
    /// How often rows count beyond the first time.
    repeated: u64,
    has_doubt: bool,
}

impl Placed {
    /// The number of features of a layer in one area, and of those beside it.
    fn of_one(asked: Asked<'_>, places: &Places, keys: &Keys, measures: &[BoundMeasure]) -> Option<Self> {
        let Places::Areas { areas, rule, doubt: false } = places else { return None };
        let [Some(area)] = areas.shapes() else { return None };
        if asked.set.is_some() || keys.rows.len() > 1 || !measures.iter().all(BoundMeasure::only_counts) {
            return None;
        }
        let nowhere: Vec<u32> = asked.nowhere().collect();
        let count = place::count_in(asked, area, *rule);
        let rest = asked.indexed.layer().len() as u64 - nowhere.len() as u64 - count;
        let [inside, unassigned] = [count, rest].map(|more| Members { more, ..Members::default() });
        Some(Self { members: vec![inside], unassigned, nowhere, repeated: 0, has_doubt: false })
    }

    fn new(
        asked: Asked<'_>,
        places: Option<&Places>,
        keys: &Keys,
        measures: &[BoundMeasure],
    ) -> Result<Self, QueryError> {
        let layer = asked.indexed.layer();
        let Some(places) = places else {
            let members = vec![Members { rows: asked.rows().collect(), ..Members::default() }];
            let unassigned = Members::default();
            return Ok(Self { members, unassigned, nowhere: Vec::new(), repeated: 0, has_doubt: false });
        };
        if let Some(placed) = Self::of_one(asked, places, keys, measures) {
            return Ok(placed);
        }
        let parts = measures.iter().any(BoundMeasure::is_overlap);
        let (members, has_doubt) = match places {
            Places::Areas { areas, rule, doubt } => {
                let mut members = place::into_areas(asked, areas, *rule, parts)?;
                if *doubt {
                    place::doubt(asked, areas, *rule, &mut members)?;
                }
                (members, *doubt)
            }
            Places::Bands { bands, doubt } => (place::into_bands(asked, bands, *doubt)?, *doubt),
            Places::Stretches(stretches) => (place::into_stretches(asked, stretches, parts)?, false),
        };
        let mut met = RowSet::new(layer.len());
        let mut repeated = 0;
        for &row in members.iter().flat_map(|members| &members.rows) {
            repeated += u64::from(!met.insert(row));
        }
        let nowhere: Vec<u32> = asked.nowhere().collect();
        let is_nowhere = RowSet::of(layer.len(), nowhere.iter().copied());
        // What may lie elsewhere than where it counts may lie in no area, and the other way round; every position lies in
        // some band.
        let has_rest = matches!(places, Places::Areas { .. });
        let mut doubted = RowSet::new(layer.len());
        let undecided = members.iter().flat_map(|members| &members.undecided).copied();
        let undecided = undecided.filter(|_| has_rest);
        let rows = asked.rows_beside(&[&met, &is_nowhere]);
        let accuracy = place::Accuracy::of(layer);
        // Where a feature of unknown accuracy lies is never sure.
        let unknown = rows.iter().copied().filter(|&row| has_doubt && accuracy.at(row as usize).is_none());
        let undecided = undecided.chain(unknown).filter(|&row| doubted.insert(row)).collect();
        let mut unassigned = Members { rows, undecided, ..Members::default() };
        if parts {
            unassigned.parts = rests(asked, &members, &is_nowhere);
        }
        Ok(Self { members, unassigned, nowhere, repeated, has_doubt })
    }
}

/// The shares of rows that lie in no area.
fn rests(asked: Asked<'_>, members: &[Members], is_nowhere: &RowSet) -> Vec<(u32, f64)> {
    let mut held = vec![0.0_f64; asked.indexed.layer().len()];
    for members in members {
        members.whole.iter().for_each(|&row| held[row as usize] += 1.0);
        members.parts.iter().for_each(|&(row, share)| held[row as usize] += share);
    }
    asked
        .rows()
        .filter(|&row| !is_nowhere.holds(row))
        .map(|row| (row, 1.0 - held[row as usize]))
        .filter(|(_, rest)| *rest > LEAST_SHARE)
        .collect()
}

/// A group on its way.
#[derive(Clone)]
struct Group {
    count: u64,
    undecided: u64,
    /// Of the undecided, how many are in the count.
    undecided_counted: u64,
    tallies: Vec<Tally>,
}

#[derive(Clone, Copy)]
struct Counter<'a> {
    scope: Asked<'a>,
    keys: &'a Keys,
    measures: &'a [BoundMeasure],
    /// By row, where a measure needs them; NaN where there is none.
    areas_m2: &'a [f64],
}

impl Counter<'_> {
    fn layer(&self) -> &Layer {
        self.scope.indexed.layer()
    }

    fn only_counts(&self) -> bool {
        self.measures.iter().all(BoundMeasure::only_counts)
    }

    fn group(&self) -> Group {
        let tallies = self.measures.iter().map(BoundMeasure::tally).collect();
        Group { count: 0, undecided: 0, undecided_counted: 0, tallies }
    }

    fn area_m2(&self, row: u32) -> f64 {
        self.areas_m2.get(row as usize).copied().unwrap_or(f64::NAN)
    }

    /// The groups of a place, by key.
    fn tell(&self, members: &Members) -> Result<Vec<Group>, QueryError> {
        let layer = self.layer();
        let mut groups = vec![self.group(); self.keys.rows.len().max(1)];
        let only_count = self.only_counts();
        if only_count && groups.len() == 1 {
            groups[0].count = members.rows.len() as u64 + members.more;
        }
        let rows = if only_count && groups.len() == 1 { &[][..] } else { &members.rows };
        for (at, &row) in rows.iter().enumerate() {
            let group = &mut groups[self.keys.of(row)];
            group.count += 1;
            if only_count {
                continue;
            }
            if at % 1024 == 0 {
                self.scope.budget.check()?;
            }
            let area = self.area_m2(row);
            for (measure, tally) in self.measures.iter().zip(&mut group.tallies) {
                measure.take(tally, layer, row as usize, area);
            }
        }
        let whole = members.whole.iter().map(|&row| (row, 1.0));
        for (at, (row, share)) in whole.chain(members.parts.iter().copied()).enumerate() {
            if at % 1024 == 0 {
                self.scope.budget.check()?;
            }
            let area = share * self.area_m2(row);
            let tallies = self.measures.iter().zip(&mut groups[self.keys.of(row)].tallies);
            tallies.filter(|(measure, _)| measure.is_overlap()).for_each(|(_, tally)| tally.add(area));
        }
        if !members.undecided.is_empty() {
            let counted = RowSet::of(layer.len(), members.rows.iter().copied());
            for &row in &members.undecided {
                let group = &mut groups[self.keys.of(row)];
                group.undecided += 1;
                group.undecided_counted += u64::from(counted.holds(row));
            }
        }
        Ok(groups)
    }

    /// Rows as one group.
    fn tell_all(&self, members: &Members) -> Result<Group, QueryError> {
        let keys = Keys::one(Some(0));
        let mut groups = Counter { keys: &keys, ..*self }.tell(members)?;
        Ok(groups.swap_remove(0))
    }

    fn table(&self, asked: &Aggregation, fields: &[FieldIx], placed: &Placed) -> Result<Table, QueryError> {
        let (rows, more) = if self.only_counts() && self.scope.set.is_none() {
            (Vec::new(), self.layer().len() as u64)
        } else {
            (self.scope.rows().collect(), 0)
        };
        let by_part = self.measures.iter().any(BoundMeasure::is_overlap);
        let whole = if by_part { rows.clone() } else { Vec::new() };
        let mut total = self.tell_all(&Members { rows, more, whole, ..Members::default() })?;
        let mut columns = place_columns(asked, fields, self.layer());
        let key_columns = columns.len();
        columns.extend(self.measures.iter().map(|measure| measure.column.clone()));
        if placed.has_doubt {
            columns.push(column("certain", ValueKind::Integer, "确定", "certain", None));
            columns.push(column("possible", ValueKind::Integer, "可能", "possible", None));
        }
        table::free_names(&mut columns, key_columns);
        let all = total.clone();
        let values = |group: &mut Group| {
            let mut values: Vec<Incoming<'static>> = self
                .measures
                .iter()
                .zip(&mut group.tallies)
                .zip(&all.tallies)
                .map(|((measure, tally), all_of)| {
                    measure.value(tally, group.count, self.layer(), (all_of, all.count))
                })
                .collect();
            if placed.has_doubt {
                let certain = group.count - group.undecided_counted;
                for number in [certain, certain + group.undecided] {
                    values.push(Incoming::Integer(i64::try_from(number).unwrap_or(i64::MAX)));
                }
            }
            values
        };
        // Empty groups are listed as long as they are not too many.
        let combinations = placed.members.len() * self.keys.rows.len().max(1);
        let list_empty = combinations <= MOST_GROUPS;
        let is_listed = list_empty && (asked.places.is_some() || fields.is_empty());
        let order = self.keys.in_order(fields, self.layer());
        let places = place_order(asked, placed);
        let told = on_all_cores(places.len(), self.scope.budget, |at, _| {
            let members = places[at].1;
            let mut told = self.tell(members)?;
            let group = |&key: &usize| (key, std::mem::replace(&mut told[key], self.group()));
            let is_empty =
                |group: &Group| group.count == 0 && group.undecided == 0 && members.whole.is_empty();
            let told = order.iter().map(group).filter(|(_, group)| is_listed || !is_empty(group));
            Ok::<_, QueryError>(told.collect::<Vec<_>>())
        })?;
        let mut groups = Vec::new();
        for (&(place, _), told) in places.iter().zip(told) {
            for (key, mut group) in told? {
                let mut cells = place_cells(asked, place);
                let first = self.keys.rows.get(key);
                cells.extend(fields.iter().map(|&field| {
                    first.map_or(Incoming::Null, |&row| owned(self.layer().column(field).value(row)))
                }));
                cells.extend(values(&mut group));
                groups.push(Row { id: table::id_of(&cells, asked, fields.len()), cells });
                if groups.len() > MOST_GROUPS {
                    return fail(
                        "group-by",
                        format!("more than {MOST_GROUPS} groups; filter, or group by fewer fields or areas"),
                    );
                }
            }
        }
        let rest = |id: &str, members: &Members| -> Result<Row, QueryError> {
            let mut cells = vec![Incoming::Null; key_columns];
            cells.extend(values(&mut self.tell_all(members)?));
            Ok(Row { id: id.to_owned(), cells })
        };
        let has_places = asked.places.is_some();
        let unassigned = has_places.then(|| rest(UNASSIGNED, &placed.unassigned)).transpose()?;
        let nowhere = Members { rows: placed.nowhere.clone(), ..Members::default() };
        let nowhere = has_places.then(|| rest(NOWHERE, &nowhere)).transpose()?;
        let mut cells = vec![Incoming::Null; key_columns];
        cells.extend(values(&mut total));
        if placed.has_doubt {
            // The whole holds whatever lies where.
            let count = cells[key_columns].clone();
            let at = cells.len() - 2;
            cells[at..].fill(count);
        }
        let mut table = Table {
            columns,
            key_columns,
            matched: groups.len() as u64,
            groups,
            unassigned,
            nowhere,
            total: Row { id: TOTAL.to_owned(), cells },
            repeated: placed.repeated,
            empty_listed: list_empty,
        };
        if matches!(asked.places, Some(Places::Stretches(_))) {
            add_density(&mut table);
        }
        table.page(asked, self.scope.budget)
    }
}

/// Adds to a table of stretches how many stand on a kilometre of each.
fn add_density(table: &mut Table) {
    table.columns.push(column("per_km", ValueKind::Real, "每公里数量", "count per km", Some("/km")));
    table::free_names(&mut table.columns, table.key_columns);
    let at = table.key_columns;
    for row in &mut table.groups {
        let density = match (&row.cells[0], &row.cells[1], &row.cells[at]) {
            (Incoming::Real(from), Incoming::Real(to), Incoming::Integer(count)) => {
                #[expect(clippy::cast_precision_loss, reason = "a number of features")]
                let count = *count as f64;
                Incoming::Real(count / (to - from) * 1000.0)
            }
            _ => Incoming::Null,
        };
        row.cells.push(density);
    }
    let rest = table.unassigned.iter_mut().chain(&mut table.nowhere).chain([&mut table.total]);
    rest.for_each(|row| row.cells.push(Incoming::Null));
}

/// The ids of rows that are no groups.
pub const UNASSIGNED: &str = "(unassigned)";
/// Of what has no position.
pub const NOWHERE: &str = "(without geometry)";
/// Of the whole.
pub const TOTAL: &str = "(total)";

/// The places in the order of the answer.
fn place_order<'p>(asked: &Aggregation, placed: &'p Placed) -> Vec<(usize, &'p Members)> {
    let at = |at: usize| (at, &placed.members[at]);
    match &asked.places {
        Some(Places::Areas { areas, .. }) => areas.by_id.iter().map(|&place| at(place)).collect(),
        _ => (0..placed.members.len()).map(at).collect(),
    }
}

/// The columns that name a group.
fn place_columns(asked: &Aggregation, fields: &[FieldIx], layer: &Layer) -> Vec<Field> {
    let mut columns = match &asked.places {
        None => Vec::new(),
        Some(Places::Areas { areas, .. }) => match &areas.source {
            Some(source) => {
                let title = &source.layer().about.title;
                vec![
                    column("area", ValueKind::Text, "区域标识", "area", None),
                    column("area_zh", ValueKind::Text, &title.zh, "name in Chinese", None),
                    column("area_en", ValueKind::Text, "英文名", &title.en, None),
                ]
            }
            None => vec![column("area", ValueKind::Text, "区域", "area", None)],
        },
        Some(Places::Bands { .. }) => vec![
            column("from_m", ValueKind::Real, "距离下限", "distance from", Some("m")),
            column("to_m", ValueKind::Real, "距离上限（不含）", "distance below", Some("m")),
        ],
        Some(Places::Stretches(_)) => vec![
            column("from_m", ValueKind::Real, "桩距起", "chainage from", Some("m")),
            column("to_m", ValueKind::Real, "桩距止（不含）", "chainage below", Some("m")),
        ],
    };
    columns.extend(fields.iter().map(|&at| layer.schema.field(at).clone()));
    columns
}

/// What names a place.
fn place_cells(asked: &Aggregation, place: usize) -> Vec<Incoming<'static>> {
    let text = |text: &str| Incoming::Text(text.to_owned().into());
    match &asked.places {
        None => Vec::new(),
        Some(Places::Areas { areas, .. }) => match &areas.source {
            Some(source) => {
                let feature = source.layer().feature(FeatureIx::of_row(place));
                let name = |lang| feature.said_name(lang).map_or(Incoming::Null, text);
                vec![text(&feature.id().to_string()), name(Lang::Zh), name(Lang::En)]
            }
            None => vec![text("polygon")],
        },
        Some(Places::Bands { bands, .. }) => {
            let from = if place == 0 { 0.0 } else { bands.limits[place - 1] };
            let to = bands.limits.get(place).map_or(Incoming::Null, |&limit| Incoming::Real(limit));
            vec![Incoming::Real(from), to]
        }
        Some(Places::Stretches(stretches)) => {
            // To the millimetre, as chainage is told.
            stretches.limits(place).map(|metres| Incoming::Real((metres * 1000.0).round() / 1000.0)).to_vec()
        }
    }
}
