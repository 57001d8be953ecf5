//! The register of innovation units, the progress of the plan and the sheets of its blocks, as documents and pages.
//!
//! The pages show what the reports show: one composer stands behind both.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};

use super::document::{Ask, Document};
use super::link::link;
use super::maps::at_desk;
use super::negotiate::{Format, HTML, JSON, MAP_PDF};
use super::params::{Parameter, format_parameter, read};
use super::problem::Problem;
use super::{App, reports, styles};
use crate::catalog::Catalog;
use crate::model::plan::{PlanFacts, Scope};
use crate::model::{Date, Lang};
use crate::register::{self, block, progress};
use crate::render;
use crate::report::document::Tongue;
use crate::report::{self, Kind, Subject};

const FORMS: &[Format] = &[JSON, HTML];

/// `as_of`, which everything that rests on evidence has.
pub fn day_parameter() -> Parameter {
    Parameter {
        name: "as_of".into(),
        description:
            "The day to speak of, as in 2025-12-31, not before the plan; that of the data when left out."
                .into(),
        schema: json!({ "type": "string", "format": "date" }),
    }
}

/// The day that is asked for.
pub fn day(params: &super::params::Params, catalog: &Catalog) -> Result<Option<Date>, Problem> {
    let asked = read(params, "as_of", "a day that exists, as 2025-12-31", Date::parse)?;
    Ok(asked.or(catalog.about.data_date))
}

/// The facts of the plan.
fn facts(catalog: &Catalog) -> Result<&PlanFacts, Problem> {
    catalog.plan.as_ref().ok_or_else(|| report::ReportError::NoPlan.into())
}

/// A request for one of these documents: its day too.
fn asked(app: &App, uri: &Uri, headers: &HeaderMap, own: Vec<Parameter>) -> Result<(Ask, Date), Problem> {
    let table: Vec<_> = own
        .into_iter()
        .chain([day_parameter(), styles::language_parameter(), format_parameter(FORMS)])
        .collect();
    let mut ask = Ask::read(app, app.catalog.snapshot(), uri, headers, &table, FORMS)?;
    ask.lang = read(&ask.params, "lang", "zh or en", Lang::parse)?.unwrap_or(ask.lang);
    let day = day(&ask.params, &ask.catalog)?.ok_or(report::ReportError::NoDay)?;
    let day = register::day(facts(&ask.catalog)?, day)?;
    Ok((ask, day))
}

/// Every count of units, or those of a rule or a scope: `GET /units`.
pub async fn units(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let catalog = app.catalog.snapshot();
    let rules: Vec<_> = facts(&catalog)?.counting.rules.iter().map(|rule| rule.id.clone()).collect();
    let own = vec![
        Parameter {
            name: "rule".into(),
            description: "Only counts by this rule.".into(),
            schema: json!({ "type": "string", "enum": rules }),
        },
        Parameter {
            name: "scope".into(),
            description: "Only counts of all units, or of those that stand in no other that is counted."
                .into(),
            schema: json!({ "type": "string", "enum": Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>() }),
        },
    ];
    let (ask, day) = asked(&app, &uri, &headers, own)?;
    let facts = facts(&ask.catalog)?;
    let rule = ask.params.get("rule").map(|name| register::rule(facts, name)).transpose()?;
    let scope = read(&ask.params, "scope", "all or top-level", Scope::parse)?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let title = ask.lang.pick("创新单元", "Innovation units");
    let json = json!({
        "title": title,
        "asOf": day.to_string(),
        "target": register::target(facts, day).map(|found| render::register::target(&found, facts, ask.lang)),
        "counts": facts.counting.rules.iter()
            .filter(|known| rule.is_none_or(|rule| rule.id == known.id))
            .flat_map(|rule| Scope::ALL.iter().map(move |&of| (rule, of)))
            .filter(|(_, of)| scope.is_none_or(|scope| scope == *of))
            .map(|(rule, of)| render::register::count(&register::count(facts, rule, of, day), facts, ask.lang))
            .collect::<Vec<Value>>(),
    });
    answer(&app, ask, day, title, json, (Kind::Units, Subject::Units)).await
}

/// The state of every number of the plan: `GET /progress`.
pub async fn progress(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (ask, day) = asked(&app, &uri, &headers, Vec::new())?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let facts = facts(&ask.catalog)?;
    let title = ask.lang.pick("规划进展", "Progress of the plan");
    let mut json = render::register::progress(&progress::progress(facts, day), facts, ask.lang);
    json["title"] = title.into();
    answer(&app, ask, day, title, json, (Kind::Progress, Subject::Progress)).await
}

/// What a block holds beside what the plan says of it: `GET /blocks/{id}`.
pub async fn block(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (ask, day) = asked(&app, &uri, &headers, Vec::new())?;
    let facts = facts(&ask.catalog)?;
    let sheet =
        block::sheet(&ask.catalog, facts, &id).ok_or_else(|| Problem::not_found("block of the plan", &id))?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let title = sheet.name.say(ask.lang).to_owned();
    let json = render::register::sheet(&sheet, ask.lang);
    answer(&app, ask, day, &title, json, (Kind::Site, Subject::Site { id })).await
}

/// The blocks that the plan describes: `GET /blocks`.
pub async fn blocks(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let (ask, _) = asked(&app, &uri, &headers, Vec::new())?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let facts = facts(&ask.catalog)?;
    let blocks: Vec<_> = facts
        .blocks
        .iter()
        .map(|block| {
            let name = register::name(facts, &block.id);
            (
                block.id.to_string(),
                name.say(ask.lang).to_owned(),
                ask.base.url(&format!("/blocks/{}", block.id)),
            )
        })
        .collect();
    let json = json!({
        "blocks": blocks.iter().map(|(id, name, href)| json!({ "id": id, "name": name, "href": href })).collect::<Vec<_>>(),
    });
    let html = html! { ul { @for (_, name, href) in &blocks { li { a href=(format!("{href}?f=html")) { (name) } } } } };
    let title = ask.lang.pick("创新街区", "Innovation blocks").to_owned();
    let (crumbs, links) = (Vec::new(), ask.own_links());
    Ok(ask.document(Document { title, crumbs, links, json, html }))
}

/// The document as JSON, or as the page that the report of the same day would be.
async fn answer(
    app: &App,
    ask: Ask,
    day: Date,
    title: &str,
    json: Value,
    (kind, subject): (Kind, Subject),
) -> Result<Response, Problem> {
    let mut links = ask.own_links();
    let id = match &subject {
        Subject::Site { id } => format!("&id={}", reports::encoded(id)),
        _ => String::new(),
    };
    for (form, words) in [(HTML, ["报告", "report"]), (MAP_PDF, ["报告（PDF）", "report (PDF)"])] {
        let path = format!("/reports/{}.{}?as_of={day}&lang={}{id}", kind.name(), form.name, ask.lang.name());
        links.push(link(ask.base.url(&path), "alternate", form, ask.lang.pick(words[0], words[1])));
    }
    let (ask, title) = (Arc::new(ask), title.to_owned());
    let html = if ask.format == HTML {
        let request = report::Request { tongue: Tongue::Only(ask.lang), as_of: Some(day), subject };
        let of_page = Arc::clone(&ask);
        let made = at_desk(app, move |budget| {
            report::compose(&of_page.catalog, &request, budget).map(|document| page(&document))
        });
        made.await??
    } else {
        html! {}
    };
    Ok(ask.document(Document { title, crumbs: Vec::new(), links, json, html }))
}

fn page(document: &report::document::Document) -> Markup {
    html! {
        style { (PreEscaped(report::html::BLOCK_STYLE)) }
        (report::html::content(document))
    }
}
