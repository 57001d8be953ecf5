//! Tiles: of a collection and of the dataset (OGC 20-057), and for map libraries by zoom, x and y.

use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use xxhash_rust::xxh3::xxh3_128;

use super::App;
use super::collections;
use super::negotiate::{self, Format, GEOJSON, MVT, accepts_encoding, is_held};
use super::params::{self, Parameter, Params, format_parameter, is_parameter, items_parameters};
use super::path::Path;
use super::problem::Problem;
use super::tile_cache::{Packed, TileKey};
use super::{blocking, tilesets};
use crate::catalog::Catalog;
use crate::config::Limits;
use crate::index::IndexedLayer;
use crate::model::{FieldIx, Interval, Lang, Layer};
use crate::query::{self, Budget, ID_NAME, Query, QueryError};
use crate::render::geojson::TileWriter;
use crate::tile::{self, Detail, MatrixSet, Sheet, TileId};

/// The forms of tiles.
pub const FORMS: &[Format] = &[MVT, GEOJSON];

/// Parameters of items that tiles have, too.
const SHARED: &[&str] = &["datetime", "q", "filter", "filter-lang", "filter-crs", "properties"];

/// Parameters that only tiles have.
const OWN: &[&str] = &["collections", "detail", "subset"];

/// The parameters of tiles of some layers; `of_dataset` adds the choice of collections.
pub fn parameters(layers: &[&Layer], limits: Limits, of_dataset: bool) -> Vec<Parameter> {
    let mut all = Vec::new();
    all.extend(of_dataset.then(|| collections_parameter(layers)));
    all.push(Parameter::new(
        "subset",
        "Time as an axis: datetime(\"2025-12-31\") or datetime(\"2021-01-01\":\"2025-12-31\"), with * for an open end; \
         the same as datetime, in place of it.",
        json!({ "type": "string", "minLength": 1 }),
    ));
    all.push(Parameter::new(
        "detail",
        "auto leaves features out of vector tiles that would grow beyond 500,000 bytes: of the features whose middle \
         lies in one cell of a grid only the largest shows, and a layer named after the collection and :counts tells \
         how many are there (present) and show (shown). full leaves none out.",
        json!({ "type": "string", "enum": ["auto", "full"], "default": "auto" }),
    ));
    for layer in layers {
        for parameter in items_parameters(layer, limits, FORMS) {
            let field = layer.schema.find(&parameter.name).map(|(_, field)| field);
            let is_field = field.is_some_and(is_parameter) || parameter.name == ID_NAME;
            let is_new = !all.iter().any(|known| known.name == parameter.name);
            if is_new && (is_field || SHARED.contains(&&*parameter.name)) {
                all.push(parameter);
            }
        }
    }
    all.push(format_parameter(FORMS));
    if layers.len() != 1 {
        // What fields there are, and which systems are offered, differs by collection.
        for parameter in &mut all {
            match &*parameter.name {
                "filter-crs" => parameter.schema = params::crs_schema(layers),
                "properties" => parameter.schema = json!({ "type": "array", "items": { "type": "string" } }),
                _ => {}
            }
        }
    }
    all
}

/// The choice of collections.
pub fn collections_parameter(layers: &[&Layer]) -> Parameter {
    let ids: Vec<_> = layers.iter().map(|layer| layer.id.as_str()).collect();
    Parameter::new(
        "collections",
        "The collections that become layers of tiles, from below to above; all when left out. A filter must \
         make sense for each of them; what has no field of a name equals no value of it.",
        json!({ "type": "array", "minItems": 1, "items": { "type": "string", "enum": ids } }),
    )
}

/// The time of a subset (OGC 20-057, `/req/datetime/axis`) as the parameter datetime writes it.
fn time_of_subset(subset: &str) -> Option<String> {
    let inner = subset.trim().strip_prefix("datetime(")?.strip_suffix(')')?;
    let end = |text: &str| match text.trim() {
        "*" => Some("..".to_owned()),
        quoted => Some(quoted.strip_prefix('"')?.strip_suffix('"')?.to_owned()),
    };
    // Colons stand in times, too; those between ends stand outside quotes.
    let mut is_quoted = false;
    let split = inner.char_indices().find(|&(_, c)| {
        is_quoted ^= c == '"';
        c == ':' && !is_quoted
    });
    match split {
        Some((at, _)) => Some(format!("{}/{}", end(&inner[..at])?, end(&inner[at + 1..])?)),
        None => end(inner).filter(|only| only != ".."),
    }
}

/// Reads the parameters of tiles; names alone are looked up, since a table of all fields costs more than most tiles.
///
/// # Errors
/// A name that is not known, or stands twice.
pub fn read(raw: Option<&str>, layers: &[&Layer], of_dataset: bool) -> Result<Params, Problem> {
    let is_known = |name: &str| {
        let is_field = |layer: &&Layer| layer.schema.find(name).is_some_and(|(_, field)| is_parameter(field));
        name == "f"
            || name == ID_NAME
            || SHARED.contains(&name)
            || OWN.contains(&name) && (of_dataset || name != "collections")
            || layers.iter().any(is_field)
    };
    let known = || {
        let all = parameters(layers, Limits::default(), of_dataset);
        all.iter().map(|parameter| &*parameter.name).collect::<Vec<_>>().join(", ")
    };
    Params::parse_known(raw, is_known, known)
}

/// What a tile shows: layers with their conditions, and how they are written in a key.
pub struct Content {
    /// The layers.
    pub sheets: Vec<Sheet>,
    /// May features be left out?
    pub detail: Detail,
    /// The layers and all that is asked of them, equal requests in equal words.
    pub what: Box<str>,
}

impl Content {
    /// What parameters ask of layers.
    ///
    /// # Errors
    /// A value that makes no sense for one of the layers.
    pub fn new(params: &Params, layers: Vec<Arc<IndexedLayer>>, catalog: &Catalog) -> Result<Self, Problem> {
        let detail = match params.get("detail") {
            None | Some("auto") => Detail::Auto,
            Some("full") => Detail::Full,
            Some(value) => return Err(Problem::parameter("detail", value, "auto or full")),
        };
        let expected = "datetime(\"a day or moment\") or datetime(\"first\":\"last\"), with * for an open end, in place \
                        of the parameter datetime";
        let parse = |text: &str| {
            let only = params.get("datetime").is_none();
            only.then(|| Interval::parse(&time_of_subset(text)?)).flatten()
        };
        let during = params::read(params, "subset", expected, parse)?;
        let is_single = layers.len() == 1;
        let named = |id: &str, problem: Problem| if is_single { problem } else { problem.in_collection(id) };
        let is_known = |name: &str| {
            name == ID_NAME || layers.iter().any(|layer| layer.layer().schema.find(name).is_some())
        };
        if let Some(name) = names(params).find(|name| !is_single && !is_known(name)) {
            return Err(Problem::parameter("properties", name, "names of fields of these collections"));
        }
        let mut sheets = Vec::with_capacity(layers.len());
        let mut what = String::new();
        for layer in layers {
            let id = layer.layer().id.clone();
            let mut query = params::selection(params, layer.layer(), catalog, OWN)
                .map_err(|fault| named(id.as_str(), fault))?;
            query.equal.sort_by(|one, other| one.field.cmp(&other.field));
            query.during = query.during.or(during);
            let knows = |name: &str| name == ID_NAME || layer.layer().schema.find(name).is_some();
            // What a layer has no field for equals no value, as a null does; nothing of it shows.
            if !is_single && !query.equal.iter().all(|equality| knows(&equality.field)) {
                continue;
            }
            let fields = fields(params, layer.layer(), is_single)?;
            what.push_str(id.as_str());
            if params.get("properties").is_some() {
                // Writing to a text does not fail.
                let _ = write!(what, "{fields:?}");
            }
            what.push('\n');
            sheets.push(Sheet { layer, fields, query });
        }
        if sheets.first().is_some_and(|sheet| sheet.query.has_conditions()) {
            let Query { during, equal, filter, search, .. } = &sheets[0].query;
            let _ = write!(what, "{:?}", (during, equal, filter, search));
        }
        Ok(Self { sheets, detail, what: what.into() })
    }

    /// Do all layers understand their conditions? Tiles say so when they are made.
    ///
    /// # Errors
    /// One does not.
    pub fn check(&self, budget: &Budget) -> Result<(), Problem> {
        for Sheet { layer, query, .. } in &self.sheets {
            query::plan(query, layer, budget).map_err(|fault| match self.sheets.len() {
                1 => fault.into(),
                _ => Problem::from(fault).in_collection(layer.layer().id.as_str()),
            })?;
        }
        Ok(())
    }
}

/// The fields that become attributes. With several layers, each has those of the named ones that it knows.
fn fields(params: &Params, layer: &Layer, is_single: bool) -> Result<Vec<FieldIx>, Problem> {
    if is_single || params.get("properties").is_none() {
        return Ok(params::view(params, layer, Lang::default())?.fields);
    }
    let known = names(params).filter_map(|name| Some(layer.schema.find(name)?.0));
    Ok(known.collect())
}

/// The names of the parameter properties.
fn names(params: &Params) -> impl Iterator<Item = &str> {
    params.get("properties").unwrap_or("").split(',').map(str::trim).filter(|name| !name.is_empty())
}

/// The layers of a list of ids; each once, in the order given.
///
/// # Errors
/// An id of nothing, or one that stands twice.
pub fn layers_of(catalog: &Catalog, list: &str, parameter: &str) -> Result<Vec<Arc<IndexedLayer>>, Problem> {
    let mut layers: Vec<Arc<IndexedLayer>> = Vec::new();
    for id in list.split(',').map(str::trim) {
        let known = || {
            let ids = catalog.layers().map(|layer| layer.layer().id.as_str());
            format!(
                "ids of collections split by commas, each once; there are {}",
                ids.collect::<Vec<_>>().join(", ")
            )
        };
        let layer = catalog.layer(id).ok_or_else(|| Problem::parameter(parameter, list, &known()))?;
        if layers.iter().any(|other| Arc::ptr_eq(other, layer)) {
            return Err(Problem::parameter(parameter, list, &known()));
        }
        layers.push(Arc::clone(layer));
    }
    Ok(layers)
}

type Answer = Result<Response, Problem>;

pub async fn of_collection(
    State(app): State<Arc<App>>,
    Path((id, set, matrix, row, col)): Path<(String, String, String, String, String)>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Answer {
    let catalog = app.catalog.snapshot();
    let layers = vec![collections::find(&catalog, &id)?];
    let params = read(raw.as_deref(), &[layers[0].layer()], false)?;
    let content = Content::new(&params, layers, &catalog)?;
    let (set, tile) = named(&set, &matrix, &row, &col)?;
    within_limits(set, tile, content.sheets.iter().map(|sheet| sheet.layer.layer()))?;
    answer(&app, &catalog, &params, &headers, set, tile, content).await
}

pub async fn of_all(
    State(app): State<Arc<App>>,
    Path((set, matrix, row, col)): Path<(String, String, String, String)>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Answer {
    let catalog = app.catalog.snapshot();
    let all: Vec<_> = catalog.layers().map(|layer| layer.layer()).collect();
    let params = read(raw.as_deref(), &all, true)?;
    let layers = match params.get("collections") {
        Some(list) => layers_of(&catalog, list, "collections")?,
        None => catalog.layers().cloned().collect(),
    };
    let content = Content::new(&params, layers, &catalog)?;
    let (set, tile) = named(&set, &matrix, &row, &col)?;
    // Those of the tileset, whatever is chosen of it.
    within_limits(set, tile, all.into_iter())?;
    answer(&app, &catalog, &params, &headers, set, tile, content).await
}

/// A tile of Web Mercator as map libraries name it: `/tiles/{layers}/{z}/{x}/{y}.mvt`.
pub async fn plain(
    State(app): State<Arc<App>>,
    Path((list, z, x, y)): Path<(String, String, String, String)>,
    RawQuery(raw): RawQuery,
    headers: HeaderMap,
) -> Answer {
    let catalog = app.catalog.snapshot();
    let row =
        y.strip_suffix(".mvt").ok_or_else(|| Problem::not_found("tile", &format!("{list}/{z}/{x}/{y}")))?;
    let layers = plain_layers(&catalog, &list)?;
    let about: Vec<_> = layers.iter().map(|layer| layer.layer()).collect();
    let params = read(raw.as_deref(), &about, false)?;
    if let Some(form) = params.get("f").filter(|form| *form != MVT.name) {
        return Err(Problem::parameter("f", form, MVT.name));
    }
    let content = Content::new(&params, layers, &catalog)?;
    let (set, tile) = named(MatrixSet::WebMercatorQuad.id(), &z, row, &x)?;
    let packed = make(&app, &catalog, set, tile, content).await?;
    let is_empty = packed.plain.is_empty();
    let mut response = send(packed, &headers, app.config.limits.patience).await?;
    if is_empty && response.status() == StatusCode::OK {
        *response.status_mut() = StatusCode::NO_CONTENT;
    }
    Ok(response)
}

/// The layers that a path names.
///
/// # Errors
/// A name of nothing, or a name twice.
pub fn plain_layers(catalog: &Catalog, list: &str) -> Result<Vec<Arc<IndexedLayer>>, Problem> {
    layers_of(catalog, list, "layers").map_err(|_| {
        let wrong = list.split(',').map(str::trim).find(|id| catalog.layer(id).is_none());
        Problem::not_found("collection, or list of different collections,", wrong.unwrap_or(list))
    })
}

/// The tile of names in a path.
fn named(set: &str, matrix: &str, row: &str, col: &str) -> Result<(MatrixSet, TileId), Problem> {
    let known = set_of(set)?;
    // The canonical spelling only, so that a tile has one address.
    let number = |text: &str| text.parse::<u32>().ok().filter(|number| number.to_string() == text);
    let tile = number(matrix).and_then(|matrix| u8::try_from(matrix).ok()).zip(number(row)).zip(number(col));
    let tile = tile.and_then(|((matrix, row), col)| known.tile(matrix, row, col));
    let tile = tile.ok_or_else(|| {
        let last = known.last_matrix();
        let what = format!("tile (matrices are 0 to {last}, rows and columns begin at 0) in {set}:");
        Problem::not_found(&what, &format!("{matrix}/{row}/{col}"))
    })?;
    Ok((known, tile))
}

/// The tile matrix set of a name in a path.
///
/// # Errors
/// There is none.
pub fn set_of(id: &str) -> Result<MatrixSet, Problem> {
    MatrixSet::parse(id).ok_or_else(|| {
        let known = MatrixSet::ALL.map(MatrixSet::id).join(", ");
        Problem::not_found(&format!("tile matrix set (there are {known}) named"), id)
    })
}

/// Is the tile within the limits that its tileset states? (OGC 20-057, `/req/core/tc-error`)
fn within_limits<'a>(
    set: MatrixSet,
    tile: TileId,
    layers: impl Iterator<Item = &'a Layer>,
) -> Result<(), Problem> {
    let Some(bounds) = tilesets::bounds_of(layers) else { return Ok(()) };
    let limits = set.limits(tile.matrix, bounds);
    if limits.hold(tile) {
        return Ok(());
    }
    let ([first_row, last_row], [first_col, last_col]) = (limits.rows, limits.cols);
    let what = format!(
        "tile within the limits (in matrix {}: rows {first_row} to {last_row}, columns {first_col} to {last_col}):",
        tile.matrix
    );
    Err(Problem::not_found(&what, &format!("{}/{}/{}", tile.matrix, tile.row, tile.col)))
}

async fn make(
    app: &App,
    catalog: &Catalog,
    set: MatrixSet,
    tile: TileId,
    content: Content,
) -> Result<Arc<Packed>, Problem> {
    let Content { sheets, detail, what } = content;
    let key = TileKey { revision: catalog.revision, set, tile, detail, what };
    app.tiles.get(key, sheets, app.config.limits.patience).await
}

async fn answer(
    app: &App,
    catalog: &Arc<Catalog>,
    params: &Params,
    headers: &HeaderMap,
    set: MatrixSet,
    tile: TileId,
    content: Content,
) -> Answer {
    let format = negotiate::format(params.get("f"), headers, FORMS)?;
    if format == MVT {
        let tile = make(app, catalog, set, tile, content).await?;
        return send(tile, headers, app.config.limits.patience).await;
    }
    let body = blocking(app.config.limits.patience, move |budget| {
        let mut writer = TileWriter::default();
        tile::each_feature(set, tile, &content.sheets, budget, |sheet, ix, shape| {
            writer.feature(sheet.layer.layer(), &sheet.fields, ix, &shape);
        })?;
        Ok::<_, QueryError>((writer.written, writer.finish()))
    });
    let (written, body) = body.await??;
    // Weak, because compression on the way changes the bytes.
    let tag = HeaderValue::try_from(format!("W/\"{:032x}\"", xxh3_128(&body)));
    let tag = tag.unwrap_or(HeaderValue::from_static("W/\"\""));
    let mut response = if is_held(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        Body::from(body).into_response()
    };
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, GEOJSON.content_type());
    out.insert("ogc-numbermatched", written.into());
    out.insert("ogc-numberreturned", written.into());
    out.insert(header::ETAG, tag);
    cached(out);
    Ok(response)
}

/// Headers of all tiles: kept by clients, and asked for again each time, which costs no more than a 304.
fn cached(out: &mut HeaderMap) {
    out.insert(header::CACHE_CONTROL, HeaderValue::from_static("public, no-cache"));
    out.insert(header::VARY, HeaderValue::from_static("accept, accept-encoding"));
}

/// Sends a tile in the encoding that the client takes.
async fn send(tile: Arc<Packed>, headers: &HeaderMap, patience: Duration) -> Answer {
    let is_packed = !tile.plain.is_empty() && accepts_encoding(headers, "gzip");
    let tag = if is_packed { &tile.gzip_tag } else { &tile.tag };
    let mut response = if is_held(headers, tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else if is_packed {
        ([(header::CONTENT_ENCODING, "gzip")], Body::from(Arc::clone(&tile).packed(patience).await?))
            .into_response()
    } else {
        Body::from(tile.plain.clone()).into_response()
    };
    let out = response.headers_mut();
    out.insert(header::CONTENT_TYPE, MVT.content_type());
    out.insert(header::ETAG, tag.clone());
    out.insert("ogc-numbermatched", tile.present.into());
    out.insert("ogc-numberreturned", tile.shown.into());
    cached(out);
    Ok(response)
}
