//! Schemas, queryables, sortables (Common Part 3, Features Parts 3 and 5), and what they promise: `sortby`, `q`,
//! and queryables as parameters.

use std::cmp::Ordering;
use std::sync::OnceLock;

use innospace::index::IndexedLayer;
use innospace::model::{FeatureIx, Value as Held};
use innospace::query::{Budget, Page, Query, Search, SortKey, execute, plan, sortables};
use innospace::store::Loaded;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::harness::{Service, fixtures, load, shipped};

const ENGLISH: [(&str, &str); 1] = [("accept-language", "en")];
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

fn shipped_data() -> &'static Loaded {
    static DATA: OnceLock<Loaded> = OnceLock::new();
    DATA.get_or_init(|| load(shipped()))
}

/// Worked out from tests/fixtures/small/squares.geojson by hand.
#[test]
fn the_schemas_of_the_squares() {
    let service = Service::over(fixtures());
    let document = |name: &str| {
        let answer = service.ask("GET", &format!("/ogc/collections/squares/{name}"), &ENGLISH);
        assert_eq!(answer.status, 200);
        assert_eq!(answer.header("content-type"), "application/schema+json");
        answer.json()
    };
    let mut want = json!({
        "$schema": DIALECT, "$id": "http://map.test/ogc/collections/squares/schema",
        "title": "Squares", "type": "object",
        "properties": {
            "id": { "title": "identifier", "x-ogc-role": "id", "type": "integer", "x-ogc-propertySeq": 1 },
            "geometry": { "title": "geometry", "x-ogc-role": "primary-geometry", "format": "geometry-polygon",
                          "x-ogc-propertySeq": 2 },
            "use": { "type": "string", "enum": ["M", "R"], "x-ogc-propertySeq": 3 },
            "row": { "type": "integer", "minimum": 1, "maximum": 3, "x-ogc-propertySeq": 4 },
            "far": { "type": "number", "minimum": 1.5, "maximum": 2.0, "x-ogc-propertySeq": 5 },
            "idle": { "type": "boolean", "x-ogc-propertySeq": 6 },
            "valid_from": { "type": "string", "format": "date", "x-ogc-role": "primary-interval-start",
                            "x-ogc-propertySeq": 7 },
            "valid_to": { "type": "string", "format": "date", "x-ogc-role": "primary-interval-end",
                          "x-ogc-propertySeq": 8 },
            "tags": { "type": "array", "items": { "type": "string" }, "x-ogc-propertySeq": 9 },
        },
    });
    assert_eq!(document("schema"), want);
    want["$id"] = "http://map.test/ogc/collections/squares/queryables".into();
    want["additionalProperties"] = false.into();
    assert_eq!(document("queryables"), want);
    let properties = document("sortables")["properties"].clone();
    let names: Vec<_> = properties.as_object().expect("properties").keys().collect();
    assert_eq!(names, ["id", "use", "row", "far", "idle", "valid_from", "valid_to"]);
    assert_eq!(properties["row"], json!({ "type": "integer", "x-ogc-propertySeq": 4 }));
}

#[test]
fn collections_link_their_schemas_and_the_links_lead_there() {
    let service = Service::over(fixtures());
    let collection = service.get("/ogc/collections/squares");
    for name in ["schema", "queryables", "sortables"] {
        let href =
            collection.link(&format!("http://www.opengis.net/def/rel/ogc/1.0/{name}")).expect("a link");
        assert_eq!(href, format!("/ogc/collections/squares/{name}"));
        let answer = service.ask("GET", &href, &[("accept", "application/schema+json")]);
        assert_eq!(answer.json()["$id"], format!("http://map.test{href}"));
        let page = service.get(&format!("{href}?f=html"));
        assert!(page.text().contains("primary-interval-start"), "{href}");
        assert_eq!(service.get(&format!("/ogc/collections/nowhere/{name}")).status, 404);
        assert_eq!(service.get(&format!("{href}?lang=en")).status, 400);
    }
}

#[test]
fn the_kinds_of_geometry_name_the_format() {
    let service = Service::over(fixtures());
    let cases = [
        ("squares", "geometry-polygon"),
        ("names", "geometry-point"),
        ("pacific", "geometry-point-or-multipoint"),
        ("kinds", "geometry-any"),
        ("empty", "geometry-any"),
    ];
    for (layer, want) in cases {
        let schema = service.get(&format!("/ogc/collections/{layer}/schema")).json();
        assert_eq!(schema["properties"]["geometry"]["format"], want, "{layer}");
    }
}

/// A schema is logical: a null of the data is a property without a value.
#[test]
fn every_shipped_feature_is_valid_by_its_schema() {
    let service = Service::over(shipped());
    let collections = service.get("/ogc/collections").json();
    for collection in collections["collections"].as_array().expect("collections") {
        let id = collection["id"].as_str().expect("an id");
        for name in ["schema", "queryables", "sortables"] {
            let schema = service.get(&format!("/ogc/collections/{id}/{name}")).json();
            assert_eq!(schema["$schema"], DIALECT);
            jsonschema::draft202012::meta::validate(&schema).expect("a schema");
        }
        let schema = service.get(&format!("/ogc/collections/{id}/queryables")).json();
        let validator =
            jsonschema::options().should_validate_formats(true).build(&schema).expect("a validator");
        let mut next = Some(format!("/ogc/collections/{id}/items?limit=1000"));
        while let Some(page) = next {
            let answer = service.get(&page);
            for feature in answer.json()["features"].as_array().expect("features") {
                let mut flat = json!({ "id": feature["id"], "geometry": feature["geometry"] });
                for (name, value) in feature["properties"].as_object().into_iter().flatten() {
                    flat[name] = value.clone();
                }
                flat.as_object_mut().expect("an object").retain(|_, value| !value.is_null());
                let faults: Vec<_> = validator.iter_errors(&flat).map(|fault| fault.to_string()).collect();
                assert!(faults.is_empty(), "{id} {}: {faults:?}", feature["id"]);
            }
            next = answer.link("next");
        }
    }
}

/// The order as the documentation tells it, without the service's own comparisons.
fn oracle(a: Held<'_>, b: Held<'_>, descending: bool) -> Ordering {
    let order = match (a, b) {
        (Held::Null, Held::Null) => return Ordering::Equal,
        (Held::Null, _) => return Ordering::Greater,
        (_, Held::Null) => return Ordering::Less,
        (Held::Bool(a), Held::Bool(b)) => a.cmp(&b),
        (Held::Integer(a), Held::Integer(b)) => a.cmp(&b),
        (Held::Real(a), Held::Real(b)) => a.partial_cmp(&b).expect("no NaN"),
        (Held::Text(a), Held::Text(b)) => a.chars().cmp(b.chars()),
        // ISO 8601, which sorts as text.
        (Held::Date(a), Held::Date(b)) => a.to_string().cmp(&b.to_string()),
        (Held::Timestamp(a), Held::Timestamp(b)) => a.to_string().cmp(&b.to_string()),
        other => panic!("{other:?} do not stand in one column"),
    };
    if descending { order.reverse() } else { order }
}

/// All features in the order of some keys, by a stable sort.
fn sorted(layer: &IndexedLayer, keys: &[SortKey]) -> Vec<FeatureIx> {
    let layer = layer.layer();
    let value = |ix: FeatureIx, name: &str| match layer.schema.find(name) {
        Some((at, _)) => layer.feature(ix).value(at),
        None => match layer.feature(ix).id() {
            innospace::model::FeatureId::Integer(id) => Held::Integer(id),
            innospace::model::FeatureId::Text(id) => Held::Text(id),
        },
    };
    let mut all: Vec<_> = layer.positions().collect();
    for key in keys.iter().rev() {
        all.sort_by(|&a, &b| oracle(value(a, &key.name), value(b, &key.name), key.descending));
    }
    all
}

fn answer(layer: &IndexedLayer, query: &Query) -> Vec<FeatureIx> {
    let plan = plan(query, layer, &Budget::default()).expect("a plan");
    execute(&plan, layer, &Budget::default()).expect("an answer").items
}

#[test]
fn pages_in_any_order_join_to_the_full_sort() {
    for layer in shipped_data().catalog.layers() {
        let names: Vec<_> = sortables(&layer.layer().schema).map(ToOwned::to_owned).collect();
        for (name, descending) in names.iter().flat_map(|name| [(name, false), (name, true)]) {
            let sort = vec![SortKey { name: name.clone(), descending }];
            let want = sorted(layer, &sort);
            let mut got = Vec::new();
            while got.len() < want.len() {
                let page = Page { offset: got.len() as u64, limit: 997 };
                let more = answer(layer, &Query { sort: sort.clone(), page, ..Query::default() });
                assert!(!more.is_empty());
                got.extend(more);
            }
            assert_eq!(got, want, "{} by {name}, descending: {descending}", layer.layer().id);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn a_page_is_that_part_of_the_full_sort(
        picks in prop::collection::vec((any::<prop::sample::Index>(), any::<bool>()), 1..4),
        offset in 0..3200_u64,
        limit in 1..500_u32,
    ) {
        let layer = shipped_data().catalog.layer("parcels").expect("parcels");
        let names: Vec<_> = sortables(&layer.layer().schema).collect();
        let mut sort: Vec<SortKey> = Vec::new();
        for (pick, descending) in picks {
            let name = names[pick.index(names.len())].to_owned();
            if sort.iter().all(|key| key.name != name) {
                sort.push(SortKey { name, descending });
            }
        }
        let want = sorted(layer, &sort);
        let want: Vec<_> = want.into_iter().skip(usize::try_from(offset)?).take(limit as usize).collect();
        let query = Query { sort, page: Page { offset, limit }, ..Query::default() };
        prop_assert_eq!(answer(layer, &query), want);
    }
}

/// Squares by hand: far is null in the first column, 1.5 in the second, 2.0 in the third.
#[test]
fn sortby_over_http() {
    let service = Service::over(fixtures());
    let cases = [
        ("-row", "31 32 33 21 22 23 11 12 13"),
        ("%2Bfar,-row", "32 22 12 33 23 13 31 21 11"),
        ("far,-row", "32 22 12 33 23 13 31 21 11"),
        // A plus that is not percent-encoded is a space.
        ("+far,-row", "32 22 12 33 23 13 31 21 11"),
        ("-far", "13 23 33 12 22 32 11 21 31"),
        ("-idle,use", "22 21 23 12 32 11 13 31 33"),
        ("-id", "33 32 31 23 22 21 13 12 11"),
        ("valid_to", "11 21 31 12 13 22 23 32 33"),
    ];
    for (keys, want) in cases {
        let path = format!("/ogc/collections/squares/items?sortby={keys}");
        assert_eq!(service.get(&path).ids().join(" "), want, "{keys}");
        let (mut next, mut ids) = (Some(format!("{path}&limit=2")), Vec::new());
        while let Some(page) = next {
            let answer = service.get(&page);
            ids.extend(answer.ids());
            next = answer.link("next");
        }
        assert_eq!(ids.join(" "), want, "{keys}, two by two");
    }
    let refused = [
        ("colour", "colour"),
        ("geometry", "valid_from"),
        ("tags", "idle"),
        ("row,-row", "row"),
        ("", ""),
        ("++far", "split by commas"),
        ("%2B-far", "split by commas"),
    ];
    for (keys, told) in refused {
        let answer = service.get(&format!("/ogc/collections/squares/items?sortby={keys}"));
        assert_eq!(answer.status, 400, "{keys}");
        assert_eq!(answer.json()["parameter"], "sortby");
        assert!(
            answer.json()["detail"].as_str().expect("detail").contains(told),
            "{keys}: {}",
            answer.text()
        );
    }
}

#[test]
fn q_finds_what_a_look_at_every_text_finds() {
    for layer in shipped_data().catalog.layers() {
        let inner = layer.layer();
        for term in ["太子湖", "PARK", "e", "武汉", "r2", "no such text"] {
            let needle = term.to_lowercase();
            let holds = |text: &str| text.to_lowercase().contains(&needle);
            let found = |ix: FeatureIx| {
                inner.schema.fields().any(|(at, _)| match inner.feature(ix).value(at) {
                    Held::Text(text) => holds(text),
                    Held::Json(json) => serde_json::from_str::<Vec<String>>(json)
                        .is_ok_and(|texts| texts.iter().any(|text| holds(text))),
                    _ => false,
                })
            };
            let want: Vec<_> = inner.positions().filter(|&ix| found(ix)).collect();
            let search = Search::parse(term);
            assert!(search.is_some());
            assert_eq!(answer(layer, &Query { search, ..Query::default() }), want, "{} {term}", inner.id);
        }
    }
    let service = Service::over(fixtures());
    let cases = [
        ("names/items?q=%E5%A4%AA%E5%AD%90", "南太子湖"),
        ("names/items?q=WITH%20%20Space", "with space"),
        ("names/items?q=space%20with", ""),
        ("squares/items?q=m", "12 22 32"),
        ("squares/items?q=b,zzz", "11 21 31"),
        ("squares/items?q=m&row=2", "22"),
    ];
    for (ask, want) in cases {
        assert_eq!(service.get(&format!("/ogc/collections/{ask}")).ids().join(" "), want, "{ask}");
    }
    assert_eq!(service.get("/ogc/collections/squares/items?q=,").status, 400);
}

#[test]
fn the_id_is_a_parameter() {
    let service = Service::over(fixtures());
    assert_eq!(service.get("/ogc/collections/squares/items?id=22").ids(), ["22"]);
    assert!(service.get("/ogc/collections/squares/items?id=99").ids().is_empty());
    assert_eq!(service.get("/ogc/collections/squares/items?id=x").status, 400);
    let conformance: Value = service.get("/ogc/conformance").json();
    // The layer "names" has a field "limit", which cannot be a parameter of its own.
    assert!(!conformance.to_string().contains("queryables-query-parameters"));
    let shipped: Value = Service::over(shipped()).get("/ogc/conformance").json();
    assert!(shipped.to_string().contains("ogcapi-features-3/1.0/conf/queryables-query-parameters"));
}
