//! Which part of a report stands on which page, and where?
//!
//! In: bands, the smallest strips that are never cut, in the order of reading. Out: pages with their places. Leaves out:
//! what is drawn in a band, how a file encodes it.

use std::borrow::Cow;

use crate::map::frame::Point;
use crate::map::picture::{Item, Picture};

/// What a part is for those who hear a page instead of seeing it. Parts of one element in a row, also over pages, are
/// read as one; the number is that of the element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Role {
    /// Rules and grounds, and what is told elsewhere: not read.
    Decoration,
    /// The title of the report.
    Title(usize),
    /// The heading of a section.
    Heading(usize),
    /// A paragraph.
    Text(usize),
    /// A remark of a list.
    Entry {
        /// The list.
        list: usize,
        /// Which of its remarks.
        number: usize,
    },
    /// A picture, and what it shows.
    Figure(usize, String),
    /// A cell of a table.
    Cell {
        /// The table.
        table: usize,
        /// Its row; the heading is the first.
        row: usize,
        /// Its column.
        column: usize,
        /// Does it say what the others of its column are?
        is_heading: bool,
    },
}

impl Role {
    /// The number of its element; none for what is not read.
    #[must_use]
    pub fn element(&self) -> Option<usize> {
        match self {
            Self::Decoration => None,
            Self::Title(element)
            | Self::Heading(element)
            | Self::Text(element)
            | Self::Figure(element, _)
            | Self::Entry { list: element, .. }
            | Self::Cell { table: element, .. } => Some(*element),
        }
    }
}

/// Something drawn that has one meaning.
#[derive(Debug, Clone)]
pub struct Part<'a> {
    /// What it is.
    pub role: Role,
    /// Its items, from the upper left corner of the band.
    pub items: Vec<Item>,
    /// A picture and where it stands at which scale.
    pub picture: Option<Shown<'a>>,
}

impl Part<'_> {
    /// A part of items alone.
    #[must_use]
    pub fn of(role: Role, items: Vec<Item>) -> Self {
        Self { role, items, picture: None }
    }
}

/// A picture on a page.
#[derive(Debug, Clone)]
pub struct Shown<'a> {
    /// The picture.
    pub picture: Cow<'a, Picture>,
    /// Its upper left corner.
    pub at: Point,
    /// How large it is beside its own size.
    pub scale: f32,
}

/// A strip over the whole width that is never cut; lengths in CSS pixels.
#[derive(Debug, Clone, Default)]
pub struct Band<'a> {
    /// Room above it, but for the top of a page.
    pub before: f32,
    /// Its height.
    pub height: f32,
    /// What is drawn.
    pub parts: Vec<Part<'a>>,
    /// Does it stand on the page of the band that follows?
    pub clings: bool,
    /// Which heads stand again above it where it is the first of a page.
    pub head: Option<usize>,
    /// The entry in the list of contents that leads to it.
    pub mark: Option<String>,
}

/// Bands in the order of reading, and heads of tables that stand again on each of their pages.
#[derive(Debug, Default)]
pub struct Story<'a> {
    /// The bands.
    pub bands: Vec<Band<'a>>,
    /// The heads: height and items.
    pub heads: Vec<(f32, Vec<Item>)>,
}

/// A page.
#[derive(Debug, Default)]
pub struct Page<'a> {
    /// The parts and the corners that they are drawn from.
    pub parts: Vec<(Point, Part<'a>)>,
    /// What the list of contents leads to on it, and how far down that stands.
    pub marks: Vec<(String, f32)>,
}

/// Puts a story on pages; at least one.
#[must_use]
pub fn flow(story: Story<'_>, corner: Point, room: f32) -> Vec<Page<'_>> {
    let Story { bands, heads } = story;
    let needs = needs(&bands);
    let mut flow = Flow { pages: vec![Page::default()], corner, room, y: 0.0, is_fresh: true };
    let mut goes_on = false;
    for (band, need) in bands.into_iter().zip(needs) {
        // Where a chain is longer than a page, each band stands where there is room for it alone.
        let whole = if goes_on { band.before + band.height } else { need };
        if !flow.is_fresh && flow.y + whole > flow.room + 0.01 {
            flow.turn();
            if let Some((height, items)) = band.head.and_then(|head| heads.get(head)) {
                let part = Part::of(Role::Decoration, items.clone());
                flow.put(Band { height: *height, parts: vec![part], ..Band::default() });
                flow.is_fresh = true;
            }
        }
        goes_on = band.clings;
        flow.put(band);
    }
    flow.pages
}

/// How high each band is together with all that it clings to.
fn needs(bands: &[Band<'_>]) -> Vec<f32> {
    let mut needs = vec![0.0; bands.len()];
    let mut below = 0.0;
    for (need, band) in needs.iter_mut().zip(bands).rev() {
        below = band.before + band.height + if band.clings { below } else { 0.0 };
        *need = below;
    }
    needs
}

struct Flow<'a> {
    pages: Vec<Page<'a>>,
    corner: Point,
    room: f32,
    y: f32,
    /// Does the page hold nothing but repeated heads?
    is_fresh: bool,
}

impl<'a> Flow<'a> {
    fn turn(&mut self) {
        self.pages.push(Page::default());
        self.y = 0.0;
        self.is_fresh = true;
    }

    fn put(&mut self, band: Band<'a>) {
        if !self.is_fresh {
            self.y += band.before;
        }
        let at = [self.corner[0], self.corner[1] + self.y];
        if let Some(page) = self.pages.last_mut() {
            page.marks.extend(band.mark.map(|mark| (mark, at[1])));
            page.parts.extend(band.parts.into_iter().map(|part| (at, part)));
        }
        self.y += band.height;
        self.is_fresh = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn band(number: usize, height: f32, clings: bool) -> Band<'static> {
        let parts = vec![Part::of(Role::Text(number), Vec::new())];
        Band { before: 10.0, height, parts, clings, ..Band::default() }
    }

    /// The numbers of the bands on each page with their places; a head is told as 99.
    fn places(story: Story<'_>, room: f32) -> Vec<Vec<(usize, f32)>> {
        let number = |(at, part): &(Point, Part<'_>)| match part.role {
            Role::Text(number) => (number, at[1]),
            _ => (99, at[1]),
        };
        let pages = flow(story, [0.0, 5.0], room);
        pages.iter().map(|page| page.parts.iter().map(number).collect()).collect()
    }

    #[test]
    fn bands_follow_each_other_down_the_pages() {
        let bands = vec![band(0, 30.0, false), band(1, 60.0, false), band(2, 40.0, false)];
        let story = Story { bands, heads: Vec::new() };
        // 30, then 10 + 60 make 100: the room is used to its last pixel.
        assert_eq!(places(story, 100.0), [vec![(0, 5.0), (1, 45.0)], vec![(2, 5.0)]]);
        assert_eq!(places(Story::default(), 100.0), [vec![]]);
    }

    #[test]
    fn what_clings_goes_along() {
        let bands =
            vec![band(0, 50.0, false), band(1, 10.0, true), band(2, 10.0, true), band(3, 20.0, false)];
        assert_eq!(
            places(Story { bands, heads: Vec::new() }, 100.0),
            [vec![(0, 5.0)], vec![(1, 5.0), (2, 25.0), (3, 45.0)]]
        );
        // A chain that no page holds is cut where it must be.
        let bands =
            vec![band(0, 50.0, false), band(1, 60.0, true), band(2, 60.0, true), band(3, 20.0, false)];
        assert_eq!(
            places(Story { bands, heads: Vec::new() }, 100.0),
            [vec![(0, 5.0)], vec![(1, 5.0)], vec![(2, 5.0), (3, 75.0)]]
        );
    }

    #[test]
    fn heads_stand_again() {
        let mut bands = vec![band(0, 10.0, true)];
        bands.extend((1..6).map(|number| Band { head: Some(0), before: 0.0, ..band(number, 30.0, false) }));
        let story = Story { bands, heads: vec![(10.0, Vec::new())] };
        assert_eq!(
            places(story, 75.0),
            [
                vec![(0, 5.0), (1, 15.0), (2, 45.0)],
                vec![(99, 5.0), (3, 15.0), (4, 45.0)],
                vec![(99, 5.0), (5, 15.0)]
            ]
        );
    }
}
