//! `GeoJSON` (RFC 7946) to a layer.
//!
//! A file is split into features first and each feature is read by itself, so that a broken feature is
//! skipped with its number and id, and only a broken file is an error. Numbers, text and positions go from
//! the file's text straight into columns; no tree of values is built.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::hash::{BuildHasher, RandomState};

use hashbrown::HashTable;
use serde::de::{DeserializeSeed, Deserializer as _, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::manifest::{FieldSpec, LayerSpec};
use super::{Effect, StoreError, Warnings};
use crate::geometry::{GeometryBuilder, GeometryFault, GeometryKind, RingNote};
use crate::model::{ColumnBuilder, Field, Ids, Incoming, Layer, TextArena};

/// Reads a layer; what was repaired or skipped goes to `warnings`.
///
/// # Errors
/// Not UTF-8, not JSON, not a collection of features, or in another coordinate reference system.
pub fn read(bytes: &[u8], spec: &LayerSpec, warnings: &mut Warnings) -> Result<Layer, StoreError> {
    let text = text_of(bytes, &spec.file, warnings)?;
    let mut reader = Reader::new(text, spec, warnings);
    let mut json = serde_json::Deserializer::from_str(text);
    let top = json
        .deserialize_any(TopLevel(&mut reader))
        .and_then(|top| json.end().map(|()| top))
        .map_err(|fault| StoreError::json(&spec.file, &fault))?;
    if let Some(name) = &top.crs {
        check_crs(name, &spec.file, reader.warnings)?;
    }
    match top.kind.as_deref() {
        Some("FeatureCollection") if top.has_features => {}
        Some("Feature") if !top.has_features => reader.feature(text),
        Some(kind) if GeometryKind::parse(kind).is_some() => reader.bare_geometry(text),
        kind => return Err(StoreError::not_features(&spec.file, kind, top.has_features)),
    }
    reader.finish()
}

fn text_of<'a>(bytes: &'a [u8], file: &str, warnings: &mut Warnings) -> Result<&'a str, StoreError> {
    let body = match bytes.strip_prefix(b"\xEF\xBB\xBF") {
        Some(body) => {
            warnings.note(file, "begins with a byte-order mark, which RFC 8259, 8.1 forbids; ignored");
            body
        }
        None => bytes,
    };
    std::str::from_utf8(body).map_err(|fault| {
        let line = line_at(body, fault.valid_up_to());
        StoreError::NotUtf8 { file: file.into(), line }
    })
}

/// A `crs` member (removed by RFC 7946, 4) may only repeat what holds anyway.
fn check_crs(name: &str, file: &str, warnings: &mut Warnings) -> Result<(), StoreError> {
    let folded = name.to_ascii_uppercase();
    // WGS 84 and CGCS2000 differ by centimetres; files with this member write longitude first in both.
    let harmless =
        ["CRS84", "EPSG:4326", "EPSG::4326", "EPSG/0/4326", "EPSG:4490", "EPSG::4490", "EPSG/0/4490"];
    if harmless.iter().any(|known| folded.ends_with(known)) {
        warnings
            .note(file, &format!("has the obsolete member crs ({name}), which RFC 7946, 4 removed; ignored"));
        return Ok(());
    }
    Err(StoreError::Crs { file: file.into(), name: name.chars().take(80).collect() })
}

/// What the members of the top level say.
#[derive(Default)]
struct Top {
    kind: Option<String>,
    has_features: bool,
    crs: Option<String>,
}

struct TopLevel<'r, 'a>(&'r mut Reader<'a>);

impl<'a> Visitor<'a> for TopLevel<'_, 'a> {
    type Value = Top;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a GeoJSON object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Top, A::Error> {
        let mut top = Top::default();
        while let Some(key) = map.next_key_seed(Word)? {
            match &*key {
                "type" => {
                    top.kind = Some(map.next_value::<serde_json::Value>()?.as_str().unwrap_or("").to_owned());
                }
                "features" => {
                    map.next_value_seed(Features(self.0))?;
                    top.has_features = true;
                }
                "crs" => {
                    let crs: serde_json::Value = map.next_value()?;
                    let name = crs.pointer("/properties/name").and_then(serde_json::Value::as_str);
                    top.crs = (!crs.is_null()).then(|| name.map_or_else(|| crs.to_string(), str::to_owned));
                }
                _ => {
                    map.next_value::<serde::de::IgnoredAny>()?;
                }
            }
        }
        Ok(top)
    }
}

/// Hands each feature's text to the reader.
struct Features<'r, 'a>(&'r mut Reader<'a>);

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

/// A string, borrowed where it holds no escapes.
struct Word;

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
struct AnyValue;

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
type Depth = u8;

/// The positions of one feature as they come, before their kind is known.
#[derive(Default)]
struct Shapes {
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
    beyond: Option<[f64; 2]>,
}

struct Shape {
    kind: GeometryKind,
    positions: std::ops::Range<usize>,
    runs: std::ops::Range<usize>,
    polygons: std::ops::Range<usize>,
}

impl Shapes {
    fn clear(&mut self) {
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
    fn push(&mut self, position: [f64; 2], metres: f64) {
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

    /// Puts the geometry into the layer; the answer says what was odd about its rings, each thing once.
    fn put(&mut self, builder: &mut GeometryBuilder) -> Result<RingNote, GeometryFault> {
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

/// `coordinates` of any depth.
struct Coordinates<'s>(&'s mut Shapes);

/// A number, or a list with the depth of its deepest; `None` when it is empty.
enum Node {
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
        match inner {
            Some(0) => shapes.run_ends.push(shapes.positions.len()),
            Some(1) => shapes.polygon_ends.push(shapes.run_ends.len()),
            _ => {}
        }
        Ok(Node::List(inner.map(|depth| depth.saturating_add(1))))
    }
}

/// A geometry object or null, appended to the shapes of a feature.
struct Geometry<'s> {
    shapes: &'s mut Shapes,
    nested: bool,
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
        let (positions, runs, polygons) =
            (shapes.positions.len(), shapes.run_ends.len(), shapes.polygon_ends.len());
        let (mut kind, mut found, mut members) = (None, None, false);
        while let Some(key) = map.next_key_seed(Word)? {
            match &*key {
                "type" => {
                    let name = map.next_value_seed(Word)?;
                    kind = Some(GeometryKind::parse(&name).ok_or_else(|| {
                        A::Error::custom(format_args!(
                            "geometry type {:?} is unknown; expected Point, MultiPoint, LineString, \
                             MultiLineString, Polygon, MultiPolygon or GeometryCollection",
                            cut(&name)
                        ))
                    })?);
                }
                "coordinates" => found = Some(map.next_value_seed(Coordinates(shapes))?),
                "geometries" => {
                    map.next_value_seed(Members(shapes))?;
                    members = true;
                }
                _ => {
                    map.next_value::<serde::de::IgnoredAny>()?;
                }
            }
        }
        let kind = kind.ok_or_else(|| A::Error::custom("the geometry has no type"))?;
        if kind == GeometryKind::GeometryCollection {
            if !members {
                return Err(A::Error::custom("the GeometryCollection has no geometries"));
            }
            shapes.is_collection |= !nested;
            return Ok(());
        }
        let (depth, expected) = named_depth(kind);
        match found {
            // RFC 7946, 3.1: empty coordinates may be read as no geometry.
            Some(Node::List(None)) => Ok(()),
            Some(Node::List(Some(it))) if it == depth => {
                shapes.list.push(Shape {
                    kind,
                    positions: positions..shapes.positions.len(),
                    runs: runs..shapes.run_ends.len(),
                    polygons: polygons..shapes.polygon_ends.len(),
                });
                Ok(())
            }
            None => Err(A::Error::custom(format_args!("the {} has no coordinates", kind.name()))),
            Some(_) => {
                Err(A::Error::custom(format_args!("coordinates of a {} must be {expected}", kind.name())))
            }
        }
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

/// The ids read so far: whole numbers as long as all are.
enum IdList {
    Integer(Vec<i64>),
    Text(TextArena),
}

/// Makes a layer of features, one after the other.
struct Reader<'a> {
    text: &'a str,
    spec: &'a LayerSpec,
    warnings: &'a mut Warnings,
    geometries: GeometryBuilder,
    columns: Vec<(Cow<'a, str>, ColumnBuilder)>,
    column_of: HashMap<Cow<'a, str>, usize>,
    ids: IdList,
    /// Rows by the hash of their id, to find an id that comes again.
    seen: HashTable<u32>,
    hasher: RandomState,
    /// Number of the feature in the file, from 1.
    number: u64,
    unnamed: u64,
    shapes: Shapes,
    values: Vec<(usize, Incoming<'a>)>,
}

/// Why one feature cannot be taken.
enum FeatureFault {
    Json(serde_json::Error),
    Other(String),
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, spec: &'a LayerSpec, warnings: &'a mut Warnings) -> Self {
        Self {
            text,
            spec,
            warnings,
            geometries: GeometryBuilder::default(),
            columns: Vec::new(),
            column_of: HashMap::new(),
            ids: IdList::Integer(Vec::new()),
            seen: HashTable::new(),
            hasher: RandomState::new(),
            number: 0,
            unnamed: 0,
            shapes: Shapes::default(),
            values: Vec::new(),
        }
    }

    fn rows(&self) -> usize {
        match &self.ids {
            IdList::Integer(ids) => ids.len(),
            IdList::Text(ids) => ids.len(),
        }
    }

    /// The column of a name, made when it is new.
    fn column(&mut self, name: Cow<'a, str>) -> usize {
        if let Some(&at) = self.column_of.get(&name) {
            return at;
        }
        let declared = self.field_spec(&name).and_then(|field| field.kind);
        self.columns.push((name.clone(), ColumnBuilder::new(declared, self.rows())));
        self.column_of.insert(name, self.columns.len() - 1);
        self.columns.len() - 1
    }

    fn field_spec(&self, name: &str) -> Option<&'a FieldSpec> {
        self.spec.fields.iter().find(|field| *field.name == *name)
    }

    /// Reads one feature; a broken one leaves a warning and no trace.
    fn feature(&mut self, text: &'a str) {
        self.number += 1;
        self.shapes.clear();
        self.values.clear();
        let mut id = None;
        let read = serde_json::Deserializer::from_str(text)
            .deserialize_any(FeatureVisitor { reader: self, id: &mut id });
        self.finish_feature(text, read, id);
    }

    /// Reads a geometry that stands for a whole file, as a feature without properties.
    fn bare_geometry(&mut self, text: &'a str) {
        self.number += 1;
        let seed = Geometry { shapes: &mut self.shapes, nested: false };
        let read = seed.deserialize(&mut serde_json::Deserializer::from_str(text));
        self.finish_feature(text, read, None);
    }

    fn finish_feature(
        &mut self,
        text: &str,
        read: Result<(), serde_json::Error>,
        mut id: Option<Incoming<'a>>,
    ) {
        let taken = read.map_err(FeatureFault::Json).and_then(|()| self.take(&mut id));
        if let Err(fault) = taken {
            self.geometries.undo();
            let reason = match fault {
                FeatureFault::Json(fault) => {
                    let start = text.as_ptr() as usize - self.text.as_ptr() as usize;
                    format!("{} (line {})", reason_of(&fault), line_of(self.text, start, &fault))
                }
                FeatureFault::Other(reason) => reason,
            };
            let id = id.as_ref().map(Incoming::to_string);
            self.warnings.feature(&self.spec.file, self.number, id.as_deref(), Effect::Skipped, &reason);
        }
    }

    /// Adds the feature that was just read.
    fn take(&mut self, id: &mut Option<Incoming<'a>>) -> Result<(), FeatureFault> {
        let other = |fault: String| FeatureFault::Other(fault);
        // The field the catalogue names, else the feature's own id, else a property of that name.
        let id_field = self.spec.id_field.as_deref().or(id.is_none().then_some("id"));
        if let Some(at) = id_field.and_then(|name| self.column_of.get(name)) {
            *id = self.values.iter().find(|(column, _)| column == at).map(|(_, id)| id.clone());
        }
        let (given, oddity) = self.settled_id(id.take());
        let id = id.insert(given).clone();
        for (at, value) in &self.values {
            let (name, column) = &self.columns[*at];
            column.check(value).map_err(|conflict| {
                other(format!(
                    "field {name:?} takes a {}, not {:?}",
                    conflict.expected.name(),
                    cut(&value.to_string())
                ))
            })?;
        }
        let (id, hash, repeats) = self.unique_id(id);
        let odd = self.shapes.put(&mut self.geometries).map_err(|fault| other(fault.to_string()))?;
        // From here on nothing fails.
        self.push_id(&id, hash);
        let rows = self.rows();
        let beyond = self
            .shapes
            .beyond
            .map(|at| format!("{at:?} lies a rounding error beyond the edge; moved onto it"));
        for reason in [oddity, repeats, beyond].into_iter().flatten() {
            self.warnings.feature(
                &self.spec.file,
                self.number,
                Some(&id.to_string()),
                Effect::Repaired,
                &reason,
            );
        }
        for (at, value) in self.values.drain(..) {
            let (name, column) = &mut self.columns[at];
            if column.len() == rows {
                continue; // the name stands twice in the object; the first holds
            }
            column.fill(rows - 1);
            if let Some(conflict) = column.push(&value) {
                self.warnings.mixed(&self.spec.file, name, conflict.expected, self.number);
            }
        }
        let mut say = |effect, reason: &str| {
            self.warnings.feature(&self.spec.file, self.number, Some(&id.to_string()), effect, reason);
        };
        if odd.turned {
            say(Effect::Repaired, "rings wound against RFC 7946, 3.1.6; turned round");
        }
        if let Some(near) = odd.crosses_near {
            // Refusing it would lose a feature of data that other programs show; what lies inside is by even-odd.
            say(
                Effect::Noted,
                &format!(
                    "a ring crosses itself near {near:?}; served as it is, spatial relations may be off"
                ),
            );
        }
        Ok(())
    }

    /// The id as it is served: a text or a whole number; the place in the file where there is none. What was
    /// odd about it comes along.
    fn settled_id(&mut self, id: Option<Incoming<'a>>) -> (Incoming<'a>, Option<String>) {
        let place = Incoming::Integer(i64::try_from(self.number).unwrap_or(i64::MAX));
        let place_instead = |what: &str| Some(format!("{what}; it is numbered by its place, {place}"));
        match id {
            None | Some(Incoming::Null) => {
                self.unnamed += 1;
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
            other = format!("{other}-{}", self.number);
            (hash, found) = self.look_up(&Incoming::Text(Cow::Borrowed(&other)));
        }
        let repeats = format!("the id {:?} came before; served as {other:?}", cut(&id.to_string()));
        (Incoming::Text(other.into()), hash, Some(repeats))
    }

    /// The hash of an id, and whether it came before.
    fn look_up(&mut self, id: &Incoming<'_>) -> (u64, bool) {
        if let (IdList::Integer(ids), Incoming::Text(_)) = (&self.ids, id) {
            let mut texts = TextArena::default();
            for id in ids {
                texts.push(&id.to_string());
            }
            if !texts.is_empty() {
                self.warnings.note(&self.spec.file, "mixes numbers and texts as ids; all are served as text");
            }
            self.seen.clear();
            for (row, id) in (0..).zip(texts.iter()) {
                let hash = self.hasher.hash_one(id);
                self.seen.insert_unique(hash, row, |&row| self.hasher.hash_one(texts.get(row as usize)));
            }
            self.ids = IdList::Text(texts);
        }
        let (hash, found) = match (&self.ids, id) {
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

    fn push_id(&mut self, id: &Incoming<'a>, hash: u64) {
        let row = u32::try_from(self.rows()).unwrap_or(u32::MAX);
        let hasher = &self.hasher;
        match (&mut self.ids, id) {
            (IdList::Integer(ids), Incoming::Integer(id)) => {
                ids.push(*id);
                self.seen.insert_unique(hash, row, |&row| hasher.hash_one(ids[row as usize]));
            }
            (IdList::Text(ids), Incoming::Text(id)) => {
                ids.push(id);
                self.seen.insert_unique(hash, row, |&row| hasher.hash_one(ids.get(row as usize)));
            }
            (IdList::Text(ids), id) => {
                ids.push(&id.to_string());
                self.seen.insert_unique(hash, row, |&row| hasher.hash_one(ids.get(row as usize)));
            }
            (IdList::Integer(_), _) => {}
        }
    }

    fn finish(mut self) -> Result<Layer, StoreError> {
        let rows = self.rows();
        if self.unnamed > 0 {
            let note = format!("has {} features without id; they are numbered by their place", self.unnamed);
            self.warnings.note(&self.spec.file, &note);
        }
        let specs = self.spec;
        for field in specs.fields.iter().filter(|field| field.always) {
            self.column(Cow::Borrowed(&field.name));
        }
        let fields = self.columns.drain(..).map(|(name, mut column)| {
            column.fill(rows);
            let (kind, column) = column.build();
            let spec = specs.fields.iter().find(|field| *field.name == *name);
            let title = spec.and_then(|spec| spec.title.clone());
            let unit = spec.and_then(|spec| spec.unit.clone());
            let find = spec.and_then(|spec| spec.find);
            (Field { name: name.into(), kind, title, unit, find }, column)
        });
        let ids = match self.ids {
            IdList::Integer(ids) => Ids::Integer(ids),
            IdList::Text(ids) => Ids::Text(ids),
        };
        let time = (&*specs.time.0, &*specs.time.1);
        let layer = Layer::new(
            specs.id.clone(),
            specs.about.clone(),
            ids,
            self.geometries.build(),
            fields.collect(),
            Some(time),
        );
        layer.map_err(StoreError::Layer)
    }
}

struct FeatureVisitor<'r, 'i, 'a> {
    reader: &'r mut Reader<'a>,
    id: &'i mut Option<Incoming<'a>>,
}

impl<'a> Visitor<'a> for FeatureVisitor<'_, '_, 'a> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a feature object")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<(), A::Error> {
        let Self { reader, id } = self;
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
                    map.next_value_seed(Geometry { shapes: &mut reader.shapes, nested: false })?;
                }
                "properties" => map.next_value_seed(Properties(reader))?,
                _ => {
                    map.next_value::<serde::de::IgnoredAny>()?;
                }
            }
        }
        if is_feature { Ok(()) } else { Err(A::Error::custom("type is missing, expected \"Feature\"")) }
    }
}

struct Properties<'r, 'a>(&'r mut Reader<'a>);

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
        let reader = self.0;
        let mut expected = 0;
        while let Some(name) = map.next_key_seed(Word)? {
            // Features of one file mostly name their properties in one order.
            let at = match reader.columns.get(expected) {
                Some((known, _)) if *known == name => expected,
                _ => reader.column(name),
            };
            expected = at + 1;
            let value = map.next_value_seed(AnyValue)?;
            reader.values.push((at, value));
        }
        Ok(())
    }
}

/// A parser's message without the line and column it counts by itself.
pub(super) fn reason_of(fault: &serde_json::Error) -> String {
    let message = fault.to_string();
    message.rsplit_once(" at line ").map_or(message.clone(), |(reason, _)| reason.to_owned())
}

/// The line of the file on which a fault inside a feature stands.
fn line_of(text: &str, start: usize, fault: &serde_json::Error) -> usize {
    line_at(text.as_bytes(), start) + fault.line().max(1) - 1
}

/// The line, from 1, of a byte.
fn line_at(text: &[u8], at: usize) -> usize {
    memchr::memchr_iter(b'\n', &text[..at]).count() + 1
}

pub(super) fn cut(text: &str) -> String {
    text.chars().take(80).collect()
}
