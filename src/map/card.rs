//! Texts and cards that lie over a picture.
//!
//! In: words and where they begin. Out: items and the box around them. Leaves out: what the words say.

use tiny_skia::{Path, PathBuilder};

use super::color::Color;
use super::frame::Point;
use super::picture::{Item, Pen, Run, standing};
use super::place::Box;
use super::signs::token;
use super::style::Tokens;
use super::text::{Block, Weight};

/// How words look.
#[derive(Debug, Clone, Copy)]
pub struct Type {
    /// Weight.
    pub weight: Weight,
    /// Size of an em, CSS pixels.
    pub size: f32,
    /// Colour.
    pub color: Color,
}

/// Words in lines, begun at the left.
#[derive(Debug, Clone)]
pub struct Paragraph {
    block: Block,
    look: Type,
}

impl Paragraph {
    /// Sets words in lines no longer than `most` CSS pixels; none without visible characters.
    #[must_use]
    pub fn set(text: &str, look: Type, most: f32) -> Option<Self> {
        Some(Self { block: Block::set(text, look.weight, 0.0, most / look.size)?, look })
    }

    /// Width and height, CSS pixels.
    #[must_use]
    pub fn size(&self) -> Point {
        [self.block.width * self.look.size, self.block.height() * self.look.size]
    }

    /// The words, their upper left corner at a point.
    #[must_use]
    pub fn at(&self, [left, top]: Point) -> Item {
        let Type { size, color, .. } = self.look;
        let glyphs = standing(&self.block, [left, top], size, 0.0);
        Item::Text(Run { text: self.block.text.clone(), size, color, halo: None, glyphs })
    }

    /// The words with a rim, their upper left corner at a point.
    #[must_use]
    pub fn haloed(&self, at: Point, halo: Color) -> Item {
        match self.at(at) {
            Item::Text(run) => Item::Text(Run { halo: Some((halo, 1.6)), ..run }),
            other => other,
        }
    }
}

/// The ground of words over a map: a little of the map shows through.
#[must_use]
pub fn ground(one: Box, rounded: bool, tokens: &Tokens) -> Vec<Item> {
    let Some(path) = outline(one, if rounded { 6.0 } else { 0.0 }) else { return Vec::new() };
    let rim = Item::Stroke { path: path.clone(), color: token(tokens, "ln"), pen: Pen::plain(1.0) };
    let ground = Item::Fill { path, color: token(tokens, "bg").faded(0.93), smooth: true };
    if rounded { vec![ground, rim] } else { vec![ground] }
}

/// A box with rounded corners.
#[must_use]
pub fn outline(one: Box, radius: f32) -> Option<Path> {
    let Box { left, top, right, bottom } = one;
    let mut path = PathBuilder::new();
    path.move_to(left + radius, top);
    path.line_to(right - radius, top);
    path.quad_to(right, top, right, top + radius);
    path.line_to(right, bottom - radius);
    path.quad_to(right, bottom, right - radius, bottom);
    path.line_to(left + radius, bottom);
    path.quad_to(left, bottom, left, bottom - radius);
    path.line_to(left, top + radius);
    path.quad_to(left, top, left + radius, top);
    path.close();
    path.finish()
}
