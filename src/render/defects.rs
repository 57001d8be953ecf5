//! The defects of a layer of polygons: how many of each kind, and a page of them with their places. As `GeoJSON` with
//! members of its own, as a page, as plain text, and as a layer for the writers of features.
//!
//! Metres have three decimals, square metres two, shares four, degrees of computed places nine. What is not known is null.

use std::fmt::Write as _;
use std::sync::Arc;

use geo_types::Polygon;
use maud::{Markup, html};
use serde_json::{Value, json};

use super::geojson::FeatureWriter;
use super::locate::rounded;
use super::table::text_table;
use super::{Cover, RenderError, View, csv, xlsx};
use crate::geometry::{Crs, GeometryBuilder, GeometryFault, GeometryKind, PolygonFault, Shape, centroid};
use crate::model::{FeatureIx, Field, Incoming, Lang, Layer, ValueKind, Words};
use crate::query::aggregate::{Row, as_layer};
use crate::query::defects::{Checked, Checking, Defect, Detail, Kind, LONGEST_GAP_M, SAME_SHARE, Thin};
use crate::query::{Budget, QueryError};

/// Defects and what they were asked with.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// The question.
    pub asked: &'a Checking,
    /// The answer.
    pub checked: &'a Checked,
    /// Whose features were checked.
    pub layer: &'a Layer,
    /// In which language.
    pub lang: Lang,
}

/// Features that are named in a line; the others are counted.
const MOST_NAMED: usize = 4;

impl Told<'_> {
    /// The name of a file of it.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}-topology", self.layer.id)
    }

    /// What is wrong, in words.
    fn what(&self, detail: &Detail) -> String {
        let lang = self.lang;
        let number = |number: f64| rounded(number, 2).to_string();
        match *detail {
            Detail::Rings(fault) => fault_words(fault, lang).to_owned(),
            Detail::Same(share) if share >= 1.0 => lang.pick("图形相同", "drawn alike").to_owned(),
            Detail::Same(share) => {
                let percent = rounded(share * 100.0, 2);
                format!("{} {percent} %", lang.pick("重合", "the same to"))
            }
            Detail::Number(ref number) => format!("{} {number}", lang.pick("编号重复：", "same number:")),
            Detail::Place { area_m2, width_m, of } => {
                let what = match of {
                    Thin::Overlap => lang.pick("重叠", "overlap"),
                    Thin::Gap => lang.pick("缝隙", "gap"),
                    Thin::Feature => lang.pick("图形狭窄", "narrow feature"),
                };
                let width = if width_m < 1.0 { rounded(width_m, 3) } else { rounded(width_m, 1) };
                match lang {
                    Lang::Zh => format!("{what} {} m²，平均宽 {width} m", number(area_m2)),
                    Lang::En => format!("{what} of {} m², mean width {width} m", number(area_m2)),
                }
            }
            Detail::Areas { stated_m2, measured_m2 } => {
                let percent = rounded((stated_m2 / measured_m2 - 1.0) * 100.0, 2);
                let (stated, measured) = (number(stated_m2), number(measured_m2));
                match lang {
                    Lang::Zh => format!("登记 {stated} m²，实测 {measured} m²（{percent:+} %）"),
                    Lang::En => format!("stated {stated} m², measured {measured} m² ({percent:+} %)"),
                }
            }
        }
    }

    fn id(&self, ix: FeatureIx) -> String {
        self.layer.feature(ix).id().to_string()
    }

    /// The greatest accuracy of the features that take part, metres; none where one is not known.
    fn accuracy_m(&self, defect: &Defect) -> Option<f64> {
        let known: Option<Vec<f64>> =
            defect.features.iter().map(|&ix| self.layer.feature(ix).accuracy_m()).collect();
        known?.into_iter().reduce(f64::max)
    }

    fn rules(&self) -> Value {
        let asked = &self.asked.tolerances;
        let name = |field: Option<_>| field.map(|at| self.layer.schema.field(at).name.to_string());
        json!({
            "tolerance": asked.rounding_m, "sliver-width": asked.sliver_m, "gap-area": asked.gap_m2,
            "area-tolerance": asked.area_share, "area-field": name(asked.area_field),
            "number-field": name(asked.number_field), "sameShare": SAME_SHARE, "longestGapM": LONGEST_GAP_M,
        })
    }

    /// What was not looked at, or tells nothing, in words; what does not occur is left out.
    fn notes(&self) -> Vec<String> {
        let counts = &self.checked.counts;
        let asked = &self.asked.tolerances;
        let mut notes = Vec::new();
        let mut note = |count: u64, zh: &str, en: &str| {
            if count > 0 {
                notes.push(format!("{count} {}", self.lang.pick(zh, en)));
            }
        };
        note(counts.others, "个要素没有面状图形，未检查", "features without a polygon were not checked");
        note(
            counts.not_compared,
            "个面的环有误，未与相邻面比较，未量面积",
            "polygons with faulty rings were not held against others, nor measured",
        );
        note(
            counts.rounding,
            "处重叠或缝隙窄于坐标取位，只计数",
            "overlaps and gaps narrower than the tolerance are only counted",
        );
        note(counts.without_area, "个面没有登记面积", "polygons state no area");
        note(counts.without_number, "个要素没有编号", "features have no number");
        if asked.area_field.is_none() {
            notes.push(
                self.lang
                    .pick("没有登记面积字段，未比较面积", "no field of stated areas: none were compared")
                    .to_owned(),
            );
        }
        if asked.number_field.is_none() {
            notes.push(
                self.lang
                    .pick("没有编号字段，未查重号", "no field of numbers: none were compared")
                    .to_owned(),
            );
        }
        notes
    }

    /// The document of the resource, without links.
    ///
    /// # Errors
    /// Never for defects.
    pub fn json(&self) -> Result<Value, RenderError> {
        let (checked, counts) = (self.checked, &self.checked.counts);
        let made = self.layer()?;
        let (writer, mut features) =
            (FeatureWriter::new(&made, self.view(&made)), Vec::with_capacity(made.len()));
        for ix in made.positions() {
            let mut text = Vec::new();
            writer.feature(&mut text, &made, ix);
            features.push(serde_json::from_slice(&text).unwrap_or(Value::Null));
        }
        let kinds: serde_json::Map<_, _> =
            Kind::ALL.into_iter().map(|kind| (kind.name().to_owned(), counts.of(kind).into())).collect();
        let [overlaps, gaps, narrow] = counts.slivers;
        let mut document = json!({
            "type": "FeatureCollection", "collection": self.layer.id.as_str(),
            "numberMatched": checked.matched, "numberReturned": checked.defects.len(),
            "defects": counts.total(), "kinds": kinds,
            "slivers": { "overlap": overlaps, "gap": gaps, "feature": narrow },
            "checked": { "polygons": counts.polygons, "others": counts.others, "notCompared": counts.not_compared,
                         "withoutArea": counts.without_area, "withoutNumber": counts.without_number },
            "belowTolerance": counts.rounding, "rules": self.rules(), "notes": self.notes(),
            "features": features,
        });
        if self.layer.about.synthetic {
            document[super::SYNTHETIC] = true.into();
            document["statement"] = super::synthetic_notice(self.lang).into();
        }
        Ok(document)
    }

    /// The page of defects as a layer.
    ///
    /// # Errors
    /// Never for defects.
    pub fn layer(&self) -> Result<Arc<Layer>, QueryError> {
        let column = |name: &str, kind, zh: &str, en: &str, unit: Option<&str>| Field {
            name: name.into(),
            kind,
            title: Some(Words { zh: zh.into(), en: en.into() }),
            unit: unit.map(Into::into),
            find: None,
        };
        let columns = [
            column("kind", ValueKind::Text, "类别", "kind", None),
            column("detail", ValueKind::Text, "细类", "detail", None),
            column("what", ValueKind::Text, "说明", "what is wrong", None),
            column("features", ValueKind::Array, "要素", "features", None),
            column("area_m2", ValueKind::Real, "面积", "area", Some("m2")),
            column("width_m", ValueKind::Real, "平均宽度", "mean width", Some("m")),
            column("share", ValueKind::Real, "重合比例", "share in common", Some("1")),
            column("number", ValueKind::Text, "重复编号", "repeated number", None),
            column("stated_m2", ValueKind::Real, "登记面积", "stated area", Some("m2")),
            column("measured_m2", ValueKind::Real, "实测面积", "measured area", Some("m2")),
            column("difference", ValueKind::Real, "面积差比例", "difference of areas", Some("1")),
            column("accuracy_m", ValueKind::Real, "要素精度", "accuracy of the features", Some("m")),
            column("within_accuracy", ValueKind::Bool, "窄于精度", "narrower than the accuracy", None),
            column("longitude", ValueKind::Real, "经度", "longitude", Some("deg")),
            column("latitude", ValueKind::Real, "纬度", "latitude", Some("deg")),
        ];
        let mut geometries = GeometryBuilder::default();
        let rows: Vec<Row> = self
            .checked
            .defects
            .iter()
            .zip(self.asked.page.offset + 1..)
            .map(|(defect, number)| {
                if put(&mut geometries, &defect.place).is_err() {
                    geometries.null();
                }
                Row { id: number.to_string(), cells: self.cells(defect) }
            })
            .collect();
        let about = self.layer.about.of_table("拓扑检查", ": topology check");
        let table = as_layer(&self.name(), &columns, &rows, about)?;
        // As many geometries as rows were put in.
        Ok(table.layer().with_geometries(geometries.build()).map_or_else(|_| table.shared_layer(), Arc::new))
    }

    fn cells(&self, defect: &Defect) -> Vec<Incoming<'static>> {
        let text = |text: String| Incoming::Text(text.into());
        let real = |number: Option<f64>, decimals| {
            number.map_or(Incoming::Null, |number| Incoming::Real(rounded(number, decimals)))
        };
        let features: Vec<String> = defect.features.iter().map(|&ix| self.id(ix)).collect();
        let (mut area, mut width, mut share, mut number, mut areas) = (None, None, None, None, None);
        match defect.detail {
            Detail::Rings(_) => {}
            Detail::Same(same) => share = Some(same),
            Detail::Number(ref repeated) => number = Some(repeated.clone()),
            Detail::Place { area_m2, width_m, .. } => (area, width) = (Some(area_m2), Some(width_m)),
            Detail::Areas { stated_m2, measured_m2 } => areas = Some((stated_m2, measured_m2)),
        }
        let accuracy_m = self.accuracy_m(defect);
        let centre = centroid(&defect.place);
        vec![
            text(defect.kind.name().to_owned()),
            detail_name(&defect.detail).map_or(Incoming::Null, |name| text(name.to_owned())),
            text(self.what(&defect.detail)),
            Incoming::Array(json!(features).to_string()),
            real(area, 2),
            real(width, 3),
            real(share, 4),
            number.map_or(Incoming::Null, text),
            real(areas.map(|(stated, _)| stated), 2),
            real(areas.map(|(_, measured)| measured), 2),
            real(
                areas.map(|(stated, measured)| stated / measured - 1.0).filter(|share| share.is_finite()),
                4,
            ),
            real(accuracy_m, 3),
            accuracy_m
                .zip(width)
                .map_or(Incoming::Null, |(accuracy, width)| Incoming::Bool(width <= accuracy)),
            real(centre.map(|[longitude, _]| longitude), 7),
            real(centre.map(|[_, latitude]| latitude), 7),
        ]
    }

    fn view(&self, layer: &Layer) -> View {
        View { lang: self.lang, ..View::whole(layer, Crs::Crs84) }
    }

    /// The page of defects as comma-separated values, without their outlines.
    ///
    /// # Errors
    /// Never for defects.
    pub fn csv(&self) -> Result<Vec<u8>, RenderError> {
        let layer = self.layer()?;
        let view = View { geometry: false, ..self.view(&layer) };
        Ok(csv::file(&layer, view))
    }

    /// The page of defects as a workbook; its second sheet tells how many there are of each kind, by which rules.
    ///
    /// # Errors
    /// A sheet refuses a cell.
    pub fn xlsx(&self, cover: &Cover) -> Result<Vec<u8>, RenderError> {
        let layer = self.layer()?;
        let view = View { geometry: false, ..self.view(&layer) };
        let mut cover = cover.clone();
        cover.conditions.extend(self.facts());
        let items: Vec<_> = layer.positions().collect();
        xlsx::file(&layer, &items, &view, &cover, &Budget::default())
    }

    /// Names and values that stand above the list.
    fn facts(&self) -> Vec<(String, String)> {
        let (counts, asked, lang) = (&self.checked.counts, &self.asked.tolerances, self.lang);
        let mut facts = vec![
            (lang.pick("检查的面", "polygons checked").to_owned(), counts.polygons.to_string()),
            (lang.pick("问题", "defects").to_owned(), counts.total().to_string()),
        ];
        facts.extend(Kind::ALL.map(|kind| (kind_title(kind, lang).to_owned(), self.count_words(kind))));
        let (rounding, sliver, gap) = (asked.rounding_m, asked.sliver_m, asked.gap_m2);
        let percent = rounded(asked.area_share * 100.0, 4);
        let rule = match lang {
            Lang::Zh => format!(
                "窄于 {rounding} m 的重叠和缝隙视为坐标取位；窄于 {sliver} m 的为狭长碎面；相邻面围出的 {gap} m² 以内空地为缝隙；面积差超过 {percent} % 列出；面积和长度均在椭球面上计算"
            ),
            Lang::En => format!(
                "Overlaps and gaps under {rounding} m of width are rounding, under {sliver} m slivers; ground that neighbours enclose is a gap up to {gap} m²; stated areas may differ by {percent} %; areas and lengths are those on the ellipsoid"
            ),
        };
        facts.push((lang.pick("规则", "rules").to_owned(), rule));
        facts.extend(self.notes().into_iter().map(|note| (lang.pick("说明", "note").to_owned(), note)));
        facts
    }

    fn count_words(&self, kind: Kind) -> String {
        let counts = &self.checked.counts;
        let count = counts.of(kind);
        if kind != Kind::Sliver || count == 0 {
            return count.to_string();
        }
        let [overlaps, gaps, narrow] = counts.slivers;
        match self.lang {
            Lang::Zh => format!("{count}（重叠 {overlaps}，缝隙 {gaps}，要素 {narrow}）"),
            Lang::En => format!("{count} (overlaps {overlaps}, gaps {gaps}, features {narrow})"),
        }
    }

    /// Which stretch of how many is listed.
    fn range(&self) -> String {
        let (first, returned) = (self.asked.page.offset + 1, self.checked.defects.len() as u64);
        let (last, matched) = (self.asked.page.offset + returned, self.checked.matched);
        match (self.lang, returned) {
            (Lang::Zh, 0) => format!("未列出，共 {matched} 处"),
            (Lang::En, 0) => format!("none listed of {matched}"),
            (Lang::Zh, _) => format!("第 {first}–{last} 处，共 {matched} 处"),
            (Lang::En, _) => format!("{first}–{last} of {matched}"),
        }
    }

    /// The page of it; `address` leads to a feature, `only` to the list of one kind.
    #[must_use]
    pub fn html(&self, address: impl Fn(&str) -> String, only: impl Fn(Kind) -> String) -> Markup {
        let lang = self.lang;
        let kinds: Vec<(String, Markup)> = self
            .facts()
            .into_iter()
            .map(|(name, value)| {
                let kind = Kind::ALL.into_iter().find(|kind| kind_title(*kind, lang) == name);
                let listed = kind.filter(|kind| self.checked.counts.of(*kind) > 0);
                let value = if let Some(kind) = listed {
                    html! { a href=(only(kind)) { (value) } }
                } else {
                    html! { (value) }
                };
                (name, value)
            })
            .collect();
        html! {
            @if self.layer.about.synthetic { (super::html::synthetic_notice(lang)) }
            (super::html::facts(&kinds))
            h2 { (lang.pick("问题清单", "Defects")) }
            p { (self.range()) }
            @if !self.checked.defects.is_empty() {
                div.scroll { table {
                    thead { tr {
                        th.n scope="col" { "#" }
                        th scope="col" { (lang.pick("类别", "kind")) }
                        th scope="col" { (lang.pick("要素", "features")) }
                        th scope="col" { (lang.pick("说明", "what is wrong")) }
                        th scope="col" { (lang.pick("经度，纬度", "longitude, latitude")) }
                    } }
                    tbody { @for (defect, number) in self.checked.defects.iter().zip(self.asked.page.offset + 1..) { tr {
                        td.n { (number) }
                        td { (kind_title(defect.kind, lang)) }
                        td {
                            @for (at, ix) in defect.features.iter().take(MOST_NAMED).enumerate() {
                                @if at > 0 { (lang.pick("、", ", ")) }
                                @let id = self.id(*ix);
                                a href=(address(&id)) { (id) }
                            }
                            (self.others(defect))
                        }
                        td { (self.what(&defect.detail)) }
                        td { (position(defect)) }
                    } } }
                } }
            }
        }
    }

    fn others(&self, defect: &Defect) -> String {
        match defect.features.len().saturating_sub(MOST_NAMED) {
            0 => String::new(),
            more => match self.lang {
                Lang::Zh => format!(" 等 {} 个", more + MOST_NAMED),
                Lang::En => format!(" and {more} more"),
            },
        }
    }

    /// The same as plain text.
    #[must_use]
    pub fn text(&self) -> String {
        let mut out = String::new();
        if self.layer.about.synthetic {
            let _ = writeln!(out, "{}", super::synthetic_notice(self.lang));
        }
        for (name, value) in self.facts() {
            let _ = writeln!(out, "{name}: {value}");
        }
        if !self.checked.defects.is_empty() {
            let head = self
                .lang
                .pick("#|类别|要素|说明|经度，纬度", "#|kind|features|what is wrong|longitude, latitude");
            let head: Vec<String> = head.split('|').map(str::to_owned).collect();
            let rows =
                self.checked.defects.iter().zip(self.asked.page.offset + 1..).map(|(defect, number)| {
                    let named: Vec<String> =
                        defect.features.iter().take(MOST_NAMED).map(|&ix| self.id(ix)).collect();
                    vec![
                        number.to_string(),
                        kind_title(defect.kind, self.lang).to_owned(),
                        named.join(self.lang.pick("、", ", ")) + &self.others(defect),
                        self.what(&defect.detail),
                        position(defect),
                    ]
                });
            let rows: Vec<Vec<String>> = std::iter::once(head).chain(rows).collect();
            out.push('\n');
            out.push_str(&text_table(&rows));
        }
        let _ = writeln!(out, "{}", self.range());
        out
    }
}

/// The centre of a defect's place.
fn position(defect: &Defect) -> String {
    centroid(&defect.place).map_or_else(|| "—".to_owned(), |[x, y]| format!("{x:.6}, {y:.6}"))
}

/// What people call a kind.
fn kind_title(kind: Kind, lang: Lang) -> &'static str {
    match kind {
        Kind::InvalidRing => lang.pick("环有误", "invalid ring"),
        Kind::Duplicate => lang.pick("重复图形", "duplicate"),
        Kind::RepeatedNumber => lang.pick("重复编号", "repeated number"),
        Kind::Overlap => lang.pick("重叠", "overlap"),
        Kind::Gap => lang.pick("缝隙", "gap"),
        Kind::Sliver => lang.pick("狭长碎面", "sliver"),
        Kind::StatedArea => lang.pick("面积不符", "stated area"),
    }
}

fn fault_words(fault: PolygonFault, lang: Lang) -> &'static str {
    let zh = match fault {
        PolygonFault::CrossesItself => "环自相交",
        PolygonFault::TouchesItself => "环两次经过同一点",
        PolygonFault::HoleOutside => "内环超出外环",
        PolygonFault::HolesOverlap => "内环重叠",
        PolygonFault::Disconnected => "内环把内部隔断",
        PolygonFault::PartsOverlap => "各部分重叠",
    };
    lang.pick(zh, fault.reason())
}

fn detail_name(detail: &Detail) -> Option<&'static str> {
    Some(match detail {
        Detail::Rings(PolygonFault::CrossesItself) => "crosses-itself",
        Detail::Rings(PolygonFault::TouchesItself) => "touches-itself",
        Detail::Rings(PolygonFault::HoleOutside) => "hole-outside",
        Detail::Rings(PolygonFault::HolesOverlap) => "holes-overlap",
        Detail::Rings(PolygonFault::Disconnected) => "disconnected",
        Detail::Rings(PolygonFault::PartsOverlap) => "parts-overlap",
        Detail::Same(share) if *share >= 1.0 => "identical",
        Detail::Same(_) => "nearly-identical",
        Detail::Place { of: Thin::Overlap, .. } => "overlap",
        Detail::Place { of: Thin::Gap, .. } => "gap",
        Detail::Place { of: Thin::Feature, .. } => "feature",
        Detail::Number(_) | Detail::Areas { .. } => return None,
    })
}

/// Adds a place to an array. What is too small for its rings on the grid of the output is a point.
fn put(builder: &mut GeometryBuilder, place: &Shape) -> Result<(), GeometryFault> {
    let at = |x: f64, y: f64| [rounded(x, 9), rounded(y, 9)];
    let rings = |builder: &mut GeometryBuilder, polygon: &Polygon| {
        std::iter::once(polygon.exterior()).chain(polygon.interiors()).enumerate().try_for_each(
            |(ring, line)| {
                let mut positions: Vec<[f64; 2]> = line.0.iter().map(|c| at(c.x, c.y)).collect();
                builder.ring(&mut positions, &mut [], ring == 0).map(drop)
            },
        )
    };
    let (drawn, kind) = match place {
        Shape::Polygon(polygon) => (rings(builder, polygon), GeometryKind::Polygon),
        Shape::MultiPolygon(all) => {
            (all.iter().try_for_each(|polygon| rings(builder, polygon)), GeometryKind::MultiPolygon)
        }
        Shape::Point(point) => (builder.point(at(point.x(), point.y()), None), GeometryKind::Point),
        Shape::MultiPoint(points) => {
            let mut all = points.iter();
            (
                all.try_for_each(|point| builder.point(at(point.x(), point.y()), None)),
                GeometryKind::MultiPoint,
            )
        }
        _ => (Ok(()), GeometryKind::MultiPoint),
    };
    let kind = if drawn.is_err() {
        builder.undo();
        if let Some([x, y]) = centroid(place) {
            builder.point(at(x, y), None)?;
        }
        GeometryKind::Point
    } else {
        kind
    };
    builder.end_member(kind);
    builder.finish(false)
}
