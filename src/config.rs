//! What did the operator ask for?

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// How the server runs.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens.
    pub listen: SocketAddr,
    /// The address clients see, without a slash at the end; `None` takes what each request names.
    pub public_url: Option<String>,
    /// What one request may ask.
    pub limits: Limits,
    /// Bytes of tiles that are kept.
    pub tile_cache_bytes: u64,
    /// Bytes of pages of items that are kept.
    pub page_cache_bytes: u64,
    /// The folder of drawings that are too long for a link; `None` keeps none.
    pub drawings: Option<PathBuf>,
}

/// Bytes of tiles that are kept when the operator names no number.
pub const USUAL_TILE_CACHE_BYTES: u64 = 256 << 20;
/// The same of pages of items.
pub const USUAL_PAGE_CACHE_BYTES: u64 = 32 << 20;

/// What one request may ask.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Features of a page when the request names no number.
    pub default_items: u32,
    /// The most features of a page.
    pub most_items: u32,
    /// The most time for a query.
    pub patience: Duration,
    /// The most time in which nothing moves on a connection. More than twice [`Limits::patience`], since a client that
    /// waits for an answer, and before for a place to have it made at, has nothing to say.
    pub silence: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            default_items: 100,
            most_items: 100_000,
            patience: Duration::from_secs(20),
            silence: Duration::from_mins(1),
        }
    }
}
