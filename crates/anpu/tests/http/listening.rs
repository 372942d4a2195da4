//! Streams for what belongs to no request.

use anpu::Limits;

use crate::support::{Endpoint, call, delete, get, poke, post, server};

fn changed(endpoint: &Endpoint, session: &str) {
    let response = endpoint.send(post(Some(session), &call(1, "poke")));
    assert_eq!(response.json()["error"], serde_json::Value::Null, "{response:?}");
}

#[test]
fn a_change_is_heard_on_the_stream() {
    let endpoint = Endpoint::serve(server().with(poke()));
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let session = endpoint.open(version);
        let mut stream = endpoint.listen(&session);
        changed(&endpoint, &session);
        let event = stream.message().unwrap();
        assert!(event.id.is_some(), "{version}");
        assert_eq!(event.message()["method"], "notifications/tools/list_changed", "{version}");
    }
}

#[test]
fn what_is_said_while_nobody_listens_waits_once() {
    let endpoint = Endpoint::serve(server().with(poke()));
    let session = endpoint.open("2025-11-25");
    for _ in 0..3 {
        changed(&endpoint, &session);
    }
    let mut stream = endpoint.listen(&session);
    assert_eq!(stream.message().unwrap().message()["method"], "notifications/tools/list_changed");
    endpoint.send(delete(&session));
    assert!(stream.rest().is_empty(), "the same thing is not said three times");
}

#[test]
fn each_message_goes_to_exactly_one_stream() {
    let endpoint = Endpoint::serve(server().with(poke()));
    let session = endpoint.open("2025-11-25");
    let mut streams = [endpoint.listen(&session), endpoint.listen(&session)];
    for _ in 0..10 {
        changed(&endpoint, &session);
    }
    // Ends both streams, so that everything that was sent can be counted.
    assert_eq!(endpoint.send(delete(&session)).status, 204);
    let heard = streams.each_mut().map(|stream| stream.rest().len());
    assert_eq!(heard.iter().sum::<usize>(), 10, "{heard:?}");
}

#[test]
fn when_a_stream_is_closed_the_other_one_hears_what_comes() {
    let endpoint = Endpoint::serve(server().limits(Limits::default().streams(2)).with(poke()));
    let session = endpoint.open("2025-11-25");
    let (first, mut second) = (endpoint.listen(&session), endpoint.listen(&session));
    drop(first);
    // There is room for a third stream as soon as the server noticed.
    while endpoint.send(get(&session, &[])).status == 409 {
        std::thread::yield_now();
    }
    changed(&endpoint, &session);
    assert_eq!(second.message().unwrap().message()["method"], "notifications/tools/list_changed");
}

#[test]
fn a_broken_stream_is_taken_up_again() {
    let endpoint = Endpoint::serve(server().with(poke()));
    let session = endpoint.open("2025-11-25");
    let mut stream = endpoint.listen(&session);
    changed(&endpoint, &session);
    changed(&endpoint, &session);
    let seen = stream.message().unwrap().id.unwrap();
    drop(stream);
    let mut again = endpoint.connect();
    again.send(get(&session, &[&format!("Last-Event-ID: {seen}")]));
    assert_eq!(again.response().status, 200);
    assert_eq!(again.message().unwrap().message()["method"], "notifications/tools/list_changed");
    changed(&endpoint, &session);
    assert!(again.message().is_some(), "and it goes on");
}

#[test]
fn who_takes_up_a_stream_that_is_still_read_takes_it_over() {
    let endpoint = Endpoint::serve(server().with(poke()));
    let session = endpoint.open("2025-11-25");
    let mut first = endpoint.listen(&session);
    changed(&endpoint, &session);
    let seen = first.message().unwrap().id.unwrap();
    let mut second = endpoint.connect();
    second.send(get(&session, &[&format!("Last-Event-ID: {seen}")]));
    assert_eq!(second.response().status, 200);
    assert!(first.rest().is_empty(), "the first one ends");
    changed(&endpoint, &session);
    assert!(second.message().is_some());
}

#[test]
fn a_session_has_so_many_streams() {
    let endpoint = Endpoint::serve(server().limits(Limits::default().streams(2)));
    let session = endpoint.open("2025-11-25");
    let _streams = [endpoint.listen(&session), endpoint.listen(&session)];
    let response = endpoint.send(get(&session, &[]));
    assert_eq!(response.status, 409, "{response:?}");
    assert!(response.body.contains("2 streams"), "{response:?}");
}
