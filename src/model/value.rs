//! `Value`: what a field holds, and the only place where two values are compared.

use std::cmp::Ordering;

use super::time::{Date, Timestamp};

/// A value of a field, borrowed from its column.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value<'a> {
    /// Not known. Never zero, never empty text.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A finite real number.
    Real(f64),
    /// Text.
    Text(&'a str),
    /// A day.
    Date(Date),
    /// A moment.
    Timestamp(Timestamp),
    /// An array or an object, as JSON text.
    Json(&'a str),
}

impl Value<'_> {
    /// Its number; `None` for what is none.
    #[must_use]
    pub fn number(self) -> Option<f64> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "as near as a real can be")]
            Self::Integer(number) => Some(number as f64),
            Self::Real(number) => Some(number),
            _ => None,
        }
    }

    /// The order of two values of one kind; integers and reals compare as numbers, text by code point.
    /// `None` when one is null or the kinds differ.
    #[must_use]
    pub fn compare(self, other: Value<'_>) -> Option<Ordering> {
        match (self, other) {
            (Self::Bool(a), Value::Bool(b)) => Some(a.cmp(&b)),
            (Self::Integer(a), Value::Integer(b)) => Some(a.cmp(&b)),
            (Self::Real(a), Value::Real(b)) => a.partial_cmp(&b),
            (Self::Integer(a), Value::Real(b)) => compare_mixed(a, b),
            (Self::Real(a), Value::Integer(b)) => compare_mixed(b, a).map(Ordering::reverse),
            (Self::Text(a), Value::Text(b)) => Some(a.cmp(b)),
            (Self::Date(a), Value::Date(b)) => Some(a.cmp(&b)),
            (Self::Timestamp(a), Value::Timestamp(b)) => Some(a.cmp(&b)),
            _ => None,
        }
    }

    /// A total order of the values of one column: as [`compare`](Self::compare), turned round when `descending`,
    /// and nulls last either way.
    #[must_use]
    pub fn order(self, other: Value<'_>, descending: bool) -> Ordering {
        let order = (self == Value::Null).cmp(&(other == Value::Null));
        let known = || self.compare(other).unwrap_or(Ordering::Equal);
        order.then_with(|| if descending { known().reverse() } else { known() })
    }
}

/// Compares a whole number with a real without losing digits of the whole number.
fn compare_mixed(whole: i64, real: f64) -> Option<Ordering> {
    const TWO_TO_63: f64 = 9_223_372_036_854_775_808.0;
    if real.is_nan() {
        return None;
    }
    if real >= TWO_TO_63 {
        return Some(Ordering::Less);
    }
    if real < -TWO_TO_63 {
        return Some(Ordering::Greater);
    }
    #[expect(clippy::cast_possible_truncation, reason = "the range was checked above")]
    let floor = real.floor() as i64;
    Some(whole.cmp(&floor).then(if real.fract() == 0.0 { Ordering::Equal } else { Ordering::Less }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_compare_across_kinds_without_rounding() {
        use Ordering::{Equal, Greater, Less};
        let cases = [
            (3, 3.0, Equal),
            (3, 3.5, Less),
            (-3, -3.5, Greater),
            (9_007_199_254_740_993, 9_007_199_254_740_992.0, Greater),
            (i64::MAX, 1e300, Less),
            (i64::MIN, f64::NEG_INFINITY, Greater),
        ];
        for (whole, real, want) in cases {
            assert_eq!(Value::Integer(whole).compare(Value::Real(real)), Some(want), "{whole} {real}");
            assert_eq!(
                Value::Real(real).compare(Value::Integer(whole)),
                Some(want.reverse()),
                "{real} {whole}"
            );
        }
    }

    #[test]
    fn nulls_come_last_in_both_directions() {
        use Value::{Integer, Null};
        let sorted = |descending| {
            let mut values = [Null, Integer(2), Integer(-1), Null, Integer(5)];
            values.sort_by(|a, b| a.order(*b, descending));
            values
        };
        assert_eq!(sorted(false), [Integer(-1), Integer(2), Integer(5), Null, Null]);
        assert_eq!(sorted(true), [Integer(5), Integer(2), Integer(-1), Null, Null]);
    }

    #[test]
    fn null_and_other_kinds_do_not_compare() {
        assert_eq!(Value::Null.compare(Value::Null), None);
        assert_eq!(Value::Text("1").compare(Value::Integer(1)), None);
    }
}
