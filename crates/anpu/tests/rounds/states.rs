//! Which request states are taken back: those that this server gave to the same one, for the same request, not long ago.

use std::time::Duration;

use anpu::prelude::*;
use anpu::{Component, Keys, Tool};
use serde_json::{Value, json};

use crate::client::{Client, ask_as, call, error, questions, retry, server, state, text, yes};

fn confirm(name: &str) -> Component {
    Tool::new(name)
        .handler(|cx: Cx| async move { cx.ask("sure", Confirm::new("Sure?")).await.map(|outcome| outcome.accepted()) })
}

/// Why this state was refused.
fn refused(reply: &Value) -> &str {
    let (code, text) = error(reply);
    assert_eq!(code, -32602, "{text}");
    assert!(text.starts_with("invalid params: params.requestState: "), "{text}");
    assert!(text.contains("make the request again without"), "it says what to do: {text}");
    text
}

#[tokio::test]
async fn a_state_with_any_bit_flipped_is_refused() {
    let client = Client::of(server().with(confirm("confirm")));
    let call = call("confirm");
    let first = client.ask(&call).await;
    let good = state(&first).to_owned();
    let digits = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    for at in 0..good.len() {
        let value = digits.iter().position(|digit| *digit == good.as_bytes()[at]).unwrap();
        for bit in 0..6 {
            let mut bad = good.clone().into_bytes();
            bad[at] = digits[value ^ (1 << bit)];
            let mut message = retry(&call, &first, json!({ "sure": yes() }));
            message["params"]["requestState"] = String::from_utf8(bad).unwrap().into();
            let reply = client.ask(&message).await;
            assert!(refused(&reply).contains("not made by this server"), "{at} {bit}");
        }
    }
    for bad in [String::new(), good[1..].to_owned(), good[..good.len() - 1].to_owned(), format!("{good}A")] {
        let mut message = retry(&call, &first, json!({}));
        message["params"]["requestState"] = bad.into();
        refused(&client.ask(&message).await);
    }
    assert_eq!(
        text(&client.ask(&retry(&call, &first, json!({ "sure": yes() }))).await),
        "true",
        "the good one is good"
    );
}

#[tokio::test]
async fn a_state_belongs_to_its_request() {
    let client = Client::of(server().with([confirm("confirm"), confirm("other")]));
    let mut plain = call("confirm");
    plain["params"]["arguments"] = json!({ "b": 1.0, "a": [true, "x"] });
    let first = client.ask(&plain).await;

    let mut other_tool = plain.clone();
    other_tool["params"]["name"] = "other".into();
    let mut other_arguments = plain.clone();
    other_arguments["params"]["arguments"] = json!({ "b": 2, "a": [true, "x"] });
    let mut more = plain.clone();
    more["params"]["arguments"]["c"] = Value::Null;
    for other in [other_tool, other_arguments, more] {
        let reply = client.ask(&retry(&other, &first, json!({ "sure": yes() }))).await;
        assert!(refused(&reply).contains("another request"), "{other}");
    }

    // What is JSON for the same value is the same request, whoever carries it.
    let same = retry(&plain, &first, json!({ "sure": yes() })).to_string();
    let same = same.replace(r#"{"a":[true,"x"],"b":1.0}"#, "{\"b\":1, \"a\":[true,\"\\u0078\"]}");
    let mut same: Value = serde_json::from_str(&same).unwrap();
    same["id"] = "another id".into();
    same["params"]["_meta"]["progressToken"] = 7.into();
    same["params"]["_meta"]["io.modelcontextprotocol/logLevel"] = "debug".into();
    assert_eq!(text(&client.ask(&same).await), "true");
}

#[tokio::test]
async fn a_state_belongs_to_whoever_it_was_given_to() {
    let (service, _handle) = server().with(confirm("confirm")).into_service().unwrap();
    let everybody = [Some("ann"), Some("bob"), None];
    let call = call("confirm");
    for owner in everybody {
        let first = ask_as(&service, owner, &call).await;
        let retry = retry(&call, &first, json!({ "sure": yes() }));
        for who in everybody.into_iter().filter(|who| *who != owner) {
            let reply = ask_as(&service, who, &retry).await;
            assert!(refused(&reply).contains("somebody else"), "{owner:?} {who:?}");
        }
        assert_eq!(text(&ask_as(&service, owner, &retry).await), "true");
    }
}

#[tokio::test]
async fn a_state_opens_where_keys_and_realm_are_the_same() {
    let keys = Keys::random().unwrap();
    let server = || server().with(confirm("confirm"));
    let call = call("confirm");
    let first = Client::of(server().keys(keys.clone())).ask(&call).await;
    let retry = retry(&call, &first, json!({ "sure": yes() }));
    let foreign = [server(), server().keys(keys.clone()).realm("elsewhere")];
    for foreign in foreign {
        assert!(refused(&Client::of(foreign).ask(&retry).await).contains("not made by this server"));
    }
    let twin = Client::of(server().keys(keys));
    assert_eq!(text(&twin.ask(&retry).await), "true", "another process with the same keys goes on");
}

#[tokio::test(start_paused = true)]
async fn a_state_expires() {
    let client = Client::of(server().with(confirm("confirm")).request_state_expiry(Duration::from_secs(60)));
    let call = call("confirm");
    let first = client.ask(&call).await;
    tokio::time::advance(Duration::from_secs(59)).await;
    let second = client.ask(&retry(&call, &first, json!({}))).await;
    assert_eq!(questions(&second), ["sure"], "each round begins anew");
    tokio::time::advance(Duration::from_secs(59)).await;
    let late = client.ask(&retry(&call, &first, json!({ "sure": yes() }))).await;
    assert!(refused(&late).contains("expired"));
    assert_eq!(text(&client.ask(&retry(&call, &second, json!({ "sure": yes() }))).await), "true");
}

#[tokio::test]
async fn a_state_is_bounded_and_its_handler_is_told_what_to_do() {
    let big = |bytes: usize| {
        Tool::new("big").handler(move |cx: Cx| async move {
            let small: String = cx.once("small", async { Ok::<_, Error>("s".to_owned()) }).await?;
            let big: String = cx.once("big", async move { Ok::<_, Error>("b".repeat(bytes)) }).await?;
            cx.ask("sure", Confirm::new("Sure?")).await?;
            Ok::<_, Error>(small.len() + big.len())
        })
    };
    let call = call("big");
    let client = Client::of(server().with(big(20_000)));
    let first = client.ask(&call).await;
    assert!(state(&first).len() <= 32 * 1024, "{}", state(&first).len());
    assert_eq!(text(&client.ask(&retry(&call, &first, json!({ "sure": yes() }))).await), "20001");

    let client = Client::of(server().with(big(30_000)));
    let (code, text) = {
        let reply = client.ask(&call).await;
        (error(&reply).0, error(&reply).1.to_owned())
    };
    assert_eq!(code, -32603);
    assert!(text.contains("`once` value `big` with 30002 bytes") && text.contains("keep a key instead"), "{text}");

    let mut message = retry(&call, &first, json!({}));
    message["params"]["requestState"] = "A".repeat(32 * 1024 + 1).into();
    assert!(refused(&client.ask(&message).await).contains("longer than any"));
}

#[tokio::test]
async fn answers_that_are_too_large_to_carry_are_told_too() {
    let two = Tool::new("two").handler(|cx: Cx| async move {
        cx.ask("name", Text::new("Name?")).await?;
        cx.ask("sure", Confirm::new("Sure?")).await.map(|outcome| outcome.accepted())
    });
    let client = Client::of(server().with(two));
    let first = client.ask(&call("two")).await;
    let long = json!({ "action": "accept", "content": { "value": "n".repeat(30_000) } });
    let reply = client.ask(&retry(&call("two"), &first, json!({ "name": long }))).await;
    let (code, text) = error(&reply);
    assert!(code == -32603 && text.contains("answer to `name`") && text.contains("ask for less"), "{text}");
}
