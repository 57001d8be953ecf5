//! A shortlist: the suitable features by rank with the parts of each rank, what leaves out the others, what would have to
//! give. As JSON, as a page, as plain text, as CSV and as a workbook.
//!
//! Metres have three decimals, square metres one, shares four, points two. What is not known is null, never zero.

use std::fmt::Write as _;

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::aggregates::plain as cell_json;
use super::locate::{id_of, rounded};
use super::table::text_table;
use super::{Cover, RenderError, View, csv, xlsx};
use crate::geometry::Crs;
use crate::index::IndexedLayer;
use crate::model::{FeatureIx, Field, Incoming, Lang, Layer, Value as Stored, ValueKind, Words};
use crate::query::aggregate::{Row, as_layer};
use crate::query::cql2::{Expr, Node, Op};
use crate::query::defects::ROUNDING_M;
use crate::query::shortlist::{
    Item, LEAST_BORDER_M, MOST_PARTS, MergeSet, Relaxation, Relaxed, Shortlist, Shortlisting, Side, UnitShare,
};
use crate::query::{Budget, QueryError};

/// A shortlist and what it was asked with.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// The question.
    pub asked: &'a Shortlisting,
    /// The answer.
    pub list: &'a Shortlist,
    /// Whose features are listed.
    pub layer: &'a Layer,
    /// In which language.
    pub lang: Lang,
}

impl Told<'_> {
    fn say(&self, zh: &str, en: &str) -> String {
        self.lang.pick(zh, en).to_owned()
    }

    /// The name of a file of it.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}-shortlist", self.layer.id)
    }

    /// The title of a key.
    fn title_of(&self, key: &str) -> String {
        if let Some(place) = self.asked.places.iter().find(|place| place.key() == key) {
            return match self.lang {
                Lang::Zh => format!("距{}", place.title.zh),
                Lang::En => format!("distance to {}", place.title.en),
            };
        }
        let title = self.layer.schema.find(key).and_then(|(_, field)| field.title.as_ref());
        title.map_or_else(|| key.to_owned(), |title| title.say(self.lang).to_owned())
    }

    /// A criterion by its name, else as it is written.
    fn criterion_name(&self, at: usize) -> String {
        let criterion = &self.asked.criteria[at];
        criterion.name.as_deref().map_or_else(|| criterion.written.to_string(), str::to_owned)
    }

    /// All criteria as one filter, one of them in another wording.
    fn whole_filter(&self, at: usize, relaxed: &Expr) -> String {
        let members: Vec<Expr> = self
            .asked
            .criteria
            .iter()
            .enumerate()
            .map(|(other, criterion)| if other == at { relaxed.clone() } else { criterion.written.clone() })
            .collect();
        match members.as_slice() {
            [one] => one.to_string(),
            _ => Expr { node: Node::Call(Op::And, members), at: relaxed.at.clone() }.to_string(),
        }
    }

    /// How ranks come about, in words.
    fn rule(&self) -> String {
        let keys = &self.list.ranking.keys;
        if self.list.ranking.by_points {
            return self.say(
                "每个指标的取值按其在全部入选要素最小值与最大值之间的位置计分，乘以权重，各项之和满分 100；名次按未取整的得分，取值未知的排在最后；得分相同按标识排序",
                "Each value makes points by its place between the least and the greatest of all matches, times its weight; all \
                 together make 100 at most. Ranks are by points before they are rounded. Features of which a value is not known come last; equals come by id",
            );
        }
        if keys.is_empty() {
            return self.say("按标识排序", "By id");
        }
        let keys: Vec<String> = keys
            .iter()
            .map(|key| {
                let order = if key.descending {
                    ("从大到小", "descending")
                } else {
                    ("从小到大", "ascending")
                };
                match self.lang {
                    Lang::Zh => format!("{}{}", self.title_of(&key.name), order.0),
                    Lang::En => format!("{} {}", self.title_of(&key.name), order.1),
                }
            })
            .collect();
        match self.lang {
            Lang::Zh => format!("依次按{}，未知排在最后，相同按标识排序", keys.join("、")),
            Lang::En => format!("By {}, what is not known last, equals by id", keys.join(", then ")),
        }
    }

    /// What is said of relaxations as a whole.
    fn statement(&self) -> String {
        let (matched, want) = (self.list.reasons.matched, self.asked.want);
        if matched >= want {
            return match self.lang {
                Lang::Zh => format!("已有 {matched} 个符合，不少于所要的 {want} 个"),
                Lang::En => format!("{matched} match, no fewer than the {want} that are wanted"),
            };
        }
        match self.list.best {
            Some(at) => {
                let name = self.criterion_name(at);
                match self.lang {
                    Lang::Zh => format!("放宽一个条件即可达到 {want} 个；放宽后新增通过者最少的是“{name}”"),
                    Lang::En => format!(
                        "One criterion relaxed is enough for {want}; the one that then lets in the fewest by itself is: {name}"
                    ),
                }
            }
            None if self.asked.criteria.is_empty() => {
                self.lang.pick("没有可以放宽的条件", "There is no criterion to relax").to_owned()
            }
            None => match self.lang {
                Lang::Zh => format!("只放宽任何一个条件都达不到 {want} 个"),
                Lang::En => format!("No criterion relaxed alone is enough for {want}"),
            },
        }
    }

    /// The document of the resource, without links.
    #[must_use]
    pub fn json(&self) -> Value {
        let (list, ranking) = (self.list, &self.list.ranking);
        let mut document = json!({
            "collection": self.layer.id.as_str(),
            "searched": list.reasons.searched, "numberMatched": list.reasons.matched,
            "numberReturned": ranking.items.len(), "unknown": list.reasons.unknown(),
            "criteria": (0..self.asked.criteria.len()).map(|at| self.criterion(at)).collect::<Vec<_>>(),
            "relaxation": { "wanted": self.asked.want, "needed": list.reasons.matched < self.asked.want,
                            "best": list.best.map(|at| at + 1), "statement": self.statement() },
            "rank": { "by": if ranking.by_points { "points" } else { "keys" }, "rule": self.rule(),
                      "withoutPoints": ranking.by_points.then_some(ranking.without_points),
                      "keys": ranking.keys.iter().map(|key| json!({
                          "name": key.name, "title": self.title_of(&key.name),
                          "first": if key.descending { "greatest" } else { "least" }, "weight": key.weight,
                          "least": key.span.map(|span| span[0]), "most": key.span.map(|span| span[1]),
                      })).collect::<Vec<_>>() },
            "items": ranking.items.iter().map(|item| self.item(item)).collect::<Vec<_>>(),
        });
        if self.layer.about.synthetic {
            document[super::SYNTHETIC] = true.into();
            document["statement"] = super::synthetic_notice(self.lang).into();
        }
        if let Some(merges) = &list.merges {
            document["merge"] = json!({
                "wantedM2": rounded(merges.wanted_m2, 1), "alike": merges.alike,
                "aside": merges.aside.iter().map(|at| at + 1).collect::<Vec<_>>(), "mostMembers": MOST_PARTS,
                "numberMatched": merges.found, "numberReturned": merges.sets.len(), "complete": merges.complete,
                "unknown": merges.unknown, "statement": self.merge_statement(),
                "sets": merges.sets.iter().map(|set| self.set(set)).collect::<Vec<_>>(),
            });
        }
        if let Some(caps) = &list.caps {
            let about = &caps.about;
            document["cap"] = json!({
                "unit": about.unit, "use": about.uses, "codes": about.codes, "share": about.share,
                "statement": self.cap_statement(),
                "units": caps.units.iter().map(|(name, unit)| unit_json(name, unit, about.share)).collect::<Vec<_>>(),
            });
        }
        document
    }

    fn criterion(&self, at: usize) -> Value {
        let (asked, told) = (&self.asked.criteria[at], &self.list.criteria[at]);
        let left_out = self.list.reasons.conditions[at];
        let mut json = json!({
            "number": at + 1, "filter": asked.written.to_string(), "failed": left_out.failed,
            "unknown": left_out.unknown, "matchedWithout": told.without,
        });
        if let Some(name) = &asked.name {
            json["name"] = (**name).into();
        }
        json["relaxation"] = match &told.relaxed {
            None => Value::Null,
            Some(Relaxed::Fixed | Relaxed::Listed) => {
                json!({ "enough": false, "fixed": true, "statement": self.relaxed_words(at) })
            }
            Some(Relaxed::TooFew(most)) => {
                json!({ "enough": false, "most": most, "statement": self.relaxed_words(at) })
            }
            Some(Relaxed::Enough(relaxation)) => json!({
                "enough": true, "numberMatched": relaxation.matched, "letIn": relaxation.let_in,
                "bounds": relaxation.moves.iter().map(|moved| json!({
                    "bound": bound_name(moved.side), "from": literal(&moved.from), "to": literal(&moved.to),
                    "change": moved.change.map(|change| rounded(change, 4)),
                })).collect::<Vec<_>>(),
                "values": relaxation.added.iter().map(|(value, count)| json!({ "value": value, "count": count })).collect::<Vec<_>>(),
                "criterion": relaxation.written.to_string(), "filter": self.whole_filter(at, &relaxation.written),
                "statement": self.relaxed_words(at),
            }),
        };
        json
    }

    /// What relaxing a criterion does, in words.
    fn relaxed_words(&self, at: usize) -> String {
        let want = self.asked.want;
        match (&self.list.criteria[at].relaxed, self.lang) {
            (None, _) => String::new(),
            (Some(Relaxed::Fixed), Lang::Zh) => "没有可以移动的界限".to_owned(),
            (Some(Relaxed::Fixed), Lang::En) => "has no bound that could move".to_owned(),
            (Some(Relaxed::Listed), Lang::Zh) => "列举的不是文字，不另加值；写成范围（BETWEEN）才有可以移动的界限".to_owned(),
            (Some(Relaxed::Listed), Lang::En) => {
                "lists values that are no texts, so none is added; as a range (BETWEEN) it has bounds that could move"
                    .to_owned()
            }
            (Some(Relaxed::TooFew(most)), Lang::Zh) => format!("放宽到底也只有 {most} 个，达不到 {want} 个"),
            (Some(Relaxed::TooFew(most)), Lang::En) => {
                format!("{most} at most however far it is relaxed, not {want}")
            }
            (Some(Relaxed::Enough(relaxation)), _) => self.moved_words(relaxation),
        }
    }

    fn moved_words(&self, relaxation: &Relaxation) -> String {
        let lang = self.lang;
        let mut parts: Vec<String> = relaxation
            .moves
            .iter()
            .map(|moved| {
                let side = match moved.side {
                    Side::Least => lang.pick("下限", "least"),
                    Side::Greatest => lang.pick("上限", "greatest"),
                };
                let (from, to) = (plain(&moved.from), plain(&moved.to));
                let change = moved.change.map(|change| format!("{:.1} %", change * 100.0));
                match (lang, change) {
                    (Lang::Zh, Some(change)) => format!("{side}由 {from} 移至 {to}（{change}）"),
                    (Lang::Zh, None) => format!("{side}由 {from} 移至 {to}"),
                    (Lang::En, Some(change)) => format!("{side} from {from} to {to} ({change})"),
                    (Lang::En, None) => format!("{side} from {from} to {to}"),
                }
            })
            .collect();
        if !relaxation.added.is_empty() {
            let values: Vec<_> =
                relaxation.added.iter().map(|(value, count)| format!("{value} (+{count})")).collect();
            parts.push(format!("{} {}", lang.pick("另允许", "also"), values.join(lang.pick("、", ", "))));
        }
        let matched = relaxation.matched;
        match lang {
            Lang::Zh => format!("{}：{matched} 个符合", parts.join("，")),
            Lang::En => format!("{}: {matched} match", parts.join(", ")),
        }
    }

    fn item(&self, item: &Item) -> Value {
        let feature = self.layer.feature(item.ix);
        let keys = &self.list.ranking.keys;
        let parts = keys.iter().zip(&item.parts).map(
            |(key, part)| json!({ "key": key.name, "value": cell_json(&part.value), "points": part.points }),
        );
        let mut properties = Map::new();
        for (at, field) in self.layer.schema.fields() {
            properties.insert(field.name.to_string(), stored_json(feature.value(at)));
        }
        let mut json = json!({
            "rank": item.rank, "id": id_of(self.layer, item.ix), "name": feature.name(self.lang),
            "score": item.score, "parts": parts.collect::<Vec<_>>(),
            "decidedBy": item.decided_by.map(|at| keys[at].name.as_str()),
            "distances": self.distances(item), "properties": properties,
        });
        if let Some((name, unit, with)) = self.unit_of(item.ix) {
            json["unit"] = json!({
                "id": name, "share": unit.share().map(|[least, _]| rounded(least, 4)),
                "over": self.list.caps.as_ref().and_then(|caps| unit.is_over(caps.about.share)),
                "shareWith": with.map(|[least, _]| rounded(least, 4)), "withoutArea": unit.without_area,
            });
        }
        json
    }

    fn unit_of(&self, ix: FeatureIx) -> Option<(&str, &UnitShare, Option<[f64; 2]>)> {
        let caps = self.list.caps.as_ref()?;
        let (name, unit) = caps.of(self.layer, ix)?;
        Some((name, unit, caps.with(self.layer, ix)))
    }

    fn distances(&self, item: &Item) -> Vec<Value> {
        let both = self.asked.places.iter().zip(&item.distances);
        both.map(|(place, distance)| {
            let member = distance.map(|(_, at)| &place.members[at]);
            json!({ "to": place.name, "title": place.title.say(self.lang), "metres": distance.map(|(metres, _)| metres),
                    "feature": member.map(|(id, _)| id), "name": member.map(|(_, name)| name.say(self.lang)) })
        })
        .collect()
    }

    fn set(&self, set: &MergeSet) -> Value {
        let alike = self.list.merges.as_ref().and_then(|merges| merges.alike.as_deref());
        let shared = alike.map(|name| stored_json(self.layer.feature(set.members[0].0).named(name)));
        json!({
            "areaM2": rounded(set.area_m2, 1), "value": shared,
            "members": set.members.iter().map(|(ix, m2)| json!({ "id": id_of(self.layer, *ix), "areaM2": rounded(*m2, 1) })).collect::<Vec<_>>(),
        })
    }

    fn merge_statement(&self) -> String {
        let Some(merges) = &self.list.merges else { return String::new() };
        let (found, wanted) = (merges.found, rounded(merges.wanted_m2, 1));
        let alike = merges.alike.as_deref().map(|name| self.title_of(name));
        let mut said = match (self.lang, alike) {
            (Lang::Zh, Some(alike)) => {
                format!("{alike}相同、共用边界的相邻要素合并后不少于 {wanted} 平方米，共 {found} 组")
            }
            (Lang::Zh, None) => format!("共用边界的相邻要素合并后不少于 {wanted} 平方米，共 {found} 组"),
            (Lang::En, Some(alike)) => {
                format!(
                    "{found} sets of neighbours of one {alike} that share a border make {wanted} m² together"
                )
            }
            (Lang::En, None) => {
                format!("{found} sets of neighbours that share a border make {wanted} m² together")
            }
        };
        let _ = match self.lang {
            Lang::Zh => write!(
                said,
                "（每组至多 {MOST_PARTS} 个；边界相距 {ROUNDING_M} 米以内、长过 {LEAST_BORDER_M} 米即为共用；面积为椭球面面积）"
            ),
            Lang::En => write!(
                said,
                " (up to {MOST_PARTS} in a set; borders within {ROUNDING_M} m of each other for more than {LEAST_BORDER_M} m are \
                 shared; geodesic areas)"
            ),
        };
        if !merges.complete {
            said.push_str(
                self.lang.pick("；未能查完，可能还有更多", "; the search was cut short, there may be more"),
            );
        }
        said
    }

    fn cap_statement(&self) -> String {
        let Some(caps) = &self.list.caps else { return String::new() };
        let about = &caps.about;
        let (codes, percent) = (about.codes.join(", "), rounded(about.share * 100.0, 2));
        let (unit, uses) = (self.title_of(&about.unit), self.title_of(&about.uses));
        match self.lang {
            Lang::Zh => format!(
                "每个{unit}中{uses}为 {codes} 的要素面积占本单元全部要素面积的比例，上限 {percent} %；不含道路等未成要素的用地"
            ),
            Lang::En => format!(
                "The share of {codes} ({uses}) in the area of all features of each {unit}, at most {percent} %; streets and other \
                 ground without features are left out"
            ),
        }
    }

    /// The page of ranks as a table for the writers of layers.
    fn table(&self) -> Result<IndexedLayer, QueryError> {
        let column = |name: &str, kind, zh: &str, en: &str, unit: Option<&str>| Field {
            name: name.into(),
            kind,
            title: Some(Words { zh: zh.into(), en: en.into() }),
            unit: unit.map(Into::into),
            find: None,
        };
        let ranking = &self.list.ranking;
        let mut columns = vec![column("rank", ValueKind::Integer, "名次", "rank", None)];
        if ranking.by_points {
            columns.push(column("score", ValueKind::Real, "得分", "points", None));
            columns.extend(ranking.keys.iter().map(|key| {
                let title = self.title_of(&key.name);
                let (zh, en) = (format!("{title}得分"), format!("points of {title}"));
                column(&format!("points:{}", key.name), ValueKind::Real, &zh, &en, None)
            }));
        }
        for place in &self.asked.places {
            let (zh, en) = (format!("距{}", place.title.zh), format!("distance to {}", place.title.en));
            columns.push(column(&place.key(), ValueKind::Real, &zh, &en, Some("m")));
        }
        if self.list.caps.is_some() {
            columns.extend([
                column("unit_share", ValueKind::Real, "单元占比", "share in the unit", None),
                column(
                    "unit_share_with",
                    ValueKind::Real,
                    "改为受限用途后占比",
                    "share with this feature",
                    None,
                ),
                column("unit_over", ValueKind::Bool, "单元超限", "unit above the cap", None),
                column(
                    "unit_without_area",
                    ValueKind::Integer,
                    "单元中无面积要素数",
                    "features of the unit without area",
                    None,
                ),
            ]);
        }
        let own: Vec<_> =
            self.layer.schema.fields().filter(|(at, _)| Some(*at) != self.layer.id_field()).collect();
        columns.extend(own.iter().map(|(_, field)| (*field).clone()));
        let rows: Vec<Row> = ranking
            .items
            .iter()
            .map(|item| {
                let real = |number: Option<f64>| number.map_or(Incoming::Null, Incoming::Real);
                let mut cells = vec![Incoming::Integer(i64::try_from(item.rank).unwrap_or(i64::MAX))];
                if ranking.by_points {
                    cells.push(real(item.score));
                    cells.extend(item.parts.iter().map(|part| real(part.points)));
                }
                cells.extend(item.distances.iter().map(|distance| real(distance.map(|(metres, _)| metres))));
                if let Some(caps) = &self.list.caps {
                    let unit = self.unit_of(item.ix);
                    let least = |share: Option<[f64; 2]>| real(share.map(|[least, _]| rounded(least, 4)));
                    cells.push(least(unit.as_ref().and_then(|(_, unit, _)| unit.share())));
                    cells.push(least(unit.as_ref().and_then(|(.., with)| *with)));
                    let over = unit.and_then(|(_, unit, _)| unit.is_over(caps.about.share));
                    cells.push(over.map_or(Incoming::Null, Incoming::Bool));
                    let without = unit.and_then(|(_, unit, _)| i64::try_from(unit.without_area).ok());
                    cells.push(without.map_or(Incoming::Null, Incoming::Integer));
                }
                let feature = self.layer.feature(item.ix);
                cells.extend(own.iter().map(|(at, field)| cell(feature.value(*at), field.kind)));
                Row { id: feature.id().to_string(), cells }
            })
            .collect();
        let about = self.layer.about.of_table("比选", ": shortlist");
        as_layer(&self.name(), &columns, &rows, about)
    }

    fn view(&self, layer: &Layer) -> View {
        View { lang: self.lang, geometry: false, ..View::whole(layer, Crs::Crs84) }
    }

    /// The page of ranks as comma-separated values.
    ///
    /// # Errors
    /// Never for shortlists.
    pub fn csv(&self) -> Result<Vec<u8>, RenderError> {
        let made = self.table()?;
        let layer = made.layer();
        Ok(csv::file(layer, self.view(layer)))
    }

    /// The page of ranks as a workbook; its second sheet tells what leaves out the others.
    ///
    /// # Errors
    /// A sheet refuses a cell.
    pub fn xlsx(&self, cover: &Cover) -> Result<Vec<u8>, RenderError> {
        let made = self.table()?;
        let layer = made.layer();
        let mut cover = cover.clone();
        cover.conditions.push((self.say("排序", "rank"), self.rule()));
        for at in 0..self.asked.criteria.len() {
            cover
                .conditions
                .push((format!("{} {}", self.lang.pick("条件", "criterion"), at + 1), self.line(at)));
        }
        cover.conditions.push((self.say("放宽", "relaxation"), self.statement()));
        let items: Vec<_> = layer.positions().collect();
        xlsx::file(layer, &items, &self.view(layer), &cover, &Budget::default())
    }

    /// A criterion with what it leaves out, in one line.
    fn line(&self, at: usize) -> String {
        let (left_out, told) = (self.list.reasons.conditions[at], &self.list.criteria[at]);
        let (failed, unknown, without) = (left_out.failed, left_out.unknown, told.without);
        let name = self.criterion_name(at);
        let relaxed = self.relaxed_words(at);
        let relaxed =
            if relaxed.is_empty() { relaxed } else { format!("{}{relaxed}", self.lang.pick("；", "; ")) };
        match self.lang {
            Lang::Zh => format!("{name}：排除 {failed}，未知 {unknown}，去掉后 {without} 个符合{relaxed}"),
            Lang::En => {
                format!("{name}: leaves out {failed}, unknown {unknown}, {without} match without it{relaxed}")
            }
        }
    }

    /// The head and the rows of the ranks, for people.
    fn rows(&self) -> (Vec<String>, Vec<Vec<String>>) {
        let ranking = &self.list.ranking;
        let mut head = vec![self.say("名次", "rank"), "id".to_owned(), self.say("名称", "name")];
        if ranking.by_points {
            head.push(self.say("得分", "points"));
        }
        // Distances have columns of their own.
        let is_place = |name: &str| self.asked.places.iter().any(|place| place.key() == name);
        let shown: Vec<usize> = (0..ranking.keys.len())
            .filter(|&at| ranking.by_points || !is_place(&ranking.keys[at].name))
            .collect();
        head.extend(shown.iter().map(|&at| self.title_of(&ranking.keys[at].name)));
        head.extend(self.asked.places.iter().map(|place| format!("{} (m)", self.title_of(&place.key()))));
        if self.list.caps.is_some() {
            head.push(self.say("单元占比", "share in the unit"));
        }
        let number = |number: f64, decimals: usize| {
            let text = format!("{number:.decimals$}");
            if text.contains('.') {
                text.trim_end_matches('0').trim_end_matches('.').to_owned()
            } else {
                text
            }
        };
        let unknown = || "—".to_owned();
        let rows = ranking.items.iter().map(|item| {
            let feature = self.layer.feature(item.ix);
            let mut row = vec![item.rank.to_string(), feature.id().to_string(), feature.name(self.lang)];
            if ranking.by_points {
                row.push(item.score.map_or_else(unknown, |score| number(score, 2)));
            }
            for &at in &shown {
                let part = &item.parts[at];
                let value = match &part.value {
                    Incoming::Null => unknown(),
                    Incoming::Real(real) => number(*real, 3),
                    other => other.to_string(),
                };
                row.push(match part.points {
                    Some(points) => format!("{value} (+{})", number(points, 2)),
                    None => value,
                });
            }
            for distance in &item.distances {
                row.push(distance.map_or_else(unknown, |(metres, _)| number(metres, 0)));
            }
            if self.list.caps.is_some() {
                row.push(self.unit_of(item.ix).map_or_else(unknown, |(name, unit, _)| {
                    let share = unit
                        .share()
                        .map_or_else(unknown, |[least, _]| format!("{} %", number(least * 100.0, 1)));
                    format!("{name}: {share}")
                }));
            }
            row
        });
        (head, rows.collect())
    }

    /// Names and values that stand above the ranks.
    fn facts(&self) -> Vec<(String, String)> {
        let reasons = &self.list.reasons;
        vec![
            (self.say("检索", "searched"), reasons.searched.to_string()),
            (self.say("符合", "match"), reasons.matched.to_string()),
            (self.say("未知", "unknown"), reasons.unknown().to_string()),
            (self.say("排序", "rank"), self.rule()),
            (self.say("放宽", "relaxation"), self.statement()),
        ]
    }

    /// What has to be said below the ranks: a heading and lines each.
    fn below(&self) -> Vec<(String, Vec<String>)> {
        let mut below = Vec::new();
        if let Some(merges) = &self.list.merges {
            let line = |set: &MergeSet| {
                let ids: Vec<_> =
                    set.members.iter().map(|(ix, _)| self.layer.feature(*ix).id().to_string()).collect();
                format!("{}: {} m²", ids.join(" + "), rounded(set.area_m2, 1))
            };
            below.push((self.merge_statement(), merges.sets.iter().map(line).collect()));
        }
        if let Some(caps) = &self.list.caps {
            let line = |name: &str, unit: &UnitShare| {
                let share = unit.share().map_or_else(
                    || "—".to_owned(),
                    |[least, most]| {
                        let percent = |share: f64| rounded(share * 100.0, 2);
                        if least < most {
                            format!("{}–{} %", percent(least), percent(most))
                        } else {
                            format!("{} %", percent(least))
                        }
                    },
                );
                let over = match unit.is_over(caps.about.share) {
                    Some(true) => self.lang.pick("，超限", ", above the cap"),
                    Some(false) => "",
                    None => self.lang.pick("，是否超限未知", ", not known whether above the cap"),
                };
                let without = match (unit.without_area, self.lang) {
                    (0, _) => String::new(),
                    (count, Lang::Zh) => format!("（{count} 个要素没有面积，未计入）"),
                    (count, Lang::En) => {
                        format!(" ({count} of {} features without area not counted)", unit.features)
                    }
                };
                format!("{name}: {share}{over}{without}")
            };
            below.push((
                self.cap_statement(),
                caps.units.iter().map(|(name, unit)| line(name, unit)).collect(),
            ));
        }
        below
    }

    /// The page of it.
    #[must_use]
    pub fn html(&self, address: impl Fn(&str) -> String) -> Markup {
        let (head, rows) = self.rows();
        let facts: Vec<(String, Markup)> =
            self.facts().into_iter().map(|(name, value)| (name, html! { (value) })).collect();
        html! {
            @if self.layer.about.synthetic { (super::html::synthetic_notice(self.lang)) }
            (super::html::facts(&facts))
            @if !self.asked.criteria.is_empty() {
                h2 { (self.lang.pick("条件", "Criteria")) }
                div.scroll { table {
                    thead { tr {
                        th scope="col" { "#" }
                        th scope="col" { (self.lang.pick("条件", "criterion")) }
                        th.n scope="col" { (self.lang.pick("首先不符合", "fail it first")) }
                        th.n scope="col" { (self.lang.pick("未知", "unknown")) }
                        th.n scope="col" { (self.lang.pick("去掉后符合", "match without it")) }
                        th scope="col" { (self.lang.pick("最小放宽", "least relaxation")) }
                    } }
                    tbody { @for (at, told) in self.list.criteria.iter().enumerate() {
                        @let left_out = self.list.reasons.conditions[at];
                        tr {
                            td { (at + 1) }
                            td {
                                @if let Some(name) = &self.asked.criteria[at].name { (name) br; }
                                code { (self.asked.criteria[at].written) }
                            }
                            td.n { (left_out.failed) }
                            td.n { (left_out.unknown) }
                            td.n { (told.without) }
                            td { (self.relaxed_words(at)) @if self.list.best == Some(at) { " ★" } }
                        }
                    } }
                } }
            }
            h2 { (self.lang.pick("名次", "Ranks")) }
            @if rows.is_empty() { p.none { (self.lang.pick("没有要素符合", "No feature matches")) } } @else {
                div.scroll { table {
                    thead { tr { @for title in &head { th scope="col" { (title) } } } }
                    tbody { @for row in &rows { tr {
                        @for (at, text) in row.iter().enumerate() {
                            @if at == 1 { td { a href=(address(text)) { (text) } } } @else { td { (text) } }
                        }
                    } } }
                } }
            }
            @for (title, lines) in self.below() {
                p { (title) }
                @if !lines.is_empty() { ul { @for line in lines { li { (line) } } } }
            }
        }
    }

    /// The same as plain text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        for (name, value) in self.facts() {
            let _ = writeln!(out, "{name}: {value}");
        }
        for at in 0..self.asked.criteria.len() {
            let _ = writeln!(out, "{}. {}", at + 1, self.line(at));
        }
        let (head, rows) = self.rows();
        if !rows.is_empty() {
            let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
            out.push('\n');
            out.push_str(&text_table(&rows));
        }
        for (title, lines) in self.below() {
            let _ = writeln!(out, "\n{title}");
            for line in lines {
                let _ = writeln!(out, "  {line}");
            }
        }
        if self.layer.about.synthetic {
            let _ = writeln!(out, "\n{}", super::synthetic_notice(self.lang));
        }
        out
    }
}

fn bound_name(side: Side) -> &'static str {
    match side {
        Side::Least => "least",
        Side::Greatest => "greatest",
    }
}

/// A literal of a filter as JSON.
fn literal(expr: &Expr) -> Value {
    match &expr.node {
        Node::Integer(whole) => (*whole).into(),
        Node::Real(real) => (*real).into(),
        Node::Text(text) => (**text).into(),
        Node::Instant(instant) => instant.to_string().into(),
        _ => expr.to_string().into(),
    }
}

/// A literal of a filter for people.
fn plain(expr: &Expr) -> String {
    match &expr.node {
        Node::Text(text) => text.to_string(),
        Node::Instant(instant) => instant.to_string(),
        _ => expr.to_string(),
    }
}

fn unit_json(name: &str, unit: &UnitShare, cap: f64) -> Value {
    let share = unit.share();
    json!({
        "id": name, "features": unit.features, "capped": unit.capped, "unknown": unit.unknown,
        "withoutArea": unit.without_area, "areaM2": rounded(unit.area_m2, 1), "cappedM2": rounded(unit.capped_m2, 1),
        "unknownM2": rounded(unit.unknown_m2, 1), "shareLeast": share.map(|[least, _]| rounded(least, 4)),
        "shareMost": share.map(|[_, most]| rounded(most, 4)), "over": unit.is_over(cap),
        "roomM2": rounded(unit.room_m2(cap), 1),
    })
}

fn cell(value: Stored<'_>, kind: ValueKind) -> Incoming<'static> {
    match (value, kind) {
        (Stored::Json(text), ValueKind::Array) => Incoming::Array(text.to_owned()),
        (Stored::Json(text), _) => Incoming::Object(text.to_owned()),
        (value, _) => crate::query::aggregate::owned(value),
    }
}

fn stored_json(value: Stored<'_>) -> Value {
    match value {
        Stored::Json(json) => serde_json::from_str(json).unwrap_or(Value::Null),
        value => cell_json(&crate::query::aggregate::owned(value)),
    }
}
