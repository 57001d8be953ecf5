//! Texts as paragraphs and runs.

use std::borrow::Cow;
use std::fmt::Write as _;

use crate::render::xlsx::width;
use crate::report::document::Tongue;

/// A text between tags or quotes. What XML cannot hold is left out.
pub(super) fn escaped(text: &str) -> Cow<'_, str> {
    let is_plain = |c: char| !matches!(c, '&' | '<' | '>' | '"' | '\u{FFFE}' | '\u{FFFF}') && !c.is_control();
    if text.chars().all(is_plain) {
        return text.into();
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\t' | '\r' | '\n' => out.push(' '),
            c if is_plain(c) => out.push(c),
            _ => {}
        }
    }
    out.into()
}

/// A paragraph of a style.
pub(super) fn paragraph(out: &mut String, style: &str, text: &str, tongue: Tongue) {
    let _ = write!(out, "<w:p><w:pPr><w:pStyle w:val=\"{style}\"/></w:pPr>");
    runs(out, text, tongue);
    *out += "</w:p>";
}

/// The lines of a text; in a report of two languages those of the second stand back.
pub(super) fn runs(out: &mut String, text: &str, tongue: Tongue) {
    for (at, line) in text.lines().enumerate() {
        let is_quiet = at > 0 && tongue == Tongue::Both;
        // Quotes, dashes and dots are written alike in both scripts: the hint says which font draws them.
        let is_han = width(line) > line.chars().count();
        *out += "<w:r>";
        if is_quiet || is_han {
            *out += "<w:rPr>";
            *out += if is_quiet { "<w:rStyle w:val=\"Quiet\"/>" } else { "" };
            *out += if is_han { "<w:rFonts w:hint=\"eastAsia\"/>" } else { "" };
            *out += "</w:rPr>";
        }
        *out += if at > 0 { "<w:br/>" } else { "" };
        let _ = write!(out, "<w:t xml:space=\"preserve\">{}</w:t></w:r>", escaped(line));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_texts() {
        assert_eq!(escaped("a<b>&\"c\""), "a&lt;b&gt;&amp;&quot;c&quot;");
        assert_eq!(escaped("a\tb\u{1}\u{FFFF}c"), "a bc");
        assert!(matches!(escaped("车谷"), Cow::Borrowed(_)));
    }

    #[test]
    fn the_second_language_stands_back() {
        let mut out = String::new();
        runs(&mut out, "车谷\nvalley", Tongue::Both);
        assert_eq!(
            out,
            "<w:r><w:rPr><w:rFonts w:hint=\"eastAsia\"/></w:rPr><w:t xml:space=\"preserve\">车谷</w:t></w:r>\
             <w:r><w:rPr><w:rStyle w:val=\"Quiet\"/></w:rPr><w:br/><w:t xml:space=\"preserve\">valley</w:t></w:r>"
        );
    }
}
