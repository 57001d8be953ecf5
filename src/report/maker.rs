//! What all reports have in common: their head, their end, their maps.

use super::ReportError;
use super::document::{Block, Cell, Column, Document, Section, Tongue};
use crate::catalog::Catalog;
use crate::geometry::{Bounds, Shape};
use crate::map::frame::Size;
use crate::map::furniture::Furniture;
use crate::map::picture::Picture;
use crate::map::plot::{EDGE, Plot};
use crate::map::style::{Look, Theme, View};
use crate::map::{self, Request};
use crate::model::plan::PlanFacts;
use crate::model::{Citation, Date, FeatureIx, Words};
use crate::query::Budget;
use crate::register;

/// A report in the making.
pub(super) struct Maker<'a> {
    pub(super) catalog: &'a Catalog,
    pub(super) tongue: Tongue,
    pub(super) as_of: Date,
    pub(super) budget: &'a Budget,
}

/// What is highlighted on a map.
#[derive(Debug, Default)]
pub(super) struct Marked {
    pub(super) features: Vec<(String, FeatureIx)>,
    /// Shapes of no layer.
    pub(super) shapes: Vec<Shape>,
}

impl From<Vec<(String, FeatureIx)>> for Marked {
    fn from(features: Vec<(String, FeatureIx)>) -> Self {
        Self { features, shapes: Vec::new() }
    }
}

/// The size of maps: as wide as the text of a page when it is printed at two thirds.
const MAP_SIZE: Size = Size { width: 960, height: 660, scale: 2.0 };
/// The closest zoom that a map takes by itself.
const CLOSEST: f64 = 15.0;

impl<'a> Maker<'a> {
    /// The facts of the plan, on a day that the plan knows.
    pub(super) fn facts(&self) -> Result<&'a PlanFacts, ReportError> {
        let facts = self.catalog.plan.as_ref().ok_or(ReportError::NoPlan)?;
        register::day(facts, self.as_of)?;
        Ok(facts)
    }

    /// Holds the day not to lie before the plan, where there is one.
    pub(super) fn check_day(&self) -> Result<(), ReportError> {
        if self.catalog.plan.is_some() { self.facts().map(drop) } else { Ok(()) }
    }

    pub(super) fn pick(&self, zh: &str, en: &str) -> String {
        self.tongue.pick(zh, en)
    }

    pub(super) fn say(&self, words: &Words) -> String {
        self.tongue.say(words)
    }

    /// The whole: what stands at the head of every report, its sections, and what stands at the end of every report.
    pub(super) fn document(
        &self,
        name: String,
        title: String,
        facts: Vec<(String, String)>,
        banner: Option<String>,
        mut sections: Vec<Section>,
    ) -> Document {
        let about = &self.catalog.about;
        let mut head = vec![(self.pick("截至日期", "As of"), self.as_of.to_string())];
        head.extend(facts);
        if let Some(plan) = &self.catalog.plan {
            head.push((self.pick("规划", "Plan"), self.say(&plan.about.title)));
        }
        if let Some(date) = about.data_date {
            let said = if date < self.as_of {
                self.tongue.pick(
                    &format!("{date}，早于截至日期：其后的变化不在数据中"),
                    &format!("{date}, before the day of the report: what came after it is not in the data"),
                )
            } else {
                date.to_string()
            };
            head.push((self.pick("数据日期", "Date of the data"), said));
        }
        head.push((self.pick("数据版本", "Revision of the data"), self.catalog.revision.to_string()));
        sections.push(self.sources(banner.is_some()));
        Document {
            tongue: self.tongue,
            name,
            title,
            as_of: self.as_of,
            facts: head,
            banner,
            footer: told([self.approval(), self.say(&about.attribution)]).join("\n"),
            sections,
        }
    }

    /// The approval number, or that this is not for the public; empty where neither is asked for.
    pub(super) fn approval(&self) -> String {
        approval(self.catalog, self.tongue)
    }

    /// What the report is from; only one that says so in its banner is of made-up layers.
    fn sources(&self, is_made_up: bool) -> Section {
        let about = &self.catalog.about;
        let mut notes = Vec::new();
        if let Some(plan) = &self.catalog.plan {
            let (zh, en) = (&plan.about.title.zh, &plan.about.title.en);
            notes.push(self.pick(
                &format!("规划文本：《{zh}》。引文按规划自身的章节编号；仅录事实与数字，文字为本项目所写。"),
                &format!("Text of the plan: {en}. Citations follow its own numbering; facts and figures only, in words of this project."),
            ));
        }
        let credits = self.catalog.credits(|layer| is_made_up || !layer.about.synthetic);
        let attribution = self.say(&credits);
        notes.extend(Some(attribution).filter(|attribution| !attribution.trim().is_empty()));
        if !about.licence.is_empty() {
            notes
                .push(self.pick(&format!("许可：{}", about.licence), &format!("Licence: {}", about.licence)));
        }
        let [beside_zh, beside_en] = if self.catalog.is_in_china() {
            ["（与CGCS2000相差不到一米）", " (less than a metre from CGCS2000)"]
        } else {
            [""; 2]
        };
        notes.push(self.pick(
            &format!("坐标系：WGS 84 经纬度{beside_zh}；地图为Web墨卡托投影，比例尺按图幅中心纬度绘制。"),
            &format!("Coordinates: longitude and latitude of WGS 84{beside_en}; maps in the Web Mercator projection, their scale bars true at the latitude of the middle."),
        ));
        notes.extend(told([self.approval()]));
        Section {
            heading: self.pick("来源与说明", "Sources and notes"), blocks: vec![Block::Notes(notes)]
        }
    }

    /// A map of a window, one for each language; some things are highlighted.
    pub(super) fn maps(
        &self,
        view: View,
        window: Option<Bounds>,
        title: &Words,
        marked: &Marked,
    ) -> Result<Vec<Block>, ReportError> {
        let mut blocks = Vec::new();
        let Some(window) = window.or_else(|| self.catalog.start_extent()) else { return Ok(blocks) };
        for &lang in self.tongue.langs() {
            let picture = self.map(Look { view, theme: Theme::Light, lang }, window, title, marked)?;
            let only = Maker { tongue: Tongue::Only(lang), ..*self };
            let said = told([title.say(lang).to_owned(), only.approval()]);
            let caption = said.join(lang.pick("。", ". "));
            blocks.push(Block::Map { caption, picture: Box::new(picture) });
        }
        Ok(blocks)
    }

    /// A map of a window.
    pub(super) fn map(
        &self,
        look: Look,
        window: Bounds,
        title: &Words,
        marked: &Marked,
    ) -> Result<Picture, ReportError> {
        let (furniture, title) = (Furniture::default(), title.say(look.lang));
        let plot =
            Plot { catalog: self.catalog, look, furniture: &furniture, title: Some(title), size: MAP_SIZE };
        let request = Request {
            look,
            frame: plot.around(window, EDGE, CLOSEST),
            furniture,
            title: Some(title.to_owned()),
            selected: marked.features.clone(),
            drawn: marked.shapes.clone(),
        };
        let sources = map::sources::sources(self.catalog, look.lang);
        Ok(map::draw(self.catalog, &sources, &request, self.budget)?)
    }

    /// A number of things.
    #[expect(clippy::cast_precision_loss, reason = "a number of things that one counts")]
    pub(super) fn number(count: usize) -> Cell {
        Cell::Number(count as f64, 0)
    }

    pub(super) fn text(&self, zh: &str, en: &str) -> Cell {
        Cell::Text(self.pick(zh, en))
    }

    pub(super) fn words(&self, words: &Words) -> Cell {
        Cell::Text(self.say(words))
    }

    /// Sections of the plan, or that nothing is cited.
    pub(super) fn cited(citations: &[Citation]) -> Cell {
        if citations.is_empty() {
            return Cell::Missing;
        }
        let said = |citation: &Citation| format!("{citation}{}", if citation.inferred { "?" } else { "" });
        Cell::Cited(citations.iter().map(said).collect::<Vec<_>>().join("; "))
    }

    pub(super) fn column(&self, zh: &str, en: &str, weight: u8) -> Column {
        Column { heading: self.pick(zh, en), weight, is_number: false }
    }

    pub(super) fn numbers(&self, zh: &str, en: &str, weight: u8) -> Column {
        Column { heading: self.pick(zh, en), weight, is_number: true }
    }

    /// A text of a field of the data, in words where there are some.
    pub(super) fn worded(&self, field: &str, text: &str) -> String {
        register::say::word(self.catalog.plan.as_ref(), field, text)
            .map_or_else(|| text.to_owned(), |words| self.say(&words))
    }

    /// A text or the dash.
    pub(super) fn maybe(text: Option<&str>) -> Cell {
        text.map_or(Cell::Missing, |text| Cell::Text(text.to_owned()))
    }
}

/// What is not empty.
fn told<const N: usize>(all: [String; N]) -> Vec<String> {
    all.into_iter().filter(|text| !text.is_empty()).collect()
}

/// The approval number, or that this is not for the public; empty where neither is asked for, as it is of maps of China.
pub(super) fn approval(catalog: &Catalog, tongue: Tongue) -> String {
    match &*catalog.about.approval_number {
        "" if !catalog.is_in_china() => String::new(),
        "" => tongue.pick(
            "内部使用，不得公开出版（无审图号）",
            "Internal, not for publication (no map approval number)",
        ),
        number => tongue.pick(&format!("审图号：{number}"), &format!("Map approval no. {number}")),
    }
}

/// A window with a tenth of room on every side, and more around a point.
pub(super) fn widened(window: Bounds) -> Bounds {
    const AROUND_A_POINT: f64 = 0.02;
    let room = |wide: f64| if wide < 1e-9 { AROUND_A_POINT } else { wide / 10.0 };
    let (x, y) = (room(window.width()), room(window.north - window.south));
    let (west, east) = if window.crosses_antimeridian() {
        (window.west - x, window.east + x)
    } else {
        ((window.west - x).max(-180.0), (window.east + x).min(180.0))
    };
    Bounds { west, south: (window.south - y).max(-90.0), east, north: (window.north + y).min(90.0) }
}
