//! How does a result look?
//!
//! In: a layer, the features of a page, a [`View`] of them and a [`Cover`] that tells about the whole. Out: bytes
//! of one of the formats, pages of HTML. Leaves out: how the features were selected, URLs beyond those it is
//! handed.
//!
//! Formats that are a head, features and a tail are [`Stream`]s and go out piece by piece. Files whose head
//! depends on all features ([`flatgeobuf`], [`geoparquet`], [`xlsx`]) are made whole by one function each.
//!
//! Axes. Texts that people and web clients read (GeoJSON, JSON-FG, newline-delimited GeoJSON, CSV, XLSX) have
//! coordinates in the order of the axes of the asked system, which the header `Content-Crs` names (OGC 18-058r1,
//! 6.2.2). Well-known text in them, `FlatGeobuf` and `GeoParquet` have the easting or longitude first whatever the
//! system says, because their specifications or readers do. KML is always longitude first.

pub mod aggregates;
pub mod clauses;
pub mod csv;
pub mod defects;
pub mod drawn;
mod figures;
pub mod flatgeobuf;
pub mod found;
pub mod geojson;
pub mod geoparquet;
pub mod html;
mod json;
pub mod jsonfg;
pub mod kml;
pub mod locate;
pub mod ndjson;
pub mod reach;
pub mod register;
pub mod schema;
pub mod shortlist;
mod table;
pub mod xlsx;
pub(crate) use xlsx::width;

use thiserror::Error;

use crate::geometry::{Crs, GeometryRef, simplified};
use crate::model::{Date, FeatureIx, FieldIx, Lang, Layer, Timestamp};
use crate::query::{Budget, QueryError};

/// Which of a layer's features is shown, and how.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// System of the written coordinates; it covers the layer.
    pub crs: Crs,
    /// Language of titles and notes.
    pub lang: Lang,
    /// The fields that are written, in this order.
    pub fields: Vec<FieldIx>,
    /// Are geometries written?
    pub geometry: bool,
    /// How far on the Web Mercator plane, in metres, a simplified geometry may lie from the stored one.
    pub tolerance: Option<f64>,
}

impl View {
    /// Everything there is, as it is stored.
    #[must_use]
    pub fn whole(layer: &Layer, crs: Crs) -> Self {
        let fields = layer.schema.fields().map(|(at, _)| at).collect();
        Self { crs, lang: Lang::default(), fields, geometry: true, tolerance: None }
    }

    /// How far a geometry for a zoom level of `WebMercatorQuad` (OGC 17-083r4, annex D.1) may lie from the stored
    /// one: half a pixel of a tile of 256 × 256.
    #[must_use]
    pub fn tolerance_at(zoom: f64) -> f64 {
        const WORLD_M: f64 = 2.0 * std::f64::consts::PI * 6_378_137.0;
        WORLD_M / 256.0 / zoom.exp2() / 2.0
    }

    /// Hands the geometry of a feature, as this view shows it, to a writer.
    pub(crate) fn draw<T>(
        &self,
        layer: &Layer,
        ix: FeatureIx,
        write: impl FnOnce(Option<GeometryRef<'_>>) -> T,
    ) -> T {
        let shape = layer.feature(ix).geometry().filter(|_| self.geometry);
        match (shape, self.tolerance) {
            (Some(shape), Some(tolerance)) => write(simplified(shape, tolerance).get(0)),
            (shape, _) => write(shape),
        }
    }

    /// Is the time of features written, because each field that it is made of is?
    pub(crate) fn shows_time(&self, layer: &Layer) -> bool {
        let mut fields = layer.time.into_iter().flat_map(|time| [time.start, time.end]).flatten();
        fields.all(|field| self.fields.contains(&field))
    }

    /// Must the writer itself say that features are made up, because no written field does?
    pub(crate) fn needs_flag(&self, layer: &Layer) -> bool {
        let says = |&field: &FieldIx| &*layer.schema.field(field).name == SYNTHETIC;
        layer.about.synthetic && !self.fields.iter().any(says)
    }
}

/// Name of the field, column or member that says that a feature is made up.
pub(crate) const SYNTHETIC: &str = "synthetic";

/// What a result tells about itself.
#[derive(Debug, Clone, Default)]
pub struct Cover {
    /// Address of the request.
    pub request: String,
    /// Its conditions by name, as given.
    pub conditions: Vec<(String, String)>,
    /// How many features match, whatever the page.
    pub matched: u64,
    /// How many of them come before this page.
    pub offset: u64,
    /// How many are written.
    pub returned: u64,
    /// When it was made.
    pub made_at: Option<Timestamp>,
    /// The day the data stands for.
    pub data_date: Option<Date>,
    /// Who is credited.
    pub attribution: String,
    /// SPDX id or address of the licence; empty when unknown.
    pub licence: String,
    /// Links, as a JSON array.
    pub links: String,
    /// What people call the codes of fields, where the form has room for that.
    pub codes: Vec<(String, String)>,
}

impl Cover {
    /// Which features of how many, in words.
    #[must_use]
    pub fn range(&self, lang: Lang) -> String {
        let (first, last, matched) = (self.offset + 1, self.offset + self.returned, self.matched);
        match (lang, self.returned) {
            (Lang::Zh, 0) => format!("没有要素，共 {matched} 个"),
            (Lang::En, 0) => format!("no rows of {matched}"),
            (Lang::Zh, _) => format!("第 {first}–{last} 行，共 {matched} 行"),
            (Lang::En, _) => format!("rows {first}–{last} of {matched}"),
        }
    }
}

/// The notice that a layer is made up.
pub(crate) fn synthetic_notice(lang: Lang) -> &'static str {
    lang.pick(
        "虚拟数据：为演示而生成，不是现状或规划。",
        "Synthetic data: made up for demonstration, neither present nor planned.",
    )
}

/// Writes a head, features one by one, and a tail.
pub trait Stream: Send {
    /// Writes what stands before the features.
    fn begin(&mut self, out: &mut Vec<u8>, layer: &Layer, cover: &Cover);
    /// Writes a feature; `is_first` of those written.
    fn feature(&mut self, out: &mut Vec<u8>, layer: &Layer, ix: FeatureIx, is_first: bool);
    /// Writes features, `is_first` the first of them, until the text is `enough` bytes long or all are written. Tells how many are.
    fn features(
        &mut self,
        out: &mut Vec<u8>,
        layer: &Layer,
        items: &[FeatureIx],
        is_first: bool,
        enough: usize,
    ) -> usize {
        let mut written = 0;
        for &ix in items {
            self.feature(out, layer, ix, is_first && written == 0);
            written += 1;
            if out.len() >= enough {
                break;
            }
        }
        written
    }
    /// Writes what stands after the features.
    fn end(&mut self, out: &mut Vec<u8>);
}

/// Why a file cannot be made.
#[derive(Debug, Error)]
pub enum RenderError {
    /// The time allowed for it is over.
    #[error(transparent)]
    Spent(#[from] QueryError),
    /// A writer of a format refused; never caused by a request that was read.
    #[error("{format}: {fault}")]
    Refused {
        /// The format.
        format: &'static str,
        /// What the writer says.
        fault: String,
    },
}

/// Makes a file whole; the budget ends work that is no longer wanted.
pub type MakeFile = fn(&Layer, &[FeatureIx], &View, &Cover, &Budget) -> Result<Vec<u8>, RenderError>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_pixel_is_half_the_cell_size_of_the_level() {
        // Cell sizes of WebMercatorQuad in OGC 17-083r4: 156543.0339280410 at level 0, halved at each.
        for (zoom, want) in [(0.0, 78_271.516_964_020_5), (10.0, 76.437_028_285_176_3), (1.5, 27_673.160_2)] {
            assert!((View::tolerance_at(zoom) / want - 1.0).abs() < 1e-8, "{zoom}");
        }
    }
}
