//! A bare axum server: what a server with a cache cannot beat.
//!
//! `bare FILE NAME VALUE…`: answers every request with the bytes of the file and these headers; says where it listens.

#![expect(clippy::unwrap_used, reason = "a bench that cannot go on should stop")]
#![expect(clippy::print_stdout, reason = "its address goes there")]

use axum::Router;
use axum::body::Bytes;
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::serve::ListenerExt as _;
use tokio::net::TcpListener;

// The allocator of the program, so that only the work differs.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, file, headers @ ..] = arguments.as_slice() else {
        println!("tests/bench/run runs this one");
        return;
    };
    let body = Bytes::from(std::fs::read(file).unwrap());
    let (pairs, _) = headers.as_chunks();
    let header = |[name, value]: &[String; 2]| {
        (HeaderName::try_from(name).unwrap(), HeaderValue::try_from(value).unwrap())
    };
    let headers: HeaderMap = pairs.iter().map(header).collect();
    let door = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("listening on http://{}", door.local_addr().unwrap());
    let answer = async move || (headers.clone(), body.clone());
    // As the program does.
    let door = door.tap_io(|connection| connection.set_nodelay(true).unwrap());
    axum::serve(door, Router::new().fallback(answer)).await.unwrap();
}
