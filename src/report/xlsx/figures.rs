//! Charts beside the cells that they draw, and maps.

use rust_xlsxwriter::{
    Chart as Drawn, ChartAxisCrossing, ChartDataLabel, ChartFont, ChartFormat, ChartSolidFill, ChartType,
    Image, Worksheet, XlsxError,
};

use super::tables::{digits, side};
use super::{Book, Formats, LINE, WorkbookError, at, fitting, lines};
use crate::map::picture::Picture;
use crate::map::png;
use crate::report::document::{Chart, joined};

/// Height of a row in pixels, where nothing makes it higher.
const ROW: u32 = 20;
/// Width of a chart in pixels.
const CHART_WIDTH: u32 = 720;
/// Widths of the columns of names and of parts, in characters.
const NAMES: usize = 30;
const SERIES: usize = 16;
/// The greatest width of a map in pixels.
const MAP_WIDTH: u16 = 960;

/// Writes the sheet of charts, where there are any.
pub(super) fn charts(book: &mut Book<'_>, charts: &[&Chart], name: &str) -> Result<(), XlsxError> {
    if charts.is_empty() {
        return Ok(());
    }
    let sheet = book.sheet(name, true)?;
    let formats = Formats::new();
    sheet.set_column_width(0, at(NAMES))?;
    let most = charts.iter().map(|chart| chart.series.len()).max().unwrap_or(0);
    for column in 1..=most {
        sheet.set_column_width(at(column), at(SERIES))?;
    }
    let mut row = 0;
    for chart in charts {
        let last = figures(sheet, chart, row, &formats)?;
        let drawn = drawn(chart, name, row + 2);
        let height = height(chart);
        sheet.insert_chart(row, at(most + 2), &drawn)?;
        row = last.max(row + height.div_ceil(ROW)) + 2;
    }
    Ok(())
}

/// The cells of a chart: its title, the names of its parts, its bars, what is to be reached. The row after them.
fn figures(sheet: &mut Worksheet, chart: &Chart, top: u32, formats: &Formats) -> Result<u32, XlsxError> {
    sheet.write_string_with_format(top, 0, joined(&chart.title), &formats.name.clone().unset_text_wrap())?;
    sheet.write_string_with_format(top + 1, 0, joined(&chart.unit), &formats.head)?;
    let heads = chart.series.iter().map(|part| lines(&part.name, SERIES)).fold(1.0, f64::max);
    sheet.set_row_height(top + 1, heads * LINE)?;
    for (column, part) in chart.series.iter().enumerate() {
        sheet.write_string_with_format(
            top + 1,
            at(column + 1),
            fitting(&part.name),
            &side(&formats.head, true),
        )?;
    }
    let number = formats.text.clone().set_num_format(digits(decimals(chart)));
    let mut row = top + 2;
    let target = chart.target.as_ref().map(|(name, value)| (name, std::slice::from_ref(value)));
    let bars = chart.bars.iter().map(|(name, values)| (name, values.as_slice()));
    for (name, values) in bars.chain(target) {
        sheet.set_row_height(row, lines(name, NAMES) * LINE)?;
        sheet.write_string_with_format(row, 0, fitting(name), &formats.text)?;
        for (column, &value) in values.iter().enumerate().filter(|(_, value)| value.is_finite()) {
            sheet.write_number_with_format(row, at(column + 1), value, &number)?;
        }
        row += 1;
    }
    Ok(row)
}

/// The chart over cells whose first bar is in a row.
fn drawn(chart: &Chart, sheet: &str, first: u32) -> Drawn {
    let is_stacked = chart.series.len() > 1;
    let mut drawn = Drawn::new(if is_stacked { ChartType::BarStacked } else { ChartType::Bar });
    let last = first + u32::try_from(chart.bars.len()).unwrap_or(u32::MAX).saturating_sub(1);
    let digits = digits(decimals(chart));
    for (column, part) in (1..).zip(&chart.series) {
        let [red, green, blue] = part.color.rgb.map(u32::from);
        let fill = ChartSolidFill::new().set_color(red << 16 | green << 8 | blue).clone();
        let series = drawn.add_series();
        series
            .set_categories((sheet, first, 0, last, 0))
            .set_values((sheet, first, column, last, column))
            .set_format(ChartFormat::new().set_solid_fill(&fill))
            .set_gap(50);
        if is_stacked {
            series.set_name((sheet, first - 1, column)).set_overlap(100);
        } else {
            series.set_data_label(ChartDataLabel::new().show_value().set_num_format(&digits));
        }
    }
    // Spreadsheets count bars from below. Turned around, the axis of numbers would stand above them.
    drawn.y_axis().set_reverse().set_crossing(ChartAxisCrossing::Max);
    drawn.x_axis().set_min(0).set_num_format(digits).set_name(&joined(&chart.unit));
    drawn.title().set_name(&titled(chart)).set_font(ChartFont::new().set_size(12));
    if is_stacked {
        drawn.legend().set_position(rust_xlsxwriter::ChartLegendPosition::Bottom);
    } else {
        drawn.legend().set_hidden();
    }
    drawn.set_width(CHART_WIDTH).set_height(height(chart)).set_alt_text(short(chart.described()));
    drawn
}

/// The title with what is to be reached: a line across bars is nothing that spreadsheets draw.
fn titled(chart: &Chart) -> String {
    let title = joined(&chart.title);
    match &chart.target {
        Some((name, value)) => format!("{title} ({}: {value})", joined(name)),
        None => title,
    }
}

fn decimals(chart: &Chart) -> u8 {
    let is_whole = |value: &f64| value.fract() == 0.0;
    u8::from(!chart.bars.iter().flat_map(|(_, values)| values).all(is_whole))
}

fn height(chart: &Chart) -> u32 {
    let lines = chart.bars.iter().map(|(name, _)| name.lines().count().max(1)).sum::<usize>();
    let lines = u32::try_from(lines + chart.bars.len()).unwrap_or(u32::MAX).min(200);
    let legend = if chart.series.len() > 1 { 40 } else { 0 };
    150 + legend + 20 * lines
}

/// Writes the sheet of maps, where there are any; each begins on a page.
pub(super) fn maps(book: &mut Book<'_>, maps: &[(&str, &Picture)], name: &str) -> Result<(), WorkbookError> {
    if maps.is_empty() {
        return Ok(());
    }
    let sheet = book.sheet(name, true)?;
    let formats = Formats::new();
    let mut row = 0;
    let mut breaks = Vec::new();
    for (caption, picture) in maps {
        if row > 0 {
            breaks.push(row);
        }
        sheet.write_string_with_format(row, 0, joined(caption), &formats.heading)?;
        let image = Image::new_from_buffer(&png::write(picture)?)?.set_alt_text(short(joined(caption)));
        let (width, height) = (picture.size.width.max(1), picture.size.height);
        let wide = width.min(MAP_WIDTH);
        let high = f64::from(height) * f64::from(wide) / f64::from(width);
        sheet.insert_image(row + 1, 0, &image.set_scale_to_size(f64::from(wide), high, true))?;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few thousand pixels")]
        let rows = (high / f64::from(ROW)).ceil() as u32;
        row += rows + 3;
    }
    sheet.set_page_breaks(&breaks)?;
    Ok(())
}

/// As much of a description as a workbook takes.
fn short(text: String) -> String {
    const MOST: usize = 255;
    if text.chars().count() <= MOST { text } else { text.chars().take(MOST - 1).chain(['…']).collect() }
}
