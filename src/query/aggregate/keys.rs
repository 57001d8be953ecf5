//! Rows with equal values of some fields get one number.

use std::cmp::Ordering;
use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::LazyLock;

use super::super::QueryError;
use super::fail;
use super::place::Asked;
use crate::model::{Column, FieldIx, Layer, NULL_DAYS, NULL_INTEGER, Value};

/// The numbers of the rows, from 0.
#[derive(Debug)]
pub(super) struct Keys {
    /// By row; rows that were not asked for have any number. Empty where all have the same.
    of_row: Vec<u32>,
    /// For each number a row that has it.
    pub rows: Vec<usize>,
}

/// A number for a simple value, equal for equal ones; `None` for null.
pub(super) fn key(column: &Column, row: usize) -> Option<u64> {
    static HASHER: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    match column {
        Column::Integer(values) | Column::Timestamp(values) => {
            (values[row] != NULL_INTEGER).then(|| values[row].cast_unsigned())
        }
        Column::Date(values) => (values[row] != NULL_DAYS).then(|| u64::from(values[row].cast_unsigned())),
        // Zero without its sign.
        Column::Real(values) => (!values[row].is_nan()).then(|| (values[row] + 0.0).to_bits()),
        Column::Bool(_) => match column.value(row) {
            Value::Bool(value) => Some(u64::from(value)),
            _ => None,
        },
        Column::Text(texts) | Column::Json(texts) => texts
            .code(row)
            .map(|code| if texts.is_coded() { u64::from(code) } else { HASHER.hash_one(texts.get(row)) }),
    }
}

impl Keys {
    /// All rows have one number.
    pub fn one(first: Option<usize>) -> Self {
        Self { of_row: Vec::new(), rows: first.into_iter().collect() }
    }

    /// The number of a row.
    pub fn of(&self, row: u32) -> usize {
        self.of_row.get(row as usize).map_or(0, |&number| number as usize)
    }

    /// Numbers the values of fields over the rows asked for.
    ///
    /// # Errors
    /// More than `most` different ones.
    pub fn new(fields: &[FieldIx], asked: Asked<'_>, most: usize) -> Result<Self, QueryError> {
        let layer = asked.indexed.layer();
        let rows = || asked.rows().map(|row| row as usize);
        let mut keys = Self::one(rows().next());
        if !fields.is_empty() {
            keys.of_row = vec![0; layer.len()];
        }
        for &field in fields {
            let Some(split) = keys.split(layer.column(field), rows(), most) else {
                let name = &layer.schema.field(field).name;
                let problem = format!(
                    "the values of {name:?} make more than {most} groups; filter, or group by a field with fewer values"
                );
                return fail("group-by", problem);
            };
            keys = split;
        }
        Ok(keys)
    }

    /// The numbers in the order of the values of fields, nulls last.
    pub fn in_order(&self, fields: &[FieldIx], layer: &Layer) -> Vec<usize> {
        let mut order: Vec<usize> = (0..self.rows.len().max(1)).collect();
        order.sort_by(|&a, &b| {
            let orders = fields.iter().map(|&field| {
                let value = |number: usize| layer.column(field).value(self.rows[number]);
                value(a).order(value(b), false)
            });
            orders.fold(Ordering::Equal, Ordering::then)
        });
        order
    }

    /// Parts rows with one number by the values of one more column.
    fn split(self, column: &Column, rows: impl Iterator<Item = usize>, most: usize) -> Option<Self> {
        let (mut of_row, mut firsts) = (self.of_row, Vec::new());
        // Texts that are stored once have small numbers already.
        if let Column::Text(texts) | Column::Json(texts) = column
            && texts.is_coded()
            && self.rows.len() <= 1
        {
            let mut numbers = vec![u32::MAX; texts.dictionary().len() + 1];
            for row in rows {
                let number = &mut numbers[texts.code(row).map_or(0, |code| code as usize + 1)];
                if *number == u32::MAX {
                    *number = u32::try_from(firsts.len()).ok()?;
                    firsts.push(row);
                    if firsts.len() > most {
                        return None;
                    }
                }
                of_row[row] = *number;
            }
            return Some(Self { of_row, rows: firsts });
        }
        let mut numbers: HashMap<(u32, Option<u64>), u32> = HashMap::new();
        for row in rows {
            let next = u32::try_from(firsts.len()).ok()?;
            let number = *numbers.entry((of_row[row], key(column, row))).or_insert_with(|| {
                firsts.push(row);
                next
            });
            if firsts.len() > most {
                return None;
            }
            of_row[row] = number;
        }
        Some(Self { of_row, rows: firsts })
    }
}
