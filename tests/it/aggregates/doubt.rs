//! Positional accuracy: whatever the errors are, a count lies between certain and possible.

use std::collections::{BTreeMap, BTreeSet};

use geo::{CoordsIter as _, MapCoords as _};
use geo_types::{Coord, Point, Polygon, coord};
use innospace::geometry::{Area, Bounds, Shape, distance_m};
use serde_json::{Value, json};

use super::zone::{Feature, SMALL, Zone, write};
use crate::harness::Service;
use crate::oracle::shape;
use crate::random::Random;

const DRAWS: u64 = 100;

/// Metres of a degree of longitude and of latitude, where they are longest in the zone (30.3° and 30.6° north), so that
/// no move is longer than asked.
const METRES: [f64; 2] = [96_200.0, 110_870.0];

/// Moves a shape by a vector of at most so many metres, in half of all cases of just as many.
fn moved(random: &mut Random, feature: &Feature, towards: Option<f64>) -> Feature {
    let metres = feature.number("accuracy_m").unwrap_or(0.0) * 0.9999;
    let metres = if random.once_in(2) { metres } else { metres * random.real(0.0, 1.0) };
    let angle = towards.unwrap_or_else(|| random.real(0.0, std::f64::consts::TAU));
    let by = coord! { x: metres * angle.cos() / METRES[0], y: metres * angle.sin() / METRES[1] };
    let shape = feature.shape.as_ref().map(|shape| shape.map_coords(|at: Coord| at + by));
    Feature { shape, ..feature.clone() }
}

fn service(layers: &[(&str, &[Feature])]) -> (Service, tempfile::TempDir) {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, features) in layers {
        write(folder.path(), name, features);
    }
    (Service::over(folder.path()), folder)
}

type Counts = BTreeMap<[String; 2], [u64; 3]>;

/// Count, certain and possible by place and parcel.
fn counts(service: &Service, query: &str) -> Counts {
    let answer = service.get(&format!("/ogc/collections/parcels/aggregates?limit=10000&{query}"));
    assert_eq!(answer.status, 200, "{query}: {}", answer.text());
    let json = answer.json();
    assert_eq!(json["groupsMatched"], json["groupsReturned"]);
    let groups = json["groups"].as_array().expect("groups");
    let counts = groups.iter().map(|row| {
        let place = if row["area"].is_null() { &row["from_m"] } else { &row["area"] };
        let key = [place, &row["name"]].map(Value::to_string);
        (key, ["count", "certain", "possible"].map(|name| row[name].as_u64().unwrap_or(0)))
    });
    counts.collect()
}

/// Groups that nothing is in are as good as none, and left out they cost no time.
const OCCUPIED: &str = "having=count%20%3E%200";

fn check(rule: &str, before: &Counts, after: &Counts, place: &str) {
    for (key, [_, certain, _]) in before {
        let drawn = after.get(key).map_or(0, |row| row[0]);
        assert!(*certain <= drawn, "{place} {rule}: {key:?} is certain, but elsewhere");
    }
    for (key, [drawn, ..]) in after {
        let possible = before.get(key).map_or(0, |row| row[2]);
        assert!(*drawn <= possible, "{place} {rule}: {key:?} is there, but not possible");
    }
}

fn named(parcels: &mut [Feature]) {
    for parcel in parcels {
        parcel.properties.insert("name".to_owned(), json!(parcel.id));
    }
}

#[test]
fn whatever_lies_where_it_may_counts_between_certain_and_possible() {
    let Zone { areas, mut parcels } = Zone::new(5, SMALL, 200);
    named(&mut parcels);
    let (start, _folder) = service(&[("areas", &areas), ("parcels", &parcels)]);
    let known: Vec<Feature> =
        parcels.iter().filter(|parcel| parcel.number("accuracy_m").is_some()).cloned().collect();
    let rules = ["intersects", "within", "centroid", "larger"];
    let ask = |rule: &str| format!("group-by=area:areas,name&assign={rule}&overlap=true");
    let before = rules.map(|rule| {
        let all = counts(&start, &format!("{}&accuracy=respect", ask(rule)));
        let known =
            counts(&start, &format!("{}&accuracy=respect&filter=accuracy_m%20IS%20NOT%20NULL", ask(rule)));
        let (mut certain, mut doubtful) = (0, 0);
        for (key, row @ [count, least, most]) in &all {
            assert!(least <= count && count <= most, "{rule} {key:?}");
            match known.get(key) {
                Some(other) => assert_eq!(row, other, "{rule} {key:?}"),
                None => assert_eq!([*least, *most], [0, *count], "{rule} {key:?}: of unknown accuracy"),
            }
            certain += least;
            doubtful += most - least;
        }
        assert!(certain > 5 && doubtful > 100, "{rule}: {certain} certain, {doubtful} in doubt");
        known
    });
    let mut random = Random::new(6);
    for _ in 0..DRAWS {
        // All parcels one way and all areas the other is the worst there is.
        let way = random.once_in(4).then(|| random.real(0.0, std::f64::consts::TAU));
        let areas: Vec<_> = areas
            .iter()
            .map(|area| moved(&mut random, area, way.map(|way| way + std::f64::consts::PI)))
            .collect();
        let parcels: Vec<_> = known.iter().map(|parcel| moved(&mut random, parcel, way)).collect();
        let (drawn, _folder) = service(&[("areas", &areas), ("parcels", &parcels)]);
        for (rule, before) in rules.iter().zip(&before) {
            check(rule, before, &counts(&drawn, &format!("{}&{OCCUPIED}", ask(rule))), "areas");
        }
    }
}

#[test]
fn bands_hold_whatever_lies_where_it_may() {
    let Zone { mut parcels, .. } = Zone::new(7, SMALL, 60);
    parcels.retain(|parcel| parcel.shape.as_ref().is_none_or(|shape| shape.coords_count() <= 6));
    named(&mut parcels);
    let is_line = |parcel: &&Feature| matches!(parcel.shape, Some(Shape::LineString(_)));
    let mut roads: Vec<Feature> = parcels.iter().filter(is_line).take(3).cloned().collect();
    assert_eq!(roads.len(), 3);
    for (road, accuracy) in roads.iter_mut().zip([0, 20, 80]) {
        road.properties.insert("accuracy_m".to_owned(), json!(accuracy));
    }
    let (start, _folder) = service(&[("roads", &roads), ("parcels", &parcels)]);
    let ask = "group-by=distance:roads,name&bands=100,250,500,1000,2500";
    let all = counts(&start, &format!("{ask}&accuracy=respect"));
    let is_known = |name: &str| {
        let parcel = parcels.iter().find(|parcel| format!("{:?}", parcel.id) == name).expect("a parcel");
        parcel.number("accuracy_m").is_some()
    };
    let mut known = all.clone();
    known.retain(|key, _| is_known(&key[1]));
    for (key, [count, least, most]) in &all {
        assert!(least <= count && count <= most, "{key:?}");
        assert!(known.contains_key(key) || [*least, *most] == [0, *count], "{key:?}: of unknown accuracy");
    }
    let certain: u64 = known.values().map(|row| row[1]).sum();
    assert!(certain > 5, "only {certain} are certain");
    let rest = start.get(&format!("/ogc/collections/parcels/aggregates?{ask}&accuracy=respect")).json();
    let rest = ["count", "certain", "possible"].map(|name| rest["unassigned"][name].as_u64());
    assert_eq!(rest, [Some(0); 3], "whatever has a position lies in some band");
    let mut random = Random::new(8);
    for _ in 0..DRAWS {
        let parcels: Vec<_> = parcels
            .iter()
            .filter(|parcel| parcel.number("accuracy_m").is_some())
            .map(|parcel| moved(&mut random, parcel, None))
            .collect();
        let roads: Vec<_> = roads.iter().map(|road| moved(&mut random, road, None)).collect();
        let (drawn, _folder) = service(&[("roads", &roads), ("parcels", &parcels)]);
        check("distance", &known, &counts(&drawn, &format!("{ask}&{OCCUPIED}")), "bands");
    }
}

#[test]
fn doubt_is_no_wider_than_accuracy() {
    // A square with its southern border on 30.5°, of 10 m; points of 5 m, so many metres north of the border. A degree of
    // the meridian has 110 861.6 m there: a (1 − e²) / (1 − e² sin² φ)^1.5 · π / 180.
    let square = "POLYGON((114 30.5,114.01 30.5,114.01 30.51,114 30.51,114 30.5))";
    let areas =
        [Feature::new("square".into(), Some(crate::oracle::shape(square)), json!({ "accuracy_m": 10 }))];
    let cases = [
        (500.0, [1, 1, 1]),
        (16.1, [1, 1, 1]),
        (13.9, [1, 0, 1]),
        (0.0, [1, 0, 1]),
        (-13.9, [0, 0, 1]),
        (-16.1, [0, 0, 0]),
    ];
    let point = |metres: f64| Shape::Point(Point::new(114.005, 30.5 + metres / 110_861.6));
    let mut parcels: Vec<Feature> = cases
        .iter()
        .map(|(metres, _)| {
            let name = format!("at {metres}");
            Feature::new(name.clone(), Some(point(*metres)), json!({ "name": name, "accuracy_m": 5 }))
        })
        .collect();
    for (name, metres) in [("unsure", 500.0), ("stray", -500.0)] {
        let properties = json!({ "name": name, "accuracy_m": null });
        parcels.push(Feature::new(name.into(), Some(point(metres)), properties));
    }
    let (service, _folder) = service(&[("areas", &areas), ("parcels", &parcels)]);
    for rule in ["intersects", "within", "centroid", "larger"] {
        let got = counts(&service, &format!("group-by=area:areas,name&assign={rule}&accuracy=respect"));
        let row = |name: &str| got[&["square", name].map(|text| json!(text).to_string())];
        for (metres, want) in cases {
            // On the border is not within.
            let want = if rule == "within" && metres == 0.0 { [0, 0, 1] } else { want };
            assert_eq!(row(&format!("at {metres}")), want, "{rule} {metres} m");
        }
        assert_eq!(row("unsure"), [1, 0, 1], "{rule}");
    }
    let drawn = format!("polygon={square}").replace(' ', "%20");
    let got = service.get(&format!("/ogc/collections/parcels/aggregates?{drawn}&accuracy=respect")).json();
    // What is drawn lies where it was drawn: 5 m either side are in doubt.
    let row = |name: &str| got["groups"][0][name].as_u64();
    assert_eq!(["count", "certain", "possible"].map(row), [Some(5), Some(3), Some(5)]);
    // Outside are those at -13.9 m and -16.1 m for sure, and the stray; that on the border and the unsure may be.
    let row = |name: &str| got["unassigned"][name].as_u64();
    assert_eq!(["count", "certain", "possible"].map(row), [Some(3), Some(2), Some(5)]);
}

#[test]
fn what_another_area_may_take_is_not_certain() {
    // A point some 96 m from the border of b, which lies exactly; a, beyond it, may lie 300 m off and comes first.
    let square = |west: f64| {
        let rectangle = geo_types::Rect::new((west, 30.5), (west + 0.01, 30.51));
        Some(Shape::Polygon(rectangle.to_polygon()))
    };
    let area = |id: &str, west: f64, accuracy: u16| {
        Feature::new(id.to_owned(), square(west), json!({ "accuracy_m": accuracy }))
    };
    let areas = [area("a", 114.01, 300), area("b", 114.0, 0), area("c", 113.99, 300)];
    let point = |id: &str, x: f64| {
        let properties = json!({ "name": id, "accuracy_m": 0 });
        Feature::new(id.to_owned(), Some(Shape::Point(Point::new(x, 30.505))), properties)
    };
    let parcels = [point("by a", 114.009), point("by c", 114.001), point("amid", 114.005)];
    let (service, _folder) = service(&[("areas", &areas), ("parcels", &parcels)]);
    for rule in ["intersects", "within", "centroid", "larger"] {
        let got = counts(&service, &format!("group-by=area:areas,name&assign={rule}&accuracy=respect"));
        let row = |area: &str, name: &str| {
            got.get(&[area, name].map(|text| json!(text).to_string())).copied().unwrap_or_default()
        };
        assert_eq!(row("a", "by a"), [0, 0, 1], "{rule}");
        assert_eq!(row("b", "amid"), [1, 1, 1], "{rule}");
        // Where it may count in several, b keeps it; of equal claims the lower id wins.
        let is_for_one = matches!(rule, "centroid" | "larger");
        assert_eq!(row("b", "by a"), [1, u64::from(!is_for_one), 1], "{rule}");
        assert_eq!(row("b", "by c"), [1, 1, 1], "{rule}");
        assert_eq!(row("c", "by c"), [0, 0, u64::from(!is_for_one)], "{rule}");
    }
}

#[test]
fn the_larger_part_of_a_comb_is_not_certain() {
    // Ten teeth of 9.6 m with as much between them, which a holds and b does not: 9.6 m off they change places.
    let grid = |x: i32, y: i32| coord! { x: 114.0 + f64::from(x) / 1e4, y: 30.5 + f64::from(y) / 1e4 };
    let mut ring = vec![grid(0, 0), grid(19, 0)];
    for tooth in (0..10).rev() {
        let (west, east) = (tooth * 2, tooth * 2 + 1);
        ring.extend([grid(east, 1), grid(east, 11), grid(west, 11), grid(west, 1)]);
    }
    ring.dedup();
    ring.push(ring[0]);
    let comb = Polygon::new(ring.clone().into(), vec![]);
    let around = vec![grid(-99, -99), grid(99, -99), grid(99, 99), grid(-99, 99), grid(-99, -99)];
    let rest = Polygon::new(around.into(), vec![ring.into()]);
    let feature = |id: &str, polygon: &Polygon, accuracy: u16| {
        let properties = json!({ "name": id, "accuracy_m": accuracy });
        Feature::new(id.to_owned(), Some(Shape::Polygon(polygon.clone())), properties)
    };
    let areas = [feature("a", &comb, 0), feature("b", &rest, 0)];
    let parcels = [feature("fine", &comb, 1), feature("coarse", &comb, 10)];
    let (service, _folder) = service(&[("areas", &areas), ("parcels", &parcels)]);
    let got = counts(&service, "group-by=area:areas,name&accuracy=respect");
    let row = |area: &str, name: &str| {
        got.get(&[area, name].map(|text| json!(text).to_string())).copied().unwrap_or_default()
    };
    assert_eq!((row("a", "coarse"), row("b", "coarse")), ([1, 0, 1], [0, 0, 1]));
    // A metre off it loses a tenth.
    assert_eq!((row("a", "fine"), row("b", "fine")), ([1, 1, 1], [0; 3]));
}

#[test]
fn points_far_from_all_borders_are_certain_and_those_at_one_are_not() {
    let Zone { areas, mut parcels } = Zone::new(9, SMALL, 1500);
    parcels.retain(|parcel| {
        matches!(parcel.shape, Some(Shape::Point(_))) && parcel.number("accuracy_m").is_some()
    });
    named(&mut parcels);
    let (service, _folder) = service(&[("areas", &areas), ("parcels", &parcels)]);
    let widest = areas.iter().filter_map(|area| area.number("accuracy_m")).fold(0.0, f64::max);
    let shapes: Vec<(&Feature, Area)> =
        areas.iter().filter_map(|area| Some((area, Area::new(area.shape.clone()?)?))).collect();
    let gap = |parcel: &Feature, area: &Area| {
        distance_m(parcel.shape.as_ref().expect("a point"), &area.border_in(Bounds::WORLD))
            .expect("not empty")
    };
    let gaps: Vec<Vec<f64>> =
        parcels.iter().map(|parcel| shapes.iter().map(|(_, area)| gap(parcel, area)).collect()).collect();
    for rule in ["intersects", "within", "centroid", "larger"] {
        let got = counts(&service, &format!("group-by=area:areas,name&assign={rule}&accuracy=respect"));
        let mut seen = BTreeSet::new();
        for (parcel, gaps) in parcels.iter().zip(&gaps) {
            let own = parcel.number("accuracy_m").expect("known");
            let least = gaps.iter().copied().fold(f64::INFINITY, f64::min);
            for ((area, _), gap) in shapes.iter().zip(gaps) {
                let key = [&area.id, &parcel.id].map(|id| json!(id).to_string());
                let [count, certain, possible] = got.get(&key).copied().unwrap_or_default();
                let off = own + area.number("accuracy_m").expect("known");
                let note = format!("{rule} {key:?}: {gap} m away, {off} m off: {count} {certain} {possible}");
                if *gap < off - 1.0 && off > 2.0 {
                    assert!(certain == 0, "{note}");
                    seen.insert(0);
                }
                if least > own + widest + 1.0 {
                    assert!(certain == count && possible == count, "{note}");
                    seen.insert(1 + count);
                }
                if *gap > off + 1.0 && count == 0 {
                    assert!(possible == 0, "{note}");
                    seen.insert(3);
                }
            }
        }
        assert_eq!(seen.len(), 4, "{rule}: {seen:?}");
    }
}

#[test]
fn unassigned_and_the_whole_have_their_bounds_too() {
    let Zone { areas, parcels } = Zone::new(11, SMALL, 300);
    let (service, _folder) = service(&[("areas", &areas), ("parcels", &parcels)]);
    for rule in ["intersects", "within", "centroid", "larger"] {
        let path =
            format!("/ogc/collections/parcels/aggregates?group-by=area:areas&assign={rule}&accuracy=respect");
        let json: Value = service.get(&path).json();
        let number = |row: &str, name: &str| json[row][name].as_u64().expect("a number");
        let [count, certain, possible] =
            ["count", "certain", "possible"].map(|name| number("unassigned", name));
        assert!(certain < count && count < possible, "{rule}: {certain} {count} {possible}");
        for row in ["withoutGeometry", "total"] {
            let count = number(row, "count");
            assert_eq!([number(row, "certain"), number(row, "possible")], [count; 2], "{rule} {row}");
        }
    }
}

/// A zone that was cut at 180 degrees has no border there, but for the south, where it ends.
#[test]
fn what_lies_where_an_area_was_cut_is_certain() {
    let feature =
        |id: &str, wkt: &str| Feature::new(id.to_owned(), Some(shape(wkt)), json!({ "accuracy_m": 500 }));
    let areas = [feature(
        "fiji",
        "MULTIPOLYGON(((179 -18,180 -18,180 -15,179 -15,179 -18)),((-180 -17,-178 -17,-178 -15,-180 -15,-180 -17)))",
    )];
    let parcels = [
        feature("east of it", "POINT(-179.9999 -16)"),
        feature(
            "both sides",
            "MULTIPOLYGON(((179.99 -16.01,180 -16.01,180 -16,179.99 -16,179.99 -16.01)),((-180 -16.01,-179.99 -16.01,-179.99 -16,-180 -16,-180 -16.01)))",
        ),
        feature("at its end", "POINT(179.9999 -17.5)"),
    ];
    let (service, _folder) = service(&[("areas", &areas), ("parcels", &parcels)]);
    for rule in ["intersects", "within", "centroid", "larger"] {
        let got = counts(&service, &format!("group-by=area:areas&assign={rule}&accuracy=respect"));
        assert_eq!(got.into_values().collect::<Vec<_>>(), [[3, 2, 3]], "{rule}");
    }
}
