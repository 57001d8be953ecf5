//! Which texts hold these letters at a place where one begins to read?
//!
//! In: keys, each with the offsets in it where reading may begin. Out: for letters, all places that go on with them,
//! exactly or with a few slips. Leaves out: what a key was made of, and which answer is better.
//!
//! All keys stand in one run of bytes, each with a zero behind it, and a place is an offset of four bytes. Places are
//! sorted by what follows them, so that letters are found by halving, and a key that ends sorts before one that goes on.

use std::ops::Range;

/// Bytes that all keys of a table may take; offsets have 32 bits.
const MOST_BYTES: usize = u32::MAX as usize - 1;

/// Narrowings that one search for slips may take; beyond it the search ends with what it has.
const MOST_STEPS: u32 = 1_000;

/// Bytes of a block: a few keys, so that the key of a place is found by one look and some steps.
const BLOCK: usize = 64;

/// A sorted table of keys.
#[derive(Debug, Default)]
pub struct Keys {
    bytes: Vec<u8>,
    /// Where the zero behind each key stands.
    ends: Vec<u32>,
    /// For each block of bytes the first key that ends in or behind it.
    blocks: Vec<u32>,
    /// Places at the beginning of a key, sorted by what follows.
    heads: Vec<u32>,
    /// All other places, sorted by what follows.
    inner: Vec<u32>,
}

/// A run of places that agree in what was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Do they stand at the beginning of their keys?
    pub at_head: bool,
    /// Positions in the sorted places.
    pub places: Range<usize>,
    /// How many bytes of each key were matched.
    pub length: usize,
    /// Letters that were left out, added, exchanged or swapped.
    pub slips: u8,
}

/// Where something was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// Number of the key.
    pub key: u32,
    /// Byte of the key where it begins.
    pub from: usize,
    /// Does the key end with it?
    pub to_end: bool,
}

impl Keys {
    /// Adds a key; its number is the count of keys before it. Keys beyond the room of the table are empty.
    pub fn push(&mut self, key: &str, starts: impl Iterator<Item = usize>) {
        if self.bytes.len() + key.len() < MOST_BYTES {
            let base = self.bytes.len();
            self.bytes.extend_from_slice(key.as_bytes());
            for start in starts {
                let places = if start == 0 { &mut self.heads } else { &mut self.inner };
                places.push(offset(base + start));
            }
        }
        self.ends.push(offset(self.bytes.len()));
        self.bytes.push(0);
    }

    /// Sorts the places; before that nothing is found.
    pub fn sort(&mut self) {
        let Self { bytes, ends, blocks, heads, inner } = self;
        bytes.shrink_to_fit();
        ends.shrink_to_fit();
        blocks.clear();
        for (key, &end) in ends.iter().enumerate() {
            let behind = end as usize / BLOCK + 1;
            if blocks.len() < behind {
                blocks.resize(behind, offset(key));
            }
        }
        *heads = sorted(bytes, heads);
        *inner = sorted(bytes, inner);
    }

    /// How many keys.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Bytes held.
    pub fn memory(&self) -> usize {
        self.bytes.capacity()
            + (self.ends.capacity() + self.blocks.capacity() + self.heads.capacity() + self.inner.capacity())
                * size_of::<u32>()
    }

    /// A key, as it was added.
    pub fn key(&self, key: u32) -> &[u8] {
        let at = key as usize;
        let start = if at == 0 { 0 } else { self.ends[at - 1] as usize + 1 };
        &self.bytes[start..self.ends[at] as usize]
    }

    /// What stands at a position of a run.
    pub fn found(&self, run: &Run, at: usize) -> Found {
        let place = self.places(run.at_head)[at];
        let mut key = self.blocks.get(place as usize / BLOCK).map_or(0, |&key| key as usize);
        while self.ends[key] < place {
            key += 1;
        }
        let start = if key == 0 { 0 } else { self.ends[key - 1] + 1 };
        let to_end = place as usize + run.length == self.ends[key] as usize;
        Found { key: offset(key), from: (place - start) as usize, to_end }
    }

    /// The places that go on with these letters: the beginnings of keys, then the others.
    pub fn exact(&self, letters: &[u8]) -> [Run; 2] {
        [true, false].map(|at_head| {
            let all = 0..self.places(at_head).len();
            let places = self.narrow(at_head, all, 0, letters);
            Run { at_head, places, length: letters.len(), slips: 0 }
        })
    }

    /// The places that go on with the first letter, with the first two, and so on, while there are any.
    pub fn beginnings(&self, text: &str) -> Vec<[Run; 2]> {
        let mut all = Vec::new();
        let mut runs = [true, false].map(|at_head| Run {
            at_head,
            places: 0..self.places(at_head).len(),
            length: 0,
            slips: 0,
        });
        for (at, letter) in text.char_indices() {
            for run in &mut runs {
                let letter = &text.as_bytes()[at..at + letter.len_utf8()];
                run.places = self.narrow(run.at_head, run.places.clone(), at, letter);
                run.length = at + letter.len();
            }
            if runs.iter().all(|run| run.places.is_empty()) {
                break;
            }
            all.push(runs.clone());
        }
        all
    }

    /// The places that go on with these letters but for at most `most` slips, and for at most one in the first half:
    /// two there would lead everywhere. The first letter of a Han text is not exchanged but left out, which leads to
    /// the same texts.
    pub fn near(&self, text: &str, most: u8) -> Vec<Run> {
        let starts: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
        let mut search =
            Search { keys: self, text: text.as_bytes(), starts, most, runs: Vec::new(), steps: 0 };
        for at_head in [true, false] {
            let all = 0..self.places(at_head).len();
            search.steps = 0;
            search.go(&State { at_head, places: all, length: 0, read: 0, slips: 0 });
        }
        search.runs
    }

    fn places(&self, at_head: bool) -> &[u32] {
        if at_head { &self.heads } else { &self.inner }
    }

    /// Those of the places, which agree in their first `length` bytes, that go on with these letters.
    fn narrow(&self, at_head: bool, places: Range<usize>, length: usize, letters: &[u8]) -> Range<usize> {
        let all = &self.places(at_head)[places.clone()];
        let rest = |place: u32| &self.bytes[place as usize + length..];
        // A key that ends earlier has its zero where the letters go on, and sorts before them.
        let cut = |place: u32| {
            let rest = rest(place);
            &rest[..rest.len().min(letters.len())]
        };
        let first = all.partition_point(|&place| cut(place) < letters);
        let last = first + all[first..].partition_point(|&place| cut(place) == letters);
        places.start + first..places.start + last
    }

    /// Where the places end that go on with the letter of the first of them: near, so looked for in growing steps.
    fn end_of(&self, at_head: bool, places: Range<usize>, length: usize, letter: &[u8]) -> usize {
        let all = self.places(at_head);
        let is_same = |place: u32| self.letter(place, length) == letter;
        let (mut last, mut step) = (places.start, 1);
        while last + step < places.end && is_same(all[last + step]) {
            last += step;
            step *= 2;
        }
        let beyond = (last + step).min(places.end);
        last + 1 + all[last + 1..beyond].partition_point(|&place| is_same(place))
    }

    /// The letter that a place goes on with after `length` bytes; empty at the end of its key.
    fn letter(&self, place: u32, length: usize) -> &[u8] {
        let rest = &self.bytes[place as usize + length..];
        let width = match rest[0] {
            0 => 0,
            0x01..=0x7F => 1,
            0x80..=0xDF => 2,
            0xE0..=0xEF => 3,
            0xF0..=0xFF => 4,
        };
        &rest[..width]
    }
}

/// Where a search for slips stands.
#[derive(Clone)]
struct State {
    at_head: bool,
    places: Range<usize>,
    length: usize,
    /// Letters of the text that are dealt with.
    read: usize,
    slips: u8,
}

struct Search<'a> {
    keys: &'a Keys,
    text: &'a [u8],
    /// Where each letter of the text begins, and where the last ends.
    starts: Vec<usize>,
    most: u8,
    runs: Vec<Run>,
    steps: u32,
}

impl<'a> Search<'a> {
    /// How many letters.
    fn len(&self) -> usize {
        self.starts.len() - 1
    }

    fn letters(&self, letters: Range<usize>) -> &'a [u8] {
        &self.text[self.starts[letters.start]..self.starts[letters.end]]
    }

    /// All that goes on with the rest of the text, slips later in the text first: fewer places are left there, so that the
    /// likeliest are found before the steps are used up.
    fn go(&mut self, state: &State) {
        let all = self.len();
        // Behind the first half a second slip is allowed.
        let first = if state.slips == 0 { state.read } else { state.read.max(all.div_ceil(2)) };
        let may_slip = state.slips < self.most;
        let mut ways = vec![self.step(state, state.read..if may_slip { first } else { all })];
        while let Some(last) = ways.last().filter(|last| !last.places.is_empty() && last.read < all) {
            ways.push(self.step(last, last.read..last.read + 1));
        }
        if let Some(State { at_head, places, length, slips, .. }) = ways.pop_if(|last| last.read == all)
            && !places.is_empty()
            && length > 0
        {
            self.runs.push(Run { at_head, places, length, slips });
        }
        while let Some(way) = ways.pop() {
            if !way.places.is_empty() && may_slip && self.steps <= MOST_STEPS {
                self.slip(&State { slips: way.slips + 1, ..way });
            }
        }
    }

    /// One slip at the next letter, and what goes on from there.
    fn slip(&mut self, state: &State) {
        let at = state.read;
        let next = self.letters(at..at + 1);
        // A letter too many.
        self.go(&State { read: at + 1, ..state.clone() });
        // Two letters swapped.
        if at + 2 <= self.len() && self.letters(at + 1..at + 2) != next {
            let after = self.step(state, at + 1..at + 2);
            let swapped = self.step(&after, at..at + 1);
            self.go(&State { read: at + 2, ..swapped });
        }
        if state.length == 0 && !next[0].is_ascii() {
            return;
        }
        let other = self.may_follow(state, at + 1);
        let fewer = state.length > 0 && self.may_follow(state, at);
        if !other && !fewer {
            return;
        }
        for (places, width) in self.children(state, next) {
            let child = State { places, length: state.length + width, ..state.clone() };
            // Another letter, and one too few.
            if other {
                self.go(&State { read: at + 1, ..child.clone() });
            }
            if fewer {
                self.go(&child);
            }
        }
    }

    /// May the rest of the text stand behind a slip? After the last slip it must stand as it is, and where it begins with a Han
    /// character, where reading may begin, one look tells whether it stands anywhere.
    fn may_follow(&mut self, state: &State, read: usize) -> bool {
        let rest = self.letters(read..self.len());
        if state.slips < self.most || rest.first().is_none_or(u8::is_ascii) {
            return true;
        }
        self.steps += 1;
        !self.keys.narrow(false, 0..self.keys.inner.len(), 0, rest).is_empty()
    }

    /// Those places that go on with some letters of the text, which then are read.
    fn step(&mut self, state: &State, letters: Range<usize>) -> State {
        let (read, letters) = (letters.end, self.letters(letters));
        self.steps += u32::from(!letters.is_empty());
        let places = self.keys.narrow(state.at_head, state.places.clone(), state.length, letters);
        State { places, length: state.length + letters.len(), read, ..state.clone() }
    }

    /// Each letter that the places go on with but the one that is looked for, and those of other scripts where a Latin one
    /// is.
    fn children(&mut self, state: &State, next: &[u8]) -> Vec<(Range<usize>, usize)> {
        let mut children = Vec::new();
        let mut at = state.places.start;
        while at < state.places.end && self.steps <= MOST_STEPS {
            let letter = self.keys.letter(self.keys.places(state.at_head)[at], state.length);
            if next[0].is_ascii() && letter.first().is_some_and(|first| !first.is_ascii()) {
                break;
            }
            self.steps += 1;
            let end = self.keys.end_of(state.at_head, at..state.places.end, state.length, letter);
            if !letter.is_empty() && letter != next {
                children.push((at..end, letter.len()));
            }
            at = end;
        }
        children
    }
}

/// Places by what follows them. The first eight bytes are compared as one number, since most places differ in them and
/// the keys lie far apart in memory.
fn sorted(bytes: &[u8], places: &[u32]) -> Vec<u32> {
    let first_eight = |place: u32| {
        let rest = &bytes[place as usize..];
        let mut eight = [0; 8];
        for (to, from) in eight.iter_mut().zip(rest.iter().take_while(|byte| **byte != 0)) {
            *to = *from;
        }
        u64::from_be_bytes(eight)
    };
    let rest = |place: u32| {
        let rest = &bytes[place as usize..];
        &rest[..rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len())]
    };
    let mut with_letters: Vec<(u64, u32)> = places.iter().map(|&place| (first_eight(place), place)).collect();
    with_letters.sort_unstable_by(|a, b| {
        // Those of one text stand in the order in which they were added.
        a.0.cmp(&b.0).then_with(|| rest(a.1).cmp(rest(b.1))).then(a.1.cmp(&b.1))
    });
    with_letters.into_iter().map(|(_, place)| place).collect()
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(texts: &[&str]) -> Keys {
        let mut keys = Keys::default();
        for text in texts {
            keys.push(text, text.char_indices().map(|(at, _)| at));
        }
        keys.sort();
        keys
    }

    fn texts<'a>(keys: &Keys, texts: &[&'a str], runs: &[Run]) -> Vec<&'a str> {
        let all = runs.iter().flat_map(|run| run.places.clone().map(move |at| (run, at)));
        let mut found: Vec<_> = all.map(|(run, at)| texts[keys.found(run, at).key as usize]).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    #[test]
    fn letters_are_found_at_heads_and_inside() {
        let all = ["tanghu", "hu", "huhu", ""];
        let keys = keys(&all);
        let [heads, inner] = keys.exact(b"hu");
        assert_eq!(keys.beginnings("hux"), [keys.exact(b"h"), [heads.clone(), inner.clone()]]);
        assert_eq!(texts(&keys, &all, std::slice::from_ref(&heads)), ["hu", "huhu"]);
        assert_eq!(texts(&keys, &all, std::slice::from_ref(&inner)), ["huhu", "tanghu"]);
        // The key that ends comes first.
        let first = keys.found(&heads, heads.places.start);
        assert_eq!((first.key, first.from, first.to_end), (1, 0, true));
        assert!(keys.exact(b"x").iter().all(|run| run.places.is_empty()));
    }

    #[test]
    fn each_kind_of_slip_is_forgiven() {
        let all = ["zhuankou", "汤湖公园"];
        let keys = keys(&all);
        for (text, most) in [
            ("zhuankou", 0), // none
            ("zhuankuo", 1), // swapped
            ("zuankou", 1),  // one too few
            ("zhuangkou", 1),
            ("zhuankau", 1),
            ("shuankou", 1),
            ("zuankuo", 2),
        ] {
            assert_eq!(texts(&keys, &all, &keys.near(text, most)), ["zhuankou"], "{text}");
        }
        for text in ["汤胡公园", "汤公园", "汤湖的公园", "湖汤公园", "唐湖公园"] {
            assert_eq!(texts(&keys, &all, &keys.near(text, 1)), ["汤湖公园"], "{text}");
        }
        assert!(keys.near("shuangkou", 1).is_empty());
    }
}
