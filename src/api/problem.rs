//! `Problem`: every error as `application/problem+json` (RFC 9457); the only place that gives errors their status.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::model::cut;
use crate::query::QueryError;

/// An error as the client sees it.
#[derive(Debug, Clone)]
pub struct Problem {
    status: StatusCode,
    detail: String,
    /// The parameter that is to blame.
    parameter: Option<String>,
    /// What only the log may show.
    hidden: Option<String>,
}

impl Problem {
    fn new(status: StatusCode, detail: String) -> Self {
        Self { status, detail, parameter: None, hidden: None }
    }

    /// What went wrong, in words.
    pub fn detail(&self) -> &str {
        &self.detail
    }

    /// A parameter whose value makes no sense.
    pub fn parameter(name: &str, value: &str, expected: &str) -> Self {
        let value = cut(value);
        let detail = format!("parameter {name} is {value:?}, expected {expected}");
        Self { parameter: Some(name.to_owned()), ..Self::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// A parameter that is missing, or whose value makes no sense for what there is.
    pub fn wrong_parameter(name: &str, detail: String) -> Self {
        Self { parameter: Some(name.to_owned()), ..Self::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// Something that this data does not have.
    pub fn missing(detail: String) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    /// A parameter that the resource does not have.
    pub fn unknown_parameter(name: &str, known: &str) -> Self {
        let name = cut(name);
        let known =
            if known.is_empty() { "no parameter is known".to_owned() } else { format!("known are {known}") };
        let detail = format!("parameter {name:?} is unknown here; {known}");
        Self { parameter: Some(name), ..Self::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// A parameter that stands twice.
    pub fn repeated_parameter(name: &str) -> Self {
        let detail = format!("parameter {name} stands more than once");
        Self { parameter: Some(name.to_owned()), ..Self::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// A parameter in the address of a request whose body says all.
    pub fn beside_body(name: &str) -> Self {
        let name = cut(name);
        let detail =
            format!("parameter {name:?} stands in the address; POST takes its parameters in the body");
        Self { parameter: Some(name), ..Self::new(StatusCode::BAD_REQUEST, detail) }
    }

    /// A name in the path that stands for nothing.
    pub fn not_found(what: &str, name: &str) -> Self {
        let name = cut(name);
        Self::new(StatusCode::NOT_FOUND, format!("there is no {what} {name:?}"))
    }

    /// The same problem, and the collection that it arose with.
    pub fn in_collection(self, id: &str) -> Self {
        Self { detail: format!("collection {id}: {}", self.detail), ..self }
    }

    /// A method that the resource does not answer.
    pub fn method_not_allowed() -> Self {
        let detail = "this resource does not answer this method; the header Allow names those it does";
        Self::new(StatusCode::METHOD_NOT_ALLOWED, detail.to_owned())
    }

    /// A body that makes no sense.
    pub fn body(detail: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, format!("body: {detail}"))
    }

    /// A body longer than is read.
    pub fn body_too_large(most: usize) -> Self {
        Self::new(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("the body has more than the {most} bytes that are read"),
        )
    }

    /// A body that does not come.
    pub fn body_too_slow(patience: Duration) -> Self {
        let detail = format!("the body took longer than the {} s that are waited for it", patience.as_secs());
        Self::new(StatusCode::REQUEST_TIMEOUT, detail)
    }

    /// A body of another kind.
    pub fn unsupported_media_type(expected: &str) -> Self {
        Self::new(
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            format!("the body must be {expected}, by its Content-Type"),
        )
    }

    /// No representation that the client accepts.
    pub fn not_acceptable(offered: &str) -> Self {
        Self::new(
            StatusCode::NOT_ACCEPTABLE,
            format!("none of the accepted media types is offered; offered are {offered}"),
        )
    }

    /// What this build cannot do, because it was made without a part.
    pub fn missing_part(detail: &str) -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, detail.to_owned())
    }

    /// No room to keep what the client sends.
    pub fn no_room(detail: String) -> Self {
        Self::new(StatusCode::INSUFFICIENT_STORAGE, detail)
    }

    /// A fault of ours; `hidden` goes to the log only.
    pub fn internal(hidden: String) -> Self {
        let detail = "the server failed; its log names this request by the request_id".to_owned();
        Self { hidden: Some(hidden), ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail) }
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Self {
        let parameter = match &error {
            QueryError::UnknownField { name, .. }
            | QueryError::NotSimple { name, .. }
            | QueryError::WrongValue { name, .. } => Some(name.clone()),
            QueryError::NotSortable { .. } | QueryError::SortedTwice { .. } => Some("sortby".to_owned()),
            QueryError::Filter(_) => Some("filter".to_owned()),
            QueryError::Having(_) => Some("having".to_owned()),
            QueryError::Aggregate { parameter, .. } | QueryError::Shortlist { parameter, .. } => {
                Some((*parameter).to_owned())
            }
            QueryError::Spent => None,
        };
        let status = match error {
            QueryError::Spent => StatusCode::SERVICE_UNAVAILABLE,
            _ => StatusCode::BAD_REQUEST,
        };
        Self { parameter, ..Self::new(status, error.to_string()) }
    }
}

impl IntoResponse for Problem {
    /// `instance` and `request_id` are added on the way out, where the request is known.
    fn into_response(self) -> Response {
        if let Some(hidden) = &self.hidden {
            tracing::error!(fault = hidden, "internal fault");
        }
        let title = self.status.canonical_reason().unwrap_or("Error");
        let mut body = json!({
            "type": "about:blank", "title": title, "status": self.status.as_u16(), "detail": self.detail,
        });
        if let Some(parameter) = self.parameter {
            body["parameter"] = parameter.into();
        }
        let mut response = (self.status, body.to_string()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if self.status == StatusCode::SERVICE_UNAVAILABLE {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("5"));
        }
        response
    }
}
