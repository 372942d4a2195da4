//! Request states that were changed, are somebody else's or of another request: refused, with what to do.

use anpu::prelude::*;
use anpu::{Keys, Tool};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::clients::{Carried, Client, Round};

fn server(keys: &Keys) -> Server {
    let tool = |name| {
        Tool::new(name).input_schema(json!({ "type": "object" })).handler(|_: Value, cx: Cx| async move {
            let number = cx.once("number", async { Ok::<_, Error>(7) }).await?;
            let sure = cx.ask("sure", Confirm::new("Sure?")).await?;
            Ok::<_, Error>(format!("{number}, {sure:?}"))
        })
    };
    Server::new("states", "0").keys(keys.clone()).with(tool("program")).with(tool("other"))
}

fn client(server: Server) -> Client {
    Client::of(&server.build().unwrap())
}

async fn carried(client: &Client) -> Carried {
    client.round(1, &Carried::default()).await.answered(0, |_| false)
}

/// Sends what a client carries, changed; the error that comes back.
async fn refusal(client: &Client, request: &Value) -> Value {
    client.send(request);
    let answer = client.next().await;
    assert_eq!(answer["error"]["code"], -32602, "{answer}, to {request}");
    let text = answer["error"]["message"].as_str().unwrap();
    assert!(text.contains("params.requestState: ") && text.contains("make the request again without it"), "{text}");
    answer
}

#[tokio::test]
async fn a_state_with_any_bit_flipped_is_refused() {
    let client = client(server(&Keys::random().unwrap()));
    let carried = carried(&client).await;
    let state = carried.state.clone().unwrap();
    let with = |state: String| Carried { state: Some(state), ..carried.clone() }.request(2);

    let bytes = URL_SAFE_NO_PAD.decode(&state).unwrap();
    for at in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[at / 8] ^= 1 << (at % 8);
        refusal(&client, &with(URL_SAFE_NO_PAD.encode(flipped))).await;
    }
    // Of its text, too: no other text is the same state.
    for at in 0..state.len() * 7 {
        let mut flipped = state.clone().into_bytes();
        flipped[at / 7] ^= 1 << (at % 7);
        refusal(&client, &with(String::from_utf8(flipped).unwrap())).await;
    }
    for cut in 0..state.len() {
        refusal(&client, &with(state[..cut].to_owned())).await;
    }
    refusal(&client, &with(format!("{state}A"))).await;
    assert!(matches!(client.round(3, &carried).await, Round::Over(_)), "as it is it is good");
}

#[tokio::test]
async fn a_state_is_good_for_its_request_only() {
    let keys = Keys::random().unwrap();
    let client = client(server(&keys));
    let carried = carried(&client).await;
    let mut other_tool = carried.request(2);
    other_tool["params"]["name"] = "other".into();
    refusal(&client, &other_tool).await;
    let mut other_arguments = carried.request(2);
    other_arguments["params"]["arguments"] = json!({ "n": 1 });
    refusal(&client, &other_arguments).await;
}

#[tokio::test]
async fn a_state_is_good_where_keys_and_realm_are_the_same() {
    let keys = Keys::random().unwrap();
    let carried = carried(&client(server(&keys))).await;
    refusal(&client(server(&Keys::random().unwrap())), &carried.request(2)).await;
    refusal(&client(server(&keys).realm("elsewhere")), &carried.request(2)).await;
    let rotated = keys.clone().rotate(Keys::random().unwrap());
    assert!(matches!(client(server(&rotated)).round(2, &carried).await, Round::Over(_)));
    assert!(matches!(client(server(&keys)).round(2, &carried).await, Round::Over(_)));
}

#[tokio::test(start_paused = true)]
async fn a_state_is_good_for_its_time() {
    let hour = std::time::Duration::from_secs(3600);
    let client = client(server(&Keys::random().unwrap()));
    let carried = carried(&client).await;
    tokio::time::sleep(hour - hour / 60).await;
    assert!(matches!(client.round(2, &carried).await, Round::Over(_)));
    tokio::time::sleep(hour / 60).await;
    refusal(&client, &carried.request(3)).await;
}
