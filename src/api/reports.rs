//! Reports as files, over HTTP and for the command line.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::json;

use super::document::listed;
use super::link::Base;
use super::maps::{at_desk, tell_missing};
use super::negotiate::{self, CSV, DOCX, Format, HTML, JSON, MAP_PDF, XLSX};
use super::params::{self, Parameter, Params, read, selecting_parameters};
use super::path::Path;
use super::problem::Problem;
use super::reach::network_of;
use super::{App, figures, register};
use crate::catalog::Catalog;
use crate::config::Limits;
use crate::locate;
use crate::model::Lang;
use crate::query::Budget;
use crate::register::RegisterError;
use crate::report::document::{Document, Tongue};
use crate::report::sheet::MOST;
use crate::report::{self, Form, Kind, ReportError, Request, Subject};

/// The forms of a report.
const FORMS: [Format; 6] = [HTML, MAP_PDF, DOCX, XLSX, CSV, JSON];
/// Names that reports of parcels have beside those of the selection.
const OWN: &[&str] = &["as_of", "lang", "table", "collection"];
impl From<RegisterError> for Problem {
    fn from(error: RegisterError) -> Self {
        let name = match &error {
            RegisterError::BeforePlan { .. } => "as_of",
            RegisterError::UnknownRule { .. } => "rule",
            RegisterError::Area { parameter, .. } => parameter,
        };
        Self::wrong_parameter(name, error.to_string())
    }
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Self {
        match error {
            ReportError::Register(fault) => fault.into(),
            ReportError::Query(fault) => fault.into(),
            ReportError::Map(fault) => fault.into(),
            ReportError::NoPlan | ReportError::NoDay => Self::missing(error.to_string()),
            ReportError::NoPlace(id) => {
                Self::parameter("id", &id, "the id of a place of the plan or of a feature, or collection:id")
            }
            ReportError::Ambiguous(..) => Self::wrong_parameter("id", error.to_string()),
            ReportError::Table(fault) => Self::wrong_parameter("table", fault.to_string()),
            ReportError::NoLayer(id) => Self::parameter("collection", &id, "the id of a collection"),
            ReportError::Refused { .. } => Self::internal(error.to_string()),
        }
    }
}

/// A text as part of an address.
pub fn encoded(text: &str) -> String {
    utf8_percent_encode(text, NON_ALPHANUMERIC).to_string()
}

/// The parameters that reports of a kind have.
fn parameters(
    kind: Kind,
    catalog: &Catalog,
    collection: Option<&str>,
    limits: Limits,
) -> Result<Vec<Parameter>, Problem> {
    let mut table = vec![
        register::day_parameter(),
        Parameter::new(
            "lang",
            "Language of the report: zh, en, or both, Chinese and below it English.",
            json!({ "type": "string", "enum": ["zh", "en", "both"] }),
        ),
        Parameter::new(
            "table",
            "Of CSV, which table of the report: its main one when left out.",
            json!({ "type": "string" }),
        ),
    ];
    match kind {
        Kind::Units => table.extend(register::area_parameters()),
        Kind::Progress => {}
        Kind::Site => {
            table.push(Parameter::new("id", "Id of a place of the plan, or of a feature; collection:id where several collections have it.", json!({ "type": "string" })));
            table.push(Parameter::new(
                "ids",
                "Instead of id: ids of two or more, split by commas, that stand side by side.",
                json!({ "type": "array", "minItems": 1, "maxItems": MOST, "items": { "type": "string" } }),
            ));
        }
        Kind::Parcels => {
            let indexed = super::collections::find(catalog, &collection_of(catalog, collection)?)?;
            table.push(Parameter::new(
                "collection",
                "The collection; that of parcels when left out.",
                json!({ "type": "string" }),
            ));
            table.extend(selecting_parameters(indexed.layer(), limits, OWN));
        }
    }
    Ok(table)
}

/// The collection of a report on parcels.
fn collection_of(catalog: &Catalog, asked: Option<&str>) -> Result<String, Problem> {
    if let Some(asked) = asked {
        return Ok(asked.to_owned());
    }
    let parcels = catalog.layers().find(|indexed| indexed.layer().about.role() == "parcel");
    let layer = parcels
        .ok_or_else(|| Problem::missing("no collection is one of parcels: give collection".to_owned()))?;
    Ok(layer.layer().id.as_str().to_owned())
}

/// What is asked: the report, and the table of it where only one is wanted.
fn request(
    kind: Kind,
    query: Option<&str>,
    catalog: &Catalog,
    limits: Limits,
    lang: Lang,
) -> Result<(Request, Option<String>), Problem> {
    let raw: Vec<_> = form_urlencoded::parse(query.unwrap_or("").as_bytes()).collect();
    let collection = raw.iter().find(|(name, _)| name == "collection").map(|(_, value)| value.as_ref());
    let table = parameters(kind, catalog, collection, limits)?;
    let params = Params::parse(query, &table)?;
    let tongue = read(&params, "lang", Tongue::EXPECTED, Tongue::parse)?.unwrap_or(Tongue::Only(lang));
    let as_of = register::day(&params, catalog)?;
    let subject = match kind {
        Kind::Units => Subject::Units { area: register::area(&params)? },
        Kind::Progress => Subject::Progress,
        Kind::Site => Subject::Site { ids: ids(&params)? },
        Kind::Parcels => {
            let layer = collection_of(catalog, collection)?;
            let indexed = super::collections::find(catalog, &layer)?;
            let query = params::selection(&params, indexed.layer(), catalog, OWN)?;
            let asked = params.pairs().filter(|(name, _)| !OWN.contains(name));
            let asked = asked.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
            Subject::Parcels { layer, query: Box::new(query), asked }
        }
    };
    let table = params.get("table").or(kind.main_table()).map(str::to_owned);
    Ok((Request { tongue, as_of, subject }, table))
}

/// The places that a sheet is of.
fn ids(params: &Params) -> Result<Vec<String>, Problem> {
    match (params.get("id"), params.get("ids")) {
        (Some(id), None) => Ok(vec![id.to_owned()]),
        (None, Some(list)) => {
            let mut ids: Vec<String> = Vec::new();
            for id in list.split(',').map(str::trim) {
                if id.is_empty() || ids.iter().any(|known| known == id) {
                    return Err(Problem::parameter("ids", list, "ids split by commas, each once"));
                }
                ids.push(id.to_owned());
            }
            if ids.len() > MOST {
                return Err(Problem::parameter("ids", list, &format!("at most {MOST} ids")));
            }
            Ok(ids)
        }
        (Some(_), Some(_)) => Err(Problem::wrong_parameter("ids", "give id or ids, not both".to_owned())),
        (None, None) => Err(Problem::wrong_parameter(
            "id",
            "this report needs id, the id of a place, or ids of several".to_owned(),
        )),
    }
}

/// The kind and the form that the name of a file says.
fn named(file: &str) -> Option<(Kind, Form, Format)> {
    let (kind, form) = file.rsplit_once('.')?;
    let format = FORMS.into_iter().find(|known| known.name == form)?;
    Some((Kind::parse(kind)?, Form::parse(form)?, format))
}

/// The reports there are: `GET /reports`.
pub async fn list(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    Params::parse(uri.query(), &[])?;
    let base = Base::of(app.config.public_url.as_deref(), &headers, &uri);
    let catalog = app.catalog.snapshot();
    let described = |kind: Kind| {
        let parameters = parameters(kind, &catalog, None, app.config.limits).unwrap_or_default();
        let parameters: Vec<_> = parameters
            .iter()
            .map(|one| json!({ "name": one.name, "description": one.description, "schema": one.schema }))
            .collect();
        let links = FORMS.map(|form| {
            let href = base.url(&format!("/reports/{}.{}", kind.name(), form.name));
            json!({ "href": href, "rel": "item", "type": form.media_type, "title": form.title })
        });
        let figures = figures::listed(kind, &catalog, &base);
        json!({ "id": kind.name(), "parameters": parameters, "links": links, "figures": figures })
    };
    let body = json!({ "reports": Kind::ALL.map(described) });
    Ok(listed(&body))
}

/// One report: `GET /reports/{kind}.{form}`.
pub async fn one(
    State(app): State<Arc<App>>,
    Path(file): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let (kind, form, format) = named(&file).ok_or_else(|| Problem::not_found("report", &file))?;
    let catalog = app.catalog.snapshot();
    let lang = negotiate::language(&headers, catalog.lang());
    let (request, table) = request(kind, uri.query(), &catalog, app.config.limits, lang)?;
    let asked = uri.path_and_query().map_or("", |both| both.as_str());
    let tag = negotiate::entity_tag(catalog.revision, asked, format, lang, "");
    let mut response = if negotiate::is_held(&headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        let made = at_desk(&app, {
            let app = Arc::clone(&app);
            move |budget| {
                let document = report::compose(&catalog, || network_of(&app, &catalog), &request, budget)?;
                let bytes = report::write(&document, form, table.as_deref())?;
                let missing = report::missing(&document, form);
                Ok::<_, ReportError>((document.name, bytes, missing))
            }
        });
        let (name, bytes, missing) = made.await??;
        let mut response = ([(header::CONTENT_TYPE, format.content_type())], bytes).into_response();
        let shown = if matches!(format, HTML | MAP_PDF | JSON) { "inline" } else { "attachment" };
        let name = format!("{shown}; filename=\"{name}.{}\"", format.name);
        if let Ok(name) = HeaderValue::try_from(name) {
            response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
        }
        tell_missing(&mut response, &missing);
        response
    };
    let headers = response.headers_mut();
    headers.insert(header::ETAG, tag);
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.append(header::VARY, HeaderValue::from_static("accept-language"));
    Ok(response)
}

/// A report for the command line: what it holds, and its bytes.
///
/// # Errors
/// What is wrong with a parameter, or why there is no report.
pub fn make(
    catalog: &Catalog,
    kind: Kind,
    form: Form,
    parameters: &[(&str, String)],
) -> Result<(Document, Vec<u8>), String> {
    let text: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let made = request(kind, Some(&text), catalog, Limits::default(), catalog.lang()).and_then(
        |(request, table)| {
            let document = report::compose(
                catalog,
                || Arc::new(locate::network(catalog)),
                &request,
                &Budget::default(),
            )?;
            let bytes = report::write(&document, form, table.as_deref())?;
            Ok((document, bytes))
        },
    );
    made.map_err(|problem| problem.detail().to_owned())
}
