//! What stands inside a feature: values of properties, positions of geometries.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};

use super::cut;
use crate::geometry::{GeometryBuilder, GeometryFault, GeometryKind, RingNote};
use crate::model::Incoming;

/// A string, borrowed where it holds no escapes.
pub(super) struct Word;

impl<'a> DeserializeSeed<'a> for Word {
    type Value = Cow<'a, str>;

    fn deserialize<D: serde::Deserializer<'a>>(self, json: D) -> Result<Cow<'a, str>, D::Error> {
        json.deserialize_str(self)
    }
}

impl<'a> Visitor<'a> for Word {
    type Value = Cow<'a, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Cow<'a, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'a, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// Any value of a property, or an id.
pub(super) struct AnyValue;

impl<'a> DeserializeSeed<'a> for AnyValue {
    type Value = Incoming<'a>;

    fn deserialize<D: serde::Deserializer<'a>>(self, json: D) -> Result<Incoming<'a>, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for AnyValue {
    type Value = Incoming<'a>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_unit<E>(self) -> Result<Incoming<'a>, E> {
        Ok(Incoming::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Incoming<'a>, E> {
        Ok(Incoming::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Incoming<'a>, E> {
        Ok(Incoming::Integer(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Incoming<'a>, E> {
        #[expect(clippy::cast_precision_loss, reason = "above 2^63 only a real holds it")]
        Ok(i64::try_from(value).map_or(Incoming::Real(value as f64), Incoming::Integer))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Incoming<'a>, E> {
        Ok(Incoming::Real(value))
    }

    fn visit_borrowed_str<E>(self, text: &'a str) -> Result<Incoming<'a>, E> {
        Ok(Incoming::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Incoming<'a>, E> {
        Ok(Incoming::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, seq: A) -> Result<Incoming<'a>, A::Error> {
        let value: serde_json::Value =
            serde::Deserialize::deserialize(serde::de::value::SeqAccessDeserializer::new(seq))?;
        Ok(Incoming::Array(value.to_string()))
    }

    fn visit_map<A: MapAccess<'a>>(self, map: A) -> Result<Incoming<'a>, A::Error> {
        let value: serde_json::Value =
            serde::Deserialize::deserialize(serde::de::value::MapAccessDeserializer::new(map))?;
        Ok(Incoming::Object(value.to_string()))
    }
}

/// How deeply positions are nested: 0 a position, 1 a list of positions, and so on.
pub(super) type Depth = u8;

/// The positions of one feature as they come, before their kind is known.
#[derive(Default)]
pub(super) struct Shapes {
    positions: Vec<[f64; 2]>,
    /// Metres beside `positions`, NaN where absent.
    altitudes: Vec<f64>,
    /// Ends of the lists of positions.
    run_ends: Vec<usize>,
    /// Ends, in `run_ends`, of the lists of lists.
    polygon_ends: Vec<usize>,
    list: Vec<Shape>,
    is_collection: bool,
    /// A position that was pulled back to the edge of the world.
    pub(super) beyond: Option<[f64; 2]>,
}

struct Shape {
    kind: GeometryKind,
    positions: std::ops::Range<usize>,
    runs: std::ops::Range<usize>,
    polygons: std::ops::Range<usize>,
}

impl Shapes {
    pub(super) fn clear(&mut self) {
        self.positions.clear();
        self.altitudes.clear();
        self.run_ends.clear();
        self.polygon_ends.clear();
        self.list.clear();
        self.is_collection = false;
        self.beyond = None;
    }

    /// Adds a position. Programs that compute positions overshoot the edge of the world by rounding; what lies
    /// less than a step of 1e-7 degree (1 cm) beyond is pulled back.
    pub(super) fn push(&mut self, position: [f64; 2], metres: f64) {
        const STEP: f64 = 1e-7;
        let within = |value: f64, edge: f64| {
            if value.abs() > edge && value.abs() < edge + STEP { edge.copysign(value) } else { value }
        };
        let kept = [within(position[0], 180.0), within(position[1], 90.0)];
        if kept != position {
            self.beyond.get_or_insert(position);
        }
        self.positions.push(kept);
        self.altitudes.push(metres);
    }

    /// Ends a list whose deepest is so deep; the answer is how deep the list is.
    pub(super) fn end_list(&mut self, inner: Option<Depth>) -> Option<Depth> {
        match inner {
            Some(0) => self.run_ends.push(self.positions.len()),
            Some(1) => self.polygon_ends.push(self.run_ends.len()),
            _ => {}
        }
        inner.map(|depth| depth.saturating_add(1))
    }

    /// Begins a geometry.
    pub(super) fn open(&self) -> Open {
        Open {
            positions: self.positions.len(),
            runs: self.run_ends.len(),
            polygons: self.polygon_ends.len(),
            kind: None,
            found: None,
            has_members: false,
        }
    }

    /// Ends a geometry, `is_nested` in a collection; an error says why it is none.
    pub(super) fn close(&mut self, open: &Open, is_nested: bool) -> Result<(), String> {
        let kind = open.kind.ok_or("the geometry has no type")?;
        if kind == GeometryKind::GeometryCollection {
            if !open.has_members {
                return Err("the GeometryCollection has no geometries".into());
            }
            self.is_collection |= !is_nested;
            return Ok(());
        }
        let (depth, expected) = named_depth(kind);
        match &open.found {
            // RFC 7946, 3.1: empty coordinates may be read as no geometry.
            Some(Node::List(None)) => Ok(()),
            Some(Node::List(Some(it))) if *it == depth => {
                self.list.push(Shape {
                    kind,
                    positions: open.positions..self.positions.len(),
                    runs: open.runs..self.run_ends.len(),
                    polygons: open.polygons..self.polygon_ends.len(),
                });
                Ok(())
            }
            None => Err(format!("the {} has no coordinates", kind.name())),
            Some(_) => Err(format!("coordinates of a {} must be {expected}", kind.name())),
        }
    }

    /// Puts the geometry into the layer; the answer says what was odd about its rings, each thing once.
    pub(super) fn put(&mut self, builder: &mut GeometryBuilder) -> Result<RingNote, GeometryFault> {
        let mut odd = RingNote { turned: false, crosses_near: None };
        for shape in &self.list {
            let mut start = shape.positions.start;
            let mut next_run = |run: usize| {
                let at = start..self.run_ends[run];
                start = at.end;
                at
            };
            match shape.kind {
                GeometryKind::Point | GeometryKind::MultiPoint => {
                    for at in shape.positions.clone() {
                        let altitude = Some(self.altitudes[at]).filter(|metres| !metres.is_nan());
                        builder.point(self.positions[at], altitude)?;
                    }
                }
                GeometryKind::LineString | GeometryKind::MultiLineString => {
                    for run in shape.runs.clone() {
                        let at = next_run(run);
                        builder.line(&self.positions[at.clone()], &self.altitudes[at])?;
                    }
                }
                GeometryKind::Polygon | GeometryKind::MultiPolygon => {
                    let (mut shell, mut polygon) = (true, shape.polygons.start);
                    for run in shape.runs.clone() {
                        let at = next_run(run);
                        let (positions, altitudes) =
                            (&mut self.positions[at.clone()], &mut self.altitudes[at]);
                        let note = builder.ring(positions, altitudes, shell)?;
                        odd.turned |= note.turned;
                        odd.crosses_near = odd.crosses_near.or(note.crosses_near);
                        shell = self.polygon_ends[polygon] == run + 1;
                        polygon += usize::from(shell);
                    }
                }
                GeometryKind::GeometryCollection => {}
            }
            builder.end_member(shape.kind);
        }
        builder.finish(self.is_collection)?;
        Ok(odd)
    }
}

/// A geometry that is being read: where its positions begin, and what its members said so far.
pub(super) struct Open {
    positions: usize,
    runs: usize,
    polygons: usize,
    pub(super) kind: Option<GeometryKind>,
    pub(super) found: Option<Node>,
    pub(super) has_members: bool,
}

/// `coordinates` of any depth.
struct Coordinates<'s>(&'s mut Shapes);

/// A number, or a list with the depth of its deepest; `None` when it is empty.
pub(super) enum Node {
    Number(f64),
    List(Option<Depth>),
}

impl<'a> DeserializeSeed<'a> for Coordinates<'_> {
    type Value = Node;

    fn deserialize<D: serde::Deserializer<'a>>(self, json: D) -> Result<Node, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Coordinates<'_> {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number or an array of coordinates")
    }

    fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
        Ok(Node::Number(value))
    }

    #[expect(clippy::cast_precision_loss, reason = "a coordinate of more than 2^53 degrees is refused later")]
    fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
        Ok(Node::Number(value as f64))
    }

    #[expect(clippy::cast_precision_loss, reason = "a coordinate of more than 2^53 degrees is refused later")]
    fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
        Ok(Node::Number(value as f64))
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut seq: A) -> Result<Node, A::Error> {
        let shapes = self.0;
        let first = match seq.next_element_seed(Coordinates(shapes))? {
            None => return Ok(Node::List(None)),
            Some(Node::Number(longitude)) => {
                let Some(Node::Number(latitude)) = seq.next_element_seed(Coordinates(shapes))? else {
                    return Err(A::Error::custom("a position needs a longitude and a latitude"));
                };
                let mut altitude = f64::NAN;
                match seq.next_element_seed(Coordinates(shapes))? {
                    Some(Node::Number(metres)) => altitude = metres,
                    Some(Node::List(_)) => return Err(A::Error::custom("a position holds an array")),
                    None => {}
                }
                while seq.next_element::<f64>()?.is_some() {}
                shapes.push([longitude, latitude], altitude);
                return Ok(Node::List(Some(0)));
            }
            Some(Node::List(depth)) => depth,
        };
        let mut inner = first;
        while let Some(node) = seq.next_element_seed(Coordinates(shapes))? {
            match node {
                Node::List(depth) if depth == inner || depth.is_none() => {}
                Node::List(depth) if inner.is_none() => inner = depth,
                _ => return Err(A::Error::custom("coordinates of different depth stand side by side")),
            }
        }
        Ok(Node::List(shapes.end_list(inner)))
    }
}

/// A geometry object or null, appended to the shapes of a feature.
pub(super) struct Geometry<'s> {
    pub(super) shapes: &'s mut Shapes,
    pub(super) nested: bool,
}

impl<'a> DeserializeSeed<'a> for Geometry<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'a>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

fn named_depth(kind: GeometryKind) -> (Depth, &'static str) {
    match kind {
        GeometryKind::Point => (0, "a position"),
        GeometryKind::MultiPoint | GeometryKind::LineString => (1, "an array of positions"),
        GeometryKind::MultiLineString | GeometryKind::Polygon => (2, "an array of arrays of positions"),
        GeometryKind::MultiPolygon => (3, "an array of polygons, each an array of rings"),
        GeometryKind::GeometryCollection => (0, "absent"),
    }
}

impl<'a> Visitor<'a> for Geometry<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a geometry object or null")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { shapes, nested } = self;
        let mut open = shapes.open();
        while let Some(key) = map.next_key_seed(Word)? {
            match &*key {
                "type" => {
                    let name = map.next_value_seed(Word)?;
                    open.kind = Some(GeometryKind::parse(&name).ok_or_else(|| {
                        A::Error::custom(format_args!(
                            "geometry type {:?} is unknown; expected Point, MultiPoint, LineString, \
                             MultiLineString, Polygon, MultiPolygon or GeometryCollection",
                            cut(&name)
                        ))
                    })?);
                }
                "coordinates" => open.found = Some(map.next_value_seed(Coordinates(shapes))?),
                "geometries" => {
                    map.next_value_seed(Members(shapes))?;
                    open.has_members = true;
                }
                _ => {
                    map.next_value::<serde::de::IgnoredAny>()?;
                }
            }
        }
        shapes.close(&open, nested).map_err(A::Error::custom)
    }
}

/// The members of a geometry collection; nested collections are flattened.
struct Members<'s>(&'s mut Shapes);

impl<'a> DeserializeSeed<'a> for Members<'_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'a>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'a> Visitor<'a> for Members<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of geometries")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut members: A) -> Result<(), A::Error> {
        while members.next_element_seed(Geometry { shapes: &mut *self.0, nested: true })?.is_some() {}
        Ok(())
    }
}
