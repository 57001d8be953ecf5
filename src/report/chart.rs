//! How does a chart of bars look?
//!
//! In: names, values, a width. Out: a picture on white ground, for print as for screens: legend, bars with their values,
//! a target, an axis from zero. Leaves out: the title, which is a text of the report, and where the numbers come from.

use tiny_skia::PathBuilder;

use crate::map::color::Color;
use crate::map::frame::{Point, Size};
use crate::map::picture::{About, Item, Pen, Picture};
use crate::map::text::{self, Weight};
use crate::report::document::joined;
use crate::report::document::{Chart, Group, Series, Sign, Tongue, grouped};
use crate::report::hatch;
use crate::report::lines::{Lines, Look, ink};

/// Thickness of a bar, CSS pixels.
const BAR: f32 = 14.0;
/// Room around what stands beside something else.
const GAP: f32 = 6.0;
/// From the names to the axis.
const BESIDE: f32 = 12.0;
/// Room above a heading.
const HEADING: f32 = 6.0;
/// The share of the width that names may take.
const NAMES: f32 = 0.36;
/// Into how many steps the axis is divided, about.
const STEPS: f64 = 5.0;

/// Draws a chart as wide as this in CSS pixels, and as high as it needs. Its title is in what it says about itself and is
/// not drawn. A raster of it is as fine as the scale that its size is given.
#[must_use]
pub fn draw(chart: &Chart, width: u16, tongue: Tongue) -> Picture {
    let plan = Plan::of(chart, f32::from(width.max(120)), tongue);
    let mut items = Vec::new();
    let mut y = plan.legend(&mut items);
    y = plan.target_name(y, &mut items);
    let foot = plan.foot(y);
    plan.grid(y, foot, &mut items);
    plan.bars(y, &mut items);
    plan.target_line(y, foot, &mut items);
    plan.values(y, &mut items);
    let height = plan.axis(foot, &mut items);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a width or more, and cut")]
    let height = height.ceil().clamp(1.0, f32::from(u16::MAX)) as u16;
    let missing = items
        .iter()
        .filter_map(|item| if let Item::Text(run) = item { Some(text::missing(&run.text)) } else { None })
        .flatten()
        .collect();
    Picture {
        size: Size { width: width.max(120), height, scale: 1.0 },
        background: Color { rgb: [255; 3], alpha: 1.0 },
        items,
        ground: 0,
        about: about(chart, tongue),
        names: Vec::new(),
        links: Vec::new(),
        missing,
    }
}

/// The numbers of a chart, for those who do not see it.
fn about(chart: &Chart, tongue: Tongue) -> About {
    let unit = joined(&chart.unit);
    let decimals = decimals(chart);
    let said = |value: f64| format!("{} {unit}", said(value, decimals)).trim().to_owned();
    let bar = |(name, values): &(String, Vec<f64>)| {
        let parts: Vec<String> = match chart.series.as_slice() {
            series @ [_, _, ..] => series
                .iter()
                .zip(values)
                .map(|(series, value)| format!("{} {}", joined(&series.name), said(*value)))
                .collect(),
            _ => values.iter().map(|value| said(*value)).collect(),
        };
        format!("{}: {}", joined(name), parts.join(", "))
    };
    let target = chart.target.iter().map(|(name, value)| format!("{}: {}", joined(name), said(*value)));
    About {
        title: joined(&chart.title),
        lang: tongue.tag(),
        notices: chart.bars.iter().map(bar).chain(target).collect(),
        attribution: String::new(),
    }
}

/// How many decimals all values need; two at most.
fn decimals(chart: &Chart) -> u8 {
    let values = || {
        chart.bars.iter().flat_map(|(_, values)| values).chain(chart.target.iter().map(|(_, value)| value))
    };
    let is_whole = |value: f64| (value - value.round()).abs() < 1e-6;
    (0..2)
        .find(|&decimals| {
            values().all(|value| !value.is_finite() || is_whole(value * 10_f64.powi(i32::from(decimals))))
        })
        .unwrap_or(2)
}

/// A value as it is read; a dash for what is none.
fn said(value: f64, decimals: u8) -> String {
    if value.is_finite() { grouped(value, decimals) } else { "—".to_owned() }
}

/// How long a part of a bar is: nothing for what cannot be drawn.
fn drawn(value: f64) -> f64 {
    if value.is_finite() { value.max(0.0) } else { 0.0 }
}

/// A row of a chart.
struct Row<'a> {
    /// Above the first bar of a group.
    heading: Option<Lines>,
    name: Lines,
    /// Where the bar has one of its own.
    color: Option<Color>,
    values: &'a [f64],
    label: Lines,
    /// With its heading.
    height: f32,
}

impl Row<'_> {
    /// The height of what stands above the bar.
    fn lead(&self) -> f32 {
        self.heading.as_ref().map_or(0.0, |heading| heading.height() + HEADING)
    }

    /// The middle of the bar in a row that begins at a height.
    fn middle(&self, top: f32) -> f32 {
        top + f32::midpoint(self.lead(), self.height)
    }
}

/// Where everything stands.
struct Plan<'a> {
    chart: &'a Chart,
    width: f32,
    tongue: Tongue,
    decimals: u8,
    rows: Vec<Row<'a>>,
    ticks: Vec<f64>,
    /// The axis stands here.
    left: f32,
    /// Pixels of a unit.
    scale: f64,
}

impl<'a> Plan<'a> {
    fn of(chart: &'a Chart, width: f32, tongue: Tongue) -> Self {
        let decimals = decimals(chart);
        let name_look = Look::of(Weight::Regular, 12.0, "tx", tongue).led(1.25);
        let natural = |text: &str, look: &Look| look.widths(text)[1] + 1.0;
        let heads = heads(chart);
        let names = heads.iter().map(|head| natural(head.name, &name_look));
        let unit = natural(&joined(&chart.unit), &small());
        let most = width * NAMES;
        let names = names.chain([unit]).fold(0.0, f32::max).min(most);
        let heading_look = Look::of(Weight::Bold, 12.0, "tx", tongue).led(1.25);
        let row = |((_, values), head): (&'a (String, Vec<f64>), &Head<'_>)| {
            let total: f64 = values.iter().copied().filter(|value| value.is_finite()).sum();
            let is_known = values.iter().any(|value| value.is_finite());
            let label = said(if is_known { total } else { f64::NAN }, decimals);
            let look = Look { second: None, ..Look::of(Weight::Bold, 11.5, "tx", tongue) };
            let name = Lines::set(head.name, &name_look, names);
            let heading = head.heading.map(|text| Lines::set(text, &heading_look, width));
            let height = (name.height() + 8.0).max(BAR + 10.0);
            let label = Lines::set(&label, &look, f32::INFINITY);
            let mut row = Row { heading, name, color: head.color, values, label, height };
            row.height += row.lead();
            row
        };
        let rows: Vec<Row<'a>> = chart.bars.iter().zip(&heads).map(row).collect();
        let reach = rows.iter().map(|row| bar_length(row.values));
        let reach = reach.chain(chart.target.iter().map(|(_, value)| drawn(*value))).fold(0.0, f64::max);
        let ticks = ticks(reach, decimals == 0);
        let left = names + BESIDE;
        let mut plan = Self { chart, width, tongue, decimals, rows, ticks, left, scale: 0.0 };
        plan.scale = plan.fitting();
        plan
    }

    /// The scale at which the last tick and every value beside its bar still stand on the picture.
    fn fitting(&self) -> f64 {
        let room = f64::from((self.width - self.left - 1.0).max(1.0));
        let last = self.ticks.last().copied().unwrap_or(1.0);
        let tick = f64::from(self.tick(last).width()) / 2.0;
        let axis = (room - tick).max(1.0) / last;
        let row = |row: &Row<'_>| {
            let length = bar_length(row.values);
            let left = room - f64::from(GAP + row.label.width());
            if length > 0.0 { left.max(1.0) / length } else { f64::INFINITY }
        };
        self.rows.iter().map(row).fold(axis, f64::min)
    }

    fn x(&self, value: f64) -> f32 {
        #[expect(clippy::cast_possible_truncation, reason = "a place on the picture")]
        let along = (value * self.scale) as f32;
        self.left + along
    }

    fn tick(&self, value: f64) -> Lines {
        let step = self.ticks.get(1).copied().unwrap_or(1.0);
        let is_whole = |factor: f64| (step * factor - (step * factor).round()).abs() < 1e-6 * factor.max(1.0);
        let decimals = [(1.0, 0), (10.0, 1), (100.0, 2), (1000.0, 3)];
        let decimals =
            decimals.into_iter().find(|(factor, _)| is_whole(*factor)).map_or(4, |(_, digits)| digits);
        Lines::set(&grouped(value, decimals), &small(), f32::INFINITY)
    }

    /// Draws what the parts are; where it ends.
    fn legend(&self, items: &mut Vec<Item>) -> f32 {
        const SWATCH: f32 = 12.0;
        if self.chart.series.len() < 2 {
            return 2.0;
        }
        let look = Look::of(Weight::Regular, 11.0, "tx", self.tongue).led(1.2);
        let (mut x, mut y, mut below) = (0.0, 0.0, 0.0_f32);
        for (Series { name, color }, sign) in self.chart.series.iter().zip(self.signs()) {
            let lines = Lines::set(name, &look, self.width - SWATCH - GAP);
            let wide = SWATCH + GAP + lines.width();
            if x > 0.0 && x + wide > self.width {
                (x, y) = (0.0, below + 4.0);
            }
            hatch::draw([x, y + 2.0], [SWATCH, SWATCH], sign, *color, items);
            items.extend(lines.at([x + SWATCH + GAP, y], 0.0, 0.0));
            below = below.max(y + lines.height().max(SWATCH + 4.0));
            x += wide + 20.0;
        }
        below + 10.0
    }

    /// Draws the name of the target above its line; where it ends.
    fn target_name(&self, y: f32, items: &mut Vec<Item>) -> f32 {
        let Some((name, value)) = &self.chart.target else { return y };
        let look = Look { color: ink("core"), ..Look::of(Weight::Bold, 11.0, "tx", self.tongue) };
        let (said, colon) = (said(*value, self.decimals), self.tongue.langs()[0].pick("：", ": "));
        let name = match name.split_once('\n') {
            Some((first, rest)) => format!("{first}{colon}{said}\n{rest}"),
            None => format!("{name}{colon}{said}"),
        };
        let lines = Lines::set(&name, &look, self.width);
        let left = (self.x(drawn(*value)) - lines.width() / 2.0).clamp(0.0, self.width - lines.width());
        items.extend(lines.at([left, y], lines.width(), 0.5));
        y + lines.height() + 4.0
    }

    /// Where the bars end that begin at a height.
    fn foot(&self, y: f32) -> f32 {
        y + self.rows.iter().map(|row| row.height).sum::<f32>().max(BAR)
    }

    fn grid(&self, top: f32, foot: f32, items: &mut Vec<Item>) {
        for tick in &self.ticks {
            let (color, width) = if *tick == 0.0 { (ink("ln2"), 1.0) } else { (ink("ln"), 0.75) };
            items.extend(line([self.x(*tick), top], [self.x(*tick), foot + 4.0], color, Pen::plain(width)));
        }
    }

    fn bars(&self, top: f32, items: &mut Vec<Item>) {
        let mut y = top;
        for row in &self.rows {
            let middle = row.middle(y);
            if let Some(heading) = &row.heading {
                // Over the axis, which goes on through all groups.
                let white = Color { rgb: [255; 3], alpha: 1.0 };
                items.extend(heading.with_halo([0.0, y + HEADING], 0.0, 0.0, Some((white, 2.5))));
            }
            items.extend(row.name.at([0.0, middle - row.name.height() / 2.0], 0.0, 0.0));
            let mut from = 0.0;
            for ((value, color), sign) in row.values.iter().zip(self.colors()).zip(self.signs()) {
                let to = from + drawn(*value);
                let (corner, wide) = ([self.x(from), middle - BAR / 2.0], self.x(to) - self.x(from));
                hatch::draw(corner, [wide, BAR], sign, row.color.unwrap_or(color), items);
                from = to;
            }
            y += row.height;
        }
    }

    fn target_line(&self, top: f32, foot: f32, items: &mut Vec<Item>) {
        let Some((_, value)) = &self.chart.target else { return };
        let x = self.x(drawn(*value));
        let pen = Pen { dashes: vec![5.0, 3.0], ..Pen::plain(1.5) };
        items.extend(line([x, top - 3.0], [x, foot + 4.0], ink("core"), pen));
    }

    /// Draws the values, over all lines: that of a whole bar at its end, those of its parts where they have room.
    fn values(&self, top: f32, items: &mut Vec<Item>) {
        let white = Color { rgb: [255; 3], alpha: 1.0 };
        let mut y = top;
        for row in &self.rows {
            let middle = row.middle(y);
            let at = [self.x(bar_length(row.values)) + GAP, middle - row.label.height() / 2.0];
            items.extend(row.label.with_halo(at, 0.0, 0.0, Some((white, 2.0))));
            let parts = row.values.iter().filter(|value| drawn(**value) > 0.0).count();
            // Numbers over stripes and dots are not read.
            if parts > 1 && self.chart.grouping.is_none() {
                self.part_values(row, middle, items);
            }
            y += row.height;
        }
    }

    fn part_values(&self, row: &Row<'_>, middle: f32, items: &mut Vec<Item>) {
        let mut from = 0.0;
        for (value, color) in row.values.iter().zip(self.colors()) {
            let to = from + drawn(*value);
            let look = Look { color: readable_on(color), ..small() };
            let lines = Lines::set(&said(*value, self.decimals), &look, f32::INFINITY);
            let room = self.x(to) - self.x(from);
            if drawn(*value) > 0.0 && lines.width() + GAP <= room {
                let at = [self.x(from), middle - lines.height() / 2.0];
                items.extend(lines.with_halo(at, room, 0.5, Some((color, 1.0))));
            }
            from = to;
        }
    }

    /// Draws the numbers of the axis and its unit; where they end.
    fn axis(&self, foot: f32, items: &mut Vec<Item>) -> f32 {
        let top = foot + GAP;
        let mut below = top;
        // Where numbers are long, not every one finds room.
        let widest = self.ticks.iter().map(|tick| self.tick(*tick).width()).fold(0.0, f32::max) + 2.0 * GAP;
        let apart = self.ticks.get(1).map_or(widest, |step| self.x(*step) - self.left).max(0.1);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few")]
        let every = (widest / apart).ceil().max(1.0) as usize;
        for tick in self.ticks.iter().step_by(every) {
            let lines = self.tick(*tick);
            items.extend(lines.at([self.x(*tick) - lines.width() / 2.0, top], 0.0, 0.0));
            below = below.max(top + lines.height());
        }
        let room = self.left - BESIDE;
        let unit = Lines::set(&joined(&self.chart.unit), &small(), room);
        items.extend(unit.at([0.0, top], room, 1.0));
        below.max(top + unit.height()) + 2.0
    }

    /// The signs of the parts: all whole where none are told.
    fn signs(&self) -> impl Iterator<Item = Sign> + '_ {
        let signs = self.chart.grouping.iter().flat_map(|grouping| grouping.signs.iter().copied());
        signs.chain(std::iter::repeat(Sign::Solid))
    }

    /// The colours of the parts; the last for all that have none.
    fn colors(&self) -> impl Iterator<Item = Color> + '_ {
        let last = self.chart.series.last().map_or_else(|| ink("br"), |series| series.color);
        self.chart.series.iter().map(|series| series.color).chain(std::iter::repeat(last))
    }
}

/// What stands beside a bar and above it.
struct Head<'a> {
    heading: Option<&'a str>,
    name: &'a str,
    color: Option<Color>,
}

/// As many as there are bars.
fn heads(chart: &Chart) -> Vec<Head<'_>> {
    let of_group = |group: &'_ Group| group.bars.len();
    let groups = chart.grouping.as_ref().map(|grouping| grouping.groups.as_slice()).unwrap_or_default();
    if groups.iter().map(of_group).sum::<usize>() != chart.bars.len() || chart.bars.is_empty() {
        return chart.bars.iter().map(|(name, _)| Head { heading: None, name, color: None }).collect();
    }
    let heads = groups.iter().flat_map(|group| {
        group.bars.iter().enumerate().map(|(at, (name, color))| Head {
            heading: (at == 0).then_some(group.name.as_str()),
            name,
            color: Some(*color),
        })
    });
    heads.collect()
}

fn small() -> Look {
    Look { second: None, ..Look::of(Weight::Regular, 10.5, "tx2", Tongue::Both).led(1.25) }
}

fn bar_length(values: &[f64]) -> f64 {
    values.iter().map(|value| drawn(*value)).sum()
}

/// Round numbers from zero to at least a value, whole ones where the values are.
fn ticks(reach: f64, whole: bool) -> Vec<f64> {
    let reach = if reach > 0.0 { reach } else { 1.0 };
    let rough = reach / STEPS;
    let power = 10_f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|part| part * power).find(|step| *step >= rough * 0.999);
    let step = step.unwrap_or(power * 10.0);
    let step = if whole { step.max(1.0) } else { step };
    let count = (reach / step - 1e-9).ceil().max(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few")]
    let count = count as u32;
    (0..=count).map(|tick| f64::from(tick) * step).collect()
}

/// White or dark, whichever is read better on a colour.
fn readable_on(color: Color) -> Color {
    let [red, green, blue] = color.rgb.map(f32::from);
    let is_dark = 0.299 * red + 0.587 * green + 0.114 * blue < 150.0;
    if is_dark { Color { rgb: [255; 3], alpha: 1.0 } } else { ink("tx") }
}

fn line([x, y]: Point, [to_x, to_y]: Point, color: Color, pen: Pen) -> Option<Item> {
    let mut path = PathBuilder::new();
    path.move_to(x, y);
    path.line_to(to_x, to_y);
    Some(Item::Stroke { path: path.finish()?, color, pen })
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::map::place::Box;
    use crate::model::Lang;

    const BLUE: Color = Color { rgb: [30, 79, 163], alpha: 1.0 };
    const SAND: Color = Color { rgb: [194, 124, 0], alpha: 1.0 };

    fn chart(series: &[(&str, Color)], bars: &[(&str, &[f64])], target: Option<(&str, f64)>) -> Chart {
        Chart {
            title: "题\nTitle".to_owned(),
            unit: "个\nunits".to_owned(),
            series: series
                .iter()
                .map(|(name, color)| Series { name: (*name).to_owned(), color: *color })
                .collect(),
            bars: bars.iter().map(|(name, values)| ((*name).to_owned(), values.to_vec())).collect(),
            target: target.map(|(name, value)| (name.to_owned(), value)),
            grouping: None,
        }
    }

    /// Left and right of what is filled with a colour, from the upper to the lower; swatches of the legend left out.
    fn filled(picture: &Picture, color: Color) -> Vec<[f32; 2]> {
        let bar = |item: &Item| match item {
            Item::Fill { path, color: own, .. } if *own == color && path.bounds().height() > 13.0 => {
                Some([path.bounds().left(), path.bounds().right()])
            }
            _ => None,
        };
        picture.items.iter().filter_map(bar).collect()
    }

    fn target_at(picture: &Picture) -> Option<f32> {
        picture.items.iter().find_map(|item| match item {
            Item::Stroke { path, pen, .. } if !pen.dashes.is_empty() => Some(path.bounds().left()),
            _ => None,
        })
    }

    fn near(one: f32, other: f32) -> bool {
        (one - other).abs() < 0.01
    }

    #[test]
    fn bars_are_as_long_as_their_values() {
        let bars: [(&str, &[f64]); 4] = [("甲", &[10.0]), ("乙", &[20.0]), ("丙", &[0.0]), ("丁", &[5.0])];
        let picture = draw(&chart(&[("一", BLUE)], &bars, Some(("目标", 15.0))), 600, Tongue::Only(Lang::Zh));
        let filled = filled(&picture, BLUE);
        let lengths: Vec<f32> = filled.iter().map(|[left, right]| right - left).collect();
        let [ten, twenty, five] = lengths[..] else { panic!("{lengths:?}") };
        assert!(near(twenty, ten * 2.0) && near(five, ten / 2.0), "{lengths:?}");
        assert!(filled.iter().all(|[left, _]| near(*left, filled[0][0])), "{filled:?}");
        // Halfway between the ends of the first two.
        let target = target_at(&picture).expect("a line");
        assert!(near(target, filled[0][0] + ten * 1.5), "{target} {filled:?}");
    }

    #[test]
    fn parts_stand_in_a_row() {
        let series = [("已核实", BLUE), ("未核实", SAND)];
        let picture = draw(&chart(&series, &[("甲", &[3.0, 6.0])], None), 600, Tongue::Only(Lang::Zh));
        let (blue, sand) = (filled(&picture, BLUE)[0], filled(&picture, SAND)[0]);
        assert!(
            near(blue[1], sand[0]) && near(sand[1] - sand[0], (blue[1] - blue[0]) * 2.0),
            "{blue:?} {sand:?}"
        );
    }

    #[test]
    fn ticks_are_round() {
        for (reach, whole, want) in [
            (0.0, true, vec![0.0, 1.0]),
            (3.0, true, vec![0.0, 1.0, 2.0, 3.0]),
            (20.0, true, vec![0.0, 5.0, 10.0, 15.0, 20.0]),
            (21.0, true, vec![0.0, 5.0, 10.0, 15.0, 20.0, 25.0]),
            (0.9, false, vec![0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        ] {
            let ticks = ticks(reach, whole);
            assert_eq!(ticks.len(), want.len(), "{reach}: {ticks:?}");
            assert!(ticks.iter().zip(&want).all(|(tick, want)| (tick - want).abs() < 1e-9), "{ticks:?}");
        }
    }

    pub fn nasty() -> Vec<Chart> {
        let long = "一个名称特别长而且需要换行才能放得下的片区\nAn area whose name is so long that it needs several lines";
        let (one, two) =
            ([("一", BLUE)], [("已核实的单元\nverified", BLUE), ("尚未核实的单元\nnot verified", SAND)]);
        vec![
            chart(
                &one,
                &[(long, &[3.0]), ("零\nzero", &[0.0])],
                Some(("很远的目标\nA target far away", 100.0)),
            ),
            chart(&one, &[("a", &[1_234_567.0]), ("b", &[1.0]), ("c", &[2.0])], Some(("目标\nTarget", 1.0))),
            chart(&two, &[("甲", &[0.0, 0.0]), ("乙", &[0.0, 0.0])], None),
            chart(
                &two,
                &[("甲", &[0.25, 7.5]), (long, &[100.0, 3.0]), ("乙", &[0.0, 0.5])],
                Some(("零\nnone", 0.0)),
            ),
            chart(
                &two,
                &[("甲", &[f64::NAN, f64::NAN]), ("乙", &[f64::INFINITY, 2.0]), ("丙", &[-3.0, 1.0])],
                None,
            ),
            chart(&[], &[], None),
            chart(&[], &[("甲", &[987_654_321.25, 1.5])], None),
            grouped(long, &[("甲", &[2.0, 0.0, 1.0]), ("乙", &[0.0, 0.0, 0.0]), (long, &[0.0, 9.0, 4.0])]),
        ]
    }

    /// Two groups, the first of two bars.
    fn grouped(heading: &str, bars: &[(&str, &[f64])]) -> Chart {
        use crate::report::document::Grouping;
        let series = [("已建成\nbuilt", BLUE), ("建设中\nin progress", BLUE), ("规划\nplanned", BLUE)];
        let group = |bars: &[(&str, &[f64])]| Group {
            name: heading.to_owned(),
            bars: bars.iter().map(|(name, _)| ((*name).to_owned(), SAND)).collect(),
        };
        let signs = vec![Sign::Solid, Sign::Stripes, Sign::Dots];
        let grouping = Grouping { groups: vec![group(&bars[..2]), group(&bars[2..])], signs };
        Chart { grouping: Some(grouping), ..chart(&series, bars, None) }
    }

    fn text_box(item: &Item) -> Option<(String, Box)> {
        let Item::Text(run) = item else { return None };
        let (first, last) = (run.glyphs.first()?, run.glyphs.last()?);
        let right = last.at[0] + last.glyph.advance * run.size;
        let (top, bottom) = (first.at[1] - run.size * 0.75, first.at[1] + run.size * 0.1);
        Some((run.text.clone(), Box { left: first.at[0], top, right, bottom }))
    }

    #[test]
    fn nothing_is_cut_off_and_no_texts_overlap() {
        for (at, chart) in nasty().iter().enumerate() {
            for width in [260, 420, 674] {
                let picture = draw(chart, width, Tongue::Both);
                let sheet = Box {
                    left: 0.0,
                    top: 0.0,
                    right: f32::from(width),
                    bottom: f32::from(picture.size.height),
                };
                let boxes: Vec<_> = picture.items.iter().filter_map(text_box).collect();
                for item in &picture.items {
                    let bounds = match item {
                        Item::Fill { path, .. } | Item::Stroke { path, .. } => path.bounds(),
                        Item::Text(_) => continue,
                    };
                    let bounds = Box {
                        left: bounds.left(),
                        top: bounds.top(),
                        right: bounds.right(),
                        bottom: bounds.bottom(),
                    };
                    assert!(bounds.is_within(&sheet.grown(0.1)), "{at}, {width}: {bounds:?}");
                }
                for (index, (text, one)) in boxes.iter().enumerate() {
                    assert!(
                        one.is_within(&sheet.grown(0.1)),
                        "{at}, {width}: {text} at {one:?} of {sheet:?}"
                    );
                    for (other, two) in &boxes[index + 1..] {
                        assert!(!one.overlaps(two), "{at}, {width}: {text} at {one:?}, {other} at {two:?}");
                    }
                }
            }
        }
    }
}
