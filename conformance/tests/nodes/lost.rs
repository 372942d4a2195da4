//! Nodes that are killed: what their clients see, and how soon.

use std::time::{Duration, Instant};

use anpu_conformance::service::Service;
use serde_json::json;

use crate::client::Client;
use crate::service;

/// So soon whoever asks again hears that a request was lost.
const SOON: Duration = Duration::from_secs(5);

/// Kills the node that answered.
fn kill(service: &mut Service, node: &str) -> usize {
    let at = service.nodes().iter().position(|other| other.address().to_string() == node).unwrap();
    service.node(at).kill();
    at
}

#[tokio::test]
async fn the_request_of_a_killed_node_ends_with_an_error_and_the_session_goes_on() {
    let (mut service, mut client) = service();
    client.open().await;
    assert_eq!(client.ask(3, "logging/setLevel", json!({ "level": "error" })).await.status, 200);
    let mut stream = client.call(90, "slow_compute", json!({ "seconds": 3000 })).await;
    let place = stream.begun().await;
    let at = kill(&mut service, &stream.node);
    let killed = Instant::now();
    assert!(stream.rest().await.is_empty(), "the connection breaks");
    let mut resumed = client.get(Some(&place)).await;
    assert_eq!(resumed.status, 200);
    let reply = resumed.reply().await;
    let took = killed.elapsed();
    assert_eq!(reply["id"], 90, "{reply}");
    assert!(reply["error"]["message"].as_str().unwrap().contains("may be retried"), "{reply}");
    assert!(took < SOON, "{took:?}");
    println!("the error came {took:?} after the node was killed");
    // Two are left, and know the session. The proxy finds out by itself.
    for _ in 0..6 {
        let mut answer = client.call(91, "test_logging_tool", json!({})).await;
        assert_eq!(answer.status, 200);
        assert_eq!(answer.rest().await.len(), 1, "the level is what it was");
    }
    service.node(at).start().unwrap();
    let mut back = client.at(service.nodes()[at].address()).call(92, "test_logging_tool", json!({})).await;
    assert_eq!(back.rest().await.len(), 1, "a new process knows the session, too");
}

#[tokio::test]
async fn the_streams_of_a_killed_node_go_on_where_their_clients_come_back() {
    let (mut service, mut client) = service();
    client.open().await;
    let mut other = Client::new(service.address());
    other.open().await;
    let mut stream = client.get(None).await;
    let mut place = stream.begun().await;
    for round in 0..3 {
        other.call(3, "test_trigger_tool_change", json!({})).await.text().await;
        let told = stream.next().await.unwrap();
        assert_eq!(told.message["method"], "notifications/tools/list_changed");
        place = told.id.unwrap_or(place);
        let at = kill(&mut service, &stream.node);
        assert!(stream.rest().await.is_empty());
        stream = client.get(Some(&place)).await;
        assert_eq!(stream.status, 200, "round {round}");
        other.call(4, "test_trigger_prompt_change", json!({})).await.text().await;
        let told = stream.next().await.unwrap();
        assert_eq!(told.message["method"], "notifications/prompts/list_changed", "each once: not the first one again");
        place = told.id.unwrap();
        service.node(at).start().unwrap();
    }
}

#[tokio::test]
async fn the_listener_of_a_killed_node_listens_again_on_another() {
    let (mut service, client) = service();
    let mut other = Client::new(service.address());
    other.open().await;
    let wanted = json!({ "notifications": { "toolsListChanged": true } });
    for id in 1..4 {
        let mut listening = client.modern(id, "subscriptions/listen", &wanted).await;
        assert_eq!(listening.status, 200);
        let begun = listening.next().await.unwrap().message;
        assert_eq!(begun["method"], "notifications/subscriptions/acknowledged", "{begun}");
        other.call(3, "test_trigger_tool_change", json!({})).await.text().await;
        let told = listening.next().await.unwrap().message;
        assert_eq!(told["method"], "notifications/tools/list_changed", "{told}");
        let at = kill(&mut service, &listening.node);
        assert!(listening.rest().await.is_empty(), "the connection breaks, and the client asks again");
        service.node(at).start().unwrap();
    }
}

#[tokio::test]
async fn a_request_without_a_session_is_served_while_a_node_is_dead() {
    let (mut service, client) = service();
    let mut slow =
        client.modern(1, "tools/call", &json!({ "name": "slow_compute", "arguments": { "seconds": 3000 } })).await;
    let at = kill(&mut service, &slow.node);
    let killed = Instant::now();
    assert!(slow.rest().await.is_empty(), "there is nothing to come back to in this era: the connection says it");
    assert!(killed.elapsed() < SOON);
    for id in 2..8 {
        let add = json!({ "name": "add", "arguments": { "a": id, "b": 1 } });
        assert_eq!(client.modern(id, "tools/call", &add).await.text().await, (id + 1).to_string());
    }
    service.node(at).start().unwrap();
}
