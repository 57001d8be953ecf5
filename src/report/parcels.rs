//! The report on parcels, or features of any other layer, that a query finds: how many, how large, of which kinds, and
//! which.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::ReportError;
use super::document::{Block, Cell, Chart, Column, Document, Section, Series, Table};
use super::maker::Maker;
use crate::geometry::{Bounds, has_area};
use crate::index::IndexedLayer;
use crate::map::color::Color;
use crate::map::style::View;
use crate::model::{Domain, FeatureIx, Field, FieldIx, Incoming, Lang, Layer, Value, ValueKind, Words};
use crate::query::aggregate::{Aggregation, Measure, Row, aggregate};
use crate::query::{self, Page, Query, Selection};
use crate::render::synthetic_notice;

/// Features that a report lists one by one.
const LISTED: u32 = 500;
/// Columns of the list.
const WIDEST: usize = 10;
/// Features that are highlighted on the map.
const HIGHLIGHTED: usize = 500;
/// Values of a field that make a table of groups.
const GROUPS: std::ops::RangeInclusive<usize> = 2..=20;
/// Names of the tables of groups; no more fields than these make one.
const GROUP_TABLES: [&str; 6] = ["groups-1", "groups-2", "groups-3", "groups-4", "groups-5", "groups-6"];
/// Values of a field that bars are parted by.
const PARTS: usize = 8;

const COLORS: [[u8; 3]; PARTS] = [
    [11, 92, 173],
    [46, 139, 110],
    [214, 138, 38],
    [148, 160, 176],
    [160, 74, 120],
    [92, 120, 60],
    [190, 84, 60],
    [80, 80, 150],
];

/// What is asked of the layer.
struct Asked<'a> {
    maker: &'a Maker<'a>,
    indexed: &'a Arc<IndexedLayer>,
    query: &'a Query,
    /// Has a feature of the layer an area?
    has_areas: bool,
}

pub(super) fn compose(
    maker: &Maker<'_>,
    layer: &str,
    query: &Query,
    asked: &[(String, String)],
) -> Result<Document, ReportError> {
    let indexed = maker.catalog.layer(layer).ok_or_else(|| ReportError::NoLayer(layer.to_owned()))?;
    maker.check_day()?;
    let has_areas = indexed.layer().geometries().has_areas();
    let ask = Asked { maker, indexed, query, has_areas };
    let about = &indexed.layer().about;
    let title = Words {
        zh: format!("{}统计", about.title.zh).into(),
        en: format!("{}: what the query finds", about.title.en).into(),
    };
    let found = ask.find()?;
    let fields = ask.group_fields();
    let mut sections = vec![ask.result(found.matched)?];
    for (&(_, field), table) in fields.iter().zip(GROUP_TABLES) {
        sections.push(ask.groups(field, table)?);
    }
    if let [(_, first), (_, second), ..] = fields[..] {
        sections.push(ask.cross(first, second)?);
    }
    sections.push(ask.on_the_map(&found, &title)?);
    sections.push(ask.list(&found));
    let mut head = vec![(maker.pick("图层", "Collection"), format!("{} ({layer})", maker.say(&about.title)))];
    if asked.is_empty() {
        head.push((maker.pick("条件", "Conditions"), maker.pick("无，全部要素", "none, all features")));
    }
    let condition = |name: &str| maker.pick(&format!("条件 {name}"), &format!("Condition {name}"));
    head.extend(asked.iter().map(|(name, value)| (condition(name), value.clone())));
    let banner = about.synthetic.then(|| maker.tongue.tell(|lang| synthetic_notice(lang).to_owned()));
    let name = format!("{layer}-{}-{}", maker.as_of, maker.tongue.name());
    Ok(maker.document(name, maker.say(&title), head, banner, sections))
}

impl<'a> Asked<'a> {
    fn layer(&self) -> &'a Layer {
        self.indexed.layer()
    }

    fn find(&self) -> Result<Selection, ReportError> {
        let query = Query { page: Page { limit: LISTED, offset: 0 }, ..self.query.clone() };
        Ok(query::execute(
            &query::plan(&query, self.indexed, self.maker.budget)?,
            self.indexed,
            self.maker.budget,
        )?)
    }

    /// Fields with a few texts, each in the first language of the report.
    fn group_fields(&self) -> Vec<(FieldIx, &'a Field)> {
        let layer = self.layer();
        let is_grouping =
            |at: FieldIx| matches!(layer.domain(at), Domain::Texts(texts) if GROUPS.contains(&texts.len()));
        layer.schema.fields().filter(|&(at, field)| is_grouping(at) && self.speaks(field)).collect()
    }

    /// Is a field not the name of something in a language that the report does not begin with?
    fn speaks(&self, field: &Field) -> bool {
        let lang = self.maker.tongue.langs()[0];
        let other = Lang::ALL.into_iter().find(|other| *other != lang).unwrap_or_default();
        let stem = field.name.strip_suffix(other.name()).and_then(|stem| stem.strip_suffix('_'));
        stem.is_none_or(|stem| self.layer().schema.find(&format!("{stem}_{}", lang.name())).is_none())
    }

    /// The measures with hectares and mu behind them, where there are any.
    fn with_areas(&self, measures: &str) -> String {
        format!("{measures}{}", if self.has_areas { ",area(ha),area(mu)" } else { "" })
    }

    fn sum(&self, fields: &[&Field], measures: &str) -> Result<query::aggregate::Table, ReportError> {
        let measures = Measure::parse_list(measures).unwrap_or_default();
        let asked = Aggregation {
            select: Query { page: Page::default(), sort: Vec::new(), ..self.query.clone() },
            fields: fields.iter().map(|field| field.name.to_string()).collect(),
            places: None,
            measures,
            having: None,
            sort: Vec::new(),
            page: Page { limit: u32::MAX, offset: 0 },
        };
        Ok(aggregate(&asked, self.indexed, self.maker.budget)?)
    }

    /// How many of the features that match have no area.
    fn without_area(&self) -> Result<usize, ReportError> {
        let query =
            Query { page: Page { limit: u32::MAX, offset: 0 }, sort: Vec::new(), ..self.query.clone() };
        let found = query::execute(
            &query::plan(&query, self.indexed, self.maker.budget)?,
            self.indexed,
            self.maker.budget,
        )?;
        let areal = |ix: &&FeatureIx| self.layer().feature(**ix).geometry().is_some_and(has_area);
        Ok(found.items.len() - found.items.iter().filter(areal).count())
    }

    /// What the numbers must not be taken for.
    fn remarks(&self) -> Result<Vec<String>, ReportError> {
        let maker = self.maker;
        let mut remarks = vec![maker.pick(
            "条件按三值逻辑判断：所问字段为空的要素不算符合。",
            "Conditions follow three-valued logic: a feature whose field is empty does not match.",
        )];
        let without = self.without_area()?;
        if without > 0 {
            remarks.push(maker.pick(
                &format!("其中{without}个要素没有面积（点、线或没有位置），不计入面积。"),
                &format!(
                    "Of these features {without} have no area (points, lines, or no position); areas are those of the others."
                ),
            ));
        }
        let day = maker.catalog.about.data_date;
        if day != Some(maker.as_of) {
            let [zh, en] = day.map_or_else(
                || ["数据所述".to_owned(), "of the data, which states no day".to_owned()],
                |day| [format!("数据日期{day}的"), format!("of the day of the data, {day}")],
            );
            remarks.push(maker.pick(
                &format!("截至日期不筛选要素：状态和各项数字均为{zh}情况。"),
                &format!("The day of the report selects no features: states and numbers are those {en}."),
            ));
        }
        Ok(remarks)
    }

    fn result(&self, matched: u64) -> Result<Section, ReportError> {
        let maker = self.maker;
        let total = self.sum(&[], &self.with_areas("count"))?.total;
        let said = |at: usize, decimals| match number(total.cells.get(at), decimals) {
            Cell::Missing => "—".to_owned(),
            cell => cell.shown(),
        };
        let mut blocks = vec![
            Block::Headline {
                value: said(0, 0), label: maker.pick("符合条件的要素", "features that match")
            },
            Block::Headline {
                value: said(1, 2),
                label: maker.pick("公顷（图形测地面积）", "hectares (geodesic area as drawn)"),
            },
            Block::Headline { value: said(2, 2), label: maker.pick("亩", "mu") },
        ];
        if matched == 0 {
            blocks.push(Block::Text(maker.pick("没有要素符合条件。", "No feature matches.")));
        }
        blocks.push(Block::Notes(self.remarks()?));
        Ok(Section { heading: maker.pick("结论", "Result"), blocks })
    }

    fn title(&self, field: &Field) -> String {
        field.title.as_ref().map_or_else(|| field.name.to_string(), |title| self.maker.say(title))
    }

    fn groups(&self, field: &Field, name: &'static str) -> Result<Section, ReportError> {
        let maker = self.maker;
        let found = self.sum(&[field], &self.with_areas("count,share"))?;
        let mut columns = vec![
            Column { heading: self.title(field), weight: 4, is_number: false },
            maker.numbers("数量", "Count", 2),
            maker.numbers("占比%", "Share, %", 2),
        ];
        if self.has_areas {
            columns.push(maker.numbers("面积（公顷）", "Area, ha", 2));
            columns.push(maker.numbers("面积（亩）", "Area, mu", 2));
        }
        let row = |row: &Row| {
            let mut cells = vec![
                Cell::Text(self.word(field, row.cells.first())),
                number(row.cells.get(1), 0),
                percent(row.cells.get(2)),
            ];
            cells.extend((cells.len()..columns.len()).map(|at| number(row.cells.get(at), 2)));
            cells
        };
        let mut total = row(&found.total);
        total[0] = maker.text("合计", "Total");
        let bars = found
            .groups
            .iter()
            .map(|row| (self.word(field, row.cells.first()), vec![real(row.cells.get(1))]));
        let chart = Chart {
            title: maker.pick(&format!("{}：数量", zh(field)), &format!("{}: count", en(field))),
            unit: maker.pick("个", "features"),
            series: vec![Series { name: String::new(), color: Color { rgb: COLORS[0], alpha: 1.0 } }],
            bars: bars.collect(),
            target: None,
            grouping: None,
        };
        let table = Table {
            name,
            title: maker
                .pick(&format!("{}：数量与面积", zh(field)), &format!("{}: count and area", en(field))),
            rows: found.groups.iter().map(row).collect(),
            columns,
            total: Some(total),
        };
        let heading = maker.pick(&format!("按{}", zh(field)), &format!("By {}", en(field)));
        Ok(Section { heading, blocks: vec![Block::Table(table), Block::Chart(chart)] })
    }

    /// How the values of two fields meet.
    fn cross(&self, first: &Field, second: &Field) -> Result<Section, ReportError> {
        let maker = self.maker;
        let found = self.sum(&[first, second], "count")?;
        // Two codes may have one word.
        let mut counts: BTreeMap<(String, String), f64> = BTreeMap::new();
        for row in &found.groups {
            let [a, b] = [(0, first), (1, second)].map(|(at, field)| self.word(field, row.cells.get(at)));
            *counts.entry((a, b)).or_default() += real(row.cells.get(2));
        }
        let (mut across, mut down) = (self.words(second), self.words(first));
        let count = |a: &str, b: &str| counts.get(&(a.to_owned(), b.to_owned())).copied().unwrap_or(0.0);
        across.retain(|b| down.iter().any(|a| count(a, b) > 0.0));
        down.retain(|a| across.iter().any(|b| count(a, b) > 0.0));
        let sum_of = |a: &str| across.iter().map(|b| count(a, b)).sum::<f64>();
        let heading = maker
            .pick(&format!("{} × {}", zh(first), zh(second)), &format!("{} × {}", en(first), en(second)));
        let mut columns = vec![Column { heading: self.title(first), weight: 3, is_number: false }];
        columns.extend(across.iter().map(|b| Column { heading: b.clone(), weight: 1, is_number: true }));
        columns.push(maker.numbers("合计", "Total", 1));
        let row = |a: &String| {
            let mut row = vec![Cell::Text(a.clone())];
            row.extend(across.iter().map(|b| Cell::Number(count(a, b), 0)));
            row.push(Cell::Number(sum_of(a), 0));
            row
        };
        let mut total = vec![maker.text("合计", "Total")];
        total.extend(across.iter().map(|b| Cell::Number(down.iter().map(|a| count(a, b)).sum(), 0)));
        total.push(Cell::Number(down.iter().map(|a| sum_of(a)).sum(), 0));
        let rows = down.iter().map(row).collect();
        let mut blocks = vec![Block::Table(Table {
            name: "cross",
            title: heading.clone(),
            columns,
            rows,
            total: Some(total),
        })];
        if across.len() <= PARTS && !down.is_empty() {
            blocks.push(Block::Chart(Chart {
                title: heading.clone(),
                unit: maker.pick("个", "features"),
                series: across
                    .iter()
                    .zip(COLORS)
                    .map(|(name, rgb)| Series { name: name.clone(), color: Color { rgb, alpha: 1.0 } })
                    .collect(),
                bars: down
                    .iter()
                    .map(|a| (a.clone(), across.iter().map(|b| count(a, b)).collect()))
                    .collect(),
                target: None,
                grouping: None,
            }));
        }
        Ok(Section { heading, blocks })
    }

    fn word(&self, field: &Field, value: Option<&Incoming<'_>>) -> String {
        match value {
            Some(Incoming::Text(text)) => self.maker.worded(&field.name, text),
            _ => self.maker.pick("未知", "unknown"),
        }
    }

    /// The words for all values of a field, the unknown one last.
    fn words(&self, field: &Field) -> Vec<String> {
        let domain = self.layer().schema.find(&field.name).map(|(at, _)| self.layer().domain(at));
        let texts = if let Some(Domain::Texts(texts)) = domain { &texts[..] } else { &[] };
        let mut words: Vec<String> = Vec::new();
        for word in
            texts.iter().map(|text| self.maker.worded(&field.name, text)).chain([self.word(field, None)])
        {
            if !words.contains(&word) {
                words.push(word);
            }
        }
        words
    }

    fn on_the_map(&self, found: &Selection, title: &Words) -> Result<Section, ReportError> {
        let layer = self.layer();
        let bounds = |ix: &FeatureIx| layer.feature(*ix).geometry()?.window();
        let window = Bounds::around(found.items.iter().filter_map(bounds));
        let id = layer.id.as_str();
        let chosen: Vec<_> = if found.matched == layer.len() as u64 {
            Vec::new()
        } else {
            found.items.iter().take(HIGHLIGHTED).map(|&ix| (id.to_owned(), ix)).collect()
        };
        let is_part = found.matched > HIGHLIGHTED as u64 && !chosen.is_empty();
        let mut blocks = self.maker.maps(View::Parcels, window, title, &chosen.into())?;
        if is_part {
            blocks.push(Block::Text(self.maker.pick(
                &format!("图上标出前{HIGHLIGHTED}个，共{}个。", found.matched),
                &format!("The map marks the first {HIGHLIGHTED} of {}.", found.matched),
            )));
        }
        Ok(Section { heading: self.maker.pick("位置", "On the map"), blocks })
    }

    fn list(&self, found: &Selection) -> Section {
        let (maker, layer) = (self.maker, self.layer());
        let differs = |at: FieldIx| {
            let mut values = found.items.iter().map(|&ix| layer.feature(ix).value(at));
            let first = values.next();
            let is_told = first.is_some_and(|first| !matches!(first, Value::Null));
            values.any(|value| Some(value) != first) || is_told && found.items.len() == 1
        };
        let repeats = |field: &Field| &*field.name == "id" || !field.kind.is_simple();
        let fields: Vec<_> = layer
            .schema
            .fields()
            .filter(|&(at, field)| !repeats(field) && self.speaks(field) && differs(at))
            .take(WIDEST - 1)
            .collect();
        let mut columns = vec![maker.column("标识", "id", 2)];
        columns.extend(fields.iter().map(|(_, field)| {
            let unit = field.unit.as_deref().filter(|&unit| unit != "1");
            let unit = unit.map(|unit| format!(" ({unit})")).unwrap_or_default();
            let is_number = matches!(field.kind, ValueKind::Integer | ValueKind::Real);
            Column { heading: self.title(field) + &unit, weight: 2, is_number }
        }));
        let row = |&ix: &FeatureIx| {
            let feature = layer.feature(ix);
            let mut row = vec![Cell::Text(feature.id().to_string())];
            row.extend(fields.iter().map(|&(at, field)| cell(maker, field, feature.value(at))));
            row
        };
        let table = Table {
            name: "list",
            title: maker.say(&layer.about.title),
            columns,
            rows: found.items.iter().map(row).collect(),
            total: None,
        };
        let mut blocks = Vec::new();
        if found.matched > u64::from(LISTED) {
            blocks.push(Block::Text(maker.pick(
                &format!("下表只列前{LISTED}个，共{}个；全部可从要素接口导出为XLSX或CSV。", found.matched),
                &format!("The table lists the first {LISTED} of {} only; all can be had as XLSX or CSV from the items of the collection.", found.matched),
            )));
        }
        if found.matched > 0 {
            blocks.push(Block::Table(table));
        }
        Section { heading: maker.pick("名单", "List"), blocks }
    }
}

fn zh(field: &Field) -> &str {
    field.title.as_ref().map_or(&field.name, |title| &title.zh)
}

fn en(field: &Field) -> &str {
    field.title.as_ref().map_or(&field.name, |title| &title.en)
}

#[expect(clippy::cast_precision_loss, reason = "counts and sums that are read")]
fn real(value: Option<&Incoming<'_>>) -> f64 {
    match value {
        Some(Incoming::Integer(whole)) => *whole as f64,
        Some(Incoming::Real(real)) => *real,
        _ => 0.0,
    }
}

fn number(value: Option<&Incoming<'_>>, decimals: u8) -> Cell {
    match value {
        Some(Incoming::Integer(_) | Incoming::Real(_)) => Cell::Number(real(value), decimals),
        _ => Cell::Missing,
    }
}

fn percent(value: Option<&Incoming<'_>>) -> Cell {
    match number(value, 1) {
        Cell::Number(share, decimals) => Cell::Number(share * 100.0, decimals),
        other => other,
    }
}

fn cell(maker: &Maker<'_>, field: &Field, value: Value<'_>) -> Cell {
    match value {
        Value::Null => Cell::Missing,
        Value::Bool(true) => maker.text("是", "yes"),
        Value::Bool(false) => maker.text("否", "no"),
        // Without a unit it may be a year or a code, which nobody reads in groups of digits.
        Value::Integer(whole) if field.unit.is_none() => Cell::Digits(whole),
        #[expect(clippy::cast_precision_loss, reason = "a number that is read")]
        Value::Integer(whole) => Cell::Number(whole as f64, 0),
        Value::Real(real) => Cell::Number(real, 2),
        Value::Text(text) => Cell::Text(maker.worded(&field.name, text)),
        Value::Json(text) => Cell::Text(text.to_owned()),
        Value::Date(day) => Cell::Day(day),
        Value::Timestamp(moment) => Cell::Text(moment.to_string()),
    }
}
