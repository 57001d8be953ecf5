//! Where do names and signs stand?
//!
//! In: symbols that want a place, the most important first. Out: the texts and signs that found one. The rules are
//! those of `MapLibre`, and two more that a picture needs: a text is never cut off by the edge of the picture, and it
//! keeps off the signs that are shown in any case, where another side or corner has room. Leaves out: which features have names.

use std::f32::consts::{FRAC_PI_2, PI};

use super::color::Color;
use super::frame::Point;
use super::outline::{distance, length, moved};
use super::picture::{Run, Set, standing};
use super::place::{Box, Room};
use super::text::{BASELINE, Block, Glyph};

/// From the baseline of a Han character up to its middle, ems.
const HAN_MIDDLE: f32 = 0.38;
/// How much of a sign's square its shape fills, from the middle to an edge, CSS pixels at size 1.
const SIGN_REACH: f32 = 10.0;

/// A symbol that wants a place.
#[derive(Debug, Clone)]
pub struct Symbol {
    /// Those with a lower key come first.
    pub key: f64,
    /// Its sign.
    pub sign: Option<Sign>,
    /// Its name.
    pub name: Option<Name>,
    /// Where it stands.
    pub at: Stand,
}

/// A sign.
#[derive(Debug, Clone)]
pub struct Sign {
    /// The id of its picture.
    pub id: String,
    /// Its size.
    pub size: f32,
    /// How opaque it is.
    pub opacity: f32,
    /// Half of the square that it takes, CSS pixels.
    pub reach: f32,
    /// May it stand on others?
    pub overlaps: bool,
    /// May others stand on it?
    pub yields: bool,
}

/// A name.
#[derive(Debug, Clone)]
pub struct Name {
    /// Its text in lines.
    pub block: Block,
    /// Size of an em, CSS pixels.
    pub size: f32,
    /// Its colour.
    pub color: Color,
    /// The rim around it.
    pub halo: Option<(Color, f32)>,
    /// The room it keeps on each side, CSS pixels.
    pub padding: f32,
    /// Room after each letter, ems.
    pub spacing: f32,
    /// May it stand on others?
    pub overlaps: bool,
    /// May others stand on it?
    pub yields: bool,
    /// Does its sign stand without it?
    pub optional: bool,
}

/// Where a symbol may stand.
#[derive(Debug, Clone)]
pub enum Stand {
    /// At a point; the name on any of its sides, the best first.
    Point {
        /// The point.
        at: Point,
        /// The sides.
        sides: Vec<Side>,
        /// Where lines begin: 0 at the left, 1 at the right; none for that of the side.
        justify: Option<f32>,
    },
    /// Along a line.
    Line {
        /// Its pieces in sight.
        pieces: Vec<Vec<Point>>,
        /// Distance of names; none for one name around the middle.
        spacing: Option<f32>,
        /// How far it may turn below a name, radians.
        most_angle: f32,
        /// How far to the right of the line the name stands, whichever way it reads; ems.
        offset: f32,
    },
}

/// A side of a point that a name may stand on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Side {
    /// Which part of the text's box stands at the point: from 0, left and top, to 1, right and bottom.
    pub anchor: [f32; 2],
    /// How far the text moves on, ems.
    pub offset: [f32; 2],
}

impl Side {
    /// The side of an anchor's name.
    #[must_use]
    pub fn of(anchor: &str, offset: [f32; 2]) -> Self {
        let part = |low: &str, high: &str| {
            if anchor.contains(low) {
                0.0
            } else if anchor.contains(high) {
                1.0
            } else {
                0.5
            }
        };
        Self { anchor: [part("left", "right"), part("top", "bottom")], offset }
    }
}

/// The corners of a point: a text begins, or ends, a little beside it.
const CORNERS: [Side; 4] = [
    Side { anchor: [0.0, 1.0], offset: [0.5, -0.35] },
    Side { anchor: [0.0, 0.0], offset: [0.5, 0.35] },
    Side { anchor: [1.0, 1.0], offset: [-0.5, -0.35] },
    Side { anchor: [1.0, 0.0], offset: [-0.5, 0.35] },
];

/// What found a place.
#[derive(Debug, Clone, Default)]
pub struct Placed {
    /// The sign, where it is shown.
    pub sign: Option<(Sign, Point)>,
    /// The name, where it is shown; several along a line.
    pub names: Vec<Run>,
    /// The boxes of the names, without the room around them.
    pub boxes: Vec<Vec<Box>>,
}

/// What stands on a picture.
#[derive(Debug)]
pub struct Places {
    /// The picture without what lies over the map: every name stands in it.
    sheet: Room,
    /// What no name may stand on but those that are shown in any case.
    room: Room,
    /// Signs that are shown in any case: a name stands on one rather than nowhere.
    signs: Room,
    /// Names along lines, with the middle of each.
    told: Vec<(String, Point)>,
}

impl Places {
    /// A picture with boxes that no name may stand on, and symbols that will want a place.
    #[must_use]
    pub fn new<'a>(extent: Point, kept: &[Box], symbols: impl Iterator<Item = &'a Symbol>) -> Self {
        let [mut sheet, mut room, mut signs] = [(); 3].map(|()| Room::new(extent));
        sheet.take(kept);
        room.take(kept);
        for symbol in symbols {
            if let (Stand::Point { at, .. }, Some(sign)) = (&symbol.at, &symbol.sign)
                && sign.overlaps
                && !sign.yields
            {
                signs.take(&[Box::around(*at, SIGN_REACH * sign.size, SIGN_REACH * sign.size)]);
            }
        }
        Self { sheet, room, signs, told: Vec::new() }
    }

    /// Finds places for the symbols of a layer, in their order, but that names which must stand on a sign come last.
    pub fn place_all(&mut self, symbols: Vec<Symbol>) -> Vec<Placed> {
        let mut placed: Vec<Option<Placed>> = Vec::with_capacity(symbols.len());
        let mut waiting = Vec::new();
        for (number, symbol) in symbols.into_iter().enumerate() {
            if self.stands_on_signs(&symbol) {
                waiting.push((number, symbol));
                placed.push(None);
            } else {
                placed.push(Some(self.place(symbol)));
            }
        }
        for (number, symbol) in waiting {
            placed[number] = Some(self.place(symbol));
        }
        placed.into_iter().flatten().collect()
    }

    /// Do boxes lie within the picture, and not under what lies over the map?
    fn shows(&self, boxes: &[Box]) -> bool {
        self.sheet.holds(boxes) && self.sheet.is_free(boxes)
    }

    /// Is there room for a name, but only on a sign that is shown in any case?
    fn stands_on_signs(&self, symbol: &Symbol) -> bool {
        let (Stand::Point { at, sides, .. }, Some(name)) = (&symbol.at, &symbol.name) else { return false };
        let always = symbol.sign.as_ref().is_some_and(|sign| sign.overlaps);
        let clear = |side: &Side| {
            let one = text_box(name, *at, side);
            let grown = [one.grown(name.padding)];
            self.shows(&[one]) && self.room.is_free(&grown) && self.signs.is_free(&grown)
        };
        let corners: &[Side] = if sides.len() > 1 { &CORNERS } else { &[] };
        always && !sides.iter().chain(corners).any(clear)
    }

    /// Finds a place for a symbol.
    pub fn place(&mut self, symbol: Symbol) -> Placed {
        match symbol.at {
            Stand::Point { at, sides, justify } => {
                self.at_point(at, symbol.sign, symbol.name, (&sides, justify))
            }
            Stand::Line { pieces, spacing, most_angle, offset } => {
                let Some(name) = symbol.name else { return Placed::default() };
                let line = Along { name: &name, most_angle };
                let pieces: Vec<_> =
                    pieces.iter().map(|piece| moved(piece, offset * name.size, false)).collect();
                let mut placed = Placed::default();
                let Some(spacing) = spacing else {
                    line.once(&pieces, self, &mut placed);
                    return placed;
                };
                for piece in &pieces {
                    line.repeated(piece, spacing, self, &mut placed);
                }
                placed
            }
        }
    }

    fn at_point(
        &mut self,
        at: Point,
        sign: Option<Sign>,
        name: Option<Name>,
        (sides, justify): (&[Side], Option<f32>),
    ) -> Placed {
        let sign_box = sign.as_ref().map(|sign| Box::around(at, sign.reach, sign.reach));
        let sign_fits =
            sign.as_ref().zip(sign_box).is_none_or(|(sign, one)| sign.overlaps || self.room.is_free(&[one]));
        let side = name.as_ref().and_then(|name| {
            let inside = |side: &&Side| self.shows(&[text_box(name, at, side)]);
            let grown = |side: &Side| [text_box(name, at, side).grown(name.padding)];
            let free = |side: &&Side| inside(side) && self.room.is_free(&grown(side));
            let clear = |side: &&Side| free(side) && self.signs.is_free(&grown(side));
            // A name that may stand on several sides may stand at the corners, too, before it stands on a sign.
            let corners: &[Side] = if sides.len() > 1 { &CORNERS } else { &[] };
            let all = || sides.iter().chain(corners);
            let any = || if name.overlaps { sides.iter().find(inside) } else { None };
            all().find(clear).or_else(|| all().find(free)).or_else(any).copied()
        });
        let optional = name.as_ref().is_none_or(|name| name.optional);
        // A name needs its sign; a sign needs its name unless that is optional.
        let shows_sign = sign.is_some() && sign_fits && (optional || side.is_some());
        let shows_name = side.is_some() && (sign.is_none() || sign_fits);
        let mut placed = Placed::default();
        if let (true, Some(sign), Some(one)) = (shows_sign, sign, sign_box) {
            if !sign.yields {
                self.room.take(&[one]);
            }
            placed.sign = Some((sign, at));
        }
        if let (true, Some(name), Some(side)) = (shows_name, name, side) {
            let one = text_box(&name, at, &side);
            if !name.yields {
                self.room.take(&[one.grown(name.padding)]);
            }
            let justify = justify.unwrap_or(side.anchor[0]);
            placed.names.push(run(&name, standing(&name.block, [one.left, one.top], name.size, justify)));
            placed.boxes.push(vec![one]);
        }
        placed
    }
}

fn text_box(name: &Name, at: Point, side: &Side) -> Box {
    let (width, height) = (name.block.width * name.size, name.block.height() * name.size);
    let left = at[0] + side.offset[0] * name.size - side.anchor[0] * width;
    let top = at[1] + side.offset[1] * name.size - side.anchor[1] * height;
    Box { left, top, right: left + width, bottom: top + height }
}

fn run(name: &Name, glyphs: Vec<Set>) -> Run {
    Run { text: name.block.text.clone(), size: name.size, color: name.color, halo: name.halo, glyphs }
}

/// A name that follows a line.
struct Along<'a> {
    name: &'a Name,
    most_angle: f32,
}

/// Places along a line, from its middle to both ends in turn.
fn shares() -> impl Iterator<Item = f32> {
    (0..14u8).flat_map(|step| [0.5 - f32::from(step) * 0.03, 0.5 + f32::from(step) * 0.03]).skip(1)
}

/// A line that is walked along.
struct Walk<'a> {
    points: &'a [Point],
    /// Length of the line up to each point.
    walked: Vec<f32>,
}

impl<'a> Walk<'a> {
    fn new(points: &'a [Point]) -> Self {
        let mut sum = 0.0;
        let steps = points.windows(2).map(|pair| {
            sum += distance(pair[0], pair[1]);
            sum
        });
        let walked = std::iter::once(0.0).chain(steps).collect();
        Self { points, walked }
    }

    fn length(&self) -> f32 {
        self.walked.last().copied().unwrap_or(0.0)
    }

    fn at(&self, way: f32) -> Point {
        let last = self.points.len() - 1;
        let next = self.walked.partition_point(|&walked| walked < way).clamp(1, last);
        let (a, b) = (self.points[next - 1], self.points[next]);
        let step = (self.walked[next] - self.walked[next - 1]).max(f32::MIN_POSITIVE);
        let share = (way - self.walked[next - 1]) / step;
        [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share]
    }

    /// Does the line turn by more than an angle within any stretch as long as `window` below a name?
    fn turns(&self, from: f32, to: f32, window: f32, most: f32) -> bool {
        let direction = |at: usize| {
            let (a, b) = (self.points[at], self.points[at + 1]);
            (b[1] - a[1]).atan2(b[0] - a[0])
        };
        let corners: Vec<(f32, f32)> = (1..self.points.len().saturating_sub(1))
            .filter(|&at| self.walked[at] > from && self.walked[at] < to)
            .map(|at| {
                let turn = (direction(at) - direction(at - 1) + 3.0 * PI).rem_euclid(2.0 * PI) - PI;
                (self.walked[at], turn.abs())
            })
            .collect();
        let mut first = 0;
        let mut sum = 0.0;
        corners.iter().any(|&(at, turn)| {
            sum += turn;
            while at - corners[first].0 > window {
                sum -= corners[first].1;
                first += 1;
            }
            sum > most
        })
    }
}

impl Along<'_> {
    /// A name at every so many pixels of a line.
    fn repeated(&self, piece: &[Point], spacing: f32, places: &mut Places, placed: &mut Placed) {
        if piece.len() < 2 {
            return;
        }
        let walk = Walk::new(piece);
        let long = self.name.block.width * self.name.size;
        let spacing = if spacing - long < spacing / 4.0 { long + spacing / 4.0 } else { spacing };
        // Room for what crosses at the ends of lines.
        let start = (long / 2.0 + 2.0 * self.name.size) % spacing;
        let mut ways: Vec<f32> = std::iter::successors(Some(start), |way| Some(way + spacing))
            .take_while(|way| way + long / 2.0 <= walk.length())
            .filter(|way| way - long / 2.0 >= 0.0)
            .collect();
        if ways.is_empty() && walk.length() >= long {
            ways.push(walk.length() / 2.0);
        }
        for way in ways {
            let at = walk.at(way);
            let again = |(text, other): &(String, Point)| {
                *text == self.name.block.text && distance(at, *other) < spacing / 2.0
            };
            if places.told.iter().any(again) {
                continue;
            }
            if let Some((glyphs, boxes)) = self.set(&walk, way)
                && self.take(&boxes, false, places)
            {
                places.told.push((self.name.block.text.clone(), at));
                placed.names.push(run(self.name, glyphs));
                placed.boxes.push(boxes);
            }
        }
    }

    /// One name, near the middle of the longest piece in sight that has room for it.
    fn once(&self, pieces: &[Vec<Point>], places: &mut Places, placed: &mut Placed) {
        let mut pieces: Vec<&Vec<Point>> = pieces.iter().filter(|piece| piece.len() > 1).collect();
        pieces.sort_by(|a, b| length(b).total_cmp(&length(a)));
        for overlaps in [false, true] {
            if overlaps && !self.name.overlaps {
                return;
            }
            for piece in &pieces {
                let walk = Walk::new(piece);
                for share in shares() {
                    if let Some((glyphs, boxes)) = self.set(&walk, walk.length() * share)
                        && self.take(&boxes, overlaps, places)
                    {
                        placed.names.push(run(self.name, glyphs));
                        placed.boxes.push(boxes);
                        return;
                    }
                }
            }
        }
    }

    fn take(&self, boxes: &[Box], overlaps: bool, places: &mut Places) -> bool {
        let grown: Vec<Box> = boxes.iter().map(|one| one.grown(self.name.padding)).collect();
        let fits = places.shows(boxes) && (overlaps || places.room.is_free(&grown));
        if fits && !self.name.yields {
            places.room.take(&grown);
        }
        fits
    }

    /// The glyphs around a way along a line, and the box of each; none where the line is too short or too bent.
    fn set(&self, walk: &Walk<'_>, middle: f32) -> Option<(Vec<Set>, Vec<Box>)> {
        let name = self.name;
        let flat = name.block.lines.first()?;
        let half = flat.width * name.size / 2.0;
        if middle < half || middle + half > walk.length() {
            return None;
        }
        let (first, last) = (walk.at(middle - half), walk.at(middle + half));
        let rises = (last[1] - first[1]).abs() > (last[0] - first[0]).abs();
        // Han characters stand upright below each other where the line rises steeply.
        let upright = rises && name.block.text.chars().any(is_upright);
        let backward = if upright { last[1] < first[1] } else { last[0] < first[0] };
        let advance = |glyph: &Glyph| if upright && self.stands(glyph) { 1.0 } else { glyph.advance };
        let ems: f32 =
            flat.glyphs.iter().map(|(_, glyph)| advance(glyph) + name.spacing).sum::<f32>() - name.spacing;
        let half = ems * name.size / 2.0;
        let (from, to) = (middle - half, middle + half);
        if from < 0.0 || to > walk.length() || walk.turns(from, to, 0.6 * name.size, self.most_angle) {
            return None;
        }
        let mut pen = 0.0;
        let mut sets = Vec::with_capacity(flat.glyphs.len());
        let mut boxes = Vec::with_capacity(flat.glyphs.len());
        for (_, glyph) in &flat.glyphs {
            let wide = advance(glyph);
            let ends = [pen, pen + wide]
                .map(|ems| if backward { to - ems * name.size } else { from + ems * name.size });
            let (set, one) = self.letter(glyph, wide, ends.map(|way| walk.at(way)), upright);
            sets.push(set);
            boxes.push(one);
            pen += wide + name.spacing;
        }
        Some((sets, boxes))
    }

    fn stands(&self, glyph: &Glyph) -> bool {
        self.name.block.text[glyph.text.clone()].chars().any(is_upright)
    }

    /// A letter over the stretch of a line between two points.
    fn letter(&self, glyph: &Glyph, wide: f32, [from, to]: [Point; 2], upright: bool) -> (Set, Box) {
        let size = self.name.size;
        let angle = (to[1] - from[1]).atan2(to[0] - from[0]);
        let middle = [f32::midpoint(from[0], to[0]), f32::midpoint(from[1], to[1])];
        let turned = |[x, y]: Point, angle: f32| {
            let (sin, cos) = angle.sin_cos();
            [(x * cos - y * sin) * size, (x * sin + y * cos) * size]
        };
        let add = |a: Point, b: Point| [a[0] + b[0], a[1] + b[1]];
        let (at, angle) = if upright && self.stands(glyph) {
            let angle = angle - FRAC_PI_2;
            (add(middle, turned([-glyph.advance / 2.0, HAN_MIDDLE], angle)), angle)
        } else {
            (add(middle, turned([-wide / 2.0, BASELINE], angle)), angle)
        };
        let (sin, cos) = (angle.sin().abs(), angle.cos().abs());
        let half = [(wide * cos + sin) * size / 2.0, (wide * sin + cos) * size / 2.0];
        (Set { glyph: glyph.clone(), at, angle }, Box::around(middle, half[0], half[1]))
    }
}

/// Characters that stay upright in vertical text.
fn is_upright(character: char) -> bool {
    matches!(character, '\u{2e80}'..='\u{2fdf}' | '\u{3040}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}' | '\u{f900}'..='\u{faff}' | '\u{20000}'..='\u{3ffff}')
}

#[cfg(test)]
mod tests {
    use super::super::text::Weight;
    use super::*;

    fn name(text: &str, most: f32) -> Name {
        Name {
            block: Block::set(text, Weight::Regular, 0.0, most).expect("visible"),
            size: 10.0,
            color: Color::BLACK,
            halo: None,
            padding: 2.0,
            spacing: 0.0,
            overlaps: false,
            yields: false,
            optional: true,
        }
    }

    fn symbol(text: &str, at: Point, sides: &[&str]) -> Symbol {
        let sides = sides.iter().map(|side| Side::of(side, [0.0; 2])).collect();
        Symbol {
            key: 0.0,
            sign: None,
            name: Some(name(text, 10.0)),
            at: Stand::Point { at, sides, justify: None },
        }
    }

    /// Two Han characters of 10 pixels on the right of a point: 20 wide and 12 high, centred on its height.
    #[test]
    fn a_name_stands_on_the_first_side_with_room() {
        let mut places = Places::new([200.0, 100.0], &[], std::iter::empty());
        let mut place_one = |symbol| places.place(symbol);
        let first = place_one(symbol("沌口", [100.0, 50.0], &["left", "right"]));
        assert_eq!(first.boxes, [[Box { left: 100.0, top: 44.0, right: 120.0, bottom: 56.0 }]]);
        let pens: Vec<_> = first.names[0].glyphs.iter().map(|set| set.at).collect();
        assert_eq!(pens[0][0], 100.0);
        assert!((pens[0][1] - (50.0 + 4.375)).abs() < 1e-3 && (pens[1][0] - 110.0).abs() < 0.1, "{pens:?}");
        // The right side is taken, so the next stands on the left.
        let second = place_one(symbol("沌阳", [95.0, 50.0], &["left", "right"]));
        assert_eq!(second.boxes[0][0].right, 95.0);
        // Neither a side nor a corner has room.
        assert_eq!(place_one(symbol("沌阳", [97.0, 50.0], &["left", "right"])).names.len(), 0);
        // Twelve pixels higher the upper right corner has: half an em beside the point and 0.35 above it.
        let corner = place_one(symbol("沌阳", [97.0, 38.0], &["left", "right"])).boxes[0][0];
        assert_eq!((corner.left, corner.right), (102.0, 122.0));
        assert!((corner.bottom - 34.5).abs() < 1e-3, "{corner:?}");
        // A text is not cut off by the edge.
        assert_eq!(place_one(symbol("沌阳", [195.0, 20.0], &["left", "right"])).boxes[0][0].right, 195.0);
    }

    fn along(text: &str, points: &[Point], offset: f32) -> Placed {
        let at = Stand::Line { pieces: vec![points.to_vec()], spacing: None, most_angle: 0.7, offset };
        let symbol = Symbol { key: 0.0, sign: None, name: Some(name(text, f32::INFINITY)), at };
        Places::new([200.0, 200.0], &[], std::iter::empty()).place(symbol)
    }

    #[test]
    fn names_read_from_left_to_right_whichever_way_the_line_runs() {
        // On the left of the line, that is above it when it runs eastward and below it when it runs westward.
        for (points, middle) in
            [([[20.0, 100.0], [180.0, 100.0]], 90.0), ([[180.0, 100.0], [20.0, 100.0]], 110.0)]
        {
            let placed = along("沌口路", &points, -1.0);
            let glyphs = &placed.names[0].glyphs;
            assert!(glyphs.is_sorted_by(|a, b| a.at[0] < b.at[0]), "{glyphs:?}");
            let stands = |set: &Set| set.angle.sin().abs() < 1e-3 && (set.at[1] - middle - 4.375).abs() < 0.1;
            assert!(glyphs.iter().all(stands), "{middle}: {glyphs:?}");
        }
    }

    #[test]
    fn han_names_stand_upright_along_steep_lines_and_latin_ones_lie() {
        for points in [[[100.0, 20.0], [100.0, 180.0]], [[100.0, 180.0], [100.0, 20.0]]] {
            let placed = along("沌口路", &points, 0.0);
            let glyphs = &placed.names[0].glyphs;
            assert!(glyphs.is_sorted_by(|a, b| a.at[1] < b.at[1]), "{glyphs:?}");
            assert!(
                glyphs.iter().all(|set| set.angle.abs() < 1e-3 && (set.at[0] - 95.0).abs() < 0.5),
                "{glyphs:?}"
            );
        }
        let latin = along("Road", &[[100.0, 20.0], [100.0, 180.0]], 0.0);
        assert!(latin.names[0].glyphs.iter().all(|set| (set.angle.abs() - FRAC_PI_2).abs() < 1e-3));
    }

    #[test]
    fn a_name_stands_on_no_sharp_bend_and_not_on_a_line_that_is_too_short() {
        let bend = [[100.0, 130.0], [110.0, 100.0], [120.0, 130.0]];
        assert!(along("沌口路沌口", &bend, 0.0).names.is_empty());
        assert!(along("沌口路沌口", &[[90.0, 100.0], [110.0, 100.0]], 0.0).names.is_empty());
    }
}
