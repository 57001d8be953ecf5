//! The law of dependencies: modules stand in one line, and each uses only those before it.

use std::fs;
use std::path::{Path, PathBuf};

/// The line, as `src/lib.rs` lists it.
fn line() -> Vec<String> {
    let lib = fs::read_to_string(source().join("lib.rs")).expect("src/lib.rs");
    lib.lines()
        .filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'))
        .map(str::to_owned)
        .collect()
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|suffix| suffix == "rs") {
            found.push(path);
        }
    }
}

/// The modules that a text names behind a root such as `crate::`, braces of a `use` included.
fn used(text: &str, root: &str) -> Vec<String> {
    let word = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut modules = Vec::new();
    for rest in text.split(root).skip(1) {
        match rest.strip_prefix('{') {
            Some(group) => {
                let mut depth = 1;
                let mut name = true;
                for (at, c) in group.char_indices() {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    if depth == 0 {
                        break;
                    }
                    if name && depth == 1 && c.is_alphabetic() {
                        modules.push(word(&group[at..]));
                        name = false;
                    }
                    name |= depth == 1 && c == ',';
                }
            }
            None => modules.push(word(rest)),
        }
    }
    modules
}

#[test]
fn no_module_uses_one_to_its_right() {
    let line = line();
    assert!(line.len() >= 10, "the list of modules in src/lib.rs was not understood: {line:?}");
    let place = |module: &str| line.iter().position(|known| known == module);
    let mut paths = Vec::new();
    files(&source(), &mut paths);
    let (mut checked, mut wrong) = (0, Vec::new());
    for path in paths {
        let relative = path.strip_prefix(source()).expect("below src");
        let own =
            relative.components().next().expect("a name").as_os_str().to_string_lossy().replace(".rs", "");
        if own == "lib" || own == "main" {
            continue;
        }
        let own_place = place(&own).unwrap_or_else(|| panic!("{own} is not in the list of src/lib.rs"));
        for module in used(&fs::read_to_string(&path).expect("a source file"), "crate::") {
            checked += 1;
            if place(&module).is_none_or(|at| at > own_place) {
                wrong.push(format!("{} uses crate::{module}", relative.display()));
            }
        }
    }
    assert!(checked > 50, "only {checked} uses were found");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn uses_are_read_with_braces_and_nesting() {
    let text = "use crate::model::{A, B}; use crate::{index::X, query::{self, Y}}; crate::store::load()";
    assert_eq!(used(text, "crate::"), ["model", "index", "query", "store"]);
    assert_eq!(used("use std::{io::Read, process::Command};", "std::"), ["io", "process"]);
}

#[test]
fn the_core_does_no_input_or_output() {
    let pure = [
        "geometry", "model", "index", "catalog", "finder", "query", "locate", "register", "tile", "map",
        "render", "report", "sample",
    ];
    let forbidden = ["tokio", "tracing", "SystemTime", "Instant::now", "println!"];
    let forbidden_of_std = ["fs", "net", "env", "process"];
    let mut paths = Vec::new();
    files(&source(), &mut paths);
    let mut wrong = Vec::new();
    for path in paths {
        let relative = path.strip_prefix(source()).expect("below src").to_string_lossy().into_owned();
        let own = relative.split('/').next().unwrap_or("").replace(".rs", "");
        if pure.contains(&own.as_str()) {
            let text = fs::read_to_string(&path).expect("a source file");
            let of_std = used(&text, "std::").into_iter().filter(|name| forbidden_of_std.contains(&&**name));
            wrong.extend(of_std.map(|name| format!("{relative}: std::{name}")));
            wrong.extend(
                forbidden
                    .iter()
                    .filter(|word| text.contains(**word))
                    .map(|word| format!("{relative}: {word}")),
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
