//! Units in an area, the table of parts, types and states, and the figures as pictures.
//!
//! Which unit lies where was worked out apart from the service, in a plane of metres around 30.47 degrees: distances of
//! spots to the lines of belts, and a grid of 16,000 spots over the one block, of which 41 % lie in the band of the
//! smart-manufacturing belt, 27 % in that of the emerging-industry belt and 98 % in the zone.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use innospace::model::plan::Status;
use innospace::register::cross::Phase;
use innospace::report::document::Tongue;
use innospace::report::{self, Form, Request, Subject, compose};
use innospace::{query::Budget, register::area::Choice};
use serde_json::Value;

use crate::harness::{Answer, Service, load, shipped};
use crate::register::Evidence;

fn ids(lines: &Value, reason: Option<&str>) -> BTreeSet<String> {
    let lines = lines.as_array().expect("a list").iter();
    let wanted = lines.filter(|line| reason.is_none_or(|reason| line["reason"] == reason));
    wanted.map(|line| line["id"].as_str().expect("an id").to_owned()).collect()
}

fn set(ids: &[&str]) -> BTreeSet<String> {
    ids.iter().map(|id| (*id).to_owned()).collect()
}

fn named(service: &Service, query: &str) -> Value {
    service.get(&format!("/units?f=json&lang=en&rule=named&scope=all&{query}")).json()
}

/// Of the 13 named units five lie within 1,000 m of the line, none of them for sure: every position is known to 400 m
/// or worse and the belt to 800 m. Three lie outside, two of them nearer to the border than that; five have no position.
#[test]
fn a_belt_holds_what_lies_within_its_half_width() {
    let service = Service::over(shipped());
    let json = named(&service, "within=belts:belt-smart-manufacturing");
    let count = &json["counts"][0];
    let inside = [
        "chuangsihui-building",
        "donghe-centre",
        "haier-wuhan-industrial-park",
        "huazhong-zhigu",
        "zhuanyang-private-industrial-park",
    ];
    assert_eq!(ids(&count["counted"], None), set(&inside));
    assert_eq!(
        ids(&count["excluded"], Some("outside-area")),
        set(&["chunsun", "nantaizihu-innovation-block", "nantaizihu-innovation-valley"])
    );
    let lost = [
        "ai-tech-park",
        "cummins-east-asia-rd-centre",
        "dongfang-industrial-park",
        "tongji-modern-pharma-park",
        "xinke-industrial-park",
    ];
    assert_eq!(ids(&count["excluded"], Some("no-position")), set(&lost));
    let told = &count["inArea"];
    assert_eq!(
        [&told["certain"], &told["undecided"], &told["withoutPosition"]],
        [&Value::from(0), &7.into(), &5.into()],
        "{told}"
    );
    assert_eq!((&count["count"], &json["area"]["halfWidthM"]), (&5.into(), &1000.0.into()));
    // The target is one of the whole zone, and the answer says so.
    assert_eq!(json["target"]["state"], "not-evidenced");
    assert!(json["area"]["statement"].as_str().expect("words").contains("judged for the whole zone only"));
    // The block is outside, so what stands in it counts at the top level.
    let top = service.get("/units?f=json&rule=named&scope=top-level&within=belts:belt-smart-manufacturing");
    assert_eq!(top.json()["counts"][0]["count"], 5);
}

#[test]
fn other_areas_and_the_whole_agree_with_a_count_by_hand() {
    let service = Service::over(shipped());
    let count = |query: &str| {
        let count = named(&service, query)["counts"][0].clone();
        let told = count["inArea"].clone();
        let number = |name: &str| told[name].as_u64();
        let found = count["count"].as_u64().expect("a count");
        // certain <= exact <= certain + undecided.
        if let (Some(certain), Some(undecided)) = (number("certain"), number("undecided")) {
            assert!(certain <= found && found <= certain + undecided, "{query}: {told}");
        }
        (found, number("certain"), number("undecided"), number("withoutPosition"))
    };
    assert_eq!(count(""), (13, None, None, None));
    // Four are farther from the border than both may be off: 3,970 m of 2,900, 2,712 of 1,900, 1,598 of 800, 1,930 of
    // 1,600. The block reaches over the border in the north.
    assert_eq!(count("within=zone:wedz"), (8, Some(4), Some(4), Some(5)));
    assert_eq!(count("within=cores:core-chegu-innovation").0, 1);
    assert_eq!(count("within=belts:belt-emerging-industry").0, 2);
    assert_eq!(count("within=axes:axis-chegu-avenue").0, 1);
    // A square of 0.02 degrees around Donghe Centre, some 960 by 1,100 m from it: its 400 m are less.
    let square = "POLYGON((114.148 30.4987,114.168 30.4987,114.168 30.5187,114.148 30.5187,114.148 30.4987))";
    let drawn = format!("polygon={}", square.replace(' ', "%20"));
    let (found, certain, ..) = count(&drawn);
    assert_eq!((found, certain), (1, Some(1)));
    let json = r#"{"type":"Polygon","coordinates":[[[114.148,30.4987],[114.168,30.4987],[114.168,30.5187],[114.148,30.5187],[114.148,30.4987]]]}"#;
    let json = json
        .replace('{', "%7B")
        .replace('}', "%7D")
        .replace('"', "%22")
        .replace('[', "%5B")
        .replace(']', "%5D");
    assert_eq!(count(&format!("polygon={json}")), count(&drawn));
    // No unit is lost: what is counted, outside and without position are the 13.
    let all = named(&service, &drawn)["counts"][0].clone();
    let parts = [("counted", None), ("excluded", Some("outside-area")), ("excluded", Some("no-position"))];
    assert_eq!(parts.iter().map(|(list, reason)| ids(&all[*list], *reason).len()).sum::<usize>(), 13);
}

fn numbers(cells: &Value) -> Vec<u64> {
    ["built", "in-progress", "planned", "unknown"]
        .iter()
        .map(|status| {
            let cell = &cells["statuses"][*status];
            let listed = cell["units"].as_array().expect("units").len() as u64;
            assert_eq!(cell["count"].as_u64(), Some(listed), "the list is the number");
            listed
        })
        .collect()
}

/// By the plan: the block is planned; five parks stand (valley, Haier, Cummins, Tongji) or are in progress; counted from
/// `seeds/places.csv` by hand. Only Chunsun is said to stand in a part of the layout, the core.
#[test]
fn the_plan_spreads_as_counted_by_hand() {
    let service = Service::over(shipped());
    let cross = named(&service, "")["counts"][0]["cross"].clone();
    let rows = cross["rows"].as_array().expect("rows");
    let part = |row: &Value| row["part"]["id"].as_str().unwrap_or("none").to_owned();
    let spread: Vec<_> = rows.iter().map(|row| (part(row), numbers(row))).collect();
    let own = |id: &str, numbers: [u64; 4]| (id.to_owned(), numbers.to_vec());
    assert_eq!(
        spread,
        [
            own("core-chegu-innovation", [0, 1, 0, 0]),
            own("axis-chegu-avenue", [0, 0, 0, 0]),
            own("belt-smart-manufacturing", [0, 0, 0, 0]),
            own("belt-emerging-industry", [0, 0, 0, 0]),
            own("none", [4, 7, 1, 0]),
        ]
    );
    let none = &rows[4];
    let types: Vec<_> = none["types"]
        .as_array()
        .expect("types")
        .iter()
        .map(|row| (row["type"].clone(), numbers(row)))
        .collect();
    assert_eq!(
        types,
        [
            ("block".into(), vec![0, 0, 1, 0]),
            ("park".into(), vec![4, 5, 0, 0]),
            ("building".into(), vec![0, 2, 0, 0]),
        ]
    );
    assert_eq!(numbers(&cross["total"]), [4, 8, 1, 0]);
    assert_eq!(cross["countedAgain"], serde_json::json!([]));
    // The block, Haier, Cummins and Tongji: the plan lists them without a status.
    assert_eq!(cross["statusInferred"].as_array().map(Vec::len), Some(4));
}

/// Business City is said to stand on both belts. A unit that only the register names has no status of the plan.
#[test]
fn a_unit_of_two_belts_counts_once_and_an_unknown_status_is_neither_none_nor_planned() {
    let mut register = String::new();
    let _ = writeln!(register, "business-city,,,park,,designated,2024-05-01,,Notice 1,,");
    let _ = writeln!(register, "new-1,新一,New One,building,,designated,2024-05-02,,Notice 2,,");
    let _ = writeln!(register, "new-2,新二,New Two,building,,designated,2024-05-03,,Notice 3,,");
    let _ = writeln!(register, "new-2,新二,New Two,building,,built,2024-06-01,,Notice 4,,");
    let evidence = Evidence::new(&register, "");
    let service = Service::over(&evidence.data());
    let cross = |day: &str| {
        let json =
            service.get(&format!("/units?f=json&lang=en&rule=designated&scope=all&as_of={day}")).json();
        json["counts"][0]["cross"].clone()
    };
    let found = cross("2024-05-31");
    let of = |found: &Value, id: &str| {
        let rows = found["rows"].as_array().expect("rows").clone();
        numbers(rows.iter().find(|row| row["part"]["id"].as_str().unwrap_or("none") == id).expect("the row"))
    };
    let city = of(&found, "belt-smart-manufacturing");
    assert_eq!(city.iter().sum::<u64>(), 1);
    assert_eq!(of(&found, "belt-emerging-industry"), city);
    assert_eq!(found["countedAgain"], serde_json::json!(["business-city"]));
    assert_eq!(found["total"]["count"], 3);
    assert!(found["notes"].to_string().contains("once in the total"), "{}", found["notes"]);
    assert_eq!(of(&found, "none"), [0, 0, 0, 2]);
    // From its day on the register says that one is built.
    assert_eq!(of(&cross("2024-06-01"), "none"), [1, 0, 0, 1]);
}

/// The phases are those that the map fills its signs by.
#[test]
fn the_map_and_the_table_know_the_same_states() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/web/src/map/symbols.json");
    let symbols: Value = serde_json::from_slice(&std::fs::read(path).expect("the file")).expect("JSON");
    for status in Status::ALL {
        assert_eq!(symbols["lifecycles"][status.as_str()], Phase::of(*status).as_str(), "{status}");
    }
    assert_eq!(symbols["fills"], serde_json::json!(Phase::ALL.map(Phase::as_str)));
}

/// The same numbers stand in every file.
#[test]
fn every_form_of_the_report_has_the_table() {
    let catalog = load(shipped()).catalog;
    let area = Choice::Feature { layer: "belts".to_owned(), id: "belt-smart-manufacturing".to_owned() };
    for (area, total) in [(None, [4.0, 8.0, 1.0, 0.0, 13.0]), (Some(area), [1.0, 4.0, 0.0, 0.0, 5.0])] {
        let is_part = area.is_some();
        let tongue = Tongue::parse("both").expect("a tongue");
        let request = Request { tongue, as_of: None, subject: Subject::Units { area } };
        let document =
            compose(&catalog, std::sync::Arc::default, &request, &Budget::default()).expect("a report");
        let table = document.tables().find(|table| table.name == "cross-1").expect("the table");
        let sums: Vec<f64> =
            (2..7).map(|at| table.rows.iter().filter_map(|row| number(&row[at])).sum()).collect();
        assert_eq!(sums, total, "no unit is in two rows");
        let stated: Vec<f64> = table.total.as_ref().expect("a total").iter().filter_map(number).collect();
        assert_eq!(stated, total);
        assert_eq!(table.rows.len(), 5 * 3);
        for form in Form::ALL {
            assert!(!report::write(&document, form, Some("cross-1")).expect("a file").is_empty());
        }
        let csv = report::write(&document, Form::Csv, Some("cross-1")).expect("CSV");
        assert_eq!(csv::Reader::from_reader(csv.as_slice()).records().count(), 15);
        let text =
            String::from_utf8(report::write(&document, Form::Text, None).expect("text")).expect("UTF-8");
        assert_eq!(text.contains("judged for the whole zone only"), is_part);
        assert!(report::pdf::missing(&document).is_empty(), "{:?}", report::pdf::missing(&document));
    }
}

fn number(cell: &report::document::Cell) -> Option<f64> {
    if let report::document::Cell::Number(number, _) = cell { Some(*number) } else { None }
}

fn png(answer: &Answer) -> lodepng::Bitmap<lodepng::RGB<u8>> {
    assert_eq!(answer.status.as_u16(), 200, "{}", String::from_utf8_lossy(&answer.body));
    assert_eq!(answer.header("content-type"), "image/png");
    lodepng::decode24(&answer.body).expect("a PNG file")
}

/// Every figure in both sizes and themes: as wide as asked for, on its ground, and with the inks of what it shows.
#[test]
fn figures_are_as_wide_as_asked_for_and_show_their_colours() {
    let service = Service::over(shipped());
    // Tokens of app.css: the ground, and inks that must be seen: park and building, water and core, core.
    let cases = [
        (1, "light", [0xff, 0xff, 0xff], vec![[0x2a, 0x8c, 0x55], [0x1e, 0x4f, 0xa3]]),
        (1, "dark", [0x17, 0x1e, 0x27], vec![[0x5c, 0xc9, 0x8d], [0x86, 0xb4, 0xff]]),
        (2, "light", [0, 0, 0], vec![[0xcb, 0xdd, 0xe6], [0x2f, 0x3e, 0x9e], [0x9e, 0x1b, 0x32]]),
        (3, "light", [0xff, 0xff, 0xff], vec![[0x8e, 0x2c, 0x6b], [0x2a, 0x8c, 0x55]]),
    ];
    for (figure, theme, ground, inks) in cases {
        for width in [1600, 3200] {
            let path = format!("/reports/units/figures/{figure}.png?lang=zh&theme={theme}&width={width}");
            let picture = png(&service.get(&path));
            assert_eq!(picture.width, width, "{path}");
            for ink in &inks {
                let is_seen = picture.buffer.iter().any(|pixel| [pixel.r, pixel.g, pixel.b] == *ink);
                assert!(is_seen, "{path}: {ink:?} is not there");
            }
            let corner = picture.buffer[0];
            assert!(figure == 2 || [corner.r, corner.g, corner.b] == ground, "{path}: {corner:?}");
        }
    }
    for (lang, title) in [("zh", "图 1"), ("en", "Figure 1.")] {
        let answer = service.get(&format!("/reports/units/figures/1.svg?lang={lang}"));
        assert_eq!(answer.header("content-type"), "image/svg+xml");
        // Title, day, and who is credited are drawn and stand in the labels of their outlines.
        for words in [title, "2026-11-24", "OpenStreetMap"] {
            assert!(answer.text().contains(words), "{lang}: {words}");
        }
        let again = service.ask(
            "GET",
            &format!("/reports/units/figures/1.svg?lang={lang}"),
            &[("if-none-match", answer.header("etag"))],
        );
        assert_eq!(again.status.as_u16(), 304);
    }
    // Equal requests give equal bytes, other counts other ones.
    let get = |query: &str| service.get(&format!("/reports/units/figures/1.png?lang=en&{query}")).body;
    assert_eq!(get(""), get(""));
    assert_ne!(get(""), get("within=belts:belt-smart-manufacturing"));
    assert_ne!(get(""), get("rule=designated"));
}

#[test]
fn requests_without_sense_are_refused() {
    let service = Service::over(shipped());
    let cases = [
        ("/units?within=belts", 400, "within", "collection:id"),
        ("/units?within=lakes:one", 400, "within", "the collection being one of"),
        ("/units?within=belts:none", 400, "within", "the id of a feature of belts"),
        ("/units?within=sites:donghe-centre", 400, "within", "a line with a half width"),
        ("/units?within=sites:ai-tech-park", 400, "within", "a feature that is a polygon"),
        ("/units?within=roads:dongfeng-avenue", 400, "within", "a line with a half width"),
        ("/units?polygon=POINT(114%2030)", 400, "polygon", "a polygon"),
        ("/units?polygon=here", 400, "polygon", "WKT or GeoJSON"),
        ("/units?polygon=POLYGON((1%201,1%202,2%202,1%201))&within=zone:wedz", 400, "polygon", "not both"),
        ("/reports/units.pdf?within=belts:none", 400, "within", "the id of a feature of belts"),
        ("/reports/progress.pdf?within=zone:wedz", 400, "within", "unknown here"),
        ("/reports/units/figures/1.png?width=300", 400, "width", "from 400 to 3200"),
        ("/reports/units/figures/1.png?width=9000", 400, "width", "from 400 to 3200"),
        ("/reports/units/figures/1.png?rule=none", 400, "rule", "named, designated, built"),
        ("/reports/units/figures/3.png?rule=named", 400, "rule", "unknown here"),
        ("/reports/units/figures/1.png?theme=blue", 400, "theme", "light or dark"),
        ("/reports/units/figures/4.png", 404, "", "there is no figure"),
        ("/reports/units/figures/1.gif", 404, "", "there is no figure"),
        ("/reports/progress/figures/1.png", 404, "", "there is no figure"),
    ];
    let mut wrong = Vec::new();
    for (path, status, parameter, detail) in cases {
        let answer = service.get(path);
        let json = answer.json();
        let fits = answer.status.as_u16() == status
            && json["parameter"].as_str().unwrap_or("") == parameter
            && json["detail"].as_str().unwrap_or("").contains(detail);
        if !fits {
            wrong.push(format!("{path}: {} {json}", answer.status));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    // The list of reports names the parameters and the figures.
    let listed = service.get("/reports").json();
    let names: Vec<_> = listed["reports"][0]["parameters"]
        .as_array()
        .expect("parameters")
        .iter()
        .map(|one| one["name"].clone())
        .collect();
    assert!(names.contains(&"within".into()) && names.contains(&"polygon".into()), "{names:?}");
    assert_eq!(listed["reports"][0]["figures"].as_array().map(Vec::len), Some(3));
}

/// A drawn area is no feature, so nothing else on the map has the colour of what is chosen (`--sel` of web/src/app.css). The map
/// is Web Mercator, so the corners of the area stand on it in the proportions of their mercator coordinates.
#[test]
fn the_map_shows_the_drawn_area() {
    let service = Service::over(shipped());
    let ring = [[114.10, 30.40], [114.20, 30.40], [114.20, 30.46], [114.10, 30.40]];
    let corners: Vec<String> = ring.iter().map(|[x, y]| format!("{x} {y}")).collect();
    let polygon = percent_encoding::utf8_percent_encode(
        &format!("POLYGON(({}))", corners.join(", ")),
        percent_encoding::NON_ALPHANUMERIC,
    )
    .to_string();
    let svg = |query: &str| service.get(&format!("/reports/units/figures/2.svg?{query}")).text().to_owned();
    let chosen = |svg: &str| -> Vec<String> {
        let paths = svg.split("<path").skip(1).map(|path| path.split('>').next().unwrap_or(""));
        paths.filter(|path| path.to_lowercase().contains("stroke=\"#ffb000\"")).map(str::to_owned).collect()
    };
    assert!(chosen(&svg("lang=en")).is_empty());
    let drawn = chosen(&svg(&format!("lang=en&polygon={polygon}")));
    assert_eq!(drawn.len(), 1, "{drawn:?}");
    let data = drawn[0].split(" d=\"").nth(1).and_then(|rest| rest.split('"').next()).expect("a path");
    let numbers: Vec<f64> = data
        .split(|c: char| !(c.is_ascii_digit() || c == '.' || c == '-'))
        .filter_map(|number| number.parse().ok())
        .collect();
    let (xs, ys): (Vec<f64>, Vec<f64>) = numbers.chunks_exact(2).map(|at| (at[0], at[1])).unzip();
    let range = |values: &[f64]| {
        values.iter().copied().fold(f64::MIN, f64::max) - values.iter().copied().fold(f64::MAX, f64::min)
    };
    let mercator = |degrees: f64| (std::f64::consts::FRAC_PI_4 + degrees.to_radians() / 2.0).tan().ln();
    let want = (mercator(30.46) - mercator(30.40)) / 0.1_f64.to_radians();
    assert!((range(&ys) / range(&xs) / want - 1.0).abs() < 0.01, "{data}");
    // The same map stands in the report's files.
    for form in ["html", "pdf"] {
        let answer = service.get(&format!("/reports/units.{form}?lang=en&polygon={polygon}"));
        assert_eq!(answer.status, 200, "{form}");
    }
}
