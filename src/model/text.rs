//! Text kept compactly: an arena of strings, and columns that store equal texts once.

use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use crate::geometry::give_back;

/// Strings one after the other in one allocation.
#[derive(Debug, Default)]
pub struct TextArena {
    bytes: String,
    /// End of each string in `bytes`; a string starts where the one before it ends.
    ends: Vec<u64>,
}

impl TextArena {
    /// Adds a string; its number is the count of strings before it.
    pub fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(self.bytes.len() as u64);
    }

    /// Adds all strings of another arena.
    pub fn append(&mut self, other: &Self) {
        let before = self.bytes.len() as u64;
        self.bytes.push_str(&other.bytes);
        self.ends.extend(other.ends.iter().map(|end| end + before));
    }

    /// String `index`.
    #[must_use]
    #[inline]
    pub fn get(&self, index: usize) -> &str {
        let start = if index == 0 { 0 } else { self.ends[index - 1] };
        #[expect(clippy::cast_possible_truncation, reason = "both are offsets into a string in memory")]
        &self.bytes[start as usize..self.ends[index] as usize]
    }

    /// Looks at some strings that are needed next, so that their way from memory takes its time once for all of them.
    pub fn fetch(&self, indices: impl Iterator<Item = usize> + Clone) {
        let mut seen = 0;
        for index in indices.clone() {
            seen ^= self.ends[index];
        }
        for index in indices {
            seen ^= self.get(index).bytes().next().map_or(0, u64::from);
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
        self.ends.is_empty()
    }

    /// All strings in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|index| self.get(index))
    }

    /// Bytes held.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.bytes.capacity() + self.ends.capacity() * size_of::<u64>()
    }

    pub(super) fn shrink(&mut self) {
        if self.bytes.capacity() - self.bytes.len() > self.bytes.len() / 8 {
            self.bytes.shrink_to_fit();
        }
        give_back(&mut self.ends);
    }
}

/// The code of a null.
const NULL: u32 = u32::MAX;

/// Above this many different texts, a column whose texts are mostly different stops looking for equal ones:
/// the table of codes would cost more than it saves.
const DISTINCT_BEFORE_GIVING_UP: usize = 1 << 16;

/// A column of texts or nulls. Equal texts share a code, unless nearly all differ.
#[derive(Debug)]
pub struct TextColumn {
    dictionary: TextArena,
    codes: Vec<u32>,
    /// Are codes equal exactly when texts are?
    distinct: bool,
}

impl TextColumn {
    /// The text of row `row`, or `None` for null.
    #[must_use]
    #[inline]
    pub fn get(&self, row: usize) -> Option<&str> {
        match self.codes[row] {
            NULL => None,
            code => Some(self.dictionary.get(code as usize)),
        }
    }

    /// How many rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.codes.len()
    }

    /// Is there no row?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.codes.is_empty()
    }

    /// The texts that occur; each once when [`is_coded`](Self::is_coded).
    #[must_use]
    pub fn dictionary(&self) -> &TextArena {
        &self.dictionary
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
        Some(self.codes[row]).filter(|&code| code != NULL)
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
        self.codes.iter().filter(|&&code| code == NULL).count()
    }

    /// Bytes held.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.dictionary.memory() + self.codes.capacity() * size_of::<u32>()
    }
}

/// Builds a [`TextColumn`] row by row.
#[derive(Debug)]
pub struct TextBuilder {
    column: TextColumn,
    table: HashTable<u32>,
    hasher: DefaultHashBuilder,
}

impl TextBuilder {
    /// A column that begins with so many nulls.
    pub(super) fn after_nulls(nulls: usize) -> Self {
        let column =
            TextColumn { dictionary: TextArena::default(), codes: vec![NULL; nulls], distinct: true };
        Self { column, table: HashTable::new(), hasher: DefaultHashBuilder::default() }
    }

    /// A column without rows that will have so many.
    #[must_use]
    pub fn with_capacity(rows: usize) -> Self {
        let mut builder = Self::after_nulls(0);
        builder.column.codes.reserve_exact(rows);
        builder
    }

    /// Adds a null.
    pub fn push_null(&mut self) {
        self.column.codes.push(NULL);
    }

    /// Adds the rows of another column.
    pub(super) fn append(&mut self, other: &Self) {
        let other = &other.column;
        self.push_coded(
            &other.dictionary,
            other.codes.iter().map(|&code| Some(code).filter(|&code| code != NULL)),
        );
    }

    /// Adds rows by their places in a list of texts, or nulls.
    ///
    /// # Panics
    /// A place is not in the list.
    pub fn push_coded(&mut self, texts: &TextArena, places: impl ExactSizeIterator<Item = Option<u32>>) {
        self.column.codes.reserve(places.len());
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
            match place {
                None => self.push_null(),
                Some(place) => match codes[place as usize] {
                    NULL => {
                        self.push(texts.get(place as usize));
                        codes[place as usize] = self.column.codes[self.column.codes.len() - 1];
                    }
                    known if self.column.distinct => self.column.codes.push(known),
                    _ => self.push(texts.get(place as usize)),
                },
            }
        }
    }

    /// Adds a text.
    pub fn push(&mut self, text: &str) {
        let Self { column, table, hasher } = self;
        let next = u32::try_from(column.dictionary.len()).unwrap_or(NULL);
        if !column.distinct {
            column.dictionary.push(text);
            column.codes.push(next);
            return;
        }
        let hash = hasher.hash_one(text);
        if let Some(&code) = table.find(hash, |&code| column.dictionary.get(code as usize) == text) {
            column.codes.push(code);
            return;
        }
        column.dictionary.push(text);
        column.codes.push(next);
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
        give_back(&mut self.column.codes);
        self.column
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
