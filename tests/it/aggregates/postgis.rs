//! Groups beside `PostGIS`, which `make tools` installs.

use std::collections::BTreeMap;

use super::geos::{SCENE, land_use, rows};
use super::zone::Feature;
use crate::oracle::{ask, wkt};

#[test]
fn groups_are_those_of_postgis() {
    let scene = &*SCENE;
    // Which area holds a centre within rounding of a border is nobody's to say.
    let (parcels, filter) = scene.beyond_doubt("centroid");
    let shape = |feature: &Feature| feature.shape.as_ref().map(wkt).unwrap_or_default();
    let rules = ["intersects", "within", "centroid"];
    let lines: Vec<String> =
        scene
            .areas
            .iter()
            .map(|area| format!("area\t{}\t{}", area.id, shape(area)))
            .chain(parcels.iter().map(|(parcel, _)| {
                format!("feature\t{}\t{}\t{}", parcel.id, land_use(parcel), shape(parcel))
            }))
            .chain(rules.into_iter().chain(["overlap"]).map(str::to_owned))
            .collect();
    let answers = ask("postgis.py", &lines);
    let told = |at: usize| -> BTreeMap<Vec<String>, f64> {
        let groups = answers[answers.len() - 4 + at].split(',').map(|group| {
            let parts: Vec<&str> = group.split(' ').collect();
            let [area, r#use, value] = parts.as_slice() else { panic!("{group}") };
            let key = [*area, if *r#use == "-" { "" } else { *r#use }].map(str::to_owned).to_vec();
            (key, value.parse().expect("a number"))
        });
        groups.collect()
    };
    for (at, rule) in rules.into_iter().enumerate() {
        let want = told(at);
        assert!(want.len() > 150, "{rule}: only {} groups hold something", want.len());
        let answer = scene.ask(&format!("group-by=area:areas,use&assign={rule}&measure=overlap&{filter}"));
        let got = rows(&answer, &["area", "use"]);
        assert_eq!(got.len(), scene.areas.len() * 5, "empty groups are listed");
        let overlaps = told(3);
        for (key, row) in &got {
            let number = |name: &str| row[name].as_f64().expect("a number");
            let of = |map: &BTreeMap<Vec<String>, f64>| map.get(key).copied().unwrap_or(0.0);
            assert!(
                (number("count") - of(&want)).abs() < 0.5,
                "{rule} {key:?}: {} here, {}",
                row["count"],
                of(&want)
            );
            let overlap = of(&overlaps);
            assert!(
                (number("overlap_m2") - overlap).abs() <= 1e-6 * overlap + 0.01,
                "{key:?}: {row}, {overlap}"
            );
        }
    }
}
