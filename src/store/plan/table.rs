//! A table of the seeds, row by row: comma, header row, `;` between the values of a list.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::faults::{At, Faults, HEADER, citations, cut};
use super::{Numbering, text};
use crate::model::plan::Citation;
use crate::model::{Date, Words};

/// A table with the columns that are expected, in any order; what its header lacks or has beside them is told.
pub(super) struct Table<'f> {
    file: &'static str,
    header: Vec<String>,
    /// Has the header the columns that are expected? Rows of other lengths are its fault, else.
    is_sound: bool,
    records: Vec<Record>,
    numbering: Numbering,
    faults: &'f Faults,
}

struct Record {
    /// In the file, from 1.
    line: u64,
    fields: csv::StringRecord,
    /// Has it as many fields as the header? If not, who knows which is which but for the first.
    is_straight: bool,
}

/// A row; fields are asked for by column. What is wrong with one is told, and a stand-in given.
#[derive(Clone, Copy)]
pub(super) struct Row<'t> {
    table: &'t Table<'t>,
    record: &'t Record,
}

impl<'f> Table<'f> {
    /// None where there is no such file, or none that can be read.
    pub(super) fn open(
        folder: &Path,
        file: &'static str,
        columns: &[&'static str],
        faults: &'f Faults,
    ) -> Option<Self> {
        if !folder.join(file).exists() {
            return None;
        }
        let text = text(folder, file, faults)?;
        let mut reader =
            csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(true).from_reader(text.as_bytes());
        let header: Vec<String> = match reader.headers() {
            Ok(header) => header.iter().map(str::to_owned).collect(),
            Err(why) => {
                faults.add(At::row(file, HEADER), why.to_string());
                faults.give_up(file);
                return None;
            }
        };
        let mut table =
            Self { file, header, is_sound: true, records: Vec::new(), numbering: Numbering::Any, faults };
        table.is_sound = table.check_header(columns)?;
        for record in reader.into_records() {
            match record {
                Ok(fields) => table.keep(fields, &text),
                Err(why) => {
                    let line = why.position().map_or(HEADER, csv::Position::line);
                    faults.add(At::row(file, line), why.to_string());
                    faults.give_up(file);
                }
            }
        }
        Some(table)
    }

    /// Has it all columns and no others? None where it has no column at all that is expected.
    fn check_header(&self, columns: &[&'static str]) -> Option<bool> {
        let Self { file, header, faults, .. } = self;
        let (at, expected) = (At::row(file, HEADER), columns.join(", "));
        let is_there = |column: &&&str| header.iter().any(|name| name == **column);
        if !columns.iter().any(|column| is_there(&column)) {
            faults.add(at, format!("no known column; expected {expected}, with commas between"));
            faults.give_up(file);
            return None;
        }
        let mut is_sound = true;
        for column in columns.iter().filter(|column| !is_there(column)) {
            is_sound = false;
            faults.add(at.at(column), format!("the column is missing; expected {expected}"));
            if *column == columns[0] {
                faults.lose_id(file);
            }
        }
        for (n, name) in header.iter().enumerate() {
            if !columns.contains(&name.as_str()) || header[..n].contains(name) {
                is_sound = false;
                let reason = format!("the column is unknown or repeated; expected each once of {expected}");
                faults.add(at.at(&cut(name)), reason);
            }
        }
        Some(is_sound)
    }

    fn keep(&mut self, fields: csv::StringRecord, text: &str) {
        // Its position is the end of the record before, and empty lines may lie between.
        let line = fields.position().map_or(HEADER, |position| {
            let rest = usize::try_from(position.byte()).ok().and_then(|byte| text.get(byte..));
            let ends = rest.unwrap_or_default().bytes().take_while(|byte| matches!(byte, b'\r' | b'\n'));
            position.line() + ends.filter(|byte| *byte == b'\n').count() as u64
        });
        let is_straight = fields.len() == self.header.len();
        if !is_straight && self.is_sound {
            let (found, expected) = (fields.len(), self.header.len());
            let is_torn = fields.iter().any(|field| field.contains('\n'));
            let hint = if is_torn { "; is a quotation mark left open?" } else { "" };
            let reason = format!("the row has {found} fields, expected {expected} as in the header{hint}");
            self.faults.add(At::row(self.file, line), reason);
            if is_torn {
                self.faults.give_up(self.file);
            }
        }
        self.records.push(Record { line, fields, is_straight });
    }

    /// The table of a plan whose sections are numbered so.
    pub(super) fn numbered(self, numbering: Numbering) -> Self {
        Self { numbering, ..self }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.records.iter().map(|record| Row { table: self, record })
    }
}

impl<'t> Row<'t> {
    pub(super) fn at(self, column: &str) -> At {
        self.here().at(column)
    }

    pub(super) fn here(self) -> At {
        At::row(self.table.file, self.record.line)
    }

    pub(super) fn faults(self) -> &'t Faults {
        self.table.faults
    }

    pub(super) fn wrong(self, column: &str, value: &str, expected: impl fmt::Display) {
        self.table.faults.wrong(self.at(column), value, expected);
    }

    /// Could the field not be read?
    pub(super) fn is_open(self, column: &str) -> bool {
        self.table.faults.is_open(&self.at(column))
    }

    /// The field, possibly empty; none where the header lacks the column or nobody knows which field it is, which is told.
    fn field(self, column: &str) -> Option<&'t str> {
        let at = self.table.header.iter().position(|name| name == column)?;
        if at > 0 && !self.record.is_straight { None } else { self.record.fields.get(at) }
    }

    /// Does something stand there?
    pub(super) fn is_stated(self, column: &str) -> bool {
        self.field(column).is_some_and(|field| !field.is_empty())
    }

    /// Does nothing stand there?
    pub(super) fn is_blank(self, column: &str) -> bool {
        self.field(column).is_some_and(str::is_empty)
    }

    /// Refuses an empty field.
    fn needs(self, column: &str, expected: &str) {
        if self.is_blank(column) {
            self.wrong(column, "", expected);
        }
    }

    pub(super) fn optional(self, column: &str) -> Option<Box<str>> {
        self.field(column).filter(|value| !value.is_empty()).map(Into::into)
    }

    pub(super) fn required(self, column: &str, expected: &str) -> Box<str> {
        self.needs(column, expected);
        self.optional(column).unwrap_or_default()
    }

    /// A stable ASCII id. One that cannot be one is told, and given as it stands, for those who name it so.
    pub(super) fn id(self, column: &str) -> Box<str> {
        let id = self.field(column).unwrap_or_default();
        let fits = id.starts_with(|c: char| c.is_ascii_lowercase())
            && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if id.is_empty() {
            self.table.faults.lose_id(self.table.file);
        }
        if !fits && self.field(column).is_some() {
            self.wrong(column, id, "an id of a-z, 0-9 and -");
        }
        id.into()
    }

    pub(super) fn name(self) -> Words {
        match ["name_zh", "name_en"].map(|column| self.field(column)) {
            [Some(zh), Some(en)] => self.table.faults.words(self.at("name_zh"), zh, en),
            [zh, en] => Words::filled(zh.unwrap_or_default(), en.unwrap_or_default()),
        }
    }

    /// A remark of ours in both languages, or none.
    pub(super) fn note(self) -> Option<Words> {
        let [zh, en] = ["note_zh", "note_en"].map(|column| self.field(column).unwrap_or_default());
        (!zh.is_empty() || !en.is_empty()).then(|| Words::filled(zh, en))
    }

    /// The values of a list; an empty field is an empty list, an empty value an error.
    pub(super) fn list(self, column: &str) -> Vec<Box<str>> {
        let Some(field) = self.field(column).filter(|field| !field.is_empty()) else { return Vec::new() };
        let values: Vec<&str> = field.split(';').map(str::trim).collect();
        if values.contains(&"") {
            self.wrong(column, field, "a list with `;` between values, none empty");
        }
        values.into_iter().filter(|value| !value.is_empty()).map(Into::into).collect()
    }

    /// A finite number, or nothing: a blank is not zero.
    pub(super) fn number(self, column: &str) -> Option<f64> {
        self.parsed(column, "a number", |value: &f64| value.is_finite())
    }

    pub(super) fn required_number(self, column: &str) -> f64 {
        self.needs(column, "a number");
        self.number(column).unwrap_or_default()
    }

    pub(super) fn year(self, column: &str) -> Option<u16> {
        self.parsed(column, "a year of four digits", |year: &u16| (1000..=9999).contains(year))
    }

    pub(super) fn required_year(self, column: &str) -> Option<u16> {
        self.needs(column, "a year of four digits");
        self.year(column)
    }

    pub(super) fn date(self, column: &str) -> Option<Date> {
        let text = self.optional(column)?;
        let day = Date::parse(&text);
        if day.is_none() {
            self.wrong(column, &text, "a day that exists, as 2025-12-31");
        }
        day
    }

    pub(super) fn required_date(self, column: &str) -> Option<Date> {
        self.needs(column, "a day, as 2025-12-31; the field is empty");
        self.date(column)
    }

    /// The line in the file, from 1.
    pub(super) fn line(self) -> u64 {
        self.record.line
    }

    pub(super) fn parsed<T: FromStr>(self, column: &str, expected: &str, fits: fn(&T) -> bool) -> Option<T> {
        let field = self.field(column).filter(|field| !field.is_empty())?;
        let value = field.parse().ok().filter(fits);
        if value.is_none() {
            self.wrong(column, field, expected);
        }
        value
    }

    pub(super) fn required_parsed<T: FromStr>(
        self,
        column: &str,
        expected: &str,
        fits: fn(&T) -> bool,
    ) -> Option<T> {
        self.needs(column, expected);
        self.parsed(column, expected, fits)
    }

    pub(super) fn boolean(self, column: &str) -> Option<bool> {
        match self.field(column)? {
            "" => None,
            "true" => Some(true),
            "false" => Some(false),
            other => {
                self.wrong(column, other, "true or false");
                None
            }
        }
    }

    pub(super) fn required_boolean(self, column: &str) -> bool {
        self.needs(column, "true or false");
        self.boolean(column).unwrap_or(false)
    }

    pub(super) fn word<T: Copy + fmt::Display>(
        self,
        column: &str,
        parse: fn(&str) -> Option<T>,
        all: &[T],
    ) -> Option<T> {
        let value = self.field(column).filter(|value| !value.is_empty())?;
        self.table.faults.one_of(self.at(column), value, parse, all)
    }

    /// A word that must be there; the first of all stands in.
    pub(super) fn required_word<T: Copy + fmt::Display>(
        self,
        column: &str,
        parse: fn(&str) -> Option<T>,
        all: &[T],
    ) -> T {
        let value = self.field(column);
        value.and_then(|value| self.table.faults.one_of(self.at(column), value, parse, all)).unwrap_or(all[0])
    }

    /// A word of a list of known ones; any where it is open which are known.
    pub(super) fn known(self, column: &str, known: Option<&[&str]>) -> Box<str> {
        let Some(value) = self.field(column) else { return Box::default() };
        match known {
            Some(known) if !known.contains(&value) => {
                self.wrong(column, value, format_args!("one of {}", known.join(", ")));
                Box::default()
            }
            _ => value.into(),
        }
    }

    /// A section as it is numbered, without the mark of an inferred one.
    pub(super) fn section(self, column: &str) -> Box<str> {
        let section = self.required(column, "a value; the field is empty");
        if section.is_empty() {
            self.table.faults.lose_id(self.table.file);
        } else {
            self.table.numbering.check(self.table.faults, &self.at(column), &section);
        }
        section
    }

    pub(super) fn citations(self) -> Vec<Citation> {
        let line = self.parsed("line", "a line number from 1", |line: &u32| *line > 0);
        let sections = self.list("sections");
        for section in &sections {
            self.table.numbering.check(self.table.faults, &self.at("sections"), section);
        }
        if self.is_blank("sections") {
            self.table.faults.no_citation(self.at("sections"));
        }
        citations(&sections, line)
    }
}
