//! Lists: pages and their cursors, and components that come from providers.

use anpu::testing::Client;
use anpu::{
    Component, ComponentKind, Components, Cx, Limits, Listing, Prompt, Provider, Resource, ResourceTemplate, Result,
    Tool, Vars, refused,
};
use serde_json::{Value, json};

use crate::support::{server, text};

fn tool(name: &str) -> Component {
    let said = name.to_owned();
    Tool::new(name).handler(move |_: Cx| {
        let said = said.clone();
        async move { said }
    })
}

fn tools(names: &[&str]) -> Components {
    names.iter().map(|name| tool(name)).collect()
}

fn names(page: &Value, member: &str) -> Vec<String> {
    let items = page[member].as_array().unwrap();
    items.iter().map(|item| item["name"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn all_pages_together_are_the_list_and_no_page_is_too_long() {
    let server = server().limits(Limits::default().page(2)).with(tools(&["a", "b", "c", "d", "e"]));
    let client = Client::connect(server).await.unwrap();
    let (mut all, mut sizes, mut params) = (Vec::new(), Vec::new(), json!({}));
    loop {
        let page = client.request("tools/list", &params).await.unwrap();
        let found = names(&page, "tools");
        sizes.push(found.len());
        all.extend(found);
        match page.get("nextCursor") {
            Some(cursor) => params = json!({ "cursor": cursor }),
            None => break,
        }
    }
    assert_eq!((all.concat().as_str(), sizes), ("abcde", vec![2, 2, 1]));
    assert_eq!(client.list_tools().await.unwrap().len(), 5);
}

#[tokio::test(start_paused = true)]
async fn a_list_that_fits_has_no_cursor() {
    let client = Client::connect(server().limits(Limits::default().page(2)).with(tools(&["a", "b"]))).await.unwrap();
    let page = client.request("tools/list", Value::Null).await.unwrap();
    assert_eq!(page.get("nextCursor"), None, "{page}");
}

#[tokio::test(start_paused = true)]
async fn a_cursor_that_was_not_given_out_for_this_list_is_refused() {
    let resource = |uri: &str| Resource::new(uri).name(uri).handler(|_: Cx| async { "contents" });
    let server =
        server().limits(Limits::default().page(1)).with(tools(&["a", "b"])).with([resource("a:1"), resource("a:2")]);
    let client = Client::connect(server).await.unwrap();
    let cursor = client.request("tools/list", Value::Null).await.unwrap()["nextCursor"].clone();
    let foreign = client.request("resources/list", Value::Null).await.unwrap()["nextCursor"].clone();
    let mut changed = cursor.as_str().unwrap().to_owned();
    let last = if changed.pop() == Some('A') { 'B' } else { 'A' };
    changed.push(last);

    for bad in [foreign, json!(changed), json!(""), json!("nonsense"), json!("🦀")] {
        let fault = client.request("tools/list", json!({ "cursor": bad })).await.unwrap_err();
        assert_eq!(fault.base_code(), -32602, "{bad}: {fault}");
        assert!(fault.to_string().contains("cursor"), "{bad}: {fault}");
    }
    let fault = client.request("tools/list", json!({ "cursor": 5 })).await.unwrap_err();
    assert!(fault.to_string().contains("params.cursor"), "{fault}");
    assert!(client.request("tools/list", json!({ "cursor": cursor })).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn a_cursor_goes_on_behind_its_place_though_the_list_changed() {
    let server = server().limits(Limits::default().page(2)).with(tools(&["a", "b", "c", "d"]));
    let client = Client::connect(server).await.unwrap();
    let cursor = client.request("tools/list", Value::Null).await.unwrap()["nextCursor"].clone();
    let next = async || names(&client.request("tools/list", json!({ "cursor": cursor })).await.unwrap(), "tools");
    client.server().remove(&["a"]);
    assert_eq!(next().await, ["c", "d"], "nothing is left out and nothing comes twice");
    client.server().insert(tool("a")).unwrap();
    client.server().remove(&["b"]);
    assert_eq!(next().await, ["d", "a"], "its place is gone, and its successors moved up");
}

/// Tools of whoever asks, two a page; it refuses one name.
struct Mine;

impl Provider for Mine {
    async fn list(&self, cx: &Cx, kind: ComponentKind, after: Option<&str>) -> Result<Listing> {
        if kind != ComponentKind::Tool {
            return Ok(Listing::default());
        }
        let client = &cx.client().name;
        let (numbers, next) = if after.is_none() { ([1, 2], Some("second".to_owned())) } else { ([3, 4], None) };
        let components = numbers.map(|number| tool(&format!("{client}-{number}"))).into();
        Ok(Listing { components, next, ..Listing::default() })
    }

    async fn get(&self, cx: &Cx, kind: ComponentKind, name: &str) -> Result<Option<Component>> {
        if name == "refused" {
            return Err(refused("not for you"));
        }
        let own = kind == ComponentKind::Tool && name.starts_with(cx.client().name.as_str());
        Ok(own.then(|| tool(name)))
    }
}

#[tokio::test(start_paused = true)]
async fn a_provider_is_asked_with_the_request_at_hand() {
    let handle = server().with(tools(&["own"])).provider(Mine).build().unwrap();
    let named = |name| Client::connect(&handle).info(anpu::model::Implementation::new(name, "1"));
    let (ann, bob) = (named("ann").await.unwrap(), named("bob").await.unwrap());

    let listed = |tools: Vec<anpu::model::Tool>| tools.into_iter().map(|tool| tool.name).collect::<Vec<_>>();
    assert_eq!(listed(ann.list_tools().await.unwrap()), ["own", "ann-1", "ann-2", "ann-3", "ann-4"]);
    assert_eq!(listed(bob.list_tools().await.unwrap()), ["own", "bob-1", "bob-2", "bob-3", "bob-4"]);

    assert_eq!(text(&ann.call_tool("ann-3", Value::Null).await.unwrap()), "ann-3");
    assert_eq!(bob.call_tool("ann-3", Value::Null).await.unwrap_err().base_code(), -32602);
    let fault = ann.call_tool("refused", Value::Null).await.unwrap_err();
    assert!(fault.to_string().contains("not for you"), "{fault}");
}

#[tokio::test(start_paused = true)]
async fn nested_components_have_a_prefix_and_the_own_ones_come_first() {
    let nested = || {
        let prompt = Prompt::new("ask").handler(|_: Vars, _: Cx| async { "nested prompt" });
        let fixed = Resource::new("fixed:///1").name("one").handler(|_: Cx| async { "fixed" });
        let notes = ResourceTemplate::new("note:///{id}").name("notes");
        let notes = notes.handler(|vars: Vars, _: Cx| async move { vars.get::<String>("id") });
        Components::from([tool("create"), tool("own"), prompt, fixed, notes])
    };
    let server = server().with(tools(&["own"])).nest("git", nested()).provider(tools(&["own", "last"]));
    let client = Client::connect(server).await.unwrap();

    let tools: Vec<_> = client.list_tools().await.unwrap().into_iter().map(|tool| tool.name).collect();
    assert_eq!(tools[..3], ["own", "git_create", "git_own"], "{tools:?}");
    assert_eq!(text(&client.call_tool("git_create", Value::Null).await.unwrap()), "create");
    assert_eq!(text(&client.call_tool("own", Value::Null).await.unwrap()), "own");
    assert_eq!(text(&client.call_tool("last", Value::Null).await.unwrap()), "last");
    assert_eq!(client.call_tool("create", Value::Null).await.unwrap_err().base_code(), -32602);

    assert_eq!(client.list_prompts().await.unwrap()[0].name, "git_ask");
    let prompt = client.get_prompt("git_ask", Value::Null).await.unwrap();
    assert_eq!(prompt.messages[0].content.as_text(), Some("nested prompt"));

    assert_eq!(client.list_resource_templates().await.unwrap()[0].uri_template, "note:///{id}");
    let read = async |uri| serde_json::to_value(client.read_resource(uri).await.unwrap()).unwrap();
    assert_eq!(read("note:///a%20b").await["contents"][0]["text"], "a b");
    assert_eq!(read("fixed:///1").await["contents"][0]["text"], "fixed");
}
