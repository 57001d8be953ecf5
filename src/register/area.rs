//! Which units lie in an area that someone asks for?
//!
//! In: a polygon that was drawn, or a feature: a polygon as it stands, a line within its stated half width. Out: for
//! every unit where it lies ([`Standing`]), and whether that is sure when the accuracies of both positions are
//! honoured. Leaves out: what counts as a unit.
//!
//! A unit without a known position lies nowhere: nothing is guessed from what it stands in.

use std::collections::BTreeMap;

use super::RegisterError;
use super::block::{Standing, USUAL_ACCURACY_M};
use crate::catalog::Catalog;
use crate::geometry::{Area, GeometryRef, Scratch, Shape, buffer_m, distance_m};
use crate::model::plan::PlanFacts;
use crate::model::{FeatureRef, Words, cut};

/// An area as it is asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    /// A feature: the id of its layer, and its own.
    Feature {
        /// Id of the layer.
        layer: String,
        /// Id of the feature.
        id: String,
    },
    /// Polygons, CRS84: longitude first, degrees.
    Drawn(Box<Shape>),
}

/// An area, and where every unit lies beside it.
#[derive(Debug, Clone)]
pub struct Chosen {
    /// Its name.
    pub name: Words,
    /// Collection and id of its feature, split by a colon; none for what was drawn.
    pub feature: Option<String>,
    /// Of a line, how far the area reaches on both sides of it, metres.
    pub half_width_m: Option<f64>,
    /// To how many metres its border is known; 0 for what was drawn, none where nobody says.
    pub accuracy_m: Option<f64>,
    lies: BTreeMap<String, Standing>,
}

impl Chosen {
    /// The area that is asked for.
    ///
    /// # Errors
    /// There is no such feature, or it is no area and no line with a half width.
    pub fn new(catalog: &Catalog, facts: &PlanFacts, choice: &Choice) -> Result<Self, RegisterError> {
        let (name, feature, ground) = match choice {
            Choice::Feature { layer, id } => {
                let key = format!("{layer}:{id}");
                let wrong = |expected: &str| RegisterError::Area {
                    parameter: "within",
                    asked: cut(&key),
                    expected: expected.to_owned(),
                };
                let indexed = catalog.layer(layer).ok_or_else(|| {
                    let known: Vec<_> = catalog.layers().map(|one| one.layer().id.as_str()).collect();
                    wrong(&format!("collection:id, the collection being one of {}", known.join(", ")))
                })?;
                let ix = indexed.find(id);
                let ix =
                    ix.ok_or_else(|| wrong(&format!("collection:id with the id of a feature of {layer}")))?;
                let feature = indexed.layer().feature(ix);
                let ground = Ground::of(feature).ok_or_else(|| {
                    wrong("a feature that is a polygon, or a line with a half width (half_width_m)")
                })?;
                (feature.names(), Some(key), ground)
            }
            Choice::Drawn(shape) => {
                let ground = Ground::drawn(shape).ok_or_else(|| RegisterError::Area {
                    parameter: "polygon",
                    asked: "this geometry".to_owned(),
                    expected: "a polygon with an area".to_owned(),
                })?;
                (Words { zh: "手绘范围".into(), en: "the drawn area".into() }, None, ground)
            }
        };
        let lies = super::units(facts).into_iter().map(|unit| {
            let place = catalog.feature(unit.id).map(|(layer, ix)| layer.feature(ix));
            (unit.id.to_owned(), ground.standing(place))
        });
        let lies = lies.collect();
        Ok(Self { name, feature, half_width_m: ground.half_width_m, accuracy_m: ground.accuracy_m, lies })
    }

    /// Where a unit lies.
    #[must_use]
    pub fn standing(&self, id: &str) -> Standing {
        self.lies.get(id).copied().unwrap_or(Standing::NoPosition)
    }
}

/// The parts that areas to choose from play on the map, in their order.
const ROLES: [&str; 5] = ["zone", "core", "axis", "belt", "subdistrict"];

/// An area that one may choose.
#[derive(Debug, Clone)]
pub struct Offer {
    /// Collection and id, split by a colon.
    pub feature: String,
    /// Its name.
    pub name: Words,
    /// The part that its layer plays on the map.
    pub role: &'static str,
}

/// The areas of the layout and the zone, and those that it is divided into. Any other polygon may be asked for as well.
#[must_use]
pub fn offers(catalog: &Catalog) -> Vec<Offer> {
    let mut offers = Vec::new();
    for role in ROLES {
        let of_role = |layer: &&crate::model::Layer| layer.about.role() == role;
        for layer in catalog.layers().map(|indexed| indexed.layer()).filter(of_role) {
            let features = layer.positions().map(|ix| layer.feature(ix)).filter(|&feature| is_area(feature));
            offers.extend(features.map(|feature| Offer {
                feature: format!("{}:{}", layer.id.as_str(), feature.id()),
                name: feature.names(),
                role,
            }));
        }
    }
    offers
}

fn is_area(feature: FeatureRef<'_>) -> bool {
    match feature.geometry().map(GeometryRef::to_shape) {
        Some(Shape::Polygon(_) | Shape::MultiPolygon(_)) => true,
        Some(Shape::LineString(_) | Shape::MultiLineString(_)) => feature.half_width_m().is_some(),
        _ => false,
    }
}

/// The area itself, ready to be asked.
struct Ground {
    /// The line that it lies on both sides of, where there is one.
    line: Option<Shape>,
    half_width_m: Option<f64>,
    area: Area,
    border: Shape,
    accuracy_m: Option<f64>,
}

impl Ground {
    fn of(feature: FeatureRef<'_>) -> Option<Self> {
        let shape = feature.geometry()?.to_shape();
        let accuracy_m = feature.accuracy_m();
        if !matches!(shape, Shape::LineString(_) | Shape::MultiLineString(_)) {
            return Self::around(shape, None, accuracy_m);
        }
        let half_width_m = feature.half_width_m()?;
        let band = buffer_m(&shape, half_width_m)?;
        Self::around(band, Some((shape, half_width_m)), accuracy_m)
    }

    fn drawn(shape: &Shape) -> Option<Self> {
        Self::around(shape.clone(), None, Some(0.0))
    }

    fn around(shape: Shape, line: Option<(Shape, f64)>, accuracy_m: Option<f64>) -> Option<Self> {
        let area = Area::new(shape)?;
        let border = area.border_in(area.bounds());
        let (line, half_width_m) = line.unzip();
        Some(Self { line, half_width_m, area, border, accuracy_m })
    }

    /// Where a place lies: a spot by its position, a polygon where the larger part of it lies, as counts by area have
    /// it.
    fn standing(&self, place: Option<FeatureRef<'_>>) -> Standing {
        let Some(place) = place else { return Standing::NoPosition };
        let Some(geometry) = place.geometry() else { return Standing::NoPosition };
        let accuracy_m = place.accuracy_m();
        let (is_inside, to_border_m) = self.measure(geometry);
        // The border itself may be off as well; what is not said to be accurate is taken for less than sure.
        let doubt_m = accuracy_m.unwrap_or(USUAL_ACCURACY_M) + self.accuracy_m.unwrap_or(USUAL_ACCURACY_M);
        Standing::of(is_inside, to_border_m, accuracy_m, doubt_m)
    }

    /// Does a geometry lie inside, and how many metres is it from the border? The band around a line is drawn with
    /// short chords, so that a spot is held against the line itself.
    fn measure(&self, geometry: GeometryRef<'_>) -> (bool, Option<f64>) {
        let shape = geometry.to_shape();
        if let (Shape::Point(_), Some(line), Some(half_width_m)) = (&shape, &self.line, self.half_width_m) {
            let metres = distance_m(line, &shape);
            let is_inside = metres.is_some_and(|metres| metres <= half_width_m);
            return (is_inside, metres.map(|metres| (metres - half_width_m).abs()));
        }
        let is_inside = self.area.share(geometry, &mut Scratch::default()) >= 0.5;
        (is_inside, distance_m(&self.border, &shape))
    }
}
