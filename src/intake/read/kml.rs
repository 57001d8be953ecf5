//! KML 2.2 (OGC 07-147r2): placemarks, their data and geometries.

use std::collections::HashMap;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};

use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};
use encoding_rs_io::DecodeReaderBytesBuilder;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Reader, XmlVersion};

use super::{Beyond, Metered, Stated, Take, Told, Wish, encoding_of, fill, open};
use crate::geometry::{Crs, System};
use crate::intake::row::{Cell, Figure, Headings, MOST_HEADINGS, Row, cut};
use crate::intake::{IntakeError, mapping};
use crate::model::Lang;
use crate::render::synthetic_notice;

/// What is being read of a placemark.
#[derive(Default)]
struct Placemark {
    row: Row,
    id: Option<String>,
    /// Name of the data that the next text belongs to.
    data: Option<String>,
    /// Name of the schema of the data that follows.
    schema: String,
    /// Positions of a track.
    track: Vec<[f64; 2]>,
    has_heights: bool,
    rings: Option<Vec<Vec<[f64; 2]>>>,
    kind: Kind,
    /// The elements of its geometry as they stand in the file.
    drawn: String,
}

/// Elements that make up geometries.
const DRAWN: &[&str] = &[
    "Point",
    "LineString",
    "LinearRing",
    "Polygon",
    "outerBoundaryIs",
    "innerBoundaryIs",
    "MultiGeometry",
    "coordinates",
    "MultiTrack",
    "Track",
    "coord",
];

#[derive(Default, Clone, Copy, PartialEq)]
enum Kind {
    Point,
    #[default]
    Line,
}

/// What a simple field holds (OGC 07-147r2, 9.11).
#[derive(Clone, Copy)]
enum Simple {
    Whole,
    Real,
    Truth,
}

impl Simple {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "int" | "uint" | "short" | "ushort" => Self::Whole,
            "float" | "double" => Self::Real,
            "bool" => Self::Truth,
            _ => return None,
        })
    }

    /// A value; `None` where the text is another, or has digits that a number would lose, as zeros before it.
    fn cell(self, text: &str) -> Option<Cell> {
        let text = text.trim();
        let whole = text.parse::<i64>().ok().filter(|value| value.to_string() == text);
        match self {
            Self::Whole => whole.map(Cell::Integer),
            Self::Real if whole.is_some_and(|value| value.unsigned_abs() > 1 << f64::MANTISSA_DIGITS) => None,
            Self::Real => text.parse().ok().filter(|value: &f64| value.is_finite()).map(Cell::Real),
            Self::Truth => match text {
                "1" | "true" => Some(Cell::Bool(true)),
                "0" | "false" => Some(Cell::Bool(false)),
                _ => None,
            },
        }
    }
}

/// What stands around placemarks.
#[derive(Default)]
struct Around<'a> {
    /// The documents that are read.
    paths: &'a [PathBuf],
    /// Types of fields by the name of their schema and their own.
    schemas: HashMap<String, HashMap<String, Simple>>,
    /// How many fields have one.
    fields: usize,
    schema: String,
    /// Names of the folders that stand open, empty where one has none.
    folders: Vec<String>,
    /// How many links to files there are that are not read, and where the first leads.
    links: u64,
    link: String,
}

impl Around<'_> {
    fn begin(&mut self, name: &str, tag: &BytesStart<'_>) {
        match name {
            "Folder" => self.folders.push(String::new()),
            "NetworkLink" => self.links += 1,
            "Schema" => {
                self.schema = attribute(tag, "id").or_else(|| attribute(tag, "name")).unwrap_or_default();
            }
            "SimpleField" if self.fields < MOST_HEADINGS => {
                let kind = attribute(tag, "type").and_then(|kind| Simple::named(&kind));
                if let (Some(name), Some(kind)) = (attribute(tag, "name"), kind) {
                    self.fields += 1;
                    self.schemas.entry(self.schema.clone()).or_default().insert(name, kind);
                }
            }
            _ => {}
        }
    }

    fn end(&mut self, name: &str, parent: &str, text: &str) {
        match (name, parent) {
            ("Folder", _) => drop(self.folders.pop()),
            ("name", "Folder") => {
                if let Some(folder) = self.folders.last_mut() {
                    text.trim().clone_into(folder);
                }
            }
            ("href", "Link" | "Url") if self.is_read(text.trim()) => {
                self.links = self.links.saturating_sub(1);
            }
            ("href", "Link" | "Url") if self.link.is_empty() => self.link = cut(text.trim()),
            _ => {}
        }
    }

    /// Does a link lead to a document of the same archive, which is unpacked without its folders?
    fn is_read(&self, link: &str) -> bool {
        let name = Path::new(link).file_name().filter(|_| !link.contains("://"));
        self.paths.len() > 1 && name.is_some_and(|name| self.paths.iter().any(|path| path.ends_with(name)))
    }

    /// The folders in which the next placemark stands.
    fn folder(&self) -> Cell {
        let named: Vec<&str> =
            self.folders.iter().map(String::as_str).filter(|name| !name.is_empty()).collect();
        Cell::text(&named.join(" / "))
    }
}

/// Reads documents, which are parts of one.
pub(super) fn read(
    paths: &[PathBuf],
    wish: &Wish,
    headings: &mut Headings,
    take: &mut Take<'_>,
) -> Result<Told, IntakeError> {
    let mut told = Told {
        stated: Stated::System(System::Known(Crs::Crs84)),
        by: "KML (OGC 07-147r2, 4.2)",
        ..Told::default()
    };
    let (mut number, mut beyond) = (0, Beyond::default());
    for path in paths {
        document((path, paths), wish, headings, &mut told, &mut beyond, &mut |row| {
            number += 1;
            take(Row { number, ..row })
        })?;
    }
    if let (0, [path, ..], Some(trap)) = (number, paths, told.traps.first()) {
        return Err(IntakeError::unfit(path, &format!("has no placemark; it {trap}")));
    }
    told.notes.extend(beyond.note());
    Ok(told)
}

/// Reads one of some documents.
fn document(
    (path, paths): (&Path, &[PathBuf]),
    wish: &Wish,
    headings: &mut Headings,
    told: &mut Told,
    beyond: &mut Beyond,
    take: &mut Take<'_>,
) -> Result<(), IntakeError> {
    let unfit = |reason: String| IntakeError::unfit(path, &reason);
    let mut naming = Vec::new();
    let (encoding, note) = encoding(path, wish).map_err(|fault| IntakeError::read(path, fault))?;
    // What is no UTF-8 is for the parser to find, which says where.
    let decoded = |file: File| {
        DecodeReaderBytesBuilder::new()
            .encoding(Some(encoding))
            .utf8_passthru(true)
            .bom_override(true)
            .strip_bom(true)
            .build(file)
    };
    let (source, spent) = Metered::new(decoded(open(path)?));
    let mut xml = Reader::from_reader(BufReader::with_capacity(1 << 16, source));
    let (mut buffer, mut text, mut placemark, mut number) = (Vec::new(), String::new(), None::<Placemark>, 0);
    let (mut is_kml, mut elements, mut around) =
        (false, Vec::<String>::new(), Around { paths, ..Around::default() });
    loop {
        buffer.clear();
        let event = xml.read_event_into(&mut buffer).map_err(|fault| {
            unfit(format!("is no readable XML, at byte {}: {fault}", xml.error_position()))
        })?;
        match event {
            Event::Eof if elements.is_empty() => break,
            Event::Eof => {
                let (open, at) = (elements.join("><"), xml.buffer_position());
                return Err(unfit(format!(
                    "ends too early, at byte {at}, after placemark {number}: <{open}> stands open, expected its end"
                )));
            }
            Event::Start(tag) => {
                if elements.len() == 1000 {
                    return Err(unfit("its elements are nested deeper than 1000".to_owned()));
                }
                text.clear();
                let name = local(tag.name().as_ref());
                is_kml |= matches!(name.as_str(), "kml" | "Document" | "Folder" | "Placemark");
                if name == "Placemark" {
                    placemark = Some(Placemark { id: attribute(&tag, "id"), ..Placemark::default() });
                }
                match &mut placemark {
                    Some(mark) => begin(mark, &name, &tag),
                    None => around.begin(&name, &tag),
                }
                elements.push(name);
            }
            // Without anything in it.
            Event::Empty(tag) if placemark.is_none() => {
                let name = local(tag.name().as_ref());
                around.begin(&name, &tag);
                around.end(&name, "", "");
            }
            Event::Text(part) => text.push_str(&part),
            Event::CData(part) => text.push_str(&part),
            Event::GeneralRef(name) => text.push_str(&entity(&name)),
            Event::End(tag) => {
                elements.pop();
                let name = local(tag.name().as_ref());
                if name == "Placemark" {
                    if let Some(Placemark { mut row, id, has_heights, drawn, .. }) = placemark.take() {
                        number += 1;
                        beyond.heights |= has_heights;
                        for (name, cell) in
                            [("id", id.map_or(Cell::Null, |id| Cell::text(&id))), ("folder", around.folder())]
                        {
                            if cell != Cell::Null {
                                row.put(name, cell, headings).map_err(unfit)?;
                            }
                        }
                        leave_labels_out(&mut row);
                        leave_repetitions_out(&mut row, headings, &mut naming).map_err(unfit)?;
                        if row.fault.is_some() {
                            row.figures.clear();
                            row.raw = Some(drawn);
                        }
                        take(Row { number, ..row })?;
                    }
                } else if let Some(mark) = &mut placemark {
                    end(mark, &name, &text, &around, headings).map_err(unfit)?;
                } else {
                    around.end(&name, elements.last().map_or("", String::as_str), &text);
                }
                if placemark.is_none() {
                    spent.set(0);
                }
                text.clear();
            }
            _ => {}
        }
    }
    if !is_kml {
        return Err(unfit("is no KML".to_owned()));
    }
    told.notes.extend(note);
    if around.links > 0 {
        told.traps.push(format!(
            "holds {} links to other files (NetworkLink), which are not followed, the first to {:?}",
            around.links, around.link
        ));
    }
    Ok(())
}

/// By its byte-order mark, by its declaration, by its bytes where they are no UTF-8; what is told of that.
fn encoding(path: &Path, wish: &Wish) -> std::io::Result<(&'static Encoding, Option<String>)> {
    let mut head = [0; 256];
    let read = fill(&mut File::open(path)?, &mut head)?;
    let head = &head[..read];
    match head {
        [0xFF, 0xFE, ..] | [b'<', 0, ..] => return Ok((UTF_16LE, None)),
        [0xFE, 0xFF, ..] | [0, b'<', ..] => return Ok((UTF_16BE, None)),
        [0xEF, 0xBB, 0xBF, ..] => return Ok((UTF_8, None)),
        _ => {}
    }
    // A declaration that can be read byte by byte is none of a wider encoding, whatever it says.
    let declared = declared(head).filter(|encoding| encoding.is_ascii_compatible() && *encoding != UTF_8);
    if let Some(encoding) = declared {
        return Ok((encoding, Some(format!("read as {}, by its declaration", encoding.name()))));
    }
    let shown = encoding_of(path)?;
    if shown == UTF_8 {
        return Ok((UTF_8, None));
    }
    let (encoding, by) = match wish.encoding {
        Some(encoding) => (encoding, "--encoding"),
        None => (shown, "its bytes, which are no UTF-8"),
    };
    Ok((encoding, Some(format!("read as {}, by {by}", encoding.name()))))
}

/// The encoding that an XML declaration names.
fn declared(head: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(head);
    let declaration = head.trim_start().strip_prefix("<?xml")?.split("?>").next()?;
    let value = declaration.split_once("encoding")?.1.trim_start().strip_prefix('=')?.trim_start();
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\''))?;
    Encoding::for_label(value[1..].split(quote).next()?.as_bytes())
}

fn local(name: &str) -> String {
    name.rsplit(':').next().unwrap_or(name).to_owned()
}

fn entity(name: &str) -> String {
    let number = name.strip_prefix('#').and_then(|number| match number.strip_prefix(['x', 'X']) {
        Some(hex) => u32::from_str_radix(hex, 16).ok(),
        None => number.parse().ok(),
    });
    match name {
        "amp" => "&".to_owned(),
        "lt" => "<".to_owned(),
        "gt" => ">".to_owned(),
        "quot" => "\"".to_owned(),
        "apos" => "'".to_owned(),
        _ => number.and_then(char::from_u32).map_or_else(|| format!("&{name};"), String::from),
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let found = tag.try_get_attribute(name).ok().flatten()?;
    found.normalized_value(XmlVersion::Implicit1_0).ok().map(std::borrow::Cow::into_owned)
}

fn begin(mark: &mut Placemark, name: &str, tag: &BytesStart<'_>) {
    if DRAWN.contains(&name) {
        mark.drawn.extend(["<", name, ">"]);
    }
    match name {
        "SchemaData" => {
            let url = attribute(tag, "schemaUrl").unwrap_or_default();
            url.rsplit('#').next().unwrap_or_default().clone_into(&mut mark.schema);
        }
        "Data" | "SimpleData" => mark.data = attribute(tag, "name"),
        "Track" => mark.track.clear(),
        "Polygon" => mark.rings = Some(Vec::new()),
        "Point" => mark.kind = Kind::Point,
        "LineString" | "LinearRing" => mark.kind = Kind::Line,
        _ => {}
    }
}

fn end(
    mark: &mut Placemark,
    name: &str,
    text: &str,
    around: &Around<'_>,
    headings: &mut Headings,
) -> Result<(), String> {
    let mut put_as = |mark: &mut Placemark, name: &str, kind: Option<Simple>| match kind
        .and_then(|kind| kind.cell(text))
        .unwrap_or_else(|| Cell::text(text))
    {
        Cell::Null => Ok(()),
        cell => mark.row.put(name, cell, headings),
    };
    let mut put = |mark: &mut Placemark, name: &str| put_as(mark, name, None);
    if DRAWN.contains(&name) {
        let own = if matches!(name, "coordinates" | "coord") { text } else { "" };
        mark.drawn.extend([own, "</", name, ">"]);
    }
    match name {
        "name" | "description" => put(mark, name)?,
        "begin" => put(mark, "valid_from")?,
        "end" => put(mark, "valid_to")?,
        // Of data it is the value that holds, of simple data the element itself.
        "value" => {
            if let Some(data) = mark.data.take() {
                put(mark, &data)?;
            }
        }
        "SimpleData" => {
            if let Some(data) = mark.data.take() {
                let kind = around.schemas.get(&mark.schema).and_then(|fields| fields.get(&data)).copied();
                put_as(mark, &data, kind)?;
            }
        }
        // A position of a track, its numbers split by white space.
        "coord" => match positions(&text.split_whitespace().collect::<Vec<_>>().join(","), mark) {
            Err(reason) => {
                mark.row.fault.get_or_insert(reason);
            }
            Ok(run) => mark.track.extend(run),
        },
        "Track" if !mark.track.is_empty() => {
            let track = std::mem::take(&mut mark.track);
            mark.row.figures.push(Figure::Line(track));
        }
        "coordinates" => match positions(text, mark) {
            Err(reason) => {
                mark.row.fault.get_or_insert(reason);
            }
            Ok(run) => match (&mut mark.rings, mark.kind) {
                (Some(rings), _) => rings.push(run),
                (None, Kind::Point) => mark.row.figures.extend(run.first().map(|at| Figure::Point(*at))),
                (None, Kind::Line) => mark.row.figures.push(Figure::Line(run)),
            },
        },
        "Polygon" => {
            mark.row.figures.extend(mark.rings.take().filter(|rings| !rings.is_empty()).map(Figure::Polygon));
        }
        _ => {}
    }
    Ok(())
}

/// Leaves out a name that is another name, number or id once more, as of what has no name of its own, and makes a value of the notice
/// of data that is made up. `naming` knows of the first headings whether they are those of names, numbers and ids.
fn leave_repetitions_out(
    row: &mut Row,
    headings: &mut Headings,
    naming: &mut Vec<bool>,
) -> Result<(), String> {
    let shown: Vec<String> = row.cells.iter().map(|(_, cell)| cell.shown()).collect();
    let names_it = |heading: &str| {
        matches!(mapping::name_of(heading), Some("id" | "parcel_no" | "name_zh" | "name_en"))
            || heading.to_lowercase().contains("name")
    };
    naming.extend(headings.names()[naming.len()..].iter().map(|heading| names_it(heading)));
    let names: Vec<&String> = (row.cells.iter().zip(&shown))
        .filter(|((heading, _), _)| naming[*heading])
        .map(|(_, shown)| shown)
        .collect();
    let is_notice = |text: &str| Lang::ALL.into_iter().any(|lang| synthetic_notice(lang) == text);
    let (mut at, mut is_made_up) = (0, false);
    row.cells.retain(|(heading, _)| {
        let text = &shown[at];
        at += 1;
        match headings.names()[*heading].as_str() {
            "name" => names.iter().filter(|other| **other == text).count() == 1,
            "description" if is_notice(text) => {
                is_made_up = true;
                false
            }
            _ => true,
        }
    });
    if is_made_up { row.put("synthetic", Cell::Bool(true), headings) } else { Ok(()) }
}

/// Leaves out the points beside areas, no more of them than there are areas: programs put them there to hold the name.
fn leave_labels_out(row: &mut Row) {
    let count = |is_one: fn(&Figure) -> bool| row.figures.iter().filter(|figure| is_one(figure)).count();
    let points = count(|figure| matches!(figure, Figure::Point(_)));
    let areas = count(|figure| matches!(figure, Figure::Polygon(_)));
    if points > 0 && points <= areas && points + areas == row.figures.len() {
        row.figures.retain(|figure| matches!(figure, Figure::Polygon(_)));
        row.repaired.push(format!(
            "{points} points beside its {areas} areas are left out, as points that hold a name are"
        ));
    }
}

/// Tuples of longitude, latitude and perhaps height, split by white space.
fn positions(text: &str, mark: &mut Placemark) -> Result<Vec<[f64; 2]>, String> {
    let mut position = |tuple: &str| {
        let mut numbers = tuple.split(',').map(|number| number.trim().parse::<f64>());
        match (numbers.next(), numbers.next()) {
            (Some(Ok(x)), Some(Ok(y))) => {
                // Programs write a height of nothing where there is none.
                mark.has_heights |=
                    numbers.next().is_some_and(|height| height.is_ok_and(|height| height != 0.0));
                Ok([x, y])
            }
            _ => Err(format!("coordinates hold {tuple:?}, expected longitude,latitude")),
        }
    };
    text.split_whitespace().map(&mut position).collect()
}
