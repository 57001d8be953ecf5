//! `GeoPackage` (OGC 12-128r18), row by row.

use std::path::Path;

use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::{LeftOut, MOST_ROW_BYTES, Stated, Take, Told, Wish, one_of, wkb};
use crate::geometry::{Crs, System};
use crate::intake::IntakeError;
use crate::intake::projection;
use crate::intake::row::{Cell, Figure, Headings, Row};

pub(super) fn read(
    path: &Path,
    wish: &Wish,
    headings: &mut Headings,
    take: &mut Take<'_>,
) -> Result<Told, IntakeError> {
    let unfit = |reason: String| IntakeError::unfit(path, &reason);
    let broken = |fault: rusqlite::Error| unfit(format!("cannot be read as a GeoPackage: {fault}"));
    let base = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(broken)?;
    let most = i32::try_from(MOST_ROW_BYTES).unwrap_or(i32::MAX);
    base.set_limit(Limit::SQLITE_LIMIT_LENGTH, most).map_err(broken)?;
    let layers: Vec<String> = base
        .prepare("SELECT table_name FROM gpkg_contents WHERE data_type = 'features' ORDER BY 1")
        .and_then(|mut ask| ask.query_map([], |row| row.get(0))?.collect())
        .map_err(broken)?;
    if layers.is_empty() {
        return Err(unfit("holds no layer of features".to_owned()));
    }
    let layer = &layers[one_of(&layers, "layer", wish.layer.as_deref()).map_err(unfit)?];
    let (column, organization, code, definition): (String, String, i64, String) = base
        .query_row(
            "SELECT g.column_name, s.organization, s.organization_coordsys_id, s.definition FROM gpkg_geometry_columns g \
             JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id WHERE g.table_name = ?1",
            [layer],
            |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
        )
        .map_err(broken)?;
    let by_code = organization
        .eq_ignore_ascii_case("EPSG")
        .then(|| u32::try_from(code).ok().and_then(System::of_epsg))
        .flatten();
    let stated = match by_code {
        Some(system) => Stated::System(system),
        None if code <= 0 && organization.eq_ignore_ascii_case("NONE") => Stated::Nothing,
        None if organization.eq_ignore_ascii_case("OGC") => Stated::System(System::Known(Crs::Crs84)),
        None => projection::of_wkt(&definition),
    };
    let quoted = layer.replace('"', "\"\"");
    let mut ask = base.prepare(&format!("SELECT * FROM \"{quoted}\"")).map_err(broken)?;
    let names: Vec<String> = ask.column_names().map(str::to_owned).collect();
    let mut left_out = LeftOut::default();
    let mut rows = ask.query([]).map_err(broken)?;
    let mut number = 0;
    let too_large = |number: u64| unfit(format!("row {number} has more than {} MiB", MOST_ROW_BYTES >> 20));
    loop {
        let found = match rows.next() {
            Ok(Some(found)) => found,
            Ok(None) => break,
            Err(fault) if fault.sqlite_error_code() == Some(ErrorCode::TooBig) => {
                return Err(too_large(number + 1));
            }
            Err(fault) => return Err(broken(fault)),
        };
        number += 1;
        let mut row = Row { number, ..Row::default() };
        let mut bytes = 0;
        for (at, name) in names.iter().enumerate() {
            let value = found.get_ref(at).map_err(broken)?;
            if let ValueRef::Text(text) | ValueRef::Blob(text) = value {
                bytes += text.len() as u64;
            }
            if bytes > MOST_ROW_BYTES {
                return Err(too_large(number));
            }
            if *name == column {
                if let ValueRef::Blob(bytes) = value
                    && let Err(reason) = geometry(bytes, &mut row.figures)
                {
                    row.figures.clear();
                    row.fault = Some(reason);
                    row.raw = Some(wkb::hex(body(bytes).unwrap_or(bytes)));
                }
                continue;
            }
            let cell = match value {
                ValueRef::Null => Cell::Null,
                ValueRef::Integer(value) => Cell::Integer(value),
                ValueRef::Real(value) => Cell::Real(value),
                ValueRef::Text(text) => Cell::text(&String::from_utf8_lossy(text)),
                ValueRef::Blob(_) => {
                    left_out.push(name);
                    continue;
                }
            };
            row.cells.push((headings.number(name).map_err(unfit)?, cell));
        }
        take(row)?;
    }
    Ok(Told { stated, by: "the GeoPackage", notes: left_out.notes(), ..Told::default() })
}

fn geometry(bytes: &[u8], into: &mut Vec<Figure>) -> Result<(), String> {
    wkb::figures(body(bytes)?, into)
}

/// What follows a head with an envelope of a kind that its flags tell: well-known binary (12-128r18, 2.1.3).
fn body(bytes: &[u8]) -> Result<&[u8], String> {
    let [b'G', b'P', _, flags, ..] = bytes else {
        return Err("its geometry is none of a GeoPackage".to_owned());
    };
    let envelope = match flags >> 1 & 7 {
        0 => 0,
        1 => 32,
        2 | 3 => 48,
        4 => 64,
        _ => return Err("its geometry has an unknown envelope".to_owned()),
    };
    bytes.get(8 + envelope..).ok_or_else(|| "its geometry ends too early".to_owned())
}
