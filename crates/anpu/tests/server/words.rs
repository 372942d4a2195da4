//! Words that a server adds: extensions of the protocol, and events sent to a session from outside.

use anpu::testing::Client;
use anpu::{Cx, ErrorKind, ProtocolExtension, refused};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

use crate::support::server;

#[derive(Deserialize)]
struct Double {
    number: i64,
}

fn arithmetic() -> ProtocolExtension {
    ProtocolExtension::new("com.example/arithmetic", json!({ "precision": 64 }))
        .method("com.example/double", |asked: Double, _: Cx| async move { Ok(json!({ "number": asked.number * 2 })) })
        .method("com.example/fail", |_: Value, _: Cx| async { Err::<Value, _>(refused("never")) })
}

#[tokio::test(start_paused = true)]
async fn a_registered_method_is_answered_and_an_unregistered_one_is_not_found() {
    let client = Client::connect(server().extension(arithmetic())).await.unwrap();

    let doubled = client.request("com.example/double", json!({ "number": 21 })).await.unwrap();
    assert_eq!(doubled, json!({ "number": 42 }));

    let fault = client.request("com.example/double", json!({ "number": "many" })).await.unwrap_err();
    assert_eq!(fault.base_code(), -32602);
    assert!(fault.to_string().contains("com.example/double"), "{fault}");
    let fault = client.request("com.example/double", Value::Null).await.unwrap_err();
    assert!(fault.to_string().contains("number"), "{fault}");

    let fault = client.request("com.example/fail", Value::Null).await.unwrap_err();
    assert!(fault.to_string().contains("never"), "{fault}");

    let fault = client.request("com.example/halve", json!({ "number": 1 })).await.unwrap_err();
    assert_eq!(fault.base_code(), -32601);
    assert!(fault.to_string().contains("com.example/halve"), "{fault}");
}

#[tokio::test(start_paused = true)]
async fn no_version_with_sessions_has_a_place_to_announce_extensions() {
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let client = Client::connect(server().extension(arithmetic())).version(version).await.unwrap();
        let offered = serde_json::to_value(&client.introduced().capabilities).unwrap();
        assert!(offered.get("extensions").is_none(), "{version}: {offered}");
        assert!(client.request("com.example/double", json!({ "number": 1 })).await.is_ok(), "{version}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_registered_notification_is_heard_and_a_broken_one_is_dropped() {
    let (sender, mut heard) = unbounded_channel();
    let extension = ProtocolExtension::new("com.example/tell", json!({})).notification(
        "com.example/told",
        move |told: Double, cx: Cx| {
            let sender = sender.clone();
            async move { sender.send((told.number, cx.client().name.clone())).unwrap() }
        },
    );
    let client = Client::connect(server().extension(extension)).await.unwrap();
    client.notify("com.example/told", json!({ "number": "broken" }));
    client.notify("com.example/told", json!({ "number": 7 }));
    assert_eq!(heard.recv().await.unwrap(), (7, "test".to_owned()));
    assert!(client.request("ping", Value::Null).await.is_ok());
}

#[derive(Serialize, Deserialize)]
struct Paid {
    cents: u32,
}

#[tokio::test(start_paused = true)]
async fn an_event_from_outside_reaches_the_handler_of_its_type_with_the_session_at_hand() {
    let server = server().on_event(|paid: Paid, cx: Cx| async move {
        cx.info(format!("{} cents from {}", paid.cents, cx.client().name)).await;
    });
    let client = Client::connect(server).await.unwrap();
    let other = Client::connect(client.server()).await.unwrap();
    let session = client.server().sessions().into_iter().find(|session| session.is_ready()).unwrap();

    session.send(&Paid { cents: 250 }).await.unwrap();
    let error = session.send(&"unknown").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("on_event"), "{error}");

    client.request("ping", Value::Null).await.unwrap();
    other.request("ping", Value::Null).await.unwrap();
    let (mine, theirs) = (client.notices(), other.notices());
    let [anpu::model::Notice::Message(message)] = mine.iter().chain(&theirs).collect::<Vec<_>>()[..] else {
        panic!("{mine:?} {theirs:?}")
    };
    assert_eq!(message.data, json!("250 cents from test"));
}
