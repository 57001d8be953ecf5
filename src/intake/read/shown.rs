//! How a workbook shows a number: what its format writes beside the digits, and what that says of the value.

use crate::intake::mapping::Known;
use crate::intake::row::Cell;
use crate::intake::value::{self, Kind};

/// A number format.
#[derive(Debug, Clone, Default)]
pub(super) struct Format {
    sections: Vec<Section>,
}

/// What is shown of some numbers.
#[derive(Debug, Clone, Default)]
struct Section {
    /// Numbers that it is for, where it says so: how they compare with another.
    condition: Option<(String, f64)>,
    pieces: Vec<Piece>,
    is_percent: bool,
    /// A number is shown in so many powers of a thousand.
    thousands: i32,
    /// Its digits are no plain ones: fractions, powers of ten, moments, numerals, groups.
    is_other: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Piece {
    Literal(String),
    /// A place for a digit, as it stands in the format.
    Digit(char),
    Point,
    /// A place for the whole number.
    Number,
}

/// What is seen of a number.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Shown {
    /// The number, in the unit of what stands behind it.
    number: f64,
    behind: String,
    /// All that is seen, where that is told for sure.
    text: Option<String>,
}

/// What becomes of a value by how it is shown.
#[derive(Debug, PartialEq)]
pub(super) enum Heard {
    /// It stays as it is stored.
    Alike,
    As(Cell),
    /// It stays so, though it is seen otherwise.
    Unheard,
}

impl Format {
    pub(super) fn parse(code: &str) -> Self {
        let mut format = Self { sections: vec![Section::default()] };
        let mut rest = code;
        // Commas since the last place for a digit.
        let mut commas = 0;
        while let Some(sign) = rest.chars().next() {
            let behind = &rest[sign.len_utf8()..];
            let Some(section) = format.sections.last_mut() else { break };
            let after_next = |text: &'_ str| text.chars().next().map_or(0, char::len_utf8);
            rest = behind;
            match sign {
                '"' => {
                    let (text, after) = behind.split_once('"').unwrap_or((behind, ""));
                    section.write(text);
                    rest = after;
                }
                '\\' | '!' => {
                    let (text, after) = behind.split_at(after_next(behind));
                    section.write(text);
                    rest = after;
                }
                // The width of a sign, and one that fills the cell.
                '_' | '*' => rest = &behind[after_next(behind)..],
                '[' => {
                    let (text, after) = behind.split_once(']').unwrap_or((behind, ""));
                    section.bracket(text);
                    rest = after;
                }
                '0' | '#' | '?' => {
                    section.is_other |= commas > 0 || sign == '?';
                    commas = 0;
                    section.pieces.push(Piece::Digit(sign));
                }
                '.' => {
                    section.thousands += std::mem::take(&mut commas);
                    section.pieces.push(Piece::Point);
                }
                ',' => commas += 1,
                ';' => {
                    section.thousands += std::mem::take(&mut commas);
                    format.sections.push(Section::default());
                }
                '@' => section.pieces.push(Piece::Number),
                'E' | 'e' if behind.starts_with(['+', '-']) => {
                    section.is_other = true;
                    rest = &behind[1..];
                }
                _ => {
                    let names = ["General", "G/通用格式"];
                    if let Some(name) = names.iter().find(|name| begins(sign, behind, name)) {
                        section.pieces.push(Piece::Number);
                        rest = &behind[name.len() - sign.len_utf8()..];
                    } else {
                        section.is_percent |= sign == '%';
                        section.is_other |= sign == '/' || sign.is_ascii_alphabetic();
                        section.write(sign.encode_utf8(&mut [0; 4]));
                    }
                }
            }
        }
        if let Some(last) = format.sections.last_mut() {
            last.thousands += commas;
        }
        format
    }

    /// Does it show a share in per cent? A sign that is only written behind a number makes no share of it.
    pub(super) fn is_share(&self) -> bool {
        self.sections.iter().any(|section| section.is_percent)
    }

    /// What is seen of a number; nothing where that is its digits.
    pub(super) fn shown(&self, value: f64) -> Option<Shown> {
        self.section(value)?.shown(value)
    }

    fn section(&self, value: f64) -> Option<&Section> {
        if self.sections.iter().any(|section| section.condition.is_some()) {
            return self.sections.iter().find(|section| section.is_for(value));
        }
        let at = match self.sections.len() {
            3.. if value == 0.0 => 2,
            2.. if value < 0.0 => 1,
            _ => 0,
        };
        self.sections.get(at)
    }
}

/// Does a text that is parted after its first sign begin with a name?
fn begins(sign: char, behind: &str, name: &str) -> bool {
    let own = name.strip_prefix(sign).and_then(|rest| behind.get(..rest.len()).zip(Some(rest)));
    own.is_some_and(|(own, rest)| own.eq_ignore_ascii_case(rest))
}

impl Section {
    fn write(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Literal(before)) => before.push_str(text),
            _ => self.pieces.push(Piece::Literal(text.to_owned())),
        }
    }

    /// A condition, a unit as currencies have it, numerals; colours change nothing.
    fn bracket(&mut self, text: &str) {
        if let Some(unit) = text.strip_prefix('$') {
            self.write(unit.split('-').next().unwrap_or_default());
        } else if let Some(at) = text.find(|c: char| !matches!(c, '<' | '>' | '=')).filter(|at| *at > 0) {
            let (sign, than) = text.split_at(at);
            self.condition = than.trim().parse().ok().map(|than| (sign.to_owned(), than));
            self.is_other |= self.condition.is_none();
        } else {
            let is_time = text.chars().all(|c| "hmsHMS".contains(c));
            self.is_other |= is_time || text.to_ascii_uppercase().starts_with("DBNUM");
        }
    }

    fn is_for(&self, value: f64) -> bool {
        self.condition.as_ref().is_none_or(|(sign, than)| match sign.as_str() {
            "<" => value < *than,
            "<=" => value <= *than,
            ">" => value > *than,
            ">=" => value >= *than,
            "<>" => value != *than,
            _ => value == *than,
        })
    }

    fn shown(&self, value: f64) -> Option<Shown> {
        // As most numbers are.
        if self.pieces.iter().all(|piece| *piece == Piece::Number) {
            return None;
        }
        let is_place = |piece: &Piece| !matches!(piece, Piece::Literal(_));
        let literal = |piece: &Piece| match piece {
            Piece::Literal(text) if !text.trim().is_empty() => Some(text.trim().to_owned()),
            _ => None,
        };
        let text = self.text(value);
        let is_alike = text.as_ref().is_some_and(|text| *text == value.to_string());
        if is_alike || text.is_none() && !self.pieces.iter().any(|piece| literal(piece).is_some()) {
            return None;
        }
        let last = self.pieces.iter().rposition(is_place).map_or(0, |last| last + 1);
        let behind: String = self.pieces[last..].iter().filter_map(literal).collect();
        // A point that is only written moves the digits before it: 0"."0,"万" shows 20460.8 as 2.0万.
        let point = self.pieces.iter().position(|piece| literal(piece).is_some_and(|text| text == "."));
        let moved =
            point.map_or(0, |at| self.pieces[at..last].iter().filter(|piece| is_place(piece)).count());
        let power = 3 * self.thousands + i32::try_from(moved).unwrap_or_default();
        let number = format!("{value}e-{power}").parse().unwrap_or(value);
        Some(Shown { number, behind, text })
    }

    /// All that is seen of a whole number, where each of its digits has its place.
    fn text(&self, value: f64) -> Option<String> {
        const MOST: f64 = 1e15;
        let has_point = self.pieces.contains(&Piece::Point);
        let is_sure = value.fract() == 0.0 && (0.0..MOST).contains(&value);
        if !is_sure || self.is_other || self.is_percent || self.thousands > 0 || has_point {
            return None;
        }
        let own = value.to_string();
        let mut digits = own.chars().rev().filter(|_| value > 0.0).peekable();
        let first = self.pieces.iter().position(|piece| matches!(piece, Piece::Digit(_)));
        let mut signs: Vec<char> = Vec::new();
        for (at, piece) in self.pieces.iter().enumerate().rev() {
            match piece {
                Piece::Literal(text) => signs.extend(text.chars().rev()),
                Piece::Digit(_) if Some(at) == first && digits.peek().is_some() => signs.extend(&mut digits),
                Piece::Digit(place) => {
                    signs.extend(digits.next().or_else(|| (*place == '0').then_some('0')));
                }
                Piece::Number => signs.extend(own.chars().rev()),
                Piece::Point => {}
            }
        }
        let text: String = signs.into_iter().rev().collect();
        Some(text.trim().to_owned()).filter(|text| !text.is_empty())
    }
}

impl Shown {
    /// What a value of a field is, if any is known, by how it is shown: areas and lengths in the unit behind them, codes and
    /// words as they are read.
    pub(super) fn heard(&self, cell: &Cell, field: Option<&Known>) -> Heard {
        let bare = self.behind.trim_matches(|c: char| c.is_whitespace() || "()[]（）".contains(c));
        let with_unit = || Heard::As(Cell::text(&format!("{}{bare}", Cell::number(self.number).shown())));
        let is_stored = matches!(cell, Cell::Integer(_) | Cell::Real(_));
        let has_zeros = || self.text.as_ref().is_some_and(|text| text.len() > 1 && text.starts_with('0'));
        match field.map(|field| (field.kind, field.unit)) {
            Some((Kind::Area, _)) if value::unit_of(bare).is_some() => with_unit(),
            Some((Kind::Number, Some("m"))) if !bare.is_empty() && !value::METRES.contains(&bare) => {
                with_unit()
            }
            Some((Kind::Text | Kind::Use | Kind::Status, _)) if is_stored => match &self.text {
                Some(text) => Heard::As(Cell::text(text)),
                None => Heard::Unheard,
            },
            None if is_stored && has_zeros() => Heard::Unheard,
            _ => Heard::Alike,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_shares_are_known() {
        for format in ["0%", "0.00%", "#,##0.0%;[Red]-0.0%", "\"约\"0%"] {
            assert!(Format::parse(format).is_share(), "{format}");
        }
        for format in ["General", "0.00", "0\"%\"", "0\\%", "0_%"] {
            assert!(!Format::parse(format).is_share(), "{format}");
        }
    }

    #[test]
    fn what_stands_behind_a_number_is_told_from_its_digits() {
        for (format, number, behind) in [
            ("0.00\"亩\"", 20460.8, "亩"),
            ("#,##0.0 \"公顷\";-0.0", 20460.8, "公顷"),
            ("0.00\\㎡", 20460.8, "㎡"),
            ("0.00㎡", 20460.8, "㎡"),
            ("_ * #,##0.00\"亩\"_ ;_ * \\-#,##0.00\"亩\"_ ;_ * \"-\"??\"亩\"_ ;_ @_ ", 20460.8, "亩"),
            ("General\"㎡\"", 20460.8, "㎡"),
            ("G/通用格式\"㎡\"", 20460.8, "㎡"),
            ("[Blue]0.00\"亩\"", 20460.8, "亩"),
            ("0.00[$亩]", 20460.8, "亩"),
            ("0.00[$亩-804]", 20460.8, "亩"),
            ("0.00\"（亩）\"", 20460.8, "（亩）"),
            ("@\"亩\"", 20460.8, "亩"),
            // 20,460.8 is below the first limit and not below the second.
            ("[>=100000]0.00\"㎡\";[>=20000]0.00\"亩\";0.00\"公顷\"", 20460.8, "亩"),
            // Shown as 2.0 (20 thousands, a point written between) and as 20.46.
            ("0\".\"0,\"万㎡\"", 2.046_08, "万㎡"),
            ("0!.0,\"万㎡\"", 2.046_08, "万㎡"),
            ("0\".\"0000\"万㎡\"", 2.046_08, "万㎡"),
            ("0.00,\"千平方米\"", 20.4608, "千平方米"),
            ("0,.00\"千平方米\"", 20.4608, "千平方米"),
        ] {
            let shown = Format::parse(format).shown(20460.8).unwrap_or_else(|| panic!("{format}"));
            assert_eq!((shown.number, shown.behind.as_str()), (number, behind), "{format}");
        }
        for format in ["General", "0.00", "#,##0.00_ ", "[Red]0.0", "0.00;\"亩\"0.00", "0.00E+00", ""] {
            assert_eq!(Format::parse(format).shown(20460.8), None, "{format}");
        }
    }

    #[test]
    fn whole_numbers_are_shown_digit_by_digit() {
        for (format, value, text) in [
            ("0000", 42.0, Some("0042")),
            ("\"JS\"0000\"-\"000", 405_001.0, Some("JS0405-001")),
            ("\"JS\"0000\"-\"000", 12_345_678.0, Some("JS12345-678")),
            ("\"A-\"##", 7.0, Some("A-7")),
            ("000-000", 405_001.0, Some("405-001")),
            ("[=1]\"闲置\";[=2]\"已供\";G/通用格式", 1.0, Some("闲置")),
            ("\"第\"General\"号\"", 12.0, Some("第12号")),
            ("\"A\"0.0", 12.0, None),
            ("\"A\"0,", 12.0, None),
            ("\"A\"0", 1.5, None),
            ("[DBNum1]\"第\"0\"号\"", 12.0, None),
        ] {
            let shown = Format::parse(format).shown(value).unwrap_or_else(|| panic!("{format}"));
            assert_eq!(shown.text.as_deref(), text, "{format}");
        }
        assert_eq!(Format::parse("0").shown(42.0), None);
        assert_eq!(Format::parse("0000").shown(4200.0), None);
    }
}
