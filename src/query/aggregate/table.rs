//! `Table`: the groups of an aggregation as rows, and as a layer that the writers of features take.

use super::super::{Query, QueryError, execute, plan};
use super::{Aggregation, Places};
use crate::geometry::GeometryBuilder;
use crate::index::IndexedLayer;
use crate::model::{ColumnBuilder, Field, Ids, Incoming, Layer, LayerAbout, LayerId, TextArena};
use crate::query::Budget;

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

pub(super) struct Parts {
    pub columns: Vec<Field>,
    pub key_columns: usize,
    pub groups: Vec<Row>,
    pub fields: usize,
    pub unassigned: Option<Row>,
    pub nowhere: Option<Row>,
    pub total: Row,
    pub repeated: u64,
    pub empty_listed: bool,
}

impl Table {
    pub(super) fn new(asked: &Aggregation, parts: Parts) -> Result<Self, QueryError> {
        let Parts {
            columns,
            key_columns,
            mut groups,
            fields,
            unassigned,
            nowhere,
            total,
            repeated,
            empty_listed,
        } = parts;
        // Within a place, by the values of the fields; nulls last.
        let place_cells = key_columns - fields;
        let ids = |groups: &mut Vec<Row>| {
            let mut seen = std::collections::HashSet::new();
            for row in groups {
                while !seen.insert(row.id.clone()) {
                    row.id.push('\'');
                }
            }
        };
        if fields > 0 {
            groups = sorted(groups, &columns, place_cells..key_columns);
        }
        ids(&mut groups);
        let indexed = as_layer("groups", &columns, &groups, LayerAbout::default())?;
        let query = Query {
            filter: asked.having.clone(),
            sort: asked.sort.clone(),
            page: asked.page,
            ..Query::default()
        };
        let plan = plan(&query, &indexed).map_err(|fault| match fault {
            QueryError::Filter(fault) => QueryError::Having(fault),
            other => other,
        })?;
        let found = execute(&plan, &indexed, &Budget::default())?;
        let groups = found.items.iter().map(|ix| groups[ix.row()].clone()).collect();
        Ok(Self {
            columns,
            key_columns,
            groups,
            matched: found.matched,
            unassigned,
            nowhere,
            total,
            repeated,
            empty_listed,
        })
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

/// Orders groups within each place by the values of some columns.
fn sorted(groups: Vec<Row>, columns: &[Field], by: std::ops::Range<usize>) -> Vec<Row> {
    let values: Vec<_> =
        by.clone().map(|at| column(&columns[at], groups.iter().map(|row| &row.cells[at]))).collect();
    let mut order: Vec<usize> = (0..groups.len()).collect();
    let place = |row: usize| &groups[row].cells[..by.start];
    // Groups of one place stand together already.
    let mut start = 0;
    while start < order.len() {
        let end = (start..order.len()).find(|&at| place(at) != place(start)).unwrap_or(order.len());
        order[start..end].sort_by(|&a, &b| {
            let orders = values.iter().map(|column| column.value(a).order(column.value(b), false));
            orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        });
        start = end;
    }
    let mut groups: Vec<_> = groups.into_iter().map(Some).collect();
    order.into_iter().filter_map(|at| groups[at].take()).collect()
}

fn column<'c>(field: &Field, cells: impl Iterator<Item = &'c Incoming<'static>>) -> crate::model::Column {
    let mut builder = ColumnBuilder::new(Some(field.kind), 0);
    for cell in cells {
        // A sum too large for a whole number is a real there.
        let fits = builder.check(cell).is_ok();
        builder.push(if fits { cell } else { &Incoming::Null });
    }
    builder.build().1
}

fn as_layer(
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
    let fields = columns
        .iter()
        .enumerate()
        .map(|(at, field)| (field.clone(), column(field, rows.iter().map(|row| &row.cells[at]))));
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
    };
    let names = names.into_iter().chain(cells[places..places + fields].iter().map(ToString::to_string));
    let id = names.collect::<Vec<_>>().join("/");
    if id.is_empty() { "(all)".to_owned() } else { id }
}
