//! Tables: facts, headline numbers, tables of data.

use std::fmt::Write as _;

use super::TEXT_WIDTH;
use super::xml::{escaped, paragraph, runs};
use crate::render::xlsx::width;
use crate::report::document::{Cell, Table, Tongue, joined};

/// The most headline numbers beside each other.
const HEADLINES: usize = 4;
/// The longest piece of a text that is kept in one line, in characters.
const LONGEST_PIECE: u32 = 18;
/// The longest line of a heading that room is kept for, in characters.
const LONGEST_HEADING: u32 = 16;

/// The styles of a table's paragraphs.
struct Set {
    head: &'static str,
    text: &'static str,
    last: &'static str,
    total: &'static str,
    table: &'static str,
    /// Left and right of a cell's text, in twentieths of a point.
    padding: u32,
    /// A character, in twentieths of a point.
    character: u32,
}

const USUAL: Set = Set {
    head: "TableHead",
    text: "TableText",
    last: "TableLast",
    total: "TableTotal",
    table: "ReportTable",
    padding: 200,
    character: 100,
};
const DENSE: Set = Set {
    head: "DenseHead",
    text: "DenseText",
    last: "DenseLast",
    total: "DenseTotal",
    table: "DenseTable",
    padding: 120,
    character: 84,
};

/// Opens a table as wide as the text.
fn open(out: &mut String, style: &str, told: &str, widths: &[u32]) {
    let told =
        if told.is_empty() { String::new() } else { format!("<w:tblCaption w:val=\"{}\"/>", escaped(told)) };
    let _ = write!(
        out,
        "<w:tbl><w:tblPr><w:tblStyle w:val=\"{style}\"/><w:tblW w:w=\"{TEXT_WIDTH}\" w:type=\"dxa\"/>\
         <w:tblLayout w:type=\"fixed\"/><w:tblLook w:val=\"0000\" w:firstRow=\"0\" w:lastRow=\"0\" \
         w:firstColumn=\"0\" w:lastColumn=\"0\" w:noHBand=\"1\" w:noVBand=\"1\"/>{told}</w:tblPr><w:tblGrid>"
    );
    for width in widths {
        let _ = write!(out, "<w:gridCol w:w=\"{width}\"/>");
    }
    *out += "</w:tblGrid>";
}

/// Closes a table. Without a paragraph between them two tables would be one.
fn close(out: &mut String) {
    *out += "</w:tbl><w:p><w:pPr><w:pStyle w:val=\"Gap\"/></w:pPr></w:p>";
}

fn open_cell(out: &mut String, width: u32, properties: &str) {
    let _ = write!(out, "<w:tc><w:tcPr><w:tcW w:w=\"{width}\" w:type=\"dxa\"/>{properties}</w:tcPr>");
}

/// Names and values.
pub(super) fn facts(out: &mut String, facts: &[(String, String)], tongue: Tongue) {
    let widths = [TEXT_WIDTH * 3 / 10, TEXT_WIDTH - TEXT_WIDTH * 3 / 10];
    open(out, "ReportTable", "", &widths);
    for (name, value) in facts {
        *out += "<w:tr><w:trPr><w:cantSplit/></w:trPr>";
        for (width, style, text) in [(widths[0], "TableName", name), (widths[1], "TableText", value)] {
            open_cell(out, width, "");
            paragraph(out, style, text, tongue);
            *out += "</w:tc>";
        }
        *out += "</w:tr>";
    }
    close(out);
}

/// Headline numbers beside each other, each above what it is.
pub(super) fn headlines(out: &mut String, headlines: &[(&str, &str)], tongue: Tongue) {
    let columns = headlines.len().clamp(1, HEADLINES);
    let width = TEXT_WIDTH / u32::try_from(columns).unwrap_or(1);
    open(out, "Headlines", "", &vec![width; columns]);
    for row in headlines.chunks(columns) {
        *out += "<w:tr><w:trPr><w:cantSplit/></w:trPr>";
        for at in 0..columns {
            open_cell(out, width, "");
            let (value, label) = row.get(at).unwrap_or(&("", ""));
            paragraph(out, "Headline", value, tongue);
            paragraph(out, "HeadlineLabel", label, tongue);
            *out += "</w:tc>";
        }
        *out += "</w:tr>";
    }
    close(out);
}

/// A table with its title above.
pub(super) fn table(out: &mut String, table: &Table, tongue: Tongue) {
    paragraph(out, "Caption", &table.title, tongue);
    let is_dense = table.columns.len() > 8;
    let set = if is_dense { &DENSE } else { &USUAL };
    let widths = widths(table, set);
    open(out, set.table, &joined(&table.title), &widths);
    *out += "<w:tr><w:trPr><w:cantSplit/><w:tblHeader/></w:trPr>";
    for (column, &width) in table.columns.iter().zip(&widths) {
        let shade = "<w:shd w:val=\"clear\" w:color=\"auto\" w:fill=\"E5EFF9\"/><w:vAlign w:val=\"bottom\"/>";
        open_cell(out, width, shade);
        cell(out, set.head, &column.heading, column.is_number, tongue);
        *out += "</w:tc>";
    }
    *out += "</w:tr>";
    for (at, cells) in table.rows.iter().enumerate() {
        // The last row goes with the sum: a sum alone on a page says nothing.
        let style = if at + 1 == table.rows.len() && table.total.is_some() { set.last } else { set.text };
        row(out, table, cells, &widths, (style, ""), tongue);
    }
    if let Some(cells) = &table.total {
        let line = "<w:tcBorders><w:top w:val=\"single\" w:sz=\"8\" w:space=\"0\" w:color=\"1B2430\"/></w:tcBorders>";
        row(out, table, cells, &widths, (set.total, line), tongue);
    }
    close(out);
}

fn row(
    out: &mut String,
    table: &Table,
    cells: &[Cell],
    widths: &[u32],
    (style, properties): (&str, &str),
    tongue: Tongue,
) {
    *out += "<w:tr><w:trPr><w:cantSplit/></w:trPr>";
    for ((column, width), held) in table.columns.iter().zip(widths).zip(cells) {
        open_cell(out, *width, properties);
        cell(out, style, &held.shown(), column.is_number, tongue);
        *out += "</w:tc>";
    }
    *out += "</w:tr>";
}

fn cell(out: &mut String, style: &str, text: &str, is_number: bool, tongue: Tongue) {
    let side = if is_number { "<w:jc w:val=\"right\"/>" } else { "" };
    let _ = write!(out, "<w:p><w:pPr><w:pStyle w:val=\"{style}\"/>{side}</w:pPr>");
    runs(out, text, tongue);
    *out += "</w:p>";
}

/// How wide the columns are, in twentieths of a point: each holds its longest word and number; the rest of the room
/// goes by weight to those whose texts are longer, and evenly where there is room for all.
fn widths(table: &Table, set: &Set) -> Vec<u32> {
    let twips = |characters: u32| characters * set.character + set.padding;
    let needs: Vec<(u32, u32)> = (0..table.columns.len())
        .map(|at| {
            let (least, most) = needed(table, at);
            (twips(least), twips(most))
        })
        .collect();
    let mut widths: Vec<u32> = needs.iter().map(|need| need.0).collect();
    let taken: u32 = widths.iter().sum();
    if taken >= TEXT_WIDTH {
        return scaled(&widths);
    }
    let mut room = TEXT_WIDTH - taken;
    while room > 0 {
        let weight = |at: usize| u32::from(table.columns[at].weight.max(1));
        let open: Vec<usize> = (0..widths.len()).filter(|&at| widths[at] < needs[at].1).collect();
        let weights: u32 = open.iter().map(|&at| weight(at)).sum();
        if open.is_empty() || room < weights {
            break;
        }
        let share = room / weights;
        for at in open {
            let more = (share * weight(at)).min(needs[at].1 - widths[at]);
            widths[at] += more;
            room -= more;
        }
    }
    scaled(&widths)
}

/// The widest piece that stays in one line, and the widest line of a column, in characters.
fn needed(table: &Table, at: usize) -> (u32, u32) {
    let characters = |text: &str| u32::try_from(width(text)).unwrap_or(u32::MAX).min(400);
    let column = &table.columns[at];
    let cells = table.rows.iter().chain(&table.total).filter_map(|row| row.get(at)).map(Cell::shown);
    let mut need = (4, 4);
    for (is_head, text) in
        std::iter::once((true, column.heading.clone())).chain(cells.map(|text| (false, text)))
    {
        let longest = if column.is_number && !is_head {
            // A number that is broken is misread: it has room in a wider font too.
            characters(&text) + 2
        } else {
            text.split_whitespace().map(piece).max().unwrap_or(0).min(LONGEST_PIECE)
        };
        // Bold characters are wider. A long heading is broken before texts are.
        let most = if is_head { (characters(&text) + 1).min(LONGEST_HEADING) } else { characters(&text) };
        let longest = if is_head { longest + 2 } else { longest };
        need = (need.0.max(longest), need.1.max(most).max(longest));
    }
    need
}

/// The part of a word that is not broken: Chinese is, between any two characters.
fn piece(word: &str) -> u32 {
    let (mut run, mut longest) = (0, 0);
    for c in word.chars() {
        run = if c.is_ascii() || width(c.encode_utf8(&mut [0; 4])) == 1 { run + 1 } else { 0 };
        longest = longest.max(if run == 0 { 4 } else { run });
    }
    longest
}

/// Widths that add up to that of the text.
fn scaled(widths: &[u32]) -> Vec<u32> {
    let sum = widths.iter().map(|&width| u64::from(width)).sum::<u64>().max(1);
    let share = |&width: &u32| u64::from(width) * u64::from(TEXT_WIDTH) / sum;
    let mut scaled: Vec<u32> = widths.iter().map(|width| u32::try_from(share(width)).unwrap_or(0)).collect();
    let rest = TEXT_WIDTH.saturating_sub(scaled.iter().sum());
    if let Some(last) = scaled.last_mut() {
        *last += rest;
    }
    scaled
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::specimen::specimen;

    #[test]
    fn columns_fill_the_text_and_hold_their_numbers() {
        for tongue in [Tongue::Both, Tongue::Only(crate::model::Lang::En)] {
            for table in specimen(tongue).tables() {
                let widths = widths(table, &USUAL);
                assert_eq!(widths.iter().sum::<u32>(), TEXT_WIDTH);
                for (at, column) in table.columns.iter().enumerate().filter(|(_, column)| column.is_number) {
                    let need = needed(table, at).0 * USUAL.character + USUAL.padding;
                    assert!(widths[at] >= need, "{}: {} < {need}", column.heading, widths[at]);
                }
            }
        }
    }

    #[test]
    fn words_are_kept_and_chinese_is_broken() {
        assert_eq!(piece("laboratories"), 12);
        assert_eq!(piece("智能网联汽车"), 4);
        assert_eq!(piece("R&D中心"), 4);
    }
}
