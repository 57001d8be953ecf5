//! Features as `GeoParquet` 1.1.
//!
//! In: features. Out: a Parquet file with typed columns (days as DATE, moments as TIMESTAMP in UTC, arrays and
//! objects as JSON), geometries as well-known binary, and the key `geo`. The key `innospace` says what `GeoParquet`
//! has no place for: titles and units, which features of how many, source, licence, and that a layer is made up.
//! Leaves out: statistics of geometries per row group.
//!
//! The specification has the easting or longitude first whatever the system says. CRS84 is its default and left
//! out. Null geometries are nulls. Without geometry a file is plain Parquet.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as Physical, ZstdLevel};
use parquet::column::writer::ColumnWriterImpl;
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::types::{Type, TypePtr};
use serde_json::{Map, Value as Json, json};

use super::figures::{east_first, has_altitude, wkb};
use super::table::{Column, Source, Table};
use super::{Cover, RenderError, View};
use crate::geometry::Crs;
use crate::model::{FeatureIx, Layer, Value, ValueKind};
use crate::query::Budget;

/// Rows of a group: large enough to compress well, small enough to read a part.
const GROUP: usize = 1 << 16;

/// How a file is packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Packing {
    /// By Zstandard, for files that travel.
    Small,
    /// By LZ4: a third larger, unpacked in less than half the time, for files that a service starts from.
    Quick,
}

/// The Parquet file of some features.
///
/// # Errors
/// The budget is spent, or the writer refuses.
pub fn file(
    layer: &Layer,
    items: &[FeatureIx],
    view: &View,
    cover: &Cover,
    budget: &Budget,
) -> Result<Vec<u8>, RenderError> {
    let mut out = Vec::new();
    write(&mut out, Packing::Small, layer, items, view, cover, budget)?;
    Ok(out)
}

/// Writes the Parquet file of some features, a group of rows after the other.
///
/// # Errors
/// The budget is spent, or the writer refuses.
pub fn write(
    out: impl Write + Send,
    packing: Packing,
    layer: &Layer,
    items: &[FeatureIx],
    view: &View,
    cover: &Cover,
    budget: &Budget,
) -> Result<(), RenderError> {
    let table = Table::new(layer, view);
    let geometry = table.free_name("geometry");
    let schema = schema(&table, view.geometry.then_some(&*geometry)).map_err(refused)?;
    let mut about =
        vec![KeyValue::new("innospace".to_owned(), notes(layer, &table, view, cover).to_string())];
    if view.geometry {
        about.push(KeyValue::new("geo".to_owned(), geo(layer, items, view, &geometry).to_string()));
    }
    let properties = WriterProperties::builder()
        .set_compression(match packing {
            Packing::Small => Compression::ZSTD(ZstdLevel::default()),
            Packing::Quick => Compression::LZ4_RAW,
        })
        // What differs in each row gains nothing by a dictionary.
        .set_column_dictionary_enabled(table.columns[0].name.as_str().into(), false)
        .set_column_dictionary_enabled(geometry.as_str().into(), false)
        .set_created_by(format!("innospace {}", env!("CARGO_PKG_VERSION")))
        .set_key_value_metadata(Some(about))
        .build();
    let mut file = SerializedFileWriter::new(out, schema, Arc::new(properties)).map_err(refused)?;
    for rows in items.chunks(GROUP) {
        let mut group = file.next_row_group().map_err(refused)?;
        for column in &table.columns {
            budget.check()?;
            if let Some(mut writer) = group.next_column().map_err(refused)? {
                values(&mut writer, column, layer, rows).map_err(refused)?;
                writer.close().map_err(refused)?;
            }
        }
        if view.geometry {
            budget.check()?;
            let shapes = rows.iter().map(|&ix| {
                view.draw(layer, ix, |shape| shape.map(|shape| ByteArray::from(wkb(shape, view.crs))))
            });
            if let Some(mut writer) = group.next_column().map_err(refused)? {
                nullable(writer.typed::<ByteArrayType>(), shapes).map_err(refused)?;
                writer.close().map_err(refused)?;
            }
        }
        group.close().map_err(refused)?;
    }
    file.close().map(drop).map_err(refused)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
fn refused(fault: ParquetError) -> RenderError {
    RenderError::Refused { format: "parquet", fault: fault.to_string() }
}

fn schema(table: &Table, geometry: Option<&str>) -> Result<TypePtr, ParquetError> {
    let mut fields = Vec::new();
    for column in &table.columns {
        let (physical, logical) = match column.kind {
            ValueKind::Bool => (Physical::BOOLEAN, None),
            ValueKind::Integer => (Physical::INT64, None),
            ValueKind::Real => (Physical::DOUBLE, None),
            ValueKind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            ValueKind::Date => (Physical::INT32, Some(LogicalType::Date)),
            ValueKind::Timestamp => (Physical::INT64, Some(LogicalType::timestamp(true, TimeUnit::MICROS))),
            ValueKind::Array | ValueKind::Object => (Physical::BYTE_ARRAY, Some(LogicalType::Json)),
        };
        let repetition = if is_required(column) { Repetition::REQUIRED } else { Repetition::OPTIONAL };
        let field = Type::primitive_type_builder(&column.name, physical);
        fields.push(Arc::new(field.with_repetition(repetition).with_logical_type(logical).build()?));
    }
    if let Some(name) = geometry {
        let field = Type::primitive_type_builder(name, Physical::BYTE_ARRAY);
        fields.push(Arc::new(field.with_repetition(Repetition::OPTIONAL).build()?));
    }
    Ok(Arc::new(Type::group_type_builder("schema").with_fields(fields).build()?))
}

fn is_required(column: &Column) -> bool {
    !matches!(column.source, Source::Field(_))
}

fn values(
    writer: &mut SerializedColumnWriter<'_>,
    column: &Column,
    layer: &Layer,
    rows: &[FeatureIx],
) -> Result<(), ParquetError> {
    let values = rows.iter().map(|&ix| column.value(layer, ix));
    match column.kind {
        ValueKind::Bool => nullable(
            writer.typed::<BoolType>(),
            values.map(|value| if let Value::Bool(truth) = value { Some(truth) } else { None }),
        ),
        ValueKind::Integer | ValueKind::Timestamp => nullable(
            writer.typed::<Int64Type>(),
            values.map(|value| match value {
                Value::Integer(whole) => Some(whole),
                Value::Timestamp(moment) => Some(moment.microseconds()),
                _ => None,
            }),
        ),
        ValueKind::Real => nullable(
            writer.typed::<DoubleType>(),
            values.map(|value| if let Value::Real(real) = value { Some(real) } else { None }),
        ),
        ValueKind::Date => nullable(
            writer.typed::<Int32Type>(),
            values.map(|value| if let Value::Date(day) = value { Some(day.days()) } else { None }),
        ),
        ValueKind::Text | ValueKind::Array | ValueKind::Object => nullable(
            writer.typed::<ByteArrayType>(),
            values.map(|value| match value {
                Value::Text(text) | Value::Json(text) => Some(ByteArray::from(text)),
                _ => None,
            }),
        ),
    }
}

/// Writes values and, for each row, whether it has one. Columns that need a value in each row ignore the latter.
fn nullable<T: DataType>(
    writer: &mut ColumnWriterImpl<'_, T>,
    rows: impl Iterator<Item = Option<T::T>>,
) -> Result<(), ParquetError> {
    let (mut values, mut levels) = (Vec::new(), Vec::new());
    for value in rows {
        levels.push(i16::from(value.is_some()));
        values.extend(value);
    }
    let is_optional = writer.get_descriptor().max_def_level() > 0;
    writer.write_batch(&values, is_optional.then_some(&levels), None).map(drop)
}

/// The metadata of `GeoParquet`.
fn geo(layer: &Layer, items: &[FeatureIx], view: &View, geometry: &str) -> Json {
    let mut kinds = Vec::new();
    let mut bounds: Option<[f64; 4]> = None;
    for &ix in items {
        view.draw(layer, ix, |shape| {
            let Some(shape) = shape else { return };
            let kind = shape.kind().name().to_owned() + if has_altitude(shape) { " Z" } else { "" };
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
            for run in shape.parts().flat_map(|part| part.runs().collect::<Vec<_>>()) {
                for at in 0..run.len() {
                    let [x, y] = east_first(view.crs, &run, at);
                    let [west, south, east, north] = bounds.unwrap_or([x, y, x, y]);
                    bounds = Some([west.min(x), south.min(y), east.max(x), north.max(y)]);
                }
            }
        });
    }
    let mut column = json!({
        "encoding": "WKB", "geometry_types": kinds, "edges": "planar", "orientation": "counterclockwise",
    });
    if let Some(bounds) = bounds {
        column["bbox"] = json!(bounds);
    }
    if let Some(crs) = projjson(view.crs) {
        column["crs"] = crs;
    }
    json!({ "version": "1.1.0", "primary_column": geometry, "columns": { geometry: column } })
}

/// The definition of a system, from the EPSG register; none for CRS84, the default.
fn projjson(crs: Crs) -> Option<Json> {
    let text = match crs {
        Crs::Crs84 => return None,
        Crs::Epsg4326 => include_str!("projjson/4326.json"),
        Crs::Epsg4490 => include_str!("projjson/4490.json"),
        Crs::Epsg3857 => include_str!("projjson/3857.json"),
        Crs::Zone(_) => include_str!("projjson/zone38.json"),
    };
    let mut json: Json = serde_json::from_str(text).ok()?;
    // The zones differ by their name, their code, and two numbers.
    if let Crs::Zone(zone) = crs {
        let strip = zone.strip();
        json["name"] = format!("CGCS2000 / {}", zone.name()).into();
        json["id"]["code"] = zone.code().into();
        json["conversion"]["name"] = zone.name().into();
        for parameter in json["conversion"]["parameters"].as_array_mut()? {
            match parameter["name"].as_str() {
                Some("Longitude of natural origin") => parameter["value"] = strip.meridian.into(),
                Some("False easting") => parameter["value"] = strip.false_easting.into(),
                _ => {}
            }
        }
    }
    Some(json)
}

/// What a file of a binary format says about itself beyond what its specification names.
pub(super) fn notes(layer: &Layer, table: &Table, view: &View, cover: &Cover) -> Json {
    let mut columns = Map::new();
    for column in &table.columns {
        let mut about = Map::new();
        if let Some(title) = &column.title {
            about.insert("title".to_owned(), json!({ "zh": title.zh, "en": title.en }));
        }
        if let Some(unit) = &column.unit {
            about.insert("unit".to_owned(), json!(unit));
        }
        columns.insert(column.name.clone(), about.into());
    }
    let named = |source: Source| {
        table.columns.iter().find(|column| column.source == source).map(|column| column.name.as_str())
    };
    json!({
        "collection": layer.id.as_str(), "title": layer.about.title.say(view.lang), "synthetic": layer.about.synthetic,
        "numberMatched": cover.matched, "numberReturned": cover.returned, "rows": cover.range(view.lang),
        "request": cover.request, "crs": view.crs.to_string(),
        "dataDate": cover.data_date.map(|day| day.to_string()),
        "timeStamp": cover.made_at.map(|moment| moment.to_string()),
        "attribution": cover.attribution, "licence": layer.about.licence.as_deref().unwrap_or(&cover.licence),
        "columns": columns,
        // Which columns are no fields: that of the feature's own id, where no field repeats it, and that of the flag, where no field
        // says it.
        "idColumn": named(Source::Id).filter(|_| layer.id_field().is_none()), "syntheticColumn": named(Source::Synthetic),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_system_has_the_definition_of_its_code() {
        for crs in Crs::all() {
            let code = projjson(crs).map(|json| json["id"]["code"].to_string());
            let want = crs.epsg().map(|code| code.to_string());
            assert_eq!(code, want, "{crs}");
        }
        // By projinfo.
        let suzhou = Crs::parse("[EPSG:4549]").and_then(projjson).expect("a definition");
        assert_eq!(suzhou["name"], "CGCS2000 / 3-degree Gauss-Kruger CM 120E");
        let values: Vec<_> = suzhou["conversion"]["parameters"]
            .as_array()
            .expect("parameters")
            .iter()
            .map(|p| p["value"].as_f64())
            .collect();
        assert_eq!(values, [0.0, 120.0, 1.0, 500_000.0, 0.0].map(Some));
    }
}
