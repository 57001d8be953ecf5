//! Features that were looked for, as JSON, as lines of text and as a page.
//!
//! Positions and windows are CRS84 degrees, longitude first. Stretches of a text are counted in UTF-16 code units, as
//! JavaScript slices strings; all three forms say the same of a hit.

use std::fmt::Write as _;

use maud::{Markup, html};
use serde_json::{Value as Json, json};

use crate::finder::{Hit, How, Kind, Stretch};
use crate::geometry::{Bounds, GeometryRef, to_grid};
use crate::map::spots::label_point;
use crate::model::{FindBy, Lang, Value, Words};

/// What people call the feature: its names, else the code that it was found by or has, else its id.
#[must_use]
pub fn name(hit: &Hit) -> Words {
    let (layer, feature) = (hit.layer.layer(), hit.feature());
    let text = |field: &str| match feature.named(field) {
        Value::Text(text) if !text.trim().is_empty() => Some(text.to_owned()),
        _ => None,
    };
    let code = || {
        let coded = layer.schema.fields().find(|(_, field)| field.find == Some(FindBy::Code));
        coded.and_then(|(_, field)| text(&field.name))
    };
    let other = || match hit.how {
        How::Code => hit.text.clone(),
        _ => code().unwrap_or_else(|| feature.id().to_string()),
    };
    let names = [Lang::Zh, Lang::En].map(|lang| feature.said_name(lang));
    let [zh, en] = names.map(|name| name.map_or_else(&other, str::to_owned).into());
    Words { zh, en }
}

/// A place on the feature, longitude first; `None` without a position.
#[must_use]
pub fn point(hit: &Hit) -> Option<[f64; 2]> {
    let spot = label_point(&hit.feature().geometry()?.to_shape())?;
    Some([spot.x, spot.y].map(to_grid))
}

fn kind(kind: &Kind) -> Json {
    json!({ "id": kind.id, "zh": kind.words.zh, "en": kind.words.en })
}

/// The answer without its links; `href` is the address of a hit's item.
#[must_use]
pub fn json(asked: &str, hits: &[Hit], href: impl Fn(&Hit) -> String) -> Json {
    let mut groups: Vec<(&Kind, usize)> = Vec::new();
    for hit in hits {
        match groups.iter_mut().find(|(known, _)| **known == hit.kind) {
            Some((_, count)) => *count += 1,
            None => groups.push((&hit.kind, 1)),
        }
    }
    let groups: Vec<_> = groups
        .into_iter()
        .map(|(of, count)| {
            let mut group = kind(of);
            group["count"] = count.into();
            group
        })
        .collect();
    json!({
        "q": asked,
        "numberReturned": hits.len(),
        "groups": groups,
        "hits": hits.iter().map(|hit| one(hit, &href(hit))).collect::<Vec<_>>(),
    })
}

fn one(hit: &Hit, href: &str) -> Json {
    let window = hit.feature().geometry().and_then(GeometryRef::window);
    let name = name(hit);
    let mut json = json!({
        "collection": hit.layer.layer().id.as_str(),
        "id": hit.feature().id().to_string(),
        "kind": kind(&hit.kind),
        "name": { "zh": name.zh, "en": name.en },
        "match": { "how": hit.how.name(), "text": hit.text, "ranges": hit.stretches },
        "point": point(hit),
        "bbox": window.map(Bounds::bbox),
        "href": href,
    });
    if hit.layer.layer().about.synthetic {
        json["synthetic"] = true.into();
    }
    json
}

/// A text in pieces: what was typed, and what was not.
#[must_use]
pub fn pieces(text: &str, stretches: &[Stretch]) -> Vec<(String, bool)> {
    let units: Vec<u16> = text.encode_utf16().collect();
    let cut = |from: usize, to: usize| {
        String::from_utf16_lossy(units.get(from..to.min(units.len())).unwrap_or_default())
    };
    let (mut pieces, mut at) = (Vec::new(), 0);
    for &[from, to] in stretches {
        let (from, to) = (from as usize, to as usize);
        pieces.push((cut(at, from), false));
        pieces.push((cut(from, to), true));
        at = to;
    }
    pieces.push((cut(at, units.len()), false));
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

/// The word for a way of finding.
#[must_use]
pub fn how(how: How, lang: Lang) -> &'static str {
    let (zh, en) = match how {
        How::Name => ("名称", "name"),
        How::Alias => ("别名", "other name"),
        How::Pinyin => ("拼音", "pinyin"),
        How::Initials => ("首字母", "initials"),
        How::Code => ("编号", "code"),
        How::Id => ("标识", "id"),
        How::Section => ("规划章节", "section of the plan"),
        How::Parts => ("部分文字", "parts of the name"),
        How::Typo => ("近似", "similar"),
    };
    lang.pick(zh, en)
}

/// One hit a line: name, kind, collection and id, position, and what was typed in square brackets.
#[must_use]
pub fn text(asked: &str, hits: &[Hit], lang: Lang) -> String {
    if hits.is_empty() {
        return format!("{}{asked:?}\n", lang.pick("没有找到 ", "nothing found for "));
    }
    let mut lines = String::new();
    for (number, hit) in hits.iter().enumerate() {
        let name = name(hit);
        let both =
            if name.zh == name.en { name.zh.to_string() } else { format!("{} · {}", name.zh, name.en) };
        let marked: String = pieces(&hit.text, &hit.stretches)
            .into_iter()
            .map(|(piece, is_typed)| if is_typed { format!("[{piece}]") } else { piece })
            .collect();
        let place = point(hit).map_or_else(
            || lang.pick("位置不明", "no position").to_owned(),
            |[longitude, latitude]| format!("{longitude},{latitude}"),
        );
        // Writing to a text does not fail.
        let _ = writeln!(
            lines,
            "{:>2}. {both}  ({})\n    {}/{}  {place}  {}: {marked}",
            number + 1,
            hit.kind.words.say(lang),
            hit.layer.layer().id,
            hit.feature().id(),
            how(hit.how, lang),
        );
    }
    lines
}

/// The content of a page: a form, and a list of hits.
#[must_use]
pub fn page(asked: &str, hits: &[Hit], lang: Lang, href: impl Fn(&Hit) -> String) -> Markup {
    html! {
        form method="get" role="search" {
            input type="hidden" name="f" value="html";
            input type="hidden" name="lang" value=(lang.name());
            p {
                label { (lang.pick("查找 ", "Look for ")) input name="q" size="40" value=(asked); }
                " "
                button { (lang.pick("搜索", "Search")) }
            }
        }
        p.none { (lang.pick(
            "可用中文、全拼、拼音首字母、英文、别名、地块编号或规划章节。",
            "Chinese, pinyin or its initials, English, other names, parcel numbers or sections of the plan.",
        )) }
        @if hits.is_empty() && !asked.is_empty() { p { (lang.pick("没有找到。", "Nothing found.")) } }
        @if !hits.is_empty() { div.scroll { table {
            thead { tr {
                th scope="col" { (lang.pick("名称", "name")) }
                th scope="col" { (lang.pick("类别", "kind")) }
                th scope="col" { (lang.pick("依据", "found by")) }
                th scope="col" { (lang.pick("匹配", "match")) }
            } }
            tbody { @for hit in hits { tr {
                td { a href=(href(hit)) { (name(hit).say(lang)) } }
                td { (hit.kind.words.say(lang)) }
                td { (how(hit.how, lang)) }
                td { @for (piece, is_typed) in pieces(&hit.text, &hit.stretches) {
                    @if is_typed { mark { (piece) } } @else { (piece) }
                } }
            } }
        } } } }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stretches_count_utf16_code_units() {
        // The second character takes two units.
        let pieces = pieces("南\u{20BB7}湖park", &[[1, 3], [4, 6]]);
        let want = [("南", false), ("\u{20BB7}", true), ("湖", false), ("pa", true), ("rk", false)];
        assert_eq!(pieces, want.map(|(piece, is_typed)| (piece.to_owned(), is_typed)));
    }
}
