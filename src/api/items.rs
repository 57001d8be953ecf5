//! Items and one item.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use maud::html;

use super::collections::{self, path_of};
use super::document::Ask;
use super::forms::{self, FORMS};
use super::link::{link, segment};
use super::negotiate::{CSV, FLATGEOBUF, Format, GEOJSON, GEOPARQUET, HTML, JSONFG, KML, NDJSON, XLSX};
use super::params::{self, format_parameter, view_parameters};
use super::problem::Problem;
use super::{App, blocking, schemas};
use crate::index::IndexedLayer;
use crate::query::{self, Page, Selection};
use crate::render::View;
use crate::render::html::{self as pages, Link};
use crate::render::schema::Purpose;

/// The page of one feature.
const ONLY: Page = Page { offset: 0, limit: 1 };

pub async fn list(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (ask, indexed) = collections::asked(&app, &id, &uri, &headers, params::items_parameters, FORMS)?;
    answer(&app, ask, indexed).await
}

/// The forms of what a search finds: all but pages, whose links are for GET.
pub const FOUND_FORMS: &[Format] = &[GEOJSON, JSONFG, NDJSON, CSV, XLSX, KML, FLATGEOBUF, GEOPARQUET];

/// Items for parameters in a body, for filters too long for an address.
pub async fn search(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let table = params::items_parameters;
    let (ask, indexed) = collections::posted(&app, &id, &uri, &headers, body, table, FOUND_FORMS).await?;
    answer(&app, ask, indexed).await
}

async fn answer(app: &App, ask: Ask, indexed: Arc<IndexedLayer>) -> Result<Response, Problem> {
    let limits = app.config.limits;
    let query = params::items(&ask.params, indexed.layer(), limits)?;
    let view = params::view(&ask.params, indexed.layer(), ask.lang)?;
    forms::check(&ask, &view, query.page)?;
    let plan = query::plan(&query, &indexed)?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let picked = blocking(limits.patience, {
        let indexed = Arc::clone(&indexed);
        move |budget| query::execute(&plan, &indexed, budget)
    })
    .await??;
    let links = page_links(&ask, &indexed, query.page, &picked);
    let (crs, counts) = (view.crs, (picked.matched, picked.items.len() as u64));
    let response = if ask.format == HTML {
        page(&ask, &indexed, query.page, &picked, &view, &links)
    } else {
        forms::answer(app, &ask, Arc::clone(&indexed), picked, query.page, view, &links).await?
    };
    Ok(ask.finish(forms::with_headers(response, &ask, indexed.layer(), crs, counts, &links)))
}

pub async fn one(
    State(app): State<Arc<App>>,
    Path((id, feature)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let catalog = app.catalog.snapshot();
    let indexed = collections::find(&catalog, &id)?;
    let ix = indexed.find(&feature).ok_or_else(|| Problem::not_found("item", &feature))?;
    let mut table = view_parameters(indexed.layer());
    table.push(format_parameter(FORMS));
    let ask = Ask::read(&app, catalog, &uri, &headers, &table, FORMS)?;
    let view = params::view(&ask.params, indexed.layer(), ask.lang)?;
    forms::check(&ask, &view, ONLY)?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let layer = indexed.layer();
    let path = path_of(layer);
    let mut links = ask.own_links();
    links.push(link(ask.url(&path), "collection", super::negotiate::JSON, layer.about.title.say(ask.lang)));
    let crs = view.crs;
    let response = if let Some(document) = forms::document(&ask, layer, ix, view.clone(), &links) {
        document
    } else if ask.format == HTML {
        let name = layer.schema.find(ask.lang.pick("name_zh", "name_en"));
        let name = name.map(|(field, _)| layer.feature(ix).value(field));
        let title = match name {
            Some(crate::model::Value::Text(name)) => name.to_owned(),
            _ => feature.clone(),
        };
        let crumbs = crumbs(&ask, &indexed, Some((&title, format!("{path}/items/{}", segment(&feature)))));
        let on_map = ask.base.url(&format!("/?v=1&sel={}:{}", segment(layer.id.as_str()), segment(&feature)));
        let content = html! {
            @if layer.about.synthetic { (pages::synthetic_notice(ask.lang)) }
            @if layer.feature(ix).geometry().is_some() {
                p { a href=(on_map) { (ask.lang.pick("在地图上显示", "Show on the map")) } }
            }
            (pages::item(layer, ix, &view, ask.lang))
        };
        ask.page(&title, &crumbs, &links, &content)
    } else {
        let picked = Selection { matched: 1, items: vec![ix] };
        forms::answer(&app, &ask, Arc::clone(&indexed), picked, ONLY, view, &links).await?
    };
    Ok(ask.finish(forms::with_headers(response, &ask, layer, crs, (1, 1), &links)))
}

/// Links of a page: itself, its other forms, the collection, the pages before and after.
fn page_links(ask: &Ask, indexed: &IndexedLayer, page: Page, picked: &Selection) -> Vec<Link> {
    let layer = indexed.layer();
    let mut links = ask.own_links();
    links.push(link(
        ask.url(&path_of(layer)),
        "collection",
        super::negotiate::JSON,
        layer.about.title.say(ask.lang),
    ));
    links.extend(ask.turns(page, picked.items.len(), picked.matched));
    // What may be asked of these items (OGC 19-079r2, 6.2; Part 8, draft 24-030, 6.2).
    let asked = schemas::RESOURCES.into_iter().filter(|resource| resource.purpose != Purpose::Schema);
    links.extend(asked.map(|resource| resource.link(ask, layer)));
    links
}

fn crumbs(ask: &Ask, indexed: &IndexedLayer, item: Option<(&str, String)>) -> Vec<(String, String)> {
    let layer = indexed.layer();
    let mut below = vec![
        (ask.lang.pick("要素集", "Collections"), "/collections".to_owned()),
        (layer.about.title.say(ask.lang), path_of(layer)),
        (ask.lang.pick("要素", "Items"), format!("{}/items", path_of(layer))),
    ];
    below.extend(item);
    ask.crumbs(&below)
}

fn page(
    ask: &Ask,
    indexed: &IndexedLayer,
    page: Page,
    picked: &Selection,
    view: &View,
    links: &[Link],
) -> Response {
    let (lang, layer) = (ask.lang, indexed.layer());
    let path = path_of(layer);
    let href = |id: crate::model::FeatureId<'_>| {
        ask.url(&format!("{path}/items/{}?f=html", segment(&id.to_string())))
    };
    let first = page.offset + u64::from(!picked.items.is_empty());
    let last = page.offset + picked.items.len() as u64;
    let content = html! {
        @if layer.about.synthetic { (pages::synthetic_notice(lang)) }
        p {
            @if picked.items.is_empty() {
                (lang.pick("没有要素。", "No features.")) " "
            } @else {
                (lang.pick("第 ", "Features ")) (first) "–" (last) (lang.pick(" 个，", ", "))
            }
            (lang.pick("共 ", "")) (picked.matched) (lang.pick(" 个", " in all"))
        }
        nav.pages aria-label=(lang.pick("翻页", "Pages")) {
            @for link in links.iter().filter(|link| matches!(link.rel, "next" | "prev")) {
                a href=(link.href) rel=(link.rel) { (link.title) }
            }
        }
        p {
            (lang.pick("下载本页：", "Download this page:"))
            @for link in links.iter().filter(|link| link.rel == "alternate") {
                " " a href=(link.href) rel="alternate" type=(link.media_type) { (form_title(link.media_type)) }
            }
        }
        (pages::items(layer, &picked.items, view, lang, href))
    };
    ask.page(layer.about.title.say(lang), &crumbs(ask, indexed, None), links, &content)
}

/// What people call a form.
fn form_title(media_type: &str) -> &'static str {
    FORMS.iter().find(|form| form.media_type == media_type).map_or("", |form| form.title)
}
