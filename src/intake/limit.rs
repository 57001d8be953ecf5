//! Which end of what a value may be is meant, by words and signs before numbers and in headings.

use crate::model::narrowed;

/// An end of what a value may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Upper,
    Lower,
}

use End::{Lower, Upper};

/// Words and signs for an end, small and of half width; what begins another comes after it.
#[rustfmt::skip]
const NAMED: &[(&str, End)] = &[
    ("<=", Upper), ("<", Upper), ("≤", Upper), ("≦", Upper), ("⩽", Upper),
    (">=", Lower), (">", Lower), ("≥", Lower), ("≧", Lower), ("⩾", Lower),
    ("不大于", Upper), ("不超过", Upper), ("不高于", Upper), ("不小于", Lower), ("不低于", Lower),
    ("上限值", Upper), ("上限", Upper), ("最大值", Upper), ("最大", Upper), ("最高", Upper), ("maximum", Upper), ("max", Upper),
    ("下限值", Lower), ("下限", Lower), ("最小值", Lower), ("最小", Lower), ("最低", Lower), ("minimum", Lower), ("min", Lower),
];

fn is_sign(name: &str) -> bool {
    !name.starts_with(char::is_alphanumeric)
}

/// Words for an end.
pub(super) fn words() -> impl Iterator<Item = &'static str> {
    NAMED.iter().map(|(name, _)| *name).filter(|name| !is_sign(name))
}

/// What a text of half width begins with for an end, as a heading says it in brackets, and the rest.
pub(super) fn leading(text: &str) -> Option<(&'static str, &str)> {
    NAMED.iter().find_map(|(name, end)| {
        let (begin, rest) = text.split_at_checked(name.len())?;
        let said = match end {
            _ if !is_sign(name) => name,
            Upper => "上限",
            Lower => "下限",
        };
        begin.eq_ignore_ascii_case(name).then_some((said, rest))
    })
}

/// The end that a heading names; none where it names both.
pub(super) fn end_of(heading: &str) -> Option<End> {
    let folded = narrowed(heading).to_lowercase();
    let parts = folded.split(|c: char| c.is_whitespace() || "()[]【】,，、;；:/_".contains(c));
    let names = |part: &str, name: &str| {
        part.starts_with(name) || part.ends_with(name) || is_sign(name) && part.contains(name)
    };
    let end = |part: &str| NAMED.iter().find(|(name, _)| names(part, name)).map(|(_, end)| *end);
    let mut ends = parts.filter_map(end);
    let first = ends.next()?;
    ends.all(|other| other == first).then_some(first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_name_an_end() {
        for (heading, end) in [
            ("容积率(≥)", Some(Lower)),
            ("绿地率(≤)%", Some(Upper)),
            ("限高(≥m)", Some(Lower)),
            ("容积率≤", Some(Upper)),
            ("≥容积率", Some(Lower)),
            ("容积率（不低于）", Some(Lower)),
            ("容积率（不高于，％）", Some(Upper)),
            ("建筑高度＞＝(m)", Some(Lower)),
            ("FAR (min)", Some(Lower)),
            ("Max height (m)", Some(Upper)),
            ("far_max", Some(Upper)),
            ("最小绿地率", Some(Lower)),
            ("建筑密度（上限，%）", Some(Upper)),
            ("容积率（上限/下限）", None),
            ("容积率", None),
            ("land use", None),
        ] {
            assert_eq!(end_of(heading), end, "{heading}");
        }
    }

    #[test]
    fn texts_begin_with_an_end() {
        assert_eq!(leading("≤2.5"), Some(("上限", "2.5")));
        assert_eq!(leading(">=(%)"), Some(("下限", "(%)")));
        assert_eq!(leading("上限值"), Some(("上限值", "")));
        assert_eq!(leading("Max. 24"), Some(("max", ". 24")));
        assert_eq!(leading("2.5"), None);
    }
}
