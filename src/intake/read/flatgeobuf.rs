//! `FlatGeobuf` 3, a feature after the other.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _, SeekFrom};
use std::path::Path;

use flatgeobuf::geozero::{ColumnValue, PropertyProcessor, error::Result as ZeroResult};
use flatgeobuf::packed_r_tree::PackedRTree;
use flatgeobuf::{
    ColumnType, FallibleStreamingIterator as _, FeatureProperties as _, FgbReader, Geometry, GeometryType,
};

use super::{Beyond, LeftOut, MOST_ROW_BYTES, Stated, Take, Told, open, wkb};
use crate::geometry::System;
use crate::geometry::wkb::CURVES;
use crate::intake::IntakeError;
use crate::intake::projection;
use crate::intake::row::{Cell, Figure, Headings, Row};
use crate::model::Date;

pub(super) fn read(path: &Path, headings: &mut Headings, take: &mut Take<'_>) -> Result<Told, IntakeError> {
    let broken =
        |fault: flatgeobuf::Error| IntakeError::unfit(path, &format!("is no readable FlatGeobuf: {fault}"));
    let file = FgbReader::open(BufReader::with_capacity(1 << 16, open(path)?)).map_err(broken)?;
    let header = file.header();
    let kind = header.geometry_type();
    let stated = match header.crs() {
        None => Stated::Nothing,
        Some(crs) => match (u32::try_from(crs.code()).ok().filter(|code| *code > 0), crs.wkt()) {
            (Some(code), wkt) => match (System::of_epsg(code), wkt) {
                (Some(system), _) => Stated::System(system),
                (None, Some(wkt)) => projection::of_wkt(wkt),
                (None, None) => {
                    Stated::Other(crs.name().map_or_else(|| format!("EPSG:{code}"), str::to_owned))
                }
            },
            (None, Some(wkt)) => projection::of_wkt(wkt),
            (None, None) => Stated::Nothing,
        },
    };
    let promised = header.features_count();
    let beyond = Beyond { heights: header.has_z(), measures: header.has_m() };
    let is_moment = |column: &flatgeobuf::Column<'_>| column.type_() == ColumnType::DateTime;
    let moments = header.columns().map_or(0, |all| all.iter().filter(is_moment).count());
    check_sizes(path, promised, header.index_node_size())?;
    let mut times = Times::default();
    if moments > 0 {
        let again = FgbReader::open(BufReader::with_capacity(1 << 16, open(path)?)).map_err(broken)?;
        times.look(again, moments).map_err(broken)?;
    }
    let mut features = file.select_all_seq().map_err(broken)?;
    let (mut number, mut left_out) = (0, LeftOut::default());
    while let Some(feature) = features.next().map_err(broken)? {
        number += 1;
        let mut row = Row { number, ..Row::default() };
        let mut cells =
            Cells { into: &mut row.cells, headings, left_out: &mut left_out, times: &times, fault: None };
        let read = feature.process_properties(&mut cells);
        if let Some(fault) = cells.fault {
            return Err(IntakeError::unfit(path, &fault));
        }
        if let Err(fault) = read {
            row.fault = Some(format!("its properties cannot be read: {fault}"));
        }
        if let Some(geometry) = feature.geometry()
            && let Err(reason) = figures(&geometry, kind, &mut row.figures, 0)
        {
            row.figures.clear();
            row.fault = Some(reason.to_owned());
            row.raw = Some(format!("{geometry:?}"));
        }
        take(row)?;
    }
    // The library takes a broken end for an end.
    if promised > 0 && promised != number {
        return Err(IntakeError::unfit(path, &format!("promises {promised} features and holds {number}")));
    }
    let notes = left_out.notes().into_iter().chain(beyond.note()).collect();
    Ok(Told { stated, by: "its header", notes, ..Told::default() })
}

/// Columns of moments of which one value or more does not begin a day; the others are columns of days, for which the format has
/// no type of its own.
#[derive(Debug, Default)]
struct Times(BTreeSet<usize>);

impl Times {
    /// Looks at a file with so many columns of moments, as far as there may be one of days.
    fn look(&mut self, file: FgbReader<BufReader<File>>, moments: usize) -> Result<(), flatgeobuf::Error> {
        let mut features = file.select_all_seq()?;
        while self.0.len() < moments
            && let Some(feature) = features.next()?
        {
            // What cannot be read is told with its row.
            let _ = feature.process_properties(self);
        }
        Ok(())
    }
}

impl PropertyProcessor for Times {
    fn property(&mut self, at: usize, _: &str, value: &ColumnValue<'_>) -> ZeroResult<bool> {
        if let ColumnValue::DateTime(text) = value
            && day_of(text).is_none()
        {
            self.0.insert(at);
        }
        Ok(false)
    }
}

/// The day that a moment of no zone begins.
fn day_of(text: &str) -> Option<Date> {
    let (day, time) = text.split_once(['T', ' ']).unwrap_or((text, ""));
    let is_start = time.split(['.', ':']).all(|part| part.bytes().all(|byte| byte == b'0'));
    Date::parse(day).filter(|_| is_start)
}

/// Holds the sizes that features state against the file: the library makes room for whatever is stated.
fn check_sizes(path: &Path, features: u64, node_size: u16) -> Result<(), IntakeError> {
    /// Bytes of a node of the index.
    const NODE: u64 = 40;
    let unread = |fault| IntakeError::read(path, fault);
    let file = open(path)?;
    let length = file.metadata().map_err(unread)?.len();
    let mut source = BufReader::with_capacity(1 << 16, file);
    let mut size = [0; 4];
    source.seek(SeekFrom::Start(8)).and_then(|_| source.read_exact(&mut size)).map_err(unread)?;
    let index = match usize::try_from(features) {
        _ if node_size == 0 || features == 0 => 0,
        Ok(count) if node_size > 1 && features <= length / NODE => {
            PackedRTree::index_size(count, node_size) as u64
        }
        _ => {
            let reason = format!("promises {features} features, more than the file has room for");
            return Err(IntakeError::unfit(path, &reason));
        }
    };
    let mut at = 12 + u64::from(u32::from_le_bytes(size)) + index;
    source.seek(SeekFrom::Start(at)).map_err(unread)?;
    let mut number = 0;
    while at + 4 <= length {
        number += 1;
        source.read_exact(&mut size).map_err(unread)?;
        let stated = u32::from_le_bytes(size);
        at += 4 + u64::from(stated);
        if u64::from(stated) > MOST_ROW_BYTES || at > length {
            let reason = format!("feature {number} states a size of {stated} bytes, more than it can have");
            return Err(IntakeError::unfit(path, &reason));
        }
        source.seek_relative(stated.into()).map_err(unread)?;
    }
    Ok(())
}

struct Cells<'a> {
    into: &'a mut Vec<(usize, Cell)>,
    headings: &'a mut Headings,
    left_out: &'a mut LeftOut,
    times: &'a Times,
    fault: Option<String>,
}

impl PropertyProcessor for Cells<'_> {
    fn property(&mut self, at: usize, name: &str, value: &ColumnValue<'_>) -> ZeroResult<bool> {
        let cell = match *value {
            ColumnValue::Byte(value) => Cell::Integer(value.into()),
            ColumnValue::UByte(value) => Cell::Integer(value.into()),
            ColumnValue::Bool(value) => Cell::Bool(value),
            ColumnValue::Short(value) => Cell::Integer(value.into()),
            ColumnValue::UShort(value) => Cell::Integer(value.into()),
            ColumnValue::Int(value) => Cell::Integer(value.into()),
            ColumnValue::UInt(value) => Cell::Integer(value.into()),
            ColumnValue::Long(value) => Cell::Integer(value),
            ColumnValue::ULong(value) => {
                i64::try_from(value).map_or_else(|_| Cell::Text(value.to_string()), Cell::Integer)
            }
            ColumnValue::Float(value) => Cell::Real(value.into()),
            ColumnValue::Double(value) => Cell::Real(value),
            ColumnValue::DateTime(text) => {
                let day = day_of(text).filter(|_| !self.times.0.contains(&at));
                day.map_or_else(|| Cell::text(text), Cell::Date)
            }
            ColumnValue::String(text) => Cell::text(text),
            ColumnValue::Json(text) => Cell::Json(text.to_owned()),
            ColumnValue::Binary(_) => {
                self.left_out.push(name);
                return Ok(false);
            }
        };
        match self.headings.number(name) {
            Ok(at) => self.into.push((at, cell)),
            Err(fault) => self.fault = Some(fault),
        }
        Ok(self.fault.is_some())
    }
}

fn pairs(geometry: &Geometry<'_>) -> Vec<[f64; 2]> {
    let numbers: Vec<f64> = geometry.xy().map(|xy| xy.iter().collect()).unwrap_or_default();
    numbers.as_chunks().0.to_vec()
}

/// The positions of a line that may be one of several pieces, none of them bent.
fn curve(geometry: &Geometry<'_>) -> Result<Vec<[f64; 2]>, &'static str> {
    match geometry.type_() {
        GeometryType::CompoundCurve => chain(geometry),
        GeometryType::CircularString => Err(CURVES),
        _ => Ok(pairs(geometry)),
    }
}

fn chain(geometry: &Geometry<'_>) -> Result<Vec<[f64; 2]>, &'static str> {
    let pieces = geometry.parts().into_iter().flatten().map(|part| match part.type_() {
        GeometryType::CircularString => Err(CURVES),
        _ => Ok(pairs(&part)),
    });
    Ok(wkb::joined(pieces.collect::<Result<_, _>>()?))
}

fn figures(
    geometry: &Geometry<'_>,
    stated: GeometryType,
    into: &mut Vec<Figure>,
    depth: u8,
) -> Result<(), &'static str> {
    if depth > 8 {
        return Err("its collections are nested too deeply");
    }
    let kind = if stated == GeometryType::Unknown { geometry.type_() } else { stated };
    let positions = pairs(geometry);
    // Ends of the runs; where none are given there is one.
    let runs = || {
        let mut ends: Vec<usize> =
            geometry.ends().map(|ends| ends.iter().map(|end| end as usize).collect()).unwrap_or_default();
        if ends.is_empty() {
            ends.push(positions.len());
        }
        let mut start = 0;
        ends.into_iter()
            .map(|end| {
                let run = positions.get(start..end).map(<[_]>::to_vec);
                start = end;
                run.ok_or("the runs of its geometry do not fit its positions")
            })
            .collect::<Result<Vec<_>, _>>()
    };
    match kind {
        GeometryType::Point | GeometryType::MultiPoint => {
            into.extend(positions.iter().map(|at| Figure::Point(*at)));
        }
        GeometryType::LineString => into.push(Figure::Line(positions)),
        GeometryType::MultiLineString => into.extend(runs()?.into_iter().map(Figure::Line)),
        GeometryType::Polygon => into.push(Figure::Polygon(runs()?)),
        GeometryType::CompoundCurve => into.push(Figure::Line(chain(geometry)?)),
        GeometryType::CurvePolygon => {
            let rings = geometry.parts().into_iter().flatten().map(|part| curve(&part));
            into.push(Figure::Polygon(rings.collect::<Result<_, _>>()?));
        }
        GeometryType::MultiPolygon
        | GeometryType::GeometryCollection
        | GeometryType::MultiCurve
        | GeometryType::MultiSurface => {
            let inner = if kind == GeometryType::MultiPolygon {
                GeometryType::Polygon
            } else {
                GeometryType::Unknown
            };
            for part in geometry.parts().into_iter().flatten() {
                figures(&part, inner, into, depth + 1)?;
            }
        }
        GeometryType::CircularString | GeometryType::Curve | GeometryType::Surface => return Err(CURVES),
        GeometryType::PolyhedralSurface | GeometryType::TIN => {
            return Err("its geometry is a surface in space (PolyhedralSurface or TIN), which is not taken");
        }
        _ => return Err("its geometry is none of points, lines and polygons with straight edges"),
    }
    Ok(())
}
