//! Absolute addresses.

use axum::http::{HeaderMap, header, uri::Authority};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::negotiate::Format;
use crate::render::html::Link;

/// Bytes that a path segment may not hold as they are (RFC 3986, 3.3).
const SEGMENT: &AsciiSet =
    &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~').remove(b':').remove(b'@');

/// A path segment, percent-encoded.
pub fn segment(text: &str) -> String {
    utf8_percent_encode(text, SEGMENT).to_string()
}

/// Where the service stands, as its clients see it; without a slash at the end.
#[derive(Debug, Clone)]
pub struct Base(String);

impl Base {
    /// The configured address, else the host that the request names.
    pub fn of(public_url: Option<&str>, headers: &HeaderMap) -> Self {
        if let Some(url) = public_url {
            return Self(url.to_owned());
        }
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        // Only a well-formed host may stand in links.
        let host = host.and_then(|host| host.parse::<Authority>().ok());
        Self(host.map_or_else(
            || "http://localhost".to_owned(),
            |host| {
                format!("http://{}:{}", host.host(), host.port_u16().unwrap_or(80))
                    .trim_end_matches(":80")
                    .to_owned()
            },
        ))
    }

    /// The address of a path.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.0)
    }

    /// The bare address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A link to one representation.
pub fn link(href: String, rel: &'static str, format: Format, title: impl Into<String>) -> Link {
    Link { href, rel, media_type: format.media_type, title: title.into() }
}
