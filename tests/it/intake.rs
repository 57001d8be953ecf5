//! Files of others, made by GDAL and by a library of workbooks: do they come to the same places, with the trap named?

use std::fmt::Write as _;
use std::fs::{self, File};
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use innospace::geometry::{Datum, metres_between};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::harness::{Service, load};

/// A data folder with a zone and a made-up collection, as an operator has written it.
pub(super) fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let zone = r#"{"type":"FeatureCollection","features":[{"type":"Feature","id":"zone","properties":{"name_zh":"示范区"},"geometry":{"type":"Polygon","coordinates":[[[113.8,30.2],[114.3,30.2],[114.3,30.6],[113.8,30.6],[113.8,30.2]]]}}]}"#;
    let sample = r#"{"type":"FeatureCollection","features":[{"type":"Feature","id":"p-1","properties":{"parcel_no":"OLD-1","use_code":"M0","use_name_zh":"新型工业用地"},"geometry":{"type":"Point","coordinates":[114.1,30.4]}}]}"#;
    let catalog = "# Written by hand.\ntitle = { zh = \"示范\", en = \"Demo\" }\n\n[[layers]]\nid = \"zone\" # the outline\nfile = \"zone.geojson\"\ntitle = { zh = \"区\", en = \"Zone\" }\ndraw = \"zone\"\n\n[[layers]]\nid = \"parcels\"\nfile = \"parcels.geojson\"\ntitle = { zh = \"示意地块\", en = \"Sample parcels\" }\ndraw = \"parcel\"\nsynthetic = true\nattribution = { zh = \"虚拟\", en = \"made up\" }\n";
    for (name, text) in [("zone.geojson", zone), ("parcels.geojson", sample), ("catalog.toml", catalog)] {
        fs::write(folder.path().join(name), text).expect("written");
    }
    folder
}

/// Four parcels of 100 to 400 m, one with a hole, one of two parts; longitude first.
pub(super) fn originals() -> Vec<Value> {
    let square = |x: f64, y: f64, size: f64| {
        json!([[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]])
    };
    let hole = json!([
        [114.011, 30.411],
        [114.011, 30.412],
        [114.012, 30.412],
        [114.012, 30.411],
        [114.011, 30.411]
    ]);
    let shapes = [
        json!({"type":"Polygon","coordinates":[square(114.0, 30.4, 0.002)]}),
        json!({"type":"Polygon","coordinates":[square(114.01, 30.41, 0.004), hole]}),
        json!({"type":"MultiPolygon","coordinates":[[square(114.03, 30.42, 0.001)], [square(114.034, 30.42, 0.001)]]}),
        json!({"type":"Polygon","coordinates":[[[114.05,30.45],[114.053,30.451],[114.052,30.454],[114.0495,30.453],[114.05,30.45]]]}),
    ];
    let codes = ["0701", "M0", "M1", "1401"];
    shapes.into_iter().zip(codes).enumerate().map(|(at, (geometry, code))| {
        json!({"type":"Feature","properties":{"dkbh": format!("试验-{:03}", at + 1), "yddm": code, "rjl": ([1.5, 1.75, 2.0, 2.25][at])},"geometry":geometry})
    }).collect()
}

pub(super) fn originals_file(folder: &Path) -> PathBuf {
    let path = folder.join("originals.geojson");
    fs::write(&path, json!({"type":"FeatureCollection","features":originals()}).to_string())
        .expect("written");
    path
}

pub(super) fn gdal(arguments: &[&str]) {
    let output = Command::new("ogr2ogr").args(arguments).output().expect("GDAL is installed");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

pub(super) fn import(data: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    import_into("parcels", data, arguments)
}

pub(super) fn import_into(collection: &str, data: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_innospace"))
        .args(["import", "--collection", collection, "--data"])
        .arg(data)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the program starts");
    let said =
        [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).concat();
    assert!(!said.contains("panicked"), "{said}");
    (output.status.code(), said)
}

/// All positions of a geometry, the closing ones too.
fn positions(geometry: &Value, into: &mut Vec<[f64; 2]>) {
    match geometry {
        Value::Array(all) if all.first().is_some_and(Value::is_number) => {
            into.push([all[0].as_f64().expect("a number"), all[1].as_f64().expect("a number")]);
        }
        Value::Array(all) => all.iter().for_each(|one| positions(one, into)),
        _ => {}
    }
}

/// The imported features by the number of their parcel, read by another way than the program's own.
pub(super) fn imported(data: &Path) -> Vec<Value> {
    let catalog: toml::Table =
        fs::read_to_string(data.join("catalog.toml")).expect("a catalogue").parse().expect("TOML");
    let layers = catalog["layers"].as_array().expect("layers");
    let layer = layers.iter().find(|layer| layer["id"].as_str() == Some("parcels")).expect("the collection");
    let text = fs::read_to_string(data.join(layer["file"].as_str().expect("a file"))).expect("the data");
    let read: Value = serde_json::from_str(&text).expect("JSON");
    let mut features = read["features"].as_array().expect("features").clone();
    features.sort_by_key(|feature| feature["properties"]["parcel_no"].to_string());
    features
}

/// Each position of the originals has one of the imported within so many metres, and the other way round.
pub(super) fn assert_same_places(data: &Path, within_m: f64, what: &str) {
    let got = imported(data);
    let want = originals();
    assert_eq!(got.len(), want.len(), "{what}");
    for (got, want) in got.iter().zip(&want) {
        assert_eq!(got["properties"]["parcel_no"], want["properties"]["dkbh"], "{what}");
        let (mut here, mut there) = (Vec::new(), Vec::new());
        positions(&got["geometry"]["coordinates"], &mut here);
        positions(&want["geometry"]["coordinates"], &mut there);
        assert_eq!(here.len(), there.len(), "{what}: {got}");
        for (a, b) in [(&here, &there), (&there, &here)] {
            for at in a {
                let nearest = b.iter().map(|other| metres_between(*at, *other)).fold(f64::INFINITY, f64::min);
                assert!(nearest < within_m, "{what}: {at:?} is {nearest} m off");
            }
        }
    }
}

#[test]
fn every_format_and_system_comes_to_the_same_places() {
    let files = tempfile::tempdir().expect("a folder");
    let original = originals_file(files.path());
    let original = original.to_str().expect("a path");
    // Format of GDAL, suffix, options; systems whose definition the format keeps.
    let formats: [(&str, &str, &[&str]); 8] = [
        ("GeoJSON", "geojson", &["-lco", "RFC7946=NO"]),
        ("GeoJSONSeq", "geojsonl", &[]),
        ("ESRI Shapefile", "shp", &["-lco", "ENCODING=UTF-8"]),
        ("ESRI Shapefile", "gbk.shp", &["-lco", "ENCODING=GBK"]),
        ("GPKG", "gpkg", &[]),
        ("FlatGeobuf", "fgb", &[]),
        ("LIBKML", "kml", &[]),
        ("CSV", "csv", &["-lco", "GEOMETRY=AS_WKT", "-lco", "CREATE_CSVT=NO"]),
    ];
    for (format, suffix, options) in formats {
        let only_degrees = matches!(suffix, "geojsonl" | "kml");
        for epsg in ["4326", "4490", "4526", "4547", "32650", "3857", "4527", "4498"] {
            if only_degrees && epsg != "4326" {
                continue;
            }
            // In a table without a statement the number of the zone or the folder's extent must show it; UTM cannot.
            if suffix == "csv" && epsg == "32650" {
                continue;
            }
            let path = files.path().join(format!("p{epsg}.{suffix}"));
            let path = path.to_str().expect("a path");
            let system = format!("EPSG:{epsg}");
            let mut arguments = vec!["-f", format, "-t_srs", &system, path, original];
            arguments.extend(options);
            gdal(&arguments);
            let data = folder();
            let what = format!("{format} {suffix} {epsg}");
            let (code, said) = import(data.path(), &[path, "--yes"]);
            assert_eq!(code, Some(0), "{what}: {said}");
            assert_same_places(data.path(), 0.1, &what);
            let loaded = load(data.path());
            assert_eq!(loaded.warnings.total(), 0, "{what}: {:?}", loaded.warnings.list());
        }
    }
}

#[test]
fn the_catalogue_credits_the_files_that_a_collection_is_of() {
    let (files, data) = (tempfile::tempdir().expect("a folder"), folder());
    let take = |name: &str, more: &[&str]| {
        let path = files.path().join(name);
        let geometry = "POLYGON Z ((114.1 30.4 5,114.102 30.4 5,114.102 30.402 5,114.1 30.4 5))";
        fs::write(&path, format!("dkbh,wkt\n{name},\"{geometry}\"\n")).expect("written");
        let (code, said) = import(data.path(), &[&[path.to_str().expect("a path"), "--yes"], more].concat());
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains("its positions have heights, which are left out"), "{said}");
        let about = load(data.path()).catalog.layer("parcels").expect("parcels").layer().about.clone();
        let both = |words: &innospace::model::Words| [words.zh.to_string(), words.en.to_string()];
        let description = both(about.description.as_ref().expect("a description"));
        (description, both(about.attribution.as_ref().expect("a credit")))
    };
    let own = |names: &str| ["导入自 ", "imported from "].map(|begin| format!("{begin}{names}"));
    let holds = |description: &[String; 2], names: &[&str]| {
        for text in description {
            for name in ["a.csv", "b.csv", "c.csv"] {
                assert_eq!(text.contains(name), names.contains(&name), "{text}: {name}");
            }
        }
    };
    let (description, credit) = take("a.csv", &[]);
    holds(&description, &["a.csv"]);
    assert_eq!(credit, own("a.csv"));
    let (description, credit) = take("b.csv", &["--append"]);
    holds(&description, &["a.csv", "b.csv"]);
    assert_eq!(credit, own("a.csv, b.csv"));
    // What takes their place is of another file.
    let (description, credit) = take("c.csv", &[]);
    holds(&description, &["c.csv"]);
    assert_eq!(credit, own("c.csv"));
    // Whom somebody names stays.
    let somebody = ["规划局", "规划局"].map(str::to_owned);
    assert_eq!(take("a.csv", &["--attribution", "规划局"]).1, somebody);
    assert_eq!(take("b.csv", &["--append"]).1, somebody);
    assert_eq!(take("c.csv", &[]).1, somebody);
}

#[test]
fn a_credit_that_is_given_stays() {
    let files = tempfile::tempdir().expect("a folder");
    let path = files.path().join("more.csv");
    fs::write(&path, "dkbh,x,y\nB-1,114.1,30.4\n").expect("written");
    let credited = |credit: &str, more: &[&str]| {
        let data = folder();
        let catalog = data.path().join("catalog.toml");
        let text = fs::read_to_string(&catalog).expect("a catalogue");
        let made_up = "synthetic = true\nattribution = { zh = \"虚拟\", en = \"made up\" }\n";
        assert!(text.contains(made_up));
        fs::write(&catalog, text.replace(made_up, credit)).expect("written");
        let (code, said) = import(data.path(), &[&[path.to_str().expect("a path"), "--yes"], more].concat());
        assert_eq!(code, Some(0), "{said}");
        let about = load(data.path()).catalog.layer("parcels").expect("parcels").layer().about.clone();
        about.attribution.map(|words| [words.zh.to_string(), words.en.to_string()])
    };
    // In one language only, which is read for both.
    let somebody = Some(["规划局", "规划局"].map(str::to_owned));
    assert_eq!(credited("attribution = { zh = \"规划局\" }\n", &[]), somebody);
    assert_eq!(credited("attribution = { zh = \"规划局\" }\n", &["--append"]), somebody);
    // By the folder, as long as there are features of it.
    assert_eq!(credited("", &["--append"]), None);
    let own = Some(["导入自 more.csv", "imported from more.csv"].map(str::to_owned));
    assert_eq!(credited("", &[]), own);
}

#[test]
fn the_program_reads_what_it_writes() {
    let files = tempfile::tempdir().expect("a folder");
    let original = originals_file(files.path());
    let first = folder();
    let (code, said) = import(first.path(), &[original.to_str().expect("a path"), "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    for suffix in ["parquet", "fgb", "kml", "csv", "xlsx", "ndjson"] {
        let path = files.path().join(format!("again.{suffix}"));
        let made = Command::new(env!("CARGO_BIN_EXE_innospace"))
            .args(["items", "parcels", "--data"])
            .arg(first.path())
            .arg("-o")
            .arg(&path)
            .status();
        assert!(made.expect("the program starts").success());
        let data = folder();
        let (code, said) = import(data.path(), &[path.to_str().expect("a path"), "--yes"]);
        assert_eq!(code, Some(0), "{suffix}: {said}");
        if suffix != "xlsx" {
            assert_same_places(data.path(), 0.1, suffix);
        }
    }
}

#[test]
fn an_accepted_import_is_served_and_says_what_it_is() {
    let data = folder();
    let original = originals_file(data.path());
    let (code, said) = import(
        data.path(),
        &[original.to_str().expect("a path"), "--yes", "--basis", "surveyed", "--accuracy-m", "1"],
    );
    assert_eq!(code, Some(0), "{said}");
    let catalog = fs::read_to_string(data.path().join("catalog.toml")).expect("a catalogue");
    assert!(
        catalog.starts_with("# Written by hand.\n") && catalog.contains("id = \"zone\" # the outline"),
        "{catalog}"
    );
    fs::remove_file(&original).expect("removed");
    let loaded = load(data.path());
    let layer = loaded.catalog.layer("parcels").expect("the collection").layer();
    let credit = layer.about.attribution.as_ref().map(|credit| &*credit.en);
    assert!(!layer.about.synthetic && credit == Some("imported from originals.geojson"), "{:?}", layer.about);
    assert_eq!(layer.len(), 4);
    let got = imported(data.path());
    let first = &got[0]["properties"];
    // 0.002 degrees each way at 30.401 north, on the ellipsoid by hand: 192.17 m by 221.73 m.
    let area = first["area_m2"].as_f64().expect("an area");
    assert!((area - 192.17 * 221.73).abs() < 20.0, "{area}");
    assert_eq!(
        (first["basis"].as_str(), first["accuracy_m"].as_i64(), first["synthetic"].as_bool()),
        (Some("surveyed"), Some(1), Some(false))
    );
    assert_eq!(first["use_name_zh"], "城镇住宅用地");
    assert_eq!(
        got[1]["properties"]["use_name_zh"], "新型工业用地",
        "a local code has its name from the data folder"
    );
    assert!(data.path().join("parcels.geojson.old").exists());
    // The same once more goes back to the first name; added, all of it is there already.
    let original = originals_file(data.path());
    let (code, said) = import(data.path(), &[original.to_str().expect("a path"), "--append", "--yes"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("no row can be taken"), "{said}");
}

#[test]
fn a_look_writes_nothing_and_nobody_is_asked_without_a_terminal() {
    let data = folder();
    let original = originals_file(data.path());
    let before = fs::read_dir(data.path()).expect("a folder").count();
    let (code, said) = import(data.path(), &[original.to_str().expect("a path"), "--dry-run"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("dkbh -> parcel_no") && said.contains("4 rows: 4 taken, 0 refused"), "{said}");
    let (code, said) = import(data.path(), &[original.to_str().expect("a path")]);
    assert!(code == Some(2) && said.contains("--yes"), "{said}");
    assert_eq!(fs::read_dir(data.path()).expect("a folder").count(), before);
}

/// A table of points of the first positions of the originals.
fn table(path: &Path, head: &str, cells: impl Fn([f64; 2]) -> String) {
    let mut text = format!("地块编号,{head}\n");
    for (at, [x, y]) in
        [[114.0, 30.4], [114.01, 30.41], [114.03, 30.42], [114.05, 30.45]].into_iter().enumerate()
    {
        writeln!(text, "T-{at},{}", cells([x, y])).expect("to memory");
    }
    fs::write(path, text).expect("written");
}

#[test]
fn traps_of_tables_are_named() {
    let data = folder();
    let path = data.path().join("points.csv");
    let file = path.to_str().expect("a path");
    let at = |data: &Path| {
        let mut found = Vec::new();
        positions(&imported(data)[0]["geometry"]["coordinates"], &mut found);
        found[0]
    };
    table(&path, "经度,纬度", |[x, y]| format!("{y},{x}"));
    let (code, said) = import(data.path(), &[file, "--yes"]);
    assert!(code == Some(0) && said.contains("latitude stands before longitude"), "{said}");
    assert_eq!(at(data.path()), [114.0, 30.4]);
    // X goes north in Chinese surveys. On the middle of the zone the easting is that of the middle.
    let mut text = "地块编号,X,Y\n".to_owned();
    text.push_str("T-0,3364454.0,38500000\nT-1,3364554.0,38500000\nT-2,3364654.0,38500000\n");
    fs::write(&path, &text).expect("written");
    let (code, said) = import(data.path(), &[file, "--yes"]);
    assert!(
        code == Some(0)
            && said.contains("EPSG:4526")
            && said.contains("the northing stands before the easting"),
        "{said}"
    );
    assert_eq!(at(data.path())[0], 114.0);
    fs::write(&path, text.replace(",38500000", ",500000")).expect("written");
    let (code, said) = import(data.path(), &[file, "--yes"]);
    assert!(code == Some(0) && said.contains("EPSG:4547") && said.contains("leave the zone open"), "{said}");
    assert_eq!(at(data.path())[0], 114.0);
    // Far from the folder's data nothing is taken without a word of the operator.
    table(&path, "lon,lat", |[x, y]| format!("{},{y}", x - 10.0));
    let (code, said) = import(data.path(), &[file, "--yes"]);
    assert!(code == Some(2) && said.contains("far from the data of the folder"), "{said}");
    let (code, said) = import(data.path(), &[file, "--yes", "--crs", "EPSG:4326"]);
    assert!(code == Some(0) && said.contains("taken, since --crs says so"), "{said}");
}

#[test]
fn known_places_tell_systems_apart_whose_numbers_look_alike() {
    let files = tempfile::tempdir().expect("a folder");
    let original = originals_file(files.path());
    let original = original.to_str().expect("a path");
    let path = files.path().join("utm.csv");
    let path = path.to_str().expect("a path");
    gdal(&["-f", "CSV", "-t_srs", "EPSG:32650", "-lco", "GEOMETRY=AS_WKT", path, original]);
    // Gauss-Kruger and UTM along 117° E have eastings of the same digits, and lie more than a kilometre apart here.
    let data = folder();
    let (code, said) = import(data.path(), &[path, "--yes"]);
    assert!(
        code == Some(2) && ["EPSG:4548", "EPSG:32650", "--crs"].iter().all(|word| said.contains(word)),
        "{said}"
    );
    assert_eq!(import(data.path(), &[original, "--yes"]).0, Some(0));
    let (code, said) = import(data.path(), &[path, "--yes"]);
    assert!(
        code == Some(0) && said.contains("system   EPSG:32650") && said.contains("the numbers fit 2 systems"),
        "{said}"
    );
    assert_same_places(data.path(), 0.1, "UTM without a statement");
}

#[test]
fn a_statement_that_is_wrong_does_not_hide_that_numbers_look_alike() {
    let files = tempfile::tempdir().expect("a folder");
    let original = originals_file(files.path());
    let original = original.to_str().expect("a path");
    let in_utm = files.path().join("utm.geojson");
    let in_utm = in_utm.to_str().expect("a path");
    gdal(&["-f", "GeoJSON", "-lco", "COORDINATE_PRECISION=3", "-t_srs", "EPSG:32649", in_utm, original]);
    let text = fs::read_to_string(in_utm).expect("GeoJSON");
    let mut stated: Value = serde_json::from_str(&text).expect("JSON");
    let members = stated.as_object_mut().expect("an object");
    members.remove("crs");
    let bare = files.path().join("bare.geojson");
    fs::write(&bare, Value::Object(members.clone()).to_string()).expect("written");
    members
        .insert("crs".to_owned(), json!({"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4546"}}));
    let wrong = files.path().join("wrong.geojson");
    fs::write(&wrong, stated.to_string()).expect("written");
    let (bare, wrong) = (bare.to_str().expect("a path"), wrong.to_str().expect("a path"));

    // Without a member "crs" the positions of GeoJSON are degrees, which these are not.
    let data = folder();
    let (code, said) = import(data.path(), &[bare, "--yes"]);
    assert!(
        code == Some(2)
            && ["RFC 7946", "none of it", "EPSG:4546", "EPSG:32649", "--crs"]
                .iter()
                .all(|word| said.contains(word)),
        "{said}"
    );
    assert_eq!(import(data.path(), &[original, "--yes"]).0, Some(0));
    let (code, said) = import(data.path(), &[bare, "--yes"]);
    assert!(code == Some(0) && said.contains("system   EPSG:32649"), "{said}");
    assert_same_places(data.path(), 0.1, "UTM, stated to be degrees");
    // Known places belie a statement that the numbers allow; the operator decides.
    let (code, said) = import(data.path(), &[wrong, "--yes"]);
    assert!(
        code == Some(2)
            && ["0 m off in EPSG:32649", "--crs 32649", "--crs 4546"].iter().all(|word| said.contains(word)),
        "{said}"
    );
    let (code, said) = import(data.path(), &[wrong, "--yes", "--crs", "32649"]);
    assert!(code == Some(0) && said.contains("states EPSG:4546"), "{said}");
    assert_same_places(data.path(), 0.1, "UTM, stated to be Gauss-Kruger");
}

#[test]
fn a_folder_that_is_broken_in_part_serves_as_far_as_it_is_sound() {
    let data = folder();
    let path = data.path().join("points.csv");
    let file = path.to_str().expect("a path");
    table(&path, "lon,lat", |[x, y]| format!("{x},{y}"));
    assert_eq!(import(data.path(), &[file, "--yes"]).0, Some(0));
    // Facts of the plan that are not there, and a collection that is no JSON.
    let catalog = fs::read_to_string(data.path().join("catalog.toml")).expect("a catalogue");
    fs::write(
        data.path().join("catalog.toml"),
        catalog.replace("title = { zh = \"示范\"", "seeds = \"nowhere\"\ntitle = { zh = \"示范\""),
    )
    .expect("written");
    fs::write(data.path().join("zone.geojson"), "{").expect("written");
    table(&path, "lon,lat", |at| Datum::Gcj02.forward(at).map(|degree| degree.to_string()).join(","));
    let (code, said) = import(data.path(), &[file, "--yes"]);
    assert!(code == Some(2) && said.contains("--from gcj02"), "{said}");
    let (code, said) = import(data.path(), &[file, "--yes", "--from", "gcj02"]);
    assert!(code == Some(0) && said.contains("zone.geojson"), "{said}");
}

/// Whoever else a file belongs to keeps it.
#[test]
fn a_file_that_another_collection_has_too_stays() {
    let data = folder();
    let catalog = data.path().join("catalog.toml");
    let text = fs::read_to_string(&catalog).expect("a catalogue");
    let shared = |id: &str| {
        format!("\n[[layers]]\nid = \"{id}\"\nfile = \"zone.geojson\"\ntitle = {{ en = \"{id}\" }}\n")
    };
    fs::write(&catalog, format!("{text}{}{}", shared("one"), shared("other"))).expect("written");
    let path = data.path().join("points.csv");
    table(&path, "lon,lat", |[x, y]| format!("{x},{y}"));
    let (code, said) = import_into("one", data.path(), &[path.to_str().expect("a path"), "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    let loaded = load(data.path());
    let count = |id: &str| loaded.catalog.layer(id).map(|layer| layer.layer().len());
    assert_eq!(count("other"), count("zone"), "{said}");
    assert!(count("other").is_some() && count("one") != count("other"), "{said}");
}

#[test]
fn an_empty_folder_takes_its_first_collection() {
    let data = tempfile::tempdir().expect("a folder");
    let files = tempfile::tempdir().expect("a folder");
    let path = files.path().join("points.csv");
    fs::write(&path, "地块编号,X,Y\nT-0,3364454.0,500000\nT-1,3364554.0,500000\n").expect("written");
    let (code, said) = import(data.path(), &[path.to_str().expect("a path"), "--yes"]);
    assert!(
        code == Some(0) && said.contains("EPSG:4547") && said.contains("nothing to hold the zone against"),
        "{said}"
    );
    assert_eq!(load(data.path()).catalog.layer("parcels").map(|layer| layer.layer().len()), Some(2));
}

#[test]
fn a_folder_made_by_import_has_a_day() {
    let data = tempfile::tempdir().expect("a folder");
    let path = data.path().join("points.csv");
    fs::write(&path, "地块编号,lon,lat\nT-0,114.0,30.4\n").expect("written");
    let day = || std::process::Command::new("date").args(["-u", "+%F"]).output().expect("a day").stdout;
    let before = String::from_utf8(day()).expect("a day");
    assert_eq!(import(data.path(), &[path.to_str().expect("a path"), "--yes"]).0, Some(0));
    let after = String::from_utf8(day()).expect("a day");
    let told = load(data.path()).catalog.about.data_date.expect("a day").to_string();
    assert!([before, after].iter().any(|day| day.trim() == told), "{told}");
    // What was there before has a day that nobody knows.
    let data = tempfile::tempdir().expect("a folder");
    table(&data.path().join("points.csv"), "lon,lat", |[x, y]| format!("{x},{y}"));
    let old = r#"{"type":"Feature","id":"a","properties":{},"geometry":{"type":"Point","coordinates":[114.1,30.4]}}"#;
    fs::write(data.path().join("old.geojson"), old).expect("written");
    let path = data.path().join("points.csv");
    assert_eq!(import(data.path(), &[path.to_str().expect("a path"), "--yes"]).0, Some(0));
    assert_eq!(load(data.path()).catalog.about.data_date, None);
}

#[test]
fn made_up_rows_keep_their_mark() {
    let data = folder();
    let path = data.path().join("made-up.csv");
    fs::write(&path, "地块编号,synthetic,lon,lat\nT-0,true,114.0,30.4\nT-1,是,114.01,30.41\n")
        .expect("written");
    let (code, said) = import(data.path(), &[path.to_str().expect("a path"), "--yes"]);
    assert!(code == Some(0) && said.contains("2 rows say that they are made up"), "{said}");
    let loaded = load(data.path());
    let layer = loaded.catalog.layer("parcels").expect("the collection").layer();
    assert!(layer.about.synthetic && layer.about.attribution.is_some(), "{:?}", layer.about);
    assert!(imported(data.path()).iter().all(|feature| feature["properties"]["synthetic"] == true));
}

/// Files of a folder as an archive, each under a name of its own.
pub(super) fn archive(path: &Path, files: &[(PathBuf, &str)]) {
    let mut archive = zip::ZipWriter::new(File::create(path).expect("a file"));
    for (file, name) in files {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("a file");
        archive.write_all(&fs::read(file).expect("read")).expect("written");
    }
    archive.finish().expect("written");
}

#[test]
fn archives_and_encodings_have_traps_too() {
    let files = tempfile::tempdir().expect("a folder");
    let original = originals_file(files.path());
    let original = original.to_str().expect("a path");
    let at = |name: &str| files.path().join(name);
    let path = |name: &str| at(name).to_str().expect("a path").to_owned();
    gdal(&["-f", "ESRI Shapefile", "-t_srs", "EPSG:4547", "-lco", "ENCODING=GBK", &path("a.shp"), original]);
    // A statement of the encoding that the bytes belie.
    for wrong in ["UTF-8", "ISO-8859-1"] {
        fs::write(at("a.cpg"), wrong).expect("written");
        archive(
            &at("wrong.zip"),
            &["shp", "shx", "dbf", "prj", "cpg"]
                .map(|suffix| (at(&format!("a.{suffix}")), &*format!("a.{suffix}").leak())),
        );
        let data = folder();
        let (code, said) = import(data.path(), &[&path("wrong.zip"), "--yes"]);
        assert!(code == Some(0) && said.contains("against its .cpg"), "{wrong}: {said}");
        assert_same_places(data.path(), 0.1, wrong);
    }
    // Two shapefiles of one name in two folders of an archive.
    let twice = [("shp", "east/a.shp"), ("dbf", "east/a.dbf"), ("shp", "west/a.shp"), ("dbf", "west/a.dbf")];
    archive(&at("twice.zip"), &twice.map(|(suffix, name)| (at(&format!("a.{suffix}")), name)));
    let data = folder();
    let (code, said) = import(data.path(), &[&path("twice.zip"), "--yes"]);
    assert!(
        code == Some(2) && said.contains("2 files, name one with --layer: east/a.shp, west/a.shp"),
        "{said}"
    );
    let (code, said) = import(data.path(), &[&path("twice.zip"), "--yes", "--layer", "a"]);
    assert!(code == Some(2) && said.contains("of which none alone is \"a\""), "{said}");
    for name in ["west/a", "west/a.shp"] {
        let (code, said) = import(data.path(), &[&path("twice.zip"), "--yes", "--layer", name]);
        assert!(code == Some(0) && said.contains("has no .prj"), "{name}: {said}");
    }
    // As GDAL writes KMZ: a document that only points to the layers beside it, each in a file of its own.
    gdal(&["-f", "LIBKML", &path("zz.kml"), original]);
    fs::write(
        at("doc.kml"),
        "<kml><Document><NetworkLink><Link><href>layers/zz.kml</href></Link></NetworkLink></Document></kml>",
    )
    .expect("written");
    archive(&at("two.kmz"), &[(at("doc.kml"), "doc.kml"), (at("zz.kml"), "layers/zz.kml")]);
    let (code, said) = import(data.path(), &[&path("two.kmz"), "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    assert_same_places(data.path(), 0.1, "KMZ of two documents");
    // As workbooks save text of all languages.
    let text: Vec<u8> = "\u{feff}地块编号\t经度\t纬度\r\nT-一\t114.0\t30.4\r\n"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    fs::write(at("wide.txt"), text).expect("written");
    let (code, said) = import(data.path(), &[&path("wide.txt"), "--yes"]);
    assert!(code == Some(0) && imported(data.path())[0]["properties"]["parcel_no"] == "T-一", "{said}");
    // A feature alone, over several lines.
    fs::write(at("one.geojson"), serde_json::to_string_pretty(&originals()[0]).expect("JSON"))
        .expect("written");
    let (code, said) = import(data.path(), &[&path("one.geojson"), "--yes"]);
    assert!(code == Some(0) && imported(data.path())[0]["properties"]["parcel_no"] == "试验-001", "{said}");
}

#[test]
fn shifted_degrees_are_found_and_converted_when_asked() {
    let data = folder();
    let path = data.path().join("points.csv");
    let file = path.to_str().expect("a path");
    table(&path, "lon,lat", |[x, y]| format!("{x},{y}"));
    assert_eq!(import(data.path(), &[file, "--yes"]).0, Some(0));
    for datum in Datum::ALL {
        table(&path, "lon,lat", |at| datum.forward(at).map(|degree| degree.to_string()).join(","));
        let (code, said) = import(data.path(), &[file, "--yes"]);
        assert!(code == Some(2) && said.contains(&format!("the shift of {}", datum.title())), "{said}");
        let (code, said) = import(data.path(), &[file, "--yes", "--from", datum.name()]);
        assert!(code == Some(0) && said.contains("after conversion 0 m"), "{said}");
        // The shift itself is held against published examples in geometry/datum.rs.
        let shift = metres_between(datum.forward([114.01, 30.41]), [114.01, 30.41]);
        let told: f64 = said
            .split("as in the file ")
            .nth(1)
            .and_then(|rest| rest.split(' ').next()?.parse().ok())
            .expect("metres");
        assert!((told - shift).abs() < 30.0, "{told} m, {shift} m");
        let at = &imported(data.path())[0]["geometry"]["coordinates"];
        assert!(
            metres_between([at[0].as_f64().expect("x"), at[1].as_f64().expect("y")], [114.0, 30.4]) < 0.1,
            "{at}"
        );
    }
}

#[test]
fn places_that_two_collections_agree_on_are_known() {
    let data = folder();
    let path = data.path().join("points.csv");
    let file = path.to_str().expect("a path");
    let gcj02 = Datum::parse("gcj02").expect("GCJ-02");
    let shifted = |at| gcj02.forward(at).map(|degree| degree.to_string()).join(",");
    table(&path, "lon,lat", |[x, y]| format!("{x},{y}"));
    for collection in ["parcels", "others"] {
        assert_eq!(import_into(collection, data.path(), &[file, "--yes"]).0, Some(0));
    }
    table(&path, "lon,lat", shifted);
    for collection in ["parcels", "others", "more"] {
        let (code, said) = import_into(collection, data.path(), &[file, "--yes"]);
        assert!(code == Some(2) && said.contains("the shift of GCJ-02"), "{collection}: {said}");
    }
    // A collection that was taken as it is does not hide where the others are.
    assert_eq!(import_into("others", data.path(), &[file, "--yes", "--from", "wgs84"]).0, Some(0));
    let (code, said) = import_into("others", data.path(), &[file, "--yes"]);
    assert!(code == Some(2) && said.contains("the shift of GCJ-02"), "{said}");
    // Where two others contradict each other, neither is known to be right.
    let (code, said) = import_into("more", data.path(), &[file, "--yes"]);
    assert!(
        code == Some(0) && said.contains("4 features are called as features that the data folder knows"),
        "{said}"
    );
}

#[test]
fn shifts_that_are_not_of_all_or_of_none_known_are_named() {
    let data = folder();
    let path = data.path().join("points.csv");
    let file = path.to_str().expect("a path");
    let places: Vec<[f64; 2]> =
        (0..8).map(|at| [114.0 + 0.02 * f64::from(at), 30.35 + 0.01 * f64::from(at)]).collect();
    let write = |shift: &dyn Fn(usize, [f64; 2]) -> [f64; 2]| {
        let mut text = "地块编号,lon,lat\n".to_owned();
        for (at, place) in places.iter().enumerate() {
            let [x, y] = shift(at, *place);
            writeln!(text, "T-{at},{x},{y}").expect("to memory");
        }
        fs::write(&path, text).expect("written");
    };
    write(&|_, place| place);
    assert_eq!(import(data.path(), &[file, "--yes"]).0, Some(0));
    let gcj02 = Datum::parse("gcj02").expect("GCJ-02");
    let bd09 = Datum::parse("bd09").expect("BD-09");
    write(&|at, place| if at < 4 { gcj02.forward(place) } else { place });
    let (code, said) = import(data.path(), &[file, "--yes"]);
    assert!(code == Some(2) && said.contains("the file mixes both"), "{said}");
    // Two of them are too few to prove a shift, and are named.
    write(&|at, place| if at == 2 || at == 5 { gcj02.forward(place) } else { place });
    let (code, said) = import(data.path(), &[file, "--dry-run"]);
    let off = |at: usize| metres_between(gcj02.forward(places[at]), places[at]);
    let strays =
        format!("2 of 8 features whose place is known lie off it: T-2 {:.0} m, T-5 {:.0} m", off(2), off(5));
    assert!(code == Some(0) && said.contains(&strays), "{said}");
    // About 290 m to the east: 0.003 degrees of the longitude at 30.4° N.
    write(&|_, [x, y]| [x + 0.003, y]);
    let (code, said) = import(data.path(), &[file, "--dry-run"]);
    assert!(code == Some(0) && said.contains("the shift of no known degrees"), "{said}");
    write(&|_, place| bd09.forward(place));
    let (code, said) = import(data.path(), &[file, "--dry-run", "--from", "gcj02"]);
    assert!(code == Some(0) && said.contains(&format!("that of {}", bd09.title())), "{said}");
    // One stray position among good ones is told of its row.
    write(&|at, place| if at == 5 { [0.0, 0.0] } else { place });
    let (code, said) = import(data.path(), &[file, "--dry-run"]);
    assert!(
        code == Some(0) && said.contains("a position far from the others") && said.contains("row 6"),
        "{said}"
    );
}

/// What shows a shift may be little and hard to see: one feature, far down a long file, with more corners than others, or
/// where places are known roughly. Exactly the shift of such degrees is no chance.
#[test]
fn a_shift_is_found_by_whatever_shows_it() {
    let data = folder();
    let path = data.path().join("more.geojson");
    let file = path.to_str().expect("a path");
    let polygon = |[x, y]: [f64; 2], corners: u32| -> Vec<[f64; 2]> {
        let corner = |at: u32| {
            let turn = std::f64::consts::TAU * f64::from(at % corners) / f64::from(corners);
            [x + 0.01 * turn.cos(), y + 0.01 * turn.sin()]
        };
        (0..=corners).map(corner).collect()
    };
    let write = |features: &[(String, Vec<[f64; 2]>, u32)]| {
        let features = features.iter().map(|(name, ring, accuracy)| {
            json!({"type":"Feature","properties":{"name_zh":name,"accuracy_m":accuracy},
                   "geometry":{"type":"Polygon","coordinates":[ring]}})
        });
        let all = json!({"type":"FeatureCollection","features":features.collect::<Vec<_>>()});
        fs::write(&path, all.to_string()).expect("written");
    };
    let shifted =
        |ring: Vec<[f64; 2]>| ring.into_iter().map(|at| Datum::Gcj02.forward(at)).collect::<Vec<_>>();
    let [well, roughly, fine] = [[114.0, 30.4], [114.1, 30.4], [114.2, 30.4]];
    write(&[
        ("东街".to_owned(), polygon(well, 4), 5),
        ("西街".to_owned(), polygon(roughly, 4), 2000),
        ("南街".to_owned(), polygon(fine, 5000), 5),
    ]);
    assert_eq!(import_into("streets", data.path(), &[file, "--yes"]).0, Some(0));
    let stops = |features: &[(String, Vec<[f64; 2]>, u32)], what: &str| {
        write(features);
        let (code, said) = import_into("others", data.path(), &[file, "--yes"]);
        assert!(code == Some(2) && said.contains("the shift of GCJ-02"), "{what}: {code:?} {said}");
        // The wrong shift is told, the right one leads there.
        let (_, said) = import_into("others", data.path(), &[file, "--dry-run", "--from", "bd09"]);
        assert!(said.contains("that of GCJ-02"), "{what}: {said}");
        let (code, said) = import_into("others", data.path(), &[file, "--dry-run", "--from", "gcj02"]);
        assert!(code == Some(0) && !said.contains("lie off it"), "{what}: {said}");
    };
    stops(&[("东街".to_owned(), shifted(polygon(well, 4)), 5)], "one feature");
    stops(&[("西街".to_owned(), shifted(polygon(roughly, 4)), 2000)], "a place that is known roughly");
    stops(&[("南街".to_owned(), shifted(polygon(fine, 5000)), 5)], "many corners");
    let unknown =
        |at: u32| (format!("无名{at}"), shifted(polygon([114.0 + f64::from(at) * 1e-5, 30.5], 4)), 5);
    let far_down = (0..4999).map(unknown).chain([("东街".to_owned(), shifted(polygon(well, 4)), 5)]);
    stops(&far_down.collect::<Vec<_>>(), "far down");
    // 400 m to the east is the shift of nothing; of so few it is told, and taken.
    let off = polygon(well, 4).into_iter().map(|[x, y]| [x + 400.0 / 96_000.0, y]).collect();
    write(&[("东街".to_owned(), off, 5)]);
    let (code, said) = import_into("others", data.path(), &[file, "--dry-run"]);
    assert!(code == Some(0) && said.contains("1 of 1 features whose place is known lie off it"), "{said}");
}

#[test]
fn positions_of_another_system_than_the_others_are_refused() {
    let data = folder();
    let path = data.path().join("lots.csv");
    let file = path.to_str().expect("a path");
    // Squares of 50 m in zone 38, some 114.1, 30.4 by PROJ; one with two exchanged corners, and points in other systems.
    let square = |x: f64, turned: bool| {
        let corner = |dx: f64, dy: f64, turned: bool| {
            let (x, y) = (x + dx, 3_364_000.0 + dy);
            if turned { format!("{y} {x}") } else { format!("{x} {y}") }
        };
        let [a, b, c, d] = [(0.0, 0.0), (50.0, 0.0), (50.0, 50.0), (0.0, 50.0)]
            .map(|(x, y)| corner(x, y, turned && x > 0.0));
        format!("\"POLYGON (({a}, {b}, {c}, {d}, {a}))\"")
    };
    let mut text = "地块编号,WKT\n".to_owned();
    for at in 0..6 {
        let row = format!("T-{at},{}\n", square(509_600.0 + 60.0 * f64::from(at), at == 3));
        text.push_str(&row);
    }
    text.push_str("T-6,POINT (3364000 509600)\nT-7,POINT (114.1 30.4)\nT-8,POINT (38509600 3364000)\n");
    fs::write(&path, text).expect("written");
    let (code, said) = import(data.path(), &[file, "--yes", "--crs", "4547"]);
    assert!(code == Some(0) && said.contains("5 taken, 4 refused"), "{said}");
    let (_, rows) = refused_rows(&path.with_extension("refused.csv"));
    let said = |row: &[String], what: &str| row.iter().any(|cell| cell.contains(what));
    assert!(rows.iter().all(|row| said(row, "no coordinates of EPSG:4547")), "{rows:?}");
    let exchanged: Vec<bool> = rows.iter().map(|row| said(row, "exchanged they would be")).collect();
    assert_eq!(exchanged, [true, true, false, false]);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table and what becomes of it")]
fn a_table_of_a_control_plan_is_understood() {
    let data = folder();
    let path = data.path().join("plan.xlsx");
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    let rows: [&[&str]; 6] = [
        &["某单元控制指标表"],
        &[
            "地块编号",
            "单元编号",
            "用地代码",
            "地块面积（公顷）",
            "容积率",
            "建筑密度(%)",
            "绿地率",
            "建筑限高",
            "状态",
            "批复日期",
            "geometry",
        ],
        &[
            "A-1",
            "U1",
            "R2",
            "4.2615",
            "≤2.5",
            "30",
            "35%",
            "80米",
            "已建",
            "2024年3月5日",
            "POLYGON((114 30.4,114.002 30.4,114.002 30.402,114 30.402,114 30.4))",
        ],
        &[
            "A-2",
            "U1",
            "M1",
            "4.26",
            "1.0-2.5",
            "40",
            "20%",
            "60",
            "闲置",
            "2024/3/5",
            "POLYGON((114.01 30.4,114.012 30.4,114.012 30.402,114.01 30.402,114.01 30.4))",
        ],
        &[
            "A-3",
            "U1",
            "M0",
            "9",
            "2",
            "40",
            "20%",
            "60",
            "规划",
            "2024-03-05",
            "POLYGON((114.02 30.4,114.022 30.4,114.022 30.402,114.02 30.402))",
        ],
        &[
            "A-4",
            "U1",
            "G1",
            "1",
            "0",
            "0",
            "90%",
            "0",
            "已建",
            "2024-03-05",
            "POLYGON((114.03 30.4,114.03 30.4,114.03 30.4))",
        ],
    ];
    for (row, cells) in rows.into_iter().enumerate() {
        for (column, cell) in cells.iter().enumerate() {
            sheet
                .write(u32::try_from(row).expect("few"), u16::try_from(column).expect("few"), *cell)
                .expect("written");
        }
    }
    book.save(&path).expect("saved");
    let report = data.path().join("plan.json");
    let (code, said) = import(
        data.path(),
        &[path.to_str().expect("a path"), "--yes", "--report", report.to_str().expect("a path")],
    );
    assert_eq!(code, Some(0), "{said}");
    let got = imported(data.path());
    let of = |at: usize, name: &str| got[at]["properties"][name].clone();
    assert_eq!(got.len(), 3);
    assert_eq!((of(0, "area_m2"), of(0, "far"), of(0, "density")), (json!(42615), json!(2.5), json!(0.3)));
    assert_eq!(
        (of(0, "green_ratio"), of(0, "height_m"), of(0, "status")),
        (json!(0.35), json!(80), json!("built"))
    );
    assert_eq!(
        (of(0, "use_code"), of(0, "use_name_zh"), of(0, "valid_from")),
        (json!("R2"), json!("二类居住用地"), json!("2024-03-05"))
    );
    assert_eq!((of(1, "far"), of(1, "note")), (json!(null), json!("容积率: 1.0-2.5")));
    let told: Value = serde_json::from_str(&fs::read_to_string(&report).expect("a report")).expect("JSON");
    assert_eq!((&told["summary"]["rows"], &told["summary"]["refused"]), (&json!(4), &json!(1)));
    let kinds: Vec<&str> = told["findings"]
        .as_array()
        .expect("findings")
        .iter()
        .filter_map(|found| found["kind"].as_str())
        .collect();
    for kind in [
        "a ring that was open",
        "a stated area that is not the measured one",
        "a broken geometry",
        "a value that is not understood",
    ] {
        assert!(kinds.contains(&kind), "{kind}: {kinds:?}");
    }
    // The refused row is a table that comes in again once it is corrected.
    let refused = data.path().join("plan.refused.csv");
    let text = fs::read_to_string(&refused).expect("refused rows");
    assert!(text.contains("A-4"), "{text}");
    fs::write(
        &refused,
        text.replace("114.03 30.4,114.03 30.4,114.03 30.4", "114.03 30.4,114.031 30.4,114.031 30.401"),
    )
    .expect("corrected");
    let (code, said) = import(data.path(), &[refused.to_str().expect("a path"), "--yes", "--append"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(imported(data.path()).len(), 4);
}

/// A workbook of one sheet, numbers where texts are some; changed before it is saved.
pub(super) fn workbook(path: &Path, rows: &[&[&str]], change: impl FnOnce(&mut rust_xlsxwriter::Worksheet)) {
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in (0..).zip(rows) {
        for (column, cell) in (0..).zip(*cells).filter(|(_, cell)| !cell.is_empty()) {
            let written = match cell.parse::<f64>() {
                Ok(number) => sheet.write(row, column, number),
                Err(_) => sheet.write(row, column, *cell),
            };
            written.expect("written");
        }
    }
    change(sheet);
    book.save(path).expect("saved");
}

/// What an import of a table says, and the properties of what it brings.
pub(super) fn taken(data: &Path, file: &Path) -> (String, Vec<Value>) {
    let (code, said) = import(data, &[file.to_str().expect("a path"), "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    (said, imported(data).into_iter().map(|mut feature| feature["properties"].take()).collect())
}

#[test]
fn columns_without_a_heading_are_kept_and_told() {
    let data = folder();
    let path = data.path().join("gaps.csv");
    fs::write(&path, "地块编号,X,Y,,容积率,\nA1,38512345.1,3365432.1,重要,2.5,\nA3,38512400,3365600,值,3,\n")
        .expect("written");
    let (said, got) = taken(data.path(), &path);
    assert!(
        said.contains(
            "trap     column D has no heading; its values, as in \"重要\", are kept as \"column_d\""
        ),
        "{said}"
    );
    assert!(!said.contains("column F"), "no value stands in it: {said}");
    assert_eq!((&got[0]["column_d"], &got[1]["column_d"]), (&json!("重要"), &json!("值")));
    // In a sheet a value has a column also behind the last heading.
    let path = data.path().join("gaps.xlsx");
    let rows: [&[&str]; 3] = [
        &["地块编号", "X", "Y"],
        &["A1", "38512345.1", "3365432.1"],
        &["A3", "38512400", "3365600", "", "旁注"],
    ];
    workbook(&path, &rows, |_| {});
    let (said, got) = taken(data.path(), &path);
    assert!(said.contains("column E has no heading"), "{said}");
    assert_eq!((&got[0]["column_e"], &got[1]["column_e"]), (&Value::Null, &json!("旁注")));
}

#[test]
fn of_what_was_and_what_is_planned_the_plan_is_the_field() {
    let data = folder();
    let outline = "POLYGON((114 30.4,114.002 30.4,114.002 30.402,114 30.402,114 30.4))";
    let rows: [&[&str]; 3] = [
        &["地块编号", "容积率", "", "建筑限高(m)", "", "现状", "WKT"],
        &["", "现状", "规划", "调整前", "调整后", "", ""],
        &["G-1", "1.1", "2.5", "9", "24", "已建", outline],
    ];
    let path = data.path().join("plan.xlsx");
    workbook(&path, &rows, |sheet| {
        let format = rust_xlsxwriter::Format::new();
        sheet.merge_range(0, 1, 0, 2, "容积率", &format).expect("merged");
        sheet.merge_range(0, 3, 0, 4, "建筑限高(m)", &format).expect("merged");
        for (column, heading) in [(0, "地块编号"), (5, "现状"), (6, "WKT")] {
            sheet.merge_range(0, column, 1, column, heading, &format).expect("merged");
        }
    });
    let (said, got) = taken(data.path(), &path);
    let fields = ["parcel_no", "far", "height_m", "status"].map(|name| got[0][name].clone());
    assert_eq!(fields, [json!("G-1"), json!(2.5), json!(24), json!("built")], "{said}");
    assert!(said.contains("--map far=容积率（现状） takes the other"), "{said}");
    assert_eq!(got[0]["建筑限高(m)（调整前）"], json!(9), "{said}");
}

#[test]
fn headings_in_two_rows_are_read() {
    let data = folder();
    let rows: [&[&str]; 5] = [
        &["某单元地块控制指标一览表"],
        &["序号", "地块编号", "X", "Y", "控制指标", "", "", "", "备注"],
        &["", "", "", "", "容积率", "密度(%)", "绿地率(%)", "限高"],
        &["1", "A1", "38512345.1", "3365432.1", "2.5", "30", "35", "24", "沿街"],
        &["2", "A2", "38512400", "3365600", "3", "25", "40", "54"],
    ];
    let sheet = data.path().join("two.xlsx");
    workbook(&sheet, &rows, |sheet| {
        let format = rust_xlsxwriter::Format::new();
        sheet.merge_range(0, 0, 0, 8, rows[0][0], &format).expect("merged");
        sheet.merge_range(1, 4, 1, 7, "控制指标", &format).expect("merged");
        for column in [0, 1, 2, 3, 8] {
            let heading = rows[1][usize::from(column)];
            sheet.merge_range(1, column, 2, column, heading, &format).expect("merged");
        }
    });
    let table = data.path().join("two.csv");
    fs::write(&table, rows.map(|row| row.join(",") + &",".repeat(9 - row.len())).join("\n"))
        .expect("written");
    for path in [sheet, table] {
        let (said, got) = taken(data.path(), &path);
        assert!(
            said.contains("trap     its headings stand in lines 2 to 3, as \"容积率\" below \"控制指标\""),
            "{said}"
        );
        assert!(said.contains("2 rows: 2 taken, 0 refused"), "{said}");
        let of = |at: usize| {
            ["parcel_no", "far", "density", "green_ratio", "height_m", "note"]
                .map(|name| got[at][name].clone())
        };
        assert_eq!(of(0), [json!("A1"), json!(2.5), json!(0.3), json!(0.35), json!(24), json!("沿街")]);
        assert_eq!(of(1), [json!("A2"), json!(3), json!(0.25), json!(0.4), json!(54), Value::Null]);
        assert_eq!(
            got[0]["序号"].as_f64().or(got[0]["序号"].as_str().and_then(|text| text.parse().ok())),
            Some(1.0)
        );
    }
}

#[test]
fn merged_cells_are_those_of_all_their_rows() {
    let data = folder();
    let path = data.path().join("merged.xlsx");
    let rows: [&[&str]; 5] = [
        &["地块编号", "单元编号", "X", "Y"],
        &["A1", "U1", "38512345.1", "3365432.1"],
        &["A2", "", "38512400", "3365600"],
        &["A3", "", "38512500", "3365600"],
        &["A4", "U2", "38512600", "3365600"],
    ];
    workbook(&path, &rows, |sheet| {
        sheet.merge_range(1, 1, 3, 1, "U1", &rust_xlsxwriter::Format::new()).expect("merged");
    });
    let (said, got) = taken(data.path(), &path);
    assert_eq!(said.matches("has merged cells").count(), 1, "{said}");
    assert!(said.contains("\"单元编号\" has merged cells; their value, as in \"U1\""), "{said}");
    let units: Vec<&str> = got.iter().filter_map(|properties| properties["unit_no"].as_str()).collect();
    assert_eq!(units, ["U1", "U1", "U1", "U2"]);
}

#[test]
fn shares_are_told_from_per_cent() {
    let data = folder();
    // Shown as 35 % and 0.3 in one sheet; the heading is the same for both.
    let path = data.path().join("formats.xlsx");
    let rows: [&[&str]; 3] = [
        &["地块编号", "X", "Y", "建筑密度(%)", "绿地率（%）"],
        &["A1", "38512345.1", "3365432.1", "", "30"],
        &["A2", "38512400", "3365600", "40", "35"],
    ];
    workbook(&path, &rows, |sheet| {
        let format = rust_xlsxwriter::Format::new().set_num_format("0%");
        sheet.write_with_format(1, 3, 0.35, &format).expect("written");
    });
    let (said, got) = taken(data.path(), &path);
    assert_eq!((&got[0]["density"], &got[1]["density"]), (&json!(0.35), &json!(0.4)), "{said}");
    assert_eq!(got[0]["green_ratio"], json!(0.3));
    let path = data.path().join("shares.csv");
    let head = "地块编号,X,Y,建筑密度(%)\n";
    fs::write(&path, format!("{head}A1,38512345.1,3365432.1,0.39\nA2,38512400,3365600,1\n"))
        .expect("written");
    let (said, got) = taken(data.path(), &path);
    assert!(
        said.contains(
            "the heading \"建筑密度(%)\" says per cent, but its numbers, as in 0.39, are shares already"
        ),
        "{said}"
    );
    assert_eq!((&got[0]["density"], &got[1]["density"]), (&json!(0.39), &json!(1)));
    fs::write(&path, format!("{head}A1,38512345.1,3365432.1,0.39\nA2,38512400,3365600,25\n"))
        .expect("written");
    let (said, got) = taken(data.path(), &path);
    assert!(said.contains("noted         1  a share among per cent (row 1 at line 2)"), "{said}");
    assert_eq!((&got[0]["density"], &got[1]["density"]), (&json!(0.0039), &json!(0.25)));
}

#[test]
fn decimal_commas_are_no_thousands() {
    let data = folder();
    let path = data.path().join("commas.csv");
    fs::write(
        &path,
        "地块编号;X;Y;容积率;限高;面积(㎡)\nA1;38512345,1;3365432,125;1,17;24;1,234\nA2;38512400;3365600;2,500;0,5;12,345\nA3;38512500;3365600;2;54.5;1,234,567\n",
    )
    .expect("written");
    let (said, got) = taken(data.path(), &path);
    assert!(said.contains("the coordinates are written with decimal commas, as in \"38512345,1\""), "{said}");
    assert!(said.contains("trap     \"容积率\" is written with decimal commas, as in \"1,17\""), "{said}");
    assert!(said.contains("height_m: the comma of \"0,5\" is read as that of decimals"), "{said}");
    let of = |name: &str| [0, 1, 2].map(|at: usize| got[at][name].clone());
    assert_eq!(of("far"), [json!(1.17), json!(2.5), json!(2)], "its column decides for 2,500");
    assert_eq!(of("height_m"), [json!(24), json!(0.5), json!(54.5)]);
    assert_eq!(of("area_m2"), [json!(1234), json!(12_345), json!(1_234_567)], "groups stay groups");
    let at = &imported(data.path())[0]["geometry"]["coordinates"];
    // 12,345.1 m east of 114° E at 30.41° N, where a degree is 96,092 m long: 114.1285°.
    assert!((at[0].as_f64().expect("x") - 114.1285).abs() < 0.0005, "{at}");
}

#[test]
fn totals_and_notes_are_no_parcels() {
    let data = folder();
    let path = data.path().join("totals.csv");
    let rows = "序号,地块编号,X,Y,地块面积(㎡)\n1,A1,38512345.1,3365432.1,100\n2,合计路站,38512400,3365600,200\n,小计,,,300\n合 计,,,,300\n注：面积为椭球面积,,,,\n3,A3,,,5\n";
    fs::write(&path, rows).expect("written");
    let (said, got) = taken(data.path(), &path);
    let numbers: Vec<&str> = got.iter().filter_map(|properties| properties["parcel_no"].as_str()).collect();
    assert_eq!(numbers, ["A1", "A3", "合计路站"]);
    assert!(said.contains("6 rows: 3 taken, 3 refused"), "{said}");
    assert!(
        said.contains("refused       2  a row of totals") && said.contains("refused       1  a note"),
        "{said}"
    );
    let refused = fs::read_to_string(path.with_extension("refused.csv")).expect("refused rows");
    assert!(refused.contains("小计") && refused.contains("合 计") && refused.contains("注："), "{refused}");
}

#[test]
fn cells_that_say_more_than_their_column_are_heard() {
    let data = folder();
    let path = data.path().join("more.csv");
    let rows = "地块编号,用地代码,X,Y,面积(平方米)\nA1,B1/B2,38512345.1,3365432.1,1.5亩\nA2,R21,38512400,3365600,1.3914公顷\nA3,24,38512500,3365600,2.4535万平方米\nA4,Q7,38512600,3365600,500\n";
    fs::write(&path, rows).expect("written");
    let (said, got) = taken(data.path(), &path);
    // 15 mu are a hectare.
    let areas = [0, 1, 2, 3].map(|at: usize| got[at]["area_m2"].clone());
    assert_eq!(areas, [json!(1000), json!(13_914), json!(24_535), json!(500)], "{said}");
    assert!(said.contains("area_m2: \"2.4535万平方米\" states its unit, read in ha"), "{said}");
    assert_eq!(
        (&got[0]["use_code"], &got[0]["use_name_zh"], &got[0]["note"]),
        (&json!("B1"), &json!("商业用地"), &json!("用地代码: B1/B2"))
    );
    assert!(said.contains("of \"B1/B2\" the code is \"B1\"; the whole text is kept in the note"), "{said}");
    assert_eq!((&got[1]["use_name_zh"], &got[2]["use_name_zh"]), (&json!("住宅用地"), &json!("其他海域")));
    assert!(said.contains("\"Q7\" is no code that is known here"), "{said}");
    assert!(said.contains("noted         1  an unknown code"), "{said}");
}

#[test]
fn holes_of_shapefiles_are_holes_however_they_are_wound() {
    let files = tempfile::tempdir().expect("a folder");
    let original = originals_file(files.path());
    let path = files.path().join("a.shp");
    let shape = path.to_str().expect("a path");
    let original = original.to_str().expect("a path");
    gdal(&["-f", "ESRI Shapefile", "-t_srs", "EPSG:4547", "-lco", "ENCODING=UTF-8", shape, original]);
    // Every ring the other way round, as the description of the format has it (ESRI 1998): a head of 100 bytes; of each
    // record 8 bytes of number and length, then kind, bounds, counts of rings and positions, first positions, positions.
    let mut bytes = fs::read(&path).expect("read");
    let whole = |bytes: &[u8], at: usize| {
        u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes")) as usize
    };
    let mut at = 100;
    while at < bytes.len() {
        let words = u32::from_be_bytes(bytes[at + 4..at + 8].try_into().expect("four bytes")) as usize;
        let (rings, positions) = (whole(&bytes, at + 44), whole(&bytes, at + 48));
        let firsts: Vec<usize> =
            (0..rings).map(|ring| whole(&bytes, at + 52 + 4 * ring)).chain([positions]).collect();
        let begin = at + 52 + 4 * rings;
        for pair in firsts.windows(2) {
            let ring = &mut bytes[begin + 16 * pair[0]..begin + 16 * pair[1]];
            let reversed: Vec<u8> = ring.chunks(16).rev().flatten().copied().collect();
            ring.copy_from_slice(&reversed);
        }
        at += 8 + 2 * words;
    }
    fs::write(&path, bytes).expect("written");
    let data = folder();
    let (code, said) = import(data.path(), &[shape, "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains("2 of its 2 rings are wound as what they are not") && said.contains("1 repair,"),
        "{said}"
    );
    assert_same_places(data.path(), 0.1, "reversed rings");
    let kinds: Vec<(String, usize)> = imported(data.path())
        .iter()
        .map(|feature| {
            let geometry = &feature["geometry"];
            let parts = geometry["coordinates"].as_array().map_or(0, Vec::len);
            (geometry["type"].as_str().unwrap_or_default().to_owned(), parts)
        })
        .collect();
    let kind = |kind: &str, parts| (kind.to_owned(), parts);
    let want = [kind("Polygon", 1), kind("Polygon", 2), kind("MultiPolygon", 2), kind("Polygon", 1)];
    assert_eq!(kinds, want);
}

#[test]
fn files_that_call_a_field_by_other_names_are_not_taken_together() {
    let data = folder();
    let file = |name: &str, text: &str| {
        let path = data.path().join(name);
        fs::write(&path, text).expect("written");
        path.to_str().expect("a path").to_owned()
    };
    let first = file("first.csv", "dkbh,rjl,x,y\nA-1,2.5,114.1,30.4\n");
    let second = file("second.csv", "地块编号,rjl,x,y\nB-1,1.5,114.2,30.4\n");
    let (code, said) = import(data.path(), &[&first, &second, "--yes"]);
    assert!(code == Some(2) && said.contains("\"dkbh\" and \"地块编号\""), "{said}");
    assert_eq!(import(data.path(), &[&first, "--yes"]).0, Some(0));
    let (code, said) = import(data.path(), &[&second, "--yes", "--append"]);
    assert_eq!(code, Some(0), "{said}");
    let numbers: Vec<_> =
        imported(data.path()).iter().map(|row| row["properties"]["parcel_no"].clone()).collect();
    assert_eq!(numbers, ["A-1", "B-1"]);
}

#[test]
fn what_a_shapefile_leaves_out_is_told() {
    let files = tempfile::tempdir().expect("a folder");
    let original = originals_file(files.path());
    let path = files.path().join("a.shp");
    let shape = path.to_str().expect("a path");
    let original = original.to_str().expect("a path");
    gdal(&["-f", "ESRI Shapefile", "-t_srs", "EPSG:4526", "-lco", "ENCODING=UTF-8", shape, original]);
    fs::write(path.with_extension("prj"), "").expect("written");
    // The length of the head stands at byte 8; the first byte of a row says whether it is deleted.
    let table = path.with_extension("dbf");
    let mut bytes = fs::read(&table).expect("read");
    let head = usize::from(u16::from_le_bytes([bytes[8], bytes[9]]));
    bytes[head] = b'*';
    fs::write(&table, bytes).expect("written");
    let data = folder();
    let (code, said) = import(data.path(), &[shape, "--yes"]);
    assert!(code == Some(0) && said.contains("3 rows: 3 taken"), "{said}");
    assert!(said.contains("1 rows are marked as deleted in its .dbf and left out"), "{said}");
    assert!(said.contains("has an empty .prj, so that nothing states its system"), "{said}");
}

#[test]
fn coordinates_stand_in_columns_of_many_names() {
    let data = folder();
    let path = data.path().join("points.csv");
    for (head, cells) in [
        ("E,N", "114.0,30.4"),
        ("坐标", "\"114.0,30.4\""),
        ("坐标", "114.0 30.4"),
        ("横坐标Y(m),纵坐标X(m)", "38500000,3364454.0"),
    ] {
        fs::write(&path, format!("地块编号,{head},批准日期\nT-0,{cells},44927\n")).expect("written");
        let (said, got) = taken(data.path(), &path);
        // Day 44,927 of a workbook; 25,569 is the first of 1970, 53 years with 13 leap days before.
        assert_eq!(got[0]["valid_from"], "2023-01-01", "{said}");
        let at = &imported(data.path())[0]["geometry"]["coordinates"];
        let at = [0, 1].map(|axis: usize| at[axis].as_f64().expect("a number"));
        assert!(metres_between(at, [114.0, 30.4]) < 100.0, "{head}: {at:?}");
    }
}

/// The rings of each part of an imported geometry: how many positions each has, the closing one too.
pub(super) fn rings(feature: &Value) -> Vec<Vec<usize>> {
    let geometry = &feature["geometry"];
    let lengths = |polygon: &Value| -> Vec<usize> {
        let rings = polygon.as_array().expect("rings");
        rings.iter().map(|ring| ring.as_array().expect("positions").len()).collect()
    };
    match geometry["type"].as_str() {
        Some("Polygon") => vec![lengths(&geometry["coordinates"])],
        Some("MultiPolygon") => {
            geometry["coordinates"].as_array().expect("parts").iter().map(lengths).collect()
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn boundary_points_are_joined_to_parcels() {
    let data = folder();
    let path = data.path().join("points.csv");
    // A parcel with a hole, one that is left open, one of two points.
    let square = |parcel: &str, x: u32, size: u32, is_closed: bool| {
        let (right, top) = (x + size, 3_365_000 + x % 1000 + size);
        let low = 3_365_000 + x % 1000;
        let corners = [(x, low), (right, low), (right, top), (x, top), (x, low)];
        let count = if is_closed { 5 } else { 4 };
        corners[..count].iter().enumerate().fold(String::new(), |mut text, (at, (east, north))| {
            writeln!(text, "{parcel},J{},{north},{}", at + 1, 38_000_000 + east).expect("to memory");
            text
        })
    };
    let text = [
        "地块编号,界址点号,X坐标,Y坐标\n".to_owned(),
        square("A-1", 512_000, 100, true),
        square("A-1", 512_020, 20, true),
        square("A-2", 512_200, 50, false),
        "A-3,J1,3365000,38512400\nA-3,J2,3365010,38512400\n".to_owned(),
    ];
    fs::write(&path, text.concat()).expect("written");
    let (code, said) = import(data.path(), &[path.to_str().expect("a path"), "--yes"]);
    assert!(code == Some(0) && said.contains("3 rows: 2 taken, 1 refused"), "{said}");
    assert!(
        said.contains("the rows are boundary points (\"界址点号\"); those of each parcel (\"地块编号\")"),
        "{said}"
    );
    assert!(said.contains("the parcel \"A-3\" has an outline of 2 points, expected three or more"), "{said}");
    let got = imported(data.path());
    assert_eq!(rings(&got[0]), [[5, 5]]);
    assert_eq!(rings(&got[1]), [[5]]);
    // 100 m by 100 m less 20 m by 20 m, and 50 m by 50 m; on the plane lengths are those of the ellipsoid within 1e-5 here.
    for (feature, area) in got.iter().zip([9600.0, 2500.0]) {
        let measured = feature["properties"]["area_m2"].as_f64().expect("an area");
        assert!((measured - area).abs() < 1.0, "{measured}");
    }
    // Points of a parcel that come back later are not those of another parcel, and none of it is taken.
    let apart = [
        "地块编号,界址点号,X坐标,Y坐标\n".to_owned(),
        square("A-1", 512_000, 100, true),
        square("A-2", 512_200, 50, true),
        square("A-1", 512_020, 20, true),
    ];
    fs::write(&path, apart.concat()).expect("written");
    let (_, said) = import(data.path(), &[path.to_str().expect("a path"), "--dry-run"]);
    assert!(
        said.contains("2 rows: 1 taken, 1 refused") && said.contains("stand farther up as well"),
        "{said}"
    );
}

#[test]
fn points_with_values_of_their_own_stay_points() {
    let data = folder();
    let path = data.path().join("points.csv");
    let corners = [(512_000, 0), (512_100, 0), (512_100, 100), (512_000, 100)];
    let rows = |head: &str, more: &dyn Fn(usize) -> String| {
        let points = corners
            .iter()
            .enumerate()
            .map(|(at, (x, y))| format!("A-1,{at},{},{},{}\n", 38_000_000 + x, 3_365_000 + y, more(at)));
        format!("编号,{head}\n{}", points.collect::<String>())
    };
    // Each borehole has its own depth; all points of a boundary lie on land of one use.
    fs::write(&path, rows("点号,X,Y,深度", &|at| format!("{}", 10 + at))).expect("written");
    let (said, got) = taken(data.path(), &path);
    assert!(said.contains("4 rows: 4 taken") && said.contains("differ in \"深度\""), "{said}");
    let depths: Vec<&Value> = got.iter().map(|row| &row["深度"]).collect();
    assert_eq!(depths, [&json!(10), &json!(11), &json!(12), &json!(13)]);
    for (head, more) in [
        ("点号,X,Y,权属", "甲"),
        ("点号,X,Y,权属", ""),
        // The length of the line to the next point is one of boundaries, whatever it is.
        ("点号,X,Y,边长", "each its own"),
        ("拐点,X,Y,深度", "each its own"),
        ("点号,X,Y,序号", "each its own"),
    ] {
        let more = |at: usize| if more == "each its own" { format!("{}", 10 + at) } else { more.to_owned() };
        fs::write(&path, rows(head, &more)).expect("written");
        let (said, got) = taken(data.path(), &path);
        assert!(said.contains("1 row: 1 taken"), "{head}: {said}");
        assert!((got[0]["area_m2"].as_f64().expect("an area") - 10_000.0).abs() < 1.0, "{head}");
    }
    // What differs farther down than the head is looked for is refused with its rows.
    let parcel = |number: usize, kind: &dyn Fn(usize) -> &'static str| {
        corners.iter().enumerate().fold(String::new(), |mut text, (at, (x, y))| {
            let (x, y) = (38_000_000 + x + 200 * number, 3_365_000 + y);
            writeln!(text, "A-{number},{at},{x},{y},{}", kind(at)).expect("to memory");
            text
        })
    };
    let parcels: String =
        (1..5).map(|number| parcel(number, &|at| if number == 4 && at == 2 { "乙" } else { "甲" })).collect();
    fs::write(&path, format!("编号,点号,X,Y,权属\n{parcels}")).expect("written");
    let (code, said) = import(data.path(), &[path.to_str().expect("a path"), "--yes"]);
    assert!(code == Some(0) && said.contains("4 rows: 3 taken, 1 refused"), "{said}");
    assert!(said.contains("its points differ in \"权属\", \"甲\" and \"乙\" (line 16)"), "{said}");
}

#[test]
fn values_that_are_headings_elsewhere_stay_values() {
    let data = folder();
    let path = data.path().join("sites.csv");
    for (text, heading) in [
        (
            "站点,建设阶段,经纬度\n甲,规划,\"114.1,30.4\"\n乙,规划,\"114.1,30.41\"\n丙,现状,\"114.1,30.42\"\n",
            "建设阶段",
        ),
        (
            "站点,类别,图形数据\n甲,现状,POINT(114.1 30.4)\n乙,现状,POINT(114.1 30.41)\n丙,规划,POINT(114.1 30.42)\n",
            "类别",
        ),
        (
            "站点,线路,阶段,WKT\n甲,X,规划,POINT(114.1 30.4)\n乙,X,规划,POINT(114.1 30.41)\n丙,X,现状,POINT(114.1 30.42)\n",
            "阶段",
        ),
    ] {
        fs::write(&path, text).expect("written");
        let (said, got) = taken(data.path(), &path);
        assert!(said.contains("3 rows: 3 taken"), "{said}");
        assert!(!said.contains("above the headings"), "{said}");
        assert_eq!(got[0]["站点"], json!("甲"), "{said}");
        assert!(
            got.iter().all(|row| row[heading] == json!("规划") || row[heading] == json!("现状")),
            "{got:?}"
        );
    }
    // What stands above the headings and is as wide is told, as it may be data.
    fs::write(&path, "编制单位,某院,某年\n地块编号,名称,经纬度\nA-1,甲,\"114.1,30.4\"\n").expect("written");
    let (said, got) = taken(data.path(), &path);
    assert!(said.contains("1 of the rows above the headings (line 2) are as wide as they are"), "{said}");
    assert_eq!((got.len(), &got[0]["parcel_no"]), (1, &json!("A-1")));
}

#[test]
fn outlines_and_geometries_are_known_by_their_values() {
    let data = folder();
    let path = data.path().join("outlines.csv");
    for (head, cell) in [
        ("界址点坐标", "38512000,3365000;38512100,3365000;38512100,3365100;38512000,3365100"),
        (
            "坐标串",
            "POLYGON((38512000 3365000,38512100 3365000,38512100 3365100,38512000 3365100,38512000 3365000))",
        ),
    ] {
        fs::write(&path, format!("地块编号,{head}\nA-1,\"{cell}\"\n")).expect("written");
        let (said, got) = taken(data.path(), &path);
        let area = got[0]["area_m2"].as_f64().expect("an area");
        assert!((area - 10_000.0).abs() < 1.0, "{head}: {area}, {said}");
    }
}

#[test]
fn tables_without_positions_and_with_shifted_ones_say_so() {
    let data = folder();
    let path = data.path().join("places.csv");
    fs::write(&path, "地块编号,容积率,东,北\nA-1,2,114.1,30.4\n").expect("written");
    let (said, _) = taken(data.path(), &path);
    assert!(said.contains("trap     no row has a position"), "{said}");
    fs::write(&path, "地块编号,高德经度,高德纬度\nA-1,114.1,30.4\n").expect("written");
    let path = path.to_str().expect("a path");
    let (code, said) = import(data.path(), &[path, "--yes"]);
    assert!(code == Some(2) && said.contains("\"高德经度\" says that positions are in GCJ-02"), "{said}");
    assert_eq!(import(data.path(), &[path, "--yes", "--from", "gcj02"]).0, Some(0));
}

#[test]
fn files_write_their_numbers_each_in_its_own_way() {
    let data = folder();
    let file = |name: &str, parcel: &str, x: u32, area: &str, density: &str| {
        let (path, right) = (data.path().join(name), x + 100);
        let ring = format!("{x} 3365000,{right} 3365000,{right} 3365100,{x} 3365100,{x} 3365000");
        fs::write(
            &path,
            format!("地块编号,dkmj,建筑密度,WKT\n{parcel},{area},{density},\"POLYGON(({ring}))\"\n"),
        )
        .expect("written");
        path.to_str().expect("a path").to_owned()
    };
    // Squares of 100 m, a hectare each.
    let first = file("first.csv", "A-1", 38_512_000, "1", "22");
    let second = file("second.csv", "A-2", 38_512_200, "10000", "0.3");
    let (code, said) = import(data.path(), &[&first, &second, "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    let got = imported(data.path());
    let value = |at: usize, name: &str| got[at]["properties"][name].clone();
    assert_eq!((value(0, "area_m2"), value(1, "area_m2")), (json!(10_000), json!(10_000)), "{said}");
    assert_eq!((value(0, "density"), value(1, "density")), (json!(0.22), json!(0.3)));
}

#[test]
fn units_stand_in_rows_of_their_own_and_behind_numbers() {
    let data = folder();
    let path = data.path().join("units.csv");
    let text = "地块编号,面积,建筑限高（层）,X,Y\n,公亩,,m,m\nA-1,208,6,38512345.1,3365432.1\nA-2,20806平方米（31.21亩）,18,38512400,3365600\n";
    fs::write(&path, text).expect("written");
    let (said, got) = taken(data.path(), &path);
    assert!(said.contains("2 rows: 2 taken") && said.contains("line 2 holds the units"), "{said}");
    // An are is 100 m²; the other cell states its own unit.
    assert_eq!((&got[0]["area_m2"], &got[1]["area_m2"]), (&json!(20_800), &json!(20_806)));
    assert!(said.contains("\"建筑限高（层）\" counts storeys, which are no metres"), "{said}");
    assert_eq!((&got[0]["建筑限高（层）"], &got[0]["height_m"]), (&json!(6), &Value::Null));
}

#[test]
fn merged_cells_beside_a_table_are_no_headings() {
    let data = folder();
    let path = data.path().join("beside.xlsx");
    let rows: [&[&str]; 4] = [
        &["一期", "地块编号", "X", "Y", "注意事项"],
        &["", "A1", "38512345.1", "3365432.1"],
        &["", "A2", "38512400", "3365600"],
        &["", "A3", "38512500", "3365600"],
    ];
    let merge =
        |sheet: &mut rust_xlsxwriter::Worksheet, rows: (u32, u32), columns: (u16, u16), text: &str| {
            let plain = rust_xlsxwriter::Format::new();
            sheet.merge_range(rows.0, columns.0, rows.1, columns.1, text, &plain).expect("merged");
        };
    workbook(&path, &rows, |sheet| {
        merge(sheet, (0, 3), (0, 0), "一期");
        merge(sheet, (0, 2), (4, 5), "注意事项");
        merge(sheet, (0, 1), (7, 8), "");
    });
    let (said, got) = taken(data.path(), &path);
    let numbers: Vec<&Value> = got.iter().map(|row| &row["parcel_no"]).collect();
    assert_eq!(numbers, ["A1", "A2", "A3"], "{said}");
    assert!(
        said.contains("the merged cell E1 with \"注意事项\" reaches from the headings over rows of data"),
        "{said}"
    );
    assert_eq!(got[0].get("注意事项"), None);
}

/// Replaces a text in all files of an archive.
fn edit_archive(path: &Path, from: &str, to: &str) {
    let mut old = zip::ZipArchive::new(File::open(path).expect("a file")).expect("an archive");
    let mut new = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for at in 0..old.len() {
        let mut file = old.by_index(at).expect("a file");
        let mut text = String::new();
        file.read_to_string(&mut text).expect("text");
        let name = file.name().expect("a name").into_owned();
        new.start_file(name, zip::write::SimpleFileOptions::default()).expect("a file");
        new.write_all(text.replace(from, to).as_bytes()).expect("written");
    }
    let bytes = new.finish().expect("written").into_inner();
    fs::write(path, bytes).expect("written");
}

#[test]
fn sheets_errors_and_times_of_workbooks_are_told() {
    let data = folder();
    let path = data.path().join("sheets.xlsx");
    let mut book = rust_xlsxwriter::Workbook::new();
    let hidden = book.add_worksheet();
    hidden.set_name("旧版").expect("a name").set_hidden(true);
    hidden.write_row(0, 0, ["地块编号", "容积率", "X", "Y"]).expect("written");
    hidden.write_row(1, 0, ["OLD", "1", "38512345.1", "3365432.1"]).expect("written");
    let cover = book.add_worksheet();
    cover.set_name("封面").expect("a name").write(0, 0, "某单元").expect("written");
    let sheet = book.add_worksheet();
    sheet.set_name("地块").expect("a name").set_active(true);
    sheet.write_row(0, 0, ["地块编号", "容积率", "X", "Y", "时刻", "时长", "登记"]).expect("written");
    sheet.write(1, 0, "A1").expect("written");
    sheet.write_formula(1, 1, rust_xlsxwriter::Formula::new("=1/0").set_result("#DIV/0!")).expect("written");
    sheet.write_row(1, 2, [38_512_345.1, 3_365_432.1]).expect("written");
    sheet.write(2, 0, "A2").expect("written");
    let unsaved = rust_xlsxwriter::Formula::new("=38512345+55").set_result("38512400");
    sheet.write_formula(2, 2, unsaved).expect("written");
    sheet.write(2, 3, 3_365_600).expect("written");
    // 8:30 is 8.5 of 24 hours; 30 hours are 1.25 days; 2023-05-06 is day 45,052 of a workbook.
    let formats = [("hh:mm", 8.5 / 24.0), ("[h]:mm", 1.25), ("yyyy-mm-dd hh:mm", 45_052.25)];
    for (column, (format, value)) in (4..).zip(formats) {
        let format = rust_xlsxwriter::Format::new().set_num_format(format);
        sheet.write_with_format(1, column, value, &format).expect("written");
    }
    book.save(&path).expect("saved");
    // Libraries write formulas without a result, which only programs of tables compute.
    edit_archive(&path, "<v>38512400</v>", "<v></v>");
    let (said, got) = taken(data.path(), &path);
    assert!(said.contains("of the sheets 旧版, 封面, 地块, \"地块\" is read"), "{said}");
    assert!(said.contains("\"容积率\" holds the error #DIV/0! of a formula; left unknown"), "{said}");
    assert!(said.contains("\"X\" holds a formula whose result was not saved"), "{said}");
    assert_eq!((got.len(), &got[0]["parcel_no"], &got[0]["far"]), (1, &json!("A1"), &Value::Null));
    assert_eq!(
        ["时刻", "时长", "登记"].map(|name| got[0][name].clone()),
        [json!("08:30:00"), json!("PT30H0M0S"), json!("2023-05-06T06:00:00")]
    );
}

#[test]
fn a_process_that_is_killed_leaves_the_old_data_whole() {
    let data = folder();
    let before = |name: &str| fs::read(data.path().join(name)).expect("read");
    let (catalog, parcels) = (before("catalog.toml"), before("parcels.geojson"));
    let path = data.path().join("many.ndjson");
    let mut lines = String::new();
    for at in 0..100_000 {
        writeln!(lines, "{{\"type\":\"Feature\",\"id\":{at},\"properties\":{{}},\"geometry\":{{\"type\":\"Point\",\"coordinates\":[114.1,30.4]}}}}").expect("to memory");
    }
    fs::write(&path, lines).expect("written");
    let draft = data.path().join(".parcels.import.tmp");
    let mut process = Command::new(env!("CARGO_BIN_EXE_innospace"))
        .args(["import", path.to_str().expect("a path"), "--collection", "parcels", "--yes", "--data"])
        .arg(data.path())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program starts");
    // It writes in pieces of 256 KiB; the first is on disk long before the last.
    while fs::metadata(&draft).map_or(0, |about| about.len()) == 0
        && process.try_wait().expect("a process").is_none()
    {
        std::thread::yield_now();
    }
    process.kill().expect("killed");
    let ended = process.wait().expect("ended");
    assert!(!ended.success(), "it was ended while it wrote");
    assert!((before("catalog.toml"), before("parcels.geojson")) == (catalog, parcels));
    assert_eq!(load(data.path()).catalog.layer("parcels").map(|layer| layer.layer().len()), Some(1));
    // What it left is no obstacle.
    let (code, said) = import(data.path(), &[path.to_str().expect("a path"), "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(!draft.exists());
    assert_eq!(load(data.path()).catalog.layer("parcels").map(|layer| layer.layer().len()), Some(100_000));
    let mut files: Vec<_> = fs::read_dir(data.path())
        .expect("the folder")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .filter(|name| name.contains("parcels"))
        .collect();
    files.sort();
    assert_eq!(files, ["parcels.geojson.old", "parcels.parquet"], "many features rest in the compact form");
    // One more does not change that.
    let point =
        json!({"type":"Feature","properties":{},"geometry":{"type":"Point","coordinates":[114.1,30.4]}});
    fs::write(&path, point.to_string()).expect("written");
    let (code, said) = import(data.path(), &[path.to_str().expect("a path"), "--yes", "--append"]);
    assert!(code == Some(0) && said.contains("parcels-2.parquet"), "{said}");
    assert_eq!(load(data.path()).catalog.layer("parcels").map(|layer| layer.layer().len()), Some(100_001));
}

/// Imports that begin at once: each is taken as a whole, or told that another is at work.
#[test]
fn imports_at_once_lose_nothing() {
    let data = folder();
    let path = data.path().join("points.csv");
    table(&path, "lon,lat", |[x, y]| format!("{x},{y}"));
    let file = path.to_str().expect("a path");
    for round in 0..8 {
        let collections =
            [format!("a{round}"), format!("b{round}"), "parcels".to_owned(), "parcels".to_owned()];
        let ended: Vec<_> = std::thread::scope(|scope| {
            let begun: Vec<_> = collections
                .iter()
                .map(|collection| scope.spawn(|| import_into(collection, data.path(), &[file, "--yes"])))
                .collect();
            begun.into_iter().map(|one| one.join().expect("ended")).collect()
        });
        assert!(ended.iter().any(|(code, _)| *code == Some(0)), "{ended:?}");
        let loaded = load(data.path());
        for (collection, (code, said)) in collections.iter().zip(&ended) {
            let features = loaded.catalog.layer(collection).map(|layer| layer.layer().len());
            match code {
                Some(0) => assert_eq!(features, Some(4), "{collection}: {said}"),
                _ => assert!(*code == Some(2) && said.contains("by another import"), "{collection}: {said}"),
            }
        }
    }
}

/// A folder without a catalogue gets one that lists what it holds before anything new stands in it.
#[test]
fn a_folder_without_a_catalogue_gets_one_first() {
    let data = tempfile::tempdir().expect("a folder");
    let places = data.path().join("places.geojson");
    let point = |x: f64| json!({ "type": "Point", "coordinates": [x, 30.4] });
    fs::write(&places, point(114.0).to_string()).expect("written");
    let file = tempfile::tempdir().expect("a folder");
    let path = file.path().join("new.geojson");
    fs::write(&path, json!({ "type": "Feature", "properties": {}, "geometry": point(114.1) }).to_string())
        .expect("written");
    // What stands in the way of the last step is found after the first.
    fs::create_dir(data.path().join(".places.import.rest")).expect("a folder");
    let arguments = [path.to_str().expect("a path"), "--yes", "--store-as", "geoparquet"];
    let (code, said) = import_into("places", data.path(), &arguments);
    assert_eq!(code, Some(2), "{said}");
    assert!(!data.path().join("catalog.toml").exists(), "nothing is left of it: {said}");
    let layers = |data: &Path| -> Vec<String> {
        load(data).catalog.layers().map(|layer| layer.layer().id.as_str().to_owned()).collect()
    };
    assert_eq!(layers(data.path()), ["places"]);
    fs::remove_dir(data.path().join(".places.import.rest")).expect("removed");
    let (code, said) = import_into("places", data.path(), &arguments);
    assert_eq!((code, layers(data.path())), (Some(0), vec!["places".to_owned()]), "{said}");
}

#[test]
fn a_collection_is_the_same_in_both_forms_at_rest() {
    let told = |form: &str| {
        let data = folder();
        let path = data.path().join("some.csv");
        let rows = "地块编号,用地代码,地块面积(公顷),容积率,批准日期,备注,WKT\n\
                    A-01,M1,1.5,2.5,2025-03-01,\"甲,乙\",\"POLYGON((114.1 30.4,114.101 30.4,114.101 30.401,114.1 30.401,114.1 30.4))\"\n\
                    A-02,,,,,,\"POINT(114.12345678 30.4)\"\n\
                    A-03,A2,0.2,,2024-12-31,,\"MULTIPOLYGON(((114.2 30.4,114.201 30.4,114.201 30.401,114.2 30.4)),((114.3 30.4,114.301 30.4,114.301 30.401,114.3 30.4)))\"\n";
        fs::write(&path, rows).expect("written");
        let (code, said) =
            import(data.path(), &[path.to_str().expect("a path"), "--yes", "--store-as", form]);
        assert_eq!(code, Some(0), "{said}");
        let ending = if form == "geojson" { "geojson" } else { "parquet" };
        assert!(
            fs::read_to_string(data.path().join("catalog.toml"))
                .expect("a catalogue")
                .contains(&format!(".{ending}\""))
        );
        let loaded = load(data.path());
        assert_eq!(loaded.warnings.total(), 0, "{:?}", loaded.warnings.list());
        let service = Service::over(data.path());
        let features = service.get("/ogc/collections/parcels/items").json();
        let mut schema = service.get("/ogc/collections/parcels/schema?f=json").json();
        // An id that a field repeats stands first in a table.
        for field in schema["properties"].as_object_mut().expect("fields").values_mut() {
            field.as_object_mut().expect("a field").remove("x-ogc-propertySeq");
        }
        (features["features"].clone(), schema["properties"].clone())
    };
    let text = told("geojson");
    assert_eq!(text.0.as_array().map(Vec::len), Some(3));
    assert_eq!(told("geoparquet"), text);
}

/// Runs an import with at most so much memory for all of the process.
pub(super) fn import_within(data: &Path, file: &Path, mebibytes: u64) -> (Option<i32>, String) {
    let script = format!("ulimit -v {}; exec \"$0\" \"$@\"", mebibytes << 10);
    let output = Command::new("bash")
        .args([
            "-c",
            &script,
            env!("CARGO_BIN_EXE_innospace"),
            "import",
            "--collection",
            "parcels",
            "--yes",
            "--data",
        ])
        .arg(data)
        .arg(file)
        .output()
        .expect("bash starts");
    let said =
        String::from_utf8_lossy(&output.stderr).into_owned() + &String::from_utf8_lossy(&output.stdout);
    assert!(!said.contains("panicked") && !said.contains("memory allocation"), "{said}");
    (output.status.code(), said)
}

#[test]
fn hostile_files_end_in_a_clear_word_and_little_memory() {
    let data = folder();
    let fails = |name: &str, word: &str| {
        let (code, said) = import_within(data.path(), &data.path().join(name), 2048);
        assert!(code == Some(2) && said.contains(word), "{name}: {code:?} {said}");
    };
    let put = |name: &str, bytes: &[u8]| fs::write(data.path().join(name), bytes).expect("written");
    put("wide.csv", (0..10_000).map(|at| format!("c{at}")).collect::<Vec<_>>().join(",").as_bytes());
    fails("wide.csv", "10000 columns");
    let deep = "[".repeat(100_000);
    put("deep.geojson", format!("{{\"type\":\"FeatureCollection\",\"features\":[{{\"type\":\"Feature\",\"geometry\":{{\"type\":\"Polygon\",\"coordinates\":{deep}").as_bytes());
    fails("deep.geojson", "is no GeoJSON");
    let closed = "]".repeat(100_000);
    put("deeper.geojson", format!("{{\"type\":\"FeatureCollection\",\"features\":[{{\"type\":\"Feature\",\"properties\":{{\"a\":{deep}{closed}}}}}]}}").as_bytes());
    fails("deeper.geojson", "no row can be taken");
    put("lone.shp", &[0; 200]);
    fails("lone.shp", "no .dbf");
    put("empty.gpkg", b"");
    fails("empty.gpkg", "is empty");
    put("odd.xyz", b"what is this");
    fails("odd.xyz", "of no known format");
    put("binary.csv", b"a,b\n\0\x01,2\n");
    fails("binary.csv", "zero bytes");
    put("unknown.csv", b"first,second\n1,2\n");
    fails("unknown.csv", "no field that is known");
    put("open.csv", "dkbh,x,y\n\"a,114.1,30.4\nb,114.1,30.4\n".as_bytes());
    fails("open.csv", "line 2 is never closed");
    let flat = data.path().join("flat.fgb");
    let original = originals_file(data.path());
    gdal(&[
        "-f",
        "FlatGeobuf",
        "-lco",
        "SPATIAL_INDEX=NO",
        flat.to_str().expect("a path"),
        original.to_str().expect("a path"),
    ]);
    let mut bytes = fs::read(&flat).expect("read");
    // Behind eight bytes of magic stands the size of the header, behind that the first feature with its own.
    let header = u32::from_le_bytes(bytes[8..12].try_into().expect("four bytes")) as usize;
    bytes[12 + header..16 + header].copy_from_slice(&0x7FFF_FFFF_u32.to_le_bytes());
    put("flat.fgb", &bytes);
    fails("flat.fgb", "feature 1 states a size of 2147483647 bytes");
    fs::remove_file(original).expect("removed");
    let bomb = data.path().join("bomb.zip");
    let mut archive = zip::ZipWriter::new(File::create(&bomb).expect("a file"));
    archive.start_file("a.shp", zip::write::SimpleFileOptions::default()).expect("a file");
    for _ in 0..256 {
        archive.write_all(&vec![0; 1 << 20]).expect("written");
    }
    archive.finish().expect("written");
    assert!(fs::metadata(&bomb).expect("a file").len() < 1 << 20);
    fails("bomb.zip", "400 times");
    // Two thousand million bytes without a row, on disk a hole.
    for name in ["large.geojson", "large.csv", "large.ndjson", "large.kml"] {
        let file = File::create(data.path().join(name)).expect("a file");
        file.set_len(2_000_000_000).expect("grown");
        drop(file);
        fails(name, name);
    }
    assert_eq!(load(data.path()).catalog.layer("parcels").map(|layer| layer.layer().len()), Some(1));
}

/// The columns and the rows of a file of refused rows.
pub(super) fn refused_rows(path: &Path) -> (Vec<String>, Vec<Vec<String>>) {
    let text = fs::read_to_string(path).expect("refused rows");
    let mut table = csv::Reader::from_reader(text.trim_start_matches('\u{feff}').as_bytes());
    let cells = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect::<Vec<_>>();
    let head = cells(table.headers().expect("a head"));
    (head, table.records().map(|record| cells(&record.expect("a row"))).collect())
}

/// Imports a file, then its refused rows as they are, which are refused for the same reasons, then mended by hand.
pub(super) fn mended(
    data: &Path,
    file: &Path,
    mend: impl Fn(&mut Vec<String>),
) -> (Vec<String>, Vec<Vec<String>>) {
    let (code, said) = import(data, &[file.to_str().expect("a path"), "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    let path = file.with_extension("refused.csv");
    let (head, rows) = refused_rows(&path);
    let (code, said) = import(data, &[path.to_str().expect("a path"), "--append", "--yes"]);
    assert!(code == Some(2) && said.contains("no row can be taken"), "{said}");
    assert_eq!(refused_rows(&path.with_extension("refused.csv")).1.len(), rows.len());
    for (again, row) in refused_rows(&path.with_extension("refused.csv")).1.iter().zip(&rows) {
        assert_eq!(again[1..], row[1..], "{}", file.display());
    }
    fs::remove_file(path.with_extension("refused.csv")).expect("removed");
    let mut table = csv::Writer::from_path(&path).expect("a file");
    table.write_record(&head).expect("written");
    for mut row in rows.clone() {
        mend(&mut row);
        table.write_record(row).expect("written");
    }
    table.flush().expect("written");
    let (code, said) = import(data, &[path.to_str().expect("a path"), "--append", "--yes"]);
    assert!(code == Some(0) && said.contains(" 0 refused"), "{said}");
    for feature in imported(data) {
        let names = feature["properties"].as_object().expect("properties").keys();
        assert!(names.clone().all(|name| !name.starts_with("import") && name != "WKT"), "{feature}");
    }
    (head, rows)
}

/// The first position of the feature with a parcel number.
pub(super) fn place_of(data: &Path, number: &str) -> [f64; 2] {
    let mut found = Vec::new();
    let all = imported(data);
    let one = all.iter().find(|feature| feature["properties"]["parcel_no"] == number).expect("a feature");
    positions(&one["geometry"]["coordinates"], &mut found);
    *found.first().unwrap_or_else(|| panic!("{one}"))
}

#[test]
fn refused_rows_of_tables_stand_as_they_stood() {
    let data = folder();
    let path = data.path().join("points.csv");
    fs::write(&path, "地块编号,X,Y,备注\nT-0,3364454.0,38500000,\nT-1,abc,38500000,-平\n").expect("written");
    let (head, rows) = mended(data.path(), &path, |row| row[3] = "3364554.0".to_owned());
    assert_eq!(head, ["import_row", "import_reason", "地块编号", "X", "Y", "备注", "import_text"]);
    assert_eq!(
        rows,
        [[
            "2",
            "its coordinates are \"abc\" and \"38500000\", expected two numbers",
            "T-1",
            "abc",
            "38500000",
            "'-平",
            ""
        ]
        .map(str::to_owned)]
    );
    // On the middle of the zone.
    assert_eq!(place_of(data.path(), "T-1")[0], 114.0);
    assert_eq!(imported(data.path())[1]["properties"]["note"], "-平");
    for heading in ["wkt", "几何", "geom", "geometry", "WKT"] {
        let data = folder();
        let path = data.path().join("points.csv");
        let text =
            format!("地块编号,{heading},用地代码\nT-0,POINT(114 30.4),M1\nT-1,POINT(114.01 30.41,M1\n");
        fs::write(&path, text).expect("written");
        let (head, rows) = mended(data.path(), &path, |row| row[3].push(')'));
        assert_eq!(head, ["import_row", "import_reason", "地块编号", heading, "用地代码", "import_text"]);
        assert_eq!(rows[0][2..], ["T-1", "POINT(114.01 30.41", "M1", ""].map(str::to_owned));
        assert_eq!(place_of(data.path(), "T-1"), [114.01, 30.41], "{heading}");
        assert!(imported(data.path())[1]["properties"].get(heading).is_none(), "a geometry is no field");
    }
    // Values that have no heading stay with their row until they are moved and the text of it is emptied.
    let data = folder();
    let path = data.path().join("wide.csv");
    fs::write(&path, "地块编号,lon,lat\nT-0,114,30.4\nT-1,114.01,30.41,M1\n").expect("written");
    let (_, rows) = mended(data.path(), &path, |row| row[5].clear());
    assert_eq!(rows[0][5], "T-1,114.01,30.41,M1");
    // A workbook.
    let data = folder();
    let path = data.path().join("points.xlsx");
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (column, cells) in
        [["地块编号", "T-0", "T-1"], ["经度", "114.0", "114.01"], ["纬度", "30.4", "north"]]
            .iter()
            .enumerate()
    {
        sheet.write_column(0, u16::try_from(column).expect("few"), *cells).expect("written");
    }
    book.save(&path).expect("saved");
    let (head, _) = mended(data.path(), &path, |row| row[4] = "30.41".to_owned());
    assert_eq!(head, ["import_row", "import_reason", "地块编号", "经度", "纬度", "import_text"]);
    assert_eq!(place_of(data.path(), "T-1"), [114.01, 30.41]);
}

#[test]
fn refused_rows_keep_what_stood_in_their_file() {
    let data = folder();
    let path = data.path().join("odd.geojson");
    let odd = [
        r#"{"type":"Feature","properties":{"dkbh":"G-1","shape":"L"},"geometry":{"type":"Point","coordinates":["114.1","30.4"]}}"#,
        r#"{"type":"Feature","properties":{"dkbh":"G-2"},"geometry":{"type":"Foo","coordinates":[114.1,30.4]}}"#,
        r#"{"type":"Feature","properties":{"dkbh":"G-3"},"geometry":{"type":"Point","coordinates":[null,30.4]}}"#,
    ];
    let good = r#"{"type":"Feature","properties":{"dkbh":"G-0"},"geometry":{"type":"Point","coordinates":[114.1,30.4]}}"#;
    fs::write(&path, format!("{{\"type\":\"FeatureCollection\",\"features\":[{good},{}]}}", odd.join(",")))
        .expect("written");
    let (head, rows) = mended(data.path(), &path, |row| row[5] = "POINT(114.1 30.4)".to_owned());
    assert_eq!(head, ["import_row", "import_reason", "dkbh", "shape", "import_text", "WKT"]);
    for (row, odd) in rows.iter().zip(odd) {
        assert_eq!((row[4].as_str(), row[5].as_str()), (odd, ""));
    }
    assert_eq!(place_of(data.path(), "G-3"), [114.1, 30.4]);
    assert_eq!(
        imported(data.path())[1]["properties"]["shape"],
        "L",
        "a property of that name is no geometry"
    );
    // Coordinates of KML with a space before the comma.
    let data = folder();
    let path = data.path().join("odd.kml");
    let placemark = |name: &str, at: &str| {
        format!(
            "<Placemark><ExtendedData><Data name=\"dkbh\"><value>{name}</value></Data></ExtendedData><Point><coordinates>{at}</coordinates></Point></Placemark>"
        )
    };
    let text = format!(
        "<kml><Document>{}{}</Document></kml>",
        placemark("K-0", "114.1,30.4"),
        placemark("K-1", "114.1 ,30.4")
    );
    fs::write(&path, &text).expect("written");
    let (_, rows) = mended(data.path(), &path, |row| row[4] = "POINT(114.1 30.4)".to_owned());
    assert_eq!(rows[0][3], "<Point><coordinates>114.1 ,30.4</coordinates></Point>");
    // Curves of a GeoPackage: the well-known binary of a curve polygon, kind 10, with a circle.
    let data = folder();
    let path = data.path().join("curves.gpkg");
    let original = data.path().join("curves.csv");
    let circle = "CURVEPOLYGON(CIRCULARSTRING(114.1 30.4,114.2 30.5,114.3 30.4,114.2 30.3,114.1 30.4))";
    fs::write(&original, format!("dkbh,WKT\nC-1,\"{circle}\"\n")).expect("written");
    let (base, original) = (path.to_str().expect("a path"), original.to_str().expect("a path"));
    gdal(&["-f", "GPKG", "-a_srs", "EPSG:4490", "-oo", "GEOM_POSSIBLE_NAMES=WKT", base, original]);
    let (code, said) = import(data.path(), &[base, "--yes"]);
    assert_eq!(code, Some(2), "{said}");
    let (head, rows) = refused_rows(&path.with_extension("refused.csv"));
    let text = head.iter().position(|name| name == "import_text").expect("the column");
    assert!(rows[0][text].starts_with("010A000000"), "{:?}", rows[0]);
}

#[test]
fn refused_rows_of_shapefiles_name_their_system() {
    let data = folder();
    let files = tempfile::tempdir().expect("a folder");
    let mut features = originals();
    // All of it on one parallel; in UTM along 117° E, whose numbers are those of another system too.
    features[1]["geometry"] = json!({"type":"Polygon","coordinates":[[[114.05,30.45],[114.051,30.45],[114.052,30.45],[114.05,30.45]]]});
    let original = files.path().join("flat.geojson");
    fs::write(&original, json!({"type":"FeatureCollection","features":features}).to_string())
        .expect("written");
    let path = files.path().join("flat.shp");
    let (shape, original) = (path.to_str().expect("a path"), original.to_str().expect("a path"));
    gdal(&["-f", "ESRI Shapefile", "-t_srs", "EPSG:32650", "-lco", "ENCODING=UTF-8", shape, original]);
    let (head, rows) = mended(data.path(), &path, |row| {
        let cell = row.last_mut().expect("a cell");
        let first = cell.trim_start_matches("SRID=32650;POLYGON((").split(',').next().expect("a position");
        *cell = format!("SRID=32650;POINT({first})");
    });
    assert_eq!(head.last().map(String::as_str), Some("WKT"));
    assert!(rows[0].last().is_some_and(|cell| cell.starts_with("SRID=32650;POLYGON((")), "{rows:?}");
    let at = place_of(data.path(), "试验-002");
    assert!(
        metres_between(at, [114.05, 30.45]) < 0.1 || metres_between(at, [114.052, 30.45]) < 0.1,
        "{at:?}"
    );
}

#[test]
fn columns_of_geometries_are_read_as_databases_write_them() {
    let data = folder();
    let path = data.path().join("points.csv");
    let file = path.to_str().expect("a path");
    // POINT(114 30.5) as PostGIS writes it, 114 being 0x405C800000000000 and 30.5 0x403E800000000000.
    let rows = "地块编号,geom\nT-0,01010000000000000000805C400000000000803E40\n\
                T-1,\"{\"\"type\"\":\"\"Point\"\",\"\"coordinates\"\":[114,30.5]}\"\nT-2,POINT(114 30.5)\nT-3,somewhere\n";
    fs::write(&path, rows).expect("written");
    let (code, said) = import(data.path(), &[file, "--yes"]);
    assert!(
        code == Some(0) && said.contains("3 taken, 1 refused") && said.contains("expected well-known text"),
        "{said}"
    );
    for number in ["T-0", "T-1", "T-2"] {
        assert_eq!(place_of(data.path(), number), [114.0, 30.5]);
    }
    // On the middle of its zone; the numbers leave the zone open, the geometries do not.
    let rows = "地块编号,geom\nT-0,SRID=4547;POINT(500000 3364454)\nT-1,POINT(500000 3364554)\n";
    fs::write(&path, rows).expect("written");
    let (code, said) = import(data.path(), &[file, "--yes"]);
    assert!(code == Some(0) && said.contains("by the SRID of its geometries"), "{said}");
    assert_eq!(place_of(data.path(), "T-1")[0], 114.0);
    let (code, said) = import(data.path(), &[file, "--yes", "--crs", "EPSG:4548"]);
    assert!(code == Some(0) && said.contains("the SRID of its geometries states EPSG:4547"), "{said}");
    fs::write(&path, rows.replace("T-1,POINT", "T-1,SRID=4548;POINT")).expect("written");
    let (code, said) = import(data.path(), &[file, "--yes"]);
    assert!(
        code == Some(0) && said.contains("state several systems") && said.contains("1 taken, 1 refused"),
        "{said}"
    );
    // A column of geometries that is empty in all rows hides no coordinates; one that is not, does.
    fs::write(&path, "地块编号,geom,x,y\nT-0,,114,30.4\nT-1,,114.01,30.41\n").expect("written");
    let (code, said) = import(data.path(), &[file, "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(place_of(data.path(), "T-1"), [114.01, 30.41]);
    fs::write(&path, "地块编号,geom,x,y\nT-0,POINT(114 30.4),500000,3364454\nT-1,,500000,3364454\n")
        .expect("written");
    let (code, said) = import(data.path(), &[file, "--yes"]);
    assert!(code == Some(0) && imported(data.path())[1]["geometry"].is_null(), "{said}");
}

#[test]
fn documents_of_placemarks_are_whole_and_of_any_encoding() {
    let data = folder();
    let path = data.path().join("a.kml");
    let file = path.to_str().expect("a path");
    let text = "<?xml version=\"1.0\" encoding=\"ENC\"?>\n<kml><Document><Placemark><name>甲地块</name><Point><coordinates>114.1,30.4</coordinates></Point></Placemark></Document></kml>";
    let wide = |unit: fn(u16) -> [u8; 2]| {
        format!("\u{feff}{}", text.replace("ENC", "UTF-16"))
            .encode_utf16()
            .flat_map(unit)
            .collect::<Vec<u8>>()
    };
    let gbk = |declared: &str| encoding_rs::GBK.encode(&text.replace("ENC", declared)).0.into_owned();
    for bytes in [
        gbk("gb2312"),
        gbk("UTF-8"),
        wide(u16::to_le_bytes),
        wide(u16::to_be_bytes),
        text.replace("ENC", "utf-8").into(),
    ] {
        fs::write(&path, bytes).expect("written");
        let (code, said) = import(data.path(), &[file, "--yes"]);
        assert!(code == Some(0) && imported(data.path())[0]["properties"]["name_zh"] == "甲地块", "{said}");
    }
    fs::write(&path, encoding_rs::BIG5.encode(&text.replace("甲地块", "臺灣").replace("ENC", "UTF-8")).0)
        .expect("written");
    let (code, said) = import(data.path(), &[file, "--yes", "--encoding", "big5"]);
    assert!(code == Some(0) && imported(data.path())[0]["properties"]["name_zh"] == "臺灣", "{said}");
    // Cut off after its placemark.
    let cut = text.replace("ENC", "UTF-8").replace("</Document></kml>", "");
    fs::write(&path, &cut).expect("written");
    let said_so =
        format!("ends too early, at byte {}, after placemark 1: <kml><Document> stands open", cut.len());
    let (code, said) = import(data.path(), &[file, "--yes"]);
    assert!(code == Some(2) && said.contains(&said_so), "{said}");
    let packed = data.path().join("a.kmz");
    archive(&packed, &[(path.clone(), "doc.kml")]);
    let (code, said) = import(data.path(), &[packed.to_str().expect("a path"), "--yes"]);
    assert!(code == Some(2) && said.contains(&said_so) && said.contains("a.kmz"), "{said}");
}

#[test]
fn rows_are_named_by_their_lines_whatever_ends_them() {
    let data = folder();
    let path = data.path().join("points.csv");
    // The note of the first row goes over two lines, a blank line follows; the broken row stands on line 5.
    let table = "地块编号,备注,lon,lat\nT-0,\"one\ntwo\",114,30.4\n\nT-1,,x,30.41\nT-2,,114,30.4\n";
    for text in [table.to_owned(), table.replace('\n', "\r\n")] {
        fs::write(&path, text).expect("written");
        let (code, said) = import(data.path(), &[path.to_str().expect("a path"), "--dry-run"]);
        assert!(code == Some(0) && said.contains("(row 2 at line 5)"), "{said}");
    }
}

#[test]
fn reports_take_the_place_of_no_data() {
    let data = folder();
    let read = |name: &str| fs::read_to_string(data.path().join(name)).expect("read");
    let path = data.path().join("points.csv");
    let file = path.to_str().expect("a path");
    fs::write(&path, "地块编号,lon,lat\nT-0,114,30.4\nT-1,x,30.41\n").expect("written");
    fs::copy(data.path().join("zone.geojson"), data.path().join("zone.json")).expect("copied");
    let catalog = read("catalog.toml").replace("zone.geojson", "zone.json");
    fs::write(data.path().join("catalog.toml"), catalog).expect("written");
    fs::write(data.path().join("observations.csv"), "kept").expect("written");
    let linked = data.path().join("link.csv");
    std::os::unix::fs::symlink(&path, &linked).expect("linked");
    for name in ["points.csv", "link.csv", "zone.json", "observations.csv"] {
        let before = read(name);
        let report = data.path().join(name);
        for way in ["--dry-run", "--yes"] {
            let (code, said) =
                import(data.path(), &[file, way, "--report", report.to_str().expect("a path")]);
            assert!(code == Some(2) && said.contains("--report is"), "{name}: {said}");
        }
        assert_eq!(read(name), before);
    }
    // Refused rows that somebody has corrected stay, and the new ones go beside them; the same ones do so once.
    let report = data.path().join("r.txt");
    let report = report.to_str().expect("a path");
    fs::write(data.path().join("r.refused.csv"), "by hand").expect("written");
    for way in ["--dry-run", "--yes"] {
        let (code, said) = import(data.path(), &[file, way, "--report", report]);
        assert!(code == Some(0) && said.contains("r.refused-2.csv"), "{said}");
    }
    assert_eq!(read("r.refused.csv"), "by hand");
    assert!(!data.path().join("r.refused-3.csv").exists());
    // What is imported is no place for what is refused of it.
    let again = data.path().join("r.refused-2.csv");
    let before = read("r.refused-2.csv");
    fs::write(&again, before.replace(",x,", ",y,")).expect("written");
    let (code, said) =
        import(data.path(), &[again.to_str().expect("a path"), "--dry-run", "--report", report]);
    assert!(code == Some(0) && said.contains("r.refused-3.csv"), "{said}");
}

#[test]
fn a_table_of_another_country_brings_its_own_fields_alone() {
    let data = tempfile::tempdir().expect("a folder");
    let path = data.path().join("assets.csv");
    let rows = "asset,longitude,latitude,staff,rate,code\nAS-0,174.70,-36.89,10,0.0,007\nAS-1,174.71,-36.88,11,1.5,12\n";
    fs::write(&path, rows).expect("written");
    let file = path.to_str().expect("a path");
    // The same again, too: outside China no shift of web maps is looked for.
    for again in ["", "again"] {
        let (code, said) = import_into("assets", data.path(), &[file, "--yes"]);
        assert_eq!(code, Some(0), "{again}: {said}");
    }
    let service = Service::over(data.path());
    let first =
        service.get("/ogc/collections/assets/items?limit=1").json()["features"][0]["properties"].clone();
    assert_eq!((&first["asset"], &first["code"]), (&json!("AS-0"), &json!("007")));
    for foreign in ["use_name_zh", "use_name_en", "area_m2"] {
        assert!(first.get(foreign).is_none(), "{foreign}: {first}");
    }
    // Metres whose place as Chinese ones would be far outside the zone of the service are asked about.
    let metres = data.path().join("metres.csv");
    fs::write(&metres, "asset,x,y\nAS-0,295462,5914204\nAS-1,295562,5914304\n").expect("written");
    let empty = tempfile::tempdir().expect("a folder");
    let (code, said) = import_into("assets", empty.path(), &[metres.to_str().expect("a path"), "--yes"]);
    assert!(code != Some(0) && said.contains("--crs"), "{said}");
}
