//! Which part of the earth does a map show that may choose it?
//!
//! In: a window, and what is to stand on the map. Out: the closest frame on which the window lies beside all of that.
//! Leaves out: what lies in the window.

use super::frame::{Frame, Margins, Size};
use super::furniture::{BESIDE_BAR, Furniture, LONGEST_BAR, Piece, Room, WIDE};
use super::legend;
use super::place::Box;
use super::scene::{Features, Stage};
use super::style::{Look, tokens};
use crate::catalog::Catalog;
use crate::geometry::Bounds;
use crate::query::Budget;

/// Between a window and the edge, or what stands on the map: a sign at the border of the window has place in it. CSS
/// pixels.
pub const EDGE: f64 = 16.0;
/// The part of a side that may be left empty.
const MOST_EMPTY: f64 = 0.8;
/// From this height on, a legend stands beside what a wide map shows.
const HIGH: f64 = 560.0;

/// A map before it has a part of the earth.
#[derive(Debug, Clone, Copy)]
pub struct Plot<'a> {
    /// The catalogue.
    pub catalog: &'a Catalog,
    /// How it looks.
    pub look: Look,
    /// What stands on it.
    pub furniture: &'a Furniture,
    /// Its title; that of the catalogue when none is given.
    pub title: Option<&'a str>,
    /// Its size.
    pub size: Size,
}

impl Plot<'_> {
    /// The closest frame on which a window has room to the edges and to the legend; title, arrow and scale bar may stand in its
    /// corners.
    #[must_use]
    pub fn of(&self, window: Bounds, closest: f64) -> Frame {
        let trial = Frame::around(window, Margins::all(EDGE), closest, self.size);
        let [strip, ..] = self.boxes(&trial);
        Frame::around(window, self.margins(EDGE, strip), closest, self.size)
    }

    /// The same with more room, and nothing in the corners. On a map too small for that, there may be.
    #[must_use]
    pub fn around(&self, window: Bounds, room: f64, closest: f64) -> Frame {
        let frame = |margins: Margins| Frame::around(window, margins, closest, self.size);
        let [strip, head, north, bar] = self.boxes(&frame(Margins::all(room)));
        // A scale bar may be longer at another zoom.
        let longest = |bar: Box| Box { left: bar.left.min(bar.right - LONGEST_BAR - BESIDE_BAR), ..bar };
        let corners = [head, north, bar.map(longest)].into_iter().flatten();
        let base = self.margins(room, strip);
        let mut choices = vec![base];
        for one in corners.clone() {
            let ways = |margins: Margins| [margins, self.aside(margins, one), self.along(margins, one)];
            choices = choices.into_iter().flat_map(ways).collect();
        }
        let is_clear = |frame: &Frame| {
            let shown = shown(window, frame);
            corners.clone().all(|one| !one.overlaps(&shown))
        };
        let frames = choices.into_iter().filter(|margins| self.leaves_enough(*margins)).map(frame);
        let best =
            frames.filter(is_clear).reduce(|best, frame| if frame.zoom > best.zoom { frame } else { best });
        best.unwrap_or_else(|| frame(base))
    }

    /// Where the strip of the attribution, the title, the arrow and the scale bar stand on a frame.
    #[must_use]
    pub fn boxes(&self, frame: &Frame) -> [Option<Box>; 4] {
        let about = super::expected(self.catalog, self.look.lang, self.title);
        let room = Room {
            stage: Stage { frame, tokens: tokens(self.look.theme), budget: &Budget::default() },
            layers: &[],
            features: &Features::new(),
            catalog: self.catalog,
            lang: self.look.lang,
            wanted: self.furniture,
            about: &about,
        };
        room.pieces().map(|piece| piece.map(|(_, one)| one))
    }

    /// The room to the edges and to the legend: beside it on a wide map, above it on a narrow one.
    fn margins(&self, room: f64, strip: Option<Box>) -> Margins {
        let [width, height] = self.sides();
        let floor = strip.map_or(0.0, |strip| height - f64::from(strip.top));
        let bare = Margins { bottom: floor + room, ..Margins::all(room) };
        if !self.furniture.has(Piece::Legend) || self.size.width >= WIDE && height < HIGH {
            return bare;
        }
        if self.size.width >= WIDE {
            return Margins { left: f64::from(legend::RIGHT) + room, ..bare };
        }
        let top = if self.furniture.has(Piece::Title) { height * 0.15 } else { height / 20.0 };
        let side = room.max(width / 40.0);
        Margins { top: top.max(room), bottom: height * 0.57, left: side, right: side }
    }

    fn sides(&self) -> [f64; 2] {
        [self.size.width, self.size.height].map(f64::from)
    }

    /// More room at the side of a box.
    fn aside(&self, margins: Margins, one: Box) -> Margins {
        let [width, _] = self.sides();
        if f64::from(one.left + one.right) < width {
            return Margins { left: margins.left.max(f64::from(one.right) + EDGE), ..margins };
        }
        Margins { right: margins.right.max(width - f64::from(one.left) + EDGE), ..margins }
    }

    /// More room above or below a box.
    fn along(&self, margins: Margins, one: Box) -> Margins {
        let [_, height] = self.sides();
        if f64::from(one.top + one.bottom) < height {
            return Margins { top: margins.top.max(f64::from(one.bottom) + EDGE), ..margins };
        }
        Margins { bottom: margins.bottom.max(height - f64::from(one.top) + EDGE), ..margins }
    }

    fn leaves_enough(&self, margins: Margins) -> bool {
        let [width, height] = self.sides();
        margins.left + margins.right <= width * MOST_EMPTY
            && margins.top + margins.bottom <= height * MOST_EMPTY
    }
}

/// Where a window stands on a frame.
#[must_use]
pub fn shown(window: Bounds, frame: &Frame) -> Box {
    let west = window.west + frame.turn(window.west + window.width() / 2.0);
    let [left, top] = frame.project([west, window.north]);
    let [right, bottom] = frame.project([west + window.width(), window.south]);
    Box { left, top, right, bottom }
}
