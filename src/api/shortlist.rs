//! Which features suit, in which order, and what would have to give: `…/shortlist`, and the same for the command line.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use serde_json::{Value, json};

use super::collections::{self, path_of};
use super::document::{Ask, Document};
use super::link::{link, segment};
use super::negotiate::{CSV, Format, HTML, JSON, XLSX};
use super::params::{self, Parameter, Params, format_parameter, read, selecting_parameters};
use super::problem::Problem;
use super::{App, blocking, forms};
use crate::catalog::Catalog;
use crate::config::Limits;
use crate::geometry::Crs;
use crate::index::IndexedLayer;
use crate::model::{Lang, Layer};
use crate::query::cql2::{self, Encoding, Expr};
use crate::query::shortlist::{
    Criterion, MOST_CRITERIA, MOST_MEMBERS, Order, Place, Shortlisting, Weight, shortlist as select,
};
use crate::query::{Budget, Filter, Query, QueryError, SortKey, plan, with_features};
use crate::render::html::Link;
use crate::render::shortlist::Told;
use crate::render::{Cover, RenderError};

/// The last part of the path.
pub const NAME: &str = "shortlist";
/// The relation of links to it; there is no registered one.
const REL: &str = "urn:innospace:rel:shortlist";
/// The forms of shortlists.
pub const FORMS: &[Format] = &[JSON, HTML, CSV, XLSX];
/// The forms by POST: pages are for GET.
pub const POSTED_FORMS: &[Format] = &[JSON, CSV, XLSX];

/// Names that shortlists have beside those of the selection.
const OWN: &[&str] = &["criteria", "weights", "distances", "want", "merge-area", "merge-by", "cap"];
/// Ranks of a page when none are asked for.
const USUAL_ITEMS: u32 = 20;
/// The most ranks of a page.
const MOST_ITEMS: u32 = 1000;
/// Matches that are wanted when no number is given.
const USUAL_WANT: u64 = 10;
/// The parts on the map of the collections that distances are measured to when none are named.
const MEASURED_TO: [&str; 3] = ["core", "axis", "belt"];

/// The link to it from a collection.
pub fn link_to(ask: &Ask, layer: &Layer) -> Link {
    let href = ask.url(&format!("{}/{NAME}", path_of(layer)));
    link(href, REL, JSON, ask.lang.pick("比选", "shortlist"))
}

/// The parameters of a layer's shortlists.
pub fn parameters(layer: &Layer, limits: Limits, offers: &[Format]) -> Vec<Parameter> {
    let own = [
        Parameter::new(
            "criteria",
            "Instead of filter: a JSON array of criteria in their order, each a CQL2 expression (text, or an object of CQL2 JSON), or \
             an object with name and filter. By filter each member of its outermost ANDs is a criterion.",
            json!({ "type": "string", "minLength": 2 }),
        ),
        Parameter::new(
            "sortby",
            "Keys by which matches are ranked, split by commas, each after + (or nothing) for ascending or - for descending: \
             sortables of the collection, and distance:{place} of each of distances. What is not known comes last, equals \
             come by id. When left out, with weights neither, by the first of distances.",
            json!({ "type": "array", "minItems": 1, "items": { "type": "string" } }),
        ),
        Parameter::new(
            "weights",
            "Instead of sortby: keys that make points, split by commas, each after - where less is better, with * and a number \
             above 0 where it does not count once, as in area_m2*2,-distance:axes. Each value counts by its place between the \
             least and the greatest of all matches; all together make 100 points at most.",
            json!({ "type": "array", "minItems": 1, "items": { "type": "string" } }),
        ),
        Parameter::new(
            "distances",
            "What distances are measured to, split by commas: collections (the nearest of their features) and features as \
             collection:id; metres on the ellipsoid between nearest positions. The collections drawn as core, axis and belt when \
             left out, nothing when empty.",
            json!({ "type": "array", "items": { "type": "string" } }),
        ),
        Parameter::new(
            "want",
            "How many matches a relaxation must yield.",
            json!({ "type": "integer", "minimum": 1, "default": USUAL_WANT }),
        ),
        Parameter::new(
            "merge-area",
            "The size, square metres, that neighbours sharing a border must have together; when left out that of a criterion \
             which asks for a least area.",
            json!({ "type": "number", "minimum": 0, "exclusiveMinimum": true }),
        ),
        Parameter::new(
            "merge-by",
            "The field by which neighbours must be alike; the field of uses of [cap] in catalog.toml, else use_code, when left \
             out; any neighbours when empty.",
            json!({ "type": "string" }),
        ),
        Parameter::new(
            "cap",
            "The share of a unit's area that capped uses may fill; that of [cap] in catalog.toml when left out.",
            json!({ "type": "number", "minimum": 0, "maximum": 1 }),
        ),
        Parameter::new(
            "limit",
            "The most ranks to return; a larger number is taken as the maximum.",
            json!({ "type": "integer", "minimum": 1, "maximum": MOST_ITEMS, "default": USUAL_ITEMS }),
        ),
        Parameter::new(
            "offset",
            "Ranks to skip; links next and prev carry it.",
            json!({ "type": "integer", "minimum": 0, "default": 0 }),
        ),
    ];
    own.into_iter()
        .chain(selecting_parameters(layer, limits, OWN))
        .chain([format_parameter(offers)])
        .collect()
}

/// What a request asks.
fn asked(
    params: &Params,
    catalog: &Catalog,
    indexed: &IndexedLayer,
    budget: &Budget,
) -> Result<Shortlisting, Problem> {
    let layer = indexed.layer();
    let mut select = params::selection(params, layer, catalog, OWN)?;
    let crs = params::crs(params, "filter-crs", layer)?;
    let criteria = criteria(params, select.filter.take(), crs, catalog, indexed, budget)?;
    if criteria.len() > MOST_CRITERIA {
        let problem =
            format!("parameter criteria, at most {MOST_CRITERIA} are looked at, here are {}", criteria.len());
        return Err(Problem::wrong_parameter("criteria", problem));
    }
    let places = places(params, catalog)?;
    let weights = read(params, "weights", Weight::EXPECTED, Weight::parse_list)?;
    let keys = params::sort(params)?;
    let order = match weights {
        Some(_) if !keys.is_empty() => {
            let expected = "nothing beside sortby: ranks come by one of both";
            return Err(Problem::parameter("weights", params.get("weights").unwrap_or(""), expected));
        }
        Some(weights) => Order::Weights(weights),
        None if keys.is_empty() => {
            let nearest = places.first().map(|place| SortKey { name: place.key(), descending: false });
            Order::Keys(nearest.into_iter().collect())
        }
        None => Order::Keys(keys),
    };
    let whole = |text: &str| params::whole(text).filter(|number| *number >= 1);
    let above_0 =
        |text: &str| text.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number > 0.0);
    let share = |text: &str| text.trim().parse().ok().filter(|share: &f64| (0.0..=1.0).contains(share));
    let mut cap = catalog.about.cap.clone();
    match (read(params, "cap", "a share from 0 to 1", share)?, &mut cap) {
        (Some(share), Some(cap)) => cap.share = share,
        (Some(_), None) => {
            let expected = "nothing, because the data names no capped use: [cap] in catalog.toml does";
            return Err(Problem::parameter("cap", params.get("cap").unwrap_or(""), expected));
        }
        (None, _) => {}
    }
    let alike = match params.get("merge-by") {
        Some("") => None,
        Some(name) if layer.schema.find(name).is_none() => {
            let known = layer.schema.fields().map(|(_, field)| &*field.name).collect::<Vec<_>>().join(", ");
            return Err(Problem::parameter(
                "merge-by",
                name,
                &format!("a field, or nothing; fields are {known}"),
            ));
        }
        Some(name) => Some(name.into()),
        None => {
            let uses = cap.as_ref().map(|cap| &*cap.uses);
            uses.into_iter()
                .chain(["use_code"])
                .find(|name| layer.schema.find(name).is_some())
                .map(Into::into)
        }
    };
    Ok(Shortlisting {
        select,
        criteria,
        crs,
        order,
        places,
        want: read(params, "want", "a whole number from 1 on", whole)?.unwrap_or(USUAL_WANT),
        merge_m2: read(params, "merge-area", "square metres, a number above 0", above_0)?,
        alike,
        cap,
        page: params::page(params, USUAL_ITEMS, MOST_ITEMS)?,
    })
}

/// The criteria, by `filter` or by `criteria`.
fn criteria(
    params: &Params,
    filter: Option<Filter>,
    crs: Crs,
    catalog: &Catalog,
    indexed: &IndexedLayer,
    budget: &Budget,
) -> Result<Vec<Criterion>, Problem> {
    const EXPECTED: &str = "a JSON array of CQL2 expressions, each a text, an object of CQL2 JSON, or an object with name and filter";
    let Some(list) = params.get("criteria") else {
        let Some(Filter { expr, .. }) = filter else { return Ok(Vec::new()) };
        let encoding = params
            .get("filter-lang")
            .and_then(|name| Encoding::ALL.into_iter().find(|(known, _)| *known == name));
        let encoding = encoding.map_or(Encoding::Text, |(_, encoding)| encoding);
        let written = cql2::parse(params.get("filter").unwrap_or(""), encoding).map_err(QueryError::from)?;
        return Ok(Criterion::of_filter(&written, &expr));
    };
    if filter.is_some() {
        return Err(Problem::parameter(
            "criteria",
            list,
            "nothing beside filter: one of both holds the criteria",
        ));
    }
    let wrong = || Problem::parameter("criteria", list, EXPECTED);
    let list = match cql2::strict_json(list.as_bytes()) {
        Ok(Value::Array(list)) => list,
        Ok(_) => return Err(wrong()),
        Err(fault) => return Err(Problem::parameter("criteria", list, &format!("{EXPECTED}; {fault}"))),
    };
    let mut criteria = Vec::with_capacity(list.len());
    for (at, member) in list.iter().enumerate() {
        let (name, filter) = match member.get("filter") {
            Some(filter) => {
                let name = member.get("name").map(|name| name.as_str().ok_or_else(wrong)).transpose()?;
                (name.map(Into::into), filter)
            }
            None => (None, member),
        };
        let number = at + 1;
        let fail = |fault: String| {
            Problem::wrong_parameter("criteria", format!("parameter criteria, number {number}, {fault}"))
        };
        let read = match filter {
            Value::String(text) => cql2::parse(text, Encoding::Text),
            Value::Object(_) => cql2::parse(&filter.to_string(), Encoding::Json),
            _ => return Err(wrong()),
        };
        let written: Expr = read.map_err(|fault| fail(fault.to_string()))?;
        let mut expr = written.clone();
        with_features(&mut expr, crs, catalog).map_err(|fault| fail(fault.to_string()))?;
        // What does not fit the layer is told with the number of the criterion.
        let alone = Query { filter: Some(Filter { expr: expr.clone(), crs }), ..Query::default() };
        plan(&alone, indexed, budget).map_err(|fault| match fault {
            QueryError::Filter(fault) => fail(fault.to_string()),
            other => other.into(),
        })?;
        criteria.push(Criterion { name, written, expr });
    }
    Ok(criteria)
}

/// What distances are measured to.
fn places(params: &Params, catalog: &Catalog) -> Result<Vec<Place>, Problem> {
    let whole = |indexed: &IndexedLayer| {
        let layer = indexed.layer();
        let features: Vec<_> = layer.positions().collect();
        Place::new(layer.id.as_str(), layer.about.title.clone(), layer, &features)
    };
    let is_few = |indexed: &IndexedLayer| indexed.layer().len() <= MOST_MEMBERS;
    let Some(list) = params.get("distances") else {
        let usual = catalog
            .layers()
            .filter(|indexed| MEASURED_TO.contains(&indexed.layer().about.role()) && is_few(indexed));
        return Ok(usual.filter_map(|indexed| whole(indexed)).collect());
    };
    let mut places: Vec<Place> = Vec::new();
    for name in list.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let wrong = |expected: &str| Problem::parameter("distances", list, expected);
        if places.iter().any(|place| *place.name == *name) {
            return Err(wrong("each place once"));
        }
        let (id, feature) = name.split_once(':').map_or((name, None), |(id, feature)| (id, Some(feature)));
        let source = catalog.layer(id).ok_or_else(|| {
            let known: Vec<_> = catalog.layers().map(|layer| layer.layer().id.as_str()).collect();
            wrong(&format!(
                "collections, or features as collection:id, split by commas; collections are {}",
                known.join(", ")
            ))
        })?;
        let place = match feature {
            Some(feature) => {
                let ix = source
                    .find(feature)
                    .ok_or_else(|| wrong(&format!("an id of collection {id} behind the colon")))?;
                Place::new(name, source.layer().feature(ix).names(), source.layer(), &[ix])
            }
            None if !is_few(source) => {
                return Err(wrong(&format!(
                    "collections of at most {MOST_MEMBERS} features; name one of {id} as {id}:id"
                )));
            }
            None => whole(source),
        };
        places.push(place.ok_or_else(|| wrong(&format!("places with a position; {name} has none")))?);
    }
    Ok(places)
}

/// The answer to what was asked, by GET or POST.
pub async fn answer(app: Arc<App>, ask: Ask, indexed: Arc<IndexedLayer>) -> Result<Response, Problem> {
    blocking(app.config.limits.patience, move |budget| {
        let question = asked(&ask.params, &ask.catalog, &indexed, budget)?;
        if let Some(response) = ask.not_modified() {
            return Ok(response);
        }
        let list = select(&question, &indexed, budget)?;
        shown(&ask, &Told { asked: &question, list: &list, layer: indexed.layer(), lang: ask.lang })
    })
    .await?
}

/// The shortlist in the asked form.
fn shown(ask: &Ask, told: &Told<'_>) -> Result<Response, Problem> {
    let &Told { asked: question, list, layer, lang } = told;
    let (matched, returned) = (list.reasons.matched, list.ranking.items.len());
    if matches!(ask.format, CSV | XLSX) {
        let cover = forms::cover(ask, layer, matched, question.page, returned);
        let made = if ask.format == CSV { told.csv() } else { told.xlsx(&cover) };
        let made = made.map_err(|fault| Problem::internal(fault.to_string()))?;
        let mut response = ask.body(Body::from(made));
        forms::name_file(&mut response, ask.format, &told.name());
        return Ok(ask.finish(response));
    }
    let mut links = ask.own_links();
    links.push(link(ask.url(&path_of(layer)), "collection", JSON, layer.about.title.say(lang)));
    links.extend(ask.turns(question.page, returned, matched));
    let title = format!("{}{}", layer.about.title.say(lang), lang.pick("比选", ": shortlist"));
    let here = (lang.pick("比选", "Shortlist"), format!("{}/{NAME}", path_of(layer)));
    let crumbs = collections::crumbs(ask, layer, &[here]);
    let mut json = told.json();
    ask.date(&mut json);
    let address = |id: &str| ask.url(&format!("{}/items/{}?f={}", path_of(layer), segment(id), HTML.name));
    let html = told.html(address);
    Ok(ask.document(Document { title, crumbs, links, json, html }))
}

/// The same answer without a server: parameters as in an address, without their percent signs.
///
/// # Errors
/// What was wrong with them, in words.
pub fn shortlist(
    catalog: &Catalog,
    collection: Option<&str>,
    parameters: &[(&str, String)],
    lang: Lang,
    write: impl FnOnce(&Told<'_>, &Cover) -> Result<Vec<u8>, RenderError>,
) -> Result<Vec<u8>, String> {
    let words = |problem: Problem| problem.detail().to_owned();
    let indexed = collections::named_or_parcels(catalog, collection).map_err(words)?;
    let layer = indexed.layer();
    let table = self::parameters(layer, Limits::default(), FORMS);
    let params = Params::of_pairs(parameters, &table).map_err(words)?;
    let asked = asked(&params, catalog, &indexed, &Budget::default()).map_err(words)?;
    let list = select(&asked, &indexed, &Budget::default()).map_err(|fault| fault.to_string())?;
    let told = Told { asked: &asked, list: &list, layer, lang };
    let cover = Cover {
        matched: list.reasons.matched,
        offset: asked.page.offset,
        returned: list.ranking.items.len() as u64,
        ..forms::cover_of(&params, catalog, layer, lang)
    };
    write(&told, &cover).map_err(|fault| fault.to_string())
}
