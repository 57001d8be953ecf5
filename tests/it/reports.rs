//! Reports as files: the same numbers in every form and language, sums that add up, the same bytes for the same data.

use std::io::{Cursor, Read as _};
use std::process::Command;

use calamine::{Data, Reader as _, Xlsx};
use innospace::catalog::Catalog;
use innospace::query::{Budget, Query};
use innospace::report::document::{Block, Cell, Document, Table, Tongue};
use innospace::report::{self, Form, Kind, Request, Subject, compose};

use crate::harness::{Service, load, shipped};
use crate::register::Evidence;

const TONGUES: [&str; 3] = ["zh", "en", "both"];

fn subjects() -> Vec<(Kind, Subject)> {
    let layer = "parcels".to_owned();
    vec![
        (Kind::Units, Subject::Units { area: None }),
        (Kind::Progress, Subject::Progress),
        (Kind::Parcels, Subject::Parcels { layer, query: Box::new(Query::default()), asked: Vec::new() }),
        (Kind::Site, Subject::Site { ids: vec!["nantaizihu-innovation-block".to_owned()] }),
    ]
}

fn made(catalog: &Catalog, subject: Subject, tongue: &str) -> Document {
    let tongue = Tongue::parse(tongue).expect("a tongue");
    compose(catalog, std::sync::Arc::default, &Request { tongue, as_of: None, subject }, &Budget::default())
        .expect("a report")
}

fn table<'a>(document: &'a Document, name: &str) -> &'a Table {
    document.tables().find(|table| table.name == name).unwrap_or_else(|| panic!("no table {name}"))
}

fn number(cell: &Cell) -> f64 {
    if let Cell::Number(number, _) = cell { *number } else { panic!("{cell:?} is no number") }
}

/// The text of a PDF, by another program.
pub fn text_of_pdf(bytes: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(file.path(), bytes).expect("written");
    let output = Command::new("pdftotext")
        .args(["-layout"])
        .arg(file.path())
        .arg("-")
        .output()
        .expect("poppler-utils");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("UTF-8")
}

/// The text of a Word document: what stands between its tags.
fn text_of_docx(bytes: &[u8]) -> String {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
    let mut xml = String::new();
    archive.by_name("word/document.xml").expect("the text").read_to_string(&mut xml).expect("UTF-8");
    let mut reader = quick_xml::Reader::from_str(&xml);
    let mut text = String::new();
    loop {
        match reader.read_event().expect("XML") {
            quick_xml::events::Event::Text(part) => text += &part,
            quick_xml::events::Event::End(tag) if tag.name().as_ref() == "w:p" => text.push('\n'),
            quick_xml::events::Event::Eof => return text,
            _ => {}
        }
    }
}

pub fn sheets_of_xlsx(bytes: &[u8]) -> Vec<(String, Vec<Vec<Data>>)> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes.to_vec())).expect("a workbook");
    let sheets = book.worksheets();
    sheets.into_iter().map(|(name, range)| (name, range.rows().map(<[Data]>::to_vec).collect())).collect()
}

/// 13 named, 6 of them at the top level, none designated: in the model, and in the files as other programs read them.
#[test]
fn every_form_tells_13_6_and_0() {
    let catalog = load(shipped()).catalog;
    for tongue in TONGUES {
        let document = made(&catalog, Subject::Units { area: None }, tongue);
        let totals: Vec<f64> =
            table(&document, "counts").rows.iter().map(|row| number(row.last().expect("a total"))).collect();
        assert_eq!(totals, [13.0, 6.0, 0.0, 0.0, 0.0, 0.0]);
        let headlines: Vec<_> = document
            .sections
            .iter()
            .flat_map(|section| &section.blocks)
            .filter_map(
                |block| if let Block::Headline { value, .. } = block { Some(value.as_str()) } else { None },
            )
            .collect();
        assert_eq!(headlines, ["13", "0", "0"]);

        let csv = report::write(&document, Form::Csv, None).expect("CSV");
        let mut reader = csv::Reader::from_reader(csv.strip_prefix("\u{FEFF}".as_bytes()).expect("a mark"));
        let last: Vec<String> = reader
            .records()
            .map(|row| row.expect("a row").iter().next_back().expect("a field").to_owned())
            .collect();
        assert_eq!(last, ["13", "6", "0", "0", "0", "0"]);

        let book = sheets_of_xlsx(&report::write(&document, Form::Xlsx, None).expect("XLSX"));
        let counts = book.iter().find(|(_, rows)| {
            let column: Vec<_> = rows.iter().filter_map(|row| row.last()).collect();
            column.len() >= 7 && column[1..7] == [13.0, 6.0, 0.0, 0.0, 0.0, 0.0].map(Data::Float).each_ref()
        });
        assert!(counts.is_some(), "{tongue}: no sheet has the counts");

        let bare = |text: String| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let texts = [
            text_of_pdf(&report::write(&document, Form::Pdf, None).expect("PDF")),
            text_of_docx(&report::write(&document, Form::Docx, None).expect("DOCX")),
            String::from_utf8(report::write(&document, Form::Html, None).expect("HTML")).expect("UTF-8"),
            String::from_utf8(report::write(&document, Form::Text, None).expect("text")).expect("UTF-8"),
        ];
        for text in texts.map(bare) {
            // The sentence of the difference holds all three numbers.
            assert!(text.contains("13 − 7 = 6"), "{tongue}: {}", &text[..text.len().min(2000)]);
            assert!(text.contains(if tongue == "en" { "Not evidenced" } else { "无证据" }), "{tongue}");
        }
    }
}

#[test]
fn every_row_of_totals_is_the_sum_of_its_rows() {
    let catalog = load(shipped()).catalog;
    let mut checked = 0;
    for (kind, subject) in subjects() {
        let document = made(&catalog, subject, "zh");
        for table in document.tables() {
            assert!(
                table.rows.iter().chain(&table.total).all(|row| row.len() == table.columns.len()),
                "{}",
                table.name
            );
            let Some(total) = &table.total else { continue };
            for (at, cell) in total.iter().enumerate() {
                let Cell::Number(stated, _) = cell else { continue };
                let sum: f64 = table.rows.iter().map(|row| number(&row[at])).sum();
                assert!(
                    (sum - stated).abs() <= 1e-9 * stated.abs().max(1.0),
                    "{kind:?} {} {at}: {sum} {stated}",
                    table.name
                );
                checked += 1;
            }
        }
        let mut names: Vec<_> = document.tables().map(|table| table.name).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]), "{kind:?}: {names:?}");
        assert!(
            report::pdf::missing(&document).is_empty(),
            "{kind:?}: {:?}",
            report::pdf::missing(&document)
        );
    }
    assert!(checked > 25, "only {checked} totals");
}

#[test]
fn the_same_data_gives_the_same_bytes() {
    let (one, other) = (load(shipped()).catalog, load(shipped()).catalog);
    for ((kind, subject), tongue) in subjects().into_iter().zip(TONGUES.into_iter().cycle()) {
        let [a, b] = [&one, &other].map(|catalog| made(catalog, subject.clone(), tongue));
        for form in Form::ALL {
            let [a, b] = [&a, &b].map(|document| report::write(document, form, None).expect("a file"));
            assert!(a == b, "{kind:?} {tongue} {form:?} differs from one time to the next");
        }
    }
}

/// An observation changes the rows of its indicator and the target that repeats it, and nothing else but the revision.
#[test]
fn an_observation_changes_only_what_rests_on_it() {
    let observed = |value: &str| {
        let evidence =
            Evidence::new("", &format!("hightech-enterprises,2024-12-31,{value},count,Bulletin,,\n"));
        let catalog = load(&evidence.data()).catalog;
        (made(&catalog, Subject::Progress, "en"), made(&catalog, Subject::Units { area: None }, "en"))
    };
    let ((progress_a, units_a), (progress_b, units_b)) = (observed("2000"), observed("3200"));
    let differing = |a: &Document, b: &Document| {
        let mut differing = Vec::new();
        for (left, right) in a.tables().zip(b.tables()) {
            assert_eq!((left.name, left.rows.len()), (right.name, right.rows.len()));
            for (at, (left_row, right_row)) in left.rows.iter().zip(&right.rows).enumerate() {
                if left_row != right_row {
                    differing.push(format!("{} {at}", left.name));
                }
            }
        }
        differing
    };
    assert_eq!(differing(&units_a, &units_b), Vec::<String>::new());
    // 2000 of 3000 at the end of 2024 is off the line (2466 are due), 3200 is enough: a row in three tables, and two
    // states with one number more or less each. Table 1 has it in row 6, the prose in its seventh target.
    assert_eq!(
        differing(&progress_a, &progress_b),
        ["states 0", "states 3", "indicators 5", "targets 6", "observations 0"]
    );
}

/// What is made up says so in every form, and what is not does not.
#[test]
fn made_up_parcels_are_flagged_in_every_form() {
    let service = Service::over(shipped());
    let notice = "虚拟数据";
    for (kind, is_flagged) in [("parcels", true), ("units", false)] {
        let get = |form: &str| {
            let answer = service.get(&format!("/reports/{kind}.{form}?lang=zh"));
            assert_eq!(
                answer.status.as_u16(),
                200,
                "{kind}.{form}: {}",
                String::from_utf8_lossy(&answer.body)
            );
            answer.body
        };
        let texts = [
            ("pdf", text_of_pdf(&get("pdf"))),
            ("docx", text_of_docx(&get("docx"))),
            ("html", String::from_utf8(get("html")).expect("UTF-8")),
        ];
        for (form, text) in &texts {
            assert_eq!(text.contains(notice), is_flagged, "{kind}.{form}");
        }
        let pages = texts[0].1.matches('\u{c}').count();
        let found = texts[0].1.matches(notice).count();
        assert!(!is_flagged || found >= pages, "{found} notices on {pages} pages");
        let csv = String::from_utf8(get("csv")).expect("UTF-8");
        let head = csv.lines().next().expect("a head");
        assert_eq!(head.ends_with(",synthetic"), is_flagged, "{head}");
        let book = sheets_of_xlsx(&get("xlsx"));
        let said = book
            .iter()
            .flat_map(|(_, rows)| rows.iter().flatten())
            .any(|cell| cell.to_string().contains(notice));
        assert_eq!(said, is_flagged, "{kind}.xlsx");
    }
}

/// The report of a query counts what the items of the same query are.
#[test]
fn a_report_on_parcels_counts_what_the_query_finds() {
    let service = Service::over(shipped());
    let filter = "filter=use_code%3D%27M0%27%20AND%20area_m2%3E20000";
    let matched = service.get(&format!("/ogc/collections/parcels/items?f=json&limit=1000&{filter}"));
    let ids = matched.ids();
    assert!(ids.len() > 10, "{}", ids.len());
    let csv = service.get(&format!("/reports/parcels.csv?lang=en&table=list&{filter}"));
    let text = csv.text().trim_start_matches('\u{FEFF}').to_owned();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let listed: Vec<String> = reader.records().map(|row| row.expect("a row")[0].to_owned()).collect();
    assert_eq!(listed, ids);
    let groups = service.get(&format!("/reports/parcels.csv?lang=en&table=groups-1&{filter}"));
    let text = groups.text().trim_start_matches('\u{FEFF}').to_owned();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let sum: usize =
        reader.records().map(|row| row.expect("a row")[1].parse::<usize>().expect("a count")).sum();
    assert_eq!(sum, ids.len());
}

/// Two squares, a point, one that is nowhere; a year, and an amount.
fn lots() -> tempfile::TempDir {
    let lots = [
        (
            r#"{"type":"Polygon","coordinates":[[[114,30],[114.01,30],[114.01,30.01],[114,30.01],[114,30]]]}"#,
            "a",
            2012,
        ),
        (
            r#"{"type":"Polygon","coordinates":[[[114.02,30],[114.03,30],[114.03,30.01],[114.02,30.01],[114.02,30]]]}"#,
            "a",
            2013,
        ),
        (r#"{"type":"Point","coordinates":[114.05,30]}"#, "b", 2014),
        ("null", "b", 2015),
    ];
    let features: Vec<String> = (1..).zip(lots).map(|(id, (geometry, class, year))| {
        format!(
            r#"{{"type":"Feature","id":{id},"geometry":{geometry},"properties":{{"class":"{class}","year":{year},"people":{}}}}}"#,
            1000 + id
        )
    }).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write("lots.geojson", &format!(r#"{{"type":"FeatureCollection","features":[{}]}}"#, features.join(",")));
    write(
        "spots.geojson",
        &format!(r#"{{"type":"FeatureCollection","features":[{},{}]}}"#, features[2], features[3]),
    );
    let layers = ["lots", "spots"].map(|id| {
        format!(
            "[[layers]]\nid = \"{id}\"\nfile = \"{id}.geojson\"\ntitle = {{ zh = \"{id}\", en = \"{id}\" }}\n\
             [layers.fields.people]\nunit = \"{{person}}\"\n"
        )
    });
    let head = "title = { zh = \"a\", en = \"a\" }\ndescription = { zh = \"\", en = \"\" }\nattribution = { zh = \"\", en = \"\" }\ndata_date = 2026-06-30\n";
    write("catalog.toml", &format!("{head}{}", layers.concat()));
    folder
}

#[test]
fn years_have_no_groups_of_digits() {
    let folder = lots();
    let service = Service::over(folder.path());
    let page = service.get("/reports/parcels.html?collection=lots&lang=en");
    assert!(page.text().contains(">2012<") && page.text().contains(">1,001<"), "{}", page.text());
    let json = service.get("/reports/parcels.json?collection=lots&lang=en").text().to_owned();
    assert!(json.contains("2012") && !json.contains("2012.0") && !json.contains("\"2012\""), "{json}");
    let book = sheets_of_xlsx(&service.get("/reports/parcels.xlsx?collection=lots&lang=en").body);
    let cells = || book.iter().flat_map(|(_, rows)| rows.iter().flatten());
    assert!(cells().any(|cell| *cell == Data::Float(2012.0)), "a year is a number");
    let csv = service.get("/reports/parcels.csv?collection=lots&lang=en&table=list");
    assert!(csv.text().contains(",2012,1001"), "{}", csv.text());
}

#[test]
fn a_report_says_what_has_no_area() {
    let folder = lots();
    let service = Service::over(folder.path());
    let report = service.get("/reports/parcels.json?collection=lots&lang=en");
    assert_eq!(report.status, 200, "{}", report.text());
    assert!(report.text().contains("Of these features 2 have no area"), "{}", report.text());
    let sections = report.json()["sections"].as_array().expect("sections").clone();
    let blocks = || sections.iter().flat_map(|section| section["blocks"].as_array().expect("blocks"));
    let groups = blocks().find(|block| block["name"] == "groups-1").expect("a table of groups");
    let [a, b] = ["a", "b"].map(|class| {
        groups["rows"]
            .as_array()
            .expect("rows")
            .iter()
            .find(|row| row[0] == class)
            .expect("the class")
            .clone()
    });
    // Of class a both have one, of class b none.
    assert!(a[3].as_f64().is_some_and(|area| area > 0.0) && b[3].is_null() && b[4].is_null(), "{a} {b}");
    assert_eq!((&a[1], &b[1]), (&2.0.into(), &2.0.into()));
    // Where no feature of the layer has one, no table has a column for it.
    let spots = service.get("/reports/parcels.json?collection=spots&lang=en");
    assert_eq!(spots.status, 200, "{}", spots.text());
    assert!(
        spots.text().contains("2 have no area") && !spots.text().contains("Area, ha"),
        "{}",
        spots.text()
    );
}

#[test]
fn a_report_says_that_its_day_selects_nothing() {
    let folder = lots();
    let service = Service::over(folder.path());
    let says = |query: &str| {
        let report = service.get(&format!("/reports/parcels.json?collection=lots&lang=en{query}"));
        assert_eq!(report.status, 200, "{}", report.text());
        report
            .text()
            .contains("selects no features: states and numbers are those of the day of the data, 2026-06-30")
    };
    assert!(says("&as_of=2030-01-01") && says("&as_of=2026-06-29"));
    assert!(!says("") && !says("&as_of=2026-06-30"));
}

#[test]
fn requests_that_make_no_sense_are_refused() {
    let service = Service::over(shipped());
    let cases = [
        ("/reports/units.odt", 404, "", "there is no report"),
        ("/reports/crops.pdf", 404, "", "there is no report"),
        ("/reports/units.pdf?as_of=2020-06-30", 400, "as_of", "before the plan begins"),
        ("/reports/units.pdf?as_of=soon", 400, "as_of", "expected a day that exists"),
        ("/reports/units.pdf?lang=fr", 400, "lang", "expected zh, en or both"),
        ("/reports/units.csv?table=people", 400, "table", "counts"),
        ("/reports/units.pdf?filter=1=1", 400, "filter", "unknown here"),
        ("/reports/site.pdf", 400, "id", "needs id"),
        ("/reports/site.pdf?id=atlantis", 400, "id", "the id of a place"),
        ("/reports/site.pdf?id=sites:atlantis", 400, "id", "collection:id"),
        ("/reports/parcels.pdf?collection=fields", 404, "", "there is no collection"),
        ("/reports/parcels.pdf?filter=use_code%20%3D", 400, "filter", ""),
        ("/reports/parcels.pdf?use_kode=M0", 400, "use_kode", "unknown"),
        ("/reports/parcels.pdf?as_of=1900-01-01", 400, "as_of", "before the plan begins"),
    ];
    for (path, status, parameter, detail) in cases {
        let answer = service.get(path);
        assert_eq!(answer.status.as_u16(), status, "{path}: {}", answer.text());
        let json = answer.json();
        assert_eq!(json["parameter"].as_str().unwrap_or(""), parameter, "{path}: {json}");
        assert!(json["detail"].as_str().expect("a detail").contains(detail), "{path}: {json}");
    }
}

#[test]
fn files_have_names_types_and_tags() {
    let service = Service::over(shipped());
    for (form, media_type, shown) in [
        ("html", "text/html", "inline"),
        ("pdf", "application/pdf", "inline"),
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document", "attachment"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "attachment"),
        ("csv", "text/csv; charset=utf-8", "attachment"),
        ("json", "application/json", "inline"),
    ] {
        let path = format!("/reports/progress.{form}?lang=both&as_of=2024-12-31");
        let answer = service.get(&path);
        assert!(
            answer.header("content-type").starts_with(media_type),
            "{form}: {}",
            answer.header("content-type")
        );
        let name = format!("{shown}; filename=\"progress-2024-12-31-both.{form}\"");
        assert_eq!(answer.header("content-disposition"), name);
        let again = service.ask("GET", &path, &[("if-none-match", answer.header("etag"))]);
        assert_eq!(again.status.as_u16(), 304, "{form}");
    }
    let listed = service.get("/reports").json();
    let links: usize = listed["reports"]
        .as_array()
        .expect("reports")
        .iter()
        .map(|one| one["links"].as_array().map_or(0, Vec::len))
        .sum();
    assert_eq!(links, 4 * 6);
}

/// Where the data has a sentence in its own language only, a sheet in Chinese says so.
#[test]
fn words_of_the_data_are_told_from_those_of_the_sheet() {
    let service = Service::over(shipped());
    let sheet =
        |lang: &str| service.get(&format!("/reports/site.json?id=chunsun&lang={lang}")).text().to_owned();
    let text = std::fs::read_to_string(shipped().join("sites.geojson")).expect("sites");
    let sites: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let sites = sites["features"].as_array().expect("features");
    let source =
        sites.iter().find(|site| site["id"] == "chunsun").expect("the site")["properties"]["source"].clone();
    let source = source.as_str().expect("a text");
    assert!(sheet("zh").contains(&format!("数据原文：{source}")));
    assert!(sheet("en").contains(source) && !sheet("en").contains("数据原文"));
}

/// A sheet says of the register what `/units` says: what has ended and what is to come are entries, too.
#[test]
fn a_sheet_tells_entries_that_ended_and_that_come() {
    let rows = "chunsun,,,,,designated,2024-01-15,2026-01-01,Notice 4,,\n\
                huazhong-zhigu,,,,,designated,2028-02-01,,Notice 7,,\n\
                huazhong-zhigu,,,,,built,2024-03-01,,Notice 8,,\n";
    let evidence = Evidence::new(rows, "");
    let told = |service: &Service, id: &str, day: &str| {
        let sheet = service.get(&format!("/reports/site.json?id={id}&lang=en&as_of={day}")).json();
        let rows = sheet["sections"][0]["blocks"][0]["rows"].as_array().expect("rows").clone();
        rows.into_iter().find(|row| row[0] == "Designated, built").map(|row| row[1].clone())
    };
    let service = Service::over(&evidence.data());
    for (id, day, want) in [
        ("chunsun", "2024-01-14", "designated on 2024-01-15 only (Notice 4)"),
        ("chunsun", "2025-12-31", "designated 2024-01-15 (Notice 4)"),
        ("chunsun", "2026-01-01", "no longer designated since 2026-01-01 (Notice 4)"),
        (
            "huazhong-zhigu",
            "2026-01-01",
            "designated on 2028-02-01 only (Notice 7); built 2024-03-01 (Notice 8)",
        ),
        ("donghe-centre", "2026-01-01", "no entry in the register"),
    ] {
        assert_eq!(told(&service, id, day), Some(want.into()), "{id} on {day}");
    }
    // Without a register nothing is said of it.
    std::fs::remove_file(evidence.data().join("register.csv")).expect("removed");
    assert_eq!(told(&Service::over(&evidence.data()), "chunsun", "2026-01-01"), None);
}

/// The pages of the service show what the documents say.
#[test]
fn pages_show_the_numbers_of_the_documents() {
    let service = Service::over(shipped());
    let units = service.get("/units?f=html&lang=en");
    assert!(units.text().contains("13 − 7 = 6") && units.text().contains("Not evidenced"));
    let progress = service.get("/progress?f=html&lang=en");
    assert!(progress.text().contains("insufficient data") && progress.text().contains("≥3000"));
    let block = service.get("/blocks/nantaizihu-innovation-block?f=html&lang=zh");
    for words in ["南太子湖创新街区", "没有位置", "未点名", "三环线"] {
        assert!(block.text().contains(words), "{words}");
    }
    assert!(service.get("/blocks?f=json").text().contains("nantaizihu-innovation-block"));
}

#[test]
fn a_sheet_is_of_the_feature_of_its_collection() {
    let data = tempfile::tempdir().expect("a folder");
    let collection = |features: &str| format!(r#"{{"type":"FeatureCollection","features":[{features}]}}"#);
    let stop = |id: u32, x: f64| {
        format!(
            r#"{{"type":"Feature","id":{id},"properties":{{"stop":"Stop {id}"}},"geometry":{{"type":"Point","coordinates":[{x},-36.85]}}}}"#
        )
    };
    let precinct = r#"{"type":"Feature","id":100,"properties":{"precinct":"Harbour"},"geometry":{"type":"Polygon","coordinates":[[[174.76,-36.85],[174.77,-36.85],[174.77,-36.84],[174.76,-36.84],[174.76,-36.85]]]}}"#;
    let write = |name: &str, features: &str| {
        std::fs::write(data.path().join(name), collection(features)).expect("written");
    };
    write("stops.geojson", &[stop(100, 174.75), stop(101, 174.751)].join(","));
    write("precincts.geojson", precinct);
    let service = Service::over(data.path());
    let sheet = |query: &str| service.get(&format!("/reports/site.html?lang=en&as_of=2026-01-01&{query}"));
    let text = |query: &str| {
        let answer = sheet(query);
        assert_eq!(answer.status, 200, "{query}: {}", answer.text());
        answer.text().to_owned()
    };
    // An id of two collections is none; one of a single collection is enough.
    let refused = sheet("id=100");
    assert_eq!(refused.status, 400, "{}", refused.text());
    assert!(
        refused.text().contains("stops:100") && refused.text().contains("precincts:100"),
        "{}",
        refused.text()
    );
    assert!(text("id=101").contains("Stop 101"));
    assert!(text("id=stops:100").contains("Stop 100"));
    let precinct = text("id=precincts:100");
    assert!(precinct.contains("Harbour") && !precinct.contains("Stop 100"), "{precinct}");
    let both = text("ids=precincts:100,stops:100");
    assert!(both.contains("ha as drawn") && both.contains("drawn as a point or a line"), "{both}");
    // Neither a basis nor facilities nor a source are made up.
    assert!(
        precinct.contains("no facilities in the data") && !precinct.contains("gaps within"),
        "{precinct}"
    );
    let stop = text("id=stops:101");
    let basis = stop.split("Basis of the position").nth(1).and_then(|rest| rest.split("</tr>").next());
    assert!(basis.is_some_and(|basis| basis.contains("not stated")), "{basis:?}");
    assert!(stop.contains("<li>") && !stop.contains("<li></li>"), "{stop}");
}

/// Three subdistricts side by side; a place in the first that touches the second on a line and the third at a corner.
#[test]
fn a_place_lies_in_the_subdistricts_that_hold_some_of_it() {
    let data = tempfile::tempdir().expect("a folder");
    let square = |id: &str, [west, south, east, north]: [f64; 4]| {
        let ring = [[west, south], [east, south], [east, north], [west, north], [west, south]];
        serde_json::json!({"type": "Feature", "id": id, "properties": {"name_en": id},
            "geometry": {"type": "Polygon", "coordinates": [ring]}})
    };
    let point = serde_json::json!({"type": "Feature", "id": "gate", "properties": {},
        "geometry": {"type": "Point", "coordinates": [114.1, 30.45]}});
    let collection = |features: &[serde_json::Value]| {
        serde_json::json!({"type": "FeatureCollection", "features": features}).to_string()
    };
    let parts = [
        square("first", [114.0, 30.4, 114.1, 30.5]),
        square("second", [114.1, 30.4, 114.2, 30.5]),
        square("third", [114.1, 30.5, 114.2, 30.6]),
    ];
    let sites =
        [square("one", [114.05, 30.45, 114.1, 30.5]), square("two", [114.05, 30.45, 114.15, 30.5]), point];
    std::fs::write(data.path().join("parts.geojson"), collection(&parts)).expect("written");
    std::fs::write(data.path().join("sites.geojson"), collection(&sites)).expect("written");
    let catalog = "title = { en = \"T\" }\ndata_date = 2026-01-01\n\n[[layers]]\nid = \"parts\"\nfile = \"parts.geojson\"\n\
                   title = { en = \"P\" }\ndraw = \"subdistrict\"\n\n[[layers]]\nid = \"sites\"\nfile = \"sites.geojson\"\n\
                   title = { en = \"S\" }\ndraw = \"site\"\n";
    std::fs::write(data.path().join("catalog.toml"), catalog).expect("written");
    let loaded = load(data.path());
    for (id, want) in [
        ("one", "first"),
        ("two", "first; second"),
        ("gate", "first; second"),
        ("parts:first", "it is one itself"),
    ] {
        let document = made(&loaded.catalog, Subject::Site { ids: vec![id.to_owned()] }, "en");
        let row = document
            .tables()
            .flat_map(|table| &table.rows)
            .find(|row| row[0] == Cell::Text("Subdistrict".to_owned()))
            .expect("a row");
        assert_eq!(row[1], Cell::Text(want.to_owned()), "{id}");
    }
}

#[test]
fn what_the_plan_leaves_out_is_no_section() {
    let evidence = Evidence::new("", "");
    let seeds = evidence.data().join("../seeds");
    std::fs::remove_file(seeds.join("baselines.csv")).expect("removed");
    let indicators = std::fs::read_to_string(seeds.join("indicators.csv")).expect("indicators");
    let parts = "national-enterprise-tech-centres;provincial-enterprise-rd";
    std::fs::write(seeds.join("indicators.csv"), indicators.replace(parts, "")).expect("written");
    let loaded = load(&evidence.data());
    let document = made(&loaded.catalog, Subject::Progress, "en");
    assert!(document.sections.iter().all(|section| section.heading != "Before the plan"));
    assert!(document.tables().all(|table| !table.rows.is_empty()));
    let full = made(&load(shipped()).catalog, Subject::Progress, "en");
    assert!(full.sections.iter().any(|section| section.heading == "Before the plan"));
}

#[test]
fn characters_without_a_font_are_told_with_a_report() {
    let data = tempfile::tempdir().expect("a folder");
    let features: Vec<_> = [("one", "Plain"), ("two", "Rocket \u{1F680}")]
        .iter()
        .map(|(id, name)| {
            serde_json::json!({"type": "Feature", "id": id, "properties": {"name_en": name},
                "geometry": {"type": "Point", "coordinates": [114.1, 30.45]}})
        })
        .collect();
    let sites = serde_json::json!({"type": "FeatureCollection", "features": features});
    std::fs::write(data.path().join("sites.geojson"), sites.to_string()).expect("written");
    let catalog = "title = { en = \"T\" }\ndata_date = 2026-01-01\n\n[[layers]]\nid = \"sites\"\nfile = \"sites.geojson\"\n\
                   title = { en = \"S\" }\ndraw = \"site\"\n";
    std::fs::write(data.path().join("catalog.toml"), catalog).expect("written");
    let service = Service::over(data.path());
    let told = |address: &str| service.get(address).header("map-missing-characters").to_owned();
    assert_eq!(told("/reports/site.pdf?id=two&lang=en"), "U+1F680");
    // A workbook is shown with the fonts of whoever reads it.
    assert_eq!(told("/reports/site.xlsx?id=two&lang=en"), "");
}
