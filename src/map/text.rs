//! Which glyphs does a text need, and where do they stand?
//!
//! In: a text and a weight. Out: glyphs of the embedded fonts with their places in ems; outlines. A character that no
//! font has becomes a box. Leaves out: where on a map a text stands.

use std::collections::BTreeSet;
use std::io::Read as _;
use std::ops::Range;
use std::sync::LazyLock;

use flate2::read::GzDecoder;
use harfrust::{ShapeOptions, ShaperData, ShaperInstance, UnicodeBuffer};
use rust_embed::RustEmbed;
use skrifa::instance::{LocationRef, Size};
use skrifa::outline::{DrawSettings, OutlinePen};
use skrifa::raw::TableProvider as _;
use skrifa::{FontRef, GlyphId, MetadataProvider as _};
use thiserror::Error;
use tiny_skia::{Path, PathBuilder};

#[derive(RustEmbed)]
#[folder = "web/fonts-ttf"]
#[allow_missing = true]
struct Files;

/// The distance of lines, ems.
pub const LINE_HEIGHT: f32 = 1.2;
/// How far below the middle of its line a text's baseline lies, ems; as in `MapLibre`.
pub const BASELINE: f32 = 10.5 / 24.0;

/// This build holds no fonts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("this build holds no fonts for pictures (build them with `make web`)")]
pub struct NoFonts;

/// How heavy a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Weight {
    /// 400.
    Regular,
    /// 700.
    Bold,
}

/// A font at a weight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Face {
    /// Latin, regular.
    Latin,
    /// Han, regular.
    Han,
    /// Latin, bold: the same variable font.
    LatinBold,
    /// Han, bold.
    HanBold,
    /// Letters of more Latin alphabets, regular.
    MoreLatin,
    /// The same, bold: the same variable font.
    MoreLatinBold,
}

impl Face {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Latin, Self::Han, Self::LatinBold, Self::HanBold, Self::MoreLatin, Self::MoreLatinBold];

    /// The file, and the weight its axis is set to.
    #[must_use]
    pub fn file(self) -> (&'static str, Option<f32>) {
        match self {
            Self::Latin => ("edz-latin.ttf.gz", Some(400.0)),
            Self::LatinBold => ("edz-latin.ttf.gz", Some(700.0)),
            Self::MoreLatin => ("edz-latin-more.ttf.gz", Some(400.0)),
            Self::MoreLatinBold => ("edz-latin-more.ttf.gz", Some(700.0)),
            Self::Han => ("edz-han-400.ttf.gz", None),
            Self::HanBold => ("edz-han-700.ttf.gz", None),
        }
    }
}

struct Font {
    data: &'static [u8],
    tables: FontRef<'static>,
    shaper: ShaperData,
    instance: ShaperInstance,
    units_per_em: f32,
}

impl Font {
    fn load(face: Face) -> Option<Self> {
        let (name, weight) = face.file();
        let mut data = Vec::new();
        GzDecoder::new(&*Files::get(name)?.data).read_to_end(&mut data).ok()?;
        // Once for the life of the program.
        let data: &'static [u8] = Box::leak(data.into_boxed_slice());
        let font = FontRef::new(data).ok()?;
        let instance = ShaperInstance::from_variations(&font, weight.map(|weight| ("wght", weight)));
        let units_per_em = f32::from(font.head().ok()?.units_per_em());
        Some(Self { data, shaper: ShaperData::new(&font), tables: font, instance, units_per_em })
    }

    fn holds(&self, character: char) -> bool {
        self.tables.charmap().map(character).is_some()
    }
}

static FONTS: LazyLock<Option<Vec<Font>>> = LazyLock::new(|| Face::ALL.into_iter().map(Font::load).collect());

fn font(face: Face) -> Option<&'static Font> {
    FONTS.as_ref().map(|fonts| &fonts[face as usize])
}

/// Are there fonts?
///
/// # Errors
/// The build was made without them.
pub fn check() -> Result<(), NoFonts> {
    FONTS.as_ref().map(|_| ()).ok_or(NoFonts)
}

/// The bytes of a font's file.
#[must_use]
pub fn data(face: Face) -> Option<&'static [u8]> {
    font(face).map(|font| font.data)
}

/// A glyph of a text; lengths in ems.
#[derive(Debug, Clone, PartialEq)]
pub struct Glyph {
    /// Its font; none for a character that no font has, drawn as a box.
    pub face: Option<Face>,
    /// Its number in the font.
    pub id: u32,
    /// How far the pen moves on.
    pub advance: f32,
    /// How far right of the pen, and below the baseline, it stands.
    pub offset: [f32; 2],
    /// The bytes of the text that it shows.
    pub text: Range<usize>,
}

/// The font for a character: that of the weight which has it, Latin before Han.
fn face_of(character: char, weight: Weight) -> Option<Face> {
    let faces = match weight {
        Weight::Regular => [Face::Latin, Face::MoreLatin, Face::Han],
        Weight::Bold => [Face::LatinBold, Face::MoreLatinBold, Face::HanBold],
    };
    faces.into_iter().find(|&face| font(face).is_some_and(|font| font.holds(character)))
}

/// Is the character drawn at all?
fn is_visible(character: char) -> bool {
    !(character.is_whitespace()
        || character.is_control()
        || matches!(character, '\u{200b}'..='\u{200f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'))
}

/// The visible characters of a text that no font has.
#[must_use]
pub fn missing(text: &str) -> BTreeSet<char> {
    text.chars().filter(|&c| is_visible(c) && face_of(c, Weight::Regular).is_none()).collect()
}

/// The glyphs of a text in the order of reading, left to right. A text whose letters are `spread` has no ligatures.
#[must_use]
pub fn shape(text: &str, weight: Weight, spread: bool) -> Vec<Glyph> {
    let mut glyphs = Vec::with_capacity(text.len());
    let mut start = 0;
    while start < text.len() {
        let rest = &text[start..];
        let mut characters = rest.char_indices();
        let Some((_, first)) = characters.next() else { break };
        let face = face_of(first, weight);
        // Blanks and marks go with what stands before them.
        let goes_on = |c: char| (!is_visible(c) && font_holds(face, c)) || face_of(c, weight) == face;
        let end = characters.find(|&(_, c)| !goes_on(c)).map_or(rest.len(), |(at, _)| at);
        match face.and_then(|face| Some((face, font(face)?))) {
            Some((face, font)) => shape_run(&rest[..end], start, (face, font), spread, &mut glyphs),
            None => {
                glyphs.extend(rest[..end].char_indices().filter(|&(_, c)| is_visible(c)).map(|(at, c)| {
                    Glyph {
                        face: None,
                        id: 0,
                        advance: 1.0,
                        offset: [0.0; 2],
                        text: start + at..start + at + c.len_utf8(),
                    }
                }));
            }
        }
        start += end;
    }
    glyphs
}

fn font_holds(face: Option<Face>, character: char) -> bool {
    face.and_then(font).is_some_and(|font| font.holds(character))
}

fn shape_run(text: &str, start: usize, (face, font): (Face, &Font), spread: bool, glyphs: &mut Vec<Glyph>) {
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    buffer.guess_segment_properties();
    buffer.set_direction(harfrust::Direction::LeftToRight);
    let shaper = font.shaper.shaper(&font.tables).instance(Some(&font.instance)).build();
    let plain = ["liga", "clig", "calt"].map(|tag| {
        let tag = harfrust::Tag::new(tag.as_bytes().try_into().expect("four letters"));
        harfrust::Feature::new(tag, 0, ..)
    });
    let options = ShapeOptions::new().features(if spread { &plain } else { &[] });
    let shaped = shaper.shape(buffer, options);
    let ems = |units: i32| {
        #[expect(clippy::cast_precision_loss, reason = "a few thousand units")]
        let units = units as f32;
        units / font.units_per_em
    };
    let infos = shaped.glyph_infos();
    for (at, (info, position)) in infos.iter().zip(shaped.glyph_positions()).enumerate() {
        let cluster = info.cluster as usize;
        let next = infos[at..]
            .iter()
            .map(|info| info.cluster as usize)
            .find(|&next| next > cluster)
            .unwrap_or(text.len());
        glyphs.push(Glyph {
            face: Some(face),
            id: info.glyph_id,
            advance: ems(position.x_advance),
            offset: [ems(position.x_offset), -ems(position.y_offset)],
            text: start + cluster..start + next,
        });
    }
}

/// Draws a glyph's outline into a path, ems, y downwards.
struct Pen {
    path: PathBuilder,
    scale: f32,
}

impl OutlinePen for Pen {
    fn move_to(&mut self, x: f32, y: f32) {
        self.path.move_to(x * self.scale, -y * self.scale);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.path.line_to(x * self.scale, -y * self.scale);
    }

    fn quad_to(&mut self, cx: f32, cy: f32, x: f32, y: f32) {
        self.path.quad_to(cx * self.scale, -cy * self.scale, x * self.scale, -y * self.scale);
    }

    fn curve_to(&mut self, ax: f32, ay: f32, bx: f32, by: f32, x: f32, y: f32) {
        let scale = self.scale;
        self.path.cubic_to(ax * scale, -ay * scale, bx * scale, -by * scale, x * scale, -y * scale);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

/// The outline of a glyph in ems, y downwards from the baseline; none for a blank.
#[must_use]
pub fn outline(glyph: &Glyph) -> Option<Path> {
    let Some(face) = glyph.face else { return missing_box() };
    let font = font(face)?;
    let mut pen = Pen { path: PathBuilder::new(), scale: 1.0 / font.units_per_em };
    let settings = DrawSettings::unhinted(Size::unscaled(), LocationRef::new(font.instance.coords()));
    font.tables.outline_glyphs().get(GlyphId::new(glyph.id))?.draw(settings, &mut pen).ok()?;
    pen.path.finish()
}

/// A frame as large as a Han character.
fn missing_box() -> Option<Path> {
    let mut path = PathBuilder::new();
    for (inset, turn) in [(0.08, false), (0.15, true)] {
        let (left, top, right, bottom) = (inset, inset - 0.88, 1.0 - inset, 0.12 - inset);
        let corners = [[left, top], [right, top], [right, bottom], [left, bottom]];
        path.move_to(corners[0][0], corners[0][1]);
        for at in if turn { [3, 2, 1] } else { [1, 2, 3] } {
            path.line_to(corners[at][0], corners[at][1]);
        }
        path.close();
    }
    path.finish()
}

/// A text in lines; lengths in ems.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// The lines from the upper to the lower.
    pub lines: Vec<Line>,
    /// Width of the longest line.
    pub width: f32,
    /// The text.
    pub text: String,
}

/// A line of a text; lengths in ems.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Line {
    /// The glyphs, each with the place of the pen.
    pub glyphs: Vec<(f32, Glyph)>,
    /// From the start of the first glyph to the end of the last.
    pub width: f32,
}

impl Block {
    /// Height of all lines, ems.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a few lines")]
    pub fn height(&self) -> f32 {
        self.lines.len() as f32 * LINE_HEIGHT
    }

    /// Sets a text, with `spacing` after each letter, in lines of about equal length no longer than `most`. None for a
    /// text without visible characters.
    #[must_use]
    pub fn set(text: &str, weight: Weight, spacing: f32, most: f32) -> Option<Self> {
        if !text.chars().any(is_visible) {
            return None;
        }
        let glyphs = shape(text, weight, spacing != 0.0);
        let breaks = breaks(text, &glyphs, spacing, most);
        let mut lines = Vec::with_capacity(breaks.len());
        let mut start = 0;
        for end in breaks {
            lines.push(Line::of(text, &glyphs[start..end], spacing));
            start = end;
        }
        let width = lines.iter().map(|line| line.width).fold(0.0, f32::max);
        Some(Self { lines, width, text: text.to_owned() })
    }

    /// A line of a longer text, with its own part of it; none without glyphs.
    fn of_line(text: &str, mut line: Line) -> Option<Self> {
        let start = line.glyphs.iter().map(|(_, glyph)| glyph.text.start).min()?;
        let end = line.glyphs.iter().map(|(_, glyph)| glyph.text.end).max()?;
        for (_, glyph) in &mut line.glyphs {
            glyph.text = glyph.text.start - start..glyph.text.end - start;
        }
        let width = line.width;
        Some(Self { lines: vec![line], width, text: text[start..end].to_owned() })
    }
}

impl Line {
    fn of(text: &str, glyphs: &[Glyph], spacing: f32) -> Self {
        let first = glyphs.iter().position(|glyph| !is_blank(text, glyph)).unwrap_or(glyphs.len());
        let last = glyphs.iter().rposition(|glyph| !is_blank(text, glyph)).map_or(first, |at| at + 1);
        let mut line = Self::default();
        let mut pen = 0.0;
        for glyph in &glyphs[first..last] {
            line.glyphs.push((pen, glyph.clone()));
            pen += glyph.advance + spacing;
        }
        line.width = (pen - spacing).max(0.0);
        line
    }
}

/// May a line end after this character, whatever follows?
fn may_end(character: char) -> bool {
    matches!(
        character,
        '\n' | ' ' | '&' | ')' | '+' | '-' | '/' | '\u{ad}' | '·' | '\u{200b}' | '‐' | '–' | '‧'
    ) || is_ideographic(character)
}

fn is_ideographic(character: char) -> bool {
    matches!(character, '\u{2e80}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe4f}' | '\u{ff00}'..='\u{ffef}' | '\u{20000}'..='\u{3ffff}')
}

/// Characters that must not begin a line, and those that must not end one.
const NOT_FIRST: &str = "，。、；：？！）】》〉」』〕”’…—～·%％";
const NOT_LAST: &str = "（【《〈「『〔“‘";

fn may_part(last: char, next: char) -> bool {
    !NOT_FIRST.contains(next) && !NOT_LAST.contains(last)
}

/// Lines as full as they can be, none longer than `most` ems, each a text of its own: for what is read, where
/// [`Block::set`] is for names. A word that is longer than a line is torn where it has a mark, else anywhere.
#[must_use]
pub fn filled(text: &str, weight: Weight, most: f32) -> Vec<Block> {
    let glyphs = shape(text, weight, false);
    let mut lines = Vec::new();
    let mut start = 0;
    while start < glyphs.len() {
        let end = full(text, &glyphs, start, most);
        let line = Line::of(text, &glyphs[start..end], 0.0);
        lines.extend(Block::of_line(text, line));
        start = end;
    }
    lines
}

/// The width of the longest part of a text that no line should end in, ems.
#[must_use]
pub fn longest_part(text: &str, weight: Weight) -> f32 {
    let glyphs = shape(text, weight, false);
    let (mut longest, mut pen) = (0.0_f32, 0.0);
    for (at, glyph) in glyphs.iter().enumerate() {
        if at > 0 && end_before(text, &glyphs, at) == End::Welcome {
            pen = 0.0;
        }
        pen += if is_blank(text, glyph) { 0.0 } else { glyph.advance };
        longest = longest.max(pen);
    }
    longest
}

/// Where a full line ends that begins with a glyph.
fn full(text: &str, glyphs: &[Glyph], start: usize, most: f32) -> usize {
    // What was added up in another order may differ in its last digit.
    let most = most + 1e-4;
    let (mut welcome, mut borne) = (None, None);
    let mut pen = 0.0;
    for at in start..glyphs.len() {
        if at > start {
            match end_before(text, glyphs, at) {
                End::Welcome => welcome = Some(at),
                End::Borne => borne = Some(at),
                End::Unfit => {}
            }
        }
        let blank = is_blank(text, &glyphs[at]);
        if at > start && !blank && pen + glyphs[at].advance > most {
            return welcome.or(borne).unwrap_or(at);
        }
        // Blanks at the start of a line are not drawn.
        if !(blank && pen == 0.0) {
            pen += glyphs[at].advance;
        }
    }
    glyphs.len()
}

/// How good it is that a line ends at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// There is no better place.
    Welcome,
    /// Where the whole word is longer than a line.
    Borne,
    /// Only where nothing else helps.
    Unfit,
}

/// How good it is that a line ends before a glyph.
fn end_before(text: &str, glyphs: &[Glyph], at: usize) -> End {
    let last = text[glyphs[at - 1].text.clone()].chars().next_back().unwrap_or(' ');
    let next = text[glyphs[at].text.clone()].chars().next().unwrap_or(' ');
    if !may_part(last, next) || "([{".contains(last) || ")]},.;:!?".contains(next) {
        return End::Unfit;
    }
    if last.is_whitespace() || is_ideographic(last) || is_ideographic(next) {
        return End::Welcome;
    }
    match last {
        // Dates, ranges, fractions and ids stay in one piece.
        _ if may_end(last)
            && !(next.is_ascii_digit() || next.is_ascii_uppercase() || next.is_whitespace()) =>
        {
            End::Welcome
        }
        '-' | '/' | '_' | '.' | ',' | ':' | ';' | '=' | '#' | '|' => End::Borne,
        _ => End::Unfit,
    }
}

fn is_blank(text: &str, glyph: &Glyph) -> bool {
    text[glyph.text.clone()].chars().all(char::is_whitespace)
}

/// A place where a line may end: the glyph it stands before, the length of the text up to it, how good the best way to
/// it is, and the place before it on that way.
struct Break {
    glyph: usize,
    at: f32,
    badness: f32,
    prior: Option<usize>,
}

/// Where lines end, so that they are about equally long: the rule of `MapLibre`.
fn breaks(text: &str, glyphs: &[Glyph], spacing: f32, most: f32) -> Vec<usize> {
    let total: f32 = glyphs.iter().map(|glyph| glyph.advance + spacing).sum();
    let forced = text.contains('\n');
    if total <= most && !forced {
        return vec![glyphs.len()];
    }
    let aim = total / (total / most).ceil().max(1.0);
    let mut places: Vec<Break> = Vec::new();
    let mut pen = 0.0;
    for (at, glyph) in glyphs.iter().enumerate() {
        let cluster = &text[glyph.text.clone()];
        let last = cluster.chars().next_back().unwrap_or(' ');
        if !last.is_whitespace() {
            pen += glyph.advance + spacing;
        }
        let Some(next) = glyphs.get(at + 1).and_then(|next| text[next.text.clone()].chars().next()) else {
            break;
        };
        if may_end(last) && may_part(last, next) {
            let mut penalty = if last == '\n' { -10_000.0 } else { 0.0 };
            penalty += if matches!(last, '(' | '（') { 50.0 } else { 0.0 };
            penalty += if matches!(next, ')' | '）') { 50.0 } else { 0.0 };
            let place = best(at + 1, pen, aim, &places, penalty, false);
            places.push(place);
        }
    }
    let end = best(glyphs.len(), pen, aim, &places, 0.0, true);
    let mut ends = vec![end.glyph];
    let mut prior = end.prior;
    while let Some(at) = prior {
        ends.push(places[at].glyph);
        prior = places[at].prior;
    }
    ends.reverse();
    ends
}

/// The best way to a place. `MapLibre` reckons in 24ths of an em, and the penalties are made for that.
fn best(glyph: usize, at: f32, aim: f32, places: &[Break], penalty: f32, is_last: bool) -> Break {
    let badness = |length: f32| {
        let raggedness = ((length - aim) * 24.0).powi(2);
        match is_last {
            true if length < aim => raggedness / 2.0,
            true => raggedness * 2.0,
            false => raggedness + penalty.abs() * penalty,
        }
    };
    let mut best = Break { glyph, at, badness: badness(at), prior: None };
    for (index, place) in places.iter().enumerate() {
        let whole = badness(at - place.at) + place.badness;
        if whole <= best.badness {
            best.badness = whole;
            best.prior = Some(index);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(text: &str, most: f32) -> Vec<String> {
        let block = Block::set(text, Weight::Regular, 0.0, most).expect("a visible text");
        let line = |line: &Line| line.glyphs.iter().map(|(_, glyph)| &text[glyph.text.clone()]).collect();
        block.lines.iter().map(line).collect()
    }

    #[test]
    fn han_characters_are_an_em_wide_and_latin_ones_are_narrower() {
        let block = Block::set("沌口", Weight::Bold, 0.5, 10.0).expect("visible");
        assert!((block.width - 2.5).abs() < 1e-3, "two ems and one space between: {}", block.width);
        let faces: Vec<_> = shape("沌A", Weight::Bold, false).iter().map(|glyph| glyph.face).collect();
        assert_eq!(faces, [Some(Face::HanBold), Some(Face::LatinBold)]);
        let bold: f32 = shape("Wuhan", Weight::Bold, false).iter().map(|glyph| glyph.advance).sum();
        let regular: f32 = shape("Wuhan", Weight::Regular, false).iter().map(|glyph| glyph.advance).sum();
        assert!(bold > regular && regular < 5.0, "{bold} {regular}");
    }

    #[test]
    fn lines_are_about_equally_long() {
        assert_eq!(lines("武汉经开区创新空间", 5.0), ["武汉经开区", "创新空间"]);
        assert_eq!(lines("one two three four", 5.0), ["one two", "three four"]);
        assert_eq!(lines("短", 5.0), ["短"]);
        // Punctuation never begins a line: not after four characters.
        for line in lines("智能网联，汽车测试，示范道路。", 4.0) {
            assert!(!line.starts_with(['，', '。']), "{line}");
        }
    }

    #[test]
    fn full_lines_end_where_a_reader_expects_it() {
        let filled = |text: &str, most: f32| -> Vec<String> {
            super::filled(text, Weight::Regular, most).into_iter().map(|block| block.text).collect()
        };
        // Eleven characters, five a line: the comma takes the character before it along, the bracket the one behind it.
        assert_eq!(filled("智能网联，汽车（测试）示", 4.0), ["智能网", "联，汽车", "（测试）", "示"]);
        assert_eq!(filled("one two three four", 5.0), ["one two", "three four"]);
        // Latin words stay whole beside Han characters.
        assert_eq!(filled("武汉Wuhan武汉", 4.0), ["武汉", "Wuhan", "武汉"]);
        assert_eq!(filled("since 2025-06-30 only", 6.0), ["since", "2025-06-30", "only"]);
        assert_eq!(filled("WEDZ-PARCEL-2025-000017", 7.0).concat(), "WEDZ-PARCEL-2025-000017");
        assert_eq!(filled("aaaaaaaaaaaaaaaaaaaaaaaaaa", 5.0).concat(), "aaaaaaaaaaaaaaaaaaaaaaaaaa");
        assert!(filled(" ", 5.0).is_empty());
        for block in super::filled("aaaaaaaaaaaaaaaaaaaaaaaaaa，武汉经开区 WEDZ-2025", Weight::Bold, 5.0)
        {
            assert!(block.width <= 5.001, "{}: {}", block.text, block.width);
        }
        assert!(longest_part("WEDZ-2025", Weight::Regular) > longest_part("co-working", Weight::Regular));
        assert!((longest_part("武汉经开区", Weight::Regular) - 1.0).abs() < 1e-3);
    }

    #[test]
    fn characters_without_a_font_are_boxes_and_told() {
        let glyphs = shape("沌\u{1F680}口", Weight::Regular, false);
        assert_eq!(glyphs.iter().map(|glyph| glyph.face.is_some()).collect::<Vec<_>>(), [true, false, true]);
        assert!(outline(&glyphs[1]).is_some());
        assert_eq!(missing("沌\u{1F680}口 \u{200b}"), BTreeSet::from(['\u{1F680}']));
        assert_eq!(missing("娄葑街道、衢州、亳州、鄞州、东莞、臺北"), BTreeSet::new());
        assert_eq!(Block::set(" \n", Weight::Regular, 0.0, 5.0), None);
    }
}
