//! Which names hold several typed words, in any order?
//!
//! In: the names of a layer and words, each letters, syllables or first letters. Out: matches, where all names of a feature
//! count together: of `沌口 station` one word stands in the Chinese and one in the English name. Leaves out: words that people say
//! around a name.
//!
//! The rarest word leads to the features that may be meant; whether these hold the other words is looked up.

use std::collections::HashSet;

use memchr::memmem;

use super::keys::Run;
use super::names::{Role, keys_of};
use super::scan::{MOST_TRIED, Match, Scan, Table, share};

/// Letters of a word in which a slip is forgiven.
const LEAST_SLIPPED_WORD: usize = 4;

/// Letters of a word that may be first letters, and that may be a part of syllables.
const INITIALS: std::ops::RangeInclusive<usize> = 2..=10;
const LEAST_SYLLABLE: usize = 3;

/// Features with a name that are looked at: many may be called alike.
const MOST_ALIKE: usize = 4;

/// Where words stand as they are written.
const WRITTEN: [Table; 2] = [Table::Letters, Table::Spoken];

impl Scan<'_> {
    /// Features whose names hold all the words.
    pub(super) fn words(&mut self, words: &[String]) {
        let all: Vec<Leads> = words.iter().map(|word| self.leads(word)).collect();
        let Some(leads) = all.iter().min_by_key(|leads| count(leads)) else { return };
        // A word that stands nowhere in a table need not be looked for there.
        let words: Vec<Word<'_>> =
            words.iter().zip(&all).map(|(word, leads)| Word::new(word, leads)).collect();
        let most = if self.firm() > 0 { MOST_TRIED / 4 } else { MOST_TRIED };
        let mut seen = HashSet::new();
        for text in self.candidates(leads, most) {
            let typed = words.iter().map(|word| word.letters.len()).sum();
            if words.iter().all(|word| self.holds(text, word)) {
                self.keep_parts(text, 600, typed);
                continue;
            }
            let rows = self.names.rows.of(text).iter().take(MOST_ALIKE);
            for &row in rows.filter(|row| seen.insert(**row)) {
                let texts = self.names.texts_of.of(row);
                if texts.len() > 1
                    && words.iter().all(|word| texts.iter().any(|&text| self.holds(text, word)))
                {
                    self.keep_parts(text, 560, typed);
                }
            }
        }
    }

    /// Texts that hold the words but for a slip in each; of three words or more, one may be missing. The two rarest words that
    /// stand somewhere lead to them; of none the longest, with its slip.
    pub(super) fn words_nearly(&mut self, words: &[String]) {
        if words.len() < 2 {
            return;
        }
        let mut leads: Vec<Leads> = words.iter().map(|word| self.leads(word)).collect();
        let known: Vec<Word<'_>> =
            words.iter().zip(&leads).map(|(word, leads)| Word::new(word, leads)).collect();
        for leads in &mut leads {
            leads.retain(|(table, _)| *table != Table::Initials);
        }
        leads.retain(|leads| count(leads) > 0);
        leads.sort_by_key(count);
        leads.truncate(2);
        if leads.is_empty() {
            let longest = words.iter().max_by_key(|word| word.chars().count());
            let longest = longest.filter(|word| word.chars().count() >= LEAST_SLIPPED_WORD);
            leads.extend(
                longest.map(|word| WRITTEN.map(|table| (table, self.keys(table).near(word, 1))).into()),
            );
        }
        let mut seen = HashSet::new();
        for text in leads.iter().flat_map(|leads| self.candidates(leads, MOST_TRIED / 2)).collect::<Vec<_>>()
        {
            if !seen.insert(text) {
                continue;
            }
            let held = known
                .iter()
                .filter(|word| self.holds(text, word) || self.holds_with_a_slip(text, word.letters));
            let (count, typed) =
                held.fold((0, 0), |(count, typed), word| (count + 1, typed + word.letters.len()));
            if count >= (words.len() - usize::from(words.len() > 2)).max(1) {
                let missing = i32::try_from(words.len() - count).unwrap_or(0);
                let fits = 460 - 60 * missing + share(typed, self.names.letters.key(text).len());
                self.keep(Match {
                    table: Table::Parts,
                    text,
                    key: text,
                    from: 0,
                    length: 0,
                    is_typo: true,
                    fits,
                });
            }
        }
    }

    /// The places of a word in every table that it may stand in.
    fn leads(&self, word: &str) -> Leads {
        let is_latin = word.is_ascii();
        let is_in = |table: &Table| match table {
            Table::Initials => is_latin && INITIALS.contains(&word.len()),
            Table::Spoken => is_latin && word.len() >= LEAST_SYLLABLE,
            _ => true,
        };
        let tables = [Table::Letters, Table::Spoken, Table::Initials].into_iter().filter(is_in);
        tables.map(|table| (table, self.keys(table).exact(word.as_bytes()).to_vec())).collect()
    }

    /// Texts at places, each once, sections left out.
    fn candidates(&self, leads: &Leads, most: usize) -> Vec<u32> {
        let mut seen = HashSet::new();
        let places = leads.iter().flat_map(|(table, runs)| {
            runs.iter().flat_map(move |run| run.places.clone().map(move |at| (*table, run, at)))
        });
        let texts = places
            .take(most)
            .map(|(table, run, at)| self.text_of(table, self.keys(table).found(run, at).key));
        texts.filter(|&text| self.names.roles[text as usize] != Role::Section && seen.insert(text)).collect()
    }

    /// The syllables of a text, in all its readings.
    fn spoken(&self, text: u32) -> impl Iterator<Item = &[u8]> {
        keys_of(&self.names.spoken_of, text).map(|key| self.names.spoken.key(key))
    }

    fn holds(&self, text: u32, word: &Word<'_>) -> bool {
        let is_in = |key: &[u8]| memmem::find(key, word.letters.as_bytes()).is_some();
        let initials = || keys_of(&self.names.initials_of, text).map(|key| self.names.initials.key(key));
        word.is_in(Table::Letters) && is_in(self.names.letters.key(text))
            || word.is_in(Table::Spoken) && self.spoken(text).any(is_in)
            || word.is_in(Table::Initials) && initials().any(is_in)
    }

    fn holds_with_a_slip(&self, text: u32, word: &str) -> bool {
        let word: Vec<char> = word.chars().collect();
        let is_in = |key: &[u8]| {
            let key: Vec<char> = std::str::from_utf8(key).unwrap_or_default().chars().collect();
            (0..key.len()).any(|at| goes_on(&key[at..], &word))
        };
        word.len() >= LEAST_SLIPPED_WORD
            && (is_in(self.names.letters.key(text)) || self.spoken(text).any(is_in))
    }
}

/// Places by table.
type Leads = Vec<(Table, Vec<Run>)>;

fn count(leads: &Leads) -> usize {
    leads.iter().flat_map(|(_, runs)| runs).map(|run| run.places.len()).sum()
}

/// A word, and in which tables it stands at all.
struct Word<'a> {
    letters: &'a str,
    tables: Vec<Table>,
}

impl<'a> Word<'a> {
    fn new(letters: &'a str, leads: &Leads) -> Self {
        let held = leads.iter().filter(|(_, runs)| runs.iter().any(|run| !run.places.is_empty()));
        Self { letters, tables: held.map(|(table, _)| *table).collect() }
    }

    fn is_in(&self, table: Table) -> bool {
        self.tables.contains(&table)
    }
}

/// Do letters go on with a word, but for one slip?
fn goes_on(letters: &[char], word: &[char]) -> bool {
    let Some(at) = word.iter().zip(letters).position(|(a, b)| a != b) else {
        return letters.len() + 1 >= word.len();
    };
    let (rest, left) = (&letters[at..], &word[at..]);
    rest.get(1..).is_some_and(|rest| rest.starts_with(&left[1..]) || rest.starts_with(left))
        || rest.starts_with(&left[1..])
        || left.len() > 1
            && rest.len() > 1
            && rest[0] == left[1]
            && rest[1] == left[0]
            && rest[2..].starts_with(&left[2..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_word_is_forgiven() {
        let letters = |text: &str| text.chars().collect::<Vec<_>>();
        for (key, word, want) in [
            ("manufacturing", "manufactoring", true),
            ("library", "librery", true),
            ("libraries", "librery", false),
            ("valley", "vally", true),
            ("valley", "valleey", true),
            ("valley", "vallye", true),
            ("port", "prot", true),
            ("port", "portt", true),
            ("po", "port", false),
            ("创新街区", "创新接区", true),
            ("", "port", false),
        ] {
            assert_eq!(goes_on(&letters(key), &letters(word)), want, "{key} {word}");
        }
    }
}
