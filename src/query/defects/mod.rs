//! Do the polygons of a layer fit together?
//!
//! In: a layer, which of its features are checked, tolerances. Out: defects with their places: faulty rings, features drawn or
//! numbered twice, overlaps, gaps, slivers, stated areas that are not those measured; how many of each kind. Leaves out: how
//! they are shown, what was repaired or refused when the layer was read.
//!
//! Whether insides meet is decided exactly (DE-9IM); the places of overlaps and gaps are computed, to well below a
//! millimetre. Areas and lengths are those on the ellipsoid. The width of a piece of ground is twice its area by its
//! perimeter: that of a long strip, half the side of a square. Of several pieces it is that of the widest, so that a place is
//! a sliver only where each of its pieces is one.
//!
//! A defect is told when a checked feature takes part in it, whether or not the others are checked. Each pair of features
//! has one defect of geometry at most; of features that are drawn alike the first stands for all.

mod gaps;
mod pairs;
mod single;

use std::cmp::Ordering;

use geo_types::{MultiPolygon, Polygon};

use super::execute::matches;
use super::{Budget, Page, Query, QueryError, fold_on_all_cores, plan};
use crate::geometry::{Bounds, PolygonFault, Shape, area_m2, bounds_of, length_m, reach};
use crate::index::IndexedLayer;
use crate::model::{FeatureIx, Field, FieldIx, FindBy, Layer, ValueKind};

/// Positions with seven decimals are rounded by up to 8 mm, those of two features by up to 16; what is narrower than this is
/// rounding, metres.
pub const ROUNDING_M: f64 = 0.02;
/// Features that share this part of the larger one are the same feature, drawn twice.
pub const SAME_SHARE: f64 = 0.99;
/// What neighbours enclose is no gap when it reaches farther, metres to the east or to the north.
pub const LONGEST_GAP_M: f64 = 500.0;
/// The last defect that a page may hold, so that memory is bounded whatever a layer is like.
pub const MOST_REACHED: u64 = 100_000;
/// Features between two looks at the budget.
const STRIDE: usize = 256;

/// What is a defect.
#[derive(Debug, Clone, PartialEq)]
pub struct Tolerances {
    /// Overlaps and gaps that are narrower are rounding, metres.
    pub rounding_m: f64,
    /// Overlaps, gaps and features that are narrower are slivers, metres.
    pub sliver_m: f64,
    /// What neighbours enclose is a gap up to this area, square metres, and a sliver whatever its area where it is narrow.
    pub gap_m2: f64,
    /// The share of the measured area by which a stated one may differ.
    pub area_share: f64,
    /// The field of stated areas; none are looked at when left out.
    pub area_field: Option<FieldIx>,
    /// The field of numbers that stand once; none are looked at when left out.
    pub number_field: Option<FieldIx>,
}

impl Tolerances {
    /// What suits a layer. 200 m² is the least area of built-up land that the third national land survey maps (TD/T 1055-2019).
    #[must_use]
    pub fn usual(layer: &Layer) -> Self {
        let is_area = |field: &Field| field.name.starts_with("area") && field.square_metres().is_some();
        let is_number = |field: &Field| field.find == Some(FindBy::Code) && is_numbering(field);
        let first = |fits: &dyn Fn(&Field) -> bool| {
            layer.schema.fields().find(|(_, field)| fits(field)).map(|(at, _)| at)
        };
        Self {
            rounding_m: ROUNDING_M,
            sliver_m: 1.0,
            gap_m2: 200.0,
            area_share: 0.01,
            area_field: first(&is_area),
            number_field: first(&is_number),
        }
    }
}

/// May a field hold numbers that stand once?
#[must_use]
pub fn is_numbering(field: &Field) -> bool {
    matches!(field.kind, ValueKind::Integer | ValueKind::Text)
}

/// A kind of defect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Rings that cross, or lie to each other as they must not.
    InvalidRing,
    /// Features that are the same, drawn twice.
    Duplicate,
    /// Features that have the same number.
    RepeatedNumber,
    /// Features that share ground.
    Overlap,
    /// Ground that neighbours leave between them.
    Gap,
    /// A narrow overlap, gap or feature.
    Sliver,
    /// A stated area that is not the one measured.
    StatedArea,
}

impl Kind {
    /// All, in the order in which they are told.
    pub const ALL: [Self; 7] = [
        Self::InvalidRing,
        Self::Duplicate,
        Self::RepeatedNumber,
        Self::Overlap,
        Self::Gap,
        Self::Sliver,
        Self::StatedArea,
    ];

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InvalidRing => "invalid-ring",
            Self::Duplicate => "duplicate",
            Self::RepeatedNumber => "repeated-number",
            Self::Overlap => "overlap",
            Self::Gap => "gap",
            Self::Sliver => "sliver",
            Self::StatedArea => "stated-area",
        }
    }

    /// Kinds by name, split by commas.
    #[must_use]
    pub fn parse_list(text: &str) -> Option<Vec<Self>> {
        text.split(',').map(|name| Self::ALL.into_iter().find(|kind| kind.name() == name.trim())).collect()
    }
}

/// What a sliver is a part of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Thin {
    /// Of two features.
    Overlap,
    /// Of what features leave between them.
    Gap,
    /// It is a feature.
    Feature,
}

/// What more is known of a defect.
#[derive(Debug, Clone, PartialEq)]
pub enum Detail {
    /// Which fault of rings.
    Rings(PolygonFault),
    /// The share of the larger feature that both have in common.
    Same(f64),
    /// The number, as text.
    Number(String),
    /// Size of the place.
    Place {
        /// Square metres.
        area_m2: f64,
        /// The greatest width of its pieces, metres.
        width_m: f64,
        /// What it is.
        of: Thin,
    },
    /// Square metres.
    Areas {
        /// As stated.
        stated_m2: f64,
        /// As measured.
        measured_m2: f64,
    },
}

/// A defect.
#[derive(Debug, Clone, PartialEq)]
pub struct Defect {
    /// What it is.
    pub kind: Kind,
    /// The features that take part, in the order of the layer.
    pub features: Vec<FeatureIx>,
    /// Where.
    pub place: Shape,
    /// What more is known.
    pub detail: Detail,
}

impl Defect {
    /// By kind, then by feature, then by place.
    fn order(&self, other: &Self) -> Ordering {
        let corner =
            |defect: &Self| bounds_of(&defect.place).map_or([0.0; 2], |bounds| [bounds.west, bounds.south]);
        self.kind.cmp(&other.kind).then_with(|| self.features.cmp(&other.features)).then_with(|| {
            let ([x, y], [other_x, other_y]) = (corner(self), corner(other));
            x.total_cmp(&other_x).then_with(|| y.total_cmp(&other_y))
        })
    }
}

/// What is asked.
#[derive(Debug)]
pub struct Checking {
    /// Which features are checked: a query without a page.
    pub select: Query,
    /// What is a defect.
    pub tolerances: Tolerances,
    /// The kinds that are listed; all when empty. All are counted.
    pub kinds: Vec<Kind>,
    /// The asked page of the list; it ends before [`MOST_REACHED`].
    pub page: Page,
}

/// How many there are of what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Counts {
    /// Checked features that are polygons.
    pub polygons: u64,
    /// Checked features without geometry, or with another one.
    pub others: u64,
    /// Checked polygons of which no area is stated.
    pub without_area: u64,
    /// Checked features without a number.
    pub without_number: u64,
    /// Checked polygons whose rings are so faulty that they are not held against others.
    pub not_compared: u64,
    /// Overlaps and gaps that are no more than rounding.
    pub rounding: u64,
    /// Defects by kind, in the order of [`Kind::ALL`].
    pub kinds: [u64; Kind::ALL.len()],
    /// Slivers: overlaps, gaps, features.
    pub slivers: [u64; 3],
}

impl Counts {
    /// How many of a kind.
    #[must_use]
    pub fn of(&self, kind: Kind) -> u64 {
        self.kinds[kind as usize]
    }

    /// How many defects.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.kinds.iter().sum()
    }

    fn add(&mut self, other: &Self) {
        self.polygons += other.polygons;
        self.others += other.others;
        self.without_area += other.without_area;
        self.without_number += other.without_number;
        self.not_compared += other.not_compared;
        self.rounding += other.rounding;
        self.kinds.iter_mut().zip(other.kinds).for_each(|(count, more)| *count += more);
        self.slivers.iter_mut().zip(other.slivers).for_each(|(count, more)| *count += more);
    }
}

/// The answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Checked {
    /// How many of what, whatever is listed.
    pub counts: Counts,
    /// How many defects are of the asked kinds.
    pub matched: u64,
    /// The asked page: by kind, then in the order of the layer.
    pub defects: Vec<Defect>,
}

/// Defects as they are found: all are counted, those that a page may need are kept.
#[derive(Debug)]
struct Found<'a> {
    asked: &'a Checking,
    counts: Counts,
    kept: Vec<Defect>,
    most: usize,
}

impl<'a> Found<'a> {
    fn new(asked: &'a Checking) -> Self {
        let most = asked.page.offset.saturating_add(u64::from(asked.page.limit));
        Self {
            asked,
            counts: Counts::default(),
            kept: Vec::new(),
            most: usize::try_from(most).unwrap_or(usize::MAX),
        }
    }

    fn add(&mut self, defect: Defect) {
        self.counts.kinds[defect.kind as usize] += 1;
        if !self.asked.kinds.is_empty() && !self.asked.kinds.contains(&defect.kind) {
            return;
        }
        self.kept.push(defect);
        if self.kept.len() >= self.most.saturating_mul(2).max(STRIDE) {
            self.cut();
        }
    }

    fn cut(&mut self) {
        self.kept.sort_by(Defect::order);
        self.kept.truncate(self.most);
    }

    fn merge(&mut self, other: Self) {
        self.counts.add(&other.counts);
        self.kept.extend(other.kept);
        self.cut();
    }

    /// Ground that features share or leave open; pieces that are no more than rounding are left out.
    fn ground(&mut self, features: Vec<FeatureIx>, pieces: Vec<Polygon>, of: Thin) {
        let asked = &self.asked.tolerances;
        let (mut place, mut area_m2, mut width_m) = (Vec::new(), 0.0, 0.0_f64);
        for piece in pieces {
            let (area, width) = size_of(&piece);
            if width >= asked.rounding_m {
                place.push(piece);
                area_m2 += area;
                width_m = width_m.max(width);
            }
        }
        if place.is_empty() {
            self.counts.rounding += 1;
            return;
        }
        let is_thin = width_m < asked.sliver_m;
        if of == Thin::Gap && !is_thin && area_m2 > asked.gap_m2 {
            return;
        }
        let kind = match of {
            _ if is_thin => Kind::Sliver,
            Thin::Gap => Kind::Gap,
            Thin::Overlap | Thin::Feature => Kind::Overlap,
        };
        if is_thin {
            self.counts.slivers[of as usize] += 1;
        }
        let place = match <[Polygon; 1]>::try_from(place) {
            Ok([one]) => Shape::Polygon(one),
            Err(several) => Shape::MultiPolygon(MultiPolygon(several)),
        };
        self.add(Defect { kind, features, place, detail: Detail::Place { area_m2, width_m, of } });
    }
}

/// Area and width of a polygon, square metres and metres.
pub(super) fn size_of(polygon: &Polygon) -> (f64, f64) {
    let shape = Shape::Polygon(polygon.clone());
    let (area, perimeter) = (area_m2(&shape), length_m(&shape));
    // No small shape has more area than the circle of its perimeter; of pieces of nanometres the area is rounding alone.
    let most = if perimeter < 1.0 { perimeter * perimeter / (4.0 * std::f64::consts::PI) } else { area };
    let area = area.min(most);
    (area, if perimeter > 0.0 { 2.0 * area / perimeter } else { 0.0 })
}

/// What is known of the rows that may take part.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Too far from all that is checked, or no polygon.
    None,
    /// A polygon.
    Sound,
    /// A polygon whose inside is not clear.
    Faulty,
    /// A polygon that another one before stands for.
    Repeated,
}

/// The layer that is checked, and which of its features.
struct Ground<'a> {
    indexed: &'a IndexedLayer,
    layer: &'a Layer,
    /// Which rows are checked; none where all are.
    chosen: Option<Vec<bool>>,
    /// The rows that may take part, ascending.
    rows: Vec<FeatureIx>,
    roles: Vec<Role>,
    budget: &'a Budget,
}

impl Ground<'_> {
    fn is_chosen(&self, ix: FeatureIx) -> bool {
        self.chosen.as_ref().is_none_or(|chosen| chosen[ix.row()])
    }

    fn any_chosen(&self, features: &[FeatureIx]) -> bool {
        features.iter().any(|&ix| self.is_chosen(ix))
    }

    fn role(&self, ix: FeatureIx) -> Role {
        self.roles[ix.row()]
    }

    /// The window around the checked features; none where none has a position.
    fn window(&self) -> Option<Bounds> {
        let chosen = self.rows.iter().filter(|&&ix| self.is_chosen(ix));
        let bounds = chosen.filter_map(|&ix| self.layer.feature(ix).geometry()?.bounds());
        bounds.reduce(Bounds::union)
    }

    /// Gives the rows to all cores.
    fn each<'f>(
        &self,
        asked: &'f Checking,
        work: impl Fn(&mut Found<'f>, FeatureIx) + Sync,
    ) -> Result<Vec<Found<'f>>, QueryError> {
        let blocks: Vec<_> = self.rows.chunks(STRIDE).collect();
        fold_on_all_cores(
            blocks.len(),
            self.budget,
            || Found::new(asked),
            |found, at| {
                for &ix in blocks[at] {
                    if self.budget.check().is_err() {
                        return;
                    }
                    work(found, ix);
                }
            },
        )
    }
}

/// Checks the polygons of a layer.
///
/// # Errors
/// A condition that the layer does not understand, or the budget is spent.
pub fn check(asked: &Checking, indexed: &IndexedLayer, budget: &Budget) -> Result<Checked, QueryError> {
    let layer = indexed.layer();
    let picked = matches(&plan(&asked.select, indexed, budget)?, indexed, budget)?;
    let mut ground = Ground {
        indexed,
        layer,
        chosen: None,
        rows: Vec::new(),
        roles: vec![Role::None; layer.len()],
        budget,
    };
    match picked {
        None => ground.rows = layer.positions().collect(),
        Some(mut rows) => {
            let mut chosen = vec![false; layer.len()];
            for ix in &rows {
                chosen[ix.row()] = true;
            }
            ground.chosen = Some(chosen);
            ground.rows.clone_from(&rows);
            if let Some(window) = ground.window() {
                rows.extend(indexed.near(reach(window, LONGEST_GAP_M)));
            }
            rows.sort_unstable();
            rows.dedup();
            ground.rows = rows;
        }
    }
    let mut found = Found::new(asked);
    single::check(&mut found, &mut ground)?;
    pairs::check(&mut found, &ground)?;
    gaps::check(&mut found, &ground)?;
    found.cut();
    let Found { counts, mut kept, .. } = found;
    let listed = |kind: &Kind| asked.kinds.is_empty() || asked.kinds.contains(kind);
    let matched = Kind::ALL.into_iter().filter(listed).map(|kind| counts.of(kind)).sum();
    kept.drain(..usize::try_from(asked.page.offset).unwrap_or(usize::MAX).min(kept.len()));
    Ok(Checked { counts, matched, defects: kept })
}
