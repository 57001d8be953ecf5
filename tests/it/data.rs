//! Do the shipped files say what the plan says, and are they drawn as they promise?
//!
//! The layers are read with another reader than ours, so that a fault of ours cannot hide here. Expected
//! numbers are those of the plan, counted by hand.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write;
use std::path::PathBuf;

use geo::{Distance, Geodesic, GeodesicArea, LineString, Point, Polygon};
use innospace::model::plan::{Course, Operator, Part, Status, UnitRole};
use innospace::model::{Place, PlanFacts};
use serde_json::{Map, Value};

type Position = [f64; 2];

/// Layer whose features are made up; the rules of drawing and of accuracy do not apply to it.
const SYNTHETIC: &str = "parcels";

/// Two vertices of a drawn shape are never nearer: what is shipped is a schematic of about 1:100 000, no copy.
const LEAST_SPACING_M: f64 = 300.0;

// ------------------------------------------------------------------------------------------------------ reading

fn folder(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn seeds() -> PlanFacts {
    let read = innospace::store::plan::read(&folder("seeds"), &folder("geodata"));
    read.unwrap_or_else(|why| panic!("seeds: {why}")).0
}

#[derive(Clone)]
enum Shape {
    Point(Position),
    Line(Vec<Position>),
    Polygon(Vec<Vec<Position>>),
}

impl Shape {
    fn lines(&self) -> &[Vec<Position>] {
        match self {
            Self::Point(_) => &[],
            Self::Line(line) => std::slice::from_ref(line),
            Self::Polygon(rings) => rings,
        }
    }

    fn positions(&self) -> Vec<Position> {
        match self {
            Self::Point(at) => vec![*at],
            _ => self.lines().concat(),
        }
    }
}

#[derive(Clone)]
struct Feature {
    layer: String,
    id: String,
    properties: Map<String, Value>,
    shape: Option<Shape>,
}

impl Feature {
    fn text(&self, name: &str) -> &str {
        self.properties.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn texts(&self, name: &str) -> Vec<&str> {
        let values = self.properties.get(name).and_then(Value::as_array);
        values.into_iter().flatten().filter_map(Value::as_str).collect()
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.properties.get(name).and_then(Value::as_f64)
    }

    fn truth(&self, name: &str) -> Option<bool> {
        self.properties.get(name).and_then(Value::as_bool)
    }

    fn is_null(&self, name: &str) -> bool {
        self.properties.get(name).is_some_and(Value::is_null)
    }

    /// Was it measured by or for whoever ships it? Then it may be as fine as it is.
    fn is_measured(&self) -> bool {
        matches!(self.text("basis"), "surveyed" | "authoritative")
    }

    /// The ids of `anchors` in the order of their numbers, which must be 1, 2, 3 …
    fn anchors(&self) -> Vec<&str> {
        let anchors = self.properties.get("anchors").and_then(Value::as_array);
        let anchors: Vec<_> = anchors.into_iter().flatten().collect();
        let orders = anchors.iter().map(|anchor| anchor["order"].as_u64());
        assert!(orders.eq((1..=anchors.len() as u64).map(Some)), "{}: order of anchors", self.id);
        anchors.iter().filter_map(|anchor| anchor["id"].as_str()).collect()
    }

    fn line(&self) -> &[Position] {
        match &self.shape {
            Some(Shape::Line(line)) => line,
            _ => panic!("{} is no line", self.id),
        }
    }

    fn rings(&self) -> &[Vec<Position>] {
        match &self.shape {
            Some(Shape::Polygon(rings)) => rings,
            _ => panic!("{} is no polygon", self.id),
        }
    }

    /// The point, or for a polygon the mean of its vertices.
    fn centre(&self) -> Position {
        match &self.shape {
            Some(Shape::Point(at)) => *at,
            Some(Shape::Polygon(rings)) => {
                let vertices = &rings[0][1..];
                let count = f64::from(u32::try_from(vertices.len()).expect("a ring is short"));
                [0, 1].map(|axis| vertices.iter().map(|at| at[axis]).sum::<f64>() / count)
            }
            _ => panic!("{} has no centre", self.id),
        }
    }
}

fn position(of: &geojson::Position) -> Position {
    let numbers = of.as_slice();
    assert_eq!(numbers.len(), 2, "a position has a longitude and a latitude and nothing else");
    [numbers[0], numbers[1]]
}

fn positions(of: &[geojson::Position]) -> Vec<Position> {
    of.iter().map(position).collect()
}

fn shape(of: &geojson::GeometryValue) -> Shape {
    use geojson::GeometryValue::{LineString, Point, Polygon};
    match of {
        Point { coordinates } => Shape::Point(position(coordinates)),
        LineString { coordinates } => Shape::Line(positions(coordinates)),
        Polygon { coordinates } => Shape::Polygon(coordinates.iter().map(|ring| positions(ring)).collect()),
        other => panic!("a {} is not drawn in this project", other.type_name()),
    }
}

fn catalog() -> toml::Table {
    let text =
        std::fs::read_to_string(folder("geodata/catalog.toml")).expect("geodata/catalog.toml is there");
    text.parse().expect("geodata/catalog.toml is TOML")
}

/// Id and file of every layer of the catalogue.
fn listed() -> Vec<(String, String)> {
    let catalog = catalog();
    let layers = catalog["layers"].as_array().expect("the catalogue lists layers");
    let word = |layer: &toml::Value, name: &str| layer[name].as_str().expect("a word").to_owned();
    layers.iter().map(|layer| (word(layer, "id"), word(layer, "file"))).collect()
}

/// Every feature of every layer of the catalogue.
fn features() -> Vec<Feature> {
    features_of(|_| true)
}

fn features_of(wanted: fn(&str) -> bool) -> Vec<Feature> {
    let mut all = Vec::new();
    for (layer, file) in listed().into_iter().filter(|(layer, _)| wanted(layer)) {
        let text = std::fs::read_to_string(folder("geodata").join(&file))
            .unwrap_or_else(|why| panic!("{file} is in the catalogue: {why}"));
        let read: geojson::FeatureCollection = text.parse().unwrap_or_else(|why| panic!("{file}: {why}"));
        assert!(!read.features.is_empty(), "{file} is empty");
        for feature in read.features {
            let id = match feature.id {
                Some(geojson::feature::Id::String(id)) => id,
                other => panic!("{file}: an id is text, not {other:?}"),
            };
            let shape = feature.geometry.as_ref().map(|geometry| shape(&geometry.value));
            let properties = feature.properties.unwrap_or_default();
            all.push(Feature { layer: layer.clone(), id, properties, shape });
        }
    }
    all
}

/// The features that are drawn after something, by id.
fn map() -> BTreeMap<String, Feature> {
    let real = features_of(|layer| layer != SYNTHETIC);
    real.into_iter().map(|feature| (feature.id.clone(), feature)).collect()
}

/// Fails with all faults at once.
fn none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

// ----------------------------------------------------------------------------------------------------- measuring

fn point(at: Position) -> Point {
    Point::new(at[0], at[1])
}

fn distance_m(a: Position, b: Position) -> f64 {
    Geodesic.distance(point(a), point(b))
}

/// Metres east and north of `origin`, good to a few metres over the zone.
fn local(origin: Position, at: Position) -> Position {
    let east = distance_m(origin, [at[0], origin[1]]).copysign(at[0] - origin[0]);
    let north = distance_m(origin, [origin[0], at[1]]).copysign(at[1] - origin[1]);
    [east, north]
}

/// The point of a line nearest to a place: how far along, how far off, and on which side (positive: left).
struct Foot {
    along_m: f64,
    off_m: f64,
    left: f64,
}

/// At a corner the side is judged against the mean direction of the two legs, since either leg alone misjudges places
/// that lie beyond its end.
fn foot(line: &[Position], at: Position) -> Foot {
    let line: Vec<Position> = line.iter().map(|vertex| local(at, *vertex)).collect();
    let leg = |n: usize| {
        let (a, b) = (line[n], line[n + 1]);
        let (dx, dy) = (b[0] - a[0], b[1] - a[1]);
        (a, [dx, dy], dx.hypot(dy))
    };
    let mut best = Foot { along_m: 0.0, off_m: f64::INFINITY, left: 0.0 };
    let mut before = 0.0;
    for n in 0..line.len() - 1 {
        let (a, d, length) = leg(n);
        let share = (-(a[0] * d[0] + a[1] * d[1]) / (length * length)).clamp(0.0, 1.0);
        let near = [a[0] + share * d[0], a[1] + share * d[1]];
        let off_m = near[0].hypot(near[1]);
        if off_m < best.off_m {
            let unit = |n: usize| {
                let (_, d, length) = leg(n);
                [d[0] / length, d[1] / length]
            };
            let other = match share {
                0.0 => n.saturating_sub(1),
                1.0 => (n + 1).min(line.len() - 2),
                _ => n,
            };
            let (u, v) = (unit(n), unit(other));
            let along = [u[0] + v[0], u[1] + v[1]];
            // The place is the origin, so it lies at -near from the foot.
            let left = along[0] * -near[1] - along[1] * -near[0];
            best = Foot { along_m: before + share * length, off_m, left };
        }
        before += length;
    }
    best
}

/// Even-odd: is the place inside the rings?
fn inside(rings: &[Vec<Position>], at: Position) -> bool {
    let crosses = |leg: &[Position]| {
        let (a, b) = (leg[0], leg[1]);
        (a[1] > at[1]) != (b[1] > at[1]) && at[0] < a[0] + (at[1] - a[1]) * (b[0] - a[0]) / (b[1] - a[1])
    };
    rings.iter().flat_map(|ring| ring.windows(2)).filter(|leg| crosses(leg)).count() % 2 == 1
}

/// Twice the area in square degrees, positive when wound counter-clockwise.
fn winding(ring: &[Position]) -> f64 {
    ring.windows(2).map(|leg| leg[0][0] * leg[1][1] - leg[1][0] * leg[0][1]).sum()
}

/// The line with a place about every 200 m.
fn walked(line: &[Position]) -> Vec<Position> {
    let mut places = vec![line[0]];
    for leg in line.windows(2) {
        let steps = (distance_m(leg[0], leg[1]) / 200.0).ceil().max(1.0);
        let mut step = 1.0;
        while step <= steps {
            places.push([0, 1].map(|axis| leg[0][axis] + (leg[1][axis] - leg[0][axis]) * step / steps));
            step += 1.0;
        }
    }
    places
}

fn same_place(a: Position, b: Position) -> bool {
    a.map(f64::to_bits) == b.map(f64::to_bits)
}

/// Do two legs meet anywhere but at a shared end?
fn cross(a: &[Position], b: &[Position]) -> bool {
    if a.iter().any(|end| b.iter().any(|other| same_place(*end, *other))) {
        return false;
    }
    let side = |leg: &[Position], at: Position| {
        (leg[1][0] - leg[0][0]) * (at[1] - leg[0][1]) - (leg[1][1] - leg[0][1]) * (at[0] - leg[0][0])
    };
    side(a, b[0]) * side(a, b[1]) <= 0.0 && side(b, a[0]) * side(b, a[1]) <= 0.0
}

// --------------------------------------------------------------------------------------------- the plan's numbers

#[test]
fn the_layout_is_one_core_one_axis_two_belts() {
    let facts = seeds();
    let layout = &facts.layout;
    assert_eq!((layout.cores.len(), layout.axes.len(), layout.belts.len()), (1, 1, 2));
    let formula = layout.formula.as_ref().expect("the plan has a formula");
    assert_eq!(&*formula.zh, "一核一轴两带多点");
    let parts: Vec<_> =
        layout.parts.iter().map(|part| (part.part, part.ids.len(), part.citations[0].to_string())).collect();
    let section = |item: u8| format!("三(一){item}");
    assert_eq!(
        parts,
        [
            (Part::Core, 1, section(1)),
            (Part::Axis, 1, section(2)),
            (Part::Belt, 2, section(3)),
            (Part::Point, 13, section(4)),
        ]
    );
    let lines: Vec<_> = layout.parts.iter().map(|part| part.citations[0].line).collect();
    assert_eq!(lines, [Some(108), Some(110), Some(112), Some(118)]);
    assert_eq!(
        layout.axes[0].places().collect::<Vec<_>>(),
        ["changfu-industrial-park", "core-chegu-innovation", "jingang-manufacturing-area"]
    );
    assert!(layout.axes[0].leaves_zone);
    let belts: Vec<Vec<&str>> = layout.belts.iter().map(|belt| belt.places().collect()).collect();
    assert_eq!(
        belts,
        [
            vec!["business-city", "dongfeng-motor", "midea-wuhan", "gree-wuhan", "coca-cola-wuhan"],
            vec![
                "business-city",
                "xpeng-wuhan",
                "calb-wuhan",
                "unmanned-cargo-aircraft-base",
                "modern-agri-tech-park"
            ],
        ]
    );
    assert_eq!(layout.belts[0].end, None, "the western end is not stated");
    assert_eq!(layout.shared_terminus.as_deref(), Some("business-city"));
    let target = facts.unit_target().expect("the layout has a target");
    assert_eq!((target.op, target.by), (Operator::AtLeast, Some(2025)));
    assert!((target.value - 20.0).abs() < f64::EPSILON);
    assert_eq!(target.counts, ["block".into(), "park".into(), "building".into()]);
}

#[test]
fn the_industries_are_3335() {
    let facts = seeds();
    let groups: Vec<_> = facts.industry_groups.iter().map(|group| (&*group.id, group.count)).collect();
    assert_eq!(
        groups,
        [("advantage", Some(3)), ("strategic", Some(3)), ("convergence", Some(3)), ("special", Some(5))]
    );
    assert_eq!((facts.industry_code.as_deref(), facts.industries.len()), (Some("3335"), 14));
}

#[test]
fn the_first_block_has_twenty_components() {
    let facts = seeds();
    let [block] = &facts.blocks[..] else { panic!("the plan describes one block") };
    let contains: Vec<_> =
        block.contains.iter().map(|content| (&*content.what, content.count, content.places.len())).collect();
    assert_eq!(
        contains,
        [("communities", 11, 0), ("universities", 1, 1), ("hospitals", 1, 1), ("parks", 7, 7)]
    );
    assert_eq!(block.components, Some(20));
    let sides: Vec<_> = block.bounded_by.iter().map(|(side, id)| (&**side, &**id)).collect();
    assert_eq!(
        sides,
        [
            ("east", "third-ring-road"),
            ("south", "nantaizi-lake"),
            ("west", "fourth-ring-road"),
            ("north", "jianghan-university")
        ]
    );
    // The parks of the block are its named units.
    let parks: BTreeSet<&str> = block.contains[3].places.iter().map(AsRef::as_ref).collect();
    let within = facts.candidates(UnitRole::Named).filter(|place| place.within.as_ref() == Some(&block.id));
    assert_eq!(within.map(|place| &*place.id).collect::<BTreeSet<_>>(), parks);
}

#[test]
fn thirteen_units_are_named_and_twenty_three_might_be_counted() {
    let facts = seeds();
    let count = |role| facts.candidates(role).count();
    let (named, carriers, outcomes) =
        (count(UnitRole::Named), count(UnitRole::Carrier), count(UnitRole::Outcome));
    let nested = facts.candidates(UnitRole::Named).filter(|place| facts.is_nested(place)).count();
    assert_eq!((named, nested, named - nested), (13, 7, 6));
    assert_eq!((named + carriers, named + carriers + outcomes), (20, 23));
    assert_eq!(
        (facts.candidates.top_level, facts.candidates.named_carriers_and_outcomes),
        (Some(6), Some(23))
    );
    // Nothing built counts by itself: a unit is at most what its kind says.
    let types = facts.candidates(UnitRole::Named).filter_map(Place::unit_type);
    let mut by_type = BTreeMap::new();
    types.for_each(|unit| *by_type.entry(unit).or_insert(0) += 1);
    assert_eq!(by_type, BTreeMap::from([("block", 1), ("park", 9), ("building", 3)]));
}

#[test]
fn the_table_of_indicators_is_kept_with_its_blanks_and_signs() {
    use Operator::{AtLeast, MoreThan};
    // id, baseline of 2020, sign in the table, target for 2025, sign in the prose where it differs
    let table = [
        ("rd-spend-growth", None, AtLeast, 14.0, None),
        ("hightech-value-added-share", None, MoreThan, 40.0, None),
        ("provincial-rd-institutions", Some(55.0), AtLeast, 100.0, Some(MoreThan)),
        ("new-rd-institutes", Some(4.0), AtLeast, 15.0, None),
        ("provincial-incubators", Some(2.0), AtLeast, 8.0, None),
        ("hightech-enterprises", Some(331.0), AtLeast, 3000.0, Some(MoreThan)),
        ("unicorns", Some(1.0), AtLeast, 3.0, None),
        ("high-value-patents-per-10k", None, AtLeast, 30.0, None),
        ("tech-contract-growth", None, MoreThan, 20.0, None),
    ];
    let facts = seeds();
    let read: Vec<_> = facts
        .indicators
        .iter()
        .map(|row| (&*row.id, row.baseline, row.op, row.target, row.op_in_prose))
        .collect();
    assert_eq!(read, table);
    assert_eq!(facts.indicators[1].earlier, Some((2019, 40.1)));
    // 2 national centres and 53 provincial institutions are the 55 of indicator 3.
    let parts = &facts.indicators[2].baseline_parts;
    let values: Vec<_> =
        facts.baselines.iter().filter(|row| parts.contains(&row.id)).map(|row| row.value).collect();
    assert_eq!(values, [2.0, 53.0]);
}

#[test]
fn the_prose_has_twelve_targets() {
    use Operator::AtLeast;
    // id, value, unit, year, soft, line
    let table = [
        ("target-innovation-units", 20.0, "count", Some(2025), false, 118),
        ("target-academician-projects", 20.0, "count", Some(2025), true, 191),
        ("target-new-rd-institutes", 15.0, "count", Some(2025), false, 193),
        ("target-tech-transfer-institutions", 5.0, "count-added", Some(2025), false, 211),
        ("target-intermediaries", 50.0, "count", Some(2025), false, 215),
        ("target-tech-smes", 5000.0, "count", Some(2025), true, 232),
        ("target-hightech-enterprises", 3000.0, "count", Some(2025), false, 234),
        ("target-subfunds", 100.0, "1e8-yuan", Some(2025), false, 289),
        ("target-vc-funds", 10.0, "1e8-yuan", Some(2025), false, 289),
        ("target-listed-companies", 15.0, "count", Some(2025), false, 301),
        ("target-industry-professors-from-firms", 100.0, "people", None, false, 267),
        ("target-industry-professors-to-firms", 100.0, "people", None, false, 267),
    ];
    let facts = seeds();
    let read: Vec<_> = facts
        .targets
        .iter()
        .map(|row| (&*row.id, row.value, &*row.unit, row.by, row.soft, row.citations[0].line.unwrap_or(0)))
        .collect();
    assert_eq!(read, table);
    assert!(facts.targets.iter().all(|row| row.op == AtLeast));
}

#[test]
fn the_lists_are_as_long_as_the_plan_makes_them() {
    let facts = seeds();
    let end_count = |link: &str, role: &str| {
        let link = facts.links.iter().find(|known| &*known.id == link).expect("a link of this id");
        link.ends.iter().filter(|end| &*end.role == role).count()
    };
    let counts = [
        ("baselines", facts.baselines.len(), 29),
        ("links", facts.links.len(), 5),
        ("partner cities", end_count("corridor", "partner-city"), 4),
        ("influenced areas", end_count("corridor", "influenced-area"), 5),
        ("co-built parks", end_count("corridor", "co-built-park"), 3),
        ("enclave cities", end_count("enclaves", "host-city"), 4),
        ("gateways", end_count("global", "gateway"), 3),
        ("event places", end_count("events", "event-place"), 4),
        ("scenario groups", facts.scenarios.len(), 4),
        ("hosts of the digital economy", facts.scenarios[2].host_sites.len(), 4),
        ("data products", facts.data_products.len(), 10),
        ("roles", facts.governance.roles.len(), 10),
        ("new use types", facts.land.use_types.len(), 2),
        ("supply modes", facts.land.supply_modes.len(), 4),
        ("old parks to renew", facts.renovation.breakthrough_sites.len(), 3),
        ("parks to be made", facts.renovation.outcome_parks.len(), 3),
        ("stages of incubation", facts.incubation.stages.len(), 4),
        ("chip alliance", facts.chip_alliance.members.len(), 8),
        ("cautions", facts.cautions.len(), 7),
        ("minutes of the living circle", facts.living_circle.minutes.expect("stated").into(), 15),
    ];
    none(
        &counts
            .iter()
            .filter(|(_, found, expected)| found != expected)
            .map(|(what, found, expected)| format!("{what}: {found}, not {expected}"))
            .collect::<Vec<_>>(),
    );
    assert!(!facts.about.figure_available, "the drawing is not at hand: every layout geometry is a reading");
    assert!(!facts.renovation.mapping_stated);
}

// ------------------------------------------------------------------------------------------------ seeds and layers

#[test]
fn every_place_of_the_seeds_is_a_feature_and_every_cited_feature_a_place() {
    let (facts, map) = (seeds(), map());
    let mut faults = Vec::new();
    for place in &facts.places {
        let id = &*place.id;
        let Some(feature) = map.get(id) else {
            faults.push(format!("{id} is no feature"));
            continue;
        };
        let mut differs = |what: &str, seed: String, drawn: String| {
            if seed != drawn {
                faults.push(format!("{id}: {what} is {seed} in the seeds and {drawn} in {}", feature.layer));
            }
        };
        differs("name_zh", place.name.zh.to_string(), feature.text("name_zh").into());
        differs("name_en", place.name.en.to_string(), feature.text("name_en").into());
        differs(
            "inside_zone",
            format!("{:?}", place.inside_zone),
            format!("{:?}", feature.truth("inside_zone")),
        );
        let sections: Vec<_> = place.citations.iter().map(|citation| &*citation.section).collect();
        differs("sections", format!("{sections:?}"), format!("{:?}", feature.texts("plan_refs")));
        let aliases = feature.texts("aliases");
        if let Some(alias) = place.aliases.iter().find(|alias| !aliases.contains(&&***alias)) {
            faults.push(format!("{id}: the alias {alias} is in the seeds only"));
        }
        // Water, roads and regions have kinds of their own, finer than those of the plan.
        let mut differs = |what: &str, seed: Option<&str>, drawn: &str| {
            if seed.unwrap_or_default() != drawn {
                faults
                    .push(format!("{id}: {what} is {seed:?} in the seeds and {drawn} in {}", feature.layer));
            }
        };
        if matches!(&*feature.layer, "sites" | "facilities") {
            differs("kind", Some(&place.kind), feature.text("kind"));
            differs("subtype", place.subtype.as_deref(), feature.text("subtype"));
            differs("unit_type", place.unit_type(), feature.text("unit_type"));
            let industries: Vec<_> = place.industries.iter().map(AsRef::as_ref).collect();
            if industries != feature.texts("industries") {
                faults.push(format!("{id}: industries {industries:?} in the seeds"));
            }
            if (place.unit == Some(UnitRole::Named)) != (feature.truth("named_unit") == Some(true)) {
                faults.push(format!("{id}: named_unit"));
            }
            if let Some(status) = place.status {
                let inferred = feature.truth("lifecycle_inferred");
                if feature.text("lifecycle") != status.as_str() || inferred != Some(place.status_inferred) {
                    faults.push(format!("{id}: lifecycle or lifecycle_inferred is not {status}"));
                }
            }
        }
        if let Some(within) = &place.within
            && feature.text("parent_id") != &**within
        {
            faults.push(format!("{id}: within {within}, drawn within {}", feature.text("parent_id")));
        }
    }
    let layout = &facts.layout;
    let courses = layout.axes.iter().chain(&layout.belts).map(|course| &*course.id);
    let known: BTreeSet<&str> = (facts.places.iter().map(|place| &*place.id))
        .chain(courses)
        .chain(layout.cores.iter().map(|core| &*core.id))
        .chain([&*facts.zone.id])
        .collect();
    for feature in map.values() {
        // A link is told by its ends.
        let cited = if feature.layer == "links" { feature.text("to_id") } else { &*feature.id };
        if !feature.texts("plan_refs").is_empty() && !known.contains(cited) {
            faults.push(format!("{} cites the plan but is not in the seeds", feature.id));
        }
    }
    none(&faults);
    // 87 named sites and places, the block, and the partners, regions and bodies named in passing.
    assert!(facts.places.len() > 87);
}

#[test]
fn the_layout_on_the_map_is_the_layout_of_the_seeds() {
    let (facts, map) = (seeds(), map());
    let of =
        |layer: &str| -> Vec<&Feature> { map.values().filter(|feature| feature.layer == layer).collect() };
    assert_eq!((of("cores").len(), of("axes").len(), of("belts").len()), (1, 1, 2));
    let core = &facts.layout.cores[0];
    let drawn = &map[&*core.id];
    assert_eq!(Some(drawn.text("body_id")), core.body.as_deref());
    let parts = drawn.properties["parts"].as_array().expect("the core has parts");
    assert!(
        parts.iter().map(|part| part["id"].as_str()).eq(core.parts.iter().map(|part| Some(&*part.place)))
    );

    let courses: Vec<&Course> = facts.layout.axes.iter().chain(&facts.layout.belts).collect();
    for course in courses {
        let drawn = &map[&*course.id];
        assert_eq!(drawn.text("name_zh"), &*course.name.zh);
        assert_eq!(drawn.text("name_en"), &*course.name.en);
        assert_eq!(drawn.text("direction"), course.direction.expect("stated").as_str(), "{}", course.id);
        assert_eq!(drawn.anchors(), course.places().collect::<Vec<_>>(), "{}", course.id);
        for (name, ids) in [
            ("follows", &course.follows),
            ("passes", &course.passes),
            ("strings_together", &course.strings_together),
            ("industries", &course.industries),
        ] {
            assert!(drawn.texts(name).into_iter().eq(ids.iter().map(AsRef::as_ref)), "{}: {name}", course.id);
        }
        assert!(drawn.number("half_width_m").is_some_and(|metres| metres > 0.0), "{}", course.id);
    }
    for part in &facts.layout.parts {
        let missing: Vec<_> = part.ids.iter().filter(|id| !map.contains_key(&***id)).collect();
        assert!(missing.is_empty(), "{}: {missing:?}", part.part);
    }
    let readings = ["cores", "axes", "belts"].into_iter().flat_map(of);
    none(
        &readings
            .filter(|feature| feature.text("basis") != "interpreted")
            .map(|feature| format!("{} is a reading of the text and must say so", feature.id))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn the_places_of_a_link_are_on_the_map() {
    let (facts, map) = (seeds(), map());
    let regions = |kind: &str| {
        let of = map.values().filter(|feature| feature.layer == "regions" && feature.text("kind") == kind);
        of.map(|feature| &*feature.id).collect::<BTreeSet<_>>()
    };
    let ends = |role: &str| {
        let ends = facts.links.iter().flat_map(|link| &link.ends).filter(|end| &*end.role == role);
        ends.map(|end| &*end.place).collect::<BTreeSet<_>>()
    };
    assert_eq!(regions("partner-city"), ends("partner-city"));
    assert_eq!(regions("influenced-area"), ends("influenced-area"));
    assert_eq!(regions("enclave-host"), ends("host-city"));
    // Shenzhen hosts events and an enclave; a feature has one kind.
    let events: BTreeSet<_> = regions("event-partner").into_iter().chain(["shenzhen"]).collect();
    assert_eq!(events, ends("event-place"));
    let cities = ["partner-city", "influenced-area", "host-city", "event-place"];
    none(
        &cities
            .iter()
            .flat_map(|role| ends(role))
            .filter(|id| map[*id].shape.is_none())
            .map(|id| format!("{id} has no position"))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn links_run_from_the_zone_to_the_places_of_the_seeds() {
    let (facts, map) = (seeds(), map());
    let kinds = [
        ("partner-city", "partner-city"),
        ("influenced-area", "influenced-area"),
        ("co-built-park", "co-built-park"),
        ("host-city", "enclave-host"),
    ];
    let ends = facts.links.iter().flat_map(|link| link.ends.iter().map(move |end| (link, end)));
    let wanted: BTreeSet<_> = ends
        .filter_map(|(link, end)| {
            let (_, kind) = kinds.iter().find(|(role, _)| *role == &*end.role)?;
            Some((&*link.id, *kind, &*end.place, &*end.citations[0].section))
        })
        .collect();
    let links: Vec<_> = map.values().filter(|feature| feature.layer == "links").collect();
    let drawn = |link: &&Feature| {
        let link: &Feature = link;
        link.texts("plan_refs").first().copied().unwrap_or_default().to_owned()
    };
    let sections: Vec<_> = links.iter().map(drawn).collect();
    let found: BTreeSet<_> = links
        .iter()
        .zip(&sections)
        .map(|(link, section)| (link.text("link"), link.text("kind"), link.text("to_id"), &**section))
        .collect();
    assert_eq!(found, wanted);
    for link in links {
        let place = &map[link.text("to_id")];
        assert_eq!(link.shape.is_some(), place.shape.is_some(), "{}", link.id);
        assert_eq!(link.number("accuracy_m"), place.number("accuracy_m"), "{}", link.id);
        if link.shape.is_some() {
            let [start, end] = link.line() else { panic!("{} has two ends", link.id) };
            assert_eq!(*end, place.centre(), "{}", link.id);
            assert!(inside(map["wedz"].rings(), *start), "{} starts in the zone", link.id);
        }
    }
}

// -------------------------------------------------------------------------------------------------- the geometry

#[test]
fn the_axis_runs_from_changfu_through_the_core_to_jingang_and_leaves_the_zone_at_both_ends() {
    let map = map();
    let axis = &map["axis-chegu-avenue"];
    let anchors: Vec<&Feature> = axis.anchors().iter().map(|id| &map[*id]).collect();
    let longitudes: Vec<f64> = anchors.iter().map(|anchor| anchor.centre()[0]).collect();
    assert!(longitudes.is_sorted(), "west to east: {longitudes:?}");
    let along: Vec<f64> = anchors.iter().map(|anchor| foot(axis.line(), anchor.centre()).along_m).collect();
    assert!(along.windows(2).all(|pair| pair[1] - pair[0] > 3000.0), "order along the line: {along:?}");
    assert!(axis.line().is_sorted_by(|a, b| a[0] < b[0]), "the line itself goes from west to east");

    let zone = map["wedz"].rings();
    let (first, last) = (axis.line()[0], axis.line()[axis.line().len() - 1]);
    for (end, anchor) in [(first, anchors[0]), (last, anchors[2])] {
        assert!(!inside(zone, end), "{} lies outside, so the axis must not be clipped", anchor.id);
        let off = distance_m(end, anchor.centre());
        assert!(
            off <= anchor.number("accuracy_m").unwrap_or(0.0),
            "the axis ends {off} m from {}",
            anchor.id
        );
    }
    assert!(walked(axis.line()).iter().any(|at| inside(map["core-chegu-innovation"].rings(), *at)));
}

#[test]
fn both_belts_begin_at_business_city() {
    let map = map();
    let (smart, emerging) = (map["belt-smart-manufacturing"].line(), map["belt-emerging-industry"].line());
    assert!(same_place(smart[0], emerging[0]), "{:?} and {:?}", smart[0], emerging[0]);
    let city = &map["business-city"];
    assert!(distance_m(smart[0], city.centre()) <= city.number("accuracy_m").unwrap_or(0.0));
    assert!(smart[0][0] > smart[smart.len() - 1][0], "the smart-manufacturing belt runs from east to west");
    // It keeps to the avenue it follows, to the accuracy of both.
    let avenue = map["dongfeng-avenue"].line();
    let (from, to) = (foot(avenue, smart[2]), foot(avenue, smart[smart.len() - 3]));
    assert!(from.off_m < 1200.0 && to.off_m < 1200.0, "{} m and {} m off", from.off_m, to.off_m);
}

#[test]
fn the_emerging_belt_runs_south_on_the_left_bank() {
    let map = map();
    let belt = map["belt-emerging-industry"].line();
    let (north, south) = (belt[0], belt[belt.len() - 1]);
    assert!(north[1] > south[1]);
    let city = &map["business-city"];
    let park = &map["modern-agri-tech-park"];
    for (end, place) in [(north, city), (south, park)] {
        let off = distance_m(end, place.centre());
        assert!(off <= place.number("accuracy_m").unwrap_or(0.0), "{off} m from {}", place.id);
    }
    let along: Vec<f64> = (map["belt-emerging-industry"].anchors().iter())
        .map(|id| foot(belt, map[*id].centre()).along_m)
        .collect();
    assert!(along[0] < along[1] && along[3] < along[4], "termini at the ends: {along:?}");

    // The bank is listed downstream, so what lies on the left of the line is on the left bank.
    let bank = map["yangtze-left-bank"].line();
    assert!(bank[0][1] < bank[bank.len() - 1][1], "downstream is to the north-east here");
    let river = map["yangtze-river"].rings();
    let other_side = foot(bank, map["jingang-manufacturing-area"].centre());
    assert!(other_side.left < 0.0, "Jingang lies across the river, or the test is blind");
    let mut faults = Vec::new();
    for at in walked(belt) {
        let foot = foot(bank, at);
        if foot.left <= 0.0 || inside(river, at) {
            faults.push(format!("{at:?} is not on the left bank"));
        }
        if foot.off_m > 8000.0 {
            faults.push(format!("{at:?} is {:.0} m from the river", foot.off_m));
        }
    }
    none(&faults);
}

#[test]
fn places_lie_inside_the_zone_or_outside_as_they_say() {
    let map = map();
    let zone = map["wedz"].rings();
    let mut faults = Vec::new();
    for feature in map.values() {
        let (Some(Shape::Point(at)), Some(says)) = (&feature.shape, feature.truth("inside_zone")) else {
            continue;
        };
        let to_border = foot(&zone[0], *at).off_m;
        if inside(zone, *at) != says && to_border > feature.number("accuracy_m").unwrap_or(0.0) {
            faults.push(format!("{} says inside_zone {says}, {to_border:.0} m from the border", feature.id));
        }
    }
    // A place said to lie in something drawn lies in it, to its accuracy.
    for feature in map.values() {
        let Some(Shape::Point(at)) = &feature.shape else { continue };
        let Some(Shape::Polygon(rings)) = map.get(feature.text("parent_id")).and_then(|f| f.shape.clone())
        else {
            continue;
        };
        let to_border = foot(&rings[0], *at).off_m;
        if !inside(&rings, *at) && to_border > feature.number("accuracy_m").unwrap_or(0.0) {
            faults.push(format!(
                "{} is {to_border:.0} m outside of {}",
                feature.id,
                feature.text("parent_id")
            ));
        }
    }
    none(&faults);
}

#[test]
fn the_subdistricts_fill_the_zone() {
    let map = map();
    let area = |feature: &Feature| {
        let ring =
            |ring: &Vec<Position>| LineString::from(ring.iter().map(|at| (at[0], at[1])).collect::<Vec<_>>());
        let rings = feature.rings();
        let holes = rings[1..].iter().map(ring).collect();
        Polygon::new(ring(&rings[0]), holes).geodesic_area_unsigned() / 1e6
    };
    let parts: f64 = map.values().filter(|feature| feature.layer == "subdistricts").map(area).sum();
    let whole = area(&map["wedz"]);
    assert!((parts - whole).abs() < 0.002 * whole, "subdistricts {parts} km2, zone {whole} km2");
    // Where a feature states its area, it is the area as drawn.
    none(
        &map.values()
            .filter_map(|feature| Some((feature, feature.number("area_km2")?)))
            .filter(|(feature, stated)| (area(feature) - stated).abs() > 0.06)
            .map(|(feature, stated)| format!("{}: says {stated} km2, drawn {:.2}", feature.id, area(feature)))
            .collect::<Vec<_>>(),
    );
}

#[test]
fn shapes_are_well_formed_and_coarse_enough_to_be_ours() {
    let mut faults = Vec::new();
    let mut vertices = 0;
    for feature in features() {
        let Some(shape) = &feature.shape else { continue };
        let mut fault = |what: String| faults.push(format!("{}: {what}", feature.id));
        for at in shape.positions() {
            if !(-180.0..=180.0).contains(&at[0]) || !(-90.0..=90.0).contains(&at[1]) {
                fault(format!("{at:?} is no longitude and latitude"));
            }
        }
        if let Shape::Polygon(rings) = shape {
            for (n, ring) in rings.iter().enumerate() {
                if ring.len() < 4 || !same_place(ring[0], ring[ring.len() - 1]) {
                    fault(format!("ring {n} is not closed"));
                }
                // RFC 7946, 3.1.6: outer rings counter-clockwise, holes clockwise.
                if (winding(ring) > 0.0) != (n == 0) {
                    fault(format!("ring {n} is wound the wrong way"));
                }
            }
        }
        if feature.layer == SYNTHETIC || feature.is_measured() {
            continue;
        }
        for at in shape.positions() {
            vertices += 1;
            if at.iter().any(|degrees| (degrees * 1e4 - (degrees * 1e4).round()).abs() > 1e-6) {
                fault(format!("{at:?} has more than 4 decimals"));
            }
        }
        for line in shape.lines() {
            for leg in line.windows(2) {
                let metres = distance_m(leg[0], leg[1]);
                if metres < LEAST_SPACING_M {
                    fault(format!("vertices {metres:.0} m apart at {:?}", leg[0]));
                }
            }
            let legs: Vec<_> = line.windows(2).collect();
            for (n, a) in legs.iter().enumerate() {
                if let Some([b, ..]) = legs[n + 1..].iter().find(|b| cross(a, b)) {
                    fault(format!("crosses itself at {:?} and {b:?}", a[0]));
                }
            }
        }
    }
    none(&faults);
    assert!(vertices > 1000, "only {vertices} positions were looked at");
}

// ------------------------------------------------------------------------------------------------- the properties

#[test]
fn ids_are_unique_and_parents_lead_to_the_top() {
    let all = features();
    let mut by_id: HashMap<&str, &Feature> = HashMap::new();
    let mut faults = Vec::new();
    for feature in &all {
        if feature.text("id") != feature.id {
            faults.push(format!("{} has another id in its properties", feature.id));
        }
        if let Some(first) = by_id.insert(&feature.id, feature) {
            faults.push(format!("{} stands in {} and in {}", feature.id, first.layer, feature.layer));
        }
    }
    for feature in &all {
        let mut seen = BTreeSet::from([&*feature.id]);
        let mut parent = feature.text("parent_id");
        while !parent.is_empty() {
            let Some(next) = by_id.get(parent) else {
                faults.push(format!("{}: the parent {parent} is no feature", feature.id));
                break;
            };
            if !seen.insert(parent) {
                faults.push(format!("{}: its parents go in a ring", feature.id));
                break;
            }
            parent = next.text("parent_id");
        }
        for name in ["along", "outcome_of", "follows", "passes", "strings_together"] {
            for id in feature.texts(name).iter().filter(|id| !by_id.contains_key(**id)) {
                faults.push(format!("{}: {name} names {id}, which is no feature", feature.id));
            }
        }
    }
    none(&faults);
}

#[test]
fn every_feature_says_where_it_is_from_and_how_well_it_is_known() {
    const COMMON: &[&str] = &[
        "id",
        "name_zh",
        "name_en",
        "aliases",
        "plan_refs",
        "inside_zone",
        "basis",
        "accuracy_m",
        "confidence",
        "source",
        "valid_from",
        "valid_to",
    ];
    const BASES: &[&str] =
        &["surveyed", "authoritative", "digitised", "osm", "gazetteer", "interpreted", "synthetic"];
    let mut faults = Vec::new();
    for feature in features() {
        let mut fault = |what: String| faults.push(format!("{}: {what}", feature.id));
        for name in COMMON.iter().filter(|name| !feature.properties.contains_key(**name)) {
            fault(format!("no property {name}"));
        }
        for name in ["aliases", "plan_refs"] {
            if !feature.properties.get(name).is_some_and(Value::is_array) {
                fault(format!("{name} is no list"));
            }
        }
        if !BASES.contains(&feature.text("basis")) {
            fault(format!("unknown basis {}", feature.text("basis")));
        }
        if feature.text("source").is_empty() {
            fault("no source".into());
        }
        let is_synthetic = feature.layer == SYNTHETIC;
        if (feature.text("basis") == "synthetic") != is_synthetic {
            fault("made up and not saying so, or the other way round".into());
        }
        if is_synthetic {
            if feature.truth("synthetic") != Some(true) {
                fault("is made up and lacks synthetic: true".into());
            }
            if feature.number("accuracy_m").is_some() || !feature.texts("plan_refs").is_empty() {
                fault("is made up, so it has no accuracy and no place in the plan".into());
            }
            continue;
        }
        if feature.properties.contains_key("synthetic") {
            fault("is drawn after something and not synthetic".into());
        }
        if feature.text("name_zh").is_empty() || feature.text("name_en").is_empty() {
            fault("no name in both languages".into());
        }
        if feature.texts("plan_refs").is_empty() && !feature.text("source").contains("not named in the plan")
        {
            fault("cites no section and does not say that the plan does not name it".into());
        }
        if !["high", "medium", "low"].contains(&feature.text("confidence")) {
            fault(format!("unknown confidence {}", feature.text("confidence")));
        }
        match (feature.shape.is_some(), feature.number("accuracy_m")) {
            (true, Some(metres)) if metres > 0.0 => {}
            (false, None) if feature.is_null("accuracy_m") => {}
            _ => fault("accuracy_m is a number of metres exactly when there is a geometry".into()),
        }
        // Four decimals are 11 m, a vertex every 300 m: nothing here is better than 100 m.
        if !feature.is_measured() && feature.number("accuracy_m").is_some_and(|metres| metres < 100.0) {
            fault("claims more than a schematic can hold".into());
        }
        for name in ["valid_from", "valid_to"] {
            let day = feature.text(name);
            if !feature.is_null(name) && innospace::model::Date::parse(day).is_none() {
                fault(format!("{name} is no day"));
            }
        }
    }
    none(&faults);
}

#[test]
fn sites_and_facilities_say_what_they_are() {
    const OWN: &[&str] = &[
        "kind",
        "subtype",
        "unit_type",
        "parent_id",
        "lifecycle",
        "lifecycle_inferred",
        "designations",
        "industries",
        "outcome_of",
    ];
    let facts = seeds();
    let map = map();
    let mut faults = Vec::new();
    let mut looked_at = 0;
    for feature in map.values().filter(|feature| matches!(&*feature.layer, "sites" | "facilities")) {
        looked_at += 1;
        let mut fault = |what: String| faults.push(format!("{}: {what}", feature.id));
        for name in OWN.iter().filter(|name| !feature.properties.contains_key(**name)) {
            fault(format!("no property {name}"));
        }
        if Status::parse(feature.text("lifecycle")).is_none() {
            fault(format!("unknown lifecycle {}", feature.text("lifecycle")));
        }
        if !feature.is_null("unit_type") && facts.unit_type(feature.text("unit_type")).is_none() {
            fault(format!("unknown unit_type {}", feature.text("unit_type")));
        }
        if !feature.texts("designations").is_empty() {
            fault("a designation needs a date and a document, which only a register has".into());
        }
        for id in feature.texts("industries").iter().filter(|id| facts.industry(id).is_none()) {
            fault(format!("unknown industry {id}"));
        }
        let is_outcome = facts.renovation.outcome_parks.iter().any(|id| **id == *feature.id);
        let sites: Vec<_> = facts.renovation.breakthrough_sites.iter().map(AsRef::as_ref).collect();
        if feature.texts("outcome_of") != if is_outcome { sites } else { Vec::new() } {
            fault(
                "outcome_of lists all three old parks, since the plan does not say which becomes which"
                    .into(),
            );
        }
        if is_outcome && feature.shape.is_some() {
            fault("has no ground of its own that is known".into());
        }
    }
    none(&faults);
    assert!(looked_at > 100, "only {looked_at} sites and facilities");
}

// --------------------------------------------------------------------------------------------------- the folder

#[test]
fn the_catalogue_lists_every_file_and_the_parcels_say_they_are_made_up() {
    let listed = listed();
    let ids: BTreeSet<_> = listed.iter().map(|(id, _)| id.clone()).collect();
    let files: BTreeSet<_> = listed.iter().map(|(_, file)| file.clone()).collect();
    assert_eq!((ids.len(), files.len()), (listed.len(), listed.len()), "an id or a file is listed twice");
    let there: BTreeSet<_> = std::fs::read_dir(folder("geodata"))
        .expect("geodata is there")
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| PathBuf::from(name).extension().is_some_and(|extension| extension == "geojson"))
        .collect();
    assert_eq!(files, there);
    let catalog = catalog();
    let layers = catalog["layers"].as_array().expect("the catalogue lists layers");
    for layer in layers {
        let id = layer["id"].as_str().unwrap_or_default();
        assert_eq!(layer["synthetic"].as_bool(), Some(id == SYNTHETIC), "{id}");
    }
    // Every property is described, in the layer or for all layers.
    let described =
        |table: &toml::Value, name: &str| table.get("fields").and_then(|fields| fields.get(name)).is_some();
    let whole = toml::Value::Table(catalog.clone());
    let mut faults = BTreeSet::new();
    for feature in features() {
        let layer = layers.iter().find(|layer| layer["id"].as_str() == Some(&feature.layer));
        let layer = layer.expect("features come from the catalogue");
        for name in feature.properties.keys() {
            if !described(layer, name) && !described(&whole, name) {
                faults.insert(format!("{}: property {name} is not described in catalog.toml", feature.layer));
            }
        }
    }
    none(&faults.into_iter().collect::<Vec<_>>());
}

#[test]
fn the_checksums_are_true() {
    assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    let text =
        std::fs::read_to_string(folder("geodata/checksums.sha256")).expect("checksums.sha256 is there");
    let stated: BTreeMap<_, _> =
        text.lines().filter_map(|line| line.split_once("  ")).map(|(sum, file)| (file, sum)).collect();
    let files: BTreeMap<_, _> = listed()
        .into_iter()
        .map(|(_, file)| {
            let bytes = std::fs::read(folder("geodata").join(&file)).unwrap_or_default();
            (file, sha256(&bytes))
        })
        .collect();
    let found: BTreeMap<_, _> = files.iter().map(|(file, sum)| (&**file, &**sum)).collect();
    assert_eq!(stated, found, "run sha256sum *.geojson > checksums.sha256 in geodata");
}

/// FIPS 180-4, SHA-256; written out, since nothing else of the project needs a digest.
fn sha256(bytes: &[u8]) -> String {
    // The fractional parts of the roots of the first primes, exact to 32 bits in integer arithmetic.
    fn root(prime: u128, power: u32) -> u32 {
        let scaled = prime << (32 * power);
        let (mut low, mut high) = (0_u128, 1 << 40);
        while high - low > 1 {
            let middle = u128::midpoint(low, high);
            if middle.pow(power) <= scaled { low = middle } else { high = middle }
        }
        u32::try_from(low & 0xffff_ffff).expect("masked to 32 bits")
    }
    let primes: Vec<u128> = (2..312).filter(|n| (2..*n).all(|d| n % d != 0)).collect();
    let constants: Vec<u32> = primes.iter().map(|prime| root(*prime, 3)).collect();
    let mut state: Vec<u32> = primes[..8].iter().map(|prime| root(*prime, 2)).collect();

    let mut message = bytes.to_vec();
    message.push(0x80);
    while message.len() % 64 != 56 {
        message.push(0);
    }
    message.extend((bytes.len() as u64 * 8).to_be_bytes());
    for block in message.chunks(64) {
        let mut w: Vec<u32> = block
            .chunks(4)
            .map(|word| word.iter().fold(0, |word, byte| word << 8 | u32::from(*byte)))
            .collect();
        for n in 16..64 {
            let s0 = w[n - 15].rotate_right(7) ^ w[n - 15].rotate_right(18) ^ (w[n - 15] >> 3);
            let s1 = w[n - 2].rotate_right(17) ^ w[n - 2].rotate_right(19) ^ (w[n - 2] >> 10);
            w.push(w[n - 16].wrapping_add(s0).wrapping_add(w[n - 7]).wrapping_add(s1));
        }
        let mut v = state.clone();
        for n in 0..64 {
            let s1 = v[4].rotate_right(6) ^ v[4].rotate_right(11) ^ v[4].rotate_right(25);
            let choice = (v[4] & v[5]) ^ (!v[4] & v[6]);
            let first =
                v[7].wrapping_add(s1).wrapping_add(choice).wrapping_add(constants[n]).wrapping_add(w[n]);
            let s0 = v[0].rotate_right(2) ^ v[0].rotate_right(13) ^ v[0].rotate_right(22);
            let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
            v.rotate_right(1);
            v[4] = v[4].wrapping_add(first);
            v[0] = first.wrapping_add(s0).wrapping_add(majority);
        }
        state.iter_mut().zip(v).for_each(|(old, new)| *old = old.wrapping_add(new));
    }
    let mut hex = String::new();
    for word in state {
        write!(hex, "{word:08x}").expect("a text takes what is written");
    }
    hex
}
