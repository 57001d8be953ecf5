//! The sheet of a place, one or several side by side: what it is, what it belongs to, how far from what it lies, where the
//! plan speaks of it, how well that is known.
//!
//! In: ids of places of the plan or of features. Out: a table with a row for each question and a column for each place.
//! What neither plan nor data says is said to be missing.

use std::sync::Arc;

use super::ReportError;
use super::document::{Block, Cell, Column, Document, Section, Table};
use super::maker::{Maker, widened};
use super::walk::Walks;
use crate::catalog::Catalog;
use crate::geometry::{Bounds, GeometryKind, GeometryRef, Network, Prepared, Relation, area_m2, is_areal};
use crate::index::IndexedLayer;
use crate::locate::{self, Direction, Member, Standpoint, Way};
use crate::map::style::View;
use crate::model::plan::PlanFacts;
use crate::model::{Entry, Event, FeatureRef, Lang, Place, Value, Words, cut};
use crate::query::Query;
use crate::register::{self, Reason, clauses, say};
use crate::render::locate::{said, where_beside};
use crate::render::synthetic_notice;

/// The most places that stand side by side: more columns are not read on a page.
pub const MOST: usize = 6;
/// So many of the nearest stations and bridges are told.
const STATIONS: usize = 2;
/// The role of links' ends that are gateways.
const GATEWAY: &str = "gateway";

/// A place of the plan, of a layer, or of both.
pub(super) struct Subject<'a> {
    pub id: String,
    pub place: Option<&'a Place>,
    pub member: Option<Member>,
}

impl<'a> Subject<'a> {
    /// The place of an id, or the feature of an id alone, where only one collection has it, or behind that of its collection.
    pub(super) fn find(catalog: &'a Catalog, text: &str) -> Result<Self, ReportError> {
        let place_of = |id: &str| catalog.plan.as_ref().and_then(|facts| facts.place(id));
        if let Some(place) = place_of(text) {
            return Ok(Self { id: text.to_owned(), place: Some(place), member: member_of(catalog, text) });
        }
        let shown = || cut(text);
        let mut holding: Vec<Member> = catalog.layers().filter_map(|layer| member_in(layer, text)).collect();
        if holding.len() > 1 {
            let name = |member: &Member| format!("{}:{text}", member.indexed.layer().id.as_str());
            return Err(ReportError::Ambiguous(shown(), holding.iter().map(name).collect()));
        }
        if let Some(member) = holding.pop() {
            return Ok(Self { id: text.to_owned(), place: None, member: Some(member) });
        }
        let named =
            text.split_once(':').and_then(|(layer, id)| Some((id, member_in(catalog.layer(layer)?, id)?)));
        let (id, member) = named.ok_or_else(|| ReportError::NoPlace(shown()))?;
        let is_own = member_of(catalog, id).is_some_and(|own| own.is(&member.indexed, member.ix));
        Ok(Self { id: id.to_owned(), place: place_of(id).filter(|_| is_own), member: Some(member) })
    }

    /// The id of what it stands in, by the plan, else by its feature.
    fn parent(&self) -> Option<String> {
        let of_plan = self.place.and_then(|place| place.within.as_deref());
        of_plan.map(str::to_owned).or_else(|| stated_parent(self.member.as_ref()?.feature()))
    }

    pub(super) fn name(&self) -> Words {
        let of_feature =
            || self.member.as_ref().map(|member| member.indexed.layer().feature(member.ix).names());
        self.place.map(|place| place.name.clone()).or_else(of_feature).unwrap_or_default()
    }

    fn value(&self, field: &str) -> Value<'_> {
        self.member.as_ref().map_or(Value::Null, |member| member.feature().named(field))
    }

    fn text(&self, field: &str) -> Option<String> {
        match self.value(field) {
            Value::Text(text) if !text.trim().is_empty() => Some(text.to_owned()),
            _ => None,
        }
    }

    fn list(&self, field: &str) -> Vec<String> {
        match self.value(field) {
            Value::Json(json) => serde_json::from_str(json).unwrap_or_default(),
            _ => Vec::new(),
        }
    }
}

fn member_in(indexed: &Arc<IndexedLayer>, id: &str) -> Option<Member> {
    Some(Member { indexed: Arc::clone(indexed), ix: indexed.find(id)? })
}

/// The feature of an id: the first with a position, or the first without where none has one.
fn member_of(catalog: &Catalog, id: &str) -> Option<Member> {
    let (layer, ix) = catalog.feature(id)?;
    Some(Member { indexed: Arc::clone(catalog.layer(layer.id.as_str())?), ix })
}

/// Places side by side.
pub(super) fn compose(
    maker: &Maker<'_>,
    network: Option<&Network>,
    ids: &[String],
) -> Result<Document, ReportError> {
    let subjects: Result<Vec<_>, _> = ids.iter().map(|id| Subject::find(maker.catalog, id)).collect();
    let subjects = subjects?;
    maker.check_day()?;
    let heading = maker.pick("并列对照", "Side by side");
    let walks = walks(maker, network, &subjects)?;
    let blocks = vec![Block::Table(table(maker, &subjects, &walks))];
    let mut sections = vec![Section { heading: heading.clone(), blocks }];
    sections.push(Section {
        heading: maker.pick("相互距离", "Between them"),
        blocks: vec![Block::Table(between(maker, &subjects)), Block::Notes(vec![straight(maker)])],
    });
    let names: Vec<_> = subjects.iter().map(Subject::name).collect();
    sections.extend(walks.section(maker, &names));
    let chosen: Vec<_> = subjects.iter().filter_map(|subject| subject.member.as_ref()).collect();
    let windows =
        chosen.iter().filter_map(|member| member.feature().geometry().and_then(GeometryRef::window));
    if let Some(window) = Bounds::around(windows).map(widened) {
        let chosen: Vec<_> =
            chosen.iter().map(|member| (member.indexed.layer().id.as_str().to_owned(), member.ix)).collect();
        let blocks = maker.maps(
            View::Explore,
            Some(window),
            &Words { zh: "位置图".into(), en: "Map".into() },
            &chosen.into(),
        )?;
        sections.push(Section { heading: maker.pick("位置图", "Map"), blocks });
    }
    let head = vec![(maker.pick("标识", "Ids"), ids.join(", "))];
    let title = maker.tongue.tell(|lang| {
        let names: Vec<_> = names.iter().map(|name| name.say(lang)).collect();
        format!("{}{}", names.join(lang.pick("、", ", ")), lang.pick("对照表", ": side by side"))
    });
    let file = format!("sites-{}-{}-{}", ids.join("-"), maker.as_of, maker.tongue.name());
    let file = file.chars().filter(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).take(120).collect();
    Ok(maker.document(file, title, head, banner(maker, &subjects), sections))
}

/// Says that a place is made up, where one is.
pub(super) fn banner(maker: &Maker<'_>, subjects: &[Subject<'_>]) -> Option<String> {
    let is_synthetic = |subject: &Subject<'_>| {
        subject.member.as_ref().is_some_and(|member| member.indexed.layer().about.synthetic)
    };
    subjects.iter().any(is_synthetic).then(|| maker.tongue.tell(|lang| synthetic_notice(lang).to_owned()))
}

/// What distances of the sheet are.
pub(super) fn straight(maker: &Maker<'_>) -> String {
    maker.tongue.tell(|lang| crate::render::locate::straight_line(lang).to_owned())
}

/// What is within a walk of each place.
pub(super) fn walks(
    maker: &Maker<'_>,
    network: Option<&Network>,
    subjects: &[Subject<'_>],
) -> Result<Walks, ReportError> {
    Walks::of(maker, network, subjects.iter().map(|subject| subject.member.as_ref()))
}

/// The sheet.
pub(super) fn table(maker: &Maker<'_>, subjects: &[Subject<'_>], walks: &Walks) -> Table {
    let sheet = Sheet { maker, facts: maker.catalog.plan.as_ref() };
    let mut columns = vec![maker.column("项目", "Item", 2)];
    columns.extend(subjects.iter().map(|subject| Column {
        heading: maker.say(&subject.name()),
        weight: 4,
        is_number: false,
    }));
    let rows = sheet.rows(subjects, walks).into_iter().map(|(name, values)| {
        let mut row = vec![Cell::Text(name)];
        row.extend(values);
        row
    });
    Table {
        name: "sheet",
        title: maker.pick("一览", "At a glance"),
        columns,
        rows: rows.collect(),
        total: None,
    }
}

/// How far any two of the places are apart.
fn between(maker: &Maker<'_>, subjects: &[Subject<'_>]) -> Table {
    let mut rows = Vec::new();
    for (at, from) in subjects.iter().enumerate() {
        for to in &subjects[at + 1..] {
            let way = from.member.as_ref().zip(to.member.as_ref()).and_then(|(a, b)| locate::way(a, b));
            let told = maker.tongue.tell(|lang| {
                way.as_ref().map_or_else(
                    || {
                        lang.pick("无法计算：至少一处没有位置", "cannot be told: one has no position")
                            .to_owned()
                    },
                    |way| say_way(way, lang),
                )
            });
            rows.push(vec![maker.words(&from.name()), maker.words(&to.name()), Cell::Text(told)]);
        }
    }
    Table {
        name: "between",
        title: maker.pick("两两直线距离", "Straight-line distances"),
        columns: vec![
            maker.column("从", "From", 3),
            maker.column("到", "To", 3),
            maker.column("距离与方向", "Distance and direction", 4),
        ],
        rows,
        total: None,
    }
}

/// A way in words: metres, how well known, direction.
fn say_way(way: &Way, lang: Lang) -> String {
    let known = way.accuracy_m.map_or_else(
        || lang.pick("精度未知", "accuracy unknown").to_owned(),
        |metres| format!("± {}", said(metres, lang)),
    );
    if way.is_inside() {
        return format!(
            "{}{}{known}",
            lang.pick("在其内或相接", "inside, or they touch"),
            lang.pick("，", ", ")
        );
    }
    let direction = way.direction().map(|direction: Direction| direction.say(lang)).unwrap_or_default();
    let comma = lang.pick("，", ", ");
    format!("{}{comma}{known}{comma}{direction}", said(way.nearest.metres, lang))
}

struct Sheet<'a> {
    maker: &'a Maker<'a>,
    facts: Option<&'a PlanFacts>,
}

type Row = (String, Vec<String>);

/// Rows whose values become cells.
fn cells(rows: Vec<Row>, cell: fn(String) -> Cell) -> impl Iterator<Item = (String, Vec<Cell>)> {
    rows.into_iter().map(move |(name, values)| (name, values.into_iter().map(cell).collect()))
}

impl<'a> Sheet<'a> {
    fn pick(&self, zh: &str, en: &str) -> String {
        self.maker.pick(zh, en)
    }

    fn unstated(&self) -> String {
        self.pick("未载明", "not stated")
    }

    fn joined(&self, texts: &[String]) -> String {
        // Each language stands in its own line.
        if texts.is_empty() {
            return self.unstated();
        }
        let langs = self.maker.tongue.langs();
        // What is the same in both languages is said once.
        let langs = if texts.iter().any(|text| text.contains('\n')) { langs } else { &langs[..1] };
        let line = |at: usize, lang: Lang| {
            let part = |text: &String| {
                let lines: Vec<_> = text.lines().collect();
                lines.get(at).or(lines.first()).map_or_else(String::new, |line| (*line).to_owned())
            };
            texts.iter().map(part).collect::<Vec<_>>().join(lang.pick("；", "; "))
        };
        langs.iter().enumerate().map(|(at, &lang)| line(at, lang)).collect::<Vec<_>>().join("\n")
    }

    fn rows(&self, subjects: &[Subject<'_>], walks: &Walks) -> Vec<(String, Vec<Cell>)> {
        let row = |zh: &str, en: &str, tell: &dyn Fn(&Subject<'_>) -> String| -> Row {
            (self.pick(zh, en), subjects.iter().map(tell).collect())
        };
        let mut rows = vec![
            row("标识", "Id", &|subject| subject.id.clone()),
            row("名称", "Name", &|subject| {
                let Words { zh, en } = subject.name();
                if zh == en { zh.into() } else { format!("{zh}\n{en}") }
            }),
            row("别名", "Other names", &|subject| self.joined(&aliases(subject))),
            row("类别", "Kind", &|subject| self.kind(subject)),
            row("上级", "Part of", &|subject| self.joined(&self.parents(subject))),
            row("下级", "Contains", &|subject| self.joined(&self.children(subject))),
            row("产业", "Industries", &|subject| self.joined(&self.industries(subject))),
            row("状态", "State", &|subject| self.state(subject)),
        ];
        let has_register = self.facts.is_some_and(|facts| facts.evidence.has_register);
        if has_register || subjects.iter().any(|subject| !subject.list("designations").is_empty()) {
            rows.push(row("认定与建成", "Designated, built", &|subject| self.evidence(subject)));
        }
        rows.extend([
            row("所在街道", "Subdistrict", &|subject| self.subdistrict(subject)),
            row("面积", "Area", &|subject| self.area(subject)),
        ]);
        rows.extend(self.distances(subjects));
        rows.push(row("轨道与桥梁", "Transit", &|subject| self.transit(subject)));
        rows.extend(self.gateways(subjects));
        rows.push(walks.row(self.maker));
        let cited =
            row("规划章节", "Sections of the plan", &|subject| self.joined(&self.clauses(subject)));
        let last = vec![
            row("位置依据", "Basis of the position", &|subject| self.basis(subject)),
            row("位置精度", "Positional accuracy", &|subject| self.accuracy(subject)),
        ];
        let rows = cells(rows, Cell::Text).chain(cells(vec![cited], Cell::Cited));
        rows.chain(cells(last, Cell::Text)).collect()
    }

    fn kind(&self, subject: &Subject<'_>) -> String {
        let own = subject.place.zip(self.facts).map(|(place, facts)| say::kind_of(facts, place));
        let of_feature =
            || ["unit_type", "kind", "use_code"].into_iter().find_map(|field| self.worded(subject, field));
        let told = own.map(|words| self.maker.say(&words)).or_else(of_feature);
        let layer = subject.member.as_ref().map(|member| &member.indexed.layer().about.title);
        told.or_else(|| layer.map(|title| self.maker.say(title))).unwrap_or_else(|| self.unstated())
    }

    /// What a field of its feature says, in words where there are some.
    fn worded(&self, subject: &Subject<'_>, field: &str) -> Option<String> {
        subject.text(field).map(|code| self.maker.worded(field, &code))
    }

    fn name_of(&self, id: &str) -> String {
        let known = self.facts.map(|facts| register::name(facts, id)).filter(|name| *name.zh != *id);
        let of_feature = || {
            let (layer, ix) = self.maker.catalog.feature(id)?;
            Some(layer.feature(ix).names())
        };
        known.or_else(of_feature).map_or_else(|| id.to_owned(), |words| self.maker.say(&words))
    }

    /// What it stands in, and what that stands in.
    fn parents(&self, subject: &Subject<'_>) -> Vec<String> {
        let mut ids: Vec<String> = Vec::new();
        let mut next = subject.parent();
        // Parents may form a ring in data that nobody checked.
        while let Some(id) = next.filter(|id| !ids.contains(id) && *id != subject.id) {
            next = parent_of(self.maker.catalog, &id);
            ids.push(id);
        }
        ids.iter().map(|id| self.name_of(id)).collect()
    }

    fn children(&self, subject: &Subject<'_>) -> Vec<String> {
        let within = |place: &&Place| place.within.as_deref() == Some(subject.id.as_str());
        let places = self.facts.into_iter().flat_map(|facts| facts.places.iter().filter(within));
        let mut ids: Vec<String> = places.map(|place| place.id.to_string()).collect();
        for layer in self.maker.catalog.layers().map(|indexed| indexed.layer()) {
            let Some((field, _)) = layer.schema.find("parent_id") else { continue };
            let own = layer.positions().map(|ix| layer.feature(ix));
            let own = own.filter(|feature| feature.value(field) == Value::Text(&subject.id));
            ids.extend(own.map(|feature| feature.id().to_string()));
        }
        let mut seen = std::collections::HashSet::new();
        ids.retain(|id| seen.insert(id.clone()));
        ids.iter().map(|id| self.name_of(id)).collect()
    }

    fn industries(&self, subject: &Subject<'_>) -> Vec<String> {
        let of_place = subject.place.into_iter().flat_map(|place| &place.industries).map(ToString::to_string);
        let mut ids: Vec<String> = of_place.chain(subject.list("industries")).collect();
        let mut seen = std::collections::HashSet::new();
        ids.retain(|id| seen.insert(id.clone()));
        ids.iter().map(|id| self.maker.worded("industries", id)).collect()
    }

    fn state(&self, subject: &Subject<'_>) -> String {
        let inferred = |text: String, is_inferred: bool| {
            if is_inferred {
                self.maker.tongue.tell(|lang| {
                    let line = text
                        .lines()
                        .nth(usize::from(self.maker.tongue.langs().len() == 2 && lang == Lang::En));
                    format!("{}{}", line.unwrap_or(&text), lang.pick("（推断）", " (inferred)"))
                })
            } else {
                text
            }
        };
        if let Some((place, status)) = subject.place.and_then(|place| Some((place, place.status?))) {
            return inferred(self.maker.say(&say::status(status)), place.status_inferred);
        }
        let state = ["lifecycle", "status"].into_iter().find_map(|field| self.worded(subject, field));
        let is_inferred = subject.value("lifecycle_inferred") == Value::Bool(true);
        state.map_or_else(|| self.unstated(), |state| inferred(state, is_inferred))
    }

    /// What the register says on the day, and the designations that the feature holds.
    fn evidence(&self, subject: &Subject<'_>) -> String {
        let tell = |what: &Words, entry: &Entry| {
            let title = &entry.document.title;
            self.maker.tongue.tell(|lang| format!("{} ({title})", what.say(lang)))
        };
        let told_of = |facts: &PlanFacts, event: Event| {
            Some(match register::registered(facts, &subject.id, event, self.maker.as_of) {
                Reason::Registered(entry) => {
                    let Words { zh, en } = say::happened(event);
                    let since = |what| format!("{what} {}", entry.from).into();
                    tell(&Words { zh: since(zh), en: since(en) }, entry)
                }
                Reason::Later(entry) => tell(&say::later(entry), entry),
                Reason::Ended(entry) => tell(&say::ended(entry), entry),
                _ => return None,
            })
        };
        let events =
            self.facts.into_iter().flat_map(|facts| Event::ALL.iter().map(move |&event| (facts, event)));
        let mut told: Vec<String> = events.filter_map(|(facts, event)| told_of(facts, event)).collect();
        told.extend(subject.list("designations").iter().map(|code| self.maker.worded("designations", code)));
        match self.facts {
            _ if !told.is_empty() => self.joined(&told),
            Some(facts) if facts.evidence.has_register => {
                self.pick("名册中没有记录", "no entry in the register")
            }
            _ => self.unstated(),
        }
    }

    fn layers(&self, part: &'static str) -> impl Iterator<Item = &'a std::sync::Arc<IndexedLayer>> {
        self.maker.catalog.layers().filter(move |indexed| indexed.layer().about.role() == part)
    }

    fn subdistrict(&self, subject: &Subject<'_>) -> String {
        let Some(member) = subject.member.as_ref().filter(|member| member.feature().geometry().is_some())
        else {
            return self.nowhere();
        };
        if member.indexed.layer().about.role() == "subdistrict" {
            return self.pick("本身是街道", "it is one itself");
        }
        // A place that only touches one is not in it; a point has no inside, so its border is enough.
        let is_point =
            |at: GeometryRef<'_>| matches!(at.kind(), GeometryKind::Point | GeometryKind::MultiPoint);
        let wide = member.feature().geometry().filter(|at| !is_point(*at));
        let wide = wide.map(|at| Prepared::new(&at.to_shape(), None));
        let touches = |at: &Member| {
            let other = at.feature().geometry();
            wide.as_ref().zip(other).is_some_and(|(own, other)| own.relates(other, Relation::Touches))
        };
        let mut names = Vec::new();
        for (at, way) in self.layers("subdistrict").flat_map(|layer| self.near(member, layer, usize::MAX)) {
            if way.is_inside() && !touches(&at) {
                names.push(self.maker.say(&at.indexed.layer().feature(at.ix).names()));
            }
        }
        if names.is_empty() {
            self.pick("不在已知街道内", "in none that is known")
        } else {
            self.joined(&names)
        }
    }

    fn nowhere(&self) -> String {
        self.pick("没有位置", "no position")
    }

    fn area(&self, subject: &Subject<'_>) -> String {
        let shape = subject.member.as_ref().and_then(Member::shape);
        let Some(shape) = shape else { return self.nowhere() };
        let area = area_m2(&shape);
        if !is_areal(&shape) {
            return self.pick("以点或线表示，没有面积", "drawn as a point or a line, without area");
        }
        let hectares = area / 1e4;
        self.pick(&format!("图上 {hectares:.1} 公顷"), &format!("{hectares:.1} ha as drawn"))
    }

    /// The nearest features of a layer, the nearest first.
    fn near(&self, member: &Member, layer: &std::sync::Arc<IndexedLayer>, most: usize) -> Vec<(Member, Way)> {
        let Some(standpoint) = Standpoint::of(member.clone()) else { return Vec::new() };
        let found =
            locate::nearest(&standpoint, layer, &Query::default(), most, f64::INFINITY, self.maker.budget);
        let found = found.unwrap_or_default().into_iter();
        found.map(|one| (Member { indexed: std::sync::Arc::clone(layer), ix: one.ix }, one.way)).collect()
    }

    /// A row for each core, axis and belt.
    fn distances(&self, subjects: &[Subject<'_>]) -> Vec<Row> {
        let mut rows = Vec::new();
        for part in ["core", "axis", "belt"] {
            for layer in self.layers(part) {
                for ix in layer.layer().positions() {
                    let to = Member { indexed: std::sync::Arc::clone(layer), ix };
                    let name = self.maker.say(&layer.layer().feature(ix).names());
                    let tell = |subject: &Subject<'_>| self.to(subject, &to);
                    rows.push((self.to_name(&name), subjects.iter().map(tell).collect()));
                }
            }
        }
        rows
    }

    fn to_name(&self, name: &str) -> String {
        let line =
            |at: usize| name.lines().nth(at).or_else(|| name.lines().next()).unwrap_or_default().to_owned();
        let last = self.maker.tongue.langs().len() - 1;
        self.maker.tongue.tell(|lang| match lang {
            Lang::Zh => format!("至{}", line(0)),
            Lang::En => format!("To {}", line(last)),
        })
    }

    /// The way to a feature; along a line also the chainage and the side.
    fn to(&self, subject: &Subject<'_>, to: &Member) -> String {
        if to.feature().geometry().is_none() {
            return self.pick("对方没有位置", "that has no position");
        }
        let Some(member) = subject.member.as_ref().filter(|member| member.feature().geometry().is_some())
        else {
            return self.nowhere();
        };
        if to.is(&member.indexed, member.ix) {
            return self.pick("即其自身", "it is that itself");
        }
        let Some(way) = locate::way(member, to) else { return self.nowhere() };
        let stop = locate::stop(to, member);
        self.maker.tongue.tell(|lang| {
            let told = say_way(&way, lang);
            let Some(stop) = &stop else { return told };
            let (comma, chainage) = (lang.pick("，", ", "), said(stop.chainage_m, lang));
            let beside = where_beside(stop, lang);
            match lang {
                Lang::Zh => format!("{told}{comma}桩距 {chainage}{comma}{beside}"),
                Lang::En => format!("{told}{comma}chainage {chainage}{comma}{beside}"),
            }
        })
    }

    fn transit(&self, subject: &Subject<'_>) -> String {
        let Some(member) = subject.member.as_ref().filter(|member| member.feature().geometry().is_some())
        else {
            return self.nowhere();
        };
        let found = self.layers("transit").flat_map(|layer| self.near(member, layer, STATIONS));
        let told = found.map(|(at, way)| {
            let name = at.indexed.layer().feature(at.ix).names();
            self.maker.tongue.tell(|lang| format!("{} {}", name.say(lang), say_way(&way, lang)))
        });
        let told: Vec<_> = told.collect();
        if told.is_empty() { self.pick("数据中没有", "none in the data") } else { self.joined(&told) }
    }

    /// A row for each gateway that the plan names.
    fn gateways(&self, subjects: &[Subject<'_>]) -> Vec<Row> {
        let ends = self.facts.into_iter().flat_map(|facts| facts.links.iter().flat_map(|link| &link.ends));
        let mut ids: Vec<&str> = ends.filter(|end| *end.role == *GATEWAY).map(|end| &*end.place).collect();
        ids.dedup();
        let row = |id: &str| {
            let to = member_of(self.maker.catalog, id);
            let tell = |subject: &Subject<'_>| match &to {
                Some(to) => self.to(subject, to),
                None => self.pick("数据中没有", "not in the data"),
            };
            (self.to_name(&self.name_of(id)), subjects.iter().map(tell).collect())
        };
        ids.into_iter().map(row).collect()
    }

    fn clauses(&self, subject: &Subject<'_>) -> Vec<String> {
        let Some(facts) = self.facts else { return Vec::new() };
        let of_feature =
            subject.member.as_ref().map(|at| clauses::of_feature(facts, at.indexed.layer(), at.ix));
        let of_place = || {
            let cited = subject.place.into_iter().flat_map(|place| &place.citations);
            cited.map(|citation| citation.section.to_string()).collect()
        };
        let sections: Vec<String> = of_feature.unwrap_or_else(of_place);
        let told = sections.iter().map(|section| match facts.subject(section) {
            Some(subject) => self.maker.tongue.tell(|lang| format!("{section} {}", subject.say(lang))),
            None => section.clone(),
        });
        told.collect()
    }

    fn basis(&self, subject: &Subject<'_>) -> String {
        let Some(member) = &subject.member else { return self.nowhere() };
        let basis = self.worded(subject, "basis");
        // A sentence of the data, in whatever language that has it.
        let source = subject.text("source");
        let source = source.map(|text| self.pick(&format!("数据原文：{text}"), &text));
        // The layer alone is no basis.
        if basis.is_none() && source.is_none() {
            return self.unstated();
        }
        let title = self.maker.say(&member.indexed.layer().about.title);
        let told: Vec<String> = [Some(title), basis, source].into_iter().flatten().collect();
        self.joined(&told)
    }

    fn accuracy(&self, subject: &Subject<'_>) -> String {
        let feature = subject.member.as_ref().map(Member::feature);
        let Some(feature) = feature.filter(|feature| feature.geometry().is_some()) else {
            return self.nowhere();
        };
        feature.accuracy_m().map_or_else(
            || self.pick("未知", "unknown"),
            |metres| self.maker.tongue.tell(|lang| format!("± {}", said(metres, lang))),
        )
    }
}

fn aliases(subject: &Subject<'_>) -> Vec<String> {
    let of_place = subject.place.into_iter().flat_map(|place| &place.aliases).map(ToString::to_string);
    let mut names: Vec<String> = of_place.chain(subject.list("aliases")).collect();
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

/// The id of what something stands in, by the plan, else by its feature.
fn parent_of(catalog: &Catalog, id: &str) -> Option<String> {
    let of_plan = catalog.plan.as_ref().and_then(|facts| facts.place(id)?.within.as_deref());
    let of_feature = || {
        let (layer, ix) = catalog.feature(id)?;
        stated_parent(layer.feature(ix))
    };
    of_plan.map(str::to_owned).or_else(of_feature)
}

fn stated_parent(feature: FeatureRef<'_>) -> Option<String> {
    match feature.named("parent_id") {
        Value::Text(parent) if !parent.is_empty() => Some(parent.to_owned()),
        _ => None,
    }
}
