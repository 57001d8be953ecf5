//! What is near, what is here, how far apart: over HTTP and for the command line, where what comes next is one more question.
//!
//! Each question is read from its parameters and answered by one function, which both use.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use maud::{Markup, html};
use serde_json::json;

use super::collections::{self, path_of};
use super::document::{Ask, Document};
use super::link::{link, segment};
use super::negotiate::{Format, GEOJSON, HTML, JSON};
use super::params::{
    self, ANY_CRS, Parameter, Params, any_crs_schema, format_parameter, read, selecting_parameters,
};
use super::path::Path;
use super::problem::Problem;
use super::styles::language_parameter;
use super::{App, along, blocking};
use crate::catalog::Catalog;
use crate::config::Limits;
use crate::geometry::{Crs, Datum, Shape};
use crate::index::IndexedLayer;
use crate::locate::{self, Member, Standpoint};
use crate::model::{Lang, Layer};
use crate::query::{Budget, Query};
use crate::render::html::Link;
use crate::render::locate::{self as told, Asked, Told};

/// The forms of the nearest features, which are features.
pub const NEAREST_FORMS: &[Format] = &[GEOJSON, HTML];
/// The forms of the other answers.
pub const FORMS: &[Format] = &[JSON, HTML];

/// The relations of links to the nearest features and to what is at a position; there are no registered ones.
const NEAREST_REL: &str = "urn:innospace:rel:nearest";
const AT_REL: &str = "urn:innospace:rel:at";

/// How many of the nearest are told when the request names no number, and at most.
const USUAL_NEAREST: u32 = 5;
const MOST_NEAREST: u32 = 1000;
/// How near a line or a point must be to be at a position, metres.
const USUAL_TOLERANCE: f64 = 25.0;
/// Beyond it a tolerance is a search, and there is another resource for that.
const MOST_TOLERANCE: f64 = 100_000.0;
pub(super) fn number(least: f64) -> serde_json::Value {
    json!({ "type": "number", "minimum": least })
}

/// How a position may be given.
pub(super) fn position_parameters() -> Vec<Parameter> {
    let datums: Vec<_> = Datum::ALL.iter().map(|datum| datum.name()).collect();
    vec![
        Parameter::new(
            "point",
            "A position: longitude and latitude in degrees (CRS84), or two coordinates in the axes of point-crs.",
            json!({ "type": "array", "minItems": 2, "maxItems": 2, "items": { "type": "number" } }),
        ),
        Parameter::new(
            "point-crs",
            "Coordinate reference system of point, its axes in the order of its definition; CRS84 when left out.",
            any_crs_schema(),
        ),
        Parameter::new(
            "datum",
            "The shifted degrees of Chinese web maps that point is given in, longitude first; the answer says that it was \
             converted.",
            json!({ "type": "string", "enum": datums }),
        ),
        Parameter::new(
            "point-accuracy",
            "How many metres point may be off, as a device tells; taken as exact when left out.",
            number(0.0),
        ),
    ]
}

/// Names that the parameters of the nearest have beside those that select.
const NEAREST_OWN: &[&str] =
    &["point", "point-crs", "datum", "point-accuracy", "feature", "k", "max-distance", "lang", "f"];

/// The parameters of the nearest features of a layer.
pub fn nearest_parameters(layer: &Layer, limits: Limits, offers: &[Format]) -> Vec<Parameter> {
    let mut table = position_parameters();
    table.extend([
        Parameter::new(
            "feature",
            "Instead of point: the feature to start from, as collection:id. It is not near itself.",
            json!({ "type": "string", "minLength": 1 }),
        ),
        Parameter::new(
            "k",
            "How many features; a larger number is taken as the maximum.",
            json!({ "type": "integer", "minimum": 1, "maximum": MOST_NEAREST, "default": USUAL_NEAREST }),
        ),
        Parameter::new("max-distance", "Only features no farther than so many metres.", number(0.0)),
        language_parameter(),
        format_parameter(offers),
    ]);
    table.extend(selecting_parameters(layer, limits, NEAREST_OWN));
    table
}

/// The parameters of what is at a position.
pub fn at_parameters(catalog: &Catalog) -> Vec<Parameter> {
    let mut table = position_parameters();
    table.extend([
        collections_parameter(catalog, "The collections to look in; all when left out."),
        Parameter::new(
            "tolerance",
            "How many metres from the position a line or a point may be.",
            json!({ "type": "number", "minimum": 0, "maximum": MOST_TOLERANCE, "default": USUAL_TOLERANCE }),
        ),
        language_parameter(),
        format_parameter(FORMS),
    ]);
    table
}

pub(super) fn collections_parameter(catalog: &Catalog, description: &'static str) -> Parameter {
    let names: Vec<_> = catalog.layers().map(|indexed| indexed.layer().id.to_string()).collect();
    let items = json!({ "type": "string", "enum": names });
    Parameter::new("collections", description, json!({ "type": "array", "minItems": 1, "items": items }))
}

/// The parameters of how two features lie to each other.
pub fn distance_parameters() -> Vec<Parameter> {
    let feature = || json!({ "type": "string", "minLength": 1 });
    vec![
        Parameter::new("from", "The first feature, as collection:id.", feature()),
        Parameter::new("to", "The second feature, as collection:id.", feature()),
        language_parameter(),
        format_parameter(FORMS),
    ]
}

/// A number that is not negative.
pub(super) fn amount(params: &Params, name: &str, expected: &str) -> Result<Option<f64>, Problem> {
    let fits =
        |text: &str| text.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0);
    read(params, name, expected, fits)
}

/// The position that is asked about; `None` where none is given.
fn position(params: &Params) -> Result<Option<Asked>, Problem> {
    let datum = read(params, "datum", "gcj02 or bd09", Datum::parse)?;
    let crs = read(params, "point-crs", ANY_CRS, Crs::parse)?.unwrap_or_default();
    let accuracy_m = amount(params, "point-accuracy", "metres, a number from 0 on")?;
    let Some(text) = params.get("point") else {
        let alone =
            ["point-crs", "datum", "point-accuracy"].into_iter().find(|name| params.get(name).is_some());
        return match alone {
            Some(name) => Err(Problem::wrong_parameter(
                name,
                format!("parameter {name} says how point is given, and there is no point"),
            )),
            None => Ok(None),
        };
    };
    if datum.is_some() && crs != Crs::Crs84 {
        let detail = "parameter datum is for longitude and latitude; leave point-crs out".to_owned();
        return Err(Problem::wrong_parameter("datum", detail));
    }
    let axes = crs.axis_names().join(" and ");
    let wrong = || {
        Problem::parameter("point", text, &format!("{axes}, two numbers split by a comma, in their range"))
    };
    let numbers: Option<Vec<f64>> =
        text.split([',', '，']).map(|number| number.trim().parse().ok()).collect();
    let Some(&[a, b]) = numbers.as_deref() else { return Err(wrong()) };
    let given =
        Some([a, b]).filter(|given| given.iter().all(|number| number.is_finite())).ok_or_else(wrong)?;
    let turned = || {
        let order = format!("{axes}, in this order: {},{}", given[1], given[0]);
        let is_turned = crs.inverse([given[1], given[0]]).is_some();
        if is_turned { Problem::parameter("point", text, &order) } else { wrong() }
    };
    let place = crs.inverse(given).ok_or_else(turned)?;
    let place = datum.map_or(place, |datum| datum.inverse(place));
    let is_changed = datum.is_some() || crs != Crs::Crs84;
    Ok(Some(Asked { position: place, given: is_changed.then_some(given), crs, datum, accuracy_m }))
}

/// The feature that a parameter names as `collection:id`; `None` where it is not given.
pub(super) fn member(params: &Params, name: &str, catalog: &Catalog) -> Result<Option<Member>, Problem> {
    let Some(text) = params.get(name) else { return Ok(None) };
    let Some((collection, id)) = text.split_once(':') else {
        return Err(Problem::parameter(name, text, "a feature as collection:id"));
    };
    let indexed = catalog.layer(collection).cloned();
    let indexed =
        indexed.ok_or_else(|| Problem::parameter(name, text, "the name of a collection before the colon"))?;
    let ix = indexed.find(id);
    let ix = ix.ok_or_else(|| {
        Problem::parameter(name, text, "the id of a feature of that collection after the colon")
    })?;
    Ok(Some(Member { indexed, ix }))
}

fn no_position(name: &str, member: &Member) -> Problem {
    let id = member.feature().id();
    let detail = format!("parameter {name}: feature {id} of {} has no position", member.indexed.layer().id);
    Problem::wrong_parameter(name, detail)
}

/// The layers that a parameter names; `None` where it is not given.
pub(super) fn layers(
    params: &Params,
    name: &str,
    catalog: &Catalog,
) -> Result<Option<Vec<Arc<IndexedLayer>>>, Problem> {
    let Some(list) = params.get(name) else { return Ok(None) };
    let names: Vec<_> = list.split(',').map(str::trim).collect();
    if let Some(unknown) = names.iter().find(|name| catalog.layer(name).is_none()) {
        let known: Vec<_> = catalog.layers().map(|indexed| indexed.layer().id.as_str()).collect();
        return Err(Problem::parameter(
            name,
            unknown,
            &format!("names split by commas of {}", known.join(", ")),
        ));
    }
    // In the order of the catalogue, each once.
    Ok(Some(
        catalog.layers().filter(|indexed| names.contains(&indexed.layer().id.as_str())).cloned().collect(),
    ))
}

/// Where a question starts from.
pub(super) struct Start {
    pub standpoint: Standpoint,
    /// The position as it was asked for, where it is none of a feature.
    pub asked: Option<Asked>,
    pub shape: Shape,
}

/// The position or the feature that a question starts from.
pub(super) fn start(params: &Params, catalog: &Catalog) -> Result<Start, Problem> {
    let (asked, member) = (position(params)?, member(params, "feature", catalog)?);
    match (asked, member) {
        (Some(asked), None) => {
            let standpoint = Standpoint::at(asked.position, asked.accuracy_m);
            let wrong = || Problem::parameter("point", params.get("point").unwrap_or(""), "a position");
            let shape = Shape::Point(asked.position.into());
            Ok(Start { standpoint: standpoint.ok_or_else(wrong)?, asked: Some(asked), shape })
        }
        (None, Some(member)) => {
            let shape = member.shape().ok_or_else(|| no_position("feature", &member))?;
            let standpoint = Standpoint::of(member.clone()).ok_or_else(|| no_position("feature", &member))?;
            Ok(Start { standpoint, asked: None, shape })
        }
        (Some(_), Some(_)) => {
            Err(Problem::wrong_parameter("feature", "give point or feature, not both".to_owned()))
        }
        (None, None) => {
            let detail =
                "parameter point (longitude,latitude) or feature (collection:id) is needed".to_owned();
            Err(Problem::wrong_parameter("point", detail))
        }
    }
}

/// The question for the nearest features, read.
struct Nearest {
    standpoint: Standpoint,
    asked: Option<Asked>,
    query: Query,
    most: usize,
    farthest: f64,
}

impl Nearest {
    fn read(params: &Params, catalog: &Catalog, layer: &Layer) -> Result<Self, Problem> {
        let Start { standpoint, asked, .. } = start(params, catalog)?;
        let fits = |text: &str| params::whole(text).filter(|number| *number >= 1);
        let most = read(params, "k", "a whole number from 1 on", fits)?.unwrap_or(u64::from(USUAL_NEAREST));
        let farthest = amount(params, "max-distance", "metres, a number from 0 on")?.unwrap_or(f64::INFINITY);
        let most = usize::try_from(most.min(u64::from(MOST_NEAREST))).unwrap_or(usize::MAX);
        Ok(Self {
            standpoint,
            asked,
            query: params::selection(params, layer, catalog, NEAREST_OWN)?,
            most,
            farthest,
        })
    }

    fn answer(&self, indexed: &IndexedLayer, lang: Lang, budget: &Budget) -> Result<Told, Problem> {
        let found =
            locate::nearest(&self.standpoint, indexed, &self.query, self.most, self.farthest, budget)?;
        let from = told::from_of(&self.standpoint, self.asked);
        let from =
            from.ok_or_else(|| Problem::internal("a standpoint is a position or a feature".to_owned()))?;
        Ok(told::nearest(from, indexed, &found, lang))
    }
}

/// The question what is at a position, read.
struct At {
    standpoint: Standpoint,
    asked: Asked,
    tolerance: f64,
    layers: Vec<Arc<IndexedLayer>>,
}

impl At {
    fn read(params: &Params, catalog: &Catalog) -> Result<Self, Problem> {
        let asked = position(params)?.ok_or_else(|| {
            Problem::wrong_parameter("point", "parameter point (longitude,latitude) is needed".to_owned())
        })?;
        let expected = format!("metres, a number from 0 to {MOST_TOLERANCE}");
        let tolerance = amount(params, "tolerance", &expected)?.unwrap_or(USUAL_TOLERANCE);
        if tolerance > MOST_TOLERANCE {
            return Err(Problem::parameter("tolerance", params.get("tolerance").unwrap_or(""), &expected));
        }
        let layers =
            layers(params, "collections", catalog)?.unwrap_or_else(|| catalog.layers().cloned().collect());
        let standpoint = Standpoint::at(asked.position, asked.accuracy_m)
            .ok_or_else(|| Problem::parameter("point", params.get("point").unwrap_or(""), "a position"))?;
        Ok(Self { standpoint, asked, tolerance, layers })
    }

    fn answer(self, lang: Lang, budget: &Budget) -> Result<Told, Problem> {
        let Self { standpoint, asked, tolerance, layers } = self;
        let mut found = Vec::with_capacity(layers.len());
        for indexed in layers {
            let here = locate::at(&standpoint, asked.position, tolerance, &indexed, budget)?;
            found.push((indexed, here));
        }
        Ok(told::at(asked, tolerance, &found, lang))
    }
}

/// The features of the question how two lie to each other.
fn two(params: &Params, catalog: &Catalog) -> Result<[Member; 2], Problem> {
    let needed = |name: &'static str| {
        let found = member(params, name, catalog)?;
        found.ok_or_else(|| {
            Problem::wrong_parameter(name, format!("parameter {name} (collection:id) is needed"))
        })
    };
    let (from, to) = (needed("from")?, needed("to")?);
    for (name, member) in [("from", &from), ("to", &to)] {
        if member.shape().is_none() {
            return Err(no_position(name, member));
        }
    }
    Ok([from, to])
}

/// How they lie to each other.
fn answer_distance([from, to]: &[Member; 2], lang: Lang) -> Result<Told, Problem> {
    let apart = locate::apart(from, to).ok_or_else(|| no_position("from", from))?;
    Ok(told::apart(from, to, &apart, lang))
}

/// The middle of what a map shows first, where links ask from.
fn middle(catalog: &Catalog) -> Option<String> {
    let [x, y] = catalog.start_extent()?.middle();
    Some(format!("{x:.5},{y:.5}"))
}

/// A link to the nearest features of a collection, from the middle of the map.
pub fn nearest_link(ask: &Ask, layer: &Layer) -> Option<Link> {
    let href = ask.url(&format!("{}/nearest?point={}", path_of(layer), middle(&ask.catalog)?));
    Some(link(
        href,
        NEAREST_REL,
        GEOJSON,
        ask.lang.pick("最近的要素（从地图中心）", "nearest features, from the middle of the map"),
    ))
}

/// A link to everything in the middle of the map.
pub fn at_link(ask: &Ask) -> Option<Link> {
    let href = ask.url(&format!("/at?point={}", middle(&ask.catalog)?));
    Some(link(
        href,
        AT_REL,
        JSON,
        ask.lang
            .pick("某处的全部要素（以地图中心为例）", "everything at a place, such as the middle of the map"),
    ))
}

/// The document of an answer.
pub(super) fn document(
    ask: &Ask,
    told: Told,
    title: String,
    crumbs: &[(&str, String)],
    mut links: Vec<Link>,
    head: &Markup,
) -> Response {
    let href = |collection: &str, id: &str| {
        ask.url(&format!("/collections/{}/items/{}?f=html", segment(collection), segment(id)))
    };
    let html = html! { (head) (told.html(ask.lang, href)) };
    links.splice(0..0, ask.own_links());
    ask.document(Document { title, crumbs: ask.crumbs(crumbs), links, json: told.json, html })
}

/// The nearest features of a collection: `GET /ogc/collections/{collectionId}/nearest`.
pub async fn nearest(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (ask, indexed) = collections::asked(&app, &id, &uri, &headers, nearest_parameters, NEAREST_FORMS)?;
    let ask = ask.spoken()?;
    let asked = Nearest::read(&ask.params, &ask.catalog, indexed.layer())?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let (lang, patience) = (ask.lang, app.config.limits.patience);
    let told = blocking(patience, {
        let indexed = Arc::clone(&indexed);
        move |budget| asked.answer(&indexed, lang, budget)
    });
    let (told, layer) = (told.await??, indexed.layer());
    let name = layer.about.title.say(lang);
    let links = vec![link(ask.url(&path_of(layer)), "collection", JSON, name)];
    let word = lang.pick("最近的要素", "Nearest");
    let crumbs = [
        (lang.pick("要素集", "Collections"), "/collections".to_owned()),
        (name, path_of(layer)),
        (word, format!("{}/nearest", path_of(layer))),
    ];
    Ok(document(&ask, told, format!("{name}{}{word}", lang.pick("：", ": ")), &crumbs, links, &html! {}))
}

/// Everything at a position: `GET /ogc/at`.
pub async fn at(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let catalog = app.catalog.snapshot();
    let table = at_parameters(&catalog);
    let ask = Ask::read(&app, catalog, &uri, &headers, &table, FORMS)?.spoken()?;
    let (asked, lang) = (At::read(&ask.params, &ask.catalog)?, ask.lang);
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let told = blocking(app.config.limits.patience, move |budget| asked.answer(lang, budget));
    Ok(finish(&ask, told.await??, ask.lang.pick("此处", "At this place"), "/at"))
}

/// How two features lie to each other: `GET /ogc/distance`.
pub async fn distance(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let ask = Ask::read(&app, app.catalog.snapshot(), &uri, &headers, &distance_parameters(), FORMS)?;
    let ask = ask.spoken()?;
    let (two, lang) = (two(&ask.params, &ask.catalog)?, ask.lang);
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let told = blocking(app.config.limits.patience, move |_| answer_distance(&two, lang));
    Ok(finish(&ask, told.await??, ask.lang.pick("距离与关系", "Distance and relation"), "/distance"))
}

pub(super) fn finish(ask: &Ask, told: Told, title: &str, path: &str) -> Response {
    let crumbs = [(title, path.to_owned())];
    document(ask, told, title.to_owned(), &crumbs, Vec::new(), &html! {})
}

/// A question of the command line.
#[derive(Debug, Clone, Copy)]
pub enum Question<'a> {
    /// The nearest features of a collection.
    Nearest(&'a str),
    /// What is at a position.
    At,
    /// How two features lie to each other.
    Distance,
    /// What stands along a line, which is named as collection:id.
    Along(&'a str),
}

/// The same answers without a server: parameters as in an address, without their percent signs.
///
/// # Errors
/// What was wrong with them, in words.
pub fn locate(
    catalog: &Catalog,
    question: Question<'_>,
    parameters: &[(&str, String)],
    lang: Lang,
) -> Result<Told, String> {
    let (budget, limits) = (Budget::default(), Limits::default());
    let answer = || {
        let params = |table: &[Parameter]| Params::of_pairs(parameters, table);
        match question {
            Question::Nearest(collection) => {
                let indexed = collections::find(catalog, collection)?;
                let params = params(&nearest_parameters(indexed.layer(), limits, NEAREST_FORMS))?;
                Nearest::read(&params, catalog, indexed.layer())?.answer(&indexed, lang, &budget)
            }
            Question::At => At::read(&params(&at_parameters(catalog))?, catalog)?.answer(lang, &budget),
            Question::Distance => answer_distance(&two(&params(&distance_parameters())?, catalog)?, lang),
            Question::Along(line) => {
                let params = params(&along::parameters(catalog, limits))?;
                along::answer(&params, catalog, &along::line_of(catalog, line)?, lang, &budget)
            }
        }
    };
    answer().map_err(|problem: Problem| problem.detail().to_owned())
}
