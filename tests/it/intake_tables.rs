//! Tables as people write them: headings that stand above each other, points of boundaries, units beside the table.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use rust_xlsxwriter::Format;
use serde_json::{Value, json};

use crate::intake::{folder, import, imported, refused_rows, rings, taken, workbook};

const OUTLINE: &str = "POLYGON((114 30.4,114.002 30.4,114.002 30.402,114 30.402,114 30.4))";

/// The same rows as a table of text, and as a workbook in which groups of headings are merged: first row, first column, last
/// row, last column.
fn both(folder: &Path, rows: &[&[&str]], merged: &[[u16; 4]]) -> [PathBuf; 2] {
    let [text, book] = ["rows.csv", "rows.xlsx"].map(|name| folder.join(name));
    let line = |row: &&[&str]| row.iter().map(|cell| format!("\"{cell}\"")).collect::<Vec<_>>().join(",");
    fs::write(&text, rows.iter().map(line).collect::<Vec<_>>().join("\n")).expect("written");
    workbook(&book, rows, |sheet| {
        for [top, left, bottom, right] in merged {
            let heading = rows[usize::from(*top)][usize::from(*left)];
            sheet
                .merge_range((*top).into(), *left, (*bottom).into(), *right, heading, &Format::new())
                .expect("merged");
        }
    });
    [text, book]
}

#[test]
fn the_plan_is_the_field_where_its_name_stands_above() {
    let data = folder();
    let rows: [&[&str]; 3] = [
        &["地块编号", "现状", "", "规划指标", "", "", "WKT"],
        &["", "用地代码", "容积率", "用地代码", "容积率", "建筑密度(%)", ""],
        &["G-1", "1303", "0.3", "0701", "1.2", "20", OUTLINE],
    ];
    for path in both(data.path(), &rows, &[[0, 0, 1, 0], [0, 1, 0, 2], [0, 3, 0, 5], [0, 6, 1, 6]]) {
        let (said, got) = taken(data.path(), &path);
        let fields = ["parcel_no", "use_code", "far", "density"].map(|name| got[0][name].clone());
        assert_eq!(fields, [json!("G-1"), json!("0701"), json!(1.2), json!(0.2)], "{path:?}: {said}");
        assert!(said.contains("--map far=容积率（现状） takes the other"), "{said}");
    }
    // The stage below, with a unit of its own: 0.9 ha.
    let rows: [&[&str]; 3] = [
        &["地块编号", "用地面积", "", "X", "Y"],
        &["", "现状(公顷)", "规划(公顷)", "", ""],
        &["G-1", "0.1", "0.9", "38512345.1", "3365432.1"],
    ];
    for path in both(data.path(), &rows, &[[0, 0, 1, 0], [0, 1, 0, 2], [0, 3, 1, 3], [0, 4, 1, 4]]) {
        let (said, got) = taken(data.path(), &path);
        assert_eq!((&got[0]["area_m2"], &got[0]["status"]), (&json!(9000), &Value::Null), "{path:?}: {said}");
    }
}

#[test]
fn headings_say_together_what_they_mean() {
    let data = folder();
    let rows: [&[&str]; 3] = [
        &["地块", "", "用地性质", "", "单元", "控制指标", "坐标", ""],
        &["编号", "面积（㎡）", "代码", "名称", "编号", "容积率", "X", "Y"],
        &["A-1", "900", "0701", "城镇住宅用地", "U-1", "1.2", "38512345.1", "3365432.1"],
    ];
    let fields = ["parcel_no", "area_m2", "use_code", "unit_no", "far"];
    for path in both(data.path(), &rows, &[[0, 0, 0, 1], [0, 2, 0, 3], [0, 6, 0, 7]]) {
        let (said, got) = taken(data.path(), &path);
        let got = fields.map(|name| got[0][name].clone());
        let want = [json!("A-1"), json!(900), json!("0701"), json!("U-1"), json!(1.2)];
        assert_eq!(got, want, "{path:?}: {said}");
    }
    // 0.9 ha, of which the signs say which end of what is allowed they are.
    let rows: [&[&str]; 3] = [
        &["地块编号", "用地", "", "", "容积率", "", "建筑密度", "绿地率", "X", "Y"],
        &["", "代码", "性质", "面积(ha)", "≤", "≥", "≤(%)", "≥(%)", "", ""],
        &["A-1", "0701", "住宅", "0.9", "1.2", "0.2", "20", "30", "38512345.1", "3365432.1"],
    ];
    let merged = [[0, 0, 1, 0], [0, 1, 0, 3], [0, 4, 0, 5], [0, 8, 1, 8], [0, 9, 1, 9]];
    for path in both(data.path(), &rows, &merged) {
        let (said, got) = taken(data.path(), &path);
        assert_eq!(got.len(), 1, "{said}");
        let got = ["use_code", "area_m2", "far", "density", "green_ratio"].map(|name| got[0][name].clone());
        let want = [json!("0701"), json!(9000), json!(1.2), json!(0.2), json!(0.3)];
        assert_eq!(got, want, "{path:?}: {said}");
    }
}

#[test]
fn what_stands_below_a_land_use_says_what_it_is() {
    let data = folder();
    let path = data.path().join("uses.csv");
    for (value, code, name_zh, name_en) in [
        ("0701", "0701", "城镇住宅用地", "urban residential"),
        ("城镇住宅用地", "0701", "城镇住宅用地", "urban residential"),
        ("housing", "", "", "housing"),
    ] {
        fs::write(&path, format!("dkbh,Land Use,lon,lat\nA-1,{value},114.1,30.4\n")).expect("written");
        let (said, got) = taken(data.path(), &path);
        let text = |field: &str| got[0][field].as_str().unwrap_or_default().to_owned();
        assert_eq!(text("use_name_en"), name_en, "{said}");
        assert_eq!((text("use_code"), text("use_name_zh")), (code.to_owned(), name_zh.to_owned()), "{said}");
    }
}

/// The corners of a square with what they are called, as the rows of a table: X to the north, as surveys have it.
fn square(parcel: &str, between: &str, [east, north]: [u32; 2], size: u32) -> Vec<String> {
    let corners = [(0, 0), (size, 0), (size, size), (0, size)];
    let row = |(at, (right, up)): (usize, (u32, u32))| {
        format!("{parcel},{between}J{},{},{}", at + 1, 3_365_000 + north + up, 38_512_000 + east + right)
    };
    corners.into_iter().enumerate().map(row).collect()
}

/// What an import of a table says, and number and area of each parcel.
fn areas(data: &Path, head: &str, rows: &[String]) -> (String, Vec<(String, f64)>) {
    let path = data.join("points.csv");
    fs::write(&path, format!("{head}\n{}\n", rows.join("\n"))).expect("written");
    let (said, got) = taken(data, &path);
    let number = |row: &Value| row["parcel_no"].as_str().unwrap_or_default().to_owned();
    // On the plane a length is that of the ellipsoid within 1e-5 here, so that 10,000 m² are so within 1 m².
    let area = |row: &Value| (row["area_m2"].as_f64().unwrap_or_default() / 10.0).round() * 10.0;
    (said, got.iter().map(|row| (number(row), area(row))).collect())
}

fn parcels(all: &[(&str, f64)]) -> Vec<(String, f64)> {
    all.iter().map(|(number, area)| ((*number).to_owned(), *area)).collect()
}

#[test]
fn a_column_tells_the_rings_of_boundary_points() {
    let data = folder();
    for heading in ["圈号", "地块圈号", "环号", "ring", "部件号"] {
        // A hole of 20 m by 20 m, and a part beside of 30 m by 30 m; no ring comes back to its first point.
        let head = format!("地块编号,{heading},界址点号,X,Y");
        let rows = [
            square("A-1", "1,", [0, 0], 100),
            square("A-1", "2,", [20, 20], 20),
            square("A-1", "3,", [200, 0], 30),
        ];
        let (said, got) = areas(data.path(), &head, &rows.concat());
        assert_eq!(got, parcels(&[("A-1", 10_000.0 - 400.0 + 900.0)]), "{said}");
        assert_eq!(rings(&imported(data.path())[0]), [vec![5, 5], vec![5]], "{said}");
        assert!(said.contains(&format!("{heading:?} tells their rings")), "{said}");
    }
}

#[test]
fn boundary_points_that_stand_apart_are_joined_where_their_numbers_go_on() {
    let data = folder();
    let head = "地块编号,界址点号,X,Y";
    let (one, two) = (square("A-1", "", [0, 0], 100), square("A-2", "", [200, 0], 50));
    let want = parcels(&[("A-1", 10_000.0), ("A-2", 2500.0)]);
    // A parcel within the points of another; headings of a new page, also where a number stands only in a first row.
    let within = [&one[..3], &two, &one[3..]].concat();
    let (said, got) = areas(data.path(), head, &within);
    let sorted = |mut got: Vec<(String, f64)>| {
        got.sort_by(|a, b| a.0.cmp(&b.0));
        got
    };
    assert_eq!(sorted(got), want, "{said}");
    assert!(
        said.contains("the points of 1 of the parcels, as \"A-1\", do not stand behind each other"),
        "{said}"
    );
    let page = [&one[..], &two[..2], &[head.to_owned()], &two[2..]].concat();
    let (said, got) = areas(data.path(), head, &page);
    assert_eq!(got, want, "{said}");
    assert!(
        said.contains("1 rows are the headings again and are passed over (line 8 the first of them)"),
        "{said}"
    );
    let bare = |row: &String| {
        if row.contains("J1") || row.starts_with("地") { row.clone() } else { row.replace("A-2", "") }
    };
    let (said, got) = areas(data.path(), head, &page.iter().map(bare).collect::<Vec<_>>());
    assert_eq!(got, want, "{said}");
    // In the order of the numbers of points.
    let by_number: Vec<String> = (0..4).flat_map(|at| [one[at].clone(), two[at].clone()]).collect();
    let (said, got) = areas(data.path(), head, &by_number);
    assert_eq!(got, want, "{said}");
    let backwards: Vec<String> = by_number.iter().rev().cloned().collect();
    let (said, got) = areas(data.path(), head, &backwards);
    assert_eq!(sorted(got), want, "{said}");
    assert!(said.contains("are joined in the order of their numbers"), "{said}");
    // A number that is missing: nothing of the parcel is taken.
    let missing = [&one[..3], &two, &[one[3].replace("J4", "J5")]].concat();
    let (said, got) = areas(data.path(), head, &missing);
    assert_eq!(got, parcels(&[("A-2", 2500.0)]), "{said}");
    assert!(said.contains("their numbers do not tell how they go on"), "{said}");
    // A line among the points of a parcel that may be a title, and may be the number of another one.
    let doubtful = [&one[..], &["续表,,,".to_owned(), ",J5,3365050,38511950".to_owned()], &two].concat();
    let (said, got) = areas(data.path(), head, &doubtful);
    assert_eq!(got, parcels(&[("A-2", 2500.0)]), "{said}");
    assert!(said.contains("may say of which parcel those below it are"), "{said}");
    // What may be samples is told.
    let (said, got) = areas(data.path(), "地块编号,点号,X,Y", &by_number);
    assert!(
        got.len() == 8
            && said.contains("the rows may be boundary points (\"点号\"), as \"A-1\" is the parcel"),
        "{said}"
    );
}

#[test]
fn lengths_and_titles_stand_among_boundary_points() {
    let data = folder();
    let want = parcels(&[("A-1", 10_000.0), ("A-2", 2500.0)]);
    let points = [square("A-1", "", [0, 0], 100), square("A-2", "", [200, 0], 50)].concat();
    let between = points.iter().flat_map(|row| [format!("{row},"), ",,,,50".to_owned()]).collect::<Vec<_>>();
    let (said, got) = areas(data.path(), "宗地编号,界址点号,X(m),Y(m),边长(m)", &between);
    assert_eq!(got, want, "{said}");
    assert!(said.contains("2 rows: 2 taken, 0 refused"), "{said}");
    assert!(said.contains("8 rows among the boundary points hold lengths or sums"), "{said}");
    let named: Vec<String> = between.iter().map(|row| row.replace(",,,,50", "A-1,,,,50")).collect();
    let (said, got) = areas(data.path(), "宗地编号,界址点号,X(m),Y(m),边长(m)", &named[..8]);
    assert_eq!(got, want[..1], "{said}");
    // A block for each, under a line with its number; the last point is the first one.
    let mut text = String::new();
    for (number, block) in ["A-1", "A-2"].iter().zip(points.chunks(4)) {
        let rows: Vec<String> = block.iter().map(|row| row[4..].to_owned() + ",50").collect();
        let head = "点号,X,Y,边长";
        writeln!(text, "宗地编号：{number}\n{head}\n{}\n{}\n面积,10000,,\n", rows.join("\n"), rows[0])
            .expect("to memory");
    }
    let (head, rows) = text.split_once('\n').expect("lines");
    let (said, got) = areas(data.path(), head, &[rows.to_owned()]);
    assert_eq!(got, want, "{said}");
    assert!(said.contains("2 rows: 2 taken, 0 refused"), "{said}");
    // Without the numbers nothing says of which parcel the points are.
    let rows = rows.replace("宗地编号：", "第");
    let (said, _) = areas(data.path(), "某表", &[rows]);
    assert!(said.contains("nothing says of which parcel; each is taken for itself"), "{said}");
}

#[test]
fn units_stand_above_and_beside_tables() {
    let data = folder();
    let path = data.path().join("units.csv");
    let place = "38512345.1,3365432.1";
    // 0.9 ha are 9000 m².
    for above in
        ["面积单位：公顷  坐标系：CGCS2000", "某片区指标,,单位：公顷、米", "编制单位：某院 单位：公顷"]
    {
        fs::write(&path, format!("{above}\n地块编号,用地面积,X,Y\nA-1,0.9,{place}\n")).expect("written");
        let (said, got) = taken(data.path(), &path);
        assert_eq!(got[0]["area_m2"], json!(9000), "{said}");
        assert!(said.contains("above its heading"), "{said}");
    }
    fs::write(&path, format!("单位：公顷\n地块编号,用地面积（㎡）,X,Y\nA-1,900,{place}\n")).expect("written");
    assert_eq!(taken(data.path(), &path).1[0]["area_m2"], json!(900), "the heading itself says more");
    let rows = format!("A-1,900,平方米,{place}\nA-2,0.9,公顷,{place}\nA-3,9,户,{place}\n");
    fs::write(&path, format!("地块编号,面积,单位,X,Y\n{rows}")).expect("written");
    let (said, got) = taken(data.path(), &path);
    let areas = [0, 1, 2].map(|at: usize| got[at]["area_m2"].clone());
    assert_eq!(areas, [json!(900), json!(9000), Value::Null], "{said}");
    // Shown as 1.35 mu, which are 900 m².
    let path = data.path().join("units.xlsx");
    let rows: [&[&str]; 2] = [&["地块编号", "用地面积", "X", "Y"], &["A-1", "", "38512345.1", "3365432.1"]];
    workbook(&path, &rows, |sheet| {
        let format = Format::new().set_num_format("0.00\"亩\"");
        sheet.write_with_format(1, 1, 1.35, &format).expect("written");
    });
    let (said, got) = taken(data.path(), &path);
    assert_eq!(got[0]["area_m2"], json!(900), "{said}");
}

#[test]
fn what_ends_a_table_and_what_it_lacks_is_told() {
    let data = folder();
    let path = data.path().join("end.csv");
    let head = "单元编号,地块编号,X,Y";
    for end in ["\r\n\u{1A}", "\u{1A}"] {
        fs::write(&path, format!("{head}\r\nU-1,A-1,38512345.1,3365432.1{end}")).expect("written");
        let (said, got) = taken(data.path(), &path);
        assert!(got.len() == 1 && said.contains("1 row: 1 taken, 0 refused; 0 repairs"), "{said}");
    }
    let file = path.to_str().expect("a path");
    let (code, said) = import(data.path(), &[file, "--yes", "--layer", "x"]);
    assert!(code == Some(2) && said.contains("has no layers, of which --layer names \"x\""), "{said}");
    // A unit that stands in the first row of its parcels.
    let rows = "U-1,A-1,38512345.1,3365432.1\n,A-2,38512400,3365600\n,A-3,38512500,3365600\n";
    fs::write(&path, format!("{head}\n{rows}")).expect("written");
    let (said, got) = taken(data.path(), &path);
    assert!(
        said.contains("2 rows are empty in \"单元编号\" alone") && said.contains("(line 3 the"),
        "{said}"
    );
    assert_eq!(got[1]["unit_no"], Value::Null, "none is made up");
}

#[test]
fn the_first_moment_of_a_day_is_no_day_among_times() {
    let data = folder();
    let path = data.path().join("times.xlsx");
    let rows: [&[&str]; 4] = [
        &["地块编号", "X", "Y", "登记", "批准"],
        &["A-1", "114.1", "30.4", "", ""],
        &["A-2", "114.1", "30.5", "", ""],
        &["A-3", "114.2", "30.4", "", ""],
    ];
    workbook(&path, &rows, |sheet| {
        let format = Format::new().set_num_format("yyyy-mm-dd hh:mm");
        // 2023-05-06 is day 45,052 of a workbook.
        for (row, days) in (1..).zip([45_052.0, 45_052.25, 45_053.0]) {
            sheet.write_with_format(row, 3, days, &format).expect("written");
            sheet.write_with_format(row, 4, 45_052.0, &format).expect("written");
        }
    });
    let (said, got) = taken(data.path(), &path);
    let column = |name: &str| got.iter().map(|row| row[name].clone()).collect::<Vec<_>>();
    let times = ["2023-05-06T00:00:00", "2023-05-06T06:00:00", "2023-05-07T00:00:00"];
    assert_eq!(column("登记"), times, "{said}");
    assert_eq!(column("批准"), ["2023-05-06"; 3], "{said}");
}

#[test]
fn what_a_workbook_shows_beside_numbers_is_heard() {
    let data = folder();
    let path = data.path().join("shown.xlsx");
    let take = |heading: &str, stored: f64, format: &str| {
        let rows: [&[&str]; 2] = [&[heading, "名称", "x", "y"], &["", "甲", "114.1", "30.4"]];
        workbook(&path, &rows, |sheet| {
            let format = Format::new().set_num_format(format);
            sheet.write_number_with_format(1, 0, stored, &format).expect("written");
        });
        let (said, mut all) = taken(data.path(), &path);
        (said, all.remove(0))
    };
    for (format, stored, metres) in [
        // 15 mu are a hectare.
        ("_ * #,##0.00\"亩\"_ ;_ * \\-#,##0.00\"亩\"_ ;_ * \"-\"??\"亩\"_ ;_ @_ ", 15.0, 10_000.0),
        ("[Blue]0.00\"（亩）\"", 15.0, 10_000.0),
        ("0.00[$亩]", 15.0, 10_000.0),
        ("General\"㎡\"", 15.0, 15.0),
        ("[>=10000]0.00,\"千平方米\";0.00\"公顷\"", 2.5, 25_000.0),
        // Shown as 2.0万㎡ and as 20.46千平方米, stored as square metres.
        ("0\".\"0,\"万㎡\"", 20_460.8, 20_460.8),
        ("0.00,\"千平方米\"", 20_460.8, 20_460.8),
    ] {
        let (said, own) = take("用地面积", stored, format);
        assert_eq!(own["area_m2"].as_f64(), Some(metres), "{format}: {said}");
    }
    for (format, stored, metres) in [
        ("0\"cm\"", 2400.0, Some(24.0)),
        ("0.0\"km\"", 0.024, Some(24.0)),
        ("\"≤\"0\"米\"", 24.0, Some(24.0)),
        ("0.00\"以下\"", 24.0, Some(24.0)),
        ("0\"层\"", 24.0, None),
        ("0\"F\"", 24.0, None),
    ] {
        let (said, own) = take("限高", stored, format);
        assert_eq!(own["height_m"].as_f64(), metres, "{format}: {said}");
        let is_noted = own["note"].as_str().is_some_and(|note| note.starts_with("限高: 24"));
        assert_eq!(is_noted, metres.is_none(), "{format}: {said}");
    }
    for (format, stored, number) in [
        ("0000", 42.0, "0042"),
        ("\"JS\"0000\"-\"000", 405_001.0, "JS0405-001"),
        ("0.0\"号\"", 42.0, "42"),
        ("#,##0", 405_001.0, "405001"),
    ] {
        let (said, own) = take("地块编号", stored, format);
        assert_eq!(own["parcel_no"], number, "{format}: {said}");
        assert_eq!(
            said.contains("is shown with more than its digits"),
            format.contains('号'),
            "{format}: {said}"
        );
    }
    let (said, own) = take("档号", 42.0, "0000");
    assert_eq!(own["档号"], 42);
    assert!(said.contains("\"档号\" is shown with more than its digits"), "{said}");
    let (said, own) = take("状态", 1.0, "[=1]\"闲置\";[=2]\"在建\";General");
    assert_eq!(own["status"], "idle", "{said}");
}

#[test]
fn a_second_table_is_read_by_its_own_headings_or_not_at_all() {
    let data = folder();
    let head: &[&str] = &["地块编号", "面积(㎡)", "容积率", "WKT"];
    let first: &[&str] = &["G-1", "20460.8", "2.5", OUTLINE];
    let turned: [&[&str]; 7] = [
        &["表一 居住用地", "", "", ""],
        head,
        first,
        &["", "", "", ""],
        &["表二 工业用地", "", "", ""],
        &["地块编号", "容积率", "面积(㎡)", "WKT"],
        &["G-2", "1.5", "12285.7", OUTLINE],
    ];
    for path in both(data.path(), &turned, &[]) {
        let (said, got) = taken(data.path(), &path);
        let of = |row: &Value| (row["parcel_no"].clone(), row["area_m2"].clone(), row["far"].clone());
        let want = [(json!("G-1"), json!(20460.8), json!(2.5)), (json!("G-2"), json!(12285.7), json!(1.5))];
        assert_eq!(got.iter().map(of).collect::<Vec<_>>(), want, "{path:?}: {said}");
        assert!(said.contains("headings in another order") && said.contains("1 refused"), "{said}");
    }
    let other: [&[&str]; 6] = [
        head,
        first,
        &["地块编号", "面积(公顷)", "容积率", "WKT"],
        &["G-2", "1.2286", "1.5", OUTLINE],
        head,
        &["G-3", "6336.7", "1.5", OUTLINE],
    ];
    let files = tempfile::tempdir().expect("a folder");
    for path in both(files.path(), &other, &[]) {
        let (said, got) = taken(data.path(), &path);
        let of = |row: &Value| (row["parcel_no"].clone(), row["area_m2"].clone());
        let want = [(json!("G-1"), json!(20460.8)), (json!("G-3"), json!(6336.7))];
        assert_eq!(got.iter().map(of).collect::<Vec<_>>(), want, "{path:?}: {said}");
        // Nothing of it stands below headings that are not its own.
        let (names, refused) = refused_rows(&files.path().join("rows.refused.csv"));
        let held = names.iter().zip(&refused[0]).filter(|(_, cell)| !cell.is_empty());
        let held: Vec<&str> = held.map(|(name, _)| name.as_str()).collect();
        assert_eq!(held, ["import_row", "import_reason", "import_text"], "{said}");
        assert!(
            said.contains("headings of another table; those below them are refused (line 3")
                && said.contains("1 refused"),
            "{said}"
        );
    }
}

#[test]
fn titles_between_pages_are_no_parcels() {
    let data = folder();
    let head: &[&str] = &["地块编号", "面积(㎡)", "容积率", "WKT"];
    let rows: [&[&str]; 6] = [
        head,
        &["G-1", "20460.8", "2.5", OUTLINE],
        &["经开区地块表（第2页）", "", "", ""],
        head,
        &["G-2", "12285.7", "1.5", OUTLINE],
        // A number alone may be that of a parcel whose plan is to come.
        &["G-3", "", "", ""],
    ];
    for path in both(data.path(), &rows, &[]) {
        let (said, got) = taken(data.path(), &path);
        let numbers: Vec<_> = got.iter().map(|row| row["parcel_no"].clone()).collect();
        assert_eq!(numbers, ["G-1", "G-2", "G-3"], "{path:?}: {said}");
        assert!(said.contains("a title"), "{said}");
    }
}

#[test]
fn a_table_beside_another_is_told() {
    let data = folder();
    let head: &[&str] = &["地块编号", "面积(㎡)", "WKT", "", "地块编号", "面积(㎡)", "WKT"];
    let rows: [&[&str]; 2] = [head, &["G-1", "20460.8", OUTLINE, "", "G-2", "12285.7", OUTLINE]];
    for path in both(data.path(), &rows, &[]) {
        let (said, got) = taken(data.path(), &path);
        assert_eq!(got.len(), 1, "{said}");
        assert!(said.contains("3 of the headings come twice, as \"地块编号\" again in column E"), "{said}");
    }
}
