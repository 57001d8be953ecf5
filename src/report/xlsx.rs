//! A report as a workbook (Office Open XML).
//!
//! In: a report. Out: a first sheet to read, which links to the others; a sheet for each table with numbers as numbers,
//! days as days and nothing where nothing is known; charts that spreadsheets draw from cells; maps as pictures; the
//! banner and page numbers on every printed page. Leaves out: formulas; a text that looks like one is a text.

mod figures;
mod names;
mod summary;
mod tables;

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};
use thiserror::Error;

use super::document::{Block, Chart, Document, joined};
use crate::map::picture::Picture;
use crate::map::png::PngError;
use crate::render::xlsx::{LONGEST_TEXT, width};
use names::Names;

/// The paper A4.
const A4: u8 = 9;
/// The most UTF-16 units of a header or footer.
const LONGEST_EDGE: usize = 255;
/// The most characters of a line of them, on upright A4.
const EDGE_WIDTH: usize = 110;
/// Height of a line in points.
const LINE: f64 = 15.5;
/// Seconds of a day.
const DAY: i64 = 86_400;

/// Why there is no file.
#[derive(Debug, Error)]
pub enum WorkbookError {
    /// A picture cannot be drawn.
    #[error("a picture of the workbook: {0}")]
    Picture(#[from] PngError),
    /// The writer refused something.
    #[error("the workbook: {0}")]
    Refused(#[from] XlsxError),
}

/// The workbook of a report.
///
/// # Errors
/// A picture is too large, or a sheet has more rows than spreadsheets read.
pub fn write(document: &Document) -> Result<Vec<u8>, WorkbookError> {
    let names = Names::of(document);
    let mut book = Book { workbook: Workbook::new(), document };
    let moment = ExcelDateTime::from_timestamp(i64::from(document.as_of.days()) * DAY)?;
    let title = joined(&document.title);
    let properties = DocProperties::new().set_title(title).set_author("innospace");
    book.workbook.set_properties(&properties.set_creation_datetime(&moment));
    summary::write(&mut book, &names)?;
    for (table, name) in document.tables().zip(&names.tables) {
        tables::write(&mut book, table, name)?;
    }
    figures::charts(&mut book, &charts(document), &names.charts)?;
    figures::maps(&mut book, &maps(document), &names.maps)?;
    Ok(book.workbook.save_to_buffer()?)
}

fn charts(document: &Document) -> Vec<&Chart> {
    let blocks = document.sections.iter().flat_map(|section| &section.blocks);
    blocks.filter_map(|block| if let Block::Chart(chart) = block { Some(chart) } else { None }).collect()
}

fn maps(document: &Document) -> Vec<(&str, &Picture)> {
    let mut maps = Vec::new();
    for block in document.sections.iter().flat_map(|section| &section.blocks) {
        if let Block::Map { caption, picture } = block {
            maps.push((caption.as_str(), &**picture));
        }
    }
    maps
}

/// A workbook as far as it is written.
struct Book<'a> {
    workbook: Workbook,
    document: &'a Document,
}

impl Book<'_> {
    /// A sheet that prints on A4, as wide as a page, with what stands on every page.
    fn sheet(&mut self, name: &str, is_wide: bool) -> Result<&mut Worksheet, XlsxError> {
        let header = self.document.banner.as_deref().map(|banner| edge(banner, ""));
        let footer = edge(&self.document.footer, "&P / &N");
        let lines = |edge: &str| u16::try_from(edge.lines().count()).unwrap_or(u16::MAX);
        let room = |edge: &str| 0.45 + 0.14 * f64::from(lines(edge));
        let top = header.as_deref().map_or(0.6, room);
        let bottom = room(&footer);
        let sheet = self.workbook.add_worksheet();
        sheet.set_name(name)?.set_paper_size(A4).set_print_fit_to_pages(1, 0).set_footer(footer);
        sheet.set_header_footer_scale_with_doc(false);
        sheet.set_margins(0.6, 0.6, top, bottom, 0.3, 0.3);
        if let Some(header) = header {
            sheet.set_header(header);
        }
        if is_wide {
            sheet.set_landscape();
        }
        Ok(sheet)
    }
}

/// A text above or below a page, in small letters, broken into lines because spreadsheets do not, and cut where it is
/// longer than they take; then a last line.
fn edge(text: &str, last: &str) -> String {
    let mut out = "&L&8 ".to_owned();
    let room = LONGEST_EDGE - last.len() - 2;
    let mut used = out.len();
    for line in text.lines().flat_map(|line| folded(line, EDGE_WIDTH)) {
        let line = line.replace('&', "&&") + "\n";
        used += line.encode_utf16().count();
        if used > room {
            out += "…\n";
            break;
        }
        out += &line;
    }
    (out + last).trim_end().to_owned()
}

/// A line as lines of so many characters, broken at blanks and between Chinese characters.
fn folded(line: &str, most: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut rest = line.trim();
    while let Some(first) = rest.chars().next() {
        let is_wide = |c: char| width(c.encode_utf8(&mut [0; 4])) == 2;
        let end = if is_wide(first) {
            first.len_utf8()
        } else {
            let after =
                |(at, c): (usize, char)| if c == ' ' { Some(at + 1) } else { is_wide(c).then_some(at) };
            rest.char_indices().skip(1).find_map(after).unwrap_or(rest.len())
        };
        let (word, after) = rest.split_at(end);
        rest = after;
        match lines.last_mut() {
            Some(last) if last.is_empty() || width(last) + width(word.trim_end()) <= most => *last += word,
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// How many lines a text takes in a column so wide. Not every spreadsheet finds the height of a row itself.
fn lines(text: &str, wide: usize) -> f64 {
    let most = (wide * 9 / 10).max(1);
    let line =
        |line: &str| folded(line, most).iter().map(|piece| width(piece).div_ceil(most).max(1)).sum::<usize>();
    f64::from(u16::try_from(text.lines().map(line).sum::<usize>()).unwrap_or(u16::MAX).clamp(1, 26))
}

/// A text as a cell holds it: cut, where it is longer than any cell.
fn fitting(text: &str) -> String {
    let text = text.replace('\r', "");
    if text.encode_utf16().count() <= LONGEST_TEXT {
        return text;
    }
    let mut units = 0;
    let fits = |c: &char| {
        units += c.len_utf16();
        units < LONGEST_TEXT
    };
    text.chars().take_while(fits).collect::<String>() + "…"
}

fn at(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}

/// How cells look.
struct Formats {
    title: Format,
    heading: Format,
    quiet: Format,
    name: Format,
    text: Format,
    banner: Format,
    headline: Format,
    bullet: Format,
    link: Format,
    head: Format,
}

impl Formats {
    fn new() -> Self {
        let text = Format::new().set_text_wrap().set_align(FormatAlign::Top);
        let bold = Format::new().set_bold();
        let amber = Format::new().set_background_color(0x00FF_F3DC).set_font_color(0x007A_4D00);
        Self {
            title: bold.clone().set_font_size(18),
            heading: bold.clone().set_font_size(14).set_font_color(0x000B_5CAD),
            quiet: Format::new().set_font_size(12).set_font_color(0x0056_606E),
            name: text.clone().set_bold().set_font_color(0x0056_606E),
            banner: amber.set_bold().set_text_wrap().set_align(FormatAlign::Top),
            headline: bold.clone().set_font_size(18).set_font_color(0x000B_5CAD).set_align(FormatAlign::Left),
            bullet: text.clone().set_align(FormatAlign::Right).set_indent(1),
            link: text
                .clone()
                .set_font_color(0x000B_5CAD)
                .set_underline(rust_xlsxwriter::FormatUnderline::Single),
            head: bold
                .set_text_wrap()
                .set_align(FormatAlign::Top)
                .set_background_color(0x00E5_EFF9)
                .set_border_bottom(FormatBorder::Thin),
            text,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Read as _};

    use calamine::{Data, Reader as _, Xlsx};

    use super::super::document::{Cell, Tongue};
    use super::super::specimen::specimen;
    use super::*;
    use crate::model::Lang;

    fn made(tongue: Tongue) -> Vec<u8> {
        write(&specimen(tongue)).expect("a workbook")
    }

    fn opened(tongue: Tongue) -> Xlsx<Cursor<Vec<u8>>> {
        Xlsx::new(Cursor::new(made(tongue))).expect("a workbook")
    }

    fn member(bytes: &[u8], name: &str) -> String {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
        let mut text = String::new();
        archive.by_name(name).expect("a member").read_to_string(&mut text).expect("text");
        text
    }

    #[test]
    fn sheets_are_named_by_titles_where_they_can_be() {
        let names = |tongue| opened(tongue).sheet_names();
        assert_eq!(names(Tongue::Both), ["摘要 Summary", "创新单元一览", "按轴", "图表 Charts", "地图 Maps"]);
        assert_eq!(
            names(Tongue::Only(Lang::En)),
            ["Summary", "Units of innovation", "short", "Charts", "Maps"]
        );
    }

    #[test]
    fn cells_are_what_the_report_holds() {
        let document = specimen(Tongue::Both);
        let mut book = opened(Tongue::Both);
        for (table, sheet) in document.tables().zip(["创新单元一览", "按轴"]) {
            let range = book.worksheet_range(sheet).expect("a sheet");
            let rows: Vec<_> = table.rows.iter().chain(&table.total).collect();
            assert_eq!(range.height(), 1 + rows.len());
            for (at, column) in table.columns.iter().enumerate() {
                assert_eq!(range[(0, at)], Data::String(column.heading.clone()));
                for (row, cells) in (1..).zip(&rows) {
                    let got = &range[(row, at)];
                    match &cells[at] {
                        Cell::Missing => assert_eq!(*got, Data::Empty),
                        Cell::Text(text) | Cell::Cited(text) => assert_eq!(*got, Data::String(text.clone())),
                        Cell::Number(number, _) => assert_eq!(*got, Data::Float(*number)),
                        Cell::Digits(whole) => assert_eq!(got.to_string(), whole.to_string()),
                        Cell::Day(day) if day.days() < -25_508 => {
                            assert_eq!(*got, Data::String(day.to_string()));
                        }
                        Cell::Day(day) => {
                            let Data::DateTime(moment) = got else { panic!("{got:?}") };
                            assert_eq!(moment.as_f64(), f64::from(day.days()) + 25_569.0);
                        }
                    }
                }
            }
            assert!(book.worksheet_formula(sheet).expect("a sheet").is_empty());
        }
    }

    #[test]
    fn the_summary_tells_everything_in_order() {
        let document = specimen(Tongue::Only(Lang::En));
        let range = opened(Tongue::Only(Lang::En)).worksheet_range("Summary").expect("a sheet");
        let texts: Vec<_> = range.used_cells().map(|(_, _, cell)| cell.to_string()).collect();
        let mut at = 0;
        for wanted in [
            document.title.as_str(),
            document.banner.as_deref().expect("one"),
            "Extent",
            "the whole zone",
            "Overview",
            "13",
            "named units, all",
            "This report tells where units are.",
            "Not known is not zero.",
            "Units by axis",
            "Units one by one",
            "Units of innovation",
            "Where the units are",
            document.footer.as_str(),
        ] {
            let found = texts[at..].iter().position(|text| text == wanted);
            at += found.unwrap_or_else(|| panic!("{wanted} is not after {:?}", &texts[..at])) + 1;
        }
    }

    #[test]
    fn equal_reports_have_equal_bytes() {
        let bytes = made(Tongue::Both);
        assert_eq!(bytes, made(Tongue::Both));
        let core = member(&bytes, "docProps/core.xml");
        assert!(core.contains("2025-06-30T00:00:00Z"), "{core}");
        assert!(core.contains("中国车谷创新空间报告 / Innovation space of the car valley"), "{core}");
    }

    #[test]
    fn charts_draw_from_cells_and_tell_their_target() {
        let bytes = made(Tongue::Only(Lang::En));
        let (stacked, single) =
            (member(&bytes, "xl/charts/chart1.xml"), member(&bytes, "xl/charts/chart2.xml"));
        assert!(stacked.contains("<c:grouping val=\"stacked\"/>"), "{stacked}");
        assert!(stacked.contains("<c:f>Charts!$C$3:$C$5</c:f>"), "{stacked}");
        assert!(single.contains("Targets (target of 2030: 10)"), "{single}");
        let drawing = member(&bytes, "xl/drawings/drawing1.xml");
        assert!(drawing.contains("Dongfeng axis named 12, to be named 6"), "{drawing}");
        let drawing = member(&bytes, "xl/drawings/drawing2.xml");
        assert!(drawing.contains("descr=\"Where the units are\""), "{drawing}");
    }

    #[test]
    fn pages_tell_the_banner_and_their_number() {
        let sheet = member(&made(Tongue::Only(Lang::En)), "xl/worksheets/sheet2.xml");
        for part in [
            "<oddHeader>&amp;L&amp;8 Synthetic data: made up &amp;&amp; not present.</oddHeader>",
            "&amp;P / &amp;N</oddFooter>",
            "paperSize=\"9\"",
            "<autoFilter ref=\"A1:E67\"/>",
            "state=\"frozen\"",
        ] {
            assert!(sheet.contains(part), "{part}: {sheet}");
        }
    }

    #[test]
    fn what_is_too_long_is_cut() {
        let long = "车谷 valley & ".repeat(60);
        let edge = edge(&long, "&P / &N");
        assert!(edge.encode_utf16().count() <= LONGEST_EDGE, "{edge}");
        assert!(edge.ends_with("…\n&P / &N"), "{edge}");
        assert_eq!(folded("ab cd ef", 5), ["ab cd ", "ef"]);
        assert_eq!(folded("车谷车谷", 4), ["车谷", "车谷"]);
        assert_eq!(folded("", 4), [""]);
        assert_eq!(fitting(&"车".repeat(40_000)).encode_utf16().count(), LONGEST_TEXT);
    }
}
