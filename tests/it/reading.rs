//! Flaws of data files, the catalogue file, reloading.

use std::path::Path;
use std::sync::mpsc::channel;

use innospace::store::{self, Store, Watch};
use serde::Deserialize;

use crate::cases;
use crate::harness::load;

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

#[test]
fn a_folder_without_catalogue_file_serves_every_geojson() {
    let folder = tempfile::tempdir().expect("a folder");
    let fault = Store::new(folder.path()).load(&mut |_| {}).expect_err("nothing to serve");
    assert!(fault.to_string().contains("neither a catalog.toml nor a *.geojson"), "{fault}");
    for name in ["b.geojson", "a.geojson", "notes.txt"] {
        let text = r#"{"type":"FeatureCollection","features":[]}"#;
        std::fs::write(folder.path().join(name), text).expect("written");
    }
    let loaded = load(folder.path());
    let ids: Vec<_> = loaded.catalog.layers().map(|layer| layer.layer().id.to_string()).collect();
    assert_eq!(ids, ["a", "b"]);
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
