//! Coordinate reference systems: axis order and values against PROJ, and windows in the plane of a projection.

use std::io::Write as _;
use std::process::{Command, Stdio};

use innospace::geometry::Crs;
use serde_json::Value;

use crate::harness::{Service, shipped};

/// What PROJ's cs2cs makes of positions; axes in the order of the definitions on both sides.
fn proj(from: &str, to: &str, positions: &[[f64; 2]]) -> Vec<[f64; 2]> {
    let mut process = Command::new("cs2cs")
        .args(["-f", "%.9f", from, to])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|fault| panic!("cs2cs cannot be run ({fault}); `make tools` installs PROJ"));
    let text: Vec<_> = positions.iter().map(|[a, b]| format!("{a:.12} {b:.12}\n")).collect();
    process.stdin.take().expect("its input").write_all(text.concat().as_bytes()).expect("written");
    let output = process.wait_with_output().expect("its output").stdout;
    let number = |text: Option<&str>| text.and_then(|text| text.parse().ok()).expect("a number");
    let lines = std::str::from_utf8(&output).expect("text").lines();
    lines
        .map(|line| {
            let mut numbers = line.split_whitespace();
            [number(numbers.next()), number(numbers.next())]
        })
        .collect()
}

#[test]
fn coordinates_are_those_of_proj_in_the_axes_of_the_definition() {
    // The strip around a meridian to three zones' width, from the tropics to the north of China.
    let grid = |meridian: f64| {
        let across = (0..=24).map(move |x| meridian - 4.5 + f64::from(x) * 0.375);
        across.flat_map(|x| (0..=20).map(move |y| [x, 18.0 + f64::from(y) * 1.75]))
    };
    for crs in Crs::all().filter(|crs| !matches!(crs, Crs::Crs84 | Crs::Epsg4490)) {
        let code = &format!("EPSG:{}", crs.epsg().expect("a code"));
        // WGS 84 and CGCS2000 are one frame here, so each system is asked from its own degrees.
        let (degrees, meridian) = match crs {
            Crs::Zone(zone) => ("EPSG:4490", f64::from(zone.number()) * 3.0),
            _ => ("EPSG:4326", 114.0),
        };
        let positions: Vec<_> = grid(meridian).collect();
        let latitude_first: Vec<_> = positions.iter().map(|[x, y]| [*y, *x]).collect();
        let wanted = proj(degrees, code, &latitude_first);
        assert_eq!(wanted.len(), 525, "{code}");
        let mut worst = 0.0_f64;
        for (position, want) in positions.iter().zip(wanted) {
            let got = crs.forward(*position).expect("in its domain");
            worst = worst.max((got[0] - want[0]).abs()).max((got[1] - want[1]).abs());
            let back = crs.inverse(got).expect("a position");
            assert!(
                (back[0] - position[0]).abs() < 1e-9 && (back[1] - position[1]).abs() < 1e-9,
                "{code} {position:?}"
            );
        }
        assert!(worst < 1e-4, "{code}: {worst} m beside PROJ");
    }
}

const SYSTEMS: [(&str, bool); 6] = [
    ("http://www.opengis.net/def/crs/OGC/1.3/CRS84", false),
    ("http://www.opengis.net/def/crs/EPSG/0/4326", true),
    ("http://www.opengis.net/def/crs/EPSG/0/4490", true),
    ("http://www.opengis.net/def/crs/EPSG/0/3857", false),
    ("http://www.opengis.net/def/crs/EPSG/0/4526", true),
    ("http://www.opengis.net/def/crs/EPSG/0/4547", true),
];

#[test]
fn every_system_is_announced_and_named_in_the_answer() {
    let service = Service::over(shipped());
    let collection = service.get("/ogc/collections/parcels").json();
    let names: Vec<_> = SYSTEMS.iter().map(|(name, _)| Value::from(*name)).collect();
    assert_eq!(collection["crs"], Value::from(names));
    assert_eq!(collection["storageCrs"], SYSTEMS[0].0);
    let plain = service.get("/ogc/collections/parcels/items?limit=50").json();
    for (name, north_first) in SYSTEMS {
        for path in ["items?limit=50&", "items/p-0000001?"] {
            let answer = service.get(&format!("/ogc/collections/parcels/{path}crs={name}"));
            assert_eq!(answer.header("content-crs"), format!("<{name}>"), "{path}");
        }
        let answer = service.get(&format!("/ogc/collections/parcels/items?limit=50&crs={name}"));
        let first = |json: &Value, feature: usize, axis: usize| {
            json["features"][feature]["geometry"]["coordinates"][0][0][axis].as_f64().expect("a number")
        };
        let crs = Crs::parse(name).expect("a system");
        for feature in 0..50 {
            let position = [first(&plain, feature, 0), first(&plain, feature, 1)];
            let want = crs.forward(position).expect("in its domain");
            let json = answer.json();
            for (axis, want) in want.iter().enumerate() {
                assert!((first(&json, feature, axis) - want).abs() < 0.000_1, "{name}");
            }
        }
        // North of 3 000 km, or 30 degrees, and west of 39 000 km: the axes cannot be mistaken.
        let json = answer.json();
        assert_eq!(first(&json, 0, 0) < first(&json, 0, 1), north_first && !name.ends_with("4547"), "{name}");
    }
    let next =
        service.get("/ogc/collections/parcels/items?limit=5&crs=http://www.opengis.net/def/crs/EPSG/0/4547");
    assert!(next.link("next").expect("a next page").contains("crs=http"), "the next page keeps its system");
}

#[test]
fn a_window_of_the_plane_selects_what_lies_in_it() {
    let service = Service::over(shipped());
    // Two kilometres square around the South Taizi Lake Innovation Valley, northing first.
    let (low, high) = ([3_374_000.0, 516_000.0], [3_376_000.0, 518_000.0]);
    let path = format!(
        "/ogc/collections/parcels/items?limit=10000&bbox={},{},{},{}&bbox-crs=[EPSG:4547]&crs=[EPSG:4547]",
        low[0], low[1], high[0], high[1]
    );
    let got = service.get(&path).ids();
    // The oracle: all parcels in the plane, tested by another library.
    let all = service.get("/ogc/collections/parcels/items?limit=10000&crs=[EPSG:4547]").json();
    let window = geo::Rect::new((low[1], low[0]), (high[1], high[0])).to_polygon();
    let ring = |ring: &Value| -> geo::LineString {
        let number = |value: &Value| value.as_f64().expect("a number");
        ring.as_array()
            .expect("a ring")
            .iter()
            .map(|p| (number(&p[1]), number(&p[0])))
            .collect::<Vec<_>>()
            .into()
    };
    let want: Vec<_> = all["features"]
        .as_array()
        .expect("features")
        .iter()
        .filter(|feature| {
            let rings = feature["geometry"]["coordinates"].as_array().expect("rings");
            let holes = rings[1..].iter().map(ring).collect();
            geo::Intersects::intersects(&geo::Polygon::new(ring(&rings[0]), holes), &window)
        })
        .map(|feature| feature["id"].as_str().expect("an id").to_owned())
        .collect();
    assert!(want.len() > 20, "only {} parcels lie there", want.len());
    assert_eq!(got, want);
}

#[test]
fn a_zone_elsewhere_has_the_systems_of_its_own_place() {
    let data = tempfile::tempdir().expect("a folder");
    let square = |id: &str, x: f64, y: f64| {
        format!(
            r#"{{"type":"Feature","id":"{id}","properties":{{}},"geometry":{{"type":"Polygon","coordinates":[[[{x},{y}],[{e},{y}],[{e},{n}],[{x},{n}],[{x},{y}]]]}}}}"#,
            e = x + 0.01,
            n = y + 0.01
        )
    };
    let lots = [square("a", 120.72, 31.31), square("b", 120.8, 31.35)].join(",");
    let lots = format!(r#"{{"type":"FeatureCollection","features":[{lots}]}}"#);
    std::fs::write(data.path().join("lots.geojson"), lots).expect("written");
    let service = Service::over(data.path());
    let codes = |json: &Value| -> Vec<String> {
        let names = json["crs"].as_array().expect("systems").iter();
        names
            .map(|name| name.as_str().expect("a name").rsplit('/').next().expect("a code").to_owned())
            .collect()
    };
    let listed = codes(&service.get("/ogc/collections/lots").json());
    assert_eq!(listed, ["CRS84", "4326", "4490", "3857", "4528", "4549"]);
    // The first corner, by cs2cs.
    let answer = service.get("/ogc/collections/lots/items/a?crs=[EPSG:4549]").json();
    let corner = &answer["geometry"]["coordinates"][0][0];
    let near = |axis: usize, want: f64| (corner[axis].as_f64().expect("a number") - want).abs() < 0.001;
    assert!(near(0, 3_465_568.488) && near(1, 568_540.454), "{corner}");
    let wuhan = service.get("/ogc/collections/lots/items/a?crs=[EPSG:4547]");
    assert_eq!(wuhan.status, 400, "{}", wuhan.text());
    // What is pasted without a zone is in that of the data.
    let told = service.get("/measure?geometry=3465568.488,568540.454").json();
    let at = |axis: usize| told["geometry"]["coordinates"][axis].as_f64().expect("a number");
    assert!((at(0) - 120.72).abs() < 1e-7 && (at(1) - 31.31).abs() < 1e-7, "{told}");
    assert!(told["properties"]["crs"].as_str().is_some_and(|crs| crs.ends_with("/4549")), "{told}");
}
