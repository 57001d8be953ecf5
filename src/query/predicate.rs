//! Which of many features satisfy a predicate?
//!
//! In: a [`Predicate`] bound to a layer, and rows. Out: a truth for each. Leaves out: names, how rows are found.
//!
//! Rows are tested a block at a time, one column after the other, so that the loop over a column is all there
//! is to do: a comparison of a number costs about a nanosecond a feature. Truths are ordered false, unknown,
//! true; then AND is the lesser of two, OR the greater, and NOT counts from the other end.

use std::collections::HashMap;

use super::Budget;
use super::cql2::{Comparison, SetRelation};
use super::number::NumberExpr;
use super::scalar::{Condition, Elements, Fold, Pattern, Scalar, sets_relate};
use super::search::Phrases;
use crate::geometry::{
    Bounds, Distances, GeometryRef, PlaneWindow, Prepared, Relation, intersects_plane, intersects_window,
};
use crate::model::{Column, FeatureIx, FieldIx, Layer, NARROW_NULL, TextColumn, normalized};

/// False, unknown or true.
pub type Truth = u8;
pub const FALSE: Truth = 0;
pub const UNKNOWN: Truth = 1;
pub const TRUE: Truth = 2;

/// The truth of what may be unknown.
pub fn truth(holds: Option<bool>) -> Truth {
    holds.map_or(UNKNOWN, of)
}

fn of(holds: bool) -> Truth {
    if holds { TRUE } else { FALSE }
}

/// A condition on features, bound to a layer.
#[derive(Debug, Clone)]
pub enum Predicate {
    Always(Truth),
    Not(Box<Predicate>),
    And(Vec<Predicate>),
    Or(Vec<Predicate>),
    Test(Test),
}

/// A condition on one field, or on the geometry, against constants.
#[derive(Debug, Clone)]
pub enum Test {
    /// Its time meets this span in microseconds, or it has no time.
    During(i64, i64),
    /// It touches a window, or has no position.
    InWindow(Bounds),
    /// It touches a rectangle of a projection's plane, or has no position.
    InPlane(PlaneWindow),
    /// The field is null.
    NullField(FieldIx),
    /// It has no geometry.
    NullGeometry,
    /// Truths for false and for true.
    Bool(FieldIx, [Truth; 2]),
    /// A whole number, a day or a microsecond: is it from the least to the greatest, or outside?
    Whole { field: FieldIx, low: i64, high: i64, inside: bool },
    /// A real: is it from the least to the greatest, or outside?
    Real { field: FieldIx, low: f64, high: f64, inside: bool },
    /// Two numbers compare so; a null compares with nothing.
    Numbers(Comparison, Box<[NumberExpr; 2]>),
    /// A whole number, a day or a microsecond among sorted ones.
    WholeAmong(FieldIx, Vec<i64>),
    /// A real among sorted ones.
    RealAmong(FieldIx, Vec<f64>),
    /// A text, or an array.
    Text(TextTest),
    /// The feature stands among these rows, ascending.
    Rows(Vec<FeatureIx>),
    /// Its geometry relates to a constant one.
    Spatial(Relation, Box<Prepared>),
    /// Its geometry lies within metres of a constant one; `strict` leaves out the exact distance.
    Near { from: Distances, reach: Option<Bounds>, metres: f64, strict: bool },
    /// Anything else.
    Other(Box<Condition>),
}

/// A condition on the texts of a column, after folds.
#[derive(Debug, Clone)]
pub struct TextTest {
    pub field: FieldIx,
    pub folds: Vec<Fold>,
    pub condition: TextCondition,
    /// Truth by code, where the column has few texts.
    pub table: Option<Box<[Truth]>>,
}

/// What a text must be.
#[derive(Debug, Clone)]
pub enum TextCondition {
    Compare(Comparison, Box<str>),
    Like(Pattern),
    /// One of these, sorted.
    Among(Vec<Box<str>>),
    /// A text that holds a phrase.
    Holds(Phrases),
    /// An array of texts one of which holds a phrase.
    ElementHolds(Phrases),
    /// An array of JSON that relates to a constant one.
    Set(SetRelation, Elements<'static>),
}

/// Codes of one byte: fewer texts, and [`NARROW_NULL`], the greatest.
const BYTES: usize = NARROW_NULL as usize + 1;

/// Most texts of a column for which a table of truths is made.
const MOST_TABLED: usize = 1 << 16;

impl TextTest {
    /// A test whose truths are tabled where that pays.
    pub fn new(
        field: FieldIx,
        folds: Vec<Fold>,
        condition: TextCondition,
        layer: &Layer,
        budget: &Budget,
    ) -> Self {
        let mut test = Self { field, folds, condition, table: None };
        if let Column::Text(texts) | Column::Json(texts) = layer.column(field)
            && texts.is_coded()
            && texts.dictionary().len() <= MOST_TABLED
        {
            let holds = |text| if budget.is_spent() { UNKNOWN } else { of(test.holds(text, budget)) };
            let mut table: Vec<Truth> = texts.dictionary().iter().map(holds).collect();
            if texts.narrow_codes().is_some() {
                // So that every byte has its truth, that of null among them.
                table.resize(BYTES, UNKNOWN);
            }
            test.table = Some(table.into());
        }
        test
    }

    fn holds(&self, text: &str, budget: &Budget) -> bool {
        if let TextCondition::Set(relation, constant) = &self.condition {
            return match Scalar::of_json(text) {
                Scalar::Array(elements) => sets_relate(*relation, &Elements::new(elements), constant, budget),
                _ => false,
            };
        }
        if let TextCondition::ElementHolds(phrases) = &self.condition {
            return phrases.stand_in_array(text);
        }
        let text = self.folds.iter().fold(normalized(text), |text, fold| fold.apply(text));
        match &self.condition {
            TextCondition::Compare(comparison, constant) => comparison.holds((*text).cmp(&**constant)),
            TextCondition::Like(pattern) => pattern.matches(&text, budget),
            TextCondition::Among(list) => list.binary_search_by(|known| (**known).cmp(&*text)).is_ok(),
            TextCondition::Holds(phrases) => phrases.stand_in(&text),
            TextCondition::ElementHolds(_) | TextCondition::Set(..) => false,
        }
    }

    fn truth(&self, texts: &TextColumn, row: usize, budget: &Budget) -> Truth {
        match (&self.table, texts.code(row)) {
            (_, None) => UNKNOWN,
            (Some(table), Some(code)) => table[code as usize],
            (None, Some(_)) => texts.get(row).map_or(UNKNOWN, |text| of(self.holds(text, budget))),
        }
    }
}

/// What a test says about the place of features.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Whereabouts {
    Anywhere,
    Nowhere,
    Within(Bounds),
}

/// Rows to test: some in a row, or a list.
#[derive(Debug, Clone, Copy)]
pub enum Rows<'a> {
    From(usize),
    List(&'a [FeatureIx]),
}

impl Predicate {
    /// All of them.
    pub fn all(mut conditions: Vec<Self>) -> Self {
        if conditions.len() == 1 { conditions.remove(0) } else { Self::And(conditions) }
    }

    /// What must hold together: the members of the outermost ANDs, or itself.
    pub fn into_conjuncts(self) -> Vec<Self> {
        match self {
            Self::And(members) => members.into_iter().flat_map(Self::into_conjuncts).collect(),
            other => vec![other],
        }
    }

    /// About how many nanoseconds it takes on a feature; what is cheap goes first.
    pub fn cost(&self) -> u32 {
        match self {
            Self::Always(_) => 0,
            Self::Not(inner) => inner.cost(),
            Self::And(members) | Self::Or(members) => members.iter().map(Self::cost).sum(),
            Self::Test(test) => test.cost(),
        }
    }

    /// The same with the cheap members of every AND and OR first, and spans of one field in an AND as one. Truths do not depend on
    /// the order.
    pub fn cheap_first(self) -> Self {
        let sorted = |members: Vec<Self>| {
            let mut members: Vec<_> = members.into_iter().map(Self::cheap_first).collect();
            members.sort_by_cached_key(Self::cost);
            members
        };
        match self {
            Self::Not(inner) => Self::Not(Box::new(inner.cheap_first())),
            Self::And(members) => {
                let mut kept: Vec<Self> = Vec::with_capacity(members.len());
                let mut spans: HashMap<FieldIx, usize> = HashMap::new();
                for member in sorted(members) {
                    let known = member.span_field().map(|field| *spans.entry(field).or_insert(kept.len()));
                    match known {
                        Some(at) if at < kept.len() && kept[at].narrow_span(&member) => {}
                        _ => kept.push(member),
                    }
                }
                Self::all(kept)
            }
            Self::Or(members) => Self::Or(sorted(members)),
            same => same,
        }
    }

    /// The field of which it asks whether a number lies in a span.
    fn span_field(&self) -> Option<FieldIx> {
        match self {
            Self::Test(Test::Real { field, inside: true, .. } | Test::Whole { field, inside: true, .. }) => {
                Some(*field)
            }
            _ => None,
        }
    }

    /// Takes in another condition, where both ask whether a number of one field lies in a span.
    fn narrow_span(&mut self, other: &Self) -> bool {
        match (self, other) {
            (
                Self::Test(Test::Real { field, low, high, inside: true }),
                Self::Test(Test::Real { field: other, low: least, high: greatest, inside: true }),
            ) if field == other => {
                (*low, *high) = (low.max(*least), high.min(*greatest));
                true
            }
            (
                Self::Test(Test::Whole { field, low, high, inside: true }),
                Self::Test(Test::Whole { field: other, low: least, high: greatest, inside: true }),
            ) if field == other => {
                (*low, *high) = ((*low).max(*least), (*high).min(*greatest));
                true
            }
            _ => false,
        }
    }

    /// Its truth for one feature.
    pub fn truth(&self, layer: &Layer, ix: FeatureIx, budget: &Budget) -> Truth {
        let mut truth = [TRUE];
        self.narrow(layer, Rows::List(&[ix]), &mut truth, budget);
        truth[0]
    }

    /// Lowers each truth to that of the predicate where it is less. Rows that are false already may be skipped. Where the budget
    /// is spent meanwhile truths are left as they are; it is to be checked before they are used.
    pub fn narrow(&self, layer: &Layer, rows: Rows<'_>, truths: &mut [Truth], budget: &Budget) {
        match self {
            Self::Always(truth) => truths.iter_mut().for_each(|slot| *slot = (*slot).min(*truth)),
            Self::And(members) => {
                for member in members.iter().take_while(|_| !budget.is_spent()) {
                    member.narrow(layer, rows, truths, budget);
                }
            }
            Self::Or(members) => {
                let mut best = vec![FALSE; truths.len()];
                for member in members.iter().take_while(|_| !budget.is_spent()) {
                    let mut own: Vec<_> = std::iter::zip(&*truths, &best)
                        .map(|(&slot, &best)| if slot == FALSE || best == TRUE { FALSE } else { TRUE })
                        .collect();
                    member.narrow(layer, rows, &mut own, budget);
                    best.iter_mut().zip(&own).for_each(|(best, own)| *best = (*best).max(*own));
                }
                truths.iter_mut().zip(&best).for_each(|(slot, best)| *slot = (*slot).min(*best));
            }
            Self::Not(inner) => {
                let mut own: Vec<_> =
                    truths.iter().map(|&slot| if slot == FALSE { FALSE } else { TRUE }).collect();
                inner.narrow(layer, rows, &mut own, budget);
                truths.iter_mut().zip(&own).for_each(|(slot, own)| *slot = (*slot).min(TRUE - own));
            }
            Self::Test(test) => test.narrow(layer, rows, truths, budget),
        }
    }
}

/// Lowers truths by a test that is cheaper than looking whether it is needed.
fn each(rows: Rows<'_>, truths: &mut [Truth], test: impl Fn(usize) -> Truth) {
    /// So many truths are found and then held against those before, without a branch that nothing foresees.
    const AT_ONCE: usize = 256;
    let mut found = [TRUE; AT_ONCE];
    for (block, slots) in truths.chunks_mut(AT_ONCE).enumerate() {
        let start = block * AT_ONCE;
        match rows {
            Rows::From(first) => {
                found
                    .iter_mut()
                    .zip(first + start..)
                    .take(slots.len())
                    .for_each(|(found, row)| *found = test(row));
            }
            Rows::List(list) => {
                found.iter_mut().zip(&list[start..]).for_each(|(found, ix)| *found = test(ix.row()));
            }
        }
        slots.iter_mut().zip(&found).for_each(|(slot, found)| *slot = (*slot).min(*found));
    }
}

/// Lowers truths by a dear test, where it can still lower them, until the budget is spent: looking at it costs about a
/// nanosecond, and a test may cost seconds.
fn where_needed(rows: Rows<'_>, truths: &mut [Truth], budget: &Budget, test: impl Fn(usize) -> Truth) {
    for (at, slot) in truths.iter_mut().enumerate().filter(|(_, slot)| **slot != FALSE) {
        if budget.is_spent() {
            return;
        }
        let row = match rows {
            Rows::From(first) => first + at,
            Rows::List(list) => list[at].row(),
        };
        *slot = (*slot).min(test(row));
    }
}

impl Test {
    fn cost(&self) -> u32 {
        match self {
            Self::Rows(_) | Self::NullGeometry | Self::Bool(..) | Self::Whole { .. } | Self::Real { .. } => 1,
            Self::NullField(_) | Self::During(..) => 3,
            Self::WholeAmong(..) | Self::RealAmong(..) | Self::Numbers(..) => 5,
            Self::Text(test) => {
                if test.table.is_some() {
                    2
                } else {
                    50
                }
            }
            Self::InWindow(_) | Self::InPlane(_) | Self::Spatial(..) => 300,
            Self::Other(_) => 400,
            Self::Near { .. } => 1000,
        }
    }

    /// Where features lie for which it is true. Those without geometry are never among them unless the answer is
    /// anywhere.
    pub fn whereabouts(&self) -> Whereabouts {
        let within = |bounds: Option<Bounds>| bounds.map_or(Whereabouts::Nowhere, Whereabouts::Within);
        match self {
            // Empty geometries are disjoint from all and equal each other, wherever they are.
            Self::Spatial(Relation::Disjoint, _) => Whereabouts::Anywhere,
            Self::Spatial(Relation::Equals, prepared) => {
                prepared.bounds().map_or(Whereabouts::Anywhere, Whereabouts::Within)
            }
            Self::Spatial(_, prepared) => within(prepared.bounds()),
            Self::Near { reach, .. } => within(*reach),
            _ => Whereabouts::Anywhere,
        }
    }

    fn narrow(&self, layer: &Layer, rows: Rows<'_>, truths: &mut [Truth], budget: &Budget) {
        let geometry = |row: usize| layer.geometries().get(row);
        let spatial = |row: usize, test: &dyn Fn(GeometryRef<'_>) -> bool| {
            geometry(row).map_or(UNKNOWN, |geometry| of(test(geometry)))
        };
        match self {
            Self::During(first, last) => each(rows, truths, |row| {
                of(layer
                    .span(FeatureIx::of_row(row))
                    .is_none_or(|(begins, ends)| begins <= *last && ends >= *first))
            }),
            Self::InWindow(window) => where_needed(rows, truths, budget, |row| {
                of(geometry(row).is_none_or(|geometry| {
                    geometry.bounds().is_none() || intersects_window(geometry, *window)
                }))
            }),
            Self::InPlane(window) => where_needed(rows, truths, budget, |row| {
                of(geometry(row).is_none_or(|geometry| intersects_plane(geometry, window)))
            }),
            Self::NullField(field) => {
                let column = layer.column(*field);
                each(rows, truths, |row| of(column.is_null(row)));
            }
            Self::NullGeometry => each(rows, truths, |row| of(geometry(row).is_none())),
            Self::Bool(field, accept) => {
                if let Column::Bool(values) = layer.column(*field) {
                    let by_value = [accept[0], accept[1], UNKNOWN];
                    each(rows, truths, |row| by_value[usize::from(values[row].min(2))]);
                }
            }
            Self::Whole { field, low, high, inside } => {
                whole(layer.column(*field), rows, truths, |value| {
                    of((*low <= value && value <= *high) == *inside)
                });
            }
            Self::WholeAmong(field, list) => {
                whole(layer.column(*field), rows, truths, |value| of(list.binary_search(&value).is_ok()));
            }
            Self::Real { field, low, high, inside } => {
                real(layer.column(*field), rows, truths, |value| {
                    of((*low <= value && value <= *high) == *inside)
                });
            }
            Self::Numbers(comparison, sides) => numbers(*comparison, sides, layer, rows, truths),
            Self::RealAmong(field, list) => real(layer.column(*field), rows, truths, |value| {
                of(list.binary_search_by(|known| known.total_cmp(&(value + 0.0))).is_ok())
            }),
            Self::Text(test) => {
                if let Column::Text(texts) | Column::Json(texts) = layer.column(test.field) {
                    let of_byte = test.table.as_ref().and_then(|table| table.first_chunk::<BYTES>());
                    if let (Some(codes), Some(table)) = (texts.narrow_codes(), of_byte) {
                        each(rows, truths, |row| table[usize::from(codes[row])]);
                    } else if test.table.is_some() {
                        each(rows, truths, |row| test.truth(texts, row, budget));
                    } else {
                        where_needed(rows, truths, budget, |row| test.truth(texts, row, budget));
                    }
                }
            }
            Self::Rows(list) => {
                each(rows, truths, |row| of(list.binary_search(&FeatureIx::of_row(row)).is_ok()));
            }
            Self::Spatial(relation, prepared) => {
                where_needed(rows, truths, budget, |row| {
                    spatial(row, &|geometry| {
                        prepared.relates_unless(geometry, *relation, &|| budget.is_spent())
                    })
                });
            }
            Self::Near { from, reach, metres, strict } => where_needed(rows, truths, budget, |row| {
                spatial(row, &|geometry| {
                    let near = match (geometry.bounds(), reach) {
                        (Some(bounds), Some(reach)) => bounds.overlaps(*reach),
                        _ => false,
                    };
                    near && from.are_within(geometry, *metres, *strict)
                })
            }),
            Self::Other(condition) => {
                where_needed(rows, truths, budget, |row| {
                    truth(condition.holds(layer, FeatureIx::of_row(row), budget))
                });
            }
        }
    }
}

fn whole(column: &Column, rows: Rows<'_>, truths: &mut [Truth], test: impl Fn(i64) -> Truth) {
    match column {
        Column::Integer(values) | Column::Timestamp(values) => each(rows, truths, |row| match values[row] {
            crate::model::NULL_INTEGER => UNKNOWN,
            value => test(value),
        }),
        Column::Date(values) => each(rows, truths, |row| match values[row] {
            crate::model::NULL_DAYS => UNKNOWN,
            value => test(i64::from(value)),
        }),
        _ => {}
    }
}

fn real(column: &Column, rows: Rows<'_>, truths: &mut [Truth], test: impl Fn(f64) -> Truth) {
    if let Column::Real(values) = column {
        each(rows, truths, |row| if values[row].is_nan() { UNKNOWN } else { test(values[row]) });
    }
}

fn numbers(
    comparison: Comparison,
    sides: &[NumberExpr; 2],
    layer: &Layer,
    rows: Rows<'_>,
    truths: &mut [Truth],
) {
    let [left, right] = sides.each_ref().map(|side| {
        let mut numbers = vec![0.0; truths.len()];
        side.numbers(layer, rows, &mut numbers);
        numbers
    });
    let pairs = std::iter::zip(left, right);
    let lower = |(slot, (a, b)): (&mut Truth, (f64, f64)), holds: bool| {
        let known = !a.is_nan() && !b.is_nan();
        *slot = (*slot).min(if known { of(holds) } else { UNKNOWN });
    };
    // One loop for each comparison.
    macro_rules! each {
        ($operator:tt) => {
            truths.iter_mut().zip(pairs).for_each(|(slot, (a, b))| lower((slot, (a, b)), a $operator b))
        };
    }
    match comparison {
        Comparison::Equal => each!(==),
        Comparison::Unequal => each!(!=),
        Comparison::Less => each!(<),
        Comparison::AtMost => each!(<=),
        Comparison::Greater => each!(>),
        Comparison::AtLeast => each!(>=),
    }
}
