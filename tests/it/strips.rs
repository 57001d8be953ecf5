//! What stands along a line by stretches, the strip diagram, the plan section by section, and the sheets of places: against
//! values worked out by hand and against a look at every feature.

use std::collections::BTreeMap;
use std::fs;
use std::process::Command;

use innospace::locate::{Member, along};
use innospace::map::place::Box;
use innospace::map::style::Theme;
use innospace::model::Lang;
use innospace::query::Budget;
use innospace::report::strip;
use serde_json::{Value, json};

use crate::harness::{Service, fixtures, load, shipped};
use crate::reports::text_of_pdf;

/// Along the equator a degree of longitude is 111,319.490793 m (the semi-major axis of GRS 80 times pi / 180).
const DEGREE: f64 = 111_319.490_793_273_57;

/// A line of 0.03 degrees along the equator, and around it:
/// four points (one on the border of two stretches, one beyond the end, one too far, one without position) and
/// a lot from 0.005 to 0.025 degrees, of which the middle lies at 0.015.
fn equator() -> (tempfile::TempDir, Service) {
    let feature = |id: &str, geometry: &str, size: &str| {
        format!(
            r#"{{"type":"Feature","id":"{id}","geometry":{geometry},"properties":{{"name":"{id}","size":{size}}}}}"#
        )
    };
    let collection = |features: &[String]| {
        format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(","))
    };
    let point = |x: f64, y: f64| format!(r#"{{"type":"Point","coordinates":[{x},{y}]}}"#);
    let folder = tempfile::tempdir().expect("a folder");
    let line = r#"{"type":"LineString","coordinates":[[0,0],[0.01,0],[0.03,0]]}"#;
    let lot = r#"{"type":"Polygon","coordinates":[[[0.005,0.001],[0.025,0.001],[0.025,0.003],[0.005,0.003],[0.005,0.001]]]}"#;
    let files = [
        ("lines", collection(&[feature("line", line, "null")])),
        (
            "spots",
            collection(&[
                feature("border", &point(0.010_000_1, 0.001), "2"),
                feature("right", &point(0.005, -0.004), "3"),
                feature("beyond", &point(0.031, 0.0), "5"),
                feature("far", &point(0.015, 0.02), "7"),
                feature("nowhere", "null", "11"),
            ]),
        ),
        ("lots", collection(&[feature("lot", lot, "null")])),
    ];
    for (name, text) in files {
        fs::write(folder.path().join(format!("{name}.geojson")), text).expect("written");
    }
    let service = Service::over(folder.path());
    (folder, service)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value} is no number"))
}

/// Steps of a hundredth of a degree, 1,113.194908 m: `right` at 0.005 in the first, `border` just behind 0.01 in the second,
/// `beyond` in the last. `far` is 0.02 degrees of latitude, more than 2 km, away.
#[test]
fn each_feature_counts_in_one_stretch_and_the_whole_is_kept() {
    let (_folder, service) = equator();
    let step = DEGREE / 100.0;
    let path =
        format!("/ogc/collections/spots/aggregates?group-by=along:lines/line&step={step}&measure=sum(size)");
    let json = service.get(&path).json();
    let groups = json["groups"].as_array().expect("groups");
    assert_eq!(groups.len(), 3, "{json}");
    for (at, (group, (count, sum))) in groups.iter().zip([(1, 3), (1, 2), (1, 5)]).enumerate() {
        assert_eq!([&group["count"], &group["sum_size"]], [&json!(count), &json!(sum)], "{group}");
        #[expect(clippy::cast_precision_loss, reason = "0, 1, 2")]
        let from = at as f64 * step;
        assert!((number(&group["from_m"]) - from).abs() < 1e-3, "{group}");
        assert!((number(&group["to_m"]) - from - step).abs() < 2e-3, "{group}");
        assert!((number(&group["per_km"]) - 1000.0 / step).abs() < 1e-6, "{group}");
    }
    assert_eq!([&json["unassigned"]["count"], &json["unassigned"]["sum_size"]], [&json!(1), &json!(7)]);
    assert_eq!(
        [&json["withoutGeometry"]["count"], &json["withoutGeometry"]["sum_size"]],
        [&json!(1), &json!(11)]
    );
    assert_eq!([&json["total"]["count"], &json["total"]["sum_size"]], [&json!(5), &json!(28)]);
    assert!(json["notes"]["rule"].as_str().expect("a rule").contains("1000"));
    let csv = service.get(&format!("{path}&f=csv"));
    assert_eq!(csv.text().lines().count(), 1 + 3 + 3, "{}", csv.text());
    let page = service.ask("GET", &format!("{path}&f=html"), &[("accept-language", "en")]);
    assert!(page.text().contains("chainage from") && page.text().contains("<rect"));
}

/// A quarter, a half and a quarter of the lot lie in the stretches; whole, it counts in the one of its nearest corner.
#[test]
fn areas_are_shared_out_by_chainage() {
    let (_folder, service) = equator();
    let step = DEGREE / 100.0;
    let json = service
        .get(&format!(
            "/ogc/collections/lots/aggregates?group-by=along:lines/line&step={step}&measure=area,overlap"
        ))
        .json();
    let area = number(&json["total"]["area_m2"]);
    // 0.02 by 0.002 degrees: a degree of latitude is 110,574.3 m at the equator.
    assert!((area / (0.02 * DEGREE * 0.002 * 110_574.3) - 1.0).abs() < 1e-4, "{area}");
    let groups = json["groups"].as_array().expect("groups");
    for (group, share) in groups.iter().zip([0.25, 0.5, 0.25]) {
        assert!((number(&group["overlap_m2"]) / area - share).abs() < 1e-4, "{group}");
    }
    let counts: Vec<_> = groups.iter().map(|group| number(&group["count"])).collect();
    assert!((counts.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{counts:?}");
    // Half of it lies farther than the middle of its height, 0.002 degrees or 221.1 m.
    let near = service
        .get(&format!(
            "/ogc/collections/lots/aggregates?group-by=along:lines/line&max-offset={}&measure=overlap",
            0.002 * 110_574.3
        ))
        .json();
    let held: f64 =
        near["groups"].as_array().expect("groups").iter().map(|group| number(&group["overlap_m2"])).sum();
    assert!((held / area - 0.5).abs() < 0.01, "{held}");
    assert!((held + number(&near["unassigned"]["overlap_m2"]) - area).abs() < 1.0, "{near}");
}

/// The stretch of each feature is that of the chainage that `along` tells, one by one.
#[test]
fn stretches_are_those_of_a_look_at_every_feature() {
    let service = Service::over(shipped());
    for (line, step, offset) in [
        ("axes/axis-chegu-avenue", 1500.0, 2500.0),
        ("belts/belt-smart-manufacturing", 700.0, 1000.0),
        ("belts/belt-emerging-industry", 2000.0, 4000.0),
    ] {
        let (collection, id) = line.split_once('/').expect("a line");
        for counted in ["sites", "parcels", "facilities"] {
            let along = service
                .get(&format!(
                    "/ogc/collections/{collection}/items/{id}/along?collections={counted}&max-offset={offset}&limit=10000"
                ))
                .json();
            let length = number(&along["lengthM"]);
            let mut want: BTreeMap<i64, i64> = BTreeMap::new();
            for stop in along["stops"].as_array().expect("stops") {
                #[expect(clippy::cast_possible_truncation, reason = "some dozen stretches")]
                let [at, last] = [number(&stop["chainageM"]) / step, (length / step).ceil() - 1.0]
                    .map(|at| at.floor() as i64);
                *want.entry(at.min(last)).or_default() += 1;
            }
            let profile = service
                .get(&format!(
                    "/ogc/collections/{counted}/aggregates?group-by=along:{line}&step={step}&max-offset={offset}"
                ))
                .json();
            let groups = profile["groups"].as_array().expect("groups");
            for (at, group) in (0..).zip(groups) {
                assert_eq!(group["count"], want.get(&at).copied().unwrap_or(0), "{line} {counted}: {group}");
            }
            let inside: i64 = want.values().sum();
            let rest = ["unassigned", "withoutGeometry"]
                .map(|name| profile[name]["count"].as_i64().expect("a count"));
            assert_eq!(profile["total"]["count"], inside + rest[0] + rest[1], "{line} {counted}");
        }
    }
}

#[test]
fn stretches_that_make_no_sense_are_refused() {
    let (_folder, service) = equator();
    for (query, parameter) in [
        ("group-by=along:lines", "group-by"),
        ("group-by=along:none/line", "group-by"),
        ("group-by=along:lines/none", "group-by"),
        ("group-by=along:spots/border", "group-by"),
        ("group-by=along:spots/nowhere", "group-by"),
        ("group-by=along:lines/line,along:lines/line", "group-by"),
        ("group-by=along:lines/line&step=0", "step"),
        ("group-by=along:lines/line&step=x", "step"),
        ("group-by=along:lines/line&step=0.1", "step"),
        ("group-by=along:lines/line&max-offset=-1", "max-offset"),
        ("group-by=along:lines/line&accuracy=respect", "accuracy"),
        ("group-by=along:lines/line&measure=overlap", "measure"),
    ] {
        let answer = service.get(&format!("/ogc/collections/spots/aggregates?{query}"));
        assert_eq!(answer.status, 400, "{query}: {}", answer.text());
        assert_eq!(answer.json()["parameter"], parameter, "{query}: {}", answer.text());
    }
}

/// The texts of an SVG are outlines; its title and description say what it is, and each name stands there for those who do not
/// see it.
#[test]
fn a_strip_diagram_is_drawn_in_both_languages_and_themes() {
    let service = Service::over(shipped());
    let path = "/ogc/collections/axes/items/axis-chegu-avenue/along";
    let mut seen = Vec::new();
    for lang in ["zh", "en"] {
        for theme in ["light", "dark"] {
            let answer = service
                .get(&format!("{path}?f=svg&lang={lang}&theme={theme}&density=parcels&max-offset=3000"));
            assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "image/svg+xml"));
            assert_eq!(answer.header("content-language").get(..2), Some(lang));
            let text = answer.text().to_owned();
            well_formed(&text);
            assert!(text.contains(if lang == "zh" { "沿线图" } else { "strip diagram" }), "{lang}");
            assert!(
                text.contains(if lang == "zh" { "线位精度 2.50 公里" } else { "known to 2.50 km" }),
                "{lang}"
            );
            seen.push(text);
        }
    }
    seen.dedup();
    assert_eq!(seen.len(), 4, "each looks different");
    let png = service.get(&format!("{path}?f=png&width=1600"));
    assert_eq!(png.header("content-type"), "image/png");
    // Bytes 16 to 19 of a PNG are its width (ISO/IEC 15948, 11.2.2).
    assert_eq!(png.body[16..20], 1600_u32.to_be_bytes());
    let asked = service.ask("GET", path, &[("accept", "image/svg+xml")]);
    assert_eq!(asked.header("content-type"), "image/svg+xml");
    let again =
        service.ask("GET", path, &[("accept", "image/svg+xml"), ("if-none-match", asked.header("etag"))]);
    assert_eq!(again.status.as_u16(), 304);
    for (query, parameter) in [
        ("f=svg&theme=blue", "theme"),
        ("f=svg&width=10", "width"),
        ("f=svg&density=none", "density"),
        ("f=json&theme=blue", "theme"),
        ("f=svg&limit=1&max-offset=5000", "limit"),
    ] {
        let answer = service.get(&format!("{path}?{query}"));
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.json()["parameter"], parameter, "{query}");
    }
    let page = service.get(&format!("{path}?f=html"));
    assert!(page.text().contains("f=svg"), "the page shows the diagram");
    let link = service.get(path).link("urn:innospace:rel:aggregates").expect("a link to the density");
    assert_eq!(service.get(&link).status, 200, "{link}");
}

/// Reads the SVG with a reader of XML.
fn well_formed(text: &str) {
    let mut reader = quick_xml::Reader::from_str(text);
    while reader.read_event().expect("XML") != quick_xml::events::Event::Eof {}
}

/// Names of anchors that stand close together, in both languages: none covers another, all are on the picture.
#[test]
fn no_name_of_a_diagram_covers_another() {
    let catalog = load(shipped()).catalog;
    for (layer, id) in [("axes", "axis-chegu-avenue"), ("belts", "belt-smart-manufacturing")] {
        let indexed = catalog.layer(layer).expect("a layer").clone();
        let line = Member { ix: indexed.find(id).expect("a line"), indexed };
        let layers: Vec<_> =
            catalog.layers().filter(|indexed| indexed.layer().id.as_str() != "parcels").cloned().collect();
        let along = along(&catalog, &line, &layers, 6000.0, None, &Budget::default()).expect("a line");
        assert!(along.stops.len() > 20, "{id}: only {}", along.stops.len());
        for lang in Lang::ALL {
            let request = strip::Request {
                line: &line,
                along: &along,
                half_width_m: 6000.0,
                band: None,
                lang,
                theme: Theme::Light,
                width: 1200,
            };
            let picture = strip::draw(&catalog, &request, None).expect("a picture");
            assert_eq!(picture.names.len(), along.stops.len());
            let whole = Box {
                left: 0.0,
                top: 0.0,
                right: f32::from(picture.size.width),
                bottom: f32::from(picture.size.height),
            };
            let boxes: Vec<_> = picture.names.iter().map(|(name, boxes)| (name, boxes[0])).collect();
            for (at, (name, one)) in boxes.iter().enumerate() {
                assert!(one.is_within(&whole), "{name}");
                for (other, two) in &boxes[at + 1..] {
                    assert!(!one.overlaps(two), "{name} and {other}");
                }
            }
            assert!(picture.missing.is_empty(), "{:?}", picture.missing);
        }
    }
}

fn clause<'a>(plan: &'a Value, section: &str) -> &'a Value {
    let clauses = plan["clauses"].as_array().expect("clauses");
    clauses
        .iter()
        .find(|clause| clause["section"] == section)
        .unwrap_or_else(|| panic!("no section {section}"))
}

fn ids(list: &Value) -> Vec<&str> {
    list.as_array().expect("a list").iter().map(|one| one["id"].as_str().expect("an id")).collect()
}

/// 三(一)4 states the target of 20 units and names the block; 四(二) lists industries and no place; the axis cites 三(一)2.
#[test]
fn the_plan_leads_to_places_and_places_to_the_plan() {
    let service = Service::over(shipped());
    let plan = service.ask("GET", "/plan", &[("accept-language", "en")]).json();
    let points = clause(&plan, "三(一)4");
    assert_eq!(ids(&points["targets"]), ["target-innovation-units"]);
    assert_eq!(points["targets"][0]["value"], 20.0);
    assert_eq!(points["targets"][0]["op"], "gte");
    assert!(ids(&points["features"]).contains(&"nantaizihu-innovation-block"));
    assert!(ids(&clause(&plan, "三(一)2")["features"]).contains(&"axis-chegu-avenue"));
    assert_eq!(ids(&clause(&plan, "表1")["indicators"]).len(), 9, "the table has nine rows");
    assert!(clause(&plan, "四(二)")["features"].as_array().expect("a list").is_empty());
    // The zone itself is drawn, under the id that the plan has for it.
    let zone = clause(&plan, "前言");
    assert_eq!((ids(&zone["features"]), ids(&zone["placesWithoutFeature"])), (vec!["wedz"], vec![]));
    let coverage = &plan["coverage"];
    let without = coverage["clausesWithoutFeature"].as_array().expect("a list");
    assert!(without.contains(&json!("四(二)")) && !without.contains(&json!("三(一)4")));
    // A look at every feature: which cite nothing by themselves, and which are no place of the plan that cites something.
    let facts = service.app.catalog.snapshot();
    let facts = facts.plan.as_ref().expect("a plan");
    let (mut citing, mut none) = (0, 0);
    for collection in service.get("/ogc/collections").json()["collections"].as_array().expect("collections") {
        let id = collection["id"].as_str().expect("an id");
        let items = service.get(&format!("/ogc/collections/{id}/items?limit=100000")).json();
        for feature in items["features"].as_array().expect("features") {
            let own = feature["properties"]["plan_refs"].as_array().is_some_and(|refs| !refs.is_empty());
            let is_place = feature["id"].as_str().is_some_and(|id| facts.place(id).is_some());
            if own || is_place { citing += 1 } else { none += 1 }
        }
    }
    assert_eq!(
        [&coverage["featuresCiting"], &coverage["featuresWithoutClause"]],
        [&json!(citing), &json!(none)]
    );
    for written in ["三(一)4", "三（一）4", "3(1)4"] {
        let one = percent_encoding::utf8_percent_encode(written, percent_encoding::NON_ALPHANUMERIC);
        let json = service.get(&format!("/plan?section={one}")).json();
        assert_eq!(ids(&json["clauses"][0]["targets"]), ["target-innovation-units"], "{written}");
        let found = service.get(&format!("/ogc/search?q={one}"));
        let link = found.link("urn:innospace:rel:clause").unwrap_or_else(|| panic!("{written}: no link"));
        assert_eq!(service.get(&link).json()["clauses"][0]["section"], "三(一)4");
    }
    let item = service.get("/ogc/collections/axes/items/axis-chegu-avenue");
    let link = item.link("urn:innospace:rel:clause").expect("a link to its section");
    assert_eq!(service.get(&link).json()["clauses"][0]["section"], "三(一)2");
    assert_eq!(service.get("/plan?section=9(9)9").status, 400);
    assert_eq!(Service::over(fixtures()).get("/plan").status, 404);
    for (lang, words) in
        [("zh", ["没有要素的章节", "多点"]), ("en", ["Sections without a feature", "the points"])]
    {
        let page = service.get(&format!("/plan?f=html&lang={lang}"));
        for word in words.iter().chain(&["sel=sites%3Anantaizihu%2Dinnovation%2Dblock", "≥20"]) {
            assert!(page.text().contains(word), "{lang}: {word}");
        }
    }
}

/// The row of the sheet that begins with a name: what it says of each place.
fn row<'a>(sheet: &'a Value, name: &str) -> Vec<&'a str> {
    let tables = sheet["sections"]
        .as_array()
        .expect("sections")
        .iter()
        .flat_map(|one| one["blocks"].as_array().expect("blocks"));
    let table = tables.into_iter().find(|block| block["name"] == "sheet").expect("a sheet");
    let rows = table["rows"].as_array().expect("rows");
    let row = rows.iter().find(|row| row[0] == name).unwrap_or_else(|| panic!("no row {name}"));
    row.as_array().expect("a row")[1..]
        .iter()
        .map(|cell| cell.as_str().expect("a text, never blank"))
        .collect()
}

/// What the seeds and the layers say: the valley stands in the block, the block in the zone; the block holds seven of the units.
#[test]
fn places_stand_side_by_side() {
    let service = Service::over(shipped());
    let list = "ids=nantaizihu-innovation-valley,nantaizihu-innovation-block,midea-wuhan&lang=en";
    let sheet = service.get(&format!("/reports/site.json?{list}")).json();
    let parents = row(&sheet, "Part of");
    assert!(parents[0].starts_with("South Taizi Lake Innovation Block"), "{parents:?}");
    assert!(row(&sheet, "Contains")[1].contains("Central China Intelligence Valley"));
    assert!(row(&sheet, "State")[1].contains("(inferred)"));
    assert_eq!(row(&sheet, "Designated, built"), ["no entry in the register"; 3]);
    assert!(row(&sheet, "Sections of the plan")[0].contains("专栏3-1"));
    // The maker of appliances has no position, which is said wherever one would be needed.
    for name in ["To Chegu Avenue Industrial Innovation Axis", "Transit", "Positional accuracy"] {
        assert_eq!(row(&sheet, name)[2], "no position", "{name}");
    }
    assert!(row(&sheet, "Positional accuracy")[1].contains("1.00 km"));
    // The distance and chainage of the sheet are those of the resources.
    let distance =
        service.get("/ogc/distance?from=sites:nantaizihu-innovation-block&to=axes:axis-chegu-avenue").json();
    let to = row(&sheet, "To Chegu Avenue Industrial Innovation Axis")[1];
    let metres = number(&distance["distanceM"]);
    let said = if metres < 1000.0 { format!("{metres:.0} m") } else { format!("{:.2} km", metres / 1000.0) };
    assert!(metres == 0.0 || to.starts_with(&said), "{to} {said}");
    assert!(to.contains("chainage"), "{to}");
    for (form, mark) in [("html", "<table"), ("pdf", "%PDF"), ("xlsx", "PK"), ("docx", "PK")] {
        let answer = service.get(&format!("/reports/site.{form}?{list}"));
        assert_eq!(answer.status, 200, "{form}");
        assert!(String::from_utf8_lossy(&answer.body).contains(mark), "{form}");
    }
    let pdf = text_of_pdf(&service.get(&format!("/reports/site.pdf?{list}")).body);
    for words in ["Side by side", "chainage", "no position"] {
        assert!(pdf.contains(words), "{words}\n{pdf}");
    }
    let alone = service.get("/reports/site.json?id=nantaizihu-innovation-block&lang=both").json();
    assert!(row(&alone, "类别\nKind")[0].contains('\n'));
    for (query, parameter) in [
        ("", "id"),
        ("id=chunsun&ids=wedz", "ids"),
        ("ids=chunsun,chunsun", "ids"),
        ("ids=chunsun,", "ids"),
        ("ids=a,b,c,d,e,f,g", "ids"),
        ("ids=chunsun,atlantis", "id"),
    ] {
        let answer = service.get(&format!("/reports/site.json?{query}"));
        assert_eq!(answer.status, 400, "{query}");
        assert_eq!(answer.json()["parameter"], parameter, "{query}");
    }
}

/// A drawing as it is where nothing leads anywhere.
fn without_links(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("<a ") && *line != "</a>");
    lines.flat_map(|line| [line, "\n"]).collect::<String>().replacen("role=\"group\"", "role=\"img\"", 1)
}

#[test]
fn what_stands_on_a_diagram_leads_to_its_page() {
    let service = Service::over(shipped());
    let path = "/ogc/collections/axes/items/axis-chegu-avenue/along";
    let stops = service.get(&format!("{path}?lang=en")).json();
    let svg = service.get(&format!("{path}?f=svg&lang=en"));
    well_formed(svg.text());
    assert!(svg.text().contains("role=\"group\" aria-labelledby"), "what is in an image cannot be reached");
    let stops = stops["stops"].as_array().expect("stops");
    assert!(stops.len() > 3, "{}", stops.len());
    let lines: Vec<_> = svg.text().lines().collect();
    let marks: Vec<_> =
        (0..lines.len()).filter(|&at| lines[at].starts_with("<a ") || lines[at] == "</a>").collect();
    let mut pressed = Vec::new();
    for pair in marks.chunks(2) {
        let (opens, closes) = (lines[pair[0]], lines[pair[1]]);
        assert!(opens.starts_with("<a ") && closes == "</a>", "no link in a link: {opens} {closes}");
        assert!(pair[1] > pair[0] + 1, "nothing to press: {opens}");
        pressed.push((opens, opens.contains("aria-hidden=\"true\"")));
    }
    assert_eq!(pressed.len(), 2 * stops.len(), "a name and a sign each");
    for stop in stops {
        let text = |name: &str| stop[name].as_str().expect("a text").to_owned();
        let path = format!("/ogc/collections/{}/items/{}?f=html", text("collection"), text("id"));
        let href = format!("href=\"http://map.test{path}\"");
        let links: Vec<_> = pressed.iter().filter(|(opens, _)| opens.contains(&href)).collect();
        let quiet = links.iter().filter(|(_, is_quiet)| *is_quiet).count();
        assert_eq!((links.len(), quiet), (2, 1), "{href}");
        assert!(
            links[0].0.contains(&format!("<title>{}</title>", text("name").replace('&', "&amp;"))),
            "{links:?}"
        );
        assert_eq!(service.get(&path).status, 200, "{path}");
    }
}

#[test]
fn pages_of_the_register_lead_to_the_sections_they_cite() {
    let service = Service::over(shipped());
    for (path, section) in [
        ("/units", "三(一)4"),
        ("/progress", "表1"),
        ("/progress", "七(三)1"),
        ("/blocks/nantaizihu-innovation-block", "专栏3-1"),
    ] {
        let page = service.get(&format!("{path}?f=html&lang=en"));
        let encoded = percent_encoding::utf8_percent_encode(section, percent_encoding::NON_ALPHANUMERIC);
        let link = format!("/plan?section={encoded}&amp;lang=en\">{section}</a>");
        assert!(page.text().contains(&link), "{path}: {link}");
        assert_eq!(service.get(&format!("/plan?section={encoded}&lang=en")).status, 200);
    }
    // A file may be read where there is no service.
    assert!(!service.get("/reports/progress.html?lang=en").text().contains("/plan?section="));
}

#[test]
fn the_program_draws_counts_and_tells_the_same() {
    let service = Service::over(shipped());
    let data = shipped().to_str().expect("a path");
    let folder = tempfile::tempdir().expect("a folder");
    let run = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_innospace"));
        let output = command.args(arguments).args(["--data", data]).output().expect("the program starts");
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    };
    let file = folder.path().join("strip.svg");
    let path = file.to_str().expect("a path");
    run(&["along", "axes:axis-chegu-avenue", "--lang", "en", "--density", "sites", "--output", path]);
    let want = service.get("/ogc/collections/axes/items/axis-chegu-avenue/along?f=svg&lang=en&density=sites");
    // A file of its own leads to no service.
    let drawn = fs::read_to_string(&file).expect("the diagram");
    assert!(!drawn.contains("<a ") && drawn.contains("role=\"img\""));
    assert_eq!(drawn, without_links(want.text()));
    let told: Value =
        serde_json::from_slice(&run(&["plan", "三(一)2", "--format", "json", "--lang", "en"])).expect("JSON");
    let one = percent_encoding::utf8_percent_encode("三(一)2", percent_encoding::NON_ALPHANUMERIC);
    let want = service.get(&format!("/plan?section={one}&lang=en")).json();
    assert_eq!(told["coverage"]["clausesWithoutFeature"], want["coverage"]["clausesWithoutFeature"]);
    assert_eq!(ids(&told["clauses"][0]["features"]), ids(&want["clauses"][0]["features"]));
    let text = String::from_utf8(run(&["plan", "--lang", "zh"])).expect("UTF-8");
    assert!(text.contains("三(一)4  多点") && text.contains("没有要素的章节"), "{text}");
    let counted =
        run(&["count", "parcels", "--group-by", "along:axes/axis-chegu-avenue", "--format", "json"]);
    let counted: Value = serde_json::from_slice(&counted).expect("JSON");
    let want =
        service.get("/ogc/collections/parcels/aggregates?group-by=along:axes/axis-chegu-avenue").json();
    assert_eq!(counted["groups"], want["groups"]);
    let sheet = run(&["report", "site", "chunsun", "ai-tech-park", "--format", "json", "--lang", "en"]);
    let sheet: Value = serde_json::from_slice(&sheet).expect("JSON");
    assert_eq!(row(&sheet, "Id"), ["chunsun", "ai-tech-park"]);
}
