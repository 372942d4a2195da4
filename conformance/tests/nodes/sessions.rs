//! What a client says on one node holds on all.

use std::collections::BTreeSet;

use anpu_conformance::service::{Plan, Proxy, Service};
use serde_json::json;

use crate::client::Client;
use crate::{plan, service};

#[tokio::test]
async fn a_session_opened_on_one_node_is_used_on_all() {
    for proxy in [Proxy::Nginx, Proxy::HaProxy] {
        let service = Service::start(&Plan { proxy, ..plan() }).unwrap();
        let mut client = Client::new(service.address());
        client.open().await;
        let mut nodes = BTreeSet::new();
        for number in 0..12 {
            let mut answer = client.call(number, "add", json!({ "a": number, "b": 1 })).await;
            assert_eq!((answer.status, answer.text().await), (200, (number + 1).to_string()));
            nodes.insert(answer.node.clone());
        }
        let all: BTreeSet<String> = service.nodes().iter().map(|node| node.address().to_string()).collect();
        assert_eq!(nodes, all, "{proxy:?}: each node has served it");
    }
}

#[tokio::test]
async fn a_log_level_holds_on_every_node_as_soon_as_it_is_set() {
    let (_service, mut client) = service();
    client.open().await;
    let levels = [("error", false), ("debug", true), ("critical", false), ("info", true)];
    for (level, hears) in levels.into_iter().cycle().take(12) {
        let set = client.ask(3, "logging/setLevel", json!({ "level": level })).await;
        assert_eq!(set.status, 200);
        for _ in 0..2 {
            let mut answer = client.call(4, "test_logging_tool", json!({})).await;
            assert_ne!(answer.node, set.node, "the two others");
            let heard = answer.rest().await.len() == 2;
            assert_eq!(heard, hears, "{level} was set on {}, and {} served", set.node, answer.node);
        }
    }
}

#[tokio::test]
async fn what_is_watched_on_one_node_is_told_on_another_until_it_is_watched_no_more() {
    let (_service, mut client) = service();
    client.open().await;
    let mut stream = client.get(None).await;
    stream.begun().await;
    let watched = json!({ "uri": "test://watched-resource" });
    for round in 0..6 {
        assert_eq!(client.ask(5, "resources/subscribe", watched.clone()).await.status, 200);
        // Whoever changes it has no session in common with whoever watches it.
        let mut other = Client::new(client.address);
        other.open().await;
        assert_eq!(other.call(6, "touch_watched", json!({})).await.text().await, "touched");
        let told = stream.next().await.unwrap().message;
        assert_eq!(told["method"], "notifications/resources/updated", "{round}: {told}");
        assert_eq!(client.ask(7, "resources/unsubscribe", watched.clone()).await.status, 200);
        other.call(8, "touch_watched", json!({})).await.text().await;
        // Nothing is told of the second change: the next that is told is something else.
        other.call(9, "test_trigger_tool_change", json!({})).await.text().await;
        let told = stream.next().await.unwrap().message;
        assert_eq!(told["method"], "notifications/tools/list_changed", "{round}: {told}");
    }
}

#[tokio::test]
async fn a_deleted_session_is_gone_on_every_node() {
    let (mut service, mut client) = service();
    for recorded in [true, false, true, false] {
        client.session = None;
        client.open().await;
        if recorded {
            assert_eq!(client.ask(3, "logging/setLevel", json!({ "level": "error" })).await.status, 200);
        }
        for _ in 0..3 {
            assert_eq!(client.ping().await.status, 200);
        }
        assert_eq!(client.delete().await.status, 204);
        for node in service.nodes() {
            let there = client.at(node.address());
            let statuses = [there.ping().await.status, there.get(None).await.status, there.delete().await.status];
            assert_eq!(statuses, [404; 3], "recorded: {recorded}");
        }
        // Nor does a process know it that heard of nothing, because it began later.
        service.node(0).kill();
        service.node(0).start().unwrap();
        assert_eq!(client.at(service.nodes()[0].address()).ping().await.status, 404, "recorded: {recorded}");
    }
}

#[tokio::test]
async fn an_answer_finds_its_question_from_another_node() {
    let (_service, mut client) = service();
    client.open().await;
    for round in 0..6 {
        let mut stream = client.call(20 + round, "test_elicitation", json!({ "message": "Who?" })).await;
        let question = stream.next().await.unwrap().message;
        assert_eq!(question["method"], "elicitation/create", "{question}");
        let said = json!({ "action": "accept", "content": { "username": "a", "email": "b@c.d" } });
        let taken = client.post(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": said })).await;
        assert_eq!(taken.status, 202);
        assert_ne!(taken.node, stream.node);
        let text = stream.text().await;
        assert!(text.contains("action=accept") && text.contains("b@c.d"), "{text}");
    }
}

#[tokio::test]
async fn a_request_is_cancelled_from_another_node() {
    let (_service, mut client) = service();
    client.open().await;
    for id in 30..34 {
        let mut stream = client.call(id, "slow_compute", json!({ "seconds": 3000 })).await;
        stream.begun().await;
        let params = json!({ "requestId": id, "reason": "enough" });
        let cancel = json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params });
        let taken = client.post(&cancel).await;
        assert_eq!(taken.status, 202);
        assert_ne!(taken.node, stream.node);
        assert!(stream.rest().await.is_empty(), "nothing is answered, and the stream ends");
    }
}

#[tokio::test]
async fn nothing_is_missed_that_changed_after_it_was_watched() {
    let (service, mut client) = service();
    let mut other = Client::new(service.address());
    client.open().await;
    other.open().await;
    let mut stream = client.get(None).await;
    stream.begun().await;
    let reading = service.nodes().iter().find(|node| node.address().to_string() == stream.node).unwrap().address();
    let watched = json!({ "uri": "test://watched-resource" });
    for node in service.nodes().iter().cycle().take(12) {
        assert_eq!(client.at(node.address()).ask(5, "resources/subscribe", watched.clone()).await.status, 200);
        // It changes at once, and just there where nobody was told that it is watched now.
        other.at(reading).call(6, "touch_watched", json!({})).await.text().await;
        assert_eq!(stream.next().await.unwrap().message["method"], "notifications/resources/updated");
        assert_eq!(client.at(node.address()).ask(7, "resources/unsubscribe", watched.clone()).await.status, 200);
    }
}
