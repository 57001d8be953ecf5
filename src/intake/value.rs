//! Values of cells to those of a field, in its unit.

use serde_json::Value;

use super::mapping::{name_of, plain};
use super::number::{Written, joined, written};
use super::row::{Cell, cut};
use crate::model::{Date, Timestamp, ValueKind, narrowed};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// A code of a land use.
    Use,
    /// Square metres.
    Area,
    /// A share of one.
    Share,
    /// A number without unit, or in metres.
    Number,
    Whole,
    Year,
    Date,
    Status,
    Basis,
    Flag,
    /// Any real number, also below nought.
    Real,
    Moment,
    Array,
    /// An array of texts, which people also write one after the other.
    List,
    Object,
}

impl Kind {
    /// The kind as the catalogue knows it.
    pub(super) fn value_kind(self) -> ValueKind {
        match self {
            Self::Text | Self::Use | Self::Status | Self::Basis => ValueKind::Text,
            Self::Area | Self::Share | Self::Number | Self::Real => ValueKind::Real,
            Self::Whole | Self::Year => ValueKind::Integer,
            Self::Date => ValueKind::Date,
            Self::Flag => ValueKind::Bool,
            Self::Moment => ValueKind::Timestamp,
            Self::Array | Self::List => ValueKind::Array,
            Self::Object => ValueKind::Object,
        }
    }

    /// The kind of a field of which only the catalogue tells.
    pub(super) fn declared(kind: ValueKind) -> Self {
        match kind {
            ValueKind::Bool => Self::Flag,
            ValueKind::Integer => Self::Whole,
            ValueKind::Real => Self::Real,
            ValueKind::Text => Self::Text,
            ValueKind::Date => Self::Date,
            ValueKind::Timestamp => Self::Moment,
            ValueKind::Array => Self::Array,
            ValueKind::Object => Self::Object,
        }
    }
}

/// Words for how the position of a feature is known (geodata/README.md).
pub(super) const BASES: &[&str] =
    &["surveyed", "authoritative", "digitised", "osm", "gazetteer", "interpreted", "synthetic"];

/// A unit of areas: what it is called, and square metres of it.
pub(super) type Unit = (&'static str, f64);

/// A mu is a fifteenth of a hectare.
pub(super) const UNITS: &[Unit] =
    &[("m2", 1.0), ("ha", 10_000.0), ("mu", 10_000.0 / 15.0), ("km2", 1_000_000.0)];

/// The international acre of 1959, 4840 square yards of 0.9144 m.
const ACRE: Unit = ("acre", 4_046.856_422_4);

/// Units as they are written, small and of half width.
#[rustfmt::skip]
const NAMED: &[(&str, Unit)] = &[
    ("平方公里", UNITS[3]), ("平方千米", UNITS[3]), ("km²", UNITS[3]), ("km2", UNITS[3]), ("k㎡", UNITS[3]), ("㎢", UNITS[3]), ("sqkm", UNITS[3]),
    ("万平方米", UNITS[1]), ("万平米", UNITS[1]), ("万㎡", UNITS[1]), ("万m²", UNITS[1]), ("万m2", UNITS[1]), ("万平方", UNITS[1]), ("万平", UNITS[1]),
    ("公顷", UNITS[1]), ("hm²", UNITS[1]), ("hm2", UNITS[1]), ("h㎡", UNITS[1]), ("ha", UNITS[1]), ("hectare", UNITS[1]), ("hectares", UNITS[1]),
    ("万亩", ("10,000 mu", 100_000_000.0 / 15.0)), ("公亩", ("are", 100.0)), ("英亩", ACRE), ("acre", ACRE), ("acres", ACRE),
    ("市亩", UNITS[2]), ("亩", UNITS[2]), ("亩数", UNITS[2]), ("mu", UNITS[2]),
    ("千平方米", ("1,000 m2", 1000.0)), ("千平米", ("1,000 m2", 1000.0)), ("千㎡", ("1,000 m2", 1000.0)), ("千m²", ("1,000 m2", 1000.0)), ("千m2", ("1,000 m2", 1000.0)),
    ("平方米", UNITS[0]), ("平米", UNITS[0]), ("平方", UNITS[0]), ("㎡", UNITS[0]), ("m²", UNITS[0]), ("m2", UNITS[0]), ("sqm", UNITS[0]),
];

/// The unit that a text is the name of.
pub(super) fn named_unit(text: &str) -> Option<Unit> {
    NAMED.iter().find(|(name, _)| *name == text).map(|(_, unit)| *unit)
}

/// The unit that a heading names: one in brackets, behind a sign, or at the end of a word. Where it names several, none.
pub(super) fn unit_of(heading: &str) -> Option<Unit> {
    let folded = narrowed(heading).to_lowercase();
    let parts = folded.split(|c: char| !c.is_alphanumeric() && !matches!(c, '²' | '㎡' | '㎢'));
    let mut found = parts.filter_map(|part| named_unit(part).or_else(|| ending_unit(part)));
    let first = found.next()?;
    found.all(|other| other.0 == first.0).then_some(first)
}

/// The unit at the end of a word, as in 面积公顷.
fn ending_unit(word: &str) -> Option<Unit> {
    ending(word).map(|(_, unit)| *unit)
}

/// What stands before the unit at the end of a word.
pub(super) fn before_ending_unit(word: &str) -> Option<&str> {
    word.strip_suffix(ending(word)?.0)
}

/// The name of a unit at the end of a word. What stands before it must not make it another, as ten or a hundred of it.
fn ending(word: &str) -> Option<&'static (&'static str, Unit)> {
    let ends = |(name, _): &&(&str, Unit)| {
        word.strip_suffix(name).is_some_and(|before| {
            let last = before.chars().next_back();
            let is_other = |last: char| "十百千万亿公英市台".contains(last);
            last.is_some_and(|last| !(is_other(last) || name.is_ascii() && last.is_ascii_alphanumeric()))
        })
    };
    NAMED.iter().filter(ends).max_by_key(|(name, _)| name.len())
}

/// The unit right behind a number.
fn leading_unit(behind: &str) -> Option<Unit> {
    let begins = |(name, _): &&(&str, Unit)| {
        behind.strip_prefix(name).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    NAMED.iter().filter(begins).max_by_key(|(name, _)| name.len()).map(|(_, unit)| *unit)
}

/// What became of a value.
#[derive(Debug, PartialEq)]
pub(super) enum Made {
    Value(Cell),
    /// Taken, and changed in a way that is to be told.
    Changed(Cell, String),
    /// Not understood: the field is null and the text is kept in the note.
    Lost(String),
}

impl Made {
    /// What becomes of a value when it is read once more.
    pub(super) fn then(self, read: impl FnOnce(&Cell) -> Self) -> Self {
        match self {
            Self::Value(value) => read(&value),
            Self::Changed(value, reason) => and_told(read(&value), reason),
            Self::Lost(_) => self,
        }
    }
}

/// A number of a cell as it is written, perhaps with a remark or the words of a limit behind it.
pub(super) fn written_in(cell: &Cell, is_decimal: bool) -> Option<Written> {
    match cell {
        Cell::Text(text) => written(&bare_number(text), is_decimal),
        other => exactly(other, is_decimal),
    }
}

/// A number of a cell that remarks on nothing.
fn exactly(cell: &Cell, is_decimal: bool) -> Option<Written> {
    match cell {
        Cell::Text(text) => written(text, is_decimal),
        other => other.as_number().map(|value| Written {
            value,
            is_limit: false,
            commas: None,
            has_decimal_comma: false,
            behind: String::new(),
        }),
    }
}

/// A number of a field, which may stand before it by its name, as in FAR≤1.5.
fn number_of(cell: &Cell, ways: Ways) -> Option<Written> {
    if let (Cell::Text(text), Some(field)) = (cell, ways.field)
        && let text = narrowed(text)
        && let Some(at) = text.find(['≤', '≥', '<', '>', '≦', '≧']).filter(|at| *at > 0)
        && name_of(&text[..at]) == Some(field)
    {
        return written_in(&Cell::text(&text[at..]), ways.is_decimal);
    }
    written_in(cell, ways.is_decimal)
}

/// The text of a number without what only remarks on it: marks of footnotes, brackets that say what is counted in, words for
/// a limit, which become its sign, and spaces between groups of three digits.
fn bare_number(text: &str) -> String {
    const LIMITS: &[(&str, char)] =
        &[("及以下", '≤'), ("以下", '≤'), ("以内", '≤'), ("及以上", '≥'), ("以上", '≥')];
    const COUNTED: &[&str] = &["含", "不含", "包含", "包括", "不包括", "计入", "不计入"];
    let folded = narrowed(text);
    let (mut bare, mut sign) = (folded.trim(), None);
    loop {
        let noted = bare.trim_end_matches(|c: char| c.is_whitespace() || "*※†‡".contains(c) || is_circled(c));
        let limit = LIMITS.iter().find_map(|(word, sign)| Some((noted.strip_suffix(word)?, *sign)));
        let remark = noted.strip_suffix(')').and_then(|inner| inner.rsplit_once('('));
        let rest = match (limit, remark) {
            (Some((before, limit)), _) if sign.is_none() => {
                sign = Some(limit);
                before
            }
            (_, Some((before, within))) if COUNTED.iter().any(|word| within.starts_with(word)) => before,
            _ => noted,
        };
        if rest.len() == bare.len() {
            break;
        }
        bare = rest;
    }
    if !bare.starts_with(|c: char| c.is_ascii_digit()) {
        return if sign.is_some() { folded } else { bare.to_owned() };
    }
    sign.into_iter().chain(joined(bare).unwrap_or_else(|| bare.to_owned()).chars()).collect()
}

/// Is a sign a number in a circle, as footnotes have them?
fn is_circled(c: char) -> bool {
    matches!(c, '①'..='⑳')
}

/// How the values of a field are read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ways {
    /// Of areas that state none.
    pub unit: Option<Unit>,
    /// Metres of the unit of lengths that state none.
    pub metres: Option<f64>,
    /// Of shares: they are written in per cent.
    pub is_percent: bool,
    /// A comma that may mean either is one of decimals.
    pub is_decimal: bool,
    /// Of the whole column it is told that its commas are those of decimals.
    pub is_told: bool,
    /// So many days later than others its workbook begins to count them.
    pub days_late: i32,
    /// What begins days that end with their year.
    pub days: Option<DayOrder>,
    /// The known field they are of.
    pub field: Option<&'static str>,
}

/// What begins days that end with their year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum DayOrder {
    /// 31/12/2021
    DayFirst,
    /// 12/31/2021
    MonthFirst,
}

/// The numbers of a day that ends with its year, as they stand: 31/12/2021, 31.12.2021, 31-12-2021.
pub(super) fn year_last(text: &str) -> Option<[u32; 3]> {
    let folded = narrowed(text);
    let first = folded.split(['T', ' ']).next()?;
    let mut parts = first.split(['/', '.', '-']);
    let mut next = |most: usize| {
        let part = parts.next()?;
        let is_number =
            !part.is_empty() && part.len() <= most && part.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| part.parse::<u32>().ok()).flatten()
    };
    let numbers = [next(2)?, next(2)?, next(4).filter(|year| *year >= 1000)?];
    parts.next().is_none().then_some(numbers)
}

/// A day as people write it: 2026-05-01, 2026/5/1, 2026.5.1, 2026年5月1日, 20260501; with its year last where the order is known.
fn date_of(text: &str, order: Option<DayOrder>) -> Option<Date> {
    if let (Some(order), Some([first, second, year])) = (order, year_last(text)) {
        let (month, day) = match order {
            DayOrder::DayFirst => (second, first),
            DayOrder::MonthFirst => (first, second),
        };
        return Date::parse(&format!("{year:04}-{month:02}-{day:02}"));
    }
    let folded = narrowed(text);
    let first = folded.split(['T', ' ']).next()?;
    let parts: Vec<&str> =
        first.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let whole = |part: &str| part.parse::<u32>().ok();
    let (year, month, day) = match parts[..] {
        [all] if all.len() == 8 => (whole(&all[..4])?, whole(&all[4..6])?, whole(&all[6..])?),
        [year, month, day] if year.len() == 4 => (whole(year)?, whole(month)?, whole(day)?),
        _ => return None,
    };
    Date::parse(&format!("{year:04}-{month:02}-{day:02}"))
}

/// A day that is not written in full, and how it is understood: a month, or the days that workbooks count.
fn other_date_of(cell: &Cell, days_late: i32) -> Option<(Date, &'static str)> {
    /// Days that workbooks count before 1970.
    const BEFORE_1970: i32 = 25_569;
    let shown = narrowed(&cell.shown());
    if let Some(days) = shown.parse().ok().filter(|days| (20_000..80_000).contains(days)) {
        let how = match days_late {
            0 => "the day that workbooks count so",
            _ => "the day that this workbook counts so, from 1904 on",
        };
        return Some((Date::from_days(days - BEFORE_1970 + days_late), how));
    }
    let Cell::Text(_) = cell else { return None };
    let parts: Vec<&str> =
        shown.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    match parts[..] {
        [year, month] if year.len() == 4 && month.len() <= 2 => {
            Some((Date::parse(&format!("{year}-{month:0>2}-01"))?, "the first day of the month"))
        }
        _ => None,
    }
}

/// Words of states, as files have them.
const STATES: &[(&str, &[&str])] = &[
    ("built", &["built", "已建", "建成", "已建成", "现状", "已建设", "竣工", "建成区"]),
    ("under-construction", &["underconstruction", "在建", "建设中", "施工", "已开工"]),
    ("idle", &["idle", "闲置", "空置", "空闲", "未利用", "闲置地"]),
    ("planned", &["planned", "规划", "未建", "拟建", "待建", "规划中", "储备", "待出让"]),
];

/// Is a text one that stands for no value of a field?
pub(super) fn is_nothing(kind: Kind, cell: &Cell) -> bool {
    const ALWAYS: &[&str] =
        &["-", "--", "—", "——", "–", "/", "\\", "null", "nan", "nat", "none", "n/a", "#n/a", "<null>"];
    let Cell::Text(text) = cell else { return false };
    let folded = narrowed(text).trim().to_lowercase();
    // 无 says something in a remark, and nothing where a number belongs.
    ALWAYS.contains(&folded.as_str()) || kind != Kind::Text && ["无", "暂无", "空"].contains(&folded.as_str())
}

/// A year or a day in Chinese numerals, 二〇二四年三月十五日, in digits; `None` for anything else.
fn in_digits(text: &str) -> Option<String> {
    let numeral = |c: char| match c {
        '〇' | '○' | '零' => Some(0),
        _ => "一二三四五六七八九".chars().position(|numeral| numeral == c).map(|at| at + 1),
    };
    let mut rest = text.trim();
    let mut digits = String::new();
    for (unit, is_year) in [('年', true), ('月', false), ('日', false)] {
        let Some((number, behind)) = rest.split_once(unit) else { break };
        let number = match number.split_once('十').filter(|_| !is_year) {
            // 十五, 三十 and 三十一: what stands before the ten is how many, what stands behind it comes on top.
            Some((tens, ones)) => {
                let one = |part: &str, none| match part {
                    "" => Some(none),
                    part => part.chars().next().filter(|c| c.len_utf8() == part.len()).and_then(numeral),
                };
                one(tens, 1)? * 10 + one(ones, 0)?
            }
            None if number.chars().count() > 4 => return None,
            None => number.chars().try_fold(0, |value, c| Some(value * 10 + numeral(c)?))?,
        };
        digits = format!("{digits}{number}{unit}");
        rest = behind;
    }
    (rest.is_empty() && !digits.is_empty()).then_some(digits)
}

/// A value of a known field.
pub(super) fn made(kind: Kind, cell: &Cell, ways: Ways) -> Made {
    let numerals = match (kind, cell) {
        (Kind::Date | Kind::Year, Cell::Text(text)) => in_digits(text).map(|digits| Cell::text(&digits)),
        _ => None,
    };
    let cell = numerals.as_ref().unwrap_or(cell);
    if *cell == Cell::Null || is_nothing(kind, cell) {
        return Made::Value(Cell::Null);
    }
    let shown = cell.shown();
    let lost = |expected: &str| Made::Lost(format!("{:?} is no {expected}", cut(&shown)));
    let exact = exactly(cell, ways.is_decimal);
    let read = match kind {
        Kind::Area | Kind::Share | Kind::Number => number_of(cell, ways),
        _ => exact.clone(),
    };
    let number = |units: &[&str], factor: f64, digits: f64| match &read {
        Some(read) if !units.contains(&read.behind.as_str()) => lost("number"),
        Some(number_read) => {
            let made = number(number_read, cut(&shown).as_str(), ways, factor, digits);
            if number_read.is_limit || read == exact {
                made
            } else {
                and_told(
                    made,
                    format!("{:?} is read as its number, without what stands beside it", cut(&shown)),
                )
            }
        }
        None => lost("number"),
    };
    match kind {
        Kind::Text | Kind::Use => Made::Value(Cell::Text(shown)),
        Kind::Area => {
            let behind = read.as_ref().map_or("", |read| &read.behind);
            match (leading_unit(behind), ways.unit) {
                (Some(own), unit) => {
                    let made = number(&[behind], own.1, 100.0);
                    if unit == Some(own) {
                        made
                    } else {
                        and_told(made, format!("{:?} states its unit, read in {}", cut(&shown), own.0))
                    }
                }
                (None, Some((_, factor))) => number(&[""], factor, 100.0),
                (None, None) => Made::Lost(format!("{:?} has no known unit", cut(&shown))),
            }
        }
        Kind::Share => {
            let is_percent = ways.is_percent || read.as_ref().is_some_and(|read| read.behind == "%");
            match number(&["", "%"], if is_percent { 0.01 } else { 1.0 }, 1e6) {
                Made::Value(value) | Made::Changed(value, _)
                    if value.as_number().is_some_and(|share| share > 1.0) =>
                {
                    lost("share of one or per cent")
                }
                made => made,
            }
        }
        Kind::Number => {
            let behind = read.as_ref().map_or("", |read| &read.behind);
            match named_length(behind).filter(|_| ways.field == Some(HEIGHT)) {
                Some(metres) if !METRES.contains(&behind) => {
                    let told = format!("{:?} states its unit, read in m", cut(&shown));
                    and_told(number(&[behind], metres, 1e6), told)
                }
                None if behind.is_empty() => number(&[""], ways.metres.unwrap_or(1.0), 1e6),
                _ => number(METRES, 1.0, 1e6),
            }
        }
        Kind::Whole | Kind::Year => whole(kind, cell, exact.as_ref()),
        Kind::Date => match cell {
            Cell::Date(_) => Made::Value(cell.clone()),
            _ => match (date_of(&shown, ways.days), other_date_of(cell, ways.days_late)) {
                (Some(day), _) => Made::Value(Cell::Date(day)),
                (None, Some((day, how))) => {
                    Made::Changed(Cell::Date(day), format!("{:?} is read as {day}, {how}", cut(&shown)))
                }
                (None, None) => lost("date such as 2026-05-01"),
            },
        },
        Kind::Status => state_of(&shown),
        Kind::Flag => match (cell, flag_of(&shown)) {
            (Cell::Bool(_), _) => Made::Value(cell.clone()),
            (_, Some(is_so)) => Made::Value(Cell::Bool(is_so)),
            (_, None) => lost("yes or no"),
        },
        Kind::Real => match &read {
            Some(read) if read.behind.is_empty() && !read.is_limit => Made::Value(Cell::number(read.value)),
            _ => lost("number"),
        },
        Kind::Moment if Timestamp::of_data(&shown).is_some() => Made::Value(Cell::Text(shown)),
        Kind::Moment => lost("moment such as 2026-05-01T12:00:00Z"),
        Kind::Array | Kind::Object => json(kind, shown),
        Kind::List => list(&shown),
        Kind::Basis if BASES.contains(&shown.as_str()) => Made::Value(cell.clone()),
        Kind::Basis => lost(&format!("basis: expected one of {}", BASES.join(", "))),
    }
}

/// An array or an object of JSON.
fn json(kind: Kind, shown: String) -> Made {
    match serde_json::from_str(&shown) {
        Ok(Value::Array(_)) if kind == Kind::Array => Made::Value(Cell::Json(shown)),
        Ok(Value::Object(_)) if kind == Kind::Object => Made::Value(Cell::Json(shown)),
        _ => {
            let expected = if kind == Kind::Array { "array" } else { "object" };
            Made::Lost(format!("{:?} is no {expected} of JSON", cut(&shown)))
        }
    }
}

/// A list of texts.
fn list(shown: &str) -> Made {
    let cell = |texts: Vec<String>| Cell::Json(Value::from(texts).to_string());
    match list_of_programs(shown) {
        Some(texts) => Made::Value(cell(texts)),
        None if shown.starts_with(['[', '{']) => Made::Lost(format!("{:?} is no list of texts", cut(shown))),
        None => Made::Changed(cell(list_of_people(shown)), format!("{:?} is read as a list", cut(shown))),
    }
}

/// The texts of a list as programs write it: an array of JSON, or as GDAL did, their number before them, as in `(2:a,b)`.
pub(super) fn list_of_programs(text: &str) -> Option<Vec<String>> {
    if text.starts_with('[') {
        return serde_json::from_str(text).ok();
    }
    let (count, rest) = text.strip_prefix('(')?.strip_suffix(')')?.split_once(':')?;
    let count: usize = count.parse().ok()?;
    let texts: Vec<String> = rest.split(',').filter(|_| count > 0).map(str::to_owned).collect();
    // A text with a comma in it would be two.
    (texts.len() == count && (count > 0 || rest.is_empty())).then_some(texts)
}

/// The texts of a list as people write it: signs part them that names hardly hold.
fn list_of_people(text: &str) -> Vec<String> {
    let texts = text.split([';', '；', '|', '、', '\n']).map(str::trim).filter(|text| !text.is_empty());
    texts.map(str::to_owned).collect()
}

/// A whole number, or a year, which a day has, too.
fn whole(kind: Kind, cell: &Cell, read: Option<&Written>) -> Made {
    let is_year = kind == Kind::Year;
    let value = read
        .filter(|read| read.behind == "年" || METRES.contains(&read.behind.as_str()))
        .map(|read| read.value);
    let is_fit = |value: &f64| {
        value.fract() == 0.0 && value.abs() < 9e15 && (!is_year || (1900.0..=2100.0).contains(value))
    };
    let day = match cell {
        Cell::Date(day) => Some(*day),
        Cell::Text(text) => date_of(text, None),
        _ => None,
    };
    match (cell, value.filter(is_fit), day) {
        (Cell::Integer(_), ..) if !is_year => Made::Value(cell.clone()),
        (_, Some(value), _) if read.is_some_and(|read| read.is_limit) => {
            let told = format!("{:?} is a limit; its number is taken", cut(&cell.shown()));
            Made::Changed(Cell::number(value), told)
        }
        (_, Some(value), _) => Made::Value(Cell::number(value)),
        (_, None, Some(day)) if is_year => year_of(day),
        _ => {
            let expected = if is_year { "year" } else { "whole number" };
            Made::Lost(format!("{:?} is no {expected}", cut(&cell.shown())))
        }
    }
}

/// A state in the words of this program; others are kept as they are.
fn state_of(shown: &str) -> Made {
    let own = plain(shown);
    match STATES.iter().find(|(_, words)| words.contains(&own.as_str())) {
        Some((state, _)) => Made::Value(Cell::Text((*state).to_owned())),
        None => Made::Changed(
            Cell::Text(shown.to_owned()),
            format!(
                "the state {:?} is none of built, under-construction, idle, planned; kept as it is",
                cut(shown)
            ),
        ),
    }
}

/// Yes or no, as people write it.
fn flag_of(shown: &str) -> Option<bool> {
    match narrowed(shown).trim().to_lowercase().as_str() {
        "true" | "t" | "yes" | "y" | "1" | "是" | "真" | "√" | "✓" | "✔" => Some(true),
        "false" | "f" | "no" | "n" | "0" | "否" | "假" | "×" | "✗" | "✘" => Some(false),
        _ => None,
    }
}

/// What may stand behind a number that has no unit, or is in metres.
pub(super) const METRES: &[&str] = &["", "米", "m"];

/// Units of lengths as they are written, small, and metres of them. A foot is that of 1959, a chi a third of a metre.
pub(super) const LENGTHS: &[(&str, f64)] = &[
    ("米", 1.0),
    ("公尺", 1.0),
    ("m", 1.0),
    ("毫米", 0.001),
    ("mm", 0.001),
    ("厘米", 0.01),
    ("公分", 0.01),
    ("cm", 0.01),
    ("分米", 0.1),
    ("dm", 0.1),
    ("公里", 1000.0),
    ("千米", 1000.0),
    ("km", 1000.0),
    ("丈", 10.0 / 3.0),
    ("市尺", 1.0 / 3.0),
    ("英尺", 0.3048),
    ("ft", 0.3048),
    ("feet", 0.3048),
    ("foot", 0.3048),
    ("码", 0.9144),
    ("yd", 0.9144),
    ("yards", 0.9144),
];

/// Metres of the unit of lengths that a text is the name of.
pub(super) fn named_length(text: &str) -> Option<f64> {
    LENGTHS.iter().find(|(name, _)| *name == text).map(|(_, metres)| *metres)
}

/// The field of heights.
pub(super) const HEIGHT: &str = "height_m";

fn number(read: &Written, shown: &str, ways: Ways, factor: f64, digits: f64) -> Made {
    if read.value < 0.0 {
        return Made::Lost(format!("{shown:?} is no number from 0 on"));
    }
    let mut made = Made::Value(Cell::number((read.value * factor * digits).round() / digits));
    if read.is_limit {
        made = and_told(made, format!("the limit {shown:?} is read as its number"));
    }
    if read.has_decimal_comma && !ways.is_told {
        made = and_told(made, format!("the comma of {shown:?} is read as that of decimals"));
    }
    made
}

/// The same, with one thing more to tell.
fn and_told(made: Made, reason: String) -> Made {
    match made {
        Made::Value(value) => Made::Changed(value, reason),
        Made::Changed(value, before) => Made::Changed(value, format!("{before}; {reason}")),
        Made::Lost(_) => made,
    }
}

/// Why a share is odd among those that are written in per cent.
pub(super) fn odd_share(cell: &Cell, ways: Ways) -> Option<String> {
    let read = written_in(cell, ways.is_decimal).filter(|_| ways.is_percent)?;
    (read.behind.is_empty() && 0.0 < read.value && read.value < 1.0).then(|| {
        let shown = cut(&cell.shown());
        format!("{shown} stands among numbers in per cent and looks like a share; taken as {shown} %")
    })
}

fn year_of(day: Date) -> Made {
    let text = day.to_string();
    Made::Value(text[..4].parse().map_or(Cell::Null, Cell::Integer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_those_of_the_field() {
        let made = |kind: Kind, cell: &Cell, unit: Option<Unit>, is_percent: bool| {
            made(kind, cell, Ways { unit, is_percent, ..Ways::default() })
        };
        let text = |text: &str| Cell::text(text);
        let mu = Some(UNITS[2]);
        // 15 mu are a hectare.
        assert_eq!(made(Kind::Area, &text("15"), mu, false), Made::Value(Cell::Integer(10_000)));
        assert!(matches!(made(Kind::Area, &text("15"), None, false), Made::Lost(_)));
        // A unit in the cell comes before that of its column.
        for (written, metres) in [
            ("1.5公顷", 15_000),
            ("2.5万平方米", 25_000),
            ("0.25万㎡", 2500),
            ("500㎡", 500),
            ("500 平方米", 500),
            ("0.5km²", 500_000),
            ("0.5平方公里", 500_000),
            ("2ha", 20_000),
            ("20806平方米（31.21亩）", 20_806),
            ("2公亩", 200),
        ] {
            for column in [mu, None] {
                let Made::Changed(value, told) = made(Kind::Area, &text(written), column, false) else {
                    panic!("{written} is not told")
                };
                assert!(
                    value == Cell::Integer(metres) && told.contains("states its unit"),
                    "{written}: {told}"
                );
            }
        }
        assert_eq!(made(Kind::Area, &text("15亩"), mu, false), Made::Value(Cell::Integer(10_000)));
        for other in ["15米", "15元/平方米", "15百亩"] {
            assert!(matches!(made(Kind::Area, &text(other), mu, false), Made::Lost(_)), "{other}");
        }
        for nothing in ["—", "/", "-", "无", "NULL", "nan"] {
            assert_eq!(made(Kind::Number, &text(nothing), None, false), Made::Value(Cell::Null), "{nothing}");
        }
        assert_eq!(made(Kind::Text, &text("无"), None, false), Made::Value(text("无")), "a remark");
        assert!(matches!(
            made(Kind::Number, &text("1,17"), None, false),
            Made::Changed(Cell::Real(value), _) if value == 1.17
        ));
        assert_eq!(made(Kind::Share, &text("35%"), None, false), Made::Value(Cell::Real(0.35)));
        assert_eq!(made(Kind::Share, &Cell::Integer(35), None, true), Made::Value(Cell::Real(0.35)));
        assert!(matches!(made(Kind::Share, &Cell::Integer(35), None, false), Made::Lost(_)));
        assert!(
            matches!(made(Kind::Number, &text("≤2.5"), None, false), Made::Changed(Cell::Real(value), _) if value == 2.5)
        );
        assert!(matches!(made(Kind::Number, &text("1.0-2.5"), None, false), Made::Lost(_)));
        assert_eq!(made(Kind::Number, &text("80米"), None, false), Made::Value(Cell::Integer(80)));
        let may = Made::Value(Cell::Date(Date::parse("2026-05-01").unwrap()));
        for written in ["2026-05-01", "2026/5/1", "2026年5月1日", "20260501", "2026.5.1"] {
            assert_eq!(made(Kind::Date, &text(written), None, false), may, "{written}");
        }
        for written in ["二〇二六年五月一日", "二○二六年五月一日", "二零二六年五月一日"]
        {
            assert_eq!(made(Kind::Date, &text(written), None, false), may, "{written}");
        }
        for (written, day) in
            [("二〇二四年十月二十日", "2024-10-20"), ("二〇二四年十二月三十一日", "2024-12-31")]
        {
            let day = Made::Value(Cell::Date(Date::parse(day).unwrap()));
            assert_eq!(made(Kind::Date, &text(written), None, false), day, "{written}");
        }
        assert_eq!(made(Kind::Year, &text("二〇二一年"), None, false), Made::Value(Cell::Integer(2021)));
        for written in ["二〇二四年十三月一日", "一年期", "二〇二四年三月底"] {
            assert!(matches!(made(Kind::Date, &text(written), None, false), Made::Lost(_)), "{written}");
        }
        assert!(matches!(made(Kind::Date, &text("2026-13-01"), None, false), Made::Lost(_)));
        let read = |cell: &Cell| match made(Kind::Date, cell, None, false) {
            Made::Changed(Cell::Date(day), told) => (day.to_string(), told),
            other => panic!("{other:?}"),
        };
        // The first of January 1970 is day 25,569 of a workbook; 53 years with 13 leap days follow.
        assert_eq!(read(&Cell::Integer(25_569 + 53 * 365 + 13)).0, "2023-01-01");
        assert_eq!(read(&text("44927")).0, "2023-01-01");
        let (day, told) = read(&text("2023年5月"));
        assert!(day == "2023-05-01" && told.contains("the first day of the month"), "{told}");
        assert!(matches!(made(Kind::Date, &text("2023年13月"), None, false), Made::Lost(_)));
        assert_eq!(made(Kind::Status, &text("闲置"), None, false), Made::Value(text("idle")));
        assert_eq!(made(Kind::Year, &text("2021年"), None, false), Made::Value(Cell::Integer(2021)));
    }

    #[test]
    fn numbers_are_read_beside_remarks() {
        let far = Ways { field: Some("far"), ..Ways::default() };
        let number = |kind: Kind, text: &str| match made(kind, &Cell::text(text), far) {
            Made::Changed(value, told) if told.contains("is read as its number") => value.as_number(),
            Made::Changed(..) | Made::Value(_) => panic!("{text} is not told"),
            Made::Lost(_) => None,
        };
        for (text, value) in [
            ("1.5以下", 1.5),
            ("1.5及以下", 1.5),
            ("2.5（含地下）", 2.5),
            ("2.5①", 2.5),
            ("1.5*", 1.5),
            ("1.5（不含地下）以下①", 1.5),
            ("FAR≤1.5", 1.5),
            ("容积率≤1.5", 1.5),
            ("24米以下", 24.0),
        ] {
            assert_eq!(number(Kind::Number, text), Some(value), "{text}");
        }
        assert_eq!(number(Kind::Share, "30%以上"), Some(0.3));
        let metres = Ways { unit: Some(UNITS[0]), ..Ways::default() };
        for (text, value) in [("6 484.5", Cell::Real(6484.5)), ("1 006 484", Cell::Integer(1_006_484))] {
            assert!(
                matches!(made(Kind::Area, &Cell::text(text), metres), Made::Changed(found, _) if found == value)
            );
        }
        for text in [
            "1.5（2.0）",
            "1.0-2.5",
            "建筑密度≤30",
            "约1.5",
            "1.5（地下）",
            "*",
            "以下",
            "1 5",
            "12 34.5",
            "2.5以下以上",
        ] {
            assert_eq!(number(Kind::Number, text), None, "{text}");
        }
    }

    #[test]
    fn units_are_read_from_headings() {
        let unit = |heading: &str| unit_of(heading).map(|unit| unit.0);
        assert_eq!(unit("地块面积（公顷）"), Some("ha"));
        assert_eq!(unit("面积(万平方米)"), Some("ha"));
        assert_eq!(unit("面积/亩"), Some("mu"));
        assert_eq!(unit("用地面积（㎡）"), Some("m2"));
        assert_eq!((unit("area_ha"), unit("dkmj")), (Some("ha"), None));
        assert_eq!(unit("用地面积公顷"), Some("ha"));
        let metres = |heading: &str| unit_of(heading).map(|unit| unit.1.round());
        for (heading, want) in [
            ("用地面积(万平米)", 10_000.0),
            ("用地面积(k㎡)", 1_000_000.0),
            ("用地面积（千平方米）", 1000.0),
            ("用地面积(公亩)", 100.0),
            ("用地面积(英亩)", 4047.0),
            // 10,000 mu are 666.67 ha.
            ("用地面积（万亩）", 6_666_667.0),
            ("面积（单位：平方米）", 1.0),
        ] {
            assert_eq!(metres(heading), Some(want), "{heading}");
        }
        for heading in ["面积（百亩）", "面积（公顷/亩）", "亩均产值", "面积（平方丈）"]
        {
            assert_eq!(unit(heading), None, "{heading}");
        }
    }
}
