//! The register of innovation units, the progress of the plan and the sheets of its blocks, as documents and pages.
//!
//! The pages show what the reports show: one composer stands behind both.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use maud::{Markup, PreEscaped, html};
use serde_json::{Value, json};

use super::document::{Ask, Document};
use super::link::link;
use super::maps::at_desk;
use super::negotiate::{Format, HTML, JSON, MAP_PDF};
use super::params::{self, Parameter, Params, format_parameter, read};
use super::path::Path;
use super::problem::Problem;
use super::{App, blocking, plan, reach, reports, styles};
use crate::catalog::Catalog;
use crate::model::Date;
use crate::model::plan::{PlanFacts, Scope};
use crate::register::area::{Choice, Chosen, offers};
use crate::register::{self, block, progress};
use crate::render;
use crate::report::document::Tongue;
use crate::report::html::Sections;
use crate::report::{self, ReportError, Subject};

const FORMS: &[Format] = &[JSON, HTML];

/// `as_of`, which everything that rests on evidence has.
pub fn day_parameter() -> Parameter {
    Parameter::new(
        "as_of",
        "The day to speak of, as in 2025-12-31, not before the plan; that of the data when left out.",
        json!({ "type": "string", "format": "date" }),
    )
}

/// The day that is asked for.
pub fn day(params: &Params, catalog: &Catalog) -> Result<Option<Date>, Problem> {
    let asked = read(params, "as_of", "a day that exists, as 2025-12-31", Date::parse)?;
    Ok(asked.or(catalog.about.data_date))
}

/// `rule` and `scope`, which choose among counts of units.
pub fn count_parameters(catalog: &Catalog) -> [Parameter; 2] {
    let rules = catalog.plan.iter().flat_map(|facts| &facts.counting.rules);
    let rules: Vec<_> = rules.map(|rule| rule.id.clone()).collect();
    [
        Parameter::new("rule", "Only counts by this rule.", json!({ "type": "string", "enum": rules })),
        Parameter::new(
            "scope",
            "Only counts of all units, or of those that stand in no other that is counted.",
            json!({ "type": "string", "enum": Scope::ALL.iter().map(|scope| scope.as_str()).collect::<Vec<_>>() }),
        ),
    ]
}

/// `within` and `polygon`, which counts of units have.
pub fn area_parameters() -> [Parameter; 2] {
    [
        Parameter::new(
            "within",
            "Only units that lie in a feature, collection:id: a polygon, or a line within its stated half width. \
             Units without a known position are listed apart.",
            json!({ "type": "string", "pattern": "^[^:]+:.+$" }),
        ),
        Parameter::new(
            "polygon",
            "Only units that lie in a polygon, WKT or GeoJSON, CRS84 (longitude first, degrees).",
            json!({ "type": "string", "minLength": 1 }),
        ),
    ]
}

/// The area that is asked for; the whole zone when there is none.
pub fn area(params: &Params) -> Result<Option<Choice>, Problem> {
    let within = read(params, "within", "collection:id", |text| {
        let (layer, id) = text.split_once(':')?;
        let is_named = !layer.is_empty() && !id.is_empty();
        is_named.then(|| Choice::Feature { layer: layer.to_owned(), id: id.to_owned() })
    })?;
    let drawn = params::polygon(params)?.map(|shape| Choice::Drawn(Box::new(shape)));
    match (within, drawn) {
        (Some(_), Some(_)) => {
            Err(Problem::wrong_parameter("polygon", "expected either within or polygon, not both".to_owned()))
        }
        (within, drawn) => Ok(within.or(drawn)),
    }
}

/// The words of a request that ask for its area, as part of an address.
fn same_area(params: &Params) -> String {
    let asked = ["within", "polygon"].into_iter().filter_map(|name| Some((name, params.get(name)?)));
    asked.fold(String::new(), |all, (name, value)| all + "&" + name + "=" + &reports::encoded(value))
}

/// The facts of the plan.
fn facts(catalog: &Catalog) -> Result<&PlanFacts, Problem> {
    catalog.plan.as_ref().ok_or_else(|| report::ReportError::NoPlan.into())
}

/// A request for one of these documents: its day too.
fn asked(
    app: &App,
    catalog: Arc<Catalog>,
    uri: &Uri,
    headers: &HeaderMap,
    own: Vec<Parameter>,
) -> Result<(Ask, Date), Problem> {
    let table: Vec<_> = own
        .into_iter()
        .chain([day_parameter(), styles::language_parameter(), format_parameter(FORMS)])
        .collect();
    let ask = Ask::read(app, catalog, uri, headers, &table, FORMS)?.spoken()?;
    let facts = facts(&ask.catalog)?;
    let day = day(&ask.params, &ask.catalog)?.ok_or(report::ReportError::NoDay)?;
    let day = register::day(facts, day)?;
    Ok((ask, day))
}

/// Every count of units, or those of a rule or a scope: `GET /units`.
pub async fn units(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let catalog = app.catalog.snapshot();
    let own = count_parameters(&catalog).into_iter().chain(area_parameters()).collect();
    let (ask, day) = asked(&app, catalog, &uri, &headers, own)?;
    let rule =
        ask.params.get("rule").map(|name| register::rule(facts(&ask.catalog)?, name).map_err(Problem::from));
    let rule = rule.transpose()?.map(|rule| rule.id.clone());
    let scope = read(&ask.params, "scope", "all or top-level", Scope::parse)?;
    let choice = area(&ask.params)?;
    let chosen = choice
        .as_ref()
        .map(|choice| Chosen::new(&ask.catalog, facts(&ask.catalog)?, choice).map_err(Problem::from));
    let chosen = chosen.transpose()?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let (title, lang) = (ask.lang.pick("创新单元", "Innovation units"), ask.lang);
    let json = move |catalog: &Catalog, facts: &PlanFacts| {
        let rules =
            facts.counting.rules.iter().filter(|known| rule.as_ref().is_none_or(|rule| *rule == known.id));
        let counts = rules.flat_map(|rule| Scope::ALL.iter().map(move |&of| (rule, of)));
        let chosen = chosen.as_ref();
        let told = |(rule, of)| {
            let count = register::count_in(facts, rule, of, day, chosen);
            render::register::count(&count, catalog, facts, chosen.is_some(), lang)
        };
        json!({
            "title": title,
            "asOf": day.to_string(),
            "dataDate": catalog.about.data_date.map(|date| date.to_string()),
            "areas": render::register::offers(&offers(catalog), lang),
            "area": chosen.map(|chosen| render::register::area(chosen, lang)),
            "target": register::target(facts, day).map(|found| render::register::target(&found, facts, lang)),
            "counts": counts
                .filter(|(_, of)| scope.is_none_or(|scope| scope == *of))
                .map(told)
                .collect::<Vec<Value>>(),
        })
    };
    let more = same_area(&ask.params);
    answer(&app, ask, day, title.to_owned(), (Subject::Units { area: choice }, more), json).await
}

/// The state of every number of the plan: `GET /progress`.
pub async fn progress(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (ask, day) = asked(&app, app.catalog.snapshot(), &uri, &headers, Vec::new())?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let (title, lang) = (ask.lang.pick("规划进展", "Progress of the plan"), ask.lang);
    let json = move |_: &Catalog, facts: &PlanFacts| {
        let mut json = render::register::progress(&progress::progress(facts, day), facts, lang);
        json["title"] = title.into();
        json
    };
    answer(&app, ask, day, title.to_owned(), (Subject::Progress, String::new()), json).await
}

/// What a block holds beside what the plan says of it: `GET /blocks/{id}`.
pub async fn block(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (ask, day) = asked(&app, app.catalog.snapshot(), &uri, &headers, Vec::new())?;
    let facts = facts(&ask.catalog)?;
    if !facts.blocks.iter().any(|block| *block.id == *id) {
        return Err(Problem::not_found("block of the plan", &id));
    }
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let (title, lang) = (register::name(facts, &id).say(ask.lang).to_owned(), ask.lang);
    let subject = (Subject::Site { ids: vec![id.clone()] }, format!("&id={}", reports::encoded(&id)));
    let json = move |catalog: &Catalog, facts: &PlanFacts| {
        block::sheet(catalog, facts, &id).map_or(Value::Null, |sheet| render::register::sheet(&sheet, lang))
    };
    answer(&app, ask, day, title, subject, json).await
}

/// The blocks that the plan describes: `GET /blocks`.
pub async fn blocks(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let (ask, _) = asked(&app, app.catalog.snapshot(), &uri, &headers, Vec::new())?;
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

/// The document as JSON, or as the page that the report of the same day would be; only the one that is asked for is made.
/// Beside the subject stands what the addresses of its reports say of it.
async fn answer(
    app: &Arc<App>,
    ask: Ask,
    day: Date,
    title: String,
    (subject, more): (Subject, String),
    json: impl FnOnce(&Catalog, &PlanFacts) -> Value + Send + 'static,
) -> Result<Response, Problem> {
    let mut links = ask.own_links();
    for (form, words) in [(HTML, ["报告", "report"]), (MAP_PDF, ["报告（PDF）", "report (PDF)"])] {
        let kind = subject.kind().name();
        let path = format!("/reports/{kind}.{}?as_of={day}&lang={}{more}", form.name, ask.lang.name());
        links.push(link(ask.base.url(&path), "alternate", form, ask.lang.pick(words[0], words[1])));
    }
    let (mut document, catalog) = (Value::Null, Arc::clone(&ask.catalog));
    let mut content = html! {};
    if ask.format == HTML {
        let request = report::Request { tongue: Tongue::Only(ask.lang), as_of: Some(day), subject };
        let made = at_desk(app, {
            let (app, base, lang) = (Arc::clone(app), ask.base.clone(), ask.lang);
            move |budget| {
                let network = || reach::network_of(&app, &catalog);
                let document = report::compose(&catalog, network, &request, budget)?;
                let known = catalog.plan.as_ref().map(plan::sections).unwrap_or_default();
                let href = |section: &str| plan::address(&base, lang, section);
                Ok::<_, ReportError>(page(&document, Sections { known: &known, href: Some(&href) }))
            }
        });
        content = made.await??;
    } else {
        let made =
            blocking(app.config.limits.patience, move |_| facts(&catalog).map(|facts| json(&catalog, facts)));
        document = made.await??;
    }
    Ok(ask.document(Document { title, crumbs: Vec::new(), links, json: document, html: content }))
}

fn page(document: &report::document::Document, sections: Sections<'_>) -> Markup {
    html! {
        style { (PreEscaped(report::html::BLOCK_STYLE)) }
        (report::html::content(document, sections))
    }
}
