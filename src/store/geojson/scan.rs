//! The short way through features as programs write them.
//!
//! A cursor takes what stands in the text straight into the reader. It takes only sound JSON, and of that only what means the same
//! to `serde_json`; at anything else it gives up on the feature, which is then read through `serde_json` from its beginning: that
//! way knows the words for what is wrong.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::reader::Reader;
use crate::geometry::{GeometryKind, Steps};
use crate::model::Incoming;
use crate::store::rows::Rows;
use crate::store::shapes::{Node, Shapes};

/// Reads a text that is an array of features; `None` when it is no sound JSON.
pub(super) fn read<'a>(text: &'a str, reader: &mut Reader<'a>) -> Option<()> {
    let mut scan = Scan { text, at: 0 };
    let mut goes_on = !scan.opens_empty(b'[', b']')?;
    while goes_on {
        scan.skip_space();
        let start = scan.at;
        let mut id = None;
        if scan.feature(&mut reader.rows, &mut id).is_some() {
            reader.rows.finish_feature(Ok(()), id);
        } else {
            scan.at = start;
            reader.feature(scan.other::<&RawValue>()?.get());
        }
        goes_on = scan.goes_on(b']')?;
    }
    scan.skip_space();
    (scan.at == text.len()).then_some(())
}

/// Lists in lists and collections in collections that are followed; real ones have four.
const DEPTH: u8 = 8;

/// Openings of lists and objects in the value of a property that surely do not reach the depth at which `serde_json` ends.
const OPENINGS: usize = 100;

/// A place in a text. What gives up leaves it anywhere.
struct Scan<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Scan<'a> {
    /// Reads a feature and its id.
    fn feature(&mut self, rows: &mut Rows<'a>, id: &mut Option<Incoming<'a>>) -> Option<()> {
        rows.begin_feature();
        let mut is_feature = false;
        let mut goes_on = !self.opens_empty(b'{', b'}')?;
        while goes_on {
            match &*self.member(&[r#""type":"#, r#""properties":"#, r#""geometry":"#])? {
                "type" => is_feature = (self.word()? == "Feature").then_some(true)?,
                "id" => *id = Some(self.value()?),
                "geometry" => self.geometry(&mut rows.shapes, DEPTH, false)?,
                "properties" => self.properties(rows)?,
                _ => {
                    self.other::<serde::de::IgnoredAny>()?;
                }
            }
            goes_on = self.goes_on(b'}')?;
        }
        is_feature.then_some(())
    }

    fn properties(&mut self, rows: &mut Rows<'a>) -> Option<()> {
        if self.peek()? == b'n' {
            return self.literal("null");
        }
        let mut expected = 0;
        let mut goes_on = !self.opens_empty(b'{', b'}')?;
        while goes_on {
            self.skip_space();
            let is_expected = rows.key(expected).is_some_and(|key| self.takes(key));
            let at = if is_expected { expected } else { rows.column(self.name()?) };
            expected = at + 1;
            rows.values.push((at, self.value()?));
            goes_on = self.goes_on(b'}')?;
        }
        Some(())
    }

    /// The value of a property, or an id.
    fn value(&mut self) -> Option<Incoming<'a>> {
        Some(match self.peek()? {
            b'"' => Incoming::Text(self.word()?),
            b'n' => self.literal("null").map(|()| Incoming::Null)?,
            b't' => self.literal("true").map(|()| Incoming::Bool(true))?,
            b'f' => self.literal("false").map(|()| Incoming::Bool(false))?,
            b'[' => Incoming::Array(self.nested()?),
            b'{' => Incoming::Object(self.nested()?),
            _ => self.number()?.incoming()?,
        })
    }

    fn nested(&mut self) -> Option<String> {
        let start = self.at;
        let value: serde_json::Value = self.other()?;
        let openings = self.text[start..self.at].bytes().filter(|byte| b"[{".contains(byte)).count();
        (openings <= OPENINGS).then(|| value.to_string())
    }

    fn geometry(&mut self, shapes: &mut Shapes, depth: u8, is_nested: bool) -> Option<()> {
        if self.peek()? == b'n' {
            return self.literal("null");
        }
        let mut open = shapes.open();
        let mut goes_on = !self.opens_empty(b'{', b'}')?;
        while goes_on {
            match &*self.member(&[r#""type":"#, r#""coordinates":"#])? {
                "type" => open.kind = Some(GeometryKind::parse(&self.word()?)?),
                // What stands twice is told by the reader that knows words.
                "coordinates" | "geometries" if open.found.is_some() || open.has_members => return None,
                "coordinates" => open.found = Some(self.coordinates(shapes, DEPTH)?),
                "geometries" => {
                    let mut goes_on = !self.opens_empty(b'[', b']')?;
                    while goes_on {
                        self.geometry(shapes, depth.checked_sub(1)?, true)?;
                        goes_on = self.goes_on(b']')?;
                    }
                    open.has_members = true;
                }
                _ => {
                    self.other::<serde::de::IgnoredAny>()?;
                }
            }
            goes_on = self.goes_on(b'}')?;
        }
        shapes.close(&open, is_nested).ok()
    }

    /// A position, or a list of what is equally deep.
    fn coordinates(&mut self, shapes: &mut Shapes, depth: u8) -> Option<Node> {
        if self.opens_empty(b'[', b']')? {
            return Some(Node::List(None));
        }
        if self.peek()? != b'[' {
            return self.position(shapes).map(|()| Node::List(Some(0)));
        }
        let mut inner = None;
        loop {
            let found = if self.plain_positions(shapes) {
                Some(0)
            } else {
                let Node::List(found) = self.coordinates(shapes, depth.checked_sub(1)?)? else { return None };
                found
            };
            if inner.is_none() {
                inner = found;
            } else if found.is_some() && found != inner {
                return None;
            }
            if !self.goes_on(b']')? {
                return Some(Node::List(shapes.end_list(inner)));
            }
        }
    }

    /// Takes positions as long as they are written plainly; were there any?
    fn plain_positions(&mut self, shapes: &mut Shapes) -> bool {
        let mut next = Scan { text: self.text, at: self.at };
        let mut found = false;
        while let Some(position) = next.plain_position() {
            shapes.push_steps(position);
            (self.at, found) = (next.at, true);
            if next.byte() != Some(b',') {
                break;
            }
            next.at += 1;
            next.skip_blank();
        }
        found
    }

    /// Two numbers with up to seven places behind the point: they lie on the grid, and need no reals to be kept.
    fn plain_position(&mut self) -> Option<Steps> {
        self.plain(b'[')?;
        let longitude = self.plain_steps()?;
        self.plain(b',')?;
        let latitude = self.plain_steps()?;
        self.skip_blank();
        (self.byte() == Some(b']')).then(|| self.at += 1)?;
        Some([longitude, latitude])
    }

    fn plain(&mut self, expected: u8) -> Option<()> {
        (self.byte() == Some(expected)).then(|| self.at += 1)?;
        self.skip_blank();
        Some(())
    }

    fn skip_blank(&mut self) {
        self.at += usize::from(self.byte() == Some(b' '));
    }

    /// A number of degrees as steps of the grid.
    fn plain_steps(&mut self) -> Option<i32> {
        let is_negative = self.byte() == Some(b'-');
        self.at += usize::from(is_negative);
        // Where the point stands is a matter of branches, which are foreseen, so that a number need not wait for the one before it.
        let eight = self.eight();
        let [_, first, second, third, ..] = eight.to_le_bytes();
        let steps = if third == b'.' {
            self.plain_places::<3>(eight)?
        } else if second == b'.' {
            self.plain_places::<2>(eight)?
        } else if first == b'.' {
            self.plain_places::<1>(eight)?
        } else {
            return None;
        };
        let steps = i32::try_from(steps).ok()?;
        Some(if is_negative { -steps } else { steps })
    }

    /// A number with so many digits before the point and up to seven behind it.
    fn plain_places<const WHOLE: usize>(&mut self, eight: u64) -> Option<u64> {
        let bytes = eight.to_le_bytes();
        let mut whole = 0;
        for byte in &bytes[..WHOLE] {
            byte.is_ascii_digit().then_some(())?;
            whole = whole * 10 + u64::from(byte - b'0');
        }
        // A zero before other digits is no number of JSON.
        (WHOLE == 1 || bytes[0] != b'0').then_some(())?;
        self.at += WHOLE + 1;
        let behind = self.eight();
        let (count, fraction) = leading_digits(behind);
        if count == PLACES {
            self.at += PLACES;
            return ends_position(behind.to_le_bytes()[PLACES]).then_some(whole * TENS[PLACES] + fraction);
        }
        (1..PLACES).contains(&count).then_some(())?;
        self.at += count;
        let ends = ends_position(behind.to_le_bytes()[count]);
        ends.then_some(whole * TENS[PLACES] + fraction * TENS[PLACES - count])
    }

    /// The numbers of a position to the end of their list.
    fn position(&mut self, shapes: &mut Shapes) -> Option<()> {
        let longitude = self.number()?.real()?;
        self.goes_on(b']')?.then_some(())?;
        let latitude = self.number()?.real()?;
        let mut altitude = f64::NAN;
        if self.goes_on(b']')? {
            altitude = self.number()?.real()?;
            while self.goes_on(b']')? {
                self.number()?.real()?;
            }
        }
        shapes.push([longitude, latitude], altitude);
        Some(())
    }

    /// The name of a member, of which some are likely: those are given with quotes and colon, and found sooner than read.
    fn member(&mut self, likely: &[&'static str]) -> Option<Cow<'a, str>> {
        self.skip_space();
        match likely.iter().find(|key| self.takes(key)) {
            Some(key) => Some(Cow::Borrowed(&key[1..key.len() - 2])),
            None => self.name(),
        }
    }

    /// The name of a member and the colon behind it.
    fn name(&mut self) -> Option<Cow<'a, str>> {
        let name = self.word()?;
        self.after(b':')?;
        Some(name)
    }

    /// A string, borrowed where it holds no escapes.
    fn word(&mut self) -> Option<Cow<'a, str>> {
        self.after(b'"')?;
        let start = self.at;
        loop {
            let ends = ends_of_text(self.eight());
            self.at += ends.trailing_zeros() as usize / 8;
            if ends != 0 {
                break;
            }
        }
        match self.byte()? {
            b'"' => {
                let word = self.text.get(start..self.at)?;
                self.at += 1;
                Some(Cow::Borrowed(word))
            }
            b'\\' => {
                self.at = start - 1;
                self.other().map(Cow::Owned)
            }
            // A control character, which must be escaped.
            _ => None,
        }
    }

    fn number(&mut self) -> Option<Number<'a>> {
        self.skip_space();
        let start = self.at;
        let is_negative = self.byte()? == b'-';
        self.at += usize::from(is_negative);
        let (mut digits, begin) = (0, self.at);
        let whole = self.digits(&mut digits);
        if whole == 0 || (whole > 1 && self.text.as_bytes()[begin] == b'0') {
            return None;
        }
        let mut fraction = 0;
        if self.byte() == Some(b'.') {
            self.at += 1;
            fraction = self.digits(&mut digits);
            (fraction > 0).then_some(())?;
        }
        let has_exponent = matches!(self.byte(), Some(b'e' | b'E'));
        if has_exponent {
            self.at += 1;
            self.at += usize::from(matches!(self.byte(), Some(b'+' | b'-')));
            (self.digits(&mut 0) > 0).then_some(())?;
        }
        let text = &self.text[start..self.at];
        Some(Number { text, is_negative, digits, whole, fraction, has_exponent })
    }

    /// Appends the digits that stand here to a number, which wraps where they are too many; the answer is how many.
    fn digits(&mut self, number: &mut u64) -> usize {
        let start = self.at;
        loop {
            let (count, value) = leading_digits(self.eight());
            *number = number.wrapping_mul(TENS[count]).wrapping_add(value);
            self.at += count;
            if count < 8 {
                return self.at - start;
            }
        }
    }

    fn literal(&mut self, word: &str) -> Option<()> {
        self.takes(word).then_some(())
    }

    /// Does this stand here? Then it is passed.
    fn takes(&mut self, word: &str) -> bool {
        let is_it = self.text.as_bytes().get(self.at..).is_some_and(|rest| rest.starts_with(word.as_bytes()));
        self.at += if is_it { word.len() } else { 0 };
        is_it
    }

    /// Any value, through `serde_json`.
    fn other<T: Deserialize<'a>>(&mut self) -> Option<T> {
        let mut values = serde_json::Deserializer::from_str(self.text.get(self.at..)?).into_iter();
        let value = values.next()?.ok();
        self.at += values.byte_offset();
        value
    }

    /// Goes into a list or an object; is it empty, and passed?
    fn opens_empty(&mut self, open: u8, end: u8) -> Option<bool> {
        self.after(open)?;
        let is_empty = self.peek()? == end;
        self.at += usize::from(is_empty);
        Some(is_empty)
    }

    /// Behind a value of a list or an object: does another follow? Else the end is passed.
    fn goes_on(&mut self, end: u8) -> Option<bool> {
        let found = self.peek()?;
        self.at += 1;
        (found == b',' || found == end).then_some(found == b',')
    }

    fn after(&mut self, expected: u8) -> Option<()> {
        (self.peek()? == expected).then(|| self.at += 1)
    }

    /// The byte behind any space.
    fn peek(&mut self) -> Option<u8> {
        self.skip_space();
        self.byte()
    }

    fn skip_space(&mut self) {
        while matches!(self.byte(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.at += 1;
        }
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    /// The next eight bytes, the first the lowest; zeros behind the end.
    fn eight(&self) -> u64 {
        let rest = self.text.as_bytes().get(self.at..).unwrap_or_default();
        u64::from_le_bytes(rest.first_chunk().copied().unwrap_or_else(|| {
            let mut eight = [0; 8];
            eight[..rest.len()].copy_from_slice(rest);
            eight
        }))
    }
}

/// A number as it is written.
struct Number<'a> {
    text: &'a str,
    is_negative: bool,
    /// Its digits without the point and the exponent, where they are few enough.
    digits: u64,
    /// How many stand before the point.
    whole: usize,
    /// How many stand behind it.
    fraction: usize,
    has_exponent: bool,
}

impl<'a> Number<'a> {
    /// The nearest real; `None` beyond all reals.
    fn real(&self) -> Option<f64> {
        /// Whole numbers up to this one are reals.
        const MOST: u64 = 1 << 53;
        if !self.has_exponent && self.whole + self.fraction <= LONGEST && self.digits <= MOST {
            // Both are exact, as powers of ten up to 10^22 are, so that the quotient is the nearest real (Clinger 1990).
            #[expect(clippy::cast_precision_loss, reason = "exact, see above")]
            let real = self.digits as f64 / TENS[self.fraction] as f64;
            return Some(if self.is_negative { -real } else { real });
        }
        self.text.parse().ok().filter(|real: &f64| real.is_finite())
    }

    /// A whole number where it is written as one and can be held.
    fn incoming(&self) -> Option<Incoming<'a>> {
        let is_whole = self.fraction == 0 && !self.has_exponent && !(self.is_negative && self.digits == 0);
        if is_whole && let Ok(number) = self.text.parse() {
            return Some(Incoming::Integer(number));
        }
        self.real().map(Incoming::Real)
    }
}

/// Places behind the point of degrees on the grid.
const PLACES: usize = 7;

/// As many digits as every number of 64 bits holds.
const LONGEST: usize = 19;

const TENS: [u64; LONGEST + 1] = {
    let mut tens = [1; LONGEST + 1];
    let mut at = 1;
    while at <= LONGEST {
        tens[at] = tens[at - 1] * 10;
        at += 1;
    }
    tens
};

/// May this byte stand behind a number of a position?
fn ends_position(byte: u8) -> bool {
    matches!(byte, b',' | b']' | b' ')
}

/// The same byte eight times.
const fn all(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The highest bit of the first byte that a string cannot simply go on with: a quote, a backslash, a control character. Bits of
/// bytes behind it may be wrong.
fn ends_of_text(eight: u64) -> u64 {
    let below = |bytes: u64, limit: u8| bytes.wrapping_sub(all(limit)) & !bytes & all(0x80);
    below(eight, 0x20) | below(eight ^ all(b'"'), 1) | below(eight ^ all(b'\\'), 1)
}

/// How many of eight bytes are digits before the first that is none, and the number that they are.
fn leading_digits(eight: u64) -> (usize, u64) {
    let digits = eight ^ all(b'0');
    let others = (((digits & all(0x7f)) + all(0x7f - 9)) | digits) & all(0x80);
    let count = others.trailing_zeros() / 8;
    // Zeros come before them, so that there are eight; then pairs, fours, all are put together.
    let digits = digits.checked_shl(64 - 8 * count).unwrap_or(0);
    let pairs = (digits.wrapping_mul(10) + (digits >> 8)) & 0x00ff_00ff_00ff_00ff;
    let fours = (pairs.wrapping_mul(100) + (pairs >> 16)) & 0x0000_ffff_0000_ffff;
    let number = (fours.wrapping_mul(10_000) + (fours >> 32)) & 0xffff_ffff;
    (count as usize, number)
}

#[cfg(test)]
mod tests;
