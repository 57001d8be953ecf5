//! Shapefiles: `.shp` with the library, `.dbf` here, because numbers of parcels with 19 digits must not become reals.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use encoding_rs::{Encoding, GB18030, UTF_8};
use shapefile::record::polygon::GenericPolygon;
use shapefile::{PolygonRing, Shape, ShapeReader};

use super::{Take, Told, Wish, archive, one_of, open};
use crate::intake::IntakeError;
use crate::intake::projection;
use crate::intake::row::{Cell, Figure, Headings, Row};
use crate::model::Date;

/// The shapefile of a folder; the named one where there are several.
pub(super) fn in_folder(folder: &Path, wanted: Option<&str>) -> Result<PathBuf, String> {
    let found = archive::find(folder, "shp")?;
    let names: Vec<String> = found
        .iter()
        .map(|path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned())
        .collect();
    if found.is_empty() {
        return Err("holds no shapefile: expected a .shp with its .dbf and .shx".to_owned());
    }
    one_of(&names, "shapefile", wanted).map(|at| found[at].clone())
}

/// A file that belongs to a shapefile, whatever the case of its suffix.
fn beside(path: &Path, suffix: &str) -> Option<PathBuf> {
    [suffix.to_owned(), suffix.to_uppercase()]
        .into_iter()
        .map(|suffix| path.with_extension(suffix))
        .find(|path| path.is_file())
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
            let text = std::fs::read(&prj).map_err(|fault| IntakeError::read(&prj, fault))?;
            told.stated = projection::of_wkt(&String::from_utf8_lossy(&text));
            told.by = "its .prj";
        }
        None => told.notes.push("has no .prj, so that nothing states its system".to_owned()),
    }
    let columns: Vec<usize> = table
        .fields
        .iter()
        .map(|field| headings.number(&field.name))
        .collect::<Result<_, _>>()
        .map_err(unfit)?;
    let mut shapes = ShapeReader::new(BufReader::with_capacity(1 << 16, open(path)?))
        .map_err(|fault| unfit(format!("is no shapefile: {fault}")))?;
    let mut shapes = shapes.iter_shapes();
    let mut number = 0;
    loop {
        let shape = shapes.next();
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
        let Record::Row(cells) = cells else { continue };
        let mut row = Row { number, cells: columns.iter().copied().zip(cells).collect(), ..Row::default() };
        if let Err(reason) = figures(&shape, &mut row.figures) {
            row.fault = Some(reason.to_owned());
            if let Shape::Multipatch(surface) = &shape {
                row.raw = Some(format!("{surface:?}"));
            }
        }
        take(row)?;
    }
    Ok(told)
}

fn figures(shape: &Shape, into: &mut Vec<Figure>) -> Result<(), &'static str> {
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
        Shape::Polygon(all) => polygons(all, |p| at!(p), into),
        Shape::PolygonM(all) => polygons(all, |p| at!(p), into),
        Shape::PolygonZ(all) => polygons(all, |p| at!(p), into),
        Shape::Multipatch(_) => return Err("is a surface in space, which is not taken"),
    }
    Ok(())
}

/// Groups rings: each hole belongs to the smallest shell that its first position lies in, since files have them in any order.
fn polygons<P>(from: &GenericPolygon<P>, at: impl Fn(&P) -> [f64; 2], into: &mut Vec<Figure>) {
    let ring = |points: &[P]| points.iter().map(&at).collect::<Vec<_>>();
    let mut shells: Vec<Vec<Vec<[f64; 2]>>> = Vec::new();
    let mut holes = Vec::new();
    for one in from.rings() {
        match one {
            PolygonRing::Outer(points) => shells.push(vec![ring(points)]),
            PolygonRing::Inner(points) => holes.push(ring(points)),
        }
    }
    for hole in holes {
        let Some(&first) = hole.first() else { continue };
        let around = (0..shells.len()).filter(|&at| lies_in(&shells[at][0], first));
        let smallest =
            around.min_by(|&a, &b| doubled_area(&shells[a][0]).total_cmp(&doubled_area(&shells[b][0])));
        match smallest {
            Some(shell) => shells[shell].push(hole),
            // Programs that know nothing of winding write shells as holes.
            None => shells.push(vec![hole]),
        }
    }
    into.extend(shells.into_iter().map(Figure::Polygon));
}

fn doubled_area(ring: &[[f64; 2]]) -> f64 {
    let origin = ring.first().copied().unwrap_or_default();
    let cross = |w: &[[f64; 2]]| {
        (w[0][0] - origin[0]) * (w[1][1] - origin[1]) - (w[1][0] - origin[0]) * (w[0][1] - origin[1])
    };
    ring.windows(2).map(cross).sum::<f64>().abs()
}

fn lies_in(ring: &[[f64; 2]], [x, y]: [f64; 2]) -> bool {
    ring.windows(2).fold(false, |inside, w| {
        let ([ax, ay], [bx, by]) = (w[0], w[1]);
        inside ^ ((ay > y) != (by > y) && x < (bx - ax) * (y - ay) / (by - ay) + ax)
    })
}

struct Field {
    name: String,
    kind: u8,
    length: usize,
}

/// What is read of a row.
enum Record {
    Row(Vec<Cell>),
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
        let (encoding, by) = if let Some(encoding) = wish.encoding {
            (encoding, "--encoding".to_owned())
        } else {
            let stated = cpg.and_then(page).map(|encoding| (encoding, "its .cpg"));
            let stated = stated
                .or_else(|| driver(head[29]).map(|encoding| (encoding, "the language byte of its .dbf")));
            match (stated, guess(&raw, &mut source, length).map_err(said)?) {
                (Some((stated, by)), Some(shown)) if shown != stated && GUESSED.contains(&stated) => {
                    (shown, format!("its bytes, against {by}, which states {}", stated.name()))
                }
                (Some((stated, by)), _) => (stated, by.to_owned()),
                (None, shown) => (shown.unwrap_or(UTF_8), "its bytes, since nothing states it".to_owned()),
            }
        };
        let fields: Vec<Field> = raw
            .chunks_exact(32)
            .take_while(|chunk| chunk[0] != 0x0D)
            .map(|chunk| {
                let name = chunk[..11].split(|byte| *byte == 0).next().unwrap_or_default();
                let kind = chunk[11];
                // Texts longer than 255 have their high byte among the decimals.
                let long = if kind == b'C' { usize::from(chunk[17]) << 8 } else { 0 };
                Field {
                    name: decoded(encoding, name).trim().to_owned(),
                    kind,
                    length: usize::from(chunk[16]) + long,
                }
            })
            .collect();
        if fields.is_empty() || 1 + fields.iter().map(|field| field.length).sum::<usize>() != length {
            return Err("is damaged: its fields do not add up to its rows".to_owned());
        }
        source.seek(std::io::SeekFrom::Start(u64::from(first))).map_err(said)?;
        Ok(Self { source, fields, left, record: vec![0; length], encoding, by })
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
        let cells = self.fields.iter().map(|field| {
            let bytes = &self.record[at..at + field.length];
            at += field.length;
            cell(field.kind, bytes, self.encoding)
        });
        Ok(Some(Record::Row(cells.collect())))
    }
}

fn cell(kind: u8, bytes: &[u8], encoding: &'static Encoding) -> Cell {
    let text = decoded(encoding, bytes);
    let text = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    match kind {
        b'N' | b'F' => {
            if text.is_empty() || text.starts_with('*') {
                return Cell::Null;
            }
            text.parse()
                .map(Cell::Integer)
                .or_else(|_| text.parse().map(Cell::Real))
                .unwrap_or_else(|_| Cell::text(text))
        }
        b'L' => match text {
            "T" | "t" | "Y" | "y" => Cell::Bool(true),
            "F" | "f" | "N" | "n" => Cell::Bool(false),
            _ => Cell::Null,
        },
        b'D' if text.len() == 8 && text.is_ascii() => {
            let day = Date::parse(&format!("{}-{}-{}", &text[..4], &text[4..6], &text[6..]));
            day.map_or(Cell::Null, Cell::Date)
        }
        _ => Cell::text(text),
    }
}

fn decoded(encoding: &'static Encoding, bytes: &[u8]) -> String {
    let text = encoding.decode_without_bom_handling(bytes).0;
    // A text that is as long as its field may end within a sign.
    text.trim_end_matches('\u{FFFD}').to_owned()
}

/// The encoding that a `.cpg` names, by name or by number of a code page.
fn page(path: &Path) -> Option<&'static Encoding> {
    let text = std::fs::read(path).ok()?;
    let name = String::from_utf8_lossy(&text).trim().to_ascii_lowercase();
    match name.trim_start_matches("ansi ").trim_start_matches("cp").trim_start_matches("oem ").trim() {
        "936" | "54936" | "gb2312" | "gb18030" | "gbk" => Some(GB18030),
        "65001" | "utf8" => Some(UTF_8),
        _ => Encoding::for_label(name.as_bytes()),
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
const GUESSED: [&Encoding; 3] = [UTF_8, GB18030, encoding_rs::WINDOWS_1252];

/// UTF-8 or GB 18030, where most texts of the names and the first rows are; none where all are ASCII, or of neither.
fn guess(
    names: &[u8],
    source: &mut BufReader<File>,
    length: usize,
) -> std::io::Result<Option<&'static Encoding>> {
    let mut rows = vec![0; (length * 2000).min(8 << 20)];
    let read = super::fill(source, &mut rows)?;
    let names = names.chunks(32).filter(|chunk| chunk.len() == 32).map(|chunk| &chunk[..11]);
    let rows = rows[..read].split(|byte| byte.is_ascii_whitespace() || *byte == 0);
    let bare = names.chain(rows).map(|bytes| bytes.split(|byte| *byte == 0).next().unwrap_or_default());
    let odd: Vec<&[u8]> = bare.filter(|bytes| !bytes.is_ascii()).collect();
    // Signs that are cut at the end of a field are no proof against it: most must fit.
    let fits = |encoding: &&'static Encoding| {
        let fit = odd
            .iter()
            .filter(|bytes| encoding.decode_without_bom_handling_and_without_replacement(bytes).is_some())
            .count();
        fit * 2 > odd.len()
    };
    Ok([UTF_8, GB18030].into_iter().find(fits))
}
