//! `/ogc/search` and `innospace find`: what people type, and what they mean.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use innospace::finder::{Ask, Finder, Hit};
use innospace::model::Value;
use serde::Deserialize;
use serde_json::Value as Json;

use crate::cases;
use crate::harness::{Service, fixtures, load, shipped};

#[derive(Deserialize)]
struct Row {
    q: String,
    id: String,
}

fn ask(text: &str) -> Ask {
    Ask { text: text.to_owned(), limit: 10, ..Ask::default() }
}

fn ids(hits: &[Hit]) -> Vec<String> {
    hits.iter().map(|hit| hit.feature().id().to_string()).collect()
}

/// A text as the address of a search holds it.
fn path(query: &[(&str, &str)]) -> String {
    let mut text = form_urlencoded::Serializer::new(String::new());
    format!("/ogc/search?{}", text.extend_pairs(query).finish())
}

#[test]
fn what_is_meant_is_among_the_first_three() {
    let finder = Finder::build(&load(shipped()).catalog, None);
    let rows: Vec<Row> = cases::read("search.jsonc");
    assert!(rows.len() >= 140, "only {} rows", rows.len());
    let miss = |row: &Row| {
        let found = ids(&finder.find(&ask(&row.q)));
        let is_first = found.iter().take(3).any(|id| *id == row.id);
        (!is_first).then(|| format!("{} → {found:?}, expected {}", row.q, row.id))
    };
    let misses: Vec<_> = rows.iter().filter_map(miss).collect();
    assert!(
        misses.len() * 100 <= rows.len() * 3,
        "{} of {}:\n{}",
        misses.len(),
        rows.len(),
        misses.join("\n")
    );
}

#[derive(Deserialize)]
struct BlindRow {
    class: String,
    q: String,
    ids: Vec<String>,
}

#[test]
fn each_way_to_ask_finds_the_place() {
    let finder = Finder::build(&load(shipped()).catalog, None);
    let rows: Vec<BlindRow> = cases::read("search_blind.jsonc");
    assert!(rows.len() >= 350, "only {} rows", rows.len());
    let (mut classes, mut misses) = (BTreeMap::<&str, [usize; 2]>::new(), Vec::new());
    for row in &rows {
        let found = ids(&finder.find(&ask(&row.q)));
        let is_found = found.iter().take(3).any(|id| row.ids.contains(id));
        let [hits, all] = classes.entry(&row.class).or_default();
        *all += 1;
        *hits += usize::from(is_found);
        if !is_found {
            misses.push(format!("{}: {} → {found:?}, expected {:?}", row.class, row.q, row.ids));
        }
    }
    let few = |[hits, all]: [usize; 2], percent: usize| hits * 100 < all * percent;
    let said = misses.join("\n");
    assert!(!few([rows.len() - misses.len(), rows.len()], 95), "{} of {}:\n{said}", misses.len(), rows.len());
    for (class, counts) in classes {
        assert!(counts[1] >= 10 && !few(counts, 90), "{class}: {counts:?}\n{said}");
    }
}

/// The names of all features, by a look at each.
fn names(finder_of: &innospace::catalog::Catalog) -> Vec<(String, String)> {
    let mut names = Vec::new();
    for indexed in finder_of.layers() {
        let layer = indexed.layer();
        for ix in layer.positions() {
            let feature = layer.feature(ix);
            for field in ["name_zh", "name_en"] {
                if let Value::Text(name) = feature.named(field) {
                    names.push((name.to_owned(), feature.id().to_string()));
                }
            }
        }
    }
    names
}

#[test]
fn an_exact_name_is_first_and_so_is_an_exact_number() {
    let catalog = load(shipped()).catalog;
    let finder = Finder::build(&catalog, None);
    let all = names(&catalog);
    assert!(all.len() > 350, "{}", all.len());
    let mut wrong = Vec::new();
    for (name, _) in &all {
        let meant: BTreeSet<_> = all.iter().filter(|(other, _)| other == name).map(|(_, id)| id).collect();
        let first = ids(&finder.find(&ask(name)));
        if !first.first().is_some_and(|first| meant.contains(first)) {
            wrong.push(format!("{name}: {first:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let parcels = catalog.layer("parcels").expect("parcels").layer();
    for ix in parcels.positions().step_by(7) {
        let Value::Text(number) = parcels.feature(ix).named("parcel_no") else { panic!("a number") };
        let found = finder.find(&ask(number));
        assert_eq!(found[0].feature().id(), parcels.feature(ix).id(), "{number}");
        assert_eq!(found[0].how.name(), "code");
    }
}

/// The slow way: every name is looked through. What it holds must be found, where there is room for it.
#[test]
fn nothing_that_a_slow_scan_finds_is_missing() {
    let catalog = load(shipped()).catalog;
    let finder = Finder::build(&catalog, None);
    let all = names(&catalog);
    let fold = |text: &str| text.to_lowercase().chars().filter(|c| c.is_alphanumeric()).collect::<String>();
    for typed in
        ["湖", "沌", "大学", "工业园", "lake", "metro", "wuhan", "车谷", "中心", "军山", "新能源", "3号"]
    {
        let want: BTreeSet<_> = all
            .iter()
            .filter(|(name, _)| fold(name).contains(&fold(typed)))
            .map(|(_, id)| id.clone())
            .collect();
        let found = ids(&finder.find(&Ask { limit: 100, ..ask(typed) })).into_iter().collect::<BTreeSet<_>>();
        let missing: Vec<_> = want.difference(&found).collect();
        assert!(missing.is_empty() && !want.is_empty(), "{typed}: {missing:?}");
    }
}

#[test]
fn heteronyms_are_read_as_the_place_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let feature = |id: u32, name: &str| {
        format!(r#"{{"type":"Feature","id":{id},"geometry":null,"properties":{{"name_zh":"{name}"}}}}"#)
    };
    let names = ["重庆路", "长沙街", "厦门港", "银行大厦", "乐清湾", "沌口", "女儿湖", "番禺大道"];
    let features: Vec<_> = (1..).zip(names).map(|(id, name)| feature(id, name)).collect();
    let layer = format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","));
    std::fs::write(folder.path().join("places.geojson"), layer).expect("written");
    let manifest = "title = { zh = \"一\", en = \"one\" }\n[find.readings]\n\"沌口\" = \"zhuan kou\"\n\
                    [[layers]]\nid = \"places\"\nfile = \"places.geojson\"\ntitle = { zh = \"地\", en = \"places\" }\n";
    std::fs::write(folder.path().join("catalog.toml"), manifest).expect("written");
    let finder = Finder::build(&load(folder.path()).catalog, None);
    for (typed, id) in [
        ("chongqinglu", "1"),
        ("changsha", "2"),
        ("xiamen", "3"),
        ("yinhangdasha", "4"),
        ("yueqing", "5"),
        ("zhuankou", "6"),
        ("dunkou", "6"),
        ("nverhu", "7"),
        ("nuerhu", "7"),
        ("panyu", "8"),
        ("yhds", "4"),
    ] {
        let found = finder.find(&ask(typed));
        assert_eq!(ids(&found).first().map(String::as_str), Some(id), "{typed}");
        assert!(matches!(found[0].how.name(), "pinyin" | "initials"), "{typed}");
    }
    assert!(finder.find(&ask("zhongqinglu")).first().is_none_or(|hit| hit.how.name() == "typo"));
    let broken = manifest.replace("zhuan kou", "zhuan");
    std::fs::write(folder.path().join("catalog.toml"), broken).expect("written");
    let fault =
        innospace::store::Store::new(folder.path()).load(&mut |_| {}).expect_err("refused").to_string();
    assert!(fault.contains("沌口"), "{fault}");
}

#[test]
fn a_hit_says_what_it_is_where_it_is_and_why() {
    let service = Service::over(shipped());
    let json = service.get(&path(&[("q", "太子湖创"), ("limit", "1")])).json();
    let hit = &json["hits"][0];
    assert_eq!(json["numberReturned"], 1);
    assert_eq!(hit["collection"], "sites");
    assert_eq!(hit["name"]["zh"], hit["match"]["text"]);
    assert_eq!(hit["match"]["how"], "name");
    // 南 stands before it.
    assert_eq!(hit["match"]["ranges"], serde_json::json!([[1, 5]]));
    assert!(["block", "park"].contains(&hit["kind"]["id"].as_str().expect("a kind")), "{hit}");
    let item = service.get(hit["href"].as_str().expect("href").trim_start_matches("http://map.test"));
    assert_eq!((item.status.as_u16(), &item.json()["id"]), (200, &hit["id"]));

    let json = service.get(&path(&[("q", "JS0405-001")])).json();
    let hit = &json["hits"][0];
    assert_eq!(
        (&hit["id"], &hit["match"]["how"], &hit["synthetic"]),
        (&"p-0000001".into(), &"code".into(), &true.into())
    );
    assert_eq!((&hit["name"]["zh"], &hit["name"]["en"]), (&"JS0405-001".into(), &"JS0405-001".into()));
    let numbers = |value: &Json| {
        value.as_array().expect("numbers").iter().map(|n| n.as_f64().expect("a number")).collect::<Vec<_>>()
    };
    let (point, bbox) = (numbers(&hit["point"]), numbers(&hit["bbox"]));
    assert!(bbox[0] < point[0] && point[0] < bbox[2] && bbox[1] < point[1] && point[1] < bbox[3], "{hit}");

    for (typed, how) in [
        ("zhuankou", "name"), // Zhuankou Subdistrict
        ("zhuankoujie", "pinyin"),
        ("zkjd", "initials"),
        ("中国车谷", "alias"),
        ("三(一)4", "section"),
        ("zuankou", "typo"),
        ("haier park", "parts"),
        ("chunsun", "id"),
    ] {
        let json = service.get(&path(&[("q", typed)])).json();
        assert_eq!(json["hits"][0]["match"]["how"], how, "{typed}: {}", json["hits"][0]);
    }
}

/// A lagoon on both sides of the antimeridian, and one of the same name half the earth away, on its latitudes.
#[test]
fn a_hit_across_the_antimeridian_lies_in_one_place() {
    let data = tempfile::tempdir().expect("a folder");
    let square = |west: f64, east: f64| {
        serde_json::json!([[[west, -17], [east, -17], [east, -16], [west, -16], [west, -17]]])
    };
    let lagoon = |id: &str, parts: &[Json]| {
        serde_json::json!({ "type": "Feature", "id": id, "properties": { "name_en": "Lagoon" },
            "geometry": { "type": "MultiPolygon", "coordinates": parts } })
    };
    let features = [
        lagoon("cut", &[square(179.9, 180.0), square(-180.0, -179.8)]),
        lagoon("whole", &[square(10.0, 10.5)]),
    ];
    let features = serde_json::json!({ "type": "FeatureCollection", "features": features });
    std::fs::write(data.path().join("lagoons.geojson"), features.to_string()).expect("written");
    let service = Service::over(data.path());
    let found =
        |window: &str| service.get(&path(&[("q", "lagoon"), ("bbox", window)])).json()["hits"].clone();
    let hits = found("179,-18,-179,-15");
    assert_eq!(
        (&hits[0]["id"], &hits[0]["bbox"]),
        (&"cut".into(), &serde_json::json!([179.9, -17.0, -179.8, -16.0]))
    );
    let hits = found("9,-18,11,-15");
    assert_eq!(
        (&hits[0]["id"], &hits[0]["bbox"]),
        (&"whole".into(), &serde_json::json!([10.0, -17.0, 10.5, -16.0]))
    );
}

#[test]
fn a_section_leads_to_all_places_that_it_names() {
    let catalog = load(shipped()).catalog;
    let finder = Finder::build(&catalog, None);
    let plan = catalog.plan.as_ref().expect("a plan");
    let want: BTreeSet<_> = plan
        .places
        .iter()
        .filter(|place| place.citations.iter().any(|citation| &*citation.section == "三(一)4"))
        .map(|place| place.id.to_string())
        .collect();
    let found = finder.find(&Ask { limit: 100, ..ask("三(一)4") });
    let by_section = found.iter().filter(|hit| hit.how.name() == "section");
    let found: BTreeSet<_> = by_section.map(|hit| hit.feature().id().to_string()).collect();
    assert!(want.len() > 5 && want.is_subset(&found), "{want:?} {found:?}");
}

#[test]
fn kinds_collections_and_windows_choose() {
    let service = Service::over(shipped());
    let kinds = |query: &[(&str, &str)]| {
        let json = service.get(&path(query)).json();
        let hits = json["hits"].as_array().expect("hits").clone();
        hits.iter().map(|hit| hit["kind"]["id"].as_str().expect("a kind").to_owned()).collect::<BTreeSet<_>>()
    };
    assert_eq!(
        kinds(&[("q", "沌口"), ("kind", "subdistricts")]),
        BTreeSet::from(["subdistricts".to_owned()])
    );
    assert_eq!(kinds(&[("q", "军山"), ("collections", "transit")]), BTreeSet::from(["transit".to_owned()]));
    let parks = kinds(&[("q", "园"), ("kind", "park,block")]);
    assert!(!parks.is_empty() && parks.iter().all(|kind| kind == "park" || kind == "block"), "{parks:?}");
    // Of parcels whose numbers begin alike, those in the window come first.
    let all = service.get(&path(&[("q", "ZK03"), ("limit", "50")])).json();
    let last = all["hits"].as_array().expect("hits").last().expect("a hit").clone();
    let bbox =
        last["bbox"].as_array().expect("bbox").iter().map(Json::to_string).collect::<Vec<_>>().join(",");
    let near = service.get(&path(&[("q", "ZK03"), ("limit", "50"), ("bbox", &bbox)])).json();
    let first: Vec<_> = near["hits"].as_array().expect("hits").iter().take(9).map(|hit| &hit["id"]).collect();
    assert!(first.contains(&&last["id"]), "{first:?} {}", last["id"]);
}

#[test]
fn bad_requests_are_problems_and_good_ones_are_held() {
    let service = Service::over(fixtures());
    for (query, parameter) in [
        ("?q=a&limit=0", "limit"),
        ("?q=a&bbox=1,2,3", "bbox"),
        ("?q=a&collections=nowhere", "collections"),
        ("?q=a&kind=nothing", "kind"),
        ("?q=a&lang=fr", "lang"),
        ("?q=a&colour=red", "colour"),
        ("?q=a&q=b", "q"),
    ] {
        let answer = service.get(&format!("/ogc/search{query}"));
        assert_eq!(
            (answer.status.as_u16(), answer.header("content-type")),
            (400, "application/problem+json"),
            "{query}"
        );
        if parameter != "q" || !query.contains("q=b") {
            assert_eq!(answer.json()["parameter"], parameter, "{query}");
        }
    }
    for nothing in ["", "?q=", "?q=%20"] {
        let answer = service.get(&format!("/ogc/search{nothing}"));
        assert_eq!((answer.status.as_u16(), &answer.json()["numberReturned"]), (200, &0.into()), "{nothing}");
    }
    let page = service.get("/ogc/search?f=html");
    assert_eq!(page.status, 200);
    assert!(page.text().contains("name=\"q\""));
    let answer = service.get("/ogc/search?q=a");
    let again = service.ask("GET", "/ogc/search?q=a", &[("if-none-match", answer.header("etag"))]);
    assert_eq!((again.status.as_u16(), again.body.len()), (304, 0));
    // Texts without letters, very long ones, and odd ones find nothing or something, and end.
    let long = "南".repeat(5000);
    for odd in ["-", "(", "\u{0}", "🗺", long.as_str(), "'\"<script>", "%", "a\u{301}\u{301}", "ß", "İ"] {
        let answer = service.get(&path(&[("q", odd)]));
        assert_eq!(answer.status, 200, "{odd:.20}");
    }
}

#[test]
fn the_program_gives_the_same_answers() {
    let service = Service::over(shipped());
    let find = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_innospace"))
            .args(["find", "--data", shipped().to_str().expect("a path")])
            .args(arguments)
            .output()
            .expect("the program starts");
        (output.status.success(), String::from_utf8(output.stdout).expect("UTF-8"))
    };
    for typed in ["南太子湖", "zkjd", "haier park"] {
        let served = service.get(&path(&[("q", typed), ("limit", "5")])).json();
        let (is_done, said) = find(&[typed, "--limit", "5", "--format", "json"]);
        assert!(is_done);
        let own: Json = serde_json::from_str(&said).expect("JSON");
        let bare = |json: &Json| json["hits"].to_string().replace("http://map.test", "");
        assert_eq!(bare(&served), bare(&own), "{typed}");
    }
    let (_, said) = find(&["zhuan", "kou", "jie", "--limit", "1", "--lang", "en"]);
    assert!(said.contains("沌口街道 · Zhuankou Subdistrict  (Subdistricts)"), "{said}");
    assert!(said.contains("pinyin: [沌口街]道"), "{said}");
    assert_eq!(find(&["zhuan", "kou", "jie", "--limit", "1"]).1, said, "English when left out");
    assert!(!find(&["a", "--kind", "nothing"]).0);
    assert_eq!(
        find(&["qqqqqqqqqq", "--lang", "en"]),
        (true, "nothing found for \"qqqqqqqqqq\"\n".to_owned())
    );
}

#[test]
fn unchanged_layers_are_taken_over() {
    let mut store = innospace::store::Store::new(shipped());
    let first = Finder::build(&store.load(&mut |_| {}).expect("loads").catalog, None);
    let second = store.load(&mut |_| {}).expect("loads").catalog;
    let second = Finder::build(&second, Some(&first));
    assert_eq!(first.size(), second.size());
    assert_eq!(first.shared_with(&second), 13);
}
