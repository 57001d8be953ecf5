//! What tables say of the system of their coordinates in words: in headings, in a column, in a line above them.

use std::fs;
use std::path::Path;

use innospace::geometry::{Datum, metres_between};
use serde_json::{Value, json};

use crate::intake::{folder, import, import_into, imported, place_of, refused_rows, taken, workbook};

fn stated(data: &Path, text: &str) -> (Option<i32>, String) {
    let path = data.join("stated.csv");
    fs::write(&path, text).expect("written");
    import(data, &[path.to_str().expect("a path"), "--yes"])
}

#[test]
fn shifted_and_old_systems_are_heard_wherever_they_are_named() {
    let data = folder();
    let places = "A-1,114.1,30.4\nA-2,114.2,30.5";
    let gcj02 = "says that positions are in GCJ-02. Say --from gcj02";
    let old = "not public";
    for (text, said) in [
        (format!("坐标系：高德（GCJ-02）,,\n地块编号,经度,纬度\n{places}\n"), gcj02),
        ("地块编号,经度,纬度,坐标系\nA-1,114.1,30.4,GCJ-02\nA-2,114.2,30.5,火星坐标\n".to_owned(), gcj02),
        (format!("地块编号,百度坐标,\n,X,Y\n{places}\n"), "in BD-09. Say --from bd09"),
        ("坐标系：1980西安坐标系,,\n地块编号,X,Y\nA-1,38500000,3364454\n".to_owned(), old),
        ("地块编号,X,Y,坐标系\nA-1,38500000,3364454,北京54\n".to_owned(), old),
        ("地块编号,X（西安80）,Y（西安80）\nA-1,38500000,3364454\n".to_owned(), old),
        // A city's own plane has a middle of its own.
        ("中央子午线：114°20′,,\n地块编号,X,Y\nA-1,500000,3364454\n".to_owned(), "none of WGS 84, CGCS2000"),
    ] {
        let (code, told) = stated(data.path(), &text);
        assert!(code == Some(2) && told.contains(said), "{text}{told}");
    }
    for today in ["坐标系：CGCS2000", "坐标系统：WGS84", "百度园区地块"] {
        let (code, told) = stated(data.path(), &format!("{today},,\n地块编号,经度,纬度\n{places}\n"));
        assert_eq!(code, Some(0), "{today}: {told}");
    }
}

#[test]
fn degrees_that_nothing_holds_against_known_places_may_be_shifted() {
    let data = folder();
    let path = data.path().join("degrees.csv");
    let said = |text: &str, options: &[&str]| {
        fs::write(&path, text).expect("written");
        let (code, said) =
            import(data.path(), &[&[path.to_str().expect("a path"), "--dry-run"], options].concat());
        assert_eq!(code, Some(0), "{said}");
        said
    };
    let unmeasured =
        "degrees of GCJ-02 or BD-09, some 600 m or 1,200 m off in China, would not be told from these";
    let unknown = "地块编号,经度,纬度\nNEW-1,114.1,30.4\n";
    assert!(said(unknown, &[]).contains(unmeasured));
    // Whoever says what they are need not be told; metres are not shifted, nor is what lies elsewhere.
    assert!(!said(unknown, &["--from", "wgs84"]).contains(unmeasured));
    assert!(!said("地块编号,X,Y\nNEW-1,3364000,514000\n", &[]).contains(unmeasured));
    assert!(!said("地块编号,经度,纬度\nNEW-1,174.76,-36.85\n", &["--crs", "EPSG:4326"]).contains(unmeasured));
}

#[test]
fn known_features_are_found_however_their_numbers_are_written() {
    type Write = fn(String) -> String;
    let data = folder();
    let known = |at: u8| [114.05, 30.35].map(|degree| degree + f64::from(at) * 0.01);
    let feature = |at: u8, number: &str, [x, y]: [f64; 2]| json!({"type":"Feature","id":format!("k-{at}"),"properties":{"parcel_no":number},"geometry":{"type":"Point","coordinates":[x,y]}});
    let collection =
        |features: Vec<Value>| json!({"type":"FeatureCollection","features":features}).to_string();
    let numbers = |at: u8| format!("JS0405-00{at}");
    let all = (1..7).map(|at| feature(at, &numbers(at), known(at))).collect();
    fs::write(data.path().join("parcels.geojson"), collection(all)).expect("written");
    let path = data.path().join("shifted.csv");
    let writings: [Write; 5] = [
        |number| number,
        |number| number.to_lowercase(),
        |number| number.replace('-', "－"),
        |number| number.replace('-', "–"),
        |number| number.replace("JS", "ＪＳ").replace('-', "_"),
    ];
    for write in writings {
        let rows = (1..7).map(|at| {
            let [x, y] = Datum::Gcj02.forward(known(at));
            format!("{},{x},{y}\n", write(numbers(at)))
        });
        fs::write(&path, format!("地块编号,经度,纬度\n{}", rows.collect::<String>())).expect("written");
        let (code, said) = import(data.path(), &[path.to_str().expect("a path"), "--dry-run"]);
        assert!(
            code == Some(1) && said.contains("this is the shift of GCJ-02"),
            "{}: {said}",
            write(numbers(1))
        );
    }
}

#[test]
fn rows_that_name_another_system_are_refused() {
    let data = folder();
    let (code, said) = stated(
        data.path(),
        "地块编号,经度,纬度,坐标系\nA-1,114.1,30.4,WGS84\nA-2,114.2,30.5,CGCS2000\nA-3,114.2,30.4,GCJ02\nA-4,114.2,30.4,\n",
    );
    assert!(code == Some(0) && said.contains("3 taken") && said.contains("1 refused"), "{said}");
    assert_eq!(
        refused_rows(&data.path().join("stated.refused.csv")).1[0][1],
        "its system is \"GCJ02\", that of those before it \"WGS84\"; expected one system in a file"
    );
}

/// On the middle of a strip the easting is that of its middle, whatever the northing.
#[test]
fn planes_are_known_by_the_words_beside_them() {
    for text in [
        "坐标系：CGCS2000，中央经线117°,,\n地块编号,X,Y\nA-1,500000,3364454\n",
        "地块编号,X(EPSG:4548),Y(EPSG:4548)\nA-1,500000,3364454\n",
        "地块编号,\"坐标（CGCS2000，中央子午线117°）\",\n,X,Y\nA-1,500000,3364454\n",
        "地块编号,X,Y,带号\nA-1,500000,3364454,39\n",
        "地块编号,WKT(EPSG:4548)\nA-1,POINT(500000 3364454)\n",
    ] {
        // Nothing in the folder shows where the data lies.
        let data = tempfile::tempdir().expect("a folder");
        let (code, said) = stated(data.path(), text);
        assert!(code == Some(0) && !said.contains("nothing states"), "{text}{said}");
        let [longitude, latitude] = place_of(data.path(), "A-1");
        assert!(
            (longitude - 117.0).abs() < 1e-7 && (latitude - 30.4).abs() < 0.01,
            "{longitude}, {latitude}"
        );
    }
}

#[test]
fn coordinates_of_today_are_taken_before_those_of_old_systems() {
    let data = folder();
    let rows: [&[&str]; 3] = [
        &["地块编号", "1980西安坐标系", "", "2000国家大地坐标系", ""],
        &["", "X", "Y", "X", "Y"],
        &["A-1", "3364400.0", "38499900.0", "3364454.0", "38500000.0"],
    ];
    let path = data.path().join("both.xlsx");
    workbook(&path, &rows, |_| {});
    let (said, _) = taken(data.path(), &path);
    let [longitude, latitude] = place_of(data.path(), "A-1");
    // 114° is the middle of zone 38.
    assert!(
        (longitude - 114.0).abs() < 1e-7 && (latitude - 30.4).abs() < 0.01,
        "{longitude}, {latitude}: {said}"
    );
}

#[test]
fn degrees_minutes_and_seconds_of_several_columns_are_one_number() {
    let data = folder();
    let path = data.path().join("degrees.csv");
    // 114° 9′ 36″ is 114.16°, 30° 24′ 30″ 30.4083333°.
    for text in [
        "地块编号,经度°,经度′,经度″,纬度°,纬度′,纬度″\nA-1,114,9,36,30,24,30\n",
        "地块编号,东经(度),东经(分),东经(秒),北纬(度),北纬(分),北纬(秒)\nA-1,114,09,36.0,30,24,30\n",
        "地块编号,经度,,,纬度,,\n,度,分,秒,度,分,秒\nA-1,114,9,36,30,24,30\n",
        "地块编号,lon_deg,lon_min,lat_deg,lat_min\nA-1,114,9.6,30,24.5\n",
    ] {
        fs::write(&path, text).expect("written");
        let (said, _) = taken(data.path(), &path);
        let at = place_of(data.path(), "A-1");
        assert!(metres_between(at, [114.16, 30.0 + 24.5 / 60.0]) < 0.01, "{text}{at:?} {said}");
    }
    let path = path.to_str().expect("a path");
    fs::write(path, "地块编号,经度°,经度′,纬度°,纬度′\nA-1,114,70,30,24\n").expect("written");
    let (code, said) = import(data.path(), &[path, "--yes"]);
    assert!(code == Some(2) && said.contains("its coordinates are \"114°70′\" and \"30°24′\""), "{said}");
}

#[test]
fn features_far_from_their_known_places_are_told_of() {
    let data = folder();
    let path = data.path().join("points.csv");
    let file = path.to_str().expect("a path");
    let write = |east: f64| {
        let rows = (0..4).map(|at| format!("T-{at},{},{}\n", 114.0 + 0.01 * f64::from(at) + east, 30.4));
        fs::write(&path, format!("地块编号,lon,lat\n{}", rows.collect::<String>())).expect("written");
    };
    write(0.0);
    assert_eq!(import(data.path(), &[file, "--yes"]).0, Some(0));
    // 0.12 degrees of longitude are 11.5 km here.
    write(0.12);
    let (code, said) = import(data.path(), &[file, "--dry-run"]);
    assert!(
        code == Some(0) && said.contains("4 of 4 features that are called as known ones lie 11 km or more"),
        "{said}"
    );
}

#[test]
fn refused_rows_keep_the_system_that_was_named_for_them() {
    let data = folder();
    let gcj02 = Datum::parse("gcj02").expect("GCJ-02");
    let [x, y] = gcj02.forward([114.1, 30.4]);
    let path = data.path().join("shifted.csv");
    fs::write(&path, format!("地块编号,经度,纬度\nA-1,{x},{y}\nA-2,{x},abc\n")).expect("written");
    let (code, said) = import(data.path(), &[path.to_str().expect("a path"), "--yes", "--from", "gcj02"]);
    assert_eq!(code, Some(0), "{said}");
    let refused = path.with_extension("refused.csv");
    let (head, rows) = refused_rows(&refused);
    assert_eq!(
        head,
        ["import_row", "import_reason", "import_system", "地块编号", "经度", "纬度", "import_text"]
    );
    assert_eq!(rows[0][2], "gcj02");
    let text = fs::read_to_string(&refused).expect("refused rows").replace(",abc,", &format!(",{y},"));
    fs::write(&refused, text).expect("written");
    let refused = refused.to_str().expect("a path");
    let (code, said) = import(data.path(), &[refused, "--yes", "--append"]);
    assert!(code == Some(2) && said.contains("says that positions are in GCJ-02"), "{said}");
    let (code, said) = import(data.path(), &[refused, "--yes", "--append", "--from", "gcj02"]);
    assert_eq!(code, Some(0), "{said}");
    let all: Vec<Value> = imported(data.path());
    assert!(all.len() == 2 && all.iter().all(|feature| feature["properties"].get("import_system").is_none()));
    assert!(metres_between(place_of(data.path(), "A-2"), [114.1, 30.4]) < 0.1);
}

/// A zone that ends at 179.99, and places up to 7 km beyond it, on the other side of the antimeridian: at 16.8 degrees south a degree
/// of longitude is 106.6 km.
#[test]
fn data_on_the_other_side_of_the_antimeridian_is_near() {
    let data = folder();
    let square = |west: f64, east: f64| {
        json!([[[west, -16.8], [east, -16.8], [east, -16.7], [west, -16.7], [west, -16.8]]])
    };
    let zone = json!({ "type": "FeatureCollection", "features": [{ "type": "Feature", "id": "zone", "properties": {},
        "geometry": { "type": "Polygon", "coordinates": square(179.5, 179.99) } }] });
    fs::write(data.path().join("zone.geojson"), zone.to_string()).expect("written");
    let path = data.path().join("points.csv");
    let file = path.to_str().expect("a path");
    fs::write(&path, "地块编号,经度,纬度\nA-1,-179.98,-16.8\nA-2,-179.95,-16.75\nA-3,179.9,-16.7\n")
        .expect("written");
    let (code, said) = import(data.path(), &[file, "--yes"]);
    assert!(code == Some(0) && said.contains("179.90000, -16.80000, -179.95000, -16.70000"), "{said}");
    assert_eq!(place_of(data.path(), "A-1"), [-179.98, -16.8]);
    // A parcel on both sides is one; what is half the earth away is still refused.
    let both = json!({ "type": "FeatureCollection", "features": [{ "type": "Feature", "properties": { "地块编号": "B-1" },
        "geometry": { "type": "MultiPolygon", "coordinates": [square(179.98, 180.0), square(-180.0, -179.99)] } }] });
    let path = data.path().join("both.geojson");
    fs::write(&path, both.to_string()).expect("written");
    let (code, said) = import(data.path(), &[path.to_str().expect("a path"), "--yes"]);
    assert!(code == Some(0) && said.contains("179.98000, -16.80000, -179.99000, -16.70000"), "{said}");
    fs::write(data.path().join("points.csv"), "地块编号,经度,纬度\nA-1,-0.02,-16.8\nA-2,-0.05,-16.75\n")
        .expect("written");
    let (code, said) = import(data.path(), &[file, "--yes"]);
    assert!(code == Some(2) && said.contains("far from the data of the folder"), "{said}");
}

/// The first row lies at 108.86, 34.17 by PROJ: `echo 3782852.757 579293.402 | cs2cs -f %.6f EPSG:4545 EPSG:4326`.
#[test]
fn a_meridian_that_nothing_supports_is_told_and_proves_nothing() {
    let data = tempfile::tempdir().expect("a folder");
    let files = tempfile::tempdir().expect("a folder");
    let path = files.path().join("own.csv");
    let file = path.to_str().expect("a path");
    let rows = [[579_293.402, 3_782_852.757], [579_660.339, 3_783_077.734], [580_027.26, 3_783_302.725]];
    let numbers = rows.iter().enumerate().map(|(at, [x, y])| format!("GX-{at},{x},{y}\n"));
    fs::write(&path, format!("地块编号,横坐标,纵坐标\n{}", numbers.collect::<String>())).expect("written");
    let (code, said) = import(data.path(), &[file, "--yes"]);
    assert_eq!(code, Some(0), "{said}");
    for told in
        ["nothing supports its middle", "114.86, 34.17 with EPSG:4547", "108.86, 34.17 with EPSG:4545"]
    {
        assert!(said.contains(told), "{told}: {said}");
    }
    // The same in degrees, in another collection: the guess neither refuses them nor measures a shift from itself.
    let degrees = [[108.86, 34.17], [108.864, 34.172], [108.868, 34.174]];
    let lines = degrees.iter().enumerate().map(|(at, [x, y])| format!("GX-{at},{x},{y}\n"));
    let other = files.path().join("degrees.csv");
    fs::write(&other, format!("地块编号,经度,纬度\n{}", lines.collect::<String>())).expect("written");
    let (code, said) = import_into("sites", data.path(), &[other.to_str().expect("a path"), "--dry-run"]);
    assert!(code == Some(0) && said.contains("parcels lies where a guess"), "{said}");
    assert!(!said.contains("features whose place is known") && !said.contains("far from"), "{said}");
    // What says its system is no guess, and proves where it lies.
    let (code, said) = import(data.path(), &[file, "--yes", "--crs", "4545"]);
    assert!(code == Some(0) && !said.contains("nothing supports"), "{said}");
    let [longitude, latitude] = place_of(data.path(), "GX-0");
    assert!(metres_between([longitude, latitude], [108.86, 34.17]) < 0.1, "{longitude}, {latitude}");
    let (code, said) = import_into("sites", data.path(), &[file, "--dry-run"]);
    assert!(code == Some(0) && said.contains("EPSG:4545") && !said.contains("a guess"), "{said}");
}

/// 293802.12, 9108375.63 in UTM zone 25 south is at 8.06° S; the same northing from the equator is at 81.82° N (PROJ).
#[test]
fn what_lies_in_no_zone_of_china_is_not_called_one() {
    let data = tempfile::tempdir().expect("a folder");
    let text = "id,X,Y\nA-1,293802.12,9108375.63\nA-2,293712.41,9108707.05\n";
    let (code, said) = stated(data.path(), text);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("EPSG:32701 to 32760 where they lie at 8.1° S") && said.contains("81.8° N"),
        "{said}"
    );
    assert!(!said.contains("Gauss-Kruger"), "{said}");
}
