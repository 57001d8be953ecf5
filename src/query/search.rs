//! Which texts hold the words that a request looks for?
//!
//! In: the parameter `q` (OGC API Features, Part 9, draft 24-031) and a text. Out: whether it is found. Leaves out:
//! ranking.
//!
//! A comma stands for OR. Words split by white space must come in their order with nothing but white space between
//! them. A word is found anywhere in a text, also inside another word: that is what the draft asks, and the only
//! way for Chinese, which has no spaces. Case does not matter, nor how a letter with an accent is written.

use memchr::memmem::Finder;

use super::Budget;
use super::predicate::{Predicate, Test, TextCondition, TextTest};
use super::scalar::Fold;
use crate::model::{Column, Domain, Element, Layer, case_folded};

/// Most phrases of a request; more would make each text a long work.
const MOST_PHRASES: usize = 32;

/// What to look for: one of these phrases, folded, their words split by one space.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search(Vec<Box<str>>);

impl Search {
    /// What [`parse`](Self::parse) takes.
    pub const EXPECTED: &'static str = "1 to 32 terms split by commas";

    /// Reads `term,several words,term`. `None` when nothing is looked for, or too much.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let phrases = text.split(',').map(single_spaced).filter(|phrase| !phrase.is_empty());
        let phrases: Vec<_> =
            phrases.map(|phrase| case_folded(&phrase).into()).take(MOST_PHRASES + 1).collect();
        (1..=MOST_PHRASES).contains(&phrases.len()).then_some(Self(phrases))
    }

    /// The predicate: one of the text fields, or an element of an array of texts, holds one of the phrases.
    pub(super) fn bind(&self, layer: &Layer, budget: &Budget) -> Predicate {
        let conditions =
            layer.schema.fields().filter_map(|(at, _)| match (layer.column(at), layer.domain(at)) {
                (Column::Text(_), _) => Some((at, TextCondition::Holds(self.finder()))),
                (_, Domain::Arrays(Element::Text)) => Some((at, TextCondition::ElementHolds(self.finder()))),
                _ => None,
            });
        let test =
            |(at, condition)| Test::Text(TextTest::new(at, vec![Fold::Case], condition, layer, budget));
        Predicate::Or(conditions.map(test).map(Predicate::Test).collect())
    }

    fn finder(&self) -> Phrases {
        Phrases(self.0.iter().map(|phrase| Finder::new(phrase.as_bytes()).into_owned()).collect())
    }
}

/// Phrases made ready for many texts.
#[derive(Debug, Clone)]
pub struct Phrases(Vec<Finder<'static>>);

impl Phrases {
    /// Does the text, folded, hold one of them?
    pub fn stand_in(&self, folded: &str) -> bool {
        let is_even =
            |text: &str| !text.contains("  ") && text.chars().all(|c| c == ' ' || !c.is_whitespace());
        // UTF-8 is self-synchronising: bytes are found only where characters are.
        let found = |text: &str| self.0.iter().any(|phrase| phrase.find(text.as_bytes()).is_some());
        if is_even(folded) { found(folded) } else { found(&single_spaced(folded)) }
    }

    /// Does a text of an array of texts hold one of them?
    pub fn stand_in_array(&self, json: &str) -> bool {
        let texts: Vec<String> = serde_json::from_str(json).unwrap_or_default();
        texts.iter().any(|text| self.stand_in(&case_folded(text)))
    }
}

/// The words of a text with one space between them.
fn single_spaced(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_found_whatever_their_case_and_spaces() {
        let cases = [
            ("park", "Donghe Industrial PARK", true),
            ("ark", "Donghe Industrial Park", true),
            ("industrial park", "Donghe Industrial \t Park", true),
            ("industrial%park", "Donghe Industrial Park", false),
            ("park industrial", "Industrial Park", false),
            ("industrial  park", "Industrial\u{3000}Park", true),
            ("donghe park", "Donghe Industrial Park", false),
            ("lake,park", "Industrial Park", true),
            ("lake,sea", "Industrial Park", false),
            (" ,park,", "Industrial Park", true),
            ("太子", "南太子湖", true),
            ("子太", "南太子湖", false),
            ("strasse", "Straße", true),
            ("STRASSE", "Straße", true),
            ("cafe\u{301}", "Café", true),
            ("cafe", "Café", false),
            ("σισυφος", "ΣΙΣΥΦΟΣ", true),
            ("industrialpark", "Industrial Park", false),
        ];
        for (q, text, want) in cases {
            let search = Search::parse(q).expect("a search");
            assert_eq!(search.finder().stand_in(&case_folded(text)), want, "{q:?} in {text:?}");
        }
    }

    #[test]
    fn a_phrase_does_not_reach_from_one_element_to_the_next() {
        let search = Search::parse("b c").expect("a search").finder();
        assert!(search.stand_in_array(r#"["a","B C"]"#));
        assert!(!search.stand_in_array(r#"["a b","c"]"#));
        assert!(!search.stand_in_array(r#"["b\",\"c"]"#));
    }

    #[test]
    fn nothing_and_too_much_are_no_searches() {
        let many = |count: usize| vec!["a"; count].join(",");
        for text in ["", " ", ",", " , \t", &many(33)] {
            assert_eq!(Search::parse(text), None, "{text:?}");
        }
        assert!(Search::parse(&many(32)).is_some());
    }
}
