//! `Table`: the groups of an aggregation as rows, and as a layer that the writers of features take.

use std::collections::HashSet;

use super::super::{Budget, Query, QueryError, execute, plan};
use super::{Aggregation, Places};
use crate::geometry::GeometryBuilder;
use crate::index::IndexedLayer;
use crate::model::{
    Column, ColumnBuilder, Field, Ids, Incoming, Layer, LayerAbout, LayerId, TextArena, ValueKind, Words,
};

/// One group, or what is told beside the groups.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its name among the rows.
    pub id: String,
    /// Its values, by column.
    pub cells: Vec<Incoming<'static>>,
}

/// The answer to an aggregation.
#[derive(Debug, Clone)]
pub struct Table {
    /// The columns: what names a group, then the measures.
    pub columns: Vec<Field>,
    /// How many columns name a group.
    pub key_columns: usize,
    /// The groups of the page.
    pub groups: Vec<Row>,
    /// How many groups there are, whatever the page.
    pub matched: u64,
    /// What has a position and lies in no place; none without places.
    pub unassigned: Option<Row>,
    /// What has no position; none without places.
    pub nowhere: Option<Row>,
    /// All features.
    pub total: Row,
    /// How often features count beyond the first time, before `having` and the page.
    pub repeated: u64,
    /// Do groups stand there that hold nothing?
    pub empty_listed: bool,
}

impl Table {
    /// Of a table with all groups the page that is asked for.
    pub(super) fn page(mut self, asked: &Aggregation, budget: &Budget) -> Result<Self, QueryError> {
        let mut seen = HashSet::new();
        for row in &mut self.groups {
            while !seen.insert(row.id.clone()) {
                row.id.push('\'');
            }
        }
        let indexed = as_layer("groups", &self.columns, &self.groups, LayerAbout::default())?;
        let query = Query {
            filter: asked.having.clone(),
            sort: asked.sort.clone(),
            page: asked.page,
            ..Query::default()
        };
        let plan = plan(&query, &indexed, budget).map_err(|fault| match fault {
            QueryError::Filter(fault) => QueryError::Having(fault),
            other => other,
        })?;
        let found = execute(&plan, &indexed, budget)?;
        let groups = found.items.iter().map(|ix| self.groups[ix.row()].clone()).collect();
        Ok(Self { groups, matched: found.matched, ..self })
    }

    /// What is told beside the groups.
    pub fn rest(&self) -> impl Iterator<Item = &Row> {
        self.unassigned.iter().chain(&self.nowhere).chain([&self.total])
    }

    /// All rows as a layer without geometries, the groups first.
    ///
    /// # Errors
    /// Never for tables of this module.
    pub fn to_layer(&self, id: &str, about: LayerAbout) -> Result<IndexedLayer, QueryError> {
        let rows: Vec<Row> = self.groups.iter().chain(self.rest()).cloned().collect();
        as_layer(id, &self.columns, &rows, about)
    }
}

/// A column of the answer.
pub(super) fn column(name: &str, kind: ValueKind, zh: &str, en: &str, unit: Option<&str>) -> Field {
    Field {
        name: name.into(),
        kind,
        title: Some(Words { zh: zh.into(), en: en.into() }),
        unit: unit.map(Into::into),
        find: None,
    }
}

/// A column with its values. One of whole numbers holds reals where a sum was too large for it.
fn filled(field: &Field, cells: &[&Incoming<'static>]) -> (Field, Column) {
    let is_real = |cell: &&Incoming<'_>| matches!(cell, Incoming::Real(_));
    let is_too_large = field.kind == ValueKind::Integer && cells.iter().any(is_real);
    let kind = if is_too_large { ValueKind::Real } else { field.kind };
    let mut builder = ColumnBuilder::new(Some(kind), 0);
    for cell in cells {
        builder.push(cell);
    }
    (Field { kind, ..field.clone() }, builder.build().1)
}

/// Rows as a layer without geometries.
///
/// # Errors
/// A name that is none, two rows of one id, or cells that do not fit their columns.
pub fn as_layer(
    id: &str,
    columns: &[Field],
    rows: &[Row],
    about: LayerAbout,
) -> Result<IndexedLayer, QueryError> {
    let fail = |fault: String| QueryError::Aggregate {
        parameter: "group-by",
        problem: format!("the table has no form: {fault}"),
    };
    let id = LayerId::parse(id).ok_or_else(|| fail("no name".to_owned()))?;
    let mut ids = TextArena::default();
    let mut geometries = GeometryBuilder::default();
    for row in rows {
        ids.push(&row.id);
        geometries.null();
    }
    let fields = columns.iter().enumerate().map(|(at, field)| {
        let cells: Vec<_> = rows.iter().map(|row| &row.cells[at]).collect();
        filled(field, &cells)
    });
    let layer = Layer::new(id, about, Ids::Text(ids), geometries.build(), fields.collect(), None);
    let layer = layer.map_err(|fault| fail(fault.to_string()))?;
    IndexedLayer::build(layer).map_err(|fault| fail(fault.to_string()))
}

/// Puts underscores before names of measures that a column before them has.
pub(super) fn free_names(columns: &mut [Field], key_columns: usize) {
    for at in key_columns..columns.len() {
        while columns[..at].iter().any(|known| known.name == columns[at].name) {
            columns[at].name = format!("_{}", columns[at].name).into();
        }
    }
}

/// The name of a group: its keys with slashes.
pub(super) fn id_of(cells: &[Incoming<'static>], asked: &Aggregation, fields: usize) -> String {
    let (places, names) = match &asked.places {
        None => (0, vec![]),
        Some(Places::Areas { areas, .. }) => {
            (if areas.source.is_some() { 3 } else { 1 }, vec![cells[0].to_string()])
        }
        Some(Places::Bands { .. }) => {
            let to = match &cells[1] {
                Incoming::Null => String::new(),
                to => to.to_string(),
            };
            (2, vec![format!("{}-{to} m", cells[0])])
        }
        Some(Places::Stretches(_)) => (2, vec![format!("{}-{} m", cells[0], cells[1])]),
    };
    let names = names.into_iter().chain(cells[places..places + fields].iter().map(ToString::to_string));
    let id = names.collect::<Vec<_>>().join("/");
    if id.is_empty() { "(all)".to_owned() } else { id }
}
