//! Landing page, conformance, API definition.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use maud::html;
use serde_json::json;

use super::document::{Ask, Document};
use super::link::link;
use super::negotiate::{Format, HTML, JSON, OPENAPI};
use super::params::{format_parameter, is_parameter};
use super::problem::Problem;
use super::{App, locate, openapi, tilesets};
use crate::catalog::Catalog;

/// The forms of most documents.
pub const FORMS: &[Format] = &[JSON, HTML];
const DEFINITION_FORMS: &[Format] = &[OPENAPI, HTML];

/// The conformance classes that hold whole.
const CLASSES: &[&str] = &[
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/landing-page",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/json",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/html",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/filter",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/features-filter",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-text",
    "http://www.opengis.net/spec/cql2/1.0/conf/cql2-json",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-cql2",
    "http://www.opengis.net/spec/cql2/1.0/conf/advanced-comparison-operators",
    "http://www.opengis.net/spec/cql2/1.0/conf/case-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/accent-insensitive-comparison",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/basic-spatial-functions-plus",
    "http://www.opengis.net/spec/cql2/1.0/conf/spatial-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/temporal-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/array-functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/property-property",
    "http://www.opengis.net/spec/cql2/1.0/conf/functions",
    "http://www.opengis.net/spec/cql2/1.0/conf/arithmetic",
    "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/schemas",
    "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/returnables-and-receivables",
    "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/queryables",
    "http://www.opengis.net/spec/ogcapi-common-3/1.0/conf/sortables",
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables",
    QUERYABLES_AS_PARAMETERS,
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/dataset-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/collections-selection",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/datetime",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/tms/2.0/conf/tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/tilesetmetadata",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilesetmetadata",
    "http://www.opengis.net/spec/tms/2.0/conf/tilematrixsetlimits",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixsetlimits",
    // Drafts: OGC 24-019, 24-020 and 24-030. The classes of 24-031 (text search) bear names of 24-030 as yet.
    "http://www.opengis.net/spec/ogcapi-features-6/1.0/conf/properties",
    "http://www.opengis.net/spec/ogcapi-features-6/1.0/conf/properties-features",
    "http://www.opengis.net/spec/ogcapi-features-7/1.0/conf/zoom-level",
    "http://www.opengis.net/spec/ogcapi-features-7/1.0/conf/zoom-level-features",
    "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/sortables",
    "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/sorting",
    "http://www.opengis.net/spec/ogcapi-features-8/1.0/conf/features-sorting",
];

const QUERYABLES_AS_PARAMETERS: &str =
    "http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/queryables-query-parameters";

/// The classes that hold for this catalogue: a field that has the name of a parameter is no parameter.
fn held(catalog: &Catalog) -> Vec<&'static str> {
    let fields = || catalog.layers().flat_map(|indexed| indexed.layer().schema.fields());
    let whole = fields().all(|(_, field)| is_parameter(field) || !field.kind.is_simple());
    CLASSES.iter().copied().filter(|&class| whole || class != QUERYABLES_AS_PARAMETERS).collect()
}

pub async fn landing(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let ask = Ask::read(&app, app.catalog.snapshot(), &uri, &headers, &[format_parameter(FORMS)], FORMS)?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let (lang, about) = (ask.lang, &ask.catalog.about);
    let mut links = ask.own_links();
    let definition = lang.pick("接口定义", "API definition");
    let conformance = lang.pick("遵循的标准", "conformance classes");
    let collections = lang.pick("要素集", "collections");
    let functions = lang.pick("过滤函数", "functions of filters");
    let search = lang.pick("搜索", "search");
    let tiles = lang.pick("矢量瓦片", "vector tiles");
    let matrix_sets = lang.pick("瓦片矩阵集", "tile matrix sets");
    links.extend([
        link(ask.url("/api?f=json"), "service-desc", OPENAPI, definition),
        link(ask.url("/api?f=html"), "service-doc", HTML, definition),
        link(ask.url("/conformance"), "conformance", JSON, conformance),
        link(
            ask.url("/conformance"),
            "http://www.opengis.net/def/rel/ogc/1.0/conformance",
            JSON,
            conformance,
        ),
        link(ask.url("/collections"), "data", JSON, collections),
        link(ask.url("/functions"), "http://www.opengis.net/def/rel/ogc/1.0/functions", JSON, functions),
        link(ask.url("/collections"), "http://www.opengis.net/def/rel/ogc/1.0/data", JSON, collections),
        link(ask.url("/search"), "search", JSON, search),
        link(ask.url("/tiles"), tilesets::LIST_REL, JSON, tiles),
        link(ask.url("/tileMatrixSets"), tilesets::SETS_REL, JSON, matrix_sets),
    ]);
    let at = locate::at_link(&ask);
    links.extend(at.clone());
    let (title, description) = (about.title.say(lang), about.description.say(lang));
    let mut json = json!({ "title": title, "description": description });
    if !about.attribution.say(lang).is_empty() {
        json["attribution"] = about.attribution.say(lang).into();
    }
    let html = html! {
        p { (description) }
        ul {
            li { a href=(ask.url("/collections?f=html")) { (collections) } " (" (ask.catalog.layers().len()) ")" }
            li { a href=(ask.url("/search?f=html")) { (search) } }
            li { a href=(ask.url("/tiles?f=html")) { (tiles) } }
            li { a href=(ask.url("/tileMatrixSets?f=html")) { (matrix_sets) } }
            @if let Some(at) = &at { li { a href=(format!("{}&f=html", at.href)) { (at.title) } } }
            li { a href=(ask.url("/api?f=html")) { (definition) } }
            li { a href=(ask.url("/functions?f=html")) { (functions) } }
            li { a href=(ask.url("/conformance?f=html")) { (conformance) } }
        }
        @if let Some(day) = about.data_date { p { (lang.pick("数据日期：", "Data date: ")) (day) } }
        @if !about.licence.is_empty() { p { (lang.pick("许可：", "Licence: ")) (about.licence) } }
    };
    Ok(ask.document(Document { title: title.to_owned(), crumbs: ask.crumbs(&[]), links, json, html }))
}

pub async fn conformance(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let ask = Ask::read(&app, app.catalog.snapshot(), &uri, &headers, &[format_parameter(FORMS)], FORMS)?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let title = ask.lang.pick("遵循的标准", "Conformance").to_owned();
    let crumbs = ask.crumbs(&[(&title, "/conformance".to_owned())]);
    let classes = held(&ask.catalog);
    let html = html! { ul { @for class in &classes { li { code { (class) } } } } };
    let json = json!({ "conformsTo": classes });
    Ok(ask.document(Document { title, crumbs, links: ask.own_links(), json, html }))
}

pub async fn definition(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let table = [format_parameter(DEFINITION_FORMS)];
    let ask = Ask::read(&app, app.catalog.snapshot(), &uri, &headers, &table, DEFINITION_FORMS)?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let definition = openapi::definition(&ask, app.config.limits);
    if ask.format == OPENAPI {
        return Ok(ask.finish(ask.body(definition.to_string().into())));
    }
    let title = ask.lang.pick("接口定义", "API definition");
    let crumbs = ask.crumbs(&[(title, "/api".to_owned())]);
    let page = ask.page(title, &crumbs, &ask.own_links(), &openapi::page(&definition, ask.lang));
    Ok(ask.finish(page))
}
