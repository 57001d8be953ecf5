//! `Expr` to CQL2 text, which reads as the same `Expr`.

use std::fmt::{self, Display, Formatter, Write as _};

use geo_types::{Coord, LineString, Polygon};

use super::ast::{CALLS, Expr, INFIX, Node, Op};
use super::text::is_plain_name;
use crate::geometry::Shape;
use crate::model::Instant;

impl Display for Expr {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Node::Call(op, operands) = &self.node else { return value(f, &self.node) };
        match (op, operands.as_slice()) {
            (Op::And, members) => list(f, members, " AND ", member_of_chain),
            (Op::Or, members) => list(f, members, " OR ", member_of_chain),
            (Op::Not, [Expr { node: Node::Call(Op::IsNull, inner), .. }]) if inner.len() == 1 => {
                tight(f, &inner[0])?;
                f.write_str(" IS NOT NULL")
            }
            (Op::Not, [member]) => {
                f.write_str("NOT ")?;
                bracketed(f, member)
            }
            (Op::IsNull, [member]) => {
                tight(f, member)?;
                f.write_str(" IS NULL")
            }
            (Op::Between, [member, low, high]) => {
                tight(f, member)?;
                f.write_str(" BETWEEN ")?;
                tight(f, low)?;
                f.write_str(" AND ")?;
                tight(f, high)
            }
            (Op::Like, members) => list(f, members, " LIKE ", tight),
            (Op::In, [member, members @ ..]) => {
                tight(f, member)?;
                f.write_str(" IN (")?;
                list(f, members, ", ", loose)?;
                f.write_char(')')
            }
            (Op::Function(name), members) => called(f, name, members),
            (op, members) => {
                if let Some((sign, _)) = INFIX.iter().find(|(_, known)| known == op) {
                    return list(f, members, &format!(" {sign} "), tight);
                }
                let name = CALLS.iter().find(|(_, known)| known == op).map_or("", |(name, _)| *name);
                called(f, &name.to_ascii_uppercase(), members)
            }
        }
    }
}

fn loose(f: &mut Formatter<'_>, expr: &Expr) -> fmt::Result {
    expr.fmt(f)
}

/// In brackets where it is a chain of AND or OR itself.
fn member_of_chain(f: &mut Formatter<'_>, expr: &Expr) -> fmt::Result {
    match &expr.node {
        Node::Call(Op::And | Op::Or, _) => bracketed(f, expr),
        _ => expr.fmt(f),
    }
}

/// In brackets where its own operator could reach for what stands beside it.
fn tight(f: &mut Formatter<'_>, expr: &Expr) -> fmt::Result {
    let stands_alone = match &expr.node {
        Node::Call(op, _) => matches!(op, Op::Function(_)) || CALLS.iter().any(|(_, known)| known == op),
        _ => true,
    };
    if stands_alone { expr.fmt(f) } else { bracketed(f, expr) }
}

fn bracketed(f: &mut Formatter<'_>, expr: &Expr) -> fmt::Result {
    write!(f, "({expr})")
}

fn called(f: &mut Formatter<'_>, name: &str, operands: &[Expr]) -> fmt::Result {
    write!(f, "{name}(")?;
    list(f, operands, ", ", loose)?;
    f.write_char(')')
}

fn list<T>(
    f: &mut Formatter<'_>,
    members: &[T],
    between: &str,
    each: impl Fn(&mut Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (at, member) in members.iter().enumerate() {
        if at > 0 {
            f.write_str(between)?;
        }
        each(f, member)?;
    }
    Ok(())
}

fn value(f: &mut Formatter<'_>, node: &Node) -> fmt::Result {
    match node {
        Node::Bool(value) => f.write_str(if *value { "TRUE" } else { "FALSE" }),
        Node::Integer(value) => write!(f, "{value}"),
        Node::Real(value) => write!(f, "{value}"),
        // A backslash before some letters means another character.
        Node::Text(text) => write!(f, "'{}'", text.replace('\\', "\\\\").replace('\'', "''")),
        Node::Instant(Instant::Date(day)) => write!(f, "DATE('{day}')"),
        Node::Instant(Instant::Timestamp(moment)) => write!(f, "TIMESTAMP('{moment}')"),
        Node::Geometry(shape) => geometry(f, shape),
        Node::Bbox(corners) => {
            f.write_str("BBOX(")?;
            list(f, corners, ", ", |f, corner| write!(f, "{corner}"))?;
            f.write_char(')')
        }
        Node::Property(name) if is_plain_name(name) => f.write_str(name),
        Node::Property(name) => write!(f, "\"{}\"", name.replace('"', "\"\"")),
        Node::Interval(ends) => {
            f.write_str("INTERVAL(")?;
            list(f, &**ends, ", ", |f, end| match end {
                None => f.write_str("'..'"),
                Some(Expr { node: Node::Instant(instant), .. }) => write!(f, "'{instant}'"),
                Some(end) => end.fmt(f),
            })?;
            f.write_char(')')
        }
        Node::Array(elements) => {
            f.write_char('(')?;
            list(f, elements, ", ", loose)?;
            f.write_char(')')
        }
        Node::Call(..) => Ok(()),
    }
}

fn geometry(f: &mut Formatter<'_>, shape: &Shape) -> fmt::Result {
    match shape {
        Shape::Point(point) => {
            f.write_str("POINT")?;
            positions(f, &[point.0])
        }
        Shape::LineString(line) => {
            f.write_str("LINESTRING")?;
            positions(f, &line.0)
        }
        Shape::Line(line) => {
            f.write_str("LINESTRING")?;
            positions(f, &[line.start, line.end])
        }
        Shape::Polygon(polygon) => {
            f.write_str("POLYGON")?;
            rings(f, polygon)
        }
        Shape::Rect(rect) => geometry(f, &Shape::Polygon(rect.to_polygon())),
        Shape::Triangle(triangle) => geometry(f, &Shape::Polygon(triangle.to_polygon())),
        Shape::MultiPoint(points) => {
            f.write_str("MULTIPOINT(")?;
            list(f, &points.0, ", ", |f, point| positions(f, &[point.0]))?;
            f.write_char(')')
        }
        Shape::MultiLineString(lines) => {
            f.write_str("MULTILINESTRING(")?;
            list(f, &lines.0, ", ", |f, line| positions(f, &line.0))?;
            f.write_char(')')
        }
        Shape::MultiPolygon(polygons) => {
            f.write_str("MULTIPOLYGON(")?;
            list(f, &polygons.0, ", ", rings)?;
            f.write_char(')')
        }
        Shape::GeometryCollection(members) => {
            f.write_str("GEOMETRYCOLLECTION(")?;
            list(f, &members.0, ", ", geometry)?;
            f.write_char(')')
        }
    }
}

fn rings(f: &mut Formatter<'_>, polygon: &Polygon) -> fmt::Result {
    let all: Vec<&LineString> = std::iter::once(polygon.exterior()).chain(polygon.interiors()).collect();
    f.write_char('(')?;
    list(f, &all, ", ", |f, ring| positions(f, &ring.0))?;
    f.write_char(')')
}

fn positions(f: &mut Formatter<'_>, positions: &[Coord]) -> fmt::Result {
    f.write_char('(')?;
    list(f, positions, ", ", |f, at| write!(f, "{} {}", at.x, at.y))?;
    f.write_char(')')
}

#[cfg(test)]
mod tests {
    use super::super::{Encoding, parse};

    #[test]
    fn what_is_written_reads_as_the_same() {
        let filters = [
            "use = 'M0' AND status = 'idle' AND area_m2 > 20000.5",
            "a = 1 OR b = 2 AND NOT (c = 3 OR d IS NOT NULL)",
            "x BETWEEN -1 AND y + 2 * (z - 3) / 4",
            "NOT name LIKE 'it''s %' AND n IN (1, 2.5, -3)",
            "\"odd name\" = 'a\\\\b' AND \"and\" IS NULL",
            "CASEI(name) = CASEI('Straße') AND A_CONTAINS(tags, ('a', 'b'))",
            "S_INTERSECTS(geometry, POLYGON((0 0, 1 0, 1 1, 0 0), (0.1 0.1, 0.2 0.1, 0.2 0.2, 0.1 0.1)))",
            "DWITHIN(geometry, feature('axes', 'chegu'), 1.5, 'km') AND S_WITHIN(geometry, BBOX(1, 2, 3, 4))",
            "S_CROSSES(geom, GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(0 0, 1e-7 1), MULTIPOINT((1 2), (3 4))))",
            "T_DURING(INTERVAL(valid_from, '..'), INTERVAL('2020-01-01', '2021-01-01'))",
            "d >= DATE('2020-02-29') AND t < TIMESTAMP('2020-02-29T10:00:00Z') AND flag = TRUE",
            "2 ^ 3 div 2 % 5 = x",
            "面积 > 2 AND (a = b) = TRUE",
        ];
        for filter in filters {
            let read = parse(filter, Encoding::Text).expect(filter);
            let written = read.to_string();
            let again = parse(&written, Encoding::Text).unwrap_or_else(|fault| panic!("{written}: {fault}"));
            assert_eq!(again, read, "{filter} was written as {written}");
        }
        let read = parse(filters[0], Encoding::Text).expect("a filter");
        assert_eq!(read.to_string(), filters[0]);
    }
}
