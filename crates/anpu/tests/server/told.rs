//! What a server tells its clients of its own accord, and which of them hear it.

use anpu::model::{
    ClientCapabilities, ElicitationCompleteNotificationParams, Implementation, LoggingLevel,
    LoggingMessageNotificationParams, Notice,
};
use anpu::testing::Client;
use anpu::{Components, Cx, Handle, Principal, SessionHandle, Tool};
use http::Method;
use serde_json::{Value, json};

use crate::endpoint::{Endpoint, Messages};
use crate::support::server;

fn word(text: &str) -> Notice {
    Notice::Message(LoggingMessageNotificationParams::new(LoggingLevel::Info, text))
}

/// What this client was told, which has come when an answer has.
async fn heard(client: &Client) -> Vec<Value> {
    client.request("ping", Value::Null).await.unwrap();
    let texts = client.notices().into_iter().map(|notice| match notice {
        Notice::Message(message) => message.data,
        other => json!(other.method()),
    });
    texts.collect()
}

async fn named(handle: &Handle, name: &str) -> Client {
    Client::connect(handle).info(Implementation::new(name, "1")).await.unwrap()
}

fn session_of(handle: &Handle, name: &str) -> SessionHandle {
    handle.sessions().into_iter().find(|session| session.client().name == name).unwrap()
}

#[tokio::test(start_paused = true)]
async fn one_session_is_told_and_no_other_hears_it() {
    let handle = server().build().unwrap();
    let (ann, bob) = (named(&handle, "ann").await, named(&handle, "bob").await);
    session_of(&handle, "ann").notify(&word("for ann"));
    assert_eq!(heard(&ann).await, ["for ann"]);
    assert!(heard(&bob).await.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_session_is_not_told_what_its_version_has_no_word_for() {
    let handle = server().build().unwrap();
    let complete = Notice::ElicitationComplete(ElicitationCompleteNotificationParams::new("visit"));
    for (version, told) in [("2025-06-18", 0), ("2025-11-25", 1)] {
        let client = Client::connect(&handle).version(version).await.unwrap();
        handle.broadcast(|session| session.version() == version, &complete);
        assert_eq!(heard(&client).await.len(), told, "{version}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_reaches_those_that_were_picked() {
    let handle = server().build().unwrap();
    let (ann, bob) = (named(&handle, "ann").await, named(&handle, "bob").await);
    let capable: ClientCapabilities = serde_json::from_value(json!({ "sampling": {} })).unwrap();
    let cat = Client::connect(&handle).capabilities(capable).await.unwrap();

    handle.broadcast(|_| true, &word("for all"));
    handle.broadcast(|session| session.client().name == "bob", &word("by name"));
    handle.broadcast(|session| session.client_capabilities().sampling.is_some(), &word("by capability"));
    handle.broadcast(|session| session.principal().is_some(), &word("for nobody"));

    assert_eq!(heard(&ann).await, ["for all"]);
    assert_eq!(heard(&bob).await, ["for all", "by name"]);
    assert_eq!(heard(&cat).await, ["for all", "by capability"]);
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_may_pick_by_principal() {
    let endpoint = Endpoint::new(server());
    let mut streams = Vec::new();
    for user in ["ann", "bob"] {
        let session = endpoint.open_as(Some(user), &json!({})).await;
        streams.push(Messages::of(endpoint.send_as(Some(user), Method::GET, Some(&session), "").await));
    }
    let [ann, bob] = &mut streams[..] else { panic!("two streams") };

    let is_ann = |session: &SessionHandle| session.principal().map(Principal::subject) == Some("ann");
    endpoint.handle.broadcast(is_ann, &word("for ann"));
    endpoint.handle.broadcast(|_| true, &word("for all"));
    assert_eq!(ann.next().await.unwrap()["params"]["data"], "for ann");
    assert_eq!(ann.next().await.unwrap()["params"]["data"], "for all");
    assert_eq!(bob.next().await.unwrap()["params"]["data"], "for all", "and nothing before it");
}

#[tokio::test(start_paused = true)]
async fn a_broadcast_may_pick_by_what_was_noted() {
    let join = Tool::new("join").handler(|cx: Cx| async move {
        cx.set_metadata("team", "red");
        "joined"
    });
    let handle = server().with(join).build().unwrap();
    let (ann, bob) = (named(&handle, "ann").await, named(&handle, "bob").await);
    ann.call_tool("join", json!({})).await.unwrap();

    handle.broadcast(|session| session.metadata("team") == Some(json!("red")), &word("for the red team"));
    handle.broadcast(|_| true, &word("for all"));
    assert_eq!(heard(&ann).await, ["for the red team", "for all"]);
    assert_eq!(heard(&bob).await, ["for all"]);
}

#[tokio::test(start_paused = true)]
async fn what_a_handler_tells_goes_out_on_the_stream_of_its_request() {
    let tool = Tool::new("tell").handler(|cx: Cx| async move {
        cx.notify(word("on the way")).await;
        "done"
    });
    let endpoint = Endpoint::new(server().with(tool));
    let session = endpoint.open().await;
    let mut beside = Messages::of(endpoint.send(Method::GET, Some(&session), "").await);

    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"tell"}}"#;
    let mut own = Messages::of(endpoint.send(Method::POST, Some(&session), call).await);
    assert_eq!(own.next().await.unwrap()["params"]["data"], "on the way");
    assert_eq!(own.next().await.unwrap()["result"]["content"][0]["text"], "done");
    assert!(own.next().await.is_none(), "with the answer it ends");

    endpoint.handle.broadcast(|_| true, &word("beside"));
    assert_eq!(beside.next().await.unwrap()["params"]["data"], "beside", "and nothing before it");
}

#[tokio::test(start_paused = true)]
async fn whoever_has_a_provider_says_when_it_has_others() {
    let handle = server().provider(Components::default()).build().unwrap();
    let (ann, bob) = (named(&handle, "ann").await, named(&handle, "bob").await);
    let expect = async |method: &str| {
        for client in [&ann, &bob] {
            assert_eq!(heard(client).await, [method]);
        }
    };
    handle.tools_changed();
    expect("notifications/tools/list_changed").await;
    handle.prompts_changed();
    expect("notifications/prompts/list_changed").await;
    handle.resources_changed();
    expect("notifications/resources/list_changed").await;
}
