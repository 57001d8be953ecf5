//! A made-up report with all that a report may hold, for the tests of the writers.

use tiny_skia::{PathBuilder, Rect};

use super::document::{Block, Cell, Chart, Column, Document, Section, Series, Table, Tongue};
use crate::map::color::Color;
use crate::map::frame::Size;
use crate::map::picture::{About, Item, Picture};
use crate::model::Date;

fn column(heading: String, weight: u8, is_number: bool) -> Column {
    Column { heading, weight, is_number }
}

fn day(text: &str) -> Date {
    Date::parse(text).expect("a day")
}

/// A picture with a bar on it.
pub fn picture(width: u16, height: u16) -> Picture {
    let bar = Rect::from_xywh(10.0, 10.0, f32::from(width) / 2.0, f32::from(height) / 3.0).expect("a bar");
    Picture {
        size: Size { width, height, scale: 2.0 },
        background: Color { rgb: [0xE5, 0xEF, 0xF9], alpha: 1.0 },
        items: vec![Item::Fill { path: PathBuilder::from_rect(bar), color: Color::BLACK, smooth: true }],
        ground: 0,
        about: About { title: "picture".to_owned(), lang: "en", ..About::default() },
        names: Vec::new(),
        links: Vec::new(),
        missing: std::collections::BTreeSet::new(),
    }
}

/// A long table: what looks like markup and like a formula, what is not known, what is zero.
fn long(tongue: Tongue) -> Table {
    let say = |zh: &str, en: &str| tongue.pick(zh, en);
    let mut rows = vec![
        vec![
            Cell::Text("=1+1".to_owned()),
            Cell::Text("<b>&\"说\"</b>, a, b\nsecond, line".to_owned()),
            Cell::Number(1_234_567.891, 1),
            Cell::Missing,
            Cell::Day(day("2025-03-01")),
        ],
        vec![
            Cell::Text(say("未知", "not known")),
            Cell::Missing,
            Cell::Missing,
            Cell::Missing,
            Cell::Missing,
        ],
        vec![
            Cell::Text(say("零", "zero")),
            Cell::Missing,
            Cell::Number(0.0, 0),
            Cell::Number(0.0, 1),
            Cell::Day(day("1890-01-01")),
        ],
    ];
    for number in 4..=66_u8 {
        let long = number.is_multiple_of(9);
        let zh = "园区内企业以智能网联汽车为主，兼有新材料与软件服务，近三年新增研发机构若干家。";
        let en = "Mostly connected cars, with new materials and software services; a few new laboratories in three years.";
        let name =
            if long { "车谷未来科技产业创新孵化园（二期）" } else { "智能制造园" };
        rows.push(vec![
            Cell::Text(say(&format!("{name}{number}"), &format!("Park {number}"))),
            Cell::Text(say(if long { zh } else { "创新单元" }, if long { en } else { "A unit" })),
            Cell::Number(f64::from(number) * 1234.5, 1),
            Cell::Number(f64::from(number) / 3.0, 1),
            Cell::Day(day("2025-12-31")),
        ]);
    }
    Table {
        name: "long",
        title: say("创新单元一览", "Units of innovation"),
        columns: vec![
            column(say("名称", "Name"), 3, false),
            column(say("说明", "About"), 5, false),
            column(say("面积（平方米）", "Floor area (m2)"), 2, true),
            column("占比 (%)".to_owned(), 1, true),
            column(say("日期", "Day"), 2, false),
        ],
        rows,
        total: Some(vec![
            Cell::Text(say("合计", "All")),
            Cell::Missing,
            Cell::Number(4_000_000.5, 1),
            Cell::Number(100.0, 0),
            Cell::Missing,
        ]),
    }
}

fn chart(tongue: Tongue, parts: u8) -> Chart {
    let say = |zh: &str, en: &str| tongue.pick(zh, en);
    let names = [say("已命名", "named"), say("待命名", "to be named")];
    let colors = [[0x0B, 0x5C, 0xAD], [0xC2, 0x7C, 0x00]];
    Chart {
        title: if parts > 1 { say("分轴数量", "Units by axis") } else { say("目标", "Targets") },
        unit: say("个", "units"),
        series: (0..usize::from(parts))
            .map(|at| Series { name: names[at].clone(), color: Color { rgb: colors[at], alpha: 1.0 } })
            .collect(),
        bars: [("东风大道轴", "Dongfeng axis"), ("车城轴", "Car city axis"), ("沌口轴", "Zhuankou axis")]
            .into_iter()
            .zip([12.0, 7.5, 3.0])
            .map(|((zh, en), value)| (say(zh, en), (1..=parts).map(|part| value / f64::from(part)).collect()))
            .collect(),
        target: (parts == 1).then(|| (say("2030年目标", "target of 2030"), 10.0)),
        grouping: None,
    }
}

/// The report.
pub fn specimen(tongue: Tongue) -> Document {
    let say = |zh: &str, en: &str| tongue.pick(zh, en);
    let headline =
        |value: &str, zh: &str, en: &str| Block::Headline { value: value.to_owned(), label: say(zh, en) };
    let short = Table {
        name: "short",
        title: say("按轴", "By axis: [more than thirty-one]"),
        columns: vec![column(say("轴", "Axis"), 1, false), column(say("数量", "Units"), 1, true)],
        rows: vec![vec![Cell::Text(say("东风", "East wind")), Cell::Number(13.0, 0)]],
        total: None,
    };
    Document {
        tongue,
        name: "specimen".to_owned(),
        title: say("中国车谷创新空间报告", "Innovation space of the car valley"),
        as_of: day("2025-06-30"),
        facts: vec![
            (say("范围", "Extent"), say("经开区全域", "the whole zone")),
            (say("数据日期", "Date of the data"), "2025-06-30".to_owned()),
        ],
        banner: Some(say("虚拟数据：为演示而生成 & 不是现状。", "Synthetic data: made up & not present.")),
        footer: say("来源：车谷创新空间规划。仅供内部使用。", "Source: plan of the car valley. Internal."),
        sections: vec![
            Section {
                heading: say("概况", "Overview"),
                blocks: vec![
                    headline("13", "已命名单元", "named units, all"),
                    headline("331", "地块", "parcels"),
                    headline("1,234.5", "公顷", "hectares"),
                    Block::Text(say(
                        "本报告说明“创新单元”的位置与数量。",
                        "This report tells where units are.",
                    )),
                    Block::Notes(vec![
                        say("单位为个。", "Counted, not measured."),
                        say("未知不等于零。", "Not known is not zero."),
                    ]),
                    Block::Chart(chart(tongue, 2)),
                    Block::Chart(chart(tongue, 1)),
                ],
            },
            Section {
                heading: say("单元", "Units one by one"),
                blocks: vec![Block::Table(long(tongue)), Block::Table(short)],
            },
            Section {
                heading: say("地图", "Map"),
                blocks: vec![Block::Map {
                    caption: say("单元的位置", "Where the units are"),
                    picture: Box::new(picture(600, 400)),
                }],
            },
        ],
    }
}
