//! In which order do the matches come, and what makes each rank?

use super::super::aggregate::owned;
use super::super::distance::on_all;
use super::super::{Budget, ID_NAME, Page, QueryError, SortKey, sort};
use super::{Order, Shortlisting};
use crate::geometry::Distances;
use crate::index::IndexedLayer;
use crate::model::{
    Column, FeatureId, FeatureIx, Field, FieldIx, Incoming, Layer, Value, ValueKind, Words, cut,
};

/// Before the names of places, where they are keys.
const DISTANCE_TO: &str = "distance:";
/// The key of points.
const SCORE: &str = "score";
/// Points of the best rank there could be.
const MOST_POINTS: f64 = 100.0;
/// Points are told to a hundredth.
const STEPS: f64 = 100.0;
/// Ranks are those of the points themselves; what differs by less than a billionth is rounding of numbers.
const FINEST: f64 = 1e9;
/// The most features of a place.
pub const MOST_MEMBERS: usize = 1000;

/// A key with what it counts.
#[derive(Debug, Clone, PartialEq)]
pub struct Weight {
    /// A field of numbers, days or moments, or `distance:` and a place.
    pub key: String,
    /// Is less better?
    pub less_is_better: bool,
    /// How much it counts beside the others.
    pub weight: f64,
}

impl Weight {
    /// What a text of weights must be.
    pub const EXPECTED: &str = "names of fields or distance:{place}, split by commas, each after - where less is better, and with \
                                * and a number above 0 where it does not count once, as in area_m2*2,-distance:axes";

    /// Reads `area_m2*2,-distance:axes`. `None` for what makes no sense.
    #[must_use]
    pub fn parse_list(text: &str) -> Option<Vec<Self>> {
        let one = |text: &str| {
            let text = text.trim();
            let (less_is_better, text) = text.strip_prefix('-').map_or((false, text), |text| (true, text));
            let (key, weight) = text.rsplit_once('*').map_or((text, "1"), |both| both);
            let weight =
                weight.trim().parse().ok().filter(|weight: &f64| weight.is_finite() && *weight > 0.0)?;
            let key = key.trim().to_owned();
            (!key.is_empty()).then_some(Self { key, less_is_better, weight })
        };
        let all: Vec<Self> = text.split(',').map(one).collect::<Option<_>>()?;
        let is_repeated = |at: usize| all[..at].iter().any(|before| before.key == all[at].key);
        (!(1..all.len()).any(is_repeated)).then_some(all)
    }
}

/// What distances are measured to: a feature, or the nearest feature of a collection.
#[derive(Debug)]
pub struct Place {
    /// Its name: that of the collection, or `collection:id`.
    pub name: Box<str>,
    /// What people call it.
    pub title: Words,
    /// Ids and names of its features.
    pub members: Vec<(Box<str>, Words)>,
    from: Distances,
}

impl Place {
    /// Of features of a layer; `None` when none has a position.
    #[must_use]
    pub fn new(name: &str, title: Words, source: &Layer, features: &[FeatureIx]) -> Option<Self> {
        let mut members = Vec::new();
        let mut shapes = Vec::new();
        for &ix in features {
            let feature = source.feature(ix);
            if let Some(geometry) = feature.geometry().filter(|geometry| geometry.bounds().is_some()) {
                members.push((feature.id().to_string().into(), feature.names()));
                shapes.push(geometry.to_shape());
            }
        }
        (!members.is_empty()).then(|| Self {
            name: name.into(),
            title,
            members,
            from: Distances::new(shapes),
        })
    }

    /// The key of the distance to it.
    #[must_use]
    pub fn key(&self) -> String {
        format!("{DISTANCE_TO}{}", self.name)
    }

    /// Metres on the ellipsoid from a feature to the nearest member, to the millimetre, and which that is; of those equally
    /// near the first.
    fn metres(&self, layer: &Layer, ix: FeatureIx) -> Option<(f64, usize)> {
        let (at, metres) = self.from.nearest(layer.feature(ix).geometry()?)?;
        Some(((metres * 1000.0).round() / 1000.0, at))
    }
}

/// A key of the order.
#[derive(Debug, Clone, PartialEq)]
pub struct Key {
    /// Its name.
    pub name: String,
    /// Does the greatest come first?
    pub descending: bool,
    /// How much it counts beside the others; none where keys come one after the other.
    pub weight: Option<f64>,
    /// The least and the greatest known value of all matches, where it counts by points.
    pub span: Option<[f64; 2]>,
}

/// What a key says of a feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// The value.
    pub value: Incoming<'static>,
    /// The points that it makes; none where the value is not known, or keys come one after the other.
    pub points: Option<f64>,
}

/// A ranked feature.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Which.
    pub ix: FeatureIx,
    /// Its rank, from 1 on.
    pub rank: u64,
    /// Its points; none where a value that counts is not known.
    pub score: Option<f64>,
    /// What each key says.
    pub parts: Vec<Part>,
    /// The first key by which it comes after the feature before it; none for the first, and where only the id does.
    pub decided_by: Option<usize>,
    /// For each place the metres to it, and its member.
    pub distances: Vec<Option<(f64, usize)>>,
}

/// The ranked matches.
#[derive(Debug, Clone, PartialEq)]
pub struct Ranking {
    /// The keys.
    pub keys: Vec<Key>,
    /// Is it by points?
    pub by_points: bool,
    /// How many matches have no points, because a value is not known; they come last.
    pub without_points: u64,
    /// The page.
    pub items: Vec<Item>,
}

pub(super) fn rank(
    asked: &Shortlisting,
    matched: Vec<FeatureIx>,
    indexed: &IndexedLayer,
    budget: &Budget,
) -> Result<Ranking, QueryError> {
    let names: Vec<&str> = match &asked.order {
        Order::Keys(keys) => keys.iter().map(|key| key.name.as_str()).collect(),
        Order::Weights(weights) => weights.iter().map(|weight| weight.key.as_str()).collect(),
    };
    let mut layer = indexed.shared_layer();
    for place in asked.places.iter().filter(|place| names.contains(&place.key().as_str())) {
        let mut metres = vec![f64::NAN; layer.len()];
        for (ix, (away, _)) in on_all(&matched, budget, |ix| Some((ix, place.metres(indexed.layer(), ix)?)))?
        {
            metres[ix.row()] = away;
        }
        layer = with_reals(&layer, &place.key(), metres)?.into();
    }
    let by_id = SortKey { name: ID_NAME.to_owned(), descending: false };
    let (keys, points, order, without_points) = match &asked.order {
        Order::Keys(keys) => {
            let told = |key: &SortKey| Key {
                name: key.name.clone(),
                descending: key.descending,
                weight: None,
                span: None,
            };
            let order = if keys.iter().any(|key| key.name == ID_NAME) {
                keys.clone()
            } else {
                keys.iter().cloned().chain([by_id]).collect()
            };
            (keys.iter().map(told).collect::<Vec<_>>(), None, order, 0)
        }
        Order::Weights(weights) => {
            let points = Points::new(weights, &matched, &layer)?;
            let mut scores = vec![f64::NAN; layer.len()];
            let mut without = 0;
            for &ix in &matched {
                match points.of(&layer, ix).1 {
                    Some(score) => scores[ix.row()] = (score * FINEST).round() / FINEST,
                    None => without += 1,
                }
            }
            let score = free_name(&layer, SCORE);
            layer = with_reals(&layer, &score, scores)?.into();
            let keys = points.keys.clone();
            (keys, Some(points), vec![SortKey { name: score, descending: true }, by_id], without)
        }
    };
    // The feature before the page tells by which key the first of the page comes after it.
    let before = u64::from(asked.page.offset > 0);
    let page = Page {
        offset: asked.page.offset - before,
        limit: asked.page.limit.saturating_add(u32::from(before > 0)),
    };
    let sorted =
        sort::bind(&order, &layer)?.map(|order| order.page_of(matched, page, &layer)).unwrap_or_default();
    let deciding: Vec<Option<FieldIx>> =
        order.iter().map(|key| layer.schema.find(&key.name).map(|(at, _)| at)).collect();
    let mut items = Vec::new();
    for (at, &ix) in sorted.items.iter().enumerate() {
        if at % 64 == 0 {
            budget.check()?;
        }
        let value = |name: &str, ix: FeatureIx| match layer.schema.find(name) {
            Some((at, _)) => layer.feature(ix).value(at),
            None => match layer.feature(ix).id() {
                FeatureId::Integer(id) => Value::Integer(id),
                FeatureId::Text(id) => Value::Text(id),
            },
        };
        let (parts, score) = match &points {
            Some(points) => told(points.of(&layer, ix).0),
            None => (vec![None; keys.len()], None),
        };
        let parts = keys.iter().zip(parts);
        let parts = parts.map(|(key, points)| Part { value: owned(value(&key.name, ix)), points });
        let last = at.checked_sub(1).map(|before| sorted.items[before]);
        let differs = |at: &usize| {
            let pair = deciding[*at].zip(last);
            pair.is_some_and(|(field, last)| {
                layer.feature(last).value(field) != layer.feature(ix).value(field)
            })
        };
        let decided_by = (0..deciding.len()).find(differs).filter(|at| *at < keys.len() && points.is_none());
        items.push(Item {
            ix,
            rank: page.offset + at as u64 + 1,
            score,
            parts: parts.collect(),
            decided_by,
            distances: asked.places.iter().map(|place| place.metres(indexed.layer(), ix)).collect(),
        });
    }
    items.drain(..usize::try_from(before).unwrap_or(0).min(items.len()));
    Ok(Ranking { keys, by_points: points.is_some(), without_points, items })
}

fn with_reals(layer: &Layer, name: &str, values: Vec<f64>) -> Result<Layer, QueryError> {
    let field = Field { name: name.into(), kind: ValueKind::Real, title: None, unit: None, find: None };
    // Only a layer of 65,535 fields has no room.
    layer.with_column(field, Column::Real(values)).map_err(|_| QueryError::Spent)
}

fn free_name(layer: &Layer, name: &str) -> String {
    let mut name = name.to_owned();
    while layer.schema.find(&name).is_some() {
        name.push('\'');
    }
    name
}

/// Weights bound to a layer, with the span of each value over all matches.
struct Points {
    keys: Vec<Key>,
    fields: Vec<FieldIx>,
    all: f64,
}

impl Points {
    fn new(weights: &[Weight], matched: &[FeatureIx], layer: &Layer) -> Result<Self, QueryError> {
        let (mut keys, mut fields) = (Vec::new(), Vec::new());
        for Weight { key, less_is_better, weight } in weights {
            let counts = |kind| {
                matches!(kind, ValueKind::Integer | ValueKind::Real | ValueKind::Date | ValueKind::Timestamp)
            };
            let Some((field, _)) = layer.schema.find(key).filter(|(_, field)| counts(field.kind)) else {
                let known = layer.schema.fields().filter(|(_, field)| counts(field.kind));
                let known = known.map(|(_, field)| &*field.name).collect::<Vec<_>>().join(", ");
                let key = cut(key);
                return Err(QueryError::Shortlist {
                    parameter: "weights",
                    problem: format!(
                        "parameter weights names {key:?}, which is no number, day or moment; there are {known}, \
                                      and distance:{{place}} of each of distances"
                    ),
                });
            };
            let values = matched.iter().filter_map(|&ix| number(layer.feature(ix).value(field)));
            let span = values.fold(None, |span: Option<[f64; 2]>, value| {
                Some(span.map_or([value; 2], |[least, most]| [least.min(value), most.max(value)]))
            });
            keys.push(Key { name: key.clone(), descending: !less_is_better, weight: Some(*weight), span });
            fields.push(field);
        }
        let all = weights.iter().map(|weight| weight.weight).sum();
        Ok(Self { keys, fields, all })
    }

    /// The points of each key, and all together; none where a value is not known.
    fn of(&self, layer: &Layer, ix: FeatureIx) -> (Vec<Option<f64>>, Option<f64>) {
        let parts: Vec<Option<f64>> = self
            .keys
            .iter()
            .zip(&self.fields)
            .map(|(key, &field)| {
                let value = number(layer.feature(ix).value(field))?;
                let [least, most] = key.span?;
                let place = if most > least { (value - least) / (most - least) } else { 1.0 };
                let good = if key.descending || most <= least { place } else { 1.0 - place };
                Some(good * key.weight? / self.all * MOST_POINTS)
            })
            .collect();
        let sum = parts.iter().copied().sum();
        (parts, sum)
    }
}

/// Points as they are told, to a hundredth. The sum is rounded, and of its parts those up that would lose most, so that they add
/// up to it.
fn told(parts: Vec<Option<f64>>) -> (Vec<Option<f64>>, Option<f64>) {
    let Some(exact) = parts.iter().copied().collect::<Option<Vec<f64>>>() else {
        let alone = |points: f64| (points * STEPS).round() / STEPS;
        return (parts.into_iter().map(|points| points.map(alone)).collect(), None);
    };
    let sum = (exact.iter().sum::<f64>() * STEPS).round();
    let mut steps: Vec<f64> = exact.iter().map(|points| (points * STEPS).floor()).collect();
    let lost = |at: usize| exact[at] * STEPS - steps[at];
    let mut order: Vec<usize> = (0..steps.len()).collect();
    order.sort_by(|&a, &b| lost(b).total_cmp(&lost(a)));
    let mut missing = sum - steps.iter().sum::<f64>();
    for at in order {
        if missing < 0.5 {
            break;
        }
        steps[at] += 1.0;
        missing -= 1.0;
    }
    (steps.into_iter().map(|steps| Some(steps / STEPS)).collect(), Some(sum / STEPS))
}

#[expect(clippy::cast_precision_loss, reason = "points are told to a hundredth")]
fn number(value: Value<'_>) -> Option<f64> {
    match value {
        Value::Date(day) => Some(f64::from(day.days())),
        Value::Timestamp(moment) => Some(moment.microseconds() as f64),
        other => other.number(),
    }
}
