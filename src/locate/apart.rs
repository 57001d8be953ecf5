//! What two features have to do with each other.

use super::{Member, Standpoint, Way};
use crate::geometry::{Relation, de9im, relate};

/// How two features lie to each other.
#[derive(Debug, Clone, PartialEq)]
pub struct Apart {
    /// The shortest way from the first to the second.
    pub way: Way,
    /// The relations that hold from the first to the second, edges being straight in degrees.
    pub relations: Vec<Relation>,
    /// The matrix they are read from (OGC 06-103r4, 6.1.15.2).
    pub matrix: String,
}

/// How the first lies to the second; `None` where one of them has no position.
#[must_use]
pub fn apart(from: &Member, to: &Member) -> Option<Apart> {
    let (a, b) = (from.shape()?, to.shape()?);
    let way = way(from, to)?;
    let relations = Relation::ALL.into_iter().filter(|&relation| relate(&a, &b, relation)).collect();
    Some(Apart { way, relations, matrix: de9im(&a, &b) })
}

/// The shortest way from the first to the second; `None` where one of them has no position.
#[must_use]
pub fn way(from: &Member, to: &Member) -> Option<Way> {
    let standpoint = Standpoint::of(from.clone())?;
    let nearest = standpoint.origin.nearest(to.feature().geometry()?)?;
    Some(Way::new(nearest, standpoint.accuracy_m, to.feature().accuracy_m()))
}
