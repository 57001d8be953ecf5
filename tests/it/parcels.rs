//! Questions on parcels: why some do not match, how far they lie from a place, places named in filters, pasted shapes,
//! files from the command line.

use std::process::Command;
use std::time::Duration;

use calamine::{Data, Reader as _};
use serde_json::{Value, json};

use crate::harness::{Answer, Service, data_folder, shipped};

/// Five squares of 0.001 degrees on a street along the equator, and one without position.
///
/// | id | use | status | area_m2 | west edge |
/// |----|-----|--------|---------|-----------|
/// | a  | M0  | idle   | 30000   | 0.000     |
/// | b  | M0  | idle   | null    | 0.010     |
/// | c  | M0  | null   | 30000   | 0.020     |
/// | d  | M0  | null   | 1000    | 0.030     |
/// | e  | R2  | idle   | 30000   | 0.040     |
/// | f  | M0  | idle   | 30000   | nowhere   |
fn street() -> (tempfile::TempDir, Service) {
    let folder = tempfile::tempdir().expect("a folder");
    let square = |west: f64| {
        let (east, north) = (west + 0.001, 0.001);
        json!({ "type": "Polygon", "coordinates": [[[west, 0.0], [east, 0.0], [east, north], [west, north], [west, 0.0]]] })
    };
    let rows = [
        ("a", "M0", json!("idle"), json!(30000.0), Some(0.0)),
        ("b", "M0", json!("idle"), Value::Null, Some(0.01)),
        ("c", "M0", Value::Null, json!(30000.0), Some(0.02)),
        ("d", "M0", Value::Null, json!(1000.0), Some(0.03)),
        ("e", "R2", json!("idle"), json!(30000.0), Some(0.04)),
        ("f", "M0", json!("idle"), json!(30000.0), None),
    ];
    let features: Vec<Value> = rows
        .into_iter()
        .map(|(id, code, status, area, west)| {
            json!({ "type": "Feature", "id": id, "geometry": west.map(square),
                    "properties": { "use": code, "status": status, "area_m2": area, "name_en": id.to_uppercase() } })
        })
        .collect();
    let write = |name: &str, features: Value| {
        let text = json!({ "type": "FeatureCollection", "features": features }).to_string();
        std::fs::write(folder.path().join(name), text).expect("a file");
    };
    write("lots.geojson", features.into());
    // The meridian of 0.0145 degrees, north of the street, and a place without position.
    write(
        "ways.geojson",
        json!([
            { "type": "Feature", "id": "way", "properties": { "name_zh": "路", "name_en": "Way" },
              "geometry": { "type": "LineString", "coordinates": [[0.0145, 0.0], [0.0145, 0.01]] } },
            { "type": "Feature", "id": "lost", "properties": { "name_zh": null, "name_en": null }, "geometry": null },
        ]),
    );
    let service = Service::over(folder.path());
    (folder, service)
}

fn path(resource: &str, pairs: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("/ogc/collections/lots/{resource}?{query}")
}

fn distances(answer: &Answer) -> Vec<(String, Option<f64>)> {
    let json = answer.json();
    let features = json["features"].as_array().unwrap_or_else(|| panic!("{json}")).clone();
    let id = |feature: &Value| feature["id"].as_str().expect("an id").to_owned();
    features.iter().map(|feature| (id(feature), feature["properties"]["distance_m"].as_f64())).collect()
}

/// A degree of the equator: 2 pi 6378137 / 360.
const DEGREE: f64 = 111_319.490_793;

#[test]
fn each_parcel_that_does_not_match_is_told_of_once() {
    let (_folder, service) = street();
    let filter = "use = 'M0' AND status = 'idle' AND area_m2 > 20000";
    let told = service.get(&path("aggregates", &[("filter", filter), ("explain", "true")])).json();
    // e fails the first; d is unknown by the second but fails the third; b is unknown by the third, c by the second.
    let want = json!({ "searched": 6, "matched": 2, "unknown": 2, "conditions": [
        { "failed": 1, "unknown": 0 }, { "failed": 0, "unknown": 1 }, { "failed": 1, "unknown": 1 } ] });
    assert_eq!(told["explained"], want);
    assert_eq!(told["total"]["count"], 2);
    // What stands beside the filter makes what is searched: a window leaves out the two to the east, not the one without
    // position.
    let window = [("filter", filter), ("explain", "true"), ("bbox", "-1,-1,0.025,1")];
    let told = service.get(&path("aggregates", &window)).json();
    assert_eq!(told["explained"]["searched"], 4);
    // Without a filter all match; unless it is asked for, nothing is told.
    let told = service.get(&path("aggregates", &[("explain", "true")])).json();
    assert_eq!(told["explained"], json!({ "searched": 6, "matched": 6, "unknown": 0, "conditions": [] }));
    assert!(service.get(&path("aggregates", &[("filter", filter)])).json().get("explained").is_none());
    let refused = service.get(&path("aggregates", &[("explain", "perhaps")]));
    assert_eq!(refused.status, 400);
}

#[test]
fn what_is_left_out_adds_up_on_the_shipped_parcels_as_in_a_plain_scan() {
    let service = Service::over(shipped());
    let text = std::fs::read_to_string(shipped().join("parcels.geojson")).expect("parcels");
    let parcels: Value = serde_json::from_str(&text).expect("JSON");
    let filter = "supply_mode = 'transfer' AND far > 1.5 AND year >= 2010";
    let (mut matched, mut failed, mut unknown) = (0, [0; 3], [0; 3]);
    for parcel in parcels["features"].as_array().expect("features") {
        let of = |name: &str| &parcel["properties"][name];
        let truths = [
            of("supply_mode").as_str().map(|mode| mode == "transfer"),
            of("far").as_f64().map(|far| far > 1.5),
            of("year").as_i64().map(|year| year >= 2010),
        ];
        match (truths.iter().position(|truth| *truth == Some(false)), truths.iter().position(Option::is_none))
        {
            (Some(first), _) => failed[first] += 1,
            (None, Some(first)) => unknown[first] += 1,
            (None, None) => matched += 1,
        }
    }
    assert!(unknown.iter().sum::<i32>() > 0, "the sample has unknown values");
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("filter", filter), ("explain", "true")])
        .finish();
    let told = service.get(&format!("/ogc/collections/parcels/aggregates?{query}")).json();
    assert_eq!(told["explained"]["matched"], matched);
    for (at, condition) in told["explained"]["conditions"].as_array().expect("conditions").iter().enumerate()
    {
        assert_eq!(*condition, json!({ "failed": failed[at], "unknown": unknown[at] }), "condition {at}");
    }
}

#[test]
fn distances_are_a_field_that_is_written_and_sorted_by() {
    let (_folder, service) = street();
    let ask = |more: &[(&str, &str)]| {
        let pairs = [&[("distance-to", "ways:way")], more].concat();
        service.get(&path("items", &pairs))
    };
    // The squares end at 0.001, 0.011 and begin at 0.020, 0.030, 0.040; the way stands at 0.0145. The nearest positions lie
    // on the equator or on a parallel 111 m from it, whose degrees are shorter by less than a millionth.
    let want = [("b", 0.0035), ("c", 0.0055), ("a", 0.0135), ("d", 0.0155), ("e", 0.0255)];
    let sorted = distances(&ask(&[("sortby", "distance_m")]));
    assert_eq!(sorted.len(), 6);
    for ((id, metres), (want_id, degrees)) in sorted.iter().zip(want) {
        assert_eq!(id, want_id);
        let metres = metres.expect("a distance");
        assert!((metres - degrees * DEGREE).abs() < 0.002, "{id}: {metres}, not {}", degrees * DEGREE);
    }
    assert_eq!(sorted[5], ("f".to_owned(), None), "without position, no distance, and last");
    // Backwards, nulls stay last; pages are those of the whole order.
    let page = distances(&ask(&[("sortby", "-distance_m"), ("limit", "2"), ("offset", "1")]));
    assert_eq!(page.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["d", "a"]);
    // In the order of the layer the page alone is measured, with the same result.
    for (id, metres) in distances(&ask(&[])) {
        assert!(sorted.contains(&(id, metres)));
    }
    let one = service.get("/ogc/collections/lots/items/b?distance-to=ways:way").json();
    assert_eq!(one["properties"]["distance_m"].as_f64(), sorted[0].1);
    let csv =
        ask(&[("f", "csv"), ("properties", "distance_m,use"), ("sortby", "distance_m"), ("limit", "1")]);
    let lines: Vec<&str> = csv.text().trim_start_matches('\u{feff}').lines().collect();
    assert_eq!(lines[0], "id,distance_m,use");
    assert!(lines[1].starts_with("b,389.618,"), "{}", lines[1]);
    // From a geometry, too: the corner of a is the origin.
    let from_point =
        distances(&service.get(&path("items", &[("distance-to", "POINT(-0.001 0)"), ("limit", "1")])));
    assert!((from_point[0].1.expect("a distance") - 0.001 * DEGREE).abs() < 0.002);
    for wrong in ["ways:none", "nowhere:way", "ways:lost", "ways", "POINT(200 0)"] {
        let refused = service.get(&path("items", &[("distance-to", wrong)]));
        assert_eq!(refused.status, 400, "{wrong}");
        assert!(refused.json()["detail"].as_str().expect("words").contains("distance-to"), "{wrong}");
    }
    assert_eq!(
        service.get(&path("items", &[("sortby", "distance_m")])).status,
        400,
        "there is no such field"
    );
}

#[test]
fn a_page_by_distance_is_that_of_all_distances_in_order() {
    let service = Service::over(shipped());
    let ask = |more: &str| {
        let path = "/ogc/collections/parcels/items?distance-to=axes:axis-chegu-avenue&properties=distance_m&use_code=M0";
        distances(&service.get(&format!("{path}&{more}")))
    };
    // In the order of the layer each distance is measured by itself.
    let mut all = ask("limit=1000");
    let count = all.len();
    assert!(count > 50, "{count}");
    for (sort, descending) in [("distance_m", false), ("-distance_m", true)] {
        all.sort_by(|(a, of_a), (b, of_b)| {
            let order = of_a.partial_cmp(of_b).expect("distances");
            if descending { order.reverse() } else { order }.then_with(|| a.cmp(b))
        });
        for (offset, limit) in [(0, 7), (31, 20), (count - 3, 10)] {
            let page = ask(&format!("sortby={sort}&offset={offset}&limit={limit}"));
            assert_eq!(page, all[offset..(offset + limit).min(count)], "{sort} from {offset}");
        }
    }
}

#[test]
fn distances_of_items_are_those_of_the_nearest() {
    // However slow a build without optimisation is: what is tested are metres.
    let service = Service::waiting(shipped(), Duration::from_mins(10));
    for place in ["axes:axis-chegu-avenue", "cores:core-chegu-innovation", "belts:belt-emerging-industry"] {
        let asked = format!("properties=distance_m&distance-to={place}&sortby=distance_m&limit=3000");
        let items = distances(&service.get(&format!("/ogc/collections/parcels/items?{asked}")));
        let near =
            distances(&service.get(&format!("/ogc/collections/parcels/nearest?feature={place}&k=1000")));
        assert_eq!((items.len(), near.len()), (3000, 1000), "{place}");
        for ((id, metres), (_, expected)) in items.iter().zip(&near) {
            let (metres, expected) = (metres.expect("a distance"), expected.expect("a distance"));
            assert!((metres - expected).abs() < 0.0011, "{place}, {id}: {metres}, not {expected}");
        }
    }
}

#[test]
fn a_filter_names_features_of_other_collections() {
    let (_folder, service) = street();
    let named = |filter: &str| service.get(&path("items", &[("filter", filter)]));
    let literal = named("DWITHIN(geometry, LINESTRING(0.0145 0, 0.0145 0.01), 700)");
    assert_eq!(literal.ids(), ["b", "c"], "389.6 and 612.3 m");
    assert_eq!(named("DWITHIN(geometry, feature('ways', 'way'), 700)").ids(), literal.ids());
    assert_eq!(named("DISTANCE(geometry, FEATURE('ways', 'way')) <= 700").ids(), literal.ids());
    assert_eq!(named("S_INTERSECTS(geometry, feature('lots', 'c'))").ids(), ["c"]);
    // In the system of the filter as in degrees.
    let mercator = [
        ("filter", "S_INTERSECTS(geometry, feature('lots', 'c'))"),
        ("filter-crs", "http://www.opengis.net/def/crs/EPSG/0/3857"),
    ];
    assert_eq!(service.get(&path("items", &mercator)).ids(), ["c"]);
    let json = json!({ "op": "s_intersects", "args": [{ "property": "geometry" },
        { "op": "feature", "args": ["lots", "c"] }] });
    let posted = service.send(
        "POST",
        "/ogc/collections/lots/search",
        &[("content-type", "application/json")],
        json!({ "filter": json }).to_string().into_bytes(),
    );
    assert_eq!(posted.ids(), ["c"]);
    for (filter, word) in [
        ("S_INTERSECTS(geometry, feature('lots', 'z'))", "has no feature"),
        ("S_INTERSECTS(geometry, feature('plots', 'c'))", "there is no collection"),
        ("S_INTERSECTS(geometry, feature('ways', 'lost'))", "no position"),
        ("S_INTERSECTS(geometry, feature('ways'))", "takes the id"),
        ("S_INTERSECTS(geometry, feature(use, 'c'))", "takes the id"),
    ] {
        let refused = named(filter);
        assert_eq!(refused.status, 400, "{filter}");
        let detail = refused.json()["detail"].as_str().expect("words").to_owned();
        assert!(detail.contains(word) && detail.contains("at character"), "{filter}: {detail}");
    }
    // Tiles know them, too.
    let query = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([("filter", "DWITHIN(geometry, feature('ways', 'way'), 700)")])
        .finish();
    assert_eq!(service.get(&format!("/tiles/lots/0/0/0.mvt?{query}")).status, 200);
}

#[test]
fn pasted_shapes_are_read_and_measured_over_http() {
    let (_folder, service) = street();
    let body = json!({ "geometry": "J1 0 0\nJ2 0 0.01\nJ3 0.01 0.01\nJ4 0.01 0", "buffer": 100 });
    let post = |body: &Value| {
        service.send(
            "POST",
            "/measure",
            &[("content-type", "application/json")],
            body.to_string().into_bytes(),
        )
    };
    let answer = post(&body);
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "application/geo+json"));
    // A square of 0.01 degrees, 1113.19 by 1105.74 m, with a border of 100 m and rounded corners.
    let (wide, high) = (1113.195, 1105.743);
    let want = wide * high + 2.0 * 100.0 * (wide + high) + std::f64::consts::PI * 1e4;
    let m2 = answer.json()["properties"]["area_m2"].as_f64().expect("an area");
    assert!((m2 / want - 1.0).abs() < 0.002, "{m2}, not {want}");
    assert_eq!(post(&json!({ "geometry": "0 0, 1 2" })).status, 400);
    assert_eq!(service.send("POST", "/measure", &[], b"{}".to_vec()).status, 415);
    assert_eq!(service.ask("OPTIONS", "/measure", &[]).header("allow"), "GET, HEAD, POST, OPTIONS");
    assert_eq!(
        service.get("/measure?geometry=POINT(1%202)").json()["geometry"]["coordinates"],
        json!([1, 2])
    );
}

/// A zone with facilities beside it and regions in other parts of the country, and no extent for a map.
#[test]
fn pasted_positions_are_held_against_the_zone_and_what_lies_around_it() {
    let points = |all: [[f64; 2]; 2]| {
        let feature = |at| json!({ "type": "Feature", "properties": {}, "geometry": { "type": "Point", "coordinates": at } });
        all.map(feature).to_vec()
    };
    let zone = json!({ "type": "Feature", "properties": {}, "geometry": { "type": "Polygon",
        "coordinates": [[[113.8, 30.2], [114.3, 30.2], [114.3, 30.6], [113.8, 30.6], [113.8, 30.2]]] } });
    let files = [
        ("zone", "zone", vec![zone]),
        ("facilities", "facility", points([[114.0, 30.3], [114.41, 30.5]])),
        ("regions", "region", points([[110.78, 22.55], [121.59, 39.98]])),
    ];
    let tables = files.each_ref().map(|(id, part, _)| {
        format!(
            "[[layers]]\nid = \"{id}\"\nfile = \"{id}.geojson\"\ntitle = {{ zh = \"{id}\", en = \"{id}\" }}\ndraw = \"{part}\"\n"
        )
    });
    let catalog = format!("title = {{ zh = \"区\", en = \"Zone\" }}\n{}", tables.concat());
    let folder = data_folder(&catalog, &files.each_ref().map(|(id, _, features)| (*id, &features[..])));
    let service = Service::over(folder.path());
    let told = |query: &str| {
        let answer = service.get(&format!("/measure?{query}"));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()
    };
    let away = |query: &str| told(query)["properties"]["data_distance_m"].as_f64().expect("metres");
    // Among the facilities, then in Suzhou, which is farther: 609,786 m from the facilities' corner by geod.
    assert!(away("geometry=114.40,30.45") == 0.0 && away("geometry=114.2,30.59") == 0.0);
    assert!((away("geometry=120.72,31.31") - 609_786.4).abs() < 10.0);
    // The zone of the data is that around 114 degrees; 15 km east of it are 0.1563 degrees at 30.5 degrees north.
    let at = |query: &str, [x, y]: [f64; 2]| {
        let told = told(query);
        let at = [0, 1].map(|axis| told["geometry"]["coordinates"][axis].as_f64().expect("a number"));
        assert!((at[0] - x).abs() < 1e-3 && (at[1] - y).abs() < 0.01, "{told}");
    };
    at("geometry=3375000%20515000", [114.1563, 30.5]);
    // Urumqi and Paris in the order of EPSG, and of OGC.
    at("crs=[EPSG:4490]&geometry=43.8,87.6", [87.6, 43.8]);
    at("crs=[EPSG:4326]&geometry=48.8,2.3", [2.3, 48.8]);
    at("crs=[OGC:CRS84]&geometry=2.3,48.8", [2.3, 48.8]);
}

#[test]
fn schemas_tell_what_people_call_the_values() {
    let service = Service::over(shipped());
    let titles_of = |layer: &str, lang: &str, field: &str| {
        let path = format!("/ogc/collections/{layer}/queryables");
        let schema = service.ask("GET", &path, &[("accept-language", lang)]).json();
        schema["properties"][field]["x-enum-titles"].clone()
    };
    let titles = |lang: &str, field: &str| titles_of("parcels", lang, field);
    assert_eq!(titles("zh", "status")["idle"], "闲置");
    assert_eq!(titles("en", "status")["idle"], "idle");
    // A park is a kind of unit where kinds stand, and one of trees elsewhere; names in a language are words already.
    assert_eq!(titles_of("sites", "zh", "kind")["park"], "园区");
    assert_eq!(titles("zh", "use_name_en"), Value::Null);
    assert_eq!(titles_of("facilities", "zh", "subtype"), Value::Null);
    let text = std::fs::read_to_string(shipped().join("parcels.geojson")).expect("parcels");
    let parcels: Value = serde_json::from_str(&text).expect("JSON");
    let names = titles("zh", "use_code");
    for parcel in parcels["features"].as_array().expect("features") {
        let of = |name: &str| parcel["properties"][name].as_str().expect("a text");
        assert_eq!(names[of("use_code")], of("use_name_zh"));
    }
}

#[test]
fn the_command_line_writes_the_rows_that_http_answers() {
    let filter = "use_code = 'M0' AND status = 'idle' AND area_m2 > 20000 AND \
                  DWITHIN(geometry, feature('axes', 'axis-chegu-avenue'), 3000)";
    let service = Service::over(shipped());
    let pairs = [("filter", filter), ("sortby", "distance_m"), ("distance-to", "axes:axis-chegu-avenue")];
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    let want = service.get(&format!("/ogc/collections/parcels/items?{query}")).ids();
    assert!(!want.is_empty());
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("idle.xlsx");
    let run = |output: &std::path::Path| {
        Command::new(env!("CARGO_BIN_EXE_innospace"))
            .args(["items", "parcels", "--filter", filter, "--sortby", "distance_m"])
            .args(["--distance-to", "axes:axis-chegu-avenue", "--data"])
            .arg(shipped())
            .arg("--output")
            .arg(output)
            .output()
            .expect("the program starts")
    };
    let made = run(&file);
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let mut book = calamine::open_workbook_auto(&file).expect("a workbook");
    let sheet = book.worksheet_range_at(0).expect("a sheet").expect("rows");
    let ids: Vec<String> = sheet
        .rows()
        .skip(1)
        .map(|row| match &row[0] {
            Data::String(id) => id.clone(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids, want);
    let json = folder.path().join("idle.geojson");
    assert!(run(&json).status.success());
    let written: Value = serde_json::from_slice(&std::fs::read(&json).expect("a file")).expect("JSON");
    let written: Vec<&str> = written["features"]
        .as_array()
        .expect("features")
        .iter()
        .filter_map(|one| one["id"].as_str())
        .collect();
    assert_eq!(written, want);
    let refused = run(&folder.path().join("idle.doc"));
    assert!(!refused.status.success());
    assert!(String::from_utf8_lossy(&refused.stderr).contains(".xlsx"));
}
