//! The encoding of Mapbox Vector Tiles 2.1, written straight from the columns of a layer.
//!
//! Written by hand because it is the larger part of the time of a tile: a column says how its values are kept, so most
//! of them are known by a number and no value is ever built only to be compared.

use hashbrown::HashTable;

use super::draw::{Figure, Pen};
use super::rings::{Rings, Spot};
use super::{EXTENT, ID};
use crate::model::{
    Column, Date, FeatureIx, FieldIx, Ids, Layer, NULL_DAYS, NULL_INTEGER, TextColumn, Timestamp,
};

/// Adds a number in base 128, the lowest digits first.
#[inline]
fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// Adds a field that holds bytes.
fn bytes(out: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    out.push(field << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// Adds a field that holds a number.
fn number(out: &mut Vec<u8>, field: u8, number: u64) {
    out.push(field << 3);
    varint(out, number);
}

/// Signs alternate, so that small numbers of either sign are short.
fn zigzag(number: i64) -> u64 {
    ((number << 1) ^ (number >> 63)).cast_unsigned()
}

// Fields of the messages of the specification (vector_tile.proto).
const TILE_LAYER: u8 = 3;
const LAYER_NAME: u8 = 1;
const LAYER_FEATURE: u8 = 2;
const LAYER_KEY: u8 = 3;
const LAYER_VALUE: u8 = 4;
const LAYER_EXTENT: u8 = 5;
const LAYER_VERSION: u8 = 15;
const FEATURE_ID: u8 = 1;
const FEATURE_TAGS: u8 = 2;
const FEATURE_TYPE: u8 = 3;
const FEATURE_GEOMETRY: u8 = 4;
const VALUE_TEXT: u8 = 1;
const VALUE_DOUBLE: u8 = 3;
const VALUE_UNSIGNED: u8 = 5;
const VALUE_SIGNED: u8 = 6;
const VALUE_BOOL: u8 = 7;

/// A layer of a tile on its way.
#[derive(Default)]
pub(super) struct LayerBody {
    keys: Vec<u8>,
    key_count: u32,
    values: Vec<u8>,
    value_count: u32,
    features: Vec<u8>,
    count: u64,
    tags: Vec<u8>,
    geometry: Vec<u8>,
    feature: Vec<u8>,
}

impl LayerBody {
    /// Adds a name of an attribute; the answer is its number.
    pub(super) fn key(&mut self, name: &str) -> u32 {
        bytes(&mut self.keys, LAYER_KEY, name.as_bytes());
        self.key_count += 1;
        self.key_count - 1
    }

    /// Adds a whole number as a value; the answer is its number.
    pub(super) fn whole(&mut self, whole: i64) -> u32 {
        self.value(|out| match u64::try_from(whole) {
            Ok(whole) => number(out, VALUE_UNSIGNED, whole),
            Err(_) => number(out, VALUE_SIGNED, zigzag(whole)),
        })
    }

    fn text(&mut self, text: &str) -> u32 {
        self.value(|out| bytes(out, VALUE_TEXT, text.as_bytes()))
    }

    fn value(&mut self, write: impl FnOnce(&mut Vec<u8>)) -> u32 {
        self.feature.clear();
        write(&mut self.feature);
        bytes(&mut self.values, LAYER_VALUE, &self.feature);
        self.value_count += 1;
        self.value_count - 1
    }

    /// Says of the next feature that a key has a value.
    pub(super) fn tag(&mut self, key: u32, value: u32) {
        varint(&mut self.tags, u64::from(key));
        varint(&mut self.tags, u64::from(value));
    }

    /// Takes back what was said of the last feature.
    pub(super) fn clear_tags(&mut self) {
        self.tags.clear();
    }

    /// Ends a feature with the tags said and the geometry drawn.
    fn feature(&mut self, id: Option<u64>, figure: Figure) {
        let out = &mut self.feature;
        out.clear();
        if let Some(id) = id {
            number(out, FEATURE_ID, id);
        }
        if !self.tags.is_empty() {
            bytes(out, FEATURE_TAGS, &self.tags);
        }
        number(out, FEATURE_TYPE, 1 + figure as u64);
        bytes(out, FEATURE_GEOMETRY, &self.geometry);
        bytes(&mut self.features, LAYER_FEATURE, out);
        self.count += 1;
    }

    /// Adds a square with the tags said.
    pub(super) fn square(&mut self, [x, y]: Spot, side: i32) {
        let mut cursor = Cursor::new(&mut self.geometry);
        cursor.ring(&[[x, y], [x + side, y], [x + side, y + side], [x, y + side]]);
        self.feature(None, Figure::Polygons);
    }

    /// Adds what the pen has drawn as one feature with the tags said.
    fn drawn(&mut self, id: Option<u64>, figure: Figure, pen: &Pen<'_>) {
        match figure {
            Figure::Points => {
                Cursor::new(&mut self.geometry).points(&pen.points);
                self.feature(id, figure);
            }
            Figure::Lines => self.lines(id, &pen.lines),
            Figure::Polygons => self.areas(id, &pen.rings),
        }
    }

    /// Adds lines, spots and the end of each, as one feature with the tags said.
    pub(super) fn lines(&mut self, id: Option<u64>, (spots, ends): &(Vec<Spot>, Vec<usize>)) {
        let mut cursor = Cursor::new(&mut self.geometry);
        let mut start = 0;
        for &end in ends {
            cursor.line(&spots[start..end]);
            start = end;
        }
        self.feature(id, Figure::Lines);
    }

    /// Adds polygons as one feature with the tags said.
    pub(super) fn areas(&mut self, id: Option<u64>, rings: &Rings) {
        let mut cursor = Cursor::new(&mut self.geometry);
        rings.iter().for_each(|(ring, _)| cursor.ring(ring));
        self.feature(id, Figure::Polygons);
    }

    /// Bytes of the layer so far, near enough to compare with a limit.
    pub(super) fn len(&self) -> usize {
        self.keys.len() + self.values.len() + self.features.len() + 64
    }

    /// Adds the layer to a tile, unless it is empty.
    pub(super) fn finish(&self, name: &str, tile: &mut Vec<u8>) {
        if self.count == 0 {
            return;
        }
        let mut head = Vec::with_capacity(name.len() + 16);
        number(&mut head, LAYER_VERSION, 2);
        bytes(&mut head, LAYER_NAME, name.as_bytes());
        let mut tail = Vec::with_capacity(8);
        number(&mut tail, LAYER_EXTENT, u64::from(EXTENT));
        let parts = [&head, &self.features, &self.keys, &self.values, &tail];
        tile.push(TILE_LAYER << 3 | 2);
        varint(tile, parts.iter().map(|part| part.len() as u64).sum());
        tile.reserve(self.len() + head.len() + tail.len());
        for part in parts {
            tile.extend_from_slice(part);
        }
    }
}

/// Writes the commands of a geometry (Mapbox Vector Tile 2.1, 4.3).
struct Cursor<'a> {
    out: &'a mut Vec<u8>,
    at: Spot,
}

const MOVE_TO: u64 = 1;
const LINE_TO: u64 = 2;
/// Command 7, once.
const CLOSE_PATH: u8 = 7 | 1 << 3;

impl<'a> Cursor<'a> {
    fn new(out: &'a mut Vec<u8>) -> Self {
        out.clear();
        Self { out, at: [0, 0] }
    }

    #[inline]
    fn go(&mut self, to: Spot) {
        for (to, at) in to.into_iter().zip(self.at) {
            let step = to - at;
            let digits = ((step << 1) ^ (step >> 31)).cast_unsigned();
            // Nearly all steps within a tile have one digit or two.
            if digits < 0x80 {
                self.out.push(digits.to_le_bytes()[0]);
            } else if digits < 0x4000 {
                self.out.extend_from_slice(&[digits.to_le_bytes()[0] | 0x80, (digits >> 7).to_le_bytes()[0]]);
            } else {
                varint(self.out, u64::from(digits));
            }
        }
        self.at = to;
    }

    fn points(&mut self, points: &[Spot]) {
        varint(self.out, MOVE_TO | (points.len() as u64) << 3);
        for &to in points {
            self.go(to);
        }
    }

    fn line(&mut self, spots: &[Spot]) {
        let [first, rest @ ..] = spots else { return };
        self.points(&[*first]);
        varint(self.out, LINE_TO | (rest.len() as u64) << 3);
        for &to in rest {
            self.go(to);
        }
    }

    fn ring(&mut self, ring: &[Spot]) {
        self.line(ring);
        self.out.push(CLOSE_PATH);
    }
}

/// Writes features of a layer with their attributes.
pub(super) struct FeatureWriter<'a> {
    layer: &'a Layer,
    attributes: Vec<Attribute<'a>>,
    /// Is the id of every feature one of its attributes?
    has_id: bool,
    /// Key of ids that the encoding has no place for, once there is one: texts, and numbers below zero.
    id_key: Option<u32>,
    /// Features written; one of several kinds of geometry is several in the encoding.
    pub(super) written: u64,
    pub(super) body: LayerBody,
}

/// A column with the numbers of those of its values that the tile already has.
struct Attribute<'a> {
    key: u32,
    column: &'a Column,
    seen: HashTable<(u64, u32)>,
}

impl<'a> FeatureWriter<'a> {
    pub(super) fn new(layer: &'a Layer, fields: &[FieldIx]) -> Self {
        let mut body = LayerBody::default();
        let attributes = fields.iter().map(|&field| Attribute {
            key: body.key(&layer.schema.field(field).name),
            column: layer.column(field),
            seen: HashTable::new(),
        });
        let attributes: Vec<_> = attributes.collect();
        let has_id = layer.id_field().is_some_and(|field| fields.contains(&field));
        Self { layer, attributes, has_id, id_key: None, written: 0, body }
    }

    /// Draws a feature and adds it; nothing is added when nothing of it shows.
    pub(super) fn add(&mut self, ix: FeatureIx, pen: &mut Pen<'_>) {
        let Some(geometry) = self.layer.feature(ix).geometry() else { return };
        let mut is_tagged = false;
        pen.draw(geometry, |figure, pen| {
            if !is_tagged {
                self.tag(ix.row());
                self.written += 1;
                is_tagged = true;
            }
            let id = match self.layer.ids() {
                Ids::Integer(ids) => u64::try_from(ids[ix.row()]).ok(),
                Ids::Text(_) => None,
            };
            self.body.drawn(id, figure, pen);
        });
    }

    fn tag(&mut self, row: usize) {
        let Self { attributes, body, .. } = self;
        body.clear_tags();
        for attribute in attributes {
            if let Some(value) = attribute.value(row, body) {
                body.tag(attribute.key, value);
            }
        }
        let value = match self.layer.ids() {
            _ if self.has_id => return,
            Ids::Text(ids) => self.body.text(ids.get(row)),
            Ids::Integer(ids) if ids[row] < 0 => self.body.whole(ids[row]),
            Ids::Integer(_) => return,
        };
        let key = *self.id_key.get_or_insert_with(|| self.body.key(id_name(self.layer)));
        self.body.tag(key, value);
    }
}

/// Name of the attribute that holds an id which the encoding has no place for.
pub(super) fn id_name(layer: &Layer) -> &'static str {
    let is_taken = layer.schema.find(ID).is_some() && layer.id_field().is_none();
    if is_taken { "feature_id" } else { ID }
}

impl Attribute<'_> {
    /// The number of the value in a row, which is added when the tile does not have it yet; none for a null.
    #[inline]
    fn value(&mut self, row: usize, body: &mut LayerBody) -> Option<u32> {
        let seen = &mut self.seen;
        match self.column {
            Column::Text(texts) | Column::Json(texts) => text(texts, row, seen, body),
            Column::Integer(values) => {
                let whole = Some(values[row]).filter(|&whole| whole != NULL_INTEGER)?;
                Some(once(seen, whole.cast_unsigned(), || body.whole(whole)))
            }
            Column::Real(values) => {
                let real = Some(values[row]).filter(|real| !real.is_nan())?;
                let write = |out: &mut Vec<u8>| {
                    out.push(VALUE_DOUBLE << 3 | 1);
                    out.extend_from_slice(&real.to_le_bytes());
                };
                Some(once(seen, real.to_bits(), || body.value(write)))
            }
            Column::Bool(values) => {
                let holds = Some(values[row]).filter(|&holds| holds < 2)?;
                Some(once(seen, u64::from(holds), || {
                    body.value(|out| number(out, VALUE_BOOL, u64::from(holds)))
                }))
            }
            Column::Date(values) => {
                let days = Some(values[row]).filter(|&days| days != NULL_DAYS)?;
                let text = || Date::from_days(days).to_string();
                Some(once(seen, i64::from(days).cast_unsigned(), || body.text(&text())))
            }
            Column::Timestamp(values) => {
                let moment = Some(values[row]).filter(|&moment| moment != NULL_INTEGER)?;
                let text = || Timestamp::from_microseconds(moment).to_string();
                Some(once(seen, moment.cast_unsigned(), || body.text(&text())))
            }
        }
    }
}

fn text(
    texts: &TextColumn,
    row: usize,
    seen: &mut HashTable<(u64, u32)>,
    body: &mut LayerBody,
) -> Option<u32> {
    let code = texts.code(row)?;
    let text = || texts.dictionary().get(code as usize);
    // Texts that are nearly all different are not worth the search for equal ones.
    if !texts.is_coded() {
        return Some(body.text(text()));
    }
    Some(once(seen, u64::from(code), || body.text(text())))
}

/// The number that `add` gave to a value when it was first met.
#[inline]
fn once(seen: &mut HashTable<(u64, u32)>, value: u64, add: impl FnOnce() -> u32) -> u32 {
    // Fibonacci hashing: the high bits, which the table uses first, depend on all bits of the value.
    let hash = |value: u64| (value ^ value >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    if let Some(&(_, known)) = seen.find(hash(value), |&(other, _)| other == value) {
        return known;
    }
    let number = add();
    seen.insert_unique(hash(value), (value, number), |&(other, _)| hash(other));
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_in_base_128() {
        // The examples of the encoding guide of protocol buffers.
        for (number, want) in
            [(1, &[0x01][..]), (150, &[0x96, 0x01]), (0, &[0]), (16_384, &[0x80, 0x80, 0x01])]
        {
            let mut out = Vec::new();
            varint(&mut out, number);
            assert_eq!(out, want);
        }
        for (number, want) in [(0, 0), (-1, 1), (1, 2), (-2, 3), (2_147_483_647, 4_294_967_294)] {
            assert_eq!(zigzag(number), want);
        }
    }

    /// The examples of Mapbox Vector Tile 2.1, 4.3.5.
    #[test]
    fn geometries_are_written_as_the_specification_shows() {
        let written = |write: &dyn Fn(&mut Cursor<'_>)| {
            let mut out = Vec::new();
            write(&mut Cursor::new(&mut out));
            out
        };
        assert_eq!(written(&|cursor| cursor.points(&[[25, 17]])), [9, 50, 34]);
        assert_eq!(written(&|cursor| cursor.points(&[[5, 7], [3, 2]])), [17, 10, 14, 3, 9]);
        assert_eq!(written(&|cursor| cursor.line(&[[2, 2], [2, 10], [10, 10]])), [9, 4, 4, 18, 0, 16, 16, 0]);
        let ring = written(&|cursor| cursor.ring(&[[3, 6], [8, 12], [20, 34]]));
        assert_eq!(ring, [9, 6, 12, 18, 10, 12, 24, 44, 15]);
        let far = written(&|cursor| cursor.line(&[[-64, 4160], [4160, -9000]]));
        assert_eq!(far, [9, 127, 0x80, 0x41, 10, 0x80, 0x42, 0xcf, 0xcd, 0x01]);
    }
}
