//! How does the folder `seeds/` become the facts of the plan?
//!
//! In: a folder with `plan.toml` and the tables beside it. Out: [`PlanFacts`] whose ids all lead somewhere, or all that
//! is wrong, with file, line and column. A plan states as much as it does: what it leaves out is `None` or empty. Leaves out: geometry; places are joined to features by id.
//!
//! Reading is strict, since a fact misread is worse than a service that does not start: unknown keys and columns are
//! refused, and so is any row that does not say where in the plan it stands.

mod check;
mod doubts;
mod entry;
mod evidence;
mod faults;
mod nested;
mod rows;
mod table;

use std::path::Path;

pub use evidence::{OBSERVATIONS, REGISTER};
pub use faults::PlanFaults;
use faults::{At, Faults};

use crate::model::is_outline;
use crate::model::plan::{
    Baseline, Clause, DataProduct, Indicator, Industry, Layout, LinkEnd, Place, PlanFacts, Role, Target,
    words_of,
};

/// What of the plan is no plain row.
const TOML: &str = "plan.toml";

/// All files, in the order in which their faults are told.
const FILES: [&str; 12] = [
    TOML,
    "places.csv",
    "industries.csv",
    "indicators.csv",
    "targets.csv",
    "baselines.csv",
    "links.csv",
    "data_products.csv",
    "roles.csv",
    "clauses.csv",
    REGISTER,
    OBSERVATIONS,
];

/// A value with the spot it was read from, for messages of later checks.
#[derive(Debug, Clone)]
struct Located<T> {
    at: At,
    value: T,
}

/// All rows of all tables.
struct Rows {
    places: Vec<Located<Place>>,
    industries: Vec<Located<Industry>>,
    indicators: Vec<Located<Indicator>>,
    targets: Vec<Located<Target>>,
    baselines: Vec<Located<Baseline>>,
    /// With the id of the link it belongs to.
    link_ends: Vec<Located<(Box<str>, LinkEnd)>>,
    data_products: Vec<Located<DataProduct>>,
    roles: Vec<Located<Role>>,
    clauses: Vec<Located<Clause>>,
}

/// The facts of a plan, and what can hardly be meant in them, each with its file.
pub type Told = (PlanFacts, Vec<(&'static str, String)>);

/// Reads the folder of the seeds and the evidence in a folder of data, and checks that every fact is cited and every id leads
/// somewhere. A table that is not there is an empty one.
///
/// # Errors
/// Every fault of every file, but what hangs on one of them.
pub fn read(seeds: &Path, data: &Path) -> Result<Told, PlanFaults> {
    let faults = Faults::default();
    let nested = nested::read(seeds, &faults);
    let rows = rows::read(seeds, &nested, &faults);
    check::rows(&rows, &nested, &faults);
    let mut facts = nested.join(rows);
    check::facts(&facts, &faults);
    facts.evidence = evidence::read(data, &facts, &faults);
    faults.all()?;
    let doubts = doubts::of(&facts);
    Ok((facts, doubts))
}

/// The text of a file of the folder, without a leading byte order mark; none where it cannot be read, which is told.
fn text(folder: &Path, file: &'static str, faults: &Faults) -> Option<String> {
    let path = folder.join(file);
    let bytes = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(why) => {
            faults.add(At::path(file, path), format!("cannot be read: {why}"));
            faults.give_up(file);
            return None;
        }
    };
    match String::from_utf8(bytes) {
        Ok(text) => Some(text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text)),
        Err(why) => {
            let good = &why.as_bytes()[..why.utf8_error().valid_up_to()];
            let line = good.split(|byte| *byte == b'\n').count() as u64;
            faults.add(At::row(file, line), "not UTF-8; save the file as UTF-8");
            faults.give_up(file);
            None
        }
    }
}

/// The types of units of the plan; none where it is open which these are.
fn unit_types<'a>(layout: &'a Layout, faults: &Faults) -> Option<Vec<&'a str>> {
    let types = &layout.unit_types;
    let is_open = faults.has_lost_entries("layout.unit_types", types.len());
    (!is_open).then(|| types.iter().map(|known| &*known.id).collect())
}

words_of! {
    /// How the sections of a plan are numbered.
    Numbering {
        /// In any way; a section is a text that is not empty.
        Any = "any",
        /// `三(一)4`, `专栏3-1`, `表1` or `前言`.
        Outline = "outline",
    }
}

impl Numbering {
    /// Is a section, without the mark of an inferred one, numbered so?
    fn fits(self, section: &str) -> bool {
        match self {
            Self::Any => !section.trim().is_empty(),
            Self::Outline => is_outline(section),
        }
    }

    /// Tells of a section of another form.
    fn check(self, faults: &Faults, at: &At, written: &str) {
        if !self.fits(written.strip_suffix('?').unwrap_or(written)) {
            let expected = match self {
                Self::Any => "a section of the plan",
                Self::Outline => "a section of the plan, such as 三(一)4, 专栏3-1, 表1 or 前言",
            };
            faults.wrong(at.clone(), written, expected);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::plan::{Operator, Part, Relation, Status, UnitRole};

    /// A plan as small as a plan can be: two places, one of them a unit, and one row in most tables.
    const TINY: &[(&str, &str)] = &[
        (
            "plan.toml",
            r#"
            [plan]
            id = "tiny"
            title = { zh = "小规划", en = "Tiny plan" }
            period = { start = 2021, end = 2025 }
            prior_period = { name = { zh = "上期", en = "before" }, start = 2016, end = 2020 }
            baseline_year = 2020
            target_year = 2025
            outlook_year = 2035
            numbering = "outline"
            sections = ["前言?"]
            numbering_gaps = ["专栏4-5"]
            figure = { number = "图1", title = { zh = "图", en = "figure" }, available = false, sections = ["三(一)"] }
            [area]
            id = "home"
            name = { zh = "区", en = "Zone" }
            joint_administration = { zh = "区", en = "Zone" }
            founded_year = 1991
            national_level_since = "1993-04"
            sections = ["前言"]
            [layout]
            formula = { zh = "一核", en = "one core" }
            shared_terminus = "lake"
            target = "units"
            nesting = { zh = "嵌套", en = "nested" }
            sections = ["三(一)"]
            parts = [
              { part = "core", count = 1, sentence = { zh = "核", en = "core" }, sections = ["三(一)1"], line = 108 },
              { part = "axis", count = 0, sentence = { zh = "轴", en = "axis" }, sections = ["三(一)2"] },
              { part = "belt", count = 1, sentence = { zh = "带", en = "belt" }, sections = ["三(一)3"] },
              { part = "point", sentence = { zh = "点", en = "point" }, sections = ["三(一)4"] },
            ]
            cores = [{ id = "heart", name = { zh = "核", en = "Core" }, body = "lake", sections = ["三(一)1"] }]
            axes = []
            belts = [{ id = "belt", name = { zh = "带", en = "Belt" }, direction = "north-south", start = "lake",
                       anchors = ["heart"], follows = ["lake"], sections = ["三(一)3"] }]
            unit_types = [
              { id = "block", name = { zh = "街区", en = "block" } },
              { id = "park", name = { zh = "园区", en = "park" } },
              { id = "building", name = { zh = "楼宇", en = "building" } },
            ]
            [unit_candidates]
            named = 1
            nested = 0
            top_level = 1
            named_and_carriers = 1
            named_carriers_and_outcomes = 1
            sections = ["三(一)4"]
            [[blocks]]
            id = "quarter"
            situation = { zh = "中心", en = "centre" }
            bounded_by = { south = "lake" }
            components = 3
            core_site = "quarter"
            contains = [{ what = "communities", count = 2 }, { what = "parks", count = 1, places = ["lake"] }]
            sections = ["专栏3-1"]
            [renovation]
            term = { zh = "改造", en = "renewal" }
            breakthrough_sites = []
            outcome_parks = []
            mapping_stated = false
            sections = ["九(四)"]
            [land]
            policy = { zh = "差别", en = "differentiated" }
            use_types = []
            supply_modes = []
            sections = ["九(四)"]
            [living_circle]
            name = { zh = "生活圈", en = "living circle" }
            minutes = 15
            applies_to = "block"
            thresholds_stated = false
            sections = ["三(一)4"]
            [industries]
            code = "1"
            count = 1
            groups = [{ id = "first", name = { zh = "一", en = "first" }, count = 1, sections = ["四(一)"] }]
            [indicators]
            table = "表1"
            count = 1
            nature = "expected"
            sections = ["二(三)"]
            [[links]]
            id = "corridor"
            name = { zh = "走廊", en = "corridor" }
            origin = "home"
            sections = ["三(二)1"]
            [test_roads]
            core = "quarter"
            stack = "V2X"
            uses = []
            opening = { zh = "逐步", en = "in steps" }
            sections = ["专栏5-3"]
            [scenarios]
            product = "list"
            groups = []
            sections = ["专栏5-3"]
            [incubation]
            levels = []
            stages = []
            sections = ["一(一)4"]
            [enterprise_ladder]
            growth = []
            listing = []
            sections = ["六(一)"]
            [chip_alliance]
            lead = "quarter"
            members = []
            sections = ["专栏6-2"]
            [governance.monitoring]
            mechanisms = []
            scored_areas = []
            dates_stated = false
            sections = ["九(五)"]
            [governance.digital]
            functions = []
            sections = ["八(一)2"]
            [counting]
            deciding = { rule = "signed", scope = "all" }
            reason = { zh = "因", en = "because" }
            rules = [
              { id = "told", title = { zh = "点名", en = "told" }, sentence = { zh = "点", en = "told" }, roles = ["named"] },
              { id = "signed", title = { zh = "认定", en = "signed" }, sentence = { zh = "认", en = "signed" }, event = "designated" },
            ]
            scopes = [
              { id = "all", title = { zh = "全部", en = "all" }, sentence = { zh = "全", en = "all" } },
              { id = "top-level", title = { zh = "顶层", en = "top" }, sentence = { zh = "顶", en = "top" } },
            ]
            sections = ["三(一)4"]
            [progress]
            on_track = 0.95
            slightly_off = 0.6
            sentence = { zh = "比例", en = "share" }
            [[cautions]]
            id = "care"
            text = { zh = "注意", en = "care" }
            sections = ["一(一)1"]
            "#,
        ),
        (
            "places.csv",
            "id,name_zh,name_en,aliases,kind,subtype,status,status_inferred,unit,also_kind,within,located_in,\
             inside_zone,industries,level,partners,components,facts,sections,line,note\n\
             quarter,街区,Quarter,甲;乙,block,,planned,true,named,,,,true,cars,,office,,firms>=70;year=2020,专栏3-1;三(一)4,120,\n\
             lake,湖,Lake,,water,,existing,false,,,quarter,,,,,,,,三(一)1,,\n",
        ),
        (
            "industries.csv",
            "id,name_zh,name_en,aliases,group,sections,line,note\ncars,汽车,cars,,first,四(一),,\n",
        ),
        (
            "indicators.csv",
            "number,id,name_zh,name_en,kind,unit,baseline,baseline_parts,op,target,op_in_prose,earlier_year,\
             earlier_value,spatial,sections,line,note_zh,note_en\n\
             1,bodies,机构,bodies,stock,count,55,national;provincial,gte,100,gt,,,true,二(三);表1,,,\n",
        ),
        (
            "targets.csv",
            "id,name_zh,name_en,same_as,op,value,unit,by,counts,soft,spatial,sections,line,note_zh,note_en\n\
             units,单元,units,,gte,20,count,2025,block;park,false,true,三(一)4,118,,\n\
             again,机构,bodies,bodies,gte,100,count,,,false,true,五(一)2,,,\n",
        ),
        (
            "baselines.csv",
            "id,name_zh,name_en,op,value,approx,unit,first_year,last_year,growth_since_2015_percent,indicator,\
             sections,line,note_zh,note_en\n\
             national,国家级,national,eq,2,false,count,2020,2020,,,一(一)3,,,\n\
             provincial,省级,provincial,eq,53,false,count,2020,2020,,bodies,一(一)3,,,\n",
        ),
        ("links.csv", "link,role,place,sections,line,note\ncorridor,gateway,lake,三(二)3,,\n"),
        (
            "data_products.csv",
            "id,name_zh,name_en,built_on,cycle,sections,line,note\nlist,清单,list,,,五(三),,\n",
        ),
        ("roles.csv", "id,name_zh,name_en,does,sections,line,note\noffice,办公室,office,owner,九(五)?,,\n"),
    ];

    /// Reads the tiny plan with the first `from` of a file replaced.
    fn read_with(file: &str, from: &str, to: &str) -> Result<PlanFacts, PlanFaults> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in TINY {
            let changed = if *name == file { text.replacen(from, to, 1) } else { (*text).to_owned() };
            assert!(*name != file || from == to || changed != *text, "{file} does not hold `{from}`");
            std::fs::write(folder.path().join(name), changed).expect("the folder is writable");
        }
        read(folder.path(), folder.path()).map(|(facts, _)| facts)
    }

    #[test]
    fn a_tiny_plan_is_read() {
        let facts = read_with("", "", "").expect("the tiny plan is sound");
        let quarter = facts.place("quarter").expect("a place");
        assert_eq!((&*quarter.name.zh, &*quarter.name.en), ("街区", "Quarter"));
        assert_eq!(quarter.aliases, ["甲".into(), "乙".into()]);
        assert_eq!((quarter.status, quarter.status_inferred), (Some(Status::Planned), true));
        assert_eq!((quarter.unit, quarter.unit_type()), (Some(UnitRole::Named), Some("block")));
        assert_eq!(quarter.facts[0].relation, Relation::AtLeast);
        assert_eq!((&*quarter.facts[1].name, &*quarter.facts[1].value), ("year", "2020"));
        let cited: Vec<_> = quarter.citations.iter().map(|c| (c.to_string(), c.line)).collect();
        assert_eq!(cited, [("专栏3-1".to_owned(), Some(120)), ("三(一)4".to_owned(), Some(120))]);
        assert_eq!(facts.place("lake").expect("a place").inside_zone, None, "a blank is neither yes nor no");

        let indicator = facts.indicator("bodies").expect("an indicator");
        assert_eq!((indicator.op, indicator.op_in_prose), (Operator::AtLeast, Some(Operator::MoreThan)));
        assert_eq!(indicator.baseline, Some(55.0));
        assert_eq!(facts.target("again").expect("a target").by, None);
        assert_eq!(facts.unit_target().expect("a target").counts, ["block".into(), "park".into()]);
        let parts: Vec<_> = facts.layout.parts.iter().map(|part| (part.part, part.ids.len())).collect();
        assert_eq!(parts, [(Part::Core, 1), (Part::Axis, 0), (Part::Belt, 1), (Part::Point, 1)]);
        assert_eq!(facts.layout.belts[0].places().collect::<Vec<_>>(), ["lake", "heart"]);
        assert!(facts.governance.roles[0].citations[0].inferred);
        assert_eq!(facts.links[0].ends.len(), 1);
    }

    /// A plan that states the least: its title and years, and whose it is.
    const BARE: &str = r#"
        [plan]
        id = "bare"
        title = { en = "Bare plan" }
        period = { start = 2024, end = 2034 }
        sections = ["Part 1"]
        [area]
        id = "precinct"
        name = { en = "Precinct" }
        sections = ["Part 1"]
    "#;

    fn read_bare(toml: &str, places: &str) -> Result<PlanFacts, PlanFaults> {
        let folder = tempfile::tempdir().expect("a temporary folder");
        std::fs::write(folder.path().join("plan.toml"), format!("{BARE}{toml}")).expect("a writable folder");
        if !places.is_empty() {
            let (_, tiny) = TINY[1];
            let header = tiny.lines().next().expect("a header");
            std::fs::write(folder.path().join("places.csv"), format!("{header}\n{places}"))
                .expect("a writable folder");
        }
        read(folder.path(), folder.path()).map(|(facts, _)| facts)
    }

    #[test]
    fn what_a_plan_does_not_state_is_not_there() {
        let facts = read_bare("", "").expect("title, years and zone are enough");
        assert_eq!((&*facts.about.title.zh, &*facts.about.title.en), ("Bare plan", "Bare plan"));
        assert_eq!((facts.about.target_year, facts.about.figure.as_ref()), (None, None));
        assert_eq!(facts.zone.founded_year, None);
        assert_eq!(facts.layout, crate::model::plan::Layout::default());
        assert!(facts.unit_target().is_none() && facts.nature.is_none() && facts.counting.deciding.is_none());
        assert_eq!(facts.counting.rules.len(), 3, "the rules of counting are those of the service");
        let stated: Vec<_> =
            facts.stated().filter(|(_, cited)| !cited.is_empty()).map(|(stated, _)| stated.id).collect();
        assert_eq!(stated, ["plan", "precinct"], "nothing else is cited");
    }

    #[test]
    fn another_layout_and_other_types_of_units_are_stated_as_they_are() {
        let layout = r#"
            [layout]
            sections = ["§ 2"]
            parts = [{ part = "belt", sentence = { en = "Two belts" }, sections = ["§ 2"] }]
            cores = [{ id = "heart", name = { zh = "心" }, sections = ["§ 2"] }]
            belts = [
              { id = "north", name = { en = "North" }, sections = ["§ 2"] },
              { id = "south", name = { en = "South" }, start = "hub-1", sections = ["§ 2"] },
            ]
            unit_types = [{ id = "hub", name = { en = "hub" } }, { id = "tower", name = { en = "tower" } }]
        "#;
        let places = "hub-1,,Hub 1,,hub,,,,named,,heart,,,,,,,,Schedule A,,\n";
        let facts = read_bare(layout, places).expect("a sound plan");
        let hub = facts.place("hub-1").expect("a place");
        assert_eq!((&*hub.name.zh, hub.unit_type()), ("Hub 1", Some("hub")));
        assert_eq!(&*hub.citations[0].section, "Schedule A");
        assert_eq!((facts.layout.belts[0].direction, facts.layout.cores[0].body.as_deref()), (None, None));

        let said =
            read_bare(layout, &places.replace(",hub,", ",block,")).expect_err("no such type").to_string();
        assert!(said.contains("column `kind`") && said.contains("(hub, tower)"), "{said}");
        let outline = layout.replace("[layout]", "[layout]\nshared_terminus = \"hub-1\"");
        let said = read_bare(&outline, places).expect_err("one belt does not end there").to_string();
        assert!(said.contains("layout.belts[0].start"), "what is stated is checked: {said}");
    }

    #[test]
    fn sections_are_held_against_a_numbering_that_is_stated() {
        let from = "sections = [\"三(二)1\"]";
        let said =
            read_with("plan.toml", from, "sections = [\"3.2\"]").expect_err("another form").to_string();
        assert!(said.contains("key `links[0].sections`") && said.contains("`3.2`"), "{said}");
        let said = read_bare("[[cautions]]\nid = \"a\"\ntext = { en = \"a\" }\nsections = [\"\"]", "");
        assert!(said.expect_err("an empty section").to_string().contains("cautions[0].sections"));
    }

    #[test]
    fn a_blank_number_is_none_and_not_zero() {
        let facts = read_with("indicators.csv", "count,55,national;provincial,", "count,,,")
            .expect("a blank is allowed");
        assert_eq!(facts.indicators[0].baseline, None);
    }

    #[test]
    fn columns_may_stand_in_any_order_and_a_byte_order_mark_is_skipped() {
        let facts = read_with(
            "roles.csv",
            "id,name_zh,name_en,does,sections,line,note\noffice,办公室,office,owner,九(五)?,,\n",
            "\u{feff}note,line,sections,does,name_en,name_zh,id\n,,九(五),owner;investor,office,办公室,office\n",
        );
        assert_eq!(facts.expect("the order is free").governance.roles[0].does.len(), 2);
    }

    /// Each fault with what its message must say: the file, the row, the column, the value and what was expected.
    const FAULTS: &[(&str, &str, &str, &str, &[&str])] = &[
        // name, file, from, to, words of the message
        (
            "missing citation of a number",
            "targets.csv",
            ",三(一)4,118,",
            ",,118,",
            &["targets.csv, line 2, column `sections`", "no citation"],
        ),
        (
            "missing citation of a place",
            "places.csv",
            ",三(一)1,,\n",
            ",,,\n",
            &["places.csv, line 3", "no citation"],
        ),
        (
            "missing citation in the nested file",
            "plan.toml",
            "id = \"care\"\n            text = { zh = \"注意\", en = \"care\" }\n            sections = [\"一(一)1\"]",
            "id = \"care\"\n            text = { zh = \"注意\", en = \"care\" }",
            &["plan.toml, line 134, key `cautions[0].sections`", "no citation"],
        ),
        (
            "citation of no known shape",
            "roles.csv",
            "九(五)?",
            "chapter 9",
            &["roles.csv, line 2, column `sections`", "`chapter 9`", "a section of the plan"],
        ),
        (
            "citation of a number the plan leaps over",
            "industries.csv",
            "四(一)",
            "专栏4-5",
            &["industries.csv, line 2, column `sections`", "`专栏4-5`", "leaps over"],
        ),
        (
            "line zero",
            "targets.csv",
            ",118,",
            ",0,",
            &["targets.csv, line 2, column `line`", "`0`", "a line number from 1"],
        ),
        (
            "unknown operator",
            "targets.csv",
            "units,,gte,",
            "units,,>=,",
            &["targets.csv, line 2, column `op`", "`>=`", "one of gte, gt, eq"],
        ),
        (
            "unknown operator in the prose",
            "indicators.csv",
            ",100,gt,",
            ",100,over,",
            &["indicators.csv, line 2, column `op_in_prose`", "`over`"],
        ),
        (
            "no operator",
            "baselines.csv",
            ",national,eq,",
            ",national,,",
            &["baselines.csv, line 2, column `op`", "``"],
        ),
        (
            "bad number",
            "targets.csv",
            "gte,20,",
            "gte,twenty,",
            &["targets.csv, line 2, column `value`", "`twenty`", "a number"],
        ),
        ("number out of this world", "targets.csv", "gte,20,", "gte,inf,", &["column `value`", "`inf`"]),
        (
            "number missing",
            "targets.csv",
            "gte,20,",
            "gte,,",
            &["targets.csv, line 2, column `value`", "a number"],
        ),
        ("bad year", "targets.csv", ",2025,block", ",25,block", &["column `by`", "`25`", "a year"]),
        (
            "years upside down",
            "baselines.csv",
            "count,2020,2020,",
            "count,2020,2016,",
            &["column `last_year`", "`2016`", "not before 2020"],
        ),
        ("bad boolean", "targets.csv", "false,true", "no,true", &["column `soft`", "`no`", "true or false"]),
        ("bad unit", "targets.csv", "20,count", "20,pieces", &["column `unit`", "`pieces`", "1e8-yuan"]),
        (
            "missing column",
            "targets.csv",
            "soft,",
            "",
            &["targets.csv, line 1, column `soft`", "is missing", "id, name_zh"],
        ),
        (
            "unknown column",
            "links.csv",
            "note\n",
            "note,colour\n",
            &["links.csv, line 1, column `colour`", "is unknown", "link, role"],
        ),
        (
            "repeated column",
            "links.csv",
            "note\n",
            "note,note\n",
            &["line 1, column `note`", "is unknown or repeated"],
        ),
        (
            "a field too many",
            "links.csv",
            "三(二)3,,\n",
            "三(二)3,,,\n",
            &["links.csv, line 2: the row has 7 fields, expected 6"],
        ),
        (
            "duplicate id of a row",
            "targets.csv",
            "again,",
            "units,",
            &["targets.csv, line 3, column `id`", "`units` is already", "targets.csv, line 2"],
        ),
        (
            "duplicate id of a place and a core",
            "places.csv",
            "lake,湖",
            "heart,湖",
            &[
                "places.csv, line 3",
                "`heart` is already the id of plan.toml, line 33, key `layout.cores[0].id`",
            ],
        ),
        ("an id that is none", "roles.csv", "office,办", "Büro 1,办", &["column `id`", "`Büro 1`", "an id"]),
        (
            "unknown parent",
            "places.csv",
            ",,quarter,",
            ",,nowhere,",
            &["places.csv, line 3, column `within`", "`nowhere` is unknown", "a place of places.csv"],
        ),
        (
            "parent of itself",
            "places.csv",
            "planned,true,named,,,",
            "planned,true,named,,lake,",
            &["column `within`", "does not itself lie within"],
        ),
        (
            "unknown industry",
            "places.csv",
            ",cars,",
            ",carts,",
            &["places.csv, line 2, column `industries`", "`carts` is unknown"],
        ),
        (
            "unknown partner",
            "places.csv",
            ",office,",
            ",ofice,",
            &["column `partners`", "a role of roles.csv"],
        ),
        ("unknown kind", "places.csv", ",water,", ",sea,", &["column `kind`", "`sea`", "park-green"]),
        ("unknown status", "places.csv", ",planned,", ",dreamt,", &["column `status`", "under-construction"]),
        (
            "status inferred without a status",
            "places.csv",
            ",existing,false,",
            ",,false,",
            &["column `status_inferred`", "empty"],
        ),
        (
            "unit of no unit kind",
            "places.csv",
            ",block,,",
            ",lab,,",
            &["column `kind`", "`lab`", "is a unit"],
        ),
        ("no name", "places.csv", "湖,Lake", ",", &["places.csv, line 3", "zh and en are empty"]),
        ("bad fact", "places.csv", "firms>=70", "firms>=many", &["column `facts`", "`firms>=many`"]),
        ("empty value in a list", "places.csv", "甲;乙", "甲;;乙", &["column `aliases`", "none empty"]),
        (
            "unknown indicator",
            "targets.csv",
            "bodies,bodies,gte",
            "bodies,body,gte",
            &["targets.csv, line 3, column `same_as`", "`body` is unknown", "indicators.csv"],
        ),
        (
            "other value than the indicator",
            "targets.csv",
            "gte,100,",
            "gte,101,",
            &["targets.csv, line 3, column `value`", "`101`", "100, the target of indicator `bodies`"],
        ),
        (
            "parts that do not add up",
            "baselines.csv",
            "eq,53,",
            "eq,52,",
            &["indicators.csv, line 2, column `baseline_parts`", "says 55 but there are 54"],
        ),
        (
            "gap in the numbers of rows",
            "indicators.csv",
            "\n1,bodies",
            "\n2,bodies",
            &["column `number`", "`2`", "without gaps"],
        ),
        ("unknown group", "industries.csv", ",first,", ",last,", &["column `group`", "`last` is unknown"]),
        ("unknown link", "links.csv", "corridor,", "tunnel,", &["column `link`", "`tunnel` is unknown"]),
        ("unknown place of a link", "links.csv", ",lake,", ",sea,", &["column `place`", "`sea` is unknown"]),
        (
            "unknown anchor",
            "plan.toml",
            "anchors = [\"heart\"]",
            "anchors = [\"soul\"]",
            &[
                "plan.toml, line 36, key `layout.belts[0].anchors`",
                "`soul` is unknown",
                "a core of plan.toml",
            ],
        ),
        (
            "belt that misses the shared terminus",
            "plan.toml",
            "start = \"lake\",\n",
            "start = \"quarter\",\n",
            &["layout.belts[0].start", "`lake`, the terminus the belts share"],
        ),
        (
            "unknown target of the layout",
            "plan.toml",
            "target = \"units\"",
            "target = \"unit\"",
            &["layout.target", "`unit` is unknown"],
        ),
        (
            "layout count",
            "plan.toml",
            "part = \"core\", count = 1",
            "part = \"core\", count = 2",
            &[
                "plan.toml, line 28, key `layout.parts[0].count`",
                "says 2 but there are 1 features of part core",
            ],
        ),
        (
            "layout order",
            "plan.toml",
            "part = \"belt\", count = 1",
            "part = \"axis\"",
            &["layout.parts", "in the order"],
        ),
        ("count of units", "plan.toml", "named = 1", "named = 13", &["unit_candidates.named", "says 13"]),
        (
            "count of industries",
            "plan.toml",
            "code = \"1\"\n            count = 1",
            "code = \"1\"\n            count = 14",
            &["industries.count", "says 14"],
        ),
        (
            "count of a block",
            "plan.toml",
            "components = 3",
            "components = 20",
            &["blocks[0].components", "20"],
        ),
        (
            "unknown key",
            "plan.toml",
            "code = \"1\"",
            "code = \"1\"\ncolour = 1",
            &["plan.toml, line 76, key `industries.colour`", "unknown", "groups"],
        ),
        (
            "missing key",
            "plan.toml",
            "title = { zh = \"小规划\", en = \"Tiny plan\" }",
            "",
            &["plan.toml, line 2, key `plan.title`", "missing"],
        ),
        (
            "not TOML",
            "plan.toml",
            "[area]",
            "[area",
            &["plan.toml, line 14: not TOML at character 18 of the line"],
        ),
    ];

    #[test]
    fn every_fault_names_its_place_and_what_was_expected() {
        let mut wrong = Vec::new();
        for (name, file, from, to, expected) in FAULTS {
            let said = match read_with(file, from, to) {
                Ok(_) => "nothing: the plan was read".to_owned(),
                Err(error) => error.to_string(),
            };
            if expected.iter().any(|words| !said.contains(words)) {
                wrong.push(format!("{name}: expected {expected:?}, said {said}"));
            }
        }
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
        assert_eq!(FAULTS.len(), 52);
    }

    #[test]
    fn faults_of_several_rows_are_told_at_once() {
        let places = "hub-1,,,,hub,,,,,,,,,,,,,,a,,\nhub-2,,Hub,,sea,,,,,,,,,,,,,,a,,\n";
        let said = read_bare("", places).expect_err("two faults").to_string();
        let told = ["line 2, column `name_zh`", "line 2, column `kind`", "line 3, column `kind`"];
        let lines: Vec<_> = said.lines().collect();
        assert_eq!(lines.len(), told.len(), "{said}");
        assert!(lines.iter().zip(told).all(|(line, told)| line.contains(told)), "{said}");
    }

    #[test]
    fn ids_and_counts_that_do_not_fit_are_told_at_once_too() {
        let places = "hub-1,,Hub 1,,place,,,,,,nowhere,,,cars,,,,,a,,\n\
                      hub-1,,Hub 2,,place,,,,,,hub-2,,,,,,,,a,,\n\
                      hub-2,,Hub 3,,place,,,,,,,elsewhere,,,,,,,a,,\n";
        let toml = "[unit_candidates]\nnamed = 3\nsections = [\"a\"]\n[test_roads]\ncore = \"gone\"\nsections = [\"a\"]\n";
        let said = read_bare(toml, places).expect_err("three rows").to_string();
        let told = [
            "places.csv, line 3, column `id`: `hub-1` is already the id of places.csv, line 2",
            "places.csv, line 2, column `within`: `nowhere` is unknown",
            "places.csv, line 2, column `industries`: `cars` is unknown",
            "places.csv, line 4, column `located_in`: `elsewhere` is unknown",
            "plan.toml, line 12, key `unit_candidates.named`: says 3",
            "plan.toml, line 15, key `test_roads.core`: `gone` is unknown",
        ];
        assert_eq!(said.lines().count(), told.len(), "{said}");
        assert!(told.iter().all(|told| said.contains(told)), "{said}");
    }

    /// One slip of a header, or a mark between the fields that is none, is told once and not in every row.
    #[test]
    fn a_wrong_header_is_told_once() {
        let told = |file: &str, from: &str, to: &str| {
            let said = read_with(file, from, to).expect_err("a fault").to_string();
            said.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        let missing = told("targets.csv", ",soft,", ",");
        assert!(missing.len() == 1 && missing[0].contains("line 1, column `soft`"), "{missing:?}");
        let (_, places) = TINY[1];
        let other = told("places.csv", places, &places.replace(',', "|"));
        assert!(other.len() == 1 && other[0].starts_with("places.csv, line 1: no known column"), "{other:?}");
    }

    /// Empty lines and lines that end as on Windows shift nothing; a quotation mark left open takes the rest with it.
    #[test]
    fn lines_are_those_of_the_file() {
        let (_, targets) = TINY[4];
        for (ends, line) in [("\n", 3), ("\r\n", 3), ("\n\n", 5), ("\r\n\r\n", 5)] {
            let text = targets.replace("bodies,gte,100", "bodies,gte,many").replace('\n', ends);
            let said = read_with("targets.csv", targets, &text).expect_err("a fault").to_string();
            let place = format!("targets.csv, line {line}, column `value`: `many`");
            assert!(said.starts_with(&place) && said.lines().count() == 1, "{ends:?}: {said}");
        }
        let said =
            read_with("places.csv", "街区,Quarter", "\"街区,Quarter").expect_err("a fault").to_string();
        assert!(said.contains("places.csv, line 2: the row has 2 fields, expected 21"), "{said}");
        assert!(said.contains("quotation mark") && said.lines().count() == 1, "{said}");
    }

    #[test]
    fn another_encoding_is_refused_with_its_line() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        for (name, text) in TINY {
            std::fs::write(folder.path().join(name), text).expect("the folder is writable");
        }
        // 办公室 in GB 18030
        let bytes =
            b"id,name_zh,name_en,does,sections,line,note\noffice,\xb0\xec\xb9\xab\xca\xd2,office,owner,,,\n";
        std::fs::write(folder.path().join("roles.csv"), bytes).expect("the folder is writable");
        let said = read(folder.path(), folder.path()).expect_err("a fault").to_string();
        assert_eq!(said, "roles.csv, line 2: not UTF-8; save the file as UTF-8");
    }

    #[test]
    fn a_missing_file_is_named() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let said = read(folder.path(), folder.path()).expect_err("a fault").to_string();
        let path = folder.path().join("plan.toml");
        assert!(said.starts_with(&format!("{}: cannot be read", path.display())), "{said}");
    }

    #[test]
    fn a_long_value_is_cut() {
        let long = "汉".repeat(100);
        let said = read_with("targets.csv", "units,,gte,", &format!("units,,{long},"))
            .expect_err("a fault")
            .to_string();
        assert!(said.contains(&format!("`{}…`", "汉".repeat(80))), "{said}");
    }
}
