//! A picture as pixels.
//!
//! In: a picture. Out: a PNG file; what the picture says about itself is in its text chunks (title and description, in
//! UTF-8). Leaves out: what is drawn.

use std::io::Write as _;

use thiserror::Error;
use tiny_skia::{
    BlendMode, FillRule, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap, PixmapPaint, Stroke,
    StrokeDash, Transform,
};

use super::color::Color;
use super::picture::{Cap, Item, Join, Pen, Picture, Run};
use super::signs;
use super::style::Tokens;

/// Why a picture cannot be written.
#[derive(Debug, Error)]
pub enum PngError {
    /// More pixels than memory holds.
    #[error("a picture of {0} by {1} pixels is too large")]
    Size(u32, u32),
    /// The encoder refused something.
    #[error(transparent)]
    Encoding(#[from] png::EncodingError),
}

/// Draws a picture and writes it as a PNG file.
///
/// # Errors
/// A picture too large for memory.
pub fn write(picture: &Picture) -> Result<Vec<u8>, PngError> {
    let mut canvas = Canvas::of(picture)?;
    for item in &picture.items {
        canvas.draw(item);
    }
    canvas.encode(picture)
}

/// Encodes drawn pixels with what a picture says about itself.
fn encode(pixmap: &Pixmap, picture: &Picture) -> Result<Vec<u8>, PngError> {
    let mut file = Vec::with_capacity(pixmap.data().len() / 8);
    let mut encoder = png::Encoder::new(&mut file, pixmap.width(), pixmap.height());
    // The background is opaque, so the picture is.
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_compression(png::Compression::Fast);
    let about = &picture.about;
    for (keyword, text) in [("Title", &about.title), ("Description", &about.description())] {
        if !text.is_empty() {
            encoder.add_itxt_chunk(keyword.to_owned(), text.clone())?;
        }
    }
    // 96 CSS pixels are an inch.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousand")]
    let per_metre = (96.0 / 0.0254 * picture.size.scale).round() as u32;
    let unit = png::Unit::Meter;
    encoder.set_pixel_dims(Some(png::PixelDimensions { xppu: per_metre, yppu: per_metre, unit }));
    let mut writer = encoder.write_header()?;
    let rgba = pixmap.data().as_chunks::<4>().0;
    let mut rgb = vec![0; 3 * rgba.len()];
    for ([red, green, blue, _], pixel) in rgba.iter().zip(rgb.as_chunks_mut::<3>().0) {
        *pixel = [*red, *green, *blue];
    }
    writer.write_image_data(&rgb)?;
    writer.finish()?;
    Ok(file)
}

/// Where signs stand on a sheet of all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// The id of the picture.
    pub id: String,
    /// Left edge, pixels.
    pub x: u32,
    /// Upper edge, pixels.
    pub y: u32,
    /// Width and height, pixels.
    pub side: u32,
}

/// All signs and hatches on one transparent sheet, as a sprite of the style specification: where each stands, and the
/// PNG file.
///
/// # Errors
/// A scale too large for memory.
pub fn sprite(tokens: &Tokens, scale: u8) -> Result<(Vec<Cell>, Vec<u8>), PngError> {
    const COLUMNS: u32 = 8;
    let pixels = |side: f32| {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few dozen")]
        let pixels = (side * f32::from(scale)).ceil() as u32;
        pixels
    };
    let ids: Vec<String> = signs::ids().chain(signs::hatch_ids().map(str::to_owned)).collect();
    let step = pixels(signs::side());
    let rows = u32::try_from(ids.len()).unwrap_or(u32::MAX).div_ceil(COLUMNS);
    let mut canvas = Canvas::new(COLUMNS * step, rows * step, f32::from(scale))?;
    let mut cells = Vec::with_capacity(ids.len());
    for (number, id) in (0..).zip(ids) {
        let (x, y) = (number % COLUMNS * step, number / COLUMNS * step);
        #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
        let corner = [x as f32 / canvas.scale, y as f32 / canvas.scale];
        let items = signs::tile(&id, corner, tokens);
        let side = pixels(if signs::exists(&id) { signs::side() } else { signs::hatch_side() });
        for item in &items {
            canvas.draw(item);
        }
        cells.push(Cell { id, x, y, side });
    }
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, canvas.pixmap.width(), canvas.pixmap.height());
    encoder.set_color(png::ColorType::Rgba);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&canvas.pixmap.take_demultiplied())?;
    writer.finish()?;
    file.flush().map_err(png::EncodingError::from)?;
    Ok((cells, file))
}

/// Pixels that are drawn on.
pub(super) struct Canvas {
    pub(super) pixmap: Pixmap,
    scale: f32,
    place: Transform,
}

impl Canvas {
    fn new(width: u32, height: u32, scale: f32) -> Result<Self, PngError> {
        let pixmap = Pixmap::new(width, height).ok_or(PngError::Size(width, height))?;
        Ok(Self { pixmap, scale, place: Transform::from_scale(scale, scale) })
    }

    /// The background of a picture.
    pub(super) fn of(picture: &Picture) -> Result<Self, PngError> {
        let [width, height] = picture.size.pixels();
        let mut canvas = Self::new(width, height, picture.size.scale)?;
        canvas.pixmap.fill(skia_color(Color { alpha: 1.0, ..picture.background }));
        Ok(canvas)
    }

    /// The PNG file, with what the picture says about itself.
    pub(super) fn encode(&self, picture: &Picture) -> Result<Vec<u8>, PngError> {
        encode(&self.pixmap, picture)
    }

    pub(super) fn draw(&mut self, item: &Item) {
        match item {
            Item::Fill { path, color, smooth } => {
                let mut paint = paint(*color);
                paint.anti_alias = *smooth;
                self.pixmap.fill_path(path, &paint, FillRule::EvenOdd, self.place, None);
            }
            Item::Stroke { path, color, pen } if pen.blur > 0.0 => self.glow(path, *color, pen),
            Item::Stroke { path, color, pen } => {
                self.pixmap.stroke_path(path, &paint(*color), &stroke(pen, pen.width), self.place, None);
            }
            Item::Text(run) => self.text(run),
        }
    }

    fn text(&mut self, run: &Run) {
        let mut path = PathBuilder::new();
        for outline in run.glyphs.iter().filter_map(|set| set.outline(run.size)) {
            path.push_path(&outline);
        }
        let Some(path) = path.finish() else { return };
        if let Some((color, width)) = run.halo {
            let pen = Pen::plain(width * 2.0);
            self.pixmap.stroke_path(&path, &paint(color), &stroke(&pen, pen.width), self.place, None);
        }
        self.pixmap.fill_path(&path, &paint(run.color), FillRule::Winding, self.place, None);
    }

    /// A line with fading edges, drawn aside: each narrower line takes the place of the wider one below it, so that no
    /// rounding adds up, and a line that crosses itself is not darker there.
    fn glow(&mut self, path: &Path, color: Color, pen: &Pen) {
        let feathers = pen.feathers(1.0 / self.scale);
        let Some(&(widest, _)) = feathers.first() else { return };
        let most = feathers.last().map_or(1.0, |feather| feather.1);
        let Some((left, top, mut aside)) = self.aside(path, widest) else { return };
        #[expect(clippy::cast_precision_loss, reason = "positions of pixels")]
        let place = self.place.post_translate(-(left as f32), -(top as f32));
        for (width, alpha) in feathers {
            let mut paint = paint(Color { alpha: alpha / most, ..color });
            paint.blend_mode = BlendMode::Source;
            aside.stroke_path(path, &paint, &stroke(pen, width), place, None);
        }
        let paint = PixmapPaint { opacity: most * color.alpha, ..PixmapPaint::default() };
        self.pixmap.draw_pixmap(left, top, aside.as_ref(), &paint, Transform::identity(), None);
    }

    /// Clear pixels under a line as wide as this, and where they stand; none where the line is out of sight.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "within the picture"
    )]
    fn aside(&self, path: &Path, width: f32) -> Option<(i32, i32, Pixmap)> {
        let bounds = path.bounds();
        let reach = width / 2.0 + 1.0;
        let limits = [self.pixmap.width() as f32, self.pixmap.height() as f32];
        let edge = |at: f32, limit: f32| (at * self.scale).clamp(0.0, limit);
        let (left, top) =
            (edge(bounds.left() - reach, limits[0]).floor(), edge(bounds.top() - reach, limits[1]).floor());
        let right = edge(bounds.right() + reach, limits[0]).ceil();
        let bottom = edge(bounds.bottom() + reach, limits[1]).ceil();
        let pixmap = Pixmap::new((right - left) as u32, (bottom - top) as u32)?;
        Some((left as i32, top as i32, pixmap))
    }
}

fn skia_color(color: Color) -> tiny_skia::Color {
    let [red, green, blue] = color.rgb.map(|part| f32::from(part) / 255.0);
    tiny_skia::Color::from_rgba(red, green, blue, color.alpha.clamp(0.0, 1.0))
        .unwrap_or(tiny_skia::Color::BLACK)
}

fn paint(color: Color) -> Paint<'static> {
    let mut paint = Paint::default();
    paint.set_color(skia_color(color));
    paint
}

pub(super) fn stroke(pen: &Pen, width: f32) -> Stroke {
    Stroke {
        width,
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
        // The default of `line-miter-limit`.
        miter_limit: 2.0,
        dash: StrokeDash::new(pen.dashes.clone(), pen.phase),
    }
}
