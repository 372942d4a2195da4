//! The era without sessions on many nodes: listeners hear of changes on any of them, and rounds go on anywhere.

use serde_json::json;

use crate::client::Client;
use crate::service;

#[tokio::test]
async fn listeners_on_every_node_are_told_of_a_change_on_any_exactly_once() {
    let (service, client) = service();
    let wanted = json!({ "notifications": {
        "toolsListChanged": true, "promptsListChanged": true, "resourceSubscriptions": ["test://watched-resource"],
    } });
    let mut listeners = Vec::new();
    for id in 1..=3 {
        let mut listening = client.modern(id, "subscriptions/listen", &wanted).await;
        assert_eq!(listening.next().await.unwrap().message["method"], "notifications/subscriptions/acknowledged");
        listeners.push(listening);
    }
    let mut nodes: Vec<_> = listeners.iter().map(|listener| listener.node.clone()).collect();
    nodes.sort();
    nodes.dedup();
    assert_eq!(nodes.len(), 3, "one on each");
    let triggers = [
        ("test_trigger_tool_change", "notifications/tools/list_changed"),
        ("test_trigger_resource_update", "notifications/resources/updated"),
        ("test_trigger_prompt_change", "notifications/prompts/list_changed"),
    ];
    for node in service.nodes() {
        let there = Client::new(node.address());
        for (tool, expected) in triggers {
            there.modern(9, "tools/call", &json!({ "name": tool, "arguments": {} })).await.text().await;
            for listener in &mut listeners {
                let told = listener.next().await.unwrap().message;
                assert_eq!(told["method"], expected, "{}: {told}", listener.node);
            }
        }
    }
}

#[tokio::test]
async fn a_listener_hears_from_the_moment_it_was_told_so_on_a_node_that_just_began() {
    let (mut service, client) = service();
    let wanted = json!({ "notifications": { "toolsListChanged": true } });
    let trigger = json!({ "name": "test_trigger_tool_change", "arguments": {} });
    for round in 0..6 {
        service.node(0).kill();
        service.node(0).start().unwrap();
        let [begun, other] = [0, 1].map(|at| client.at(service.nodes()[at].address()));
        let mut listening = begun.modern(round, "subscriptions/listen", &wanted).await;
        assert_eq!(listening.next().await.unwrap().message["method"], "notifications/subscriptions/acknowledged");
        other.modern(round, "tools/call", &trigger).await.text().await;
        assert_eq!(listening.next().await.unwrap().message["method"], "notifications/tools/list_changed");
    }
}

#[tokio::test]
async fn a_question_is_answered_on_another_node() {
    let (_service, client) = service();
    let name = "test_input_required_result_multi_round";
    let mut first = client.modern(1, "tools/call", &json!({ "name": name, "arguments": {} })).await;
    let mut asked = first.result().await;
    let mut nodes = vec![first.node];
    for (key, content) in [("step1", json!({ "name": "Alice" })), ("step2", json!({ "color": "blue" }))] {
        assert!(asked["inputRequests"][key].is_object(), "{asked}");
        let answer = json!({ "action": "accept", "content": content });
        let again = json!({
            "name": name, "arguments": {}, "requestState": asked["requestState"], "inputResponses": { key: answer },
        });
        let mut next = client.modern(2, "tools/call", &again).await;
        asked = next.result().await;
        nodes.push(next.node);
    }
    assert_eq!(asked["content"][0]["text"], "Alice likes blue", "{asked}");
    nodes.sort();
    nodes.dedup();
    assert_eq!(nodes.len(), 3, "each round was another node's");
}
