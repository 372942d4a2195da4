//! Where there are no sessions, a handle stands for one: made by the first write, told to the model, and passed back.

use std::time::Duration;

use anpu::store::{Memory, Values as _};
use anpu::testing::FaultyStore;
use anpu::{Components, FromCx as _, Probe, Session, Tool};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::time::advance;

use crate::endpoint::{Answer, Endpoint, ann, bob};
use crate::shop::server;

/// The handle that the model is told, in the last part of the result.
#[track_caller]
fn told(answer: &Answer) -> String {
    let text = answer.says["result"]["content"].as_array().unwrap().last().unwrap()["text"].as_str().unwrap();
    let handle = text.strip_prefix("Session: ").and_then(|rest| rest.get(..24)).unwrap_or_else(|| panic!("{text}"));
    assert_eq!(answer.handle(), Some(handle), "programs are told the same");
    handle.to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_handle_is_made_by_the_first_write_and_goes_on_from_there() {
    let endpoint = Endpoint::of(server());
    let viewed = endpoint.call_alone(None, "view", json!({})).await;
    assert_eq!((viewed.text(), viewed.handle()), ("{}", None), "who only looks gets none");

    let first = endpoint.call_alone(None, "add", json!({ "item": "tea" })).await;
    let handle = told(&first);
    assert!(handle.len() == 24 && handle.bytes().all(|c| matches!(c, b'a'..=b'z' | b'2'..=b'7')), "{handle}");

    let second = endpoint.call_alone(None, "add", json!({ "item": "tea", "session": handle })).await;
    assert_eq!((second.text(), second.handle()), ("2", Some(&*handle)));
    assert_eq!(second.says["result"]["content"].as_array().unwrap().len(), 1, "the model knows it already");
    let viewed = endpoint.call_alone(None, "view", json!({ "session": handle })).await;
    assert_eq!(viewed.text(), r#"{"tea":2}"#);

    let other = endpoint.call_alone(None, "add", json!({ "item": "tea" })).await;
    assert_ne!(told(&other), handle);
    assert_eq!(other.text(), "1");
}

#[tokio::test(start_paused = true)]
async fn a_handle_is_its_principals_and_its_realms_alone() {
    let store = Memory::new();
    let endpoint = Endpoint::on(store.clone(), server());
    let handle = told(&endpoint.call_alone(ann(), "add", json!({ "item": "tea" })).await);
    let arguments = json!({ "session": handle });
    assert_eq!(endpoint.call_alone(ann(), "view", arguments.clone()).await.text(), r#"{"tea":1}"#);
    let there = Endpoint::on(store.clone(), server());
    assert_eq!(there.call_alone(ann(), "view", arguments.clone()).await.text(), r#"{"tea":1}"#, "any server has it");

    let elsewhere = Endpoint::on(store, server().realm("elsewhere"));
    let mut refusals = Vec::new();
    refusals.push(endpoint.call_alone(bob(), "view", arguments.clone()).await);
    refusals.push(endpoint.call_alone(None, "view", arguments.clone()).await);
    refusals.push(elsewhere.call_alone(ann(), "view", arguments.clone()).await);
    for unknown in ["mzxw6ytbojtg633cmfzgm33p", "", "MZXW6YTBOJTG633CMFZGM33P", "../../session:1"] {
        refusals.push(endpoint.call_alone(ann(), "view", json!({ "session": unknown })).await);
    }
    for refused in &refusals {
        assert_eq!(refused.status, StatusCode::OK);
        assert!(refused.wrong().starts_with("there is no session of this name"), "{refused:?}");
        assert!(refused.wrong().contains("leave the argument `session` out"), "{refused:?}");
    }
    let wrong = endpoint.call_alone(ann(), "view", json!({ "session": 7 })).await;
    assert!(wrong.wrong().contains("session: expected a text"), "{wrong:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refused_handle_runs_nothing_and_a_lost_one_is_told() {
    let store = Memory::new();
    let endpoint = Endpoint::on(store.clone(), server());
    let handle = told(&endpoint.call_alone(None, "add", json!({ "item": "tea" })).await);
    endpoint.call_alone(None, "empty", json!({ "session": handle })).await;
    let viewed = endpoint.call_alone(None, "view", json!({ "session": handle })).await;
    assert_eq!(viewed.text(), "{}", "emptied, and still there");
    advance(Duration::from_secs(8 * 24 * 60 * 60)).await;
    let late = endpoint.call_alone(None, "add", json!({ "item": "tea", "session": handle })).await;
    assert!(late.wrong().contains("it has expired"), "{late:?}");
    assert_eq!(store.get(&format!("handle:{handle}")).await.unwrap(), None, "nothing was begun anew");
}

#[tokio::test(start_paused = true)]
async fn rounds_of_one_request_have_one_handle() {
    let endpoint = Endpoint::of(server());
    for repeated in [false, true] {
        let call = json!({ "name": "careful", "arguments": { "item": "tea" } });
        let asked = endpoint.alone_as(None, "tools/call", call.clone()).await;
        assert_eq!(asked.says["result"]["resultType"], "input_required", "{asked:?}");
        let mut retry = call;
        retry["requestState"] = asked.says["result"]["requestState"].clone();
        retry["inputResponses"] = json!({ "meant": { "action": "accept", "content": {} } });
        let done = endpoint.alone_as(None, "tools/call", retry.clone()).await;
        assert_eq!(done.text(), "1 Some(1) true", "what the first round wrote is there in the second");
        let handle = told(&done);
        let viewed = endpoint.call_alone(None, "view", json!({ "session": handle })).await;
        assert_eq!(viewed.text(), r#"{"tea":1}"#);
        if repeated {
            assert_eq!(told(&endpoint.alone_as(None, "tools/call", retry).await), handle, "sent again, it is the same");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn two_first_writes_at_once_make_one_handle() {
    let both = Tool::new("both").requires::<Session<Vec<u8>>>().handler(|cx: anpu::Cx| async move {
        let numbers = Session::<Vec<u8>>::from_cx(&cx).await?;
        let push = |number| {
            numbers.update(move |numbers| {
                numbers.push(number);
                Ok(())
            })
        };
        let (one, other) = tokio::join!(push(1), push(2));
        one.and(other)?;
        Ok::<_, anpu::Error>(numbers.read().await?.len())
    });
    let endpoint = Endpoint::on(FaultyStore::new(Memory::new()).polite(), server().with(both));
    let done = endpoint.call_alone(None, "both", json!({})).await;
    assert_eq!(done.text(), "2");
    let again = endpoint.call_alone(None, "both", json!({ "session": told(&done) })).await;
    assert_eq!(again.text(), "4");
}

#[tokio::test(start_paused = true)]
async fn only_lists_without_sessions_have_the_argument_and_only_for_tools_that_take_state() {
    let endpoint = Endpoint::of(server());
    let session = endpoint.open().await;
    for _ in 0..2 {
        let with = endpoint.alone_as(None, "tools/list", json!({})).await.says["result"]["tools"].clone();
        let without = endpoint.ask_as(None, &session, "tools/list", json!({})).await.says["result"]["tools"].clone();
        let takes = |tools: &Value, name: &str| {
            let tool = tools.as_array().unwrap().iter().find(|tool| tool["name"] == name).unwrap();
            let schema = &tool["inputSchema"];
            assert_ne!(schema["required"].as_array().map(|required| required.contains(&json!("session"))), Some(true));
            schema["properties"]["session"]["type"] == "string"
        };
        assert_eq!(["add", "view", "recall"].map(|name| takes(&with, name)), [true, true, false]);
        assert_eq!(["add", "view", "recall"].map(|name| takes(&without, name)), [false; 3]);
    }
}

#[tokio::test(start_paused = true)]
async fn tools_of_providers_have_the_argument_too() {
    let count = Tool::new("count").requires::<Session<u32>>().handler(|cx: anpu::Cx| async move {
        Session::<u32>::from_cx(&cx)
            .await?
            .update(|count| {
                *count += 1;
                Ok(*count)
            })
            .await
    });
    let endpoint = Endpoint::of(server().provider(Components::from(count)));
    let mut listed = endpoint.alone_as(None, "tools/list", json!({})).await;
    let next = listed.says["result"]["nextCursor"].clone();
    listed = endpoint.alone_as(None, "tools/list", json!({ "cursor": next })).await;
    let schema = &listed.says["result"]["tools"][0]["inputSchema"];
    assert_eq!(schema["properties"]["session"]["type"], "string", "{listed:?}");
    let handle = told(&endpoint.call_alone(None, "count", json!({})).await);
    assert_eq!(endpoint.call_alone(None, "count", json!({ "session": handle })).await.text(), "2");
}

#[tokio::test(start_paused = true)]
async fn resources_have_no_handle_and_neither_has_a_tool_that_does_not_say_so() {
    let silent =
        Tool::new("silent").handler(|cx: anpu::Cx| async move { Session::<u32>::from_cx(&cx).await?.read().await });
    let endpoint = Endpoint::of(server().with(silent));
    let read = endpoint.alone_as(None, "resources/read", json!({ "uri": "cart://now" })).await;
    let called = endpoint.call_alone(None, "silent", json!({})).await;
    for refused in [read, called] {
        let text = refused.says["error"]["message"].as_str().unwrap();
        assert!(text.contains("take `User<T>`"), "{refused:?}");
    }
    let session = endpoint.open().await;
    let read = endpoint.ask_as(None, &session, "resources/read", json!({ "uri": "cart://now" })).await;
    assert_eq!(read.says["result"]["contents"][0]["text"], "{}", "in a session both have it");
    assert_eq!(endpoint.call(&session, "silent", json!({})).await.text(), "0");
    let probe = Probe::new().session(7_u32);
    assert_eq!(Session::<u32>::from_cx(&probe.cx()).await.unwrap().read().await.unwrap(), 7);
}
