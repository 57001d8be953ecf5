//! Values as JSON (RFC 8259), written into a growing text as fast as memory takes them.
//!
//! Short pieces are written as blocks of a fixed size, of which what is too much is taken back: that costs two moves, where a
//! copy of any length is a call.

/// The longest key that is written as one block.
const KEY_BLOCK: usize = 32;

/// A text that is written again and again.
#[derive(Debug)]
pub(super) struct Key {
    block: [u8; KEY_BLOCK],
    len: usize,
    /// What is longer than a block, whole.
    long: Option<Box<[u8]>>,
}

impl Key {
    pub(super) fn new(text: &[u8]) -> Self {
        let mut block = [0; KEY_BLOCK];
        let fits = text.len() <= KEY_BLOCK;
        if fits {
            block[..text.len()].copy_from_slice(text);
        }
        Self { block, len: text.len(), long: (!fits).then(|| text.into()) }
    }

    #[inline]
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        match &self.long {
            None => put(out, &self.block, self.len),
            Some(text) => out.extend_from_slice(text),
        }
    }
}

/// Writes the first `len` bytes of a block.
#[inline]
fn put<const SIZE: usize>(out: &mut Vec<u8>, block: &[u8; SIZE], len: usize) {
    let end = out.len() + len;
    out.extend_from_slice(block);
    out.truncate(end);
}

/// A JSON string (RFC 8259, 7).
pub(crate) fn string(out: &mut Vec<u8>, text: &str) {
    let start = out.len();
    out.push(b'"');
    if copy(out, text.as_bytes()) {
        out.push(b'"');
    } else {
        out.truncate(start);
        escaped(out, text);
    }
}

/// Writes bytes as they are. Does none of them need an escape?
#[inline]
fn copy(out: &mut Vec<u8>, bytes: &[u8]) -> bool {
    match bytes.len() {
        16.. => {
            let start = out.len();
            let is_plain = bytes.as_chunks::<16>().0.iter().fold(true, |is_plain, block| {
                out.extend_from_slice(block);
                is_plain & !has_escapes(block)
            });
            // Of the last block some stands there already.
            out.truncate(start + bytes.len() - 16);
            is_plain
                & bytes.last_chunk::<16>().is_some_and(|last| {
                    out.extend_from_slice(last);
                    !has_escapes(last)
                })
        }
        8.. => copy_ends::<8>(out, bytes),
        4.. => copy_ends::<4>(out, bytes),
        _ => {
            out.extend(bytes);
            !bytes.iter().any(|&byte| must_be_escaped(byte))
        }
    }
}

/// The same for bytes that two blocks cover.
#[inline]
fn copy_ends<const SIZE: usize>(out: &mut Vec<u8>, bytes: &[u8]) -> bool {
    let (Some(first), Some(last)) = (bytes.first_chunk::<SIZE>(), bytes.last_chunk::<SIZE>()) else {
        return false;
    };
    put(out, first, bytes.len() - SIZE);
    out.extend_from_slice(last);
    !(has_escapes(first) | has_escapes(last))
}

#[expect(clippy::needless_bitwise_bool, reason = "branches that are hard to foresee take longer")]
#[inline]
fn must_be_escaped(byte: u8) -> bool {
    (byte < 0x20) | (byte == b'"') | (byte == b'\\')
}

#[inline]
fn has_escapes<const SIZE: usize>(bytes: &[u8; SIZE]) -> bool {
    // The whole test without a branch is what the compiler turns into wide registers.
    bytes.iter().fold(0, |any, &byte| any | u8::from(must_be_escaped(byte))) != 0
}

fn escaped(out: &mut Vec<u8>, text: &str) {
    out.push(b'"');
    let mut plain = 0;
    for (at, byte) in text.bytes().enumerate() {
        let escape: &[u8] = match byte {
            b'"' => b"\\\"",
            b'\\' => b"\\\\",
            b'\n' => b"\\n",
            b'\r' => b"\\r",
            b'\t' => b"\\t",
            0..0x20 => b"",
            _ => continue,
        };
        out.extend_from_slice(&text.as_bytes()[plain..at]);
        if escape.is_empty() {
            out.extend_from_slice(format!("\\u{byte:04x}").as_bytes());
        } else {
            out.extend_from_slice(escape);
        }
        plain = at + 1;
    }
    out.extend_from_slice(&text.as_bytes()[plain..]);
    out.push(b'"');
}

/// The eight digits of a number below 10^8 as values, the first in the lowest byte.
#[inline]
fn eight_digits(number: u32) -> u64 {
    // Halved three times, all parts of a step at once. What is multiplied and shifted is divided by 100, then by 10, exactly for
    // numbers as small as these.
    let parts = u64::from(number / 10_000) | (u64::from(number % 10_000) << 32);
    let upper = ((parts * 10_486) >> 20) & 0x0000_007f_0000_007f;
    let parts = upper | ((parts - 100 * upper) << 16);
    let upper = ((parts * 103) >> 10) & 0x000f_000f_000f_000f;
    upper | ((parts - 10 * upper) << 8)
}

/// Digits as values to digits as text.
const ZEROS: u64 = 0x3030_3030_3030_3030;

/// Writes a whole number without sign.
#[inline]
fn whole(out: &mut Vec<u8>, number: u64) {
    match u32::try_from(number) {
        Ok(number @ 1..100_000_000) => {
            let digits = eight_digits(number);
            let leading = digits.trailing_zeros() / 8;
            put(out, &((digits + ZEROS) >> (8 * leading)).to_le_bytes(), 8 - leading as usize);
        }
        Ok(0) => out.push(b'0'),
        _ => out.extend_from_slice(itoa::Buffer::new().format(number).as_bytes()),
    }
}

pub(super) fn integer(out: &mut Vec<u8>, number: i64) {
    if number < 0 {
        out.push(b'-');
    }
    whole(out, number.unsigned_abs());
}

/// A finite real in the fewest digits that read back as the same number.
pub(crate) fn number(out: &mut Vec<u8>, real: f64) {
    /// So many steps to one that most figures are whole multiples of one.
    const STEPS: f64 = 1e4;
    /// Fewer than sixteen digits: no other decimal as short reads back as the same number.
    const MOST: u64 = 1_000_000_000_000_000;
    #[expect(clippy::cast_possible_truncation, reason = "what is too large is no multiple")]
    let steps = (real * STEPS + 0.5_f64.copysign(real)) as i64;
    let magnitude = steps.unsigned_abs();
    #[expect(clippy::cast_precision_loss, reason = "held against the number itself")]
    let is_multiple = magnitude < MOST && steps != 0 && steps as f64 / STEPS == real;
    if !is_multiple {
        let mut buffer = ryu::Buffer::new();
        let text = buffer.format_finite(real);
        return out.extend_from_slice(text.strip_suffix(".0").unwrap_or(text).as_bytes());
    }
    if steps < 0 {
        out.push(b'-');
    }
    whole(out, magnitude / 10_000);
    let fraction = (magnitude % 10_000) as u32;
    if fraction > 0 {
        let digits = eight_digits(fraction * 10_000);
        let trailing = digits.leading_zeros() / 8;
        out.push(b'.');
        put(out, &(digits + ZEROS).to_le_bytes(), 8 - trailing as usize);
    }
}

/// Whole degrees with a point, and how long that is.
#[expect(clippy::cast_possible_truncation, reason = "digits")]
static DEGREES: [([u8; 4], usize); 256] = {
    let mut all = [([0; 4], 0); 256];
    let mut degree = 0;
    while degree < 256 {
        let digits =
            [b'0' + (degree / 100) as u8, b'0' + (degree / 10 % 10) as u8, b'0' + (degree % 10) as u8];
        all[degree] = match degree {
            0..10 => ([digits[2], b'.', 0, 0], 2),
            10..100 => ([digits[1], digits[2], b'.', 0], 3),
            _ => ([digits[0], digits[1], digits[2], b'.'], 4),
        };
        degree += 1;
    }
    all
};

/// Bytes that a position takes at most, `[-180.1234567,-90.1234567],`, and as many as may be written behind it.
const MOST_OF_POSITION: usize = 32;

/// Writes positions on the grid of 1e-7 degree, each in brackets, commas between them; behind them `more`.
pub(super) fn grid_positions(out: &mut Vec<u8>, positions: &[[i32; 2]], more: Option<&[i32; 2]>) {
    let mut at = out.len();
    out.resize(at + (positions.len() + 1) * MOST_OF_POSITION, 0);
    for &[longitude, latitude] in positions.iter().chain(more) {
        out[at] = b'[';
        at = grid_degrees(out, at + 1, longitude);
        out[at] = b',';
        at = grid_degrees(out, at + 1, latitude);
        out[at..at + 2].copy_from_slice(b"],");
        at += 2;
    }
    out.truncate(at);
    if !positions.is_empty() {
        out.pop();
    }
}

/// Writes steps of 1e-7 degree as a decimal without trailing zeros at a place where there is room for sixteen bytes, and tells
/// where it ends.
#[inline]
fn grid_degrees(out: &mut [u8], mut at: usize, steps: i32) -> usize {
    const STEPS: u32 = 10_000_000;
    if steps < 0 {
        out[at] = b'-';
        at += 1;
    }
    let steps = steps.unsigned_abs();
    let (degrees, len) = DEGREES[(steps / STEPS) as usize % DEGREES.len()];
    out[at..at + 4].copy_from_slice(&degrees);
    at += len;
    let fraction = steps % STEPS;
    if fraction == 0 {
        return at - 1;
    }
    let digits = eight_digits(fraction * 10);
    out[at..at + 8].copy_from_slice(&(digits + ZEROS).to_le_bytes());
    at + 8 - (digits.leading_zeros() / 8) as usize
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn written(write: impl FnOnce(&mut Vec<u8>)) -> String {
        let mut out = b"<".to_vec();
        write(&mut out);
        String::from_utf8(out).expect("UTF-8")[1..].to_owned()
    }

    fn degrees(steps: i32) -> String {
        written(|out| grid_positions(out, &[[steps, 0]], None))
    }

    #[test]
    fn steps_of_a_degree_are_written_as_decimals() {
        let cases = [
            (0, "0"),
            (1, "0.0000001"),
            (-1, "-0.0000001"),
            (1_141_635_920, "114.163592"),
            (300_000_000, "30"),
            (-1_800_000_000, "-180"),
            (1_800_000_000, "180"),
            (305_063_430, "30.506343"),
            (1_799_999_999, "179.9999999"),
        ];
        for (steps, want) in cases {
            assert_eq!(degrees(steps), format!("[{want},0]"));
        }
    }

    #[test]
    fn all_numbers_of_eight_digits_have_theirs() {
        // Each half by itself, with some of the others: the halves do not touch each other.
        for low in 0..10_000 {
            for high in [0, 1, 9, 10, 99, 100, 4_095, 9_999] {
                for number in [low + high * 10_000, high + low * 10_000] {
                    let digits = eight_digits(number) + ZEROS;
                    assert_eq!(digits.to_le_bytes(), *format!("{number:08}").as_bytes());
                }
            }
        }
    }

    #[test]
    fn strings_are_escaped() {
        let text = "汉\"南\\港\n\u{1}";
        let json = written(|out| string(out, text));
        assert_eq!(json, "\"汉\\\"南\\\\港\\n\\u0001\"");
        assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text);
    }

    #[test]
    fn reals_are_short_and_exact() {
        let cases = [
            (0.0, "0"),
            (-0.0, "-0"),
            (1.0, "1"),
            (0.1, "0.1"),
            (-2.5, "-2.5"),
            (40.1, "40.1"),
            (0.0001, "0.0001"),
            (0.00001, "0.00001"),
            (1e-7, "1e-7"),
            (17_015.0, "17015"),
            (1e15, "1000000000000000"),
            (1e21, "1e21"),
        ];
        for (real, want) in cases {
            assert_eq!(written(|out| number(out, real)), want);
        }
    }

    fn by_ryu(real: f64) -> String {
        let text = ryu::Buffer::new().format_finite(real).to_owned();
        text.strip_suffix(".0").map_or_else(|| text.clone(), str::to_owned)
    }

    proptest! {
        /// Rust writes reals in the fewest digits, too, and never with an exponent.
        #[test]
        fn positions_are_those_of_rust(positions in proptest::collection::vec(any::<[i32; 2]>(), 0..5)) {
            let degrees = |steps: i32| f64::from(steps) / 1e7;
            let want = positions.iter().chain(positions.first());
            let want: Vec<_> = want.map(|[x, y]| format!("[{},{}]", degrees(*x), degrees(*y))).collect();
            prop_assert_eq!(written(|out| grid_positions(out, &positions, positions.first())), want.join(","));
        }

        #[test]
        fn reals_are_those_of_ryu(bits in any::<u64>(), steps in -1_000_000_000_000_i64..1_000_000_000_000, places in 0..7) {
            #[expect(clippy::cast_precision_loss, reason = "any real will do")]
            let short = steps as f64 / 10_f64.powi(places);
            let next = f64::from_bits(short.to_bits() + 1);
            for real in [f64::from_bits(bits), short, next, short.trunc()] {
                if real.is_finite() {
                    prop_assert_eq!(written(|out| number(out, real)), by_ryu(real));
                }
            }
        }

        #[test]
        fn whole_numbers_are_those_of_rust(number in any::<i64>(), size in 0..64) {
            let number = number >> size;
            prop_assert_eq!(written(|out| integer(out, number)), number.to_string());
        }

        #[test]
        fn strings_are_those_of_serde_json(text in "([g-z 南\u{20ac}]{0,20}|[\u{0}-\u{24}\\\\z\u{7f}]{0,3}){0,4}") {
            let want = serde_json::to_string(&text).expect("JSON");
            // It has short forms for two more.
            let want = want.replace("\\b", "\\u0008").replace("\\f", "\\u000c");
            prop_assert_eq!(written(|out| string(out, &text)), want);
        }
    }
}
