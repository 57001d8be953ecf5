//! How does an engine that draws vector tiles in constant colours draw the ground of a picture?
//!
//! In: a picture. Out: a [`Job`]: vector tiles for each square of the picture and the colours of their layers; then, with
//! what the engine made of them, the finished picture. Leaves out: the engine.
//!
//! The engine is `maplibre-rs`, which knows areas and lines of one width, each layer in one opaque colour: no opacity, no
//! width, no dashes, no filters, no text. So what the style says is settled before: the items of the picture are its areas
//! and lines, resolved, and each colour of them is a layer of the tiles. Lines wider than the engine's go to it as the
//! areas they cover, dashed ones as their dashes. The ground is drawn in steps, and each step in squares: opaque items in
//! a row are one step, and a translucent colour is one of its own, which is laid over the steps before it with its
//! opacity. Lines with fading edges, and all that is no ground, the service draws itself, in its place.
//!
//! Layers are written with an alpha of 0 on the engine's opaque white, so that what is left of the alpha of a pixel is
//! the share of it that is not covered, and its colour can be told from the white beneath it.

use serde::{Deserialize, Serialize};
use thiserror::Error;
use tiny_skia::{Path, PathSegment, Pixmap};

use super::color::Color;
use super::picture::{Item, Pen, Picture};
use super::png::{Canvas, PngError, stroke};
use crate::tile::{Cover, EXTENT, Plain, plain};

/// Width of the engine's lines, tile units; its shader has it.
const ENGINE_WIDTH: f64 = 6.0;
/// Lines up to this width are lines to the engine, which draws each one pixel wide; CSS pixels.
const THIN: f32 = 1.5;
/// Most layers of a step: the engine tells their order by their depth, which has an end at about 179.
const MOST_LAYERS: u32 = 100;
/// Straight pieces of a curve of a stroke's outline.
const PIECES: u8 = 6;

/// What an engine is to draw: pictures of one square each.
#[derive(Debug)]
pub struct Job {
    /// Pixels of each side of a square.
    pub side: u32,
    /// The layers of the tiles.
    pub layers: Vec<Layer>,
    /// One for each picture, in the order in which they are laid over each other.
    pub tiles: Vec<Vec<u8>>,
    /// Where each of the pictures belongs.
    spots: Vec<Spot>,
    steps: Vec<Step>,
}

/// A layer of the tiles.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Layer {
    /// Its name in the tiles.
    pub name: String,
    /// Lines or areas?
    pub is_line: bool,
    /// Its colour; the alpha to draw it with is 0.
    pub rgb: [u8; 3],
    /// Its place among the layers of one tile: those with a larger number are drawn over it. From 1.
    pub depth: u32,
}

#[derive(Debug)]
struct Spot {
    step: usize,
    /// Upper left pixel.
    corner: [u32; 2],
}

/// What is drawn at once.
#[derive(Debug)]
enum Step {
    /// Layers by the engine, laid over with an opacity; their items.
    Engine { opacity: f32, layers: Vec<(usize, Vec<usize>)> },
    /// One item by the service.
    Own(usize),
}

/// Why a picture could not be put together.
#[derive(Debug, Error)]
pub enum SquaresError {
    /// It cannot be drawn or written.
    #[error(transparent)]
    Png(#[from] PngError),
    /// A square has another size than it was asked in.
    #[error("the engine drew a square of {0} bytes of pixels, expected {1}")]
    Size(usize, usize),
}

/// The ground of a picture as a job for the engine.
#[must_use]
pub fn job(picture: &Picture) -> Job {
    let scale = f64::from(picture.size.scale);
    // On a square of this side a line of the engine is one CSS pixel wide.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 683 to 2048")]
    let side = (f64::from(EXTENT) / ENGINE_WIDTH * scale).round() as u32;
    let mut job = Job { side, layers: Vec::new(), tiles: Vec::new(), spots: Vec::new(), steps: Vec::new() };
    let ground = &picture.items[..picture.ground];
    for (at, item) in ground.iter().enumerate() {
        job.add(at, item);
    }
    let shapes: Vec<Option<Shape>> = ground.iter().map(|item| Shape::of(item, picture.size.scale)).collect();
    let [width, height] = picture.size.pixels();
    for (number, step) in job.steps.iter().enumerate() {
        let Step::Engine { layers, .. } = step else { continue };
        for top in (0..height).step_by(side as usize) {
            for left in (0..width).step_by(side as usize) {
                let square =
                    Square { corner: [f64::from(left), f64::from(top)], side: f64::from(side), scale };
                let named = layers.iter().map(|(layer, items)| {
                    let shapes = items.iter().filter_map(|&item| square.shape(shapes[item].as_ref()?));
                    (job.layers[*layer].name.as_str(), shapes.collect())
                });
                let tile = plain(named);
                if !tile.is_empty() {
                    job.tiles.push(tile);
                    job.spots.push(Spot { step: number, corner: [left, top] });
                }
            }
        }
    }
    job
}

impl Job {
    /// Adds an item to the last step, or to a new one.
    fn add(&mut self, at: usize, item: &Item) {
        let (is_line, color) = match item {
            Item::Fill { color, .. } => (false, *color),
            Item::Stroke { color, pen, .. } if pen.blur <= 0.0 => (pen.width <= THIN, *color),
            Item::Stroke { .. } | Item::Text(_) => {
                self.steps.push(Step::Own(at));
                return;
            }
        };
        let Color { rgb, alpha } = color;
        if let Some(Step::Engine { opacity, layers }) = self.steps.last_mut()
            && *opacity == alpha
        {
            let last = layers.last_mut().map(|(layer, items)| (&self.layers[*layer], items));
            let depth = match last {
                Some((layer, items)) if layer.is_line == is_line && layer.rgb == rgb => {
                    items.push(at);
                    return;
                }
                Some((layer, _)) => layer.depth + 1,
                None => 1,
            };
            // What is translucent shows what is below it, also of its own step.
            if alpha >= 1.0 && depth <= MOST_LAYERS {
                layers.push((self.layers.len(), vec![at]));
                self.layers.push(Layer { name: self.layers.len().to_string(), is_line, rgb, depth });
                return;
            }
        }
        self.steps.push(Step::Engine { opacity: alpha, layers: vec![(self.layers.len(), vec![at])] });
        self.layers.push(Layer { name: self.layers.len().to_string(), is_line, rgb, depth: 1 });
    }
}

/// An item, in pixels.
struct Shape {
    contours: Vec<Vec<[f32; 2]>>,
    /// None for lines.
    cover: Option<Cover>,
}

impl Shape {
    fn of(item: &Item, scale: f32) -> Option<Self> {
        match item {
            Item::Fill { path, .. } => {
                Some(Self { contours: contours(path, false), cover: Some(Cover::Odd) })
            }
            Item::Stroke { path, pen, .. } => {
                let Pen { width, dashes, .. } = pen;
                let pen = stroke(pen, *width);
                let dashed = pen.dash.as_ref().filter(|_| !dashes.is_empty());
                let dashed = dashed.and_then(|dash| path.dash(dash, scale));
                let path = dashed.as_ref().unwrap_or(path);
                if *width <= THIN {
                    return Some(Self { contours: contours(path, true), cover: None });
                }
                let outline = path.stroke(&tiny_skia::Stroke { dash: None, ..pen }, scale)?;
                Some(Self { contours: contours(&outline, false), cover: Some(Cover::Wound) })
            }
            Item::Text(_) => None,
        }
    }
}

/// The contours of a path, curves in straight pieces. Closed ones get their first point at the end again if `as_lines`.
fn contours(path: &Path, as_lines: bool) -> Vec<Vec<[f32; 2]>> {
    let mut contours: Vec<Vec<[f32; 2]>> = Vec::new();
    let shares = || (1..=PIECES).map(|piece| f32::from(piece) / f32::from(PIECES));
    let between =
        |a: [f32; 2], b: [f32; 2], share: f32| [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share];
    for segment in path.segments() {
        if let PathSegment::MoveTo(to) = segment {
            contours.push(vec![[to.x, to.y]]);
            continue;
        }
        let Some(contour) = contours.last_mut() else { continue };
        let from = contour[contour.len() - 1];
        match segment {
            PathSegment::LineTo(to) => contour.push([to.x, to.y]),
            PathSegment::QuadTo(by, to) => contour.extend(shares().map(|share| {
                let by = [by.x, by.y];
                between(between(from, by, share), between(by, [to.x, to.y], share), share)
            })),
            PathSegment::CubicTo(one, two, to) => contour.extend(shares().map(|share| {
                let (one, two) = ([one.x, one.y], [two.x, two.y]);
                let middle = between(one, two, share);
                let first = between(between(from, one, share), middle, share);
                between(first, between(middle, between(two, [to.x, to.y], share), share), share)
            })),
            PathSegment::Close if as_lines => contour.push(contour[0]),
            PathSegment::Close | PathSegment::MoveTo(_) => {}
        }
    }
    contours
}

/// A square of the picture, in pixels.
struct Square {
    corner: [f64; 2],
    side: f64,
    /// Pixels of a CSS pixel.
    scale: f64,
}

impl Square {
    /// A shape in tile units; none where it is far away.
    fn shape(&self, shape: &Shape) -> Option<Plain> {
        let units = f64::from(EXTENT) / self.side;
        let place = |point: &[f32; 2]| {
            [0, 1].map(|axis| (f64::from(point[axis]) * self.scale - self.corner[axis]) * units)
        };
        let contours = shape.contours.iter().map(|contour| contour.iter().map(place).collect::<Vec<_>>());
        let near = |contour: &Vec<[f64; 2]>| {
            let reach = f64::from(EXTENT + crate::tile::BUFFER);
            let margin = -f64::from(crate::tile::BUFFER);
            [0, 1].into_iter().all(|axis| {
                contour.iter().any(|point| point[axis] >= margin)
                    && contour.iter().any(|point| point[axis] <= reach)
            })
        };
        let contours: Vec<_> = contours.filter(near).collect();
        (!contours.is_empty()).then_some(match shape.cover {
            Some(by) => Plain::Areas(contours, by),
            None => Plain::Lines(contours),
        })
    }
}

/// The PNG file of a picture whose ground an engine has drawn: `draw` gives the pixels of a square by its number, red,
/// green, blue and alpha, not multiplied.
///
/// # Errors
/// What `draw` says, or the picture is too large for memory.
pub fn assemble<E: From<SquaresError>>(
    picture: &Picture,
    job: &Job,
    mut draw: impl FnMut(usize) -> Result<Vec<u8>, E>,
) -> Result<Vec<u8>, E> {
    let failed = |fault: PngError| E::from(fault.into());
    let mut canvas = Canvas::of(picture).map_err(failed)?;
    let mut spots = job.spots.iter().enumerate().peekable();
    for (number, step) in job.steps.iter().enumerate() {
        match step {
            Step::Own(item) => canvas.draw(&picture.items[*item]),
            Step::Engine { opacity, .. } => {
                while let Some((at, spot)) = spots.next_if(|(_, spot)| spot.step == number) {
                    let pixels = draw(at)?;
                    let expected = job.side as usize * job.side as usize * 4;
                    if pixels.len() != expected {
                        return Err(SquaresError::Size(pixels.len(), expected).into());
                    }
                    lay(&mut canvas.pixmap, &pixels, job.side, spot.corner, *opacity);
                }
            }
        }
    }
    for item in &picture.items[picture.ground..] {
        canvas.draw(item);
    }
    canvas.encode(picture).map_err(failed)
}

/// Lays a square over opaque pixels.
fn lay(pixmap: &mut Pixmap, square: &[u8], side: u32, [left, top]: [u32; 2], opacity: f32) {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 255")]
    let opacity = (opacity.clamp(0.0, 1.0) * 255.0).round() as u32;
    let width = pixmap.width() as usize;
    let (left, side) = (left as usize, side as usize);
    let seen = side.min(width.saturating_sub(left));
    let rows = pixmap.data_mut().chunks_exact_mut(width * 4).skip(top as usize);
    for (row, square) in rows.zip(square.chunks_exact(side * 4)) {
        let below = row[left * 4..(left + seen) * 4].as_chunks_mut::<4>().0;
        for (below, drawn) in below.iter_mut().zip(square.as_chunks::<4>().0) {
            *below = over(*below, *drawn, opacity);
        }
    }
}

/// A pixel of the engine over an opaque one.
fn over(below: [u8; 4], drawn: [u8; 4], opacity: u32) -> [u8; 4] {
    let bare = u32::from(drawn[3]);
    if bare == 255 {
        return below;
    }
    let mut pixel = below;
    for axis in 0..3 {
        // The white beneath shows through the bare share.
        let own = u32::from(drawn[axis]).saturating_sub(bare);
        let kept = 255 * 255 - (255 - bare) * opacity;
        let sum = own * opacity * 255 + u32::from(below[axis]) * kept;
        pixel[axis] = u8::try_from((sum + 255 * 255 / 2) / (255 * 255)).unwrap_or(u8::MAX);
    }
    pixel
}

#[cfg(test)]
mod tests {
    use tiny_skia::PathBuilder;

    use super::*;
    use crate::map::frame::Size;
    use crate::map::picture::About;

    const RED: Color = Color { rgb: [200, 20, 40], alpha: 1.0 };
    const BLUE: Color = Color { rgb: [0, 0, 250], alpha: 1.0 };

    fn fill(color: Color) -> Item {
        let path =
            PathBuilder::from_rect(tiny_skia::Rect::from_xywh(10.0, 10.0, 50.0, 50.0).expect("a rectangle"));
        Item::Fill { path, color, smooth: true }
    }

    fn line(color: Color, pen: Pen) -> Item {
        let mut path = PathBuilder::new();
        path.move_to(0.0, 100.0);
        path.line_to(800.0, 100.0);
        Item::Stroke { path: path.finish().expect("a path"), color, pen }
    }

    fn picture(items: Vec<Item>) -> Picture {
        Picture {
            size: Size { width: 800, height: 600, scale: 1.0 },
            background: Color { rgb: [240; 3], alpha: 1.0 },
            ground: items.len(),
            items,
            about: About::default(),
            names: Vec::new(),
            links: Vec::new(),
            missing: std::collections::BTreeSet::default(),
        }
    }

    #[test]
    fn opaque_colours_share_a_step_and_a_translucent_one_is_its_own() {
        let pale = BLUE.faded(0.5);
        let items = vec![
            fill(RED),
            fill(RED),
            line(RED, Pen::plain(1.0)),
            fill(BLUE),
            fill(pale),
            fill(pale),
            fill(RED.faded(0.5)),
            fill(RED),
        ];
        let job = job(&picture(items));
        let layers: Vec<_> = job.layers.iter().map(|layer| (layer.is_line, layer.rgb, layer.depth)).collect();
        let (red, blue) = (RED.rgb, BLUE.rgb);
        assert_eq!(
            layers,
            [
                (false, red, 1),
                (true, red, 2),
                (false, blue, 3),
                (false, blue, 1),
                (false, red, 1),
                (false, red, 1)
            ]
        );
        // The line crosses both squares of 683 pixels, the rectangles lie in the first.
        let spots: Vec<_> = job.spots.iter().map(|spot| (spot.step, spot.corner)).collect();
        assert_eq!(
            (job.side, spots),
            (683, vec![(0, [0, 0]), (0, [683, 0]), (1, [0, 0]), (2, [0, 0]), (3, [0, 0])])
        );
    }

    #[test]
    fn wide_lines_are_areas_and_fading_ones_are_not_for_the_engine() {
        let glow = Pen { blur: 4.0, ..Pen::plain(4.0) };
        let job =
            job(&picture(vec![line(RED, Pen::plain(4.0)), line(RED, glow), line(RED, Pen::plain(1.0))]));
        let kinds: Vec<_> = job.layers.iter().map(|layer| layer.is_line).collect();
        assert_eq!(kinds, [false, true]);
        assert!(matches!(job.steps[1], Step::Own(1)));
    }

    #[test]
    fn dashes_are_cut_before() {
        let pen = Pen { dashes: vec![60.0, 40.0], ..Pen::plain(1.0) };
        let shape = Shape::of(&line(RED, pen), 1.0).expect("a shape");
        assert_eq!(shape.contours.len(), 8, "{:?}", shape.contours);
        assert_eq!(shape.contours[1], [[100.0, 100.0], [160.0, 100.0]]);
    }

    #[test]
    fn pixels_are_laid_over_by_what_is_covered() {
        // Wholly covered, not at all, and by a quarter: 255 - 255 / 4 is left of the alpha, and as much white.
        let below = [100, 100, 100, 255];
        assert_eq!(over(below, [200, 20, 40, 0], 255), [200, 20, 40, 255]);
        assert_eq!(over(below, [255; 4], 255), below);
        assert_eq!(over(below, [241, 196, 201, 191], 255), [125, 80, 85, 255]);
        assert_eq!(over(below, [200, 20, 40, 0], 51), [120, 84, 88, 255]);
    }

    #[test]
    fn a_picture_is_put_together_from_its_squares() {
        let mut picture = picture(vec![fill(RED), fill(BLUE)]);
        picture.ground = 1;
        let job = job(&picture);
        let blank = vec![255; 683 * 683 * 4];
        let made = assemble(&picture, &job, |_| Ok::<_, SquaresError>(blank.clone())).expect("a file");
        let mut reader = png::Decoder::new(std::io::Cursor::new(&made)).read_info().expect("a PNG file");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        reader.next_frame(&mut pixels).expect("pixels");
        let at = |x: usize, y: usize| &pixels[(y * 800 + x) * 3..(y * 800 + x) * 3 + 3];
        assert_eq!(
            (at(30, 30), at(300, 300)),
            (&BLUE.rgb[..], &[240; 3][..]),
            "what lies over the ground is ours"
        );
        let wrong = assemble(&picture, &job, |_| Ok::<_, SquaresError>(vec![255; 12]));
        assert!(matches!(wrong, Err(SquaresError::Size(12, 1_865_956))));
    }
}
