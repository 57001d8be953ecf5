//! Features: their public ids, their positions in a layer, and a row seen as a feature.

use std::fmt;

use super::layer::{Lang, Layer, Words};
use super::schema::FieldIx;
use super::value::Value;
use crate::geometry::GeometryRef;

/// The public id of a feature, stable across reloads; borrowed from its layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FeatureId<'a> {
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(&'a str),
}

impl fmt::Display for FeatureId<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Integer(id) => id.fmt(f),
            Self::Text(id) => id.fmt(f),
        }
    }
}

/// Position of a feature in one layer of one snapshot; it never leaves that snapshot, so it has no text form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeatureIx(pub(crate) u32);

impl FeatureIx {
    /// The position of a row.
    pub(crate) fn of_row(row: usize) -> Self {
        Self(u32::try_from(row).unwrap_or(u32::MAX))
    }

    pub(crate) fn row(self) -> usize {
        self.0 as usize
    }
}

/// A row of a layer, seen as a feature.
#[derive(Debug, Clone, Copy)]
pub struct FeatureRef<'a> {
    layer: &'a Layer,
    ix: FeatureIx,
}

impl<'a> FeatureRef<'a> {
    pub(super) fn new(layer: &'a Layer, ix: FeatureIx) -> Self {
        Self { layer, ix }
    }

    /// Its public id.
    #[must_use]
    pub fn id(self) -> FeatureId<'a> {
        self.layer.ids().get(self.ix)
    }

    /// Its geometry, if it has one.
    #[must_use]
    pub fn geometry(self) -> Option<GeometryRef<'a>> {
        self.layer.geometries().get(self.ix.row())
    }

    /// The value of a field.
    #[must_use]
    pub fn value(self, field: FieldIx) -> Value<'a> {
        self.layer.column(field).value(self.ix.row())
    }

    /// Its value in the field of a name; null where the layer has none.
    #[must_use]
    pub fn named(self, field: &str) -> Value<'a> {
        self.layer.schema.find(field).map_or(Value::Null, |(at, _)| self.value(at))
    }

    /// To how many metres its position is known, by the field that says so; `None` when that is not known, which is
    /// never the same as exact.
    #[must_use]
    pub fn accuracy_m(self) -> Option<f64> {
        self.accuracy_in(self.layer.accuracy_field())
    }

    /// The same by the field of its layer, looked up once for many features.
    #[must_use]
    pub fn accuracy_in(self, field: Option<FieldIx>) -> Option<f64> {
        self.value(field?).number().filter(|metres| *metres >= 0.0)
    }

    /// How far a line that stands for a band reaches to each side, metres, by the field that says so.
    #[must_use]
    pub fn half_width_m(self) -> Option<f64> {
        self.named("half_width_m").number().filter(|metres| metres.is_finite() && *metres > 0.0)
    }

    /// Its names in both languages, as [`name`](Self::name) has them.
    #[must_use]
    pub fn names(self) -> Words {
        let name = |lang| self.name(lang).into();
        Words { zh: name(Lang::Zh), en: name(Lang::En) }
    }

    /// Its name in a language, else in the other, else its id.
    #[must_use]
    pub fn name(self, lang: Lang) -> String {
        self.said_name(lang).map_or_else(|| self.id().to_string(), str::to_owned)
    }

    /// The name that the data has for it, in a language where it can be.
    #[must_use]
    pub fn said_name(self, lang: Lang) -> Option<&'a str> {
        self.layer.schema.names(lang).find_map(|field| match self.value(field) {
            Value::Text(text) if !text.trim().is_empty() => Some(text),
            _ => None,
        })
    }
}
