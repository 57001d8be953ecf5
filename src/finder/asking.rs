//! What of a sentence is the name that is asked for?
//!
//! In: a text such as `沌口在哪里？` or `where is Zhuankou`. Out: the name in it. Leaves out: what is asked of the place.
//!
//! The phrases are those of the language; a name that begins or ends like one is found before its phrase is taken off, since
//! the whole text is looked for first.

use crate::model::{case_folded, narrowed};

const PHRASES: &str = include_str!("asking.txt");

/// The text without what is said around a name; `None` where nothing is.
pub fn bare(text: &str) -> Option<String> {
    let narrow = narrowed(text);
    let folded = case_folded(&narrow);
    let whole = trimmed(&folded);
    let mut rest = whole;
    while let Some(less) = less(rest) {
        rest = less;
    }
    (rest != whole).then(|| rest.to_owned())
}

/// The text without the longest phrase at one of its ends.
fn less(text: &str) -> Option<&str> {
    let lines = PHRASES.lines().filter(|line| !line.starts_with('#'));
    let phrases = lines.filter_map(|line| line.split_once(' '));
    let cut = |(place, phrase): (&str, &str)| {
        let rest = if place == "before" { text.strip_prefix(phrase)? } else { text.strip_suffix(phrase)? };
        let beside = if place == "before" { rest.chars().next() } else { rest.chars().next_back() };
        let is_parted =
            !phrase.is_ascii() || place == "joined" || beside.is_some_and(|c| !c.is_ascii_alphanumeric());
        let rest = trimmed(rest);
        // A single character may be the beginning of a name, so that a name must be left.
        let least = if phrase.chars().count() == 1 { 2 } else { 1 };
        (is_parted && rest.chars().count() >= least).then_some((phrase.len(), rest))
    };
    phrases.filter_map(cut).max_by_key(|(length, _)| *length).map(|(_, rest)| rest)
}

fn trimmed(text: &str) -> &str {
    text.trim_matches(|c: char| !c.is_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_taken_out_of_a_question() {
        let cases = [
            ("沌口在哪里？", Some("沌口")),
            ("请问江汉大学在什么地方", Some("江汉大学")),
            ("我想去 南太子湖", Some("南太子湖")),
            ("离汉南通航机场最近的", Some("汉南通航机场")),
            ("Where is the Third Ring Road?", Some("third ring road")),
            ("how do I get to junshan bridge", Some("junshan bridge")),
            ("where's the innovation valley", Some("innovation valley")),
            ("zhuankouzainali", Some("zhuankou")),
            ("zhuankou zai na li", Some("zhuankou")),
            ("ｗｈｅｒｅ　ｉｓ　沌口", Some("沌口")),
            ("地块JS0605-057在哪", Some("js0605-057")),
            ("沌口", None),
            ("thermal park", None),
            ("finder", None),
            ("去", None),
            ("到湖", None),
            ("?", None),
        ];
        for (text, want) in cases {
            assert_eq!(bare(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn every_phrase_has_a_place() {
        for line in PHRASES.lines().filter(|line| !line.starts_with('#')) {
            let (place, phrase) = line.split_once(' ').expect("a place and a phrase");
            assert!(["before", "after", "joined"].contains(&place), "{line}");
            assert_eq!(phrase, phrase.trim().to_lowercase(), "{line}");
        }
    }
}
