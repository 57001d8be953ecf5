//! Items and one item.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use maud::html;

use super::collections::{self, path_of};
use super::document::Ask;
use super::forms::{self, FORMS};
use super::link::{link, segment};
use super::negotiate::{CSV, FLATGEOBUF, Format, GEOJSON, GEOPARQUET, HTML, JSONFG, KML, NDJSON, XLSX};
use super::page_cache::PageKey;
use super::params::{self, Params, format_parameter, view_parameters};
use super::path::Path;
use super::problem::Problem;
use super::{App, blocking, schemas};
use crate::catalog::Catalog;
use crate::config::Limits;
use crate::index::IndexedLayer;
use crate::model::{Lang, Layer};
use crate::query::{self, Budget, DISTANCE, DistanceTo, Page, Plan, Query, QueryError, Selection, SortKey};
use crate::render::html::{self as pages, Link};
use crate::render::schema::Purpose;
use crate::render::{Cover, View};

/// The page of one feature.
const ONLY: Page = Page { offset: 0, limit: 1 };

pub async fn list(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (ask, indexed) = collections::asked(&app, &id, &uri, &headers, params::items_parameters, FORMS)?;
    let address = uri.path_and_query().map_or("", |both| both.as_str());
    let Some(key) = PageKey::of(&ask, address) else { return answer(&app, ask, indexed).await };
    if let Some(page) = app.pages.get(&key).await {
        // What was answered once is a good request.
        return Ok(ask.not_modified().unwrap_or(page));
    }
    app.pages.keep(key, answer(&app, ask, indexed).await?).await
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
    /// Bytes of parameters that are soon read.
    const SHORT: usize = 1 << 12;
    let (limits, ask) = (app.config.limits, Arc::new(ask));
    let read = {
        let (ask, indexed) = (Arc::clone(&ask), Arc::clone(&indexed));
        move |_: &Budget| Question::read(&ask.params, indexed.layer(), &ask.catalog, limits, ask.lang)
    };
    let is_short = ask.params.bytes() <= SHORT;
    let question = if is_short { read(&Budget::default()) } else { blocking(limits.patience, read).await? }?;
    let (page, view) = (question.query.page, question.view.clone());
    forms::check(&ask, &view, page)?;
    let is_soon = question.query.is_soon_planned();
    let plan = is_soon.then(|| question.plan(&indexed, &Budget::default())).transpose()?;
    let held = ask.not_modified();
    let found = match (held.is_some(), plan) {
        (true, Some(_)) => None,
        (false, Some(plan)) if question.is_quick(&plan, indexed.layer()) => {
            Some(question.select(&plan, &indexed, &Budget::default())?)
        }
        (is_held, plan) => {
            // What the layer does not understand is refused whatever the client holds.
            blocking(limits.patience, move |budget| {
                let plan = plan.map_or_else(|| question.plan(&indexed, budget), Ok)?;
                (!is_held).then(|| question.select(&plan, &indexed, budget)).transpose()
            })
            .await??
        }
    };
    let Some((layer, picked)) = found else { return Ok(held.unwrap_or_default()) };
    let links = page_links(&ask, &layer, page, &picked);
    let (crs, counts) = (view.crs, (picked.matched, picked.items.len() as u64));
    let (ask, response, links) = if ask.format == HTML {
        let (count, layer) = (picked.items.len(), Arc::clone(&layer));
        let work = move |_: &_| {
            let page = self::page(&ask, &layer, page, &picked, &view, &links);
            (ask, page, links)
        };
        forms::made_whole(app, count, work).await?
    } else {
        let response = forms::answer(app, &ask, Arc::clone(&layer), picked, page, view, &links).await?;
        (ask, response, links)
    };
    Ok(ask.finish(forms::with_headers(response, &ask, &layer, crs, counts, &links)))
}

/// What a request for items asks.
struct Question {
    query: Query,
    view: View,
    distance: Option<DistanceTo>,
}

impl Question {
    fn read(
        params: &Params,
        layer: &Layer,
        catalog: &Catalog,
        limits: Limits,
        lang: Lang,
    ) -> Result<Self, Problem> {
        let distance = params::distance_to(params, layer, catalog)?;
        let query = params::items(params, layer, catalog, limits)?;
        let view = match &distance {
            Some(distance) => params::view(params, &*fielded(distance, layer)?, lang)?,
            None => params::view(params, layer, lang)?,
        };
        Ok(Self { query, view, distance })
    }

    /// How the features are reached; where distances are asked for it only tells what the layer does not understand.
    fn plan(&self, indexed: &IndexedLayer, budget: &Budget) -> Result<Plan, QueryError> {
        if self.distance.is_none() {
            return query::plan(&self.query, indexed, budget);
        }
        let known = |key: &&SortKey| key.name != DISTANCE;
        let sort = self.query.sort.iter().filter(known).cloned().collect();
        query::plan(&Query { sort, ..self.query.clone() }, indexed, budget)
    }

    /// Is it answered so soon that no other thread need take it over?
    fn is_quick(&self, plan: &Plan, layer: &Layer) -> bool {
        /// Other connections wait as long for a page to be written.
        const QUICK: Duration = Duration::from_micros(300);
        self.distance.is_none() && plan.takes_about(layer).is_some_and(|time| time < QUICK)
    }

    /// The page that is asked for, and the layer that its features are shown of.
    fn select(
        &self,
        plan: &Plan,
        indexed: &IndexedLayer,
        budget: &Budget,
    ) -> Result<(Arc<Layer>, Selection), QueryError> {
        match &self.distance {
            Some(distance) => distance.select(&self.query, indexed, budget),
            None => Ok((indexed.shared_layer(), query::execute(plan, indexed, budget)?)),
        }
    }
}

/// The layer with the field of distances, still empty.
fn fielded(distance: &DistanceTo, layer: &Layer) -> Result<Box<Layer>, Problem> {
    distance
        .field_on(layer)
        .map(Box::new)
        .map_err(|fault| Problem::wrong_parameter("distance-to", fault.to_string()))
}

/// The same answer without a server, as a file: parameters as in an address, without their percent signs.
///
/// # Errors
/// What was wrong with them, in words.
pub fn export(
    catalog: &Catalog,
    collection: &str,
    parameters: &[(&str, String)],
    format: Format,
    lang: Lang,
) -> Result<Vec<u8>, String> {
    let words = |problem: Problem| problem.detail().to_owned();
    let indexed = collections::find(catalog, collection).map_err(words)?;
    let limits = Limits { default_items: u32::MAX, most_items: u32::MAX, ..Limits::default() };
    let table = params::items_parameters(indexed.layer(), limits, FORMS);
    let params = Params::of_pairs(parameters, &table).map_err(words)?;
    let question = Question::read(&params, indexed.layer(), catalog, limits, lang).map_err(words)?;
    let budget = Budget::default();
    let picked = question.plan(&indexed, &budget);
    let picked = picked.and_then(|plan| question.select(&plan, &indexed, &budget));
    let (layer, picked) = picked.map_err(|fault| fault.to_string())?;
    let cover = Cover {
        matched: picked.matched,
        offset: question.query.page.offset,
        returned: picked.items.len() as u64,
        codes: forms::codes_of(format, catalog, &layer, &question.view),
        ..forms::cover_of(&params, catalog, &layer, lang)
    };
    forms::file(format, &layer, &picked.items, &question.view, &cover).map_err(|fault| fault.to_string())
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
    let shared = match params::distance_to(&ask.params, indexed.layer(), &ask.catalog)? {
        None => indexed.shared_layer(),
        Some(distance) => distance.measured(indexed.layer(), &[ix], &Budget::default())?,
    };
    let layer = &*shared;
    let view = params::view(&ask.params, layer, ask.lang)?;
    forms::check(&ask, &view, ONLY)?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let path = path_of(layer);
    let mut links = ask.own_links();
    links.push(link(ask.url(&path), "collection", super::negotiate::JSON, layer.about.title.say(ask.lang)));
    links.extend(super::plan::links_of(&ask, layer, ix));
    let crs = view.crs;
    let response = if let Some(document) = forms::document(&ask, layer, ix, view.clone(), &links) {
        document
    } else if ask.format == HTML {
        let title = layer.feature(ix).name(ask.lang);
        let crumbs = crumbs(&ask, layer, Some((&title, format!("{path}/items/{}", segment(&feature)))));
        let on_map = ask.base.url(&format!("/?v=1&sel={}:{}", segment(layer.id.as_str()), segment(&feature)));
        let content = html! {
            @if layer.about.synthetic { (pages::synthetic_notice(ask.lang)) }
            @if layer.feature(ix).geometry().is_some() {
                p { a href=(on_map) { (ask.lang.pick("在地图上显示", "Show on the map")) } }
            }
            (pages::item(layer, ix, &view, ask.lang))
            @for clause in links.iter().filter(|link| link.rel == super::plan::REL) {
                p { (ask.lang.pick("规划章节：", "Section of the plan: ")) a href=(clause.href) { (clause.title) } }
            }
        };
        ask.page(&title, &crumbs, &links, &content)
    } else {
        let picked = Selection { matched: 1, items: vec![ix] };
        forms::answer(&app, &ask, Arc::clone(&shared), picked, ONLY, view, &links).await?
    };
    Ok(ask.finish(forms::with_headers(response, &ask, layer, crs, (1, 1), &links)))
}

/// Links of a page: itself, its other forms, the collection, the pages before and after.
fn page_links(ask: &Ask, layer: &Layer, page: Page, picked: &Selection) -> Vec<Link> {
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

fn crumbs(ask: &Ask, layer: &Layer, item: Option<(&str, String)>) -> Vec<(String, String)> {
    let items = (ask.lang.pick("要素", "Items"), format!("{}/items", path_of(layer)));
    let below: Vec<_> = std::iter::once(items).chain(item).collect();
    collections::crumbs(ask, layer, &below)
}

fn page(ask: &Ask, layer: &Layer, page: Page, picked: &Selection, view: &View, links: &[Link]) -> Response {
    let lang = ask.lang;
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
    ask.page(layer.about.title.say(lang), &crumbs(ask, layer, None), links, &content)
}

/// What people call a form.
fn form_title(media_type: &str) -> &'static str {
    FORMS.iter().find(|form| form.media_type == media_type).map_or("", |form| form.title)
}
