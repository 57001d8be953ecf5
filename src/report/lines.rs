//! How do the texts of a report stand in lines?
//!
//! In: a text, a look, a width. Out: lines that are filled from left to right, and the items that draw them. Leaves out:
//! where on a page they stand.

use std::ops::Range;

use crate::map::color::Color;
use crate::map::frame::Point;
use crate::map::picture::{Item, Run, standing};
use crate::map::signs::token;
use crate::map::style::{self, Theme};
use crate::map::text::{self, Block, LINE_HEIGHT, Weight};
use crate::report::document::{Tongue, joined};

/// A colour of the web app's light theme.
#[must_use]
pub fn ink(name: &str) -> Color {
    token(style::tokens(Theme::Light), name)
}

/// How a text looks; lengths in CSS pixels.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Weight.
    pub weight: Weight,
    /// Size of an em.
    pub size: f32,
    /// Colour.
    pub color: Color,
    /// Distance of lines, ems.
    pub leading: f32,
    /// Size and colour of the second language, where the text holds two.
    pub second: Option<(f32, Color)>,
}

impl Look {
    /// A look of one size, the second language of a report in both being a little smaller and quieter.
    #[must_use]
    pub fn of(weight: Weight, size: f32, name: &str, tongue: Tongue) -> Self {
        let second = (tongue == Tongue::Both).then(|| (size * 0.88, ink("tx2")));
        Self { weight, size, color: ink(name), leading: 1.3, second }
    }

    /// The lines that a text has by itself, each with its look.
    fn parts<'a>(&self, text: &'a str) -> impl Iterator<Item = (&'a str, Self)> {
        let parts: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
        let first = parts.len().div_ceil(2);
        let look = *self;
        parts.into_iter().enumerate().map(move |(at, part)| match look.second {
            Some((size, color)) if at >= first => {
                (part, Self { weight: Weight::Regular, size, color, ..look })
            }
            _ => (part, look),
        })
    }

    /// The least width that a text needs so that no word is torn, and the width that it needs to stand in the lines it
    /// has by itself.
    #[must_use]
    pub fn widths(&self, text: &str) -> [f32; 2] {
        self.parts(text).fold([0.0, 0.0], |[least, whole], (part, look)| {
            let part_least = text::longest_part(part, look.weight) * look.size;
            let part_whole: f32 = text::filled(part, look.weight, f32::INFINITY)
                .iter()
                .map(|line| line.width * look.size)
                .sum();
            [f32::max(least, part_least), f32::max(whole, part_whole)]
        })
    }

    /// The same with another distance of lines.
    #[must_use]
    pub fn led(self, leading: f32) -> Self {
        Self { leading, ..self }
    }
}

/// A text in lines.
#[derive(Debug, Clone, Default)]
pub struct Lines {
    lines: Vec<Placed>,
}

#[derive(Debug, Clone)]
struct Placed {
    block: Block,
    size: f32,
    color: Color,
    height: f32,
}

impl Lines {
    /// Sets a text in lines no longer than a width. Of the lines that it has by itself, the second half are of the second
    /// language.
    #[must_use]
    pub fn set(text: &str, look: &Look, most: f32) -> Self {
        let mut lines = Vec::new();
        for (part, Look { weight, size, color, leading, .. }) in look.parts(text) {
            let placed = |block| Placed { block, size, color, height: size * leading };
            lines.extend(text::filled(part, weight, most / size).into_iter().map(placed));
        }
        Self { lines }
    }

    /// Sets a text in one line, cut off where it is longer than a width.
    #[must_use]
    pub fn one(text: &str, look: &Look, most: f32) -> Self {
        let joined = joined(text);
        let look = Look { second: None, ..*look };
        let whole = Self::set(&joined, &look, most);
        let Some(first) = whole.lines.first().filter(|_| whole.lines.len() > 1) else { return whole };
        let cut = format!("{}…", first.block.text);
        // The dots may need the room of the last word.
        let mut fitted = Self::set(&cut, &look, f32::INFINITY);
        let mut kept = first.block.text.clone();
        while fitted.width() > most && kept.pop().is_some() {
            fitted = Self::set(&format!("{}…", kept.trim_end()), &look, f32::INFINITY);
        }
        fitted
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.lines.len()
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Width of the longest line.
    #[must_use]
    pub fn width(&self) -> f32 {
        self.lines.iter().map(|line| line.block.width * line.size).fold(0.0, f32::max)
    }

    /// Height of all lines.
    #[must_use]
    pub fn height(&self) -> f32 {
        self.lines.iter().map(|line| line.height).sum()
    }

    /// Some of the lines.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Self {
        Self { lines: self.lines[range].to_vec() }
    }

    /// How many lines from one on find room in a height; at least one, where there is one.
    #[must_use]
    pub fn fitting(&self, from: usize, height: f32) -> usize {
        let mut left = height;
        let fits = |line: &&Placed| {
            left -= line.height;
            left >= 0.0
        };
        let rest = &self.lines[from.min(self.lines.len())..];
        rest.iter().take_while(fits).count().max(1).min(rest.len())
    }

    /// The items that draw the lines, the upper left corner of their room at a point: each begins at a share of what is
    /// left beside it, 0 at the left, 1 at the right.
    #[must_use]
    pub fn at(&self, [left, top]: Point, room: f32, justify: f32) -> Vec<Item> {
        self.with_halo([left, top], room, justify, None)
    }

    /// The same with a rim.
    #[must_use]
    pub fn with_halo(
        &self,
        [left, top]: Point,
        room: f32,
        justify: f32,
        halo: Option<(Color, f32)>,
    ) -> Vec<Item> {
        let mut top = top;
        let item = |line: &Placed| {
            let Placed { block, size, color, height } = line;
            let corner =
                [left + (room - block.width * size) * justify, top + (height - LINE_HEIGHT * size) / 2.0];
            top += height;
            let glyphs = standing(block, corner, *size, 0.0);
            Item::Text(Run { text: block.text.clone(), size: *size, color: *color, halo, glyphs })
        };
        self.lines.iter().map(item).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look() -> Look {
        Look::of(Weight::Regular, 10.0, "tx", Tongue::Both)
    }

    fn texts(items: &[Item]) -> Vec<(&str, f32)> {
        let text = |item: &'_ Item| if let Item::Text(run) = item { Some(run.size) } else { None };
        let sizes = items.iter().filter_map(text);
        let words = items.iter().filter_map(|item| match item {
            Item::Text(run) => Some(run.text.as_str()),
            _ => None,
        });
        words.zip(sizes).collect()
    }

    #[test]
    fn the_second_language_is_smaller() {
        let lines = Lines::set("武汉经开区创新空间\nInnovation space", &look(), 50.0);
        let items = lines.at([0.0, 0.0], 50.0, 0.0);
        let (words, sizes): (Vec<_>, Vec<_>) = texts(&items).into_iter().unzip();
        assert_eq!(words, ["武汉经开区", "创新空间", "Innovation", "space"]);
        assert_eq!(sizes, [10.0, 10.0, 8.8, 8.8]);
        assert!((lines.height() - (2.0 * 13.0 + 2.0 * 11.44)).abs() < 1e-3, "{}", lines.height());
        assert_eq!(lines.fitting(1, 25.0), 2);
        assert_eq!(lines.fitting(0, 1.0), 1);
        assert_eq!(lines.fitting(4, 1.0), 0);
    }

    #[test]
    fn one_line_is_cut_off_and_says_so() {
        let line = Lines::one("武汉经开区\n创新空间", &look(), 70.0);
        assert_eq!(line.len(), 1);
        assert!(line.width() <= 70.0, "{}", line.width());
        let items = line.at([0.0, 0.0], 70.0, 0.0);
        assert!(texts(&items)[0].0.ends_with('…'), "{items:?}");
        let whole = Lines::one("短\nshort", &look(), 100.0).at([0.0, 0.0], 0.0, 0.0);
        assert_eq!(texts(&whole)[0].0, "短 / short");
    }
}
