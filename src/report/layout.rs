//! How does each block of a report look on paper?
//!
//! In: a report, the width and height of a page's room. Out: its bands in the order of reading. Leaves out: pages.

use std::borrow::Cow;

use crate::map::picture::{Item, Pen, Picture};
use crate::map::text::Weight;
use crate::report::chart;
use crate::report::document::joined;
use crate::report::document::{Block, Chart, Document, Section, Table, Tongue};
use crate::report::grid::{self, area, rule};
use crate::report::lines::{Lines, Look, ink};
use crate::report::page::{Band, Part, Role, Shown, Story};

/// Numbers that stand beside each other, at most.
const ABREAST: usize = 4;
/// What is left on a page above a picture for its heading and below it for its caption, CSS pixels.
const CAPTIONS: f32 = 110.0;

/// Sets a report.
#[must_use]
pub fn compose(document: &Document, [width, room]: [f32; 2]) -> Story<'_> {
    let mut layout = Layout { story: Story::default(), tongue: document.tongue, width, room, elements: 0 };
    layout.title(&document.title);
    layout.facts(&document.facts);
    document.sections.iter().for_each(|section| layout.section(section));
    layout.story
}

struct Layout<'a> {
    story: Story<'a>,
    tongue: Tongue,
    width: f32,
    room: f32,
    /// How many elements there are.
    elements: usize,
}

impl<'a> Layout<'a> {
    fn element(&mut self) -> usize {
        self.elements += 1;
        self.elements - 1
    }

    fn look(&self, weight: Weight, size: f32, color: &str) -> Look {
        Look::of(weight, size, color, self.tongue)
    }

    fn title(&mut self, title: &str) {
        let mut look = self.look(Weight::Bold, 25.0, "tx");
        look.second = look.second.map(|(_, color)| (15.0, color));
        let lines = Lines::set(title, &look, self.width);
        let role = Role::Title(self.element());
        let height = lines.height() + 14.0;
        let mark = area([0.0, height - 7.0, 44.0, 3.0], ink("br"));
        let parts = vec![
            Part::of(role, lines.at([0.0, 0.0], self.width, 0.0)),
            Part::of(Role::Decoration, mark.into_iter().collect()),
        ];
        self.story.bands.push(Band { height, parts, clings: true, ..Band::default() });
    }

    /// Names at the left, values beside them.
    fn facts(&mut self, facts: &[(String, String)]) {
        let (name_look, look) =
            (self.look(Weight::Regular, 11.0, "tx2"), self.look(Weight::Regular, 11.3, "tx"));
        let names = facts.iter().map(|(name, _)| name_look.widths(name)[1]).fold(0.0, f32::max);
        let names = (names + 1.0).min(self.width * 0.32);
        let left = names + 16.0;
        let table = self.element();
        for (row, (name, value)) in facts.iter().enumerate() {
            let (name, value) =
                (Lines::set(name, &name_look, names), Lines::set(value, &look, self.width - left));
            let height = name.height().max(value.height()) + 8.0;
            let cells = [name.at([0.0, 4.0], 0.0, 0.0), value.at([left, 4.0], 0.0, 0.0)];
            let line = rule(height, self.width, ink("ln"), 0.7);
            let mut parts = vec![Part::of(Role::Decoration, line.into_iter().collect())];
            for (column, items) in cells.into_iter().enumerate() {
                // Its head is at the left, so that no row is the first.
                let role = Role::Cell { table, row: row + 1, column, is_heading: column == 0 };
                parts.push(Part::of(role, items));
            }
            let before = if row == 0 { 6.0 } else { 0.0 };
            self.story.bands.push(Band { before, height, parts, ..Band::default() });
        }
    }

    fn section(&mut self, section: &'a Section) {
        self.heading(&section.heading);
        let mut blocks = section.blocks.as_slice();
        while let [block, rest @ ..] = blocks {
            blocks = rest;
            match block {
                Block::Headline { value, label } => {
                    let mut numbers = vec![(value.as_str(), label.as_str())];
                    while let [Block::Headline { value, label }, rest @ ..] = blocks {
                        numbers.push((value, label));
                        blocks = rest;
                    }
                    self.headlines(&numbers);
                }
                Block::Text(text) => {
                    self.text(text);
                    // What introduces a table stands with it.
                    if let ([Block::Table(_), ..], Some(band)) = (blocks, self.story.bands.last_mut()) {
                        band.clings = true;
                    }
                }
                Block::Notes(notes) => self.notes(notes),
                Block::Table(table) => self.table(table),
                Block::Chart(chart) => self.chart(chart),
                Block::Map { caption, picture } => self.map(caption, picture),
            }
        }
    }

    fn heading(&mut self, heading: &str) {
        let mut look = self.look(Weight::Bold, 17.0, "tx");
        look.second = look.second.map(|(_, color)| (12.5, color));
        let lines = Lines::set(heading, &look, self.width);
        if lines.is_empty() {
            return;
        }
        let role = Role::Heading(self.element());
        let height = lines.height() + 6.0;
        let line = rule(height - 1.0, self.width, ink("ln2"), 0.8);
        let parts = vec![
            Part::of(role, lines.at([0.0, 0.0], self.width, 0.0)),
            Part::of(Role::Decoration, line.into_iter().collect()),
        ];
        let mark = Some(joined(heading));
        self.story.bands.push(Band { before: 26.0, height, parts, clings: true, head: None, mark });
    }

    /// Numbers beside each other, each over what it is.
    fn headlines(&mut self, numbers: &[(&str, &str)]) {
        // Five stand better as three and two than as four and one.
        let rows = numbers.len().div_ceil(ABREAST);
        let abreast = numbers.len().div_ceil(rows.max(1)).max(1);
        for row in numbers.chunks(abreast) {
            #[expect(clippy::cast_precision_loss, reason = "a few")]
            let each = self.width / abreast.max(2) as f32;
            let value_look = self.number_look(row, each - 24.0);
            let label_look = self.look(Weight::Regular, 11.3, "tx");
            let mut parts = Vec::new();
            let (mut left, mut high) = (0.0, 0.0_f32);
            for (value, label) in row {
                let value = Lines::set(value, &value_look, each - 24.0);
                let label = Lines::set(label, &label_look, each - 24.0);
                let corners = [[left + 12.0, 0.0], [left + 12.0, value.height() + 2.0]];
                for (lines, corner) in [&value, &label].into_iter().zip(corners) {
                    parts.push(Part::of(Role::Text(self.element()), lines.at(corner, 0.0, 0.0)));
                }
                high = high.max(value.height() + 2.0 + label.height());
                left += each;
            }
            let line = |at: u16| area([f32::from(at) * each, 4.0, 2.0, high - 4.0], ink("ln"));
            let lines = (0_u16..).take(row.len()).filter_map(line).collect();
            parts.insert(0, Part::of(Role::Decoration, lines));
            self.story.bands.push(Band { before: 12.0, height: high + 4.0, parts, ..Band::default() });
        }
    }

    /// The largest look at which no number needs a second line.
    fn number_look(&self, numbers: &[(&str, &str)], width: f32) -> Look {
        let look = |size| Look { second: None, ..self.look(Weight::Bold, size, "br") }.led(1.2);
        let fits = |look: &Look| numbers.iter().all(|(value, _)| look.widths(value)[1] <= width);
        [30.0, 25.0, 21.0].map(look).into_iter().find(fits).unwrap_or_else(|| look(18.0))
    }

    fn text(&mut self, text: &str) {
        let lines = Lines::set(text, &self.look(Weight::Regular, 12.5, "tx").led(1.5), self.width);
        let role = Role::Text(self.element());
        self.lines(&lines, &role, 0.0, 9.0, None);
    }

    /// Lines one by one, so that a page may end between them, but neither behind the first nor before the last.
    fn lines(&mut self, lines: &Lines, role: &Role, left: f32, before: f32, bullet: Option<&Lines>) {
        let count = lines.len();
        for at in 0..count {
            let line = lines.part(at..at + 1);
            let mut items = Vec::new();
            if at == 0 {
                items.extend(bullet.iter().flat_map(|bullet| bullet.at([3.0, 0.0], 0.0, 0.0)));
            }
            items.extend(line.at([left, 0.0], 0.0, 0.0));
            self.story.bands.push(Band {
                before: if at == 0 { before } else { 0.0 },
                height: line.height(),
                parts: vec![Part::of(role.clone(), items)],
                clings: at + 1 < count && (at == 0 || at + 2 == count),
                ..Band::default()
            });
        }
    }

    fn notes(&mut self, notes: &[String]) {
        const INDENT: f32 = 16.0;
        let look = self.look(Weight::Regular, 11.0, "tx").led(1.4);
        let list = self.element();
        for (number, note) in notes.iter().enumerate() {
            let lines = Lines::set(note, &look, self.width - INDENT);
            let bullet = Lines::set("•", &look, INDENT);
            let before = if number == 0 { 9.0 } else { 3.0 };
            self.lines(&lines, &Role::Entry { list, number }, INDENT, before, Some(&bullet));
        }
    }

    /// The title of a table or picture, on the page of what it is of.
    fn caption(&mut self, text: &str) {
        let lines = Lines::set(text, &self.look(Weight::Bold, 12.0, "tx"), self.width);
        if lines.is_empty() {
            return;
        }
        let part = Part::of(Role::Text(self.element()), lines.at([0.0, 0.0], 0.0, 0.0));
        let height = lines.height() + 6.0;
        self.story.bands.push(Band {
            before: 16.0,
            height,
            parts: vec![part],
            clings: true,
            ..Band::default()
        });
    }

    fn table(&mut self, table: &Table) {
        if table.columns.is_empty() {
            return;
        }
        self.caption(&table.title);
        let numbers = [self.element(), self.story.heads.len()];
        let grid = grid::set(table, numbers, [self.width, self.room], self.tongue);
        self.story.heads.push(grid.head);
        self.story.bands.extend(grid.bands);
    }

    fn chart(&mut self, chart: &Chart) {
        self.caption(&chart.title);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the width of a page")]
        let picture = chart::draw(chart, self.width as u16, self.tongue);
        let told = std::iter::once(picture.about.title.clone()).chain(picture.about.notices.iter().cloned());
        let told = told.collect::<Vec<_>>().join("\n");
        let band = self.picture(Cow::Owned(picture), told, false);
        self.story.bands.push(band);
    }

    fn map(&mut self, caption: &str, picture: &'a Picture) {
        let band = self.picture(Cow::Borrowed(picture), joined(caption), true);
        let lines = Lines::set(caption, &self.look(Weight::Regular, 10.5, "tx2"), self.width);
        self.story.bands.push(Band { before: 14.0, clings: !lines.is_empty(), ..band });
        let role = Role::Text(self.element());
        let part = Part::of(role, lines.at([0.0, 4.0], 0.0, 0.0));
        self.story.bands.push(Band { height: lines.height() + 4.0, parts: vec![part], ..Band::default() });
    }

    /// A picture as wide as the page, or as high as it has room.
    fn picture(&mut self, picture: Cow<'a, Picture>, told: String, is_map: bool) -> Band<'a> {
        let [width, height] = [picture.size.width, picture.size.height].map(|side| f32::from(side.max(1)));
        let most = if is_map { f32::INFINITY } else { 1.0 };
        let scale = (self.width / width).min((self.room - CAPTIONS).max(50.0) / height).min(most);
        let left = (self.width - width * scale) / 2.0;
        let at = [left, 0.0];
        let role = Role::Figure(self.element(), told);
        let shown = Some(Shown { picture, at, scale });
        let mut parts = vec![Part { role, items: Vec::new(), picture: shown }];
        if is_map {
            parts.push(Part::of(Role::Decoration, frame([left, 0.0, width * scale, height * scale])));
        }
        Band { before: 4.0, height: height * scale, parts, ..Band::default() }
    }
}

/// A thin line around a map.
fn frame([left, top, width, height]: [f32; 4]) -> Vec<Item> {
    let Some(Item::Fill { path, .. }) = area([left, top, width, height], ink("ln2")) else {
        return Vec::new();
    };
    vec![Item::Stroke { path, color: ink("ln2"), pen: Pen::plain(0.8) }]
}
