//! The macros as users meet them: what they take and refuse (each file of `ui/pass` runs, each of `ui/fail` says what is in
//! the `.stderr` beside it; `TRYBUILD=overwrite` rewrites them), and what a client sees of the components they make.
#![cfg(feature = "macros")]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

use anpu::prelude::*;
use anpu::testing::Client;
use serde_json::{Value, json};

#[test]
fn programs_compile_and_run() {
    trybuild::TestCases::new().pass("tests/ui/pass/*.rs");
}

#[test]
fn mistakes_are_told() {
    trybuild::TestCases::new().compile_fail("tests/ui/fail/*.rs");
}

/// Order an item.
///
/// It is packed at once.
#[tool(title = "Order", idempotent, open_world = false, meta("shop/rank" = 3))]
async fn order(
    /// product id
    #[arg(min_length = 1, pattern = "^[a-z]+$", examples = ["tea"])]
    item: String,
    /// how many
    #[arg(min = 1, max = 1000, default = 2)]
    qty: u32,
    #[arg(max_items = 2, unique)] labels: Option<Vec<String>>,
    #[arg(rename = "maxPrice", title = "Highest price", exclusive_min = 0)] max_price: Option<f64>,
    cx: Cx,
) -> Result<String> {
    cx.progress(0.5, "packing").await;
    Ok(format!("{qty} {item} {labels:?} {max_price:?}"))
}

/// What to look for.
#[derive(Args)]
#[serde(rename_all = "camelCase")]
struct Query {
    /// the words
    all_words: String,
    #[arg(min = 1, default = 10)]
    limit: u32,
    #[arg(default)]
    inside: Vec<Query>,
}

#[tool(read_only)]
async fn search(Args(query): Args<Query>, prefix: State<String>) -> String {
    let inside: u32 = query.inside.iter().map(|query| query.limit).sum();
    format!("{}{} {} {inside}", *prefix, query.all_words, query.limit)
}

#[tool(blocking)]
fn length(path: String, prefix: State<String>, cx: Cx) -> usize {
    cx.wait(cx.progress(1.0, "read"));
    prefix.len() + path.len()
}

#[tool]
fn quick() -> u8 {
    7
}

/// Ask for a review.
#[prompt]
async fn review(
    /// what to look at
    code: String,
    #[arg(rename = "maxLines")] max_lines: u32,
    #[complete(["Rust", "Ruby", "Python"])] language: Option<String>,
) -> String {
    format!("{code} {max_lines} {language:?}")
}

/// A page of a book.
#[resource("book:///{title}/{page}{?language}", mime = "text/plain", audience = "user", priority = 0.5)]
async fn page(#[complete(titles)] title: String, page: u32, language: Option<String>) -> Result<String> {
    if page > 100 {
        return None.or_not_found();
    }
    Ok(format!("{title} {page} {language:?}"))
}

async fn titles(asked: Completing) -> Vec<String> {
    vec![format!("{}!", asked.value)]
}

#[resource("config://app", name = "The settings", size = 2)]
async fn settings() -> &'static str {
    "{}"
}

async fn client() -> Client {
    let server = Server::new("shop", "1.0.0")
        .with(components![order, search, length, quick, review, page, settings])
        .state(String::from("> "));
    Client::connect(server).await.unwrap()
}

async fn called(tool: &str, arguments: Value) -> String {
    let reply = client().await.call_tool(tool, arguments).await.unwrap();
    let text = reply.content[0].as_text().unwrap();
    if reply.is_error() { format!("error: {text}") } else { text.to_owned() }
}

#[tokio::test]
async fn a_tool_says_what_its_function_says() {
    let tools = client().await.list_tools().await.unwrap();
    let expected = json!({
        "name": "order",
        "title": "Order",
        "description": "Order an item.\n\nIt is packed at once.",
        "inputSchema": {
            "type": "object",
            "properties": {
                "item": {
                    "type": "string",
                    "description": "product id",
                    "minLength": 1,
                    "pattern": "^[a-z]+$",
                    "examples": ["tea"],
                },
                "qty": { "type": "integer", "description": "how many", "minimum": 1, "maximum": 1000, "default": 2 },
                "labels": { "type": "array", "items": { "type": "string" }, "maxItems": 2, "uniqueItems": true },
                "maxPrice": { "type": "number", "title": "Highest price", "exclusiveMinimum": 0 },
            },
            "required": ["item"],
        },
        "annotations": { "idempotentHint": true, "openWorldHint": false },
        "_meta": { "shop/rank": 3 },
    });
    assert_eq!(serde_json::to_value(&tools[0]).unwrap(), expected);
}

#[tokio::test]
async fn arguments_arrive_with_their_defaults() {
    assert_eq!(called("order", json!({ "item": "tea" })).await, "2 tea None None");
    let all = json!({ "item": "tea", "qty": 3.0, "labels": ["a"], "maxPrice": 1 });
    assert_eq!(called("order", all).await, r#"3 tea Some(["a"]) Some(1.0)"#);
}

#[tokio::test]
async fn constraints_are_kept_and_all_told() {
    let wrong = json!({ "item": "TEA", "qty": 0, "labels": ["a", "a"], "maxPrice": 0 });
    let told = called("order", wrong).await;
    assert!(told.starts_with("error: "), "{told}");
    for name in ["item", "qty", "labels", "maxPrice"] {
        assert!(told.contains(name), "{name}: {told}");
    }
}

#[tokio::test]
async fn a_struct_is_the_whole_argument_object() {
    assert_eq!(called("search", json!({ "allWords": "tea" })).await, "> tea 10 0");
    let nested = json!({ "allWords": "tea", "limit": 1, "inside": [{ "allWords": "x" }] });
    assert_eq!(called("search", nested).await, "> tea 1 10");
    let told = called("search", json!({ "limit": 0 })).await;
    assert!(told.starts_with("error: ") && told.contains("allWords") && told.contains("limit"), "{told}");
}

#[tokio::test]
async fn a_plain_function_is_a_tool_blocking_or_not() {
    assert_eq!(called("length", json!({ "path": "abc" })).await, "5");
    assert_eq!(called("quick", json!({})).await, "7");
}

#[tokio::test]
async fn a_state_that_is_not_there_is_told_when_the_server_is_built() {
    let error = Server::new("shop", "1.0.0").with(components![search]).build().unwrap_err();
    assert!(error.to_string().contains("String"), "{error}");
}

#[tokio::test]
async fn a_prompt_has_its_arguments() {
    let client = client().await;
    let prompts = client.list_prompts().await.unwrap();
    let expected = json!({
        "name": "review",
        "description": "Ask for a review.",
        "arguments": [
            { "name": "code", "description": "what to look at", "required": true },
            { "name": "maxLines", "required": true },
            { "name": "language", "required": false },
        ],
    });
    assert_eq!(serde_json::to_value(&prompts[0]).unwrap(), expected);
    let got = client.get_prompt("review", json!({ "code": "x", "maxLines": "5" })).await.unwrap();
    assert_eq!(got.messages[0].content.as_text(), Some("x 5 None"));
    let told = client.get_prompt("review", json!({ "code": "x", "maxLines": "many" })).await.unwrap_err();
    assert!(told.to_string().contains("maxLines"), "{told}");
}

#[tokio::test]
async fn a_template_is_read_with_its_variables() {
    let client = client().await;
    let templates = client.list_resource_templates().await.unwrap();
    let expected = json!({
        "uriTemplate": "book:///{title}/{page}{?language}",
        "name": "page",
        "description": "A page of a book.",
        "mimeType": "text/plain",
        "annotations": { "audience": ["user"], "priority": 0.5 },
    });
    assert_eq!(serde_json::to_value(&templates[0]).unwrap(), expected);
    let read = client.read_resource("book:///a%20b/7?language=en").await.unwrap();
    let contents = serde_json::to_value(&read.contents[0]).unwrap();
    assert_eq!(contents["text"], json!(r#"a b 7 Some("en")"#));
    assert!(client.read_resource("book:///a/101").await.is_err());
    assert!(client.read_resource("book:///a/x").await.is_err());
    let resources = client.list_resources().await.unwrap();
    let expected = json!({ "uri": "config://app", "name": "The settings", "size": 2 });
    assert_eq!(serde_json::to_value(&resources[0]).unwrap(), expected);
}
