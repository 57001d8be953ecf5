//! Formats of items: what independent readers make of each file is what the GeoJSON answer says.

use std::collections::BTreeMap;
use std::io::Cursor;
use std::path::Path;
use std::process::Command;

use calamine::{Data, Reader as _, Xlsx};
use parquet::data_type::AsBytes as _;
use parquet::file::reader::{FileReader as _, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Map, Value, json};

use crate::harness::{Answer, Service, fixtures, natural_earth, shipped};

const FILES: [&str; 5] = ["csv", "xlsx", "kml", "fgb", "parquet"];
const EPSG: &str = "http://www.opengis.net/def/crs/EPSG/0";

fn items(service: &Service, collection: &str, query: &str) -> Answer {
    let answer = service.get(&format!("/ogc/collections/{collection}/items?limit=10000&{query}"));
    assert_eq!(answer.status, 200, "{collection} {query}: {}", String::from_utf8_lossy(&answer.body));
    answer
}

/// Features by id, as the GeoJSON answer has them.
fn wanted(service: &Service, collection: &str, query: &str) -> BTreeMap<String, Value> {
    let json = items(service, collection, &format!("f=json&{query}")).json();
    let features = json["features"].as_array().expect("features").clone();
    features.into_iter().map(|feature| (plain(&feature["id"]), feature)).collect()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// What GDAL makes of a file, as GeoJSON.
fn gdal(answer: &Answer, suffix: &str) -> Vec<Value> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(format!("read.{suffix}"));
    std::fs::write(&path, &answer.body).expect("written");
    let output = Command::new("ogr2ogr")
        .args(["-f", "GeoJSON", "/vsistdout/", "-lco", "COORDINATE_PRECISION=15", "-lco", "WRITE_BBOX=NO"])
        .arg(&path)
        .output()
        .unwrap_or_else(|fault| panic!("ogr2ogr cannot be run ({fault}); `make tools` installs GDAL"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    let json: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    json["features"].as_array().expect("features").clone()
}

/// The numbers of a geometry in order.
fn numbers(value: &Value, found: &mut Vec<f64>) {
    match value {
        Value::Number(number) => found.extend(number.as_f64()),
        Value::Array(members) => members.iter().for_each(|member| numbers(member, found)),
        Value::Object(members) => {
            members.iter().filter(|(name, _)| *name != "type").for_each(|(_, member)| numbers(member, found));
        }
        _ => {}
    }
}

fn same_geometry(got: &Value, want: &Value, told: &str) {
    assert_eq!(got["type"], want["type"], "{told}");
    let (mut a, mut b) = (Vec::new(), Vec::new());
    numbers(got, &mut a);
    numbers(want, &mut b);
    assert_eq!(a.len(), b.len(), "{told}: {got} {want}");
    assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() <= 1e-9), "{told}: {got} {want}");
}

/// A value as GDAL's GeoJSON may write it.
fn same_value(got: &Value, want: &Value, told: &str) {
    let same = match (got, want) {
        (Value::String(got), Value::String(want)) => {
            got == want || got.replace('/', "-").starts_with(want.as_str()) && want.len() == 10
        }
        (Value::String(got), Value::Array(_) | Value::Object(_)) => {
            serde_json::from_str::<Value>(got).is_ok_and(|got| got == *want)
        }
        (Value::Number(got), Value::Bool(want)) => got.as_i64() == Some(i64::from(*want)),
        (Value::Number(got), Value::Number(want)) => got.as_f64() == want.as_f64(),
        _ => got == want,
    };
    assert!(same, "{told}: {got}, expected {want}");
}

#[test]
fn gdal_reads_what_geojson_says() {
    let (small, large) = (Service::over(fixtures()), Service::over(shipped()));
    let small_layers = ["squares", "pacific", "names"].map(|name| (&small, name));
    let large_layers = ["sites", "axes", "water", "subdistricts", "parcels"].map(|name| (&large, name));
    let asked =
        small_layers.into_iter().chain(large_layers).map(|(service, collection)| (service, collection, ""));
    // In FlatGeobuf either all features have altitudes or none; one without among others has NaN there, which GDAL's
    // GeoJSON cannot say.
    let (high, flat) = ("filter=id=%27point%27", "filter=id%3C%3E%27point%27");
    for (service, collection, query) in asked.chain([(&small, "kinds", high), (&small, "kinds", flat)]) {
        let want = wanted(service, collection, query);
        assert!(!want.is_empty(), "{collection} {query}");
        for suffix in ["fgb", "kml"] {
            let got = gdal(&items(service, collection, &format!("f={suffix}&{query}")), suffix);
            assert_eq!(got.len(), want.len(), "{collection} {suffix}");
            for feature in &got {
                let own = &feature["properties"];
                let id = plain(&own["id"]);
                let told = format!("{collection}.{suffix} {id}");
                let want = want.get(&id).unwrap_or_else(|| panic!("{told}: {own}"));
                same_geometry(&feature["geometry"], &want["geometry"], &told);
                for (name, value) in want["properties"].as_object().into_iter().flatten() {
                    // KML has a name of its own for each feature, which LIBKML calls Name.
                    if suffix == "fgb" || !name.eq_ignore_ascii_case("name") {
                        same_value(&own[name], value, &format!("{told} {name}"));
                    }
                }
            }
        }
    }
}

#[test]
fn flatgeobuf_has_eastings_first_and_an_index_that_finds() {
    let service = Service::over(shipped());
    let query = format!("crs={EPSG}/4547");
    let want = wanted(&service, "sites", &query);
    // The definition has the northing first, the file the easting.
    let swapped = |value: &Value| {
        let mut all = Vec::new();
        numbers(value, &mut all);
        all.chunks(2).flat_map(|pair| [pair[1], pair[0]]).collect::<Vec<_>>()
    };
    let answer = items(&service, "sites", &format!("f=fgb&{query}"));
    assert_eq!(answer.header("content-crs"), format!("<{EPSG}/4547>"));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("sites.fgb");
    std::fs::write(&path, &answer.body).expect("written");
    let info = |args: &[&str]| {
        let output = Command::new("ogrinfo").args(args).arg(&path).output().expect("GDAL");
        assert!(output.status.success());
        String::from_utf8(output.stdout).expect("text")
    };
    assert!(info(&["-so", "-al"]).contains("ID[\"EPSG\",4547]"));
    let mut points = 0;
    for (id, feature) in want.iter().filter(|(_, feature)| feature["geometry"]["type"] == "Point") {
        let [x, y] = swapped(&feature["geometry"])[..] else { panic!("a pair") };
        let window = [x - 0.01, y - 0.01, x + 0.01, y + 0.01].map(|edge| edge.to_string());
        let found = info(&["-al", "-spat", &window[0], &window[1], &window[2], &window[3]]);
        assert!(found.contains(&format!("id (String) = {id}\n")), "{id} {window:?}");
        points += 1;
    }
    assert!(points > 20, "{points} points");
}

/// The rows of a Parquet file by id.
fn parquet(answer: &Answer) -> (BTreeMap<String, Map<String, Value>>, Value, Value) {
    let reader = SerializedFileReader::new(bytes::Bytes::from(answer.body.clone())).expect("a Parquet file");
    let about = reader.metadata().file_metadata().key_value_metadata().expect("keys").clone();
    let key = |name: &str| {
        let text = about.iter().find(|pair| pair.key == name).and_then(|pair| pair.value.clone());
        text.map_or(Value::Null, |text| serde_json::from_str(&text).expect("JSON"))
    };
    let rows = reader.get_row_iter(None).expect("rows").map(|row| {
        let row = row.expect("a row");
        let value = |field: &Field| match field {
            Field::Null => Value::Null,
            Field::Bool(truth) => json!(truth),
            Field::Long(whole) => json!(whole),
            Field::Double(real) => json!(real),
            Field::Str(text) => json!(text),
            Field::Date(days) => json!(format!("day {days}")),
            Field::TimestampMicros(moment) => json!(format!("moment {moment}")),
            Field::Bytes(bytes) => wkb(bytes.as_bytes()),
            other => panic!("{other:?}"),
        };
        let row: Map<_, _> =
            row.get_column_iter().map(|(name, field)| (name.clone(), value(field))).collect();
        (plain(&row["id"]), row)
    });
    (rows.collect(), key("geo"), key("innospace"))
}

/// Well-known binary as GeoJSON, read by the letter of OGC 06-103r4; JSON texts, which are bytes too, as texts.
fn wkb(bytes: &[u8]) -> Value {
    if bytes.first() != Some(&1) {
        return json!(std::str::from_utf8(bytes).expect("text"));
    }
    let mut rest = bytes;
    let geometry = wkb_geometry(&mut rest);
    assert!(rest.is_empty(), "{} bytes are left", rest.len());
    geometry
}

fn wkb_geometry(rest: &mut &[u8]) -> Value {
    const KINDS: [&str; 7] = [
        "Point",
        "LineString",
        "Polygon",
        "MultiPoint",
        "MultiLineString",
        "MultiPolygon",
        "GeometryCollection",
    ];
    fn count(rest: &mut &[u8]) -> usize {
        let (head, tail) = rest.split_at(4);
        *rest = tail;
        u32::from_le_bytes(head.try_into().expect("four bytes")) as usize
    }
    fn position(rest: &mut &[u8], axes: usize) -> Value {
        let (head, tail) = rest.split_at(8 * axes);
        *rest = tail;
        head.chunks(8).map(|real| f64::from_le_bytes(real.try_into().expect("eight bytes"))).collect()
    }
    let (order, tail) = rest.split_at(1);
    assert_eq!(order, [1]);
    *rest = tail;
    let code = count(rest);
    let (kind, axes) = (code % 1000, 2 + code / 1000);
    let line = |rest: &mut &[u8]| (0..count(rest)).map(|_| position(rest, axes)).collect::<Value>();
    let name = KINDS[kind - 1];
    let coordinates: Value = match kind {
        1 => position(rest, axes),
        2 => line(rest),
        3 => (0..count(rest)).map(|_| line(rest)).collect(),
        7 => {
            let members: Value = (0..count(rest)).map(|_| wkb_geometry(rest)).collect();
            return json!({ "type": name, "geometries": members });
        }
        _ => (0..count(rest)).map(|_| wkb_geometry(rest)["coordinates"].clone()).collect(),
    };
    json!({ "type": name, "coordinates": coordinates })
}

fn day_number(text: &str) -> i64 {
    let day: jiff::civil::Date = text.parse().expect("a date");
    i64::from((day - jiff::civil::date(1970, 1, 1)).get_days())
}

#[test]
fn parquet_holds_what_geojson_says() {
    let (small, large) = (Service::over(fixtures()), Service::over(shipped()));
    let layers = [
        (&small, "squares"),
        (&small, "kinds"),
        (&small, "pacific"),
        (&small, "names"),
        (&large, "sites"),
        (&large, "parcels"),
    ];
    for (service, collection) in layers {
        let want = wanted(service, collection, "");
        let (rows, geo, about) = parquet(&items(service, collection, "f=parquet"));
        assert_eq!(rows.len(), want.len(), "{collection}");
        assert_eq!((&geo["version"], &geo["primary_column"]), (&json!("1.1.0"), &json!("geometry")));
        assert_eq!(about["numberMatched"], want.len(), "{collection}");
        for (id, row) in &rows {
            let (want, told) = (&want[id], format!("{collection} {id}"));
            same_geometry(&row["geometry"], &want["geometry"], &told);
            for (name, value) in want["properties"].as_object().into_iter().flatten() {
                let told = format!("{told} {name}");
                match (row[name].as_str(), value.as_str()) {
                    (Some(got), Some(text)) if got.starts_with("day ") => {
                        assert_eq!(got, format!("day {}", day_number(text)), "{told}");
                    }
                    _ => same_value(&row[name], value, &told),
                }
            }
        }
    }
    let (rows, geo, _) = parquet(&items(&large, "parcels", &format!("f=parquet&crs={EPSG}/4526")));
    assert_eq!(geo["columns"]["geometry"]["crs"]["id"], json!({ "authority": "EPSG", "code": 4526 }));
    let x = rows["p-0000001"]["geometry"]["coordinates"][0][0][0].as_f64().expect("a number");
    assert!(
        (38_400_000.0..38_600_000.0).contains(&x),
        "the easting stands first and begins with the zone: {x}"
    );
}

/// A made-up layer of texts that spreadsheets stumble over, with a null in each field.
fn awkward(folder: &Path) -> Service {
    let feature = |id: &str, longitude: f64, properties: &Value| {
        json!({ "type": "Feature", "id": id, "properties": properties,
                "geometry": { "type": "Point", "coordinates": [longitude, 30.5] } })
    };
    let features = [
        feature(
            "汉=1",
            114.25,
            &json!({ "text": "=1+1", "whole": -5, "real": -0.5, "day": "2025-12-31", "yes": true }),
        ),
        feature(
            "b",
            114.5,
            &json!({ "text": "say \"so\",\r\n汉南", "whole": 9_007_199_254_740_993_i64, "real": 0, "day": "1899-12-31", "yes": false }),
        ),
        feature("c", 114.0, &json!({ "text": null, "whole": null, "real": null, "day": null, "yes": null })),
        feature(
            "d",
            115.0,
            &json!({ "text": "", "whole": 0, "real": 1e21, "day": "1970-01-01", "yes": true }),
        ),
    ];
    let text = json!({ "type": "FeatureCollection", "features": features }).to_string();
    std::fs::write(folder.join("车谷.geojson"), text).expect("written");
    let catalog = "title = { zh = \"测试\", en = \"Test\" }\ndescription = { zh = \"测试\", en = \"Test\" }\n\
        attribution = { zh = \"无\", en = \"nobody\" }\nlicence = \"CC0-1.0\"\ndata_date = 2025-12-31\n\
        [fields.real]\ntitle = { zh = \"面积\", en = \"area\" }\nunit = \"m2\"\n\
        [[layers]]\nid = \"车谷\"\nfile = \"车谷.geojson\"\ntitle = { zh = \"车谷\", en = \"Valley\" }\nsynthetic = true\n";
    std::fs::write(folder.join("catalog.toml"), catalog).expect("written");
    Service::over(folder)
}

const VALLEY: &str = "%E8%BD%A6%E8%B0%B7";

#[test]
fn a_table_of_text_holds_no_formula_and_no_made_up_zero() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = awkward(folder.path());
    let answer = items(&service, VALLEY, &format!("f=csv&crs={EPSG}/4326"));
    assert!(answer.body.starts_with(b"\xEF\xBB\xBFid,text,"), "a byte-order mark: {}", answer.text());
    assert_eq!(answer.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(
        answer.header("content-disposition"),
        format!("attachment; filename=\"__.csv\"; filename*=UTF-8''{VALLEY}.csv")
    );
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(&answer.body[3..]);
    let rows: Vec<_> = reader.records().map(|row| row.expect("a row")).collect();
    let want = [
        ["id", "text", "whole", "real", "day", "yes", "synthetic", "latitude", "longitude", "geometry"],
        ["汉=1", "'=1+1", "-5", "-0.5", "2025-12-31", "true", "true", "30.5", "114.25", "POINT(114.25 30.5)"],
        [
            "b",
            "say \"so\",\r\n汉南",
            "9007199254740993",
            "0",
            "1899-12-31",
            "false",
            "true",
            "30.5",
            "114.5",
            "POINT(114.5 30.5)",
        ],
        ["c", "", "", "", "", "", "true", "30.5", "114", "POINT(114 30.5)"],
        ["d", "", "0", "1e21", "1970-01-01", "true", "true", "30.5", "115", "POINT(115 30.5)"],
    ];
    for (row, want) in rows.iter().zip(&want) {
        assert_eq!(row.iter().collect::<Vec<_>>(), want);
    }
    assert_eq!(rows.len(), want.len());
    assert!(
        answer.text().contains("\r\nc,,,,,,true,") && answer.text().contains("\r\nd,\"\",0,"),
        "null is not empty"
    );
}

#[test]
fn a_workbook_holds_values_of_their_kinds_and_tells_where_they_are_from() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = awkward(folder.path());
    let path = format!("/ogc/collections/{VALLEY}/items?f=xlsx&limit=3");
    let answer = service.ask("GET", &path, &[("accept-language", "en")]);
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(answer.body)).expect("a workbook");
    assert_eq!(book.sheet_names(), ["Valley", "Notes"]);
    let sheet = book.worksheet_range("Valley").expect("a sheet");
    let cell = |row: u32, column: u32| sheet.get_value((row, column)).cloned().unwrap_or(Data::Empty);
    assert_eq!(cell(0, 3), Data::String("area (m2)".to_owned()));
    assert_eq!(sheet.height(), 4);
    assert_eq!(cell(1, 1), Data::String("=1+1".to_owned()));
    assert_eq!(
        (cell(1, 2), cell(1, 3), cell(1, 5)),
        (Data::Float(-5.0), Data::Float(-0.5), Data::Bool(true))
    );
    // 2025-12-31 is 20 453 days after 1970-01-01, which is day 25 569.
    assert!(
        matches!(cell(1, 4), Data::DateTime(day) if day.is_datetime() && day.as_f64() == 46_022.0),
        "{:?}",
        cell(1, 4)
    );
    // More digits than a double has, and a day that spreadsheets do not know, are texts.
    assert_eq!(cell(2, 2), Data::String("9007199254740993".to_owned()));
    assert_eq!(cell(2, 4), Data::String("1899-12-31".to_owned()));
    assert_eq!(cell(2, 3), Data::Float(0.0));
    assert!((1..=5).all(|column| cell(3, column) == Data::Empty), "nulls");
    assert_eq!(cell(3, 6), Data::Bool(true), "made up");
    let notes = book.worksheet_range("Notes").expect("a sheet");
    let notes: BTreeMap<_, _> = notes.rows().map(|row| (row[0].to_string(), row[1].to_string())).collect();
    for (name, want) in [
        ("Collection", "Valley (车谷)"),
        ("Condition limit", "3"),
        ("Rows", "rows 1–3 of 4"),
        ("Data date", "2025-12-31"),
        ("Source", "nobody"),
        ("Licence", "CC0-1.0"),
        ("Coordinate reference system", "http://www.opengis.net/def/crs/OGC/1.3/CRS84"),
    ] {
        assert_eq!(notes[name], want, "{name}");
    }
    assert!(notes["Notice"].contains("Synthetic") && notes.contains_key("Made at (UTC)"), "{notes:?}");
    assert!(notes["Request"].ends_with(&format!("{VALLEY}/items?f=xlsx&limit=3")), "{}", notes["Request"]);
}

#[test]
fn a_workbook_says_what_its_codes_stand_for() {
    let service = Service::over(shipped());
    for (lang, sheet, wanted) in [
        ("zh", "说明", [("状态: idle", "闲置"), ("用地代码: 0701", "城镇住宅用地")]),
        ("en", "Notes", [("status: idle", "idle"), ("use code: 0701", "urban residential")]),
    ] {
        let path = "/ogc/collections/parcels/items?f=xlsx&limit=1&properties=status,use_code,area_m2";
        let answer = service.ask("GET", path, &[("accept-language", lang)]);
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(answer.body)).expect("a workbook");
        let notes = book.worksheet_range(sheet).expect("a sheet");
        for (code, words) in wanted {
            let said = notes.rows().find(|row| row[0] == Data::String(code.to_owned()));
            assert_eq!(said.map(|row| row[1].to_string()).as_deref(), Some(words), "{code}");
        }
        // Only of the fields that are columns.
        assert!(
            !notes.rows().any(|row| row[0].to_string().contains(": transfer")),
            "supply modes are not asked for"
        );
    }
}

#[test]
fn every_export_says_that_data_is_made_up() {
    let folder = tempfile::tempdir().expect("a folder");
    let service = awkward(folder.path());
    for feature in gdal(&items(&service, VALLEY, "f=fgb"), "fgb") {
        assert_eq!(feature["properties"]["synthetic"], true);
    }
    for feature in gdal(&items(&service, VALLEY, "f=kml"), "kml") {
        assert_eq!(feature["properties"]["synthetic"], 1);
        assert!(plain(&feature["properties"]["description"]).contains("虚拟数据"), "{feature}");
    }
    let (rows, _, about) = parquet(&items(&service, VALLEY, "f=parquet&properties=geometry"));
    assert!(rows.values().all(|row| row["synthetic"] == true) && about["synthetic"] == true);
    let lines = items(&service, VALLEY, "f=ndjson");
    assert_eq!(lines.header("content-type"), "application/x-ndjson");
    let lines: Vec<Value> =
        lines.text().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert!(
        lines.len() == 4 && lines.iter().all(|line| line["synthetic"] == true && line["type"] == "Feature")
    );
    assert_eq!(items(&service, VALLEY, "f=jsonfg").json()["synthetic"], true);
}

#[test]
fn json_fg_has_times_and_places() {
    let service = Service::over(fixtures());
    let answer = items(&service, "squares", &format!("f=jsonfg&crs={EPSG}/4326"));
    assert_eq!(answer.header("content-type"), "application/vnd.ogc.fg+json");
    let json = answer.json();
    assert_eq!(
        (&json["featureType"], &json["coordRefSys"]),
        (&json!("squares"), &json!(format!("{EPSG}/4326")))
    );
    assert!(json["conformsTo"].to_string().contains("json-fg-1/"));
    let plain = wanted(&service, "squares", "");
    for feature in json["features"].as_array().expect("features") {
        let want = &plain[&feature["id"].to_string()];
        assert_eq!((&feature["geometry"], &feature["properties"]), (&want["geometry"], &want["properties"]));
        let (place, geometry) =
            (&feature["place"]["coordinates"][0][0], &want["geometry"]["coordinates"][0][0]);
        assert_eq!((&place[0], &place[1]), (&geometry[1], &geometry[0]), "latitude first");
        let end = |name: &str| want["properties"][name].as_str().unwrap_or("..").to_owned();
        let (start, last) = (end("valid_from"), end("valid_to"));
        let time = if (start.as_str(), last.as_str()) == ("..", "..") {
            Value::Null
        } else {
            json!({ "interval": [start, last] })
        };
        assert_eq!(feature["time"], time);
    }
    let degrees = service.get("/ogc/collections/squares/items/11?f=jsonfg").json();
    assert_eq!((&degrees["place"], &degrees["id"]), (&Value::Null, &json!(11)));
}

/// What a document and its features have to be (OGC 21-045r1, classes "core" and "types-schemas").
fn is_json_fg(document: &Value, schema: &Value, told: &str) {
    let classes = document["conformsTo"].as_array().expect("conformsTo");
    for class in ["core", "types-schemas"] {
        let class = json!(format!("http://www.opengis.net/spec/json-fg-1/1.0/conf/{class}"));
        assert_eq!(classes.iter().filter(|known| **known == class).count(), 1, "{told}: {class}");
    }
    assert!(document["featureType"].is_string(), "{told}");
    assert_eq!(
        (&document["featureSchema"], schema["type"].as_str()),
        (&schema["$id"], Some("object")),
        "{told}"
    );
    let is_collection = document["type"] == "FeatureCollection";
    let alone = [document.clone()];
    let features =
        if is_collection { document["features"].as_array().expect("features") } else { &alone[..] };
    let dimension = |geometry: &Value| match geometry["type"].as_str().expect("a type") {
        "Point" | "MultiPoint" => 0,
        "LineString" | "MultiLineString" => 1,
        "Polygon" | "MultiPolygon" => 2,
        other => panic!("{told}: {other}"),
    };
    for feature in features {
        let told = format!("{told}: {}", feature["id"]);
        let has = |name: &str| feature.get(name).is_some();
        assert_eq!(feature["type"], "Feature", "{told}");
        assert!(has("geometry") && feature["properties"].is_object(), "{told}");
        if is_collection {
            for name in ["conformsTo", "coordRefSys", "featureType", "featureSchema"] {
                assert!(!has(name), "{told}: {name} stands at the root");
            }
        }
        let (geometry, place) = (&feature["geometry"], &feature["place"]);
        for shape in [geometry, place] {
            let is_bare =
                ["coordRefSys", "measures", "conformsTo"].iter().all(|name| shape.get(name).is_none());
            assert!(is_bare && (shape.is_null() || shape["type"].is_string()), "{told}");
            if let (true, Some(want)) = (shape.is_object(), document.get("geometryDimension")) {
                assert_eq!(json!(dimension(shape)), *want, "{told}");
            }
        }
        let mut places = Vec::new();
        positions(geometry, &mut places);
        for position in places {
            let in_degrees = position[0].abs() <= 180.0 && position[1].abs() <= 90.0;
            assert!(in_degrees, "{told}: longitude, latitude: {position:?}");
        }
        let is_plain = document["coordRefSys"].as_str().expect("a system").ends_with("/CRS84");
        assert!(place.is_null() || (!is_plain && place != geometry), "{told}");
        assert!(is_time(&feature["time"]), "{told}: {}", feature["time"]);
    }
}

/// The positions of a geometry in order.
fn positions(value: &Value, found: &mut Vec<Vec<f64>>) {
    match value {
        Value::Array(members) if members.first().is_some_and(Value::is_number) => {
            found.push(members.iter().filter_map(Value::as_f64).collect());
        }
        Value::Array(members) => members.iter().for_each(|member| positions(member, found)),
        Value::Object(members) => members.values().for_each(|member| positions(member, found)),
        _ => {}
    }
}

/// Null, a day, a moment in UTC, or an interval of two of one kind in order.
fn is_time(time: &Value) -> bool {
    let shaped = |text: &str, shape: &str| {
        text.len() == shape.len()
            && text
                .chars()
                .zip(shape.chars())
                .all(|(c, s)| if s == '0' { c.is_ascii_digit() } else { c == s })
    };
    let day = |text: &str| shaped(text, "0000-00-00");
    let moment = |text: &str| {
        let whole = text.get(..19).unwrap_or("");
        let rest = text.get(19..).and_then(|rest| rest.strip_suffix('Z'));
        shaped(whole, "0000-00-00T00:00:00")
            && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.') && rest.len() > 1)
    };
    let Some(members) = time.as_object() else { return time.is_null() };
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    members.iter().all(|(name, value)| match name.as_str() {
        "date" => day(&text(value)),
        "timestamp" => moment(&text(value)),
        "interval" => {
            let ends: Vec<_> = value.as_array().expect("ends").iter().map(text).collect();
            let [start, end] = &ends[..] else { panic!("{value}") };
            let one_kind = |kind: &dyn Fn(&str) -> bool| ends.iter().all(|end| end == ".." || kind(end));
            (one_kind(&day) || one_kind(&moment)) && (start == ".." || end == ".." || start <= end)
        }
        _ => false,
    })
}

#[test]
fn json_fg_documents_are_what_their_classes_say() {
    let mut seen = 0;
    for folder in [shipped(), natural_earth(), fixtures()] {
        let service = Service::over(folder);
        for collection in
            service.get("/ogc/collections").json()["collections"].as_array().expect("collections")
        {
            let id = collection["id"].as_str().expect("an id");
            let schema = service.get(&format!("/ogc/collections/{id}/schema")).json();
            for crs in collection["crs"].as_array().expect("systems") {
                let query = format!("f=jsonfg&crs={}", crs.as_str().expect("a system"));
                let answer = service.get(&format!("/ogc/collections/{id}/items?limit=1000&{query}"));
                let document = answer.json();
                is_json_fg(&document, &schema, &format!("{id} {query}"));
                assert_eq!(document["coordRefSys"], *crs);
                if let Some(feature) = document["features"].get(0) {
                    let one = plain(&feature["id"]);
                    let one = percent_encoding::utf8_percent_encode(&one, percent_encoding::NON_ALPHANUMERIC);
                    let one = service.get(&format!("/ogc/collections/{id}/items/{one}?{query}")).json();
                    is_json_fg(&one, &schema, &format!("{id} {query}, one"));
                    seen += 1;
                }
            }
        }
    }
    assert!(seen > 60, "{seen}");
}

/// By hand: the positions of the collection are pairs of equals, those of the line are not.
#[test]
fn a_place_that_reads_like_its_geometry_is_left_out() {
    let service = Service::over(fixtures());
    let place = |id: &str| {
        let path = format!("/ogc/collections/kinds/items/{id}?f=jsonfg&crs={EPSG}/4326");
        service.get(&path).json()["place"].clone()
    };
    assert_eq!(place("collection"), Value::Null);
    assert_eq!(place("line")["coordinates"], json!([[2, 1], [4, 3], [6.125, 5]]));
}

#[test]
fn nothing_found_is_a_file_too() {
    let service = Service::over(fixtures());
    for collection in ["squares", "empty"] {
        let none = format!("bbox=100,80,101,81&f={}", "");
        let ask = |form: &str| items(&service, collection, &format!("{none}{form}"));
        let lines = ask("csv");
        assert_eq!(lines.text().matches("\r\n").count(), 1, "a head alone");
        assert_eq!((lines.header("ogc-numbermatched"), lines.header("ogc-numberreturned")), ("0", "0"));
        assert_eq!(ask("ndjson").text(), "");
        assert_eq!(ask("jsonfg").json()["features"], json!([]));
        assert!(gdal(&ask("fgb"), "fgb").is_empty());
        let (rows, geo, _) = parquet(&ask("parquet"));
        assert!(rows.is_empty() && geo["columns"]["geometry"]["geometry_types"] == json!([]));
        let kml = ask("kml");
        let mut reader = quick_xml::Reader::from_str(kml.text());
        while !matches!(reader.read_event().expect("XML"), quick_xml::events::Event::Eof) {}
        let mut book: Xlsx<_> = Xlsx::new(Cursor::new(ask("xlsx").body)).expect("a workbook");
        assert_eq!(book.worksheet_range_at(0).expect("a sheet").expect("readable").height(), 1);
    }
}

#[test]
fn headers_tell_what_a_file_cannot() {
    let service = Service::over(fixtures());
    for suffix in FILES {
        let answer = service.get(&format!("/ogc/collections/squares/items?f={suffix}&limit=2&offset=2"));
        assert_eq!(
            (answer.header("ogc-numbermatched"), answer.header("ogc-numberreturned")),
            ("9", "2"),
            "{suffix}"
        );
        assert_eq!(
            answer.header("content-disposition"),
            format!("attachment; filename=\"squares.{suffix}\"")
        );
        assert_eq!(answer.header("content-crs"), "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>");
        let links: Vec<_> =
            answer.headers.get_all("link").iter().map(|link| link.to_str().expect("ASCII")).collect();
        for rel in ["self", "alternate", "next", "prev"] {
            assert!(
                links.iter().any(|link| link.contains(&format!("rel=\"{rel}\""))),
                "{suffix} {rel}: {links:?}"
            );
        }
        // The header Accept chooses as f does.
        let kind = answer.header("content-type").to_owned();
        let chosen = service.ask("GET", "/ogc/collections/squares/items?limit=2", &[("accept", &kind)]);
        assert_eq!((chosen.status.as_u16(), chosen.header("content-type")), (200, &*kind));
    }
    let exposed =
        service.get("/ogc/collections/squares/items").header("access-control-expose-headers").to_owned();
    for name in ["content-disposition", "ogc-numbermatched", "ogc-numberreturned", "link", "content-crs"] {
        assert!(exposed.contains(name), "{exposed}");
    }
    let refused = service.get(&format!("/ogc/collections/squares/items?f=kml&crs={EPSG}/4326"));
    assert_eq!((refused.status.as_u16(), &refused.json()["parameter"]), (400, &json!("crs")));
}

#[test]
fn fields_and_geometries_are_chosen() {
    let service = Service::over(fixtures());
    let first = |query: &str| {
        service.get(&format!("/ogc/collections/squares/items?limit=1&{query}")).json()["features"][0].clone()
    };
    let names = |feature: &Value| {
        feature["properties"].as_object().expect("properties").keys().cloned().collect::<Vec<_>>()
    };
    assert_eq!(names(&first("properties=far,use")), ["far", "use"]);
    assert_eq!(names(&first("properties=")), Vec::<String>::new());
    // The geometry is a property like others (draft of OGC 24-019, /req/properties/response).
    for (query, is_drawn) in [
        ("properties=use", false),
        ("properties=", false),
        ("properties=id", false),
        ("properties=geometry", true),
        ("properties=use,geometry", true),
        ("properties=use,geometry&skipGeometry=true", false),
        ("skipGeometry=false", true),
        ("properties=use&skipGeometry=false", false),
    ] {
        let feature = first(query);
        assert_eq!((feature["geometry"].is_object(), &feature["id"]), (is_drawn, &json!(11)), "{query}");
    }
    // So are the times of which the time is made.
    let time = |query: &str| first(&format!("f=jsonfg&{query}"))["time"].clone();
    assert_eq!(time("properties=valid_to,valid_from")["interval"], json!(["2021-01-01", "2021-12-31"]));
    assert_eq!(time("properties=valid_from"), Value::Null);
    let spans = |query: &str| {
        let answer = service.get(&format!("/ogc/collections/squares/items?f=kml&limit=1&{query}"));
        answer.text().matches("<TimeSpan>").count()
    };
    assert_eq!((spans(""), spans("properties=use")), (1, 0));
    let known = &service.get("/ogc/collections/squares/schema").json()["properties"];
    let api = service.get("/ogc/api").json();
    let parameters = api["paths"]["/collections/squares/items"]["get"]["parameters"].clone();
    let parameters = parameters.as_array().expect("parameters");
    let named = parameters.iter().find(|parameter| parameter["name"] == "properties").expect("properties");
    let returned: Vec<_> = known.as_object().expect("properties").keys().collect();
    assert_eq!(named["schema"]["items"]["enum"], json!(returned));
    assert_eq!(first("skipGeometry=true")["geometry"], Value::Null);
    assert_eq!(names(&service.get("/ogc/collections/squares/items/11?properties=row").json()), ["row"]);
    let head = |query: &str| {
        let answer = service.get(&format!("/ogc/collections/squares/items?f=csv&limit=1&{query}"));
        answer.text().lines().next().expect("a head").trim_start_matches('\u{FEFF}').to_owned()
    };
    assert_eq!(head("properties=far,use&skipGeometry=true"), "id,far,use");
    for wrong in ["properties=far,none", "skipGeometry=1", "zoom-level=inf", "zoom-level=-1"] {
        let answer = service.get(&format!("/ogc/collections/squares/items?{wrong}"));
        assert_eq!(answer.status, 400, "{wrong}");
        assert_eq!(answer.json()["parameter"], wrong.split('=').next().expect("a name"));
    }
}

#[test]
fn lower_zoom_levels_have_fewer_positions_and_the_same_kinds() {
    let service = Service::over(shipped());
    let whole = wanted(&service, "subdistricts", "");
    let mut last = usize::MAX;
    assert_eq!(wanted(&service, "subdistricts", "zoom-level=40.5"), whole, "closer than any position");
    for zoom in [18, 14, 11, 8, 0] {
        let thin = wanted(&service, "subdistricts", &format!("zoom-level={zoom}"));
        let mut count = 0;
        for (id, feature) in &thin {
            assert_eq!(feature["geometry"]["type"], whole[id]["geometry"]["type"], "{id} {zoom}");
            let (mut few, mut all) = (Vec::new(), Vec::new());
            numbers(&feature["geometry"], &mut few);
            numbers(&whole[id]["geometry"], &mut all);
            let stored: Vec<_> = all.chunks(2).collect();
            assert!(
                few.chunks(2).all(|position| stored.contains(&position)),
                "positions are chosen, not moved"
            );
            assert!(few.len() >= 8, "{id} {zoom}");
            count += few.len();
        }
        assert!(count <= last, "{zoom}");
        last = count;
    }
    let mut all = Vec::new();
    for feature in whole.values() {
        numbers(&feature["geometry"], &mut all);
    }
    assert!(last * 2 < all.len(), "{last} of {}", all.len());
}
