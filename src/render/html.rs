//! Pages for people: the same content and links as the JSON documents.

use std::fmt::Write as _;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::View;
use crate::model::{FeatureId, FeatureIx, Lang, Layer, Value};

/// A link as a document carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// Absolute address.
    pub href: String,
    /// Relation.
    pub rel: &'static str,
    /// Media type of what it leads to.
    pub media_type: &'static str,
    /// What people call it.
    pub title: String,
    /// What to send there by POST; by GET when there is none.
    pub body: Option<serde_json::Value>,
}

/// What stands around the content of a page.
#[derive(Debug)]
pub struct Shell<'a> {
    /// Language of the page.
    pub lang: Lang,
    /// Title of the service.
    pub service: &'a str,
    /// Title of the page.
    pub title: &'a str,
    /// Where the page stands: names and addresses from the landing page down.
    pub crumbs: &'a [(String, String)],
    /// The links of the document.
    pub links: &'a [Link],
    /// Who is credited.
    pub attribution: &'a str,
}

const STYLE: &str = "
:root{color-scheme:light dark;--bg:#fff;--bg2:#f6f4ef;--tx:#1b2430;--tx2:#56606e;--ln:#dad5ca;--br:#0b5cad;--warn:#8a5200;--warnbg:#fff3dc}
@media(prefers-color-scheme:dark){:root{--bg:#171e27;--bg2:#12181f;--tx:#e8edf3;--tx2:#a9b4c2;--ln:#2c3744;--br:#7fb6f0;--warn:#f5c04a;--warnbg:#33291a}}
*{box-sizing:border-box}
body{margin:0;background:var(--bg);color:var(--tx);font:15px/1.5 system-ui,'PingFang SC','Microsoft YaHei','Noto Sans CJK SC',sans-serif;font-variant-numeric:tabular-nums}
header,main,footer{max-width:1090px;margin:0 auto;padding:12px 16px}
header{display:flex;flex-wrap:wrap;gap:4px 12px;border-bottom:1px solid var(--ln)}
footer{color:var(--tx2);border-top:1px solid var(--ln);font-size:13.5px}
a{color:var(--br)} a:focus-visible{outline:3px solid #ffb000;outline-offset:2px}
h1{font-size:29px;line-height:1.3;margin:12px 0} h2{font-size:20px;line-height:1.3;margin:24px 0 8px}
.scroll{overflow-x:auto} table{border-collapse:collapse;font-size:13.5px} th,td{text-align:left;vertical-align:top;padding:4px 12px 4px 0;border-bottom:1px solid var(--ln)}
th{color:var(--tx2);font-weight:600} th,td:first-child{white-space:nowrap} .none{color:var(--tx2)} th.n,td.n{text-align:right;font-variant-numeric:tabular-nums}
.notice{background:var(--warnbg);color:var(--warn);padding:8px 12px;border-radius:10px}
code{font-size:13.5px;overflow-wrap:anywhere} nav ul,ul.plain{list-style:none;margin:0;padding:0} nav.pages{display:flex;gap:16px;margin:12px 0}
";

/// A whole page.
#[must_use]
pub fn page(shell: &Shell<'_>, content: &Markup) -> String {
    let lang = shell.lang;
    html! {
        (DOCTYPE)
        html lang=(lang.tag()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (shell.title) " · " (shell.service) }
                @for link in shell.links.iter().filter(|link| matches!(link.rel, "alternate" | "next" | "prev")) {
                    link rel=(link.rel) href=(link.href) type=(link.media_type);
                }
                style { (PreEscaped(STYLE)) }
            }
            body {
                header {
                    a href="/" { (lang.pick("地图", "Map")) }
                    @for (name, href) in shell.crumbs {
                        span aria-hidden="true" { "/" }
                        a href=(href) { (name) }
                    }
                }
                main {
                    h1 { (shell.title) }
                    (content)
                    h2 { (lang.pick("链接", "Links")) }
                    ul.plain {
                        @for link in shell.links {
                            li {
                                a href=(link.href) rel=(link.rel) { (link.title) }
                                " " span.none { (link.rel) ", " (link.media_type) }
                            }
                        }
                    }
                }
                @if !shell.attribution.is_empty() { footer { (shell.attribution) } }
            }
        }
    }
    .into_string()
}

/// The notice that a layer is made up.
#[must_use]
pub fn synthetic_notice(lang: Lang) -> Markup {
    html! {
        p.notice {
            (super::synthetic_notice(lang))
        }
    }
}

/// Rows of names and values.
#[must_use]
pub fn facts(rows: &[(String, Markup)]) -> Markup {
    html! {
        div.scroll { table { tbody {
            @for (name, value) in rows { tr { th scope="row" { (name) } td { (value) } } }
        } } }
    }
}

/// The features of a page as a table.
#[must_use]
pub fn items(
    layer: &Layer,
    items: &[FeatureIx],
    view: &View,
    lang: Lang,
    href: impl Fn(FeatureId<'_>) -> String,
) -> Markup {
    // A field named id repeats the id of the feature.
    let fields = || {
        let fields = view.fields.iter().map(|&at| (at, layer.schema.field(at)));
        fields.filter(|(_, field)| &*field.name != "id")
    };
    html! {
        div.scroll { table {
            thead { tr {
                th scope="col" { "id" }
                @if view.geometry { th scope="col" { (lang.pick("几何", "geometry")) } }
                @for (_, field) in fields() {
                    th scope="col" title=(&field.name) { (field_title(layer, &field.name, lang)) }
                }
            } }
            tbody {
                @for &ix in items {
                    @let feature = layer.feature(ix);
                    tr {
                        td { a href=(href(feature.id())) { (feature.id()) } }
                        @if view.geometry { td { (shape(layer, ix, view, lang)) } }
                        @for (at, _) in fields() { td { (value(feature.value(at), lang)) } }
                    }
                }
            }
        } }
    }
}

/// One feature as rows of names and values.
#[must_use]
pub fn item(layer: &Layer, ix: FeatureIx, view: &View, lang: Lang) -> Markup {
    let feature = layer.feature(ix);
    let mut rows = vec![("id".to_owned(), html! { (feature.id()) })];
    if view.geometry {
        rows.push((lang.pick("几何", "geometry").to_owned(), shape(layer, ix, view, lang)));
    }
    rows.extend(view.fields.iter().map(|&at| {
        let field = layer.schema.field(at);
        (field_title(layer, &field.name, lang), value(feature.value(at), lang))
    }));
    facts(&rows)
}

/// What people call a field, with its unit.
fn field_title(layer: &Layer, name: &str, lang: Lang) -> String {
    let Some((_, field)) = layer.schema.find(name) else { return name.to_owned() };
    let mut title = field.title.as_ref().map_or(name, |title| title.say(lang)).to_owned();
    if let Some(unit) = field.unit.as_deref().filter(|&unit| unit != "1") {
        let _ = write!(title, " ({unit})");
    }
    title
}

/// Kind of geometry and number of positions, or that there is none.
fn shape(layer: &Layer, ix: FeatureIx, view: &View, lang: Lang) -> Markup {
    view.draw(layer, ix, |shape| {
        let Some(geometry) = shape else {
            return html! { span.none { (lang.pick("无位置", "no position")) } };
        };
        let kind = geometry.kind().name();
        let mut positions = geometry.parts().flat_map(|part| part.positions());
        match (positions.next(), positions.next()) {
            (Some([longitude, latitude]), None) => html! { (kind) " " (longitude) ", " (latitude) },
            (first, _) => {
                let count = usize::from(first.is_some()) + 1 + positions.count();
                html! { (kind) ", " (count) " " (lang.pick("个顶点", "positions")) }
            }
        }
    })
}

fn value(value: Value<'_>, lang: Lang) -> Markup {
    match value {
        Value::Null => html! { span.none { "—" } },
        Value::Bool(true) => html! { (lang.pick("是", "yes")) },
        Value::Bool(false) => html! { (lang.pick("否", "no")) },
        Value::Integer(whole) => html! { (whole) },
        Value::Real(real) => html! { (real) },
        Value::Text(text) => html! { (text) },
        Value::Date(day) => html! { (day) },
        Value::Timestamp(moment) => html! { (moment) },
        Value::Json(json) => match serde_json::from_str::<Vec<String>>(json) {
            Ok(texts) if texts.is_empty() => html! { span.none { "—" } },
            Ok(texts) => html! { (texts.join(lang.pick("、", ", "))) },
            Err(_) => html! { code { (json) } },
        },
    }
}
