//! Answers that become streams: when they do, what they begin with, how their events are named and replayed.

use std::time::Duration;

use anpu::{Cx, Limits, Tool};
use serde_json::{Value, json};

use crate::support::{Endpoint, Held, PING, call, cancel, get, post, server, text};
use crate::wire::Event;

/// A tool that reports its progress five times and answers.
fn steps() -> anpu::Component {
    Tool::new("steps").handler(|cx: Cx| async move {
        for step in 1..=5 {
            cx.progress_of(f64::from(step), Some(5.0), None).await;
        }
        "done"
    })
}

#[test]
fn an_answer_becomes_a_stream_when_something_is_said_before_it() {
    let held = Held::new();
    // It does not become one because of the time it takes.
    let endpoint = Endpoint::serve(server().stream_after(Duration::from_secs(3600)).with(held.tool("slow", true)));
    let session = endpoint.open("2025-11-25");
    let mut wire = endpoint.connect();
    wire.send(post(Some(&session), &call(7, "slow")));

    let response = wire.response();
    assert_eq!((response.status, response.is_stream()), (200, true), "{response:?}");
    assert_eq!(response.header("x-accel-buffering"), Some("no"));
    assert!(response.header("cache-control").unwrap().contains("no-cache"));

    let priming = wire.event().unwrap();
    assert!(priming.is_priming() && priming.retry == Some(1000), "{priming:?}");
    let progress = wire.event().unwrap();
    assert_ne!(progress.id, priming.id);
    assert_eq!(
        progress.message()["params"],
        json!({ "progressToken": 7, "progress": 0.25, "total": 1, "message": "before" })
    );

    held.let_go();
    assert_eq!(wire.message().unwrap().message()["params"]["progress"], 0.75);
    let answer = wire.message().unwrap().message();
    assert_eq!((&answer["id"], text(&answer)), (&json!(7), "done"));
    assert_eq!(wire.event(), None, "with the answer the stream ends");

    wire.send(post(Some(&session), PING));
    assert_eq!(wire.response().status, 200, "the connection goes on");
}

#[test]
fn an_answer_becomes_a_stream_when_it_takes_long() {
    let held = Held::new();
    let endpoint = Endpoint::serve(server().with(held.tool("slow", false)));
    let session = endpoint.open("2025-11-25");
    let mut wire = endpoint.connect();
    wire.send(post(Some(&session), &call(1, "slow")));
    assert!(wire.response().is_stream(), "though nothing was said");
    assert!(wire.event().unwrap().is_priming());
    held.let_go();
    let rest = wire.rest();
    assert_eq!((rest.len(), text(rest[0].data.as_ref().unwrap())), (1, "done"));
}

#[test]
fn a_stream_begins_as_its_version_has_it_and_its_events_have_ids() {
    let endpoint = Endpoint::serve(server().with(steps()));
    for (version, primes) in [("2024-11-05", false), ("2025-03-26", false), ("2025-06-18", false), ("2025-11-25", true)]
    {
        let session = endpoint.open(version);
        let mut wire = endpoint.connect();
        wire.send(post(Some(&session), &call(1, "steps")));
        assert!(wire.response().is_stream(), "{version}");
        let events: Vec<_> = std::iter::from_fn(|| wire.event()).collect();
        assert_eq!(
            events.iter().filter(|event| event.data == Some(Value::Null)).count(),
            usize::from(primes),
            "{version}"
        );
        assert_eq!(events[0].is_priming(), primes, "{version}");
        let mut ids: Vec<_> = events.iter().map(|event| event.id.clone().unwrap()).collect();
        let count = ids.len();
        ids.dedup();
        assert_eq!((ids.len(), count), (count, 6 + usize::from(primes)), "{version}: every event has an id of its own");
    }
}

#[test]
fn who_takes_only_json_gets_only_the_answer() {
    let held = Held::new();
    let endpoint = Endpoint::serve(server().stream_after(Duration::ZERO).with(held.tool("slow", true)));
    let session = endpoint.open("2025-11-25");
    let mut wire = endpoint.connect();
    let request =
        post(Some(&session), &call(1, "slow")).replace("application/json, text/event-stream", "application/json");
    wire.send(request);
    held.expect("begun");
    held.let_go();
    assert_eq!(text(&wire.response().json()), "done");
}

#[test]
fn who_takes_only_streams_gets_one_at_once() {
    let endpoint = Endpoint::serve(server());
    let session = endpoint.open("2025-06-18");
    let mut wire = endpoint.connect();
    wire.send(post(Some(&session), PING).replace("application/json, text/event-stream", "text/event-stream"));
    assert!(wire.response().is_stream());
    assert_eq!(wire.message().unwrap().message(), json!({ "jsonrpc": "2.0", "id": 1, "result": {} }));
    assert_eq!(wire.event(), None);
}

#[test]
fn a_quiet_stream_gets_comments() {
    let held = Held::new();
    let server = server().keep_alive(Duration::from_millis(1)).with(held.tool("slow", true));
    let endpoint = Endpoint::serve(server);
    let session = endpoint.open("2025-06-18");
    let mut wire = endpoint.connect();
    wire.send(post(Some(&session), &call(1, "slow")));
    assert!(wire.response().is_stream());
    assert!(wire.event().unwrap().data.is_some());
    let mut listening = endpoint.listen(&session);
    for wire in [&mut wire, &mut listening] {
        let comment = wire.event().unwrap();
        assert!(comment.comment && comment.data.is_none() && comment.id.is_none(), "{comment:?}");
    }
    held.let_go();
    assert_eq!(text(&wire.rest().pop().unwrap().message()), "done");
}

#[test]
fn a_cancelled_request_ends_its_stream_without_an_answer() {
    let held = Held::new();
    let endpoint = Endpoint::serve(server().with(held.tool("slow", true)));
    let session = endpoint.open("2025-11-25");
    let mut wire = endpoint.connect();
    wire.send(post(Some(&session), &call(1, "slow")));
    assert!(wire.response().is_stream());
    held.expect("begun");
    assert_eq!(endpoint.send(post(Some(&session), &cancel(1))).status, 202);
    held.expect("dropped");
    let rest = wire.rest();
    assert_eq!(rest.len(), 1, "the progress, and nothing else: {rest:?}");
}

#[test]
fn a_request_that_is_cancelled_before_anything_was_sent_gets_an_empty_answer() {
    let held = Held::new();
    let endpoint = Endpoint::serve(server().stream_after(Duration::from_secs(3600)).with(held.tool("slow", false)));
    let session = endpoint.open("2025-11-25");
    let mut wire = endpoint.connect();
    wire.send(post(Some(&session), &call(1, "slow")));
    held.expect("begun");
    assert_eq!(endpoint.send(post(Some(&session), &cancel(1))).status, 202);
    let response = wire.response();
    assert_eq!((response.status, response.body.as_str()), (202, ""));
}

#[test]
fn what_followed_an_event_is_replayed() {
    let endpoint = Endpoint::serve(server().with(steps()));
    let session = endpoint.open("2025-11-25");
    let mut wire = endpoint.connect();
    wire.send(post(Some(&session), &call(1, "steps")));
    wire.response();
    let events: Vec<_> = std::iter::from_fn(|| wire.event()).collect();
    assert_eq!(events.len(), 7);

    for (seen, event) in events.iter().enumerate() {
        let mut again = endpoint.connect();
        again.send(get(&session, &[&format!("Last-Event-ID: {}", event.id.as_ref().unwrap())]));
        let response = again.response();
        assert!(response.status == 200 && response.is_stream(), "{response:?}");
        assert_eq!(again.rest(), events[seen + 1..], "after {seen}");
    }
}

#[test]
fn an_event_that_is_not_kept_cannot_be_resumed() {
    let endpoint = Endpoint::serve(server().limits(Limits::default().streams(1)).with(steps()));
    let session = endpoint.open("2025-11-25");
    let ids = [1, 2].map(|id| {
        let mut wire = endpoint.connect();
        wire.send(post(Some(&session), &call(id, "steps")));
        wire.response();
        wire.event().unwrap().id.unwrap()
    });
    let resume = |session: &str, id: &str| endpoint.send(get(session, &[&format!("Last-Event-ID: {id}")]));
    for id in [ids[0].as_str(), "nonsense", "ffff-0", "1-ffffffffffffffff", "-", "99999999999999999999-1"] {
        let response = resume(&session, id);
        assert_eq!(response.status, 400, "{id}: {response:?}");
        assert!(response.body.contains("Last-Event-ID"), "{response:?}");
    }
    assert_eq!(resume(&endpoint.open("2025-11-25"), &ids[1]).status, 400, "it is another session's");
    assert_eq!(resume(&session, &ids[1]).status, 200);
}

#[test]
fn what_all_sessions_keep_is_bounded_and_the_oldest_goes_first() {
    let bulky = Tool::new("bulky").handler(|cx: Cx| async move {
        cx.info("x".repeat(3000)).await;
        "done"
    });
    let endpoint = Endpoint::serve(server().limits(Limits::default().events(5000)).with(bulky));
    let streams = ["older", "newer"].map(|_| {
        let session = endpoint.open("2025-11-25");
        let mut wire = endpoint.connect();
        wire.send(post(Some(&session), &call(1, "bulky")));
        assert!(wire.response().is_stream());
        let id = wire.event().unwrap().id.unwrap();
        assert_eq!(text(&wire.rest().pop().unwrap().message()), "done");
        (session, id)
    });
    let resumed = streams.map(|(session, id)| endpoint.send(get(&session, &[&format!("Last-Event-ID: {id}")])).status);
    assert_eq!(resumed, [400, 200]);
}

#[test]
fn messages_that_a_reader_can_do_without_make_room_for_the_answer() {
    const LINES: usize = 1000;
    let chatty = Tool::new("chatty").handler(|cx: Cx| async move {
        for line in 0..LINES {
            cx.info(line).await;
        }
        "done"
    });
    let endpoint = Endpoint::serve(server().with(chatty));
    let session = endpoint.open("2025-11-25");
    let mut wire = endpoint.connect();
    wire.send(post(Some(&session), &call(1, "chatty")));
    assert!(wire.response().is_stream());
    let priming = wire.event().unwrap();
    assert!(priming.is_priming());

    // Nobody was too slow: whoever reads gets lines in their order, and after them the answer.
    let check = |events: Vec<Event>| {
        let mut messages: Vec<_> = events.into_iter().map(Event::message).collect();
        assert_eq!(text(&messages.pop().unwrap()), "done");
        let lines: Vec<_> = messages
            .iter()
            .map(|line| line["params"]["data"].to_string().trim_matches('"').parse::<usize>().unwrap())
            .collect();
        assert!(lines.is_sorted() && !lines.is_empty() && lines.len() < LINES, "some made room: {lines:?}");
    };
    check(wire.rest());
    let mut again = endpoint.connect();
    again.send(get(&session, &[&format!("Last-Event-ID: {}", priming.id.unwrap())]));
    assert!(again.response().is_stream());
    check(again.rest());
}

#[test]
fn a_handler_may_close_its_stream_and_the_client_comes_back_for_the_rest() {
    let held = Held::new();
    let gate = held.clone();
    let closing = Tool::new("closing").handler(move |cx: Cx| {
        let gate = gate.clone();
        async move {
            cx.progress(0.5, "before").await;
            cx.close_stream(Duration::from_millis(70));
            gate.pass().await;
            "done"
        }
    });
    let endpoint = Endpoint::serve(server().with(closing));
    let session = endpoint.open("2025-11-25");
    let mut wire = endpoint.connect();
    wire.send(post(Some(&session), &call(1, "closing")));
    assert!(wire.response().is_stream());
    let events: Vec<_> = std::iter::from_fn(|| wire.event()).collect();
    let [priming, progress, last] = &events[..] else { panic!("{events:?}") };
    assert!(priming.is_priming() && progress.data.as_ref().is_some_and(|told| told["params"]["progress"] == 0.5));
    assert_eq!((last.retry, &last.data), (Some(70), &None), "when to come back");

    let mut again = endpoint.connect();
    again.send(get(&session, &[&format!("Last-Event-ID: {}", progress.id.as_ref().unwrap())]));
    assert!(again.response().is_stream());
    held.let_go();
    let rest = again.rest();
    assert_eq!((rest.len(), text(rest[0].data.as_ref().unwrap())), (1, "done"));
}
