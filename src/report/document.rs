//! What stands in a report, whatever file it becomes?
//!
//! In: texts in the language of the report, numbers, pictures. Out: a [`Document`] that every writer reads from the
//! first section to the last. Leaves out: where the numbers come from, how a file looks.
//!
//! A report in both languages holds each text twice, Chinese in the first line and English in the second: writers only
//! know that a text may have several lines.

use std::fmt::Write as _;

use crate::map::color::Color;
use crate::map::picture::Picture;
use crate::model::{Date, Lang, Words};

/// The language of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tongue {
    /// One.
    Only(Lang),
    /// Chinese and below it English.
    #[default]
    Both,
}

impl Tongue {
    /// What is expected of its name.
    pub const EXPECTED: &'static str = "zh, en or both";

    /// The languages in their order.
    #[must_use]
    pub fn langs(self) -> &'static [Lang] {
        match self {
            Self::Only(Lang::Zh) => &[Lang::Zh],
            Self::Only(Lang::En) => &[Lang::En],
            Self::Both => &Lang::ALL,
        }
    }

    /// The tongue of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        if name == "both" { Some(Self::Both) } else { Lang::parse(name).map(Self::Only) }
    }

    /// Its name in addresses and file names.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Only(lang) => lang.name(),
            Self::Both => "both",
        }
    }

    /// The language tag of the whole (BCP 47); that of the first language.
    #[must_use]
    pub fn tag(self) -> &'static str {
        self.langs()[0].tag()
    }

    /// One of two wordings, or both.
    #[must_use]
    pub fn pick(self, zh: &str, en: &str) -> String {
        match self {
            Self::Only(lang) => lang.pick(zh, en).to_owned(),
            Self::Both if zh == en || en.is_empty() => zh.to_owned(),
            Self::Both if zh.is_empty() => en.to_owned(),
            Self::Both => format!("{zh}\n{en}"),
        }
    }

    /// Words of the data.
    #[must_use]
    pub fn say(self, words: &Words) -> String {
        self.pick(&words.zh, &words.en)
    }

    /// What a language makes of something, line by line.
    #[must_use]
    pub fn tell(self, told: impl Fn(Lang) -> String) -> String {
        match self {
            Self::Only(lang) => told(lang),
            Self::Both => self.pick(&told(Lang::Zh), &told(Lang::En)),
        }
    }
}

/// A report, ready to be written.
#[derive(Debug, Clone)]
pub struct Document {
    /// Its languages.
    pub tongue: Tongue,
    /// Name of a file without its ending, ASCII.
    pub name: String,
    /// Title.
    pub title: String,
    /// The day that it speaks of. Files carry it as the time of their making: the same report has the same bytes.
    pub as_of: Date,
    /// What to know first: names and values.
    pub facts: Vec<(String, String)>,
    /// Says that rows are made up, where any is; stands on every page.
    pub banner: Option<String>,
    /// Who is credited, and the approval number or "internal"; stands on every page.
    pub footer: String,
    /// What it tells, in this order.
    pub sections: Vec<Section>,
}

impl Document {
    /// Its tables in their order.
    pub fn tables(&self) -> impl Iterator<Item = &Table> {
        let blocks = self.sections.iter().flat_map(|section| &section.blocks);
        blocks.filter_map(|block| if let Block::Table(table) = block { Some(table) } else { None })
    }
}

/// The lines of a text in one, for places that hold no more.
#[must_use]
pub fn joined(text: &str) -> String {
    text.lines().map(str::trim).filter(|line| !line.is_empty()).collect::<Vec<_>>().join(" / ")
}

/// A part of a report.
#[derive(Debug, Clone)]
pub struct Section {
    /// Its heading.
    pub heading: String,
    /// What stands in it, in this order.
    pub blocks: Vec<Block>,
}

/// What stands in a section.
#[derive(Debug, Clone)]
pub enum Block {
    /// A number that one looks for first, and what it is: "13", "named units, all".
    Headline {
        /// The number as it is said.
        value: String,
        /// What it is.
        label: String,
    },
    /// A paragraph.
    Text(String),
    /// Remarks, one an entry.
    Notes(Vec<String>),
    /// A table.
    Table(Table),
    /// Bars.
    Chart(Chart),
    /// A map.
    Map {
        /// What it shows, for those who do not see it.
        caption: String,
        /// The map, with its own furniture.
        picture: Box<Picture>,
    },
}

/// A table.
#[derive(Debug, Clone)]
pub struct Table {
    /// Its name in files and sheets: ASCII, unique in the report, at most 31 characters.
    pub name: &'static str,
    /// Its title.
    pub title: String,
    /// Its columns.
    pub columns: Vec<Column>,
    /// Its rows; each has as many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
    /// A last row that sums up, where there is one.
    pub total: Option<Vec<Cell>>,
}

/// A column.
#[derive(Debug, Clone)]
pub struct Column {
    /// Its heading, with the unit of its numbers.
    pub heading: String,
    /// How wide it is beside the others, where there is not room for all.
    pub weight: u8,
    /// Do its cells stand at the right: is it one of numbers?
    pub is_number: bool,
}

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// Nothing is known: a dash, never a zero.
    Missing,
    /// A text.
    Text(String),
    /// A text that cites the plan: sections between semicolons, perhaps behind words and a colon.
    Cited(String),
    /// A number, with so many decimals where it is read; workbooks and CSV hold all of them.
    Number(f64, u8),
    /// A whole number that is no amount, as a year or a code, without groups of digits.
    Digits(i64),
    /// A day.
    Day(Date),
}

impl Cell {
    /// What is read; the dash for what is not known.
    #[must_use]
    pub fn shown(&self) -> String {
        match self {
            Self::Missing => "—".to_owned(),
            Self::Text(text) | Self::Cited(text) => text.clone(),
            Self::Number(value, decimals) => grouped(*value, *decimals),
            Self::Digits(whole) => whole.to_string(),
            Self::Day(day) => day.to_string(),
        }
    }
}

/// A number with a comma between groups of three digits.
#[must_use]
pub fn grouped(value: f64, decimals: u8) -> String {
    let plain = format!("{value:.0$}", usize::from(decimals));
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |digits| ("-", digits));
    let (whole, rest) = digits.split_at(digits.find('.').unwrap_or(digits.len()));
    let mut out = sign.to_owned();
    for (at, digit) in whole.char_indices() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out + rest
}

/// Horizontal bars, each of one or more parts in a row, on one scale from zero.
#[derive(Debug, Clone)]
pub struct Chart {
    /// Its title.
    pub title: String,
    /// Unit of its numbers, for the axis.
    pub unit: String,
    /// What the parts are, with the colours they have; one part needs no name.
    pub series: Vec<Series>,
    /// The bars from the upper to the lower: a name and as many values as there are series.
    pub bars: Vec<(String, Vec<f64>)>,
    /// A value to be reached, drawn as a line across: its name and the value.
    pub target: Option<(String, f64)>,
    /// How the bars stand together, where they do not stand alone.
    pub grouping: Option<Grouping>,
}

/// Bars under headings, each of a colour of its own, their parts told apart by signs.
#[derive(Debug, Clone)]
pub struct Grouping {
    /// The groups; their bars in turn are those of the chart.
    pub groups: Vec<Group>,
    /// The sign of each series.
    pub signs: Vec<Sign>,
}

/// Bars under a heading.
#[derive(Debug, Clone)]
pub struct Group {
    /// The heading.
    pub name: String,
    /// Each bar: what it is called below the heading, and its colour.
    pub bars: Vec<(String, Color)>,
}

/// How a part of a bar is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// Whole.
    Solid,
    /// Striped.
    Stripes,
    /// Dotted.
    Dots,
    /// Not at all, with an outline.
    Blank,
}

impl Chart {
    /// What it says, for those who do not see it: each bar and its numbers.
    #[must_use]
    pub fn described(&self) -> String {
        let figure = |value: f64| ((value * 100.0).round() / 100.0).to_string();
        let mut told = joined(&self.title);
        if !self.unit.is_empty() {
            let _ = write!(told, " ({})", joined(&self.unit));
        }
        for (at, (name, values)) in self.bars.iter().enumerate() {
            told += if at == 0 { ": " } else { "; " };
            told += &joined(name);
            for (at, &value) in values.iter().enumerate() {
                let part = self.series.get(at).map(|part| joined(&part.name)).unwrap_or_default();
                let is_named = self.series.len() > 1 && !part.is_empty();
                let part = if is_named { part + " " } else { String::new() };
                let _ = write!(told, "{} {part}{}", if at == 0 { "" } else { "," }, figure(value));
            }
        }
        if let Some((name, value)) = &self.target {
            let _ = write!(told, "; {} {}", joined(name), figure(*value));
        }
        told
    }
}

/// The parts of bars that have one meaning.
#[derive(Debug, Clone)]
pub struct Series {
    /// What they are.
    pub name: String,
    /// Their colour.
    pub color: Color,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_in_groups_of_three() {
        for (value, decimals, said) in [
            (0.0, 0, "0"),
            (331.0, 0, "331"),
            (3000.0, 0, "3,000"),
            (1_234_567.891, 2, "1,234,567.89"),
            (-1000.0, 1, "-1,000.0"),
            (-999.0, 0, "-999"),
            (55.4, 1, "55.4"),
        ] {
            assert_eq!(grouped(value, decimals), said);
        }
        assert_eq!(Cell::Digits(2012).shown(), "2012");
        assert_eq!(Cell::Missing.shown(), "—");
    }

    #[test]
    fn both_languages_stand_in_lines() {
        assert_eq!(Tongue::Both.pick("一核", "one core"), "一核\none core");
        assert_eq!(Tongue::Both.pick("2025", "2025"), "2025");
        assert_eq!(Tongue::Only(Lang::En).pick("一核", "one core"), "one core");
        assert_eq!(Tongue::parse("both"), Some(Tongue::Both));
        assert_eq!(Tongue::parse("fr"), None);
    }
}
