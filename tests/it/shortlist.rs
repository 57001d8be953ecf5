//! Shortlists: counts by first failed criterion, ranks and their parts, distances, least relaxations, neighbours that are
//! large enough together, shares of capped uses.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use calamine::{Data, Reader as _};
use serde_json::{Value, json};

use crate::harness::{Service, data_folder, shipped};
use crate::oracle::{ask, shape, wkt};
use crate::random::Random;

/// Squares of 0.001 degrees on a street along the equator, side by side from a to f, and one without position.
///
/// | id | use  | status | area_m2 | unit | west edge |
/// |----|------|--------|---------|------|-----------|
/// | a  | M0   | idle   | 12000   | U1   | 0.000     |
/// | b  | M0   | idle   | 12300   | U1   | 0.001     |
/// | c  | R2   | idle   | 12364   | U1   | 0.002     |
/// | d  | M0   | built  | 30000   | U2   | 0.003     |
/// | e  | M0   | idle   | null    | U2   | 0.004     |
/// | f  | null | idle   | 12364   | U2   | 0.005     |
/// | g  | M0   | idle   | 9000    | U3   | 0.010     |
/// | h  | M0   | idle   | 25000   | U1   | nowhere   |
fn street() -> (tempfile::TempDir, Service) {
    let rows = [
        ("a", json!("M0"), "idle", json!(12000.0), "U1", Some(0.0)),
        ("b", json!("M0"), "idle", json!(12300.0), "U1", Some(0.001)),
        ("c", json!("R2"), "idle", json!(12364.0), "U1", Some(0.002)),
        ("d", json!("M0"), "built", json!(30000.0), "U2", Some(0.003)),
        ("e", json!("M0"), "idle", Value::Null, "U2", Some(0.004)),
        ("f", Value::Null, "idle", json!(12364.0), "U2", Some(0.005)),
        ("g", json!("M0"), "idle", json!(9000.0), "U3", Some(0.01)),
        ("h", json!("M0"), "idle", json!(25000.0), "U1", None),
    ];
    let square = |west: f64| {
        let east = ((west + 0.001) * 1e7).round() / 1e7;
        json!({ "type": "Polygon", "coordinates": [[[west, 0.0], [east, 0.0], [east, 0.001], [west, 0.001], [west, 0.0]]] })
    };
    // Not in the order of their ids.
    let features: Vec<Value> = rows
        .into_iter()
        .rev()
        .map(|(id, code, status, area, unit, west)| {
            json!({ "type": "Feature", "id": id, "geometry": west.map(square), "properties": {
                "use": code, "status": status, "area_m2": area, "unit": unit, "since": format!("2020-01-{:02}", id.as_bytes()[0] - b'a' + 1) } })
        })
        .collect();
    let ways = [
        json!({ "type": "Feature", "id": "way", "properties": { "name_zh": "路", "name_en": "Way" },
            "geometry": { "type": "LineString", "coordinates": [[0.0145, 0.0], [0.0145, 0.01]] } }),
        json!({ "type": "Feature", "id": "far", "properties": { "name_zh": "远", "name_en": "Far" },
            "geometry": { "type": "Point", "coordinates": [1.0, 1.0] } }),
    ];
    let folder = data_folder(
        &(lots_catalog("synthetic = true")
            + r#"
[[layers]]
id = "ways"
file = "ways.geojson"
title = { zh = "道路", en = "Ways" }
draw = "axis"
"#),
        &[("lots", &features), ("ways", &ways)],
    );
    let service = Service::over(folder.path());
    (folder, service)
}

/// A catalogue with a layer of lots, of which more may be said.
fn lots_catalog(more: &str) -> String {
    format!(
        r#"
title = {{ zh = "街", en = "Street" }}
[cap]
unit = "unit"
use = "use"
codes = ["M0"]
[[layers]]
id = "lots"
file = "lots.geojson"
title = {{ zh = "地块", en = "Lots" }}
draw = "parcel"
{more}
[layers.fields.area_m2]
unit = "m2"
kind = "real"
"#
    )
}

fn path(collection: &str, resource: &str, pairs: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("/ogc/collections/{collection}/{resource}?{query}")
}

fn told(service: &Service, pairs: &[(&str, &str)]) -> Value {
    let answer = service.ask("GET", &path("lots", "shortlist", pairs), &[("accept-language", "en")]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn ids(list: &Value) -> Vec<&str> {
    list["items"].as_array().expect("items").iter().map(|item| item["id"].as_str().expect("an id")).collect()
}

fn counts(list: &Value, name: &str) -> Vec<u64> {
    let criteria = list["criteria"].as_array().expect("criteria");
    criteria.iter().map(|criterion| criterion[name].as_u64().expect("a count")).collect()
}

const FILTER: &str = "use = 'M0' AND status = 'idle' AND area_m2 > 20000";

/// A degree of the equator: 2 pi 6378137 / 360.
const DEGREE: f64 = 111_319.490_793;
/// One of the squares: the product of both radii of curvature at the equator, 6335439.327 m and 6378137 m, and the square of
/// 0.001 degrees.
const SQUARE_M2: f64 = 12_309.07;

#[test]
fn each_feature_is_told_of_once_and_each_relaxation_is_the_least() {
    let (_folder, service) = street();
    let list = told(&service, &[("filter", FILTER), ("want", "3")]);
    assert_eq!(ids(&list), ["h"]);
    assert_eq!(
        (&list["searched"], &list["numberMatched"], &list["unknown"]),
        (&json!(8), &json!(1), &json!(1))
    );
    // c fails the use, d the status; a, b, g the area; f, whose use is not known, the area too; of e the area is not known.
    assert_eq!(counts(&list, "failed"), [1, 1, 4]);
    assert_eq!(counts(&list, "unknown"), [0, 0, 1]);
    assert_eq!(counts(&list, "matchedWithout"), [1, 2, 5]);
    // Two more: b has 12300, a has 12000. By itself that lets in a, b, c, f.
    let relaxed = &list["criteria"][2]["relaxation"];
    assert_eq!(relaxed["criterion"], "area_m2 >= 12000");
    assert_eq!(relaxed["bounds"], json!([{ "bound": "least", "from": 20000, "to": 12000.0, "change": 0.4 }]));
    assert_eq!((&relaxed["numberMatched"], &relaxed["letIn"]), (&json!(3), &json!(4)));
    assert_eq!(relaxed["filter"], "use = 'M0' AND status = 'idle' AND area_m2 >= 12000");
    // Nothing else is enough: without the use none more would match, without the status one.
    assert_eq!(list["criteria"][0]["relaxation"]["most"], 1);
    assert_eq!(list["criteria"][1]["relaxation"]["most"], 2);
    assert_eq!(list["relaxation"]["best"], 3);
    // For one more the status is the smaller step: it lets in d alone, the area b, c, f.
    let list = told(&service, &[("filter", FILTER), ("want", "2")]);
    let relaxed = &list["criteria"][1]["relaxation"];
    assert_eq!(relaxed["criterion"], "status IN ('idle', 'built')");
    assert_eq!(relaxed["values"], json!([{ "value": "built", "count": 1 }]));
    assert_eq!((&relaxed["numberMatched"], &relaxed["letIn"]), (&json!(2), &json!(1)));
    assert_eq!(list["criteria"][2]["relaxation"]["bounds"][0]["to"], 12300.0);
    assert_eq!(list["relaxation"]["best"], 2);
    // Four known areas are too small, so five can match, not six; e, whose area is not known, is never let in.
    assert_eq!(told(&service, &[("filter", FILTER), ("want", "4")])["relaxation"]["best"], 3);
    let list = told(&service, &[("filter", FILTER), ("want", "5")]);
    assert_eq!(list["criteria"][2]["relaxation"]["most"], 4);
    assert_eq!(list["relaxation"]["best"], Value::Null);
    assert_eq!(list["relaxation"]["statement"], "No criterion relaxed alone is enough for 5");
    // Enough: nothing is relaxed.
    let list = told(&service, &[("filter", FILTER), ("want", "1")]);
    assert_eq!(list["relaxation"]["needed"], false);
    assert_eq!(list["criteria"][2]["relaxation"], Value::Null);
}

#[test]
fn bounds_of_every_kind_move() {
    let (_folder, service) = street();
    let relaxed = |filter: &str, want: &str| {
        let list = told(&service, &[("filter", filter), ("want", want)]);
        list["criteria"][0]["relaxation"].clone()
    };
    for (filter, want, criterion) in [
        ("area_m2 < 9000", "1", "area_m2 <= 9000"),
        ("20000 < area_m2", "3", "area_m2 >= 12364"),
        ("area_m2 = 12350", "3", "area_m2 BETWEEN 12300 AND 12364"),
        // By 1300 for 12000 and 12300; for 9000 and 12000 it would be by 1000 and 1000.
        ("area_m2 BETWEEN 10000 AND 11000", "2", "area_m2 BETWEEN 10000 AND 12300"),
        ("area_m2 BETWEEN 10000 AND 11500", "3", "area_m2 BETWEEN 10000 AND 12364"),
        ("since > DATE('2020-01-07')", "3", "since >= DATE('2020-01-06')"),
        ("NOT (area_m2 >= 9000)", "1", "area_m2 <= 9000"),
        ("NOT (NOT (area_m2 > 20000))", "3", "area_m2 >= 12364"),
        ("NOT (20000 > area_m2)", "3", "area_m2 >= 12364"),
        ("NOT (status <> 'built')", "2", "status IN ('built', 'idle')"),
        ("T_AFTER(since, DATE('2020-01-07'))", "3", "since >= DATE('2020-01-06')"),
        ("T_AFTER(DATE('2020-01-02'), since)", "2", "since <= DATE('2020-01-02')"),
        ("T_BEFORE(since, DATE('2020-01-01'))", "1", "since <= DATE('2020-01-01')"),
        ("NOT T_AFTER(since, DATE('2020-01-01'))", "2", "since <= DATE('2020-01-02')"),
        ("since = '2020-02-01'", "1", "since BETWEEN DATE('2020-01-08') AND '2020-02-01'"),
        ("area_m2 / 1000 >= 29", "2", "(area_m2 / 1000) >= 25"),
        // The east edge of g is 0.0035 degrees, 389.618 m, from the way.
        (
            "DWITHIN(geometry, feature('ways', 'way'), 100)",
            "1",
            "DWITHIN(geometry, feature('ways', 'way'), 389.62)",
        ),
        (
            "DWITHIN(geometry, feature('ways', 'way'), 0.1, 'km')",
            "1",
            "DWITHIN(geometry, feature('ways', 'way'), 0.38962, 'km')",
        ),
        (
            "DISTANCE(geometry, feature('ways', 'way')) < 100",
            "1",
            "DISTANCE(geometry, feature('ways', 'way')) <= 389.62",
        ),
    ] {
        let got = relaxed(filter, want);
        assert_eq!(got["criterion"], criterion, "{filter}: {got}");
        // The relaxed filter finds as many as are told, and one step less too few.
        let found = |filter: &str| {
            service.get(&path("lots", "items", &[("filter", filter)])).json()["numberMatched"].as_u64()
        };
        assert_eq!(found(criterion), got["numberMatched"].as_u64(), "{criterion}");
        assert!(got["numberMatched"].as_u64() >= want.parse().ok(), "{criterion}");
    }
    let found = |metres: &str| {
        let filter = format!("DWITHIN(geometry, feature('ways', 'way'), {metres})");
        service.get(&path("lots", "items", &[("filter", &filter)])).json()["numberMatched"].clone()
    };
    assert_eq!((found("389.61"), found("389.62")), (json!(0), json!(1)));
    // Both ends of one range as a criterion of its own, in either order; an end that is left out is no end of such a range.
    let of_two = |filter: &str| {
        let list = told(&service, &[("criteria", &json!([filter]).to_string()), ("want", "2")]);
        list["criteria"][0]["relaxation"].clone()
    };
    for filter in ["area_m2 >= 10000 AND area_m2 <= 11000", "area_m2 <= 11000 AND 10000 <= area_m2"] {
        assert_eq!(of_two(filter)["criterion"], "area_m2 BETWEEN 10000 AND 12300", "{filter}");
    }
    assert_eq!(of_two("area_m2 > 10000 AND area_m2 <= 11000")["fixed"], true);
    assert_eq!(of_two("area_m2 >= 20000 AND area_m2 >= 30000")["fixed"], true);
    // What has no bound says so, with what it costs.
    for filter in
        ["use LIKE 'X%'", "use = 'X' OR status = 'X'", "use IS NULL AND status IS NULL", "use <> 'M0'"]
    {
        let list = told(&service, &[("filter", filter), ("want", "9")]);
        assert_eq!(list["criteria"][0]["relaxation"]["fixed"], true, "{filter}");
        assert_eq!(
            list["criteria"][0]["relaxation"]["statement"], "has no bound that could move",
            "{filter}"
        );
    }
    for filter in ["NOT (use = 'M0')", "T_AFTER(since, INTERVAL('2021-01-01', '2021-02-01'))"] {
        assert_eq!(relaxed(filter, "9")["fixed"], true, "{filter}");
    }
    let listed = relaxed("area_m2 IN (1, 2)", "9");
    assert_eq!(listed["fixed"], true);
    assert!(listed["statement"].as_str().is_some_and(|why| why.contains("BETWEEN")), "{listed}");
}

/// A folder with one layer of lots, and a service over it.
fn lots(features: &[Value]) -> (tempfile::TempDir, Service) {
    let folder = data_folder(&lots_catalog(""), &[("lots", features)]);
    let service = Service::over(folder.path());
    (folder, service)
}

fn grid(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}

/// A lot between two meridians and two parallels.
fn block(id: &str, [west, south, east, north]: [f64; 4], properties: &Value) -> Value {
    let [west, south, east, north] = [west, south, east, north].map(grid);
    let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
    json!({ "type": "Feature", "id": id, "properties": properties, "geometry": { "type": "Polygon", "coordinates": [ring] } })
}

#[test]
fn two_bounds_move_by_the_least_sum() {
    let far = [2.0, 2.0, 1.5, 2.5, 2.5, 1.5];
    let moment = ["2025-06-02T00:00:00Z", "2025-06-01T10:00:00Z", "2025-06-01T09:00:00Z"];
    let rows: Vec<Value> = (0..6)
        .map(|at| {
            let properties = json!({ "far": far[at], "at": moment.get(at) });
            json!({ "type": "Feature", "id": at.to_string(), "geometry": null, "properties": properties })
        })
        .collect();
    let (_folder, service) = lots(&rows);
    let relaxed = |filter: &str, want: &str| {
        told(&service, &[("filter", filter), ("want", want)])["criteria"][0]["relaxation"].clone()
    };
    // Half a unit down and half a unit up let in two each: the lower bound moves, and nothing else.
    let one = relaxed("far = 2", "3");
    assert_eq!(
        (&one["criterion"], &one["numberMatched"], &one["letIn"]),
        (&json!("far BETWEEN 1.5 AND 2"), &json!(4), &json!(2))
    );
    assert_eq!(one["bounds"].as_array().map(Vec::len), Some(1), "{one}");
    assert_eq!(relaxed("far = 2", "5")["criterion"], "far BETWEEN 1.5 AND 2.5");
    // A day that is over when something happens is over at its end.
    let one = relaxed("T_AFTER(at, DATE('2025-06-01'))", "2");
    assert_eq!((&one["bounds"][0]["to"], &one["numberMatched"]), (&json!("2025-06-01T10:00:00Z"), &json!(2)));
}

#[test]
fn ranks_tell_their_parts() {
    let (_folder, service) = street();
    let by = |pairs: &[(&str, &str)]| told(&service, &[&[("filter", "use = 'M0'")], pairs].concat());
    // From 9000 to 30000: h has 16000, b 3300, a 3000 of 21000 parts of 100 points. Of e the area is not known.
    let list = by(&[("weights", "area_m2")]);
    assert_eq!(ids(&list), ["d", "h", "b", "a", "g", "e"]);
    let scores: Vec<&Value> =
        list["items"].as_array().expect("items").iter().map(|item| &item["score"]).collect();
    assert_eq!(
        scores,
        [&json!(100.0), &json!(76.19), &json!(15.71), &json!(14.29), &json!(0.0), &Value::Null]
    );
    assert_eq!(list["rank"]["withoutPoints"], 1);
    assert_eq!(list["items"][5]["parts"], json!([{ "key": "area_m2", "value": null, "points": null }]));
    // g is 0.0035 degrees from the way, d and the others farther: a 0.0135. Three parts of four for nearness.
    let list = by(&[("weights", "-distance:ways*3,area_m2"), ("distances", "ways")]);
    let first = &list["items"][0];
    assert_eq!(first["id"], "g");
    assert_eq!(first["parts"][0]["points"], 75.0);
    assert_eq!(first["parts"][1]["points"], 0.0);
    for item in list["items"].as_array().expect("items") {
        let parts = item["parts"].as_array().expect("parts").iter().map(|part| part["points"].as_f64());
        match (parts.sum::<Option<f64>>(), item["score"].as_f64()) {
            (Some(sum), Some(score)) => assert!((sum - score).abs() < 1e-9, "{item}"),
            (sum, score) => assert_eq!((sum, score), (None, None), "{item}"),
        }
    }
    let of_h = list["items"].as_array().expect("items").iter().find(|item| item["id"] == "h").expect("h");
    assert_eq!(
        (&of_h["score"], &of_h["distances"][0]["metres"]),
        (&Value::Null, &Value::Null),
        "h is nowhere"
    );
    // By keys: the one that decides is told, the id where none does.
    let list = by(&[("sortby", "status,-area_m2")]);
    assert_eq!(ids(&list), ["d", "h", "b", "a", "g", "e"]);
    let decided: Vec<&Value> =
        list["items"].as_array().expect("items").iter().map(|item| &item["decidedBy"]).collect();
    assert_eq!(
        decided,
        [
            &Value::Null,
            &json!("status"),
            &json!("area_m2"),
            &json!("area_m2"),
            &json!("area_m2"),
            &json!("area_m2")
        ]
    );
    let list = by(&[("sortby", "status")]);
    assert_eq!(ids(&list), ["d", "a", "b", "e", "g", "h"], "equals come by id, not in the order of the file");
    assert_eq!(list["items"][2]["decidedBy"], Value::Null);
    // Pages are stretches of one order, and the first of a page still knows what decided.
    let page = by(&[("sortby", "status,-area_m2"), ("limit", "2"), ("offset", "1")]);
    assert_eq!(ids(&page), ["h", "b"]);
    assert_eq!((&page["items"][0]["rank"], &page["items"][0]["decidedBy"]), (&json!(2), &json!("status")));
    // By the first distance, where nothing is asked for: the layers drawn as axis are measured to.
    let list = by(&[]);
    assert_eq!(ids(&list), ["g", "e", "d", "b", "a", "h"]);
    let away = &list["items"][4]["distances"][0];
    assert_eq!(
        (&away["to"], &away["feature"], &away["name"]),
        (&json!("ways"), &json!("way"), &json!("Way"))
    );
    let metres = away["metres"].as_f64().expect("metres");
    assert!((metres - 0.0135 * DEGREE).abs() < 0.002, "{metres}");
    let to_feature = by(&[("distances", "ways:far"), ("sortby", "-distance:ways:far")]);
    assert_eq!(to_feature["items"][0]["id"], "a");
}

#[test]
fn neighbours_are_large_enough_together() {
    let (_folder, service) = street();
    // The criterion on the area is set aside: a and b are idle land of one use and share a border; e has no such neighbour.
    let list = told(&service, &[("filter", FILTER)]);
    let merge = &list["merge"];
    assert_eq!(
        (&merge["wantedM2"], &merge["aside"], &merge["alike"]),
        (&json!(20000.0), &json!([3]), &json!("use"))
    );
    assert_eq!((&merge["numberMatched"], &merge["complete"]), (&json!(1), &json!(true)));
    let set = &merge["sets"][0];
    assert_eq!(
        (&set["value"], &set["members"][0]["id"], &set["members"][1]["id"]),
        (&json!("M0"), &json!("b"), &json!("a"))
    );
    let area = set["areaM2"].as_f64().expect("an area");
    assert!((area - 2.0 * SQUARE_M2).abs() < 0.2, "{area}");
    // Three are needed for 36000: a, b, c when uses may differ. b and c alone are not enough, d is built, f stands beside e.
    let larger = [("filter", "status = 'idle'"), ("merge-area", "36000")];
    let sets = |more: &[(&str, &str)]| {
        let list = told(&service, &[&larger, more].concat());
        let sets = list["merge"]["sets"].as_array().expect("sets").clone();
        let ids = |set: &Value| {
            let mut ids: Vec<_> =
                set["members"].as_array().expect("members").iter().map(|one| one["id"].to_string()).collect();
            ids.sort();
            ids.concat().replace('"', "")
        };
        (sets.iter().map(ids).collect::<Vec<_>>(), list["merge"]["unknown"].clone())
    };
    assert_eq!(sets(&[]), (vec![], json!(1)), "of f the use is not known");
    assert_eq!(sets(&[("merge-by", "")]), (vec!["abc".to_owned()], json!(0)));
    // What is enough alone, or in a smaller set, is in none.
    let list = told(&service, &[("filter", "status = 'idle'"), ("merge-area", "12000"), ("merge-by", "")]);
    assert_eq!(list["merge"]["numberMatched"], 0);
    assert!(told(&service, &[("filter", "status = 'idle'")]).get("merge").is_none(), "no size is wanted");
}

#[test]
fn those_that_match_are_not_merged_and_those_that_are_too_small_are() {
    // Side by side on the equator; a degree of longitude by 0.001 of latitude is 12 309 070 m².
    let lot = |id: &str, west: f64, east: f64, stated: f64| {
        block(id, [west, 0.0, east, 0.001], &json!({ "use": "M0", "area_m2": stated }))
    };
    let (_folder, service) = lots(&[
        // States less than it measures, 20,015 m², and less than is wanted.
        lot("a", 0.0, 0.001_626, 19_990.0),
        lot("b", 0.001_626, 0.002_426, 9850.0),
        // States more than it measures, 19,941 m², and as much as is wanted.
        lot("d", 0.01, 0.011_62, 20_005.0),
        lot("e", 0.011_62, 0.012_02, 4900.0),
    ]);
    let filter = "use = 'M0' AND area_m2 >= 20000";
    for more in [&[][..], &[("merge-area", "20000")]] {
        let list = told(&service, &[&[("filter", filter)], more].concat());
        assert_eq!(ids(&list), ["d"]);
        let sets = list["merge"]["sets"].as_array().expect("sets");
        assert_eq!(sets.len(), 1, "{sets:?}");
        assert_eq!((&sets[0]["members"][0]["id"], &sets[0]["members"][1]["id"]), (&json!("a"), &json!("b")));
        let area = sets[0]["areaM2"].as_f64().expect("an area");
        assert!((area - 2.426 * SQUARE_M2).abs() < 0.2, "{area}");
    }
    // The same bound, written as the denial of its opposite.
    let list = told(&service, &[("filter", "use = 'M0' AND NOT (area_m2 < 20000)")]);
    assert_eq!((&list["merge"]["numberMatched"], &list["merge"]["aside"]), (&json!(1), &json!([2])));
    // Where no criterion asks for a size, those that have it by themselves are not merged: a has it, d and e together.
    let list = told(&service, &[("filter", "use = 'M0'"), ("merge-area", "20000")]);
    let members = &list["merge"]["sets"][0]["members"];
    assert_eq!(
        (&list["merge"]["numberMatched"], &members[0]["id"], &members[1]["id"]),
        (&json!(1), &json!("d"), &json!("e"))
    );
}

#[test]
fn a_share_that_is_the_cap_is_not_above_it() {
    // Ten lots of one size, of which each in turn is the only one of new-type industrial land.
    for capped in 0..10 {
        let lots_of: Vec<Value> = (0..10)
            .map(|at| {
                let west = 114.1 + f64::from(at) * 0.001;
                let code = if at == capped { "M0" } else { "R2" };
                let properties = json!({ "use": code, "unit": "U1" });
                block(&at.to_string(), [west, 30.45, west + 0.001, 30.451], &properties)
            })
            .collect();
        let (_folder, service) = lots(&lots_of);
        let answer = service.get(&path("lots", "shortlist", &[]));
        let unit = &answer.json()["cap"]["units"][0];
        assert_eq!((&unit["over"], &unit["shareLeast"]), (&json!(false), &json!(0.1)), "{capped}: {unit}");
        assert!(unit["roomM2"] == 0.0 && !answer.text().contains("-0.0"), "{capped}: {unit}");
        // A hundred thousandth of the unit is a square metre.
        let over = service.get(&path("lots", "shortlist", &[("cap", "0.09999")])).json();
        assert_eq!(over["cap"]["units"][0]["over"], true);
    }
}

#[test]
fn ranks_are_by_points_before_they_are_rounded() {
    let row = |id: &str, x: i32, y: i32| json!({ "type": "Feature", "id": id, "geometry": null, "properties": { "x": x, "y": y } });
    // 50 points for a million each: p has 10.004 and 10.004, q 10.0055 and 9.999; r and s the same, crosswise.
    let (_folder, service) = lots(&[
        row("q", 200_110, 199_980),
        row("p", 200_080, 200_080),
        row("least", 0, 0),
        row("most", 1_000_000, 1_000_000),
        row("s", 100_010, 300_030),
        row("r", 300_030, 100_010),
    ]);
    let list = told(&service, &[("weights", "x,y")]);
    assert_eq!(ids(&list), ["most", "p", "q", "r", "s", "least"]);
    let scores: Vec<&Value> =
        list["items"].as_array().expect("items").iter().map(|item| &item["score"]).collect();
    assert_eq!(scores, [&json!(100.0), &json!(20.01), &json!(20.0), &json!(20.0), &json!(20.0), &json!(0.0)]);
    let points = |item: usize, part: usize| list["items"][item]["parts"][part]["points"].clone();
    for (item, want) in [(1, 2001), (2, 2000), (3, 2000), (4, 2000)] {
        let hundredths = |part| (points(item, part).as_f64().expect("points") * 100.0).round();
        assert_eq!(hundredths(0) + hundredths(1), f64::from(want), "of item {item}");
        let exact =
            [[0.0; 2], [1000.4, 1000.4], [1000.55, 999.9], [1500.15, 500.05], [500.05, 1500.15]][item];
        assert!((0..2).all(|part| (hundredths(part) - exact[part]).abs() < 1.0), "of item {item}");
    }
}

#[test]
fn what_has_no_area_is_not_hidden() {
    let (_folder, service) = street();
    let with = |form: &str| {
        let address = path("lots", "shortlist", &[("filter", "use = 'M0'"), ("sortby", "id"), ("f", form)]);
        service.ask("GET", &address, &[("accept-language", "en")])
    };
    // Of a, b, c, h in U1 the last is nowhere.
    let said = "U1: 66.67 %, above the cap (1 of 4 features without area not counted)";
    assert!(with("html").text().contains(said), "{}", with("html").text());
    assert!(with("html").text().contains("U2: "), "{}", with("html").text());
    let csv = with("csv");
    let cells = |line: usize| -> Vec<String> {
        csv.text()
            .trim_start_matches('\u{feff}')
            .lines()
            .nth(line)
            .expect("a line")
            .split(',')
            .map(str::to_owned)
            .collect()
    };
    let at = cells(0).iter().position(|name| name == "unit_without_area").expect("the column");
    assert_eq!((cells(1)[at].as_str(), cells(3)[at].as_str()), ("1", "0"), "of a in U1 and d in U2");
    let mut book = calamine::Xlsx::new(std::io::Cursor::new(with("xlsx").body)).expect("a workbook");
    let sheet = book.worksheet_range_at(0).expect("a sheet").expect("cells");
    let in_sheet = |row: u32| sheet.get_value((row, u32::try_from(at).expect("few")));
    assert_eq!((in_sheet(1), in_sheet(3)), (Some(&Data::Float(1.0)), Some(&Data::Float(0.0))));
    assert_eq!(with("json").json()["items"][0]["unit"]["withoutArea"], 1);
    // The area of a line and of a point is not known, and no bound lets them in.
    let list = service
        .get(&path(
            "ways",
            "shortlist",
            &[("filter", "area(geometry) >= 5000"), ("want", "1"), ("distances", "")],
        ))
        .json();
    assert_eq!((counts(&list, "failed"), counts(&list, "unknown")), (vec![0], vec![2]));
    assert_eq!(list["criteria"][0]["relaxation"]["most"], 0);
}

#[test]
fn capped_uses_are_told_by_unit() {
    let (_folder, service) = street();
    let list = told(&service, &[("sortby", "id")]);
    let unit = |list: &Value, id: &str| {
        let units = list["cap"]["units"].as_array().expect("units");
        units.iter().find(|unit| unit["id"] == id).cloned().expect("the unit")
    };
    assert_eq!((&list["cap"]["share"], &list["cap"]["codes"]), (&json!(0.1), &json!(["M0"])));
    // U1: a, b of a, b, c; h has no area. U2: d, e of three, f may be one, too.
    let one = unit(&list, "U1");
    assert_eq!(
        (&one["shareLeast"], &one["shareMost"], &one["over"]),
        (&json!(0.6667), &json!(0.6667), &json!(true))
    );
    assert_eq!((&one["features"], &one["capped"], &one["withoutArea"]), (&json!(4), &json!(3), &json!(1)));
    let two = unit(&list, "U2");
    assert_eq!(
        (&two["shareLeast"], &two["shareMost"], &two["over"]),
        (&json!(0.6667), &json!(1.0), &json!(true))
    );
    // Below a cap of 0.7 the first keeps room of a tenth of a square; of the second nobody knows.
    let list = told(&service, &[("sortby", "id"), ("cap", "0.7")]);
    assert_eq!(unit(&list, "U1")["over"], false);
    let room = unit(&list, "U1")["roomM2"].as_f64().expect("room");
    assert!((room - 0.1 * SQUARE_M2).abs() < 0.2, "{room}");
    assert_eq!(unit(&list, "U2")["over"], Value::Null);
    // c would make U1 wholly new-type industrial land; a is that already.
    let of = |id: &str| {
        list["items"].as_array().expect("items").iter().find(|item| item["id"] == id).expect("the lot")["unit"].clone()
    };
    assert_eq!((&of("c")["share"], &of("c")["shareWith"]), (&json!(0.6667), &json!(1.0)));
    assert_eq!(of("a")["shareWith"], json!(0.6667));
}

#[test]
fn criteria_may_have_names_and_come_in_a_body() {
    let (_folder, service) = street();
    let criteria = json!([
        { "name": "new-type industry", "filter": "use = 'M0' AND use IS NOT NULL" },
        { "name": "idle", "filter": { "op": "=", "args": [{ "property": "status" }, "idle"] } },
        "area_m2 > 20000",
    ]);
    let body = json!({ "criteria": criteria, "want": 3, "limit": 5 }).to_string();
    let header = [("content-type", "application/json"), ("accept-language", "en")];
    let posted = service.send("POST", "/ogc/collections/lots/shortlist", &header, body.into_bytes());
    assert_eq!(posted.status, 200, "{}", posted.text());
    let posted = posted.json();
    // f, whose use is not known, fails the first by its second half; a named criterion is one whatever it holds.
    assert_eq!(counts(&posted, "failed"), [2, 1, 3]);
    assert_eq!(posted["criteria"][1]["name"], "idle");
    assert_eq!(posted["criteria"][1]["filter"], "status = 'idle'");
    let by_address = told(&service, &[("criteria", &criteria.to_string()), ("want", "3"), ("limit", "5")]);
    for name in ["criteria", "items", "relaxation", "merge"] {
        assert_eq!(posted[name], by_address[name], "{name}");
    }
    for (name, value, says) in [
        ("criteria", "x", "JSON array"),
        ("criteria", "[1]", "JSON array"),
        ("criteria", r#"[{"filter":"status = 'idle'","filter":"use = 'M0'"}]"#, "stands more than once"),
        ("criteria", "[\"use = 'M0'\", \"use = \"]", "number 2"),
        ("criteria", "[\"status = 'idle'\", \"nothing = 1\"]", "number 2"),
        ("weights", "status", "no number"),
        ("weights", "area_m2*0", "above 0"),
        ("weights", "area_m2,area_m2", "split by commas"),
        ("sortby", "distance:lots", "cannot be sorted by"),
        ("distances", "nowhere", "collections are"),
        ("distances", "ways:none", "an id of collection ways"),
        ("distances", "ways,ways", "each place once"),
        ("want", "0", "from 1 on"),
        ("merge-area", "-1", "above 0"),
        ("merge-by", "none", "parameter merge-by is \"none\", expected a field, or nothing; fields are"),
        ("cap", "2", "from 0 to 1"),
        ("nothing", "1", "nothing"),
    ] {
        let refused = service.get(&path("lots", "shortlist", &[(name, value)]));
        assert_eq!(refused.status, 400, "{name}={value}");
        let detail = refused.json()["detail"].as_str().expect("words").to_owned();
        assert!(detail.contains(says), "{name}={value}: {detail}");
    }
    let both = service.get(&path("lots", "shortlist", &[("criteria", "[]"), ("filter", "TRUE")]));
    assert_eq!(both.status, 400);
    let both = service.get(&path("lots", "shortlist", &[("weights", "area_m2"), ("sortby", "area_m2")]));
    assert_eq!(both.status, 400);
    assert_eq!(service.get("/ogc/collections/none/shortlist").status, 404);
}

#[test]
fn every_form_says_that_lots_are_made_up() {
    let (folder, service) = street();
    let pairs = [("filter", "use = 'M0'"), ("weights", "area_m2")];
    let with = |form: &str| {
        let address = path("lots", "shortlist", &[&pairs[..], &[("f", form)]].concat());
        service.ask("GET", &address, &[("accept-language", "en")])
    };
    assert_eq!(with("json").json()["synthetic"], true);
    let page = with("html");
    assert!(page.text().contains("Synthetic data"), "{}", page.text());
    let csv = with("csv");
    let lines: Vec<&str> = csv.text().trim_start_matches('\u{feff}').lines().collect();
    assert!(
        lines[0]
            .starts_with("id,rank,score,points:area_m2,distance:ways,unit_share,unit_share_with,unit_over,"),
        "{}",
        lines[0]
    );
    assert!(lines[2].starts_with("h,2,76.19,76.19,,0.6667,0.6667,true,"), "{}", lines[2]);
    let row: Vec<(&str, &str)> = lines[0].split(',').zip(lines[2].split(',')).collect();
    for cell in [("use", "M0"), ("area_m2", "25000"), ("since", "2020-01-08"), ("synthetic", "true")] {
        assert!(row.contains(&cell), "{cell:?} in {row:?}");
    }
    assert!(csv.header("content-disposition").contains("lots-shortlist.csv"));
    let xlsx = with("xlsx").body;
    let mut book = calamine::Xlsx::new(std::io::Cursor::new(xlsx)).expect("a workbook");
    let sheet = book.worksheet_range_at(0).expect("a sheet").expect("cells");
    assert_eq!(sheet.get_value((2, 0)), Some(&Data::String("h".to_owned())));
    assert_eq!(sheet.get_value((2, 1)), Some(&Data::Float(2.0)));
    // The command line gives the same.
    let run = |arguments: &[&str]| {
        let made = Command::new(env!("CARGO_BIN_EXE_innospace"))
            .args(["parcels", "--data"])
            .arg::<&Path>(folder.path())
            .args(arguments)
            .output()
            .expect("the program runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).expect("text")
    };
    let made = run(&["--filter", "use = 'M0'", "--weights", "area_m2", "--format", "csv"]);
    assert_eq!(made, csv.text());
    let made = run(&[
        "lots",
        "--criterion",
        "new: use = 'M0'",
        "--criterion",
        "status = 'idle'",
        "--criterion",
        "area_m2 > 20000",
        "--want",
        "3",
    ]);
    for line in
        ["new: leaves out 1, unknown 0, 1 match without it", "least from 20000 to 12000", "Synthetic data"]
    {
        assert!(made.contains(line), "{line:?} in\n{made}");
    }
    let link = service.get("/ogc/collections/lots").link("urn:innospace:rel:shortlist").expect("a link");
    assert_eq!(service.get(&link).status, 200);
}

/// The shipped parcels as a list of properties with ids.
fn parcels() -> Vec<Value> {
    let text = std::fs::read_to_string(shipped().join("parcels.geojson")).expect("parcels");
    let all: Value = serde_json::from_str(&text).expect("JSON");
    all["features"].as_array().expect("features").clone()
}

/// Whether a value satisfies a criterion; `None` where it is not known.
type Test = fn(&Value) -> Option<bool>;

#[test]
fn shortlists_of_the_shipped_parcels_are_those_of_a_plain_scan() {
    let service = Service::over(shipped());
    let parcels = parcels();
    let filter = "status = 'idle' AND use_code IN ('M0', '1401', '0901') AND area_m2 > 20000 AND far >= 2";
    let list = service
        .get(&path(
            "parcels",
            "shortlist",
            &[("filter", filter), ("want", "12"), ("sortby", "-area_m2"), ("limit", "1000")],
        ))
        .json();
    let tests: [(&str, Test); 4] = [
        ("status", |value| value.as_str().map(|status| status == "idle")),
        ("use_code", |value| value.as_str().map(|code| ["M0", "1401", "0901"].contains(&code))),
        ("area_m2", |value| value.as_f64().map(|area| area > 20000.0)),
        ("far", |value| value.as_f64().map(|far| far >= 2.0)),
    ];
    let truths: Vec<[Option<bool>; 4]> = parcels
        .iter()
        .map(|parcel| tests.each_ref().map(|(name, test)| test(&parcel["properties"][*name])))
        .collect();
    let (mut failed, mut unknown, mut without) = ([0; 4], [0; 4], [0; 4]);
    let mut matched = 0;
    for truths in &truths {
        match (truths.iter().position(|truth| *truth == Some(false)), truths.iter().position(Option::is_none))
        {
            (Some(first), _) => failed[first] += 1,
            (None, Some(first)) => unknown[first] += 1,
            (None, None) => matched += 1,
        }
        for (at, without) in without.iter_mut().enumerate() {
            *without += u64::from((0..4).all(|other| other == at || truths[other] == Some(true)));
        }
    }
    assert_eq!(list["numberMatched"], matched);
    assert_eq!(counts(&list, "failed"), failed);
    assert_eq!(counts(&list, "unknown"), unknown);
    assert_eq!(counts(&list, "matchedWithout"), without);
    assert_eq!(failed.iter().sum::<u64>() + unknown.iter().sum::<u64>() + matched, parcels.len() as u64);
    assert!(matched < 12, "{matched} match, so something has to give");
    // Each relaxation that is enough is: its filter finds what it tells. One step less is too little.
    let count = |filter: &str| {
        service.get(&path("parcels", "items", &[("filter", filter), ("limit", "1")])).json()["numberMatched"]
            .as_u64()
            .expect("a count")
    };
    let mut enough = 0;
    for criterion in list["criteria"].as_array().expect("criteria") {
        let relaxed = &criterion["relaxation"];
        if relaxed["enough"] != true {
            continue;
        }
        enough += 1;
        let filter = relaxed["filter"].as_str().expect("a filter");
        assert_eq!(count(filter), relaxed["numberMatched"].as_u64().expect("a count"), "{filter}");
        assert!(count(filter) >= 12, "{filter}");
        if relaxed["bounds"].as_array().is_some_and(|bounds| !bounds.is_empty()) {
            let less = filter.replace(
                relaxed["criterion"].as_str().expect("text"),
                &relaxed["criterion"].as_str().expect("text").replace(">=", ">"),
            );
            assert!(less != filter && count(&less) < 12, "{less}");
        } else {
            let values = relaxed["values"].as_array().expect("values");
            let sum: u64 = values.iter().map(|value| value["count"].as_u64().expect("a count")).sum();
            let last = values.last().expect("a value")["count"].as_u64().expect("a count");
            assert!(matched + sum - last < 12, "{relaxed}");
        }
    }
    assert!(enough >= 2, "{list}");
}

#[test]
fn sets_of_neighbours_are_those_of_geos() {
    let service = Service::over(shipped());
    let filter = "status IN ('idle', 'planned') AND \
                  unit_no IN ('SM0503', 'ZK0304', 'ZY0603', 'ZK0303', 'JS0606', 'ZK0202', 'JS0406', 'ZK0201')";
    let wanted = 30_000.0;
    let list = service
        .get(&path("parcels", "shortlist", &[("filter", filter), ("merge-area", "30000"), ("limit", "1000")]))
        .json();
    let items = service.get(&path("parcels", "items", &[("filter", filter), ("limit", "1000")])).json();
    let members: Vec<&Value> = items["features"].as_array().expect("features").iter().collect();
    let shapes: Vec<String> =
        members.iter().map(|member| wkt(&shape(&geometry(&member["geometry"])))).collect();
    let pairs: Vec<(usize, usize)> = (0..members.len()).flat_map(|a| (0..a).map(move |b| (a, b))).collect();
    let own: Vec<String> = shapes.iter().map(|one| format!("{one}\t{one}")).collect();
    let areas: Vec<f64> = ask("overlay.py", &own)
        .iter()
        .map(|line| line.split_once(' ').expect("two").1.parse().expect("m2"))
        .collect();
    let lines: Vec<String> = pairs.iter().map(|&(a, b)| format!("{}\t{}", shapes[a], shapes[b])).collect();
    let code = |at: usize| members[at]["properties"]["use_code"].as_str();
    let mut beside = vec![BTreeSet::new(); members.len()];
    for (answer, &(a, b)) in ask("overlay.py", &lines).iter().zip(&pairs) {
        if answer.starts_with('F') && answer.as_bytes()[4] == b'1' && code(a).is_some() && code(a) == code(b)
        {
            beside[a].insert(b);
            beside[b].insert(a);
        }
    }
    // Grown one by one from every member; what is enough is kept and not grown.
    let enough = |set: &BTreeSet<usize>| set.iter().map(|&at| areas[at]).sum::<f64>() >= wanted;
    let mut level: BTreeSet<BTreeSet<usize>> =
        (0..members.len()).filter(|&at| areas[at] < wanted).map(|at| BTreeSet::from([at])).collect();
    let mut found: BTreeSet<BTreeSet<usize>> = BTreeSet::new();
    for _ in 1..4 {
        let grown: BTreeSet<BTreeSet<usize>> = level
            .iter()
            .flat_map(|set| {
                let next: BTreeSet<usize> = set
                    .iter()
                    .flat_map(|&at| beside[at].clone())
                    .filter(|at| !set.contains(at) && areas[*at] < wanted)
                    .collect();
                next.into_iter().map(move |at| set.iter().copied().chain([at]).collect())
            })
            .collect();
        let (done, open): (BTreeSet<_>, BTreeSet<_>) = grown.into_iter().partition(enough);
        let least: Vec<_> =
            done.into_iter().filter(|set| !found.iter().any(|smaller| smaller.is_subset(set))).collect();
        found.extend(least);
        level = open;
    }
    let want: BTreeSet<BTreeSet<String>> = found
        .iter()
        .map(|set| set.iter().map(|&at| members[at]["id"].as_str().expect("an id").to_owned()).collect())
        .collect();
    let sets = list["merge"]["sets"].as_array().expect("sets");
    let got: BTreeSet<BTreeSet<String>> = sets
        .iter()
        .map(|set| {
            set["members"]
                .as_array()
                .expect("members")
                .iter()
                .map(|one| one["id"].as_str().expect("an id").to_owned())
                .collect()
        })
        .collect();
    assert!(want.len() > 5, "{} sets are too few to tell", want.len());
    assert_eq!(got, want);
    let order: Vec<(usize, f64)> = sets
        .iter()
        .map(|set| (set["members"].as_array().expect("members").len(), set["areaM2"].as_f64().expect("m2")))
        .collect();
    assert!(order.is_sorted_by(|a, b| a.0 < b.0 || a.0 == b.0 && a.1 <= b.1), "{order:?}");
}

/// Lots in rows that are turned by an angle, with joints that do not meet those of the row beside, so that most corners stand in
/// the middle of an edge; each corner is rounded to 1e-7 degree by itself. Some are moved, or stand off all others.
fn bricks(random: &mut Random) -> Vec<Value> {
    const ROWS: i32 = 10;
    let (sine, cosine) = random.real(-0.4, 0.4).sin_cos();
    let mut lots = Vec::new();
    for row in 0..ROWS {
        let (south, north) = (f64::from(row) * 50.0, f64::from(row + 1) * 50.0);
        let mut west = random.real(0.0, 30.0);
        for column in 0..ROWS {
            let east = west + random.real(45.0, 60.0);
            let mut corners = [[west, south], [east, south], [east, north], [west, north]];
            match random.below(12) {
                0 => {
                    let by = random.real(-0.06, 0.06);
                    for corner in &mut corners {
                        corner[1] += by;
                    }
                }
                1 => {
                    let by = random.real(0.0, 0.05);
                    for (corner, [x, y]) in
                        corners.iter_mut().zip([[1.0, 1.0], [-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]])
                    {
                        *corner = [corner[0] + x * by, corner[1] + y * by];
                    }
                }
                2 => corners[2] = [east + random.real(-3.0, 3.0), north + random.real(-3.0, 3.0)],
                _ => {}
            }
            let placed = |[x, y]: [f64; 2]| {
                [
                    grid(114.1 + (x * cosine - y * sine) / 96_050.0),
                    grid(30.45 + (x * sine + y * cosine) / 110_860.0),
                ]
            };
            let ring: Vec<[f64; 2]> =
                corners.iter().chain(&corners[..1]).map(|corner| placed(*corner)).collect();
            lots.push(json!({ "type": "Feature", "id": format!("{row}-{column}"), "properties": {},
                              "geometry": { "type": "Polygon", "coordinates": [ring] } }));
            west = east;
        }
    }
    lots
}

#[test]
fn neighbours_within_rounding_are_those_of_geos() {
    let mut random = Random::new(21);
    let (mut exact, mut rounded) = (0, 0);
    for _ in 0..3 {
        let bricks = bricks(&mut random);
        // Two are enough together, and none is alone.
        let sets = |features: &[Value]| -> BTreeSet<[String; 2]> {
            let (_folder, service) = lots(features);
            let list = told(&service, &[("merge-area", "3500"), ("merge-by", ""), ("limit", "1000")]);
            let merge = &list["merge"];
            assert_eq!(
                (&merge["complete"], &merge["numberMatched"]),
                (&json!(true), &merge["numberReturned"])
            );
            let sets = merge["sets"].as_array().expect("sets").iter();
            sets.map(|set| {
                let members = set["members"].as_array().expect("members");
                let mut pair = [0, 1].map(|at| members[at]["id"].as_str().expect("an id").to_owned());
                assert_eq!(members.len(), 2, "{set}");
                pair.sort();
                pair
            })
            .collect()
        };
        let shapes: Vec<String> =
            bricks.iter().map(|brick| wkt(&shape(&geometry(&brick["geometry"])))).collect();
        let id = |at: usize| bricks[at]["id"].as_str().expect("an id").to_owned();
        let pairs: Vec<(usize, usize)> =
            (0..bricks.len()).flat_map(|a| (0..a).map(move |b| (a, b))).collect();
        let lines: Vec<String> =
            pairs.iter().map(|&(a, b)| format!("{}\t{}", shapes[a], shapes[b])).collect();
        let mut want = BTreeSet::new();
        for (answer, &(a, b)) in ask("borders.py", &lines).iter().zip(&pairs) {
            if answer != "apart" {
                let mut pair = [id(a), id(b)];
                pair.sort();
                want.insert(pair);
                *(if answer == "exact" { &mut exact } else { &mut rounded }) += 1;
            }
        }
        let got = sets(&bricks);
        let differing: Vec<_> = got.symmetric_difference(&want).collect();
        assert!(differing.is_empty(), "{differing:?}");
        let turned: Vec<Value> = bricks.into_iter().rev().collect();
        assert_eq!(sets(&turned), want, "in another order");
    }
    assert!(exact > 100 && rounded > 200, "{exact} and {rounded} are too few to tell");
}

/// By hand: steps of 1e-7 degree at the equator are 11.1 mm.
#[test]
fn borders_are_shared_within_rounding_and_for_more_than_a_metre() {
    let step = |whole: i32| f64::from(whole) * 1e-7;
    let lot = |id: &str, [west, south, east, north]: [i32; 4]| {
        block(id, [west, south, east, north].map(step), &json!({}))
    };
    let own = || lot("a", [0, 0, 9000, 9000]);
    for (other, is_neighbour, why) in [
        ([9000, 0, 18_000, 9000], true, "they share an edge"),
        ([9001, 0, 18_000, 9000], true, "11 mm lie between"),
        ([9002, 0, 18_000, 9000], false, "22 mm lie between"),
        ([8999, 0, 18_000, 9000], true, "they overlap by 11 mm"),
        ([8998, 0, 18_000, 9000], false, "they overlap by 22 mm"),
        ([9001, 8920, 18_000, 17_920], false, "0.9 m run along each other"),
        ([9001, 8890, 18_000, 17_890], true, "1.2 m run along each other"),
        ([9000, 8990, 18_000, 17_990], true, "0.1 m is shared to the last digit"),
        ([9000, 9000, 18_000, 18_000], false, "a corner alone"),
        ([9001, 9001, 18_000, 18_000], false, "corners alone"),
    ] {
        for order in [[own(), lot("b", other)], [lot("b", other), own()]] {
            let (_folder, service) = lots(&order);
            let list = told(&service, &[("merge-area", "15000"), ("merge-by", "")]);
            assert_eq!(list["merge"]["numberMatched"], u64::from(is_neighbour), "{why}");
        }
    }
}

#[test]
fn bounds_of_the_shipped_parcels_move_as_little_as_a_trial_of_all_finds() {
    let service = Service::over(shipped());
    let parcels = parcels();
    let mut random = Random::new(5);
    let mut told_of = 0;
    for (field, codes) in
        [("year", ["0902", "1401"]), ("far", ["0802", "1401"]), ("height_m", ["100101", "0802"])]
    {
        let known = |code: &str| -> Vec<f64> {
            let of_code = parcels.iter().filter(|parcel| parcel["properties"]["use_code"] == code);
            of_code.filter_map(|parcel| parcel["properties"][field].as_f64()).collect()
        };
        for _ in 0..4 {
            let code = *random.of(&codes);
            let values = known(code);
            let mut places = values.clone();
            places.sort_by(f64::total_cmp);
            places.dedup();
            let mut bounds = [*random.of(&values), *random.of(&values)];
            bounds.sort_by(f64::total_cmp);
            let within =
                |[low, high]: [f64; 2]| values.iter().filter(|value| (low..=high).contains(*value)).count();
            let want = within(bounds) + 1 + usize::try_from(random.below(60)).expect("few");
            let mut best: Option<(f64, usize, [f64; 2])> = None;
            for low in places.iter().copied().filter(|place| *place <= bounds[0]) {
                for high in places.iter().copied().filter(|place| *place >= bounds[1]) {
                    // To a millionth, so that sums of decimals that are equal are.
                    let sum = ((bounds[0] - low + high - bounds[1]) * 1e6).round();
                    if best.is_some_and(|(least, ..)| sum > least) {
                        continue;
                    }
                    let count = within([low, high]);
                    let is_less =
                        |best: &(f64, usize, [f64; 2])| (sum, count, low) < (best.0, best.1, best.2[0]);
                    if count >= want && best.as_ref().is_none_or(is_less) {
                        best = Some((sum, count, [low, high]));
                    }
                }
            }
            let filter = format!("{field} BETWEEN {} AND {} AND use_code = '{code}'", bounds[0], bounds[1]);
            let pairs =
                [("filter", filter.as_str()), ("want", &want.to_string()), ("limit", "1"), ("distances", "")];
            let list = service.get(&path("parcels", "shortlist", &pairs)).json();
            let relaxed = &list["criteria"][0]["relaxation"];
            let Some((_, count, best)) = best else {
                assert_eq!(relaxed["enough"], false, "{filter} {want}: {relaxed}");
                continue;
            };
            told_of += 1;
            let to = |side: &str, bound: f64| {
                let all = relaxed["bounds"].as_array().expect("bounds");
                all.iter()
                    .find(|moved| moved["bound"] == side)
                    .map_or(bound, |moved| moved["to"].as_f64().expect("a number"))
            };
            assert_eq!(
                [to("least", bounds[0]), to("greatest", bounds[1])],
                best,
                "{filter} {want}: {relaxed}"
            );
            assert_eq!(relaxed["numberMatched"], count, "{filter} {want}: {relaxed}");
        }
    }
    assert!(told_of > 6, "{told_of} are too few to tell");
}

/// A polygon of GeoJSON as WKT.
fn geometry(json: &Value) -> String {
    let ring = |ring: &Value| {
        let at = |at: &Value| format!("{} {}", at[0], at[1]);
        format!("({})", ring.as_array().expect("a ring").iter().map(at).collect::<Vec<_>>().join(","))
    };
    let polygon = |rings: &Value| {
        format!("({})", rings.as_array().expect("rings").iter().map(ring).collect::<Vec<_>>().join(","))
    };
    match json["type"].as_str() {
        Some("Polygon") => format!("POLYGON{}", polygon(&json["coordinates"])),
        Some("MultiPolygon") => {
            let all: Vec<_> = json["coordinates"].as_array().expect("polygons").iter().map(polygon).collect();
            format!("MULTIPOLYGON({})", all.join(","))
        }
        other => panic!("{other:?}"),
    }
}
