//! Answers under odd circumstances: an `initialize` that talks, a request that is cancelled when its time is up already.

use std::time::Duration;

use anpu::Tool;
use anpu::model::InitializeRequestParams;
use anpu::prelude::*;
use tokio::sync::Notify;

use crate::support::{Endpoint, PING, PONG, call, cancel, initialize, post, server};

/// Says something before a session is opened.
struct Talkative;

impl Hooks for Talkative {
    async fn initialize(&self, cx: &Cx, _: &InitializeRequestParams) -> Result {
        cx.info("welcome").await;
        Ok(())
    }
}

#[test]
fn an_initialize_that_becomes_a_stream_tells_its_session_too() {
    let endpoint = Endpoint::serve(server().hooks(Talkative));
    let mut wire = endpoint.connect();
    wire.send(post(None, &initialize("2025-11-25")));
    let head = wire.response();
    assert!(head.is_stream());
    let session = head.header("mcp-session-id").unwrap().to_owned();
    let answer = wire.rest().pop().unwrap().message();
    assert_eq!(answer["result"]["protocolVersion"], "2025-11-25");
    assert_eq!(endpoint.send(post(Some(&session), PING)).body, PONG);
}

/// What the two tools tell each other.
#[derive(Default)]
struct Signals {
    stopped: Notify,
    release: Notify,
}

#[test]
fn a_stream_ends_when_its_request_is_cancelled_while_it_cleans_up_after_its_time() {
    let stubborn = Tool::new("stubborn").timeout(Duration::from_millis(1)).handler(|cx: Cx| async move {
        let signals = State::<Signals>::from_cx(&cx).await?;
        cx.info("begun").await;
        cx.cancelled().await;
        signals.stopped.notify_one();
        signals.release.notified().await;
        Ok::<_, Error>("cleaned up")
    });
    let stopped = Tool::new("stopped").handler(|cx: Cx| async move {
        State::<Signals>::from_cx(&cx).await?.stopped.notified().await;
        Ok::<_, Error>("its time is up")
    });
    let release = Tool::new("release").handler(|cx: Cx| async move {
        State::<Signals>::from_cx(&cx).await?.release.notify_one();
        Ok::<_, Error>("released")
    });
    let endpoint = Endpoint::serve(server().state(Signals::default()).with([stubborn, stopped, release]));
    let session = endpoint.open("2025-11-25");
    let mut wire = endpoint.connect();
    wire.send(post(Some(&session), &call(1, "stubborn")));
    assert!(wire.response().is_stream());
    assert_eq!(wire.message().unwrap().message()["params"]["data"], "begun");

    assert_eq!(endpoint.send(post(Some(&session), &call(2, "stopped"))).status, 200);
    assert_eq!(endpoint.send(post(Some(&session), &cancel(1))).status, 202);
    assert_eq!(endpoint.send(post(Some(&session), &call(3, "release"))).status, 200);
    assert!(wire.rest().is_empty(), "it ends, and without an answer");
}
