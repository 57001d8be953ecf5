//! Values, headings and ids of tables: does what is imported hold what stood in the file, and is it served?

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::intake::{folder, gdal, import, import_into, imported, refused_rows, taken, workbook};

/// The data that comes with the program, of parcels only so many.
fn shipped(parcels: usize) -> TempDir {
    let copy = tempfile::tempdir().expect("a folder");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in ["geodata", "seeds"] {
        fs::create_dir(copy.path().join(folder)).expect("a folder");
        for entry in fs::read_dir(root.join(folder)).expect("the data") {
            let path = entry.expect("an entry").path();
            fs::copy(&path, copy.path().join(folder).join(path.file_name().expect("a name")))
                .expect("copied");
        }
    }
    let path = copy.path().join("geodata/parcels.geojson");
    let mut read: Value = serde_json::from_slice(&fs::read(&path).expect("the parcels")).expect("JSON");
    read["features"].as_array_mut().expect("features").truncate(parcels);
    fs::write(&path, read.to_string()).expect("written");
    copy
}

/// The file that the catalogue names for a collection, and whether it says that the collection is made up.
fn entry(data: &Path, collection: &str) -> (PathBuf, bool) {
    let catalog: toml::Table =
        fs::read_to_string(data.join("catalog.toml")).expect("a catalogue").parse().expect("TOML");
    let layers = catalog["layers"].as_array().expect("layers");
    let layer = layers.iter().find(|layer| layer["id"].as_str() == Some(collection)).expect("the collection");
    (data.join(layer["file"].as_str().expect("a file")), layer["synthetic"].as_bool() == Some(true))
}

/// The values of the features of a file by their ids, without those that are null.
fn values(path: &Path) -> BTreeMap<String, BTreeMap<String, Value>> {
    let read: Value = serde_json::from_slice(&fs::read(path).expect("the data")).expect("JSON");
    let properties = |feature: &Value| {
        let all = feature["properties"].as_object().expect("an object").iter();
        all.filter(|(name, value)| *name != "id" && !value.is_null())
            .map(|(name, value)| {
                let value = value.as_f64().map_or_else(|| value.clone(), |number| json!(number));
                (name.clone(), value)
            })
            .collect()
    };
    let features = read["features"].as_array().expect("features").iter();
    features.map(|feature| (feature["id"].as_str().expect("an id").to_owned(), properties(feature))).collect()
}

fn innospace(data: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_innospace"))
        .args(arguments)
        .arg("--data")
        .arg(data)
        .output()
        .expect("the program starts");
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// How many features of a collection are served.
fn served(data: &Path, collection: &str) -> usize {
    let said = innospace(data, &["count", collection]);
    said.lines().nth(1).and_then(|count| count.trim().parse().ok()).unwrap_or_else(|| panic!("{said}"))
}

#[test]
fn collections_come_back_the_same_through_every_format() {
    let folder = shipped(40);
    let data = folder.path().join("geodata");
    let ways = [
        ("csv", "en"),
        ("xlsx", "zh"),
        ("xlsx", "en"),
        ("parquet", "en"),
        ("geojson", "en"),
        ("fgb", "en"),
        ("kml", "zh"),
    ];
    // Regions lie too far from the zone to be taken without a word; of what has few fields of its own two ways do.
    let few = ["zone", "subdistricts", "water", "cores", "axes", "belts"].map(|name| (name, &ways[..2]));
    let all = ["roads", "transit", "links", "sites", "facilities", "parcels"].map(|name| (name, &ways[..]));
    for (collection, (ending, lang)) in few
        .into_iter()
        .chain(all)
        .flat_map(|(collection, ways)| ways.iter().map(move |way| (collection, *way)))
    {
        let what = format!("{collection} as {ending} in {lang}");
        let (before, was_made_up) = entry(&data, collection);
        let before = values(&before);
        let file = folder.path().join(format!("{collection}-{lang}.{ending}"));
        let file = file.to_str().expect("a path");
        innospace(&data, &["items", collection, "-o", file, "--lang", lang]);
        let (code, said) = import_into(collection, &data, &[file, "--yes"]);
        assert_eq!(code, Some(0), "{what}: {said}");
        let (path, is_made_up) = entry(&data, collection);
        let mut after = values(&path);
        assert_eq!(is_made_up, was_made_up, "{what}: {said}");
        if ending == "csv" {
            assert_eq!(served(&data, collection), before.len(), "{what}");
        }
        for (id, own) in &mut after {
            let before = before.get(id).unwrap_or_else(|| panic!("{what}: {id} is new"));
            // What an import adds where nothing was.
            for added in ["synthetic", "area_m2", "source"] {
                if !before.contains_key(added) {
                    own.remove(added);
                }
            }
            assert_eq!(own, before, "{what}: {id}\n{said}");
        }
        assert_eq!(after.len(), before.len(), "{what}");
    }
}

/// What nobody declared is of the kind that it was, also where a format has nothing but texts for it.
#[test]
fn fields_of_no_catalogue_come_back_of_their_kind() {
    let data = tempfile::tempdir().expect("a folder");
    let files = tempfile::tempdir().expect("a folder");
    let feature = |at: usize, own: Value| {
        json!({"type":"Feature","id":format!("e-{at}"),"properties":own,
               "geometry":{"type":"Point","coordinates":[114.0 + 0.01 * f64::from(u8::try_from(at).expect("few")), 30.4]}})
    };
    let all = json!({"type":"FeatureCollection","features":[
        feature(0, json!({"flag":true,"tags":["a","b"],"tiny":1e-12,"seen":"2026-05-01T08:00:00Z","room":"1E5"})),
        feature(1, json!({"flag":false,"tags":[],"tiny":-2.5,"seen":"2026-05-02T09:30:00Z","room":"0012"})),
        feature(2, json!({"flag":null,"tags":["[1]"],"tiny":null,"seen":null,"room":"7"})),
    ]});
    fs::write(data.path().join("extras.geojson"), all.to_string()).expect("written");
    let before = values(&data.path().join("extras.geojson"));
    let endings = ["csv", "parquet", "fgb", "kml", "geojson", "ndjson"];
    let file =
        |ending: &str| files.path().join(format!("extras.{ending}")).to_str().expect("a path").to_owned();
    for ending in endings {
        innospace(data.path(), &["items", "extras", "-o", &file(ending), "--lang", "en"]);
    }
    for ending in endings {
        let file = &file(ending);
        let (code, said) = import_into("again", data.path(), &[file, "--yes"]);
        assert_eq!(code, Some(0), "{ending}: {said}");
        assert!(!said.contains("states no zone"), "{ending}: {said}");
        let (path, _) = entry(data.path(), "again");
        let after = values(&path);
        assert_eq!(after.len(), 3, "{ending}");
        for (id, own) in &after {
            for (name, value) in &before[id] {
                assert_eq!(own.get(name).unwrap_or(&Value::Null), value, "{ending}: {name} of {id}\n{said}");
            }
            assert!(!own.contains_key("name_zh") && !own.contains_key("name"), "{ending}: {own:?}");
        }
    }
}

/// GDAL writes lists as texts of JSON where a format has none; people write them one after the other.
#[test]
fn lists_come_back_from_texts() {
    let files = tempfile::tempdir().expect("a folder");
    let path = |name: &str| files.path().join(name).to_str().expect("a path").to_owned();
    let features = json!({"type":"FeatureCollection","features":[
        {"type":"Feature","properties":{"id":"a","plan_refs":["2.1","3.4"],"aliases":["East; Yard"],"tags":["x","y z"]},
         "geometry":{"type":"Point","coordinates":[114.0,30.4]}},
        {"type":"Feature","properties":{"id":"b","plan_refs":["2.1"],"aliases":[],"tags":["[1]"]},
         "geometry":{"type":"Point","coordinates":[114.1,30.4]}}]});
    fs::write(path("lists.geojson"), features.to_string()).expect("written");
    gdal(&["-f", "GPKG", &path("lists.gpkg"), &path("lists.geojson")]);
    gdal(&["-f", "CSV", "-lco", "GEOMETRY=AS_XY", &path("lists.csv"), &path("lists.geojson")]);
    let by_hand = "id,规划章节,别名,tags,经度,纬度\na,2.1；3.4,East Yard | 东院,x;y,114.0,30.4\nb,\"[\"\"2.1\"\"]\",,x,114.1,30.4\n";
    fs::write(path("hand.csv"), by_hand).expect("written");
    for name in ["lists.gpkg", "lists.csv"] {
        let data = folder();
        let (code, said) = import_into("lists", data.path(), &[&path(name), "--yes"]);
        assert_eq!(code, Some(0), "{name}: {said}");
        let after = values(&entry(data.path(), "lists").0);
        let field = |id: &str, name: &str| after[id].get(name).cloned().unwrap_or_default();
        assert_eq!(field("a", "plan_refs"), json!(["2.1", "3.4"]), "{name}: {said}");
        assert_eq!(field("b", "plan_refs"), json!(["2.1"]), "{name}: {said}");
        assert_eq!(field("a", "aliases"), json!(["East; Yard"]), "{name}: {said}");
        assert_eq!(
            (field("a", "tags"), field("b", "tags")),
            (json!(["x", "y z"]), json!(["[1]"])),
            "{name}: {said}"
        );
    }
    let data = folder();
    let (code, said) = import_into("lists", data.path(), &[&path("hand.csv"), "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("is read as a list"), "{said}");
    let after = values(&entry(data.path(), "lists").0);
    assert_eq!(after["a"]["plan_refs"], json!(["2.1", "3.4"]), "{said}");
    assert_eq!(after["b"]["plan_refs"], json!(["2.1"]), "{said}");
    assert_eq!(after["a"]["aliases"], json!(["East Yard", "东院"]), "{said}");
    assert_eq!(after["a"]["tags"], "x;y", "nobody knows what other headings hold");
}

/// At 30.405 degrees a square of a hundredth of a degree has 961 m by 1,109 m, and 1.344 times that on a Mercator plane.
#[test]
fn areas_of_mercator_are_left_out_of_the_file_that_has_them() {
    let files = tempfile::tempdir().expect("a folder");
    let write = |name: &str, id: &str, area: u32| {
        let row = |at: u32| {
            let (west, east) = (114.0 + 0.02 * f64::from(at), 114.01 + 0.02 * f64::from(at));
            format!(
                "{id}-{at},{area},\"POLYGON(({west} 30.4,{east} 30.4,{east} 30.41,{west} 30.41,{west} 30.4))\"\n"
            )
        };
        let path = files.path().join(name);
        fs::write(&path, format!("地块编号,用地面积,WKT\n{}{}{}", row(0), row(1), row(2))).expect("written");
        path.to_str().expect("a path").to_owned()
    };
    let (wrong, right) = (write("m1.csv", "a", 1_432_000), write("m2.csv", "b", 1_065_000));
    let data = folder();
    let (code, said) = import_into("lots", data.path(), &[&wrong, &right, "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    let (_, of_right) = said.split_once("m2.csv: 3 rows").expect("the second file");
    assert!(
        said.contains("holds areas of Web Mercator") && !of_right.contains("holds areas of Web Mercator"),
        "{said}"
    );
    let after = values(&entry(data.path(), "lots").0);
    let area = |id: &str| after[id]["area_m2"].as_f64().unwrap_or_else(|| panic!("{id}: {said}"));
    assert!((area("a-0") / (961.0 * 1109.0) - 1.0).abs() < 0.01, "measured: {}", area("a-0"));
    assert!((area("b-0") - 1_065_000.0).abs() < 0.5, "stated: {}", area("b-0"));
}

#[test]
fn a_limit_of_a_whole_number_is_told_and_a_name_of_digits_is_kept() {
    let files = tempfile::tempdir().expect("a folder");
    let path = |name: &str| files.path().join(name).to_str().expect("a path").to_owned();
    fs::write(path("a.csv"), "id,年份,lon,lat\na,≤2024,114.0,30.4\nb,2023,114.1,30.4\n").expect("written");
    let data = folder();
    let (code, said) = import_into("years", data.path(), &[&path("a.csv"), "--yes"]);
    assert!(code == Some(0) && said.contains("\"≤2024\" is a limit"), "{said}");
    assert_eq!(values(&entry(data.path(), "years").0)["a"]["year"].as_f64(), Some(2024.0));
    let mark = "<Placemark><name>12</name><ExtendedData><Data name=\"storeys\"><value>12</value></Data>\
                <Data name=\"地块编号\"><value>A-1</value></Data></ExtendedData><Point><coordinates>114.0,30.4</coordinates></Point></Placemark>\
                <Placemark><name>A-2</name><ExtendedData><Data name=\"地块编号\"><value>A-2</value></Data></ExtendedData>\
                <Point><coordinates>114.1,30.4</coordinates></Point></Placemark>";
    fs::write(path("a.kml"), format!("<kml><Document>{mark}</Document></kml>")).expect("written");
    let (code, said) = import_into("marks", data.path(), &[&path("a.kml"), "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    let after = values(&entry(data.path(), "marks").0);
    assert_eq!(after["A-1"]["name_zh"], "12", "{said}");
    assert!(after["A-2"].get("name_zh").is_none_or(Value::is_null), "the number once more: {said}");
}

/// A heading that names no language is that of the names below it.
#[test]
fn names_are_of_the_language_that_they_are_in() {
    let files = tempfile::tempdir().expect("a folder");
    let file = files.path().join("yards.csv");
    for (names, field) in [(["East Yard", "Ōtara 2"], "name_en"), (["East Yard", "东院"], "name_zh")] {
        let rows = format!("id,name,lon,lat\na,{},114.0,30.4\nb,{},114.1,30.4\n", names[0], names[1]);
        fs::write(&file, rows).expect("written");
        let data = folder();
        let (code, said) = import_into("yards", data.path(), &[file.to_str().expect("a path"), "--yes"]);
        assert_eq!(code, Some(0), "{said}");
        assert!(said.contains(&format!("name -> {field}")), "{said}");
        let after = values(&entry(data.path(), "yards").0);
        assert_eq!((&after["a"][field], &after["b"][field]), (&names[0].into(), &names[1].into()), "{said}");
    }
}

#[test]
fn values_are_those_that_the_catalogue_declares() {
    let data = folder();
    let catalog = data.path().join("catalog.toml");
    let fields = "\n[fields.inside]\ntitle = { zh = \"是否在区内\", en = \"inside\" }\nkind = \"boolean\"\n\n\
                  [fields.others]\ntitle = { zh = \"别称\", en = \"other names\" }\nkind = \"array\"\n\n\
                  [fields.level]\ntitle = { zh = \"标高\", en = \"level\" }\nunit = \"m\"\nkind = \"real\"\n\n\
                  [fields.seen]\nkind = \"timestamp\"\n\n[fields.storeys]\nkind = \"integer\"\n";
    fs::write(&catalog, fs::read_to_string(&catalog).expect("text") + fields).expect("written");
    let path = data.path().join("a.csv");
    let rows = [
        "地块编号,是否在区内,别称,level (m),seen,storeys,x,y",
        "A,是,\"[\"\"甲\"\",\"\"乙\"\"]\",-1.5,2026-05-01T08:00:00+08:00,3,114.1,30.4",
        "B,√,[],2,2026-05-01 08:00:00,4.0,114.11,30.4",
        "C,n,\"[1]\",0,,—,114.12,30.4",
        "D,maybe,[],high,noon,3.5,114.13,30.4",
    ];
    fs::write(&path, rows.join("\n")).expect("written");
    let (said, all) = taken(data.path(), &path);
    assert_eq!(served(data.path(), "parcels"), 4, "{said}");
    let column = |name: &str| all.iter().map(|own| own[name].clone()).collect::<Vec<_>>();
    assert_eq!(column("inside"), [json!(true), json!(true), json!(false), json!(null)]);
    assert_eq!(column("others"), [json!(["甲", "乙"]), json!([]), json!([1]), json!([])]);
    assert_eq!(column("level"), [json!(-1.5), json!(2), json!(0), json!(null)]);
    assert_eq!(column("storeys"), [json!(3), json!(4), json!(null), json!(null)]);
    assert_eq!(column("seen")[1], json!("2026-05-01 08:00:00"));
    let note = all[3]["note"].as_str().expect("a note");
    for kept in ["inside: maybe", "level: high", "seen: noon", "storeys: 3.5"] {
        assert!(note.contains(kept), "{note}");
    }
    assert!(said.contains("of which zone the times of \"seen\" are"), "{said}");
    assert!(!said.contains("zone the times of \"storeys\""), "{said}");
    // A title does not make a field of what cannot be its values.
    fs::write(&path, "地块编号,别称,x,y\nA,甲,114.1,30.4\n").expect("written");
    let (said, all) = taken(data.path(), &path);
    assert_eq!(all[0]["别称"], "甲", "{said}");
}

#[test]
fn what_would_not_be_served_whole_is_not_put_in_place() {
    let data = folder();
    let catalog = data.path().join("catalog.toml");
    // Nothing that an import makes of a source is a date.
    let text = fs::read_to_string(&catalog).expect("text") + "\n[fields.source]\nkind = \"date\"\n";
    fs::write(&catalog, &text).expect("written");
    let path = data.path().join("a.csv");
    fs::write(&path, "地块编号,x,y\nA,114.1,30.4\nB,114.11,30.4\n").expect("written");
    let file = path.to_str().expect("a path");
    for form in ["geojson", "geoparquet"] {
        let (code, said) = import(data.path(), &[file, "--yes", "--store-as", form]);
        assert_ne!(code, Some(0), "{said}");
        assert!(said.contains("0 of 2 features would be served") && said.contains("\"source\""), "{said}");
        assert_eq!(fs::read_to_string(&catalog).expect("text"), text, "{form}");
        let files: Vec<_> =
            fs::read_dir(data.path()).expect("a folder").flatten().map(|entry| entry.file_name()).collect();
        assert!(!files.iter().any(|name| name.to_string_lossy().starts_with("parcels-")), "{files:?}");
    }
    assert_eq!(served(data.path(), "parcels"), 1);
}

#[test]
fn of_limits_that_which_binds_is_the_field() {
    let data = folder();
    let path = data.path().join("a.csv");
    for [lower, upper] in [
        ["(下限)", "(上限)"],
        ["（最小值）", "（最大值）"],
        [" 最小", " 最大"],
        ["下限", "上限"],
        ["(≥)", "(≤)"],
        ["≥", "≤"],
        ["（不低于）", "（不高于）"],
        [" (min)", " (max)"],
    ] {
        let columns = ["容积率", "建筑密度(%)", "绿地率(%)", "建筑限高(m)"];
        let head: Vec<_> =
            columns.iter().flat_map(|name| [format!("{name}{lower}"), format!("{name}{upper}")]).collect();
        let text = format!("地块编号,{},x,y\nA,0.1,1.2,1,20,30,88,2,24,114.1,30.4\n", head.join(","));
        fs::write(&path, text).expect("written");
        let (said, all) = taken(data.path(), &path);
        let own = &all[0];
        let found = ["far", "density", "green_ratio", "height_m"].map(|name| own[name].as_f64());
        assert_eq!(found, [Some(1.2), Some(0.2), Some(0.3), Some(24.0)], "{lower}: {said}");
        assert_eq!(own[&head[0]], 0.1, "{said}");
    }
    // The other end alone is no value of the field, and is told.
    fs::write(&path, "地块编号,容积率(≥),绿地率(≤)%,限高(≥m),x,y\nA,1.2,45,20,114.1,30.4\n")
        .expect("written");
    let (said, all) = taken(data.path(), &path);
    for (field, heading) in [("far", "容积率(≥)"), ("green_ratio", "绿地率(≤)%"), ("height_m", "限高(≥m)")]
    {
        assert!(all[0].get(field).is_none_or(Value::is_null), "{field}: {said}");
        assert!(said.contains(&format!("{heading:?} is not the limit that {field} is")), "{said}");
    }
    // A limit that does not bind is no field, and what is planned comes before what is there.
    fs::write(&path, "地块编号,容积率下限,现状建筑密度(%),规划建筑密度(%),x,y\nA,0.5,8,25,114.1,30.4\n")
        .expect("written");
    let (said, all) = taken(data.path(), &path);
    assert!(all[0].get("far").is_none_or(Value::is_null), "{said}");
    assert_eq!((&all[0]["容积率下限"], &all[0]["density"]), (&json!(0.5), &json!(0.25)), "{said}");
    assert!(
        said.contains("--map far=容积率下限") && said.contains("--map density=现状建筑密度(%)"),
        "{said}"
    );
}

/// Text files tell numbers from texts by nothing but how they are written; other formats do, and mean it.
#[test]
fn unknown_columns_of_text_files_hold_numbers_where_all_of_their_values_are_some() {
    let data = folder();
    let path = data.path().join("a.csv");
    let head = "地块编号,staff,rate,part,blank,mixed,code,门牌号,phone,digits,exponent,comma,x,y";
    let rows = [
        "A,12,0.50,7,-,3,007,12,13900000001,1234567890123456,1E5,\"1,200\",114.1,30.4",
        "B,-3,2,,,three,012,14,13900000002,2,2E5,\"1,300\",114.11,30.4",
    ];
    fs::write(&path, format!("{head}\n{}\n", rows.join("\n"))).expect("written");
    let (said, all) = taken(data.path(), &path);
    let column = |name: &str| [&all[0], &all[1]].map(|row| row.get(name).cloned().unwrap_or_default());
    assert_eq!(column("staff"), [json!(12), json!(-3)], "{said}");
    assert_eq!(column("rate").map(|rate| rate.as_f64()), [Some(0.5), Some(2.0)]);
    assert_eq!(column("part"), [json!(7), Value::Null]);
    for (name, texts) in [
        ("mixed", ["3", "three"]),
        ("code", ["007", "012"]),
        ("门牌号", ["12", "14"]),
        ("phone", ["13900000001", "13900000002"]),
        ("digits", ["1234567890123456", "2"]),
        ("exponent", ["1E5", "2E5"]),
        ("comma", ["1,200", "1,300"]),
    ] {
        assert_eq!(column(name), texts.map(|text| json!(text)), "{name}: {said}");
    }
    // A value far from those that a sample of rows would hold makes texts of all.
    let many = |last: &str| {
        let rows = (0..5000).map(|at| format!("P{at},{at},114.{at:04},30.4\n"));
        format!("地块编号,staff,x,y\n{}P,{last},114.2,30.5\n", rows.collect::<String>())
    };
    for (last, want) in [("5000", json!(0)), ("none yet", json!("0"))] {
        fs::write(&path, many(last)).expect("written");
        let (said, all) = taken(data.path(), &path);
        let first = all.iter().find(|row| row["parcel_no"] == "P0").expect("the row");
        assert_eq!(first["staff"], want, "{said}");
    }
    // A collection that has texts keeps them.
    fs::write(&path, "地块编号,staff,x,y\nQ,77,114.3,30.5\n").expect("written");
    let (code, said) = import(data.path(), &[path.to_str().expect("a path"), "--yes", "--append"]);
    assert_eq!(code, Some(0), "{said}");
    let last = imported(data.path()).into_iter().find(|row| row["properties"]["parcel_no"] == "Q");
    assert_eq!(last.expect("the row")["properties"]["staff"], "77", "{said}");
}

/// Lengths state their unit in the heading, beside them or in the cell; what is no length is no height.
#[test]
fn heights_are_metres_whatever_unit_they_are_written_in() {
    let data = folder();
    let path = data.path().join("a.csv");
    let height = |heading: &str, value: &str| {
        fs::write(&path, format!("地块编号,{heading},x,y\nA,{value},114.1,30.4\n")).expect("written");
        let (said, all) = taken(data.path(), &path);
        (all[0].get("height_m").and_then(Value::as_f64), said)
    };
    // A foot is 0.3048 m, a yard 0.9144 m, a zhang ten thirds of a metre.
    for (heading, value, metres) in [
        ("Height (ft)", "60", 18.288),
        ("height_ft", "60", 18.288),
        ("Max height [feet]", "60", 18.288),
        ("建筑限高（英尺）", "60", 18.288),
        ("Height (yd)", "10", 9.144),
        ("建筑限高（cm）", "6000", 60.0),
        ("限高mm", "6000", 6.0),
        ("限高/分米", "600", 60.0),
        ("限高(≤千米)", "0.06", 60.0),
        ("限高（单位：丈）", "6", 20.0),
        ("限高（m）", "60", 60.0),
        // What stands in the cell comes before the heading.
        ("限高（cm）", "60米", 60.0),
        ("限高", "60 ft", 18.288),
    ] {
        let (found, said) = height(heading, value);
        assert!(
            found.is_some_and(|found| (found - metres).abs() < 1e-6),
            "{heading} {value}: {found:?} {said}"
        );
        assert_eq!(
            said.contains("its heights are read in metres"),
            heading != "限高" && heading != "限高（m）",
            "{said}"
        );
    }
    for (unit, metres) in [("cm", 0.6), ("英尺", 18.288)] {
        let (found, said) = height("建筑限高,单位", &format!("60,{unit}"));
        assert_eq!(found, Some(metres), "{unit}: {said}");
    }
    for (heading, field) in [
        ("容积率（%）", "far"),
        ("绿地率（m²/人）", "green_ratio"),
        ("建筑限高（%）", "height_m"),
        ("位置精度（cm）", "accuracy_m"),
    ] {
        fs::write(&path, format!("地块编号,{heading},x,y\nA,12,114.1,30.4\n")).expect("written");
        let (said, all) = taken(data.path(), &path);
        assert!(all[0].get(field).is_none_or(Value::is_null), "{heading}: {said}");
        assert_eq!(all[0][heading], 12, "{heading}");
        assert!(said.contains("measures something else"), "{heading}: {said}");
    }
    let (_, said) = height("容积率（-）", "1.5");
    assert!(said.contains("容积率（-） -> far"), "{said}");
}

/// Workbooks may count days from 1904 on, also those that are shown as numbers.
#[test]
fn days_are_counted_as_their_workbook_counts_them() {
    let data = folder();
    let path = data.path().join("days.xlsx");
    workbook(&path, &[&["地块编号", "批准日期", "x", "y"], &["A", "", "114.1", "30.4"]], |sheet| {
        sheet.write_number(1, 1, 42_800).expect("a day");
    });
    // ECMA-376, 18.17.4.1: 1900-01-01 is day 1 and 1900 has a 29th of February, 1904-01-01 is day 0.
    let (said, all) = taken(data.path(), &path);
    assert_eq!(all[0]["valid_from"], "2017-03-06", "{said}");
    let mut book = zip::ZipArchive::new(fs::File::open(&path).expect("the workbook")).expect("an archive");
    let other = data.path().join("days1904.xlsx");
    let mut written = zip::ZipWriter::new(fs::File::create(&other).expect("a file"));
    for at in 0..book.len() {
        let mut text = String::new();
        let mut part = book.by_index(at).expect("a part");
        part.read_to_string(&mut text).expect("text");
        let text = text.replace("<workbookPr ", "<workbookPr date1904=\"1\" ");
        written
            .start_file(part.name().expect("a name"), zip::write::SimpleFileOptions::default())
            .expect("a part");
        written.write_all(text.as_bytes()).expect("written");
    }
    written.finish().expect("an archive");
    let (said, all) = taken(data.path(), &other);
    assert_eq!(all[0]["valid_from"], "2021-03-07", "{said}");
    assert!(said.contains("counts so, from 1904 on"), "{said}");
}

/// A mark that is never closed makes one cell of all that follows.
#[test]
fn a_quotation_mark_that_is_never_closed_is_no_end_of_a_table() {
    let data = folder();
    let path = data.path().join("a.csv");
    for separator in [",", "\t", ";"] {
        let rows = |second: &str, third: &str, last: &str| {
            format!("地块编号,备注,x,y\nA-1,\"一,\n期\",114.1,30.4\nA-2,{second},114.2,30.4\nA-3,{third},114.3,{last}\n")
                .replace(',', separator)
        };
        fs::write(&path, rows("\"二期", "管", "30.4")).expect("written");
        let (code, said) = import(data.path(), &[path.to_str().expect("a path"), "--yes"]);
        assert!(code == Some(2) && said.contains("line 4 is never closed"), "{said}");
        fs::write(&path, rows("\"二\"\"期\"\"\"", "5\" 管", "\"30.4")).expect("written");
        let (code, said) = import(data.path(), &[path.to_str().expect("a path"), "--yes"]);
        assert!(code == Some(2) && said.contains("line 5 is never closed"), "{said}");
        fs::write(&path, rows("\"二\"\"期\"\"\"", "5\" 管", "\"30.4\"")).expect("written");
        let (said, all) = taken(data.path(), &path);
        assert_eq!(all.len(), 3, "{said}");
        let notes: Vec<&str> = all.iter().filter_map(|row| row["note"].as_str()).collect();
        assert!(notes.contains(&"二\"期\"") && notes.contains(&"5\" 管"), "{notes:?}");
    }
}

#[test]
fn a_balance_beside_the_parcels_is_none_of_them() {
    let data = folder();
    for (rows, below) in [(3, 6), (12, 40)] {
        let path = data.path().join(format!("{rows}.csv"));
        let line = |row: usize| {
            let balance = if row < rows { format!("居住用地,{row}.5") } else { ",".to_owned() };
            format!("A-{row},114.{row:02},30.4,1.5,,{balance}\n")
        };
        let head = "地块编号,经度,纬度,容积率,,用地类别,用地面积(公顷)\n";
        let text = head.to_owned() + &(0..below).map(line).collect::<String>();
        fs::write(&path, text).expect("written");
        let (said, all) = taken(data.path(), &path);
        assert!(said.contains("the columns from F on stand beside the table"), "{said}");
        let first = all.iter().find(|row| row["parcel_no"] == "A-0").expect("the first");
        for field in ["use_name_zh", "use_code", "area_m2"] {
            assert!(first.get(field).is_none_or(Value::is_null), "{field}: {first}");
        }
        assert_eq!(first["beside 用地类别"], "居住用地");
        assert_eq!(all.len(), below);
    }
    // Columns behind an empty one that are filled as the others are belong to them, and so do remarks here and there.
    for cells in [["R2", "R2", "R2"], ["", "R2", ""], ["R2", "", "R2"]] {
        let path = data.path().join("whole.csv");
        let row = |at: usize, cell: &str| {
            format!("A-{at},114.1{at},30.4,,{cell},{}\n", if cell.is_empty() { "" } else { "12" })
        };
        let rows: String = cells.iter().enumerate().map(|(at, cell)| row(at, cell)).collect();
        fs::write(&path, format!("地块编号,经度,纬度,,用地代码,用地面积(公顷)\n{rows}")).expect("written");
        let (said, all) = taken(data.path(), &path);
        assert_eq!(
            all.iter().filter(|row| row["area_m2"] == 120_000).count(),
            cells.iter().filter(|cell| !cell.is_empty()).count(),
            "{said}"
        );
    }
}

#[test]
fn made_up_ids_never_clash() {
    let data = folder();
    let write = |name: &str, text: &str| {
        let path = data.path().join(name);
        fs::write(&path, text).expect("written");
        path.to_str().expect("a path").to_owned()
    };
    let first = write("nn.csv", "业主,x,y\n甲,114.1,30.4\n乙,114.11,30.4\n丙,?,30.4\n丁,114.13,30.4\n");
    let (code, said) = import(data.path(), &[&first, "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    let second = write("nn2.csv", "业主,x,y\n戊,114.2,30.4\n己,114.21,30.4\n");
    let (code, said) = import(data.path(), &[&second, "--yes", "--append"]);
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("whether the collection has them already is not told"), "{said}");
    let refused = data.path().join("nn.refused.csv");
    let mended = fs::read_to_string(&refused).expect("refused rows").replace('?', "114.12");
    let mended = write("mended.csv", &mended);
    let (code, said) = import(data.path(), &[&mended, "--yes", "--append"]);
    assert_eq!(code, Some(0), "{said}");
    let all = values(&entry(data.path(), "parcels").0);
    let owners = |id: &str| all[id]["业主"].as_str().expect("a text").to_owned();
    let ids = ["row-1", "row-2", "row-4", "row-5", "row-6", "row-7"];
    assert_eq!(ids.map(owners).concat(), "甲乙丁戊己丙");
    assert_eq!(all.len(), 6);
}

#[test]
fn a_number_that_comes_twice_may_be_mended() {
    let data = folder();
    let path = data.path().join("dup.csv");
    fs::write(&path, "地块编号,x,y\nA,114.1,30.4\nA,114.2,?\n").expect("written");
    let (said, _) = taken(data.path(), &path);
    let (_, rows) = refused_rows(&data.path().join("dup.refused.csv"));
    assert_eq!(rows.len(), 1, "{said}");
    let text =
        fs::read_to_string(data.path().join("dup.refused.csv")).expect("text").replace(",?,", ",30.5,");
    let mended = data.path().join("mended.csv");
    fs::write(&mended, text).expect("written");
    let file = mended.to_str().expect("a path");
    let (code, said) = import(data.path(), &[file, "--yes", "--append"]);
    assert!(code == Some(0) && said.contains("taken as \"A-2\""), "{said}");
    let (code, said) = import(data.path(), &[file, "--yes", "--append"]);
    assert!(code != Some(0) && said.contains("already in the collection"), "twice: {said}");
    assert_eq!(served(data.path(), "parcels"), 2);
}

#[test]
fn numbers_of_parcels_that_programs_spoilt_are_told() {
    let data = folder();
    let book = data.path().join("a.xlsx");
    workbook(&book, &[&["地块编号", "x", "y"]], |sheet| {
        for row in 1..4 {
            for (column, number) in
                [(0, 420_113_001_001_000_001.0), (1, 114.1 + 0.01 * f64::from(row)), (2, 30.4)]
            {
                sheet.write_number(row, column, number).expect("written");
            }
        }
    });
    let (said, _) = taken(data.path(), &book);
    assert!(said.contains("has made of a number of a parcel"), "{said}");
    let table = data.path().join("a.csv");
    let trap = |number: &str| {
        fs::write(&table, format!("地块编号,x,y\n{number},114.1,30.4\nB-2,114.11,30.4\n")).expect("written");
        taken(data.path(), &table).0.contains("has made of a number of a parcel")
    };
    for number in
        ["3月4日", "2024年3月4日", "4-Mar", "Mar-24", "4-Mar-2024", "2024/1/2", "####", "#REF!", "1.23E+14"]
    {
        assert!(trap(number), "{number}");
    }
    for number in ["3-4", "A-Mar", "2024-17", "12/3", "#3", "3月", "420113001001000000", "20240102"] {
        assert!(!trap(number), "{number}");
    }
}

#[test]
fn rows_of_totals_are_told_by_their_words_and_sums() {
    let data = folder();
    let path = data.path().join("a.csv");
    let rows = |rows: &[&str]| {
        let text = format!(
            "序号,地块编号,用地面积(公顷),容积率,x,y\n1,A,0.6484,1.2,114.1,30.4\n2,B,0.6885,1.3,114.11,30.4\n{}\n",
            rows.join("\n")
        );
        fs::write(&path, text).expect("written");
        let (said, all) = taken(data.path(), &path);
        (said, all.len())
    };
    for row in [
        "总用地面积,,5,,,",
        "总面积：,,5,,,",
        "汇总,,5,,,",
        "累计,,5,,,",
        "平均,,,1.25,,",
        "占比,,0.3,,,",
        "其中：,,1,,,",
        "数据来源：规划局,,,,,",
        "*容积率为上限,,,,,",
        ",,1.3369,,,",
        ",本页汇总,9,,,",
        ",平均值,,1.25,,",
    ] {
        let (said, count) = rows(&[row]);
        assert_eq!(count, 2, "{row}: {said}");
    }
    // Groups have sums, too, and then there is that of all.
    let (said, count) =
        rows(&[",,1.3369,,,", "3,C,0.5,1,114.12,30.4", "4,D,0.25,1,114.13,30.4", ",,0.75,,,", ",,2.0869,,,"]);
    assert_eq!(count, 4, "{said}");
    // Totals have fewer digits than what they sum.
    let (said, count) = rows(&[",,1.3,,,"]);
    assert_eq!(count, 2, "{said}");
    // Parcels without position, one without a number whose area is no sum, one that lies somewhere.
    for row in ["3,C,1.3369,,,", "3,,0.7,,,", "3,,1.3369,,114.12,30.4"] {
        let (said, count) = rows(&[row]);
        assert_eq!(count, 3, "{row}: {said}");
    }
}

#[test]
fn tables_of_reports_hold_traps() {
    let data = folder();
    let path = data.path().join("a.csv");
    fs::write(&path, "地块编号,容积率下限,x,y\nA,0.5,114.1,30.4\n").expect("written");
    let report = data.path().join("out/report.csv");
    fs::create_dir(report.parent().expect("a folder")).expect("made");
    let [file, report] = [&path, &report].map(|path| path.to_str().expect("a path"));
    let (code, said) = import(data.path(), &[file, "--yes", "--report", report]);
    assert_eq!(code, Some(0), "{said}");
    let (head, rows) = refused_rows(Path::new(report));
    let fate = head.iter().position(|name| name == "fate").expect("a column");
    let traps: Vec<_> = rows.iter().filter(|row| row[fate] == "trap").collect();
    assert!(traps.iter().any(|row| row[fate + 2].contains("--map far=")), "{rows:?}");
}

#[test]
fn texts_of_another_encoding_are_told() {
    let data = folder();
    let path = data.path().join("a.csv");
    fs::write(&path, encoding_rs::GB18030.encode("dkbh,备注,x,y\nA,沌口,114.1,30.4\n").0).expect("written");
    let file = path.to_str().expect("a path");
    let (_, said) = import(data.path(), &[file, "--yes", "--encoding", "utf-8"]);
    assert!(said.contains("trap") && said.contains("characters that could not be read"), "{said}");
    let (_, said) = import(data.path(), &[file, "--yes"]);
    assert!(!said.contains("characters that could not be read"), "{said}");
    // One line that another program added makes no other encoding of those before it.
    let mut mixed = "dkbh,备注,x,y\nA,沌口,114.1,30.4\nB,沌阳,114.1,30.41\n".as_bytes().to_vec();
    mixed.extend_from_slice(&encoding_rs::GB18030.encode("C,军山,114.1,30.42\n").0);
    fs::write(&path, mixed).expect("written");
    let (said, all) = taken(data.path(), &path);
    assert_eq!((&all[0]["note"], &all[1]["note"]), (&json!("沌口"), &json!("沌阳")), "{said}");
    assert!(
        said.contains("1 rows hold bytes that are no UTF-8") && said.contains("(line 4 the first"),
        "{said}"
    );
}

#[test]
fn shares_below_one_among_per_cent_are_a_trap() {
    let data = folder();
    let path = data.path().join("a.csv");
    fs::write(&path, "地块编号,建筑密度,x,y\nA,35,114.1,30.4\nB,0.3,114.11,30.4\nC,40,114.12,30.4\n")
        .expect("written");
    let (said, all) = taken(data.path(), &path);
    assert_eq!(all[1]["density"], 0.003, "{said}");
    assert!(said.contains("trap") && said.contains("0.3 is taken as 0.3 %"), "{said}");
}

#[test]
fn a_spoilt_sign_does_not_change_the_encoding_of_all() {
    let data = folder();
    let path = data.path().join("spoilt.csv");
    let row = |at: u32| format!("甲地块-{at:02},新型产业用地,114.{at:02},30.4");
    let rows: Vec<String> = (0..30).map(row).collect();
    let whole = format!("地块编号,用地名称,X,Y\n{}\n", rows.join("\n"));
    let mut spoilt = whole.clone().into_bytes();
    let at = whole.find("甲地块-07").expect("a row");
    spoilt[at + 4] = 0xFF;
    for (bytes, line) in [(spoilt, 9), (whole.as_bytes()[..whole.len() - 18].to_vec(), 31)] {
        assert!(std::str::from_utf8(&bytes).is_err());
        fs::write(&path, bytes).expect("written");
        let (said, _) = taken(data.path(), &path);
        let first = format!("(line {line} the first of them)");
        assert!(said.contains("1 rows hold bytes that are no UTF-8") && said.contains(&first), "{said}");
        let all = imported(data.path());
        let named = |feature: &&Value| feature["properties"]["use_name_zh"] == "新型产业用地";
        assert!(all.iter().filter(named).count() >= 29, "{all:?}");
    }
    let (gbk, ..) = encoding_rs::GBK.encode("地块编号,备注,X,Y\nA-1,甲,114.1,30.4\n");
    fs::write(&path, gbk).expect("written");
    let (said, got) = taken(data.path(), &path);
    assert!(said.contains("read as gb18030") && got[0]["note"] == "甲", "{said}");
}

#[test]
fn guards_that_are_written_before_formulas_are_taken_off() {
    let data = folder();
    let path = data.path().join("guards.csv");
    fs::write(&path, "地块编号,备注,X,Y\nA-1,'@x,114.1,30.4\nA-2,'-abc,114.1,30.5\nA-3,'=a,114.2,30.4\nA-4,'t Hof,114.2,30.5\n")
        .expect("written");
    let (said, got) = taken(data.path(), &path);
    assert_eq!(
        got.iter().map(|row| &row["note"]).collect::<Vec<_>>(),
        ["@x", "-abc", "=a", "'t Hof"],
        "{said}"
    );
}

#[test]
fn what_was_there_is_no_plan() {
    let data = folder();
    let path = data.path().join("a.csv");
    let text = "地块编号,现状容积率,现状建筑密度(%),规划用地性质,现状用地性质,现状用地代码,x,y\nA,1.2,45,二类居住用地,一类工业用地,M1,114.1,30.4\n";
    fs::write(&path, text).expect("written");
    let (said, all) = taken(data.path(), &path);
    for field in ["far", "density"] {
        assert!(all[0].get(field).is_none_or(Value::is_null), "{field}: {said}");
    }
    // By its name alone: 二类居住用地 is R2.
    assert_eq!((&all[0]["use_code"], &all[0]["现状用地代码"]), (&json!("R2"), &json!("M1")), "{said}");
    assert_eq!(all[0]["现状容积率"], 1.2, "{said}");
    for heading in ["far=现状容积率", "density=现状建筑密度(%)", "use_code=现状用地代码"] {
        assert!(said.contains(&format!("--map {heading} takes it")), "{heading}: {said}");
    }
}

#[test]
fn the_unit_of_the_field_and_its_own_name_come_first() {
    let data = folder();
    let path = data.path().join("a.csv");
    for columns in [[0, 1, 2, 3], [1, 0, 3, 2]] {
        let all = [("用地面积(亩)", "30.7"), ("面积(㎡)", "20465.8"), ("绿化率", "33"), ("绿地率(%)", "35")];
        let [head, row] =
            [0, 1].map(|row| columns.map(|at| if row == 0 { all[at].0 } else { all[at].1 }).join(","));
        fs::write(&path, format!("地块编号,{head},x,y\nA,{row},114.1,30.4\n")).expect("written");
        let (said, all) = taken(data.path(), &path);
        assert_eq!((&all[0]["area_m2"], &all[0]["green_ratio"]), (&json!(20465.8), &json!(0.35)), "{said}");
    }
}

#[test]
fn codes_are_codes_where_names_belong() {
    // The catalogue of these parcels calls a field 用地性质.
    let folder = shipped(1);
    let data = folder.path().join("geodata");
    let path = folder.path().join("a.csv");
    let uses = |written: &[&str]| {
        let row = |(at, code): (usize, &&str)| format!("P-{at},{code},114.1,30.4{at}\n");
        let rows: String = written.iter().enumerate().map(row).collect();
        fs::write(&path, format!("地块编号,用地性质,x,y\n{rows}")).expect("written");
        let (said, all) = taken(&data, &path);
        let text = |row: &Value, name: &str| row[name].as_str().unwrap_or_default().to_owned();
        let of = |row: &Value| [text(row, "use_code"), text(row, "use_name_zh"), text(row, "note")];
        (said, all.iter().map(of).collect::<Vec<_>>())
    };
    let (said, all) = uses(&["R2", "M1", "0701"]);
    let want = [["R2", "二类居住用地", ""], ["M1", "一类工业用地", ""], ["0701", "城镇住宅用地", ""]];
    assert_eq!(all, want, "{said}");
    assert!(said.contains("holds codes of land uses"), "{said}");
    let (said, all) = uses(&["二类居住用地", "R2/B1", "商住混合", "M0", "一类工业用地（M1）"]);
    let want = [
        ["R2", "二类居住用地", ""],
        ["R2", "二类居住用地", "用地代码: R2/B1"],
        ["", "商住混合", ""],
        ["M0", "新型产业用地", ""],
        ["M1", "一类工业用地（M1）", ""],
    ];
    assert_eq!(all, want, "{said}");
}

#[test]
fn new_type_industry_is_known_without_data_that_has_it() {
    let data = folder();
    let path = data.path().join("a.csv");
    fs::write(&path, "地块编号,用地代码,x,y\nA,R2,114.1,30.4\n").expect("written");
    taken(data.path(), &path);
    fs::write(&path, "地块编号,用地代码,x,y\nB,M0,114.1,30.41\n").expect("written");
    let file = path.to_str().expect("a path");
    let (code, said) = import(data.path(), &[file, "--yes", "--append"]);
    assert!(code == Some(0) && !said.contains("unknown code"), "{said}");
    let all = imported(data.path());
    assert_eq!(all[1]["properties"]["use_name_zh"], "新型产业用地", "{said}");
}

#[test]
fn appended_values_are_of_the_kind_that_the_collection_has() {
    let data = folder();
    let path = data.path().join("a.ndjson");
    let feature = |number: &str, own: Value| {
        let mut feature = json!({"type": "Feature", "properties": {"parcel_no": number}, "geometry": {"type": "Point", "coordinates": [114.1, 30.4]}});
        feature["properties"]
            .as_object_mut()
            .expect("an object")
            .extend(own.as_object().expect("an object").clone());
        feature.to_string() + "\n"
    };
    let first = feature("A", json!({"投资强度": 300, "达产": true, "批号": 7, "档号": 1}));
    fs::write(&path, first).expect("written");
    taken(data.path(), &path);
    let late = data.path().join("b.csv");
    fs::write(&late, "parcel_no,投资强度,达产,批号,档号,x,y\nB,303.5,false,八,007,114.11,30.4\n")
        .expect("written");
    let (code, said) = import(data.path(), &[late.to_str().expect("a path"), "--yes", "--append"]);
    assert_eq!(code, Some(0), "{said}");
    let own = &imported(data.path())[1]["properties"];
    assert_eq!((&own["投资强度"], &own["达产"]), (&json!(303.5), &json!(false)), "{said}");
    // What can be none stays, and is told.
    assert_eq!((&own["批号"], &own["档号"]), (&json!("八"), &json!("007")), "{said}");
    for name in ["批号", "档号"] {
        assert!(said.contains(&format!("{name:?} holds values that are no integer")), "{said}");
    }
}

#[test]
fn days_that_end_with_their_year_are_read_as_their_column_proves() {
    let data = folder();
    let path = data.path().join("a.csv");
    let take = |days: [&str; 3]| {
        let rows: Vec<_> =
            days.iter().zip(1..).map(|(day, at)| format!("A-{at},{day},114.1,30.4\n")).collect();
        fs::write(&path, format!("地块编号,data de registro,x,y\n{}", rows.concat())).expect("written");
        let map = "valid_from=data de registro";
        let (code, said) = import(data.path(), &[path.to_str().expect("a path"), "--yes", "--map", map]);
        assert_eq!(code, Some(0), "{said}");
        let all: Vec<[Value; 2]> = imported(data.path())
            .into_iter()
            .map(|mut row| ["valid_from", "note"].map(|name| row["properties"][name].take()))
            .collect();
        (said, all)
    };
    let (said, all) = take(["31/12/2021", "02/02/2019", ""]);
    assert!(said.contains("begin with the day, as \"31/12/2021\" shows"), "{said}");
    let days: Vec<_> = all.iter().map(|[day, _]| day.clone()).collect();
    assert_eq!(days, [json!("2021-12-31"), json!("2019-02-02"), json!(null)], "{said}");
    let (said, all) = take(["12/31/2021", "02/03/2019", "1/2/2020"]);
    assert!(said.contains("begin with the month"), "{said}");
    let days: Vec<_> = all.iter().map(|[day, _]| day.clone()).collect();
    assert_eq!(days, [json!("2021-12-31"), json!("2019-02-03"), json!("2020-01-02")], "{said}");
    // What nothing proves, or what is both, is not guessed; the note speaks in the words of the file.
    for (days, told) in [
        (["02/03/2019", "05.06.2020", "1-2-2021"], "nothing shows whether the days"),
        (["31/12/2021", "12/31/2021", "02/03/2019"], "some days of"),
    ] {
        let (said, all) = take(days);
        assert!(said.contains(told), "{said}");
        for ([day, note], written) in all.iter().zip(days) {
            assert_eq!((day, note), (&json!(null), &json!(format!("data de registro: {written}"))), "{said}");
        }
    }
}
