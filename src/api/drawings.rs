//! Drawings that are too long for a link, kept under an id (`/drawings`).

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::document::body_of;
use super::negotiate::GEOJSON;
use super::path::Path;
use super::problem::Problem;
use super::{App, blocking};
use crate::geometry::{Crs, positions};
use crate::query::cql2;
use crate::render::drawn;
use crate::store::{DrawingError, DrawingId, Drawings};

/// The longest drawing, bytes: about 10,000 corners.
const MOST_BODY_BYTES: usize = 256 << 10;
const EXPECTED: &str = "expected one GeoJSON geometry (RFC 7946, 3.1), longitude first, in degrees";

/// Keeps a drawing: 201 with its id, 200 when it was kept before.
pub async fn post(
    State(app): State<Arc<App>>,
    uri: Uri,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Problem> {
    let body =
        body_of(&uri, &headers, body, &["application/geo+json", "application/json"], MOST_BODY_BYTES).await?;
    let patience = app.config.limits.patience;
    let (id, is_new) = blocking(patience, move |_| keep(&app, &body)).await??;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    let headers = [
        (header::CONTENT_TYPE, "application/json".to_owned()),
        (header::CACHE_CONTROL, "no-store".to_owned()),
        (header::LOCATION, format!("/drawings/{id}")),
    ];
    Ok((status, headers, json!({ "id": id.to_string() }).to_string()).into_response())
}

/// A drawing, which never changes.
pub async fn get(State(app): State<Arc<App>>, Path(id): Path<String>) -> Result<Response, Problem> {
    let missing = || Problem::not_found("drawing", &id);
    let parsed = DrawingId::parse(&id).ok_or_else(missing)?;
    let patience = app.config.limits.patience;
    let found = blocking(patience, move |_| kept(&app)?.find(&parsed).map_err(Problem::from)).await??;
    let content = found.ok_or_else(missing)?;
    let headers = [
        (header::CONTENT_TYPE, GEOJSON.media_type),
        (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
    ];
    Ok((headers, content).into_response())
}

fn kept(app: &App) -> Result<&Drawings, Problem> {
    app.drawings.as_ref().ok_or_else(|| {
        Problem::missing_part(
            "this server keeps no drawings; its operator names a folder for them with --drawings, and the log of its start \
             says what is wrong with the one it has",
        )
    })
}

/// One way to write each drawing, so that equal ones have one id whatever their white space and further digits.
fn keep(app: &App, body: &[u8]) -> Result<(DrawingId, bool), Problem> {
    let drawings = kept(app)?;
    let text =
        std::str::from_utf8(body).map_err(|_| Problem::body("not UTF-8, which RFC 8259, 8.1 asks for"))?;
    if !text.trim_start().starts_with('{') {
        return Err(Problem::body(EXPECTED));
    }
    let shape =
        cql2::geometry(text).map_err(|fault| Problem::body(&format!("{fault}; expected {EXPECTED}")))?;
    let reading = positions::Reading { crs: Crs::Crs84, north_first: false };
    let shape = positions::placed(&shape, reading).map_err(|fault| Problem::body(&fault))?;
    if let Some(fault) = positions::fault(&shape) {
        return Err(Problem::body(&format!("the shape is not valid: {fault}")));
    }
    let mut content = Vec::new();
    drawn::geometry(&mut content, &shape);
    Ok(drawings.keep(&content)?)
}

impl From<DrawingError> for Problem {
    fn from(error: DrawingError) -> Self {
        match error {
            DrawingError::Full { room, .. } => Self::no_room(format!(
                "this server keeps {} drawings or {} MiB at most, and has no room for a further one; a link with fewer corners \
                 needs none, and the operator makes room by removing files",
                room.count,
                room.bytes >> 20
            )),
            fault @ (DrawingError::Changed(_) | DrawingError::File { .. }) => {
                Self::internal(fault.to_string())
            }
        }
    }
}
