//! The figures of the report on units as pictures.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::link::Base;
use super::maps::{at_desk, finish, tell_missing};
use super::negotiate::{self, Format, MAP_PNG, MAP_SVG};
use super::params::{self, Parameter, Params, read};
use super::path::Path;
use super::problem::Problem;
use super::{App, register, styles};
use crate::catalog::Catalog;
use crate::map::style::Theme;
use crate::map::{png, svg};
use crate::model::Lang;
use crate::model::plan::Scope;
use crate::report::figure::{self, Figure, Request, WIDTHS};
use crate::report::{Kind, ReportError};

/// The forms of a figure.
const FORMS: [Format; 2] = [MAP_PNG, MAP_SVG];

/// The parameters of a figure.
fn parameters(figure: Figure, catalog: &Catalog) -> Vec<Parameter> {
    let mut table = vec![
        register::day_parameter(),
        styles::language_parameter(),
        styles::theme_parameter(),
        params::width_parameter("Pixels across.", WIDTHS),
    ];
    table.extend(register::area_parameters());
    if figure == Figure::Spread {
        table.extend(register::count_parameters(catalog));
    }
    table
}

/// What a report says of its figures; none has any but that on units.
pub fn listed(kind: Kind, catalog: &Catalog, base: &Base) -> Vec<Value> {
    if kind != Kind::Units {
        return Vec::new();
    }
    let described = |figure: Figure| {
        let number = figure.number();
        let parameters = parameters(figure, catalog);
        let parameters: Vec<_> = parameters
            .iter()
            .map(|one| json!({ "name": one.name, "description": one.description, "schema": one.schema }))
            .collect();
        let links = FORMS.map(|form| {
            let href = base.url(&format!("/reports/units/figures/{number}.{}", form.name));
            json!({ "href": href, "rel": "item", "type": form.media_type, "title": form.title })
        });
        json!({ "id": number, "parameters": parameters, "links": links })
    };
    Figure::ALL.map(described).to_vec()
}

/// What a request asks.
fn request(figure: Figure, params: &Params, catalog: &Catalog, lang: Lang) -> Result<Request, Problem> {
    Ok(Request {
        figure,
        lang: read(params, "lang", "zh or en", Lang::parse)?.unwrap_or(lang),
        theme: read(params, "theme", "light or dark", Theme::parse)?.unwrap_or_default(),
        as_of: register::day(params, catalog)?,
        area: register::area(params)?,
        rule: params.get("rule").map(str::to_owned),
        scope: read(params, "scope", "all or top-level", Scope::parse)?.unwrap_or(Scope::All),
        width: params::width(params, WIDTHS)?,
    })
}

/// One figure: `GET /reports/{kind}/figures/{number}.{png|svg}`.
pub async fn one(
    State(app): State<Arc<App>>,
    Path((kind, file)): Path<(String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let named = file.rsplit_once('.').and_then(|(number, form)| {
        Some((Figure::parse(number)?, FORMS.into_iter().find(|known| known.name == form)?))
    });
    let named = named.filter(|_| Kind::parse(&kind) == Some(Kind::Units));
    let (figure, form) = named.ok_or_else(|| Problem::not_found("figure", &format!("{kind}/{file}")))?;
    let catalog = app.catalog.snapshot();
    let params = Params::parse(uri.query(), &parameters(figure, &catalog))?;
    let request = request(figure, &params, &catalog, negotiate::language(&headers, catalog.lang()))?;
    let asked = uri.path_and_query().map_or("", |both| both.as_str());
    let lang = request.lang;
    let tag = negotiate::entity_tag(catalog.revision, asked, form, lang, "");
    if negotiate::is_held(&headers, &tag) {
        return Ok(finish(StatusCode::NOT_MODIFIED.into_response(), tag, lang));
    }
    let made = at_desk(&app, move |budget| {
        let picture = figure::draw(&catalog, &request, budget)?;
        let bytes = if form == MAP_SVG { Ok(svg::write(&picture)) } else { png::write(&picture) };
        match bytes {
            Ok(bytes) => Ok((bytes, picture.missing)),
            Err(fault) => Err(ReportError::Refused { format: "png", fault: fault.to_string() }),
        }
    });
    let (bytes, missing) = made.await??;
    let mut response = ([(header::CONTENT_TYPE, form.content_type())], bytes).into_response();
    let name = format!("inline; filename=\"units-figure-{}.{}\"", figure.number(), form.name);
    if let Ok(name) = HeaderValue::try_from(name) {
        response.headers_mut().insert(header::CONTENT_DISPOSITION, name);
    }
    tell_missing(&mut response, &missing);
    Ok(finish(response, tag, lang))
}
