//! The functions that filters may call (OGC 19-079r2, 8.6).

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use maud::html;
use serde_json::{Value, json};

use super::App;
use super::document::{Ask, Document};
use super::landing::FORMS;
use super::params::format_parameter;
use super::problem::Problem;
use crate::query::functions::FUNCTIONS;

pub async fn list(State(app): State<Arc<App>>, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let ask = Ask::read(&app, app.catalog.snapshot(), &uri, &headers, &[format_parameter(FORMS)], FORMS)?;
    if let Some(response) = ask.not_modified() {
        return Ok(response);
    }
    let lang = ask.lang;
    let title = lang.pick("过滤函数", "Functions of filters").to_owned();
    let functions: Vec<Value> = FUNCTIONS
        .iter()
        .map(|function| {
            let arguments: Vec<Value> = function
                .arguments
                .iter()
                .map(|argument| {
                    json!({ "title": argument.title, "type": [argument.kind.schema_name()],
                            "required": !argument.optional })
                })
                .collect();
            json!({
                "name": function.name, "description": lang.pick(function.description[0], function.description[1]),
                "arguments": arguments, "returns": [function.returns.schema_name()],
            })
        })
        .collect();
    let html = html! {
        p { (lang.pick(
            "CQL2 过滤表达式可以调用下列函数，大小写不限。距离单位为米，面积单位为平方米，均为椭球面上的值。",
            "CQL2 filters may call these functions, in any case. Distances are metres and areas square metres, on the ellipsoid.",
        )) }
        dl { @for function in &FUNCTIONS {
            dt { code { (function.signature()) " → " (function.returns.schema_name()) } }
            dd { (lang.pick(function.description[0], function.description[1])) }
        } }
    };
    let crumbs = ask.crumbs(&[(&title, "/functions".to_owned())]);
    let json = json!({ "functions": functions });
    Ok(ask.document(Document { title, crumbs, links: ask.own_links(), json, html }))
}
