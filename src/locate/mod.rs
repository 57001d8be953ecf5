//! What is near, what is here, how far apart are two things, what comes next along a line, and what is within a walk?
//!
//! In: a catalogue, and a position or a feature to ask from. Out: features with metres, directions and how well they are
//! known. Leaves out: media types, URLs, how positions were written.
//!
//! All metres are those of the shortest way on the ellipsoid, edge to edge. How far a distance may be off is the sum of
//! what both ends may be off; where either is not known, that is not known either.

mod along;
mod apart;
mod at;
mod nearest;
mod reach;

pub use along::{Along, AlongError, Stop, along, stop};
pub use apart::{Apart, apart, way};
pub use at::{Here, MOST_HERE, at};
pub use nearest::{Neighbour, nearest};
pub use reach::{
    Category, Facility, MOST_MINUTES, Mode, NoNetwork, Reach, Reached, Ring, Stroll, USUAL_MINUTES, network,
    reach,
};

use std::sync::Arc;

use geo::{Bearing as _, Geodesic};
use geo_types::Point;

use crate::geometry::{Nearest, Origin, Shape};
use crate::index::IndexedLayer;
use crate::model::{FeatureIx, FeatureRef, Lang};

/// A feature and the layer it is in.
#[derive(Debug, Clone)]
pub struct Member {
    /// Its layer.
    pub indexed: Arc<IndexedLayer>,
    /// Its position there.
    pub ix: FeatureIx,
}

impl Member {
    /// The feature.
    #[must_use]
    pub fn feature(&self) -> FeatureRef<'_> {
        self.indexed.layer().feature(self.ix)
    }

    /// Its shape; `None` where it has no position.
    #[must_use]
    pub fn shape(&self) -> Option<Shape> {
        self.feature().geometry().map(crate::geometry::GeometryRef::to_shape)
    }

    /// Are both the same feature?
    #[must_use]
    pub fn is(&self, indexed: &IndexedLayer, ix: FeatureIx) -> bool {
        self.ix == ix && self.indexed.layer().id == indexed.layer().id
    }
}

/// Where a question is asked from.
#[derive(Debug)]
pub struct Standpoint {
    /// The feature, where it is one.
    pub member: Option<Member>,
    /// To how many metres it is known.
    pub accuracy_m: Option<f64>,
    /// Its shape, ready to be measured from.
    pub origin: Origin,
}

impl Standpoint {
    /// A position in degrees, longitude first. It is what is asked about and so exact, unless the asker says how far off it
    /// may be.
    #[must_use]
    pub fn at(position: [f64; 2], accuracy_m: Option<f64>) -> Option<Self> {
        let origin = Origin::new(&Shape::Point(position.into()))?;
        Some(Self { member: None, accuracy_m: Some(accuracy_m.unwrap_or(0.0)), origin })
    }

    /// A feature; `None` where it has no position.
    #[must_use]
    pub fn of(member: Member) -> Option<Self> {
        let origin = Origin::new(&member.shape()?)?;
        Some(Self { accuracy_m: member.feature().accuracy_m(), member: Some(member), origin })
    }
}

/// The shortest way from one thing to another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Way {
    /// Its metres and ends.
    pub nearest: Nearest,
    /// How many metres it may be shorter or longer; `None` where one end is not known well enough to tell.
    pub accuracy_m: Option<f64>,
}

impl Way {
    fn new(nearest: Nearest, from: Option<f64>, to: Option<f64>) -> Self {
        Self { nearest, accuracy_m: from.zip(to).map(|(from, to)| from + to) }
    }

    /// Do both share a position?
    #[must_use]
    pub fn is_inside(&self) -> bool {
        self.nearest.metres == 0.0
    }

    /// Degrees clockwise from north in which the way sets out, from 0 to less than 360; `None` for no way.
    #[must_use]
    pub fn bearing_deg(&self) -> Option<f64> {
        let Nearest { from, to, .. } = self.nearest;
        (!self.is_inside()).then(|| Geodesic.bearing(Point::from(from), Point::from(to)).rem_euclid(360.0))
    }

    /// The same as one of eight directions.
    #[must_use]
    pub fn direction(&self) -> Option<Direction> {
        self.bearing_deg().map(Direction::of)
    }
}

/// A point of the compass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Direction(usize);

impl Direction {
    /// Codes and words, clockwise from the north.
    const ALL: [[&'static str; 3]; 8] = [
        ["north", "北", "north"],
        ["north-east", "东北", "north-east"],
        ["east", "东", "east"],
        ["south-east", "东南", "south-east"],
        ["south", "南", "south"],
        ["south-west", "西南", "south-west"],
        ["west", "西", "west"],
        ["north-west", "西北", "north-west"],
    ];

    /// The one nearest to a bearing in degrees clockwise from north.
    #[must_use]
    pub fn of(bearing: f64) -> Self {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 0 to 8")]
        let eighth = (bearing.rem_euclid(360.0) / 45.0).round() as usize;
        Self(eighth % 8)
    }

    /// Its name, which does not change with the language.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::ALL[self.0][0]
    }

    /// Its word.
    #[must_use]
    pub fn say(self, lang: Lang) -> &'static str {
        lang.pick(Self::ALL[self.0][1], Self::ALL[self.0][2])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_direction_is_an_eighth_of_the_compass() {
        let cases = [
            (0.0, "north"),
            (22.4, "north"),
            (22.6, "north-east"),
            (90.0, "east"),
            (180.0, "south"),
            (247.6, "west"),
            (337.4, "north-west"),
            (337.6, "north"),
            (360.0, "north"),
            (-45.0, "north-west"),
        ];
        for (bearing, want) in cases {
            assert_eq!(Direction::of(bearing).as_str(), want, "{bearing}");
        }
    }

    #[test]
    fn what_is_not_known_stays_so() {
        let nearest = Nearest { metres: 5.0, from: [0.0; 2], to: [0.0, 1.0] };
        assert_eq!(Way::new(nearest, Some(10.0), Some(25.0)).accuracy_m, Some(35.0));
        assert_eq!(Way::new(nearest, None, Some(25.0)).accuracy_m, None);
        assert_eq!(Way::new(nearest, Some(10.0), None).accuracy_m, None);
    }
}
