//! `Schema`: the queryables of a layer.

use super::layer::{Lang, Words};

/// What a field holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// True or false.
    Bool,
    /// Whole numbers.
    Integer,
    /// Real numbers.
    Real,
    /// Text.
    Text,
    /// Days.
    Date,
    /// Moments.
    Timestamp,
    /// Arrays, kept as JSON text.
    Array,
    /// Objects, kept as JSON text.
    Object,
}

impl ValueKind {
    /// The kind as the catalogue file and messages name it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "boolean",
            Self::Integer => "integer",
            Self::Real => "real",
            Self::Text => "text",
            Self::Date => "date",
            Self::Timestamp => "timestamp",
            Self::Array => "array",
            Self::Object => "object",
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "boolean" => Self::Bool,
            "integer" => Self::Integer,
            "real" => Self::Real,
            "text" => Self::Text,
            "date" => Self::Date,
            "timestamp" => Self::Timestamp,
            "array" => Self::Array,
            "object" => Self::Object,
            _ => return None,
        })
    }

    /// Can it be compared with a single literal? Arrays and objects cannot.
    #[must_use]
    pub fn is_simple(self) -> bool {
        !matches!(self, Self::Array | Self::Object)
    }
}

/// What a text of a field is when one looks for a feature by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FindBy {
    /// A name.
    Name,
    /// Another name.
    Alias,
    /// A code, such as a parcel number: letters and digits whose beginning is quoted.
    Code,
    /// A section of the plan that speaks of the feature.
    Section,
}

impl FindBy {
    /// What a word of the catalogue file means.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Some(match word {
            "name" => Self::Name,
            "alias" => Self::Alias,
            "code" => Self::Code,
            "section" => Self::Section,
            _ => return None,
        })
    }
}

/// A field of a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Name, as in the data.
    pub name: Box<str>,
    /// What it holds.
    pub kind: ValueKind,
    /// What people call it.
    pub title: Option<Words>,
    /// Unit of its values, best in UCUM.
    pub unit: Option<Box<str>>,
    /// Is a feature looked for by it? `None` leaves it to the name of the field.
    pub find: Option<FindBy>,
}

impl Field {
    /// How a feature is looked for by it: as the catalogue file says, else as fields of this name usually are.
    #[must_use]
    pub fn found_by(&self) -> Option<FindBy> {
        self.find.or(match &*self.name {
            "name" | "name_zh" | "name_en" | "name:zh" | "name:en" | "title" => Some(FindBy::Name),
            "aliases" | "alt_name" | "old_name" | "short_name" => Some(FindBy::Alias),
            "plan_refs" => Some(FindBy::Section),
            _ => None,
        })
    }

    /// Square metres of its unit, in UCUM or as people write it; none where it does not hold areas.
    #[must_use]
    pub fn square_metres(&self) -> Option<f64> {
        if !matches!(self.kind, ValueKind::Integer | ValueKind::Real) {
            return None;
        }
        match self.unit.as_deref()? {
            "m2" | "m²" | "㎡" | "平方米" => Some(1.0),
            "har" | "ha" | "hm2" | "hm²" | "公顷" => Some(10_000.0),
            "km2" | "km²" | "平方公里" => Some(1_000_000.0),
            "[mu]" | "mu" | "亩" => Some(10_000.0 / 15.0),
            _ => None,
        }
    }

    /// Which of the names of a feature it holds for a reader of a language, the first to be shown having the least rank.
    fn name_rank(&self, lang: Lang) -> Option<u8> {
        (self.found_by()? == FindBy::Name).then_some(match (&*self.name, lang) {
            ("name_zh" | "name:zh", Lang::Zh) | ("name_en" | "name:en", Lang::En) => 0,
            ("name_zh" | "name:zh" | "name_en" | "name:en", _) => 1,
            _ if self.find.is_some() => 2,
            ("title", _) => 4,
            _ => 3,
        })
    }
}

/// Position of a field in its schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldIx(pub(crate) u16);

/// The fields of a layer; names are unique, the order is the order of output.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    fields: Vec<Field>,
    /// The fields that hold names, by language, the likeliest first.
    names: [Vec<FieldIx>; 2],
}

impl Schema {
    pub(super) fn new(fields: Vec<Field>) -> Self {
        let mut schema = Self { fields, names: [Vec::new(), Vec::new()] };
        schema.names = Lang::ALL.map(|lang| {
            let names = schema.fields().filter_map(|(at, field)| Some((field.name_rank(lang)?, at)));
            let mut ranked: Vec<_> = names.collect();
            ranked.sort_by_key(|&(rank, _)| rank);
            ranked.into_iter().map(|(_, at)| at).collect()
        });
        schema
    }

    /// All fields with their positions.
    #[must_use]
    pub fn fields(&self) -> impl ExactSizeIterator<Item = (FieldIx, &Field)> {
        self.fields
            .iter()
            .enumerate()
            .map(|(at, field)| (FieldIx(u16::try_from(at).unwrap_or(u16::MAX)), field))
    }

    /// The field of a name.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<(FieldIx, &Field)> {
        self.fields().find(|(_, field)| &*field.name == name)
    }

    /// The fields that may hold what a feature is called in a language, the likeliest first.
    pub fn names(&self, lang: Lang) -> impl Iterator<Item = FieldIx> {
        self.names[lang as usize].iter().copied()
    }

    /// The field at a position.
    #[must_use]
    pub fn field(&self, at: FieldIx) -> &Field {
        &self.fields[usize::from(at.0)]
    }
}
