//! Formats of files that are imported: what stands in them in several ways, what is left out, what is too large.

use std::fs;
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use serde_json::{Value, json};

use crate::intake::{
    archive, assert_same_places, folder, gdal, import, import_within, imported, originals, originals_file,
};

/// A folder with the original parcels in several formats: `a.shp` and its parts in EPSG 4547, `b.kml`, `c.gpkg`.
fn formats() -> (tempfile::TempDir, impl Fn(&str) -> PathBuf) {
    let files = tempfile::tempdir().expect("a folder");
    let original = originals_file(files.path());
    let original = original.to_str().expect("a path");
    let root = files.path().to_owned();
    let at = move |name: &str| root.join(name);
    let path = |name: &str| at(name).to_str().expect("a path").to_owned();
    gdal(&["-f", "ESRI Shapefile", "-t_srs", "EPSG:4547", "-lco", "ENCODING=GBK", &path("a.shp"), original]);
    gdal(&["-f", "KML", &path("b.kml"), original]);
    gdal(&["-f", "GPKG", "-lco", "SPATIAL_INDEX=NO", "-nln", "parcels", &path("c.gpkg"), original]);
    (files, at)
}

fn taken(data: &Path, file: &Path, options: &[&str]) -> String {
    let file = file.to_str().expect("a path");
    let (code, said) = import(data, &[&[file, "--yes"], options].concat());
    assert_eq!(code, Some(0), "{said}");
    said
}

fn refused(data: &Path, file: &Path) -> String {
    let (code, said) = import(data, &[file.to_str().expect("a path"), "--yes"]);
    assert_eq!(code, Some(2), "{said}");
    said
}

#[test]
fn all_that_an_archive_holds_is_told() {
    let (_files, at) = formats();
    let data = folder();
    let shapefile = || ["shp", "shx", "dbf", "prj"].map(|suffix| at(&format!("a.{suffix}")));
    let named = ["图/a.shp", "图/a.shx", "图/a.dbf", "图/a.prj"];
    let both: Vec<_> = shapefile().into_iter().zip(named).chain([(at("b.kml"), "范围.kml")]).collect();
    archive(&at("both.zip"), &both);
    let said = refused(data.path(), &at("both.zip"));
    assert!(said.contains("holds 2 files, name one with --layer: 图/a.shp, 范围.kml"), "{said}");
    for layer in ["a", "图/a", "范围", "范围.kml"] {
        taken(data.path(), &at("both.zip"), &["--layer", layer]);
        assert_same_places(data.path(), 0.1, layer);
    }
    // What a system keeps beside files, and a table that tells what the fields mean.
    fs::write(at("beside"), "\0").expect("written");
    fs::write(at("fields.csv"), "字段,含义\ndkbh,地块编号\n").expect("written");
    let beside =
        [(at("beside"), "图/._a.shp"), (at("beside"), "__MACOSX/图/._a.dbf"), (at("fields.csv"), "字段.csv")];
    let kept: Vec<_> = shapefile().into_iter().zip(named).chain(beside).collect();
    archive(&at("kept.zip"), &kept);
    let said = taken(data.path(), &at("kept.zip"), &[]);
    assert!(said.contains("holds tables besides, which are not read: 字段.csv"), "{said}");
    assert_same_places(data.path(), 0.1, "files of a system");
    let kept = at("kept.zip").to_str().expect("a path").to_owned();
    let (code, said) = import(data.path(), &[&kept, "--yes", "--layer", "b"]);
    assert!(
        code == Some(2) && said.contains("of which none alone is \"b\", name one with --layer: 图/a.shp"),
        "{said}"
    );
    // Anything that is read alone.
    for (name, inner) in [("geojson", "originals.geojson"), ("gpkg", "c.gpkg")] {
        let packed = at(&format!("{name}.zip"));
        archive(&packed, &[(at(inner), &*format!("图/{inner}").leak())]);
        taken(data.path(), &packed, &[]);
        assert_same_places(data.path(), 0.1, name);
    }
    taken(data.path(), &at("gpkg.zip"), &["--layer", "parcels"]);
    fs::write(at("table.csv"), "dkbh,x,y\nT-1,114.1,30.4\n").expect("written");
    archive(&at("table.zip"), &[(at("table.csv"), "table.csv")]);
    taken(data.path(), &at("table.zip"), &[]);
    assert_eq!(imported(data.path())[0]["properties"]["parcel_no"], "T-1");
    archive(&at("text.zip"), &[(at("beside"), "readme.txt")]);
    assert!(refused(data.path(), &at("text.zip")).contains("nothing in it that is read"));
}

#[test]
fn files_that_belong_to_a_shapefile_are_found() {
    let (_files, at) = formats();
    let data = folder();
    fs::rename(at("a.prj"), at("a.Prj")).expect("renamed");
    fs::write(at("._a.shp"), "\0").expect("written");
    for file in [at("a.shp"), at("")] {
        let said = taken(data.path(), &file, &[]);
        assert!(said.contains("by its .prj"), "{said}");
        assert_same_places(data.path(), 0.1, "a suffix of both cases");
    }
}

#[test]
fn formats_that_are_not_read_are_named() {
    let (_files, at) = formats();
    let data = folder();
    let put = |name: &str, text: &str| {
        fs::write(at(name), text).expect("written");
        at(name)
    };
    fs::create_dir(at("land.gdb")).expect("a folder");
    put("land.gdb/a00000001.gdbtable", "x");
    archive(&at("land.zip"), &[(at("land.gdb/a00000001.gdbtable"), "land.gdb/a00000001.gdbtable")]);
    let tab = put("land.tab", "!table\n!version 450\n");
    let esri = put(
        "esri.json",
        r#"{"geometryType":"esriGeometryPolygon","features":[{"attributes":{"dkbh":"1"},"geometry":{"rings":[]}}]}"#,
    );
    let named = |name: &str| {
        put(name, &json!({"type":"FeatureCollection","crs":{"type":"name","properties":{"name":"urn:ogc:def:crs:EPSG::4610"}},"features":originals()}).to_string())
    };
    let table = put("old.csv", "dkbh,WKT\nT-1,SRID=2383;POINT(500000 3364000)\n");
    for (file, word) in [
        (at("land.gdb"), "is a File Geodatabase"),
        (at("land.zip"), "is a File Geodatabase"),
        (tab, "is a table of MapInfo"),
        (esri, "JSON as Esri writes it"),
        (named("old.geojson"), "are not public"),
        (table, "are not public"),
    ] {
        let said = refused(data.path(), &file);
        assert!(
            said.contains(word)
                && said.contains(file.file_name().and_then(|name| name.to_str()).expect("a name")),
            "{said}"
        );
    }
    // A workbook is told by what it holds.
    let mut book = rust_xlsxwriter::Workbook::new();
    let sheet = book.add_worksheet();
    for (row, cells) in [["dkbh", "x", "y"], ["T-1", "114.1", "30.4"]].iter().enumerate() {
        for (column, cell) in (0..).zip(cells) {
            sheet.write(u32::try_from(row).expect("two rows"), column, *cell).expect("written");
        }
    }
    for name in ["book.xls", "book.et"] {
        book.save(at(name)).expect("saved");
        taken(data.path(), &at(name), &[]);
        assert_eq!(imported(data.path())[0]["properties"]["parcel_no"], "T-1");
    }
}

#[test]
fn features_are_read_however_they_are_strung_together() {
    let (_files, at) = formats();
    let whole = |feature: &Value| serde_json::to_string_pretty(feature).expect("JSON");
    let all = |text: &dyn Fn(&Value) -> String| originals().iter().map(text).collect::<String>();
    let sequence = all(&|feature| format!("\u{1e}{}\n", whole(feature)));
    let lines = all(&|feature| format!("{}\n", whole(feature)));
    let data = folder();
    for (name, text) in [
        ("sequence.geojsons", &sequence),
        ("sequence.json", &sequence),
        ("sequence.geojson", &sequence),
        ("blank.ndjson", &format!("\n\n{lines}")),
        ("array.json", &Value::Array(originals()).to_string()),
    ] {
        fs::write(at(name), text).expect("written");
        let said = taken(data.path(), &at(name), &[]);
        assert!(said.contains("4 rows: 4 taken, 0 refused"), "{name}: {said}");
        assert_same_places(data.path(), 1e-6, name);
    }
    // A record that is broken is one row, named by the line where it begins.
    let lines_of_first = whole(&originals()[0]).lines().count();
    let broken = sequence.replacen("\"试验-002\"", "试验-002", 1);
    fs::write(at("broken.json"), broken).expect("written");
    let report = at("report.json");
    let said = taken(data.path(), &at("broken.json"), &["--report", report.to_str().expect("a path")]);
    assert!(said.contains("4 rows: 3 taken, 1 refused"), "{said}");
    let report: Value = serde_json::from_str(&fs::read_to_string(report).expect("read")).expect("JSON");
    let finding = &report["findings"][0];
    assert_eq!((&finding["row"], &finding["line"]), (&json!(2), &json!(lines_of_first + 1)), "{report}");
}

#[test]
fn a_link_to_a_system_is_told() {
    let (_files, at) = formats();
    let data = folder();
    let linked = json!({"type":"FeatureCollection","crs":{"type":"link","properties":{"href":"http://example.org/4326"}},"features":originals()});
    fs::write(at("linked.geojson"), linked.to_string()).expect("written");
    let said = taken(data.path(), &at("linked.geojson"), &[]);
    assert!(
        said.contains("states its system by a link, \"http://example.org/4326\", which is not followed"),
        "{said}"
    );
    assert!(said.contains("by the numbers"), "{said}");
    assert_same_places(data.path(), 1e-6, "a link");
}

#[test]
fn values_of_one_name_and_labels_of_areas_are_kept_apart() {
    let files = tempfile::tempdir().expect("a folder");
    let file = files.path().join("marks.kml");
    let ring = "114.0,30.4 114.002,30.4 114.002,30.402 114.0,30.4";
    let area = format!(
        "<Polygon><outerBoundaryIs><LinearRing><coordinates>{ring}</coordinates></LinearRing></outerBoundaryIs></Polygon>"
    );
    let point = "<Point><coordinates>114.001,30.401</coordinates></Point>";
    let data = "<ExtendedData><Data name=\"name\"><value>项目</value></Data></ExtendedData>";
    let mark = |geometry: &str| {
        format!("<Placemark><name>地块</name>{data}<MultiGeometry>{geometry}</MultiGeometry></Placemark>")
    };
    let marks = mark(&format!("{area}{point}")) + &mark(&format!("{area}{point}{point}"));
    fs::write(&file, format!("<kml><Document>{marks}</Document></kml>")).expect("written");
    let data = folder();
    let said = taken(data.path(), &file, &[]);
    assert!(said.contains("1 points beside its 1 areas are left out"), "{said}");
    let features = imported(data.path());
    let kinds: Vec<&Value> = features.iter().map(|feature| &feature["geometry"]["type"]).collect();
    assert_eq!(kinds, ["Polygon", "GeometryCollection"]);
    for feature in &features {
        let properties = &feature["properties"];
        assert_eq!(
            (&properties["name_zh"], &properties["name_2"]),
            (&json!("地块"), &json!("项目")),
            "{properties}"
        );
    }
}

#[test]
fn cells_of_a_geopackage_are_bounded_and_binary_ones_told() {
    let (_files, at) = formats();
    let data = folder();
    let change = |sql: &str| {
        let base = Connection::open(at("c.gpkg")).expect("a database");
        base.execute_batch(sql).expect("changed");
    };
    change("ALTER TABLE parcels ADD COLUMN picture BLOB; UPDATE parcels SET picture = x'FFD8';");
    let said = taken(data.path(), &at("c.gpkg"), &[]);
    assert!(said.contains("column \"picture\" is left out in 4 rows, where it holds binary data"), "{said}");
    assert!(imported(data.path()).iter().all(|feature| feature["properties"].get("picture").is_none()));
    change("UPDATE parcels SET dkbh = CAST(zeroblob(65 << 20) AS TEXT) WHERE dkbh = '试验-002';");
    let (code, said) = import_within(data.path(), &at("c.gpkg"), 2048);
    assert!(code == Some(2) && said.contains("row 2 has more than 64 MiB"), "{said}");
}

#[test]
fn a_text_that_says_it_is_longer_than_its_file_is_damage() {
    let files = tempfile::tempdir().expect("a folder");
    let original = originals_file(files.path());
    let whole = files.path().join("whole.fgb");
    let [original, path] = [&original, &whole].map(|path| path.to_str().expect("a path"));
    gdal(&["-f", "FlatGeobuf", path, original]);
    let mut bytes = fs::read(&whole).expect("FlatGeobuf");
    let text = "试验-001".as_bytes();
    let at = bytes.windows(text.len()).position(|part| part == text).expect("a number of a parcel");
    // Before a text stands its length, four bytes (FlatGeobuf 3.0).
    assert_eq!(bytes[at - 4..at], [10, 0, 0, 0]);
    bytes[at - 4..at].copy_from_slice(&[0xff, 0xff, 0, 0]);
    fs::write(&whole, bytes).expect("written");
    let said = refused(folder().path(), &whole);
    assert!(said.contains("whole.fgb: is damaged"), "{said}");
}
