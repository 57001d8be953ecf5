//! How are Chinese characters read aloud, in the places where they stand?
//!
//! In: a text. Out: for each Han character its syllables without tones, the likeliest first. Leaves out: tones, which
//! nobody types when looking for a place.
//!
//! A character alone has the reading of the tables of Unicode. Words decide where it has several: those of the data come
//! before those of `readings.txt`, longer ones before shorter ones.

use std::collections::HashMap;

use pinyin::ToPinyin as _;

/// General words: those of the language, and the places every map has.
const GENERAL: &str = include_str!("readings.txt");

/// Readings of words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readings {
    /// By their first character, longest first.
    words: HashMap<char, Vec<Word>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Word {
    text: Vec<char>,
    /// Of each character, the likeliest first.
    syllables: Vec<Vec<Box<str>>>,
}

impl Readings {
    /// The general readings, and before them those of the data: words and their syllables, split by spaces. A word whose
    /// syllables do not fit its characters is left out; [`fits`] tells.
    pub fn new<'a>(own: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut readings = Self { words: HashMap::new() };
        for (text, syllables) in own {
            readings.add(text, syllables, true);
        }
        let lines = GENERAL.lines().filter(|line| !line.starts_with('#'));
        for (text, syllables) in lines.filter_map(|line| line.split_once(' ')) {
            readings.add(text, syllables, false);
        }
        for words in readings.words.values_mut() {
            // The order among words of one length stays: those of the data come first.
            words.sort_by_key(|word| std::cmp::Reverse(word.text.len()));
        }
        readings
    }

    fn add(&mut self, text: &str, syllables: &str, is_local: bool) {
        if !fits(text, syllables) {
            return;
        }
        let text: Vec<char> = text.chars().collect();
        let syllables = syllables.split_whitespace().zip(&text).map(|(written, &c)| {
            let mut all: Vec<Box<str>> = written.split('/').flat_map(spelt).collect();
            // A stranger reads a local name as the dictionary does.
            if is_local {
                all.extend(
                    single(c).into_iter().filter(|usual| !written.split('/').any(|own| own == &**usual)),
                );
            }
            all
        });
        let syllables = syllables.collect();
        if let Some(&first) = text.first() {
            self.words.entry(first).or_default().push(Word { text, syllables });
        }
    }

    /// The syllables of each character of a text; none for what is not read in syllables.
    pub fn of(&self, text: &[char]) -> Vec<Vec<Box<str>>> {
        let mut read = Vec::with_capacity(text.len());
        while read.len() < text.len() {
            let rest = &text[read.len()..];
            let words = self.words.get(&rest[0]).map_or(&[][..], Vec::as_slice);
            match words.iter().find(|word| rest.starts_with(&word.text)) {
                Some(word) => read.extend(word.syllables.iter().cloned()),
                None => read.push(single(rest[0])),
            }
        }
        read
    }
}

/// Are there as many syllables as characters, all of letters?
#[must_use]
pub fn fits(text: &str, syllables: &str) -> bool {
    let letters = |syllable: &str| {
        syllable
            .split('/')
            .all(|one| !one.is_empty() && one.chars().all(|c| c.is_ascii_lowercase() || c == 'ü'))
    };
    !text.is_empty()
        && text.chars().count() == syllables.split_whitespace().count()
        && syllables.split_whitespace().all(letters)
}

/// Is the character read in a syllable?
pub fn is_read(c: char) -> bool {
    c.to_pinyin().is_some()
}

fn single(c: char) -> Vec<Box<str>> {
    c.to_pinyin().map_or_else(Vec::new, |reading| spelt(reading.plain()).collect())
}

/// ü is typed v on most keyboards, and read u by those who do not know it.
fn spelt(syllable: &str) -> impl Iterator<Item = Box<str>> + use<> {
    let replaced = |by: &str| syllable.replace('ü', by).into_boxed_str();
    let both =
        if syllable.contains('ü') { vec![replaced("v"), replaced("u")] } else { vec![syllable.into()] };
    both.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(readings: &Readings, text: &str) -> String {
        let chars: Vec<char> = text.chars().collect();
        readings.of(&chars).iter().map(|all| all.join("/")).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn words_decide_how_a_character_is_read() {
        let general = Readings::new(std::iter::empty());
        let cases = [
            ("重庆", "chong qing"),
            ("重点", "zhong dian"),
            ("长沙", "chang sha"),
            ("长江", "chang jiang"),
            ("校长", "xiao zhang"),
            ("银行", "yin hang"),
            ("行政", "xing zheng"),
            ("大厦", "da sha"),
            ("厦门", "xia men"),
            ("成都", "cheng du"),
            ("乐清", "yue qing"),
            ("快乐", "kuai le/yue"),
            ("音乐厅", "yin yue ting"),
            ("车谷", "che gu"),
            ("校区", "xiao qu"),
            ("会计", "kuai ji"),
            ("省会", "sheng hui"),
            ("绿地", "lv/lu di"),
            ("海尔", "hai er"),
            ("黄陂", "huang pi"),
            ("长鑫", "chang/zhang xin"),
        ];
        for (text, want) in cases {
            assert_eq!(read(&general, text), want, "{text}");
        }
    }

    #[test]
    fn every_line_of_the_general_readings_fits() {
        let lines = GENERAL.lines().filter(|line| !line.starts_with('#'));
        let bad: Vec<_> =
            lines.filter(|line| !line.split_once(' ').is_some_and(|(a, b)| fits(a, b))).collect();
        assert!(bad.is_empty(), "{bad:?}");
    }

    #[test]
    fn the_data_says_how_its_names_are_read() {
        let own = Readings::new([("沌", "zhuan"), ("沌口", "zhuan kou"), ("broken", "a b")].into_iter());
        assert_eq!(read(&own, "沌口街道"), "zhuan/dun kou jie dao");
        assert_eq!(read(&own, "混沌"), "hun zhuan/dun");
        assert!(fits("沌口", "zhuan kou") && !fits("沌口", "zhuan") && !fits("沌口", "Zhuan kou"));
    }
}
