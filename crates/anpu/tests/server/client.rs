//! The test client itself: its handshake, its answers, its end.

use std::time::Duration;

use anpu::model::{ClientCapabilities, Implementation};
use anpu::testing::Client;
use anpu::{Confirm, Cx, ErrorKind, Fault, Outcome, Result, Tool};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::support::{Held, server, text};

#[tokio::test(start_paused = true)]
async fn it_speaks_the_version_it_is_told_or_says_why_not() {
    let handle = server().instructions("be kind").versions(["2025-03-26", "2025-06-18"]).build().unwrap();
    let client = Client::connect(&handle).await.unwrap();
    assert_eq!(client.introduced().protocol_version, "2025-06-18", "the newest of the server's");
    assert_eq!(client.introduced().instructions.as_deref(), Some("be kind"));
    assert_eq!(client.introduced().server_info.name, "under-test");
    let older = Client::connect(&handle).version("2025-03-26").await.unwrap();
    assert_eq!(older.introduced().protocol_version, "2025-03-26");

    let error = Client::connect(&handle).version("2025-11-25").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("2025-11-25") && error.to_string().contains("2025-06-18"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_server_that_cannot_be_built_says_so_when_it_is_connected_to() {
    let error = Client::connect(server().versions(["1999-01-01"])).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
}

fn asking() -> anpu::Component {
    Tool::new("risky").handler(|cx: Cx| async move {
        let outcome = cx.ask("sure", Confirm::new("Really?")).await?;
        Result::<_>::Ok(match outcome {
            Outcome::Accepted(_) => "done",
            Outcome::Declined | Outcome::Cancelled => "not done",
        })
    })
}

fn able_to_be_asked() -> ClientCapabilities {
    serde_json::from_value(json!({ "elicitation": {} })).unwrap()
}

#[tokio::test(start_paused = true)]
async fn it_answers_questions_as_it_is_told_while_the_clock_of_the_request_stands() {
    let handle = server().request_timeout(Duration::from_secs(5)).with(asking()).build().unwrap();
    let slow_person = |method: String, params: Value| async move {
        assert_eq!(method, "elicitation/create");
        assert!(params["message"].as_str().unwrap().contains("Really?"), "{params}");
        sleep(Duration::from_secs(60)).await;
        Ok(json!({ "action": "decline" }))
    };
    let client = Client::connect(&handle).capabilities(able_to_be_asked()).answer(slow_person).await.unwrap();
    assert_eq!(text(&client.call_tool("risky", Value::Null).await.unwrap()), "not done");
}

#[tokio::test(start_paused = true)]
async fn without_an_answerer_a_question_is_answered_with_an_error() {
    let client = Client::connect(server().with(asking())).capabilities(able_to_be_asked()).await.unwrap();
    let result = client.call_tool("risky", Value::Null).await.unwrap();
    assert!(result.is_error(), "{result:?}");
}

#[tokio::test(start_paused = true)]
async fn when_the_connection_is_over_nothing_is_waited_for() {
    let held = Held::new();
    let client = Client::connect(server().with(held.tool("slow"))).await.unwrap();
    let running = client.request("tools/call", json!({ "name": "slow" }));
    held.wait_for(1).await;

    client.server().sessions()[0].close();
    let error = client.request("ping", Value::Null).await.unwrap_err();
    assert_eq!(error, Fault::Cancelled);

    let requests = [client.request("tools/call", json!({ "name": "slow" })), running];
    drop(client);
    for request in requests {
        assert!(request.await.is_err());
    }
    assert_eq!(held.dropped.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_error_keeps_its_number_its_text_and_its_data() {
    let tool = Tool::new("fail").handler(|_: Cx| async {
        Err::<(), _>(Fault::Other { code: 123, message: "as chosen".into(), data: Some(json!([1])) })
    });
    let client = Client::connect(server().with(tool)).info(Implementation::new("me", "1")).await.unwrap();
    let fault = client.call_tool("fail", Value::Null).await.unwrap_err();
    assert_eq!(fault, Fault::Other { code: 123, message: "as chosen".into(), data: Some(json!([1])) });
}
