//! What would have to give, for more features to match?
//!
//! In: criteria, and for each the features that it alone leaves out. Out: for each the least move of its bounds, or the
//! fewest values more, with which so many match as are wanted.
//!
//! A bound moves to the value of a feature, so any step less lets fewer in; what is computed (a distance, an area) is
//! rounded outward to a hundredth. Where both bounds can move, the sum of both moves is the least; of equal sums that counts
//! which lets in the fewest, then that which moves the lower bound farther. Values that are not known are let in by no bound.

use std::collections::HashMap;
use std::ops::Range;

use super::super::bind::{bind, bind_value};
use super::super::cql2::{Comparison, Expr, Node, Op, TimeRelation};
use super::super::functions::{Type, UNITS};
use super::super::predicate::{Rows, TRUE};
use super::super::scalar::{Scalar, ValueExpr};
use super::super::{Budget, Filter, Page, Query, QueryError, execute, plan};
use super::Criterion;
use crate::geometry::Crs;
use crate::index::IndexedLayer;
use crate::model::{Column, FeatureIx, Instant, Layer};

/// Most values that are added to a criterion.
const MOST_ADDED: usize = 10;

/// Which end of what a criterion allows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The least.
    Least,
    /// The greatest.
    Greatest,
}

/// A bound that moves.
#[derive(Debug, Clone, PartialEq)]
pub struct Move {
    /// Which.
    pub side: Side,
    /// Where it stands, as the filter writes it.
    pub from: Expr,
    /// Where it would have to stand; included.
    pub to: Expr,
    /// By which share of itself it moves; `None` for times and for zero.
    pub change: Option<f64>,
}

/// A criterion that lets more in.
#[derive(Debug, Clone, PartialEq)]
pub struct Relaxation {
    /// The bounds that move.
    pub moves: Vec<Move>,
    /// The values that are allowed beside the others, with the features that each brings.
    pub added: Vec<(Box<str>, u64)>,
    /// The criterion as it would have to be.
    pub written: Expr,
    /// How many features match then.
    pub matched: u64,
    /// How many more features of those searched satisfy the criterion by itself.
    pub let_in: u64,
}

/// What can be said of relaxing one criterion alone.
#[derive(Debug, Clone, PartialEq)]
pub enum Relaxed {
    /// This is enough.
    Enough(Box<Relaxation>),
    /// However far its bounds go, and with ten texts more, only so many match.
    TooFew(u64),
    /// It lists values that are no texts: which one more would be the smallest step their number does not tell.
    Listed,
    /// It has no bound that could move and no list of values.
    Fixed,
}

/// A criterion seen as a value between two bounds, or among texts. Bounds are literals.
enum Form {
    /// The value, the bounds, and the unit of a call of `dwithin` with its metres.
    Range { value: Expr, low: Option<Expr>, high: Option<Expr>, within: Option<(Vec<Expr>, f64)> },
    /// The property and the texts.
    Texts { property: Expr, texts: Vec<Expr> },
}

/// A comparison, also one that is written as the denial of its opposite or as a relation of times.
fn comparison(expr: &Expr) -> Option<(Comparison, &Expr, &Expr)> {
    let Node::Call(op, operands) = &expr.node else { return None };
    match (op, operands.as_slice()) {
        (Op::Compare(comparison), [a, b]) => Some((*comparison, a, b)),
        (Op::Temporal(TimeRelation::After), [a, b]) => Some((Comparison::Greater, a, b)),
        (Op::Temporal(TimeRelation::Before), [a, b]) => Some((Comparison::Less, a, b)),
        (Op::Not, [denied]) => comparison(denied).map(|(comparison, a, b)| (comparison.opposite(), a, b)),
        _ => None,
    }
}

fn form(expr: &Expr) -> Option<Form> {
    let Node::Call(op, operands) = &expr.node else { return None };
    let is_literal = |expr: &Expr| {
        matches!(expr.node, Node::Integer(_) | Node::Real(_) | Node::Instant(_) | Node::Text(_))
    };
    let range = |value: &Expr, low: Option<&Expr>, high: Option<&Expr>| {
        Some(Form::Range { value: value.clone(), low: low.cloned(), high: high.cloned(), within: None })
    };
    if let Some((comparison, a, b)) = comparison(expr) {
        let (value, literal, comparison) = match (is_literal(a), is_literal(b)) {
            (false, true) => (a, b, comparison),
            (true, false) => (b, a, comparison.converse()),
            _ => return None,
        };
        return match comparison {
            Comparison::Equal if matches!(literal.node, Node::Text(_)) => {
                Some(Form::Texts { property: value.clone(), texts: vec![literal.clone()] })
            }
            Comparison::Equal => range(value, Some(literal), Some(literal)),
            Comparison::Less | Comparison::AtMost => range(value, None, Some(literal)),
            Comparison::Greater | Comparison::AtLeast => range(value, Some(literal), None),
            Comparison::Unequal => None,
        };
    }
    match (op, operands.as_slice()) {
        // Both ends of a range, each a criterion by itself, and included: `far >= 1 AND far <= 2`.
        (Op::And, [one, other]) => {
            let is_included = |expr: &Expr| {
                comparison(expr).is_some_and(|(comparison, ..)| {
                    matches!(comparison, Comparison::AtLeast | Comparison::AtMost)
                })
            };
            let (Form::Range { value, low, high, .. }, Form::Range { value: again, low: from, high: to, .. }) =
                (form(one)?, form(other)?)
            else {
                return None;
            };
            let is_range =
                value == again && low.is_some() != from.is_some() && high.is_some() != to.is_some();
            (is_range && is_included(one) && is_included(other)).then(|| Form::Range {
                value,
                low: low.or(from),
                high: high.or(to),
                within: None,
            })
        }
        (Op::Between, [value, low, high]) if is_literal(low) && is_literal(high) => {
            range(value, Some(low), Some(high))
        }
        (Op::In, [property, texts @ ..]) if texts.iter().all(|text| matches!(text.node, Node::Text(_))) => {
            Some(Form::Texts { property: property.clone(), texts: texts.to_vec() })
        }
        (Op::Function(name), [a, b, metres, unit @ ..]) if name.eq_ignore_ascii_case("dwithin") => {
            let factor = match unit {
                [] => 1.0,
                [Expr { node: Node::Text(unit), .. }] => {
                    UNITS.iter().find(|(name, _)| **name == **unit).map(|(_, factor)| *factor)?
                }
                _ => return None,
            };
            let distance = Op::Function("distance".into());
            Some(Form::Range {
                value: Expr { node: Node::Call(distance, vec![a.clone(), b.clone()]), at: expr.at.clone() },
                low: None,
                high: is_literal(metres).then(|| metres.clone())?.into(),
                within: Some((operands.clone(), factor)),
            })
        }
        _ => None,
    }
}

impl Form {
    /// The criterion with other bounds.
    fn bounded(&self, low: Option<&Expr>, high: Option<&Expr>) -> Option<Expr> {
        let Self::Range { value, within, .. } = self else { return None };
        let call =
            |op, operands: Vec<Expr>| Some(Expr { node: Node::Call(op, operands), at: value.at.clone() });
        if let Some((operands, _)) = within {
            let mut operands = operands.clone();
            operands[2] = high?.clone();
            return call(Op::Function("DWITHIN".into()), operands);
        }
        match (low, high) {
            (Some(low), Some(high)) => call(Op::Between, vec![value.clone(), low.clone(), high.clone()]),
            (Some(low), None) => call(Op::Compare(Comparison::AtLeast), vec![value.clone(), low.clone()]),
            (None, Some(high)) => call(Op::Compare(Comparison::AtMost), vec![value.clone(), high.clone()]),
            (None, None) => None,
        }
    }

    /// The criterion with more texts.
    fn with_texts(&self, added: &[(Box<str>, u64)]) -> Option<Expr> {
        let Self::Texts { property, texts } = self else { return None };
        let at = || property.at.clone();
        let more = added.iter().map(|(text, _)| Expr { node: Node::Text(text.clone()), at: at() });
        let operands = std::iter::once(property.clone()).chain(texts.iter().cloned()).chain(more).collect();
        Some(Expr { node: Node::Call(Op::In, operands), at: at() })
    }
}

/// Is it a lower bound of the size of a feature, by a field in a unit of area or by `area`? The bound in square metres.
pub(super) fn least_area_m2(expr: &Expr, layer: &Layer) -> Option<f64> {
    let Some(Form::Range { value, low: Some(low), high: None, within: None }) = form(expr) else {
        return None;
    };
    let factor = match &value.node {
        Node::Property(name) => layer.schema.find(name)?.1.square_metres()?,
        Node::Call(Op::Function(name), _) if name.eq_ignore_ascii_case("area") => 1.0,
        _ => return None,
    };
    number_of(&low).map(|number| number * factor)
}

#[expect(clippy::cast_precision_loss, reason = "bounds are compared as reals")]
fn number_of(literal: &Expr) -> Option<f64> {
    match literal.node {
        Node::Integer(whole) => Some(whole as f64),
        Node::Real(real) => Some(real),
        _ => None,
    }
}

/// Who asks, and of what.
pub(super) struct Relaxing<'a> {
    /// What is searched.
    pub select: &'a Query,
    /// The system of the criteria.
    pub crs: Crs,
    /// Where.
    pub indexed: &'a IndexedLayer,
    /// Who pays.
    pub budget: &'a Budget,
}

impl Relaxing<'_> {
    /// The least relaxation of a criterion with which `missing` more features match beside `matched`; `only` are those
    /// that it alone leaves out.
    pub fn least(
        &self,
        criterion: &Criterion,
        only: &[FeatureIx],
        matched: u64,
        missing: u64,
    ) -> Result<Relaxed, QueryError> {
        let (Some(bound), Some(written)) = (form(&criterion.expr), form(&criterion.written)) else {
            let is_list = matches!(criterion.expr.node, Node::Call(Op::In, _));
            return Ok(if is_list { Relaxed::Listed } else { Relaxed::Fixed });
        };
        let subject = match &bound {
            Form::Range { value, .. } => value,
            Form::Texts { property, .. } => property,
        };
        let (subject, kind) = bind_value(subject, self.crs, self.indexed, self.budget)?;
        let made = match (&bound, kind) {
            (Form::Range { .. }, Type::Number | Type::Instant) => {
                self.range(&bound, &written, &subject, kind, only, missing)?
            }
            (Form::Texts { .. }, Type::Text) => self.texts(&bound, &written, &subject, only, missing)?,
            (Form::Texts { property, texts }, Type::Instant) if texts.len() == 1 => {
                let as_range = |form: &Form| match form {
                    Form::Texts { property, texts } => Form::Range {
                        value: property.clone(),
                        low: Some(texts[0].clone()),
                        high: Some(texts[0].clone()),
                        within: None,
                    },
                    Form::Range { .. } => {
                        Form::Range { value: property.clone(), low: None, high: None, within: None }
                    }
                };
                self.range(&as_range(&bound), &as_range(&written), &subject, kind, only, missing)?
            }
            _ => None,
        };
        let Some(made) = made else { return Ok(Relaxed::Fixed) };
        let Made::Enough { moves, added, expr, written } = made else {
            let Made::TooFew(known) = made else { return Ok(Relaxed::Fixed) };
            return Ok(Relaxed::TooFew(matched + known));
        };
        let more = self.satisfying(&expr, only)?;
        let by_itself = |expr: &Expr| -> Result<u64, QueryError> {
            let filter = Some(Filter { expr: expr.clone(), crs: self.crs });
            let page = Page { offset: 0, limit: 0 };
            let query = Query { filter, sort: Vec::new(), page, ..self.select.clone() };
            Ok(execute(&plan(&query, self.indexed, self.budget)?, self.indexed, self.budget)?.matched)
        };
        let let_in = by_itself(&expr)?.saturating_sub(by_itself(&criterion.expr)?);
        Ok(Relaxed::Enough(Box::new(Relaxation { moves, added, written, matched: matched + more, let_in })))
    }

    /// How many of some features satisfy an expression.
    fn satisfying(&self, expr: &Expr, rows: &[FeatureIx]) -> Result<u64, QueryError> {
        let predicate = bind(expr, self.crs, self.indexed, self.budget)?;
        let mut count = 0;
        for rows in rows.chunks(super::super::execute::STRIDE) {
            self.budget.check()?;
            let mut truths = vec![TRUE; rows.len()];
            predicate.narrow(self.indexed.layer(), Rows::List(rows), &mut truths, self.budget);
            count += truths.iter().map(|&truth| u64::from(truth == TRUE)).sum::<u64>();
        }
        self.budget.check()?;
        Ok(count)
    }

    fn range(
        &self,
        bound: &Form,
        written: &Form,
        subject: &ValueExpr,
        kind: Type,
        only: &[FeatureIx],
        missing: u64,
    ) -> Result<Option<Made>, QueryError> {
        let Form::Range { low, high, within, .. } = bound else { return Ok(None) };
        let factor = within.as_ref().map_or(1.0, |(_, factor)| *factor);
        // A day that is to be over is over at its end.
        let at_end = high.is_none();
        let limit =
            |literal: &Option<Expr>| literal.as_ref().map(|literal| key_of_literal(literal, kind, at_end));
        let (least, most) = match (limit(low), limit(high)) {
            (Some(None), _) | (_, Some(None)) => return Ok(None),
            (least, most) => (least.flatten(), most.flatten()),
        };
        let layer = self.indexed.layer();
        // The known values.
        let mut known: Vec<(f64, Node)> = Vec::new();
        for (at, &ix) in only.iter().enumerate() {
            if at % super::super::execute::STRIDE == 0 {
                self.budget.check()?;
            }
            known.extend(key_of(&subject.value(layer, ix, self.budget), factor));
        }
        self.budget.check()?;
        known.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
        let keys: Vec<f64> = known.iter().map(|(key, _)| *key).collect();
        let Some(let_in) = least_moved(&keys, [least, most], usize::try_from(missing).unwrap_or(usize::MAX))
        else {
            return Ok(Some(Made::TooFew(keys.len() as u64)));
        };
        let let_in = &known[let_in];
        let is_computed = matches!(subject, ValueExpr::Function(..));
        let moved = |side: Side, literal: &Option<Expr>, limit: Option<f64>| {
            let literal = literal.as_ref()?;
            let limit = limit?;
            let outermost = match side {
                Side::Least => let_in.first().filter(|new| new.0 <= limit),
                Side::Greatest => let_in.last().filter(|new| new.0 >= limit),
            };
            let (key, node) = outermost?;
            let node = if is_computed { Node::Real(outward(*key, side, factor)) } else { node.clone() };
            let to = Expr { node, at: literal.at.clone() };
            let change = number_of(&to)
                .filter(|_| kind == Type::Number && limit != 0.0)
                .map(|new| ((new - limit) / limit).abs());
            Some(Move { side, from: literal.clone(), to, change })
        };
        let moves: Vec<Move> = [moved(Side::Least, low, least), moved(Side::Greatest, high, most)]
            .into_iter()
            .flatten()
            .collect();
        let now = |side: Side, literal: &Option<Expr>| {
            let new = moves.iter().find(|moved| moved.side == side).map(|moved| moved.to.clone());
            new.or_else(|| literal.clone())
        };
        let (low, high) = (now(Side::Least, low), now(Side::Greatest, high));
        let both = (bound.bounded(low.as_ref(), high.as_ref()), written.bounded(low.as_ref(), high.as_ref()));
        let (Some(expr), Some(written)) = both else { return Ok(None) };
        Ok(Some(Made::Enough { moves, added: Vec::new(), expr, written }))
    }

    fn texts(
        &self,
        bound: &Form,
        written: &Form,
        subject: &ValueExpr,
        only: &[FeatureIx],
        missing: u64,
    ) -> Result<Option<Made>, QueryError> {
        let layer = self.indexed.layer();
        let ValueExpr::Field(field) = *subject else { return Ok(None) };
        if !matches!(layer.column(field), Column::Text(_)) {
            return Ok(None);
        }
        self.budget.check()?;
        let mut counts: HashMap<String, u64> = HashMap::new();
        for &ix in only {
            if let Scalar::Text(text) = subject.value(layer, ix, self.budget) {
                *counts.entry(text.into_owned()).or_default() += 1;
            }
        }
        let mut counts: Vec<(Box<str>, u64)> =
            counts.into_iter().map(|(text, count)| (text.into(), count)).collect();
        counts.sort_unstable_by(|(a, of_a), (b, of_b)| of_b.cmp(of_a).then_with(|| a.cmp(b)));
        counts.truncate(MOST_ADDED);
        let mut sum = 0;
        let enough = counts.iter().position(|(_, count)| {
            sum += count;
            sum >= missing
        });
        let Some(last) = enough else { return Ok(Some(Made::TooFew(sum))) };
        counts.truncate(last + 1);
        let (Some(expr), Some(written)) = (bound.with_texts(&counts), written.with_texts(&counts)) else {
            return Ok(None);
        };
        Ok(Some(Made::Enough { moves: Vec::new(), added: counts, expr, written }))
    }
}

/// Which of some ascending keys are let in when bounds move so that it is `wanted` or more: by the least sum of both moves; of equal
/// sums the fewest, then those that begin lowest. `None` when there are not so many.
fn least_moved(keys: &[f64], [low, high]: [Option<f64>; 2], wanted: usize) -> Option<Range<usize>> {
    // The least bounds around so many neighbouring keys, and the sum of their moves.
    let around = |first: usize| {
        let new_low = low.map(|low| low.min(keys[first]));
        let new_high = high.map(|high| high.max(keys[first + wanted - 1]));
        let moves = [low.zip(new_low), high.zip(new_high)];
        (moves.into_iter().flatten().map(|(from, to)| (from - to).abs()).sum::<f64>(), new_low, new_high)
    };
    let firsts = 0..=keys.len().checked_sub(wanted)?;
    let least = firsts.clone().map(|first| around(first).0).min_by(f64::total_cmp)?;
    // Moves of decimals that are equal may differ in their last bits.
    let noise = 4.0 * f64::EPSILON * [low, high].into_iter().flatten().map(f64::abs).sum::<f64>();
    let equal = firsts.map(around).filter(|(sum, ..)| *sum <= least + noise);
    let let_in = equal.map(|(_, low, high)| {
        let start = low.map_or(0, |low| keys.partition_point(|key| *key < low));
        start..high.map_or(keys.len(), |high| keys.partition_point(|key| *key <= high))
    });
    let_in.min_by_key(|let_in| (let_in.len(), let_in.start))
}

enum Made {
    Enough {
        moves: Vec<Move>,
        added: Vec<(Box<str>, u64)>,
        expr: Expr,
        written: Expr,
    },
    /// All that have a value.
    TooFew(u64),
}

/// A value in the unit of its bound as a number that sorts as it does, and as a literal.
#[expect(
    clippy::cast_precision_loss,
    reason = "whole numbers and microseconds beyond 2^53 are rare, and only ordered by it"
)]
fn key_of(value: &Scalar<'_>, factor: f64) -> Option<(f64, Node)> {
    match *value {
        Scalar::Integer(whole) => Some((whole as f64, Node::Integer(whole))),
        Scalar::Real(real) => Some((real / factor, Node::Real(real / factor))),
        Scalar::Instant(instant) => Some((instant.start().microseconds() as f64, Node::Instant(instant))),
        _ => None,
    }
}

#[expect(clippy::cast_precision_loss, reason = "microseconds beyond 2^53 are only ordered by it")]
fn key_of_literal(literal: &Expr, kind: Type, at_end: bool) -> Option<f64> {
    let instant = match &literal.node {
        Node::Instant(instant) => Some(*instant),
        Node::Text(text) => Instant::parse(text),
        _ => None,
    };
    match kind {
        Type::Instant => {
            instant.map(|instant| if at_end { instant.end() } else { instant.start() }.microseconds() as f64)
        }
        _ => number_of(literal),
    }
}

/// The next hundredth of a metre or square metre that lies no nearer.
fn outward(number: f64, side: Side, factor: f64) -> f64 {
    let steps = 100.0 * factor;
    let scaled = number * steps;
    let mut rounded = match side {
        Side::Least => scaled.floor(),
        Side::Greatest => scaled.ceil(),
    };
    // What was computed may be nearer by rounding.
    match side {
        Side::Least if rounded / steps * factor > number * factor => rounded -= 1.0,
        Side::Greatest if rounded / steps * factor < number * factor => rounded += 1.0,
        _ => {}
    }
    rounded / steps
}

#[cfg(test)]
mod tests {
    use super::*;

    /// All bounds that stand where they stood or at a key, by the rule that is told.
    fn by_trial(keys: &[f64], low: Option<f64>, high: Option<f64>, wanted: usize) -> Option<Range<usize>> {
        let places = |bound: Option<f64>, farther: fn(f64, f64) -> bool| match bound {
            None => vec![None],
            Some(bound) => {
                keys.iter().copied().filter(|key| farther(*key, bound)).chain([bound]).map(Some).collect()
            }
        };
        let mut best: Option<((f64, usize, usize), Range<usize>)> = None;
        for new_low in places(low, |key, low| key < low) {
            for new_high in places(high, |key, high| key > high) {
                let is_in = |key: f64| {
                    new_low.is_none_or(|low| key >= low) && new_high.is_none_or(|high| key <= high)
                };
                let Some(start) = keys.iter().position(|key| is_in(*key)) else { continue };
                let count = keys.iter().filter(|key| is_in(**key)).count();
                let moved =
                    |from: Option<f64>, to: Option<f64>| from.zip(to).map_or(0.0, |(a, b)| (a - b).abs());
                let rank = (moved(low, new_low) + moved(high, new_high), count, start);
                if count >= wanted && best.as_ref().is_none_or(|(least, _)| rank < *least) {
                    best = Some((rank, start..start + count));
                }
            }
        }
        best.map(|(_, let_in)| let_in)
    }

    proptest::proptest! {
        /// Halves, so that sums are exact and often equal.
        #[test]
        fn bounds_move_as_little_as_a_trial_of_all_finds(
            mut halves in proptest::collection::vec(-20_i32..20, 0..12),
            bounds in (-12_i32..12, -12_i32..12),
            sides in 1_usize..4,
            wanted in 1_usize..8,
        ) {
            halves.sort_unstable();
            let half = |whole: i32| f64::from(whole) / 2.0;
            let low = (sides & 1 > 0).then(|| half(bounds.0));
            let high = (sides & 2 > 0).then(|| half(bounds.1));
            let keys: Vec<f64> = halves.into_iter().map(half).collect();
            proptest::prop_assert_eq!(
                least_moved(&keys, [low, high], wanted),
                by_trial(&keys, low, high, wanted)
            );
        }
    }

    #[test]
    fn moves_of_decimals_are_equal_that_look_equal() {
        // By 0.3 and by 0.3, which differ in their last bits; one lower, two higher.
        let keys = [99.7, 100.3, 100.3];
        assert_eq!(least_moved(&keys, [Some(100.0), Some(100.0)], 1), Some(0..1));
        let keys = [1.1, 1.1, 1.3];
        assert_eq!(least_moved(&keys, [Some(1.2), Some(1.2)], 1), Some(2..3));
    }
}
