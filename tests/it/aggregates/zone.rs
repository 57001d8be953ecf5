//! A zone made up from a seed: areas with shared, winding borders, and parcels of every kind among them.

use std::path::Path;

use geo_types::{Coord, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon, coord};
use innospace::geometry::Shape;
use serde_json::{Map, Value, json};

use crate::random::Random;

#[derive(Debug, Clone)]
pub struct Feature {
    pub id: String,
    pub shape: Option<Shape>,
    pub properties: Map<String, Value>,
}

impl Feature {
    pub fn new(id: String, shape: Option<Shape>, properties: Value) -> Self {
        let Value::Object(properties) = properties else { panic!("{properties}") };
        Self { id, shape, properties }
    }

    pub fn number(&self, field: &str) -> Option<f64> {
        self.properties[field].as_f64()
    }
}

/// Writes features as the only file of a layer.
pub fn write(folder: &Path, layer: &str, features: &[Feature]) {
    let features = features.iter().map(|feature| geojson::Feature {
        id: Some(geojson::feature::Id::String(feature.id.clone())),
        geometry: feature.shape.as_ref().map(|shape| geojson::Geometry::new(shape.into())),
        properties: Some(feature.properties.clone()),
        bbox: None,
        foreign_members: None,
    });
    let text = geojson::FeatureCollection { features: features.collect(), bbox: None, foreign_members: None };
    std::fs::write(folder.join(format!("{layer}.geojson")), text.to_string()).expect("written");
}

/// Columns and rows of cells, of a large zone and of a small one.
pub const LARGE: [usize; 2] = [7, 6];
pub const SMALL: [usize; 2] = [4, 3];
/// The south-western corner.
const ORIGIN: [f64; 2] = [114.1, 30.4];
/// The width of a cell, some 1 km.
const CELL: f64 = 0.01;
/// Nodes of this column in the first rows lie on one meridian, and the border between them is straight.
const STRAIGHT: usize = 3;

/// The nearest whole multiple of 1e-7 degree.
fn grid(x: f64, y: f64) -> Coord {
    let near = |degrees: f64| (degrees * 1e7).round() / 1e7;
    coord! { x: near(x), y: near(y) }
}

fn small(number: usize) -> f64 {
    f64::from(u16::try_from(number).expect("small"))
}

pub struct Zone {
    pub areas: Vec<Feature>,
    pub parcels: Vec<Feature>,
}

/// The borders that areas share.
struct Borders {
    size: [usize; 2],
    /// From a node to the one in the east.
    flat: Vec<Vec<Vec<Coord>>>,
    /// From a node to the one in the north.
    upright: Vec<Vec<Vec<Coord>>>,
    /// Rings within cells, by column and row.
    islands: Vec<(usize, usize, LineString)>,
}

impl Borders {
    fn new(random: &mut Random, size @ [columns, rows]: [usize; 2]) -> Self {
        let is_straight = |column: usize, row: usize| column == STRAIGHT && row <= 2;
        let nodes: Vec<Vec<Coord>> = (0..=columns)
            .map(|column| {
                let node = |row: usize| {
                    let (dx, dy) = (random.real(-0.0015, 0.0015), random.real(-0.0015, 0.0015));
                    let dx = if is_straight(column, row) { 0.0 } else { dx };
                    grid(ORIGIN[0] + small(column) * CELL + dx, ORIGIN[1] + small(row) * CELL + dy)
                };
                (0..=rows).map(node).collect()
            })
            .collect();
        let mut between = |a: Coord, b: Coord, is_straight: bool| {
            let count = usize::try_from(random.whole(8, 75)).expect("positive");
            let mut line = vec![a];
            for at in 1..count {
                let share = small(at) / small(count);
                let swing = random.real(-0.15, 0.15) * share.min(1.0 - share);
                let swing = if is_straight { 0.0 } else { swing };
                let along = b - a;
                line.push(grid(
                    a.x + along.x * share - along.y * swing,
                    a.y + along.y * share + along.x * swing,
                ));
            }
            line.push(b);
            line
        };
        let flat = (0..columns)
            .map(|column| {
                (0..=rows).map(|row| between(nodes[column][row], nodes[column + 1][row], false)).collect()
            })
            .collect();
        let upright = (0..=columns)
            .map(|column| {
                let edge = |row: usize| {
                    let straight = is_straight(column, row) && is_straight(column, row + 1);
                    between(nodes[column][row], nodes[column][row + 1], straight)
                };
                (0..rows).map(edge).collect()
            })
            .collect();
        let islands = [(5, 1), (1, 2), (2, 1), (4, 4), (1, 3)];
        let islands = islands.into_iter().filter(|&(column, row)| column < columns && row < rows);
        let islands = islands.map(|(column, row)| {
            let centre = [small(column) + 0.5, small(row) + 0.5];
            let centre = grid(ORIGIN[0] + centre[0] * CELL, ORIGIN[1] + centre[1] * CELL);
            (column, row, radial(random, centre, 0.002, 40))
        });
        let islands = islands.collect();
        Self { size, flat, upright, islands }
    }

    fn cell(&self, column: usize, row: usize) -> Polygon {
        let mut ring: Vec<Coord> = self.flat[column][row].clone();
        ring.extend(&self.upright[column + 1][row][1..]);
        ring.extend(self.flat[column][row + 1].iter().rev().skip(1));
        ring.extend(self.upright[column][row].iter().rev().skip(1));
        let holes = self.islands.iter().filter(|island| (island.0, island.1) == (column, row));
        Polygon::new(ring.into(), holes.map(|island| island.2.clone()).collect())
    }

    fn lines(&self) -> Vec<&[Coord]> {
        let edges = self.flat.iter().chain(&self.upright).flatten().map(Vec::as_slice);
        edges.chain(self.islands.iter().map(|island| island.2.0.as_slice())).collect()
    }
}

/// A ring that goes once around a centre, mostly concave.
fn radial(random: &mut Random, centre: Coord, radius: f64, corners: i32) -> LineString {
    let turn = random.real(0.0, 1.0);
    let mut ring: Vec<Coord> = (0..corners)
        .map(|at| {
            let angle = (f64::from(at) + turn + random.real(-0.3, 0.3)) / f64::from(corners);
            let (sine, cosine) = (angle * std::f64::consts::TAU).sin_cos();
            let far = random.real(0.5, 1.0) * radius;
            grid(centre.x + far * cosine, centre.y + far * sine)
        })
        .collect();
    ring.push(ring[0]);
    ring.into()
}

impl Zone {
    pub fn new(seed: u64, size @ [columns, rows]: [usize; 2], parcels: usize) -> Self {
        let mut random = Random::new(seed);
        let borders = Borders::new(&mut random, size);
        let mut shapes: Vec<Option<Shape>> = Vec::new();
        for column in 0..columns {
            for row in 0..rows {
                match (column, row) {
                    // The first and the third of the diagonal are one area; a corner belongs to none.
                    (0, 0) => {
                        let parts = vec![borders.cell(0, 0), borders.cell(2, 2)];
                        shapes.push(Some(Shape::MultiPolygon(MultiPolygon(parts))));
                    }
                    (2, 2) => {}
                    (column, row) if (column + 1, row + 1) == (columns, rows) => {}
                    _ => shapes.push(Some(Shape::Polygon(borders.cell(column, row)))),
                }
            }
        }
        // One hole belongs to none.
        for (_, _, ring) in &borders.islands[1..] {
            shapes.push(Some(Shape::Polygon(Polygon::new(ring.clone(), vec![]))));
        }
        let far = radial(&mut random, coord! { x: 115.0, y: 31.0 }, 0.01, 30);
        shapes.push(Some(Shape::Polygon(Polygon::new(far, vec![]))));
        shapes.push(None);
        let mut areas: Vec<Feature> = shapes
            .into_iter()
            .enumerate()
            .map(|(at, shape)| {
                let accuracy = random.below(80);
                let names = json!({ "name_en": format!("Area {at}"), "accuracy_m": accuracy });
                Feature::new(format!("a{at:02}"), shape, names)
            })
            .collect();
        // The order of a file is not that of the ids.
        for at in (1..areas.len()).rev() {
            areas.swap(at, usize::try_from(random.below(at as u64 + 1)).expect("small"));
        }
        let parcels = (0..parcels)
            .map(|at| {
                let shape = parcel(&mut random, &borders, &areas);
                Feature::new(format!("p{at:04}"), shape, properties(&mut random))
            })
            .collect();
        Self { areas, parcels }
    }
}

fn properties(random: &mut Random) -> Value {
    let land_use = random.of(&[json!("R"), json!("M"), json!("B"), json!("绿地"), json!(null)]).clone();
    let lots = if random.once_in(10) { json!(null) } else { json!(random.whole(-5, 40)) };
    let far = if random.once_in(5) { json!(null) } else { json!(f64::from(random.whole(0, 6000)) / 1000.0) };
    let since = if random.once_in(8) {
        json!(null)
    } else {
        json!(format!("20{:02}-{:02}-{:02}", random.whole(10, 25), random.whole(1, 12), random.whole(1, 28)))
    };
    let accuracy = if random.once_in(6) { json!(null) } else { json!(random.whole(0, 400)) };
    json!({ "use": land_use, "lots": lots, "far": far, "since": since, "accuracy_m": accuracy })
}

fn parcel(random: &mut Random, borders: &Borders, areas: &[Feature]) -> Option<Shape> {
    let width = borders.size.map(|cells| small(cells) * CELL);
    let centre = coord! {
        x: ORIGIN[0] + random.real(-0.05, 1.05) * width[0],
        y: ORIGIN[1] + random.real(-0.05, 1.05) * width[1],
    };
    // From some 20 m to some 2 km.
    let radius = if random.once_in(6) { random.real(0.003, 0.01) } else { random.real(0.0001, 0.002) };
    let corners = random.whole(4, 12);
    let beside = |random: &mut Random| {
        grid(centre.x + random.real(-1.0, 1.0) * radius, centre.y + random.real(-1.0, 1.0) * radius)
    };
    let line = |random: &mut Random| {
        let count = random.whole(2, 6);
        LineString((0..count).map(|_| beside(random)).collect())
    };
    Some(match random.below(100) {
        0..40 => Shape::Polygon(Polygon::new(radial(random, centre, radius, 4), vec![])),
        40..60 => Shape::Polygon(Polygon::new(radial(random, centre, radius, corners), vec![])),
        60..65 => {
            let hole = radial(random, centre, radius * 0.2, 5);
            Shape::Polygon(Polygon::new(radial(random, centre, radius, corners), vec![hole]))
        }
        65..70 => {
            let east = coord! { x: centre.x + radius * 2.5, y: centre.y };
            let parts =
                [centre, east].map(|centre| Polygon::new(radial(random, centre, radius, corners), vec![]));
            Shape::MultiPolygon(MultiPolygon(parts.into()))
        }
        70..75 => Shape::LineString(line(random)),
        75..76 => Shape::MultiLineString(MultiLineString(vec![line(random), line(random)])),
        76..80 => Shape::Point(Point(beside(random))),
        80..82 => {
            let count = random.whole(2, 4);
            Shape::MultiPoint(MultiPoint((0..count).map(|_| Point(beside(random))).collect()))
        }
        82..84 => return None,
        84..96 => at_border(random, borders, areas),
        _ => at_meridian(random, borders),
    })
}

/// What shares positions or edges with the border of an area.
fn at_border(random: &mut Random, borders: &Borders, areas: &[Feature]) -> Shape {
    let lines = borders.lines();
    let line = random.of(&lines);
    let at = usize::try_from(random.below(line.len() as u64 - 1)).expect("small");
    let (a, b) = (line[at], line[at + 1]);
    let sign = |random: &mut Random| if random.once_in(2) { 1.0 } else { -1.0 };
    match random.below(20) {
        0..3 => Shape::Point(Point(a)),
        3..7 => {
            let end = line.len().min(at + 2 + usize::try_from(random.below(6)).expect("small"));
            Shape::LineString(LineString(line[at..end].to_vec()))
        }
        7..13 => {
            let off = sign(random) * random.real(0.2, 3.0);
            let along = b - a;
            let tip = grid(f64::midpoint(a.x, b.x) - along.y * off, f64::midpoint(a.y, b.y) + along.x * off);
            Shape::Polygon(Polygon::new(LineString(vec![a, b, tip, a]), vec![]))
        }
        13..19 => {
            let size = random.real(0.0001, 0.001);
            let (dx, dy) = (size * sign(random), size * sign(random));
            let at = |x: f64, y: f64| grid(a.x + x, a.y + y);
            Shape::Polygon(Polygon::new(LineString(vec![a, at(dx, 0.0), at(dx, dy), at(0.0, dy), a]), vec![]))
        }
        _ => {
            let shapes: Vec<_> = areas.iter().filter_map(|area| area.shape.clone()).collect();
            random.of(&shapes).clone()
        }
    }
}

/// What the straight border halves, or what lies along it.
fn at_meridian(random: &mut Random, borders: &Borders) -> Shape {
    let (first, last) =
        (borders.upright[STRAIGHT][0][0], borders.upright[STRAIGHT][1].last().expect("an end"));
    let y = random.real(first.y + 0.003, last.y - 0.003);
    let (half, height) = (random.real(0.0001, 0.002), random.real(0.0001, 0.002));
    let [west, east] = [-half, half].map(|half| grid(first.x + half, y));
    let [south, north] = [y, y + height].map(|y| grid(first.x, y));
    let rectangle = |west: Coord, east: Coord| {
        let corner = |x: Coord, y: Coord| coord! { x: x.x, y: y.y };
        let ring = vec![
            corner(west, south),
            corner(east, south),
            corner(east, north),
            corner(west, north),
            corner(west, south),
        ];
        Shape::Polygon(Polygon::new(LineString(ring), vec![]))
    };
    match random.below(8) {
        0 | 1 => rectangle(west, east),
        2 => rectangle(west, south),
        3 => rectangle(south, east),
        4 => Shape::LineString(LineString(vec![west, east])),
        5 => Shape::LineString(LineString(vec![south, north])),
        6 => Shape::MultiPoint(MultiPoint(vec![Point(east), Point(west)])),
        _ => Shape::Point(Point(south)),
    }
}
