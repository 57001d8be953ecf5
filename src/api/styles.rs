//! The styles of the map, and the sources that they draw.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use maud::html;
use serde_json::{Map, Value, json};

use super::document::{Ask, Document, links_json};
use super::landing::FORMS;
use super::link::{link, segment};
use super::negotiate::{Format, GEOJSON, STYLE};
use super::params::{Parameter, format_parameter, read};
use super::path::Path;
use super::problem::Problem;
use super::{App, blocking, tilesets};
use crate::catalog::Catalog;
use crate::geometry::Bounds;
use crate::index::IndexedLayer;
use crate::map;
use crate::map::sources::{self, PARCEL, SOURCES};
use crate::map::style::{self, Look, Theme, View};
use crate::map::words::is_intended;
use crate::model::{Lang, Words};
use crate::render::{drawn, html::Link};
use crate::tile::MatrixSet;

const ROOT: &str = "/styles";
const STYLE_FORMS: &[Format] = &[STYLE];
const SOURCE_FORMS: &[Format] = &[GEOJSON];
const FILE_SUFFIX: &str = ".geojson";

/// The deepest level that tiles of parcels are asked for; a unit of them is 15 cm of the equator.
const FINEST_PARCELS: u8 = 16;
/// The window, in pixels, that a map is thought to have when it opens.
const WINDOW: [f64; 2] = [1024.0, 768.0];

/// What is said of made-up data.
const MADE_UP: [&str; 2] = ["合成样例，不代表真实地块", "synthetic sample, not real parcels"];

/// `lang`, which pictures of the map have, too.
pub fn language_parameter() -> Parameter {
    Parameter::new(
        "lang",
        "Language of names and words; wins over the header Accept-Language.",
        json!({ "type": "string", "enum": Lang::ALL.map(Lang::name) }),
    )
}

/// `theme`, which pictures of the map have, too.
pub fn theme_parameter() -> Parameter {
    Parameter::new(
        "theme",
        "Colours of the map.",
        json!({ "type": "string", "enum": Theme::ALL.map(Theme::name), "default": Theme::default().name() }),
    )
}

/// A request in the language that it names.
fn asked(
    app: &App,
    uri: &Uri,
    headers: &HeaderMap,
    own: impl IntoIterator<Item = Parameter>,
    forms: &'static [Format],
) -> Result<Ask, Problem> {
    let table: Vec<Parameter> =
        own.into_iter().chain([language_parameter(), format_parameter(forms)]).collect();
    Ask::read(app, app.catalog.snapshot(), uri, headers, &table, forms)?.spoken()
}

fn view(name: &str) -> Result<View, Problem> {
    View::parse(name).ok_or_else(|| {
        Problem::not_found(&format!("style (there are {}) named", View::ALL.map(View::name).join(", ")), name)
    })
}

fn title(view: View, lang: Lang) -> &'static str {
    match view {
        View::Explore => lang.pick("创新空间格局", "Innovation layout"),
        View::Parcels => lang.pick("地块", "Parcels"),
    }
}

/// The styles there are: `GET /styles`.
pub async fn list(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let ask = asked(&app, &uri, &headers, [], FORMS)?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let lang = ask.lang;
    let variants: Vec<(View, Vec<Link>)> = View::ALL
        .into_iter()
        .map(|view| {
            let variant = |theme: Theme, of: Lang| {
                let href = address(&ask, Look { view, theme, lang: of });
                let colours = match theme {
                    Theme::Light => lang.pick("浅色", "light"),
                    Theme::Dark => lang.pick("深色", "dark"),
                };
                let name = format!("{} ({colours}, {})", title(view, lang), of.pick("中文", "English"));
                link(href, "stylesheet", STYLE, name)
            };
            let links = Theme::ALL.into_iter().flat_map(|theme| Lang::ALL.map(|of| variant(theme, of)));
            (view, links.collect())
        })
        .collect();
    let styles: Vec<Value> = variants
        .iter()
        .map(|(view, links)| json!({ "id": view.name(), "title": title(*view, lang), "links": links_json(links) }))
        .collect();
    let html = html! {
        p { (lang.pick(
            "MapLibre 地图样式，与本服务的网页地图相同。",
            "MapLibre styles of the map, the same as those of the web map of this service.",
        )) }
        @for (view, links) in &variants {
            h2 { (title(*view, lang)) }
            ul { @for link in links { li { a href=(link.href) { (link.title) } } } }
        }
    };
    let json = json!({ "default": View::Explore.name(), "styles": styles });
    let title = lang.pick("地图样式", "Map styles").to_owned();
    let crumbs = vec![(title.clone(), ask.base.url("/styles?f=html"))];
    Ok(ask.document(Document { title, crumbs, links: ask.own_links(), json, html }))
}

/// Where the style of a look is.
fn address(ask: &Ask, look: Look) -> String {
    let (theme, lang) = (look.theme.name(), look.lang.name());
    ask.base.url(&format!("{ROOT}/{}?theme={theme}&lang={lang}", look.view.name()))
}

/// One style: `GET /styles/{view}`.
pub async fn one(
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let view = view(&name)?;
    let ask = asked(&app, &uri, &headers, [theme_parameter()], STYLE_FORMS)?;
    let theme = read(&ask.params, "theme", "light or dark", Theme::parse)?.unwrap_or_default();
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let style = document(&ask, Look { view, theme, lang: ask.lang });
    Ok(ask.finish(ask.body(style.to_string().into())))
}

/// The features of one source of a style: `GET /styles/{view}/sources/{source}.geojson`.
pub async fn source(
    State(app): State<Arc<App>>,
    Path((name, file)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    view(&name)?;
    let known = |name: &str| SOURCES.into_iter().find(|known| *known == name);
    let source = file.strip_suffix(FILE_SUFFIX).and_then(known);
    let source = source.ok_or_else(|| Problem::not_found("source of styles", &file))?;
    let ask = asked(&app, &uri, &headers, [], SOURCE_FORMS)?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let (catalog, lang) = (Arc::clone(&ask.catalog), ask.lang);
    let written = blocking(app.config.limits.patience, move |_| {
        drawn::collection(&sources::source(&catalog, source, lang).unwrap_or_default())
    });
    Ok(ask.finish(ask.body(written.await?.into())))
}

/// A style by the `MapLibre` style specification. Sources that no layer of the catalogue feeds are left out with what
/// they would draw.
fn document(ask: &Ask, look: Look) -> Value {
    let about = &ask.catalog.about;
    let parcels: Vec<&IndexedLayer> =
        sources::parcels(&ask.catalog, look.view).map(|indexed| &**indexed).collect();
    let mut drawn = Map::new();
    for source in SOURCES.into_iter().filter(|source| feeding(&ask.catalog, source).next().is_some()) {
        drawn.insert(source.to_owned(), small_source(ask, look, source));
    }
    if !parcels.is_empty() {
        drawn.insert(PARCEL.to_owned(), parcel_source(ask, look, &parcels));
    }
    let layers: Vec<Value> = style::layers(look)
        .iter()
        .filter(|layer| layer["source"].as_str().is_none_or(|source| drawn.contains_key(source)))
        .flat_map(
            |layer| if layer["source"] == PARCEL { of_parcels(layer, &parcels) } else { vec![layer.clone()] },
        )
        .collect();
    let mut style = json!({
        "version": 8,
        "name": format!("{} · {}", about.title.say(look.lang), title(look.view, look.lang)),
        "metadata": metadata(ask, look, &drawn, &parcels),
    });
    if let Some((center, zoom)) = ask.catalog.start_extent().map(opening) {
        style["center"] = json!(center);
        style["zoom"] = json!(zoom);
    }
    style["sprite"] = ask.base.url(&format!("{ROOT}/sprites/{}", look.theme.name())).into();
    style["sources"] = drawn.into();
    style["layers"] = layers.into();
    style
}

/// The layers of the catalogue that feed a source.
fn feeding<'a>(catalog: &'a Catalog, source: &str) -> impl Iterator<Item = &'a IndexedLayer> + use<'a> {
    let parts = sources::parts(source);
    catalog.layers().map(|indexed| &**indexed).filter(move |indexed| {
        let layer = indexed.layer();
        !layer.is_empty() && parts.contains(&layer.about.role())
    })
}

/// A source whose features are fetched whole. The tolerance is that of the web map.
fn small_source(ask: &Ask, look: Look, source: &str) -> Value {
    let path = format!("{ROOT}/{}/sources/{source}{FILE_SUFFIX}?lang={}", look.view.name(), look.lang.name());
    let mut json = json!({ "type": "geojson", "data": ask.base.url(&path), "tolerance": 0.2 });
    // The layers behind the others are credited by the source of their own name.
    if !matches!(source, "mask" | "belt-line" | "area" | "label") {
        let layers: Vec<&IndexedLayer> = feeding(&ask.catalog, source).collect();
        let notice = is_intended(source).then(|| map::schematic(&ask.catalog, look.lang)).flatten();
        credit(&mut json, ask, look.lang, &layers, notice.as_deref());
    }
    json
}

/// Parcels as vector tiles, one layer in them for each collection. They carry no fields, so that more of them fit into
/// a tile; their ids lead to the rest.
fn parcel_source(ask: &Ask, look: Look, parcels: &[&IndexedLayer]) -> Value {
    let ids: Vec<String> = parcels.iter().map(|indexed| segment(indexed.layer().id.as_str())).collect();
    let tiles = ask.base.url(&format!("/tiles/{}/{{z}}/{{x}}/{{y}}.mvt?properties=", ids.join(",")));
    let shown = style::layers(look).iter().filter(|layer| layer["source"] == PARCEL);
    let coarsest = shown.filter_map(|layer| layer["minzoom"].as_u64()).min().unwrap_or(0);
    let mut json =
        json!({ "type": "vector", "tiles": [tiles], "minzoom": coarsest, "maxzoom": FINEST_PARCELS });
    let bounds = tilesets::bounds_of(parcels.iter().map(|indexed| indexed.layer()));
    if let Some(bounds) = bounds {
        json["bounds"] = json!(bounds.bbox());
    }
    credit(&mut json, ask, look.lang, parcels, None);
    json
}

/// Says on the map who is credited for a source, that it is made up, and what else is to be known.
fn credit(json: &mut Value, ask: &Ask, lang: Lang, layers: &[&IndexedLayer], notice: Option<&str>) {
    let made_up = layers.iter().any(|indexed| indexed.layer().about.synthetic);
    let made_up = made_up.then(|| lang.pick(MADE_UP[0], MADE_UP[1]));
    let credited = layers.iter().map(|indexed| ask.catalog.attribution(indexed.layer()).say(lang));
    let told = credits(credited.chain(made_up).chain(notice), lang);
    if !told.is_empty() {
        json["attribution"] = told.into();
    }
}

/// What is said of a source, each line once, as HTML: that is what map libraries take it for.
pub fn credits<'a>(lines: impl Iterator<Item = &'a str>, lang: Lang) -> String {
    let mut told: Vec<&str> = Vec::new();
    for line in lines {
        if !line.is_empty() && !told.contains(&line) {
            told.push(line);
        }
    }
    html! { (told.join(lang.pick("；", "; "))) }.into_string()
}

/// A layer of parcels for each collection of them, which is a layer of the tiles.
fn of_parcels(layer: &Value, parcels: &[&IndexedLayer]) -> Vec<Value> {
    let of = |indexed: &&IndexedLayer| {
        let id = indexed.layer().id.as_str();
        let mut layer = layer.clone();
        if let (Some(name), 2..) = (layer["id"].as_str(), parcels.len()) {
            layer["id"] = format!("{name}:{id}").into();
        }
        layer["source-layer"] = id.into();
        layer
    };
    parcels.iter().map(of).collect()
}

/// What is to be known of the data behind a style.
fn metadata(ask: &Ask, look: Look, drawn: &Map<String, Value>, parcels: &[&IndexedLayer]) -> Value {
    let (about, lang) = (&ask.catalog.about, look.lang);
    let mut json = json!({ "innospace:revision": ask.catalog.revision.to_string() });
    let mut tell = |name: &str, value: &str| {
        if !value.is_empty() {
            json[format!("innospace:{name}")] = value.into();
        }
    };
    let say = |words: &Words| words.say(lang).to_owned();
    tell("description", &say(&about.description));
    tell("attribution", &say(&about.attribution));
    tell("licence", &about.licence);
    tell("data-date", &about.data_date.map(|day| day.to_string()).unwrap_or_default());
    tell("approval-number", &about.approval_number);
    if drawn.keys().any(|source| is_intended(source)) {
        tell("notice", &map::schematic(&ask.catalog, lang).unwrap_or_default());
    }
    let whole = SOURCES.into_iter().flat_map(|source| feeding(&ask.catalog, source));
    let made_up = whole.chain(parcels.iter().copied()).any(|indexed| indexed.layer().about.synthetic);
    json["innospace:synthetic"] = made_up.into();
    json
}

/// The centre of an extent, and the zoom at which a window of usual size shows it whole.
fn opening(extent: Bounds) -> ([f64; 2], f64) {
    /// Pixels of the world at zoom 0.
    const WORLD: f64 = 512.0;
    let set = MatrixSet::WebMercatorQuad;
    // The square of the world ends before the poles.
    let down = |latitude: f64| set.place([0.0, latitude])[1].clamp(0.0, 1.0);
    let (south, north) = (down(extent.south), down(extent.north));
    let shares = [extent.width() / 360.0, south - north];
    // What is a single position is shown from near by.
    let zooms =
        shares.into_iter().zip(WINDOW).map(|(share, pixels)| (pixels / (WORLD * share.max(1e-6))).log2());
    let zoom = zooms.fold(f64::INFINITY, f64::min).clamp(0.0, 17.0);
    let [longitude, _] = extent.middle();
    let latitude = set.latitude(f64::midpoint(south, north));
    let rounded = |value: f64, unit: f64| (value * unit).round() / unit;
    ([rounded(longitude, 1e5), rounded(latitude, 1e5)], rounded(zoom, 100.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_map_opens_on_the_whole_extent() {
        let bounds =
            |west, south, east, north| Bounds::new(west, south, east, north).expect("edges in range");
        // 90 degrees are 128 pixels of zoom 0, and 1024 pixels are 2^3 times as many.
        assert_eq!(opening(bounds(-45.0, -10.0, 45.0, 10.0)), ([0.0, 0.0], 3.0));
        // The whole world is 512 pixels high, and 768 are 2^0.585 times as many.
        assert_eq!(opening(Bounds::WORLD), ([0.0, 0.0], 0.58));
        // Over the antimeridian, 4 degrees wide: 1024 pixels are 2^7.49 times as many as they are at zoom 0.
        let (center, zoom) = opening(bounds(178.0, 0.0, -178.0, 0.0));
        assert_eq!((center, zoom), ([180.0, 0.0], 7.49));
        assert_eq!(opening(bounds(114.0, 0.0, 114.0, 0.0)), ([114.0, 0.0], 17.0));
    }
}
