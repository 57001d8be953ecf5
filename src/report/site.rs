//! The report on one place: what the plan and the layers say of it, and for a block what it holds.

use super::ReportError;
use super::document::{Block, Cell, Chart, Document, Section, Series, Table};
use super::maker::{Maker, widened};
use super::sheet;
use crate::geometry::{GeometryRef, Network, Shape};
use crate::map::color::Color;
use crate::map::style::View;
use crate::model::plan::{self, PlanFacts};
use crate::model::{FeatureRef, Layer, Place, Value, Words};
use crate::register::block::{self, Member, Sheet, Standing};
use crate::register::say;
use crate::register::{self, clauses};

pub(super) fn compose(
    maker: &Maker<'_>,
    network: Option<&Network>,
    id: &str,
) -> Result<Document, ReportError> {
    let facts = maker.catalog.plan.as_ref();
    maker.check_day()?;
    let subjects = [sheet::Subject::find(maker.catalog, id)?];
    let [subject] = &subjects;
    let place = subject.place;
    let feature = subject.member.as_ref().map(|member| (member.indexed.layer(), member.ix));
    let name = subject.name();
    let walks = sheet::walks(maker, network, &subjects)?;
    let mut sections = vec![Section {
        heading: maker.pick("一览", "At a glance"),
        blocks: vec![
            Block::Table(sheet::table(maker, &subjects, &walks)),
            Block::Notes(vec![sheet::straight(maker)]),
        ],
    }];
    sections.extend(walks.section(maker, std::slice::from_ref(&name)));
    if let (Some(facts), Some(place)) = (facts, place) {
        sections.push(in_the_plan(maker, facts, place));
    }
    if let Some((layer, ix)) = feature {
        sections.push(on_the_ground(maker, layer, layer.feature(ix)));
    } else {
        let text = maker.pick("没有图层给出它的位置。", "No layer has a position for it.");
        sections.push(Section { heading: maker.pick("位置", "Position"), blocks: vec![Block::Text(text)] });
    }
    if let (Some(facts), Some(place)) = (facts, place) {
        if let Some(sheet) = block::sheet(maker.catalog, facts, &place.id) {
            sections.extend(sheet_sections(maker, &sheet));
        }
        sections.extend(members(maker, facts, &place.id));
    }
    if let Some((layer, ix)) = feature.filter(|(layer, ix)| layer.feature(*ix).geometry().is_some()) {
        let chosen = vec![(layer.id.as_str().to_owned(), ix)];
        let window = layer.feature(ix).geometry().and_then(GeometryRef::window).map(widened);
        let blocks = maker.maps(View::Explore, window, &name, &chosen.into())?;
        sections.push(Section { heading: maker.pick("位置图", "Map"), blocks });
    }
    let banner = sheet::banner(maker, &subjects);
    let head = vec![(maker.pick("标识", "Id"), id.to_owned())];
    let file = format!("site-{}-{}-{}", id.replace(':', "-"), maker.as_of, maker.tongue.name());
    let file = file.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
    Ok(maker.document(file, maker.say(&name), head, banner, sections))
}

/// A table of names and values.
fn pairs(maker: &Maker<'_>, name: &'static str, title: String, rows: Vec<(String, Cell)>) -> Block {
    Block::Table(Table {
        name,
        title,
        columns: vec![maker.column("项目", "Item", 2), maker.column("内容", "Value", 5)],
        rows: rows.into_iter().map(|(name, value)| vec![Cell::Text(name), value]).collect(),
        total: None,
    })
}

fn in_the_plan(maker: &Maker<'_>, facts: &PlanFacts, place: &Place) -> Section {
    let mut rows = vec![
        (maker.pick("名称", "Name"), maker.words(&place.name)),
        (maker.pick("类别", "Kind"), maker.words(&say::kind_of(facts, place))),
        (
            maker.pick("规划所述状态", "State as the plan speaks of it"),
            place.status.map_or(Cell::Missing, |status| {
                let inferred = place.status_inferred;
                let Words { zh, en } = say::status(status);
                maker.text(
                    &format!("{zh}{}", if inferred { "（推断）" } else { "" }),
                    &format!("{en}{}", if inferred { " (inferred)" } else { "" }),
                )
            }),
        ),
        (
            maker.pick("所属", "Within"),
            place.within.as_deref().map_or(Cell::Missing, |id| maker.words(&register::name(facts, id))),
        ),
        (
            maker.pick("产业", "Industries"),
            list(
                place
                    .industries
                    .iter()
                    .filter_map(|id| facts.industry(id))
                    .map(|industry| maker.say(&industry.name).replace('\n', " ")),
            ),
        ),
        (maker.pick("别名", "Other names"), list(place.aliases.iter().map(ToString::to_string))),
        (
            maker.pick("事实", "Facts"),
            list(place.facts.iter().map(|fact| format!("{} {} {}", fact.name, fact.relation, fact.value))),
        ),
        (maker.pick("规划章节", "Sections of the plan"), Maker::cited(&place.citations)),
    ];
    if let Some(block) = facts.blocks.iter().find(|block| block.id == place.id) {
        rows.extend(of_block(maker, facts, block));
    }
    rows.retain(|(_, value)| *value != Cell::Missing);
    let heading = maker.pick("规划所述", "In the plan");
    Section { blocks: vec![pairs(maker, "plan", heading.clone(), rows)], heading }
}

/// What the plan says of a block beside its contents and edges.
fn of_block(maker: &Maker<'_>, facts: &PlanFacts, block: &plan::Block) -> Vec<(String, Cell)> {
    let party = |id: &str| match id {
        "government" => maker.pick("政府", "government"),
        "enterprise" => maker.pick("企业", "enterprises"),
        "private-capital" => maker.pick("社会资本", "private capital"),
        other => other.to_owned(),
    };
    vec![
        (
            maker.pick("所处", "Situation"),
            block.situation.as_ref().map_or(Cell::Missing, |words| maker.words(words)),
        ),
        (
            maker.pick("核心", "Core site"),
            block.core_site.as_ref().map_or(Cell::Missing, |id| maker.words(&register::name(facts, id))),
        ),
        (
            maker.pick("投资方", "Investors"),
            list(block.investors.iter().map(|id| party(id).replace('\n', " "))),
        ),
        (
            maker.pick("引入", "Draws in"),
            block.draws_in.as_deref().map_or(Cell::Missing, |id| Cell::Text(party(id))),
        ),
        (
            maker.pick("配套", "Complement"),
            block.complement.as_ref().map_or(Cell::Missing, |words| maker.words(words)),
        ),
        (maker.pick("构成总数", "Components in all"), block.components.map_or(Cell::Missing, Maker::number)),
        (maker.pick("街区的章节", "Sections on the block"), Maker::cited(&block.citations)),
    ]
}

fn list(texts: impl Iterator<Item = String>) -> Cell {
    let texts: Vec<_> = texts.collect();
    if texts.is_empty() { Cell::Missing } else { Cell::Text(texts.join("; ")) }
}

fn on_the_ground(maker: &Maker<'_>, layer: &Layer, feature: FeatureRef<'_>) -> Section {
    let mut rows = vec![(maker.pick("图层", "Collection"), maker.words(&layer.about.title))];
    for (at, field) in layer.schema.fields() {
        let value = match feature.value(at) {
            Value::Null => continue,
            Value::Bool(is) => maker.pick(if is { "是" } else { "否" }, if is { "yes" } else { "no" }),
            Value::Text(text) => maker.worded(&field.name, text),
            Value::Json(json) => match serde_json::from_str::<Vec<String>>(json) {
                Ok(texts) if texts.is_empty() => continue,
                Ok(texts) => texts.join("; "),
                Err(_) => json.to_owned(),
            },
            Value::Integer(whole) => whole.to_string(),
            Value::Real(real) => real.to_string(),
            Value::Date(day) => day.to_string(),
            Value::Timestamp(moment) => moment.to_string(),
        };
        let unit = field.unit.as_deref().filter(|&unit| unit != "1");
        let title = field.title.as_ref().map_or_else(|| field.name.to_string(), |title| maker.say(title));
        let value = unit.map_or(value.clone(), |unit| format!("{value} {unit}"));
        rows.push((
            title,
            if *field.name == *clauses::FIELD { Cell::Cited(value) } else { Cell::Text(value) },
        ));
    }
    let shape = feature.geometry().map(GeometryRef::to_shape);
    match &shape {
        None => rows.push((maker.pick("位置", "Position"), maker.text("未知", "unknown"))),
        Some(Shape::Point(point)) => rows.push((
            maker.pick("经度，纬度（WGS 84）", "Longitude, latitude (WGS 84)"),
            Cell::Text(format!("{:.5}, {:.5}", point.x(), point.y())),
        )),
        Some(_) => {}
    }
    let heading = maker.pick("数据所载", "In the data");
    Section { blocks: vec![pairs(maker, "feature", heading.clone(), rows)], heading }
}

fn members(maker: &Maker<'_>, facts: &PlanFacts, id: &str) -> Option<Section> {
    let inside: Vec<_> = facts.places.iter().filter(|place| place.within.as_deref() == Some(id)).collect();
    if inside.is_empty() {
        return None;
    }
    let rows = inside.iter().map(|place| {
        vec![
            Cell::Text(place.id.to_string()),
            maker.words(&place.name),
            maker.words(&say::kind_of(facts, place)),
            place.status.map_or(Cell::Missing, |status| maker.words(&say::status(status))),
            Maker::cited(&place.citations),
        ]
    });
    let heading = maker.pick("规划中位于其内的地点", "Places that the plan puts in it");
    let table = Table {
        name: "members",
        title: heading.clone(),
        columns: vec![
            maker.column("标识", "id", 3),
            maker.column("名称", "Name", 4),
            maker.column("类别", "Kind", 2),
            maker.column("状态", "State", 2),
            maker.column("章节", "Sections", 3),
        ],
        rows: rows.collect(),
        total: None,
    };
    Some(Section { heading, blocks: vec![Block::Table(table)] })
}

fn sheet_sections(maker: &Maker<'_>, sheet: &Sheet<'_>) -> Vec<Section> {
    let mut blocks = Vec::new();
    if let Some(drawn) = sheet.drawn {
        let (hectares, off) = (drawn.area_m2 / 1e4, drawn.accuracy_m.map(|metres| format!(" (±{metres} m)")));
        let off = off.unwrap_or_default();
        blocks.push(Block::Text(maker.pick(
            &format!("图上面积{hectares:.1}公顷，边界精度{off}。"),
            &format!("Area as drawn {hectares:.1} ha; accuracy of its border{off}."),
        )));
    } else {
        blocks.push(Block::Text(
            maker.pick("没有它的多边形，无法核对。", "It has no polygon, so nothing can be compared."),
        ));
    }
    blocks.push(Block::Table(contents(maker, sheet)));
    blocks.push(Block::Chart(chart(maker, sheet)));
    blocks.push(Block::Table(each_member(maker, sheet)));
    let mut sections =
        vec![Section { heading: maker.pick("街区构成", "What the block contains"), blocks }];
    sections.push(Section {
        heading: maker.pick("四至", "Its edges"),
        blocks: vec![Block::Table(edges(maker, sheet)), Block::Notes(vec![maker.pick(
            "“最近”“最远”为多边形该侧边界到所述地物的最近、最远距离；一侧为从多边形中心看该方向左右各45度以内的边界；容差为二者位置精度之和，精度未知的按100米计。",
            "Nearest and farthest are those of the polygon's border on that side from what it runs along, a side being what is seen within 45 degrees of its direction from the middle; the tolerance is the sum of both accuracies, 100 m where one is not known.",
        )])],
    });
    if !sheet.block.notes.is_empty() {
        let notes = sheet.block.notes.iter().map(|note| maker.say(note)).collect();
        sections.push(Section {
            heading: maker.pick("原文的出入", "Where the source does not agree with itself"),
            blocks: vec![Block::Notes(notes)],
        });
    }
    sections
}

/// What a kind of contents is called.
fn kind(what: &str) -> Words {
    let (zh, en) = match what {
        "communities" => ("社区", "communities"),
        "universities" => ("大学", "universities"),
        "hospitals" => ("医院", "hospitals"),
        "parks" => ("园区", "parks"),
        other => (other, other),
    };
    Words { zh: zh.into(), en: en.into() }
}

/// For each kind of contents: stated, in the polygon, outside, without position, not named.
fn numbers(sheet: &Sheet<'_>) -> Vec<[usize; 5]> {
    let of_kind = |contents: &block::Contents<'_>| {
        let found =
            |lies: fn(&Standing) -> bool| contents.members.iter().filter(|member| lies(&member.lies)).count();
        let outside = found(|lies| matches!(lies, Standing::Outside { .. }));
        let nowhere = found(|lies| matches!(lies, Standing::NoPosition | Standing::NoPolygon));
        [contents.stated.count, contents.inside(), outside, nowhere, contents.unnamed()]
    };
    sheet.contents.iter().map(of_kind).collect()
}

/// What is stated, parted by what became of it.
#[expect(clippy::cast_precision_loss, reason = "numbers of places")]
fn chart(maker: &Maker<'_>, sheet: &Sheet<'_>) -> Chart {
    let series = |zh, en, rgb| Series { name: maker.pick(zh, en), color: Color { rgb, alpha: 1.0 } };
    let bar = |(contents, numbers): (&block::Contents<'_>, [usize; 5])| {
        let parts = numbers[1..].iter().map(|&count| count as f64).collect();
        (maker.say(&kind(&contents.stated.what)), parts)
    };
    Chart {
        title: maker.pick("规划所述，按图上所见分", "What is stated, by what became of it on the map"),
        unit: maker.pick("个", "places"),
        series: vec![
            series("在多边形内", "in the polygon", [46, 139, 110]),
            series("在多边形外", "outside", [214, 138, 38]),
            series("无位置", "no position", [148, 160, 176]),
            series("未点名", "not named", [205, 211, 219]),
        ],
        bars: sheet.contents.iter().zip(numbers(sheet)).map(bar).collect(),
        target: None,
        grouping: None,
    }
}

/// What is stated, and what is found in the polygon.
fn contents(maker: &Maker<'_>, sheet: &Sheet<'_>) -> Table {
    let rows = numbers(sheet);
    let total = rows.iter().fold([0; 5], |sum, row| std::array::from_fn(|at| sum[at] + row[at]));
    let cells = |name: Cell, numbers: &[usize; 5]| {
        let mut row = vec![name];
        row.extend(numbers.iter().map(|&count| Maker::number(count)));
        row
    };
    Table {
        name: "contents",
        title: maker.pick("规划所述与图上所见", "What the plan states and what the map holds"),
        columns: vec![
            maker.column("类别", "Kind", 3),
            maker.numbers("规划所述", "Stated", 1),
            maker.numbers("在多边形内", "In the polygon", 1),
            maker.numbers("在多边形外", "Outside", 1),
            maker.numbers("无位置", "No position", 1),
            maker.numbers("未点名", "Not named", 1),
        ],
        rows: sheet
            .contents
            .iter()
            .zip(&rows)
            .map(|(contents, numbers)| cells(maker.words(&kind(&contents.stated.what)), numbers))
            .collect(),
        total: Some(cells(maker.text("合计", "Total"), &total)),
    }
}

fn each_member(maker: &Maker<'_>, sheet: &Sheet<'_>) -> Table {
    let mut rows = Vec::new();
    for contents in &sheet.contents {
        let kind = kind(&contents.stated.what);
        rows.extend(contents.members.iter().map(|member| member_row(maker, &kind, member)));
        let unnamed = contents.unnamed();
        if unnamed > 0 {
            let lies = maker.pick(
                &format!("规划只给出数量，{unnamed}个未点名，数据中没有"),
                &format!("the plan gives a number only: {unnamed} are not named, and the data has none"),
            );
            rows.push(vec![maker.words(&kind), Cell::Missing, Cell::Missing, Cell::Text(lies)]);
        }
    }
    let others = Words { zh: "规划未列入".into(), en: "not stated".into() };
    rows.extend(sheet.others.iter().map(|member| member_row(maker, &others, member)));
    Table {
        name: "places",
        title: maker.pick("逐个核对", "One by one"),
        columns: vec![
            maker.column("类别", "Kind", 2),
            maker.column("标识", "id", 3),
            maker.column("名称", "Name", 3),
            maker.column("所在", "Where it lies", 4),
        ],
        rows,
        total: None,
    }
}

fn member_row(maker: &Maker<'_>, kind: &Words, member: &Member<'_>) -> Vec<Cell> {
    vec![
        maker.words(kind),
        Cell::Text(member.id.to_owned()),
        maker.words(member.name),
        Cell::Text(maker.say(&member.lies.words())),
    ]
}

fn edges(maker: &Maker<'_>, sheet: &Sheet<'_>) -> Table {
    let side = |side: &str| match side {
        "north" => maker.pick("北", "north"),
        "south" => maker.pick("南", "south"),
        "east" => maker.pick("东", "east"),
        "west" => maker.pick("西", "west"),
        other => other.to_owned(),
    };
    let rows = sheet.edges.iter().map(|edge| {
        let verdict = match edge.gap {
            None => maker.pick("无法核对：没有几何", "cannot be compared: no geometry"),
            Some(gap) if gap.follows() => maker.pick("整侧相接", "the whole side runs along it"),
            Some(gap) if gap.meets() => maker.pick("相接，部分离开", "meets it, and leaves it in part"),
            Some(_) => maker.pick("不相接", "does not meet it"),
        };
        let metres = |metres: Option<f64>| metres.map_or(Cell::Missing, |metres| Cell::Number(metres, 0));
        vec![
            Cell::Text(side(edge.side)),
            maker.words(edge.name),
            metres(edge.gap.map(|gap| gap.nearest_m)),
            metres(edge.gap.map(|gap| gap.farthest_m)),
            metres(edge.gap.map(|gap| gap.tolerance_m)),
            Cell::Text(verdict),
        ]
    });
    Table {
        name: "edges",
        title: maker.pick("四至与多边形", "The named edges and the polygon"),
        columns: vec![
            maker.column("方位", "Side", 1),
            maker.column("地物", "Runs along", 3),
            maker.numbers("最近（米）", "Nearest, m", 2),
            maker.numbers("最远（米）", "Farthest, m", 2),
            maker.numbers("容差（米）", "Tolerance, m", 2),
            maker.column("结论", "Result", 3),
        ],
        rows: rows.collect(),
        total: None,
    }
}
