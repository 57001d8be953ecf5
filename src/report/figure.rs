//! The figures of the report on units as pictures of their own.
//!
//! In: a catalogue, a number, a look, a width. Out: a picture with title, legend, day, source, ready for pixels or SVG:
//! 1 how a count spreads over the layout, 2 the map, 3 the count under every rule beside the target. Leaves out: files.
//!
//! Charts are drawn in the inks of the light theme; for the dark one every ink is exchanged for the one of the same
//! name.

use tiny_skia::Transform;

use super::document::{Chart, Tongue};
use super::lines::{Lines, Look as Type, ink};
use super::maker::Maker;
use super::{ReportError, chart, cross, units};
use crate::catalog::Catalog;
use crate::map::color::Color;
use crate::map::frame::Size;
use crate::map::picture::{Item, Picture};
use crate::map::signs::token;
use crate::map::style::{Theme, tokens};
use crate::map::text::{self, Weight};
use crate::model::plan::{PlanFacts, Scope};
use crate::model::{Date, Lang};
use crate::query::Budget;
use crate::register::area::{Choice, Chosen};
use crate::register::{self, Count};

/// Width that charts are set in, CSS pixels; pixels are finer by the scale.
const WIDTH: u16 = 800;
/// Around a chart, CSS pixels.
const ROOM: f32 = 24.0;
/// The least and the most pixels across, and the usual number.
pub const WIDTHS: [u16; 3] = [400, 3200, 1600];

/// Which of the figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// A count by part of the layout, type and status.
    Spread,
    /// The map.
    Map,
    /// The count under every rule beside the target.
    Rules,
}

impl Figure {
    /// All of them in their order.
    pub const ALL: [Self; 3] = [Self::Spread, Self::Map, Self::Rules];

    /// Its number, from 1.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Spread => 1,
            Self::Map => 2,
            Self::Rules => 3,
        }
    }

    /// The figure of a number.
    #[must_use]
    pub fn parse(number: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|figure| figure.number().to_string() == number)
    }
}

/// What is asked of a figure.
#[derive(Debug, Clone)]
pub struct Request {
    /// Which.
    pub figure: Figure,
    /// Its language.
    pub lang: Lang,
    /// Light or dark.
    pub theme: Theme,
    /// The day; that of the data when none is given.
    pub as_of: Option<Date>,
    /// Where the units lie; anywhere when none is given.
    pub area: Option<Choice>,
    /// Of the first figure, the rule; the first of the plan when none is given.
    pub rule: Option<String>,
    /// Of the first figure, which units are counted.
    pub scope: Scope,
    /// Pixels across.
    pub width: u16,
}

/// Draws a figure.
///
/// # Errors
/// What is asked for does not exist, there are no fonts, or the budget is spent.
pub fn draw(catalog: &Catalog, request: &Request, budget: &Budget) -> Result<Picture, ReportError> {
    text::check().map_err(crate::map::MapError::from)?;
    if catalog.plan.is_none() {
        return Err(ReportError::NoPlan);
    }
    let as_of = request.as_of.or(catalog.about.data_date).ok_or(ReportError::NoDay)?;
    let maker = Maker { catalog, tongue: Tongue::Only(request.lang), as_of, budget };
    let facts = maker.facts()?;
    let area = request.area.as_ref();
    let chosen = area.map(|choice| Chosen::new(catalog, facts, choice)).transpose()?;
    let chart = match request.figure {
        Figure::Map => {
            let mut picture = units::map(&maker, facts, area, request.lang, request.theme)?;
            picture.size.scale = f32::from(request.width) / f32::from(picture.size.width);
            return Ok(picture);
        }
        Figure::Spread => cross::chart(&maker, facts, &counted(facts, request, as_of, chosen.as_ref())?),
        Figure::Rules => {
            let counts = units::all_counts(facts, as_of, chosen.as_ref());
            // The target is one of the whole zone.
            let target = register::target(facts, as_of).filter(|_| chosen.is_none());
            units::chart(&maker, facts, target.as_ref(), &counts)
        }
    };
    let mut picture = sheet(&maker, &chart, request, chosen.as_ref());
    if request.theme == Theme::Dark {
        darken(&mut picture);
    }
    picture.size.scale = f32::from(request.width) / f32::from(WIDTH);
    Ok(picture)
}

/// The count that the first figure spreads.
fn counted<'a>(
    facts: &'a PlanFacts,
    request: &Request,
    as_of: Date,
    chosen: Option<&Chosen>,
) -> Result<Count<'a>, ReportError> {
    let rule = match &request.rule {
        Some(name) => register::rule(facts, name)?,
        None => facts.counting.rules.first().ok_or(ReportError::NoPlan)?,
    };
    Ok(register::count_in(facts, rule, request.scope, as_of, chosen))
}

/// A chart with its title above it, and below it what it is of and where it is from.
fn sheet(maker: &Maker<'_>, drawn: &Chart, request: &Request, chosen: Option<&Chosen>) -> Picture {
    let lang = request.lang;
    let across = f32::from(WIDTH) - 2.0 * ROOM;
    let number = request.figure.number();
    let title = match lang {
        Lang::Zh => format!("图 {number}　{}", drawn.title),
        Lang::En => format!("Figure {number}. {}", drawn.title),
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred")]
    let mut picture = chart::draw(drawn, across as u16, maker.tongue);
    let head = Lines::set(&title, &Type::of(Weight::Bold, 18.0, "tx", maker.tongue), across);
    let top = ROOM + head.height() + 12.0;
    picture.items = picture.items.into_iter().filter_map(|item| moved(item, [ROOM, top])).collect();
    picture.items.extend(head.at([ROOM, ROOM], 0.0, 0.0));
    let mut y = top + f32::from(picture.size.height) + 12.0;
    let mut missing = text::missing(&title);
    let small = Type::of(Weight::Regular, 11.5, "tx2", maker.tongue).led(1.45);
    for note in notes(maker, lang, chosen) {
        let lines = Lines::set(&note, &small, across);
        picture.items.extend(lines.at([ROOM, y], 0.0, 0.0));
        y += lines.height() + 3.0;
        missing.extend(text::missing(&note));
    }
    picture.missing.extend(missing);
    picture.about.title = title;
    picture.about.attribution = maker.say(&maker.catalog.about.attribution);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a height, and cut")]
    let height = (y + ROOM).ceil().clamp(1.0, f32::from(u16::MAX)) as u16;
    picture.size = Size { width: WIDTH, height, scale: 1.0 };
    picture
}

/// The area, the day, the data and who is credited.
fn notes(maker: &Maker<'_>, lang: Lang, chosen: Option<&Chosen>) -> Vec<String> {
    let about = &maker.catalog.about;
    let mut notes: Vec<String> = chosen.iter().map(|chosen| chosen.words().say(lang).to_owned()).collect();
    let as_of = match lang {
        Lang::Zh => format!("截至 {}", maker.as_of),
        Lang::En => format!("As of {}", maker.as_of),
    };
    notes.push(format!("{as_of} · {}", of_data(maker.catalog, lang)));
    notes.push(about.attribution.say(lang).to_owned());
    notes.push(maker.approval());
    notes.retain(|note| !note.is_empty());
    notes
}

/// Day and revision of the data.
pub(super) fn of_data(catalog: &Catalog, lang: Lang) -> String {
    let day = catalog.about.data_date.map(|date| match lang {
        Lang::Zh => format!("数据日期 {date}"),
        Lang::En => format!("data of {date}"),
    });
    let revision = match lang {
        Lang::Zh => format!("数据版本 {}", catalog.revision),
        Lang::En => format!("revision {}", catalog.revision),
    };
    day.into_iter().chain([revision]).collect::<Vec<_>>().join(" · ")
}

/// What is drawn, at another place.
fn moved(item: Item, [x, y]: [f32; 2]) -> Option<Item> {
    let place = Transform::from_translate(x, y);
    Some(match item {
        Item::Fill { path, color, smooth } => Item::Fill { path: path.transform(place)?, color, smooth },
        Item::Stroke { path, color, pen } => Item::Stroke { path: path.transform(place)?, color, pen },
        Item::Text(mut run) => {
            for set in &mut run.glyphs {
                set.at = [set.at[0] + x, set.at[1] + y];
            }
            Item::Text(run)
        }
    })
}

/// Exchanges the inks of the light theme for those of the dark one.
fn darken(picture: &mut Picture) {
    const INKS: [&str; 10] = ["bg", "tx", "tx2", "ln", "ln2", "core", "block", "park", "building", "br"];
    let pairs = INKS.map(|name| (ink(name).rgb, token(tokens(Theme::Dark), name).rgb));
    let dark = |color: &mut Color| {
        if let Some((_, rgb)) = pairs.iter().find(|(light, _)| *light == color.rgb) {
            color.rgb = *rgb;
        }
    };
    dark(&mut picture.background);
    for item in &mut picture.items {
        match item {
            Item::Fill { color, .. } | Item::Stroke { color, .. } => dark(color),
            Item::Text(run) => {
                dark(&mut run.color);
                if let Some((color, _)) = &mut run.halo {
                    dark(color);
                }
            }
        }
    }
}
