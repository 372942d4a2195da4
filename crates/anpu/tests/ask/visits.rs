//! Web pages to be visited: asked for, demanded first, and done.

use anpu::Handle;
use anpu::prelude::*;
use serde_json::json;

use super::client::{Client, NEWEST, all};

/// Send a person to a page, and tell when it is done.
#[tool]
async fn connect(cx: Cx) -> Result<String> {
    let visit = Visit::with_id("Connect.", |id| format!("https://example.com/connect?for={id}"));
    let id = visit.id().to_owned();
    let outcome = cx.ask("connect", visit).await?;
    cx.elicitation_complete(&id).await;
    Ok(format!("{outcome:?}"))
}

/// Send a person to a page that is not safe.
#[tool]
async fn unsafely(cx: Cx) -> Result<String> {
    Ok(format!("{:?}", cx.ask("connect", Visit::new("Connect.", "http://example.com/")).await?))
}

/// Go on only after a visit.
#[tool]
async fn first(cx: Cx) -> Result<String> {
    Err(cx.visit_first("Connect first.", [Visit::new("Connect.", "https://example.com/connect")]))
}

fn server() -> Server {
    Server::new("visits", "1.0.0").with(components![connect, unsafely, first])
}

#[tokio::test(start_paused = true)]
async fn a_person_is_sent_and_the_client_is_told_when_it_is_done() {
    let client = Client::open(server(), all()).await;
    client.call(1, "connect");
    let question = client.question("elicitation/create").await;
    let id = question["params"]["elicitationId"].as_str().unwrap();
    let expected = json!({ "mode": "url", "message": "Connect.", "elicitationId": id,
        "url": format!("https://example.com/connect?for={id}") });
    assert_eq!(question["params"], expected);
    client.answer(&question, json!({ "action": "accept" }));
    let done = client.next().await;
    assert_eq!(done["method"], "notifications/elicitation/complete");
    assert_eq!(done["params"], json!({ "elicitationId": id }));
    assert_eq!(client.text(1).await, "Accepted(())");
}

#[tokio::test(start_paused = true)]
async fn it_may_be_done_from_outside_long_after_the_request() {
    let handle: Handle = server().build().unwrap();
    let client = Client::of(handle.connect().unwrap(), NEWEST, all()).await;
    let other = Client::of(handle.connect().unwrap(), NEWEST, all()).await;
    client.is_quiet().await;
    let name = handle.sessions().into_iter().map(|session| session.id()).collect::<Vec<_>>();
    for id in &name {
        handle.session(id).unwrap().elicitation_complete(&format!("visit of {id}"));
    }
    let (mine, theirs) = (client.next().await, other.next().await);
    assert_eq!([&mine["method"], &theirs["method"]], ["notifications/elicitation/complete"; 2]);
    assert_ne!(mine["params"], theirs["params"], "each session is told of its own");
    client.is_quiet().await;
    other.is_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn nobody_is_sent_to_an_unsafe_page() {
    let client = Client::open(server(), all()).await;
    client.call(1, "unsafely");
    let reply = client.next().await;
    assert_eq!(reply["error"]["code"], -32603, "{reply}");
    client.is_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn a_visit_demanded_first_is_an_error_of_its_own() {
    let client = Client::open(server(), all()).await;
    client.call(1, "first");
    let error = client.next().await["error"].clone();
    assert_eq!(error["code"], -32042);
    assert_eq!(error["message"], "Connect first.");
    let visit = &error["data"]["elicitations"][0];
    assert_eq!(visit["mode"], "url");
    assert_eq!(visit["url"], "https://example.com/connect");
    assert_eq!(visit["message"], "Connect.");
    assert!(visit["elicitationId"].as_str().is_some_and(|id| id.len() == 32), "{visit}");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_opens_no_pages_is_told_what_it_lacks() {
    let forms_only = Client::open(server(), json!({ "elicitation": {} })).await;
    let older = Client::speaking("2025-06-18", server(), all()).await;
    for client in [forms_only, older] {
        for tool in ["connect", "first"] {
            client.call(1, tool);
            let reply = client.next().await;
            let missing = &reply["error"]["data"]["requiredCapabilities"];
            assert_eq!(*missing, json!({ "elicitation": { "url": {} } }), "{tool}: {reply}");
        }
        client.is_quiet().await;
    }
}
