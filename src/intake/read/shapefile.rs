//! Shapefiles: `.shp` with the library, `.dbf` here, because numbers of parcels with 19 digits must not become reals.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use encoding_rs::{DecoderResult, Encoding, GB18030, UTF_8, WINDOWS_1252};
use shapefile::header::Header;
use shapefile::record::polygon::GenericPolygon;
use shapefile::{NO_DATA, PolygonRing, Shape, ShapeReader};

use super::rings::{Grouped, grouped};
use super::{Beyond, MOST_ROW_BYTES, Take, Told, Wish, archive, one_of, open};
use crate::intake::IntakeError;
use crate::intake::projection;
use crate::intake::row::{Cell, Figure, Headings, Row, cut};
use crate::model::Date;

/// What is told of a File Geodatabase, whose tables end in `.gdbtable`.
pub(super) const DATABASE: &str = "is a File Geodatabase, which is not read; `ogr2ogr parcels.gpkg FILE LAYER` makes a GeoPackage of a \
                                   layer, and `ogrinfo FILE` names the layers";

/// Most bytes of a definition of a system.
const MOST_DEFINITION: u64 = 1 << 20;

/// The shapefile of a folder; the named one where there are several.
pub(super) fn in_folder(folder: &Path, wanted: Option<&str>) -> Result<PathBuf, String> {
    let found = archive::find(folder, "shp")?;
    let names: Vec<String> = found
        .iter()
        .map(|path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned())
        .collect();
    if found.is_empty() {
        let is_database = !archive::find(folder, "gdbtable")?.is_empty();
        return Err(if is_database {
            DATABASE
        } else {
            "holds no shapefile: expected a .shp with its .dbf and .shx"
        }
        .to_owned());
    }
    one_of(&names, "shapefile", wanted).map(|at| found[at].clone())
}

/// A file that belongs to a shapefile, whatever the case of its name.
fn beside(path: &Path, suffix: &str) -> Option<PathBuf> {
    let exact = [suffix.to_owned(), suffix.to_uppercase()].map(|suffix| path.with_extension(suffix));
    let stem = |path: &Path| path.file_stem().map(|stem| stem.to_string_lossy().to_lowercase());
    exact.into_iter().find(|path| path.is_file()).or_else(|| {
        let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        let all = archive::find(folder, suffix).ok()?;
        all.into_iter().find(|other| stem(other) == stem(path) && other.is_file())
    })
}

/// The text of a `.prj`: UTF-16 where a mark or zero bytes show it, else UTF-8.
fn definition(bytes: &[u8]) -> String {
    let encoding = match bytes {
        [0xFF, 0xFE, ..] | [_, 0, ..] => encoding_rs::UTF_16LE,
        [0xFE, 0xFF, ..] | [0, ..] => encoding_rs::UTF_16BE,
        _ => UTF_8,
    };
    let text = encoding.decode_with_bom_removal(bytes).0;
    text.trim().to_owned()
}

pub(super) fn read(
    path: &Path,
    wish: &Wish,
    headings: &mut Headings,
    take: &mut Take<'_>,
) -> Result<Told, IntakeError> {
    let unfit = |reason: String| IntakeError::unfit(path, &reason);
    let table = beside(path, "dbf").ok_or_else(|| {
        unfit("has no .dbf beside it, which holds the attributes of a shapefile; take all of its files (.shp, .shx, .dbf, .prj, .cpg)".to_owned())
    })?;
    let mut told = Told::default();
    let mut table = Dbf::open(&table, wish, beside(path, "cpg").as_deref())
        .map_err(|reason| unfit(format!("its .dbf {reason}")))?;
    told.notes.push(format!("attributes read as {}, by {}", table.encoding.name(), table.by));
    match beside(path, "prj") {
        Some(prj) => {
            let mut bytes = Vec::new();
            let read = open(&prj)?.take(MOST_DEFINITION).read_to_end(&mut bytes);
            read.map_err(|fault| IntakeError::read(&prj, fault))?;
            let text = definition(&bytes);
            if text.is_empty() {
                told.notes.push("has an empty .prj, so that nothing states its system".to_owned());
            } else {
                told.stated = projection::of_wkt(&text);
                told.by = "its .prj";
            }
        }
        None => told.notes.push("has no .prj, so that nothing states its system".to_owned()),
    }
    let columns: Vec<usize> = table
        .fields
        .iter()
        .map(|field| headings.number(&field.name))
        .collect::<Result<_, _>>()
        .map_err(unfit)?;
    let index = beside(path, "shx");
    let order = index.as_deref().map_or(Ok(Order::Running), |index| order(path, index, table.left))?;
    let read = if let Some(index) = index.filter(|_| order == Order::Indexed) {
        // Each record is sought, which what was read ahead does not outlive.
        let records = BufReader::with_capacity(1 << 12, open(path)?);
        ShapeReader::with_shx(records, BufReader::new(open(&index)?))
    } else {
        check_sizes(path)?;
        ShapeReader::new(BufReader::with_capacity(1 << 16, open(path)?))
    };
    let mut shapes = read.map_err(|fault| unfit(format!("is no shapefile: {fault}")))?;
    order.tell(&mut told);
    told.notes.extend(beyond(shapes.header()).note());
    let mut next: Box<dyn FnMut(usize) -> Option<Result<Shape, shapefile::Error>> + '_> =
        if order == Order::Indexed {
            Box::new(|at| shapes.read_nth_shape(at))
        } else {
            let mut running = shapes.iter_shapes();
            Box::new(move |_| running.next())
        };
    let (mut number, mut deleted) = (0, 0);
    loop {
        let shape = next(usize::try_from(number).unwrap_or(usize::MAX));
        let record = table.next().map_err(|reason| unfit(format!("its .dbf {reason}")))?;
        number += 1;
        let (shape, cells) = match (shape, record) {
            (None, None) => break,
            (Some(Err(fault)), _) => return Err(unfit(format!("record {number} cannot be read: {fault}"))),
            (Some(Ok(_)), None) => {
                return Err(unfit(format!("has more geometries than its .dbf has rows ({})", number - 1)));
            }
            (None, Some(_)) => {
                return Err(unfit(format!(
                    "its .dbf has more rows than there are geometries ({})",
                    number - 1
                )));
            }
            (Some(Ok(shape)), Some(cells)) => (shape, cells),
        };
        let Record::Row(cells, repaired) = cells else {
            deleted += 1;
            continue;
        };
        let cells = columns.iter().copied().zip(cells).collect();
        let mut row = Row { number, cells, repaired, ..Row::default() };
        if let Err(reason) = figures(&shape, &mut row) {
            row.fault = Some(reason.to_owned());
            if let Shape::Multipatch(surface) = &shape {
                row.raw = Some(format!("{surface:?}"));
            }
        }
        take(row)?;
    }
    if table.broken > 0 {
        told.traps.push(format!(
            "{} texts hold bytes that are none of {}; \u{FFFD} stands in their place, --encoding names another encoding",
            table.broken,
            table.encoding.name()
        ));
    }
    if deleted > 0 {
        told.notes.push(format!("{deleted} rows are marked as deleted in its .dbf and left out"));
    }
    Ok(told)
}

/// How geometries and rows belong together.
#[derive(Clone, Copy, PartialEq)]
enum Order {
    /// Geometries stand one behind the other, as rows do.
    Running,
    /// The index says where that of each row stands.
    Indexed,
    /// The index is none of these geometries.
    Unsound,
}

impl Order {
    fn tell(self, told: &mut Told) {
        match self {
            Self::Running => {}
            Self::Indexed => told.notes.push(
                "its geometries stand in another order than its rows; its .shx tells which is whose".to_owned(),
            ),
            Self::Unsound => told.traps.push(
                "its .shx is not that of its .shp; geometries are taken in the order in which they stand, and may be those of \
                 other rows"
                    .to_owned(),
            ),
        }
    }
}

/// Bytes before the first record or entry.
const HEAD: u64 = 100;

/// Looks at an index: a shape that grows when it is edited moves to the end of the file, and leaves its old room unused.
fn order(path: &Path, index: &Path, rows: u32) -> Result<Order, IntakeError> {
    let length_of = |path: &Path| {
        open(path)?.metadata().map(|about| about.len()).map_err(|fault| IntakeError::read(path, fault))
    };
    let (length, entries) = (length_of(path)?, length_of(index)?.saturating_sub(HEAD) / 8);
    let mut source = BufReader::new(open(index)?);
    source.seek_relative(HEAD.cast_signed()).map_err(|fault| IntakeError::read(index, fault))?;
    let mut records = open(path)?;
    let (mut end, mut is_running) = (HEAD, true);
    for _ in 0..entries {
        let mut entry = [0; 8];
        source.read_exact(&mut entry).map_err(|fault| IntakeError::read(index, fault))?;
        // Words of 16 bits.
        let [at, bytes] = [0, 4].map(|at| {
            2 * u64::from(u32::from_be_bytes([entry[at], entry[at + 1], entry[at + 2], entry[at + 3]]))
        });
        is_running &= at == end;
        end = at + 8 + bytes;
        let mut head = [0; 8];
        let mut is_there = || {
            records.seek(std::io::SeekFrom::Start(at)).and_then(|_| records.read_exact(&mut head)).is_ok()
                && head[4..] == entry[4..]
        };
        if at < HEAD || end > length || bytes > MOST_ROW_BYTES || !is_running && !is_there() {
            return Ok(Order::Unsound);
        }
    }
    Ok(if is_running && end == length {
        Order::Running
    } else if entries == u64::from(rows) {
        Order::Indexed
    } else {
        Order::Unsound
    })
}

/// Holds the sizes that records state against what a row may have: the library reads each whole.
fn check_sizes(path: &Path) -> Result<(), IntakeError> {
    let unread = |fault| IntakeError::read(path, fault);
    let file = open(path)?;
    let length = file.metadata().map_err(unread)?.len();
    if length <= MOST_ROW_BYTES {
        return Ok(());
    }
    let mut source = BufReader::with_capacity(1 << 16, file);
    source.seek_relative(HEAD.cast_signed()).map_err(unread)?;
    let (mut at, mut number, mut head) = (HEAD, 0, [0; 8]);
    while at + 8 <= length {
        number += 1;
        source.read_exact(&mut head).map_err(unread)?;
        // Words of 16 bits, behind the number of the record.
        let bytes = 2 * u64::from(u32::from_be_bytes([head[4], head[5], head[6], head[7]]));
        if bytes > MOST_ROW_BYTES {
            let reason = format!(
                "record {number} has {} MiB, at most {} MiB are taken",
                bytes >> 20,
                MOST_ROW_BYTES >> 20
            );
            return Err(IntakeError::unfit(path, &reason));
        }
        at += 8 + bytes;
        source.seek_relative(bytes.cast_signed()).map_err(unread)?;
    }
    Ok(())
}

/// By the kind of shapes; measures of those with heights may be left away, which their range tells.
fn beyond(header: &Header) -> Beyond {
    let is_measured = header.bbox.m_range().iter().any(|measure| *measure != 0.0 && *measure > NO_DATA);
    let heights = header.shape_type.has_z();
    Beyond { heights, measures: header.shape_type.has_m() && (!heights || is_measured) }
}

fn figures(shape: &Shape, row: &mut Row) -> Result<(), &'static str> {
    let into = &mut row.figures;
    macro_rules! at {
        ($point:expr) => {
            [$point.x, $point.y]
        };
    }
    macro_rules! lines {
        ($lines:expr) => {
            into.extend($lines.parts().iter().map(|part| Figure::Line(part.iter().map(|p| at!(p)).collect())))
        };
    }
    match shape {
        Shape::NullShape => {}
        Shape::Point(p) => into.push(Figure::Point(at!(p))),
        Shape::PointM(p) => into.push(Figure::Point(at!(p))),
        Shape::PointZ(p) => into.push(Figure::Point(at!(p))),
        Shape::Multipoint(all) => into.extend(all.points().iter().map(|p| Figure::Point(at!(p)))),
        Shape::MultipointM(all) => into.extend(all.points().iter().map(|p| Figure::Point(at!(p)))),
        Shape::MultipointZ(all) => into.extend(all.points().iter().map(|p| Figure::Point(at!(p)))),
        Shape::Polyline(all) => lines!(all),
        Shape::PolylineM(all) => lines!(all),
        Shape::PolylineZ(all) => lines!(all),
        Shape::Polygon(all) => polygons(all, |p| at!(p), row),
        Shape::PolygonM(all) => polygons(all, |p| at!(p), row),
        Shape::PolygonZ(all) => polygons(all, |p| at!(p), row),
        Shape::Multipatch(_) => return Err("is a surface in space, which is not taken"),
    }
    Ok(())
}

/// Programs wind rings in any way: what lies in what tells holes. Says so where their winding says otherwise.
fn polygons<P>(from: &GenericPolygon<P>, at: impl Fn(&P) -> [f64; 2], row: &mut Row) {
    let positions = from.rings().iter().map(|ring| ring.points().iter().map(&at).collect());
    let Grouped { polygons, is_hole } = grouped(positions.collect());
    let wound = from.rings().iter().map(|ring| matches!(ring, PolygonRing::Inner(_)));
    let wrong = wound.zip(&is_hole).filter(|(wound, is_hole)| wound != *is_hole).count();
    // A lone ring is taken as a shell whichever way it is wound, and nothing hangs on it.
    if wrong > 0 && polygons.len() < is_hole.len() {
        row.repaired.push(format!(
            "{wrong} of its {} rings are wound as what they are not; holes are told by what they lie in",
            is_hole.len()
        ));
    }
    row.figures.extend(polygons.into_iter().map(Figure::Polygon));
}

struct Field {
    name: String,
    kind: u8,
    length: usize,
}

/// What is read of a row.
enum Record {
    /// Its cells, and what is told of values that are none.
    Row(Vec<Cell>, Vec<String>),
    /// It is marked as deleted; its geometry is still there.
    Deleted,
}

struct Dbf {
    source: BufReader<File>,
    fields: Vec<Field>,
    left: u32,
    record: Vec<u8>,
    encoding: &'static Encoding,
    by: String,
    /// Texts that are not whole in the encoding.
    broken: u64,
}

impl Dbf {
    fn open(path: &Path, wish: &Wish, cpg: Option<&Path>) -> Result<Self, String> {
        let said = |fault: std::io::Error| format!("cannot be read: {fault}");
        let mut source = BufReader::with_capacity(1 << 16, File::open(path).map_err(said)?);
        let mut head = [0; 32];
        source.read_exact(&mut head).map_err(said)?;
        let left = u32::from_le_bytes([head[4], head[5], head[6], head[7]]);
        let (first, length) =
            (u16::from_le_bytes([head[8], head[9]]), usize::from(u16::from_le_bytes([head[10], head[11]])));
        let mut raw = vec![0; usize::from(first).saturating_sub(32)];
        source.read_exact(&mut raw).map_err(said)?;
        let heads: Vec<&[u8]> = raw.chunks_exact(32).take_while(|chunk| chunk[0] != 0x0D).collect();
        // Texts longer than 255 have their high byte among the decimals.
        let long = |head: &[u8]| if head[11] == b'C' { usize::from(head[17]) << 8 } else { 0 };
        let lengths: Vec<usize> = heads.iter().map(|head| usize::from(head[16]) + long(head)).collect();
        if heads.is_empty() || 1 + lengths.iter().sum::<usize>() != length {
            return Err("is damaged: its fields do not add up to its rows".to_owned());
        }
        let (encoding, by) = if let Some(encoding) = wish.encoding {
            (encoding, "--encoding".to_owned())
        } else {
            let stated = cpg.and_then(page).map(|encoding| (encoding, "its .cpg"));
            let stated = stated
                .or_else(|| driver(head[29]).map(|encoding| (encoding, "the language byte of its .dbf")));
            let mut rows = vec![0; (length * 2000).min(8 << 20)];
            let read = super::fill(&mut source, &mut rows).map_err(said)?;
            let names = heads.iter().map(|head| Text::new(&head[..NAME]));
            let texts = names.chain(rows[..read].chunks_exact(length).flat_map(|row| {
                let mut at = 1;
                lengths.iter().map(move |length| {
                    at += length;
                    Text::new(&row[at - length..at])
                })
            }));
            match (stated, guess(texts, stated.map(|(encoding, _)| encoding))) {
                (Some((stated, by)), Some(shown)) if shown != stated && GUESSED.contains(&stated) => {
                    (shown, format!("its bytes, against {by}, which states {}", stated.name()))
                }
                (Some((stated, by)), _) => (stated, by.to_owned()),
                (None, shown) => (shown.unwrap_or(UTF_8), "its bytes, since nothing states it".to_owned()),
            }
        };
        let field = |(head, length): (&&[u8], usize)| Field {
            name: Text::new(&head[..NAME]).read(encoding).0,
            kind: head[11],
            length,
        };
        let fields = heads.iter().zip(lengths).map(field).collect();
        source.seek(std::io::SeekFrom::Start(u64::from(first))).map_err(said)?;
        Ok(Self { source, fields, left, record: vec![0; length], encoding, by, broken: 0 })
    }

    /// The next row.
    fn next(&mut self) -> Result<Option<Record>, String> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        self.source.read_exact(&mut self.record).map_err(|fault| format!("ends too early: {fault}"))?;
        if self.record[0] == b'*' {
            return Ok(Some(Record::Deleted));
        }
        let mut at = 1;
        let (mut cells, mut repaired) = (Vec::with_capacity(self.fields.len()), Vec::new());
        for field in &self.fields {
            let (text, is_broken) = Text::new(&self.record[at..at + field.length]).read(self.encoding);
            at += field.length;
            self.broken += u64::from(is_broken);
            cells.push(cell(field.kind, &text).unwrap_or_else(|what| {
                repaired.push(format!("{}: {:?} is {what}; left unknown", field.name, cut(&text)));
                Cell::Null
            }));
        }
        Ok(Some(Record::Row(cells, repaired)))
    }
}

/// The value of a field; an error for what is written where there is none.
fn cell(kind: u8, text: &str) -> Result<Cell, &'static str> {
    Ok(match kind {
        b'N' | b'F' if text.is_empty() => Cell::Null,
        b'N' | b'F' if text.starts_with('*') => {
            return Err("what stands for a number that is too long for its field");
        }
        b'N' | b'F' => text
            .parse()
            .map(Cell::Integer)
            .or_else(|_| text.parse().map(Cell::Real))
            .unwrap_or_else(|_| Cell::text(text)),
        b'L' => match text {
            "T" | "t" | "Y" | "y" => Cell::Bool(true),
            "F" | "f" | "N" | "n" => Cell::Bool(false),
            _ => Cell::Null,
        },
        b'D' if text.len() == 8 && text.is_ascii() => {
            let day = Date::parse(&format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]));
            match day {
                Some(day) => Cell::Date(day),
                None if text.bytes().all(|byte| byte == b'0') => Cell::Null,
                None => return Err("no date"),
            }
        }
        _ => Cell::text(text),
    })
}

/// Bytes of the name of a field; the last of them ends it.
const NAME: usize = 11;

/// The bytes of a text in a field.
#[derive(Clone, Copy)]
struct Text<'a> {
    bytes: &'a [u8],
    /// It fills its field, so that it may be cut within a sign.
    is_full: bool,
}

impl<'a> Text<'a> {
    fn new(field: &'a [u8]) -> Self {
        let bytes = field.split(|byte| *byte == 0).next().unwrap_or_default();
        // One byte less is left where a zero ends it.
        Self { bytes: bytes.trim_ascii(), is_full: bytes.trim_ascii_end().len() + 1 >= field.len() }
    }

    fn is_of(self, encoding: &'static Encoding) -> bool {
        let mut decoder = encoding.new_decoder_without_bom_handling();
        let mut text = String::with_capacity(4 * self.bytes.len() + 4);
        let is_last = !self.is_full;
        decoder.decode_to_string_without_replacement(self.bytes, &mut text, is_last).0
            == DecoderResult::InputEmpty
    }

    /// Has it more of the signs that Chinese is written with than of other bytes? In the encodings of other languages such
    /// bytes stand alone between letters.
    fn is_chinese(self) -> bool {
        let (mut common, mut others, mut bytes) = (0, 0, self.bytes);
        while let Some((&first, rest)) = bytes.split_first() {
            bytes = rest;
            if first.is_ascii() {
                continue;
            }
            match rest.split_first() {
                // Signs of the first level of GB 2312, and those that stand between them.
                Some((0xA1.., behind)) => {
                    *(if matches!(first, 0xA1..=0xA3 | 0xB0..=0xD7) { &mut common } else { &mut others }) +=
                        1;
                    bytes = behind;
                }
                _ => others += 1,
            }
        }
        common > others
    }

    /// The text, and whether some of its bytes are none of the encoding.
    fn read(self, encoding: &'static Encoding) -> (String, bool) {
        let (text, has_broken) = encoding.decode_without_bom_handling(self.bytes);
        let text = if self.is_full { text.trim_end_matches('\u{FFFD}') } else { &text };
        (text.trim().to_owned(), has_broken && text.contains('\u{FFFD}'))
    }
}

/// The encoding that a `.cpg` names, by name or by number of a code page.
fn page(path: &Path) -> Option<&'static Encoding> {
    let text = std::fs::read(path).ok()?;
    let name = String::from_utf8_lossy(&text).trim().to_ascii_lowercase();
    let bare = name.trim_start_matches("ansi ").trim_start_matches("cp").trim_start_matches("oem ").trim();
    match bare {
        "936" | "54936" | "gb2312" | "gb18030" | "gbk" => Some(GB18030),
        "65001" | "utf8" => Some(UTF_8),
        // Of numbers alone, 1252 is a page of Windows, and 88591 is ISO 8859-1.
        _ => Encoding::for_label(name.as_bytes())
            .or_else(|| Encoding::for_label(format!("windows-{bare}").as_bytes()))
            .or_else(|| {
                let part = bare.strip_prefix("8859")?.trim_start_matches(['-', '_']);
                Encoding::for_label(format!("iso-8859-{part}").as_bytes())
            }),
    }
}

/// The encoding of a language byte. That of Western Europe is written by programs that do not mean it, too.
fn driver(byte: u8) -> Option<&'static Encoding> {
    match byte {
        0x4D | 0x7A => Some(GB18030),
        0x4F | 0x78 => Some(encoding_rs::BIG5),
        _ => None,
    }
}

/// Encodings that are told from each other by their bytes; that of Western Europe is what programs state by default.
const GUESSED: [&Encoding; 3] = [UTF_8, GB18030, WINDOWS_1252];

/// UTF-8 or GB 18030, where most texts of the names and the first rows are; none where all are ASCII, or of neither. Every byte is
/// one of Western Europe, so that against such a statement it takes texts that are Chinese.
fn guess<'a>(
    texts: impl Iterator<Item = Text<'a>>,
    stated: Option<&'static Encoding>,
) -> Option<&'static Encoding> {
    let odd: Vec<Text<'_>> = texts.filter(|text| !text.bytes.is_ascii()).collect();
    let most = |is: &dyn Fn(Text<'_>) -> bool| odd.iter().filter(|text| is(**text)).count() * 2 > odd.len();
    let fits = |encoding: &&'static Encoding| {
        most(&|text| text.is_of(encoding))
            && (*encoding == UTF_8 || stated != Some(WINDOWS_1252) || most(&|text| text.is_chinese()))
    };
    [UTF_8, GB18030].into_iter().find(fits)
}

#[cfg(test)]
mod tests {
    use shapefile::{Point, Polygon};

    use super::super::rings::doubled_area;
    use super::*;

    fn square(from: f64, to: f64, is_clockwise: bool) -> Vec<Point> {
        let mut ring: Vec<Point> = [(from, from), (from, to), (to, to), (to, from), (from, from)]
            .map(|(x, y)| Point::new(x, y))
            .into();
        if !is_clockwise {
            ring.reverse();
        }
        ring
    }

    #[test]
    fn holes_are_told_by_what_they_lie_in() {
        // A square with a hole in which an island with a hole lies; beside it a square of its own.
        let sizes = [(0.0, 9.0), (1.0, 8.0), (2.0, 7.0), (3.0, 6.0), (20.0, 21.0)];
        let is_clockwise = [true, false, true, false, true];
        for (way, repaired) in [("right", 0), ("reversed", 1), ("all clockwise", 1)] {
            let rings = sizes.iter().zip(is_clockwise).map(|(&(from, to), is_clockwise)| {
                let points = square(
                    from,
                    to,
                    match way {
                        "right" => is_clockwise,
                        "reversed" => !is_clockwise,
                        _ => true,
                    },
                );
                // The library rewinds what it is told the kind of; as read from a file, the winding tells the kind.
                match way {
                    "right" if is_clockwise => PolygonRing::Outer(points),
                    "right" => PolygonRing::Inner(points),
                    "reversed" if is_clockwise => PolygonRing::Inner(points),
                    _ => PolygonRing::Outer(points),
                }
            });
            let mut row = Row::default();
            polygons(&Polygon::with_rings(rings.collect()), |p| [p.x, p.y], &mut row);
            let parts: Vec<Vec<f64>> = row
                .figures
                .iter()
                .map(|figure| match figure {
                    Figure::Polygon(rings) => rings.iter().map(|ring| doubled_area(ring) / 2.0).collect(),
                    _ => Vec::new(),
                })
                .collect();
            assert_eq!(parts, [vec![81.0, 49.0], vec![25.0, 9.0], vec![1.0]], "{way}");
            assert_eq!(row.repaired.len(), repaired, "{way}: {:?}", row.repaired);
        }
    }

    /// A table of one field of text, so many bytes wide, and a statement of its encoding.
    fn table(width: u8, texts: &[&[u8]], cpg: Option<&str>) -> (Vec<String>, Dbf) {
        let folder = tempfile::tempdir().expect("a folder");
        let mut bytes = vec![0; 65];
        bytes[0] = 3;
        bytes[4..8].copy_from_slice(&u32::try_from(texts.len()).expect("few").to_le_bytes());
        bytes[8..12].copy_from_slice(&[65, 0, width + 1, 0]);
        bytes[32] = b's';
        bytes[43] = b'C';
        bytes[48] = width;
        bytes[64] = 0x0D;
        for text in texts {
            let cut = &text[..text.len().min(width.into())];
            bytes.push(b' ');
            bytes.extend(cut);
            bytes.resize(bytes.len() + usize::from(width) - cut.len(), b' ');
        }
        let [path, page] = ["a.dbf", "a.cpg"].map(|name| folder.path().join(name));
        std::fs::write(&path, bytes).expect("written");
        std::fs::write(&page, cpg.unwrap_or_default()).expect("written");
        let mut table = Dbf::open(&path, &Wish::default(), cpg.map(|_| page.as_path())).expect("a table");
        let mut read = Vec::new();
        while let Some(Record::Row(cells, _)) = table.next().expect("a row") {
            read.push(cells[0].shown());
        }
        (read, table)
    }

    #[test]
    fn encodings_are_told_though_texts_are_cut_within_a_sign() {
        let texts = ["武汉经济技术", "武汉市蔡甸区"].map(str::as_bytes);
        for cpg in [Some("UTF-8"), None] {
            // Ten bytes are three signs and the first byte of a fourth, eleven are two bytes of it.
            for width in [10, 11] {
                let (read, table) = table(width, &texts, cpg);
                assert_eq!(
                    (read, table.broken),
                    (vec!["武汉经".to_owned(), "武汉市".to_owned()], 0),
                    "{cpg:?}"
                );
            }
        }
        // In GBK a sign has two bytes: the fourth is cut.
        let gbk = ["武汉经济", "蔡甸区奓山"].map(|text| GB18030.encode(text).0.into_owned());
        let gbk: Vec<&[u8]> = gbk.iter().map(Vec::as_slice).collect();
        for cpg in [Some("UTF-8"), Some("ISO-8859-1"), Some("936"), None] {
            let (read, table) = table(7, &gbk, cpg);
            assert_eq!((read, table.broken), (vec!["武汉经".to_owned(), "蔡甸区".to_owned()], 0), "{cpg:?}");
        }
    }

    #[test]
    fn a_statement_holds_where_its_texts_are_no_chinese() {
        // ü, ß, ö in ISO 8859-1; as GBK, too, these bytes are signs.
        let german: [&[u8]; 3] = [b"Z\xFCrich Stra\xDFe", b"K\xF6ln", b"M\xFCnchen"];
        for cpg in ["ISO-8859-1", "1252", "ANSI 1252", "88591"] {
            let (read, table) = table(20, &german, Some(cpg));
            assert_eq!(
                (read, table.broken),
                (vec!["Zürich Straße".to_owned(), "Köln".to_owned(), "München".to_owned()], 0)
            );
        }
        let mixed: [&[u8]; 3] = ["沌口".as_bytes(), "军山".as_bytes(), b"K\xF6ln"];
        let (read, table) = table(20, &mixed, Some("UTF-8"));
        assert_eq!((read[2].as_str(), table.broken), ("K\u{FFFD}ln", 1));
    }

    #[test]
    fn values_that_are_none_are_told_from_those_that_are_not_there() {
        for (kind, text) in [(b'N', ""), (b'D', "00000000"), (b'L', "?")] {
            assert_eq!(cell(kind, text), Ok(Cell::Null), "{text}");
        }
        for (kind, text) in [(b'N', "*****"), (b'F', "***"), (b'D', "20231301")] {
            assert!(cell(kind, text).is_err(), "{text}");
        }
        assert_eq!(cell(b'N', "12.50"), Ok(Cell::Real(12.5)));
        assert_eq!(cell(b'D', "20231201"), Ok(Cell::Date(Date::parse("2023-12-01").expect("a day"))));
    }

    #[test]
    fn records_are_bounded_as_rows_are() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let mut bytes = vec![0; 100];
        // A record of a point, 10 words of 16 bits, and one of 35 MiB words, on disk a hole.
        bytes.extend([0, 0, 0, 1, 0, 0, 0, 10]);
        bytes.resize(128, 0);
        bytes.extend([0, 0, 0, 2]);
        bytes.extend((35_u32 << 20).to_be_bytes());
        std::fs::write(file.path(), bytes).expect("written");
        file.as_file().set_len(136 + (70 << 20)).expect("grown");
        let fault = check_sizes(file.path()).expect_err("too large").to_string();
        assert!(fault.contains("record 2 has 70 MiB, at most 64 MiB are taken"), "{fault}");
    }

    #[test]
    fn definitions_are_read_in_any_width() {
        let wide = |order: fn(u16) -> [u8; 2], mark: bool| {
            let units = mark.then_some(0xFEFF).into_iter().chain("GEOGCS[\"长\"]".encode_utf16());
            units.flat_map(order).collect::<Vec<u8>>()
        };
        for bytes in [
            wide(u16::to_le_bytes, true),
            wide(u16::to_le_bytes, false),
            wide(u16::to_be_bytes, true),
            wide(u16::to_be_bytes, false),
            "\u{feff}GEOGCS[\"长\"]\r\n".as_bytes().to_vec(),
        ] {
            assert_eq!(definition(&bytes), "GEOGCS[\"长\"]", "{bytes:?}");
        }
        assert_eq!(definition(&[0xFF, 0xFE]), "");
    }
}
