//! Collections and one collection.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use axum::routing::{MethodRouter, get};
use maud::{Markup, html};
use serde_json::{Value, json};

use super::document::{Ask, Document, body_of, links_json};
use super::landing::FORMS;
use super::link::{link, segment};
use super::negotiate::{Format, HTML, JSON};
use super::params::{Parameter, Params, format_parameter, systems};
use super::path::Path;
use super::problem::Problem;
use super::{App, aggregates, defects, locate, schemas, shortlist, tilesets};
use crate::catalog::Catalog;
use crate::config::Limits;
use crate::geometry::Crs;
use crate::index::IndexedLayer;
use crate::model::{Lang, Layer, LayerId, ValueKind};
use crate::query::cql2::MOST_BYTES;
use crate::render::html::{self as pages, Link};

/// The layer that a path names.
///
/// # Errors
/// There is none.
pub fn find(catalog: &Catalog, id: &str) -> Result<Arc<IndexedLayer>, Problem> {
    catalog.layer(id).cloned().ok_or_else(|| Problem::not_found("collection", id))
}

/// The layer of a name, else the one that is drawn as parcels.
///
/// # Errors
/// There is none.
pub fn named_or_parcels(catalog: &Catalog, id: Option<&str>) -> Result<Arc<IndexedLayer>, Problem> {
    let Some(id) = id else {
        let drawn = catalog.layers().find(|indexed| indexed.layer().about.role() == "parcel");
        let missing = "no collection is drawn as parcels; name the collection";
        return drawn.cloned().ok_or_else(|| Problem::missing(missing.to_owned()));
    };
    find(catalog, id)
}

/// How the parameters of a resource of a collection are told.
type Table = fn(&Layer, Limits, &[Format]) -> Vec<Parameter>;

/// A collection, and the places in memory of what tells its parameters and of its forms, which are the same as long as the
/// program runs.
type TableKey = (LayerId, [usize; 2]);

/// The tables of parameters of a catalogue. Made when first needed: that takes longer than most requests.
#[derive(Debug, Default)]
pub struct Tables(Mutex<HashMap<TableKey, Arc<[Parameter]>>>);

impl Tables {
    fn of(&self, layer: &Layer, table: Table, limits: Limits, forms: &[Format]) -> Arc<[Parameter]> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (layer.id.clone(), [table as usize, forms.as_ptr() as usize]);
        Arc::clone(known.entry(key).or_insert_with(|| table(layer, limits, forms).into()))
    }
}

/// A request for a resource of a collection, its parameters in the address.
///
/// # Errors
/// No such collection, an unknown or repeated parameter, or no representation that is accepted.
pub fn asked(
    app: &App,
    id: &str,
    uri: &Uri,
    headers: &HeaderMap,
    table: Table,
    forms: &'static [Format],
) -> Result<(Ask, Arc<IndexedLayer>), Problem> {
    let catalog = app.catalog.snapshot();
    let indexed = find(&catalog, id)?;
    let tables = app.tables.of(catalog.revision, |_| Tables::default());
    let table = tables.of(indexed.layer(), table, app.config.limits, forms);
    Ok((Ask::read(app, catalog, uri, headers, &table, forms)?, indexed))
}

/// The longest body, bytes: the longest filter, as JSON within JSON, and room for the rest.
const MOST_BODY_BYTES: usize = 2 * MOST_BYTES;

/// A request for a resource of a collection, its parameters in a body of JSON.
///
/// # Errors
/// As by address, parameters there, another media type, or a body too long.
pub async fn posted(
    app: &App,
    id: &str,
    uri: &Uri,
    headers: &HeaderMap,
    body: Body,
    table: Table,
    forms: &'static [Format],
) -> Result<(Ask, Arc<IndexedLayer>), Problem> {
    let catalog = app.catalog.snapshot();
    let indexed = find(&catalog, id)?;
    let body = body_of(uri, headers, body, &["application/json"], MOST_BODY_BYTES).await?;
    let table = table(indexed.layer(), app.config.limits, forms);
    let params = Params::of_json(&body, &table)?;
    Ok((Ask::posted(app, catalog, uri, headers, params, forms)?, indexed))
}

/// The routes of a resource of a collection whose parameters come in the address or in a body.
pub fn both_ways<A, F>(
    table: Table,
    forms: &'static [Format],
    posted_forms: &'static [Format],
    answer: A,
) -> MethodRouter<Arc<App>>
where
    A: Fn(Arc<App>, Ask, Arc<IndexedLayer>) -> F + Clone + Send + Sync + 'static,
    F: Future<Output = Result<Response, Problem>> + Send + 'static,
{
    type Where = (State<Arc<App>>, Path<String>);
    let answer_posted = answer.clone();
    get(async move |(State(app), Path(id)): Where, uri: Uri, headers: HeaderMap| {
        let (ask, indexed) = asked(&app, &id, &uri, &headers, table, forms)?;
        answer(app, ask, indexed).await
    })
    .post(async move |(State(app), Path(id)): Where, uri: Uri, headers: HeaderMap, body: Body| {
        let (ask, indexed) = posted(&app, &id, &uri, &headers, body, table, posted_forms).await?;
        answer_posted(app, ask, indexed).await
    })
}

/// Where a page of a collection stands: the collections, the collection, what is below.
pub fn crumbs(ask: &Ask, layer: &Layer, below: &[(&str, String)]) -> Vec<(String, String)> {
    let above = [
        (ask.lang.pick("要素集", "Collections"), "/collections".to_owned()),
        (layer.about.title.say(ask.lang), path_of(layer)),
    ];
    ask.crumbs(&[&above, below].concat())
}

/// The path of a collection below the root of the API.
pub fn path_of(layer: &Layer) -> String {
    format!("/collections/{}", segment(layer.id.as_str()))
}

pub async fn list(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let ask = Ask::read(&app, app.catalog.snapshot(), &uri, &headers, &[format_parameter(FORMS)], FORMS)?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let lang = ask.lang;
    let title = lang.pick("要素集", "Collections").to_owned();
    let layers = || ask.catalog.layers().map(|layer| layer.layer());
    let collections: Vec<Value> = layers().map(|layer| collection(&ask, layer)).collect();
    let html = html! {
        div.scroll { table {
            thead { tr {
                th scope="col" { (lang.pick("名称", "title")) }
                th scope="col" { "id" }
                th scope="col" { (lang.pick("要素数", "features")) }
                th scope="col" { (lang.pick("说明", "description")) }
            } }
            tbody { @for layer in layers() { tr {
                td { a href=(ask.url(&format!("{}?f=html", path_of(layer)))) { (layer.about.title.say(lang)) } }
                td { code { (layer.id) } }
                td { (layer.len()) }
                td { @if let Some(description) = &layer.about.description { (description.say(lang)) } }
            } } }
        } }
    };
    let json = json!({ "collections": collections, "numberMatched": collections.len(), "numberReturned": collections.len() });
    let crumbs = ask.crumbs(&[(&title, "/collections".to_owned())]);
    Ok(ask.document(Document { title, crumbs, links: ask.own_links(), json, html }))
}

pub async fn one(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let catalog = app.catalog.snapshot();
    let indexed = find(&catalog, &id)?;
    let layer = indexed.layer();
    let ask = Ask::read(&app, catalog, &uri, &headers, &[format_parameter(FORMS)], FORMS)?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let title = layer.about.title.say(ask.lang).to_owned();
    let crumbs = crumbs(&ask, layer, &[]);
    let links = collection_links(&ask, layer);
    Ok(ask.document(Document {
        title,
        crumbs,
        links,
        json: collection(&ask, layer),
        html: description(&ask, layer),
    }))
}

/// A collection as it stands in `/collections` and for itself (OGC 17-069r4, 7.13 and 7.14).
fn collection(ask: &Ask, layer: &Layer) -> Value {
    let lang = ask.lang;
    let about = &layer.about;
    let systems: Vec<_> = systems(layer).iter().map(ToString::to_string).collect();
    let mut json = json!({ "id": layer.id.as_str(), "title": about.title.say(lang), "itemType": "feature", "crs": systems, "storageCrs": Crs::Crs84.to_string() });
    let attribution = ask.catalog.attribution(layer).say(lang);
    let description = about.description.as_ref().map(|description| description.say(lang));
    for (name, text) in [("description", description), ("attribution", Some(attribution))] {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            json[name] = text.into();
        }
    }
    if about.synthetic {
        json["synthetic"] = true.into();
    }
    if let Some(extent) = extent(layer) {
        json["extent"] = extent;
    }
    json["links"] = links_json(&collection_links(ask, layer));
    json
}

/// The reach of a layer; absent when it is empty, never filled with made-up numbers.
fn extent(layer: &Layer) -> Option<Value> {
    let extent = layer.extent?;
    let mut json = json!({});
    if let Some(bounds) = extent.bounds {
        json["spatial"] = json!({ "bbox": [bounds.bbox()], "crs": Crs::Crs84.to_string() });
    }
    if let Some((first, last)) = extent.interval.filter(|ends| *ends != (None, None)) {
        let text = |moment: Option<crate::model::Timestamp>| moment.map(|moment| moment.to_string());
        json["temporal"] = json!({
            "interval": [[text(first), text(last)]],
            "trs": "http://www.opengis.net/def/uom/ISO-8601/0/Gregorian",
        });
    }
    Some(json)
}

fn collection_links(ask: &Ask, layer: &Layer) -> Vec<Link> {
    let (lang, path) = (ask.lang, path_of(layer));
    let (own, items) = (lang.pick("本要素集", "this collection"), lang.pick("要素", "items"));
    let forms = if ask.format == HTML {
        [("alternate", JSON), ("self", HTML)]
    } else {
        [("self", JSON), ("alternate", HTML)]
    };
    let mut links: Vec<_> = forms
        .into_iter()
        .map(|(rel, form)| link(ask.url(&format!("{path}?f={}", form.name)), rel, form, own))
        .collect();
    links.extend(super::forms::FORMS.iter().map(|&form| {
        let title = format!("{items} ({})", form.title);
        // GDAL up to 3.6 writes the id of a feature behind the whole address, so that of the usual form has no query.
        let is_usual = form == super::forms::FORMS[0] && ask.format != HTML;
        let query = if is_usual { String::new() } else { format!("?f={}", form.name) };
        link(ask.url(&format!("{path}/items{query}")), "items", form, title)
    }));
    links.extend(schemas::RESOURCES.map(|resource| resource.link(ask, layer)));
    links.push(aggregates::link_to(ask, layer));
    links.push(shortlist::link_to(ask, layer));
    links.extend(defects::link_to(ask, layer));
    links.extend(locate::nearest_link(ask, layer));
    let tiles = lang.pick("矢量瓦片", "vector tiles");
    links.push(link(ask.url(&format!("{path}/tiles")), tilesets::LIST_REL, JSON, tiles));
    links
}

fn description(ask: &Ask, layer: &Layer) -> Markup {
    let lang = ask.lang;
    let mut facts = vec![
        ("id".to_owned(), html! { code { (layer.id) } }),
        (
            lang.pick("要素数", "features").to_owned(),
            html! { a href=(ask.url(&format!("{}/items?f=html", path_of(layer)))) { (layer.len()) } },
        ),
    ];
    if let Some(bounds) = layer.extent.and_then(|extent| extent.bounds) {
        let corners = bounds.bbox().map(|edge| edge.to_string()).join(", ");
        facts.push((
            lang.pick("范围（西、南、东、北，度）", "extent (west, south, east, north; degrees)").to_owned(),
            html! { (corners) },
        ));
    }
    html! {
        @if layer.about.synthetic { (pages::synthetic_notice(lang)) }
        @if let Some(description) = &layer.about.description { p { (description.say(lang)) } }
        (pages::facts(&facts))
        h2 { (lang.pick("字段", "Fields")) }
        div.scroll { table {
            thead { tr {
                th scope="col" { (lang.pick("名称", "name")) }
                th scope="col" { (lang.pick("标题", "title")) }
                th scope="col" { (lang.pick("类型", "type")) }
                th scope="col" { (lang.pick("单位", "unit")) }
            } }
            tbody { @for (_, field) in layer.schema.fields() { tr {
                td { code { (field.name) } }
                td { @if let Some(title) = &field.title { (title.say(lang)) } }
                td { (kind_name(field.kind, lang)) }
                td { @if let Some(unit) = &field.unit { (unit) } }
            } } }
        } }
    }
}

fn kind_name(kind: ValueKind, lang: Lang) -> &'static str {
    if lang == Lang::En {
        return kind.name();
    }
    match kind {
        ValueKind::Bool => "是或否",
        ValueKind::Integer => "整数",
        ValueKind::Real => "实数",
        ValueKind::Text => "文字",
        ValueKind::Date => "日期",
        ValueKind::Timestamp => "时刻",
        ValueKind::Array => "列表",
        ValueKind::Object => "对象",
    }
}
