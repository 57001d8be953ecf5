//! How do features go out in the asked form?
//!
//! In: the features of a page and a view of them. Out: the response: streamed where the form is a head, features
//! and a tail, else made whole away from the threads that serve connections. Leaves out: which features, pages
//! for people.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderName, HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::document::{Ask, links_text};
use super::negotiate::{
    CSV, FLATGEOBUF, Format, GEOJSON, GEOPARQUET, HTML, JSONFG, KML, NDJSON, SCHEMA, XLSX,
};
use super::params::Params;
use super::problem::Problem;
use super::schemas::{RESOURCES, add_link_headers};
use super::{App, blocking, now};
use crate::catalog::Catalog;
use crate::geometry::Crs;
use crate::model::{FeatureIx, Lang, Layer};
use crate::query::{Budget, Page, Selection};
use crate::render::geojson::{Collection, FeatureWriter};
use crate::render::html::Link;
use crate::render::jsonfg::JsonFg;
use crate::render::{self, Cover, MakeFile, RenderError, Stream, View, schema};

/// The forms of features; of those that a client likes equally the first is sent.
pub const FORMS: &[Format] = &[GEOJSON, HTML, JSONFG, NDJSON, CSV, XLSX, KML, FLATGEOBUF, GEOPARQUET];

/// So many features fill more memory than many requests may take at once, where all of their form is made before it is sent: a
/// workbook of 100,000 parcels takes 580 MB while it is made.
const MANY: usize = 5_000;
/// How many such answers are made at a time.
pub const FILES_AT_ONCE: usize = 2;
/// Bytes of features that are gathered before they are sent.
const CHUNK: usize = 1 << 17;
/// Room for a chunk whose last feature crosses its end, for what stands before the features, and for a feature, usually.
const ROOM: usize = CHUNK + CHUNK / 8;
const ROOM_OF_HEAD: usize = 1 << 12;
const ROOM_OF_FEATURE: usize = 1 << 10;
/// The longest address that all forms are linked with in headers; a longer one, nine times over, is more than some
/// proxies let pass.
const LONGEST_LINKED: usize = 1024;

const MATCHED: HeaderName = HeaderName::from_static("ogc-numbermatched");
const RETURNED: HeaderName = HeaderName::from_static("ogc-numberreturned");

/// How a form is made.
enum Making {
    Stream(Box<dyn Stream>),
    Whole(MakeFile),
}

fn making(ask: &Ask, layer: &Layer, view: &View) -> Making {
    match ask.format {
        JSONFG => Making::Stream(Box::new(json_fg(ask, layer, view.clone()))),
        format => by_itself(format, layer, view.clone()),
    }
}

/// The forms that need no address of the service; GeoJSON for any other.
fn by_itself(format: Format, layer: &Layer, view: View) -> Making {
    match format {
        NDJSON => Making::Stream(Box::new(render::ndjson::Lines::new(layer, view))),
        CSV => Making::Stream(Box::new(render::csv::Csv::new(layer, view))),
        KML => Making::Stream(Box::new(render::kml::Kml::new(layer, view))),
        XLSX => Making::Whole(render::xlsx::file),
        FLATGEOBUF => Making::Whole(render::flatgeobuf::file),
        GEOPARQUET => Making::Whole(render::geoparquet::file),
        _ => Making::Stream(Box::new(Collection::new(layer, view))),
    }
}

fn json_fg(ask: &Ask, layer: &Layer, view: View) -> JsonFg {
    JsonFg::new(layer, view, RESOURCES[0].link(ask, layer).href)
}

/// Can the form express the asked system?
///
/// # Errors
/// KML knows CRS84 alone; a workbook has only so many rows.
pub fn check(ask: &Ask, view: &View, page: Page) -> Result<(), Problem> {
    if ask.format == KML && view.crs != Crs::Crs84 {
        let expected = format!("{} or nothing, because KML has longitude and latitude only", Crs::Crs84);
        return Err(Problem::parameter("crs", ask.params.get("crs").unwrap_or(""), &expected));
    }
    if ask.format == XLSX && page.limit as usize > render::xlsx::MOST_ROWS {
        let expected = format!("at most {}, the rows of a sheet", render::xlsx::MOST_ROWS);
        return Err(Problem::parameter("limit", &page.limit.to_string(), &expected));
    }
    Ok(())
}

/// Features in any form but pages.
///
/// # Errors
/// The time allowed is over, or a writer failed.
pub async fn answer(
    app: &App,
    ask: &Ask,
    layer: Arc<Layer>,
    picked: Selection,
    page: Page,
    view: View,
    links: &[Link],
) -> Result<Response, Problem> {
    let cover = cover(ask, &layer, picked.matched, page, picked.items.len());
    let cover = Cover { links: links_text(links), ..cover };
    Ok(match making(ask, &layer, &view) {
        Making::Stream(writer) => stream(ask, layer, picked.items, writer, &cover),
        Making::Whole(make) => {
            let count = picked.items.len();
            let (format, catalog) = (ask.format, Arc::clone(&ask.catalog));
            let work = move |budget: &_| {
                let cover = Cover { codes: codes_of(format, &catalog, &layer, &view), ..cover };
                make(&layer, &picked.items, &view, &cover, budget)
            };
            let file = made_whole(app, count, work).await?.map_err(|fault| match fault {
                RenderError::Spent(fault) => Problem::from(fault),
                RenderError::Refused { .. } => Problem::internal(fault.to_string()),
            })?;
            ask.body(Body::from(file))
        }
    })
}

/// Runs work that makes the whole form of so many features.
///
/// # Errors
/// The time allowed is over.
pub async fn made_whole<T: Send + 'static>(
    app: &App,
    count: usize,
    work: impl FnOnce(&Budget) -> T + Send + 'static,
) -> Result<T, Problem> {
    let patience = app.config.limits.patience;
    if count > MANY { app.files.work(patience, work).await } else { blocking(patience, work).await }
}

/// Features as a file.
///
/// # Errors
/// A writer failed.
pub fn file(
    format: Format,
    layer: &Layer,
    items: &[FeatureIx],
    view: &View,
    cover: &Cover,
) -> Result<Vec<u8>, RenderError> {
    let mut writer = match by_itself(format, layer, view.clone()) {
        Making::Stream(writer) => writer,
        Making::Whole(make) => return make(layer, items, view, cover, &Budget::default()),
    };
    let mut out = Vec::new();
    writer.begin(&mut out, layer, cover);
    writer.features(&mut out, layer, items, true, usize::MAX);
    writer.end(&mut out);
    Ok(out)
}

/// One feature as a document of its own, for the forms that have members for its links.
pub fn document(ask: &Ask, layer: &Layer, ix: FeatureIx, view: View, links: &[Link]) -> Option<Response> {
    let mut out = Vec::with_capacity(1024);
    match ask.format {
        GEOJSON => FeatureWriter::new(layer, view).open_feature(&mut out, layer, ix),
        JSONFG => json_fg(ask, layer, view).open_document(&mut out, layer, ix),
        _ => return None,
    }
    out.extend_from_slice(br#","links":"#);
    out.extend_from_slice(links_text(links).as_bytes());
    out.push(b'}');
    Some(ask.body(Body::from(out)))
}

/// What a result of so many features tells about itself.
pub fn cover(ask: &Ask, layer: &Layer, matched: u64, page: Page, returned: usize) -> Cover {
    Cover {
        request: ask.base.url(&format!("{}{}", ask.path, ask.params.with(&[]))),
        matched,
        offset: page.offset,
        returned: returned as u64,
        ..cover_of(&ask.params, &ask.catalog, layer, ask.lang)
    }
}

/// What the codes in a workbook stand for; other forms have no place for that.
pub fn codes_of(format: Format, catalog: &Catalog, layer: &Layer, view: &View) -> Vec<(String, String)> {
    let facts = catalog.plan.as_ref();
    if format == XLSX { schema::codes(layer, &view.fields, facts, view.lang) } else { Vec::new() }
}

/// What any result with these parameters tells about itself, however much it holds.
pub fn cover_of(params: &Params, catalog: &Catalog, layer: &Layer, lang: Lang) -> Cover {
    Cover {
        conditions: params.pairs().map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
        made_at: Some(now()),
        data_date: catalog.about.data_date,
        attribution: catalog.attribution(layer).say(lang).to_owned(),
        licence: catalog.about.licence.to_string(),
        ..Cover::default()
    }
}

/// The headers that tell about features: their system (OGC 18-058r1, 6.2.3; pages show degrees), how many match
/// and how many are written, the name of a file, and links where the form has no place for them.
pub fn with_headers(
    mut response: Response,
    ask: &Ask,
    layer: &Layer,
    crs: Crs,
    counts: (u64, u64),
    links: &[Link],
) -> Response {
    let crs = if ask.format == HTML { Crs::Crs84 } else { crs };
    let headers = response.headers_mut();
    let mut insert = |name: HeaderName, value: String| {
        if let Ok(value) = HeaderValue::try_from(value) {
            headers.insert(name, value);
        }
    };
    insert(HeaderName::from_static("content-crs"), format!("<{crs}>"));
    insert(MATCHED, counts.0.to_string());
    insert(RETURNED, counts.1.to_string());
    name_file(&mut response, ask.format, layer.id.as_str());
    let has_links = matches!(ask.format, GEOJSON | JSONFG | HTML);
    let is_linked = |link: &&Link| match link.rel {
        "next" | "prev" => true,
        _ if link.media_type == SCHEMA.media_type => true,
        _ => !has_links && link.href.len() <= LONGEST_LINKED,
    };
    // A header cannot say what to POST.
    let by_get = |link: &&Link| link.body.is_none();
    add_link_headers(&mut response, links.iter().filter(by_get).filter(is_linked));
    response
}

/// The header that names a file, where the form is one.
pub fn name_file(response: &mut Response, format: Format, name: &str) {
    let value = suffix(format).and_then(|suffix| HeaderValue::try_from(disposition(name, suffix)).ok());
    if let Some(value) = value {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, value);
    }
}

/// The suffix of the forms that are files.
fn suffix(format: Format) -> Option<&'static str> {
    match format {
        CSV => Some("csv"),
        XLSX => Some("xlsx"),
        KML => Some("kml"),
        FLATGEOBUF => Some("fgb"),
        GEOPARQUET => Some("parquet"),
        _ => None,
    }
}

/// A name of a file, beyond ASCII in the extended notation too (RFC 6266, 4.3 and appendix D).
fn disposition(name: &str, suffix: &str) -> String {
    let plain: String = name.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
    let value = format!("attachment; filename=\"{plain}.{suffix}\"");
    if plain == name {
        return value;
    }
    format!("{value}; filename*=UTF-8''{}.{suffix}", utf8_percent_encode(name, NON_ALPHANUMERIC))
}

/// Features sent as they are written.
fn stream(
    ask: &Ask,
    layer: Arc<Layer>,
    items: Vec<FeatureIx>,
    mut writer: Box<dyn Stream>,
    cover: &Cover,
) -> Response {
    let mut head = Vec::with_capacity(ROOM.min(ROOM_OF_HEAD + items.len() * ROOM_OF_FEATURE));
    writer.begin(&mut head, &layer, cover);
    let mut chunks = Chunks { writer, layer, items, at: 0, done: false, head };
    let Some(first) = chunks.next() else { return ask.body(Body::empty()) };
    if chunks.done {
        return ask.body(Body::from(first));
    }
    let rest = std::iter::once(first).chain(chunks).map(Ok::<_, Infallible>);
    ask.body(Body::from_stream(futures_util::stream::iter(rest)))
}

/// Writes features chunk by chunk, each when the client is ready for it.
struct Chunks {
    layer: Arc<Layer>,
    writer: Box<dyn Stream>,
    items: Vec<FeatureIx>,
    at: usize,
    done: bool,
    head: Vec<u8>,
}

impl Iterator for Chunks {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if self.done {
            return None;
        }
        let mut out = std::mem::take(&mut self.head);
        if out.capacity() == 0 {
            out.reserve(ROOM);
        }
        let rest = &self.items[self.at..];
        self.at += self.writer.features(&mut out, &self.layer, rest, self.at == 0, CHUNK);
        if out.len() >= CHUNK {
            return Some(out.into());
        }
        self.writer.end(&mut out);
        self.done = true;
        Some(out.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_are_plain_and_extended() {
        assert_eq!(disposition("parcels", "csv"), "attachment; filename=\"parcels.csv\"");
        assert_eq!(
            disposition("地块-1", "fgb"),
            "attachment; filename=\"__-1.fgb\"; filename*=UTF-8''%E5%9C%B0%E5%9D%97%2D1.fgb"
        );
    }
}
