//! Work that only so many requests do at a time, because each takes a core for long, or much memory.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;

use super::blocking;
use super::problem::Problem;
use crate::query::{Budget, QueryError};

/// So many places to work at.
#[derive(Debug, Clone)]
pub struct Seats(Arc<Semaphore>);

impl Seats {
    /// This many of them.
    pub fn new(count: usize) -> Self {
        Self(Arc::new(Semaphore::new(count)))
    }

    /// Runs work away from the threads that serve connections, once a seat is free. The seat is held until the work has
    /// ended, also when nobody waits for it any more.
    ///
    /// # Errors
    /// No seat became free in time.
    pub async fn work<T: Send + 'static>(
        &self,
        patience: Duration,
        work: impl FnOnce(&Budget) -> T + Send + 'static,
    ) -> Result<T, Problem> {
        let seat = tokio::time::timeout(patience, Arc::clone(&self.0).acquire_owned()).await;
        let seat =
            seat.map_err(|_| QueryError::Spent)?.map_err(|fault| Problem::internal(fault.to_string()))?;
        blocking(patience, move |budget| {
            let _seat = seat;
            work(budget)
        })
        .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_more_work_is_begun_than_there_are_seats() {
        let (seats, short) = (Seats::new(1), Duration::from_millis(5));
        let (end, ended) = std::sync::mpsc::channel::<()>();
        let (begin, begun) = tokio::sync::oneshot::channel();
        let first = tokio::spawn({
            let seats = seats.clone();
            async move {
                let work = move |_: &Budget| {
                    begin.send(()).expect("someone waits");
                    ended.recv().is_ok()
                };
                seats.work(Duration::from_mins(1), work).await
            }
        });
        begun.await.expect("the first has its seat");
        let refused = seats.work(short, |_| ()).await.expect_err("there is no second seat");
        assert_eq!(refused.detail(), Problem::from(QueryError::Spent).detail());
        end.send(()).expect("the first is at work");
        assert!(first.await.expect("no panic").expect("a seat"));
        seats.work(Duration::from_mins(1), |_| ()).await.expect("the seat is free again");
    }
}
