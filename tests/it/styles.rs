//! Styles of the map and their sources: over the shipped data, a zone made by hand, and data that knows no parts.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Answer, Service, data_folder, fixtures, shipped};

const STYLE: &str = "application/vnd.mapbox.style+json";
const HOST: &str = "http://map.test";

/// A data folder of layers: id, part on the map, further lines of its table, features.
fn folder(layers: &[(&str, &str, &str, Vec<Value>)]) -> TempDir {
    let mut catalog = r#"
        title = { zh = "小区", en = "Small zone" }
        description = { zh = "手工", en = "by hand" }
        attribution = { zh = "甲 <乙>", en = "A <B>" }
        licence = "CC0-1.0"
        data_date = 2025-12-31
        approval_number = "GS 1"
    "#
    .to_owned();
    for (id, part, more, _) in layers {
        let _ = write!(
            catalog,
            "\n[[layers]]\nid = \"{id}\"\nfile = \"{id}.geojson\"\ntitle = {{ zh = \"{id}\", en = \"{id}\" }}\ndraw = \"{part}\"\n{more}\n"
        );
    }
    let features: Vec<(&str, &[Value])> =
        layers.iter().map(|(id, _, _, features)| (*id, &features[..])).collect();
    data_folder(&catalog, &features)
}

fn feature(id: &str, kind: &str, coordinates: &Value, properties: &Value) -> Value {
    let geometry = json!({ "type": kind, "coordinates": coordinates });
    json!({ "type": "Feature", "id": id, "geometry": geometry, "properties": properties })
}

fn square(id: &str, west: f64, south: f64, side: f64, properties: &Value) -> Value {
    let (east, north) = (west + side, south + side);
    let ring = json!([[[west, south], [east, south], [east, north], [west, north], [west, south]]]);
    feature(id, "Polygon", &ring, properties)
}

/// The style at an address, and the sources it names, each with what its address answers.
fn style(service: &Service, path: &str) -> Value {
    let answer = service.get(path);
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, STYLE),
        "{path}: {}",
        answer.text()
    );
    answer.json()
}

fn source(service: &Service, name: &str, lang: &str) -> Vec<Value> {
    let answer = service.get(&format!("/styles/explore/sources/{name}.geojson?lang={lang}"));
    assert_eq!(
        (answer.status.as_u16(), answer.header("content-type")),
        (200, "application/geo+json"),
        "{name}"
    );
    answer.json()["features"].as_array().expect("features").clone()
}

fn column(features: &[Value], property: &str) -> Vec<Value> {
    features.iter().map(|feature| feature["properties"][property].clone()).collect()
}

fn ids(style: &Value) -> Vec<&str> {
    style["layers"]
        .as_array()
        .expect("layers")
        .iter()
        .map(|layer| layer["id"].as_str().expect("an id"))
        .collect()
}

#[test]
fn every_style_of_the_shipped_data_is_whole() {
    let service = Service::over(shipped());
    let mut seen = BTreeSet::new();
    for view in ["explore", "parcels"] {
        for theme in ["light", "dark"] {
            for lang in ["zh", "en"] {
                let path = format!("/styles/{view}?theme={theme}&lang={lang}");
                let style = style(&service, &path);
                assert!(seen.insert(style.to_string()), "{path} is no different from another");
                assert_eq!(style["version"], 8, "{path}");
                assert_eq!(style["sprite"], format!("{HOST}/styles/sprites/{theme}"), "{path}");
                assert!(style.get("glyphs").is_none(), "{path}: names are drawn from local fonts");
                assert!(!style["layers"].to_string().contains('$'), "{path}: a token is left");
                let layers = style["layers"].as_array().expect("layers");
                let named: BTreeSet<&str> =
                    layers.iter().filter_map(|layer| layer["source"].as_str()).collect();
                let sources = style["sources"].as_object().expect("sources");
                assert_eq!(named, sources.keys().map(String::as_str).collect(), "{path}");
                assert_eq!(sources.len(), if view == "parcels" { 15 } else { 14 }, "{path}");
                for (name, source) in sources.iter().filter(|(name, _)| *name != "parcel") {
                    let address = source["data"].as_str().expect("an address");
                    let answer = service.get(address.strip_prefix(HOST).expect("an address of this host"));
                    assert_eq!(answer.header("content-type"), "application/geo+json", "{path}: {name}");
                    assert_eq!(answer.header("content-language"), if lang == "zh" { "zh-CN" } else { "en" });
                    assert!(
                        !answer.json()["features"].as_array().expect("features").is_empty(),
                        "{path}: {name}"
                    );
                }
            }
        }
    }
    assert_eq!(seen.len(), 8);
}

#[test]
fn the_shipped_sources_say_what_the_plan_says() {
    let service = Service::over(shipped());
    let core = |lang| column(&source(&service, "core", lang), "name");
    assert_eq!(
        (core("zh"), core("en")),
        (vec![json!("车谷创新核心区")], vec![json!("Chegu Innovation Core")])
    );
    for name in ["belt", "belt-line"] {
        assert_eq!(column(&source(&service, name, "zh"), "turn"), [0, 1], "{name}");
    }
    let roads = source(&service, "road", "en");
    let class = |key: &str| {
        let found = roads.iter().find(|road| road["properties"]["key"] == key);
        found.map(|road| road["properties"]["class"].clone())
    };
    assert_eq!(class("roads:third-ring-road"), Some(json!("motorway")));
    assert_eq!(class("roads:dongfeng-avenue"), Some(json!("road")));
    let explore = style(&service, "/styles/explore?lang=en");
    let known = &explore["metadata"];
    assert_eq!(
        (&known["innospace:synthetic"], &known["innospace:data-date"]),
        (&json!(false), &json!("2026-11-24"))
    );
    assert!(
        known["innospace:notice"].as_str().is_some_and(|notice| notice.starts_with("Schematic accuracy"))
    );
    assert!(explore["sources"]["axis"]["attribution"].to_string().contains("Schematic accuracy"));
    let parcels = style(&service, "/styles/parcels?lang=en");
    assert_eq!(parcels["metadata"]["innospace:synthetic"], true);
    let tiles = &parcels["sources"]["parcel"];
    assert_eq!(tiles["tiles"], json!([format!("{HOST}/tiles/parcels/{{z}}/{{x}}/{{y}}.mvt?properties=")]));
    assert_eq!(tiles["attribution"], "synthetic data, generated; synthetic sample, not real parcels");
}

/// A zone of 10 by 10 degrees with two of most things.
fn small_zone() -> TempDir {
    let named = |zh: &str, en: &str| json!({ "name_zh": zh, "name_en": en });
    let site = |id: &str, at: [f64; 2], kind: &str, unit: Option<&str>, lifecycle: Option<&str>| {
        let properties = json!({ "name_zh": id, "kind": kind, "unit_type": unit, "named_unit": unit.is_some(), "lifecycle": lifecycle });
        feature(id, "Point", &json!(at), &properties)
    };
    let water = |id: &str, kind: &str| square(id, 1.0, 1.0, 1.6, &json!({ "kind": kind, "name_en": id }));
    folder(&[
        ("zones", "zone", "", vec![square("z", 0.0, 0.0, 10.0, &json!({}))]),
        ("cores", "core", "", vec![square("c", 2.0, 4.0, 2.0, &named("核", " "))]),
        (
            "axes",
            "axis",
            "",
            vec![feature("a", "LineString", &json!([[0, 0], [4, 0]]), &named("轴", "Axis"))],
        ),
        (
            "belts",
            "belt",
            "",
            vec![
                feature(
                    "b",
                    "LineString",
                    &json!([[1, 0], [1.02, 0]]),
                    &json!({ "half_width_m": 1000, "name_en": "Belt" }),
                ),
                square("d", 5.0, 5.0, 1.0, &json!({})),
                feature("e", "LineString", &json!([[0, 9], [2, 9]]), &json!({})),
            ],
        ),
        (
            "sites",
            "site",
            "",
            vec![
                site("s1", [1.0, 1.0], "enterprise", None, Some("existing")),
                site("s2", [1.0, 1.0], "campus", Some("park"), Some("planned")),
                site("s3", [3.0, 3.0], "unheard-of", None, None),
                square("s4", 6.0, 6.0, 2.0, &json!({ "kind": "block", "lifecycle": "renovate" })),
                json!({ "type": "Feature", "id": "s5", "geometry": null, "properties": { "kind": "zone" } }),
            ],
        ),
        (
            "facilities",
            "facility",
            "",
            vec![feature("f", "Point", &json!([1.000_001, 1.0]), &named("", "F"))],
        ),
        (
            "regions",
            "region",
            "",
            vec![
                feature("r1", "Point", &json!([20, 5]), &named("东", "East")),
                feature("r2", "Point", &json!([-20, 5]), &named("西", "West")),
            ],
        ),
        ("waters", "water", "", vec![water("lake", "lake"), water("river", "river")]),
        (
            "roads",
            "road",
            "",
            vec![
                feature(
                    "o1",
                    "LineString",
                    &json!([[0, 0], [1, 1]]),
                    &json!({ "name_en": "Second Ring Road" }),
                ),
                feature("o2", "LineString", &json!([[0, 0], [1, 1]]), &json!({ "kind": "residential" })),
                feature(
                    "o3",
                    "LineString",
                    &json!([[0, 0], [1, 1]]),
                    &json!({ "kind": "Local", "name_en": "Main St" }),
                ),
            ],
        ),
        ("streets", "subdistrict", "", vec![square("t", 0.0, 0.0, 4.0, &named("街", "Street"))]),
    ])
}

#[test]
fn signs_say_what_they_stand_for() {
    let folder = small_zone();
    let service = Service::over(folder.path());
    let signs = source(&service, "point", "en");
    // Units come first, then sites, facilities and regions; s2, s1 and f share a position to a hundred-thousandth.
    let want = [
        ("sites:s2", "s2", "park-planned", true, "site", false, 0, 0, 3),
        ("sites:s1", "s1", "enterprise-built", false, "site", false, 1, 1, 0),
        ("facilities:f", "F", "facility-built", false, "facility", false, 2, 2, 0),
        ("sites:s3", "s3", "other-unknown", false, "site", false, 1, 0, 1),
        ("sites:s4", "s4", "block-in-progress", false, "site", false, 1, 0, 1),
        ("regions:r1", "East", "other-built", false, "region", true, 2, 0, 1),
        ("regions:r2", "West", "other-built", false, "region", false, 2, 0, 1),
    ];
    for (sign, (key, name, icon, unit, role, leans, order, rank, stack)) in signs.iter().zip(want) {
        let kind = &sign["properties"]["kind"];
        let properties = json!({ "key": key, "name": name, "kind": kind, "icon": icon, "unit": unit, "role": role,
            "leansWest": leans, "order": order, "rank": rank, "stack": stack });
        assert_eq!(sign["properties"], properties);
    }
    assert_eq!(signs.len(), want.len());
    assert_eq!(signs[4]["geometry"], json!({ "type": "Point", "coordinates": [7, 7] }));
    let areas = source(&service, "area", "en");
    assert_eq!(
        (column(&areas, "key"), column(&areas, "shape")),
        (vec![json!("sites:s4")], vec![json!("block")])
    );
}

#[test]
fn layers_are_drawn_by_the_part_they_play() {
    let folder = small_zone();
    let service = Service::over(folder.path());
    assert_eq!(column(&source(&service, "road", "zh"), "class"), ["motorway", "minor", "road"]);
    let mask = source(&service, "mask", "zh");
    let rings = mask[0]["geometry"]["coordinates"].as_array().expect("rings");
    assert_eq!((rings.len(), &rings[1][2]), (2, &json!([10, 10])));
    let labels = source(&service, "label", "en");
    let spots: Vec<Value> = labels
        .iter()
        .map(|label| {
            let of = |name: &str| label["properties"][name].clone();
            json!([of("key"), of("name"), of("role"), of("turn"), label["geometry"]["coordinates"]])
        })
        .collect();
    // A name in one language serves for both; a blank one is none. The core is named below its middle.
    let mut want = vec![
        json!(["cores:c", "核", "core", null, [3, 4]]),
        json!(["axes:a", "Axis", "axis", null, [2, 0]]),
        json!(["belts:b", "Belt", "belt", 0, [1.01, 0]]),
        json!(["belts:d", "d", "belt", 1, [5.5, 5.5]]),
        json!(["belts:e", "e", "belt", 0, [1, 9]]),
        json!(["waters:lake", "lake", "water", null, [1.8, 1.8]]),
    ];
    // Sixteen reaches from north to south, a tenth of a degree each.
    want.extend((0..16).map(|step| {
        let tenths = f64::from(2 * (25 - step) + 1) / 2.0;
        json!(["waters:river", "river", "river", null, [1.8, tenths / 10.0]])
    }));
    want.push(json!(["streets:t", "Street", "subdistrict", null, [2, 2]]));
    assert_eq!(spots, want);
}

#[test]
fn a_belt_is_as_wide_as_it_says() {
    let folder = small_zone();
    let service = Service::over(folder.path());
    let belts = source(&service, "belt", "zh");
    assert_eq!(column(&belts, "turn"), [0, 1, 0]);
    let kinds: Vec<&Value> = belts.iter().map(|belt| &belt["geometry"]["type"]).collect();
    // An area stays as it is, and so does a line that tells no width.
    assert_eq!(kinds, ["MultiPolygon", "Polygon", "LineString"]);
    let ring = belts[0]["geometry"]["coordinates"][0][0].as_array().expect("a ring");
    let most =
        |at: usize| ring.iter().filter_map(|corner| corner[at].as_f64()).fold(f64::NEG_INFINITY, f64::max);
    // At the equator of GRS 80 a degree of latitude is 110,574.4 m long, one of longitude 111,319.5 m.
    assert!((most(1) - 1000.0 / 110_574.4).abs() < 1e-5, "{}", most(1));
    assert!((most(0) - (1.02 + 1000.0 / 111_319.5)).abs() < 1e-5, "{}", most(0));
    assert_eq!(source(&service, "belt-line", "zh")[0]["geometry"]["coordinates"], json!([[1, 0], [1.02, 0]]));
}

#[test]
fn a_style_tells_what_is_to_be_known_of_its_data() {
    let folder = small_zone();
    let service = Service::over(folder.path());
    let style = style(&service, "/styles/explore?lang=zh&theme=dark");
    assert_eq!(style["name"], "小区 · 创新空间格局");
    let known = &style["metadata"];
    for (name, want) in [
        ("attribution", json!("甲 <乙>")),
        ("licence", json!("CC0-1.0")),
        ("data-date", json!("2025-12-31")),
        ("approval-number", json!("GS 1")),
        ("synthetic", json!(false)),
        ("notice", json!("示意精度：核、轴、带为规划示意范围，不作为用地边界依据")),
    ] {
        assert_eq!(known[format!("innospace:{name}")], want, "{name}");
    }
    // The specification has HTML in attributions.
    assert_eq!(style["sources"]["water"]["attribution"], "甲 &lt;乙&gt;");
    assert!(style["sources"]["core"]["attribution"].as_str().is_some_and(|text| text.contains("示意精度")));
    // From the region in the west to that in the east, with the zone between.
    assert_eq!(style["center"][0], 0.0);
    assert!(!ids(&style).contains(&"transit"), "there are no lines of transit");
    assert!(style["sources"].get("transit").is_none() && style["sources"].get("parcel").is_none());
}

#[test]
fn made_up_parcels_are_shown_where_they_are_asked_for_and_say_so() {
    let parcel = |id: &str| vec![square(id, 1.0, 1.0, 0.5, &json!({}))];
    let layers = |west: &str, east: &str| {
        let of = |made_up: &str| format!("synthetic = {made_up}");
        folder(&[("west", "parcel", &of(west), parcel("w")), ("east", "parcel", &of(east), parcel("e"))])
    };
    let of_parcels = |style: &Value| -> Vec<String> {
        let layers = style["layers"].as_array().expect("layers").iter();
        let layers = layers.filter(|layer| layer["source"] == "parcel");
        layers.map(|layer| format!("{} {}", layer["id"], layer["source-layer"]).replace('"', "")).collect()
    };
    let both =
        ["parcel-fill:west west", "parcel-fill:east east", "parcel-line:west west", "parcel-line:east east"];
    let one = ["parcel-fill east", "parcel-line east"];
    let cases: [(&str, &str, &[&str], &str, bool); 4] = [
        ("true", "true", &[], "", false),
        ("true", "false", &one, "east", false),
        ("false", "false", &both, "west,east", false),
        ("false", "true", &["parcel-fill west", "parcel-line west"], "west", false),
    ];
    for (west, east, explore, tiles, made_up) in cases {
        let folder = layers(west, east);
        let service = Service::over(folder.path());
        let shown = style(&service, "/styles/explore");
        assert_eq!(of_parcels(&shown), explore, "{west} {east}");
        assert_eq!(shown["metadata"]["innospace:synthetic"], made_up, "{west} {east}");
        let address = (!tiles.is_empty())
            .then(|| json!([format!("{HOST}/tiles/{tiles}/{{z}}/{{x}}/{{y}}.mvt?properties=")]));
        assert_eq!(shown["sources"]["parcel"].get("tiles"), address.as_ref(), "{west} {east}");
        let shown = style(&service, "/styles/parcels?lang=en");
        assert_eq!(of_parcels(&shown), both, "{west} {east}");
        let is_made_up = west == "true" || east == "true";
        assert_eq!(shown["metadata"]["innospace:synthetic"], is_made_up, "{west} {east}");
        let source = &shown["sources"]["parcel"];
        assert_eq!(
            source["attribution"].to_string().contains("synthetic sample"),
            is_made_up,
            "{west} {east}"
        );
        assert_eq!((&source["bounds"], &source["minzoom"]), (&json!([1.0, 1.0, 1.5, 1.5]), &json!(11)));
    }
}

#[test]
fn data_that_knows_no_parts_is_drawn_as_sites() {
    let service = Service::over(fixtures());
    let shown = style(&service, "/styles/explore");
    let sources: Vec<&String> = shown["sources"].as_object().expect("sources").keys().collect();
    assert_eq!(sources, ["area", "point"]);
    assert_eq!(source(&service, "mask", "zh"), Vec::<Value>::new());
    let keys = column(&source(&service, "point", "zh"), "key");
    assert!(keys.contains(&json!("squares:11")), "{keys:?}");
    let none = folder(&[("nothing", "core", "", Vec::new())]);
    let nothing = style(&Service::over(none.path()), "/styles/parcels");
    assert_eq!((ids(&nothing), &nothing["sources"]), (vec!["land"], &json!({})));
    assert!(nothing.get("center").is_none() && nothing["metadata"].get("innospace:notice").is_none());
}

#[test]
fn the_list_leads_to_every_style() {
    let service = Service::over(shipped());
    let list = service.ask("GET", "/styles", &[("accept-language", "en")]).json();
    assert_eq!(list["default"], "explore");
    let styles = list["styles"].as_array().expect("styles");
    let titles: Vec<&Value> = styles.iter().map(|style| &style["title"]).collect();
    assert_eq!(titles, ["Innovation layout", "Parcels"]);
    let mut reached = BTreeSet::new();
    for link in styles.iter().flat_map(|style| style["links"].as_array().expect("links")) {
        assert_eq!((&link["rel"], &link["type"]), (&json!("stylesheet"), &json!(STYLE)));
        let path =
            link["href"].as_str().and_then(|href| href.strip_prefix(HOST)).expect("an address of this host");
        style(&service, path);
        reached.insert(path.to_owned());
    }
    assert_eq!(reached.len(), 8);
    let page = service.ask("GET", "/styles", &[("accept", "text/html")]);
    assert!(page.text().contains("/styles/parcels?theme=dark&amp;lang=en"), "{}", page.text());
}

#[test]
fn requests_are_read_as_everywhere() {
    let service = Service::over(fixtures());
    let name =
        |headers: &[(&str, &str)]| service.ask("GET", "/styles/explore", headers).json()["name"].clone();
    assert_eq!(name(&[]), "测试区 · 创新空间格局");
    assert_eq!(name(&[("accept-language", "en")]), "Test zone · Innovation layout");
    let land = |query: &str| {
        style(&service, &format!("/styles/explore{query}"))["layers"][0]["paint"]["background-color"].clone()
    };
    assert_eq!((land(""), land("?theme=dark")), (json!("#F6F4EF"), json!("#161D26")));
    let wrong: [(&str, u16, &str); 9] = [
        ("/styles/moon", 404, "explore, parcels"),
        ("/styles/moon/sources/core.geojson", 404, "explore, parcels"),
        ("/styles/explore/sources/moon.geojson", 404, "moon.geojson"),
        ("/styles/explore/sources/core", 404, "core"),
        ("/styles/explore/sources/parcel.geojson", 404, "parcel.geojson"),
        ("/styles/explore?theme=blue", 400, "light or dark"),
        ("/styles/explore?lang=fr", 400, "zh or en"),
        ("/styles/explore?colour=red", 400, "theme, lang, f"),
        ("/styles/explore?lang=zh&lang=en", 400, "more than once"),
    ];
    for (path, status, detail) in wrong {
        let answer: Answer = service.get(path);
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (status, "application/problem+json"),
            "{path}"
        );
        assert!(answer.text().contains(detail), "{path}: {}", answer.text());
    }
    let accepted = |kind: &str| service.ask("GET", "/styles/explore", &[("accept", kind)]);
    assert_eq!(accepted("application/json").header("content-type"), STYLE);
    assert_eq!(accepted("image/png").status, 406);
}

#[test]
fn what_a_client_holds_is_not_sent_again() {
    let service = Service::over(fixtures());
    for path in ["/styles", "/styles/explore", "/styles/explore/sources/point.geojson"] {
        let first = service.get(path);
        let tag = first.header("etag").to_owned();
        assert!(!tag.is_empty(), "{path}");
        let again = service.ask("GET", path, &[("if-none-match", &tag)]);
        assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{path}");
        let other = service.ask("GET", path, &[("if-none-match", &tag), ("accept-language", "en")]);
        assert_eq!(other.status, 200, "{path}");
    }
    let tag = |path: &str| service.get(path).header("etag").to_owned();
    assert_ne!(tag("/styles/explore?theme=light"), tag("/styles/explore?theme=dark"));
}

/// A bus line, three of its stops as one feature, and a yard, in a layer that says nothing of how it is drawn or of any status.
pub fn plain_layer() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    let title = "title = { en = \"Buses\" }";
    write(
        "catalog.toml",
        &format!(
            "{title}\nlang = \"en\"\n[[layers]]\nid = \"buses\"\nfile = \"buses.geojson\"\n{title}\n[layers.fields.stop]\nfind = \"name\"\n"
        ),
    );
    let features = [
        feature("line", "LineString", &json!([[174.7, -36.9], [174.8, -36.8]]), &json!({ "stop": "Loop" })),
        feature(
            "stops",
            "MultiPoint",
            &json!([[174.71, -36.89], [174.75, -36.86], [174.79, -36.81]]),
            &json!({ "stop": "Quays" }),
        ),
        square("yard", 174.72, -36.85, 0.02, &json!({ "stop": "Yard" })),
    ];
    write("buses.geojson", &json!({ "type": "FeatureCollection", "features": features }).to_string());
    folder
}

#[test]
fn no_shape_is_drawn_that_the_data_does_not_have() {
    let folder = plain_layer();
    let service = Service::over(folder.path());
    let of = |name: &str| {
        let drawn = source(&service, name, "en");
        let one = |one: &Value| {
            (
                one["properties"]["name"].clone(),
                one["geometry"]["type"].clone(),
                one["geometry"]["coordinates"].clone(),
            )
        };
        drawn.iter().map(one).collect::<Vec<_>>()
    };
    let areas: Vec<_> = of("area").into_iter().map(|(name, kind, _)| (name, kind)).collect();
    assert_eq!(
        areas,
        [(json!("Loop"), json!("LineString")), (json!("Yard"), json!("Polygon"))],
        "points enclose nothing"
    );
    let stops: Vec<_> =
        of("point").into_iter().filter(|(name, ..)| name == "Quays").map(|(.., at)| at).collect();
    assert_eq!(
        stops,
        [json!([174.71, -36.89]), json!([174.75, -36.86]), json!([174.79, -36.81])],
        "a sign each"
    );
    let style = style(&service, "/styles/explore?lang=en");
    let layers = style["layers"].as_array().expect("layers");
    let fill = layers.iter().find(|layer| layer["id"] == "area-fill").expect("the fill of areas");
    assert_eq!(fill["filter"], json!(["==", ["geometry-type"], "Polygon"]), "a line is not filled");
}

#[test]
fn a_legend_tells_no_status_that_the_data_does_not_state() {
    let legend = |properties: Value| {
        let folder = folder(&[(
            "stops",
            "facility",
            "",
            vec![feature("a", "Point", &json!([1.0, 1.0]), &properties)],
        )]);
        let service = Service::over(folder.path());
        service
            .get("/maps/explore.svg?lang=en&bbox=0,0,2,2&width=1200&height=900&furniture=legend")
            .text()
            .to_owned()
    };
    let tells = |properties: Value| legend(properties).contains("aria-label=\"Fill shows the status\"");
    assert!(tells(json!({ "lifecycle": "existing" })) && !tells(json!({ "other": "existing" })));
}
