//! Pages of Parquet, weighed before any is unpacked: a few packed bytes may promise gigabytes.

use std::fs::File;
use std::io::{BufReader, Read, Seek as _, SeekFrom, copy, sink};

use flate2::read::MultiGzDecoder;
use parquet::basic::{Compression, Encoding};
use parquet::column::page::Page;
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{FileReader as _, SerializedFileReader};

use super::MOST_ROW_BYTES;

/// Most bytes of one page, unpacked; programs write pages of one MiB, or of some thousand rows that are large.
const MOST_PAGE: u64 = 2 * MOST_ROW_BYTES;
/// Most bytes of the largest pages of all columns of a group of rows, which are in memory together.
const MOST_PAGES: u64 = 8 * MOST_ROW_BYTES;
/// Bytes of the pages that are in memory together where several rows are read at once.
const AT_ONCE: u64 = 4 * MOST_ROW_BYTES;
/// Most values of the lists of one row, in one column; read, each takes some hundred bytes.
const MOST_VALUES: u64 = 1 << 20;
/// A group of rows with fewer values in lists than this is not looked through for long ones.
const FEW_VALUES: u64 = 1 << 16;
/// Most rows that are read at once.
const MOST_ROWS: u64 = 1024;

/// How many rows of each group may be read at once.
///
/// # Errors
/// One of the groups takes more memory than a row may.
pub(super) fn batches(file: File, reader: &SerializedFileReader<File>) -> Result<Vec<usize>, String> {
    let unread = |fault: std::io::Error| format!("cannot be read: {fault}");
    let length = file.metadata().map_err(unread)?.len();
    let mut source = Source { file: BufReader::with_capacity(1 << 12, file), left: 0 };
    let groups = reader.metadata().row_groups().iter().enumerate();
    groups
        .map(|(number, group)| {
            let (mut bytes, mut values) = (0, 0);
            for (at, column) in group.columns().iter().enumerate() {
                let name = column.column_path().parts().first().map_or("", String::as_str);
                let pages = source.weigh(column, length).map_err(|reason| format!("its column {name:?} {reason}"))?;
                if pages.largest > MOST_PAGE {
                    return Err(format!(
                        "its column {name:?} has a page of {} MiB, at most {} MiB are taken, as a row may have at most {} MiB",
                        pages.largest >> 20,
                        MOST_PAGE >> 20,
                        MOST_ROW_BYTES >> 20
                    ));
                }
                bytes += pages.largest + pages.dictionary;
                if column.column_descr().max_rep_level() > 0 {
                    let beyond = pages.values.saturating_sub(group.num_rows().max(0).cast_unsigned());
                    let longest = if beyond < FEW_VALUES {
                        beyond + 1
                    } else {
                        longest(reader, number, at)
                            .map_err(|fault| format!("cannot be read as Parquet: {fault}"))?
                    };
                    if longest > MOST_VALUES {
                        return Err(format!(
                            "its column {name:?} has a row with a list of {longest} values, at most {MOST_VALUES} are taken"
                        ));
                    }
                    values += longest;
                }
            }
            if bytes > MOST_PAGES {
                return Err(format!(
                    "the pages of its columns take {} MiB together, at most {} MiB are taken; write it with smaller pages",
                    bytes >> 20,
                    MOST_PAGES >> 20
                ));
            }
            let rows = MOST_ROWS.min(AT_ONCE / bytes.max(1)).min(MOST_VALUES / values.max(1)).max(1);
            Ok(usize::try_from(rows).unwrap_or(1))
        })
        .collect()
}

/// What the heads of the pages of a column promise.
#[derive(Debug, Default, PartialEq)]
struct Pages {
    /// Bytes of the largest page, unpacked.
    largest: u64,
    /// Bytes of the dictionary, unpacked.
    dictionary: u64,
    values: u64,
}

/// The head of a page, as far as it tells sizes.
#[derive(Debug, Default)]
struct Head {
    kind: i64,
    unpacked: i64,
    packed: i64,
    values: i64,
    /// Bytes of levels that stand before what is packed.
    levels: i64,
    is_plain: bool,
}

/// The bytes of a column.
struct Source {
    file: BufReader<File>,
    left: u64,
}

/// Of what was packed most tightly by deflate, so many bytes come from one.
const TIGHTEST_DEFLATE: u64 = 1032;

impl Source {
    fn weigh(&mut self, column: &ColumnChunkMetaData, length: u64) -> Result<Pages, String> {
        const DICTIONARY: i64 = 2;
        let start = column.dictionary_page_offset().unwrap_or(column.data_page_offset());
        let [start, bytes] = [start, column.compressed_size()].map(u64::try_from);
        let (Ok(start), Ok(bytes)) = (start, bytes) else { return Err("lies outside the file".to_owned()) };
        if start.checked_add(bytes).is_none_or(|end| end > length) {
            return Err("is cut off: it ends behind the end of the file".to_owned());
        }
        self.seek(start)?;
        self.left = bytes;
        let end = start + bytes;
        let mut pages = Pages::default();
        while self.left > 0 {
            let mut head = Head::default();
            self.fields(None, 0, &mut head)?;
            let [unpacked, packed, values] = [head.unpacked, head.packed, head.values].map(u64::try_from);
            let (Ok(unpacked), Ok(packed), Ok(values)) = (unpacked, packed, values) else {
                return Err("has a page of less than no bytes".to_owned());
            };
            let body = end - self.left;
            self.skip(packed)?;
            if !head.is_plain && unpacked <= MOST_PAGE {
                let levels = u64::try_from(head.levels).unwrap_or(0).min(packed);
                let most = unpacked.saturating_sub(levels);
                if self.swells(column.compression(), body + levels, packed - levels, most)? {
                    return Err(format!("has a page of more than the {unpacked} bytes that it states"));
                }
                self.seek(end - self.left)?;
            }
            pages.largest = pages.largest.max(unpacked);
            if head.kind == DICTIONARY {
                pages.dictionary = pages.dictionary.max(unpacked);
            } else {
                pages.values = pages.values.saturating_add(values);
            }
        }
        Ok(pages)
    }

    /// Does what is packed come to more bytes than are stated? The library makes room for whatever comes of these two.
    fn swells(&mut self, by: Compression, start: u64, packed: u64, most: u64) -> Result<bool, String> {
        self.seek(start)?;
        let body = (&mut self.file).take(packed);
        let mut unpacked: Box<dyn Read + '_> = match by {
            Compression::GZIP(_) if packed > MOST_PAGE / TIGHTEST_DEFLATE => {
                Box::new(MultiGzDecoder::new(body))
            }
            Compression::BROTLI(_) => Box::new(brotli_decompressor::Decompressor::new(body, 1 << 12)),
            _ => return Ok(false),
        };
        // What cannot be unpacked is for the library to tell.
        Ok(copy(&mut unpacked.by_ref().take(most + 1), &mut sink()).is_ok_and(|bytes| bytes > most))
    }

    fn seek(&mut self, to: u64) -> Result<(), String> {
        self.file.seek(SeekFrom::Start(to)).map(drop).map_err(|fault| fault.to_string())
    }

    /// The fields of a structure in the compact protocol of Thrift; `of` is the field of a head that holds it.
    fn fields(&mut self, of: Option<i64>, depth: u8, into: &mut Head) -> Result<(), String> {
        let odd = || "has a page whose head cannot be read".to_owned();
        if depth > 4 {
            return Err(odd());
        }
        let mut id = 0_i64;
        loop {
            let (delta, kind) = match self.byte()? {
                0 => return Ok(()),
                byte => (i64::from(byte >> 4), byte & 15),
            };
            id = if delta == 0 { self.whole()? } else { id.saturating_add(delta) };
            match kind {
                // Booleans stand in their kind. What is packed may be said not to be.
                1 | 2 => into.is_plain |= (of, id, kind) == (Some(8), 7, 2),
                3 => self.skip(1)?,
                4..=6 => {
                    let value = self.whole()?;
                    match (of, id) {
                        (None, 1) => into.kind = value,
                        (None, 2) => into.unpacked = value,
                        (None, 3) => into.packed = value,
                        // Pages of data of both versions.
                        (Some(5 | 8), 1) => into.values = value,
                        (Some(8), 5 | 6) => into.levels = into.levels.saturating_add(value),
                        _ => {}
                    }
                }
                7 => self.skip(8)?,
                8 => {
                    let length = self.varint()?;
                    self.skip(length)?;
                }
                12 => self.fields(Some(if depth == 0 { id } else { -1 }), depth + 1, into)?,
                _ => return Err(odd()),
            }
        }
    }

    fn byte(&mut self) -> Result<u8, String> {
        self.left = self.left.checked_sub(1).ok_or("ends within a page")?;
        let mut byte = [0];
        self.file.read_exact(&mut byte).map_err(|fault| fault.to_string())?;
        Ok(byte[0])
    }

    fn skip(&mut self, bytes: u64) -> Result<(), String> {
        self.left = self.left.checked_sub(bytes).ok_or("ends within a page")?;
        let bytes = i64::try_from(bytes).map_err(|fault| fault.to_string())?;
        self.file.seek_relative(bytes).map_err(|fault| fault.to_string())
    }

    fn varint(&mut self) -> Result<u64, String> {
        let mut value = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            value |= u64::from(byte & 127) << shift;
            if byte < 128 {
                return Ok(value);
            }
        }
        Err("has a page whose head cannot be read".to_owned())
    }

    /// A signed number, its sign in the last bit.
    fn whole(&mut self) -> Result<i64, String> {
        let value = self.varint()?;
        Ok((value >> 1).cast_signed() ^ -(value & 1).cast_signed())
    }
}

/// Values of the longest row of a column of lists.
fn longest(reader: &SerializedFileReader<File>, group: usize, column: usize) -> Result<u64, ParquetError> {
    let group = reader.get_row_group(group)?;
    let levels = group.metadata().column(column).column_descr().max_rep_level();
    let width = 16 - levels.leading_zeros();
    let mut pages = group.get_column_page_reader(column)?;
    let mut rows = Rows::default();
    while let Some(page) = pages.get_next_page()? {
        let short = || ParquetError::EOF("the levels of a page".to_owned());
        let (levels, values) = match &page {
            Page::DataPage { buf, num_values, rep_level_encoding: Encoding::RLE, .. } => {
                let (length, rest) = buf.split_first_chunk().ok_or_else(short)?;
                (rest.get(..u32::from_le_bytes(*length) as usize), *num_values)
            }
            Page::DataPage { rep_level_encoding, .. } => {
                return Err(ParquetError::NYI(format!("levels written as {rep_level_encoding}")));
            }
            Page::DataPageV2 { buf, num_values, rep_levels_byte_len, .. } => {
                (buf.get(..*rep_levels_byte_len as usize), *num_values)
            }
            Page::DictionaryPage { .. } => continue,
        };
        rows.take(levels.ok_or_else(short)?, width, values.into()).ok_or_else(short)?;
    }
    Ok(rows.longest)
}

/// Rows told apart by levels of repetition: one begins wherever the level is 0.
#[derive(Debug, Default)]
struct Rows {
    current: u64,
    longest: u64,
}

impl Rows {
    /// Takes the levels of a page, in runs of one value and runs of packed bits (Parquet, "Run Length Encoding").
    fn take(&mut self, mut bytes: &[u8], width: u32, mut left: u64) -> Option<()> {
        while left > 0 {
            let mut head = 0_u64;
            for shift in (0..35).step_by(7) {
                let (byte, rest) = bytes.split_first()?;
                bytes = rest;
                head |= u64::from(byte & 127) << shift;
                if *byte < 128 {
                    break;
                }
            }
            let count = head >> 1;
            if head & 1 == 0 {
                let (value, rest) = bytes.split_at_checked(width.div_ceil(8) as usize)?;
                bytes = rest;
                let count = count.min(left);
                left -= count;
                if count == 0 {
                    continue;
                }
                let is_new = value.iter().all(|byte| *byte == 0);
                self.push(is_new, count);
            } else {
                let (packed, rest) =
                    bytes.split_at_checked(usize::try_from(count.checked_mul(width.into())?).ok()?)?;
                bytes = rest;
                let count = count.checked_mul(8)?.min(left);
                left -= count;
                for at in 0..count {
                    let from = at * u64::from(width);
                    let is_set = |bit: u64| {
                        usize::try_from(bit / 8).is_ok_and(|byte| packed[byte] >> (bit % 8) & 1 == 1)
                    };
                    self.push(!(from..from + u64::from(width)).any(is_set), 1);
                }
            }
        }
        Some(())
    }

    /// So many values, each of a row of its own or all of the row before.
    fn push(&mut self, is_new: bool, count: u64) {
        self.current = if is_new { 1 } else { self.current.saturating_add(count) };
        self.longest = self.longest.max(self.current);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_row_is_told_by_levels() {
        // A run of three rows of one value, then eight packed levels 0 1 1 1 0 1 0 1 (the lowest bit first), then a run of five
        // that go on with the last of them: rows of 1, 1, 1, 4, 2 and 2 + 5 values.
        let mut rows = Rows::default();
        assert_eq!(rows.take(&[3 << 1, 0, 1 << 1 | 1, 0b1010_1110, 5 << 1, 1], 1, 16), Some(()));
        assert_eq!((rows.current, rows.longest), (7, 7));
        // The next page goes on with the row, two bits a level: 2 1 0 1, and four that are beyond the page.
        assert_eq!(rows.take(&[1 << 1 | 1, 0b0100_0110, 0xFF], 2, 4), Some(()));
        assert_eq!((rows.current, rows.longest), (2, 9));
        assert_eq!(rows.take(&[3 << 1], 1, 3), None);
    }
}
