//! Features as `GeoJSON`, one a line (`application/x-ndjson`).
//!
//! In: features. Out: a line of text each, so that a reader never holds more than one. Leaves out: all that is
//! about the collection; the headers of the answer tell it. Each feature of a made-up layer says so itself.

use super::geojson::FeatureWriter;
use super::{Cover, SYNTHETIC, Stream, View};
use crate::model::{FeatureIx, Layer};

/// Writes lines.
#[derive(Debug)]
pub struct Lines {
    writer: FeatureWriter,
    /// What stands behind the members of a feature.
    tail: String,
}

impl Lines {
    /// A writer for a layer.
    #[must_use]
    pub fn new(layer: &Layer, view: View) -> Self {
        let flag = if layer.about.synthetic { format!(",\"{SYNTHETIC}\":true") } else { String::new() };
        Self { writer: FeatureWriter::new(layer, view), tail: flag + "}\n" }
    }
}

impl Stream for Lines {
    fn begin(&mut self, _: &mut Vec<u8>, _: &Layer, _: &Cover) {}

    fn feature(&mut self, out: &mut Vec<u8>, layer: &Layer, ix: FeatureIx, _: bool) {
        self.writer.open_feature(out, layer, ix);
        out.extend_from_slice(self.tail.as_bytes());
    }

    fn end(&mut self, _: &mut Vec<u8>) {}
}
