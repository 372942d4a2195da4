//! State of sessions: there again after they were let go, gone with them, and nobody else's.

use std::time::Duration;

use anpu::Limits;
use anpu::store::{Memory, Sessions as _, Values as _};
use anpu::testing::{Client, FaultyStore};
use http::StatusCode;
use serde_json::json;
use tokio::time::sleep;

use crate::endpoint::Endpoint;
use crate::shop::server;

const MINUTE: Duration = Duration::from_secs(60);

#[tokio::test(start_paused = true)]
async fn state_is_there_after_the_session_was_let_go() {
    let endpoint = Endpoint::of(server().idle_timeout(MINUTE));
    let session = endpoint.open().await;
    assert_eq!(endpoint.call(&session, "add", json!({ "item": "tea", "count": 2 })).await.text(), "2");
    sleep(10 * MINUTE).await;
    assert_eq!(endpoint.handle.sessions().len(), 0, "evicted");
    assert_eq!(endpoint.call(&session, "view", json!({})).await.text(), r#"{"tea":2}"#);
    assert_eq!(endpoint.call(&session, "add", json!({ "item": "tea" })).await.text(), "3");
}

#[tokio::test(start_paused = true)]
async fn state_is_there_on_another_server_with_the_same_store_and_keys() {
    let store = Memory::new();
    let (here, there) = (Endpoint::on(store.clone(), server()), Endpoint::on(store, server()));
    let session = here.open().await;
    here.call(&session, "add", json!({ "item": "tea" })).await;
    assert_eq!(there.call(&session, "add", json!({ "item": "tea" })).await.text(), "2");
    assert_eq!(
        here.call(&session, "view", json!({})).await.text(),
        r#"{"tea":2}"#,
        "read from the store, not from a copy"
    );
}

#[tokio::test(start_paused = true)]
async fn only_a_session_that_keeps_something_has_a_record() {
    let store = Memory::new();
    let endpoint = Endpoint::on(store.clone(), server());
    let session = endpoint.open().await;
    assert_eq!(endpoint.call(&session, "view", json!({})).await.text(), "{}");
    endpoint.call(&session, "empty", json!({})).await;
    assert_eq!(store.count(None).await.unwrap(), 0, "reading and emptying an empty cart keeps nothing");
    endpoint.call(&session, "add", json!({ "item": "tea" })).await;
    assert_eq!(store.count(None).await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn two_types_are_kept_apart_and_two_sessions_too() {
    let endpoint = Endpoint::of(server());
    let (one, other) = (endpoint.open().await, endpoint.open().await);
    endpoint.call(&one, "add", json!({ "item": "tea" })).await;
    endpoint.call(&one, "paint", json!({ "color": "red" })).await;
    endpoint.call(&other, "paint", json!({ "color": "blue" })).await;
    assert_eq!(endpoint.call(&one, "color", json!({})).await.text(), "red");
    endpoint.call(&one, "empty", json!({})).await;
    assert_eq!(endpoint.call(&one, "view", json!({})).await.text(), "{}");
    assert_eq!(endpoint.call(&one, "color", json!({})).await.text(), "red", "only the cart was emptied");
    assert_eq!(endpoint.call(&other, "color", json!({})).await.text(), "blue");
}

#[tokio::test(start_paused = true)]
async fn an_error_of_the_handler_keeps_nothing() {
    let endpoint = Endpoint::of(server());
    let session = endpoint.open().await;
    endpoint.call(&session, "add", json!({ "item": "tea" })).await;
    assert_eq!(endpoint.call(&session, "add", json!({ "item": "poison" })).await.wrong(), "not sold here");
    assert_eq!(endpoint.call(&session, "view", json!({})).await.text(), r#"{"tea":1}"#);
}

#[tokio::test(start_paused = true)]
async fn what_would_be_too_large_is_refused_and_not_kept() {
    let endpoint = Endpoint::of(server().limits(Limits::default().state(200)));
    let session = endpoint.open().await;
    endpoint.call(&session, "paint", json!({ "color": "red" })).await;
    let refused = endpoint.call(&session, "paint", json!({ "color": "x".repeat(200) })).await;
    assert!(refused.wrong().ends_with("bytes; the limit is 200"), "{refused:?}");
    assert_eq!(endpoint.call(&session, "color", json!({})).await.text(), "red");
}

#[tokio::test(start_paused = true)]
async fn deleting_the_session_deletes_its_state() {
    let store = Memory::new();
    let endpoint = Endpoint::on(store.clone(), server());
    let session = endpoint.open().await;
    endpoint.call(&session, "add", json!({ "item": "tea" })).await;
    let record = store.list(None, None, 1).await.unwrap().records.remove(0).id;
    let key = anpu::store::session_values(&record);
    assert!(store.get(&key).await.unwrap().is_some());
    assert_eq!(endpoint.delete(&session).await, StatusCode::NO_CONTENT);
    assert_eq!(store.get(&key).await.unwrap(), None);
    assert_eq!(endpoint.call(&session, "view", json!({})).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn state_that_is_read_lives_on_and_is_gone_after_the_retention() {
    let store = FaultyStore::new(Memory::new());
    let faults = store.faults();
    let endpoint = Endpoint::on(store, server().retention(60 * MINUTE).idle_timeout(None));
    let session = endpoint.open().await;
    endpoint.call(&session, "add", json!({ "item": "tea" })).await;
    for _ in 0..4 {
        sleep(40 * MINUTE).await;
        assert_eq!(endpoint.call(&session, "view", json!({})).await.text(), r#"{"tea":1}"#, "used, so it stays");
    }
    faults.take_commands();
    endpoint.call(&session, "view", json!({})).await;
    assert_eq!(faults.take_commands(), ["values.get"], "it was given new life a moment ago");
    sleep(61 * MINUTE).await;
    assert_eq!(endpoint.call(&session, "view", json!({})).await.text(), "{}");
}

#[tokio::test(start_paused = true)]
async fn a_read_costs_one_command_and_a_change_two() {
    let store = FaultyStore::new(Memory::new());
    let faults = store.faults();
    let endpoint = Endpoint::on(store, server());
    let session = endpoint.open().await;
    endpoint.call(&session, "add", json!({ "item": "tea" })).await;
    faults.take_commands();
    endpoint.call(&session, "view", json!({})).await;
    assert_eq!(faults.take_commands(), ["values.get"]);
    endpoint.call(&session, "add", json!({ "item": "tea" })).await;
    assert_eq!(faults.take_commands(), ["values.get", "values.swap"]);
}

#[tokio::test(start_paused = true)]
async fn on_a_connection_state_lives_as_long_as_it_and_asks_no_store() {
    let store = FaultyStore::new(Memory::new());
    let faults = store.faults();
    let server = server().store(store).build().unwrap();
    let client = Client::connect(&server).await.unwrap();
    faults.take_commands();
    for count in ["1", "2"] {
        let added = client.call_tool("add", json!({ "item": "tea" })).await.unwrap();
        assert_eq!(added.content[0].as_text(), Some(count));
    }
    let next = Client::connect(&server).await.unwrap();
    let viewed = next.call_tool("view", json!({})).await.unwrap();
    assert_eq!(viewed.content[0].as_text(), Some("{}"), "another connection, another session");
    assert_eq!(faults.take_commands(), [""; 0]);
}
