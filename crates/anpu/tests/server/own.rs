//! Components that one session has for itself: its client lists, finds and completes them, and nobody else does.

use anpu::model::{CompleteReference, Notice, PromptArgument};
use anpu::testing::Client;
use anpu::{Component, Cx, ErrorKind, Prompt, Resource, ResourceTemplate, Server, State, Tool, Vars};
use serde_json::Value;

use crate::support::{server, text};

fn tool(name: &str, says: &'static str) -> Component {
    Tool::new(name).handler(move |_: Cx| async move { says })
}

/// One of each kind.
fn secrets() -> [Component; 4] {
    let prompt = Prompt::new("ask")
        .argument(PromptArgument::new("whom"))
        .complete("whom", ["Ann", "Bob"])
        .handler(|_: Vars, _: Cx| async { "own prompt" });
    let note = ResourceTemplate::new("note:///{id}")
        .complete("id", ["10", "20"])
        .handler(|vars: Vars, _: Cx| async move { vars.get::<String>("id") });
    let diary = Resource::new("own:diary").handler(|_: Cx| async { "dear diary" });
    [tool("secret", "own tool"), prompt, diary, note]
}

/// `unlock` and `lock` give the session that calls them components of its own, and take them away.
fn locked() -> Server {
    let unlock = Tool::new("unlock").handler(|cx: Cx| async move { cx.add_components(secrets()) });
    let lock = Tool::new("lock").handler(|cx: Cx| async move {
        cx.remove_components(&["secret", "ask", "own:diary", "note:///{id}", "shared"])
    });
    // Something of each kind is there for everybody, so that each is announced.
    let prompt = Prompt::new("shared_prompt").handler(|_: Vars, _: Cx| async { "text" });
    let resource = Resource::new("shared:1").handler(|_: Cx| async { "contents" });
    server().with([unlock, lock, tool("shared", "the server's"), prompt, resource])
}

async fn call(client: &Client, name: &str) -> String {
    let result = client.call_tool(name, Value::Null).await.unwrap();
    assert!(!result.is_error(), "{result:?}");
    result.content.first().and_then(|content| content.as_text()).unwrap_or_default().to_owned()
}

/// The names of all that this client can list, without what all can.
async fn listed(client: &Client) -> Vec<String> {
    let tools = client.list_tools().await.unwrap().into_iter().map(|tool| tool.name);
    let prompts = client.list_prompts().await.unwrap().into_iter().map(|prompt| prompt.name);
    let resources = client.list_resources().await.unwrap().into_iter().map(|resource| resource.uri);
    let templates = client.list_resource_templates().await.unwrap().into_iter().map(|template| template.uri_template);
    let all = tools.chain(prompts).chain(resources).chain(templates);
    all.filter(|name| !name.starts_with("shared") && !name.ends_with("lock")).collect()
}

fn told(client: &Client) -> Vec<String> {
    client.notices().iter().map(|notice: &Notice| notice.method().to_owned()).collect()
}

const CHANGED: [&str; 3] =
    ["notifications/tools/list_changed", "notifications/prompts/list_changed", "notifications/resources/list_changed"];

#[tokio::test(start_paused = true)]
async fn one_session_lists_and_finds_them() {
    let client = Client::connect(locked()).await.unwrap();
    assert!(listed(&client).await.is_empty());
    call(&client, "unlock").await;
    assert_eq!(told(&client), CHANGED);

    assert_eq!(listed(&client).await, ["secret", "ask", "own:diary", "note:///{id}"]);
    assert_eq!(call(&client, "secret").await, "own tool");
    let prompt = client.get_prompt("ask", Value::Null).await.unwrap();
    assert_eq!(prompt.messages[0].content.as_text(), Some("own prompt"));
    for (uri, expected) in [("own:diary", "dear diary"), ("note:///7", "7")] {
        let read = serde_json::to_value(client.read_resource(uri).await.unwrap()).unwrap();
        assert_eq!(read["contents"][0]["text"], expected, "{uri}");
    }
    let whom = client.complete(CompleteReference::prompt("ask"), "whom", "b").await.unwrap();
    assert_eq!(whom.values, ["Bob"]);
    let id = client.complete(CompleteReference::resource("note:///{id}"), "id", "1").await.unwrap();
    assert_eq!(id.values, ["10"]);
}

async fn finds_nothing(client: &Client) {
    assert!(listed(client).await.is_empty());
    assert_eq!(client.call_tool("secret", Value::Null).await.unwrap_err().base_code(), -32602);
    assert_eq!(client.get_prompt("ask", Value::Null).await.unwrap_err().base_code(), -32602);
    for uri in ["own:diary", "note:///7"] {
        assert_eq!(client.read_resource(uri).await.unwrap_err().base_code(), -32002, "{uri}");
    }
    assert!(client.complete(CompleteReference::prompt("ask"), "whom", "b").await.is_err());
    assert!(client.complete(CompleteReference::resource("note:///{id}"), "id", "1").await.is_err());
}

#[tokio::test(start_paused = true)]
async fn another_session_neither_sees_them_nor_is_told() {
    let client = Client::connect(locked()).await.unwrap();
    let other = Client::connect(client.server()).await.unwrap();
    call(&client, "unlock").await;
    finds_nothing(&other).await;
    call(&other, "lock").await;
    assert!(told(&other).is_empty(), "it had nothing to lose");
    assert_eq!(call(&client, "secret").await, "own tool", "one session takes nothing from another");
    let later = Client::connect(client.server()).await.unwrap();
    finds_nothing(&later).await;
}

#[tokio::test(start_paused = true)]
async fn they_are_taken_away_by_their_names() {
    let client = Client::connect(locked()).await.unwrap();
    call(&client, "unlock").await;
    assert_eq!(told(&client), CHANGED);
    call(&client, "lock").await;
    assert_eq!(told(&client), CHANGED);
    finds_nothing(&client).await;
    assert_eq!(call(&client, "shared").await, "the server's", "what is the server's stays");
    call(&client, "lock").await;
    assert!(told(&client).is_empty(), "nothing changed");
}

#[tokio::test(start_paused = true)]
async fn one_stands_in_the_place_of_the_servers_of_the_same_name() {
    let replace =
        Tool::new("replace").handler(|cx: Cx| async move { cx.add_components([tool("shared", "the session's")]) });
    let client = Client::connect(locked().with(replace)).await.unwrap();
    let other = Client::connect(client.server()).await.unwrap();
    let before = client.list_tools().await.unwrap().len();
    call(&client, "replace").await;
    assert_eq!(call(&client, "shared").await, "the session's");
    assert_eq!(call(&other, "shared").await, "the server's");
    assert_eq!(client.list_tools().await.unwrap().len(), before);
    call(&client, "lock").await;
    assert_eq!(call(&client, "shared").await, "the server's");
}

struct Database;

#[tokio::test(start_paused = true)]
async fn one_that_lacks_a_state_is_refused_and_nothing_changes() {
    let add = Tool::new("add").handler(|cx: Cx| async move {
        let needy = Tool::new("needy").requires::<State<Database>>().handler(|_: Cx| async {});
        let error = cx.add_components([tool("secret", "own tool"), needy]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config);
        error.to_string()
    });
    let client = Client::connect(locked().with(add)).await.unwrap();
    let answer = client.call_tool("add", Value::Null).await.unwrap();
    assert!(text(&answer).contains("Database"), "{answer:?}");
    assert!(told(&client).is_empty());
    assert!(client.call_tool("secret", Value::Null).await.is_err());
}
