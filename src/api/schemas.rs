//! What is returned, what can be asked for, what can be sorted by: three schemas of a collection (OGC 23-058r2,
//! 10 to 12; OGC 19-079r2, 6; Features Part 8, draft 24-030, 6).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, Uri, header};
use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::App;
use super::collections::{self, path_of};
use super::document::Ask;
use super::link::link;
use super::negotiate::{Format, HTML, SCHEMA};
use super::params::format_parameter;
use super::path::Path;
use super::problem::Problem;
use crate::model::{Lang, Layer};
use crate::render::html::Link;
use crate::render::schema::{Purpose, schema};

/// The forms of schemas.
pub const FORMS: &[Format] = &[SCHEMA, HTML];

/// A schema as the routes, the links and the API definition name it.
#[derive(Debug, Clone, Copy)]
pub struct Resource {
    /// What its properties are for.
    pub purpose: Purpose,
    /// The last part of its path.
    pub name: &'static str,
    /// The relation of links to it.
    pub rel: &'static str,
    /// What people call it.
    pub titles: (&'static str, &'static str),
}

/// All of them.
pub const RESOURCES: [Resource; 3] = [
    Resource {
        purpose: Purpose::Schema,
        name: "schema",
        rel: "http://www.opengis.net/def/rel/ogc/1.0/schema",
        titles: ("属性", "schema"),
    },
    Resource {
        purpose: Purpose::Queryables,
        name: "queryables",
        rel: "http://www.opengis.net/def/rel/ogc/1.0/queryables",
        titles: ("可查询属性", "queryables"),
    },
    Resource {
        purpose: Purpose::Sortables,
        name: "sortables",
        rel: "http://www.opengis.net/def/rel/ogc/1.0/sortables",
        titles: ("可排序属性", "sortables"),
    },
];

impl Resource {
    /// The link to it from a collection and its items, to exactly the address in its `$id`.
    pub fn link(self, ask: &Ask, layer: &Layer) -> Link {
        let href = ask.url(&format!("{}/{}", path_of(layer), self.name));
        link(href, self.rel, SCHEMA, ask.lang.pick(self.titles.0, self.titles.1))
    }
}

pub async fn returnables(app: State<Arc<App>>, id: Path<String>, uri: Uri, headers: HeaderMap) -> Answer {
    answer(&app, &id.0, &uri, &headers, RESOURCES[0])
}

pub async fn queryables(app: State<Arc<App>>, id: Path<String>, uri: Uri, headers: HeaderMap) -> Answer {
    answer(&app, &id.0, &uri, &headers, RESOURCES[1])
}

pub async fn sortables(app: State<Arc<App>>, id: Path<String>, uri: Uri, headers: HeaderMap) -> Answer {
    answer(&app, &id.0, &uri, &headers, RESOURCES[2])
}

type Answer = Result<Response, Problem>;

fn answer(app: &App, id: &str, uri: &Uri, headers: &HeaderMap, resource: Resource) -> Answer {
    let catalog = app.catalog.snapshot();
    let indexed = collections::find(&catalog, id)?;
    let layer = indexed.layer();
    let ask = Ask::read(app, catalog, uri, headers, &[format_parameter(FORMS)], FORMS)?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let path = format!("{}/{}", path_of(layer), resource.name);
    let json = schema(layer, resource.purpose, &ask.url(&path), ask.catalog.plan.as_ref(), ask.lang);
    let links = ask.own_links();
    let mut response = if ask.format == HTML {
        let title = ask.lang.pick(resource.titles.0, resource.titles.1);
        let crumbs = collections::crumbs(&ask, layer, &[(title, path)]);
        let title = format!("{}{}{title}", layer.about.title.say(ask.lang), ask.lang.pick("：", ": "));
        ask.page(&title, &crumbs, &links, &table(&json, ask.lang))
    } else {
        ask.body(Body::from(json.to_string()))
    };
    // A schema has no member for links.
    add_link_headers(&mut response, &links);
    Ok(ask.finish(response))
}

/// Sends links as headers too, for clients that read no further and for forms without links (RFC 8288).
pub fn add_link_headers<'a>(response: &mut Response, links: impl IntoIterator<Item = &'a Link>) {
    for link in links {
        let value = format!("<{}>; rel=\"{}\"; type=\"{}\"", link.href, link.rel, link.media_type);
        if let Ok(value) = HeaderValue::try_from(value) {
            response.headers_mut().append(header::LINK, value);
        }
    }
}

/// The properties for people.
fn table(json: &Value, lang: Lang) -> Markup {
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let kind = |property: &Value| match (&property["type"], &property["format"]) {
        (Value::Null, format) => text(format),
        (kind, Value::Null) => text(kind),
        (kind, format) => format!("{}, {}", text(kind), text(format)),
    };
    let values = |property: &Value| match (&property["enum"], &property["minimum"]) {
        (Value::Array(list), _) => list.iter().map(text).collect::<Vec<_>>().join(lang.pick("、", ", ")),
        (_, Value::Null) => text(&property["items"]["type"]),
        (_, least) => format!("{least} … {}", property["maximum"]),
    };
    html! {
        @if let Some(description) = json["description"].as_str() { p { (description) } }
        div.scroll { table {
            thead { tr {
                th scope="col" { (lang.pick("名称", "name")) }
                th scope="col" { (lang.pick("标题", "title")) }
                th scope="col" { (lang.pick("类型", "type")) }
                th scope="col" { (lang.pick("值", "values")) }
                th scope="col" { (lang.pick("单位", "unit")) }
                th scope="col" { (lang.pick("角色", "role")) }
            } }
            tbody { @for (name, property) in json["properties"].as_object().into_iter().flatten() { tr {
                td { code { (name) } }
                td { (text(&property["title"])) }
                td { (kind(property)) }
                td { (values(property)) }
                td { (text(&property["x-ogc-unit"])) }
                td { (text(&property["x-ogc-role"])) }
            } } }
        } }
    }
}
