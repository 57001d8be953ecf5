//! What stands along a line, in order.

use std::sync::Arc;

use thiserror::Error;

use super::{Member, Standpoint, Way};
use crate::catalog::Catalog;
use crate::geometry::{Course, End, Side, Standing, reach};
use crate::index::IndexedLayer;
use crate::model::{FeatureIx, Words};
use crate::query::{Budget, QueryError};

/// A line and what stands along it.
#[derive(Debug)]
pub struct Along {
    /// Metres from start to end.
    pub length_m: f64,
    /// What the plan says stands at the start and at the end of the line as it is drawn; ids and names.
    pub ends: [Option<(Box<str>, Words)>; 2],
    /// What stands along it, in order; of equal chainage in the order of the layers.
    pub stops: Vec<Stop>,
    /// Where the feature stands that is asked to be passed.
    pub after: Option<Stop>,
}

/// A feature seen from a line.
#[derive(Debug, Clone)]
pub struct Stop {
    /// The feature.
    pub member: Member,
    /// Metres from the start of the line to where it is nearest to the feature; the middle of the stretch, where it has one.
    pub chainage_m: f64,
    /// Metres along the line where it enters the area of the feature and where it leaves it for good.
    pub stretch: Option<[f64; 2]>,
    /// The shortest way from the line to the feature: its metres are the offset.
    pub way: Way,
    /// On which side it lies, looking along the line; `None` on the line, or straight ahead of an end.
    pub side: Option<Side>,
    /// The end that it lies beyond.
    pub beyond: Option<End>,
}

/// Why nothing can be told along a feature.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum AlongError {
    /// It is no line.
    #[error("it has no line to measure along: chainage needs a LineString or MultiLineString with a length")]
    NoLine,
    /// What is to be passed has no position.
    #[error("the feature that after names has no position")]
    Nowhere,
    /// The query was ended.
    #[error(transparent)]
    Query(#[from] QueryError),
}

/// What of some layers stands no farther than `most_m` metres from a line, in the order along it; only what comes later than
/// `after`, if that is asked. The line itself is left out.
///
/// # Errors
/// The feature is no line, `after` has no position, or the budget is spent.
pub fn along(
    catalog: &Catalog,
    line: &Member,
    layers: &[Arc<IndexedLayer>],
    most_m: f64,
    after: Option<&Member>,
    budget: &Budget,
) -> Result<Along, AlongError> {
    let course = line.shape().and_then(|shape| Course::new(&shape)).ok_or(AlongError::NoLine)?;
    let standpoint = Standpoint::of(line.clone()).ok_or(AlongError::NoLine)?;
    let seen = Seen { course: &course, standpoint: &standpoint };
    let window =
        line.feature().geometry().and_then(crate::geometry::GeometryRef::bounds).ok_or(AlongError::NoLine)?;
    let after = after.map(|member| seen.stop(member.clone()).ok_or(AlongError::Nowhere)).transpose()?;
    let mut stops = Vec::new();
    for indexed in layers {
        let mut rows: Vec<FeatureIx> = indexed.near(reach(window, most_m));
        rows.sort_unstable();
        for ix in rows {
            budget.check()?;
            let is_asked = [Some(line), after.as_ref().map(|stop| &stop.member)];
            if is_asked.into_iter().flatten().any(|member| member.is(indexed, ix)) {
                continue;
            }
            let stop = seen.stop(Member { indexed: Arc::clone(indexed), ix });
            let is_later =
                |stop: &Stop| after.as_ref().is_none_or(|after| stop.chainage_m > after.chainage_m);
            stops.extend(stop.filter(|stop| stop.way.nearest.metres <= most_m && is_later(stop)));
        }
    }
    stops.sort_by(|a, b| a.chainage_m.total_cmp(&b.chainage_m));
    Ok(Along { length_m: course.length_m(), ends: ends(catalog, line, &seen), stops, after })
}

/// Where a feature stands along a line; `None` where the line is none or the feature has no position.
#[must_use]
pub fn stop(line: &Member, member: &Member) -> Option<Stop> {
    let course = line.shape().and_then(|shape| Course::new(&shape))?;
    let standpoint = Standpoint::of(line.clone())?;
    Seen { course: &course, standpoint: &standpoint }.stop(member.clone())
}

/// A line to look from.
struct Seen<'a> {
    course: &'a Course,
    standpoint: &'a Standpoint,
}

impl Seen<'_> {
    fn stop(&self, member: Member) -> Option<Stop> {
        let feature = member.feature();
        let Standing { nearest, spot, chainage_m, stretch } =
            self.course.standing(&self.standpoint.origin, feature.geometry()?)?;
        let way = Way::new(nearest, self.standpoint.accuracy_m, feature.accuracy_m());
        let (side, beyond) = if way.is_inside() {
            (None, None)
        } else {
            (self.course.side(spot, nearest.to), self.course.beyond(spot, nearest.to))
        };
        Some(Stop { member, chainage_m, stretch, way, side, beyond })
    }
}

/// The places that the plan names as the ends of an axis or a belt, in the direction in which the line is drawn: where one
/// of them is on the map, it tells which end is its own.
fn ends(catalog: &Catalog, line: &Member, seen: &Seen<'_>) -> [Option<(Box<str>, Words)>; 2] {
    let id = line.feature().id().to_string();
    let Some(facts) = &catalog.plan else { return [None, None] };
    let Some(course) = facts.layout.courses().find(|course| *course.id == *id) else { return [None, None] };
    let named = [&course.start, &course.end].map(|end| {
        let place = facts.place(end.as_deref()?)?;
        Some((place.id.clone(), place.name.clone()))
    });
    let share = |id: &str| {
        let member = catalog.layers().find_map(|indexed| {
            let ix = indexed.find(id)?;
            indexed.layer().feature(ix).geometry()?;
            Some(Member { indexed: Arc::clone(indexed), ix })
        });
        Some(seen.stop(member?)?.chainage_m / seen.course.length_m())
    };
    let stated = [&course.start, &course.end].map(|end| end.as_deref().and_then(share));
    let is_reversed = match stated {
        [Some(start), Some(end)] => start > end,
        [Some(start), None] => start > 0.5,
        [None, Some(end)] => end < 0.5,
        [None, None] => false,
    };
    let [start, end] = named;
    if is_reversed { [end, start] } else { [start, end] }
}
