//! CQL2 filters: what they select, what they refuse, both encodings, limits, and the three-valued logic against
//! a plain evaluation.

use std::sync::Arc;
use std::time::{Duration, Instant};

use innospace::geometry::Crs;
use innospace::index::IndexedLayer;
use innospace::model::Value;
use innospace::query::cql2::{self, Encoding, MOST_BYTES, MOST_DEPTH, MOST_POSITIONS};
use innospace::query::{Budget, Filter, Query, execute, plan};
use proptest::prelude::*;
use serde::Deserialize;

use crate::cases;
use crate::harness::{Service, load, shipped};

fn towns() -> &'static std::path::Path {
    std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/filters"))
}

fn percent(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn ask(service: &Service, filter: &str, lang: &str) -> crate::harness::Answer {
    service.get(&format!("/ogc/collections/towns/items?filter={}&filter-lang={lang}", percent(filter)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    text: String,
    json: Option<serde_json::Value>,
    ids: String,
}

#[test]
fn filters_select_what_the_table_says() {
    let service = Service::over(towns());
    cases::run("filters.jsonc", 130, |case: &Case| {
        let mut filters = vec![(case.text.clone(), "cql2-text")];
        filters.extend(case.json.as_ref().map(|json| (json.to_string(), "cql2-json")));
        for (filter, lang) in filters {
            let answer = ask(&service, &filter, lang);
            if answer.status != 200 {
                return Err(format!("{filter}: {}", answer.text()));
            }
            let json = answer.json();
            let features = json["features"].as_array().expect("features");
            let ids: Vec<_> = features.iter().map(|feature| feature["id"].as_str().expect("an id")).collect();
            if ids.join(" ") != case.ids || json["numberMatched"] != ids.len() {
                return Err(format!("{filter}: gave {ids:?}, not {:?}", case.ids));
            }
        }
        if let Some(json) = &case.json {
            let text = cql2::parse(&case.text, Encoding::Text).map_err(|fault| fault.to_string())?;
            let json = cql2::parse(&json.to_string(), Encoding::Json).map_err(|fault| fault.to_string())?;
            if text != json {
                return Err(format!("{}: the encodings differ:\n{text:?}\n{json:?}", case.text));
            }
        }
        Ok(())
    });
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    text: Option<String>,
    json: Option<String>,
    says: Vec<String>,
}

#[test]
fn refusals_say_where_and_what() {
    let service = Service::over(towns());
    cases::run("filter_errors.jsonc", 45, |case: &Refusal| {
        let (filter, lang) = match (&case.text, &case.json) {
            (Some(text), None) => (text, "cql2-text"),
            (None, Some(json)) => (json, "cql2-json"),
            _ => return Err("a row needs text or json".to_owned()),
        };
        let answer = ask(&service, filter, lang);
        let json = answer.json();
        let detail = json["detail"].as_str().unwrap_or("");
        let missing: Vec<_> = case.says.iter().filter(|part| !detail.contains(*part)).collect();
        if answer.status == 400 && json["parameter"] == "filter" && missing.is_empty() {
            return Ok(());
        }
        Err(format!("{filter}: {} {detail:?} lacks {missing:?}", answer.status))
    });
}

#[test]
fn limits_hold_and_nothing_overflows() {
    let nested = |levels: usize| format!("{}people = 5{}", "(".repeat(levels), ")".repeat(levels));
    let negated = |levels: usize| format!("{}port", "NOT ".repeat(levels));
    let sum = |terms: usize| format!("{} = 5", vec!["people"; terms].join(" + "));
    let json =
        |levels: usize| format!("{}true{}", r#"{"op":"not","args":["#.repeat(levels), "]}".repeat(levels));
    let positions = |count: usize| {
        let list: Vec<_> = (0..count).map(|at| format!("{} 0", at % 90)).collect();
        format!("S_INTERSECTS(geometry, LINESTRING({}))", list.join(","))
    };
    let good = [
        (nested(MOST_DEPTH), Encoding::Text),
        (negated(MOST_DEPTH), Encoding::Text),
        (sum(MOST_DEPTH), Encoding::Text),
        (json(MOST_DEPTH - 1), Encoding::Json),
        (vec!["port"; 5000].join(" AND "), Encoding::Text),
        (positions(MOST_POSITIONS), Encoding::Text),
    ];
    for (filter, encoding) in good {
        let read = cql2::parse(&filter, encoding);
        assert!(read.is_ok(), "{}: {:?}", &filter[..60], read.err());
    }
    let bad = [
        (nested(100_000), Encoding::Text, "nested deeper"),
        (negated(100_000), Encoding::Text, "nested deeper"),
        (format!("{}1 = 1", "-".repeat(100_000)), Encoding::Text, "nested deeper"),
        (format!("{}1", "casei(".repeat(100_000)), Encoding::Text, "nested deeper"),
        (format!("{}1", "1 IN (".repeat(100_000)), Encoding::Text, "nested deeper"),
        (format!("A_EQUALS({}", "(".repeat(100_000)), Encoding::Text, "nested deeper"),
        (format!("s_equals({}", "geometrycollection(".repeat(10_000)), Encoding::Text, "nested deeper"),
        (format!("t_after({}", "interval(".repeat(10_000)), Encoding::Text, "nested deeper"),
        (sum(10_000), Encoding::Text, "nested deeper"),
        (json(MOST_DEPTH), Encoding::Json, "nested deeper"),
        (json(20_000), Encoding::Json, "recursion limit"),
        ("[".repeat(500_000), Encoding::Json, "recursion limit"),
        (positions(MOST_POSITIONS + 1), Encoding::Text, "positions that are read"),
        ("x".repeat(MOST_BYTES + 1), Encoding::Text, "bytes"),
    ];
    for (filter, encoding, says) in bad {
        let fault = cql2::parse(&filter, encoding).expect_err(says).to_string();
        assert!(fault.contains(says), "{}: {fault}", &filter[..60]);
    }
}

/// Reading, and binding, rise with the length of a filter and not with its square.
#[test]
fn long_filters_are_soon_read_and_bound() {
    let service = Service::over(towns());
    let terms = |term: &str, count: usize, sign: &str| vec![term; count].join(sign);
    for filter in [
        terms("name = '武汉'", 40_000, " OR "),
        terms("TRUE", 100_000, " AND "),
        terms("people > 0", 60_000, " AND "),
        format!("name IN ({})", terms("'武汉'", 60_000, ",")),
    ] {
        let began = Instant::now();
        let body = serde_json::json!({ "filter": filter, "limit": 1 }).to_string();
        let kind = [("content-type", "application/json")];
        let answer = service.send("POST", "/ogc/collections/towns/search", &kind, body.into_bytes());
        assert_eq!(answer.status, 200, "{}", answer.text());
        assert!(began.elapsed() < Duration::from_secs(15), "{:?} for {}…", began.elapsed(), &filter[..20]);
    }
}

/// What is wrong is told with its character, of whatever length those before it are.
#[test]
fn places_count_characters() {
    let fault = cql2::parse("name = '武汉市' AND (é = 1 OR ü ~ 2)", Encoding::Text).expect_err("refused");
    // 17 characters up to the bracket, 10 more up to the ü; the sign is the second behind that.
    assert!(fault.to_string().starts_with("at character 30: "), "{fault}");
}

#[test]
fn geometries_follow_the_axes_of_their_system() {
    let service = Service::over(towns());
    let ids = |filter: &str, crs: &str| {
        let path = format!(
            "/ogc/collections/towns/items?filter={}&filter-crs={}",
            percent(filter),
            percent(&format!("http://www.opengis.net/def/crs/{crs}"))
        );
        let answer = service.get(&path);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let features = answer.json()["features"].as_array().expect("features").clone();
        features.iter().map(|feature| feature["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(ids("S_EQUALS(geometry, POINT(114.3 30.6))", "OGC/1.3/CRS84"), ["wuhan"]);
    let latitude_first = "EPSG/0/4326";
    assert_eq!(ids("S_EQUALS(geometry, POINT(30.6 114.3))", latitude_first), ["wuhan"]);
    assert_eq!(ids("S_WITHIN(geometry, BBOX(30,114,31,115))", latitude_first), ["wuhan"]);
    assert_eq!(ids("DWITHIN(geometry, POINT(30.6 114.3), 1)", latitude_first), ["wuhan"]);
    // CGCS2000 is offered where all of a layer lies in China.
    let parcels = Service::over(shipped());
    let within = |filter: &str, crs: &str| {
        let path = format!(
            "/ogc/collections/parcels/items?limit=1&filter={}&filter-crs=http://www.opengis.net/def/crs/EPSG/0/{crs}",
            percent(filter)
        );
        parcels.get(&path).json()["numberMatched"].as_u64().expect("a number")
    };
    let window = within("S_INTERSECTS(geometry, BBOX(30.45,114.1,30.5,114.15))", "4326");
    assert!(window > 0);
    assert_eq!(within("S_INTERSECTS(geometry, BBOX(30.45,114.1,30.5,114.15))", "4490"), window);
    // 114.3° is 12 723 817.8 m east and 30.6° is 3 581 070.3 m north on the Web Mercator sphere:
    // x = λ · 111 319.490 8 m, y = 6 378 137 m · ln tan(45° + φ / 2).
    let around = "BBOX(12723800,3580000,12723900,3582000)";
    assert_eq!(ids(&format!("S_WITHIN(geometry, {around})"), "EPSG/0/3857"), ["wuhan"]);
    assert_eq!(ids("DWITHIN(geometry, POINT(12723817.8 3581070), 2000)", "EPSG/0/3857"), ["wuhan"]);
    let outside = service.get(&format!(
        "/ogc/collections/towns/items?filter={}&filter-crs=http://www.opengis.net/def/crs/EPSG/0/4326",
        percent("S_EQUALS(geometry, POINT(114.3 30.6))")
    ));
    assert_eq!(outside.status, 400, "{}", outside.text());
}

fn search(service: &Service, kind: &str, body: &str) -> crate::harness::Answer {
    let headers = [("content-type", kind)];
    service.send("POST", "/ogc/collections/towns/search", &headers, body.as_bytes().to_vec())
}

#[test]
fn a_search_by_post_answers_as_items_do() {
    let service = Service::over(towns());
    let ids = |answer: &crate::harness::Answer| {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let features = answer.json()["features"].as_array().expect("features").clone();
        features.iter().map(|feature| feature["id"].as_str().expect("an id").to_owned()).collect::<Vec<_>>()
    };
    let json = "application/json";
    for (body, want) in [
        ("{}", "wuhan zurich strasse field nowhere"),
        (r#"{"filter":"people = 5"}"#, "field"),
        (r#"{"filter":{"op":"=","args":[{"property":"people"},5]}}"#, "field"),
        (r#"{"filter":true,"limit":2}"#, "wuhan zurich"),
        (
            r#"{"filter":"{\"op\":\"=\",\"args\":[{\"property\":\"people\"},5]}","filter-lang":"cql2-json"}"#,
            "field",
        ),
        (r#"{"bbox":[8,47,9,48],"filter":"people < 5"}"#, "strasse"),
        (r#"{"sortby":["-people"],"properties":["name"],"limit":"1"}"#, "wuhan"),
        (r#"{"people":5}"#, "field"),
    ] {
        assert_eq!(ids(&search(&service, json, body)).join(" "), want, "{body}");
    }
    // The page after is asked by what its link says.
    let body = r#"{"filter":{"op":"isNull","args":[{"property":"name"}]},"limit":1,"f":"json"}"#;
    assert_eq!(ids(&search(&service, json, body)), ["nowhere"]);
    let mut body =
        r#"{"filter":{"op":"not","args":[{"op":"isNull","args":[{"property":"name"}]}]},"limit":3}"#
            .to_owned();
    let mut seen = Vec::new();
    loop {
        let answer = search(&service, json, &body);
        assert!(!answer.header("link").contains("next"), "a header cannot say what to send");
        seen.extend(ids(&answer));
        let links = answer.json()["links"].as_array().expect("links").clone();
        let Some(next) = links.iter().find(|link| link["rel"] == "next") else { break };
        assert_eq!(
            (&next["method"], &next["href"]),
            (&"POST".into(), &"http://map.test/ogc/collections/towns/search".into())
        );
        assert!(next["body"]["filter"].is_object(), "{next}");
        body = next["body"].to_string();
    }
    assert_eq!(seen.join(" "), "wuhan zurich strasse field");
}

#[test]
fn a_search_by_post_refuses_what_it_cannot_read() {
    let service = Service::over(towns());
    let json = "application/json";
    let many = format!(r#"{{"filter":"{}"}}"#, " ".repeat(3 << 20));
    for (kind, body, status, says) in [
        ("text/plain", "{}", 415, "application/json"),
        (json, "people = 5", 400, "JSON object"),
        (json, "[]", 400, "JSON object"),
        (json, r#"{"peple":5}"#, 400, "peple"),
        (json, r#"{"limit":{}}"#, 400, "limit"),
        (json, r#"{"limit":0}"#, 400, "limit"),
        (json, r#"{"limit":1,"limit":2}"#, 400, r#"member \"limit\" stands more than once"#),
        (json, r#"{"filter":{"op":"=","args":[1,1],"args":[1,2]}}"#, 400, r#"member \"args\""#),
        (json, r#"{"filter":{"op":"=","args":[]},"filter-lang":"cql2-text"}"#, 400, "filter-lang"),
        (json, r#"{"filter":{"op":"=","args":[]}}"#, 400, "filter"),
        (json, many.as_str(), 413, "bytes"),
    ] {
        let answer = search(&service, kind, body);
        let shown = &body[..body.len().min(60)];
        assert_eq!(answer.status, status, "{shown}: {}", answer.text());
        assert!(answer.text().contains(says), "{shown}: {}", answer.text());
        assert_eq!(answer.header("content-type"), "application/problem+json");
    }
    let get = service.get("/ogc/collections/towns/search");
    assert_eq!((get.status.as_u16(), get.header("allow")), (405, "POST, OPTIONS"));
    let ask = service.ask("OPTIONS", "/ogc/collections/towns/search", &[]);
    assert_eq!((ask.status.as_u16(), ask.header("access-control-allow-methods")), (204, "POST, OPTIONS"));
    let elsewhere =
        service.send("POST", "/ogc/collections/towns/items", &[("content-type", json)], b"{}".to_vec());
    assert_eq!((elsewhere.status.as_u16(), elsewhere.header("allow")), (405, "GET, HEAD, OPTIONS"));
}

/// What stands in the address of a request with a body would be lost: all features instead of those that were meant.
#[test]
fn a_request_with_a_body_has_no_parameters_in_its_address() {
    let service = Service::over(towns());
    let headers = [("content-type", "application/json")];
    for path in [
        "/ogc/collections/towns/search",
        "/ogc/collections/towns/aggregates",
        "/ogc/collections/towns/shortlist",
        "/ogc/collections/towns/topology",
        "/measure",
        "/drawings",
    ] {
        for query in ["people=5", "f=json", "filter=nonsense(", "foo=1"] {
            let answer = service.send("POST", &format!("{path}?{query}"), &headers, b"{}".to_vec());
            assert_eq!(answer.status, 400, "{path}?{query}: {}", answer.text());
            let name = query.split('=').next().expect("a name");
            assert_eq!(answer.json()["parameter"], name, "{path}?{query}");
            assert!(answer.text().contains("in the body"), "{path}?{query}: {}", answer.text());
        }
        let bare = service.send("POST", &format!("{path}?"), &headers, b"{}".to_vec());
        assert!(!bare.text().contains("address"), "{path}: {}", bare.text());
    }
}

/// A filter with a plain evaluation of its own.
#[derive(Debug, Clone)]
enum Plain {
    Leaf(&'static str, &'static str, i64),
    Null(&'static str),
    Not(Box<Plain>),
    And(Box<Plain>, Box<Plain>),
    Or(Box<Plain>, Box<Plain>),
}

impl Plain {
    fn text(&self) -> String {
        match self {
            Self::Leaf(field, sign, value) => format!("{field} {sign} {value}"),
            Self::Null(field) => format!("{field} IS NULL"),
            Self::Not(inner) => format!("NOT ({})", inner.text()),
            Self::And(a, b) => format!("({} AND {})", a.text(), b.text()),
            Self::Or(a, b) => format!("({} OR {})", a.text(), b.text()),
        }
    }

    /// SQL's truth tables, spelled out.
    fn holds(&self, value: &impl Fn(&str) -> Option<f64>) -> Option<bool> {
        match self {
            #[expect(clippy::cast_precision_loss, reason = "small numbers")]
            Self::Leaf(field, sign, constant) => {
                let (value, constant) = (value(field)?, *constant as f64);
                Some(match *sign {
                    "=" => value == constant,
                    "<>" => value != constant,
                    "<" => value < constant,
                    "<=" => value <= constant,
                    ">" => value > constant,
                    _ => value >= constant,
                })
            }
            Self::Null(field) => Some(value(field).is_none()),
            Self::Not(inner) => inner.holds(value).map(|holds| !holds),
            Self::And(a, b) => match (a.holds(value), b.holds(value)) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            },
            Self::Or(a, b) => match (a.holds(value), b.holds(value)) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            },
        }
    }
}

fn plain() -> impl Strategy<Value = Plain> {
    let field = || prop_oneof![Just("whole"), Just("real"), Just("word + 0"), Just("whole - real")];
    let sign = prop_oneof![Just("="), Just("<>"), Just("<"), Just("<="), Just(">"), Just(">=")];
    let leaf = prop_oneof![
        4 => (field(), sign, -2..3_i64).prop_map(|(field, sign, value)| Plain::Leaf(field, sign, value)),
        1 => field().prop_map(Plain::Null),
    ];
    leaf.prop_recursive(5, 30, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|inner| Plain::Not(Box::new(inner))),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| Plain::And(Box::new(a), Box::new(b))),
            (inner.clone(), inner).prop_map(|(a, b)| Plain::Or(Box::new(a), Box::new(b))),
        ]
    })
}

thread_local! {
    /// 2,100 features, more than two blocks of rows, with nulls in every field.
    static NUMBERS: Arc<IndexedLayer> = {
        let folder = tempfile::tempdir().expect("a folder");
        let features: Vec<_> = (0..2100)
            .map(|at: i32| {
                let some = |number: i32, every| if at % every == 0 { "null".to_owned() } else { number.to_string() };
                format!(
                    r#"{{"type":"Feature","id":{at},"geometry":null,"properties":{{"whole":{},"real":{},"word":{}}}}}"#,
                    some(at % 5 - 2, 7),
                    if at % 3 == 0 { "null".to_owned() } else { format!("{:?}", f64::from(at % 9) / 2.0 - 2.0) },
                    some(at % 4, 11),
                )
            })
            .collect();
        let text = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
        std::fs::write(folder.path().join("numbers.geojson"), text).expect("written");
        Arc::clone(load(folder.path()).catalog.layer("numbers").expect("the layer"))
    };
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn three_valued_logic_is_that_of_the_truth_tables(filter in plain()) {
        NUMBERS.with(|indexed| {
            let layer = indexed.layer();
            let expr = cql2::parse(&filter.text(), Encoding::Text).expect("a filter");
            let query = Query { filter: Some(Filter { expr, crs: Crs::Crs84 }), ..Query::default() };
            let budget = Budget::default();
            let answer = execute(&plan(&query, indexed, &budget).expect("a plan"), indexed, &budget);
            let number = |name: &str, ix| {
                let (field, _) = layer.schema.find(name).expect("a field");
                match layer.feature(ix).value(field) {
                    Value::Integer(whole) => Some(f64::from(i32::try_from(whole).expect("small"))),
                    Value::Real(real) => Some(real),
                    _ => None,
                }
            };
            let want: Vec<_> = layer
                .positions()
                .filter(|&ix| {
                    let value = |name: &str| match name {
                        "word + 0" => number("word", ix),
                        "whole - real" => Some(number("whole", ix)? - number("real", ix)?),
                        name => number(name, ix),
                    };
                    filter.holds(&value) == Some(true)
                })
                .collect();
            prop_assert_eq!(answer.expect("an answer").items, want, "{}", filter.text());
            Ok(())
        })?;
    }

    #[test]
    fn whatever_is_written_is_read_or_refused(
        text in r"([a-z_]{1,8}|[0-9.]{1,4}|'[^']{0,4}'|[()=<>,+*/%^-]|AND|OR|NOT|IN|LIKE|IS NULL|BETWEEN|S_WITHIN\(|POINT\(|INTERVAL\(| ){0,24}",
        wild in r"\PC{0,40}",
    ) {
        let _ = cql2::parse(&text, Encoding::Text);
        let _ = cql2::parse(&wild, Encoding::Text);
        let _ = cql2::parse(&wild, Encoding::Json);
    }
}
