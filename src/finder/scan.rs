//! Which texts of a layer are meant by what was typed, and how well do they fit?
//!
//! In: the names of a layer and a typed text in its forms. Out: matches, each text once with its best. Leaves out: which
//! features have the text, and how much their kinds weigh.
//!
//! A number says how well a match fits; only its order has a meaning. An exact code stands above an exact id, that above an
//! exact name, another name, syllables. Then come beginnings, then what begins inside, first letters, parts with
//! something left out between them, and slips. Within each of these the share of the text that was typed decides, and
//! whether it goes to the end: in Chinese and in English the thing itself is named last.

use std::collections::HashMap;

use memchr::memmem;

use super::forms::Typed;
use super::keys::{Keys, Run};
use super::names::{LayerNames, Role};

/// Places of a run that are looked at, of each layer; in so many the first are as good as the others.
const MOST_PLACES: usize = 256;

/// Texts that are held against typed parts.
pub const MOST_TRIED: usize = 500;

/// The most that the share of the text adds.
const SHARE: i32 = 60;

/// What the end of a text adds.
const TAIL: i32 = 30;

/// What a name that is not the first costs.
const ALIAS: i32 = 20;

/// From here on a match is meant; below are parts far apart.
const FIRM: i32 = 540;

/// From here on a match is the whole text.
const WHOLE: i32 = 1000;

/// Where a match was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Table {
    /// Letters of a name.
    Letters,
    /// Its syllables.
    Spoken,
    /// Its first letters.
    Initials,
    /// The codes of this number.
    Code(usize),
    /// Parts of its letters or syllables.
    Parts,
}

/// A text that is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Match {
    /// Where.
    pub table: Table,
    /// Number of the text, or of the code.
    pub text: u32,
    /// Number of the key.
    pub key: u32,
    /// Byte of the key where it begins.
    pub from: usize,
    /// Bytes of the key.
    pub length: usize,
    /// Was something forgiven?
    pub is_typo: bool,
    /// How well it fits.
    pub fits: i32,
}

/// What is looked for where, and what it is worth there.
struct Look<'a> {
    table: Table,
    text: &'a str,
    /// What was typed was read aloud first, so the letters need not be those of the name.
    is_homophone: bool,
    /// What is not exactly what was typed costs this.
    cost: i32,
}

/// The matches of a layer, the best of each text.
pub struct Scan<'a> {
    pub(super) names: &'a LayerNames,
    best: HashMap<(bool, u32), Match>,
    /// Is all of a text made of what was typed, in whatever order?
    is_covered: bool,
    is_slipped: bool,
}

impl<'a> Scan<'a> {
    /// Nothing is found yet.
    pub fn new(names: &'a LayerNames) -> Self {
        Self { names, best: HashMap::new(), is_covered: false, is_slipped: false }
    }

    /// How many texts are found.
    pub fn len(&self) -> usize {
        self.best.len()
    }

    /// How many of them fit so well that nothing needs to be forgiven.
    pub fn firm(&self) -> usize {
        self.best.values().filter(|found| found.fits >= FIRM).count()
    }

    /// Is anything found with a slip?
    pub fn is_slipped(&self) -> bool {
        self.is_slipped
    }

    /// Is a whole text what was typed, letter for letter, syllable for syllable, or in another order?
    pub fn is_whole(&self) -> bool {
        self.is_covered || self.best.values().any(|found| !found.is_typo && found.fits >= WHOLE)
    }

    /// The matches.
    pub fn into_matches(self) -> Vec<Match> {
        self.best.into_values().collect()
    }

    /// What holds the typed text as it is. `cost` is that of a text that is only meant the same.
    pub fn exactly(&mut self, typed: &Typed, cost: i32) {
        let look = |table, text| Look { table, text, is_homophone: false, cost };
        self.runs(&look(Table::Letters, &typed.letters), 0);
        if typed.has_han {
            for spoken in &typed.spoken {
                self.runs(&Look { is_homophone: true, ..look(Table::Spoken, spoken) }, 0);
            }
        } else {
            for text in [Some(&typed.letters), typed.toneless.as_ref()].into_iter().flatten() {
                self.runs(&look(Table::Spoken, text), 0);
            }
            if typed.letters.len() > 1 {
                self.runs(&look(Table::Initials, &typed.letters), 0);
            }
            for code in 0..self.names.codes.len() {
                self.runs(&look(Table::Code(code), &typed.letters), 0);
                if let Some(meant) = &typed.digits {
                    self.runs(&Look { is_homophone: true, ..look(Table::Code(code), meant) }, 0);
                }
            }
        }
        if let Some(section) = &typed.section {
            self.section(section);
        }
    }

    /// What holds the typed text but for one slip, or for two in a longer text.
    pub fn nearly(&mut self, typed: &Typed, slips: u8) {
        let look = |table, text| Look { table, text, is_homophone: false, cost: 0 };
        let letters = &typed.letters;
        if slips == 1 && self.firm() == 0 {
            self.words_nearly(&typed.words);
        }
        if slips <= most_slips(letters) {
            self.runs(&look(Table::Letters, letters), slips);
        }
        if typed.has_han {
            // Who meant other characters that sound nearly alike is rarer than who took one wrong.
            let spoken = typed.spoken.iter().filter(|spoken| slips <= most_slips(spoken));
            for spoken in spoken.take(if self.is_slipped() { 0 } else { usize::MAX }) {
                self.runs(&Look { is_homophone: true, ..look(Table::Spoken, spoken) }, slips);
            }
            return;
        }
        let spoken = typed.toneless.as_ref().unwrap_or(letters);
        if slips <= most_slips(spoken) {
            self.runs(&look(Table::Spoken, spoken), slips);
        }
        if letters.len() > LEAST_CODE && slips == 1 {
            for code in 0..self.names.codes.len() {
                self.runs(&look(Table::Code(code), letters), slips);
            }
        }
    }

    /// What begins as the typed text does and goes on otherwise: of `春笋大楼` 春笋. The longest such beginning counts.
    pub fn beginnings(&mut self, typed: &Typed) {
        let tables: &[Table] =
            if typed.has_han { &[Table::Letters] } else { &[Table::Letters, Table::Spoken] };
        let least = if typed.has_han { 2 } else { LEAST_BEGINNING.max(typed.letters.len() * 2 / 5) };
        for &table in tables {
            let keys = self.keys(table);
            let mut longest = keys.beginnings(&typed.letters).into_iter().skip(least.saturating_sub(1));
            if let Some([heads, _]) = longest.rfind(|[heads, _]| !heads.places.is_empty()) {
                let text = &typed.letters[..heads.length];
                let look = Look { table, text, is_homophone: false, cost: BEGINNING_COST };
                for place in heads.places.clone().take(MOST_PLACES) {
                    self.one(keys, &look, &heads, place);
                }
            }
        }
    }

    /// What holds parts of the typed text with something between them: its words in any order, or its letters in theirs.
    pub fn in_parts(&mut self, typed: &Typed) {
        if !typed.words.is_empty() {
            self.words(&typed.words);
        }
        let mut tried = 0;
        let is_latin = |c: char| c.is_ascii_alphabetic();
        if typed.has_han && !typed.letters.contains(is_latin) {
            self.split(&typed.letters, Table::Letters, 1, &mut tried);
            if self.firm() == 0 {
                self.in_any_order(&typed.letters);
            }
        } else if !typed.has_han && typed.words.is_empty() {
            let letters = typed.toneless.as_ref().unwrap_or(&typed.letters);
            self.split(letters, Table::Spoken, 3, &mut tried);
            self.split(letters, Table::Letters, 4, &mut tried);
            if self.firm() == 0 {
                self.split(letters, Table::Initials, 2, &mut tried);
            }
        }
    }

    /// Texts that hold the characters in another order, as where parts of a name are exchanged. The rarest
    /// neighbours lead to them.
    fn in_any_order(&mut self, typed: &str) {
        let letters: Vec<char> = typed.chars().collect();
        if letters.len() < LEAST_IN_ANY_ORDER {
            return;
        }
        let pairs =
            letters.windows(2).map(|pair| self.names.letters.exact(String::from_iter(pair).as_bytes()));
        let mut pairs: Vec<_> = pairs.collect();
        pairs.sort_by_key(places);
        let mut sorted = letters;
        sorted.sort_unstable();
        let all = pairs.iter().flatten().flat_map(|run| run.places.clone().map(move |at| (run, at)));
        for (run, at) in all.take(MOST_TRIED) {
            let text = self.names.letters.found(run, at).key;
            let written = std::str::from_utf8(self.names.letters.key(text)).unwrap_or_default();
            let mut held: Vec<char> = written.chars().collect();
            held.sort_unstable();
            let mut rest = held.iter();
            let holds = sorted.iter().all(|letter| rest.any(|other| other == letter));
            if holds && self.names.roles[text as usize] != Role::Section {
                self.keep_parts(text, 500, typed.len());
            }
        }
    }

    pub(super) fn keys(&self, table: Table) -> &'a Keys {
        match table {
            Table::Letters | Table::Parts => &self.names.letters,
            Table::Spoken => &self.names.spoken,
            Table::Initials => &self.names.initials,
            Table::Code(code) => &self.names.codes[code].keys,
        }
    }

    pub(super) fn text_of(&self, table: Table, key: u32) -> u32 {
        match table {
            Table::Spoken => self.names.spoken_of[key as usize],
            Table::Initials => self.names.initials_of[key as usize],
            _ => key,
        }
    }

    fn runs(&mut self, look: &Look<'_>, slips: u8) {
        let keys = self.keys(look.table);
        let runs =
            if slips == 0 { keys.exact(look.text.as_bytes()).to_vec() } else { keys.near(look.text, slips) };
        let mut left = MOST_PLACES;
        for run in runs {
            let places = run.places.len().min(left);
            if slips > 0 {
                left -= places;
            }
            for at in run.places.clone().take(places) {
                self.one(keys, look, &run, at);
            }
        }
    }

    fn one(&mut self, keys: &Keys, look: &Look<'_>, run: &Run, at: usize) {
        let found = keys.found(run, at);
        let text = self.text_of(look.table, found.key);
        let role = match look.table {
            Table::Code(_) => Role::Name,
            _ => self.names.roles[text as usize],
        };
        if role == Role::Section {
            return;
        }
        let is_whole = run.at_head && found.to_end;
        let is_word = look.table == Table::Letters && look.text.is_ascii();
        let mut fits = if run.slips > 0 {
            let base = if is_whole {
                560
            } else if run.at_head {
                520
            } else {
                480
            };
            base - 100 * (i32::from(run.slips) - 1) - if look.table == Table::Spoken { 20 } else { 0 }
        } else {
            worth(look.table, role, run.at_head, is_whole, is_word)
        };
        let is_guess = look.is_homophone || run.slips > 0;
        self.is_slipped |= run.slips > 0;
        if look.is_homophone {
            fits -= 100;
        }
        if look.cost > 0 && is_whole && fits > worth(Table::Letters, Role::Alias, true, true, false) {
            // What is only meant the same is no exact name.
            fits = worth(Table::Letters, Role::Alias, true, true, false);
        }
        let length = keys.key(found.key).len();
        fits += share(run.length, length) - look.cost;
        if found.to_end && !run.at_head {
            fits += TAIL;
        }
        if role == Role::Alias && !is_whole {
            fits -= ALIAS;
        }
        self.keep(Match {
            table: look.table,
            text,
            key: found.key,
            from: found.from,
            length: run.length,
            is_typo: is_guess,
            fits,
        });
    }

    pub(super) fn keep(&mut self, found: Match) {
        let of = (matches!(found.table, Table::Code(_)), found.text);
        let best = self.best.entry(of).or_insert(found);
        if found.fits > best.fits {
            *best = found;
        }
    }

    /// Sections with this number, and those below it.
    fn section(&mut self, section: &str) {
        let keys = &self.names.letters;
        let [heads, _] = keys.exact(section.as_bytes());
        for at in heads.places.clone().take(MOST_PLACES) {
            let found = keys.found(&heads, at);
            if self.names.roles[found.key as usize] != Role::Section {
                continue;
            }
            // 3.1 goes on with 3.1.4, not with 3.10.
            let below = keys.key(found.key).get(section.len()).is_none_or(|next| !next.is_ascii_digit());
            if found.to_end || below {
                self.keep(Match {
                    table: Table::Letters,
                    text: found.key,
                    key: found.key,
                    from: 0,
                    length: section.len(),
                    is_typo: false,
                    fits: if found.to_end { 900 } else { 560 },
                });
            }
        }
    }

    /// Keeps a text that holds `typed` bytes in parts.
    pub(super) fn keep_parts(&mut self, text: u32, fits: i32, typed: usize) {
        let length = self.names.letters.key(text).len();
        self.is_covered |= typed >= length;
        let fits = fits + share(typed, length);
        let fits = fits - if self.names.roles[text as usize] == Role::Alias { ALIAS } else { 0 };
        self.keep(Match { table: Table::Parts, text, key: text, from: 0, length: 0, is_typo: false, fits });
    }

    /// Texts that hold the letters in their order: each way to part them in two leads to the texts with the rarer half.
    fn split(&mut self, typed: &str, table: Table, least: usize, tried: &mut usize) {
        let keys = self.keys(table);
        let letters: Vec<usize> = typed.char_indices().map(|(at, _)| at).collect();
        let mut rarest: Vec<[Run; 2]> = Vec::new();
        for (left, at) in keys.beginnings(typed).into_iter().skip(least.saturating_sub(1)).zip(least..) {
            if at + least > letters.len() {
                break;
            }
            let is_rare = places(&left) <= RARE;
            let right = (!is_rare).then(|| keys.exact(&typed.as_bytes()[letters[at]..]));
            rarest.push(right.filter(|right| places(right) < places(&left)).unwrap_or(left));
        }
        if typed_is_han(typed) {
            // An abbreviation takes one character here and one there: its rarest leads to all texts that hold it.
            let alone =
                typed.char_indices().map(|(at, c)| keys.exact(&typed.as_bytes()[at..at + c.len_utf8()]));
            rarest.extend(alone.min_by_key(places));
        }
        rarest.sort_by_key(places);
        for run in rarest.iter().flatten() {
            for at in run.places.clone() {
                *tried += 1;
                if *tried > MOST_TRIED {
                    return;
                }
                let key = keys.found(run, at).key;
                let text = self.text_of(table, key);
                let written = keys.key(key);
                let Some(parts) = in_order(typed, written) else { continue };
                if self.names.roles[text as usize] == Role::Section || parts > 4 {
                    continue;
                }
                if table == Table::Letters && !typed_is_han(typed) && parts > 2
                    || matches!(table, Table::Spoken | Table::Initials) && parts > 2
                {
                    continue;
                }
                let parts = i32::try_from(parts).unwrap_or(4);
                let base = if table == Table::Initials { 520 } else { 580 };
                let letters = typed.len() * self.names.letters.key(text).len() / written.len().max(1);
                self.keep_parts(text, base - 40 * parts, letters);
            }
        }
    }
}

/// Letters that a beginning has at least, and what it costs that the text goes on otherwise.
const LEAST_BEGINNING: usize = 6;
const BEGINNING_COST: i32 = 420;

/// Places that are looked at rather than that fewer are looked for.
const RARE: usize = 32;

/// Characters of a text whose order is forgiven: of fewer too many names are made.
const LEAST_IN_ANY_ORDER: usize = 4;

/// Codes shorter than this are not guessed at.
const LEAST_CODE: usize = 6;

/// How many slips are forgiven in a text: a character says as much as two letters.
fn most_slips(text: &str) -> u8 {
    match (text.chars().count(), typed_is_han(text)) {
        (0..=2, _) | (3, false) => 0,
        (3..=5, _) | (6..=7, false) => 1,
        _ => 2,
    }
}

pub fn places(runs: &[Run; 2]) -> usize {
    runs.iter().map(|run| run.places.len()).sum()
}

fn typed_is_han(typed: &str) -> bool {
    !typed.is_ascii()
}

/// What a match without slips is worth.
fn worth(table: Table, role: Role, at_head: bool, is_whole: bool, is_word: bool) -> i32 {
    match (table, at_head, is_whole) {
        (Table::Code(_), _, true) => 1500,
        (Table::Code(_), true, _) => 820,
        (Table::Code(_), false, _) => 650,
        (Table::Letters | Table::Parts, _, true) => {
            if role == Role::Name {
                1300
            } else {
                1100
            }
        }
        (Table::Letters | Table::Parts, true, _) => 780,
        (Table::Letters | Table::Parts, false, _) => 700 + if is_word { 40 } else { 0 },
        (Table::Spoken, _, true) => 1000,
        (Table::Spoken, true, _) => 760,
        (Table::Spoken, false, _) => 680,
        (Table::Initials, _, true) => 720,
        (Table::Initials, true, _) => 640,
        (Table::Initials, false, _) => 540,
    }
}

pub fn share(typed: usize, of: usize) -> i32 {
    if of == 0 {
        return 0;
    }
    i32::try_from(typed.min(of)).unwrap_or(0) * SHARE / i32::try_from(of).unwrap_or(i32::MAX)
}

/// In how many pieces without a gap the letters stand in a key, each after the one before; `None` when they do not.
pub fn in_order(typed: &str, key: &[u8]) -> Option<usize> {
    runs_in_order(typed, key).map(|runs| runs.len())
}

/// Where the letters stand in a key, in their order: bytes from and to, as few pieces as a look ahead gives.
pub fn runs_in_order(typed: &str, key: &[u8]) -> Option<Vec<(usize, usize)>> {
    let mut runs = Vec::new();
    let (mut rest, mut at) = (typed, 0);
    while !rest.is_empty() {
        // The longest beginning of what is left that stands behind what was found.
        let ends = rest.char_indices().map(|(at, c)| at + c.len_utf8()).rev();
        let found = ends.into_iter().find_map(|end| {
            let place = memmem::find(key.get(at..)?, &rest.as_bytes()[..end])?;
            Some((at + place, end))
        });
        let (place, length) = found?;
        runs.push((place, place + length));
        at = place + length;
        rest = &rest[length..];
    }
    Some(runs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_stand_in_order_with_gaps() {
        let key = "海尔武汉工业园".as_bytes();
        assert_eq!(runs_in_order("海尔工业园", key), Some(vec![(0, 6), (12, 21)]));
        assert_eq!(in_order("海尔武汉工业园", key), Some(1));
        assert_eq!(in_order("海武园", key), Some(3));
        assert_eq!(in_order("园海", key), None);
        assert_eq!(in_order("海尔", b""), None);
    }

    #[test]
    fn what_fits_better_is_worth_more() {
        let order = [
            worth(Table::Code(0), Role::Name, true, true, false),
            worth(Table::Letters, Role::Name, true, true, false),
            worth(Table::Letters, Role::Alias, true, true, false),
            worth(Table::Spoken, Role::Name, true, true, false),
            worth(Table::Code(0), Role::Name, true, false, false),
            worth(Table::Letters, Role::Name, true, false, false),
            worth(Table::Letters, Role::Name, false, false, true),
            worth(Table::Letters, Role::Name, false, false, false),
            worth(Table::Initials, Role::Name, true, false, false),
        ];
        assert!(order.is_sorted_by(|a, b| a > b), "{order:?}");
        // No bonus lifts another name to an exact one: share, kind and window add less than their distance.
        assert!(order[1] > order[2] + SHARE + 80 + 40);
    }
}
