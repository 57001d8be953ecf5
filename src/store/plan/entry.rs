//! A table of `plan.toml`, key by key, as a row of a table is read column by column: what is wrong is told, reading goes on.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fmt;

use toml::de::{DeTable, DeValue};
use toml::{Spanned, Table, Value};

use super::TOML;
use super::faults::{At, Faults, citations};
use crate::model::Words;
use crate::model::plan::{Citation, Named, Years};

/// A table whose keys are asked for by name; what nobody asked for is unknown.
pub(super) struct Entry<'a> {
    /// Its key; empty for the file.
    path: String,
    /// None where something else stands or nothing: then all is a stand-in, and nothing of it is told.
    table: Option<&'a Table>,
    faults: &'a Faults,
    asked: RefCell<Vec<&'static str>>,
}

/// The keys of a text and, for messages, where each stands; none where it is not TOML, which is told.
pub(super) fn parse(text: &str, faults: &Faults) -> Option<Table> {
    let (keys, why) = DeTable::parse_recoverable(text);
    let table: Result<Table, _> = toml::from_str(text);
    let mut last = None;
    let mut lines =
        Lines { ends: text.match_indices('\n').map(|(end, _)| end).collect(), of: BTreeMap::new() };
    for why in why.iter().chain(table.as_ref().err().filter(|_| why.is_empty())) {
        let offset = why.span().map_or(0, |span| span.start);
        let line = lines.at(offset);
        // Where the text is torn, its parser stumbles over the rest of the line, too.
        if last != Some(line) {
            let before = text.get(..offset).and_then(|before| before.rsplit('\n').next());
            let column = before.unwrap_or_default().chars().count() + 1;
            let said = why.message().replace('\n', " ");
            faults.add(At::row(TOML, line), format!("not TOML at character {column} of the line: {said}"));
        }
        last = Some(line);
    }
    if last.is_some() {
        faults.give_up(TOML);
        return None;
    }
    lines.note(keys.get_ref(), "");
    faults.set_lines(lines.of);
    table.ok()
}

/// The lines of a text.
struct Lines {
    /// Where they end, in bytes.
    ends: Vec<usize>,
    /// The line of each key.
    of: BTreeMap<String, u64>,
}

impl Lines {
    fn at(&self, offset: usize) -> u64 {
        1 + self.ends.partition_point(|end| *end < offset) as u64
    }

    fn note(&mut self, table: &DeTable<'_>, path: &str) {
        for (key, value) in table {
            let name = key.get_ref();
            let path = if path.is_empty() { name.to_string() } else { format!("{path}.{name}") };
            self.of.insert(path.clone(), self.at(key.span().start));
            self.note_value(value, &path);
        }
    }

    fn note_value(&mut self, value: &Spanned<DeValue<'_>>, path: &str) {
        match value.get_ref() {
            DeValue::Table(table) => self.note(table, path),
            DeValue::Array(entries) => {
                for (n, entry) in entries.iter().enumerate() {
                    let path = format!("{path}[{n}]");
                    self.of.insert(path.clone(), self.at(entry.span().start));
                    self.note_value(entry, &path);
                }
            }
            _ => {}
        }
    }
}

impl<'a> Entry<'a> {
    /// Reads the whole file.
    pub(super) fn read<T>(table: Option<&'a Table>, faults: &'a Faults, read: impl FnOnce(&Self) -> T) -> T {
        Self::enter(String::new(), table, faults, read)
    }

    fn enter<T>(
        path: String,
        table: Option<&'a Table>,
        faults: &'a Faults,
        read: impl FnOnce(&Self) -> T,
    ) -> T {
        let entry = Self { path, table, faults, asked: RefCell::default() };
        let value = read(&entry);
        let asked = entry.asked.borrow();
        for key in table.into_iter().flat_map(Table::keys).filter(|key| !asked.contains(&key.as_str())) {
            faults.stray(&entry.path, key, &asked);
        }
        value
    }

    pub(super) fn faults(&self) -> &'a Faults {
        self.faults
    }

    pub(super) fn here(&self) -> At {
        At::key(&*self.path)
    }

    pub(super) fn at(&self, key: &str) -> At {
        self.here().at(key)
    }

    /// Does the table have the key?
    pub(super) fn has(&self, key: &str) -> bool {
        self.table.is_some_and(|table| table.contains_key(key))
    }

    fn ask(&self, key: &'static str) -> Option<&'a Value> {
        let mut asked = self.asked.borrow_mut();
        if !asked.contains(&key) {
            asked.push(key);
        }
        self.table?.get(key)
    }

    /// The value of a key, if it is of the kind that is expected there.
    fn value<T>(
        &self,
        key: &'static str,
        expected: &str,
        read: impl FnOnce(&'a Value) -> Option<T>,
    ) -> Option<T> {
        let value = self.ask(key)?;
        let found = read(value);
        if found.is_none() {
            self.faults.wrong(self.at(key), &shown(value), expected);
        }
        found
    }

    /// What a key holds that must be there.
    pub(super) fn needed<T: Default>(
        &self,
        key: &'static str,
        read: impl FnOnce(&Self, &'static str) -> Option<T>,
    ) -> T {
        self.tell_missing(key);
        read(self, key).unwrap_or_default()
    }

    fn tell_missing(&self, key: &str) {
        if self.table.is_some() && !self.has(key) {
            self.faults.add(self.at(key), "the key is missing");
        }
    }

    pub(super) fn text(&self, key: &'static str) -> Option<Box<str>> {
        self.value(key, "a text in quotation marks", Value::as_str).map(Into::into)
    }

    /// The texts of a list.
    pub(super) fn texts(&self, key: &'static str) -> Vec<Box<str>> {
        let mut texts = Vec::new();
        for (n, value) in self.array(key).iter().enumerate() {
            match value.as_str() {
                Some(text) => texts.push(text.into()),
                None => {
                    self.faults.wrong(self.at(key).entry(n), &shown(value), "a text in quotation marks");
                }
            }
        }
        texts
    }

    fn array(&self, key: &'static str) -> &'a [Value] {
        self.value(key, "a list", Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// A number without a fraction.
    pub(super) fn whole<T: TryFrom<i64>>(&self, key: &'static str, expected: &str) -> Option<T> {
        self.value(key, expected, |value| T::try_from(value.as_integer()?).ok())
    }

    pub(super) fn count(&self, key: &'static str) -> Option<usize> {
        self.whole(key, "a whole number from 0")
    }

    pub(super) fn year(&self, key: &'static str) -> Option<u16> {
        self.whole(key, "a year, a number without quotation marks")
    }

    pub(super) fn real(&self, key: &'static str) -> Option<f64> {
        #[expect(clippy::cast_precision_loss, reason = "shares, which are small")]
        self.value(key, "a number", |value| value.as_float().or_else(|| Some(value.as_integer()? as f64)))
    }

    /// Whether it is said; what is not stated is not.
    pub(super) fn flag(&self, key: &'static str) -> bool {
        self.value(key, "true or false", Value::as_bool).unwrap_or(false)
    }

    pub(super) fn word<T: Copy + fmt::Display>(
        &self,
        key: &'static str,
        parse: fn(&str) -> Option<T>,
        all: &[T],
    ) -> Option<T> {
        let text = self.text(key)?;
        self.faults.one_of(self.at(key), &text, parse, all)
    }

    /// A table below this one, where there is one.
    pub(super) fn table<T>(&self, key: &'static str, read: impl FnOnce(&Self) -> T) -> Option<T> {
        let table = self.value(key, "a table", Value::as_table)?;
        Some(Self::enter(self.below(key), Some(table), self.faults, read))
    }

    /// A table that must be there.
    pub(super) fn needed_table<T>(&self, key: &'static str, read: impl FnOnce(&Self) -> T) -> T {
        self.tell_missing(key);
        let table = self.value(key, "a table", Value::as_table);
        Self::enter(self.below(key), table, self.faults, read)
    }

    /// The tables of a list. What is none is told and has a stand-in, lest the others be counted otherwise than in the file.
    pub(super) fn list<T>(&self, key: &'static str, read: impl Fn(&Self) -> T) -> Vec<T> {
        let entries = self.array(key).iter().enumerate().map(|(n, value)| {
            if value.as_table().is_none() {
                self.faults.wrong(self.at(key).entry(n), &shown(value), "a table");
            }
            Self::enter(format!("{}[{n}]", self.below(key)), value.as_table(), self.faults, &read)
        });
        entries.collect()
    }

    fn below(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(super) fn words(&self, key: &'static str) -> Option<Words> {
        self.table(key, Self::own_words)
    }

    pub(super) fn all_words(&self, key: &'static str) -> Vec<Words> {
        self.list(key, Self::own_words)
    }

    fn own_words(&self) -> Words {
        let [zh, en] = ["zh", "en"].map(|lang| (self.has(lang), self.text(lang)));
        if self.table.is_none() || [&zh, &en].iter().any(|(stated, text)| *stated && text.is_none()) {
            return Words::default();
        }
        let [zh, en] = [zh, en].map(|(_, text)| text.unwrap_or_default());
        self.faults.words(self.here(), &zh, &en)
    }

    /// Ids with their names.
    pub(super) fn all_named(&self, key: &'static str) -> Vec<Named> {
        self.list(key, |entry| Named {
            id: entry.needed("id", Self::text),
            name: entry.needed("name", Self::words),
        })
    }

    /// The years from `start` to `end`.
    pub(super) fn years(&self) -> Years {
        let [start, end] = ["start", "end"].map(|key| {
            self.tell_missing(key);
            self.year(key)
        });
        if let (Some(start), Some(end)) = (start, end)
            && end < start
        {
            let expected = format!("a year not before {start}");
            self.faults.wrong(self.at("end"), &end.to_string(), expected);
        }
        Years { start: start.unwrap_or_default(), end: end.unwrap_or_default() }
    }

    /// Does a list stand there that holds nothing?
    pub(super) fn is_empty_list(&self, key: &str) -> bool {
        let value = self.table.and_then(|table| table.get(key)?.as_array());
        value.is_some_and(Vec::is_empty)
    }

    /// Where in the plan the table stands.
    pub(super) fn citations(&self) -> Vec<Citation> {
        let sections = self.texts("sections");
        let line = self.whole("line", "a line number");
        let is_stated = self.has("sections") && !self.is_empty_list("sections");
        if self.table.is_some() && !is_stated {
            self.faults.no_citation(self.at("sections"));
        }
        citations(&sections, line)
    }
}

/// A value for a message.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => format!("\"{text}\""),
        Value::Integer(number) => number.to_string(),
        Value::Float(number) => number.to_string(),
        Value::Boolean(flag) => flag.to_string(),
        Value::Datetime(time) => time.to_string(),
        Value::Array(_) => "[…]".to_owned(),
        Value::Table(_) => "{…}".to_owned(),
    }
}
