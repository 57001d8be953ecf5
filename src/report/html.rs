//! A report as a page: for the screen, and for printing on A4.
//!
//! In: a document. Out: its sections as HTML, to stand in a page of the service or alone. Leaves out: addresses.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::chart;
use super::document::{Block, Cell, Document, Section, Table, Tongue, joined};
use crate::map::{png, svg};

/// Width of charts, CSS pixels: that of the text on A4.
const WIDTH: u16 = 680;

const STYLE: &str = "
:root{--tx:#1b2430;--tx2:#56606e;--ln:#dad5ca;--br:#0b5cad}
*{box-sizing:border-box}
body{margin:0 auto;max-width:760px;padding:24px 16px;background:#fff;color:var(--tx);font:15px/1.6 'EDZ Latin','EDZ Han',system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;font-variant-numeric:tabular-nums}
footer{color:var(--tx2);border-top:1px solid var(--ln);font-size:13px;margin-top:32px;padding-top:8px;white-space:pre-line}
@page{size:A4;margin:18mm 16mm}
@media print{body{max-width:none;padding:0;font-size:10.5pt} thead{display:table-header-group} tr,figure{break-inside:avoid} h1,h2,h3{break-after:avoid}}
";

/// What tables, figures and headlines need, wherever they stand.
pub const BLOCK_STYLE: &str = "
.report h2{font-size:20px;line-height:1.3;margin:28px 0 8px} .report h3{font-size:15px;margin:20px 0 6px}
.both{display:block;color:var(--tx2);font-size:.9em;font-weight:400}
.report table{border-collapse:collapse;font-size:13px;width:100%} .report .scroll{overflow-x:auto}
.report th,.report td{text-align:left;vertical-align:top;padding:5px 10px 5px 0;border-bottom:1px solid var(--ln);white-space:normal}
.report th{color:var(--tx2);font-weight:600} .report .n{text-align:right} @media screen and (max-width:640px){.report table.wide{min-width:600px}} .report tfoot td{font-weight:700;border-top:2px solid var(--tx2)}
.report .headlines{display:flex;flex-wrap:wrap;gap:8px 32px} .report .headline b{display:block;font-size:34px;line-height:1.2;color:var(--br)}
.report figure{margin:16px 0} .report figure img{max-width:100%;height:auto;display:block} .report figcaption{color:var(--tx2);font-size:13px;white-space:pre-line}
.report .notice{background:#fff3dc;color:#8a5200;padding:8px 12px;border-radius:10px}
.report dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;font-size:13.5px} .report dt{color:var(--tx2)} .report dd{margin:0}
";

/// A page of its own.
#[must_use]
pub fn write(document: &Document) -> Vec<u8> {
    html! {
        (DOCTYPE)
        html lang=(document.tongue.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (joined(&document.title)) }
                style { (PreEscaped(STYLE)) (PreEscaped(BLOCK_STYLE)) }
            }
            body {
                h1 { (lines(&document.title)) }
                (content(document))
                footer { (document.footer) }
            }
        }
    }
    .into_string()
    .into_bytes()
}

/// All of a report but its title and footer.
#[must_use]
pub fn content(document: &Document) -> Markup {
    html! {
        div.report {
            @if let Some(banner) = &document.banner { p.notice { (lines(banner)) } }
            dl { @for (name, value) in &document.facts { dt { (lines(name)) } dd { (lines(value)) } } }
            @for section in &document.sections { (self::section(section, document.tongue)) }
        }
    }
}

/// A text in its lines: in a report of two languages the second is quieter.
fn lines(text: &str) -> Markup {
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default();
    html! { (first) @for line in lines { span.both { (line) } } }
}

fn section(section: &Section, tongue: Tongue) -> Markup {
    // Headlines that follow each other stand side by side.
    let runs = section.blocks.chunk_by(|a, b| is_headline(a) && is_headline(b));
    html! {
        section {
            h2 { (lines(&section.heading)) }
            @for run in runs {
                @if run.first().is_some_and(is_headline) { div.headlines { @for one in run { (block(one, tongue)) } } }
                @else { @for one in run { (block(one, tongue)) } }
            }
        }
    }
}

fn is_headline(block: &Block) -> bool {
    matches!(block, Block::Headline { .. })
}

fn block(block: &Block, tongue: Tongue) -> Markup {
    match block {
        Block::Headline { value, label } => html! { p.headline { b { (value) } (lines(label)) } },
        Block::Text(text) => html! { p { (lines(text)) } },
        Block::Notes(notes) => html! { ul { @for note in notes { li { (lines(note)) } } } },
        Block::Table(table) => self::table(table),
        Block::Chart(chart) => {
            let drawn = svg::write(&chart::draw(chart, WIDTH, tongue));
            figure("image/svg+xml", &drawn, &chart.title, &chart.described())
        }
        Block::Map { caption, picture } => match png::write(picture) {
            Ok(drawn) => figure("image/png", &drawn, caption, caption),
            Err(fault) => html! { p.notice { (fault) } },
        },
    }
}

fn table(table: &Table) -> Markup {
    let row = |cells: &[Cell]| {
        html! {
            tr {
                @for (cell, column) in cells.iter().zip(&table.columns) {
                    td.n[column.is_number] { (lines(&cell.shown())) }
                }
            }
        }
    };
    html! {
        h3 { (lines(&table.title)) }
        div.scroll { table.wide[table.columns.len() > 3] id=(table.name) {
            thead { tr {
                @for column in &table.columns { th.n[column.is_number] scope="col" { (lines(&column.heading)) } }
            } }
            tbody { @for cells in &table.rows { (row(cells)) } }
            @if let Some(total) = &table.total { tfoot { (row(total)) } }
        } }
    }
}

/// A picture within the page, which so needs no other file.
fn figure(media_type: &str, bytes: &[u8], caption: &str, said: &str) -> Markup {
    let source = format!("data:{media_type};base64,{}", STANDARD.encode(bytes));
    html! {
        figure {
            img src=(source) alt=(joined(said));
            figcaption { (lines(caption)) }
        }
    }
}
