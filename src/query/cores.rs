//! Work for all cores.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::{Budget, QueryError};

const MOST_THREADS: usize = 8;

/// Gives each number below `count` to one of the threads, each of which gathers what comes of it in a value of its own.
/// Which thread takes which number is not said.
///
/// # Errors
/// The budget is spent.
pub fn fold_on_all_cores<A: Send>(
    count: usize,
    budget: &Budget,
    start: impl Fn() -> A + Sync,
    work: impl Fn(&mut A, usize) + Sync,
) -> Result<Vec<A>, QueryError> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get).min(count).min(MOST_THREADS);
    let next = AtomicUsize::new(0);
    let run = || {
        let mut gathered = start();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count || budget.check().is_err() {
                return gathered;
            }
            work(&mut gathered, at);
        }
    };
    let results = if threads <= 1 {
        vec![run()]
    } else {
        std::thread::scope(|scope| {
            let others: Vec<_> = (1..threads).map(|_| scope.spawn(run)).collect();
            let mut all = vec![run()];
            for other in others {
                match other.join() {
                    Ok(gathered) => all.push(gathered),
                    Err(panic) => std::panic::resume_unwind(panic),
                }
            }
            all
        })
    };
    budget.check()?;
    Ok(results)
}
