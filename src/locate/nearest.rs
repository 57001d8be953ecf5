//! The features nearest to something.

use super::{Standpoint, Way};
use crate::index::IndexedLayer;
use crate::model::FeatureIx;
use crate::query::{Budget, Query, QueryError, matching};

/// A feature nearby.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Neighbour {
    /// The feature.
    pub ix: FeatureIx,
    /// The way to it.
    pub way: Way,
}

/// So few features that match a filter are measured one by one.
const FEW: usize = 64;

/// Of the features that a query selects, whatever its page, the `most` nearest that are no farther than `farthest`
/// metres; nearest first, equals in the order of the layer. A feature is not near itself.
///
/// # Errors
/// A condition that the layer does not understand, or the budget is spent.
pub fn nearest(
    standpoint: &Standpoint,
    indexed: &IndexedLayer,
    query: &Query,
    most: usize,
    farthest: f64,
    budget: &Budget,
) -> Result<Vec<Neighbour>, QueryError> {
    let layer = indexed.layer();
    let is_own = |ix| standpoint.member.as_ref().is_some_and(|member| member.is(indexed, ix));
    let way = |ix: FeatureIx| {
        let feature = layer.feature(ix);
        let nearest = standpoint.origin.nearest(feature.geometry()?)?;
        Some(Way::new(nearest, standpoint.accuracy_m, feature.accuracy_m()))
    };
    let neighbour = |ix| Some(Neighbour { ix, way: way(ix)? });
    let select = (query.window.is_some() || query.has_conditions()).then(|| matching(query, indexed, budget));
    let selected = match select.transpose()? {
        Some(rows) if rows.len() <= FEW.max(most.saturating_mul(2)) => {
            let mut found: Vec<_> =
                rows.into_iter().filter(|&ix| !is_own(ix)).filter_map(neighbour).collect();
            found.retain(|one| one.way.nearest.metres <= farthest);
            found.sort_by(|a, b| a.way.nearest.metres.total_cmp(&b.way.nearest.metres).then(a.ix.cmp(&b.ix)));
            found.truncate(most);
            return Ok(found);
        }
        Some(rows) => {
            let mut is_selected = vec![false; layer.len()];
            for ix in rows {
                is_selected[ix.row()] = true;
            }
            Some(is_selected)
        }
        None => None,
    };
    let is_wanted = |ix: FeatureIx| -> Result<bool, QueryError> {
        budget.check()?;
        Ok(!is_own(ix) && selected.as_ref().is_none_or(|selected| selected[ix.row()]))
    };
    let found = indexed.nearest(&standpoint.origin, most, farthest, is_wanted)?;
    let accuracy = layer.accuracy_field();
    let known = |ix| layer.feature(ix).accuracy_in(accuracy);
    let way = |(ix, nearest)| Neighbour { ix, way: Way::new(nearest, standpoint.accuracy_m, known(ix)) };
    Ok(found.into_iter().map(way).collect())
}
