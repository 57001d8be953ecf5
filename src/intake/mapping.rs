//! Which heading is which field.
//!
//! Fields are those of the parcels that come with the program, so that pages, filters and reports work on what is
//! imported. Headings are those of control plans, in Chinese and as their abbreviations.

use std::collections::BTreeMap;

use super::limit::{self, End};
use super::row::{Cell, Row};
use super::value::{
    DayOrder, HEIGHT, Kind, LENGTHS, Made, Unit, Ways, before_ending_unit, made, named_length, named_unit,
    unit_of,
};
use crate::finder::simplified;
use crate::model::{Schema, ValueKind, narrowed};
use crate::store::manifest::FieldSpec;

/// A field that is known, and the headings it goes by, plain.
pub(super) struct Known {
    pub name: &'static str,
    pub kind: Kind,
    pub zh: &'static str,
    pub en: &'static str,
    pub unit: Option<&'static str>,
    headings: &'static [&'static str],
}

#[rustfmt::skip]
pub(super) const KNOWN: &[Known] = &[
    Known { name: "id", kind: Kind::Text, zh: "标识", en: "identifier", unit: None, headings: &["id", "标识", "标识码", "bsm", "uuid", "guid"] },
    Known { name: "name_zh", kind: Kind::Text, zh: "中文名", en: "Chinese name", unit: None, headings: &["namezh", "name", "名称", "地块名称", "项目名称", "中文名", "dkmc", "xmmc", "mc"] },
    Known { name: "name_en", kind: Kind::Text, zh: "英文名", en: "English name", unit: None, headings: &["nameen", "英文名"] },
    Known { name: "parcel_no", kind: Kind::Text, zh: "地块编号", en: "parcel number", unit: None, headings: &["parcelno", "parcelnumber", "地块编号", "地块编码", "地块号", "地块代码", "宗地编号", "宗地号", "编号", "dkbh", "dkbm", "dkh", "zdbh", "zddm", "宗地代码", "宗地编码", "用地编号", "图斑编号", "parcelid"] },
    Known { name: "unit_no", kind: Kind::Text, zh: "控规单元", en: "planning unit", unit: None, headings: &["unitno", "单元编号", "控规单元", "管理单元", "单元编码", "控规单元编号", "规划单元", "dybh", "dybm", "kgdybh", "gldybh", "编制单元", "编制单元编号", "编制单元编码", "管理单元编号", "管理单元编码", "规划单元编号"] },
    Known { name: "use_code", kind: Kind::Use, zh: "用地代码", en: "use code", unit: None, headings: &["usecode", "用地代码", "用地性质代码", "用地分类代码", "用地类别代码", "用地编码", "地类编码", "用地用海代码", "规划用地代码", "用地代号", "地类代码", "yddm", "ydxzdm", "ydfldm", "dlbm", "ydyhfldm", "ghyddm", "landusecode"] },
    Known { name: "use_name_zh", kind: Kind::Text, zh: "用地性质", en: "land use (Chinese)", unit: None, headings: &["usenamezh", "用地性质", "用地名称", "用地性质名称", "用地类别", "用地分类", "规划用地性质", "土地用途", "地类名称", "用地类型", "用地用海分类", "ydxz", "ydmc", "ydxzmc", "dlmc", "ghydxz", "ydyhflmc", "landuse"] },
    Known { name: "use_name_en", kind: Kind::Text, zh: "用地性质（英文）", en: "land use (English)", unit: None, headings: &["usenameen"] },
    Known { name: "area_m2", kind: Kind::Area, zh: "用地面积", en: "area", unit: Some("m2"), headings: &["aream2", "地块面积", "用地面积", "面积", "宗地面积", "规划用地面积", "总用地面积", "占地面积", "area", "dkmj", "ydmj", "mj", "zdmj", "areaha", "areamu", "用地规模", "sitearea", "plotarea", "landarea"] },
    Known { name: "far", kind: Kind::Number, zh: "容积率", en: "floor area ratio", unit: Some("1"), headings: &["far", "容积率", "容积率上限", "最大容积率", "rjl", "rjlsx", "plotratio", "floorarearatio"] },
    Known { name: "density", kind: Kind::Share, zh: "建筑密度", en: "building density", unit: Some("1"), headings: &["density", "建筑密度", "建筑密度上限", "密度", "建筑系数", "jzmd", "jzmdsx", "buildingdensity", "sitecoverage", "buildingcoverage"] },
    Known { name: "green_ratio", kind: Kind::Share, zh: "绿地率", en: "green ratio", unit: Some("1"), headings: &["greenratio", "绿地率", "绿地率下限", "绿化率", "ldl", "lhl", "ldlxx", "greeningratio", "greeningrate"] },
    Known { name: "height_m", kind: Kind::Number, zh: "限高", en: "height limit", unit: Some("m"), headings: &["heightm", "建筑限高", "控高", "jzxgsx", "建筑高度", "建筑高度控制", "建筑控制高度", "限高", "控制高度", "高度", "jzxg", "jzgd", "xg", "高度限制", "限制高度", "建筑高度限制", "建筑限制高度", "height", "buildingheight", "heightlimit"] },
    Known { name: "status", kind: Kind::Status, zh: "状态", en: "status", unit: None, headings: &["status", "状态", "建设状态", "建设情况", "开发状态", "地块状态", "现状", "jszt", "zt"] },
    Known { name: "supply_mode", kind: Kind::Text, zh: "供应方式", en: "supply mode", unit: None, headings: &["supplymode", "供应方式", "供地方式", "出让方式", "gyfs", "gdfs"] },
    Known { name: "year", kind: Kind::Year, zh: "年份", en: "year", unit: None, headings: &["year", "年份", "年度", "建成年份", "nf", "nd"] },
    Known { name: "valid_from", kind: Kind::Date, zh: "起始日期", en: "valid from", unit: None, headings: &["validfrom", "起始日期", "起始时间", "批准日期", "批准时间", "批复日期", "批复时间", "开始日期", "pfrq", "pzrq", "qsrq"] },
    Known { name: "valid_to", kind: Kind::Date, zh: "截止日期", en: "valid to", unit: None, headings: &["validto", "截止日期", "截止时间", "终止日期", "结束日期", "jzrq", "zzrq"] },
    Known { name: "aliases", kind: Kind::List, zh: "别名", en: "aliases", unit: None, headings: &["aliases", "alias", "别名", "又名"] },
    Known { name: "plan_refs", kind: Kind::List, zh: "规划章节", en: "sections of the plan", unit: None, headings: &["planrefs", "规划章节", "规划条款", "所在章节"] },
    Known { name: "basis", kind: Kind::Basis, zh: "位置依据", en: "basis of the position", unit: None, headings: &["basis", "位置依据"] },
    Known { name: "accuracy_m", kind: Kind::Whole, zh: "位置精度", en: "positional accuracy", unit: Some("m"), headings: &["accuracym", "位置精度"] },
    Known { name: "synthetic", kind: Kind::Flag, zh: "虚拟", en: "made up", unit: None, headings: &["synthetic", "是否虚拟", "虚拟数据"] },
    Known { name: "confidence", kind: Kind::Text, zh: "可信度", en: "confidence", unit: None, headings: &["confidence", "可信度"] },
    Known { name: "source", kind: Kind::Text, zh: "来源", en: "source", unit: None, headings: &["source", "来源", "数据来源", "sjly"] },
    Known { name: "note", kind: Kind::Text, zh: "说明", en: "note", unit: None, headings: &["note", "备注", "说明", "bz", "remark", "remarks", "memo"] },
];

/// Fields that programs add for themselves; areas and lengths among them are of a plane, and wrong on a Mercator one.
const OF_PROGRAMS: &[&str] = &[
    "objectid",
    "fid",
    "oid",
    "shapelength",
    "shapeleng",
    "shapele",
    "shapearea",
    "shapeare",
    "stareashape",
    "stlengthshape",
    "ogcfid",
    "gid",
    "import_row",
    "importrow",
    "importreason",
    "importtext",
    "importwkt",
];

/// A heading without its unit, spaces and marks, small and of half width.
pub(super) fn plain(heading: &str) -> String {
    let folded = narrowed(heading);
    let bare = match folded.find(['(', '[', '（', '【']) {
        Some(at) if at > 0 => &folded[..at],
        _ => &folded,
    };
    let bare = bare.chars().filter(|c| c.is_alphanumeric() || *c == '°').map(simplified);
    bare.flat_map(char::to_lowercase).collect()
}

/// All letters and digits of a heading, those in brackets too, small and of half width.
fn whole(heading: &str) -> String {
    narrowed(heading).chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// Is a heading the title of a field in one of its languages, with its unit or without, as tables of this program have it?
/// One that names an end of what it may be says more.
fn is_title(heading: &str, titles: [&str; 2], unit: Option<&str>) -> bool {
    let own = whole(heading);
    titles.iter().filter(|title| !title.is_empty()).any(|title| {
        let rest = own.strip_prefix(&whole(title));
        rest.is_some_and(|rest| rest.is_empty() || unit.is_some_and(|unit| rest == whole(unit)))
            && limit::end_of(title) == limit::end_of(heading)
    })
}

/// Headings that stand for a field where no other does.
const WEAK: &[&str] = &["编号"];
/// Headings that stand for many things, and for land uses where all that is below them are codes of some.
const OF_CODES: &[&str] = &[
    "性质",
    "地块性质",
    "土地性质",
    "用途",
    "规划用途",
    "地类",
    "类别",
    "类别代码",
    "用地性质及代码",
    "代码",
];

/// A heading without the unit that stands behind it after a sign, as in 面积/亩 and `area_ha`, or right after a Chinese
/// word, as in 限高m.
pub(super) fn without_unit(heading: &str) -> Option<String> {
    let folded = narrowed(heading).to_lowercase();
    if let Some((before, unit)) = behind_sign(&folded)
        // 面积/户 is no area with a unit.
        && (named_unit(unit).is_some() || named_length(unit).is_some() || ["%", "层"].contains(&unit))
    {
        let bare = plain(before);
        let bare = bare.strip_suffix("单位").map_or(bare.clone(), str::to_owned);
        return Some(bare).filter(|bare| !bare.is_empty());
    }
    let of_length = || LENGTHS.iter().find_map(|(unit, _)| before_unit(&folded, unit));
    before_ending_unit(&folded).or_else(of_length).map(plain)
}

/// A small heading in two, before and behind its last sign between words.
fn behind_sign(folded: &str) -> Option<(&str, &str)> {
    folded.rsplit_once(['/', ':', '_', ',', ' '])
}

/// The Chinese word before a unit at the end of a small heading.
fn before_unit<'a>(folded: &'a str, unit: &str) -> Option<&'a str> {
    folded.strip_suffix(unit).filter(|bare| bare.ends_with(|c: char| !c.is_ascii()))
}

/// Metres of the unit of lengths that a heading names: in brackets, behind a sign, or right after a Chinese word.
pub(super) fn length_of(heading: &str) -> Option<f64> {
    let folded = narrowed(heading).to_lowercase();
    let after_word = || {
        let units = LENGTHS.iter().filter(|(unit, _)| before_unit(&folded, unit).is_some());
        units.max_by_key(|(unit, _)| unit.len()).map(|(_, metres)| *metres)
    };
    let in_brackets = in_brackets(heading);
    let in_brackets = in_brackets.iter().find_map(|part| named_length(of_unit(part)));
    in_brackets.or_else(|| named_length(behind_sign(&folded)?.1)).or_else(after_word)
}

/// A part of a heading without the word that says that a unit follows, and without the sign of a limit.
fn of_unit(part: &str) -> &str {
    let bare = part.strip_prefix("单位").map_or(part, |rest| rest.trim_start_matches(':')).trim();
    limit::leading(bare).map_or(bare, |(_, rest)| rest.trim())
}

/// Does a text name a unit, or what stands below a heading as its measure, and nothing else?
pub(super) fn is_measure(text: &str) -> bool {
    const OTHERS: &[&str] = &["%", "‰", "m", "米", "层", "个", "人", "户", "年", "元", "万元", "-", "—", "/"];
    let folded = narrowed(text).trim().to_lowercase();
    let bare = folded.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(&folded);
    let bare = of_unit(bare);
    OTHERS.contains(&bare) || named_unit(bare).is_some() || named_length(bare).is_some()
}

/// Does a heading count storeys, which are no metres?
fn is_in_storeys(heading: &str) -> bool {
    let folded = narrowed(heading);
    folded.split(|c: char| !c.is_alphanumeric()).skip(1).any(|part| matches!(part, "层" | "层数" | "F"))
        || folded.ends_with("层数")
}

/// What stands in the brackets of a heading, part by part.
fn in_brackets(heading: &str) -> Vec<String> {
    let folded = narrowed(heading).to_lowercase();
    let inside = folded.find(['(', '[', '【']).map_or("", |at| &folded[at..]);
    let parts = inside.split(|c: char| "()[]【】,，、;；".contains(c)).map(str::trim);
    parts.filter(|part| !part.is_empty()).map(str::to_owned).collect()
}

/// Words for what holds no longer where something else holds or will, and for that.
const FORMER: &[&str] =
    &["现状", "现有", "原", "原有", "原名", "曾用", "曾用名", "旧", "调整前", "修改前", "变更前", "修编前"];
const LATTER: &[&str] = &["规划", "现行", "新", "调整后", "修改后", "变更后", "修编后"];

/// Does a text say of which state a value is, and nothing else?
pub(super) fn is_stage(text: &str) -> bool {
    let folded = narrowed(text);
    [FORMER, LATTER].iter().any(|words| words.contains(&folded.trim()))
}

/// Is the end that a heading names another than the one that its field is? Plans bound from above but for what is green.
fn is_other_limit(known: &Known, heading: &str) -> bool {
    let own = if known.name == "green_ratio" { End::Lower } else { End::Upper };
    limit::end_of(heading).is_some_and(|end| end != own)
}

/// Fields of which plans state the ends of what they may be.
const LIMITED: &[&str] = &["far", "density", "green_ratio", "height_m"];
/// Fields that hold what is planned, and not what was there before.
const PLANNED: &[&str] = &["far", "density", "green_ratio", "height_m", USE_CODE, USE_NAME];

/// A plain heading without the words around it that say of which state it is, or which end of what it may be.
fn unqualified(plain: &str) -> Option<&str> {
    let mut own = plain;
    loop {
        let words = || [FORMER, LATTER].into_iter().flatten().copied().chain(limit::words());
        // A single sign at the end belongs to the word before it.
        let mut behind = words().filter(|word| word.chars().count() > 1);
        let bare = words().find_map(|word| own.strip_prefix(word));
        match bare.or_else(|| behind.find_map(|word| own.strip_suffix(word))) {
            Some(bare) => own = bare,
            None => return (own.len() < plain.len() && !own.is_empty()).then_some(own),
        }
    }
}

/// Does a heading say, around its name or in brackets, of which state it is?
fn is_of_stage(known: &Known, heading: &str, words: &[&str]) -> bool {
    let (parts, own) = (in_brackets(heading), plain(heading));
    let is_qualified = || !known.headings.contains(&own.as_str()) && unqualified(&own).is_some();
    let is_around = words.iter().any(|word| own.starts_with(word) || own.ends_with(word));
    is_around && is_qualified() || parts.iter().any(|part| words.contains(&part.as_str()))
}

/// How well a heading stands for its field: the less, the better.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    /// By what it says beside its name.
    beside: u8,
    is_in_other_unit: bool,
    /// It is another word than the name or the title of the field.
    is_synonym: bool,
}

impl Rank {
    const NONE: Self = Self { beside: u8::MAX, is_in_other_unit: true, is_synonym: true };

    /// That of a name or title in the unit of its field.
    fn exact(beside: u8) -> Self {
        Self { beside, is_in_other_unit: false, is_synonym: false }
    }

    fn of(known: &Known, heading: &str) -> Self {
        let beside = if heading == known.name {
            0
        } else if is_of_stage(known, heading, FORMER) {
            4
        } else if is_of_stage(known, heading, LATTER) {
            2
        } else {
            let is_limit = |part: &str| {
                limit::leading(part).is_some_and(|(_, rest)| rest.trim().is_empty() || is_measure(rest))
            };
            let is_plain = |part: &String| is_measure(part) || is_limit(part);
            if in_brackets(heading).iter().all(is_plain) { 1 } else { 3 }
        };
        let unit = unit_of(heading).filter(|_| known.kind == Kind::Area);
        let own = [known.name, known.zh, known.en].map(plain);
        let mut bare = std::iter::once(plain(heading)).chain(without_unit(heading));
        Self {
            beside,
            is_in_other_unit: unit.is_some_and(|(name, _)| Some(name) != known.unit),
            is_synonym: !bare.any(|bare| {
                own.contains(&bare)
                    || unqualified(&bare).is_some_and(|bare| own.iter().any(|own| own == bare))
            }),
        }
    }
}

/// Do the brackets of a heading make it a measure of something else, as in 密度（人/公顷）?
fn is_of_another(known: &Known, heading: &str) -> bool {
    const OTHERS: &[&str] =
        &["户均", "人均", "亩均", "地均", "产值", "产出", "税收", "万元", "亿元", "高程", "标高", "海拔"];
    const OF_BUILDINGS: &[&str] = &["建筑", "建筑面积", "总建筑面积"];
    if !matches!(known.kind, Kind::Area | Kind::Share | Kind::Number | Kind::Whole | Kind::Year) {
        return false;
    }
    in_brackets(heading).iter().any(|part| {
        let is_ratio = part.split_once('/').is_some_and(|(of, by)| {
            let [of, by] = [of, by].map(str::trim);
            // Areas may be written in two units.
            !of.is_empty() && !by.is_empty() && (known.kind != Kind::Area || named_unit(of).is_none())
        });
        let unit = of_unit(part);
        let is_other_unit = match known.kind {
            _ if ["-", "—", "/"].contains(&unit) => false,
            Kind::Number if known.name == HEIGHT => is_measure(unit) && named_length(unit).is_none(),
            Kind::Number => is_measure(unit),
            Kind::Whole => is_measure(unit) && named_length(unit) != Some(1.0),
            _ => false,
        };
        is_ratio
            || is_other_unit
            || OTHERS.iter().any(|other| part.contains(other))
            || known.kind == Kind::Area && OF_BUILDINGS.contains(&part.as_str())
    })
}

/// Is a heading one of the known ones?
pub(super) fn is_known(heading: &str) -> bool {
    !fields_of(heading).is_empty()
}

/// The name of the known field that a heading stands for.
pub(super) fn name_of(heading: &str) -> Option<&'static str> {
    field_of(heading).map(|known| known.name)
}

/// The known field of a heading.
pub(super) fn field_of(heading: &str) -> Option<&'static Known> {
    match fields_of(heading)[..] {
        [only] => Some(only),
        _ => None,
    }
}

/// The known fields that a heading may stand for. Shapefiles cut names after ten bytes: in Latin letters ten, in Chinese
/// three or five; what is left may stand for a land use by its name as well as by its code, and for an area.
fn fields_of(heading: &str) -> Vec<&'static Known> {
    if let Some(known) = KNOWN.iter().find(|known| is_title(heading, [known.zh, known.en], known.unit)) {
        return vec![known];
    }
    let bare = without_unit(heading);
    // A number tells a heading from another that is the same.
    let first = heading.trim_end_matches(|c: char| c.is_ascii_digit());
    let first = first.strip_suffix(' ').filter(|first| first.len() < heading.len()).map(plain);
    let names: Vec<String> =
        std::iter::once(plain(heading)).chain(bare).chain(first).filter(|name| !name.is_empty()).collect();
    let in_full = |name: &str| KNOWN.iter().find(|known| known.headings.contains(&name));
    let may_be = |known: &&Known| LIMITED.contains(&known.name) || limit::end_of(heading).is_none();
    let mut qualified = names.iter().filter_map(|name| in_full(unqualified(name)?)).filter(may_be);
    if let Some(known) = names.iter().find_map(|name| in_full(name)).or_else(|| qualified.next()) {
        return vec![known];
    }
    let cut = |name: &String| {
        let long = if name.is_ascii() { 8 } else { 3 };
        let begins = |known: &&Known| known.headings.iter().any(|full| full.starts_with(name.as_str()));
        KNOWN.iter().filter(|_| name.chars().count() >= long).filter(begins).collect::<Vec<_>>()
    };
    let found = names.iter().map(cut).find(|found| !found.is_empty()).unwrap_or_default();
    match found[..] {
        [_] => found,
        [code, name, ..] if (code.name, name.name) == (USE_CODE, USE_NAME) => found,
        _ => Vec::new(),
    }
}

const USE_CODE: &str = "use_code";
const NAME_ZH: &str = "name_zh";
const USE_NAME: &str = "use_name_zh";

/// What is said of headings that are no known field.
const KEPT: &str = "kept under its own name";
const IN_STOREYS: &str = "kept under its own name: storeys are no metres";
const OF_ANOTHER: &str = "kept under its own name: its brackets say that it measures something else";
const OTHER_LIMIT: &str = "kept under its own name: the field is the other limit";
const AS_IT_WAS: &str = "kept under its own name: the field is what is planned";

const BY_HEADING: &str = "its heading";
const BY_CODES: &str = "its heading, and the codes below it";
const BY_SCRIPT: &str = "its heading, and that no name below it is in Chinese";
const BY_CATALOG: &str = "its title in the catalogue";

/// Does a heading of names of uses hold codes? A column of codes is one whatever it is called, unless another is called so.
fn are_codes(headings: &[String], at: usize, below: &dyn Below) -> bool {
    let is_code = |heading: &String| name_of(heading) == Some(USE_CODE);
    below.held(at) == Held::Codes && !headings.iter().any(is_code)
}

/// Does a heading name codes, which are texts even where all of them are digits?
fn is_code(heading: &str) -> bool {
    let folded = narrowed(heading).to_lowercase();
    let last = folded.split(|c: char| !c.is_alphanumeric()).rfind(|word| !word.is_empty());
    last.is_some_and(|last| {
        ["号", "码", "电话", "手机", "code"].iter().any(|end| last.ends_with(end))
            || ["id", "no", "number", "phone", "tel", "zip"].contains(&last)
    })
}

/// The field that a heading stands for among the others, if any, and what shows it.
fn meant(headings: &[String], at: usize, below: &dyn Below) -> (Option<&'static Known>, &'static str) {
    let found = fields_of(&headings[at]);
    let is_weak = WEAK.contains(&plain(&headings[at]).as_str());
    let has_other = |name: &str, is_better: &dyn Fn(usize) -> bool| {
        let is_it = |other: usize| field_of(&headings[other]).is_some_and(|known| known.name == name);
        (0..headings.len()).any(|other| other != at && is_better(other) && is_it(other))
    };
    let code = || (KNOWN.iter().find(|known| known.name == USE_CODE), BY_CODES);
    let is_former = |known: &Known, at: usize| is_of_stage(known, &headings[at], FORMER);
    match found[..] {
        [only] if only.name == "height_m" && is_in_storeys(&headings[at]) => (None, IN_STOREYS),
        [only] if is_of_another(only, &headings[at]) => (None, OF_ANOTHER),
        [only] if is_other_limit(only, &headings[at]) => (None, OTHER_LIMIT),
        [only]
            if PLANNED.contains(&only.name)
                && is_former(only, at)
                && !has_other(only.name, &|other| !is_former(only, other)) =>
        {
            (None, AS_IT_WAS)
        }
        [only] if is_weak && has_other(only.name, &|_| true) => (None, KEPT),
        [only] if only.name == USE_NAME && are_codes(headings, at, below) => code(),
        // Of two that are called the same, the empty one gives way.
        [only]
            if below.held(at) == Held::Nothing
                && has_other(only.name, &|other| below.held(other) != Held::Nothing) =>
        {
            (None, KEPT)
        }
        [only] => (Some(only), BY_HEADING),
        [_, _, ..] if below.held(at) == Held::Codes => code(),
        [_, _, area] if below.held(at) == Held::Numbers => (Some(area), BY_HEADING),
        [_, name, ..] => (Some(name), BY_HEADING),
        [] if OF_CODES.contains(&plain(&headings[at]).as_str()) && are_codes(headings, at, below) => code(),
        [] => (None, KEPT),
    }
}

/// Of two headings of one field that differ in what their brackets or years say, which is taken.
fn by_brackets(name: &str, taken: &str, other: &str) -> Option<String> {
    let bare = |heading: &str| {
        let own = plain(heading);
        unqualified(&own).unwrap_or(&own).trim_end_matches(|c: char| c.is_ascii_digit()).to_owned()
    };
    let is_numbered = other.strip_prefix(taken).is_some_and(|rest| rest.trim().parse::<u8>().is_ok());
    (bare(taken) == bare(other) && taken != other && !is_numbered).then(|| {
        format!(
            "{taken:?} and {other:?} both stand for {name}; {taken:?} is taken, --map {name}={other} takes the other"
        )
    })
}

/// Where a field comes from.
#[derive(Debug, Clone)]
pub(super) struct Mapped {
    /// Number of the heading.
    pub heading: usize,
    /// The known field; `None` for one that keeps its own name.
    pub known: Option<usize>,
    /// What the catalogue says that the field holds, where that is another kind than the known field's.
    pub declared: Option<Kind>,
    /// Of heights: metres of the unit that the heading names.
    pub metres: Option<f64>,
    pub name: String,
    pub by: &'static str,
}

impl Mapped {
    /// What its values are read as first.
    pub(super) fn kind(&self) -> Option<Kind> {
        self.known.map(|at| KNOWN[at].kind).or(self.declared)
    }

    /// A value of the field, as the catalogue takes it.
    pub(super) fn value(&self, cell: &Cell, ways: Ways) -> Made {
        let own = match self.known.map(|at| &KNOWN[at]) {
            Some(known) => {
                made(known.kind, cell, Ways { field: Some(known.name), metres: self.metres, ..ways })
            }
            None => Made::Value(cell.clone()),
        };
        match self.declared {
            Some(kind) => {
                let Ways { days_late, days, .. } = ways;
                own.then(|value| made(kind, value, Ways { days_late, days, ..Ways::default() }))
            }
            None => own,
        }
    }
}

/// All fields, and what is left out.
#[derive(Debug, Default)]
pub(super) struct Mapping {
    pub fields: Vec<Mapped>,
    /// Headings that are left out, with the reason.
    pub left_out: Vec<(usize, &'static str)>,
    /// How each file writes its numbers.
    pub writing: Vec<Writing>,
    /// What is told of headings.
    pub told: Vec<String>,
}

/// How a file writes its numbers.
#[derive(Debug, Clone, Default, PartialEq)]
pub(super) struct Writing {
    /// Of areas: the unit, and what shows it.
    pub unit: Option<(Unit, String)>,
    /// Headings of values that are wrong in this file and are not taken.
    pub left_out: Vec<usize>,
    /// Headings of shares that are written in per cent.
    pub percent: Vec<usize>,
    /// So many days later than others it begins to count them.
    pub days_late: i32,
    /// Headings of numbers with decimal commas, and whether the whole column is written so.
    pub decimal: Vec<(usize, bool)>,
    /// Headings of days that end with their year, and what begins them.
    pub days: Vec<(usize, DayOrder)>,
}

impl Writing {
    /// How the values of a heading are read in a row.
    pub(super) fn ways(&self, heading: usize, row: &Row) -> Ways {
        let decimal = self.decimal.iter().find(|(of, _)| *of == heading);
        Ways {
            unit: self.unit.as_ref().map(|(unit, _)| *unit),
            metres: None,
            is_percent: self.percent.contains(&heading) && !row.percent.contains(&heading),
            is_decimal: decimal.is_some(),
            is_told: decimal.is_some_and(|(_, is_whole)| *is_whole),
            days_late: self.days_late,
            days: self.days.iter().find(|(of, _)| *of == heading).map(|(_, order)| *order),
            field: None,
        }
    }
}

/// What the rows that were looked at hold below headings.
pub(super) trait Below {
    /// What stands below a heading.
    fn held(&self, heading: usize) -> Held;
    /// Can most of what stands below a heading be read as values of a kind?
    fn holds(&self, heading: usize, kind: Kind) -> bool;
    /// Can all of it?
    fn holds_all(&self, heading: usize, kind: Kind) -> bool;
    /// Are there words, and is nothing in a script of East Asia?
    fn is_western(&self, heading: usize) -> bool;
}

/// What stands below a heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    Nothing,
    /// Codes of land uses, all of them.
    Codes,
    Numbers,
    Others,
}

/// The field of the catalogue that has a heading for its name or title, and how well it fits. One of which only the
/// catalogue tells goes by its title only where the values can be its own.
fn titled<'a>(
    declared: &'a [FieldSpec],
    heading: &str,
    holds: &dyn Fn(Kind) -> bool,
) -> Option<(&'a str, u8)> {
    let is_called = |field: &&FieldSpec| {
        let titles = field.title.as_ref().map_or(["", ""], |title| [&*title.zh, &*title.en]);
        is_title(heading, titles, field.unit.as_deref())
    };
    let fits = |field: &&FieldSpec| {
        KNOWN.iter().any(|known| known.name == field.name)
            || field.kind.is_none_or(|kind| kind == ValueKind::Text || holds(Kind::declared(kind)))
    };
    let named = declared.iter().find(|field| field.name == heading).map(|field| (&*field.name, 0));
    named.or_else(|| {
        declared.iter().find(|field| is_called(field) && fits(field)).map(|field| (&*field.name, 1))
    })
}

impl Mapping {
    /// Guesses fields from headings and what is held below them; what the operator says (`field=heading`) comes first, an
    /// empty heading leaves it out; then come the titles that the catalogue declares.
    pub(super) fn guess(
        headings: &[String],
        wanted: &[(String, String)],
        declared: &[FieldSpec],
        below: &dyn Below,
    ) -> Result<Self, String> {
        let mut mapping = Self::default();
        let mut taken: BTreeMap<usize, &str> = BTreeMap::new();
        for (field, heading) in wanted {
            let at = headings.iter().position(|known| known == heading).ok_or_else(|| {
                format!(
                    "--map {field}={heading}: there is no field {heading:?}; fields are {}",
                    headings.join(", ")
                )
            })?;
            taken.insert(at, field);
        }
        let is_taken = |name: &str| taken.values().any(|taken| *taken == name);
        // The field of each heading, what shows it, and how well it stands for it.
        let guesses: Vec<(Option<&str>, &'static str, Rank)> = (0..headings.len())
            .map(|at| match titled(declared, &headings[at], &|kind| below.holds(at, kind)) {
                Some((USE_NAME, rank)) if are_codes(headings, at, below) => {
                    (Some(USE_CODE), BY_CODES, Rank::exact(rank))
                }
                Some((name, rank)) => (Some(name), BY_CATALOG, Rank::exact(rank)),
                None => match meant(headings, at, below) {
                    (Some(known), _)
                        if known.name == NAME_ZH
                            && plain(&headings[at]) == "name"
                            && below.is_western(at) =>
                    {
                        (Some("name_en"), BY_SCRIPT, Rank::of(known, &headings[at]))
                    }
                    (Some(known), _) if known.name == USE_NAME && below.is_western(at) => {
                        (Some("use_name_en"), BY_SCRIPT, Rank::of(known, &headings[at]))
                    }
                    (Some(known), by) => (Some(known.name), by, Rank::of(known, &headings[at])),
                    (None, by) => (None, by, Rank::NONE),
                },
            })
            .collect();
        // Of several headings of one field that which says the least beside it stands for it, of such the first.
        let best = |name: &str| {
            let is_it = |at: &usize| !taken.contains_key(at) && guesses[*at].0 == Some(name);
            (0..headings.len()).filter(is_it).min_by_key(|&at| (guesses[at].2, at))
        };
        for (at, heading) in headings.iter().enumerate() {
            let (name, by) = match (taken.get(&at), guesses[at]) {
                (Some(field), _) => (*field, "--map"),
                (None, _) if OF_PROGRAMS.contains(&plain(heading).as_str()) => {
                    mapping.left_out.push((at, "a field that programs add for themselves"));
                    continue;
                }
                (None, (Some(name), by, _)) if !is_taken(name) => match best(name) {
                    Some(best) if best != at => {
                        mapping.told.extend(by_brackets(name, &headings[best], heading));
                        (heading.as_str(), KEPT)
                    }
                    _ => (name, by),
                },
                (None, (None, by, _)) => (heading.as_str(), by),
                (None, _) => (heading.as_str(), KEPT),
            };
            if by == IN_STOREYS {
                mapping.told.push(format!(
                    "{heading:?} counts storeys, which are no metres; it is kept under its own name"
                ));
            } else if by == OF_ANOTHER {
                mapping.told.push(format!(
                    "{heading:?} measures something else, as its brackets say; it is kept under its own name"
                ));
            } else if by == OTHER_LIMIT {
                let name = name_of(heading).unwrap_or_default();
                mapping.told.push(format!(
                    "{heading:?} is not the limit that {name} is; it is kept under its own name, --map {name}={heading} takes it"
                ));
            } else if by == AS_IT_WAS {
                let name = name_of(heading).unwrap_or_default();
                mapping.told.push(format!(
                    "{heading:?} says what was there and {name} what is planned; it is kept under its own name, --map {name}={heading} takes it"
                ));
            } else if by == BY_CODES {
                mapping.told.push(format!("{heading:?} holds codes of land uses, not their names; read so"));
            }
            let mut name = name.to_owned();
            let is_kept = [KEPT, IN_STOREYS, OF_ANOTHER, OTHER_LIMIT, AS_IT_WAS].contains(&by);
            while mapping.fields.iter().any(|field| field.name == name) || is_kept && is_taken(&name) {
                name.push_str("_2");
            }
            let known = KNOWN.iter().position(|known| known.name == name);
            let kind = declared.iter().find(|field| field.name == name).and_then(|field| field.kind);
            let own = known.map(|at| KNOWN[at].kind.value_kind());
            let declared = kind.filter(|kind| own != Some(*kind)).map(Kind::declared);
            let metres = length_of(heading).filter(|_| name == HEIGHT);
            if let Some(metres) = metres.filter(|metres| metres.total_cmp(&1.0).is_ne()) {
                mapping.told.push(format!(
                    "the heading {heading:?} names a unit of {metres} m; its heights are read in metres"
                ));
            }
            mapping.fields.push(Mapped { heading: at, known, declared, metres, name, by });
        }
        Ok(mapping)
    }

    /// Makes fields that keep their own names those of a collection, where all of their values can be; tells of others.
    pub(super) fn keep_kinds(&mut self, schema: &Schema, below: &dyn Below) {
        for field in self.fields.iter_mut().filter(|field| field.kind().is_none()) {
            let Some((_, kept)) = schema.find(&field.name) else { continue };
            // What is whole so far need not stay so.
            let kind = match kept.kind {
                ValueKind::Integer => Kind::Real,
                other => Kind::declared(other),
            };
            match below.held(field.heading) {
                Held::Nothing => {}
                _ if below.holds_all(field.heading, kind) => field.declared = Some(kind),
                _ => self.told.push(format!(
                    "{:?} holds values that are no {}, as the collection has them so far; all of them become texts",
                    field.name,
                    kept.kind.name()
                )),
            }
        }
    }

    /// Gives fields that nobody knows the kind that all texts below them are of; what is called a code is no number.
    pub(super) fn find_kinds(&mut self, headings: &[String], kind_of: &dyn Fn(usize) -> Option<Kind>) {
        for field in self.fields.iter_mut().filter(|field| field.kind().is_none()) {
            let is_code = is_code(&headings[field.heading]);
            field.declared = kind_of(field.heading).filter(|kind| *kind != Kind::Real || !is_code);
        }
    }

    /// Headings that keep their own names because another is that known field already, with the other; the later one first.
    pub(super) fn rivals(&self, headings: &[String]) -> Vec<(usize, usize)> {
        let kept = self.fields.iter().filter(|field| field.by == KEPT);
        kept.filter_map(|field| {
            let taken = self.heading_of(field_of(&headings[field.heading])?.name)?;
            Some((field.heading.max(taken), field.heading.min(taken)))
        })
        .collect()
    }

    /// How files write their numbers, where all write them alike.
    pub(super) fn writing_of_all(&self) -> Option<&Writing> {
        let (first, others) = self.writing.split_first()?;
        others.iter().all(|other| other.unit == first.unit).then_some(first)
    }

    /// The heading of a known field.
    pub(super) fn heading_of(&self, name: &str) -> Option<usize> {
        self.fields.iter().find(|field| field.name == name).map(|field| field.heading)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Words;

    /// Headings that hold what is listed, in their order; others where the list ends.
    impl Below for &[Held] {
        fn held(&self, heading: usize) -> Held {
            self.get(heading).copied().unwrap_or(Held::Others)
        }

        fn holds(&self, _: usize, kind: Kind) -> bool {
            kind == Kind::Text
        }

        fn holds_all(&self, heading: usize, kind: Kind) -> bool {
            self.holds(heading, kind)
        }

        fn is_western(&self, _: usize) -> bool {
            false
        }
    }

    fn mapped(headings: &[&str], declared: &[FieldSpec], held: &[Held]) -> (Vec<String>, Mapping) {
        let headings: Vec<String> = headings.iter().map(|&heading| heading.to_owned()).collect();
        let mapping = Mapping::guess(&headings, &[], declared, &held).expect("a mapping");
        (headings, mapping)
    }

    #[test]
    fn of_headings_of_one_field_the_plainest_stands_for_it() {
        let taken = |headings: &[&str], field: &str| {
            let (headings, mapping) = mapped(headings, &[], &[]);
            let at = mapping.heading_of(field);
            (at.map(|at| headings[at].clone()), mapping.told.len())
        };
        for (headings, field, heading, told) in [
            (&["地块编号（原）", "地块编号"][..], "parcel_no", Some("地块编号"), 1),
            (&["容积率（现状）", "容积率（规划）"], "far", Some("容积率（规划）"), 1),
            (&["容积率（调整前）", "容积率"], "far", Some("容积率"), 1),
            (&["项目名称（英文）", "项目名称"], "name_zh", Some("项目名称"), 1),
            (&["名称（曾用名）", "名称"], "name_zh", Some("名称"), 1),
            (&["用地性质 2020", "用地性质 2035"], "use_name_zh", Some("用地性质 2020"), 1),
            (&["面积（建筑，㎡）", "面积（㎡）"], "area_m2", Some("面积（㎡）"), 1),
            // A number tells headings that are the same from each other; other words for a field are no doubt.
            (&["容积率", "容积率 2"], "far", Some("容积率"), 0),
            (&["用地面积（㎡）", "地块面积（亩）"], "area_m2", Some("用地面积（㎡）"), 0),
            (&["容积率（现状）"], "far", None, 1),
            (&["现状容积率", "容积率上限"], "far", Some("容积率上限"), 1),
            (&["现状用地代码", "规划用地性质"], "use_code", None, 1),
            (&["原编号"], "parcel_no", Some("原编号"), 0),
            (&["容积率(≥)"], "far", None, 1),
            (&["容积率(≥)", "容积率(≤)"], "far", Some("容积率(≤)"), 1),
            (&["容积率≥", "容积率≤"], "far", Some("容积率≤"), 1),
            (&["容积率（不低于）", "容积率（不高于）"], "far", Some("容积率（不高于）"), 1),
            (&["FAR (min)", "FAR (max)"], "far", Some("FAR (max)"), 1),
            (&["建筑高度≥(m)", "建筑高度≤(m)"], "height_m", Some("建筑高度≤(m)"), 1),
            (&["绿地率(≤)%", "绿地率(≥)%"], "green_ratio", Some("绿地率(≥)%"), 1),
            (&["限高(≥m)"], "height_m", None, 1),
            // The unit of the field, then its own name, in either order.
            (&["用地面积(亩)", "面积(㎡)"], "area_m2", Some("面积(㎡)"), 0),
            (&["面积(㎡)", "用地面积(亩)"], "area_m2", Some("面积(㎡)"), 0),
            (&["绿化率", "绿地率(%)"], "green_ratio", Some("绿地率(%)"), 0),
            (&["绿地率(%)", "绿化率"], "green_ratio", Some("绿地率(%)"), 0),
            (&["密度（人/公顷）"], "density", None, 1),
            (&["面积（户均㎡）"], "area_m2", None, 1),
            (&["年度（产值万元）"], "year", None, 1),
            (&["限高（黄海高程m）"], "height_m", None, 1),
            (&["面积（公顷/亩）"], "area_m2", Some("面积（公顷/亩）"), 0),
            (&["用地面积（单元）"], "area_m2", Some("用地面积（单元）"), 0),
        ] {
            assert_eq!(taken(headings, field), (heading.map(str::to_owned), told), "{headings:?}");
        }
    }

    #[test]
    fn headings_of_control_plans_are_known() {
        let field = |heading: &str| field_of(heading).map(|known| known.name);
        let abbreviations = ["dkbh", "dybh", "yddm", "ydxz", "dkmj", "rjl", "jzmd", "ldl", "jzxg"];
        let names = [
            "地块编号",
            "单元编号",
            "用地代码",
            "用地性质",
            "地块面积（公顷）",
            "容积率",
            "建筑密度(%)",
            "绿地率",
            "建筑限高（m）",
        ];
        let want = [
            "parcel_no",
            "unit_no",
            "use_code",
            "use_name_zh",
            "area_m2",
            "far",
            "density",
            "green_ratio",
            "height_m",
        ];
        for at in 0..want.len() {
            assert_eq!(field(abbreviations[at]), Some(want[at]));
            assert_eq!(field(&abbreviations[at].to_uppercase()), Some(want[at]));
            assert_eq!(field(names[at]), Some(want[at]), "{}", names[at]);
        }
        assert_eq!(
            (field("green_rati"), field("地块编")),
            (Some("green_ratio"), Some("parcel_no")),
            "cut by a shapefile"
        );
        assert_eq!((field("owner"), field(""), field("用地面积/户")), (None, None, None));
        assert_eq!((field("规划"), field("最大面积"), field("上限")), (None, None, None));
        for (heading, name) in [
            ("面积/亩", "area_m2"),
            ("用地面积/hm²", "area_m2"),
            ("面积:公顷", "area_m2"),
            ("用地面积_ha", "area_m2"),
            ("总用地面积（㎡）", "area_m2"),
            ("建筑限高/m", "height_m"),
            ("限高m", "height_m"),
            ("height_m", "height_m"),
            ("用地代号", "use_code"),
            ("地类代码", "use_code"),
            ("用地类型", "use_name_zh"),
            ("编号", "parcel_no"),
            ("容积率 2", "far"),
            ("规划容积率", "far"),
            ("现状建筑密度(%)", "density"),
            ("最大建筑密度", "density"),
            ("最小绿地率", "green_ratio"),
            ("最大建筑高度", "height_m"),
            ("高度限制（m）", "height_m"),
            ("建筑限高上限(m)", "height_m"),
            ("编制单元(编号)", "unit_no"),
            ("管理单元编号", "unit_no"),
            ("宗地代码", "parcel_no"),
            ("规划地块编号", "parcel_no"),
            ("面积km²", "area_m2"),
            ("用地面积 单位：公顷", "area_m2"),
            ("floor area ratio", "far"),
            ("height limit (m)", "height_m"),
            ("land use (Chinese)", "use_name_zh"),
            ("用地性质（英文）", "use_name_en"),
            ("虚拟数据", "synthetic"),
            ("identifier", "id"),
            ("Land Use Code", "use_code"),
            ("Land Use", "use_name_zh"),
            ("面积亩", "area_m2"),
            ("用地面积亩数", "area_m2"),
            ("用地面积万平方米", "area_m2"),
            ("控高", "height_m"),
            ("JZXGSX", "height_m"),
            ("图斑编号", "parcel_no"),
            ("parcel_id", "parcel_no"),
            ("Remarks", "note"),
            // In traditional characters.
            ("地塊編號", "parcel_no"),
            ("容積率", "far"),
            ("建築密度", "density"),
            ("Site Area (sqm)", "area_m2"),
            ("用地规模（ha)", "area_m2"),
            ("Plot Ratio", "far"),
            ("Max height (m)", "height_m"),
        ] {
            assert_eq!(field(heading), Some(name), "{heading}");
        }
    }

    #[test]
    fn titles_of_the_catalogue_come_before_guesses() {
        let field = |name: &str, zh: &str, en: &str, unit: Option<&str>, kind| FieldSpec {
            name: name.to_owned(),
            kind: Some(kind),
            title: Some(Words { zh: zh.into(), en: en.into() }),
            unit: unit.map(Into::into),
            find: None,
            always: false,
        };
        let declared = [
            field("lifecycle", "状态", "lifecycle", None, ValueKind::Text),
            field("tags", "标签", "tags", None, ValueKind::Array),
            field("half_m", "半宽", "half width", Some("m"), ValueKind::Text),
            field("far", "容积率", "FAR", None, ValueKind::Text),
        ];
        let names = |headings: &[&str]| {
            let (_, mapping) = mapped(headings, &declared, &[]);
            mapping.fields.into_iter().map(|field| field.name).collect::<Vec<_>>().join(",")
        };
        assert_eq!(names(&["状态", "half width (m)", "半宽"]), "lifecycle,half_m,半宽");
        assert_eq!(names(&["半宽(m)", "half_m"]), "半宽(m),half_m", "its own name says most");
        assert_eq!(names(&["标签", "半宽（km）"]), "标签,半宽（km）", "no values of it, another unit");
        assert_eq!(names(&["tags"]), "tags");
        let (_, mapping) = mapped(&["容积率"], &declared, &[]);
        assert_eq!(mapping.fields[0].value(&Cell::Integer(2), Ways::default()), Made::Value(Cell::text("2")));
    }

    #[test]
    fn what_stands_below_decides_between_headings() {
        let guess = |headings: &[&str], held: &[Held]| {
            let (_, mapping) = mapped(headings, &[], held);
            (
                mapping.fields.into_iter().map(|field| field.name).collect::<Vec<_>>().join(","),
                mapping.told.len(),
            )
        };
        let (codes, others) = (Held::Codes, Held::Others);
        // Cut by a shapefile after ten bytes of UTF-8.
        for heading in ["用地性", "用地分", "规划用", "用地性质"] {
            assert_eq!(guess(&[heading], &[codes]), ("use_code".to_owned(), 1), "{heading}");
            assert_eq!(guess(&[heading], &[others]), ("use_name_zh".to_owned(), 0), "{heading}");
        }
        for heading in ["性质", "规划用途", "地类", "用地性质及代码"] {
            assert_eq!(guess(&[heading], &[codes]).0, "use_code", "{heading}");
            assert_eq!(guess(&[heading, "用地代码"], &[codes, codes]).0, format!("{heading},use_code"));
        }
        assert_eq!(guess(&["性质"], &[others]).0, "性质", "of what, is not said");
        assert_eq!(guess(&["规划用"], &[Held::Numbers]).0, "area_m2", "of 规划用地面积");
        let both = guess(&["用地性质", "用地代码"], &[codes, codes]);
        assert_eq!(both, ("use_name_zh,use_code".to_owned(), 0), "another is called so");
        let twice = guess(&["容积率", "容积率 2"], &[Held::Nothing, others]);
        assert_eq!(twice.0, "容积率,far", "the empty one gives way");
        assert_eq!(guess(&["编号", "地块编号"], &[others, others]).0, "编号,parcel_no");
        for heading in ["建筑限高（层）", "建筑高度(层)", "限高/层"] {
            assert_eq!(guess(&[heading], &[others]), (heading.to_owned(), 1));
        }
    }
}
