//! What of the features does the style draw, and with which paths and texts?
//!
//! In: a frame, layers of the style, features. Out: items of a picture from the lowest to the highest, and what is in
//! sight. Leaves out: files, furniture.
//!
//! Symbols find their places from the highest layer to the lowest, as in `MapLibre`, and are drawn the other way.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};
use tiny_skia::PathBuilder;

use super::color::Color;
use super::expression::Context;
use super::frame::{Frame, Point};
use super::labels::{Name, Placed, Places, Side, Sign, Stand, Symbol};
use super::layer::{Kind, Layer};
use super::outline::{Outline, Parts, path_of};
use super::picture::{Cap, Item, Join, Pen};
use super::place::Box;
use super::signs;
use super::style::Tokens;
use super::text::{Block, Weight};
use crate::query::{Budget, QueryError};

/// From the baseline to the lower edge of the box of a line, as `MapLibre` has it, ems.
const BASELINE_SHIFT: f32 = 7.0 / 24.0;
/// `text-size` where the style does not say.
const TEXT_SIZE: f32 = 16.0;

/// A feature on the picture.
#[derive(Debug)]
pub struct Feature<'a> {
    /// What the style reads.
    pub properties: &'a Map<String, Json>,
    /// Its geometry, by kind; empty when it is out of sight.
    pub outlines: Vec<Outline>,
}

/// The features of each source.
pub type Features<'a> = BTreeMap<&'a str, Vec<Feature<'a>>>;

/// What is drawn with.
#[derive(Debug, Clone, Copy)]
pub struct Stage<'a> {
    /// The part of the earth.
    pub frame: &'a Frame,
    /// The colours.
    pub tokens: &'a Tokens,
    /// Whose end ends the drawing.
    pub budget: &'a Budget,
}

/// What is drawn, and what of it is in sight.
#[derive(Debug, Default)]
pub struct Scene {
    /// What lies under all items.
    pub background: Option<Color>,
    /// Items from the lowest to the highest.
    pub items: Vec<Item>,
    /// How many of them, from the lowest, are areas and lines under all furniture, signs and names.
    pub ground: usize,
    /// The numbers of the features in sight, by source.
    pub seen: BTreeMap<String, BTreeSet<usize>>,
    /// The ids of the signs in sight.
    pub signs: BTreeSet<String>,
    /// The boxes of the names that stand.
    pub names: Vec<(String, Vec<Box>)>,
}

/// What stands before the names do.
#[derive(Debug, Default)]
pub struct Furnished {
    /// What lies under the names.
    pub under: Vec<Item>,
    /// What lies over everything.
    pub over: Vec<Item>,
    /// Where no name may stand.
    pub boxes: Vec<Box>,
}

/// Draws layers. `furnish` gets the scene without names and signs, though it tells which signs there are.
///
/// # Errors
/// The budget is spent.
pub fn compose(
    stage: Stage<'_>,
    layers: &[Layer],
    features: &Features<'_>,
    furnish: impl FnOnce(&Scene) -> Furnished,
) -> Result<Scene, QueryError> {
    let mut scene = Scene::default();
    let none = Vec::new();
    let shown: Vec<&Layer> = layers.iter().filter(|layer| layer.shows_at(stage.frame.zoom)).collect();
    let own = |layer: &Layer| features.get(layer.source.as_str()).unwrap_or(&none);
    let mut wanted: Vec<Vec<Symbol>> = Vec::new();
    let mut drawn: Vec<Vec<Item>> = Vec::new();
    for layer in &shown {
        let mut symbols = Vec::new();
        match layer.kind {
            Kind::Background => {
                scene.background = Some(layer.color("background-color", &nothing(stage.frame)));
            }
            Kind::Fill => fills(stage, layer, own(layer), &mut scene)?,
            Kind::Line => lines(stage, layer, own(layer), &mut scene)?,
            Kind::Circle => circles(stage, layer, own(layer), &mut scene)?,
            Kind::Symbol => symbols = self::symbols(stage, layer, own(layer), &mut scene)?,
        }
        scene.signs.extend(symbols.iter().filter_map(|symbol| Some(symbol.sign.as_ref()?.id.clone())));
        wanted.push(symbols);
        drawn.push(std::mem::take(&mut scene.items));
    }
    let furnished = furnish(&scene);
    let mut places = Places::new(stage.frame.extent(), &furnished.boxes, wanted.iter().flatten());
    let mut placed: Vec<Vec<Placed>> = Vec::new();
    for symbols in wanted.into_iter().rev() {
        stage.budget.check()?;
        placed.push(places.place_all(symbols));
    }
    placed.reverse();
    let is_ground = |layer: &&Layer| matches!(layer.kind, Kind::Background | Kind::Fill | Kind::Line);
    let ground = shown.iter().copied().take_while(is_ground).count();
    scene.ground = drawn[..ground].iter().map(Vec::len).sum();
    let mut under = Some(furnished.under);
    for ((layer, items), symbols) in shown.iter().zip(drawn).zip(placed) {
        if layer.kind == Kind::Symbol {
            scene.items.extend(under.take().into_iter().flatten());
        }
        scene.items.extend(items);
        scene.stand(symbols, stage.tokens);
    }
    scene.items.extend(under.take().into_iter().flatten());
    scene.items.extend(furnished.over);
    Ok(scene)
}

/// The areas and lines of a source for one feature, as a legend shows them.
///
/// # Errors
/// The budget is spent.
pub fn swatch(
    stage: Stage<'_>,
    layers: &[Layer],
    source: &str,
    properties: &Map<String, Json>,
    outline: Outline,
) -> Result<Vec<Item>, QueryError> {
    let mut scene = Scene::default();
    let feature = [Feature { properties, outlines: vec![outline] }];
    for layer in layers.iter().filter(|layer| layer.source == source && layer.shows_at(stage.frame.zoom)) {
        match layer.kind {
            Kind::Fill => fills(stage, layer, &feature, &mut scene)?,
            Kind::Line => lines(stage, layer, &feature, &mut scene)?,
            Kind::Circle => circles(stage, layer, &feature, &mut scene)?,
            Kind::Background | Kind::Symbol => {}
        }
    }
    Ok(scene.items)
}

fn nothing(frame: &Frame) -> Context<'static> {
    static NONE: std::sync::LazyLock<Map<String, Json>> = std::sync::LazyLock::new(Map::new);
    Context { zoom: frame.zoom, properties: &NONE, geometry_type: "" }
}

/// Calls `act` with each outline that a layer draws, its number and what the style is asked about it.
fn each<'a>(
    stage: Stage<'_>,
    layer: &Layer,
    features: &'a [Feature<'a>],
    mut act: impl FnMut(usize, &'a Outline, &Context<'a>),
) -> Result<(), QueryError> {
    for (at, feature) in features.iter().enumerate() {
        if at % 1024 == 0 {
            stage.budget.check()?;
        }
        for outline in &feature.outlines {
            let context = Context {
                zoom: stage.frame.zoom,
                properties: feature.properties,
                geometry_type: outline.kind(),
            };
            if layer.selects(&context) {
                act(at, outline, &context);
            }
        }
    }
    Ok(())
}

fn fills(
    stage: Stage<'_>,
    layer: &Layer,
    features: &[Feature<'_>],
    scene: &mut Scene,
) -> Result<(), QueryError> {
    // Parcels share no ground, so that one path of all looks like one for each.
    let joins = layer.source == super::sources::PARCEL;
    let mut joined: Option<(PathBuilder, Color, bool)> = None;
    each(stage, layer, features, |at, outline, context| {
        let opacity = layer.number("fill-opacity", 1.0, context);
        if opacity <= 0.0 || !matches!(outline.parts, Parts::Polygons(_)) {
            return;
        }
        scene.see(layer, at, outline, stage.frame);
        if layer.has("fill-pattern") {
            let id = layer.text("fill-pattern", context);
            scene.items.extend(signs::hatch(&id, outline, stage.frame, opacity, stage.tokens));
            return;
        }
        let color = layer.color("fill-color", context).faded(opacity);
        let smooth = layer.truth("fill-antialias", true, context);
        if joins {
            let (path, known, _) = joined.get_or_insert_with(|| (PathBuilder::new(), color, smooth));
            if *known == color {
                outline.add_area(stage.frame, path);
                return;
            }
        }
        scene.items.extend(outline.area(stage.frame).map(|path| Item::Fill { path, color, smooth }));
    })?;
    if let Some((path, color, smooth)) = joined {
        scene.items.extend(path.finish().map(|path| Item::Fill { path, color, smooth }));
    }
    Ok(())
}

fn lines(
    stage: Stage<'_>,
    layer: &Layer,
    features: &[Feature<'_>],
    scene: &mut Scene,
) -> Result<(), QueryError> {
    let joins = layer.source == super::sources::PARCEL;
    let mut joined: Option<(Vec<super::outline::Piece>, Color, Pen)> = None;
    each(stage, layer, features, |at, outline, context| {
        let opacity = layer.number("line-opacity", 1.0, context);
        let pen = pen(layer, context);
        if opacity <= 0.0 || pen.width <= 0.0 {
            return;
        }
        scene.see(layer, at, outline, stage.frame);
        let color = layer.color("line-color", context).faded(opacity);
        let pieces = outline.pieces(layer.number("line-offset", 0.0, context), stage.frame);
        if joins {
            let (all, known, _) = joined.get_or_insert_with(|| (Vec::new(), color, pen.clone()));
            if *known == color {
                all.extend(pieces);
                return;
            }
        }
        scene.items.extend(stroked(&pieces, color, &pen));
    })?;
    if let Some((pieces, color, pen)) = joined {
        scene.items.extend(stroked(&pieces, color, &pen));
    }
    Ok(())
}

/// One stroke for all pieces; dashed pieces that begin at different places of the dashes are strokes of their own.
fn stroked(pieces: &[super::outline::Piece], color: Color, pen: &Pen) -> Vec<Item> {
    let stroke = |pieces: &[super::outline::Piece], phase: f32| {
        let path = path_of(pieces)?;
        Some(Item::Stroke { path, color, pen: Pen { phase, ..pen.clone() } })
    };
    let whole: f32 = pen.dashes.iter().sum();
    if whole <= 0.0 || pieces.iter().all(|piece| piece.before == 0.0) {
        return stroke(pieces, 0.0).into_iter().collect();
    }
    pieces.iter().filter_map(|piece| stroke(std::slice::from_ref(piece), piece.before % whole)).collect()
}

fn pen(layer: &Layer, context: &Context<'_>) -> Pen {
    let width = layer.number("line-width", 1.0, context);
    let cap = match layer.text("line-cap", context).as_str() {
        "round" => Cap::Round,
        "square" => Cap::Square,
        _ => Cap::Butt,
    };
    let join = match layer.text("line-join", context).as_str() {
        "round" => Join::Round,
        "bevel" => Join::Bevel,
        _ => Join::Miter,
    };
    let mut dashes: Vec<f32> =
        layer.numbers("line-dasharray", context).iter().map(|dash| dash * width).collect();
    if dashes.len() % 2 == 1 {
        dashes.extend(dashes.clone());
    }
    Pen { width, cap, join, dashes, phase: 0.0, blur: layer.number("line-blur", 0.0, context) }
}

fn circles(
    stage: Stage<'_>,
    layer: &Layer,
    features: &[Feature<'_>],
    scene: &mut Scene,
) -> Result<(), QueryError> {
    each(stage, layer, features, |at, outline, context| {
        let Parts::Points(points) = &outline.parts else { return };
        let radius = layer.number("circle-radius", 5.0, context);
        let width = layer.number("circle-stroke-width", 0.0, context);
        let fill = layer.color("circle-color", context).faded(layer.number("circle-opacity", 1.0, context));
        let rim = layer.color("circle-stroke-color", context).faded(layer.number(
            "circle-stroke-opacity",
            1.0,
            context,
        ));
        scene.see(layer, at, outline, stage.frame);
        for [x, y] in points {
            let circle = |radius| PathBuilder::from_circle(*x, *y, radius);
            scene.items.extend(circle(radius).map(|path| Item::Fill { path, color: fill, smooth: true }));
            if width > 0.0 {
                let path = circle(radius + width / 2.0);
                scene.items.extend(path.map(|path| Item::Stroke {
                    path,
                    color: rim,
                    pen: Pen::plain(width),
                }));
            }
        }
    })
}

/// The symbols of a layer, those with a lower key first.
fn symbols(
    stage: Stage<'_>,
    layer: &Layer,
    features: &[Feature<'_>],
    scene: &mut Scene,
) -> Result<Vec<Symbol>, QueryError> {
    let mut symbols = Vec::new();
    each(stage, layer, features, |number, outline, context| {
        let key = f64::from(layer.number("symbol-sort-key", 0.0, context));
        let name = name(layer, context);
        let placement = layer.text("symbol-placement", context);
        if placement.starts_with("line") {
            let pieces = outline.pieces(0.0, stage.frame).into_iter().map(|piece| piece.points).collect();
            let spacing = (placement == "line").then(|| layer.number("symbol-spacing", 250.0, context));
            let most_angle = layer.number("text-max-angle", 45.0, context).to_radians();
            let offset = layer.numbers("text-offset", context).get(1).copied().unwrap_or(0.0);
            if name.is_some() {
                symbols.push(Symbol {
                    key,
                    sign: None,
                    name,
                    at: Stand::Line { pieces, spacing, most_angle, offset },
                });
            }
            return;
        }
        let sign = sign(layer, context);
        let Parts::Points(points) = &outline.parts else { return };
        if name.is_none() && sign.is_none() {
            return;
        }
        if sign.is_some() {
            scene.see(layer, number, outline, stage.frame);
        }
        let (sides, justify) = (sides(layer, context), justify(layer, context));
        for &at in points.iter().filter(|at| is_inside(**at, stage.frame)) {
            let at = Stand::Point { at, sides: sides.clone(), justify };
            symbols.push(Symbol { key, sign: sign.clone(), name: name.clone(), at });
        }
    })?;
    symbols.sort_by(|a, b| a.key.total_cmp(&b.key));
    Ok(symbols)
}

fn is_inside([x, y]: Point, frame: &Frame) -> bool {
    let [width, height] = frame.extent();
    (0.0..=width).contains(&x) && (0.0..=height).contains(&y)
}

fn name(layer: &Layer, context: &Context<'_>) -> Option<Name> {
    let text = layer.text("text-field", context);
    let font = layer.json("text-font", context);
    let is_bold = font.and_then(|font| Some(font.get(0)?.as_str()?.contains("Bold"))).unwrap_or(false);
    let spacing = layer.number("text-letter-spacing", 0.0, context);
    let follows = layer.text("symbol-placement", context).starts_with("line");
    let most = if follows { f32::INFINITY } else { layer.number("text-max-width", 10.0, context) };
    let block = Block::set(&text, if is_bold { Weight::Bold } else { Weight::Regular }, spacing, most)?;
    let size = layer.number("text-size", TEXT_SIZE, context);
    let opacity = layer.number("text-opacity", 1.0, context);
    // The field that a halo is drawn from reaches a quarter of an em.
    let width = layer.number("text-halo-width", 0.0, context).min(size / 4.0);
    let halo = (width > 0.0).then(|| (layer.color("text-halo-color", context).faded(opacity), width));
    Some(Name {
        block,
        size,
        color: layer.color("text-color", context).faded(opacity),
        halo,
        padding: layer.number("text-padding", 2.0, context),
        spacing,
        overlaps: layer.truth("text-allow-overlap", false, context),
        yields: layer.truth("text-ignore-placement", false, context),
        optional: layer.truth("text-optional", false, context),
    })
}

fn sign(layer: &Layer, context: &Context<'_>) -> Option<Sign> {
    let id = layer.text("icon-image", context);
    if !signs::exists(&id) {
        return None;
    }
    let size = layer.number("icon-size", 1.0, context);
    let reach = signs::side() / 2.0 * size + layer.number("icon-padding", 2.0, context);
    Some(Sign {
        id,
        size,
        reach,
        opacity: layer.number("icon-opacity", 1.0, context),
        overlaps: layer.truth("icon-allow-overlap", false, context),
        yields: layer.truth("icon-ignore-placement", false, context),
    })
}

/// The sides that a name may stand on.
fn sides(layer: &Layer, context: &Context<'_>) -> Vec<Side> {
    let pair =
        |numbers: &[f32]| [numbers.first().copied().unwrap_or(0.0), numbers.get(1).copied().unwrap_or(0.0)];
    let shifted = |anchor: &str, [x, y]: Point| {
        // Upwards and downwards a name is measured from its baseline.
        let shift = if anchor.starts_with("top") {
            -BASELINE_SHIFT
        } else if anchor.starts_with("bottom") {
            BASELINE_SHIFT
        } else {
            0.0
        };
        Side::of(anchor, [x, y + shift])
    };
    let list = |name| layer.json(name, context).and_then(|value| value.as_array().cloned());
    if let Some(list) = list("text-variable-anchor-offset") {
        #[expect(clippy::cast_possible_truncation, reason = "a few ems")]
        let numbers = |json: &Json| {
            json.as_array().map(|list| {
                list.iter()
                    .filter_map(|number| number.as_f64().map(|number| number as f32))
                    .collect::<Vec<_>>()
            })
        };
        return list
            .chunks_exact(2)
            .filter_map(|entry| Some(shifted(entry[0].as_str()?, pair(&numbers(&entry[1])?))))
            .collect();
    }
    let radial = layer.number("text-radial-offset", 0.0, context).max(0.0);
    let offset = pair(&layer.numbers("text-offset", context));
    let away = |anchor: &str| {
        let Side { anchor: part, .. } = Side::of(anchor, [0.0; 2]);
        let reach = if layer.has("text-radial-offset") {
            let diagonal = part.iter().all(|part| *part != 0.5);
            [radial / if diagonal { std::f32::consts::SQRT_2 } else { 1.0 }; 2]
        } else {
            offset.map(f32::abs)
        };
        std::array::from_fn(
            |axis| if part[axis] == 0.5 { 0.0 } else { reach[axis] * (1.0 - 2.0 * part[axis]) },
        )
    };
    if let Some(list) = list("text-variable-anchor") {
        return list.iter().filter_map(Json::as_str).map(|anchor| shifted(anchor, away(anchor))).collect();
    }
    let anchor = layer.text("text-anchor", context);
    if layer.has("text-radial-offset") {
        return vec![shifted(&anchor, away(&anchor))];
    }
    vec![Side::of(&anchor, offset)]
}

fn justify(layer: &Layer, context: &Context<'_>) -> Option<f32> {
    match layer.text("text-justify", context).as_str() {
        "auto" => None,
        "left" => Some(0.0),
        "right" => Some(1.0),
        _ => Some(0.5),
    }
}

impl Scene {
    /// Notes that a feature is in sight.
    fn see(&mut self, layer: &Layer, at: usize, outline: &Outline, frame: &Frame) {
        let known = self.seen.get(&layer.source).is_some_and(|seen| seen.contains(&at));
        if !known && outline.is_in_sight(frame) {
            self.seen.entry(layer.source.clone()).or_default().insert(at);
        }
    }

    /// Draws the symbols of a layer: signs, then names.
    fn stand(&mut self, symbols: Vec<Placed>, tokens: &Tokens) {
        for placed in &symbols {
            if let Some((sign, at)) = &placed.sign {
                self.items.extend(signs::draw(&sign.id, *at, sign.size, sign.opacity, tokens));
            }
        }
        for placed in symbols {
            for (run, boxes) in placed.names.into_iter().zip(placed.boxes) {
                self.names.push((run.text.clone(), boxes));
                self.items.push(Item::Text(run));
            }
        }
    }
}
