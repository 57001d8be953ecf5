//! Connections: accepted, bounded in number and patience, ended gracefully.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, Sleep};

use super::{App, router};

/// Connections at one time, where the system lets enough files be open; further ones wait in the listener's queue.
const MOST_CONNECTIONS: usize = 4096;
/// How long a new connection may say nothing: who opens one asks at once, but for browsers, which open some in advance and
/// open others where those are closed.
const FIRST_PATIENCE: Duration = Duration::from_secs(10);
/// How long requests under way may take once the server is told to stop.
const FAREWELL: Duration = Duration::from_secs(10);
/// After a failure to accept (no file handles left, say), before the next try.
const RECOVERY: Duration = Duration::from_millis(100);

/// Serves until `stop` is done; then no new connection is taken and requests under way are finished.
pub async fn serve(app: Arc<App>, listener: TcpListener, stop: impl Future<Output = ()>) {
    let mut connections = Builder::new(TokioExecutor::new());
    let silence = app.config.limits.silence;
    // The head of a request, and the time between two, however many bytes come one by one.
    connections.http1().timer(TokioTimer::new()).header_read_timeout(silence);
    // Who still listens answers in time.
    connections.http2().timer(TokioTimer::new()).keep_alive_interval(silence / 2);
    let service = TowerToHyperService::new(router(app));
    let (places, graceful) = (Arc::new(Semaphore::new(most_connections())), GracefulShutdown::new());
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
        let stream = TokioIo::new(Patient::new(stream, silence));
        let connection = connections.serve_connection(stream, service.clone()).into_owned();
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

/// Half of the files that may be open, so that none lacks where data is read; as many as the system lets be are.
#[cfg(unix)]
fn most_connections() -> usize {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let wanted = 2 * MOST_CONNECTIONS as u64;
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let files = match current {
        Some(current) if current < raised => {
            let limit = Rlimit { current: Some(raised), maximum };
            setrlimit(Resource::Nofile, limit).map_or(current, |()| raised)
        }
        _ => wanted,
    };
    usize::try_from(files / 2).unwrap_or(MOST_CONNECTIONS).clamp(1, MOST_CONNECTIONS)
}

#[cfg(not(unix))]
fn most_connections() -> usize {
    MOST_CONNECTIONS
}

/// A stream that fails once nothing has moved on it for a while: no byte came, and none was taken.
struct Patient {
    stream: TcpStream,
    silence: Duration,
    has_spoken: bool,
    moved: Instant,
    /// Looked at only when nothing moves, and then set anew.
    alarm: Pin<Box<Sleep>>,
}

impl Patient {
    fn new(stream: TcpStream, silence: Duration) -> Self {
        let alarm = Box::pin(tokio::time::sleep(silence.min(FIRST_PATIENCE)));
        Self { stream, silence, has_spoken: false, moved: Instant::now(), alarm }
    }

    fn noted<T>(&mut self, context: &mut Context<'_>, outcome: Poll<io::Result<T>>) -> Poll<io::Result<T>> {
        if outcome.is_ready() {
            self.moved = Instant::now();
            return outcome;
        }
        loop {
            ready!(self.alarm.as_mut().poll(context));
            let silence = if self.has_spoken { self.silence } else { self.silence.min(FIRST_PATIENCE) };
            let end = self.moved + silence;
            if end <= Instant::now() {
                return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
            }
            self.alarm.as_mut().reset(end);
        }
    }
}

impl AsyncRead for Patient {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_read(context, into);
        self.has_spoken |= outcome.is_ready();
        self.noted(context, outcome)
    }
}

impl AsyncWrite for Patient {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.noted(context, outcome)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        pieces: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let outcome = Pin::new(&mut self.stream).poll_write_vectored(context, pieces);
        self.noted(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
