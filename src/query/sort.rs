//! In which order do features come?
//!
//! In: the keys of a request, and the rows that match. Out: the page of these rows in that order. Leaves out: how
//! the rows were found, and the syntax of requests but for `sortby` (OGC API Features, Part 8, draft 24-030).
//!
//! Numbers stand by value, texts by code point, days and moments by time, false before true. Nulls come last in
//! both directions. What is equal in all keys stays in the order of the layer, so pages are stable. Only the page
//! is sorted; what stands before and after it is set apart in linear time.

use super::{ID_NAME, Page, QueryError, Selection};
use crate::model::{Column, FeatureId, FeatureIx, FieldIx, Layer, Schema, Value, cut};

/// A key of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SortKey {
    /// Name of a field, or that of the id.
    pub name: String,
    /// From the greatest to the least?
    pub descending: bool,
}

impl SortKey {
    /// Reads `+a,-b`; plus or nothing is ascending. A plus that was not percent-encoded comes as a space and is taken
    /// as what was meant. `None` when a key has no name, or one that starts with a sign or a space.
    #[must_use]
    pub fn parse_list(text: &str) -> Option<Vec<Self>> {
        let keys = text.split(',').map(|key| {
            let (descending, name) = match key.strip_prefix('-') {
                Some(name) => (true, name),
                None => (false, key.strip_prefix(['+', ' ']).unwrap_or(key)),
            };
            name.starts_with(|first: char| !matches!(first, '+' | '-') && !first.is_whitespace())
                .then(|| Self { name: name.to_owned(), descending })
        });
        keys.collect()
    }
}

/// The names that features can be sorted by: the id, unless a field has its name, and the simple fields.
pub fn sortables(schema: &Schema) -> impl Iterator<Item = &str> {
    let id = schema.find(ID_NAME).is_none().then_some(ID_NAME);
    id.into_iter()
        .chain(schema.fields().filter(|(_, field)| field.kind.is_simple()).map(|(_, field)| &*field.name))
}

/// Keys bound to a layer.
#[derive(Debug, Clone)]
pub struct Order(Vec<(By, bool)>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Id,
    Field(FieldIx),
}

/// Binds the keys of a request; `None` when there are none.
///
/// # Errors
/// A name that features cannot be sorted by, or that stands twice.
pub fn bind(keys: &[SortKey], layer: &Layer) -> Result<Option<Order>, QueryError> {
    let mut bound: Vec<(By, bool)> = Vec::with_capacity(keys.len());
    for key in keys {
        let by = match layer.schema.find(&key.name) {
            Some((at, field)) if field.kind.is_simple() => By::Field(at),
            None if key.name == ID_NAME => By::Id,
            _ => {
                let known = sortables(&layer.schema).collect::<Vec<_>>().join(", ");
                return Err(QueryError::NotSortable { name: cut(&key.name), known });
            }
        };
        if bound.iter().any(|(known, _)| *known == by) {
            return Err(QueryError::SortedTwice { name: key.name.clone() });
        }
        bound.push((by, key.descending));
    }
    Ok((!bound.is_empty()).then_some(Order(bound)))
}

impl Order {
    /// The page of rows that come in any order, each once.
    pub fn page_of(&self, mut rows: Vec<FeatureIx>, page: Page, layer: &Layer) -> Selection {
        let keys: Vec<_> =
            self.0.iter().map(|&(by, descending)| (Values::of(by, layer), descending)).collect();
        let compare = |a: &FeatureIx, b: &FeatureIx| {
            let mut orders = keys
                .iter()
                .map(|(values, descending)| values.at(a.row()).order(values.at(b.row()), *descending));
            orders.find(|order| order.is_ne()).unwrap_or_else(|| a.cmp(b))
        };
        let matched = rows.len() as u64;
        let first = usize::try_from(page.offset).unwrap_or(usize::MAX).min(rows.len());
        let end = first.saturating_add(page.limit as usize).min(rows.len());
        if end < rows.len() {
            rows.select_nth_unstable_by(end, compare);
            rows.truncate(end);
        }
        if first > 0 && first < rows.len() {
            rows.select_nth_unstable_by(first, compare);
        }
        let mut items = rows.split_off(first);
        items.sort_unstable_by(compare);
        Selection { matched, items }
    }
}

/// What one key compares.
enum Values<'a> {
    Id(&'a Layer),
    Column(&'a Column),
    /// The rank of each row's text among all that occur, so that texts are compared once each, not once a pair.
    Ranks(&'a crate::model::TextColumn, Vec<u32>),
}

impl<'a> Values<'a> {
    fn of(by: By, layer: &'a Layer) -> Self {
        let column = match by {
            By::Id => return Self::Id(layer),
            By::Field(at) => layer.column(at),
        };
        match column {
            Column::Text(texts) if texts.is_coded() => {
                let dictionary = texts.dictionary();
                let mut codes: Vec<usize> = (0..dictionary.len()).collect();
                codes.sort_unstable_by_key(|&code| dictionary.get(code));
                let mut ranks = vec![0; codes.len()];
                for (rank, code) in (0_u32..).zip(codes) {
                    ranks[code] = rank;
                }
                Self::Ranks(texts, ranks)
            }
            column => Self::Column(column),
        }
    }

    fn at(&self, row: usize) -> Value<'_> {
        match self {
            Self::Id(layer) => match layer.ids().get(FeatureIx::of_row(row)) {
                FeatureId::Integer(id) => Value::Integer(id),
                FeatureId::Text(id) => Value::Text(id),
            },
            Self::Column(column) => column.value(row),
            Self::Ranks(texts, ranks) => {
                texts.code(row).map_or(Value::Null, |code| Value::Integer(ranks[code as usize].into()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_read_with_their_directions() {
        let key = |name: &str, descending| SortKey { name: name.to_owned(), descending };
        let cases = [
            ("a", Some(vec![key("a", false)])),
            ("+a,-b", Some(vec![key("a", false), key("b", true)])),
            (" a,-b", Some(vec![key("a", false), key("b", true)])),
            ("  a", None),
            ("a,- b", None),
            ("-车", Some(vec![key("车", true)])),
            ("a-b c", Some(vec![key("a-b c", false)])),
            ("--a", None),
            ("", None),
            ("-", None),
            ("a,", None),
            (",a", None),
            ("+", None),
        ];
        for (text, want) in cases {
            assert_eq!(SortKey::parse_list(text), want, "{text:?}");
        }
    }
}
