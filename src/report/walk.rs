//! What is within a walk of the places of a sheet: facilities by category, what is missing, parcels.
//!
//! In: the places, and the network of the catalogue where it has one. Out: a section with a table, and a row for the sheet. The
//! question is the usual one, so every number is that of `/ogc/reach?feature=…`.

use super::ReportError;
use super::document::{Block, Cell, Column, Section, Table};
use super::maker::Maker;
use crate::geometry::Network;
use crate::locate::{self, Member, Reach, Ring, Standpoint, Stroll};
use crate::model::{Lang, Words};
use crate::render::reach::Walked;
use crate::render::synthetic_notice;

/// What is within a walk of each place.
pub(super) struct Walks {
    asked: Stroll,
    /// `None` for a place without a position.
    found: Vec<Option<Reach>>,
}

impl Walks {
    /// Walks from all places.
    pub(super) fn of<'a>(
        maker: &Maker<'_>,
        network: Option<&Network>,
        members: impl Iterator<Item = Option<&'a Member>>,
    ) -> Result<Self, ReportError> {
        let (asked, about) = (Stroll::usual(maker.catalog), &maker.catalog.about.walk);
        let walk = |member: Option<&Member>| {
            let start = member.and_then(|member| Some((Standpoint::of(member.clone())?, member.shape()?)));
            let Some((standpoint, shape)) = start else { return Ok(None) };
            let reach = locate::reach(about, network, &standpoint, &shape, &asked, maker.budget)?;
            // Only who insists on a network may be refused.
            Ok::<_, ReportError>(reach.ok())
        };
        let found = members.map(walk).collect::<Result<_, _>>()?;
        Ok(Self { asked, found })
    }

    fn walked<'a>(&'a self, maker: &'a Maker<'_>, reach: &'a Reach, lang: Lang) -> Walked<'a> {
        Walked { reach, asked: &self.asked, about: &maker.catalog.about.walk, lang }
    }

    fn minutes(&self) -> String {
        slashed(self.asked.minutes.iter().map(ToString::to_string))
    }

    /// The row of the sheet: how much each ring has, what the widest lacks, and how the metres were found.
    pub(super) fn row(&self, maker: &Maker<'_>) -> (String, Vec<String>) {
        let minutes = self.minutes();
        let name = maker.pick(&format!("步行 {minutes} 分钟内"), &format!("Within {minutes} min on foot"));
        let widest = self.asked.minutes.len() - 1;
        let tell = |reach: &Reach| {
            maker.tongue.tell(|lang| {
                let walked = self.walked(maker, reach, lang);
                let within = |ring: usize| reach.categories.iter().map(|one| one.counts[ring]).sum::<usize>();
                let counts = slashed((0..=widest).map(|ring| within(ring).to_string()));
                let gaps: Vec<_> = walked.gaps(widest).map(|one| walked.title(one)).collect();
                let gaps = if gaps.is_empty() {
                    lang.pick("无", "none").to_owned()
                } else {
                    gaps.join(lang.pick("、", ", "))
                };
                let (minutes, mode, speed) =
                    (self.asked.minutes[widest], walked.mode(), self.asked.speed_kmh);
                // Where the data has no facilities, none is missing and none is there.
                match lang {
                    Lang::Zh if reach.categories.is_empty() => {
                        format!("数据中没有设施；{mode}，步速 {speed} km/h")
                    }
                    Lang::En if reach.categories.is_empty() => {
                        format!("no facilities in the data; {mode}, {speed} km/h")
                    }
                    Lang::Zh => {
                        format!("设施 {counts}；{minutes} 分钟内缺：{gaps}；{mode}，步速 {speed} km/h")
                    }
                    Lang::En => {
                        format!(
                            "facilities {counts}; gaps within {minutes} min: {gaps}; {mode}, {speed} km/h"
                        )
                    }
                }
            })
        };
        let told = |found: &Option<Reach>| found.as_ref().map_or_else(|| nowhere(maker), tell);
        (name, self.found.iter().map(told).collect())
    }

    /// The section: of one place a table with a column for each ring, of several one with a column for each place.
    pub(super) fn section(&self, maker: &Maker<'_>, names: &[Words]) -> Option<Section> {
        self.found.iter().flatten().next()?;
        let minutes = self.minutes();
        let mut columns = vec![maker.column("类别", "Category", 3)];
        if names.len() == 1 {
            let ring =
                |minutes: &f64| maker.numbers(&format!("{minutes} 分钟"), &format!("{minutes} min"), 1);
            columns.extend(self.asked.minutes.iter().map(ring));
            columns.push(maker.column("最近者", "Nearest", 5));
        } else {
            let column = |name: &Words| Column { heading: maker.say(name), weight: 4, is_number: false };
            columns.extend(names.iter().map(column));
        }
        let table = Table {
            name: "walk",
            title: maker
                .pick(&format!("步行 {minutes} 分钟内"), &format!("Within {minutes} minutes on foot")),
            columns,
            rows: self.facilities(maker).into_iter().chain(self.areas(maker)).collect(),
            total: None,
        };
        let mut notes: Vec<String> = Vec::new();
        for reach in self.found.iter().flatten() {
            let said = maker.tongue.tell(|lang| self.walked(maker, reach, lang).statement());
            if !notes.contains(&said) {
                notes.push(said);
            }
        }
        if self.asked.polygons.iter().any(|indexed| indexed.layer().about.synthetic) {
            notes.push(maker.tongue.tell(|lang| synthetic_notice(lang).to_owned()));
        }
        let heading = maker.pick("步行可达", "Within a walk");
        Some(Section { heading, blocks: vec![Block::Table(table), Block::Notes(notes)] })
    }

    /// A row for each category of facilities of any place: one that is the only facility of its kind has none of that kind.
    fn facilities(&self, maker: &Maker<'_>) -> Vec<Vec<Cell>> {
        let mut kinds: Vec<(&str, String)> = Vec::new();
        for reach in self.found.iter().flatten() {
            for category in &reach.categories {
                if kinds.iter().all(|(id, _)| *id != &*category.id) {
                    let title = maker.tongue.tell(|lang| self.walked(maker, reach, lang).title(category));
                    kinds.push((&category.id, title));
                }
            }
        }
        let row = |(id, title): (&str, String)| {
            self.row_of(maker, title, |reach| {
                let category = reach.categories.iter().find(|category| *category.id == *id);
                let counts = category.map_or_else(|| vec![0; reach.rings.len()], |one| one.counts.clone());
                let remarks = category
                    .map(|one| maker.tongue.tell(|lang| self.walked(maker, reach, lang).remarks(one)));
                (counts.into_iter().map(Maker::number).collect(), remarks.unwrap_or_default())
            })
        };
        kinds.into_iter().map(row).collect()
    }

    /// Two rows for each layer of polygons, and one for the area itself.
    fn areas(&self, maker: &Maker<'_>) -> Vec<Vec<Cell>> {
        let hectares = |number: Option<f64>| number.map_or(Cell::Missing, |number| Cell::Number(number, 2));
        let mut rows = Vec::new();
        for (at, indexed) in self.asked.polygons.iter().enumerate() {
            let Words { zh, en } = &indexed.layer().about.title;
            let title = maker.pick(&format!("{zh}：形心在内"), &format!("{en}: centre inside"));
            #[expect(clippy::cast_precision_loss, reason = "a number of parcels")]
            let count = |ring: &Ring| Cell::Number(ring.polygons[at].count as f64, 0);
            rows.push(
                self.row_of(maker, title, |reach| (reach.rings.iter().map(count).collect(), String::new())),
            );
            let title = maker.pick(&format!("{zh}：圈内面积（公顷）"), &format!("{en}: ha within"));
            let covered = |ring: &Ring| hectares(ring.polygons[at].overlap_ha);
            rows.push(
                self.row_of(maker, title, |reach| (reach.rings.iter().map(covered).collect(), String::new())),
            );
        }
        let area = |ring: &Ring| hectares(Some(ring.area_m2 / 10_000.0));
        let title = maker.pick("可达范围（公顷）", "Area reached, ha");
        rows.push(self.row_of(maker, title, |reach| (reach.rings.iter().map(area).collect(), String::new())));
        rows
    }

    /// A row of what a place has in each ring, and a remark.
    fn row_of(
        &self,
        maker: &Maker<'_>,
        title: String,
        tell: impl Fn(&Reach) -> (Vec<Cell>, String),
    ) -> Vec<Cell> {
        let mut row = vec![Cell::Text(title)];
        if let [Some(reach)] = self.found.as_slice() {
            let (numbers, remark) = tell(reach);
            row.extend(numbers);
            row.push(if remark.is_empty() { Cell::Missing } else { Cell::Text(remark) });
            return row;
        }
        row.extend(self.found.iter().map(|found| {
            let Some(reach) = found else { return Cell::Text(nowhere(maker)) };
            let (numbers, remark) = tell(reach);
            let numbers = slashed(numbers.iter().map(Cell::shown));
            Cell::Text(if remark.is_empty() {
                numbers
            } else {
                let langs = maker.tongue.langs();
                let lines = remark.lines().zip(langs);
                let line =
                    |(remark, lang): (&str, &Lang)| format!("{numbers}{}{remark}", lang.pick("；", "; "));
                lines.map(line).collect::<Vec<_>>().join("\n")
            })
        }));
        row
    }
}

fn nowhere(maker: &Maker<'_>) -> String {
    maker.pick("没有位置", "no position")
}

fn slashed(all: impl Iterator<Item = String>) -> String {
    all.collect::<Vec<_>>().join(" / ")
}
