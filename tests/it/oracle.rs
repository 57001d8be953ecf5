//! Programs of tests/oracles, asked line by line.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use geo_types::{Coord, LineString, Polygon};
use innospace::geometry::Shape;
use innospace::query::cql2::{self, Node};

/// Runs a program of `tests/oracles` on lines and gives its lines back.
pub fn ask(program: &str, lines: &[String]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let python: PathBuf = root.join("target/tools/venv/bin/python");
    assert!(python.exists(), "{} is missing: run `make tools`", python.display());
    let mut child = Command::new(python)
        .arg(root.join("tests/oracles").join(program))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python starts");
    let mut input = child.stdin.take().expect("a pipe");
    let text = lines.join("\n") + "\n";
    let writer = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = child.wait_with_output().expect("python ends");
    writer.join().expect("a thread").expect("python reads all");
    assert!(output.status.success(), "{program} failed");
    let answers: Vec<String> =
        String::from_utf8(output.stdout).expect("text").lines().map(str::to_owned).collect();
    assert_eq!(answers.len(), lines.len(), "{program} answers every line");
    answers
}

/// A shape as WKT, every double to its last bit.
pub fn wkt(shape: &Shape) -> String {
    let list = |all: Vec<String>| {
        if all.is_empty() { " EMPTY".to_owned() } else { format!("({})", all.join(",")) }
    };
    let at = |c: &Coord| format!("{} {}", c.x, c.y);
    let run = |line: &LineString| list(line.0.iter().map(at).collect());
    let rings = |polygon: &Polygon| {
        if polygon.exterior().0.is_empty() {
            return " EMPTY".to_owned();
        }
        list(std::iter::once(polygon.exterior()).chain(polygon.interiors()).map(run).collect())
    };
    match shape {
        Shape::Point(point) => format!("POINT({})", at(&point.0)),
        Shape::LineString(line) => format!("LINESTRING{}", run(line)),
        Shape::Polygon(polygon) => format!("POLYGON{}", rings(polygon)),
        Shape::MultiPoint(points) => {
            format!("MULTIPOINT{}", list(points.iter().map(|p| format!("({})", at(&p.0))).collect()))
        }
        Shape::MultiLineString(lines) => format!("MULTILINESTRING{}", list(lines.iter().map(run).collect())),
        Shape::MultiPolygon(all) => format!("MULTIPOLYGON{}", list(all.iter().map(rings).collect())),
        Shape::GeometryCollection(all) => {
            format!("GEOMETRYCOLLECTION{}", list(all.iter().map(wkt).collect()))
        }
        other => panic!("no WKT for {other:?}"),
    }
}

/// A geometry as WKT, read as filters read it.
pub fn shape(text: &str) -> Shape {
    let filter = format!("S_EQUALS({text}, {text})");
    let expr = cql2::parse(&filter, cql2::Encoding::Text).unwrap_or_else(|fault| panic!("{filter}: {fault}"));
    let Node::Call(_, operands) = expr.node else { panic!("{text}") };
    match operands.into_iter().next().map(|operand| operand.node) {
        Some(Node::Geometry(shape)) => shape,
        other => panic!("{text}: {other:?}"),
    }
}
