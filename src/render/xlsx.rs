//! Features as a workbook (Office Open XML) for people who work in spreadsheets.
//!
//! In: features. Out: a sheet with one row a feature, titles and units in the language of the request, and a sheet
//! of notes: where the rows come from, which of how many they are, their date, system, source, licence, and what
//! each column is and each code stands for. Leaves out: pictures and formulas; a text that looks like a formula is a text.
//!
//! A cell holds what its value is: numbers (a whole number of more than 15 digits is text, because spreadsheets
//! count in doubles), true or false, days and moments (UTC) with a date format, nothing for null. Days before
//! 1900-03-01, which spreadsheets count wrongly, are text.

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, Worksheet, XlsxError};

use super::figures::{in_axes, wkt};
use super::table::{Table, text};
use super::{Cover, RenderError, View, synthetic_notice};
use crate::geometry::GeometryKind;
use crate::model::{FeatureIx, Lang, Layer, Value};
use crate::query::Budget;

/// The most characters of a cell.
pub(crate) const LONGEST_TEXT: usize = 32_767;
/// The most rows of a sheet, its head left out.
pub const MOST_ROWS: usize = 1_048_575;
/// Day number of 1970-01-01.
pub(crate) const EPOCH: f64 = 25_569.0;
/// Day number of 1900-03-01, from which on day numbers are right.
pub(crate) const FIRST_DAY: f64 = 61.0;
/// Whole numbers up to this have a cell of their own digits.
pub(crate) const MOST_DIGITS: i64 = 999_999_999_999_999;
/// Widths of columns in characters.
const NARROWEST: usize = 6;
const WIDEST: usize = 60;

/// The workbook of some features.
///
/// # Errors
/// The budget is spent, or a sheet refuses a cell.
pub fn file(
    layer: &Layer,
    items: &[FeatureIx],
    view: &View,
    cover: &Cover,
    budget: &Budget,
) -> Result<Vec<u8>, RenderError> {
    let mut book = Book::new(layer, view);
    let mut workbook = Workbook::new();
    if let Some(made_at) = cover.made_at {
        let moment = ExcelDateTime::from_timestamp(made_at.microseconds() / 1_000_000).map_err(refused)?;
        let title = layer.about.title.say(view.lang);
        workbook.set_properties(&DocProperties::new().set_title(title).set_creation_datetime(&moment));
    }
    let sheet = workbook.add_worksheet();
    let notes = view.lang.pick("说明", "Notes");
    sheet.set_name(sheet_name(layer, view.lang, notes)).map_err(refused)?;
    book.head(sheet).map_err(refused)?;
    for (at, &ix) in items.iter().enumerate() {
        if at % 256 == 0 {
            budget.check()?;
        }
        let row = u32::try_from(at + 1).unwrap_or(u32::MAX);
        book.row(sheet, row, layer, ix).map_err(refused)?;
    }
    book.dress(sheet, items.len()).map_err(refused)?;
    budget.check()?;
    let sheet = workbook.add_worksheet();
    sheet.set_name(notes).map_err(refused)?;
    book.notes(sheet, layer, cover).map_err(refused)?;
    workbook.save_to_buffer().map_err(refused)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape that map_err takes")]
fn refused(fault: XlsxError) -> RenderError {
    RenderError::Refused { format: "xlsx", fault: fault.to_string() }
}

/// The title of a layer as far as it may name a sheet: 31 characters, without `[]:*?/\`, no apostrophe at its ends,
/// not the name of another.
fn sheet_name(layer: &Layer, lang: Lang, notes: &str) -> String {
    let usable = |text: &str| {
        let kept: String =
            text.chars().filter(|c| !"[]:*?/\\'".contains(*c) && !c.is_control()).take(31).collect();
        let kept = kept.trim().to_owned();
        let is_taken = [notes, "History", ""].iter().any(|taken| taken.eq_ignore_ascii_case(&kept));
        (!is_taken).then_some(kept)
    };
    usable(layer.about.title.say(lang))
        .or_else(|| usable(layer.id.as_str()))
        .unwrap_or_else(|| "Data".to_owned())
}

/// How many columns of a fixed font a text takes: a Chinese, Japanese or Korean character takes two.
pub(crate) fn width(text: &str) -> usize {
    let wide = |c: char| {
        matches!(c, '\u{1100}'..='\u{115F}' | '\u{2E80}'..='\u{A4CF}' | '\u{AC00}'..='\u{D7A3}' | '\u{F900}'..='\u{FAFF}'
            | '\u{FE30}'..='\u{FE6F}' | '\u{FF00}'..='\u{FF60}' | '\u{FFE0}'..='\u{FFE6}' | '\u{1F300}'..='\u{1FAFF}'
            | '\u{20000}'..='\u{3FFFD}')
    };
    let line = |line: &str| line.chars().map(|c| if wide(c) { 2 } else { 1 }).sum();
    text.lines().map(line).max().unwrap_or(0)
}

struct Book<'a> {
    view: &'a View,
    table: Table,
    has_points: bool,
    widths: Vec<usize>,
    bold: Format,
    day: Format,
    moment: Format,
    /// Texts that no cell holds, by column.
    too_long: u64,
}

impl<'a> Book<'a> {
    fn new(layer: &Layer, view: &'a View) -> Self {
        let table = Table::new(layer, view);
        let has_points = view.geometry && layer.geometries().kinds().contains(&GeometryKind::Point);
        Self {
            view,
            has_points,
            widths: vec![NARROWEST; table.columns.len() + 3],
            table,
            bold: Format::new().set_bold(),
            day: Format::new().set_num_format("yyyy-mm-dd"),
            moment: Format::new().set_num_format("yyyy-mm-dd hh:mm:ss"),
            too_long: 0,
        }
    }

    fn headings(&self) -> Vec<String> {
        let lang = self.view.lang;
        let mut headings: Vec<_> = self.table.columns.iter().map(|column| column.heading(lang)).collect();
        if self.has_points {
            let unit = if self.view.crs.is_geographic() { "deg" } else { "m" };
            headings.extend(self.view.crs.axis_names().map(|axis| {
                let name = match axis {
                    "longitude" => lang.pick("经度", axis),
                    "latitude" => lang.pick("纬度", axis),
                    "easting" => lang.pick("东坐标", axis),
                    _ => lang.pick("北坐标", axis),
                };
                format!("{name} ({unit})")
            }));
        }
        if self.view.geometry {
            headings.push(lang.pick("几何", "geometry").to_owned());
        }
        headings
    }

    fn head(&mut self, sheet: &mut Worksheet) -> Result<(), XlsxError> {
        for (at, heading) in self.headings().iter().enumerate() {
            sheet.write_string_with_format(0, column(at), heading, &self.bold)?;
            // The arrow of the filter takes room too.
            self.widen(at, width(heading) + 3);
        }
        Ok(())
    }

    fn widen(&mut self, at: usize, width: usize) {
        self.widths[at] = self.widths[at].max(width).min(WIDEST);
    }

    fn row(
        &mut self,
        sheet: &mut Worksheet,
        row: u32,
        layer: &Layer,
        ix: FeatureIx,
    ) -> Result<(), XlsxError> {
        for at in 0..self.table.columns.len() {
            let value = self.table.columns[at].value(layer, ix);
            self.value(sheet, row, at, value)?;
        }
        if !self.view.geometry {
            return Ok(());
        }
        let view = self.view;
        let mut at = self.table.columns.len();
        view.draw(layer, ix, |shape| {
            let Some(shape) = shape else { return Ok(()) };
            if self.has_points {
                let point = Some(shape).filter(|shape| shape.kind() == GeometryKind::Point);
                if let Some(run) = point.and_then(|shape| shape.parts().next()?.runs().next()) {
                    for (axis, coordinate) in in_axes(view.crs, &run, 0).into_iter().enumerate() {
                        self.value(sheet, row, at + axis, Value::Real(coordinate))?;
                    }
                }
                at += 2;
            }
            let mut figures = Vec::new();
            wkt(&mut figures, shape, view.crs);
            self.string(sheet, row, at, &String::from_utf8_lossy(&figures))
        })
    }

    fn value(
        &mut self,
        sheet: &mut Worksheet,
        row: u32,
        at: usize,
        value: Value<'_>,
    ) -> Result<(), XlsxError> {
        let Some(written) = text(value) else { return Ok(()) };
        match value {
            Value::Bool(truth) => sheet.write_boolean(row, column(at), truth).map(drop)?,
            #[expect(clippy::cast_precision_loss, reason = "of at most 15 digits")]
            Value::Integer(whole) if whole.abs() <= MOST_DIGITS => {
                sheet.write_number(row, column(at), whole as f64).map(drop)?;
            }
            Value::Real(real) => sheet.write_number(row, column(at), real).map(drop)?,
            Value::Date(day) if f64::from(day.days()) + EPOCH >= FIRST_DAY => {
                let number = f64::from(day.days()) + EPOCH;
                sheet.write_number_with_format(row, column(at), number, &self.day).map(drop)?;
            }
            #[expect(clippy::cast_precision_loss, reason = "microseconds of a century have 52 bits")]
            Value::Timestamp(moment) if moment.microseconds() as f64 / 86_400e6 + EPOCH >= FIRST_DAY => {
                let number = moment.microseconds() as f64 / 86_400e6 + EPOCH;
                sheet.write_number_with_format(row, column(at), number, &self.moment).map(drop)?;
            }
            _ => return self.string(sheet, row, at, &written),
        }
        self.widen(at, width(&written) + 1);
        Ok(())
    }

    fn string(&mut self, sheet: &mut Worksheet, row: u32, at: usize, text: &str) -> Result<(), XlsxError> {
        // Excel counts UTF-16 units.
        if text.encode_utf16().count() > LONGEST_TEXT {
            self.too_long += 1;
            return Ok(());
        }
        sheet.write_string(row, column(at), text)?;
        let is_geometry = self.view.geometry && at + 1 == self.headings_count();
        self.widen(at, if is_geometry { NARROWEST * 3 } else { width(text) + 1 });
        Ok(())
    }

    fn headings_count(&self) -> usize {
        self.table.columns.len() + if self.has_points { 2 } else { 0 } + usize::from(self.view.geometry)
    }

    /// Head frozen and with filters, columns as wide as what they hold.
    fn dress(&self, sheet: &mut Worksheet, rows: usize) -> Result<(), XlsxError> {
        sheet.set_freeze_panes(1, 0)?;
        let last = column(self.headings_count().saturating_sub(1));
        sheet.autofilter(0, 0, u32::try_from(rows).unwrap_or(u32::MAX).max(1), last)?;
        for (at, &width) in self.widths.iter().enumerate().take(self.headings_count()) {
            sheet.set_column_width(column(at), u16::try_from(width).unwrap_or(u16::MAX))?;
        }
        Ok(())
    }

    fn notes(&self, sheet: &mut Worksheet, layer: &Layer, cover: &Cover) -> Result<(), XlsxError> {
        let lang = self.view.lang;
        let yes = |zh: &'static str, en: &'static str| lang.pick(zh, en).to_owned();
        let mut rows = vec![
            (yes("要素集", "Collection"), format!("{} ({})", layer.about.title.say(lang), layer.id)),
            (yes("请求", "Request"), cover.request.clone()),
        ];
        rows.extend(
            cover
                .conditions
                .iter()
                .map(|(name, value)| (format!("{} {name}", lang.pick("条件", "Condition")), value.clone())),
        );
        rows.push((yes("行", "Rows"), cover.range(lang)));
        if let Some(day) = cover.data_date {
            rows.push((yes("数据日期", "Data date"), day.to_string()));
        }
        if let Some(moment) = cover.made_at {
            rows.push((yes("制作时间（UTC）", "Made at (UTC)"), moment.to_string()));
        }
        rows.push((yes("坐标参考系", "Coordinate reference system"), self.view.crs.to_string()));
        for (name, text) in [
            (yes("来源", "Source"), &*cover.attribution),
            (yes("许可", "Licence"), layer.about.licence.as_deref().unwrap_or(&cover.licence)),
        ] {
            if !text.is_empty() {
                rows.push((name, text.to_owned()));
            }
        }
        if layer.about.synthetic {
            rows.push((yes("注意", "Notice"), synthetic_notice(lang).to_owned()));
        }
        if self.too_long > 0 {
            let most = format!(
                "{} ({LONGEST_TEXT})",
                lang.pick("超过单元格字数上限而留空", "left empty, longer than a cell holds")
            );
            rows.push((yes("未写入的单元格", "Cells not written"), format!("{}: {most}", self.too_long)));
        }
        rows.push((String::new(), String::new()));
        rows.push((yes("列", "Column"), yes("字段名，类型，单位", "name of the field, kind, unit")));
        for column in &self.table.columns {
            let unit = column.unit.as_deref().map_or(String::new(), |unit| format!(", {unit}"));
            rows.push((column.heading(lang), format!("{}, {}{unit}", column.name, column.kind.name())));
        }
        if !cover.codes.is_empty() {
            rows.push((String::new(), String::new()));
            rows.push((yes("代码", "Code"), yes("含义", "what it stands for")));
            rows.extend(cover.codes.iter().cloned());
        }
        for (row, (name, text)) in (0..).zip(&rows) {
            sheet.write_string_with_format(row, 0, name, &self.bold)?;
            let text: String = text.chars().take(LONGEST_TEXT / 2).collect();
            sheet.write_string(row, 1, text)?;
        }
        let widest = rows.iter().map(|(name, _)| width(name)).max().unwrap_or(0);
        sheet.set_column_width(0, u16::try_from(widest + 2).unwrap_or(u16::MAX))?;
        sheet.set_column_width(1, 100)?;
        Ok(())
    }
}

fn column(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chinese_character_is_as_wide_as_two() {
        for (text, want) in
            [("abc", 3), ("容积率", 6), ("用地面积 (m2)", 13), ("", 0), ("两行\nx", 4), ("，", 2)]
        {
            assert_eq!(width(text), want, "{text}");
        }
    }
}
