//! What holds for every resource: forms, tags, methods, errors, links, the API definition.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io::Read as _;
use std::time::{Duration, Instant};

use innospace::config::{Config, Limits};
use serde_json::{Value, json};

use crate::harness::{Service, configured, fixtures, shipped};

const RESOURCES: [&str; 8] = [
    "/ogc",
    "/ogc/conformance",
    "/ogc/api",
    "/ogc/collections",
    "/ogc/collections/squares",
    "/ogc/collections/empty",
    "/ogc/collections/squares/items",
    "/ogc/collections/squares/items/11",
];

#[test]
fn every_link_leads_to_what_its_type_says() {
    let service = Service::over(fixtures());
    let (mut open, mut seen) = (vec!["/ogc".to_owned()], BTreeSet::new());
    while let Some(path) = open.pop() {
        if !seen.insert(path.clone()) {
            continue;
        }
        let answer = service.get(&path);
        assert_eq!(answer.status, 200, "{path}");
        let kind = answer.header("content-type");
        if !kind.contains("json") || kind.ends_with("ndjson") || path.starts_with("/ogc/api") {
            continue;
        }
        let json = answer.json();
        let nested =
            json["collections"].as_array().into_iter().flatten().filter_map(|c| c["links"].as_array());
        for links in json["links"].as_array().into_iter().chain(nested) {
            for link in links {
                let href =
                    link["href"].as_str().expect("href").strip_prefix("http://map.test").expect("absolute");
                let target = service.get(href);
                let bare = |kind: &str| kind.trim_end_matches("; charset=utf-8").to_owned();
                let kind = bare(target.header("content-type"));
                assert_eq!(Some(kind), link["type"].as_str().map(bare), "{path} → {href}");
                open.push(href.to_owned());
            }
        }
    }
    assert!(seen.len() > 30, "only {} resources were reached", seen.len());
}

#[test]
fn each_resource_comes_in_two_forms() {
    let service = Service::over(fixtures());
    for path in RESOURCES {
        let page = service.ask("GET", path, &[("accept", "text/html,*/*;q=0.8"), ("accept-language", "en")]);
        assert_eq!(
            (page.status.as_u16(), page.header("content-type")),
            (200, "text/html; charset=utf-8"),
            "{path}"
        );
        assert_eq!(page.header("content-language"), "en", "{path}");
        assert!(page.text().starts_with("<!DOCTYPE html><html lang=\"en\">"), "{path}");
        assert!(service.get(path).header("content-type").contains("json"), "{path}");
        let refused = service.ask("GET", path, &[("accept", "image/png")]);
        assert_eq!(
            (refused.status.as_u16(), refused.header("content-type")),
            (406, "application/problem+json"),
            "{path}"
        );
        for (bad, status) in [("?f=xml", 400), ("?colour=red", 400)] {
            assert_eq!(service.get(&format!("{path}{bad}")).status, status, "{path}{bad}");
        }
    }
}

#[test]
fn a_client_that_holds_the_answer_is_told_so() {
    let service = Service::over(fixtures());
    let mut tags = BTreeSet::new();
    for path in RESOURCES {
        for accept in ["application/json", "text/html"] {
            let answer = service.ask("GET", path, &[("accept", accept)]);
            let tag = answer.header("etag").to_owned();
            assert!(tags.insert(tag.clone()), "{path} {accept} shares a tag");
            for method in ["GET", "HEAD"] {
                let again = service.ask(method, path, &[("accept", accept), ("if-none-match", &tag)]);
                assert_eq!((again.status.as_u16(), again.body.len()), (304, 0), "{path}");
                assert_eq!(again.header("etag"), tag);
            }
        }
    }
    let bad = service.ask("GET", "/ogc/collections/squares/items?row=x", &[("if-none-match", "*")]);
    assert_eq!(bad.status, 400, "a bad request stays bad");
}

#[test]
fn methods() {
    let service = Service::over(fixtures());
    for path in RESOURCES.into_iter().chain(["/", "/health", "/app.json"]) {
        let (get, head) = (service.get(path), service.ask("HEAD", path, &[]));
        assert_eq!((head.status, head.body.len()), (get.status, 0), "{path}");
        assert_eq!(head.header("content-type"), get.header("content-type"), "{path}");
        let options = service.ask("OPTIONS", path, &[]);
        assert_eq!((options.status.as_u16(), options.header("allow")), (204, "GET, HEAD, OPTIONS"), "{path}");
        assert_eq!(options.header("access-control-allow-methods"), "GET, HEAD, OPTIONS", "{path}");
        for method in ["POST", "PUT", "PATCH", "DELETE"] {
            let answer = service.ask(method, path, &[]);
            assert_eq!(
                (answer.status.as_u16(), answer.header("allow")),
                (405, "GET, HEAD, OPTIONS"),
                "{method} {path}"
            );
            assert_eq!(answer.header("content-type"), "application/problem+json", "{method} {path}");
        }
        assert_eq!(get.header("access-control-allow-origin"), "*", "{path}");
    }
}

#[test]
fn answers_are_compressed_when_asked() {
    let service = Service::over(fixtures());
    let path = "/ogc/collections/squares/items";
    let plain = service.get(path);
    for encoding in ["gzip", "br", "zstd"] {
        let packed = service.ask("GET", path, &[("accept-encoding", encoding)]);
        assert_eq!(packed.header("content-encoding"), encoding);
        assert!(packed.body.len() < plain.body.len() / 2, "{encoding}");
        assert!(packed.headers.get_all("vary").iter().any(|value| value == "accept-encoding"), "{encoding}");
    }
}

#[test]
fn problems_say_where_and_carry_the_name_of_the_request() {
    let service = Service::over(fixtures());
    let answer = service.ask("GET", "/ogc/collections/none", &[("x-request-id", "req-7")]);
    let problem = answer.json();
    assert_eq!(problem["status"], 404);
    assert_eq!(problem["title"], "Not Found");
    assert_eq!(problem["instance"], "/ogc/collections/none");
    assert_eq!(problem["request_id"], "req-7");
    assert_eq!(answer.header("x-request-id"), "req-7");
    let named = service.get("/ogc/collections/none").json()["request_id"].as_str().map(str::len);
    assert_eq!(named, Some(36), "a request without a name gets a UUID");
    assert_eq!(service.get("/nowhere").status, 404);
    assert_eq!(service.get("/assets/none.js").header("content-type"), "application/problem+json");
}

/// Packed or not, a problem says the same.
#[test]
fn problems_are_packed_whole() {
    let service = Service::over(fixtures());
    let path = format!("/ogc/collections/{}/items", "none".repeat(30));
    let headers = [("accept-encoding", "gzip"), ("x-request-id", "req-8")];
    let answer = service.ask("GET", &path, &headers);
    assert_eq!((answer.status.as_u16(), answer.header("content-encoding")), (404, "gzip"));
    let mut text = String::new();
    flate2::read::GzDecoder::new(&*answer.body).read_to_string(&mut text).expect("gzip");
    let problem: Value = serde_json::from_str(&text).expect("JSON");
    assert_eq!((&problem["instance"], &problem["request_id"]), (&Value::from(path), &Value::from("req-8")));
}

#[test]
fn a_path_that_is_no_text_is_a_problem() {
    let service = Service::over(fixtures());
    for path in [
        "/ogc/collections/%ff/items",
        "/ogc/collections/squares/items/%ff",
        "/ogc/collections/%ff/aggregates",
        "/ogc/collections/%ff/queryables",
        "/ogc/tiles/%ff/0/0/0",
        "/tiles/%ff/0/0/0.mvt",
        "/maps/%ff",
        "/styles/%ff",
        "/drawings/%ff",
        "/blocks/%ff",
        "/reports/%ff",
    ] {
        let answer = service.get(path);
        assert_eq!(answer.status, 404, "{path}");
        assert_eq!(answer.header("content-type"), "application/problem+json", "{path}");
        assert_eq!(answer.json()["instance"], path);
    }
}

/// Whatever form a client asked for by its headers, who follows a link without these gets what the link says.
#[test]
fn links_of_negotiated_forms_name_their_form() {
    let service = Service::over(fixtures());
    let path = "/ogc/collections/squares/items?limit=2&offset=2";
    let leads = |href: &str, kind: &str| {
        let href = href.replace("&amp;", "&");
        let target = service.get(href.strip_prefix("http://map.test").expect("absolute"));
        let bare = |kind: &str| kind.trim_end_matches("; charset=utf-8").to_owned();
        assert_eq!(bare(target.header("content-type")), bare(kind), "{href}");
    };
    for accept in ["text/csv", "application/vnd.google-earth.kml+xml", "application/geo+json", "text/html"] {
        let answer = service.ask("GET", path, &[("accept", accept)]);
        let mut turns = 0;
        for link in answer.headers.get_all("link") {
            let link = link.to_str().expect("ASCII");
            let (href, rest) = link.trim_start_matches('<').split_once('>').expect("an address");
            leads(href, rest.split("type=\"").nth(1).expect("a type").trim_end_matches('"'));
            turns += usize::from(rest.contains("next") || rest.contains("prev"));
        }
        assert_eq!(turns, 2, "{accept}");
        if accept == "text/html" {
            let links: Vec<_> = answer.text().split("<link ").skip(1).collect();
            for link in &links {
                let part = |name: &str| link.split(&format!("{name}=\"")).nth(1)?.split('"').next();
                if let (Some(href), Some(kind)) = (part("href"), part("type")) {
                    leads(href, kind);
                }
            }
            assert!(links.len() > 4, "{links:?}");
        }
    }
}

/// A strong tag promises the same bytes (RFC 9110, 8.8.3).
#[test]
fn what_shares_a_strong_tag_is_the_same_to_the_byte() {
    let service = Service::over(fixtures());
    let mut known: Vec<(String, Vec<u8>)> = Vec::new();
    for encoding in ["identity", "gzip", "br", "zstd", "zstd, gzip"] {
        let answer = service.ask("GET", "/", &[("accept-encoding", encoding)]);
        let tag = answer.header("etag").to_owned();
        if tag.is_empty() || tag.starts_with("W/") {
            continue;
        }
        for (_, body) in known.iter().filter(|(other, _)| *other == tag) {
            assert!(*body == answer.body, "{encoding} has the tag of other bytes");
        }
        known.push((tag, answer.body));
    }
}

#[test]
fn numbers_too_large_to_be_counted_are_the_maximum() {
    let service = Service::over(fixtures());
    let huge = "99999999999999999999";
    let all = service.get("/ogc/collections/squares/items").ids();
    assert_eq!(service.get(&format!("/ogc/collections/squares/items?limit={huge}")).ids(), all);
    assert!(service.get(&format!("/ogc/collections/squares/items?offset={huge}")).ids().is_empty());
    let near = format!("/ogc/collections/squares/nearest?point=1,1&k={huge}");
    assert_eq!(service.get(&near).ids().len(), all.len());
    for wrong in ["-99999999999999999999", "9e99", "99999999999999999999x", "0"] {
        assert_eq!(
            service.get(&format!("/ogc/collections/squares/items?limit={wrong}")).status,
            400,
            "{wrong}"
        );
    }
}

/// What a path lists as its forms holds for all that may stand in it.
#[test]
fn every_form_of_every_tileset_that_is_promised_is_given() {
    let service = Service::over(fixtures());
    let definition = service.get("/ogc/api").json();
    let mut asked = BTreeSet::new();
    for (path, item) in definition["paths"].as_object().expect("paths") {
        let is_tileset = item["get"]["operationId"].as_str().is_some_and(|id| id.ends_with(".getTileSet"));
        if !is_tileset || path.contains("{featureId}") {
            continue;
        }
        let parameters = item["get"]["parameters"].as_array().expect("parameters");
        let choices = |name: &str| {
            let found = parameters.iter().find(|one| one["name"] == name)?;
            let list = found["schema"]["enum"].as_array().expect("choices").iter();
            Some(list.map(|one| one.as_str().expect("a text").to_owned()).collect::<Vec<_>>())
        };
        for set in choices("tileMatrixSetId").unwrap_or_else(|| vec![String::new()]) {
            for form in choices("f").expect("forms") {
                let address = format!("/ogc{}?f={form}", path.replace("{tileMatrixSetId}", &set));
                assert_eq!(service.get(&address).status, 200, "{address}");
                asked.insert(form);
            }
        }
    }
    assert_eq!(asked.iter().map(String::as_str).collect::<Vec<_>>(), ["html", "json", "tilejson"]);
}

/// A client that holds an answer is told so where there is no time to make it.
#[test]
fn what_is_held_is_not_made_again() {
    let service = Service::over(fixtures());
    let limits = Limits { patience: Duration::ZERO, ..Limits::default() };
    let hurried = Service::with(fixtures(), Config { limits, ..configured(None) });
    for path in [
        "/ogc/at?point=2,2",
        "/ogc/distance?from=squares:11&to=squares:12",
        "/ogc/reach?point=2,2",
        "/ogc/collections/squares/nearest?point=2,2",
    ] {
        let held = [("if-none-match", service.get(path).header("etag").to_owned())];
        let held = held.each_ref().map(|(name, tag)| (*name, tag.as_str()));
        assert_eq!(hurried.ask("GET", path, &held).status, 304, "{path}");
        let wrong = path.replace("2,2", "2,x").replace("squares:12", "squares:none");
        if wrong != path {
            assert_eq!(hurried.ask("GET", &wrong, &held).status, 400, "{wrong}");
        }
    }
}

#[test]
fn health_counts_what_is_served() {
    let health = Service::over(fixtures()).get("/health").json();
    assert_eq!(health["status"], "ok");
    assert_eq!(health["collections"], 5);
    assert_eq!(health["features"], 9 + 5 + 8 + 7);
}

#[test]
fn extents_are_those_of_the_drawing() {
    let service = Service::over(fixtures());
    let collection = |id: &str| service.get(&format!("/ogc/collections/{id}")).json();
    let squares = &collection("squares")["extent"];
    assert_eq!(squares["spatial"]["bbox"].to_string(), "[[1.0,1.0,3.8,3.8]]");
    assert_eq!(squares["temporal"]["interval"].to_string(), r#"[["2021-01-01T00:00:00Z",null]]"#);
    assert_eq!(collection("empty")["extent"], Value::Null);
    assert_eq!(collection("empty")["synthetic"], true);
    let listed = service.get("/ogc/collections").json();
    for listed in listed["collections"].as_array().expect("collections") {
        assert_eq!(*listed, collection(listed["id"].as_str().expect("id")));
    }
}

#[test]
fn the_definition_describes_exactly_what_is_served() {
    let service = Service::over(fixtures());
    let definition = service.get("/ogc/api").json();
    let parsed: openapiv3::OpenAPI = serde_json::from_value(definition.clone()).expect("OpenAPI 3.0");
    // Six of the service, three about places, six of tiles; eleven of each of five collections, and four of its tiles; what
    // stands along the items of the two that hold lines.
    let along = parsed.paths.iter().filter(|(path, _)| path.ends_with("/along")).count();
    assert_eq!(parsed.paths.iter().count(), 6 + 3 + 6 + (11 + 4) * 5 + along);
    let (mut ids, mut asked) = (BTreeSet::new(), 0);
    for (path, item) in definition["paths"].as_object().expect("paths") {
        let get = &item["get"];
        if get.is_null() {
            assert!(path.ends_with("/search") && item["post"].is_object(), "{path}");
            assert!(ids.insert(item["post"]["operationId"].as_str().expect("an id").to_owned()), "{path}");
            continue;
        }
        assert!(ids.insert(get["operationId"].to_string()), "{path}: the operationId stands twice");
        let first = service.get("/ogc/collections/squares/items").ids()[0].clone();
        let real = match path.as_str() {
            "/" => "/ogc".to_owned(),
            path if path.ends_with("/along") => continue,
            path if path.contains("{featureId}") && path.contains("squares") => {
                format!("/ogc{}", path.replace("{featureId}", &first))
            }
            path if path.contains("{featureId}") => continue,
            path => {
                let path = path.replace("{tileMatrixSetId}", "WebMercatorQuad");
                format!("/ogc{}", path.replace("{tileMatrix}/{tileRow}/{tileCol}", "0/0/0"))
            }
        };
        // What must be given, and the names of that.
        let (needed, given): (&str, &[&str]) =
            if path.ends_with("/nearest") || path == "/at" || path == "/reach" {
                ("point=2,2", &["point"])
            } else if path == "/distance" {
                ("from=squares:11&to=squares:12", &["from", "to"])
            } else {
                ("", &[])
            };
        let answer = service.get(&format!("{real}?{needed}"));
        assert_eq!(answer.status, 200, "{path}");
        let content = get["responses"]["200"]["content"].as_object().expect("content");
        assert!(
            content.contains_key(answer.header("content-type")),
            "{path}: {}",
            answer.header("content-type")
        );
        if let Some(posted) = item["post"]["operationId"].as_str() {
            assert!(ids.insert(posted.to_owned()), "{path}: the operationId of POST stands twice");
        }
        let groups = path.ends_with("/aggregates");
        for parameter in get["parameters"].as_array().expect("parameters") {
            let schema = &parameter["schema"];
            let value = match (schema["type"].as_str(), schema["format"].as_str(), parameter["name"].as_str())
            {
                _ if parameter["in"] == "path" => continue,
                _ if schema["items"]["enum"].is_array() => {
                    schema["items"]["enum"][0].as_str().expect("a text")
                }
                _ if schema["enum"].is_array() => {
                    schema["enum"].as_array().and_then(|all| all.last()?.as_str()).expect("a text")
                }
                (.., Some("sortby")) if groups => "-count",
                (.., Some("having")) => "count > 0",
                (.., Some("group-by" | "distances" | "merge-by")) => "",
                (.., Some("measure")) => "share",
                (.., Some("polygon")) => "POLYGON((0 0,1 0,1 1,0 0))",
                (.., Some("minutes")) => "5",
                (.., Some("criteria")) => "[\"TRUE\"]",
                (.., Some("bands")) => "500,1000,2000,5000",
                (.., Some("subset")) => "datetime(\"2021-01-01\")",
                (.., Some("properties")) => "use",
                (.., Some("sortby")) => "-id",
                (.., Some("filter")) => "TRUE",
                (.., Some("distance-to")) => "POINT(1 1)",
                (.., Some("datetime")) | (_, Some("date"), _) => "2021-01-01",
                (.., Some("bbox")) => "0,0,1,1",
                (Some("boolean"), ..) => "true",
                (Some("integer" | "number"), ..) => "1",
                _ => "x",
            };
            let name = parameter["name"].as_str().expect("a name");
            // What is weighed is a field of numbers, what is capped is told by the data.
            if given.contains(&name) || matches!(name, "weights" | "cap") {
                continue;
            }
            // It stands for point.
            let needed = if name == "feature" { "" } else { needed };
            let value = match name {
                "feature" => "squares:11",
                // Degrees that are shifted are those of CRS84; other systems have their own numbers.
                "point-crs" => "http://www.opengis.net/def/crs/OGC/1.3/CRS84",
                _ => value,
            };
            let encoded = percent_encoding::utf8_percent_encode(value, percent_encoding::NON_ALPHANUMERIC);
            // These say how features lie in an area.
            let needs_area = matches!(name, "assign" | "accuracy" | "overlap");
            let area = if needs_area { "&polygon=POLYGON((0+0,1+0,1+1,0+0))" } else { "" };
            let answer = service.get(&format!("{real}?{name}={encoded}{area}&{needed}"));
            assert_eq!(answer.status, 200, "{real}?{name}={value}: {}", answer.text());
            asked += 1;
        }
    }
    assert!(asked > 40, "only {asked} parameters were tried");
}

/// A line between two sides of a rectangle, every edge of which crosses every other.
fn zigzag(positions: u32, [west, south]: [f64; 2], [wide, high]: [f64; 2]) -> String {
    let mut text = String::from("LINESTRING(");
    for at in 0..positions {
        let share = f64::from(at) / f64::from(positions);
        let (x, y) = if at % 2 == 0 { (west, share) } else { (west + wide, 1.0 - share) };
        let comma = if at == 0 { "" } else { "," };
        write!(text, "{comma}{x:.7} {:.7}", south + y * high).expect("a text");
    }
    text + ")"
}

/// Whatever is asked, other connections are served meanwhile, whoever asked is told by the patience of the server that it took too
/// long, and the work is over soon after: no service is dropped before.
#[test]
fn dear_questions_end_in_time_and_keep_nobody_waiting() {
    const SOON: Duration = Duration::from_secs(3);
    let long = zigzag(3000, [114.0, 30.3], [0.2, 0.2]);
    let moment = |at: u32| {
        let (hour, minute, second) = (at / 3600, at / 60 % 60, at % 60);
        format!("TIMESTAMP('2025-12-31T{hour:02}:{minute:02}:{second:02}Z')")
    };
    let moments: Vec<_> = (0..12_000).map(moment).collect();
    let turned: Vec<_> = (0..12_000).rev().map(moment).collect();
    let search = "/ogc/collections/parcels/search";
    let questions = [
        (search, json!({ "filter": format!("S_CROSSES({long},{long})") })),
        (search, json!({ "filter": format!("S_INTERSECTS(geometry,BUFFER({long},100))") })),
        (search, json!({ "filter": format!("S_CROSSES(geometry,{long})") })),
        (
            search,
            json!({ "filter": format!("DISTANCE({long},{}) > 1", zigzag(3000, [100.0, 10.0], [0.2, 0.2])) }),
        ),
        (search, json!({ "filter": format!("A_EQUALS(({}),({}))", moments.join(","), turned.join(",")) })),
        ("/ogc/collections/parcels/topology", json!({ "filter": format!("S_CROSSES({long},{long})") })),
        ("/ogc/collections/parcels/shortlist", json!({ "filter": format!("S_CROSSES({long},{long})") })),
        ("/measure", json!({ "geometry": long, "buffer": 100 })),
    ];
    for (path, body) in questions {
        let service = Service::waiting(shipped(), Duration::from_millis(300));
        let began = Instant::now();
        let (answer, waited) = service.post_and_wait(path, &body);
        let answered = began.elapsed();
        let asked = &body.to_string()[..40];
        assert_eq!(answer.status, 503, "{path} {asked}: {}", answer.text());
        assert!(waited < SOON, "others waited for {waited:?}: {path} {asked}");
        assert!(answered < SOON, "answered after {answered:?}: {path} {asked}");
        // The runtime waits for work that has begun.
        drop(service);
        assert!(began.elapsed() < 4 * SOON, "ended after {:?}: {path} {asked}", began.elapsed());
    }
}

/// What no time would be enough for, or no memory, is refused with what is allowed.
#[test]
fn what_is_too_large_is_refused_with_the_number_that_is_not() {
    let service = Service::over(shipped());
    let post = |path: &str, body: &Value| {
        let body = body.to_string().into_bytes();
        service.send("POST", path, &[("content-type", "application/json")], body)
    };
    let refused = |answer: crate::harness::Answer, words: &[&str]| {
        assert_eq!(answer.status, 400, "{}", answer.text());
        let detail = answer.json()["detail"].as_str().expect("words").to_owned();
        assert!(words.iter().all(|word| detail.contains(word)), "{detail}");
    };
    // 200 edges of 19 degrees make 1,900 positions each, together 380,000.
    let positions: Vec<_> =
        (0..=200).map(|at| format!("{} {}", 19 * (at % 2), f64::from(at) / 100.0)).collect();
    let wide = format!("LINESTRING({})", positions.join(","));
    refused(post("/measure", &json!({ "geometry": wide, "buffer": 100 })), &["380", "200000"]);
    let filter = format!("S_INTERSECTS(geometry, BUFFER({wide}, 100))");
    refused(
        post("/ogc/collections/parcels/search", &json!({ "filter": filter })),
        &["at character 24", "BUFFER", "200000"],
    );
    let corners: Vec<_> = (0..30_001)
        .map(|at| {
            let angle = f64::from(at % 30_000) / 30_000.0 * std::f64::consts::TAU;
            format!("{} {}", 114.0 + angle.cos(), 30.0 + angle.sin())
        })
        .collect();
    refused(
        post("/measure", &json!({ "geometry": format!("POLYGON(({}))", corners.join(",")) })),
        &["30001", "30000"],
    );
}
