//! The strip diagram of a line: straightened, with chainage, and what stands along it by side.
//!
//! In: a line and its stops, where asked how many features stand along it, a look. Out: a picture, ready for pixels or SVG.
//! Leaves out: which stops, files.
//!
//! Names are flags: each begins at the pole of its sign and runs to the right, one storey above every flag whose pole it
//! passes. So no name covers another, and no pole crosses a name.

use std::collections::BTreeSet;

use tiny_skia::PathBuilder;

use super::ReportError;
use super::document::{Tongue, grouped};
use super::figure::of_data;
use super::lines::{Lines, Look as Type};
use super::maker::approval;
use crate::catalog::Catalog;
use crate::geometry::{Side, round_up};
use crate::locate::{Along, Member, Stop};
use crate::map::color::Color;
use crate::map::frame::Size;
use crate::map::picture::{About, Cap, Item, Link, Pen, Picture};
use crate::map::place::Box;
use crate::map::style::{Theme, Tokens, tokens};
use crate::map::text::{self, Weight};
use crate::map::{MapError, signs, sources, words};
use crate::model::Lang;
use crate::render::locate::{said, where_beside};

/// Width that diagrams are set in, CSS pixels; pixels are finer by the scale.
const WIDTH: u16 = 1200;
/// The least and the most pixels across, and the usual number.
pub const WIDTHS: [u16; 3] = [600, 3200, 1200];
/// Around everything, CSS pixels.
const ROOM: f32 = 24.0;
/// From the line to the sign that is farthest from it.
const BESIDE: f32 = 56.0;
/// Height of a storey of flags.
const STOREY: f32 = 30.0;
/// Room between flags of one storey, and around a pole.
const GAP: f32 = 10.0;
/// The longest name.
const LONGEST: f32 = 230.0;
/// Height of the band of numbers.
const BAND: f32 = 56.0;
/// Size of signs beside those of the map.
const SIGN: f32 = 0.72;

/// How many features stand in each stretch of a line.
#[derive(Debug, Clone)]
pub struct Band {
    /// What is counted.
    pub title: String,
    /// Is it made up?
    pub synthetic: bool,
    /// Where each stretch begins and ends, metres, and how many stand in it.
    pub stretches: Vec<([f64; 2], u64)>,
}

/// What a diagram is of.
#[derive(Debug)]
pub struct Request<'a> {
    /// The line.
    pub line: &'a Member,
    /// What stands along it.
    pub along: &'a Along,
    /// How far beside it that may be, metres.
    pub half_width_m: f64,
    /// Numbers below the line.
    pub band: Option<Band>,
    /// Its language.
    pub lang: Lang,
    /// Light or dark.
    pub theme: Theme,
    /// Pixels across.
    pub width: u16,
}

/// Where a feature that stands along the line leads to.
pub type Href<'a> = &'a dyn Fn(&Member) -> String;

/// Draws the diagram; what stands along the line leads somewhere where there is a service.
///
/// # Errors
/// There are no fonts.
pub fn draw(
    catalog: &Catalog,
    request: &Request<'_>,
    href: Option<Href<'_>>,
) -> Result<Picture, ReportError> {
    text::check().map_err(MapError::from)?;
    let mut sheet = Sheet::of(catalog, request, href);
    let top = sheet.title();
    let line = sheet.line(top);
    let mut y = sheet.band(line);
    y = sheet.notes(y);
    let missing = sheet.items.iter().filter_map(|item| match item {
        Item::Text(run) => Some(text::missing(&run.text)),
        _ => None,
    });
    let name = request.line.feature().name(request.lang);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a height, and cut")]
    let height = (y + ROOM).ceil().clamp(1.0, f32::from(u16::MAX)) as u16;
    Ok(Picture {
        size: Size { width: WIDTH, height, scale: f32::from(request.width) / f32::from(WIDTH) },
        background: sheet.ink("bg"),
        ground: 0,
        about: About {
            title: title(&name, request),
            lang: request.lang.tag(),
            notices: vec![statement(request)],
            attribution: credits(catalog, request),
        },
        names: sheet.names,
        links: sheet.links,
        missing: missing.flatten().collect(),
        items: sheet.items,
    })
}

fn title(name: &str, request: &Request<'_>) -> String {
    let length = said(request.along.length_m, request.lang);
    match request.lang {
        Lang::Zh => format!("{name}沿线图，全长 {length}"),
        Lang::En => format!("{name}: strip diagram, {length}"),
    }
}

/// What a reader must know: what the picture keeps, and how well the line is known.
fn statement(request: &Request<'_>) -> String {
    let (lang, accuracy) = (request.lang, request.line.feature().accuracy_m());
    let known = accuracy.map(|metres| said(metres, lang));
    let known = known.as_deref().unwrap_or(lang.pick("未知", "unknown"));
    let reach = said(request.half_width_m, lang);
    match lang {
        Lang::Zh => format!(
            "线已拉直：横向为桩距，按比例；纵向为偏距，至 {reach}，已夸大，上左下右（按前进方向）。线位精度 {known}，仅示意，不作定位依据。"
        ),
        Lang::En => format!(
            "The line is straightened: across is chainage, to scale; up and down is the offset, to {reach}, drawn larger, left of the \
             line above and right of it below. The line is known to {known}: a scheme, not for finding positions."
        ),
    }
}

/// A flag on its way.
struct Flag<'a> {
    stop: &'a Stop,
    /// Where its pole stands, and how far from the line the pole begins.
    x: f32,
    foot: f32,
    name: Lines,
    more: Lines,
    storey: u16,
}

impl Flag<'_> {
    fn width(&self) -> f32 {
        self.name.width().max(self.more.width()) + 4.0
    }
}

/// Puts each flag on the lowest storey above all flags whose poles it passes, from the right to the left.
fn storeys(flags: &mut [Flag<'_>]) -> u16 {
    flags.sort_by(|a, b| b.x.total_cmp(&a.x));
    for at in 0..flags.len() {
        let (done, rest) = flags.split_at_mut(at);
        let flag = &mut rest[0];
        let end = flag.x + flag.width() + GAP;
        let passed = done.iter().filter(|other| other.x < end).map(|other| other.storey + 1);
        flag.storey = passed.max().unwrap_or(0);
    }
    flags.iter().map(|flag| flag.storey + 1).max().unwrap_or(0)
}

struct Sheet<'a> {
    catalog: &'a Catalog,
    request: &'a Request<'a>,
    tokens: &'static Tokens,
    /// Where the line begins and ends.
    ends: [f32; 2],
    items: Vec<Item>,
    /// The flags and where they stand.
    names: Vec<(String, Vec<Box>)>,
    href: Option<Href<'a>>,
    links: Vec<Link>,
}

impl<'a> Sheet<'a> {
    fn of(catalog: &'a Catalog, request: &'a Request<'a>, href: Option<Href<'a>>) -> Self {
        let tokens = tokens(request.theme);
        let (items, names, links) = (Vec::new(), Vec::new(), Vec::new());
        let mut sheet = Self { catalog, request, tokens, ends: [ROOM, 0.0], items, names, href, links };
        // The last flag needs room as any other.
        let stops = request.along.stops.iter();
        let widest = stops.map(|stop| sheet.flag(stop, 0.0).width()).fold(60.0, f32::max).min(LONGEST + GAP);
        sheet.ends[1] = f32::from(WIDTH) - ROOM - widest;
        sheet
    }

    fn ink(&self, name: &str) -> Color {
        signs::token(self.tokens, name)
    }

    fn type_of(&self, weight: Weight, size: f32, name: &str) -> Type {
        Type { weight, size, color: self.ink(name), leading: 1.25, second: None }
    }

    #[expect(clippy::cast_possible_truncation, reason = "a share of a picture")]
    fn x(&self, chainage_m: f64) -> f32 {
        let share = (chainage_m / self.request.along.length_m) as f32;
        self.ends[0] + share * (self.ends[1] - self.ends[0])
    }

    fn stroke(&mut self, points: &[[f32; 2]], color: Color, pen: Pen) {
        let mut path = PathBuilder::new();
        for (at, &[x, y]) in points.iter().enumerate() {
            if at == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
        }
        self.items.extend(path.finish().map(|path| Item::Stroke { path, color, pen }));
    }

    fn fill(&mut self, [left, top]: [f32; 2], [right, bottom]: [f32; 2], color: Color) {
        let rect = tiny_skia::Rect::from_ltrb(left, top, right, bottom);
        self.items.extend(rect.map(|rect| Item::Fill {
            path: PathBuilder::from_rect(rect),
            color,
            smooth: true,
        }));
    }

    /// Words in one line around a place: 0 begins there, 1 ends there.
    fn words(&mut self, text: &str, look: &Type, [x, top]: [f32; 2], justify: f32) {
        let lines = Lines::one(text, look, f32::from(WIDTH));
        self.items.extend(lines.at([x - lines.width() * justify, top], 0.0, 0.0));
    }

    /// The title and, beside it, the ends; gives back where they end.
    fn title(&mut self) -> f32 {
        let lang = self.request.lang;
        let name = self.request.line.feature().name(lang);
        let head = Lines::set(
            &title(&name, self.request),
            &self.type_of(Weight::Bold, 18.0, "tx"),
            f32::from(WIDTH) - 2.0 * ROOM,
        );
        self.items.extend(head.at([ROOM, ROOM], 0.0, 0.0));
        ROOM + head.height() + 14.0
    }

    fn flag(&self, stop: &'a Stop, foot: f32) -> Flag<'a> {
        let lang = self.request.lang;
        let feature = stop.member.feature();
        let offset = said(stop.way.nearest.metres, lang);
        let beside = where_beside(stop, lang);
        let place = if stop.way.is_inside() { beside.to_owned() } else { format!("{beside} {offset}") };
        let more = format!("{} · {place}", said(stop.chainage_m, lang));
        Flag {
            stop,
            x: self.x(stop.chainage_m),
            foot,
            name: Lines::one(&feature.name(lang), &self.type_of(Weight::Bold, 12.0, "tx"), LONGEST),
            more: Lines::one(&more, &self.type_of(Weight::Regular, 10.5, "tx2"), LONGEST),
            storey: 0,
        }
    }

    /// How far from the line a sign stands.
    #[expect(clippy::cast_possible_truncation, reason = "a share of a picture")]
    fn foot(&self, stop: &Stop) -> f32 {
        if stop.way.is_inside() {
            return 0.0;
        }
        let share = (stop.way.nearest.metres / self.request.half_width_m.max(1.0)).min(1.0) as f32;
        14.0 + share * (BESIDE - 14.0)
    }

    /// The line with all that stands along it; gives back where it ends.
    fn line(&mut self, top: f32) -> f32 {
        let (along, lang) = (self.request.along, self.request.lang);
        let is_right = |stop: &&Stop| stop.side == Some(Side::Right);
        let [mut left, mut right]: [Vec<Flag<'a>>; 2] = [false, true].map(|wanted| {
            let stops = along.stops.iter().filter(|stop| is_right(stop) == wanted);
            stops.map(|stop| self.flag(stop, self.foot(stop))).collect()
        });
        let [above, below] = [&mut left, &mut right].map(|flags| f32::from(storeys(flags)) * STOREY);
        let y = top + above + BESIDE + 16.0;
        let [from, to] = self.ends;
        // How far beside the line is looked.
        let edge = Pen { dashes: vec![4.0, 4.0], ..Pen::plain(1.0) };
        for side in [-BESIDE, BESIDE] {
            self.stroke(&[[from, y + side], [to, y + side]], self.ink("ln"), edge.clone());
        }
        for (at, _) in self.ticks() {
            let x = self.x(at);
            self.stroke(&[[x, y - BESIDE], [x, y + BESIDE]], self.ink("ln").faded(0.6), Pen::plain(1.0));
        }
        for stop in &along.stops {
            if let Some([first, last]) = stop.stretch {
                let color = self.ink(if is_core(stop) { "core" } else { "tx2" }).faded(0.28);
                self.fill([self.x(first), y - 7.0], [self.x(last), y + 7.0], color);
            }
        }
        let pen = Pen { cap: Cap::Round, ..Pen::plain(5.0) };
        self.stroke(&[[from, y], [to, y]], self.line_ink(), pen);
        let signs = sources::Signs::of(self.catalog);
        for (flags, up) in [(&left, -1.0), (&right, 1.0)] {
            for flag in flags {
                let first = self.items.len();
                let reach = y + up * (BESIDE + 12.0 + f32::from(flag.storey) * STOREY);
                let poles = [[flag.x, y + up * flag.foot], [flag.x, reach + up * STOREY * 0.9]];
                self.stroke(&poles, self.ink("ln2"), Pen::plain(1.0));
                let head = if up < 0.0 { reach - STOREY } else { reach + 2.0 };
                self.items.extend(flag.name.at([flag.x + 4.0, head], 0.0, 0.0));
                let below = head + flag.name.height() - 1.0;
                self.items.extend(flag.more.at([flag.x + 4.0, below], 0.0, 0.0));
                let stands = Box {
                    left: flag.x,
                    top: head,
                    right: flag.x + flag.width(),
                    bottom: below + flag.more.height(),
                };
                self.names.push((flag.stop.member.feature().name(lang), vec![stands]));
                self.link(&flag.stop.member, first, false);
            }
            for flag in flags {
                let (member, first) = (&flag.stop.member, self.items.len());
                let middle = [flag.x, y + up * flag.foot];
                if is_core(flag.stop) {
                    let (dot, color) =
                        (PathBuilder::from_circle(middle[0], middle[1], 6.0), self.ink("core"));
                    self.items.extend(dot.map(|path| Item::Fill { path, color, smooth: true }));
                } else {
                    let sign = signs.sign(member.indexed.layer(), member.feature());
                    self.items.extend(signs::draw(&sign, middle, SIGN, 1.0, self.tokens));
                }
                self.link(member, first, true);
            }
        }
        let mut y = y + BESIDE + 16.0 + below;
        y = self.axis(y);
        if let [Some(_), _] | [_, Some(_)] = &along.ends {
            let look = self.type_of(Weight::Regular, 11.5, "tx2");
            for (end, word, x, justify) in [
                (&along.ends[0], lang.pick("起点", "start"), from, 0.0),
                (&along.ends[1], lang.pick("终点", "end"), to, 1.0),
            ] {
                if let Some((_, name)) = end {
                    let text = format!("{word}{}{}", lang.pick("：", ": "), name.say(lang));
                    self.words(&text, &look, [x, y], justify);
                }
            }
            y += 18.0;
        }
        y
    }

    /// What was drawn since an item leads to a feature.
    fn link(&mut self, member: &Member, first: usize, repeats: bool) {
        let title = member.feature().name(self.request.lang);
        let items = first..self.items.len();
        self.links.extend(self.href.map(|href| Link { href: href(member), title, items, repeats }));
    }

    /// Round chainages, metres, and what is written there.
    fn ticks(&self) -> Vec<(f64, String)> {
        let (length, lang) = (self.request.along.length_m, self.request.lang);
        let step = round_up(length / 10.0);
        let (unit, size) = if step < 1000.0 { (words::METRE, 1.0) } else { (words::KILOMETRE, 1000.0) };
        let at = |number: u32| f64::from(number) * step;
        let ticks = (0..).map(at).take_while(|&at| at <= length);
        let told =
            |at: f64| if at == 0.0 { format!("0 {}", unit.say(lang)) } else { (at / size).to_string() };
        ticks.map(|at| (at, told(at))).collect()
    }

    /// The colour that the map draws the line in: belts take theirs in turn.
    fn line_ink(&self) -> Color {
        let line = self.request.line;
        let layer = line.indexed.layer();
        let turn = layer.positions().position(|ix| ix == line.ix).unwrap_or(0);
        match layer.about.role() {
            "belt" => self.ink(["smart", "emerging"][turn % 2]),
            _ => self.ink("axis"),
        }
    }

    /// Ticks of chainage; gives back where they end.
    fn axis(&mut self, y: f32) -> f32 {
        let look = self.type_of(Weight::Regular, 11.0, "tx2");
        let [from, to] = self.ends;
        self.stroke(&[[from, y], [to, y]], self.ink("ln2"), Pen::plain(1.0));
        for (at, text) in self.ticks() {
            let x = self.x(at);
            self.stroke(&[[x, y], [x, y + 5.0]], self.ink("ln2"), Pen::plain(1.0));
            self.words(&text, &look, [x, y + 6.0], 0.5);
        }
        y + 26.0
    }

    /// How many stand in each stretch; gives back where that ends.
    #[expect(clippy::cast_precision_loss, reason = "the height of a bar")]
    fn band(&mut self, top: f32) -> f32 {
        let Some(band) = &self.request.band else { return top };
        let lang = self.request.lang;
        let most = band.stretches.iter().map(|(_, count)| *count).max().unwrap_or(0);
        let all: u64 = band.stretches.iter().map(|(_, count)| *count).sum();
        let step = band.stretches.first().map_or(0.0, |([from, to], _)| to - from);
        let number = |count: u64| grouped(count as f64, 0);
        let (title, step, made_up) = (
            &band.title,
            said(step, lang),
            if band.synthetic { words::SYNTHETIC_SHORT.say(lang) } else { "" },
        );
        let made_up = if made_up.is_empty() { String::new() } else { format!(" · {made_up}") };
        let text = match lang {
            Lang::Zh => {
                format!("{title}：每段 {step} 的个数，共 {}，最多 {}{made_up}", number(all), number(most))
            }
            Lang::En => format!(
                "{title}: number in each {step}, {} in all, {} at most{made_up}",
                number(all),
                number(most)
            ),
        };
        let look = self.type_of(Weight::Regular, 11.5, "tx2");
        self.words(&text, &look, [self.ends[0], top + 6.0], 0.0);
        let (head, foot) = (top + 26.0 + 13.0, top + 26.0 + 13.0 + BAND);
        let bar = self.line_ink().faded(0.55);
        for ([from, to], count) in &band.stretches {
            let height = if most == 0 { 0.0 } else { *count as f32 / most as f32 * BAND };
            let (left, right) = (self.x(*from) + 0.5, self.x(*to) - 0.5);
            if *count > 0 {
                self.fill([left, foot - height.max(1.0)], [right, foot], bar);
            }
            let label =
                Lines::one(&number(*count), &self.type_of(Weight::Regular, 10.0, "tx2"), f32::INFINITY);
            if label.width() <= right - left {
                let x = f32::midpoint(left, right) - label.width() / 2.0;
                self.items.extend(label.at([x, (foot - height - 13.0).max(head - 13.0)], 0.0, 0.0));
            }
        }
        self.stroke(&[[self.ends[0], foot], [self.ends[1], foot]], self.ink("ln2"), Pen::plain(1.0));
        foot + 8.0
    }

    fn notes(&mut self, top: f32) -> f32 {
        let lang = self.request.lang;
        let look = self.type_of(Weight::Regular, 11.0, "tx2");
        let mut y = top + 12.0;
        let notes = [
            statement(self.request),
            of_data(self.catalog, lang),
            credits(self.catalog, self.request),
            approval(self.catalog, Tongue::Only(lang)),
        ];
        for note in notes.iter().filter(|note| !note.is_empty()) {
            let lines = Lines::set(note, &look, f32::from(WIDTH) - 2.0 * ROOM);
            self.items.extend(lines.at([ROOM, y], 0.0, 0.0));
            y += lines.height() + 3.0;
        }
        y
    }
}

/// Who is credited for the line and its stops.
fn credits(catalog: &Catalog, request: &Request<'_>) -> String {
    let stops = request.along.stops.iter().map(|stop| stop.member.indexed.layer());
    let mut ids: BTreeSet<&str> = stops.map(|layer| layer.id.as_str()).collect();
    ids.insert(request.line.indexed.layer().id.as_str());
    catalog.credits(|layer| ids.contains(layer.id.as_str())).say(request.lang).to_owned()
}

fn is_core(stop: &Stop) -> bool {
    stop.member.indexed.layer().about.role() == "core"
}
