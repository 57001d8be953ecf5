//! `Column`: the values of a field in one typed, compact array, and how it is built from what comes.

use std::borrow::Cow;
use std::fmt;

use super::feature::FeatureIx;
use super::schema::ValueKind;
use super::text::{TextBuilder, TextColumn};
use super::time::{Date, Timestamp};
use super::value::Value;
use crate::geometry::give_back;

/// Null in a column of whole numbers, days or moments. A column that really holds the lowest 64-bit number
/// becomes a column of reals.
pub const NULL_INTEGER: i64 = i64::MIN;
/// Null in a column of days.
pub const NULL_DAYS: i32 = i32::MIN;
/// Null in a column of truths.
pub const NULL_BOOL: u8 = 2;

/// The values of one field, by position in the layer.
#[derive(Debug)]
pub enum Column {
    /// 0, 1, or 2 for null.
    Bool(Vec<u8>),
    /// Whole numbers.
    Integer(Vec<i64>),
    /// Reals, NaN for null.
    Real(Vec<f64>),
    /// Texts.
    Text(TextColumn),
    /// Days since 1970-01-01.
    Date(Vec<i32>),
    /// Microseconds since 1970-01-01T00:00:00Z.
    Timestamp(Vec<i64>),
    /// Arrays or objects as JSON text.
    Json(TextColumn),
}

impl Column {
    /// How many values, nulls included.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Bool(values) => values.len(),
            Self::Integer(values) | Self::Timestamp(values) => values.len(),
            Self::Real(values) => values.len(),
            Self::Date(values) => values.len(),
            Self::Text(values) | Self::Json(values) => values.len(),
        }
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The value at `row`.
    #[must_use]
    #[inline]
    pub fn value(&self, row: usize) -> Value<'_> {
        match self {
            Self::Bool(values) => match values[row] {
                NULL_BOOL => Value::Null,
                value => Value::Bool(value == 1),
            },
            Self::Integer(values) => match values[row] {
                NULL_INTEGER => Value::Null,
                value => Value::Integer(value),
            },
            Self::Real(values) => {
                if values[row].is_nan() {
                    Value::Null
                } else {
                    Value::Real(values[row])
                }
            }
            Self::Text(values) => values.get(row).map_or(Value::Null, Value::Text),
            Self::Date(values) => match values[row] {
                NULL_DAYS => Value::Null,
                days => Value::Date(Date::from_days(days)),
            },
            Self::Timestamp(values) => match values[row] {
                NULL_INTEGER => Value::Null,
                moment => Value::Timestamp(Timestamp::from_microseconds(moment)),
            },
            Self::Json(values) => values.get(row).map_or(Value::Null, Value::Json),
        }
    }

    /// Is the value at `row` null?
    #[must_use]
    pub fn is_null(&self, row: usize) -> bool {
        match self {
            Self::Bool(values) => values[row] == NULL_BOOL,
            Self::Integer(values) | Self::Timestamp(values) => values[row] == NULL_INTEGER,
            Self::Real(values) => values[row].is_nan(),
            Self::Date(values) => values[row] == NULL_DAYS,
            Self::Text(values) | Self::Json(values) => values.code(row).is_none(),
        }
    }

    /// Is the value of all these features the same? A text that is stored twice may be taken for two.
    #[must_use]
    pub fn is_same(&self, items: &[FeatureIx]) -> bool {
        fn one<T: PartialEq>(items: &[FeatureIx], value: impl Fn(usize) -> T) -> bool {
            let Some((first, rest)) = items.split_first() else { return true };
            let first = value(first.row());
            // All are looked at, so that their ways from memory take their time together.
            rest.iter().fold(true, |same, ix| same & (value(ix.row()) == first))
        }
        match self {
            Self::Bool(values) => one(items, |row| values[row]),
            Self::Integer(values) | Self::Timestamp(values) => one(items, |row| values[row]),
            Self::Real(values) => one(items, |row| values[row].to_bits()),
            Self::Date(values) => one(items, |row| values[row]),
            Self::Text(values) | Self::Json(values) => one(items, |row| values.code(row)),
        }
    }

    /// Looks at the texts of some features that are needed next, where they lie far apart.
    pub fn fetch(&self, items: &[FeatureIx]) {
        /// So many texts stay at hand.
        const FEW: usize = 1 << 10;
        if let Self::Text(values) | Self::Json(values) = self
            && values.dictionary().len() > FEW
        {
            values
                .dictionary()
                .fetch(items.iter().filter_map(|ix| values.code(ix.row())).map(|code| code as usize));
        }
    }

    /// How many values are null.
    #[must_use]
    pub fn nulls(&self) -> usize {
        match self {
            Self::Text(values) | Self::Json(values) => values.nulls(),
            _ => (0..self.len()).filter(|&row| self.is_null(row)).count(),
        }
    }

    /// Bytes held.
    #[must_use]
    pub fn memory(&self) -> usize {
        match self {
            Self::Bool(values) => values.capacity(),
            Self::Integer(values) | Self::Timestamp(values) => values.capacity() * size_of::<i64>(),
            Self::Real(values) => values.capacity() * size_of::<f64>(),
            Self::Date(values) => values.capacity() * size_of::<i32>(),
            Self::Text(values) | Self::Json(values) => values.memory(),
        }
    }
}

/// A value on its way into a column.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming<'a> {
    /// Not known.
    Null,
    /// True or false.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// A finite real.
    Real(f64),
    /// Text.
    Text(Cow<'a, str>),
    /// An array, as JSON text.
    Array(String),
    /// An object, as JSON text.
    Object(String),
}

impl Incoming<'_> {
    /// Its number; `None` for what is none.
    #[must_use]
    pub fn number(&self) -> Option<f64> {
        match *self {
            #[expect(clippy::cast_precision_loss, reason = "as near as a real can be")]
            Self::Integer(number) => Some(number as f64),
            Self::Real(number) => Some(number),
            _ => None,
        }
    }

    fn kind(&self) -> Option<ValueKind> {
        Some(match self {
            Self::Null => return None,
            Self::Bool(_) => ValueKind::Bool,
            Self::Integer(_) => ValueKind::Integer,
            Self::Real(_) => ValueKind::Real,
            Self::Text(_) => ValueKind::Text,
            Self::Array(_) => ValueKind::Array,
            Self::Object(_) => ValueKind::Object,
        })
    }
}

impl fmt::Display for Incoming<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => value.fmt(f),
            Self::Integer(value) => value.fmt(f),
            Self::Real(value) => value.fmt(f),
            Self::Text(value) => value.fmt(f),
            Self::Array(value) | Self::Object(value) => value.fmt(f),
        }
    }
}

/// A value that does not fit its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Conflict {
    /// What the column holds.
    pub expected: ValueKind,
    /// What came.
    pub found: ValueKind,
}

#[derive(Debug)]
enum Values {
    /// So many nulls and nothing else yet.
    Unknown(usize),
    Bool(Vec<u8>),
    Integer(Vec<i64>),
    Real(Vec<f64>),
    Text(TextBuilder),
    Date(Vec<i32>),
    Timestamp(Vec<i64>),
    Json(TextBuilder),
}

/// Builds a column from values in order.
///
/// Without a declared kind the values decide: whole numbers become reals when a real comes, texts that are
/// all dates (or all timestamps) become dates, and values of different kinds become text.
#[derive(Debug)]
pub struct ColumnBuilder {
    values: Values,
    /// The kind of the values so far, or the declared one.
    kind: Option<ValueKind>,
    declared: bool,
    rows: usize,
}

impl ColumnBuilder {
    /// A column that begins with so many nulls; a declared kind refuses other values.
    #[must_use]
    pub fn new(declared: Option<ValueKind>, nulls: usize) -> Self {
        let values = declared.map_or(Values::Unknown(nulls), |kind| empty(kind, nulls));
        Self { values, kind: declared, declared: declared.is_some(), rows: nulls }
    }

    /// How many values came.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Did none come?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Would a declared column refuse the value?
    ///
    /// # Errors
    /// What was expected and what came.
    pub fn check(&self, value: &Incoming<'_>) -> Result<(), Conflict> {
        let (Some(expected), Some(found)) = (self.kind.filter(|_| self.declared), value.kind()) else {
            return Ok(());
        };
        let fits = match (expected, value) {
            (ValueKind::Real, Incoming::Integer(_)) => true,
            (ValueKind::Date, Incoming::Text(text)) => Date::parse(text).is_some(),
            (ValueKind::Timestamp, Incoming::Text(text)) => Timestamp::of_data(text).is_some(),
            _ => expected == found,
        };
        if fits { Ok(()) } else { Err(Conflict { expected, found }) }
    }

    /// Adds a value that [`check`](Self::check) lets pass. A conflict in the answer says that the column
    /// became text with this value.
    pub fn push(&mut self, value: &Incoming<'_>) -> Option<Conflict> {
        let conflict = self.make_room(value);
        self.rows += 1;
        match (&mut self.values, value) {
            (Values::Unknown(nulls), _) => *nulls += 1,
            (Values::Bool(all), Incoming::Bool(value)) => all.push(u8::from(*value)),
            (Values::Bool(all), _) => all.push(NULL_BOOL),
            (Values::Integer(all), Incoming::Integer(value)) => all.push(*value),
            (Values::Real(all), Incoming::Real(value)) => all.push(*value),
            (Values::Real(all), Incoming::Integer(value)) => all.push(as_real(*value)),
            (Values::Real(all), _) => all.push(f64::NAN),
            (Values::Date(all), Incoming::Text(text)) => {
                all.push(Date::parse(text).map_or(NULL_DAYS, Date::days));
            }
            (Values::Date(all), _) => all.push(NULL_DAYS),
            (Values::Timestamp(all), Incoming::Text(text)) => {
                all.push(Timestamp::of_data(text).map_or(NULL_INTEGER, Timestamp::microseconds));
            }
            (Values::Integer(all) | Values::Timestamp(all), _) => all.push(NULL_INTEGER),
            (Values::Text(all) | Values::Json(all), Incoming::Null) => all.push_null(),
            (Values::Text(all), Incoming::Text(text)) => all.push(text),
            (Values::Text(all) | Values::Json(all), value) => all.push(&value.to_string()),
        }
        conflict
    }

    /// Adds nulls up to `rows` values.
    pub fn fill(&mut self, rows: usize) {
        for _ in self.rows..rows {
            self.push(&Incoming::Null);
        }
    }

    /// Adds the values of another column; `None` when both hold different kinds, which only a look at each value settles.
    #[must_use]
    pub fn append(&mut self, other: &Self) -> Option<()> {
        if let Values::Unknown(nulls) = other.values {
            self.fill(self.rows + nulls);
            return Some(());
        }
        match (self.kind, other.kind) {
            (None, Some(kind)) => {
                self.values = empty(kind, self.rows);
                self.kind = other.kind;
            }
            (Some(ValueKind::Integer), Some(ValueKind::Real)) => self.become_real(),
            _ => {}
        }
        match (&mut self.values, &other.values) {
            (Values::Bool(all), Values::Bool(more)) => all.extend_from_slice(more),
            (Values::Real(all), Values::Real(more)) => all.extend_from_slice(more),
            (Values::Real(all), Values::Integer(more)) => all.extend(more.iter().copied().map(real_or_null)),
            (Values::Date(all), Values::Date(more)) => all.extend_from_slice(more),
            (Values::Integer(all), Values::Integer(more))
            | (Values::Timestamp(all), Values::Timestamp(more)) => {
                all.extend_from_slice(more);
            }
            (Values::Text(all), Values::Text(more)) => all.append(more),
            (Values::Json(all), Values::Json(more)) if self.kind == other.kind => all.append(more),
            _ => return None,
        }
        self.rows += other.rows;
        Some(())
    }

    /// The column and its kind; a column of nulls alone is text.
    #[must_use]
    pub fn build(self) -> (ValueKind, Column) {
        let kind = self.kind.unwrap_or(ValueKind::Text);
        match self.values {
            Values::Unknown(nulls) => (kind, Column::Text(TextBuilder::after_nulls(nulls).build())),
            Values::Bool(all) => (kind, Column::Bool(shrunk(all))),
            Values::Integer(all) => (kind, Column::Integer(shrunk(all))),
            Values::Real(all) => (kind, Column::Real(shrunk(all))),
            Values::Date(all) => (kind, Column::Date(shrunk(all))),
            Values::Timestamp(all) => (kind, Column::Timestamp(shrunk(all))),
            Values::Json(all) => (kind, Column::Json(all.build())),
            Values::Text(all) if self.declared => (kind, Column::Text(all.build())),
            Values::Text(all) => read_as_time(all.build()),
        }
    }

    /// Makes the column able to hold the value.
    fn make_room(&mut self, value: &Incoming<'_>) -> Option<Conflict> {
        let found = value.kind()?;
        match (self.kind, found) {
            (None, _) => {
                let kind = if *value == Incoming::Integer(NULL_INTEGER) { ValueKind::Real } else { found };
                self.values = empty(kind, self.rows);
                self.kind = Some(kind);
                None
            }
            (Some(ValueKind::Integer), ValueKind::Real) => {
                self.become_real();
                None
            }
            (Some(ValueKind::Integer), ValueKind::Integer) if *value == Incoming::Integer(NULL_INTEGER) => {
                self.become_real();
                None
            }
            (Some(kind), _) if kind == found || self.declared => None,
            (Some(ValueKind::Real), ValueKind::Integer) => None,
            // Text already holds values of other kinds as text.
            (Some(ValueKind::Text), _) => Some(Conflict { expected: ValueKind::Text, found }),
            (Some(expected), _) => {
                self.become_text();
                Some(Conflict { expected, found })
            }
        }
    }

    fn become_real(&mut self) {
        if let Values::Integer(all) = &self.values {
            self.values = Values::Real(all.iter().copied().map(real_or_null).collect());
            self.kind = Some(ValueKind::Real);
        }
    }

    fn become_text(&mut self) {
        let before = std::mem::replace(&mut self.values, Values::Unknown(0));
        let column =
            ColumnBuilder { values: before, kind: self.kind, declared: true, rows: self.rows }.build().1;
        let mut texts = TextBuilder::after_nulls(0);
        for row in 0..column.len() {
            match column.value(row) {
                Value::Null => texts.push_null(),
                Value::Bool(value) => texts.push(if value { "true" } else { "false" }),
                Value::Integer(value) => texts.push(&value.to_string()),
                Value::Real(value) => texts.push(&value.to_string()),
                Value::Text(text) | Value::Json(text) => texts.push(text),
                Value::Date(day) => texts.push(&day.to_string()),
                Value::Timestamp(moment) => texts.push(&moment.to_string()),
            }
        }
        self.values = Values::Text(texts);
        self.kind = Some(ValueKind::Text);
    }
}

fn empty(kind: ValueKind, nulls: usize) -> Values {
    match kind {
        ValueKind::Bool => Values::Bool(vec![NULL_BOOL; nulls]),
        ValueKind::Integer => Values::Integer(vec![NULL_INTEGER; nulls]),
        ValueKind::Real => Values::Real(vec![f64::NAN; nulls]),
        ValueKind::Text => Values::Text(TextBuilder::after_nulls(nulls)),
        ValueKind::Date => Values::Date(vec![NULL_DAYS; nulls]),
        ValueKind::Timestamp => Values::Timestamp(vec![NULL_INTEGER; nulls]),
        ValueKind::Array | ValueKind::Object => Values::Json(TextBuilder::after_nulls(nulls)),
    }
}

/// Texts that are all dates, or all timestamps, as such.
fn read_as_time(texts: TextColumn) -> (ValueKind, Column) {
    let dictionary = texts.dictionary();
    if !dictionary.is_empty() && dictionary.iter().all(|text| Date::parse(text).is_some()) {
        let days = |row| texts.get(row).and_then(Date::parse).map_or(NULL_DAYS, Date::days);
        return (ValueKind::Date, Column::Date((0..texts.len()).map(days).collect()));
    }
    if !dictionary.is_empty() && dictionary.iter().all(|text| Timestamp::of_data(text).is_some()) {
        let moment =
            |row| texts.get(row).and_then(Timestamp::of_data).map_or(NULL_INTEGER, Timestamp::microseconds);
        return (ValueKind::Timestamp, Column::Timestamp((0..texts.len()).map(moment).collect()));
    }
    (ValueKind::Text, Column::Text(texts))
}

#[expect(
    clippy::cast_precision_loss,
    reason = "JSON has one kind of number; a column that mixes both keeps reals"
)]
fn as_real(value: i64) -> f64 {
    value as f64
}

fn real_or_null(value: i64) -> f64 {
    if value == NULL_INTEGER { f64::NAN } else { as_real(value) }
}

fn shrunk<T>(mut values: Vec<T>) -> Vec<T> {
    give_back(&mut values);
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(values: &[Incoming<'_>]) -> (ValueKind, Column, Vec<Conflict>) {
        let mut builder = ColumnBuilder::new(None, 0);
        let conflicts = values.iter().filter_map(|value| builder.push(value)).collect();
        let (kind, column) = builder.build();
        (kind, column, conflicts)
    }

    fn text(text: &str) -> Incoming<'_> {
        Incoming::Text(text.into())
    }

    #[test]
    fn the_values_decide_the_kind() {
        use Incoming::{Bool, Integer, Null, Real};
        let cases = [
            ("nulls", vec![Null, Null], ValueKind::Text),
            ("whole", vec![Null, Integer(1)], ValueKind::Integer),
            ("whole then real", vec![Integer(1), Real(0.5), Null], ValueKind::Real),
            ("real then whole", vec![Real(0.5), Integer(1)], ValueKind::Real),
            ("lowest number", vec![Integer(1), Integer(i64::MIN)], ValueKind::Real),
            ("lowest number first", vec![Integer(i64::MIN)], ValueKind::Real),
            ("dates", vec![text("2025-01-01"), Null, text("1991-05-01")], ValueKind::Date),
            ("a date and a word", vec![text("2025-01-01"), text("soon")], ValueKind::Text),
            ("timestamps", vec![text("2025-01-01T00:00:00Z")], ValueKind::Timestamp),
            ("mixed", vec![Bool(true), Integer(1)], ValueKind::Text),
        ];
        for (name, values, want) in cases {
            assert_eq!(build(&values).0, want, "{name}");
        }
    }

    #[test]
    fn mixed_values_become_text_and_none_is_lost() {
        let (_, column, conflicts) =
            build(&[Incoming::Integer(7), Incoming::Null, text("seven"), Incoming::Real(7.5)]);
        let values: Vec<_> = (0..4).map(|row| column.value(row)).collect();
        assert_eq!(values, [Value::Text("7"), Value::Null, Value::Text("seven"), Value::Text("7.5")]);
        assert_eq!(conflicts[0], Conflict { expected: ValueKind::Integer, found: ValueKind::Text });
    }

    #[test]
    fn a_declared_column_refuses_other_kinds() {
        let builder = ColumnBuilder::new(Some(ValueKind::Date), 0);
        assert!(builder.check(&text("2025-01-01")).is_ok());
        assert!(builder.check(&Incoming::Null).is_ok());
        assert!(builder.check(&text("2025")).is_err());
        assert!(ColumnBuilder::new(Some(ValueKind::Real), 0).check(&Incoming::Integer(1)).is_ok());
        assert!(ColumnBuilder::new(Some(ValueKind::Integer), 0).check(&Incoming::Real(1.5)).is_err());
    }
}
