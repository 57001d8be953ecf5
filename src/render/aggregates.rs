//! Groups and what is told about them: as JSON, as a page with bars, as plain text, as CSV and as a workbook.
//!
//! In: a [`Table`] and the question it answers. Out: a document that states its rule, what lies in no group and the
//! whole. CSV and workbooks are written by the writers of features, which take the table as a layer.

use std::fmt::Write as _;

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::xlsx::{self, width};
use super::{Cover, RenderError, View, csv};
use crate::geometry::Crs;
use crate::model::{Field, Incoming, Lang, Layer, LayerAbout, ValueKind};
use crate::query::Budget;
use crate::query::aggregate::{Aggregation, Places, Row, Table};

/// A table with the question it answers.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// The question.
    pub asked: &'a Aggregation,
    /// The answer.
    pub table: &'a Table,
    /// Whose features were counted.
    pub layer: &'a Layer,
    /// In which language.
    pub lang: Lang,
}

impl Told<'_> {
    /// What has to be said beside the numbers, by name.
    #[must_use]
    pub fn notes(&self) -> Vec<(&'static str, String)> {
        let lang = self.lang;
        let mut notes = Vec::new();
        let doubt = match &self.asked.places {
            None => false,
            Some(Places::Areas { rule, doubt, .. }) => {
                notes.push(("rule", rule.words().say(lang).to_owned()));
                *doubt
            }
            Some(Places::Bands { doubt, .. }) => {
                let words = lang.pick(
                    "要素计入其最近点到参照要素的椭球面距离所在的区间，含下限，不含上限",
                    "A feature counts in the band of the distance on the ellipsoid from its nearest position, the lower \
                     limit included, the upper not",
                );
                notes.push(("rule", words.to_owned()));
                *doubt
            }
            Some(Places::Stretches(stretches)) => {
                notes.push(("rule", along_rule(stretches.half_width_m(), lang)));
                false
            }
        };
        if doubt {
            let words = lang.pick(
                "“确定”为位置误差之内必然计入的要素数，“可能”另含可能计入者；要素或区域的精度未知时只算作可能",
                "certain counts features that belong there wherever their positional accuracy allows, possible adds \
                 those that may; where the accuracy of a feature or area is unknown, it is possible only",
            );
            notes.push(("accuracy", words.to_owned()));
        }
        if self.table.repeated > 0 {
            let count = self.table.repeated;
            notes.push(("repeated", match lang {
                Lang::Zh => format!("有要素计入多个区域，重复计入共 {count} 次，因此各组之和大于合计"),
                Lang::En => format!("features count in several areas, {count} times beyond the first, so groups add up to more than the total"),
            }));
        }
        if !self.table.empty_listed {
            let words = lang.pick("没有要素的组未列出", "groups without features are not listed");
            notes.push(("empty", words.to_owned()));
        }
        notes
    }

    /// What the table is about, for the writers of layers.
    #[must_use]
    pub fn about(&self) -> LayerAbout {
        self.layer.about.of_table("统计", ": counts")
    }

    /// The name of a file of it.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}-aggregates", self.layer.id)
    }

    /// Groups and what stands beside them as comma-separated values.
    ///
    /// # Errors
    /// Never for tables of aggregates.
    pub fn csv(&self) -> Result<Vec<u8>, RenderError> {
        let made = self.table.to_layer(&self.name(), self.about())?;
        let layer = made.layer();
        Ok(csv::file(layer, self.view(layer)))
    }

    /// Groups and what stands beside them as a workbook, the notes on its second sheet.
    ///
    /// # Errors
    /// A sheet refuses a cell.
    pub fn xlsx(&self, cover: &Cover) -> Result<Vec<u8>, RenderError> {
        let made = self.table.to_layer(&self.name(), self.about())?;
        let layer = made.layer();
        let mut cover = cover.clone();
        cover.conditions.extend(self.notes().into_iter().map(|(name, text)| (name.to_owned(), text)));
        let items: Vec<_> = layer.positions().collect();
        xlsx::file(layer, &items, &self.view(layer), &cover, &Budget::default())
    }

    fn view(&self, layer: &Layer) -> View {
        View { lang: self.lang, geometry: false, ..View::whole(layer, Crs::Crs84) }
    }

    fn title(&self, field: &Field) -> String {
        let title = field.title.as_ref().map_or(&*field.name, |title| title.say(self.lang));
        match field.unit.as_deref().filter(|&unit| unit != "1") {
            Some(unit) => format!("{title} ({})", unit_name(unit, self.lang)),
            None => title.to_owned(),
        }
    }

    fn object(&self, row: &Row, from: usize) -> Value {
        let columns = self.table.columns.iter().zip(&row.cells).skip(from);
        Value::Object(columns.map(|(column, cell)| (column.name.to_string(), plain(cell))).collect())
    }

    /// The document of the resource, without links.
    #[must_use]
    pub fn json(&self) -> Value {
        let table = self.table;
        let columns: Vec<Value> = table
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| {
                let title = column.title.as_ref().map_or(&*column.name, |title| title.say(self.lang));
                let role = if at < table.key_columns { "key" } else { "measure" };
                let mut json =
                    json!({ "name": column.name, "title": title, "type": column.kind.name(), "role": role });
                if let Some(unit) = &column.unit {
                    json["unit"] = (**unit).into();
                }
                json
            })
            .collect();
        let mut document = Map::new();
        let mut set = |name: &str, value: Value| document.insert(name.to_owned(), value);
        set("collection", self.layer.id.as_str().into());
        if self.layer.about.synthetic {
            set("synthetic", true.into());
        }
        if let Some(Places::Areas { rule, .. }) = &self.asked.places {
            set("assign", rule.name().into());
        }
        let notes: Map<String, Value> =
            self.notes().into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect();
        if !notes.is_empty() {
            set("notes", notes.into());
        }
        set("columns", columns.into());
        set("groups", table.groups.iter().map(|row| self.object(row, 0)).collect());
        for (name, row) in [("unassigned", &table.unassigned), ("withoutGeometry", &table.nowhere)] {
            if let Some(row) = row {
                set(name, self.object(row, table.key_columns));
            }
        }
        set("total", self.object(&table.total, table.key_columns));
        set("groupsMatched", table.matched.into());
        set("groupsReturned", table.groups.len().into());
        if self.asked.places.is_some() {
            set("countedAgain", table.repeated.into());
        }
        Value::Object(document)
    }

    /// What stands in the columns of keys of a row that is no group.
    fn rest_name(&self, row: &Row) -> &'static str {
        match row.id.as_str() {
            crate::query::aggregate::UNASSIGNED => self.lang.pick("未归入", "unassigned"),
            crate::query::aggregate::NOWHERE => self.lang.pick("无位置", "without position"),
            _ => self.lang.pick("合计", "total"),
        }
    }

    /// The columns of keys for people: of the names of an area the one in the asked language.
    fn shown_keys(&self) -> Vec<usize> {
        let other = self.lang.pick("area_en", "area_zh");
        (0..self.table.key_columns).filter(|&at| &*self.table.columns[at].name != other).collect()
    }

    /// The groups as a table with bars for the first measure.
    #[must_use]
    pub fn html(&self) -> Markup {
        let (table, lang) = (self.table, self.lang);
        let first = table.key_columns;
        let most = table.groups.iter().filter_map(|row| row.cells[first].number()).fold(0.0, f64::max);
        let length = |row: &Row| match row.cells[first].number() {
            Some(value) if most > 0.0 && value > 0.0 => (value / most * BAR).max(1.0),
            _ => 0.0,
        };
        // An area is known by its name; its id is told to who points at it.
        let mut keys = self.shown_keys();
        let named = keys.len() > 1
            && &*table.columns[0].name == "area"
            && table.columns[keys[1]].name.starts_with("area_");
        if named {
            keys.remove(0);
        }
        let key = |row: &Row, at: usize| match &row.cells[at] {
            Incoming::Null if named && at == keys[0] => self.cell(&row.cells[0]),
            cell => self.cell(cell),
        };
        let id = |row: &Row| named.then(|| short(&row.cells[0]));
        let measures = first + 1..table.columns.len();
        html! {
            @for (_, note) in self.notes() { p.none { (note) } }
            @if self.layer.about.synthetic { (super::html::synthetic_notice(lang)) }
            div.scroll { table {
                thead { tr {
                    @for &at in &keys { th scope="col" { (self.title(&table.columns[at])) } }
                    @if keys.is_empty() { th {} }
                    th.n scope="col" { (self.title(&table.columns[first])) }
                    th aria-hidden="true" {}
                    @for at in measures.clone() { th.n scope="col" { (self.title(&table.columns[at])) } }
                } }
                tbody {
                    @for row in &table.groups { tr title=[id(row)] {
                        @for &at in &keys { td { (key(row, at)) } }
                        @if keys.is_empty() { td {} }
                        td.n { (self.cell(&row.cells[first])) }
                        td { svg width=(BAR) height="12" aria-hidden="true" {
                            rect width=(format!("{:.1}", length(row))) height="12" rx="2" fill="currentColor" opacity="0.55" {}
                        } }
                        @for at in measures.clone() { td.n { (self.cell(&row.cells[at])) } }
                    } }
                }
                tfoot { @for row in table.rest() { tr {
                    th scope="row" colspan=(keys.len().max(1)) { (self.rest_name(row)) }
                    td.n { (self.cell(&row.cells[first])) }
                    td {}
                    @for at in measures.clone() { td.n { (self.cell(&row.cells[at])) } }
                } } }
            } }
        }
    }

    fn cell(&self, cell: &Incoming<'static>) -> Markup {
        match cell {
            Incoming::Null => html! { span.none { "—" } },
            Incoming::Bool(value) => {
                let words = if *value { self.lang.pick("是", "yes") } else { self.lang.pick("否", "no") };
                html! { (words) }
            }
            other => html! { (short(other)) },
        }
    }

    /// The groups as lines of text in columns.
    #[must_use]
    pub fn text(&self) -> String {
        let table = self.table;
        let keys = self.shown_keys();
        let shown: Vec<usize> = keys.iter().copied().chain(table.key_columns..table.columns.len()).collect();
        let line = |row: &Row| shown.iter().map(|&at| short(&row.cells[at])).collect::<Vec<_>>();
        let mut lines: Vec<Vec<String>> =
            vec![shown.iter().map(|&at| self.title(&table.columns[at])).collect()];
        lines.extend(table.groups.iter().map(line));
        // Without keys the one group is the whole.
        for row in table.rest().filter(|_| !keys.is_empty()) {
            let mut line = line(row);
            self.rest_name(row).clone_into(&mut line[0]);
            line[1..keys.len()].iter_mut().for_each(String::clear);
            lines.push(line);
        }
        let widths: Vec<usize> =
            (0..shown.len()).map(|at| lines.iter().map(|line| width(&line[at])).max().unwrap_or(0)).collect();
        let is_number =
            |at: usize| matches!(table.columns[shown[at]].kind, ValueKind::Integer | ValueKind::Real);
        let mut out = String::new();
        for line in &lines {
            let mut cells = Vec::with_capacity(line.len());
            for (at, cell) in line.iter().enumerate() {
                let room = " ".repeat(widths[at] - width(cell));
                cells.push(if is_number(at) { room + cell } else { cell.clone() + &room });
            }
            let _ = writeln!(out, "{}", cells.join("  ").trim_end());
        }
        for (_, note) in self.notes() {
            let _ = writeln!(out, "{note}");
        }
        if table.groups.len() as u64 != table.matched {
            let (shown, matched) = (table.groups.len(), table.matched);
            let _ = match self.lang {
                Lang::Zh => writeln!(out, "列出 {shown} 组，共 {matched} 组"),
                Lang::En => writeln!(out, "{shown} of {matched} groups"),
            };
        }
        if self.layer.about.synthetic {
            let _ = writeln!(out, "{}", super::synthetic_notice(self.lang));
        }
        out
    }
}

/// Length of the longest bar, pixels.
const BAR: f64 = 120.0;

/// In which stretch of a line features count.
fn along_rule(half_width_m: f64, lang: Lang) -> String {
    match lang {
        Lang::Zh => format!(
            "要素计入其在线上最近处的桩距所在的一段（线穿过面时取所穿路段的中点），含起点，不含止点；偏距至多 {half_width_m} 米，\
             超出端点者计入首段或末段，其余未归入；overlap 将面积按各处的桩距分到各段"
        ),
        Lang::En => format!(
            "A feature counts in the one stretch that holds the chainage at which the line is nearest to it (the middle of \
             the way through it, where the line crosses an area), the lower limit included, the upper not; offset is \
             {half_width_m} m at most, what lies beyond an end counts in the first or last stretch, all else is unassigned; \
             overlap shares an area out by the chainage of each part of it"
        ),
    }
}

fn unit_name(unit: &str, lang: Lang) -> &str {
    match unit {
        "m2" => "m²",
        "har" => "ha",
        "[mu]" => lang.pick("亩", "mu"),
        "/km" => lang.pick("个/公里", "per km"),
        other => other,
    }
}

/// A cell as JSON.
pub(super) fn plain(cell: &Incoming<'static>) -> Value {
    match cell {
        Incoming::Null => Value::Null,
        Incoming::Bool(value) => (*value).into(),
        Incoming::Integer(value) => (*value).into(),
        Incoming::Real(value) => (*value).into(),
        Incoming::Text(text) => text.as_ref().into(),
        Incoming::Array(json) | Incoming::Object(json) => serde_json::from_str(json).unwrap_or(Value::Null),
    }
}

/// For people: reals to at most four decimals.
fn short(cell: &Incoming<'_>) -> String {
    match cell {
        Incoming::Null => "—".to_owned(),
        Incoming::Real(real) => {
            let text = format!("{real:.4}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        other => other.to_string(),
    }
}
