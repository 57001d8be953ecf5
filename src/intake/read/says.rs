//! What the words of a table say of the system of its coordinates: a heading, a line above the headings, a cell.

use super::{Stated, Told};
use crate::geometry::{Datum, Strip, System};
use crate::intake::row::{Cell, cut};
use crate::model::narrowed;

/// What is said.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Said {
    /// The datum of today, and no zone: nothing that degrees or a plane of it need.
    Today,
    Shifted(Datum),
    System(System),
    /// None that is read, as it is called there.
    Other(String),
}

/// Names as they stand without spaces; those that hold others come first.
const TODAY: &[&str] =
    &["2000国家大地坐标系", "国家2000坐标系", "国家2000", "cgcs2000", "wgs1984", "wgs84", "4490"];
const GCJ02: &[&str] = &["高德", "腾讯", "火星", "gcj02"];
const BD09: &[&str] = &["百度", "bd09"];
const XIAN: &[&str] = &[
    "1980西安坐标系",
    "西安1980坐标系",
    "西安80坐标系",
    "西安坐标系",
    "1980西安",
    "西安1980",
    "西安80",
    "80西安",
    "xian1980",
    "xian80",
];
const BEIJING: &[&str] = &[
    "1954年北京坐标系",
    "1954北京坐标系",
    "北京1954坐标系",
    "北京54坐标系",
    "北京坐标系",
    "1954北京",
    "北京1954",
    "北京54",
    "54北京",
    "beijing1954",
    "beijing54",
];
const LOCAL: &[&str] = &["独立坐标系", "地方坐标系", "城市坐标系"];

/// Names that may stand before or behind what a heading of coordinates is called.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    [XIAN, BEIJING, LOCAL, TODAY, GCJ02, BD09].into_iter().flatten().copied()
}

/// What a text says, if it does.
pub(super) fn of(text: &str) -> Option<Said> {
    let folded: String =
        narrowed(text).to_lowercase().chars().filter(|c| !matches!(c, '-' | '_' | '\'')).collect();
    let joined = folded.replace(' ', "");
    let has = |names: &[&str]| names.iter().any(|name| joined.contains(name));
    let local = || LOCAL.iter().find(|name| joined.contains(*name));
    if let Some(code) = ["epsg", "srid"].iter().find_map(|word| number_behind(&folded, word)) {
        let system = code.parse().ok().and_then(System::of_epsg);
        Some(system.map_or_else(|| Said::Other(format!("EPSG:{code}")), Said::System))
    } else if has(GCJ02) {
        Some(Said::Shifted(Datum::Gcj02))
    } else if has(BD09) {
        Some(Said::Shifted(Datum::Bd09))
    } else if has(XIAN) {
        Some(Said::Other("Xian 1980".to_owned()))
    } else if has(BEIJING) {
        Some(Said::Other("Beijing 1954".to_owned()))
    } else if let Some(name) = local() {
        Some(Said::Other((*name).to_owned()))
    } else if let Some(said) = strip(&folded) {
        Some(said)
    } else {
        has(TODAY).then_some(Said::Today)
    }
}

/// The number that stands behind a word, with a sign between them or none.
fn number_behind<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (_, rest) = text.split_once(word)?;
    let number = number_at(rest.trim_start_matches(|c: char| " 码代号:=为是(".contains(c)));
    Some(number).filter(|number| !number.is_empty())
}

/// The number that a text begins with.
fn number_at(text: &str) -> &str {
    text.split(|c: char| !c.is_ascii_digit() && c != '.').next().unwrap_or_default()
}

/// The numbers that stand before a word, wherever it does.
fn numbers_before<'a>(text: &'a str, word: &'a str) -> impl Iterator<Item = &'a str> {
    text.match_indices(word).map(|(at, _)| {
        let before = text[..at].trim_end();
        &before[before.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.').len()..]
    })
}

/// The strip of a plane that is named by its zone or by its middle.
fn strip(folded: &str) -> Option<Said> {
    const MIDDLE: &[&str] = &["中央子午线", "中央经线", "centralmeridian"];
    let gauss_kruger = |meridian: f64| Said::System(System::Strip(Strip::gauss_kruger(meridian, 0)));
    let is_plane = || ["2000", "高斯", "带", "投影", "gauss"].iter().any(|word| folded.contains(word));
    if let Some(zone) = ["utm zone", "utm投影", "utm"].iter().find_map(|word| number_behind(folded, word)) {
        let south = folded.split_once(zone).is_some_and(|(_, behind)| behind.starts_with('s'));
        let code = zone.parse::<u32>().ok().filter(|zone| (1..=60).contains(zone))?;
        return System::of_epsg(if south { 32_700 } else { 32_600 } + code).map(Said::System);
    }
    let mut zones = number_behind(folded, "带号").into_iter().chain(numbers_before(folded, "带"));
    if let Some(strip) = zones.find_map(|zone| Strip::of_zone(zone.parse().ok()?)) {
        return Some(gauss_kruger(strip.meridian));
    }
    let named = MIDDLE.iter().filter_map(|word| number_behind(folded, word));
    let degrees =
        ["°", "度"].into_iter().filter(|_| is_plane()).flat_map(|sign| numbers_before(folded, sign));
    let (number, meridian) = named.chain(degrees).find_map(|number| {
        let degrees: f64 = number.parse().ok()?;
        (72.0..=138.0).contains(&degrees).then_some((number, degrees))
    })?;
    // Planes of cities have middles of their own, which are not public.
    let (_, behind) = folded.split_once(number)?;
    let minutes = number_at(behind.trim_start_matches(['°', '度'])).parse::<f64>();
    let has_minutes = minutes.is_ok_and(|minutes| minutes > 0.0);
    let is_public = meridian % 3.0 == 0.0 && !has_minutes;
    Some(if is_public { gauss_kruger(meridian) } else { Said::Other(cut(folded)) })
}

/// Is a heading that of a column which says the system of each row?
pub(super) fn is_column(plain: &str) -> bool {
    const HEADINGS: &[&str] = &[
        "坐标系",
        "坐标系统",
        "坐标系名称",
        "坐标基准",
        "空间参考",
        "空间参照",
        "crs",
        "srid",
        "epsg",
        "epsgcode",
        "datum",
        "带号",
        "投影带号",
        "中央经线",
        "中央子午线",
    ];
    HEADINGS.contains(&plain)
}

/// What a line above the headings says, and its text.
pub(super) fn of_line(cells: &[Cell]) -> Option<(Said, String)> {
    const ABOUT: &[&str] =
        &["坐标", "中央", "投影", "epsg", "crs", "srid", "coordinate", "projection", "datum"];
    let texts: Vec<String> = cells.iter().map(Cell::shown).filter(|text| !text.is_empty()).collect();
    let text = texts.join(" ");
    let folded = narrowed(&text).to_lowercase();
    let is_about = ABOUT.iter().any(|word| folded.contains(word));
    is_about.then(|| of(&text)).flatten().map(|said| (said, cut(&text)))
}

impl Said {
    /// Tells it of a file, of which nothing else is stated; `place` is where it stands, `by` the same in short.
    pub(super) fn tell(self, told: &mut Told, place: String, by: &'static str) {
        match self {
            Self::Today => return,
            Self::Shifted(datum) => {
                told.shifted = Some((datum, place));
                return;
            }
            Self::System(system) => told.stated = Stated::System(system),
            Self::Other(name) => told.stated = Stated::Other(name),
        }
        told.by = by;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> Option<u32> {
        match of(text) {
            Some(Said::System(system)) => system.epsg(),
            _ => None,
        }
    }

    #[test]
    fn systems_are_known_by_their_names() {
        for (text, code_of_it) in [
            ("X(EPSG:4548)", 4548),
            ("坐标系 EPSG 4526", 4526),
            ("SRID=32650", 32_650),
            ("坐标系：CGCS2000 中央经线117°", 4548),
            ("X坐标(CGCS2000,117°)", 4548),
            ("坐标（CGCS2000，中央子午线114度）", 4547),
            ("带号39", 4548),
            ("CGCS2000 3度带 39带", 4548),
            ("高斯投影，第20带", 4548),
            ("WGS 84 / UTM zone 50N", 32_650),
            ("utm50n", 32_650),
        ] {
            assert_eq!(code(text), Some(code_of_it), "{text}");
        }
        for (text, datum) in [
            ("坐标系：高德（GCJ-02）", Datum::Gcj02),
            ("经度（GCJ-02）", Datum::Gcj02),
            ("火星坐标系", Datum::Gcj02),
            ("百度纬度", Datum::Bd09),
            ("BD_09", Datum::Bd09),
        ] {
            assert_eq!(of(text), Some(Said::Shifted(datum)), "{text}");
        }
        for text in [
            "1980西安坐标系",
            "Xi'an 80",
            "北京54坐标系",
            "武汉市独立坐标系",
            "中央子午线114°20′",
            "EPSG:2362",
        ] {
            assert!(matches!(of(text), Some(Said::Other(_))), "{text}: {:?}", of(text));
        }
        for text in ["CGCS2000", "WGS-84", "2000国家大地坐标系"] {
            assert_eq!(of(text), Some(Said::Today), "{text}");
        }
        for text in ["经度", "X", "中心点X", "用地面积", "X坐标（m）", "坐标", "一带一路", "东湖绿带 12带"]
        {
            assert_eq!(of(text), None, "{text}");
        }
    }

    #[test]
    fn a_line_must_be_about_coordinates() {
        let line = |text: &str| of_line(&[Cell::text(text)]);
        assert_eq!(
            line("坐标系：百度坐标系（BD-09）").map(|(said, _)| said),
            Some(Said::Shifted(Datum::Bd09))
        );
        assert_eq!(line("百度园区地块指标表"), None);
        assert_eq!(line("编制单位：某院"), None);
    }
}
