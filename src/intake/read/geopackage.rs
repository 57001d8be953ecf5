//! `GeoPackage` (OGC 12-128r18), row by row.

use std::collections::HashMap;
use std::fs::File;
use std::path::Path;

use encoding_rs::UTF_8;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_encode};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, Statement};

use super::{Beyond, LeftOut, MOST_ROW_BYTES, Stated, Take, Told, Wish, one_of, wkb};
use crate::geometry::{Crs, System};
use crate::intake::IntakeError;
use crate::intake::projection;
use crate::intake::row::{Cell, Headings, Row};
use crate::model::Date;

pub(super) fn read(
    path: &Path,
    wish: &Wish,
    headings: &mut Headings,
    take: &mut Take<'_>,
) -> Result<Told, IntakeError> {
    let unfit = |reason: String| IntakeError::unfit(path, &reason);
    let broken = |fault: rusqlite::Error| unfit(format!("cannot be read as a GeoPackage: {fault}"));
    let base = opened(path).map_err(broken)?;
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
    let (column, stated) = geometry_column(&base, layer).map_err(broken)?;
    let quoted = layer.replace('"', "\"\"");
    let mut ask = base.prepare(&format!("SELECT * FROM \"{quoted}\"")).map_err(broken)?;
    let names: Vec<String> = ask.column_names().map(str::to_owned).collect();
    let declared = declared(&base, layer).map_err(broken)?;
    let declared: Vec<Declared> =
        names.iter().map(|name| declared.get(name).copied().unwrap_or_default()).collect();
    let encoding = match wish.encoding {
        Some(encoding) if !is_utf8(&mut ask) => encoding,
        _ => UTF_8,
    };
    let (mut left_out, mut beyond) = (LeftOut::default(), Beyond::default());
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
        let (mut bytes, mut drawn, mut unread) = (0, &[][..], &[][..]);
        for (at, name) in names.iter().enumerate() {
            let value = found.get_ref(at).map_err(broken)?;
            if let ValueRef::Text(text) | ValueRef::Blob(text) = value {
                bytes += text.len() as u64;
            }
            if bytes > MOST_ROW_BYTES {
                return Err(too_large(number));
            }
            if *name == column {
                let ValueRef::Blob(bytes) = value else { continue };
                let body = body(bytes);
                beyond.add(body.as_ref().map_or(Beyond::default(), |body| wkb::beyond(body)));
                drawn = *body.as_ref().unwrap_or(&bytes);
                if let Err(reason) = body.and_then(|body| wkb::figures(body, &mut row.figures)) {
                    row.fault = Some(reason);
                }
                continue;
            }
            let cell = match value {
                ValueRef::Null => Cell::Null,
                ValueRef::Integer(value @ 0..=1) if declared[at] == Declared::Truth => Cell::Bool(value == 1),
                ValueRef::Integer(value) => Cell::Integer(value),
                ValueRef::Real(value) => Cell::Real(value),
                ValueRef::Text(raw) => {
                    let (text, is_broken) = encoding.decode_without_bom_handling(raw);
                    if is_broken {
                        unread = raw;
                        row.fault = Some(format!(
                            "its column {name:?} is not {}, as texts of a GeoPackage are; --encoding names another encoding",
                            encoding.name()
                        ));
                    }
                    let day = Date::parse(text.trim()).filter(|_| declared[at] == Declared::Day);
                    day.map_or_else(|| Cell::text(&text), Cell::Date)
                }
                ValueRef::Blob(_) => {
                    left_out.push(name);
                    continue;
                }
            };
            row.cells.push((headings.number(name).map_err(unfit)?, cell));
        }
        if row.fault.is_some() {
            row.figures.clear();
            row.raw = Some(wkb::hex(if drawn.is_empty() { unread } else { drawn }));
        }
        take(row)?;
    }
    let mut notes: Vec<String> = left_out.notes().into_iter().chain(beyond.note()).collect();
    if encoding != UTF_8 {
        notes.push(format!("texts read as {}, by --encoding", encoding.name()));
    }
    Ok(Told { stated, by: "the GeoPackage", notes, ..Told::default() })
}

/// Opens a base so that nothing is written beside it: one that keeps a log of what is written opens it even to be read. Where none
/// stands there, nobody writes, and the file is all there is.
fn opened(path: &Path) -> rusqlite::Result<Connection> {
    /// The byte that tells how a base is read; 2 is with a log.
    const WAY: usize = 19;
    const PATH: &AsciiSet = &NON_ALPHANUMERIC.remove(b'/');
    let mut head = [0; WAY + 1];
    let read = File::open(path).and_then(|mut file| super::fill(&mut file, &mut head));
    let has_log_mode = read.is_ok_and(|read| read == head.len()) && head[WAY] == 2;
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    let only_read = OpenFlags::SQLITE_OPEN_READ_ONLY;
    if !has_log_mode || Path::new(&log).exists() {
        return Connection::open_with_flags(path, only_read);
    }
    let place = percent_encode(path.as_os_str().as_encoded_bytes(), PATH);
    let authority = if path.is_absolute() { "//" } else { "" };
    let address = format!("file:{authority}{place}?immutable=1");
    Connection::open_with_flags(address, only_read | OpenFlags::SQLITE_OPEN_URI)
}

/// The column of the geometries of a layer, and what is stated of their system.
fn geometry_column(base: &Connection, layer: &str) -> rusqlite::Result<(String, Stated)> {
    let (column, organization, code, definition): (String, String, i64, String) = base.query_row(
        "SELECT g.column_name, s.organization, s.organization_coordsys_id, s.definition FROM gpkg_geometry_columns g \
         JOIN gpkg_spatial_ref_sys s ON s.srs_id = g.srs_id WHERE g.table_name = ?1",
        [layer],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?)),
    )?;
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
    Ok((column, stated))
}

/// What a column is declared to hold, where its values do not tell it (12-128r18, table 1).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
enum Declared {
    #[default]
    Other,
    Truth,
    Day,
}

fn declared(base: &Connection, layer: &str) -> rusqlite::Result<HashMap<String, Declared>> {
    let kind = |name: String| match name.trim().to_ascii_uppercase().as_str() {
        "BOOLEAN" => Declared::Truth,
        "DATE" => Declared::Day,
        _ => Declared::Other,
    };
    base.prepare("SELECT name, type FROM pragma_table_info(?1)")?
        .query_map([layer], |row| Ok((row.get(0)?, kind(row.get(1)?))))?
        .collect()
}

/// Are all texts UTF-8? What cannot be read is for the reading of rows to find.
fn is_utf8(ask: &mut Statement<'_>) -> bool {
    let columns = ask.column_count();
    let Ok(mut rows) = ask.query([]) else { return true };
    while let Ok(Some(row)) = rows.next() {
        let is_broken = |at| match row.get_ref(at) {
            Ok(ValueRef::Text(text)) => std::str::from_utf8(text).is_err(),
            _ => false,
        };
        if (0..columns).any(is_broken) {
            return false;
        }
    }
    true
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
