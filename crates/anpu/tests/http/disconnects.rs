//! Clients that go away: what runs goes on, and what it says can be fetched.

use std::time::Duration;

use crate::support::{Endpoint, Held, PING, PONG, call, get, post, server, text};
use crate::wire::Wire;

/// Sends the call, and reads until its progress came; gives the id of that event.
fn begun(endpoint: &Endpoint, session: &str) -> (Wire, String) {
    let mut wire = endpoint.connect();
    wire.send(post(Some(session), &call(1, "slow")));
    assert!(wire.response().is_stream());
    let event = wire.message().unwrap();
    let id = event.id.clone().unwrap();
    assert_eq!(event.message()["params"]["message"], "before");
    (wire, id)
}

fn resume(endpoint: &Endpoint, session: &str, seen: &str) -> Wire {
    let mut wire = endpoint.connect();
    wire.send(get(session, &[&format!("Last-Event-ID: {seen}")]));
    let response = wire.response();
    assert!(response.status == 200 && response.is_stream(), "{response:?}");
    wire
}

fn rest_of_the_call(wire: &mut Wire) {
    let [progress, answer] = wire.rest().try_into().unwrap();
    assert_eq!(progress.message()["params"]["message"], "after");
    let answer = answer.message();
    assert_eq!((&answer["id"], text(&answer)), (&1.into(), "done"));
}

#[test]
fn a_client_that_comes_back_before_the_end_gets_the_answer() {
    let held = Held::new();
    let endpoint = Endpoint::serve(server().with(held.tool("slow", true)));
    let session = endpoint.open("2025-11-25");
    let (wire, seen) = begun(&endpoint, &session);
    held.expect("begun");
    drop(wire);
    let mut wire = resume(&endpoint, &session, &seen);
    held.let_go();
    held.expect("finished");
    rest_of_the_call(&mut wire);
}

#[test]
fn a_client_that_comes_back_after_the_end_gets_the_answer() {
    for version in ["2025-03-26", "2025-06-18", "2025-11-25"] {
        let held = Held::new();
        let endpoint = Endpoint::serve(server().with(held.tool("slow", true)));
        let session = endpoint.open(version);
        let (wire, seen) = begun(&endpoint, &session);
        held.expect("begun");
        drop(wire);
        held.let_go();
        held.expect("finished");
        held.expect("dropped");
        rest_of_the_call(&mut resume(&endpoint, &session, &seen));
    }
}

#[test]
fn a_client_that_lost_its_stream_before_the_first_message_gets_everything() {
    let held = Held::new();
    let endpoint = Endpoint::serve(server().with(held.tool("slow", false)));
    let session = endpoint.open("2025-11-25");
    let mut wire = endpoint.connect();
    wire.send(post(Some(&session), &call(1, "slow")));
    assert!(wire.response().is_stream());
    let priming = wire.event().unwrap();
    assert!(priming.is_priming());
    drop(wire);
    held.let_go();
    let mut wire = resume(&endpoint, &session, &priming.id.unwrap());
    let rest = wire.rest();
    assert_eq!((rest.len(), text(rest[0].data.as_ref().unwrap())), (1, "done"));
}

#[test]
fn a_half_closed_client_is_gone_and_its_handler_goes_on() {
    let held = Held::new();
    let endpoint = Endpoint::serve(server().with(held.tool("slow", true)));
    let session = endpoint.open("2025-11-25");
    let (mut wire, seen) = begun(&endpoint, &session);
    held.expect("begun");
    wire.half_close();
    held.let_go();
    held.expect("finished");
    rest_of_the_call(&mut resume(&endpoint, &session, &seen));
}

#[test]
fn a_client_that_goes_before_its_answer_is_a_stream_stops_nothing() {
    let held = Held::new();
    let endpoint = Endpoint::serve(server().stream_after(Duration::from_secs(3600)).with(held.tool("slow", false)));
    let session = endpoint.open("2025-11-25");
    for (id, half) in [(7, true), (8, false)] {
        let mut wire = endpoint.connect();
        wire.send(post(Some(&session), &call(id, "slow")));
        held.expect("begun");
        if half {
            wire.half_close();
            assert!(wire.is_over(), "half a connection is none");
        }
        drop(wire);
        held.let_go();
        held.expect("finished");
        held.expect("dropped");
    }
    assert_eq!(endpoint.send(post(Some(&session), PING)).body, PONG);
}

#[test]
fn a_request_whose_client_is_gone_still_has_its_timeout() {
    let held = Held::new();
    let server = server().request_timeout(Duration::from_millis(300)).with(held.tool("slow", true));
    let endpoint = Endpoint::serve(server);
    let session = endpoint.open("2025-11-25");
    let (wire, seen) = begun(&endpoint, &session);
    held.expect("begun");
    drop(wire);
    held.expect("dropped");
    let mut wire = resume(&endpoint, &session, &seen);
    let answer = wire.rest().pop().unwrap().message();
    assert_eq!(answer["error"]["code"], -32003, "{answer}");
}
