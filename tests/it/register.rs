//! The register of innovation units, the progress of the plan, and the sheet of a block: counted by hand.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::harness::{Service, shipped};

/// A copy of the shipped data with other evidence.
pub struct Evidence(tempfile::TempDir);

const REGISTER_HEAD: &str = "unit,name_zh,name_en,type,within,event,date,until,document,address,note\n";
const OBSERVATIONS_HEAD: &str = "subject,date,value,unit,document,address,note\n";

impl Evidence {
    pub fn new(register: &str, observations: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let copy = |from: &Path, to: PathBuf| {
            std::fs::create_dir_all(&to).expect("a folder");
            for entry in std::fs::read_dir(from).expect("the folder is there") {
                let path = entry.expect("an entry").path();
                if path.is_file() {
                    std::fs::copy(&path, to.join(path.file_name().expect("a name"))).expect("copied");
                }
            }
        };
        copy(shipped(), folder.path().join("geodata"));
        copy(&shipped().join("../seeds"), folder.path().join("seeds"));
        let write = |name, head: &str, rows: &str| {
            std::fs::write(folder.path().join("geodata").join(name), format!("{head}{rows}"))
                .expect("written");
        };
        write("register.csv", REGISTER_HEAD, register);
        write("observations.csv", OBSERVATIONS_HEAD, observations);
        Self(folder)
    }

    pub fn data(&self) -> PathBuf {
        self.0.path().join("geodata")
    }

    fn service(&self) -> Service {
        Service::over(&self.data())
    }

    /// Has the plan say another thing.
    fn restate(&self, file: &str, from: &str, to: &str) {
        let path = self.0.path().join("seeds").join(file);
        let text = std::fs::read_to_string(&path).expect("the seeds");
        assert!(text.contains(from), "{file} has {from}");
        std::fs::write(path, text.replace(from, to)).expect("written");
    }

    /// What the store says of it.
    fn fault(&self) -> String {
        let loaded = innospace::store::Store::new(&self.data()).load(&mut |_| {});
        loaded.err().map_or_else(|| "no fault".to_owned(), |fault| fault.to_string())
    }
}

fn counts(service: &Service, query: &str) -> Vec<(String, String, u64)> {
    let json = service.get(&format!("/units?f=json&{query}")).json();
    let counts = json["counts"].as_array().expect("counts").clone();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    counts
        .iter()
        .map(|count| {
            let listed = count["counted"].as_array().expect("a list").len() as u64;
            assert_eq!(count["count"].as_u64(), Some(listed), "the list is the number");
            let types =
                count["byType"].as_object().expect("types").values().filter_map(Value::as_u64).sum::<u64>();
            assert_eq!(types, listed, "the types add up");
            (text(&count["rule"]["id"]), text(&count["scope"]["id"]), listed)
        })
        .collect()
}

fn told(rows: &[(String, String, u64)]) -> Vec<(&str, &str, u64)> {
    rows.iter().map(|(rule, scope, count)| (&**rule, &**scope, *count)).collect()
}

/// The plan's own facts: it names 13 units, 7 of them inside the one block; nothing is designated or built.
#[test]
fn the_shipped_data_holds_13_named_units_6_at_the_top_and_none_designated() {
    let service = Service::over(shipped());
    let rows = counts(&service, "");
    assert_eq!(
        told(&rows),
        [
            ("named", "all", 13),
            ("named", "top-level", 6),
            ("designated", "all", 0),
            ("designated", "top-level", 0),
            ("built", "all", 0),
            ("built", "top-level", 0),
        ]
    );
    let json = service.get("/units?f=json").json();
    assert_eq!(json["target"]["state"], "not-evidenced");
    assert_eq!((&json["target"]["value"], &json["target"]["by"]), (&20.0.into(), &2025.into()));
    // Every candidate is either counted or excluded with its reason: 13 named, 3 outcomes, 7 carriers.
    for count in json["counts"].as_array().expect("counts") {
        let lines = |name: &str| count[name].as_array().expect("a list").clone();
        let all: Vec<_> = lines("counted").into_iter().chain(lines("excluded")).collect();
        let ids: BTreeSet<_> =
            all.iter().map(|line| line["id"].as_str().expect("an id").to_owned()).collect();
        assert_eq!((all.len(), ids.len()), (23, 23));
        assert!(all.iter().all(|line| !line["statement"].as_str().expect("a reason").is_empty()));
    }
    let top = &service.get("/units?f=json&rule=named&scope=top-level").json()["counts"];
    assert_eq!(top.as_array().expect("one").len(), 1);
    let nested =
        top[0]["excluded"].as_array().expect("a list").iter().filter(|line| line["reason"] == "nested");
    let mut nested: Vec<_> = nested.map(|line| (line["id"].as_str(), line["in"].as_str())).collect();
    nested.sort_unstable();
    let inside = [
        "ai-tech-park",
        "cummins-east-asia-rd-centre",
        "donghe-centre",
        "haier-wuhan-industrial-park",
        "huazhong-zhigu",
        "nantaizihu-innovation-valley",
        "tongji-modern-pharma-park",
    ];
    assert_eq!(nested, inside.map(|id| (Some(id), Some("nantaizihu-innovation-block"))));
}

/// Twenty designations, one a day from 2024-06-01 on: the 13 named units, two carriers and five units of other names.
fn twenty() -> String {
    let named = [
        "nantaizihu-innovation-block",
        "nantaizihu-innovation-valley",
        "chunsun",
        "huazhong-zhigu",
        "ai-tech-park",
        "haier-wuhan-industrial-park",
        "cummins-east-asia-rd-centre",
        "tongji-modern-pharma-park",
        "donghe-centre",
        "chuangsihui-building",
        "dongfang-industrial-park",
        "zhuanyang-private-industrial-park",
        "xinke-industrial-park",
    ];
    let mut rows = String::new();
    for (at, id) in named.iter().enumerate() {
        let _ = writeln!(rows, "{id},,,,,designated,2024-06-{:02},,Notice {at},,", at + 1);
    }
    for (at, id) in ["jingkai-chuangfu", "jingkai-zhizao"].iter().enumerate() {
        let _ = writeln!(rows, "{id},,,park,,designated,2024-06-{},,Notice C{at},,", at + 14);
    }
    for at in 1..=5 {
        let day = at + 15;
        let within = if at == 5 { "new-4" } else { "" };
        let _ = writeln!(
            rows,
            "new-{at},新{at},New {at},building,{within},designated,2024-06-{day},,Notice N{at},,"
        );
    }
    rows
}

#[test]
fn the_twentieth_designation_meets_the_target_on_its_day() {
    let evidence = Evidence::new(&twenty(), "");
    let service = evidence.service();
    let state = |day: &str| {
        let target = service.get(&format!("/units?f=json&as_of={day}")).json()["target"].clone();
        (target["decidedBy"]["count"].as_u64(), target["state"].clone(), target["since"].clone())
    };
    assert_eq!(state("2024-05-31"), (Some(0), "not-evidenced".into(), Value::Null));
    assert_eq!(state("2024-06-19"), (Some(19), "open".into(), Value::Null));
    assert_eq!(state("2024-06-20"), (Some(20), "met".into(), "2024-06-20".into()));
    assert_eq!(state("2026-11-24"), (Some(20), "met".into(), "2024-06-20".into()));
    // At the top level the seven in the block and the one in new-4 are not counted again.
    let rows = counts(&service, "rule=designated&as_of=2024-06-20");
    assert_eq!(told(&rows), [("designated", "all", 20), ("designated", "top-level", 12)]);
    // A nested unit counts at the top as long as what it stands in does not: on the first day only the block is there.
    let rows = counts(&service, "rule=designated&as_of=2024-06-02");
    assert_eq!(told(&rows), [("designated", "all", 2), ("designated", "top-level", 1)]);
    let shown = service.get("/progress?f=json&as_of=2024-06-20").json();
    let units = shown["targets"].as_array().expect("targets")[0].clone();
    assert_eq!((&units["latest"]["value"], &units["status"]), (&20.0.into(), &"met".into()));
    // Other rules stay as they are.
    assert_eq!(told(&counts(&service, "rule=built"))[0].2, 0);
    assert_eq!(told(&counts(&service, "rule=named"))[0].2, 13);
}

#[test]
fn what_ends_or_comes_late_is_said() {
    let mut rows = twenty().replace(
        "new-5,新5,New 5,building,new-4,designated,2024-06-20,,",
        "new-5,新5,New 5,building,new-4,designated,2024-06-20,2025-03-01,",
    );
    rows += "digital-economy-park,,,,,designated,2024-01-01,,Notice D,,\n";
    rows += "new-6,新6,New 6,block,,designated,2026-02-01,,Notice N6,,\n";
    let evidence = Evidence::new(&rows, "");
    let service = evidence.service();
    let state =
        |day: &str| service.get(&format!("/units?f=json&as_of={day}")).json()["target"]["state"].clone();
    // Outcome parks are never added, so the twentieth is still new-5; it ends, and the next comes after the deadline.
    assert_eq!(state("2024-06-19"), "open");
    assert_eq!(state("2024-06-20"), "met");
    assert_eq!(state("2025-02-28"), "met");
    assert_eq!(state("2025-03-01"), "open");
    assert_eq!(state("2025-12-31"), "open");
    assert_eq!(state("2026-01-01"), "missed");
    assert_eq!(state("2026-02-01"), "met-late");
    let json = service.get("/units?f=json&rule=designated&scope=all&as_of=2025-06-01").json();
    let excluded = json["counts"][0]["excluded"].as_array().expect("a list").clone();
    let reason = |id: &str| excluded.iter().find(|line| line["id"] == id).expect("listed")["reason"].clone();
    assert_eq!(reason("new-5"), "ended");
    assert_eq!(reason("new-6"), "later");
    assert_eq!(reason("digital-economy-park"), "outcome");
    assert_eq!(reason("plug-and-play-wuhan"), "no-entry");
}

/// Twenty are designated from 2024-06-20 on, at least 20 by the end of 2025 are the target; the last of them is the fifth new one.
fn twenty_with_the_last_until(until: &str) -> String {
    let last = "new-5,新5,New 5,building,new-4,designated,2024-06-20,";
    let rows = twenty();
    assert!(rows.contains(last));
    rows.replace(last, &format!("{last}{until}"))
}

fn target_of(service: &Service, day: &str) -> Value {
    service.get(&format!("/units?f=json&lang=en&as_of={day}")).json()["target"].clone()
}

fn units_of(service: &Service, day: &str) -> Value {
    service.get(&format!("/progress?f=json&lang=en&as_of={day}")).json()["targets"][0].clone()
}

/// What held on the deadline decides; what is lost later is told beside it.
#[test]
fn a_target_met_on_its_deadline_stays_met() {
    let evidence = Evidence::new(&twenty_with_the_last_until("2026-03-01"), "");
    let service = evidence.service();
    let before = target_of(&service, "2026-02-28");
    assert_eq!((&before["state"], &before["holds"]), (&"met".into(), &true.into()));
    assert_eq!(
        before["statement"],
        "Met: 20 designated on 2026-02-28, target ≥20 by 2025; satisfied since 2024-06-20."
    );
    let after = target_of(&service, "2026-03-01");
    assert_eq!((&after["state"], &after["since"]), (&"met".into(), &"2024-06-20".into()));
    assert_eq!((&after["holds"], &after["countOnDeadline"]), (&false.into(), &20.into()));
    assert_eq!(after["decidedBy"]["count"], 19);
    assert_eq!(after["satisfied"], json!([{ "from": "2024-06-20", "until": "2026-03-01" }]));
    assert_eq!(
        after["statement"],
        "Met: 20 designated on 2025-12-31, target ≥20 by 2025; satisfied from 2024-06-20 to 2026-02-28, and no longer: 19 designated on 2026-03-01."
    );
    let zh = service.get("/units?f=json&lang=zh&as_of=2026-03-01").json()["target"]["statement"].clone();
    assert_eq!(
        zh,
        "已达到：2025-12-31已认定20个，目标≥20，2024-06-20至2026-02-28满足；2026-03-01已认定19个，已不满足。"
    );
    let row = units_of(&service, "2026-03-01");
    assert_eq!(
        (&row["status"], &row["statement"]),
        (&"met".into(), &"met on 2025-12-31, no longer on 2026-03-01".into())
    );
    assert_eq!(row["latest"], json!({ "value": 19.0, "date": "2026-03-01" }));
    assert_eq!(row["decidedBy"], json!({ "value": 20.0, "date": "2025-12-31" }));
}

/// Satisfied once, lost two months before the deadline, reached again after it.
#[test]
fn a_target_reached_again_too_late_is_met_late_and_was_satisfied_before() {
    let rows = twenty_with_the_last_until("2025-11-01")
        + "new-6,新6,New 6,block,,designated,2026-05-01,,Notice N6,,\n";
    let evidence = Evidence::new(&rows, "");
    let service = evidence.service();
    let open = target_of(&service, "2025-12-31");
    assert_eq!(
        open["statement"],
        "Not met yet: 19 designated on 2025-12-31, target ≥20 by 2025; satisfied from 2024-06-20 to 2025-10-31."
    );
    let missed = target_of(&service, "2026-04-30");
    assert_eq!((&missed["state"], &missed["countOnDeadline"]), (&"missed".into(), &19.into()));
    assert_eq!(
        missed["statement"],
        "Not met: 19 designated on 2025-12-31, target ≥20 by 2025; the deadline is past; satisfied from 2024-06-20 to 2025-10-31; 19 designated on 2026-04-30."
    );
    assert_eq!(units_of(&service, "2026-04-30")["status"], "off-track");
    let late = target_of(&service, "2026-05-01");
    assert_eq!((&late["state"], &late["since"]), (&"met-late".into(), &"2026-05-01".into()));
    assert_eq!(
        late["satisfied"],
        json!([{ "from": "2024-06-20", "until": "2025-11-01" }, { "from": "2026-05-01", "until": null }])
    );
    assert_eq!(
        late["statement"],
        "Met late: 20 designated on 2026-05-01, target ≥20 by 2025; satisfied from 2024-06-20 to 2025-10-31 and since 2026-05-01, and not on the deadline: 19 designated on 2025-12-31."
    );
    let row = units_of(&service, "2026-05-01");
    assert_eq!((&row["status"], &row["statement"]), (&"met-late".into(), &"met late".into()));
}

/// Numbers are judged as units are: at least 15 listed companies by the end of 2025.
#[test]
fn the_last_observation_up_to_the_target_date_decides() {
    type Seen<'a> = &'a [(&'a str, u32)];
    let day = "2026-06-30";
    let cases: [(Seen<'_>, &str, &str, &str); 6] = [
        (&[("2025-12-31", 15)], "met", "met", "2025-12-31"),
        (&[("2025-12-31", 15), ("2026-05-31", 16)], "met", "met", "2025-12-31"),
        (
            &[("2025-12-31", 15), ("2026-05-31", 14)],
            "met",
            "met on 2025-12-31, no longer on 2026-05-31",
            "2025-12-31",
        ),
        (&[("2025-12-31", 14), ("2026-05-31", 15)], "met-late", "met late", "2026-05-31"),
        (&[("2024-12-31", 15), ("2025-12-31", 14)], "off-track", "off track", "2025-12-31"),
        // Met late and lost again.
        (
            &[("2025-12-31", 14), ("2026-03-31", 15), ("2026-05-31", 14)],
            "off-track",
            "off track",
            "2026-05-31",
        ),
    ];
    for (seen, status, statement, decided) in cases {
        let row =
            |(day, value): &(&str, u32)| format!("target-listed-companies,{day},{value},count,Bulletin,,\n");
        let evidence = Evidence::new("", &seen.iter().map(row).collect::<String>());
        let json = evidence.service().get(&format!("/progress?f=json&lang=en&as_of={day}")).json();
        let rows = json["targets"].as_array().expect("rows");
        let row = rows.iter().find(|row| row["id"] == "target-listed-companies").expect("the row");
        assert_eq!((&row["status"], &row["statement"]), (&status.into(), &statement.into()), "{seen:?}");
        assert_eq!(row["decidedBy"]["date"], decided, "{seen:?}");
    }
    // Seen in time as on track, and the target date went by: 91 of 100, 55 + 36 of 45, are due at the end of 2024.
    let evidence = Evidence::new("", "provincial-rd-institutions,2024-12-31,91,count,Yearbook,,\n");
    let service = evidence.service();
    let status = |day: &str| {
        let json = service.get(&format!("/progress?f=json&as_of={day}")).json();
        let rows = json["indicators"].as_array().expect("rows").clone();
        rows.into_iter().find(|row| row["id"] == "provincial-rd-institutions").expect("the row")["status"]
            .clone()
    };
    assert_eq!((status("2025-12-31"), status("2026-01-01")), ("on-track".into(), "slightly-off".into()));
    // The printed rule says so.
    let rule = service.get("/progress?f=json&lang=en").json()["rule"]["statement"].clone();
    assert!(rule.as_str().expect("a rule").contains("met late when only a later one does"), "{rule}");
}

/// By a rule that counts carriers, too: one block, nine parks and three buildings that the plan names, and seven carriers, whose
/// type neither the plan nor the register tells.
#[test]
fn units_whose_type_nobody_tells_are_a_part_of_their_own() {
    let evidence = Evidence::new("", "");
    evidence.restate("plan.toml", "roles = [\"named\"]", "roles = [\"named\", \"carrier\"]");
    let service = evidence.service();
    assert_eq!(told(&counts(&service, ""))[..2], [("named", "all", 20), ("named", "top-level", 13)]);
    let json = service.get("/units?f=json").json();
    let by_type = |at: usize| json["counts"][at]["byType"].clone();
    assert_eq!(by_type(0), json!({ "block": 1, "park": 9, "building": 3, "unknown": 7 }));
    assert_eq!(by_type(2), json!({ "block": 0, "park": 0, "building": 0 }));
    let report = service.get("/reports/units.json?lang=en").json();
    let sections = report["sections"].as_array().expect("sections");
    let blocks = || sections.iter().flat_map(|section| section["blocks"].as_array().expect("blocks"));
    let table = blocks().find(|block| block["name"] == "counts").expect("the table");
    let headings: Vec<_> = table["columns"]
        .as_array()
        .expect("columns")
        .iter()
        .map(|column| column["heading"].clone())
        .collect();
    assert_eq!(
        headings[2..],
        ["innovation block", "innovation park", "innovation building", "type unknown", "Total"]
    );
    assert_eq!(table["rows"][0].as_array().expect("a row")[2..], [1.0, 9.0, 3.0, 7.0, 20.0]);
    assert_eq!(table["rows"][2].as_array().expect("a row")[2..], [0.0; 5]);
    let title = "The count under every rule, and the target";
    let chart =
        blocks().find(|block| block["type"] == "chart" && block["title"] == title).expect("the figure");
    assert_eq!(chart["series"][3], "type unknown");
    assert_eq!(chart["bars"][0]["values"], json!([1.0, 9.0, 3.0, 7.0]));
    let book = crate::reports::sheets_of_xlsx(&service.get("/reports/units.xlsx?lang=en").body);
    let (_, rows) = book.iter().find(|(name, _)| name == "Charts").expect("the sheet of charts");
    let row = rows.iter().find(|row| row[0] == "named in the plan, all").expect("the bar");
    assert_eq!(row[1..5].iter().map(ToString::to_string).collect::<Vec<_>>(), ["1", "9", "3", "7"]);
    // The word for them is no type of a plan.
    evidence.restate("plan.toml", "id = \"building\"", "id = \"unknown\"");
    assert!(evidence.fault().contains("`unknown` is not another id"), "{}", evidence.fault());
}

/// What is served and can hardly be meant is told by `check` and in the log.
#[test]
fn one_unit_under_two_ids_and_places_that_move_are_noted() {
    let notes = |rows: &[&str]| {
        let evidence = Evidence::new(&rows.join("\n"), "");
        let store = || innospace::store::Store::new(&evidence.data());
        let said = |warnings: &innospace::store::Warnings| -> Vec<String> {
            warnings.list().iter().map(ToString::to_string).filter(|note| note.contains(".csv")).collect()
        };
        let loaded = said(&store().load(&mut |_| {}).expect("it is served").warnings);
        assert_eq!(loaded, said(&store().check(&mut |_| {}).warnings));
        loaded
    };
    let none: [&str; 0] = [];
    assert_eq!(notes(&[]), none);
    let twin = |id: &str, other: &str, name: &str| {
        format!("register.csv: `{id}` has a name of `{other}`, {name}; what is one unit is counted twice")
    };
    assert_eq!(
        notes(&["nx,春笋,Shoot,building,,designated,2024-02-01,,N,,"]),
        [twin("nx", "chunsun", "春笋")]
    );
    assert_eq!(
        notes(&["nx,东合,DONGHE centre,building,,designated,2024-02-01,,N,,"]),
        [twin("nx", "donghe-centre", "东合")]
    );
    let both = ["a,甲,A,block,,designated,2024-02-01,,N,,", "b,乙,a,block,,designated,2024-02-01,,N,,"];
    assert_eq!(notes(&both), [twin("b", "a", "乙")]);
    // The same id is the same unit.
    assert_eq!(notes(&["chunsun,春笋,Chunsun (Bamboo Shoot),,,designated,2024-02-01,,N,,"]), none);
    // The plan has Donghe Centre in the block. What stands in another part of the block stands in the block, too.
    let donghe = |within: &str| notes(&[&format!("donghe-centre,,,,{within},designated,2024-02-01,,N,,")]);
    assert_eq!(donghe("nantaizihu-innovation-block"), none);
    assert_eq!(donghe("huazhong-zhigu"), none);
    assert_eq!(
        donghe("dongfang-industrial-park"),
        ["register.csv: `donghe-centre` stands in `dongfang-industrial-park` by the register and in \
          `nantaizihu-innovation-block` by the plan; the register is followed"]
    );
}

/// A slip of the pen in a file: what stands there, what stands there then, and what is said of it: the column or key and some
/// words.
type Slip<'a> = (&'a str, &'a str, &'a str, &'a str, &'a str);

/// No slip adds or takes away a line, and none hangs on another one. A key that is renamed is unknown and missing.
const SLIPS: &[Slip] = &[
    ("plan.toml", "baseline_year = 2020", "baseline_year = \"2020\"", "key `plan.baseline_year`", "a year"),
    (
        "plan.toml",
        "start = 2021, end = 2025",
        "start = 2021, end = 2020",
        "key `plan.period.end`",
        "before 2021",
    ),
    ("plan.toml", "founded_year", "founded_yaer", "key `area.founded_yaer`", "unknown"),
    ("plan.toml", "1993-04", "1993-13", "key `area.national_level_since`", "YYYY-MM"),
    ("plan.toml", "\"target-innovation-units\"", "\"target-units\"", "key `layout.target`", "`target-units`"),
    ("plan.toml", "count = 1\n", "count = 3\n", "key `layout.parts[0].count`", "says 3 but there are 1"),
    ("plan.toml", "\"三(一)2\"", "\"三(九)2\"", "key `layout.parts[1].sections`", "`三(九)2`"),
    ("plan.toml", "\"west-east\"", "\"westward\"", "key `layout.axes[0].direction`", "`westward`"),
    ("places.csv", "planned,true,named,,,,true", "dreamt,true,named,,,,true", "column `status`", "`dreamt`"),
    ("places.csv", "dreamt,true,named,,,,true", "dreamt,true,named,,,,yes", "column `inside_zone`", "`yes`"),
    ("places.csv", "enterprises>=70", "enterprises>=many", "column `facts`", "enterprises>=many"),
    ("places.csv", "named,,core-chegu-innovation", "named,,core-chegu", "column `within`", "`core-chegu`"),
    ("industries.csv", "appliances,,advantage", "appliances,,advantages", "column `group`", "`advantages`"),
    ("industries.csv", "beverage,,advantage,", "beverage,,advantage,,", ": ", "9 fields, expected 8"),
    ("indicators.csv", "gte,14,", ">=,14,", "column `op`", "`>=`"),
    ("indicators.csv", ">=,14,", ">=,fourteen,", "column `target`", "`fourteen`"),
    ("targets.csv", "五(一)1", "五(九)1", "column `sections`", "clauses.csv has a row for"),
    (
        "targets.csv",
        "institutes,gte,15",
        "institutes,gte,16",
        "column `value`",
        "15, the target of indicator",
    ),
    ("baselines.csv", "2016,2020", "2016,2015", "column `last_year`", "not before 2016"),
    ("links.csv", "xiangyang", "xiangyan", "column `place`", "`xiangyan`"),
    ("links.csv", "partner-city,shiyan", "partner-town,shiyan", "column `role`", "`partner-town`"),
    ("data_products.csv", ",cycle,", ",cyclus,", "column `cyclus`", "unknown"),
    ("data_products.csv", ",cyclus,", ",cyclus,", "column `cycle`", "missing"),
    ("roles.csv", "九(五)?", "", "column `sections`", "no citation"),
    (
        "clauses.csv",
        "创新平台与研发机构基础,innovation platforms and R&D institutions so far",
        ",",
        "column `name_zh`",
        "empty",
    ),
    ("register.csv", "nowhere", "nowhere", "column `within`", "`nowhere`"),
    ("register.csv", "2025-02-30", "2025-02-30", "column `date`", "2025-02-30"),
    ("observations.csv", "listed-companies", "listed-companies", "column `subject`", "`listed-companies`"),
    ("observations.csv", "many", "many", "column `value`", "a number"),
];

/// Data with all slips, and the line of each.
fn slipped() -> (Evidence, Vec<usize>) {
    let evidence = Evidence::new(
        "chunsun,,,,,designated,2024-02-01,,N,,\nchunsun,,,,nowhere,built,2025-02-30,,N,,\n",
        "listed-companies,2024-12-31,many,count,N,,\n",
    );
    let lines = SLIPS.iter().map(|(file, from, to, ..)| {
        let is_evidence = ["register.csv", "observations.csv"].contains(file);
        let path = evidence.0.path().join(if is_evidence { "geodata" } else { "seeds" }).join(file);
        let text = std::fs::read_to_string(&path).expect("the file");
        let at = text.find(from).unwrap_or_else(|| panic!("{file} has {from}"));
        std::fs::write(path, text.replacen(from, to, 1)).expect("written");
        1 + text[..at].matches('\n').count()
    });
    let lines = lines.collect();
    (evidence, lines)
}

/// What the program says of the data, and how it ends.
fn program(command: &str, data: &Path) -> (Option<i32>, String, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_innospace"))
        .args([command, "--data"])
        .arg(data)
        .output()
        .expect("the program starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn all_slips_of_a_plan_are_told_in_one_run_each_once_at_its_line() {
    let (evidence, lines) = slipped();
    let (code, said, _) = program("check", &evidence.data());
    let told: Vec<_> = said.lines().filter(|line| line.starts_with("error: ")).collect();
    let places = SLIPS.iter().zip(lines).map(|((file, _, _, place, words), line)| {
        let between = if place.starts_with(':') { "" } else { ", " };
        (format!("error: {file}, line {line}{between}{place}"), *words)
    });
    let mut left = told.clone();
    for (place, words) in places {
        let at = left.iter().position(|line| line.starts_with(&place) && line.contains(words));
        let at = at.unwrap_or_else(|| panic!("{place}: {words} is not in {told:#?}"));
        left.remove(at);
    }
    assert_eq!(left, [""; 0], "nothing else is told");
    assert_eq!((code, SLIPS.len()), (Some(1), 29));
    assert!(said.lines().last().expect("a tally").contains("29 errors"), "{said}");
    // By file and line, the same each time, and no other words where the service does not start.
    let order = |line: &&str| {
        let (file, rest) = line["error: ".len()..].split_once(", line ").expect("a line");
        let number: u32 = rest.split([',', ':']).next().expect("a number").parse().expect("a number");
        (SLIPS.iter().position(|slip| slip.0 == file), number)
    };
    assert!(told.is_sorted_by_key(order), "{told:#?}");
    let (code, _, refused) = program("serve", &evidence.data());
    let (shown, _) = said.rsplit_once("error: observations").expect("the last");
    assert_eq!(code, Some(2));
    assert!(refused.starts_with(&format!("innospace: {}", shown.replace("error: ", ""))), "{refused}");
}

/// A torn `plan.toml` is told once; of the tables all that is wrong by itself, and nothing that hangs on what it says.
#[test]
fn what_hangs_on_a_file_that_cannot_be_read_is_not_called_wrong() {
    let evidence = Evidence::new("", "");
    evidence.restate("plan.toml", "founded_year = 1991", "founded_year = ");
    let (_, said, _) = program("check", &evidence.data());
    let line = 1 + std::fs::read_to_string(shipped().join("../seeds/plan.toml"))
        .expect("the seeds")
        .lines()
        .position(|line| line.starts_with("founded_year"))
        .expect("the line");
    let told: Vec<_> = said.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(told.len(), 1, "{said}");
    assert!(
        told[0].starts_with(&format!("error: plan.toml, line {line}: not TOML at character 1")),
        "{said}"
    );
    let (_, _, refused) = program("serve", &evidence.data());
    assert_eq!(refused.matches("not TOML").count(), 1, "{refused}");

    let (evidence, _) = slipped();
    evidence.restate("plan.toml", "[area]", "[area");
    let (_, said, _) = program("check", &evidence.data());
    let told = |file: &str| said.lines().filter(|line| line.starts_with(&format!("error: {file}"))).count();
    // Groups and cores are told in plan.toml.
    let tables = SLIPS.iter().filter(|slip| slip.0 != "plan.toml").count();
    assert_eq!((told("plan.toml"), told("") - told("plan.toml")), (1, tables - 3), "{said}");
    assert!(["`advantages`", "`core-chegu`", "`nowhere`"].iter().all(|id| !said.contains(id)), "{said}");
    // Nor is what a table says that lacks a column, or a row whose fields are shifted.
    let evidence = Evidence::new("", "");
    evidence.restate("places.csv", "id,name_zh", "ident,name_zh");
    let (_, said, _) = program("check", &evidence.data());
    assert_eq!(said.lines().filter(|line| line.starts_with("error: ")).count(), 2, "{said}");
}

/// Each case makes its fault.
fn all_told(cases: &[(&str, &str)], fault: impl Fn(&str) -> String) {
    let told = cases.iter().map(|&(rows, want)| (rows, want, fault(rows)));
    let wrong: Vec<_> = told.filter(|(_, want, found)| !found.contains(want)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn faults_of_the_register_name_file_line_and_column() {
    let row = |row: &str| Evidence::new(&format!("{row}\n"), "").fault();
    let cases = [
        (
            "chunsun,,,,,designated,2024-02-30,,N,,",
            "register.csv, line 2, column `date`: `2024-02-30` is not a day that exists",
        ),
        ("chunsun,,,,,designated,,,N,,", "register.csv, line 2, column `date`: `` is not a day"),
        (
            "chunsun,,,,,designated,2024-02-01,,,,",
            "register.csv, line 2, column `document`: `` is not title and number of the document",
        ),
        ("chunsun,,,,,named,2024-02-01,,N,,", "column `event`: `named` is not one of designated, built"),
        (
            "chunsun,,,,,designated,2024-02-01,2024-02-01,N,,",
            "column `until`: `2024-02-01` is not a day after 2024-02-01",
        ),
        ("nowhere,,,,,designated,2024-02-01,,N,,", "column `unit`: `nowhere` is unknown"),
        ("nowhere,新,New,,,designated,2024-02-01,,N,,", "column `type`: `` is not block, park or building"),
        ("chunsun,,,park,,designated,2024-02-01,,N,,", "column `type`: `park` is not empty or building"),
        (
            "chunsun,另,Other,,,designated,2024-02-01,,N,,",
            "column `name_zh`: `另` is not empty, or the name in places.csv, 春笋",
        ),
        ("lake-x,湖,Lake,block,lake-y,designated,2024-02-01,,N,,", "column `within`: `lake-y` is unknown"),
        (
            "a,甲,A,block,b,designated,2024-02-01,,N,,\nb,乙,B,block,a,designated,2024-02-01,,N,,",
            "column `within`: `b` is not a place that does not itself lie within this unit",
        ),
        (
            "chunsun,,,,,designated,2024-02-01,,N,,\nchunsun,,,,,designated,2024-03-01,,M,,",
            "register.csv, line 3, column `date`: `2024-03-01` is not the start of a period apart from that of line 2, \
             designated from 2024-02-01; those of one event of a unit do not overlap",
        ),
        (
            "chunsun,,,,,built,2024-02-01,2024-05-01,N,,\nchunsun,,,,,built,2024-01-01,2024-02-02,M,,",
            "line 3, column `date`: `2024-01-01` is not the start of a period apart from that of line 2, \
             built from 2024-02-01 until 2024-05-01",
        ),
        (
            "a,甲,A,block,,designated,2024-02-01,,N,,\na,丙,C,block,,built,2024-02-01,,N,,",
            "line 3, column `name_zh`: `丙` is not empty or 甲",
        ),
    ];
    all_told(&cases, row);
    // One entry after the other is no repetition.
    let twice = "chunsun,,,,,designated,2024-02-01,2024-03-01,N,,\nchunsun,,,,,designated,2024-03-01,,M,,\n";
    assert_eq!(Evidence::new(twice, "").fault(), "no fault");
}

#[test]
fn faults_of_observations_name_file_line_and_column() {
    let row = |row: &str| Evidence::new("", &format!("{row}\n")).fault();
    let cases = [
        ("unicorns,2024-12-31,2,count,,,", "observations.csv, line 2, column `document`"),
        ("unicorns,2024-13-01,2,count,D,,", "column `date`: `2024-13-01` is not a day that exists"),
        ("unicorns,2024-12-31,two,count,D,,", "column `value`: `two` is not a number"),
        ("unicorns,2024-12-31,,count,D,,", "column `value`: `` is not a number"),
        ("unicorns,2024-12-31,2,percent,D,,", "column `unit`: `percent` is not count, the unit of unicorns"),
        ("dragons,2024-12-31,2,count,D,,", "column `subject`: `dragons` is unknown"),
        (
            "target-hightech-enterprises,2024-12-31,2,count,D,,",
            "is not hightech-enterprises, the indicator that this target repeats",
        ),
        ("target-innovation-units,2024-12-31,2,count,D,,", "units are counted from register.csv"),
        (
            "unicorns,2024-12-31,2,count,D,,\nunicorns,2024-12-31,3,count,E,,",
            "observations.csv, line 3, column `date`: `2024-12-31` is not a day of its own for unicorns; line 2 has a value for it: correct that line",
        ),
    ];
    all_told(&cases, row);
}

#[test]
fn days_and_rules_that_make_no_sense_are_refused() {
    let service = Service::over(shipped());
    let cases = [
        (
            "/units?as_of=2020-12-31",
            "as_of",
            "2020-12-31 is before the plan begins, expected 2021-01-01 or later",
        ),
        ("/units?as_of=2025-02-29", "as_of", "expected a day that exists"),
        ("/units?rule=built2", "rule", "unknown, expected one of named, designated, built"),
        ("/units?scope=some", "scope", "expected all or top-level"),
        ("/progress?as_of=yesterday", "as_of", "expected a day that exists"),
        ("/progress?day=2025-01-01", "day", "unknown here"),
    ];
    for (path, parameter, detail) in cases {
        let answer = service.get(path);
        assert_eq!(answer.status.as_u16(), 400, "{path}");
        let json = answer.json();
        assert_eq!(json["parameter"], parameter, "{path}");
        assert!(json["detail"].as_str().expect("a detail").contains(detail), "{path}: {}", json["detail"]);
    }
    assert_eq!(service.get("/blocks/nowhere").status.as_u16(), 404);
    // Data without a plan has no units, and says so.
    let plain = Service::over(crate::harness::fixtures());
    for path in ["/units", "/progress", "/blocks", "/reports/units.pdf"] {
        let answer = plain.get(path);
        assert_eq!(answer.status.as_u16(), 404, "{path}");
        assert!(answer.text().contains("no plan"), "{path}: {}", answer.text());
    }
}

/// Every fact of the tables of indicators and targets, read from the files themselves.
#[test]
fn progress_holds_every_number_of_the_plan() {
    let json = Service::over(shipped()).get("/progress?f=json").json();
    let table = |name: &str| {
        let text = std::fs::read_to_string(shipped().join("../seeds").join(name)).expect("the seeds");
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let head = reader.headers().expect("a head").clone();
        let rows = reader.records().map(|row| {
            let row = row.expect("a row");
            head.iter()
                .map(str::to_owned)
                .zip(row.iter().map(str::to_owned))
                .collect::<std::collections::BTreeMap<_, _>>()
        });
        rows.collect::<Vec<_>>()
    };
    let number = |text: &str| text.parse::<f64>().ok().map_or(Value::Null, Value::from);
    for (name, member, target, count) in
        [("indicators.csv", "indicators", "target", 9), ("targets.csv", "targets", "value", 12)]
    {
        let rows = table(name);
        let found = json[member].as_array().expect("rows");
        assert_eq!((rows.len(), found.len()), (count, count));
        for (row, found) in rows.iter().zip(found) {
            assert_eq!(found["id"], row["id"].as_str());
            assert_eq!(found["op"], row["op"].as_str());
            assert_eq!(found["unit"], row["unit"].as_str());
            assert_eq!(found["target"], number(&row[target]));
            let sections: Vec<_> =
                found["sections"].as_array().expect("citations").iter().filter_map(Value::as_str).collect();
            assert_eq!(sections.join(";"), row["sections"]);
            if member == "indicators" {
                assert_eq!(found["baseline"], number(&row["baseline"]), "a blank baseline is null");
                assert_eq!(found["by"], 2025);
            } else {
                assert_eq!(found["by"], row["by"].parse::<u16>().map_or(Value::Null, Value::from));
                assert_eq!(found["soft"], row["soft"] == "true");
            }
            // Nothing was observed, so nothing is said.
            assert_eq!((&found["latest"], &found["status"]), (&Value::Null, &"insufficient-data".into()));
        }
    }
    // 331 to 3000 in five years: (3000 / 331)^(1/5) = 1.5540, and 2669 / 5 = 533.8 a year.
    let path = &json["indicators"][5]["path"];
    assert!((path["percentPerYear"].as_f64().expect("a rate") - 55.4).abs() < 0.05, "{path}");
    assert!((path["linearPerYear"].as_f64().expect("a step") - 533.8).abs() < 1e-9, "{path}");
    assert_eq!(json["indicators"][0]["path"], Value::Null, "without a baseline there is no path");
    assert_eq!(json["cautions"].as_array().expect("cautions").len(), 7);
}

/// Provincial R&D institutions go from 55 (end of 2020) to 100 (end of 2025): 9 a year, so 73 are due at the end of 2022
/// and 18 of change; 55 + 0.95 × 18 = 72.1, 55 + 0.6 × 18 = 65.8. (2022-12-31 is day 730 of 1826, so due is a hair less.)
#[test]
fn states_follow_the_printed_rule() {
    let cases = [
        ("provincial-rd-institutions", "2022-12-31", "73", "2022-12-31", "on-track"),
        ("provincial-rd-institutions", "2022-12-31", "72.2", "2022-12-31", "on-track"),
        ("provincial-rd-institutions", "2022-12-31", "72", "2022-12-31", "slightly-off"),
        ("provincial-rd-institutions", "2022-12-31", "66", "2022-12-31", "slightly-off"),
        ("provincial-rd-institutions", "2022-12-31", "65", "2022-12-31", "off-track"),
        ("provincial-rd-institutions", "2022-12-31", "55", "2022-12-31", "off-track"),
        ("provincial-rd-institutions", "2022-12-31", "54", "2022-12-31", "reverse"),
        ("provincial-rd-institutions", "2022-12-31", "100", "2022-12-31", "met"),
        // Seen later than the day that is asked for, or before the plan.
        ("provincial-rd-institutions", "2022-12-31", "100", "2022-12-30", "insufficient-data"),
        ("provincial-rd-institutions", "2020-12-31", "55", "2022-12-31", "insufficient-data"),
        // At and after the target date nothing that is not met is on track.
        ("provincial-rd-institutions", "2025-12-31", "99", "2025-12-31", "slightly-off"),
        ("provincial-rd-institutions", "2026-06-30", "70", "2026-06-30", "off-track"),
        // More than 40 is not 40, and without a baseline there is no path.
        ("hightech-value-added-share", "2024-12-31", "40.0", "2025-01-01", "insufficient-data"),
        ("hightech-value-added-share", "2024-12-31", "40.1", "2025-01-01", "met"),
        ("hightech-value-added-share", "2025-12-31", "40.0", "2026-01-01", "off-track"),
        ("rd-spend-growth", "2023-12-31", "14", "2024-01-01", "met"),
    ];
    for (subject, seen, value, day, want) in cases {
        let unit = match subject {
            "hightech-value-added-share" => "percent",
            "rd-spend-growth" => "percent-per-year",
            _ => "count",
        };
        let evidence = Evidence::new("", &format!("{subject},{seen},{value},{unit},Yearbook,,\n"));
        let json = evidence.service().get(&format!("/progress?f=json&as_of={day}")).json();
        let rows = json["indicators"].as_array().expect("rows");
        let row = rows.iter().find(|row| row["id"] == subject).expect("the row");
        assert_eq!(row["status"], want, "{subject} {value} on {seen}, asked on {day}: {row}");
        // Nothing else has a state.
        let others = rows.iter().filter(|row| row["id"] != subject);
        assert!(others.into_iter().all(|row| row["status"] == "insufficient-data"));
    }
}

#[test]
fn targets_of_the_prose_share_the_state_of_the_indicator_they_repeat() {
    let rows = "hightech-enterprises,2025-12-31,3000,count,Bulletin 7,https://example.org/7,\n\
                target-listed-companies,2024-12-31,14,count,Bulletin 8,,\n";
    let evidence = Evidence::new("", rows);
    let json = evidence.service().get("/progress?f=json&as_of=2026-01-01").json();
    let target = |id: &str| {
        let rows = json["targets"].as_array().expect("rows");
        rows.iter().find(|row| row["id"] == id).expect("the row").clone()
    };
    let repeated = target("target-hightech-enterprises");
    assert_eq!((&repeated["status"], &repeated["latest"]["value"]), (&"met".into(), &3000.0.into()));
    assert_eq!(repeated["observations"][0]["document"]["address"], "https://example.org/7");
    // 14 of 15 at the end of 2024: there was a year left, and there is no baseline to draw a line from.
    assert_eq!(target("target-listed-companies")["status"], "insufficient-data");
}

/// The first block: 11 communities that are not named, 1 university, 1 hospital, 7 parks, of which three have no position.
#[test]
fn the_sheet_of_the_first_block_names_what_is_missing() {
    let service = Service::over(shipped());
    let json = service.get("/blocks/nantaizihu-innovation-block?f=json").json();
    let contains = json["contains"].as_array().expect("contents").clone();
    let row = |what: &str| contains.iter().find(|row| row["what"] == what).expect("the row").clone();
    let numbers = |what: &str| {
        let row = row(what);
        [&row["stated"], &row["inside"], &row["notNamed"]].map(|value| value.as_u64().expect("a number"))
    };
    assert_eq!(numbers("communities"), [11, 0, 11]);
    assert_eq!(numbers("universities"), [1, 1, 0]);
    assert_eq!(numbers("hospitals"), [1, 1, 0]);
    assert_eq!(numbers("parks"), [7, 4, 0]);
    let parks = row("parks")["places"].as_array().expect("places").clone();
    let mut lost: Vec<_> = parks
        .iter()
        .filter(|park| park["lies"] == "no-position")
        .filter_map(|park| park["id"].as_str())
        .collect();
    lost.sort_unstable();
    assert_eq!(lost, ["ai-tech-park", "cummins-east-asia-rd-centre", "tongji-modern-pharma-park"]);
    let edges: Vec<_> = json["edges"]
        .as_array()
        .expect("edges")
        .iter()
        .map(|edge| {
            (
                edge["side"].as_str().expect("a side").to_owned(),
                edge["id"].as_str().expect("an id").to_owned(),
            )
        })
        .collect();
    let want = [
        ("east", "third-ring-road"),
        ("north", "jianghan-university"),
        ("south", "nantaizi-lake"),
        ("west", "fourth-ring-road"),
    ];
    let mut sorted = edges.clone();
    sorted.sort();
    assert_eq!(sorted, want.map(|(side, id)| (side.to_owned(), id.to_owned())));
    for edge in json["edges"].as_array().expect("edges") {
        let metres = |name: &str| edge[name].as_f64().expect("metres");
        assert!(metres("nearestM") <= metres("farthestM"));
        assert_eq!(edge["meets"], metres("nearestM") <= metres("toleranceM"));
    }
    assert_eq!(json["notes"].as_array().expect("notes").len(), 4);
    assert_eq!(json["statedComponents"], 20);
}

/// A block of two hundredths of a degree around 114.11, 30.46. There a degree of longitude is 96,038 m and one of latitude
/// 110,860 m (series of the WGS 84 ellipsoid), so its border is 960 m east and west of the middle and 1,109 m north and south.
#[test]
fn places_and_edges_of_a_square_block_lie_as_measured_by_hand() {
    let evidence = Evidence::new("", "");
    let place = |file: &str, id: &str, geometry: &Value, accuracy: u32| {
        let path = evidence.data().join(file);
        let mut json: Value =
            serde_json::from_slice(&std::fs::read(&path).expect("the layer")).expect("JSON");
        let features = json["features"].as_array_mut().expect("features");
        let feature = features.iter_mut().find(|feature| feature["id"] == id).expect("the feature");
        feature["geometry"] = geometry.clone();
        feature["properties"]["accuracy_m"] = accuracy.into();
        std::fs::write(&path, json.to_string()).expect("written");
    };
    let point = |x: f64, y: f64| json!({ "type": "Point", "coordinates": [x, y] });
    let square = json!({ "type": "Polygon", "coordinates":
        [[[114.10, 30.45], [114.12, 30.45], [114.12, 30.47], [114.10, 30.47], [114.10, 30.45]]] });
    place("sites.geojson", "nantaizihu-innovation-block", &square, 100);
    place("sites.geojson", "donghe-centre", &point(114.11, 30.46), 400);
    place("sites.geojson", "huazhong-zhigu", &point(114.13, 30.46), 2500);
    place("facilities.geojson", "jianghan-university", &point(114.11, 30.472), 50);
    let json = evidence.service().get("/blocks/nantaizihu-innovation-block?f=json").json();
    let area = json["areaM2"].as_f64().expect("an area");
    let by_hand = 0.02 * 96_038.0 * 0.02 * 110_860.0;
    assert!((area / by_hand - 1.0).abs() < 1e-3, "{area} {by_hand}");
    let find = |id: &str| {
        let all = json["contains"].as_array().expect("contents").iter();
        let places = all.flat_map(|row| row["places"].as_array().expect("places").clone());
        places.into_iter().find(|place| place["id"] == id).expect("the place")
    };
    let close = |value: &Value, metres: f64| (value.as_f64().expect("metres") / metres - 1.0).abs() < 2e-3;
    // 960 m to the border, and both may be off by 500 m together: sure. 2,600 m would not be.
    let inside = find("donghe-centre");
    assert_eq!((&inside["lies"], &inside["sure"]), (&"inside".into(), &true.into()));
    let outside = find("huazhong-zhigu");
    assert_eq!((&outside["lies"], &outside["sure"]), (&"outside".into(), &false.into()));
    assert!(close(&outside["distanceM"], 960.4), "{outside}");
    // The university is 0.002 degrees above the middle of the northern side. The farthest spot of that side, seen within 45
    // degrees of north, is the one of 16 on the eastern edge at 0.00875 degrees: 960.4 m east, 0.00325 degrees below.
    let north = json["edges"]
        .as_array()
        .expect("edges")
        .iter()
        .find(|edge| edge["side"] == "north")
        .expect("north")
        .clone();
    assert_eq!(north["id"], "jianghan-university");
    assert!(close(&north["nearestM"], 0.002 * 110_860.0), "{north}");
    assert!(close(&north["farthestM"], 960.4_f64.hypot(0.003_25 * 110_860.0)), "{north}");
    assert_eq!(north["toleranceM"], 150.0);
    assert_eq!((&north["meets"], &north["follows"]), (&false.into(), &false.into()));
}

/// A plan of another zone, which states little: two types of units of its own, sections of its own form, no target, no indicators.
fn harbour() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    write(
        "plan.toml",
        r#"
        [plan]
        id = "harbour"
        title = { en = "Harbour plan" }
        period = { start = 2024, end = 2034 }
        sections = ["Part 1"]
        [area]
        id = "harbour"
        name = { en = "Harbour" }
        sections = ["Part 1"]
        [layout]
        sections = ["Part 2"]
        cores = [{ id = "wharf", name = { en = "Wharf Core" }, sections = ["Part 2"] }]
        unit_types = [
          { id = "hub", name = { en = "maker hub" } },
          { id = "tower", name = { en = "office tower" } },
          { id = "park", name = { en = "works yard" } },
          { id = "pier", name = { en = "pier" } },
        ]
        "#,
    );
    write(
        "places.csv",
        "id,name_zh,name_en,aliases,kind,subtype,status,status_inferred,unit,also_kind,within,located_in,inside_zone,\
         industries,level,partners,components,facts,sections,line,note\n\
         hub-a,,Hub A,,hub,,existing,false,named,,wharf,,true,,,,,,Part 2,,\n\
         tower-b,,Tower B,,tower,,planned,false,named,,,,true,,,,,,Schedule A,,\n\
         yard-c,,Yard C,,park,,planned,false,named,,,,true,,,,,,Part 2,,\n\
         pier-d,,Pier D,,pier,,planned,false,named,,,,true,,,,,,Part 2,,\n\
         lawn-e,,Lawn E,,park,,existing,false,,,,,true,,,,,,Part 2,,\n",
    );
    write(
        "catalog.toml",
        "title = { en = \"Harbour\" }\ndata_date = 2025-03-01\nseeds = \".\"\n\n[[layers]]\nid = \"sites\"\n\
         file = \"sites.geojson\"\ntitle = { en = \"Sites\" }\ndraw = \"site\"\n",
    );
    write(
        "sites.geojson",
        r#"{"type":"FeatureCollection","features":[
        {"type":"Feature","id":"hub-a","geometry":{"type":"Point","coordinates":[174.76,-36.84]},
         "properties":{"named_unit":true,"unit_type":"hub","name_en":"Hub A"}},
        {"type":"Feature","id":"shed-f","geometry":{"type":"Point","coordinates":[174.77,-36.84]},
         "properties":{"named_unit":true,"unit_type":"park","name_en":"Shed F"}}]}"#,
    );
    folder
}

/// Sections that are plain numbers stand in days and counts, too; only the three units that cite the second lead to it.
#[test]
fn plain_numbers_lead_to_sections_in_citations_only() {
    let folder = harbour();
    for file in ["plan.toml", "places.csv"] {
        let path = folder.path().join(file);
        let text = std::fs::read_to_string(&path).expect("the seeds");
        std::fs::write(path, text.replace("Part ", "")).expect("written");
    }
    let page = Service::over(folder.path()).get("/units?f=html&lang=en&as_of=2025-02-12").text().to_owned();
    assert!(page.contains("named in the plan: <a href="), "{page}");
    assert_eq!(
        [">2</a>", ">1</a>", ">Schedule A</a>"].map(|link| page.matches(link).count()),
        [3, 0, 1],
        "{page}"
    );
}

/// Of the four named units one is of each type.
#[test]
fn every_target_of_units_counts_the_types_that_it_states() {
    let folder = harbour();
    let path = folder.path().join("plan.toml");
    let plan = std::fs::read_to_string(&path).expect("the plan");
    let plan = plan.replace("[layout]", "[layout]\n        target = \"all-units\"");
    let plan = format!(
        "{plan}\n[counting]\ndeciding = {{ rule = \"named\", scope = \"all\" }}\nsections = [\"Part 2\"]\n"
    );
    std::fs::write(&path, plan).expect("written");
    std::fs::write(
        folder.path().join("targets.csv"),
        "id,name_zh,name_en,same_as,op,value,unit,by,counts,soft,spatial,sections,line,note_zh,note_en\n\
         all-units,,Units,,gte,4,count,2034,hub;tower;park;pier,false,true,Part 2,,,\n\
         hubs,,Hubs,,gte,2,count,2034,hub,false,true,Part 2,,,\n\
         yards-and-towers,,Yards and towers,,gte,2,count,2034,park;tower,false,true,Part 2,,,\n\
         jobs,,Jobs,,gte,500,people,2034,,false,false,Part 2,,,\n",
    )
    .expect("written");
    let progress = Service::over(folder.path()).get("/progress?f=json&as_of=2025-02-12").json();
    let rows = progress["targets"].as_array().expect("targets");
    let told: Vec<_> = rows
        .iter()
        .map(|row| (row["id"].clone(), row["latest"]["value"].clone(), row["status"].clone()))
        .collect();
    let want = [
        json!(["all-units", 4.0, "met"]),
        json!(["hubs", 1.0, "insufficient-data"]),
        json!(["yards-and-towers", 2.0, "met"]),
        json!(["jobs", null, "insufficient-data"]),
    ];
    assert_eq!(told.into_iter().map(|row| json!(row)).collect::<Vec<_>>(), want);
}

/// Parks are green circles everywhere; what only this plan has takes the other shapes, first those of other colours.
#[test]
fn types_of_a_plan_have_signs_of_their_own() {
    let folder = harbour();
    let service = Service::over(folder.path());
    let app = service.get("/app.json").json();
    let types = app["plan"]["unit_types"].as_array().expect("types");
    let signs: Vec<_> = types.iter().map(|kind| json!([kind["id"], kind["sign"]])).collect();
    let want = [
        json!(["hub", "star"]),
        json!(["tower", "shield"]),
        json!(["park", "park"]),
        json!(["pier", "cross"]),
    ];
    assert_eq!(signs, want);
    assert_eq!(
        app["collections"][0]["signs"],
        json!({ "hub": "star", "tower": "shield", "park": "park", "pier": "cross" })
    );
    let drawn = service.get("/styles/explore/sources/point.geojson").json();
    let icon = |id: &str| {
        let features = drawn["features"].as_array().expect("features").iter();
        let found =
            features.map(|feature| &feature["properties"]).find(|own| own["key"] == format!("sites:{id}"));
        found.unwrap_or_else(|| panic!("{id}: {drawn}"))["icon"].clone()
    };
    assert_eq!((icon("hub-a"), icon("shed-f")), (json!("star-built"), json!("park-built")));
    let map = service.get("/maps/explore.svg?lang=en&width=1200&height=800").text().to_owned();
    assert!(map.contains("maker hub") && map.contains("works yard"), "as the plan calls them");
    assert!(!map.contains("office tower"), "only what is on the map is in its legend");
}

#[test]
fn a_plan_of_another_zone_states_what_it_states() {
    let folder = harbour();
    let service = Service::over(folder.path());
    let units = service.get("/units?f=json").json();
    assert_eq!(units["target"], Value::Null, "no target is stated, none is judged");
    let named = &units["counts"][0];
    assert_eq!(
        (&named["count"], &named["byType"]),
        (&4.into(), &json!({ "hub": 1, "tower": 1, "park": 1, "pier": 1 }))
    );
    assert!(named["counted"][1]["sections"].to_string().contains("Schedule A"), "{named}");
    let progress = service.get("/progress?f=json").json();
    assert_eq!(
        (&progress["indicators"], &progress["targets"]),
        (&Value::Array(vec![]), &Value::Array(vec![]))
    );
    let app = service.get("/app.json").json();
    assert_eq!((&app["plan"]["formula"], &app["plan"]["target"]), (&Value::Null, &Value::Null));
    for path in ["/reports/units", "/reports/progress", "/reports/site"] {
        for form in ["html", "json", "docx", "xlsx", "pdf"] {
            let question = if path.ends_with("site") { "?ids=hub-a&lang=en" } else { "?lang=en" };
            let answer = service.get(&format!("{path}.{form}{question}"));
            assert_eq!(answer.status.as_u16(), 200, "{path}.{form}");
            if form == "json" {
                let text = answer.text().to_lowercase();
                assert!(!text.contains("block,") && !text.contains("\"blocks\"]"), "{path}: {text}");
                // Approval numbers and CGCS2000 are China's.
                assert!(!text.contains("approval") && !text.contains("cgcs2000"), "{path}: {text}");
                assert!(path != "/reports/units" || text.contains("maker hub"), "{text}");
            }
        }
    }
    // A type is called as the plan calls it; what is no unit is a park as others are.
    for (id, kind) in
        [("hub-a", "maker hub"), ("yard-c", "works yard"), ("shed-f", "works yard"), ("lawn-e", "park")]
    {
        let text = service.get(&format!("/reports/site.json?ids={id}&lang=en")).text().to_owned();
        assert!(text.contains(&format!("[\"Kind\",\"{kind}\"]")), "{id}: {text}");
    }
    // Four types, four colours of the map, and none is that of an unknown type.
    let figure = service.get("/reports/units/figures/1.svg?lang=en").text().to_lowercase();
    for color in ["#8e2c6b", "#2a8c55", "#1e4fa3", "#c27c00"] {
        assert!(figure.contains(color), "{color}: {figure}");
    }
    for path in [
        "/plan",
        "/",
        "/maps/explore.png?lang=en&width=300&height=200",
        "/ogc/collections/sites/items?f=html",
    ] {
        assert_eq!(service.get(path).status.as_u16(), 200, "{path}");
    }
}
