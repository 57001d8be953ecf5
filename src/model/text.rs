//! Text kept compactly: an arena of strings, and columns that store equal texts once.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::geometry::give_back;

/// The beginning of a text, for a message.
#[must_use]
pub fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}

/// A number of things that a noun names.
#[must_use]
pub fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// Strings one after the other in one allocation.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct TextArena {
    bytes: String,
    ends: Ends,
}

/// Where each string of an arena ends; a string starts where the one before it ends.
#[derive(Debug, Clone, PartialEq)]
enum Ends {
    /// All strings are equally long, as codes and numbers of parcels are.
    Even {
        count: usize,
        length: usize,
    },
    Near(Vec<u32>),
    Far(Vec<u64>),
}

impl Default for Ends {
    fn default() -> Self {
        Self::Even { count: 0, length: 0 }
    }
}

impl Ends {
    fn len(&self) -> usize {
        match self {
            Self::Even { count, .. } => *count,
            Self::Near(ends) => ends.len(),
            Self::Far(ends) => ends.len(),
        }
    }

    /// The end of a string.
    #[inline]
    fn at(&self, index: usize) -> usize {
        match self {
            Self::Even { length, .. } => (index + 1) * length,
            Self::Near(ends) => ends[index] as usize,
            #[expect(clippy::cast_possible_truncation, reason = "an offset into a string in memory")]
            Self::Far(ends) => ends[index] as usize,
        }
    }

    fn push(&mut self, end: usize) {
        match (&mut *self, u32::try_from(end)) {
            (Self::Even { count: count @ 0, length }, _) => (*count, *length) = (1, end),
            (Self::Even { count, length }, _) if (*count + 1) * *length == end => *count += 1,
            (Self::Near(ends), Ok(end)) => ends.push(end),
            (Self::Far(ends), _) => ends.push(end as u64),
            _ => {
                self.widen();
                self.push(end);
            }
        }
    }

    fn widen(&mut self) {
        let all = 0..self.len();
        *self = match *self {
            Self::Even { count, length } if u32::try_from(count * length).is_ok() => {
                Self::Near(all.filter_map(|index| u32::try_from(self.at(index)).ok()).collect())
            }
            _ => Self::Far(all.map(|index| self.at(index) as u64).collect()),
        };
    }

    fn memory(&self) -> usize {
        match self {
            Self::Even { .. } => 0,
            Self::Near(ends) => ends.capacity() * size_of::<u32>(),
            Self::Far(ends) => ends.capacity() * size_of::<u64>(),
        }
    }

    fn shrink(&mut self) {
        match self {
            Self::Even { .. } => {}
            Self::Near(ends) => give_back(ends),
            Self::Far(ends) => give_back(ends),
        }
    }
}

impl TextArena {
    /// Adds a string; its number is the count of strings before it.
    pub fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len());
    }

    /// Adds all strings of another arena.
    pub fn append(&mut self, other: &Self) {
        let before = self.bytes.len();
        self.bytes.push_str(&other.bytes);
        match (&mut self.ends, &other.ends, u32::try_from(self.bytes.len())) {
            (Ends::Near(ends), Ends::Near(more), Ok(last)) => {
                let moved = last - u32::try_from(other.bytes.len()).unwrap_or(last);
                ends.extend(more.iter().map(|end| end + moved));
            }
            _ => (0..other.len()).for_each(|index| self.ends.push(before + other.ends.at(index))),
        }
    }

    /// String `index`.
    #[must_use]
    #[inline]
    pub fn get(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends.at(index - 1) };
        &self.bytes[start..self.ends.at(index)]
    }

    /// Looks at some strings that are needed next, so that their way from memory takes its time once for all of them.
    pub fn fetch(&self, indices: impl Iterator<Item = usize> + Clone) {
        let mut seen = 0;
        for index in indices.clone() {
            seen ^= self.ends.at(index);
        }
        for index in indices {
            seen ^= self.get(index).bytes().next().map_or(0, usize::from);
        }
        std::hint::black_box(seen);
    }

    /// How many strings.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All strings in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Bytes held.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.bytes.capacity() + self.ends.memory()
    }

    pub(super) fn shrink(&mut self) {
        if self.bytes.capacity() - self.bytes.len() > self.bytes.len() / 8 {
            self.bytes.shrink_to_fit();
        }
        self.ends.shrink();
    }
}

/// The code of a null.
const NULL: u32 = u32::MAX;

/// Above this many different texts, a column whose texts are mostly different stops looking for equal ones:
/// the table of codes would cost more than it saves.
const DISTINCT_BEFORE_GIVING_UP: usize = 1 << 16;

/// The code of each row, in as little room as they need.
#[derive(Debug)]
enum Codes {
    /// So many rows, each with a text of its own, in the order of the rows: ids, numbers of parcels.
    Own(usize),
    /// Few different texts.
    Narrow(Vec<u8>),
    Wide(Vec<u32>),
}

/// The code of a null among codes of one byte.
pub const NARROW_NULL: u8 = u8::MAX;

fn narrow(code: u32) -> Option<u8> {
    if code == NULL { Some(NARROW_NULL) } else { u8::try_from(code).ok().filter(|&code| code != NARROW_NULL) }
}

fn from_narrow(code: u8) -> u32 {
    if code == NARROW_NULL { NULL } else { code.into() }
}

impl Codes {
    fn len(&self) -> usize {
        match self {
            Self::Own(rows) => *rows,
            Self::Narrow(codes) => codes.len(),
            Self::Wide(codes) => codes.len(),
        }
    }

    #[inline]
    fn at(&self, row: usize) -> u32 {
        match self {
            #[expect(clippy::cast_possible_truncation, reason = "rows have numbers of 32 bits")]
            Self::Own(_) => row as u32,
            Self::Narrow(codes) => from_narrow(codes[row]),
            Self::Wide(codes) => codes[row],
        }
    }

    /// Adds the code of a row; `rows` are expected.
    #[inline]
    fn push(&mut self, code: u32, rows: usize) {
        match self {
            Self::Own(own) if code as usize == *own => *own += 1,
            Self::Wide(codes) => codes.push(code),
            Self::Narrow(codes) if narrow(code).is_some() => codes.extend(narrow(code)),
            _ => self.widen(code, rows),
        }
    }

    /// Adds the code of a row for which there is no room as it is.
    fn widen(&mut self, code: u32, rows: usize) {
        let count = self.len() + 1;
        let all = (0..self.len()).map(|row| self.at(row)).chain([code]);
        *self = if matches!(self, Self::Own(_)) && count <= usize::from(NARROW_NULL) && narrow(code).is_some()
        {
            let mut codes = Vec::with_capacity(rows.max(count));
            codes.extend(all.filter_map(narrow));
            Self::Narrow(codes)
        } else {
            let mut codes = Vec::with_capacity(rows.max(count));
            codes.extend(all);
            Self::Wide(codes)
        };
    }

    fn memory(&self) -> usize {
        match self {
            Self::Own(_) => 0,
            Self::Narrow(codes) => codes.capacity(),
            Self::Wide(codes) => codes.capacity() * size_of::<u32>(),
        }
    }

    fn shrink(&mut self) {
        match self {
            Self::Own(_) => {}
            Self::Narrow(codes) => give_back(codes),
            Self::Wide(codes) => give_back(codes),
        }
    }
}

/// A column of texts or nulls. Equal texts share a code, unless nearly all differ.
#[derive(Debug)]
pub struct TextColumn {
    dictionary: TextArena,
    codes: Codes,
    /// Are codes equal exactly when texts are?
    distinct: bool,
}

impl TextColumn {
    /// The text of row `row`, or `None` for null.
    #[must_use]
    #[inline]
    pub fn get(&self, row: usize) -> Option<&str> {
        self.code(row).map(|code| self.dictionary.get(code as usize))
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Is there no row?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The texts that occur; each once when [`is_coded`](Self::is_coded).
    #[must_use]
    pub fn dictionary(&self) -> &TextArena {
        &self.dictionary
    }

    /// The texts row by row, where none is null and none was met again.
    #[must_use]
    pub fn row_by_row(&self) -> Option<&TextArena> {
        matches!(self.codes, Codes::Own(_)).then_some(&self.dictionary)
    }

    /// Is each different text stored once, so that comparing codes compares texts?
    #[must_use]
    pub fn is_coded(&self) -> bool {
        self.distinct
    }

    /// The code of row `row`: a position in the dictionary, or `None` for null.
    #[must_use]
    #[inline]
    pub fn code(&self, row: usize) -> Option<u32> {
        Some(self.codes.at(row)).filter(|&code| code != NULL)
    }

    /// The code of each row, where one byte is enough for each; [`NARROW_NULL`] is that of null.
    #[must_use]
    pub fn narrow_codes(&self) -> Option<&[u8]> {
        match &self.codes {
            Codes::Narrow(codes) => Some(codes),
            Codes::Own(_) | Codes::Wide(_) => None,
        }
    }

    /// The code of a text in a coded column.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<u32> {
        let at = self.dictionary.iter().position(|known| known == text)?;
        u32::try_from(at).ok().filter(|_| self.distinct)
    }

    /// How many rows are null.
    #[must_use]
    pub fn nulls(&self) -> usize {
        match self.codes {
            Codes::Own(_) => 0,
            _ => (0..self.len()).filter(|&row| self.code(row).is_none()).count(),
        }
    }

    /// Bytes held.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.dictionary.memory() + self.codes.memory()
    }
}

/// Builds a [`TextColumn`] row by row.
#[derive(Debug)]
pub struct TextBuilder {
    column: TextColumn,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// How many rows are expected.
    rows: usize,
}

impl TextBuilder {
    /// A column that begins with so many nulls.
    pub(super) fn after_nulls(nulls: usize) -> Self {
        let codes = if nulls == 0 { Codes::Own(0) } else { Codes::Narrow(vec![NARROW_NULL; nulls]) };
        let column = TextColumn { dictionary: TextArena::default(), codes, distinct: true };
        Self { column, table: HashTable::new(), hasher: DefaultHashBuilder::default(), rows: 0 }
    }

    /// A column without rows that will have so many.
    #[must_use]
    pub fn with_capacity(rows: usize) -> Self {
        Self { rows, ..Self::after_nulls(0) }
    }

    /// Adds a null.
    pub fn push_null(&mut self) {
        self.push_code(NULL);
    }

    fn push_code(&mut self, code: u32) {
        self.column.codes.push(code, self.rows);
    }

    /// Adds the rows of another column.
    pub(super) fn append(&mut self, other: &Self) {
        let TextColumn { dictionary, codes, .. } = &other.column;
        let place = |code: u32| Some(code).filter(|&code| code != NULL);
        match codes {
            Codes::Own(rows) => self.push_coded(dictionary, (0..*rows).map(|row| u32::try_from(row).ok())),
            Codes::Narrow(codes) => {
                self.push_coded(dictionary, codes.iter().map(|&code| place(from_narrow(code))));
            }
            Codes::Wide(codes) => self.push_coded(dictionary, codes.iter().map(|&code| place(code))),
        }
    }

    /// Adds rows by their places in a list of texts, or nulls.
    ///
    /// # Panics
    /// A place is not in the list.
    pub fn push_coded(&mut self, texts: &TextArena, places: impl ExactSizeIterator<Item = Option<u32>>) {
        self.rows = self.rows.max(self.column.len() + places.len());
        if !self.column.distinct || texts.len() * 2 > places.len() {
            for place in places {
                match place {
                    Some(place) => self.push(texts.get(place as usize)),
                    None => self.push_null(),
                }
            }
            return;
        }
        // Each different text is looked up once, not once a row.
        let mut codes = vec![NULL; texts.len()];
        for place in places {
            match place.map(|place| (place, codes[place as usize])) {
                None => self.push_null(),
                Some((_, known)) if known != NULL && self.column.distinct => self.push_code(known),
                Some((place, _)) => {
                    self.push(texts.get(place as usize));
                    codes[place as usize] = self.column.codes.at(self.column.len() - 1);
                }
            }
        }
    }

    /// Adds a text.
    pub fn push(&mut self, text: &str) {
        let Self { column, table, hasher, rows } = self;
        let next = u32::try_from(column.dictionary.len()).unwrap_or(NULL);
        if !column.distinct {
            column.dictionary.push(text);
            column.codes.push(next, *rows);
            return;
        }
        let hash = hasher.hash_one(text);
        if let Some(&code) = table.find(hash, |&code| column.dictionary.get(code as usize) == text) {
            column.codes.push(code, *rows);
            return;
        }
        column.dictionary.push(text);
        column.codes.push(next, *rows);
        if column.dictionary.len() > DISTINCT_BEFORE_GIVING_UP
            && column.dictionary.len() * 2 > column.codes.len()
        {
            column.distinct = false;
            *table = HashTable::new();
        } else {
            table.insert_unique(hash, next, |&code| hasher.hash_one(column.dictionary.get(code as usize)));
        }
    }

    /// The column.
    #[must_use]
    pub fn build(mut self) -> TextColumn {
        self.column.dictionary.shrink();
        self.column.codes.shrink();
        self.column
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_arena_gives_back_what_it_was_given(
            parts in prop::collection::vec(prop::collection::vec("[a-z\u{5b89}]{0,2}", 0..6), 0..4),
            is_even in any::<bool>(),
        ) {
            let (mut all, mut want) = (TextArena::default(), Vec::new());
            for part in parts {
                let part: Vec<String> =
                    part.into_iter().map(|text| if is_even { "P01".to_owned() } else { text }).collect();
                let mut arena = TextArena::default();
                for text in &part {
                    arena.push(text);
                }
                all.append(&arena);
                want.extend(part);
            }
            all.shrink();
            prop_assert_eq!(all.iter().collect::<Vec<_>>(), want);
        }
    }

    #[test]
    fn ends_beyond_32_bits_are_kept() {
        const FAR: usize = 1 << 31;
        // Even strings and others, before and behind the last place that 32 bits can say.
        for lengths in [vec![FAR; 4], vec![FAR, FAR, FAR, 1], vec![1, FAR, FAR, 3], vec![FAR, 1, FAR]] {
            let (mut ends, mut end, mut want) = (Ends::default(), 0, Vec::new());
            for length in lengths {
                end += length;
                ends.push(end);
                want.push(end);
            }
            assert_eq!((0..ends.len()).map(|index| ends.at(index)).collect::<Vec<_>>(), want);
        }
    }

    proptest! {
        /// Of few and of many different texts, with and without nulls, pushed and appended.
        #[test]
        fn a_column_gives_back_what_it_was_given(
            parts in prop::collection::vec((0..700_usize, 1..600_usize, 0..4_usize, any::<bool>()), 1..5),
            nulls in 0..3_usize,
            rows in 0..1000_usize,
        ) {
            let mut all = TextBuilder { rows, ..TextBuilder::after_nulls(nulls) };
            let mut want = vec![None; nulls];
            for (count, different, null_every, is_apart) in parts {
                let text = |at: usize| (null_every == 0 || !at.is_multiple_of(null_every * 50)).then(|| format!("T{}", at % different));
                let part: Vec<Option<String>> = (0..count).map(text).collect();
                let mut apart = TextBuilder::after_nulls(0);
                let into = if is_apart { &mut apart } else { &mut all };
                for text in &part {
                    match text {
                        Some(text) => into.push(text),
                        None => into.push_null(),
                    }
                }
                all.append(&apart);
                want.extend(part);
            }
            let column = all.build();
            prop_assert_eq!(column.len(), want.len());
            prop_assert_eq!(column.nulls(), want.iter().filter(|text| text.is_none()).count());
            for (row, text) in want.iter().enumerate() {
                prop_assert_eq!(column.get(row), text.as_deref());
                prop_assert_eq!(column.code(row), text.as_deref().and_then(|text| column.find(text)));
            }
            if let Some(texts) = column.row_by_row() {
                let texts: Vec<Option<String>> = texts.iter().map(|text| Some(text.to_owned())).collect();
                prop_assert_eq!(texts, want);
            }
        }
    }

    #[test]
    fn equal_texts_are_stored_once() {
        let mut builder = TextBuilder::after_nulls(1);
        for text in ["M0", "0701", "M0", "", "M0"] {
            builder.push(text);
        }
        builder.push_null();
        let column = builder.build();
        assert_eq!(column.len(), 7);
        assert_eq!(column.nulls(), 2);
        assert_eq!(column.dictionary().len(), 3);
        assert_eq!(column.get(0), None);
        assert_eq!(column.get(3), Some("M0"));
        assert_eq!(column.get(4), Some(""));
        assert_eq!(column.code(1), column.code(5));
    }

    #[test]
    fn unique_texts_survive_giving_up_the_dictionary() {
        let rows = DISTINCT_BEFORE_GIVING_UP * 2 + 10;
        let mut builder = TextBuilder::after_nulls(0);
        for row in 0..rows {
            builder.push(&format!("P{row:08}"));
        }
        let column = builder.build();
        assert!(!column.is_coded());
        assert!((0..rows).all(|row| column.get(row) == Some(format!("P{row:08}").as_str())));
    }
}
