//! What comes back, and with what.

use std::time::Duration;

use anpu::store::Memory;
use anpu::{Principal, Recovery};
use http::{Method, StatusCode};
use serde_json::json;
use tokio::time::sleep;

use crate::common::{OTHER_KEY, about, answer, call, elicitation, hears_info, server, set_level, with_key};
use crate::endpoint::{Endpoint, Messages};

const HOUR: Duration = Duration::from_secs(60 * 60);
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;

#[tokio::test(start_paused = true)]
async fn a_client_that_idled_past_the_timeout_goes_on_with_its_state() {
    let endpoint = Endpoint::new(server());
    let session = endpoint.open_as(None, &elicitation()).await;
    set_level(&endpoint, &session, "error").await;
    assert!(!hears_info(&endpoint, &session).await);
    sleep(HOUR).await;
    assert_eq!(endpoint.handle.sessions().len(), 0, "it was let go");
    assert!(!hears_info(&endpoint, &session).await, "its log level is what it was");
    let about = about(&endpoint, &session).await;
    let known = json!({ "client": "raw", "version": "0", "elicits": true, "recovered": false });
    assert_eq!(about, known, "nothing was lost, so nothing is said to be");
}

#[tokio::test(start_paused = true)]
async fn without_a_store_the_same_keys_bring_the_client_back_and_its_state_starts_fresh() {
    let before = Endpoint::new(server());
    let session = before.open_as(None, &elicitation()).await;
    set_level(&before, &session, "error").await;
    drop(before);

    let after = Endpoint::new(server());
    let known = json!({ "client": "raw", "version": "0", "elicits": true, "recovered": true });
    assert_eq!(about(&after, &session).await, known);
    assert!(hears_info(&after, &session).await, "the log level is the default one again");
    let mut stream = Messages::of(call(&after, &session, "ask").await);
    let question = stream.next().await.unwrap();
    assert_eq!(question["method"], "elicitation/create", "it may be asked at once");
    let reply = json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "decline" } });
    assert_eq!(after.send(Method::POST, Some(&session), &reply.to_string()).await.status(), StatusCode::ACCEPTED);
    let answered = stream.next().await.unwrap();
    assert_eq!(answered["result"]["content"][0]["text"], "accepted: false");
}

#[tokio::test(start_paused = true)]
async fn with_a_store_its_record_comes_back() {
    let store = Memory::new();
    let before = Endpoint::new(server().store(store.clone()));
    let session = before.open_as(None, &elicitation()).await;
    set_level(&before, &session, "error").await;
    drop(before);

    let after = Endpoint::new(server().store(store));
    assert_eq!(about(&after, &session).await["recovered"], false);
    assert!(!hears_info(&after, &session).await);
}

#[tokio::test(start_paused = true)]
async fn other_keys_bring_nothing_back() {
    let before = Endpoint::new(server());
    let session = before.open().await;
    let after = Endpoint::new(with_key(OTHER_KEY));
    assert_eq!(after.ping(&session).await, StatusCode::NOT_FOUND);
    let rotated = anpu::Keys::read(&format!("{OTHER_KEY},{}", crate::common::KEY)).unwrap();
    let rotated = Endpoint::new(server().keys(rotated));
    assert_eq!(rotated.ping(&session).await, StatusCode::OK, "a new key in front opens what the old one sealed");
}

#[tokio::test(start_paused = true)]
async fn another_servers_session_does_not_open_here_although_the_keys_are_the_same() {
    let shop = Endpoint::new(server());
    let session = shop.open().await;
    let other = Endpoint::new(server().realm("bank"));
    assert_eq!(other.ping(&session).await, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn a_session_belongs_to_its_principal_also_when_it_comes_back() {
    let before = Endpoint::new(server());
    let session = before.open_as(Some("alice"), &json!({})).await;
    let after = Endpoint::new(server());
    for (method, body) in [(Method::POST, PING), (Method::GET, ""), (Method::DELETE, "")] {
        for user in [Some("bob"), None] {
            let response = after.send_as(user, method.clone(), Some(&session), body).await;
            assert_eq!(response.status(), StatusCode::NOT_FOUND, "{method} as {user:?}");
        }
    }
    assert_eq!(after.handle.sessions().len(), 0);
    assert_eq!(after.send_as(Some("alice"), Method::POST, Some(&session), PING).await.status(), StatusCode::OK);
    assert_eq!(after.handle.sessions()[0].principal(), Some(&Principal::new("alice")));
}

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

#[tokio::test(start_paused = true)]
async fn what_was_deleted_stays_deleted() {
    let store = Memory::new();
    let endpoint = Endpoint::new(server().store(store.clone()));
    let (plain, recorded) = (endpoint.open().await, endpoint.open().await);
    set_level(&endpoint, &recorded, "error").await;
    for session in [&plain, &recorded] {
        assert_eq!(endpoint.send(Method::DELETE, Some(session), "").await.status(), StatusCode::NO_CONTENT);
        assert_eq!(endpoint.ping(session).await, StatusCode::NOT_FOUND);
        assert_eq!(endpoint.send(Method::DELETE, Some(session), "").await.status(), StatusCode::NOT_FOUND);
    }
    let after = Endpoint::new(server().store(store));
    assert_eq!(after.ping(&recorded).await, StatusCode::NOT_FOUND, "what had a record has a tombstone");
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_not_live_can_be_deleted_too() {
    let store = Memory::new();
    let before = Endpoint::new(server().store(store.clone()));
    let session = before.open().await;
    set_level(&before, &session, "error").await;
    let after = Endpoint::new(server().store(store));
    assert_eq!(after.send(Method::DELETE, Some(&session), "").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(after.ping(&session).await, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn a_notification_and_an_answer_bring_their_session_back() {
    let late = r#"{"jsonrpc":"2.0","id":"ask-nobody","result":{"action":"cancel"}}"#;
    let cancel = r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#;
    for message in [INITIALIZED, cancel, late] {
        let before = Endpoint::new(server());
        let session = before.open().await;
        let after = Endpoint::new(server());
        assert_eq!(after.send(Method::POST, Some(&session), message).await.status(), StatusCode::ACCEPTED, "{message}");
        assert_eq!(after.handle.sessions().len(), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stream_brings_its_session_back() {
    let before = Endpoint::new(server());
    let session = before.open().await;
    let after = Endpoint::new(server());
    let stream = after.send(Method::GET, Some(&session), "").await;
    assert_eq!(stream.status(), StatusCode::OK);
    after.handle.sessions()[0].notify(&anpu::model::Notice::ToolListChanged(anpu::model::Meta::absent()));
    assert_eq!(Messages::of(stream).next().await.unwrap()["method"], "notifications/tools/list_changed");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_begins_anew_may_still_carry_the_id_it_lost() {
    let before = Endpoint::new(with_key(OTHER_KEY));
    let lost = before.open().await;
    let after = Endpoint::new(server());
    let client = json!({ "name": "raw", "version": "0" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
    let response = after.send(Method::POST, Some(&lost), &initialize.to_string()).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_ne!(response.headers()["mcp-session-id"], *lost);
}

#[tokio::test(start_paused = true)]
async fn each_version_comes_back_as_itself() {
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let before = Endpoint::new(server());
        let client = json!({ "name": "raw", "version": "0" });
        let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
        let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let opened = before.send(Method::POST, None, &initialize.to_string()).await;
        let session = opened.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        let after = Endpoint::new(server());
        assert!(answer(call(&after, &session, "about").await).await.get("result").is_some());
        assert_eq!(after.handle.sessions()[0].version(), version);
    }
}

#[tokio::test(start_paused = true)]
async fn two_hundred_requests_bring_one_session_back_once() {
    let before = Endpoint::new(server());
    let session = before.open().await;
    let after = Endpoint::new(server().hooks(crate::hooks::Counting));
    let all = (0..200).map(|_| after.ping(&session));
    for status in futures(all).await {
        assert_eq!(status, StatusCode::OK);
    }
    assert_eq!(after.handle.sessions().len(), 1);
    assert_eq!(crate::hooks::Counting::seen(), 1);
}

/// All of them at once.
async fn futures<F: Future>(all: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut all: Vec<_> = all.map(|future| (Box::pin(future), None)).collect();
    std::future::poll_fn(|cx| {
        for (future, output) in &mut all {
            if output.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(cx)
            {
                *output = Some(ready);
            }
        }
        if all.iter().all(|(_, output)| output.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    all.into_iter().filter_map(|(_, output)| output).collect()
}

#[tokio::test(start_paused = true)]
async fn the_policy_says_what_comes_back() {
    let store = Memory::new();
    let before = Endpoint::new(server().store(store.clone()));
    let (plain, recorded) = (before.open().await, before.open().await);
    set_level(&before, &recorded, "error").await;
    let after = |policy| Endpoint::new(server().store(store.clone()).recovery(policy));
    let stored = after(Recovery::Stored);
    assert_eq!((stored.ping(&plain).await, stored.ping(&recorded).await), (StatusCode::NOT_FOUND, StatusCode::OK));
    let never = after(Recovery::Never);
    assert_eq!((never.ping(&plain).await, never.ping(&recorded).await), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
}

#[tokio::test(start_paused = true)]
async fn an_id_is_good_for_as_long_as_is_set() {
    let endpoint = Endpoint::new(server().session_expiry(3 * HOUR));
    let session = endpoint.open().await;
    sleep(2 * HOUR).await;
    assert_eq!(endpoint.ping(&session).await, StatusCode::OK);
    sleep(2 * HOUR).await;
    assert_eq!(endpoint.ping(&session).await, StatusCode::NOT_FOUND);
}

#[tokio::test(start_paused = true)]
async fn capabilities_that_do_not_fit_into_the_id_come_back_undeclared_and_the_id_stays_short() {
    let large = json!({ "elicitation": {}, "experimental": { "large": { "a": "x".repeat(64 * 1024) } } });
    let before = Endpoint::new(server());
    let session = before.open_as(None, &large).await;
    assert!(session.len() <= 512, "{}", session.len());
    let after = Endpoint::new(server());
    assert_eq!(about(&after, &session).await["elicits"], true);
    let capabilities = after.handle.sessions()[0].client_capabilities();
    assert!(capabilities.experimental.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_record_lives_as_long_as_its_session_is_used() {
    let store = Memory::new();
    let endpoint = Endpoint::new(server().store(store.clone()).retention(HOUR));
    let session = endpoint.open().await;
    set_level(&endpoint, &session, "error").await;
    for _ in 0..6 {
        sleep(HOUR / 3).await;
        assert_eq!(endpoint.ping(&session).await, StatusCode::OK);
    }
    let after = Endpoint::new(server().store(store));
    assert!(!hears_info(&after, &session).await, "its record is still there");
}

#[tokio::test(start_paused = true)]
async fn records_past_the_limit_make_room_for_new_ones() {
    let store = Memory::new();
    let limits = anpu::Limits::default().records(3, 2);
    let endpoint = Endpoint::new(server().store(store.clone()).limits(limits));
    let mut sessions = Vec::new();
    for _ in 0..4 {
        let session = endpoint.open().await;
        set_level(&endpoint, &session, "error").await;
        sessions.push(session);
        sleep(Duration::from_secs(1)).await;
    }
    let after = Endpoint::new(server().store(store));
    assert!(hears_info(&after, &sessions[0]).await, "the one that was idle longest has none any more");
    for session in &sessions[1..] {
        assert!(!hears_info(&after, session).await);
    }
}

#[tokio::test(start_paused = true)]
async fn one_principal_has_so_many_sessions_and_the_idlest_makes_room() {
    let limits = anpu::Limits::default().sessions_each(2);
    let endpoint = Endpoint::new(server().limits(limits));
    let other = endpoint.open_as(Some("bob"), &json!({})).await;
    for _ in 0..5 {
        endpoint.open_as(Some("alice"), &json!({})).await;
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(endpoint.handle.sessions().len(), 3, "two of alice, one of bob");
    assert_eq!(endpoint.send_as(Some("bob"), Method::POST, Some(&other), PING).await.status(), StatusCode::OK);
}

#[tokio::test(start_paused = true)]
async fn a_flood_of_sessions_that_do_nothing_leaves_no_record() {
    let store = anpu::testing::FaultyStore::new(Memory::new());
    let faults = store.faults();
    let endpoint = Endpoint::new(server().store(store));
    for _ in 0..50 {
        let session = endpoint.open().await;
        assert_eq!(endpoint.send(Method::DELETE, Some(&session), "").await.status(), StatusCode::NO_CONTENT);
    }
    let commands = faults.commands();
    assert!(commands.iter().all(|command| *command == "sessions.load"), "nothing is written: {commands:?}");
}
