//! Our side of the comparison of window queries: counts the features that touch each window of a list.
//!
//! `windows FOLDER LIST`: reads the folder, says `ready`, and then answers each line of standard input with
//! one line of JSON, `[[count, …], [nanoseconds, …]]`, in the order of the list. peer.py speaks the same way.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]
#![expect(clippy::print_stdout, reason = "its answers go there")]

use std::path::Path;
use std::time::Instant;

use innospace::geometry::Bounds;
use innospace::store::Store;

// The allocator of the program, so that its costs are those of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, folder, list] = arguments.as_slice() else {
        println!("tests/bench/run runs this one");
        return;
    };
    let windows: Vec<Bounds> = std::fs::read_to_string(list).unwrap().lines().map(window).collect();
    let catalog = Store::new(Path::new(folder)).load(&mut |_| {}).unwrap().catalog;
    let layer = catalog.layers().next().unwrap();
    println!("ready");
    for _ in std::io::stdin().lines() {
        let answers = windows.iter().map(|&window| {
            let began = Instant::now();
            let count = layer.count_touching(window);
            (count, began.elapsed().as_nanos())
        });
        let (counts, took_ns): (Vec<u64>, Vec<u128>) = answers.unzip();
        println!("[{counts:?},{took_ns:?}]");
    }
}

/// `west,south,east,north`
fn window(line: &str) -> Bounds {
    let edges: Vec<f64> = line.split(',').map(|edge| edge.parse().unwrap()).collect();
    Bounds::new(edges[0], edges[1], edges[2], edges[3]).unwrap()
}
