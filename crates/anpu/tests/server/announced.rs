//! What a server says of itself, and that it keeps to it.

use anpu::model::{CompleteReference, ServerCapabilities};
use anpu::testing::Client;
use anpu::{Component, Cx, Icon, Prompt, Resource, Tool, Vars};
use serde_json::{Value, json};

use crate::support::{next, request, server};

fn tool() -> Component {
    Tool::new("tool").handler(|_: Cx| async { "done" })
}

fn resource() -> Component {
    Resource::new("a:1").handler(|_: Cx| async { "contents" })
}

fn announced(client: &Client) -> Value {
    serde_json::to_value(&client.introduced().capabilities).unwrap()
}

async fn is_not_found(client: &Client, method: &str, params: Value) {
    let fault = client.request(method, params).await.unwrap_err();
    assert_eq!(fault.base_code(), -32601, "{method}: {fault}");
}

#[tokio::test(start_paused = true)]
async fn a_capability_that_is_taken_away_is_neither_announced_nor_answered() {
    let prompt = Prompt::new("prompt").handler(|_: Vars, _: Cx| async { "text" });
    let fewer = |capabilities: &mut ServerCapabilities| {
        capabilities.prompts = None;
        capabilities.completions = None;
        capabilities.logging = None;
    };
    let client = Client::connect(server().with([tool(), prompt]).capabilities(fewer)).await.unwrap();

    assert_eq!(announced(&client), json!({ "tools": { "listChanged": true } }));
    assert!(client.call_tool("tool", Value::Null).await.is_ok());
    is_not_found(&client, "prompts/list", Value::Null).await;
    is_not_found(&client, "prompts/get", json!({ "name": "prompt" })).await;
    is_not_found(&client, "logging/setLevel", json!({ "level": "debug" })).await;
    let fault = client.complete(CompleteReference::prompt("prompt"), "a", "").await.unwrap_err();
    assert_eq!(fault.base_code(), -32601);
}

#[tokio::test(start_paused = true)]
async fn resources_may_be_offered_without_subscriptions() {
    let unwatched = |capabilities: &mut ServerCapabilities| {
        *capabilities = std::mem::take(capabilities).resources(false, false);
    };
    let client = Client::connect(server().with(resource()).capabilities(unwatched)).await.unwrap();
    let offered = announced(&client);
    assert_ne!(offered["resources"]["subscribe"], true, "{offered}");
    assert!(client.read_resource("a:1").await.is_ok());
    is_not_found(&client, "resources/subscribe", json!({ "uri": "a:1" })).await;
    is_not_found(&client, "resources/unsubscribe", json!({ "uri": "a:1" })).await;
}

#[tokio::test(start_paused = true)]
async fn a_capability_that_is_added_is_announced_and_answered() {
    let more = |capabilities: &mut ServerCapabilities| {
        *capabilities = std::mem::take(capabilities).tools(true);
        capabilities.experimental.insert("com.example/colours".to_owned(), json!({ "depth": 8 }));
    };
    let client = Client::connect(server().capabilities(more)).await.unwrap();
    let offered = announced(&client);
    assert_eq!(offered["tools"], json!({ "listChanged": true }));
    assert_eq!(offered["experimental"], json!({ "com.example/colours": { "depth": 8 } }));
    assert!(client.list_tools().await.unwrap().is_empty(), "there is a list, though nothing is on it");
}

#[tokio::test(start_paused = true)]
async fn a_server_says_who_it_is_as_far_as_the_version_has_the_words() {
    let server = server()
        .title("Under Test")
        .description("Is tested")
        .website("https://example.com")
        .icon(Icon::new("https://example.com/icon.png"));
    let handle = server.build().unwrap();
    let oldest = json!({ "name": "under-test", "version": "1.2.3" });
    let titled = json!({ "name": "under-test", "version": "1.2.3", "title": "Under Test" });
    let whole = json!({ "name": "under-test", "version": "1.2.3", "title": "Under Test", "description": "Is tested",
        "websiteUrl": "https://example.com", "icons": [{ "src": "https://example.com/icon.png" }] });
    let expected = [("2024-11-05", &oldest), ("2025-03-26", &oldest), ("2025-06-18", &titled), ("2025-11-25", &whole)];
    for (version, expected) in expected {
        let line = handle.connect().unwrap();
        let client = json!({ "name": "raw", "version": "0" });
        let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
        line.send(request(0, "initialize", &params));
        assert_eq!(next(&line).await["result"]["serverInfo"], *expected, "{version}");
    }
}
