//! What does the drawing mean? The classes that are on this picture, each with a piece of it.
//!
//! In: what is in sight. Out: a card. Leaves out: classes that are not on the picture.
//!
//! Areas and lines are drawn by the layers of the style on a small shape, signs by the table of signs, so that the
//! legend looks like the map.

use super::card::{self, Paragraph, Type};
use super::frame::Point;
use super::layer::Layer;
use super::outline::{Outline, Parts};
use super::picture::Item;
use super::place::Box;
use super::scene::{Feature, Features, Scene, Stage, swatch};
use super::signs::{self, token};
use super::text::Weight;
use super::words::{self, Word};
use crate::catalog::Catalog;
use crate::model::Lang;
use crate::query::QueryError;

const PADDING: f32 = 12.0;
/// Width and height of a piece of the drawing.
const SWATCH: Point = [28.0, 14.0];
/// From the left edge of an entry to its words.
const INDENT: f32 = 36.0;
const ROW: f32 = 21.0;
const SIZE: f32 = 12.5;
/// Its width on a wide map, CSS pixels.
pub const MOST_WIDTH: f32 = 330.0;

/// A group of classes.
pub struct Section<'a> {
    title: Word,
    entries: Vec<Entry<'a>>,
}

struct Entry<'a> {
    swatch: Swatch<'a>,
    label: String,
}

enum Swatch<'a> {
    Sign(String),
    Piece { source: &'static str, feature: &'a Feature<'a> },
}

/// The classes in sight, grouped.
pub fn sections<'a>(
    scene: &Scene,
    features: &'a Features<'a>,
    catalog: &Catalog,
    lang: Lang,
) -> Vec<Section<'a>> {
    let seen = |source: &'static str| {
        let numbers = scene.seen.get(source).into_iter().flatten();
        let own = features.get(source);
        numbers.filter_map(move |&number| Some((source, own?.get(number)?)))
    };
    let named = |source: &'static str| {
        seen(source).take(6).map(|(source, feature)| {
            let label =
                feature.properties.get("name").and_then(|name| name.as_str()).unwrap_or_default().to_owned();
            Entry { swatch: Swatch::Piece { source, feature }, label }
        })
    };
    let titled = |source: &'static str| {
        let layer =
            catalog.layers().map(|layer| layer.layer()).find(|layer| super::sources::role(layer) == source);
        let made_up = layer.is_some_and(|layer| layer.about.synthetic);
        let title = layer.map_or("", |layer| layer.about.title.say(lang)).to_owned();
        let label = if made_up { format!("{title} ({})", words::SYNTHETIC_SHORT.say(lang)) } else { title };
        seen(source)
            .next()
            .map(|(source, feature)| Entry { swatch: Swatch::Piece { source, feature }, label })
    };
    let shapes = ["block", "park", "building", "zone", "facility", "enterprise", "other"];
    let fills = ["built", "in-progress", "planned", "unknown"];
    let has = |shape: &str, fill: &str| scene.signs.contains(&format!("{shape}-{fill}"));
    let shown = shapes.into_iter().filter(|shape| fills.iter().any(|fill| has(shape, fill)));
    let of_shape = |shape: &str| {
        Some(Entry {
            swatch: Swatch::Sign(format!("{shape}-built")),
            label: words::shape(shape)?.say(lang).to_owned(),
        })
    };
    // Each fill on the first shape that has it.
    let of_fill = |fill: &str| {
        let shape = shapes.into_iter().find(|shape| has(shape, fill))?;
        Some(Entry {
            swatch: Swatch::Sign(format!("{shape}-{fill}")),
            label: words::fill(fill)?.say(lang).to_owned(),
        })
    };
    let sections = [
        Section {
            title: words::STRUCTURE,
            entries: named("core").chain(named("axis")).chain(named("belt")).collect(),
        },
        Section { title: words::SHAPES, entries: shown.filter_map(of_shape).collect() },
        Section { title: words::FILLS, entries: fills.into_iter().filter_map(of_fill).collect() },
        Section {
            title: words::LAYERS,
            entries: ["zone", "subdistrict", "water", "road", "transit", "parcel"]
                .into_iter()
                .filter_map(titled)
                .collect(),
        },
    ];
    sections.into_iter().filter(|section| !section.entries.is_empty()).collect()
}

/// Draws the legend with its lower left corner at a point, no wider and no higher than told; nothing where it does not
/// fit or there is nothing to tell.
///
/// # Errors
/// The budget is spent.
pub fn draw(
    stage: Stage<'_>,
    layers: &[Layer],
    sections: &[Section<'_>],
    lang: Lang,
    [left, bottom]: Point,
    most: Point,
) -> Result<Option<(Vec<Item>, Box)>, QueryError> {
    let width = most[0].min(2.0 * MOST_WIDTH);
    let inner = width - 2.0 * PADDING;
    if sections.is_empty() || inner < 130.0 {
        return Ok(None);
    }
    let (tx, tx2) = (token(stage.tokens, "tx"), token(stage.tokens, "tx2"));
    let look = Type { weight: Weight::Regular, size: SIZE, color: tx };
    let quiet = Type { weight: Weight::Regular, size: 11.0, color: tx2 };
    let title =
        Paragraph::set(words::LEGEND.say(lang), Type { weight: Weight::Bold, size: 14.0, ..look }, inner);
    let edges = Paragraph::set(words::EDGES.say(lang), quiet, inner);
    let has_structure = sections.first().is_some_and(|section| section.title == words::STRUCTURE);
    // Laid out from the top at 0, then moved to where it stands.
    let mut pen = PADDING;
    let mut parts: Vec<(Paragraph, Point)> = Vec::new();
    let mut swatches: Vec<(&Swatch<'_>, Point)> = Vec::new();
    if let Some(title) = title {
        parts.push((title, [PADDING, pen]));
        pen += 22.0;
    }
    for section in sections {
        if let Some(heading) = Paragraph::set(section.title.say(lang), quiet, inner) {
            parts.push((heading, [PADDING, pen]));
            pen += 17.0;
        }
        let labels: Vec<_> =
            section.entries.iter().map(|entry| Paragraph::set(&entry.label, look, inner - INDENT)).collect();
        let widest = labels.iter().flatten().map(|label| label.size()[0]).fold(0.0, f32::max);
        let columns = columns(inner, INDENT + widest + 10.0);
        for row in (0..section.entries.len()).step_by(columns) {
            let numbers = row..(row + columns).min(section.entries.len());
            let high = numbers
                .clone()
                .filter_map(|at| labels[at].as_ref())
                .map(|label| label.size()[1])
                .fold(0.0, f32::max);
            let high = ROW.max(high + 6.0);
            for at in numbers {
                #[expect(clippy::cast_precision_loss, reason = "a few columns")]
                let x = PADDING + (at - row) as f32 * inner / columns as f32;
                swatches.push((&section.entries[at].swatch, [x + SWATCH[0] / 2.0, pen + high / 2.0]));
                if let Some(label) = labels[at].clone() {
                    let top = pen + (high - label.size()[1]) / 2.0;
                    parts.push((label, [x + INDENT, top]));
                }
            }
            pen += high;
        }
        pen += 5.0;
    }
    if let Some(edges) = edges.filter(|_| has_structure) {
        let high = edges.size()[1];
        parts.push((edges, [PADDING, pen]));
        pen += high + 4.0;
    }
    let high = pen + PADDING - 6.0;
    if high > most[1] {
        return Ok(None);
    }
    let one = Box { left, top: bottom - high, right: left + width, bottom };
    let mut items = card::ground(one, true, stage.tokens);
    for (swatch, at) in swatches {
        items.extend(piece(stage, layers, swatch, [at[0] + one.left, at[1] + one.top])?);
    }
    items.extend(parts.iter().map(|(words, at)| words.at([at[0] + one.left, at[1] + one.top])));
    Ok(Some((items, one)))
}

fn columns(inner: f32, needed: f32) -> usize {
    [3, 2].into_iter().find(|&count: &u8| needed * f32::from(count) <= inner + 10.0).map_or(1, usize::from)
}

/// A piece of the drawing around a point.
fn piece(
    stage: Stage<'_>,
    layers: &[Layer],
    of: &Swatch<'_>,
    middle: Point,
) -> Result<Vec<Item>, QueryError> {
    match of {
        Swatch::Sign(id) => Ok(signs::draw(id, middle, 0.75, 1.0, stage.tokens)),
        Swatch::Piece { source, feature } => {
            let kind = feature.outlines.first().map(Outline::kind);
            let outline = Outline { parts: shape(source, kind, middle) };
            swatch(stage, layers, source, feature.properties, outline)
        }
    }
}

/// What a class is shown on: a slanting line, an oval for the core, else a box.
fn shape(source: &str, kind: Option<&str>, [x, y]: Point) -> Parts {
    let [wide, high] = SWATCH.map(|side| side / 2.0);
    if kind == Some("LineString") {
        return Parts::Lines(vec![vec![[x - wide, y + high / 2.0], [x + wide, y - high / 2.0]]]);
    }
    let ring = if source == "core" {
        let corner = |at: u8| {
            let angle = f32::from(at) * std::f32::consts::TAU / 32.0;
            [x + wide * angle.cos(), y + high * angle.sin()]
        };
        (0..32).map(corner).collect()
    } else {
        vec![[x - wide, y - high], [x + wide, y - high], [x + wide, y + high], [x - wide, y + high]]
    };
    Parts::Polygons(vec![vec![ring]])
}
