//! Tile matrix sets (OGC 17-083r4), tilesets (OGC 20-057) and their `TileJSON`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri, header};
use axum::response::Response;
use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::collections::{self, path_of};
use super::document::{Ask, Document, ROOT, links_json};
use super::landing::FORMS;
use super::link::{Base, link, segment};
use super::negotiate::{Format, GEOJSON, HTML, JSON, MVT, TILEJSON};
use super::params::{Parameter, format_parameter};
use super::path::Path;
use super::problem::Problem;
use super::styles;
use super::tiles::{self, set_of};
use super::{App, blocking};
use crate::archive::Order;
use crate::catalog::Catalog;
use crate::geometry::{Bounds, Crs, GeometryKind, to_grid};
use crate::index::IndexedLayer;
use crate::model::{Domain, Lang, Layer};
use crate::query::Budget;
use crate::render::html::{self as pages, Link};
use crate::render::schema::value_schema;
use crate::tile::{FINEST, MatrixSet, TILE_PIXELS, counts_name, id_attribute};

/// The forms of one tileset.
const TILESET_FORMS: &[Format] = &[JSON, TILEJSON, HTML];
const TILEJSON_FORMS: &[Format] = &[TILEJSON];

/// Relation of a link to the list of tilesets.
pub const LIST_REL: &str = "http://www.opengis.net/def/rel/ogc/1.0/tilesets-vector";
/// Relation of a link to the list of tile matrix sets.
pub const SETS_REL: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-schemes";
/// Relation of a link to a tile matrix set.
const SET_REL: &str = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme";

type Answer = Result<Response, Problem>;

/// The window around layers, which may cross the antimeridian; none when nothing in them has a position.
fn window_of<'a>(layers: impl Iterator<Item = &'a Layer>) -> Option<Bounds> {
    Bounds::around(layers.filter_map(|layer| layer.extent?.bounds))
}

/// The window around layers as `TileJSON` and archives may state it, which must not cross the antimeridian.
pub fn bounds_of<'a>(layers: impl Iterator<Item = &'a Layer>) -> Option<Bounds> {
    window_of(layers).map(Bounds::uncrossed)
}

/// What tilesets are of: a collection, or all that there is.
#[derive(Clone)]
struct Subject {
    /// Path below the root of the API.
    path: String,
    title: String,
    crumbs: Vec<(String, String)>,
    layers: Vec<Arc<IndexedLayer>>,
    is_dataset: bool,
}

impl Subject {
    fn of_collection(catalog: &Catalog, id: &str, lang: Lang) -> Result<Self, Problem> {
        let indexed = collections::find(catalog, id)?;
        let layer = indexed.layer();
        let title = layer.about.title.say(lang).to_owned();
        let collections = (lang.pick("要素集", "Collections").to_owned(), "/collections".to_owned());
        let crumbs = vec![collections, (title.clone(), path_of(layer))];
        let path = format!("{}/tiles", path_of(layer));
        Ok(Self { path, title, crumbs, layers: vec![indexed], is_dataset: false })
    }

    fn of_all(catalog: &Catalog, lang: Lang) -> Self {
        let layers = catalog.layers().cloned().collect();
        let title = catalog.about.title.say(lang).to_owned();
        Self { path: "/tiles".to_owned(), title, crumbs: Vec::new(), layers, is_dataset: true }
    }

    fn window(&self) -> Option<Bounds> {
        window_of(self.layers.iter().map(|layer| layer.layer()))
    }

    /// The names of the layers in a plain address.
    fn list(&self) -> String {
        let ids: Vec<_> = self.layers.iter().map(|layer| segment(layer.layer().id.as_str())).collect();
        ids.join(",")
    }
}

/// The tilesets of a collection, or all of the dataset, in a list.
fn list(
    app: &App,
    uri: &Uri,
    headers: &HeaderMap,
    subject: impl FnOnce(&Catalog, Lang) -> Result<Subject, Problem>,
) -> Answer {
    let ask = Ask::read(app, app.catalog.snapshot(), uri, headers, &[format_parameter(FORMS)], FORMS)?;
    let subject = subject(&ask.catalog, ask.lang)?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let title = ask.lang.pick("瓦片集", "Tilesets");
    let tilesets: Vec<Value> = MatrixSet::ALL
        .into_iter()
        .map(|set| {
            let mut json = summary(&subject, set);
            json["links"] = links_json(&[
                link(ask.url(&format!("{}/{}", subject.path, set.id())), "self", JSON, set.title()),
                set_link(&ask, set),
            ]);
            json
        })
        .collect();
    let html = html! { ul { @for set in MatrixSet::ALL {
        li { a href=(ask.url(&format!("{}/{}?f=html", subject.path, set.id()))) { (set.id()) } " — " (set.title()) }
    } } };
    let crumbs = crumbs(&ask, &subject, &[]);
    let title = format!("{}{}{title}", subject.title, ask.lang.pick("：", ": "));
    let json = json!({ "tilesets": tilesets });
    Ok(ask.document(Document { title, crumbs, links: ask.own_links(), json, html }))
}

pub async fn of_collection(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Answer {
    list(&app, &uri, &headers, |catalog, lang| Subject::of_collection(catalog, &id, lang))
}

pub async fn of_all(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Answer {
    list(&app, &uri, &headers, |catalog, lang| Ok(Subject::of_all(catalog, lang)))
}

pub async fn one_of_collection(
    State(app): State<Arc<App>>,
    Path((id, set)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Answer {
    one(&app, &set, &uri, &headers, false, |ask| Subject::of_collection(&ask.catalog, &id, ask.lang))
}

pub async fn one_of_all(
    State(app): State<Arc<App>>,
    Path(set): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Answer {
    one(&app, &set, &uri, &headers, true, |ask| {
        let mut subject = Subject::of_all(&ask.catalog, ask.lang);
        if let Some(list) = ask.params.get("collections") {
            subject.layers = tiles::layers_of(&ask.catalog, list, "collections")?;
        }
        Ok(subject)
    })
}

/// The parameters of one tileset; that of the dataset has the choice of collections (OGC 20-057,
/// `/req/collections-selection/query-collections`).
pub fn tileset_parameters(catalog: &Catalog, forms: &[Format], of_dataset: bool) -> Vec<Parameter> {
    let layers: Vec<_> = catalog.layers().map(|layer| layer.layer()).collect();
    let choice = of_dataset.then(|| tiles::collections_parameter(&layers));
    choice.into_iter().chain([format_parameter(forms)]).collect()
}

/// The forms of a tileset; `TileJSON` knows Web Mercator only.
pub fn forms_of(is_web_mercator: bool) -> &'static [Format] {
    if is_web_mercator { TILESET_FORMS } else { FORMS }
}

/// One tileset.
fn one(
    app: &App,
    set: &str,
    uri: &Uri,
    headers: &HeaderMap,
    of_dataset: bool,
    subject: impl FnOnce(&Ask) -> Result<Subject, Problem>,
) -> Answer {
    let set = set_of(set)?;
    let forms = forms_of(set == MatrixSet::WebMercatorQuad);
    let catalog = app.catalog.snapshot();
    let table = tileset_parameters(&catalog, forms, of_dataset);
    let ask = Ask::read(app, catalog, uri, headers, &table, forms)?;
    let subject = subject(&ask)?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    if ask.format == TILEJSON {
        let json = tile_json(&ask.catalog, &subject.layers, ask.lang, &ask.base, &subject.list(), "");
        return Ok(ask.finish(ask.body(json.to_string().into())));
    }
    let mut links = ask.own_links();
    links.push(set_link(&ask, set));
    let source = if subject.is_dataset {
        link(ask.url("/collections"), "http://www.opengis.net/def/rel/ogc/1.0/dataset", JSON, &subject.title)
    } else {
        let path = subject.path.trim_end_matches("/tiles");
        link(ask.url(path), "http://www.opengis.net/def/rel/ogc/1.0/geodata", JSON, &subject.title)
    };
    links.push(source);
    let choice = ask.params.with(&[("f", "")]);
    let template = ask.url(&format!("{}/{}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}", subject.path, set.id()));
    let items = [MVT, GEOJSON].map(|form| {
        let query = ask.params.with(&[("f", form.name)]);
        link(format!("{template}{query}"), "item", form, form.title)
    });
    let mut json = description(&ask, &subject, set);
    let html = page(&ask, &subject, set, &format!("{template}{choice}"));
    let crumbs = crumbs(&ask, &subject, &[set.id()]);
    let title = format!("{}{}{}", subject.title, ask.lang.pick("：", ": "), set.id());
    if ask.format == HTML {
        links.extend(items);
        return Ok(ask.document(Document { title, crumbs, links, json, html }));
    }
    // The links to tiles are templates, and say so (OGC 20-057, `/req/tileset/tileset-link`).
    let mut all = links_json(&links);
    let mut templates = links_json(&items);
    if let (Some(all), Some(templates)) = (all.as_array_mut(), templates.as_array_mut()) {
        for template in templates {
            template["templated"] = true.into();
            all.push(template.take());
        }
    }
    json["links"] = all;
    Ok(ask.finish(ask.body(json.to_string().into())))
}

fn crumbs(ask: &Ask, subject: &Subject, below: &[&str]) -> Vec<(String, String)> {
    let mut way = subject.crumbs.clone();
    way.push((ask.lang.pick("瓦片集", "Tilesets").to_owned(), subject.path.clone()));
    way.extend(below.iter().map(|&name| (name.to_owned(), format!("{}/{name}", subject.path))));
    let way: Vec<_> = way.iter().map(|(name, path)| (name.as_str(), path.clone())).collect();
    ask.crumbs(&way)
}

fn set_link(ask: &Ask, set: MatrixSet) -> Link {
    link(ask.url(&format!("/tileMatrixSets/{}", set.id())), SET_REL, JSON, set.title())
}

/// A tileset as it stands in a list.
fn summary(subject: &Subject, set: MatrixSet) -> Value {
    let title = format!("{} ({})", subject.title, set.id());
    let mut json = json!({ "title": title, "dataType": "vector", "crs": set.crs().to_string() });
    if let Some(uri) = set.uri() {
        json["tileMatrixSetURI"] = uri.into();
    }
    json
}

/// A tileset (OGC 17-083r4, 8.2).
fn description(ask: &Ask, subject: &Subject, set: MatrixSet) -> Value {
    let mut json = summary(subject, set);
    json["mediaTypes"] = tiles::FORMS.iter().map(|form| form.media_type).collect();
    let attribution = ask.catalog.about.attribution.say(ask.lang);
    if !attribution.is_empty() {
        json["attribution"] = attribution.into();
    }
    if let Some(window) = subject.window() {
        let bounds = window.uncrossed();
        let limits = (0..=set.last_matrix()).map(|matrix| {
            let limits = set.limits(matrix, bounds);
            json!({ "tileMatrix": matrix.to_string(), "minTileRow": limits.rows[0], "maxTileRow": limits.rows[1],
                    "minTileCol": limits.cols[0], "maxTileCol": limits.cols[1] })
        });
        json["tileMatrixSetLimits"] = limits.collect();
        json["boundingBox"] = bounding_box(bounds);
        json["centerPoint"] = json!({
            "coordinates": middle(window), "crs": Crs::Crs84.to_string(), "tileMatrix": zoom_of(set, window).to_string(),
        });
    }
    let layers = subject.layers.iter().map(|indexed| {
        let layer = indexed.layer();
        let mut json = json!({
            "id": layer.id.as_str(), "title": layer.about.title.say(ask.lang), "dataType": "vector",
            "minTileMatrix": "0", "maxTileMatrix": set.last_matrix().to_string(),
            "propertiesSchema": { "type": "object", "properties": properties(layer, ask.lang) },
        });
        if let Some(description) = &layer.about.description {
            json["description"] = description.say(ask.lang).into();
        }
        if let Some(dimension) = dimension(layer) {
            json["geometryDimension"] = dimension.into();
        }
        if let Some(bounds) = layer.extent.and_then(|extent| extent.bounds) {
            json["boundingBox"] = bounding_box(bounds.uncrossed());
        }
        if layer.about.synthetic {
            json["synthetic"] = true.into();
        }
        json
    });
    json["layers"] = layers.collect();
    json
}

fn bounding_box(bounds: Bounds) -> Value {
    json!({
        "lowerLeft": [bounds.west, bounds.south], "upperRight": [bounds.east, bounds.north],
        "crs": Crs::Crs84.to_string(), "orderedAxes": ["Lon", "Lat"],
    })
}

fn middle(bounds: Bounds) -> [f64; 2] {
    bounds.middle().map(to_grid)
}

/// The finest matrix of which one tile is as wide and high as a window.
fn zoom_of(set: MatrixSet, bounds: Bounds) -> u8 {
    let ([west, north], [east, south]) =
        (set.place([bounds.west, bounds.north]), set.place([bounds.west + bounds.width(), bounds.south]));
    let fits = |matrix: &u8| {
        let [cols, rows] = set.size(*matrix).map(f64::from);
        (east - west) * cols <= 1.0 && (south - north) * rows <= 1.0
    };
    (0..=FINEST).rev().find(fits).unwrap_or(0)
}

/// 0 for points, 1 for lines, 2 for polygons; none where kinds are mixed.
fn dimension(layer: &Layer) -> Option<u8> {
    let of = |kind: &GeometryKind| match kind {
        GeometryKind::Point | GeometryKind::MultiPoint => Some(0),
        GeometryKind::LineString | GeometryKind::MultiLineString => Some(1),
        GeometryKind::Polygon | GeometryKind::MultiPolygon => Some(2),
        GeometryKind::GeometryCollection => None,
    };
    let kinds: Vec<_> = layer.geometries().kinds().iter().map(of).collect();
    let first = *kinds.first()?;
    first.filter(|_| kinds.iter().all(|kind| *kind == first))
}

/// The attributes of a layer's features in tiles.
fn properties(layer: &Layer, lang: Lang) -> Map<String, Value> {
    let fields = layer.schema.fields().map(|(_, field)| {
        let mut schema = value_schema(field, &Domain::Any);
        if !field.kind.is_simple() {
            // Tiles hold no lists and objects; these stand there as JSON.
            schema = json!({ "type": "string", "contentMediaType": "application/json" });
        }
        if let Some(title) = &field.title {
            schema["title"] = title.say(lang).into();
        }
        (field.name.to_string(), schema)
    });
    let id = id_attribute(layer).map(|name| (name.to_owned(), json!({ "type": "string" })));
    id.into_iter().chain(fields).collect()
}

/// `TileJSON` 3.0.0 of layers; `query` goes on into the addresses of tiles.
fn tile_json(
    catalog: &Catalog,
    layers: &[Arc<IndexedLayer>],
    lang: Lang,
    base: &Base,
    list: &str,
    query: &str,
) -> Value {
    let about = &catalog.about;
    let titles: Vec<_> = layers.iter().map(|layer| layer.layer().about.title.say(lang)).collect();
    let credits = layers.iter().map(|layer| catalog.attribution(layer.layer()).say(lang));
    let mut json = json!({
        "tilejson": "3.0.0", "name": titles.join(lang.pick("、", ", ")), "description": about.title.say(lang),
        "version": "1.0.0", "scheme": "xyz", "attribution": styles::credits(credits, lang),
        "tiles": [base.url(&format!("/tiles/{list}/{{z}}/{{x}}/{{y}}.mvt{query}"))],
        "minzoom": 0, "maxzoom": FINEST, "vector_layers": vector_layers(layers, lang),
        "revision": catalog.revision.to_string(),
    });
    if let Some(window) = window_of(layers.iter().map(|layer| layer.layer())) {
        let [longitude, latitude] = middle(window);
        json["bounds"] = json!(window.uncrossed().bbox());
        json["center"] = json!([longitude, latitude, zoom_of(MatrixSet::WebMercatorQuad, window)]);
    }
    if let Some(day) = about.data_date {
        json["data_date"] = day.to_string().into();
    }
    if layers.iter().any(|layer| layer.layer().about.synthetic) {
        json["synthetic"] = true.into();
    }
    json
}

/// The layers of a tile with their attributes, and beside each the one that tells how many features there are.
fn vector_layers(layers: &[Arc<IndexedLayer>], lang: Lang) -> Vec<Value> {
    let both = layers.iter().flat_map(|indexed| {
        let layer = indexed.layer();
        let words = |name: &str, schema: &Value| {
            let title = schema["title"].as_str().unwrap_or(name);
            (name.to_owned(), Value::from(format!("{title} ({})", schema["type"].as_str().unwrap_or("value"))))
        };
        let fields: Map<_, _> =
            properties(layer, lang).iter().map(|(name, schema)| words(name, schema)).collect();
        let title = layer.about.title.say(lang);
        let counts = lang.pick("瓦片放不下全部要素时，各格内的要素数", "features by cell, where a tile cannot hold all");
        [
            json!({ "id": layer.id.as_str(), "description": title, "minzoom": 0, "maxzoom": FINEST, "fields": fields }),
            json!({ "id": counts_name(layer.id.as_str()), "description": format!("{title}: {counts}"), "minzoom": 0,
                    "maxzoom": FINEST, "fields": {
                        "present": lang.pick("在此的要素数 (integer)", "features that are there (integer)"),
                        "shown": lang.pick("画出的要素数 (integer)", "features that show (integer)") } }),
        ]
    });
    both.collect()
}

/// `TileJSON` as map libraries ask for it: `/tiles/{layers}.json`, with the conditions of its tiles.
pub async fn plain(
    State(app): State<Arc<App>>,
    Path(file): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Answer {
    let catalog = app.catalog.snapshot();
    let list = file.strip_suffix(".json").ok_or_else(|| Problem::not_found("page or file", uri.path()))?;
    let layers = tiles::plain_layers(&catalog, list)?;
    let about: Vec<_> = layers.iter().map(|layer| layer.layer()).collect();
    let mut table = tiles::parameters(&about, app.config.limits, false);
    table.retain(|parameter| parameter.name != "f");
    // Its suffix says what it is, whatever else the client would take.
    let mut headers = headers;
    headers.remove(header::ACCEPT);
    let ask = Ask::read(&app, Arc::clone(&catalog), &uri, &headers, &table, TILEJSON_FORMS)?;
    // Conditions that tiles would refuse are refused here.
    let content = tiles::Content::new(&ask.params, layers.clone(), &catalog)?;
    blocking(app.config.limits.patience, move |budget| content.check(budget)).await??;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let ids: Vec<_> = layers.iter().map(|layer| segment(layer.layer().id.as_str())).collect();
    let json = tile_json(&catalog, &layers, ask.lang, &ask.base, &ids.join(","), &ask.params.with(&[]));
    Ok(ask.finish(ask.body(json.to_string().into())))
}

/// The tiles that a command asks for, by the parameters of tiles: those of some layers, or of all when none is named.
///
/// # Errors
/// What was wrong, in words.
pub fn archive_order(
    catalog: &Catalog,
    list: &str,
    parameters: &[(&str, String)],
    bounds: Option<Bounds>,
    zooms: [u8; 2],
    lang: Lang,
) -> Result<Order, String> {
    let words = |problem: Problem| problem.detail().to_owned();
    let layers = match list {
        "" => catalog.layers().cloned().collect(),
        list => tiles::layers_of(catalog, list, "layers").map_err(words)?,
    };
    let about: Vec<_> = layers.iter().map(|layer| layer.layer()).collect();
    let window = bounds.or_else(|| window_of(about.iter().copied()));
    let window = window.ok_or_else(|| "nothing in these layers has a position".to_owned())?;
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let params = tiles::read(Some(&query), &about, false).map_err(words)?;
    let content = tiles::Content::new(&params, layers.clone(), catalog).map_err(words)?;
    content.check(&Budget::default()).map_err(words)?;
    let mut about = tile_json(catalog, &layers, lang, &Base::none(), "", "");
    about["center"] =
        json!([middle(window)[0], middle(window)[1], zoom_of(MatrixSet::WebMercatorQuad, window)]);
    let bounds = window.uncrossed();
    let name = format!("{} {zooms:?} {bounds:?} {} {about}", catalog.revision, content.what);
    Ok(Order { sheets: content.sheets, detail: content.detail, zooms, bounds, about, name })
}

pub async fn matrix_sets(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Answer {
    let ask = Ask::read(&app, app.catalog.snapshot(), &uri, &headers, &[format_parameter(FORMS)], FORMS)?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let title = ask.lang.pick("瓦片矩阵集", "Tile matrix sets").to_owned();
    let sets = MatrixSet::ALL.map(|set| {
        let path = format!("/tileMatrixSets/{}", set.id());
        let mut json = json!({ "id": set.id(), "title": set.title(), "crs": set.crs().to_string() });
        if let Some(uri) = set.uri() {
            json["uri"] = uri.into();
        }
        json["links"] = links_json(&[link(ask.url(&path), "self", JSON, set.title())]);
        json
    });
    let html = html! { ul { @for set in MatrixSet::ALL {
        li { a href=(ask.url(&format!("/tileMatrixSets/{}?f=html", set.id()))) { (set.id()) } " — " (set.title()) }
    } } };
    let crumbs = ask.crumbs(&[(&title, "/tileMatrixSets".to_owned())]);
    let json = json!({ "tileMatrixSets": sets });
    Ok(ask.document(Document { title, crumbs, links: ask.own_links(), json, html }))
}

pub async fn matrix_set(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Answer {
    let set = set_of(&id)?;
    let ask = Ask::read(&app, app.catalog.snapshot(), &uri, &headers, &[format_parameter(FORMS)], FORMS)?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let crumbs = ask.crumbs(&[
        (ask.lang.pick("瓦片矩阵集", "Tile matrix sets"), "/tileMatrixSets".to_owned()),
        (set.id(), format!("/tileMatrixSets/{}", set.id())),
    ]);
    let title = set.id().to_owned();
    Ok(ask.document(Document {
        title,
        crumbs,
        links: ask.own_links(),
        json: definition(set),
        html: matrices(set, ask.lang),
    }))
}

/// The definition of a tile matrix set (OGC 17-083r4, annex D).
fn definition(set: MatrixSet) -> Value {
    let matrices = (0..=set.last_matrix()).map(|matrix| {
        let [cols, rows] = set.size(matrix);
        json!({
            "id": matrix.to_string(), "scaleDenominator": set.scale_denominator(matrix),
            "cellSize": set.cell_size(matrix), "cornerOfOrigin": "topLeft", "pointOfOrigin": set.origin(),
            "tileWidth": TILE_PIXELS, "tileHeight": TILE_PIXELS, "matrixWidth": cols, "matrixHeight": rows,
        })
    });
    let mut json = json!({ "id": set.id(), "title": set.title(), "crs": set.crs().to_string(), "orderedAxes": set.axes() });
    if let Some(uri) = set.uri() {
        json["uri"] = uri.into();
    }
    if let Some(scale_set) = set.scale_set() {
        json["wellKnownScaleSet"] = scale_set.into();
    }
    json["tileMatrices"] = matrices.collect();
    json
}

fn matrices(set: MatrixSet, lang: Lang) -> Markup {
    html! {
        p { (set.title()) ", " code { (set.crs()) } }
        div.scroll { table {
            thead { tr {
                th scope="col" { (lang.pick("矩阵", "matrix")) }
                th scope="col" { (lang.pick("比例尺分母", "scale denominator")) }
                th scope="col" { (lang.pick("像元大小", "cell size")) }
                th scope="col" { (lang.pick("列 × 行", "columns × rows")) }
            } }
            tbody { @for matrix in 0..=set.last_matrix() { @let [cols, rows] = set.size(matrix); tr {
                td { (matrix) }
                td { (set.scale_denominator(matrix)) }
                td { (set.cell_size(matrix)) }
                td { (cols) " × " (rows) }
            } } }
        } }
    }
}

fn page(ask: &Ask, subject: &Subject, set: MatrixSet, template: &str) -> Markup {
    let lang = ask.lang;
    let parameters = tiles::parameters(
        &subject.layers.iter().map(|layer| layer.layer()).collect::<Vec<_>>(),
        crate::config::Limits::default(),
        subject.is_dataset,
    );
    html! {
        @if subject.layers.iter().any(|layer| layer.layer().about.synthetic) { (pages::synthetic_notice(lang)) }
        p { (lang.pick("瓦片地址（花括号内填写）：", "Tiles (fill in what stands in braces): ")) code { (template) } }
        @if let Some(bounds) = subject.window().map(Bounds::uncrossed) {
            p { (lang.pick("范围（西、南、东、北，度）：", "Extent (west, south, east, north; degrees): "))
                (bounds.west) ", " (bounds.south) ", " (bounds.east) ", " (bounds.north) }
            h2 { (lang.pick("瓦片范围", "Limits")) }
            div.scroll { table {
                thead { tr {
                    th scope="col" { (lang.pick("矩阵", "matrix")) }
                    th scope="col" { (lang.pick("行", "rows")) }
                    th scope="col" { (lang.pick("列", "columns")) }
                } }
                tbody { @for matrix in 0..=set.last_matrix() { @let limits = set.limits(matrix, bounds); tr {
                    td { (matrix) }
                    td { (limits.rows[0]) "–" (limits.rows[1]) }
                    td { (limits.cols[0]) "–" (limits.cols[1]) }
                } } }
            } }
        }
        @if set == MatrixSet::WebMercatorQuad {
            p { (lang.pick("地图库：", "For map libraries: ")) code { (ask.base.url(&format!("/tiles/{}.json", subject.list()))) } }
        }
        h2 { (lang.pick("图层", "Layers")) }
        ul { @for indexed in &subject.layers {
            li { code { (indexed.layer().id) } " — " (indexed.layer().about.title.say(lang)) " (" (indexed.layer().len()) ")" }
        } }
        h2 { (lang.pick("参数", "Parameters")) }
        div.scroll { table {
            thead { tr {
                th scope="col" { (lang.pick("名称", "name")) }
                th scope="col" { (lang.pick("说明", "description")) }
            } }
            tbody { @for parameter in &parameters {
                tr { td { code { (parameter.name) } } td { (parameter.description) } }
            } }
        } }
        p { a href=(ask.base.url(&format!("{ROOT}/tileMatrixSets/{}?f=html", set.id()))) { (set.id()) } }
    }
}
