//! Links: geodesics with their lengths against PROJ, over the antimeridian too; extents of the map.

use std::fmt::Write as _;

use innospace::geometry::along_geodesic;
use serde_json::Value;

use crate::harness::{Service, shipped};
use crate::oracle;
use crate::random::Random;

fn positions(geometry: &Value) -> Vec<[f64; 2]> {
    let of = |at: &Value| [at[0].as_f64().expect("a number"), at[1].as_f64().expect("a number")];
    geometry["coordinates"].as_array().expect("coordinates").iter().map(of).collect()
}

fn line(positions: &[[f64; 2]]) -> String {
    positions.iter().map(|[x, y]| format!("{x},{y}")).collect::<Vec<_>>().join(" ")
}

/// Metres of the geodesic between the ends, and the most that positions between lie off it, by PROJ.
fn told(lines: &[String]) -> Vec<[f64; 2]> {
    let answers = oracle::ask("links.py", lines);
    let numbers = |answer: &String| {
        let mut numbers = answer.split(' ').map(|number| number.parse().expect("a number"));
        [numbers.next().expect("metres"), numbers.next().expect("metres")]
    };
    answers.iter().map(numbers).collect()
}

#[test]
fn links_are_geodesics_and_tell_their_length() {
    let service = Service::over(shipped());
    let links = service.get("/ogc/collections/links/items?limit=100").json();
    let links = links["features"].as_array().expect("links");
    let drawn: Vec<_> = links.iter().filter(|link| !link["geometry"].is_null()).collect();
    // Four corridor cities, five areas of influence, three parks of which one has a position, four enclave cities.
    assert_eq!((links.len(), drawn.len()), (16, 14));
    let lines: Vec<_> = drawn.iter().map(|link| line(&positions(&link["geometry"]))).collect();
    for (link, [metres, off]) in drawn.iter().zip(told(&lines)) {
        let id = &link["id"];
        let length = link["properties"]["length_m"].as_f64().expect("a length");
        assert!((length - metres).abs() < 1e-3, "{id}: {length}, PROJ {metres}");
        assert!(off < 1e-3, "{id}: {off} m off");
        let at = positions(&link["geometry"]);
        assert!(at.len() > 2 || length < 10_000.0, "{id} has no positions between its ends");
        // It ends where the place is drawn.
        let place = link["properties"]["to_id"].as_str().expect("a place");
        let hits: Vec<_> = ["regions", "sites"]
            .into_iter()
            .map(|layer| service.get(&format!("/ogc/collections/{layer}/items/{place}")))
            .filter(|answer| answer.status == 200)
            .collect();
        let place = hits.first().expect("the place is drawn").json();
        let end = place["geometry"]["coordinates"].as_array().expect("a point").clone();
        assert_eq!(at.last().map(|at| at.map(Value::from).to_vec()), Some(end), "{id}");
        assert_eq!(place["properties"]["accuracy_m"], link["properties"]["accuracy_m"], "{id}");
    }
    for link in links.iter().filter(|link| link["geometry"].is_null()) {
        assert!(link["properties"]["length_m"].is_null(), "{}: no line, no length", link["id"]);
    }
    let schema = service.get("/ogc/collections/links/schema").json();
    assert_eq!(schema["properties"]["length_m"]["x-ogc-unit"], "m", "{schema:#}");
}

#[test]
fn ways_anywhere_keep_to_the_geodesic_and_to_the_range_of_longitudes() {
    let mut random = Random::new(21);
    let (mut lines, mut ends, mut cut) = (Vec::new(), Vec::new(), 0);
    for _ in 0..150 {
        let mut at = || [random.real(-180.0, 180.0), random.real(-80.0, 80.0)];
        let (a, b) = (at(), at());
        let runs = along_geodesic(&[a, b], 150_000.0);
        cut += u32::from(runs.len() > 1);
        for pair in runs.windows(2) {
            let (end, start) = (pair[0].last().expect("a position"), pair[1][0]);
            assert!(end[0].abs() == 180.0 && start[0] == -end[0] && start[1] == end[1], "{end:?} {start:?}");
        }
        let all = runs.concat();
        assert!(all.iter().all(|[x, y]| x.abs() <= 180.0 && y.abs() <= 90.0));
        assert_eq!((all.first(), all.last()), (Some(&a), Some(&b)));
        let mut text = String::new();
        for [x, y] in &all {
            // Writing to a text does not fail.
            let _ = write!(text, "{x},{y} ");
        }
        lines.push(text);
        ends.push((a, b));
    }
    assert!(cut > 20, "only {cut} crossed the antimeridian");
    for ((a, b), [metres, off]) in ends.into_iter().zip(told(&lines)) {
        assert!(off < 1e-3, "{a:?} {b:?}: {off} m off");
        let got = innospace::geometry::metres_between(a, b);
        assert!((got - metres).abs() < 1e-3, "{a:?} {b:?}: {got}, PROJ {metres}");
    }
}

#[test]
fn extents_are_named_by_the_data_and_drawn() {
    let service = Service::over(shipped());
    let app = service.get("/app.json").json();
    let extents = app["extents"].as_array().expect("extents");
    let ids: Vec<_> = extents.iter().map(|extent| extent["id"].as_str().expect("an id")).collect();
    assert_eq!(ids, ["zone", "city", "province", "nation"]);
    // From near to far, each in the next but for the zone's axis.
    let width = |extent: &Value| {
        extent["bbox"][2].as_f64().expect("east") - extent["bbox"][0].as_f64().expect("west")
    };
    assert!(extents.windows(2).all(|pair| width(&pair[0]) < width(&pair[1])));
    for id in ids {
        let map = service.get(&format!("/maps/explore.svg?extent={id}&width=400&height=300&furniture=none"));
        assert_eq!(map.status, 200, "{id}: {}", map.text());
    }
    let problem = service.get("/maps/explore.svg?extent=moon").json();
    assert_eq!(problem["parameter"], "extent");
    assert_eq!(service.get("/maps/explore.svg?extent=zone&bbox=1,1,2,2").json()["parameter"], "bbox");
}
