//! `GeoParquet` 1.1, a row after the other.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use parquet::basic::{ConvertedType, LogicalType};
use parquet::errors::ParquetError;
use parquet::file::metadata::FileMetaData;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use parquet::record::reader::TreeBuilder;
use parquet::schema::types::{SchemaDescriptor, Type};
use serde_json::Value;

use super::moments::{self, Moments};
use super::{Beyond, LeftOut, MOST_ROW_BYTES, Stated, Take, Told, open, pages, wkb};
use crate::geometry::{Crs, System};
use crate::intake::row::{Cell, Figure, Headings, Row, cut};
use crate::intake::{IntakeError, projection, system};
use crate::model::Date;
use crate::store::geoparquet::geometry_column;

pub(super) fn read(path: &Path, headings: &mut Headings, take: &mut Take<'_>) -> Result<Told, IntakeError> {
    let unfit = |reason: String| IntakeError::unfit(path, &reason);
    let broken = |fault: ParquetError| unfit(format!("cannot be read as Parquet: {fault}"));
    let file = SerializedFileReader::new(open(path)?).map_err(broken)?;
    let (column, geometry) = geometry_column(file.metadata()).map_err(unfit)?;
    let stated = match geometry.get("crs") {
        // Left out it is CRS84, null it is unknown (GeoParquet 1.1, crs).
        None => Stated::System(System::Known(Crs::Crs84)),
        Some(Value::Null) => Stated::Nothing,
        Some(Value::String(text)) => system::of_text(text),
        Some(crs) => projection::of_projjson(crs),
    };
    let encoding = geometry["encoding"].as_str().unwrap_or("WKB");
    if encoding != "WKB" && !NATIVE.contains(&encoding) {
        return Err(unfit(format!(
            "its geometries are written as {:?}, expected WKB or one of {}",
            cut(encoding),
            NATIVE.join(", ")
        )));
    }
    let batches = pages::batches(open(path)?, &file).map_err(unfit)?;
    let mut moments = moments::columns(file.metadata().file_metadata());
    look_at_moments(&file, &batches, &mut moments).map_err(broken)?;
    let nested = json_columns(file.metadata().file_metadata());
    let mut left_out = LeftOut::default();
    let mut beyond = beyond(file.metadata().file_metadata(), &column);
    let all = file.metadata().file_metadata().schema_descr_ptr();
    for (number, found) in (1..).zip(rows(&file, &batches, &all)) {
        let found = found.map_err(broken)?;
        let mut row = Row { number, ..Row::default() };
        let mut bytes = 0;
        for (name, field) in found.get_column_iter() {
            bytes += weight(field);
            if bytes > MOST_ROW_BYTES {
                return Err(unfit(format!("row {number} has more than {} MiB", MOST_ROW_BYTES >> 20)));
            }
            if *name == column {
                let read = match field {
                    Field::Null => Ok(()),
                    Field::Bytes(bytes) if encoding == "WKB" => {
                        beyond.add(wkb::beyond(bytes.data()));
                        wkb::figures(bytes.data(), &mut row.figures)
                    }
                    nested => native(nested, encoding, &mut row.figures),
                };
                if let Err(reason) = read {
                    row.figures.clear();
                    row.fault = Some(reason);
                    row.raw = Some(match field {
                        Field::Bytes(bytes) => wkb::hex(bytes.data()),
                        nested => nested.to_string(),
                    });
                }
                continue;
            }
            // The window of each feature, which some files have beside its geometry.
            if geometry["covering"]["bbox"]["xmin"][0].as_str() == Some(name) {
                continue;
            }
            let moment = moments.iter().find(|moments| moments.name == *name);
            let cell = match field {
                Field::Str(text) if nested.contains(name) => Some(Cell::Json(text.clone())),
                field => moment.and_then(|moments| moments.cell(field)).or_else(|| cell(field)),
            };
            let Some(cell) = cell else {
                left_out.push(name);
                continue;
            };
            row.cells.push((headings.number(name).map_err(unfit)?, cell));
        }
        take(row)?;
    }
    let mut traps: Vec<String> = moments.iter().filter_map(Moments::trap).collect();
    if geometry["edges"] == "spherical" {
        traps.push(
            "states that its edges are the shortest lines on the sphere; they are taken as straight in its coordinates, as those \
             of parcels are meant"
                .to_owned(),
        );
    }
    let notes = left_out.notes().into_iter().chain(beyond.note()).collect();
    Ok(Told { stated, by: "its entry \"geo\"", notes, traps, ..Told::default() })
}

/// The columns whose texts are JSON.
fn json_columns(about: &FileMetaData) -> Vec<String> {
    let fields = about.schema_descr().root_schema().get_fields().iter();
    let is_json = |field: &&Arc<Type>| {
        let basic = field.get_basic_info();
        matches!(basic.logical_type_ref(), Some(LogicalType::Json))
            || basic.converted_type() == ConvertedType::JSON
    };
    fields.filter(is_json).map(|field| field.name().to_owned()).collect()
}

/// What the positions of a column of native geometries have beside two numbers.
fn beyond(about: &FileMetaData, column: &str) -> Beyond {
    let has = |name: &str| {
        about
            .schema_descr()
            .columns()
            .iter()
            .map(|leaf| leaf.path().parts())
            .any(|parts| matches!(parts, [first, .., last] if first == column && last == name))
    };
    Beyond { heights: has("z"), measures: has("m") }
}

/// The rows of a file, no more of them in memory at once than there is room for.
fn rows<'f>(
    file: &'f SerializedFileReader<File>,
    batches: &'f [usize],
    schema: &'f Arc<SchemaDescriptor>,
) -> impl Iterator<Item = Result<parquet::record::Row, ParquetError>> + 'f {
    batches.iter().enumerate().flat_map(move |(number, batch)| {
        let rows = file.get_row_group(number).and_then(|group| {
            TreeBuilder::new().with_batch_size(*batch).as_iter(Arc::clone(schema), &*group)
        });
        let (rows, fault) = match rows {
            Ok(rows) => (Some(rows), None),
            Err(fault) => (None, Some(Err(fault))),
        };
        rows.into_iter().flatten().chain(fault)
    })
}

/// Looks through the columns of moments for those that are days: one value tells it of none.
fn look_at_moments(
    file: &SerializedFileReader<File>,
    batches: &[usize],
    moments: &mut [Moments],
) -> Result<(), ParquetError> {
    let root = file.metadata().file_metadata().schema_descr().root_schema();
    let fields =
        root.get_fields().iter().filter(|field| moments.iter().any(|known| known.name == field.name()));
    let fields: Vec<_> = fields.cloned().collect();
    if fields.is_empty() {
        return Ok(());
    }
    let schema = Type::group_type_builder(root.name()).with_fields(fields).build()?;
    for row in rows(file, batches, &Arc::new(SchemaDescriptor::new(Arc::new(schema)))) {
        for (moments, (_, field)) in moments.iter_mut().zip(row?.get_column_iter()) {
            moments.look(field);
        }
    }
    Ok(())
}

/// Bytes that a value takes, about.
fn weight(field: &Field) -> u64 {
    match field {
        Field::Str(text) => text.len() as u64,
        Field::Bytes(bytes) => bytes.len() as u64,
        Field::Group(group) => group.get_column_iter().map(|(_, field)| weight(field)).sum(),
        Field::ListInternal(list) => list.elements().iter().map(weight).sum(),
        Field::MapInternal(map) => map.entries().iter().map(|(key, value)| weight(key) + weight(value)).sum(),
        _ => 8,
    }
}

/// Encodings as nested lists of positions (`GeoParquet` 1.1, "Native encodings").
const NATIVE: &[&str] = &["point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon"];

fn native(field: &Field, encoding: &str, into: &mut Vec<Figure>) -> Result<(), String> {
    let odd = || format!("its geometry is not written as {encoding:?} is");
    let members = |field: &Field| match field {
        Field::ListInternal(list) => Ok(list.elements().to_vec()),
        Field::Null => Ok(Vec::new()),
        _ => Err(odd()),
    };
    let position = |field: &Field| {
        let Field::Group(numbers) = field else { return Err(odd()) };
        let of = |axis: &str| {
            numbers.get_column_iter().find(|(name, _)| *name == axis).and_then(|(_, number)| match number {
                Field::Double(number) => Some(*number),
                Field::Float(number) => Some(f64::from(*number)),
                _ => None,
            })
        };
        of("x").zip(of("y")).map(|(x, y)| [x, y]).ok_or_else(odd)
    };
    let run = |field: &Field| members(field)?.iter().map(position).collect::<Result<Vec<_>, _>>();
    let rings = |field: &Field| members(field)?.iter().map(run).collect::<Result<Vec<_>, _>>();
    match encoding {
        "point" => into.extend(Some(position(field)?).filter(|at| !at[0].is_nan()).map(Figure::Point)),
        "multipoint" => into.extend(run(field)?.into_iter().map(Figure::Point)),
        "linestring" => into.push(Figure::Line(run(field)?)),
        "multilinestring" => into.extend(rings(field)?.into_iter().map(Figure::Line)),
        "polygon" => into.push(Figure::Polygon(rings(field)?)),
        "multipolygon" => {
            for polygon in members(field)? {
                into.push(Figure::Polygon(rings(&polygon)?));
            }
        }
        _ => return Err(odd()),
    }
    Ok(())
}

/// A whole number that 64 bits with a sign hold by its type.
fn whole(field: &Field) -> Option<i64> {
    Some(match field {
        Field::Byte(value) => (*value).into(),
        Field::Short(value) => (*value).into(),
        Field::Int(value) => (*value).into(),
        Field::Long(value) => *value,
        Field::UByte(value) => (*value).into(),
        Field::UShort(value) => (*value).into(),
        Field::UInt(value) => (*value).into(),
        _ => return None,
    })
}

/// A value as a cell; `None` for binary data.
fn cell(field: &Field) -> Option<Cell> {
    if let Some(value) = whole(field) {
        return Some(Cell::Integer(value));
    }
    Some(match field {
        Field::Null => Cell::Null,
        Field::Bool(value) => Cell::Bool(*value),
        Field::ULong(value) => {
            i64::try_from(*value).map_or_else(|_| Cell::Text(value.to_string()), Cell::Integer)
        }
        Field::Float16(value) => Cell::Real((*value).into()),
        Field::Float(value) => Cell::Real((*value).into()),
        Field::Double(value) => Cell::Real(*value),
        Field::Decimal(value) => decimal(&field.to_string(), value.scale()),
        Field::Str(text) => Cell::text(text),
        Field::Bytes(bytes) => Cell::text(bytes.as_utf8().ok()?),
        Field::Date(days) => Cell::Date(Date::from_days(*days)),
        Field::Group(_) | Field::ListInternal(_) | Field::MapInternal(_) => {
            Cell::Json(json(field).to_string())
        }
        other => Cell::text(&other.to_string()),
    })
}

/// A decimal with so many digits behind its point; one of more digits than numbers hold stays text.
fn decimal(text: &str, scale: i32) -> Cell {
    /// Below it every whole number is exact: 2^53.
    const MOST: f64 = 9_007_199_254_740_992.0;
    let text = text.trim_end_matches('.');
    let number = if scale == 0 {
        text.parse().map(Cell::Integer).ok()
    } else {
        text.parse().ok().filter(|value: &f64| value.abs() < MOST).map(Cell::Real)
    };
    number.unwrap_or_else(|| Cell::Text(text.to_owned()))
}

/// A nested value as JSON; bytes that are no text stand in hexadecimal digits.
fn json(field: &Field) -> Value {
    if let Some(value) = whole(field) {
        return value.into();
    }
    match field {
        Field::Null => Value::Null,
        Field::Bool(value) => (*value).into(),
        Field::ULong(value) => (*value).into(),
        Field::Float16(value) => f64::from(*value).into(),
        Field::Float(value) => (*value).into(),
        Field::Double(value) => (*value).into(),
        Field::Decimal(value) => match decimal(&field.to_string(), value.scale()) {
            Cell::Integer(value) => value.into(),
            Cell::Real(value) => value.into(),
            other => other.shown().into(),
        },
        Field::Str(text) => text.as_str().into(),
        Field::Bytes(bytes) => bytes.as_utf8().map_or_else(|_| wkb::hex(bytes.data()), str::to_owned).into(),
        Field::Date(days) => Date::from_days(*days).to_string().into(),
        Field::Group(group) => {
            group.get_column_iter().map(|(name, field)| (name.clone(), json(field))).collect()
        }
        Field::ListInternal(list) => list.elements().iter().map(json).collect(),
        Field::MapInternal(map) => {
            let name = |key: &Field| match json(key) {
                Value::String(text) => text,
                other => other.to_string(),
            };
            map.entries().iter().map(|(key, value)| (name(key), json(value))).collect()
        }
        other => other.to_string().into(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::sync::Arc;

    use parquet::basic::{
        BrotliLevel, Compression, GzipLevel, LogicalType, Repetition, Type as Physical, ZstdLevel,
    };
    use parquet::column::writer::ColumnWriter;
    use parquet::data_type::{ByteArray, FixedLenByteArray};
    use parquet::file::metadata::KeyValue;
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;
    use parquet::schema::types::Type;

    use super::*;

    /// The values of a column.
    enum Values<'a> {
        Whole(&'a [i64]),
        Real(&'a [f64]),
        Bytes(&'a [&'a [u8]]),
    }

    /// A column, and where it has them its levels of definition and of repetition.
    type Written<'a> = (Values<'a>, Option<[&'a [i16]; 2]>);

    /// A file of some columns, written level by level; its geometries stand in `geometry`.
    fn written(
        encoding: &str,
        schema: &str,
        compression: Compression,
        entries: &[(&str, &str)],
        columns: &[Written<'_>],
    ) -> tempfile::NamedTempFile {
        written_as(parse_message_type(schema).expect("a schema"), encoding, compression, entries, columns)
    }

    fn written_as(
        schema: Type,
        encoding: &str,
        compression: Compression,
        entries: &[(&str, &str)],
        columns: &[Written<'_>],
    ) -> tempfile::NamedTempFile {
        let geo = format!(
            r#"{{"version":"1.1.0","primary_column":"geometry","columns":{{"geometry":{{"encoding":"{encoding}"}}}}}}"#
        );
        let entry = |(name, value): &(&str, &str)| KeyValue::new((*name).to_owned(), (*value).to_owned());
        let entries = entries.iter().chain(&[("geo", geo.as_str())]).map(entry).collect();
        let about = WriterProperties::builder()
            .set_key_value_metadata(Some(entries))
            .set_compression(compression)
            .build();
        let mut out = Vec::new();
        let mut writer =
            SerializedFileWriter::new(&mut out, Arc::new(schema), Arc::new(about)).expect("a file");
        let mut group = writer.next_row_group().expect("a group");
        for (values, levels) in columns {
            let mut column = group.next_column().expect("writes").expect("a column");
            let [definition, repetition] = levels.map_or([None; 2], |levels| levels.map(Some));
            match (column.untyped(), values) {
                (ColumnWriter::Int64ColumnWriter(typed), Values::Whole(all)) => {
                    typed.write_batch(all, definition, repetition)
                }
                (ColumnWriter::DoubleColumnWriter(typed), Values::Real(all)) => {
                    typed.write_batch(all, definition, repetition)
                }
                (ColumnWriter::ByteArrayColumnWriter(typed), Values::Bytes(all)) => {
                    let all: Vec<ByteArray> = all.iter().map(|bytes| bytes.to_vec().into()).collect();
                    typed.write_batch(&all, definition, repetition)
                }
                (ColumnWriter::FixedLenByteArrayColumnWriter(typed), Values::Bytes(all)) => {
                    let all: Vec<FixedLenByteArray> =
                        all.iter().map(|bytes| ByteArray::from(bytes.to_vec()).into()).collect();
                    typed.write_batch(&all, definition, repetition)
                }
                _ => panic!("a column of another type"),
            }
            .expect("writes");
            column.close().expect("writes");
        }
        group.close().expect("writes");
        writer.close().expect("writes");
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(&out).expect("writes");
        file
    }

    /// A file of one column of nested lists.
    fn file(encoding: &str, schema: &str, xy: [&[f64]; 2], levels: [&[i16]; 2]) -> tempfile::NamedTempFile {
        let columns = xy.map(|numbers| (Values::Real(numbers), Some(levels)));
        written(encoding, schema, Compression::UNCOMPRESSED, &[], &columns)
    }

    /// The values of all rows by their headings, and what is told of the file.
    fn cells(file: &tempfile::NamedTempFile) -> (Vec<Vec<(String, Cell)>>, Told) {
        let (mut headings, mut all) = (Headings::default(), Vec::new());
        let told = read(file.path(), &mut headings, &mut |row| {
            all.push(row.cells);
            Ok(())
        })
        .expect("rows");
        let named = |row: Vec<(usize, Cell)>| {
            row.into_iter().map(|(at, cell)| (headings.names()[at].clone(), cell)).collect()
        };
        (all.into_iter().map(named).collect(), told)
    }

    /// The point 114.1, 30.5 as well-known binary.
    const POINT: &[u8] =
        &[1, 1, 0, 0, 0, 0x66, 0x66, 0x66, 0x66, 0x66, 0x86, 0x5C, 0x40, 0, 0, 0, 0, 0, 0x80, 0x3E, 0x40];

    #[test]
    fn the_type_of_the_column_may_state_the_system() {
        let stated = |crs: &str| {
            let column = Type::primitive_type_builder("geometry", Physical::BYTE_ARRAY)
                .with_repetition(Repetition::REQUIRED)
                .with_logical_type(Some(LogicalType::geometry(Some(crs.to_owned()))));
            let fields = vec![Arc::new(column.build().expect("a column"))];
            let schema = Type::group_type_builder("m").with_fields(fields).build().expect("a schema");
            let entries = [(
                "own",
                r#"{"type":"GeographicCRS","name":"Xian 1980","id":{"authority":"EPSG","code":4610}}"#,
            )];
            let columns = [(Values::Bytes(&[POINT]), None)];
            cells(&written_as(schema, "WKB", Compression::UNCOMPRESSED, &entries, &columns)).1.stated
        };
        let code = |crs: &str| match stated(crs) {
            Stated::System(system) => system.epsg(),
            _ => None,
        };
        assert_eq!((code("srid:4547"), code("EPSG:4526")), (Some(4547), Some(4526)));
        assert_eq!(stated("OGC:CRS84"), Stated::System(System::Known(Crs::Crs84)));
        for crs in [
            "projjson:own",
            "GEOGCRS[\"Xian 1980\",DATUM[\"Xian 1980\",ELLIPSOID[\"IAG 1975\",6378140,298.257]]]",
        ] {
            let Stated::Other(name) = stated(crs) else { panic!("{crs}: {:?}", stated(crs)) };
            assert!(projection::refusal(&name).contains("not public"), "{name}");
        }
    }

    #[test]
    fn moments_are_told_in_the_zone_of_their_column() {
        let schema = "message m { required binary geometry; required int64 local (TIMESTAMP(MICROS,true)); \
                      required int64 pandas (TIMESTAMP(NANOS,true)); required int64 plain (TIMESTAMP(NANOS,false)); \
                      required int64 days (TIMESTAMP(MILLIS,false)); required int64 unstated (TIMESTAMP(MILLIS,true)); \
                      required int64 odd (TIMESTAMP(MILLIS,true)); }";
        // As pyarrow writes a column "n" of whole numbers and a column "local" of microseconds in Asia/Shanghai.
        let arrow = "/////8gAAAAQAAAAAAAKAAwABgAFAAgACgAAAAABBAAMAAAACAAIAAAABAAIAAAABAAAAAIAAABkAAAABAAAALT///8AAAEKEAAAACAAAAAEAAAA\
                     AAAAAAUAAABsb2NhbAAAAAgADAAGAAgACAAAAAAAAgAEAAAADQAAAEFzaWEvU2hhbmdoYWkAAAAQABQACAAGAAcADAAAABAAEAAAAAAAAQIQAAAAHAAA\
                     AAQAAAAAAAAAAQAAAG4AAAAIAAwACAAHAAgAAAAAAAABQAAAAA==";
        let pandas = r#"{"columns":[{"name":"pandas","field_name":"pandas","metadata":{"timezone":"+08:00"}},{"field_name":"odd","metadata":{"timezone":"Asia/Atlantis"}}]}"#;
        // Midnight of 2023-01-10 in China, and an hour, a minute and a second later.
        let (midnight, later) = (1_673_280_000, 1_673_283_661);
        let of = |unit: i64| [midnight * unit, later * unit];
        let (millis, micros, nanos) = (of(1000), of(1_000_000), of(1_000_000_000));
        let days = [1_673_308_800_000, 1_673_395_200_000];
        let columns =
            [&micros, &nanos, &nanos, &days, &millis, &millis].map(|all| (Values::Whole(all), None));
        let columns: Vec<Written<'_>> =
            [(Values::Bytes(&[POINT, POINT]), None)].into_iter().chain(columns).collect();
        let entries = [("pandas", pandas), ("ARROW:schema", arrow)];
        let (rows, told) = cells(&written("WKB", schema, Compression::UNCOMPRESSED, &entries, &columns));
        let shown = |row: &[(String, Cell)]| row.iter().map(|(_, cell)| cell.shown()).collect::<Vec<_>>();
        assert_eq!(
            shown(&rows[0]),
            [
                "2023-01-10T00:00:00+08:00",
                "2023-01-10T00:00:00+08:00",
                "2023-01-09T16:00:00",
                "2023-01-10",
                "2023-01-09T16:00:00Z",
                "2023-01-09T16:00:00Z"
            ]
        );
        assert_eq!(
            shown(&rows[1]),
            [
                "2023-01-10T01:01:01+08:00",
                "2023-01-10T01:01:01+08:00",
                "2023-01-09T17:01:01",
                "2023-01-11",
                "2023-01-09T17:01:01Z",
                "2023-01-09T17:01:01Z"
            ]
        );
        assert!(matches!(rows[0][3].1, Cell::Date(_)), "{:?}", rows[0][3]);
        assert_eq!(
            told.traps,
            [
                "column \"unstated\" holds moments and states no zone; its days are those of UTC",
                "column \"odd\" states the zone \"Asia/Atlantis\", which is unknown; its days are those of UTC"
            ]
        );
        // Moments that are midnight in the zone of their column are days of it.
        let schema =
            "message m { required binary geometry; required int64 pandas (TIMESTAMP(MILLIS,true)); }";
        let columns = [(Values::Bytes(&[POINT]), None), (Values::Whole(&millis[..1]), None)];
        let (rows, told) =
            cells(&written("WKB", schema, Compression::BROTLI(BrotliLevel::default()), &entries, &columns));
        let day = Cell::Date(Date::parse("2023-01-10").expect("a day"));
        assert_eq!((rows, told.traps.len()), (vec![vec![("pandas".to_owned(), day)]], 0));
    }

    #[test]
    fn decimals_and_halves_are_numbers() {
        let schema = "message m { required binary geometry; required int64 area (DECIMAL(18,2)); \
                      required int64 number (DECIMAL(18,0)); required int64 long (DECIMAL(18,1)); \
                      required fixed_len_byte_array(2) half (FLOAT16); \
                      required fixed_len_byte_array(16) large (DECIMAL(38,0)); }";
        // 2^64 has nine bytes, the first of them 1; 1.5 as a half is 0x3E00, the low byte first.
        let large = [0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0];
        let columns = [
            (Values::Bytes(&[POINT]), None),
            (Values::Whole(&[-123_450]), None),
            (Values::Whole(&[420_106_001_001_001_001]), None),
            (Values::Whole(&[420_106_001_001_001_001]), None),
            (Values::Bytes(&[&[0x00, 0x3E]]), None),
            (Values::Bytes(&[&large]), None),
        ];
        let (rows, _) = cells(&written("WKB", schema, Compression::UNCOMPRESSED, &[], &columns));
        let values: Vec<Cell> = rows[0].iter().map(|(_, cell)| cell.clone()).collect();
        let text = |text: &str| Cell::Text(text.to_owned());
        assert_eq!(
            values,
            [
                Cell::Real(-1234.5),
                Cell::Integer(420_106_001_001_001_001),
                text("42010600100100100.1"),
                Cell::Real(1.5),
                text("18446744073709551616")
            ]
        );
    }

    #[test]
    fn what_an_entry_says_beside_is_told() {
        let schema = "message m { required binary geometry; }";
        // POINT Z (1 2 3) by ISO 13249-3.
        let mut point = vec![1, 0xE9, 3, 0, 0];
        point.extend([1.0_f64, 2.0, 3.0].iter().flat_map(|number| number.to_le_bytes()));
        let columns = [(Values::Bytes(&[&point]), None)];
        let geo = r#"{"columns":{"geometry":{"encoding":"WKB","edges":"spherical"}}}"#;
        let file = |geo| written("WKB", schema, Compression::UNCOMPRESSED, &[("geo", geo)], &columns);
        let (_, told) = cells(&file(geo));
        assert!(
            matches!(&told.traps[..], [trap] if trap.contains("shortest lines on the sphere")),
            "{:?}",
            told.traps
        );
        assert_eq!(told.notes, ["its positions have heights, which are left out"]);
        for (geo, word) in
            [("{\"x\":", "what it calls so is no JSON: EOF"), ("[]", "what it calls so is no JSON object")]
        {
            let fault =
                read(file(geo).path(), &mut Headings::default(), &mut |_| Ok(())).expect_err("no entry");
            assert!(fault.to_string().contains(word), "{fault}");
        }
    }

    #[test]
    fn nested_values_are_json_and_binary_data_is_told() {
        let schema = "message m { required binary geometry; optional group named { optional int64 a; optional binary b (STRING); } \
                      optional group listed (LIST) { repeated group list { optional int64 element; } } \
                      optional binary picture; }";
        let columns = [
            (Values::Bytes(&[POINT, POINT]), None),
            (Values::Whole(&[9_007_199_254_740_993]), Some([[2, 0].as_slice(), &[0, 0]])),
            (Values::Bytes(&["说 \"一\"".as_bytes()]), Some([[2, 0].as_slice(), &[0, 0]])),
            (Values::Whole(&[1, 2]), Some([[3, 2, 3, 0].as_slice(), &[0, 1, 1, 0]])),
            (Values::Bytes(&[&[0xFF, 0xD8]]), Some([[1, 0].as_slice(), &[0, 0]])),
        ];
        let (rows, told) = cells(&written("WKB", schema, Compression::UNCOMPRESSED, &[], &columns));
        let cell = |name: &str, cell| (name.to_owned(), cell);
        let named = Cell::Json(r#"{"a":9007199254740993,"b":"说 \"一\""}"#.to_owned());
        let listed = Cell::Json("[1,null,2]".to_owned());
        assert_eq!(rows[0], [cell("named", named), cell("listed", listed)]);
        assert_eq!(rows[1], ["named", "listed", "picture"].map(|name| cell(name, Cell::Null)));
        assert_eq!(told.notes, ["column \"picture\" is left out in 1 rows, where it holds binary data"]);
    }

    #[test]
    fn rows_that_swell_are_refused_before_they_do() {
        let fault = |file: &tempfile::NamedTempFile| {
            read(file.path(), &mut Headings::default(), &mut |_| Ok(())).expect_err("too large").to_string()
        };
        let zstd = Compression::ZSTD(ZstdLevel::default());
        // A list of a million and a half zeros packs to nothing.
        let schema = "message m { required binary geometry; \
                      optional group listed (LIST) { repeated group list { required int64 element; } } }";
        let zeros = vec![0; 1_500_000];
        let (definition, mut repetition) = (vec![2; zeros.len()], vec![1; zeros.len()]);
        (repetition[0], repetition[1]) = (0, 0);
        let geometries = (Values::Bytes(&[POINT, POINT]), None);
        let columns = [geometries, (Values::Whole(&zeros), Some([definition.as_slice(), &repetition]))];
        let listed = written("WKB", schema, zstd, &[], &columns);
        assert!(listed.as_file().metadata().expect("a file").len() < 100_000);
        let reason = fault(&listed);
        assert!(
            reason.contains("\"listed\" has a row with a list of 1499999 values, at most 1048576"),
            "{reason}"
        );
        // Texts of 65 MiB in a page that may be as large, and of 130 MiB.
        let schema = "message m { required binary geometry; required binary long (STRING); }";
        for (mebibytes, word) in [(65, "row 1 has more than 64 MiB"), (130, "\"long\" has a page of 130 MiB")]
        {
            let text = vec![b'a'; mebibytes << 20];
            let columns = [(Values::Bytes(&[POINT]), None), (Values::Bytes(&[&text]), None)];
            let reason = fault(&written("WKB", schema, zstd, &[], &columns));
            assert!(reason.contains(word), "{reason}");
        }
        // Pages that state fewer bytes than they hold: a text of which the first part does not pack.
        let mut state = 1_u64;
        let mut noise = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            b'a' + u8::try_from(state >> 60).expect("four bits")
        };
        let text: Vec<u8> = (0..400_000).map(|_| noise()).chain(vec![b'a'; 3_000_000]).collect();
        for by in [Compression::GZIP(GzipLevel::default()), Compression::BROTLI(BrotliLevel::default())] {
            let schema = "message m { required binary geometry; required binary long (STRING); }";
            let columns = [(Values::Bytes(&[POINT]), None), (Values::Bytes(&[&text]), None)];
            let honest = written("WKB", schema, by, &[], &columns);
            assert_eq!(cells(&honest).0.len(), 1, "{by:?}");
            let about = SerializedFileReader::new(honest.reopen().expect("a file")).expect("Parquet");
            let column = about.metadata().row_group(0).column(1);
            let at = usize::try_from(column.byte_range().0).expect("a place");
            let mut bytes = std::fs::read(honest.path()).expect("read");
            // A page with a dictionary: its kind, 2, stands in the second byte, its size from the fourth on, doubled, in groups of
            // seven bits, the lowest first: 2,000,000.
            assert_eq!(bytes[at..at + 3], [0x15, 4, 0x15], "{by:?}");
            bytes[at + 3..at + 7].copy_from_slice(&[0x80, 0x92, 0xF4, 0x01]);
            std::fs::write(honest.path(), bytes).expect("written");
            let reason = fault(&honest);
            assert!(
                reason.contains("\"long\" has a page of more than the 2000000 bytes that it states"),
                "{by:?}: {reason}"
            );
        }
        // What is large in all may have many small rows.
        let (many, ends) = (vec![7; 200_000], vec![2; 200_000]);
        let starts: Vec<i16> = (0..200_000).map(|at| i16::from(at % 1000 != 0)).collect();
        let points = vec![POINT; 200];
        let schema = "message m { required binary geometry; \
                      optional group listed (LIST) { repeated group list { required int64 element; } } }";
        let columns =
            [(Values::Bytes(&points), None), (Values::Whole(&many), Some([ends.as_slice(), &starts]))];
        let (rows, _) = cells(&written("WKB", schema, zstd, &[], &columns));
        let sevens = vec!["7"; 1000].join(",");
        assert!(rows.len() == 200 && rows.iter().all(|row| row[0].1 == Cell::Json(format!("[{sevens}]"))));
    }

    fn figures(file: &tempfile::NamedTempFile) -> Vec<Vec<Figure>> {
        let (mut headings, mut all) = (Headings::default(), Vec::new());
        read(file.path(), &mut headings, &mut |row| {
            assert_eq!(row.fault, None);
            all.push(row.figures);
            Ok(())
        })
        .expect("rows");
        all
    }

    #[test]
    fn native_encodings_are_read() {
        // A square with a triangular hole, and a row without geometry.
        let schema = "message m { optional group geometry (LIST) { repeated group list { optional group element (LIST) { \
                      repeated group list { optional group element { required double x; required double y; } } } } } }";
        let x = [0.0, 9.0, 9.0, 0.0, 0.0, 1.0, 2.0, 3.0, 1.0];
        let y = [0.0, 0.0, 9.0, 9.0, 0.0, 1.0, 5.0, 1.0, 1.0];
        let definition = [5, 5, 5, 5, 5, 5, 5, 5, 5, 0];
        let repetition = [0, 2, 2, 2, 2, 1, 2, 2, 2, 0];
        let shell = vec![[0.0, 0.0], [9.0, 0.0], [9.0, 9.0], [0.0, 9.0], [0.0, 0.0]];
        let hole = vec![[1.0, 1.0], [2.0, 5.0], [3.0, 1.0], [1.0, 1.0]];
        let polygon = file("polygon", schema, [&x, &y], [&definition, &repetition]);
        assert_eq!(figures(&polygon), [vec![Figure::Polygon(vec![shell, hole])], vec![]]);

        let schema = "message m { optional group geometry { required double x; required double y; } }";
        let point = file("point", schema, [&[114.1], &[30.5]], [&[1, 0], &[0, 0]]);
        assert_eq!(figures(&point), [vec![Figure::Point([114.1, 30.5])], vec![]]);

        let other = file("cube", schema, [&[114.1], &[30.5]], [&[1, 0], &[0, 0]]);
        let fault = read(other.path(), &mut Headings::default(), &mut |_| Ok(())).expect_err("unknown");
        assert!(fault.to_string().contains("written as \"cube\", expected WKB or one of point"), "{fault}");

        let elsewhere = "message m { optional group place { required double x; required double y; } }";
        let point = file("point", elsewhere, [&[114.1], &[30.5]], [&[1, 0], &[0, 0]]);
        let fault = read(point.path(), &mut Headings::default(), &mut |_| Ok(())).expect_err("no column");
        assert!(fault.to_string().contains("has no column \"geometry\""), "{fault}");
    }
}
