//! Texts compared by what people read: without regard to case, to accents, to how a letter is put together.
//!
//! In: a text. Out: its normal form, borrowed when it has it already. Leaves out: languages; what holds for all
//! of them is the same for every layer and reader.

use std::borrow::Cow;

use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use icu_properties::CodePointMapData;
use icu_properties::props::GeneralCategory;

const COMPOSE: ComposingNormalizerBorrowed<'static> = ComposingNormalizerBorrowed::new_nfc();
const DECOMPOSE: DecomposingNormalizerBorrowed<'static> = DecomposingNormalizerBorrowed::new_nfd();

/// Dakuten and handakuten make another letter, か to が; a reader of Japanese does not take them for accents
/// (OGC 21-065r2, `/rec/accent-insensitive-comparison/japanese-non-spacing-marks`).
const VOICED_MARKS: [char; 2] = ['\u{3099}', '\u{309A}'];

/// The text in Unicode's normal form C; equal exactly for texts that are canonically equivalent.
#[must_use]
pub fn normalized(text: &str) -> Cow<'_, str> {
    if text.is_ascii() { Cow::Borrowed(text) } else { COMPOSE.normalize(text) }
}

/// Full-width forms of ASCII, as Chinese keyboards type them, as the character itself.
#[must_use]
pub fn narrow(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    }
}

/// The text with [`narrow`] characters.
#[must_use]
pub fn narrowed(text: &str) -> String {
    text.chars().map(narrow).collect()
}

/// The text with the full case folding of Unicode, in normal form C. Equal exactly for texts that are a canonical
/// caseless match (Unicode, 3.13.5, D145). Folding is that of all languages but the Turkic ones: I becomes i.
#[must_use]
pub fn case_folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
            Cow::Owned(text.to_ascii_lowercase())
        } else {
            Cow::Borrowed(text)
        };
    }
    // Decomposed first, so that a sign below a Greek vowel folds the same whether it stands alone or composed.
    let decomposed = DECOMPOSE.normalize(text);
    let folded = CaseMapper::new().fold_string(&decomposed);
    kept(text, COMPOSE.normalize(&folded))
}

/// The text without its nonspacing marks (general category Mn), in normal form C. Letters that only look like one
/// with a mark, as ø, ł and đ, have no decomposition and stay.
#[must_use]
pub fn without_accents(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let categories = CodePointMapData::<GeneralCategory>::new();
    let is_accent =
        |c: char| categories.get(c) == GeneralCategory::NonspacingMark && !VOICED_MARKS.contains(&c);
    let decomposed = DECOMPOSE.normalize(text);
    if !decomposed.contains(is_accent) {
        return normalized(text);
    }
    let bare: String = decomposed.chars().filter(|&c| !is_accent(c)).collect();
    kept(text, COMPOSE.normalize(&bare))
}

/// The text itself when nothing changed.
fn kept<'a>(text: &'a str, changed: Cow<'_, str>) -> Cow<'a, str> {
    if changed == text { Cow::Borrowed(text) } else { Cow::Owned(changed.into_owned()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Rows of `CaseFolding.txt`, status C and F, and words made of them.
    #[test]
    fn case_folds_as_the_table_of_unicode_says() {
        let cases = [
            ("WUHAN Edz", "wuhan edz"),
            ("Straße", "strasse"),  // 00DF; F; 0073 0073
            ("STRASSE", "strasse"), //
            ("ẞ", "ss"),            // 1E9E; F; 0073 0073
            ("İ", "i\u{307}"),      // 0130; F; 0069 0307
            ("I", "i"),             // 0049; C; 0069, not the Turkic ı
            ("ı", "ı"),             // has no row
            ("ς", "σ"),             // 03C2; C; 03C3
            ("ΣΊΣΥΦΟΣ", "σίσυφοσ"), // 038A; C; 03AF and 03A3; C; 03C3
            ("ﬁ", "fi"),            // FB01; F; 0066 0069
            ("ŉ", "ʼn"),            // 0149; F; 02BC 006E
            ("ǰ", "ǰ"),             // 01F0; F; 006A 030C, composed again
            ("Ș", "ș"),             // 0218; C; 0219
            ("\u{212A}", "k"),      // 212A; C; 006B, the Kelvin sign
            ("Å", "å"),             // 00C5; C; 00E5
            ("A\u{30A}", "å"),      // the same letter in two characters
            ("\u{212B}", "å"),      // 212B; C; 00E5, the Ångström sign
            ("Ꭰ", "Ꭰ"),             // Cherokee folds to its capitals
            ("ꭰ", "Ꭰ"),             // AB70; C; 13A0
            ("ᾳ", "αι"),            // 1FB3; F; 03B1 03B9
            ("α\u{345}", "αι"),     // 0345; C; 03B9
            ("Я", "я"),             // 042F; C; 044F
            ("𐐀", "𐐨"),             // 10400; C; 10428
            ("車谷", "車谷"),
            ("中文 ABC", "中文 abc"),
        ];
        for (text, want) in cases {
            assert_eq!(case_folded(text), want, "{text}");
        }
    }

    /// Decompositions and classes of `UnicodeData.txt`.
    #[test]
    fn equivalent_texts_have_one_normal_form() {
        let cases = [
            ("e\u{301}", "é"),
            ("é", "é"),
            ("\u{212B}", "Å"),
            // A dot below (class 220) stands before one above (class 230), in whatever order they come.
            ("q\u{307}\u{323}", "q\u{323}\u{307}"),
            ("s\u{307}\u{323}", "ṩ"),
            ("\u{1112}\u{1161}\u{11AB}", "한"),
            ("か\u{3099}", "が"),
            ("\u{F900}", "豈"), // a compatibility ideograph with a canonical decomposition
            ("ﬁ", "ﬁ"),         // only a compatibility decomposition, which stays
            ("中文", "中文"),
        ];
        for (text, want) in cases {
            assert_eq!(normalized(text), want, "{text}");
        }
    }

    #[test]
    fn accents_go_and_letters_stay() {
        let cases = [
            ("Zürich", "Zurich"),
            ("ș", "s"),
            ("s\u{326}", "s"),
            ("é", "e"),
            ("e\u{301}", "e"),
            ("Å", "A"),
            ("Việt", "Viet"),
            ("Ἀθῆναι", "Αθηναι"),
            ("й", "и"),
            ("København", "København"),
            ("Łódź", "Łodz"),
            ("đ", "đ"),
            ("ガス", "ガス"),
            ("か\u{3099}", "が"),
            ("パ", "パ"),
            ("한국", "한국"),
            ("中文", "中文"),
            ("plain", "plain"),
        ];
        for (text, want) in cases {
            assert_eq!(without_accents(text), want, "{text}");
        }
        assert_eq!(case_folded(&without_accents("CHIȘINĂU")), "chisinau");
        assert_eq!(without_accents(&case_folded("CHIȘINĂU")), "chisinau");
    }

    #[test]
    fn what_does_not_change_is_borrowed() {
        for text in ["", "edz", "中文", "é", "한국", "が"] {
            assert!(matches!(normalized(text), Cow::Borrowed(_)), "{text}");
            assert!(matches!(case_folded(text), Cow::Borrowed(_)), "{text}");
        }
        for text in ["", "EDZ", "中文", "한국", "が", "ø"] {
            assert!(matches!(without_accents(text), Cow::Borrowed(_)), "{text}");
        }
    }
}
