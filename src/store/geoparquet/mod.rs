//! `GeoParquet` (1.1) to a layer: the compact form of large collections at rest.
//!
//! What programs write by default goes from the pages of the file straight into columns, on all cores (`quick`); anything else, and
//! whatever must be repaired or refused, goes feature by feature through the same rules as `GeoJSON` (`whole`).
//!
//! A column whose id is the feature's own is named by the entry `innospace` that this program writes; else the field named in the
//! catalogue or `id` holds the ids.

mod pages;
mod quick;
#[cfg(test)]
mod tests;
mod whole;
mod wkb;

use std::collections::BTreeMap;
use std::fs::{File, Metadata};
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use bytes::{Buf as _, Bytes};
use parquet::basic::{GeographyType, GeometryType, LogicalType, TimeUnit, Type as Physical};
use parquet::column::page::PageReader;
use parquet::errors::ParquetError;
use parquet::file::metadata::{
    ColumnChunkMetaData, ParquetMetaData, ParquetMetaDataReader, RowGroupMetaData,
};
use parquet::file::reader::{ChunkReader, Length};
use parquet::file::serialized_reader::SerializedPageReader;
use parquet::schema::types::ColumnDescriptor;
use serde_json::Value as Json;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::manifest::LayerSpec;
use super::{StoreError, Warnings, cut, undamaged};
use crate::index::IndexedLayer;
use crate::model::ValueKind;

/// Bytes that are taken from a file at once to find its digest.
const BLOCK: usize = 1 << 20;

/// Reads and indexes the layer of a file, on all cores where it is large. The digest is given with what stands before
/// the file in it and comes back with the file.
///
/// # Errors
/// No `GeoParquet`, geometries in another encoding or coordinate reference system, a file that cannot be read or changes meanwhile.
pub fn load(
    path: &Path,
    spec: &LayerSpec,
    digest: Xxh3,
) -> Result<(u64, IndexedLayer, Warnings), StoreError> {
    undamaged(|| open_and_read(path, spec, digest)).unwrap_or_else(|| Err(broken(spec, "it is damaged")))
}

/// The digest that [`load`] gives, without reading the layer.
///
/// # Errors
/// No `GeoParquet`, or a file that cannot be read.
pub fn digest_of(path: &Path, spec: &LayerSpec, digest: Xxh3) -> Result<u64, StoreError> {
    let of_file = || {
        let (source, about) = opened(path, spec)?;
        source.digest(digest, about.len()).map_err(unread(path))
    };
    undamaged(of_file).unwrap_or_else(|| Err(broken(spec, "it is damaged")))
}

fn unread(path: &Path) -> impl Fn(std::io::Error) -> StoreError {
    move |fault| StoreError::Read { path: path.to_owned(), fault }
}

/// A file, and what the system says of it.
fn opened(path: &Path, spec: &LayerSpec) -> Result<(Source, Metadata), StoreError> {
    let file = File::open(path).map_err(unread(path))?;
    let about = file.metadata().map_err(unread(path))?;
    Ok((Source::open(file, about.len(), spec)?, about))
}

fn open_and_read(
    path: &Path,
    spec: &LayerSpec,
    digest: Xxh3,
) -> Result<(u64, IndexedLayer, Warnings), StoreError> {
    let (source, before) = opened(path, spec)?;
    // An id that comes again gets another name only where the file is read feature by feature.
    let quick = quick::read(&source, spec)
        .and_then(|(layer, warnings)| Some((IndexedLayer::build(layer).ok()?, warnings)));
    let layer = match quick {
        Some(layer) => Ok(layer),
        None => whole::read(&source, spec)
            .and_then(|(layer, warnings)| Ok((IndexedLayer::build(layer)?, warnings))),
    };
    let digest = source.digest(digest, before.len()).map_err(unread(path))?;
    // What is written over in place is neither the old file nor the new one; a change is heard and the file read again.
    let after = std::fs::metadata(path).map_err(unread(path))?;
    if (before.len(), before.modified().ok()) != (after.len(), after.modified().ok()) {
        return Err(broken(spec, "it was changed while it was read"));
    }
    let (layer, warnings) = layer?;
    Ok((digest, layer, warnings))
}

/// What a file says of itself under a name.
fn entry(about: &ParquetMetaData, name: &str) -> Option<Json> {
    serde_json::from_str(text_of(about, name)?).ok()
}

fn text_of<'a>(about: &'a ParquetMetaData, name: &str) -> Option<&'a str> {
    let entries = about.file_metadata().key_value_metadata()?;
    entries.iter().find(|entry| entry.key == name)?.value.as_deref()
}

/// The name of the column of geometries, and what the entry `geo` says of it.
///
/// # Errors
/// There is no such entry, or it is no JSON object.
pub(crate) fn geometry_column(about: &ParquetMetaData) -> Result<(String, Json), String> {
    let text = text_of(about, "geo").ok_or(
        "is Parquet without the entry \"geo\" of GeoParquet, so that nothing says where its geometries are",
    )?;
    let other = |reason: String| {
        format!("is Parquet without the entry \"geo\" as GeoParquet has it: what it calls so is {reason}")
    };
    let geo: Json = serde_json::from_str(text).map_err(|fault| other(format!("no JSON: {fault}")))?;
    if !geo.is_object() {
        return Err(other("no JSON object".to_owned()));
    }
    let name = geo["primary_column"].as_str().unwrap_or("geometry").to_owned();
    let root = about.file_metadata().schema_descr().root_schema();
    if !root.get_fields().iter().any(|field| field.name() == name) {
        return Err(format!("has no column {name:?}, which its entry \"geo\" says to hold the geometries"));
    }
    let mut geometry = geo["columns"][&name].clone();
    // GeoParquet 2.0 leaves the system to the type of the column.
    if geometry.get("crs").is_none()
        && let Some(crs) = crs_of_type(about, &name)
    {
        geometry["crs"] = crs;
    }
    Ok((name, geometry))
}

/// The system that the type of a column states: PROJJSON, or a text that names or defines it (Parquet, "Coordinate Reference System").
fn crs_of_type(about: &ParquetMetaData, column: &str) -> Option<Json> {
    let schema = about.file_metadata().schema_descr();
    let typed = schema.columns().iter().find(|own| own.path().string() == column)?.logical_type_ref()?;
    let (LogicalType::Geometry(GeometryType { crs }) | LogicalType::Geography(GeographyType { crs, .. })) =
        typed
    else {
        return None;
    };
    let text = crs.as_deref()?;
    let text = text.strip_prefix("projjson:").and_then(|key| text_of(about, key)).unwrap_or(text);
    let definition = serde_json::from_str(text).ok().filter(Json::is_object);
    Some(definition.unwrap_or_else(|| Json::String(text.to_owned())))
}

fn broken(spec: &LayerSpec, reason: &str) -> StoreError {
    StoreError::Parquet { file: spec.file.clone(), reason: reason.to_owned() }
}

/// A file that several threads read.
struct Shared(Mutex<File>);

impl Shared {
    fn read(&self, start: u64, length: usize, into: &mut Vec<u8>) -> std::io::Result<()> {
        into.clear();
        // All room at once: growing by and by moves what was read. No column is longer than the file.
        into.reserve_exact(length);
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(start))?;
        if file.by_ref().take(length as u64).read_to_end(into)? == length {
            Ok(())
        } else {
            Err(std::io::ErrorKind::UnexpectedEof.into())
        }
    }
}

/// A stretch of a file in memory.
struct Stretch {
    start: u64,
    bytes: Bytes,
}

impl Stretch {
    fn from(&self, start: u64) -> Result<Bytes, ParquetError> {
        let at = start.checked_sub(self.start).and_then(|at| usize::try_from(at).ok());
        let at = at.filter(|at| *at <= self.bytes.len());
        at.map(|at| self.bytes.slice(at..)).ok_or_else(|| ParquetError::EOF("outside its column".to_owned()))
    }
}

impl Length for Stretch {
    fn len(&self) -> u64 {
        self.start + self.bytes.len() as u64
    }
}

impl ChunkReader for Stretch {
    type T = bytes::buf::Reader<Bytes>;

    fn get_read(&self, start: u64) -> Result<Self::T, ParquetError> {
        Ok(self.from(start)?.reader())
    }

    fn get_bytes(&self, start: u64, length: usize) -> Result<Bytes, ParquetError> {
        let bytes = self.from(start)?;
        if length > bytes.len() {
            return Err(ParquetError::EOF("outside its column".to_owned()));
        }
        Ok(bytes.slice(..length))
    }
}

/// What a column holds, and how its numbers become those of this program.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    Bool,
    Integer32,
    Unsigned32,
    Integer64,
    /// Whole numbers that may be larger than those of this program.
    Unsigned64,
    Real32,
    Real64,
    Text,
    Json,
    Date,
    /// Of so many a microsecond, or so many microseconds.
    Moment {
        per_microsecond: i64,
        microseconds: i64,
    },
}

impl Form {
    /// The form of a column; `None` where this program has none for it.
    fn of(column: &ColumnDescriptor) -> Option<Self> {
        let moment = |unit: TimeUnit| match unit {
            TimeUnit::MILLIS => Self::Moment { per_microsecond: 1, microseconds: 1000 },
            TimeUnit::MICROS => Self::Moment { per_microsecond: 1, microseconds: 1 },
            TimeUnit::NANOS => Self::Moment { per_microsecond: 1000, microseconds: 1 },
        };
        Some(match (column.physical_type(), column.logical_type_ref()) {
            (Physical::BOOLEAN, None) => Self::Bool,
            (Physical::INT32, None) => Self::Integer32,
            (Physical::INT32, Some(LogicalType::Integer(whole))) => {
                if whole.is_signed || whole.bit_width < 32 { Self::Integer32 } else { Self::Unsigned32 }
            }
            (Physical::INT32, Some(LogicalType::Date)) => Self::Date,
            (Physical::INT64, None) => Self::Integer64,
            (Physical::INT64, Some(LogicalType::Integer(whole))) => {
                if whole.is_signed {
                    Self::Integer64
                } else {
                    Self::Unsigned64
                }
            }
            (Physical::INT64, Some(LogicalType::Timestamp(time))) => moment(time.unit),
            (Physical::FLOAT, None) => Self::Real32,
            (Physical::DOUBLE, None) => Self::Real64,
            (Physical::BYTE_ARRAY, Some(LogicalType::String | LogicalType::Enum)) => Self::Text,
            (Physical::BYTE_ARRAY, Some(LogicalType::Json)) => Self::Json,
            _ => return None,
        })
    }

    /// The kind of its values; JSON is told by the values.
    fn kind(self) -> Option<ValueKind> {
        Some(match self {
            Self::Bool => ValueKind::Bool,
            Self::Integer32 | Self::Unsigned32 | Self::Integer64 | Self::Unsigned64 => ValueKind::Integer,
            Self::Real32 | Self::Real64 => ValueKind::Real,
            Self::Text => ValueKind::Text,
            Self::Date => ValueKind::Date,
            Self::Moment { .. } => ValueKind::Timestamp,
            Self::Json => return None,
        })
    }
}

/// A column that becomes a field.
struct FileColumn {
    at: usize,
    name: String,
    form: Form,
    has_nulls: bool,
}

/// A file whose description was read.
struct Source {
    file: Shared,
    about: Arc<ParquetMetaData>,
    rows: usize,
    /// Bytes of the file; what it promises beyond that is no reason to make room.
    length: usize,
    columns: Vec<FileColumn>,
    /// Number of the column of geometries.
    geometry: usize,
    geometry_has_nulls: bool,
    /// The column, of `columns`, that holds the ids.
    id: Option<usize>,
    /// Is that column the id alone, and no field besides?
    id_is_own: bool,
    notes: Warnings,
    /// Hashes of the stretches of the file that were read, by where they begin and how long they are.
    hashes: Mutex<BTreeMap<(u64, u64), u64>>,
}

impl Source {
    fn open(file: File, length: u64, spec: &LayerSpec) -> Result<Self, StoreError> {
        let about = ParquetMetaDataReader::new()
            .parse_and_finish(&file)
            .map_err(|fault| broken(spec, &format!("cannot be read as Parquet: {fault}")))?;
        let (name, geometry) = geometry_column(&about).map_err(|reason| broken(spec, &reason))?;
        if let Some(other) = geometry["encoding"].as_str().filter(|encoding| *encoding != "WKB") {
            let other = cut(other);
            return Err(broken(
                spec,
                &format!("has geometries written as {other:?}, expected WKB; import it"),
            ));
        }
        check_crs(geometry.get("crs"), spec)?;
        let own = entry(&about, "innospace").unwrap_or_default();
        let schema = about.file_metadata().schema_descr();
        let (mut columns, mut shapes, mut notes) = (Vec::new(), None, Warnings::default());
        let covering = geometry["covering"]["bbox"]["xmin"][0].as_str();
        for (at, column) in schema.columns().iter().enumerate() {
            let [part, ..] = column.path().parts() else { continue };
            // The window of each feature, which some files have beside its geometry.
            if Some(part.as_str()) == covering {
                continue;
            }
            let is_flat = column.max_rep_level() == 0
                && column.max_def_level() <= 1
                && column.path().parts().len() == 1;
            if is_flat && *part == name && column.physical_type() == Physical::BYTE_ARRAY {
                shapes = Some((at, column.max_def_level() == 1));
                continue;
            }
            // The layer says already that it is made up.
            if spec.about.synthetic && own["syntheticColumn"].as_str() == Some(part) {
                continue;
            }
            match Form::of(column).filter(|_| is_flat) {
                Some(form) => columns.push(FileColumn {
                    at,
                    name: part.clone(),
                    form,
                    has_nulls: column.max_def_level() == 1,
                }),
                None => notes.note(
                    &spec.file,
                    &format!(
                        "column {:?} is not served: it is {}, expected numbers, texts, days, moments or JSON",
                        cut(&column.path().string()),
                        if is_flat { column.physical_type().to_string() } else { "nested".to_owned() }
                    ),
                ),
            }
        }
        let Some((geometry, geometry_has_nulls)) = shapes else {
            return Err(broken(spec, &format!("has no column {:?} of well-known binary", cut(&name))));
        };
        let own_id = own["idColumn"].as_str().filter(|_| spec.id_field.is_none());
        let id_name = own_id.or(spec.id_field.as_deref()).unwrap_or("id");
        let id = columns.iter().position(|column| column.name == id_name);
        let (mut rows, mut first) = (0_i64, 0);
        for group in about.row_groups() {
            rows = rows.saturating_add(group.num_rows().max(0));
            for column in group.columns() {
                let (offset, size) = (
                    column.dictionary_page_offset().unwrap_or(column.data_page_offset()),
                    column.compressed_size(),
                );
                let end = offset.checked_add(size).filter(|_| offset >= 0 && size >= 0);
                if end.is_none_or(|end| end.cast_unsigned() > length) {
                    return Err(broken(
                        spec,
                        &format!("is cut off: its column {first} ends behind the end of the file"),
                    ));
                }
                first += 1;
            }
        }
        let rows = usize::try_from(rows).unwrap_or(usize::MAX);
        if rows >= u32::MAX as usize {
            return Err(broken(spec, "has more than 4,294,967,294 features"));
        }
        let id_is_own = own_id.is_some();
        let file = Shared(Mutex::new(file));
        Ok(Self {
            file,
            about: Arc::new(about),
            rows,
            length: usize::try_from(length).unwrap_or(usize::MAX),
            columns,
            geometry,
            geometry_has_nulls,
            id,
            id_is_own,
            notes,
            hashes: Mutex::default(),
        })
    }

    /// Rows that there is room to be made for at once.
    fn likely_rows(&self) -> usize {
        self.rows.min(self.length)
    }

    /// The digest of the file: hashes of its columns, most of which are known from their being read, and what stands around them.
    fn digest(&self, mut digest: Xxh3, length: u64) -> std::io::Result<u64> {
        let columns = self.about.row_groups().iter().flat_map(RowGroupMetaData::columns);
        let mut stretches: Vec<_> = columns.map(ColumnChunkMetaData::byte_range).collect();
        stretches.sort_unstable();
        let hashes = self.hashes.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut at, mut block) = (0, Vec::new());
        for (start, bytes) in stretches.into_iter().chain([(length, 0)]) {
            // What two columns share, which is not to be, is taken as it stands.
            if start < at {
                continue;
            }
            while at < start {
                self.file.read(at, usize::try_from(start - at).unwrap_or(BLOCK).min(BLOCK), &mut block)?;
                digest.update(&block);
                at += block.len() as u64;
            }
            let hash = if let Some(hash) = hashes.get(&(start, bytes)) {
                *hash
            } else {
                self.file.read(start, usize::try_from(bytes).unwrap_or(usize::MAX), &mut block)?;
                xxh3_64(&block)
            };
            digest.update(&hash.to_le_bytes());
            at = start + bytes;
        }
        Ok(digest.digest())
    }

    /// The pages of a column in a group of rows.
    fn pages(&self, group: usize, column: usize) -> Option<Box<dyn PageReader>> {
        let group = self.about.row_group(group);
        let chunk = group.column(column);
        let (start, length) = chunk.byte_range();
        let mut bytes = Vec::new();
        self.file.read(start, usize::try_from(length).ok()?, &mut bytes).ok()?;
        self.hashes.lock().unwrap_or_else(PoisonError::into_inner).insert((start, length), xxh3_64(&bytes));
        let stretch = Arc::new(Stretch { start, bytes: bytes.into() });
        let rows = usize::try_from(group.num_rows()).ok()?;
        Some(Box::new(SerializedPageReader::new(stretch, chunk, rows, None).ok()?))
    }
}

/// Longitude and latitude of WGS 84 or CGCS2000, which differ by centimetres; longitude comes first whatever the system says
/// (`GeoParquet` 1.1, "Coordinate axis order"). Left out it is CRS84; null it is unknown, and then not refused.
fn check_crs(crs: Option<&Json>, spec: &LayerSpec) -> Result<(), StoreError> {
    let Some(crs) = crs.filter(|crs| !crs.is_null()) else { return Ok(()) };
    let code = match (crs, &crs["id"]["code"]) {
        (Json::String(name), _) => name.rsplit([':', '/']).next().unwrap_or_default().to_owned(),
        (_, Json::String(code)) => code.clone(),
        (_, other) => other.to_string(),
    };
    if ["CRS84", "4326", "4490"].contains(&code.as_str()) {
        return Ok(());
    }
    let name = crs.as_str().or(crs["name"].as_str()).map_or_else(|| format!("EPSG:{code}"), cut);
    Err(StoreError::Crs { file: spec.file.clone(), name })
}
