//! What comes next along a line: over HTTP and for the command line; as a picture it is a strip diagram.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use maud::html;
use serde_json::json;

use super::collections::{self, path_of};
use super::document::Ask;
use super::link::{link, segment};
use super::locate::{amount, collections_parameter, document, layers, member, number};
use super::maps::{at_desk, tell_missing};
use super::negotiate::{Format, GEOJSON, HTML, JSON, MAP_PNG, MAP_SVG};
use super::params::{self, Parameter, Params, format_parameter};
use super::path::Path;
use super::problem::Problem;
use super::{App, aggregates, blocking, strip};
use crate::catalog::Catalog;
use crate::config::Limits;
use crate::index::IndexedLayer;
use crate::locate::{self, Along, AlongError, Member};
use crate::model::{FeatureRef, Lang, Layer};
use crate::query::Budget;
use crate::render::html::Link;
use crate::render::locate::{self as told, Told};
use crate::report::strip::Href;

/// The forms of what stands along a line; as a picture it is a strip diagram.
pub const FORMS: &[Format] = &[JSON, HTML, MAP_SVG, MAP_PNG];
/// How far from a line what stands along it may be, metres, where the line has no half width.
const USUAL_OFFSET: f64 = 1000.0;
/// Parts that layers play on the map whose features are looked for along a line, unless others are named.
const ANCHORS: [&str; 3] = ["core", "site", "facility"];

/// The parameters of what stands along a line.
pub fn parameters(catalog: &Catalog, limits: Limits) -> Vec<Parameter> {
    let mut table = vec![
        collections_parameter(
            catalog,
            "The collections whose features are looked for, split by commas; when left out those that the map draws as \
             cores, facilities and sites, which is what collections without `draw` are, but for the line's own.",
        ),
        Parameter::new(
            "max-offset",
            "How many metres from the line they may be; when left out the half width of the line, else 1000.",
            number(0.0),
        ),
        Parameter::new(
            "after",
            "Only what comes later along the line than this feature, as collection:id, and how far ahead of it.",
            json!({ "type": "string", "minLength": 1 }),
        ),
        Parameter::new(
            "limit",
            "The most features to return; a larger number is taken as the maximum.",
            json!({ "type": "integer", "minimum": 1, "maximum": limits.most_items, "default": limits.default_items }),
        ),
        format_parameter(FORMS),
    ];
    table.extend(strip::parameters(catalog));
    table
}

/// How far from a line what stands along it may be, where nothing else is said, metres.
pub fn usual_offset(line: FeatureRef<'_>) -> f64 {
    line.half_width_m().unwrap_or(USUAL_OFFSET)
}

/// The question what stands along a line, read.
struct Asked {
    after: Option<Member>,
    layers: Vec<Arc<IndexedLayer>>,
    farthest: f64,
    most: usize,
}

impl Asked {
    fn read(params: &Params, catalog: &Catalog, line: &Member, limits: Limits) -> Result<Self, Problem> {
        // A line does not stand along those of its own layer.
        let own = &line.indexed.layer().id;
        let is_anchor = |indexed: &&Arc<IndexedLayer>| {
            let layer = indexed.layer();
            layer.id != *own && ANCHORS.contains(&layer.about.role())
        };
        let anchors = || catalog.layers().filter(is_anchor).cloned().collect();
        let farthest = amount(params, "max-offset", "metres, a number from 0 on")?;
        Ok(Self {
            after: member(params, "after", catalog)?,
            layers: layers(params, "collections", catalog)?.unwrap_or_else(anchors),
            farthest: farthest.unwrap_or_else(|| usual_offset(line.feature())),
            most: params::page(params, limits.default_items, limits.most_items)?.limit as usize,
        })
    }

    fn find(&self, catalog: &Catalog, line: &Member, budget: &Budget) -> Result<Along, Problem> {
        let after = self.after.as_ref();
        let found = locate::along(catalog, line, &self.layers, self.farthest, after, budget);
        found.map_err(|fault| match fault {
            AlongError::Query(fault) => Problem::from(fault),
            AlongError::Nowhere => Problem::wrong_parameter("after", fault.to_string()),
            AlongError::NoLine => {
                let (id, layer) = (line.feature().id(), &line.indexed.layer().id);
                Problem::missing(format!("feature {id} of {layer}: {fault}"))
            }
        })
    }

    /// The diagram of all that stands along the line; more than are asked for are refused.
    fn draw(
        &self,
        (params, catalog): (&Params, &Catalog),
        line: &Member,
        (lang, form): (Lang, Format),
        href: Option<Href<'_>>,
        budget: &Budget,
    ) -> Result<(Vec<u8>, BTreeSet<char>), Problem> {
        let asked = strip::Look::read(params, catalog)?;
        let found = self.find(catalog, line, budget)?;
        if found.stops.len() > self.most {
            return Err(Problem::wrong_parameter(
                "limit",
                format!(
                    "{} features stand along the line, more than limit: a diagram shows all or none",
                    found.stops.len()
                ),
            ));
        }
        asked.draw(catalog, (line, &found), self.farthest, (lang, form), href, budget)
    }
}

/// The question, read and answered.
pub(super) fn answer(
    params: &Params,
    catalog: &Catalog,
    line: &Member,
    lang: Lang,
    budget: &Budget,
) -> Result<Told, Problem> {
    let asked = Asked::read(params, catalog, line, Limits::default())?;
    let found = asked.find(catalog, line, budget)?;
    Ok(told::along(line, &found, asked.most, asked.farthest, lang))
}

/// What stands along a line: `GET /ogc/collections/{collectionId}/items/{featureId}/along`.
pub async fn along(
    State(app): State<Arc<App>>,
    Path((id, feature)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let catalog = app.catalog.snapshot();
    let indexed = collections::find(&catalog, &id)?;
    let ix = indexed.find(&feature).ok_or_else(|| Problem::not_found("item", &feature))?;
    let (line, limits) = (Member { indexed, ix }, app.config.limits);
    let table = parameters(&catalog, limits);
    let ask = Arc::new(Ask::read(&app, catalog, &uri, &headers, &table, FORMS)?.spoken()?);
    let asked = Asked::read(&ask.params, &ask.catalog, &line, limits)?;
    // What is wrong with a picture is wrong with the document, too.
    strip::Look::read(&ask.params, &ask.catalog)?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    if let (MAP_SVG | MAP_PNG, ask) = (ask.format, &ask) {
        let made = at_desk(&app, {
            let (ask, line) = (Arc::clone(ask), line.clone());
            move |budget| {
                let href = |member: &Member| {
                    let (layer, id) = (member.indexed.layer(), member.feature().id().to_string());
                    ask.url(&format!("{}/items/{}?f=html", path_of(layer), segment(&id)))
                };
                let (params, catalog) = (&ask.params, &ask.catalog);
                asked.draw((params, catalog), &line, (ask.lang, ask.format), Some(&href), budget)
            }
        });
        let (made, missing) = made.await??;
        let mut response = ask.finish(ask.body(made.into()));
        tell_missing(&mut response, &missing);
        return Ok(response);
    }
    let looked: Vec<_> = asked.layers.clone();
    let told = blocking(limits.patience, {
        let (ask, line) = (Arc::clone(&ask), line.clone());
        move |budget| {
            let found = asked.find(&ask.catalog, &line, budget)?;
            Ok::<_, Problem>(told::along(&line, &found, asked.most, asked.farthest, ask.lang))
        }
    });
    let told = told.await??;
    let (layer, lang) = (line.indexed.layer(), ask.lang);
    let path = format!("{}/items/{}", path_of(layer), segment(&feature));
    let (name, word) = (line.feature().name(lang), lang.pick("沿线", "Along"));
    let mut links = vec![link(ask.url(&path), "item", GEOJSON, &*name)];
    links.extend(looked.iter().map(|indexed| profile_link(&ask, indexed.layer(), layer, &feature)));
    let crumbs = [
        (lang.pick("要素集", "Collections"), "/collections".to_owned()),
        (layer.about.title.say(lang), path_of(layer)),
        (&*name, path.clone()),
        (word, format!("{path}/along")),
    ];
    let strip = ask.here(&[("f", MAP_SVG.name), ("lang", lang.name())], "alternate", MAP_SVG, "");
    let picture = html! { p { a href=(strip.href) { img src=(strip.href) alt=(lang.pick("沿线图", "strip diagram")) style="max-width:100%"; } } };
    Ok(document(&ask, told, format!("{name}{}{word}", lang.pick("：", ": ")), &crumbs, links, &picture))
}

/// A link to how many features of a collection stand in each stretch of a line.
fn profile_link(ask: &Ask, counted: &Layer, layer: &Layer, id: &str) -> Link {
    let line = super::reports::encoded(&format!("along:{}/{id}", layer.id));
    let href = ask.url(&format!("{}/{}?group-by={line}", path_of(counted), aggregates::NAME));
    let title = counted.about.title.say(ask.lang);
    let title = match ask.lang {
        Lang::Zh => format!("{title}：沿线密度"),
        Lang::En => format!("{title}: density along the line"),
    };
    link(href, aggregates::REL, JSON, title)
}

/// The strip diagram of a line for the command line: SVG, or PNG.
///
/// # Errors
/// What was wrong with a parameter, in words.
pub fn draw_strip(
    catalog: &Catalog,
    line: &str,
    parameters: &[(&str, String)],
    lang: Lang,
    as_pixels: bool,
) -> Result<Vec<u8>, String> {
    let limits = Limits::default();
    let draw = || {
        let params = Params::of_pairs(parameters, &self::parameters(catalog, limits))?;
        let line = line_of(catalog, line)?;
        let asked = Asked::read(&params, catalog, &line, limits)?;
        let form = if as_pixels { MAP_PNG } else { MAP_SVG };
        let (bytes, _) = asked.draw((&params, catalog), &line, (lang, form), None, &Budget::default())?;
        Ok(bytes)
    };
    draw().map_err(|problem: Problem| problem.detail().to_owned())
}

/// The feature that a command names as collection:id.
pub(super) fn line_of(catalog: &Catalog, line: &str) -> Result<Member, Problem> {
    let (collection, id) = line.split_once(':').unwrap_or((line, ""));
    let indexed = collections::find(catalog, collection)?;
    let ix = indexed.find(id).ok_or_else(|| Problem::not_found("item", id))?;
    Ok(Member { indexed, ix })
}
