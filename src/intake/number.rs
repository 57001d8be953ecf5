//! Numbers as people write them: a sign of a limit before, commas within, a unit behind.

use super::limit;
use crate::model::narrowed;

/// What the commas of a number mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Commas {
    /// They part groups of three digits.
    Groups,
    /// One, before three digits: of groups or of decimals.
    Either,
    /// One, which nothing but decimals can follow.
    Decimals,
}

/// A number as it is written.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Written {
    pub value: f64,
    /// A sign of a limit stands before it.
    pub is_limit: bool,
    pub commas: Option<Commas>,
    /// Its comma was read as that of decimals.
    pub has_decimal_comma: bool,
    /// What stands behind it, small.
    pub behind: String,
}

/// Reads a number. A comma that may mean either is one of decimals where `is_decimal` says so of its column.
pub(super) fn written(text: &str, is_decimal: bool) -> Option<Written> {
    let folded = narrowed(text);
    let mut bare = folded.trim();
    let limit = limit::leading(bare);
    bare = limit.map_or(bare, |(_, rest)| rest.trim());
    let end = bare
        .find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ',' | '-' | '+' | 'e' | 'E'))
        .unwrap_or(bare.len());
    let (number, behind) = bare.split_at(end);
    let commas = commas_of(number.trim_start_matches(['+', '-'])).ok()?;
    let has_decimal_comma = match commas {
        None | Some(Commas::Groups) => false,
        Some(Commas::Either) => is_decimal,
        Some(Commas::Decimals) => true,
    };
    let value: f64 = if has_decimal_comma {
        number.replace('.', "").replace(',', ".").parse()
    } else {
        number.replace(',', "").parse()
    }
    .ok()?;
    value.is_finite().then(|| Written {
        value,
        is_limit: limit.is_some(),
        commas,
        has_decimal_comma,
        behind: behind.trim().to_lowercase(),
    })
}

/// What commas mean by where they stand; an error where they stand as in no number.
fn commas_of(number: &str) -> Result<Option<Commas>, ()> {
    let Some((whole, rest)) = number.split_once(',') else { return Ok(None) };
    let are_digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let are_groups = |text: &str, sign: char| {
        text.split(sign).enumerate().all(|(at, group)| {
            are_digits(group) && if at == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 }
        })
    };
    match number.split_once('.') {
        // 1.234,5
        Some((before, _)) if !before.contains(',') => {
            let is_sound = are_groups(whole, '.') && are_digits(rest) && !rest.is_empty();
            if is_sound { Ok(Some(Commas::Decimals)) } else { Err(()) }
        }
        // 1,234.5
        Some((before, after)) if are_groups(before, ',') && !after.contains(',') => Ok(Some(Commas::Groups)),
        None if are_groups(number, ',') && !whole.starts_with('0') => {
            Ok(Some(if rest.contains(',') { Commas::Groups } else { Commas::Either }))
        }
        None if are_digits(whole) && are_digits(rest) && !rest.is_empty() => Ok(Some(Commas::Decimals)),
        _ => Err(()),
    }
}

/// A number from 0 on whose groups of three digits stand apart, without the spaces or apostrophes between.
pub(super) fn joined(text: &str) -> Option<String> {
    const GAPS: [char; 6] = [' ', '\u{A0}', '\u{2009}', '\u{202F}', '\'', '’'];
    let end = text.find(|c: char| !(c.is_ascii_digit() || GAPS.contains(&c))).unwrap_or(text.len());
    let whole = text[..end].trim_end();
    let mut groups = whole.split(GAPS);
    let first = groups.next().filter(|first| (1..=3).contains(&first.len()))?;
    let others: Vec<&str> = groups.collect();
    let is_grouped = !others.is_empty() && others.iter().all(|group| group.len() == 3);
    is_grouped.then(|| format!("{first}{}{}", others.concat(), &text[whole.len()..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_are_of_groups_or_of_decimals() {
        let read = |text: &str| written(text, false).map(|read| (read.value, read.commas));
        assert_eq!(read("1,234,567"), Some((1_234_567.0, Some(Commas::Groups))));
        assert_eq!(read("1,234.5"), Some((1234.5, Some(Commas::Groups))));
        assert_eq!(read("1,234"), Some((1234.0, Some(Commas::Either))));
        assert_eq!(written("1,234", true).map(|read| read.value), Some(1.234), "its column decides");
        for (text, value) in [
            ("1,17", 1.17),
            ("0,5", 0.5),
            ("0,125", 0.125),
            ("3365432,125", 3_365_432.125),
            ("１，５", 1.5),
            ("1.234,5", 1234.5),
            ("-0,5", -0.5),
        ] {
            assert_eq!(read(text), Some((value, Some(Commas::Decimals))), "{text}");
        }
        for text in ["1,2,3", "12,", "1,23.4", "1,234.5,6", "1.2,3.4", ",", ""] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn limits_and_units_stand_around_numbers() {
        let read = written("不大于 2.5 公顷", false).expect("a number");
        assert_eq!((read.value, read.is_limit, read.behind.as_str()), (2.5, true, "公顷"));
        assert_eq!(written("35％", false).map(|read| read.behind), Some("%".to_owned()));
        assert_eq!(written("约3", false), None);
    }
}
