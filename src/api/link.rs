//! Absolute addresses.

use axum::http::{HeaderMap, Uri, header, uri::Authority};
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
    pub fn of(public_url: Option<&str>, headers: &HeaderMap, uri: &Uri) -> Self {
        if let Some(url) = public_url {
            return Self(url.to_owned());
        }
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        // Only a well-formed host without a user's name may stand in links.
        let host = host.and_then(|host| host.parse::<Authority>().ok());
        // HTTP/2 names the host in the address of the request.
        let host = host.or_else(|| uri.authority().cloned()).filter(|host| !host.as_str().contains('@'));
        Self(host.map_or_else(|| "http://localhost".to_owned(), |host| format!("http://{host}")))
    }

    /// No place: addresses are paths alone.
    pub fn none() -> Self {
        Self(String::new())
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
    Link { href, rel, media_type: format.media_type, title: title.into(), body: None }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn the_host_of_a_request_stands_in_links_only_when_it_is_one() {
        let cases = [
            (Some("map.example:8080"), "http://map.example:8080/ogc"),
            (Some("127.0.0.1"), "http://127.0.0.1/ogc"),
            (Some("[::1]:8080"), "http://[::1]:8080/ogc"),
            (Some("user@evil.example"), "http://localhost/ogc"),
            (Some("evil.example/path?"), "http://localhost/ogc"),
            (Some("\"><script>"), "http://localhost/ogc"),
            (None, "http://localhost/ogc"),
        ];
        for (host, want) in cases {
            let headers = host.map(|host| (header::HOST, HeaderValue::from_str(host).expect("a header")));
            assert_eq!(
                Base::of(None, &headers.into_iter().collect(), &Uri::default()).url("/ogc"),
                want,
                "{host:?}"
            );
        }
        let none = HeaderMap::new();
        let second = Uri::from_static("http://map.example:81/ogc");
        assert_eq!(Base::of(None, &none, &second).url("/ogc"), "http://map.example:81/ogc");
        assert_eq!(Base::of(Some("https://a.example"), &none, &second).url("/ogc"), "https://a.example/ogc");
    }

    #[test]
    fn segments_keep_what_they_name() {
        for (text, want) in [("a/b", "a%2Fb"), ("50%", "50%25"), ("南", "%E5%8D%97"), ("p-1.x:y", "p-1.x:y")]
        {
            assert_eq!(segment(text), want);
        }
    }
}
