//! The topology check: planted defects by hand and against GEOS and PROJ, selections, pages, forms, the command line.

use std::path::Path;
use std::process::{Command, Output};

use calamine::{Data, Reader as _};
use serde_json::{Value, json};

use crate::harness::{Answer, Service, data_folder, shipped};
use crate::oracle::ask;
use crate::random::Random;

type Position = [f64; 2];
type Rings = Vec<Vec<Position>>;

/// A layer of polygons, as a service and as the folder it is read from.
fn lots(features: &[Value], more: &str) -> (tempfile::TempDir, Service) {
    let folder = data_folder(
        &format!(
            r#"
title = {{ zh = "街", en = "Street" }}
[[layers]]
id = "lots"
file = "lots.geojson"
title = {{ zh = "地块", en = "Lots" }}
draw = "parcel"
{more}
[layers.fields.area_m2]
unit = "m2"
kind = "real"
[layers.fields.no]
kind = "text"
find = "code"
"#
        ),
        &[("lots", features)],
    );
    let service = Service::over(folder.path());
    (folder, service)
}

fn grid(degrees: f64) -> f64 {
    (degrees * 1e7).round() / 1e7
}

/// A closed ring of positions in units of 1e-7 degree from a corner.
fn ring(corner: Position, steps: &[[i32; 2]]) -> Vec<Position> {
    let at =
        |[x, y]: &[i32; 2]| [grid(corner[0] + f64::from(*x) * 1e-7), grid(corner[1] + f64::from(*y) * 1e-7)];
    steps.iter().chain(&steps[..1]).map(at).collect()
}

fn rectangle(corner: Position, [west, south, east, north]: [i32; 4]) -> Vec<Position> {
    ring(corner, &[[west, south], [east, south], [east, north], [west, north]])
}

fn feature(id: &str, rings: &Rings, properties: &Value) -> Value {
    json!({ "type": "Feature", "id": id, "properties": properties, "geometry": { "type": "Polygon", "coordinates": rings } })
}

fn path(pairs: &[(&str, &str)]) -> String {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    format!("/ogc/collections/lots/topology?{query}")
}

fn told(service: &Service, pairs: &[(&str, &str)]) -> Value {
    let answer = service.ask("GET", &path(pairs), &[("accept-language", "en")]);
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn defects(list: &Value) -> &[Value] {
    list["features"].as_array().expect("features")
}

/// Kind, detail and features of each defect.
fn said(list: &Value) -> Vec<(String, Option<String>, Vec<String>)> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    defects(list)
        .iter()
        .map(|defect| {
            let properties = &defect["properties"];
            let ids = properties["features"].as_array().expect("ids").iter().filter_map(text).collect();
            (text(&properties["kind"]).expect("a kind"), text(&properties["detail"]), ids)
        })
        .collect()
}

/// Square metres of a square of 1e-7 degree at the equator: the product of both radii of curvature, 6335439.327 m and
/// 6378137 m, and of the square of the angle.
const STEP_M2: f64 = 6_335_439.327
    * 6_378_137.0
    * (std::f64::consts::PI / 180.0 * 1e-7)
    * (std::f64::consts::PI / 180.0 * 1e-7);

/// Lots at the equator, in steps of 1e-7 degree (1.11 cm) from 0, 0; each place apart from the others.
///
/// | ids      | what is wrong                                                                     |
/// |----------|-----------------------------------------------------------------------------------|
/// | a b      | b begins 500 steps before a ends: an overlap of 500 × 9000                          |
/// | c d e f  | four around a hole of 1000 × 1000                                                   |
/// | g h      | h begins 50 steps before g ends: a sliver of 50 × 9000                              |
/// | i j k    | the same, j begun elsewhere, k turned round                                         |
/// | l m      | m is l with one side moved by 50 of 9000 steps                                      |
/// | n        | a bow-tie                                                                           |
/// | o        | a hole outside                                                                      |
/// | p        | two holes that overlap                                                              |
/// | q        | states 5 % more than it has                                                         |
/// | r s      | far apart, with one number                                                          |
/// | t u      | t ends where u begins, one step (1.1 cm) too far: rounding                          |
/// | v        | 80 steps wide and 9000 high: a sliver                                               |
/// | w        | nothing                                                                             |
fn planted() -> Vec<Value> {
    let at = |place: i32| [f64::from(place) * 0.005, 0.0];
    let square = |place: i32, bounds: [i32; 4]| vec![rectangle(at(place), bounds)];
    let whole = [0, 0, 9000, 9000];
    let mut lots: Vec<(&str, Rings)> = vec![
        ("a", square(0, whole)),
        ("b", square(0, [8500, 0, 18_000, 9000])),
        ("c", square(1, [0, 0, 10_000, 9000])),
        ("d", square(1, [10_000, 0, 20_000, 10_000])),
        ("e", square(1, [10_000, 10_000, 20_000, 20_000])),
        (
            "f",
            vec![ring(
                at(1),
                &[[0, 9000], [9000, 9000], [9000, 10_000], [10_000, 10_000], [10_000, 20_000], [0, 20_000]],
            )],
        ),
        ("g", square(2, whole)),
        ("h", square(2, [8950, 0, 18_000, 9000])),
        ("i", square(3, whole)),
        ("j", vec![ring(at(3), &[[9000, 9000], [0, 9000], [0, 0], [9000, 0]])]),
        ("k", vec![ring(at(3), &[[0, 0], [0, 9000], [9000, 9000], [9000, 0]])]),
        ("l", square(4, whole)),
        ("m", square(4, [0, 0, 8950, 9000])),
        ("n", vec![ring(at(5), &[[0, 0], [9000, 9000], [9000, 0], [0, 9000]])]),
        ("o", vec![rectangle(at(6), whole), rectangle(at(6), [9500, 100, 9900, 500])]),
        (
            "p",
            vec![
                rectangle(at(7), whole),
                rectangle(at(7), [1000, 1000, 3000, 3000]),
                rectangle(at(7), [2000, 2000, 4000, 4000]),
            ],
        ),
        ("q", square(8, whole)),
        ("r", square(9, whole)),
        ("s", square(10, whole)),
        ("t", square(11, [0, 0, 9001, 9000])),
        ("u", square(11, [9000, 0, 18_000, 9000])),
        ("v", square(12, [0, 0, 80, 9000])),
        ("w", square(13, whole)),
    ];
    lots.sort_by_key(|(id, _)| *id);
    lots.iter()
        .map(|(id, rings)| {
            let number = if matches!(*id, "r" | "s") { "R-1".to_owned() } else { format!("N-{id}") };
            let stated = match *id {
                "q" => json!(9000.0 * 9000.0 * STEP_M2 * 1.05),
                "w" => json!(9000.0 * 9000.0 * STEP_M2 * 1.009),
                _ => Value::Null,
            };
            feature(id, rings, &json!({ "no": number, "area_m2": stated }))
        })
        .collect()
}

fn number(defect: &Value, name: &str) -> f64 {
    defect["properties"][name].as_f64().unwrap_or_else(|| panic!("{name}: {defect}"))
}

fn near(got: f64, want: f64) {
    // Written with two, three or four decimals.
    assert!((got - want).abs() < (want * 2e-4).max(6e-4), "{got} and not {want}");
}

#[test]
fn planted_defects_are_told_with_their_places() {
    let (_folder, service) = lots(&planted(), "");
    let list = told(&service, &[]);
    let is = |kind: &str, detail: Option<&str>, ids: &str| {
        (kind.to_owned(), detail.map(str::to_owned), ids.split(' ').map(str::to_owned).collect::<Vec<_>>())
    };
    let want = [
        is("invalid-ring", Some("crosses-itself"), "n"),
        is("invalid-ring", Some("hole-outside"), "o"),
        is("invalid-ring", Some("holes-overlap"), "p"),
        is("duplicate", Some("identical"), "i j k"),
        is("duplicate", Some("nearly-identical"), "l m"),
        is("repeated-number", None, "r s"),
        is("overlap", Some("overlap"), "a b"),
        is("gap", Some("gap"), "c d e f"),
        is("sliver", Some("overlap"), "g h"),
        is("sliver", Some("feature"), "v"),
        is("stated-area", None, "q"),
    ];
    assert_eq!(said(&list), want);
    let kinds = json!({ "invalid-ring": 3, "duplicate": 2, "repeated-number": 1, "overlap": 1, "gap": 1, "sliver": 2, "stated-area": 1 });
    assert_eq!((&list["kinds"], &list["defects"], &list["numberMatched"]), (&kinds, &json!(11), &json!(11)));
    assert_eq!(list["slivers"], json!({ "overlap": 1, "gap": 0, "feature": 1 }));
    assert_eq!(list["belowTolerance"], 1);
    let checked =
        json!({ "polygons": 23, "others": 0, "notCompared": 3, "withoutArea": 21, "withoutNumber": 0 });
    assert_eq!(list["checked"], checked);
    // A degree of the equator is 111319.491 m to the east and 110574.276 m to the north.
    let (east, north) = (0.011_131_949_1, 0.011_057_427_6);
    let strip = |wide: f64, high: f64| 2.0 * wide * high * STEP_M2 / (2.0 * (wide * east + high * north));
    let all = defects(&list);
    near(number(&all[6], "area_m2"), 500.0 * 9000.0 * STEP_M2);
    near(number(&all[6], "width_m"), strip(500.0, 9000.0));
    near(number(&all[7], "area_m2"), 1000.0 * 1000.0 * STEP_M2);
    near(number(&all[8], "width_m"), strip(50.0, 9000.0));
    near(number(&all[4], "share"), 8950.0 / 9000.0);
    near(number(&all[3], "share"), 1.0);
    near(number(&all[10], "difference"), 0.05);
    near(number(&all[10], "measured_m2"), 9000.0 * 9000.0 * STEP_M2);
    // The bow-tie crosses itself in its middle.
    assert_eq!(all[0]["geometry"], json!({ "type": "Point", "coordinates": [0.02545, 0.00045] }));
    assert_eq!(all[1]["geometry"]["type"], "Point");
    // The overlap is where b begins and a ends, the gap between the four.
    let corners = |defect: &Value| {
        let mut corners: Vec<[f64; 2]> =
            serde_json::from_value::<Vec<Vec<[f64; 2]>>>(defect["geometry"]["coordinates"].clone())
                .expect("a polygon")
                .concat();
        corners.sort_by(|a, b| a.partial_cmp(b).expect("numbers"));
        corners.dedup();
        corners
    };
    let is_near = |got: Vec<[f64; 2]>, want: [[f64; 2]; 4]| {
        assert_eq!(got.len(), 4, "{got:?}");
        let far = got.iter().zip(want).any(|(a, b)| (a[0] - b[0]).abs() > 2e-9 || (a[1] - b[1]).abs() > 2e-9);
        assert!(!far, "{got:?} and not {want:?}");
    };
    is_near(corners(&all[6]), [[0.00085, 0.0], [0.00085, 0.0009], [0.0009, 0.0], [0.0009, 0.0009]]);
    is_near(corners(&all[7]), [[0.0059, 0.0009], [0.0059, 0.001], [0.006, 0.0009], [0.006, 0.001]]);
    assert_eq!(list["rules"]["area-field"], "area_m2");
    assert_eq!(list["rules"]["number-field"], "no");
    let what = |at: usize| all[at]["properties"]["what"].as_str().expect("words");
    assert_eq!(what(5), "same number: R-1");
    assert!(what(10).ends_with("(+5 %)"), "{}", what(10));
}

#[test]
fn tolerances_decide_what_is_a_defect() {
    let (_folder, service) = lots(&planted(), "");
    let count =
        |pairs: &[(&str, &str)], kind: &str| told(&service, pairs)["kinds"][kind].as_u64().expect("a count");
    // g and h share a strip of 0.55 m, of which 0.55 is the mean width.
    assert_eq!(count(&[("sliver-width", "0.5")], "overlap"), 2);
    assert_eq!(count(&[("sliver-width", "0")], "sliver"), 0);
    assert_eq!(count(&[("sliver-width", "6")], "overlap"), 0, "a and b share 5.2 m");
    // t and u share a strip of 1.1 cm.
    assert_eq!(count(&[("tolerance", "0.01")], "sliver"), 3);
    assert_eq!(told(&service, &[("tolerance", "0.01")])["belowTolerance"], 0);
    // The hole is 123 m².
    assert_eq!(count(&[("gap-area", "120")], "gap"), 0);
    assert_eq!(count(&[("gap-area", "125")], "gap"), 1);
    assert_eq!(count(&[("area-tolerance", "0.06")], "stated-area"), 0);
    assert_eq!(count(&[("area-tolerance", "0.005")], "stated-area"), 2);
    assert_eq!(count(&[("area-field", "")], "stated-area"), 0);
    assert_eq!(count(&[("number-field", "")], "repeated-number"), 0);
}

/// Corners that stand in the middle of an edge are rounded off it, here by 0.06 to 0.94 of a step of 11 mm: what lies between is
/// enclosed all the same.
#[test]
fn corners_rounded_off_an_edge_do_not_open_a_gap() {
    let lot = |id: &str, steps: &[[i32; 2]]| feature(id, &vec![ring([0.0, 0.0], steps)], &json!({}));
    // The edges rise by 0.00014: at 10,000, 20,000, 21,000 and 31,000 steps to 1.4, 2.8, 2.94 and 4.34.
    let street = [
        lot("below", &[[0, -8000], [50_000, -8000], [50_000, 7], [0, 0]]),
        lot("above", &[[0, 1000], [50_000, 1007], [50_000, 9000], [0, 9000]]),
        lot("left", &[[10_000, 2], [20_000, 3], [20_000, 1002], [10_000, 1001]]),
        lot("right", &[[21_000, 3], [31_000, 5], [31_000, 1004], [21_000, 1002]]),
    ];
    let (_folder, service) = lots(&street, "");
    let list = told(&service, &[]);
    let ids: Vec<String> = ["below", "above", "left", "right"].map(str::to_owned).into();
    let [gap] = defects(&list) else { panic!("{list}") };
    assert_eq!(said(&list), [("gap".to_owned(), Some("gap".to_owned()), ids)]);
    near(number(gap, "area_m2"), 1000.0 * 1000.0 * STEP_M2);
    assert_eq!(list["belowTolerance"], 0);
    // Wider than a chink: below on the left it is 0.2 of a step.
    assert_eq!(told(&service, &[("tolerance", "0.002")])["kinds"]["gap"], 0);
}

/// A catalogue may call a unit as people do.
#[test]
fn stated_areas_are_checked_in_the_unit_that_they_are_in() {
    let square = vec![rectangle([0.0, 0.0], [0, 0, 9000, 9000])];
    // 15 mu are a hectare; the second states a twentieth too much.
    let mu = 9000.0 * 9000.0 * STEP_M2 * 15.0 / 10_000.0;
    let features =
        [1.0, 1.05].map(|times| feature(&times.to_string(), &square, &json!({ "area_x": mu * times })));
    for unit in ["亩", "mu", "[mu]"] {
        let (_folder, service) =
            lots(&features, &format!("[layers.fields.area_x]\nunit = \"{unit}\"\nkind = \"real\"\n"));
        let list = told(&service, &[("kind", "stated-area")]);
        assert_eq!(list["rules"]["area-field"], "area_x");
        let [one] = defects(&list) else { panic!("{unit}: {list}") };
        assert_eq!(one["properties"]["features"], json!(["1.05"]), "{unit}");
    }
}

/// Two gaps that a chink of rounding joins are two, and each as large as it is by itself.
#[test]
fn a_chink_does_not_make_one_of_two_gaps() {
    let lot = |id: &str, steps: &[[i32; 2]]| feature(id, &vec![ring([0.0, 0.0], steps)], &json!({}));
    // The edge rises by 0.00014: the corners below stand 0.08 to 0.66 of a step under it, and it meets them at its ends.
    let west = [
        [0, -8000],
        [22_000, -8000],
        [22_000, 3],
        [19_000, 2],
        [19_000, -998],
        [18_000, -998],
        [18_000, 2],
        [0, 0],
    ];
    let east = [
        [22_000, -8000],
        [50_000, -8000],
        [50_000, 7],
        [26_000, 3],
        [26_000, -997],
        [25_000, -997],
        [25_000, 3],
        [22_000, 3],
    ];
    let street = [
        lot("above", &[[0, 0], [50_000, 7], [50_000, 9000], [0, 9000]]),
        lot("west", &west),
        lot("east", &east),
    ];
    let (_folder, service) = lots(&street, "");
    let list = told(&service, &[]);
    let gap = |id: &str| ("gap".to_owned(), Some("gap".to_owned()), vec!["above".to_owned(), id.to_owned()]);
    let mut all = said(&list);
    all.sort();
    assert_eq!(all, [gap("east"), gap("west")], "{list}");
    for found in defects(&list) {
        // Notches of 1000 steps, and half a step above them.
        near(number(found, "area_m2"), 1000.0 * 1000.5 * STEP_M2);
    }
}

/// A layer of lots that fit but for what was planted in them, as rings.
fn town(random: &mut Random) -> Vec<Rings> {
    const WIDE: usize = 12;
    let corner = [114.1, 30.45];
    let mut corners = [[[0_i32; 2]; WIDE + 1]; WIDE + 1];
    for (row, line) in corners.iter_mut().enumerate() {
        for (column, at) in line.iter_mut().enumerate() {
            let place = |index: usize| i32::try_from(index).expect("few") * 5000;
            *at = [place(column) + random.whole(-800, 800), place(row) + random.whole(-800, 800)];
        }
    }
    let street = usize::try_from(random.below(WIDE as u64)).expect("few");
    let mut lots: Vec<Rings> = Vec::new();
    for row in 0..WIDE {
        for column in (0..WIDE).filter(|column| *column != street) {
            let mut steps = vec![
                corners[row][column],
                corners[row][column + 1],
                corners[row + 1][column + 1],
                corners[row + 1][column],
            ];
            let middle = |a: [i32; 2], b: [i32; 2]| [i32::midpoint(a[0], b[0]), i32::midpoint(a[1], b[1])];
            match random.below(16) {
                // A vertex more on one side, rounded to the grid.
                0 | 1 => steps.insert(1, middle(steps[0], steps[1])),
                // A corner of its own.
                2 => {
                    steps[2] = [steps[2][0] + random.whole(-300, 300), steps[2][1] + random.whole(-300, 300)];
                }
                3 => steps[0] = [steps[0][0] + random.whole(-3, 3), steps[0][1] + random.whole(-3, 3)],
                // Apart from all its neighbours.
                4 => {
                    let by = random.whole(2, 150);
                    for (step, [x, y]) in steps.iter_mut().zip([[1, 1], [-1, 1], [-1, -1], [1, -1]]) {
                        *step = [step[0] + x * by, step[1] + y * by];
                    }
                }
                // Two of one, or three.
                5 => {
                    let mut other = steps.clone();
                    other.rotate_left(usize::try_from(random.below(4)).expect("few"));
                    other.reverse();
                    lots.push(vec![ring(corner, &other)]);
                    if random.once_in(2) {
                        lots.push(vec![ring(corner, &steps)]);
                    }
                }
                6 => {
                    let mut other = steps.clone();
                    other[1][0] += random.whole(1, 60);
                    lots.push(vec![ring(corner, &other)]);
                }
                // A hole, filled with a lot that is a little smaller or larger.
                7 => {
                    let [x, y] = [steps[0][0] + 1800, steps[0][1] + 1800];
                    let by = random.whole(-40, 40);
                    lots.push(vec![rectangle(corner, [x + by, y + by, x + 900 - by, y + 900 - by])]);
                    lots.push(vec![ring(corner, &steps), rectangle(corner, [x, y, x + 900, y + 900])]);
                    continue;
                }
                8 if random.once_in(2) => continue,
                _ => {}
            }
            lots.push(vec![ring(corner, &steps)]);
        }
    }
    // Faulty ones and narrow ones stand apart.
    for place in 0..8 {
        let far = [114.2 + f64::from(place) * 0.001, 30.45];
        let steps: Vec<[i32; 2]> = (0..5).map(|_| [random.whole(0, 5000), random.whole(0, 5000)]).collect();
        lots.push(vec![ring(far, &steps)]);
        let far = [114.2 + f64::from(place) * 0.001, 30.46];
        let holes = (0..random.below(4)).map(|_| {
            let [x, y] = [random.whole(0, 45) * 100, random.whole(0, 45) * 100];
            rectangle(far, [x, y, x + random.whole(1, 10) * 100, y + random.whole(1, 10) * 100])
        });
        lots.push(std::iter::once(rectangle(far, [0, 0, 5000, 5000])).chain(holes).collect());
        let far = [114.2 + f64::from(place) * 0.001, 30.47];
        lots.push(vec![rectangle(far, [0, 0, random.whole(20, 200), 5000])]);
    }
    lots
}

fn wkt_of(rings: &Rings) -> String {
    let ring = |ring: &Vec<Position>| {
        let positions: Vec<String> = ring.iter().map(|[x, y]| format!("{x} {y}")).collect();
        format!("({})", positions.join(","))
    };
    format!("POLYGON({})", rings.iter().map(ring).collect::<Vec<_>>().join(","))
}

#[test]
fn defects_are_those_that_geos_finds() {
    let mut random = Random::new(8);
    let towns: Vec<Vec<Rings>> = (0..12).map(|_| town(&mut random)).collect();
    let lines: Vec<String> =
        towns.iter().map(|lots| lots.iter().map(wkt_of).collect::<Vec<_>>().join("\t")).collect();
    let mut seen = std::collections::BTreeMap::<String, usize>::new();
    for (town, answer) in towns.iter().zip(ask("topology.py", &lines)) {
        type Known = (String, Option<String>, Vec<usize>, Option<f64>);
        let mut want: Vec<Known> = serde_json::from_str(&answer).expect("defects");
        let features: Vec<Value> = town
            .iter()
            .enumerate()
            .map(|(at, rings)| feature(&at.to_string(), rings, &json!({ "area_m2": 2600.0 })))
            .collect();
        let (_folder, service) = lots(&features, "");
        let list = told(&service, &[("limit", "10000")]);
        let mut got: Vec<Known> = said(&list)
            .into_iter()
            .zip(defects(&list))
            .map(|((kind, detail, ids), defect)| {
                let properties = &defect["properties"];
                let area =
                    if kind == "stated-area" { &properties["measured_m2"] } else { &properties["area_m2"] };
                // GEOS names no fault, and each faulty feature once.
                let detail = detail.filter(|_| kind != "invalid-ring");
                let ids = ids.iter().map(|id| id.parse().expect("a place")).collect();
                (kind, detail, ids, area.as_f64())
            })
            .collect();
        got.sort_by(|a, b| {
            (&a.0, &a.1, &a.2).cmp(&(&b.0, &b.1, &b.2)).then(a.3.partial_cmp(&b.3).expect("numbers"))
        });
        got.dedup_by(|a, b| a.0 == "invalid-ring" && a == b);
        want.sort_by(|a, b| {
            (&a.0, &a.1, &a.2).cmp(&(&b.0, &b.1, &b.2)).then(a.3.partial_cmp(&b.3).expect("numbers"))
        });
        let plain = |all: &[Known]| {
            all.iter().map(|(kind, detail, ids, _)| format!("{kind} {detail:?} {ids:?}")).collect::<Vec<_>>()
        };
        let (known, told) = (plain(&want), plain(&got));
        let missing: Vec<_> = known.iter().filter(|one| !told.contains(one)).collect();
        let more: Vec<_> = told.iter().filter(|one| !known.contains(one)).collect();
        assert!(
            missing.is_empty() && more.is_empty() && known == told,
            "missing {missing:?}, too many {more:?}"
        );
        for (a, b) in got.iter().zip(&want) {
            if let (Some(a), Some(b)) = (a.3, b.3) {
                assert!((a - b).abs() <= 0.006 + 1e-6 * b, "{a} and not {b} m²");
            }
            *seen.entry(format!("{} {:?}", a.0, a.1)).or_default() += 1;
        }
    }
    for kind in [
        "invalid-ring None",
        "duplicate Some(\"identical\")",
        "duplicate Some(\"nearly-identical\")",
        "overlap Some(\"overlap\")",
        "gap Some(\"gap\")",
        "sliver Some(\"overlap\")",
        "sliver Some(\"gap\")",
        "sliver Some(\"feature\")",
        "stated-area None",
    ] {
        assert!(seen.get(kind).is_some_and(|count| *count >= 5), "{kind}: {seen:?}");
    }
}

#[test]
fn a_selection_is_told_of_what_its_features_take_part_in() {
    let mut random = Random::new(21);
    let town = town(&mut random);
    let features: Vec<Value> = town
        .iter()
        .enumerate()
        .map(|(at, rings)| {
            feature(
                &at.to_string(),
                rings,
                &json!({ "use": at % 7, "no": (at / 2 % 40).to_string(), "area_m2": 2600 }),
            )
        })
        .collect();
    let (_folder, service) = lots(&features, "");
    let whole = told(&service, &[("limit", "10000")]);
    for selection in [
        ("filter", "use = 3"),
        ("filter", "use < 0"),
        ("bbox", "114.102,30.452,114.103,30.4525"),
        ("use", "5"),
    ] {
        let chosen = service.get(&format!(
            "/ogc/collections/lots/items?limit=10000&{}",
            form_urlencoded::Serializer::new(String::new()).extend_pairs([selection]).finish()
        ));
        let chosen = chosen.ids();
        let want: Vec<_> =
            said(&whole).into_iter().filter(|(.., ids)| ids.iter().any(|id| chosen.contains(id))).collect();
        let list = told(&service, &[selection, ("limit", "10000")]);
        assert_eq!(said(&list), want, "{selection:?}");
        assert_eq!(list["defects"], want.len());
        let looked_at = list["checked"]["polygons"].as_u64().expect("a count");
        assert_eq!(looked_at, chosen.len() as u64);
        assert!(chosen.is_empty() || !want.is_empty(), "{selection:?} tells nothing");
    }
}

#[test]
fn pages_hold_all_and_counts_are_whole() {
    let (_folder, service) = lots(&planted(), "");
    let whole = told(&service, &[]);
    let (mut at, mut joined) = (path(&[("limit", "4")]), Vec::new());
    loop {
        let answer = service.ask("GET", &at, &[("accept-language", "en")]);
        let list = answer.json();
        assert_eq!((&list["kinds"], &list["numberMatched"]), (&whole["kinds"], &json!(11)));
        assert_eq!(answer.header("ogc-numbermatched"), "11");
        joined.extend(defects(&list).to_vec());
        match answer.link("next") {
            Some(next) => at = next,
            None => break,
        }
    }
    assert_eq!(joined, defects(&whole));
    let ids: Vec<&str> = joined.iter().map(|defect| defect["id"].as_str().expect("an id")).collect();
    assert_eq!(ids, ["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11"]);
    let list = told(&service, &[("kind", "gap,overlap"), ("limit", "1"), ("offset", "1")]);
    assert_eq!(said(&list)[0].0, "gap");
    assert_eq!(
        (&list["numberMatched"], &list["numberReturned"], &list["defects"]),
        (&json!(2), &json!(1), &json!(11))
    );
    assert_eq!(list["kinds"], whole["kinds"]);
    assert!(
        service.get("/ogc/collections/lots").json()["links"]
            .to_string()
            .contains("/ogc/collections/lots/topology")
    );
}

#[test]
fn what_makes_no_sense_is_refused_with_help() {
    let (_folder, service) = lots(&planted(), "");
    for (name, value, expected) in [
        (
            "kind",
            "hole",
            "kinds are invalid-ring, duplicate, repeated-number, overlap, gap, sliver, stated-area",
        ),
        ("tolerance", "-1", "a number from 0 on"),
        ("sliver-width", "wide", "a number from 0 on"),
        ("gap-area", "inf", "a number from 0 on"),
        ("area-field", "no", "such are area_m2"),
        ("number-field", "area_m2", "such are"),
        ("offset", "99999", "at most 100000 together"),
        ("limit", "0", "a whole number from 1 on"),
        ("bbox", "1,2", "4 or 6 numbers"),
        ("filter", "nowhere = 1", "nowhere"),
        ("f", "jsonfg", "json or html"),
        ("holes", "1", "tolerance"),
    ] {
        let answer = service.get(&path(&[(name, value)]));
        assert_eq!(answer.status, 400, "{name}");
        assert_eq!(answer.header("content-type"), "application/problem+json");
        let detail = answer.json()["detail"].as_str().expect("a detail").to_owned();
        assert!(detail.contains(expected), "{name}: {detail}");
    }
    assert_eq!(service.get("/ogc/collections/nothing/topology").status, 404);
    assert_eq!(service.ask("DELETE", &path(&[]), &[]).status, 405);
}

fn posted(service: &Service, body: &Value) -> Answer {
    let headers = [("content-type", "application/json"), ("accept-language", "en")];
    service.send("POST", "/ogc/collections/lots/topology", &headers, body.to_string().into_bytes())
}

fn program(folder: &Path, arguments: &[&str]) -> Output {
    let data = folder.to_str().expect("a path");
    let mut all = vec!["topology", "--data", data];
    all.extend(arguments);
    Command::new(env!("CARGO_BIN_EXE_innospace")).args(all).output().expect("innospace starts")
}

#[test]
fn all_ways_tell_the_same() {
    let (folder, service) = lots(&planted(), "synthetic = true");
    let mut whole = told(&service, &[("kind", "overlap,sliver")]);
    assert_eq!(whole["synthetic"], true);
    // The links and the moment aside.
    let plain = |list: &mut Value| {
        for name in ["links", "timeStamp", "dataDate"] {
            list.as_object_mut().expect("an object").remove(name);
        }
    };
    plain(&mut whole);
    let mut by_post = posted(&service, &json!({ "kind": "overlap,sliver" })).json();
    plain(&mut by_post);
    assert_eq!(by_post, whole);
    let output = program(folder.path(), &["lots", "--kind", "overlap,sliver", "--format", "json"]);
    assert_eq!(output.status.code(), Some(0));
    assert_eq!(serde_json::from_slice::<Value>(&output.stdout).expect("JSON"), whole);
    // The layer that is drawn as parcels is the usual one.
    assert_eq!(program(folder.path(), &["--strict", "--limit", "1"]).status.code(), Some(1));
    let sound = program(folder.path(), &["--strict", "--filter", "no = 'N-w'"]);
    assert_eq!(sound.status.code(), Some(0), "{}", String::from_utf8_lossy(&sound.stdout));
    assert_eq!(program(folder.path(), &["--kind", "x"]).status.code(), Some(2));
    let text = String::from_utf8(program(folder.path(), &["lots"]).stdout).expect("text");
    for words in [
        "polygons checked: 23",
        "overlap: 1",
        "sliver: 2 (overlaps 1, gaps 0, features 1)",
        "a ring crosses itself",
        "1–11 of 11",
        "Synthetic data",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let csv = service.ask("GET", &path(&[("f", "csv")]), &[("accept-language", "en")]);
    assert_eq!(csv.header("content-disposition"), "attachment; filename=\"lots-topology.csv\"");
    let lines: Vec<&str> = csv.text().trim_start_matches('\u{FEFF}').lines().collect();
    assert_eq!(lines.len(), 12);
    assert!(lines[0].starts_with("id,kind,detail,what,features,area_m2,width_m"), "{}", lines[0]);
    assert!(lines[0].ends_with(",synthetic") && lines[1].ends_with(",true"), "{}", lines[1]);
    assert!(lines[4].contains(r#""[""i"",""j"",""k""]""#), "{}", lines[4]);
    let made = service.get(&path(&[("f", "xlsx")])).body;
    let mut book = calamine::open_workbook_from_rs::<calamine::Xlsx<_>, _>(std::io::Cursor::new(made))
        .expect("a workbook");
    let sheets = book.worksheets();
    assert_eq!(sheets[0].1.height(), 12);
    let notes: Vec<String> =
        sheets[1].1.rows().map(|row| row.iter().map(Data::to_string).collect::<Vec<_>>().join(" ")).collect();
    assert!(notes.iter().any(|note| note.contains("重叠 1")), "{notes:?}");
    let html = service.ask("GET", &path(&[("f", "html")]), &[("accept-language", "en")]);
    for words in
        ["a ring crosses itself", "/ogc/collections/lots/items/n?f=html", "kind=overlap", "Synthetic data"]
    {
        assert!(html.text().contains(words), "{words}");
    }
    for form in ["kml", "fgb", "parquet"] {
        let answer = service.get(&path(&[("f", form)]));
        assert_eq!(answer.status, 200, "{form}");
        assert!(answer.body.len() > 1000, "{form}");
    }
}

#[test]
fn the_shipped_parcels_are_checked_and_flagged() {
    let service = Service::over(shipped());
    let list = service.get("/ogc/collections/parcels/topology").json();
    assert_eq!(list["synthetic"], true);
    assert_eq!(list["checked"]["polygons"], 3000);
    for kind in ["invalid-ring", "duplicate", "overlap", "stated-area"] {
        assert_eq!(list["kinds"][kind], 0, "{kind}: {list:#}");
    }
    // What a layer has no field of can be left empty as elsewhere.
    let without = service.get("/ogc/collections/axes/topology?area-field=&number-field=");
    assert_eq!(without.status, 200, "{}", without.text());
    let none = service.get("/ogc/collections/axes/topology?area-field=x").json();
    assert!(none["detail"].as_str().is_some_and(|detail| detail.contains("has no field of areas")), "{none}");
    // A layer of points has nothing to check, and no link to the check.
    let points = service.get("/ogc/collections/facilities/topology").json();
    assert_eq!((&points["checked"]["polygons"], &points["defects"]), (&json!(0), &json!(0)));
    assert!(!service.get("/ogc/collections/facilities").json()["links"].to_string().contains("topology"));
}
