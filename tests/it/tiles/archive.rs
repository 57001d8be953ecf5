//! Archives of tiles, read by independent readers.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;

use crate::harness::{Service, shipped};
use crate::oracle;

fn innospace(arguments: &[&str], output: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_innospace"))
        .args(["tiles", "--data"])
        .arg(shipped())
        .args(arguments)
        .arg("--output")
        .arg(output)
        .output()
        .expect("the program runs")
}

fn made(arguments: &[&str], output: &Path) -> Vec<u8> {
    let done = innospace(arguments, output);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    assert!(!beside(output).exists(), "the work file is gone");
    fs::read(output).expect("the file")
}

fn beside(output: &Path) -> PathBuf {
    let mut name = output.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

fn read(path: &Path) -> Value {
    serde_json::from_str(&oracle::ask("archives.py", &[path.display().to_string()])[0]).expect("JSON")
}

#[test]
fn archives_hold_the_tiles_of_the_service() {
    let folder = tempfile::tempdir().expect("a folder");
    let (pm, mb) = (folder.path().join("zone.pmtiles"), folder.path().join("zone.mbtiles"));
    let order = ["zone,water,sites", "--zooms", "6-12"];
    made(&order, &pm);
    made(&order, &mb);
    let (pm, mb) = (read(&pm), read(&mb));
    assert_eq!(pm["tiles"], mb["tiles"]);
    let tiles = pm["tiles"].as_object().expect("tiles");
    assert_eq!(pm["about"]["addressed"], tiles.len());
    assert_eq!(pm["about"]["zooms"], serde_json::json!([6, 12]));
    assert_eq!(
        (pm["about"]["type"].as_str(), pm["about"]["compression"].as_str()),
        (Some("MVT"), Some("GZIP"))
    );
    assert_eq!(pm["about"]["clustered"], true);
    assert_eq!(mb["about"]["integrity"], "ok");
    // MBTiles 1.3: what must stand in the metadata of vector tiles.
    for name in ["name", "format", "bounds", "center", "minzoom", "maxzoom", "json", "attribution"] {
        assert!(mb["about"]["metadata"][name].is_string(), "{name}");
    }
    assert_eq!(mb["about"]["metadata"]["format"], "pbf");
    let layers: Vec<_> = pm["about"]["metadata"]["vector_layers"]
        .as_array()
        .expect("layers")
        .iter()
        .map(|layer| layer["id"].clone())
        .collect();
    assert_eq!(layers, ["zone", "zone:counts", "water", "water:counts", "sites", "sites:counts"]);
    // Every tile of the window is the one that the service sends; those left out are empty there.
    let service = Service::over(shipped());
    let limits =
        service.get("/ogc/collections/water/tiles/WebMercatorQuad").json()["tileMatrixSetLimits"][12].clone();
    let range = |name: &str| {
        limits[format!("min{name}")].as_u64().expect("a number")
            ..=limits[format!("max{name}")].as_u64().expect("a number")
    };
    let (mut same, mut empty) = (0, 0);
    for (row, col) in range("TileRow").flat_map(|row| range("TileCol").map(move |col| (row, col))) {
        let name = format!("12/{col}/{row}");
        let answer = service.get(&format!("/tiles/zone,water,sites/{name}.mvt"));
        if let Some(digest) = tiles.get(&name) {
            assert_eq!(*digest, sha256(&answer.body), "{name}");
            same += 1;
        } else {
            assert_eq!(answer.status, 204, "{name}");
            empty += 1;
        }
    }
    assert!(same > 20 && empty > 0, "{same} same, {empty} empty");
}

/// The digest of bytes by the system's own program.
fn sha256(bytes: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), bytes).expect("a file");
    let said = Command::new("sha256sum").arg(file.path()).output().expect("sha256sum runs").stdout;
    String::from_utf8_lossy(&said).split_whitespace().next().expect("a digest").to_owned()
}

#[test]
fn a_run_that_was_ended_goes_on_to_the_same_bytes() {
    let folder = tempfile::tempdir().expect("a folder");
    let order = ["water,roads", "--zooms", "8-13", "--filter", "name_zh IS NOT NULL"];
    for suffix in ["pmtiles", "mbtiles"] {
        let first = folder.path().join(format!("first.{suffix}"));
        let whole = made(&order, &first);
        // A work file of another order is not taken over, one of this order is, however it was cut off.
        let other = folder.path().join(format!("other.{suffix}"));
        fs::write(beside(&other), b"innospace tiles 1 0000000000000000\nno such thing").expect("a file");
        assert!(made(&order, &other) == whole, "{suffix}: a foreign work file");
        let work = work_of(&order, folder.path(), suffix);
        for kept in [work.len() / 2, work.len() - 3, work.len(), 60, 10] {
            let again = folder.path().join(format!("again.{suffix}"));
            let _ = fs::remove_file(&again);
            fs::write(beside(&again), &work[..kept]).expect("a file");
            assert!(made(&order, &again) == whole, "{suffix}: {kept} of {} bytes of work", work.len());
        }
        let mut torn = work.clone();
        let middle = torn.len() / 2;
        torn[middle] ^= 1;
        let again = folder.path().join(format!("torn.{suffix}"));
        fs::write(beside(&again), &torn).expect("a file");
        assert!(made(&order, &again) == whole, "{suffix}: a byte of the work changed");
    }
}

/// The work file of an order: that of a run whose output cannot take its name, because a folder bears it.
fn work_of(order: &[&str], folder: &Path, suffix: &str) -> Vec<u8> {
    let output = folder.join(format!("blocked.{suffix}"));
    fs::create_dir_all(output.join("full")).expect("a folder");
    let done = innospace(order, &output);
    assert!(!done.status.success(), "a folder stands in its way");
    fs::read(beside(&output)).expect("the work file stays")
}

#[test]
fn orders_that_make_no_sense_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = folder.path().join("out.pmtiles");
    let cases: &[(&[&str], &str)] = &[
        (&["nothing"], "nothing"),
        (&["zone,zone"], "each once"),
        (&["zone", "--zooms", "9-3"], "one zoom or two"),
        (&["zone", "--zooms", "21"], "from 0 to 20"),
        (&["zone", "--bbox", "1,2,3"], "west,south,east,north"),
        (&["zone", "--bbox", "1,2,3,400"], "latitude 400"),
        (&["zone", "--filter", "colour = 'red'"], "colour"),
        (&["zone", "--detail", "some"], "auto or full"),
    ];
    for (arguments, part) in cases {
        let done = innospace(arguments, &output);
        let said = String::from_utf8_lossy(&done.stderr).into_owned();
        assert!(!done.status.success() && said.contains(part), "{arguments:?}: {said}");
        assert!(!output.exists() && !beside(&output).exists(), "{arguments:?}");
    }
    let done = innospace(&["zone"], &folder.path().join("out.zip"));
    assert!(String::from_utf8_lossy(&done.stderr).contains(".pmtiles or .mbtiles"));
}
