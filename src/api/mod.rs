//! How does a request become a query, and a result a response?
//!
//! In: HTTP requests. Out: HTTP responses. Leaves out: file formats.
//!
//! This page is the table of routes and what stands around all of them.

mod aggregates;
mod along;
mod assets;
mod collections;
mod defects;
mod document;
mod drawings;
mod forms;
mod figures;
mod functions;
mod grouping;
mod items;
mod kept;
mod landing;
mod link;
mod locate;
mod maps;
mod measure;
mod negotiate;
mod openapi;
mod page_cache;
mod params;
mod path;
mod plan;
mod problem;
mod reach;
mod register;
mod reports;
mod schemas;
mod search;
mod seats;
mod server;
mod shortlist;
mod strip;
mod styles;
mod tile_cache;
mod tiles;
mod tilesets;

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Version, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, NotForContentType, Predicate};
use tower_http::request_id::{MakeRequestUuid, PropagateRequestIdLayer, SetRequestIdLayer};

use crate::catalog::{Catalog, CatalogHandle};
use crate::config::Config;
use crate::finder::Finder;
use crate::geometry::Network;
use crate::model::Timestamp;
use crate::query::{Budget, QueryError};
use crate::store::{Drawings, Room};
pub use aggregates::count;
pub use along::draw_strip;
pub use defects::topology;
pub use items::export;
pub use locate::{Question, locate};
use maps::Desk;
pub use maps::{Engine as MapEngine, draw as draw_map};
pub use negotiate::{CSV, FLATGEOBUF, GEOJSON, GEOPARQUET, KML, NDJSON, XLSX};
use page_cache::PageCache;
pub use plan::read_plan;
use problem::Problem;
pub use reach::stroll;
pub use reports::make as make_report;
pub use search::find;
use seats::Seats;
pub use server::serve;
pub use shortlist::shortlist;
use tile_cache::TileCache;
pub use tilesets::archive_order;

/// What every handler may use.
#[derive(Debug)]
pub struct App {
    /// The published catalogue.
    pub catalog: CatalogHandle,
    /// How the server runs.
    pub config: Config,
    tiles: TileCache,
    pages: PageCache,
    desk: Desk,
    files: Seats,
    finders: kept::Kept<Finder>,
    networks: kept::Kept<Option<Network>>,
    tables: kept::Kept<collections::Tables>,
    drawings: Option<Drawings>,
}

impl App {
    /// A service over a catalogue.
    #[must_use]
    pub fn new(catalog: Catalog, config: Config) -> Self {
        let tiles = TileCache::new(config.tile_cache_bytes);
        let pages = PageCache::new(config.page_cache_bytes);
        let (catalog, desk) = (CatalogHandle::new(catalog), Desk::default());
        let drawings = config.drawings.as_ref().and_then(|folder| {
            let opened = Drawings::open(folder, Room::default());
            opened.inspect_err(|fault| tracing::warn!("long drawings will not be kept: {fault}; name a folder that can be written with --drawings")).ok()
        });
        let (finders, networks) = (kept::Kept::default(), kept::Kept::default());
        Self {
            catalog,
            config,
            tiles,
            pages,
            desk,
            files: Seats::new(forms::FILES_AT_ONCE),
            finders,
            networks,
            tables: kept::Kept::default(),
            drawings,
        }
    }

    /// Makes ready what questions about the published catalogue need, so that no request has to wait for it.
    pub fn make_ready(&self) {
        self.prepare(&self.catalog.snapshot());
    }

    /// Publishes the next catalogue, made ready before.
    pub fn publish(&self, next: Catalog) {
        self.prepare(&next);
        self.catalog.publish(next);
    }

    /// Names to be looked for, streets to be walked along.
    fn prepare(&self, catalog: &Catalog) {
        search::finder_of(self, catalog);
        reach::network_of(self, catalog);
    }
}

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The routes of the service.
pub fn router(app: Arc<App>) -> Router {
    Router::new()
        .route("/", get(assets::file))
        .route("/app.json", get(assets::app))
        .route("/health", get(health))
        .route("/ogc", get(landing::landing))
        .route("/ogc/", get(landing::landing))
        .route("/ogc/conformance", get(landing::conformance))
        .route("/ogc/api", get(landing::definition))
        .route("/ogc/functions", get(functions::list))
        .route("/ogc/search", get(search::search))
        .route("/ogc/collections", get(collections::list))
        .route("/ogc/collections/{collectionId}", get(collections::one))
        .route("/ogc/collections/{collectionId}/schema", get(schemas::returnables))
        .route("/ogc/collections/{collectionId}/queryables", get(schemas::queryables))
        .route("/ogc/collections/{collectionId}/sortables", get(schemas::sortables))
        .route("/ogc/collections/{collectionId}/items", get(items::list))
        .route("/ogc/collections/{collectionId}/search", post(items::search))
        .route("/ogc/collections/{collectionId}/items/{featureId}", get(items::one))
        .route(
            "/ogc/collections/{collectionId}/aggregates",
            collections::both_ways(
                grouping::parameters,
                aggregates::FORMS,
                aggregates::POSTED_FORMS,
                aggregates::answer,
            ),
        )
        .route(
            "/ogc/collections/{collectionId}/shortlist",
            collections::both_ways(
                shortlist::parameters,
                shortlist::FORMS,
                shortlist::POSTED_FORMS,
                shortlist::answer,
            ),
        )
        .route(
            "/ogc/collections/{collectionId}/topology",
            collections::both_ways(
                defects::parameters,
                defects::FORMS,
                defects::POSTED_FORMS,
                defects::answer,
            ),
        )
        .route("/ogc/collections/{collectionId}/items/{featureId}/along", get(along::along))
        .route("/ogc/collections/{collectionId}/nearest", get(locate::nearest))
        .route("/ogc/collections/{collectionId}/tiles", get(tilesets::of_collection))
        .route("/ogc/collections/{collectionId}/tiles/{tileMatrixSetId}", get(tilesets::one_of_collection))
        .route(
            "/ogc/collections/{collectionId}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}",
            get(tiles::of_collection),
        )
        .route("/ogc/at", get(locate::at))
        .route("/ogc/distance", get(locate::distance))
        .route("/ogc/reach", get(reach::reach))
        .route("/ogc/tiles", get(tilesets::of_all))
        .route("/ogc/tiles/{tileMatrixSetId}", get(tilesets::one_of_all))
        .route("/ogc/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}", get(tiles::of_all))
        .route("/ogc/tileMatrixSets", get(tilesets::matrix_sets))
        .route("/ogc/tileMatrixSets/{tileMatrixSetId}", get(tilesets::matrix_set))
        .route("/tiles/{layers}", get(tilesets::plain))
        .route("/tiles/{layers}/{z}/{x}/{y}", get(tiles::plain))
        .route("/maps", get(maps::list))
        .route("/maps/{file}", get(maps::one))
        .route("/measure", get(measure::get).post(measure::post))
        .route("/drawings", post(drawings::post))
        .route("/drawings/{id}", get(drawings::get))
        .route("/units", get(register::units))
        .route("/progress", get(register::progress))
        .route("/blocks", get(register::blocks))
        .route("/blocks/{id}", get(register::block))
        .route("/plan", get(plan::plan))
        .route("/reports", get(reports::list))
        .route("/reports/{file}", get(reports::one))
        .route("/reports/{kind}/figures/{file}", get(figures::one))
        .route("/styles/sprites/{file}", get(maps::sprite))
        .route("/styles", get(styles::list))
        .route("/styles/{view}", get(styles::one))
        .route("/styles/{view}/sources/{file}", get(styles::source))
        .fallback(get(assets::file))
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .with_state(app)
        // As one layer, each request is boxed once and not five times; the first is the outermost.
        .layer((
            SetRequestIdLayer::new(REQUEST_ID, MakeRequestUuid),
            PropagateRequestIdLayer::new(REQUEST_ID),
            // Outside of what still writes into problems.
            CompressionLayer::new().compress_when(worth_packing()),
            middleware::from_fn(around),
            CatchPanicLayer::custom(|fault: Box<dyn std::any::Any + Send>| {
                let text = fault.downcast_ref::<String>().map(String::as_str);
                let text = text.or_else(|| fault.downcast_ref::<&str>().copied()).unwrap_or("panic");
                Problem::internal(text.to_owned()).into_response()
            }),
        ))
}

/// Answers that packing makes smaller: not those that are packed themselves, and none whose strong entity tag promises these very
/// bytes (RFC 9110, 8.8.3).
fn worth_packing() -> impl Predicate {
    let may_change = |_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions| {
        headers.get(header::ETAG).is_none_or(|tag| tag.as_bytes().starts_with(b"W/"))
    };
    DefaultPredicate::new()
        .and(may_change)
        .and(NotForContentType::const_new(negotiate::XLSX.media_type))
        .and(NotForContentType::const_new(negotiate::DOCX.media_type))
        .and(NotForContentType::const_new(negotiate::GEOPARQUET.media_type))
        .and(NotForContentType::const_new(negotiate::MVT.media_type))
        .and(NotForContentType::const_new(negotiate::MAP_PDF.media_type))
}

/// What stands around every request: OPTIONS, CORS, where an error happened, one line of log.
async fn around(request: Request, next: Next) -> Response {
    let began = Instant::now();
    let id = request.headers().get(REQUEST_ID).cloned();
    let (method, uri) = (request.method().clone(), request.uri().clone());
    let mut response = if method == Method::OPTIONS { options(uri.path()) } else { next.run(request).await };
    if response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/problem+json") {
        response = located(response, uri.path(), id.as_ref()).await;
    }
    let headers = response.headers_mut();
    // The data is public and read-only, so any page may read it.
    headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    headers.insert(
        header::ACCESS_CONTROL_EXPOSE_HEADERS,
        HeaderValue::from_static(
            "content-crs, content-disposition, etag, link, map-missing-characters, ogc-numbermatched, ogc-numberreturned, x-request-id",
        ),
    );
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    if response.status() == StatusCode::METHOD_NOT_ALLOWED {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(methods(uri.path())));
    }
    // Exact to a microsecond.
    let took_ms = (began.elapsed().as_secs_f64() * 1e6).round() / 1e3;
    let id = id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or("");
    tracing::info!(%method, %uri, status = response.status().as_u16(), took_ms, id, "request");
    response
}

/// The methods that a path answers.
fn methods(path: &str) -> &'static str {
    if path == "/measure" {
        return "GET, HEAD, POST, OPTIONS";
    }
    if path == "/drawings" {
        return "POST, OPTIONS";
    }
    let mut parts = path.strip_prefix("/ogc/collections/").unwrap_or("").split('/');
    match (parts.next(), parts.next(), parts.next()) {
        (Some(_), Some("search"), None) => "POST, OPTIONS",
        (Some(_), Some("aggregates" | "shortlist" | "topology"), None) => "GET, HEAD, POST, OPTIONS",
        _ => "GET, HEAD, OPTIONS",
    }
}

/// The path alone tells the methods, so a preflight needs no route.
fn options(path: &str) -> Response {
    let headers = [
        (header::ALLOW, methods(path)),
        (header::ACCESS_CONTROL_ALLOW_METHODS, methods(path)),
        (
            header::ACCESS_CONTROL_ALLOW_HEADERS,
            "accept, accept-language, content-type, if-none-match, x-request-id",
        ),
        (header::ACCESS_CONTROL_MAX_AGE, "86400"),
    ];
    (StatusCode::NO_CONTENT, headers).into_response()
}

/// Adds to a problem where it happened and the name it has in the log.
async fn located(response: Response, path: &str, id: Option<&HeaderValue>) -> Response {
    let (mut parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, 1 << 20).await.unwrap_or_default();
    let Ok(mut problem) = serde_json::from_slice::<serde_json::Value>(&bytes) else {
        return Response::from_parts(parts, Body::from(bytes));
    };
    problem["instance"] = path.into();
    if let Some(id) = id.and_then(|id| id.to_str().ok()) {
        problem["request_id"] = id.into();
    }
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::from(problem.to_string()))
}

/// Is the server up, and what does it serve?
async fn health(State(app): State<Arc<App>>) -> Response {
    let catalog = app.catalog.snapshot();
    let features: usize = catalog.layers().map(|layer| layer.layer().len()).sum();
    let body = json!({
        "status": "ok", "version": env!("CARGO_PKG_VERSION"), "revision": catalog.revision.to_string(),
        "collections": catalog.layers().len(), "features": features,
    });
    ([(header::CONTENT_TYPE, "application/json"), (header::CACHE_CONTROL, "no-store")], body.to_string())
        .into_response()
}

/// Runs work that needs the processor away from the threads that serve connections. When the client goes away or `patience` is
/// over, nobody waits for it any longer: it ends at its next look at the budget.
async fn blocking<T: Send + 'static>(
    patience: Duration,
    work: impl FnOnce(&Budget) -> T + Send + 'static,
) -> Result<T, Problem> {
    struct SpendOnDrop(Budget);
    impl Drop for SpendOnDrop {
        fn drop(&mut self) {
            self.0.spend();
        }
    }
    let owner = SpendOnDrop(Budget::default());
    let budget = owner.0.clone();
    let task = tokio::task::spawn_blocking(move || work(&budget));
    let done = tokio::time::timeout(patience, task).await.map_err(|_| QueryError::Spent)?;
    done.map_err(|fault| Problem::internal(fault.to_string()))
}

/// This moment, in whole seconds.
fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_microseconds(i64::try_from(since.as_secs()).unwrap_or(0) * 1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::query::QueryError;

    #[tokio::test]
    async fn work_that_takes_too_long_is_ended() {
        let endless = |budget: &Budget| -> Result<(), QueryError> {
            loop {
                budget.check()?;
            }
        };
        let (ended, ends) = tokio::sync::oneshot::channel();
        let work = move |budget: &Budget| {
            let outcome = endless(budget);
            let _ = ended.send(outcome);
        };
        let problem = blocking(Duration::from_millis(5), work).await.expect_err("the time is over");
        assert_eq!(ends.await, Ok(Err(QueryError::Spent)), "the work itself ended");
        let response = problem.into_response();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(response.headers()[header::RETRY_AFTER], "5");
    }

    #[tokio::test]
    async fn a_panic_is_a_problem_and_its_text_stays_inside() {
        let outcome = blocking(Duration::from_secs(5), |_| -> () { panic!("secret") }).await;
        let response = outcome.expect_err("a problem").into_response();
        assert_eq!(response.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = axum::body::to_bytes(response.into_body(), 9999).await.expect("a body");
        assert!(!String::from_utf8_lossy(&body).contains("secret"));
    }
}
