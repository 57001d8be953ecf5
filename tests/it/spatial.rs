//! Relations and measures beside GEOS and PROJ, which `make tools` installs.

use std::time::{Duration, Instant};

use geo::{CoordsIter as _, Destination as _};
use geo_types::{Coord, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};
use innospace::geometry::{
    Area, Bounds, Distances, GeometryArray, GeometryBuilder, GeometryKind, Lies, NotWidened, Prepared,
    Relation, Scratch, Shape, Span, area_m2, buffer_m, buffer_unless, de9im, distance_m, distance_unless,
    intersects_window, length_m, reach, relate, relate_unless, stored_area_m2, within_distance,
};

use crate::oracle::{ask, shape as literal, wkt};
use crate::random::Random;

/// A shape as the only geometry of a layer; `None` where a layer would refuse it.
pub fn stored(shape: &Shape) -> Option<GeometryArray> {
    fn line(line: &LineString) -> Vec<[f64; 2]> {
        line.0.iter().map(|c| [c.x, c.y]).collect()
    }
    fn fill(builder: &mut GeometryBuilder, shape: &Shape) -> Option<()> {
        let polygon = |builder: &mut GeometryBuilder, polygon: &Polygon| {
            std::iter::once(polygon.exterior())
                .chain(polygon.interiors())
                .filter(|ring| !ring.0.is_empty())
                .enumerate()
                .try_for_each(|(at, ring)| builder.ring(&mut line(ring), &mut [], at == 0).ok().map(drop))
        };
        let kind = match shape {
            Shape::GeometryCollection(all) => return all.iter().try_for_each(|member| fill(builder, member)),
            Shape::Point(point) => {
                builder.point([point.x(), point.y()], None).ok()?;
                GeometryKind::Point
            }
            Shape::MultiPoint(points) => {
                points.iter().try_for_each(|p| builder.point([p.x(), p.y()], None).ok())?;
                GeometryKind::MultiPoint
            }
            Shape::LineString(run) => {
                if !run.0.is_empty() {
                    builder.line(&line(run), &[]).ok()?;
                }
                GeometryKind::LineString
            }
            Shape::MultiLineString(all) => {
                all.iter().try_for_each(|run| builder.line(&line(run), &[]).ok())?;
                GeometryKind::MultiLineString
            }
            Shape::Polygon(one) => {
                polygon(builder, one)?;
                GeometryKind::Polygon
            }
            Shape::MultiPolygon(all) => {
                all.iter().try_for_each(|one| polygon(builder, one))?;
                GeometryKind::MultiPolygon
            }
            other => panic!("{other:?}"),
        };
        builder.end_member(kind);
        Some(())
    }
    let mut builder = GeometryBuilder::default();
    fill(&mut builder, shape)?;
    builder.finish(matches!(shape, Shape::GeometryCollection(_))).ok()?;
    Some(builder.build())
}

fn letters(holds: impl Fn(Relation) -> bool) -> String {
    Relation::ALL.iter().map(|&relation| if holds(relation) { 'T' } else { 'F' }).collect()
}

const NAMES: [&str; 8] =
    ["equals", "disjoint", "intersects", "touches", "crosses", "within", "contains", "overlaps"];

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    a: String,
    b: String,
    holds: String,
    /// Why GEOS is wrong about the pair.
    geos: Option<String>,
}

#[test]
fn relations_are_those_of_the_table() {
    crate::cases::run("relations.jsonc", 50, |row: &Row| {
        let (a, b) = (literal(&row.a), literal(&row.b));
        let wanted: Vec<_> = row.holds.split(' ').collect();
        assert!(wanted.iter().all(|name| NAMES.contains(name)), "{}", row.holds);
        for (relation, name) in Relation::ALL.into_iter().zip(NAMES) {
            let wants = wanted.contains(&name);
            let answers = [
                relate(&a, &b, relation),
                relate(&b, &a, relation.converse()),
                Prepared::new(&b, None).relates(stored(&a).expect("valid").get(0).expect("one"), relation),
            ];
            if answers != [wants; 3] {
                return Err(format!("{} {name} {}: {answers:?}, not {wants}", row.a, row.b));
            }
        }
        Ok(())
    });
}

/// Compares pairs, in both orders, as shapes and as stored geometry beside a literal; lists every difference.
fn compare(pairs: &[(Shape, Shape)], least: usize) {
    let both: Vec<(&Shape, &Shape)> = pairs.iter().flat_map(|(a, b)| [(a, b), (b, a)]).collect();
    let lines: Vec<_> = both.iter().map(|(a, b)| format!("{}\t{}", wkt(a), wkt(b))).collect();
    let rows: Vec<Row> = crate::cases::read("relations.jsonc");
    // The table has these, with the right answers.
    let settled: Vec<_> =
        rows.iter().filter(|row| row.geos.is_some()).map(|row| [literal(&row.a), literal(&row.b)]).collect();
    let (mut compared, mut wrong) = (0, Vec::new());
    for ((answer, line), (a, b)) in ask("geos.py", &lines).iter().zip(&lines).zip(both) {
        let want = answer;
        let is_settled = settled.iter().any(|[p, q]| [p, q] == [a, b] || [q, p] == [a, b]);
        if want == "invalid" || is_settled {
            continue;
        }
        compared += 1;
        let mut got = vec![("shapes", letters(|relation| relate(a, b, relation)))];
        if let Some(array) = stored(a) {
            let (prepared, stored) = (Prepared::new(b, None), array.get(0).expect("a geometry"));
            got.push(("stored", letters(|relation| prepared.relates(stored, relation))));
            assert_eq!(wkt(&stored.to_shape()).split('(').next(), wkt(a).split('(').next());
        }
        if got.iter().any(|(_, got)| got != want) {
            wrong.push(format!("{line}\n  GEOS {want}, here {got:?}"));
        }
    }
    assert!(compared >= least, "only {compared} pairs were valid");
    assert!(
        wrong.is_empty(),
        "{} of {compared} pairs differ:\n{}",
        wrong.len(),
        wrong.iter().take(12).cloned().collect::<Vec<_>>().join("\n")
    );
}

/// Random shapes on a small grid, where ends touch and edges lie along each other all the time.
struct Maker {
    random: Random,
    size: i32,
    scale: f64,
    shift: [f64; 2],
    /// One position in so many lies a hair beside the grid; 0 for none.
    jitter: u64,
}

impl Maker {
    fn new(seed: u64) -> Self {
        Self { random: Random::new(seed), size: 6, scale: 1.0, shift: [0.0, 0.0], jitter: 0 }
    }

    fn next(&mut self, below: u64) -> u64 {
        self.random.below(below)
    }

    fn whole(&mut self, low: i32, high: i32) -> i32 {
        self.random.whole(low, high)
    }

    fn hair(&mut self) -> f64 {
        let often = self.jitter;
        if often == 0 || self.next(often) > 0 {
            return 0.0;
        }
        f64::from(self.whole(-4, 4)) * 1e-9
    }

    fn at(&mut self, x: i32, y: i32) -> Coord {
        let (dx, dy) = (self.hair(), self.hair());
        Coord {
            x: (f64::from(x) + dx) * self.scale + self.shift[0],
            y: (f64::from(y) + dy) * self.scale + self.shift[1],
        }
    }

    fn coord(&mut self) -> Coord {
        let (x, y) = (self.whole(0, self.size), self.whole(0, self.size));
        self.at(x, y)
    }

    fn line(&mut self) -> LineString {
        let count = 2 + self.next(4);
        let mut line: Vec<Coord> = (0..count).map(|_| self.coord()).collect();
        if self.next(6) == 0 {
            line.push(line[0]);
        }
        if line.iter().all(|c| *c == line[0]) {
            line.push(Coord { x: line[0].x + self.scale, y: line[0].y });
        }
        line.into()
    }

    fn ring(&mut self, corners: &[(i32, i32)]) -> LineString {
        let mut ring: Vec<Coord> = corners.iter().map(|&(x, y)| self.at(x, y)).collect();
        let first = usize::try_from(self.next(ring.len() as u64)).expect("small");
        ring.rotate_left(first);
        if self.next(2) == 0 {
            ring.reverse();
        }
        ring.push(ring[0]);
        ring.into()
    }

    fn polygon(&mut self) -> Polygon {
        let (x, y) = (self.whole(0, self.size - 1), self.whole(0, self.size - 1));
        let (e, n) = (self.whole(x + 1, self.size), self.whole(y + 1, self.size));
        match self.next(5) {
            0 | 1 => Polygon::new(self.ring(&[(x, y), (e, y), (e, n), (x, n)]), vec![]),
            2 => {
                let shell = self.ring(&[(0, 0), (self.size, 0), (self.size, self.size), (0, self.size)]);
                // A hole may touch the shell in a corner; the oracle sorts out the rest.
                let hole = match self.next(2) {
                    0 => self.ring(&[(x, y), (e, y), (e, n), (x, n)]),
                    _ => self.ring(&[(x, y), (e, y), (e, n)]),
                };
                Polygon::new(shell, vec![hole])
            }
            3 => {
                let corners = [(x, y), (e, y), (e, n)];
                Polygon::new(self.ring(&corners), vec![])
            }
            _ => {
                let count = self.next(4) + 3;
                let corners: Vec<_> =
                    (0..count).map(|_| (self.whole(0, self.size), self.whole(0, self.size))).collect();
                Polygon::new(self.ring(&corners), vec![])
            }
        }
    }

    fn simple(&mut self) -> Shape {
        let few = 1 + self.next(3);
        match self.next(12) {
            0 => Shape::Point(self.coord().into()),
            1 => Shape::MultiPoint(MultiPoint((0..few).map(|_| Point(self.coord())).collect())),
            2..=4 => Shape::LineString(self.line()),
            5 => Shape::MultiLineString(MultiLineString((0..few).map(|_| self.line()).collect())),
            6..=9 => Shape::Polygon(self.polygon()),
            _ => Shape::MultiPolygon(MultiPolygon((0..few).map(|_| self.polygon()).collect())),
        }
    }

    fn collection(&mut self) -> Shape {
        let count = 1 + self.next(3);
        Shape::GeometryCollection((0..count).map(|_| self.simple()).collect())
    }

    fn pairs(&mut self, count: usize, collections: bool) -> Vec<(Shape, Shape)> {
        let one = |maker: &mut Self, often: u64| {
            if collections && maker.next(often) > 0 { maker.collection() } else { maker.simple() }
        };
        (0..count).map(|_| (one(self, 2), one(self, 4))).collect()
    }
}

#[test]
fn relations_on_a_grid_are_those_of_geos() {
    compare(&Maker::new(1).pairs(6000, false), 6000);
    compare(&Maker { size: 3, ..Maker::new(2) }.pairs(3000, false), 3000);
}

#[test]
fn relations_of_collections_are_those_of_geos() {
    compare(&Maker::new(3).pairs(5000, true), 4000);
    compare(&Maker { size: 3, ..Maker::new(4) }.pairs(3000, true), 2000);
}

#[test]
fn relations_of_slivers_are_those_of_geos() {
    // On a grid of tenths of a degree hardly three positions are in line that seem to be.
    compare(&Maker { scale: 0.1, shift: [113.7, 30.1], ..Maker::new(5) }.pairs(3000, false), 3000);
    compare(&Maker { jitter: 3, ..Maker::new(6) }.pairs(3000, false), 2000);
}

/// On a grid positions fall on borders, corners and in line with edges all the time.
#[test]
fn areas_sort_as_relations_say() {
    use geo::Validation as _;
    let makers = [
        Maker::new(31),
        Maker { size: 3, ..Maker::new(32) },
        Maker { scale: 0.1, shift: [113.7, 30.1], ..Maker::new(33) },
        Maker { jitter: 3, ..Maker::new(34) },
    ];
    let (mut scratch, mut met) = (Scratch::default(), [0; 3]);
    for mut maker in makers {
        for (a, b) in maker.pairs(4000, false) {
            let Some(area) = Area::new(b.clone()).filter(|_| a.is_valid() && b.is_valid()) else { continue };
            let Some(array) = stored(&a) else { continue };
            let geometry = array.get(0).expect("one");
            let [meets, within] =
                [Relation::Intersects, Relation::Within].map(|relation| relate(&a, &b, relation));
            let lies = match (meets, within) {
                (false, _) => Lies::Outside,
                (true, false) => Lies::Across,
                (true, true) => Lies::Within,
            };
            let told = format!("{} in {}", wkt(&a), wkt(&b));
            assert_eq!(area.of_geometry(geometry, &mut scratch), lies, "{told}");
            assert_eq!(area.meets(geometry, &mut scratch), meets, "{told}");
            assert_eq!(area.contains(geometry, &mut scratch), within, "{told}");
            let bounds = geometry.bounds().expect("positions");
            let of_box = area.of_box([bounds.west, bounds.south], [bounds.east, bounds.north]);
            assert!(of_box == Lies::Across || of_box == lies, "{told}: {of_box:?}");
            for position in a.coords_iter() {
                let holds = relate(&Shape::Point(position.into()), &b, Relation::Intersects);
                assert_eq!(area.holds([position.x, position.y]), holds, "{told}: {position:?}");
            }
            met[lies as usize] += 1;
        }
    }
    assert!(met.iter().all(|&met| met > 200), "{met:?}");
}

#[test]
fn measures_are_those_of_the_geodesic_library_of_proj() {
    let mut maker = Maker { scale: 0.01, shift: [113.9, 30.3], ..Maker::new(7) };
    let mut pairs = maker.pairs(1500, false);
    // Far apart, at high latitudes, across the antimeridian.
    for (seed, scale, shift) in [(8, 0.2, [10.0, 59.0]), (9, 0.01, [179.97, -17.0]), (10, 0.5, [-60.0, -2.0])]
    {
        let mut maker = Maker { scale, shift, ..Maker::new(seed) };
        pairs.extend(maker.pairs(300, false));
    }
    let wrapped = |shape: &Shape| {
        use geo::MapCoords as _;
        shape.map_coords(|c| Coord { x: if c.x > 180.0 { c.x - 360.0 } else { c.x }, y: c.y })
    };
    // A shape that would be torn by the antimeridian is not one that a layer can hold.
    let torn =
        |shape: &Shape| shape.coords_iter().any(|c| c.x > 180.0) && shape.coords_iter().any(|c| c.x <= 180.0);
    let pairs: Vec<_> = pairs
        .into_iter()
        .filter(|(a, b)| !torn(a) && !torn(b))
        .map(|(a, b)| (wrapped(&a), wrapped(&b)))
        .collect();
    let lines: Vec<_> = pairs.iter().map(|(a, b)| format!("{}\t{}", wkt(a), wkt(b))).collect();
    let (mut compared, mut wrong) = (0, Vec::new());
    for ((answer, line), (a, b)) in ask("proj.py", &lines).iter().zip(&lines).zip(&pairs) {
        if answer == "invalid" {
            continue;
        }
        let want: Vec<f64> = answer.split('\t').map(|number| number.parse().expect("a number")).collect();
        let got = [area_m2(a), length_m(a), distance_m(a, b).expect("not empty")];
        // Both distances are those of positions on the shapes, so neither is too short; the oracle's is too long
        // where its search was too coarse.
        let near = |got: f64, want: f64, less: f64, more: f64| {
            got <= want + want.abs() * more + 1e-6 && got >= want - (want.abs() + 500.0) * less
        };
        let fine = near(got[0], want[0], 1e-9, 1e-9)
            && near(got[1], want[1], 1e-9, 1e-9)
            && near(got[2], want[2], 1e-2, 2e-5);
        compared += 1;
        if !fine {
            wrong.push(format!("{line}\n  PROJ {want:?}, here {got:?}"));
        }
        if let Some(array) = stored(a) {
            let (stored, area) = (stored_area_m2(array.get(0).expect("one")), area_m2(a));
            assert!(
                (stored - area).abs() <= area * 1e-8 + 1e-6,
                "{line}: {stored} stored, {area} as a shape"
            );
        }
        let edge = distance_m(a, b).expect("not empty");
        if let Some(array) = stored(a) {
            check_distances(&array, std::slice::from_ref(b), line);
        }
        assert!(within_distance(a, b, edge * (1.0 + 1e-9) + 1e-6), "{line}");
        assert!(edge == 0.0 || !within_distance(a, b, edge * (1.0 - 1e-9) - 1e-6), "{line}");
    }
    assert!(compared > 1200, "only {compared}");
    let list = wrong.iter().take(10).cloned().collect::<Vec<_>>().join("\n");
    assert!(wrong.is_empty(), "{} of {compared} differ:\n{list}", wrong.len());
}

/// What `Distances` say of the first geometry of an array, beside each distance by itself.
fn check_distances(array: &GeometryArray, shapes: &[Shape], told: &str) {
    let geometry = array.get(0).expect("one");
    let shape = geometry.to_shape();
    let each: Vec<f64> = shapes.iter().map(|other| distance_m(&shape, other).expect("not empty")).collect();
    let nearest = each.iter().copied().fold(f64::INFINITY, f64::min);
    // Edges out of reach are left out, and then the scale of degrees is taken at another latitude.
    let slack = |metres: f64| metres * 2e-5 + 1e-6;
    let holds =
        |span: Span, metres: f64| span.least <= metres + slack(metres) && span.most >= metres - slack(metres);
    let distances = Distances::new(shapes.iter().cloned());
    let around = distances.of_box(geometry.bounds().expect("positions"));
    assert!(holds(around, nearest), "{told}: {nearest} in {around:?}");
    for margin in [0.0, 300.0] {
        let spans = distances.of_geometry(geometry, margin);
        for (at, metres) in each.iter().enumerate() {
            match spans.iter().find(|span| span.0 == at) {
                Some((_, span)) => assert!(holds(*span, *metres), "{told}: {metres} in {span:?}"),
                None => assert!(*metres > nearest + margin, "{told}: {metres} is left out"),
            }
        }
    }
    for (at, metres) in each.iter().enumerate() {
        let exact = distances.exact(at, geometry).expect("not empty");
        assert!((exact - metres).abs() <= slack(*metres), "{told}: {metres} and {exact}");
    }
    for strict in [false, true] {
        assert!(distances.are_within(geometry, nearest + 2.0 * slack(nearest), strict), "{told}: {nearest}");
        let less = nearest - 2.0 * slack(nearest);
        assert!(nearest == 0.0 || !distances.are_within(geometry, less, strict), "{told}: {nearest}");
    }
    assert!(nearest > 0.0 || !distances.are_within(geometry, 0.0, true), "{told}");
}

#[test]
fn distances_from_long_lines_are_those_of_each_by_itself() {
    for (seed, [west, south]) in
        [(21, [113.9, 30.3]), (22, [10.0, 64.0]), (23, [179.7, -17.0]), (24, [-70.0, 0.0])]
    {
        let mut maker = Maker { scale: 0.002, shift: [west, south], ..Maker::new(seed) };
        let inside = |x: f64| if x > 180.0 { x - 360.0 } else { x };
        // Lines of some hundred bends that stay on their side of the antimeridian.
        let lines: Vec<Shape> = (0..3)
            .map(|line| {
                let start = f64::from(line) * 0.05;
                let bend = |at: i32| {
                    let x = west + (start + f64::from(at) * 0.0008).min(179.999 - west);
                    Coord { x, y: south + f64::from(maker.whole(0, 40)) * 0.001 + f64::from(at) * 0.0003 }
                };
                Shape::LineString((0..200).map(bend).collect())
            })
            .collect();
        for at in 0..25 {
            let [dx, dy] =
                [maker.whole(-200, 400), maker.whole(-200, 400)].map(|steps| f64::from(steps) * 0.001);
            let corner = |x: f64, y: f64| Coord { x: inside(west + dx) + x, y: south + dy + y };
            let parcel = Polygon::new(
                vec![corner(0.0, 0.0), corner(0.0008, 0.0002), corner(0.0004, 0.0011), corner(0.0, 0.0)]
                    .into(),
                vec![],
            );
            let array = stored(&Shape::Polygon(parcel)).expect("a parcel");
            check_distances(&array, &lines, &format!("{west} {south}, parcel {at}"));
        }
    }
}

#[test]
fn the_border_of_a_buffer_lies_at_its_distance() {
    let mut maker = Maker { scale: 0.01, shift: [113.9, 30.3], ..Maker::new(11) };
    for (shape, _) in maker.pairs(60, false) {
        let grown = buffer_m(&shape, 500.0).expect("a buffer");
        assert!(relate(&shape, &grown, Relation::Within), "{}", wkt(&shape));
        for position in grown.coords_iter() {
            let distance = distance_m(&Shape::Point(position.into()), &shape).expect("not empty");
            assert!((distance - 500.0).abs() < 0.5, "{distance} m from {}", wkt(&shape));
        }
    }
    let square = literal("POLYGON((114 30, 114.01 30, 114.01 30.01, 114 30.01, 114 30))");
    let shrunk = buffer_m(&square, -100.0).expect("a buffer");
    assert!(relate(&shrunk, &square, Relation::Within) && area_m2(&shrunk) < area_m2(&square));
    assert!(area_m2(&buffer_m(&square, -1000.0).expect("empty")) == 0.0);
}

/// Areas and lines of many edges are widened from what lies around each edge, those of few at once.
#[test]
fn the_border_of_a_buffer_of_many_edges_lies_at_its_distance() {
    let at = |share: f64, radius: f64| {
        let (y, x) = (share * std::f64::consts::TAU).sin_cos();
        // A wave of 30 m, so that there are corners to both sides.
        let radius = radius * (1.0 + 0.015 * (40.0 * share * std::f64::consts::TAU).sin());
        Coord { x: 114.0 + radius * x / 0.8660, y: 30.0 + radius * y }
    };
    let ring = |radius: f64, count: u32| -> geo_types::LineString {
        (0..=count).map(|corner| at(f64::from(corner % count) / f64::from(count), radius)).collect()
    };
    let area = geo_types::Polygon::new(ring(0.02, 900), vec![ring(0.01, 300)]);
    let line = Shape::LineString(ring(0.02, 700));
    let area = Shape::Polygon(area);
    for (shape, metres) in [(&area, 150.0), (&area, -150.0), (&line, 150.0)] {
        let grown = buffer_m(shape, metres).expect("a buffer");
        let relation = if metres < 0.0 { Relation::Contains } else { Relation::Within };
        assert!(relate(shape, &grown, relation), "{metres}");
        let rings = match shape {
            Shape::Polygon(area) => {
                std::iter::once(area.exterior()).chain(area.interiors()).cloned().collect()
            }
            _ => vec![ring(0.02, 700)],
        };
        let rings = Shape::MultiLineString(geo_types::MultiLineString(rings));
        for position in grown.coords_iter().step_by(25) {
            let distance = distance_m(&Shape::Point(position.into()), &rings).expect("not empty");
            assert!((distance - 150.0).abs() < 0.15, "{distance} m of {metres}");
        }
    }
}

/// Lines that cross in more places than are kept at once.
#[test]
fn crossings_are_counted_however_many_there_are() {
    let comb = |teeth: u32, turned: bool| -> Shape {
        let ends = (0..teeth).flat_map(|tooth| {
            let (low, high) = if tooth % 2 == 0 { (0.0, 1.0) } else { (1.0, 0.0) };
            [low, high].map(|along| (along, (f64::from(tooth) + 0.5) / f64::from(teeth)))
        });
        Shape::LineString(
            ends.map(|(x, y)| if turned { Coord { x: y, y: x } } else { Coord { x, y } }).collect(),
        )
    };
    // 260 teeth by 260 are 67,600 crossings.
    let (a, b) = (comb(260, false), comb(260, true));
    let holds: Vec<_> = Relation::ALL.into_iter().filter(|&relation| relate(&a, &b, relation)).collect();
    assert_eq!(holds, [Relation::Intersects, Relation::Crosses]);
    assert_eq!(de9im(&a, &b), "0F1FF0102");
}

#[test]
fn work_that_nobody_waits_for_ends() {
    let line = |shift: f64| -> Shape {
        let at = |at: u32| Coord { x: shift + f64::from(at % 2), y: f64::from(at) / 20_000.0 };
        Shape::LineString((0..20_000).map(at).collect())
    };
    let (one, other, began) = (line(0.0), line(0.0), Instant::now());
    for relation in Relation::ALL {
        let _ = relate_unless(&one, &other, relation, &|| true);
    }
    let _ = distance_unless(&one, &line(5.0), &|| true);
    assert!(matches!(buffer_unless(&one, 100.0, &|| true), Err(NotWidened::TooLong(1_999_900..))));
    let few = Shape::LineString(
        (0..2000).map(|at| Coord { x: f64::from(at % 2) / 100.0, y: f64::from(at) / 1e5 }).collect(),
    );
    assert_eq!(buffer_unless(&few, 100.0, &|| true), Err(NotWidened::Spent));
    assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
}

#[test]
fn reach_leaves_nothing_out() {
    let mut maker = Maker::new(12);
    for _ in 0..4000 {
        let x = f64::from(maker.whole(-1800, 1800)) / 10.0;
        let y = f64::from(maker.whole(-890, 890)) / 10.0;
        let bounds = Bounds::new(x, y, x, y).expect("a window");
        let metres = f64::from(maker.whole(1, 3_000_000));
        // A position at just that distance in any direction.
        let azimuth = f64::from(maker.whole(0, 359));
        let there = geo::Geodesic.destination(Point::new(x, y), azimuth, metres);
        let there =
            Bounds::new(there.x().clamp(-180.0, 180.0), there.y(), there.x().clamp(-180.0, 180.0), there.y());
        let grown = reach(bounds, metres);
        assert!(grown.overlaps(there.expect("a window")), "{metres} m at {azimuth} from {x} {y}: {grown:?}");
    }
}

#[test]
fn relations_of_empty_geometries_are_those_of_geos() {
    let empty = || {
        vec![
            Shape::LineString(LineString::new(vec![])),
            Shape::Polygon(Polygon::new(LineString::new(vec![]), vec![])),
            Shape::MultiPoint(MultiPoint(vec![])),
            Shape::MultiLineString(MultiLineString(vec![])),
            Shape::MultiPolygon(MultiPolygon(vec![])),
            Shape::GeometryCollection(geo_types::GeometryCollection(vec![])),
        ]
    };
    let mut maker = Maker::new(12);
    let mut pairs = Vec::new();
    for nothing in empty() {
        pairs.extend(empty().into_iter().map(|other| (nothing.clone(), other)));
        for _ in 0..30 {
            pairs.push((nothing.clone(), maker.simple()));
            // A collection of which a member is empty.
            let (mut some, other) = (vec![maker.simple(), nothing.clone()], maker.simple());
            let at = usize::try_from(maker.next(2)).expect("small");
            some.swap(0, at);
            pairs.push((Shape::GeometryCollection(some.into()), other));
        }
    }
    compare(&pairs, 500);
}

/// Windows across the antimeridian, and geometries cut in two there (RFC 7946, 3.1.9).
#[test]
fn windows_across_the_antimeridian_meet_what_geos_says() {
    let mut maker = Maker { scale: 10.0, shift: [150.0, -30.0], ..Maker::new(13) };
    let mut pairs = Vec::new();
    let mut windows = Vec::new();
    while pairs.len() < 1500 {
        // Parts that end at the antimeridian at the latest, on either side.
        let parts: Vec<_> = (0..=maker.next(3)).map(|_| maker.simple()).collect();
        let is_torn =
            |part: &Shape| part.coords_iter().any(|c| c.x > 180.0) && part.coords_iter().any(|c| c.x < 180.0);
        let wrapped = |part: Shape| {
            use geo::MapCoords as _;
            let is_east = part.coords_iter().any(|c| c.x > 180.0);
            part.map_coords(|c| Coord { x: if is_east { c.x - 360.0 } else { c.x }, y: c.y })
        };
        let parts: Vec<_> = parts.into_iter().filter(|part| !is_torn(part)).map(wrapped).collect();
        if parts.is_empty() {
            continue;
        }
        // West, south, east, north, on the grid of the shapes or between its lines.
        let (w, e) = (150.0 + f64::from(maker.whole(0, 5)) * 5.0, f64::from(maker.whole(1, 6)) * 5.0 - 180.0);
        let s = f64::from(maker.whole(-6, 4)) * 5.0;
        let n = s + f64::from(maker.whole(1, 6)) * 5.0;
        let rectangle = |w: f64, e: f64| geo_types::Rect::new((w, s), (e, n)).to_polygon();
        windows.push(Bounds { west: w, south: s, east: e, north: n });
        let window = MultiPolygon(vec![rectangle(w, 180.0), rectangle(-180.0, e)]);
        pairs.push((Shape::GeometryCollection(parts.into()), Shape::MultiPolygon(window)));
    }
    compare(&pairs, 1500);
    let lines: Vec<_> = pairs.iter().map(|(a, b)| format!("{}\t{}", wkt(a), wkt(b))).collect();
    let (mut met, mut valid) = (0, 0);
    for ((answer, (shape, _)), window) in ask("geos.py", &lines).iter().zip(&pairs).zip(windows) {
        let Some(array) = stored(shape).filter(|_| answer != "invalid") else { continue };
        let want = answer.as_bytes()[2] == b'T';
        assert_eq!(intersects_window(array.get(0).expect("one"), window), want, "{} {window:?}", wkt(shape));
        (met, valid) = (met + usize::from(want), valid + 1);
    }
    assert!(valid > 1000 && met > 300 && met < valid - 300, "{met} of {valid}");
}
