//! CQL2 text to [`Expr`] (OGC 21-065r2, annex B).
//!
//! The grammar of the standard splits expressions by type; here one descent reads all of them and the types are
//! checked when names are resolved, so that a message can say what a field holds.

use std::cell::Cell;

use geo_types::{Coord, LineString, MultiLineString, MultiPoint, MultiPolygon, Point, Polygon};

use super::ast::{self, Arithmetic, Comparison, Expr, Node, Op, Place};
use super::{Allowance, FilterError, excerpt};
use crate::geometry::Shape;
use crate::model::{Date, Instant, Timestamp};

/// Words that are no property names unless in double quotes.
const RESERVED: [&str; 11] =
    ["and", "or", "not", "like", "between", "in", "is", "null", "true", "false", "div"];

pub fn parse(text: &str) -> Result<Expr, FilterError> {
    let mut reader = Reader::new(text);
    let expr = reader.expression()?;
    reader.end("AND, OR, an operator or the end")?;
    Ok(expr)
}

/// Reads well-known text alone.
pub fn geometry(text: &str) -> Result<Shape, FilterError> {
    let mut reader = Reader::new(text);
    reader.space();
    let shape = reader.shape()?;
    reader.end("the end")?;
    Ok(shape)
}

/// Does a text begin as well-known text does?
pub fn begins_geometry(text: &str) -> bool {
    Reader::new(text).geometry_follows()
}

/// The words that geometries begin with.
const SHAPES: [&str; 7] =
    ["point", "linestring", "polygon", "multipoint", "multilinestring", "multipolygon", "geometrycollection"];

/// May a property stand without quotes?
pub fn is_plain_name(name: &str) -> bool {
    let mut letters = name.chars();
    letters.next().is_some_and(starts_name)
        && letters.all(continues_name)
        && !RESERVED.iter().any(|word| name.eq_ignore_ascii_case(word))
}

struct Reader<'a> {
    text: &'a str,
    /// Byte of the next character.
    at: usize,
    /// A byte and the number of characters before it: places follow one another, and are counted from the last.
    counted: Cell<(usize, usize)>,
    allowance: Allowance,
}

type Read<T> = Result<T, FilterError>;

impl<'a> Reader<'a> {
    fn new(text: &'a str) -> Self {
        Self { text, at: 0, counted: Cell::new((0, 0)), allowance: Allowance::default() }
    }

    // ---- characters -------------------------------------------------------------------------------------

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    fn place_of(&self, byte: usize) -> Place {
        let (known, before) = self.counted.get();
        let before = if byte >= known {
            before + self.text[known..byte].chars().count()
        } else {
            before - self.text[byte..known].chars().count()
        };
        self.counted.set((byte, before));
        Place::Character(before + 1)
    }

    /// Demands that nothing follows.
    fn end(&mut self, what: &str) -> Read<()> {
        self.space();
        if self.at < self.text.len() { Err(self.expected(what)) } else { Ok(()) }
    }

    fn place(&self) -> Place {
        self.place_of(self.at)
    }

    fn space(&mut self) {
        // The standard's white space and that of Unicode are the same characters.
        self.at = self.text.len() - self.rest().trim_start().len();
    }

    fn expected(&self, what: &str) -> FilterError {
        let found = self.rest();
        let found = if found.is_empty() { "the end".to_owned() } else { format!("{:?}", excerpt(found)) };
        FilterError::new(self.place(), format!("expected {what}, found {found}"))
    }

    /// Takes a sign, white space before it included.
    fn sign(&mut self, sign: &str) -> bool {
        self.space();
        let found = self.rest().starts_with(sign);
        if found {
            self.at += sign.len();
        }
        found
    }

    fn demand(&mut self, sign: &str) -> Read<()> {
        if self.sign(sign) { Ok(()) } else { Err(self.expected(&format!("{sign:?}"))) }
    }

    /// The word that stands next, without taking it.
    fn word(&mut self) -> &'a str {
        self.space();
        let rest = self.rest();
        match rest.char_indices().find(|&(at, c)| !if at == 0 { starts_name(c) } else { continues_name(c) }) {
            Some((end, _)) => &rest[..end],
            None => rest,
        }
    }

    /// Takes a keyword.
    fn keyword(&mut self, keyword: &str) -> bool {
        let word = self.word();
        let found = word.eq_ignore_ascii_case(keyword);
        if found {
            self.at += word.len();
        }
        found
    }

    /// Looks past a word for an opening bracket.
    fn opens_after(&self, word: &str) -> bool {
        self.rest()[word.len()..].trim_start().starts_with('(')
    }

    fn inside<T>(&mut self, read: impl FnOnce(&mut Self) -> Read<T>) -> Read<T> {
        self.deeper()?;
        let read = read(self)?;
        self.allowance.depth -= 1;
        Ok(read)
    }

    fn deeper(&mut self) -> Read<()> {
        let (text, at) = (self.text, self.at);
        self.allowance.deeper(|| Place::Character(text[..at].chars().count() + 1))
    }

    /// Reads what is split by commas up to the closing bracket, once at least.
    fn list<T>(&mut self, mut read: impl FnMut(&mut Self) -> Read<T>) -> Read<Vec<T>> {
        let mut list = Vec::new();
        loop {
            list.push(read(self)?);
            if self.sign(")") {
                return Ok(list);
            }
            if !self.sign(",") {
                return Err(self.expected("\",\" or \")\""));
            }
        }
    }

    // ---- expressions, from the loosest operator to the tightest -------------------------------------------

    fn expression(&mut self) -> Read<Expr> {
        self.chain("or", &Op::Or, |reader| reader.chain("and", &Op::And, Self::negation))
    }

    fn chain(&mut self, keyword: &str, op: &Op, read: impl Fn(&mut Self) -> Read<Expr>) -> Read<Expr> {
        let first = read(self)?;
        let at = first.at.clone();
        let mut operands = vec![first];
        while self.keyword(keyword) {
            operands.push(read(self)?);
        }
        Ok(match operands.len() {
            1 => operands.remove(0),
            _ => Expr { node: Node::Call(op.clone(), operands), at },
        })
    }

    fn negation(&mut self) -> Read<Expr> {
        self.space();
        let at = self.place();
        if self.keyword("not") {
            let operand = self.inside(Self::negation)?;
            return Ok(call(Op::Not, vec![operand], at));
        }
        self.comparison()
    }

    fn comparison(&mut self) -> Read<Expr> {
        let first = self.sum()?;
        let at = first.at.clone();
        self.space();
        for (sign, op) in ast::INFIX.into_iter().filter(|(_, op)| matches!(op, Op::Compare(_))) {
            if self.sign(sign) {
                let second = self.sum()?;
                return Ok(call(op, vec![first, second], at));
            }
        }
        if self.keyword("is") {
            let negated = self.keyword("not");
            if !self.keyword("null") {
                return Err(self.expected("NULL"));
            }
            return Ok(negate(negated, call(Op::IsNull, vec![first], at)));
        }
        let before = self.at;
        let negated = self.keyword("not");
        let predicate = if self.keyword("like") {
            let pattern = self.primary()?;
            call(Op::Like, vec![first, pattern], at)
        } else if self.keyword("between") {
            let low = self.sum()?;
            if !self.keyword("and") {
                return Err(self.expected("AND between the limits of BETWEEN"));
            }
            let high = self.sum()?;
            call(Op::Between, vec![first, low, high], at)
        } else if self.keyword("in") {
            self.demand("(")?;
            let mut operands = vec![first];
            operands.extend(self.list(|reader| reader.inside(Self::element))?);
            call(Op::In, operands, at)
        } else {
            if negated {
                return Err(self.expected("LIKE, BETWEEN or IN after NOT"));
            }
            self.at = before;
            return Ok(first);
        };
        Ok(negate(negated, predicate))
    }

    fn sum(&mut self) -> Read<Expr> {
        self.left_to_right(&["+", "-"], |reader| reader.left_to_right(&["*", "/", "%", "div"], Self::power))
    }

    /// Operators of equal strength; each makes the tree one level deeper.
    fn left_to_right(&mut self, signs: &[&str], read: impl Fn(&mut Self) -> Read<Expr>) -> Read<Expr> {
        let mut left = read(self)?;
        let depth = self.allowance.depth;
        'operators: loop {
            for &sign in signs {
                let found = if sign == "div" { self.keyword(sign) } else { self.sign(sign) };
                if found {
                    self.deeper()?;
                    let at = left.at.clone();
                    left = call(infix(sign), vec![left, read(self)?], at);
                    continue 'operators;
                }
            }
            self.allowance.depth = depth;
            return Ok(left);
        }
    }

    fn power(&mut self) -> Read<Expr> {
        let base = self.operand()?;
        if !self.sign("^") {
            return Ok(base);
        }
        let at = base.at.clone();
        let exponent = self.operand()?;
        Ok(call(Op::Arithmetic(Arithmetic::Power), vec![base, exponent], at))
    }

    /// A primary with its sign.
    fn operand(&mut self) -> Read<Expr> {
        self.space();
        let at = self.place();
        if self.sign("-") {
            self.space();
            if self.peek().is_some_and(|c| c.is_ascii_digit() || c == '.') {
                let node = self.number(true)?;
                return Ok(Expr { node, at });
            }
            let operand = self.inside(Self::operand)?;
            let minus = Expr { node: Node::Integer(-1), at: at.clone() };
            return Ok(call(Op::Arithmetic(Arithmetic::Times), vec![minus, operand], at));
        }
        self.sign("+");
        self.primary()
    }

    fn primary(&mut self) -> Read<Expr> {
        self.space();
        let at = self.place();
        let node = match self.peek() {
            Some('(') => return self.inside(Self::bracket),
            Some('\'') => Node::Text(self.quoted('\'')?.into()),
            Some('"') => self.property_or_call()?,
            Some(c) if c.is_ascii_digit() || c == '.' => self.number(false)?,
            Some(c) if starts_name(c) => self.named()?,
            _ => return Err(self.expected("a property, a value or a predicate")),
        };
        Ok(Expr { node, at })
    }

    /// An expression in brackets, or an array.
    fn bracket(&mut self) -> Read<Expr> {
        let at = self.place();
        self.demand("(")?;
        if self.sign(")") {
            return Ok(Expr { node: Node::Array(Vec::new()), at });
        }
        let mut elements = self.list(Self::element)?;
        Ok(match elements.len() {
            1 => elements.remove(0),
            _ => Expr { node: Node::Array(elements), at },
        })
    }

    fn element(&mut self) -> Read<Expr> {
        self.expression()
    }

    fn named(&mut self) -> Read<Node> {
        let word = self.word();
        let folded = word.to_ascii_lowercase();
        if folded == "true" || folded == "false" {
            self.at += word.len();
            return Ok(Node::Bool(folded == "true"));
        }
        if RESERVED.contains(&folded.as_str()) {
            return Err(
                self.expected("a property (a reserved word in double quotes), a value or a predicate")
            );
        }
        if self.geometry_follows() {
            return Ok(Node::Geometry(self.shape()?));
        }
        if !self.opens_after(word) {
            return self.property_or_call();
        }
        match folded.as_str() {
            "bbox" => self.bbox(),
            "date" | "timestamp" => {
                self.at += word.len();
                self.demand("(")?;
                self.space();
                let at = self.place();
                let text = self.quoted('\'')?;
                self.demand(")")?;
                instant(&text, folded == "date")
                    .map(Node::Instant)
                    .ok_or_else(|| wrong_instant(at, &text, &folded))
            }
            "interval" => self.interval(),
            _ => self.property_or_call(),
        }
    }

    /// A property, or a function when a bracket follows.
    fn property_or_call(&mut self) -> Read<Node> {
        let at = self.place();
        let quoted = self.peek() == Some('"');
        let name = if quoted { self.quoted('"')? } else { self.take_word() };
        if quoted || !self.sign("(") {
            if name.is_empty() {
                return Err(FilterError::new(at, "the name of a property is empty"));
            }
            return Ok(Node::Property(name.into()));
        }
        let op = ast::call_named(&name);
        let mut operands =
            if self.sign(")") { Vec::new() } else { self.list(|reader| reader.inside(Self::element))? };
        if let Some(wanted) = ast::operands(&op).filter(|&wanted| wanted != operands.len()) {
            let problem = format!("{} takes {wanted} operands, here {}", name.to_uppercase(), operands.len());
            return Err(FilterError::new(at, problem));
        }
        if matches!(op, Op::Set(_)) {
            operands.iter_mut().for_each(as_array);
        }
        Ok(Node::Call(op, operands))
    }

    fn take_word(&mut self) -> String {
        let word = self.word();
        self.at += word.len();
        word.to_owned()
    }

    // ---- values -------------------------------------------------------------------------------------------

    /// A text between quotes; a quote inside is doubled or follows a backslash.
    fn quoted(&mut self, quote: char) -> Read<String> {
        let start = self.at;
        if self.peek() != Some(quote) {
            return Err(self.expected(&format!("a text in {quote}")));
        }
        let mut text = String::new();
        let mut rest = self.rest()[1..].char_indices().peekable();
        while let Some((at, c)) = rest.next() {
            if c == quote {
                if rest.next_if(|&(_, next)| next == quote).is_none() {
                    self.at = start + 1 + at + 1;
                    return Ok(text);
                }
                text.push(quote);
            } else if c == '\\' && quote == '\'' {
                match rest.next_if(|&(_, next)| "'abtnvfr\\".contains(next)) {
                    Some((_, escaped)) => text.push(unescaped(escaped)),
                    // A backslash before another character stands for itself, as patterns of LIKE need it.
                    None => text.push(c),
                }
            } else {
                text.push(c);
            }
        }
        Err(FilterError::new(
            self.place_of(start),
            format!("the text that begins here has no closing {quote}"),
        ))
    }

    fn number(&mut self, negative: bool) -> Read<Node> {
        let rest = self.rest();
        let digits = |from: usize| rest[from..].bytes().take_while(u8::is_ascii_digit).count();
        let mut end = digits(0);
        if rest[end..].starts_with('.') {
            end += 1 + digits(end + 1);
        }
        if rest[end..].starts_with(['e', 'E']) {
            let sign = usize::from(rest[end + 1..].starts_with(['+', '-']));
            let exponent = digits(end + 1 + sign);
            if exponent > 0 {
                end += 1 + sign + exponent;
            }
        }
        let text = format!("{}{}", if negative { "-" } else { "" }, &rest[..end]);
        let node = match text.parse() {
            Ok(whole) => Node::Integer(whole),
            Err(_) => match text.parse::<f64>() {
                Ok(real) if real.is_finite() => Node::Real(real),
                _ => return Err(self.expected("a number")),
            },
        };
        self.at += end;
        Ok(node)
    }

    fn coordinate(&mut self) -> Read<f64> {
        self.space();
        let negative = self.sign("-");
        if !negative {
            self.sign("+");
        }
        if !self.peek().is_some_and(|c| c.is_ascii_digit() || c == '.') {
            return Err(self.expected("a number"));
        }
        match self.number(negative)? {
            #[expect(clippy::cast_precision_loss, reason = "a coordinate above 2^53 is out of any range")]
            Node::Integer(whole) => Ok(whole as f64),
            Node::Real(real) => Ok(real),
            _ => Err(self.expected("a number")),
        }
    }

    fn interval(&mut self) -> Read<Node> {
        self.keyword("interval");
        self.demand("(")?;
        let start = self.end_of_interval()?;
        self.demand(",")?;
        let end = self.end_of_interval()?;
        self.demand(")")?;
        Ok(Node::Interval(Box::new([start, end])))
    }

    fn end_of_interval(&mut self) -> Read<Option<Expr>> {
        self.space();
        let at = self.place();
        if self.peek() != Some('\'') {
            return self.inside(Self::primary).map(Some);
        }
        let text = self.quoted('\'')?;
        if text == ".." {
            return Ok(None);
        }
        let instant = Instant::parse(&text).ok_or_else(|| wrong_instant(at.clone(), &text, "interval"))?;
        Ok(Some(Expr { node: Node::Instant(instant), at }))
    }

    fn bbox(&mut self) -> Read<Node> {
        let at = self.place();
        self.keyword("bbox");
        self.demand("(")?;
        let numbers = self.list(Self::coordinate)?;
        bbox(&numbers).map(Node::Bbox).ok_or_else(|| {
            let problem = format!("BBOX takes 4 or 6 numbers, here {}", numbers.len());
            FilterError::new(at, problem)
        })
    }

    // ---- well-known text ----------------------------------------------------------------------------------

    /// Does a word follow that geometries begin with, and then a bracket?
    fn geometry_follows(&mut self) -> bool {
        let word = self.word();
        SHAPES.iter().any(|shape| word.eq_ignore_ascii_case(shape))
            && (self.opens_after(word) || self.height_follows(word))
    }

    /// Does `Z` and then a bracket follow the word?
    fn height_follows(&self, word: &str) -> bool {
        let rest = self.rest()[word.len()..].trim_start();
        rest.strip_prefix(['z', 'Z']).is_some_and(|rest| rest.trim_start().starts_with('('))
    }

    fn shape(&mut self) -> Read<Shape> {
        let at = self.place();
        let kind = self.take_word().to_ascii_lowercase();
        self.keyword("z");
        Ok(match kind.as_str() {
            "point" => {
                self.demand("(")?;
                let position = self.position()?;
                self.demand(")")?;
                Shape::Point(Point(position))
            }
            "linestring" => Shape::LineString(self.line(2)?),
            "polygon" => Shape::Polygon(self.polygon()?),
            "multipoint" => {
                self.demand("(")?;
                let points = self.list(|reader| {
                    // Both `(1 2), (3 4)` and `1 2, 3 4` are written.
                    let bracket = reader.sign("(");
                    let position = reader.position()?;
                    if bracket {
                        reader.demand(")")?;
                    }
                    Ok(Point(position))
                })?;
                Shape::MultiPoint(MultiPoint(points))
            }
            "multilinestring" => {
                self.demand("(")?;
                Shape::MultiLineString(MultiLineString(self.list(|reader| reader.line(2))?))
            }
            "multipolygon" => {
                self.demand("(")?;
                Shape::MultiPolygon(MultiPolygon(self.list(Self::polygon)?))
            }
            "geometrycollection" => {
                self.demand("(")?;
                let members = self.list(|reader| {
                    reader.space();
                    reader.inside(Self::shape)
                })?;
                Shape::GeometryCollection(geo_types::GeometryCollection(members))
            }
            _ => {
                let problem = format!("expected a geometry such as POINT or POLYGON, found {kind:?}");
                return Err(FilterError::new(at, problem));
            }
        })
    }

    fn polygon(&mut self) -> Read<Polygon> {
        self.demand("(")?;
        let mut rings = self.list(|reader| {
            reader.space();
            let at = reader.place();
            let ring = reader.line(4)?;
            if ring.0.first() == ring.0.last() {
                Ok(ring)
            } else {
                Err(FilterError::new(at, "the last position of a ring must be its first"))
            }
        })?;
        let shell = rings.remove(0);
        Ok(Polygon::new(shell, rings))
    }

    fn line(&mut self, least: usize) -> Read<LineString> {
        self.space();
        let at = self.place();
        self.demand("(")?;
        let positions = self.list(Self::position)?;
        if positions.len() < least {
            let problem = format!("expected {least} positions or more, found {}", positions.len());
            return Err(FilterError::new(at, problem));
        }
        Ok(LineString(positions))
    }

    fn position(&mut self) -> Read<Coord> {
        self.space();
        let (text, at) = (self.text, self.at);
        self.allowance.position(|| Place::Character(text[..at].chars().count() + 1))?;
        let (x, y) = (self.coordinate()?, self.coordinate()?);
        self.space();
        if !self.rest().starts_with([',', ')']) {
            self.coordinate()?;
        }
        Ok(Coord { x, y })
    }
}

/// The character that stands behind a backslash for another one.
fn unescaped(c: char) -> char {
    match c {
        'a' => '\u{7}',
        'b' => '\u{8}',
        't' => '\t',
        'n' => '\n',
        'v' => '\u{b}',
        'f' => '\u{c}',
        'r' => '\r',
        other => other,
    }
}

fn call(op: Op, operands: Vec<Expr>, at: Place) -> Expr {
    Expr { node: Node::Call(op, operands), at }
}

fn negate(negated: bool, expr: Expr) -> Expr {
    if !negated {
        return expr;
    }
    let at = expr.at.clone();
    call(Op::Not, vec![expr], at)
}

fn infix(sign: &str) -> Op {
    let op = ast::INFIX.into_iter().find(|(known, _)| *known == sign);
    op.map_or(Op::Compare(Comparison::Equal), |(_, op)| op)
}

/// An array of one element looks like an expression in brackets.
fn as_array(operand: &mut Expr) {
    let is_array =
        matches!(operand.node, Node::Array(_) | Node::Property(_) | Node::Call(Op::Function(_), _));
    if !is_array {
        let element = operand.clone();
        operand.node = Node::Array(vec![element]);
    }
}

/// Reads a date, or a timestamp.
pub fn instant(text: &str, is_date: bool) -> Option<Instant> {
    if is_date {
        Date::parse(text).map(Instant::Date)
    } else {
        Timestamp::parse(text).map(Instant::Timestamp)
    }
}

pub fn wrong_instant(at: Place, text: &str, kind: &str) -> FilterError {
    let expected = match kind {
        "date" => "a date as in 2025-12-31",
        "timestamp" => "a timestamp as in 2025-12-31T08:00:00Z",
        _ => "a date, a timestamp or .. for an open end",
    };
    FilterError::new(at, format!("expected {expected}, found {:?}", excerpt(text)))
}

/// The corners of four numbers, or of six with heights.
pub fn bbox(numbers: &[f64]) -> Option<[f64; 4]> {
    match *numbers {
        [a, b, c, d] | [a, b, _, c, d, _] => Some([a, b, c, d]),
        _ => None,
    }
}

/// May a name begin with it (annex B, `identifierStart`)?
fn starts_name(c: char) -> bool {
    matches!(c,
        ':' | '_' | 'A'..='Z' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
        | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1ffe}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
        | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}' | '\u{fdf0}'..='\u{fffd}'
        | '\u{10000}'..='\u{effff}')
        // White space inside these ranges stays white space, and full-width signs stay signs.
        && !c.is_whitespace()
}

fn continues_name(c: char) -> bool {
    starts_name(c) || matches!(c, '.' | '0'..='9' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}')
}
