//! Where questions may be asked from: several at once, tasks, other requests beside, hooks and events; and the roots.

use anpu::model::Notice;
use anpu::prelude::*;
use anpu::{Handle, Roots};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::client::{Client, NEWEST, all};

/// Ask two things at once.
#[tool]
async fn both(cx: Cx) -> Result<String> {
    let (first, second) = tokio::join!(async { cx.ask("first", Text::new("First?")).await }, async {
        cx.ask("second", Text::new("Second?")).await
    });
    Ok(format!("{:?} {:?}", first?, second?))
}

/// Ask from a task of its own.
#[tool]
async fn elsewhere(cx: Cx) -> Result<String> {
    let asking = tokio::spawn(async move { cx.ask("name", Text::new("Who?")).await });
    Ok(format!("{:?}", asking.await??))
}

/// Leave a task behind that asks when the request is over.
#[tool]
async fn leave(cx: Cx, kinds: State<tokio::sync::mpsc::UnboundedSender<ErrorKind>>) -> &'static str {
    let kinds = (*kinds).clone();
    tokio::spawn(async move {
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        let error = cx.ask("late", Confirm::new("Sure?")).await.expect_err("the request is over");
        kinds.send(error.kind())
    });
    "left"
}

/// Answer at once.
#[tool]
async fn quick() -> &'static str {
    "quick"
}

/// Say the roots.
#[tool]
async fn roots(cx: Cx) -> Result<String> {
    let roots = cx.roots().await?;
    Ok(roots.into_iter().map(|root| root.uri).collect::<Vec<_>>().join(" "))
}

/// Say the roots, asked for each time.
#[tool]
async fn fresh_roots(cx: Cx) -> Result<String> {
    Ok(format!("{}", cx.ask("roots", Roots).await?.len()))
}

#[derive(Serialize, Deserialize)]
struct Wake(String);

/// Asks when the client says something.
struct Curious;

impl Hooks for Curious {
    async fn notification(&self, cx: &Cx, notice: &Notice) {
        if matches!(notice, Notice::Initialized(_)) {
            let answer = cx.ask("hello", Text::new("Hello?")).await.map(Outcome::into_answer);
            cx.info(format!("hooks heard {:?}", answer.ok().flatten())).await;
        }
    }
}

fn server() -> Server {
    Server::new("places", "1.0.0").with(components![both, elsewhere, quick, roots, fresh_roots])
}

fn value(text: &str) -> Value {
    json!({ "action": "accept", "content": { "value": text } })
}

#[tokio::test(start_paused = true)]
async fn two_questions_at_once_are_answered_in_reverse() {
    let client = Client::open(server(), all()).await;
    client.call(1, "both");
    let first = client.question("elicitation/create").await;
    let second = client.question("elicitation/create").await;
    assert_ne!(first["id"], second["id"]);
    assert_eq!([&first["params"]["message"], &second["params"]["message"]], ["First?", "Second?"]);
    client.answer(&second, value("2"));
    client.is_quiet().await;
    client.answer(&first, value("1"));
    assert_eq!(client.text(1).await, r#"Accepted("1") Accepted("2")"#);
}

#[tokio::test(start_paused = true)]
async fn a_task_may_ask() {
    let client = Client::open(server(), all()).await;
    client.call(1, "elsewhere");
    let question = client.question("elicitation/create").await;
    client.answer(&question, value("me"));
    assert_eq!(client.text(1).await, r#"Accepted("me")"#);
}

#[tokio::test(start_paused = true)]
async fn a_task_that_outlives_its_request_is_told_so() {
    let (kinds, mut told) = tokio::sync::mpsc::unbounded_channel();
    let client = Client::open(server().with(components![leave]).state(kinds), all()).await;
    client.call(1, "leave");
    assert_eq!(client.text(1).await, "left");
    assert_eq!(told.recv().await, Some(ErrorKind::Cancelled));
    client.is_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn another_request_is_served_while_one_asks() {
    let client = Client::open(server(), all()).await;
    client.call(1, "both");
    let first = client.question("elicitation/create").await;
    let second = client.question("elicitation/create").await;
    client.call(2, "quick");
    assert_eq!(client.text(2).await, "quick");
    client.call(3, "elsewhere");
    let third = client.question("elicitation/create").await;
    client.answer(&third, value("3"));
    assert_eq!(client.text(3).await, r#"Accepted("3")"#);
    client.answer(&first, value("1"));
    client.answer(&second, value("2"));
    assert_eq!(client.text(1).await, r#"Accepted("1") Accepted("2")"#);
}

#[tokio::test(start_paused = true)]
async fn hooks_may_ask() {
    let client = Client::open(server().hooks(Curious), all()).await;
    let question = client.question("elicitation/create").await;
    client.answer(&question, value("hi"));
    assert_eq!(client.next().await["params"]["data"], r#"hooks heard Some("hi")"#);
}

#[tokio::test(start_paused = true)]
async fn events_may_ask() {
    let server = server().on_event(|wake: Wake, cx: Cx| async move {
        let answer = cx.ask("wake", Text::new(wake.0)).await.map(Outcome::into_answer);
        cx.info(format!("events heard {:?}", answer.ok().flatten())).await;
    });
    let handle: Handle = server.build().unwrap();
    let client = Client::of(handle.connect().unwrap(), NEWEST, all()).await;
    let session = handle.sessions().remove(0);
    let sending = tokio::spawn(async move { session.send(&Wake("Awake?".into())).await });
    let question = client.question("elicitation/create").await;
    assert_eq!(question["params"]["message"], "Awake?");
    client.answer(&question, value("yes"));
    assert_eq!(client.next().await["params"]["data"], r#"events heard Some("yes")"#);
    sending.await.unwrap().unwrap();
}

fn one_root(uri: &str) -> Value {
    json!({ "roots": [{ "uri": uri }] })
}

#[tokio::test(start_paused = true)]
async fn roots_are_remembered_until_they_change() {
    let client = Client::open(server(), all()).await;
    client.call(1, "roots");
    let question = client.question("roots/list").await;
    client.answer(&question, one_root("file:///a"));
    assert_eq!(client.text(1).await, "file:///a");
    client.call(2, "roots");
    assert_eq!(client.text(2).await, "file:///a");
    client.notify("notifications/roots/list_changed", json!({}));
    client.call(3, "roots");
    let question = client.question("roots/list").await;
    // They change again before the answer arrives: it is good for this handler, but for no other.
    client.notify("notifications/roots/list_changed", json!({}));
    client.answer(&question, one_root("file:///b"));
    assert_eq!(client.text(3).await, "file:///b");
    client.call(4, "roots");
    let question = client.question("roots/list").await;
    client.answer(&question, one_root("file:///c"));
    assert_eq!(client.text(4).await, "file:///c");
    client.call(5, "fresh_roots");
    let question = client.question("roots/list").await;
    client.answer(&question, json!({ "roots": [] }));
    assert_eq!(client.text(5).await, "0");
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_tell_of_changes_is_asked_each_time() {
    let client = Client::open(server(), json!({ "roots": {} })).await;
    for uri in ["file:///a", "file:///b"] {
        client.call(1, "roots");
        let question = client.question("roots/list").await;
        client.answer(&question, one_root(uri));
        assert_eq!(client.text(1).await, uri);
    }
    let without = Client::open(server(), json!({})).await;
    without.call(1, "roots");
    assert_eq!(without.next().await["error"]["data"]["requiredCapabilities"], json!({ "roots": {} }));
}
