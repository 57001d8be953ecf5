//! What is within a walk: on a grid of streets whose answer is a diamond, against Bellman and Ford on random networks, by its own
//! rule at random places, and as the service and the program answer it.

use std::collections::HashSet;
use std::fmt::Write as _;
use std::process::Command;

use innospace::geometry::{Area, Network, Off, Shape, metres_between};
use proptest::prelude::*;
use serde_json::Value;

use crate::harness::{Answer, Service, shipped};
use crate::oracle;
use crate::random::Random;

const OFF: Off = Off { most_m: 100.0, factor: 1.3 };

#[expect(clippy::unnecessary_wraps, reason = "a check may fail")]
fn never() -> Result<(), ()> {
    Ok(())
}

fn point(at: [f64; 2]) -> Shape {
    Shape::Point(at.into())
}

/// Where the grid has its middle.
const MIDDLE: [f64; 2] = [114.17, 30.47];

/// Degrees of a metre east and north of the middle, by the geodesics of a kilometre.
fn degrees() -> [f64; 2] {
    let [x, y] = MIDDLE;
    let share = 0.01;
    [share / metres_between(MIDDLE, [x + share, y]), share / metres_between(MIDDLE, [x, y + share])]
}

fn at(east: f64, north: f64) -> [f64; 2] {
    let [x, y] = degrees();
    [MIDDLE[0] + east * x, MIDDLE[1] + north * y]
}

/// Streets east and north, so many metres apart, `half` of them to each side of the middle.
fn grid(cell: f64, half: i32) -> Vec<Vec<[f64; 2]>> {
    let far = |at: i32| f64::from(at) * cell;
    let along = |street: i32, east: bool| {
        (-half..=half)
            .map(move |step| if east { at(far(step), far(street)) } else { at(far(street), far(step)) })
            .collect()
    };
    (-half..=half).flat_map(|street| [along(street, true), along(street, false)]).collect()
}

#[test]
fn on_a_grid_a_ring_is_the_diamond_within_a_cell() {
    for (cell, half, reach) in
        [(100.0, 16, 1200.0), (100.0, 16, 400.0), (60.0, 20, 800.0), (200.0, 8, 1000.0)]
    {
        let network = Network::new(grid(cell, half)).expect("a network");
        let walk =
            network.walk(&point(MIDDLE), OFF, 4800.0, never).expect("no end").expect("a street is near");
        let ring = walk.within(reach, never).expect("no end").expect("an area");
        let [x, y] = degrees();
        // How far outside the diamond a position lies, metres; inside it is below 0.
        let beyond = |[a, b]: [f64; 2]| {
            (((a - MIDDLE[0]) / x).abs() + ((b - MIDDLE[1]) / y).abs() - reach) / std::f64::consts::SQRT_2
        };
        for outline in &ring {
            for corner in outline.exterior() {
                let off = beyond([corner.x, corner.y]);
                assert!(off.abs() <= cell, "cell {cell}, {reach} m: {off} m from the diamond");
            }
        }
        let area = Area::new(Shape::MultiPolygon(ring)).expect("an area");
        let mut random = Random::new(5);
        let (mut inside, mut outside) = (0, 0);
        for _ in 0..4000 {
            let place = at(random.real(-1.3 * reach, 1.3 * reach), random.real(-1.3 * reach, 1.3 * reach));
            let off = beyond(place);
            // Where streets are farther apart than twice what may be walked aside, blocks have a middle that nobody gets to.
            if off < -cell && cell <= 2.0 * OFF.most_m {
                assert!(area.holds(place), "cell {cell}, {reach} m: {place:?} is {off} m inside");
                inside += 1;
            } else if off > cell {
                assert!(!area.holds(place), "cell {cell}, {reach} m: {place:?} is {off} m outside");
                outside += 1;
            }
        }
        assert!((inside > 200 || cell > 2.0 * OFF.most_m) && outside > 500, "{inside} {outside}");
        // Metres to crossings are those of the diamond, to what a degree of longitude changes with latitude. Where streets are so
        // near each other that one may cross a block, a little less.
        let least = if cell < OFF.most_m { 0.9 } else { 0.999 };
        for (east, north) in [(3, 0), (-2, 4), (5, -5), (0, -7)] {
            let far = f64::from(i32::abs(east) + i32::abs(north)) * cell;
            let place = point(at(f64::from(east) * cell, f64::from(north) * cell));
            let got = walk.metres_to(&place, 1e9).expect("a walk");
            assert!(got > far * least && got < far * 1.001, "{east} {north}: {got}, expected {far}");
        }
    }
}

/// A grid of 4.8 km by 4.8 km with 13,000 edges, all of it within an hour, walked from its middle and from a shape with many corners:
/// the ring is the grid, widened by what may be walked aside.
#[test]
fn a_large_ring_is_found_piece_by_piece_and_ends_when_it_must() {
    let (cell, half) = (60.0, 40);
    let network = Network::new(grid(cell, half)).expect("a network");
    assert!(network.len() > 12_000);
    let corner = |at: f64| (at.cos(), at.sin());
    let star: Vec<[f64; 2]> = (0..=48)
        .map(|at| {
            let (x, y) = corner(f64::from(at % 48) * std::f64::consts::TAU / 48.0);
            let far = if at % 2 == 0 { 200.0 } else { 120.0 };
            self::at(x * far, y * far)
        })
        .collect();
    let ring: geo_types::LineString = star.into();
    for from in [point(MIDDLE), Shape::Polygon(geo_types::Polygon::new(ring, Vec::new()))] {
        let walk = network.walk(&from, OFF, 4800.0, never).expect("no end").expect("a street is near");
        let mut looks = 0;
        let area = walk.within(4800.0, || {
            looks += 1;
            never()
        });
        let area = Area::new(Shape::MultiPolygon(area.expect("no end").expect("an area"))).expect("an area");
        // The clock is looked at between pieces, of which there are thousands.
        assert!(looks > 1_000, "{looks}");
        let mut random = Random::new(11);
        for _ in 0..2_000 {
            let (east, north) = (random.real(-2600.0, 2600.0), random.real(-2600.0, 2600.0));
            // Far from the corners, which are an hour away.
            if east.abs() + north.abs() > 4_000.0 {
                continue;
            }
            let (place, out) = (self::at(east, north), east.abs().max(north.abs()) - 2_400.0);
            assert!(area.holds(place) || out > OFF.most_m * 0.98, "{east} {north}");
            assert!(!area.holds(place) || out < OFF.most_m * 1.02, "{east} {north}");
        }
        let mut left = 500;
        let ended = walk.within(4800.0, || {
            left -= 1;
            if left == 0 { Err("the time is over") } else { Ok(()) }
        });
        assert_eq!((ended.err(), left), (Some("the time is over"), 0), "and no look after that");
    }
}

/// Metres from a node to every node, by going over all edges as often as there are nodes.
fn bellman_ford(nodes: &[[f64; 2]], edges: &[(usize, usize)], from: usize) -> Vec<f64> {
    let mut metres = vec![f64::INFINITY; nodes.len()];
    metres[from] = 0.0;
    for _ in nodes {
        for &(a, b) in edges {
            let length = metres_between(nodes[a], nodes[b]);
            metres[b] = metres[b].min(metres[a] + length);
            metres[a] = metres[a].min(metres[b] + length);
        }
    }
    metres
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn walks_are_those_of_bellman_and_ford(seed in any::<u64>(), count in 2_u64..24, more in 1_u64..60, most in 500.0..9000.0_f64) {
        let mut random = Random::new(seed);
        let nodes: Vec<_> = (0..count).map(|_| at(random.real(-2000.0, 2000.0), random.real(-2000.0, 2000.0))).collect();
        let pick = |random: &mut Random| usize::try_from(random.below(count)).expect("small");
        let edges: Vec<_> = (0..more).map(|_| (pick(&mut random), pick(&mut random))).filter(|(a, b)| a != b).collect();
        let lines = edges.iter().map(|&(a, b)| [nodes[a], nodes[b]]);
        let Some(network) = Network::new(lines) else { return Ok(()) };
        // A millimetre aside: only what touches a line is at it.
        let off = Off { most_m: 1e-3, factor: 1.0 };
        let Some((from, _)) = edges.first().copied() else { return Ok(()) };
        let walk = network.walk(&point(nodes[from]), off, most, never).expect("no end").expect("it is on a line");
        let touched: HashSet<usize> = edges.iter().flat_map(|&(a, b)| [a, b]).collect();
        for (node, want) in bellman_ford(&nodes, &edges, from).into_iter().enumerate() {
            // Straight there is only what is the start itself.
            let straight = metres_between(nodes[from], nodes[node]);
            let got = walk.metres_to(&point(nodes[node]), straight);
            if want <= most - 0.01 {
                let got = got.expect("a walk");
                prop_assert!((got - want).abs() < 0.01, "{node}: {got}, expected {want}");
            } else if want > most + 0.01 && touched.contains(&node) {
                // What is farther is not told, or, in the middle of an edge that is reached, truly.
                prop_assert!(got.is_none_or(|got| got > most - 0.01), "{node}: {got:?}, expected {want}");
            }
        }
    }

    #[test]
    fn what_lies_in_a_ring_is_no_farther_than_it_says(seed in any::<u64>(), reach in 100.0..900.0_f64) {
        let mut random = Random::new(seed);
        let nodes: Vec<_> = (0..14).map(|_| at(random.real(-700.0, 700.0), random.real(-700.0, 700.0))).collect();
        let lines: Vec<_> = (0..18).map(|_| [*random.of(&nodes), *random.of(&nodes)]).filter(|[a, b]| a != b).collect();
        let Some(network) = Network::new(lines) else { return Ok(()) };
        let from = at(random.real(-300.0, 300.0), random.real(-300.0, 300.0));
        let Some(walk) = network.walk(&point(from), OFF, 4800.0, never).expect("no end") else { return Ok(()) };
        // At the very limit of what may be walked aside a chord is a metre short: what must be in the ring is what is reached
        // with a metre less.
        let inner = network.walk(&point(from), Off { most_m: OFF.most_m - 1.0, ..OFF }, 4800.0, never).expect("no end");
        let area = walk.within(reach, never).expect("no end").and_then(|area| Area::new(Shape::MultiPolygon(area)));
        for _ in 0..60 {
            let place = at(random.real(-900.0, 900.0), random.real(-900.0, 900.0));
            // The way off all lines is drawn apart.
            if metres_between(from, place) <= OFF.most_m {
                continue;
            }
            let metres = walk.metres_to(&point(place), 1e9).unwrap_or(f64::INFINITY);
            let is_inside = area.as_ref().is_some_and(|area| area.holds(place));
            // Arcs are chords of 15 degrees: too narrow by a hundredth of what is walked aside, and more before a tip.
            let reached = inner.as_ref().and_then(|walk| walk.metres_to(&point(place), 1e9));
            if reached.is_some_and(|metres| metres < reach - 6.0) {
                prop_assert!(is_inside, "{place:?} is {metres} m away and not within {reach}");
            }
            if is_inside {
                prop_assert!(metres < reach + 6.0, "{place:?} is {metres} m away and within {reach}");
            }
        }
    }
}

/// A folder with streets, facilities and a block of parcels around the middle.
fn folder(with_network: bool) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    let place = |id: &str, kind: &str, lifecycle: &str, at: Option<[f64; 2]>| {
        let geometry =
            at.map_or("null".to_owned(), |at| format!(r#"{{"type":"Point","coordinates":{at:?}}}"#));
        format!(
            r#"{{"type":"Feature","id":"{id}","properties":{{"name_zh":"{id}","name_en":"{id}","kind":"{kind}","lifecycle":"{lifecycle}","accuracy_m":10}},"geometry":{geometry}}}"#
        )
    };
    let collection = |features: &[String]| {
        format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
    };
    write(
        "places.geojson",
        &collection(&[
            place("near", "school", "existing", Some(at(300.0, 0.0))),
            place("round", "school", "existing", Some(at(300.0, 300.0))),
            place("soon", "hospital", "planned", Some(at(100.0, 0.0))),
            place("far", "hospital", "existing", Some(at(900.0, 700.0))),
            place("unknown", "library", "existing", None),
            place("crossing", "bridge", "existing", Some(at(100.0, 0.0))),
        ]),
    );
    let square = |west: f64, south: f64| {
        let ring: Vec<_> = [(0.0, 0.0), (80.0, 0.0), (80.0, 80.0), (0.0, 80.0), (0.0, 0.0)]
            .map(|(x, y)| format!("{:?}", at(west + x, south + y)))
            .into();
        format!(
            r#"{{"type":"Feature","id":"p{west}","properties":{{"people":7}},"geometry":{{"type":"Polygon","coordinates":[[{}]]}}}}"#,
            ring.join(",")
        )
    };
    write("parcels.geojson", &collection(&[square(10.0, 10.0), square(110.0, 10.0), square(1610.0, 10.0)]));
    let streets: Vec<_> = grid(100.0, 10)
        .into_iter()
        .enumerate()
        .map(|(id, line)| {
            format!(r#"{{"type":"Feature","id":"s{id}","properties":{{}},"geometry":{{"type":"LineString","coordinates":{line:?}}}}}"#)
        })
        .collect();
    write("streets.geojson", &collection(&streets));
    let mut text = "title = { en = \"walks\" }\n[walk]\nnot_walked_to = [\"bridge\"]\n".to_owned();
    if with_network {
        text.push_str("network = [\"streets\"]\n");
    }
    text.push_str("[walk.titles]\nschool = { zh = \"学校\", en = \"school\" }\n");
    for (id, draw) in [("places", "facility"), ("parcels", "parcel"), ("streets", "road")] {
        // Writing to a text does not fail.
        let _ = write!(
            text,
            "[[layers]]\nid = \"{id}\"\nfile = \"{id}.geojson\"\ntitle = {{ en = \"{id}\" }}\ndraw = \"{draw}\"\nsynthetic = {}\n",
            id == "parcels"
        );
    }
    write("catalog.toml", &text);
    folder
}

fn english(service: &Service, path: &str) -> Answer {
    service.ask("GET", path, &[("accept-language", "en")])
}

fn ask(service: &Service, query: &str) -> Value {
    let [x, y] = MIDDLE;
    english(service, &format!("/ogc/reach?point={x},{y}&{query}")).json()
}

#[test]
fn facilities_are_told_by_category_with_gaps_and_parcels() {
    let folder = folder(true);
    let service = Service::over(folder.path());
    let told = ask(&service, "minutes=5,10");
    assert_eq!((&told["type"], &told["mode"]), (&"FeatureCollection".into(), &"network".into()));
    // 300 m east, and 300 m east and north, at 80 m a minute.
    let school = &told["categories"][0];
    assert_eq!((&school["category"], &school["title"]), (&"school".into(), &"school".into()));
    assert_eq!((&school["counts"], &school["nearest"]["id"]), (&serde_json::json!([1, 2]), &"near".into()));
    assert_eq!(school["nearest"]["minutes"], 3.8);
    // 1600 m are 20 minutes: in no ring, and told as the nearest. What is only planned is no hospital yet.
    let hospital = &told["categories"][1];
    assert_eq!((&hospital["counts"], &hospital["total"]), (&serde_json::json!([0, 0]), &1.into()));
    assert_eq!(
        (&hospital["nearest"]["minutes"], &hospital["nearest"]["within"]),
        (&20.0.into(), &Value::Null)
    );
    let library = &told["categories"][2];
    assert_eq!((&library["withoutPosition"], &library["nearest"]), (&1.into(), &Value::Null));
    assert_eq!(told["categories"].as_array().map(Vec::len), Some(3), "nobody walks to a bridge");
    assert_eq!(told["facilities"].as_array().map(Vec::len), Some(2));
    let rings = told["features"].as_array().expect("rings");
    assert_eq!(rings[0]["properties"]["gaps"], serde_json::json!(["hospital", "library"]));
    assert_eq!(rings[1]["properties"]["counts"], serde_json::json!({ "school": 2 }));
    // A diamond of 800 m has 128 hectares; its rim is within a cell.
    let hectares = rings[1]["properties"]["area_ha"].as_f64().expect("hectares");
    assert!((hectares - 128.0).abs() < 25.0, "{hectares}");
    let parcels = &told["polygons"][0];
    assert_eq!((&parcels["collection"], &parcels["synthetic"]), (&"parcels".into(), &true.into()));
    assert_eq!(parcels["rings"][1]["count"], 2);
    let area = parcels["rings"][1]["areaHa"].as_f64().expect("hectares");
    assert!((area - 2.0 * 0.64).abs() < 0.01, "two squares of 80 m: {area}");
    // Of all three squares the centres of two are within 400 m on foot.
    let people = ask(&service, "minutes=1,5&measure=sum(people),max(people)");
    let rings = &people["polygons"][0]["rings"];
    assert_eq!(rings[0]["measures"], serde_json::json!({ "sum(people)": null, "max(people)": null }));
    assert_eq!(rings[1]["measures"], serde_json::json!({ "sum(people)": 14.0, "max(people)": 7.0 }));
    assert_eq!(ask(&service, "planned=true")["categories"][1]["nearest"]["id"], "soon");
    let slow = ask(&service, "minutes=5&speed=2.4");
    assert_eq!(slow["categories"][0]["nearest"]["minutes"], 7.5, "half as fast, twice as long");
    assert_eq!(slow["features"][0]["properties"]["walk_m"], 200.0);
}

#[test]
fn the_mode_is_said_and_a_start_far_from_the_network_is_told() {
    let (with, without) = (folder(true), folder(false));
    let (with, without) = (Service::over(with.path()), Service::over(without.path()));
    let straight = ask(&without, "");
    assert_eq!(straight["mode"], "straight");
    assert!(straight["statement"].as_str().is_some_and(|said| said.contains("no network")), "{straight:#}");
    assert_eq!(
        straight["categories"][0]["nearest"]["walkM"].as_f64().map(f64::round),
        Some(390.0),
        "300 m times 1.3"
    );
    assert_eq!(ask(&with, "mode=straight")["mode"], "straight");
    let far = at(3000.0, 3000.0);
    let far = english(&with, &format!("/ogc/reach?point={},{}", far[0], far[1])).json();
    assert!(
        far["statement"].as_str().is_some_and(|said| said.contains("no line of the network is near")),
        "{far:#}"
    );
    assert_eq!(far["mode"], "straight");
    let problems = [
        "point=114.3,30.6&mode=network",
        "",
        "point=1,1&feature=places:near",
        "point=1,1&minutes=0",
        "point=1,1&minutes=61",
        "point=1,1&minutes=x",
        "point=1,1&minutes=1,2,3,4,5,6,7,8,9,10,11,12,13",
        "point=1,1&speed=0.5",
        "point=1,1&detour=9",
        "point=1,1&mode=car",
        "point=1,1&collections=none",
        "point=1,1&polygons=none",
        "point=1,1&measure=people",
        "point=1,1&measure=sum(nobody)",
        "feature=places:unknown",
    ];
    for query in problems {
        let answer = with.get(&format!("/ogc/reach?{query}"));
        assert_eq!(answer.status, 400, "{query}");
        assert!(answer.json()["parameter"].is_string(), "{query}: {}", answer.text());
    }
    assert_eq!(ask(&without, "mode=network")["parameter"], "mode");
}

#[test]
fn straight_minutes_are_geodesics_times_the_factor() {
    let service = Service::over(shipped());
    let told = ask(&service, "minutes=60&planned=true");
    let facilities = told["facilities"].as_array().expect("facilities");
    assert!(facilities.len() >= 4, "{}", facilities.len());
    let [x, y] = MIDDLE;
    let at = |one: &Value| {
        let (collection, id) =
            (one["collection"].as_str().expect("a text"), one["id"].as_str().expect("a text"));
        let item = service.get(&format!("/ogc/collections/{collection}/items/{id}")).json();
        let at = &item["geometry"]["coordinates"];
        format!("POINT({x} {y})\tPOINT({} {})", at[0], at[1])
    };
    let pairs: Vec<_> = facilities.iter().map(at).collect();
    for (one, want) in facilities.iter().zip(oracle::ask("nearest.py", &pairs)) {
        let want: f64 = want.parse().expect("metres");
        let got = one["walkM"].as_f64().expect("metres");
        assert!((got - want * 1.3).abs() < 2e-3, "{}: {got}, PROJ {want}", one["id"]);
        let minutes = one["minutes"].as_f64().expect("minutes");
        assert!((minutes - want * 1.3 / 80.0).abs() < 0.051, "{}", one["id"]);
    }
    // The ring is the disc of 4800 / 1.3 m around the position, its arcs short chords.
    let hectares = told["features"][0]["properties"]["area_ha"].as_f64().expect("hectares");
    let disc = std::f64::consts::PI * (4800.0_f64 / 1.3).powi(2) / 10_000.0;
    assert!((hectares / disc - 1.0).abs() < 2e-3, "{hectares}, expected {disc}");
}

#[test]
fn a_walk_from_a_block_starts_at_its_edge() {
    let service = Service::over(shipped());
    let block = service.get("/ogc/reach?feature=sites:nantaizihu-innovation-block&minutes=1").json();
    let ring = block["features"][0]["properties"]["area_ha"].as_f64().expect("hectares");
    let own = service.get("/ogc/collections/sites/items/nantaizihu-innovation-block").json();
    let own = own["properties"]["area_km2"].as_f64().expect("an area") * 100.0;
    assert!(ring > own && ring < own + 200.0, "{ring} ha around {own} ha");
}

#[test]
fn the_program_answers_what_the_service_answers() {
    let folder = folder(true);
    let service = Service::over(folder.path());
    let [x, y] = MIDDLE;
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_innospace"))
            .args(["reach", "--point", &format!("{x},{y}"), "--data"])
            .arg(folder.path())
            .args(arguments)
            .output()
            .expect("the program starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let printed: Value = serde_json::from_str(&run(&["--minutes", "5", "--format", "json"])).expect("JSON");
    let mut served = ask(&service, "minutes=5");
    served.as_object_mut().expect("an object").remove("links");
    assert_eq!(printed, served);
    let text = run(&["--lang", "zh"]);
    for said in ["沿路网", "学校", "缺：", "公顷"] {
        assert!(text.contains(said), "{said}: {text}");
    }
    let page = english(&service, &format!("/ogc/reach?point={x},{y}&f=html"));
    assert_eq!(page.status, 200);
    assert!(page.text().contains("along the network") && page.text().contains("Gaps:"), "{}", page.text());
}

/// The table of walks in a sheet.
fn walk_table(sheet: &Value) -> Value {
    let blocks = sheet["sections"].as_array().expect("sections").iter();
    let mut blocks = blocks.flat_map(|one| one["blocks"].as_array().expect("blocks"));
    blocks.find(|block| block["name"] == "walk").expect("a table of walks").clone()
}

/// What a sheet must say, taken from the answer of `/ogc/reach` for the same feature: the numbers of a row by its name.
fn rows_of_reach(told: &Value) -> Vec<(String, Vec<Option<f64>>)> {
    let list = |value: &Value| value.as_array().expect("a list").clone();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let mut rows = Vec::new();
    for category in list(&told["categories"]) {
        let counts = list(&category["counts"]).iter().map(Value::as_f64).collect();
        rows.push((text(&category["title"]), counts));
    }
    for polygons in list(&told["polygons"]) {
        for (word, member) in [("centre inside", "count"), ("ha within", "overlapHa")] {
            let numbers = list(&polygons["rings"]).iter().map(|ring| ring[member].as_f64()).collect();
            rows.push((format!("{}: {word}", text(&polygons["title"])), numbers));
        }
    }
    let areas = list(&told["features"]).iter().map(|ring| ring["properties"]["area_ha"].as_f64()).collect();
    rows.push(("Area reached, ha".to_owned(), areas));
    rows
}

#[test]
fn the_sheet_of_a_place_says_what_is_within_a_walk() {
    let streets = folder(true);
    for (service, collection, ids, statement) in [
        (
            Service::over(shipped()),
            "sites",
            ["nantaizihu-innovation-valley", "donghe-centre"],
            "Straight-line distance times a detour factor",
        ),
        (Service::over(streets.path()), "places", ["near", "round"], "On foot along the network"),
    ] {
        let mut wanted = Vec::new();
        for id in ids {
            let told = english(&service, &format!("/ogc/reach?feature={collection}:{id}")).json();
            let sheet = service.get(&format!("/reports/site.json?id={id}&lang=en&as_of=2026-11-01")).json();
            let table = walk_table(&sheet);
            let rows = rows_of_reach(&told);
            let said = table["rows"].as_array().expect("rows");
            assert_eq!(said.len(), rows.len(), "{id}");
            for (said, (name, numbers)) in said.iter().zip(&rows) {
                assert_eq!(said[0], **name, "{id}");
                let got = [&said[1], &said[2], &said[3]].map(Value::as_f64);
                let rounded = got.map(|number| number.map(|number| (number * 100.0).round() / 100.0));
                assert_eq!(rounded.as_slice(), numbers, "{id}: {name}");
            }
            for category in told["categories"].as_array().expect("categories") {
                let nearest = &category["nearest"];
                let Some(name) = nearest["name"].as_str() else { continue };
                let row = said.iter().find(|row| row[0] == category["title"]).expect("a row");
                let minutes = nearest["minutes"].as_f64().expect("minutes");
                let remark = row[4].as_str().expect("a remark");
                assert!(remark.starts_with(&format!("nearest {name}, {minutes:.1} min")), "{id}: {remark}");
            }
            assert!(sheet.to_string().contains(statement), "{id}");
            wanted.push(rows);
        }
        // Side by side the same numbers stand in one cell.
        let sheet =
            service.get(&format!("/reports/site.json?ids={}&lang=en&as_of=2026-11-01", ids.join(","))).json();
        let table = walk_table(&sheet);
        for row in table["rows"].as_array().expect("rows") {
            for (at, rows) in wanted.iter().enumerate() {
                let Some((name, numbers)) = rows.iter().find(|(name, _)| row[0] == **name) else { continue };
                let cell = row[at + 1].as_str().expect("a text");
                let parts: Vec<_> = cell.split("; ").next().expect("numbers").split(" / ").collect();
                let said: Vec<_> =
                    parts.iter().map(|part| part.replace(',', "").parse::<f64>().ok()).collect();
                assert_eq!(&said, numbers, "{name}: {cell}");
            }
        }
    }
}

#[test]
fn a_sheet_names_gaps_in_every_form() {
    let service = Service::over(shipped());
    let query = "ids=nantaizihu-innovation-valley,midea-wuhan";
    let told = english(&service, "/ogc/reach?feature=sites:nantaizihu-innovation-valley").json();
    let gaps = told["features"][2]["properties"]["gaps"].as_array().expect("gaps").clone();
    let title = |id: &Value| {
        let categories = told["categories"].as_array().expect("categories").iter();
        categories.clone().find(|one| one["category"] == *id).expect("a category")["title"].clone()
    };
    let gaps: Vec<_> = gaps.iter().map(|id| title(id).as_str().expect("a title").to_owned()).collect();
    assert!(gaps.len() > 2, "{gaps:?}");
    let want = format!(
        "gaps within 15 min: {}; straight line with a detour factor of 1.3, 4.8 km/h",
        gaps.join(", ")
    );
    let json = service.get(&format!("/reports/site.json?{query}&lang=en")).json();
    let blocks = &json["sections"][0]["blocks"][0]["rows"];
    let row = blocks.as_array().expect("rows").iter().find(|row| row[0] == "Within 5 / 10 / 15 min on foot");
    let row = row.expect("a row");
    assert!(row[1].as_str().is_some_and(|said| said.ends_with(&want)), "{row}, expected {want}");
    assert_eq!(row[2], "no position");
    let page = service.get(&format!("/reports/site.html?{query}&lang=zh"));
    assert!(
        page.text().contains("步行 5 / 10 / 15 分钟内") && page.text().contains("15 分钟内缺："),
        "{}",
        page.text()
    );
    let page = service.get("/reports/site.html?id=nantaizihu-innovation-valley&lang=both");
    assert!(page.text().contains("Within a walk") && page.text().contains("最近"), "{}", page.text());
}
