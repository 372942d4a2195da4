//! Clocks and ends: timeouts, cancellation, the grace for cleaning up, panics, handlers that block.

use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anpu::testing::Client;
use anpu::{Cx, Tool};
use serde_json::Value;
use tokio::time::{Instant, sleep};

use crate::support::{Count, Held, cancel, next, opened, request, server, text, tool_call};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_request_that_takes_too_long_gets_an_error_and_its_handler_is_dropped() {
    let held = Held::new();
    let client = Client::connect(server().request_timeout(5 * SECOND).with(held.tool("slow"))).await.unwrap();
    let before = Instant::now();

    let fault = client.call_tool("slow", Value::Null).await.unwrap_err();

    assert_eq!(fault.base_code(), -32003, "{fault}");
    assert!(fault.to_string().contains("took longer than the server allows"), "{fault}");
    assert_eq!(before.elapsed().as_secs(), 5);
    assert_eq!((held.begun.get(), held.dropped.get()), (1, 1));
    assert!(client.request("ping", Value::Null).await.is_ok(), "the session goes on");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_watches_its_cancellation_is_given_time_to_clean_up() {
    let cleaned = Count::default();
    let seen = cleaned.clone();
    let tool = Tool::new("careful").handler(move |cx: Cx| {
        let cleaned = cleaned.clone();
        async move {
            cx.cancelled().await;
            assert!(cx.is_cancelled());
            sleep(2 * SECOND).await;
            cleaned.add();
        }
    });
    let client = Client::connect(server().request_timeout(5 * SECOND).with(tool)).await.unwrap();
    let before = Instant::now();

    let fault = client.call_tool("careful", Value::Null).await.unwrap_err();

    assert_eq!((fault.base_code(), seen.get(), before.elapsed().as_secs()), (-32003, 1, 7));
}

#[tokio::test(start_paused = true)]
async fn the_time_to_clean_up_ends() {
    let dropped = Count::default();
    let seen = dropped.clone();
    let tool = Tool::new("stubborn").handler(move |cx: Cx| {
        let dropped = dropped.clone();
        async move {
            let _dropped = dropped.on_drop();
            cx.cancelled().await;
            std::future::pending::<()>().await;
        }
    });
    let server = server().request_timeout(5 * SECOND).cancel_grace(3 * SECOND).with(tool);
    let client = Client::connect(server).await.unwrap();
    let before = Instant::now();

    let fault = client.call_tool("stubborn", Value::Null).await.unwrap_err();

    assert_eq!((fault.base_code(), seen.get(), before.elapsed().as_secs()), (-32003, 1, 8));
}

#[tokio::test(start_paused = true)]
async fn a_tool_may_have_a_timeout_of_its_own() {
    let (short, long) = (Held::new(), Tool::new("long").timeout(60 * SECOND));
    let long = long.handler(|_: Cx| async {
        sleep(30 * SECOND).await;
        "in time"
    });
    let server = server().request_timeout(10 * SECOND).with(short.of(Tool::new("short").timeout(2 * SECOND)));
    let client = Client::connect(server.with(long)).await.unwrap();

    let before = Instant::now();
    assert_eq!(client.call_tool("short", Value::Null).await.unwrap_err().base_code(), -32003);
    assert_eq!(before.elapsed().as_secs(), 2);
    assert_eq!(text(&client.call_tool("long", Value::Null).await.unwrap()), "in time");
}

#[tokio::test(start_paused = true)]
async fn without_a_timeout_a_request_takes_as_long_as_it_likes() {
    let long = Tool::new("long").handler(|cx: Cx| async move {
        sleep(3600 * SECOND).await;
        cx.deadline().is_none()
    });
    let client = Client::connect(server().request_timeout(None).with(long)).await.unwrap();
    assert_eq!(text(&client.call_tool("long", Value::Null).await.unwrap()), "true");
}

#[tokio::test(start_paused = true)]
async fn the_default_timeout_is_a_minute_and_the_handler_can_see_it() {
    let tool = Tool::new("slow").handler(|cx: Cx| async move {
        let left = cx.deadline().unwrap().duration_since(Instant::now().into_std());
        assert_eq!(left, 60 * SECOND);
        sleep(59 * SECOND).await;
        "just"
    });
    let client = Client::connect(server().with(tool)).await.unwrap();
    assert_eq!(text(&client.call_tool("slow", Value::Null).await.unwrap()), "just");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_request_is_not_answered_its_handler_is_dropped_and_its_place_is_free() {
    let held = Held::new();
    let limits = anpu::Limits::default().running(1);
    let handle = server().limits(limits).with(held.tool("slow")).build().unwrap();
    let line = opened(handle.connect().unwrap(), "2025-11-25").await;

    line.send(tool_call(1, "slow"));
    held.wait_for(1).await;
    line.send(cancel(1));
    line.send(tool_call(2, "slow"));
    held.wait_for(1).await;
    assert_eq!(held.dropped.get(), 1, "the first was dropped before the second took its only place");
    held.let_go(2);

    let answer = next(&line).await;
    assert_eq!((&answer["id"], &answer["result"]["content"][0]["text"]), (&2.into(), &"done".into()));
    line.send(request(3, "ping", &Value::Null));
    assert_eq!(next(&line).await["id"], 3, "nothing came for the cancelled one");
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_handler_that_watches_cleans_up_and_still_says_nothing() {
    let cleaned = Held::new();
    let (watched, seen) = (cleaned.clone(), Count::default());
    let said = seen.clone();
    let tool = Tool::new("careful").input::<Nothing>().handler(move |_, cx: Cx| {
        let (cleaned, seen) = (watched.clone(), seen.clone());
        async move {
            cleaned.begun.add();
            cx.cancelled().await;
            cx.progress(0.9, "too late").await;
            cx.error("too late").await;
            seen.add();
            "too late"
        }
    });
    let handle = server().with(tool).build().unwrap();
    let line = opened(handle.connect().unwrap(), "2025-11-25").await;
    line.send(
        r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"careful","_meta":{"progressToken":1}}}"#,
    );
    line.send(cancel(1));
    while said.get() == 0 {
        tokio::task::yield_now().await;
    }
    line.send(request(2, "ping", &Value::Null));
    assert_eq!(next(&line).await["id"], 2);
}

#[derive(anpu::Args)]
struct Nothing {}

#[tokio::test(start_paused = true)]
async fn dropping_a_request_of_the_test_client_cancels_it() {
    let held = Held::new();
    let client = Client::connect(server().with(held.tool("slow"))).await.unwrap();
    let call = client.request("tools/call", serde_json::json!({ "name": "slow" }));
    held.wait_for(1).await;
    call.cancel();
    assert!(client.request("ping", Value::Null).await.is_ok());
    assert_eq!(held.dropped.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_panic_is_contained_and_its_payload_is_kept_back() {
    let tool = Tool::new("bad").handler(|_: Cx| async {
        let secret = "the password is tiger".to_owned();
        tokio::task::yield_now().await;
        if !secret.is_empty() {
            panic!("{secret}");
        }
    });
    let at_once = Tool::new("worse").handler(|_: Cx| -> std::future::Ready<()> { panic!("the password is lion") });
    let blocking = Tool::new("blocking").blocking(|_: Cx| -> () { panic!("the password is bear") });
    let fine = Tool::new("fine").handler(|_: Cx| async { "fine" });
    let client = Client::connect(server().with([tool, at_once, blocking, fine])).await.unwrap();
    for name in ["bad", "worse", "blocking"] {
        let fault = client.call_tool(name, Value::Null).await.unwrap_err();
        assert_eq!(fault.base_code(), -32603, "{name}: {fault}");
        assert!(fault.to_string().contains("panicked") && !fault.to_string().contains("password"), "{name}: {fault}");
        assert_eq!(text(&client.call_tool("fine", Value::Null).await.unwrap()), "fine");
    }
}

#[tokio::test]
async fn a_blocking_tool_blocks_nobody_else_and_its_result_is_discarded_after_a_cancel() {
    let (let_go, gate) = mpsc::channel::<()>();
    let (begun, entered) = tokio::sync::mpsc::unbounded_channel::<()>();
    let (gate, mut entered) = (Arc::new(Mutex::new(gate)), entered);
    let (finished, mut seen) = tokio::sync::mpsc::unbounded_channel::<()>();
    let tool = Tool::new("block").blocking(move |_: Cx| {
        begun.send(()).unwrap();
        gate.lock().unwrap().recv().unwrap();
        finished.send(()).unwrap();
        "done"
    });
    let handle = server().with(tool).build().unwrap();
    let line = opened(handle.connect().unwrap(), "2025-11-25").await;

    line.send(tool_call(1, "block"));
    entered.recv().await.unwrap();
    line.send(request(2, "ping", &Value::Null));
    assert_eq!(next(&line).await["id"], 2, "this runtime has one thread, and it is free");
    line.send(cancel(1));
    let_go.send(()).unwrap();
    line.send(tool_call(3, "block"));
    let_go.send(()).unwrap();
    assert_eq!(next(&line).await["id"], 3, "the cancelled call said nothing");
    for _ in 0..2 {
        // It ran to its end all the same.
        seen.recv().await.unwrap();
    }
}
