//! The parts of a Word document around its text. Elements stand in the order of the schema, which Word insists on.

use std::fmt::Write as _;

use super::xml::escaped;
use crate::report::document::{Document, joined};

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

const NAMESPACES: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\" \
     xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\" \
     xmlns:wp=\"http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing\" \
     xmlns:a=\"http://schemas.openxmlformats.org/drawingml/2006/main\" \
     xmlns:pic=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"";

/// The first relationships: where the text is, where the properties are.
pub(super) const RELATIONSHIPS: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n\
     <Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">\
     <Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" \
     Target=\"word/document.xml\"/>\
     <Relationship Id=\"rId2\" Type=\"http://schemas.openxmlformats.org/package/2006/relationships/metadata/core-properties\" \
     Target=\"docProps/core.xml\"/></Relationships>";

/// Styles, fonts, bullets and settings.
pub(super) const STYLES: &str = include_str!("styles.xml");
pub(super) const NUMBERING: &str = include_str!("numbering.xml");
pub(super) const SETTINGS: &str = include_str!("settings.xml");
pub(super) const FONTS: &str = include_str!("fonts.xml");

/// Which part is of which kind.
pub(super) fn content_types(has_header: bool) -> String {
    const WORD: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";
    let mut out = HEAD.to_owned()
        + "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
           <Default Extension=\"png\" ContentType=\"image/png\"/>\
           <Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>\
           <Default Extension=\"xml\" ContentType=\"application/xml\"/>\
           <Override PartName=\"/docProps/core.xml\" \
           ContentType=\"application/vnd.openxmlformats-package.core-properties+xml\"/>";
    let header = has_header.then_some(("header1", "header"));
    for (name, kind) in [
        ("document", "document.main"),
        ("styles", "styles"),
        ("numbering", "numbering"),
        ("settings", "settings"),
        ("fontTable", "fontTable"),
        ("footer1", "footer"),
    ]
    .into_iter()
    .chain(header)
    {
        let _ = write!(out, "<Override PartName=\"/word/{name}.xml\" ContentType=\"{WORD}.{kind}+xml\"/>");
    }
    out + "</Types>"
}

/// What the text refers to.
pub(super) fn relationships(has_header: bool, pictures: usize) -> String {
    const KIND: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let mut out = HEAD.to_owned()
        + "<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">";
    let mut relationship = |id: &str, kind: &str, target: &str| {
        let _ = write!(out, "<Relationship Id=\"{id}\" Type=\"{KIND}/{kind}\" Target=\"{target}\"/>");
    };
    for kind in ["styles", "numbering", "settings", "fontTable"] {
        relationship(&format!("rId{kind}"), kind, &format!("{kind}.xml"));
    }
    relationship("rIdFooter", "footer", "footer1.xml");
    if has_header {
        relationship("rIdHeader", "header", "header1.xml");
    }
    for number in 1..=pictures {
        relationship(&format!("rIdPicture{number}"), "image", &format!("media/picture{number}.png"));
    }
    out + "</Relationships>"
}

/// Title, language and day.
pub(super) fn properties(document: &Document) -> String {
    let (title, lang, day) = (joined(&document.title), document.tongue.tag(), document.as_of);
    let title = escaped(&title);
    format!(
        "{HEAD}<cp:coreProperties xmlns:cp=\"http://schemas.openxmlformats.org/package/2006/metadata/core-properties\" \
         xmlns:dc=\"http://purl.org/dc/elements/1.1/\" xmlns:dcterms=\"http://purl.org/dc/terms/\" \
         xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"><dc:title>{title}</dc:title>\
         <dc:creator>innospace</dc:creator><dc:language>{lang}</dc:language>\
         <dcterms:created xsi:type=\"dcterms:W3CDTF\">{day}T00:00:00Z</dcterms:created>\
         <dcterms:modified xsi:type=\"dcterms:W3CDTF\">{day}T00:00:00Z</dcterms:modified></cp:coreProperties>"
    )
}

/// The text on A4 pages.
pub(super) fn main(body: &str, has_header: bool) -> String {
    let header = if has_header { "<w:headerReference w:type=\"default\" r:id=\"rIdHeader\"/>" } else { "" };
    format!(
        "{HEAD}<w:document {NAMESPACES}><w:body>{body}<w:sectPr>{header}\
         <w:footerReference w:type=\"default\" r:id=\"rIdFooter\"/><w:pgSz w:w=\"11906\" w:h=\"16838\"/>\
         <w:pgMar w:top=\"1304\" w:right=\"1134\" w:bottom=\"1134\" w:left=\"1134\" w:header=\"567\" w:footer=\"567\" \
         w:gutter=\"0\"/><w:cols w:space=\"708\"/></w:sectPr></w:body></w:document>"
    )
}

/// What stands above or below every page: `hdr` or `ftr`.
pub(super) fn edge(kind: &str, content: &str) -> String {
    format!("{HEAD}<w:{kind} {NAMESPACES}>{content}</w:{kind}>")
}
