//! Counts and sums of a collection's features by groups.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use maud::html;
use serde_json::{Value, json};

use super::collections::{self, path_of};
use super::document::{Ask, Document};
use super::forms;
use super::grouping;
use super::link::link;
use super::negotiate::{CSV, Format, HTML, JSON, XLSX};
use super::params::Params;
use super::problem::Problem;
use super::{App, blocking};
use crate::catalog::Catalog;
use crate::config::Limits;
use crate::index::IndexedLayer;
use crate::model::{Lang, Layer};
use crate::query::aggregate::aggregate;
use crate::query::{Budget, Reasons, explain};
use crate::render::aggregates::Told;
use crate::render::html::Link;
use crate::render::{Cover, RenderError};

/// The forms of aggregates.
pub const FORMS: &[Format] = &[JSON, HTML, CSV, XLSX];
/// The forms by POST: pages are for GET.
pub const POSTED_FORMS: &[Format] = &[JSON, CSV, XLSX];

/// The last part of the path.
pub const NAME: &str = "aggregates";
/// The relation of links to it; there is no registered one.
pub const REL: &str = "urn:innospace:rel:aggregates";

/// The link to it from a collection.
pub fn link_to(ask: &Ask, layer: &Layer) -> Link {
    let href = ask.url(&format!("{}/{NAME}", path_of(layer)));
    link(href, REL, JSON, ask.lang.pick("统计", "aggregates"))
}

/// The answer to what was asked, by GET or POST.
pub async fn answer(app: Arc<App>, ask: Ask, indexed: Arc<IndexedLayer>) -> Result<Response, Problem> {
    let (ask, patience) = (Arc::new(ask), app.config.limits.patience);
    // Areas are made, and looked at for overlaps, when they are first asked for.
    let asked = blocking(patience, {
        let (ask, indexed) = (Arc::clone(&ask), Arc::clone(&indexed));
        move |_| grouping::aggregation(&ask.params, &ask.catalog, indexed.layer())
    });
    let asked = asked.await??;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let explains = grouping::explains(&ask.params)?;
    blocking(patience, move |budget| {
        let table = aggregate(&asked, &indexed, budget)?;
        let reasons = explains.then(|| explain(&asked.select, &indexed, budget)).transpose()?;
        let told = Told { asked: &asked, table: &table, layer: indexed.layer(), lang: ask.lang };
        shown(&ask, &told, reasons.as_ref())
    })
    .await?
}

/// The table in the asked form.
fn shown(ask: &Ask, told: &Told<'_>, reasons: Option<&Reasons>) -> Result<Response, Problem> {
    let &Told { asked, table, layer, .. } = told;
    if matches!(ask.format, CSV | XLSX) {
        return file(ask, told);
    }
    let mut links = ask.own_links();
    links.push(link(ask.url(&path_of(layer)), "collection", JSON, layer.about.title.say(ask.lang)));
    links.extend(ask.turns(asked.page, table.groups.len(), table.matched));
    let title = format!("{}{}", layer.about.title.say(ask.lang), ask.lang.pick("统计", ": aggregates"));
    let here = (ask.lang.pick("统计", "Aggregates"), format!("{}/{NAME}", path_of(layer)));
    let crumbs = collections::crumbs(ask, layer, &[here]);
    let mut json = told.json();
    if let Some(reasons) = reasons {
        json["explained"] = explained(reasons);
    }
    ask.date(&mut json);
    let html = html! {
        (question(ask))
        (told.html())
    };
    Ok(ask.document(Document { title, crumbs, links, json, html }))
}

/// Why features do not match, as members of an object.
fn explained(reasons: &Reasons) -> Value {
    let conditions = reasons.conditions.iter();
    let conditions =
        conditions.map(|left_out| json!({ "failed": left_out.failed, "unknown": left_out.unknown }));
    json!({
        "searched": reasons.searched, "matched": reasons.matched, "unknown": reasons.unknown(),
        "conditions": conditions.collect::<Vec<_>>(),
    })
}

/// The table as a file.
fn file(ask: &Ask, told: &Told<'_>) -> Result<Response, Problem> {
    let cover = forms::cover(ask, told.layer, told.table.matched, told.asked.page, told.table.groups.len());
    let made = if ask.format == CSV { told.csv() } else { told.xlsx(&cover) };
    let made = made.map_err(|fault| Problem::internal(fault.to_string()))?;
    let mut response = ask.body(Body::from(made));
    forms::name_file(&mut response, ask.format, &told.name());
    Ok(ask.finish(response))
}

/// The same answer without a server: parameters as in an address, without their percent signs.
///
/// # Errors
/// What was wrong with them, in words.
pub fn count(
    catalog: &Catalog,
    collection: &str,
    parameters: &[(&str, String)],
    lang: Lang,
    write: impl FnOnce(&Told<'_>, &Cover) -> Result<Vec<u8>, RenderError>,
) -> Result<Vec<u8>, String> {
    let words = |problem: Problem| problem.detail().to_owned();
    let indexed = collections::find(catalog, collection).map_err(words)?;
    let layer = indexed.layer();
    let table = grouping::parameters(layer, Limits::default(), FORMS);
    let params = Params::of_pairs(parameters, &table).map_err(words)?;
    let asked = grouping::aggregation(&params, catalog, layer).map_err(words)?;
    let table = aggregate(&asked, &indexed, &Budget::default()).map_err(|fault| fault.to_string())?;
    let told = Told { asked: &asked, table: &table, layer, lang };
    let groups = table.groups.len() as u64;
    let cover = Cover { matched: groups, returned: groups, ..forms::cover_of(&params, catalog, layer, lang) };
    write(&told, &cover).map_err(|fault| fault.to_string())
}

/// The question as rows, and what can be asked.
fn question(ask: &Ask) -> maud::Markup {
    let lang = ask.lang;
    let asked = |name: &str| matches!(name, "f" | "group-by" | "measure");
    let conditions: Vec<_> = ask.params.pairs().filter(|(name, _)| !asked(name)).collect();
    html! {
        form method="get" {
            input type="hidden" name="f" value=(HTML.name);
            @for (name, value) in &conditions {
                input type="hidden" name=(name) value=(value);
            }
            p {
                label { (lang.pick("分组 ", "Group by ")) input name="group-by" size="24" value=(ask.params.get("group-by").unwrap_or("")); }
                " "
                label { (lang.pick("指标 ", "Measure ")) input name="measure" size="24" value=(ask.params.get("measure").unwrap_or("count")); }
                " "
                button { (lang.pick("统计", "Count")) }
            }
        }
        @if !conditions.is_empty() {
            p { @for (name, value) in &conditions { code { (name) "=" (value) } " " } }
        }
    }
}
