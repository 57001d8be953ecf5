//! Definitions of systems as well-known text (OGC 01-009, 18-010r11, and as `.prj` files have it) to systems.
//!
//! A definition is taken by its numbers, not by its name, since programs name one system in many ways.

use super::read::Stated;
use super::row::cut;
use crate::geometry::{Crs, Strip, System};

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
        if stack.len() == 1 { stack.pop()?.nodes.pop() } else { None }
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

fn of_node(root: &Node) -> Option<System> {
    const COMPOUND: &[&str] = &["COMPD_CS", "COMPOUNDCRS", "BOUNDCRS", "SOURCECRS"];
    if root.is(COMPOUND) {
        return root.nodes.iter().find_map(of_node);
    }
    let code = root
        .nodes
        .iter()
        .find(|node| node.is(&["AUTHORITY", "ID"]) && node.name().eq_ignore_ascii_case("EPSG"));
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
    let is_ours = [
        "china2000",
        "cgcs2000",
        "chinageodetic2000",
        "chinageodeticcoordinatesystem2000",
        "wgs1984",
        "wgs84",
        "worldgeodeticsystem1984",
    ];
    if !is_ours.iter().any(|known| datum.contains(known)) {
        return None;
    }
    if root.is(&["GEOGCS", "GEOGCRS", "GEODCRS", "GEOGRAPHICCRS", "GEODETICCRS"]) {
        return Some(System::Known(if datum.contains("84") { Crs::Crs84 } else { Crs::Epsg4490 }));
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
    Some(System::Strip(Strip {
        meridian: value(&["centralmeridian", "longitudeofnaturalorigin"])?,
        scale: value(&["scalefactor", "scalefactoratnaturalorigin"]).unwrap_or(1.0),
        false_easting: value(&["falseeasting"]).unwrap_or(0.0),
        false_northing: value(&["falsenorthing"]).unwrap_or(0.0),
    }))
}

fn gather(node: &Node, into: &mut Vec<(String, f64)>) {
    for below in &node.nodes {
        if below.keyword == "PARAMETER" {
            into.extend(below.numbers.first().map(|value| (plain(below.name()), *value)));
        }
        gather(below, into);
    }
}

/// Why a system that is stated is not converted.
pub(super) fn refusal(name: &str) -> String {
    let folded = plain(name);
    let is_old = ["beijing1954", "bj54", "xian1980", "xian80", "newbeijing"]
        .iter()
        .any(|known| folded.contains(known))
        || folded.contains("xi'an")
        || folded.contains("北京54")
        || folded.contains("西安80");
    if is_old {
        format!(
            "its coordinates are stated to be in {name:?}: the parameters from Beijing 1954 and Xian 1980 to CGCS2000 are not \
             public and none are in this program; have the file converted by the surveying authority. Where the statement \
             is wrong, name the true system with --crs"
        )
    } else {
        format!(
            "its coordinates are stated to be in {name:?}, which is none of WGS 84, CGCS2000, Gauss-Kruger, UTM and Web \
             Mercator; name the true system with --crs, or convert the file"
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
        let degrees = r#"GEOGCS["GCS_WGS_1984",DATUM["D_WGS_1984",SPHEROID["WGS_1984",6378137,298.257223563]],PRIMEM["Greenwich",0],UNIT["Degree",0.0174532925199433]]"#;
        assert_eq!(of_wkt(degrees), Stated::System(System::Known(Crs::Crs84)));
        assert_eq!(of_wkt("nonsense"), Stated::Other("nonsense".to_owned()));
        assert!(matches!(of_wkt(&"A[".repeat(100_000)), Stated::Other(_)));
    }
}
