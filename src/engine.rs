//! How does maplibre-rs draw the ground of a picture, and what if it does not?
//!
//! In: a picture. Out: its PNG file. Leaves out: what is drawn, which [`squares`](crate::map::squares) says. Only with
//! the Cargo feature `maplibre-rs`.
//!
//! The engine writes its pictures into the current directory and panics on every fault, so it runs in a child: this
//! program, started again with [`COMMAND`] in a folder of its own, with a limit of time. The child ends when this process
//! does, however that comes about: it holds a pipe that then closes. What it says on standard error becomes the error.

use std::fs::{self, File};
use std::io::{self, BufReader, Read as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::Duration;

use anyhow::Context as _;
use maplibre::headless::environment::HeadlessEnvironment;
use maplibre::headless::map::HeadlessMap;
use maplibre::headless::{HeadlessPlugin, create_headless_renderer};
use maplibre::plugin::Plugin;
use maplibre::render::RenderPlugin;
use maplibre::style::Style;
use maplibre::style::layer::{FillPaint, LayerPaint, LinePaint, StyleLayer};
use maplibre::vector::{DefaultVectorTransferables, VectorPlugin};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::map::picture::Picture;
use crate::map::squares::{self, Job, Layer, SquaresError};

/// The hidden command of the child.
pub const COMMAND: &str = "maplibre-squares";

/// How the name of a folder of a child begins.
const FOLDER: &str = "innospace-maplibre-";
/// In the folder: what to draw.
const JOB: &str = "job.json";
/// In the folder: there once a device was found.
const READY: &str = "ready";
/// In the folder: what the child said.
const SAID: &str = "said";

/// Time for the start, and for each square. On two cores without a graphics card they take half a second and a twentieth.
const START: Duration = Duration::from_secs(30);
const EACH: Duration = Duration::from_secs(1);
/// A longer start or square, in milliseconds, for tests and for slow machines.
const LIMIT: &str = "INNOSPACE_MAPLIBRE_LIMIT_MS";

/// Why maplibre-rs has drawn nothing.
#[derive(Debug, Error)]
pub enum EngineError {
    /// Its folder.
    #[error("the folder of maplibre-rs: {0}")]
    Folder(#[from] io::Error),
    /// It found nothing to draw with.
    #[error(
        "maplibre-rs found no Vulkan device; install a driver, on Debian without a graphics card \
         mesa-vulkan-drivers and libvulkan1, or draw with --engine innospace ({0})"
    )]
    NoDevice(String),
    /// It ended early.
    #[error("maplibre-rs failed: {0}; --engine innospace draws the same map")]
    Failed(String),
    /// It hung.
    #[error(
        "maplibre-rs has not drawn {squares} squares in {limit:?} and was ended; --engine innospace draws the same map"
    )]
    Slow {
        /// How many it was asked for.
        squares: usize,
        /// The time it had.
        limit: Duration,
    },
    /// A picture of it cannot be read.
    #[error("a picture of maplibre-rs: {0}")]
    Square(#[from] png::DecodingError),
    /// The pictures do not fit together.
    #[error(transparent)]
    Squares(#[from] SquaresError),
}

/// What the child reads.
#[derive(Debug, Serialize, Deserialize)]
struct Order {
    side: u32,
    layers: Vec<Layer>,
    tiles: usize,
}

fn tile_name(number: usize) -> String {
    format!("{number}.mvt")
}

/// As the engine names them.
fn square_name(number: usize) -> String {
    format!("frame_{number}.png")
}

/// Draws a picture whose areas and lines are the engine's.
///
/// # Errors
/// There is no Vulkan device, or the engine fails or hangs.
pub fn paint(picture: &Picture) -> Result<Vec<u8>, EngineError> {
    let job = squares::job(picture);
    let folder = tempfile::Builder::new().prefix(FOLDER).tempdir()?;
    if !job.tiles.is_empty() {
        draw(&job, folder.path())?;
    }
    let made = squares::assemble(picture, &job, |number| read(&folder.path().join(square_name(number))))?;
    folder.close()?;
    Ok(made)
}

/// The pixels of a square.
fn read(path: &Path) -> Result<Vec<u8>, EngineError> {
    let mut reader = png::Decoder::new(BufReader::new(File::open(path)?)).read_info()?;
    let mut pixels = vec![0; reader.output_buffer_size().unwrap_or(0)];
    reader.next_frame(&mut pixels)?;
    Ok(pixels)
}

/// Has a child draw all squares into a folder.
fn draw(job: &Job, folder: &Path) -> Result<(), EngineError> {
    let order = Order { side: job.side, layers: job.layers.clone(), tiles: job.tiles.len() };
    fs::write(folder.join(JOB), serde_json::to_vec(&order).map_err(io::Error::from)?)?;
    for (number, tile) in job.tiles.iter().enumerate() {
        fs::write(folder.join(tile_name(number)), tile)?;
    }
    let squares = job.tiles.len();
    let usual = START + EACH * u32::try_from(squares).unwrap_or(u32::MAX);
    let told = std::env::var(LIMIT).ok().and_then(|limit| limit.parse().ok()).map(Duration::from_millis);
    let limit = told.unwrap_or(usual);
    let mut command = Command::new(std::env::current_exe()?);
    command.arg(COMMAND).current_dir(folder).env("RUST_BACKTRACE", "0");
    // The engine would else take a device of OpenGL first, which it draws wrongly on.
    if cfg!(target_os = "linux") {
        command.env("WGPU_BACKEND", "vulkan");
    }
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(File::create(folder.join(SAID))?);
    // A terminal that interrupts this process leaves the child to end by itself, with its folder.
    #[cfg(unix)]
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    let mut child = command.spawn()?;
    let is_done = ends_within(&mut child, limit);
    if !is_done {
        // It may have ended by itself since.
        let _ = child.kill();
    }
    let status = child.wait()?;
    if !is_done {
        return Err(EngineError::Slow { squares, limit });
    }
    if status.success() {
        return Ok(());
    }
    let said = told_by(&fs::read(folder.join(SAID))?).unwrap_or_else(|| status.to_string());
    Err(if folder.join(READY).exists() { EngineError::Failed(said) } else { EngineError::NoDevice(said) })
}

/// Does a child close its output, as it does at its end, within a time?
fn ends_within(child: &mut Child, limit: Duration) -> bool {
    let Some(mut output) = child.stdout.take() else { return false };
    let (tell, told) = mpsc::channel();
    // Ends with the child.
    std::thread::spawn(move || {
        let _ = io::copy(&mut output, &mut io::sink());
        let _ = tell.send(());
    });
    !matches!(told.recv_timeout(limit), Err(RecvTimeoutError::Timeout))
}

/// What a panic said, else the last line.
fn told_by(said: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(said);
    let lines: Vec<&str> = text.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let panicked = lines.iter().position(|line| line.contains("panicked at"));
    let line = panicked.and_then(|at| lines.get(at + 1)).or(lines.last())?;
    Some(line.chars().take(300).collect())
}

/// The child: draws what the folder that it stands in asks for.
///
/// # Errors
/// There is no order, or a file cannot be read.
///
/// # Panics
/// As the engine does.
pub fn serve() -> anyhow::Result<()> {
    let order =
        fs::read(JOB).context("there is nothing to draw here; `innospace map` starts this command")?;
    let order: Order = serde_json::from_slice(&order)?;
    let tiles = order.tiles;
    std::thread::spawn(move || {
        // Nothing is ever written: this ends when the parent does.
        let _ = io::stdin().read_to_end(&mut Vec::new());
        clear(tiles);
        std::process::exit(1);
    });
    // The engine asks for a runtime, though nothing it does here takes its time.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let (kernel, renderer) = create_headless_renderer(order.side, None).await;
        fs::write(READY, "")?;
        let style = Style { layers: order.layers.iter().map(style_layer).collect(), ..Style::default() };
        let plugins: Vec<Box<dyn Plugin<HeadlessEnvironment>>> = vec![
            Box::new(RenderPlugin),
            Box::new(VectorPlugin::<DefaultVectorTransferables>::default()),
            Box::new(HeadlessPlugin::new(true)),
        ];
        let mut map = HeadlessMap::new(style, renderer, kernel, plugins)
            .map_err(|fault| anyhow::anyhow!("the engine does not start: {fault:?}"))?;
        let names: Vec<&str> = order.layers.iter().map(|layer| layer.name.as_str()).collect();
        for number in 0..order.tiles {
            let tile = fs::read(tile_name(number))?.into_boxed_slice();
            let layers = map.process_tile(tile, &names).await;
            map.render_tile(layers);
        }
        anyhow::Ok(())
    })
}

/// A layer of the engine's style. Its default has an index of 0, which is as far as what is cleared, and so not seen.
fn style_layer(layer: &Layer) -> StyleLayer {
    let [red, green, blue] = layer.rgb;
    let color = format!("rgba({red},{green},{blue},0)").parse().ok();
    let paint = if layer.is_line {
        LayerPaint::Line(LinePaint { line_color: color })
    } else {
        LayerPaint::Fill(FillPaint { fill_color: color })
    };
    StyleLayer {
        index: layer.depth,
        id: layer.name.clone(),
        source_layer: Some(layer.name.clone()),
        paint: Some(paint),
        ..StyleLayer::default()
    }
}

/// Removes the folder that the child stands in, when it was made for it.
fn clear(tiles: usize) {
    let Ok(folder) = std::env::current_dir() else { return };
    if !folder.file_name().is_some_and(|name| name.to_string_lossy().starts_with(FOLDER)) {
        return;
    }
    for name in (0..tiles).flat_map(|number| [tile_name(number), square_name(number)]) {
        let _ = fs::remove_file(folder.join(name));
    }
    for name in [JOB, READY, SAID] {
        let _ = fs::remove_file(folder.join(name));
    }
    let _ = fs::remove_dir(folder);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_told_by_what_it_said() {
        let said = b"error: no display\n\nthread 'main' panicked at a.rs:1:2:\nFailed to initialize renderer: X\nnote: run with\n";
        assert_eq!(told_by(said).as_deref(), Some("Failed to initialize renderer: X"));
        assert_eq!(told_by(b"innospace: no file\n").as_deref(), Some("innospace: no file"));
        assert_eq!(told_by(b" \n"), None);
    }
}
