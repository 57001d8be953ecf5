//! `f` and `Accept` to a media type, `Accept-Language` to a language, and entity tags.

use std::cmp::Ordering;
use std::hash::Hasher as _;

use axum::http::{HeaderMap, HeaderValue, header};
use xxhash_rust::xxh3::Xxh3;

use super::problem::Problem;
use crate::catalog::Revision;
use crate::model::Lang;

/// A representation that a resource offers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// Its name in the parameter `f`.
    pub name: &'static str,
    /// Its media type.
    pub media_type: &'static str,
    /// Media types a client may ask for and be happy with this one.
    also: &'static [&'static str],
    /// What people call it.
    pub title: &'static str,
}

/// Documents that are no features.
pub const JSON: Format = Format { name: "json", media_type: "application/json", also: &[], title: "JSON" };
/// Features.
pub const GEOJSON: Format = Format {
    name: "json",
    media_type: "application/geo+json",
    also: &["application/json", "application/vnd.geo+json"],
    title: "GeoJSON",
};
/// Features with time and place.
pub const JSONFG: Format =
    Format { name: "jsonfg", media_type: "application/vnd.ogc.fg+json", also: &[], title: "JSON-FG" };
/// Features, one a line.
pub const NDJSON: Format = Format {
    name: "ndjson",
    media_type: "application/x-ndjson",
    also: &["application/ndjson", "application/jsonl"],
    title: "newline-delimited GeoJSON",
};
/// Features as a table.
pub const CSV: Format =
    Format { name: "csv", media_type: "text/csv; charset=utf-8", also: &[], title: "CSV" };
/// Features as a workbook.
pub const XLSX: Format = Format {
    name: "xlsx",
    media_type: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    also: &[],
    title: "Excel",
};
/// Reports for word processors.
pub const DOCX: Format = Format {
    name: "docx",
    media_type: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    also: &[],
    title: "Word",
};
/// Features for globes.
pub const KML: Format =
    Format { name: "kml", media_type: "application/vnd.google-earth.kml+xml", also: &[], title: "KML" };
/// Features with an index.
pub const FLATGEOBUF: Format = Format {
    name: "fgb",
    media_type: "application/flatgeobuf",
    also: &["application/vnd.flatgeobuf"],
    title: "FlatGeobuf",
};
/// Features in columns.
pub const GEOPARQUET: Format = Format {
    name: "parquet",
    media_type: "application/vnd.apache.parquet",
    also: &["application/x-parquet"],
    title: "GeoParquet",
};
/// Vector tiles.
pub const MVT: Format = Format {
    name: "mvt",
    media_type: "application/vnd.mapbox-vector-tile",
    also: &["application/x-protobuf", "application/protobuf"],
    title: "Mapbox Vector Tile",
};
/// What map libraries start vector tiles from.
pub const TILEJSON: Format =
    Format { name: "tilejson", media_type: "application/vnd.mapbox.tile+json", also: &[], title: "TileJSON" };
/// Schemas.
pub const SCHEMA: Format = Format {
    name: "json",
    media_type: "application/schema+json",
    also: &["application/json"],
    title: "JSON Schema",
};
/// Pages.
pub const HTML: Format =
    Format { name: "html", media_type: "text/html", also: &["application/xhtml+xml"], title: "HTML" };
/// Styles of maps.
pub const STYLE: Format = Format {
    name: "json",
    media_type: "application/vnd.mapbox.style+json",
    also: &["application/json"],
    title: "MapLibre style",
};
/// Pictures as pixels.
pub const MAP_PNG: Format = Format { name: "png", media_type: "image/png", also: &[], title: "PNG" };
/// Pictures as paths.
pub const MAP_SVG: Format = Format { name: "svg", media_type: "image/svg+xml", also: &[], title: "SVG" };
/// Pictures for print.
pub const MAP_PDF: Format = Format { name: "pdf", media_type: "application/pdf", also: &[], title: "PDF" };
/// The API definition.
pub const OPENAPI: Format = Format {
    name: "json",
    media_type: "application/vnd.oai.openapi+json;version=3.0",
    also: &["application/vnd.oai.openapi+json", "application/json"],
    title: "OpenAPI 3.0",
};

impl Format {
    /// The value of `Content-Type`.
    pub fn content_type(self) -> HeaderValue {
        HeaderValue::from_static(if self == HTML { "text/html; charset=utf-8" } else { self.media_type })
    }

    fn answers(self, range: &str) -> bool {
        let matches = |media_type: &str| {
            let bare = media_type.split(';').next().unwrap_or(media_type);
            range == "*/*"
                || bare.eq_ignore_ascii_case(range)
                || range.strip_suffix("/*").is_some_and(|kind| {
                    bare.split_once('/').is_some_and(|(own, _)| own.eq_ignore_ascii_case(kind))
                })
        };
        matches(self.media_type) || self.also.iter().any(|media_type| matches(media_type))
    }
}

/// The representation for a request: `f` wins over `Accept`; of equals the first offered.
///
/// # Errors
/// An unknown `f`, or nothing offered that is accepted.
pub fn format(f: Option<&str>, headers: &HeaderMap, offers: &[Format]) -> Result<Format, Problem> {
    let names = || offers.iter().map(|offer| offer.name).collect::<Vec<_>>().join(" or ");
    if let Some(f) = f {
        let found = offers.iter().find(|offer| offer.name == f);
        return found.copied().ok_or_else(|| Problem::parameter("f", f, &names()));
    }
    let ranges = weighted(headers, &header::ACCEPT);
    if ranges.is_empty() {
        return Ok(offers[0]);
    }
    let quality = |offer: &Format| {
        // The most specific range that fits decides (RFC 9110, 12.5.1).
        let fits = ranges.iter().filter(|(range, _)| offer.answers(range));
        fits.max_by_key(|(range, _)| if range == "*/*" { 0 } else { 1 + usize::from(!range.ends_with("/*")) })
            .map_or(0, |&(_, quality)| quality)
    };
    let mut best = (0, None);
    for offer in offers {
        let quality = quality(offer);
        if quality > best.0 {
            best = (quality, Some(*offer));
        }
    }
    best.1.ok_or_else(|| {
        Problem::not_acceptable(&offers.iter().map(|offer| offer.media_type).collect::<Vec<_>>().join(", "))
    })
}

/// The language for a request: the one that is preferred; where neither is, the usual one of the data.
pub fn language(headers: &HeaderMap, usual: Lang) -> Lang {
    let best = |prefix: &str| {
        let tags = weighted(headers, &header::ACCEPT_LANGUAGE);
        tags.iter().filter(|(tag, _)| tag.starts_with(prefix)).map(|&(_, quality)| quality).max().unwrap_or(0)
    };
    match best("en").cmp(&best("zh")) {
        Ordering::Greater => Lang::En,
        Ordering::Less => Lang::Zh,
        Ordering::Equal => usual,
    }
}

/// The members of a header with their weights in thousandths.
fn weighted(headers: &HeaderMap, name: &header::HeaderName) -> Vec<(String, u32)> {
    let values = headers.get_all(name).iter().filter_map(|value| value.to_str().ok());
    let members = values.flat_map(|value| value.split(','));
    members
        .filter_map(|member| {
            let mut parts = member.split(';');
            let range = parts.next()?.trim().to_ascii_lowercase();
            let quality = parts.find_map(|part| part.trim().strip_prefix("q="));
            let quality: f32 = quality.map_or(Some(1.0), |quality| quality.parse().ok())?;
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and 1000")]
            let thousandths = (quality.clamp(0.0, 1.0) * 1000.0).round() as u32;
            (!range.is_empty()).then_some((range, thousandths))
        })
        .collect()
}

/// Does the client take a body in this encoding? (RFC 9110, 12.5.3)
pub fn accepts_encoding(headers: &HeaderMap, encoding: &str) -> bool {
    weighted(headers, &header::ACCEPT_ENCODING).iter().any(|(name, weight)| name == encoding && *weight > 0)
}

/// The weak entity tag of a representation: the data, the request, its form. Weak, because answers carry the
/// time they were made, and compression changes their bytes (RFC 9110, 8.8.1).
pub fn entity_tag(revision: Revision, uri: &str, format: Format, lang: Lang, base: &str) -> HeaderValue {
    let mut digest = Xxh3::new();
    for part in [uri, format.media_type, lang.tag(), base] {
        digest.write(part.as_bytes());
        digest.write_u8(0);
    }
    let tag = format!("W/\"{revision}-{:016x}\"", digest.finish());
    HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("W/\"\""))
}

/// Does the client already hold what this tag names? (RFC 9110, 13.1.2)
pub fn is_held(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let bare = |tag: &str| tag.trim().trim_start_matches("W/").to_owned();
    let Ok(tag) = tag.to_str().map(bare) else { return false };
    let values = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    values.flat_map(|value| value.split(',')).any(|held| held.trim() == "*" || bare(held) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: header::HeaderName, value: &str) -> HeaderMap {
        HeaderMap::from_iter([(name, HeaderValue::from_str(value).expect("a header"))])
    }

    #[test]
    fn accept_decides_unless_f_does() {
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
        let cases = [
            ("", None, Some(GEOJSON)),
            ("*/*", None, Some(GEOJSON)),
            (browser, None, Some(HTML)),
            (browser, Some("json"), Some(GEOJSON)),
            ("application/geo+json", Some("html"), Some(HTML)),
            ("application/json", None, Some(GEOJSON)),
            ("text/*", None, Some(HTML)),
            ("text/html;q=0.2, application/geo+json;q=0.9", None, Some(GEOJSON)),
            (
                "*/*, application/geo+json;q=0, application/json;q=0, application/vnd.geo+json;q=0",
                None,
                Some(HTML),
            ),
            ("image/png", None, None),
            ("", Some("xml"), None),
        ];
        for (accept, f, want) in cases {
            let headers = if accept.is_empty() { HeaderMap::new() } else { with(header::ACCEPT, accept) };
            assert_eq!(format(f, &headers, &[GEOJSON, HTML]).ok(), want, "{accept} {f:?}");
        }
    }

    #[test]
    fn chinese_is_the_default_language() {
        let cases = [
            ("", Lang::Zh),
            ("en", Lang::En),
            ("en-GB,en;q=0.9", Lang::En),
            ("zh-CN,zh;q=0.9,en;q=0.8", Lang::Zh),
            ("fr,en;q=0.5", Lang::En),
            ("fr", Lang::Zh),
        ];
        for (accept, want) in cases {
            assert_eq!(language(&with(header::ACCEPT_LANGUAGE, accept), Lang::Zh), want, "{accept}");
        }
        for (accept, want) in [("", Lang::En), ("fr", Lang::En), ("zh,en;q=0.5", Lang::Zh), ("en", Lang::En)]
        {
            assert_eq!(language(&with(header::ACCEPT_LANGUAGE, accept), Lang::En), want, "{accept}");
        }
    }

    #[test]
    fn held_tags_are_recognised() {
        let tag = HeaderValue::from_static("W/\"a-1\"");
        for (held, want) in [("W/\"a-1\"", true), ("\"x\", \"a-1\"", true), ("*", true), ("\"a\"", false)] {
            assert_eq!(is_held(&with(header::IF_NONE_MATCH, held), &tag), want, "{held}");
        }
    }
}
