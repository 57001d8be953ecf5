//! The sections of the plan with what they state and the features that cite them: over HTTP and for the command line.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use maud::html;
use serde_json::{Value, json};

use super::document::{Ask, Document, ROOT};
use super::link::{Base, link, segment};
use super::negotiate::{Format, HTML, JSON};
use super::params::{Parameter, Params, format_parameter};
use super::problem::Problem;
use super::reports::encoded;
use super::{App, blocking, styles};
use crate::catalog::Catalog;
use crate::finder;
use crate::model::plan::PlanFacts;
use crate::model::{FeatureIx, Lang, Layer};
use crate::register::clauses::{self, Clause, Clauses};
use crate::render::clauses::{Places, Told};
use crate::render::html::Link;

const FORMS: &[Format] = &[JSON, HTML];
/// The relation of links to a section of the plan; there is no registered one.
pub const REL: &str = "urn:innospace:rel:clause";

fn parameters() -> Vec<Parameter> {
    let section = Parameter::new(
        "section",
        "Only this section of the plan, as in 三(一)4, 三（一）4, 3(1)4 or 专栏3-1.",
        json!({ "type": "string", "minLength": 1 }),
    );
    vec![section, styles::language_parameter(), format_parameter(FORMS)]
}

fn facts(catalog: &Catalog) -> Result<&PlanFacts, Problem> {
    let missing = || Problem::missing("the data has no plan (`seeds` in catalog.toml)".to_owned());
    catalog.plan.as_ref().ok_or_else(missing)
}

/// The sections that are asked for.
fn chosen<'a>(params: &Params, all: &'a Clauses<'a>) -> Result<Vec<&'a Clause<'a>>, Problem> {
    let Some(asked) = params.get("section") else { return Ok(all.clauses.iter().collect()) };
    let found = find(asked, all).ok_or_else(|| {
        let known: Vec<_> = all.clauses.iter().map(|clause| clause.section.as_str()).collect();
        Problem::parameter("section", asked, &format!("a section of the plan, one of {}", known.join(", ")))
    })?;
    Ok(vec![found])
}

/// The section that someone wrote, in any of the ways to write it.
fn find<'a>(asked: &str, all: &'a Clauses<'a>) -> Option<&'a Clause<'a>> {
    let key = finder::section(asked)?;
    let is_same = |clause: &&Clause<'_>| finder::section(&clause.section).as_ref() == Some(&key);
    // A chapter and an article may have one number.
    all.clauses.iter().find(|clause| clause.section == asked).or_else(|| all.clauses.iter().find(is_same))
}

/// Addresses in a service.
struct At<'a>(&'a Base, Lang);

impl Places for At<'_> {
    fn item(&self, collection: &str, id: &str) -> String {
        self.0.url(&format!("{ROOT}/collections/{}/items/{}", segment(collection), segment(id)))
    }

    fn shown(&self, collection: &str, id: &str) -> String {
        let key = encoded(&format!("{collection}:{id}"));
        self.0.url(&format!("/?v=1&sel={key}&lang={}", self.1.name()))
    }

    fn clause(&self, section: &str) -> String {
        self.0.url(&format!("/plan?section={}&lang={}", encoded(section), self.1.name()))
    }
}

/// The sections of the plan: `GET /plan`.
pub async fn plan(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let ask = Ask::read(&app, app.catalog.snapshot(), &uri, &headers, &parameters(), FORMS)?.spoken()?;
    let ask = Arc::new(ask);
    let told = blocking(app.config.limits.patience, {
        let ask = Arc::clone(&ask);
        move |_| {
            let facts = facts(&ask.catalog)?;
            let all = clauses::clauses(&ask.catalog, facts);
            let shown = chosen(&ask.params, &all)?;
            let told = Told { shown: &shown, all: &all, facts, lang: ask.lang };
            let at = At(&ask.base, ask.lang);
            Ok::<_, Problem>(match ask.format {
                HTML => (Value::Null, told.html(&at)),
                _ => (told.json(&at), html! {}),
            })
        }
    });
    let (json, html) = told.await??;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let title = ask.lang.pick("规划章节与要素", "The plan, section by section").to_owned();
    Ok(ask.document(Document { title, crumbs: Vec::new(), links: ask.own_links(), json, html }))
}

/// Links to the sections that a feature cites.
pub fn links_of(ask: &Ask, layer: &Layer, ix: FeatureIx) -> Vec<Link> {
    let Some(facts) = &ask.catalog.plan else { return Vec::new() };
    let sections = clauses::of_feature(facts, layer, ix);
    sections.iter().map(|section| link_to(ask, facts, section)).collect()
}

/// A link to the section that someone looked for, where the plan has it.
pub fn link_for(ask: &Ask, asked: &str) -> Option<Link> {
    let facts = ask.catalog.plan.as_ref()?;
    let key = finder::section(asked)?;
    let section =
        sections(facts).into_iter().find(|section| finder::section(section).as_ref() == Some(&key))?;
    Some(link_to(ask, facts, &section))
}

/// All sections that the plan lists or that are cited from it, each once.
pub fn sections(facts: &PlanFacts) -> Vec<String> {
    let known = facts.clauses.iter().map(|clause| &*clause.section);
    let cited = facts.stated().flat_map(|(_, cited)| cited.iter().map(|citation| &*citation.section));
    let mut seen = std::collections::HashSet::new();
    known.chain(cited).filter(|section| seen.insert(*section)).map(str::to_owned).collect()
}

/// The address of a section.
pub fn address(base: &Base, lang: Lang, section: &str) -> String {
    At(base, lang).clause(section)
}

fn link_to(ask: &Ask, facts: &PlanFacts, section: &str) -> Link {
    let subject = facts.subject(section).map_or("", |subject| subject.say(ask.lang));
    let href = address(&ask.base, ask.lang, section);
    link(href, REL, HTML, format!("{section} {subject}").trim_end())
}

/// The same answer without a server, as text or as JSON, whose addresses are paths.
///
/// # Errors
/// What was wrong with a parameter, in words.
pub fn read_plan(
    catalog: &Catalog,
    section: Option<&str>,
    lang: Lang,
    as_json: bool,
) -> Result<String, String> {
    let tell = || {
        let given = section.map(|section| ("section", section));
        let params = Params::of_pairs(given, &parameters())?;
        let facts = facts(catalog)?;
        let all = clauses::clauses(catalog, facts);
        let shown = chosen(&params, &all)?;
        let told = Told { shown: &shown, all: &all, facts, lang };
        Ok(if as_json { format!("{:#}\n", told.json(&At(&Base::none(), lang))) } else { told.text() })
    };
    tell().map_err(|problem: Problem| problem.detail().to_owned())
}
