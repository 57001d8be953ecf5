//! What is within a walk, as GeoJSON with a table, as a page, as plain text.
//!
//! Rings are features whose areas hold those of shorter walks. Minutes have one decimal, hectares two, metres three. A number
//! that is not known is null.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::drawn;
use super::locate::{From, Line, Told, accuracy, member, metres, rounded, said};
use super::{SYNTHETIC, synthetic_notice};
use crate::catalog::WalkAbout;
use crate::index::IndexedLayer;
use crate::locate::{Category, Facility, Mode, NoNetwork, Reach, Reached, Ring, Stroll};
use crate::model::{Lang, Words};
use crate::register::say;

/// Facilities beyond these are counted and not listed.
pub const MOST_LISTED: usize = 1000;

/// The answer and what it was asked with.
#[derive(Debug, Clone, Copy)]
pub struct Walked<'a> {
    /// The answer.
    pub reach: &'a Reach,
    /// The question.
    pub asked: &'a Stroll,
    /// What the data says of walks.
    pub about: &'a WalkAbout,
    /// The language.
    pub lang: Lang,
}

impl Walked<'_> {
    /// The answer, for every form.
    #[must_use]
    pub fn told(&self, from: From<'_>) -> Told {
        let (reach, lang) = (self.reach, self.lang);
        let within = reach.facilities.iter().filter(|facility| facility.ring.is_some());
        let listed: Vec<_> = within.clone().take(MOST_LISTED).collect();
        let layers = self.asked.polygons.iter().enumerate();
        let json = json!({
            "type": "FeatureCollection", "from": from.json(lang), "mode": reach.mode.name(), "statement": self.statement(),
            "speedKmh": self.asked.speed_kmh, "detourFactor": self.asked.detour_factor,
            "offNetworkM": (reach.mode == Mode::Network).then_some(self.about.off_network_m),
            "features": reach.rings.iter().enumerate().map(|(at, ring)| self.ring(at, ring)).collect::<Vec<_>>(),
            "categories": reach.categories.iter().map(|one| self.category(one)).collect::<Vec<_>>(),
            "numberMatched": within.count(), "numberReturned": listed.len(),
            "facilities": listed.iter().map(|one| self.facility(one)).collect::<Vec<_>>(),
            "polygons": layers.map(|(at, indexed)| self.polygons(at, indexed)).collect::<Vec<_>>(),
        });
        let facts = vec![
            (lang.pick("起点", "from"), from.words(lang)),
            (lang.pick("方式", "mode"), self.mode()),
            (lang.pick("步速", "speed"), format!("{} km/h", self.asked.speed_kmh)),
        ];
        let head = vec![
            lang.pick("名称", "name"),
            lang.pick("类别", "category"),
            lang.pick("步行分钟", "minutes on foot"),
            lang.pick("步行距离", "on foot"),
            lang.pick("位置精度", "accuracy"),
        ];
        let row = |one: &&Facility| {
            let feature = one.member.feature();
            let category = &reach.categories[one.category];
            let minutes = format!("{:.1}", self.asked.minutes_of(one.metres));
            let walked = said(one.metres, lang);
            let near = accuracy(one.way.accuracy_m, lang);
            Line {
                cells: vec![feature.name(lang), self.title(category), minutes, walked, near],
                feature: [one.member.indexed.layer().id.to_string(), feature.id().to_string()],
            }
        };
        let mut notes: Vec<String> =
            reach.rings.iter().enumerate().map(|(at, ring)| self.summary(at, ring)).collect();
        notes.push(self.statement());
        if self.asked.polygons.iter().any(|indexed| indexed.layer().about.synthetic) {
            notes.push(synthetic_notice(lang).to_owned());
        }
        Told { json, facts, head, rows: listed.iter().map(row).collect(), notes }
    }

    /// What people call a category.
    #[must_use]
    pub fn title(&self, category: &Category) -> String {
        let own =
            self.about.titles.iter().find(|(word, _)| *word == category.id).map(|(_, title)| title.clone());
        let title: Words = own.unwrap_or_else(|| {
            let layer = category.layer.layer();
            if layer.id.as_str() == &*category.id {
                layer.about.title.clone()
            } else {
                say::kind(&category.id)
            }
        });
        title.say(self.lang).to_owned()
    }

    /// The categories with nothing within a ring.
    pub fn gaps(&self, ring: usize) -> impl Iterator<Item = &Category> {
        self.reach.categories.iter().filter(move |one| one.counts[ring] == 0)
    }

    fn ring(&self, at: usize, ring: &Ring) -> Value {
        let mut geometry = Vec::new();
        drawn::geometry(&mut geometry, &ring.area);
        let inside = self.reach.categories.iter().filter(|one| one.counts[at] > 0);
        let counts: serde_json::Map<_, _> =
            inside.map(|one| (one.id.to_string(), one.counts[at].into())).collect();
        json!({
            "type": "Feature", "id": ring.minutes.to_string(),
            "geometry": serde_json::from_slice::<Value>(&geometry).unwrap_or_default(),
            "properties": {
                "minutes": ring.minutes, "walk_m": metres(ring.metres), "mode": self.reach.mode.name(),
                "area_ha": rounded(ring.area_m2 / 10_000.0, 2),
                "facilities": self.reach.categories.iter().map(|one| one.counts[at]).sum::<usize>(),
                "counts": counts, "gaps": self.gaps(at).map(|one| &*one.id).collect::<Vec<_>>(),
            },
        })
    }

    fn category(&self, category: &Category) -> Value {
        json!({
            "category": &*category.id, "title": self.title(category), "total": category.total,
            "withoutPosition": category.unplaced, "counts": category.counts,
            "nearest": category.nearest.map(|at| self.facility(&self.reach.facilities[at])),
        })
    }

    fn facility(&self, facility: &Facility) -> Value {
        let mut json = member(&facility.member, self.lang);
        json["category"] = (&*self.reach.categories[facility.category].id).into();
        json["minutes"] = rounded(self.asked.minutes_of(facility.metres), 1).into();
        json["walkM"] = metres(facility.metres).into();
        json["distanceM"] = metres(facility.way.nearest.metres).into();
        json["distanceAccuracyM"] = facility.way.accuracy_m.map(metres).into();
        json["within"] = facility.ring.map(|at| self.reach.rings[at].minutes).into();
        json
    }

    fn polygons(&self, at: usize, indexed: &IndexedLayer) -> Value {
        let about = &indexed.layer().about;
        let ring = |ring: &Ring| {
            let Reached { count, area_ha, overlap_ha, measured } = &ring.polygons[at];
            let hectares = |hectares: Option<f64>| hectares.map(|hectares| rounded(hectares, 2));
            let mut json = json!({ "minutes": ring.minutes, "count": count,
                                   "areaHa": hectares(*area_ha), "overlapHa": hectares(*overlap_ha) });
            for ((name, _), value) in self.asked.measures.iter().zip(measured) {
                json["measures"][&**name] = (*value).into();
            }
            json
        };
        let mut json = json!({
            "collection": indexed.layer().id.as_str(), "title": about.title.say(self.lang),
            "rings": self.reach.rings.iter().map(ring).collect::<Vec<_>>(),
        });
        if about.synthetic {
            json[SYNTHETIC] = true.into();
        }
        json
    }

    /// The nearest of a category, and how many might be nearer, since nobody knows where they are.
    #[must_use]
    pub fn remarks(&self, category: &Category) -> String {
        let lang = self.lang;
        let mut remarks = Vec::new();
        if let Some(nearest) = category.nearest.map(|nearest| &self.reach.facilities[nearest]) {
            let minutes = self.asked.minutes_of(nearest.metres);
            let name = nearest.member.feature().name(lang);
            remarks.push(match lang {
                Lang::Zh => format!("最近 {name} {minutes:.1} 分钟"),
                Lang::En => format!("nearest {name}, {minutes:.1} min"),
            });
        }
        if category.unplaced > 0 {
            remarks.push(match lang {
                Lang::Zh => format!("{} 处位置未知", category.unplaced),
                Lang::En => format!("{} without known position", category.unplaced),
            });
        }
        remarks.join(lang.pick("，", "; "))
    }

    /// What is in a ring, in a line.
    fn summary(&self, at: usize, ring: &Ring) -> String {
        let lang = self.lang;
        let split = lang.pick("、", ", ");
        let list = |all: Vec<String>| {
            if all.is_empty() { lang.pick("无", "nothing").to_owned() } else { all.join(split) }
        };
        let inside = self.reach.categories.iter().filter(|one| one.counts[at] > 0);
        let inside = list(inside.map(|one| format!("{} {}", self.title(one), one.counts[at])).collect());
        let gap = |one: &Category| match self.remarks(one) {
            remarks if remarks.is_empty() => self.title(one),
            remarks => {
                format!("{}{}{remarks}{}", self.title(one), lang.pick("（", " ("), lang.pick("）", ")"))
            }
        };
        let gaps = list(self.gaps(at).map(gap).collect());
        let (minutes, walked, area) = (ring.minutes, said(ring.metres, lang), ring.area_m2 / 10_000.0);
        let mut text = match lang {
            Lang::Zh => format!("{minutes} 分钟（步行 {walked}，{area:.1} 公顷）：{inside}。缺：{gaps}。"),
            Lang::En => format!("{minutes} min ({walked} on foot, {area:.1} ha): {inside}. Gaps: {gaps}."),
        };
        for (indexed, reached) in self.asked.polygons.iter().zip(&ring.polygons) {
            let title = indexed.layer().about.title.say(lang);
            let _ = match lang {
                Lang::Zh => write!(text, "{title}：形心在内 {}", reached.count),
                Lang::En => write!(text, " {title}: {} with their centre inside", reached.count),
            };
            let _ = match (lang, reached.overlap_ha) {
                (Lang::Zh, Some(area)) => write!(text, "，圈内面积 {area:.1} 公顷。"),
                (Lang::En, Some(area)) => write!(text, ", {area:.1} ha within."),
                (Lang::Zh, None) => write!(text, "，均无面积。"),
                (Lang::En, None) => write!(text, ", none of them with an area."),
            };
            for ((name, _), value) in self.asked.measures.iter().zip(&reached.measured) {
                let value = value
                    .map_or(lang.pick("未知", "unknown").to_owned(), |value| rounded(value, 2).to_string());
                let _ = match lang {
                    Lang::Zh => write!(text, "{name}：{value}。"),
                    Lang::En => write!(text, " {name}: {value}."),
                };
            }
        }
        text
    }

    /// How metres were found, in a few words.
    #[must_use]
    pub fn mode(&self) -> String {
        let factor = self.asked.detour_factor;
        match (self.reach.mode, self.lang) {
            (Mode::Network, lang) => lang.pick("沿路网", "along the network").to_owned(),
            (Mode::Straight, Lang::Zh) => format!("直线距离乘绕行系数 {factor}"),
            (Mode::Straight, Lang::En) => format!("straight line with a detour factor of {factor}"),
        }
    }

    /// How the walks were found, and what that leaves out.
    #[must_use]
    pub fn statement(&self) -> String {
        let (lang, factor, off) = (self.lang, self.asked.detour_factor, self.about.off_network_m);
        let speed = self.asked.speed_kmh;
        match self.reach.mode {
            Mode::Network => match lang {
                Lang::Zh => format!(
                    "沿路网步行，步速 {speed} km/h，最短路径，不计单行；线路只在有公共点处相连，立体交叉不相连；起点和终点离路网不超过 {off} 米，这一段按直线乘 {factor}。"
                ),
                Lang::En => format!(
                    "On foot along the network at {speed} km/h, the shortest way, one-way streets both ways; lines are joined only \
                     where they share a position, not where they cross like a bridge; the start and the end are within {off} m of \
                     it, a stretch counted as {factor} times its straight line."
                ),
            },
            Mode::Straight => {
                let why = match self.reach.why {
                    Some(NoNetwork::None) => {
                        lang.pick("数据没有步行路网", "the data has no network of streets and paths")
                    }
                    Some(NoNetwork::Far) => {
                        lang.pick("起点附近没有路网", "no line of the network is near the start")
                    }
                    Some(NoNetwork::Unasked) | None => lang.pick("按请求", "as asked"),
                };
                match lang {
                    Lang::Zh => format!(
                        "直线距离乘绕行系数 {factor}，不是路网上的路程（{why}）；步速 {speed} km/h；未避开水面、围墙和道路。"
                    ),
                    Lang::En => format!(
                        "Straight-line distance times a detour factor of {factor}, not a way along streets ({why}); {speed} km/h; \
                         water, walls and roads are not gone around."
                    ),
                }
            }
        }
    }
}
