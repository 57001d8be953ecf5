//! Features through `serde_json`.

use std::fmt;

use serde::de::{DeserializeSeed, Deserializer as _, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::values::{AnyValue, Geometry, Word};
use super::{line_at, reason_of};
use crate::model::Incoming;
use crate::store::manifest::LayerSpec;
use crate::store::rows::Rows;
use crate::store::{Warnings, cut};

/// An array of features for the reader.
pub(super) struct Features<'r, 'a>(pub(super) &'r mut Reader<'a>);

impl<'a> DeserializeSeed<'a> for Features<'_, 'a> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'a>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_seq(self)
    }
}

impl<'a> Visitor<'a> for Features<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of features")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut features: A) -> Result<(), A::Error> {
        while let Some(feature) = features.next_element::<&'a RawValue>()? {
            self.0.feature(feature.get());
        }
        Ok(())
    }
}

/// Reads features, one after the other.
pub(super) struct Reader<'a> {
    text: &'a str,
    /// Line of the file, from 1, on which the text begins.
    first_line: usize,
    pub(super) rows: Rows<'a>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str, first_line: usize, spec: &'a LayerSpec, warnings: Warnings) -> Self {
        Self { text, first_line, rows: Rows::new(spec, warnings) }
    }

    /// Reads one feature; a broken one leaves a warning and no trace.
    pub(super) fn feature(&mut self, text: &'a str) {
        self.rows.begin_feature();
        let mut id = None;
        let visitor = FeatureVisitor { rows: &mut self.rows, id: &mut id };
        let read = serde_json::Deserializer::from_str(text).deserialize_any(visitor);
        self.finish(text, read, id);
    }

    /// Reads a geometry that stands for a whole file, as a feature without properties.
    pub(super) fn bare_geometry(&mut self, text: &'a str) {
        let seed = Geometry { shapes: &mut self.rows.shapes, nested: false };
        let read = seed.deserialize(&mut serde_json::Deserializer::from_str(text));
        self.finish(text, read, None);
    }

    fn finish(&mut self, text: &str, read: Result<(), serde_json::Error>, id: Option<Incoming<'a>>) {
        let read = read.map_err(|fault| {
            let start = text.as_ptr() as usize - self.text.as_ptr() as usize;
            let line = self.first_line - 1 + line_at(self.text.as_bytes(), start) + fault.line().max(1) - 1;
            format!("{} (line {line})", reason_of(&fault))
        });
        self.rows.finish_feature(read, id);
    }
}
struct FeatureVisitor<'r, 'i, 'a> {
    rows: &'r mut Rows<'a>,
    id: &'i mut Option<Incoming<'a>>,
}

impl<'a> Visitor<'a> for FeatureVisitor<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a feature object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { rows, id } = self;
        let mut is_feature = false;
        while let Some(key) = map.next_key_seed(Word)? {
            match &*key {
                "type" => {
                    let kind = map.next_value_seed(Word)?;
                    if kind != "Feature" {
                        let kind = cut(&kind);
                        return Err(A::Error::custom(format_args!("type is {kind:?}, expected \"Feature\"")));
                    }
                    is_feature = true;
                }
                "id" => *id = Some(map.next_value_seed(AnyValue)?),
                "geometry" => {
                    map.next_value_seed(Geometry { shapes: &mut rows.shapes, nested: false })?;
                }
                "properties" => map.next_value_seed(Properties(rows))?,
                _ => {
                    map.next_value::<serde::de::IgnoredAny>()?;
                }
            }
        }
        if is_feature { Ok(()) } else { Err(A::Error::custom("type is missing, expected \"Feature\"")) }
    }
}

struct Properties<'r, 'a>(&'r mut Rows<'a>);

impl<'a> DeserializeSeed<'a> for Properties<'_, 'a> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'a>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'a> Visitor<'a> for Properties<'_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object of properties or null")
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let rows = self.0;
        while let Some(name) = map.next_key_seed(Word)? {
            let at = rows.column(name);
            let value = map.next_value_seed(AnyValue)?;
            rows.values.push((at, value));
        }
        Ok(())
    }
}
