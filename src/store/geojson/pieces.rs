//! A large file in pieces of whole features, read on all cores.
//!
//! A file is cut where a feature seems to begin. Whether it does is told by reading: what a piece holds must be sound
//! JSON from its first byte to its last, and the file without its features must be a sound feature collection. Anything
//! else, and whatever depends on features of other pieces (an id that comes again, a field of mixed kinds), is left to
//! the reading of the file as a whole, which knows the words and the places for it.

use std::collections::BTreeMap;
use std::io::{self, Read as _};
use std::num::NonZero;
use std::sync::mpsc::{self, Receiver, Sender, SyncSender};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use serde::de::Deserializer as _;
use xxhash_rust::xxh3::Xxh3;

use super::reader::Reader;
use super::{TopLevel, check_crs, scan};
use crate::model::Layer;
use crate::store::Warnings;
use crate::store::manifest::LayerSpec;
use crate::store::rows::Part;

/// Bytes of a piece: many in a file, so that all cores are busy to the end; large enough that joining them costs little.
pub(super) const BYTES: usize = 1 << 20;

/// A piece of a file: an array of some of its features.
struct Piece {
    number: usize,
    text: Vec<u8>,
    /// Line of the file on which it begins.
    first_line: usize,
}

/// What was made of a piece; no part when it cannot be read by itself.
struct Taken {
    number: usize,
    part: Option<Part>,
    /// To the thread that made the part: room is given back soonest where it was taken.
    back: Sender<Part>,
}

/// Reads a file; `None` when it must be read as a whole.
///
/// # Errors
/// The file cannot be read, or its parts make no layer.
pub(super) fn read(
    file: impl io::Read + Send,
    spec: &LayerSpec,
    digest: Xxh3,
    bytes: usize,
) -> io::Result<Option<(u64, Layer, Warnings)>> {
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let (to_readers, pieces) = mpsc::sync_channel(1);
    let pieces = Arc::new(Mutex::new(pieces));
    let (to_join, taken) = mpsc::sync_channel(cores);
    let (spare, spares) = mpsc::channel();
    let cutter =
        Cutter { file, digest, bytes, around: Vec::new(), mark: Vec::new(), rest: Vec::new(), lines: 1 };
    thread::scope(|scope| {
        let cutting = scope.spawn(move || cutter.run(&to_readers, &spares));
        for _ in 0..cores {
            let (pieces, to_join, spare) = (Arc::clone(&pieces), to_join.clone(), spare.clone());
            scope.spawn(move || take(&pieces, spec, &to_join, &spare));
        }
        // The ends that the threads do not hold are closed, so that each thread ends with those before or after it.
        drop((pieces, to_join, spare));
        let joined = join(taken, spec);
        let cut = cutting.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
        Ok(cut.zip(joined).and_then(|((digest, around), part)| finish(digest, &around, part, spec)))
    })
}

/// Reads pieces as they come.
fn take(
    pieces: &Mutex<Receiver<Piece>>,
    spec: &LayerSpec,
    to_join: &SyncSender<Taken>,
    spare: &Sender<Vec<u8>>,
) {
    let next = || pieces.lock().unwrap_or_else(PoisonError::into_inner).recv();
    let (back, joined) = mpsc::channel();
    while let Ok(Piece { number, text, first_line }) = next() {
        joined.try_iter().for_each(drop);
        let part = part_of(&text, first_line, spec);
        // Nobody listens to either end any more when the reading was given up.
        let _ = spare.send(text);
        if to_join.send(Taken { number, part, back: back.clone() }).is_err() {
            return;
        }
    }
}

fn part_of(text: &[u8], first_line: usize, spec: &LayerSpec) -> Option<Part> {
    let text = std::str::from_utf8(text).ok()?;
    let mut reader = Reader::new(text, first_line, spec, Warnings::default());
    scan::read(text, &mut reader)?;
    Some(reader.rows.part)
}

/// Puts parts together in the order of the file.
fn join(taken: Receiver<Taken>, spec: &LayerSpec) -> Option<Part> {
    let (mut whole, mut waiting) = (Part::new(), BTreeMap::new());
    let mut next = 0;
    for Taken { number, part, back } in taken {
        waiting.insert(number, (part?, back));
        while let Some((part, back)) = waiting.remove(&next) {
            whole.append(&part, spec)?;
            // A thread that has ended does without.
            let _ = back.send(part);
            next += 1;
        }
    }
    waiting.is_empty().then_some(whole)
}

/// The layer, when what stands around the features is a feature collection.
fn finish(digest: u64, around: &[u8], mut part: Part, spec: &LayerSpec) -> Option<(u64, Layer, Warnings)> {
    let around = std::str::from_utf8(around).ok()?;
    let mut reader = Reader::new(around, 1, spec, Warnings::default());
    let mut json = serde_json::Deserializer::from_str(around);
    let top = json.deserialize_any(TopLevel(&mut reader)).and_then(|top| json.end().map(|()| top)).ok()?;
    if top.kind.as_deref() != Some("FeatureCollection") || reader.rows.part.features > 0 {
        return None;
    }
    if let Some(name) = &top.crs {
        check_crs(name, &spec.file, &mut part.warnings).ok()?;
    }
    let (layer, warnings) = part.finish(spec).ok()?;
    Some((digest, layer, warnings))
}

/// Cuts a file.
struct Cutter<F> {
    file: F,
    digest: Xxh3,
    bytes: usize,
    /// What stands before the first feature.
    around: Vec<u8>,
    /// What features begin with: their first name, as it is written.
    mark: Vec<u8>,
    /// What was read behind the last cut.
    rest: Vec<u8>,
    lines: usize,
}

impl<F: io::Read> Cutter<F> {
    /// Sends all pieces; the answer is the digest of the file and what stands around its features, or `None` when it
    /// cannot be cut or nobody takes the pieces.
    fn run(
        mut self,
        pieces: &SyncSender<Piece>,
        spares: &Receiver<Vec<u8>>,
    ) -> io::Result<Option<(u64, Vec<u8>)>> {
        let mut start = Vec::new();
        self.more(&mut start)?;
        let Some((at, mark)) = features_of(&start) else { return Ok(None) };
        self.mark = mark.to_owned();
        self.around.extend_from_slice(&start[..at]);
        self.rest.extend_from_slice(&start[at..]);
        self.lines += lines_in(&self.around);
        for number in 0.. {
            let mut text = spares.try_recv().unwrap_or_default();
            text.clear();
            text.push(b'[');
            text.append(&mut self.rest);
            let is_last = loop {
                let is_end = self.more(&mut text)? < self.bytes;
                if is_end {
                    break true;
                }
                if let Some(cut) = last_feature(&text, &self.mark) {
                    self.rest.extend_from_slice(&text[cut + 1..]);
                    text.truncate(cut);
                    break false;
                }
            };
            if is_last {
                let Some(end) = end_of_array(&text) else { return Ok(None) };
                self.around.extend_from_slice(&text[end..]);
                text.truncate(end);
            }
            let first_line = self.lines;
            self.lines += lines_in(&text);
            text.push(b']');
            if pieces.send(Piece { number, text, first_line }).is_err() {
                return Ok(None);
            }
            if is_last {
                break;
            }
        }
        Ok(Some((self.digest.digest(), self.around)))
    }

    /// Reads on; fewer bytes than asked for are the last.
    fn more(&mut self, text: &mut Vec<u8>) -> io::Result<usize> {
        let before = text.len();
        let read = self.file.by_ref().take(self.bytes as u64).read_to_end(text)?;
        self.digest.update(&text[before..]);
        Ok(read)
    }
}

fn lines_in(text: &[u8]) -> usize {
    memchr::memchr_iter(b'\n', text).count()
}

/// Where the features of a collection begin, and what the first begins with; `None` when that does not stand early and
/// plainly in the file.
fn features_of(text: &[u8]) -> Option<(usize, &[u8])> {
    let mut at = after(text, skip_space(text, 0), b'{')?;
    loop {
        let name = skip_space(text, at);
        at = end_of_text(text, name)?;
        let is_features = &text[name..at] == b"\"features\"";
        at = skip_space(text, after(text, skip_space(text, at), b':')?);
        if is_features {
            let begin = after(text, at, b'[')?;
            let first = skip_space(text, after(text, skip_space(text, begin), b'{')?);
            return Some((begin, &text[first..end_of_text(text, first)?]));
        }
        at = skip_space(text, end_of_value(text, at)?);
        at = after(text, at, b',')?;
    }
}

/// The comma before the last feature that seems to begin in a text.
fn last_feature(text: &[u8], mark: &[u8]) -> Option<usize> {
    memchr::memrchr_iter(b'{', text).find_map(|at| {
        let name = skip_space(text, at + 1);
        let behind = text[name..].strip_prefix(mark)?;
        if mark == b"\"type\"" {
            // Geometries begin so as well.
            let kind = skip_space(behind, after(behind, skip_space(behind, 0), b':')?);
            behind[kind..].starts_with(b"\"Feature\"").then_some(())?;
        }
        let before = text[..at].trim_ascii_end().strip_suffix(b",")?;
        before.trim_ascii_end().ends_with(b"}").then_some(before.len())
    })
}

/// Where the array ends that a text begins with: its closing bracket.
fn end_of_array(text: &[u8]) -> Option<usize> {
    end_of_value(text, 0).map(|end| end - 1).filter(|&end| text[end] == b']')
}

/// The place behind a value that begins here.
fn end_of_value(text: &[u8], start: usize) -> Option<usize> {
    match *text.get(start)? {
        b'"' => end_of_text(text, start),
        b'{' | b'[' => {
            let (mut depth, mut at) = (0_usize, start);
            loop {
                match *text.get(at)? {
                    b'"' => at = end_of_text(text, at)? - 1,
                    b'{' | b'[' => depth += 1,
                    b'}' | b']' => depth -= 1,
                    _ => {}
                }
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
        }
        _ => text[start..].iter().position(|byte| b",]} \t\r\n".contains(byte)).map(|length| start + length),
    }
}

/// The place behind a string that begins here.
fn end_of_text(text: &[u8], start: usize) -> Option<usize> {
    let mut at = after(text, start, b'"')?;
    loop {
        at += memchr::memchr2(b'"', b'\\', text.get(at..)?)?;
        if text[at] == b'"' {
            return Some(at + 1);
        }
        at += 2;
    }
}

fn after(text: &[u8], at: usize, expected: u8) -> Option<usize> {
    (*text.get(at)? == expected).then_some(at + 1)
}

fn skip_space(text: &[u8], from: usize) -> usize {
    let space = text.iter().skip(from).take_while(|byte| b" \t\r\n".contains(byte)).count();
    from + space
}

#[cfg(test)]
pub(in super::super) mod tests {
    use std::fmt::Write as _;

    use super::*;
    use crate::geometry::GeometryRef;
    use crate::model::{LayerAbout, LayerId};
    use crate::store::manifest::FileFormat;

    pub(in crate::store) fn spec() -> LayerSpec {
        LayerSpec {
            id: LayerId::parse("places").expect("an id"),
            file: "places.geojson".into(),
            about: LayerAbout::default(),
            fields: Vec::new(),
            id_field: None,
            time: ("start".into(), "end".into()),
            geodesic: false,
            format: FileFormat::GeoJson,
            is_guess: false,
            twin: None,
        }
    }

    /// All that a layer holds, in words.
    pub(in crate::store) fn told((layer, warnings): (Layer, Warnings)) -> String {
        let mut told = format!("{:?} {:?} {warnings:?}\n", layer.schema, layer.extent);
        for ix in layer.positions() {
            let values = layer.schema.fields().map(|(field, _)| layer.column(field).value(ix.row()));
            write!(told, "{:?} {:?}", layer.ids().get(ix), values.collect::<Vec<_>>()).expect("a text");
            for part in layer.geometries().get(ix.row()).into_iter().flat_map(GeometryRef::parts) {
                for run in part.runs() {
                    let at = (0..run.len()).map(|at| (run.at(at), run.altitude_at(at)));
                    write!(told, " {:?} {} {:?}", part.kind(), run.is_shell, at.collect::<Vec<_>>())
                        .expect("a text");
                }
            }
            told.push('\n');
        }
        told
    }

    /// Pieces of every size give what the whole gives; the answer is how many sizes could be read in pieces.
    fn sizes_read_alike(file: &str) -> usize {
        let whole = super::super::read(file.as_bytes(), &spec()).expect("a layer");
        let whole = told(whole);
        let mut digest = Xxh3::new();
        digest.update(file.as_bytes());
        let sizes = [20, 50, 77, 128, 300, 301, 500, 1000, 100_000];
        let read = sizes.into_iter().filter_map(|bytes| {
            let (found, layer, warnings) =
                read(file.as_bytes(), &spec(), Xxh3::new(), bytes).expect("reads")?;
            assert_eq!(found, digest.digest(), "pieces of {bytes} bytes");
            assert_eq!(told((layer, warnings)), whole, "pieces of {bytes} bytes");
            Some(())
        });
        read.count()
    }

    fn collection(features: &[String], between: &str) -> String {
        let features = features.join(between);
        format!(
            "{{ \"type\": \"FeatureCollection\",\n\"name\": \"[x],{{}}\", \"features\" : [ {features} ]\n, \"more\": 1 }}\n"
        )
    }

    #[test]
    fn pieces_give_what_the_whole_gives() {
        let shapes = [
            "null",
            r#"{"type":"Point","coordinates":[114.1,30.5,12.5]}"#,
            r#"{"type":"Point","coordinates":[114.123456789,30.5]}"#,
            r#"{"type":"Polygon","coordinates":[[[0,0],[0,2],[2,2],[2,0],[0,0]],[[0.5,0.5],[1,0.5],[1,1],[0.5,0.5]]]}"#,
            r#"{"type":"GeometryCollection","geometries":[{"type":"Point","coordinates":[1,2]},{"type":"LineString","coordinates":[[1,2],[3,4]]}]}"#,
            r#"{"type":"MultiPolygon","coordinates":[[[[0,0],[2,0],[2,2],[0,0]]],[[[5,5],[6,5],[6,6],[5,5]]]]}"#,
            r#"{"type":"Point","coordinates":[200,30]}"#,
        ];
        for ids in ["", "\"id\":{n},", "\"id\":\"a{n}\","] {
            let features: Vec<String> = (0..60)
                .map(|n| {
                    let id = ids.replace("{n}", &(n * 3).to_string());
                    let area = if n < 20 { "7".to_owned() } else { format!("{n}.5") };
                    let late = if n > 30 { ",\"late\":\"2025-01-01\"" } else { "" };
                    let text = ["}, {\\\"type\\\":\\\"Feature\\\"", "沌口", "a\\nb"][n % 3];
                    format!(
                        "{{\"type\":\"Feature\",{id}\"properties\":{{\"use\":\"{text}\",\"code\":\"P{n}\",\"area\":{area},\
                         \"list\":[1,{n}],\"open\":{}{late}}},\"geometry\":{}}}",
                        ["true", "null"][n % 2],
                        shapes[n % shapes.len()],
                    )
                })
                .collect();
            // A skipped feature without id makes the places of ids uncertain; all else can be read in pieces.
            let sizes = sizes_read_alike(&collection(&features, ",\n"));
            assert!(sizes > 5, "ids {ids:?}: {sizes} sizes");
        }
    }

    #[test]
    fn what_depends_on_other_features_is_left_to_the_whole() {
        let feature = |id: &str, value: &str| {
            format!("{{\"type\":\"Feature\",\"id\":{id},\"properties\":{{\"a\":{value}}},\"geometry\":null}}")
        };
        let kinds: Vec<_> =
            (0..40).map(|n| feature(&n.to_string(), if n < 39 { "1" } else { "\"one\"" })).collect();
        assert_eq!(sizes_read_alike(&collection(&kinds, ",")), 0, "a field of two kinds");
        let ids: Vec<_> = (0..40).map(|n| feature(if n < 39 { "\"a\"" } else { "7" }, "1")).collect();
        assert_eq!(sizes_read_alike(&collection(&ids, ",")), 0, "an id that comes again");
        let cut = collection(&kinds, ",").replace("\"a\":1}", "\"a\":1");
        assert!(read(cut.as_bytes(), &spec(), Xxh3::new(), 100).expect("reads").is_none(), "no sound JSON");
    }
}
