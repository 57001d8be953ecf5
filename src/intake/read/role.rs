//! Headings that say where something is: which coordinate a column holds, of which kind, or a whole geometry.

use crate::geometry::Datum;
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
        "纵坐标",
        "纵坐标x",
        "x纵坐标",
        "pointy",
        "ycoord",
        "centroidy",
    ];
    let own = mapping::plain(heading);
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
        "cgcs2000",
        "wgs1984",
        "wgs84",
        "gcj02",
        "bd09",
        "4490",
        "2000",
        "高德",
        "百度",
        "腾讯",
        "火星",
        "gps",
        "大地坐标",
        "中心点",
        "中心",
        "质心",
        "地块",
        "宗地",
        "项目",
        "center",
    ];
    let (mut kin, mut rest) = (String::new(), plain);
    while let Some((word, left)) = KIN.iter().find_map(|word| {
        let left = rest.strip_prefix(word).or_else(|| rest.strip_suffix(word))?;
        (!left.is_empty()).then_some((word, left))
    }) {
        kin.push_str(word);
        rest = left;
    }
    (kin, rest.to_owned())
}

/// The shifted degrees that a heading names.
pub(super) fn shift_of(heading: &str) -> Option<Datum> {
    let folded = narrowed(heading).to_lowercase();
    let names = |names: &[&str]| names.iter().any(|name| folded.contains(name));
    if names(&["高德", "腾讯", "火星", "gcj02", "gcj-02", "gcj_02"]) {
        Some(Datum::Gcj02)
    } else if names(&["百度", "bd09", "bd-09", "bd_09"]) {
        Some(Datum::Bd09)
    } else {
        None
    }
}

/// The columns of a pair of coordinates: of one kind, not shifted ones before others, else the first of each.
pub(super) fn pair_of(names: &[Option<String>]) -> Option<(usize, usize)> {
    let all = |wanted: Role| {
        let of = move |at: &usize| names[*at].as_deref().and_then(role) == Some(wanted);
        (0..names.len()).filter(of)
    };
    let name = |at: usize| names[at].as_deref().unwrap_or_default();
    let kind = |at: usize| (shift_of(name(at)), kin(&mapping::plain(name(at))).0);
    let pairs = || all(Role::East).filter_map(|x| Some((x, all(Role::North).find(|y| kind(*y) == kind(x))?)));
    pairs()
        .find(|(x, _)| kind(*x).0.is_none())
        .or_else(|| pairs().next())
        .or_else(|| all(Role::East).next().zip(all(Role::North).next()))
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
        assert!(role("空间坐标WKT") == Some(Role::Text) && role("中心").is_none() && role("项目").is_none());
        let pair =
            |names: &[&str]| pair_of(&names.iter().map(|name| Some((*name).to_owned())).collect::<Vec<_>>());
        assert_eq!(pair(&["高德经度", "高德纬度", "经度", "纬度"]), Some((2, 3)), "what is not shifted");
        assert_eq!(pair(&["lon_wgs84", "lat_bd09", "lat_wgs84"]), Some((0, 2)));
        assert_eq!(
            (shift_of("经度（GCJ-02）"), shift_of("百度纬度")),
            (Some(Datum::Gcj02), Some(Datum::Bd09))
        );
    }
}
