//! What stands inside a feature: values of properties, positions of geometries.

use std::borrow::Cow;
use std::fmt;

use serde::de::{DeserializeSeed, Error as _, MapAccess, SeqAccess, Visitor};

use crate::geometry::GeometryKind;
use crate::model::Incoming;
use crate::store::cut;
use crate::store::shapes::{Node, Shapes};

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

/// `coordinates` of any depth.
struct Coordinates<'s>(&'s mut Shapes);

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
                // Which of both would be meant nobody says (RFC 8259, 4).
                "coordinates" | "geometries" if open.found.is_some() || open.has_members => {
                    return Err(A::Error::custom(format_args!(
                        "a geometry has coordinates or geometries once, here {key:?} again"
                    )));
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
