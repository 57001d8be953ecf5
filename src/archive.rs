//! How do many tiles become one file?
//!
//! In: layers and what is asked of them, zooms, a window. Out: a `PMTiles` (version 3) or `MBTiles` (1.3) file. Leaves out:
//! what a tile holds, words of the command line.
//!
//! Tiles are made on all cores in the order of a Hilbert curve and appended to a work file beside the output, each with
//! a digest. A run that was ended takes up the work file where it stands whole. When all tiles are there the archive is
//! written aside and takes its name at once, so that no half archive bears it. Equal data and requests give equal bytes.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufReader, BufWriter, Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use flate2::Compression;
use flate2::write::GzEncoder;
use pmtiles::{PmTilesWriter, TileCoord, TileType};
use rusqlite::Connection;
use serde_json::{Value, json};
use thiserror::Error;
use xxhash_rust::xxh3::xxh3_64;

use crate::geometry::Bounds;
use crate::query::{Budget, QueryError};
use crate::tile::{self, Detail, MatrixSet, Sheet, TileId};

/// The kind of file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// One file that browsers read in parts.
    PmTiles,
    /// A database.
    MbTiles,
}

/// Which tiles go into a file.
#[derive(Debug)]
pub struct Order {
    /// The layers of each tile.
    pub sheets: Vec<Sheet>,
    /// May features be left out of tiles that grow too large?
    pub detail: Detail,
    /// First and last zoom.
    pub zooms: [u8; 2],
    /// The window whose tiles are made.
    pub bounds: Bounds,
    /// Words about the tiles, as `TileJSON` has them.
    pub about: Value,
    /// What makes this order another than others: revision of the data and request.
    pub name: String,
}

/// What was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Made {
    /// Tiles that are not empty.
    pub tiles: u64,
    /// Of these, taken over from a run that was ended.
    pub taken_over: u64,
    /// Tiles from which features were left out.
    pub thinned: u64,
    /// Bytes of the file.
    pub bytes: u64,
}

/// Why no file was made.
#[derive(Debug, Error)]
pub enum ArchiveError {
    /// A condition that a layer does not understand.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The file system refused.
    #[error("{path}: {fault}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        fault: io::Error,
    },
    /// A writer of a format refused.
    #[error("{path}: {fault}")]
    Refused {
        /// The file.
        path: PathBuf,
        /// What the writer says.
        fault: String,
    },
    /// More tiles than can be kept in mind.
    #[error("more than {MOST_TILES} tiles are not empty; name fewer zooms or a smaller window")]
    TooMany,
}

/// The most tiles of a file.
const MOST_TILES: usize = 1 << 26;

/// Tiles made between two writes of the work file.
const BATCH: usize = 512;

/// Makes the file; `heard` is told how many of how many tiles are done.
///
/// # Errors
/// What is asked makes no sense, or the file cannot be written.
pub fn write(
    order: &Order,
    kind: Kind,
    path: &Path,
    heard: &mut dyn FnMut(u64, u64),
) -> Result<Made, ArchiveError> {
    let wanted = wanted(order)?;
    let total = wanted.len() as u64;
    let mut work = Work::open(order, path)?;
    let taken_over = work.tiles;
    let done = usize::try_from(work.visited).unwrap_or(usize::MAX).min(wanted.len());
    heard(done as u64, total);
    for (at, batch) in wanted[done..].chunks(BATCH).enumerate() {
        let tiles = encoded(order, batch)?;
        work.append(batch, &tiles)?;
        heard((done + at * BATCH + batch.len()) as u64, total);
    }
    let (tiles, thinned) = (work.tiles, work.thinned);
    let aside = beside(path, "tmp");
    work.each(|sink| match kind {
        Kind::PmTiles => pm_tiles(order, &aside, sink),
        Kind::MbTiles => mb_tiles(order, &aside, sink),
    })?;
    fs::rename(&aside, path).map_err(|fault| failed(path, fault))?;
    let part = beside(path, "part");
    fs::remove_file(&part).map_err(|fault| failed(&part, fault))?;
    let bytes = fs::metadata(path).map_err(|fault| failed(path, fault))?.len();
    Ok(Made { tiles, taken_over, thinned, bytes })
}

fn failed(path: &Path, fault: io::Error) -> ArchiveError {
    ArchiveError::File { path: path.to_owned(), fault }
}

/// A file beside another, with one more suffix.
fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(suffix);
    name.into()
}

fn coord(tile: TileId) -> TileCoord {
    TileCoord::new(tile.matrix, tile.col, tile.row).expect("tiles of the set are tiles of the format")
}

/// The tiles that may hold something, in the order of their numbers in `PMTiles`. Whole quarters where nothing is are
/// passed over at once.
fn wanted(order: &Order) -> Result<Vec<TileId>, ArchiveError> {
    let set = MatrixSet::WebMercatorQuad;
    let [first, last] = order.zooms;
    let mut wanted = Vec::new();
    let mut open = vec![TileId { matrix: 0, row: 0, col: 0 }];
    while let Some(tile) = open.pop() {
        let is_asked = set.limits(tile.matrix, order.bounds).hold(tile);
        let window = tile::buffered(set, tile);
        let is_empty = || {
            let holds = |sheet: &Sheet| window.iter().any(|&window| sheet.layer.count_touching(window) > 0);
            !order.sheets.iter().any(holds)
        };
        if !is_asked || is_empty() {
            continue;
        }
        if tile.matrix >= first {
            wanted.push(tile);
        }
        if wanted.len() > MOST_TILES {
            return Err(ArchiveError::TooMany);
        }
        if tile.matrix < last {
            let quarter = |down, right| TileId {
                matrix: tile.matrix + 1,
                row: 2 * tile.row + down,
                col: 2 * tile.col + right,
            };
            open.extend([quarter(0, 0), quarter(0, 1), quarter(1, 0), quarter(1, 1)]);
        }
    }
    wanted.sort_by_cached_key(|&tile| pmtiles::TileId::from(coord(tile)).value());
    Ok(wanted)
}

/// A packed tile, and whether features were left out of it.
type Packed = (Vec<u8>, bool);

/// Makes some tiles on all cores; the answers stand in their order.
fn encoded(order: &Order, tiles: &[TileId]) -> Result<Vec<Packed>, ArchiveError> {
    let next = AtomicUsize::new(0);
    let budget = Budget::default();
    let make = |tile: TileId| -> Result<Packed, QueryError> {
        let made = tile::encode(MatrixSet::WebMercatorQuad, tile, &order.sheets, order.detail, &budget)?;
        let packed = if made.bytes.is_empty() { Vec::new() } else { gzip(&made.bytes) };
        Ok((packed, made.shown < made.present))
    };
    let work = || {
        let mut some = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(&tile) = tiles.get(at) else { break };
            some.push((at, make(tile)?));
        }
        Ok::<_, QueryError>(some)
    };
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let mut all = Vec::with_capacity(tiles.len());
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..cores).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            all.extend(worker.join().expect("makers of tiles do not panic")?);
        }
        Ok::<_, QueryError>(())
    })?;
    all.sort_unstable_by_key(|(at, _)| *at);
    Ok(all.into_iter().map(|(_, tile)| tile).collect())
}

/// Packs a tile, always to the same bytes.
pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::with_capacity(bytes.len() / 2), Compression::new(6));
    let written = packer.write_all(bytes);
    written.and_then(|()| packer.finish()).expect("memory takes all that is written to it")
}

/// The work file: a head that names the order, then records. A record is the name of a tile, whether it was thinned,
/// the length of its bytes, the bytes, and a digest of all that.
struct Work {
    path: PathBuf,
    file: File,
    head: u64,
    /// Tiles looked at, empty ones too.
    visited: u64,
    tiles: u64,
    thinned: u64,
}

/// Bytes of a record before those of its tile.
const RECORD: usize = 1 + 4 + 4 + 1 + 4;

impl Work {
    /// Opens the work file of an order, and keeps what stands whole in it.
    fn open(order: &Order, output: &Path) -> Result<Self, ArchiveError> {
        let path = beside(output, "part");
        let fail = |fault| failed(&path, fault);
        let mut head = format!("innospace tiles 1 {:016x}\n", xxh3_64(order.name.as_bytes())).into_bytes();
        head.extend_from_slice(&xxh3_64(&head).to_le_bytes());
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(fail)?;
        let mut found = vec![0; head.len()];
        let is_own = file.read_exact(&mut found).is_ok() && found == head;
        if !is_own {
            file.set_len(0).map_err(fail)?;
            file.seek(SeekFrom::Start(0)).map_err(fail)?;
            file.write_all(&head).map_err(fail)?;
        }
        let mut work =
            Self { path: path.clone(), file, head: head.len() as u64, visited: 0, tiles: 0, thinned: 0 };
        let (mut visited, mut tiles, mut thinned, mut end) = (0, 0, 0, work.head);
        work.records(|_, is_thinned, bytes| {
            visited += 1;
            tiles += u64::from(!bytes.is_empty());
            thinned += u64::from(is_thinned);
            end += (RECORD + bytes.len() + 8) as u64;
            Ok(())
        })?;
        work.file.set_len(end).map_err(|fault| failed(&path, fault))?;
        (work.visited, work.tiles, work.thinned) = (visited, tiles, thinned);
        Ok(work)
    }

    fn append(&mut self, tiles: &[TileId], made: &[Packed]) -> Result<(), ArchiveError> {
        let mut out = Vec::new();
        for (tile, (bytes, is_thinned)) in tiles.iter().zip(made) {
            let start = out.len();
            out.push(tile.matrix);
            out.extend_from_slice(&tile.row.to_le_bytes());
            out.extend_from_slice(&tile.col.to_le_bytes());
            out.push(u8::from(*is_thinned));
            out.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
            out.extend_from_slice(bytes);
            let digest = xxh3_64(&out[start..]);
            out.extend_from_slice(&digest.to_le_bytes());
            self.visited += 1;
            self.tiles += u64::from(!bytes.is_empty());
            self.thinned += u64::from(*is_thinned);
        }
        let written = self.file.seek(SeekFrom::End(0)).and_then(|_| self.file.write_all(&out));
        written.map_err(|fault| failed(&self.path, fault))
    }

    /// Hands over the records that stand whole, up to the first that does not.
    fn records(
        &mut self,
        mut act: impl FnMut(TileId, bool, &[u8]) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        self.file.seek(SeekFrom::Start(self.head)).map_err(|fault| failed(&self.path, fault))?;
        let mut input = BufReader::with_capacity(1 << 20, &self.file);
        let mut record = vec![0; RECORD];
        loop {
            record.resize(RECORD, 0);
            if input.read_exact(&mut record).is_err() {
                return Ok(());
            }
            let number =
                |at: usize| u32::from_le_bytes([record[at], record[at + 1], record[at + 2], record[at + 3]]);
            let (tile, is_thinned) =
                (TileId { matrix: record[0], row: number(1), col: number(5) }, record[9] == 1);
            let len = number(10) as usize;
            // A torn length may be anything; no tile comes near this.
            if len > 1 << 30 {
                return Ok(());
            }
            record.resize(RECORD + len + 8, 0);
            if input.read_exact(&mut record[RECORD..]).is_err() {
                return Ok(());
            }
            let (body, digest) = record.split_at(RECORD + len);
            if xxh3_64(body).to_le_bytes() != digest {
                return Ok(());
            }
            act(tile, is_thinned, &body[RECORD..])?;
        }
    }

    /// Hands the tiles that are not empty to `write`, through a sink that it pulls them from.
    fn each(
        mut self,
        write: impl FnOnce(&mut dyn FnMut(&mut Sink<'_>) -> Result<(), ArchiveError>) -> Result<(), ArchiveError>,
    ) -> Result<(), ArchiveError> {
        write(&mut |sink| {
            self.records(|tile, _, bytes| if bytes.is_empty() { Ok(()) } else { sink(tile, bytes) })
        })
    }
}

/// Takes one packed tile.
type Sink<'a> = dyn FnMut(TileId, &[u8]) -> Result<(), ArchiveError> + 'a;
/// Hands all tiles to a sink.
type Pour<'a> = dyn FnMut(&mut Sink<'_>) -> Result<(), ArchiveError> + 'a;

fn pm_tiles(order: &Order, path: &Path, pour: &mut Pour<'_>) -> Result<(), ArchiveError> {
    let fail =
        |fault: pmtiles::PmtError| ArchiveError::Refused { path: path.to_owned(), fault: fault.to_string() };
    let file = File::create(path).map_err(|fault| failed(path, fault))?;
    let Bounds { west, south, east, north } = order.bounds;
    let [longitude, latitude, zoom] = center(order);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a zoom")]
    let mut writer = PmTilesWriter::new(TileType::Mvt)
        .precompressed(pmtiles::Compression::Gzip)
        .min_zoom(order.zooms[0])
        .max_zoom(order.zooms[1])
        .bounds(west, south, east, north)
        .center(longitude, latitude)
        .center_zoom(zoom as u8)
        .metadata(metadata(order).to_string())
        .create(BufWriter::new(file))
        .map_err(fail)?;
    pour(&mut |tile, bytes| writer.add_tile(coord(tile), bytes).map_err(fail))?;
    writer.finalize().map_err(fail)
}

/// Where a map of the tiles begins: longitude, latitude, zoom.
fn center(order: &Order) -> [f64; 3] {
    let member = |at: usize| order.about["center"][at].as_f64().unwrap_or(0.0);
    [member(0), member(1), member(2).clamp(f64::from(order.zooms[0]), f64::from(order.zooms[1]))]
}

/// The members of `TileJSON` that archives keep as metadata.
fn metadata(order: &Order) -> Value {
    let mut json = json!({ "type": "overlay", "format": "pbf", "compression": "gzip" });
    for name in [
        "name",
        "description",
        "attribution",
        "version",
        "vector_layers",
        "data_date",
        "synthetic",
        "revision",
    ] {
        if let Some(value) = order.about.get(name) {
            json[name] = value.clone();
        }
    }
    for layer in json["vector_layers"].as_array_mut().into_iter().flatten() {
        layer["minzoom"] = order.zooms[0].into();
        layer["maxzoom"] = order.zooms[1].into();
    }
    json
}

fn mb_tiles(order: &Order, path: &Path, pour: &mut Pour<'_>) -> Result<(), ArchiveError> {
    let fail =
        |fault: rusqlite::Error| ArchiveError::Refused { path: path.to_owned(), fault: fault.to_string() };
    if path.exists() {
        fs::remove_file(path).map_err(|fault| failed(path, fault))?;
    }
    let database = Connection::open(path).map_err(fail)?;
    // The file is new and takes its name only when whole, so nothing has to survive a crash.
    database
        .execute_batch(
            "PRAGMA application_id = 0x4d504258; PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;
             CREATE TABLE metadata (name text, value text);
             CREATE TABLE tiles (zoom_level integer, tile_column integer, tile_row integer, tile_data blob);",
        )
        .map_err(fail)?;
    let mut about = metadata(order);
    let layers = json!({ "vector_layers": about["vector_layers"].take() }).to_string();
    let Bounds { west, south, east, north } = order.bounds;
    let [longitude, latitude, zoom] = center(order);
    let text = |name: &str| match &about[name] {
        Value::String(text) => Some(text.clone()),
        Value::Null => None,
        other => Some(other.to_string()),
    };
    let rows = [
        ("name", text("name")),
        ("format", Some("pbf".to_owned())),
        ("bounds", Some(format!("{west},{south},{east},{north}"))),
        ("center", Some(format!("{longitude},{latitude},{zoom}"))),
        ("minzoom", Some(order.zooms[0].to_string())),
        ("maxzoom", Some(order.zooms[1].to_string())),
        ("attribution", text("attribution")),
        ("description", text("description")),
        ("type", text("type")),
        ("version", text("version")),
        ("json", Some(layers)),
        ("data_date", text("data_date")),
        ("synthetic", text("synthetic")),
        ("revision", text("revision")),
    ];
    for (name, value) in rows {
        if let Some(value) = value {
            database.execute("INSERT INTO metadata VALUES (?1, ?2)", (name, value)).map_err(fail)?;
        }
    }
    {
        let mut insert = database.prepare("INSERT INTO tiles VALUES (?1, ?2, ?3, ?4)").map_err(fail)?;
        pour(&mut |tile, bytes| {
            // Rows count from the south there (MBTiles 1.3, tiles).
            let row = (1_u32 << tile.matrix) - 1 - tile.row;
            insert.execute((tile.matrix, tile.col, row, bytes)).map(|_| ()).map_err(fail)
        })?;
    }
    database
        .execute_batch("CREATE UNIQUE INDEX tile_index ON tiles (zoom_level, tile_column, tile_row); COMMIT;")
        .map_err(fail)?;
    database.close().map_err(|(_, fault)| fail(fault))
}
