//! Pages of items that were made are kept, within bounds: many people look at the same ones.
//!
//! A key is all that decides what an answer holds, in full and not as a digest, which others could meet on purpose. The revision of the
//! catalogue is part of it, so a reload makes all old pages unreachable and they fall out.

use std::ops::Range;

use axum::body::{Body, HttpBody as _};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use moka::future::Cache;

use super::document::Ask;
use super::negotiate::{GEOJSON, JSONFG};
use super::now;
use super::problem::Problem;
use crate::catalog::Revision;

/// The longest body that is kept, bytes. Longer ones go out in pieces and are mostly asked for once.
const MOST_BYTES: u64 = 1 << 18;
/// Bytes of a page beside its body and its key: headers, roughly.
const ROOM: usize = 2048;

/// What a page is kept under.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PageKey {
    revision: Revision,
    /// The address as it was written, the place of the service, the form and the language.
    asked: Box<str>,
}

impl PageKey {
    /// That of a request by address; `None` where the form does not tell in its head when it was made, as in others only data could.
    pub fn of(ask: &Ask, address: &str) -> Option<Self> {
        matches!(ask.format, GEOJSON | JSONFG).then(|| {
            // None of them holds a line break.
            let asked = [address, ask.base.as_str(), ask.format.media_type, ask.lang.tag()].join("\n");
            Self { revision: ask.catalog.revision, asked: asked.into() }
        })
    }
}

/// A page as it is sent, before anything packs it.
#[derive(Debug, Clone)]
struct Page {
    headers: HeaderMap,
    body: Bytes,
    /// Where in the body the moment stands at which it is generated (OGC 17-069r4, `/req/core/fc-timeStamp`): that of each answer.
    moment: Range<usize>,
}

/// Where the moment stands in the head of a page, before anything that is data.
fn moment_in(body: &[u8]) -> Option<Range<usize>> {
    const BEFORE: &[u8] = br#""timeStamp":""#;
    const HEAD: usize = 512;
    let head = &body[..body.len().min(HEAD)];
    let start = memchr::memmem::find(head, BEFORE)? + BEFORE.len();
    Some(start..start + memchr::memchr(b'"', &head[start..])?)
}

/// The kept pages.
#[derive(Debug)]
pub struct PageCache(Cache<PageKey, Page>);

impl PageCache {
    /// Room for so many bytes.
    pub fn new(most_bytes: u64) -> Self {
        let weight = |key: &PageKey, page: &Page| {
            u32::try_from(page.body.len() + key.asked.len() + ROOM).unwrap_or(u32::MAX)
        };
        Self(Cache::builder().max_capacity(most_bytes).weigher(weight).build())
    }

    /// The page, if it is kept.
    pub async fn get(&self, key: &PageKey) -> Option<Response> {
        let Page { headers, body, moment } = self.0.get(key).await?;
        let mut body = Vec::from(body);
        let now = now().to_string();
        (now.len() == moment.len()).then(|| body[moment].copy_from_slice(now.as_bytes()))?;
        Some((headers, body).into_response())
    }

    /// Keeps an answer, if it is a page that stands in memory as a whole and tells when it was made, and hands it on.
    ///
    /// # Errors
    /// The body cannot be read, which a body in memory always can.
    pub async fn keep(&self, key: PageKey, response: Response) -> Result<Response, Problem> {
        let is_short = response.body().size_hint().exact().is_some_and(|length| length <= MOST_BYTES);
        let is_kept = is_short && response.status() == StatusCode::OK;
        if !is_kept || self.0.policy().max_capacity() == Some(0) {
            return Ok(response);
        }
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await;
        let body = body.map_err(|fault| Problem::internal(fault.to_string()))?;
        if let Some(moment) = moment_in(&body) {
            self.0.insert(key, Page { headers: parts.headers.clone(), body: body.clone(), moment }).await;
        }
        Ok(Response::from_parts(parts, Body::from(body)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(asked: &str) -> PageKey {
        PageKey { revision: Revision::new(1), asked: asked.into() }
    }

    async fn body_of(response: Response) -> Bytes {
        axum::body::to_bytes(response.into_body(), usize::MAX).await.expect("a body")
    }

    #[tokio::test]
    async fn short_pages_are_kept_with_their_headers() {
        let cache = PageCache::new(1 << 20);
        let page = |moment: &str| format!(r#"{{"timeStamp":"{moment}","features":[{{"timeStamp":"1"}}]}}"#);
        let made = ([("content-crs", "crs")], page("2020-01-01T00:00:00Z")).into_response();
        let handed_on = cache.keep(key("a"), made).await.expect("a page");
        assert_eq!(body_of(handed_on).await, page("2020-01-01T00:00:00Z"));
        let before = now();
        let kept = cache.get(&key("a")).await.expect("a kept page");
        assert_eq!(kept.headers()["content-crs"], "crs");
        // A second may have passed meanwhile.
        let kept = body_of(kept).await;
        assert!([before, now()].iter().any(|moment| kept == page(&moment.to_string())), "{kept:?}");
        assert!(cache.get(&key("b")).await.is_none());
        let next = PageKey { revision: Revision::new(2), ..key("a") };
        assert!(cache.get(&next).await.is_none());
    }

    #[tokio::test]
    async fn what_is_long_or_streamed_or_no_page_is_handed_on_only() {
        let long = vec![b'x'; usize::try_from(MOST_BYTES).expect("small") + 1];
        let pieces = futures_util::stream::iter([Ok::<_, std::convert::Infallible>("pieces")]);
        let cases = [
            (1 << 20, long.clone().into_response(), Bytes::from(long)),
            (1 << 20, Body::from_stream(pieces).into_response(), Bytes::from("pieces")),
            (1 << 20, (StatusCode::BAD_REQUEST, "fault").into_response(), Bytes::from("fault")),
            (1 << 20, "no moment".into_response(), Bytes::from("no moment")),
            (
                0,
                r#"{"timeStamp":"2020-01-01T00:00:00Z"}"#.into_response(),
                Bytes::from(r#"{"timeStamp":"2020-01-01T00:00:00Z"}"#),
            ),
        ];
        for (room, made, want) in cases {
            let cache = PageCache::new(room);
            assert_eq!(body_of(cache.keep(key("a"), made).await.expect("a page")).await, want);
            assert!(cache.get(&key("a")).await.is_none(), "{want:?}");
        }
    }
}
