//! A report as a Word document (`WordprocessingML`, ISO/IEC 29500 transitional).
//!
//! In: a report, and how its charts are drawn. Out: A4 pages with real headings, tables whose heads come again on each
//! page, pictures that tell what they show, the banner and page numbers on each page. Leaves out: a table of contents,
//! which Word makes of the headings.
//!
//! Equal reports have equal bytes: ids count from one, the time is the day of the report, members of the archive have
//! none.

mod parts;
mod table;
mod xml;

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use thiserror::Error;
use zip::result::ZipError;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use super::document::{Block, Chart, Document, Section, Tongue, joined};
use crate::map::picture::Picture;
use crate::map::png::{self, PngError};
use xml::{escaped, paragraph, runs};

/// Width of the text, in twentieths of a point: A4 with margins of 2 cm.
const TEXT_WIDTH: u32 = 9638;
/// English Metric Units in a twentieth of a point.
const EMU: u32 = 635;
/// The greatest height of a picture, which leaves room for its caption on a page: 20 cm.
const MOST_HEIGHT: u32 = 7_200_000;

/// Why there is no file.
#[derive(Debug, Error)]
pub enum DocxError {
    /// A picture cannot be drawn.
    #[error("a picture of the document: {0}")]
    Picture(#[from] PngError),
    /// The archive refused something.
    #[error("the archive of the document: {0}")]
    Archive(#[from] ZipError),
}

/// The Word document of a report.
///
/// # Errors
/// A picture is too large.
pub fn write(document: &Document, draw: &dyn Fn(&Chart) -> Picture) -> Result<Vec<u8>, DocxError> {
    let mut body = Body { tongue: document.tongue, xml: String::new(), pictures: Vec::new() };
    body.front(document);
    for section in &document.sections {
        body.section(section, draw)?;
    }
    package(document, &body)
}

/// The text as far as it is written.
struct Body {
    tongue: Tongue,
    xml: String,
    pictures: Vec<Vec<u8>>,
}

impl Body {
    fn paragraph(&mut self, style: &str, text: &str) {
        paragraph(&mut self.xml, style, text, self.tongue);
    }

    fn front(&mut self, document: &Document) {
        self.paragraph("Title", &document.title);
        if let Some(banner) = &document.banner {
            self.paragraph("Banner", banner);
        }
        if !document.facts.is_empty() {
            table::facts(&mut self.xml, &document.facts, self.tongue);
        }
    }

    fn section(&mut self, section: &Section, draw: &dyn Fn(&Chart) -> Picture) -> Result<(), DocxError> {
        self.paragraph("Heading1", &section.heading);
        let mut blocks = section.blocks.as_slice();
        while let Some((block, rest)) = blocks.split_first() {
            blocks = rest;
            match block {
                Block::Headline { value, label } => {
                    let mut headlines = vec![(value.as_str(), label.as_str())];
                    while let [Block::Headline { value, label }, rest @ ..] = blocks {
                        headlines.push((value, label));
                        blocks = rest;
                    }
                    table::headlines(&mut self.xml, &headlines, self.tongue);
                }
                Block::Text(text) => self.paragraph("Normal", text),
                Block::Notes(notes) => notes.iter().for_each(|note| self.paragraph("ListBullet", note)),
                Block::Table(table) => table::table(&mut self.xml, table, self.tongue),
                Block::Chart(chart) => self.picture(&draw(chart), &chart.title, &chart.described())?,
                Block::Map { caption, picture } => self.picture(picture, caption, &joined(caption))?,
            }
        }
        Ok(())
    }

    /// A picture as wide as the text, and its caption below.
    fn picture(&mut self, picture: &Picture, caption: &str, told: &str) -> Result<(), DocxError> {
        self.pictures.push(png::write(picture)?);
        let [width, height] = picture.size.pixels().map(|side| u64::from(side.max(1)));
        let (full, most) = (u64::from(TEXT_WIDTH * EMU), u64::from(MOST_HEIGHT));
        let (wide, high) = if full * height <= most * width {
            (full, full * height / width)
        } else {
            (most * width / height, most)
        };
        let number = self.pictures.len();
        let told = escaped(told);
        let _ = write!(
            self.xml,
            "<w:p><w:pPr><w:pStyle w:val=\"Figure\"/></w:pPr><w:r><w:drawing>\
             <wp:inline distT=\"0\" distB=\"0\" distL=\"0\" distR=\"0\"><wp:extent cx=\"{wide}\" cy=\"{high}\"/>\
             <wp:docPr id=\"{number}\" name=\"Picture {number}\" descr=\"{told}\"/><wp:cNvGraphicFramePr>\
             <a:graphicFrameLocks noChangeAspect=\"1\"/></wp:cNvGraphicFramePr><a:graphic>\
             <a:graphicData uri=\"http://schemas.openxmlformats.org/drawingml/2006/picture\"><pic:pic><pic:nvPicPr>\
             <pic:cNvPr id=\"{number}\" name=\"picture{number}.png\"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill>\
             <a:blip r:embed=\"rIdPicture{number}\"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr>\
             <a:xfrm><a:off x=\"0\" y=\"0\"/><a:ext cx=\"{wide}\" cy=\"{high}\"/></a:xfrm>\
             <a:prstGeom prst=\"rect\"><a:avLst/></a:prstGeom></pic:spPr></pic:pic></a:graphicData></a:graphic>\
             </wp:inline></w:drawing></w:r></w:p>"
        );
        self.paragraph("FigureCaption", caption);
        Ok(())
    }
}

fn package(document: &Document, body: &Body) -> Result<Vec<u8>, DocxError> {
    let has_header = document.banner.is_some();
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let text = SimpleFileOptions::default().last_modified_time(DateTime::DEFAULT);
    let mut member = |name: &str, options: SimpleFileOptions, bytes: &[u8]| -> Result<(), ZipError> {
        archive.start_file(name, options)?;
        archive.write_all(bytes).map_err(ZipError::from)
    };
    for (name, content) in [
        ("[Content_Types].xml", parts::content_types(has_header)),
        ("_rels/.rels", parts::RELATIONSHIPS.to_owned()),
        ("docProps/core.xml", parts::properties(document)),
        ("word/document.xml", parts::main(&body.xml, has_header)),
        ("word/_rels/document.xml.rels", parts::relationships(has_header, body.pictures.len())),
        ("word/styles.xml", parts::STYLES.to_owned()),
        ("word/numbering.xml", parts::NUMBERING.to_owned()),
        ("word/settings.xml", parts::SETTINGS.to_owned()),
        ("word/fontTable.xml", parts::FONTS.to_owned()),
        ("word/footer1.xml", footer(document)),
    ] {
        member(name, text, content.as_bytes())?;
    }
    if let Some(banner) = &document.banner {
        let mut content = String::new();
        paragraph(&mut content, "Banner", banner, document.tongue);
        member("word/header1.xml", text, parts::edge("hdr", &content).as_bytes())?;
    }
    let packed = text.compression_method(CompressionMethod::Stored);
    for (number, picture) in (1..).zip(&body.pictures) {
        member(&format!("word/media/picture{number}.png"), packed, picture)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// Who is credited, and "1 / 5".
fn footer(document: &Document) -> String {
    let mut content = String::new();
    if !document.footer.is_empty() {
        paragraph(&mut content, "Footer", &document.footer, document.tongue);
    }
    content += "<w:p><w:pPr><w:pStyle w:val=\"Footer\"/><w:jc w:val=\"right\"/></w:pPr>";
    content += "<w:fldSimple w:instr=\" PAGE \"><w:r><w:t>1</w:t></w:r></w:fldSimple>";
    runs(&mut content, " / ", document.tongue);
    content += "<w:fldSimple w:instr=\" NUMPAGES \"><w:r><w:t>1</w:t></w:r></w:fldSimple></w:p>";
    parts::edge("ftr", &content)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read as _;

    use quick_xml::events::{BytesStart, Event};

    use super::super::document::{Cell, Table};
    use super::super::specimen::{picture, specimen};
    use super::*;
    use crate::model::Lang;

    const TONGUES: [Tongue; 3] = [Tongue::Both, Tongue::Only(Lang::Zh), Tongue::Only(Lang::En)];

    fn made(tongue: Tongue) -> Vec<u8> {
        write(&specimen(tongue), &|_| picture(640, 240)).expect("a document")
    }

    fn members(bytes: &[u8]) -> BTreeMap<String, Vec<u8>> {
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).expect("an archive");
        (0..archive.len())
            .map(|at| {
                let mut member = archive.by_index(at).expect("a member");
                let mut bytes = Vec::new();
                member.read_to_end(&mut bytes).expect("read");
                (member.name().expect("a name").into_owned(), bytes)
            })
            .collect()
    }

    fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
        let attribute = tag.try_get_attribute(name).expect("attributes")?;
        let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).expect("a value");
        Some(value.into_owned())
    }

    /// Elements in order, each with its path; the paragraphs' texts, a line break as one.
    fn read(xml: &[u8]) -> (Vec<(String, BytesStart<'static>)>, Vec<String>) {
        let mut reader = quick_xml::Reader::from_reader(xml);
        let (mut path, mut elements, mut texts) = (Vec::<String>::new(), Vec::new(), Vec::new());
        let mut buffer = Vec::new();
        loop {
            let event = reader.read_event_into(&mut buffer).expect("well-formed");
            match &event {
                Event::Start(tag) | Event::Empty(tag) => {
                    let name = tag.name().as_ref().to_owned();
                    match name.as_str() {
                        "w:p" => texts.push(String::new()),
                        "w:br" => texts.last_mut().expect("a paragraph").push('\n'),
                        _ => {}
                    }
                    path.push(name);
                    elements.push((path.join("/"), tag.to_owned().into_owned()));
                    if matches!(event, Event::Empty(_)) {
                        path.pop();
                    }
                }
                Event::End(_) => drop(path.pop()),
                Event::Text(text) if path.last().is_some_and(|name| name == "w:t") => {
                    *texts.last_mut().expect("a paragraph") += &text.xml10_content();
                }
                Event::GeneralRef(reference) if path.last().is_some_and(|name| name == "w:t") => {
                    let sign = match &**reference {
                        "amp" => '&',
                        "lt" => '<',
                        "gt" => '>',
                        "quot" => '"',
                        other => panic!("{other:?}"),
                    };
                    texts.last_mut().expect("a paragraph").push(sign);
                }
                Event::Eof => return (elements, texts),
                _ => {}
            }
            buffer.clear();
        }
    }

    /// All texts of a report in their order.
    fn wanted(document: &Document) -> Vec<String> {
        let mut texts = vec![document.title.clone()];
        texts.extend(document.banner.clone());
        texts.extend(document.facts.iter().flat_map(|(name, value)| [name.clone(), value.clone()]));
        let of_table = |table: &Table| {
            let head = table.columns.iter().map(|column| column.heading.clone());
            let cells = table.rows.iter().chain(&table.total).flatten().map(Cell::shown);
            std::iter::once(table.title.clone()).chain(head).chain(cells).collect::<Vec<_>>()
        };
        for section in &document.sections {
            texts.push(section.heading.clone());
            for block in &section.blocks {
                match block {
                    Block::Headline { value, label } => texts.extend([value.clone(), label.clone()]),
                    Block::Text(text) => texts.push(text.clone()),
                    Block::Notes(notes) => texts.extend(notes.iter().cloned()),
                    Block::Table(table) => texts.extend(of_table(table)),
                    Block::Chart(chart) => texts.push(chart.title.clone()),
                    Block::Map { caption, .. } => texts.push(caption.clone()),
                }
            }
        }
        texts
    }

    #[test]
    fn every_text_stands_once_in_its_order() {
        for tongue in TONGUES {
            let (_, texts) = read(&members(&made(tongue))["word/document.xml"]);
            let got: Vec<_> = texts.into_iter().filter(|text| !text.is_empty()).collect();
            assert_eq!(got, wanted(&specimen(tongue)));
        }
    }

    #[test]
    fn equal_reports_have_equal_bytes() {
        assert_eq!(made(Tongue::Both), made(Tongue::Both));
        let core = &members(&made(Tongue::Both))["docProps/core.xml"];
        let core = String::from_utf8_lossy(core);
        assert!(core.contains(">2025-06-30T00:00:00Z<"), "{core}");
        assert!(
            core.contains("<dc:title>中国车谷创新空间报告 / Innovation space of the car valley</dc:title>")
        );
        assert!(core.contains("<dc:language>zh-CN</dc:language>"), "{core}");
    }

    #[test]
    fn heads_come_again_and_rows_are_whole() {
        let (elements, _) = read(&members(&made(Tongue::Both))["word/document.xml"]);
        let count = |end: &str| elements.iter().filter(|(path, _)| path.ends_with(end)).count();
        assert_eq!(count("w:trPr/w:tblHeader"), 2, "one for each table of data");
        assert_eq!(count("/w:tr"), count("w:trPr/w:cantSplit"));
        let styles: Vec<_> = elements
            .iter()
            .filter(|(path, _)| path.ends_with("w:pStyle"))
            .filter_map(|(_, tag)| attribute(tag, "w:val"))
            .collect();
        assert_eq!(styles.iter().filter(|style| *style == "Heading1").count(), 3);
        let known = parts::STYLES;
        for style in styles {
            assert!(known.contains(&format!("w:styleId=\"{style}\"")), "{style} is no style");
        }
    }

    #[test]
    fn pictures_are_there_and_tell_what_they_show() {
        let members = members(&made(Tongue::Only(Lang::En)));
        let (elements, _) = read(&members["word/document.xml"]);
        let told: Vec<_> = elements
            .iter()
            .filter(|(path, _)| path.ends_with("wp:docPr"))
            .filter_map(|(_, tag)| attribute(tag, "descr"))
            .collect();
        assert_eq!(
            told,
            [
                "Units by axis (units): Dongfeng axis named 12, to be named 6; Car city axis named 7.5, to be named 3.75; \
                 Zhuankou axis named 3, to be named 1.5",
                "Targets (units): Dongfeng axis 12; Car city axis 7.5; Zhuankou axis 3; target of 2030 10",
                "Where the units are",
            ]
        );
        let relations = String::from_utf8_lossy(&members["word/_rels/document.xml.rels"]).into_owned();
        for number in 1..=3 {
            let file = &members[&format!("word/media/picture{number}.png")];
            lodepng::decode32(file).expect("a PNG file");
            assert!(relations.contains(&format!("Target=\"media/picture{number}.png\"")));
        }
    }

    #[test]
    fn the_banner_and_the_pages_stand_on_every_page() {
        let document = specimen(Tongue::Both);
        let written = members(&made(Tongue::Both));
        assert_eq!(read(&written["word/header1.xml"]).1, [document.banner.clone().expect("one")]);
        let (elements, texts) = read(&written["word/footer1.xml"]);
        assert_eq!(texts, [document.footer.clone(), "1 / 1".to_owned()]);
        let fields: Vec<_> = elements.iter().filter_map(|(_, tag)| attribute(tag, "w:instr")).collect();
        assert_eq!(fields, [" PAGE ", " NUMPAGES "]);
        let bare = write(&Document { banner: None, ..document }, &|_| picture(64, 24)).expect("a document");
        let bare = members(&bare);
        assert!(!bare.contains_key("word/header1.xml"));
        assert!(!String::from_utf8_lossy(&bare["[Content_Types].xml"]).contains("header"));
        for (name, part) in bare.iter().filter(|(name, _)| !name.starts_with("word/media/")) {
            assert!(!read(part).0.is_empty(), "{name}");
        }
    }

    /// The children of elements in the order of the schema (ISO/IEC 29500-1, annex A), of those that are written.
    const ORDER: [(&str, &str); 11] = [
        (
            "w:pPr",
            "pStyle keepNext keepLines pageBreakBefore numPr pBdr shd tabs spacing ind contextualSpacing jc outlineLvl",
        ),
        ("w:rPr", "rStyle rFonts b bCs i iCs color sz szCs lang"),
        (
            "w:tblPr",
            "tblStyle tblW jc tblInd tblBorders shd tblLayout tblCellMar tblLook tblCaption tblDescription",
        ),
        ("w:tcPr", "tcW gridSpan tcBorders shd noWrap tcMar vAlign"),
        ("w:tblBorders", "top left bottom right insideH insideV"),
        ("w:tblCellMar", "top left bottom right"),
        ("w:sectPr", "headerReference footerReference pgSz pgMar cols"),
        ("w:style", "name basedOn next link uiPriority semiHidden qFormat pPr rPr tblPr trPr tcPr"),
        ("w:lvl", "start numFmt pStyle lvlText lvlJc pPr rPr"),
        (
            "w:settings",
            "zoom defaultTabStop characterSpacingControl compat themeFontLang decimalSymbol listSeparator",
        ),
        ("w:font", "altName panose1 charset family pitch"),
    ];

    #[test]
    fn elements_stand_in_the_order_of_the_schema() {
        let mut checked = 0;
        for (name, part) in members(&made(Tongue::Both)).iter().filter(|(name, _)| name.starts_with("word/"))
        {
            if name.starts_with("word/media/") {
                continue;
            }
            // The parent of each element, its order, the place of its last child.
            let mut last: BTreeMap<String, usize> = BTreeMap::new();
            for (path, _) in read(part).0 {
                last.retain(|parent, _| path.starts_with(&format!("{parent}/")));
                last.insert(path.clone(), 0);
                let Some((parent, child)) = path.rsplit_once('/') else { continue };
                let of = parent.rsplit('/').next().unwrap_or_default();
                let Some((_, order)) = ORDER.iter().find(|(name, _)| *name == of) else { continue };
                let place = order.split(' ').position(|known| format!("w:{known}") == child);
                let place = place.unwrap_or_else(|| panic!("{name}: {path} is not in the order"));
                let before = last.insert(parent.to_owned(), place).unwrap_or(0);
                assert!(before <= place, "{name}: {path} is too late");
                checked += 1;
            }
        }
        assert!(checked > 1000, "{checked}");
    }
}
