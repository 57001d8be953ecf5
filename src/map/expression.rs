//! What does a style's expression say of one feature at one zoom?
//!
//! In: expressions of the `MapLibre` style specification as JSON. Out: their values. Leaves out: what a value is for.
//! Operators that the style of this service does not use are refused when an expression is read, never ignored.

use std::borrow::Cow;
use std::cmp::Ordering;

use serde_json::{Map, Value as Json};
use thiserror::Error;

use super::color::Color;
use crate::model::cut;

/// Why an expression cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{expression}: {fault}")]
pub struct ExpressionError {
    /// The expression, cut to 80 characters.
    expression: String,
    fault: &'static str,
}

/// What an expression is asked about.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The zoom of the map.
    pub zoom: f64,
    /// The properties of the feature.
    pub properties: &'a Map<String, Json>,
    /// `Point`, `LineString` or `Polygon`.
    pub geometry_type: &'a str,
}

/// An expression, read.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A value as it stands.
    Literal(Json),
    /// A property of the feature; null where it has none.
    Get(Box<str>),
    /// Has the feature a property?
    Has(Box<str>),
    /// The zoom of the map.
    Zoom,
    /// The kind of the feature's geometry, single and multiple alike.
    GeometryType,
    /// The first arm that names the value of the input.
    Match(Box<Expr>, Vec<(Vec<Json>, Expr)>, Box<Expr>),
    /// The first arm whose condition holds.
    Case(Vec<(Expr, Expr)>, Box<Expr>),
    /// The output of the last stop at or below the input.
    Step(Box<Expr>, Box<Expr>, Vec<(f64, Expr)>),
    /// The outputs of the stops around the input, mixed; the base of an exponential curve, 1 for a straight line.
    Interpolate(f64, Box<Expr>, Vec<(f64, Expr)>),
    /// Is a value among those of a list, or a text part of a text?
    In(Box<Expr>, Box<Expr>),
    /// An element of a list.
    At(Box<Expr>, Box<Expr>),
    /// Two values compared.
    Compare(Comparison, Box<Expr>, Box<Expr>),
    /// Do all hold?
    All(Vec<Expr>),
    /// Does any hold?
    Any(Vec<Expr>),
    /// Does it not hold?
    Not(Box<Expr>),
    /// Numbers reckoned with.
    Arithmetic(char, Vec<Expr>),
    /// Texts one after the other.
    Concat(Vec<Expr>),
    /// A value as text.
    ToText(Box<Expr>),
    /// The first value that is not null.
    Coalesce(Vec<Expr>),
}

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    Greater,
    /// `>=`
    AtLeast,
}

impl Expr {
    /// Reads an expression. Anything but a list that begins with a text is a value as it stands.
    ///
    /// # Errors
    /// An operator that is not known, or arguments that do not fit it.
    pub fn parse(json: &Json) -> Result<Self, ExpressionError> {
        let Some((operator, arguments)) = call(json) else { return Ok(Self::Literal(json.clone())) };
        let fault = |fault| ExpressionError { expression: cut(&json.to_string()), fault };
        let each = || arguments.iter().map(Self::parse).collect::<Result<Vec<_>, _>>();
        let one = || match arguments {
            [a] => Ok(Box::new(Self::parse(a)?)),
            _ => Err(fault("expected one argument")),
        };
        let two = || match arguments {
            [a, b] => Ok((Box::new(Self::parse(a)?), Box::new(Self::parse(b)?))),
            _ => Err(fault("expected two arguments")),
        };
        let name = || match arguments {
            [Json::String(name)] => Ok(name.as_str().into()),
            _ => Err(fault("expected the name of a property")),
        };
        let comparison = |how| two().map(|(a, b)| Self::Compare(how, a, b));
        match operator {
            "literal" if arguments.len() == 1 => Ok(Self::Literal(arguments[0].clone())),
            "get" => name().map(Self::Get),
            "has" => name().map(Self::Has),
            "zoom" if arguments.is_empty() => Ok(Self::Zoom),
            "geometry-type" if arguments.is_empty() => Ok(Self::GeometryType),
            "match" => Self::parse_match(arguments).unwrap_or_else(|| {
                Err(fault("expected an input, labels with outputs, an output for all others"))
            }),
            "case" => Self::parse_case(arguments)
                .unwrap_or_else(|| Err(fault("expected conditions with outputs, an output for all others"))),
            "step" => match arguments {
                [input, first, stops @ ..] => {
                    let stops = parse_stops(stops).unwrap_or_else(|| Err(fault("stops must ascend")))?;
                    Ok(Self::Step(Box::new(Self::parse(input)?), Box::new(Self::parse(first)?), stops))
                }
                _ => Err(fault("expected an input, an output and stops")),
            },
            "interpolate" => match arguments {
                [curve, input, stops @ ..] if !stops.is_empty() => {
                    let base = base_of(curve).ok_or_else(|| fault("expected linear or exponential"))?;
                    let stops = parse_stops(stops).unwrap_or_else(|| Err(fault("stops must ascend")))?;
                    Ok(Self::Interpolate(base, Box::new(Self::parse(input)?), stops))
                }
                _ => Err(fault("expected a curve, an input and stops")),
            },
            "in" => two().map(|(a, b)| Self::In(a, b)),
            "at" => two().map(|(a, b)| Self::At(a, b)),
            "==" => comparison(Comparison::Equal),
            "!=" => comparison(Comparison::Unequal),
            "<" => comparison(Comparison::Less),
            "<=" => comparison(Comparison::AtMost),
            ">" => comparison(Comparison::Greater),
            ">=" => comparison(Comparison::AtLeast),
            "all" => each().map(Self::All),
            "any" => each().map(Self::Any),
            "!" => one().map(Self::Not),
            "+" | "*" if !arguments.is_empty() => {
                Ok(Self::Arithmetic(if operator == "+" { '+' } else { '*' }, each()?))
            }
            "-" if (1..=2).contains(&arguments.len()) => Ok(Self::Arithmetic('-', each()?)),
            "/" if arguments.len() == 2 => Ok(Self::Arithmetic('/', each()?)),
            "concat" => each().map(Self::Concat),
            "coalesce" => each().map(Self::Coalesce),
            "to-string" => one().map(Self::ToText),
            _ => Err(fault("this operator is not known with such arguments")),
        }
    }

    fn parse_match(arguments: &[Json]) -> Option<Result<Self, ExpressionError>> {
        let [input, arms @ .., otherwise] = arguments else { return None };
        if arms.is_empty() || !arms.len().is_multiple_of(2) {
            return None;
        }
        let arm = |pair: &[Json]| {
            let labels = match &pair[0] {
                Json::Array(labels) => labels.clone(),
                label => vec![label.clone()],
            };
            Ok((labels, Self::parse(&pair[1])?))
        };
        let read = || {
            let arms = arms.chunks_exact(2).map(arm).collect::<Result<Vec<_>, _>>()?;
            Ok(Self::Match(Box::new(Self::parse(input)?), arms, Box::new(Self::parse(otherwise)?)))
        };
        Some(read())
    }

    fn parse_case(arguments: &[Json]) -> Option<Result<Self, ExpressionError>> {
        let [arms @ .., otherwise] = arguments else { return None };
        if arms.is_empty() || !arms.len().is_multiple_of(2) {
            return None;
        }
        let arm = |pair: &[Json]| Ok((Self::parse(&pair[0])?, Self::parse(&pair[1])?));
        let read = || {
            let arms = arms.chunks_exact(2).map(arm).collect::<Result<Vec<_>, _>>()?;
            Ok(Self::Case(arms, Box::new(Self::parse(otherwise)?)))
        };
        Some(read())
    }

    /// The value for a feature; none where the specification calls it an error, so that the default of the property
    /// holds.
    #[must_use]
    pub fn value<'a>(&'a self, context: &Context<'a>) -> Option<Cow<'a, Json>> {
        let truth = |value: bool| Some(Cow::Owned(Json::Bool(value)));
        match self {
            Self::Literal(json) => Some(Cow::Borrowed(json)),
            Self::Get(name) => {
                Some(context.properties.get(&**name).map_or(Cow::Owned(Json::Null), Cow::Borrowed))
            }
            Self::Has(name) => truth(context.properties.contains_key(&**name)),
            Self::Zoom => Some(Cow::Owned(context.zoom.into())),
            Self::GeometryType => Some(Cow::Owned(context.geometry_type.into())),
            Self::Match(input, arms, otherwise) => {
                let input = input.value(context)?;
                let arm = arms.iter().find(|(labels, _)| labels.iter().any(|label| equal(label, &input)));
                arm.map_or(&**otherwise, |(_, output)| output).value(context)
            }
            Self::Case(arms, otherwise) => {
                for (condition, output) in arms {
                    if condition.value(context)?.as_bool()? {
                        return output.value(context);
                    }
                }
                otherwise.value(context)
            }
            Self::Step(input, first, stops) => {
                let input = input.value(context)?.as_f64()?;
                let stop = stops.iter().rev().find(|(at, _)| *at <= input);
                stop.map_or(&**first, |(_, output)| output).value(context)
            }
            Self::Interpolate(base, input, stops) => interpolated(*base, input, stops, context),
            Self::In(needle, hay) => {
                let (needle, hay) = (needle.value(context)?, hay.value(context)?);
                match &*hay {
                    Json::Array(elements) => truth(elements.iter().any(|element| equal(element, &needle))),
                    Json::String(text) => truth(text.contains(needle.as_str()?)),
                    _ => None,
                }
            }
            Self::At(index, list) => {
                let index = usize::try_from(index.value(context)?.as_u64()?).ok()?;
                list.value(context)?.get(index).cloned().map(Cow::Owned)
            }
            Self::Compare(how, a, b) => truth(how.holds(&*a.value(context)?, &*b.value(context)?)?),
            Self::All(parts) => truth(all(parts, context, true)?),
            Self::Any(parts) => truth(!all(parts, context, false)?),
            Self::Not(part) => truth(!part.value(context)?.as_bool()?),
            Self::Arithmetic(operator, parts) => reckoned(*operator, parts, context),
            Self::Concat(parts) => {
                let texts = parts.iter().map(|part| Some(text(&*part.value(context)?)));
                Some(Cow::Owned(Json::String(texts.collect::<Option<String>>()?)))
            }
            Self::ToText(part) => Some(Cow::Owned(Json::String(text(&*part.value(context)?)))),
            Self::Coalesce(parts) => {
                let mut values = parts.iter().filter_map(|part| part.value(context));
                values.find(|value| !value.is_null()).or(Some(Cow::Owned(Json::Null)))
            }
        }
    }
}

/// The operator and the arguments of what is an expression.
fn call(json: &Json) -> Option<(&str, &[Json])> {
    let [Json::String(operator), arguments @ ..] = json.as_array()?.as_slice() else { return None };
    Some((operator, arguments))
}

fn base_of(curve: &Json) -> Option<f64> {
    match curve.as_array()?.as_slice() {
        [Json::String(name)] if name == "linear" => Some(1.0),
        [Json::String(name), base] if name == "exponential" => base.as_f64(),
        _ => None,
    }
}

type Stops = Vec<(f64, Expr)>;

fn parse_stops(stops: &[Json]) -> Option<Result<Stops, ExpressionError>> {
    let pairs = stops.chunks_exact(2);
    if !pairs.remainder().is_empty() {
        return None;
    }
    let at = pairs.clone().map(|pair| pair[0].as_f64()).collect::<Option<Vec<_>>>()?;
    if !at.is_sorted_by(|a, b| a < b) {
        return None;
    }
    Some(at.into_iter().zip(pairs).map(|(at, pair)| Ok((at, Expr::parse(&pair[1])?))).collect())
}

fn interpolated<'a>(
    base: f64,
    input: &Expr,
    stops: &'a [(f64, Expr)],
    context: &Context<'a>,
) -> Option<Cow<'a, Json>> {
    let input = input.value(context)?.as_f64()?;
    let above = stops.partition_point(|(at, _)| *at <= input);
    if above == 0 || above == stops.len() {
        return stops[above.min(stops.len() - 1)].1.value(context);
    }
    let ((low, from), (high, to)) = (&stops[above - 1], &stops[above]);
    let (way, whole) = (input - low, high - low);
    let share = if (base - 1.0).abs() < f64::EPSILON {
        way / whole
    } else {
        (base.powf(way) - 1.0) / (base.powf(whole) - 1.0)
    };
    mixed(&*from.value(context)?, &*to.value(context)?, share).map(Cow::Owned)
}

/// Two numbers, colours or lists of numbers mixed.
fn mixed(from: &Json, to: &Json, share: f64) -> Option<Json> {
    match (from, to) {
        (Json::Number(from), Json::Number(to)) => {
            let (from, to) = (from.as_f64()?, to.as_f64()?);
            Some((from + (to - from) * share).into())
        }
        (Json::Array(from), Json::Array(to)) if from.len() == to.len() => from
            .iter()
            .zip(to)
            .map(|(from, to)| mixed(from, to, share))
            .collect::<Option<Vec<_>>>()
            .map(Json::Array),
        (Json::String(from), Json::String(to)) => {
            Some(Color::parse(from)?.mixed(Color::parse(to)?, share).to_string().into())
        }
        _ => None,
    }
}

/// Do all parts have this truth? Parts behind the first that has not are not looked at.
fn all(parts: &[Expr], context: &Context<'_>, truth: bool) -> Option<bool> {
    for part in parts {
        if part.value(context)?.as_bool()? != truth {
            return Some(false);
        }
    }
    Some(true)
}

fn reckoned<'a>(operator: char, parts: &[Expr], context: &Context<'a>) -> Option<Cow<'a, Json>> {
    let numbers = parts.iter().map(|part| part.value(context)?.as_f64()).collect::<Option<Vec<_>>>()?;
    let result = match (operator, numbers.as_slice()) {
        ('+', numbers) => numbers.iter().sum(),
        ('*', numbers) => numbers.iter().product(),
        ('-', [a]) => -a,
        ('-', [a, b]) => a - b,
        ('/', [a, b]) => a / b,
        _ => return None,
    };
    serde_json::Number::from_f64(result).map(|number| Cow::Owned(Json::Number(number)))
}

impl Comparison {
    /// None where the specification has no order: of values of two kinds, and of what is neither number nor text.
    fn holds(self, a: &Json, b: &Json) -> Option<bool> {
        let order = || match (a, b) {
            (Json::Number(a), Json::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
            (Json::String(a), Json::String(b)) => Some(a.cmp(b)),
            _ => None,
        };
        Some(match self {
            Self::Equal => equal(a, b),
            Self::Unequal => !equal(a, b),
            Self::Less => order()? == Ordering::Less,
            Self::AtMost => order()? != Ordering::Greater,
            Self::Greater => order()? == Ordering::Greater,
            Self::AtLeast => order()? != Ordering::Less,
        })
    }
}

/// Equal values of one kind; 1 and 1.0 are one number.
fn equal(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => a.as_f64() == b.as_f64(),
        _ => a == b,
    }
}

/// A value as text: nothing for null, numbers without a needless fraction.
#[must_use]
pub fn text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Number(number) => {
            number.as_f64().map_or_else(|| number.to_string(), |number| number.to_string())
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// Values worked out by hand from the style specification.
    #[test]
    fn expressions_have_the_values_of_the_specification() {
        let properties =
            json!({ "name": "沌口", "n": 3, "half": 0.5, "none": null, "unit": true, "list": ["a", "b"] });
        let cases = [
            (json!(5), json!(5)),
            (json!("text"), json!("text")),
            (json!([0, -1.1]), json!([0, -1.1])),
            (json!(["literal", ["left", [1, 2]]]), json!(["left", [1, 2]])),
            (json!(["get", "name"]), json!("沌口")),
            (json!(["get", "absent"]), json!(null)),
            (json!(["has", "none"]), json!(true)),
            (json!(["has", "absent"]), json!(false)),
            (json!(["zoom"]), json!(11.5)),
            (json!(["geometry-type"]), json!("Polygon")),
            (json!(["match", ["get", "n"], 1, "one", [2, 3], "few", "many"]), json!("few")),
            (json!(["match", ["get", "name"], "x", 1, 0]), json!(0)),
            (json!(["match", ["get", "absent"], "x", 1, 0]), json!(0)),
            (json!(["case", ["get", "unit"], 1, 2]), json!(1)),
            (json!(["case", ["==", ["get", "n"], 4], "a", [">", ["get", "n"], 2], "b", "c"]), json!("b")),
            (json!(["step", ["zoom"], "low", 9, "mid", 11.5, "at", 12, "high"]), json!("at")),
            (json!(["step", ["zoom"], "low", 12, "high"]), json!("low")),
            // Half way from 11 to 12.
            (json!(["interpolate", ["linear"], ["zoom"], 11, 2, 12, 4]), json!(3.0)),
            (json!(["interpolate", ["linear"], ["zoom"], 12, 2, 14, 4]), json!(2)),
            (json!(["interpolate", ["linear"], ["zoom"], 8, 2, 11, 4]), json!(4)),
            // (2^1.5 - 1) / (2^3 - 1) of the way from 0 to 7: 1.8284271247461903.
            (json!(["interpolate", ["exponential", 2], ["zoom"], 10, 0, 13, 7]), json!(2f64.powf(1.5) - 1.0)),
            (
                json!(["interpolate", ["linear"], ["zoom"], 11, "#000000", 12, "#ffffff"]),
                json!("rgba(128,128,128,1)"),
            ),
            (
                json!([
                    "interpolate",
                    ["linear"],
                    ["zoom"],
                    11,
                    ["literal", [0, 2]],
                    12,
                    ["literal", [2, 0]]
                ]),
                json!([1.0, 1.0]),
            ),
            (json!(["in", ["get", "name"], ["literal", ["汉南", "沌口"]]]), json!(true)),
            (json!(["in", "口", ["get", "name"]]), json!(true)),
            (json!(["in", ["get", "n"], ["literal", [1, 2]]]), json!(false)),
            (json!(["at", 1, ["get", "list"]]), json!("b")),
            (json!(["!=", ["geometry-type"], "Point"]), json!(true)),
            (json!(["<", 1, 2]), json!(true)),
            (json!(["<=", 2, 2.0]), json!(true)),
            (json!([">", "b", "a"]), json!(true)),
            (json!([">=", 1, 2]), json!(false)),
            (json!(["all"]), json!(true)),
            (json!(["any"]), json!(false)),
            (json!(["all", true, ["get", "unit"]]), json!(true)),
            (json!(["any", false, ["get", "unit"]]), json!(true)),
            (json!(["!", ["get", "unit"]]), json!(false)),
            (json!(["+", ["*", 10, ["get", "n"]], 2, 0.5]), json!(32.5)),
            (json!(["-", 3]), json!(-3.0)),
            (json!(["-", ["get", "n"], 1]), json!(2.0)),
            (json!(["/", 1, ["get", "half"]]), json!(2.0)),
            (
                json!(["concat", ["get", "name"], " +", ["to-string", ["-", ["get", "n"], 1]]]),
                json!("沌口 +2"),
            ),
            (json!(["to-string", ["get", "none"]]), json!("")),
            (json!(["to-string", 0.5]), json!("0.5")),
            (json!(["coalesce", ["get", "none"], ["get", "name"]]), json!("沌口")),
        ];
        let context = Context {
            zoom: 11.5,
            properties: properties.as_object().expect("an object"),
            geometry_type: "Polygon",
        };
        let mut wrong = Vec::new();
        for (json, want) in &cases {
            let expr = Expr::parse(json).unwrap_or_else(|fault| panic!("{fault}"));
            let have = expr.value(&context).map(Cow::into_owned);
            if !have.as_ref().is_some_and(|have| equal(have, want)) {
                wrong.push(format!("{json}: {have:?}, not {want}"));
            }
        }
        assert!(wrong.is_empty(), "{wrong:#?}");
    }

    /// Where the specification speaks of an error, the default of the property holds.
    #[test]
    fn errors_have_no_value() {
        let properties = Map::new();
        let context = Context { zoom: 1.0, properties: &properties, geometry_type: "Point" };
        for json in [
            json!(["<", ["get", "absent"], 1]),
            json!(["case", ["get", "absent"], 1, 2]),
            json!(["+", 1, ["get", "absent"]]),
            json!(["/", 1, 0]),
            json!(["at", 5, ["literal", [1]]]),
        ] {
            assert_eq!(Expr::parse(&json).expect("known operators").value(&context), None, "{json}");
        }
    }

    #[test]
    fn what_is_not_known_is_refused() {
        for json in [
            json!(["sqrt", 4]),
            json!(["get"]),
            json!(["match", ["get", "a"], 1]),
            json!(["case", true]),
            json!(["step", ["zoom"], 1, 5, 2, 4, 3]),
            json!(["interpolate", ["cubic-bezier", 0, 0, 1, 1], ["zoom"], 1, 2]),
            json!(["==", 1]),
        ] {
            assert!(Expr::parse(&json).is_err(), "{json}");
        }
    }
}
