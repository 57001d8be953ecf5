//! What have numbers of many rows as their value?
//!
//! In: a [`NumberExpr`], bound to a layer, and rows. Out: a real for each, NaN where none is known.
//!
//! A step of a sum is done for a block of rows before the next, as the tests of
//! [`predicate`](super::predicate) are, so that it costs a few nanoseconds a feature.

use super::cql2::Arithmetic;
use super::predicate::Rows;
use super::scalar::{Scalar, ValueExpr};
use crate::model::{Column, Domain, FieldIx, Layer, NULL_INTEGER};

/// Fields of numbers, constants, and sums of them.
#[derive(Debug, Clone)]
pub enum NumberExpr {
    Constant(f64),
    Field(FieldIx),
    Arithmetic(Arithmetic, Box<[NumberExpr; 2]>),
}

/// Whole numbers up to here are reals without rounding.
const EXACT: u64 = 1 << 53;

impl NumberExpr {
    /// A side of a comparison; `None` for what is no sum of fields, and for whole numbers that reals would round.
    pub fn compared(value: &ValueExpr, layer: &Layer) -> Option<Self> {
        match value {
            ValueExpr::Constant(Scalar::Integer(whole)) if whole.unsigned_abs() > EXACT => None,
            ValueExpr::Field(field) => match layer.domain(*field) {
                Domain::Integers(least, greatest)
                    if least.unsigned_abs().max(greatest.unsigned_abs()) > EXACT =>
                {
                    None
                }
                _ => Self::of(value, layer),
            },
            _ => Self::of(value, layer),
        }
    }

    fn of(value: &ValueExpr, layer: &Layer) -> Option<Self> {
        Some(match value {
            ValueExpr::Constant(constant) => Self::Constant(constant.number()?),
            ValueExpr::Field(field)
                if matches!(layer.column(*field), Column::Integer(_) | Column::Real(_)) =>
            {
                Self::Field(*field)
            }
            ValueExpr::Arithmetic(operation, operands) => {
                let [a, b] = &**operands;
                Self::Arithmetic(*operation, Box::new([Self::of(a, layer)?, Self::of(b, layer)?]))
            }
            _ => return None,
        })
    }

    /// The numbers of some rows.
    pub fn numbers(&self, layer: &Layer, rows: Rows<'_>, numbers: &mut [f64]) {
        match self {
            Self::Constant(constant) => numbers.fill(*constant),
            Self::Field(field) => match layer.column(*field) {
                Column::Real(values) => take(values, rows, numbers, |value| value),
                Column::Integer(values) => take(values, rows, numbers, |value| match value {
                    NULL_INTEGER => f64::NAN,
                    #[expect(clippy::cast_precision_loss, reason = "arithmetic is that of 64-bit reals")]
                    value => value as f64,
                }),
                _ => numbers.fill(f64::NAN),
            },
            Self::Arithmetic(operation, operands) => {
                let [a, b] = &**operands;
                a.numbers(layer, rows, numbers);
                if let Self::Constant(b) = *b {
                    operation.compute_all(numbers, std::iter::repeat(b));
                } else {
                    let mut others = vec![0.0; numbers.len()];
                    b.numbers(layer, rows, &mut others);
                    operation.compute_all(numbers, others);
                }
            }
        }
    }
}

fn take<T: Copy>(values: &[T], rows: Rows<'_>, numbers: &mut [f64], real: impl Fn(T) -> f64) {
    match rows {
        Rows::From(first) => {
            numbers.iter_mut().zip(&values[first..]).for_each(|(number, value)| *number = real(*value));
        }
        Rows::List(list) => {
            numbers.iter_mut().zip(list).for_each(|(number, ix)| *number = real(values[ix.row()]));
        }
    }
}

impl Arithmetic {
    /// Puts the result in the place of each left operand, NaN where there is no finite one.
    fn compute_all(self, left: &mut [f64], right: impl IntoIterator<Item = f64>) {
        // One loop for each operation, which the compiler can then lay out for several rows at once.
        macro_rules! each {
            ($operation:expr) => {
                left.iter_mut().zip(right).for_each(|(a, b)| {
                    *a = $operation.compute(*a, b).unwrap_or(f64::NAN);
                })
            };
        }
        match self {
            Self::Plus => each!(Self::Plus),
            Self::Minus => each!(Self::Minus),
            Self::Times => each!(Self::Times),
            Self::Over => each!(Self::Over),
            Self::Modulo => each!(Self::Modulo),
            Self::Div => each!(Self::Div),
            Self::Power => each!(Self::Power),
        }
    }
}
