//! A client that never reads its stream: it costs the handler nothing, and the server a bounded piece of memory.

use std::sync::mpsc::{Receiver, Sender, channel};
use std::time::Duration;

use anpu::model::Notice;
use anpu::{Component, Cx, Tool};
use serde_json::value::RawValue;

use crate::support::{Endpoint, PING, PONG, Told, call, cancel, get, poke, post, server, text};
use crate::wire::{PATIENCE, Wire};

const MESSAGES: usize = 10_000;
const SIZE: usize = 10 * 1024;
/// What one stream may hold is 8 MiB by default; a socket and the allocator hold some more. All of it would be 100 MB.
const MOST: usize = 48 * 1024 * 1024;

/// A tool that says ten thousand large things, and then ends, or goes on until it is stopped.
fn flood(name: &str, timeout: Option<Duration>, ends: bool, told: Sender<&'static str>) -> Component {
    let tool = Tool::new(name);
    let tool = if let Some(timeout) = timeout { tool.timeout(timeout) } else { tool };
    tool.handler(move |cx: Cx| {
        let told = told.clone();
        async move {
            let _dropped = Told(told.clone(), "dropped");
            let text = "x".repeat(SIZE);
            for _ in 0..MESSAGES {
                cx.info(&text).await;
                tokio::task::yield_now().await;
            }
            told.send("said").unwrap();
            if !ends {
                std::future::pending::<()>().await;
            }
            "done"
        }
    })
}

/// Resident memory of this process, which the server is a thread of.
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap_or_default();
    let pages = statm.split(' ').nth(1).and_then(|pages| pages.parse::<usize>().ok());
    pages.unwrap_or(0) * 4096
}

fn grown_since(before: usize) -> usize {
    resident().saturating_sub(before)
}

fn expect(heard: &Receiver<&'static str>, event: &str) {
    assert_eq!(heard.recv_timeout(PATIENCE), Ok(event));
}

/// Calls the tool and reads the head of its answer, and nothing after that.
fn call_and_never_read(endpoint: &Endpoint, session: &str, name: &str) -> Wire {
    let mut wire = endpoint.connect();
    wire.send(post(Some(session), &call(7, name)));
    assert!(wire.response().is_stream());
    wire
}

#[test]
fn the_handler_finishes_and_memory_stays_bounded() {
    let (told, heard) = channel();
    let endpoint = Endpoint::serve(server().with(flood("flood", None, true, told)));
    let session = endpoint.open("2025-11-25");
    let before = resident();
    let wire = call_and_never_read(&endpoint, &session, "flood");
    expect(&heard, "said");
    expect(&heard, "dropped");
    assert!(grown_since(before) < MOST, "{} bytes more", grown_since(before));
    assert_eq!(endpoint.send(post(Some(&session), PING)).body, PONG, "and the session goes on");
    drop(wire);
}

#[test]
fn its_timeout_works() {
    let (told, heard) = channel();
    let endpoint = Endpoint::serve(server().with(flood("flood", Some(Duration::from_secs(1)), false, told)));
    let session = endpoint.open("2025-11-25");
    let _wire = call_and_never_read(&endpoint, &session, "flood");
    // On a slow machine it may be stopped before all was said.
    let first = heard.recv_timeout(PATIENCE).unwrap();
    if first == "said" {
        expect(&heard, "dropped");
    }
}

#[test]
fn its_cancellation_works() {
    let (told, heard) = channel();
    let endpoint = Endpoint::serve(server().with(flood("flood", None, false, told)));
    let session = endpoint.open("2025-11-25");
    let _wire = call_and_never_read(&endpoint, &session, "flood");
    expect(&heard, "said");
    assert_eq!(endpoint.send(post(Some(&session), &cancel(7))).status, 202);
    expect(&heard, "dropped");
}

#[test]
fn many_such_clients_are_bounded_too() {
    let (told, heard) = channel();
    let limits = anpu::Limits::default().stream(16, 256 * 1024);
    let endpoint = Endpoint::serve(server().limits(limits).with(flood("flood", None, true, told)));
    let session = endpoint.open("2025-11-25");
    let before = resident();
    let wires: Vec<_> = (0..3)
        .map(|id| {
            let mut wire = endpoint.connect();
            wire.send(post(Some(&session), &call(id, "flood")));
            wire
        })
        .collect();
    for _ in 0..6 {
        heard.recv_timeout(PATIENCE).unwrap();
    }
    assert!(grown_since(before) < MOST, "{} bytes more", grown_since(before));
    drop(wires);
}

#[test]
fn a_listening_stream_that_is_never_read_holds_one_of_what_says_the_same() {
    let endpoint = Endpoint::serve(server().with(poke()));
    let session = endpoint.open("2025-11-25");
    let before = resident();
    let stream = endpoint.listen(&session);
    let mut wire = endpoint.connect();
    for _ in 0..MESSAGES {
        wire.send(post(Some(&session), &call(8, "poke")));
        assert_eq!(wire.response().status, 200);
    }
    assert!(grown_since(before) < MOST, "{} bytes more", grown_since(before));
    drop(stream);
}

#[test]
fn a_slow_reader_misses_log_messages_and_gets_its_answer() {
    let (told, heard) = channel();
    let endpoint = Endpoint::serve(server().with(flood("flood", None, true, told)));
    let session = endpoint.open("2025-11-25");
    let mut wire = call_and_never_read(&endpoint, &session, "flood");
    expect(&heard, "said");
    let mut events = wire.rest();
    assert!(events.len() < MESSAGES, "it was too slow for some: {}", events.len());
    assert_eq!(text(&events.pop().unwrap().message()), "done");
}

/// A tool that says ten thousand large things to all sessions which nobody may miss.
fn announce(told: Sender<&'static str>) -> Component {
    Tool::new("announce").handler(move |cx: Cx| {
        let told = told.clone();
        async move {
            let server = cx.server().unwrap();
            for number in 0..MESSAGES {
                let text = format!(r#"{{"number":{number},"text":"{}"}}"#, "x".repeat(SIZE));
                let params = Some(RawValue::from_string(text).unwrap());
                server.broadcast(|_| true, &Notice::Other { method: "com.example/said".into(), params });
                tokio::task::yield_now().await;
            }
            told.send("said").unwrap();
        }
    })
}

#[test]
fn a_listener_that_is_too_slow_for_what_it_may_not_miss_is_told_so() {
    let (told, heard) = channel();
    let endpoint = Endpoint::serve(server().with(announce(told)));
    let session = endpoint.open("2025-11-25");
    let before = resident();
    let mut stream = endpoint.listen(&session);
    let mut wire = endpoint.connect();
    wire.send(post(Some(&session), &call(7, "announce")));
    expect(&heard, "said");
    assert!(grown_since(before) < MOST, "{} bytes more", grown_since(before));

    let events = stream.rest();
    let last = events.last().unwrap().id.clone().unwrap();
    let numbers = events.into_iter().map(|event| event.message()["params"]["number"].as_u64().unwrap());
    let numbers: Vec<_> = numbers.collect();
    let unbroken = (0..numbers.len() as u64).collect::<Vec<_>>();
    assert!(numbers == unbroken && numbers.len() < MESSAGES, "its stream ended where something was lost: {numbers:?}");

    let response = endpoint.send(get(&session, &[&format!("Last-Event-ID: {last}")]));
    assert_eq!(response.status, 400, "what followed is gone, and that is not hidden: {response:?}");
    assert!(response.body.contains("no longer kept"), "{response:?}");
    assert!(endpoint.listen(&session).event().is_some(), "a new stream begins anew");
}

#[test]
fn a_reader_that_keeps_up_loses_nothing() {
    let tool = Tool::new("count").handler(|cx: Cx| async move {
        for number in 0..2000 {
            cx.info(number).await;
            tokio::task::yield_now().await;
        }
        "done"
    });
    let limits = anpu::Limits::default().stream(4096, 8 * 1024 * 1024);
    let endpoint = Endpoint::serve(server().limits(limits).with(tool));
    let session = endpoint.open("2025-11-25");
    let mut wire = endpoint.connect();
    wire.send(post(Some(&session), &call(1, "count")));
    wire.response();
    let mut events = wire.rest();
    assert_eq!(text(&events.pop().unwrap().message()), "done");
    let said: Vec<_> = events.into_iter().map(|event| event.message()["params"]["data"].clone()).collect();
    assert_eq!(said, (0..2000).map(|number| number.to_string().into()).collect::<Vec<serde_json::Value>>());
}
