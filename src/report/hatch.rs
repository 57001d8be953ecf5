//! How are the parts of a bar told apart without colours?
//!
//! In: a rectangle, a sign, a colour. Out: paths: solid for what is built, stripes for what is in progress, dots for
//! what is planned, an outline alone for what is unknown. Leaves out: which part has which sign.
//!
//! Writers of pictures know no patterns and no clipping, so every stripe and dot is a path that ends at the rectangle.

use tiny_skia::{Path, PathBuilder};

use super::document::Sign;
use crate::map::color::Color;
use crate::map::frame::Point;
use crate::map::picture::{Item, Pen};

/// From one stripe to the next, and how much of that is filled, along the edge of the bar, CSS pixels.
const STRIPE: [f32; 2] = [6.6, 3.0];
/// From one dot to the next, and its radius, CSS pixels.
const DOT: [f32; 2] = [4.6, 1.0];
/// Width of outlines, CSS pixels.
const OUTLINE: f32 = 1.2;

/// Draws a part of a bar: its left and upper edge, its width and height, CSS pixels. Nothing is drawn without a width.
pub fn draw([left, top]: Point, [width, height]: [f32; 2], sign: Sign, color: Color, items: &mut Vec<Item>) {
    let Some(whole) = rectangle([left, top], [width, height]) else { return };
    let fill = |path| Item::Fill { path, color, smooth: true };
    let corners = [[left, top], [left + width, top], [left + width, top + height], [left, top + height]];
    match sign {
        Sign::Solid => return items.push(fill(whole)),
        Sign::Stripes => items.extend(stripes(&corners).map(fill)),
        Sign::Dots => items.extend(dots([left, top], [width, height]).map(fill)),
        Sign::Blank => {}
    }
    // The outline stands inside, so that parts side by side do not share one.
    let inset = (OUTLINE / 2.0).min(width / 2.0 - 0.01).max(0.0);
    let outline = rectangle([left + inset, top + inset], [width - 2.0 * inset, height - 2.0 * inset]);
    items.extend(outline.map(|path| Item::Stroke { path, color, pen: Pen::plain(2.0 * inset) }));
}

fn rectangle([left, top]: Point, [width, height]: [f32; 2]) -> Option<Path> {
    let rect = tiny_skia::Rect::from_xywh(left, top, width, height).filter(|_| width > 0.0)?;
    Some(PathBuilder::from_rect(rect))
}

/// Stripes that lean to the right, as one path.
fn stripes(corners: &[Point]) -> Option<Path> {
    let sums = corners.iter().map(|[x, y]| x + y);
    let (least, most) = sums.fold((f32::MAX, f32::MIN), |(low, high), sum| (low.min(sum), high.max(sum)));
    let [step, filled] = STRIPE;
    let mut path = PathBuilder::new();
    // They stand where they would on the whole picture, so that those of neighbours go on from each other.
    let mut from = (least / step).floor() * step;
    while from < most {
        let beyond = cut(corners, |[x, y]| x + y - from);
        let stripe = cut(&beyond, |[x, y]| from + filled - (x + y));
        if let [first, rest @ ..] = stripe.as_slice()
            && rest.len() > 1
        {
            path.move_to(first[0], first[1]);
            for [x, y] in rest {
                path.line_to(*x, *y);
            }
            path.close();
        }
        from += step;
    }
    path.finish()
}

/// The part of a convex polygon where a linear function is not negative.
fn cut(corners: &[Point], side: impl Fn(Point) -> f32) -> Vec<Point> {
    let mut kept = Vec::new();
    for (at, &corner) in corners.iter().enumerate() {
        let next = corners[(at + 1) % corners.len()];
        let (here, there) = (side(corner), side(next));
        if here >= 0.0 {
            kept.push(corner);
        }
        if (here > 0.0 && there < 0.0) || (here < 0.0 && there > 0.0) {
            let share = here / (here - there);
            kept.push([corner[0] + (next[0] - corner[0]) * share, corner[1] + (next[1] - corner[1]) * share]);
        }
    }
    kept
}

/// Dots that lie wholly inside, as one path.
fn dots([left, top]: Point, [width, height]: [f32; 2]) -> Option<Path> {
    let [step, radius] = DOT;
    let room = OUTLINE + radius;
    let mut path = PathBuilder::new();
    let first = |from: f32| ((from + room) / step).ceil() * step;
    let mut y = first(top);
    while y <= top + height - room {
        let mut x = first(left);
        while x <= left + width - room {
            path.push_circle(x, y, radius);
            x += step;
        }
        y += step;
    }
    path.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    const INK: Color = Color { rgb: [30, 79, 163], alpha: 1.0 };

    fn drawn(sign: Sign, width: f32) -> Vec<Item> {
        let mut items = Vec::new();
        draw([10.0, 20.0], [width, 14.0], sign, INK, &mut items);
        items
    }

    #[test]
    fn nothing_leaves_its_rectangle() {
        for sign in [Sign::Solid, Sign::Stripes, Sign::Dots, Sign::Blank] {
            for width in [0.4, 1.0, 3.0, 14.0, 300.0] {
                for item in drawn(sign, width) {
                    let (path, reach) = match &item {
                        Item::Fill { path, .. } => (path, 0.0),
                        Item::Stroke { path, pen, .. } => (path, pen.width / 2.0),
                        Item::Text(_) => panic!("a text"),
                    };
                    let bounds = path.bounds();
                    let inside = bounds.left() - reach > 9.99
                        && bounds.right() + reach < 10.01 + width
                        && bounds.top() - reach > 19.99
                        && bounds.bottom() + reach < 34.01;
                    assert!(inside, "{sign:?} {width}: {bounds:?} {reach}");
                }
            }
        }
        assert!(drawn(Sign::Stripes, 0.0).is_empty());
    }

    /// Of a wide bar, stripes fill 3 of every 6.6 pixels along its edge, dots a circle of radius 1 in every square of
    /// 4.6.
    #[test]
    fn signs_are_as_dark_as_they_should_be() {
        let share = |sign| {
            let size = crate::map::frame::Size { width: 320, height: 40, scale: 1.0 };
            let picture = crate::map::picture::Picture {
                size,
                background: Color { rgb: [255; 3], alpha: 1.0 },
                items: drawn(sign, 300.0),
                ground: 0,
                about: crate::map::picture::About::default(),
                names: Vec::new(),
                links: Vec::new(),
                missing: std::collections::BTreeSet::new(),
            };
            let file = crate::map::png::write(&picture).expect("a picture");
            let image = lodepng::decode24(&file).expect("a PNG file");
            // Inside the outline.
            let inside = (22..32).flat_map(|y| (14..306).map(move |x| (x, y)));
            let dark = inside.map(|(x, y)| 255.0 - f64::from(image.buffer[y * image.width + x].r));
            dark.sum::<f64>() / (225.0 * 292.0 * 10.0)
        };
        let near = |found: f64, want: f64| assert!((found - want).abs() < 0.05, "{found} {want}");
        near(share(Sign::Solid), 1.0);
        near(share(Sign::Stripes), 3.0 / 6.6);
        near(share(Sign::Dots), std::f64::consts::PI / (4.6 * 4.6));
        near(share(Sign::Blank), 0.0);
    }
}
