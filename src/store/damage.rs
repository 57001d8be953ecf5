//! Libraries that may panic over broken bytes: here that is an answer.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe, catch_unwind};
use std::sync::Once;

thread_local! {
    /// Is a panic of this thread an answer?
    static IS_ANSWER: Cell<bool> = const { Cell::new(false) };
}

/// What was read, or nothing where the library that reads it panicked, of which nobody else hears.
pub fn undamaged<T>(read: impl FnOnce() -> T) -> Option<T> {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let loud = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_ANSWER.get() {
                loud(panic);
            }
        }));
    });
    let before = IS_ANSWER.replace(true);
    let read = catch_unwind(AssertUnwindSafe(read));
    IS_ANSWER.set(before);
    read.ok()
}

#[cfg(test)]
mod tests {
    use super::undamaged;

    #[test]
    fn a_panic_is_no_answer_and_what_follows_is() {
        assert_eq!(undamaged(|| undamaged(|| [1, 2][std::hint::black_box(2)])), Some(None));
        assert_eq!(undamaged(|| 7), Some(7));
    }
}
