//! Formats of files that are imported: what stands in them in several ways, what is left out, what is too large.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
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

/// What an import says, and the reasons that its report gives, row by row.
fn reasons(data: &Path, file: &Path) -> (String, Vec<String>) {
    let report = file.with_extension("report.json");
    let said = taken(data, file, &["--report", report.to_str().expect("a path")]);
    let report: Value = serde_json::from_str(&fs::read_to_string(report).expect("read")).expect("JSON");
    let findings = report["findings"].as_array().expect("findings").iter();
    (said, findings.map(|finding| finding["reason"].as_str().expect("a reason").to_owned()).collect())
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
    let gml = put("land.gml", "<?xml version=\"1.0\"?><gml:FeatureCollection/>");
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
        (gml, "is GML, which is not read"),
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
fn one_of_several_sheets_with_the_same_headings_is_to_be_named() {
    let (_files, at) = formats();
    let data = folder();
    let mut book = rust_xlsxwriter::Workbook::new();
    for (name, parcel, x) in [("A区", "T-1", 114.1), ("B区", "T-2", 114.2)] {
        let sheet = book.add_worksheet().set_name(name).expect("a name");
        for (column, heading) in (0..).zip(["地块编号", "用地代码", "经度", "纬度"]) {
            sheet.write(0, column, heading).expect("written");
        }
        sheet.write(1, 0, parcel).expect("written");
        sheet.write(1, 1, "R2").expect("written");
        sheet.write(1, 2, x).expect("written");
        sheet.write(1, 3, 30.4).expect("written");
    }
    book.save(at("two.xlsx")).expect("saved");
    let said = refused(data.path(), &at("two.xlsx"));
    assert!(
        said.contains("2 sheets with the same headings, name one with --layer: A区, B区")
            && said.contains("--append"),
        "{said}"
    );
    taken(data.path(), &at("two.xlsx"), &["--layer", "A区"]);
    taken(data.path(), &at("two.xlsx"), &["--layer", "B区", "--append"]);
    let numbers: Vec<_> =
        imported(data.path()).iter().map(|row| row["properties"]["parcel_no"].clone()).collect();
    assert_eq!(numbers, ["T-1", "T-2"]);
}

#[test]
fn what_may_hold_curves_is_read_where_it_holds_none() {
    let (_files, at) = formats();
    let data = folder();
    let path = |name: &str| at(name).to_str().expect("a path").to_owned();
    // FlatGeobuf holds one kind, and the originals are of several.
    for (format, name, kind) in [
        ("GPKG", "d.gpkg", "MULTISURFACE"),
        ("GPKG", "e.gpkg", "CURVEPOLYGON"),
        ("FlatGeobuf", "d.fgb", "MULTISURFACE"),
    ] {
        gdal(&["-f", format, "-nlt", kind, &path(name), &path("c.gpkg")]);
        taken(data.path(), &at(name), &[]);
        assert_same_places(data.path(), 0.01, &format!("{kind} as {format}"));
    }
    let kept = |text: &str| {
        fs::write(at("one.csv"), format!("dkbh,WKT\nT-1,\"{text}\"\n")).expect("written");
        let (code, said) = import(data.path(), &[&path("one.csv"), "--yes"]);
        (code, said, imported(data.path()).remove(0)["geometry"]["coordinates"].clone())
    };
    let ring = "114.1 30.4,114.2 30.4,114.2 30.5,114.1 30.4";
    let drawn = json!([[[114.1, 30.4], [114.2, 30.4], [114.2, 30.5], [114.1, 30.4]]]);
    for text in [format!("CURVEPOLYGON (({ring}))"), format!("MULTISURFACE ((({ring})))")] {
        let (code, said, coordinates) = kept(&text);
        assert!(code == Some(0) && (coordinates == drawn || coordinates == json!([drawn])), "{said}");
    }
    for text in ["CURVEPOLYGON(CIRCULARSTRING(0 0,1 1,2 0,1 -1,0 0))", "COMPOUNDCURVE((0 0,1 1))"] {
        let (code, said, _) = kept(text);
        assert!(code == Some(2) && said.contains("holds curves; save it with straight edges"), "{said}");
    }
    // A compound curve of two lines in a curve polygon, and one with an arc, by the notation of ISO.
    let whole = |number: u32| number.to_le_bytes().to_vec();
    let line = |kind: u32, all: &[[f64; 2]]| {
        let numbers = all.as_flattened().iter().flat_map(|number| number.to_le_bytes());
        let count = u32::try_from(all.len()).expect("few");
        [vec![1], whole(kind), whole(count), numbers.collect()].concat()
    };
    let closing = [[114.2, 30.5], [114.1, 30.4]];
    for (kind, is_straight) in [(2, true), (8, false)] {
        let pieces = [line(kind, &[[114.1, 30.4], [114.2, 30.4], [114.2, 30.5]]), line(2, &closing)].concat();
        let polygon = [vec![1], whole(10), whole(1), vec![1], whole(9), whole(2), pieces].concat();
        let digit = |nibble: u8| char::from_digit(nibble.into(), 16).expect("a digit");
        let hex: String = polygon.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]).collect();
        let (code, said, coordinates) = kept(&hex);
        assert_eq!(code == Some(0), is_straight, "{said}");
        assert!(if is_straight { coordinates == drawn } else { said.contains("holds curves") }, "{said}");
    }
}

#[test]
fn links_within_an_archive_are_no_links_to_other_files() {
    let (_files, at) = formats();
    let data = folder();
    let linking = |to: &str| {
        let text = format!(
            r#"<kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link><href>{to}</href></Link></NetworkLink></Document></kml>"#
        );
        fs::write(at("doc.kml"), text).expect("written");
        archive(&at("linked.kmz"), &[(at("doc.kml"), "doc.kml"), (at("b.kml"), "layers/b.kml")]);
        let said = taken(data.path(), &at("linked.kmz"), &[]);
        assert_same_places(data.path(), 0.01, to);
        said
    };
    assert!(!linking("layers/b.kml").contains("NetworkLink"));
    assert!(linking("https://example.org/b.kml").contains("holds 1 links to other files (NetworkLink)"));
}

#[test]
fn closed_lines_are_told_since_they_may_be_outlines() {
    let (_files, at) = formats();
    let data = folder();
    let line = |end: f64| format!("\"LINESTRING(114.1 30.4,114.2 30.4,114.2 30.5,114.1 {end})\"");
    let said = |text: &str| {
        fs::write(at("lines.csv"), text).expect("written");
        taken(data.path(), &at("lines.csv"), &[])
    };
    let closed = format!("dkbh,WKT\nT-1,{}\nT-2,POINT(114.15 30.4)\n", line(30.4));
    assert!(said(&closed).contains("1 of 2 rows that were looked at are lines that end where they begin"));
    let open = format!("dkbh,WKT\nT-1,{}\nT-2,POINT(114.15 30.4)\n", line(30.6));
    assert!(!said(&open).contains("end where they begin"));
}

#[test]
fn what_a_collection_holds_is_told_before_it_is_replaced() {
    let (_files, at) = formats();
    let data = folder();
    let file = at("c.gpkg");
    let look = |collection: &str, options: &[&str]| {
        let file = file.to_str().expect("a path");
        let (code, said) =
            crate::intake::import_into(collection, data.path(), &[&[file, "--dry-run"], options].concat());
        assert!(code == Some(0) || options.contains(&"--append"), "{said}");
        said
    };
    assert!(
        look("parcels", &[])
            .contains("replaces   the 1 feature of collection \"parcels\", whose file is kept")
    );
    assert!(look("parcels", &["--append"]).contains("adds to    the 1 feature of collection \"parcels\""));
    assert!(
        look("zone", &[])
            .contains("zone is drawn as zone, and what is imported takes the place of its 1 feature")
    );
    let new = look("lots", &[]);
    assert!(!new.contains("replaces") && !new.contains("adds to"), "{new}");
}

#[test]
fn features_are_read_whatever_the_suffix_of_their_file_is() {
    let (_files, at) = formats();
    let data = folder();
    let text = json!({ "type": "FeatureCollection", "features": originals() }).to_string();
    for name in ["a.csv", "a.txt", "a.tab", "a"] {
        fs::write(at(name), &text).expect("written");
        let said = taken(data.path(), &at(name), &[]);
        assert!(said.contains("rows, GeoJSON"), "{said}");
        assert_same_places(data.path(), 0.01, name);
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

#[test]
fn json_that_is_no_utf8_is_not_taken() {
    let files = tempfile::tempdir().expect("a folder");
    let at = |name: &str| files.path().join(name);
    let feature = |name: &str| {
        format!(
            r#"{{"type":"Feature","properties":{{"name":"{name}"}},"geometry":{{"type":"Point","coordinates":[114.1,30.5]}}}}"#
        )
    };
    let data = folder();
    // 沌口 in GBK, in the second of three records.
    let lines = format!("{}\n{}\n{}\n", feature("a"), feature("?"), feature("b"));
    let (before, behind) = lines.split_once('?').expect("a mark");
    fs::write(at("gbk.ndjson"), [before.as_bytes(), &[0xE3, 0xE7, 0xBF, 0xDA], behind.as_bytes()].concat())
        .expect("written");
    let said = refused(data.path(), &at("gbk.ndjson"));
    assert!(said.contains("is not UTF-8, which RFC 8259, 8.1 asks for: line 2"), "{said}");
    for name in ["wide.geojson", "wide.ndjson"] {
        for mark in ["\u{feff}", ""] {
            let wide: Vec<u8> =
                format!("{mark}{}", feature("a")).encode_utf16().flat_map(u16::to_le_bytes).collect();
            fs::write(at(name), wide).expect("written");
            let said = refused(data.path(), &at(name));
            assert!(said.contains("it is UTF-16; save it as UTF-8"), "{said}");
        }
    }
}

#[test]
fn features_whose_names_or_ids_are_no_texts_are_refused() {
    let files = tempfile::tempdir().expect("a folder");
    let file = files.path().join("names.geojson");
    let feature = |head: &str| {
        format!(r#"{{"type":"Feature",{head},"geometry":{{"type":"Point","coordinates":[114.1,30.5]}}}}"#)
    };
    let heads = [
        r#""properties":{"n":1,"s\ud800":1}"#,
        r#""id":"\ud800","properties":{"n":2}"#,
        r#""properties":[3]"#,
        r#""properties":null"#,
        r#""properties":{"n":5}"#,
    ];
    let all = heads.map(feature).join(",");
    fs::write(&file, format!(r#"{{"type":"FeatureCollection","features":[{all}]}}"#)).expect("written");
    let (said, reasons) = reasons(folder().path(), &file);
    assert!(said.contains("5 rows: 2 taken, 3 refused"), "{said}");
    let expected = ["its properties cannot be read", "its id is no text", "its properties are no object"];
    for (reason, expected) in reasons.iter().zip(expected) {
        assert!(reason.contains(expected), "{reason}");
    }
}

#[test]
fn columns_of_a_geopackage_are_what_they_are_declared_to_be() {
    let (_files, at) = formats();
    let data = folder();
    let change = |sql: &str| {
        let base = Connection::open(at("c.gpkg")).expect("a database");
        base.execute_batch(sql).expect("changed");
    };
    // A base that keeps a log is closed, so that the log is gone; it is not to come back.
    change(
        "PRAGMA journal_mode = WAL; ALTER TABLE parcels ADD COLUMN built BOOLEAN; ALTER TABLE parcels ADD COLUMN day DATE; \
         UPDATE parcels SET built = dkbh = '试验-001', day = '2024-02-29';",
    );
    let beside = || {
        let names = fs::read_dir(at("")).expect("a folder").map(|entry| entry.expect("a file").file_name());
        names.filter(|name| name.to_string_lossy().starts_with("c.gpkg-")).count()
    };
    assert_eq!(beside(), 0);
    taken(data.path(), &at("c.gpkg"), &[]);
    assert_eq!(beside(), 0);
    let built: Vec<Value> =
        imported(data.path()).iter().map(|feature| feature["properties"]["built"].clone()).collect();
    assert_eq!(built, [json!(true), json!(false), json!(false), json!(false)]);
    // 沌口 in GBK.
    change(
        "ALTER TABLE parcels ADD COLUMN place TEXT; UPDATE parcels SET place = CAST(x'E3E7BFDA' AS TEXT) WHERE dkbh = '试验-003';",
    );
    let said = taken(data.path(), &at("c.gpkg"), &[]);
    assert!(
        said.contains("3 taken, 1 refused") && said.contains("its column \"place\" is not UTF-8"),
        "{said}"
    );
    change("UPDATE parcels SET dkbh = 'T' || fid;");
    let said = taken(data.path(), &at("c.gpkg"), &["--encoding", "gbk"]);
    assert!(
        said.contains("4 taken, 0 refused") && said.contains("texts read as GBK, by --encoding"),
        "{said}"
    );
    assert_eq!(imported(data.path())[2]["properties"]["place"], "沌口");
    // What is UTF-8 stays so, whatever is said of other files.
    change("UPDATE parcels SET place = '沌口';");
    taken(data.path(), &at("c.gpkg"), &["--encoding", "gbk"]);
    assert_eq!(imported(data.path())[2]["properties"]["place"], "沌口");
}

#[test]
fn parts_too_small_for_their_digits_are_left_out() {
    let files = tempfile::tempdir().expect("a folder");
    let file = files.path().join("parts.geojson");
    let square = |x: f64, size: f64| {
        let y = 30.5;
        json!([[[x, y], [x + size, y], [x + size, y + size], [x, y + size], [x, y]]])
    };
    // Squares of 100 m and of 4 mm, which is less than half a step of the grid.
    let feature = |geometry: Value| json!({"type":"Feature","properties":{"dkbh":"1"},"geometry":geometry});
    let line = json!([[[114, 30], [115, 31], [116, 32], [114, 30]]]);
    let features = [
        feature(json!({"type":"MultiPolygon","coordinates":[square(114.1, 0.001), square(114.2, 4e-8)]})),
        feature(json!({"type":"MultiPolygon","coordinates":[square(114.1, 4e-8), square(114.2, 4e-8)]})),
        feature(json!({"type":"Polygon","coordinates":square(114.2, 4e-8)})),
        feature(json!({"type":"Polygon","coordinates":line})),
    ];
    fs::write(&file, json!({"type":"FeatureCollection","features":features}).to_string()).expect("written");
    let data = folder();
    let (said, reasons) = reasons(data.path(), &file);
    assert!(said.contains("4 rows: 1 taken, 3 refused"), "{said}");
    let small = "has no area left: it is too small or too thin for 7 decimals of a degree";
    assert_eq!(
        reasons,
        [
            format!("part 2 of 2: ring 1 {small}; the part is left out"),
            format!("ring 0 {small}"),
            format!("ring 0 {small}"),
            "ring 0 has no area: all its positions lie on one line".to_owned()
        ]
    );
    let kept = &imported(data.path())[0]["geometry"];
    assert_eq!(kept["coordinates"].as_array().map(Vec::len), Some(1), "{kept}");
}

#[test]
fn data_of_placemarks_has_the_types_of_its_schema() {
    let files = tempfile::tempdir().expect("a folder");
    let at = |name: &str| files.path().join(name);
    let point = "<Point><coordinates>114.1,30.5,0</coordinates></Point>";
    let schema = r#"<Schema id="s"><SimpleField type="int" name="n"/><SimpleField type="double" name="depth"></SimpleField><SimpleField type="string" name="code"/><SimpleField type="bool" name="built"/><SimpleField type="int" name="zone"/></Schema>"#;
    let values = [("n", "7"), ("depth", "1.50"), ("code", "007"), ("built", "1"), ("zone", "007")]
        .map(|(name, value)| format!(r#"<SimpleData name="{name}">{value}</SimpleData>"#))
        .concat();
    let marks = format!(
        r##"<Folder><name>一区</name><Folder><name>二级</name><Placemark id="p-1"><ExtendedData><SchemaData schemaUrl="#s">{values}</SchemaData></ExtendedData>{point}</Placemark></Folder></Folder>"##
    );
    let track = "<Placemark id=\"t-1\"><gx:Track><when>2020-01-01T00:00:00Z</when><when>2020-01-01T00:01:00Z</when><gx:coord>114.1 30.5 1</gx:coord><gx:coord>114.2 30.6 1</gx:coord></gx:Track></Placemark>";
    let link = "<NetworkLink><Link><href>http://example.org/x.kml</href></Link></NetworkLink>";
    let document = |body: &str| {
        format!("<kml xmlns:gx=\"http://www.google.com/kml/ext/2.2\"><Document>{body}</Document></kml>")
    };
    let data = folder();
    fs::write(at("marks.kml"), document(&format!("{schema}{marks}{track}{link}"))).expect("written");
    let said = taken(data.path(), &at("marks.kml"), &[]);
    assert!(said.contains("holds 1 links to other files (NetworkLink), which are not followed"), "{said}");
    assert!(said.contains("its positions have heights, which are left out"), "{said}");
    let features = imported(data.path());
    let mark = features.iter().find(|feature| feature["id"] == "p-1").expect("by its id");
    for (name, value) in [
        ("n", json!(7)),
        ("depth", json!(1.5)),
        ("code", json!("007")),
        ("built", json!(true)),
        ("zone", json!("007")),
        ("folder", json!("一区 / 二级")),
    ] {
        assert_eq!(mark["properties"][name], value, "{name}");
    }
    let track = features.iter().find(|feature| feature["id"] == "t-1").expect("by its id");
    assert_eq!(track["geometry"], json!({"type":"LineString","coordinates":[[114.1,30.5],[114.2,30.6]]}));
    fs::write(at("link.kml"), document(link)).expect("written");
    let said = refused(data.path(), &at("link.kml"));
    assert!(
        said.contains("has no placemark; it holds 1 links") && said.contains("http://example.org/x.kml"),
        "{said}"
    );
}

#[test]
fn days_of_a_flatgeobuf_are_days_and_heights_are_told() {
    let files = tempfile::tempdir().expect("a folder");
    let at = |name: &str| files.path().join(name).to_str().expect("a path").to_owned();
    let feature = |place: f64, day: &str| json!({"type":"Feature","properties":{"seen":day,"heard":format!("{day}T01:00:00")},"geometry":{"type":"Point","coordinates":[place, 30.5]}});
    let all = [feature(114.1, "2024-02-29"), feature(114.2, "2024-03-01")];
    fs::write(at("a.geojson"), json!({"type":"FeatureCollection","features":all}).to_string())
        .expect("written");
    let data = folder();
    for (format, name) in
        [("FlatGeobuf", "a.fgb"), ("GPKG", "a.gpkg"), ("ESRI Shapefile", "a.shp"), ("GeoJSON", "b.geojson")]
    {
        gdal(&["-f", format, "-dim", "XYZ", "-nlt", "POINT25D", &at(name), &at("a.geojson")]);
        let said = taken(data.path(), Path::new(&at(name)), &[]);
        assert!(said.contains("its positions have heights, which are left out"), "{name}: {said}");
        let days: Vec<Value> =
            imported(data.path()).iter().map(|feature| feature["properties"]["seen"].clone()).collect();
        assert!(
            days.contains(&json!("2024-02-29")) && days.contains(&json!("2024-03-01")),
            "{name}: {days:?}"
        );
    }
}

#[test]
fn a_file_that_is_packed_alone_is_read() {
    let (_files, at) = formats();
    let data = folder();
    let pack = |bytes: &[u8], packed: &str| {
        let mut writer = GzEncoder::new(File::create(at(packed)).expect("a file"), Compression::fast());
        writer.write_all(bytes).expect("written");
        writer.finish().expect("written");
    };
    // What is packed in it is not unpacked, which would never end where a file holds itself.
    pack(&[0x1F, 0x8B, 0, 0], "twice.geojson.gz");
    let (code, said) = import(data.path(), &[at("twice.geojson.gz").to_str().expect("a path"), "--dry-run"]);
    assert!(code == Some(2) && said.contains("packed once more by gzip"), "{said}");
    for (name, packed) in [("originals.geojson", "originals.geojson.gz"), ("c.gpkg", "c.gpkg.gz")] {
        pack(&fs::read(at(name)).expect("read"), packed);
        taken(data.path(), &at(packed), &[]);
        assert_same_places(data.path(), 1e-6, packed);
    }
}

#[test]
fn long_numbers_beside_reals_are_told() {
    let files = tempfile::tempdir().expect("a folder");
    let file = files.path().join("numbers.geojson");
    let write = |last: Value| {
        let features = [json!(420_106_001_001_001_001_i64), last].map(|value| {
            json!({"type":"Feature","properties":{"dkbh":value,"k":value},"geometry":{"type":"Point","coordinates":[114.1,30.5]}})
        });
        fs::write(&file, json!({"type":"FeatureCollection","features":features}).to_string())
            .expect("written");
    };
    let data = folder();
    write(json!(2.5));
    let said = taken(data.path(), &file, &[]);
    assert!(said.contains("\"k\" holds whole numbers beyond 2^53 beside others that are none"), "{said}");
    // The number of a parcel is a text, and loses none.
    assert!(!said.contains("\"dkbh\" holds whole"), "{said}");
    assert!(
        imported(data.path())
            .iter()
            .any(|feature| feature["properties"]["parcel_no"] == "420106001001001001")
    );
    write(json!(3));
    let said = taken(data.path(), &file, &[]);
    assert!(!said.contains("2^53"), "{said}");
}

#[test]
fn geometries_of_a_shapefile_are_those_that_its_index_names() {
    let (_files, at) = formats();
    let (shapes, index) = (fs::read(at("a.shp")).expect("shapes"), fs::read(at("a.shx")).expect("an index"));
    // Words of 16 bits, the highest byte first.
    let bytes_of = |word: &[u8]| 2 * u32::from_be_bytes(word.try_into().expect("four bytes")) as usize;
    let words_of = |bytes: usize| u32::try_from(bytes / 2).expect("small").to_be_bytes();
    // The last shape stands first, with room that is no longer used behind each.
    let (mut moved, mut entries) = (shapes[..100].to_vec(), Vec::new());
    for entry in index[100..].chunks(8).rev() {
        let (start, length) = (bytes_of(&entry[..4]), bytes_of(&entry[4..]));
        entries.push([words_of(moved.len()), words_of(length)].concat());
        moved.extend(&shapes[start..start + 8 + length]);
        moved.extend([0; 12]);
    }
    let length = moved.len();
    moved[24..28].copy_from_slice(&words_of(length));
    entries.reverse();
    fs::write(at("a.shp"), &moved).expect("written");
    fs::write(at("a.shx"), [&index[..100], &entries.concat()].concat()).expect("written");
    let data = folder();
    let said = taken(data.path(), &at("a.shp"), &[]);
    assert!(said.contains("another order than its rows"), "{said}");
    assert_same_places(data.path(), 0.1, "moved");
    // An index of fewer shapes is none of them.
    fs::write(at("a.shp"), &shapes).expect("written");
    fs::write(at("a.shx"), &index[..index.len() - 8]).expect("written");
    fs::rename(at("a.dbf"), at("A.DBF")).expect("renamed");
    let said = taken(data.path(), &at("a.shp"), &[]);
    assert!(said.contains("its .shx is not that of its .shp"), "{said}");
    assert_same_places(data.path(), 0.1, "running");
}
