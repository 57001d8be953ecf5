//! What holds for all groups, and every measure beside a plain computation.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::geos::{SCENE, Told, land_use, rows};
use super::zone::Feature;
use crate::oracle::wkt;

const RULES: [&str; 4] = ["intersects", "within", "centroid", "larger"];

fn percent(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn count(row: &Value) -> u64 {
    row["count"].as_u64().expect("a count")
}

#[test]
fn groups_and_the_rest_make_the_whole() {
    let mut places: Vec<String> = vec![
        "group-by=distance:areas/a20&lots=3".to_owned(),
        "group-by=distance:areas/a20,use&bands=50,100,2000&filter=lots%3C-2".to_owned(),
        "polygon=POLYGON((114.11%2030.41,114.15%2030.42,114.13%2030.45,114.11%2030.41))".to_owned(),
    ];
    for rule in RULES {
        for fields in ["", ",use", ",use,since"] {
            places.push(format!("group-by=area:areas{fields}&assign={rule}"));
        }
        places.push(format!(
            "group-by=area:areas,use&assign={rule}&filter=far%3E2&bbox=114.12,30.42,114.15,30.45"
        ));
    }
    for place in places {
        let answer = SCENE.ask(&place);
        let groups: u64 = answer["groups"].as_array().expect("groups").iter().map(count).sum();
        let rest = count(&answer["unassigned"]) + count(&answer["withoutGeometry"]);
        let again = answer["countedAgain"].as_u64().expect("a number");
        assert!(groups > 0);
        assert_eq!(groups + rest - again, count(&answer["total"]), "{place}");
        if !place.contains("filter") && !place.contains("lots") {
            assert_eq!(count(&answer["total"]), SCENE.parcels.len() as u64, "{place}");
        }
    }
    for fields in ["use", "use,since", "lots", "far", "since"] {
        let answer = SCENE.ask(&format!("group-by={fields}"));
        let groups = answer["groups"].as_array().expect("groups");
        assert_eq!(groups.iter().map(count).sum::<u64>(), SCENE.parcels.len() as u64, "{fields}");
        assert!(answer.get("unassigned").is_none() && answer.get("countedAgain").is_none());
    }
}

#[test]
fn bands_are_those_of_each_distance() {
    let limits = [0.0, 50.0, 700.0, 1500.0, 4000.0];
    let answer =
        SCENE.ask("group-by=distance:areas/a20,name&bands=50,700,1500,4000&filter=since%20IS%20NOT%20NULL&having=count%3E0");
    let mut got: BTreeMap<String, f64> = BTreeMap::new();
    for group in answer["groups"].as_array().expect("groups") {
        let name = group["name"].as_str().expect("a name").to_owned();
        let from = group["from_m"].as_f64().expect("a limit");
        assert!(got.insert(name, from).is_none(), "in two bands: {group}");
    }
    let area = SCENE.areas.iter().find(|area| area.id == "a20").and_then(|area| area.shape.as_ref());
    let area = area.expect("an area");
    let mut filled = BTreeSet::new();
    let somewhere = SCENE.parcels.iter().filter(|(parcel, _)| parcel.shape.is_some());
    for (parcel, _) in somewhere.filter(|(parcel, _)| !parcel.properties["since"].is_null()).step_by(9) {
        let shape = parcel.shape.as_ref().expect("a shape");
        let Some(metres) = innospace::geometry::distance_m(shape, area) else { continue };
        let from = limits.iter().rev().find(|limit| **limit <= metres).expect("a band");
        assert_eq!(got.get(&parcel.id), Some(from), "{} is {metres} m away", parcel.id);
        filled.insert(from.to_bits());
    }
    assert_eq!(filled.len(), limits.len(), "every band is met");
}

#[test]
fn stricter_rules_count_less() {
    let [intersects, within, _, larger] = RULES
        .map(|rule| rows(&SCENE.ask(&format!("group-by=area:areas,use&assign={rule}")), &["area", "use"]));
    assert_eq!(intersects.len(), SCENE.areas.len() * 5);
    for (key, most) in &intersects {
        assert!(count(&within[key]) <= count(&larger[key]), "{key:?}");
        assert!(count(&larger[key]) <= count(most), "{key:?}");
    }
}

#[test]
fn parts_within_areas_and_beside_them_make_the_whole() {
    for rule in RULES {
        let answer = SCENE.ask(&format!("group-by=area:areas,use&assign={rule}&measure=overlap(ha)"));
        let part = |row: &Value| row["overlap_ha"].as_f64().expect("a number");
        let parts: f64 = answer["groups"].as_array().expect("groups").iter().map(part).sum();
        let (rest, whole) = (part(&answer["unassigned"]), part(&answer["total"]));
        assert!(
            rest > 0.0 && parts > rest && (parts + rest - whole).abs() < 1e-8 * whole,
            "{rule}: {parts} {rest}"
        );
    }
}

#[test]
fn one_polygon_counts_as_an_area_of_that_shape() {
    // Nothing but a number is asked for, of all features and of those that meet a condition which all meet.
    let all = percent("lots IS NULL OR lots IS NOT NULL");
    for area in SCENE.areas.iter().filter(|area| area.shape.is_some()).step_by(4) {
        let polygon = percent(&wkt(area.shape.as_ref().expect("a polygon")));
        for rule in ["intersects", "within", "centroid"] {
            let by_area = rows(&SCENE.ask(&format!("group-by=area:areas&assign={rule}")), &["area"]);
            let drawn = SCENE.ask(&format!("polygon={polygon}&assign={rule}"));
            let filtered = SCENE.ask(&format!("polygon={polygon}&assign={rule}&filter={all}"));
            // A centre on the border of two areas counts in the first, but in a polygon alone.
            let more = count(&drawn["groups"][0]) - count(&by_area[&vec![area.id.clone()]]);
            assert!(if rule == "centroid" { more < 60 } else { more == 0 }, "{rule} {}: {more}", area.id);
            for part in ["groups", "unassigned", "withoutGeometry", "total", "countedAgain"] {
                assert_eq!(drawn[part], filtered[part], "{rule} {}", area.id);
            }
        }
        let drawn = SCENE.ask(&format!("polygon={polygon}"));
        let filtered = SCENE.ask(&format!("polygon={polygon}&filter={all}&measure=area"));
        assert_eq!(drawn["groups"][0]["count"], filtered["groups"][0]["count"], "larger {}", area.id);
        assert_eq!(drawn["unassigned"]["count"], filtered["unassigned"]["count"], "larger {}", area.id);
    }
}

/// Parcels as a group, with a plain computation of each measure.
struct Plain<'a> {
    members: Vec<&'a Feature>,
    all: &'a [&'a Feature],
}

impl Plain<'_> {
    fn sorted(&self, field: &str) -> Vec<f64> {
        let mut values: Vec<f64> = self.members.iter().filter_map(|parcel| parcel.number(field)).collect();
        values.sort_by(f64::total_cmp);
        values
    }

    fn measure(&self, name: &str) -> Value {
        #[expect(clippy::cast_precision_loss, reason = "small numbers")]
        let real = |number: usize| number as f64;
        let real_or_null = |value: Option<f64>| value.map_or(Value::Null, |value| json!(value));
        let (statistic, field) = name.split_once('_').unwrap_or((name, ""));
        let values = || self.sorted(field);
        let mean =
            |values: &[f64]| (!values.is_empty()).then(|| values.iter().sum::<f64>() / real(values.len()));
        let percentile = |percent: f64| {
            let values = values();
            let rank = percent / 100.0 * (real(values.len()) - 1.0);
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank")]
            let (low, high) = (rank.floor() as usize, rank.ceil() as usize);
            (!values.is_empty()).then(|| values[low] + (values[high] - values[low]) * rank.fract())
        };
        let texts = || {
            let mut texts: Vec<&str> =
                self.members.iter().filter_map(|parcel| parcel.properties[field].as_str()).collect();
            texts.sort_unstable();
            texts
        };
        match (statistic, field) {
            ("count", _) => json!(self.members.len()),
            ("share", "") => json!(real(self.members.len()) / real(self.all.len())),
            ("share", _) => {
                let all: f64 = self.all.iter().filter_map(|parcel| parcel.number(field)).sum();
                let values = values();
                real_or_null((!values.is_empty()).then(|| values.iter().sum::<f64>() / all))
            }
            ("known", _) => {
                json!(self.members.iter().filter(|parcel| !parcel.properties[field].is_null()).count())
            }
            ("distinct", _) => {
                let known = self
                    .members
                    .iter()
                    .map(|parcel| &parcel.properties[field])
                    .filter(|value| !value.is_null());
                json!(known.map(Value::to_string).collect::<BTreeSet<_>>().len())
            }
            ("sum", _) => {
                let values = values();
                real_or_null((!values.is_empty()).then(|| values.iter().sum()))
            }
            ("mean", _) => real_or_null(mean(&values())),
            ("min", "since") => texts().first().map_or(Value::Null, |text| json!(text)),
            ("max", "since") => texts().last().map_or(Value::Null, |text| json!(text)),
            ("min", _) => real_or_null(values().first().copied()),
            ("max", _) => real_or_null(values().last().copied()),
            ("median", _) => real_or_null(percentile(50.0)),
            (percent, _) => real_or_null(percentile(percent[1..].parse().expect("a number"))),
        }
    }
}

const MEASURES: &str = "share,known(far),known(use),distinct(far),distinct(since),distinct(use),distinct(lots),\
                        sum(lots),sum(far),mean(lots),mean(far),min(lots),max(lots),min(far),max(far),min(since),\
                        max(since),median(lots),median(far),p90(lots),p90(far),p12.5(far),p0(lots),p100(far),\
                        share(lots),share(far)";

fn equal(a: &Value, b: &Value) -> bool {
    match (a.as_f64(), b.as_f64()) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * b.abs().max(1.0),
        _ => a == b,
    }
}

/// What names the group of a parcel, if it has one.
type Key<'k> = &'k dyn Fn(&Feature, &Told) -> Option<Vec<String>>;

#[test]
fn measures_are_those_of_a_plain_computation() {
    let (sure, filter) = SCENE.beyond_doubt("larger");
    let all: Vec<&Feature> = sure.iter().map(|(parcel, _)| parcel).collect();
    let place = |told: &Told| told.larger.first().cloned();
    let groupings: [(&str, &[&str], Key); 4] = [
        ("area:areas,use", &["area", "use"], &|parcel, told| Some(vec![place(told)?, land_use(parcel)])),
        ("area:areas", &["area"], &|_, told| Some(vec![place(told)?])),
        ("use", &["use"], &|parcel, _| Some(vec![land_use(parcel)])),
        ("", &[], &|_, _| Some(vec![])),
    ];
    for (group_by, keys, key) in groupings {
        let answer = SCENE.ask(&format!("group-by={group_by}&measure={MEASURES}&{filter}"));
        let mut groups: BTreeMap<Vec<String>, Vec<&Feature>> = BTreeMap::new();
        for (parcel, told) in &sure {
            if let Some(key) = key(parcel, told) {
                groups.entry(key).or_default().push(parcel);
            }
        }
        let columns: Vec<&str> = answer["columns"]
            .as_array()
            .expect("columns")
            .iter()
            .filter(|column| column["role"] == "measure")
            .map(|column| column["name"].as_str().expect("a name"))
            .collect();
        assert_eq!(columns.len(), MEASURES.split(',').count() + 1);
        let check = |row: &Value, members: Vec<&Feature>| {
            let plain = Plain { members, all: &all };
            for column in &columns {
                let want = plain.measure(column);
                assert!(equal(&row[*column], &want), "{group_by}: {column} should be {want}: {row}");
            }
        };
        for (key, row) in rows(&answer, keys) {
            check(&row, groups.remove(&key).unwrap_or_default());
        }
        assert!(groups.is_empty(), "{group_by}: no groups {:?}", groups.keys());
        check(&answer["total"], all.clone());
        if group_by.starts_with("area") {
            let nowhere = all.iter().filter(|parcel| parcel.shape.is_none()).copied().collect();
            check(&answer["withoutGeometry"], nowhere);
            let unassigned =
                sure.iter().filter(|(parcel, told)| parcel.shape.is_some() && told.larger.is_empty());
            check(&answer["unassigned"], unassigned.map(|(parcel, _)| parcel).collect());
        }
    }
}

/// Does a condition hold for a group?
type Holds = fn(&Value) -> bool;

const TABLE: &str = "group-by=area:areas,use&assign=centroid&measure=mean(far),sum(lots),max(since)";

fn groups(query: &str) -> Vec<Value> {
    SCENE.ask(query)["groups"].as_array().expect("groups").clone()
}

#[test]
fn order_is_that_of_the_columns_nulls_last() {
    let usual = groups(TABLE);
    let key = |row: &Value| [row["area"].to_string(), row["use"].to_string()];
    // JSON's null sorts before a quote, and nulls come last.
    let in_order = |pair: &[Value]| match key(&pair[0])[0].cmp(&key(&pair[1])[0]) {
        Ordering::Equal => pair[1]["use"].is_null() || key(&pair[0])[1] < key(&pair[1])[1],
        order => order.is_lt(),
    };
    assert!(usual.windows(2).all(in_order));
    let orders: [&[(&str, bool)]; 6] = [
        &[("count", true)],
        &[("mean_far", false), ("area", true)],
        &[("use", true), ("mean_far", true)],
        &[("max_since", true)],
        &[("sum_lots", false), ("count", false)],
        &[("area", true)],
    ];
    for order in orders {
        let list: Vec<_> =
            order.iter().map(|(name, down)| format!("{}{name}", if *down { "-" } else { "" })).collect();
        let got = groups(&format!("{TABLE}&sortby={}", list.join(",")));
        let mut want = usual.clone();
        want.sort_by(|a, b| {
            let by = |&(name, down): &(&str, bool)| {
                let (a, b) = (&a[name], &b[name]);
                match (a.is_null(), b.is_null()) {
                    (true, true) => Ordering::Equal,
                    (true, false) => Ordering::Greater,
                    (false, true) => Ordering::Less,
                    (false, false) => {
                        let order = match (a.as_f64(), b.as_f64()) {
                            (Some(a), Some(b)) => a.total_cmp(&b),
                            _ => a.as_str().cmp(&b.as_str()),
                        };
                        if down { order.reverse() } else { order }
                    }
                }
            };
            order.iter().map(by).fold(Ordering::Equal, Ordering::then)
        });
        assert_eq!(got, want, "{list:?}");
    }
}

#[test]
fn having_selects_groups_and_nothing_else() {
    let (whole, usual) = (SCENE.ask(TABLE), groups(TABLE));
    let conditions: [(&str, Holds); 6] = [
        ("count > 15", |row| count(row) > 15),
        ("mean_far < 2.9 AND count >= 3", |row| {
            row["mean_far"].as_f64().is_some_and(|far| far < 2.9) && count(row) >= 3
        }),
        ("use IS NULL", |row| row["use"].is_null()),
        ("area LIKE 'a1%' AND sum_lots BETWEEN 0 AND 300", |row| {
            let lots = row["sum_lots"].as_f64();
            row["area"].as_str().expect("text").starts_with("a1")
                && lots.is_some_and(|lots| (0.0..=300.0).contains(&lots))
        }),
        (r#"{"op":"=","args":[{"property":"use"},"绿地"]}"#, |row| row["use"] == "绿地"),
        ("max_since < DATE('2024-06-01')", |row| {
            row["max_since"].as_str().is_some_and(|day| day < "2024-06-01")
        }),
    ];
    for (having, holds) in conditions {
        let answer = SCENE.ask(&format!("{TABLE}&having={}", percent(having)));
        let want: Vec<Value> = usual.iter().filter(|row| holds(row)).cloned().collect();
        assert!(!want.is_empty() && want.len() < usual.len(), "{having}");
        assert_eq!(answer["groups"], json!(want), "{having}");
        assert_eq!(
            (&answer["groupsMatched"], &answer["groupsReturned"]),
            (&want.len().into(), &want.len().into())
        );
        for rest in ["total", "unassigned", "withoutGeometry", "countedAgain"] {
            assert_eq!(answer[rest], whole[rest], "{having}");
        }
    }
}

#[test]
fn pages_joined_are_the_whole() {
    let query = format!("{TABLE}&sortby=-count&having=count%3E2");
    let whole = SCENE.ask(&query);
    let all = whole["groups"].as_array().expect("groups");
    assert!(all.len() > 50);
    let mut joined: Vec<Value> = Vec::new();
    let mut next = Some(format!("/ogc/collections/parcels/aggregates?{query}&limit=17"));
    while let Some(path) = next {
        let answer = SCENE.service.get(&path);
        let json = answer.json();
        assert_eq!(json["groupsMatched"], whole["groupsMatched"]);
        for rest in ["total", "unassigned", "withoutGeometry", "countedAgain"] {
            assert_eq!(json[rest], whole[rest], "{path}");
        }
        let page = json["groups"].as_array().expect("groups");
        assert!(!page.is_empty() && page.len() <= 17);
        assert_eq!(json["groupsReturned"], page.len());
        joined.extend_from_slice(page);
        next = answer.link("next");
    }
    assert_eq!(&joined, all);
    let past = SCENE.ask(&format!("{TABLE}&offset=9000"));
    assert_eq!((&past["groups"], &past["groupsReturned"]), (&json!([]), &json!(0)));
}

fn items(conditions: &Value) -> u64 {
    let mut body = conditions.clone();
    body["limit"] = json!(1);
    let headers = [("content-type", "application/json")];
    let path = "/ogc/collections/parcels/search";
    let answer = SCENE.service.send("POST", path, &headers, body.to_string().into_bytes());
    assert_eq!(answer.status, 200, "{body}: {}", answer.text());
    answer.json()["numberMatched"].as_u64().expect("a number")
}

#[test]
fn conditions_select_what_they_select_for_items() {
    let conditions = [
        json!({}),
        json!({ "bbox": [114.12, 30.42, 114.15, 30.45] }),
        json!({ "filter": "far > 2 OR lots IS NULL" }),
        json!({ "bbox": [114.12, 30.42, 114.15, 30.45], "filter": "lots < 20" }),
        json!({ "lots": 7 }),
        json!({ "filter": "S_WITHIN(geometry, POLYGON((114.1 30.4, 114.15 30.41, 114.12 30.45, 114.1 30.4)))" }),
    ];
    let plain: Vec<_> =
        SCENE.areas.iter().filter_map(|area| Some((area, area.shape.as_ref()?))).step_by(9).collect();
    for condition in conditions {
        let with = |more: &str| {
            let mut body = condition.clone();
            body["filter"] = match condition["filter"].as_str() {
                Some(filter) => json!(format!("({filter}) AND {more}")),
                None => json!(more),
            };
            body
        };
        let pairs: Vec<_> = condition
            .as_object()
            .expect("an object")
            .iter()
            .map(|(name, value)| {
                let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                format!("{name}={}", percent(text.trim_matches(['[', ']'])))
            })
            .collect();
        let query = pairs.join("&");
        let by_use = SCENE.ask(&format!("group-by=use&{query}"));
        assert_eq!(count(&by_use["total"]), items(&condition), "{condition}");
        for (key, row) in rows(&by_use, &["use"]) {
            let is = if key[0].is_empty() { "use IS NULL".to_owned() } else { format!("use = '{}'", key[0]) };
            assert_eq!(count(&row), items(&with(&is)), "{condition} {is}");
        }
        for (rule, relation) in [("intersects", "S_INTERSECTS"), ("within", "S_WITHIN")] {
            let by_area = rows(&SCENE.ask(&format!("group-by=area:areas&assign={rule}&{query}")), &["area"]);
            for (area, shape) in &plain {
                let wants = items(&with(&format!("{relation}(geometry, {})", wkt(shape))));
                assert_eq!(count(&by_area[&vec![area.id.clone()]]), wants, "{condition} {rule} {}", area.id);
            }
        }
    }
}
