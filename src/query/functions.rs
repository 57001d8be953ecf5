//! The functions that filters may call (OGC 21-065r2, 7.11), in one table that checks calls and describes them.
//!
//! All measures are geodesic, in metres and square metres. A null operand makes a null result.

use std::borrow::Cow;

use super::Budget;
use super::scalar::Scalar;
use crate::geometry::{
    NotWidened, Shape, area_m2, buffer_unless, centroid, distance_unless, is_areal, length_m,
    within_distance_unless,
};

/// What an expression yields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// True or false.
    Bool,
    /// A number.
    Number,
    /// Text.
    Text,
    /// A date or a timestamp.
    Instant,
    /// A span between two instants.
    Interval,
    /// A geometry.
    Geometry,
    /// An array.
    Array,
    /// An object, which can only be null or not.
    Object,
}

impl Type {
    /// As messages name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "boolean",
            Self::Number => "number",
            Self::Text => "text",
            Self::Instant => "date or timestamp",
            Self::Interval => "interval",
            Self::Geometry => "geometry",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    /// As the list of functions names it (OGC 19-079r2, 8.6).
    #[must_use]
    pub fn schema_name(self) -> &'static str {
        match self {
            Self::Bool => "boolean",
            Self::Number => "number",
            Self::Text => "string",
            Self::Instant | Self::Interval => "datetime",
            Self::Geometry => "geometry",
            Self::Array => "array",
            Self::Object => "object",
        }
    }
}

/// An operand of a function.
#[derive(Debug)]
pub struct Argument {
    /// Its name.
    pub title: &'static str,
    /// Its type.
    pub kind: Type,
    /// May it be left out?
    pub optional: bool,
}

/// A function.
#[derive(Debug)]
pub struct Function {
    /// Its name, which calls write in any case.
    pub name: &'static str,
    /// What it does, in Chinese and English.
    pub description: [&'static str; 2],
    /// Its operands.
    pub arguments: &'static [Argument],
    /// Its result.
    pub returns: Type,
    compute: Compute,
}

type Widened = Result<Scalar<'static>, NotWidened>;

/// How a result comes about.
#[derive(Debug)]
enum Compute {
    /// Soon, whatever the operands.
    Soon(fn(&[Scalar<'_>]) -> Option<Scalar<'static>>),
    /// By work that ends with a budget.
    Paid(fn(&[Scalar<'_>], &Budget) -> Option<Scalar<'static>>),
    /// The same, which may be refused.
    Refusable(fn(&[Scalar<'_>], &Budget) -> Option<Widened>),
}

const fn needed(title: &'static str, kind: Type) -> Argument {
    Argument { title, kind, optional: false }
}

const UNIT: Argument =
    Argument { title: "unit (m or km; m when left out)", kind: Type::Text, optional: true };

/// The function whose calls [`stored`](super::stored) puts geometries in the place of, before filters are bound.
pub const FEATURE: &str = "feature";

/// All functions.
pub static FUNCTIONS: [Function; 8] = [
    Function {
        name: FEATURE,
        description: [
            "任一要素集中一个要素的几何，按两个标识指明",
            "the geometry of a feature of any collection, named by both ids",
        ],
        arguments: &[needed("collection", Type::Text), needed("id", Type::Text)],
        returns: Type::Geometry,
        compute: Compute::Soon(|_| None),
    },
    Function {
        name: "distance",
        description: [
            "两个几何之间的最短大地线距离，米；相交时为 0",
            "shortest geodesic distance between two geometries in metres; 0 where they touch",
        ],
        arguments: &[needed("a", Type::Geometry), needed("b", Type::Geometry)],
        returns: Type::Number,
        compute: Compute::Paid(|operands, budget| {
            let (a, b) = (shape(operands, 0)?, shape(operands, 1)?);
            Some(Scalar::Real(distance_unless(a, b, &|| budget.is_spent())?))
        }),
    },
    Function {
        name: "dwithin",
        description: [
            "两个几何之间的大地线距离不大于给定值",
            "are two geometries within a geodesic distance of each other?",
        ],
        arguments: &[
            needed("a", Type::Geometry),
            needed("b", Type::Geometry),
            needed("distance", Type::Number),
            UNIT,
        ],
        returns: Type::Bool,
        compute: Compute::Paid(|operands, budget| {
            let (a, b, metres) = (shape(operands, 0)?, shape(operands, 1)?, metres(operands, 2)?);
            Some(Scalar::Bool(within_distance_unless(a, b, metres, &|| budget.is_spent())))
        }),
    },
    Function {
        name: "area",
        description: [
            "几何的大地面积，平方米；点和线没有面积，为空",
            "geodesic area of a geometry in square metres; null for points and lines, which have none",
        ],
        arguments: &[needed("geometry", Type::Geometry)],
        returns: Type::Number,
        compute: Compute::Soon(|operands| {
            let shape = shape(operands, 0)?;
            is_areal(shape).then(|| Scalar::Real(area_m2(shape)))
        }),
    },
    Function {
        name: "length",
        description: [
            "线的大地线长度，或面的周长，米；点为 0",
            "geodesic length of lines, or perimeter of polygons, in metres; 0 for points",
        ],
        arguments: &[needed("geometry", Type::Geometry)],
        returns: Type::Number,
        compute: Compute::Soon(|operands| Some(Scalar::Real(length_m(shape(operands, 0)?)))),
    },
    Function {
        name: "buffer",
        description: [
            "与几何的距离不大于给定值的面；负值把面收缩",
            "the area within a distance of a geometry; a negative distance shrinks polygons",
        ],
        arguments: &[needed("geometry", Type::Geometry), needed("distance", Type::Number), UNIT],
        returns: Type::Geometry,
        compute: Compute::Refusable(|operands, budget| {
            let (shape, metres) = (shape(operands, 0)?, metres(operands, 1)?);
            match buffer_unless(shape, metres, &|| budget.is_spent()) {
                Ok(grown) => Some(Ok(Scalar::Geometry(Cow::Owned(grown)))),
                Err(NotWidened::Nowhere | NotWidened::Spent) => None,
                Err(fault) => Some(Err(fault)),
            }
        }),
    },
    Function {
        name: "centroid",
        description: ["几何的重心", "the centre of gravity of a geometry"],
        arguments: &[needed("geometry", Type::Geometry)],
        returns: Type::Geometry,
        compute: Compute::Soon(|operands| {
            let [x, y] = centroid(shape(operands, 0)?)?;
            Some(Scalar::Geometry(Cow::Owned(Shape::Point(geo_types::Point::new(x, y)))))
        }),
    },
    Function {
        name: "year",
        description: ["日期或时刻（UTC）的年份", "the year of a date or a timestamp (UTC)"],
        arguments: &[needed("time", Type::Instant)],
        returns: Type::Number,
        compute: Compute::Soon(|operands| match operands {
            // The text of a date begins with its year.
            [Scalar::Instant(instant)] => {
                let text = instant.to_string();
                let digits = text.split_once('-').filter(|(year, _)| !year.is_empty()).map(|(year, _)| year);
                digits?.parse().ok().map(Scalar::Integer)
            }
            _ => None,
        }),
    },
];

/// The function of a name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name.eq_ignore_ascii_case(name))
}

impl Function {
    /// The result for some operands; null where one is null or there is none.
    ///
    /// # Errors
    /// What the operands make is larger than is drawn.
    pub(super) fn call(
        &self,
        operands: &[Scalar<'_>],
        budget: &Budget,
    ) -> Result<Scalar<'static>, NotWidened> {
        let result = match self.compute {
            Compute::Soon(compute) => compute(operands),
            Compute::Paid(compute) => compute(operands, budget),
            Compute::Refusable(compute) => compute(operands, budget).transpose()?,
        };
        Ok(result.unwrap_or(Scalar::Null))
    }

    /// As a person writes it: `dwithin(a, b, distance, [unit])`.
    #[must_use]
    pub fn signature(&self) -> String {
        let arguments: Vec<_> = self
            .arguments
            .iter()
            .map(|argument| {
                let title = argument.title.split(' ').next().unwrap_or("");
                if argument.optional { format!("[{title}]") } else { title.to_owned() }
            })
            .collect();
        format!("{}({})", self.name, arguments.join(", "))
    }
}

fn shape<'a>(operands: &'a [Scalar<'_>], at: usize) -> Option<&'a Shape> {
    match operands.get(at)? {
        Scalar::Geometry(shape) => Some(shape),
        _ => None,
    }
}

/// The factors of the units of length.
pub const UNITS: [(&str, f64); 2] = [("m", 1.0), ("km", 1000.0)];

/// The distance in place `at`, in metres by the unit that follows it.
pub(super) fn metres(operands: &[Scalar<'_>], at: usize) -> Option<f64> {
    let factor = match operands.get(at + 1) {
        None => 1.0,
        Some(Scalar::Text(unit)) => UNITS.iter().find(|(name, _)| name == unit)?.1,
        Some(_) => return None,
    };
    Some(operands.get(at)?.number()? * factor)
}
