//! Columns of moments in Parquet: their unit, and the zone whose calendar tells their days.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parquet::basic::{ConvertedType, LogicalType, TimeUnit, Type as Physical};
use parquet::file::metadata::FileMetaData;
use parquet::record::Field;
use parquet::schema::types::Type;
use serde_json::Value;

use crate::intake::row::Cell;
use crate::model::{Local, Zone};

/// A column of moments.
pub(super) struct Moments {
    pub name: String,
    nanoseconds: i128,
    zone: Zone,
    /// Is the offset written behind the time? What is of no zone has none.
    is_zoned: bool,
    /// Why the zone is UTC, where nothing says that it is.
    guessed: Option<String>,
    /// Every moment begins a day, so that the column is one of days.
    is_days: bool,
}

/// The columns of moments of a file; all are taken to be days until one is seen that is none.
pub(super) fn columns(about: &FileMetaData) -> Vec<Moments> {
    let zones = zones(about);
    // What this program wrote counts in UTC.
    let own = entry(about, "innospace").map(|_| "UTC");
    let fields = about.schema_descr().root_schema().get_fields();
    fields
        .iter()
        .filter_map(|field| Moments::of(field, zones.get(field.name()).map(String::as_str).or(own)))
        .collect()
}

impl Moments {
    fn of(field: &Type, zone: Option<&str>) -> Option<Self> {
        if !field.is_primitive() {
            return None;
        }
        let basic = field.get_basic_info();
        let (nanoseconds, is_zoned) =
            match (field.get_physical_type(), basic.logical_type_ref(), basic.converted_type()) {
                (Physical::INT64, Some(LogicalType::Timestamp(time)), _) => {
                    let unit = match time.unit {
                        TimeUnit::MILLIS => 1_000_000,
                        TimeUnit::MICROS => 1000,
                        TimeUnit::NANOS => 1,
                    };
                    (unit, time.is_adjusted_to_u_t_c)
                }
                (Physical::INT64, None, ConvertedType::TIMESTAMP_MILLIS) => (1_000_000, true),
                (Physical::INT64, None, ConvertedType::TIMESTAMP_MICROS) => (1000, true),
                (Physical::INT96, ..) => (1_000_000, false),
                _ => return None,
            };
        let (zone, guessed) = match zone.map(|name| (Zone::named(name), name)) {
            _ if !is_zoned => (Zone::utc(), None),
            Some((Some(zone), _)) => (zone, None),
            Some((None, name)) => (Zone::utc(), Some(format!("states the zone {name:?}, which is unknown"))),
            None => (Zone::utc(), Some("holds moments and states no zone".to_owned())),
        };
        Some(Self { name: field.name().to_owned(), nanoseconds, zone, is_zoned, guessed, is_days: true })
    }

    fn local(&self, field: &Field) -> Option<Local> {
        let (Field::Long(count) | Field::TimestampMillis(count) | Field::TimestampMicros(count)) = field
        else {
            return None;
        };
        self.zone.local(i128::from(*count) * self.nanoseconds)
    }

    /// Is the column still one of days after a value?
    pub(super) fn look(&mut self, field: &Field) {
        self.is_days &= *field == Field::Null || self.local(field).is_some_and(|local| local.is_midnight);
    }

    /// What would have gone wrong: days of another zone may be others.
    pub(super) fn trap(&self) -> Option<String> {
        let guessed = self.guessed.as_ref().filter(|_| !self.is_days)?;
        Some(format!("column {:?} {guessed}; its days are those of UTC", self.name))
    }

    /// A value, in the calendar of the zone; what is outside its years stays the number that it is.
    pub(super) fn cell(&self, field: &Field) -> Option<Cell> {
        let local = self.local(field)?;
        Some(if self.is_days {
            Cell::Date(local.day)
        } else if self.is_zoned {
            Cell::Text(local.clock + &local.offset)
        } else {
            Cell::Text(local.clock)
        })
    }
}

fn entry<'a>(about: &'a FileMetaData, name: &str) -> Option<&'a str> {
    about.key_value_metadata()?.iter().find(|entry| entry.key == name)?.value.as_deref()
}

/// Zones of columns, which Parquet leaves to those who write it: Arrow states them, and pandas does.
fn zones(about: &FileMetaData) -> HashMap<String, String> {
    let pandas: Value =
        entry(about, "pandas").and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let mut zones: HashMap<String, String> = pandas["columns"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|column| {
            let name = column["field_name"].as_str().or_else(|| column["name"].as_str())?;
            Some((name.to_owned(), column["metadata"]["timezone"].as_str()?.to_owned()))
        })
        .collect();
    let arrow = entry(about, "ARROW:schema").and_then(|text| STANDARD.decode(text).ok());
    zones.extend(arrow.as_deref().and_then(|bytes| Arrow(bytes).zones()).unwrap_or_default());
    zones
}

/// A message of Arrow that holds a schema, as flat buffers are laid out: places relative to where they stand, tables whose
/// fields are found by a table of their own.
struct Arrow<'a>(&'a [u8]);

impl<'a> Arrow<'a> {
    fn zones(&self) -> Option<Vec<(String, String)>> {
        /// The number of timestamps among the types.
        const TIMESTAMP: u8 = 10;
        // Before the message stand a mark, which older files leave out, and its length.
        let start = if self.0.starts_with(&[0xFF; 4]) { 8 } else { 4 };
        let message = self.follow(start)?;
        let schema = self.follow(self.field(message, 2)?)?;
        let fields = self.follow(self.field(schema, 1)?)?;
        let fields = (0..self.whole(fields)?).map_while(|at| self.follow(fields + 4 + 4 * at));
        let zone = |field| {
            if *self.0.get(self.field(field, 2)?)? != TIMESTAMP {
                return None;
            }
            let name = self.text(self.field(field, 0)?)?;
            let zone = self.text(self.field(self.follow(self.field(field, 3)?)?, 1)?)?;
            Some((name.to_owned(), zone.to_owned()))
        };
        Some(fields.filter_map(zone).collect())
    }

    fn whole(&self, at: usize) -> Option<usize> {
        let bytes = self.0.get(at..)?.first_chunk()?;
        usize::try_from(u32::from_le_bytes(*bytes)).ok()
    }

    fn follow(&self, at: usize) -> Option<usize> {
        at.checked_add(self.whole(at)?)
    }

    /// Where a field of a table stands, if it has one.
    fn field(&self, table: usize, number: usize) -> Option<usize> {
        let short = |at: usize| Some(usize::from(u16::from_le_bytes(*self.0.get(at..)?.first_chunk()?)));
        let back = i32::from_le_bytes(*self.0.get(table..)?.first_chunk()?);
        let places = usize::try_from(i64::try_from(table).ok()? - i64::from(back)).ok()?;
        let at = 4 + 2 * number;
        let offset = if at < short(places)? { short(places + at)? } else { 0 };
        (offset > 0).then_some(table + offset)
    }

    fn text(&self, at: usize) -> Option<&'a str> {
        let at = self.follow(at)?;
        let bytes = self.0.get(at + 4..)?.get(..self.whole(at)?)?;
        std::str::from_utf8(bytes).ok()
    }
}
