//! Feature by feature, through the rules of [`Rows`]: what must be repaired is, what must be refused is told.

use std::sync::Arc;

use parquet::column::reader::{ColumnReader, ColumnReaderImpl, get_column_reader};
use parquet::data_type::{ByteArray, DataType};
use parquet::errors::ParquetError;

use super::{Form, Source, broken, wkb};
use crate::model::{Date, Incoming, Layer, Timestamp};
use crate::store::manifest::LayerSpec;
use crate::store::rows::Rows;
use crate::store::{StoreError, Warnings};

/// The values of a column in a group of rows, `None` for null.
enum Values {
    Bool(Vec<Option<bool>>),
    Integer32(Vec<Option<i32>>),
    Integer64(Vec<Option<i64>>),
    Real32(Vec<Option<f32>>),
    Real64(Vec<Option<f64>>),
    Bytes(Vec<Option<ByteArray>>),
}

/// Reads a layer; what was repaired or skipped comes along.
pub(super) fn read(source: &Source, spec: &LayerSpec) -> Result<(Layer, Warnings), StoreError> {
    let mut rows = Rows::new(spec, source.notes.clone());
    let unreadable = |fault: ParquetError| broken(spec, &format!("cannot be read as Parquet: {fault}"));
    // A field is there even when no feature has a value of it; ids that are nothing else are none.
    let fields = source.columns.iter().enumerate().map(|(at, column)| {
        let is_field = !(source.id_is_own && source.id == Some(at));
        is_field.then(|| rows.typed_column(&column.name, column.form.kind()))
    });
    let fields: Vec<Option<usize>> = fields.collect();
    for group in 0..source.about.num_row_groups() {
        let geometries = values(source, group, source.geometry).map_err(unreadable)?;
        let columns = source.columns.iter().map(|column| values(source, group, column.at));
        let columns = columns.collect::<Result<Vec<_>, _>>().map_err(unreadable)?;
        let Values::Bytes(geometries) = geometries else { continue };
        for (row, geometry) in geometries.iter().enumerate() {
            rows.begin_feature();
            let mut id = None;
            for ((column, values), field) in source.columns.iter().zip(&columns).zip(&fields) {
                match (field, incoming(column.form, values, row)) {
                    (None, value) => id = value.ok(),
                    (Some(at), Ok(value)) => rows.values.push((*at, value)),
                    (Some(at), Err(reason)) => rows.leave_out(*at, &reason),
                }
            }
            let read = geometry.as_ref().map_or(Ok(()), |bytes| wkb::read(bytes.data(), &mut rows.shapes));
            rows.finish_feature(read, id);
        }
    }
    rows.part.finish(spec)
}

fn values(source: &Source, group: usize, at: usize) -> Result<Values, ParquetError> {
    let pages =
        source.pages(group, at).ok_or_else(|| ParquetError::EOF("a column is not in the file".to_owned()))?;
    let rows = usize::try_from(source.about.row_group(group).num_rows()).unwrap_or_default();
    let column = Arc::clone(&source.about.file_metadata().schema_descr().columns()[at]);
    Ok(match get_column_reader(column, pages) {
        ColumnReader::BoolColumnReader(reader) => Values::Bool(all(reader, rows)?),
        ColumnReader::Int32ColumnReader(reader) => Values::Integer32(all(reader, rows)?),
        ColumnReader::Int64ColumnReader(reader) => Values::Integer64(all(reader, rows)?),
        ColumnReader::FloatColumnReader(reader) => Values::Real32(all(reader, rows)?),
        ColumnReader::DoubleColumnReader(reader) => Values::Real64(all(reader, rows)?),
        ColumnReader::ByteArrayColumnReader(reader) => Values::Bytes(all(reader, rows)?),
        _ => return Err(ParquetError::General("a column of fixed length".to_owned())),
    })
}

fn all<T: DataType>(mut reader: ColumnReaderImpl<T>, rows: usize) -> Result<Vec<Option<T::T>>, ParquetError> {
    let (mut levels, mut values) = (Vec::new(), Vec::new());
    let (read, ..) = reader.read_records(rows, Some(&mut levels), None, &mut values)?;
    if read != rows {
        return Err(ParquetError::EOF(format!("a column has {read} of {rows} rows")));
    }
    // A column that needs a value in each row has no levels.
    if levels.is_empty() {
        return Ok(values.into_iter().map(Some).collect());
    }
    let mut values = values.into_iter();
    Ok(levels.iter().map(|level| if *level > 0 { values.next() } else { None }).collect())
}

/// A value; an error says what is wrong with it.
fn incoming<'a>(form: Form, values: &Values, row: usize) -> Result<Incoming<'a>, String> {
    let real = |real: f64| {
        if real.is_finite() {
            Ok(Incoming::Real(real))
        } else if real.is_nan() {
            Ok(Incoming::Null)
        } else {
            Err("is infinite".to_owned())
        }
    };
    match values {
        Values::Bool(all) => Ok(all[row].map_or(Incoming::Null, Incoming::Bool)),
        Values::Integer32(all) => Ok(match (all[row], form) {
            (None, _) => Incoming::Null,
            (Some(days), Form::Date) => Incoming::Text(Date::from_days(days).to_string().into()),
            (Some(whole), Form::Unsigned32) => Incoming::Integer(whole.cast_unsigned().into()),
            (Some(whole), _) => Incoming::Integer(whole.into()),
        }),
        Values::Integer64(all) => match (all[row], form) {
            (None, _) => Ok(Incoming::Null),
            (Some(moment), Form::Moment { per_microsecond, microseconds }) => {
                let moment = moment.div_euclid(per_microsecond).saturating_mul(microseconds);
                Ok(Incoming::Text(Timestamp::from_microseconds(moment).to_string().into()))
            }
            (Some(whole), Form::Unsigned64) if whole < 0 => {
                Err(format!("is {}, more than {}", whole.cast_unsigned(), i64::MAX))
            }
            (Some(whole), _) => Ok(Incoming::Integer(whole)),
        },
        Values::Real32(all) => all[row].map_or(Ok(Incoming::Null), |value| real(value.into())),
        Values::Real64(all) => all[row].map_or(Ok(Incoming::Null), real),
        Values::Bytes(all) => {
            let Some(bytes) = &all[row] else { return Ok(Incoming::Null) };
            let text = bytes.as_utf8().map_err(|_| "is not UTF-8".to_owned())?;
            if form != Form::Json {
                return Ok(Incoming::Text(text.to_owned().into()));
            }
            Ok(match serde_json::from_str(text).map_err(|fault| format!("is no JSON: {fault}"))? {
                serde_json::Value::Null => Incoming::Null,
                serde_json::Value::Bool(value) => Incoming::Bool(value),
                serde_json::Value::String(text) => Incoming::Text(text.into()),
                serde_json::Value::Number(number) => match number.as_i64() {
                    Some(whole) => Incoming::Integer(whole),
                    None => Incoming::Real(number.as_f64().unwrap_or(f64::NAN)),
                },
                value @ serde_json::Value::Array(_) => Incoming::Array(value.to_string()),
                value @ serde_json::Value::Object(_) => Incoming::Object(value.to_string()),
            })
        }
    }
}
