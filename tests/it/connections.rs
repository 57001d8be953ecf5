//! Connections of the real server: who says nothing, or stops in the middle, is let go.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use innospace::api::{App, serve};
use innospace::config::Limits;

use crate::harness::{configured, fixtures, load};

/// A server whose clients may be silent for so long. It ends with the tests.
fn server(silence: Duration) -> SocketAddr {
    let config =
        innospace::config::Config { limits: Limits { silence, ..Limits::default() }, ..configured(None) };
    let app = Arc::new(App::new(load(fixtures()).catalog, config));
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
            tell.send(listener.local_addr().expect("an address")).expect("someone waits");
            serve(app, listener, std::future::pending()).await;
        });
    });
    told.recv().expect("an address")
}

#[test]
fn who_says_nothing_more_is_let_go() {
    const LATEST: Duration = Duration::from_mins(1);
    let address = server(Duration::from_millis(500));
    let begun = [
        "",
        "P",
        "PRI * HTTP/2.0\r\n",
        "GET /health HTTP/1.1\r\nHost: map.test\r\n",
        "POST /measure HTTP/1.1\r\nHost: map.test\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"geo",
        // Its answer comes, and nothing is asked any more.
        "GET /health HTTP/1.1\r\nHost: map.test\r\n\r\n",
    ];
    let open = begun.map(|begun| {
        let mut client = TcpStream::connect(address).expect("a connection");
        client.write_all(begun.as_bytes()).expect("sent");
        client.set_read_timeout(Some(LATEST)).expect("a patience");
        (begun, client)
    });
    for (begun, mut client) in open {
        let mut answer = Vec::new();
        match client.read_to_end(&mut answer) {
            Ok(_) => {}
            Err(fault) if fault.kind() == ErrorKind::ConnectionReset => {}
            Err(fault) => panic!("{begun:?} is still open: {fault}"),
        }
        assert_eq!(answer.starts_with(b"HTTP/1.1 200"), begun.ends_with("map.test\r\n\r\n"), "{begun:?}");
    }
}
