//! The program itself: its commands, exit codes, and GDAL as a foreign client of its service.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;

use crate::harness::{fixtures, shipped};

fn innospace(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_innospace")).args(arguments).output().expect("the program starts")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

/// A server on a free port, ended when dropped.
pub struct Server {
    process: Child,
    pub url: String,
}

impl Server {
    pub fn over(folder: &Path) -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_innospace"))
            .args([
                "serve",
                "--listen",
                "127.0.0.1:0",
                "--log",
                "innospace::cli=info",
                "--drawings",
                "off",
                "--data",
            ])
            .arg(folder)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().expect("its output")).read_line(&mut line).expect("a line");
        let url = line.trim().strip_prefix("listening on ").unwrap_or_else(|| panic!("{line:?}")).to_owned();
        Self { process, url }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// All commands speak one language unless told otherwise, and their help says which.
#[test]
fn every_command_with_words_speaks_english_when_no_language_is_named() {
    for command in [
        "find", "items", "count", "parcels", "topology", "near", "at", "distance", "along", "plan", "reach",
        "report", "map", "tiles",
    ] {
        let help = text(&innospace(&[command, "--help"]).stdout);
        let said = help.split("--lang").nth(1).unwrap_or_else(|| panic!("{command}: {help}"));
        let said = said.split("\n      --").next().expect("its part");
        assert!(said.contains("[default: en]"), "{command}: {said}");
    }
    let data = shipped().to_str().expect("a path");
    let report =
        |more: &[&str]| text(&innospace(&[&["report", "units", "--data", data], more].concat()).stdout);
    assert_eq!(report(&[]), report(&["--lang", "en"]));
    assert_ne!(report(&[]), report(&["--lang", "zh"]));
}

#[test]
fn the_shipped_data_has_no_flaw() {
    let output = innospace(&["check", "--data", shipped().to_str().expect("a path")]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stdout));
    assert!(
        text(&output.stdout).contains("0 errors, 0 skipped, 0 repaired, 0 notes"),
        "{}",
        text(&output.stdout)
    );
}

#[test]
fn check_lists_errors_and_warnings_of_all_files_and_ends_with_1() {
    let folder = tempfile::tempdir().expect("a folder");
    let check = || {
        let output = innospace(&["check", "--data", folder.path().to_str().expect("a path")]);
        (output.status.code(), text(&output.stdout))
    };
    let (code, said) = check();
    assert_eq!(code, Some(1));
    assert!(said.contains("error: ") && said.contains("neither a catalog.toml nor a *.geojson"), "{said}");
    let layer = r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","id":1,"geometry":{"type":"Point","coordinates":[30,114]},"properties":{}},
        {"type":"Feature","id":2,"geometry":{"type":"Point","coordinates":[114,30]},"properties":{}}]}"#;
    std::fs::write(folder.path().join("b.geojson"), layer).expect("written");
    let (code, said) = check();
    assert_eq!(code, Some(1));
    assert!(said.contains("b.geojson: feature 1 (id \"1\"): skipped"), "{said}");
    assert!(said.contains("1 layer, 1 feature; 0 errors, 1 skipped, 0 repaired, 0 notes"), "{said}");
    // A broken file hides nothing of the others.
    std::fs::write(folder.path().join("a.geojson"), "{").expect("written");
    let (code, said) = check();
    assert_eq!(code, Some(1));
    assert!(said.contains("error: a.geojson, line 1"), "{said}");
    assert!(said.contains("1 layer, 1 feature; 1 error, 1 skipped, 0 repaired, 0 notes"), "{said}");
    std::fs::remove_file(folder.path().join("a.geojson")).expect("removed");
    std::fs::write(folder.path().join("b.geojson"), r#"{"type":"FeatureCollection","features":[]}"#)
        .expect("written");
    assert_eq!(check().0, Some(0));
}

#[test]
fn inspect_shows_fields_with_kinds_and_nulls() {
    let data = fixtures().to_str().expect("a path");
    let output = text(&innospace(&["inspect", "--data", data, "squares"]).stdout);
    for says in [
        "squares  方块 · Squares",
        "features   9 (Polygon); 0 without position",
        "extent     1, 1, 3.8, 3.8 (west, south, east, north; degrees)",
        "time       2021-01-01T00:00:00Z/..",
        "use         text, 0 null, as in R",
        "far         real, 3 null, as in 1.5",
        "valid_to    date, 6 null, as in 2021-12-31",
    ] {
        assert!(output.contains(says), "{says}\n{output}");
    }
    let output = innospace(&["inspect", "--data", data, "circles"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("there is no layer \"circles\"; layers are squares, pacific"));
}

#[test]
fn the_shipped_parcels_are_what_the_program_makes() {
    let data = shipped().to_str().expect("a path");
    let output = innospace(&["sample", "parcels", "--count", "3000", "--seed", "1", "--data", data]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let shipped = std::fs::read(shipped().join("parcels.geojson")).expect("the parcels");
    assert!(
        output.stdout == shipped,
        "run: innospace sample parcels --count 3000 --seed 1 -o geodata/parcels.geojson"
    );
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("two.geojson");
    let file = path.to_str().expect("a path");
    let other =
        innospace(&["sample", "parcels", "--count", "3000", "--seed", "2", "--data", data, "-o", file]);
    assert!(text(&other.stderr).contains("3000 synthetic parcels"), "{}", text(&other.stderr));
    assert!(std::fs::read(&path).expect("written") != shipped);
}

#[test]
fn help_names_every_command_and_bad_usage_ends_with_2() {
    let help = text(&innospace(&["--help"]).stdout);
    for command in ["serve", "check", "inspect", "sample"] {
        assert!(help.contains(command), "{help}");
        assert!(innospace(&[command, "--help"]).status.success(), "{command}");
    }
    for arguments in [
        &["fly"][..],
        &["serve", "--listen", "everywhere"],
        &["serve", "--public-url", "map"],
        &["serve", "--public-url", "http://map.example/gis"],
        &[],
    ] {
        assert_eq!(innospace(arguments).status.code(), Some(2), "{arguments:?}");
    }
}

#[test]
fn what_the_catalogue_states_and_the_data_has_not_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    let check = |catalogue: &str| {
        write("catalog.toml", catalogue);
        let output = innospace(&["check", "--data", folder.path().to_str().expect("a path")]);
        (output.status.code(), text(&output.stdout))
    };
    write(
        "lots.geojson",
        r#"{"type":"FeatureCollection","features":[{"type":"Feature","id":"a","properties":{"zoning":"R"},"geometry":{"type":"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}}]}"#,
    );
    let layer = "[[layers]]\nid = \"lots\"\nfile = \"lots.geojson\"\ntitle = { en = \"Lots\" }\n";
    let title = "title = { en = \"Zone\" }\n";
    let (code, said) =
        check(&format!("{title}{layer}draw = \"parcel\"\n[layers.fields.zoning]\nkind = \"text\"\n"));
    assert!(code == Some(0) && said.contains("0 notes"), "{said}");
    let (code, said) = check(&format!(
        "{title}sample_areas = {{ atlantis = \"AT\" }}\n{layer}draw = \"parcels\"\n[layers.fields.zonning]\ntitle = {{ en = \"zoning\" }}\n\
         [cap]\nunit = \"unit_no\"\nuse = \"use_code\"\ncodes = [\"M0\"]\n"
    ));
    assert_eq!(code, Some(1));
    for told in [
        "draw = \"parcels\" is none of ",
        "\"zonning\"",
        "cap: no layer has",
        "sample_areas names \"atlantis\"",
        "4 notes",
    ] {
        assert!(said.contains(told), "{told}: {said}");
    }
    // A file that is broken is no slip of the catalogue's, and what rests as GeoParquet is told of as what does not.
    let cap = "[cap]\nunit = \"unit_no\"\nuse = \"use_code\"\ncodes = [\"M0\"]\n";
    write("torn.geojson", "{");
    let torn = layer.replace("lots", "torn");
    let (code, said) = check(&format!("{title}{layer}{torn}{cap}"));
    assert!(code == Some(1) && said.contains("torn.geojson, line 1") && !said.contains("cap: "), "{said}");
    let lots = folder.path().join("lots.parquet");
    let rest = [
        "items",
        "lots",
        "--data",
        folder.path().to_str().expect("a path"),
        "--format",
        "parquet",
        "--output",
    ];
    write("catalog.toml", &format!("{title}{layer}"));
    let output = innospace(&[&rest[..], &[lots.to_str().expect("a path")]].concat());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let (_, said) = check(&format!(
        "{title}{}[layers.fields.zonning]\ntitle = {{ en = \"zoning\" }}\n",
        layer.replace(".geojson", ".parquet")
    ));
    assert!(
        said.contains("lots.parquet: no feature has the field \"zonning\"") && said.contains("1 note"),
        "{said}"
    );
    let (code, said) = check(&format!("{title}{layer}geodesic = true\n"));
    assert!(code == Some(1) && said.contains("geodesic is for lines"), "{said}");
    let (code, said) = check(layer);
    assert!(code == Some(1) && said.contains("the catalogue has no title"), "{said}");
    let (code, said) = check(&format!("{title}seeds = \"nowhere\"\n{layer}"));
    assert!(code == Some(1) && said.contains("nowhere/plan.toml: cannot be read"), "{said}");
}

/// A plan and a start that nothing in the data answers to, in a zone where both numbers of a position may be latitudes.
#[test]
fn ids_of_the_plan_without_features_and_a_start_without_data_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    let catalogue = "title = { en = \"Zone\" }\nseeds = \".\"\nstart_extent = [47.3, 8.4, 47.5, 8.6]\n\
        [[layers]]\nid = \"ground\"\nfile = \"ground.geojson\"\ntitle = { en = \"Ground\" }\ndraw = \"zone\"\n";
    let plan = "[plan]\nid = \"p\"\ntitle = { en = \"P\" }\nperiod = { start = 2024, end = 2034 }\nsections = [\"1\"]\n\
        [area]\nid = \"precinct\"\nname = { en = \"Precinct\" }\nsections = [\"1\"]\n\
        [layout]\nsections = [\"1\"]\nbelts = [{ id = \"north\", name = { en = \"North\" }, sections = [\"1\"] }]\n";
    let places = "id,name_zh,name_en,aliases,kind,subtype,status,status_inferred,unit,also_kind,within,located_in,\
        inside_zone,industries,level,partners,components,facts,sections,line,note\n\
        yard,,Yard,,place,,,,,,,,,,,,,,1,,\npier,,Pier,,place,,,,,,,,,,,,,,1,,\n";
    let feature = |id: &str, x: f64| {
        format!(
            r#"{{"type":"Feature","id":"{id}","properties":{{}},"geometry":{{"type":"Point","coordinates":[{x},47.4]}}}}"#
        )
    };
    let ground = |ids: &[&str]| {
        let features: Vec<_> = ids.iter().map(|id| feature(id, 8.5)).collect();
        format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
    };
    let told = || {
        let output = innospace(&["check", "--data", folder.path().to_str().expect("a path")]);
        let said = text(&output.stdout);
        let loaded = innospace::store::Store::new(folder.path()).load(&mut |_| {}).expect("it is served");
        let log: Vec<_> = loaded.warnings.list().iter().map(|warning| format!("{warning}\n")).collect();
        assert!(said.starts_with(&log.concat()), "the service logs the same: {log:?}, {said}");
        (output.status.code(), said)
    };
    write("catalog.toml", catalogue);
    write("plan.toml", plan);
    write("places.csv", places);
    write("ground.geojson", &ground(&["site", "pier"]));
    let (code, said) = told();
    assert_eq!(code, Some(1));
    for note in [
        "catalog.toml: start_extent = [47.3, 8.4, 47.5, 8.6] touches no feature; expected west, south, east, north",
        "there is data in [8.4, 47.3, 8.6, 47.5]: do the latitudes stand first?",
        "plan.toml: key `area.id`: no layer has a feature of the id `precinct`; expected that of the zone, drawn as `site`, `pier`",
        "plan.toml: key `layout.belts`: no layer has a feature of the id `north`;",
        "places.csv: column `id`: no layer has a feature of the id `yard`;",
        "4 notes",
    ] {
        assert!(said.contains(note), "{note}: {said}");
    }
    // Not a word of it once all is right.
    write("catalog.toml", &catalogue.replace("47.3, 8.4, 47.5, 8.6", "8.4, 47.3, 8.6, 47.5"));
    write("ground.geojson", &ground(&["precinct", "north", "yard", "pier"]));
    let (code, said) = told();
    assert!(code == Some(0) && said.contains("0 notes"), "{said}");
}

#[test]
fn a_running_server_takes_up_changed_files_and_survives_broken_ones() {
    let room = tempfile::tempdir().expect("a folder");
    let folder = room.path().join("data");
    std::fs::create_dir(&folder).expect("a folder");
    let path = folder.join("a.geojson");
    let write = |text: &str| std::fs::write(&path, text).expect("written");
    let feature = r#"{"type":"Feature","id":1,"geometry":null,"properties":{}}"#;
    write(r#"{"type":"FeatureCollection","features":[]}"#);
    let mut server = Server::over(&folder);
    let mut log = BufReader::new(server.process.stderr.take().expect("its log")).lines();
    let mut hear =
        |word: &str| log.by_ref().map_while(Result::ok).find(|line| line.contains(word)).expect("a line");
    let features = || {
        let output =
            Command::new("curl").args(["-sf", &format!("{}/health", server.url)]).output().expect("curl");
        serde_json::from_slice::<Value>(&output.stdout).expect("JSON")["features"].clone()
    };
    assert_eq!(features(), 0);
    write(&format!(r#"{{"type":"FeatureCollection","features":[{feature}]}}"#));
    hear("published");
    assert_eq!(features(), 1);
    write("{");
    assert!(hear("not served").contains("a.geojson, line 1"));
    assert_eq!(features(), 1);
    write(r#"{"type":"FeatureCollection","features":[]}"#);
    hear("published");
    assert_eq!(features(), 0);
    // Another folder in its place, as where a new edition of the data is put there, is followed as the first was.
    let other = room.path().join("other");
    std::fs::create_dir(&other).expect("a folder");
    let whole = format!(r#"{{"type":"FeatureCollection","features":[{feature}]}}"#);
    std::fs::write(other.join("a.geojson"), &whole).expect("written");
    std::fs::rename(&folder, room.path().join("former")).expect("moved");
    std::fs::rename(&other, &folder).expect("moved");
    hear("published");
    assert_eq!(features(), 1);
    write(r#"{"type":"FeatureCollection","features":[]}"#);
    hear("published");
    assert_eq!(features(), 0);
    std::fs::remove_dir_all(&folder).expect("removed");
    hear("not served");
    std::fs::create_dir(&folder).expect("a folder");
    write(&whole);
    hear("published");
    write(r#"{"type":"FeatureCollection","features":[]}"#);
    hear("published");
    assert_eq!(features(), 0);
    // What stands beside it is nobody's business.
    std::fs::write(room.path().join("beside.geojson"), "{").expect("written");
    std::thread::sleep(std::time::Duration::from_millis(600));
    write(&whole);
    assert!(hear("").contains("published"));
}

#[cfg(unix)]
#[test]
fn a_server_that_is_asked_to_end_ends_with_0() {
    let mut server = Server::over(fixtures());
    let id = server.process.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().expect("kill").success());
    assert_eq!(server.process.wait().expect("an end").code(), Some(0));
}

/// What a program of GDAL prints, asked through its OGC API Features driver.
fn gdal(program: &str, server: &Server, options: &[&str], layers: &[&str]) -> String {
    let source = format!("OAPIF:{}/ogc", server.url);
    let output = Command::new(program)
        .args(options)
        .arg(&source)
        .args(layers)
        .output()
        .unwrap_or_else(|fault| panic!("{program} cannot be run ({fault}); `make tools` installs GDAL"));
    assert!(output.status.success() && output.stderr.is_empty(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// The features of a layer, read by GDAL.
fn read_by_gdal(server: &Server, options: &[&str], layer: &str) -> Vec<Value> {
    let options = [&["-f", "GeoJSON", "/vsistdout/"], options].concat();
    let text = gdal("ogr2ogr", server, &options, &[layer]);
    let json: Value = serde_json::from_str(&text).expect("JSON of ogr2ogr");
    json["features"].as_array().expect("features").clone()
}

/// What the file of a layer holds, read without our own code.
fn source(folder: &Path, layer: &str) -> Vec<Value> {
    let text = std::fs::read_to_string(folder.join(format!("{layer}.geojson"))).expect("the file");
    let json: Value = serde_json::from_str(&text).expect("JSON");
    json["features"].as_array().expect("features").clone()
}

#[test]
fn gdal_lists_and_reads_every_collection() {
    let server = Server::over(shipped());
    let listed = gdal("ogrinfo", &server, &["-ro", "-q"], &[]);
    let names: Vec<_> = listed.lines().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(names.len(), 13, "{listed}");
    for name in names {
        let (was, is) = (source(shipped(), name), read_by_gdal(&server, &[], name));
        assert_eq!(is.len(), was.len(), "{name}");
        for (was, is) in was.iter().zip(is) {
            assert_eq!(is["properties"]["id"], was["id"], "{name}");
            assert_eq!(is["properties"]["basis"], was["properties"]["basis"], "{name} {}", was["id"]);
            assert_eq!(
                is["properties"]["accuracy_m"], was["properties"]["accuracy_m"],
                "{name} {}",
                was["id"]
            );
            assert_eq!(is["geometry"]["type"], was["geometry"]["type"], "{name} {}", was["id"]);
        }
    }
}

#[test]
fn gdal_sends_its_window_to_the_service() {
    let server = Server::over(fixtures());
    let found = read_by_gdal(&server, &["-preserve_fid", "-spat", "1.75", "1.75", "2.05", "2.05"], "squares");
    let ids: Vec<_> = found.iter().map(|feature| feature["id"].to_string()).collect();
    assert_eq!(ids, ["11", "12", "21", "22"]);
}

/// RFC 7946, 3.1.9: what crosses 180 degrees is cut there. The whole world is as wide as it says.
#[test]
fn outlines_that_nobody_cut_at_180_degrees_are_told() {
    let ring =
        |west: f64, east: f64| format!("[[{west},-18],[{east},-18],[{east},-17],[{west},-17],[{west},-18]]");
    let feature = |id: &str, ring: &str| {
        format!(
            r#"{{"type":"Feature","id":"{id}","properties":{{}},"geometry":{{"type":"Polygon","coordinates":[{ring}]}}}}"#
        )
    };
    let told = |features: &[String]| {
        let folder = tempfile::tempdir().expect("a folder");
        let all = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
        std::fs::write(folder.path().join("islands.geojson"), all).expect("written");
        text(&innospace(&["check", "--data", folder.path().to_str().expect("a path")]).stdout)
    };
    let (world, uncut) = (feature("world", &ring(-180.0, 180.0)), feature("uncut", &ring(179.0, -179.0)));
    let said = told(&[world.clone(), uncut]);
    assert!(said.contains("more than 180 degrees") && said.contains("the first of them uncut"), "{said}");
    assert!(!told(&[world]).contains("more than 180 degrees"));
}
