//! `GeoJSON` (RFC 7946) to a layer.
//!
//! A file is split into features first and each feature is read by itself, so that a broken feature is
//! skipped with its number and id, and only a broken file is an error. Numbers, text and positions go from
//! the file's text straight into columns; no tree of values is built.

mod pieces;
mod reader;
mod scan;
mod values;

#[cfg(test)]
pub(super) use pieces::tests;

use std::fmt;
use std::fs::File;
use std::path::Path;

use serde::de::{Deserializer as _, MapAccess, Visitor};
use xxhash_rust::xxh3::Xxh3;

use super::manifest::LayerSpec;
use super::{StoreError, Warnings};
use crate::geometry::GeometryKind;
use crate::index::IndexedLayer;
use crate::model::{Layer, cut};
use reader::{Features, Reader};
use values::Word;

/// Reads and indexes the layer of a file, on all cores where it is large. The digest is given with what stands before
/// the file in it and comes back with the file.
///
/// # Errors
/// As [`read`]; a file that cannot be read.
pub fn load(
    path: &Path,
    spec: &LayerSpec,
    mut digest: Xxh3,
) -> Result<(u64, IndexedLayer, Warnings), StoreError> {
    let fault = |fault| StoreError::Read { path: path.to_owned(), fault };
    let file = File::open(path).map_err(fault)?;
    if file.metadata().map_err(fault)?.len() > pieces::BYTES as u64 {
        let read = pieces::read(file, spec, digest.clone(), pieces::BYTES).map_err(fault)?;
        // An id that comes again gets another name only where the file is read as a whole.
        if let Some((digest, layer, warnings)) = read
            && let Ok(layer) = IndexedLayer::build(layer)
        {
            return Ok((digest, layer, warnings));
        }
    }
    let bytes = std::fs::read(path).map_err(fault)?;
    digest.update(&bytes);
    let (layer, warnings) = read(&bytes, spec)?;
    drop(bytes);
    Ok((digest.digest(), IndexedLayer::build(layer)?, warnings))
}

/// Reads a layer; what was repaired or skipped comes along.
///
/// # Errors
/// Not UTF-8, not JSON, not a collection of features, or in another coordinate reference system.
pub fn read(bytes: &[u8], spec: &LayerSpec) -> Result<(Layer, Warnings), StoreError> {
    let mut warnings = Warnings::default();
    let text = text_of(bytes, &spec.file, &mut warnings)?;
    let mut reader = Reader::new(text, 1, spec, warnings);
    let mut json = serde_json::Deserializer::from_str(text);
    let top = json
        .deserialize_any(TopLevel(&mut reader))
        .and_then(|top| json.end().map(|()| top))
        .map_err(|fault| StoreError::json(&spec.file, &fault))?;
    if let Some(name) = &top.crs {
        check_crs(name, &spec.file, &mut reader.rows.part.warnings)?;
    }
    match top.kind.as_deref() {
        Some("FeatureCollection") if top.has_features => {}
        Some("Feature") if !top.has_features => reader.feature(text),
        Some(kind) if GeometryKind::parse(kind).is_some() => reader.bare_geometry(text),
        kind => return Err(StoreError::not_features(&spec.file, kind, top.has_features)),
    }
    reader.rows.part.finish(spec)
}

fn text_of<'a>(bytes: &'a [u8], file: &str, warnings: &mut Warnings) -> Result<&'a str, StoreError> {
    let body = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
        Some(body) => {
            warnings.note(file, "begins with a byte-order mark, which RFC 8259, 8.1 forbids; ignored");
            body
        }
        None => bytes,
    };
    std::str::from_utf8(body).map_err(|fault| {
        let line = line_at(body, fault.valid_up_to());
        StoreError::NotUtf8 { file: file.into(), line }
    })
}

/// A `crs` member (removed by RFC 7946, 4) may only repeat what holds anyway.
fn check_crs(name: &str, file: &str, warnings: &mut Warnings) -> Result<(), StoreError> {
    let folded = name.to_ascii_uppercase();
    // WGS 84 and CGCS2000 differ by centimetres; files with this member write longitude first in both.
    let harmless =
        ["CRS84", "EPSG:4326", "EPSG::4326", "EPSG/0/4326", "EPSG:4490", "EPSG::4490", "EPSG/0/4490"];
    if harmless.iter().any(|known| folded.ends_with(known)) {
        warnings
            .note(file, &format!("has the obsolete member crs ({name}), which RFC 7946, 4 removed; ignored"));
        return Ok(());
    }
    Err(StoreError::Crs { file: file.into(), name: cut(name) })
}

/// What the members of the top level say.
#[derive(Default)]
struct Top {
    kind: Option<String>,
    has_features: bool,
    crs: Option<String>,
}

struct TopLevel<'r, 'a>(&'r mut Reader<'a>);

impl<'a> Visitor<'a> for TopLevel<'_, 'a> {
    type Value = Top;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a GeoJSON object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Top, A::Error> {
        let mut top = Top::default();
        while let Some(key) = map.next_key_seed(Word)? {
            match &*key {
                "type" => {
                    top.kind = Some(map.next_value::<serde_json::Value>()?.as_str().unwrap_or("").to_owned());
                }
                "features" => {
                    map.next_value_seed(Features(&mut *self.0))?;
                    top.has_features = true;
                }
                "crs" => {
                    let crs: serde_json::Value = map.next_value()?;
                    let name = crs.pointer("/properties/name").and_then(serde_json::Value::as_str);
                    top.crs = (!crs.is_null()).then(|| name.map_or_else(|| crs.to_string(), str::to_owned));
                }
                _ => {
                    map.next_value::<serde::de::IgnoredAny>()?;
                }
            }
        }
        Ok(top)
    }
}

/// A parser's message without the line and column it counts by itself.
pub(super) fn reason_of(fault: &serde_json::Error) -> String {
    let message = fault.to_string();
    message.rsplit_once(" at line ").map_or(message.clone(), |(reason, _)| reason.to_owned())
}

/// The line, from 1, of a byte.
fn line_at(text: &[u8], at: usize) -> usize {
    memchr::memchr_iter(b'\n', &text[..at]).count() + 1
}
