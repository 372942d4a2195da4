//! Streams of the era of sessions, whose clients read them from whatever node.

use serde_json::json;

use crate::client::{Answer, Client};
use crate::service;

fn method(message: &serde_json::Value) -> &str {
    message["method"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_stream_on_one_node_tells_what_changed_on_any_exactly_once() {
    let (service, mut client) = service();
    let mut others = Vec::new();
    client.open().await;
    let mut stream = client.get(None).await;
    stream.begun().await;
    for node in service.nodes() {
        let mut other = Client::new(node.address());
        other.open().await;
        others.push(other);
    }
    let triggers = [
        ("test_trigger_tool_change", "notifications/tools/list_changed"),
        ("test_trigger_prompt_change", "notifications/prompts/list_changed"),
        ("test_trigger_resource_change", "notifications/resources/list_changed"),
    ];
    for round in 0..4 {
        for other in &others {
            for (tool, expected) in triggers {
                other.call(3, tool, json!({})).await.text().await;
                let told = stream.next().await.unwrap().message;
                assert_eq!(method(&told), expected, "round {round}: each once, in its order");
            }
        }
    }
}

/// A call that says three things and then ends, read up to the first of them.
async fn cut_stream(client: &Client, id: u64) -> (String, Answer) {
    let mut stream = client.call(id, "test_tool_with_progress", json!({})).await;
    let first = stream.next().await.unwrap();
    assert_eq!(first.message["params"]["progress"], 0.0, "{first:?}");
    (first.id.unwrap(), stream)
}

#[tokio::test]
async fn a_stream_that_was_cut_goes_on_elsewhere_without_a_gap_and_without_a_repetition() {
    let (_service, mut client) = service();
    client.open().await;
    for id in 40..52 {
        let (place, stream) = cut_stream(&client, id).await;
        let node = stream.node.clone();
        drop(stream);
        let mut resumed = client.get(Some(&place)).await;
        assert_eq!(resumed.status, 200);
        assert_ne!(resumed.node, node);
        let rest: Vec<_> = resumed.rest().await.into_iter().map(|event| event.message).collect();
        assert_eq!(rest.len(), 3, "{rest:?}");
        assert_eq!(
            (rest[0]["params"]["progress"].as_f64(), rest[1]["params"]["progress"].as_f64()),
            (Some(50.0), Some(100.0))
        );
        assert_eq!(rest[2]["id"], id, "{rest:?}");
    }
}

#[tokio::test]
async fn a_stream_can_be_cut_again_and_again_each_time_on_another_node() {
    let (_service, mut client) = service();
    client.open().await;
    for id in 60..64 {
        let (mut place, mut stream) = cut_stream(&client, id).await;
        let mut seen = Vec::new();
        loop {
            drop(stream);
            stream = client.get(Some(&place)).await;
            assert_eq!(stream.status, 200);
            let Some(event) = stream.next().await else { break };
            place = event.id.unwrap();
            seen.push(event.message);
            if seen.last().unwrap().get("id").is_some() {
                break;
            }
        }
        let progress: Vec<_> = seen.iter().filter_map(|message| message["params"]["progress"].as_f64()).collect();
        assert_eq!(progress, [50.0, 100.0], "{seen:?}");
        assert_eq!(seen.last().unwrap()["id"], id, "{seen:?}");
    }
}

#[tokio::test]
async fn an_answer_that_nobody_read_is_there_on_every_node() {
    let (service, mut client) = service();
    client.open().await;
    let (place, mut stream) = cut_stream(&client, 70).await;
    // To its end, which the client behind `place` does not know.
    assert_eq!(stream.rest().await.len(), 3);
    for node in service.nodes() {
        let mut resumed = client.at(node.address()).get(Some(&place)).await;
        let rest: Vec<_> = resumed.rest().await.into_iter().map(|event| event.message).collect();
        assert_eq!(rest.len(), 3, "{}: {rest:?}", node.address());
        assert_eq!(rest[2]["id"], 70, "{rest:?}");
    }
}

#[tokio::test]
async fn a_stream_of_no_request_moves_from_node_to_node_without_losing_anything() {
    let (service, mut client) = service();
    client.open().await;
    let mut other = Client::new(service.address());
    other.open().await;
    let mut stream = client.get(None).await;
    let mut place = stream.begun().await;
    for _ in 0..6 {
        drop(stream);
        // While nobody reads.
        other.call(3, "test_trigger_tool_change", json!({})).await.text().await;
        stream = client.get(Some(&place)).await;
        assert_eq!(stream.status, 200);
        let missed = stream.next().await.unwrap();
        assert_eq!(method(&missed.message), "notifications/tools/list_changed");
        other.call(4, "test_trigger_prompt_change", json!({})).await.text().await;
        let told = stream.next().await.unwrap();
        assert_eq!(method(&told.message), "notifications/prompts/list_changed");
        place = told.id.unwrap();
    }
}

#[tokio::test]
async fn a_tool_that_ends_its_stream_answers_on_another_node() {
    let (_service, mut client) = service();
    client.open().await;
    for id in 80..84 {
        let mut stream = client.call(id, "test_reconnection", json!({})).await;
        assert!(stream.rest().await.is_empty());
        let place = stream.last.clone().unwrap();
        let mut resumed = client.get(Some(&place)).await;
        assert_ne!(resumed.node, stream.node);
        assert_eq!(resumed.text().await, "Reconnection test completed successfully");
    }
}
