//! Items and single items over HTTP.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::{Value, json};

use crate::cases;
use crate::harness::{Answer, Service, fixtures, load};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    ask: String,
    ids: Option<String>,
    matched: Option<u64>,
    #[serde(default)]
    any_order: bool,
    blames: Option<String>,
}

#[test]
fn requests_for_items() {
    let service = Service::over(fixtures());
    cases::run("items.jsonc", 60, |case: &Case| {
        let (collection, query) = case.ask.split_once('?').unwrap_or((&case.ask, ""));
        let answer = service.get(&format!("/ogc/collections/{collection}/items?{query}"));
        let json = answer.json();
        let wrong = |got: &dyn std::fmt::Debug| Err(format!("{}: {got:?}", case.name));
        if let Some(blames) = &case.blames {
            let problem = answer.status == 400
                && json["parameter"] == **blames
                && json["status"] == 400
                && answer.header("content-type") == "application/problem+json";
            return if problem { Ok(()) } else { wrong(&json) };
        }
        if answer.status != 200 {
            return wrong(&json);
        }
        let (mut got, want) = (answer.ids(), case.ids.as_deref().unwrap_or(""));
        // Ids with a space are asked for one by one.
        let mut want: Vec<&str> = want.split(' ').filter(|id| !id.is_empty()).collect();
        if case.any_order {
            got.sort();
            want.sort_unstable();
        }
        let matched = case.matched.unwrap_or(want.len() as u64);
        let counts = json["numberMatched"] == matched && json["numberReturned"] == got.len();
        if got == want && counts { Ok(()) } else { wrong(&(got, &json["numberMatched"])) }
    });
}

#[test]
fn next_leads_to_every_feature_once_and_prev_back() {
    let service = Service::over(fixtures());
    for (query, want) in [("limit=2", 9), ("limit=4&bbox=0,0,9,2.5", 6), ("limit=1&use=R", 6), ("limit=9", 9)]
    {
        let first = format!("/ogc/collections/squares/items?{query}");
        let (mut path, mut seen, mut pages) = (first.clone(), Vec::new(), Vec::new());
        loop {
            let page = service.get(&path);
            seen.extend(page.ids());
            pages.push(page.ids());
            match page.link("next") {
                Some(next) => path = next,
                None => break,
            }
            assert!(pages.len() < 20, "{query}: no end");
        }
        assert_eq!(seen.len(), want, "{query}");
        assert_eq!(seen.iter().collect::<BTreeSet<_>>().len(), want, "{query}: a feature came twice");
        for expected in pages.iter().rev().skip(1) {
            path = service.get(&path).link("prev").expect("a page before");
            assert_eq!(service.get(&path).ids(), *expected, "{query}");
        }
        assert_eq!(service.get(&path).link("prev"), None, "{query}");
    }
}

/// Pages are kept once made: what is kept must answer no other request, and no other data.
#[test]
fn a_page_that_was_made_answers_its_own_request_only() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |ids: &[u32]| {
        let feature =
            |id: &u32| json!({ "type": "Feature", "id": id, "geometry": null, "properties": { "n": id } });
        let features: Vec<Value> = ids.iter().map(feature).collect();
        let text = json!({ "type": "FeatureCollection", "features": features }).to_string();
        std::fs::write(folder.path().join("a.geojson"), text).expect("written");
    };
    write(&[1, 2]);
    let service = Service::over(folder.path());
    let path = "/ogc/collections/a/items?limit=9";
    let first = service.get(path);
    for _ in 0..2 {
        let again = service.get(path);
        assert_eq!(again.status, 200);
        let but_moment = |answer: &Answer| {
            let mut json = answer.json();
            json["timeStamp"] = Value::Null;
            json
        };
        assert_eq!(but_moment(&again), but_moment(&first));
        for name in ["content-type", "content-crs", "content-language", "etag", "link", "vary"] {
            assert_eq!(again.header(name), first.header(name), "{name}");
        }
        assert_eq!(service.ask("GET", path, &[("if-none-match", first.header("etag"))]).status, 304);
        let english = service.ask("GET", path, &[("accept-language", "en")]);
        assert_eq!(english.header("content-language"), "en");
        let csv = service.ask("GET", path, &[("accept", "text/csv")]);
        assert!(csv.header("content-type").starts_with("text/csv"), "{}", csv.text());
        assert_eq!(service.get(&format!("{path}&n=2")).ids(), ["2"]);
        assert_eq!(service.get(&format!("{path}&limit=8")).status, 400);
        assert_eq!(service.ask("HEAD", path, &[]).status, 200);
    }
    write(&[1, 2, 3]);
    service.app.publish(load(folder.path()).catalog);
    assert_eq!(service.get(path).ids(), ["1", "2", "3"]);
}

#[test]
fn data_that_looks_like_the_moment_of_an_answer_stays_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let moment = "2020-01-01T00:00:00Z";
    // The first is read as a moment, the second is an object as it was written.
    let properties = json!({ "timeStamp": moment, "o": { "timeStamp": moment } });
    let feature = json!({ "type": "Feature", "id": 1, "geometry": null, "properties": properties });
    let text = json!({ "type": "FeatureCollection", "features": [feature] }).to_string();
    std::fs::write(folder.path().join("a.geojson"), text).expect("written");
    let service = Service::over(folder.path());
    for form in ["json", "jsonfg", "ndjson", "csv", "kml", "html"] {
        let path = format!("/ogc/collections/a/items?f={form}");
        let count = |answer: &Answer| answer.text().matches(moment).count();
        let first = count(&service.get(&path));
        assert!(first >= 2, "{form}: {first}");
        assert_eq!(count(&service.get(&path)), first, "{form}");
    }
}

#[test]
fn links_of_a_page_keep_its_conditions() {
    let service = Service::over(fixtures());
    let page = service.get("/ogc/collections/squares/items?use=R&limit=2&offset=2&bbox=0,0,9,9&f=json");
    for (rel, want) in [
        ("next", "/ogc/collections/squares/items?use=R&limit=2&bbox=0%2C0%2C9%2C9&f=json&offset=4"),
        ("prev", "/ogc/collections/squares/items?use=R&limit=2&bbox=0%2C0%2C9%2C9&f=json"),
        ("alternate", "/ogc/collections/squares/items?use=R&limit=2&offset=2&bbox=0%2C0%2C9%2C9&f=html"),
        ("collection", "/ogc/collections/squares"),
    ] {
        assert_eq!(page.link(rel).as_deref(), Some(want), "{rel}");
    }
    assert!(page.header("link").contains("rel=\"next\""), "{}", page.header("link"));
}

#[test]
fn every_kind_of_geometry_comes_back_as_it_was() {
    let service = Service::over(fixtures());
    let text = std::fs::read_to_string(fixtures().join("kinds.geojson")).expect("the file");
    let source: Value = serde_json::from_str(&text).expect("JSON");
    let answer = service.get("/ogc/collections/kinds/items").json();
    let sources = source["features"].as_array().expect("features");
    assert_eq!(sources.len(), 8);
    for (was, is) in sources.iter().zip(answer["features"].as_array().expect("features")) {
        // Compared as numbers: 1 and 1.0 are one coordinate.
        let numbers = |value: &Value| value.to_string().replace(".0]", "]").replace(".0,", ",");
        assert_eq!(numbers(&was["geometry"]), numbers(&is["geometry"]), "{}", was["id"]);
    }
    let parsed: geojson::GeoJson = answer.to_string().parse().expect("an independent reader takes it");
    assert!(matches!(parsed, geojson::GeoJson::FeatureCollection(all) if all.features.len() == 8));
}

#[test]
fn single_items_are_found_whatever_their_id() {
    let service = Service::over(fixtures());
    let ids = [
        ("%E5%8D%97%E5%A4%AA%E5%AD%90%E6%B9%96", "南太子湖"),
        ("a%2Fb", "a/b"),
        ("50%25", "50%"),
        ("with%20space", "with space"),
        ("q%3Fx=1%23y", "q?x=1#y"),
        ("a+b", "a+b"),
        ("%22quoted%22", "\"quoted\""),
    ];
    for (path, id) in ids {
        let answer = service.get(&format!("/ogc/collections/names/items/{path}"));
        assert_eq!(answer.status, 200, "{id}");
        assert_eq!(answer.json()["id"], id);
        let own = answer.link("self").expect("a link to itself");
        assert_eq!(service.get(&own).json()["id"], id, "{own}");
        let page = service.get(&answer.link("alternate").expect("a page"));
        assert_eq!(
            (page.status.as_u16(), page.header("content-type")),
            (200, "text/html; charset=utf-8"),
            "{id}"
        );
    }
    let square = service.get("/ogc/collections/squares/items/22");
    assert_eq!(square.json()["id"], 22);
    assert_eq!(square.json()["properties"]["far"], 1.5);
    assert_eq!(square.json()["properties"]["tags"], json!([]));
    for missing in
        ["squares/items/44", "squares/items/022", "squares/items/x", "names/items/a", "none/items/1"]
    {
        let answer = service.get(&format!("/ogc/collections/{missing}"));
        assert_eq!(answer.status, 404, "{missing}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{missing}");
    }
}

/// Where it asks for an area of others, it is refused.
#[test]
fn the_page_is_told_which_collections_have_areas() {
    let app = Service::over(fixtures()).get("/app.json").json();
    let collections = app["collections"].as_array().expect("collections");
    let with_areas: Vec<_> = collections
        .iter()
        .filter(|one| one["has_areas"] == true)
        .filter_map(|one| one["id"].as_str())
        .collect();
    assert_eq!(with_areas, ["squares", "kinds"]);
    assert!(collections.iter().any(|one| one["id"] == "names" && one["has_areas"] == false));
}

#[test]
fn a_long_answer_is_the_same_in_pieces_and_whole() {
    let folder = tempfile::tempdir().expect("a folder");
    let feature = |at: usize| {
        let text = "文".repeat(50);
        format!(
            r#"{{"type":"Feature","id":{at},"geometry":{{"type":"Point","coordinates":[{}.5,0]}},"properties":{{"t":"{text}"}}}}"#,
            at % 90
        )
    };
    let features: Vec<_> = (0..5000).map(feature).collect();
    let text = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    std::fs::write(folder.path().join("many.geojson"), text).expect("written");
    let service = Service::over(folder.path());
    let answer = service.get("/ogc/collections/many/items?limit=10000");
    // Longer than one piece of 128 KiB, so no length could be announced.
    assert!(answer.body.len() > 1 << 20);
    assert_eq!(answer.header("content-length"), "");
    let ids = answer.ids();
    assert_eq!(ids.len(), 5000);
    assert!(ids.iter().enumerate().all(|(at, id)| *id == at.to_string()));
    assert_eq!(answer.json()["features"][4999]["properties"]["t"], "文".repeat(50));
}

/// Its features have names in a field of its own, and its language is English.
#[test]
fn another_zone_is_shown_by_its_own_names_and_in_its_own_language() {
    let folder = crate::styles::plain_layer();
    let service = Service::over(folder.path());
    let page = service.get("/ogc/collections/buses/items/line?f=html");
    assert!(
        page.text().contains("<html lang=\"en\"") && page.text().contains("<h1>Loop</h1>"),
        "{}",
        page.text()
    );
    let found = service.get("/ogc/search?q=quays&f=json").json();
    assert_eq!(found["hits"][0]["name"], json!({ "zh": "Quays", "en": "Quays" }), "{found}");
    let sheet = service.get("/reports/site.json?ids=yard&as_of=2026-01-01").json();
    assert!(sheet["title"].as_str().is_some_and(|title| title.contains("Yard")), "{sheet}");
    let near = service.get("/ogc/collections/buses/nearest?point=174.75,-36.86&f=html");
    assert!(near.text().contains("Quays"), "{}", near.text());
    let app = service.get("/app.json").json();
    assert_eq!((&app["lang"], &app["collections"][0]["names"]["en"]), (&"en".into(), &json!(["stop"])));
}
