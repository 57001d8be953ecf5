//! Groups beside GEOS and PROJ, which `make tools` installs.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use innospace::geometry::is_areal;
use innospace::store::Effect;
use serde_json::Value;

use super::zone::{Feature, LARGE, Zone, write};
use crate::harness::{Answer, Service, load};
use crate::oracle::{ask, wkt};

/// What the oracle says of a parcel.
pub struct Told {
    pub area_m2: f64,
    pub intersects: Vec<String>,
    pub within: Vec<String>,
    pub centroid: Vec<String>,
    pub larger: Vec<String>,
    pub overlaps: BTreeMap<String, f64>,
}

impl Told {
    pub fn by(&self, rule: &str) -> &[String] {
        match rule {
            "intersects" => &self.intersects,
            "within" => &self.within,
            "centroid" => &self.centroid,
            _ => &self.larger,
        }
    }
}

/// The zone, what the oracle says of it, and the service over it.
pub struct Scene {
    pub areas: Vec<Feature>,
    pub parcels: Vec<(Feature, Told)>,
    pub service: Service,
    _folder: tempfile::TempDir,
}

pub static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let Zone { areas, parcels } = Zone::new(21, LARGE, 4200);
    let line = |kind: &str, feature: &Feature| {
        format!("{kind}\t{}\t{}", feature.id, feature.shape.as_ref().map(wkt).unwrap_or_default())
    };
    let lines: Vec<_> = areas
        .iter()
        .map(|area| line("area", area))
        .chain(parcels.iter().map(|parcel| line("feature", parcel)))
        .collect();
    let answers = ask("zones.py", &lines);
    let told = parcels.into_iter().zip(&answers[areas.len()..]).map(|(mut parcel, answer)| {
        let parts: Vec<&str> = answer.split('\t').collect();
        let list = |at: usize| parts[at].split(',').filter(|id| !id.is_empty()).map(str::to_owned);
        let number = |text: &str| text.parse::<f64>().expect("a number");
        let overlap = |pair: String| {
            let (id, area) = pair.split_once('=').expect("a pair");
            (id.to_owned(), number(area))
        };
        let told = Told {
            area_m2: number(parts[0]),
            intersects: list(1).collect(),
            within: list(2).collect(),
            centroid: list(3).collect(),
            larger: list(4).collect(),
            overlaps: list(5).map(overlap).collect(),
        };
        parcel.properties.insert("doubt".to_owned(), parts[6].into());
        parcel.properties.insert("name".to_owned(), parcel.id.as_str().into());
        (parcel, told)
    });
    let parcels: Vec<_> = told.collect();
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "areas", &areas);
    let features: Vec<_> = parcels.iter().map(|(parcel, _)| parcel.clone()).collect();
    write(folder.path(), "parcels", &features);
    std::fs::write(folder.path().join("catalog.toml"), CATALOG).expect("written");
    let loaded = load(folder.path());
    assert_eq!(loaded.warnings.count(Effect::Skipped), 0, "{:?}", loaded.warnings.list());
    Scene { areas, parcels, service: Service::over(folder.path()), _folder: folder }
});

const CATALOG: &str = r#"
title = { zh = "测试区", en = "Test zone" }
description = { zh = "随机图层", en = "Layers made from a seed" }
attribution = { zh = "无", en = "nobody" }
licence = "CC0-1.0"
data_date = 2025-12-31

[[layers]]
id = "areas"
file = "areas.geojson"
title = { zh = "区域", en = "Areas" }

[[layers]]
id = "parcels"
file = "parcels.geojson"
title = { zh = "地块", en = "Parcels" }

[layers.fields.since]
kind = "date"
"#;

impl Scene {
    /// The parcels of which a rule is beyond rounding, and the filter that selects them.
    pub fn beyond_doubt(&self, rule: &str) -> (Vec<&(Feature, Told)>, String) {
        let doubts = |parcel: &Feature| parcel.properties["doubt"].as_str().expect("text").contains(rule);
        let sure: Vec<_> = self.parcels.iter().filter(|(parcel, _)| !doubts(parcel)).collect();
        assert!(sure.len() > 4000, "{rule}: only {} parcels are beyond doubt", sure.len());
        (sure, format!("filter=doubt%20NOT%20LIKE%20%27%25{rule}%25%27"))
    }

    pub fn get(&self, query: &str) -> Answer {
        let answer = self.service.get(&format!("/ogc/collections/parcels/aggregates?limit=10000&{query}"));
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        answer
    }

    pub fn ask(&self, query: &str) -> Value {
        self.get(query).json()
    }
}

/// The rows of an answer by the values of some columns.
pub fn rows(answer: &Value, keys: &[&str]) -> BTreeMap<Vec<String>, Value> {
    let groups = answer["groups"].as_array().expect("groups");
    let key = |group: &Value| keys.iter().map(|key| group[*key].as_str().unwrap_or("").to_owned()).collect();
    let rows: BTreeMap<Vec<String>, Value> = groups.iter().map(|group| (key(group), group.clone())).collect();
    assert_eq!(rows.len(), groups.len(), "keys are unique");
    assert_eq!(answer["groupsMatched"], groups.len());
    rows
}

pub fn land_use(parcel: &Feature) -> String {
    parcel.properties["use"].as_str().unwrap_or("").to_owned()
}

#[test]
fn each_feature_counts_where_geos_says() {
    for rule in ["intersects", "within", "centroid", "larger"] {
        let (parcels, filter) = SCENE.beyond_doubt(rule);
        let answer = SCENE.ask(&format!("group-by=area:areas,name&assign={rule}&{filter}&having=count%3E0"));
        let got: BTreeSet<Vec<String>> = rows(&answer, &["name", "area"]).into_keys().collect();
        let pairs = parcels.iter().flat_map(|(parcel, told)| {
            told.by(rule).iter().map(|area| vec![parcel.id.clone(), area.clone()])
        });
        let want: BTreeSet<Vec<String>> = pairs.collect();
        let shape = |id: &str| {
            let (parcel, _) = parcels.iter().find(|(parcel, _)| parcel.id == id).expect("a parcel");
            parcel.shape.as_ref().map(wkt).unwrap_or_default()
        };
        let list = |pairs: Vec<&Vec<String>>| {
            let pairs = pairs.iter().take(5).map(|pair| format!("{pair:?} {}", shape(&pair[0])));
            pairs.collect::<Vec<_>>().join("\n")
        };
        let (less, more) = (list(want.difference(&got).collect()), list(got.difference(&want).collect()));
        assert!(less.is_empty() && more.is_empty(), "{rule}, not here:\n{less}\nnot in GEOS:\n{more}");
    }
}

#[test]
fn features_count_where_geos_says() {
    let scene = &*SCENE;
    for rule in ["intersects", "within", "centroid", "larger"] {
        let (parcels, filter) = scene.beyond_doubt(rule);
        let answer = scene.ask(&format!("group-by=area:areas,use&assign={rule}&{filter}"));
        let mut want: BTreeMap<Vec<String>, u64> = BTreeMap::new();
        for (parcel, told) in &parcels {
            for area in told.by(rule) {
                *want.entry(vec![area.clone(), land_use(parcel)]).or_default() += 1;
            }
        }
        let (mut wrong, mut filled) = (Vec::new(), 0);
        let got = rows(&answer, &["area", "use"]);
        assert_eq!(got.len(), scene.areas.len() * 5, "empty groups are listed");
        for (key, row) in &got {
            let want = want.get(key).copied().unwrap_or(0);
            filled += u32::from(want > 0);
            if row["count"] != want {
                wrong.push(format!("{key:?}: GEOS {want}, here {}", row["count"]));
            }
        }
        assert!(filled > 150, "{rule}: only {filled} groups hold something");
        assert!(wrong.is_empty(), "{rule}: {} groups differ\n{}", wrong.len(), wrong.join("\n"));
        let somewhere = parcels.iter().filter(|(parcel, _)| parcel.shape.is_some());
        let unassigned = somewhere.clone().filter(|(_, told)| told.by(rule).is_empty()).count();
        let again: usize = somewhere.map(|(_, told)| told.by(rule).len().saturating_sub(1)).sum();
        assert_eq!(
            (&answer["unassigned"]["count"], &answer["countedAgain"]),
            (&unassigned.into(), &again.into())
        );
    }
}

#[test]
fn overlaps_are_those_of_geos_on_the_ellipsoid() {
    let scene = &*SCENE;
    for rule in ["intersects", "within", "centroid", "larger"] {
        let (parcels, filter) = scene.beyond_doubt(rule);
        let answer =
            scene.ask(&format!("group-by=area:areas,use&assign={rule}&measure=overlap,area&{filter}"));
        let mut want: BTreeMap<Vec<String>, [f64; 2]> = BTreeMap::new();
        // How many of those that count there have an area.
        let mut counted: BTreeMap<Vec<String>, u32> = BTreeMap::new();
        let mut rest = 0.0;
        for (parcel, told) in &parcels {
            let areal = parcel.shape.as_ref().is_some_and(is_areal);
            for (area, overlap) in &told.overlaps {
                want.entry(vec![area.clone(), land_use(parcel)]).or_default()[0] += overlap;
            }
            for area in told.by(rule) {
                want.entry(vec![area.clone(), land_use(parcel)]).or_default()[1] += told.area_m2;
                *counted.entry(vec![area.clone(), land_use(parcel)]).or_default() += u32::from(areal);
            }
            rest += told.area_m2 - told.overlaps.values().sum::<f64>();
        }
        let check = |name: &str, row: &Value, want: f64| {
            let got = row[name].as_f64().expect("a number");
            assert!((got - want).abs() <= 1e-6 * want + 0.01, "{rule}: {row}: {name} should be {want}");
        };
        for (key, row) in rows(&answer, &["area", "use"]) {
            let [overlap, area] = want.get(&key).copied().unwrap_or_default();
            let is_null = counted.get(&key) == Some(&0);
            for (name, want) in [("overlap_m2", overlap), ("area_m2", area)] {
                if is_null && want == 0.0 {
                    assert!(row[name].is_null(), "{rule}: {row}: {name} of what has no area");
                } else {
                    check(name, &row, want);
                }
            }
        }
        check("overlap_m2", &answer["unassigned"], rest);
        let whole = parcels.iter().map(|(_, told)| told.area_m2).sum();
        check("overlap_m2", &answer["total"], whole);
        check("area_m2", &answer["total"], whole);
    }
}
