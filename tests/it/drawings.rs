//! Drawings that are kept for links: one id for equal drawings, limits, and what happens without a folder.

use std::fmt::Write as _;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Answer, Service, fixtures};

fn keeping() -> (TempDir, Service) {
    let folder = tempfile::tempdir().expect("a folder");
    let service = Service::keeping(fixtures(), Some(folder.path().join("drawings")));
    (folder, service)
}

fn post(service: &Service, body: &str) -> Answer {
    service.send("POST", "/drawings", &[("content-type", "application/geo+json")], body.as_bytes().to_vec())
}

/// A regular polygon of so many corners around a place, closed.
fn round(corners: u32) -> String {
    let mut ring = String::new();
    for corner in (0..corners).chain([0]) {
        let angle = f64::from(corner) * std::f64::consts::TAU / f64::from(corners);
        let _ = write!(ring, "[{:.7},{:.7}],", 114.0 + angle.cos() / 10.0, 30.0 + angle.sin() / 10.0);
    }
    format!(r#"{{"type":"Polygon","coordinates":[[{}]]}}"#, ring.trim_end_matches(','))
}

#[test]
fn a_drawing_comes_back_by_its_id_and_equal_ones_have_one() {
    let (folder, service) = keeping();
    let square =
        json!({ "type": "Polygon", "coordinates": [[[114, 30], [114.1, 30], [114.1, 30.1], [114, 30]]] });
    let first = post(&service, &square.to_string());
    assert_eq!((first.status.as_u16(), first.header("content-type")), (201, "application/json"));
    let id = first.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(first.header("location"), format!("/drawings/{id}"));
    // The same in other words: white space, another order of members, digits below a centimetre.
    let same = r#" { "coordinates": [[[114.0, 3e1], [114.10000000001, 30], [114.1, 30.1], [114, 30]]], "type": "Polygon" } "#;
    let second = post(&service, same);
    assert_eq!((second.status.as_u16(), second.json()["id"].as_str()), (200, Some(&*id)));
    let other = post(&service, r#"{"type":"Point","coordinates":[1,2]}"#);
    assert_ne!(other.json()["id"], first.json()["id"]);

    let read = service.get(&format!("/drawings/{id}"));
    assert_eq!((read.status.as_u16(), read.header("content-type")), (200, "application/geo+json"));
    assert!(read.header("cache-control").contains("immutable"));
    let numbers = |value: &Value| value["coordinates"].to_string().replace(".0", "");
    assert_eq!(numbers(&read.json()), numbers(&square));
    // A later start of the service knows it too.
    let later = Service::keeping(fixtures(), Some(folder.path().join("drawings")));
    assert_eq!(later.get(&format!("/drawings/{id}")).body, read.body);
}

#[test]
fn what_is_no_drawing_is_refused_in_words() {
    let (folder, service) = keeping();
    for (body, word) in [
        ("", "GeoJSON geometry"),
        ("POINT(1 2)", "GeoJSON geometry"),
        (r#"{"type":"Polygon"}"#, "GeoJSON geometry"),
        (r#"{"type":"Feature","geometry":null,"properties":{}}"#, "GeoJSON geometry"),
        (r#"{"type":"Point","coordinates":[1,2]}]}"#, "GeoJSON geometry"),
        (r#"{"type":"Point","coordinates":[1,95]}"#, "outside the range"),
        (r#"{"type":"Polygon","coordinates":[[[0,0],[1,1],[0,1],[1,0],[0,0]]]}"#, "not valid"),
    ] {
        let answer = post(&service, body);
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (400, "application/problem+json"),
            "{body}"
        );
        assert!(
            answer.json()["detail"].as_str().is_some_and(|detail| detail.contains(word)),
            "{body}: {}",
            answer.text()
        );
    }
    assert_eq!(service.send("POST", "/drawings", &[], b"{}".to_vec()).status, 415);
    assert_eq!(post(&service, &" ".repeat((256 << 10) + 1)).status, 413);
    assert_eq!(service.get("/drawings").status, 405);
    assert_eq!(service.ask("OPTIONS", "/drawings", &[]).header("allow"), "POST, OPTIONS");
    let kept = std::fs::read_dir(folder.path().join("drawings")).expect("the folder").count();
    assert_eq!(kept, 0, "nothing of that is kept");
}

/// As many corners as the body may hold: their rings are looked through along a sweep, not edge by edge.
#[test]
fn a_drawing_may_have_as_many_corners_as_fit() {
    let (_folder, service) = keeping();
    let body = round(10_000);
    assert!(body.len() < 256 << 10);
    assert_eq!(post(&service, &body).status, 201);
    let hole = "[[114,30],[114.01,30],[114.01,30.01],[114,30]]";
    let with = |hole: &str| body.replace("]]]}", &format!("]],{hole}]}}"));
    assert_eq!(post(&service, &with(hole)).status, 201);
    for wrong in [
        "[[116,30],[116.01,30],[116.01,30.01],[116,30]]",
        "[[114,30],[114.01,30.01],[114.01,30],[114,30.01],[114,30]]",
    ] {
        let answer = post(&service, &with(wrong));
        assert!(answer.status == 400 && answer.text().contains("not valid"), "{wrong}: {}", answer.text());
    }
}

#[test]
fn five_thousand_corners_fit() {
    let (_folder, service) = keeping();
    let answer = post(&service, &round(5000));
    assert_eq!(answer.status, 201, "{}", answer.text());
    let id = answer.json()["id"].as_str().expect("an id").to_owned();
    let ring = service.get(&format!("/drawings/{id}")).json()["coordinates"][0].as_array().map(Vec::len);
    assert_eq!(ring, Some(5001));
}

#[test]
fn only_ids_lead_to_files() {
    let (folder, service) = keeping();
    std::fs::write(folder.path().join("secret.geojson"), "secret").expect("written");
    let unknown = "0".repeat(32);
    for id in [
        &*unknown,
        "..%2Fsecret",
        "..%2fsecret.geojson",
        "%2e%2e%2fsecret",
        ".",
        "secret",
        "%00",
        "x%2F..%2F..%2Fsecret",
        "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
    ] {
        let answer = service.get(&format!("/drawings/{id}"));
        assert_eq!(answer.status, 404, "{id}");
        assert_ne!(answer.text(), "secret", "{id}");
    }
    assert!(
        service.get(&format!("/drawings/{unknown}")).json()["detail"]
            .to_string()
            .contains("there is no drawing")
    );
}

#[test]
fn without_a_folder_that_can_be_written_the_rest_works_and_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("file");
    std::fs::write(&file, "").expect("written");
    for drawings in [None, Some(file.join("inside"))] {
        let service = Service::keeping(fixtures(), drawings);
        let answer = post(&service, r#"{"type":"Point","coordinates":[1,2]}"#);
        assert_eq!(answer.status, 501);
        assert!(answer.text().contains("--drawings"), "{}", answer.text());
        assert_eq!(service.get(&format!("/drawings/{}", "0".repeat(32))).status, 501);
        assert_eq!(service.get("/ogc").status, 200);
    }
}

/// Well-known text and GeoJSON are read as such once they begin so, and what is wrong with them is told where it is.
#[test]
fn what_is_wrong_with_a_geometry_is_told_where_it_is() {
    let (_folder, service) = keeping();
    let encoded = |text: &str| {
        percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
    };
    for (text, where_, what) in [
        ("POLYGON((115 30, 115 x, 116 30, 115 30))", "at character 22", "\"x, 116"),
        ("POLYGON((115 30, 116 30))", "at character 9", "4 positions or more"),
        ("POLYGON((115 30, 116 30, 116 31, 115 30)", "at character 41", "the end"),
        (
            r#"{"type":"Polygon","coordinates":[[[115,30],[116,30]]]}"#,
            "at /coordinates/0",
            "4 positions or more",
        ),
        (r#"{"type":"Polygon","coordinates":[[[115,30],"#, "at the top", "no JSON"),
    ] {
        for path in ["/measure?geometry=", "/ogc/collections/squares/aggregates?polygon="] {
            let answer = service.get(&format!("{path}{}", encoded(text)));
            let said = answer.json()["detail"].as_str().expect("a detail").to_owned();
            assert!(
                answer.status == 400 && said.contains(where_) && said.contains(what),
                "{path} {text}: {said}"
            );
        }
        if text.starts_with('{') {
            let said = post(&service, text).json()["detail"].as_str().expect("a detail").to_owned();
            assert!(said.contains(where_) && said.contains(what), "{text}: {said}");
        }
    }
}
