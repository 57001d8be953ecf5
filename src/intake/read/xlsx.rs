//! Workbooks, a row of cells at a time.

use std::collections::{BTreeMap, HashSet};
use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use calamine::{DataRef, ExcelDateTime, Reader as _, SheetType, SheetVisible, Xlsx, open_workbook};

use super::head;
use super::merged::Region;
use super::shown::Format;
use super::table::{self, Line, Rows};
use super::{Take, Told, Wish, archive};
use crate::intake::IntakeError;
use crate::intake::row::{Cell, Headings};
use crate::model::Date;

pub(super) fn read(
    path: &Path,
    wish: &Wish,
    headings: &mut Headings,
    take: &mut Take<'_>,
) -> Result<Told, IntakeError> {
    let unfit = |reason: String| IntakeError::unfit(path, &reason);
    let mut book: Xlsx<_> = open_workbook(path)
        .map_err(|fault: calamine::XlsxError| unfit(format!("is no readable workbook: {fault}")))?;
    let sheets = book.sheet_names();
    let (mut notes, mut traps) = (Vec::new(), Vec::new());
    let sheet = match &wish.layer {
        Some(name) if sheets.contains(name) => name.clone(),
        Some(name) => return Err(unfit(format!("has no sheet {name:?}; sheets are {}", sheets.join(", ")))),
        None => choose(&mut book, &mut traps).map_err(unfit)?,
    };
    if sheets.len() > 1 && wish.layer.is_none() {
        notes.push(format!(
            "has {} sheets, {}; {sheet:?} is read (--layer names another)",
            sheets.len(),
            sheets.join(", ")
        ));
    }
    let broken = |fault: calamine::XlsxError| unfit(format!("sheet {sheet:?} cannot be read: {fault}"));
    let merged = book.merge_cells_by_sheet_name(&sheet).map_err(broken)?;
    let merged = merged.iter().map(|cells| Region {
        rows: (u64::from(cells.start.0) + 1, u64::from(cells.end.0) + 1),
        columns: (cells.start.1 as usize, cells.end.1 as usize),
    });
    let what = match &sheets[..] {
        [_] => format!("sheet {sheet:?} "),
        all => format!("sheet {sheet:?} of {} (--layer names another) ", all.join(", ")),
    };
    let merged = merged.filter(|region| region.columns.1 < table::MOST_COLUMNS).collect();
    let unsaved = unsaved(&mut book, &sheet).map_err(broken)?;
    let mut rows = Rows::of_sheet(path, &what, wish, merged);
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(broken)?;
    let formats: Vec<Format> = cells
        .styles()
        .iter()
        .map(|style| style.number_format.as_ref())
        .map(|format| format.map(|format| Format::parse(&format.format_code)).unwrap_or_default())
        .collect();
    let mut line = Line::default();
    loop {
        let cell = cells.next_cell_with_style_id().map_err(broken)?;
        let next = cell.as_ref().map(|(cell, _)| u64::from(cell.get_position().0) + 1);
        if next != Some(line.number) && line.number > 0 {
            rows.push(std::mem::take(&mut line), headings, take)?;
        }
        let Some((cell, style)) = cell else { break };
        line.number = next.unwrap_or(0);
        let column = cell.get_position().1 as usize;
        let value = value(cell.get_value());
        match cell.get_value() {
            DataRef::Error(error) => line.errors.push((column, format!("the error {error} of a formula"))),
            DataRef::Empty if unsaved.contains(&cell.get_position()) => {
                let error = "a formula whose result was not saved (open the workbook in a program of tables and save it)";
                line.errors.push((column, error.to_owned()));
            }
            _ => {}
        }
        if value == Cell::Null {
            continue;
        }
        if column >= table::MOST_COLUMNS {
            return Err(unfit(format!(
                "row {} has a value in column {}, at most {} are taken",
                line.number,
                column + 1,
                table::MOST_COLUMNS
            )));
        }
        if let Some((format, number)) = formats.get(style).zip(value.as_number()) {
            if format.is_share() && matches!(value, Cell::Integer(_) | Cell::Real(_)) {
                line.percent.push(column);
            }
            line.shown.extend(format.shown(number).map(|shown| (column, shown)));
        }
        line.cells.resize(column, Cell::Null);
        line.cells.push(value);
    }
    let told = rows.end(headings, take)?;
    notes.extend(told.notes);
    traps.extend(told.traps);
    let is_1904 = archive::counts_from_1904(path).map_err(unfit)?;
    Ok(Told { notes, traps, is_1904, ..told })
}

/// The sheet that is read where none is named: the first one to be seen, or, where that is a cover or a dictionary, the one
/// whose headings say most.
fn choose(book: &mut Xlsx<BufReader<File>>, traps: &mut Vec<String>) -> Result<String, String> {
    /// A table of parcels has so many known headings.
    const ENOUGH: usize = 3;
    let all = book.sheets_metadata().to_vec();
    let is_seen = |sheet: &&calamine::Sheet| {
        sheet.typ == SheetType::WorkSheet && sheet.visible == SheetVisible::Visible
    };
    let seen: Vec<String> = all.iter().filter(is_seen).map(|sheet| sheet.name.clone()).collect();
    let Some(first) = seen.first() else {
        let names: Vec<&str> = all.iter().map(|sheet| sheet.name.as_str()).collect();
        return Err(format!("has no sheet of cells that is to be seen; sheets are {}", names.join(", ")));
    };
    let known: Vec<_> = seen.iter().map(|name| known_headings(book, name)).collect();
    let counts: Vec<usize> = known.iter().map(HashSet::len).collect();
    let most = counts.iter().max().copied().unwrap_or_default();
    let at = match counts[0] {
        count if count >= ENOUGH || count == most => 0,
        _ => counts.iter().position(|count| *count == most).unwrap_or_default(),
    };
    let alike: Vec<&str> =
        seen.iter().zip(&known).filter(|(_, own)| **own == known[at]).map(|(name, _)| &**name).collect();
    if counts[at] >= ENOUGH && alike.len() > 1 {
        return Err(format!(
            "holds {} sheets with the same headings, name one with --layer: {}; the others can be taken in with --append",
            alike.len(),
            alike.join(", ")
        ));
    }
    if at > 0 || all.first().is_some_and(|sheet| sheet.name != *first) {
        let reason = if at > 0 {
            "has more headings that are known than those before it"
        } else {
            "is the first to be seen"
        };
        traps.push(format!(
            "of the sheets {}, {:?} is read, as it {reason} (--layer names another)",
            all.iter().map(|sheet| sheet.name.as_str()).collect::<Vec<_>>().join(", "),
            seen[at]
        ));
    }
    Ok(seen[at].clone())
}

/// The cells of formulas whose results were not saved, as libraries leave them; where the first rows have none, none has.
fn unsaved(
    book: &mut Xlsx<BufReader<File>>,
    sheet: &str,
) -> Result<HashSet<(u32, u32)>, calamine::XlsxError> {
    const FIRST_ROWS: u32 = 1000;
    const MOST: usize = 1_000_000;
    let mut found = HashSet::new();
    let mut cells = book.worksheet_cells_reader(sheet)?;
    while let Some(cell) = cells.next_cell_with_formula()? {
        if cell.formula.is_some() && cell.value == DataRef::Empty {
            found.insert(cell.pos);
        }
        if found.len() == MOST || found.is_empty() && cell.pos.0 > FIRST_ROWS {
            break;
        }
    }
    Ok(found)
}

/// How many headings among the first rows of a sheet are known; none where it cannot be read.
fn known_headings(book: &mut Xlsx<BufReader<File>>, sheet: &str) -> HashSet<&'static str> {
    let Ok(mut cells) = book.worksheet_cells_reader(sheet) else { return HashSet::new() };
    let mut rows: BTreeMap<u32, Vec<Cell>> = BTreeMap::new();
    while let Ok(Some(cell)) = cells.next_cell() {
        let row = cell.get_position().0;
        if rows.len() == head::MOST_TITLES && !rows.contains_key(&row) {
            break;
        }
        rows.entry(row).or_default().push(value(cell.get_value()));
    }
    rows.values().map(head::meanings).max_by_key(HashSet::len).unwrap_or_default()
}

fn value(cell: &DataRef<'_>) -> Cell {
    match cell {
        DataRef::Int(value) => Cell::Integer(*value),
        DataRef::Float(value) => Cell::number(*value),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::text(text),
        DataRef::SharedString(text) => Cell::text(text),
        DataRef::Bool(value) => Cell::Bool(*value),
        DataRef::DateTime(moment) => moment_of(moment),
        DataRef::Error(_) | DataRef::Empty => Cell::Null,
    }
}

/// A day; with a time, a time alone and a span of time are texts in the form of ISO 8601.
fn moment_of(moment: &ExcelDateTime) -> Cell {
    let days = moment.as_f64();
    if moment.is_duration() {
        let seconds = (days * 86_400.0).round();
        let (hours, minutes) = ((seconds / 3600.0).floor(), (seconds % 3600.0 / 60.0).floor());
        return Cell::text(&format!("PT{hours}H{minutes}M{}S", seconds % 60.0));
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let time = match milli {
        0 => format!("{hour:02}:{minute:02}:{second:02}"),
        _ => format!("{hour:02}:{minute:02}:{second:02}.{milli:03}"),
    };
    if (0.0..1.0).contains(&days) {
        return Cell::text(&time);
    }
    match Date::parse(&format!("{year:04}-{month:02}-{day:02}")) {
        Some(day) if days.fract() == 0.0 => Cell::Date(day),
        Some(day) => Cell::text(&format!("{day}T{time}")),
        None => Cell::Null,
    }
}
