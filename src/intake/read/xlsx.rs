//! Workbooks, a row of cells at a time.

use std::path::Path;

use calamine::{DataRef, Reader as _, Xlsx, open_workbook};

use super::merged::Region;
use super::table::{self, Line, Rows};
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
    let merged = book.merge_cells_by_sheet_name(&sheet).map_err(broken)?;
    let merged = merged.iter().map(|cells| Region {
        rows: (u64::from(cells.start.0) + 1, u64::from(cells.end.0) + 1),
        columns: (cells.start.1 as usize, cells.end.1 as usize),
    });
    let what = format!("sheet {sheet:?} ");
    let merged = merged.filter(|region| region.columns.1 < table::MOST_COLUMNS).collect();
    let mut rows = Rows::of_sheet(path, &what, wish, merged);
    let mut cells = book.worksheet_cells_reader(&sheet).map_err(broken)?;
    let is_percent: Vec<bool> = cells
        .styles()
        .iter()
        .map(|style| style.number_format.as_ref().is_some_and(|format| is_share(&format.format_code)))
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
        if is_percent.get(style) == Some(&true) && matches!(value, Cell::Integer(_) | Cell::Real(_)) {
            line.percent.push(column);
        }
        line.cells.resize(column, Cell::Null);
        line.cells.push(value);
    }
    let told = rows.end(headings, take)?;
    Ok(Told { notes, ..told })
}

/// Does a format show a share in per cent? A sign that is only written behind a number makes no share of it.
fn is_share(format: &str) -> bool {
    let (mut signs, mut is_quoted) = (format.chars(), false);
    while let Some(sign) = signs.next() {
        match sign {
            '"' => is_quoted = !is_quoted,
            '\\' | '_' | '*' if !is_quoted => {
                signs.next();
            }
            '%' if !is_quoted => return true,
            _ => {}
        }
    }
    false
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_of_shares_are_known() {
        for format in ["0%", "0.00%", "#,##0.0%;[Red]-0.0%", "\"约\"0%"] {
            assert!(is_share(format), "{format}");
        }
        for format in ["General", "0.00", "0\"%\"", "0\\%", "0_%"] {
            assert!(!is_share(format), "{format}");
        }
    }
}
