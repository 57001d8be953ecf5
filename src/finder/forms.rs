//! What of a text is compared when one looks for it?
//!
//! In: names, codes, sections, and what people type. Out: keys: letters without case, accents, width, spaces and marks,
//! and for each key the places in it where reading may begin. Leaves out: how keys are searched.
//!
//! A name has a key of its own letters; one with Han characters also keys of its syllables, for several readings several;
//! and one of first letters. `南太子湖创新谷` is found as 南太子湖创新谷, as nantaizihuchuangxingu and as ntzhcxg.

use std::ops::Range;

use super::readings::{Readings, is_read};
use super::traditional::simplified;
use crate::model::{case_folded, narrow, without_accents};

/// Letters of a name that are compared; names are not longer, remarks that stand in a field of names are.
const MOST_PIECES: usize = 96;

/// Keys of syllables that one name may have. Beyond them the likeliest readings are taken.
const MOST_READINGS: usize = 8;

/// English words that a row of first letters leaves out.
const SMALL_WORDS: [&str; 6] = ["of", "and", "the", "for", "in", "at"];

/// A letter of a text, and what it is compared as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Piece {
    /// Folded: usually one character.
    pub folded: String,
    /// Bytes of the text it stands for.
    pub bytes: Range<usize>,
    /// May reading begin here: a Han character, the beginning of a word or of a number?
    pub starts: bool,
    /// The character itself where it is read in a syllable.
    pub han: Option<char>,
}

/// The letters of a text. Marks and spaces only part words.
pub fn pieces(text: &str) -> Vec<Piece> {
    #[derive(Clone, Copy, PartialEq)]
    enum Before {
        Gap,
        Letter,
        Digit,
        Han,
    }
    let mut pieces: Vec<Piece> = Vec::new();
    let mut before = Before::Gap;
    for (at, c) in text.char_indices() {
        let bytes = at..at + c.len_utf8();
        let c = narrow(c);
        if !c.is_alphanumeric() {
            // A mark that belongs to the letter before it, as in a decomposed ǎ, parts nothing, nor does an apostrophe.
            let joins = matches!(c, '\'' | '’') || ('\u{300}'..='\u{36F}').contains(&c);
            before = if joins { before } else { Before::Gap };
            continue;
        }
        let is_han = is_read(c);
        let c = if is_han { simplified(c) } else { c };
        let now = if is_han {
            Before::Han
        } else if c.is_numeric() {
            Before::Digit
        } else {
            Before::Letter
        };
        let folded = folded(c, is_han);
        pieces.push(Piece { folded, bytes, starts: is_han || now != before, han: is_han.then_some(c) });
        before = now;
        if pieces.len() == MOST_PIECES {
            break;
        }
    }
    pieces
}

/// A character without case and accent. Han has neither, so the tables of Unicode are asked about other letters only.
fn folded(c: char, is_han: bool) -> String {
    if is_han || c.is_ascii() {
        return c.to_ascii_lowercase().to_string();
    }
    let mut buffer = [0; 4];
    let bare = case_folded(&without_accents(c.encode_utf8(&mut buffer))).into_owned();
    match &*bare {
        // Unicode takes these for letters of their own; keyboards without them have what stands for them.
        "œ" => "oe",
        "æ" => "ae",
        "ø" => "o",
        "ł" => "l",
        "đ" | "ð" => "d",
        "ı" => "i",
        "þ" => "th",
        _ => return bare,
    }
    .to_owned()
}

/// A key, and which bytes of it stand for which piece.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Key {
    /// What is compared.
    pub text: String,
    /// For each part the byte where it begins, the number of its piece, and whether reading may begin there.
    pub parts: Vec<(usize, usize, bool)>,
}

impl Key {
    fn push(&mut self, part: &str, piece: usize, starts: bool) {
        self.parts.push((self.text.len(), piece, starts));
        self.text.push_str(part);
    }

    /// Bytes where reading may begin.
    pub fn starts(&self) -> impl Iterator<Item = usize> + '_ {
        self.parts.iter().filter(|(_, _, starts)| *starts).map(|(at, _, _)| *at)
    }

    /// The pieces that bytes of the key stand for, from the first to behind the last.
    pub fn pieces(&self, bytes: Range<usize>) -> Option<Range<usize>> {
        let end_of = |at: usize| self.parts.get(at + 1).map_or(self.text.len(), |next| next.0);
        let mut inside =
            (0..self.parts.len()).filter(|&at| self.parts[at].0 < bytes.end && end_of(at) > bytes.start);
        let first = inside.next()?;
        let last = inside.next_back().unwrap_or(first);
        Some(self.parts[first].1..self.parts[last].1 + 1)
    }
}

/// The letters themselves.
pub fn letters(pieces: &[Piece]) -> Key {
    let mut key = Key::default();
    for (at, piece) in pieces.iter().enumerate() {
        key.push(&piece.folded, at, piece.starts);
    }
    key
}

/// Does a text hold characters that are read in syllables?
pub fn has_han(pieces: &[Piece]) -> bool {
    pieces.iter().any(|piece| piece.han.is_some())
}

/// The ways to read a text aloud, the likeliest first: each piece with its syllable, or itself. None without Han.
fn spoken(pieces: &[Piece], readings: &Readings) -> Vec<Vec<Box<str>>> {
    if !has_han(pieces) {
        return Vec::new();
    }
    let chars: Vec<char> =
        pieces.iter().map(|piece| piece.han.or_else(|| piece.folded.chars().next()).unwrap_or(' ')).collect();
    let syllables = readings.of(&chars);
    let mut ways: Vec<Vec<Box<str>>> = vec![Vec::with_capacity(pieces.len())];
    for (piece, all) in pieces.iter().zip(&syllables) {
        let known = ways.len();
        for other in all.iter().skip(1) {
            for way in 0..known {
                if ways.len() < MOST_READINGS {
                    let mut way = ways[way].clone();
                    way.push(other.clone());
                    ways.push(way);
                }
            }
        }
        for way in &mut ways[..known] {
            way.push(all.first().cloned().unwrap_or_else(|| piece.folded.as_str().into()));
        }
    }
    ways
}

/// Keys of the syllables.
pub fn syllables(pieces: &[Piece], readings: &Readings) -> Vec<Key> {
    let key = |way: Vec<Box<str>>| {
        let mut key = Key::default();
        for (at, syllable) in way.iter().enumerate() {
            key.push(syllable, at, pieces[at].starts);
        }
        key
    };
    spoken(pieces, readings).into_iter().map(key).collect()
}

/// Keys of the first letters of syllables and words; numbers stay whole. None where that would be a single letter.
pub fn initials(pieces: &[Piece], readings: &Readings, text: &str) -> Vec<Key> {
    let plain = || vec![pieces.iter().map(|piece| piece.folded.as_str().into()).collect::<Vec<Box<str>>>()];
    let mut ways = spoken(pieces, readings);
    if ways.is_empty() {
        ways = plain();
    }
    let mut keys: Vec<Key> = Vec::new();
    for way in ways {
        let mut key = Key::default();
        for (at, syllable) in way.iter().enumerate() {
            let piece = &pieces[at];
            let is_digit = piece.folded.chars().all(char::is_numeric);
            if piece.han.is_none() && (!(piece.starts || is_digit) || is_small_word(pieces, at, text)) {
                continue;
            }
            let width = syllable.chars().next().map_or(0, char::len_utf8);
            key.push(&syllable[..width], at, piece.starts);
        }
        if key.parts.len() > 1 && keys.iter().all(|known| known.text != key.text) {
            keys.push(key);
        }
    }
    keys
}

/// Is the word that begins at this piece one of those that first letters leave out?
fn is_small_word(pieces: &[Piece], at: usize, text: &str) -> bool {
    let end =
        pieces[at + 1..].iter().position(|piece| piece.starts).map_or(pieces.len(), |next| at + 1 + next);
    let word = &text[pieces[at].bytes.start..pieces[end - 1].bytes.end];
    SMALL_WORDS.iter().any(|small| word.eq_ignore_ascii_case(small))
}

/// A section of the plan as numbers: `三(一)4`, `三（一）4` and `3(1)4` are `3.1.4`, `第三章第四节` is `3.4`, `第二十一条` is `21`,
/// `专栏3-1` is `专栏3.1`, `第三章专栏2` is `3专栏2`. `None` for what is no section.
#[must_use]
pub fn section(text: &str) -> Option<String> {
    let chars: Vec<char> = text.chars().map(|c| simplified(narrow(c))).collect();
    let (mut key, mut word) = (String::new(), String::new());
    let mut rest = chars.as_slice();
    while let Some((&c, behind)) = rest.split_first() {
        if let Some((number, read)) = number(rest) {
            key.push_str(&std::mem::take(&mut word));
            if key.ends_with(|c: char| c.is_ascii_digit()) {
                key.push('.');
            }
            key.push_str(&number);
            rest = &rest[read..];
            continue;
        }
        // What a chapter or a section is called stands around its number.
        if c.is_alphabetic()
            && c != '第'
            && !(word.is_empty() && !key.is_empty() && matches!(c, '章' | '节' | '条'))
        {
            word.push(c);
        }
        rest = behind;
    }
    // A word behind the last number is that of a name.
    let is_section = key.is_empty() || word.is_empty();
    key.push_str(&word);
    (is_section && !key.is_empty()).then_some(key)
}

/// The number that some characters begin with, and how many of them it is: digits, one numeral, or one put together with tens.
fn number(chars: &[char]) -> Option<(String, usize)> {
    let digits = chars.iter().take_while(|c| c.is_ascii_digit()).count();
    if digits > 0 {
        return Some((chars[..digits].iter().collect(), digits));
    }
    let numeral = |at: usize| {
        let position = "一二三四五六七八九".chars().position(|numeral| chars.get(at) == Some(&numeral))?;
        Some(position + 1)
    };
    let is_ten = |at: usize| chars.get(at) == Some(&'十');
    let (tens, ten) = if is_ten(0) { (1, 0) } else { (numeral(0)?, 1) };
    if !is_ten(ten) {
        return Some((tens.to_string(), 1));
    }
    let ones = numeral(ten + 1);
    Some(((tens * 10 + ones.unwrap_or(0)).to_string(), ten + 1 + usize::from(ones.is_some())))
}

/// What someone typed, in all the forms that it may be found in.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Typed {
    /// As typed, without the space around it.
    pub raw: String,
    /// Letters.
    pub letters: String,
    /// Are there Han characters among them?
    pub has_han: bool,
    /// The syllables of a text with Han characters.
    pub spoken: Vec<String>,
    /// Without the numbers of tones behind syllables, where that is another text.
    pub toneless: Option<String>,
    /// With digits where letters that look like them stand beside digits: of `ZKO3` `zk03`.
    pub digits: Option<String>,
    /// The words, where there are several: parted by spaces and marks, and where Han and Latin letters meet.
    pub words: Vec<String>,
    /// As a section of the plan.
    pub section: Option<String>,
}

impl Typed {
    /// Reads what was typed. `None` when no letter is in it.
    pub fn new(text: &str, readings: &Readings) -> Option<Self> {
        let raw = text.trim();
        let pieces = pieces(raw);
        let letters = letters(&pieces).text;
        if letters.is_empty() {
            return None;
        }
        let has_han = has_han(&pieces);
        let spoken = syllables(&pieces, readings).into_iter().map(|key| key.text).take(2).collect();
        let toneless = toneless(&pieces).filter(|toneless| *toneless != letters && !has_han);
        let (words, digits) = (words(raw, toneless.is_some()), digits(&letters));
        Some(Self {
            digits,
            raw: raw.to_owned(),
            letters,
            has_han,
            spoken,
            toneless,
            words,
            section: section(raw),
        })
    }
}

/// The text with digits for letters that look like them and stand beside digits; `None` where there are none.
fn digits(letters: &str) -> Option<String> {
    let mut all: Vec<char> = letters.chars().collect();
    for at in 0..all.len() {
        let beside = [at.checked_sub(1), Some(at + 1)].into_iter().flatten();
        let is_number = beside.filter_map(|at| all.get(at)).any(char::is_ascii_digit);
        all[at] = match all[at] {
            'o' if is_number => '0',
            'i' | 'l' if is_number => '1',
            other => other,
        };
    }
    let meant = String::from_iter(all);
    (meant != letters).then_some(meant)
}

/// The words of a text with several; where it has tones, without their numbers.
fn words(raw: &str, has_tones: bool) -> Vec<String> {
    let is_gap = |c: char| c.is_whitespace() || narrow(c).is_ascii_punctuation() && !matches!(c, '\'' | '’');
    let mut words = Vec::new();
    for part in raw.split(is_gap) {
        let pieces = pieces(part);
        let is_latin = |piece: &Piece| piece.folded.chars().all(|c| c.is_ascii_alphabetic());
        let parts =
            pieces.chunk_by(|a, b| !(a.han.is_some() && is_latin(b) || is_latin(a) && b.han.is_some()));
        words.extend(parts.map(|part| match has_tones.then(|| toneless(part)).flatten() {
            Some(bare) => bare,
            None => letters(part).text,
        }));
    }
    words.retain(|word| !word.is_empty());
    if words.len() < 2 {
        words.clear();
    }
    words
}

/// `nan2tai4zi3hu2` without its numbers: each a tone behind a letter, and none beside another.
fn toneless(pieces: &[Piece]) -> Option<String> {
    let is_digit = |piece: &Piece| piece.folded.chars().all(|c| c.is_ascii_digit());
    let mut text = String::new();
    for (at, piece) in pieces.iter().enumerate() {
        if is_digit(piece) {
            let follows_letter = at > 0 && !is_digit(&pieces[at - 1]);
            if !follows_letter || !matches!(piece.folded.as_str(), "1" | "2" | "3" | "4" | "5") {
                return None;
            }
        } else {
            text.push_str(&piece.folded);
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn readings() -> Readings {
        Readings::new([("沌口", "zhuan kou")].into_iter())
    }

    #[test]
    fn letters_are_those_of_keyboards_without_signs() {
        let plain = |text: &str| text.chars().map(|c| folded(c, false)).collect::<String>();
        for (text, want) in
            [("Œuvre", "oeuvre"), ("Ærø", "aero"), ("Łódź", "lodz"), ("Straße", "strasse"), ("Đà", "da")]
        {
            assert_eq!(plain(text), want, "{text}");
        }
    }

    fn texts(keys: Vec<Key>) -> Vec<String> {
        keys.into_iter().map(|key| key.text).collect()
    }

    #[test]
    fn names_are_compared_as_letters_syllables_and_initials() {
        let readings = readings();
        let cases: [(&str, &str, &[&str], &[&str]); 6] = [
            ("南太子湖创新谷", "南太子湖创新谷", &["nantaizihuchuangxingu"], &["ntzhcxg"]),
            ("沌口站", "沌口站", &["zhuankouzhan", "dunkouzhan"], &["zkz", "dkz"]),
            ("地铁16号线", "地铁16号线", &["ditie16haoxian"], &["dt16hx"]),
            ("University of Science", "universityofscience", &[], &["us"]),
            ("ＷＥＤＺ", "wedz", &[], &[]),
            ("ZK0303-084", "zk0303084", &[], &["z0303084"]),
        ];
        for (text, as_letters, as_syllables, as_initials) in cases {
            let pieces = pieces(text);
            assert_eq!(letters(&pieces).text, as_letters);
            assert_eq!(texts(syllables(&pieces, &readings)), as_syllables, "{text}");
            assert_eq!(texts(initials(&pieces, &readings, text)), as_initials, "{text}");
        }
        let starts: Vec<_> = letters(&pieces("Metro Line 16号")).starts().collect();
        assert_eq!(starts, [0, 5, 9, 11]);
    }

    #[test]
    fn bytes_of_a_key_lead_back_to_the_text() {
        let readings = readings();
        let pieces = pieces("沌口·长江大桥");
        let key = &syllables(&pieces, &readings)[0];
        assert_eq!(key.text, "zhuankouchangjiangdaqiao");
        // "jiangda", whole and in part.
        assert_eq!(key.pieces(13..20), Some(3..5));
        assert_eq!(key.pieces(13..19), Some(3..5));
        assert_eq!(key.pieces(0..1), Some(0..1));
        assert_eq!(key.pieces(99..100), None);
    }

    #[test]
    fn typed_texts_lose_tones_spaces_and_marks() {
        let readings = readings();
        let cases = [
            ("nán tài zǐ hú", "nantaizihu", None),
            ("nan2tai4zi3hu2", "nan2tai4zi3hu2", Some("nantaizihu")),
            ("Xi'an", "xian", None),
            ("JS0405-001", "js0405001", None),
            ("ditie16haoxian", "ditie16haoxian", None),
            ("lǜ dì", "ludi", None),
            ("na\u{30C}n", "nan", None),
        ];
        for (text, letters, toneless) in cases {
            let typed = Typed::new(text, &readings).expect("letters");
            assert_eq!((typed.letters.as_str(), typed.toneless.as_deref()), (letters, toneless), "{text}");
        }
        assert_eq!(Typed::new(" -·… ", &readings), None);
        assert_eq!(Typed::new("haier  park", &readings).expect("letters").words, ["haier", "park"]);
        assert_eq!(Typed::new("南taizihu", &readings).expect("letters").spoken, ["nantaizihu"]);
        assert_eq!(Typed::new("ntzh创新谷", &readings).expect("letters").words, ["ntzh", "创新谷"]);
        assert_eq!(Typed::new("metro 16号线", &readings).expect("letters").words, ["metro", "16号线"]);
        assert_eq!(Typed::new("hai3er3 yuan2", &readings).expect("letters").words, ["haier", "yuan"]);
        assert_eq!(Typed::new("創新谷", &readings).expect("letters").letters, "创新谷");
    }

    #[test]
    fn letters_that_look_like_digits_are_read_as_such() {
        for (text, want) in [
            ("zko2o5009", Some("zk0205009")),
            ("zk0205oo9", Some("zk0205009")),
            ("js0405l01", Some("js0405101")),
            ("zoo", None),
            ("zk0205", None),
        ] {
            assert_eq!(digits(text).as_deref(), want, "{text}");
        }
    }

    #[test]
    fn sections_are_numbers() {
        let cases = [
            ("三(一)4", Some("3.1.4")),
            ("三（一）4", Some("3.1.4")),
            ("三一4", Some("3.1.4")),
            ("3(1)4", Some("3.1.4")),
            ("第三章", Some("3")),
            ("第三章第四节", Some("3.4")),
            ("三、（四）", Some("3.4")),
            ("第十章", Some("10")),
            ("第十二章", Some("12")),
            ("第二十一条", Some("21")),
            ("二十(三)", Some("20.3")),
            ("第三章专栏2", Some("3专栏2")),
            ("3 专栏 2", Some("3专栏2")),
            ("附件2", Some("附件2")),
            ("Section 5.2", Some("Section5.2")),
            ("专栏3-1", Some("专栏3.1")),
            ("专栏 3－1", Some("专栏3.1")),
            ("專欄3-1", Some("专栏3.1")),
            ("第三節", Some("3")),
            ("表1", Some("表1")),
            ("九(五)?", Some("9.5")),
            ("前言", Some("前言")),
            ("三环线", None),
            ("十堰", None),
            ("第三章程", None),
            ("(", None),
        ];
        for (text, want) in cases {
            assert_eq!(section(text).as_deref(), want, "{text}");
        }
    }
}
