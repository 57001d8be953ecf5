//! Features by what people type: `GET /ogc/search`, and the same for the command line.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::{Value, json};

use super::collections::path_of;
use super::document::{Ask, Document};
use super::landing::FORMS;
use super::link::{Base, segment};
use super::negotiate::HTML;
use super::params::{self, Parameter, Params, format_parameter};
use super::problem::Problem;
use super::{App, blocking, plan, styles};
use crate::catalog::Catalog;
use crate::finder::{self, Finder, Hit};
use crate::geometry::Crs;
use crate::model::Lang;
use crate::render::found;

/// Answers where no number is asked for.
const USUAL: u32 = 10;

/// The most answers.
const MOST: u32 = 100;

/// The names of a catalogue, made ready.
pub fn finder_of(app: &App, catalog: &Catalog) -> Arc<Finder> {
    app.finders.of(catalog.revision, |earlier| Finder::build(catalog, earlier))
}

/// The parameters of a search.
pub fn parameters(catalog: &Catalog) -> Vec<Parameter> {
    let layers: Vec<_> = catalog.layers().map(|indexed| indexed.layer().id.as_str().to_owned()).collect();
    let kinds: Vec<_> = Finder::kinds(catalog).into_iter().map(|kind| kind.id).collect();
    let fixed = [
        Parameter::new(
            "q",
            "What is looked for: a name or a part of one, Chinese or English, pinyin with or without tones and spaces, \
             initials, words of several of these, another name, a code such as a parcel number, an id, or a section of the \
             plan, in simplified or traditional characters. Slips are forgiven, and what people say around a name, as in \
             \"where is the east park\", is left out. Nothing is found without it.",
            json!({ "type": "string", "minLength": 1 }),
        ),
        Parameter::new(
            "limit",
            "The most hits to return; a larger number is taken as the maximum.",
            json!({ "type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL }),
        ),
        Parameter::new(
            "bbox",
            "West, south, east, north in degrees (CRS84: longitude first). Features that touch the window come \
             earlier among those that fit alike; nothing is left out.",
            json!({ "type": "array", "minItems": 4, "maxItems": 6, "items": { "type": "number" } }),
        ),
        Parameter::new(
            "collections",
            "Only features of these collections, split by commas.",
            json!({ "type": "array", "minItems": 1, "items": { "type": "string", "enum": layers } }),
        ),
        Parameter::new(
            "kind",
            "Only features of these kinds, split by commas: types of units of the plan, else collections.",
            json!({ "type": "array", "minItems": 1, "items": { "type": "string", "enum": kinds } }),
        ),
    ];
    fixed.into_iter().chain([styles::language_parameter(), format_parameter(FORMS)]).collect()
}

/// What a request looks for; an empty text where there is no `q`.
fn asked(params: &Params, catalog: &Catalog) -> Result<finder::Ask, Problem> {
    let collections: BTreeSet<_> =
        catalog.layers().map(|indexed| indexed.layer().id.as_str().to_owned()).collect();
    let kinds = Finder::kinds(catalog).into_iter().map(|kind| kind.id.to_string()).collect();
    Ok(finder::Ask {
        text: params.get("q").unwrap_or("").trim().to_owned(),
        limit: params::page(params, USUAL, MOST)?.limit as usize,
        window: params
            .get("bbox")
            .map(|text| params::bbox(text, Crs::Crs84))
            .transpose()?
            .map(|window| window.bounds),
        collections: names(params, "collections", &collections)?,
        kinds: names(params, "kind", &kinds)?,
    })
}

/// Names split by commas, each one of those that are known.
fn names(params: &Params, name: &str, known: &BTreeSet<String>) -> Result<Vec<String>, Problem> {
    let Some(text) = params.get(name) else { return Ok(Vec::new()) };
    let list: Vec<String> = text.split(',').map(|one| one.trim().to_owned()).collect();
    if list.iter().all(|one| known.contains(one)) {
        return Ok(list);
    }
    let all: Vec<_> = known.iter().map(String::as_str).collect();
    Err(Problem::parameter(name, text, &format!("some of {}, split by commas", all.join(", "))))
}

/// Features by what people type: `GET /ogc/search`.
pub async fn search(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let catalog = app.catalog.snapshot();
    let table = parameters(&catalog);
    let ask = Ask::read(&app, catalog, &uri, &headers, &table, FORMS)?.spoken()?;
    let asked = asked(&ask.params, &ask.catalog)?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let (asked, hits) = blocking(app.config.limits.patience, {
        let (app, catalog) = (Arc::clone(&app), Arc::clone(&ask.catalog));
        move |_| {
            let hits = finder_of(&app, &catalog).find(&asked);
            (asked, hits)
        }
    })
    .await?;
    let title = ask.lang.pick("搜索", "Search").to_owned();
    let crumbs = ask.crumbs(&[(&title, "/search".to_owned())]);
    let (base, form) = (ask.base.clone(), ask.format);
    let href = |hit: &Hit| format!("{}{}", item(&base, hit), if form == HTML { "?f=html" } else { "" });
    let json = if form == HTML { Value::Null } else { found::json(&asked.text, &hits, href) };
    let html = if form == HTML {
        found::page(&asked.text, &hits, ask.lang, href)
    } else {
        maud::html! {}
    };
    let mut links = ask.own_links();
    // Who looks for a section of the plan may mean the section itself.
    let clause = plan::link_for(&ask, &asked.text);
    let html = maud::html! {
        @if let Some(clause) = &clause { p { a href=(clause.href) { (clause.title) } } }
        (html)
    };
    links.extend(clause);
    Ok(ask.document(Document { title, crumbs, links, json, html }))
}

/// The address of a hit's item.
fn item(base: &Base, hit: &Hit) -> String {
    let id = hit.feature().id().to_string();
    base.url(&format!("{}{}/items/{}", super::document::ROOT, path_of(hit.layer.layer()), segment(&id)))
}

/// The same answer without a server: parameters as in an address, without their percent signs. As JSON, whose addresses
/// are paths, or as text.
///
/// # Errors
/// What was wrong with them, in words.
pub fn find(
    catalog: &Catalog,
    parameters: &[(&str, String)],
    lang: Lang,
    as_json: bool,
) -> Result<String, String> {
    let words = |problem: Problem| problem.detail().to_owned();
    let params = Params::of_pairs(parameters, &self::parameters(catalog)).map_err(words)?;
    let asked = asked(&params, catalog).map_err(words)?;
    if asked.text.is_empty() {
        return Err("there is nothing to look for".to_owned());
    }
    let hits = Finder::build(catalog, None).find(&asked);
    Ok(if as_json {
        format!("{:#}\n", found::json(&asked.text, &hits, |hit| item(&Base::none(), hit)))
    } else {
        found::text(&asked.text, &hits, lang)
    })
}
