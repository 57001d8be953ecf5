//! What is near, here, apart and along, as JSON, as a page and as plain text.
//!
//! Members of documents are `camelCase`; what is written into the properties of features is `snake_case` with the unit, as
//! the fields of layers are. Metres have three decimals, bearings one, positions eight. What is not known is null in
//! documents and in properties; words (`direction`, `side`, `relations`) do not change with the language.

use std::fmt::Write as _;

use maud::{Markup, html};
use serde_json::{Map, Value, json};

use super::geojson::FeatureWriter;
use super::{View, synthetic_notice, width};
use crate::geometry::{Crs, Datum, End, Side};
use crate::index::IndexedLayer;
use crate::locate::{Along, Apart, Direction, Here, Member, Neighbour, Standpoint, Stop, Way};
use crate::model::{FeatureId, FeatureIx, Lang, Layer, Words};

/// A position as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Asked {
    /// In degrees of CRS84, longitude first.
    pub position: [f64; 2],
    /// The numbers that were given, where they were not these.
    pub given: Option<[f64; 2]>,
    /// The system that they were given in.
    pub crs: Crs,
    /// The datum that they were shifted by.
    pub datum: Option<Datum>,
    /// To how many metres it is known, where that was said.
    pub accuracy_m: Option<f64>,
}

/// What the question starts from.
#[derive(Debug, Clone, Copy)]
pub enum From<'a> {
    /// A position.
    Position(Asked),
    /// A feature.
    Feature(&'a Member),
}

/// An answer: a document, and rows for people.
#[derive(Debug, Default)]
pub struct Told {
    /// The document, without links.
    pub json: Value,
    /// Names and values that stand above the rows.
    pub(super) facts: Vec<(&'static str, String)>,
    /// Titles of columns.
    pub(super) head: Vec<&'static str>,
    pub(super) rows: Vec<Line>,
    /// What has to be said below them.
    pub(super) notes: Vec<String>,
}

#[derive(Debug)]
pub(super) struct Line {
    pub cells: Vec<String>,
    /// Collection and id of the feature that the first cell names.
    pub feature: [String; 2],
}

pub(super) fn rounded(number: f64, decimals: i32) -> f64 {
    let scale = 10_f64.powi(decimals);
    let rounded = (number * scale).round() / scale;
    // No number is shown as -0.
    if rounded.is_finite() { rounded + 0.0 } else { number }
}

pub(super) fn metres(metres: f64) -> f64 {
    rounded(metres, 3)
}

fn position(position: [f64; 2]) -> [f64; 2] {
    position.map(|degrees| rounded(degrees, 8))
}

/// Metres as people read them.
#[must_use]
pub fn said(metres: f64, lang: Lang) -> String {
    if metres < 1000.0 {
        format!("{metres:.0} {}", lang.pick("米", "m"))
    } else {
        format!("{:.2} {}", metres / 1000.0, lang.pick("公里", "km"))
    }
}

pub(super) fn accuracy(accuracy_m: Option<f64>, lang: Lang) -> String {
    accuracy_m
        .map_or_else(|| lang.pick("未知", "unknown").to_owned(), |metres| format!("± {}", said(metres, lang)))
}

/// That distances are those of a bird.
#[must_use]
pub fn straight_line(lang: Lang) -> &'static str {
    lang.pick(
        "直线距离：椭球面上边缘到边缘的最短距离，不是路程；± 为两端位置精度之和，任一端未知则未知。",
        "Straight-line distance: the shortest way on the ellipsoid, edge to edge, not along roads; ± is the sum of both \
         positional accuracies, unknown where either is.",
    )
}

fn collection_of(member: &Member) -> String {
    member.indexed.layer().id.to_string()
}

/// The id of a feature as JSON has it: a number, or a text.
pub(super) fn id_of(layer: &Layer, ix: FeatureIx) -> Value {
    match layer.feature(ix).id() {
        FeatureId::Integer(id) => id.into(),
        FeatureId::Text(id) => id.into(),
    }
}

pub(super) fn member(member: &Member, lang: Lang) -> Value {
    let feature = member.feature();
    json!({
        "collection": collection_of(member), "id": id_of(member.indexed.layer(), member.ix), "name": feature.name(lang),
        "accuracyM": feature.accuracy_m(),
    })
}

impl From<'_> {
    pub(super) fn json(&self, lang: Lang) -> Value {
        match self {
            Self::Feature(feature) => member(feature, lang),
            Self::Position(asked) => {
                let mut json = json!({ "position": position(asked.position), "accuracyM": asked.accuracy_m });
                if let Some(given) = asked.given {
                    json["given"] = given.into();
                    json["givenCrs"] = asked.crs.to_string().into();
                }
                if let Some(datum) = asked.datum {
                    json["datum"] = datum.name().into();
                    json["statement"] = asked.statement(datum, lang).into();
                }
                json
            }
        }
    }

    pub(super) fn words(&self, lang: Lang) -> String {
        match self {
            Self::Feature(member) => member.feature().name(lang),
            Self::Position(asked) => {
                let [x, y] = position(asked.position);
                let datum = asked.datum.map(|datum| format!(" ({})", asked.statement(datum, lang)));
                let datum = datum.unwrap_or_default();
                format!("{x}, {y}{datum}")
            }
        }
    }
}

impl Asked {
    /// What became of shifted degrees.
    fn statement(&self, datum: Datum, lang: Lang) -> String {
        let title = datum.title();
        let is_moved = self.given.is_some_and(|given| given != self.position);
        match (lang, is_moved) {
            (Lang::Zh, true) => format!("由 {title} 换算为 WGS 84，公式未经官方公布，约有一米误差"),
            (Lang::En, true) => format!(
                "converted from {title} to WGS 84 by a formula no authority published, good to a metre or so"
            ),
            (Lang::Zh, false) => format!("{title} 在此处（中国以外）没有偏移，与 WGS 84 相同"),
            (Lang::En, false) => format!("{title} shifts nothing here, outside China: the same as WGS 84"),
        }
    }
}

/// The way to a feature, as its properties.
fn way_members(way: &Way) -> Map<String, Value> {
    let mut members = Map::new();
    members.insert("distance_m".to_owned(), metres(way.nearest.metres).into());
    members.insert("distance_accuracy_m".to_owned(), way.accuracy_m.map(metres).into());
    members.insert("bearing_deg".to_owned(), way.bearing_deg().map(|degrees| rounded(degrees, 1)).into());
    members.insert("direction".to_owned(), way.direction().map(Direction::as_str).into());
    members.insert("inside".to_owned(), way.is_inside().into());
    members.insert("nearest_position".to_owned(), json!(position(way.nearest.to)));
    members
}

/// A feature with its own properties and some of ours, which win where names are equal.
fn feature(
    writer: &FeatureWriter,
    indexed: &IndexedLayer,
    ix: FeatureIx,
    members: Map<String, Value>,
) -> Value {
    let mut bytes = Vec::new();
    writer.feature(&mut bytes, indexed.layer(), ix);
    let mut feature: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    if let Some(properties) = feature["properties"].as_object_mut() {
        properties.extend(members);
    }
    feature
}

fn writer(indexed: &IndexedLayer, lang: Lang) -> FeatureWriter {
    let layer = indexed.layer();
    FeatureWriter::new(layer, View { lang, ..View::whole(layer, Crs::Crs84) })
}

fn direction(way: &Way, lang: Lang) -> String {
    match way.direction() {
        Some(direction) => direction.say(lang).to_owned(),
        None => lang.pick("在其内", "inside").to_owned(),
    }
}

/// The nearest features as a collection, nearest first.
#[must_use]
pub fn nearest(from: From<'_>, indexed: &IndexedLayer, found: &[Neighbour], lang: Lang) -> Told {
    let (layer, writer) = (indexed.layer(), writer(indexed, lang));
    let features: Vec<_> =
        found.iter().map(|one| feature(&writer, indexed, one.ix, way_members(&one.way))).collect();
    let mut json = json!({
        "type": "FeatureCollection", "collection": layer.id.as_str(), "from": from.json(lang),
        "statement": straight_line(lang), "numberReturned": features.len(), "features": features,
    });
    let mut notes = vec![straight_line(lang).to_owned()];
    if layer.about.synthetic {
        json[super::SYNTHETIC] = true.into();
        notes.push(synthetic_notice(lang).to_owned());
    }
    let rows = found.iter().map(|one| {
        let feature = layer.feature(one.ix);
        Line {
            cells: vec![
                feature.name(lang),
                said(one.way.nearest.metres, lang),
                accuracy(one.way.accuracy_m, lang),
                direction(&one.way, lang),
            ],
            feature: [layer.id.to_string(), feature.id().to_string()],
        }
    });
    Told {
        json,
        facts: vec![
            (lang.pick("起点", "from"), from.words(lang)),
            (lang.pick("要素集", "collection"), layer.about.title.say(lang).to_owned()),
        ],
        head: vec![
            lang.pick("名称", "name"),
            lang.pick("直线距离", "distance"),
            lang.pick("精度", "accuracy"),
            lang.pick("方向", "direction"),
        ],
        rows: rows.collect(),
        notes,
    }
}

/// Everything at a position, by collection.
#[must_use]
pub fn at(asked: Asked, tolerance: f64, found: &[(std::sync::Arc<IndexedLayer>, Here)], lang: Lang) -> Told {
    let from = From::Position(asked);
    let (mut collections, mut rows, mut matched) = (Vec::new(), Vec::new(), 0);
    for (indexed, here) in found.iter().filter(|(_, here)| here.matched > 0) {
        let (layer, writer) = (indexed.layer(), writer(indexed, lang));
        matched += here.matched;
        let features: Vec<_> =
            here.found.iter().map(|(ix, way)| feature(&writer, indexed, *ix, way_members(way))).collect();
        let mut group = json!({
            "collection": layer.id.as_str(), "title": layer.about.title.say(lang), "numberMatched": here.matched,
            "numberReturned": features.len(), "features": features,
        });
        if layer.about.synthetic {
            group[super::SYNTHETIC] = true.into();
        }
        collections.push(group);
        rows.extend(here.found.iter().map(|(ix, way)| {
            let feature = layer.feature(*ix);
            let metres = if way.is_inside() { direction(way, lang) } else { said(way.nearest.metres, lang) };
            Line {
                cells: vec![feature.name(lang), layer.about.title.say(lang).to_owned(), metres],
                feature: [layer.id.to_string(), feature.id().to_string()],
            }
        }));
    }
    let statement = match lang {
        Lang::Zh => format!("面要素须包含该点（含边界），线和点须在 {tolerance} 米以内。"),
        Lang::En => format!(
            "Polygons hold the point, their borders included; lines and points are within {tolerance} m of it."
        ),
    };
    let json = json!({
        "at": from.json(lang), "toleranceM": tolerance, "statement": statement, "numberMatched": matched,
        "collections": collections,
    });
    Told {
        json,
        facts: vec![(lang.pick("位置", "position"), from.words(lang))],
        head: vec![
            lang.pick("名称", "name"),
            lang.pick("要素集", "collection"),
            lang.pick("直线距离", "distance"),
        ],
        rows,
        notes: vec![statement],
    }
}

/// How two features lie to each other.
#[must_use]
pub fn apart(from: &Member, to: &Member, apart: &Apart, lang: Lang) -> Told {
    let relations: Vec<_> = apart.relations.iter().map(|relation| relation.as_str()).collect();
    let mut json = Value::Object(
        [("from", member(from, lang)), ("to", member(to, lang))]
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value))
            .collect(),
    );
    let way = &apart.way;
    json["distanceM"] = metres(way.nearest.metres).into();
    json["distanceAccuracyM"] = way.accuracy_m.map(metres).into();
    json["bearingDeg"] = way.bearing_deg().map(|degrees| rounded(degrees, 1)).into();
    json["direction"] = way.direction().map(Direction::as_str).into();
    json["nearestOnFrom"] = json!(position(way.nearest.from));
    json["nearestOnTo"] = json!(position(way.nearest.to));
    json["relations"] = json!(relations);
    json["de9im"] = apart.matrix.clone().into();
    json["statement"] = straight_line(lang).into();
    let place = |at: [f64; 2]| {
        let [x, y] = position(at);
        format!("{x}, {y}")
    };
    let mut facts = vec![
        (lang.pick("从", "from"), from.feature().name(lang)),
        (lang.pick("到", "to"), to.feature().name(lang)),
        (lang.pick("直线距离", "distance"), format!("{} m", metres(way.nearest.metres))),
        (lang.pick("精度", "accuracy"), accuracy(way.accuracy_m, lang)),
    ];
    if let (Some(direction), Some(bearing)) = (way.direction(), way.bearing_deg()) {
        facts.push((lang.pick("方向", "direction"), format!("{} ({bearing:.1}°)", direction.say(lang))));
    }
    facts.extend([
        (lang.pick("前者最近点", "nearest on the first"), place(way.nearest.from)),
        (lang.pick("后者最近点", "nearest on the second"), place(way.nearest.to)),
        (lang.pick("空间关系", "relations"), relations.join(", ")),
        ("DE-9IM", apart.matrix.clone()),
    ]);
    Told { json, facts, notes: vec![straight_line(lang).to_owned()], ..Told::default() }
}

fn side(stop: &Stop) -> Option<&'static str> {
    stop.side.map(|side| match side {
        Side::Left => "left",
        Side::Right => "right",
    })
}

fn beyond(stop: &Stop) -> Option<&'static str> {
    stop.beyond.map(|end| match end {
        End::Start => "start",
        End::End => "end",
    })
}

/// On which side of a line something stands, or beyond which end.
#[must_use]
pub fn where_beside(stop: &Stop, lang: Lang) -> &'static str {
    match (stop.side, stop.beyond) {
        (_, Some(End::Start)) => lang.pick("起点之外", "before the start"),
        (_, Some(End::End)) => lang.pick("终点之外", "beyond the end"),
        (Some(Side::Left), None) => lang.pick("左", "left"),
        (Some(Side::Right), None) => lang.pick("右", "right"),
        (None, None) => lang.pick("线上", "on the line"),
    }
}

fn stop_json(stop: &Stop, after: Option<&Stop>, lang: Lang) -> Value {
    let mut json = member(&stop.member, lang);
    json["chainageM"] = metres(stop.chainage_m).into();
    json["offsetM"] = metres(stop.way.nearest.metres).into();
    json["offsetAccuracyM"] = stop.way.accuracy_m.map(metres).into();
    json["side"] = side(stop).into();
    json["beyond"] = beyond(stop).into();
    if let Some(stretch) = stop.stretch {
        json["stretchM"] = json!(stretch.map(metres));
    }
    if let Some(after) = after {
        json["aheadM"] = metres(stop.chainage_m - after.chainage_m).into();
    }
    json
}

/// What stands along a line, in order; no more than `most`.
#[must_use]
pub fn along(line: &Member, along: &Along, most: usize, farthest: f64, lang: Lang) -> Told {
    let after = along.after.as_ref();
    let shown = &along.stops[..most.min(along.stops.len())];
    let end = |end: &Option<(Box<str>, Words)>| {
        end.as_ref().map(|(id, name)| json!({ "id": id, "name": name.say(lang) }))
    };
    let statement = match lang {
        Lang::Zh => format!(
            "桩距为沿线从起点算起的米数，偏距为到该线的直线距离，最多 {farthest} 米；左右按前进方向。"
        ),
        Lang::En => format!(
            "Chainage is metres along the line from its start, offset the straight-line distance to it, {farthest} m at most; sides are looking along the line."
        ),
    };
    let json = json!({
        "line": member(line, lang), "lengthM": metres(along.length_m),
        "start": end(&along.ends[0]), "end": end(&along.ends[1]),
        "after": after.map(|stop| stop_json(stop, None, lang)), "maxOffsetM": farthest,
        "numberMatched": along.stops.len(), "numberReturned": shown.len(), "statement": statement,
        "stops": shown.iter().map(|stop| stop_json(stop, after, lang)).collect::<Vec<_>>(),
    });
    let name = |end: &Option<(Box<str>, Words)>| end.as_ref().map(|(_, name)| name.say(lang).to_owned());
    let mut facts = vec![
        (lang.pick("线", "line"), line.feature().name(lang)),
        (lang.pick("长度", "length"), said(along.length_m, lang)),
    ];
    facts.extend(name(&along.ends[0]).map(|name| (lang.pick("起点", "start"), name)));
    facts.extend(name(&along.ends[1]).map(|name| (lang.pick("终点", "end"), name)));
    facts.extend(after.map(|stop| (lang.pick("之后", "after"), stop.member.feature().name(lang))));
    let rows = shown.iter().map(|stop| {
        let feature = stop.member.feature();
        let mut cells = vec![
            feature.name(lang),
            said(stop.chainage_m, lang),
            said(stop.way.nearest.metres, lang),
            where_beside(stop, lang).to_owned(),
        ];
        if let Some(after) = after {
            cells.push(said(stop.chainage_m - after.chainage_m, lang));
        }
        Line { cells, feature: [collection_of(&stop.member), feature.id().to_string()] }
    });
    let mut head = vec![
        lang.pick("名称", "name"),
        lang.pick("桩距", "chainage"),
        lang.pick("偏距", "offset"),
        lang.pick("侧", "side"),
    ];
    if after.is_some() {
        head.push(lang.pick("前方", "ahead"));
    }
    Told { json, facts, head, rows: rows.collect(), notes: vec![statement] }
}

impl Told {
    /// The answer for people; `href` gives the address of a feature.
    #[must_use]
    pub fn html(&self, lang: Lang, href: impl Fn(&str, &str) -> String) -> Markup {
        let facts: Vec<_> =
            self.facts.iter().map(|(name, value)| ((*name).to_owned(), html! { (value) })).collect();
        html! {
            (super::html::facts(&facts))
            @if !self.head.is_empty() {
                @if self.rows.is_empty() { p { (lang.pick("没有要素。", "No features.")) } }
                @else { div.scroll { table {
                    thead { tr { @for title in &self.head { th scope="col" { (title) } } } }
                    tbody { @for Line { cells, feature: [collection, id] } in &self.rows { tr {
                        @for (at, cell) in cells.iter().enumerate() {
                            td { @if at == 0 { a href=(href(collection, id)) { (cell) } } @else { (cell) } }
                        }
                    } } }
                } } }
            }
            @for note in &self.notes { p { (note) } }
        }
    }

    /// The answer as plain text, in columns.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let mut out = String::new();
        // Writing to a text does not fail.
        for (name, value) in &self.facts {
            let _ = writeln!(out, "{name}: {value}");
        }
        let title = |at: usize| if at == self.head.len() { "id" } else { self.head[at] };
        let mut lines: Vec<Vec<String>> =
            vec![(0..=self.head.len()).map(|at| title(at).to_owned()).collect()];
        lines.extend(self.rows.iter().map(|Line { cells, feature }| {
            cells.iter().cloned().chain([feature.join(":")]).collect::<Vec<_>>()
        }));
        let widest = |at: usize| {
            lines.iter().map(|line| line.get(at).map_or(0, |cell| width(cell))).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..=self.head.len()).map(widest).collect();
        if !self.head.is_empty() && self.rows.is_empty() {
            let _ = writeln!(out, "{}", lang.pick("没有要素。", "No features."));
        } else if !self.head.is_empty() {
            for line in &lines {
                let cells: Vec<_> = line
                    .iter()
                    .zip(&widths)
                    .map(|(cell, &wide)| format!("{cell}{}", " ".repeat(wide.saturating_sub(width(cell)))))
                    .collect();
                let _ = writeln!(out, "{}", cells.join("  ").trim_end());
            }
        }
        for note in &self.notes {
            let _ = writeln!(out, "{note}");
        }
        out
    }
}

/// What a standpoint is, for the answer.
#[must_use]
pub fn from_of(standpoint: &Standpoint, asked: Option<Asked>) -> Option<From<'_>> {
    asked.map(From::Position).or_else(|| standpoint.member.as_ref().map(From::Feature))
}
