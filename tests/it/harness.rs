//! The service over a folder of layers, called in process.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::{HeaderMap, Request, StatusCode};
use innospace::api::{App, router};
use innospace::config::{Config, Limits, USUAL_PAGE_CACHE_BYTES, USUAL_TILE_CACHE_BYTES};
use innospace::store::{Loaded, Store};
use serde_json::{Value, json};
use tempfile::TempDir;
use tower::ServiceExt as _;

/// The shipped data.
pub fn shipped() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/geodata"))
}

/// The hand-made layers.
pub fn fixtures() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/small"))
}

/// The official test data of CQL2.
pub fn natural_earth() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/naturalearth"))
}

/// A data folder of a catalogue and the features of its layers, each in `{id}.geojson`.
pub fn data_folder(catalog: &str, layers: &[(&str, &[Value])]) -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("written");
    for (id, features) in layers {
        let collection = json!({ "type": "FeatureCollection", "features": features });
        write(&format!("{id}.geojson"), &collection.to_string());
    }
    write("catalog.toml", catalog);
    folder
}

pub fn load(folder: &Path) -> Loaded {
    Store::new(folder).load(&mut |_| {}).expect("the folder loads")
}

/// How a service usually runs.
pub fn configured(drawings: Option<PathBuf>) -> Config {
    Config {
        listen: ([127, 0, 0, 1], 0).into(),
        public_url: None,
        limits: Limits::default(),
        tile_cache_bytes: USUAL_TILE_CACHE_BYTES,
        page_cache_bytes: USUAL_PAGE_CACHE_BYTES,
        drawings,
    }
}

/// A running service.
pub struct Service {
    pub app: Arc<App>,
    runtime: tokio::runtime::Runtime,
}

impl Service {
    pub fn over(folder: &Path) -> Self {
        Self::keeping(folder, None)
    }

    /// The same with a folder of drawings.
    pub fn keeping(folder: &Path, drawings: Option<PathBuf>) -> Self {
        Self::with(folder, configured(drawings))
    }

    /// The same that waits for no query longer than so.
    pub fn waiting(folder: &Path, patience: Duration) -> Self {
        Self::with(folder, Config { limits: Limits { patience, ..Limits::default() }, ..configured(None) })
    }

    /// The same, run in another way.
    pub fn with(folder: &Path, config: Config) -> Self {
        let app = Arc::new(App::new(load(folder).catalog, config));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { app, runtime }
    }

    /// What is answered to a body of JSON, and how long other connections had to wait meanwhile, at most.
    pub fn post_and_wait(&self, path: &str, body: &Value) -> (Answer, Duration) {
        let longest = std::cell::Cell::new(Duration::ZERO);
        let others = async {
            loop {
                let began = Instant::now();
                tokio::time::sleep(Duration::from_millis(5)).await;
                longest.set(longest.get().max(began.elapsed()));
            }
        };
        let kind = [("content-type", "application/json")];
        let answer = self.runtime.block_on(async {
            tokio::select! {
                answer = self.answer("POST", path, &kind, body.to_string().into_bytes()) => answer,
                () = others => unreachable!("it has no end"),
            }
        });
        (answer, longest.get())
    }

    pub fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, &[])
    }

    pub fn ask(&self, method: &str, path: &str, headers: &[(&str, &str)]) -> Answer {
        self.send(method, path, headers, Vec::new())
    }

    pub fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        self.runtime.block_on(self.answer(method, path, headers, body))
    }

    async fn answer(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Vec<u8>) -> Answer {
        let mut request = Request::builder().method(method).uri(path).header("host", "map.test");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(Body::from(body)).expect("a request");
        let response = router(Arc::clone(&self.app)).oneshot(request).await.expect("a response");
        let (parts, body) = response.into_parts();
        let body = axum::body::to_bytes(body, usize::MAX).await.expect("a body").to_vec();
        Answer { status: parts.status, headers: parts.headers, body }
    }
}

/// A response, read whole.
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("ASCII"))
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).expect("UTF-8")
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|fault| panic!("{fault}: {}", self.text()))
    }

    /// The ids of the features, as text.
    pub fn ids(&self) -> Vec<String> {
        let json = self.json();
        let features = json["features"].as_array().expect("features");
        features.iter().map(|feature| feature["id"].to_string().trim_matches('"').to_owned()).collect()
    }

    /// The address of a link, without the host.
    pub fn link(&self, rel: &str) -> Option<String> {
        let json = self.json();
        let link = json["links"].as_array().expect("links").iter().find(|link| link["rel"] == rel)?.clone();
        Some(link["href"].as_str().expect("href").trim_start_matches("http://map.test").to_owned())
    }
}
