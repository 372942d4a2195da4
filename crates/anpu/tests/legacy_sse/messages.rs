//! What is said in a session, and where it comes out.

use anpu::prelude::*;
use anpu::{Limits, Tool};
use serde_json::{Value, json};

use crate::wire::{PING, PONG, Stream, call, echo, serve, server};

#[tokio::test]
async fn the_first_event_says_where_to_post_and_answers_come_as_messages() {
    let address = serve(server()).await;
    let mut stream = Stream::open(address).await;
    assert!(stream.head.contains("\r\ncontent-type: text/event-stream\r\n"), "{}", stream.head);
    assert!(stream.head.contains("\r\ncache-control: no-cache, no-transform\r\n"), "{}", stream.head);
    let id = stream.endpoint.strip_prefix("/messages?session_id=").unwrap();
    assert!(id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()), "{id}");

    let initialize = r#"{"jsonrpc":"2.0","id":"a","method":"initialize","params":{"protocolVersion":"2024-11-05","capabilities":{},"clientInfo":{"name":"raw","version":"0"}}}"#;
    stream.say(initialize).await;
    let answer = stream.text().await;
    let expected = r#"{"jsonrpc":"2.0","id":"a","result":{"protocolVersion":"2024-11-05","capabilities":{"logging":{}},"serverInfo":{"name":"under-test","version":"1.2.3"}}}"#;
    assert_eq!(answer.parse::<Value>().unwrap(), expected.parse::<Value>().unwrap());
    stream.say(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
    stream.say(PING).await;
    assert_eq!(stream.event().await.unwrap(), format!("event: message\ndata: {PONG}"));
}

#[tokio::test]
async fn a_session_speaks_what_initialize_negotiated_and_events_never_have_ids() {
    let address = serve(server()).await;
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        let mut stream = Stream::opened(address, version).await;
        stream.say(PING).await;
        assert_eq!(stream.event().await.unwrap(), format!("event: message\ndata: {PONG}"), "{version}");
    }
}

#[tokio::test]
async fn progress_and_the_result_come_in_the_order_they_were_made() {
    let tool = Tool::new("work").handler(|cx: Cx| async move {
        cx.progress(0.5, "half").await;
        cx.progress(0.75, "more").await;
        "done"
    });
    let address = serve(server().with(tool)).await;
    let mut stream = Stream::opened(address, "2025-03-26").await;
    stream.say(&call(5, "work")).await;
    let mut seen = Vec::new();
    let answer = loop {
        let message = stream.message().await;
        if message["method"].is_null() {
            break message;
        }
        assert_eq!(message["method"], "notifications/progress");
        assert_eq!(message["params"]["progressToken"], 5);
        seen.push(message["params"]["message"].as_str().unwrap().to_owned());
    };
    assert!(seen == ["half", "more"] || seen == ["more"], "newer progress may replace older: {seen:?}");
    assert_eq!(answer["id"], 5);
    assert_eq!(answer["result"]["content"][0]["text"], "done");
}

#[tokio::test]
async fn a_handler_asks_on_the_stream_and_is_answered_by_a_post() {
    let tool = Tool::new("empty").handler(|cx: Cx| async move {
        let sure = cx.ask("sure", Confirm::new("Really?")).await?.accepted();
        Ok::<_, anpu::Error>(sure.to_string())
    });
    let address = serve(server().with(tool)).await;
    let mut stream = Stream::opened(address, "2025-06-18").await;
    stream.say(&call(1, "empty")).await;
    let question = stream.message().await;
    assert_eq!(
        (&question["method"], &question["params"]["message"]),
        (&json!("elicitation/create"), &json!("Really?"))
    );

    stream.say(PING).await;
    assert_eq!(stream.text().await, PONG, "others are served meanwhile");

    let result = json!({ "action": "decline" });
    stream.say(&json!({ "jsonrpc": "2.0", "id": question["id"], "result": result }).to_string()).await;
    let answer = stream.message().await;
    assert_eq!((&answer["id"], &answer["result"]["content"][0]["text"]), (&json!(1), &json!("false")));
}

#[tokio::test]
async fn what_belongs_to_no_request_comes_on_the_stream_too() {
    let tool = Tool::new("grow").handler(|cx: Cx| async move {
        cx.server().unwrap().insert(echo()).unwrap();
        "grown"
    });
    let address = serve(server().with(tool)).await;
    let mut one = Stream::opened(address, "2024-11-05").await;
    let mut other = Stream::opened(address, "2024-11-05").await;
    one.say(&call(1, "grow")).await;
    let changed = r#"{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}"#;
    assert_eq!(one.text().await, changed);
    assert_eq!(one.message().await["result"]["content"][0]["text"], "grown");
    assert_eq!(other.text().await, changed);
}

#[tokio::test]
async fn two_clients_hear_only_what_is_theirs() {
    let address = serve(server().with(echo())).await;
    let mut one = Stream::opened(address, "2024-11-05").await;
    let mut other = Stream::opened(address, "2025-06-18").await;
    assert_ne!(one.id(), other.id());
    other.say(&call(1, "echo")).await;
    one.say(&call(1, "echo")).await;
    one.say(PING).await;
    other.say(PING).await;
    for stream in [&mut one, &mut other] {
        assert_eq!(stream.message().await["result"]["content"][0]["text"], stream.id());
        assert_eq!(stream.text().await, PONG);
    }
}

#[tokio::test]
async fn a_request_can_be_cancelled() {
    let tool = Tool::new("sleep").handler(|_: Cx| std::future::pending::<String>());
    let address = serve(server().with(tool)).await;
    let mut stream = Stream::opened(address, "2024-11-05").await;
    stream.say(&call(1, "sleep")).await;
    stream.say(r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}"#).await;
    stream.say(&call(1, "gone")).await;
    let answer = stream.message().await;
    assert_eq!(
        (&answer["id"], &answer["error"]["code"]),
        (&json!(1), &json!(-32602)),
        "the id is free again: {answer}"
    );
}

#[tokio::test]
async fn a_text_that_is_no_message_gets_400_and_what_can_be_answered_is_answered_on_the_stream() {
    let address = serve(server()).await;
    let mut stream = Stream::opened(address, "2024-11-05").await;
    let nothing = stream.post("{").await;
    assert_eq!(nothing.status, 400, "{nothing:?}");
    assert!(nothing.head.contains("\r\ncontent-type: application/json\r\n"), "{nothing:?}");
    assert_eq!(nothing.body.parse::<Value>().unwrap()["error"]["code"], -32700);

    let wrong = stream.post(r#"{"jsonrpc":"2.0","id":7,"method":5}"#).await;
    assert_eq!(wrong.status, 400, "{wrong:?}");
    assert_eq!(stream.text().await, wrong.body, "the stream has the error whose id was read, and not the other");
    let error: Value = wrong.body.parse().unwrap();
    assert_eq!((&error["id"], &error["error"]["code"]), (&json!(7), &json!(-32600)));
}

#[tokio::test]
async fn a_fault_of_a_message_is_an_answer_like_any_other() {
    let address = serve(server()).await;
    let mut stream = Stream::open(address).await;
    stream.say(r#"{"jsonrpc":"2.0","id":1,"method":"tools/list"}"#).await;
    let early = stream.message().await;
    assert!(early["error"]["code"].is_i64(), "{early}");
    stream.initialize("2024-11-05").await;
    stream.say(r#"{"jsonrpc":"2.0","id":2,"method":"no/such"}"#).await;
    assert_eq!(stream.message().await["error"]["code"], -32601);
}

#[tokio::test]
async fn batches_are_taken_where_the_version_has_them() {
    let address = serve(server()).await;
    let batch = format!(r#"[{PING},{{"jsonrpc":"2.0","id":10,"method":"ping"}}]"#);
    let mut stream = Stream::opened(address, "2025-03-26").await;
    stream.say(&batch).await;
    assert_eq!(stream.text().await, format!(r#"[{PONG},{{"jsonrpc":"2.0","id":10,"result":{{}}}}]"#));

    let mut stream = Stream::opened(address, "2025-06-18").await;
    let refused = stream.post(&batch).await;
    assert_eq!(refused.status, 400, "{refused:?}");
    assert!(refused.body.contains("has no batches"), "{refused:?}");
    stream.say(PING).await;
    assert_eq!(stream.text().await, PONG);
}

#[tokio::test]
async fn a_client_that_does_not_read_must_wait_with_its_requests_but_not_with_its_answers() {
    let big = "x".repeat(1024 * 1024);
    let tool = Tool::new("big").handler(move |_: Cx| {
        let big = big.clone();
        async move { big }
    });
    let limits = Limits::default().stream(2, 64 * 1024 * 1024);
    let address = serve(server().with(tool).limits(limits)).await;
    let mut stream = Stream::opened(address, "2024-11-05").await;
    let mut taken = 0;
    let refused = loop {
        let answer = stream.post(&call(taken, "big")).await;
        match answer.status {
            202 => taken += 1,
            _ => break answer,
        }
        assert!(taken < 100, "what waits for the client is not bounded");
    };
    assert_eq!(refused.status, 429, "{refused:?}");
    assert!(refused.head.contains("\r\nretry-after: 1\r\n"), "{refused:?}");
    assert_eq!(refused.body.parse::<Value>().unwrap()["id"], taken);
    stream.say(r#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#).await;

    for id in 0..taken {
        assert_eq!(stream.message().await["id"], id);
    }
    stream.say(PING).await;
    assert_eq!(stream.text().await, PONG);
}
