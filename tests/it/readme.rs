//! The queries of the README give the answers printed there, in both languages.

use std::path::Path;
use std::process::Command;

use crate::harness::shipped;
use crate::program::Server;

/// Each block of shell that asks with curl, and the block of answers right after it.
fn queries(readme: &str) -> Vec<(String, String)> {
    let mut blocks = readme.split("```").skip(1).step_by(2).zip(readme.split("```").skip(2).step_by(2));
    let mut found = Vec::new();
    while let Some((block, gap)) = blocks.next() {
        if let Some(command) = block.strip_prefix("sh\n").filter(|command| command.starts_with("curl")) {
            assert_eq!(gap.trim(), "", "an answer follows its query");
            let (answer, _) = blocks.next().expect("an answer");
            found.push((
                command.to_owned(),
                answer.strip_prefix("json\n").expect("an answer in JSON").to_owned(),
            ));
        }
    }
    found
}

#[test]
fn the_queries_of_the_readme_give_the_printed_answers() {
    let server = Server::over(shipped());
    for name in ["README.md", "README.zh.md"] {
        let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect(name);
        let queries = queries(&readme);
        assert_eq!(queries.len(), 10, "{name}");
        for (command, answer) in queries {
            let command = command.replace("http://127.0.0.1:8080", &server.url);
            let output =
                Command::new("bash").args(["-o", "pipefail", "-c", &command]).output().expect("bash");
            let fault = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{command}\n{fault}(`make tools` installs curl and jq)");
            assert_eq!(String::from_utf8_lossy(&output.stdout), answer, "{name}: {command}");
        }
    }
}

/// The parts that a collection may play stand in the table of `draw`, all of them and no others.
#[test]
fn the_values_of_draw_are_those_of_the_program() {
    for name in ["README.md", "README.zh.md"] {
        let readme = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).expect(name);
        let rows = readme.lines().skip_while(|line| !line.starts_with("| `draw` |")).skip(2);
        let rows = rows.take_while(|line| line.starts_with('|'));
        let cells = rows.filter_map(|row| row.split('|').nth(1));
        let mut told: Vec<_> = cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
        told.sort_unstable();
        assert_eq!(told, innospace::map::sources::roles(), "{name}");
        assert!(readme.contains("\nseeds = \""), "{name}: the key of the plan's folder");
    }
}
