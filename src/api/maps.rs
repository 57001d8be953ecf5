//! Static maps: pictures of the map as PNG, SVG and PDF, over HTTP and for the command line; the signs of styles.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::{Arc, OnceLock};

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::document::listed;
use super::kept::Kept;
use super::link::Base;
use super::negotiate::{self, Format, JSON, MAP_PDF, MAP_PNG, MAP_SVG};
use super::params::{Parameter, Params, read};
use super::path::Path;
use super::problem::Problem;
use super::seats::Seats;
use super::{App, blocking, styles};
use crate::catalog::Catalog;
use crate::geometry::Bounds;
use crate::map::frame::{Frame, MOST_LATITUDE, MOST_ZOOM, Margins, Size};
use crate::map::furniture::Furniture;
use crate::map::picture::Picture;
use crate::map::plot::Plot;
use crate::map::style::{Look, Theme, View, tokens};
use crate::map::{self, MapError, Request, Sources};
use crate::model::{FeatureIx, Lang};
use crate::query::Budget;

/// The forms of a map.
const FORMS: [Format; 3] = [MAP_PNG, MAP_SVG, MAP_PDF];
/// Most pixels of a side, scale included.
const MOST_SIDE: u32 = 8192;
/// Most pixels of a picture: 134 MB while it is drawn.
const MOST_PIXELS: u32 = 1 << 25;
const LEAST_SIDE: u16 = 64;
const USUAL_SIZE: [u16; 2] = [1600, 900];
/// Most features that are highlighted.
const MOST_FEATURES: usize = 100;
const LONGEST_TITLE: usize = 120;
/// Around features that a map is made for, CSS pixels.
const ROOM: f64 = 80.0;
/// The closest zoom that a map takes by itself.
const CLOSEST: f64 = 15.0;

/// Characters that no font of the map has, drawn as boxes.
const MISSING: HeaderName = HeaderName::from_static("map-missing-characters");

/// Where maps are drawn.
#[derive(Debug)]
pub struct Desk {
    /// One for each core.
    seats: Seats,
    /// The features of the newest catalogues in each language, once it is asked for.
    sources: Kept<[OnceLock<Arc<Sources>>; Lang::ALL.len()]>,
}

impl Default for Desk {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
        Self { seats: Seats::new(cores), sources: Kept::default() }
    }
}

impl Desk {
    fn sources(&self, catalog: &Catalog, lang: Lang) -> Arc<Sources> {
        let spoken = self.sources.of(catalog.revision, |_| Default::default());
        let [zh, en] = &*spoken;
        let made = match lang {
            Lang::Zh => zh,
            Lang::En => en,
        };
        Arc::clone(made.get_or_init(|| Arc::new(map::sources::sources(catalog, lang))))
    }
}

/// The parameters of a map.
pub fn parameters(catalog: &Catalog) -> Vec<Parameter> {
    let side =
        |usual| json!({ "type": "integer", "minimum": LEAST_SIDE, "maximum": MOST_SIDE, "default": usual });
    let numbers = |count| json!({ "type": "array", "items": { "type": "number" }, "minItems": count, "maxItems": count });
    let mut table = vec![
        Parameter::new(
            "bbox",
            "West, south, east, north in degrees; the map shows all of it. That of the service when neither bbox, center nor features is given.",
            numbers(4),
        ),
        Parameter::new(
            "extent",
            "A part of the earth by its name, instead of bbox.",
            json!({ "type": "string", "enum": catalog.about.extents.iter().map(|extent| &*extent.id).collect::<Vec<_>>() }),
        ),
        Parameter::new("center", "Longitude and latitude of the middle, with zoom.", numbers(2)),
        Parameter::new(
            "zoom",
            "Zoom of the middle, as in MapLibre: at 0 the world is 512 pixels wide.",
            json!({ "type": "number", "minimum": 0, "maximum": MOST_ZOOM }),
        ),
        Parameter::new(
            "features",
            "Features to highlight, each collection:id, split by commas. Without bbox and center the map is of them.",
            json!({ "type": "array", "items": { "type": "string" }, "maxItems": MOST_FEATURES }),
        ),
        Parameter::new("width", "Width in CSS pixels.", side(USUAL_SIZE[0])),
        Parameter::new("height", "Height in CSS pixels.", side(USUAL_SIZE[1])),
        Parameter::new(
            "scale",
            "Pixels per CSS pixel; a side has at most 8192 pixels, the picture 33554432.",
            json!({ "type": "number", "minimum": 1, "maximum": 3, "default": 1 }),
        ),
        styles::theme_parameter(),
        styles::language_parameter(),
        Parameter::new(
            "furniture",
            "What stands on the map beside the map: all, none, or names split by commas. All but the graticule when left out. With none, the notices of schematic accuracy and of made-up data stand in the file's metadata only.",
            json!({ "type": "string" }),
        ),
        Parameter::new(
            "title",
            "Title of the map; that of the service when left out.",
            json!({ "type": "string", "maxLength": LONGEST_TITLE }),
        ),
    ];
    if catalog.about.extents.is_empty() {
        table.retain(|row| row.name != "extent");
    }
    table
}

/// Runs work that draws maps: away from the threads that serve, as many at a time as there are cores.
///
/// # Errors
/// No seat became free in time.
pub async fn at_desk<T: Send + 'static>(
    app: &App,
    work: impl FnOnce(&Budget) -> T + Send + 'static,
) -> Result<T, Problem> {
    app.desk.seats.work(app.config.limits.patience, work).await
}

/// The maps there are: `GET /maps`.
pub async fn list(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    Params::parse(uri.query(), &[])?;
    let base = Base::of(app.config.public_url.as_deref(), &headers, &uri);
    let maps: Vec<Value> = View::ALL
        .into_iter()
        .map(|view| {
            let link = |form: Format| {
                let href = base.url(&format!("/maps/{}.{}", view.name(), form.name));
                json!({ "href": href, "rel": "item", "type": form.media_type, "title": form.title })
            };
            json!({ "id": view.name(), "links": FORMS.map(link) })
        })
        .collect();
    let catalog = app.catalog.snapshot();
    let parameters: Vec<Value> = parameters(&catalog).iter().map(Parameter::to_openapi).collect();
    let body = json!({ "maps": maps, "parameters": parameters });
    Ok(listed(&body))
}

/// One map: `GET /maps/{view}.{form}`.
pub async fn one(
    State(app): State<Arc<App>>,
    Path(file): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (view, form) = named(&file).ok_or_else(|| Problem::not_found("map", &file))?;
    let catalog = app.catalog.snapshot();
    let params = Params::parse(uri.query(), &parameters(&catalog))?;
    let request = request(&params, &catalog, view, negotiate::language(&headers, catalog.lang()))?;
    let lang = request.look.lang;
    let asked = uri.path_and_query().map_or("", |both| both.as_str());
    let tag = negotiate::entity_tag(catalog.revision, asked, form, lang, "");
    if negotiate::is_held(&headers, &tag) {
        return Ok(finish(StatusCode::NOT_MODIFIED.into_response(), tag, lang));
    }
    let service = Arc::clone(&app);
    let drawn = at_desk(&app, move |budget| {
        let sources = service.desk.sources(&catalog, lang);
        let picture = map::draw(&catalog, &sources, &request, budget)?;
        Ok::<_, Problem>((write(&picture, form)?, picture.missing))
    });
    let (bytes, missing) = drawn.await??;
    let mut response = ([(header::CONTENT_TYPE, form.content_type())], bytes).into_response();
    let name = format!(
        "inline; filename=\"{}\"",
        file.replace(|c: char| !c.is_ascii_alphanumeric() && c != '.' && c != '-', "_")
    );
    if let Ok(name) = HeaderValue::try_from(name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    tell_missing(&mut response, &missing);
    Ok(finish(response, tag, lang))
}

/// The headers of a picture in a language.
pub fn finish(mut response: Response, tag: HeaderValue, lang: Lang) -> Response {
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(lang.tag()));
    headers.append(header::VARY, HeaderValue::from_static("accept-language"));
    response
}

/// The view and the form of a file's name.
fn named(file: &str) -> Option<(View, Format)> {
    let (view, form) = file.rsplit_once('.')?;
    Some((View::parse(view)?, FORMS.into_iter().find(|known| known.name == form)?))
}

impl From<MapError> for Problem {
    fn from(error: MapError) -> Self {
        match error {
            MapError::Spent(fault) => fault.into(),
            MapError::Fonts(fault) => Self::missing_part(&fault.to_string()),
            MapError::Style(fault) => Self::internal(fault.to_string()),
        }
    }
}

fn write(picture: &Picture, form: Format) -> Result<Vec<u8>, Problem> {
    match form {
        MAP_SVG => Ok(map::svg::write(picture)),
        MAP_PDF => map::pdf::write(picture).map_err(|fault| Problem::internal(fault.to_string())),
        _ => map::png::write(picture).map_err(|fault| Problem::internal(fault.to_string())),
    }
}

/// Says in an answer which characters are drawn as boxes.
pub fn tell_missing(response: &mut Response, missing: &BTreeSet<char>) {
    if let Some(missing) = named_missing(missing).and_then(|missing| HeaderValue::try_from(missing).ok()) {
        response.headers_mut().insert(MISSING, missing);
    }
}

/// The first characters that no font has, by their numbers.
fn named_missing(missing: &BTreeSet<char>) -> Option<String> {
    let names: Vec<_> = missing.iter().take(20).map(|&c| format!("U+{:04X}", u32::from(c))).collect();
    (!names.is_empty()).then(|| names.join(", "))
}

/// Another engine that makes the PNG file of a picture.
pub type Engine = fn(&Picture) -> Result<Vec<u8>, String>;

/// Draws a map for the command line, where asked by another engine: the bytes of the file, and the characters that no
/// font has.
///
/// # Errors
/// What is wrong with a parameter, or why there is no picture.
pub fn draw(
    catalog: &Catalog,
    file: &str,
    parameters: &[(&str, String)],
    engine: Option<Engine>,
) -> Result<(Vec<u8>, Option<String>), String> {
    let (view, form) = named(file).ok_or_else(|| {
        let forms: Vec<_> = FORMS.iter().map(|form| form.name).collect();
        format!(
            "{file:?} is no map: expected one of {}, as {}",
            View::ALL.map(View::name).join(", "),
            forms.join(", ")
        )
    })?;
    if engine.is_some() && form != MAP_PNG {
        return Err(format!(
            "this engine draws pixels: name a file with the suffix png, or draw the {} with the usual engine",
            form.name
        ));
    }
    let drawn = Params::of_pairs(parameters, &self::parameters(catalog)).and_then(|params| {
        let request = request(&params, catalog, view, catalog.lang())?;
        let sources = map::sources::sources(catalog, request.look.lang);
        Ok(map::draw(catalog, &sources, &request, &Budget::default())?)
    });
    let told = |problem: Problem| problem.detail().to_owned();
    let picture = drawn.map_err(told)?;
    let bytes = match engine {
        Some(paint) => paint(&picture)?,
        None => write(&picture, form).map_err(told)?,
    };
    Ok((bytes, named_missing(&picture.missing)))
}

/// What a request asks.
fn request(params: &Params, catalog: &Catalog, view: View, lang: Lang) -> Result<Request, Problem> {
    let lang = read(params, "lang", "zh or en", Lang::parse)?.unwrap_or(lang);
    let theme = read(params, "theme", "light or dark", Theme::parse)?.unwrap_or_default();
    let furniture = read(params, "furniture", Furniture::EXPECTED, Furniture::parse)?.unwrap_or_default();
    let expected = format!("a text of 1 to {LONGEST_TITLE} characters");
    let words = |text: &str| {
        let fits = (1..=LONGEST_TITLE).contains(&text.chars().count()) && !text.chars().any(char::is_control);
        fits.then(|| text.to_owned())
    };
    let title = read(params, "title", &expected, words)?;
    let size = size(params)?;
    let selected = features(params, catalog)?;
    let look = Look { view, theme, lang };
    let plot = Plot { catalog, look, furniture: &furniture, title: title.as_deref(), size };
    let frame = frame(params, &selected, &plot)?;
    Ok(Request { look, frame, furniture, title, selected, drawn: Vec::new() })
}

fn size(params: &Params) -> Result<Size, Problem> {
    let side = |name: &str, usual: u16| {
        let expected = format!("a whole number of CSS pixels from {LEAST_SIDE} to {MOST_SIDE}");
        let fits = |text: &str| text.parse().ok().filter(|side: &u16| (LEAST_SIDE..=8192).contains(side));
        Ok::<_, Problem>(read(params, name, &expected, fits)?.unwrap_or(usual))
    };
    let fits = |text: &str| text.parse().ok().filter(|scale: &f32| (1.0..=3.0).contains(scale));
    let scale = read(params, "scale", "a number from 1 to 3", fits)?.unwrap_or(1.0);
    let size = Size { width: side("width", USUAL_SIZE[0])?, height: side("height", USUAL_SIZE[1])?, scale };
    let [width, height] = size.pixels();
    if width.max(height) > MOST_SIDE || width * height > MOST_PIXELS {
        let name = if params.get("scale").is_some() { "scale" } else { "width" };
        let expected = format!(
            "a picture of at most {MOST_SIDE} pixels on a side and {MOST_PIXELS} in all; this one is {width} by {height}"
        );
        return Err(Problem::parameter(name, params.get(name).unwrap_or_default(), &expected));
    }
    Ok(size)
}

fn numbers<const N: usize>(text: &str) -> Option<[f64; N]> {
    let numbers: Option<Vec<f64>> = text
        .split(',')
        .map(|number| number.trim().parse().ok().filter(|number: &f64| number.is_finite()))
        .collect();
    numbers?.try_into().ok()
}

/// The part of the earth: that of bbox, of center and zoom, of the features, or of the catalogue.
fn frame(params: &Params, selected: &[(String, FeatureIx)], plot: &Plot<'_>) -> Result<Frame, Problem> {
    let (catalog, size) = (plot.catalog, plot.size);
    let wrong =
        |name: &str, expected: &str| Problem::parameter(name, params.get(name).unwrap_or_default(), expected);
    if let Some(id) = params.get("extent") {
        if let Some(other) = ["bbox", "center", "zoom"].into_iter().find(|name| params.get(name).is_some()) {
            return Err(wrong(other, "either extent or this, not both"));
        }
        let extents = &catalog.about.extents;
        let known = || extents.iter().map(|extent| &*extent.id).collect::<Vec<_>>().join(", ");
        let extent = extents.iter().find(|extent| *extent.id == *id);
        let extent = extent.ok_or_else(|| wrong("extent", &format!("one of {}", known())))?;
        return Ok(plot.of(extent.bounds, CLOSEST));
    }
    match (params.get("bbox"), params.get("center"), params.get("zoom")) {
        (Some(_), Some(_), _) => Err(wrong("center", "either bbox or center, not both")),
        (Some(text), None, None) => {
            let expected = "west, south, east, north in degrees, split by commas";
            let [west, south, east, north] = numbers(text).ok_or_else(|| wrong("bbox", expected))?;
            let window = Bounds::new(west, south, east, north);
            let window = window.map_err(|fault| wrong("bbox", &format!("{expected}; {fault}")))?;
            Ok(Frame::around(window, Margins::default(), MOST_ZOOM, size))
        }
        (None, Some(text), Some(zoom)) => {
            let inside = |[longitude, latitude]: &[f64; 2]| {
                longitude.abs() <= 180.0 && latitude.abs() <= MOST_LATITUDE
            };
            let expected = "longitude and latitude in degrees, split by a comma, within 180 and 85.05";
            let center = numbers(text).filter(inside).ok_or_else(|| wrong("center", expected))?;
            let fits = |zoom: &f64| (0.0..=MOST_ZOOM).contains(zoom);
            let zoom =
                zoom.parse().ok().filter(fits).ok_or_else(|| wrong("zoom", "a number from 0 to 22"))?;
            Ok(Frame::at(center, zoom, size))
        }
        (None, Some(_), None) => Err(wrong("center", "zoom beside it")),
        (_, None, Some(_)) => Err(wrong("zoom", "center beside it, and no bbox")),
        (None, None, None) => {
            let of =
                |(id, ix): &(String, FeatureIx)| catalog.layer(id)?.layer().feature(*ix).geometry()?.window();
            if let Some(window) = Bounds::around(selected.iter().filter_map(of)) {
                return Ok(plot.around(window, ROOM, CLOSEST));
            }
            if params.get("features").is_some() {
                return Err(wrong("features", "a feature with a position, or bbox or center beside it"));
            }
            Ok(plot.of(catalog.start_extent().unwrap_or(Bounds::WORLD), CLOSEST))
        }
    }
}

fn features(params: &Params, catalog: &Catalog) -> Result<Vec<(String, FeatureIx)>, Problem> {
    let Some(text) = params.get("features") else { return Ok(Vec::new()) };
    let wrong = |expected: &str| Problem::parameter("features", text, expected);
    let names: Vec<&str> = text.split(',').collect();
    if names.len() > MOST_FEATURES {
        return Err(wrong(&format!("at most {MOST_FEATURES} features")));
    }
    let of = |name: &&str| {
        let (id, feature) =
            name.trim().split_once(':').ok_or_else(|| wrong("collection:id, split by commas"))?;
        let layer = catalog
            .layer(id)
            .ok_or_else(|| wrong(&format!("features of the collections there are; there is no {id:?}")))?;
        let ix = layer
            .find(feature)
            .ok_or_else(|| wrong(&format!("ids of features of {id}; there is no {feature:?}")))?;
        Ok((id.to_owned(), ix))
    };
    names.iter().map(of).collect()
}

/// The signs of a theme on one sheet, and where each stands: `GET /styles/sprites/{theme}{@2x}.{json|png}`.
pub async fn sprite(
    State(app): State<Arc<App>>,
    Path(file): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    Params::parse(uri.query(), &[])?;
    let parts = file.rsplit_once('.').and_then(|(name, form)| {
        let (name, scale) = name.strip_suffix("@2x").map_or((name, 1), |name| (name, 2));
        let form = [JSON, MAP_PNG].into_iter().find(|known| known.name == form)?;
        Some((Theme::parse(name)?, scale, form))
    });
    let (theme, scale, form) = parts.ok_or_else(|| Problem::not_found("sheet of signs", &file))?;
    let tag = HeaderValue::try_from(format!("W/\"{}-{file}\"", env!("CARGO_PKG_VERSION")));
    let tag = tag.unwrap_or(HeaderValue::from_static("W/\"\""));
    let response = if negotiate::is_held(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let made = blocking(app.config.limits.patience, move |_| map::png::sprite(tokens(theme), scale));
        let (cells, sheet) = made.await?.map_err(|fault| Problem::internal(fault.to_string()))?;
        let cell = |cell: &map::png::Cell| {
            let place = json!({ "x": cell.x, "y": cell.y, "width": cell.side, "height": cell.side, "pixelRatio": scale });
            (cell.id.clone(), place)
        };
        let body = if form == JSON {
            Value::Object(cells.iter().map(cell).collect::<Map<_, _>>()).to_string().into_bytes()
        } else {
            sheet
        };
        ([(header::CONTENT_TYPE, form.content_type())], body).into_response()
    };
    let mut response = response;
    response.headers_mut().insert(header::ETAG, tag);
    response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(response)
}
