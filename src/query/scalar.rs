//! What has a part of a filter as its value on one feature?
//!
//! In: a [`ValueExpr`], bound to a layer, and a feature. Out: a [`Scalar`]. This is the general way, a few dozen
//! nanoseconds a feature; tests of one field against constants have a faster one in [`predicate`](super::predicate).

use std::borrow::Cow;
use std::cmp::Ordering;

use super::Budget;
use super::cql2::{Arithmetic, Comparison, SetRelation, TimeRelation};
use super::functions::Function;
use super::predicate::{Predicate, TRUE, UNKNOWN};
use crate::geometry::{Relation, Shape, relate_unless};
use crate::model::{
    FeatureId, FeatureIx, FieldIx, Instant, Layer, Value, case_folded, normalized, without_accents,
};

/// The value of an expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Scalar<'a> {
    /// Not known.
    Null,
    Bool(bool),
    Integer(i64),
    Real(f64),
    /// Text, normalized.
    Text(Cow<'a, str>),
    Instant(Instant),
    Interval(Span),
    /// In degrees, longitude first.
    Geometry(Cow<'a, Shape>),
    Array(Vec<Scalar<'a>>),
    /// An object of JSON; equal to nothing but itself.
    Object(Cow<'a, str>),
}

/// An end of a time: its first and last microsecond, which differ when it is a day.
type End = (i64, i64);

/// A time from one end to the other; an instant has the same end twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub start: End,
    pub end: End,
}

const OPEN_START: End = (i64::MIN, i64::MIN);
const OPEN_END: End = (i64::MAX, i64::MAX);

/// A change to text that makes two spellings one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fold {
    Case,
    Accents,
}

impl Fold {
    pub fn apply(self, text: Cow<'_, str>) -> Cow<'_, str> {
        let folded = match self {
            Self::Case => case_folded(&text),
            Self::Accents => without_accents(&text),
        };
        match folded {
            // Nothing changed.
            Cow::Borrowed(_) => text,
            Cow::Owned(folded) => Cow::Owned(folded),
        }
    }
}

/// A part of a filter that has a value, bound to a layer.
#[derive(Debug, Clone)]
pub enum ValueExpr {
    Constant(Scalar<'static>),
    Field(FieldIx),
    Id,
    /// The geometry of the feature.
    Geometry,
    Fold(Fold, Box<ValueExpr>),
    Arithmetic(Arithmetic, Box<[ValueExpr; 2]>),
    Interval(Box<[Option<ValueExpr>; 2]>),
    Array(Vec<ValueExpr>),
    Function(&'static Function, Vec<ValueExpr>),
    /// A predicate in the place of a value.
    Predicate(Box<Predicate>),
}

impl ValueExpr {
    pub fn constant(&self) -> Option<&Scalar<'static>> {
        match self {
            Self::Constant(value) => Some(value),
            _ => None,
        }
    }

    /// Its value on a feature; any where the budget is spent, as it is by what is larger than can be drawn.
    pub fn value<'a>(&'a self, layer: &'a Layer, ix: FeatureIx, budget: &Budget) -> Scalar<'a> {
        match self {
            Self::Constant(value) => value.clone(),
            Self::Field(field) => layer.feature(ix).value(*field).into(),
            Self::Id => match layer.ids().get(ix) {
                FeatureId::Integer(id) => Scalar::Integer(id),
                FeatureId::Text(id) => Scalar::Text(normalized(id)),
            },
            Self::Geometry => match layer.feature(ix).geometry() {
                Some(geometry) => Scalar::Geometry(Cow::Owned(geometry.to_shape())),
                None => Scalar::Null,
            },
            Self::Fold(fold, text) => match text.value(layer, ix, budget) {
                Scalar::Text(text) => Scalar::Text(fold.apply(text)),
                _ => Scalar::Null,
            },
            Self::Arithmetic(operation, operands) => {
                let [a, b] = operands.each_ref().map(|operand| operand.value(layer, ix, budget).number());
                match (a, b) {
                    (Some(a), Some(b)) => operation.compute(a, b).map_or(Scalar::Null, Scalar::Real),
                    _ => Scalar::Null,
                }
            }
            Self::Interval(ends) => {
                let [start, end] =
                    ends.each_ref().map(|end| end.as_ref().map(|end| end.value(layer, ix, budget)));
                let end_of = |value: Option<Scalar<'_>>, open| match value {
                    None => Some(open),
                    Some(Scalar::Instant(instant)) => Some(end_of(instant)),
                    Some(_) => None,
                };
                match (end_of(start, OPEN_START), end_of(end, OPEN_END)) {
                    (Some(start), Some(end)) => Scalar::Interval(Span { start, end }),
                    _ => Scalar::Null,
                }
            }
            Self::Array(elements) => {
                Scalar::Array(elements.iter().map(|element| element.value(layer, ix, budget)).collect())
            }
            Self::Function(function, operands) => {
                let operands: Vec<_> =
                    operands.iter().map(|operand| operand.value(layer, ix, budget)).collect();
                function.call(&operands, budget).unwrap_or_else(|_| {
                    budget.spend();
                    Scalar::Null
                })
            }
            Self::Predicate(predicate) => match predicate.truth(layer, ix, budget) {
                UNKNOWN => Scalar::Null,
                truth => Scalar::Bool(truth == TRUE),
            },
        }
    }
}

impl<'a> From<Value<'a>> for Scalar<'a> {
    fn from(value: Value<'a>) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::Integer(value) => Self::Integer(value),
            Value::Real(value) => Self::Real(value),
            Value::Text(text) => Self::Text(normalized(text)),
            Value::Date(day) => Self::Instant(Instant::Date(day)),
            Value::Timestamp(moment) => Self::Instant(Instant::Timestamp(moment)),
            Value::Json(text) => Self::of_json(text),
        }
    }
}

impl Scalar<'_> {
    /// The same without borrowing.
    pub fn into_owned(self) -> Scalar<'static> {
        match self {
            Self::Null => Scalar::Null,
            Self::Bool(value) => Scalar::Bool(value),
            Self::Integer(value) => Scalar::Integer(value),
            Self::Real(value) => Scalar::Real(value),
            Self::Text(text) => Scalar::Text(Cow::Owned(text.into_owned())),
            Self::Instant(instant) => Scalar::Instant(instant),
            Self::Interval(span) => Scalar::Interval(span),
            Self::Geometry(shape) => Scalar::Geometry(Cow::Owned(shape.into_owned())),
            Self::Array(elements) => Scalar::Array(elements.into_iter().map(Scalar::into_owned).collect()),
            Self::Object(text) => Scalar::Object(Cow::Owned(text.into_owned())),
        }
    }
}

impl<'a> Scalar<'a> {
    /// An array or object of JSON.
    pub fn of_json(text: &'a str) -> Self {
        match serde_json::from_str::<serde_json::Value>(text) {
            Ok(serde_json::Value::Array(elements)) => {
                Self::Array(elements.into_iter().map(element).collect())
            }
            _ => Self::Object(Cow::Borrowed(text)),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "arithmetic is that of 64-bit reals")]
    pub fn number(&self) -> Option<f64> {
        match *self {
            Self::Integer(whole) => Some(whole as f64),
            Self::Real(real) => Some(real),
            _ => None,
        }
    }

    /// The order of two scalars of one type; `None` when one is null.
    pub fn compare(&self, other: &Self) -> Option<Ordering> {
        match (self, other) {
            (Self::Instant(a), Self::Instant(b)) => Some(compare_ends(end_of(*a), end_of(*b))),
            _ => self.plain()?.compare(other.plain()?),
        }
    }

    fn plain(&self) -> Option<Value<'_>> {
        Some(match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::Integer(value) => Value::Integer(*value),
            Self::Real(value) => Value::Real(*value),
            Self::Text(text) => Value::Text(text),
            _ => return None,
        })
    }

    fn span(&self) -> Option<Span> {
        match *self {
            Self::Instant(instant) => {
                let end = end_of(instant);
                Some(Span { start: end, end })
            }
            Self::Interval(span) => Some(span),
            _ => None,
        }
    }

    /// Are they the same as elements of arrays? An instant is the same as its text, since JSON has no instants.
    fn same(&self, other: &Self, budget: &Budget) -> bool {
        match (self, other) {
            (Self::Instant(instant), Self::Text(text)) | (Self::Text(text), Self::Instant(instant)) => {
                Instant::parse(text) == Some(*instant)
            }
            (Self::Array(a), Self::Array(b)) => {
                a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.same(b, budget))
            }
            (Self::Geometry(a), Self::Geometry(b)) => {
                relate_unless(a, b, Relation::Equals, &|| budget.is_spent())
            }
            (Self::Null, Self::Null) => true,
            (Self::Interval(a), Self::Interval(b)) => a == b,
            (Self::Object(a), Self::Object(b)) => a == b,
            _ => self.compare(other).is_some_and(Ordering::is_eq),
        }
    }
}

fn element(json: serde_json::Value) -> Scalar<'static> {
    match json {
        serde_json::Value::Null => Scalar::Null,
        serde_json::Value::Bool(value) => Scalar::Bool(value),
        serde_json::Value::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(whole), _) => Scalar::Integer(whole),
            (None, Some(real)) => Scalar::Real(real),
            _ => Scalar::Null,
        },
        serde_json::Value::String(text) => Scalar::Text(match normalized(&text) {
            Cow::Borrowed(_) => Cow::Owned(text),
            Cow::Owned(text) => Cow::Owned(text),
        }),
        serde_json::Value::Array(elements) => Scalar::Array(elements.into_iter().map(element).collect()),
        object @ serde_json::Value::Object(_) => Scalar::Object(Cow::Owned(object.to_string())),
    }
}

fn end_of(instant: Instant) -> End {
    (instant.start().microseconds(), instant.end().microseconds())
}

/// Before, after, or the same as far as the coarser of the two can tell: a moment is the same as its day.
fn compare_ends(a: End, b: End) -> Ordering {
    if a.1 < b.0 {
        Ordering::Less
    } else if a.0 > b.1 {
        Ordering::Greater
    } else {
        Ordering::Equal
    }
}

/// Does the relation hold between two times? The definitions are those of the W3C Time Ontology, on ends.
fn times_relate(relation: TimeRelation, a: Span, b: Span) -> bool {
    use TimeRelation as R;
    let (starts, ends) = (compare_ends(a.start, b.start), compare_ends(a.end, b.end));
    let (start_to_end, end_to_start) = (compare_ends(a.start, b.end), compare_ends(a.end, b.start));
    match relation {
        R::After => start_to_end.is_gt(),
        R::Before => end_to_start.is_lt(),
        R::Disjoint => start_to_end.is_gt() || end_to_start.is_lt(),
        R::Intersects => start_to_end.is_le() && end_to_start.is_ge(),
        R::Equals => starts.is_eq() && ends.is_eq(),
        R::Contains => starts.is_lt() && ends.is_gt(),
        R::During => starts.is_gt() && ends.is_lt(),
        R::FinishedBy => starts.is_lt() && ends.is_eq(),
        R::Finishes => starts.is_gt() && ends.is_eq(),
        R::Meets => end_to_start.is_eq(),
        R::MetBy => start_to_end.is_eq(),
        R::OverlappedBy => starts.is_gt() && start_to_end.is_lt() && ends.is_gt(),
        R::Overlaps => starts.is_lt() && end_to_start.is_gt() && ends.is_lt(),
        R::StartedBy => starts.is_eq() && ends.is_gt(),
        R::Starts => starts.is_eq() && ends.is_lt(),
    }
}

/// What an element is sought by where that tells all about it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    Null,
    Bool(bool),
    Integer(i64),
    /// A real that no integer equals, by its bits.
    Real(u64),
    Text(&'a str),
    Object(&'a str),
}

impl Scalar<'_> {
    fn key(&self) -> Option<Key<'_>> {
        const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
        Some(match self {
            Self::Null => Key::Null,
            Self::Bool(value) => Key::Bool(*value),
            Self::Integer(whole) => Key::Integer(*whole),
            #[expect(clippy::cast_possible_truncation, reason = "it is whole, and the range is checked")]
            Self::Real(real) if real.fract() == 0.0 && (-TWO_TO_63..TWO_TO_63).contains(real) => {
                Key::Integer(*real as i64)
            }
            Self::Real(real) => Key::Real(real.to_bits()),
            Self::Text(text) => Key::Text(text),
            Self::Object(text) => Key::Object(text),
            Self::Instant(_) | Self::Interval(_) | Self::Geometry(_) | Self::Array(_) => return None,
        })
    }
}

/// An array taken as a set.
#[derive(Debug, Clone)]
pub struct Elements<'a> {
    all: Vec<Scalar<'a>>,
    /// The numbers of those that have a key, by their keys; empty where the array is soon looked through.
    by_key: Vec<usize>,
    /// The numbers of the others.
    others: Vec<usize>,
}

impl<'a> Elements<'a> {
    /// Of an array.
    pub fn new(all: Vec<Scalar<'a>>) -> Self {
        const FEW: usize = 8;
        let (mut by_key, mut others) = (Vec::new(), Vec::new());
        if all.len() > FEW {
            (by_key, others) = (0..all.len()).partition(|&at| all[at].key().is_some());
            by_key.sort_by(|&a, &b| all[a].key().cmp(&all[b].key()));
        }
        Self { all, by_key, others }
    }

    fn holds(&self, element: &Scalar<'_>, budget: &Budget) -> bool {
        let among = |numbers: &[usize]| {
            numbers.iter().any(|&at| !budget.is_spent() && self.all[at].same(element, budget))
        };
        let key = element.key();
        if self.by_key.is_empty() && self.others.is_empty() {
            return self.all.iter().any(|known| known.same(element, budget));
        }
        let found = self.by_key.binary_search_by(|&at| self.all[at].key().cmp(&key)).is_ok();
        // An instant is the same as its text, which tells nothing of how it is written.
        let is_time = matches!(element, Scalar::Instant(_));
        found
            || (key.is_none() || matches!(element, Scalar::Text(_))) && among(&self.others)
            || is_time && among(&self.by_key)
    }

    fn lie_in(&self, other: &Self, budget: &Budget) -> bool {
        self.all.iter().all(|element| !budget.is_spent() && other.holds(element, budget))
    }
}

/// Does the relation hold between two arrays taken as sets? Any answer where the budget is spent.
pub fn sets_relate(relation: SetRelation, a: &Elements<'_>, b: &Elements<'_>, budget: &Budget) -> bool {
    match relation {
        SetRelation::Equals => a.lie_in(b, budget) && b.lie_in(a, budget),
        SetRelation::Contains => b.lie_in(a, budget),
        SetRelation::ContainedBy => a.lie_in(b, budget),
        SetRelation::Overlaps => a.all.iter().any(|element| !budget.is_spent() && b.holds(element, budget)),
    }
}

/// A predicate on values of any kind.
#[derive(Debug, Clone)]
pub enum Condition {
    Compare(Comparison, ValueExpr, ValueExpr),
    Like(ValueExpr, Pattern),
    /// The value is one of the others.
    Among(ValueExpr, Vec<ValueExpr>),
    IsNull(ValueExpr),
    Spatial(crate::geometry::Relation, ValueExpr, ValueExpr),
    Temporal(TimeRelation, ValueExpr, ValueExpr),
    Set(SetRelation, ValueExpr, ValueExpr),
    /// A value that is itself true or false.
    Is(ValueExpr),
}

impl Condition {
    /// Does it hold for a feature? `None` when that is unknown.
    pub fn holds(&self, layer: &Layer, ix: FeatureIx, budget: &Budget) -> Option<bool> {
        match self {
            Self::Compare(comparison, a, b) => {
                let order = a.value(layer, ix, budget).compare(&b.value(layer, ix, budget));
                order.map(|order| comparison.holds(order))
            }
            Self::Like(text, pattern) => match text.value(layer, ix, budget) {
                Scalar::Text(text) => Some(pattern.matches(&text, budget)),
                _ => None,
            },
            Self::Among(value, list) => {
                let value = value.value(layer, ix, budget);
                if value == Scalar::Null {
                    return None;
                }
                let mut answer = Some(false);
                for known in list {
                    match value.compare(&known.value(layer, ix, budget)) {
                        Some(Ordering::Equal) => return Some(true),
                        Some(_) => {}
                        None => answer = None,
                    }
                }
                answer
            }
            Self::IsNull(value) => Some(value.value(layer, ix, budget) == Scalar::Null),
            Self::Spatial(relation, a, b) => match (a.value(layer, ix, budget), b.value(layer, ix, budget)) {
                (Scalar::Geometry(a), Scalar::Geometry(b)) => {
                    Some(relate_unless(&a, &b, *relation, &|| budget.is_spent()))
                }
                _ => None,
            },
            Self::Temporal(relation, a, b) => {
                let (a, b) = (a.value(layer, ix, budget).span()?, b.value(layer, ix, budget).span()?);
                Some(times_relate(*relation, a, b))
            }
            Self::Set(relation, a, b) => match (a.value(layer, ix, budget), b.value(layer, ix, budget)) {
                (Scalar::Array(a), Scalar::Array(b)) => {
                    Some(sets_relate(*relation, &Elements::new(a), &Elements::new(b), budget))
                }
                _ => None,
            },
            Self::Is(value) => match value.value(layer, ix, budget) {
                Scalar::Bool(value) => Some(value),
                _ => None,
            },
        }
    }
}

/// A pattern of `LIKE`: `%` is any run of characters, `_` exactly one, `\` takes the next as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    /// What the text begins with; the whole of it where there is no end.
    start: Part,
    /// What comes between, in this order, wherever it is.
    middle: Vec<Part>,
    /// What it ends with, behind the last run.
    end: Option<Part>,
}

/// A part of a pattern between runs.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(Box<str>),
    /// Characters, and `None` where any may stand.
    Wild(Box<[Option<char>]>),
}

impl Part {
    fn new(pieces: &[Option<char>]) -> Self {
        let literal: Option<String> = pieces.iter().copied().collect();
        literal.map_or_else(|| Self::Wild(pieces.into()), |literal| Self::Literal(literal.into()))
    }

    /// The rest of a text that begins with it.
    fn strip_start<'a>(&self, text: &'a str) -> Option<&'a str> {
        match self {
            Self::Literal(literal) => text.strip_prefix(&**literal),
            Self::Wild(pieces) => {
                let mut chars = text.chars();
                begin_with(&mut chars, pieces.iter()).then_some(chars.as_str())
            }
        }
    }

    fn ends(&self, text: &str) -> bool {
        match self {
            Self::Literal(literal) => text.ends_with(&**literal),
            Self::Wild(pieces) => begin_with(&mut text.chars().rev(), pieces.iter().rev()),
        }
    }

    /// What comes behind the first place where it stands.
    fn find<'a>(&self, text: &'a str, budget: &Budget) -> Option<&'a str> {
        match self {
            Self::Literal(literal) => text.find(&**literal).map(|at| &text[at + literal.len()..]),
            Self::Wild(_) => {
                let places = text.char_indices().map(|(at, _)| at).chain([text.len()]);
                places.take_while(|_| !budget.is_spent()).find_map(|at| self.strip_start(&text[at..]))
            }
        }
    }
}

/// Are the first characters those of the pieces? Takes them.
fn begin_with<'a>(
    chars: &mut impl Iterator<Item = char>,
    mut pieces: impl Iterator<Item = &'a Option<char>>,
) -> bool {
    pieces.all(|piece| chars.next().is_some_and(|c| piece.is_none_or(|wanted| wanted == c)))
}

impl Pattern {
    /// Reads a pattern, its folds applied already.
    pub fn parse(text: &str) -> Self {
        let mut parts = vec![Vec::new()];
        let mut chars = text.chars();
        while let Some(c) = chars.next() {
            let piece = match c {
                '%' => {
                    parts.push(Vec::new());
                    continue;
                }
                '_' => None,
                '\\' => Some(chars.next().unwrap_or('\\')),
                c => Some(c),
            };
            if let Some(part) = parts.last_mut() {
                part.push(piece);
            }
        }
        let mut parts = parts.iter().map(|pieces| Part::new(pieces));
        let start = parts.next().unwrap_or_else(|| Part::new(&[]));
        let mut middle: Vec<Part> = parts.collect();
        let end = middle.pop();
        middle.retain(|part| *part != Part::new(&[]));
        Self { start, middle, end }
    }

    /// Does the whole text match? What lies between runs is taken where it first stands, so that the time is that of the text and
    /// the pattern together; of parts with `_`, their product at most, and no longer than the budget lasts.
    pub fn matches(&self, text: &str, budget: &Budget) -> bool {
        let Some(mut rest) = self.start.strip_start(text) else { return false };
        let Some(end) = &self.end else { return rest.is_empty() };
        for part in &self.middle {
            let Some(behind) = part.find(rest, budget) else { return false };
            rest = behind;
        }
        end.ends(rest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_whole_texts() {
        let cases = [
            ("Br%", "Brno", true),
            ("B_r%", "Bern", true),
            ("B_r%", "Brno", false),
            ("%", "", true),
            ("", "", true),
            ("", "a", false),
            ("_%", "", false),
            ("%%", "any", true),
            ("%ab%ab", "abxabab", true),
            ("%ab%ab", "ab", false),
            (r"100\%", "100%", true),
            (r"100\%", "1000", false),
            (r"a\_b", "a_b", true),
            (r"a\_b", "axb", false),
            ("武汉_", "武汉市", true),
            ("%经开%", "武汉经开区", true),
            ("_", "é", true),
            (r"a\", r"a\", true),
        ];
        let budget = Budget::default();
        for (pattern, text, want) in cases {
            assert_eq!(Pattern::parse(pattern).matches(text, &budget), want, "{text:?} LIKE {pattern:?}");
        }
    }

    /// Every pattern of five signs against every text of up to five, held against the rule as it is written.
    #[test]
    fn patterns_match_as_the_rule_says() {
        fn holds(pattern: &[char], text: &[char]) -> bool {
            match (pattern, text) {
                ([], text) => text.is_empty(),
                (['%', rest @ ..], text) => (0..=text.len()).any(|at| holds(rest, &text[at..])),
                (['_', rest @ ..], [_, more @ ..]) => holds(rest, more),
                ([wanted, rest @ ..], [c, more @ ..]) => wanted == c && holds(rest, more),
                (_, []) => false,
            }
        }
        fn words(signs: &[char], most: usize) -> Vec<Vec<char>> {
            let mut all = vec![Vec::new()];
            let mut from = 0;
            for _ in 0..most {
                let until = all.len();
                for at in from..until {
                    all.extend(
                        signs.iter().map(|&sign| [all[at].clone(), vec![sign]].concat()).collect::<Vec<_>>(),
                    );
                }
                from = until;
            }
            all
        }
        let budget = Budget::default();
        let texts = words(&['a', '武'], 5);
        for pattern in words(&['%', '_', 'a', '武'], 5) {
            let read = Pattern::parse(&pattern.iter().collect::<String>());
            for text in &texts {
                let got = read.matches(&text.iter().collect::<String>(), &budget);
                assert_eq!(got, holds(&pattern, text), "{text:?} LIKE {pattern:?}");
            }
        }
    }

    #[test]
    fn a_long_pattern_ends_with_the_budget() {
        let long = "a".repeat(200_000);
        assert!(!Pattern::parse(&format!("%{long}b%")).matches(&long.repeat(2), &Budget::default()));
        let spent = Budget::default();
        spent.spend();
        assert!(!Pattern::parse(&format!("%_{long}b%")).matches(&long.repeat(2), &spent));
    }

    #[test]
    fn a_pattern_of_many_runs_takes_no_exponential_time() {
        let pattern = Pattern::parse(&format!("{}b", "%a".repeat(200)));
        assert!(!pattern.matches(&"a".repeat(5000), &Budget::default()));
    }

    #[test]
    fn sets_of_any_length_relate_by_their_elements() {
        use SetRelation as R;
        let budget = Budget::default();
        let text = |text: &'static str| Scalar::Text(text.into());
        let day = || Scalar::Instant(Instant::parse("2022-04-16").expect("a day"));
        let holds = |relation, a: &[Scalar<'static>], b: &[Scalar<'static>]| {
            sets_relate(relation, &Elements::new(a.to_vec()), &Elements::new(b.to_vec()), &budget)
        };
        let numbers = |range: std::ops::Range<i64>| range.map(Scalar::Integer).collect::<Vec<_>>();
        // As many others beside as make an array one that is not looked through.
        for others in [0, 20, 50_000] {
            let with = |more: &[Scalar<'static>]| [numbers(100..100 + others), more.to_vec()].concat();
            let all = with(&[text("a"), Scalar::Real(2.0), Scalar::Real(0.5), Scalar::Null, day()]);
            for element in
                [text("a"), Scalar::Integer(2), Scalar::Real(0.5), Scalar::Null, text("2022-04-16"), day()]
            {
                assert!(
                    holds(R::Contains, &all, std::slice::from_ref(&element)),
                    "{element:?} beside {others}"
                );
                assert!(
                    holds(R::Overlaps, std::slice::from_ref(&element), &all),
                    "{element:?} beside {others}"
                );
                assert!(holds(R::ContainedBy, &[element.clone(), element], &all));
            }
            for element in
                [text("b"), Scalar::Integer(3), Scalar::Real(0.25), Scalar::Bool(true), text("2022-04-17")]
            {
                assert!(
                    !holds(R::Contains, &all, std::slice::from_ref(&element)),
                    "{element:?} beside {others}"
                );
                assert!(!holds(R::Equals, &all, &[all.clone(), vec![element]].concat()));
            }
            // What is written as a text is the moment, whichever side has it.
            assert!(holds(R::Contains, &with(&[text("2022-04-16")]), &[day()]));
            let turned: Vec<_> = all.iter().rev().cloned().collect();
            assert!(holds(R::Equals, &all, &turned));
        }
    }

    #[test]
    fn times_relate_by_their_ends() {
        use TimeRelation as R;
        let span = |start: i64, end: i64| Span { start: (start, start), end: (end, end) };
        // All thirteen relations of Allen, each with the only one that holds beside the four wide ones.
        let b = span(10, 20);
        let allen = [
            R::Before,
            R::Meets,
            R::Overlaps,
            R::FinishedBy,
            R::Contains,
            R::Starts,
            R::Equals,
            R::StartedBy,
            R::During,
            R::Finishes,
            R::OverlappedBy,
            R::MetBy,
            R::After,
        ];
        let cases = [
            (span(1, 5), R::Before),
            (span(1, 10), R::Meets),
            (span(5, 15), R::Overlaps),
            (span(5, 20), R::FinishedBy),
            (span(5, 25), R::Contains),
            (span(10, 15), R::Starts),
            (span(10, 20), R::Equals),
            (span(10, 25), R::StartedBy),
            (span(12, 18), R::During),
            (span(15, 20), R::Finishes),
            (span(15, 25), R::OverlappedBy),
            (span(20, 25), R::MetBy),
            (span(25, 30), R::After),
        ];
        for (a, only) in cases {
            let held: Vec<_> = allen.into_iter().filter(|&relation| times_relate(relation, a, b)).collect();
            assert_eq!(held, [only]);
            let disjoint = matches!(only, R::Before | R::After);
            assert_eq!(times_relate(R::Disjoint, a, b), disjoint, "{only:?}");
            assert_eq!(times_relate(R::Intersects, a, b), !disjoint, "{only:?}");
        }
    }

    #[test]
    fn a_moment_is_the_same_as_its_day() {
        let day = Scalar::Instant(Instant::parse("2022-04-16").expect("a day"));
        for (moment, want) in [
            ("2022-04-15T23:59:59Z", Ordering::Less),
            ("2022-04-16T00:00:00Z", Ordering::Equal),
            ("2022-04-16T23:59:59.999999Z", Ordering::Equal),
            ("2022-04-17T00:00:00Z", Ordering::Greater),
        ] {
            let moment = Scalar::Instant(Instant::parse(moment).expect("a moment"));
            assert_eq!(moment.compare(&day), Some(want), "{moment:?}");
            assert_eq!(day.compare(&moment), Some(want.reverse()), "{moment:?}");
        }
    }
}
