//! Tables of separated values: delimiter and encoding are found out.

use std::borrow::Cow;
use std::fs::File;
use std::io::{BufReader, Read as _};
use std::path::Path;

use encoding_rs::UTF_8;
use encoding_rs_io::DecodeReaderBytesBuilder;

use super::again::Passed;
use super::table::{self, Line, Rows};
use super::{Metered, Take, Told, Wish, encoding_of, fill, open};
use crate::intake::number::written;
use crate::intake::row::{Cell, Headings};
use crate::intake::{IntakeError, mapping, refused};

pub(super) fn read(
    path: &Path,
    wish: &Wish,
    headings: &mut Headings,
    take: &mut Take<'_>,
) -> Result<Told, IntakeError> {
    let unfit = |reason: String| IntakeError::unfit(path, &reason);
    let encoding = match wish.encoding {
        Some(encoding) => encoding,
        None => encoding_of(path).map_err(|fault| IntakeError::read(path, fault))?,
    };
    // A byte-order mark, as workbooks write it, says more than a guess.
    let is_guess = wish.encoding.is_none();
    let decoded = |file: File| {
        DecodeReaderBytesBuilder::new()
            .encoding(Some(encoding))
            .bom_override(is_guess)
            .strip_bom(true)
            .build(file)
    };
    let mut begin = vec![0; 1 << 16];
    let read = fill(&mut decoded(open(path)?), &mut begin).map_err(|fault| IntakeError::read(path, fault))?;
    if begin[..read].contains(&0) {
        return Err(unfit("is no table of text: it holds zero bytes".to_owned()));
    }
    let (delimiter, ends_by_return) = (delimiter_of(&begin[..read]), ends_by_return(&begin[..read]));
    let (source, spent) = Metered::new(decoded(open(path)?));
    // The parser takes the end of a file for that of a cell whose mark is never closed; then this row is part of the cell.
    let end: &[u8] = if ends_by_return { b"\r\n\0end of the table\0" } else { b"\n\0end of the table\0" };
    let mut records = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(BufReader::with_capacity(1 << 16, source.chain(end)));
    let mut rows = Rows::new(path, "", wish);
    let mut record = csv::ByteRecord::new();
    let mut guarded = None;
    let mut garbled = Passed::default();
    let mut start = 1;
    loop {
        spent.set(0);
        match records.read_byte_record(&mut record) {
            Ok(true) if end.ends_with(record.as_slice()) && record.as_slice().starts_with(b"\0") => break,
            Ok(true) => {}
            Ok(false) => {
                return Err(unfit(format!(
                    "the quotation mark of a cell in the row that begins at line {start} is never closed, so that all that follows \
                     would be part of it; expected one more at the end of the cell"
                )));
            }
            Err(fault) => return Err(unfit(format!("cannot be read as a table: {fault}"))),
        }
        // The parser counts line feeds, blank lines among them. After a record it has counted those within it and the one
        // that ends it, but for one that follows a return or is left out at the end of the file.
        let within = memchr::memchr_iter(b'\n', record.as_slice()).count() as u64;
        start = record.position().map_or(0, csv::Position::line);
        let after = records.position().line() - within;
        let line = if ends_by_return { after } else { (after - 1).max(start) };
        if record.len() > table::MOST_COLUMNS {
            return Err(unfit(format!(
                "line {line} has {} columns, at most {} are taken; is the delimiter right?",
                record.len(),
                table::MOST_COLUMNS
            )));
        }
        if encoding == UTF_8 && memchr::memmem::find(record.as_slice(), "\u{FFFD}".as_bytes()).is_some() {
            garbled.push(line);
        }
        let cells: Vec<Cell> = record
            .iter()
            .map(|cell| {
                let text = String::from_utf8_lossy(cell);
                let Some(own) = unguarded(&text) else { return Cell::text(&text) };
                guarded.get_or_insert_with(|| text.clone().into_owned());
                Cell::text(&own)
            })
            .collect();
        rows.push(Line::new(line, cells), headings, take)?;
    }
    let mut told = rows.end(headings, take)?;
    if encoding != UTF_8 {
        told.notes.push(format!("read as {}", encoding.name()));
    }
    told.traps.extend(garbled.told("rows hold bytes that are no UTF-8, which the others are; they are lost"));
    if let Some(guarded) = guarded {
        told.notes.push(format!(
            "cells such as {guarded} are guarded as texts for workbooks; read without the guard"
        ));
    }
    Ok(told)
}

/// A cell that is guarded so that workbooks take it as a text, without its guard: `="0701"`, or `'0701` before a number, a
/// code or a date, or before what would be a formula, as this program writes it. An apostrophe before other words is their
/// own, as in 't Hof and '89年建.
fn unguarded(cell: &str) -> Option<Cow<'_, str>> {
    let cell = cell.trim();
    if let Some(inner) = cell.strip_prefix("=\"").and_then(|rest| rest.strip_suffix('"')) {
        let own = inner.replace("\"\"", "\u{0}");
        return (!own.contains('"')).then(|| own.replace('\u{0}', "\"").into());
    }
    let own = cell.strip_prefix('\'')?;
    let is_formula = refused::formulated(cell).is_some();
    (is_formula || is_code(own) || is_amount(own) || is_day(own)).then_some(own.into())
}

/// Is a text of digits, or of letters with digits as codes and geometries have them?
fn is_code(text: &str) -> bool {
    let has = |is: fn(&char) -> bool| text.chars().any(|c| is(&c));
    let is_phrase = has(char::is_ascii_lowercase) && text.contains(' ');
    let is_letters = !text.is_empty() && text.chars().all(|c| c.is_ascii_uppercase());
    let begins = text.starts_with(|c: char| !c.is_ascii_lowercase());
    text.is_ascii()
        && begins
        && !text.contains('\'')
        && !is_phrase
        && (has(char::is_ascii_digit) || is_letters)
}

/// Is a text a number with a unit behind it? A year is none.
fn is_amount(text: &str) -> bool {
    written(text, false).is_some_and(|read| read.behind != "年" && mapping::is_measure(&read.behind))
}

/// Is a text a day, as 2023年1月10日?
fn is_day(text: &str) -> bool {
    text.split(['年', '月', '日']).next().is_some_and(|year| year.len() == 4)
        && text.chars().all(|c| c.is_ascii_digit() || "年月日".contains(c))
}

/// Does a return stand before the line feed that ends the first line?
fn ends_by_return(begin: &[u8]) -> bool {
    let mut is_quoted = false;
    let end = begin.iter().position(|&byte| {
        is_quoted ^= byte == b'"';
        byte == b'\n' && !is_quoted
    });
    end.is_some_and(|end| begin[..end].ends_with(b"\r"))
}

/// The sign that stands most evenly in the first lines, outside of quotes.
fn delimiter_of(begin: &[u8]) -> u8 {
    let mut is_quoted = false;
    let mut counts: Vec<[usize; 4]> = vec![[0; 4]];
    for &byte in begin {
        match byte {
            b'"' => is_quoted = !is_quoted,
            b'\n' if !is_quoted => counts.push([0; 4]),
            b',' | b'\t' | b';' | b'|' if !is_quoted => {
                let at = [b',', b'\t', b';', b'|'].iter().position(|sign| *sign == byte).unwrap_or(0);
                counts.last_mut().expect("never empty")[at] += 1;
            }
            _ => {}
        }
    }
    // The last line may be cut.
    if counts.len() > 1 {
        counts.pop();
    }
    let lines_with = |at: usize| counts.iter().filter(|line| line[at] > 0).count();
    let most = |at: usize| counts.iter().map(|line| line[at]).max().unwrap_or(0);
    let best = (0..4).max_by_key(|&at| (lines_with(at), most(at), 4 - at)).unwrap_or(0);
    [b',', b'\t', b';', b'|'][best]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_counted_as_editors_do() {
        let lines = |text: &str| {
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("a.csv");
            std::fs::write(&path, text).expect("written");
            let mut lines = Vec::new();
            let mut take = |row: crate::intake::row::Row| {
                lines.extend(row.line);
                Ok(())
            };
            read(&path, &Wish::default(), &mut Headings::default(), &mut take).expect("a table");
            lines
        };
        // A head on line 1; a note over three lines, a blank line, and a last line that ends or does not.
        let table = "dkbh,note\nA,1\nB,\"one\ntwo\nthree\"\nC,2\n\nD,3";
        for text in [table.to_owned(), format!("{table}\n")] {
            assert_eq!(lines(&text.replace('\n', "\r\n")), [2, 3, 6, 8], "{text:?} with returns");
        }
        assert_eq!(lines(&format!("{table}\n")), [2, 3, 6, 8]);
        assert_eq!(lines("dkbh,note\nA,1\nB,\"one\ntwo\""), [2, 3]);
        assert_eq!(lines("\"dk\nbh\",note\r\nA,1\r\nB,2"), [3, 4], "a quoted line feed is no end of a line");
    }

    #[test]
    fn guards_of_texts_are_taken_off() {
        for (cell, own) in [
            ("=\"0701\"", Some("0701")),
            ("=\"a \"\"b\"\"\"", Some("a \"b\"")),
            ("'0701", Some("0701")),
            ("'QS-01", Some("QS-01")),
            ("'=1+2", Some("=1+2")),
            ("'R", Some("R")),
            ("'POINT(114 30)", Some("POINT(114 30)")),
            ("'2023-01-10 08:00:00", Some("2023-01-10 08:00:00")),
            ("'2023年1月10日", Some("2023年1月10日")),
            ("'15亩", Some("15亩")),
            ("'89年建", None),
            ("'89年", None),
            ("'89 built", None),
            ("'十四五'规划", None),
            ("'一期", None),
            ("'t Hof", None),
            ("'quoted'", None),
            ("'", None),
            ("=\"a\"&\"b\"", None),
            ("0701", None),
        ] {
            assert_eq!(unguarded(cell).as_deref(), own, "{cell}");
        }
    }

    #[test]
    fn the_delimiter_is_found_outside_of_quotes() {
        assert_eq!(delimiter_of(b"a\tb\n\"1,2,3\"\t4\n"), b'\t');
        assert_eq!(delimiter_of(b"a;b\n1,5;2\n"), b';');
        assert_eq!(delimiter_of(b"a\n1\n"), b',');
    }
}
