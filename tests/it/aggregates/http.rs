//! Aggregates over HTTP: answers worked out by hand in every form, and what is refused.

use std::collections::BTreeMap;

use calamine::{Data, Reader as _};
use innospace::geometry::Shape;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::zone::{Feature, write};
use crate::cases;
use crate::harness::{Answer, Service, fixtures, shipped};
use crate::oracle::shape;

fn query(pairs: &Map<String, Value>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        query.append_pair(name, value.as_str().expect("text"));
    }
    query.finish()
}

fn get(service: &Service, of: &str, ask: &Map<String, Value>, form: &str) -> Answer {
    service.get(&format!("/ogc/collections/{of}/aggregates?f={form}&{}", query(ask)))
}

fn post(service: &Service, of: &str, ask: &Map<String, Value>) -> Answer {
    let body = Value::Object(ask.clone()).to_string().into_bytes();
    let path = format!("/ogc/collections/{of}/aggregates");
    service.send("POST", &path, &[("content-type", "application/json")], body)
}

/// What of an answer does not depend on when and how it was asked.
fn lasting(answer: &Answer) -> Value {
    let mut json = answer.json();
    let object = json.as_object_mut().expect("an object");
    object.remove("timeStamp");
    object.remove("links");
    json
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    of: String,
    ask: Map<String, Value>,
    columns: String,
    groups: Vec<Vec<Value>>,
    /// How many groups there are, where not all are on the page.
    matched: Option<usize>,
    again: Option<u64>,
    rest: BTreeMap<String, Vec<Value>>,
}

fn equal(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(x), Some(y)) => (x - y).abs() <= 1e-12 * y.abs() && a.is_f64() == b.is_f64(),
        _ => a == b,
    }
}

impl Case {
    fn differs(&self, what: &str, got: &Value, want: impl std::fmt::Display) -> Result<(), String> {
        Err(format!("{} {}: {what} is {got}, not {want}", self.of, Value::Object(self.ask.clone())))
    }

    fn check_json(&self, json: &Value) -> Result<(), String> {
        let columns: Vec<&str> = self.columns.split(' ').collect();
        let listed: Vec<&str> = json["columns"]
            .as_array()
            .expect("columns")
            .iter()
            .filter_map(|column| column["name"].as_str())
            .collect();
        if listed != columns {
            return self.differs("columns", &json["columns"], &self.columns);
        }
        let row = |object: &Value, names: &[&str], want: &[Value]| {
            let found = names.len() == want.len()
                && object.as_object().is_some_and(|object| object.len() == want.len());
            found && names.iter().zip(want).all(|(name, want)| equal(&object[*name], want))
        };
        let groups = json["groups"].as_array().expect("groups");
        let same = groups.len() == self.groups.len()
            && groups.iter().zip(&self.groups).all(|(got, want)| row(got, &columns, want));
        if !same {
            return self.differs("groups", &json["groups"], json!(self.groups));
        }
        let keys = json["columns"]
            .as_array()
            .expect("columns")
            .iter()
            .filter(|column| column["role"] == "key")
            .count();
        for name in ["unassigned", "withoutGeometry", "total"] {
            let same = match self.rest.get(name) {
                Some(want) => row(&json[name], &columns[keys..], want),
                None => json.get(name).is_none(),
            };
            if !same {
                return self.differs(name, &json[name], json!(self.rest.get(name)));
            }
        }
        if json.get("countedAgain").and_then(Value::as_u64) != self.again {
            return self.differs("countedAgain", &json["countedAgain"], format!("{:?}", self.again));
        }
        let matched = self.matched.unwrap_or(self.groups.len());
        if json["groupsMatched"] != matched || json["groupsReturned"] != self.groups.len() {
            return self.differs("groupsMatched", &json["groupsMatched"], matched);
        }
        Ok(())
    }

    /// All rows as texts: the groups, then what is no group, with nothing where groups have names.
    fn texts(&self) -> Vec<Vec<String>> {
        let width = self.columns.split(' ').count();
        let text = |value: &Value| match value {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            Value::Number(number) => number.as_f64().expect("a number").to_string(),
            other => other.to_string(),
        };
        let order = ["unassigned", "withoutGeometry", "total"];
        let rest = order.iter().filter_map(|name| self.rest.get(*name));
        self.groups
            .iter()
            .chain(rest)
            .map(|row| {
                let names = std::iter::repeat_n(String::new(), width - row.len());
                names.chain(row.iter().map(text)).collect()
            })
            .collect()
    }

    /// Compares a table of texts whose first row is its head.
    fn check_table(&self, form: &str, table: &[Vec<String>]) -> Result<(), String> {
        let width = self.columns.split(' ').count();
        let plain =
            |text: &String| text.parse::<f64>().map_or_else(|_| text.clone(), |number| number.to_string());
        // The first column is the id.
        let got: Vec<Vec<String>> =
            table[1..].iter().map(|row| row[1..=width].iter().map(plain).collect()).collect();
        let want = self.texts();
        let same = |a: &String, b: &String| match (a.parse::<f64>(), b.parse::<f64>()) {
            (Ok(a), Ok(b)) => (a - b).abs() <= 1e-12 * b.abs(),
            _ => a == b,
        };
        let is_same = got.len() == want.len()
            && got.iter().zip(&want).all(|(got, want)| got.iter().zip(want).all(|(a, b)| same(a, b)));
        if is_same { Ok(()) } else { self.differs(form, &json!(got), json!(want)) }
    }

    /// A page has the measures of each row in cells of numbers, and the names of groups beside them.
    fn check_page(&self, page: &str) -> Result<(), String> {
        let shown = |text: &String| match (text.as_str(), text.parse::<f64>()) {
            ("", _) => "—".to_owned(),
            ("true", _) => "是".to_owned(),
            ("false", _) => "否".to_owned(),
            (_, Ok(number)) => format!("{number:.4}").trim_end_matches('0').trim_end_matches('.').to_owned(),
            _ => text.clone(),
        };
        let keys = self.columns.split(' ').count() - self.rest["total"].len();
        let is_row = |row: &&str| row.contains("<td class=\"n\">");
        let rows: Vec<&str> = page.split("<tr").filter(is_row).collect();
        let want = self.texts();
        if rows.len() != want.len() {
            return self.differs("number of rows of the page", &json!(rows), want.len());
        }
        for (row, want) in rows.into_iter().zip(&want) {
            let cells = row.split("<td class=\"n\">").skip(1);
            let cells = cells.map(|cell| cell.split("</td>").next().unwrap_or_default());
            let cells: Vec<_> =
                cells.map(|cell| cell.replace("<span class=\"none\">", "").replace("</span>", "")).collect();
            let numbers: Vec<String> = want[keys..].iter().map(shown).collect();
            let names = want[..keys].iter().filter(|name| !name.is_empty());
            if cells != numbers
                || !names.clone().all(|name| row.contains(&format!("<td>{}</td>", shown(name))))
            {
                return self.differs("a row of the page", &json!(row), json!(want));
            }
        }
        Ok(())
    }
}

fn csv(answer: &Answer) -> Vec<Vec<String>> {
    let text = answer.body.strip_prefix("\u{feff}".as_bytes()).expect("a byte order mark");
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text);
    reader.records().map(|row| row.expect("a row").iter().map(str::to_owned).collect()).collect()
}

fn workbook(answer: &Answer) -> Vec<Vec<String>> {
    let mut book: calamine::Xlsx<_> =
        calamine::open_workbook_from_rs(std::io::Cursor::new(&answer.body)).expect("a workbook");
    let sheet = book.worksheet_range_at(0).expect("a sheet").expect("readable");
    let text = |cell: &Data| match cell {
        Data::Empty => String::new(),
        Data::DateTime(day) => {
            let (year, month, day, ..) = day.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        Data::Bool(value) => value.to_string(),
        other => other.to_string(),
    };
    sheet.rows().map(|row| row.iter().map(text).collect()).collect()
}

#[test]
fn groups_are_those_of_the_table_in_every_form() {
    let service = Service::over(fixtures());
    cases::run("aggregates.jsonc", 30, |case: &Case| {
        let answer = get(&service, &case.of, &case.ask, "json");
        if answer.status != 200 {
            return Err(format!("{} {:?}: {}", case.of, case.ask, answer.text()));
        }
        case.check_json(&answer.json())?;
        let posted = post(&service, &case.of, &case.ask);
        if posted.status != 200 || lasting(&posted) != lasting(&answer) {
            return case.differs("POST", &json!(posted.text()), answer.text());
        }
        let table = csv(&get(&service, &case.of, &case.ask, "csv"));
        if !table[0][1..].join(" ").starts_with(&case.columns) {
            return case.differs("CSV", &json!(table[0]), &case.columns);
        }
        case.check_table("CSV", &table)?;
        case.check_table("workbook", &workbook(&get(&service, &case.of, &case.ask, "xlsx")))?;
        case.check_page(get(&service, &case.of, &case.ask, "html").text())
    });
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Refusal {
    of: String,
    ask: Map<String, Value>,
    parameter: String,
    says: String,
}

fn refuses(service: &Service, case: &Refusal) -> Result<(), String> {
    for answer in [get(service, &case.of, &case.ask, "json"), post(service, &case.of, &case.ask)] {
        let json = answer.json();
        let detail = json["detail"].as_str().unwrap_or("");
        let is_problem = answer.header("content-type") == "application/problem+json";
        if answer.status != 400
            || !is_problem
            || json["parameter"] != case.parameter
            || !detail.contains(&case.says)
        {
            let ask = Value::Object(case.ask.clone());
            return Err(format!("{} {ask}: {} {}, not {}", case.of, answer.status, answer.text(), case.says));
        }
    }
    Ok(())
}

#[test]
fn refusals_name_the_parameter_and_what_is_wrong() {
    let service = Service::over(fixtures());
    cases::run("aggregate_errors.jsonc", 45, |case: &Refusal| refuses(&service, case));
    let nobody = service.get("/ogc/collections/nobody/aggregates");
    assert_eq!(nobody.status, 404, "{}", nobody.text());
    let deleted = service.ask("DELETE", "/ogc/collections/squares/aggregates", &[]);
    assert_eq!(deleted.status, 405);
    let pair = service.get("/ogc/collections/squares/aggregates?group-by=use&group-by=row");
    assert_eq!(pair.status, 400, "{}", pair.text());
}

fn map(pairs: &[(&str, &str)]) -> Map<String, Value> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect()
}

fn feature(id: &str, wkt: &str) -> Feature {
    let shape: Option<Shape> = (!wkt.is_empty()).then(|| shape(wkt));
    Feature::new(id.to_owned(), shape, json!({ "name": format!("N{id}") }))
}

/// Expected from the file itself: a number where a feature of the group is a polygon.
#[test]
fn what_has_no_area_is_not_of_area_zero() {
    let text = std::fs::read_to_string(shipped().join("sites.geojson")).expect("sites");
    let sites: Value = serde_json::from_str(&text).expect("JSON");
    let mut areal: BTreeMap<String, bool> = BTreeMap::new();
    for site in sites["features"].as_array().expect("features") {
        let kind = site["geometry"]["type"].as_str().unwrap_or("");
        *areal.entry(site["properties"]["kind"].to_string()).or_default() |= kind.ends_with("Polygon");
    }
    assert!(areal.values().any(|areal| *areal) && areal.values().any(|areal| !areal), "{areal:?}");
    let service = Service::over(shipped());
    let told = |query: &str| service.get(&format!("/ogc/collections/sites/aggregates?f=json&{query}")).json();
    let answer = told("group-by=kind&measure=area(ha)");
    let groups = answer["groups"].as_array().expect("groups");
    assert_eq!(groups.len(), areal.len());
    for group in groups {
        assert_eq!(group["area_ha"].is_number(), areal[&group["kind"].to_string()], "{group}");
        assert!(group["area_ha"].as_f64().is_none_or(|area| area > 0.0), "{group}");
    }
    // Of buildings, which are points: nothing is known where some are, and nothing is there where none is.
    let answer = told("group-by=area:subdistricts&measure=area,overlap&filter=kind=%27building%27");
    let rows = answer["groups"].as_array().expect("groups").iter().chain([&answer["total"]]);
    let (some, none): (Vec<_>, Vec<_>) = rows.partition(|row| row["count"] != 0);
    assert!(!some.is_empty() && !none.is_empty(), "{answer}");
    for (rows, wanted) in [(some, Value::Null), (none, json!(0.0))] {
        for row in rows {
            assert_eq!((&row["area_m2"], &row["overlap_m2"]), (&wanted, &wanted), "{row}");
        }
    }
    let answer = told("group-by=area:subdistricts&measure=area,overlap");
    let nowhere = &answer["withoutGeometry"];
    assert!(nowhere["count"].as_u64().is_some_and(|count| count > 0), "{nowhere}");
    assert_eq!((&nowhere["area_m2"], &nowhere["overlap_m2"]), (&Value::Null, &Value::Null));
}

/// The middle of what is cut at 180 degrees is in neither hemisphere's middle: 179.7 and 181, which is 179 west, and not some
/// degrees from Greenwich.
#[test]
fn what_is_cut_at_the_antimeridian_has_its_middle_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let areas = [
        feature(
            "fiji",
            "MULTIPOLYGON(((179 -18,180 -18,180 -15,179 -15,179 -18)),((-180 -18,-178 -18,-178 -15,-180 -15,-180 -18)))",
        ),
        feature("atlantic", "POLYGON((-90 -18,90 -18,90 -15,-90 -15,-90 -18))"),
    ];
    write(folder.path(), "areas", &areas);
    let lots = [
        feature(
            "west of it",
            "MULTIPOLYGON(((179.3 -17,180 -17,180 -16,179.3 -16,179.3 -17)),((-180 -17,-179.9 -17,-179.9 -16,-180 -16,-180 -17)))",
        ),
        feature("east of it", "MULTILINESTRING((179.5 -16,180 -16),(-180 -16,-177.5 -16))"),
        feature("both sides", "MULTIPOINT((179.5 -16),(-179.5 -16))"),
    ];
    write(folder.path(), "lots", &lots);
    let service = Service::over(folder.path());
    let ask = map(&[("group-by", "area:areas"), ("assign", "centroid")]);
    let json = get(&service, "lots", &ask, "json").json();
    let groups = json["groups"].as_array().expect("groups").iter();
    let counts: BTreeMap<_, _> =
        groups.map(|row| (row["area"].as_str().expect("an id"), row["count"].as_u64())).collect();
    assert_eq!(counts, [("atlantic", Some(0)), ("fiji", Some(3))].into());
    assert_eq!(json["unassigned"]["count"], 0);
    for (window, ids) in [
        ("-90,-18,90,-15", vec![]),
        ("179.65,-18,179.75,-15", vec!["west of it"]),
        ("-179.05,-18,-178.95,-15", vec!["east of it"]),
        ("179.95,-18,-179.95,-15", vec!["both sides"]),
    ] {
        let filter = map(&[("filter", &format!("S_INTERSECTS(CENTROID(geometry),BBOX({window}))"))]);
        let found = service.get(&format!("/ogc/collections/lots/items?{}", query(&filter)));
        assert_eq!(
            (found.status.as_u16(), found.ids()),
            (200, ids.into_iter().map(str::to_owned).collect()),
            "{window}"
        );
    }
}

#[test]
fn areas_that_overlap_need_a_word() {
    let folder = tempfile::tempdir().expect("a folder");
    // b and a share a tenth of each; a and c share less than a hundredth.
    let areas = [
        feature("b", "POLYGON((0.9 0,1.9 0,1.9 1,0.9 1,0.9 0))"),
        feature("a", "POLYGON((0 0,1 0,1 1,0 1,0 0))"),
        feature("c", "POLYGON((0 0.995,1 0.995,1 2,0 2,0 0.995))"),
    ];
    write(folder.path(), "areas", &areas);
    write(folder.path(), "apart", &areas[1..]);
    let parcels = [
        feature("both", "POINT(0.95 0.5)"),
        feature("more of b", "LINESTRING(0.85 0.5,1.5 0.5)"),
        feature("b", "POINT(1.5 0.5)"),
    ];
    write(folder.path(), "parcels", &parcels);
    let service = Service::over(folder.path());
    let refusal = |ask: &[(&str, &str)], parameter: &str, says: &str| {
        let (parameter, says) = (parameter.to_owned(), says.to_owned());
        let case = Refusal { of: "parcels".to_owned(), ask: map(ask), parameter, says };
        refuses(&service, &case).expect("a refusal");
    };
    let says = "areas \"b\" and \"a\" of collection areas overlap by more than 1 %";
    refusal(&[("group-by", "area:areas")], "overlap", says);
    refusal(&[("group-by", "area:areas"), ("overlap", "false"), ("assign", "larger")], "overlap", says);
    let counts = |ask: &[(&str, &str)]| {
        let answer = get(&service, "parcels", &map(ask), "json");
        assert_eq!(answer.status, 200, "{}", answer.text());
        let json = answer.json();
        let groups = json["groups"].as_array().expect("groups").clone();
        let counts =
            groups.iter().map(|row| format!("{}{}", row["area"].as_str().expect("an id"), row["count"]));
        (counts.collect::<Vec<_>>().join(" "), json["countedAgain"].as_u64().expect("a number"))
    };
    let areas = ("group-by", "area:areas");
    assert_eq!(counts(&[areas, ("overlap", "true")]), ("a1 b2 c0".to_owned(), 0));
    assert_eq!(counts(&[areas, ("assign", "centroid")]), ("a1 b2 c0".to_owned(), 0));
    assert_eq!(counts(&[areas, ("assign", "intersects")]), ("a2 b3 c0".to_owned(), 2));
    assert_eq!(counts(&[areas, ("assign", "within")]), ("a1 b2 c0".to_owned(), 1));
    // Slivers are how exactly borders were drawn.
    assert_eq!(counts(&[("group-by", "area:apart")]), ("a2 c0".to_owned(), 0));
}

#[test]
fn too_many_groups_and_lines_without_length_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let many: Vec<Feature> = (0..10_001).map(|at| feature(&at.to_string(), "")).collect();
    write(folder.path(), "many", &many);
    write(folder.path(), "most", &many[1..]);
    let line = r#"{"type":"FeatureCollection","features":[{"type":"Feature","id":"dot","properties":{},
        "geometry":{"type":"LineString","coordinates":[[114,30],[114,30]]}},{"type":"Feature","id":"line","properties":{},
        "geometry":{"type":"LineString","coordinates":[[114,30],[114.1,30]]}}]}"#;
    std::fs::write(folder.path().join("roads.geojson"), line).expect("written");
    let service = Service::over(folder.path());
    let refuse = |ask: &[(&str, &str)], says: &str| {
        let (parameter, says) = ("group-by".to_owned(), says.to_owned());
        refuses(&service, &Refusal { of: "many".to_owned(), ask: map(ask), parameter, says })
            .expect("a refusal");
    };
    refuse(&[("group-by", "name")], "the values of \"name\" make more than 10000 groups");
    let most = get(&service, "most", &map(&[("group-by", "name"), ("limit", "20000")]), "json").json();
    assert_eq!((&most["groupsMatched"], &most["groupsReturned"]), (&json!(10_000), &json!(10_000)));
    let usual = get(&service, "most", &map(&[("group-by", "name")]), "json").json();
    assert_eq!((&usual["groupsMatched"], &usual["groupsReturned"]), (&json!(10_000), &json!(1000)));
    assert_eq!(usual["groups"][1], json!({ "name": "N10", "count": 1 }));
    refuse(&[("group-by", "distance:roads")], "line \"dot\" of collection roads has no length");
    refuse(&[("group-by", "distance:roads/dot")], "line \"dot\" of collection roads has no length");
    let line = get(&service, "many", &map(&[("group-by", "distance:roads/line")]), "json");
    assert_eq!(line.status, 200, "{}", line.text());
    assert_eq!(line.json()["withoutGeometry"]["count"], 10_001);
}

#[test]
fn answers_say_what_they_are() {
    let service = Service::over(fixtures());
    let answer =
        get(&service, "kinds", &map(&[("group-by", "area:squares"), ("assign", "intersects")]), "json");
    let json = answer.json();
    assert_eq!(
        (&json["collection"], &json["assign"], &json["dataDate"]),
        (&json!("kinds"), &json!("intersects"), &json!("2025-12-31"))
    );
    assert!(json["notes"]["repeated"].as_str().is_some_and(|note| note.contains("10")), "{}", json["notes"]);
    assert!(json["notes"]["rule"].is_string() && json["notes"].get("accuracy").is_none());
    let empty = get(&service, "empty", &Map::new(), "json").json();
    assert_eq!(empty["synthetic"], true);
    for form in ["csv", "xlsx"] {
        let file = get(&service, "squares", &map(&[("group-by", "use")]), form);
        let name = format!("squares-aggregates.{form}");
        assert!(file.header("content-disposition").contains(&name), "{}", file.header("content-disposition"));
    }
    // What the client holds is not sent again.
    let path = "/ogc/collections/squares/aggregates?group-by=use";
    let tag = service.get(path).header("etag").to_owned();
    assert_eq!(service.ask("GET", path, &[("if-none-match", &tag)]).status, 304);
    let collection = service.get("/ogc/collections/squares");
    assert_eq!(
        collection.link("urn:innospace:rel:aggregates").as_deref(),
        Some("/ogc/collections/squares/aggregates")
    );
}
