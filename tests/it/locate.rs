//! What is near, here, apart and along: against a look at every feature, against geodesics of PROJ's library, and as the
//! service and the program answer it.

use std::process::Command;

use innospace::geometry::{Bounds, Origin, Shape as Geometry, de9im};
use innospace::locate::{Member, Standpoint, nearest};
use innospace::query::{Budget, Query};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::{Service, shipped};
use crate::laws::{self, Shape};
use crate::oracle;
use crate::random::Random;
use crate::spatial::stored;

/// A position anywhere, often at the antimeridian, at a pole or where edges end.
fn spot() -> impl Strategy<Value = [f64; 2]> {
    let longitude = prop_oneof![Just(180.0), Just(-180.0), -180.0..=180.0, 179.0..=180.0, -180.0..=-179.0];
    let latitude = prop_oneof![Just(90.0), Just(-90.0), -90.0..=90.0, 88.0..=90.0];
    prop_oneof![
        3 => (longitude, latitude).prop_map(|(x, y)| [x, y]),
        2 => laws::place().prop_map(|(x, y)| [x, y]),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn the_tree_finds_what_a_look_at_every_feature_finds(
        shapes in prop::collection::vec(laws::shape(), 0..60),
        from in prop_oneof![spot().prop_map(Some), Just(None)],
        most in 1_usize..8,
        farthest in prop_oneof![Just(f64::INFINITY), 1e3..1e7],
    ) {
        // Both sides of the antimeridian, both poles, and two features at one place.
        let fixed = [(180.0, 10.0), (-180.0, 10.0), (30.0, 90.0), (-70.0, -90.0), (5.0, 5.0), (5.0, 5.0)];
        let shapes: Vec<_> = shapes.into_iter().chain(fixed.map(|(x, y)| Shape::Point(x, y))).collect();
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("random.geojson"), laws::collection(&shapes)).expect("written");
        let indexed = laws::index(folder.path());
        let layer = indexed.layer();
        let standpoint = match from {
            Some(at) => Standpoint::at(at, None),
            None => layer.positions().next().and_then(|ix| Standpoint::of(Member { indexed: indexed.clone(), ix })),
        };
        // A feature without position is no place to ask from.
        let Some(standpoint) = standpoint else { return Ok(()) };
        let found = nearest(&standpoint, &indexed, &Query::default(), most, farthest, &Budget::default());
        let found: Vec<_> = found.expect("an answer").into_iter().map(|one| (one.ix, one.way.nearest.metres)).collect();
        let mut want: Vec<_> = layer
            .positions()
            .filter(|&ix| standpoint.member.as_ref().is_none_or(|member| member.ix != ix))
            .filter_map(|ix| Some((ix, standpoint.origin.nearest(layer.feature(ix).geometry()?)?.metres)))
            .filter(|(_, metres)| *metres <= farthest)
            .collect();
        want.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        want.truncate(most);
        prop_assert_eq!(found, want);
    }

    #[test]
    fn nothing_in_a_window_is_nearer_than_its_bound(from in spot(), to in spot(), size in 0.0..30.0_f64) {
        let origin = Origin::new(&Geometry::Point(from.into())).expect("a point");
        let window = Bounds::new(
            (to[0] - size).max(-180.0), (to[1] - size).max(-90.0), (to[0] + size / 3.0).min(180.0), (to[1] + size).min(90.0),
        ).expect("a window");
        let metres = innospace::geometry::metres_between(from, to);
        // Metres have a rounding of their own.
        prop_assert!(origin.least(window) <= metres + 1e-6, "{} {}", origin.least(window), metres);
    }

    /// As a tree asks: boxes of 32 bits, in a window around them.
    #[test]
    fn nothing_in_a_box_is_nearer_than_its_gauge_says(
        from in prop_oneof![(113.0..116.0, 29.0..32.0), (-3.0..3.0, -3.0..3.0), (20.0..25.0, 70.0..75.0)],
        offsets in [-1.5..1.5_f64, -1.5..1.5_f64],
        sizes in [0.0..0.5_f64, 0.0..0.5_f64],
        scale in prop_oneof![Just(1.0), Just(1e-3), Just(1e-5)],
    ) {
        let origin = Origin::new(&Geometry::Point(from.into())).expect("a point");
        #[expect(clippy::cast_possible_truncation, reason = "a position of the test")]
        let low = [from.0 + offsets[0] * scale, from.1 + offsets[1] * scale].map(|degree| degree as f32);
        #[expect(clippy::cast_possible_truncation, reason = "a position of the test")]
        let high = [0, 1].map(|axis| low[axis] + (sizes[axis] * scale) as f32);
        let [west, south, east, north] = [low, high].concat().try_into().map(|all: [f32; 4]| all.map(f64::from)).expect("four");
        let window = Bounds::new(west - 0.3, south - 0.2, east + 0.1, north + 0.4).expect("a window");
        let least_2 = f64::from(origin.gauge(window).expect("near").least_2(low, high));
        let nearest = [from.0.clamp(west, east), from.1.clamp(south, north)];
        let metres = innospace::geometry::metres_between(from.into(), nearest);
        // The same latitude is not quite the shortest way to a meridian, so that the position that is nearest may be another one.
        let shares = (0..=20).map(|step| south + (north - south) * f64::from(step) / 20.0);
        let metres = shares.map(|y| innospace::geometry::metres_between(from.into(), [nearest[0], y])).fold(metres, f64::min);
        prop_assert!(least_2.sqrt() <= metres + 1e-6, "{} {metres}", least_2.sqrt());
        // It is not useless: at most a metre is lost by rounding to 32 bits, and a share by the window that is looked at.
        prop_assert!(least_2.sqrt() >= metres * 0.97 - 1.5, "{} {metres}", least_2.sqrt());
    }
}

/// In a tree of several levels: from amid the features, from beside them, from a kilometre, another city and the other side of the
/// earth; from points and from a line.
#[test]
fn thousands_of_features_are_found_as_one_by_one() {
    let mut random = Random::new(31);
    let shapes = (0..6_000).map(|at| {
        let [x, y] = match at % 10 {
            0 => [random.real(-180.0, 179.0), random.real(-90.0, 89.0)],
            _ => [random.real(114.0, 114.3), random.real(30.3, 30.5)],
        };
        let (east, north) = (x + 0.004, y + 0.003);
        let geometry = match at % 3 {
            0 => format!(r#"{{"type":"Point","coordinates":[{x},{y}]}}"#),
            1 => format!(r#"{{"type":"LineString","coordinates":[[{x},{y}],[{east},{north}]]}}"#),
            _ => format!(
                r#"{{"type":"Polygon","coordinates":[[[{x},{y}],[{east},{y}],[{east},{north}],[{x},{y}]]]}}"#
            ),
        };
        format!(r#"{{"type":"Feature","id":{at},"properties":{{}},"geometry":{geometry}}}"#)
    });
    let text =
        format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, shapes.collect::<Vec<_>>().join(","));
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("random.geojson"), text).expect("written");
    let indexed = laws::index(folder.path());
    let layer = indexed.layer();
    let points = [
        [114.15, 30.4],
        [114.02, 30.49],
        [114.3, 30.3],
        [114.31, 30.55],
        [116.0, 31.0],
        [109.0, 24.0],
        [-66.0, -30.0],
        [180.0, 0.0],
        [0.0, 90.0],
    ];
    let standpoints = points.iter().filter_map(|&at| Standpoint::at(at, None));
    // The first line amid the features.
    let line = layer.positions().nth(1).expect("a line");
    let of_line = Standpoint::of(Member { indexed: indexed.clone(), ix: line }).expect("a position");
    for (number, standpoint) in standpoints.chain([of_line]).enumerate() {
        let mut want: Vec<_> = layer
            .positions()
            .filter(|&ix| standpoint.member.as_ref().is_none_or(|member| member.ix != ix))
            .filter_map(|ix| Some((ix, standpoint.origin.nearest(layer.feature(ix).geometry()?)?.metres)))
            .collect();
        want.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        for (most, farthest) in
            [(1, f64::INFINITY), (10, f64::INFINITY), (700, 2e4), (6_000, 1e6), (10_000, f64::INFINITY)]
        {
            let found = nearest(&standpoint, &indexed, &Query::default(), most, farthest, &Budget::default());
            let found: Vec<_> =
                found.expect("an answer").into_iter().map(|one| (one.ix, one.way.nearest.metres)).collect();
            let within: Vec<_> =
                want.iter().filter(|(_, metres)| *metres <= farthest).take(most).copied().collect();
            assert!(
                found == within,
                "place {number}, {most} within {farthest} m: {} for {}",
                found.len(),
                within.len()
            );
        }
    }
}

/// Of features that share the spot which is nearest, those that stand first in the layer are found, on slanted borders too, where a
/// spot between two corners lies on none of the edges to the last bit; of parcels and of what is many kilometres large.
#[test]
fn what_is_equally_near_is_found_in_the_order_of_the_layer() {
    for size in [1.0, 80.0] {
        equals_are_found_in_order(size);
    }
}

fn equals_are_found_in_order(size: f64) {
    let mut random = Random::new(13);
    let corner = |x: u32, y: u32| {
        let (x, y) = (f64::from(x) * size, f64::from(y) * size);
        [114.0 + x * 0.000_7 + y * 0.000_13, 30.0 + y * 0.000_5 - x * 0.000_11]
    };
    let cells: Vec<_> = (0..12).flat_map(|x| (0..12).map(move |y| [x, y])).collect();
    let shapes = cells.iter().enumerate().map(|(at, &[x, y])| {
        let ring = [corner(x, y), corner(x + 1, y), corner(x + 1, y + 1), corner(x, y + 1), corner(x, y)];
        format!(
            "{{\"type\":\"Feature\",\"id\":{at},\"properties\":{{}},\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":[{ring:?}]}}}}"
        )
    });
    let folder = tempfile::tempdir().expect("a folder");
    let shapes = shapes.collect::<Vec<_>>().join(",");
    let text = format!("{{\"type\":\"FeatureCollection\",\"features\":[{shapes}]}}");
    std::fs::write(folder.path().join("random.geojson"), text).expect("written");
    let indexed = laws::index(folder.path());
    let layer = indexed.layer();
    let mut ties = 0;
    for round in 0..800 {
        let [x, y] = *random.of(&cells);
        let (a, b) = (corner(x, y), if round % 2 == 0 { corner(x + 1, y) } else { corner(x, y + 1) });
        let share = random.real(0.0, 1.0);
        let at = if round % 5 == 0 { a } else { [0, 1].map(|axis| a[axis] + (b[axis] - a[axis]) * share) };
        let standpoint = Standpoint::at(at, None).expect("a place");
        let mut want: Vec<_> = layer
            .positions()
            .filter_map(|ix| Some((ix, standpoint.origin.nearest(layer.feature(ix).geometry()?)?.metres)))
            .collect();
        want.sort_by(|a, b| a.1.total_cmp(&b.1).then(a.0.cmp(&b.0)));
        for most in [1, 2, 4] {
            let found =
                nearest(&standpoint, &indexed, &Query::default(), most, f64::INFINITY, &Budget::default());
            let found: Vec<_> =
                found.expect("an answer").into_iter().map(|one| (one.ix, one.way.nearest.metres)).collect();
            assert_eq!(found, want[..most], "{at:?} {most}");
        }
        ties += u32::from(want[0].1.to_bits() == want[1].1.to_bits());
    }
    assert!(ties > 200, "{ties} ties");
}

/// Shapes of all kinds around a place, whose size is some metres to some degrees.
fn pair(random: &mut Random) -> (Geometry, Geometry) {
    let [x, y] = *random.of(&[
        [114.16, 30.48],
        [114.16, 30.48],
        [0.0, 0.0],
        [-70.0, -52.0],
        [25.0, 71.0],
        [10.0, 84.0],
    ]);
    let size = *random.of(&[0.000_3, 0.003, 0.03, 0.3]);
    let shape = |random: &mut Random| {
        let at = |random: &mut Random| [x + random.real(-size, size), y + random.real(-size, size) * 0.7];
        match random.below(3) {
            0 => Geometry::Point(at(random).into()),
            1 => Geometry::LineString(vec![at(random), at(random), at(random)].into()),
            _ => {
                let ring = vec![at(random), at(random), at(random)];
                Geometry::Polygon(geo_types::Polygon::new(ring.into(), Vec::new()))
            }
        }
    };
    (shape(random), shape(random))
}

#[test]
fn distances_are_those_of_the_geodesic_library_of_proj() {
    let mut random = Random::new(11);
    let pairs: Vec<_> = (0..240).map(|_| pair(&mut random)).collect();
    let lines: Vec<_> =
        pairs.iter().map(|(a, b)| format!("{}\t{}", oracle::wkt(a), oracle::wkt(b))).collect();
    let mut apart = 0;
    for ((a, b), want) in pairs.iter().zip(oracle::ask("nearest.py", &lines)) {
        let want: f64 = want.parse().expect("metres");
        let got = metres(a, b);
        assert!((got - want).abs() < 1e-3, "{} {}: {got}, PROJ {want}", oracle::wkt(a), oracle::wkt(b));
        apart += u32::from(want > 0.0);
    }
    assert!(apart > 100, "only {apart} pairs were apart");
}

#[test]
fn points_are_as_far_as_the_geodesic_library_of_proj_says_everywhere() {
    let mut random = Random::new(12);
    let mut at = || [random.real(-180.0, 180.0), random.real(-90.0, 90.0)];
    let mut pairs: Vec<_> = (0..100).map(|_| (at(), at())).collect();
    // Near ones: over a pole, over the antimeridian, a hair apart, and where the short way is left.
    pairs.extend([
        ([10.0, 89.99], [-170.0, 89.99]),
        ([179.999, 12.0], [-179.999, 12.001]),
        ([114.0, 30.0], [114.000_000_1, 30.0]),
        ([114.0, 30.0], [114.079_9, 30.079_9]),
        ([114.0, 30.0], [114.080_1, 30.0]),
        ([0.0, 0.0], [0.079, 0.0]),
        ([20.0, -89.95], [20.07, -89.99]),
    ]);
    let point = |at: [f64; 2]| Geometry::Point(at.into());
    let lines: Vec<_> = pairs
        .iter()
        .map(|&(a, b)| format!("{}\t{}", oracle::wkt(&point(a)), oracle::wkt(&point(b))))
        .collect();
    for (&(a, b), want) in pairs.iter().zip(oracle::ask("nearest.py", &lines)) {
        let want: f64 = want.parse().expect("metres");
        let got = innospace::geometry::metres_between(a, b);
        assert!((got - want).abs() < 1e-3, "{a:?} {b:?}: {got}, PROJ {want}");
    }
}

/// Metres between two shapes, the second as a layer holds it.
fn metres(a: &Geometry, b: &Geometry) -> f64 {
    let array = stored(b).expect("a geometry");
    let origin = Origin::new(a).expect("a shape");
    origin.nearest(array.get(0).expect("a geometry")).expect("positions").metres
}

#[test]
fn matrices_are_those_of_the_drawings() {
    // By hand: dimensions of what interiors, borders and exteriors share (OGC 06-103r4, 6.1.15.2).
    let cases = [
        ("POINT(0 0)", "POINT(0 0)", "0FFFFFFF2"),
        ("POINT(0 0)", "POINT(1 1)", "FF0FFF0F2"),
        ("POINT(1 1)", "POLYGON((0 0,2 0,2 2,0 2,0 0))", "0FFFFF212"),
        ("LINESTRING(0 1,3 1)", "POLYGON((1 0,2 0,2 2,1 2,1 0))", "101FF0212"),
        ("POLYGON((0 0,2 0,2 2,0 2,0 0))", "POLYGON((1 1,3 1,3 3,1 3,1 1))", "212101212"),
        ("POLYGON((0 0,1 0,1 1,0 1,0 0))", "POLYGON((5 5,6 5,6 6,5 6,5 5))", "FF2FF1212"),
    ];
    for (a, b, want) in cases {
        assert_eq!(de9im(&oracle::shape(a), &oracle::shape(b)), want, "{a} {b}");
    }
}

/// A line along the equator of three degrees, and what stands along it.
fn street() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let line = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","id":"street","geometry":{"type":"LineString","coordinates":[[0,0],[1,0],[3,0]]},"properties":{"accuracy_m":5}}]}"#;
    let places = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","id":"right","geometry":{"type":"Point","coordinates":[2,-0.01]},"properties":{"accuracy_m":20}},
        {"type":"Feature","id":"left","geometry":{"type":"Point","coordinates":[0.5,0.01]},"properties":{"accuracy_m":null}},
        {"type":"Feature","id":"before","geometry":{"type":"Point","coordinates":[-0.05,0]},"properties":{}},
        {"type":"Feature","id":"far","geometry":{"type":"Point","coordinates":[1,1]},"properties":{}},
        {"type":"Feature","id":"nowhere","geometry":null,"properties":{}},
        {"type":"Feature","id":"block","geometry":{"type":"Polygon","coordinates":[[[1,-0.1],[1.5,-0.1],[1.5,0.1],[1,0.1],[1,-0.1]]]},"properties":{}}]}"#;
    std::fs::write(folder.path().join("lines.geojson"), line).expect("written");
    std::fs::write(folder.path().join("places.geojson"), places).expect("written");
    folder
}

/// On the equator a degree of longitude is the semi-major axis times pi / 180.
const EAST: f64 = 111_319.490_793;
/// There a degree of latitude is that times 1 - e² at its start; of a hundredth nothing more shows in millimetres.
const NORTH: f64 = 110_574.275_8;

fn near(got: &Value, want: f64) -> bool {
    got.as_f64().is_some_and(|got| (got - want).abs() < 2e-3)
}

#[test]
fn what_stands_along_a_line_comes_in_order() {
    let folder = street();
    let service = Service::over(folder.path());
    let path = "/ogc/collections/lines/items/street/along?collections=places&max-offset=6000";
    let along = service.get(path).json();
    let stops = along["stops"].as_array().expect("stops");
    let ids: Vec<_> = stops.iter().map(|stop| stop["id"].as_str().expect("an id")).collect();
    assert_eq!(ids, ["before", "left", "block", "right"]);
    assert!(near(&along["lengthM"], 3.0 * EAST), "{along:#}");
    let [before, left, block, right] = stops.as_slice() else { panic!("{along:#}") };
    assert!(near(&before["chainageM"], 0.0) && near(&before["offsetM"], 0.05 * EAST), "{before:#}");
    assert_eq!((&before["beyond"], &before["side"]), (&"start".into(), &Value::Null));
    assert!(near(&left["chainageM"], 0.5 * EAST) && near(&left["offsetM"], 0.01 * NORTH), "{left:#}");
    assert_eq!(
        (&left["side"], &left["offsetAccuracyM"]),
        (&"left".into(), &Value::Null),
        "unknown stays unknown"
    );
    assert!(near(&block["chainageM"], 1.25 * EAST) && near(&block["offsetM"], 0.0), "{block:#}");
    assert!(near(&block["stretchM"][0], EAST) && near(&block["stretchM"][1], 1.5 * EAST), "{block:#}");
    assert_eq!((&right["side"], &right["offsetAccuracyM"]), (&"right".into(), &25.0.into()));

    let after = service.get(&format!("{path}&after=places:block")).json();
    let stops = after["stops"].as_array().expect("stops");
    assert_eq!(stops.len(), 1);
    assert_eq!(stops[0]["id"], "right");
    assert!(near(&stops[0]["aheadM"], 0.75 * EAST), "{after:#}");
    // Layers that do not say how they are drawn are sites, here as on the map.
    let usual = service.get("/ogc/collections/lines/items/street/along?max-offset=6000").json();
    assert_eq!(usual["stops"], along["stops"]);
    let cut = service.get(&format!("{path}&limit=1")).json();
    assert_eq!((&cut["numberMatched"], &cut["numberReturned"]), (&4.into(), &1.into()));
}

#[test]
fn nearest_here_and_apart_over_http() {
    let folder = street();
    let service = Service::over(folder.path());
    let nearest = service.get("/ogc/collections/places/nearest?point=2,0&k=2&point-accuracy=3");
    assert_eq!(nearest.header("content-type"), "application/geo+json");
    assert_eq!(nearest.ids(), ["right", "block"]);
    let properties = &nearest.json()["features"][0]["properties"];
    assert!(near(&properties["distance_m"], 0.01 * NORTH), "{properties:#}");
    assert_eq!((&properties["direction"], &properties["bearing_deg"]), (&"south".into(), &180.0.into()));
    assert_eq!(properties["distance_accuracy_m"], 23.0);
    assert_eq!(nearest.json()["features"][1]["properties"]["distance_accuracy_m"], Value::Null);
    // One inside, from a feature, with a limit and with filters few and many match.
    let inside = service.get("/ogc/collections/places/nearest?point=1.2,0&k=1").json();
    let properties = &inside["features"][0]["properties"];
    assert_eq!((&properties["inside"], &properties["direction"]), (&true.into(), &Value::Null));
    let ids = |query: &str| service.get(&format!("/ogc/collections/places/nearest?{query}")).ids();
    assert_eq!(ids("feature=places:far&k=3&max-distance=100000"), ["block"]);
    assert_eq!(ids("feature=lines:street&k=2"), ["block", "right"]);
    assert_eq!(ids("point=2,0&filter=accuracy_m=20"), ["right"]);
    assert_eq!(ids("point=2,0&id=far"), ["far"]);
    assert_eq!(ids("point=-0.05,0&max-distance=0"), ["before"]);

    let here = service.get("/ogc/at?point=1.2,0.0001").json();
    let found: Vec<_> = here["collections"]
        .as_array()
        .expect("collections")
        .iter()
        .flat_map(|group| group["features"].as_array().expect("features"))
        .map(|feature| feature["id"].as_str().expect("an id").to_owned())
        .collect();
    assert_eq!(found, ["street", "block"], "the line is 11 m away");
    assert_eq!(service.get("/ogc/at?point=1.2,0.0001&tolerance=11").json()["numberMatched"], 1);
    assert_eq!(service.get("/ogc/at?point=1.2,0.0001&collections=lines").json()["numberMatched"], 1);

    let apart = service.get("/ogc/distance?from=lines:street&to=places:left").json();
    assert!(near(&apart["distanceM"], 0.01 * NORTH), "{apart:#}");
    assert_eq!(
        (&apart["relations"], &apart["direction"]),
        (&serde_json::json!(["disjoint"]), &"north".into())
    );
    assert!(near(&apart["nearestOnFrom"][0], 0.5) && near(&apart["nearestOnTo"][1], 0.01));
    let crossed = service.get("/ogc/distance?from=lines:street&to=places:block").json();
    assert_eq!(crossed["relations"], serde_json::json!(["intersects", "crosses"]));
    assert_eq!((&crossed["distanceM"], &crossed["bearingDeg"]), (&0.0.into(), &Value::Null));
    assert_eq!(crossed["de9im"], "101FF0212");
}

#[test]
fn shifted_degrees_and_other_systems_lead_to_the_same_place() {
    let service = Service::over(shipped());
    let from =
        |query: &str| service.get(&format!("/ogc/collections/sites/nearest?{query}")).json()["from"].clone();
    // The published example of the formula: WGS 84 116.404, 39.915 is this in GCJ-02.
    let shifted = from("point=116.41024449916938,39.91640428150164&datum=gcj02");
    let at = |json: &Value, axis: usize| json["position"][axis].as_f64().expect("a number");
    assert!(
        (at(&shifted, 0) - 116.404).abs() < 1e-7 && (at(&shifted, 1) - 39.915).abs() < 1e-7,
        "{shifted:#}"
    );
    assert_eq!((&shifted["datum"], &shifted["given"][0]), (&"gcj02".into(), &116.410_244_499_169_38.into()));
    assert!(shifted["statement"].as_str().is_some_and(|said| said.contains("GCJ-02")));
    let north_first = from("point=30.47,114.17&point-crs=http://www.opengis.net/def/crs/EPSG/0/4490");
    assert!((at(&north_first, 0) - 114.17).abs() < 1e-9, "{north_first:#}");
    // The position in EPSG 4547 is from the definition, by PROJ.
    let plane = from("point=3372228.194,516324.835&point-crs=http://www.opengis.net/def/crs/EPSG/0/4547");
    assert!((at(&plane, 0) - 114.17).abs() < 1e-7 && (at(&plane, 1) - 30.47).abs() < 1e-7, "{plane:#}");
}

#[test]
fn bad_questions_are_problems_that_name_the_parameter() {
    let service = Service::over(street().path());
    let along = "/ogc/collections/lines/items/street/along";
    let cases = [
        ("/ogc/collections/places/nearest", 400, "point"),
        ("/ogc/collections/places/nearest?point=1", 400, "point"),
        ("/ogc/collections/places/nearest?point=1,x", 400, "point"),
        ("/ogc/collections/places/nearest?point=1,NaN", 400, "point"),
        ("/ogc/collections/places/nearest?point=181,0", 400, "point"),
        ("/ogc/collections/places/nearest?point=0,91", 400, "point"),
        ("/ogc/collections/places/nearest?point=1,1&feature=places:far", 400, "feature"),
        ("/ogc/collections/places/nearest?feature=far", 400, "feature"),
        ("/ogc/collections/places/nearest?feature=none:far", 400, "feature"),
        ("/ogc/collections/places/nearest?feature=places:none", 400, "feature"),
        ("/ogc/collections/places/nearest?feature=places:nowhere", 400, "feature"),
        ("/ogc/collections/places/nearest?point=1,1&k=0", 400, "k"),
        ("/ogc/collections/places/nearest?point=1,1&max-distance=-1", 400, "max-distance"),
        ("/ogc/collections/places/nearest?point=1,1&filter=nope=1", 400, "filter"),
        ("/ogc/collections/places/nearest?point=1,1&datum=wgs72", 400, "datum"),
        ("/ogc/collections/places/nearest?datum=gcj02&feature=places:far", 400, "datum"),
        ("/ogc/collections/none/nearest?point=1,1", 404, ""),
        ("/ogc/at", 400, "point"),
        ("/ogc/at?point=1,1&tolerance=1e9", 400, "tolerance"),
        ("/ogc/at?point=1,1&collections=none", 400, "collections"),
        ("/ogc/distance?from=places:far", 400, "to"),
        ("/ogc/distance?from=places:far&to=places:nowhere", 400, "to"),
        ("/ogc/collections/places/items/far/along", 404, ""),
        ("/ogc/collections/places/items/none/along", 404, ""),
    ];
    for (path, status, parameter) in cases {
        let answer = service.get(path);
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
        assert_eq!(answer.json()["parameter"].as_str().unwrap_or(""), parameter, "{path}: {}", answer.text());
    }
    for query in ["after=places:nowhere", "after=x", "max-offset=x", "limit=0"] {
        assert_eq!(service.get(&format!("{along}?{query}")).status, 400, "{query}");
    }
    let turned = service.get("/ogc/at?point=30.47,114.17").json();
    assert!(
        turned["detail"].as_str().is_some_and(|said| said.ends_with("in this order: 114.17,30.47")),
        "{turned:#}"
    );
    assert_eq!(service.get("/ogc/at?point=114.17%EF%BC%8C30.47").status, 200, "a full-width comma");
    let both = "/ogc/collections/places/nearest?point=1,1&datum=gcj02&point-crs=http://www.opengis.net/def/crs/EPSG/0/4326";
    assert_eq!(service.get(both).json()["parameter"], "datum");
}

#[test]
fn a_language_that_is_asked_for_wins() {
    let service = Service::over(shipped());
    let paths = [
        "/ogc/collections/sites/nearest?point=114.16,30.49",
        "/ogc/at?point=114.16,30.49",
        "/ogc/distance?from=sites:chunsun&to=sites:business-city",
        "/ogc/collections/axes/items/axis-chegu-avenue/along?after=sites:chunsun",
        "/ogc/reach?point=114.16,30.49&minutes=5",
    ];
    for path in paths {
        for (lang, other) in [("zh", "en"), ("en", "zh")] {
            let asked =
                service.ask("GET", &format!("{path}&lang={lang}"), &[("accept-language", other)]).json();
            let headed = service.ask("GET", path, &[("accept-language", lang)]).json();
            assert_eq!(asked["statement"], headed["statement"], "{path}");
        }
        assert_eq!(service.get(&format!("{path}&lang=fr")).json()["parameter"], "lang", "{path}");
    }
}

#[test]
fn the_program_answers_what_the_service_answers() {
    let service = Service::over(shipped());
    let data = shipped().to_str().expect("a path");
    let run = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_innospace"))
            .args(arguments)
            .args(["--data", data])
            .output()
            .expect("the program starts");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("UTF-8")
    };
    let cases: [(&[&str], &str); 4] = [
        (
            &["near", "sites", "--point", "114.16,30.49", "--k", "3", "--filter", "named_unit = TRUE"],
            "/ogc/collections/sites/nearest?point=114.16,30.49&k=3&filter=named_unit%20%3D%20TRUE",
        ),
        (&["at", "--point", "114.16,30.49"], "/ogc/at?point=114.16,30.49"),
        (
            &["distance", "cores:core-chegu-innovation", "sites:business-city"],
            "/ogc/distance?from=cores:core-chegu-innovation&to=sites:business-city",
        ),
        (
            &["along", "axes:axis-chegu-avenue", "--after", "cores:core-chegu-innovation"],
            "/ogc/collections/axes/items/axis-chegu-avenue/along?after=cores:core-chegu-innovation",
        ),
    ];
    for (arguments, path) in cases {
        let said: Value =
            serde_json::from_str(&run(&[arguments, &["--format", "json"]].concat())).expect("JSON");
        let mut want = service.ask("GET", path, &[("accept-language", "en")]).json();
        want.as_object_mut().expect("an object").remove("links");
        assert_eq!(said, want, "{path}");
        let text = run(arguments);
        assert!(text.lines().count() > 3, "{text}");
    }
    let output = Command::new(env!("CARGO_BIN_EXE_innospace"))
        .args(["near", "sites", "--data", data, "--point", "1"])
        .output()
        .expect("the program starts");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("parameter point"));
}

#[test]
fn the_ends_of_an_axis_are_those_of_the_plan() {
    let service = Service::over(shipped());
    let answer = service.ask(
        "GET",
        "/ogc/collections/axes/items/axis-chegu-avenue/along?max-offset=5000",
        &[("accept-language", "en")],
    );
    let along = answer.json();
    assert_eq!(along["start"]["id"], "changfu-industrial-park");
    assert_eq!(along["end"]["id"], "jingang-manufacturing-area");
    // The order that the plan states: what it strings together from west to east.
    let ids: Vec<_> = along["stops"]
        .as_array()
        .expect("stops")
        .iter()
        .map(|stop| stop["id"].as_str().expect("an id"))
        .collect();
    let place =
        |id: &str| ids.iter().position(|known| *known == id).unwrap_or_else(|| panic!("{id} is not along"));
    assert!(place("changfu-industrial-park") < place("core-chegu-innovation"));
    assert!(place("core-chegu-innovation") < place("jingang-manufacturing-area"));
    // What the web app lists under the axis: the ends and what is between them, as the plan's text has them.
    let app = service.get("/app.json").json();
    let layout = app["plan"]["layout"].as_array().expect("a layout");
    let axis = layout.iter().find(|entry| entry["part"] == "axis").expect("an axis");
    assert_eq!(
        axis["places"],
        json!({ "axis-chegu-avenue": ["changfu-industrial-park", "core-chegu-innovation", "jingang-manufacturing-area"] })
    );
    let page = service.ask(
        "GET",
        "/ogc/collections/axes/items/axis-chegu-avenue/along?f=html",
        &[("accept-language", "en")],
    );
    assert!(page.text().contains("chainage") && page.text().contains("/ogc/collections/sites/items/"));
}
