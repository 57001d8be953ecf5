//! Notice a change, rebuild aside, publish or keep the old.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use notify::{Event, EventKind, RecursiveMode, Watcher};

use super::{Loaded, Store, StoreError};

/// Editors and copies write in several steps; a reading starts when nothing has changed for this long …
const QUIET: Duration = Duration::from_millis(300);
/// … but no later than this after the first change, however busy the folder.
const PATIENCE: Duration = Duration::from_secs(5);

/// Reads the folder again whenever it changes, and hands each outcome to `publish`. Returns when `publish`
/// answers false or the folder can be watched no more.
///
/// # Errors
/// The folder cannot be watched.
pub fn watch(
    mut store: Store,
    mut publish: impl FnMut(Result<Loaded, StoreError>) -> bool,
) -> Result<(), notify::Error> {
    let (sender, changes) = channel();
    let mut watcher = notify::recommended_watcher(move |event: Result<Event, notify::Error>| {
        // Reading a file is an event too; only what may change content counts.
        if event.map_or(true, |event| !matches!(event.kind, EventKind::Access(_))) {
            let _ = sender.send(());
        }
    })?;
    let mut watched = Vec::new();
    follow(&mut watcher, &mut watched, &store.folders())?;
    while settled(&changes) {
        if !publish(store.load(&mut |_| {})) {
            break;
        }
        // The catalogue file may name other folders now.
        let _ = follow(&mut watcher, &mut watched, &store.folders());
    }
    Ok(())
}

fn follow(
    watcher: &mut impl Watcher,
    watched: &mut Vec<PathBuf>,
    folders: &[PathBuf],
) -> Result<(), notify::Error> {
    for folder in folders {
        if !watched.contains(folder) {
            watcher.watch(folder, RecursiveMode::Recursive)?;
            watched.push(folder.clone());
        }
    }
    Ok(())
}

/// Waits for a change and for the quiet after it; false when no change can come any more.
fn settled(changes: &Receiver<()>) -> bool {
    if changes.recv().is_err() {
        return false;
    }
    let first = Instant::now();
    while first.elapsed() < PATIENCE {
        match changes.recv_timeout(QUIET) {
            Ok(()) => {}
            Err(RecvTimeoutError::Timeout) => break,
            Err(RecvTimeoutError::Disconnected) => return false,
        }
    }
    true
}
