//! Notes on numbers of the plan, in both languages.

use crate::model::plan::Baseline;
use crate::model::{Operator, Words};

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
