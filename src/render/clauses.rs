//! The sections of the plan with what they state, and what stands without the other: as JSON, as a page and as text.

use std::fmt::Write as _;

use maud::{Markup, html};
use serde_json::{Value, json};

use super::synthetic_notice;
use crate::model::plan::{PlanFacts, Stated, What};
use crate::model::{FeatureIx, Lang, Layer};
use crate::register::clauses::{Clause, Clauses, Uncited};
use crate::register::say;

/// Where things of an answer stand.
pub trait Places {
    /// The address of a feature, for programs.
    fn item(&self, collection: &str, id: &str) -> String;
    /// The address of a feature on the map, for people.
    fn shown(&self, collection: &str, id: &str) -> String;
    /// The address of a section in this document.
    fn clause(&self, section: &str) -> String;
}

/// What an answer is of.
#[derive(Debug, Clone, Copy)]
pub struct Told<'a> {
    /// The sections that are shown.
    pub shown: &'a [&'a Clause<'a>],
    /// All of them.
    pub all: &'a Clauses<'a>,
    /// The plan.
    pub facts: &'a PlanFacts,
    /// In which language.
    pub lang: Lang,
}

/// What is said of the wording and of what counts as citing.
fn statement(lang: Lang) -> &'static str {
    lang.pick(
        "章节按规划自身编号；主题为本项目所写，非规划原文。要素的 plan_refs 或规划中同一标识的地点引用某章节，即为引用。",
        "Sections follow the plan's own numbering; subjects are in words of ours, not those of the plan. A feature cites a section \
         when its plan_refs do, or when the plan's place of the same id does.",
    )
}

fn what(what: What, lang: Lang) -> &'static str {
    match what {
        What::Place => lang.pick("地点", "place"),
        What::Indicator => lang.pick("指标", "indicator"),
        What::Target => lang.pick("目标", "target"),
        What::Baseline => lang.pick("基期", "baseline"),
        What::Industry => lang.pick("产业", "industry"),
        What::Layout => lang.pick("格局", "layout"),
        What::Block => lang.pick("街区", "block"),
        What::Link => lang.pick("区域联系", "link"),
        What::Product => lang.pick("数据产品", "data product"),
        What::Role => lang.pick("职责", "role"),
        What::Rule => lang.pick("其他", "other"),
    }
}

fn name(stated: &Stated<'_>, lang: Lang) -> String {
    if let Some(name) = stated.name {
        return name.say(lang).to_owned();
    }
    // Facts that have no name in the data.
    let own = match stated.id {
        "plan" => lang.pick("规划本身", "the plan itself"),
        "unit-candidates" => lang.pick("可能计为单元的地点", "places that may count as units"),
        "renovation" => lang.pick("老旧工业用地更新", "renewal of old industrial ground"),
        "land" => lang.pick("用地政策", "land policy"),
        "test-roads" => lang.pick("测试道路", "test roads"),
        "monitoring" => lang.pick("监测与评估", "monitoring and evaluation"),
        "digital-governance" => lang.pick("数字治理", "digital governance"),
        "incubation" => lang.pick("孵化链条", "stages of incubation"),
        "enterprise-ladder" => lang.pick("企业成长梯度", "ladder of enterprises"),
        "chip-alliance" => lang.pick("芯片联盟", "chip alliance"),
        "counting" => lang.pick("计数规则", "rules of counting"),
        "layout" => lang.pick("空间格局", "the layout"),
        "living-circle" => lang.pick("生活圈", "the living circle"),
        other => other,
    };
    own.to_owned()
}

/// The numbers of a section: name, what is asked, by when.
fn numbers(clause: &Clause<'_>, facts: &PlanFacts, lang: Lang) -> Vec<[String; 3]> {
    let by = |year: Option<u16>| {
        year.map_or_else(|| lang.pick("未写年份", "no year stated").to_owned(), |year| year.to_string())
    };
    let year = by(facts.about.target_year);
    let asked = |op, value, unit: &str| format!("{} {}", say::bound(op, value), say::unit(unit).say(lang));
    let indicators = clause
        .indicators
        .iter()
        .map(|one| [one.name.say(lang).to_owned(), asked(one.op, one.target, &one.unit), year.clone()]);
    let targets = clause
        .targets
        .iter()
        .map(|one| [one.name.say(lang).to_owned(), asked(one.op, one.value, &one.unit), by(one.by)]);
    indicators.chain(targets).collect()
}

impl Told<'_> {
    fn without_feature(&self) -> impl Iterator<Item = &Clause<'_>> {
        self.all.clauses.iter().filter(|clause| clause.features.is_empty())
    }

    /// The document, without links.
    #[must_use]
    pub fn json(&self, places: &impl Places) -> Value {
        let lang = self.lang;
        let feature = |(layer, ix): &(&Layer, FeatureIx)| feature_json(layer, *ix, lang, places);
        let stated = |stated: &Stated<'_>| json!({ "what": stated.what.as_str(), "id": stated.id, "name": name(stated, lang) });
        let clause = |clause: &&Clause<'_>| {
            json!({
                "section": clause.section, "subject": clause.subject.map(|subject| subject.say(lang)), "inferred": clause.inferred,
                "href": places.clause(&clause.section),
                "features": clause.features.iter().map(feature).collect::<Vec<_>>(),
                "placesWithoutFeature": clause.unmapped.iter().map(stated).collect::<Vec<_>>(),
                "indicators": clause.indicators.iter().map(|one| json!({
                    "id": one.id, "number": one.number, "name": one.name.say(lang), "op": one.op.as_str(), "target": one.target,
                    "unit": one.unit, "baseline": one.baseline })).collect::<Vec<_>>(),
                "targets": clause.targets.iter().map(|one| json!({
                    "id": one.id, "name": one.name.say(lang), "op": one.op.as_str(), "value": one.value, "unit": one.unit,
                    "by": one.by, "soft": one.soft, "sameAs": one.same_as })).collect::<Vec<_>>(),
                "others": clause.others.iter().map(stated).collect::<Vec<_>>(),
            })
        };
        let uncited = |one: &Uncited<'_>| {
            json!({
                "collection": one.layer.id.as_str(), "title": one.layer.about.title.say(lang),
                "synthetic": one.layer.about.synthetic, "count": one.count,
                "features": one.named.iter().map(|&ix| feature_json(one.layer, ix, lang, places)).collect::<Vec<_>>(),
            })
        };
        json!({
            "plan": self.facts.about.title.say(lang), "statement": statement(lang),
            "clauses": self.shown.iter().map(clause).collect::<Vec<_>>(),
            "coverage": {
                "clauses": self.all.clauses.len(),
                "clausesWithoutFeature": self.without_feature().map(|clause| &clause.section).collect::<Vec<_>>(),
                "featuresCiting": self.all.citing,
                "featuresWithoutClause": self.all.uncited.iter().map(|one| one.count).sum::<usize>(),
                "withoutClause": self.all.uncited.iter().map(uncited).collect::<Vec<_>>(),
            },
        })
    }

    /// The page.
    #[must_use]
    pub fn html(&self, places: &impl Places) -> Markup {
        let lang = self.lang;
        let link = |layer: &Layer, ix: FeatureIx| {
            let feature = layer.feature(ix);
            let nowhere = feature.geometry().is_none();
            html! {
                a href=(places.shown(layer.id.as_str(), &feature.id().to_string())) { (feature.name(lang)) }
                @if nowhere { span.none { (lang.pick("（无位置）", " (no position)")) } }
            }
        };
        html! {
            p { (self.facts.about.title.say(lang)) }
            p.none { (statement(lang)) }
            (super::html::facts(&self.summary().map(|(name, value)| (name.to_owned(), html! { (value) }))))
            p { a href="#coverage" { (lang.pick("覆盖情况", "Coverage")) } }
            @for clause in self.shown {
                section id=(clause.section) {
                    h2 { a href=(places.clause(&clause.section)) { (clause.section) } " " (subject(clause, lang)) }
                    @if clause.inferred { p.none { (lang.pick("章节由本项目推断，引用前请核对。", "The section was inferred by us; check before quoting.")) } }
                    @if clause.features.is_empty() { p.none { (lang.pick("没有要素引用本章节。", "No feature cites this section.")) } }
                    @else {
                        p { (lang.pick("要素：", "Features: ")) @for (at, (layer, ix)) in clause.features.iter().enumerate() {
                            @if at > 0 { (lang.pick("、", ", ")) } (link(layer, *ix))
                        } }
                    }
                    @if !clause.unmapped.is_empty() {
                        p { (lang.pick("没有要素的地点：", "Places without a feature: "))
                            (clause.unmapped.iter().map(|one| name(one, lang)).collect::<Vec<_>>().join(lang.pick("、", ", "))) }
                    }
                    @let numbers = numbers(clause, self.facts, lang);
                    @if !numbers.is_empty() { div.scroll { table {
                        thead { tr { th scope="col" { (lang.pick("指标或目标", "Indicator or target")) } th scope="col" { (lang.pick("要求", "Asked")) } th scope="col" { (lang.pick("年份", "By")) } } }
                        tbody { @for [name, asked, by] in &numbers { tr { td { (name) } td { (asked) } td { (by) } } } }
                    } } }
                    @if !clause.others.is_empty() { ul { @for one in &clause.others { li { (what(one.what, lang)) (lang.pick("：", ": ")) (name(one, lang)) } } } }
                }
            }
            section id="coverage" {
                h2 { (lang.pick("覆盖情况", "Coverage")) }
                h3 { (lang.pick("没有要素的章节", "Sections without a feature")) }
                ul { @for clause in self.without_feature() { li { a href=(places.clause(&clause.section)) { (clause.section) } " " (subject(clause, lang)) } } }
                h3 { (lang.pick("不引用任何章节的要素", "Features that cite no section")) }
                @for one in &self.all.uncited {
                    details {
                        summary { (one.layer.about.title.say(lang)) (lang.pick("：", ": ")) (one.count) }
                        @if one.layer.about.synthetic { p { (synthetic_notice(lang)) } }
                        ul { @for &ix in &one.named { li { (link(one.layer, ix)) } } }
                        @if one.named.len() < one.count { p.none { (more(one, lang)) } }
                    }
                }
            }
        }
    }

    fn summary(&self) -> [(&'static str, String); 4] {
        let lang = self.lang;
        [
            (lang.pick("章节", "sections"), self.all.clauses.len().to_string()),
            (
                lang.pick("没有要素的章节", "sections without a feature"),
                self.without_feature().count().to_string(),
            ),
            (lang.pick("引用章节的要素", "features that cite a section"), self.all.citing.to_string()),
            (
                lang.pick("不引用任何章节的要素", "features that cite none"),
                self.all.uncited.iter().map(|one| one.count).sum::<usize>().to_string(),
            ),
        ]
    }

    /// The sections as lines of text.
    #[must_use]
    pub fn text(&self) -> String {
        let (lang, mut out) = (self.lang, String::new());
        let list = |out: &mut String, title: &str, names: Vec<String>| {
            if !names.is_empty() {
                let _ = writeln!(out, "  {title}: {}", names.join("; "));
            }
        };
        for clause in self.shown {
            let inferred = if clause.inferred { "?" } else { "" };
            let _ = writeln!(out, "{}{inferred}  {}", clause.section, subject(clause, lang));
            let features = clause.features.iter().map(|(layer, ix)| {
                let feature = layer.feature(*ix);
                format!("{} ({}:{})", feature.name(lang), layer.id, feature.id())
            });
            list(&mut out, lang.pick("要素", "features"), features.collect());
            let unmapped = clause.unmapped.iter().map(|one| name(one, lang)).collect();
            list(&mut out, lang.pick("没有要素的地点", "places without a feature"), unmapped);
            let numbers = numbers(clause, self.facts, lang).into_iter();
            list(&mut out, lang.pick("指标与目标", "numbers"), numbers.map(|all| all.join(" ")).collect());
            let others =
                clause.others.iter().map(|one| format!("{} {}", what(one.what, lang), name(one, lang)));
            list(&mut out, lang.pick("另有", "also"), others.collect());
        }
        for (name, value) in self.summary() {
            let _ = writeln!(out, "{name}: {value}");
        }
        let without: Vec<_> = self.without_feature().map(|clause| clause.section.as_str()).collect();
        let _ = writeln!(
            out,
            "{}: {}",
            lang.pick("没有要素的章节", "sections without a feature"),
            without.join(" ")
        );
        for one in &self.all.uncited {
            let made_up = if one.layer.about.synthetic { synthetic_notice(lang) } else { "" };
            let _ = writeln!(
                out,
                "{} {}: {} {made_up}",
                lang.pick("不引用任何章节", "citing no section"),
                one.layer.about.title.say(lang),
                one.count
            );
        }
        let _ = writeln!(out, "{}", statement(lang));
        out
    }
}

fn subject(clause: &Clause<'_>, lang: Lang) -> String {
    let unnoted = lang.pick("（主题未录）", "(subject not noted)");
    clause.subject.map_or(unnoted, |subject| subject.say(lang)).to_owned()
}

fn more(one: &Uncited<'_>, lang: Lang) -> String {
    let (shown, count) = (one.named.len(), one.count);
    match lang {
        Lang::Zh => format!("列出前 {shown} 个，共 {count} 个。"),
        Lang::En => format!("The first {shown} of {count}."),
    }
}

fn feature_json(layer: &Layer, ix: FeatureIx, lang: Lang, places: &impl Places) -> Value {
    let feature = layer.feature(ix);
    let id = feature.id().to_string();
    json!({
        "collection": layer.id.as_str(), "id": id, "name": feature.name(lang), "hasPosition": feature.geometry().is_some(),
        "href": places.item(layer.id.as_str(), &id),
    })
}
