//! Who calls: what handlers learn of the connection, and how many connections there are at once.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anpu::{Cx, Limits, Tool};

use crate::support::{Endpoint, PING, PONG, call, post, post_with, server, text};

#[test]
fn a_handler_knows_the_address_of_its_client() {
    let address = Tool::new("address")
        .handler(|cx: Cx| async move { cx.extensions().get::<SocketAddr>().map(ToString::to_string) });
    let endpoint = Endpoint::serve(server().with(address));
    let session = endpoint.open("2025-11-25");
    for _ in 0..2 {
        // Each connection has its own, though the session is one.
        let mut wire = endpoint.connect();
        wire.send(post(Some(&session), &call(1, "address")));
        assert_eq!(text(&wire.response().json()), wire.address().to_string());
    }
}

#[test]
fn a_handler_sees_the_headers_of_its_request() {
    let colours = Tool::new("colours").handler(|cx: Cx| async move {
        let all = cx.headers().get_all("x-colour").iter().map(|value| value.to_str().unwrap().to_owned());
        all.collect::<Vec<_>>().join(" and ")
    });
    let endpoint = Endpoint::serve(server().with(colours));
    let session = format!("Mcp-Session-Id: {}", endpoint.open("2025-11-25"));
    let lines = [&*session, "X-Colour: red", "X-Colour: green"];
    assert_eq!(text(&endpoint.send(post_with(&lines, &call(1, "colours"))).json()), "red and green");
    assert_eq!(text(&endpoint.send(post_with(&lines[..1], &call(2, "colours"))).json()), "", "of this request only");
}

#[test]
fn past_the_limit_a_connection_waits_until_another_is_over() {
    let calls = Arc::new(AtomicUsize::new(0));
    let counting = {
        let calls = Arc::clone(&calls);
        Tool::new("count").handler(move |_: Cx| {
            calls.fetch_add(1, Ordering::SeqCst);
            async { "counted" }
        })
    };
    let endpoint = Endpoint::serve(server().limits(Limits::default().connections(1)).with(counting));
    let session = endpoint.open("2025-11-25");

    let mut first = endpoint.connect();
    let mut ping = || {
        first.send(post(Some(&session), PING));
        assert_eq!(first.response().body, PONG);
    };
    ping();
    let mut second = endpoint.connect();
    second.send(post(Some(&session), &call(1, "count")));
    (0..50).for_each(|_| ping());
    assert_eq!(calls.load(Ordering::SeqCst), 0, "there is no place for the second");

    drop(first);
    assert_eq!(text(&second.response().json()), "counted");
}
