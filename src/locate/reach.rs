//! What is within a walk of so many minutes?

use std::collections::HashMap;
use std::sync::Arc;

use geo::algorithm::orient::{Direction, Orient as _};
use geo::{Area as _, Simplify as _};
use geo_types::{LineString, MultiPolygon, Polygon};

use super::{Member, Standpoint, Way};
use crate::catalog::{Catalog, WalkAbout};
use crate::geometry::{
    GeometryKind, Network, Off, Shape, Walk, area_m2, bounds_of, buffer_m, reach as window_within,
};
use crate::index::IndexedLayer;
use crate::model::{FeatureIx, Layer, Value};
use crate::query::aggregate::{Aggregation, Areas, Measure, Places, Rule, aggregate};
use crate::query::{Budget, Page, Query, QueryError};

/// Minutes of the rings when none are named.
pub const USUAL_MINUTES: [f64; 3] = [5.0, 10.0, 15.0];
/// Walks of more minutes are not looked at.
pub const MOST_MINUTES: f64 = 60.0;

/// How metres on foot are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    /// Along the lines of a network.
    Network,
    /// The straight line, times a factor.
    Straight,
}

impl Mode {
    /// All with their names.
    pub const ALL: [(&'static str, Self); 2] = [("network", Self::Network), ("straight", Self::Straight)];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        Self::ALL[self as usize].0
    }
}

/// Why there is no walk along a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoNetwork {
    /// The data has none.
    None,
    /// None of its lines is near enough to the start.
    Far,
    /// It was not asked for.
    Unasked,
}

/// What is asked.
#[derive(Debug, Clone)]
pub struct Stroll {
    /// Minutes of each ring, ascending; not empty, none above [`MOST_MINUTES`].
    pub minutes: Vec<f64>,
    /// Kilometres an hour.
    pub speed_kmh: f64,
    /// Metres walked for a metre straight, where no network is known.
    pub detour_factor: f64,
    /// How metres are found; `None` takes the network where there is one near the start.
    pub mode: Option<Mode>,
    /// The layers whose features are looked for.
    pub facilities: Vec<Arc<IndexedLayer>>,
    /// Are those counted that the plan only plans?
    pub with_planned: bool,
    /// Layers of polygons that are counted in each ring.
    pub polygons: Vec<Arc<IndexedLayer>>,
    /// What else is measured of those with their centre in a ring, each as it was written.
    pub measures: Vec<(Box<str>, Measure)>,
}

impl Stroll {
    /// What is asked when nothing is said: 5, 10 and 15 minutes to the facilities that the data names, else to what the map draws
    /// as such, with the parcels counted.
    #[must_use]
    pub fn usual(catalog: &Catalog) -> Self {
        let walk = &catalog.about.walk;
        let drawn_as = |part: &str| -> Vec<Arc<IndexedLayer>> {
            let is_drawn = |indexed: &&Arc<IndexedLayer>| indexed.layer().about.role() == part;
            catalog.layers().filter(is_drawn).cloned().collect()
        };
        let named: Vec<_> = walk.facilities.iter().filter_map(|id| catalog.layer(id).cloned()).collect();
        Self {
            minutes: USUAL_MINUTES.to_vec(),
            speed_kmh: walk.speed_kmh,
            detour_factor: walk.detour_factor,
            mode: None,
            facilities: if named.is_empty() { drawn_as("facility") } else { named },
            with_planned: false,
            polygons: drawn_as("parcel"),
            measures: Vec::new(),
        }
    }

    /// Metres that are walked in so many minutes.
    #[must_use]
    pub fn metres(&self, minutes: f64) -> f64 {
        minutes * self.speed_kmh * 1000.0 / 60.0
    }

    /// Minutes that so many metres take.
    #[must_use]
    pub fn minutes_of(&self, metres: f64) -> f64 {
        metres * 60.0 / (self.speed_kmh * 1000.0)
    }
}

/// All within a walk of so many minutes.
#[derive(Debug, Clone)]
pub struct Ring {
    /// The minutes.
    pub minutes: f64,
    /// Metres on foot.
    pub metres: f64,
    /// What lies within, the smaller rings included.
    pub area: Shape,
    /// How much that is.
    pub area_m2: f64,
    /// For each layer of polygons what is reached of it.
    pub polygons: Vec<Reached>,
}

/// Polygons in a ring.
#[derive(Debug, Clone, PartialEq)]
pub struct Reached {
    /// How many have their centre in it.
    pub count: u64,
    /// Hectares of these; `None` where there are none.
    pub area_ha: Option<f64>,
    /// Hectares of all polygons that lie in the ring.
    pub overlap_ha: Option<f64>,
    /// What else is measured, in the order asked; `None` where no value is known.
    pub measured: Vec<Option<f64>>,
}

/// A facility that is reached on foot.
#[derive(Debug, Clone)]
pub struct Facility {
    /// The feature.
    pub member: Member,
    /// Which of the categories it is of.
    pub category: usize,
    /// Metres on foot.
    pub metres: f64,
    /// The straight line to it.
    pub way: Way,
    /// The first ring that it is in; `None` where it is in none.
    pub ring: Option<usize>,
}

/// Facilities of a kind.
#[derive(Debug, Clone)]
pub struct Category {
    /// A word of the data: the finer kind of a feature, else its kind, else its layer.
    pub id: Box<str>,
    /// The first layer it was found in.
    pub layer: Arc<IndexedLayer>,
    /// How many there are in the data.
    pub total: usize,
    /// Of how many no position is known, so that nobody can say whether they are near.
    pub unplaced: usize,
    /// How many are within each ring.
    pub counts: Vec<usize>,
    /// The position among the facilities of the nearest, within [`MOST_MINUTES`].
    pub nearest: Option<usize>,
}

/// The answer.
#[derive(Debug, Clone)]
pub struct Reach {
    /// How metres were found.
    pub mode: Mode,
    /// Why not along a network.
    pub why: Option<NoNetwork>,
    /// In the order asked.
    pub rings: Vec<Ring>,
    /// Nearest first, those within [`MOST_MINUTES`] on foot.
    pub facilities: Vec<Facility>,
    /// In the order of the layers.
    pub categories: Vec<Category>,
}

/// The network of a catalogue: the lines of the layers that it names. `None` where it names none that has a line.
#[must_use]
pub fn network(catalog: &Catalog) -> Option<Network> {
    let layers = catalog.about.walk.network.iter().filter_map(|id| catalog.layer(id));
    let lines = layers.flat_map(|indexed| {
        let layer = indexed.layer();
        let parts = layer
            .positions()
            .filter_map(move |ix| layer.feature(ix).geometry())
            .flat_map(|geometry| geometry.parts().filter(|part| is_line(part.kind())).collect::<Vec<_>>());
        parts.flat_map(|part| part.runs().collect::<Vec<_>>())
    });
    Network::new(lines.map(|run| (0..run.len()).map(move |at| run.at(at))))
}

fn is_line(kind: GeometryKind) -> bool {
    matches!(kind, GeometryKind::LineString | GeometryKind::MultiLineString)
}

/// What is within a walk; why not, where a network is asked for and there is none near the start.
///
/// # Errors
/// The budget is spent.
pub fn reach(
    about: &WalkAbout,
    network: Option<&Network>,
    standpoint: &Standpoint,
    from: &Shape,
    asked: &Stroll,
    budget: &Budget,
) -> Result<Result<Reach, NoNetwork>, QueryError> {
    let off = Off { most_m: about.off_network_m, factor: asked.detour_factor };
    let farthest = asked.metres(MOST_MINUTES);
    let walk = match (asked.mode, network) {
        (Some(Mode::Straight), _) => Err(NoNetwork::Unasked),
        (_, None) => Err(NoNetwork::None),
        (_, Some(network)) => network.walk(from, off, farthest, || budget.check())?.ok_or(NoNetwork::Far),
    };
    let walk = match walk {
        Err(why) if asked.mode == Some(Mode::Network) => return Ok(Err(why)),
        other => other,
    };
    let ground = Ground { walk: walk.as_ref().ok(), from, off, asked, budget };
    let rings = asked.minutes.iter().map(|&minutes| ground.ring(minutes)).collect::<Result<Vec<_>, _>>()?;
    let (facilities, categories) = ground.facilities(about, standpoint, &rings)?;
    let mode = if walk.is_ok() { Mode::Network } else { Mode::Straight };
    Ok(Ok(Reach { mode, why: walk.err(), rings, facilities, categories }))
}

struct Ground<'a> {
    walk: Option<&'a Walk<'a>>,
    from: &'a Shape,
    off: Off,
    asked: &'a Stroll,
    budget: &'a Budget,
}

impl Ground<'_> {
    fn ring(&self, minutes: f64) -> Result<Ring, QueryError> {
        let metres = self.asked.metres(minutes);
        let straight = metres / self.off.factor;
        let around = if self.walk.is_some() { straight.min(self.off.most_m) } else { straight };
        let mut areas: Vec<MultiPolygon> = Vec::new();
        // Nothing is around a start that is too wide for a plane; then only the start itself is.
        for shape in [buffer_m(self.from, around), Some(self.from.clone())].into_iter().flatten() {
            match shape {
                Shape::MultiPolygon(area) => areas.push(area),
                Shape::Polygon(area) => areas.push(MultiPolygon(vec![area])),
                _ => {}
            }
        }
        if let Some(walk) = self.walk {
            areas.extend(walk.within(metres, || self.budget.check())?);
        }
        self.budget.check()?;
        let area = tidied(&geo::unary_union(areas.iter().flatten())).orient(Direction::Default);
        let area = Shape::MultiPolygon(area);
        let polygons = self.asked.polygons.iter().map(|indexed| self.reached(&area, indexed));
        let polygons = polygons.collect::<Result<_, _>>()?;
        Ok(Ring { minutes, metres, area_m2: area_m2(&area), area, polygons })
    }

    fn reached(&self, area: &Shape, indexed: &IndexedLayer) -> Result<Reached, QueryError> {
        let mut measures = Measure::parse_list("area(ha),overlap(ha)").unwrap_or_default();
        let usual = 1 + measures.len();
        measures.extend(self.asked.measures.iter().map(|(_, measure)| measure.clone()));
        let table = aggregate(
            &Aggregation {
                select: Query::default(),
                fields: Vec::new(),
                places: Some(Places::Areas {
                    areas: Areas::drawn(area.clone())?,
                    rule: Rule::Centroid,
                    doubt: false,
                }),
                measures,
                having: None,
                sort: Vec::new(),
                page: Page::default(),
            },
            indexed,
            self.budget,
        )?;
        let row = table.groups.first();
        let number = |at: usize| {
            row.and_then(|row| row.cells.get(table.key_columns + at)).and_then(crate::model::Incoming::number)
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let count = number(0).unwrap_or(0.0) as u64;
        let measured = (usual..usual + self.asked.measures.len()).map(number).collect();
        Ok(Reached { count, area_ha: number(1), overlap_ha: number(2), measured })
    }

    fn facilities(
        &self,
        about: &WalkAbout,
        standpoint: &Standpoint,
        rings: &[Ring],
    ) -> Result<(Vec<Facility>, Vec<Category>), QueryError> {
        let mut categories: Vec<Category> = Vec::new();
        let mut known: HashMap<Box<str>, usize> = HashMap::new();
        let mut facilities = Vec::new();
        let farthest = self.asked.metres(MOST_MINUTES);
        // What is walked in the time is never nearer than that straight.
        let window = bounds_of(self.from).map(|bounds| window_within(bounds, farthest));
        for indexed in &self.asked.facilities {
            let layer = indexed.layer();
            let near: Vec<bool> = {
                let mut near = vec![false; layer.len()];
                for ix in window.map(|window| indexed.near(window)).unwrap_or_default() {
                    near[ix.row()] = true;
                }
                near
            };
            for ix in layer.positions() {
                self.budget.check()?;
                let feature = layer.feature(ix);
                let is_self = standpoint.member.as_ref().is_some_and(|own| own.is(indexed, ix));
                let id = category(layer, ix);
                let is_left_out = is_self
                    || about.not_walked_to.iter().any(|word| **word == *id)
                    || (!self.asked.with_planned && is_planned(layer, ix));
                if is_left_out {
                    continue;
                }
                let category = *known.entry(id.clone()).or_insert_with(|| {
                    let counts = vec![0; rings.len()];
                    let layer = Arc::clone(indexed);
                    categories.push(Category { id, layer, total: 0, unplaced: 0, counts, nearest: None });
                    categories.len() - 1
                });
                categories[category].total += 1;
                let Some(geometry) = feature.geometry() else {
                    categories[category].unplaced += 1;
                    continue;
                };
                let Some(nearest) = Some(geometry)
                    .filter(|_| near[ix.row()])
                    .and_then(|geometry| standpoint.origin.nearest(geometry))
                    .filter(|nearest| nearest.metres <= farthest)
                else {
                    continue;
                };
                let way = Way::new(nearest, standpoint.accuracy_m, feature.accuracy_m());
                let metres = match self.walk {
                    _ if way.is_inside() => Some(0.0),
                    Some(walk) => walk.metres_to(&geometry.to_shape(), nearest.metres),
                    None => Some(nearest.metres * self.off.factor),
                };
                if let Some(metres) = metres.filter(|metres| *metres <= farthest) {
                    let ring = rings.iter().position(|ring| metres <= ring.metres);
                    let member = Member { indexed: Arc::clone(indexed), ix };
                    facilities.push(Facility { member, category, metres, way, ring });
                }
            }
        }
        facilities.sort_by(|a, b| a.metres.total_cmp(&b.metres));
        for (at, facility) in facilities.iter().enumerate() {
            let category = &mut categories[facility.category];
            category.nearest.get_or_insert(at);
            for count in &mut category.counts[facility.ring.unwrap_or(rings.len())..] {
                *count += 1;
            }
        }
        Ok((facilities, categories))
    }
}

/// An area without what joining its pieces left behind: positions and holes of a hand's breadth.
fn tidied(area: &MultiPolygon) -> MultiPolygon {
    /// Degrees; a tenth of a metre.
    const BREADTH: f64 = 1e-6;
    let polygon = |polygon: &Polygon| {
        let is_seen = |hole: &&LineString| {
            Polygon::new((*hole).clone(), Vec::new()).unsigned_area() > BREADTH.powi(2) * 100.0
        };
        let holes = polygon.interiors().iter().filter(is_seen).cloned().collect();
        Polygon::new(polygon.exterior().clone(), holes).simplify(BREADTH)
    };
    area.iter().map(polygon).collect()
}

/// The finer kind of a feature, else its kind, else its layer.
fn category(layer: &Layer, ix: FeatureIx) -> Box<str> {
    let feature = layer.feature(ix);
    let word =
        ["subtype", "kind"].map(|field| feature.named(field)).into_iter().find_map(|value| match value {
            Value::Text(text) if !text.is_empty() => Some(text),
            _ => None,
        });
    word.unwrap_or(layer.id.as_str()).into()
}

/// Does the plan only plan it?
fn is_planned(layer: &Layer, ix: FeatureIx) -> bool {
    matches!(layer.feature(ix).named("lifecycle"), Value::Text("planned" | "proposed"))
}
