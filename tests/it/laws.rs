//! Laws with an oracle: what the index answers is what a look at every feature gives.

use std::fmt::Write as _;
use std::sync::Arc;

use innospace::geometry::{Bounds, GeometryRef};
use innospace::index::IndexedLayer;
use innospace::model::{Interval, Value};
use innospace::query::{Budget, Equality, Page, Query, execute, plan};
use innospace::store::{Effect, Store, Warning};
use proptest::prelude::*;

use crate::harness::{Service, fixtures};

/// A shape of a random layer: kind, place, size.
#[derive(Debug, Clone)]
pub enum Shape {
    Nowhere,
    Point(f64, f64),
    Points(Vec<(f64, f64)>),
    Line(Vec<(f64, f64)>),
    /// A box with a hole in its middle third.
    Frame(f64, f64, f64),
    /// A triangle.
    Triangle(f64, f64, f64),
}

/// Whole and half degrees, so that edges and corners often touch.
fn degree(limit: i32) -> impl Strategy<Value = f64> {
    prop_oneof![
        (-limit * 2..=limit * 2).prop_map(|half| f64::from(half) / 2.0),
        (-f64::from(limit)..=f64::from(limit))
    ]
}

pub fn place() -> impl Strategy<Value = (f64, f64)> {
    (prop_oneof![degree(180), 170.0..=180.0, -180.0..=-170.0], degree(85))
}

pub fn shape() -> impl Strategy<Value = Shape> {
    let size = prop_oneof![Just(3.0), 0.3..20.0];
    prop_oneof![
        1 => Just(Shape::Nowhere),
        4 => place().prop_map(|(x, y)| Shape::Point(x, y)),
        2 => prop::collection::vec(place(), 1..4).prop_map(Shape::Points),
        3 => prop::collection::vec(place(), 2..5).prop_map(Shape::Line),
        3 => (degree(150), degree(60), size.clone()).prop_map(|(x, y, size)| Shape::Frame(x, y, size)),
        3 => (degree(150), degree(60), size).prop_map(|(x, y, size)| Shape::Triangle(x, y, size)),
    ]
}

fn geometry(shape: &Shape) -> String {
    let list = |places: &[(f64, f64)]| {
        let all: Vec<_> = places.iter().map(|(x, y)| format!("[{x},{y}]")).collect();
        format!("[{}]", all.join(","))
    };
    let square = |x: f64, y: f64, s: f64| list(&[(x, y), (x + s, y), (x + s, y + s), (x, y + s), (x, y)]);
    let hole = |x: f64, y: f64, s: f64| list(&[(x, y), (x, y + s), (x + s, y + s), (x + s, y), (x, y)]);
    let (kind, coordinates) = match shape {
        Shape::Nowhere => return "null".to_owned(),
        Shape::Point(x, y) => ("Point", format!("[{x},{y}]")),
        Shape::Points(places) => ("MultiPoint", list(places)),
        Shape::Line(places) => ("LineString", list(places)),
        Shape::Frame(x, y, s) => {
            ("Polygon", format!("[{},{}]", square(*x, *y, *s), hole(x + s / 3.0, y + s / 3.0, s / 3.0)))
        }
        Shape::Triangle(x, y, s) => {
            ("Polygon", format!("[{}]", list(&[(*x, *y), (x + s, *y), (*x, y + s), (*x, *y)])))
        }
    };
    format!(r#"{{"type":"{kind}","coordinates":{coordinates}}}"#)
}

pub fn collection(shapes: &[Shape]) -> String {
    let mut text = r#"{"type":"FeatureCollection","features":["#.to_owned();
    for (at, shape) in shapes.iter().enumerate() {
        let comma = if at == 0 { "" } else { "," };
        let (class, year) = (at % 3, 2020 + at % 4);
        let from = if at % 5 == 0 { "null".to_owned() } else { format!("\"{year}-01-01\"") };
        write!(
            text,
            r#"{comma}{{"type":"Feature","id":{at},"geometry":{},"properties":{{"class":"c{class}","valid_from":{from},"valid_to":null}}}}"#,
            geometry(shape)
        )
        .expect("text");
    }
    text + "]}"
}

/// A window that may cross the antimeridian, or be a line or a point.
fn window() -> impl Strategy<Value = Bounds> {
    (place(), place(), any::<bool>()).prop_map(|((x1, y1), (x2, y2), cross)| {
        let (west, east) = if cross { (x1.max(x2), x1.min(x2)) } else { (x1.min(x2), x1.max(x2)) };
        Bounds::new(west, y1.min(y2), east, y1.max(y2)).expect("edges in range")
    })
}

/// The oracle: the shapes tested by another library, piece by piece.
fn touches(geometry: Option<GeometryRef<'_>>, window: Bounds) -> bool {
    use geo::{Intersects as _, LineString, MultiPoint, Polygon, Rect, coord};
    let Some(geometry) = geometry else { return true };
    let windows = window.parts().map(|part| {
        Rect::new(coord! { x: part.west, y: part.south }, coord! { x: part.east, y: part.north }).to_polygon()
    });
    let windows: Vec<_> = windows.collect();
    geometry.parts().any(|part| {
        let runs: Vec<LineString> = part
            .runs()
            .map(|run| (0..run.len()).map(|at| (run.at(at)[0], run.at(at)[1])).collect::<Vec<_>>().into())
            .collect();
        windows.iter().any(|window| match part.kind().name() {
            "Polygon" => Polygon::new(runs[0].clone(), runs[1..].to_vec()).intersects(window),
            "LineString" => runs[0].intersects(window),
            _ => MultiPoint::from(runs.iter().map(|run| run.0[0].into()).collect::<Vec<geo::Point>>())
                .intersects(window),
        })
    })
}

pub fn index(folder: &std::path::Path) -> Arc<IndexedLayer> {
    let loaded = Store::new(folder).load(&mut |_| {}).expect("loads");
    // Edges that go the long way round the Earth are told, and taken as written like all others.
    let is_other = |warning: &&Warning| !warning.reason.contains("more than 180 degrees");
    let others: Vec<_> = loaded.warnings.list().iter().filter(is_other).collect();
    assert!(others.is_empty() && loaded.warnings.count(Effect::Skipped) == 0, "{others:?}");
    Arc::clone(loaded.catalog.layer("random").expect("the layer"))
}

fn check(indexed: &IndexedLayer, query: &Query) {
    let layer = indexed.layer();
    let class = query.equal.first().map(|equality| equality.value.as_str());
    let want: Vec<_> = layer
        .positions()
        .filter(|&ix| query.window.is_none_or(|window| touches(layer.feature(ix).geometry(), window.bounds)))
        .filter(|&ix| {
            let (field, _) = layer.schema.find("class").expect("the field");
            class.is_none_or(|class| layer.feature(ix).value(field) == Value::Text(class))
        })
        .filter(|&ix| {
            let (field, _) = layer.schema.find("valid_from").expect("the field");
            match (query.during, layer.feature(ix).value(field)) {
                (Some(during), Value::Date(from)) => from.start().microseconds() <= during.last(),
                _ => true,
            }
        })
        .collect();
    let budget = Budget::default();
    let answer =
        execute(&plan(query, indexed, &budget).expect("a plan"), indexed, &budget).expect("an answer");
    let page: Vec<_> = want
        .iter()
        .copied()
        .skip(usize::try_from(query.page.offset).expect("small"))
        .take(query.page.limit as usize)
        .collect();
    assert_eq!((answer.matched, answer.items), (want.len() as u64, page), "{query:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_index_answers_what_a_look_at_all_features_gives(
        shapes in prop::collection::vec(shape(), 0..120),
        more in prop::collection::vec(shape(), 0..60),
        windows in prop::collection::vec(window(), 12),
        class in prop::option::of(0..4_u8),
        during in prop::option::of(2018..2025_i32),
        offset in 0..30_u64,
        limit in 1..40_u32,
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("random.geojson");
        // Once as first read, once after the file has changed.
        for shapes in [&shapes, &[more, shapes.clone()].concat()] {
            std::fs::write(&path, collection(shapes)).expect("written");
            let indexed = index(folder.path());
            if shapes.is_empty() {
                continue;
            }
            let equal = class.map(|class| Equality { field: "class".to_owned(), value: format!("c{class}") });
            let during = during.and_then(|year| Interval::parse(&format!("../{year}-06-30")));
            for &window in &windows {
                for page in [Page::default(), Page { offset, limit }] {
                    let bare = Query { window: Some(window.into()), page, ..Query::default() };
                    check(&indexed, &bare);
                    check(&indexed, &Query { during, equal: equal.clone().into_iter().collect(), ..bare });
                }
            }
            check(&indexed, &Query { during, equal: equal.into_iter().collect(), ..Query::default() });
        }
    }
}

/// Degrees between two ends of a window and the ends of a feature in one direction: outside, beside, on and inside them by steps
/// that are finer and coarser than those of 32 bits.
fn ends() -> impl Strategy<Value = (bool, bool, f64, f64)> {
    let beside = || prop_oneof![Just(0.0), Just(2.0), (-20..=20_i32).prop_map(|step| f64::from(step) * 1e-6)];
    (any::<bool>(), any::<bool>(), beside(), beside())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    /// Features between two edges of a window are told from others by their boxes alone.
    #[test]
    fn windows_that_end_at_features_are_exact(
        shapes in prop::collection::vec(shape(), 1..20),
        ways in prop::collection::vec((ends(), ends()), 8),
    ) {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("random.geojson"), collection(&shapes)).expect("written");
        let indexed = index(folder.path());
        let layer = indexed.layer();
        for bounds in layer.positions().filter_map(|ix| layer.feature(ix).geometry()?.bounds()) {
            for &(across, along) in &ways {
                let [west, east] = pair([bounds.west, bounds.east], across, 180.0);
                let [south, north] = pair([bounds.south, bounds.north], along, 90.0);
                let window = Bounds::new(west, south, east, north).expect("edges in range");
                let query = Query { window: Some(window.into()), ..Query::default() };
                check(&indexed, &query);
                let somewhere = layer.positions().filter(|&ix| layer.feature(ix).geometry().is_some());
                let want = somewhere.filter(|&ix| touches(layer.feature(ix).geometry(), window)).count();
                prop_assert_eq!(indexed.count_touching(window), want as u64, "{:?}", window);
            }
        }
    }
}

/// Two ends in order, each beside the lower or the upper of two others.
fn pair(ends: [f64; 2], (first, second, a, b): (bool, bool, f64, f64), limit: f64) -> [f64; 2] {
    let [a, b] =
        [ends[usize::from(first)] + a, ends[usize::from(second)] - b].map(|end| end.clamp(-limit, limit));
    [a.min(b), a.max(b)]
}

/// The features of a file, each as its text.
#[derive(serde::Deserialize)]
struct Members<'a> {
    #[serde(borrow)]
    features: Option<Vec<&'a serde_json::value::RawValue>>,
}

/// A sound file with a few bytes changed, cut or doubled.
fn damaged() -> impl Strategy<Value = Vec<u8>> {
    let edit = (
        any::<prop::sample::Index>(),
        prop_oneof![
            Just(None),
            any::<u8>().prop_map(Some),
            r#"[\[\]{},:"0-9e.-]"#.prop_map(|c| c.bytes().next())
        ],
    );
    (prop::collection::vec(shape(), 1..6), prop::collection::vec(edit, 1..5)).prop_map(|(shapes, edits)| {
        let mut bytes = collection(&shapes).into_bytes();
        for (at, byte) in edits {
            let at = at.index(bytes.len());
            match byte {
                Some(byte) => bytes[at] = byte,
                None => drop(bytes.remove(at)),
            }
        }
        bytes
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_file_holds_every_feature_is_served_or_warned_of_or_the_file_is_refused(bytes in damaged()) {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::write(folder.path().join("random.geojson"), &bytes).expect("written");
        if let Ok(loaded) = Store::new(folder.path()).load(&mut |_| {}) {
            let served = loaded.catalog.layer("random").expect("the layer").layer().len();
            let skipped = loaded.warnings.count(Effect::Skipped);
            // Taken apart without looking at numbers: 1e999 is JSON that no double holds, and costs at most its own
            // feature.
            let written: Members<'_> = serde_json::from_slice(&bytes).expect("JSON");
            let written = written.features.map_or(1, |features| features.len() as u64);
            prop_assert_eq!(served as u64 + skipped, written, "{:?}", loaded.warnings.list());
        }
    }

    #[test]
    fn whatever_is_asked_is_answered_or_named_as_wrong(
        name in "[a-z_]{0,9}|bbox|datetime|limit|offset|use|row|far|idle|valid_to|f",
        value in r"[ -~]{0,12}|[0-9.,/:TZ+-]{0,30}|\PC{0,6}",
    ) {
        SMALL.with(|service| {
            let query: String = form_urlencoded::Serializer::new(String::new()).append_pair(&name, &value).finish();
            let answer = service.get(&format!("/ogc/collections/squares/items?{query}"));
            prop_assert!(matches!(answer.status.as_u16(), 200 | 400), "{query}: {}", answer.text());
            answer.json();
            Ok(())
        })?;
    }
}

thread_local! {
    static SMALL: Service = Service::over(fixtures());
}
