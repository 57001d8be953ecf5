//! Rows to features: values of fields, codes, areas, ids.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};

use xxhash_rust::xxh3::xxh3_64;

use super::mapping::{self, Mapping};
use super::place::place;
use super::report::Fate;
use super::row::{Cell, Row, cut};
use super::value::{self, Kind, Made};
use super::{Intake, cell_of};
use crate::catalog::Catalog;
use crate::geometry::{Bounds, Crs, GeometryRef, stored_area_m2};
use crate::model::{Layer, narrowed};
use crate::render::View;
use crate::render::geojson::{FeatureWriter, nullable_geometry, number, string};

/// How far a stated area may be from the measured one without a word: a share, and square metres.
const AREA_SHARE: f64 = 0.02;
const AREA_M2: f64 = 10.0;

/// What is told of one row: its fate, the kind of flaw, the reason.
type Tale = (Fate, &'static str, String);

/// Makes features of rows.
pub(super) struct Maker<'a> {
    pub(super) intake: &'a Intake,
    /// Digests of the ids so far.
    pub(super) seen: HashSet<u64>,
    /// The last number that was put behind an id that came before, by the hash of the id.
    counts: HashMap<u64, u32>,
    pub(super) is_first: bool,
    /// The last feature, as it is written.
    pub(super) text: Vec<u8>,
    /// The last number among the ids that the collection has of rows without a number, by file.
    numbered: Vec<u64>,
    sums: Sums,
}

/// The areas of the rows so far, as rows of totals repeat them.
#[derive(Debug, Default)]
struct Sums {
    all: Sum,
    /// Since the last total.
    group: Sum,
}

#[derive(Debug, Default)]
struct Sum {
    rows: u64,
    area: f64,
}

impl Sum {
    fn add(&mut self, area: f64) {
        self.rows += 1;
        self.area += area;
    }

    /// Is an area the sum, but for the rounding of it and of the rows?
    fn is(&self, area: f64) -> bool {
        const OF_ROWS: f64 = 1e-3;
        let shown = area.to_string();
        let digits = shown.split_once('.').map_or(0, |(_, digits)| digits.len());
        let own = 0.5 * 10_f64.powi(-i32::try_from(digits).unwrap_or(i32::MAX));
        self.rows > 1 && area > 0.0 && (area - self.area).abs() <= own + OF_ROWS * area
    }
}

pub(super) struct Feature {
    pub(super) id: String,
    pub(super) window: Option<Bounds>,
    /// It says of itself that it is made up.
    pub(super) is_made_up: bool,
    pub(super) has_area: bool,
}

impl<'a> Maker<'a> {
    pub(super) fn new(intake: &'a Intake) -> Self {
        let layer = intake.existing().filter(|_| intake.order.append);
        let last = |file| {
            let begin = numbered(file);
            let number = |ix| layer?.ids().get(ix).to_string().strip_prefix(&begin)?.parse().ok();
            layer.into_iter().flat_map(Layer::positions).filter_map(number).max().unwrap_or_default()
        };
        let numbered = (0..intake.files.len()).map(last).collect();
        Self {
            intake,
            seen: HashSet::new(),
            counts: HashMap::new(),
            is_first: true,
            text: Vec::new(),
            numbered,
            sums: Sums::default(),
        }
    }

    /// Writes the head of the collection, and what it keeps of before.
    pub(super) fn begin(&mut self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(b"{\"type\":\"FeatureCollection\",\"features\":[")?;
        if let Some(layer) = self.intake.existing().filter(|_| self.intake.order.append) {
            let writer = FeatureWriter::new(layer, View::whole(layer, Crs::Crs84));
            for ix in layer.positions() {
                self.text.clear();
                writer.feature(&mut self.text, layer, ix);
                self.put(out)?;
            }
        }
        Ok(())
    }

    pub(super) fn put(&mut self, out: &mut impl Write) -> io::Result<()> {
        out.write_all(if std::mem::take(&mut self.is_first) { b"\n" } else { b",\n" })?;
        out.write_all(&self.text)
    }

    /// Makes a feature of a row; `None` for one that is refused, of which the findings tell.
    pub(super) fn feature(&mut self, file: usize, row: &Row, findings: &mut Vec<Tale>) -> Option<Feature> {
        let Intake { order, mapping, files, .. } = self.intake;
        if let Some(reason) = &row.fault {
            findings.push((Fate::Refused, "cannot be read", reason.clone()));
            return None;
        }
        if let Some((kind, reason)) = self.no_parcel(file, row).or_else(|| self.total_of(row)) {
            if kind == TOTALS {
                self.sums.group = Sum::default();
            }
            findings.push((Fate::Refused, kind, reason));
            return None;
        }
        findings.extend(
            row.repaired.iter().map(|reason| (Fate::Repaired, "repaired on reading", reason.clone())),
        );
        let placed = match place(&row.figures, &files[file].reading) {
            Ok(placed) => placed,
            Err((kind, reason)) => {
                findings.push((Fate::Refused, kind, reason));
                return None;
            }
        };
        findings.extend(placed.repaired.into_iter().map(|(kind, reason)| (Fate::Repaired, kind, reason)));
        findings.extend(placed.noted.into_iter().map(|(kind, reason)| (Fate::Noted, kind, reason)));
        let shape = placed.array.as_ref().and_then(|array| array.get(0));
        let lang = self.intake.catalog.as_ref().map(Catalog::lang).unwrap_or_default();
        let (mut values, mut kept) = self.values(file, row, findings);
        kept.extend(self.settle_use(&mut values, findings));
        settle_area(&mut values, shape, mapping, findings);
        fill(&mut values, "basis", order.basis.as_ref().map(|basis| Cell::Text(basis.clone())));
        fill(
            &mut values,
            "accuracy_m",
            order.accuracy_m.filter(|_| shape.is_some()).map(|metres| Cell::Integer(metres.into())),
        );
        fill(&mut values, "source", Some(Cell::Text(self.intake.source())));
        if !kept.is_empty() {
            let note = text_of(&values, "note");
            put(
                &mut values,
                "note",
                Cell::Text(note.into_iter().chain(kept).collect::<Vec<_>>().join(lang.pick("；", "; "))),
            );
        }
        let window = shape.and_then(GeometryRef::window);
        if let Some(window) = window.filter(|at| files[file].reading.is_astray(*at)) {
            findings.push((
                Fate::Noted,
                "a position far from the others",
                format!(
                    "lies at {}, {} degrees, far from the data of the folder, where the others lie",
                    window.west, window.south
                ),
            ));
        }
        if shape.is_none() {
            findings.push((
                Fate::Noted,
                "no position",
                "has no geometry; it is listed and counted, and on no map".to_owned(),
            ));
        }
        let id = self.settle_id(&mut values, file, row, window, findings)?;
        fill(&mut values, "synthetic", Some(Cell::Bool(false)));
        let is_made_up = values.iter().any(|(name, cell)| match name.as_str() {
            "synthetic" => *cell == Cell::Bool(true),
            "basis" => *cell == Cell::Text("synthetic".to_owned()),
            _ => false,
        });
        let has_area = values.iter().any(|(name, cell)| name == "area_m2" && *cell != Cell::Null);
        self.write(&id, &values, placed.array.as_ref());
        Some(Feature { id, window, is_made_up, has_area })
    }

    /// The values of a row by their fields, and what is kept for the note of those that are not understood.
    fn values(&self, file: usize, row: &Row, findings: &mut Vec<Tale>) -> (Vec<(String, Cell)>, Vec<String>) {
        let mapping = &self.intake.mapping;
        let mut values: Vec<(String, Cell)> = Vec::new();
        let mut kept = Vec::new();
        for field in &mapping.fields {
            let writing = &mapping.writing[file];
            let cell = cell_of(row, field.heading).filter(|_| !writing.left_out.contains(&field.heading));
            let (cell, ways) = (cell.unwrap_or(&Cell::Null), writing.ways(field.heading, row));
            if field.kind() == Some(Kind::Share)
                && let Some(reason) = value::odd_share(cell, ways)
            {
                findings.push((Fate::Noted, "a share among per cent", format!("{}: {reason}", field.name)));
            }
            let value = match field.value(cell, ways) {
                Made::Value(value) => value,
                Made::Changed(value, reason) => {
                    findings.push((
                        Fate::Repaired,
                        "a value read another way",
                        format!("{}: {reason}", field.name),
                    ));
                    value
                }
                Made::Lost(reason) => {
                    findings.push((
                        Fate::Repaired,
                        "a value that is not understood",
                        format!("{}: {reason}; left unknown, kept in the note", field.name),
                    ));
                    // In the words of the file, whose language no option tells.
                    let own = field.known.map(|_| &self.intake.headings.names()[field.heading]);
                    kept.push(format!("{}: {}", own.unwrap_or(&field.name), cell.shown()));
                    Cell::Null
                }
            };
            values.push((field.name.clone(), value));
        }
        (values, kept)
    }

    /// Why a row without position is no parcel, by the word it begins with or has for a number.
    fn no_parcel(&self, file: usize, row: &Row) -> Option<(&'static str, String)> {
        if !row.figures.is_empty() {
            return None;
        }
        let mapping = &self.intake.mapping;
        let is_taken = |heading: usize| mapping.fields.iter().any(|field| field.heading == heading);
        let first = row.cells.iter().find(|(heading, cell)| *cell != Cell::Null && is_taken(*heading));
        let first = first.map(|(_, cell)| cell);
        let names =
            ["parcel_no", "name_zh"].iter().filter_map(|name| cell_of(row, mapping.heading_of(name)?));
        let is_alone = row.cells.iter().filter(|(_, cell)| *cell != Cell::Null).count() == 1;
        let survey = &self.intake.files[file].survey;
        // A number of a parcel may stand alone, too.
        let is_title = |text: &str| {
            is_alone
                && mapping.fields.len() > 2
                && survey.places.len() * 2 >= survey.readable
                && text.contains(|c: char| c.is_alphabetic() && !c.is_ascii())
        };
        first.into_iter().chain(names).find_map(|cell| {
            let Cell::Text(text) = cell else { return None };
            let is_remark = is_alone && text.starts_with(['*', '＊', '※']);
            let kind = match kind_of_word(text) {
                _ if is_remark => "a note",
                Some(kind) => kind,
                None if is_title(text) => "a title",
                None => return None,
            };
            Some((
                kind,
                format!("{:?} stands where the name of a parcel would, and it has no position", cut(text)),
            ))
        })
    }

    /// Why a row that has neither position nor name is no parcel: its area is the sum of those above, which have.
    fn total_of(&mut self, row: &Row) -> Option<(&'static str, String)> {
        let mapping = &self.intake.mapping;
        let area = cell_of(row, mapping.heading_of("area_m2")?)?.as_number()?;
        let names =
            ["id", "parcel_no", "name_zh", "name_en"].iter().filter_map(|name| mapping.heading_of(name));
        let has_name = names.filter_map(|at| cell_of(row, at)).any(|cell| *cell != Cell::Null);
        if !row.figures.is_empty() || has_name {
            self.sums.all.add(area);
            self.sums.group.add(area);
            return None;
        }
        let Sums { all, group } = &self.sums;
        (all.is(area) || group.is(area)).then(|| {
            (
                TOTALS,
                format!("its area {area} is the sum of those above, and it has neither name nor position"),
            )
        })
    }

    /// Names from codes, codes from names. What a code leaves out of the text it stands in is handed back for the note.
    fn settle_use(&self, values: &mut Vec<(String, Cell)>, findings: &mut Vec<Tale>) -> Option<String> {
        let (mut code, mut name) = (text_of(values, "use_code"), text_of(values, "use_name_zh"));
        // Among names some are codes.
        let is_code = |name: &String| code.is_none() && self.intake.uses.is_written_as_code(name);
        if let Some(own) = name.take_if(|name| is_code(name)) {
            put(values, "use_name_zh", Cell::Null);
            code = Some(own);
        }
        let written = code.clone().or_else(|| name.clone())?;
        let found = self.intake.uses.find(&written, self.intake.order.national_codes);
        if !found.is_known && code.is_none() {
            findings.push((
                Fate::Noted,
                "a land use without code",
                format!("{written:?} is no name of a known land use; its code is left unknown"),
            ));
            return None;
        }
        let left = found.left_out.filter(|_| code.is_some());
        if !found.is_known {
            findings.push((
                Fate::Noted,
                "an unknown code of a land use",
                format!(
                    "{written:?} is no code that is known here of the national classification of 2023 or of GB 50137-2011; kept as it is"
                ),
            ));
        } else if left.is_some() {
            findings.push((
                Fate::Repaired,
                "a land use of several parts",
                format!("of {written:?} the code is {:?}; the whole text is kept in the note", found.code),
            ));
        } else if found.code != written {
            findings.push((
                Fate::Repaired,
                "a code of a land use",
                format!("{written:?} is written as {:?}", found.code),
            ));
        }
        if let (Some(_), Some(name)) = (code, name)
            && self.intake.uses.contradict(&found.code, &name)
        {
            findings.push((
                Fate::Noted,
                "a code and a name that contradict",
                format!(
                    "the code {:?} is that of {}, the name is {name:?}; both are kept",
                    found.code,
                    found.zh.as_deref().unwrap_or("another use")
                ),
            ));
        }
        put(values, "use_code", Cell::Text(found.code));
        if let Some(zh) = found.zh {
            fill(values, "use_name_zh", Some(Cell::Text(zh)));
        }
        fill(values, "use_name_en", found.en.map(Cell::Text));
        left.map(|_| format!("用地代码: {written}"))
    }

    /// An id that no other feature has.
    fn settle_id(
        &mut self,
        values: &mut Vec<(String, Cell)>,
        file: usize,
        row: &Row,
        window: Option<Bounds>,
        findings: &mut Vec<Tale>,
    ) -> Option<String> {
        let given = text_of(values, "id").or_else(|| text_of(values, "parcel_no"));
        let is_given = given.is_some();
        // What is made up here must not be what was made up for other rows before.
        let given =
            given.unwrap_or_else(|| format!("{}{}", numbered(file), self.numbered[file] + row.number));
        // A row that was refused and is corrected may be another feature of a number that comes twice in its file.
        let indexed = self.intake.indexed().filter(|_| self.intake.order.append);
        let mut count = 1;
        let id = loop {
            let id = if count == 1 { given.clone() } else { format!("{given}-{count}") };
            let known = indexed.and_then(|indexed| Some(indexed.layer().feature(indexed.find(&id)?)));
            let is_there = known.is_some_and(|known| {
                let is_same = || is_about(known.geometry().and_then(GeometryRef::window), window);
                if row.is_mended { is_same() } else { is_given && count == 1 }
            });
            if is_there {
                findings.push((
                    Fate::Refused,
                    "already in the collection",
                    format!("the id {id:?} is in the collection; nothing is replaced by --append"),
                ));
                return None;
            }
            if known.is_none() && self.seen.insert(xxh3_64(id.as_bytes())) {
                break id;
            }
            // Numbers below the last one are taken and stay so.
            let last = self.counts.get(&xxh3_64(given.as_bytes())).filter(|_| count == 1 && !row.is_mended);
            count = last.map_or(count, |last| *last) + 1;
        };
        if id != given {
            self.counts.insert(xxh3_64(given.as_bytes()), count);
            findings.push((
                Fate::Repaired,
                "an id that came before",
                format!("the id {given:?} came before; taken as {id:?}"),
            ));
        }
        put(values, "id", Cell::Text(id.clone()));
        Some(id)
    }

    fn write(&mut self, id: &str, values: &[(String, Cell)], array: Option<&crate::geometry::GeometryArray>) {
        let out = &mut self.text;
        out.clear();
        out.extend_from_slice(b"{\"type\":\"Feature\",\"id\":");
        string(out, id);
        out.extend_from_slice(b",\"properties\":{");
        for (at, (name, cell)) in values.iter().enumerate() {
            if at > 0 {
                out.push(b',');
            }
            string(out, name);
            out.push(b':');
            match cell {
                Cell::Bool(value) => out.extend_from_slice(if *value { b"true" } else { b"false" }),
                Cell::Integer(value) => out.extend_from_slice(value.to_string().as_bytes()),
                Cell::Real(value) if value.is_finite() => number(out, *value),
                Cell::Real(_) | Cell::Null => out.extend_from_slice(b"null"),
                Cell::Text(text) => string(out, text),
                Cell::Date(day) => string(out, &day.to_string()),
                Cell::Json(text) => out.extend_from_slice(text.as_bytes()),
            }
        }
        out.extend_from_slice(b"},\"geometry\":");
        nullable_geometry(out, array.and_then(|array| array.get(0)), Crs::Crs84);
        out.push(b'}');
    }
}

const TOTALS: &str = "a row of totals";

/// What the made-up id of a row of a file begins with; its number follows.
fn numbered(file: usize) -> String {
    if file == 0 { "row-".to_owned() } else { format!("file-{}-row-", file + 1) }
}

/// Are two windows about the same? So are two that are none.
fn is_about(a: Option<Bounds>, b: Option<Bounds>) -> bool {
    /// A centimetre.
    const NEAR: f64 = 1e-7;
    match (a, b) {
        (Some(a), Some(b)) => a.bbox().iter().zip(b.bbox()).all(|(a, b)| (a - b).abs() < NEAR),
        (a, b) => a.is_none() && b.is_none(),
    }
}

/// What kind of row begins with a word, if it is one of tables that are written for people.
fn kind_of_word(text: &str) -> Option<&'static str> {
    const SUMS: &[&str] =
        &["合计", "总计", "小计", "共计", "总和", "汇总", "累计", "total", "subtotal", "grandtotal", "sum"];
    const FIGURES: &[&str] = &[
        "总用地",
        "总用地面积",
        "用地总面积",
        "总面积",
        "平均",
        "平均值",
        "均值",
        "占比",
        "比例",
        "其中",
        "average",
    ];
    const NOTES: &[&str] = &[
        "注",
        "备注",
        "说明",
        "附注",
        "note",
        "notes",
        "remark",
        "remarks",
        "制表",
        "制表人",
        "制图",
        "制图人",
        "填表",
        "填表人",
        "填报人",
        "审核",
        "审核人",
        "审定",
        "校核",
        "编制单位",
        "填报单位",
        "制表日期",
        "填报日期",
        "数据来源",
        "资料来源",
        "source",
        "sources",
    ];
    let own = mapping::plain(text);
    let folded = narrowed(text);
    let before = folded.split_once(':').map_or(own.clone(), |(before, _)| mapping::plain(before));
    let is_total = SUMS.contains(&own.as_str())
        || SUMS.iter().any(|word| !word.is_ascii() && own.ends_with(word))
        || FIGURES.contains(&before.as_str());
    let is_note = NOTES.contains(&before.trim_end_matches(|c: char| c.is_ascii_digit()));
    // 一、居住用地 and （二）工业用地 stand above rows of parcels.
    let ordinal = folded.trim_start_matches('(');
    let behind = ordinal.trim_start_matches(|c| "一二三四五六七八九十".contains(c));
    let closes = if ordinal.len() < folded.len() { &[')'][..] } else { &['、', '.'] };
    let is_group = behind.len() < ordinal.len() && behind.starts_with(closes);
    if is_total {
        Some(TOTALS)
    } else if is_note {
        Some("a note")
    } else if is_group {
        Some("a heading of a group")
    } else {
        None
    }
}

/// A value as people would write it; `None` where there is none.
fn text_of(values: &[(String, Cell)], name: &str) -> Option<String> {
    let (_, cell) = values.iter().find(|(known, _)| known == name)?;
    Some(cell.shown()).filter(|text| !text.is_empty())
}

pub(super) fn put(values: &mut Vec<(String, Cell)>, name: &str, cell: Cell) {
    match values.iter_mut().find(|(known, _)| known == name) {
        Some((_, old)) => *old = cell,
        None => values.push((name.to_owned(), cell)),
    }
}

/// Puts a value where none is.
fn fill(values: &mut Vec<(String, Cell)>, name: &str, cell: Option<Cell>) {
    let has = values.iter().any(|(known, cell)| known == name && *cell != Cell::Null);
    if !has {
        put(values, name, cell.unwrap_or(Cell::Null));
    }
}

/// Holds the stated area against the measured one, which stands in where none is stated.
fn settle_area(
    values: &mut Vec<(String, Cell)>,
    shape: Option<crate::geometry::GeometryRef<'_>>,
    mapping: &Mapping,
    findings: &mut Vec<Tale>,
) {
    let Some(shape) = shape else { return };
    let measured = stored_area_m2(shape);
    if measured <= 0.0 {
        return;
    }
    let stated = values.iter().find(|(name, _)| name == "area_m2").and_then(|(_, cell)| cell.as_number());
    match stated {
        Some(stated) if (stated - measured).abs() > AREA_M2.max(AREA_SHARE * measured) => {
            let share = (stated / measured - 1.0) * 100.0;
            findings.push((
                Fate::Noted,
                "a stated area that is not the measured one",
                format!("stated {stated:.0} m², measured on the ellipsoid {measured:.0} m² ({share:+.1} %)"),
            ));
        }
        Some(_) => {}
        None => {
            if mapping.heading_of("area_m2").is_some() {
                findings.push((
                    Fate::Repaired,
                    "no stated area",
                    format!("the measured one stands in, {measured:.0} m² on the ellipsoid"),
                ));
            }
            put(values, "area_m2", Cell::number((measured * 10.0).round() / 10.0));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals_and_notes_are_told_from_parcels() {
        for text in ["合计", "合 计（公顷）", "总计", "A01单元小计", "Total", "Sub-total"] {
            assert_eq!(kind_of_word(text), Some("a row of totals"), "{text}");
        }
        for text in ["注：面积为椭球面积", "备注: 见附图", "说明", "注1：略", "Note: draft"]
        {
            assert_eq!(kind_of_word(text), Some("a note"), "{text}");
        }
        for text in ["一、居住用地", "十二．工业用地", "（二）公园绿地"] {
            assert_eq!(kind_of_word(text), Some("a heading of a group"), "{text}");
        }
        assert_eq!(kind_of_word("制表：张三"), Some("a note"));
        for text in ["A-01", "合计路1号", "注册大厦", "Totalview", "1", "一期", "三(东)", "(A)"] {
            assert_eq!(kind_of_word(text), None, "{text}");
        }
    }
}
