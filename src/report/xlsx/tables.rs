//! Sheets of tables: a head that stays and filters, then what the report holds, as spreadsheets count and sort it.

use rust_xlsxwriter::{Format, FormatAlign, FormatBorder, Worksheet, XlsxError};

use super::{Book, Formats, at, fitting};
use crate::render::xlsx::{EPOCH, FIRST_DAY, width};
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
    for (column, (head, &width)) in table.columns.iter().zip(&widths).enumerate() {
        let format = if head.is_number {
            formats.head.clone().set_align(FormatAlign::Right)
        } else {
            formats.head.clone()
        };
        sheet.write_string_with_format(0, at(column), fitting(&head.heading), &format)?;
        sheet.set_column_width(at(column), at(width))?;
    }
    let mut row = 0;
    for cells in &table.rows {
        row += 1;
        line(sheet, row, &table.columns, cells, &formats.text)?;
    }
    // The sum is no row to be filtered or sorted.
    let last = at(table.columns.len().saturating_sub(1));
    sheet.autofilter(0, 0, row.max(1), last)?;
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_repeat_rows(0, 0)?;
    if let Some(cells) = &table.total {
        let format = formats.text.clone().set_bold().set_border_top(FormatBorder::Thin);
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
            Cell::Day(day) if f64::from(day.days()) + EPOCH >= FIRST_DAY => {
                let format = format.clone().set_num_format("yyyy-mm-dd").set_align(FormatAlign::Left);
                sheet.write_number_with_format(row, column, f64::from(day.days()) + EPOCH, &format)?;
            }
            Cell::Text(text) if !text.is_empty() => {
                let side = if head.is_number { FormatAlign::Right } else { FormatAlign::Left };
                sheet.write_string_with_format(
                    row,
                    column,
                    fitting(text),
                    &format.clone().set_align(side),
                )?;
            }
            Cell::Day(day) => {
                sheet.write_string_with_format(row, column, day.to_string(), format)?;
            }
            Cell::Missing | Cell::Number(..) | Cell::Text(_) => {
                sheet.write_blank(row, column, format)?;
            }
        }
    }
    Ok(())
}

/// The format of a number with so many decimals.
pub(super) fn digits(decimals: u8) -> String {
    let rest = "0".repeat(usize::from(decimals));
    if rest.is_empty() { "#,##0".to_owned() } else { format!("#,##0.{rest}") }
}

/// How wide a column is: as what it holds, and the arrow of the filter beside its heading.
fn needed(table: &Table, column: usize) -> usize {
    let cells = table.rows.iter().chain(&table.total).filter_map(|row| row.get(column));
    let cells = cells.map(|cell| width(&cell.shown()) + 2);
    let head = width(&table.columns[column].heading) + 4;
    cells.chain([head, NARROWEST]).max().unwrap_or(NARROWEST).min(WIDEST)
}
