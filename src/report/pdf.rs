//! A report as PDF.
//!
//! In: a report. Out: a PDF file of A4 pages: each with its header, the banner of made-up rows and its footer; texts that
//! can be searched, a list of contents, and tags for those who hear it. The same report has the same bytes. Leaves out:
//! how blocks look.

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;

use krilla::destination::XyzDestination;
use krilla::geom::{Point as Spot, Transform};
use krilla::metadata::{DateTime, Metadata};
use krilla::outline::{Outline, OutlineNode};
use krilla::surface::Surface;
use krilla::tagging::{
    Artifact, ArtifactType, ContentTag, Identifier, ListNumbering, Node, TableHeaderScope, Tag, TagGroup,
    TagKind, TagTree,
};

use crate::map::frame::Point;
use crate::map::pdf::{self, Fonts, POINTS, PdfError, Writer};
use crate::map::picture::Item;
use crate::map::text::{self, Weight};
use crate::model::Date;
use crate::report::document::joined;
use crate::report::document::{Block, Cell, Document};
use crate::report::grid::{area, rule};
use crate::report::layout;
use crate::report::lines::{Lines, Look, ink};
use crate::report::page::{self, Page, Part, Role};

/// A4, CSS pixels.
const SHEET: [f32; 2] = [210.0 / 25.4 * 96.0, 297.0 / 25.4 * 96.0];
/// Width of what stands on a page.
const WIDTH: f32 = 674.0;
/// Its left edge.
const LEFT: f32 = (SHEET[0] - WIDTH) / 2.0;
/// Where the header stands.
const HEADER: f32 = 34.0;
/// Where what follows it begins.
const TOP: f32 = 64.0;
/// From the footer to the edge of the sheet.
const BOTTOM: f32 = 36.0;
/// Room for the number of a page.
const NUMBER: f32 = 70.0;

/// Writes a report as a PDF file.
///
/// # Errors
/// A font that is not there or cannot be embedded.
pub fn write(document: &Document) -> Result<Vec<u8>, PdfError> {
    text::check()?;
    let fonts = Fonts::load()?;
    let frame = Frame::of(document);
    let pages = frame.pages(document);
    let mut file = krilla::Document::new();
    file.set_metadata(metadata(document));
    let mut outline = Outline::new();
    let mut read = Vec::new();
    for (number, page) in pages.iter().enumerate() {
        let mut sheet = file.start_page_with(pdf::page(SHEET)?);
        let mut surface = sheet.surface();
        surface.push_transform(&Transform::from_scale(POINTS, POINTS));
        for (at, items) in frame.furniture(document, [number, pages.len()]) {
            draw(&mut surface, &fonts, at, &Part::of(Role::Decoration, items));
        }
        for (at, part) in &page.parts {
            let identifier = draw(&mut surface, &fonts, *at, part);
            if part.role != Role::Decoration {
                read.push((part.role.clone(), identifier));
            }
        }
        surface.pop();
        surface.finish();
        sheet.finish();
        for (mark, y) in &page.marks {
            let place = Spot::from_xy(LEFT * POINTS, (y - 8.0).max(0.0) * POINTS);
            outline.push_child(OutlineNode::new(mark.clone(), XyzDestination::new(number, place)));
        }
    }
    file.set_outline(outline);
    file.set_tag_tree(tree(&read, document.tongue.tag()));
    Ok(file.finish()?)
}

/// The characters of a report that no font has; they are drawn as boxes.
#[must_use]
pub fn missing(document: &Document) -> BTreeSet<char> {
    let mut texts = vec![document.title.as_str(), &document.footer];
    texts.extend(document.banner.as_deref());
    texts.extend(document.facts.iter().flat_map(|(name, value)| [name.as_str(), value]));
    let mut missing = BTreeSet::new();
    for section in &document.sections {
        texts.push(&section.heading);
        for block in &section.blocks {
            match block {
                Block::Headline { value, label } => texts.extend([value.as_str(), label]),
                Block::Text(text) => texts.push(text),
                Block::Notes(notes) => texts.extend(notes.iter().map(String::as_str)),
                Block::Table(table) => {
                    let cells = table.rows.iter().chain(&table.total).flatten();
                    let cells = cells.filter_map(|cell| {
                        if let Cell::Text(text) | Cell::Cited(text) = cell { Some(text) } else { None }
                    });
                    texts.push(&table.title);
                    texts.extend(
                        table.columns.iter().map(|column| &column.heading).chain(cells).map(String::as_str),
                    );
                }
                Block::Chart(chart) => {
                    texts.extend([chart.title.as_str(), &chart.unit]);
                    texts.extend(chart.series.iter().map(|series| series.name.as_str()));
                    texts.extend(chart.bars.iter().map(|(name, _)| name.as_str()));
                    texts.extend(chart.target.iter().map(|(name, _)| name.as_str()));
                }
                Block::Map { caption, picture } => {
                    texts.push(caption);
                    missing.extend(&picture.missing);
                }
            }
        }
    }
    missing.extend(texts.into_iter().flat_map(text::missing));
    missing
}

fn metadata(document: &Document) -> Metadata {
    let metadata = Metadata::new()
        .title(joined(&document.title))
        .description(
            document
                .banner
                .iter()
                .chain([&document.footer])
                .map(|text| joined(text))
                .collect::<Vec<_>>()
                .join("\n"),
        )
        .language(document.tongue.tag().to_owned())
        .creator("innospace".to_owned())
        .document_id(format!("innospace/{}/{}/{}", document.name, document.tongue.name(), document.as_of));
    match moment(document.as_of) {
        Some(moment) => metadata.creation_date(moment),
        None => metadata,
    }
}

/// The first moment of a day, UTC; none for a day that PDF cannot say.
fn moment(day: Date) -> Option<DateTime> {
    let said = day.to_string();
    let mut parts = said.split('-');
    let moment = DateTime::new(parts.next()?.parse().ok()?)
        .month(parts.next()?.parse().ok()?)
        .day(parts.next()?.parse().ok()?);
    Some(moment.hour(0).minute(0).second(0).utc_offset_hour(0).utc_offset_minute(0))
}

/// What stands around the room of every page.
struct Frame {
    banner: Lines,
    footer: Lines,
    /// Where the room begins.
    top: f32,
    /// How high it is.
    room: f32,
}

impl Frame {
    fn of(document: &Document) -> Self {
        let tongue = document.tongue;
        let mut look = Look { color: ink("warn"), ..Look::of(Weight::Bold, 11.0, "warn", tongue) };
        look.second = look.second.map(|(size, _)| (size, ink("warn")));
        let banner = document
            .banner
            .as_deref()
            .map_or_else(Lines::default, |text| Lines::set(text, &look, WIDTH - 24.0));
        let footer = Lines::set(&document.footer, &quiet(document), WIDTH - NUMBER);
        let top = TOP + if banner.is_empty() { 0.0 } else { banner.height() + 10.0 + 16.0 };
        let room = (SHEET[1] - BOTTOM - footer.height() - 24.0 - top).max(200.0);
        Self { banner, footer, top, room }
    }

    fn pages<'a>(&self, document: &'a Document) -> Vec<Page<'a>> {
        page::flow(layout::compose(document, [WIDTH, self.room]), [LEFT, self.top], self.room)
    }

    /// Header, banner and footer of a page, of so many.
    fn furniture(&self, document: &Document, [number, count]: [usize; 2]) -> Vec<(Point, Vec<Item>)> {
        let look = quiet(document);
        let mut drawn = Vec::new();
        if number > 0 {
            let day = Lines::one(&document.as_of.to_string(), &look, 120.0);
            let title = Lines::one(&document.title, &look, WIDTH - 140.0);
            let mut header = title.at([0.0, 0.0], 0.0, 0.0);
            header.extend(day.at([0.0, 0.0], WIDTH, 1.0));
            header.extend(rule(title.height().max(day.height()) + 3.0, WIDTH, ink("ln"), 0.7));
            drawn.push(([LEFT, HEADER], header));
        }
        if !self.banner.is_empty() {
            let height = self.banner.height() + 10.0;
            let mut strip: Vec<Item> = area([0.0, 0.0, WIDTH, height], ink("warnbg")).into_iter().collect();
            strip.extend(area([0.0, 0.0, 4.0, height], ink("focus")));
            strip.extend(self.banner.at([14.0, 5.0], 0.0, 0.0));
            drawn.push(([LEFT, TOP], strip));
        }
        let page = Lines::one(&format!("{} / {count}", number + 1), &Look { second: None, ..look }, NUMBER);
        let mut footer: Vec<Item> = rule(-7.0, WIDTH, ink("ln"), 0.7).into_iter().collect();
        footer.extend(self.footer.at([0.0, 0.0], 0.0, 0.0));
        footer.extend(page.at([0.0, 0.0], WIDTH, 1.0));
        drawn.push(([LEFT, SHEET[1] - BOTTOM - self.footer.height()], footer));
        drawn
    }
}

fn quiet(document: &Document) -> Look {
    Look::of(Weight::Regular, 10.0, "tx2", document.tongue)
}

fn draw(surface: &mut Surface<'_>, fonts: &Fonts, [x, y]: Point, part: &Part<'_>) -> Identifier {
    let tag = match part.role {
        Role::Decoration => ContentTag::Artifact(Artifact::with_kind(ArtifactType::Layout)),
        _ => ContentTag::Other,
    };
    let identifier = surface.start_tagged(tag);
    surface.push_transform(&Transform::from_translate(x, y));
    if let Some(shown) = &part.picture {
        surface.push_transform(&Transform::from_translate(shown.at[0], shown.at[1]));
        Writer::new(surface, fonts).cut(&shown.picture, shown.scale);
        surface.pop();
    }
    let mut writer = Writer::new(surface, fonts);
    part.items.iter().for_each(|item| writer.item(item));
    surface.pop();
    surface.end_tagged();
    identifier
}

/// What was drawn in the order of reading, as elements.
fn tree(read: &[(Role, Identifier)], lang: &str) -> TagTree {
    let mut tree = TagTree::new().with_lang(Some(lang.to_owned()));
    for element in read.chunk_by(|(one, _), (other, _)| one.element() == other.element()) {
        let Some((role, _)) = element.first() else { continue };
        let leaves = || element.iter().map(|(_, identifier)| Node::Leaf(*identifier)).collect::<Vec<_>>();
        let whole = |tag: TagKind| TagGroup::with_children(tag, leaves());
        tree.push(match role {
            Role::Decoration => continue,
            Role::Title(_) => whole(Tag::Hn(NonZeroU16::MIN, None).into()),
            Role::Heading(_) => whole(Tag::Hn(NonZeroU16::MIN.saturating_add(1), None).into()),
            Role::Text(_) => whole(Tag::P.into()),
            Role::Figure(_, told) => whole(Tag::Figure(Some(told.clone())).into()),
            Role::Entry { .. } => list(element),
            Role::Cell { .. } => table(element),
        });
    }
    tree
}

fn list(entries: &[(Role, Identifier)]) -> TagGroup {
    let mut list = TagGroup::new(Tag::L(ListNumbering::Disc));
    for entry in entries.chunk_by(|(one, _), (other, _)| one == other) {
        let leaves = entry.iter().map(|(_, identifier)| Node::Leaf(*identifier)).collect();
        let body = TagGroup::with_children(Tag::LBody, leaves);
        list.push(TagGroup::with_children(Tag::LI, vec![Node::Group(body)]));
    }
    list
}

/// Cells by row and column: a row that is cut has each in several pieces.
fn table(cells: &[(Role, Identifier)]) -> TagGroup {
    let mut rows: BTreeMap<usize, BTreeMap<usize, TagGroup>> = BTreeMap::new();
    for (role, identifier) in cells {
        let Role::Cell { row, column, is_heading, .. } = role else { continue };
        let tag = || match (is_heading, row) {
            (true, 0) => TagKind::from(Tag::TH(TableHeaderScope::Column)),
            (true, _) => Tag::TH(TableHeaderScope::Row).into(),
            (false, _) => Tag::TD.into(),
        };
        let cell = rows.entry(*row).or_default().entry(*column).or_insert_with(|| TagGroup::new(tag()));
        cell.push(*identifier);
    }
    let mut table = TagGroup::new(Tag::Table);
    for row in rows.into_values() {
        table.push(TagGroup::with_children(Tag::TR, row.into_values().map(Node::Group).collect()));
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Lang;
    use crate::report::document::{Section, Tongue};
    use crate::report::specimen::specimen;

    const TONGUES: [Tongue; 3] = [Tongue::Only(Lang::Zh), Tongue::Only(Lang::En), Tongue::Both];

    fn texts(items: &[Item]) -> String {
        let text = |item: &Item| if let Item::Text(run) = item { Some(run.text.clone()) } else { None };
        items.iter().filter_map(text).collect::<Vec<_>>().join("|")
    }

    /// The texts of cells by row and column, and the pages that they stand on.
    type Cells = BTreeMap<(usize, usize), (String, Vec<usize>)>;

    /// Those of the longest table.
    fn cells(pages: &[Page<'_>]) -> Cells {
        let mut found: BTreeMap<usize, Cells> = BTreeMap::new();
        for (number, page) in pages.iter().enumerate() {
            for (_, part) in &page.parts {
                if let Role::Cell { table, row, column, .. } = part.role {
                    let cell = found.entry(table).or_default().entry((row, column)).or_default();
                    cell.0.push_str(&texts(&part.items).replace('|', ""));
                    cell.1.push(number);
                }
            }
        }
        found.into_values().max_by_key(BTreeMap::len).expect("a table")
    }

    #[test]
    fn no_row_is_lost_or_doubled_and_heads_stand_again() {
        for tongue in TONGUES {
            let document = specimen(tongue);
            let table = document.tables().next().expect("a table");
            let frame = Frame::of(&document);
            let pages = frame.pages(&document);
            let cells = cells(&pages);
            let rows: BTreeSet<usize> = cells.keys().map(|(row, _)| *row).collect();
            assert_eq!(rows.len(), table.rows.len() + 2, "head, rows, total");
            let bare = |text: &str| text.split_whitespace().collect::<String>();
            for (row, held) in (1..).zip(&table.rows) {
                let (text, on) = &cells[&(row, 0)];
                assert_eq!(bare(text), bare(&held[0].shown()));
                assert_eq!(on.len(), 1, "row {row} is not cut");
                assert_eq!(cells[&(row, 1)].1[0], on[0]);
            }
            let on: BTreeSet<usize> = cells.values().flat_map(|(_, on)| on).copied().collect();
            assert!(on.len() > 1, "{on:?}");
            let head = joined(&tongue.pick("名称", "Name")).replace(" / ", "|");
            for number in on {
                let first = |(_, part): &(Point, Part<'_>)| texts(&part.items).starts_with(&head);
                assert!(pages[number].parts.iter().any(first), "page {number} has no head");
            }
        }
    }

    #[test]
    fn no_heading_stands_at_the_foot_of_a_page_and_nothing_beyond_it() {
        for tongue in TONGUES {
            // A growing first section moves all headings down the pages.
            for lines in 0..24 {
                let mut document = specimen(tongue);
                let text = vec![Block::Text("行".to_owned()); lines * 2];
                document.sections[0].blocks.extend(text);
                let frame = Frame::of(&document);
                for (number, page) in frame.pages(&document).iter().enumerate() {
                    let mut read = page.parts.iter().filter(|(_, part)| part.role != Role::Decoration);
                    let last = read.next_back().map(|(_, part)| part.role.clone());
                    let is_alone =
                        matches!(last, Some(Role::Title(_) | Role::Heading(_) | Role::Cell { row: 0, .. }));
                    assert!(!is_alone, "{tongue:?}, {lines}, page {number}: {last:?}");
                    let floor = frame.top + frame.room + 1.0;
                    let baselines = page.parts.iter().flat_map(|(at, part)| {
                        part.items.iter().filter_map(|item| match item {
                            Item::Text(run) => Some(at[1] + run.glyphs.first()?.at[1]),
                            _ => None,
                        })
                    });
                    assert!(baselines.into_iter().all(|y| y > frame.top && y < floor), "page {number}");
                }
            }
        }
    }

    #[test]
    fn a_row_higher_than_a_page_is_cut_between_lines() {
        let mut document = specimen(Tongue::Only(Lang::Zh));
        let long = "智能网联汽车测试示范".repeat(900);
        let mut table = document.tables().find(|table| table.name == "short").expect("a table").clone();
        table.rows =
            ["前", &long, "后"].map(|text| vec![Cell::Text(text.to_owned()), Cell::Missing]).to_vec();
        document.sections = vec![Section { heading: "题".to_owned(), blocks: vec![Block::Table(table)] }];
        let frame = Frame::of(&document);
        let pages = frame.pages(&document);
        let cells = cells(&pages);
        assert_eq!(cells[&(2, 0)].0, long);
        assert!(cells[&(2, 0)].1.len() > 2, "{:?}", cells[&(2, 0)].1);
        assert_eq!((&*cells[&(1, 0)].0, &*cells[&(3, 0)].0), ("前", "后"));
    }

    #[test]
    fn the_same_report_has_the_same_bytes() {
        let [one, two] = [(); 2].map(|()| write(&specimen(Tongue::Both)).expect("a file"));
        assert!(one.starts_with(b"%PDF-") && one == two);
        let empty = Document {
            sections: Vec::new(),
            facts: Vec::new(),
            banner: None,
            title: String::new(),
            footer: String::new(),
            ..specimen(Tongue::Both)
        };
        assert!(write(&empty).is_ok());
    }

    #[test]
    fn characters_without_a_font_are_told() {
        let mut document = specimen(Tongue::Both);
        assert_eq!(missing(&document), BTreeSet::new());
        document.title.push('\u{1F680}');
        document.sections[0].blocks.push(Block::Text("\u{1F681}".to_owned()));
        assert_eq!(missing(&document), BTreeSet::from(['\u{1F680}', '\u{1F681}']));
    }

    #[test]
    fn days_are_moments() {
        let moment = |day: &str| moment(Date::parse(day).expect("a day"));
        assert!(moment("2025-06-30").is_some() && moment("2025-06-30") != moment("2025-07-30"));
    }
}
