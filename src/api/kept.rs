//! What is made once for a catalogue and asked for by many requests.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::catalog::Revision;

/// Things of the newest catalogues. Two are kept: that of the catalogue that is served, and the next while it is made.
#[derive(Debug)]
pub struct Kept<T> {
    ready: Mutex<Vec<(Revision, Arc<T>)>>,
    making: Mutex<()>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { ready: Mutex::default(), making: Mutex::default() }
    }
}

impl<T> Kept<T> {
    /// That of a revision; the first who asks makes it, with the one before at hand, the others wait.
    pub fn of(&self, revision: Revision, make: impl FnOnce(Option<&T>) -> T) -> Arc<T> {
        if let Some(known) = self.known(revision) {
            return known;
        }
        let _turn = self.making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = self.known(revision) {
            return known;
        }
        let earlier = self.ready().first().map(|(_, thing)| Arc::clone(thing));
        let made = Arc::new(make(earlier.as_deref()));
        let mut ready = self.ready();
        ready.insert(0, (revision, Arc::clone(&made)));
        ready.truncate(2);
        made
    }

    fn known(&self, revision: Revision) -> Option<Arc<T>> {
        self.ready().iter().find(|(known, _)| *known == revision).map(|(_, thing)| Arc::clone(thing))
    }

    fn ready(&self) -> MutexGuard<'_, Vec<(Revision, Arc<T>)>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
