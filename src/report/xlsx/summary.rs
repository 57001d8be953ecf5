//! The first sheet: what the report tells, to be read from its upper end.

use rust_xlsxwriter::{Format, Url, Worksheet, XlsxError};

use super::names::{Names, address};
use super::{Book, Formats, LINE, fitting, lines};
use crate::report::document::{Block, joined};

/// Widths of its two columns in characters: together a page.
const WIDTHS: [u16; 2] = [28, 76];

/// Writes rows from the first to the last.
struct Rows<'a> {
    sheet: &'a mut Worksheet,
    row: u32,
}

impl Rows<'_> {
    /// A row of one or two texts, at least so high.
    fn row(&mut self, cells: [(&str, &Format); 2], least: f64) -> Result<(), XlsxError> {
        for (column, (text, format)) in (0..).zip(cells) {
            if text.is_empty() {
                self.sheet.write_blank(self.row, column, format)?;
            } else {
                self.sheet.write_string_with_format(self.row, column, fitting(text), format)?;
            }
        }
        let [(first, _), (second, _)] = cells;
        let high = lines(first, usize::from(WIDTHS[0])).max(lines(second, usize::from(WIDTHS[1])));
        self.sheet.set_row_height(self.row, (high * LINE).max(least))?;
        self.row += 1;
        Ok(())
    }

    /// A heading, each of its lines in a row of its own, because it reaches over the columns.
    fn heading(&mut self, text: &str, first: &Format, others: &Format) -> Result<(), XlsxError> {
        for (at, line) in text.lines().enumerate() {
            let format = if at == 0 { first } else { others };
            self.sheet.write_string_with_format(self.row, 0, fitting(line), format)?;
            self.row += 1;
        }
        Ok(())
    }

    /// A title that leads to the sheet that it is of.
    fn link(&mut self, title: &str, name: &str, format: &Format) -> Result<(), XlsxError> {
        let url = Url::new(address(name)).set_text(joined(title));
        self.sheet.write_url_with_format(self.row, 1, url, format)?;
        self.row += 1;
        Ok(())
    }
}

/// Writes the sheet.
pub(super) fn write(book: &mut Book<'_>, names: &Names) -> Result<(), XlsxError> {
    let document = book.document;
    let sheet = book.sheet(&names.summary, false)?;
    for (column, width) in (0..).zip(WIDTHS) {
        sheet.set_column_width(column, width)?;
    }
    sheet.set_screen_gridlines(false);
    let formats = Formats::new();
    let mut rows = Rows { sheet, row: 0 };
    rows.heading(&document.title, &formats.title, &formats.quiet)?;
    rows.row += 1;
    if let Some(banner) = &document.banner {
        rows.row([("", &formats.banner), (banner, &formats.banner)], LINE)?;
        rows.row += 1;
    }
    for (name, value) in &document.facts {
        rows.row([(name, &formats.name), (value, &formats.text)], LINE)?;
    }
    let mut tables = names.tables.iter();
    for section in &document.sections {
        rows.row += 1;
        rows.heading(&section.heading, &formats.heading, &formats.quiet)?;
        for block in &section.blocks {
            match block {
                Block::Headline { value, label } => {
                    rows.row([(value, &formats.headline), (label, &formats.text)], 2.0 * LINE)?;
                }
                Block::Text(text) => rows.row([("", &formats.text), (text, &formats.text)], LINE)?,
                Block::Notes(notes) => {
                    for note in notes {
                        rows.row([("•", &formats.bullet), (note, &formats.text)], LINE)?;
                    }
                }
                Block::Table(table) => {
                    let name = tables.next().map_or(table.name, String::as_str);
                    rows.link(&table.title, name, &formats.link)?;
                }
                Block::Chart(chart) => rows.link(&chart.title, &names.charts, &formats.link)?,
                Block::Map { caption, .. } => rows.link(caption, &names.maps, &formats.link)?,
            }
        }
    }
    rows.row += 1;
    rows.row([("", &formats.text), (&document.footer, &formats.text)], LINE)
}
