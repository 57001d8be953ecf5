//! Workbooks, a row of cells at a time.

use std::path::Path;

use calamine::{DataRef, Reader as _, Xlsx, open_workbook};

use super::table::{self, Rows};
use super::{Take, Told, Wish};
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
    let mut notes = Vec::new();
    let sheet = match &wish.layer {
        Some(name) if sheets.contains(name) => name.clone(),
        Some(name) => return Err(unfit(format!("has no sheet {name:?}; sheets are {}", sheets.join(", ")))),
        None => sheets.first().cloned().ok_or_else(|| unfit("has no sheet".to_owned()))?,
    };
    if sheets.len() > 1 && wish.layer.is_none() {
        notes.push(format!(
            "has {} sheets; the first, {sheet:?}, is read (--layer names another)",
            sheets.len()
        ));
    }
    let broken = |fault: calamine::XlsxError| unfit(format!("sheet {sheet:?} cannot be read: {fault}"));
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(broken)?;
    let what = format!("sheet {sheet:?} ");
    let mut rows = Rows::new(path, &what, wish);
    let (mut line, mut row) = (0, Vec::new());
    loop {
        let cell = cells.next_cell().map_err(broken)?;
        let next = cell.as_ref().map(|cell| u64::from(cell.get_position().0) + 1);
        if next != Some(line) && line > 0 {
            rows.push(line, std::mem::take(&mut row), headings, take)?;
        }
        let Some(cell) = cell else { break };
        line = next.unwrap_or(0);
        let column = cell.get_position().1 as usize;
        let value = value(cell.get_value());
        if value == Cell::Null {
            continue;
        }
        if column >= table::MOST_COLUMNS {
            return Err(unfit(format!(
                "row {line} has a value in column {}, at most {} are taken",
                column + 1,
                table::MOST_COLUMNS
            )));
        }
        row.resize(column, Cell::Null);
        row.push(value);
    }
    let told = rows.end(headings, take)?;
    Ok(Told { notes, ..told })
}

fn value(cell: &DataRef<'_>) -> Cell {
    match cell {
        DataRef::Int(value) => Cell::Integer(*value),
        DataRef::Float(value) => Cell::number(*value),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => Cell::text(text),
        DataRef::SharedString(text) => Cell::text(text),
        DataRef::Bool(value) => Cell::Bool(*value),
        DataRef::DateTime(day) => {
            let (year, month, day, ..) = day.to_ymd_hms_milli();
            Date::parse(&format!("{year:04}-{month:02}-{day:02}")).map_or(Cell::Null, Cell::Date)
        }
        DataRef::Error(_) | DataRef::Empty => Cell::Null,
    }
}
