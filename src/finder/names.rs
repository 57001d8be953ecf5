//! What in a layer may be looked for?
//!
//! In: a layer, readings, and what the plan calls its features. Out: its names, codes and sections as sorted keys, each
//! text once with the rows that have it. Leaves out: how well an answer fits.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::forms;
use super::keys::Keys;
use super::readings::Readings;
use crate::index::IndexedLayer;
use crate::model::{Column, FieldIx, FindBy, Layer, TextArena, Value};

/// What a text is to the features that have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// A name.
    Name,
    /// Another name.
    Alias,
    /// A section of the plan that speaks of it.
    Section,
}

/// The rows of each text, or the texts of each row.
#[derive(Debug, Default)]
pub struct Rows {
    /// Where the rows of each text begin; empty when each text has one row.
    begins: Vec<u32>,
    rows: Vec<u32>,
}

impl Rows {
    /// `pairs` are texts and rows.
    fn new(mut pairs: Vec<(u32, u32)>, texts: usize) -> Self {
        pairs.sort_unstable();
        pairs.dedup();
        let mut begins = Vec::new();
        let is_plain =
            pairs.iter().enumerate().all(|(at, pair)| pair.0 as usize == at) && pairs.len() == texts;
        if !is_plain {
            begins.resize(texts + 1, 0);
            for &(text, _) in &pairs {
                begins[text as usize + 1] += 1;
            }
            for text in 0..texts {
                begins[text + 1] += begins[text];
            }
        }
        Self { begins, rows: pairs.into_iter().map(|(_, row)| row).collect() }
    }

    /// Rows, ascending.
    pub fn of(&self, text: u32) -> &[u32] {
        let text = text as usize;
        match self.begins.get(text..text + 2) {
            Some(ends) => &self.rows[ends[0] as usize..ends[1] as usize],
            None => &self.rows[text..=text],
        }
    }

    fn memory(&self) -> usize {
        (self.begins.capacity() + self.rows.capacity()) * size_of::<u32>()
    }
}

/// The keys of a text in a table that names the text of each key, ascending. Most texts have one, so the place is near.
pub fn keys_of(texts: &[u32], text: u32) -> impl Iterator<Item = u32> + use<> {
    let (mut low, mut high, mut step) = (text as usize, text as usize, 1);
    while low > 0 && texts.get(low - 1).is_none_or(|&of| of >= text) {
        low = low.saturating_sub(step);
        step *= 2;
    }
    while high < texts.len() && texts[high] < text {
        high += step;
        step *= 2;
    }
    let (low, high) = (low.min(texts.len()), high.min(texts.len()));
    let first = low + texts[low..high].partition_point(|&of| of < text);
    let count = texts[first..].iter().take_while(|&&of| of == text).count();
    (first..first + count).map(|key| u32::try_from(key).unwrap_or(u32::MAX))
}

/// Codes of a field, such as parcel numbers; text and key have one number.
#[derive(Debug)]
pub struct Codes {
    /// The field.
    pub field: FieldIx,
    /// Letters and digits.
    pub keys: Keys,
    /// Who has them.
    pub rows: Rows,
}

/// Everything of a layer that may be looked for.
#[derive(Debug)]
pub struct LayerNames {
    /// The layer.
    pub layer: Arc<IndexedLayer>,
    /// Names and sections as they are written.
    pub texts: TextArena,
    /// What each is.
    pub roles: Vec<Role>,
    /// Who has them.
    pub rows: Rows,
    /// The texts of each row.
    pub texts_of: Rows,
    /// Letters of each text; of a section its numbers.
    pub letters: Keys,
    /// Syllables, for several readings several keys.
    pub spoken: Keys,
    /// The text of each key of syllables, ascending.
    pub spoken_of: Vec<u32>,
    /// First letters.
    pub initials: Keys,
    /// The text of each key of first letters, ascending.
    pub initials_of: Vec<u32>,
    /// Codes.
    pub codes: Vec<Codes>,
}

/// What the plan calls its places: ids and names.
pub type PlanNames = HashMap<Box<str>, Vec<Box<str>>>;

/// A digit behind a letter or a mark begins a part of a code that people quote alone; shorter ends than this they do not.
const LEAST_CODE_PART: usize = 5;

impl LayerNames {
    /// Gathers and sorts what a layer holds, large tables beside each other.
    pub fn build(layer: &Arc<IndexedLayer>, readings: &Readings, plan: &PlanNames) -> Self {
        let mut gathered = Gathered::default();
        gathered.layer(layer.layer(), plan);
        let Gathered { table, pairs } = gathered;
        let mut entries: Vec<((Role, Cow<'_, str>), u32)> = table.into_iter().collect();
        entries.sort_unstable_by_key(|(_, number)| *number);
        let codes = code_fields(layer.layer());
        let (names, codes) = std::thread::scope(|scope| {
            let codes = scope.spawn(|| {
                codes.into_iter().map(|field| build_codes(layer.layer(), field)).collect::<Vec<_>>()
            });
            let names = build_names(&entries, readings, pairs, layer);
            (names, codes.join())
        });
        let codes = codes.unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Self { codes, ..names }
    }

    /// Bytes held beside the layer.
    pub fn memory(&self) -> usize {
        let codes = self.codes.iter().map(|codes| codes.keys.memory() + codes.rows.memory());
        self.texts.memory()
            + self.roles.capacity()
            + self.rows.memory()
            + self.texts_of.memory()
            + self.letters.memory()
            + self.spoken.memory()
            + self.initials.memory()
            + (self.spoken_of.capacity() + self.initials_of.capacity()) * size_of::<u32>()
            + codes.sum::<usize>()
    }

    /// How many texts and codes.
    pub fn len(&self) -> usize {
        self.texts.len() + self.codes.iter().map(|codes| codes.keys.len()).sum::<usize>()
    }
}

/// Texts with their numbers, and who has them.
#[derive(Default)]
struct Gathered<'a> {
    table: HashMap<(Role, Cow<'a, str>), u32>,
    pairs: Vec<(u32, u32)>,
}

impl<'a> Gathered<'a> {
    fn layer(&mut self, layer: &'a Layer, plan: &PlanNames) {
        for (at, field) in layer.schema.fields() {
            let role = match field.found_by() {
                Some(FindBy::Name) => Role::Name,
                Some(FindBy::Alias) => Role::Alias,
                Some(FindBy::Section) => Role::Section,
                Some(FindBy::Code) | None => continue,
            };
            let column = layer.column(at);
            for ix in layer.positions() {
                match column.value(ix.row()) {
                    Value::Text(text) => self.add(role, Cow::Borrowed(text), ix.0),
                    Value::Json(json) => {
                        let elements: Vec<String> = serde_json::from_str(json).unwrap_or_default();
                        for element in elements {
                            self.add(role, Cow::Owned(element), ix.0);
                        }
                    }
                    _ => {}
                }
            }
        }
        // The plan knows far fewer places than a layer may hold.
        for (id, names) in plan {
            let Some(row) = find(layer, id) else { continue };
            for name in names {
                if !self.table.contains_key(&(Role::Name, Cow::Borrowed(&**name))) {
                    self.add(Role::Alias, Cow::Owned(name.to_string()), row);
                }
            }
        }
    }

    fn add(&mut self, role: Role, text: Cow<'a, str>, row: u32) {
        if text.trim().is_empty() {
            return;
        }
        let next = u32::try_from(self.table.len()).unwrap_or(u32::MAX);
        let number = *self.table.entry((role, text)).or_insert(next);
        self.pairs.push((number, row));
    }
}

/// The row of an id, looked for from the front: only layers whose ids are texts can hold places of a plan.
fn find(layer: &Layer, id: &str) -> Option<u32> {
    match layer.ids() {
        crate::model::Ids::Text(ids) if ids.len() <= MOST_PLACES => {
            ids.iter().position(|known| known == id).and_then(|row| u32::try_from(row).ok())
        }
        _ => None,
    }
}

/// Layers with more features than this are not those of a plan's places.
const MOST_PLACES: usize = 10_000;

fn code_fields(layer: &Layer) -> Vec<FieldIx> {
    let fields = layer.schema.fields().filter(|(_, field)| field.found_by() == Some(FindBy::Code));
    fields.map(|(at, _)| at).collect()
}

fn build_codes(layer: &Layer, field: FieldIx) -> Codes {
    let mut keys = Keys::default();
    let mut pairs = Vec::new();
    let push = |keys: &mut Keys, text: &str| {
        let key = forms::letters(&forms::pieces(text));
        let is_part = |at: &usize| *at == 0 || key.text.len() - at >= LEAST_CODE_PART;
        keys.push(&key.text, key.starts().filter(is_part));
    };
    let row_of = |row: usize| u32::try_from(row).unwrap_or(u32::MAX);
    match layer.column(field) {
        Column::Text(column) => {
            for text in column.dictionary().iter() {
                push(&mut keys, text);
            }
            pairs.extend((0..column.len()).filter_map(|row| Some((column.code(row)?, row_of(row)))));
        }
        column => {
            for row in 0..column.len() {
                let text = match column.value(row) {
                    Value::Integer(number) => number.to_string(),
                    _ => continue,
                };
                pairs.push((row_of(keys.len()), row_of(row)));
                push(&mut keys, &text);
            }
        }
    }
    keys.sort();
    let rows = Rows::new(pairs, keys.len());
    Codes { field, keys, rows }
}

/// The tables of names; codes stay empty.
fn build_names(
    entries: &[((Role, Cow<'_, str>), u32)],
    readings: &Readings,
    pairs: Vec<(u32, u32)>,
    layer: &Arc<IndexedLayer>,
) -> LayerNames {
    let mut names = LayerNames {
        layer: Arc::clone(layer),
        texts: TextArena::default(),
        roles: Vec::with_capacity(entries.len()),
        texts_of: Rows::new(pairs.iter().map(|&(text, row)| (row, text)).collect(), layer.layer().len()),
        rows: Rows::new(pairs, entries.len()),
        letters: Keys::default(),
        spoken: Keys::default(),
        spoken_of: Vec::new(),
        initials: Keys::default(),
        initials_of: Vec::new(),
        codes: Vec::new(),
    };
    for ((role, text), number) in entries {
        names.texts.push(text);
        names.roles.push(*role);
        if *role == Role::Section {
            let key = forms::section(text).unwrap_or_default();
            let starts = (!key.is_empty()).then_some(0);
            names.letters.push(&key, starts.into_iter());
            continue;
        }
        let pieces = forms::pieces(text);
        let key = forms::letters(&pieces);
        names.letters.push(&key.text, key.starts());
        for key in forms::syllables(&pieces, readings) {
            names.spoken.push(&key.text, key.starts());
            names.spoken_of.push(*number);
        }
        for key in forms::initials(&pieces, readings, text) {
            names.initials.push(&key.text, key.starts());
            names.initials_of.push(*number);
        }
    }
    std::thread::scope(|scope| {
        scope.spawn(|| names.letters.sort());
        scope.spawn(|| names.spoken.sort());
        names.initials.sort();
    });
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_a_text_are_found_from_anywhere() {
        let texts = [0, 0, 0, 0, 2, 2, 3, 9, 9, 12];
        for text in 0..15 {
            let want: Vec<u32> = (0..10).filter(|&key| texts[key as usize] == text).collect();
            assert_eq!(keys_of(&texts, text).collect::<Vec<_>>(), want, "{text}");
        }
        assert_eq!(keys_of(&[], 4).count(), 0);
    }

    #[test]
    fn rows_of_a_text_ascend_and_stand_once() {
        let rows = Rows::new(vec![(1, 7), (0, 4), (1, 2), (1, 7)], 3);
        assert_eq!((rows.of(0), rows.of(1), rows.of(2)), (&[4][..], &[2, 7][..], &[][..]));
        // One row each: nothing but the rows is kept.
        let rows = Rows::new(vec![(1, 7), (0, 4)], 2);
        assert_eq!((rows.of(0), rows.of(1)), (&[4][..], &[7][..]));
        assert_eq!(rows.begins.len(), 0);
    }
}
