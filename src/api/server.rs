//! Connections: accepted, bounded in number and patience, ended gracefully.

use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{App, router};

/// Connections at one time; further ones wait in the listener's queue.
const MOST_CONNECTIONS: usize = 4096;
/// How long a client may take to send the head of a request, and how long a connection may idle.
const HEAD_PATIENCE: Duration = Duration::from_secs(30);
/// How long requests under way may take once the server is told to stop.
const FAREWELL: Duration = Duration::from_secs(10);
/// After a failure to accept (no file handles left, say), before the next try.
const RECOVERY: Duration = Duration::from_millis(100);

/// Serves until `stop` is done; then no new connection is taken and requests under way are finished.
pub async fn serve(app: Arc<App>, listener: TcpListener, stop: impl Future<Output = ()>) {
    let mut connections = Builder::new(TokioExecutor::new());
    connections.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_PATIENCE);
    connections.http2().timer(TokioTimer::new()).keep_alive_interval(HEAD_PATIENCE);
    let service = TowerToHyperService::new(router(app));
    let (places, graceful) = (Arc::new(Semaphore::new(MOST_CONNECTIONS)), GracefulShutdown::new());
    tokio::pin!(stop);
    loop {
        let (stream, place) = tokio::select! {
            accepted = accept(&listener, &places) => match accepted {
                Ok(accepted) => accepted,
                Err(fault) => {
                    tracing::warn!("a connection could not be accepted: {fault}");
                    tokio::time::sleep(RECOVERY).await;
                    continue;
                }
            },
            () = &mut stop => break,
        };
        let connection = connections.serve_connection(TokioIo::new(stream), service.clone()).into_owned();
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            // A client that breaks off is no event.
            let _ = connection.await;
            drop(place);
        });
    }
    drop(listener);
    if tokio::time::timeout(FAREWELL, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests were still under way after {} s; they are cut off", FAREWELL.as_secs());
    }
}

async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> std::io::Result<(TcpStream, OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.map_err(std::io::Error::other)?;
    let (stream, _) = listener.accept().await?;
    // Answers leave in few large writes; waiting to join them with more would only add delay.
    stream.set_nodelay(true)?;
    Ok((stream, place))
}
