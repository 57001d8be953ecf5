//! The names in the path of a request.

use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use super::problem::Problem;

/// The names in the path, as axum finds them. What is no text once its percent signs are read is the name of nothing.
#[derive(Debug)]
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let names = axum::extract::Path::from_request_parts(parts, state).await;
        names.map(|axum::extract::Path(names)| Self(names)).map_err(|fault| match fault.status() {
            StatusCode::BAD_REQUEST => Problem::not_found("resource", parts.uri.path()),
            _ => Problem::internal(fault.body_text()),
        })
    }
}
