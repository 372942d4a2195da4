//! A store that fails or hangs under state: the client is told to try again, and nothing is guessed.

use std::time::Duration;

use anpu::store::Memory;
use anpu::testing::{Faults, FaultyStore};
use http::StatusCode;
use serde_json::json;

use crate::endpoint::{Answer, Endpoint, ann};
use crate::shop::server;

#[track_caller]
fn unavailable(answer: &Answer) {
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
    assert_eq!(answer.headers["retry-after"], "1");
    let text = answer.says["error"]["message"].as_str().unwrap();
    assert!(text.contains("try again") && !text.contains("faulty"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_or_hangs_is_503_and_nothing_is_lost() {
    let store = FaultyStore::new(Memory::new());
    let faults = store.faults();
    let endpoint = Endpoint::on(store, server().store_deadline(Duration::from_millis(50)));
    let session = endpoint.open().await;
    endpoint.call(&session, "add", json!({ "item": "tea" })).await;
    let made = endpoint.call_alone(None, "add", json!({ "item": "tea" })).await;
    let handle = made.handle().unwrap().to_owned();
    endpoint.call_alone(ann(), "remember", json!({ "name": "Ann" })).await;

    for trouble in [Faults::fail, Faults::hang] {
        trouble(&faults);
        for (tool, arguments) in [("view", json!({})), ("add", json!({ "item": "tea" }))] {
            unavailable(&endpoint.call(&session, tool, arguments.clone()).await);
            let mut arguments = arguments;
            arguments["session"] = json!(handle);
            unavailable(&endpoint.call_alone(None, tool, arguments).await);
        }
        unavailable(&endpoint.call_alone(None, "add", json!({ "item": "tea" })).await);
        unavailable(&endpoint.call_alone(ann(), "recall", json!({})).await);
        faults.heal();
    }
    assert_eq!(endpoint.call(&session, "view", json!({})).await.text(), r#"{"tea":1}"#);
    assert_eq!(endpoint.call_alone(None, "view", json!({ "session": handle })).await.text(), r#"{"tea":1}"#);
    assert_eq!(endpoint.call_alone(ann(), "recall", json!({})).await.text(), "Ann");
}

#[tokio::test(start_paused = true)]
async fn an_update_whose_outcome_is_not_known_is_not_made_twice() {
    let store = FaultyStore::new(Memory::new());
    let faults = store.faults();
    let endpoint = Endpoint::on(store, server());
    let session = endpoint.open().await;
    endpoint.call(&session, "add", json!({ "item": "tea" })).await;
    faults.lose_answers();
    faults.take_commands();
    unavailable(&endpoint.call(&session, "view", json!({})).await);
    unavailable(&endpoint.call(&session, "add", json!({ "item": "tea" })).await);
    assert!(!faults.take_commands().contains(&"values.swap"), "what could not be read is not written");
    faults.heal();
    assert_eq!(endpoint.call(&session, "view", json!({})).await.text(), r#"{"tea":1}"#);
}
