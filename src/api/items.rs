//! Items and one item.

use std::convert::Infallible;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, Uri};
use axum::response::Response;
use bytes::Bytes;
use maud::html;

use super::collections::{self, path_of};
use super::document::{Ask, links_json};
use super::link::{link, segment};
use super::negotiate::{Format, GEOJSON, HTML, SCHEMA};
use super::params::{self, format_parameter};
use super::problem::Problem;
use super::{App, blocking, now, schemas};
use crate::geometry::Crs;
use crate::index::IndexedLayer;
use crate::model::FeatureIx;
use crate::query::{self, Page, Selection};
use crate::render::geojson::FeatureWriter;
use crate::render::html::{self as pages, Link};
use crate::render::schema::Purpose;

/// The forms of features.
pub const FORMS: &[Format] = &[GEOJSON, HTML];

/// Bytes of features that are gathered before they are sent.
const CHUNK: usize = 1 << 17;

pub async fn list(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let catalog = app.catalog.snapshot();
    let indexed = collections::find(&catalog, &id)?;
    let limits = app.config.limits;
    let table = params::items_parameters(indexed.layer(), limits, FORMS);
    let ask = Ask::read(&app, catalog, &uri, &headers, &table, FORMS)?;
    let query = params::items(&ask.params, indexed.layer(), limits)?;
    let crs = params::crs(&ask.params, "crs", indexed.layer())?;
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
    let mut response = if ask.format == HTML {
        page(&ask, &indexed, query.page, &picked, &links)
    } else {
        stream(&ask, indexed, picked, crs, &links)
    };
    let headed = |link: &&Link| matches!(link.rel, "next" | "prev") || link.media_type == SCHEMA.media_type;
    schemas::add_link_headers(&mut response, links.iter().filter(headed));
    Ok(ask.finish(with_crs(response, if ask.format == HTML { Crs::Crs84 } else { crs })))
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
    let table = [params::crs_parameter(indexed.layer()), format_parameter(FORMS)];
    let ask = Ask::read(&app, catalog, &uri, &headers, &table, FORMS)?;
    let crs = params::crs(&ask.params, "crs", indexed.layer())?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let layer = indexed.layer();
    let path = path_of(layer);
    let mut links = ask.own_links();
    links.push(link(ask.url(&path), "collection", super::negotiate::JSON, layer.about.title.say(ask.lang)));
    let response = if ask.format == HTML {
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
            (pages::item(layer, ix, ask.lang))
        };
        ask.page(&title, &crumbs, &links, &content)
    } else {
        let mut out = Vec::with_capacity(1024);
        FeatureWriter::new(layer, crs).open_feature(&mut out, layer, ix);
        out.extend_from_slice(br#","links":"#);
        out.extend_from_slice(links_json(&links).to_string().as_bytes());
        out.push(b'}');
        ask.body(Body::from(out))
    };
    Ok(ask.finish(with_crs(response, if ask.format == HTML { Crs::Crs84 } else { crs })))
}

/// Every answer with coordinates names their reference system (OGC 18-058r1, 6.2.3). Pages show degrees.
fn with_crs(mut response: Response, crs: Crs) -> Response {
    if let Ok(name) = HeaderValue::try_from(format!("<{crs}>")) {
        response.headers_mut().insert("content-crs", name);
    }
    response
}

/// Links of a page: itself, its other forms, the collection, the pages before and after.
fn page_links(ask: &Ask, indexed: &IndexedLayer, page: Page, picked: &Selection) -> Vec<Link> {
    let layer = indexed.layer();
    let turn = |rel, offset: u64, title| {
        let offset = offset.to_string();
        let query = ask.params.with(&[("offset", if offset == "0" { "" } else { &offset })]);
        link(ask.base.url(&format!("{}{query}", ask.path)), rel, ask.format, title)
    };
    let mut links = ask.own_links();
    links.push(link(
        ask.url(&path_of(layer)),
        "collection",
        super::negotiate::JSON,
        layer.about.title.say(ask.lang),
    ));
    let seen = page.offset.saturating_add(picked.items.len() as u64);
    if seen < picked.matched && !picked.items.is_empty() {
        links.push(turn("next", seen, ask.lang.pick("下一页", "next page")));
    }
    if page.offset > 0 {
        // A page that lies behind the end leads back to the last full one.
        let first = page.offset.min(picked.matched.max(1)).saturating_sub(u64::from(page.limit));
        links.push(turn("prev", first, ask.lang.pick("上一页", "previous page")));
    }
    // What may be asked of these items (OGC 19-079r2, 6.2; Part 8, draft 24-030, 6.2).
    let asked = schemas::RESOURCES.into_iter().filter(|resource| resource.purpose != Purpose::Schema);
    links.extend(asked.map(|resource| resource.link(ask, layer)));
    links
}

/// The feature collection, sent as it is written.
fn stream(ask: &Ask, indexed: Arc<IndexedLayer>, picked: Selection, crs: Crs, links: &[Link]) -> Response {
    let mut head = Vec::with_capacity(CHUNK + CHUNK / 8);
    head.extend_from_slice(br#"{"type":"FeatureCollection","#);
    if indexed.layer().about.synthetic {
        head.extend_from_slice(br#""synthetic":true,"#);
    }
    let counts = format!(
        r#""numberMatched":{},"numberReturned":{},"timeStamp":"{}","links":{},"features":["#,
        picked.matched,
        picked.items.len(),
        now(),
        links_json(links)
    );
    head.extend_from_slice(counts.as_bytes());
    let mut chunks = Chunks {
        writer: FeatureWriter::new(indexed.layer(), crs),
        indexed,
        items: picked.items,
        at: 0,
        done: false,
        head,
    };
    let Some(first) = chunks.next() else { return ask.body(Body::empty()) };
    if chunks.done {
        return ask.body(Body::from(first));
    }
    let rest = std::iter::once(first).chain(chunks).map(Ok::<_, Infallible>);
    ask.body(Body::from_stream(futures_util::stream::iter(rest)))
}

/// Writes features chunk by chunk, each when the client is ready for it.
struct Chunks {
    indexed: Arc<IndexedLayer>,
    writer: FeatureWriter,
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
            out.reserve(CHUNK + CHUNK / 8);
        }
        while let Some(&ix) = self.items.get(self.at) {
            if self.at > 0 {
                out.push(b',');
            }
            self.writer.feature(&mut out, self.indexed.layer(), ix);
            self.at += 1;
            if out.len() >= CHUNK {
                return Some(out.into());
            }
        }
        out.extend_from_slice(b"]}");
        self.done = true;
        Some(out.into())
    }
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

fn page(ask: &Ask, indexed: &IndexedLayer, page: Page, picked: &Selection, links: &[Link]) -> Response {
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
        (pages::items(layer, &picked.items, lang, href))
    };
    ask.page(layer.about.title.say(lang), &crumbs(ask, indexed, None), links, &content)
}
