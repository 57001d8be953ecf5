//! Which columns has a result that is a table?
//!
//! In: a layer and a view. Out: named, typed columns: the id of the feature first, then the fields of the view,
//! then, where no field says so, that the feature is made up. Leaves out: geometry, formats.

use std::borrow::Cow;

use super::{SYNTHETIC, View, width};
use crate::model::{FeatureId, FeatureIx, FieldIx, Ids, Lang, Layer, Value, ValueKind, Words};

/// Where the values of a column come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Id,
    Field(FieldIx),
    Synthetic,
}

/// A column.
#[derive(Debug, Clone)]
pub(super) struct Column {
    pub(super) name: String,
    pub(super) kind: ValueKind,
    pub(super) source: Source,
    pub(super) title: Option<Words>,
    pub(super) unit: Option<Box<str>>,
}

impl Column {
    pub(super) fn value<'a>(&self, layer: &'a Layer, ix: FeatureIx) -> Value<'a> {
        match self.source {
            Source::Id => match layer.ids().get(ix) {
                FeatureId::Integer(id) => Value::Integer(id),
                FeatureId::Text(id) => Value::Text(id),
            },
            Source::Field(field) => layer.feature(ix).value(field),
            Source::Synthetic => Value::Bool(true),
        }
    }

    /// What people call it, with its unit.
    pub(super) fn heading(&self, lang: Lang) -> String {
        let title = self.title.as_ref().map(|title| title.say(lang)).filter(|title| !title.is_empty());
        let title = title.unwrap_or(&self.name);
        match self.unit.as_deref() {
            Some(unit) if unit != "1" => format!("{title} ({unit})"),
            _ => title.to_owned(),
        }
    }
}

/// The columns of a result.
#[derive(Debug, Clone)]
pub(super) struct Table {
    pub(super) columns: Vec<Column>,
}

impl Table {
    pub(super) fn new(layer: &Layer, view: &View) -> Self {
        let repeats = layer.schema.find("id").filter(|(at, _)| repeats_id(layer, *at)).map(|(at, _)| at);
        let fields = view.fields.iter().filter(|&&at| Some(at) != repeats).map(|&at| {
            let field = layer.schema.field(at);
            Column {
                name: field.name.to_string(),
                kind: field.kind,
                source: Source::Field(at),
                title: field.title.clone(),
                unit: field.unit.clone(),
            }
        });
        let mut table = Self { columns: fields.collect() };
        let kind = match layer.ids() {
            Ids::Integer(_) => ValueKind::Integer,
            Ids::Text(_) => ValueKind::Text,
        };
        let words = |zh: &str, en: &str| Some(Words { zh: zh.into(), en: en.into() });
        let id = Column {
            name: table.free_name("id"),
            kind,
            source: Source::Id,
            title: words("标识", "identifier"),
            unit: None,
        };
        table.columns.insert(0, id);
        if view.needs_flag(layer) {
            let flag = Column {
                name: table.free_name(SYNTHETIC),
                kind: ValueKind::Bool,
                source: Source::Synthetic,
                title: words("虚拟数据", "synthetic"),
                unit: None,
            };
            table.columns.push(flag);
        }
        table
    }

    /// The name, or the name behind as many underscores as make it no column's.
    pub(super) fn free_name(&self, name: &str) -> String {
        let mut name = name.to_owned();
        while self.columns.iter().any(|column| column.name == name) {
            name.insert(0, '_');
        }
        name
    }
}

/// Rows as lines of plain text, each column as wide as its widest cell.
pub(super) fn text_table(rows: &[Vec<String>]) -> String {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widest =
        |at: usize| rows.iter().filter_map(|row| row.get(at)).map(|cell| width(cell)).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(widest).collect();
    let mut out = String::new();
    for row in rows {
        let cells: Vec<String> = row
            .iter()
            .zip(&widths)
            .map(|(cell, widest)| format!("{cell}{}", " ".repeat(widest - width(cell))))
            .collect();
        out.push_str(cells.join("  ").trim_end());
        out.push('\n');
    }
    out
}

/// Does a field say of every feature what its id is?
fn repeats_id(layer: &Layer, field: FieldIx) -> bool {
    layer.positions().all(|ix| match (layer.ids().get(ix), layer.feature(ix).value(field)) {
        (FeatureId::Text(id), Value::Text(value)) => id == value,
        (FeatureId::Integer(id), Value::Integer(value)) => id == value,
        _ => false,
    })
}

/// A value as bare text; nothing for null.
pub(super) fn text(value: Value<'_>) -> Option<Cow<'_, str>> {
    Some(match value {
        Value::Null => return None,
        Value::Bool(true) => "true".into(),
        Value::Bool(false) => "false".into(),
        Value::Integer(whole) => whole.to_string().into(),
        Value::Real(real) => {
            let mut out = Vec::new();
            super::geojson::number(&mut out, real);
            String::from_utf8(out).unwrap_or_default().into()
        }
        Value::Text(text) | Value::Json(text) => text.into(),
        Value::Date(day) => day.to_string().into(),
        Value::Timestamp(moment) => moment.to_string().into(),
    })
}
