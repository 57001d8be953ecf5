//! Flaws of data files, the catalogue file, reloading.

use std::path::Path;
use std::sync::mpsc::channel;

use innospace::store::{self, Store, Watch};
use serde::Deserialize;

use crate::cases;
use crate::harness::{Service, load};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    #[serde(default)]
    features: Vec<String>,
    text: Option<String>,
    serves: Option<String>,
    #[serde(default)]
    says: Vec<String>,
    fails: Option<String>,
}

const CATALOG: &str = r#"
title = { zh = "甲", en = "A" }
[[layers]]
id = "layer"
file = "layer.geojson"
title = { zh = "层", en = "Layer" }
[layers.fields.declared]
kind = "real"
"#;

fn folder(layer: &[u8]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::write(folder.path().join("catalog.toml"), CATALOG).expect("written");
    std::fs::write(folder.path().join("layer.geojson"), layer).expect("written");
    folder
}

#[test]
fn flaws() {
    cases::run("flaws.jsonc", 50, |case: &Case| {
        let collection = || {
            let features = case.features.join(",\n");
            format!("{{'type':'FeatureCollection','features':[\n{features}\n]}}")
        };
        let text = case.text.clone().unwrap_or_else(collection).replace('\'', "\"");
        let folder = folder(text.as_bytes());
        let outcome = Store::new(folder.path()).load(&mut |_| {});
        if let Some(fails) = &case.fails {
            let message = outcome.err().map(|fault| fault.to_string()).unwrap_or_default();
            return if message.contains(fails.as_str()) {
                Ok(())
            } else {
                Err(format!("{}: {message}", case.name))
            };
        }
        let loaded = outcome.map_err(|fault| format!("{}: {fault}", case.name))?;
        let layer = loaded.catalog.layer("layer").expect("the layer").layer();
        let ids: Vec<_> = layer.positions().map(|ix| layer.feature(ix).id().to_string()).collect();
        let warnings: Vec<_> = loaded.warnings.list().iter().map(ToString::to_string).collect();
        let said = warnings.len() == case.says.len()
            && case.says.iter().all(|says| warnings.iter().any(|warning| warning.contains(says.as_str())))
            && warnings.iter().all(|warning| warning.starts_with("layer.geojson: "));
        let served = ids.join(" ") == case.serves.as_deref().unwrap_or("");
        if said && served { Ok(()) } else { Err(format!("{}: {ids:?} {warnings:#?}", case.name)) }
    });
}

#[test]
fn a_file_that_is_not_utf8_is_an_error_with_its_line() {
    let mut text =
        b"{\"type\":\"FeatureCollection\",\n\"features\":[\n{\"type\":\"Feature\",\"id\":\"".to_vec();
    // "武" in GBK.
    text.extend_from_slice(&[0xCE, 0xE4]);
    text.extend_from_slice(b"\",\"geometry\":null,\"properties\":{}}]}");
    let folder = folder(&text);
    let fault = Store::new(folder.path()).load(&mut |_| {}).expect_err("an error");
    assert_eq!(fault.to_string(), "layer.geojson, line 3: not UTF-8, which RFC 8259, 8.1 asks for");
}

const NO_FEATURES: &str = r#"{"type":"FeatureCollection","features":[]}"#;

/// What a folder without catalogue file serves, and what is said of it.
fn served(files: &[(&str, &str)]) -> Result<(Vec<String>, Vec<String>), String> {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    let loaded = Store::new(folder.path()).load(&mut |_| {}).map_err(|fault| fault.to_string())?;
    let ids = loaded.catalog.layers().map(|layer| layer.layer().id.to_string()).collect();
    let said: Vec<_> = loaded.warnings.list().iter().map(ToString::to_string).collect();
    let checked = Store::new(folder.path()).check(&mut |_| {});
    assert!(checked.errors.is_empty(), "{:?}", checked.errors);
    let checks: Vec<_> = checked.warnings.list().iter().map(ToString::to_string).collect();
    assert_eq!(said, checks, "check and serve say the same");
    Ok((ids, said))
}

#[test]
fn a_folder_without_catalogue_file_serves_every_geojson() {
    let fault = served(&[("notes.txt", NO_FEATURES)]).expect_err("nothing to serve");
    assert!(
        fault.contains("neither a catalog.toml nor a *.geojson, *.json or *.parquet with features"),
        "{fault}"
    );
    let files = ["b.geojson", "a.json", "c.GeoJSON", ".hidden.geojson", ".geojson", "notes.txt"];
    let (ids, said) = served(&files.map(|name| (name, NO_FEATURES))).expect("loads");
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(said, [""; 0]);
}

#[test]
fn a_json_file_without_features_stops_nothing() {
    let schema = r#"{"type":"object","properties":{"geom":{"format":"geometry-point"}}}"#;
    let files = [
        ("a.geojson", NO_FEATURES),
        ("list.json", "[1,2]"),
        ("schema.json", schema),
        ("x.json", "{\n\"a\":"),
    ];
    let (ids, said) = served(&files).expect("loads");
    assert_eq!(ids, ["a"]);
    assert_eq!(said.len(), 3, "{said:?}");
    let says = [
        "list.json: not served: line 1, column 1: invalid type: sequence, expected a GeoJSON object",
        "schema.json: not served: the type is \"object\", expected a FeatureCollection",
        "x.json: not served: line 2, column 4: EOF while parsing",
    ];
    for (said, says) in said.iter().zip(says) {
        assert!(said.starts_with(says), "{said}");
    }
    let fault = served(&files[1..]).expect_err("no layer is left");
    assert!(fault.contains("neither a catalog.toml"), "{fault}");
    let fault = served(&[("a.geojson", "{")]).expect_err("this file must hold features");
    assert!(fault.starts_with("a.geojson, line 1"), "{fault}");
}

#[test]
fn a_json_file_that_was_served_and_breaks_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.json");
    write(&path, &["1"]);
    let mut store = Store::new(folder.path());
    store.load(&mut |_| {}).expect("loads");
    std::fs::write(&path, r#"{"type":"FeatureCollection","features":["#).expect("written");
    let fault = store.load(&mut |_| {}).expect_err("half a file").to_string();
    assert!(fault.starts_with("a.json, line 1"), "{fault}");
}

#[test]
fn geoparquet_is_a_layer_as_geojson_is() {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join("a.geojson"), &["1", "2"]);
    let items = "/ogc/collections/a/items";
    let service = Service::over(folder.path());
    let file = service.get(&format!("{items}?f=parquet")).body;
    let want = service.get(items).json()["features"].clone();
    std::fs::remove_file(folder.path().join("a.geojson")).expect("removed");
    std::fs::write(folder.path().join("a.parquet"), &file).expect("written");
    std::fs::write(folder.path().join("b.parquet"), "PAR1 and no more").expect("written");
    let mut store = Store::new(folder.path());
    let loaded = store.load(&mut |_| {}).expect("loads");
    let said: Vec<_> = loaded.warnings.list().iter().map(ToString::to_string).collect();
    assert!(
        said.len() == 1 && said[0].starts_with("b.parquet: not served: cannot be read as Parquet"),
        "{said:?}"
    );
    assert_eq!(Service::over(folder.path()).get(items).json()["features"], want);
    assert!(store.load(&mut |_| {}).expect("loads").changed.is_empty(), "unchanged, it is taken over");
    // One that was served and breaks does not take the data away.
    std::fs::write(folder.path().join("a.parquet"), &file[..file.len() / 2]).expect("written");
    let fault = store.load(&mut |_| {}).expect_err("half a file").to_string();
    assert!(fault.starts_with("a.parquet: cannot be read as Parquet"), "{fault}");
}

#[test]
fn names_of_files_become_ids() {
    let files = ["武汉 经开区.geojson", "a b.geojson", "a_b.json", "v1.2-final (2).geojson"];
    let (ids, said) = served(&files.map(|name| (name, NO_FEATURES))).expect("loads");
    assert_eq!(ids, ["a_b", "v1.2-final__2_", "武汉_经开区"]);
    assert_eq!(said, ["a_b.json: not served: its name makes the id \"a_b\", which is that of a b.geojson"]);
}

#[test]
fn a_catalogue_file_that_makes_no_sense_is_refused() {
    let layer = |more: &str| format!("{CATALOG}\n[[layers]]\n{more}\ntitle = {{ zh = \"二\" }}\n");
    let cases = [
        ("nonsense = 1".to_owned(), "unknown field `nonsense`"),
        ("title = 1".to_owned(), "invalid type"),
        (layer("id = \"layer\"\nfile = \"x.geojson\""), "the layer id \"layer\" stands twice"),
        (layer("id = \"a/b\"\nfile = \"x.geojson\""), "the layer id \"a/b\" may hold only letters"),
        (layer("id = \"x\"\nfile = \"../x.geojson\""), "must be a path inside the data folder"),
        (layer("id = \"x\"\nfile = \"/etc/passwd\""), "must be a path inside the data folder"),
        (
            CATALOG.replace("\"real\"", "\"float\""),
            "the kind \"float\" is unknown; expected boolean, integer, real",
        ),
        (format!("start_extent = [30.0, 114.0, 31.0, 115.0]\n{CATALOG}"), "start_extent: latitude 114"),
        (format!("data_date = 2025-12-31T00:00:00Z\n{CATALOG}"), "expected a date as in 2025-12-31"),
        (layer("id = \"x\"\nfile = \"missing.geojson\""), "missing.geojson"),
    ];
    for (text, says) in cases {
        let folder = folder(br#"{"type":"FeatureCollection","features":[]}"#);
        std::fs::write(folder.path().join("catalog.toml"), &text).expect("written");
        let fault = Store::new(folder.path()).load(&mut |_| {}).expect_err(says).to_string();
        assert!(fault.contains(says), "{fault}");
    }
}

fn write(path: &Path, ids: &[&str]) {
    let feature =
        |id: &&str| format!(r#"{{"type":"Feature","id":"{id}","geometry":null,"properties":{{}}}}"#);
    let features: Vec<_> = ids.iter().map(feature).collect();
    let text = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    std::fs::write(path, text).expect("written");
}

#[test]
fn equal_data_has_an_equal_revision_and_unchanged_layers_are_taken_over() {
    let folder = tempfile::tempdir().expect("a folder");
    write(&folder.path().join("a.geojson"), &["1"]);
    write(&folder.path().join("b.geojson"), &["1"]);
    let mut store = Store::new(folder.path());
    let first = store.load(&mut |_| {}).expect("loads");
    assert_eq!(first.catalog.revision, load(folder.path()).catalog.revision);
    write(&folder.path().join("b.geojson"), &["1", "2"]);
    let second = store.load(&mut |_| {}).expect("loads");
    assert_ne!(first.catalog.revision, second.catalog.revision);
    let same = |id: &str| {
        let layer =
            |loaded: &store::Loaded| std::sync::Arc::as_ptr(loaded.catalog.layer(id).expect("a layer"));
        layer(&first) == layer(&second)
    };
    assert!(same("a") && !same("b"));
    assert_eq!(second.changed.iter().map(ToString::to_string).collect::<Vec<_>>(), ["b"]);
}

#[test]
fn a_changed_file_is_published_and_a_broken_one_is_reported() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("a.geojson");
    write(&path, &["1"]);
    let mut store = Store::new(folder.path());
    let watch = Watch::begin(&store).expect("the folder is watched");
    store.load(&mut |_| {}).expect("loads");
    let (sender, outcomes) = channel();
    std::thread::spawn(move || {
        watch.run(store, |outcome| {
            let outcome =
                outcome.map(|loaded| loaded.catalog.layer("a").map_or(0, |layer| layer.layer().len()));
            sender.send(outcome.map_err(|fault| fault.to_string())).is_ok()
        });
    });
    // One change may be heard as several; only the outcome that fits counts.
    let hear =
        |want: &dyn Fn(&Result<usize, String>) -> bool| outcomes.iter().find(want).expect("an outcome");
    write(&path, &["1", "2"]);
    assert_eq!(hear(&|outcome| *outcome == Ok(2)), Ok(2));
    std::fs::write(&path, "{").expect("written");
    assert!(hear(&Result::is_err).expect_err("an error").starts_with("a.geojson, line 1"));
    write(&path, &["1", "2", "3"]);
    assert_eq!(hear(&|outcome| *outcome == Ok(3)), Ok(3));
}
