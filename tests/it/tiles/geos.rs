//! Tiles beside what an independent decoder and GEOS make of the source: every feature, over a pyramid.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use innospace::geometry::Bounds;
use innospace::index::IndexedLayer;
use innospace::query::{Budget, Query};
use innospace::tile::{self, Detail, MatrixSet, Sheet, TileId};
use serde_json::json;

use crate::harness::{load, natural_earth, shipped};
use crate::oracle;
use crate::random::Random;

fn sheet(layer: &Arc<IndexedLayer>) -> Sheet {
    let fields = layer.layer().schema.fields().map(|(at, _)| at).collect();
    Sheet { layer: Arc::clone(layer), fields, query: Query::default() }
}

fn encoded(layer: &Arc<IndexedLayer>, set: MatrixSet, tile: TileId) -> Vec<u8> {
    let made =
        tile::encode(set, tile, &[sheet(layer)], Detail::Full, &Budget::default()).expect("no conditions");
    assert_eq!(made.present, made.shown, "nothing was left out");
    made.bytes
}

/// A line for the oracle.
fn line(source: &Path, layer: &Arc<IndexedLayer>, set: MatrixSet, tile: TileId) -> String {
    let mut digits = String::new();
    for byte in encoded(layer, set, tile) {
        write!(digits, "{byte:02x}").expect("texts take all");
    }
    let ask = json!({ "source": source, "layer": layer.layer().id.as_str(), "set": set.id(), "matrix": tile.matrix,
                      "row": tile.row, "col": tile.col, "tile": digits });
    ask.to_string()
}

/// Asks the oracle about tiles; how many features were compared.
fn compare(lines: &[String]) -> usize {
    let (mut compared, mut wrong) = (0, Vec::new());
    for (line, answer) in lines.iter().zip(oracle::ask("tiles.py", lines)) {
        let (faults, count) = answer.split_once('\t').expect("faults and a number");
        compared += count.parse::<usize>().expect("a number");
        if faults != "[]" {
            let about: serde_json::Value = serde_json::from_str(line).expect("JSON");
            wrong.push(format!(
                "{} {}/{}/{} {}: {faults}",
                about["set"], about["matrix"], about["row"], about["col"], about["layer"]
            ));
        }
    }
    let first: Vec<_> = wrong.iter().take(12).collect();
    assert!(wrong.is_empty(), "{} of {} tiles are wrong: {first:#?}", wrong.len(), lines.len());
    compared
}

/// Some tiles of a window in some matrices, all of them where they are few.
fn some_tiles(
    random: &mut Random,
    set: MatrixSet,
    window: Bounds,
    matrices: &[u8],
    most: u64,
) -> Vec<TileId> {
    let some = matrices.iter().flat_map(|&matrix| {
        let limits = set.limits(matrix, window);
        if limits.count() <= most {
            return limits.tiles().collect::<Vec<_>>();
        }
        let mut one = |[first, last]: [u32; 2]| {
            first + u32::try_from(random.below(u64::from(last - first) + 1)).expect("within")
        };
        (0..most).map(|_| TileId { matrix, row: one(limits.rows), col: one(limits.cols) }).collect()
    });
    some.collect()
}

#[test]
fn shipped_layers_are_what_they_are_in_every_tile() {
    let loaded = load(shipped());
    let mut random = Random::new(1);
    let mut lines = Vec::new();
    // Links are served as geodesics, which their file does not hold.
    for layer in loaded.catalog.layers().filter(|layer| layer.layer().id.as_str() != "links") {
        let source = shipped().join(format!("{}.geojson", layer.layer().id));
        let Some(window) = layer.layer().extent.and_then(|extent| extent.bounds) else { continue };
        for set in MatrixSet::ALL {
            let matrices: &[u8] =
                if layer.layer().len() > 1000 { &[9, 12, 15] } else { &[0, 5, 8, 10, 12, 14, 17, 20] };
            for tile in some_tiles(&mut random, set, window, matrices, 4) {
                lines.push(line(&source, layer, set, tile));
            }
        }
    }
    let compared = compare(&lines);
    assert!(compared > 8_000, "{compared} features in {} tiles", lines.len());
}

/// Countries and rivers of the whole earth: across the antimeridian, at the poles, and smaller than the grid.
#[test]
fn the_earth_is_what_it_is_in_every_tile() {
    let loaded = load(natural_earth());
    let mut random = Random::new(2);
    let mut lines = Vec::new();
    for layer in loaded.catalog.layers() {
        let source = natural_earth().join(format!("{}.geojson", layer.layer().id));
        for set in MatrixSet::ALL {
            for tile in some_tiles(&mut random, set, Bounds::WORLD, &[0, 1, 2, 4, 6], 12) {
                lines.push(line(&source, layer, set, tile));
            }
        }
    }
    let compared = compare(&lines);
    assert!(compared > 3_000, "{compared} features in {} tiles", lines.len());
}

/// A closed ring around a middle whose radius jumps from spot to spot; the first is repeated at its end.
fn star(random: &mut Random, [x, y]: [f64; 2], least: f64, most: f64, spots: u32) -> Vec<[f64; 2]> {
    let mut ring: Vec<[f64; 2]> = (0..spots)
        .map(|spot| {
            let angle = f64::from(spot) * std::f64::consts::TAU / f64::from(spots);
            let radius = random.real(least, most);
            let steps = |degrees: f64| (degrees * 1e7).round() / 1e7;
            [steps(x + radius * angle.cos()), steps(y + radius * angle.sin())]
        })
        .collect();
    ring.push(ring[0]);
    ring
}

/// Features that the grid breaks: needles, stars with holes close to their borders, combs, walks that cross themselves.
fn wild(random: &mut Random, count: u32) -> serde_json::Value {
    let features = (0..count).map(|id| {
        let middle = [random.real(113.6, 114.4), random.real(30.1, 30.6)];
        // From far below a unit of the coarsest tile to larger than many of the finest.
        let size = 10_f64.powf(random.real(-6.0, -0.8));
        let geometry = match random.below(7) {
            0 => json!({ "type": "Point", "coordinates": middle }),
            1 => {
                let walk: Vec<_> = (0..random.whole(2, 60))
                    .map(|_| middle.map(|axis| axis + random.real(-size, size)))
                    .collect();
                json!({ "type": "LineString", "coordinates": walk })
            }
            2 => {
                let needle = [middle, [middle[0] + size, middle[1] + size / 3.0],
                              [middle[0] + size, middle[1] + size / 3.0 + size * 1e-3], middle];
                json!({ "type": "Polygon", "coordinates": [needle] })
            }
            3 => {
                let hole: Vec<_> = star(random, middle, size * 0.3, size * 0.49, 9).into_iter().rev().collect();
                json!({ "type": "Polygon", "coordinates": [star(random, middle, size * 0.5, size, 40), hole] })
            }
            4 => {
                let parts: Vec<_> = (0..random.whole(2, 5))
                    .map(|part| {
                        let middle = [middle[0] + f64::from(part) * size * 1.02, middle[1]];
                        json!([star(random, middle, size * 0.3, size * 0.5, 12)])
                    })
                    .collect();
                json!({ "type": "MultiPolygon", "coordinates": parts })
            }
            5 => {
                // A comb whose teeth stand as close as the grid of a middling tile.
                let mut comb: Vec<[f64; 2]> = Vec::new();
                for tooth in 0..30 {
                    let x = middle[0] + f64::from(tooth) * size / 30.0;
                    comb.extend([[x, middle[1] + size], [x + size / 90.0, middle[1] + size * 0.02]]);
                }
                comb.extend([[middle[0] + size, middle[1]], middle, comb[0]]);
                json!({ "type": "Polygon", "coordinates": [comb] })
            }
            _ => json!({ "type": "Polygon", "coordinates": [star(random, middle, size * 0.05, size, 120)] }),
        };
        let note = if id % 3 == 0 { serde_json::Value::Null } else { json!(format!("n{}", id % 7)) };
        json!({ "type": "Feature", "id": id, "geometry": geometry,
                "properties": { "note": note, "size": size, "odd": id % 2 == 1, "list": [id], "turn": -i64::from(id) } })
    });
    json!({ "type": "FeatureCollection", "features": features.collect::<Vec<_>>() })
}

#[test]
fn what_the_grid_breaks_is_mended() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut random = Random::new(3);
    let source = folder.path().join("wild.geojson");
    fs::write(&source, wild(&mut random, 900).to_string()).expect("a file");
    let loaded = load(folder.path());
    let layer = loaded.catalog.layers().next().expect("a layer");
    assert_eq!(layer.layer().len(), 900);
    let window = layer.layer().extent.and_then(|extent| extent.bounds).expect("positions");
    let mut lines = Vec::new();
    for set in MatrixSet::ALL {
        for tile in some_tiles(&mut random, set, window, &[3, 6, 8, 10, 11, 12, 13, 14, 16], 6) {
            lines.push(line(&source, layer, set, tile));
        }
    }
    let compared = compare(&lines);
    assert!(compared > 5_000, "{compared} features in {} tiles", lines.len());
}
