//! Filter to predicate: names to fields, types checked, what is constant computed.
//!
//! A test of a field against constants becomes a [`Test`] on its column; anything else a [`Condition`].

use std::cmp::Ordering;

use geo::MapCoords as _;
use geo_types::{Coord, Rect};

use super::Budget;
use super::cql2::{Comparison, Expr, FilterError, Node, Op, Place, SetRelation, TimeRelation};
use super::functions::{self, Type};
use super::number::NumberExpr;
use super::predicate::{FALSE, Predicate, TRUE, Test, TextCondition, TextTest, UNKNOWN, truth};
use super::scalar::{Condition, Elements, Fold, Pattern, Scalar, ValueExpr};
use crate::geometry::{Crs, Distances, Prepared, Relation, Shape, reach};
use crate::index::IndexedLayer;
use crate::model::{Column, FeatureIx, FieldIx, Ids, Instant, Layer, ValueKind, cut, normalized};

/// The names of the geometry of a feature in a filter, unless a field has such a name.
pub const GEOMETRY_NAMES: [&str; 2] = ["geometry", "geom"];
/// The name of the id of a feature in a filter, unless a field has it.
pub const ID_NAME: &str = "id";

type Bound<T> = Result<T, FilterError>;

/// Binds a filter whose coordinates are those of a system. Constants are any where the budget is spent; it is to be checked
/// before they are used.
pub fn bind(expr: &Expr, crs: Crs, indexed: &IndexedLayer, budget: &Budget) -> Bound<Predicate> {
    Ok(Binder { indexed, layer: indexed.layer(), crs, budget }.predicate(expr)?.cheap_first())
}

/// Binds a part of a filter that has a value.
pub fn bind_value(
    expr: &Expr,
    crs: Crs,
    indexed: &IndexedLayer,
    budget: &Budget,
) -> Bound<(ValueExpr, Type)> {
    Binder { indexed, layer: indexed.layer(), crs, budget }.value(expr)
}

struct Binder<'a> {
    indexed: &'a IndexedLayer,
    layer: &'a Layer,
    crs: Crs,
    budget: &'a Budget,
}

/// A bound operand and what it was.
struct Operand<'e> {
    value: ValueExpr,
    kind: Type,
    expr: &'e Expr,
}

impl Operand<'_> {
    fn constant(&self) -> Option<&Scalar<'static>> {
        self.value.constant()
    }
}

fn fail<T>(at: &Place, problem: impl Into<String>) -> Bound<T> {
    Err(FilterError::new(at.clone(), problem))
}

impl Binder<'_> {
    // ---- predicates ---------------------------------------------------------------------------------------

    fn predicate(&self, expr: &Expr) -> Bound<Predicate> {
        let Node::Call(op, operands) = &expr.node else { return self.truth_value(expr) };
        let test = |test| Ok(Predicate::Test(test));
        match (op, operands.as_slice()) {
            (Op::And, members) => Ok(Predicate::And(self.predicates(members)?)),
            (Op::Or, members) => Ok(Predicate::Or(self.predicates(members)?)),
            (Op::Not, [member]) => Ok(Predicate::Not(Box::new(self.predicate(member)?))),
            (Op::Compare(comparison), [a, b]) => {
                self.compare(*comparison, self.operand(a)?, self.operand(b)?)
            }
            (Op::Between, [value, low, high]) => {
                let at_least = self.compare(Comparison::AtLeast, self.operand(value)?, self.operand(low)?)?;
                let at_most = self.compare(Comparison::AtMost, self.operand(value)?, self.operand(high)?)?;
                Ok(Predicate::And(vec![at_least, at_most]))
            }
            (Op::Like, [text, pattern]) => self.like(text, pattern),
            (Op::In, [value, list @ ..]) => self.among(value, list),
            (Op::IsNull, [value]) => match self.operand(value)?.value {
                ValueExpr::Field(field) => test(Test::NullField(field)),
                ValueExpr::Geometry => test(Test::NullGeometry),
                ValueExpr::Id => Ok(Predicate::Always(FALSE)),
                ValueExpr::Constant(value) => Ok(Predicate::Always(truth(Some(value == Scalar::Null)))),
                other => test(Test::Other(Box::new(Condition::IsNull(other)))),
            },
            (Op::Spatial(relation), [a, b]) => self.spatial(*relation, a, b),
            (Op::Temporal(relation), [a, b]) => self.temporal(*relation, a, b),
            (Op::Set(relation), [a, b]) => self.set(*relation, a, b),
            _ => self.truth_value(expr),
        }
    }

    fn predicates(&self, members: &[Expr]) -> Bound<Vec<Predicate>> {
        members.iter().map(|member| self.predicate(member)).collect()
    }

    /// What is true or false by itself: a literal, a field or a function.
    fn truth_value(&self, expr: &Expr) -> Bound<Predicate> {
        if let Some(near) = self.near_call(expr)? {
            return Ok(near);
        }
        let operand = self.operand(expr)?;
        if operand.kind != Type::Bool {
            let problem = format!("expected a predicate, found {}", self.describe(&operand));
            return fail(&expr.at, problem);
        }
        Ok(match operand.value {
            ValueExpr::Constant(Scalar::Bool(value)) => Predicate::Always(truth(Some(value))),
            ValueExpr::Constant(_) => Predicate::Always(UNKNOWN),
            ValueExpr::Field(field) => Predicate::Test(Test::Bool(field, [FALSE, TRUE])),
            value => Predicate::Test(Test::Other(Box::new(Condition::Is(value)))),
        })
    }

    fn compare(&self, comparison: Comparison, a: Operand<'_>, b: Operand<'_>) -> Bound<Predicate> {
        let (a, b) = self.agree(a, b)?;
        if let (Some(x), Some(y)) = (a.constant(), b.constant()) {
            return Ok(Predicate::Always(truth(x.compare(y).map(|order| comparison.holds(order)))));
        }
        if a.constant().is_some() {
            return Ok(self.compare_values(comparison.converse(), b.value, a.value));
        }
        Ok(self.compare_values(comparison, a.value, b.value))
    }

    fn compare_values(&self, comparison: Comparison, value: ValueExpr, other: ValueExpr) -> Predicate {
        if let Some(constant) = other.constant() {
            if *constant == Scalar::Null {
                return Predicate::Always(UNKNOWN);
            }
            if let Some(test) = self.compare_constant(comparison, &value, constant) {
                return Predicate::Test(test);
            }
        }
        let numbers = |side| NumberExpr::compared(side, self.layer);
        Predicate::Test(match (numbers(&value), numbers(&other)) {
            (Some(value), Some(other)) => Test::Numbers(comparison, Box::new([value, other])),
            _ => Test::Other(Box::new(Condition::Compare(comparison, value, other))),
        })
    }

    /// The fast test of a comparison with a constant, if there is one.
    fn compare_constant(
        &self,
        comparison: Comparison,
        value: &ValueExpr,
        constant: &Scalar<'static>,
    ) -> Option<Test> {
        if let (ValueExpr::Id, Comparison::Equal) = (value, comparison) {
            return Some(Test::Rows(self.row_of(constant).into_iter().collect()));
        }
        if let Some(near) = near_distance(comparison, value, constant) {
            return Some(near);
        }
        if let Some((field, folds)) = text_field(value)
            && let Scalar::Text(text) = constant
        {
            let condition = TextCondition::Compare(comparison, text.as_ref().into());
            return Some(Test::Text(TextTest::new(field, folds, condition, self.layer, self.budget)));
        }
        let ValueExpr::Field(field) = *value else { return None };
        match (self.layer.column(field), constant) {
            (Column::Bool(_), Scalar::Bool(wanted)) => {
                let truths = [false, true].map(|value| truth(Some(comparison.holds(value.cmp(wanted)))));
                Some(Test::Bool(field, truths))
            }
            (Column::Integer(_) | Column::Date(_) | Column::Timestamp(_), constant) => {
                let (low, high) = whole_span(self.layer.column(field), constant)?;
                Some(whole_test(field, comparison, low, high))
            }
            (Column::Real(_), constant) => Some(real_test(field, comparison, exact_real(constant)?)),
            _ => None,
        }
    }

    fn row_of(&self, id: &Scalar<'_>) -> Option<FeatureIx> {
        match id {
            Scalar::Text(id) => self.indexed.find(id),
            Scalar::Integer(id) => self.indexed.find(&id.to_string()),
            _ => None,
        }
    }

    fn like(&self, text: &Expr, pattern: &Expr) -> Bound<Predicate> {
        let value = self.demand(text, Type::Text, "before LIKE")?;
        let pattern = match self.operand(pattern)?.value {
            ValueExpr::Constant(Scalar::Text(pattern)) => Pattern::parse(&pattern),
            _ => return fail(&pattern.at, "expected a text as pattern after LIKE, as in '武汉%'"),
        };
        if let Some(Scalar::Text(text)) = value.constant() {
            return Ok(Predicate::Always(truth(Some(pattern.matches(text, self.budget)))));
        }
        Ok(Predicate::Test(match text_field(&value) {
            Some((field, folds)) => {
                Test::Text(TextTest::new(field, folds, TextCondition::Like(pattern), self.layer, self.budget))
            }
            None => Test::Other(Box::new(Condition::Like(value, pattern))),
        }))
    }

    fn among(&self, value: &Expr, list: &[Expr]) -> Bound<Predicate> {
        let mut members = Vec::with_capacity(list.len());
        let mut first = self.operand(value)?;
        for member in list {
            let (agreed, member) = self.agree(first, self.operand(member)?)?;
            first = agreed;
            members.push(member.value);
        }
        let constants: Option<Vec<_>> = members.iter().map(|member| member.constant().cloned()).collect();
        let test = constants
            .filter(|constants| !constants.contains(&Scalar::Null))
            .and_then(|constants| self.among_constants(&first.value, &constants));
        let test = test.unwrap_or_else(|| Test::Other(Box::new(Condition::Among(first.value, members))));
        Ok(Predicate::Test(test))
    }

    fn among_constants(&self, value: &ValueExpr, constants: &[Scalar<'static>]) -> Option<Test> {
        if let ValueExpr::Id = value {
            let mut rows: Vec<_> = constants.iter().filter_map(|id| self.row_of(id)).collect();
            rows.sort_unstable();
            rows.dedup();
            return Some(Test::Rows(rows));
        }
        let texts = constants.iter().map(|constant| match constant {
            Scalar::Text(text) => Some(Box::from(text.as_ref())),
            _ => None,
        });
        if let (Some((field, folds)), Some(mut texts)) =
            (text_field(value), texts.collect::<Option<Vec<Box<str>>>>())
        {
            texts.sort_unstable();
            return Some(Test::Text(TextTest::new(
                field,
                folds,
                TextCondition::Among(texts),
                self.layer,
                self.budget,
            )));
        }
        let ValueExpr::Field(field) = *value else { return None };
        let column = self.layer.column(field);
        match column {
            Column::Integer(_) | Column::Date(_) | Column::Timestamp(_) => {
                let mut list = Vec::with_capacity(constants.len());
                for constant in constants {
                    match whole_span(column, constant)? {
                        (low, high) if low == high => list.push(low),
                        // No whole number equals a fraction; a day of moments needs the general way.
                        (low, high) if low > high => {}
                        _ => return None,
                    }
                }
                list.sort_unstable();
                Some(Test::WholeAmong(field, list))
            }
            Column::Real(_) => {
                let list: Option<Vec<_>> =
                    constants.iter().map(|constant| exact_real(constant).map(|real| real + 0.0)).collect();
                let mut list = list?;
                list.sort_unstable_by(f64::total_cmp);
                Some(Test::RealAmong(field, list))
            }
            _ => None,
        }
    }

    fn spatial(&self, relation: Relation, a: &Expr, b: &Expr) -> Bound<Predicate> {
        for (stored, literal, relation) in [(a, b, relation), (b, a, relation.converse())] {
            if let Some(shape) = self.literal(literal)?
                && matches!(self.operand(stored)?.value, ValueExpr::Geometry)
            {
                // In a projected system both sides are compared in its plane, where the edges are straight.
                let plane = Some(self.crs).filter(|crs| !crs.is_geographic());
                let prepared = Box::new(Prepared::new(&shape, plane));
                return Ok(Predicate::Test(Test::Spatial(relation, prepared)));
            }
        }
        let purpose = "in a spatial predicate";
        let (a, b) = (self.demand(a, Type::Geometry, purpose)?, self.demand(b, Type::Geometry, purpose)?);
        let prepare = |constant: &Scalar<'static>, relation| match constant {
            Scalar::Geometry(shape) => {
                Predicate::Test(Test::Spatial(relation, Box::new(Prepared::new(shape, None))))
            }
            _ => Predicate::Always(UNKNOWN),
        };
        Ok(match (&a, &b) {
            (ValueExpr::Geometry, ValueExpr::Constant(shape)) => prepare(shape, relation),
            (ValueExpr::Constant(shape), ValueExpr::Geometry) => prepare(shape, relation.converse()),
            (ValueExpr::Constant(_), ValueExpr::Constant(_)) => {
                self.constant_condition(&Condition::Spatial(relation, a, b))
            }
            _ => Predicate::Test(Test::Other(Box::new(Condition::Spatial(relation, a, b)))),
        })
    }

    fn constant_condition(&self, condition: &Condition) -> Predicate {
        Predicate::Always(truth(condition.holds(self.layer, FeatureIx::of_row(0), self.budget)))
    }

    /// `DWITHIN(geometry, constant, constant)` by the R-tree.
    fn near_call(&self, expr: &Expr) -> Bound<Option<Predicate>> {
        let Node::Call(Op::Function(_), _) = &expr.node else { return Ok(None) };
        let ValueExpr::Function(function, operands) = self.operand(expr)?.value else { return Ok(None) };
        if function.name != "dwithin" {
            return Ok(None);
        }
        let constants: Vec<_> = operands[2..].iter().filter_map(ValueExpr::constant).cloned().collect();
        let metres = functions::metres(&constants, 0).filter(|_| constants.len() + 2 == operands.len());
        Ok(metres.and_then(|metres| near(&operands[..2], metres, false)).map(Predicate::Test))
    }

    fn temporal(&self, relation: TimeRelation, a: &Expr, b: &Expr) -> Bound<Predicate> {
        let time = |expr: &Expr| -> Bound<ValueExpr> {
            let operand = as_instant(self.operand(expr)?);
            match operand.kind {
                Type::Interval => Ok(operand.value),
                Type::Instant if relation.takes_instants() => Ok(operand.value),
                Type::Instant => {
                    let problem = format!(
                        "this temporal function compares intervals only, found {}; write INTERVAL(start, end)",
                        self.describe(&operand)
                    );
                    fail(&expr.at, problem)
                }
                _ => {
                    let problem = format!(
                        "expected a date, a timestamp or an interval, found {}",
                        self.describe(&operand)
                    );
                    fail(&expr.at, problem)
                }
            }
        };
        let condition = Condition::Temporal(relation, time(a)?, time(b)?);
        if let Condition::Temporal(_, ValueExpr::Constant(_), ValueExpr::Constant(_)) = condition {
            return Ok(self.constant_condition(&condition));
        }
        Ok(Predicate::Test(Test::Other(Box::new(condition))))
    }

    fn set(&self, relation: SetRelation, a: &Expr, b: &Expr) -> Bound<Predicate> {
        let purpose = "in an array predicate";
        let (a, b) = (self.demand(a, Type::Array, purpose)?, self.demand(b, Type::Array, purpose)?);
        let converse = match relation {
            SetRelation::Contains => SetRelation::ContainedBy,
            SetRelation::ContainedBy => SetRelation::Contains,
            same => same,
        };
        for (field, constant, relation) in [(&a, &b, relation), (&b, &a, converse)] {
            if let (ValueExpr::Field(field), Some(Scalar::Array(elements))) = (field, constant.constant()) {
                let condition = TextCondition::Set(relation, Elements::new(elements.clone()));
                return Ok(Predicate::Test(Test::Text(TextTest::new(
                    *field,
                    Vec::new(),
                    condition,
                    self.layer,
                    self.budget,
                ))));
            }
        }
        let constant = a.constant().is_some() && b.constant().is_some();
        let condition = Condition::Set(relation, a, b);
        if constant {
            return Ok(self.constant_condition(&condition));
        }
        Ok(Predicate::Test(Test::Other(Box::new(condition))))
    }

    // ---- values -------------------------------------------------------------------------------------------

    fn operand<'e>(&self, expr: &'e Expr) -> Bound<Operand<'e>> {
        let (value, kind) = self.value(expr)?;
        Ok(Operand { value, kind, expr })
    }

    /// An operand of one type.
    fn demand(&self, expr: &Expr, kind: Type, purpose: &str) -> Bound<ValueExpr> {
        let operand = self.operand(expr)?;
        if operand.kind == kind {
            return Ok(operand.value);
        }
        let problem =
            format!("expected {} {purpose}, found {}", with_article(kind.name()), self.describe(&operand));
        fail(&expr.at, problem)
    }

    fn value(&self, expr: &Expr) -> Bound<(ValueExpr, Type)> {
        let constant = |value, kind| Ok((ValueExpr::Constant(value), kind));
        match &expr.node {
            Node::Bool(value) => constant(Scalar::Bool(*value), Type::Bool),
            Node::Integer(value) => constant(Scalar::Integer(*value), Type::Number),
            Node::Real(value) => constant(Scalar::Real(*value), Type::Number),
            Node::Text(text) => constant(Scalar::Text(normalized(text).into_owned().into()), Type::Text),
            Node::Instant(instant) => constant(Scalar::Instant(*instant), Type::Instant),
            Node::Geometry(_) | Node::Bbox(_) => {
                let shape = self.literal(expr)?.map(|shape| self.in_degrees(shape, &expr.at)).transpose()?;
                constant(
                    shape.map_or(Scalar::Null, |shape| Scalar::Geometry(std::borrow::Cow::Owned(shape))),
                    Type::Geometry,
                )
            }
            Node::Property(name) => self.property(name, &expr.at),
            Node::Interval(ends) => self.interval(ends, &expr.at),
            Node::Array(elements) => {
                let elements: Bound<Vec<_>> =
                    elements.iter().map(|element| Ok(self.value(element)?.0)).collect();
                Ok((self.folded(ValueExpr::Array(elements?)), Type::Array))
            }
            Node::Call(op, operands) => self.call(expr, op, operands),
        }
    }

    fn call(&self, expr: &Expr, op: &Op, operands: &[Expr]) -> Bound<(ValueExpr, Type)> {
        match (op, operands) {
            (Op::Casei | Op::Accenti, [text]) => {
                let (fold, purpose) = match op {
                    Op::Casei => (Fold::Case, "in CASEI"),
                    _ => (Fold::Accents, "in ACCENTI"),
                };
                let text = self.demand(text, Type::Text, purpose)?;
                Ok((self.folded(ValueExpr::Fold(fold, Box::new(text))), Type::Text))
            }
            (Op::Arithmetic(operation), [a, b]) => {
                let purpose = "in an arithmetic expression";
                let operands =
                    [self.demand(a, Type::Number, purpose)?, self.demand(b, Type::Number, purpose)?];
                Ok((self.folded(ValueExpr::Arithmetic(*operation, Box::new(operands))), Type::Number))
            }
            (Op::Function(name), operands) => self.function(name, operands, &expr.at),
            _ => Ok((ValueExpr::Predicate(Box::new(self.predicate(expr)?)), Type::Bool)),
        }
    }

    fn property(&self, name: &str, at: &Place) -> Bound<(ValueExpr, Type)> {
        let field = self.layer.schema.find(name);
        // A field that repeats the ids is looked up by the table of ids.
        if let Some((field, about)) = field.filter(|(field, _)| self.layer.id_field() != Some(*field)) {
            return Ok((ValueExpr::Field(field), type_of(about.kind)));
        }
        if GEOMETRY_NAMES.contains(&name) {
            return Ok((ValueExpr::Geometry, Type::Geometry));
        }
        if field.is_some() || name == ID_NAME {
            let kind = if matches!(self.layer.ids(), Ids::Integer(_)) { Type::Number } else { Type::Text };
            return Ok((ValueExpr::Id, kind));
        }
        let fields =
            self.layer.schema.fields().map(|(_, field)| &*field.name).filter(|&name| name != ID_NAME);
        let known: Vec<_> = [ID_NAME, GEOMETRY_NAMES[0]].into_iter().chain(fields).collect();
        let problem = format!(
            "{name:?} is no queryable of collection {}; its queryables are {}",
            self.layer.id,
            known.join(", ")
        );
        fail(at, problem)
    }

    fn interval(&self, ends: &[Option<Expr>; 2], at: &Place) -> Bound<(ValueExpr, Type)> {
        let bind = |end: &Option<Expr>| -> Bound<Option<ValueExpr>> {
            end.as_ref().map(|end| self.demand(end, Type::Instant, "as an end of an interval")).transpose()
        };
        let ends = [bind(&ends[0])?, bind(&ends[1])?];
        if let [Some(start), Some(end)] = &ends
            && let (Some(start), Some(end)) = (start.constant(), end.constant())
            && start.compare(end) == Some(Ordering::Greater)
        {
            return fail(at, "the interval ends before it starts");
        }
        Ok((self.folded(ValueExpr::Interval(Box::new(ends))), Type::Interval))
    }

    fn function(&self, name: &str, operands: &[Expr], at: &Place) -> Bound<(ValueExpr, Type)> {
        let Some(function) = functions::find(name) else {
            let known: Vec<_> = functions::FUNCTIONS.iter().map(|function| function.name).collect();
            return fail(at, format!("there is no function {name:?}; there are {}", known.join(", ")));
        };
        let least = function.arguments.iter().filter(|argument| !argument.optional).count();
        if operands.len() < least || operands.len() > function.arguments.len() {
            let problem = format!("{} takes other operands, here {}", function.signature(), operands.len());
            return fail(at, problem);
        }
        let mut values = Vec::with_capacity(operands.len());
        for (operand, argument) in operands.iter().zip(function.arguments) {
            let purpose = format!("as {} of {}", argument.title, function.signature());
            let value = self.demand(operand, argument.kind, &purpose)?;
            if argument.kind == Type::Text && argument.optional {
                let known = |name: &str| functions::UNITS.iter().any(|(unit, _)| *unit == name);
                if !matches!(value.constant(), Some(Scalar::Text(unit)) if known(unit)) {
                    return fail(&operand.at, "expected 'm' or 'km' as unit");
                }
            }
            values.push(value);
        }
        let constants: Option<Vec<_>> = values.iter().map(|value| value.constant().cloned()).collect();
        let value = match constants {
            Some(constants) => match function.call(&constants, self.budget) {
                Ok(result) => ValueExpr::Constant(result),
                Err(fault) => return fail(at, format!("{}: {fault}", function.name.to_uppercase())),
            },
            None => ValueExpr::Function(function, values),
        };
        Ok((value, function.returns))
    }

    /// A constant in the place of what has only constant operands.
    fn folded(&self, value: ValueExpr) -> ValueExpr {
        let constant = match &value {
            ValueExpr::Fold(_, text) => text.constant().is_some(),
            ValueExpr::Arithmetic(_, operands) => operands.iter().all(|operand| operand.constant().is_some()),
            ValueExpr::Interval(ends) => ends.iter().flatten().all(|end| end.constant().is_some()),
            ValueExpr::Array(operands) => operands.iter().all(|operand| operand.constant().is_some()),
            _ => false,
        };
        if constant {
            ValueExpr::Constant(value.value(self.layer, FeatureIx::of_row(0), self.budget).into_owned())
        } else {
            value
        }
    }

    /// Two operands of one type, a text read as an instant where the other is one.
    fn agree<'e>(&self, a: Operand<'e>, b: Operand<'e>) -> Bound<(Operand<'e>, Operand<'e>)> {
        let (a, b) = match (a.kind, b.kind) {
            (Type::Instant, Type::Text) => (a, as_instant(b)),
            (Type::Text, Type::Instant) => (as_instant(a), b),
            // The text of an id names it, whatever its kind.
            (Type::Number, Type::Text) if matches!(a.value, ValueExpr::Id) => (a, as_number(b)),
            (Type::Text, Type::Number) if matches!(b.value, ValueExpr::Id) => (as_number(a), b),
            (Type::Text, Type::Number) if matches!(a.value, ValueExpr::Id) => (a, as_text(b)),
            (Type::Number, Type::Text) if matches!(b.value, ValueExpr::Id) => (as_text(a), b),
            _ => (a, b),
        };
        let comparable = matches!(a.kind, Type::Bool | Type::Number | Type::Text | Type::Instant);
        if a.kind == b.kind && comparable {
            return Ok((a, b));
        }
        let (blamed, other) = if a.constant().is_some() { (&a, &b) } else { (&b, &a) };
        let problem = if comparable {
            format!(
                "expected {} to compare with {}, found {}",
                with_article(other.kind.name()),
                self.describe(other),
                self.describe(blamed)
            )
        } else {
            let hint = match a.kind {
                Type::Geometry => "; geometries are compared by S_EQUALS and the like",
                Type::Array => "; arrays are compared by A_EQUALS and the like",
                Type::Interval => "; intervals are compared by T_EQUALS and the like",
                _ => "",
            };
            format!(
                "expected a boolean, a number, a text, a date or a timestamp, found {}{hint}",
                self.describe(&a)
            )
        };
        fail(&blamed.expr.at, problem)
    }

    /// An operand for a message.
    fn describe(&self, operand: &Operand<'_>) -> String {
        match &operand.expr.node {
            Node::Property(name) => {
                let kind =
                    self.layer.schema.find(name).map_or(operand.kind.name(), |(_, field)| field.kind.name());
                format!("{name} ({kind})")
            }
            Node::Bool(value) => format!("the boolean {}", if *value { "TRUE" } else { "FALSE" }),
            Node::Integer(value) => format!("the number {value}"),
            Node::Real(value) => format!("the number {value}"),
            Node::Text(text) => format!("the text {:?}", cut(text)),
            Node::Instant(Instant::Date(day)) => format!("the date {day}"),
            Node::Instant(Instant::Timestamp(moment)) => format!("the timestamp {moment}"),
            Node::Call(Op::Function(name), _) => format!("{name}(…) ({})", operand.kind.name()),
            _ => with_article(operand.kind.name()),
        }
    }

    // ---- geometries ---------------------------------------------------------------------------------------

    /// A geometry literal, checked, easting or longitude first, in the unit of the filter's system; `None` for
    /// what is no literal.
    fn literal(&self, expr: &Expr) -> Bound<Option<Shape>> {
        match &expr.node {
            Node::Geometry(shape) => {
                let place = |Coord { x, y }| {
                    if self.crs.inverse([x, y]).is_none() {
                        let problem = format!("position [{x}, {y}] is outside the range of {}", self.crs);
                        return Err(FilterError::new(expr.at.clone(), problem));
                    }
                    Ok(Coord::from(self.crs.east_first([x, y])))
                };
                shape.try_map_coords(place).map(Some)
            }
            Node::Bbox([a, b, c, d]) => {
                let window = self.crs.window([*a, *b], [*c, *d]);
                let window = window.map_err(|fault| FilterError::new(expr.at.clone(), fault.to_string()))?;
                if let Some(plane) = window.plane {
                    return Ok(Some(rectangle(plane.low, plane.high)));
                }
                let parts = window.bounds.parts();
                let mut parts: Vec<_> =
                    parts.map(|part| rectangle([part.west, part.south], [part.east, part.north])).collect();
                let one = parts.len() == 1;
                Ok(Some(if one { parts.remove(0) } else { Shape::GeometryCollection(parts.into()) }))
            }
            _ => Ok(None),
        }
    }

    /// A literal in degrees, for functions.
    fn in_degrees(&self, shape: Shape, at: &Place) -> Bound<Shape> {
        if self.crs.is_geographic() {
            return Ok(shape);
        }
        shape.try_map_coords(|Coord { x, y }| {
            let degrees = self.crs.inverse(self.crs.east_first([x, y]));
            let outside = || format!("position [{x}, {y}] is outside the range of {}", self.crs);
            degrees.map(Coord::from).ok_or_else(|| FilterError::new(at.clone(), outside()))
        })
    }
}

/// A rectangle, which may have shrunk to a line or a point.
fn rectangle(low: [f64; 2], high: [f64; 2]) -> Shape {
    let (flat, thin) = (low[1] == high[1], low[0] == high[0]);
    let (low, high) = (Coord::from(low), Coord::from(high));
    match (thin, flat) {
        (true, true) => Shape::Point(low.into()),
        (false, false) => Shape::Polygon(Rect::new(low, high).to_polygon()),
        _ => Shape::LineString(vec![low, high].into()),
    }
}

/// `DISTANCE(geometry, constant) < constant` by the R-tree.
fn near_distance(comparison: Comparison, value: &ValueExpr, constant: &Scalar<'_>) -> Option<Test> {
    let ValueExpr::Function(function, operands) = value else { return None };
    let strict = match comparison {
        Comparison::Less => true,
        Comparison::AtMost => false,
        _ => return None,
    };
    (function.name == "distance").then(|| near(operands, constant.number()?, strict)).flatten()
}

fn near(operands: &[ValueExpr], metres: f64, strict: bool) -> Option<Test> {
    let shape = match operands {
        [ValueExpr::Geometry, ValueExpr::Constant(Scalar::Geometry(shape))]
        | [ValueExpr::Constant(Scalar::Geometry(shape)), ValueExpr::Geometry] => shape.clone().into_owned(),
        _ => return None,
    };
    let bounds = Prepared::new(&shape, None).bounds();
    let reach = bounds.filter(|_| metres >= 0.0).map(|bounds| reach(bounds, metres));
    Some(Test::Near { from: Distances::new([shape]), reach, metres, strict })
}

/// The field below some folds, and the folds in the order they apply.
fn text_field(value: &ValueExpr) -> Option<(FieldIx, Vec<Fold>)> {
    let (mut value, mut folds) = (value, Vec::new());
    loop {
        match value {
            ValueExpr::Fold(fold, inner) => {
                folds.insert(0, *fold);
                value = inner;
            }
            ValueExpr::Field(field) => return Some((*field, folds)),
            _ => return None,
        }
    }
}

fn type_of(kind: ValueKind) -> Type {
    match kind {
        ValueKind::Bool => Type::Bool,
        ValueKind::Integer | ValueKind::Real => Type::Number,
        ValueKind::Text => Type::Text,
        ValueKind::Date | ValueKind::Timestamp => Type::Instant,
        ValueKind::Array => Type::Array,
        ValueKind::Object => Type::Object,
    }
}

/// A text that reads as an instant as one.
fn as_instant(operand: Operand<'_>) -> Operand<'_> {
    let instant = match operand.constant() {
        Some(Scalar::Text(text)) => Instant::parse(text),
        _ => None,
    };
    match instant {
        Some(instant) => Operand {
            value: ValueExpr::Constant(Scalar::Instant(instant)),
            kind: Type::Instant,
            expr: operand.expr,
        },
        None => operand,
    }
}

fn as_number(operand: Operand<'_>) -> Operand<'_> {
    let number = match operand.constant() {
        Some(Scalar::Text(text)) => text.parse().ok(),
        _ => None,
    };
    match number {
        Some(number) => Operand {
            value: ValueExpr::Constant(Scalar::Integer(number)),
            kind: Type::Number,
            expr: operand.expr,
        },
        None => operand,
    }
}

fn as_text(operand: Operand<'_>) -> Operand<'_> {
    match operand.constant() {
        Some(Scalar::Integer(number)) => Operand {
            value: ValueExpr::Constant(Scalar::Text(number.to_string().into())),
            kind: Type::Text,
            expr: operand.expr,
        },
        _ => operand,
    }
}

/// The least and the greatest value of a column of whole numbers that equal a constant; the least is the greater
/// one when none does. `None` where only the general comparison is exact.
fn whole_span(column: &Column, constant: &Scalar<'_>) -> Option<(i64, i64)> {
    const BEYOND: f64 = 9e18;
    const MICROSECONDS_A_DAY: i64 = 86_400_000_000;
    match (column, constant) {
        (Column::Integer(_), Scalar::Integer(value)) => Some((*value, *value)),
        #[expect(clippy::cast_possible_truncation, reason = "the range is checked")]
        (Column::Integer(_), Scalar::Real(real)) if real.abs() < BEYOND => {
            Some((real.ceil() as i64, real.floor() as i64))
        }
        (Column::Timestamp(_), Scalar::Instant(instant)) => {
            Some((instant.start().microseconds(), instant.end().microseconds()))
        }
        (Column::Date(_), Scalar::Instant(instant)) => {
            // A moment is the same as its day.
            let day = instant.start().microseconds().div_euclid(MICROSECONDS_A_DAY);
            Some((day, day))
        }
        _ => None,
    }
}

fn whole_test(field: FieldIx, comparison: Comparison, low: i64, high: i64) -> Test {
    let nothing = (1, 0);
    let (low, high) = match comparison {
        Comparison::Equal | Comparison::Unequal => (low, high),
        Comparison::Less => low.checked_sub(1).map_or(nothing, |last| (i64::MIN, last)),
        Comparison::AtMost => (i64::MIN, high),
        Comparison::Greater => high.checked_add(1).map_or(nothing, |first| (first, i64::MAX)),
        Comparison::AtLeast => (low, i64::MAX),
    };
    Test::Whole { field, low, high, inside: comparison != Comparison::Unequal }
}

/// A number as a real that equals it.
fn exact_real(constant: &Scalar<'_>) -> Option<f64> {
    const EXACT: u64 = 1 << 53;
    match constant {
        Scalar::Real(real) => Some(*real),
        Scalar::Integer(whole) if whole.unsigned_abs() <= EXACT => constant.number(),
        _ => None,
    }
}

fn real_test(field: FieldIx, comparison: Comparison, value: f64) -> Test {
    let (low, high) = match comparison {
        Comparison::Equal | Comparison::Unequal => (value, value),
        Comparison::Less => (f64::NEG_INFINITY, value.next_down()),
        Comparison::AtMost => (f64::NEG_INFINITY, value),
        Comparison::Greater => (value.next_up(), f64::INFINITY),
        Comparison::AtLeast => (value, f64::INFINITY),
    };
    Test::Real { field, low, high, inside: comparison != Comparison::Unequal }
}

fn with_article(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {noun}")
}
