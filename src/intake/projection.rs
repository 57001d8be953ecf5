//! Definitions of systems as well-known text (OGC 01-009, 18-010r11, and as `.prj` files have it) to systems.
//!
//! A definition is taken by its numbers, not by its name, since programs name one system in many ways.

use serde_json::Value;

use super::read::Stated;
use super::row::cut;
use crate::geometry::{Crs, Frame, Strip, System};

/// A keyword with what stands in its brackets.
#[derive(Debug, Default)]
struct Node {
    keyword: String,
    texts: Vec<String>,
    numbers: Vec<f64>,
    nodes: Vec<Node>,
}

/// Deepest nesting of brackets.
const DEEPEST: usize = 32;

impl Node {
    fn parse(text: &str) -> Option<Self> {
        let mut stack = vec![Self::default()];
        let mut rest = text.trim_start_matches('\u{feff}').trim();
        while let Some(first) = rest.chars().next() {
            match first {
                '"' => {
                    let (quoted, after) = rest[1..].split_once('"')?;
                    stack.last_mut()?.texts.push(quoted.to_owned());
                    rest = after;
                }
                ']' | ')' => {
                    let node = stack.pop()?;
                    stack.last_mut()?.nodes.push(node);
                    rest = &rest[1..];
                }
                ',' => rest = &rest[1..],
                c if c.is_whitespace() => rest = rest.trim_start(),
                _ => {
                    let end = rest.find([',', '[', '(', ']', ')', '"']).unwrap_or(rest.len());
                    let word = rest[..end].trim();
                    if rest[end..].starts_with(['[', '(']) {
                        if stack.len() > DEEPEST {
                            return None;
                        }
                        stack.push(Self { keyword: word.to_ascii_uppercase(), ..Self::default() });
                        rest = &rest[end + 1..];
                    } else {
                        if let Ok(number) = word.parse() {
                            stack.last_mut()?.numbers.push(number);
                        }
                        rest = &rest[end..];
                    }
                }
            }
        }
        // What `.prj` files have behind it tells heights.
        let is_level = |node: &Self| !node.is(&["VERTCS", "VERT_CS", "VERTCRS", "VERTICALCRS"]);
        if stack.len() == 1 { stack.pop()?.nodes.into_iter().find(is_level) } else { None }
    }

    /// The same of a definition in JSON (PROJJSON), as far as it is looked at.
    fn of_json(crs: &Value) -> Self {
        let named = |keyword: &str, of: &Value, nodes| Self {
            keyword: keyword.to_owned(),
            texts: of["name"].as_str().map(str::to_owned).into_iter().collect(),
            nodes,
            ..Self::default()
        };
        let number = |keyword: &str, number: Option<f64>| Self {
            keyword: keyword.to_owned(),
            numbers: number.into_iter().collect(),
            ..Self::default()
        };
        // The type is left out where it can only be one: of the base of a projected system.
        let mut root =
            named(&crs["type"].as_str().unwrap_or("GeographicCRS").to_ascii_uppercase(), crs, Vec::new());
        let id = &crs["id"];
        if let Some(authority) = id["authority"].as_str() {
            let mut node = number("ID", id["code"].as_f64());
            node.texts.push(authority.to_owned());
            node.texts.extend(id["code"].as_str().map(str::to_owned));
            root.nodes.push(node);
        }
        for below in crs["components"].as_array().into_iter().flatten().chain(crs.get("source_crs")) {
            root.nodes.push(Self::of_json(below));
        }
        root.nodes.extend(crs.get("base_crs").map(Self::of_json));
        let datum = crs.get("datum").or_else(|| crs.get("datum_ensemble"));
        root.nodes.extend(datum.map(|datum| named("DATUM", datum, Vec::new())));
        if let Some(conversion) = crs.get("conversion") {
            let parameters = conversion["parameters"].as_array().into_iter().flatten().map(|parameter| {
                let value = number("", parameter["value"].as_f64()).numbers;
                Self { numbers: value, ..named("PARAMETER", parameter, Vec::new()) }
            });
            let method = named("METHOD", &conversion["method"], Vec::new());
            root.nodes.push(named(
                "CONVERSION",
                conversion,
                [method].into_iter().chain(parameters).collect(),
            ));
        }
        // A unit has a name, or what it measures in metres or radians.
        let unit = match &crs["coordinate_system"]["axis"][0]["unit"] {
            Value::String(name) if name == "metre" => Some(1.0),
            unit => unit["conversion_factor"].as_f64(),
        };
        root.nodes.extend(unit.map(|unit| number("LENGTHUNIT", Some(unit))));
        root
    }

    fn is(&self, keywords: &[&str]) -> bool {
        keywords.contains(&self.keyword.as_str())
    }

    /// The first node below with one of the keywords.
    fn find(&self, keywords: &[&str]) -> Option<&Self> {
        self.nodes.iter().find_map(|node| if node.is(keywords) { Some(node) } else { node.find(keywords) })
    }

    fn name(&self) -> &str {
        self.texts.first().map_or("", String::as_str)
    }
}

/// Letters and digits of a name, small.
fn plain(name: &str) -> String {
    name.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The system of a definition.
pub(super) fn of_wkt(text: &str) -> Stated {
    let Some(root) = Node::parse(text) else { return Stated::Other(cut(text)) };
    of_node(&root).map_or_else(|| Stated::Other(root.name().to_owned()), Stated::System)
}

/// The system of a definition in JSON (PROJJSON).
pub(super) fn of_projjson(crs: &Value) -> Stated {
    let root = Node::of_json(crs);
    let name = if root.name().is_empty() { "an unnamed system" } else { root.name() };
    of_node(&root).map_or_else(|| Stated::Other(name.to_owned()), Stated::System)
}

fn of_node(root: &Node) -> Option<System> {
    const COMPOUND: &[&str] = &["COMPD_CS", "COMPOUNDCRS", "BOUNDCRS", "SOURCECRS"];
    if root.is(COMPOUND) {
        return root.nodes.iter().find_map(of_node);
    }
    let id_of = |authority: &str| {
        root.nodes
            .iter()
            .find(|node| node.is(&["AUTHORITY", "ID"]) && node.name().eq_ignore_ascii_case(authority))
    };
    if id_of("OGC").is_some_and(|id| id.texts.get(1).is_some_and(|code| code == "CRS84")) {
        return Some(System::Known(Crs::Crs84));
    }
    let code = id_of("EPSG");
    let code = code.and_then(|node| {
        node.texts.get(1).and_then(|code| code.parse().ok()).or_else(|| node.numbers.first().copied())
    });
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "codes are small whole numbers"
    )]
    let by_code = code.and_then(|code: f64| System::of_epsg(code as u32));
    if by_code.is_some() {
        return by_code;
    }
    let datum = plain(root.find(&["DATUM", "ENSEMBLE", "TRF", "GEODETICDATUM"])?.name());
    let is_one_of = |names: &[&str]| names.iter().any(|known| datum.contains(known));
    let frame = if is_one_of(&["etrs1989", "etrs89", "europeanterrestrialreferencesystem1989"]) {
        Some(Frame::Etrs89)
    } else if is_one_of(&["sirgas2000", "sistemadereferenciageocentricoparalasamericas2000"]) {
        Some(Frame::Sirgas2000)
    } else if is_one_of(&[
        "china2000",
        "cgcs2000",
        "chinageodetic2000",
        "chinageodeticcoordinatesystem2000",
        "wgs1984",
        "wgs84",
        "worldgeodeticsystem1984",
    ]) {
        None
    } else {
        return None;
    };
    if root.is(&["GEOGCS", "GEOGCRS", "GEODCRS", "GEOGRAPHICCRS", "GEODETICCRS"]) {
        let own = System::Known(if datum.contains("84") { Crs::Crs84 } else { Crs::Epsg4490 });
        return Some(frame.map_or(own, |frame| System::Framed(frame, None)));
    }
    if !root.is(&["PROJCS", "PROJCRS", "PROJECTEDCRS"]) {
        return None;
    }
    let method = plain(root.find(&["PROJECTION", "METHOD"])?.name());
    if method.contains("mercatorauxiliarysphere")
        || method.contains("popularvisualisationpseudomercator")
        || plain(root.name()).contains("pseudomercator")
    {
        return Some(System::Known(Crs::Epsg3857));
    }
    if method != "gausskruger" && method != "transversemercator" {
        return None;
    }
    let mut all = Vec::new();
    gather(root, &mut all);
    let value =
        |names: &[&str]| all.iter().find(|(name, _)| names.contains(&name.as_str())).map(|(_, value)| *value);
    let metre = root
        .nodes
        .iter()
        .rfind(|node| node.is(&["UNIT", "LENGTHUNIT"]))
        .and_then(|node| node.numbers.first().copied());
    if metre.is_some_and(|metre| metre != 1.0)
        || value(&["latitudeoforigin", "latitudeofnaturalorigin"]).unwrap_or(0.0) != 0.0
    {
        return None;
    }
    let strip = Strip {
        meridian: value(&["centralmeridian", "longitudeofnaturalorigin"])?,
        scale: value(&["scalefactor", "scalefactoratnaturalorigin"]).unwrap_or(1.0),
        false_easting: value(&["falseeasting"]).unwrap_or(0.0),
        false_northing: value(&["falsenorthing"]).unwrap_or(0.0),
    };
    Some(frame.map_or(System::Strip(strip), |frame| System::Framed(frame, Some(strip))))
}

fn gather(node: &Node, into: &mut Vec<(String, f64)>) {
    for below in &node.nodes {
        if below.keyword == "PARAMETER" {
            into.extend(below.numbers.first().map(|value| (plain(below.name()), *value)));
        }
        gather(below, into);
    }
}

/// Is an EPSG code one of Beijing 1954 or of Xian 1980: degrees, zones of 3 and of 6 degrees, with and without their number?
fn is_of_old_datum(code: u32) -> bool {
    matches!(code, 4214 | 2401..=2442 | 21_413..=21_423 | 21_453..=21_463 | 4555 | 4610 | 2327..=2390)
}

/// Why a system that is stated is not converted.
pub(super) fn refusal(name: &str) -> String {
    let folded = plain(name);
    let code = name.rsplit(|c: char| !c.is_ascii_digit()).next().and_then(|code| code.parse::<u32>().ok());
    let code =
        code.filter(|_| folded.starts_with("urn") || folded.contains("epsg") || folded.contains("srid"));
    let is_old = ["beijing1954", "bj54", "xian1980", "xian80", "newbeijing"]
        .iter()
        .any(|known| folded.contains(known))
        || folded.contains("xi'an")
        || folded.contains("北京54")
        || folded.contains("西安80")
        || code.is_some_and(is_of_old_datum);
    if is_old {
        format!(
            "its coordinates are stated to be in {name:?}: the parameters from Beijing 1954 and Xian 1980 to CGCS2000 are not \
             public and none are in this program; have the file converted by the surveying authority. Where the statement \
             is wrong, name the true system with --crs"
        )
    } else {
        format!(
            "its coordinates are stated to be in {name:?}, which is none of WGS 84, CGCS2000, Gauss-Kruger, UTM, Web \
             Mercator, ETRS89 and SIRGAS 2000; convert the file to one of these (EPSG:4326, say). Where the statement is wrong, \
             name the true system with --crs"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn definitions_are_taken_by_their_numbers() {
        // As ArcGIS writes EPSG 4526.
        let esri = r#"PROJCS["CGCS2000_3_Degree_GK_Zone_38",GEOGCS["GCS_China_Geodetic_Coordinate_System_2000",DATUM["D_China_2000",SPHEROID["CGCS2000",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Gauss_Kruger"],PARAMETER["False_Easting",38500000.0],PARAMETER["False_Northing",0.0],PARAMETER["Central_Meridian",114.0],PARAMETER["Scale_Factor",1.0],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;
        assert_eq!(of_wkt(esri), Stated::System(System::of_epsg(4526).unwrap()));
        let renamed =
            esri.replace("CGCS2000_3_Degree_GK_Zone_38", "local_114").replace("38500000.0", "500000.0");
        assert_eq!(of_wkt(&renamed), Stated::System(System::of_epsg(4547).unwrap()));
        let old = esri
            .replace("D_China_2000", "D_Xian_1980")
            .replace("CGCS2000_3_Degree_GK_Zone_38", "Xian_1980_3_Degree_GK_Zone_38");
        assert_eq!(of_wkt(&old), Stated::Other("Xian_1980_3_Degree_GK_Zone_38".to_owned()));
        assert!(refusal("Xian_1980_3_Degree_GK_Zone_38").contains("not public"));
        // As ArcGIS writes it with heights, on one line or on two.
        let heights = r#"VERTCS["Yellow_Sea_1985",VDATUM["Yellow_Sea_1985"],PARAMETER["Vertical_Shift",0.0],PARAMETER["Direction",1.0],UNIT["Meter",1.0]]"#;
        for between in [",", "\n"] {
            let both = format!("{esri}{between}{heights}");
            assert_eq!(of_wkt(&both), Stated::System(System::of_epsg(4526).unwrap()), "{between:?}");
        }
        let compound = format!("COMPD_CS[\"both\",{esri},{heights}]");
        assert_eq!(of_wkt(&compound), Stated::System(System::of_epsg(4526).unwrap()));
        assert_eq!(of_wkt(heights), Stated::Other(heights.chars().take(60).collect()));
        let degrees = r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]]"#;
        assert_eq!(of_wkt(degrees), Stated::System(System::Known(Crs::Crs84)));
        // As ArcGIS writes EPSG 31985 and 4258.
        let recife = r#"PROJCS["SIRGAS_2000_UTM_Zone_25S",GEOGCS["GCS_SIRGAS_2000",DATUM["D_SIRGAS_2000",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]],PROJECTION["Transverse_Mercator"],PARAMETER["False_Easting",500000.0],PARAMETER["False_Northing",10000000.0],PARAMETER["Central_Meridian",-33.0],PARAMETER["Scale_Factor",0.9996],PARAMETER["Latitude_Of_Origin",0.0],UNIT["Meter",1.0]]"#;
        assert_eq!(of_wkt(recife), Stated::System(System::of_epsg(31_985).unwrap()));
        let europe = r#"GEOGCS["GCS_ETRS_1989",DATUM["D_ETRS_1989",SPHEROID["GRS_1980",6378137.0,298.257222101]],PRIMEM["Greenwich",0.0],UNIT["Degree",0.0174532925199433]]"#;
        assert_eq!(of_wkt(europe), Stated::System(System::of_epsg(4258).unwrap()));
        assert_eq!(of_wkt("nonsense"), Stated::Other("nonsense".to_owned()));
        assert!(matches!(of_wkt(&"A[".repeat(100_000)), Stated::Other(_)));
    }

    #[test]
    fn definitions_in_json_are_taken_by_their_numbers_too() {
        // As pyproj writes what ArcGIS wrote: without an id, units as objects.
        let degree = serde_json::json!({"type": "AngularUnit", "name": "Degree", "conversion_factor": 0.017_453_292_519_943_3});
        let parameter =
            |name: &str, value: f64| serde_json::json!({"name": name, "value": value, "unit": degree});
        let projected = |datum: &str, unit: Value| {
            serde_json::json!({
                "type": "ProjectedCRS",
                "name": "local grid",
                "base_crs": {
                    "name": "China Geodetic Coordinate System 2000",
                    "datum": {"type": "GeodeticReferenceFrame", "name": datum},
                    "coordinate_system": {"subtype": "ellipsoidal", "axis": [{"name": "Longitude", "unit": degree}]}
                },
                "conversion": {
                    "name": "unnamed",
                    "method": {"name": "Transverse Mercator", "id": {"authority": "EPSG", "code": 9807}},
                    "parameters": [
                        parameter("Latitude of natural origin", 0.0),
                        parameter("Longitude of natural origin", 114.0),
                        parameter("Scale factor at natural origin", 1.0),
                        parameter("False easting", 500_000.0),
                        parameter("False northing", 0.0)
                    ]
                },
                "coordinate_system": {"subtype": "Cartesian", "axis": [{"name": "Easting", "unit": unit}]}
            })
        };
        let known = |code| Stated::System(System::of_epsg(code).unwrap());
        let plane = projected("China 2000", "metre".into());
        assert_eq!(of_projjson(&plane), known(4547));
        let heights = serde_json::json!({"type": "VerticalCRS", "name": "Yellow Sea 1985 height"});
        let both = serde_json::json!({"type": "CompoundCRS", "name": "both", "components": [plane, heights]});
        assert_eq!(of_projjson(&both), known(4547));
        let bound = serde_json::json!({"type": "BoundCRS", "source_crs": plane, "target_crs": {"type": "GeographicCRS"}});
        assert_eq!(of_projjson(&bound), known(4547));
        let other = |crs: &Value, name: &str| assert_eq!(of_projjson(crs), Stated::Other(name.to_owned()));
        other(&projected("Xian 1980", "metre".into()), "local grid");
        let foot = serde_json::json!({"type": "LinearUnit", "name": "foot", "conversion_factor": 0.3048});
        other(&projected("China 2000", foot), "local grid");
        other(&serde_json::json!({}), "an unnamed system");
        let by_id = |authority: &str, code: Value| {
            of_projjson(
                &serde_json::json!({"type": "ProjectedCRS", "name": "x", "id": {"authority": authority, "code": code}}),
            )
        };
        assert_eq!(by_id("EPSG", 4526.into()), known(4526));
        assert_eq!(by_id("EPSG", "4526".into()), known(4526));
        assert_eq!(by_id("OGC", "CRS84".into()), Stated::System(System::Known(Crs::Crs84)));
        assert_eq!(by_id("ESRI", 4526.into()), Stated::Other("x".to_owned()));
    }

    #[test]
    fn codes_of_old_datums_are_told_as_such() {
        for name in [
            "urn:ogc:def:crs:EPSG::4610",
            "EPSG:2401",
            "SRID 2383",
            "http://www.opengis.net/def/crs/EPSG/0/4214",
        ] {
            assert!(refusal(name).contains("not public"), "{name}");
        }
        for name in ["urn:ogc:def:crs:EPSG::2443", "SRID 2326", "EPSG:27700", "grid of 4610"] {
            assert!(refusal(name).contains("none of WGS 84"), "{name}");
        }
    }
}
