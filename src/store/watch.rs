//! Notice a change, rebuild aside, publish or keep the old.

use std::path::{Path, PathBuf, absolute};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher};

use super::{Loaded, Store, StoreError};

/// Editors and copies write in several steps; a reading starts when nothing has changed for this long …
const QUIET: Duration = Duration::from_millis(300);
/// … but no later than this after the first change, however busy the folder.
const PATIENCE: Duration = Duration::from_secs(5);

/// Hears of every change to a data folder from the moment it is made.
#[derive(Debug)]
pub struct Watch {
    watcher: RecommendedWatcher,
    followed: Arc<Mutex<Vec<PathBuf>>>,
    changes: Receiver<()>,
}

impl Watch {
    /// Begins to listen; called before the first reading, so that no change falls between the two.
    ///
    /// # Errors
    /// The folder cannot be watched.
    pub fn begin(store: &Store) -> Result<Self, notify::Error> {
        let (sender, changes) = channel();
        let followed = Arc::<Mutex<Vec<PathBuf>>>::default();
        let folders = Arc::clone(&followed);
        let watcher = notify::recommended_watcher(move |event: Result<Event, notify::Error>| {
            // Reading a file is an event too; only what may change content counts, and that in the folders themselves.
            let is_change = event.map_or(true, |event| {
                let folders = folders.lock().unwrap_or_else(PoisonError::into_inner);
                let is_within = |path: &PathBuf| folders.iter().any(|folder| path.starts_with(folder));
                !matches!(event.kind, EventKind::Access(_))
                    && (event.paths.is_empty() || event.paths.iter().any(is_within))
            });
            if is_change {
                let _ = sender.send(());
            }
        })?;
        let mut watch = Self { watcher, followed, changes };
        watch.follow(store, false)?;
        Ok(watch)
    }

    /// Reads the folder again whenever it has changed and hands each outcome to `publish`, until that answers
    /// false or no change can be heard any more.
    pub fn run(mut self, mut store: Store, mut publish: impl FnMut(Result<Loaded, StoreError>) -> bool) {
        while self.settled() {
            // Another folder may stand in the place of one that was followed; one that cannot be watched is not.
            let _ = self.follow(&store, true);
            if !publish(store.load(&mut |_| {})) {
                break;
            }
            // The catalogue file may name another folder now.
            let _ = self.follow(&store, false);
        }
    }

    /// Listens to the folders of a store, those that are followed already only `anew`, and to where they stand, so that another
    /// in the place of one is heard of.
    fn follow(&mut self, store: &Store, anew: bool) -> Result<(), notify::Error> {
        let folders: Vec<PathBuf> =
            store.folders().into_iter().map(|folder| absolute(&folder).unwrap_or(folder)).collect();
        let before = {
            let mut followed = self.followed.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *followed, folders.clone())
        };
        let is_within = |path: &Path| folders.iter().any(|folder| path.starts_with(folder));
        let mut watched = Ok(());
        for folder in folders.iter().filter(|folder| anew || !before.contains(folder)) {
            if let Some(stands_in) = folder.parent().filter(|path| !is_within(path)) {
                let _ = self.watcher.watch(stands_in, RecursiveMode::NonRecursive);
            }
            // What is known under a name is not looked at again.
            let _ = self.watcher.unwatch(folder);
            // The others are followed all the same.
            watched = watched.and(self.watcher.watch(folder, RecursiveMode::Recursive));
        }
        watched
    }

    /// Waits for a change and for the quiet after it; false when no change can come any more.
    fn settled(&self) -> bool {
        if self.changes.recv().is_err() {
            return false;
        }
        let first = Instant::now();
        while first.elapsed() < PATIENCE {
            match self.changes.recv_timeout(QUIET) {
                Ok(()) => {}
                Err(RecvTimeoutError::Timeout) => break,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        }
        true
    }
}
