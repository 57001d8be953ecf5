//! The short way through the pages of a column: plain values, and codes of a dictionary, with bits for nulls.
//!
//! The library unpacks pages and knows every encoding, value by value, each text a piece of its own; what programs write by default is
//! taken here straight into columns. `None` gives up on a column.

use bytes::Bytes;
use parquet::basic::Encoding;
use parquet::column::page::{Page, PageReader};

use crate::model::{TextArena, TextBuilder};

/// The pages of one column of a group of rows. Rows may be null where `has_nulls`.
pub(super) struct Pages {
    pub(super) reader: Box<dyn PageReader>,
    pub(super) has_nulls: bool,
}

/// A page of values.
struct Data {
    /// For each row, has it a value? `None` where all have.
    present: Option<Vec<bool>>,
    rows: usize,
    bytes: Bytes,
    coding: Coding,
}

/// How values are written.
#[derive(Clone, Copy, PartialEq)]
enum Coding {
    Plain,
    /// As places in the dictionary.
    Places,
    /// As runs of bits, behind their length.
    Runs,
}

enum Read {
    Dictionary(Bytes),
    Data(Data),
    End,
}

impl Pages {
    fn next(&mut self) -> Option<Read> {
        let Some(page) = self.reader.get_next_page().ok()? else { return Some(Read::End) };
        let (rows, bytes, encoding, levels) = match page {
            Page::DictionaryPage { buf, encoding, .. } => {
                let plain = matches!(encoding, Encoding::PLAIN | Encoding::PLAIN_DICTIONARY);
                return plain.then_some(Read::Dictionary(buf));
            }
            Page::DataPage { mut buf, num_values, encoding, def_level_encoding, .. } => {
                let mut levels = None;
                if self.has_nulls {
                    let length = u32::from_le_bytes(*buf.first_chunk()?) as usize;
                    let end = length.checked_add(4).filter(|end| *end <= buf.len())?;
                    levels = (def_level_encoding == Encoding::RLE).then(|| buf.slice(4..end));
                    levels.as_ref()?;
                    buf = buf.slice(end..);
                }
                (num_values, buf, encoding, levels)
            }
            Page::DataPageV2 {
                buf, num_values, encoding, def_levels_byte_len, rep_levels_byte_len, ..
            } => {
                let length = def_levels_byte_len as usize;
                if rep_levels_byte_len > 0 || length > buf.len() {
                    return None;
                }
                (num_values, buf.slice(length..), encoding, self.has_nulls.then(|| buf.slice(..length)))
            }
        };
        let rows = rows as usize;
        let present = match levels {
            None => None,
            Some(levels) => present(&levels, rows)?,
        };
        let coding = match encoding {
            Encoding::PLAIN => Coding::Plain,
            Encoding::RLE_DICTIONARY | Encoding::PLAIN_DICTIONARY => Coding::Places,
            Encoding::RLE => Coding::Runs,
            _ => return None,
        };
        Some(Read::Data(Data { present, rows, bytes, coding }))
    }

    /// Appends numbers of so many bytes each.
    pub(super) fn numbers<const N: usize, T: Copy>(
        &mut self,
        null: T,
        of: impl Fn([u8; N]) -> T,
        into: &mut Vec<T>,
    ) -> Option<()> {
        let mut dictionary: Vec<T> = Vec::new();
        loop {
            let Data { present, rows, bytes, coding } = match self.next()? {
                Read::End => return Some(()),
                Read::Dictionary(bytes) => {
                    dictionary = bytes.as_chunks::<N>().0.iter().map(|bytes| of(*bytes)).collect();
                    continue;
                }
                Read::Data(data) => data,
            };
            let before = into.len();
            if coding == Coding::Places {
                codes(&bytes, count(present.as_deref(), rows), |code| {
                    into.push(*dictionary.get(code as usize)?);
                    Some(())
                })?;
            } else {
                (coding == Coding::Plain).then_some(())?;
                let values = bytes.as_chunks::<N>().0;
                into.extend(values.get(..count(present.as_deref(), rows))?.iter().map(|bytes| of(*bytes)));
            }
            if let Some(present) = present {
                spread(into, before, &present, null);
            }
        }
    }

    /// Appends truths: 0, 1, or the null that is given.
    pub(super) fn truths(&mut self, null: u8, into: &mut Vec<u8>) -> Option<()> {
        loop {
            let Data { present, rows, bytes, coding } = match self.next()? {
                Read::End => return Some(()),
                Read::Dictionary(_) => return None,
                Read::Data(data) => data,
            };
            let (before, values) = (into.len(), count(present.as_deref(), rows));
            let mut add = |truth: u32, times: usize| {
                into.resize(into.len() + times, u8::from(truth == 1));
                Some(())
            };
            match coding {
                Coding::Plain => unpack(&bytes, 1, values, |truth| add(truth, 1))?,
                Coding::Runs => hybrid(bytes.get(4..)?, 1, values, add)?,
                Coding::Places => return None,
            }
            if let Some(present) = present {
                spread(into, before, &present, null);
            }
        }
    }

    /// Appends texts.
    pub(super) fn texts(&mut self, into: &mut TextBuilder) -> Option<()> {
        let mut dictionary = TextArena::default();
        loop {
            let Data { present, rows, bytes, coding } = match self.next()? {
                Read::End => return Some(()),
                Read::Dictionary(bytes) => {
                    for text in pieces(&bytes) {
                        dictionary.push(std::str::from_utf8(text?).ok()?);
                    }
                    continue;
                }
                Read::Data(data) => data,
            };
            let values = count(present.as_deref(), rows);
            if coding == Coding::Places {
                let mut all = Vec::with_capacity(rows);
                codes(&bytes, values, |code| {
                    all.push(Some(code));
                    ((code as usize) < dictionary.len()).then_some(())
                })?;
                if let Some(present) = present {
                    spread(&mut all, 0, &present, None);
                }
                into.push_coded(&dictionary, all.into_iter());
                continue;
            }
            (coding == Coding::Plain).then_some(())?;
            let mut texts = pieces(&bytes);
            for row in 0..rows {
                if present.as_ref().is_some_and(|present| !present[row]) {
                    into.push_null();
                } else {
                    into.push(std::str::from_utf8(texts.next()??).ok()?);
                }
            }
        }
    }

    /// Calls `act` with the bytes of each row.
    pub(super) fn binaries(&mut self, mut act: impl FnMut(Option<&[u8]>) -> Option<()>) -> Option<()> {
        let mut dictionary: Vec<Bytes> = Vec::new();
        loop {
            let Data { present, rows, bytes, coding } = match self.next()? {
                Read::End => return Some(()),
                Read::Dictionary(bytes) => {
                    dictionary =
                        pieces(&bytes).map(|piece| Some(bytes.slice_ref(piece?))).collect::<Option<_>>()?;
                    continue;
                }
                Read::Data(data) => data,
            };
            let mut all = Vec::new();
            if coding == Coding::Places {
                codes(&bytes, count(present.as_deref(), rows), |code| {
                    all.push(code as usize);
                    Some(())
                })?;
            }
            let (mut all, mut plain) = (all.into_iter(), pieces(&bytes));
            for row in 0..rows {
                if present.as_ref().is_some_and(|present| !present[row]) {
                    act(None)?;
                } else if coding == Coding::Places {
                    act(Some(dictionary.get(all.next()?)?))?;
                } else {
                    act(Some(plain.next()??))?;
                }
            }
        }
    }
}

/// How many rows have a value.
fn count(present: Option<&[bool]>, rows: usize) -> usize {
    present.map_or(rows, |present| present.iter().filter(|is_there| **is_there).count())
}

/// Moves values from `start` on to the rows that have one.
fn spread<T: Copy>(values: &mut Vec<T>, start: usize, present: &[bool], null: T) {
    let mut from = values.len();
    values.resize(start + present.len(), null);
    for (row, is_there) in present.iter().enumerate().rev() {
        values[start + row] = if *is_there {
            from -= 1;
            values[from]
        } else {
            null
        };
    }
}

/// Texts or binaries, each behind its length; the last is `None` where the bytes end too early.
fn pieces(bytes: &[u8]) -> impl Iterator<Item = Option<&[u8]>> {
    let mut left = bytes;
    std::iter::from_fn(move || {
        if left.is_empty() {
            return None;
        }
        let piece = left.split_first_chunk().and_then(|(length, rest)| {
            let length = u32::from_le_bytes(*length) as usize;
            (length <= rest.len()).then(|| rest.split_at(length))
        });
        let Some((piece, rest)) = piece else {
            left = &[];
            return Some(None);
        };
        left = rest;
        Some(Some(piece))
    })
}

/// Which rows have a value; `None` inside where all have.
#[expect(clippy::option_option, reason = "the outer gives up")]
fn present(levels: &[u8], rows: usize) -> Option<Option<Vec<bool>>> {
    // Mostly one run says that all are there.
    let mut all = Vec::new();
    let mut is_whole = true;
    hybrid(levels, 1, rows, |level, times| {
        is_whole &= level == 1;
        all.resize(all.len() + times, level == 1);
        Some(())
    })?;
    Some((!is_whole).then_some(all))
}

/// Codes of a dictionary: the bits of each, then runs.
fn codes(bytes: &[u8], count: usize, mut act: impl FnMut(u32) -> Option<()>) -> Option<()> {
    if count == 0 {
        return Some(());
    }
    let (bits, runs) = bytes.split_first()?;
    hybrid(runs, u32::from(*bits), count, |code, times| (0..times).try_for_each(|_| act(code)))
}

/// Runs of equal values and packs of eight (Apache Parquet, "RLE/Bit-Packing Hybrid"): calls `act` with values and how often each comes.
fn hybrid(
    mut bytes: &[u8],
    bits: u32,
    count: usize,
    mut act: impl FnMut(u32, usize) -> Option<()>,
) -> Option<()> {
    if bits > 32 {
        return None;
    }
    let mut left = count;
    while left > 0 {
        let mut header = 0_u64;
        for shift in (0..).step_by(7) {
            let (byte, rest) = bytes.split_first()?;
            bytes = rest;
            header |= u64::from(byte & 0x7F).checked_shl(shift).filter(|_| shift < 35)?;
            if byte & 0x80 == 0 {
                break;
            }
        }
        let length = usize::try_from(header >> 1).ok()?;
        if header & 1 == 0 {
            let (value, rest) = bytes.split_at_checked(bits.div_ceil(8) as usize)?;
            bytes = rest;
            let value = value.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte));
            let times = length.min(left);
            act(value, times)?;
            left -= times;
        } else {
            // The last pack may be cut short where its values end.
            let size = length.checked_mul(bits as usize)?.min(bytes.len());
            let (pack, rest) = bytes.split_at(size);
            bytes = rest;
            let values = length.checked_mul(8)?.min(left);
            if pack.len() * 8 < values * bits as usize {
                return None;
            }
            unpack(pack, bits, values, |value| act(value, 1))?;
            left -= values;
        }
        if length == 0 {
            return None;
        }
    }
    Some(())
}

/// Values of so many bits each, the lowest first.
fn unpack(pack: &[u8], bits: u32, count: usize, mut act: impl FnMut(u32) -> Option<()>) -> Option<()> {
    let (bits, mask) = (bits as usize, (1_u64 << bits) - 1);
    for value in 0..count {
        let (byte, shift) = (value * bits / 8, value * bits % 8);
        // At most 32 bits behind at most seven.
        let left = &pack[byte.min(pack.len())..];
        let word = match left.first_chunk() {
            Some(bytes) => u64::from_le_bytes(*bytes),
            None if left.len() * 8 >= shift + bits => {
                left.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte))
            }
            None => return None,
        };
        #[expect(clippy::cast_possible_truncation, reason = "the mask leaves 32 bits at most")]
        act((word >> shift & mask) as u32)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_any_width_are_unpacked() {
        for bits in 0..=32_u32 {
            let most = u32::try_from((1_u64 << bits) - 1).expect("at most 32 bits");
            let values: Vec<u32> = (0..27_u32).map(|at| at.wrapping_mul(2_654_435_761) & most).collect();
            let set = values.iter().flat_map(|value| (0..bits).map(move |bit| value >> bit & 1));
            let set: Vec<u32> = set.collect();
            let byte =
                |eight: &[u32]| eight.iter().rev().fold(0, |byte, bit| byte << 1 | u8::from(*bit == 1));
            let pack: Vec<u8> = set.chunks(8).map(byte).collect();
            let unpacked = |pack: &[u8]| {
                let mut all = Vec::new();
                unpack(pack, bits, values.len(), |value| {
                    all.push(value);
                    Some(())
                })
                .map(|()| all)
            };
            assert_eq!(unpacked(&pack).as_ref(), Some(&values), "{bits} bits");
            if let Some((_, short)) = pack.split_last() {
                assert_eq!(unpacked(short), None, "{bits} bits, one byte less");
            }
        }
    }
}
