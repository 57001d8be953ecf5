//! How does the map look, what does it draw, and how does it become a picture?
//!
//! In: a catalogue and a [`Request`]: a look, a part of the earth, furniture. Out: the layers of a style and the
//! features they draw; a [`Picture`], and it as PNG, SVG or PDF. Leaves out: files, requests.
//!
//! One look has one style, and the web app draws by the same: [`style`] says how, [`sources`] what. A picture is made in
//! three steps. [`scene`] reads the layers ([`layer`], [`expression`]), puts the features on the frame ([`outline`]) and
//! finds room for their names ([`labels`], [`place`], [`text`]) and signs ([`signs`]). [`furniture`] adds legend, scale
//! bar and the rest. What comes out is one list of paths and texts ([`picture`]), which [`png`], [`svg`] and [`pdf`] only
//! write down. Its areas and lines may be drawn by an engine of vector tiles instead ([`squares`]).

mod card;
pub mod color;
pub mod expression;
pub mod frame;
pub mod furniture;
mod graticule;
pub mod labels;
pub mod layer;
mod legend;
pub mod outline;
mod parcels;
pub mod pdf;
pub mod picture;
pub mod place;
pub mod plot;
pub mod png;
pub mod scene;
pub mod signs;
pub mod sources;
pub mod spots;
pub mod squares;
pub mod style;
pub mod svg;
pub mod text;
pub mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;
use thiserror::Error;

use crate::catalog::Catalog;
use crate::geometry::Shape;
use crate::model::{self, FeatureIx, Lang};
use crate::query::{Budget, QueryError};
use color::Color;
use frame::Frame;
use furniture::{Furniture, Room};
use layer::{Layer, StyleError};
use outline::Outline;
use parcels::Parcels;
use picture::{About, Item, Picture};
use scene::{Feature, Features, Scene, Stage};
use sources::{Drawn, PARCEL};
use style::Look;

/// Why there is no picture.
#[derive(Debug, Error)]
pub enum MapError {
    /// The style has something that is not drawn.
    #[error(transparent)]
    Style(#[from] StyleError),
    /// The build has no fonts.
    #[error(transparent)]
    Fonts(#[from] text::NoFonts),
    /// The time for it is over.
    #[error(transparent)]
    Spent(#[from] QueryError),
}

/// What a picture is to show.
#[derive(Debug, Clone)]
pub struct Request {
    /// How it looks.
    pub look: Look,
    /// The part of the earth.
    pub frame: Frame,
    /// What stands on it.
    pub furniture: Furniture,
    /// Its title; that of the catalogue when none is given.
    pub title: Option<String>,
    /// Features that are highlighted: the id of their layer, and their place in it.
    pub selected: Vec<(String, FeatureIx)>,
    /// Shapes of no layer that are highlighted like them.
    pub drawn: Vec<Shape>,
}

/// The features of every source but that of parcels, as [`sources::sources`] makes them.
pub type Sources = BTreeMap<&'static str, Vec<Drawn>>;

/// Draws a picture.
///
/// # Errors
/// The build has no fonts, or the budget is spent.
pub fn draw(
    catalog: &Catalog,
    sources: &Sources,
    request: &Request,
    budget: &Budget,
) -> Result<Picture, MapError> {
    text::check()?;
    let Request { look, frame, furniture, .. } = request;
    let mut chosen = selection(catalog, sources, &request.selected, look.lang);
    chosen.extend(
        request
            .drawn
            .iter()
            .map(|shape| Drawn { geometry: shape.clone(), properties: serde_json::Map::new() }),
    );
    let layers = if chosen.is_empty() { style::layers(*look) } else { style::layers_with_selection(*look) };
    let layers = layers.iter().map(Layer::parse).collect::<Result<Vec<_>, _>>()?;
    let signs = silenced(sources, &chosen);
    let mut features = features(sources, &signs, &chosen, frame);
    let shows =
        |source: &str| layers.iter().any(|layer| layer.source == source && layer.shows_at(frame.zoom));
    let mut parcels = Parcels::default();
    if shows(PARCEL) {
        parcels = parcels::in_sight(catalog, look.view, frame, budget)?;
    }
    features.insert(PARCEL, parcels.features());
    let stage = Stage { frame, tokens: style::tokens(look.theme), budget };
    let mut about = About::default();
    let mut spent = Ok(());
    let scene = scene::compose(stage, &layers, &features, |scene| {
        about = told(scene, &features, catalog, &parcels, request);
        let lang = look.lang;
        let room = Room {
            stage,
            layers: &layers,
            features: &features,
            catalog,
            lang,
            wanted: furniture,
            about: &about,
        };
        room.furnish(scene).unwrap_or_else(|fault| {
            spent = Err(fault);
            scene::Furnished::default()
        })
    })?;
    spent?;
    Ok(Picture {
        size: frame.size,
        background: scene.background.unwrap_or(Color { rgb: [255; 3], alpha: 1.0 }),
        missing: missing(&scene.items),
        names: scene.names,
        links: Vec::new(),
        items: scene.items,
        ground: scene.ground,
        about,
    })
}

/// The characters of all texts that no font has.
fn missing(items: &[Item]) -> BTreeSet<char> {
    let texts =
        items.iter().filter_map(|item| if let Item::Text(run) = item { Some(&run.text) } else { None });
    texts.flat_map(|text| text::missing(text)).collect()
}

/// All features but parcels on a frame.
fn features<'a>(
    sources: &'a Sources,
    signs: &'a [Drawn],
    chosen: &'a [Drawn],
    frame: &Frame,
) -> Features<'a> {
    let own = |drawn: &'a [Drawn]| drawn.iter().map(|drawn| feature(drawn, frame)).collect();
    let mut features: Features<'a> = sources
        .iter()
        .filter(|(name, _)| **name != "point")
        .map(|(name, drawn)| (*name, own(drawn)))
        .collect();
    features.insert("point", own(signs));
    features.insert("selected", own(chosen));
    features
}

fn feature<'a>(drawn: &'a Drawn, frame: &Frame) -> Feature<'a> {
    Feature { properties: &drawn.properties, outlines: Outline::all_of(&drawn.geometry, frame) }
}

fn key_of(drawn: &Drawn) -> Option<&str> {
    drawn.properties.get("key")?.as_str()
}

/// All signs. A selected one is drawn again, larger and with its name, so that the one below it is silent: the style
/// names the first of each stack only.
fn silenced(sources: &Sources, chosen: &[Drawn]) -> Vec<Drawn> {
    let keys: BTreeSet<&str> = chosen.iter().filter_map(key_of).collect();
    let mut signs: Vec<Drawn> = sources.get("point").cloned().unwrap_or_default();
    for sign in signs.iter_mut().filter(|sign| key_of(sign).is_some_and(|key| keys.contains(key))) {
        sign.properties.insert("rank".to_owned(), 1.into());
    }
    signs
}

/// What is highlighted of the selected features: their shape, for belts the band, and their sign where they have one.
fn selection(
    catalog: &Catalog,
    sources: &Sources,
    selected: &[(String, FeatureIx)],
    lang: Lang,
) -> Vec<Drawn> {
    let mut chosen = Vec::new();
    for (id, ix) in selected {
        let Some(indexed) = catalog.layer(id) else { continue };
        let feature = indexed.layer().feature(*ix);
        let key = format!("{id}:{}", feature.id());
        // The veil, and what is drawn beside the shape it belongs to.
        let derived = ["mask", "belt-line", "label"];
        let shapes = sources::SOURCES.iter().filter(|source| !derived.contains(source));
        let of_key = |drawn: &&Drawn| key_of(drawn) == Some(&key);
        let known: Vec<Drawn> =
            shapes.filter_map(|source| sources.get(source)).flatten().filter(of_key).cloned().collect();
        if known.is_empty()
            && let Some(geometry) = feature.geometry()
        {
            let name = feature.name(lang);
            let properties = [("key", key), ("name", name), ("icon", String::new())];
            let properties = properties.map(|(name, value)| (name.to_owned(), Json::String(value)));
            chosen
                .push(Drawn { geometry: geometry.to_shape(), properties: properties.into_iter().collect() });
        }
        chosen.extend(known);
    }
    chosen
}

/// What a picture says about itself.
fn told(
    scene: &Scene,
    features: &Features<'_>,
    catalog: &Catalog,
    parcels: &Parcels,
    request: &Request,
) -> About {
    let lang = request.look.lang;
    let seen = seen(scene, features, catalog, parcels);
    let notices = notices(scene, &seen, parcels, lang);
    about(catalog, lang, request.title.as_deref(), &seen, notices)
}

/// The same before it is known what is in sight: whatever a reader may have to know.
fn expected(catalog: &Catalog, lang: Lang, title: Option<&str>) -> About {
    let layers: Vec<&model::Layer> = catalog.layers().map(|indexed| indexed.layer()).collect();
    let notices = schematic(catalog, lang).into_iter().chain(made_up(&layers, lang)).collect();
    about(catalog, lang, title, &layers, notices)
}

fn about(
    catalog: &Catalog,
    lang: Lang,
    title: Option<&str>,
    seen: &[&model::Layer],
    notices: Vec<String>,
) -> About {
    About {
        title: title.unwrap_or_else(|| catalog.about.title.say(lang)).to_owned(),
        lang: lang.tag(),
        notices,
        attribution: attribution(catalog, seen, lang),
    }
}

/// How far the layout of a catalogue may be trusted; `None` where it has neither core nor axis nor belt.
#[must_use]
pub fn schematic(catalog: &Catalog, lang: Lang) -> Option<String> {
    let layers = || catalog.layers().map(|indexed| indexed.layer());
    words::schematic(lang, |part| {
        layers().filter(|layer| layer.about.role() == part).map(model::Layer::len).sum()
    })
}

fn made_up(layers: &[&model::Layer], lang: Lang) -> BTreeSet<String> {
    let made_up = layers.iter().filter(|layer| layer.about.synthetic);
    made_up.map(|layer| words::SYNTHETIC.with(lang, "name", layer.about.title.say(lang))).collect()
}

/// The layers of what is in sight, in the order of the catalogue.
fn seen<'a>(
    scene: &Scene,
    features: &Features<'_>,
    catalog: &'a Catalog,
    parcels: &Parcels,
) -> Vec<&'a model::Layer> {
    let mut ids: BTreeSet<&str> = BTreeSet::new();
    if scene.seen.contains_key(PARCEL) {
        ids.extend(parcels.layers.iter().map(String::as_str));
    }
    for (source, numbers) in &scene.seen {
        let seen = numbers.iter().filter_map(|&number| features.get(source.as_str())?.get(number));
        let keys = seen.filter_map(|feature| feature.properties.get("key")?.as_str()?.split_once(':'));
        ids.extend(keys.map(|(id, _)| id));
    }
    catalog.layers().map(|indexed| indexed.layer()).filter(|layer| ids.contains(layer.id.as_str())).collect()
}

/// What a reader must know of what is in sight.
fn notices(scene: &Scene, seen: &[&model::Layer], parcels: &Parcels, lang: Lang) -> Vec<String> {
    let in_sight = words::schematic(lang, |part| scene.seen.get(part).map_or(0, BTreeSet::len));
    let mut notices: Vec<String> = in_sight.into_iter().chain(made_up(seen, lang)).collect();
    if parcels.left_out > 0 {
        notices.push(words::LEFT_OUT.with(lang, "count", &parcels.left_out.to_string()));
    }
    notices
}

/// Date, coordinate system, projection, who is credited.
fn attribution(catalog: &Catalog, seen: &[&model::Layer], lang: Lang) -> String {
    let about = &catalog.about;
    let date = about.data_date.map(|day| words::DATE.with(lang, "date", &day.to_string()));
    let credits = catalog.credits(|layer| seen.iter().any(|seen| seen.id == layer.id));
    let credit = Some(credits.say(lang).to_owned()).filter(|credit| !credit.is_empty());
    let system = [words::CRS.say(lang), words::PROJECTION.say(lang)].map(|text| Some(text.to_owned()));
    std::iter::once(date).chain(system).chain([credit]).flatten().collect::<Vec<_>>().join(" · ")
}
