//! A report as a page: for the screen, and for printing on A4.
//!
//! In: a document. Out: its sections as HTML, to stand in a page of the service or alone. Leaves out: addresses.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::chart;
use super::document::{Block, Cell, Document, Section, Table, Tongue, joined};
use crate::map::{png, svg};
use crate::model::is_outline;

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
                (content(document, Sections::default()))
                footer { (document.footer) }
            }
        }
    }
    .into_string()
    .into_bytes()
}

/// Where sections of the plan are told of.
#[derive(Clone, Copy, Default)]
pub struct Sections<'a> {
    /// The sections there are.
    pub known: &'a [String],
    /// The address of one.
    pub href: Option<&'a dyn Fn(&str) -> String>,
}

impl std::fmt::Debug for Sections<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Sections").field("known", &self.known).finish_non_exhaustive()
    }
}

impl Sections<'_> {
    /// A text that cites: a section at the start of each part between semicolons, or behind a colon in it, is a link, whatever
    /// its form.
    fn cited(&self, text: &str) -> Markup {
        let Some(href) = self.href else { return html! { (text) } };
        html! {
            @for part in text.split_inclusive([';', '；']) {
                @match self.cited_in(part) {
                    Some(range) => {
                        (part[..range.start])
                        a href=(href(part[range.clone()].trim_end_matches('?'))) { (part[range.clone()]) }
                        (part[range.end..])
                    }
                    None => (self.linked(part)),
                }
            }
        }
    }

    /// Where a section stands in a part of a text that cites: the longest of the first.
    fn cited_in(&self, part: &str) -> Option<Range<usize>> {
        let colons = part.match_indices([':', '：']).map(|(at, colon)| at + colon.len());
        let mut starts = std::iter::once(0).chain(colons);
        starts.find_map(|start| {
            let from = part.len() - part[start..].trim_start().len();
            let ends = self.known.iter().filter(|known| part[from..].starts_with(known.as_str())).filter_map(
                |known| {
                    let rest = part[from + known.len()..].trim_start_matches('?');
                    let is_whole = rest.is_empty() || rest.starts_with([' ', ';', '；']);
                    is_whole.then(|| part.len() - rest.len())
                },
            );
            ends.max().map(|end| from..end)
        })
    }

    /// Any text with the sections in it as links that have a form which nothing else has: plain numbers are no citations. One
    /// whose name is also a word, as 三 is, must be all of the text or of a part of it between semicolons.
    fn linked(&self, text: &str) -> Markup {
        let Some(href) = self.href else { return html! { (text) } };
        let is_section = |text: &str| is_outline(text) && self.known.iter().any(|known| known == text);
        let bare = |part: &str| part.trim_end_matches('?').to_owned();
        if text.split("; ").all(|part| is_section(&bare(part))) {
            let parts = text.split("; ").enumerate();
            return html! { @for (at, part) in parts { @if at > 0 { "; " } a href=(href(&bare(part))) { (part) } } };
        }
        let is_no_word = |section: &&String| {
            is_outline(section) && section.contains(|c: char| c == '(' || c.is_ascii_digit())
        };
        let mut found: Vec<Range<usize>> = Vec::new();
        for section in self.known.iter().filter(is_no_word) {
            for (at, _) in text.match_indices(section.as_str()) {
                let end = at + section.len();
                // 三(一)1 is not in 三(一)12, nor 三(一) in 三(一)4, which is another.
                let goes_on = text[end..].starts_with(|c: char| c.is_ascii_digit() || c == '(');
                if !goes_on {
                    found.push(at..end);
                }
            }
        }
        // Of those that overlap the longer is meant.
        found.sort_by_key(|range| (range.start, std::cmp::Reverse(range.end)));
        let mut at = 0;
        found.retain(|range| {
            let is_free = range.start >= at;
            at = if is_free { range.end } else { at };
            is_free
        });
        let before = std::iter::once(0).chain(found.iter().map(|range| range.end));
        let pieces: Vec<_> = before.zip(&found).collect();
        let end = found.last().map_or(0, |range| range.end);
        html! {
            @for (from, range) in pieces {
                (text[from..range.start]) a href=(href(&text[range.clone()])) { (text[range.clone()]) }
            }
            (text[end..])
        }
    }
}

/// All of a report but its title and footer.
#[must_use]
pub fn content(document: &Document, sections: Sections<'_>) -> Markup {
    html! {
        div.report {
            @if let Some(banner) = &document.banner { p.notice { (lines(banner)) } }
            dl { @for (name, value) in &document.facts { dt { (lines(name)) } dd { (lines(value)) } } }
            @for section in &document.sections { (self::section(section, document.tongue, sections)) }
        }
    }
}

/// A text in its lines: in a report of two languages the second is quieter.
fn lines(text: &str) -> Markup {
    each_line(text, |line| html! { (line) })
}

fn each_line(text: &str, show: impl Fn(&str) -> Markup) -> Markup {
    let mut lines = text.split('\n');
    let first = lines.next().unwrap_or_default();
    html! { (show(first)) @for line in lines { span.both { (show(line)) } } }
}

fn section(section: &Section, tongue: Tongue, sections: Sections<'_>) -> Markup {
    // Headlines that follow each other stand side by side.
    let runs = section.blocks.chunk_by(|a, b| is_headline(a) && is_headline(b));
    html! {
        section {
            h2 { (lines(&section.heading)) }
            @for run in runs {
                @if run.first().is_some_and(is_headline) { div.headlines { @for one in run { (block(one, tongue, sections)) } } }
                @else { @for one in run { (block(one, tongue, sections)) } }
            }
        }
    }
}

fn is_headline(block: &Block) -> bool {
    matches!(block, Block::Headline { .. })
}

fn block(block: &Block, tongue: Tongue, sections: Sections<'_>) -> Markup {
    match block {
        Block::Headline { value, label } => html! { p.headline { b { (value) } (lines(label)) } },
        Block::Text(text) => html! { p { (lines(text)) } },
        Block::Notes(notes) => {
            html! { ul { @for note in notes { li { (each_line(note, |line| sections.linked(line))) } } } }
        }
        Block::Table(table) => self::table(table, sections),
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

fn table(table: &Table, sections: Sections<'_>) -> Markup {
    let shown = |cell: &Cell| match cell {
        Cell::Cited(text) => each_line(text, |line| sections.cited(line)),
        Cell::Text(text) => each_line(text, |line| sections.linked(line)),
        _ => html! { (cell.shown()) },
    };
    let row = |cells: &[Cell]| {
        html! {
            tr {
                @for (cell, column) in cells.iter().zip(&table.columns) {
                    td.n[column.is_number] { (shown(cell)) }
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

#[cfg(test)]
mod tests {
    use super::*;

    /// Sections of other plans may be plain numbers, which stand in dates, amounts and names, too.
    #[test]
    fn only_citations_are_links_where_sections_are_numbers() {
        let known = ["1", "2", "3", "3.4", "Part 1", "Part 10"].map(str::to_owned);
        let href = |section: &str| format!("#{section}");
        let sections = Sections { known: &known, href: Some(&href) };
        let link = |section: &str| format!("<a href=\"#{section}\">{section}</a>");
        for text in ["2", "2023-06-01", "106.4 ha", "13.4", "3.4", "1; 2", "Part 1"] {
            assert_eq!(sections.linked(text).into_string(), text);
        }
        for (text, want) in [
            ("2", link("2")),
            ("3.4; 2?", format!("{}; <a href=\"#2\">2?</a>", link("3.4"))),
            ("Part 10; Part 1", format!("{}; {}", link("Part 10"), link("Part 1"))),
            ("named in the plan: 3.4; 1", format!("named in the plan: {}; {}", link("3.4"), link("1"))),
            ("规划点名：3.4", format!("规划点名：{}", link("3.4"))),
            ("3.4 Units of 2027；2 Money", format!("{} Units of 2027；{} Money", link("3.4"), link("2"))),
            ("stands in Hub 2, which is counted", "stands in Hub 2, which is counted".to_owned()),
            ("3.45; 23; not stated", "3.45; 23; not stated".to_owned()),
        ] {
            assert_eq!(sections.cited(text).into_string(), want);
        }
    }

    #[test]
    fn sections_in_a_text_are_links() {
        let known = ["三", "三(一)", "三(一)1", "三(一)4", "专栏3-1", "前言"].map(str::to_owned);
        let href = |section: &str| format!("#{section}");
        let sections = Sections { known: &known, href: Some(&href) };
        let link = |section: &str| format!("<a href=\"#{section}\">{section}</a>");
        for (text, want) in [
            ("前言; 三(一)4?", format!("{}; <a href=\"#三(一)4\">三(一)4?</a>", link("前言"))),
            ("三环线", "三环线".to_owned()),
            ("规划三(一)4。", format!("规划{}。", link("三(一)4"))),
            ("见专栏3-1、三(一)", format!("见{}、{}", link("专栏3-1"), link("三(一)"))),
            ("三(一)12", "三(一)12".to_owned()),
            ("a & b", "a &amp; b".to_owned()),
        ] {
            assert_eq!(sections.linked(text).into_string(), want);
        }
        assert_eq!(Sections::default().linked("三(一)4").into_string(), "三(一)4");
    }
}
