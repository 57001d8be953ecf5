//! Our side of the comparison of grouped counts: parcels by district and land use.
//!
//! `grouped PARCELS DISTRICTS` reads the parcels of the one folder, says `ready`, and then answers each job named on
//! standard input with one line of JSON, `[[nanoseconds, …], [answer, …]]`. The districts of the other folder are read
//! again before each job, so that they are areas that nothing has prepared. grouped.py speaks the same way.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]
#![expect(clippy::print_stdout, reason = "its answers go there")]

use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use innospace::index::IndexedLayer;
use innospace::model::Incoming;
use innospace::query::aggregate::{Aggregation, Areas, MOST_GROUPS, Measure, Places, Rule, Table, aggregate};
use innospace::query::{Budget, Page, Query};
use innospace::store::Store;
use serde_json::{Value, json};

// The allocator of the program, so that its costs are those of the program.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, parcels, districts] = arguments.as_slice() else {
        println!("tests/bench/run runs this one");
        return;
    };
    let (parcels, districts) = (layer(parcels, "parcels"), || layer(districts, "districts"));
    println!("ready");
    for job in std::io::stdin().lines() {
        let (took_ns, answers) = match job.unwrap().as_str() {
            "intersects" => twice(&parcels, &districts(), Rule::Intersects, "use_code", "count"),
            "within" => twice(&parcels, &districts(), Rule::Within, "use_code", "count"),
            "overlap" => twice(&parcels, &districts(), Rule::Intersects, "", "overlap"),
            "each" => each(&parcels, &districts()),
            job => panic!("no job {job}"),
        };
        println!("{}", json!([took_ns, answers]));
    }
}

fn layer(folder: &str, id: &str) -> Arc<IndexedLayer> {
    let catalog = Store::new(Path::new(folder)).load(&mut |_| {}).unwrap().catalog;
    Arc::clone(catalog.layer(id).unwrap())
}

/// One job on areas that must be prepared, and again on areas that are. Groups that hold nothing are left out.
fn twice(
    parcels: &IndexedLayer,
    districts: &Arc<IndexedLayer>,
    rule: Rule,
    field: &str,
    measure: &str,
) -> (Vec<u128>, Vec<Value>) {
    let answers = [(); 2].map(|()| {
        let began = Instant::now();
        let areas = Areas::of_layer(districts, rule, false).unwrap();
        let table = counted(parcels, areas, rule, field, measure);
        (began.elapsed().as_nanos(), groups(&table))
    });
    answers.into_iter().unzip()
}

/// The count in each district alone, which is prepared anew.
fn each(parcels: &IndexedLayer, districts: &IndexedLayer) -> (Vec<u128>, Vec<Value>) {
    let layer = districts.layer();
    let shapes = layer.positions().filter_map(|ix| Some(layer.feature(ix).geometry()?.to_shape()));
    let answers = shapes.map(|shape| {
        let began = Instant::now();
        let areas = Areas::drawn(shape).unwrap();
        let table = counted(parcels, areas, Rule::Intersects, "", "count");
        (began.elapsed().as_nanos(), value(&table.groups[0].cells[1]))
    });
    answers.unzip()
}

fn counted(parcels: &IndexedLayer, areas: Areas, rule: Rule, field: &str, measure: &str) -> Table {
    let asked = Aggregation {
        select: Query::default(),
        fields: (!field.is_empty()).then(|| field.to_owned()).into_iter().collect(),
        places: Some(Places::Areas { areas, rule, doubt: false }),
        measures: Measure::parse_list(measure).unwrap(),
        having: None,
        sort: Vec::new(),
        page: Page { offset: 0, limit: u32::try_from(MOST_GROUPS).unwrap() },
    };
    aggregate(&asked, parcels, &Budget::default()).unwrap()
}

/// `[[district, land use, count], …]`, or `[[district, area], …]`.
fn groups(table: &Table) -> Value {
    let at = |name: &str| table.columns.iter().position(|column| &*column.name == name);
    let measure = at("overlap_m2").or(at("count")).unwrap();
    let columns = [at("area"), at("use_code"), Some(measure)];
    let rows = table.groups.iter().map(|row| columns.iter().flatten().map(|&at| value(&row.cells[at])));
    let rows = rows.map(Iterator::collect::<Vec<Value>>);
    rows.filter(|row| row.last().and_then(Value::as_f64) != Some(0.0)).collect()
}

fn value(cell: &Incoming<'_>) -> Value {
    match cell {
        Incoming::Null => Value::Null,
        Incoming::Integer(number) => json!(number),
        Incoming::Real(number) => json!(number),
        Incoming::Text(text) => json!(text),
        other => panic!("{other:?} is no value of a group"),
    }
}
