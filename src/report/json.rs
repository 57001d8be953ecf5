//! A report as JSON: what programs read of it.
//!
//! In: a document. Out: its facts and sections with their tables, texts and charts; members are `camelCase`. Numbers have all
//! their digits, what is not known is null, days are as in RFC 3339. Of maps only the caption is there. The lines of a text in
//! two languages stand in one text with a line break between them.

use serde_json::{Value, json};

use super::document::{Block, Cell, Chart, Document, Table};

/// The whole report.
#[must_use]
pub fn write(document: &Document) -> Vec<u8> {
    let sections = document.sections.iter().map(|section| {
        json!({ "heading": section.heading, "blocks": section.blocks.iter().map(block).collect::<Vec<_>>() })
    });
    let facts = document.facts.iter().map(|(name, value)| json!({ "name": name, "value": value }));
    let whole = json!({
        "title": document.title, "lang": document.tongue.name(), "asOf": document.as_of.to_string(),
        "notice": document.banner, "facts": facts.collect::<Vec<_>>(), "sections": sections.collect::<Vec<_>>(),
        "attribution": document.footer,
    });
    whole.to_string().into_bytes()
}

fn block(block: &Block) -> Value {
    match block {
        Block::Headline { value, label } => json!({ "type": "headline", "value": value, "label": label }),
        Block::Text(text) => json!({ "type": "text", "text": text }),
        Block::Notes(notes) => json!({ "type": "notes", "notes": notes }),
        Block::Table(table) => self::table(table),
        Block::Chart(chart) => self::chart(chart),
        Block::Map { caption, .. } => json!({ "type": "map", "caption": caption }),
    }
}

fn table(table: &Table) -> Value {
    let columns =
        table.columns.iter().map(|column| json!({ "heading": column.heading, "number": column.is_number }));
    let cells = |row: &Vec<Cell>| row.iter().map(cell).collect::<Vec<_>>();
    json!({
        "type": "table", "name": table.name, "title": table.title, "columns": columns.collect::<Vec<_>>(),
        "rows": table.rows.iter().map(cells).collect::<Vec<_>>(), "total": table.total.as_ref().map(cells),
    })
}

fn cell(cell: &Cell) -> Value {
    match cell {
        Cell::Missing => Value::Null,
        Cell::Text(text) | Cell::Cited(text) => text.as_str().into(),
        Cell::Number(number, _) => (*number).into(),
        Cell::Digits(whole) => (*whole).into(),
        Cell::Day(day) => day.to_string().into(),
    }
}

fn chart(chart: &Chart) -> Value {
    let bars = chart.bars.iter().map(|(name, values)| json!({ "name": name, "values": values }));
    json!({
        "type": "chart", "title": chart.title, "unit": chart.unit,
        "series": chart.series.iter().map(|series| &series.name).collect::<Vec<_>>(), "bars": bars.collect::<Vec<_>>(),
        "target": chart.target.as_ref().map(|(name, value)| json!({ "name": name, "value": value })),
    })
}
