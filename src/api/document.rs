//! What every document of the API has in common: a request read against its table, links, entity tag, form.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use maud::Markup;
use serde::Serialize;
use serde_json::{Value, json};

use super::App;
use super::link::{Base, link};
use super::negotiate::{self, Format, HTML, JSON};
use super::params::{self, Parameter, Params};
use super::problem::Problem;
use crate::catalog::Catalog;
use crate::model::Lang;
use crate::query::Page;
use crate::render::html::{self, Link, Shell};

/// Root of the OGC API.
pub const ROOT: &str = "/ogc";

/// How long a body may take to come: at 35 kB a second all that is read of any.
const BODY_PATIENCE: Duration = Duration::from_mins(2);

/// A body of one of these media types, which holds all that is asked.
///
/// # Errors
/// A parameter in the address, another media type, or a body too long or too slow.
pub async fn body_of(
    uri: &Uri,
    headers: &HeaderMap,
    body: Body,
    kinds: &[&str],
    most: usize,
) -> Result<Bytes, Problem> {
    Params::none_beside_body(uri)?;
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or("");
    let kind = kind.split(';').next().unwrap_or("").trim();
    if !kinds.iter().any(|known| known.eq_ignore_ascii_case(kind)) {
        return Err(Problem::unsupported_media_type(&kinds.join(" or ")));
    }
    in_time(body, most, BODY_PATIENCE).await
}

async fn in_time(body: Body, most: usize, patience: Duration) -> Result<Bytes, Problem> {
    let read = tokio::time::timeout(patience, axum::body::to_bytes(body, most)).await;
    read.map_err(|_| Problem::body_too_slow(patience))?.map_err(|_| Problem::body_too_large(most))
}

/// A request, read.
#[derive(Debug)]
pub struct Ask {
    /// The catalogue of this request.
    pub catalog: Arc<Catalog>,
    /// Where the service stands.
    pub base: Base,
    /// Path of the request, percent-encoded.
    pub path: String,
    /// Its parameters.
    pub params: Params,
    /// The form of the answer.
    pub format: Format,
    /// The forms there are.
    pub offers: &'static [Format],
    /// The language of the answer.
    pub lang: Lang,
    /// Did the parameters come in the body of a POST?
    posted: bool,
    tag: HeaderValue,
    is_held: bool,
}

impl Ask {
    /// Writes into a document when it was made, and of which day its data is.
    pub fn date(&self, json: &mut serde_json::Value) {
        json["timeStamp"] = super::now().to_string().into();
        if let Some(day) = self.catalog.about.data_date {
            json["dataDate"] = day.to_string().into();
        }
    }

    /// Reads a request for a resource with this table of parameters.
    ///
    /// # Errors
    /// An unknown or repeated parameter, or no representation that is accepted.
    pub fn read(
        app: &App,
        catalog: Arc<Catalog>,
        uri: &Uri,
        headers: &HeaderMap,
        table: &[Parameter],
        offers: &'static [Format],
    ) -> Result<Self, Problem> {
        let params = Params::parse(uri.query(), table)?;
        let format = negotiate::format(params.get("f"), headers, offers)?;
        let lang = negotiate::language(headers, catalog.lang());
        let base = Base::of(app.config.public_url.as_deref(), headers, uri);
        let request = uri.path_and_query().map_or("", |both| both.as_str());
        let tag = negotiate::entity_tag(catalog.revision, request, format, lang, base.as_str());
        let is_held = negotiate::is_held(headers, &tag);
        let path = uri.path().to_owned();
        Ok(Self { catalog, base, path, params, format, offers, lang, posted: false, tag, is_held })
    }

    /// The same in the language that the parameter `lang` names, where it is given.
    ///
    /// # Errors
    /// No language of ours.
    pub fn spoken(mut self) -> Result<Self, Problem> {
        self.lang = params::read(&self.params, "lang", "zh or en", Lang::parse)?.unwrap_or(self.lang);
        Ok(self)
    }

    /// Takes a request whose parameters came in its body.
    ///
    /// # Errors
    /// No representation that is accepted.
    pub fn posted(
        app: &App,
        catalog: Arc<Catalog>,
        uri: &Uri,
        headers: &HeaderMap,
        params: Params,
        offers: &'static [Format],
    ) -> Result<Self, Problem> {
        let format = negotiate::format(params.get("f"), headers, offers)?;
        let lang = negotiate::language(headers, catalog.lang());
        let base = Base::of(app.config.public_url.as_deref(), headers, uri);
        let request = format!("{}{}", uri.path(), params.with(&[]));
        let tag = negotiate::entity_tag(catalog.revision, &request, format, lang, base.as_str());
        let path = uri.path().to_owned();
        Ok(Self { catalog, base, path, params, format, offers, lang, posted: true, tag, is_held: false })
    }

    /// A link to this request with some parameters changed, or (with an empty value) left out. It names the form that it leads to,
    /// unless whoever follows it gets that one anyway.
    pub fn here(
        &self,
        changes: &[(&str, &str)],
        rel: &'static str,
        format: Format,
        title: impl Into<String>,
    ) -> Link {
        let here = self.base.url(&self.path);
        let is_said = format == self.offers[0] || changes.iter().any(|(name, _)| *name == "f");
        let form = (!is_said && self.params.get("f").is_none()).then_some(("f", format.name));
        let changes: Vec<_> = changes.iter().copied().chain(form).collect();
        if self.posted {
            return Link { body: Some(self.params.to_json(&changes)), ..link(here, rel, format, title) };
        }
        link(format!("{here}{}", self.params.with(&changes)), rel, format, title)
    }

    /// The address of a path below the root of the API.
    pub fn url(&self, path: &str) -> String {
        self.base.url(&format!("{ROOT}{path}"))
    }

    /// The answer to a client that already holds this representation; ask only once the request is known good.
    pub fn not_modified(&self) -> Option<Response> {
        self.is_held.then(|| self.finish(StatusCode::NOT_MODIFIED.into_response()))
    }

    /// Links to this representation and to the others.
    pub fn own_links(&self) -> Vec<Link> {
        let title = self.lang.pick("本文档", "this document");
        let own = self.here(&[], "self", self.format, title);
        let others = self.offers.iter().filter(|&&offer| offer != self.format).map(|&offer| {
            self.here(&[("f", offer.name)], "alternate", offer, format!("{title} ({})", offer.title))
        });
        std::iter::once(own).chain(others).collect()
    }

    /// Links to the pages after and before one with so many members of all.
    pub fn turns(&self, page: Page, returned: usize, matched: u64) -> Vec<Link> {
        let turn = |rel, offset: u64, title| {
            let offset = offset.to_string();
            self.here(&[("offset", if offset == "0" { "" } else { &offset })], rel, self.format, title)
        };
        let mut links = Vec::new();
        let seen = page.offset.saturating_add(returned as u64);
        if seen < matched && returned > 0 {
            links.push(turn("next", seen, self.lang.pick("下一页", "next page")));
        }
        if page.offset > 0 {
            // A page that lies behind the end leads back to the last full one.
            let first = page.offset.min(matched.max(1)).saturating_sub(u64::from(page.limit));
            links.push(turn("prev", first, self.lang.pick("上一页", "previous page")));
        }
        links
    }

    /// A document in the asked form. `json` gets a member `links`.
    pub fn document(&self, document: Document) -> Response {
        let Document { title, crumbs, links, mut json, html } = document;
        let response = if self.format == HTML {
            self.page(&title, &crumbs, &links, &html)
        } else {
            json["links"] = links_json(&links);
            self.body(Body::from(json.to_string()))
        };
        self.finish(response)
    }

    /// An HTML page.
    pub fn page(
        &self,
        title: &str,
        crumbs: &[(String, String)],
        links: &[Link],
        content: &Markup,
    ) -> Response {
        let about = &self.catalog.about;
        let shell = Shell {
            lang: self.lang,
            service: about.title.say(self.lang),
            title,
            crumbs,
            links,
            attribution: about.attribution.say(self.lang),
        };
        self.body(Body::from(html::page(&shell, content)))
    }

    /// A body of the asked media type.
    pub fn body(&self, body: Body) -> Response {
        ([(header::CONTENT_TYPE, self.format.content_type())], body).into_response()
    }

    /// Adds the headers that every representation has.
    pub fn finish(&self, mut response: Response) -> Response {
        let headers = response.headers_mut();
        headers.insert(header::ETAG, self.tag.clone());
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(self.lang.tag()));
        headers.append(header::VARY, HeaderValue::from_static("accept, accept-language"));
        response
    }

    /// The way from the landing page to a document.
    pub fn crumbs(&self, below: &[(&str, String)]) -> Vec<(String, String)> {
        let root = ("OGC API".to_owned(), self.html_url(""));
        let below = below.iter().map(|(name, path)| ((*name).to_owned(), self.html_url(path)));
        std::iter::once(root).chain(below).collect()
    }

    fn html_url(&self, path: &str) -> String {
        format!("{}?f=html", self.url(path))
    }
}

/// One document in both forms.
pub struct Document {
    /// Title of the page.
    pub title: String,
    /// Where the page stands.
    pub crumbs: Vec<(String, String)>,
    /// All links, those of [`Ask::own_links`] included.
    pub links: Vec<Link>,
    /// The document without its links.
    pub json: Value,
    /// The same content for people.
    pub html: Markup,
}

/// A list of what there is beside the OGC API, in one form and language.
pub fn listed(body: &Value) -> Response {
    let headers = [
        (header::CONTENT_TYPE, JSON.content_type()),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, body.to_string()).into_response()
}

/// Links as JSON.
pub fn links_json(links: &[Link]) -> Value {
    links.iter().map(|link| json!(LinkJson::of(link))).collect()
}

/// The same as text.
pub fn links_text(links: &[Link]) -> String {
    let links: Vec<_> = links.iter().map(LinkJson::of).collect();
    // Texts and JSON can always be written.
    serde_json::to_string(&links).unwrap_or_default()
}

/// A link as JSON has it.
#[derive(Serialize)]
struct LinkJson<'a> {
    href: &'a str,
    rel: &'a str,
    r#type: &'a str,
    title: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a Value>,
}

impl<'a> LinkJson<'a> {
    fn of(link: &'a Link) -> Self {
        let Link { href, rel, media_type, title, body } = link;
        let method = body.is_some().then_some("POST");
        Self { href, rel, r#type: media_type, title, method, body: body.as_ref() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_body_that_does_not_end_is_given_up() {
        let endless =
            Body::from_stream(futures_util::stream::pending::<Result<Bytes, std::convert::Infallible>>());
        let problem = in_time(endless, 1, Duration::from_millis(5)).await.expect_err("no body");
        assert_eq!(problem.into_response().status(), StatusCode::REQUEST_TIMEOUT);
    }
}
