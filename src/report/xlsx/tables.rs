//! Sheets of tables: a head that stays and filters, then what the report holds, as spreadsheets count and sort it.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Worksheet, XlsxError};

use super::{Book, Formats, LINE, at, fitting, lines};
use crate::render::xlsx::{EPOCH, FIRST_DAY, MOST_DIGITS, width};
use crate::report::document::{Cell, Column, Table};

/// Widths of columns in characters; what is longer is broken.
const NARROWEST: usize = 6;
const WIDEST: usize = 44;
/// How many characters an upright page holds in a readable size.
const PAGE: usize = 110;

/// Writes the sheet of a table.
pub(super) fn write(book: &mut Book<'_>, table: &Table, name: &str) -> Result<(), XlsxError> {
    let widths: Vec<usize> = (0..table.columns.len()).map(|column| needed(table, column)).collect();
    let sheet = book.sheet(name, widths.iter().sum::<usize>() > PAGE)?;
    let formats = Formats::new();
    sheet.set_row_height(0, head_lines(table, &widths) * LINE)?;
    for (column, (head, &width)) in table.columns.iter().zip(&widths).enumerate() {
        let format = side(&formats.head, head.is_number);
        sheet.write_string_with_format(0, at(column), fitting(&head.heading), &format)?;
        sheet.set_column_width(at(column), at(width))?;
    }
    let mut row = 0;
    for cells in &table.rows {
        row += 1;
        sheet.set_row_height(row, row_lines(cells, &widths) * LINE)?;
        line(sheet, row, &table.columns, cells, &formats.text)?;
    }
    // The sum is no row to be filtered or sorted.
    let last = at(table.columns.len().saturating_sub(1));
    sheet.autofilter(0, 0, row.max(1), last)?;
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_repeat_rows(0, 0)?;
    if let Some(cells) = &table.total {
        let format = formats.text.clone().set_bold().set_border_top(FormatBorder::Thin);
        sheet.set_row_height(row + 1, row_lines(cells, &widths) * LINE)?;
        line(sheet, row + 1, &table.columns, cells, &format)?;
    }
    Ok(())
}

fn line(
    sheet: &mut Worksheet,
    row: u32,
    columns: &[Column],
    cells: &[Cell],
    format: &Format,
) -> Result<(), XlsxError> {
    for (column, (head, cell)) in columns.iter().zip(cells).enumerate() {
        let column = at(column);
        match cell {
            Cell::Number(number, decimals) if number.is_finite() => {
                let format = format.clone().set_num_format(digits(*decimals));
                sheet.write_number_with_format(row, column, *number, &format)?;
            }
            #[expect(clippy::cast_precision_loss, reason = "of at most 15 digits")]
            Cell::Digits(whole) if whole.abs() <= MOST_DIGITS => {
                let format = format.clone().set_num_format("0");
                sheet.write_number_with_format(row, column, *whole as f64, &format)?;
            }
            Cell::Day(day) if f64::from(day.days()) + EPOCH >= FIRST_DAY => {
                let format = side(format, head.is_number).set_num_format("yyyy-mm-dd");
                sheet.write_number_with_format(row, column, f64::from(day.days()) + EPOCH, &format)?;
            }
            Cell::Text(text) | Cell::Cited(text) if !text.is_empty() => {
                let format = side(format, head.is_number);
                sheet.write_string_with_format(row, column, fitting(text), &format)?;
            }
            Cell::Day(_) | Cell::Digits(_) => {
                let format = side(format, head.is_number);
                sheet.write_string_with_format(row, column, cell.shown(), &format)?;
            }
            Cell::Missing | Cell::Number(..) | Cell::Text(_) | Cell::Cited(_) => {
                sheet.write_blank(row, column, format)?;
            }
        }
    }
    Ok(())
}

/// Numbers stand at the right; what stands at the left keeps away from them.
pub(super) fn side(format: &Format, is_number: bool) -> Format {
    if is_number {
        format.clone().set_align(FormatAlign::Right)
    } else {
        format.clone().set_align(FormatAlign::Left).set_indent(1)
    }
}

/// The most lines of a heading; the arrow of the filter takes room beside each.
fn head_lines(table: &Table, widths: &[usize]) -> f64 {
    let heads = table.columns.iter().zip(widths);
    heads.map(|(head, &width)| lines(&head.heading, width.saturating_sub(2))).fold(1.0, f64::max)
}

/// The most lines of a cell.
fn row_lines(cells: &[Cell], widths: &[usize]) -> f64 {
    let texts = cells.iter().zip(widths).filter_map(|(cell, &width)| match cell {
        Cell::Text(text) | Cell::Cited(text) => Some(lines(text, width.saturating_sub(1))),
        _ => None,
    });
    texts.fold(1.0, f64::max)
}

/// The format of a number with so many decimals.
pub(super) fn digits(decimals: u8) -> String {
    let rest = "0".repeat(usize::from(decimals));
    if rest.is_empty() { "#,##0".to_owned() } else { format!("#,##0.{rest}") }
}

/// How wide a column is: as what it holds, and the arrow of the filter beside its heading.
fn needed(table: &Table, column: usize) -> usize {
    let cells = table.rows.iter().chain(&table.total).filter_map(|row| row.get(column));
    let cells = cells.map(|cell| width(&cell.shown()) + 4);
    let head = width(&table.columns[column].heading) + 5;
    cells.chain([head, NARROWEST]).max().unwrap_or(NARROWEST).min(WIDEST)
}
