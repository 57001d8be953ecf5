//! Headings that say where something is: which coordinate a column holds, of which kind, or a whole geometry.

use super::says::{self, Said};
use crate::intake::mapping;
use crate::model::narrowed;

/// Headings of columns with both coordinates, or with an outline or a geometry that only the values tell.
pub(super) const JOINT: &[&str] =
    &["经纬度", "lonlat", "latlon", "lnglat", "coordinates", "coordinate", "location", "position", "位置"];

const DRAWN: &[&str] = &[
    "坐标",
    "坐标串",
    "坐标对",
    "经纬度坐标",
    "地理坐标",
    "空间坐标",
    "边界坐标",
    "界址点坐标",
    "拐点坐标",
    "图形数据",
    "几何数据",
    "几何图形",
];

/// Does a heading say that a column holds the place, whichever way?
pub(super) fn is_place(heading: &str) -> bool {
    let plain = mapping::plain(heading);
    is_one_of(JOINT, &plain) || is_one_of(DRAWN, &plain)
}

/// Is a plain heading one of some, whatever it says beside?
pub(super) fn is_one_of(headings: &[&str], plain: &str) -> bool {
    headings.contains(&plain) || headings.contains(&kin(plain).1.as_str())
}

/// What a heading says of the place.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Role {
    Text,
    East,
    North,
}

pub(super) fn role(heading: &str) -> Option<Role> {
    const TEXT: &[&str] = &[
        "wkt",
        "geometry",
        "geom",
        "thegeom",
        "wktgeom",
        "shape",
        "几何",
        "图形",
        "空间数据",
        "geometrywkt",
        "geojson",
    ];
    const EAST: &[&str] = &[
        "x",
        "lon",
        "lng",
        "long",
        "longitude",
        "经度",
        "经度°",
        "东经",
        "jd",
        "xzb",
        "hzb",
        "east",
        "easting",
        "东坐标",
        "x坐标",
        "x值",
        "坐标x",
        "坐标e",
        "e坐标",
        "横坐标",
        "横坐标y",
        "y横坐标",
        "pointx",
        "xcoord",
        "centroidx",
    ];
    const NORTH: &[&str] = &[
        "y",
        "lat",
        "latitude",
        "纬度",
        "纬度°",
        "北纬",
        "wd",
        "yzb",
        "zzb",
        "north",
        "northing",
        "北坐标",
        "y坐标",
        "y值",
        "坐标y",
        "坐标n",
        "n坐标",
        "纵坐标",
        "纵坐标x",
        "x纵坐标",
        "pointy",
        "ycoord",
        "centroidy",
    ];
    let part = part_of(heading);
    if part.as_ref().is_some_and(|(_, part)| *part != Part::Degrees) {
        return None;
    }
    let own = part.map_or_else(|| mapping::plain(heading), |(base, _)| base);
    if own.starts_with("wkt") || own.ends_with("wkt") {
        return Some(Role::Text);
    }
    let bare = [Some(own), mapping::without_unit(heading)].into_iter().flatten().map(|own| kin(&own).1);
    let is = |list: &[&str]| bare.clone().any(|bare| list.contains(&bare.as_str()));
    [(TEXT, Role::Text), (EAST, Role::East), (NORTH, Role::North)]
        .into_iter()
        .find_map(|(list, role)| is(list).then_some(role))
}

/// What a plain heading of coordinates says beside which one it is, as 高德 and `wgs84`, and the rest.
fn kin(plain: &str) -> (String, String) {
    const KIN: &[&str] = &[
        "2000",
        "gps",
        "坐标系",
        "大地坐标",
        "高斯",
        "中心点",
        "中心",
        "质心",
        "地块",
        "宗地",
        "项目",
        "center",
    ];
    let (mut kin, mut rest) = (String::new(), plain);
    while let Some((word, left)) = says::names().chain(KIN.iter().copied()).find_map(|word| {
        let left = rest.strip_prefix(word).or_else(|| rest.strip_suffix(word))?;
        (!left.is_empty()).then_some((word, left))
    }) {
        kin.push_str(word);
        rest = left;
    }
    (kin, rest.to_owned())
}

/// A part of degrees that are written in several columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Degrees,
    Minutes,
    Seconds,
}

/// Which part of which coordinate a heading says that it holds, as 经度° and 东经(分) do.
pub(super) fn part_of(heading: &str) -> Option<(String, Part)> {
    const SIGNS: &[(Part, &[&str])] = &[
        (Part::Degrees, &["°", "度", "deg"]),
        (Part::Minutes, &["′", "'", "’", "分", "min"]),
        (Part::Seconds, &["″", "\"", "”", "秒", "sec"]),
    ];
    const COORDINATES: &[&str] =
        &["经度", "纬度", "东经", "北纬", "lon", "lng", "longitude", "lat", "latitude", "jd", "wd"];
    let folded: String = narrowed(heading)
        .to_lowercase()
        .chars()
        .filter(|c| !c.is_whitespace() && !"()[]（）【】_-".contains(*c))
        .collect();
    let of = |(part, signs): &(Part, &'static [&'static str])| {
        let base = signs.iter().find_map(|sign| folded.strip_suffix(sign))?;
        COORDINATES.contains(&base).then(|| (base.to_owned(), *part))
    };
    SIGNS.iter().find_map(of)
}

/// The columns of a pair of coordinates: of one kind, not shifted ones or those of an old system before others, else the first of each.
pub(super) fn pair_of(names: &[Option<String>]) -> Option<(usize, usize)> {
    let all = |wanted: Role| {
        let of = move |at: &usize| names[*at].as_deref().and_then(role) == Some(wanted);
        (0..names.len()).filter(of)
    };
    let name = |at: usize| names[at].as_deref().unwrap_or_default();
    let kind = |at: usize| (says::of(name(at)), kin(&mapping::plain(name(at))).0);
    let pairs = all(Role::East).filter_map(|x| Some((x, all(Role::North).find(|y| kind(*y) == kind(x))?)));
    let strangeness = |(x, _): &(usize, usize)| match kind(*x).0 {
        None | Some(Said::Today | Said::System(_)) => 0,
        Some(Said::Shifted(_)) => 1,
        Some(Said::Other(_)) => 2,
    };
    pairs.min_by_key(strangeness).or_else(|| all(Role::East).next().zip(all(Role::North).next()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_of_coordinates_are_known() {
        for (east, north) in [
            ("东经", "北纬"),
            ("jd", "wd"),
            ("中心经度", "中心纬度"),
            ("中心点X", "中心点Y"),
            ("xzb", "yzb"),
            ("X_CGCS2000", "Y_CGCS2000"),
            ("lon_wgs84", "lat_wgs84"),
            ("高德经度", "高德纬度"),
            ("经度(E)", "纬度(N)"),
            ("X坐标（m）", "Y坐标（m）"),
        ] {
            assert!(role(east) == Some(Role::East) && role(north) == Some(Role::North), "{east}, {north}");
        }
        assert!(role("坐标E") == Some(Role::East) && role("高斯Y") == Some(Role::North));
        assert!(role("空间坐标WKT") == Some(Role::Text) && role("中心").is_none() && role("项目").is_none());
        let pair =
            |names: &[&str]| pair_of(&names.iter().map(|name| Some((*name).to_owned())).collect::<Vec<_>>());
        assert_eq!(pair(&["高德经度", "高德纬度", "经度", "纬度"]), Some((2, 3)), "what is not shifted");
        assert_eq!(pair(&["lon_wgs84", "lat_bd09", "lat_wgs84"]), Some((0, 2)));
        let old = ["X（1980西安坐标系）", "Y（1980西安坐标系）", "X（CGCS2000）", "Y（CGCS2000）"];
        assert_eq!(pair(&old), Some((2, 3)), "what can be read");
        assert_eq!(pair(&["1980西安坐标系X", "1980西安坐标系Y", "2000坐标系X", "2000坐标系Y"]), Some((2, 3)));
    }

    #[test]
    fn degrees_may_stand_in_several_columns() {
        for (heading, base, part) in [
            ("经度°", "经度", Part::Degrees),
            ("东经(度)", "东经", Part::Degrees),
            ("东经度", "东经", Part::Degrees),
            ("经度 分", "经度", Part::Minutes),
            ("纬度′", "纬度", Part::Minutes),
            ("北纬（秒）", "北纬", Part::Seconds),
            ("lat_sec", "lat", Part::Seconds),
        ] {
            assert_eq!(part_of(heading), Some((base.to_owned(), part)), "{heading}");
        }
        for heading in ["经度", "东经", "X", "得分", "x'", "面积"] {
            assert_eq!(part_of(heading), None, "{heading}");
        }
        assert!(role("东经(分)").is_none() && role("东经度") == Some(Role::East));
    }
}
