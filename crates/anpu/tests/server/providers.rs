//! Lists that go on in providers: on the same page while there is room, whether providers work or not.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anpu::testing::Client;
use anpu::{
    Caching, Component, ComponentKind, Components, Cx, Limits, Listing, Provider, Resource, Result, Server, Tool,
    refused,
};
use serde_json::{Value, json};

use crate::support::{next, request, server};

fn tool(name: &str) -> Component {
    Tool::new(name).handler(|_: Cx| async { "" })
}

fn tools(names: &[&str]) -> Components {
    names.iter().map(|name| tool(name)).collect()
}

/// Names and where the list goes on.
fn read(page: &Value) -> (String, Option<&Value>) {
    let names = page["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap());
    (names.collect::<Vec<_>>().join(" "), page.get("nextCursor"))
}

async fn page(client: &Client, cursor: Option<&Value>) -> Value {
    let params = cursor.map_or_else(|| json!({}), |cursor| json!({ "cursor": cursor }));
    client.request("tools/list", params).await.unwrap()
}

/// A page of tools, and what it says of itself.
#[derive(Default)]
struct Shelf {
    tools: &'static [&'static str],
    next: Option<&'static str>,
    fresh: Option<Duration>,
    broken: Arc<AtomicBool>,
}

impl Provider for Shelf {
    async fn list(&self, _: &Cx, _: ComponentKind, after: Option<&str>) -> Result<Listing> {
        if self.broken.load(Ordering::SeqCst) {
            return Err(refused("out of order"));
        }
        if let Some(after) = after {
            return Ok(tools(&[after]).into());
        }
        Ok(Listing { components: tools(self.tools), next: self.next.map(str::to_owned), fresh: self.fresh })
    }

    async fn get(&self, _: &Cx, _: ComponentKind, _: &str) -> Result<Option<Component>> {
        Ok(None)
    }
}

fn shelf(tools: &'static [&'static str]) -> Shelf {
    Shelf { tools, ..Shelf::default() }
}

#[tokio::test(start_paused = true)]
async fn a_client_that_reads_one_page_sees_the_components_of_providers() {
    let resource = |uri: &str| Resource::new(uri).handler(|_: Cx| async { "" });
    let server = server().with(tools(&["a"])).with(resource("own:///"));
    let server =
        server.provider(tools(&["b", "c"])).nest("git", tools(&["d"])).provider(Components::from(resource("p:///")));
    let client = Client::connect(server).await.unwrap();
    assert_eq!(read(&page(&client, None).await), ("a b c git_d".into(), None));
    let resources = client.request("resources/list", Value::Null).await.unwrap();
    assert_eq!(resources["resources"].as_array().unwrap().len(), 2, "{resources}");
    assert_eq!(resources.get("nextCursor"), None, "{resources}");
}

#[tokio::test(start_paused = true)]
async fn a_full_page_leads_to_the_providers_and_one_with_room_goes_on() {
    let server = server().limits(Limits::default().page(2)).with(tools(&["a", "b", "c"]));
    let server =
        server.provider(tools(&["d", "e"])).provider(tools(&[])).provider(tools(&["f"])).provider(tools(&["g"]));
    let client = Client::connect(server).await.unwrap();
    let (mut pages, mut cursor) = (Vec::new(), None);
    loop {
        let page = page(&client, cursor.as_ref()).await;
        let (names, next) = read(&page);
        pages.push(names);
        cursor = next.cloned();
        if cursor.is_none() {
            break;
        }
    }
    assert_eq!(pages, ["a b", "c d e", "f g"], "a listing of a provider is not torn apart");
}

#[tokio::test(start_paused = true)]
async fn the_own_components_are_no_last_page_when_providers_have_none() {
    let server = server().limits(Limits::default().page(2)).with(tools(&["a", "b"])).provider(tools(&[]));
    let client = Client::connect(server).await.unwrap();
    let first = page(&client, None).await;
    let (names, cursor) = read(&first);
    assert_eq!((names.as_str(), cursor.is_some()), ("a b", true), "the provider is not asked for a page that is full");
    assert_eq!(read(&page(&client, cursor).await), (String::new(), None));
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_has_more_ends_the_page() {
    let more = Shelf { next: Some("c"), ..shelf(&["b"]) };
    let client = Client::connect(server().with(tools(&["a"])).provider(more).provider(tools(&["d"]))).await.unwrap();
    let first = page(&client, None).await;
    let (names, cursor) = read(&first);
    assert_eq!((names.as_str(), cursor.is_some()), ("a b", true));
    assert_eq!(read(&page(&client, cursor).await), ("c d".into(), None));
}

#[tokio::test(start_paused = true)]
async fn what_the_server_or_an_earlier_provider_has_is_listed_once() {
    let handle = server().with(tools(&["a"])).provider(tools(&["b", "a", "c"])).provider(tools(&["c", "d"])).build();
    let client = Client::connect(&handle.unwrap()).await.unwrap();
    assert_eq!(read(&page(&client, None).await).0, "a b c d");
    client.server().remove(&["a"]);
    assert_eq!(read(&page(&client, None).await).0, "b a c d", "it comes from the provider now");
}

#[tokio::test(start_paused = true)]
async fn what_the_server_has_on_an_earlier_page_is_listed_once() {
    let server = server().limits(Limits::default().page(1)).with(tools(&["a", "b"])).provider(tools(&["a", "c"]));
    let client = Client::connect(server).await.unwrap();
    let all = client.list_tools().await.unwrap().into_iter().map(|tool| tool.name);
    assert_eq!(all.collect::<Vec<_>>(), ["a", "b", "c"]);
}

#[tokio::test(start_paused = true)]
async fn a_provider_that_fails_takes_nothing_else_with_it() {
    let broken = Arc::new(AtomicBool::new(true));
    let failing = Shelf { broken: Arc::clone(&broken), ..shelf(&["b"]) };
    let client = Client::connect(server().with(tools(&["a"])).provider(failing).provider(tools(&["c"]))).await.unwrap();
    let first = page(&client, None).await;
    let (names, cursor) = read(&first);
    assert_eq!((names.as_str(), cursor.is_some()), ("a", true), "the own components are there");
    let fault = client.request("tools/list", json!({ "cursor": cursor })).await.unwrap_err();
    assert!(fault.to_string().contains("out of order"), "{fault}");
    broken.store(false, Ordering::SeqCst);
    assert_eq!(read(&page(&client, cursor).await), ("b c".into(), None), "its place was kept");
}

/// What a client of the newest version is told of a list: for how long it may keep it, and whose it is.
async fn told(server: Server) -> (Value, Value) {
    let line = server.build().unwrap().connect().unwrap();
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {},
    });
    line.send(request(1, "tools/list", &json!({ "_meta": meta })));
    let mut reply = next(&line).await;
    (reply["result"]["ttlMs"].take(), reply["result"]["cacheScope"].take())
}

#[tokio::test(start_paused = true)]
async fn a_page_is_fresh_for_as_long_as_all_that_is_on_it() {
    let fresh = |secs| Shelf { fresh: Some(Duration::from_secs(secs)), ..shelf(&["b"]) };
    let cached = || server().cache_lists(Caching::public(Duration::from_secs(60)));
    let private = |ttl: u64| (json!(ttl), json!("private"));
    assert_eq!(told(cached().with(tools(&["a"]))).await, (json!(60_000), json!("public")), "without providers");
    assert_eq!(told(cached().with(tools(&["a"])).provider(fresh(20))).await, private(20_000));
    assert_eq!(told(cached().with(tools(&["a"])).provider(fresh(90))).await, private(60_000));
    assert_eq!(told(cached().with(tools(&["a"])).provider(shelf(&["b"]))).await, private(60_000));
    assert_eq!(told(server().provider(fresh(90)).provider(fresh(30))).await, private(30_000), "nothing of its own");
    let broken = Shelf { broken: Arc::new(AtomicBool::new(true)), ..shelf(&[]) };
    assert_eq!(told(cached().with(tools(&["a"])).provider(broken)).await, private(0), "it lacks what failed");
}
