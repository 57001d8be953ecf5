//! Meridians and parallels over a picture, with their degrees.
//!
//! In: a frame. Out: lines, and words along the left and the lower edge. Leaves out: everything else of a picture.

use tiny_skia::PathBuilder;

use super::card::{Paragraph, Type};
use super::frame::{Frame, Point};
use super::picture::{Item, Pen};
use super::place::Box;
use super::signs::token;
use super::style::Tokens;
use super::text::Weight;

/// Distances of lines that are easy to read, degrees.
const STEPS: [f64; 23] = [
    90.0, 45.0, 30.0, 20.0, 10.0, 5.0, 2.0, 1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005, 0.002, 0.001,
    0.0005, 0.0002, 0.0001, 0.00005, 0.00002, 0.00001,
];
/// Lines are at least so far apart, CSS pixels.
const APART: f64 = 130.0;
const SIZE: f32 = 11.0;

/// The distance of lines, and the digits of their degrees.
fn step(frame: &Frame) -> (f64, usize) {
    let [width, height] = frame.extent();
    let (left, right) = (frame.position([0.0, height / 2.0])[0], frame.position([width, height / 2.0])[0]);
    let per_pixel = (right - left) / f64::from(width.max(1.0));
    let step = STEPS.iter().rev().copied().find(|step| step / per_pixel >= APART).unwrap_or(STEPS[0]);
    let digits = (0..6).find(|&digits| {
        let scaled = step * 10f64.powi(digits);
        (scaled - scaled.round()).abs() < 1e-6
    });
    (step, usize::try_from(digits.unwrap_or(5)).unwrap_or(5))
}

/// The multiples of a step between two values.
fn multiples(low: f64, high: f64, step: f64) -> impl Iterator<Item = f64> {
    let first = (low / step).ceil();
    (0..).map(move |number| (first + f64::from(number)) * step).take_while(move |value| *value <= high)
}

/// A longitude or a latitude in words.
fn degrees(value: f64, digits: usize, [positive, negative]: [&str; 2]) -> String {
    let value = if value.abs() < 1e-9 { 0.0 } else { value };
    let side = if value > 0.0 {
        positive
    } else if value < 0.0 {
        negative
    } else {
        ""
    };
    format!("{:.digits$}°{side}", value.abs())
}

/// The lines, and the words where nothing stands yet; the boxes of the words.
#[must_use]
pub fn draw(frame: &Frame, tokens: &Tokens, stands: &[Box]) -> (Vec<Item>, Vec<Box>) {
    let [width, height] = frame.extent();
    let (step, digits) = step(frame);
    let ([west, north], [east, south]) = (frame.position([0.0, 0.0]), frame.position([width, height]));
    let mut path = PathBuilder::new();
    let mut words: Vec<(String, Point, bool)> = Vec::new();
    for longitude in multiples(west, east, step) {
        let [x, _] = frame.project([longitude, frame.latitude()]);
        path.move_to(x, 0.0);
        path.line_to(x, height);
        let shown = (longitude + 540.0).rem_euclid(360.0) - 180.0;
        words.push((degrees(shown, digits, ["E", "W"]), [x, 0.0], true));
    }
    for latitude in multiples(south, north, step) {
        let [_, y] = frame.project([west, latitude]);
        path.move_to(0.0, y);
        path.line_to(width, y);
        words.push((degrees(latitude, digits, ["N", "S"]), [0.0, y], false));
    }
    let color = token(tokens, "tx2");
    let mut items: Vec<Item> = path
        .finish()
        .map(|path| Item::Stroke { path, color: color.faded(0.4), pen: Pen::plain(0.6) })
        .into_iter()
        .collect();
    let mut boxes: Vec<Box> = Vec::new();
    for (text, at, upper) in words {
        let look = Type { weight: Weight::Regular, size: SIZE, color };
        let Some(paragraph) = Paragraph::set(&text, look, 200.0) else { continue };
        let [wide, high] = paragraph.size();
        // Beside the line, at either end of it.
        let ends = if upper {
            [[at[0] + 3.0, 3.0], [at[0] + 3.0, height - high - 3.0]]
        } else {
            [[3.0, at[1] - high], [width - wide - 3.0, at[1] - high]]
        };
        let free = |[left, top]: &Point| {
            let one = Box { left: *left, top: *top, right: left + wide, bottom: top + high };
            let inside = *left >= 0.0 && *top >= 0.0 && one.right <= width && one.bottom <= height;
            inside && stands.iter().chain(&boxes).all(|other| !other.overlaps(&one))
        };
        if let Some([left, top]) = ends.into_iter().find(free) {
            items.push(paragraph.haloed([left, top], token(tokens, "halo")));
            boxes.push(Box { left, top, right: left + wide, bottom: top + high });
        }
    }
    (items, boxes)
}

#[cfg(test)]
mod tests {
    use super::super::frame::Size;
    use super::*;

    #[test]
    fn lines_stand_at_round_degrees_and_not_too_close() {
        let size = Size { width: 1600, height: 900, scale: 1.0 };
        // At zoom 10 a degree is 512 * 1024 / 360 = 1456.4 pixels: 0.1 degrees are 145.6, 0.05 only 72.8.
        assert_eq!(step(&Frame::at([114.0, 30.4], 10.0, size)), (0.1, 1));
        // At zoom 0 a degree is 1.42 pixels: 90 degrees are 128, which is the farthest there is.
        assert_eq!(step(&Frame::at([0.0, 0.0], 0.0, size)), (90.0, 0));
        assert_eq!(
            multiples(113.95, 114.25, 0.1).map(|at| format!("{at:.1}")).collect::<Vec<_>>(),
            ["114.0", "114.1", "114.2"]
        );
    }

    #[test]
    fn degrees_name_their_side() {
        let cases = [(114.1, 1, "114.1°E"), (-0.5, 2, "0.50°W"), (0.0, 0, "0°"), (-0.0, 0, "0°")];
        for (value, digits, want) in cases {
            assert_eq!(degrees(value, digits, ["E", "W"]), want);
        }
    }
}
