//! What sheets are called.

use std::collections::HashSet;

use crate::report::document::{Document, Tongue};

/// The most UTF-16 units of a sheet's name.
const LONGEST: usize = 31;

/// The names of all sheets; no two alike, whatever the case of their letters.
pub(super) struct Names {
    pub(super) summary: String,
    /// Those of the tables in their order.
    pub(super) tables: Vec<String>,
    pub(super) charts: String,
    pub(super) maps: String,
}

impl Names {
    /// A table's sheet is called by the first line of its title, where that may be a name and is nobody else's.
    pub(super) fn of(document: &Document) -> Self {
        let say = |zh: &str, en: &str| match document.tongue {
            Tongue::Both => format!("{zh} {en}"),
            Tongue::Only(lang) => lang.pick(zh, en).to_owned(),
        };
        let (summary, charts, maps) = (say("摘要", "Summary"), say("图表", "Charts"), say("地图", "Maps"));
        let mut taken: HashSet<String> =
            [&summary, &charts, &maps].map(|name| name.to_lowercase()).into_iter().collect();
        let own: HashSet<&str> = document.tables().map(|table| table.name).collect();
        let tables = document
            .tables()
            .map(|table| {
                let title = legal(&table.title).filter(|title| !own.contains(title.to_lowercase().as_str()));
                let numbered = (2..).map(|number| format!("{}_{number}", table.name));
                let names = title.into_iter().chain([table.name.to_owned()]).chain(numbered);
                names.into_iter().find(|name| taken.insert(name.to_lowercase())).unwrap_or_default()
            })
            .collect();
        Self { summary, tables, charts, maps }
    }
}

fn legal(title: &str) -> Option<String> {
    let name = title.lines().next()?.trim();
    let is_legal = !name.is_empty()
        && name.encode_utf16().count() <= LONGEST
        && !name.chars().any(|c| "[]:*?/\\'".contains(c) || c.is_control())
        && !name.eq_ignore_ascii_case("History");
    is_legal.then(|| name.to_owned())
}

/// The address of a sheet for a link within the workbook.
pub(super) fn address(name: &str) -> String {
    format!("internal:'{name}'!A1")
}
