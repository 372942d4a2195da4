//! What a handler says on the way: progress, log messages, and who hears them.

use anpu::model::{LoggingLevel, Notice};
use anpu::testing::Client;
use anpu::{Cx, Tool};
use serde_json::{Value, json};

use crate::support::server;

fn chatty() -> anpu::Component {
    Tool::new("chatty").handler(|cx: Cx| async move {
        cx.debug("debug").await;
        cx.log_as(LoggingLevel::Notice, Some("loud"), json!({ "n": 1 })).await;
        cx.error("error").await;
    })
}

async fn heard(client: &Client) -> Vec<Value> {
    client.call_tool("chatty", Value::Null).await.unwrap();
    let messages = client.notices().into_iter().map(|notice| match notice {
        Notice::Message(message) => message.data,
        other => panic!("{other:?}"),
    });
    messages.collect()
}

#[tokio::test(start_paused = true)]
async fn log_messages_are_filtered_by_the_level_that_the_client_set() {
    let client = Client::connect(server().with(chatty())).await.unwrap();
    let other = Client::connect(client.server()).await.unwrap();
    let level = async |level: &str| client.request("logging/setLevel", json!({ "level": level })).await;

    assert_eq!(heard(&client).await, [json!({ "n": 1 }), json!("error")], "info and above, until a level is set");
    level("debug").await.unwrap();
    assert_eq!(heard(&client).await.len(), 3);
    level("error").await.unwrap();
    assert_eq!(heard(&client).await, ["error"]);
    level("emergency").await.unwrap();
    assert!(heard(&client).await.is_empty());

    let fault = level("loud").await.unwrap_err();
    assert_eq!(fault.base_code(), -32602);
    assert!(fault.to_string().contains("level"), "{fault}");
    assert!(heard(&client).await.is_empty(), "the level did not change");
    assert_eq!(heard(&other).await.len(), 2, "each session has its own");
}

#[tokio::test(start_paused = true)]
async fn a_log_message_has_its_level_its_logger_and_its_data() {
    let client = Client::connect(server().with(chatty())).await.unwrap();
    client.call_tool("chatty", Value::Null).await.unwrap();
    let Some(Notice::Message(message)) = client.notice().await else { panic!("no message") };
    assert_eq!((message.level, message.logger.as_deref()), (LoggingLevel::Notice, Some("loud")));
}

fn working() -> anpu::Component {
    Tool::new("work").handler(|cx: Cx| async move {
        for done in [1.0, 3.0, 2.0, 3.0, 4.0] {
            cx.progress_of(done, Some(4.0), Some(&format!("{done} of 4"))).await;
        }
    })
}

#[tokio::test(start_paused = true)]
async fn progress_is_told_only_with_a_token_and_only_grows() {
    let client = Client::connect(server().with(working())).await.unwrap();
    client.call_tool("work", Value::Null).await.unwrap();
    assert!(client.notices().is_empty(), "nobody asked for it");

    for token in [json!("t-1"), json!(7)] {
        let params = json!({ "name": "work", "_meta": { "progressToken": token } });
        client.request("tools/call", params).await.unwrap();
        let told = client.notices().into_iter().map(|notice| match notice {
            Notice::Progress(params) => (serde_json::to_value(params.progress_token).unwrap(), params.progress),
            other => panic!("{other:?}"),
        });
        assert_eq!(told.collect::<Vec<_>>(), [1.0, 3.0, 4.0].map(|done| (token.clone(), done)));
    }
}

#[tokio::test(start_paused = true)]
async fn an_older_version_hears_progress_without_what_it_does_not_know() {
    let handle = server().with(working()).build().unwrap();
    for (version, with_message) in [("2024-11-05", false), ("2025-03-26", true)] {
        let line = crate::support::opened(handle.connect().unwrap(), version).await;
        line.send(crate::support::request(
            1,
            "tools/call",
            &json!({ "name": "work", "_meta": { "progressToken": 1 } }),
        ));
        let told = crate::support::next(&line).await;
        assert_eq!(told["method"], "notifications/progress");
        assert_eq!(told["params"].get("message").is_some(), with_message, "{version}: {told}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_said_after_the_end_of_a_request_is_dropped() {
    let tool = Tool::new("leaky").handler(|cx: Cx| async move {
        tokio::spawn(async move {
            tokio::time::sleep(std::time::Duration::from_secs(1)).await;
            cx.progress(0.9, "late").await;
            cx.error("late").await;
        });
    });
    let client = Client::connect(server().with(tool)).await.unwrap();
    client.request("tools/call", json!({ "name": "leaky", "_meta": { "progressToken": 1 } })).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(2)).await;
    client.request("ping", Value::Null).await.unwrap();
    assert!(client.notices().is_empty());
}
