//! A bare parse: what reading this GeoJSON costs a program that does nothing with it.
//!
//! `parse FILE` reads a file of fabric.rs, a feature a line, and says how many seconds two threads take to make typed
//! features of its lines and drop them again: the median of five times, the reading of the file not counted.

use std::hint::black_box;
use std::time::Instant;

use serde::Deserialize;

const THREADS: usize = 2;
const TIMES: usize = 5;

#[derive(Deserialize)]
#[allow(dead_code)] // parsed, and nothing else
struct Feature<'text> {
    id: u64,
    #[serde(borrow)]
    properties: Properties<'text>,
    geometry: Geometry<'text>,
}

#[derive(Deserialize)]
#[allow(dead_code)]
struct Properties<'text> {
    parcel_id: &'text str,
    land_use: &'text str,
    far: f64,
    area_m2: f64,
    status: &'text str,
    district: &'text str,
    year: u32,
}

#[derive(Deserialize)]
struct Geometry<'text> {
    #[serde(rename = "type")]
    _kind: &'text str,
    coordinates: Vec<Vec<[f64; 2]>>,
}

fn main() {
    let file = std::env::args().nth(1).expect("tests/bench/run runs this one");
    let text = std::fs::read_to_string(file).expect("a file");
    let features: Vec<&str> =
        text.lines().map(|line| line.trim_end_matches(',')).filter(|line| line.starts_with(r#"{"type":"Feature","#)).collect();
    let positions = |part: &[&str]| -> usize {
        let parsed = part.iter().map(|text| sonic_rs::from_str::<Feature>(text).expect("a feature of fabric.rs"));
        parsed.map(|feature| black_box(feature).geometry.coordinates.iter().map(Vec::len).sum::<usize>()).sum()
    };
    let mut seconds: Vec<f64> = (0..TIMES)
        .map(|_| {
            let began = Instant::now();
            std::thread::scope(|scope| {
                let parts = features.chunks(features.len().div_ceil(THREADS).max(1));
                let started: Vec<_> = parts.map(|part| scope.spawn(|| positions(part))).collect();
                for thread in started {
                    black_box(thread.join().expect("features of fabric.rs"));
                }
            });
            began.elapsed().as_secs_f64()
        })
        .collect();
    seconds.sort_by(f64::total_cmp);
    println!("{}", seconds[TIMES / 2]);
}
