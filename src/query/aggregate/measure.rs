//! What is told about the features of a group.
//!
//! In: a measure, bound to a layer, and rows one after the other. Out: one value. Nulls are left out of everything
//! but counts; a measure of no known value is null, never zero.

use super::super::QueryError;
use super::fail;
use super::table::column;
use crate::model::{Column, Field, FieldIx, Incoming, Layer, NULL_INTEGER, Value, ValueKind, Words};

/// A unit of area.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AreaUnit {
    /// Square metres.
    SquareMetre,
    /// Hectares, 10,000 m².
    Hectare,
    /// Mu (亩), 10,000/15 m².
    Mu,
}

impl AreaUnit {
    const ALL: [(Self, &'static str, &'static str, f64); 3] = [
        (Self::SquareMetre, "m2", "m2", 1.0),
        (Self::Hectare, "ha", "har", 10_000.0),
        (Self::Mu, "mu", "[mu]", 10_000.0 / 15.0),
    ];

    fn row(self) -> (&'static str, &'static str, f64) {
        let (_, name, unit, size) = Self::ALL[self as usize];
        (name, unit, size)
    }
}

/// A measure as a request writes it.
#[derive(Debug, Clone, PartialEq)]
pub enum Measure {
    /// How many features.
    Count,
    /// The part of all features, from 0 to 1.
    Share,
    /// Of a field.
    Of(Statistic, Box<str>),
    /// Geodesic area of the features.
    Area(AreaUnit),
    /// Geodesic area of what lies in the group's area, of all features that meet it.
    Overlap(AreaUnit),
}

/// A number that stands for many values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Statistic {
    /// How many are not null.
    Known,
    /// How many differ.
    Distinct,
    Sum,
    Mean,
    Min,
    Max,
    /// The value below which so many in a hundred lie, between two neighbours in proportion.
    Percentile(f64),
    /// The part of the sum of all.
    Share,
}

impl Statistic {
    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "known" => Self::Known,
            "distinct" => Self::Distinct,
            "sum" => Self::Sum,
            "mean" => Self::Mean,
            "min" => Self::Min,
            "max" => Self::Max,
            "median" => Self::Percentile(50.0),
            "share" => Self::Share,
            _ => {
                let digits = name.strip_prefix('p')?;
                let is_plain = digits.starts_with(|c: char| c.is_ascii_digit());
                let percent =
                    digits.parse().ok().filter(|percent| is_plain && (0.0..=100.0).contains(percent));
                Self::Percentile(percent?)
            }
        })
    }

    fn takes(self, kind: ValueKind) -> bool {
        let number = matches!(kind, ValueKind::Integer | ValueKind::Real);
        match self {
            Self::Known => true,
            Self::Distinct => kind.is_simple(),
            Self::Min | Self::Max => number || matches!(kind, ValueKind::Date | ValueKind::Timestamp),
            _ => number,
        }
    }

    fn needs(self) -> &'static str {
        match self {
            Self::Min | Self::Max => "a field of numbers, dates or timestamps",
            Self::Distinct => "a field of simple values",
            _ => "a field of numbers",
        }
    }

    fn name(self) -> String {
        match self {
            Self::Known => "known".to_owned(),
            Self::Distinct => "distinct".to_owned(),
            Self::Sum => "sum".to_owned(),
            Self::Mean => "mean".to_owned(),
            Self::Min => "min".to_owned(),
            Self::Max => "max".to_owned(),
            Self::Percentile(50.0) => "median".to_owned(),
            Self::Percentile(percent) => format!("p{percent}"),
            Self::Share => "share".to_owned(),
        }
    }

    fn words(self) -> (String, String) {
        let (zh, en) = match self {
            Self::Known => ("有值个数", "known values of"),
            Self::Distinct => ("不同值个数", "distinct values of"),
            Self::Sum => ("合计", "sum of"),
            Self::Mean => ("平均", "mean of"),
            Self::Min => ("最小", "least"),
            Self::Max => ("最大", "greatest"),
            Self::Percentile(50.0) => ("中位数", "median of"),
            Self::Percentile(percent) => {
                return (format!("第 {percent} 百分位"), format!("percentile {percent} of"));
            }
            Self::Share => ("占合计比例", "share of the sum of"),
        };
        (zh.to_owned(), en.to_owned())
    }
}

/// How measures are written, for messages and the API definition.
pub const EXPECTED: &str = "measures split by commas: count, share, area or overlap (alone or with (m2), (ha) or \
                            (mu)), or known, distinct, sum, mean, min, max, median, p90 or share of a field, as in \
                            mean(far)";

impl Measure {
    /// Reads `count,sum(area_m2),p90(far),area(ha)`.
    #[must_use]
    pub fn parse_list(text: &str) -> Option<Vec<Self>> {
        text.split(',').map(|one| Self::parse(one.trim())).collect()
    }

    fn parse(text: &str) -> Option<Self> {
        let call = text.split_once('(').map(|(name, rest)| Some((name, rest.strip_suffix(')')?.trim())));
        let (name, operand) = match call {
            None => (text, None),
            Some(call) => call.map(|(name, operand)| (name, Some(operand)))?,
        };
        let unit = || match operand {
            None => Some(AreaUnit::SquareMetre),
            Some(name) => AreaUnit::ALL.iter().find(|row| row.1 == name).map(|row| row.0),
        };
        Some(match (name, operand) {
            ("count", None) => Self::Count,
            ("share", None) => Self::Share,
            ("area", _) => Self::Area(unit()?),
            ("overlap", _) => Self::Overlap(unit()?),
            (_, Some(field)) if !field.is_empty() => Self::Of(Statistic::parse(name)?, field.into()),
            _ => return None,
        })
    }
}

/// A measure bound to a layer.
#[derive(Debug, Clone)]
pub(super) struct BoundMeasure {
    pub what: What,
    /// The column of the answer.
    pub column: Field,
}

#[derive(Debug, Clone, Copy)]
pub(super) enum What {
    Count,
    Share,
    Of(Statistic, FieldIx),
    Area(f64),
    Overlap(f64),
}

impl BoundMeasure {
    pub fn bind(measure: &Measure, layer: &Layer, by_area: bool) -> Result<Self, QueryError> {
        let area = |unit: AreaUnit, name: &str, zh: &str, en: &str| {
            let (suffix, ucum, _) = unit.row();
            column(&format!("{name}_{suffix}"), ValueKind::Real, zh, en, Some(ucum))
        };
        let (what, column) = match measure {
            Measure::Count => (What::Count, column("count", ValueKind::Integer, "数量", "count", None)),
            Measure::Share => {
                (What::Share, column("share", ValueKind::Real, "占比", "share of all", Some("1")))
            }
            Measure::Area(_) | Measure::Overlap(_) if !layer.geometries().has_areas() => {
                return fail(
                    "measure",
                    format!("collection {} has no polygons, so it has no area", layer.id),
                );
            }
            Measure::Area(unit) => (What::Area(unit.row().2), area(*unit, "area", "面积", "area")),
            Measure::Overlap(_) if !by_area => {
                return fail(
                    "measure",
                    "overlap needs areas: group-by=area:…, group-by=along:… or polygon".to_owned(),
                );
            }
            Measure::Overlap(unit) => {
                (What::Overlap(unit.row().2), area(*unit, "overlap", "区内面积", "area within"))
            }
            Measure::Of(statistic, name) => {
                let Some((at, field)) = layer.schema.find(name) else {
                    return super::unknown("measure", name, layer);
                };
                if !statistic.takes(field.kind) {
                    return fail(
                        "measure",
                        format!(
                            "{}({name}) needs {}, but {name} holds {}",
                            statistic.name(),
                            statistic.needs(),
                            field.kind.name()
                        ),
                    );
                }
                let (kind, unit) = match statistic {
                    Statistic::Known | Statistic::Distinct => (ValueKind::Integer, None),
                    Statistic::Sum | Statistic::Min | Statistic::Max => (field.kind, field.unit.as_deref()),
                    Statistic::Mean | Statistic::Percentile(_) => (ValueKind::Real, field.unit.as_deref()),
                    Statistic::Share => (ValueKind::Real, Some("1")),
                };
                let (zh, en) = statistic.words();
                let title = |lang: fn(&Words) -> &str| field.title.as_ref().map_or(&*field.name, lang);
                let zh = format!("{}{zh}", title(|words| &words.zh));
                let en = format!("{en} {}", title(|words| &words.en));
                let name = format!("{}_{name}", statistic.name());
                (What::Of(*statistic, at), column(&name, kind, &zh, &en, unit))
            }
        };
        Ok(Self { what, column })
    }

    /// Is nothing but the number of features asked for?
    pub fn only_counts(&self) -> bool {
        matches!(self.what, What::Count | What::Share)
    }

    pub fn is_overlap(&self) -> bool {
        matches!(self.what, What::Overlap(_))
    }

    pub fn tally(&self) -> Tally {
        match self.what {
            What::Count | What::Share => Tally::None,
            What::Area(_) | What::Overlap(_) => Tally::Sum(Sum::default()),
            What::Of(statistic, _) => match statistic {
                Statistic::Known | Statistic::Sum | Statistic::Mean | Statistic::Share => {
                    Tally::Sum(Sum::default())
                }
                Statistic::Distinct => Tally::Distinct(Vec::new()),
                Statistic::Min | Statistic::Max => Tally::Best(None),
                Statistic::Percentile(_) => Tally::Values(Vec::new()),
            },
        }
    }

    /// Takes in what a row says, whose area is NaN where it has none. Overlaps are taken in by [`Tally::add`]; of them it
    /// says only that there is an area to lie anywhere.
    pub fn take(&self, tally: &mut Tally, layer: &Layer, row: usize, area_m2: f64) {
        let What::Of(statistic, field) = self.what else {
            match (self.what, tally) {
                (What::Area(_), tally) => tally.add(area_m2),
                (What::Overlap(_), Tally::Sum(sum)) => sum.known += u64::from(!area_m2.is_nan()),
                _ => {}
            }
            return;
        };
        let column = layer.column(field);
        match tally {
            Tally::Sum(sum) => match column {
                Column::Integer(values) if values[row] != NULL_INTEGER => sum.add_whole(values[row]),
                Column::Real(values) if !values[row].is_nan() => sum.add(values[row]),
                other => sum.known += u64::from(!other.is_null(row)),
            },
            Tally::Values(values) => match column.value(row) {
                #[expect(clippy::cast_precision_loss, reason = "percentiles are reals")]
                Value::Integer(value) => values.push(value as f64),
                Value::Real(value) => values.push(value),
                _ => {}
            },
            Tally::Distinct(keys) => keys.extend(super::keys::key(column, row)),
            Tally::Best(best) => {
                let value = column.value(row);
                if value == Value::Null {
                    return;
                }
                let is_better = best.is_none_or(|known| {
                    let order = value.compare(column.value(known)).unwrap_or(std::cmp::Ordering::Equal);
                    if matches!(statistic, Statistic::Min) { order.is_lt() } else { order.is_gt() }
                });
                if is_better {
                    *best = Some(row);
                }
            }
            Tally::None => {}
        }
    }

    /// The value of a group of so many features; `total` is the tally of all features and how many they are.
    pub fn value(
        &self,
        tally: &mut Tally,
        count: u64,
        layer: &Layer,
        total: (&Tally, u64),
    ) -> Incoming<'static> {
        let whole = |number: u64| Incoming::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        match (self.what, tally) {
            (What::Count, _) => whole(count),
            (What::Share, _) => ratio(real(count), real(total.1)),
            // Where nothing is, nothing is how much of it there is; of what has no area it is not known.
            (What::Area(size) | What::Overlap(size), Tally::Sum(sum)) if sum.known > 0 || count == 0 => {
                Incoming::Real(sum.real() / size)
            }
            (What::Of(Statistic::Known, _), Tally::Sum(sum)) => whole(sum.known),
            (What::Of(Statistic::Distinct, _), Tally::Distinct(keys)) => {
                keys.sort_unstable();
                keys.dedup();
                whole(keys.len() as u64)
            }
            (What::Of(Statistic::Sum, _), Tally::Sum(sum)) if sum.known > 0 => sum.value(),
            (What::Of(Statistic::Mean, _), Tally::Sum(sum)) if sum.known > 0 => {
                Incoming::Real(sum.real() / real(sum.known))
            }
            (What::Of(Statistic::Share, _), Tally::Sum(sum)) if sum.known > 0 => match total.0 {
                Tally::Sum(all) => ratio(sum.real(), all.real()),
                _ => Incoming::Null,
            },
            (What::Of(Statistic::Percentile(percent), _), Tally::Values(values)) => {
                percentile(values, percent)
            }
            (What::Of(_, field), Tally::Best(Some(row))) => owned(layer.column(field).value(*row)),
            _ => Incoming::Null,
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "numbers of features")]
fn real(number: u64) -> f64 {
    number as f64
}

fn ratio(part: f64, whole: f64) -> Incoming<'static> {
    if whole == 0.0 { Incoming::Null } else { Incoming::Real(part / whole) }
}

/// A value on its own.
#[must_use]
pub fn owned(value: Value<'_>) -> Incoming<'static> {
    match value {
        Value::Null => Incoming::Null,
        Value::Bool(value) => Incoming::Bool(value),
        Value::Integer(value) => Incoming::Integer(value),
        Value::Real(value) => Incoming::Real(value),
        Value::Text(text) | Value::Json(text) => Incoming::Text(text.to_owned().into()),
        Value::Date(day) => Incoming::Text(day.to_string().into()),
        Value::Timestamp(moment) => Incoming::Text(moment.to_string().into()),
    }
}

/// As `percentile_cont` of SQL: between the two nearest ranks, in proportion.
fn percentile(values: &mut [f64], percent: f64) -> Incoming<'static> {
    if values.is_empty() {
        return Incoming::Null;
    }
    let rank = percent / 100.0 * real(values.len() as u64 - 1);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank within the list")]
    let below = rank.floor() as usize;
    let (_, low, above) = values.select_nth_unstable_by(below, f64::total_cmp);
    let low = *low;
    let high = above.iter().copied().min_by(f64::total_cmp).unwrap_or(low);
    Incoming::Real(low + (high - low) * rank.fract())
}

/// What is known of a group so far.
#[derive(Debug, Clone)]
pub(super) enum Tally {
    None,
    Sum(Sum),
    Values(Vec<f64>),
    /// Keys of the values, some more than once.
    Distinct(Vec<u64>),
    /// The row of the least or greatest value.
    Best(Option<usize>),
}

impl Tally {
    /// Adds a number to a sum, unless it is not known.
    pub fn add(&mut self, number: f64) {
        if let Self::Sum(sum) = self
            && !number.is_nan()
        {
            sum.add(number);
        }
    }
}

/// A sum that loses nothing of whole numbers, and of reals no more than one rounding (Neumaier 1974).
#[derive(Debug, Clone, Default)]
pub(super) struct Sum {
    whole: i128,
    real: f64,
    lost: f64,
    has_reals: bool,
    known: u64,
}

impl Sum {
    fn add_whole(&mut self, number: i64) {
        self.whole += i128::from(number);
        self.known += 1;
    }

    fn add(&mut self, number: f64) {
        let sum = self.real + number;
        self.lost += if self.real.abs() >= number.abs() {
            (self.real - sum) + number
        } else {
            (number - sum) + self.real
        };
        self.real = sum;
        self.has_reals = true;
        self.known += 1;
    }

    #[expect(clippy::cast_precision_loss, reason = "the nearest real")]
    fn real(&self) -> f64 {
        if self.has_reals { self.real + self.lost } else { self.whole as f64 }
    }

    fn value(&self) -> Incoming<'static> {
        match i64::try_from(self.whole) {
            Ok(whole) if !self.has_reals => Incoming::Integer(whole),
            _ => Incoming::Real(self.real()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measures_are_read() {
        let of = |statistic, field: &str| Measure::Of(statistic, field.into());
        let cases = [
            ("count", Some(vec![Measure::Count])),
            ("count, area(ha)", Some(vec![Measure::Count, Measure::Area(AreaUnit::Hectare)])),
            ("area", Some(vec![Measure::Area(AreaUnit::SquareMetre)])),
            ("overlap(mu),share", Some(vec![Measure::Overlap(AreaUnit::Mu), Measure::Share])),
            ("sum(area_m2)", Some(vec![of(Statistic::Sum, "area_m2")])),
            ("median(far)", Some(vec![of(Statistic::Percentile(50.0), "far")])),
            ("p99.5(容积率)", Some(vec![of(Statistic::Percentile(99.5), "容积率")])),
            ("p101(far)", None),
            ("p-1(far)", None),
            ("pinf(far)", None),
            ("sum", None),
            ("sum()", None),
            ("sum(far", None),
            ("count(far)", None),
            ("area(km2)", None),
            ("", None),
            ("count,", None),
        ];
        for (text, want) in cases {
            assert_eq!(Measure::parse_list(text), want, "{text}");
        }
    }

    #[test]
    fn percentiles_lie_between_their_neighbours() {
        // By hand: ranks 0 to 3 hold 1, 2, 4, 8.
        for (percent, want) in [(0.0, 1.0), (50.0, 3.0), (25.0, 1.75), (90.0, 6.8), (100.0, 8.0)] {
            let Incoming::Real(got) = percentile(&mut [8.0, 1.0, 4.0, 2.0], percent) else { panic!() };
            assert!((got - want).abs() < 1e-12, "{percent}: {got}, not {want}");
        }
        assert_eq!(percentile(&mut [], 50.0), Incoming::Null);
    }

    #[test]
    fn sums_lose_nothing() {
        let mut sum = Sum::default();
        for number in [1e100, 1.0, -1e100] {
            sum.add(number);
        }
        assert_eq!(sum.value(), Incoming::Real(1.0));
        let mut sum = Sum::default();
        for number in [i64::MAX, i64::MAX, -i64::MAX, -i64::MAX, 7] {
            sum.add_whole(number);
        }
        assert_eq!(sum.value(), Incoming::Integer(7));
    }
}
