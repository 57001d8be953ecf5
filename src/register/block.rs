//! What does a block hold on the map, beside what the plan says of it?
//!
//! The plan counts what a block contains and names its four edges; the layers have positions, some of them only, each
//! known to so many metres. What has no position, or lies outside, is told one by one: a number alone would hide it.

use std::collections::BTreeSet;

use crate::catalog::Catalog;
use crate::geometry::{Area, Scratch, Shape, area_m2, centroid, distance_m, turned};
use crate::model::plan::{Block, Content, PlanFacts};
use crate::model::{FeatureRef, Words};

/// A block as the plan has it and as the map has it.
#[derive(Debug)]
pub struct Sheet<'a> {
    /// What the plan says.
    pub block: &'a Block,
    /// Its name.
    pub name: &'a Words,
    /// Its polygon on the map; none where no layer has it.
    pub drawn: Option<Drawn>,
    /// What the plan says it contains.
    pub contents: Vec<Contents<'a>>,
    /// Places that lie in the polygon, which the plan does not count among its contents.
    pub others: Vec<Member<'a>>,
    /// The edges that the plan names.
    pub edges: Vec<Edge<'a>>,
}

/// The polygon of a block.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Drawn {
    /// Its area, square metres.
    pub area_m2: f64,
    /// To how many metres its border is known.
    pub accuracy_m: Option<f64>,
}

/// One kind of contents: what is stated and what is found.
#[derive(Debug)]
pub struct Contents<'a> {
    /// What the plan says: the kind, how many, and which it names.
    pub stated: &'a Content,
    /// Those that the plan names, each with where it lies.
    pub members: Vec<Member<'a>>,
}

impl Contents<'_> {
    /// How many lie in the polygon by their position.
    #[must_use]
    pub fn inside(&self) -> usize {
        self.members.iter().filter(|member| matches!(member.lies, Standing::Inside { .. })).count()
    }

    /// How many are counted but not named, so that no data can hold them.
    #[must_use]
    pub fn unnamed(&self) -> usize {
        self.stated.count.saturating_sub(self.members.len())
    }
}

/// A place and where it lies beside the block.
#[derive(Debug, Clone)]
pub struct Member<'a> {
    /// Id.
    pub id: &'a str,
    /// Name.
    pub name: &'a Words,
    /// Where it lies.
    pub lies: Standing,
}

/// Where a place lies.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Standing {
    /// In the polygon.
    Inside {
        /// To how many metres its position is known.
        accuracy_m: Option<f64>,
        /// Is it farther from the border than its position may be off, so that this is sure?
        is_sure: bool,
    },
    /// Outside.
    Outside {
        /// Metres to the polygon.
        distance_m: f64,
        /// To how many metres its position is known.
        accuracy_m: Option<f64>,
        /// Is it farther from the border than its position may be off?
        is_sure: bool,
    },
    /// No layer has a position for it.
    NoPosition,
    /// There is no polygon to compare with.
    NoPolygon,
}

impl Standing {
    /// By the distance from the border, and how far position and border may be off together, metres.
    pub(super) fn of(
        is_inside: bool,
        to_border_m: Option<f64>,
        accuracy_m: Option<f64>,
        doubt_m: f64,
    ) -> Self {
        let is_sure = to_border_m.is_some_and(|metres| metres > doubt_m);
        if is_inside {
            Self::Inside { accuracy_m, is_sure }
        } else {
            Self::Outside { distance_m: to_border_m.unwrap_or(f64::INFINITY), accuracy_m, is_sure }
        }
    }

    /// Is it sure in spite of what the positions may be off?
    #[must_use]
    pub fn is_sure(self) -> bool {
        matches!(self, Self::Inside { is_sure: true, .. } | Self::Outside { is_sure: true, .. })
    }
}

/// An edge of a block.
#[derive(Debug)]
pub struct Edge<'a> {
    /// `north`, `east`, `south` or `west`.
    pub side: &'a str,
    /// Id of what it runs along.
    pub id: &'a str,
    /// Name of that.
    pub name: &'a Words,
    /// How they lie; none where either has no geometry.
    pub gap: Option<Gap>,
}

/// How a side of a polygon and what it is said to run along lie to each other.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gap {
    /// Metres from the place to the nearest spot of that side of the border.
    pub nearest_m: f64,
    /// Metres from the place to the farthest spot of that side of the border.
    pub farthest_m: f64,
    /// To how many metres both are known together: the tolerance.
    pub tolerance_m: f64,
}

impl Gap {
    /// Does the side meet the place within the tolerance?
    #[must_use]
    pub fn meets(&self) -> bool {
        self.nearest_m <= self.tolerance_m
    }

    /// Does the whole side run along it within the tolerance?
    #[must_use]
    pub fn follows(&self) -> bool {
        self.farthest_m <= self.tolerance_m
    }
}

/// Tolerance for a place whose accuracy is not known, metres.
pub const USUAL_ACCURACY_M: f64 = 100.0;

/// The sheet of a block of the plan; none for another id.
#[must_use]
pub fn sheet<'a>(catalog: &'a Catalog, facts: &'a PlanFacts, id: &str) -> Option<Sheet<'a>> {
    let block = facts.blocks.iter().find(|block| &*block.id == id)?;
    let place = facts.place(&block.id)?;
    let ground = find(catalog, &block.id).and_then(Ground::of);
    let member =
        |id: &'a str, name: &'a Words| Member { id, name, lies: standing(catalog, ground.as_ref(), id) };
    let contents: Vec<_> = block
        .contains
        .iter()
        .map(|stated| {
            let named = stated.places.iter().filter_map(|id| facts.place(id));
            Contents { stated, members: named.map(|place| member(&place.id, &place.name)).collect() }
        })
        .collect();
    let known: BTreeSet<&str> = contents
        .iter()
        .flat_map(|contents| contents.members.iter().map(|member| member.id))
        .chain([&*block.id])
        .collect();
    let others =
        facts.places.iter().filter(|place| !known.contains(&*place.id) && is_a_spot(catalog, &place.id));
    let others = others
        .map(|place| member(&place.id, &place.name))
        .filter(|member| matches!(member.lies, Standing::Inside { .. }))
        .collect();
    let edges = block
        .bounded_by
        .iter()
        .filter_map(|(side, id)| {
            let name = &facts.place(id)?.name;
            let gap = ground.as_ref().and_then(|ground| ground.gap(side, find(catalog, id)?));
            Some(Edge { side, id, name, gap })
        })
        .collect();
    let drawn = ground
        .as_ref()
        .map(|ground| Drawn { area_m2: area_m2(&ground.shape), accuracy_m: ground.accuracy_m });
    Some(Sheet { block, name: &place.name, drawn, contents, others, edges })
}

/// The feature of a place, where it has a position.
fn find<'a>(catalog: &'a Catalog, id: &str) -> Option<FeatureRef<'a>> {
    let (layer, ix) = catalog.feature(id)?;
    Some(layer.feature(ix)).filter(|feature| feature.geometry().is_some())
}

/// Is a place drawn as a spot? Roads and lakes lie in a block in part only.
fn is_a_spot(catalog: &Catalog, id: &str) -> bool {
    find(catalog, id)
        .and_then(FeatureRef::geometry)
        .is_some_and(|shape| matches!(shape.to_shape(), Shape::Point(_)))
}

fn standing(catalog: &Catalog, ground: Option<&Ground>, id: &str) -> Standing {
    let Some(feature) = find(catalog, id) else { return Standing::NoPosition };
    let Some(ground) = ground else { return Standing::NoPolygon };
    let Some(geometry) = feature.geometry() else { return Standing::NoPosition };
    let accuracy_m = feature.accuracy_m();
    let shape = geometry.to_shape();
    let is_inside = ground.area.meets(geometry, &mut Scratch::default());
    let to_border = distance_m(&ground.border, &shape);
    // The border itself may be off as well.
    let doubt_m = accuracy_m.unwrap_or(USUAL_ACCURACY_M) + ground.accuracy_m.unwrap_or(0.0);
    Standing::of(is_inside, to_border, accuracy_m, doubt_m)
}

/// The polygon of a block, ready to be asked.
struct Ground {
    shape: Shape,
    area: Area,
    border: Shape,
    accuracy_m: Option<f64>,
}

impl Ground {
    fn of(feature: FeatureRef<'_>) -> Option<Self> {
        let shape = feature.geometry()?.to_shape();
        let area = Area::new(shape.clone())?;
        let border = area.border_in(area.bounds());
        Some(Self { accuracy_m: feature.accuracy_m(), shape, area, border })
    }

    /// How the border on a side lies to a place. A spot of the border is on the side that it is seen on from the middle
    /// of the polygon: within 45 degrees of it, where a degree of longitude is as long as it is there.
    fn gap(&self, side: &str, place: FeatureRef<'_>) -> Option<Gap> {
        let along = place.geometry()?.to_shape();
        let [x, y] = centroid(&self.shape)?;
        let squeeze = y.to_radians().cos();
        let is_on_side = |[longitude, latitude]: [f64; 2]| {
            let (east, north) = (turned(longitude - x) * squeeze, latitude - y);
            match side {
                "north" => north >= east.abs(),
                "south" => -north >= east.abs(),
                "east" => east >= north.abs(),
                "west" => -east >= north.abs(),
                _ => false,
            }
        };
        let mut reach: Option<(f64, f64)> = None;
        for spot in spots(&self.border).into_iter().filter(|&spot| is_on_side(spot)) {
            let metres = distance_m(&Shape::Point(spot.into()), &along)?;
            let (near, far) = reach.unwrap_or((metres, metres));
            reach = Some((near.min(metres), far.max(metres)));
        }
        let (nearest_m, farthest_m) = reach?;
        let known = |accuracy: Option<f64>| accuracy.unwrap_or(USUAL_ACCURACY_M);
        let tolerance_m = known(self.accuracy_m) + known(place.accuracy_m());
        Some(Gap { nearest_m, farthest_m, tolerance_m })
    }
}

/// Spots along the lines of a shape, so close that a side of any block has dozens.
fn spots(border: &Shape) -> Vec<[f64; 2]> {
    const EACH: u8 = 16;
    let of_line = |line: &geo_types::LineString<f64>| -> Vec<[f64; 2]> {
        let between = |edge: geo_types::Line<f64>| {
            (0..=EACH).map(move |at| {
                let share = f64::from(at) / f64::from(EACH);
                [edge.start.x + edge.dx() * share, edge.start.y + edge.dy() * share]
            })
        };
        line.lines().flat_map(between).collect()
    };
    match border {
        Shape::LineString(line) => of_line(line),
        Shape::MultiLineString(lines) => lines.iter().flat_map(of_line).collect(),
        Shape::Line(line) => of_line(&(*line).into()),
        _ => Vec::new(),
    }
}
