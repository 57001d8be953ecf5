//! Notice a change, rebuild aside, publish or keep the old.

use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
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
    followed: Vec<PathBuf>,
    changes: Receiver<()>,
}

impl Watch {
    /// Begins to listen; called before the first reading, so that no change falls between the two.
    ///
    /// # Errors
    /// The folder cannot be watched.
    pub fn begin(store: &Store) -> Result<Self, notify::Error> {
        let (sender, changes) = channel();
        let watcher = notify::recommended_watcher(move |event: Result<Event, notify::Error>| {
            // Reading a file is an event too; only what may change content counts.
            if event.map_or(true, |event| !matches!(event.kind, EventKind::Access(_))) {
                let _ = sender.send(());
            }
        })?;
        let mut watch = Self { watcher, followed: Vec::new(), changes };
        watch.follow(store)?;
        Ok(watch)
    }

    /// Reads the folder again whenever it has changed and hands each outcome to `publish`, until that answers
    /// false or no change can be heard any more.
    pub fn run(mut self, mut store: Store, mut publish: impl FnMut(Result<Loaded, StoreError>) -> bool) {
        while self.settled() && publish(store.load(&mut |_| {})) {
            // The catalogue file may name another folder now; one that cannot be watched is not.
            let _ = self.follow(&store);
        }
    }

    fn follow(&mut self, store: &Store) -> Result<(), notify::Error> {
        for folder in store.folders() {
            if !self.followed.contains(&folder) {
                self.watcher.watch(&folder, RecursiveMode::Recursive)?;
                self.followed.push(folder);
            }
        }
        Ok(())
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
