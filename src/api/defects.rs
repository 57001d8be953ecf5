//! Do the polygons of a collection fit together: `…/topology`, and the same for the command line.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use serde_json::json;

use super::collections::{self, path_of};
use super::document::{Ask, Document};
use super::link::{link, segment};
use super::negotiate::{CSV, FLATGEOBUF, Format, GEOJSON, GEOPARQUET, HTML, JSON, KML, XLSX};
use super::params::{self, Parameter, Params, format_parameter, read, selecting_parameters};
use super::problem::Problem;
use super::{App, blocking, forms};
use crate::catalog::Catalog;
use crate::config::Limits;
use crate::geometry::{Crs, GeometryKind};
use crate::index::IndexedLayer;
use crate::model::{Field, FieldIx, Lang, Layer};
use crate::query::defects::{Checked, Checking, Kind, MOST_REACHED, Tolerances, check, is_numbering};
use crate::query::{Budget, Page, Selection};
use crate::render::defects::Told;
use crate::render::html::Link;
use crate::render::{Cover, RenderError, View};

/// The last part of the path.
pub const NAME: &str = "topology";
/// The relation of links to it; there is no registered one.
const REL: &str = "urn:innospace:rel:topology";
/// The forms of defects.
pub const FORMS: &[Format] = &[GEOJSON, HTML, CSV, XLSX, KML, FLATGEOBUF, GEOPARQUET];
/// The forms by POST: pages are for GET.
pub const POSTED_FORMS: &[Format] = &[GEOJSON, CSV, XLSX, KML, FLATGEOBUF, GEOPARQUET];

/// Names that the resource has beside those of the selection.
const OWN: &[&str] =
    &["kind", "tolerance", "sliver-width", "gap-area", "area-tolerance", "area-field", "number-field"];
/// Defects of a page when none are asked for.
const USUAL_ITEMS: u32 = 100;
/// The most defects of a page.
const MOST_ITEMS: u32 = 10_000;
/// All that a page may reach.
#[expect(clippy::cast_possible_truncation, reason = "a hundred thousand")]
const ALL_ITEMS: u32 = MOST_REACHED as u32;

/// The link to it from a collection that has polygons.
pub fn link_to(ask: &Ask, layer: &Layer) -> Option<Link> {
    let has_polygons = layer.geometries().kinds().into_iter().any(GeometryKind::is_areal);
    let href = ask.url(&format!("{}/{NAME}", path_of(layer)));
    has_polygons.then(|| link(href, REL, GEOJSON, title(ask.lang)))
}

fn title(lang: Lang) -> &'static str {
    lang.pick("拓扑检查", "topology check")
}

/// Names of the fields that fit.
fn names(layer: &Layer, fits: impl Fn(&Field) -> bool) -> Vec<&str> {
    layer
        .schema
        .fields()
        .map(|(_, field)| field)
        .filter(|field| fits(field))
        .map(|field| &*field.name)
        .collect()
}

fn is_area(field: &Field) -> bool {
    field.square_metres().is_some()
}

/// The parameters of the check of a layer.
pub fn parameters(layer: &Layer, limits: Limits, offers: &[Format]) -> Vec<Parameter> {
    table(layer, limits, offers, [USUAL_ITEMS, MOST_ITEMS])
}

fn table(layer: &Layer, limits: Limits, offers: &[Format], [usual, most]: [u32; 2]) -> Vec<Parameter> {
    let tolerances = Tolerances::usual(layer);
    let number = |name: &'static str, description: &'static str, usual: f64| {
        Parameter::new(name, description, json!({ "type": "number", "minimum": 0, "default": usual }))
    };
    let field = |name: &'static str, description: &'static str, known: Vec<&str>| {
        let schema =
            json!({ "type": "string", "enum": known.iter().copied().chain([""]).collect::<Vec<_>>() });
        Parameter::new(name, description, schema)
    };
    let own = [
        Parameter::new(
            "kind",
            "The kinds of defects to list, split by commas; all when left out. All kinds are counted whatever is listed.",
            json!({ "type": "array", "minItems": 1, "items": { "type": "string", "enum": Kind::ALL.map(Kind::name) } }),
        ),
        number(
            "tolerance",
            "Overlaps and gaps narrower than this many metres are rounding: they are counted together and not listed. The width \
             of a place is twice its area by its perimeter.",
            tolerances.rounding_m,
        ),
        number(
            "sliver-width",
            "Overlaps, gaps and features narrower than this many metres are slivers.",
            tolerances.sliver_m,
        ),
        number(
            "gap-area",
            "Ground that neighbours enclose without covering it is a gap up to this many square metres; slivers count whatever \
             their area. What reaches farther than 500 m is no gap.",
            tolerances.gap_m2,
        ),
        number(
            "area-tolerance",
            "The share of the measured area by which a stated one may differ.",
            tolerances.area_share,
        ),
        Parameter::new(
            "limit",
            "The most defects to return; a larger number is taken as the maximum.",
            json!({ "type": "integer", "minimum": 1, "maximum": most, "default": usual }),
        ),
        Parameter::new(
            "offset",
            "Defects to skip; links next and prev carry it. Up to 100,000 can be reached.",
            json!({ "type": "integer", "minimum": 0, "default": 0 }),
        ),
    ];
    let fields = [
        field(
            "area-field",
            "The field of stated areas, in its unit; the first whose name begins with area when left out, none when empty.",
            names(layer, is_area),
        ),
        field(
            "number-field",
            "The field of numbers that stand once; the first that features are looked for by code in when left out, none when empty.",
            names(layer, is_numbering),
        ),
    ];
    own.into_iter()
        .chain(fields)
        .chain(selecting_parameters(layer, limits, OWN))
        .chain([format_parameter(offers)])
        .collect()
}

/// What a request asks.
fn asked(
    params: &Params,
    catalog: &Catalog,
    layer: &Layer,
    [usual, most]: [u32; 2],
) -> Result<Checking, Problem> {
    let from_0 =
        |text: &str| text.trim().parse().ok().filter(|number: &f64| number.is_finite() && *number >= 0.0);
    let number = |name: &str, what: &str, usual: f64| {
        let expected = format!("{what}, a number from 0 on");
        read(params, name, &expected, from_0).map(|number| number.unwrap_or(usual))
    };
    let field =
        |name: &str, fits: fn(&Field) -> bool, what: &str, usual: Option<FieldIx>| match params.get(name) {
            None => Ok(usual),
            Some("") => Ok(None),
            Some(text) => {
                let found = layer.schema.find(text).filter(|(_, field)| fits(field)).map(|(at, _)| at);
                found.map(Some).ok_or_else(|| {
                    let expected = match names(layer, fits).join(", ") {
                        known if known.is_empty() => format!("nothing, since the collection has no {what}"),
                        known => format!("a {what}, or nothing; such are {known}"),
                    };
                    Problem::parameter(name, text, &expected)
                })
            }
        };
    let known = Tolerances::usual(layer);
    let kinds = format!("kinds split by commas; kinds are {}", Kind::ALL.map(Kind::name).join(", "));
    let page = params::page(params, usual, most)?;
    if page.offset.saturating_add(u64::from(page.limit)) > MOST_REACHED {
        let expected = format!(
            "with limit at most {MOST_REACHED} together; bbox, filter and kind narrow what is listed"
        );
        return Err(Problem::parameter("offset", &page.offset.to_string(), &expected));
    }
    Ok(Checking {
        select: params::selection(params, layer, catalog, OWN)?,
        tolerances: Tolerances {
            rounding_m: number("tolerance", "metres", known.rounding_m)?,
            sliver_m: number("sliver-width", "metres", known.sliver_m)?,
            gap_m2: number("gap-area", "square metres", known.gap_m2)?,
            area_share: number("area-tolerance", "a share", known.area_share)?,
            area_field: field("area-field", is_area, "field of areas with a unit", known.area_field)?,
            number_field: field(
                "number-field",
                is_numbering,
                "field of texts or whole numbers",
                known.number_field,
            )?,
        },
        kinds: read(params, "kind", &kinds, Kind::parse_list)?.unwrap_or_default(),
        page,
    })
}

/// The answer to what was asked, by GET or POST.
pub async fn answer(app: Arc<App>, ask: Ask, indexed: Arc<IndexedLayer>) -> Result<Response, Problem> {
    let ask = Arc::new(ask);
    let question = blocking(app.config.limits.patience, {
        let (ask, indexed) = (Arc::clone(&ask), Arc::clone(&indexed));
        move |budget| {
            let question = asked(&ask.params, &ask.catalog, indexed.layer(), [USUAL_ITEMS, MOST_ITEMS])?;
            // What the layer does not understand is refused before anything is looked for.
            crate::query::plan(&question.select, &indexed, budget)?;
            Ok::<_, Problem>(question)
        }
    });
    let question = question.await??;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let (question, checked) = blocking(app.config.limits.patience, {
        let indexed = Arc::clone(&indexed);
        move |budget| check(&question, &indexed, budget).map(|checked| (question, checked))
    })
    .await??;
    let response = respond(&app, &ask, indexed.layer(), &question, &checked).await?;
    let links = links(&ask, indexed.layer(), question.page, &checked);
    let counts = (checked.matched, checked.defects.len() as u64);
    let mut response = forms::with_headers(response, &ask, indexed.layer(), Crs::Crs84, counts, &links);
    forms::name_file(&mut response, ask.format, &format!("{}-{NAME}", indexed.layer().id));
    Ok(ask.finish(response))
}

/// Links of a page: itself, its other forms, the collection, the pages before and after.
fn links(ask: &Ask, layer: &Layer, page: Page, checked: &Checked) -> Vec<Link> {
    let mut links = ask.own_links();
    links.push(link(ask.url(&path_of(layer)), "collection", JSON, layer.about.title.say(ask.lang)));
    // What cannot be reached is not linked to.
    let turns = ask.turns(page, checked.defects.len(), checked.matched);
    let most = MOST_REACHED.saturating_sub(u64::from(page.limit) * 2);
    links.extend(turns.into_iter().filter(|turn| turn.rel != "next" || page.offset <= most));
    links
}

async fn respond(
    app: &App,
    ask: &Ask,
    layer: &Layer,
    question: &Checking,
    checked: &Checked,
) -> Result<Response, Problem> {
    let lang = ask.lang;
    let told = Told { asked: question, checked, layer, lang };
    let internal = |fault: RenderError| Problem::internal(fault.to_string());
    let links = links(ask, layer, question.page, checked);
    match ask.format {
        CSV => Ok(ask.body(Body::from(told.csv().map_err(internal)?))),
        XLSX => {
            let cover = forms::cover(ask, layer, checked.matched, question.page, checked.defects.len());
            Ok(ask.body(Body::from(told.xlsx(&cover).map_err(internal)?)))
        }
        GEOJSON | HTML => {
            let title =
                format!("{}{}", layer.about.title.say(lang), lang.pick("拓扑检查", ": topology check"));
            let here = (self::title(lang), format!("{}/{NAME}", path_of(layer)));
            let crumbs = collections::crumbs(ask, layer, &[here]);
            let mut json = told.json().map_err(internal)?;
            ask.date(&mut json);
            let address =
                |id: &str| ask.url(&format!("{}/items/{}?f={}", path_of(layer), segment(id), HTML.name));
            let only =
                |kind: Kind| ask.here(&[("kind", kind.name()), ("offset", "")], "related", HTML, "").href;
            let html = told.html(address, only);
            Ok(ask.document(Document { title, crumbs, links, json, html }))
        }
        _ => {
            let made = told.layer()?;
            let picked = Selection { matched: checked.matched, items: made.positions().collect() };
            let view = View { lang, ..View::whole(&made, Crs::Crs84) };
            forms::answer(app, ask, made, picked, question.page, view, &links).await
        }
    }
}

/// The same answer without a server: parameters as in an address, without their percent signs. Tells how many defects there
/// are beside what `write` makes of them.
///
/// # Errors
/// What was wrong with the parameters, in words.
pub fn topology(
    catalog: &Catalog,
    collection: Option<&str>,
    parameters: &[(&str, String)],
    lang: Lang,
    write: impl FnOnce(&Told<'_>, &Cover) -> Result<Vec<u8>, RenderError>,
) -> Result<(Vec<u8>, u64), String> {
    let words = |problem: Problem| problem.detail().to_owned();
    let indexed = collections::named_or_parcels(catalog, collection).map_err(words)?;
    let layer = indexed.layer();
    let table = table(layer, Limits::default(), FORMS, [ALL_ITEMS; 2]);
    let params = Params::of_pairs(parameters, &table).map_err(words)?;
    let asked = asked(&params, catalog, layer, [ALL_ITEMS; 2]).map_err(words)?;
    let checked = check(&asked, &indexed, &Budget::default()).map_err(|fault| fault.to_string())?;
    let told = Told { asked: &asked, checked: &checked, layer, lang };
    let cover = Cover {
        matched: checked.matched,
        offset: asked.page.offset,
        returned: checked.defects.len() as u64,
        ..forms::cover_of(&params, catalog, layer, lang)
    };
    let made = write(&told, &cover).map_err(|fault| fault.to_string())?;
    Ok((made, checked.counts.total()))
}
