//! Which heading is which field, in which unit; values to those of the field.
//!
//! Fields are those of the parcels that come with the program, so that pages, filters and reports work on what is
//! imported. Headings are those of control plans, in Chinese and as their abbreviations.

use std::collections::BTreeMap;

use super::number::{Written, written};
use super::row::{Cell, Row, cut};
use crate::model::{Date, narrowed};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    /// A code of a land use.
    Use,
    /// Square metres.
    Area,
    /// A share of one.
    Share,
    /// A number without unit, or in metres.
    Number,
    Whole,
    Year,
    Date,
    Status,
    Basis,
    Flag,
}

impl Kind {
    /// The kind in the words of the catalogue file.
    pub(super) fn value_kind(self) -> &'static str {
        match self {
            Self::Text | Self::Use | Self::Status | Self::Basis => "text",
            Self::Area | Self::Share | Self::Number => "real",
            Self::Whole | Self::Year => "integer",
            Self::Date => "date",
            Self::Flag => "boolean",
        }
    }
}

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
    Known { name: "parcel_no", kind: Kind::Text, zh: "地块编号", en: "parcel number", unit: None, headings: &["parcelno", "parcelnumber", "地块编号", "地块编码", "地块号", "地块代码", "宗地编号", "宗地号", "编号", "dkbh", "dkbm", "dkh", "zdbh", "zddm"] },
    Known { name: "unit_no", kind: Kind::Text, zh: "控规单元", en: "planning unit", unit: None, headings: &["unitno", "单元编号", "控规单元", "管理单元", "单元编码", "控规单元编号", "规划单元", "dybh", "dybm", "kgdybh", "gldybh"] },
    Known { name: "use_code", kind: Kind::Use, zh: "用地代码", en: "use code", unit: None, headings: &["usecode", "用地代码", "用地性质代码", "用地分类代码", "用地类别代码", "用地编码", "地类编码", "用地用海代码", "规划用地代码", "用地代号", "地类代码", "yddm", "ydxzdm", "ydfldm", "dlbm", "ydyhfldm", "ghyddm"] },
    Known { name: "use_name_zh", kind: Kind::Text, zh: "用地性质", en: "land use (Chinese)", unit: None, headings: &["usenamezh", "用地性质", "用地名称", "用地性质名称", "用地类别", "用地分类", "规划用地性质", "土地用途", "地类名称", "用地类型", "用地用海分类", "ydxz", "ydmc", "ydxzmc", "dlmc", "ghydxz"] },
    Known { name: "use_name_en", kind: Kind::Text, zh: "用地性质（英文）", en: "land use (English)", unit: None, headings: &["usenameen", "landuse"] },
    Known { name: "area_m2", kind: Kind::Area, zh: "用地面积", en: "area", unit: Some("m2"), headings: &["aream2", "地块面积", "用地面积", "面积", "宗地面积", "规划用地面积", "总用地面积", "占地面积", "area", "dkmj", "ydmj", "mj", "zdmj", "areaha", "areamu"] },
    Known { name: "far", kind: Kind::Number, zh: "容积率", en: "floor area ratio", unit: Some("1"), headings: &["far", "容积率", "容积率上限", "最大容积率", "rjl", "rjlsx"] },
    Known { name: "density", kind: Kind::Share, zh: "建筑密度", en: "building density", unit: Some("1"), headings: &["density", "建筑密度", "建筑密度上限", "密度", "建筑系数", "jzmd", "jzmdsx"] },
    Known { name: "green_ratio", kind: Kind::Share, zh: "绿地率", en: "green ratio", unit: Some("1"), headings: &["greenratio", "绿地率", "绿地率下限", "绿化率", "ldl", "lhl", "ldlxx"] },
    Known { name: "height_m", kind: Kind::Number, zh: "限高", en: "height limit", unit: Some("m"), headings: &["heightm", "建筑限高", "建筑高度", "建筑高度控制", "建筑控制高度", "限高", "控制高度", "高度", "jzxg", "jzgd", "xg"] },
    Known { name: "status", kind: Kind::Status, zh: "状态", en: "status", unit: None, headings: &["status", "状态", "建设状态", "建设情况", "开发状态", "地块状态", "现状", "jszt", "zt"] },
    Known { name: "supply_mode", kind: Kind::Text, zh: "供应方式", en: "supply mode", unit: None, headings: &["supplymode", "供应方式", "供地方式", "出让方式", "gyfs", "gdfs"] },
    Known { name: "year", kind: Kind::Year, zh: "年份", en: "year", unit: None, headings: &["year", "年份", "年度", "建成年份", "nf", "nd"] },
    Known { name: "valid_from", kind: Kind::Date, zh: "起始日期", en: "valid from", unit: None, headings: &["validfrom", "起始日期", "批准日期", "批复日期", "批复时间", "开始日期", "pfrq", "pzrq", "qsrq"] },
    Known { name: "valid_to", kind: Kind::Date, zh: "截止日期", en: "valid to", unit: None, headings: &["validto", "截止日期", "终止日期", "结束日期", "jzrq", "zzrq"] },
    Known { name: "basis", kind: Kind::Basis, zh: "位置依据", en: "basis of the position", unit: None, headings: &["basis", "位置依据"] },
    Known { name: "accuracy_m", kind: Kind::Whole, zh: "位置精度", en: "positional accuracy", unit: Some("m"), headings: &["accuracym", "位置精度"] },
    Known { name: "synthetic", kind: Kind::Flag, zh: "虚拟", en: "made up", unit: None, headings: &["synthetic", "是否虚拟"] },
    Known { name: "confidence", kind: Kind::Text, zh: "可信度", en: "confidence", unit: None, headings: &["confidence", "可信度"] },
    Known { name: "source", kind: Kind::Text, zh: "来源", en: "source", unit: None, headings: &["source", "来源", "数据来源", "sjly"] },
    Known { name: "note", kind: Kind::Text, zh: "说明", en: "note", unit: None, headings: &["note", "备注", "说明", "bz", "remark", "memo"] },
];

/// Words for how the position of a feature is known (geodata/README.md).
pub(super) const BASES: &[&str] =
    &["surveyed", "authoritative", "digitised", "osm", "gazetteer", "interpreted", "synthetic"];

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
    bare.chars().filter(|c| c.is_alphanumeric() || *c == '°').flat_map(char::to_lowercase).collect()
}

/// Headings that stand for a field where no other does.
const WEAK: &[&str] = &["编号"];

/// A heading without the unit that stands behind it after a sign, as in 面积/亩 and `area_ha`, or right after a Chinese
/// word, as in 限高m.
pub(super) fn without_unit(heading: &str) -> Option<String> {
    let folded = narrowed(heading).to_lowercase();
    let (at, sign) = folded.char_indices().rfind(|(_, c)| matches!(c, '/' | ':' | '_' | ',' | ' ')).unzip();
    if let Some((at, sign)) = at.zip(sign)
        && let unit = &folded[at + sign.len_utf8()..]
        // 面积/户 is no area with a unit.
        && (named_unit(unit).is_some() || ["m", "米", "%", "层"].contains(&unit))
    {
        return Some(plain(&folded[..at])).filter(|bare| !bare.is_empty());
    }
    let bare =
        |unit: &&str| folded.strip_suffix(*unit).filter(|bare| bare.ends_with(|c: char| !c.is_ascii()));
    ["hm²", "hm2", "m²", "m2", "㎡", "ha", "m", "公顷"].iter().find_map(bare).map(plain)
}

/// Does a text name a unit, or what stands below a heading as its measure, and nothing else?
pub(super) fn is_measure(text: &str) -> bool {
    const OTHERS: &[&str] = &["%", "‰", "m", "米", "层", "个", "人", "户", "年", "元", "万元", "-", "—", "/"];
    let folded = narrowed(text).trim().to_lowercase();
    let bare = folded.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')).unwrap_or(&folded);
    let bare = bare.strip_prefix("单位").map_or(bare, |rest| rest.trim_start_matches(':')).trim();
    OTHERS.contains(&bare) || named_unit(bare).is_some()
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

/// Words for the end of what a value may be.
pub(super) const LIMITS: &[&str] = &["上限", "下限", "最大值", "最小值", "最大", "最小"];

/// How well a heading stands for its field: the less, the better.
fn rank(heading: &str) -> u8 {
    const SIGNS: &[&str] = &["≤", "≥", "<", ">"];
    let parts = in_brackets(heading);
    let any = |words: &[&str]| parts.iter().any(|part| words.contains(&part.as_str()));
    if any(FORMER) {
        3
    } else if any(LATTER) {
        1
    } else {
        let is_limit = |part: &str| LIMITS.contains(&part) || SIGNS.contains(&part);
        let is_plain = |part: &String| is_measure(part) || is_limit(part);
        if parts.iter().all(is_plain) { 0 } else { 2 }
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
            !of.is_empty() && !by.is_empty() && named_unit(of).is_none()
        });
        is_ratio
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
fn field_of(heading: &str) -> Option<&'static Known> {
    match fields_of(heading)[..] {
        [only] => Some(only),
        _ => None,
    }
}

/// The known fields that a heading may stand for. Shapefiles cut names after ten bytes: in Latin letters ten, in Chinese
/// three or five; what is left may stand for a land use by its name as well as by its code, and for an area.
fn fields_of(heading: &str) -> Vec<&'static Known> {
    let bare = without_unit(heading);
    // A number tells a heading from another that is the same.
    let first = heading.trim_end_matches(|c: char| c.is_ascii_digit());
    let first = first.strip_suffix(' ').filter(|first| first.len() < heading.len()).map(plain);
    let names: Vec<String> =
        std::iter::once(plain(heading)).chain(bare).chain(first).filter(|name| !name.is_empty()).collect();
    let in_full = |name: &String| KNOWN.iter().find(|known| known.headings.contains(&name.as_str()));
    if let Some(known) = names.iter().find_map(in_full) {
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
const USE_NAME: &str = "use_name_zh";

/// A unit of areas: what it is called, and square metres of it.
pub(super) type Unit = (&'static str, f64);

/// A mu is a fifteenth of a hectare.
pub(super) const UNITS: &[Unit] =
    &[("m2", 1.0), ("ha", 10_000.0), ("mu", 10_000.0 / 15.0), ("km2", 1_000_000.0)];

/// The international acre of 1959, 4840 square yards of 0.9144 m.
const ACRE: Unit = ("acre", 4_046.856_422_4);

/// Units as they are written, small and of half width.
#[rustfmt::skip]
const NAMED: &[(&str, Unit)] = &[
    ("平方公里", UNITS[3]), ("平方千米", UNITS[3]), ("km²", UNITS[3]), ("km2", UNITS[3]), ("k㎡", UNITS[3]), ("㎢", UNITS[3]), ("sqkm", UNITS[3]),
    ("万平方米", UNITS[1]), ("万平米", UNITS[1]), ("万㎡", UNITS[1]), ("万m²", UNITS[1]), ("万m2", UNITS[1]), ("万平方", UNITS[1]), ("万平", UNITS[1]),
    ("公顷", UNITS[1]), ("hm²", UNITS[1]), ("hm2", UNITS[1]), ("h㎡", UNITS[1]), ("ha", UNITS[1]), ("hectare", UNITS[1]), ("hectares", UNITS[1]),
    ("万亩", ("10,000 mu", 100_000_000.0 / 15.0)), ("公亩", ("are", 100.0)), ("英亩", ACRE), ("acre", ACRE), ("acres", ACRE),
    ("市亩", UNITS[2]), ("亩", UNITS[2]), ("亩数", UNITS[2]), ("mu", UNITS[2]),
    ("千平方米", ("1,000 m2", 1000.0)), ("千平米", ("1,000 m2", 1000.0)), ("千㎡", ("1,000 m2", 1000.0)), ("千m²", ("1,000 m2", 1000.0)), ("千m2", ("1,000 m2", 1000.0)),
    ("平方米", UNITS[0]), ("平米", UNITS[0]), ("平方", UNITS[0]), ("㎡", UNITS[0]), ("m²", UNITS[0]), ("m2", UNITS[0]), ("sqm", UNITS[0]),
];

/// The unit that a text is the name of.
fn named_unit(text: &str) -> Option<Unit> {
    NAMED.iter().find(|(name, _)| *name == text).map(|(_, unit)| *unit)
}

/// The unit that a heading names: one in brackets, behind a sign, or at the end of a word. Where it names several, none.
pub(super) fn unit_of(heading: &str) -> Option<Unit> {
    let folded = narrowed(heading).to_lowercase();
    let parts = folded.split(|c: char| !c.is_alphanumeric() && !matches!(c, '²' | '㎡' | '㎢'));
    let mut found = parts.filter_map(|part| named_unit(part).or_else(|| ending_unit(part)));
    let first = found.next()?;
    found.all(|other| other.0 == first.0).then_some(first)
}

/// The unit at the end of a word, as in 面积公顷. What stands before it must not make it another, as ten or a hundred of it.
fn ending_unit(word: &str) -> Option<Unit> {
    let ends = |(name, _): &&(&str, Unit)| {
        word.strip_suffix(name).is_some_and(|before| {
            let last = before.chars().next_back();
            let is_other = |last: char| "十百千万亿公英市台".contains(last);
            last.is_some_and(|last| !(is_other(last) || name.is_ascii() && last.is_ascii_alphanumeric()))
        })
    };
    NAMED.iter().filter(ends).max_by_key(|(name, _)| name.len()).map(|(_, unit)| *unit)
}

/// The unit right behind a number.
fn leading_unit(behind: &str) -> Option<Unit> {
    let begins = |(name, _): &&(&str, Unit)| {
        behind.strip_prefix(name).is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
    };
    NAMED.iter().filter(begins).max_by_key(|(name, _)| name.len()).map(|(_, unit)| *unit)
}

/// What is said of headings that are no known field.
const KEPT: &str = "kept under its own name";
const IN_STOREYS: &str = "kept under its own name: storeys are no metres";
const OF_ANOTHER: &str = "kept under its own name: its brackets say that it measures something else";

const BY_HEADING: &str = "its heading";
const BY_CODES: &str = "its heading, and the codes below it";

/// The field that a heading stands for among the others, if any, and what shows it.
fn meant(
    headings: &[String],
    at: usize,
    held: &dyn Fn(usize) -> Held,
) -> (Option<&'static Known>, &'static str) {
    let found = fields_of(&headings[at]);
    let is_weak = WEAK.contains(&plain(&headings[at]).as_str());
    let has_other = |name: &str, is_better: &dyn Fn(usize) -> bool| {
        let is_it = |other: usize| field_of(&headings[other]).is_some_and(|known| known.name == name);
        (0..headings.len()).any(|other| other != at && is_better(other) && is_it(other))
    };
    let code = || (KNOWN.iter().find(|known| known.name == USE_CODE), BY_CODES);
    match found[..] {
        [only] if only.name == "height_m" && is_in_storeys(&headings[at]) => (None, IN_STOREYS),
        [only] if is_of_another(only, &headings[at]) => (None, OF_ANOTHER),
        [only] if is_weak && has_other(only.name, &|_| true) => (None, KEPT),
        // A column of codes is one whatever it is called, unless another is called so.
        [only] if only.name == USE_NAME && held(at) == Held::Codes && !has_other(USE_CODE, &|_| true) => {
            code()
        }
        // Of two that are called the same, the empty one gives way.
        [only]
            if held(at) == Held::Nothing && has_other(only.name, &|other| held(other) != Held::Nothing) =>
        {
            (None, KEPT)
        }
        [only] => (Some(only), BY_HEADING),
        [_, _, ..] if held(at) == Held::Codes => code(),
        [_, _, area] if held(at) == Held::Numbers => (Some(area), BY_HEADING),
        [_, name, ..] => (Some(name), BY_HEADING),
        [] => (None, KEPT),
    }
}

/// Of two headings of one field that differ in what their brackets or years say, which is taken.
fn by_brackets(known: &Known, taken: &str, other: &str) -> Option<String> {
    let bare = |heading: &str| plain(heading).trim_end_matches(|c: char| c.is_ascii_digit()).to_owned();
    let is_numbered = other.strip_prefix(taken).is_some_and(|rest| rest.trim().parse::<u8>().is_ok());
    (bare(taken) == bare(other) && taken != other && !is_numbered).then(|| {
        format!(
            "{taken:?} and {other:?} both stand for {name}; {taken:?} is taken, --map {name}={other} takes the other",
            name = known.name
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
    pub name: String,
    pub by: &'static str,
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
    /// Headings of shares that are written in per cent.
    pub percent: Vec<usize>,
    /// Headings of numbers with decimal commas, and whether the whole column is written so.
    pub decimal: Vec<(usize, bool)>,
}

impl Writing {
    /// How the values of a heading are read in a row.
    pub(super) fn ways(&self, heading: usize, row: &Row) -> Ways {
        let decimal = self.decimal.iter().find(|(of, _)| *of == heading);
        Ways {
            unit: self.unit.as_ref().map(|(unit, _)| *unit),
            is_percent: self.percent.contains(&heading) && !row.percent.contains(&heading),
            is_decimal: decimal.is_some(),
            is_told: decimal.is_some_and(|(_, is_whole)| *is_whole),
        }
    }
}

/// What the rows that were looked at hold below a heading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Held {
    Nothing,
    /// Codes of land uses, all of them.
    Codes,
    Numbers,
    Others,
}

impl Mapping {
    /// Guesses fields from headings and what is held below them; what the operator says (`field=heading`) comes first, an
    /// empty heading leaves it out.
    pub(super) fn guess(
        headings: &[String],
        wanted: &[(String, String)],
        held: &dyn Fn(usize) -> Held,
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
        let guesses: Vec<_> = (0..headings.len()).map(|at| meant(headings, at, held)).collect();
        // Of several headings of one field that which says the least beside it stands for it, of such the first.
        let best = |name: &str| {
            let is_it = |at: &usize| {
                !taken.contains_key(at) && guesses[*at].0.is_some_and(|known| known.name == name)
            };
            (0..headings.len()).filter(is_it).min_by_key(|&at| (rank(&headings[at]), at))
        };
        for (at, heading) in headings.iter().enumerate() {
            let (name, by) = match (taken.get(&at), guesses[at]) {
                (Some(field), _) => (*field, "--map"),
                (None, _) if OF_PROGRAMS.contains(&plain(heading).as_str()) => {
                    mapping.left_out.push((at, "a field that programs add for themselves"));
                    continue;
                }
                (None, (Some(known), by)) if !is_taken(known.name) => match best(known.name) {
                    Some(best) if best != at => {
                        mapping.told.extend(by_brackets(known, &headings[best], heading));
                        (heading.as_str(), KEPT)
                    }
                    _ => (known.name, by),
                },
                (None, (None, by)) => (heading.as_str(), by),
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
            } else if by == BY_CODES {
                mapping.told.push(format!("{heading:?} holds codes of land uses, not their names; read so"));
            }
            let mut name = name.to_owned();
            let is_kept = [KEPT, IN_STOREYS, OF_ANOTHER].contains(&by);
            while mapping.fields.iter().any(|field| field.name == name) || is_kept && is_taken(&name) {
                name.push_str("_2");
            }
            let known = KNOWN.iter().position(|known| known.name == name);
            mapping.fields.push(Mapped { heading: at, known, name, by });
        }
        Ok(mapping)
    }

    /// Headings that keep their own names because another is that known field already, with the other.
    pub(super) fn rivals(&self, headings: &[String]) -> Vec<(usize, usize)> {
        let kept = self.fields.iter().filter(|field| field.by == KEPT);
        kept.filter_map(|field| {
            Some((field.heading, self.heading_of(field_of(&headings[field.heading])?.name)?))
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

/// What became of a value.
#[derive(Debug, PartialEq)]
pub(super) enum Made {
    Value(Cell),
    /// Taken, and changed in a way that is to be told.
    Changed(Cell, String),
    /// Not understood: the field is null and the text is kept in the note.
    Lost(String),
}

/// A number of a cell as it is written.
pub(super) fn written_in(cell: &Cell, is_decimal: bool) -> Option<Written> {
    match cell {
        Cell::Text(text) => written(text, is_decimal),
        other => other.as_number().map(|value| Written {
            value,
            is_limit: false,
            commas: None,
            has_decimal_comma: false,
            behind: String::new(),
        }),
    }
}

/// How the values of a field are read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ways {
    /// Of areas that state none.
    pub unit: Option<Unit>,
    /// Of shares: they are written in per cent.
    pub is_percent: bool,
    /// A comma that may mean either is one of decimals.
    pub is_decimal: bool,
    /// Of the whole column it is told that its commas are those of decimals.
    pub is_told: bool,
}

/// A day as people write it: 2026-05-01, 2026/5/1, 2026.5.1, 2026年5月1日, 20260501.
fn date_of(text: &str) -> Option<Date> {
    let folded = narrowed(text);
    let first = folded.split(['T', ' ']).next()?;
    let parts: Vec<&str> =
        first.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let whole = |part: &str| part.parse::<u32>().ok();
    let (year, month, day) = match parts[..] {
        [all] if all.len() == 8 => (whole(&all[..4])?, whole(&all[4..6])?, whole(&all[6..])?),
        [year, month, day] if year.len() == 4 => (whole(year)?, whole(month)?, whole(day)?),
        _ => return None,
    };
    Date::parse(&format!("{year:04}-{month:02}-{day:02}"))
}

/// A day that is not written in full, and how it is understood: a month, or the days that workbooks count.
fn other_date_of(cell: &Cell) -> Option<(Date, &'static str)> {
    /// Days that workbooks count before 1970.
    const BEFORE_1970: i32 = 25_569;
    let shown = narrowed(&cell.shown());
    if let Some(days) = shown.parse().ok().filter(|days| (20_000..80_000).contains(days)) {
        return Some((Date::from_days(days - BEFORE_1970), "the day that workbooks count so"));
    }
    let Cell::Text(_) = cell else { return None };
    let parts: Vec<&str> =
        shown.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    match parts[..] {
        [year, month] if year.len() == 4 && month.len() <= 2 => {
            Some((Date::parse(&format!("{year}-{month:0>2}-01"))?, "the first day of the month"))
        }
        _ => None,
    }
}

/// Words of states, as files have them.
const STATES: &[(&str, &[&str])] = &[
    ("built", &["built", "已建", "建成", "已建成", "现状", "已建设", "竣工", "建成区"]),
    ("under-construction", &["underconstruction", "在建", "建设中", "施工", "已开工"]),
    ("idle", &["idle", "闲置", "空置", "空闲", "未利用", "闲置地"]),
    ("planned", &["planned", "规划", "未建", "拟建", "待建", "规划中", "储备", "待出让"]),
];

/// Is a text one that stands for no value of a field?
pub(super) fn is_nothing(kind: Kind, cell: &Cell) -> bool {
    const ALWAYS: &[&str] =
        &["-", "--", "—", "——", "–", "/", "\\", "null", "nan", "nat", "none", "n/a", "#n/a", "<null>"];
    let Cell::Text(text) = cell else { return false };
    let folded = narrowed(text).trim().to_lowercase();
    // 无 says something in a remark, and nothing where a number belongs.
    ALWAYS.contains(&folded.as_str()) || kind != Kind::Text && ["无", "暂无", "空"].contains(&folded.as_str())
}

/// A value of a known field.
pub(super) fn made(kind: Kind, cell: &Cell, ways: Ways) -> Made {
    if *cell == Cell::Null || is_nothing(kind, cell) {
        return Made::Value(Cell::Null);
    }
    let shown = cell.shown();
    let lost = |expected: &str| Made::Lost(format!("{:?} is no {expected}", cut(&shown)));
    let read = written_in(cell, ways.is_decimal);
    let number = |units: &[&str], factor: f64, digits: f64| match &read {
        Some(read) if !units.contains(&read.behind.as_str()) => lost("number"),
        Some(read) => number(read, cut(&shown).as_str(), ways, factor, digits),
        None => lost("number"),
    };
    match kind {
        Kind::Text => Made::Value(match cell {
            Cell::Text(_) | Cell::Json(_) => cell.clone(),
            other => Cell::Text(other.shown()),
        }),
        Kind::Use => Made::Value(Cell::Text(shown)),
        Kind::Area => {
            let behind = read.as_ref().map_or("", |read| &read.behind);
            match (leading_unit(behind), ways.unit) {
                (Some(own), unit) => {
                    let made = number(&[behind], own.1, 100.0);
                    if unit == Some(own) {
                        made
                    } else {
                        and_told(made, format!("{:?} states its unit, read in {}", cut(&shown), own.0))
                    }
                }
                (None, Some((_, factor))) => number(&[""], factor, 100.0),
                (None, None) => Made::Lost(format!("{:?} has no known unit", cut(&shown))),
            }
        }
        Kind::Share => {
            let is_percent = ways.is_percent || shown.ends_with(['%', '％']);
            match number(&["", "%"], if is_percent { 0.01 } else { 1.0 }, 1e6) {
                Made::Value(value) | Made::Changed(value, _)
                    if value.as_number().is_some_and(|share| share > 1.0) =>
                {
                    lost("share of one or per cent")
                }
                made => made,
            }
        }
        Kind::Number => number(METRES, 1.0, 1e6),
        Kind::Whole | Kind::Year => match read {
            Some(Written { value, behind, .. })
                if value.fract() == 0.0
                    && (behind == "年" || METRES.contains(&behind.as_str()))
                    && (kind == Kind::Whole || (1900.0..=2100.0).contains(&value)) =>
            {
                Made::Value(Cell::number(value))
            }
            _ => match (kind, cell) {
                (Kind::Year, Cell::Date(day)) => year_of(*day),
                (Kind::Year, Cell::Text(text)) => date_of(text).map_or_else(|| lost("year"), year_of),
                _ => lost(if kind == Kind::Year { "year" } else { "whole number" }),
            },
        },
        Kind::Date => match cell {
            Cell::Date(_) => Made::Value(cell.clone()),
            _ => match (date_of(&shown), other_date_of(cell)) {
                (Some(day), _) => Made::Value(Cell::Date(day)),
                (None, Some((day, how))) => {
                    Made::Changed(Cell::Date(day), format!("{:?} is read as {day}, {how}", cut(&shown)))
                }
                (None, None) => lost("date such as 2026-05-01"),
            },
        },
        Kind::Status => {
            let own = plain(&shown);
            match STATES.iter().find(|(_, words)| words.contains(&own.as_str())) {
                Some((state, _)) => Made::Value(Cell::Text((*state).to_owned())),
                None => Made::Changed(
                    Cell::Text(shown.clone()),
                    format!(
                        "the state {:?} is none of built, under-construction, idle, planned; kept as it is",
                        cut(&shown)
                    ),
                ),
            }
        }
        Kind::Flag => match (cell, plain(&shown).as_str()) {
            (Cell::Bool(_), _) => Made::Value(cell.clone()),
            (_, "true" | "t" | "yes" | "y" | "1" | "是") => Made::Value(Cell::Bool(true)),
            (_, "false" | "f" | "no" | "n" | "0" | "否") => Made::Value(Cell::Bool(false)),
            _ => lost("yes or no"),
        },
        Kind::Basis if BASES.contains(&shown.as_str()) => Made::Value(cell.clone()),
        Kind::Basis => lost(&format!("basis: expected one of {}", BASES.join(", "))),
    }
}

/// What may stand behind a number that has no unit, or is in metres.
const METRES: &[&str] = &["", "米", "m"];

fn number(read: &Written, shown: &str, ways: Ways, factor: f64, digits: f64) -> Made {
    if read.value < 0.0 {
        return Made::Lost(format!("{shown:?} is no number from 0 on"));
    }
    let mut made = Made::Value(Cell::number((read.value * factor * digits).round() / digits));
    if read.is_limit {
        made = and_told(made, format!("the limit {shown:?} is read as its number"));
    }
    if read.has_decimal_comma && !ways.is_told {
        made = and_told(made, format!("the comma of {shown:?} is read as that of decimals"));
    }
    made
}

/// The same, with one thing more to tell.
fn and_told(made: Made, reason: String) -> Made {
    match made {
        Made::Value(value) => Made::Changed(value, reason),
        Made::Changed(value, before) => Made::Changed(value, format!("{before}; {reason}")),
        Made::Lost(_) => made,
    }
}

/// Why a share is odd among those that are written in per cent.
pub(super) fn odd_share(cell: &Cell, ways: Ways) -> Option<String> {
    let read = written_in(cell, ways.is_decimal).filter(|_| ways.is_percent)?;
    (read.behind.is_empty() && 0.0 < read.value && read.value < 1.0).then(|| {
        let shown = cut(&cell.shown());
        format!("{shown} stands among numbers in per cent and looks like a share; taken as {shown} %")
    })
}

fn year_of(day: Date) -> Made {
    let text = day.to_string();
    Made::Value(text[..4].parse().map_or(Cell::Null, Cell::Integer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_headings_of_one_field_the_plainest_stands_for_it() {
        let taken = |headings: &[&str], field: &str| {
            let headings: Vec<String> = headings.iter().map(|&heading| heading.to_owned()).collect();
            let mapping = Mapping::guess(&headings, &[], &|_| Held::Others).expect("a mapping");
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
            (&["容积率（现状）"], "far", Some("容积率（现状）"), 0),
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
        ] {
            assert_eq!(field(heading), Some(name), "{heading}");
        }
    }

    #[test]
    fn what_stands_below_decides_between_headings() {
        let guess = |headings: &[&str], held: &[Held]| {
            let headings: Vec<String> = headings.iter().map(|heading| (*heading).to_owned()).collect();
            let mapping = Mapping::guess(&headings, &[], &|at| held[at]).expect("a mapping");
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

    #[test]
    fn units_are_read_from_headings() {
        let unit = |heading: &str| unit_of(heading).map(|unit| unit.0);
        assert_eq!(unit("地块面积（公顷）"), Some("ha"));
        assert_eq!(unit("面积(万平方米)"), Some("ha"));
        assert_eq!(unit("面积/亩"), Some("mu"));
        assert_eq!(unit("用地面积（㎡）"), Some("m2"));
        assert_eq!((unit("area_ha"), unit("dkmj")), (Some("ha"), None));
        assert_eq!(unit("用地面积公顷"), Some("ha"));
        let metres = |heading: &str| unit_of(heading).map(|unit| unit.1.round());
        for (heading, want) in [
            ("用地面积(万平米)", 10_000.0),
            ("用地面积(k㎡)", 1_000_000.0),
            ("用地面积（千平方米）", 1000.0),
            ("用地面积(公亩)", 100.0),
            ("用地面积(英亩)", 4047.0),
            // 10,000 mu are 666.67 ha.
            ("用地面积（万亩）", 6_666_667.0),
            ("面积（单位：平方米）", 1.0),
        ] {
            assert_eq!(metres(heading), Some(want), "{heading}");
        }
        for heading in ["面积（百亩）", "面积（公顷/亩）", "亩均产值", "面积（平方丈）"]
        {
            assert_eq!(unit(heading), None, "{heading}");
        }
    }

    #[test]
    fn values_become_those_of_the_field() {
        let made = |kind: Kind, cell: &Cell, unit: Option<Unit>, is_percent: bool| {
            made(kind, cell, Ways { unit, is_percent, ..Ways::default() })
        };
        let text = |text: &str| Cell::text(text);
        let mu = Some(UNITS[2]);
        // 15 mu are a hectare.
        assert_eq!(made(Kind::Area, &text("15"), mu, false), Made::Value(Cell::Integer(10_000)));
        assert!(matches!(made(Kind::Area, &text("15"), None, false), Made::Lost(_)));
        // A unit in the cell comes before that of its column.
        for (written, metres) in [
            ("1.5公顷", 15_000),
            ("2.5万平方米", 25_000),
            ("0.25万㎡", 2500),
            ("500㎡", 500),
            ("500 平方米", 500),
            ("0.5km²", 500_000),
            ("0.5平方公里", 500_000),
            ("2ha", 20_000),
            ("20806平方米（31.21亩）", 20_806),
            ("2公亩", 200),
        ] {
            for column in [mu, None] {
                let Made::Changed(value, told) = made(Kind::Area, &text(written), column, false) else {
                    panic!("{written} is not told")
                };
                assert!(
                    value == Cell::Integer(metres) && told.contains("states its unit"),
                    "{written}: {told}"
                );
            }
        }
        assert_eq!(made(Kind::Area, &text("15亩"), mu, false), Made::Value(Cell::Integer(10_000)));
        for other in ["15米", "15元/平方米", "15百亩"] {
            assert!(matches!(made(Kind::Area, &text(other), mu, false), Made::Lost(_)), "{other}");
        }
        for nothing in ["—", "/", "-", "无", "NULL", "nan"] {
            assert_eq!(made(Kind::Number, &text(nothing), None, false), Made::Value(Cell::Null), "{nothing}");
        }
        assert_eq!(made(Kind::Text, &text("无"), None, false), Made::Value(text("无")), "a remark");
        assert!(matches!(
            made(Kind::Number, &text("1,17"), None, false),
            Made::Changed(Cell::Real(value), _) if value == 1.17
        ));
        assert_eq!(made(Kind::Share, &text("35%"), None, false), Made::Value(Cell::Real(0.35)));
        assert_eq!(made(Kind::Share, &Cell::Integer(35), None, true), Made::Value(Cell::Real(0.35)));
        assert!(matches!(made(Kind::Share, &Cell::Integer(35), None, false), Made::Lost(_)));
        assert!(
            matches!(made(Kind::Number, &text("≤2.5"), None, false), Made::Changed(Cell::Real(value), _) if value == 2.5)
        );
        assert!(matches!(made(Kind::Number, &text("1.0-2.5"), None, false), Made::Lost(_)));
        assert_eq!(made(Kind::Number, &text("80米"), None, false), Made::Value(Cell::Integer(80)));
        let may = Made::Value(Cell::Date(Date::parse("2026-05-01").unwrap()));
        for written in ["2026-05-01", "2026/5/1", "2026年5月1日", "20260501", "2026.5.1"] {
            assert_eq!(made(Kind::Date, &text(written), None, false), may, "{written}");
        }
        assert!(matches!(made(Kind::Date, &text("2026-13-01"), None, false), Made::Lost(_)));
        let read = |cell: &Cell| match made(Kind::Date, cell, None, false) {
            Made::Changed(Cell::Date(day), told) => (day.to_string(), told),
            other => panic!("{other:?}"),
        };
        // The first of January 1970 is day 25,569 of a workbook; 53 years with 13 leap days follow.
        assert_eq!(read(&Cell::Integer(25_569 + 53 * 365 + 13)).0, "2023-01-01");
        assert_eq!(read(&text("44927")).0, "2023-01-01");
        let (day, told) = read(&text("2023年5月"));
        assert!(day == "2023-05-01" && told.contains("the first day of the month"), "{told}");
        assert!(matches!(made(Kind::Date, &text("2023年13月"), None, false), Made::Lost(_)));
        assert_eq!(made(Kind::Status, &text("闲置"), None, false), Made::Value(text("idle")));
        assert_eq!(made(Kind::Year, &text("2021年"), None, false), Made::Value(Cell::Integer(2021)));
    }
}
