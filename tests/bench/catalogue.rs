//! What one catalogue of generated parcels costs in process: loading it, and each step of a request.
//!
//! `INNOSPACE_BENCH_PARCELS` says how many parcels (100,000 when it is not set). They are made once, by the
//! program's own generator, and kept under target/bench/.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]

use std::hint::black_box;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput};
use innospace::geometry::{Bounds, Crs};
use innospace::index::IndexedLayer;
use innospace::locate::{Standpoint, nearest};
use innospace::model::FeatureIx;
use innospace::query::{Budget, Equality, Filter, Page, Query, Selection, cql2, execute, plan};
use innospace::render::View;
use innospace::render::geojson::FeatureWriter;
use innospace::store::Store;

// The allocator of the program, so that its costs are those of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Different windows of each size; a bench goes round them.
const WINDOWS: usize = 512;

/// Sides of the windows in degrees when there are a million parcels: about 20, 1,000 and 50,000 features.
const SIDES: [(&str, f64); 3] = [("small", 0.0004), ("medium", 0.003), ("large", 0.02)];

fn main() {
    let parcels: u32 = std::env::var("INNOSPACE_BENCH_PARCELS").map_or(100_000, |n| n.parse().unwrap());
    let folder = generated(parcels);
    let mut criterion = Criterion::default()
        .warm_up_time(Duration::from_secs(1))
        .measurement_time(Duration::from_secs(3))
        .configure_from_args();
    load(&mut criterion, &folder);
    let catalog = Store::new(&folder).load(&mut |_| {}).unwrap().catalog;
    let layer = catalog.layers().next().unwrap();
    windows(&mut criterion, layer, parcels);
    filters(&mut criterion, layer);
    items(&mut criterion, layer);
    near(&mut criterion, layer);
    criterion.final_summary();
}

/// The folder with so many parcels.
fn generated(parcels: u32) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = root.join(format!("target/bench/parcels-{parcels}"));
    let (file, unfinished) = (folder.join("parcels.geojson"), folder.join("unfinished"));
    if !file.exists() {
        std::fs::create_dir_all(&folder).unwrap();
        let count = parcels.to_string();
        let made = Command::new(env!("CARGO_BIN_EXE_innospace"))
            .args(["sample", "parcels", "--seed", "42", "--count", &count, "--output"])
            .arg(&unfinished)
            .current_dir(root)
            .status();
        assert!(made.unwrap().success(), "no parcels were made");
        std::fs::rename(&unfinished, &file).unwrap();
    }
    folder
}

/// From the file to a catalogue that answers.
fn load(criterion: &mut Criterion, folder: &Path) {
    let mut group = criterion.benchmark_group("load");
    group.throughput(Throughput::Bytes(folder.join("parcels.geojson").metadata().unwrap().len()));
    group.sample_size(10);
    group.bench_function("geojson", |bencher| {
        bencher.iter_with_large_drop(|| Store::new(folder).load(&mut |_| {}).unwrap());
    });
    group.finish();
}

fn windows(criterion: &mut Criterion, layer: &IndexedLayer, parcels: u32) {
    let scale = (1e6 / f64::from(parcels)).sqrt();
    let places = places(layer);
    for (size, side) in SIDES {
        let half = side * scale / 2.0;
        let windows: Vec<Bounds> = places
            .iter()
            .map(|&[x, y]| Bounds::new(x - half, y - half, x + half, y + half).unwrap())
            .collect();
        let page = Page { offset: 0, limit: 100 };
        let asked = |equal: &[Equality]| -> Vec<Query> {
            windows
                .iter()
                .map(|&window| Query {
                    window: Some(window.into()),
                    equal: equal.to_vec(),
                    page,
                    ..Query::default()
                })
                .collect()
        };
        let (plain, built) = (asked(&[]), asked(&[equality("status", "built")]));
        let mut bench = |name: &str, run: &dyn Fn(usize)| {
            let mut round = (0..WINDOWS).cycle();
            criterion.benchmark_group(name).bench_function(BenchmarkId::from_parameter(size), |bencher| {
                bencher.iter(|| run(round.next().unwrap()));
            });
        };
        bench("count in window", &|at| {
            black_box(layer.count_touching(windows[at]));
        });
        bench("page of 100 in window", &|at| {
            black_box(answer(layer, &plain[at]));
        });
        bench("page of 100 in window, filtered", &|at| {
            black_box(answer(layer, &built[at]));
        });
    }
}

/// The nearest to positions that many parcels stand around.
fn near(criterion: &mut Criterion, layer: &IndexedLayer) {
    let places = places(layer);
    for most in [1, 10, 100] {
        let mut round = (0..places.len()).cycle();
        criterion.benchmark_group("nearest").bench_function(BenchmarkId::from_parameter(most), |bencher| {
            bencher.iter(|| {
                let from = Standpoint::at(places[round.next().unwrap()], None).unwrap();
                let (query, budget) = (Query::default(), Budget::default());
                black_box(nearest(&from, layer, &query, most, f64::INFINITY, &budget).unwrap())
            });
        });
    }
}

/// A whole count by a filter: scalar ones look at every feature, the others are led by the R-tree or the ids.
fn filters(criterion: &mut Criterion, layer: &IndexedLayer) {
    let [x, y] = places(layer)[0];
    let id = layer.layer().feature(layer.layer().positions().next().unwrap()).id();
    let cases = [
        ("a number", "area_m2 > 20000".to_owned()),
        ("a text", "status = 'built'".to_owned()),
        ("a pattern", "CASEI(status) LIKE casei('%IL%')".to_owned()),
        ("three fields", "status = 'built' AND area_m2 BETWEEN 10000 AND 30000 AND NOT far < 1".to_owned()),
        ("arithmetic", "area_m2 * far > 50000".to_owned()),
        ("an id", format!("id = '{id}'")),
        (
            "in a polygon",
            format!(
                "S_WITHIN(geometry, POLYGON(({x} {y},{} {y},{} {},{x} {y})))",
                x + 0.003,
                x + 0.003,
                y + 0.003
            ),
        ),
        ("within 100 m", format!("DWITHIN(geometry, POINT({x} {y}), 100)")),
    ];
    let page = Page { offset: 0, limit: 100 };
    let mut group = criterion.benchmark_group("filter");
    for (name, filter) in cases {
        let expr = cql2::parse(&filter, cql2::Encoding::Text).unwrap();
        let query = Query { filter: Some(Filter { expr, crs: Crs::Crs84 }), page, ..Query::default() };
        group.bench_function(name, |bencher| bencher.iter(|| black_box(answer(layer, &query))));
    }
    group.finish();
}

fn items(criterion: &mut Criterion, layer: &IndexedLayer) {
    let page: Vec<FeatureIx> =
        layer.layer().positions().step_by(layer.layer().len() / 100).take(100).collect();
    let writer = FeatureWriter::new(layer.layer(), View::whole(layer.layer(), Crs::Crs84));
    let mut out = Vec::new();
    let mut group = criterion.benchmark_group("render");
    group.bench_function("100 features as GeoJSON", |bencher| {
        bencher.iter(|| {
            out.clear();
            writer.features(&mut out, layer.layer(), &page, usize::MAX);
            black_box(out.len())
        });
    });
    group.finish();
    let ids: Vec<String> = page.iter().map(|&ix| layer.layer().feature(ix).id().to_string()).collect();
    let mut round = ids.iter().cycle();
    criterion.benchmark_group("item").bench_function("by id", |bencher| {
        bencher.iter(|| black_box(layer.find(round.next().unwrap()).unwrap()));
    });
}

fn equality(field: &str, value: &str) -> Equality {
    Equality { field: field.to_owned(), value: value.to_owned() }
}

fn answer(layer: &IndexedLayer, query: &Query) -> Selection {
    let budget = Budget::default();
    execute(&plan(query, layer, &budget).unwrap(), layer, &budget).unwrap()
}

/// South-western corners of features picked by chance, the same every time, so that windows lie where parcels do.
fn places(layer: &IndexedLayer) -> Vec<[f64; 2]> {
    let layer = layer.layer();
    let rows: Vec<FeatureIx> = layer.positions().collect();
    let mut chance = 42_u64;
    (0..WINDOWS)
        .map(|_| {
            // Multiplier and increment of Knuth's MMIX generator; only its upper bits are random.
            chance = chance.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let row = usize::try_from(chance >> 33).unwrap() % rows.len();
            let bounds = layer.feature(rows[row]).geometry().unwrap().bounds().unwrap();
            [bounds.west, bounds.south]
        })
        .collect()
}
