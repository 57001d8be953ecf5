//! What does the drawing mean? The classes that are on this picture, each with a piece of it.
//!
//! In: what is in sight. Out: a card. Leaves out: classes that are not on the picture.
//!
//! Areas and lines are drawn by the layers of the style on a small shape, signs by the table of signs, so that the
//! legend looks like the map.

use super::card::{self, Paragraph, Type};
use super::frame::Point;
use super::furniture::MARGIN;
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
pub const WIDTH: f32 = 330.0;
/// Where it ends there.
pub const RIGHT: f32 = MARGIN + WIDTH;

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
        let layer = catalog.layers().map(|layer| layer.layer()).find(|layer| layer.about.role() == source);
        let made_up = layer.is_some_and(|layer| layer.about.synthetic);
        let title = layer.map_or("", |layer| layer.about.title.say(lang)).to_owned();
        let label = if made_up { format!("{title} ({})", words::SYNTHETIC_SHORT.say(lang)) } else { title };
        seen(source)
            .next()
            .map(|(source, feature)| Entry { swatch: Swatch::Piece { source, feature }, label })
    };
    let units = super::sources::Signs::of(catalog);
    let shapes =
        ["block", "park", "building", "star", "cross", "shield", "zone", "facility", "enterprise", "other"];
    let fills = ["built", "in-progress", "planned", "unknown"];
    let has = |shape: &str, fill: &str| scene.signs.contains(&format!("{shape}-{fill}"));
    let shown = shapes.into_iter().filter(|shape| fills.iter().any(|fill| has(shape, fill)));
    // Types are called as the plan calls them, an innovation park a park for short.
    let label_of = |shape: &str| {
        let types = units.types().iter().filter(|(_, known)| *known == shape);
        let own = types.map(|(kind, _)| kind.name.say(lang)).collect::<Vec<_>>().join(lang.pick("、", ", "));
        let is_short = |usual: &&str| own.is_empty() || own.to_lowercase().ends_with(&usual.to_lowercase());
        let usual = words::shape(shape).map(|word| word.say(lang)).filter(is_short).map(str::to_owned);
        usual.unwrap_or(own)
    };
    let of_shape =
        |shape: &str| Entry { swatch: Swatch::Sign(format!("{shape}-built")), label: label_of(shape) };
    // Features that know of no status have one sign, which tells none.
    let tells_status = |fill: &str| {
        seen("point").any(|(_, feature)| {
            let text = |name: &str| feature.properties.get(name).and_then(|value| value.as_str());
            let layer = text("key").and_then(|key| catalog.layer(key.split_once(':')?.0));
            text("icon").is_some_and(|icon| icon.ends_with(&format!("-{fill}")))
                && layer.is_some_and(|layer| super::sources::tells_status(layer.layer()))
        })
    };
    // Each fill on the first shape that has it.
    let of_fill = |fill: &str| {
        let shape = shapes.into_iter().find(|shape| has(shape, fill)).filter(|_| tells_status(fill))?;
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
        Section { title: words::SHAPES, entries: shown.map(of_shape).collect() },
        Section { title: words::FILLS, entries: fills.into_iter().filter_map(of_fill).collect() },
        Section {
            title: words::LAYERS,
            entries: ["zone", "subdistrict", "water", "road", "transit", "link", "parcel"]
                .into_iter()
                .filter_map(titled)
                .collect(),
        },
    ];
    sections.into_iter().filter(|section| !section.entries.is_empty()).collect()
}

/// Where a legend may stand.
#[derive(Debug, Clone, Copy)]
pub struct Site {
    /// Its lower left corner.
    pub corner: Point,
    /// Its width, where it is high enough so.
    pub width: f32,
    /// The most width and height.
    pub most: Point,
    /// How large it is drawn.
    pub size: f32,
}

/// Draws the legend on its site, wider where it would be too high; nothing where it does not fit or there is nothing to
/// tell.
///
/// # Errors
/// The budget is spent.
pub fn draw(
    stage: Stage<'_>,
    layers: &[Layer],
    sections: &[Section<'_>],
    lang: Lang,
    site: Site,
) -> Result<Option<(Vec<Item>, Box)>, QueryError> {
    if sections.is_empty() {
        return Ok(None);
    }
    let widths = [1.0, 1.4, 1.8].map(|wider: f32| (site.width * wider).min(site.most[0]));
    let sheets = widths.into_iter().map(|width| Sheet::set(stage, sections, lang, width, site.size));
    let fits = |sheet: &Sheet<'_>| sheet.width >= 140.0 && sheet.height <= site.most[1];
    let Some(sheet) = sheets.into_iter().find(fits) else { return Ok(None) };
    let [left, bottom] = site.corner;
    let one = Box { left, top: bottom - sheet.height, right: left + sheet.width, bottom };
    let mut items = card::ground(one, true, stage.tokens);
    for (swatch, at) in &sheet.swatches {
        items.extend(piece(stage, layers, swatch, [at[0] + one.left, at[1] + one.top], site.size)?);
    }
    items.extend(sheet.words.iter().map(|(words, at)| words.at([at[0] + one.left, at[1] + one.top])));
    Ok(Some((items, one)))
}

/// A legend laid out from its upper left corner.
struct Sheet<'a> {
    width: f32,
    height: f32,
    words: Vec<(Paragraph, Point)>,
    swatches: Vec<(&'a Swatch<'a>, Point)>,
}

impl<'a> Sheet<'a> {
    fn set(stage: Stage<'_>, sections: &'a [Section<'a>], lang: Lang, width: f32, size: f32) -> Self {
        let inner = width - 2.0 * PADDING;
        let (tx, tx2) = (token(stage.tokens, "tx"), token(stage.tokens, "tx2"));
        let look = Type { weight: Weight::Regular, size: SIZE * size, color: tx };
        let quiet = Type { weight: Weight::Regular, size: 11.0 * size, color: tx2 };
        let bold = Type { weight: Weight::Bold, size: 14.0 * size, color: tx };
        let mut sheet = Self { width, height: PADDING, words: Vec::new(), swatches: Vec::new() };
        sheet.say(words::LEGEND.say(lang), bold, 22.0 * size);
        for section in sections {
            sheet.say(section.title.say(lang), quiet, 17.0 * size);
            let label = |entry: &Entry<'_>| Paragraph::set(&entry.label, look, inner - INDENT * size);
            let labels: Vec<_> = section.entries.iter().map(label).collect();
            let widest = labels.iter().flatten().map(|label| label.size()[0]).fold(0.0, f32::max);
            let columns = columns(inner, INDENT * size + widest + 10.0);
            for (row, labels) in section.entries.chunks(columns).zip(labels.chunks(columns)) {
                sheet.row(row, labels, inner / f32::from(u8::try_from(columns).unwrap_or(1)), size);
            }
            sheet.height += 5.0 * size;
        }
        if sections.first().is_some_and(|section| section.title == words::STRUCTURE) {
            let edges = words::EDGES.say(lang);
            let high = Paragraph::set(edges, quiet, inner).map_or(0.0, |edges| edges.size()[1]);
            sheet.say(edges, quiet, high + 4.0);
        }
        sheet.height += PADDING - 6.0;
        sheet
    }

    fn say(&mut self, text: &str, look: Type, high: f32) {
        if let Some(words) = Paragraph::set(text, look, self.width - 2.0 * PADDING) {
            self.words.push((words, [PADDING, self.height]));
            self.height += high;
        }
    }

    fn row(&mut self, entries: &'a [Entry<'a>], labels: &[Option<Paragraph>], wide: f32, size: f32) {
        let high = labels.iter().flatten().map(|label| label.size()[1] + 6.0).fold(ROW * size, f32::max);
        let mut x = PADDING;
        for (entry, label) in entries.iter().zip(labels) {
            self.swatches.push((&entry.swatch, [x + SWATCH[0] * size / 2.0, self.height + high / 2.0]));
            if let Some(label) = label.clone() {
                let top = self.height + (high - label.size()[1]) / 2.0;
                self.words.push((label, [x + INDENT * size, top]));
            }
            x += wide;
        }
        self.height += high;
    }
}

/// How many entries stand side by side.
fn columns(inner: f32, needed: f32) -> usize {
    [3, 2].into_iter().find(|&count: &u8| needed * f32::from(count) <= inner + 10.0).map_or(1, usize::from)
}

/// A piece of the drawing around a point.
fn piece(
    stage: Stage<'_>,
    layers: &[Layer],
    of: &Swatch<'_>,
    middle: Point,
    size: f32,
) -> Result<Vec<Item>, QueryError> {
    match of {
        Swatch::Sign(id) => Ok(signs::draw(id, middle, 0.75 * size, 1.0, stage.tokens)),
        Swatch::Piece { source, feature } => {
            let kind = feature.outlines.first().map(Outline::kind);
            let outline = Outline { parts: shape(source, kind, middle, size) };
            swatch(stage, layers, source, feature.properties, outline)
        }
    }
}

/// What a class is shown on: a slanting line, an oval for the core, else a box.
fn shape(source: &str, kind: Option<&str>, [x, y]: Point, size: f32) -> Parts {
    let [wide, high] = SWATCH.map(|side| side * size / 2.0);
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
