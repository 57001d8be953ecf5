//! Features, one after the other, to columns.

use std::borrow::Cow;
use std::collections::HashMap;
use std::hash::BuildHasher;

use hashbrown::{DefaultHashBuilder, HashTable};

use super::manifest::{self, LayerSpec};
use super::shapes::Shapes;
use super::{Effect, StoreError, Warnings, cut};
use crate::geometry::{GeometryArray, GeometryBuilder, RingNote};
use crate::model::{Column, ColumnBuilder, Field, Ids, Incoming, Layer, LayerError, TextArena, ValueKind};

/// The ids read so far: whole numbers as long as all are.
pub(super) enum IdList {
    Integer(Vec<i64>),
    Text(TextArena),
}

/// Takes features in, one after the other.
pub(super) struct Rows<'a> {
    spec: &'a LayerSpec,
    pub(super) part: Part,
    column_of: HashMap<Cow<'a, str>, usize>,
    /// The name of each column and what follows as JSON writes it, where that needs no escapes.
    keys: Vec<Option<Box<str>>>,
    /// Does each id stand behind the one before it? Then none comes again, and `seen` is empty.
    ascends: bool,
    /// Rows by the hash of their id, to find an id that comes again.
    seen: HashTable<u32>,
    hasher: DefaultHashBuilder,
    /// The geometry of the feature that is being read.
    pub(super) shapes: Shapes,
    /// The values of its properties, by column.
    pub(super) values: Vec<(usize, Incoming<'a>)>,
}

/// Features that were read: those of a file, or of a piece of one.
pub(super) struct Part {
    pub(super) geometries: GeometryBuilder,
    pub(super) columns: Vec<(String, ColumnBuilder)>,
    pub(super) ids: IdList,
    pub(super) warnings: Warnings,
    /// Features that stand in the text, those included that were not taken.
    pub(super) features: u64,
    /// Features whose id is their place.
    pub(super) unnamed: u64,
    /// Something that was made of a feature depends on features before it.
    pub(super) is_entangled: bool,
}

impl Part {
    pub(super) fn new() -> Self {
        Self {
            geometries: GeometryBuilder::default(),
            columns: Vec::new(),
            ids: IdList::Integer(Vec::new()),
            warnings: Warnings::default(),
            features: 0,
            unnamed: 0,
            is_entangled: false,
        }
    }

    pub(super) fn rows(&self) -> usize {
        match &self.ids {
            IdList::Integer(ids) => ids.len(),
            IdList::Text(ids) => ids.len(),
        }
    }

    /// Adds what stands behind it in the file; the same as if both had been read as one. `None` where that cannot be told
    /// of the parts alone.
    pub(super) fn append(&mut self, part: &Self, spec: &LayerSpec) -> Option<()> {
        let (rows, before) = (self.rows(), self.features);
        let is_numbered = part.unnamed > 0;
        if part.is_entangled || (is_numbered && part.unnamed != part.features) {
            return None;
        }
        self.geometries.append(&part.geometries)?;
        for (name, column) in &part.columns {
            let known = self.columns.iter().position(|(known, _)| known == name);
            let at = known.unwrap_or(self.columns.len());
            if known.is_none() {
                let declared = spec.field(name).and_then(|field| field.kind);
                self.columns.push((name.clone(), ColumnBuilder::new(declared, rows)));
            }
            let (_, into) = &mut self.columns[at];
            into.fill(rows);
            into.append(column)?;
        }
        if rows == 0 && matches!(part.ids, IdList::Text(_)) {
            self.ids = IdList::Text(TextArena::default());
        }
        match (&mut self.ids, &part.ids) {
            (IdList::Integer(ids), IdList::Integer(more)) => {
                let moved = if is_numbered { i64::try_from(before).ok()? } else { 0 };
                ids.extend(more.iter().map(|id| id + moved));
            }
            (IdList::Text(ids), IdList::Text(more)) => ids.append(more),
            _ => return None,
        }
        self.warnings.append_moved(&part.warnings, before, is_numbered);
        self.features += part.features;
        self.unnamed += part.unnamed;
        Some(())
    }

    /// The layer, and what was repaired or skipped in it.
    pub(super) fn finish(mut self, spec: &LayerSpec) -> Result<(Layer, Warnings), StoreError> {
        let rows = self.rows();
        if self.unnamed > 0 {
            let note = format!("has {} features without id; they are numbered by their place", self.unnamed);
            self.warnings.note(&spec.file, &note);
        }
        let ids = match self.ids {
            IdList::Integer(ids) => Ids::Integer(ids),
            IdList::Text(ids) => Ids::Text(ids),
        };
        let fields = self.columns.into_iter().map(|(name, mut column)| {
            column.fill(rows);
            let (kind, column) = column.build();
            (name, kind, column)
        });
        let layer = layer(spec, ids, self.geometries.build(), fields.collect(), &mut self.warnings);
        Ok((layer?, self.warnings))
    }
}

/// What was odd about the geometry of a feature that is served.
#[derive(Debug, Clone, Copy)]
pub(super) struct OddShape {
    pub(super) note: RingNote,
    /// A position that was pulled back to the edge of the world.
    pub(super) beyond: Option<[f64; 2]>,
}

impl OddShape {
    /// Is there anything to tell?
    pub(super) fn is_odd(&self) -> bool {
        self.note.turned || self.note.crosses_near.is_some() || self.beyond.is_some()
    }

    pub(super) fn tell(&self, warnings: &mut Warnings, spec: &LayerSpec, number: u64, id: &str) {
        let mut say = |effect, reason: &str| warnings.feature(&spec.file, number, Some(id), effect, reason);
        if let Some(at) = self.beyond {
            say(Effect::Repaired, &format!("{at:?} lies a rounding error beyond the edge; moved onto it"));
        }
        if self.note.turned {
            say(Effect::Repaired, "rings wound against RFC 7946, 3.1.6; turned round");
        }
        if let Some(near) = self.note.crosses_near {
            // Refusing it would lose a feature of data that other programs show; what lies inside is by even-odd.
            let reason =
                format!("a ring crosses itself near {near:?}; served as it is, spatial relations may be off");
            say(Effect::Noted, &reason);
        }
    }
}

/// The layer of a file, with all fields that the catalogue says it has.
pub(super) fn layer(
    spec: &LayerSpec,
    ids: Ids,
    geometries: GeometryArray,
    mut columns: Vec<(String, ValueKind, Column)>,
    warnings: &mut Warnings,
) -> Result<Layer, LayerError> {
    for field in spec.fields.iter().filter(|field| field.always) {
        if !columns.iter().any(|(name, ..)| *name == *field.name) {
            // A kind is a declaration, which holds for features to come.
            if field.kind.is_none() && !ids.is_empty() {
                let note =
                    format!("no feature has the field {:?}, which {} describes", field.name, manifest::FILE);
                warnings.note(&spec.file, &note);
            }
            let (kind, column) = ColumnBuilder::new(field.kind, ids.len()).build();
            columns.push((field.name.clone(), kind, column));
        }
    }
    let fields = columns.into_iter().map(|(name, kind, column)| {
        let spec = spec.field(&name);
        let title = spec.and_then(|spec| spec.title.clone());
        let unit = spec.and_then(|spec| spec.unit.clone());
        let find = spec.and_then(|spec| spec.find);
        (Field { name: name.into(), kind, title, unit, find }, column)
    });
    let time = Some((&*spec.time.0, &*spec.time.1));
    Layer::new(spec.id.clone(), spec.about.clone(), ids, geometries, fields.collect(), time)
}

impl<'a> Rows<'a> {
    pub(super) fn new(spec: &'a LayerSpec, warnings: Warnings) -> Self {
        Self {
            spec,
            part: Part { warnings, ..Part::new() },
            column_of: HashMap::new(),
            keys: Vec::new(),
            ascends: true,
            seen: HashTable::new(),
            hasher: DefaultHashBuilder::default(),
            shapes: Shapes::default(),
            values: Vec::new(),
        }
    }

    /// The column of a name, made when it is new.
    pub(super) fn column(&mut self, name: Cow<'a, str>) -> usize {
        if let Some(&at) = self.column_of.get(&name) {
            return at;
        }
        let declared = self.spec.field(&name).and_then(|field| field.kind);
        self.add_column(name, ColumnBuilder::new(declared, self.part.rows()))
    }

    fn add_column(&mut self, name: Cow<'a, str>, column: ColumnBuilder) -> usize {
        let at = self.part.columns.len();
        let is_plain = !name.bytes().any(|byte| byte < b' ' || byte == b'"' || byte == b'\\');
        self.keys.push(is_plain.then(|| format!("\"{name}\":").into()));
        self.part.columns.push((name.clone().into_owned(), column));
        self.column_of.insert(name, at);
        at
    }

    /// Makes the column of a name that its file gives a kind; what the catalogue declares comes first.
    pub(super) fn typed_column(&mut self, name: &str, kind: Option<ValueKind>) -> usize {
        let declared = self.spec.field(name).and_then(|field| field.kind).or(kind);
        self.add_column(name.to_owned().into(), ColumnBuilder::new(declared, 0))
    }

    /// Notes that the feature that is being read has a value which cannot be taken; it has none there then.
    pub(super) fn leave_out(&mut self, at: usize, reason: &str) {
        let (name, _) = &self.part.columns[at];
        let reason = format!("the value of {name:?} {reason}; left out");
        let number = self.part.features + 1;
        self.part.warnings.feature(&self.spec.file, number, None, Effect::Repaired, &reason);
    }

    /// A column's name and colon as JSON writes them without space. Features of one file mostly name their properties in one order.
    pub(super) fn key(&self, at: usize) -> Option<&str> {
        self.keys.get(at)?.as_deref()
    }

    pub(super) fn begin_feature(&mut self) {
        self.shapes.clear();
        self.values.clear();
    }

    /// Adds the feature that was just read, or tells why not: it leaves a warning then and no trace.
    pub(super) fn finish_feature(&mut self, read: Result<(), String>, mut id: Option<Incoming<'a>>) {
        self.part.features += 1;
        let taken = read.and_then(|()| self.take(&mut id));
        if let Err(reason) = taken {
            self.part.geometries.undo();
            let id = id.as_ref().map(Incoming::to_string);
            self.part.warnings.feature(
                &self.spec.file,
                self.part.features,
                id.as_deref(),
                Effect::Skipped,
                &reason,
            );
        }
    }

    /// Adds the feature that was just read.
    fn take(&mut self, id: &mut Option<Incoming<'a>>) -> Result<(), String> {
        // The field the catalogue names, else the feature's own id, else a property of that name.
        let id_field = self.spec.id_field.as_deref().or(id.is_none().then_some("id"));
        if let Some(at) = id_field.and_then(|name| self.column_of.get(name)) {
            *id = self.values.iter().find(|(column, _)| column == at).map(|(_, id)| id.clone());
        }
        let (given, oddity) = self.settled_id(id.take());
        self.part.is_entangled |= oddity.is_some();
        let id = id.insert(given).clone();
        for (at, value) in &self.values {
            let (name, column) = &self.part.columns[*at];
            column.check(value).map_err(|conflict| {
                let kind = conflict.expected.name();
                let article = if kind.starts_with(['a', 'i', 'o']) { "an" } else { "a" };
                format!("field {name:?} takes {article} {kind}, not {:?}", cut(&value.to_string()))
            })?;
        }
        let (id, hash, repeats) = self.unique_id(id);
        self.part.is_entangled |= repeats.is_some();
        let note = self.shapes.put(&mut self.part.geometries).map_err(|fault| fault.to_string())?;
        // From here on nothing fails.
        self.push_id(&id, hash);
        let rows = self.part.rows();
        let beyond = self.shapes.beyond;
        for reason in [oddity, repeats].into_iter().flatten() {
            self.part.warnings.feature(
                &self.spec.file,
                self.part.features,
                Some(&id.to_string()),
                Effect::Repaired,
                &reason,
            );
        }
        for (at, value) in self.values.drain(..) {
            let (name, column) = &mut self.part.columns[at];
            if column.len() == rows {
                continue; // the name stands twice in the object; the first holds
            }
            column.fill(rows - 1);
            if let Some(conflict) = column.push(&value) {
                self.part.is_entangled = true;
                self.part.warnings.mixed(&self.spec.file, name, conflict.expected, self.part.features);
            }
        }
        let odd = OddShape { note, beyond };
        odd.tell(&mut self.part.warnings, self.spec, self.part.features, &id.to_string());
        Ok(())
    }

    /// The id as it is served: a text or a whole number; the place in the file where there is none. What was
    /// odd about it comes along.
    fn settled_id(&mut self, id: Option<Incoming<'a>>) -> (Incoming<'a>, Option<String>) {
        let place = Incoming::Integer(i64::try_from(self.part.features).unwrap_or(i64::MAX));
        let place_instead = |what: &str| Some(format!("{what}; it is numbered by its place, {place}"));
        match id {
            None | Some(Incoming::Null) => {
                self.part.unnamed += 1;
                (place, None)
            }
            Some(Incoming::Text(text)) if text.is_empty() => {
                let oddity = place_instead("the id is empty");
                (place, oddity)
            }
            Some(id @ (Incoming::Integer(_) | Incoming::Text(_))) => (id, None),
            // RFC 7946, 3.2 allows any number.
            Some(Incoming::Real(number)) => (Incoming::Text(number.to_string().into()), None),
            Some(other) => {
                let other = cut(&other.to_string());
                let oddity = place_instead(&format!("the id must be a text or a number, not {other:?}"));
                (place, oddity)
            }
        }
    }

    /// An id that has not come before, and its hash. One that came before gets the place in the file as a tail,
    /// because a feature less would be worse than another id.
    fn unique_id(&mut self, id: Incoming<'a>) -> (Incoming<'a>, u64, Option<String>) {
        let (mut hash, mut found) = self.look_up(&id);
        if !found {
            return (id, hash, None);
        }
        let mut other = id.to_string();
        while found {
            other = format!("{other}-{}", self.part.features);
            (hash, found) = self.look_up(&Incoming::Text(Cow::Borrowed(&other)));
        }
        let repeats = format!("the id {:?} came before; served as {other:?}", cut(&id.to_string()));
        (Incoming::Text(other.into()), hash, Some(repeats))
    }

    /// The hash of an id, and whether it came before. None of ids that ascend did.
    fn look_up(&mut self, id: &Incoming<'_>) -> (u64, bool) {
        if let (IdList::Integer(ids), Incoming::Text(_)) = (&self.part.ids, id) {
            let mut texts = TextArena::default();
            for id in ids {
                texts.push(&id.to_string());
            }
            let is_mixed = !texts.is_empty();
            self.part.ids = IdList::Text(texts);
            if is_mixed {
                self.part.is_entangled = true;
                self.part
                    .warnings
                    .note(&self.spec.file, "mixes numbers and texts as ids; all are served as text");
                self.ascends = false;
                self.seen.clear();
                self.see_all();
            }
        }
        if self.ascends {
            let is_next = match (&self.part.ids, id) {
                (IdList::Integer(ids), Incoming::Integer(id)) => ids.last().is_none_or(|last| last < id),
                (IdList::Text(ids), Incoming::Text(id)) => {
                    ids.len().checked_sub(1).is_none_or(|last| ids.get(last) < &**id)
                }
                _ => false,
            };
            if is_next {
                return (0, false);
            }
            self.ascends = false;
            self.see_all();
        }
        let (hash, found) = match (&self.part.ids, id) {
            (IdList::Integer(ids), Incoming::Integer(id)) => {
                let hash = self.hasher.hash_one(id);
                (hash, self.seen.find(hash, |&row| ids[row as usize] == *id))
            }
            (IdList::Text(ids), id) => {
                let id = match id {
                    Incoming::Text(id) => Cow::Borrowed(&**id),
                    other => Cow::Owned(other.to_string()),
                };
                let hash = self.hasher.hash_one(&*id);
                (hash, self.seen.find(hash, |&row| ids.get(row as usize) == id))
            }
            (IdList::Integer(_), _) => (0, None),
        };
        (hash, found.is_some())
    }

    /// Takes all ids into `seen`.
    fn see_all(&mut self) {
        for row in (0..).take(self.part.rows()) {
            self.see(self.hash_of(row), row);
        }
    }

    fn hash_of(&self, row: u32) -> u64 {
        match &self.part.ids {
            IdList::Integer(ids) => self.hasher.hash_one(ids[row as usize]),
            IdList::Text(ids) => self.hasher.hash_one(ids.get(row as usize)),
        }
    }

    fn see(&mut self, hash: u64, row: u32) {
        let mut seen = std::mem::take(&mut self.seen);
        seen.insert_unique(hash, row, |&row| self.hash_of(row));
        self.seen = seen;
    }

    fn push_id(&mut self, id: &Incoming<'a>, hash: u64) {
        let row = u32::try_from(self.part.rows()).unwrap_or(u32::MAX);
        match (&mut self.part.ids, id) {
            (IdList::Integer(ids), Incoming::Integer(id)) => ids.push(*id),
            (IdList::Text(ids), Incoming::Text(id)) => ids.push(id),
            (IdList::Text(ids), id) => ids.push(&id.to_string()),
            (IdList::Integer(_), _) => return,
        }
        if !self.ascends {
            self.see(hash, row);
        }
    }
}
