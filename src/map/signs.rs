//! The signs of the map and the hatches of belts, from the table that the web map draws them from.
//!
//! In: the id of a picture, as in `block-built` or `hatch-0`. Out: items of a picture. Leaves out: where signs stand.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use kurbo::{BezPath, PathEl};
use serde::Deserialize;
use tiny_skia::{Path, PathBuilder, Transform};

use super::color::Color;
use super::frame::{Frame, Point};
use super::outline::{Outline, Parts};
use super::picture::{Item, Pen, Run, Set};
use super::style::Tokens;
use super::text::{self, Weight};

#[derive(Debug, Deserialize)]
struct Table {
    #[serde(rename = "box")]
    side: f32,
    margin: f32,
    outline: f32,
    halo: Halo,
    planned: Planned,
    unknown: Unknown,
    shapes: BTreeMap<String, Shape>,
    fills: Vec<String>,
    hatch: HatchSize,
    hatches: Vec<Hatch>,
}

#[derive(Debug, Deserialize)]
struct Halo {
    colour: String,
    width: f32,
}

#[derive(Debug, Deserialize)]
struct Planned {
    dashes: Vec<f32>,
}

#[derive(Debug, Deserialize)]
struct Unknown {
    text: String,
    size: f32,
}

#[derive(Debug, Deserialize)]
struct Shape {
    colour: String,
    path: String,
    /// Where the lower half begins, so that both halves look equally heavy.
    halfway: f32,
    /// The middle of the mark for an unknown status.
    mark: f32,
}

#[derive(Debug, Deserialize)]
struct HatchSize {
    side: f32,
    width: f32,
    opacity: f32,
}

#[derive(Debug, Deserialize)]
struct Hatch {
    id: String,
    colour: String,
    leaning: String,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    serde_json::from_str(include_str!("../../web/src/map/symbols.json"))
        .expect("a test reads the embedded table")
});

/// From the middle of a letter's height to its baseline, ems.
const HALF_CAPITAL: f32 = 0.364;

/// Side of the square that a sign takes at size 1, its halo included, CSS pixels.
#[must_use]
pub fn side() -> f32 {
    TABLE.side + 2.0 * TABLE.margin
}

/// The ids of all signs.
pub fn ids() -> impl Iterator<Item = String> {
    TABLE.shapes.keys().flat_map(|shape| TABLE.fills.iter().map(move |fill| format!("{shape}-{fill}")))
}

/// The colour of a shape by its name, where there is such a shape.
#[must_use]
pub fn colour(shape: &str) -> Option<&'static str> {
    TABLE.shapes.get(shape).map(|shape| shape.colour.as_str())
}

/// The ids of all hatches.
pub fn hatch_ids() -> impl Iterator<Item = &'static str> {
    TABLE.hatches.iter().map(|hatch| hatch.id.as_str())
}

/// The sides of the square that a hatch repeats in, CSS pixels.
#[must_use]
pub fn hatch_side() -> f32 {
    TABLE.hatch.side
}

fn named(id: &str) -> Option<(&'static Shape, &str)> {
    let (shape, fill) = id.split_once('-')?;
    TABLE
        .fills
        .iter()
        .any(|known| known == fill)
        .then(|| TABLE.shapes.get(shape).map(|shape| (shape, fill)))?
}

/// Is there such a sign?
#[must_use]
pub fn exists(id: &str) -> bool {
    named(id).is_some()
}

/// The colour of a token.
#[must_use]
pub fn token(tokens: &Tokens, name: &str) -> Color {
    tokens.get(name).and_then(Color::parse).unwrap_or(Color::BLACK)
}

/// A sign around a point; none of a name that is not known.
#[must_use]
pub fn draw(id: &str, middle: Point, size: f32, opacity: f32, tokens: &Tokens) -> Vec<Item> {
    let Some((shape, fill)) = named(id) else { return Vec::new() };
    let table = &*TABLE;
    let corner = [middle[0] - table.side / 2.0 * size, middle[1] - table.side / 2.0 * size];
    let place = Transform::from_row(size, 0.0, 0.0, size, corner[0], corner[1]);
    // A test reads every outline.
    let Ok(outline) = BezPath::from_svg(&shape.path) else { return Vec::new() };
    let Some(path) = path_of(&outline).and_then(|path| path.transform(place)) else { return Vec::new() };
    let color = token(tokens, &shape.colour).faded(opacity);
    let halo = token(tokens, &table.halo.colour).faded(opacity);
    let area = |path: &Path, color| Item::Fill { path: path.clone(), color, smooth: true };
    let mut items = vec![
        Item::Stroke { path: path.clone(), color: halo, pen: Pen::plain(table.halo.width * size) },
        area(&path, halo),
    ];
    let mut pen = Pen::plain(table.outline * size);
    match fill {
        "built" => items.push(area(&path, color)),
        "in-progress" => {
            items.extend(
                lower_half(&outline, shape.halfway)
                    .and_then(|half| half.transform(place))
                    .map(|half| area(&half, color)),
            );
        }
        "planned" => pen.dashes = table.planned.dashes.iter().map(|dash| dash * size).collect(),
        _ => {}
    }
    items.push(Item::Stroke { path, color, pen });
    if fill == "unknown" {
        let em = table.unknown.size * size;
        let at = [middle[0], corner[1] + shape.mark * size + HALF_CAPITAL * em];
        items.push(Item::Text(mark(&table.unknown.text, at, em, color)));
    }
    items
}

/// A bold text around the middle of its baseline.
fn mark(text: &str, middle: Point, size: f32, color: Color) -> Run {
    let glyphs = text::shape(text, Weight::Bold, false);
    let width: f32 = glyphs.iter().map(|glyph| glyph.advance).sum();
    let mut pen = middle[0] - width / 2.0 * size;
    let set = |glyph: text::Glyph| {
        let at = [pen, middle[1]];
        pen += glyph.advance * size;
        Set { glyph, at, angle: 0.0 }
    };
    Run { text: text.to_owned(), size, color, halo: None, glyphs: glyphs.into_iter().map(set).collect() }
}

#[expect(clippy::cast_possible_truncation, reason = "a sign is a few pixels wide")]
fn path_of(outline: &BezPath) -> Option<Path> {
    let mut path = PathBuilder::new();
    for element in outline.elements() {
        match *element {
            PathEl::MoveTo(a) => path.move_to(a.x as f32, a.y as f32),
            PathEl::LineTo(a) => path.line_to(a.x as f32, a.y as f32),
            PathEl::QuadTo(a, b) => path.quad_to(a.x as f32, a.y as f32, b.x as f32, b.y as f32),
            PathEl::CurveTo(a, b, c) => {
                path.cubic_to(a.x as f32, a.y as f32, b.x as f32, b.y as f32, c.x as f32, c.y as f32);
            }
            PathEl::ClosePath => path.close(),
        }
    }
    path.finish()
}

/// The part of a shape below a height.
#[expect(clippy::cast_possible_truncation, reason = "a sign is a few pixels wide")]
fn lower_half(outline: &BezPath, height: f32) -> Option<Path> {
    let mut corners: Vec<Point> = Vec::new();
    kurbo::flatten(outline, 0.02, |element| match element {
        PathEl::MoveTo(to) | PathEl::LineTo(to) => corners.push([to.x as f32, to.y as f32]),
        _ => {}
    });
    let mut path = PathBuilder::new();
    for (at, corner) in corners.iter().enumerate() {
        let before = corners[(at + corners.len() - 1) % corners.len()];
        let mut add = |[x, y]: Point| if path.is_empty() { path.move_to(x, y) } else { path.line_to(x, y) };
        if (before[1] < height) != (corner[1] < height) {
            let share = (height - before[1]) / (corner[1] - before[1]);
            add([before[0] + (corner[0] - before[0]) * share, height]);
        }
        if corner[1] >= height {
            add(*corner);
        }
    }
    path.close();
    path.finish()
}

/// A sign in its square, or a square of a hatch, as a sprite has them: from their upper left corner.
#[must_use]
pub fn tile(id: &str, [x, y]: Point, tokens: &Tokens) -> Vec<Item> {
    let half = side() / 2.0;
    let Some(hatch) = TABLE.hatches.iter().find(|hatch| hatch.id == id) else {
        return draw(id, [x + half, y + half], 1.0, 1.0, tokens);
    };
    let HatchSize { side, width, opacity } = TABLE.hatch;
    // The square cuts the lines off: one from corner to corner, and what reaches in over the two other corners.
    let reach = width * std::f32::consts::FRAC_1_SQRT_2;
    let rises = |at: f32| if hatch.leaning == "/" { at } else { side - at };
    let corners = [
        vec![
            [0.0, side],
            [0.0, side - reach],
            [side - reach, 0.0],
            [side, 0.0],
            [side, reach],
            [reach, side],
        ],
        vec![[0.0, 0.0], [reach, 0.0], [0.0, reach]],
        vec![[side, side], [side - reach, side], [side, side - reach]],
    ];
    let mut path = PathBuilder::new();
    for corner in corners {
        for (at, [across, down]) in corner.into_iter().enumerate() {
            let (across, down) = (x + rises(across), y + down);
            if at == 0 { path.move_to(across, down) } else { path.line_to(across, down) }
        }
        path.close();
    }
    let color = token(tokens, &hatch.colour).faded(opacity);
    path.finish().map(|path| Item::Fill { path, color, smooth: true }).into_iter().collect()
}

/// The lines of a hatch over areas; none of a name that is not known. They stand at the same places of the earth on
/// every picture of one zoom.
#[must_use]
pub fn hatch(id: &str, outline: &Outline, frame: &Frame, opacity: f32, tokens: &Tokens) -> Option<Item> {
    let hatch = TABLE.hatches.iter().find(|hatch| hatch.id == id)?;
    let Parts::Polygons(polygons) = &outline.parts else { return None };
    // As in MapLibre, a pattern grows with the picture up to the next whole zoom.
    #[expect(clippy::cast_possible_truncation, reason = "from 1 to 2")]
    let grown = (frame.zoom - frame.zoom.floor()).exp2() as f32;
    let HatchSize { side, width, opacity: own } = TABLE.hatch;
    let (side, width) = (side * grown, width * grown);
    let rises = hatch.leaning == "/";
    let phase = frame.phase(f64::from(side));
    let shift = if rises { phase[0] + phase[1] } else { phase[1] - phase[0] };
    let mut path = PathBuilder::new();
    for rings in polygons {
        lines_over(rings, rises, side, shift, frame, &mut path);
    }
    let color = token(tokens, &hatch.colour).faded(own * opacity);
    Some(Item::Stroke { path: path.finish()?, color, pen: Pen::plain(width) })
}

/// Lines at 45 degrees inside rings. A point is told by its distance across the lines and its place along them.
fn lines_over(
    rings: &[Vec<Point>],
    rises: bool,
    side: f32,
    shift: f32,
    frame: &Frame,
    path: &mut PathBuilder,
) {
    let across = |[x, y]: Point| if rises { x + y } else { y - x };
    let along = |[x, y]: Point| if rises { x - y } else { y + x };
    let point = |across: f32, along: f32| {
        let half = [f32::midpoint(across, along), (across - along) / 2.0];
        if rises { half } else { [(along - across) / 2.0, half[0]] }
    };
    let [width, height] = frame.extent();
    let (low, high) = if rises { (0.0, width + height) } else { (-width, height) };
    let mut number = ((low + shift) / side).floor();
    while number * side - shift <= high {
        let line = number * side - shift;
        number += 1.0;
        let mut crossings: Vec<f32> = Vec::new();
        for ring in rings {
            for (a, b) in ring.iter().zip(ring.iter().cycle().skip(1)) {
                let (from, to) = (across(*a), across(*b));
                if (from <= line) != (to <= line) {
                    let share = (line - from) / (to - from);
                    crossings.push(along(*a) + (along(*b) - along(*a)) * share);
                }
            }
        }
        crossings.sort_by(f32::total_cmp);
        let reach = width + height;
        for pair in crossings.chunks_exact(2) {
            let (from, to) = (pair[0].max(-reach), pair[1].min(2.0 * reach));
            if from < to {
                let (from, to) = (point(line, from), point(line, to));
                path.move_to(from[0], from[1]);
                path.line_to(to[0], to[1]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::frame::Size;
    use super::super::style::{Theme, tokens};
    use super::*;

    #[test]
    fn every_sign_of_the_table_is_drawn() {
        let tokens = tokens(Theme::Light);
        assert!(ids().count() >= 28);
        for id in ids() {
            let items = draw(&id, [50.0, 50.0], 1.0, 1.0, tokens);
            assert!(items.len() >= 3, "{id}");
            for item in &items {
                if let Item::Fill { path, .. } | Item::Stroke { path, .. } = item {
                    let bounds = path.bounds();
                    let inside = bounds.left() >= 35.0
                        && bounds.right() <= 65.0
                        && bounds.top() >= 35.0
                        && bounds.bottom() <= 65.0;
                    assert!(inside, "{id} {bounds:?}");
                }
            }
        }
        assert!(draw("castle-built", [0.0; 2], 1.0, 1.0, tokens).is_empty());
    }

    #[test]
    fn half_a_shape_ends_at_its_halfway() {
        let outline = BezPath::from_svg(&TABLE.shapes["park"].path).expect("a path");
        let bounds = lower_half(&outline, 13.0).expect("a half").bounds();
        assert!((bounds.top() - 13.0).abs() < 0.01 && (bounds.bottom() - 22.0).abs() < 0.1, "{bounds:?}");
    }

    /// A square of 20: lines where x + y is 30, 40 and 50, and where y - x is -10, 0 and 10; what only touches a corner is none.
    #[test]
    fn hatches_lean_as_they_are_told() {
        let frame = Frame::at([0.0, 0.0], 0.0, Size { width: 40, height: 40, scale: 1.0 });
        let square = vec![[10.0, 10.0], [30.0, 10.0], [30.0, 30.0], [10.0, 30.0]];
        for (rises, want) in [(true, 3), (false, 3)] {
            let mut path = PathBuilder::new();
            lines_over(std::slice::from_ref(&square), rises, 10.0, 0.0, &frame, &mut path);
            let path = path.finish().expect("lines");
            let points = path.points();
            assert_eq!(points.len() / 2, want, "{rises} {points:?}");
            for pair in points.chunks(2) {
                let slope = (pair[1].y - pair[0].y) / (pair[1].x - pair[0].x);
                assert!((slope - if rises { -1.0 } else { 1.0 }).abs() < 1e-4, "{slope}");
            }
        }
    }
}
