//! Tiles that were made are kept, within bounds; a tile that many ask for at once is made once.
//!
//! A key holds the revision of the catalogue, so a reload makes all old tiles unreachable and they fall out. It also
//! holds what was asked in a form in which equal requests are equal, whatever their encoding and order.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::HeaderValue;
use bytes::Bytes;
use moka::future::Cache;
use tokio::sync::Semaphore;
use xxhash_rust::xxh3::xxh3_128;

use super::blocking;
use super::problem::Problem;
use crate::archive::gzip;
use crate::catalog::Revision;
use crate::query::Budget;
use crate::tile::{self, Detail, MatrixSet, Sheet, Tile, TileId};

/// What a tile is kept under.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct TileKey {
    pub revision: Revision,
    pub set: MatrixSet,
    pub tile: TileId,
    pub detail: Detail,
    /// The layers and all that is asked of them.
    pub what: Box<str>,
}

/// A tile as it is sent.
#[derive(Debug)]
pub struct Packed {
    /// As it is.
    pub plain: Bytes,
    gzip: OnceLock<Bytes>,
    /// Strong entity tag of the plain form.
    pub tag: HeaderValue,
    /// Strong entity tag of the packed form.
    pub gzip_tag: HeaderValue,
    /// Features that are there.
    pub present: u64,
    /// Features that show.
    pub shown: u64,
}

impl Packed {
    fn new(tile: Tile) -> Self {
        let digest = xxh3_128(&tile.bytes);
        let tag = |suffix: &str| {
            HeaderValue::try_from(format!("\"{digest:032x}{suffix}\""))
                .unwrap_or(HeaderValue::from_static("\"\""))
        };
        let (tag, gzip_tag) = (tag(""), tag("-gzip"));
        Self {
            plain: tile.bytes.into(),
            gzip: OnceLock::new(),
            tag,
            gzip_tag,
            present: tile.present,
            shown: tile.shown,
        }
    }

    /// The tile packed by gzip, which is done when it is first asked for.
    ///
    /// # Errors
    /// The time is over.
    pub async fn packed(self: Arc<Self>, patience: Duration) -> Result<Bytes, Problem> {
        let pack = |tile: &Self| tile.gzip.get_or_init(|| gzip(&tile.plain).into()).clone();
        if self.gzip.get().is_some() || self.plain.len() <= SOON_PACKED {
            return Ok(pack(&self));
        }
        blocking(patience, move |_| pack(&self)).await
    }
}

/// Bytes that are packed sooner than handed to another thread.
const SOON_PACKED: usize = 16 << 10;

/// Positions that are drawn sooner than handed to another thread, and hold up others for a millisecond or so.
const SOON_DRAWN: u64 = 32_768;

/// The kept tiles, and who may make new ones.
#[derive(Debug)]
pub struct TileCache {
    tiles: Cache<TileKey, Arc<Packed>>,
    /// One for each processor.
    makers: Semaphore,
    /// Tiles with conditions may be dear; half of the processors never make one, so that plain tiles never wait long.
    dear_makers: Semaphore,
}

impl TileCache {
    pub fn new(most_bytes: u64) -> Self {
        let weight = |key: &TileKey, tile: &Arc<Packed>| {
            // The packed form may come later; it is a third or less.
            u32::try_from(tile.plain.len() * 4 / 3 + key.what.len() + 256).unwrap_or(u32::MAX)
        };
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        Self {
            tiles: Cache::builder().max_capacity(most_bytes).weigher(weight).build(),
            makers: Semaphore::new(processors),
            dear_makers: Semaphore::new((processors / 2).max(1)),
        }
    }

    /// The tile of a key, which shows these sheets; it is made when it is not kept and nobody else is making it.
    ///
    /// # Errors
    /// A condition that a layer does not understand, or the time is over.
    pub async fn get(
        &self,
        key: TileKey,
        sheets: Vec<Sheet>,
        patience: Duration,
    ) -> Result<Arc<Packed>, Problem> {
        if let Some(tile) = self.tiles.get(&key).await {
            return Ok(tile);
        }
        let TileKey { set, tile, detail, .. } = key;
        let effort = tile::effort(set, tile, &sheets);
        let make = move |budget: &Budget| tile::encode(set, tile, &sheets, detail, budget).map(Packed::new);
        let made = self.tiles.try_get_with(key, async {
            if effort.is_some_and(|effort| effort <= SOON_DRAWN) {
                return Ok(Arc::new(make(&Budget::default()).map_err(Problem::from)?));
            }
            let closed = |_| Problem::internal("the makers of tiles were dismissed".to_owned());
            let _dear =
                if effort.is_none() { Some(self.dear_makers.acquire().await.map_err(closed)?) } else { None };
            let _maker = self.makers.acquire().await.map_err(closed)?;
            Ok(Arc::new(blocking(patience, make).await??))
        });
        made.await.map_err(|problem: Arc<Problem>| (*problem).clone())
    }
}
