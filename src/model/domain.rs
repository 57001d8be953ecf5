//! Which values occur in a column?
//!
//! In: a column. Out: a [`Domain`], found once when the layer is made. Leaves out: which field it is, and how a
//! schema says it.

use super::column::{Column, NULL_INTEGER};

/// Most texts of a field that a schema lists.
const MOST_LISTED: usize = 30;

/// What the values of a column have in common.
#[derive(Debug, Clone, PartialEq)]
pub enum Domain {
    /// Nothing worth saying.
    Any,
    /// Whole numbers from the least to the greatest.
    Integers(i64, i64),
    /// Reals from the least to the greatest.
    Reals(f64, f64),
    /// One of few texts, ascending by code point.
    Texts(Box<[Box<str>]>),
    /// Arrays whose elements are all of one kind.
    Arrays(Element),
}

/// What an array holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Element {
    /// Texts.
    Text,
    /// Whole numbers.
    Integer,
    /// Numbers.
    Real,
    /// True or false.
    Bool,
}

impl Domain {
    /// The domain of a column.
    #[must_use]
    pub fn of(column: &Column) -> Self {
        match column {
            Column::Integer(values) => {
                let known =
                    values.iter().filter(|value| **value != NULL_INTEGER).map(|&value| (value, value));
                known
                    .reduce(|(a, b), (c, d)| (a.min(c), b.max(d)))
                    .map_or(Self::Any, |(least, greatest)| Self::Integers(least, greatest))
            }
            Column::Real(values) => {
                let known = values.iter().filter(|value| !value.is_nan()).map(|&value| (value, value));
                known
                    .reduce(|(a, b), (c, d)| (a.min(c), b.max(d)))
                    .map_or(Self::Any, |(least, greatest)| Self::Reals(least, greatest))
            }
            Column::Text(texts)
                if texts.is_coded() && (1..=MOST_LISTED).contains(&texts.dictionary().len()) =>
            {
                let mut list: Box<[Box<str>]> = texts.dictionary().iter().map(Into::into).collect();
                list.sort_unstable();
                Self::Texts(list)
            }
            Column::Json(arrays) => {
                let mut all = Elements::default();
                let kind = arrays.dictionary().iter().try_for_each(|array| all.see(array));
                kind.and(all.kind).map_or(Self::Any, Self::Arrays)
            }
            _ => Self::Any,
        }
    }
}

/// The kind of the elements seen so far.
#[derive(Default)]
struct Elements {
    kind: Option<Element>,
}

impl Elements {
    /// Looks at the elements of an array; `None` when it holds what does not fit, or is no array.
    fn see(&mut self, array: &str) -> Option<()> {
        let inside = array.trim().strip_prefix('[')?.strip_suffix(']')?;
        let mut rest = inside.trim_start();
        while !rest.is_empty() {
            let (found, length) = element(rest)?;
            self.kind = Some(match (self.kind, found) {
                (None, found) => found,
                (Some(Element::Integer), Element::Real) | (Some(Element::Real), Element::Integer) => {
                    Element::Real
                }
                (Some(known), found) if known == found => known,
                _ => return None,
            });
            rest = rest[length..].trim_start();
            rest = match rest.strip_prefix(',') {
                Some(more) => more.trim_start(),
                None if rest.is_empty() => rest,
                None => return None,
            };
        }
        Some(())
    }
}

/// The kind and the length of the first element of sound JSON; `None` for null, arrays and objects.
fn element(text: &str) -> Option<(Element, usize)> {
    let bytes = text.as_bytes();
    match bytes.first()? {
        b'"' => {
            let mut at = 1;
            while *bytes.get(at)? != b'"' {
                at += if bytes[at] == b'\\' { 2 } else { 1 };
            }
            Some((Element::Text, at + 1))
        }
        b't' => text.starts_with("true").then_some((Element::Bool, 4)),
        b'f' => text.starts_with("false").then_some((Element::Bool, 5)),
        b'-' | b'0'..=b'9' => {
            let digits = |byte: &u8| matches!(byte, b'-' | b'+' | b'.' | b'e' | b'E' | b'0'..=b'9');
            let length = bytes.iter().take_while(|byte| digits(byte)).count();
            let is_real = bytes[..length].iter().any(|byte| matches!(byte, b'.' | b'e' | b'E'));
            Some((if is_real { Element::Real } else { Element::Integer }, length))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{ColumnBuilder, Incoming};

    fn domain(values: &[Incoming<'_>]) -> Domain {
        let mut builder = ColumnBuilder::new(None, 0);
        for value in values {
            builder.push(value);
        }
        Domain::of(&builder.build().1)
    }

    fn texts(list: &[&str]) -> Vec<Incoming<'static>> {
        list.iter().map(|text| Incoming::Text((*text).to_owned().into())).collect()
    }

    #[test]
    fn numbers_reach_from_the_least_to_the_greatest() {
        use Incoming::{Integer, Null, Real};
        assert_eq!(domain(&[Integer(3), Null, Integer(-7)]), Domain::Integers(-7, 3));
        assert_eq!(domain(&[Real(0.5), Null, Integer(2)]), Domain::Reals(0.5, 2.0));
        assert_eq!(domain(&[Null, Null]), Domain::Any);
        assert_eq!(domain(&[]), Domain::Any);
    }

    #[test]
    fn few_texts_are_listed() {
        let listed = |list: &[&str]| Domain::Texts(list.iter().map(|text| (*text).into()).collect());
        assert_eq!(domain(&texts(&["b", "a", "b"])), listed(&["a", "b"]));
        let mut nulls = texts(&["b", "b"]);
        nulls.push(Incoming::Null);
        assert_eq!(domain(&nulls), listed(&["b"]));
        let many: Vec<_> = (0..31).map(|at| format!("t{at}")).collect();
        let many: Vec<_> = many.iter().map(String::as_str).collect();
        assert_eq!(domain(&texts(&many)), Domain::Any, "31 texts");
        assert!(matches!(domain(&texts(&many[..30])), Domain::Texts(list) if list.len() == 30));
    }

    #[test]
    fn arrays_of_one_kind_say_so() {
        let cases = [
            (r#"["a","b\"],1"]|["c\\"]|[]"#, Domain::Arrays(Element::Text)),
            ("[1,-2]|[3]", Domain::Arrays(Element::Integer)),
            ("[1]|[2.5]", Domain::Arrays(Element::Real)),
            ("[1e3, 2]", Domain::Arrays(Element::Real)),
            ("[true]|[false]", Domain::Arrays(Element::Bool)),
            (r#"["a"]|[1]"#, Domain::Any),
            (r#"["a",null]"#, Domain::Any),
            ("[[1]]", Domain::Any),
            (r#"[{"a":1}]"#, Domain::Any),
            ("[]", Domain::Any),
        ];
        for (arrays, want) in cases {
            let arrays: Vec<_> = arrays.split('|').map(|array| Incoming::Array(array.to_owned())).collect();
            assert_eq!(domain(&arrays), want, "{arrays:?}");
        }
        assert_eq!(domain(&[Incoming::Object(r#"{"a":1}"#.to_owned())]), Domain::Any);
    }
}
