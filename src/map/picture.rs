//! What is on a picture? The one list that every writer draws from the first item to the last.
//!
//! In: nothing; the scene and the furniture fill it. Out: filled paths, strokes and texts, in CSS pixels, resolved:
//! no writer knows of styles, features or languages. Leaves out: how a file encodes them.

use std::collections::BTreeSet;
use std::ops::Range;

use tiny_skia::{Path, Transform};

use super::color::Color;
use super::frame::{Point, Size};
use super::place::Box;
use super::text::{self, BASELINE, Block, Glyph, LINE_HEIGHT};

/// A picture, ready to be written.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Its size.
    pub size: Size,
    /// What lies under all items.
    pub background: Color,
    /// What is drawn, from the lowest to the highest.
    pub items: Vec<Item>,
    /// How many of them, from the lowest, are areas and lines of the map alone: what another engine may draw.
    pub ground: usize,
    /// What it says about itself, also where nothing of it is drawn.
    pub about: About,
    /// The names on the map, each with the boxes that it stands in.
    pub names: Vec<(String, Vec<Box>)>,
    /// What leads somewhere; of the files only SVG says so.
    pub links: Vec<Link>,
    /// Characters that no font has; they are drawn as boxes.
    pub missing: BTreeSet<char>,
}

/// Items that lead somewhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// An address.
    pub href: String,
    /// What is there.
    pub title: String,
    /// The items, none of another link.
    pub items: Range<usize>,
    /// Does it repeat a link, for the pointer alone?
    pub repeats: bool,
}

/// What a picture says about itself in the metadata of its file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// Title.
    pub title: String,
    /// Language tag.
    pub lang: &'static str,
    /// What to know before relying on it: schematic accuracy, made-up parcels, what was left out.
    pub notices: Vec<String>,
    /// Date, coordinate system, who is credited.
    pub attribution: String,
}

impl About {
    /// Notices and attribution, one a line.
    #[must_use]
    pub fn description(&self) -> String {
        let attribution = std::iter::once(&self.attribution).filter(|text| !text.is_empty());
        self.notices.iter().chain(attribution).map(String::as_str).collect::<Vec<_>>().join("\n")
    }
}

/// Something drawn.
#[derive(Debug, Clone)]
pub enum Item {
    /// A filled area, by the rule of even and odd.
    Fill {
        /// Its outline.
        path: Path,
        /// Its colour.
        color: Color,
        /// Are its edges smoothed?
        smooth: bool,
    },
    /// A line.
    Stroke {
        /// Its course.
        path: Path,
        /// Its colour.
        color: Color,
        /// How it is drawn.
        pen: Pen,
    },
    /// A text.
    Text(Run),
}

/// How a line is drawn; lengths in CSS pixels.
#[derive(Debug, Clone, PartialEq)]
pub struct Pen {
    /// Width.
    pub width: f32,
    /// Its ends.
    pub cap: Cap,
    /// Its corners.
    pub join: Join,
    /// Lengths of dashes and gaps in turn; none for a whole line.
    pub dashes: Vec<f32>,
    /// Where in the dashes the line begins.
    pub phase: f32,
    /// Over which width its edges fade.
    pub blur: f32,
}

/// The end of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cap {
    /// Cut off at the last point.
    Butt,
    /// Half a disc beyond it.
    Round,
    /// Half a square beyond it.
    Square,
}

/// The corner of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// Pointed.
    Miter,
    /// Rounded.
    Round,
    /// Cut off.
    Bevel,
}

impl Pen {
    /// A whole line without fading edges.
    #[must_use]
    pub fn plain(width: f32) -> Self {
        Self { width, cap: Cap::Butt, join: Join::Round, dashes: Vec::new(), phase: 0.0, blur: 0.0 }
    }

    /// A line with fading edges as lines over each other, from the widest to the narrowest: their widths, and how opaque
    /// the whole is where one is the narrowest that covers it. Steps are at most `step` wide. As in `MapLibre`, a line
    /// as wide as its blur is half as opaque in its middle.
    #[must_use]
    pub fn feathers(&self, step: f32) -> Vec<(f32, f32)> {
        // MapLibre blurs every line over one more pixel of the screen.
        let smoothing = step.min(1.0);
        let (reach, blur) = (self.width / 2.0 + smoothing / 2.0, self.blur + smoothing);
        let fading = reach.min(blur);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few dozen at most")]
        let steps = (fading / step).ceil().clamp(1.0, 64.0) as u16;
        let each = fading / f32::from(steps);
        let feather = |at: u16| {
            let outer = reach - f32::from(at) * each;
            (outer * 2.0, ((reach - outer + each / 2.0) / blur).min(1.0))
        };
        (0..steps).map(feather).collect()
    }

    /// The same lines for a writer that lays each over those before it: their widths, and how opaque each is itself, so
    /// that together they have the opacity of the colour.
    #[must_use]
    pub fn layered(&self, step: f32, opacity: f32) -> Vec<(f32, f32)> {
        let mut below = 0.0;
        let layer = |(width, alpha): (f32, f32)| {
            let whole = alpha * opacity;
            let own = if below < 1.0 { (whole - below) / (1.0 - below) } else { 0.0 };
            below = whole;
            (width, own.clamp(0.0, 1.0))
        };
        self.feathers(step).into_iter().map(layer).collect()
    }
}

/// A text with its glyphs where they stand.
#[derive(Debug, Clone)]
pub struct Run {
    /// The text.
    pub text: String,
    /// Size of an em, CSS pixels.
    pub size: f32,
    /// Its colour.
    pub color: Color,
    /// The rim around it: colour and width.
    pub halo: Option<(Color, f32)>,
    /// Its glyphs in the order of reading.
    pub glyphs: Vec<Set>,
}

/// A glyph where it stands.
#[derive(Debug, Clone)]
pub struct Set {
    /// The glyph.
    pub glyph: Glyph,
    /// The start of its baseline.
    pub at: Point,
    /// The direction of its baseline, radians clockwise from the right.
    pub angle: f32,
}

impl Set {
    /// From ems around the glyph's origin to the picture.
    #[must_use]
    pub fn transform(&self, size: f32) -> Transform {
        let (sin, cos) = self.angle.sin_cos();
        Transform::from_row(cos * size, sin * size, -sin * size, cos * size, self.at[0], self.at[1])
            .pre_translate(self.glyph.offset[0], self.glyph.offset[1])
    }

    /// The outline where it stands; none for a blank.
    #[must_use]
    pub fn outline(&self, size: f32) -> Option<Path> {
        text::outline(&self.glyph)?.transform(self.transform(size))
    }
}

/// The glyphs of a text whose upper left corner is at a point, its lines beginning at a share of the room beside them:
/// 0 at the left, 1 at the right.
#[must_use]
pub fn standing(block: &Block, [left, top]: Point, size: f32, justify: f32) -> Vec<Set> {
    let mut glyphs = Vec::new();
    let mut baseline = top + (LINE_HEIGHT / 2.0 + BASELINE) * size;
    for line in &block.lines {
        let left = left + (block.width - line.width) * justify * size;
        let set = |(pen, glyph): &(f32, Glyph)| Set {
            glyph: glyph.clone(),
            at: [left + pen * size, baseline],
            angle: 0.0,
        };
        glyphs.extend(line.glyphs.iter().map(set));
        baseline += LINE_HEIGHT * size;
    }
    glyphs
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A line 16 wide with a blur of 16, by the shader of `MapLibre` at one pixel per pixel: it reaches 8.5 from its
    /// middle and fades over 17, so it is half as opaque in the middle and clear at its edge.
    #[test]
    fn feathers_fade_as_in_maplibre() {
        let pen = Pen { blur: 16.0, ..Pen::plain(16.0) };
        let feathers = pen.feathers(1.0);
        let [first, .., last] = feathers.as_slice() else { panic!("{feathers:?}") };
        assert!((first.0 - 17.0).abs() < 1e-5 && first.1 < 0.04, "{first:?}");
        assert!((last.1 - 0.5).abs() < 0.04, "{last:?}");
        assert!(feathers.is_sorted_by(|a, b| a.0 > b.0 && a.1 < b.1));
        // A line wider than its blur is opaque in the middle.
        assert_eq!(
            Pen { blur: 2.0, ..Pen::plain(20.0) }.feathers(1.0).last().map(|feather| feather.1 > 0.8),
            Some(true)
        );
    }

    #[test]
    fn layers_add_up_to_the_whole_opacity() {
        let pen = Pen { blur: 10.0, ..Pen::plain(10.0) };
        let clear = pen.layered(1.0, 0.7).iter().fold(1.0, |clear, (_, alpha)| clear * (1.0 - alpha));
        let want = pen.feathers(1.0).last().expect("some").1 * 0.7;
        assert!((1.0 - clear - want).abs() < 1e-5, "{} {want}", 1.0 - clear);
    }
}
