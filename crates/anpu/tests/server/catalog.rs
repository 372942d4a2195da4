//! Components: what a server refuses to be made of, and how its catalog changes while it runs.

use anpu::model::{CompleteReference, Notice, PromptArgument};
use anpu::testing::Client;
use anpu::{Completing, Component, Cx, ErrorKind, Prompt, Resource, ResourceTemplate, Server, State, Tool, Vars};
use serde_json::{Value, json};

use crate::support::{server, text};

fn tool(name: &str) -> Component {
    let said = name.to_owned();
    Tool::new(name).handler(move |_: Cx| {
        let said = said.clone();
        async move { said }
    })
}

fn resource(uri: &str) -> Component {
    Resource::new(uri).handler(|_: Cx| async { "contents" })
}

fn prompt(name: &str) -> Component {
    Prompt::new(name).handler(|_: Vars, _: Cx| async { "text" })
}

fn mistake(server: Server) -> String {
    let error = server.build().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    error.to_string()
}

struct Database;

fn needy() -> Component {
    Tool::new("needy").requires::<State<Database>>().handler(|cx: Cx| async move {
        use anpu::FromCx as _;
        State::<Database>::from_cx(&cx).await.map(|_| "has it")
    })
}

#[tokio::test(start_paused = true)]
async fn a_server_that_lacks_a_state_is_not_built() {
    let text = mistake(server().with(needy()));
    assert!(text.contains("tool `needy`") && text.contains("Database") && text.contains(".state("), "{text}");
    let client = Client::connect(server().state(Database).with(needy())).await.unwrap();
    assert_eq!(crate::support::text(&client.call_tool("needy", Value::Null).await.unwrap()), "has it");
}

#[test]
fn two_components_of_one_name_are_refused() {
    assert!(mistake(server().with([tool("twin"), tool("twin")])).contains("tool `twin`"));
    assert!(mistake(server().with([prompt("twin"), prompt("twin")])).contains("prompt `twin`"));
    assert!(mistake(server().with([resource("a:b"), resource("a:b")])).contains("resource `a:b`"));
    assert!(server().with([tool("twin"), prompt("twin")]).build().is_ok(), "a tool and a prompt do not clash");
}

#[test]
fn versions_that_this_build_does_not_know_are_refused() {
    let text = mistake(server().versions(["1999-01-01"]));
    assert!(text.contains("1999-01-01") && text.contains("2025-11-25"), "{text}");
    assert!(mistake(server().versions([""; 0])).contains("at least one version"));
    assert!(mistake(server().with(tool("a bad name"))).contains("a bad name"));
}

fn kinds(notices: &[Notice]) -> Vec<&str> {
    notices.iter().map(Notice::method).collect()
}

#[tokio::test(start_paused = true)]
async fn each_change_of_the_catalog_is_told_once_and_seen_at_once() {
    let client = Client::connect(server().with([tool("first"), prompt("p"), resource("a:1")])).await.unwrap();
    let other = Client::connect(client.server()).await.unwrap();
    let changed = async |expected: &[&str], tools: &[&str]| {
        for client in [&client, &other] {
            let listed = client.list_tools().await.unwrap();
            assert_eq!(listed.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>(), tools);
            assert_eq!(kinds(&client.notices()), expected);
        }
    };
    let (tools, prompts, resources) = (
        "notifications/tools/list_changed",
        "notifications/prompts/list_changed",
        "notifications/resources/list_changed",
    );
    let handle = client.server();

    changed(&[], &["first"]).await;
    handle.insert([tool("second"), tool("third"), tool("first")]).unwrap();
    changed(&[tools], &["first", "second", "third"]).await;
    handle.remove(&["first", "a:1"]);
    changed(&[tools, resources], &["second", "third"]).await;
    handle.remove(&["no such"]);
    changed(&[], &["second", "third"]).await;
    handle.replace_all([tool("fourth"), resource("a:2")]).unwrap();
    changed(&[tools, prompts, resources], &["fourth"]).await;

    assert_eq!(text(&client.call_tool("fourth", Value::Null).await.unwrap()), "fourth");
    assert_eq!(client.call_tool("second", Value::Null).await.unwrap_err().base_code(), -32602);
    assert_eq!(client.list_resources().await.unwrap().len(), 1);
    assert!(client.list_prompts().await.unwrap().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_change_that_cannot_be_is_refused_as_a_whole() {
    let client = Client::connect(server().with(tool("first"))).await.unwrap();
    let error = client.server().insert([tool("second"), needy()]).unwrap_err();
    assert!(error.to_string().contains("Database"), "{error}");
    assert!(client.server().replace_all([needy()]).is_err());
    assert_eq!(client.list_tools().await.unwrap().len(), 1);
    assert!(client.notices().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_call_that_runs_is_not_disturbed_by_the_removal_of_its_tool() {
    let held = crate::support::Held::new();
    let client = Client::connect(server().with(held.tool("slow"))).await.unwrap();
    let call = client.request("tools/call", json!({ "name": "slow" }));
    held.wait_for(1).await;
    client.server().remove(&["slow"]);
    held.let_go(1);
    assert_eq!(call.await.unwrap()["content"][0]["text"], "done");
}

#[tokio::test(start_paused = true)]
async fn what_no_component_is_there_for_is_not_announced_and_not_found() {
    let client = Client::connect(server().with(tool("only"))).await.unwrap();
    let offered = serde_json::to_value(&client.introduced().capabilities).unwrap();
    assert_eq!(offered, json!({ "logging": {}, "tools": { "listChanged": true } }));
    for method in ["prompts/list", "resources/list", "resources/templates/list"] {
        assert_eq!(client.request(method, Value::Null).await.unwrap_err().base_code(), -32601, "{method}");
    }
    client.server().insert(prompt("now")).unwrap();
    assert_eq!(client.list_prompts().await.unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn arguments_and_variables_are_completed() {
    let prompt = Prompt::new("review")
        .argument(PromptArgument::new("language"))
        .argument(PromptArgument::new("code"))
        .complete("language", ["Rust", "Ruby", "Python"])
        .handler(|_: Vars, _: Cx| async { "text" });
    let notes = ResourceTemplate::new("note:///{id}")
        .complete("id", ["10", "11", "20"])
        .handler(|vars: Vars, _: Cx| async move { vars.get::<String>("id") });
    let client = Client::connect(server().with([prompt, notes])).await.unwrap();
    let complete = async |reference, argument, typed| client.complete(reference, argument, typed).await;

    assert_eq!(complete(CompleteReference::prompt("review"), "language", "ru").await.unwrap().values, ["Rust", "Ruby"]);
    assert!(complete(CompleteReference::prompt("review"), "code", "ru").await.unwrap().values.is_empty());
    assert_eq!(complete(CompleteReference::resource("note:///{id}"), "id", "1").await.unwrap().values, ["10", "11"]);
    assert_eq!(complete(CompleteReference::prompt("no such"), "a", "").await.unwrap_err().base_code(), -32602);
}

#[tokio::test(start_paused = true)]
async fn a_completer_knows_what_was_filled_in_before() {
    let cities = |completing: Completing| async move {
        match completing.context.get("country").map(String::as_str) {
            Some("Egypt") => vec!["Cairo", "Luxor"],
            _ => vec![],
        }
    };
    let prompt = Prompt::new("travel")
        .argument(PromptArgument::new("country"))
        .argument(PromptArgument::new("city"))
        .complete("city", cities)
        .handler(|_: Vars, _: Cx| async { "text" });
    let client = Client::connect(server().with(prompt)).await.unwrap();
    let complete = async |context: Value| {
        let reference = json!({ "type": "ref/prompt", "name": "travel" });
        let params = json!({ "ref": reference, "argument": { "name": "city", "value": "" }, "context": context });
        client.request("completion/complete", params).await.unwrap()["completion"]["values"].clone()
    };
    assert_eq!(complete(json!({ "arguments": { "country": "Egypt" } })).await, json!(["Cairo", "Luxor"]));
    assert_eq!(complete(json!({ "arguments": { "country": "Nowhere" } })).await, json!([]));
    assert_eq!(complete(json!({})).await, json!([]));
}

#[tokio::test(start_paused = true)]
async fn a_state_may_be_shared_with_others() {
    use anpu::FromCx as _;
    let calls = std::sync::Arc::new(crate::support::Count::default());
    let counted = || {
        Tool::new("count").requires::<State<crate::support::Count>>().handler(|cx: Cx| async move {
            State::<crate::support::Count>::from_cx(&cx).await.map(|calls| calls.add())
        })
    };
    for _ in 0..2 {
        let server = server().shared_state(std::sync::Arc::clone(&calls)).with(counted());
        Client::connect(server).await.unwrap().call_tool("count", Value::Null).await.unwrap();
    }
    assert_eq!(calls.get(), 2, "two servers count on one counter");
}
