//! Tables of cases: JSON with comments, one array.

use std::path::Path;

use serde::de::DeserializeOwned;

/// Reads `tests/cases/{name}`. Comments begin a line.
pub fn read<Row: DeserializeOwned>(name: &str) -> Vec<Row> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()));
    let json: Vec<_> =
        text.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line }).collect();
    serde_json::from_str(&json.join("\n")).unwrap_or_else(|fault| panic!("{}: {fault}", path.display()))
}

/// Runs `check` on every row and lists all that fail; `least` guards against a table that was not read.
pub fn run<Row: DeserializeOwned>(
    name: &str,
    least: usize,
    mut check: impl FnMut(&Row) -> Result<(), String>,
) {
    let rows: Vec<Row> = read(name);
    assert!(rows.len() >= least, "{name} has only {} rows", rows.len());
    let failures: Vec<_> = rows.iter().filter_map(|row| check(row).err()).collect();
    assert!(failures.is_empty(), "{} of {} rows fail:\n{}", failures.len(), rows.len(), failures.join("\n"));
}
