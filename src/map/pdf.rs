//! A picture as PDF.
//!
//! In: a picture. Out: a PDF file of one page, a CSS pixel being three quarters of a point; a [`Writer`] for those who
//! have more pages. Texts are texts of embedded fonts, so that they can be searched and copied. Leaves out: what is
//! drawn.

use std::collections::HashMap;

use krilla::Document;
use krilla::color::rgb;
use krilla::error::KrillaError;
use krilla::geom::{self, Point, Transform};
use krilla::metadata::Metadata;
use krilla::num::NormalizedF32;
use krilla::page::PageSettings;
use krilla::paint::{Fill, FillRule, LineCap, LineJoin, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph, Tag};
use thiserror::Error;
use tiny_skia::{Path, PathSegment};

use super::color::Color;
use super::picture::{Cap, Item, Join, Pen, Picture, Run, Set};
use super::text::{self, Face};

/// Points of a CSS pixel.
pub const POINTS: f32 = 0.75;
/// Steps of a fading edge, CSS pixels.
const STEP: f32 = 0.75;

/// Why a picture cannot be written.
#[derive(Debug, Error)]
#[error("the PDF could not be made: {0}")]
pub struct PdfError(String);

impl From<text::NoFonts> for PdfError {
    fn from(fault: text::NoFonts) -> Self {
        Self(fault.to_string())
    }
}

impl From<KrillaError> for PdfError {
    fn from(fault: KrillaError) -> Self {
        Self(format!("{fault:?}"))
    }
}

/// Writes a picture as a PDF file.
///
/// # Errors
/// A font that cannot be embedded.
pub fn write(picture: &Picture) -> Result<Vec<u8>, PdfError> {
    let sheet = page([picture.size.width, picture.size.height].map(f32::from))?;
    let fonts = Fonts::load()?;
    let mut document = Document::new();
    let about = &picture.about;
    document.set_metadata(
        Metadata::new()
            .title(about.title.clone())
            .description(about.description())
            .language(about.lang.to_owned())
            .creator("innospace".to_owned()),
    );
    let mut page = document.start_page_with(sheet);
    let mut surface = page.surface();
    surface.push_transform(&Transform::from_scale(POINTS, POINTS));
    let mut writer = Writer { surface: &mut surface, fonts: &fonts };
    writer.picture(picture);
    surface.pop();
    surface.finish();
    page.finish();
    Ok(document.finish()?)
}

/// A page of a width and height in CSS pixels.
///
/// # Errors
/// One of them is not above zero.
pub fn page(size: [f32; 2]) -> Result<PageSettings, PdfError> {
    let [width, height] = size.map(|side| side * POINTS);
    PageSettings::from_wh(width, height).ok_or_else(|| PdfError("a page without size".to_owned()))
}

/// The fonts of texts.
#[derive(Debug)]
pub struct Fonts(HashMap<Face, Font>);

impl Fonts {
    /// Reads them.
    ///
    /// # Errors
    /// One is not there or cannot be read.
    pub fn load() -> Result<Self, PdfError> {
        let font = |face: Face| {
            let (name, weight) = face.file();
            let data = text::data(face).ok_or_else(|| PdfError(format!("there is no {name}")))?;
            let font = match weight {
                Some(weight) => Font::new_variable(data.into(), 0, &[(Tag::new(b"wght"), weight)]),
                None => Font::new(data.into(), 0),
            };
            Ok((face, font.ok_or_else(|| PdfError(format!("{name} cannot be read")))?))
        };
        Face::ALL.into_iter().map(font).collect::<Result<_, _>>().map(Self)
    }
}

/// Draws on a page; one after the other over what is there.
pub struct Writer<'a, 'b> {
    surface: &'a mut Surface<'b>,
    fonts: &'a Fonts,
}

impl<'a, 'b> Writer<'a, 'b> {
    /// Draws on a surface whose unit is a CSS pixel.
    #[must_use]
    pub fn new(surface: &'a mut Surface<'b>, fonts: &'a Fonts) -> Self {
        Self { surface, fonts }
    }

    /// Draws a picture with its background.
    pub fn picture(&mut self, picture: &Picture) {
        self.background(picture);
        picture.items.iter().for_each(|item| self.item(item));
    }

    /// Draws a picture at another size, what reaches beyond its edges cut off.
    pub fn cut(&mut self, picture: &Picture, scale: f32) {
        let [width, height] = [picture.size.width, picture.size.height].map(f32::from);
        self.surface.push_transform(&Transform::from_scale(scale, scale));
        let edges = rectangle(width, height);
        if let Some(edges) = &edges {
            self.surface.push_clip_path(edges, &FillRule::NonZero);
        }
        self.picture(picture);
        if edges.is_some() {
            self.surface.pop();
        }
        self.surface.pop();
    }

    fn background(&mut self, picture: &Picture) {
        let [width, height] = [picture.size.width, picture.size.height].map(f32::from);
        if let Some(path) = rectangle(width, height) {
            self.fill(&path, picture.background, FillRule::NonZero);
        }
    }

    /// Draws an item.
    pub fn item(&mut self, item: &Item) {
        match item {
            Item::Fill { path, color, .. } => {
                if let Some(path) = krilla_path(path) {
                    self.fill(&path, *color, FillRule::EvenOdd);
                }
            }
            Item::Stroke { path, color, pen } => {
                let Some(path) = krilla_path(path) else { return };
                if pen.blur > 0.0 {
                    // Each line lies over the wider ones.
                    for (width, alpha) in pen.layered(STEP, color.alpha) {
                        self.stroke(&path, Color { alpha, ..*color }, &Pen { width, ..pen.clone() });
                    }
                } else {
                    self.stroke(&path, *color, pen);
                }
            }
            Item::Text(run) => self.text(run),
        }
    }

    fn fill(&mut self, path: &geom::Path, color: Color, rule: FillRule) {
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(fill(color, rule)));
        self.surface.draw_path(path);
    }

    fn stroke(&mut self, path: &geom::Path, color: Color, pen: &Pen) {
        self.surface.set_fill(None);
        self.surface.set_stroke(Some(stroke(color, pen)));
        self.surface.draw_path(path);
    }

    fn text(&mut self, run: &Run) {
        if let Some((color, width)) = run.halo {
            for outline in run.glyphs.iter().filter_map(|set| set.outline(run.size)) {
                if let Some(path) = krilla_path(&outline) {
                    self.stroke(&path, color, &Pen::plain(width * 2.0));
                }
            }
        }
        let mut rest = run.glyphs.as_slice();
        while let [first, ..] = rest {
            // Glyphs of one font on one baseline are one text.
            let joins = |set: &Set| {
                set.glyph.face == first.glyph.face && set.angle == 0.0 && set.at[1] == first.at[1]
            };
            let count =
                if first.angle == 0.0 { rest.iter().take_while(|set| joins(set)).count().max(1) } else { 1 };
            let (together, after) = rest.split_at(count);
            self.glyphs(run, together);
            rest = after;
        }
    }

    fn glyphs(&mut self, run: &Run, sets: &[Set]) {
        let Some(first) = sets.first() else { return };
        let Some(font) = first.glyph.face.and_then(|face| self.fonts.0.get(&face)).cloned() else {
            // A box for what no font has.
            for path in sets.iter().filter_map(|set| krilla_path(&set.outline(run.size)?)) {
                self.fill(&path, run.color, FillRule::NonZero);
            }
            return;
        };
        let glyph = |at: usize| {
            let set = &sets[at];
            let advance =
                sets.get(at + 1).map_or(set.glyph.advance, |next| (next.at[0] - set.at[0]) / run.size);
            KrillaGlyph {
                glyph_id: GlyphId::new(set.glyph.id),
                text_range: set.glyph.text.clone(),
                x_advance: advance,
                x_offset: set.glyph.offset[0],
                y_offset: -set.glyph.offset[1],
                y_advance: 0.0,
                location: None,
            }
        };
        let glyphs: Vec<KrillaGlyph> = (0..sets.len()).map(glyph).collect();
        let (sin, cos) = first.angle.sin_cos();
        self.surface.push_transform(&Transform::from_row(cos, sin, -sin, cos, first.at[0], first.at[1]));
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(fill(run.color, FillRule::NonZero)));
        self.surface.draw_glyphs(Point::from_xy(0.0, 0.0), &glyphs, font, &run.text, run.size, false);
        self.surface.pop();
    }
}

fn rectangle(width: f32, height: f32) -> Option<geom::Path> {
    let mut path = geom::PathBuilder::new();
    path.push_rect(geom::Rect::from_xywh(0.0, 0.0, width, height)?);
    path.finish()
}

fn fill(color: Color, rule: FillRule) -> Fill {
    Fill { paint: paint(color).into(), opacity: opacity(color), rule }
}

fn stroke(color: Color, pen: &Pen) -> Stroke {
    Stroke {
        paint: paint(color).into(),
        width: pen.width,
        miter_limit: 2.0,
        line_cap: match pen.cap {
            Cap::Butt => LineCap::Butt,
            Cap::Round => LineCap::Round,
            Cap::Square => LineCap::Square,
        },
        line_join: match pen.join {
            Join::Miter => LineJoin::Miter,
            Join::Round => LineJoin::Round,
            Join::Bevel => LineJoin::Bevel,
        },
        opacity: opacity(color),
        dash: (!pen.dashes.is_empty()).then(|| StrokeDash { array: pen.dashes.clone(), offset: pen.phase }),
    }
}

fn paint(color: Color) -> rgb::Color {
    let [red, green, blue] = color.rgb;
    rgb::Color::new(red, green, blue)
}

fn opacity(color: Color) -> NormalizedF32 {
    NormalizedF32::new(color.alpha.clamp(0.0, 1.0)).unwrap_or(NormalizedF32::ONE)
}

fn krilla_path(path: &Path) -> Option<geom::Path> {
    let mut out = geom::PathBuilder::new();
    for segment in path.segments() {
        match segment {
            PathSegment::MoveTo(a) => out.move_to(a.x, a.y),
            PathSegment::LineTo(a) => out.line_to(a.x, a.y),
            PathSegment::QuadTo(a, b) => out.quad_to(a.x, a.y, b.x, b.y),
            PathSegment::CubicTo(a, b, c) => out.cubic_to(a.x, a.y, b.x, b.y, c.x, c.y),
            PathSegment::Close => out.close(),
        }
    }
    out.finish()
}
