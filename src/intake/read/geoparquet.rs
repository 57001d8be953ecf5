//! `GeoParquet` 1.1, a row after the other.

use std::path::Path;

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;

use super::{Stated, Take, Told, open, wkb};
use crate::geometry::{Crs, System};
use crate::intake::IntakeError;
use crate::intake::row::{Cell, Figure, Headings, Row, cut};
use crate::model::Date;
use crate::store::geoparquet::geometry_column;

pub(super) fn read(path: &Path, headings: &mut Headings, take: &mut Take<'_>) -> Result<Told, IntakeError> {
    let unfit = |reason: String| IntakeError::unfit(path, &reason);
    let broken = |fault: parquet::errors::ParquetError| unfit(format!("cannot be read as Parquet: {fault}"));
    let file = SerializedFileReader::new(open(path)?).map_err(broken)?;
    let (column, geometry) = geometry_column(file.metadata()).map_err(unfit)?;
    let stated = match geometry.get("crs") {
        // Left out it is CRS84, null it is unknown (GeoParquet 1.1, crs).
        None => Stated::System(System::Known(Crs::Crs84)),
        Some(Value::Null) => Stated::Nothing,
        Some(crs) => {
            let (code, name) =
                (crs["id"]["code"].as_u64(), crs["name"].as_str().unwrap_or("an unnamed system"));
            let is_84 = crs["id"]["code"].as_str() == Some("CRS84");
            match code.and_then(|code| u32::try_from(code).ok()).and_then(System::of_epsg) {
                _ if is_84 => Stated::System(System::Known(Crs::Crs84)),
                Some(system) => Stated::System(system),
                None => Stated::Other(name.to_owned()),
            }
        }
    };
    let encoding = geometry["encoding"].as_str().unwrap_or("WKB");
    if encoding != "WKB" && !NATIVE.contains(&encoding) {
        return Err(unfit(format!(
            "its geometries are written as {:?}, expected WKB or one of {}",
            cut(encoding),
            NATIVE.join(", ")
        )));
    }
    for (number, found) in (1..).zip(file.get_row_iter(None).map_err(broken)?) {
        let found = found.map_err(broken)?;
        let mut row = Row { number, ..Row::default() };
        for (name, field) in found.get_column_iter() {
            if *name == column {
                let read = match field {
                    Field::Null => Ok(()),
                    Field::Bytes(bytes) if encoding == "WKB" => wkb::figures(bytes.data(), &mut row.figures),
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
            row.cells.push((headings.number(name).map_err(unfit)?, cell(field)));
        }
        take(row)?;
    }
    Ok(Told { stated, by: "its entry \"geo\"", ..Told::default() })
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

fn cell(field: &Field) -> Cell {
    const MILLIS_A_DAY: i64 = 86_400_000;
    let day = |millis: i64| {
        i32::try_from(millis.div_euclid(MILLIS_A_DAY))
            .map_or(Cell::Null, |days| Cell::Date(Date::from_days(days)))
    };
    match field {
        Field::Null => Cell::Null,
        Field::Bool(value) => Cell::Bool(*value),
        Field::Byte(value) => Cell::Integer((*value).into()),
        Field::Short(value) => Cell::Integer((*value).into()),
        Field::Int(value) => Cell::Integer((*value).into()),
        Field::Long(value) => Cell::Integer(*value),
        Field::UByte(value) => Cell::Integer((*value).into()),
        Field::UShort(value) => Cell::Integer((*value).into()),
        Field::UInt(value) => Cell::Integer((*value).into()),
        Field::ULong(value) => {
            i64::try_from(*value).map_or_else(|_| Cell::Text(value.to_string()), Cell::Integer)
        }
        Field::Float(value) => Cell::Real((*value).into()),
        Field::Double(value) => Cell::Real(*value),
        Field::Str(text) => Cell::text(text),
        Field::Bytes(bytes) => bytes.as_utf8().map_or(Cell::Null, Cell::text),
        Field::Date(days) => Cell::Date(Date::from_days(*days)),
        Field::TimestampMillis(millis) => day(*millis),
        Field::TimestampMicros(micros) => day(micros.div_euclid(1000)),
        other => Cell::text(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;
    use std::sync::Arc;

    use parquet::column::writer::ColumnWriter;
    use parquet::file::metadata::KeyValue;
    use parquet::file::properties::WriterProperties;
    use parquet::file::writer::SerializedFileWriter;
    use parquet::schema::parser::parse_message_type;

    use super::*;

    /// A file of one column of nested lists, written level by level.
    fn file(encoding: &str, schema: &str, xy: [&[f64]; 2], levels: [&[i16]; 2]) -> tempfile::NamedTempFile {
        let geo = format!(
            r#"{{"version":"1.1.0","primary_column":"geometry","columns":{{"geometry":{{"encoding":"{encoding}"}}}}}}"#
        );
        let schema = Arc::new(parse_message_type(schema).expect("a schema"));
        let about = WriterProperties::builder()
            .set_key_value_metadata(Some(vec![KeyValue::new("geo".to_owned(), geo)]))
            .build();
        let mut out = Vec::new();
        let mut writer = SerializedFileWriter::new(&mut out, schema, Arc::new(about)).expect("a file");
        let mut group = writer.next_row_group().expect("a group");
        for numbers in xy {
            let mut column = group.next_column().expect("writes").expect("a column");
            let ColumnWriter::DoubleColumnWriter(typed) = column.untyped() else { panic!("no reals") };
            let [definition, repetition] = levels;
            typed.write_batch(numbers, Some(definition), Some(repetition)).expect("writes");
            column.close().expect("writes");
        }
        group.close().expect("writes");
        writer.close().expect("writes");
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        file.write_all(&out).expect("writes");
        file
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
    }
}
