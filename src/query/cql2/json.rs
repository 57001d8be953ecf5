//! CQL2 JSON to [`Expr`] (OGC 21-065r2, annex C).

use geo_types::{
    Coord, GeometryCollection, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon,
};
use serde_json::{Map, Value};

use super::ast::{self, Expr, Node, Op, Place};
use super::text::{bbox, instant, wrong_instant};
use super::{Allowance, FilterError, excerpt, strict};
use crate::geometry::Shape;
use crate::model::Instant;

pub fn parse(text: &str) -> Result<Expr, FilterError> {
    let (mut reader, value) = open(text, "the filter")?;
    reader.expression(&value)
}

/// Reads a GeoJSON geometry alone.
pub fn geometry(text: &str) -> Result<Shape, FilterError> {
    let (mut reader, value) = open(text, "the geometry")?;
    reader.shape(&value)
}

fn open(text: &str, what: &str) -> Read<(Reader, Value)> {
    let value = strict::parse(text.as_bytes());
    let value = value.map_err(|fault| {
        FilterError::new(Place::Pointer("".into()), format!("{what} is no JSON: {fault}"))
    })?;
    Ok((Reader { path: String::new(), allowance: Allowance::default() }, value))
}

struct Reader {
    /// JSON pointer to the value at hand.
    path: String,
    allowance: Allowance,
}

type Read<T> = Result<T, FilterError>;

impl Reader {
    fn place(&self) -> Place {
        Place::Pointer(self.path.as_str().into())
    }

    fn expected(&self, what: &str, found: &Value) -> FilterError {
        FilterError::new(self.place(), format!("expected {what}, found {}", excerpt(&found.to_string())))
    }

    /// Reads a member or an element, its name on the path.
    fn below<T>(&mut self, name: impl std::fmt::Display, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        let length = self.path.len();
        self.path.push('/');
        self.path.push_str(&name.to_string().replace('~', "~0").replace('/', "~1"));
        let read = read(self)?;
        self.path.truncate(length);
        Ok(read)
    }

    fn expression(&mut self, value: &Value) -> Read<Expr> {
        let path = &self.path;
        self.allowance.deeper(|| Place::Pointer(path.as_str().into()))?;
        let node = self.node(value)?;
        self.allowance.depth -= 1;
        Ok(Expr { node, at: self.place() })
    }

    fn node(&mut self, value: &Value) -> Read<Node> {
        Ok(match value {
            Value::Bool(value) => Node::Bool(*value),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(whole), _) => Node::Integer(whole),
                (None, Some(real)) if real.is_finite() => Node::Real(real),
                _ => return Err(self.expected("a number in the range of 64-bit reals", value)),
            },
            Value::String(text) => Node::Text(text.as_str().into()),
            Value::Array(elements) => Node::Array(self.elements(elements)?),
            Value::Object(members) => self.object(members, value)?,
            Value::Null => return Err(self.expected("an expression", value)),
        })
    }

    fn elements(&mut self, elements: &[Value]) -> Read<Vec<Expr>> {
        let read = |(at, element)| self.below(at, |reader| reader.expression(element));
        elements.iter().enumerate().map(read).collect()
    }

    fn object(&mut self, members: &Map<String, Value>, value: &Value) -> Read<Node> {
        if let Some(op) = members.get("op") {
            return self.call(op, members.get("args"), value);
        }
        if let Some(name) = members.get("property") {
            let name = name.as_str().filter(|name| !name.is_empty());
            let name = name.ok_or_else(|| self.expected("the name of a property", value))?;
            return Ok(Node::Property(name.into()));
        }
        for kind in ["date", "timestamp"] {
            if let Some(text) = members.get(kind) {
                let text = text.as_str().ok_or_else(|| self.expected("a text", text))?;
                let instant = instant(text, kind == "date");
                return instant.map(Node::Instant).ok_or_else(|| wrong_instant(self.place(), text, kind));
            }
        }
        if let Some(ends) = members.get("interval") {
            return self.below("interval", |reader| reader.interval(ends));
        }
        if let Some(numbers) = members.get("bbox").filter(|_| !members.contains_key("type")) {
            let corners = numbers.as_array().and_then(|numbers| {
                let numbers: Option<Vec<f64>> = numbers.iter().map(Value::as_f64).collect();
                bbox(&numbers?)
            });
            return corners.map(Node::Bbox).ok_or_else(|| self.expected("4 or 6 numbers as bbox", numbers));
        }
        if members.contains_key("type") {
            return self.shape(value).map(Node::Geometry);
        }
        let what =
            "an object with op and args, property, date, timestamp, interval, bbox, or a GeoJSON geometry";
        Err(self.expected(what, value))
    }

    fn call(&mut self, op: &Value, args: Option<&Value>, value: &Value) -> Read<Node> {
        let name = op.as_str().ok_or_else(|| self.expected("the name of an operator as op", op))?;
        let args = args.and_then(Value::as_array);
        let args = args.ok_or_else(|| self.expected("an array args beside op", value))?;
        let infix = ast::INFIX.into_iter().find(|(known, _)| *known == name).map(|(_, op)| op);
        let op = infix.unwrap_or_else(|| match name {
            "and" => Op::And,
            "or" => Op::Or,
            "not" => Op::Not,
            "like" => Op::Like,
            "between" => Op::Between,
            "in" => Op::In,
            "isNull" => Op::IsNull,
            _ => ast::call_named(name),
        });
        let wanted = if op == Op::In { Some(2) } else { ast::operands(&op) };
        if let Some(wanted) = wanted.filter(|&wanted| wanted != args.len()) {
            return Err(FilterError::new(
                self.place(),
                format!("{name} takes {wanted} args, here {}", args.len()),
            ));
        }
        if matches!(op, Op::And | Op::Or) && args.len() < 2 {
            return Err(FilterError::new(
                self.place(),
                format!("{name} takes 2 args or more, here {}", args.len()),
            ));
        }
        let mut operands = self.below("args", |reader| reader.elements(args))?;
        if op == Op::In {
            match operands.pop().map(|list| list.node) {
                // As CQL2 text has it, which knows no empty list.
                Some(Node::Array(list)) if !list.is_empty() => operands.extend(list),
                _ => {
                    return Err(
                        self.expected("an array as second of args of in, of one value or more", value)
                    );
                }
            }
        }
        Ok(Node::Call(op, operands))
    }

    fn interval(&mut self, ends: &Value) -> Read<Node> {
        let Some([start, end]) = ends.as_array().map(Vec::as_slice) else {
            return Err(self.expected("an array of two ends", ends));
        };
        let mut end_at = |at: usize, value: &Value| {
            self.below(at, |reader| match value {
                Value::String(text) if text == ".." => Ok(None),
                Value::String(text) => {
                    let instant = Instant::parse(text);
                    let instant = instant.ok_or_else(|| wrong_instant(reader.place(), text, "interval"))?;
                    Ok(Some(Expr { node: Node::Instant(instant), at: reader.place() }))
                }
                _ => reader.expression(value).map(Some),
            })
        };
        Ok(Node::Interval(Box::new([end_at(0, start)?, end_at(1, end)?])))
    }

    // ---- GeoJSON geometries (RFC 7946, 3.1) ---------------------------------------------------------------

    fn shape(&mut self, value: &Value) -> Read<Shape> {
        let kind = value.get("type").and_then(Value::as_str).unwrap_or("");
        if kind == "GeometryCollection" {
            let members = value.get("geometries").and_then(Value::as_array);
            let members = members.ok_or_else(|| self.expected("an array geometries", value))?;
            let path = &self.path;
            self.allowance.deeper(|| Place::Pointer(path.as_str().into()))?;
            let read = |(at, member)| self.below(at, |reader| reader.shape(member));
            let members: Read<Vec<Shape>> = members.iter().enumerate().map(read).collect();
            self.allowance.depth -= 1;
            return Ok(Shape::GeometryCollection(GeometryCollection(members?)));
        }
        let none = Value::Null;
        let coordinates = value.get("coordinates").unwrap_or(&none);
        self.below("coordinates", |reader| {
            Ok(match kind {
                "Point" => Shape::Point(Point(reader.position(coordinates)?)),
                "MultiPoint" => Shape::MultiPoint(MultiPoint(
                    reader.line(coordinates, 0)?.into_iter().map(Point).collect(),
                )),
                "LineString" => Shape::LineString(reader.line(coordinates, 2)?),
                "MultiLineString" => Shape::MultiLineString(MultiLineString(
                    reader.each(coordinates, |reader, line| reader.line(line, 2))?,
                )),
                "Polygon" => Shape::Polygon(reader.polygon(coordinates)?),
                "MultiPolygon" => Shape::MultiPolygon(MultiPolygon(reader.each(coordinates, Self::polygon)?)),
                _ => {
                    let problem =
                        format!("expected the type of a GeoJSON geometry, found {:?}", excerpt(kind));
                    return Err(FilterError::new(reader.place(), problem));
                }
            })
        })
    }

    fn each<T>(&mut self, list: &Value, mut read: impl FnMut(&mut Self, &Value) -> Read<T>) -> Read<Vec<T>> {
        let list = list.as_array().ok_or_else(|| self.expected("an array", list))?;
        list.iter().enumerate().map(|(at, value)| self.below(at, |reader| read(reader, value))).collect()
    }

    fn polygon(&mut self, rings: &Value) -> Read<Polygon> {
        let mut rings = self.each(rings, |reader, ring| {
            let line = reader.line(ring, 4)?;
            if line.0.first() == line.0.last() {
                Ok(line)
            } else {
                Err(FilterError::new(reader.place(), "the last position of a ring must be its first"))
            }
        })?;
        if rings.is_empty() {
            return Err(FilterError::new(self.place(), "a polygon needs a ring"));
        }
        let shell = rings.remove(0);
        Ok(Polygon::new(shell, rings))
    }

    fn line(&mut self, positions: &Value, least: usize) -> Read<LineString> {
        let line = self.each(positions, Self::position)?;
        if line.len() < least {
            return Err(self.expected(&format!("{least} positions or more"), positions));
        }
        Ok(LineString(line))
    }

    fn position(&mut self, value: &Value) -> Read<Coord> {
        let path = &self.path;
        self.allowance.position(|| Place::Pointer(path.as_str().into()))?;
        let numbers: Option<Vec<f64>> =
            value.as_array().and_then(|numbers| numbers.iter().map(Value::as_f64).collect());
        match numbers.as_deref() {
            Some(&[x, y] | &[x, y, _]) => Ok(Coord { x, y }),
            _ => Err(self.expected("a position of 2 or 3 numbers", value)),
        }
    }
}
