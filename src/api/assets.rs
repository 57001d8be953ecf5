//! The web app: its files, embedded, and the description of the data that it starts from.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use rust_embed::{EmbeddedFile, RustEmbed};
use serde_json::{Map, Value, json};

use super::App;
use super::negotiate::{accepts_encoding, is_held};
use super::problem::Problem;
use crate::catalog::{Catalog, NamedExtent};
use crate::geometry::Bounds;
use crate::map::sources::Signs;
use crate::model::plan::Named;
use crate::model::{Citation, Lang, Layer, PlanFacts, Words};

#[derive(RustEmbed)]
#[folder = "web/dist"]
#[allow_missing = true]
struct Web;

const PAGE: &str = "index.html";

/// Paths of the screens of the page, which tells them apart itself.
const SCREENS: [&str; 3] = ["", "parcels", "report"];

/// What a page may do: nothing leaves its origin. MapLibre starts its worker from a blob where modules fail.
const CONTENT_POLICY: &str = "default-src 'self'; worker-src 'self' blob:; img-src 'self' data: blob:; \
    style-src 'self' 'unsafe-inline'; connect-src 'self'; font-src 'self'; object-src 'none'; base-uri 'self'; \
    frame-ancestors 'self'";
/// The address that other pages may show in a frame: the map alone, with nothing to press that does more than show.
const EMBEDDED: &str = "embed=1";

/// A file of the web app; an unknown path is not found, never the page.
pub async fn file(uri: Uri, headers: HeaderMap) -> Response {
    let path = uri.path().trim_start_matches('/');
    let name = if SCREENS.contains(&path) { PAGE } else { path };
    let Some(plain) = Web::get(name) else {
        return match name {
            PAGE => missing_page(),
            _ => Problem::not_found("page or file", uri.path()).into_response(),
        };
    };
    let (encoding, file) =
        encoded(name, &headers).map_or((None, plain), |(encoding, file)| (Some(encoding), file));
    let tag = entity_tag(&file, encoding);
    let mut response = if is_held(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        file.data.into_owned().into_response()
    };
    let out = response.headers_mut();
    out.insert(header::ETAG, tag);
    out.insert(header::CONTENT_TYPE, media_type(name));
    out.insert(header::VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(encoding) = encoding {
        out.insert(header::CONTENT_ENCODING, HeaderValue::from_static(encoding));
    }
    // Names under assets/ hold a digest of their content, so they never change.
    let cache = if name.starts_with("assets/") { "public, max-age=31536000, immutable" } else { "no-cache" };
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    if name == PAGE {
        let is_embedded =
            path.is_empty() && uri.query().is_some_and(|query| query.split('&').any(|pair| pair == EMBEDDED));
        let policy = if is_embedded {
            CONTENT_POLICY.rsplit_once(';').map_or(CONTENT_POLICY, |(rest, _)| rest)
        } else {
            CONTENT_POLICY
        };
        out.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        out.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    }
    response
}

/// The compressed twin of a file that the client accepts, brotli first.
fn encoded(name: &str, headers: &HeaderMap) -> Option<(&'static str, EmbeddedFile)> {
    [("br", "br"), ("gzip", "gz")]
        .into_iter()
        .filter(|(encoding, _)| accepts_encoding(headers, encoding))
        .find_map(|(encoding, suffix)| Some((encoding, Web::get(&format!("{name}.{suffix}"))?)))
}

fn entity_tag(file: &EmbeddedFile, encoding: Option<&str>) -> HeaderValue {
    let [first, second, ..] = *file.metadata.sha256_hash().as_chunks::<8>().0 else {
        return HeaderValue::from_static("\"\"");
    };
    let (first, second) = (u64::from_be_bytes(first), u64::from_be_bytes(second));
    HeaderValue::try_from(format!("\"{first:016x}{second:016x}{}\"", encoding.unwrap_or("")))
        .unwrap_or(HeaderValue::from_static("\"\""))
}

fn media_type(name: &str) -> HeaderValue {
    let kind = match name.rsplit_once('.').map_or("", |(_, suffix)| suffix) {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "woff2" => "font/woff2",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    };
    HeaderValue::from_static(kind)
}

/// A build without the web app still serves the API.
fn missing_page() -> Response {
    let page = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>innospace</title>\
                <p>This build holds no web app (build it with <code>make web</code>). \
                The API is at <a href=\"/ogc\">/ogc</a>.</html>";
    ([(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

/// What the web app must know before it asks for features: `GET /app.json`.
pub async fn app(State(app): State<Arc<App>>) -> Response {
    let catalog = app.catalog.snapshot();
    let headers = [(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-cache")];
    (headers, description(&catalog).to_string()).into_response()
}

fn description(catalog: &Catalog) -> Value {
    let about = &catalog.about;
    let extent = catalog.start_extent();
    let signs = Signs::of(catalog);
    json!({
        "title": words(&about.title),
        "lang": about.lang.map(Lang::name),
        "description": words(&about.description),
        "attribution": words(&about.attribution),
        "licence": about.licence,
        "data_date": about.data_date.map(|day| day.to_string()).unwrap_or_default(),
        "approval_number": about.approval_number,
        "is_internal": about.approval_number.is_empty() && catalog.is_in_china(),
        "start_extent": extent.map(Bounds::bbox),
        "extents": about.extents.iter().map(extent_of).collect::<Vec<_>>(),
        "revision": catalog.revision.to_string(),
        "version": env!("CARGO_PKG_VERSION"),
        "collections": catalog.layers().map(|layer| collection(layer.layer(), &signs)).collect::<Vec<_>>(),
        "plan": catalog.plan.as_ref().map(|facts| plan(facts, &signs)),
    })
}

fn extent_of(extent: &NamedExtent) -> Value {
    json!({ "id": extent.id, "title": words(&extent.title), "bbox": extent.bounds.bbox() })
}

fn collection(layer: &Layer, signs: &Signs<'_>) -> Value {
    let about = &layer.about;
    let has_types = layer.schema.find("unit_type").is_some();
    let types = signs.types().iter().filter(|_| has_types);
    let shapes: Map<String, Value> =
        types.map(|(kind, shape)| (kind.id.to_string(), (*shape).into())).collect();
    let fields: Vec<Value> = layer
        .schema
        .fields()
        .map(|(_, field)| {
            json!({ "name": field.name, "title": field.title.as_ref().map(words), "unit": field.unit, "kind": field.kind.name() })
        })
        .collect();
    let names = Lang::ALL.map(|lang| {
        let fields = layer.schema.names(lang).map(|at| Value::from(&*layer.schema.field(at).name));
        (lang.name().to_owned(), fields.collect())
    });
    json!({
        "id": layer.id.as_str(), "title": words(&about.title), "description": about.description.as_ref().map(words),
        // Words of its own only; those of the whole are beside the title.
        "attribution": about.attribution.as_ref().map(words),
        "draw": about.role(), "synthetic": about.synthetic, "count": layer.len(),
        "has_areas": layer.geometries().has_areas(), "fields": fields, "signs": shapes, "names": Value::Object(names.into_iter().collect()),
    })
}

fn words(words: &Words) -> Value {
    json!({ "zh": words.zh, "en": words.en })
}

/// The layout as the plan tells it.
fn plan(facts: &PlanFacts, signs: &Signs<'_>) -> Value {
    let section = |citations: &[Citation]| citations.first().map(|citation| citation.section.clone());
    let layout: Vec<Value> = facts
        .layout
        .parts
        .iter()
        .map(|part| {
            let places = part.ids.iter().map(|id| (id.to_string(), json!(facts.layout.places_of(id))));
            let places: Map<String, Value> = places.filter(|(_, places)| *places != json!([])).collect();
            json!({ "part": part.part.as_str(), "ids": part.ids, "places": places, "section": section(&part.citations), "sentence": words(&part.sentence) })
        })
        .collect();
    let unit_type =
        |(kind, shape): &(&Named, &str)| json!({ "id": kind.id, "name": words(&kind.name), "sign": shape });
    let unit_types: Vec<Value> = signs.types().iter().map(unit_type).collect();
    let industries: Vec<Value> = facts
        .industries
        .iter()
        .map(|industry| json!({ "id": industry.id, "name": words(&industry.name), "group": industry.group }))
        .collect();
    let target = facts.unit_target().map(|target| {
        json!({ "id": target.id, "op": target.op.as_str(), "value": target.value, "by": target.by,
                "section": section(&target.citations) })
    });
    json!({
        "title": words(&facts.about.title),
        "period": { "start": facts.about.period.start, "end": facts.about.period.end },
        "formula": facts.layout.formula.as_ref().map(words),
        "section": section(&facts.layout.citations),
        "layout": layout,
        "unit_types": unit_types,
        "industries": industries,
        "target": target,
    })
}
