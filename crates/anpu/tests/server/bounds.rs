//! How much one session may run, queue and ask at once.

use anpu::testing::Client;
use anpu::{Cx, Limits, Tool};
use serde_json::{Value, json};
use std::sync::Arc;
use tokio::sync::Barrier;

use crate::support::{Held, cancel, next, opened, request, server, text, tool_call};

#[tokio::test(start_paused = true)]
async fn sixty_four_requests_run_at_once_and_the_next_one_waits() {
    let held = Held::new();
    let client = Client::connect(server().with(held.tool("slow"))).await.unwrap();
    let calls: Vec<_> = (0..65).map(|_| client.request("tools/call", json!({ "name": "slow" }))).collect();
    held.wait_for(64).await;
    // Whatever is to run without being let go has run by the time this is answered.
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    assert_eq!(held.begun.get(), 64);
    held.let_go(1);
    held.wait_for(1).await;
    assert_eq!(held.begun.get(), 65, "the one that ended gave its place to the one that waited");
    held.let_go(64);
    for call in calls {
        assert_eq!(call.await.unwrap()["content"][0]["text"], "done");
    }
}

#[tokio::test(start_paused = true)]
async fn past_the_queue_a_request_is_refused_at_once_and_the_others_go_on() {
    let held = Held::new();
    let limits = Limits::default().running(2).queued(1);
    let handle = server().limits(limits).with(held.tool("slow")).build().unwrap();
    let line = opened(handle.connect().unwrap(), "2025-11-25").await;
    for id in 1..=4 {
        line.send(tool_call(id, "slow"));
    }

    let refused = next(&line).await;
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&4.into(), &(-32005).into()), "{refused}");
    let why = refused["error"]["message"].as_str().unwrap();
    assert!(why.contains("2 requests running and 1 waiting"), "{why}");

    held.wait_for(2).await;
    held.let_go(3);
    let mut ids =
        [next(&line).await, next(&line).await, next(&line).await].map(|answer| answer["id"].as_i64().unwrap());
    ids.sort_unstable();
    assert_eq!(ids, [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_request_that_is_cancelled_while_it_waits_never_runs() {
    let held = Held::new();
    let limits = Limits::default().running(1).queued(5);
    let handle = server().limits(limits).with(held.tool("slow")).build().unwrap();
    let line = opened(handle.connect().unwrap(), "2025-11-25").await;
    for id in 1..=3 {
        line.send(tool_call(id, "slow"));
    }
    held.wait_for(1).await;
    line.send(cancel(2));
    held.let_go(2);
    assert_eq!([next(&line).await["id"].clone(), next(&line).await["id"].clone()], [json!(1), json!(3)]);
    assert_eq!(held.begun.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn one_session_has_its_places_for_itself() {
    let held = Held::new();
    let handle = server().limits(Limits::default().running(1).queued(0)).with(held.tool("slow")).build().unwrap();
    let (first, second) = (Client::connect(&handle).await.unwrap(), Client::connect(&handle).await.unwrap());
    let running = first.request("tools/call", json!({ "name": "slow" }));
    held.wait_for(1).await;
    assert_eq!(first.call_tool("slow", Value::Null).await.unwrap_err().base_code(), -32005);
    let other = second.request("tools/call", json!({ "name": "slow" }));
    held.wait_for(1).await;
    held.let_go(2);
    assert!(running.await.is_ok() && other.await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn requests_of_one_session_run_at_the_same_time() {
    let meeting = Arc::new(Barrier::new(2));
    let tool = Tool::new("meet").handler(move |_: Cx| {
        let meeting = Arc::clone(&meeting);
        async move {
            meeting.wait().await;
            "met"
        }
    });
    let client = Client::connect(server().with(tool)).await.unwrap();
    let (one, other) = tokio::join!(client.call_tool("meet", Value::Null), client.call_tool("meet", Value::Null));
    assert_eq!((text(&one.unwrap()), text(&other.unwrap())), ("met", "met"));
}

#[tokio::test(start_paused = true)]
async fn an_id_that_is_still_running_is_refused_and_free_again_afterwards() {
    let held = Held::new();
    let handle = server().with(held.tool("slow")).build().unwrap();
    let line = opened(handle.connect().unwrap(), "2025-11-25").await;
    line.send(tool_call(7, "slow"));
    held.wait_for(1).await;
    line.send(request(7, "ping", &Value::Null));
    let refused = next(&line).await;
    assert_eq!((&refused["id"], &refused["error"]["code"]), (&7.into(), &(-32600).into()), "{refused}");
    held.let_go(1);
    assert_eq!(next(&line).await["result"]["content"][0]["text"], "done");
    line.send(request(7, "ping", &Value::Null));
    assert_eq!(next(&line).await, json!({ "jsonrpc": "2.0", "id": 7, "result": {} }));
}

#[tokio::test(start_paused = true)]
async fn a_session_watches_so_many_resources() {
    let resource = anpu::Resource::new("note:///1").handler(|_: Cx| async { "one" });
    let client = Client::connect(server().limits(Limits::default().watches(1)).with(resource)).await.unwrap();
    let watch = async |uri: &str| client.request("resources/subscribe", json!({ "uri": uri })).await;
    watch("note:///1").await.unwrap();
    watch("note:///1").await.unwrap();
    assert_eq!(watch("note:///2").await.unwrap_err().base_code(), -32005);
    client.request("resources/unsubscribe", json!({ "uri": "note:///1" })).await.unwrap();
    watch("note:///2").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn when_all_sessions_are_busy_another_one_is_refused() {
    let held = Held::new();
    let handle = server().limits(Limits::default().sessions(1)).with(held.tool("slow")).build().unwrap();
    let client = Client::connect(&handle).await.unwrap();
    let running = client.request("tools/call", json!({ "name": "slow" }));
    held.wait_for(1).await;
    let refused = Client::connect(&handle).await.unwrap_err();
    assert_eq!(refused.kind(), anpu::ErrorKind::Overloaded, "{refused}");
    held.let_go(1);
    running.await.unwrap();
}
