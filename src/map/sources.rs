//! What do the layers of the style draw?
//!
//! In: the catalogue. Out: features with the properties that the style reads, by the source they belong to. Leaves out:
//! parcels, of which there are too many to be drawn whole.
//!
//! The part that a layer plays (`draw` in the catalogue file) decides its source; a layer without one holds sites. Every
//! feature carries `key`, which is `collection:id`, `name` and `kind`. Which shape and fill a sign has, is told by
//! `web/src/map/symbols.json`, which the web app reads, too.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use geo_types::{Coord, LineString, Point, Polygon};
use serde::Deserialize;
use serde_json::{Map, Value as Json};

use super::signs;
use super::spots::{label_point, points_along};
use super::style::View;
use crate::catalog::Catalog;
use crate::geometry::{Bounds, GeometryRef, Shape, buffer_m, turned};
use crate::index::IndexedLayer;
use crate::model::plan::Named;
use crate::model::{FeatureRef, Lang, Layer, Value};

/// One drawn feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Drawn {
    /// Its geometry, CRS84 degrees, longitude first.
    pub geometry: Shape,
    /// What the style reads.
    pub properties: Map<String, Json>,
}

/// The names of all sources but that of parcels.
pub const SOURCES: [&str; 14] = [
    "mask",
    "zone",
    "water",
    "road",
    "transit",
    "subdistrict",
    "link",
    "belt",
    "belt-line",
    "core",
    "axis",
    "area",
    "point",
    "label",
];

/// The name of the source that parcels are.
pub const PARCEL: &str = "parcel";

/// Parts that are drawn as signs at a point, whatever their extent.
const SIGNED: [&str; 3] = ["site", "facility", "region"];

/// The parts whose layers a source is drawn from; none where there is no such source.
#[must_use]
pub fn parts(source: &str) -> &'static [&'static str] {
    match source {
        "mask" | "zone" => &["zone"],
        "water" => &["water"],
        "road" => &["road"],
        "transit" => &["transit"],
        "subdistrict" => &["subdistrict"],
        "link" => &["link"],
        "belt" | "belt-line" => &["belt"],
        "core" => &["core"],
        "axis" => &["axis"],
        "area" | "point" => &SIGNED,
        "label" => &["core", "axis", "belt", "water", "subdistrict"],
        PARCEL => &[PARCEL],
        _ => &[],
    }
}

/// All parts that a layer may play.
#[must_use]
pub fn roles() -> Vec<&'static str> {
    let mut roles: Vec<_> = SOURCES.into_iter().chain([PARCEL]).flat_map(parts).copied().collect();
    roles.sort_unstable();
    roles.dedup();
    roles
}

/// The signs of a catalogue.
#[derive(Debug)]
pub struct Signs<'a> {
    types: Vec<(&'a Named, &'static str)>,
}

impl<'a> Signs<'a> {
    /// Blocks, parks and buildings have their own shapes; other types of a plan take theirs in turn, first those whose colour
    /// no other type of the plan has.
    #[must_use]
    pub fn of(catalog: &'a Catalog) -> Self {
        let types = catalog.plan.as_ref().map_or(&[][..], |facts| &facts.layout.unit_types);
        let UnitTypes { usual, others } = &SYMBOLS.unit_types;
        let usual_of = |kind: &Named| usual.iter().find(|known| **known == kind.id).map(|known| &**known);
        let colours: Vec<_> = types.iter().filter_map(usual_of).map(signs::colour).collect();
        let is_taken = |shape: &&str| colours.contains(&signs::colour(shape));
        let (taken, free): (Vec<_>, Vec<_>) = others.iter().map(|shape| &**shape).partition(is_taken);
        let mut in_turn = free.into_iter().chain(taken).cycle();
        let shape = |kind: &'a Named| Some((kind, usual_of(kind).or_else(|| in_turn.next())?));
        Self { types: types.iter().filter_map(shape).collect() }
    }

    /// The types of units of the plan, each with its shape.
    #[must_use]
    pub fn types(&self) -> &[(&'a Named, &'static str)] {
        &self.types
    }

    /// The id of the sign of a feature: its shape and its fill.
    #[must_use]
    pub fn sign(&self, layer: &Layer, feature: FeatureRef<'_>) -> String {
        let place = Place { layer, feature };
        format!("{}-{}", self.shape(place), place.sign_fill())
    }

    fn shape(&self, place: Place<'_>) -> &'static str {
        let unit_type = place.unit().or_else(|| place.text("unit_type"));
        let of_type =
            |id: &String| self.types.iter().find(|(kind, _)| *kind.id == **id).map(|(_, shape)| *shape);
        if let Some(shape) = unit_type.as_ref().and_then(of_type) {
            return shape;
        }
        let kind = unit_type.or_else(|| place.text("kind"));
        let known = kind.and_then(|kind| SYMBOLS.kinds.get(&*kind));
        let usual = if place.layer.about.role() == "facility" { "facility" } else { "other" };
        known.map_or(usual, |shape| shape)
    }
}

/// The layers of parcels that a view shows: made-up ones are not shown beside the layout of the plan.
pub fn parcels(catalog: &Catalog, view: View) -> impl Iterator<Item = &Arc<IndexedLayer>> {
    catalog.layers().filter(move |indexed| {
        let layer = indexed.layer();
        layer.about.role() == PARCEL && (view == View::Parcels || !layer.about.synthetic)
    })
}

/// The features of every source, by its name.
#[must_use]
pub fn sources(catalog: &Catalog, lang: Lang) -> BTreeMap<&'static str, Vec<Drawn>> {
    SOURCES.into_iter().filter_map(|name| Some((name, source(catalog, name, lang)?))).collect()
}

/// The features of one source, in the order of the catalogue; `None` where there is no such source.
#[must_use]
pub fn source(catalog: &Catalog, name: &str, lang: Lang) -> Option<Vec<Drawn>> {
    let stage = Stage { catalog, lang, signs: Signs::of(catalog) };
    Some(match name {
        "mask" => stage.mask(),
        "road" => stage.whole(name, |place, _| object([("class", place.road_class().into())])),
        "belt" => stage.belts(),
        "belt-line" => stage.whole("belt", |_, at| object([("turn", turn(at))])),
        "area" => stage.areas(),
        "point" => stage.signs(),
        "label" => stage.labels(),
        "zone" | "water" | "transit" | "subdistrict" | "link" | "core" | "axis" => {
            stage.whole(name, |_, _| Map::new())
        }
        _ => return None,
    })
}

/// Do the features of a layer say how far they are, so that their signs tell it?
#[must_use]
pub fn tells_status(layer: &Layer) -> bool {
    layer.schema.find("lifecycle").is_some()
}

/// Belts take their colours in turn, in the order of the catalogue.
fn turn(at: usize) -> Json {
    (at % 2).into()
}

fn object<const N: usize>(members: [(&str, Json); N]) -> Map<String, Json> {
    members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

struct Stage<'a> {
    catalog: &'a Catalog,
    lang: Lang,
    signs: Signs<'a>,
}

impl<'a> Stage<'a> {
    /// The features of the layers whose part is asked for, in the order of the catalogue.
    fn places(&self, is_asked: impl Fn(&str) -> bool) -> impl Iterator<Item = Place<'a>> {
        let layers = self.catalog.layers().map(|indexed| indexed.layer());
        layers
            .filter(move |layer| is_asked(layer.about.role()))
            .flat_map(|layer| layer.positions().map(move |ix| Place { layer, feature: layer.feature(ix) }))
    }

    fn playing(&self, part: &str) -> impl Iterator<Item = Place<'a>> {
        self.places(move |own| own == part)
    }

    fn signed(&self) -> impl Iterator<Item = Place<'a>> {
        self.places(|part| SIGNED.contains(&part))
    }

    fn drawn(&self, place: Place<'_>, geometry: Shape, more: Map<String, Json>) -> Drawn {
        let mut properties = object([
            ("key", format!("{}:{}", place.layer.id, place.feature.id()).into()),
            ("name", place.name(self.lang).into()),
            ("kind", place.text("kind").unwrap_or_default().into()),
        ]);
        properties.extend(more);
        Drawn { geometry, properties }
    }

    /// All of a part with their geometries; `more` gets the place and its number.
    fn whole(&self, part: &str, more: impl Fn(Place<'_>, usize) -> Map<String, Json>) -> Vec<Drawn> {
        let drawn =
            |(at, place): (usize, Place<'a>)| Some(self.drawn(place, place.shape()?, more(place, at)));
        self.playing(part).enumerate().filter_map(drawn).collect()
    }

    /// Everything but the zone, so that its surroundings can be veiled.
    fn mask(&self) -> Vec<Drawn> {
        let outlines: Vec<LineString> = self
            .playing("zone")
            .filter_map(Place::shape)
            .flat_map(|shape| match shape {
                Shape::Polygon(polygon) => vec![polygon.into_inner().0],
                Shape::MultiPolygon(polygons) => {
                    polygons.into_iter().map(|polygon| polygon.into_inner().0).collect()
                }
                _ => Vec::new(),
            })
            .collect();
        if outlines.is_empty() {
            return Vec::new();
        }
        let world = [(-180.0, -85.0), (180.0, -85.0), (180.0, 85.0), (-180.0, 85.0), (-180.0, -85.0)];
        let mask = Polygon::new(world.into_iter().collect(), outlines);
        vec![Drawn { geometry: mask.into(), properties: Map::new() }]
    }

    /// Belts as areas: a line is widened by its own half width.
    fn belts(&self) -> Vec<Drawn> {
        let drawn = |(at, place): (usize, Place<'a>)| {
            let shape = place.shape()?;
            let is_line = matches!(shape, Shape::LineString(_) | Shape::MultiLineString(_));
            let half_width = place.number("half_width_m").filter(|&metres| is_line && metres > 0.0);
            let band = half_width.and_then(|metres| buffer_m(&shape, metres));
            Some(self.drawn(place, band.unwrap_or(shape), object([("turn", turn(at))])))
        };
        self.playing("belt").enumerate().filter_map(drawn).collect()
    }

    /// The extents and courses of what is drawn as a sign, too.
    fn areas(&self) -> Vec<Drawn> {
        let drawn = |place: Place<'a>| {
            let shape =
                place.shape().filter(|shape| !matches!(shape, Shape::Point(_) | Shape::MultiPoint(_)))?;
            Some(self.drawn(place, shape, object([("shape", self.signs.shape(place).into())])))
        };
        self.signed().filter_map(drawn).collect()
    }

    /// Signs, the most important first; of equal positions the first speaks for all.
    fn signs(&self) -> Vec<Drawn> {
        let spots = |place: Place<'a>| match place.shape() {
            Some(Shape::MultiPoint(points)) => points.into_iter().map(|point| point.0).collect(),
            shape => shape.and_then(|shape| label_point(&shape)).into_iter().collect::<Vec<_>>(),
        };
        let mut signs: Vec<_> =
            self.signed().flat_map(|place| spots(place).into_iter().map(move |at| (place, at))).collect();
        signs.sort_by_key(|(place, _)| place.weight());
        let mut stacks: Vec<Vec<(Place<'_>, Coord)>> = Vec::new();
        let mut known: HashMap<String, usize> = HashMap::new();
        for (place, at) in signs {
            let stack = *known.entry(format!("{:.5},{:.5}", at.x, at.y)).or_insert(stacks.len());
            if stack == stacks.len() {
                stacks.push(Vec::new());
            }
            stacks[stack].push((place, at));
        }
        let zone = Bounds::around(self.playing("zone").filter_map(Place::window));
        let middle = zone.map_or(0.0, |zone| zone.middle()[0]);
        stacks.iter().flat_map(|stack| self.stack(stack, middle)).collect()
    }

    fn stack(&self, stack: &[(Place<'a>, Coord)], middle: f64) -> Vec<Drawn> {
        let drawn = |(rank, &(place, at)): (usize, &(Place<'a>, Coord))| {
            let part = place.layer.about.role();
            let more = object([
                ("icon", self.signs.sign(place.layer, place.feature).into()),
                ("unit", place.unit().is_some().into()),
                ("role", part.into()),
                // A name far from the zone leans towards it, where it is less likely to be cut off by the edge.
                ("leansWest", (part == "region" && turned(at.x - middle) > 0.0).into()),
                ("order", place.weight().min(2).into()),
                ("rank", rank.into()),
                ("stack", if rank == 0 { stack.len() } else { 0 }.into()),
            ]);
            self.drawn(place, Point(at).into(), more)
        };
        stack.iter().enumerate().map(drawn).collect()
    }

    /// Where names stand that do not follow what they name.
    fn labels(&self) -> Vec<Drawn> {
        let label = |place: Place<'a>, part: &str, at: Coord| {
            self.drawn(place, Point(at).into(), object([("role", part.into())]))
        };
        let middle = |place: Place<'a>, part: &str| Some(label(place, part, label_point(&place.shape()?)?));
        let below = |place: Place<'a>| {
            let at = Coord { y: place.window()?.south, ..label_point(&place.shape()?)? };
            Some(label(place, "core", at))
        };
        let belt = |(number, place): (usize, Place<'a>)| {
            let mut drawn = middle(place, "belt")?;
            drawn.properties.insert("turn".to_owned(), turn(number));
            Some(drawn)
        };
        let areal =
            |part| self.playing(part).filter(|place| place.shape().is_some_and(|shape| is_areal(&shape)));
        let is_river = |place: &Place<'a>| place.text("kind").as_deref() == Some("river");
        let reaches = |place: Place<'a>| {
            let points = place.shape().map(|shape| points_along(&shape)).unwrap_or_default();
            points.into_iter().map(move |at| (place, at))
        };
        let mut labels: Vec<Drawn> = self.playing("core").filter_map(below).collect();
        labels.extend(self.playing("axis").filter_map(|place| middle(place, "axis")));
        labels.extend(self.playing("belt").enumerate().filter_map(belt));
        labels.extend(
            areal("water").filter(|place| !is_river(place)).filter_map(|place| middle(place, "water")),
        );
        let rivers = areal("water").filter(is_river).flat_map(reaches);
        labels.extend(rivers.map(|(place, at)| label(place, "river", at)));
        labels.extend(areal("subdistrict").filter_map(|place| middle(place, "subdistrict")));
        labels
    }
}

fn is_areal(shape: &Shape) -> bool {
    matches!(shape, Shape::Polygon(_) | Shape::MultiPolygon(_))
}

/// A feature of any layer, as a thing with a name.
#[derive(Clone, Copy)]
struct Place<'a> {
    layer: &'a Layer,
    feature: FeatureRef<'a>,
}

impl Place<'_> {
    fn shape(self) -> Option<Shape> {
        self.feature.geometry().map(GeometryRef::to_shape)
    }

    fn window(self) -> Option<Bounds> {
        self.feature.geometry()?.window()
    }

    /// The value of a field; `None` where the layer has no such field.
    fn value(&self, field: &str) -> Option<Value<'_>> {
        self.layer.schema.find(field).map(|(at, _)| self.feature.value(at))
    }

    /// A text that is not blank.
    fn text(self, field: &str) -> Option<String> {
        let text = match self.value(field)? {
            Value::Text(text) => text.to_owned(),
            Value::Date(day) => day.to_string(),
            Value::Timestamp(moment) => moment.to_string(),
            _ => return None,
        };
        (!text.trim().is_empty()).then_some(text)
    }

    fn number(self, field: &str) -> Option<f64> {
        match self.value(field)? {
            #[expect(clippy::cast_precision_loss, reason = "a width in metres")]
            Value::Integer(number) => Some(number as f64),
            Value::Real(number) => Some(number),
            _ => None,
        }
    }

    /// The name in a language, else in the other, else the id.
    fn name(self, lang: Lang) -> String {
        self.feature.name(lang)
    }

    /// The type of unit, where the plan names this place as one.
    fn unit(self) -> Option<String> {
        let is_named = self.value("named_unit") == Some(Value::Bool(true));
        is_named.then(|| self.text("unit_type")).flatten()
    }

    /// The place among signs: the lower, the more important.
    fn weight(&self) -> u8 {
        match self.layer.about.role() {
            _ if self.unit().is_some() => 0,
            "site" => 1,
            "facility" => 2,
            _ => 3,
        }
    }

    fn sign_fill(self) -> &'static str {
        match self.value("lifecycle") {
            // Regions and the like have no status to be unknown.
            None => "built",
            Some(Value::Text(lifecycle)) => SYMBOLS.lifecycles.get(lifecycle).map_or("unknown", |fill| fill),
            Some(_) => "unknown",
        }
    }

    /// Data may know nothing but "road"; ring roads are told by their name.
    fn road_class(self) -> &'static str {
        let fields = ["class", "road_class", "kind"].map(|field| self.text(field).unwrap_or_default());
        let named = format!("{} {}", fields.join(" "), self.name(Lang::En));
        let lower = named.to_lowercase();
        let is_one = |text: &str, words: &[&str]| words.iter().any(|word| text.contains(word));
        if is_one(&lower, &["motorway", "expressway", "ring road", "trunk", "highway"]) {
            "motorway"
        } else if is_one(&named, &["minor", "residential", "local"]) {
            "minor"
        } else {
            "road"
        }
    }
}

/// Which kind has which shape, and which status which fill.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Symbols {
    unit_types: UnitTypes,
    kinds: HashMap<Box<str>, Box<str>>,
    lifecycles: HashMap<Box<str>, Box<str>>,
}

/// The shapes of the types that plans mostly have, and those for others.
#[derive(Deserialize)]
struct UnitTypes {
    usual: Vec<Box<str>>,
    others: Vec<Box<str>>,
}

static SYMBOLS: LazyLock<Symbols> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../web/src/map/symbols.json"))
        .expect("symbols.json tells kinds and lifecycles")
});
