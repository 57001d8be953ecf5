//! Shapefiles: `.shp` with the library, `.dbf` here, because numbers of parcels with 19 digits must not become reals.

use std::fs::File;
use std::io::{BufReader, Read as _, Seek as _};
use std::path::{Path, PathBuf};

use encoding_rs::{Encoding, GB18030, UTF_8};
use shapefile::record::polygon::GenericPolygon;
use shapefile::{PolygonRing, Shape, ShapeReader};

use super::rings::{Grouped, grouped};
use super::{Take, Told, Wish, archive, one_of, open};
use crate::intake::IntakeError;
use crate::intake::projection;
use crate::intake::row::{Cell, Figure, Headings, Row};
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

/// A file that belongs to a shapefile, whatever the case of its suffix.
fn beside(path: &Path, suffix: &str) -> Option<PathBuf> {
    let exact = [suffix.to_owned(), suffix.to_uppercase()].map(|suffix| path.with_extension(suffix));
    exact.into_iter().find(|path| path.is_file()).or_else(|| {
        let folder = path.parent().filter(|folder| *folder != Path::new("")).unwrap_or(Path::new("."));
        let all = archive::find(folder, suffix).ok()?;
        all.into_iter().find(|other| other.file_stem() == path.file_stem() && other.is_file())
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
    let mut shapes = ShapeReader::new(BufReader::with_capacity(1 << 16, open(path)?))
        .map_err(|fault| unfit(format!("is no shapefile: {fault}")))?;
    let mut shapes = shapes.iter_shapes();
    let (mut number, mut deleted) = (0, 0);
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
        let Record::Row(cells) = cells else {
            deleted += 1;
            continue;
        };
        let mut row = Row { number, cells: columns.iter().copied().zip(cells).collect(), ..Row::default() };
        if let Err(reason) = figures(&shape, &mut row) {
            row.fault = Some(reason.to_owned());
            if let Shape::Multipatch(surface) = &shape {
                row.raw = Some(format!("{surface:?}"));
            }
        }
        take(row)?;
    }
    if deleted > 0 {
        told.notes.push(format!("{deleted} rows are marked as deleted in its .dbf and left out"));
    }
    Ok(told)
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
