//! How does a chart of bars look?
//!
//! In: names, values, a width. Out: a picture on white ground, for print as for screens: legend, bars with their values,
//! a target, an axis from zero. Leaves out: the title, which is a text of the report, and where the numbers come from.

use tiny_skia::{Path, PathBuilder};

use crate::map::color::Color;
use crate::map::frame::{Point, Size};
use crate::map::picture::{About, Item, Pen, Picture};
use crate::map::text::{self, Weight};
use crate::report::document::{Chart, Series, Tongue, grouped};
use crate::report::lines::{Lines, Look, ink, joined};

/// Thickness of a bar, CSS pixels.
const BAR: f32 = 14.0;
/// Room around what stands beside something else.
const GAP: f32 = 6.0;
/// From the names to the axis.
const BESIDE: f32 = 12.0;
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
    name: Lines,
    values: &'a [f64],
    label: Lines,
    height: f32,
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
        let names = chart.bars.iter().map(|(name, _)| natural(name, &name_look));
        let unit = natural(&joined(&chart.unit), &small());
        let most = width * NAMES;
        let names = names.chain([unit]).fold(0.0, f32::max).min(most);
        let row = |(name, values): &'a (String, Vec<f64>)| {
            let total: f64 = values.iter().copied().filter(|value| value.is_finite()).sum();
            let is_known = values.iter().any(|value| value.is_finite());
            let label = said(if is_known { total } else { f64::NAN }, decimals);
            let look = Look { second: None, ..Look::of(Weight::Bold, 11.5, "tx", tongue) };
            let name = Lines::set(name, &name_look, names);
            let height = (name.height() + 8.0).max(BAR + 10.0);
            Row { label: Lines::set(&label, &look, f32::INFINITY), name, values, height }
        };
        let rows: Vec<Row<'a>> = chart.bars.iter().map(row).collect();
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
        const SWATCH: f32 = 10.0;
        if self.chart.series.len() < 2 {
            return 2.0;
        }
        let look = Look::of(Weight::Regular, 11.0, "tx", self.tongue).led(1.2);
        let (mut x, mut y, mut below) = (0.0, 0.0, 0.0_f32);
        for Series { name, color } in &self.chart.series {
            let lines = Lines::set(name, &look, self.width - SWATCH - GAP);
            let wide = SWATCH + GAP + lines.width();
            if x > 0.0 && x + wide > self.width {
                (x, y) = (0.0, below + 4.0);
            }
            let swatch = rectangle(x, y + 2.0, SWATCH, SWATCH);
            items.extend(swatch.map(|path| Item::Fill { path, color: *color, smooth: true }));
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
        let said = said(*value, self.decimals);
        let name = match name.split_once('\n') {
            Some((first, rest)) => format!("{first} {said}\n{rest}"),
            None => format!("{name} {said}"),
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
            let middle = y + row.height / 2.0;
            items.extend(row.name.at([0.0, middle - row.name.height() / 2.0], 0.0, 0.0));
            let mut from = 0.0;
            for (value, color) in row.values.iter().zip(self.colors()) {
                let to = from + drawn(*value);
                let bar = rectangle(self.x(from), middle - BAR / 2.0, self.x(to) - self.x(from), BAR);
                items.extend(bar.map(|path| Item::Fill { path, color, smooth: true }));
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
            let middle = y + row.height / 2.0;
            let at = [self.x(bar_length(row.values)) + GAP, middle - row.label.height() / 2.0];
            items.extend(row.label.with_halo(at, 0.0, 0.0, Some((white, 2.0))));
            if row.values.iter().filter(|value| drawn(**value) > 0.0).count() > 1 {
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

    /// The colours of the parts; the last for all that have none.
    fn colors(&self) -> impl Iterator<Item = Color> + '_ {
        let last = self.chart.series.last().map_or_else(|| ink("br"), |series| series.color);
        self.chart.series.iter().map(|series| series.color).chain(std::iter::repeat(last))
    }
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

fn rectangle(left: f32, top: f32, width: f32, height: f32) -> Option<Path> {
    let rect = tiny_skia::Rect::from_xywh(left, top, width, height).filter(|_| width > 0.0)?;
    Some(PathBuilder::from_rect(rect))
}

fn line([x, y]: Point, [to_x, to_y]: Point, color: Color, pen: Pen) -> Option<Item> {
    let mut path = PathBuilder::new();
    path.move_to(x, y);
    path.line_to(to_x, to_y);
    Some(Item::Stroke { path: path.finish()?, color, pen })
}
