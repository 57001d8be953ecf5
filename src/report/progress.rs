//! The report on the numbers of the plan: indicators, targets, what was observed of them, and what that makes.

use super::ReportError;
use super::document::{Block, Cell, Chart, Column, Document, Section, Series, Table};
use super::maker::{Maker, Marked};
use crate::map::color::Color;
use crate::map::style::View;
use crate::model::Words;
use crate::model::plan::{Baseline, Nature, PlanFacts};
use crate::register::progress::{self, Progress, Row, Status};
use crate::register::say;

pub(super) fn compose(maker: &Maker<'_>) -> Result<Document, ReportError> {
    let facts = maker.facts()?;
    let progress = progress::progress(facts, maker.as_of);
    let title = maker.pick(
        &format!("{}规划指标进展", facts.zone.name.zh),
        &format!("Progress of the plan of the {}", facts.zone.name.en),
    );
    let mut sections = vec![
        result(maker, &progress),
        indicators(maker, facts, &progress),
        targets(maker, &progress),
        observed(maker, facts, &progress),
    ];
    // What the plan leaves out is shown nowhere.
    if !facts.baselines.is_empty() {
        sections.push(baselines(maker, &facts.baselines));
    }
    sections.extend(cautions(maker, facts, &progress));
    sections.extend([on_the_map(maker, facts)?, definitions(maker, facts)]);
    let head = vec![(maker.pick("判定规则", "Rule"), maker.say(&facts.judging.sentence))];
    let name = format!("progress-{}-{}", maker.as_of, maker.tongue.name());
    Ok(maker.document(name, title, head, None, sections))
}

fn result(maker: &Maker<'_>, progress: &Progress<'_>) -> Section {
    let of = |rows: &[Row<'_>], status| rows.iter().filter(|row| row.status == status).count();
    let both = [&progress.indicators, &progress.targets];
    let met = |rows: &[Row<'_>]| format!("{} / {}", of(rows, Status::Met), rows.len());
    let mut blocks = vec![
        Block::Headline {
            value: met(&progress.indicators),
            label: maker.pick("指标已达到", "indicators met"),
        },
        Block::Headline {
            value: met(&progress.targets),
            label: maker.pick("正文目标已达到", "targets of the prose met"),
        },
    ];
    if both.iter().all(|rows| rows.iter().all(|row| row.latest.is_none())) {
        blocks.push(Block::Text(maker.pick(
            "没有任何基期之后的观测（数据目录的 observations.csv 与登记册为空），因此不作任何进展判断。",
            "There is no observation after the baseline (observations.csv and the register in the data folder are empty), so nothing is said about progress.",
        )));
    }
    let rows = Status::ALL.iter().map(|&status| {
        let mut row = vec![maker.words(&status.words())];
        row.extend(both.iter().map(|rows| Maker::number(of(rows, status))));
        row
    });
    let mut total = vec![maker.text("合计", "Total")];
    total.extend(both.iter().map(|rows| Maker::number(rows.len())));
    blocks.push(Block::Table(Table {
        name: "states",
        title: maker.pick("各状态的数量", "How many are in which state"),
        columns: vec![
            maker.column("状态", "State", 2),
            maker.numbers("指标", "Indicators", 1),
            maker.numbers("正文目标", "Targets of the prose", 1),
        ],
        rows: rows.collect(),
        total: Some(total),
    }));
    blocks.push(Block::Chart(chart(maker, progress)));
    Section { heading: maker.pick("结论", "Result"), blocks }
}

/// How far each indicator with a baseline is, in percent of its target.
fn chart(maker: &Maker<'_>, progress: &Progress<'_>) -> Chart {
    let bar = |row: &Row<'_>| {
        let baseline = row.baseline?;
        let share = |value: f64| value / row.target * 100.0;
        let now = row.latest.map_or(baseline, |seen| seen.value);
        // What has been lost since the baseline shortens its part.
        let (kept, gained) = (baseline.min(now), (now - baseline).max(0.0));
        (row.target > 0.0).then(|| (maker.say(row.name), vec![share(kept), share(gained)]))
    };
    let series = |zh, en, rgb| Series { name: maker.pick(zh, en), color: Color { rgb, alpha: 1.0 } };
    Chart {
        title: maker.pick(
            "有基数的指标：为目标的百分之几",
            "Indicators with a baseline, in percent of their targets",
        ),
        unit: "%".to_owned(),
        series: vec![
            series("基期", "baseline", [148, 160, 176]),
            series("基期以来", "since the baseline", [46, 139, 110]),
        ],
        bars: progress.indicators.iter().filter_map(bar).collect(),
        target: Some((maker.pick("目标", "target"), 100.0)),
        grouping: None,
    }
}

/// Decimals that show a number of the plan as it is written.
fn decimals(value: f64) -> u8 {
    (0..4)
        .find(|&places| {
            let scale = 10_f64.powi(i32::from(places));
            ((value * scale).round() - value * scale).abs() < 1e-9 * scale.max(value.abs())
        })
        .unwrap_or(4)
}

fn number(value: Option<f64>) -> Cell {
    value.map_or(Cell::Missing, |value| Cell::Number(value, decimals(value)))
}

fn rounded(value: Option<f64>, places: u8) -> Cell {
    value.map_or(Cell::Missing, |value| Cell::Number(value, places))
}

fn state_cells(maker: &Maker<'_>, row: &Row<'_>) -> Vec<Cell> {
    vec![
        number(row.latest.map(|seen| seen.value)),
        row.latest.map_or(Cell::Missing, |seen| Cell::Day(seen.date)),
        rounded(row.share.map(|share| share * 100.0), 1),
        maker.words(&row.words()),
    ]
}

fn state_columns(maker: &Maker<'_>) -> Vec<Column> {
    vec![
        maker.numbers("最近观测", "Latest", 2),
        maker.column("观测日期", "Observed on", 2),
        maker.numbers("占应有变化%", "% of change due", 2),
        maker.column("状态", "State", 2),
    ]
}

fn bound(row: &Row<'_>) -> Cell {
    Cell::Text(say::bound(row.op, row.target))
}

fn unit(maker: &Maker<'_>, unit: &str) -> Cell {
    maker.words(&say::unit(unit))
}

fn indicators(maker: &Maker<'_>, facts: &PlanFacts, progress: &Progress<'_>) -> Section {
    let mut columns = vec![
        maker.numbers("序号", "No.", 1),
        maker.column("指标", "Indicator", 5),
        maker.column("单位", "Unit", 2),
        maker.numbers("基数", "Baseline", 2),
        maker.numbers("目标", "Target", 2),
    ];
    columns.extend(state_columns(maker));
    columns.push(maker.column("章节", "Sections", 2));
    let rows = progress.indicators.iter().map(|row| {
        let mut cells = vec![
            row.number.map_or(Cell::Missing, |number| Cell::Number(f64::from(number), 0)),
            maker.words(row.name),
            unit(maker, row.unit),
            number(row.baseline),
            bound(row),
        ];
        cells.extend(state_cells(maker, row));
        cells.push(Maker::cited(row.citations));
        cells
    });
    let table = Table {
        name: "indicators",
        title: maker.pick("表中的指标", "The table of indicators"),
        columns,
        rows: rows.collect(),
        total: None,
    };
    let mut blocks = vec![Block::Table(table)];
    blocks.extend(facts.nature.map(|nature| {
        Block::Text(match nature {
            Nature::Expected => {
                maker.pick("指标均为预期性，无约束性指标。", "All indicators are expected, none is binding.")
            }
            Nature::Binding => maker.pick("指标均为约束性。", "All indicators are binding."),
        })
    }));
    blocks.extend([Block::Table(paths(maker, progress)), Block::Table(measures(maker, facts))]);
    Section { heading: maker.pick("指标", "Indicators"), blocks }
}

/// What it takes from the baseline to the target.
fn paths(maker: &Maker<'_>, progress: &Progress<'_>) -> Table {
    let row = |row: &Row<'_>| {
        let path = row.path?;
        Some(vec![
            maker.words(row.name),
            number(row.baseline),
            bound(row),
            rounded(Some(path.linear_per_year), 1),
            rounded(path.percent_per_year, 1),
            rounded(path.due, 1),
        ])
    };
    Table {
        name: "paths",
        title: maker.pick("从基数到目标所需的路径", "What it takes from the baseline to the target"),
        columns: vec![
            maker.column("指标", "Indicator", 4),
            maker.numbers("基数", "Baseline", 2),
            maker.numbers("目标", "Target", 2),
            maker.numbers("每年增加（直线）", "A year, straight", 2),
            maker.numbers("年均增长%（等比）", "% a year, constant growth", 2),
            maker.numbers("截至日应达（直线）", "Due as of the day, straight", 2),
        ],
        rows: progress.indicators.iter().filter_map(row).collect(),
        total: None,
    }
}

/// How each indicator is measured, and what else the plan says of its number.
fn measures(maker: &Maker<'_>, facts: &PlanFacts) -> Table {
    let rows = facts.indicators.iter().map(|indicator| {
        let (yes, no) = (("是", "yes"), ("否", "no"));
        let (zh, en) = if indicator.spatial { yes } else { no };
        vec![
            maker.words(&indicator.name),
            maker.words(&say::measure(&indicator.kind)),
            maker.text(zh, en),
            indicator.op_in_prose.map_or(Cell::Missing, |op| Cell::Text(say::bound(op, indicator.target))),
            indicator.earlier.map_or(Cell::Missing, |(year, value)| Cell::Text(format!("{year}: {value}"))),
        ]
    });
    Table {
        name: "measures",
        title: maker.pick("指标的性质", "How the indicators are measured"),
        columns: vec![
            maker.column("指标", "Indicator", 4),
            maker.column("性质", "Kind", 2),
            maker.column("可在图上计数", "Can be counted on the map", 2),
            maker.column("正文的写法", "In the prose", 2),
            maker.column("更早的数值", "An earlier value", 2),
        ],
        rows: rows.collect(),
        total: None,
    }
}

fn targets(maker: &Maker<'_>, progress: &Progress<'_>) -> Section {
    let mut columns = vec![
        maker.column("目标", "Target", 5),
        maker.column("单位", "Unit", 2),
        maker.numbers("数值", "Number", 2),
        maker.numbers("期限", "By", 1),
        maker.column("措辞", "Wording", 2),
    ];
    columns.extend(state_columns(maker));
    columns.push(maker.column("章节", "Sections", 2));
    let rows = progress.targets.iter().map(|row| {
        let wording = match (row.soft, row.same_as) {
            (true, _) => maker.text("力争", "striven for"),
            (false, Some(_)) => maker.text("同指标", "as the indicator"),
            (false, None) => maker.text("应达到", "to be reached"),
        };
        let mut cells = vec![
            maker.words(row.name),
            unit(maker, row.unit),
            bound(row),
            row.by.map_or(Cell::Missing, |year| Cell::Text(year.to_string())),
            wording,
        ];
        cells.extend(state_cells(maker, row));
        cells.push(Maker::cited(row.citations));
        cells
    });
    let table = Table {
        name: "targets",
        title: maker.pick("目标与状态", "Targets and their states"),
        columns,
        rows: rows.collect(),
        total: None,
    };
    Section {
        heading: maker.pick("正文中的目标", "Targets of the prose"), blocks: vec![Block::Table(table)]
    }
}

fn observed(maker: &Maker<'_>, facts: &PlanFacts, progress: &Progress<'_>) -> Section {
    let heading = maker.pick("观测", "Observations");
    let of_rows =
        progress.indicators.iter().chain(progress.targets.iter().filter(|row| row.same_as.is_none()));
    let rows: Vec<_> = of_rows
        .flat_map(|row| row.observations.iter().map(move |seen| (row, *seen)))
        .map(|(row, seen)| {
            vec![
                maker.words(row.name),
                Cell::Day(seen.date),
                number(Some(seen.value)),
                unit(maker, row.unit),
                Cell::Text(seen.document.title.to_string()),
                Maker::maybe(seen.document.address.as_deref()),
                Maker::maybe(seen.note.as_deref()),
            ]
        })
        .collect();
    let later = facts.evidence.observations.iter().filter(|seen| seen.date > maker.as_of).count();
    let mut blocks = Vec::new();
    if later > 0 {
        blocks.push(Block::Text(maker.pick(
            &format!("另有{later}条观测晚于截至日期，未采用。"),
            &format!("{later} more observations are of later days and are not used."),
        )));
    }
    if rows.is_empty() {
        blocks.push(Block::Text(maker.pick(
            "截至该日没有任何注明日期和文件的观测。",
            "Up to this day there is no observation with a date and a document.",
        )));
        return Section { heading, blocks };
    }
    blocks.push(Block::Table(Table {
        name: "observations",
        title: maker.pick("截至该日的观测", "Observations up to the day"),
        columns: vec![
            maker.column("指标或目标", "Indicator or target", 4),
            maker.column("日期", "Date", 2),
            maker.numbers("数值", "Value", 2),
            maker.column("单位", "Unit", 2),
            maker.column("文件", "Document", 4),
            maker.column("网址", "Address", 3),
            maker.column("说明", "Note", 3),
        ],
        rows,
        total: None,
    }));
    Section { heading, blocks }
}

fn baselines(maker: &Maker<'_>, baselines: &[Baseline]) -> Section {
    let rows = baselines.iter().map(|baseline| {
        let years = if baseline.years.start == baseline.years.end {
            baseline.years.end.to_string()
        } else {
            format!("{}–{}", baseline.years.start, baseline.years.end)
        };
        let about = if baseline.approximate { "≈" } else { "" };
        let bound = say::bound(baseline.op, baseline.value);
        vec![
            maker.words(&baseline.name),
            Cell::Text(format!("{about}{}", bound.trim_start_matches('='))),
            unit(maker, &baseline.unit),
            Cell::Text(years),
            number(baseline.growth_since_2015_percent),
            baseline.note.as_ref().map_or(Cell::Missing, |note| maker.words(note)),
            Maker::cited(&baseline.citations),
        ]
    });
    let table = Table {
        name: "baselines",
        title: maker.pick("规划所载的前期情况", "What the plan states of the time before it"),
        columns: vec![
            maker.column("事项", "What", 5),
            maker.numbers("数值", "Value", 2),
            maker.column("单位", "Unit", 2),
            maker.column("年份", "Years", 2),
            maker.numbers("较2015年增长%", "% growth since 2015", 2),
            maker.column("说明", "Note", 3),
            maker.column("章节", "Sections", 2),
        ],
        rows: rows.collect(),
        total: None,
    };
    Section { heading: maker.pick("前期情况", "Before the plan"), blocks: vec![Block::Table(table)] }
}

fn cautions(maker: &Maker<'_>, facts: &PlanFacts, progress: &Progress<'_>) -> Option<Section> {
    let cited = |citations: &[crate::model::Citation]| match Maker::cited(citations) {
        Cell::Cited(sections) => sections,
        _ => String::new(),
    };
    let mut notes: Vec<String> = facts
        .cautions
        .iter()
        .map(|caution| {
            let Words { zh, en } = &caution.text;
            let sections = cited(&caution.citations);
            maker.pick(&format!("{zh}（{sections}）"), &format!("{en} ({sections})"))
        })
        .collect();
    for row in progress.indicators.iter().chain(&progress.targets) {
        for Words { zh, en } in &row.notes {
            notes.push(maker.pick(&format!("{}：{zh}", row.name.zh), &format!("{}: {en}", row.name.en)));
        }
    }
    for Words { zh, en } in facts.blocks.iter().flat_map(|block| &block.notes) {
        notes.push(maker.pick(zh, en));
    }
    (!notes.is_empty()).then(|| Section {
        heading: maker.pick("规划文本中的出入", "Where the plan does not agree with itself"),
        blocks: vec![Block::Notes(notes)],
    })
}

fn on_the_map(maker: &Maker<'_>, facts: &PlanFacts) -> Result<Section, ReportError> {
    let title = match &facts.layout.formula {
        Some(Words { zh, en }) => Words {
            zh: format!("规划的空间格局：{zh}").into(),
            en: format!("The layout of the plan: {en}").into(),
        },
        None => Words { zh: "规划的空间格局".into(), en: "The layout of the plan".into() },
    };
    let blocks = maker.maps(View::Explore, None, &title, &Marked::default())?;
    Ok(Section { heading: maker.pick("空间格局", "The layout"), blocks })
}

fn definitions(maker: &Maker<'_>, facts: &PlanFacts) -> Section {
    let mut notes = vec![maker.say(&facts.judging.sentence)];
    if let (Some(baseline), Some(target)) = (facts.about.baseline_year, facts.about.target_year) {
        notes.push(maker.pick(
            &format!("基期为{baseline}年末，目标期为{target}年末。"),
            &format!("The baseline is of the end of {baseline}, the target of the end of {target}."),
        ));
    }
    notes.extend([
        maker.pick(
            "“≥”为不低于，“>”为高于：等于该值不算达到。",
            "“≥” is at least, “>” is more than: the value itself does not satisfy it.",
        ),
        maker.pick(
            "“—”表示没有数值，不是零。等比增长为 (目标÷基数)^(1÷年数) − 1。",
            "“—” means that there is no value, not zero. Constant growth is (target ÷ baseline)^(1 ÷ years) − 1.",
        ),
    ]);
    Section { heading: maker.pick("定义", "Definitions"), blocks: vec![Block::Notes(notes)] }
}
