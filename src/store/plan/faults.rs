//! What is wrong with the seeds, collected while reading goes on: so all is told at once, and what hangs on something that could
//! not be read is not called wrong, too.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::PathBuf;

use super::{FILES, TOML};
use crate::model::Words;
use crate::model::plan::Citation;

/// Longest part of an offending value a message repeats, in characters.
const SHOWN_CHARS: usize = 80;

/// Line of the header of a table.
pub(super) const HEADER: u64 = 1;

/// Where in the seeds something stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct At {
    file: &'static str,
    /// From 1; the header of a table is line 1.
    line: Option<u64>,
    spot: Spot,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Spot {
    /// The whole file, or the whole line where there is one.
    Whole,
    /// The file as it was looked for.
    Path(PathBuf),
    /// Column of a table.
    Column(String),
    /// Key of the TOML file such as `layout.axes[0]`, entries counted from 0.
    Key(String),
}

impl At {
    pub(super) fn path(file: &'static str, path: PathBuf) -> Self {
        Self { file, line: None, spot: Spot::Path(path) }
    }

    pub(super) fn row(file: &'static str, line: u64) -> Self {
        Self { file, line: Some(line), spot: Spot::Whole }
    }

    /// A key of `plan.toml`; its line is added when a fault of it is told.
    pub(super) fn key(key: impl Into<String>) -> Self {
        Self { file: TOML, line: None, spot: Spot::Key(key.into()) }
    }

    /// A column of the row, or a key below the key.
    pub(super) fn at(&self, name: &str) -> Self {
        let spot = match &self.spot {
            Spot::Key(key) if key.is_empty() => Spot::Key(name.to_owned()),
            Spot::Key(key) => Spot::Key(format!("{key}.{name}")),
            _ => Spot::Column(name.to_owned()),
        };
        Self { spot, ..self.clone() }
    }

    /// An entry of the list that the key holds.
    pub(super) fn entry(&self, n: usize) -> Self {
        match &self.spot {
            Spot::Key(key) => Self::key(format!("{key}[{n}]")),
            _ => self.clone(),
        }
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.spot {
            Spot::Path(path) => write!(f, "{}", path.display())?,
            _ => f.write_str(self.file)?,
        }
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        match &self.spot {
            Spot::Whole | Spot::Path(_) => Ok(()),
            Spot::Column(column) => write!(f, ", column `{column}`"),
            Spot::Key(key) => write!(f, ", key `{key}`"),
        }
    }
}

/// One thing that is wrong: where, and what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    at: At,
    reason: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.at, self.reason)
    }
}

/// All that is wrong with the facts of a plan, by file and line; never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanFaults(Vec<Fault>);

impl PlanFaults {
    /// Each fault by itself.
    pub fn each(self) -> impl Iterator<Item = Self> {
        self.0.into_iter().map(|fault| Self(vec![fault]))
    }
}

impl fmt::Display for PlanFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let told: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&told.join("\n"))
    }
}

impl std::error::Error for PlanFaults {}

/// What was wrong so far. Readers tell their faults here and go on with a stand-in, so that nothing else remains unread;
/// checks ask here whether what they look at was read.
#[derive(Debug, Default)]
pub(super) struct Faults {
    told: RefCell<Vec<Fault>>,
    /// Files that could not be read to their end.
    unread: RefCell<BTreeSet<&'static str>>,
    /// Files with an id that could not be read: an id that leads nowhere may be that one.
    nameless: RefCell<BTreeSet<&'static str>>,
    /// Line of each key of `plan.toml`.
    lines: RefCell<BTreeMap<String, u64>>,
    /// Tables of `plan.toml` with a key that is unknown: a slip, maybe, for one that is missing.
    strayed: RefCell<BTreeSet<String>>,
}

impl Faults {
    pub(super) fn add(&self, at: At, reason: impl Into<String>) {
        let fault = Fault { at: self.placed(at), reason: reason.into() };
        self.told.borrow_mut().push(fault);
    }

    /// A value that is not what its column or key holds.
    pub(super) fn wrong(&self, at: At, value: &str, expected: impl fmt::Display) {
        self.add(at, format!("`{}` is not {expected}", cut(value)));
    }

    /// An id that leads nowhere.
    pub(super) fn unknown(&self, at: At, id: &str, expected: impl fmt::Display) {
        self.add(at, format!("`{}` is unknown; expected the id of {expected}", cut(id)));
    }

    /// Two things of one id.
    pub(super) fn duplicate(&self, at: At, id: &str, first: At) {
        let first = self.placed(first);
        self.add(at, format!("`{}` is already the id of {first}", cut(id)));
    }

    /// A number stated in the seeds and a recount that do not agree.
    pub(super) fn count(
        &self,
        at: At,
        stated: impl fmt::Display,
        found: impl fmt::Display,
        what: impl fmt::Display,
    ) {
        self.add(at, format!("says {stated} but there are {found} {what}"));
    }

    /// Words in both languages. Those of one stand in for the other where it is not stated.
    pub(super) fn words(&self, at: At, zh: &str, en: &str) -> Words {
        let words = Words::filled(zh.trim(), en.trim());
        if words.zh.is_empty() {
            self.wrong(at, "", "words in Chinese or English (zh and en are empty)");
        }
        words
    }

    /// One of a closed set of words.
    pub(super) fn one_of<T: Copy + fmt::Display>(
        &self,
        at: At,
        value: &str,
        parse: fn(&str) -> Option<T>,
        all: &[T],
    ) -> Option<T> {
        let found = parse(value);
        if found.is_none() {
            let known: Vec<_> = all.iter().map(ToString::to_string).collect();
            self.wrong(at, value, format_args!("one of {}", known.join(", ")));
        }
        found
    }

    /// A number without a citation is refused, and so is every other fact.
    pub(super) fn no_citation(&self, at: At) {
        self.add(at, "no citation; expected the section of the plan this stands in");
    }

    /// Tells that the rest of a file could not be read.
    pub(super) fn give_up(&self, file: &'static str) {
        self.unread.borrow_mut().insert(file);
    }

    /// Tells that a file holds something whose id could not be read.
    pub(super) fn lose_id(&self, file: &'static str) {
        self.nameless.borrow_mut().insert(file);
    }

    /// Tells where the keys of `plan.toml` stand.
    pub(super) fn set_lines(&self, lines: BTreeMap<String, u64>) {
        self.lines.replace(lines);
    }

    /// A key that a table of `plan.toml` does not have.
    pub(super) fn stray(&self, table: &str, key: &str, known: &[&str]) {
        self.strayed.borrow_mut().insert(table.to_owned());
        let at = At::key(table).at(key);
        self.add(at, format!("the key is unknown; expected one of {}", known.join(", ")));
    }

    /// Could a file not be read to its end?
    pub(super) fn is_unread(&self, file: &'static str) -> bool {
        self.unread.borrow().contains(file)
    }

    /// May an id that is not in a file be one that could not be read?
    pub(super) fn has_lost_ids(&self, file: &'static str) -> bool {
        self.unread.borrow().contains(file) || self.nameless.borrow().contains(file)
    }

    /// The same of a list of `plan.toml` with so many entries.
    pub(super) fn has_lost_entries(&self, list: &str, entries: usize) -> bool {
        let at = At::key(list);
        self.is_open(&at) || (0..entries).any(|n| self.is_open(&at.entry(n).at("id")))
    }

    /// Is there a row of a table of which this column could not be read?
    pub(super) fn is_column_open(&self, file: &'static str, column: &str) -> bool {
        let is_there = |fault: &Fault| fault.at.file == file && is_whole_or(&fault.at.spot, column);
        self.unread.borrow().contains(file) || self.told.borrow().iter().any(is_there)
    }

    /// Is it open what stands there, because that was wrong by itself?
    pub(super) fn is_open(&self, at: &At) -> bool {
        let told = self.told.borrow();
        let mut told = told.iter().filter(|fault| fault.at.file == at.file);
        match &at.spot {
            Spot::Key(key) => {
                self.unread.borrow().contains(at.file)
                    || told.any(|fault| matches!(&fault.at.spot, Spot::Key(wrong) if holds(wrong, key)))
                    || self.may_be_misspelt(key)
            }
            Spot::Column(column) => told.any(|fault| {
                let line = fault.at.line;
                (line.is_none() || line == at.line || line == Some(HEADER))
                    && is_whole_or(&fault.at.spot, column)
            }),
            Spot::Whole | Spot::Path(_) => false,
        }
    }

    /// Is the key missing where an unknown one stands?
    fn may_be_misspelt(&self, key: &str) -> bool {
        let lines = self.lines.borrow();
        let mut path = key;
        while !path.is_empty() && !lines.contains_key(path) {
            path = above(path);
        }
        path != key && self.strayed.borrow().contains(path)
    }

    /// With the line of the key, or of the table that lacks it.
    pub(super) fn placed(&self, mut at: At) -> At {
        if let (Spot::Key(key), None) = (&at.spot, at.line) {
            let lines = self.lines.borrow();
            let mut path = &**key;
            while !path.is_empty() && !lines.contains_key(path) {
                path = above(path);
            }
            at.line = Some(lines.get(path).copied().unwrap_or(1));
        }
        at
    }

    /// # Errors
    /// All that was told, each once, by file and line.
    pub(super) fn all(self) -> Result<(), PlanFaults> {
        let mut told = self.told.into_inner();
        let rank = |fault: &Fault| FILES.iter().position(|file| *file == fault.at.file);
        told.sort_by_key(|fault| (rank(fault), fault.at.line));
        let mut faults: Vec<Fault> = Vec::with_capacity(told.len());
        for fault in told {
            let is_near = |known: &&Fault| (known.at.file, known.at.line) == (fault.at.file, fault.at.line);
            if !faults.iter().rev().take_while(is_near).any(|known| *known == fault) {
                faults.push(fault);
            }
        }
        if faults.is_empty() { Ok(()) } else { Err(PlanFaults(faults)) }
    }
}

fn is_whole_or(spot: &Spot, column: &str) -> bool {
    match spot {
        Spot::Column(wrong) => wrong == column,
        _ => true,
    }
}

/// Is a key the other one, or what holds it?
fn holds(key: &str, other: &str) -> bool {
    let below = other.strip_prefix(key);
    below.is_some_and(|below| key.is_empty() || below.is_empty() || below.starts_with(['.', '[']))
}

/// What holds a key: `layout.axes` for `layout.axes[0]`.
fn above(key: &str) -> &str {
    key.rfind(['.', '[']).map_or("", |end| &key[..end])
}

/// The first characters of a value, for a message.
pub(super) fn cut(value: &str) -> String {
    match value.char_indices().nth(SHOWN_CHARS) {
        Some((end, _)) => format!("{}…", &value[..end]),
        None => value.to_owned(),
    }
}

/// The citations of sections as written. A question mark at the end says the section is inferred.
pub(super) fn citations(sections: &[Box<str>], line: Option<u32>) -> Vec<Citation> {
    let cited = sections.iter().map(|written| {
        let section = written.strip_suffix('?').unwrap_or(written);
        Citation { section: section.into(), line, inferred: section.len() < written.len() }
    });
    cited.collect()
}
