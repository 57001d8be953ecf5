#![expect(clippy::cast_precision_loss, clippy::cast_sign_loss, reason = "counts of a test")]

use std::collections::HashSet;

use geo::coordinate_position::CoordPos;
use geo::dimensions::Dimensions;
use geo::{BoundingRect, Contains, GeodesicArea, Intersects, Relate, Validation};
use rstar::{AABB, RTree, primitives::GeomWithData};
use serde_json::Value as Json;

use super::plane::{metres_per_degree, twice_area};
use super::uses::USES;
use super::*;
use crate::geometry::GeometryBuilder;

fn json(text: &str) -> Vec<Json> {
    let all: Json = serde_json::from_str(text).unwrap();
    all["features"].as_array().unwrap().clone()
}

fn line(json: &Json) -> Vec<[f64; 2]> {
    let position = |p: &Json| [p[0].as_f64().unwrap(), p[1].as_f64().unwrap()];
    json.as_array().unwrap().iter().map(position).collect()
}

fn rings(json: &Json) -> Rings {
    json.as_array().unwrap().iter().map(line).collect()
}

/// The zone as shipped.
fn zone() -> Ground {
    let mut ground = Ground::default();
    let codes = [
        ("street-zhuankou", "ZK"),
        ("street-zhuanyang", "ZY"),
        ("street-junshan", "JS"),
        ("street-shamao", "SM"),
    ];
    let areas = json(include_str!("../../geodata/subdistricts.geojson"));
    for (id, code) in codes {
        let area = areas.iter().find(|area| area["id"] == id).unwrap();
        ground.areas.push(Area { code: code.into(), rings: rings(&area["geometry"]["coordinates"]) });
    }
    for water in json(include_str!("../../geodata/water.geojson")) {
        let shape = &water["geometry"];
        match shape["type"].as_str() {
            Some("Polygon") => ground.outside.push(rings(&shape["coordinates"])),
            Some("LineString") => ground.lines.push(ClearLine {
                positions: line(&shape["coordinates"]),
                clear_m: 60.0,
                attracts: false,
            }),
            _ => {}
        }
    }
    for road in json(include_str!("../../geodata/roads.geojson")) {
        if road["geometry"]["type"] == "LineString" {
            let positions = line(&road["geometry"]["coordinates"]);
            ground.lines.push(ClearLine { positions, clear_m: 30.0, attracts: true });
        }
    }
    ground
}

/// Two small areas of half a square kilometre: one concave with a hole and a pond, one south of the equator
/// and west of Greenwich.
fn hamlets() -> Ground {
    let near = |x: f64, y: f64, ring: &[[f64; 2]]| -> Vec<[f64; 2]> {
        ring.iter().map(|p| [x + p[0] / 1000.0, y + p[1] / 1000.0]).collect()
    };
    let star = [[0., 0.], [4., 1.], [8., 0.], [7., 3.], [8., 6.], [4., 4.5], [0., 6.], [1.5, 3.]];
    let hole = [[3., 2.], [4.5, 2.1], [4., 3.]];
    let pond = [[1., 5.], [3., 3.2], [2., 1.5], [-1., 2.]];
    let east = Area { code: "E".into(), rings: vec![near(114., 30., &star), near(114., 30., &hole)] };
    let west = Area { code: "W9".into(), rings: vec![near(-70., -33., &star)] };
    Ground {
        areas: vec![east, west],
        outside: vec![vec![near(114., 30., &pond)]],
        lines: vec![ClearLine {
            positions: near(114., 30., &[[0., 1.], [5., 5.], [9., 4.]]),
            clear_m: 9.,
            attracts: true,
        }],
    }
}

fn written(ground: &Ground, count: u64, seed: u64) -> (Vec<u8>, Summary) {
    let mut bytes = Vec::new();
    let summary = parcels(ground, count, seed, &mut bytes, &mut |_| {}).unwrap();
    assert_eq!(summary.bytes, bytes.len() as u64);
    (bytes, summary)
}

/// Reads with another crate than the one that serves.
fn read(bytes: &[u8]) -> Vec<(geo::Polygon, geojson::JsonObject)> {
    let text = std::str::from_utf8(bytes).unwrap();
    let all: geojson::FeatureCollection = text.parse::<geojson::GeoJson>().unwrap().try_into().unwrap();
    all.features
        .into_iter()
        .map(|feature| {
            let properties = feature.properties.unwrap();
            assert_eq!(
                Json::from(feature.id.map(|id| match id {
                    geojson::feature::Id::String(id) => id,
                    geojson::feature::Id::Number(number) => number.to_string(),
                })),
                properties["id"]
            );
            let geojson::GeometryValue::Polygon { coordinates } = feature.geometry.unwrap().value else {
                panic!("not a polygon")
            };
            let ring = |ring: &Vec<geojson::Position>| -> geo::LineString {
                assert_eq!(ring.first(), ring.last());
                ring.iter().map(|p| (p[0], p[1])).collect()
            };
            let mut all = coordinates.iter().map(ring);
            (geo::Polygon::new(all.next().unwrap(), all.collect()), properties)
        })
        .collect()
}

fn shape(rings: &Rings) -> geo::Polygon {
    let mut rings = rings.iter().map(|ring| ring.iter().map(|p| (p[0], p[1])).collect());
    geo::Polygon::new(rings.next().unwrap(), rings.collect())
}

/// Everything that must hold of the parcels, checked by `geo`.
fn check_parcels(ground: &Ground, count: u64, seed: u64) {
    let case = format!("{count} parcels, seed {seed}");
    let (bytes, summary) = written(ground, count, seed);
    let all = read(&bytes);
    assert_eq!((all.len() as u64, summary.parcels), (count, count), "{case}");
    let areas: Vec<_> = ground.areas.iter().map(|area| (area.code.as_str(), shape(&area.rings))).collect();
    let water: Vec<_> = ground.outside.iter().map(shape).collect();
    let mut numbers = HashSet::new();
    let mut boxes = Vec::new();
    for (at, (polygon, properties)) in all.iter().enumerate() {
        let case = format!("{case}, {}", properties["parcel_no"]);
        assert!(polygon.is_valid(), "{case}: {:?}", polygon.validation_errors());
        assert!(polygon.signed_area_of_shell() > 0.0, "{case}: shell is clockwise");
        assert!(polygon.interiors().iter().all(|hole| twice(hole) < 0.0), "{case}: hole is counterclockwise");
        let unit = properties["unit_no"].as_str().unwrap();
        let code = &unit[..unit.len() - 4];
        let (_, area) = areas.iter().find(|(own, _)| *own == code).unwrap();
        assert!(area.contains(polygon), "{case}: outside its area");
        assert!(!water.iter().any(|water| water.intersects(polygon)), "{case}: in the water");
        let asked = polygon.geodesic_area_unsigned();
        let told = properties["area_m2"].as_f64().unwrap();
        assert!((asked - told).abs() <= (asked * 1e-3).max(0.06), "{case}: {told} m2, geodesic {asked}");
        assert!(numbers.insert(properties["parcel_no"].as_str().unwrap()), "{case}: number used twice");
        let bounds = polygon.bounding_rect().unwrap();
        let corners = AABB::from_corners(bounds.min().into(), bounds.max().into());
        boxes.push(GeomWithData::new(rstar::primitives::Rectangle::<(f64, f64)>::from(corners), at));
    }
    let tree = RTree::bulk_load(boxes);
    let mut pairs = 0;
    for (a, b) in tree.intersection_candidates_with_other_tree(&tree) {
        if a.data < b.data {
            let matrix = all[a.data].0.relate(&all[b.data].0);
            assert_eq!(
                matrix.get(CoordPos::Inside, CoordPos::Inside),
                Dimensions::Empty,
                "{case}: {} and {} overlap",
                all[a.data].1["parcel_no"],
                all[b.data].1["parcel_no"]
            );
            pairs += 1;
        }
    }
    assert!(pairs as u64 > count, "{case}: {pairs} pairs of neighbours looked at");
}

fn twice(ring: &geo::LineString) -> f64 {
    twice_area(&ring.coords().map(|c| [c.x, c.y]).collect::<Vec<_>>())
}

trait Shell {
    fn signed_area_of_shell(&self) -> f64;
}

impl Shell for geo::Polygon {
    fn signed_area_of_shell(&self) -> f64 {
        twice(self.exterior())
    }
}

#[test]
fn parcels_are_valid_apart_and_on_the_ground() {
    let zone = zone();
    for (count, seed) in [(500, 7), (3_000, 1), (3_000, u64::MAX)] {
        check_parcels(&zone, count, seed);
    }
}

// By itself, so that the other takes the second core meanwhile.
#[test]
fn many_parcels_are_valid_apart_and_on_the_ground() {
    check_parcels(&zone(), 8_000, 2);
}

/// The parcels of a sample of ten million have this size: some twenty square metres.
#[test]
fn small_parcels_are_valid_apart_and_on_the_ground() {
    let hamlets = hamlets();
    for (count, seed) in [(60, 1), (1_000, 2), (20_000, 3)] {
        check_parcels(&hamlets, count, seed);
    }
}

#[test]
fn same_seed_same_bytes() {
    let zone = zone();
    let first = written(&zone, 3_000, 1).0;
    assert!(first == written(&zone, 3_000, 1).0);
    assert!(first != written(&zone, 3_000, 2).0);
}

#[test]
fn any_count_is_kept_to() {
    let zone = zone();
    for count in [0, 1, 2, 7, 499, 1_001, 12_345, 100_003] {
        let mut news = Vec::new();
        let mut bytes = Vec::new();
        let summary = parcels(&zone, count, 5, &mut bytes, &mut |written| news.push(written)).unwrap();
        assert_eq!(summary.parcels, count);
        assert_eq!(news.last(), Some(&count));
        assert!(news.is_sorted());
        let lines =
            bytes.split(|&b| b == b'\n').filter(|line| line.starts_with(b"{\"type\":\"Feature\",")).count();
        assert_eq!(lines as u64, count, "a feature per line");
    }
}

#[test]
fn what_it_says_hangs_together() {
    let (bytes, summary) = written(&zone(), 20_000, 1);
    let all = read(&bytes);
    let share = |wanted: &dyn Fn(&geojson::JsonObject) -> bool| {
        all.iter().filter(|(_, properties)| wanted(properties)).count() as f64 / all.len() as f64
    };
    let holes = summary.with_hole as f64 / 20_000.0;
    assert!((0.02..=0.06).contains(&holes), "{holes} with a hole");
    let vertices = summary.positions as f64 / 20_000.0;
    assert!((6.0..=9.0).contains(&vertices), "{vertices} vertices");
    for (field, low, high) in [("far", 0.01, 0.08), ("status", 0.02, 0.04), ("year", 0.05, 0.25)] {
        let unknown = share(&|properties| properties[field].is_null());
        assert!((low..=high).contains(&unknown), "{field} is null in {unknown}");
    }
    let number = |properties: &geojson::JsonObject, name: &str| properties[name].as_f64();
    for (_, properties) in &all {
        let no = &properties["parcel_no"];
        assert_eq!(properties["synthetic"], true, "{no}");
        assert_eq!(properties["basis"], "synthetic", "{no}");
        let [far, density, green] = ["far", "density", "green_ratio"].map(|name| number(properties, name));
        if let (Some(density), Some(green)) = (density, green) {
            assert!((0.0..=1.0).contains(&density) && (0.0..=1.0).contains(&green), "{no}");
            assert!(density + green <= 1.0, "{no}: {density} built on, {green} green");
        }
        if let (Some(far), Some(density), Some(height)) = (far, density, number(properties, "height_m")) {
            let storeys_at_most = height / 2.9;
            assert!(far <= density * storeys_at_most + 0.01, "{no}: {far} > {density} * {storeys_at_most}");
        }
        if properties["status"] == "planned" {
            assert!(properties["year"].is_null(), "{no}");
        }
        let known = USES.iter().any(|land_use| properties["use_code"] == land_use.code);
        assert!(known, "{no}");
    }
}

/// Uses come in districts: neighbours in the file have the same one far more often than two at random.
#[test]
fn uses_keep_together() {
    let all = read(&written(&zone(), 3_000, 1).0);
    let same = |step: usize| {
        let pairs = all.iter().zip(all.iter().skip(step));
        pairs.filter(|(a, b)| a.1["use_code"] == b.1["use_code"]).count() as f64
    };
    assert!(same(1) > 2.5 * same(1_500), "{} beside, {} apart", same(1), same(1_500));
}

#[test]
fn ground_that_cannot_be_used_is_refused() {
    let make = |ground: &Ground, count| {
        parcels(ground, count, 1, &mut Vec::new(), &mut |_| {}).map(|summary| summary.parcels)
    };
    let none = Ground::default();
    assert!(matches!(make(&none, 5), Err(SampleError::NoGround)));
    assert!(matches!(make(&none, 0), Ok(0)));
    let mut flooded = hamlets();
    flooded.outside = flooded.areas.iter().map(|area| vec![area.rings[0].clone()]).collect();
    assert!(matches!(make(&flooded, 5), Err(SampleError::NoGround)));
    let room = match make(&hamlets(), 100_000_000) {
        Err(SampleError::TooMany { asked: 100_000_000, room }) => room,
        other => panic!("{other:?}"),
    };
    assert!(room > 50_000, "{room}");
    let mut twice = hamlets();
    twice.areas[1].code = "E".into();
    assert!(matches!(make(&twice, 5), Err(SampleError::Code(_))));
    twice.areas[1].code = "a\"b".into();
    assert!(matches!(make(&twice, 5), Err(SampleError::Code(_))));
    let mut swapped = hamlets();
    swapped.areas[0].rings[0][0] = [30.0, 114.0];
    assert!(matches!(make(&swapped, 5), Err(SampleError::Position([30.0, 114.0]))));
    let mut nowhere = hamlets();
    nowhere.lines[0].positions[0] = [f64::NAN, 0.0];
    assert!(matches!(make(&nowhere, 5), Err(SampleError::Position(_))));
    let mut empty = hamlets();
    empty.areas.push(Area { code: "X".into(), rings: vec![vec![]] });
    empty.areas.push(Area { code: "Y".into(), rings: vec![] });
    assert!(matches!(make(&empty, 50), Ok(50)));
}

#[test]
fn a_full_disk_is_an_error() {
    struct Full;
    impl Write for Full {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::StorageFull.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let done = parcels(&hamlets(), 10, 1, &mut Full, &mut |_| {});
    assert!(matches!(done, Err(SampleError::Write(_))));
}

#[test]
fn ground_is_taken_from_layers() {
    let mut builder = GeometryBuilder::default();
    let mut ring = [[114., 30.], [114.01, 30.], [114.01, 30.01], [114., 30.]];
    builder.ring(&mut ring, &mut [], true).unwrap();
    builder.end_member(GeometryKind::Polygon);
    builder.finish(false).unwrap();
    builder.line(&ring[..2], &[]).unwrap();
    builder.end_member(GeometryKind::LineString);
    builder.finish(false).unwrap();
    let array = builder.build();
    let (polygon, line) = (array.get(0).unwrap(), array.get(1).unwrap());
    let mut ground = Ground::default();
    ground.add_area("A", polygon);
    ground.add_outside(polygon);
    ground.add_outside(line);
    ground.add_line(line, 5.0, true);
    ground.add_line(polygon, 5.0, true);
    assert_eq!(ground.areas[0].rings, vec![ring[..3].to_vec()]);
    assert_eq!((ground.outside.len(), ground.lines.len()), (1, 1));
    assert_eq!(ground.lines[0].positions, ring[..2].to_vec());
}

/// By the textbook (WGS 84, latitude 30 degrees): 96,486 m and 110,852 m.
#[test]
fn degrees_have_their_length() {
    let [east, north] = metres_per_degree(30.0);
    assert!((east - 96_486.3).abs() < 1.0 && (north - 110_852.4).abs() < 1.0, "{east} {north}");
}
