//! `Expr`: a filter as written, its names not yet resolved.

use std::fmt;

use crate::geometry::{Relation, Shape};
use crate::model::Instant;

/// Where a part of a filter stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// CQL2 text: the number of the character, from 1.
    Character(usize),
    /// CQL2 JSON: a JSON pointer (RFC 6901).
    Pointer(Box<str>),
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Character(at) => write!(f, "at character {at}"),
            Self::Pointer(path) if path.is_empty() => f.write_str("at the top"),
            Self::Pointer(path) => write!(f, "at {path}"),
        }
    }
}

/// A part of a filter and where it stands. Two are equal when they say the same, wherever they stand.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it says.
    pub node: Node,
    /// Where it stands.
    pub at: Place,
}

/// What a comparison costs to plan, in parts: of a text field a table of truths is made, of all its texts.
pub(in crate::query) const COST_OF_TABLE: usize = 6;

impl Expr {
    /// Is it of at most so many parts, none of which is a geometry, a function or a pattern? Takes them from `most`, more for what
    /// takes longer to plan.
    pub(in crate::query) fn is_plain(&self, most: &mut usize) -> bool {
        let cost = match &self.node {
            Node::Call(Op::Compare(_) | Op::Between | Op::In | Op::Set(_), _) => COST_OF_TABLE,
            Node::Text(text) => 1 + text.len() / 64,
            _ => 1,
        };
        let Some(left) = most.checked_sub(cost) else { return false };
        *most = left;
        match &self.node {
            Node::Geometry(_)
            | Node::Bbox(_)
            | Node::Call(Op::Spatial(_) | Op::Function(_) | Op::Like, _) => false,
            Node::Call(_, parts) | Node::Array(parts) => parts.iter().all(|part| part.is_plain(most)),
            Node::Interval(ends) => ends.iter().flatten().all(|end| end.is_plain(most)),
            _ => true,
        }
    }
}

impl PartialEq for Expr {
    fn eq(&self, other: &Self) -> bool {
        self.node == other.node
    }
}

/// What a part of a filter says.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    /// `TRUE` or `FALSE`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Another number.
    Real(f64),
    /// A text.
    Text(Box<str>),
    /// `DATE(…)` or `TIMESTAMP(…)`.
    Instant(Instant),
    /// A geometry in the coordinates and the order of axes of the filter's system; heights are dropped.
    Geometry(Shape),
    /// `BBOX(…)`: the lower corner, then the upper, in the same coordinates.
    Bbox([f64; 4]),
    /// The name of a property.
    Property(Box<str>),
    /// `INTERVAL(…)`: first and last instant; `None` is an open end.
    Interval(Box<[Option<Expr>; 2]>),
    /// An array.
    Array(Vec<Expr>),
    /// An operator or function and its operands, as many as it takes.
    Call(Op, Vec<Expr>),
}

/// Operators and functions.
#[derive(Debug, Clone, PartialEq)]
pub enum Op {
    /// All hold.
    And,
    /// One holds.
    Or,
    /// It does not hold.
    Not,
    /// `=`, `<` and so on.
    Compare(Comparison),
    /// Text and pattern.
    Like,
    /// Value, least, greatest.
    Between,
    /// Value, then the list.
    In,
    /// Is it null?
    IsNull,
    /// Text without regard to case.
    Casei,
    /// Text without regard to accents.
    Accenti,
    /// `+`, `-` and so on.
    Arithmetic(Arithmetic),
    /// `S_INTERSECTS` and so on.
    Spatial(Relation),
    /// `T_AFTER` and so on.
    Temporal(TimeRelation),
    /// `A_EQUALS` and so on.
    Set(SetRelation),
    /// A function of this service, by its name as written.
    Function(Box<str>),
}

/// Comparison of two scalars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `=`
    Equal,
    /// `<>`
    Unequal,
    /// `<`
    Less,
    /// `>`
    Greater,
    /// `<=`
    AtMost,
    /// `>=`
    AtLeast,
}

impl Comparison {
    /// The comparison that says the same with its operands swapped.
    #[must_use]
    pub fn converse(self) -> Self {
        match self {
            Self::Less => Self::Greater,
            Self::Greater => Self::Less,
            Self::AtMost => Self::AtLeast,
            Self::AtLeast => Self::AtMost,
            same => same,
        }
    }

    /// The comparison that holds where it does not.
    #[must_use]
    pub fn opposite(self) -> Self {
        match self {
            Self::Equal => Self::Unequal,
            Self::Unequal => Self::Equal,
            Self::Less => Self::AtLeast,
            Self::Greater => Self::AtMost,
            Self::AtMost => Self::Greater,
            Self::AtLeast => Self::Less,
        }
    }

    /// Does an order of two operands satisfy it?
    #[must_use]
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::Greater => order.is_gt(),
            Self::AtMost => order.is_le(),
            Self::AtLeast => order.is_ge(),
        }
    }
}

/// Operation on two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Arithmetic {
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Times,
    /// `/`, always real: 7 / 2 is 3.5.
    Over,
    /// `%`, with the sign of the first operand.
    Modulo,
    /// `div`, the quotient without its fraction.
    Div,
    /// `^`
    Power,
}

impl Arithmetic {
    /// The result; `None` where there is no finite one.
    #[must_use]
    pub fn compute(self, a: f64, b: f64) -> Option<f64> {
        // IEEE 754 has 1 for powers of a base of 1 or an exponent of 0 even where the other number is none.
        if a.is_nan() || b.is_nan() {
            return None;
        }
        let result = match self {
            Self::Plus => a + b,
            Self::Minus => a - b,
            Self::Times => a * b,
            Self::Over => a / b,
            Self::Modulo => a % b,
            Self::Div => (a / b).trunc(),
            Self::Power => a.powf(b),
        };
        result.is_finite().then_some(result)
    }
}

/// Relation of two times (OGC 21-065r2, 7.8; W3C Time Ontology).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimeRelation {
    /// Starts after the other ends.
    After,
    /// Ends before the other starts.
    Before,
    /// The other lies inside and shares no end.
    Contains,
    /// Before or after.
    Disjoint,
    /// Lies inside the other and shares no end.
    During,
    /// Same start and end.
    Equals,
    /// Same end, and it starts earlier.
    FinishedBy,
    /// Same end, and it starts later.
    Finishes,
    /// Not disjoint.
    Intersects,
    /// Ends where the other starts.
    Meets,
    /// Starts where the other ends.
    MetBy,
    /// Starts inside the other and ends after it.
    OverlappedBy,
    /// Starts before the other and ends inside it.
    Overlaps,
    /// Same start, and it ends later.
    StartedBy,
    /// Same start, and it ends earlier.
    Starts,
}

impl TimeRelation {
    /// Is it defined for instants, too?
    #[must_use]
    pub fn takes_instants(self) -> bool {
        matches!(self, Self::After | Self::Before | Self::Disjoint | Self::Equals | Self::Intersects)
    }
}

/// Relation of two arrays, taken as sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SetRelation {
    /// The same elements.
    Equals,
    /// All elements of the other.
    Contains,
    /// All its elements are in the other.
    ContainedBy,
    /// A common element.
    Overlaps,
}

/// The operators that are written like functions, with the names of the JSON encoding; the names of the text
/// encoding are the same without regard to case. All take two operands but the folds of text.
pub const CALLS: [(&str, Op); 29] = [
    ("casei", Op::Casei),
    ("accenti", Op::Accenti),
    ("s_contains", Op::Spatial(Relation::Contains)),
    ("s_crosses", Op::Spatial(Relation::Crosses)),
    ("s_disjoint", Op::Spatial(Relation::Disjoint)),
    ("s_equals", Op::Spatial(Relation::Equals)),
    ("s_intersects", Op::Spatial(Relation::Intersects)),
    ("s_overlaps", Op::Spatial(Relation::Overlaps)),
    ("s_touches", Op::Spatial(Relation::Touches)),
    ("s_within", Op::Spatial(Relation::Within)),
    ("t_after", Op::Temporal(TimeRelation::After)),
    ("t_before", Op::Temporal(TimeRelation::Before)),
    ("t_contains", Op::Temporal(TimeRelation::Contains)),
    ("t_disjoint", Op::Temporal(TimeRelation::Disjoint)),
    ("t_during", Op::Temporal(TimeRelation::During)),
    ("t_equals", Op::Temporal(TimeRelation::Equals)),
    ("t_finishedBy", Op::Temporal(TimeRelation::FinishedBy)),
    ("t_finishes", Op::Temporal(TimeRelation::Finishes)),
    ("t_intersects", Op::Temporal(TimeRelation::Intersects)),
    ("t_meets", Op::Temporal(TimeRelation::Meets)),
    ("t_metBy", Op::Temporal(TimeRelation::MetBy)),
    ("t_overlappedBy", Op::Temporal(TimeRelation::OverlappedBy)),
    ("t_overlaps", Op::Temporal(TimeRelation::Overlaps)),
    ("t_startedBy", Op::Temporal(TimeRelation::StartedBy)),
    ("t_starts", Op::Temporal(TimeRelation::Starts)),
    ("a_equals", Op::Set(SetRelation::Equals)),
    ("a_contains", Op::Set(SetRelation::Contains)),
    ("a_containedBy", Op::Set(SetRelation::ContainedBy)),
    ("a_overlaps", Op::Set(SetRelation::Overlaps)),
];

/// The operators that stand between their operands, as both encodings write them.
pub const INFIX: [(&str, Op); 13] = [
    ("=", Op::Compare(Comparison::Equal)),
    ("<>", Op::Compare(Comparison::Unequal)),
    ("<=", Op::Compare(Comparison::AtMost)),
    (">=", Op::Compare(Comparison::AtLeast)),
    ("<", Op::Compare(Comparison::Less)),
    (">", Op::Compare(Comparison::Greater)),
    ("+", Op::Arithmetic(Arithmetic::Plus)),
    ("-", Op::Arithmetic(Arithmetic::Minus)),
    ("*", Op::Arithmetic(Arithmetic::Times)),
    ("/", Op::Arithmetic(Arithmetic::Over)),
    ("%", Op::Arithmetic(Arithmetic::Modulo)),
    ("^", Op::Arithmetic(Arithmetic::Power)),
    ("div", Op::Arithmetic(Arithmetic::Div)),
];

/// The call of a name; a name of no operator is that of a function.
pub fn call_named(name: &str) -> Op {
    CALLS
        .into_iter()
        .find(|(known, _)| known.eq_ignore_ascii_case(name))
        .map_or_else(|| Op::Function(name.into()), |(_, op)| op)
}

/// How many operands a call takes; `None` for functions of this service, whose signatures say so.
pub fn operands(op: &Op) -> Option<usize> {
    match op {
        Op::Casei | Op::Accenti | Op::Not | Op::IsNull => Some(1),
        Op::Between => Some(3),
        Op::And | Op::Or | Op::In | Op::Function(_) => None,
        _ => Some(2),
    }
}
