//! A report as plain text, for terminals and pipes: its words and tables; charts and maps are named only.

use std::fmt::Write as _;

use super::document::{Block, Cell, Document, Table, joined};
use crate::render::width;

/// Widest column, columns of a fixed font.
const WIDEST: usize = 48;

/// The report as text.
#[must_use]
pub fn write(document: &Document) -> Vec<u8> {
    let mut out = String::new();
    let _ = writeln!(out, "{}\n", document.title);
    if let Some(banner) = &document.banner {
        let _ = writeln!(out, "{banner}\n");
    }
    for (name, value) in &document.facts {
        let _ = writeln!(out, "{}: {}", joined(name), joined(value));
    }
    for section in &document.sections {
        let _ = writeln!(out, "\n# {}\n", joined(&section.heading));
        section.blocks.iter().for_each(|one| block(&mut out, one));
    }
    let _ = writeln!(out, "\n{}", document.footer);
    out.into_bytes()
}

fn block(out: &mut String, block: &Block) {
    let _ = match block {
        Block::Headline { value, label } => writeln!(out, "{value}  {}", joined(label)),
        Block::Text(text) => writeln!(out, "{text}"),
        Block::Notes(notes) => notes.iter().try_for_each(|note| writeln!(out, "- {}", joined(note))),
        Block::Table(table) => self::table(out, table),
        Block::Chart(chart) => writeln!(out, "[{}]", joined(&chart.title)),
        Block::Map { caption, .. } => writeln!(out, "[{}]", joined(caption)),
    };
}

fn table(out: &mut String, table: &Table) -> std::fmt::Result {
    let heading: Vec<_> = table.columns.iter().map(|column| joined(&column.heading)).collect();
    let told = |cells: &Vec<Cell>| cells.iter().map(|cell| joined(&cell.shown())).collect::<Vec<_>>();
    let total = table.total.iter().map(|cells| {
        told(cells).into_iter().map(|text| if text == "—" { String::new() } else { text }).collect()
    });
    let rows: Vec<Vec<String>> = table.rows.iter().map(told).chain(total).collect();
    let widths: Vec<_> = (0..heading.len())
        .map(|at| {
            let cells = rows.iter().filter_map(|row| row.get(at)).chain([&heading[at]]);
            cells.map(|text| width(text)).max().unwrap_or(0).min(WIDEST)
        })
        .collect();
    writeln!(out, "\n{}", joined(&table.title))?;
    for (at, row) in std::iter::once(&heading).chain(&rows).enumerate() {
        let mut line = String::new();
        for ((text, &room), column) in row.iter().zip(&widths).zip(&table.columns) {
            let blank = " ".repeat(room.saturating_sub(width(text)));
            if column.is_number {
                write!(line, "{blank}{text}  ")?;
            } else {
                write!(line, "{text}{blank}  ")?;
            }
        }
        writeln!(out, "{}", line.trim_end())?;
        if at == 0 {
            writeln!(
                out,
                "{}",
                "-".repeat(widths.iter().map(|room| room + 2).sum::<usize>().saturating_sub(2))
            )?;
        }
    }
    writeln!(out)
}
