//! How requests that carry their client end before they are answered: the client goes away, or the server ends.

use std::time::Duration;

use anpu::prelude::*;
use anpu::{Component, Tool};
use serde_json::{Map, Value, json};
use tokio::sync::mpsc;

use crate::endpoint::{Endpoint, Stream};
use crate::judge::judge;
use crate::talk::expanded;
use crate::{REQUEST_ERA, support};

fn request(id: &str, method: &str, mut params: Value) -> Value {
    params["_meta"] = json!({ "...": "everything", "progressToken": id });
    expanded(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
}

fn call(id: &str, tool: &str) -> Value {
    request(id, "tools/call", json!({ "name": tool }))
}

/// Tells when it is dropped.
struct Told(mpsc::UnboundedSender<&'static str>);

impl Drop for Told {
    fn drop(&mut self) {
        // The test may be over.
        let _ = self.0.send("dropped");
    }
}

/// A tool that never ends, and what became of its calls.
fn endless(talks: bool) -> (Component, mpsc::UnboundedReceiver<&'static str>) {
    let (events, heard) = mpsc::unbounded_channel();
    let tool = Tool::new("endless").handler(move |cx: Cx| {
        let told = Told(events.clone());
        async move {
            if talks {
                cx.progress(0.5, "half").await;
            }
            std::future::pending::<()>().await;
            drop(told);
        }
    });
    (tool, heard)
}

/// At once, and not when the time of the request is up.
async fn assert_dropped(events: &mut mpsc::UnboundedReceiver<&'static str>) {
    let soon = tokio::time::timeout(Duration::from_millis(1), events.recv()).await;
    assert_eq!(soon.expect("the handler goes on"), Some("dropped"));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_closes_the_stream_cancels_its_request() {
    let (tool, mut events) = endless(true);
    let endpoint = Endpoint::of(support::server().with(tool));
    let mut stream = Stream::of(endpoint.post_alone(&call("1", "endless"), &Map::new()).await);
    let event = stream.next().await.unwrap();
    assert_eq!(event.message["params"]["message"], "half");
    assert_eq!(event.id, "", "there is nothing to come back to");
    events.try_recv().unwrap_err();
    drop(stream);
    assert_dropped(&mut events).await;
}

#[tokio::test(start_paused = true)]
async fn a_client_that_goes_before_the_response_cancels_its_request() {
    let (tool, mut events) = endless(false);
    let endpoint = Endpoint::of(support::server().with(tool));
    let (message, nothing) = (call("1", "endless"), Map::new());
    let mut posting = Box::pin(endpoint.post_alone(&message, &nothing));
    let soon = tokio::time::timeout(Duration::from_millis(1), &mut posting).await;
    assert!(soon.is_err(), "no response yet");
    events.try_recv().unwrap_err();
    drop(posting);
    assert_dropped(&mut events).await;
}

#[tokio::test(start_paused = true)]
async fn what_takes_long_becomes_a_stream_without_a_way_back() {
    let slow = Tool::new("slow").handler(|_: Cx| async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        "done"
    });
    let endpoint = Endpoint::of(support::server().with(slow));
    let response = endpoint.post_alone(&call("1", "slow"), &Map::new()).await;
    assert!(!response.headers().contains_key("mcp-session-id"));
    let mut stream = Stream::of(response);
    let event = stream.next().await.unwrap();
    assert_eq!(event.id, "");
    assert_eq!(event.message["result"]["content"][0]["text"], "done");
    assert_eq!(stream.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_line_that_breaks_cancels_what_runs_on_it() {
    let (tool, mut events) = endless(true);
    let line = support::server().with(tool).build().unwrap().connect().unwrap();
    line.send(call("1", "endless").to_string());
    assert!(line.next().await.unwrap().contains("half"));
    events.try_recv().unwrap_err();
    drop(line);
    assert_dropped(&mut events).await;
}

/// Over sockets, because it is the listener that ends.
#[test]
fn a_server_that_ends_says_so_on_each_subscription_and_then_answers_it() {
    let (tool, _events) = endless(false);
    let endpoint = support::Endpoint::serve(support::server().with(tool).drain(Duration::from_secs(60)));
    let listen = request("l", "subscriptions/listen", json!({ "notifications": { "toolsListChanged": true } }));
    let lines = [&format!("MCP-Protocol-Version: {REQUEST_ERA}"), "Mcp-Method: subscriptions/listen"];
    let mut wire = endpoint.connect();
    wire.send(support::post_with(&lines, &listen.to_string()));
    let response = wire.response();
    assert!(response.is_stream(), "{response:?}");
    let acknowledged = wire.message().unwrap().message();
    assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged");

    let ended = endpoint.stop();
    let rest: Vec<Value> = wire.rest().into_iter().map(crate::wire::Event::message).collect();
    let tag = json!({ "io.modelcontextprotocol/subscriptionId": "l" });
    assert_eq!(rest.len(), 2, "{rest:#?}");
    assert_eq!(rest[0]["method"], "notifications/cancelled");
    assert_eq!((&rest[0]["params"]["requestId"], &rest[0]["params"]["_meta"]), (&json!("l"), &tag));
    assert_eq!((&rest[1]["id"], &rest[1]["result"]["resultType"]), (&json!("l"), &json!("complete")));
    assert_eq!(rest[1]["result"]["_meta"]["io.modelcontextprotocol/subscriptionId"], "l");
    ended.join().unwrap();
    for message in [&acknowledged, &rest[0], &rest[1]] {
        let complaints = judge(REQUEST_ERA, |judge| judge.complaints(message, Some("subscriptions/listen")));
        assert_eq!(complaints, Vec::<String>::new(), "{message}");
    }
}
