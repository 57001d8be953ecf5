//! `GeoParquet` 1.1 with well-known binary, a row after the other.

use std::path::Path;

use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;

use super::{Stated, Take, Told, open, wkb};
use crate::geometry::{Crs, System};
use crate::intake::IntakeError;
use crate::intake::row::{Cell, Headings, Row};
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
    for (number, found) in (1..).zip(file.get_row_iter(None).map_err(broken)?) {
        let found = found.map_err(broken)?;
        let mut row = Row { number, ..Row::default() };
        for (name, field) in found.get_column_iter() {
            if *name == column {
                if let Field::Bytes(bytes) = field
                    && let Err(reason) = wkb::figures(bytes.data(), &mut row.figures)
                {
                    row.figures.clear();
                    row.fault = Some(reason);
                    row.raw = Some(wkb::hex(bytes.data()));
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
