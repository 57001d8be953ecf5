//! Which letters of a name are those that were typed?
//!
//! In: a match. Out: the text as it is written, and the stretches of it that were matched, in UTF-16 code units, as
//! JavaScript counts. Leaves out: how they are shown.

use std::ops::Range;

use super::forms::{self, Key, Piece, Typed};
use super::names::LayerNames;
use super::readings::Readings;
use super::scan::{Match, Table, runs_in_order};
use crate::model::{FeatureIx, Value};

/// A stretch of a text: UTF-16 code units, from the first to behind the last.
pub type Stretch = [u32; 2];

/// The text of a match, and what of it was typed.
pub fn shown(
    names: &LayerNames,
    found: &Match,
    row: u32,
    typed: &Typed,
    readings: &Readings,
) -> (String, Vec<Stretch>) {
    let text = match found.table {
        Table::Code(code) => code_of(names, code, row),
        _ => names.texts.get(found.text as usize).to_owned(),
    };
    let pieces = forms::pieces(&text);
    let bytes = found.from..found.from + found.length;
    let runs = match found.table {
        Table::Letters | Table::Code(_) if is_section(names, found) => {
            std::iter::once(0..text.len()).collect()
        }
        Table::Letters | Table::Code(_) => of_key(&forms::letters(&pieces), &pieces, bytes),
        Table::Spoken => {
            let first = names.spoken_of.partition_point(|&of| of < found.text);
            let keys = forms::syllables(&pieces, readings);
            keys.get(found.key as usize - first).map_or_else(Vec::new, |key| of_key(key, &pieces, bytes))
        }
        Table::Initials => {
            let first = names.initials_of.partition_point(|&of| of < found.text);
            let keys = forms::initials(&pieces, readings, &text);
            let key = keys.get(found.key as usize - first);
            key.map_or_else(Vec::new, |key| each_of_key(key, &pieces, bytes))
        }
        Table::Parts => parts(&text, &pieces, typed, readings),
    };
    let units = joined(runs).into_iter().map(|run| [units(&text[..run.start]), units(&text[..run.end])]);
    let units = units.collect();
    (text, units)
}

fn is_section(names: &LayerNames, found: &Match) -> bool {
    found.table == Table::Letters && names.roles[found.text as usize] == super::names::Role::Section
}

fn code_of(names: &LayerNames, code: usize, row: u32) -> String {
    let field = names.codes[code].field;
    match names.layer.layer().feature(FeatureIx::of_row(row as usize)).value(field) {
        Value::Text(text) => text.to_owned(),
        Value::Integer(number) => number.to_string(),
        _ => String::new(),
    }
}

/// One stretch, from the first piece to the last, marks between them included.
fn of_key(key: &Key, pieces: &[Piece], bytes: Range<usize>) -> Vec<Range<usize>> {
    let run = key.pieces(bytes).filter(|run| run.end <= pieces.len());
    run.map(|run| pieces[run.start].bytes.start..pieces[run.end - 1].bytes.end).into_iter().collect()
}

/// Each piece by itself: between the first letters of words stand the rest of the words.
fn each_of_key(key: &Key, pieces: &[Piece], bytes: Range<usize>) -> Vec<Range<usize>> {
    let inside = key.parts.iter().filter(|(at, _, _)| bytes.contains(at));
    inside.filter_map(|&(_, piece, _)| Some(pieces.get(piece)?.bytes.clone())).collect()
}

/// The words, or the letters in their order, as letters or as syllables.
fn parts(text: &str, pieces: &[Piece], typed: &Typed, readings: &Readings) -> Vec<Range<usize>> {
    let mut keys = vec![forms::letters(pieces)];
    keys.extend(forms::syllables(pieces, readings));
    if !typed.words.is_empty() {
        let initials = forms::initials(pieces, readings, text);
        let word = |word: &String| {
            let at = |key: &Key| {
                let at = memchr::memmem::find(key.text.as_bytes(), word.as_bytes())?;
                Some(at..at + word.len())
            };
            let whole = keys.iter().find_map(|key| Some(of_key(key, pieces, at(key)?)));
            whole.or_else(|| initials.iter().find_map(|key| Some(each_of_key(key, pieces, at(key)?))))
        };
        // Other words may stand in another name of the same place.
        let found: Vec<_> = typed.words.iter().filter_map(word).flatten().collect();
        if !found.is_empty() {
            return found;
        }
    }
    let in_key = |key: &Key| {
        let runs = runs_in_order(&typed.letters, key.text.as_bytes())?;
        Some(runs.into_iter().flat_map(|(from, to)| of_key(key, pieces, from..to)).collect::<Vec<_>>())
    };
    let all = keys.iter().filter_map(in_key);
    all.min_by_key(Vec::len).unwrap_or_default()
}

/// Stretches in order, those that meet as one.
fn joined(mut runs: Vec<Range<usize>>) -> Vec<Range<usize>> {
    runs.sort_by_key(|run| run.start);
    let mut joined: Vec<Range<usize>> = Vec::with_capacity(runs.len());
    for run in runs {
        match joined.last_mut() {
            Some(last) if run.start <= last.end => last.end = last.end.max(run.end),
            _ => joined.push(run),
        }
    }
    joined
}

fn units(text: &str) -> u32 {
    u32::try_from(text.encode_utf16().count()).unwrap_or(u32::MAX)
}
