//! The end of a server: no new connections, time for what runs, and then an end.

use std::net::TcpStream;
use std::time::Duration;

use crate::support::{Endpoint, Held, call, post, server, text};

#[test]
fn what_runs_when_the_server_is_asked_to_end_is_answered() {
    let held = Held::new();
    let server = server().drain(Duration::from_secs(60)).stream_after(Duration::from_secs(3600));
    let endpoint = Endpoint::serve(server.with([held.tool("plain", false), held.tool("stream", true)]));
    let session = endpoint.open("2025-11-25");
    let mut plain = endpoint.connect();
    plain.send(post(Some(&session), &call(1, "plain")));
    held.expect("begun");
    let mut stream = endpoint.connect();
    stream.send(post(Some(&session), &call(2, "stream")));
    assert!(stream.response().is_stream());
    held.expect("begun");
    let mut listening = endpoint.listen(&session);
    let address = endpoint.address;

    let ended = endpoint.stop();
    while TcpStream::connect(address).is_ok() {
        // Until it no longer listens.
        std::thread::yield_now();
    }
    let rest: Vec<_> = std::iter::from_fn(|| listening.event()).collect();
    assert_eq!(rest.last().unwrap().retry, Some(1000), "who only listens is told when to come back");
    held.let_go();
    held.let_go();
    assert_eq!(text(&plain.response().json()), "done");
    assert_eq!(text(&stream.rest().pop().unwrap().message()), "done");
    ended.join().unwrap();
}

#[test]
fn what_never_ends_does_not_keep_the_server() {
    let held = Held::new();
    let endpoint = Endpoint::serve(server().drain(Duration::from_millis(100)).with(held.tool("slow", true)));
    let session = endpoint.open("2025-11-25");
    let mut wire = endpoint.connect();
    wire.send(post(Some(&session), &call(1, "slow")));
    assert!(wire.response().is_stream());
    let _listening = endpoint.listen(&session);
    endpoint.stop().join().unwrap();
    held.expect("begun");
    held.expect("dropped");
}
