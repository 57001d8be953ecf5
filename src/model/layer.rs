//! `Layer`: ids, geometries and one typed column per field, with a description.

use std::fmt;
use std::sync::Arc;
use std::thread;

use thiserror::Error;

use super::column::{Column, NULL_INTEGER};
use super::domain::Domain;
use super::feature::{FeatureId, FeatureIx, FeatureRef};
use super::schema::{Field, FieldIx, Schema, ValueKind};
use super::text::TextArena;
use super::time::Timestamp;
use super::value::Value;
use crate::geometry::{Bounds, GeometryArray};

/// Fewer features than this are measured before a second thread would have begun.
const WORTH_A_THREAD: usize = 1 << 14;

/// Name of a layer; equals the collection id in URLs.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LayerId(Arc<str>);

impl LayerId {
    /// A name of letters, digits, `_`, `-` and `.`, not beginning with a dot, at most 128 bytes long.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=128).contains(&text.len())
            && !text.starts_with('.')
            && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
        fits.then(|| Self(text.into()))
    }

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::borrow::Borrow<str> for LayerId {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for LayerId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The same words in Chinese and English.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Words {
    /// Chinese.
    pub zh: Box<str>,
    /// English.
    pub en: Box<str>,
}

/// A language of the service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Zh, Self::En];

    /// Its name in addresses.
    #[must_use]
    pub fn name(self) -> &'static str {
        self.pick("zh", "en")
    }

    /// The language of a name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.name() == name)
    }

    /// The language tag (BCP 47).
    #[must_use]
    pub fn tag(self) -> &'static str {
        match self {
            Self::Zh => "zh-CN",
            Self::En => "en",
        }
    }

    /// One of two wordings.
    #[must_use]
    pub fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Zh => zh,
            Self::En => en,
        }
    }
}

impl Words {
    /// Words of which one may be left out: the empty one repeats the other.
    #[must_use]
    pub fn filled(zh: &str, en: &str) -> Self {
        let or = |text: &str, other: &str| if text.is_empty() { other.into() } else { text.into() };
        Self { zh: or(zh, en), en: or(en, zh) }
    }

    /// The words in a language.
    #[must_use]
    pub fn say(&self, lang: Lang) -> &str {
        lang.pick(&self.zh, &self.en)
    }
}

/// What a layer is about, for people.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LayerAbout {
    /// Title.
    pub title: Words,
    /// A sentence or two.
    pub description: Option<Words>,
    /// Who is credited.
    pub attribution: Option<Words>,
    /// SPDX id or address of the licence.
    pub licence: Option<Box<str>>,
    /// The part it is said to play on the map: `core`, `axis`, `belt`, `site`, `water` …; see [`LayerAbout::role`].
    pub draw: Option<Box<str>>,
    /// Is every feature made up?
    pub synthetic: bool,
    /// Was the system of its coordinates a guess that nothing supports? Then it shows nobody where others lie.
    pub is_place_guessed: bool,
}

impl LayerAbout {
    /// The part it plays on the map: that of sites, unless another is said.
    #[must_use]
    pub fn role(&self) -> &str {
        self.draw.as_deref().unwrap_or("site")
    }

    /// What a table made of the layer is about: its title goes on with a text in each language.
    #[must_use]
    pub fn of_table(&self, zh: &str, en: &str) -> Self {
        let title = Words {
            zh: format!("{}{zh}", self.title.zh).into(),
            en: format!("{}{en}", self.title.en).into(),
        };
        Self {
            title,
            synthetic: self.synthetic,
            licence: self.licence.clone(),
            attribution: self.attribution.clone(),
            ..Self::default()
        }
    }
}

/// The fields that say when a feature holds; a missing one is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimeFields {
    /// Field of the first day or moment.
    pub start: Option<FieldIx>,
    /// Field of the last; the same as `start` for features of one day or moment.
    pub end: Option<FieldIx>,
}

/// The reach of a layer in space and time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Extent {
    /// Window around all geometries.
    pub bounds: Option<Bounds>,
    /// Earliest and latest time; a missing one is open or unknown.
    pub interval: Option<(Option<Timestamp>, Option<Timestamp>)>,
}

/// The public ids of a layer, by position: all whole numbers or all text.
#[derive(Debug)]
pub enum Ids {
    /// Whole numbers.
    Integer(Vec<i64>),
    /// Text.
    Text(TextArena),
}

impl Ids {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Integer(ids) => ids.len(),
            Self::Text(ids) => ids.len(),
        }
    }

    /// Is there none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The id at a position.
    #[must_use]
    pub fn get(&self, ix: FeatureIx) -> FeatureId<'_> {
        match self {
            Self::Integer(ids) => FeatureId::Integer(ids[ix.row()]),
            Self::Text(ids) => FeatureId::Text(ids.get(ix.row())),
        }
    }

    /// Bytes held.
    #[must_use]
    pub fn memory(&self) -> usize {
        match self {
            Self::Integer(ids) => ids.capacity() * size_of::<i64>(),
            Self::Text(ids) => ids.memory(),
        }
    }
}

/// Why parts make no layer.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LayerError {
    /// Columns, ids and geometries differ in length.
    #[error(
        "layer {layer}: {ids} ids, {geometries} geometries and a column of {column} values do not fit together"
    )]
    Uneven {
        /// The layer.
        layer: LayerId,
        /// Number of ids.
        ids: usize,
        /// Number of geometries.
        geometries: usize,
        /// Length of the column that differs.
        column: usize,
    },
    /// More features or fields than can be numbered.
    #[error("layer {0} has more than 4,294,967,294 features or 65,535 fields")]
    TooLarge(LayerId),
}

/// A collection of features, held as columns.
#[derive(Debug)]
pub struct Layer {
    /// Its name.
    pub id: LayerId,
    /// What it is about.
    pub about: LayerAbout,
    /// Its fields.
    pub schema: Schema,
    /// Its fields of time, if any.
    pub time: Option<TimeFields>,
    /// Its reach; `None` when it is empty or nowhere.
    pub extent: Option<Extent>,
    ids: Arc<Ids>,
    geometries: Arc<GeometryArray>,
    columns: Vec<Arc<Column>>,
    domains: Vec<Arc<Domain>>,
    id_field: Option<FieldIx>,
}

impl Layer {
    /// Joins the parts; `time` names the fields of the first and last time.
    ///
    /// # Errors
    /// Parts of different length, or too many.
    pub fn new(
        id: LayerId,
        about: LayerAbout,
        ids: Ids,
        geometries: GeometryArray,
        fields: Vec<(Field, Column)>,
        time: Option<(&str, &str)>,
    ) -> Result<Self, LayerError> {
        if ids.len() >= u32::MAX as usize || fields.len() > usize::from(u16::MAX) {
            return Err(LayerError::TooLarge(id));
        }
        let (fields, columns): (Vec<_>, Vec<_>) = fields.into_iter().unzip();
        let odd = columns.iter().map(Column::len).find(|&len| len != ids.len());
        if odd.is_some() || geometries.len() != ids.len() {
            let column = odd.unwrap_or(ids.len());
            return Err(LayerError::Uneven {
                layer: id,
                ids: ids.len(),
                geometries: geometries.len(),
                column,
            });
        }
        let schema = Schema::new(fields);
        let temporal = |name: &str| {
            let (at, field) = schema.find(name)?;
            matches!(field.kind, ValueKind::Date | ValueKind::Timestamp).then_some(at)
        };
        let time = time
            .map(|(start, end)| TimeFields { start: temporal(start), end: temporal(end) })
            .filter(|time| time.start.is_some() || time.end.is_some());
        let (bounds, domains, id_field) = thread::scope(|scope| {
            let is_large = ids.len() >= WORTH_A_THREAD;
            let bounds = is_large.then(|| scope.spawn(|| geometries.window()));
            let domains = columns.iter().map(|column| Arc::new(Domain::of(column))).collect();
            let id_field = schema.find("id").map(|(at, _)| at);
            let id_field = id_field.filter(|at| repeats(&ids, &columns[usize::from(at.0)]));
            let bounds = match bounds {
                Some(thread) => thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
                None => geometries.window(),
            };
            (bounds, domains, id_field)
        });
        let columns = columns.into_iter().map(Arc::new).collect();
        let (ids, geometries) = (Arc::new(ids), Arc::new(geometries));
        let mut layer =
            Self { id, about, schema, time, extent: None, ids, geometries, columns, domains, id_field };
        layer.extent = layer.extent_within(bounds);
        Ok(layer)
    }

    /// How many features.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Has it none?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The same features with one field more, behind the others. What was there is shared, not copied.
    ///
    /// # Errors
    /// A column of another length, or a field too many.
    pub fn with_column(&self, field: Field, column: Column) -> Result<Self, LayerError> {
        if column.len() != self.len() {
            return Err(LayerError::Uneven {
                layer: self.id.clone(),
                ids: self.len(),
                geometries: self.len(),
                column: column.len(),
            });
        }
        if self.columns.len() >= usize::from(u16::MAX) {
            return Err(LayerError::TooLarge(self.id.clone()));
        }
        let fields = self.schema.fields().map(|(_, field)| field.clone()).chain([field]);
        let domain = Arc::new(Domain::of(&column));
        Ok(Self {
            id: self.id.clone(),
            about: self.about.clone(),
            schema: Schema::new(fields.collect()),
            time: self.time,
            extent: self.extent,
            ids: Arc::clone(&self.ids),
            geometries: Arc::clone(&self.geometries),
            columns: self.columns.iter().cloned().chain([Arc::new(column)]).collect(),
            domains: self.domains.iter().cloned().chain([domain]).collect(),
            id_field: self.id_field,
        })
    }

    /// The same features with other geometries.
    ///
    /// # Errors
    /// Not as many as there are features.
    pub fn with_geometries(&self, geometries: GeometryArray) -> Result<Self, LayerError> {
        if geometries.len() != self.len() {
            return Err(LayerError::Uneven {
                layer: self.id.clone(),
                ids: self.len(),
                geometries: geometries.len(),
                column: self.len(),
            });
        }
        let mut layer = Self {
            id: self.id.clone(),
            about: self.about.clone(),
            schema: self.schema.clone(),
            time: self.time,
            extent: None,
            ids: Arc::clone(&self.ids),
            geometries: Arc::new(geometries),
            columns: self.columns.clone(),
            domains: self.domains.clone(),
            id_field: self.id_field,
        };
        layer.extent = layer.extent_within(layer.geometries.window());
        Ok(layer)
    }

    /// All positions, ascending.
    pub fn positions(&self) -> impl ExactSizeIterator<Item = FeatureIx> + use<> {
        (0..u32::try_from(self.ids.len()).unwrap_or(u32::MAX)).map(FeatureIx)
    }

    /// The feature at a position.
    #[must_use]
    pub fn feature(&self, ix: FeatureIx) -> FeatureRef<'_> {
        FeatureRef::new(self, ix)
    }

    /// The ids.
    #[must_use]
    #[inline]
    pub fn ids(&self) -> &Ids {
        &self.ids
    }

    /// The geometries.
    #[must_use]
    #[inline]
    pub fn geometries(&self) -> &GeometryArray {
        &self.geometries
    }

    /// The column of a field.
    #[must_use]
    #[inline]
    pub fn column(&self, field: FieldIx) -> &Column {
        &self.columns[usize::from(field.0)]
    }

    /// Which values occur in a field.
    #[must_use]
    pub fn domain(&self, field: FieldIx) -> &Domain {
        &self.domains[usize::from(field.0)]
    }

    /// The field named `id`, when it holds the id of every feature.
    #[must_use]
    pub fn id_field(&self) -> Option<FieldIx> {
        self.id_field
    }

    /// The field that says to how many metres the positions of features are known.
    #[must_use]
    pub fn accuracy_field(&self) -> Option<FieldIx> {
        self.schema.find("accuracy_m").map(|(at, _)| at)
    }

    /// When the feature at a position holds, in microseconds; `None` when no time is known.
    /// A missing end is open.
    #[must_use]
    pub fn span(&self, ix: FeatureIx) -> Option<(i64, i64)> {
        let time = self.time?;
        let value =
            |field: Option<FieldIx>| field.map_or(Value::Null, |field| self.column(field).value(ix.row()));
        let first = match value(time.start) {
            Value::Date(day) => Some(day.start().microseconds()),
            Value::Timestamp(moment) => Some(moment.microseconds()),
            _ => None,
        };
        let last = match value(time.end) {
            Value::Date(day) => Some(day.end().microseconds()),
            Value::Timestamp(moment) => Some(moment.microseconds()),
            _ => None,
        };
        (first.is_some() || last.is_some()).then(|| (first.unwrap_or(i64::MIN), last.unwrap_or(i64::MAX)))
    }

    /// Bytes held.
    #[must_use]
    pub fn memory(&self) -> usize {
        self.ids.memory()
            + self.geometries.memory()
            + self.columns.iter().map(|column| column.memory()).sum::<usize>()
    }

    /// The reach in space, which is given, and in time.
    fn extent_within(&self, bounds: Option<Bounds>) -> Option<Extent> {
        // Most layers have no time, and then no feature need be asked.
        let timed = self.time.is_some().then(|| self.positions());
        let spans = timed.into_iter().flatten().filter_map(|ix| self.span(ix));
        let interval = spans.reduce(|(a, b), (c, d)| (a.min(c), b.max(d))).map(|(first, last)| {
            let known = |moment: i64| {
                (moment != i64::MIN && moment != i64::MAX).then(|| Timestamp::from_microseconds(moment))
            };
            (known(first), known(last))
        });
        (bounds.is_some() || interval.is_some()).then_some(Extent { bounds, interval })
    }
}

/// Does the column hold the ids?
fn repeats(ids: &Ids, column: &Column) -> bool {
    match (ids, column) {
        (Ids::Integer(ids), Column::Integer(values)) => ids == values && !values.contains(&NULL_INTEGER),
        (Ids::Text(ids), Column::Text(values)) => {
            values.row_by_row() == Some(ids)
                || (0..ids.len()).all(|row| values.get(row) == Some(ids.get(row)))
        }
        _ => ids.is_empty(),
    }
}
