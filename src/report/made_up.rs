//! A report by hand, for tests.

use std::collections::BTreeSet;

use crate::map::color::Color;
use crate::map::frame::Size;
use crate::map::picture::{About, Item, Picture};
use crate::map::text::Weight;
use crate::model::{Date, Lang};
use crate::report::document::{Block, Cell, Chart, Column, Document, Section, Series, Table, Tongue};
use crate::report::grid::{area, rule};
use crate::report::lines::{Lines, Look, ink};

/// A map by hand: a line that reaches far beyond its edges, and a name.
fn map() -> Picture {
    let look = Look::of(Weight::Bold, 20.0, "core", Tongue::Both);
    let mut items: Vec<Item> = rule(200.0, 4000.0, ink("axis"), 6.0).into_iter().collect();
    items.extend(area([-900.0, 300.0, 2000.0, 1000.0], ink("water")));
    items.extend(Lines::set("车谷创新核心区", &look, 400.0).at([380.0, 120.0], 0.0, 0.0));
    Picture {
        size: Size { width: 1000, height: 620, scale: 1.0 },
        background: ink("land"),
        items,
        ground: 0,
        about: About::default(),
        names: Vec::new(),
        missing: BTreeSet::new(),
    }
}

/// A table of so many rows, some of them with long texts.
pub fn table(tongue: Tongue, rows: usize) -> Table {
    let column =
        |zh: &str, en: &str, weight, is_number| Column { heading: tongue.pick(zh, en), weight, is_number };
    let row = |number: usize| {
        let long =
            "，毗邻轨道交通站点，配套研发办公、中试厂房与人才公寓（含“共享实验室”）；证据见公开文件第12页。"
                .repeat(number % 4);
        vec![
            Cell::Text(format!("SYNTH-PARCEL-2025-{number:06}")),
            Cell::Text(tongue.pick(
                &format!("第{number}号地块{long}"),
                &format!(
                    "Parcel no. {number} of the innovation belt, {}",
                    "close to a metro station; ".repeat(number % 3)
                ),
            )),
            Cell::Text(tongue.pick("智能网联汽车", "intelligent connected vehicles")),
            Cell::Number(1234.5 * f64::from(u32::try_from(number).expect("small")), 1),
            if number.is_multiple_of(7) { Cell::Missing } else { Cell::Day(Date::from_days(20_000)) },
        ]
    };
    Table {
        name: "parcels",
        title: tongue.pick("全部地块", "All parcels"),
        columns: vec![
            column("编号", "Id", 2, false),
            column("名称与说明", "Name and remarks", 5, false),
            column("产业", "Industry", 2, false),
            column("面积（平方米）", "Area (m²)", 1, true),
            column("核对日期", "Checked", 1, false),
        ],
        rows: (1..=rows).map(row).collect(),
        total: Some(vec![
            Cell::Text(tongue.pick("合计", "Total")),
            Cell::Missing,
            Cell::Missing,
            Cell::Number(3_456_789.0, 1),
            Cell::Missing,
        ]),
    }
}

fn chart(tongue: Tongue) -> Chart {
    let bar = |zh: &str, en: &str, values: [f64; 2]| (tongue.pick(zh, en), values.to_vec());
    Chart {
        title: tongue.pick("各片区的命名单元", "Named units by area"),
        unit: tongue.pick("个", "units"),
        series: vec![
            Series {
                name: tongue.pick("已核实", "verified"),
                color: Color::parse("#1E4FA3").expect("a colour"),
            },
            Series {
                name: tongue.pick("未核实", "not verified"),
                color: Color::parse("#C27C00").expect("a colour"),
            },
        ],
        bars: vec![
            bar("车谷创新核心区", "Chegu Innovation Core", [7.0, 2.0]),
            bar("沌口", "Zhuankou", [0.0, 0.0]),
            bar(
                "一个名称特别长而且需要换行才能放得下的片区",
                "An area whose name is so long that it needs several lines",
                [3.0, 11.0],
            ),
        ],
        target: Some((tongue.pick("2027年目标", "Target for 2027"), 20.0)),
    }
}

/// A report of everything.
pub fn document(tongue: Tongue) -> Document {
    let say = |zh: &str, en: &str| tongue.pick(zh, en);
    let prose = ("本报告按公开文件中的定义逐项统计，每个数字都能追溯到文件、页码与条款；没有证据的数字不出现。".repeat(4),
        "Each number of this report is counted by the definitions of the published documents and can be traced to document, page and clause. ".repeat(4));
    let headline =
        |value: &str, zh: &str, en: &str| Block::Headline { value: value.to_owned(), label: say(zh, en) };
    let facts = [
        ("数据截止", "As of", "2025-06-30", "2025-06-30"),
        ("修订", "Revision", "8c1f-2f77-41aa", "8c1f-2f77-41aa"),
        (
            "统计规则",
            "Rule",
            "每个单元只计一次；位于边界上的单元计入所有接触的片区。",
            "Each unit counts once; a unit on a border counts in every area that it touches.",
        ),
    ];
    let section = |zh: &str, en: &str, blocks| Section { heading: say(zh, en), blocks };
    Document {
        tongue,
        name: "indicators".to_owned(),
        title: say("武汉经开区创新空间指标报告", "Indicators of the innovation space of the Wuhan EDZ"),
        as_of: Date::parse("2025-06-30").expect("a day"),
        facts: facts.map(|(zh, en, value, other)| (say(zh, en), say(value, other))).to_vec(),
        banner: Some(say(
            "本报告含虚构的地块数据，不得用于决策。",
            "This report holds made-up parcels and must not be used for decisions.",
        )),
        footer: say(
            "数据：武汉经开区公开文件；地图数据 © OpenStreetMap 贡献者（ODbL） · 内部使用",
            "Data: published documents of the Wuhan EDZ; map data © OpenStreetMap contributors (ODbL) · internal",
        ),
        sections: vec![
            section(
                "概况",
                "Overview",
                vec![
                    headline("13", "已命名的单元", "named units, all"),
                    headline("331", "企业", "companies"),
                    headline("55.4", "平方公里", "square kilometres"),
                    Block::Text(say(&prose.0, &prose.1)),
                    Block::Notes(vec![say("短注。", "A short note."), say(&prose.0, &prose.1)]),
                ],
            ),
            section("图表", "Charts", vec![Block::Chart(chart(tongue))]),
            section("明细", "Details", vec![Block::Table(table(tongue, 70)), Block::Table(table(tongue, 2))]),
            section(
                "地图",
                "Map",
                vec![Block::Map { caption: say("示意图。", "Schematic."), picture: Box::new(map()) }],
            ),
        ],
    }
}

/// All of them.
pub const TONGUES: [Tongue; 3] = [Tongue::Only(Lang::Zh), Tongue::Only(Lang::En), Tongue::Both];
