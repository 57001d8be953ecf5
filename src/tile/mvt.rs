//! The encoding of Mapbox Vector Tiles 2.1, written straight from the columns of a layer.
//!
//! Written by hand because it is the larger part of the time of a tile: a column says how its values are kept, so most
//! of them are known by a number and no value is ever built only to be compared.

use hashbrown::HashTable;

use super::draw::{Figure, Pen};
use super::rings::{Rings, Spot};
use super::{EXTENT, ID};
use crate::model::{Column, Date, FeatureIx, FieldIx, Ids, Layer, NULL_DAYS, NULL_INTEGER, Timestamp};
use crate::query::{Budget, QueryError};

/// Adds a number in base 128, the lowest digits first.
#[inline]
fn varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number.to_le_bytes()[0] | 0x80);
        number >>= 7;
    }
    out.push(number.to_le_bytes()[0]);
}

/// Bytes that a number takes.
#[inline]
fn varint_len(number: u64) -> usize {
    let bits = u64::BITS - (number | 1).leading_zeros();
    bits.div_ceil(7) as usize
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
        match u64::try_from(whole) {
            Ok(whole) => self.number(VALUE_UNSIGNED, whole),
            Err(_) => self.number(VALUE_SIGNED, zigzag(whole)),
        }
    }

    fn number(&mut self, field: u8, value: u64) -> u32 {
        self.begin_value(1 + varint_len(value));
        number(&mut self.values, field, value);
        self.value_count - 1
    }

    fn real(&mut self, real: f64) -> u32 {
        self.begin_value(9);
        self.values.push(VALUE_DOUBLE << 3 | 1);
        self.values.extend_from_slice(&real.to_le_bytes());
        self.value_count - 1
    }

    fn text(&mut self, text: &str) -> u32 {
        self.begin_value(1 + varint_len(text.len() as u64) + text.len());
        bytes(&mut self.values, VALUE_TEXT, text.as_bytes());
        self.value_count - 1
    }

    /// Begins a value of so many bytes.
    fn begin_value(&mut self, len: usize) {
        self.values.push(LAYER_VALUE << 3 | 2);
        varint(&mut self.values, len as u64);
        self.value_count += 1;
    }

    /// Says of the next feature that a key has a value.
    #[inline]
    pub(super) fn tag(&mut self, key: u32, value: u32) {
        varint(&mut self.tags, u64::from(key));
        varint(&mut self.tags, u64::from(value));
    }

    /// Adds a square with the tags said.
    pub(super) fn square(&mut self, [x, y]: Spot, side: i32) {
        let mut geometry = Vec::with_capacity(16);
        Cursor::new(&mut geometry).ring(&[[x, y], [x + side, y], [x + side, y + side], [x, y + side]]);
        self.feature(None, Figure::Polygons, &geometry);
    }

    /// Adds lines, spots and the end of each, as one feature with the tags said.
    pub(super) fn lines(&mut self, lines: &(Vec<Spot>, Vec<usize>)) {
        let mut geometry = Vec::new();
        Cursor::new(&mut geometry).lines(lines);
        self.feature(None, Figure::Lines, &geometry);
    }

    /// Adds polygons as one feature with the tags said.
    pub(super) fn areas(&mut self, rings: &Rings) {
        let mut geometry = Vec::new();
        Cursor::new(&mut geometry).areas(rings);
        self.feature(None, Figure::Polygons, &geometry);
    }

    /// Adds a feature with the tags said.
    fn feature(&mut self, id: Option<u64>, figure: Figure, geometry: &[u8]) {
        let Self { features: out, tags, .. } = self;
        let long = |bytes: &[u8]| 1 + varint_len(bytes.len() as u64) + bytes.len();
        let of_id = id.map_or(0, |id| 1 + varint_len(id));
        let of_tags = if tags.is_empty() { 0 } else { long(tags) };
        out.push(LAYER_FEATURE << 3 | 2);
        varint(out, (of_id + of_tags + 2 + long(geometry)) as u64);
        if let Some(id) = id {
            number(out, FEATURE_ID, id);
        }
        if !tags.is_empty() {
            bytes(out, FEATURE_TAGS, tags);
        }
        out.extend_from_slice(&[FEATURE_TYPE << 3, 1 + figure as u8]);
        bytes(out, FEATURE_GEOMETRY, geometry);
        tags.clear();
        self.count += 1;
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

/// Adds the commands of a geometry (Mapbox Vector Tile 2.1, 4.3).
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
        Self { out, at: [0, 0] }
    }

    #[inline]
    fn go(&mut self, to: Spot) {
        let digits = |axis: usize| {
            let step = to[axis] - self.at[axis];
            ((step << 1) ^ (step >> 31)).cast_unsigned()
        };
        let [x, y] = [digits(0), digits(1)];
        if (x | y) < 0x4000 {
            // Nearly all steps within a tile have one digit or two: four bytes are added, then those too many are taken
            // back, which needs no branch.
            let two = |digits: u32| {
                let is_long = u32::from(digits >= 0x80);
                (digits & 0x7f | is_long << 7 | digits >> 7 << 8, 1 + is_long)
            };
            let ((x, x_len), (y, y_len)) = (two(x), two(y));
            let len = self.out.len() + (x_len + y_len) as usize;
            self.out.extend_from_slice(&(x | y << (8 * x_len)).to_le_bytes());
            self.out.truncate(len);
        } else {
            varint(self.out, u64::from(x));
            varint(self.out, u64::from(y));
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

    fn lines(&mut self, (spots, ends): &(Vec<Spot>, Vec<usize>)) {
        let mut start = 0;
        for &end in ends {
            self.line(&spots[start..end]);
            start = end;
        }
    }

    fn areas(&mut self, rings: &Rings) {
        rings.iter().for_each(|(ring, _)| self.ring(ring));
    }

    /// What the pen has drawn.
    fn drawn(&mut self, figure: Figure, pen: &Pen<'_>) {
        match figure {
            Figure::Points => self.points(&pen.points),
            Figure::Lines => self.lines(&pen.lines),
            Figure::Polygons => self.areas(&pen.rings),
        }
    }
}

/// Features that are written together. What they need lies far apart in memory; asked for one after the other, column by
/// column, it comes at once, and not each time after a wait.
const BLOCK: usize = 64;

/// Bytes that a feature, and the values that it has alone, usually take.
const USUAL_FEATURE: usize = 48;
const USUAL_VALUES: usize = 24;

/// Writes features of a layer with their attributes.
pub(super) struct FeatureWriter<'a> {
    layer: &'a Layer,
    attributes: Vec<Attribute<'a>>,
    /// The attributes by how often their values repeat, most often first: low numbers are short.
    order: Vec<usize>,
    /// Is the id of every feature one of its attributes?
    has_id: bool,
    /// Key of ids that the encoding has no place for, once there is one: texts, and numbers below zero.
    id_key: Option<u32>,
    /// Features written; one of several kinds of geometry is several in the encoding.
    pub(super) written: u64,
    pub(super) body: LayerBody,
    /// The rows of a block that show.
    rows: Vec<usize>,
    /// Their figures: which of the rows, and the end of its commands in `shapes`.
    figures: Vec<(usize, Figure, usize)>,
    shapes: Vec<u8>,
    /// Numbers of their values, attribute by attribute.
    numbers: Vec<u32>,
}

/// A column with the numbers of those of its values that the tile already has.
struct Attribute<'a> {
    key: u32,
    column: &'a Column,
    seen: Seen,
}

impl<'a> FeatureWriter<'a> {
    pub(super) fn new(layer: &'a Layer, fields: &[FieldIx]) -> Self {
        let mut body = LayerBody::default();
        let attributes = fields.iter().map(|&field| Attribute {
            key: body.key(&layer.schema.field(field).name),
            column: layer.column(field),
            seen: Seen::of(layer.column(field)),
        });
        let attributes: Vec<_> = attributes.collect();
        let mut order: Vec<_> = (0..attributes.len()).collect();
        order.sort_by_key(|&at| match attributes[at].seen {
            Seen::Codes(_) => 0,
            Seen::Table { .. } => 1,
            Seen::Never => 2,
        });
        let has_id = layer.id_field().is_some_and(|field| fields.contains(&field));
        let (rows, figures) = (Vec::with_capacity(BLOCK), Vec::with_capacity(BLOCK));
        let (shapes, numbers) = (Vec::new(), Vec::new());
        Self {
            layer,
            attributes,
            order,
            has_id,
            id_key: None,
            written: 0,
            body,
            rows,
            figures,
            shapes,
            numbers,
        }
    }

    /// Draws features and adds those of which something shows.
    pub(super) fn add(
        &mut self,
        features: &[FeatureIx],
        pen: &mut Pen<'_>,
        budget: &Budget,
    ) -> Result<(), QueryError> {
        self.body.features.reserve(features.len() * USUAL_FEATURE);
        self.body.values.reserve(features.len() * USUAL_VALUES);
        for block in features.chunks(BLOCK) {
            budget.check()?;
            self.draw(block, pen);
            self.values();
            self.write();
        }
        Ok(())
    }

    /// Draws a block.
    fn draw(&mut self, block: &[FeatureIx], pen: &mut Pen<'_>) {
        let Self { rows, figures, shapes, .. } = self;
        rows.clear();
        figures.clear();
        shapes.clear();
        let geometries = self.layer.geometries();
        geometries.fetch(block.iter().map(|ix| ix.row()));
        for row in block.iter().map(|ix| ix.row()) {
            let Some(geometry) = geometries.get(row) else { continue };
            pen.draw(geometry, |figure, pen| {
                Cursor::new(shapes).drawn(figure, pen);
                figures.push((rows.len(), figure, shapes.len()));
            });
            if figures.last().is_some_and(|figure| figure.0 == rows.len()) {
                rows.push(row);
            }
        }
    }

    /// Finds the values of what was drawn.
    fn values(&mut self) {
        let Self { attributes, order, rows, numbers, body, .. } = self;
        numbers.resize(attributes.len() * rows.len(), NOTHING);
        for &at in &*order {
            attributes[at].numbers(rows, &mut numbers[at * rows.len()..][..rows.len()], body);
        }
        if let Ids::Text(ids) = self.layer.ids()
            && !self.has_id
        {
            ids.fetch(rows.iter().copied());
        }
    }

    /// Writes what was drawn.
    fn write(&mut self) {
        let Self { layer, attributes, has_id, id_key, rows, figures, shapes, numbers, body, .. } = self;
        let mut start = 0;
        for &(at, figure, end) in &*figures {
            for (attribute, numbers) in attributes.iter().zip(numbers.chunks_exact(rows.len())) {
                if numbers[at] != NOTHING {
                    body.tag(attribute.key, numbers[at]);
                }
            }
            let row = rows[at];
            let (id, odd) = match layer.ids() {
                Ids::Text(ids) => (None, (!*has_id).then(|| body.text(ids.get(row)))),
                Ids::Integer(ids) => match u64::try_from(ids[row]) {
                    Ok(id) => (Some(id), None),
                    Err(_) => (None, (!*has_id).then(|| body.whole(ids[row]))),
                },
            };
            if let Some(odd) = odd {
                let key = *id_key.get_or_insert_with(|| body.key(id_name(layer)));
                body.tag(key, odd);
            }
            body.feature(id, figure, &shapes[start..end]);
            start = end;
        }
        self.written += rows.len() as u64;
    }
}

/// Name of the attribute that holds an id which the encoding has no place for.
pub(super) fn id_name(layer: &Layer) -> &'static str {
    let is_taken = layer.schema.find(ID).is_some() && layer.id_field().is_none();
    if is_taken { "feature_id" } else { ID }
}

/// In place of the number of a value: there is none.
const NOTHING: u32 = u32::MAX;

impl Attribute<'_> {
    /// Tells the numbers of the values in some rows; values that the tile does not have yet are added to it.
    fn numbers(&mut self, rows: &[usize], numbers: &mut [u32], body: &mut LayerBody) {
        let seen = &mut self.seen;
        match self.column {
            Column::Text(texts) | Column::Json(texts) => {
                for (code, &row) in numbers.iter_mut().zip(rows) {
                    *code = texts.code(row).unwrap_or(NOTHING);
                }
                let (codes, dictionary) = (numbers, texts.dictionary());
                if matches!(seen, Seen::Never) {
                    dictionary
                        .fetch(codes.iter().filter(|&&code| code != NOTHING).map(|&code| code as usize));
                }
                for code in codes.iter_mut().filter(|code| **code != NOTHING) {
                    let text = || body.text(dictionary.get(*code as usize));
                    *code = seen.number(u64::from(*code), text);
                }
            }
            Column::Integer(values) => {
                let value = |row: usize| Some(values[row]).filter(|&whole| whole != NULL_INTEGER);
                seen.numbers(rows, numbers, value, i64::cast_unsigned, |whole| body.whole(whole));
            }
            Column::Real(values) => {
                let value = |row: usize| Some(values[row]).filter(|real| !real.is_nan());
                seen.numbers(rows, numbers, value, f64::to_bits, |real| body.real(real));
            }
            Column::Bool(values) => {
                let value = |row: usize| Some(values[row]).filter(|&holds| holds < 2).map(u64::from);
                seen.numbers(rows, numbers, value, |holds| holds, |holds| body.number(VALUE_BOOL, holds));
            }
            Column::Date(values) => {
                let value = |row: usize| Some(values[row]).filter(|&days| days != NULL_DAYS);
                let text = |days: i32| Date::from_days(days).to_string();
                seen.numbers(
                    rows,
                    numbers,
                    value,
                    |days| i64::from(days).cast_unsigned(),
                    |days| body.text(&text(days)),
                );
            }
            Column::Timestamp(values) => {
                let value = |row: usize| Some(values[row]).filter(|&moment| moment != NULL_INTEGER);
                let text = |moment: i64| Timestamp::from_microseconds(moment).to_string();
                seen.numbers(rows, numbers, value, i64::cast_unsigned, |moment| body.text(&text(moment)));
            }
        }
    }
}

/// The numbers of values that a tile has.
enum Seen {
    /// By value; `asked` tells how often a value was looked for.
    Table { known: HashTable<(u64, u32)>, asked: usize },
    /// By code, where there are few.
    Codes(Vec<u32>),
    /// Not kept: nearly all values differ, and are not worth the search for equal ones.
    Never,
}

impl Seen {
    /// Texts of a column up to which a list of all their numbers is kept.
    const FEW_CODES: usize = 1024;

    /// So many values are asked for before they are found to be nearly all different.
    const TRIAL: usize = 8 * BLOCK;

    fn of(column: &Column) -> Self {
        match column {
            Column::Text(texts) | Column::Json(texts) if !texts.is_coded() => Self::Never,
            Column::Text(texts) | Column::Json(texts) if texts.dictionary().len() <= Self::FEW_CODES => {
                Self::Codes(vec![NOTHING; texts.dictionary().len()])
            }
            _ => Self::Table { known: HashTable::with_capacity(2 * BLOCK), asked: 0 },
        }
    }

    /// The number that `add` gave to a value when it was first met.
    #[inline]
    fn number(&mut self, value: u64, add: impl FnOnce() -> u32) -> u32 {
        match self {
            Self::Never => add(),
            Self::Codes(numbers) => {
                // Codes are positions in the list.
                let number = &mut numbers[usize::try_from(value).unwrap_or(usize::MAX)];
                if *number == NOTHING {
                    *number = add();
                }
                *number
            }
            Self::Table { known, asked } => {
                *asked += 1;
                // Fibonacci hashing: the high bits, which the table uses first, depend on all bits of the value.
                let hash = |value: u64| (value ^ value >> 32).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                if let Some(&(_, number)) = known.find(hash(value), |&(other, _)| other == value) {
                    return number;
                }
                let number = add();
                known.insert_unique(hash(value), (value, number), |&(other, _)| hash(other));
                if *asked == Self::TRIAL && known.len() > Self::TRIAL / 16 * 15 {
                    *self = Self::Never;
                }
                number
            }
        }
    }

    /// Tells the numbers of the values of some rows.
    #[inline]
    fn numbers<T: Copy>(
        &mut self,
        rows: &[usize],
        numbers: &mut [u32],
        value: impl Fn(usize) -> Option<T>,
        bits: impl Fn(T) -> u64,
        mut add: impl FnMut(T) -> u32,
    ) {
        let mut values = [None; BLOCK];
        for (out, &row) in values.iter_mut().zip(rows) {
            *out = value(row);
        }
        for (number, &value) in numbers.iter_mut().zip(&values) {
            *number = value.map_or(NOTHING, |value| self.number(bits(value), || add(value)));
        }
    }
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
