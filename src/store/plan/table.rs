//! A table of the seeds, row by row: comma, header row, `;` between the values of a list.

use std::fmt;
use std::path::Path;
use std::str::FromStr;

use super::{At, Numbering, PlanError, citations, cut, one_of, text, words, wrong};
use crate::model::plan::Citation;
use crate::model::{Date, Words};

/// A table whose header holds exactly the expected columns, in any order.
pub(super) struct Table {
    file: &'static str,
    header: Vec<String>,
    records: Vec<(u64, csv::StringRecord)>,
    numbering: Numbering,
}

/// A row; fields are asked for by column.
#[derive(Clone, Copy)]
pub(super) struct Row<'t> {
    table: &'t Table,
    line: u64,
    record: &'t csv::StringRecord,
}

impl Table {
    fn read(folder: &Path, file: &'static str, columns: &[&'static str]) -> Result<Self, PlanError> {
        let text = text(folder, file)?;
        let fault = |why| PlanError::Csv { file, why };
        let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes());
        let header: Vec<String> = reader.headers().map_err(fault)?.iter().map(str::to_owned).collect();
        let expected = || columns.join(", ");
        if let Some(column) = columns.iter().find(|column| !header.iter().any(|name| name == *column)) {
            return Err(PlanError::MissingColumn { file, column, expected: expected() });
        }
        let surplus = header
            .iter()
            .enumerate()
            .find(|(at, name)| !columns.contains(&name.as_str()) || header[..*at].contains(name));
        if let Some((_, name)) = surplus {
            return Err(PlanError::UnknownColumn { file, column: cut(name), expected: expected() });
        }
        let mut records = Vec::new();
        for record in reader.records() {
            let record = record.map_err(fault)?;
            records.push((record.position().map_or(0, csv::Position::line), record));
        }
        Ok(Self { file, header, records, numbering: Numbering::Any })
    }

    /// The same; none where there is no such file.
    pub(super) fn open(
        folder: &Path,
        file: &'static str,
        columns: &[&'static str],
    ) -> Result<Option<Self>, PlanError> {
        match Self::read(folder, file, columns) {
            Err(PlanError::Read { why, .. }) if why.kind() == std::io::ErrorKind::NotFound => Ok(None),
            table => table.map(Some),
        }
    }

    /// The table of a plan whose sections are numbered so.
    pub(super) fn numbered(self, numbering: Numbering) -> Self {
        Self { numbering, ..self }
    }

    pub(super) fn rows(&self) -> impl Iterator<Item = Row<'_>> {
        self.records.iter().map(|(line, record)| Row { table: self, line: *line, record })
    }
}

impl<'t> Row<'t> {
    pub(super) fn at(self, column: &str) -> At {
        At::row(self.table.file, self.line).at(column)
    }

    pub(super) fn here(self) -> At {
        At::row(self.table.file, self.line)
    }

    /// The field, possibly empty. The columns asked for are those the table was opened with.
    fn field(self, column: &str) -> &'t str {
        let at = self.table.header.iter().position(|name| name == column);
        at.and_then(|at| self.record.get(at)).unwrap_or_default()
    }

    pub(super) fn optional(self, column: &str) -> Option<Box<str>> {
        Some(self.field(column)).filter(|value| !value.is_empty()).map(Into::into)
    }

    pub(super) fn required(self, column: &str) -> Result<Box<str>, PlanError> {
        self.optional(column).ok_or_else(|| wrong(self.at(column), "", "a value; the field is empty"))
    }

    /// A stable ASCII id.
    pub(super) fn id(self, column: &str) -> Result<Box<str>, PlanError> {
        let id = self.field(column);
        let fits = id.starts_with(|c: char| c.is_ascii_lowercase())
            && id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
        if fits { Ok(id.into()) } else { Err(wrong(self.at(column), id, "an id of a-z, 0-9 and -")) }
    }

    pub(super) fn name(self) -> Result<Words, PlanError> {
        words(&self.at("name_zh"), self.field("name_zh"), self.field("name_en"))
    }

    /// A remark of ours in both languages, or none.
    pub(super) fn note(self) -> Result<Option<Words>, PlanError> {
        let [zh, en] = ["note_zh", "note_en"].map(|column| self.field(column));
        (!zh.is_empty() || !en.is_empty()).then(|| words(&self.at("note_zh"), zh, en)).transpose()
    }

    /// The values of a list; an empty field is an empty list, an empty value an error.
    pub(super) fn list(self, column: &str) -> Result<Vec<Box<str>>, PlanError> {
        let field = self.field(column);
        if field.is_empty() {
            return Ok(Vec::new());
        }
        let values = field.split(';').map(|value| match value.trim() {
            "" => Err(wrong(self.at(column), field, "a list with `;` between values, none empty")),
            value => Ok(value.into()),
        });
        values.collect()
    }

    /// A finite number, or nothing: a blank is not zero.
    pub(super) fn number(self, column: &str) -> Result<Option<f64>, PlanError> {
        self.parsed(column, "a number", |value: &f64| value.is_finite())
    }

    pub(super) fn required_number(self, column: &str) -> Result<f64, PlanError> {
        self.number(column)?.ok_or_else(|| wrong(self.at(column), "", "a number"))
    }

    pub(super) fn year(self, column: &str) -> Result<Option<u16>, PlanError> {
        self.parsed(column, "a year of four digits", |year: &u16| (1000..=9999).contains(year))
    }

    pub(super) fn date(self, column: &str) -> Result<Option<Date>, PlanError> {
        let Some(text) = self.optional(column) else { return Ok(None) };
        let expected = "a day that exists, as 2025-12-31";
        Date::parse(&text).map(Some).ok_or_else(|| wrong(self.at(column), &text, expected))
    }

    pub(super) fn required_date(self, column: &str) -> Result<Date, PlanError> {
        self.date(column)?
            .ok_or_else(|| wrong(self.at(column), "", "a day, as 2025-12-31; the field is empty"))
    }

    /// The line in the file, from 1.
    pub(super) fn line(self) -> u64 {
        self.line
    }

    pub(super) fn parsed<T: FromStr>(
        self,
        column: &str,
        expected: &str,
        fits: fn(&T) -> bool,
    ) -> Result<Option<T>, PlanError> {
        let field = self.field(column);
        if field.is_empty() {
            return Ok(None);
        }
        let value = field.parse().ok().filter(fits);
        value.map(Some).ok_or_else(|| wrong(self.at(column), field, expected))
    }

    pub(super) fn boolean(self, column: &str) -> Result<Option<bool>, PlanError> {
        match self.field(column) {
            "" => Ok(None),
            "true" => Ok(Some(true)),
            "false" => Ok(Some(false)),
            other => Err(wrong(self.at(column), other, "true or false")),
        }
    }

    pub(super) fn required_boolean(self, column: &str) -> Result<bool, PlanError> {
        self.boolean(column)?.ok_or_else(|| wrong(self.at(column), "", "true or false"))
    }

    pub(super) fn word<T: Copy + fmt::Display>(
        self,
        column: &str,
        parse: fn(&str) -> Option<T>,
        all: &[T],
    ) -> Result<Option<T>, PlanError> {
        match self.field(column) {
            "" => Ok(None),
            value => one_of(self.at(column), value, parse, all).map(Some),
        }
    }

    pub(super) fn required_word<T: Copy + fmt::Display>(
        self,
        column: &str,
        parse: fn(&str) -> Option<T>,
        all: &[T],
    ) -> Result<T, PlanError> {
        one_of(self.at(column), self.field(column), parse, all)
    }

    /// A word of a list of known ones.
    pub(super) fn known(self, column: &str, known: &[&str]) -> Result<Box<str>, PlanError> {
        let value = self.field(column);
        if known.contains(&value) {
            return Ok(value.into());
        }
        Err(wrong(self.at(column), value, format!("one of {}", known.join(", "))))
    }

    /// A section as it is numbered, without the mark of an inferred one.
    pub(super) fn section(self, column: &str) -> Result<Box<str>, PlanError> {
        let section = self.required(column)?;
        self.table.numbering.check(|| self.at(column), &section)?;
        Ok(section)
    }

    pub(super) fn citations(self) -> Result<Vec<Citation>, PlanError> {
        let line = self.parsed("line", "a line number from 1", |line: &u32| *line > 0)?;
        let sections = self.list("sections")?;
        let at = || self.at("sections");
        sections.iter().try_for_each(|section| self.table.numbering.check(at, section))?;
        citations(&self.here(), &sections, line)
    }
}
