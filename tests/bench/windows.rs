//! Our side of the comparison of windows and positions: counts in windows, and what is nearest.
//!
//! `windows FOLDER LIST`: reads the folder, says `ready`, and then answers each job named on standard input with one line
//! of JSON, `[[answer, …], [nanoseconds, …]]`, in the order of the list. A line of it is a window, of four numbers, or a
//! position, of two. Jobs are `count`, how many features touch each window; `count FILTER`, those of them that the filter
//! selects; and `nearest N`, the metres from each position to the N nearest. peer.py speaks the same way.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]
#![expect(clippy::print_stdout, reason = "its answers go there")]

use std::path::Path;
use std::time::Instant;

use innospace::geometry::{Bounds, Crs};
use innospace::index::IndexedLayer;
use innospace::locate::{Standpoint, nearest};
use innospace::query::{Budget, Filter, Page, Query, cql2, execute, plan};
use innospace::store::Store;
use serde_json::{Value, json};

// The allocator of the program, so that its costs are those of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, list] = arguments.as_slice() else {
        println!("tests/bench/run runs this one");
        return;
    };
    let (mut windows, mut positions) = (Vec::new(), Vec::new());
    for line in std::fs::read_to_string(list).unwrap().lines() {
        let numbers: Vec<f64> = line.split(',').map(|number| number.parse().unwrap()).collect();
        match *numbers.as_slice() {
            [west, south, east, north] => windows.push(Bounds::new(west, south, east, north).unwrap()),
            [x, y] => positions.push([x, y]),
            _ => panic!("{line} is neither a window nor a position"),
        }
    }
    let catalog = Store::new(Path::new(folder)).load(&mut |_| {}).unwrap().catalog;
    let layer = catalog.layers().next().unwrap();
    println!("ready");
    for job in std::io::stdin().lines() {
        let job = job.unwrap();
        let answer = match job.split_once(' ').unwrap_or((&job, "")) {
            ("count", "") => clock(&windows, |&window| layer.count_touching(window)),
            ("count", filter) => filtered(layer, &windows, filter),
            ("nearest", most) => {
                let most = most.parse().unwrap();
                clock(&positions, |&position| near(layer, position, most))
            }
            _ => panic!("no job {job}"),
        };
        println!("{answer}");
    }
}

fn filtered(layer: &IndexedLayer, windows: &[Bounds], filter: &str) -> Value {
    let expr = cql2::parse(filter, cql2::Encoding::Text).unwrap();
    let of_window = |&window: &Bounds| Query {
        window: Some(window.into()),
        filter: Some(Filter { expr: expr.clone(), crs: Crs::Crs84 }),
        page: Page { offset: 0, limit: 0 },
        ..Query::default()
    };
    let queries: Vec<Query> = windows.iter().map(of_window).collect();
    let budget = Budget::default();
    clock(&queries, |query| execute(&plan(query, layer, &budget).unwrap(), layer, &budget).unwrap().matched)
}

fn near(layer: &IndexedLayer, position: [f64; 2], most: usize) -> Vec<f64> {
    let from = Standpoint::at(position, None).unwrap();
    let found = nearest(&from, layer, &Query::default(), most, f64::INFINITY, &Budget::default()).unwrap();
    found.iter().map(|neighbour| neighbour.way.nearest.metres).collect()
}

fn clock<T, A: Into<Value>>(asked: &[T], answer: impl Fn(&T) -> A) -> Value {
    let answers = asked.iter().map(|one| {
        let began = Instant::now();
        let answer = answer(one);
        (answer, began.elapsed().as_nanos())
    });
    let (answers, took_ns): (Vec<A>, Vec<u128>) = answers.unzip();
    json!([answers.into_iter().map(Into::into).collect::<Vec<Value>>(), took_ns])
}
