//! Reasons, states and notes in both languages.

use super::area::Chosen;
use super::block::Standing;
use super::cross::{Cross, Phase, Place};
use super::progress::{Row, Status};
use super::{Count, Reason, Run, State, TargetState, Unit};
use crate::model::plan::{self, Baseline, Basis, PlanFacts, UnitRole};
use crate::model::{Date, Entry, Event, Lang, Operator, Words};

fn words(zh: String, en: String) -> Words {
    Words { zh: zh.into(), en: en.into() }
}

fn sign(op: Operator) -> &'static str {
    match op {
        Operator::AtLeast => "≥",
        Operator::MoreThan => ">",
        Operator::Equal => "=",
    }
}

/// The table and the prose bind a number differently.
pub(super) fn two_operators(table: Operator, prose: Operator, value: f64) -> Words {
    let (table, prose) = (sign(table), sign(prose));
    words(
        format!("表中为{table}{value}，正文为{prose}{value}；按表判定。"),
        format!("{table} {value} in the table, {prose} {value} in the prose; the table decides."),
    )
}

/// A number before the baseline year.
pub(super) fn earlier(year: u16, value: f64, satisfies: bool) -> Words {
    let (zh, en) =
        if satisfies { ("，当时已满足目标", ", which satisfied the target then") } else { ("", "") };
    words(
        format!("{year}年为{value}{zh}；不作为观测。"),
        format!("{value} in {year}{en}; not an observation."),
    )
}

/// Parts of a baseline.
pub(super) fn sum(parts: &[&Baseline], sum: f64) -> Words {
    let terms = |name: fn(&Baseline) -> &str| {
        parts.iter().map(|part| format!("{} {}", name(part), part.value)).collect::<Vec<_>>().join(" + ")
    };
    let (zh, en) = (terms(|part| &part.name.zh), terms(|part| &part.name.en));
    words(format!("基数 {sum} = {zh}。"), format!("Baseline {sum} = {en}."))
}

impl Reason<'_> {
    /// Its word in documents.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Named => "named",
            Self::Registered(_) => "registered",
            Self::Nested(_) => "nested",
            Self::Outcome => "outcome",
            Self::OtherRole(Some(UnitRole::Carrier)) => "carrier",
            Self::OtherRole(_) => "not-in-plan",
            Self::OtherType => "other-type",
            Self::NoEntry(_) => "no-entry",
            Self::Later(_) => "later",
            Self::Ended(_) => "ended",
            Self::Elsewhere(_) => "outside-area",
            Self::Nowhere => "no-position",
        }
    }

    /// The reason in a sentence. `name` tells the name of a unit by its id.
    #[must_use]
    pub fn words(self, unit: &Unit<'_>, name: impl Fn(&str) -> Words) -> Words {
        match self {
            Self::Named => {
                let sections: Vec<_> = unit.citations.iter().map(ToString::to_string).collect();
                let sections = sections.join("; ");
                words(format!("规划点名：{sections}"), format!("named in the plan: {sections}"))
            }
            Self::Registered(entry) => {
                let (day, document) = (entry.from, &entry.document.title);
                let [zh, en] = event(entry.event);
                words(format!("{day}起{zh}：{document}"), format!("{en} since {day}: {document}"))
            }
            Self::Nested(id) => {
                let Words { zh, en } = name(id);
                words(format!("位于已计数的{zh}之内"), format!("stands in {en}, which is counted"))
            }
            Self::Outcome => words(
                "改造后的名称，用地属于其他单元，不另计".to_owned(),
                "to be made of the ground of other units, never counted again".to_owned(),
            ),
            Self::OtherRole(Some(UnitRole::Carrier)) => words(
                "孵化载体，规划未称其为创新单元".to_owned(),
                "an incubation carrier, which the plan does not call a unit".to_owned(),
            ),
            Self::OtherRole(_) => words("规划未点名".to_owned(), "not named in the plan".to_owned()),
            Self::OtherType => {
                words("目标不计此类型".to_owned(), "of a type that the target does not count".to_owned())
            }
            Self::NoEntry(what) => {
                let [zh, en] = event(what);
                words(format!("登记册中没有“{zh}”的记录"), format!("the register has no entry “{en}”"))
            }
            Self::Later(entry) => later(entry),
            Self::Ended(entry) => ended(entry),
            Self::Elsewhere(lies) => {
                let Words { zh, en } = lies.words();
                words(format!("不在所选范围：{zh}"), format!("not in the chosen area: {en}"))
            }
            Self::Nowhere => words(
                "没有已知位置，不能说在所选范围内".to_owned(),
                "no known position, so it cannot be said to lie in the chosen area".to_owned(),
            ),
        }
    }
}

/// An entry that does not hold yet.
#[must_use]
pub fn later(entry: &Entry) -> Words {
    let (day, [zh, en]) = (entry.from, event(entry.event));
    words(format!("{day}才{zh}"), format!("{en} on {day} only"))
}

/// An entry that holds no longer.
#[must_use]
pub fn ended(entry: &Entry) -> Words {
    let (day, [zh, en]) = (entry.until.unwrap_or(entry.from), event(entry.event));
    words(format!("“{zh}”已于{day}终止"), format!("no longer {en} since {day}"))
}

/// What a document says of a unit, in a word.
#[must_use]
pub fn happened(what: Event) -> Words {
    let [zh, en] = event(what);
    words(zh.to_owned(), en.to_owned())
}

fn event(event: Event) -> [&'static str; 2] {
    match event {
        Event::Designated => ["认定", "designated"],
        Event::Built => ["建成", "built"],
    }
}

/// What the plan calls a type of unit.
#[must_use]
pub fn unit_type(facts: &PlanFacts, id: &str) -> Words {
    facts.unit_type(id).map_or_else(|| kind(id), |known| known.name.clone())
}

/// The same of a type that nobody may have told.
#[must_use]
pub fn unit_type_or_unknown(facts: &PlanFacts, id: Option<&str>) -> Words {
    id.map_or_else(|| words("类型不明".to_owned(), "type unknown".to_owned()), |id| unit_type(facts, id))
}

/// What a place is, by what the plan calls its type where it may be a unit.
#[must_use]
pub fn kind_of(facts: &PlanFacts, place: &plan::Place) -> Words {
    place.unit_type().map_or_else(|| kind(&place.kind), |id| unit_type(facts, id))
}

impl Phase {
    /// What people call it.
    #[must_use]
    pub fn words(self) -> Words {
        let (zh, en) = match self {
            Self::Built => ("现状或已建成", "built or standing"),
            Self::InProgress => ("建设或改造中", "in progress"),
            Self::Planned => ("规划", "planned"),
            Self::Unknown => ("状态不明", "status unknown"),
        };
        words(zh.to_owned(), en.to_owned())
    }
}

impl Place<'_> {
    /// What people call it.
    #[must_use]
    pub fn words(&self) -> Words {
        let none = || {
            words("未说明属于核、轴、带".to_owned(), "not said to belong to core, axis or belts".to_owned())
        };
        self.name.cloned().unwrap_or_else(none)
    }
}

/// How a table of parts, types and states is to be read, one sentence an entry.
#[must_use]
pub fn cross_notes(cross: &Cross<'_>) -> Vec<Words> {
    let mut notes = vec![
        words(
            "所属以数据写明的为准（要素的“沿线轴带”、规划所列地点、所在的核），不按图上位置推断；按位置统计请选范围。".to_owned(),
            "A unit belongs to a part of the layout where the data says so (the axis or belt that its feature names, the places that the plan lists, the core it stands in), never by its place on the map; choose an area to count by position.".to_owned(),
        ),
        words(
            "状态：登记册当日有“建成”的为已建成，其余按规划在其编制时的说法；没有说法的为“状态不明”，不算作规划，也不算作零。".to_owned(),
            "Status: built where the register says so on the day, else as the plan speaks of it at its own date; where nothing is said it is unknown, which is neither planned nor none.".to_owned(),
        ),
    ];
    let again = cross.again.len();
    if again > 0 {
        notes.push(words(
            format!("{again}个单元属于不止一个部分，在各行分别列出，合计中只计一次，故各行之和大于合计。"),
            format!("{again} of the units belong to more than one part: each stands in all of its rows and once in the total, so the rows add up to more than the total."),
        ));
    }
    let inferred = cross.inferred.len();
    if inferred > 0 {
        notes.push(words(
            format!("{inferred}个单元的状态规划没有写明，为本项目推断。"),
            format!("The plan does not state the status of {inferred} of the units; it is our inference."),
        ));
    }
    notes
}

impl Chosen {
    /// What is counted, and how, in sentences.
    #[must_use]
    pub fn words(&self) -> Words {
        let Words { zh, en } = &self.name;
        let [band_zh, band_en] = self.half_width_m.map_or_else(Default::default, |metres| {
            [format!("（中线两侧各{metres}米以内）"), format!(", within {metres} m of its line")]
        });
        let [known_zh, known_en] = match self.accuracy_m {
            Some(metres) if metres > 0.0 => {
                [format!("范围边界精度±{metres}米。"), format!(" Its border is known to ±{metres} m.")]
            }
            Some(_) => Default::default(),
            None => ["范围边界精度未知。".to_owned(), " The accuracy of its border is not known.".to_owned()],
        };
        words(
            format!(
                "只计位于{zh}{band_zh}的单元：点按位置，面按较大部分所在。{known_zh}没有已知位置的单元单独列出，不计入。目标是否达到只按全区判定。"
            ),
            format!(
                "Only units that lie in {en}{band_en} are counted: spots by their position, polygons where the larger part of them lies.{known_en} Units without a known position are listed apart and not counted. Whether the target is met is judged for the whole zone only."
            ),
        )
    }
}

/// Of a count in an area, how sure it is.
#[must_use]
pub fn certainty(count: &Count<'_>) -> Words {
    let (found, certain, undecided, nowhere) =
        (count.counted.len(), count.certain(), count.undecided(), count.nowhere());
    words(
        format!(
            "计入{found}个，其中{certain}个在位置误差之内也确定；{undecided}个离边界太近，不能确定在内还是在外；{nowhere}个没有已知位置。"
        ),
        format!(
            "{found} counted, {certain} of them for sure whatever the positions may be off; {undecided} too near to the border to be sure on which side; {nowhere} without a known position."
        ),
    )
}

/// Days on which something held: "from 2024-06-01 to 2027-10-31 and since 2028-05-01".
fn days(runs: &[Run]) -> Words {
    let day = |run: &Run| match run.until.map(|until| Date::from_days(until.days() - 1)) {
        None => words(format!("自{}起", run.from), format!("since {}", run.from)),
        Some(last) if last == run.from => words(format!("{last}当日"), format!("on {last}")),
        Some(last) => words(format!("{}至{last}", run.from), format!("from {} to {last}", run.from)),
    };
    let told: Vec<Words> = runs.iter().map(day).collect();
    let joined = |lang: Lang, and: &str| told.iter().map(|one| one.say(lang)).collect::<Vec<_>>().join(and);
    words(joined(Lang::Zh, "、"), joined(Lang::En, " and "))
}

impl TargetState<'_> {
    /// The state of the target in a sentence: what decides it, when it was satisfied, and what is beside that now.
    #[must_use]
    pub fn words(&self) -> Words {
        let (target, day, title) = (self.target, self.count.as_of, &self.count.rule.title);
        let by = target.by.map_or_else(String::new, |by| format!(" by {by}"));
        let bound = bound(target.op, target.value);
        let (asked_zh, asked_en) = (format!("目标{bound}"), format!("target {bound}{by}"));
        let on = |(day, found): (Date, usize)| {
            [format!("{day}{}{found}个", title.zh), format!("{found} {} on {day}", title.en)]
        };
        let [now_zh, now_en] = on((day, self.count.counted.len()));
        let [then_zh, then_en] = self.on_deadline.map_or_else(|| [now_zh.clone(), now_en.clone()], on);
        let days = days(&self.satisfied);
        let [ever_zh, ever_en] = if self.satisfied.is_empty() {
            Default::default()
        } else {
            [format!("，{}满足", days.zh), format!("; satisfied {}", days.en)]
        };
        match self.state {
            State::Met(_) if self.holds() => words(
                format!("已达到：{now_zh}，{asked_zh}{ever_zh}。"),
                format!("Met: {now_en}, {asked_en}{ever_en}."),
            ),
            State::Met(_) => words(
                format!("已达到：{then_zh}，{asked_zh}{ever_zh}；{now_zh}，已不满足。"),
                format!("Met: {then_en}, {asked_en}{ever_en}, and no longer: {now_en}."),
            ),
            State::MetLate(_) => words(
                format!("逾期达到：{now_zh}，{asked_zh}{ever_zh}；期限当日未满足：{then_zh}。"),
                format!("Met late: {now_en}, {asked_en}{ever_en}, and not on the deadline: {then_en}."),
            ),
            State::Open => words(
                format!("尚未达到：{now_zh}，{asked_zh}{ever_zh}。"),
                format!("Not met yet: {now_en}, {asked_en}{ever_en}."),
            ),
            State::Missed => words(
                format!("未达到：{then_zh}，{asked_zh}，期限已过{ever_zh}；{now_zh}。"),
                format!("Not met: {then_en}, {asked_en}; the deadline is past{ever_en}; {now_en}."),
            ),
            State::NotEvidenced => {
                let [zh, en] = match self.count.rule.basis {
                    Basis::Register(what) => event(what),
                    Basis::Plan(_) => [&*title.zh, &*title.en],
                };
                words(
                    format!("无证据：登记册中没有到{day}有效的“{zh}”记录，{asked_zh}是否达到不能说明。"),
                    format!(
                        "Not evidenced: the register has no entry “{en}” that holds on {day}, so nothing shows whether the {asked_en} is met."
                    ),
                )
            }
        }
    }
}

impl Row<'_> {
    /// Its state, and what came after the observation that it rests on.
    #[must_use]
    pub fn words(&self) -> Words {
        let state = self.status.words();
        match self.decided.zip(self.latest) {
            Some((decided, latest))
                if self.status == Status::Met && !self.op.holds(latest.value, self.target) =>
            {
                let (then, now) = (decided.date, latest.date);
                words(
                    format!("{}（{then}），{now}已不满足", state.zh),
                    format!("{} on {then}, no longer on {now}", state.en),
                )
            }
            _ => state,
        }
    }
}

impl Status {
    /// What people call it.
    #[must_use]
    pub fn words(self) -> Words {
        let (zh, en) = match self {
            Self::Met => ("已达到", "met"),
            Self::MetLate => ("逾期达到", "met late"),
            Self::OnTrack => ("正常", "on track"),
            Self::SlightlyOff => ("略有滞后", "slightly off"),
            Self::OffTrack => ("滞后", "off track"),
            Self::Reverse => ("倒退", "reverse"),
            Self::Insufficient => ("资料不足", "insufficient data"),
        };
        words(zh.to_owned(), en.to_owned())
    }
}

/// What people call a unit of numbers of the plan.
#[must_use]
pub fn unit(unit: &str) -> Words {
    let (zh, en) = match unit {
        "percent" => ("%", "%"),
        "percent-per-year" => ("%/年", "% a year"),
        "percent-of-gdp" => ("占地区生产总值%", "% of GDP"),
        "per-10000-people" => ("件/万人", "per 10,000 people"),
        "count" => ("个", "count"),
        "count-added" => ("个（新增）", "added"),
        "count-cumulative" => ("个（累计）", "cumulative"),
        "people" => ("人", "people"),
        "1e8-yuan" => ("亿元", "100 million yuan"),
        other => (other, other),
    };
    words(zh.to_owned(), en.to_owned())
}

/// A number of the plan with how it binds: "≥ 20".
#[must_use]
pub fn bound(op: Operator, value: f64) -> String {
    format!("{}{value}", sign(op))
}

impl Standing {
    /// Where a place lies, in a sentence.
    #[must_use]
    pub fn words(&self) -> Words {
        let known = |accuracy: &Option<f64>| {
            accuracy.map_or_else(
                || ["位置精度未知".to_owned(), "accuracy not known".to_owned()],
                |metres| [format!("位置精度±{metres}米"), format!("known to ±{metres} m")],
            )
        };
        let sure = |is_sure: bool| {
            if is_sure {
                ["", ""]
            } else {
                ["，距边界小于误差，不确定", ", nearer to the border than that, so not sure"]
            }
        };
        match self {
            Self::Inside { accuracy_m, is_sure } => {
                let ([a, b], [zh, en]) = (known(accuracy_m), sure(*is_sure));
                words(format!("在内（{a}{zh}）"), format!("inside ({b}{en})"))
            }
            Self::Outside { distance_m, accuracy_m, is_sure } => {
                let ([a, b], [zh, en]) = (known(accuracy_m), sure(*is_sure));
                words(
                    format!("在外，距{distance_m:.0}米（{a}{zh}）"),
                    format!("outside by {distance_m:.0} m ({b}{en})"),
                )
            }
            Self::NoPosition => words("没有位置".to_owned(), "no position".to_owned()),
            Self::NoPolygon => words("没有可比的多边形".to_owned(), "no polygon to compare with".to_owned()),
        }
    }
}

/// The state that the plan speaks of.
#[must_use]
pub fn status(status: plan::Status) -> Words {
    let (zh, en) = match status {
        plan::Status::Existing => ("现状", "existing"),
        plan::Status::UnderConstruction => ("建设中", "under construction"),
        plan::Status::Renovate => ("待改造", "to be renovated"),
        plan::Status::Revitalise => ("待盘活", "to be revitalised"),
        plan::Status::Planned => ("规划", "planned"),
        plan::Status::Proposed => ("设想", "proposed"),
    };
    words(zh.to_owned(), en.to_owned())
}

/// A kind of place; a kind of another plan is its own word.
#[must_use]
pub fn kind(kind: &str) -> Words {
    let (zh, en) = match kind {
        "block" => ("街区", "block"),
        "park" => ("园区", "park"),
        "building" => ("楼宇", "building"),
        "carrier" => ("孵化载体", "incubation carrier"),
        "zone" => ("片区", "area"),
        "site" => ("场所", "site"),
        "campus" => ("校区", "campus"),
        "lab" => ("实验室", "laboratory"),
        "platform" => ("平台", "platform"),
        "enterprise" => ("企业", "company"),
        "port" => ("口岸", "port of entry"),
        "road" => ("道路", "road"),
        "water" => ("水域", "water"),
        "place" => ("地点", "place"),
        "park-green" => ("公园", "public park"),
        "external" => ("区外机构", "institution outside the zone"),
        "region" => ("地区", "region"),
        "group" => ("群组", "group"),
        other => (other, other),
    };
    words(zh.to_owned(), en.to_owned())
}

/// How a number of the plan is measured.
#[must_use]
pub fn measure(kind: &str) -> Words {
    let (zh, en) = match kind {
        "rate" => ("速率", "rate"),
        "share" => ("占比", "share"),
        "stock" => ("存量", "stock"),
        "cumulative" => ("累计", "cumulative"),
        other => (other, other),
    };
    words(zh.to_owned(), en.to_owned())
}

/// A word of a field of the data, where it is one that the plan or this service has words for. Texts of a field that is
/// in a language, as `use_name_en`, are words already.
#[must_use]
pub fn word(facts: Option<&plan::PlanFacts>, field: &str, word: &str) -> Option<Words> {
    if field.rsplit_once('_').is_some_and(|(_, lang)| Lang::parse(lang).is_some()) {
        return None;
    }
    let of_plan = facts.and_then(|facts| {
        let mut named = facts.land.supply_modes.iter().chain(&facts.land.use_types);
        let named = named.find(|named| *named.id == *word).map(|named| named.name.clone());
        named.or_else(|| facts.industry(word).map(|industry| industry.name.clone()))
    });
    let of_state = || plan::Status::parse(word).map(status);
    let own = || {
        let (zh, en) = match word {
            "built" => ("已建成", "built"),
            "idle" => ("闲置", "idle"),
            "surveyed" => ("实测", "surveyed"),
            "authoritative" => ("权威资料", "authoritative record"),
            "digitised" => ("数字化", "digitised"),
            "osm" => ("开放街图", "OpenStreetMap"),
            "interpreted" => ("文字解读", "read from words"),
            "gazetteer" => ("地名资料", "gazetteer"),
            "synthetic" => ("虚拟", "made up"),
            "high" => ("高", "high"),
            "medium" => ("中", "medium"),
            "low" => ("低", "low"),
            _ => return None,
        };
        Some(words(zh.to_owned(), en.to_owned()))
    };
    let of_type = || facts.and_then(|facts| facts.unit_type(word)).map(|known| known.name.clone());
    let of_kind = || Some(kind(word)).filter(|words| *words.zh != *word);
    // Elsewhere the word of a kind may mean another thing, as a park of trees.
    let of_place = || match field {
        "unit_type" => of_type().or_else(of_kind),
        "kind" => of_kind().or_else(of_type),
        _ => None,
    };
    of_plan.or_else(of_state).or_else(own).or_else(of_place)
}
