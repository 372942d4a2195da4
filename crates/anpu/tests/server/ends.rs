//! The ends of sessions that nobody used, and what keeps a session from its end: a question, and the answer to it.

use std::time::Duration;

use anpu::{Cx, Ended, Hooks, Limits, Server, Text};
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::sleep;

use crate::endpoint::{Endpoint, Messages};
use crate::support::server;

const MINUTE: Duration = Duration::from_secs(60);

struct Watching(UnboundedSender<(String, Ended)>);

impl Hooks for Watching {
    async fn terminate(&self, session: &str, why: Ended) {
        self.0.send((session.to_owned(), why)).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn an_idle_session_ends_as_idle() {
    let (sender, mut ended) = unbounded_channel();
    let endpoint = Endpoint::new(server().idle_timeout(MINUTE).hooks(Watching(sender)));
    let session = endpoint.open().await;
    assert_eq!(ended.recv().await.unwrap(), (session, Ended::Idle));
    assert!(endpoint.handle.sessions().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_session_that_makes_room_for_a_new_one_ends_as_evicted() {
    let (sender, mut ended) = unbounded_channel();
    let endpoint = Endpoint::new(server().limits(Limits::default().sessions(1)).hooks(Watching(sender)));
    let first = endpoint.open().await;
    let second = endpoint.open().await;
    assert_eq!(ended.recv().await.unwrap(), (first.clone(), Ended::Evicted));
    assert_eq!(endpoint.ping(&second).await, StatusCode::OK);
    assert!(ended.try_recv().is_err(), "no other ended");
    assert_eq!(endpoint.ping(&first).await, StatusCode::OK, "it comes back");
    assert_eq!(ended.recv().await.unwrap(), (second, Ended::Evicted));
}

#[derive(Serialize, Deserialize)]
struct Wake;

/// A server that asks, when it is woken, outside of any request; and what came of it.
fn asking(within: Duration) -> (Server, tokio::sync::mpsc::UnboundedReceiver<String>) {
    let (sender, answers) = unbounded_channel();
    let server = server().idle_timeout(MINUTE).on_event(move |_: Wake, cx: Cx| {
        let sender = sender.clone();
        async move {
            let answer = cx.ask("name", Text::new("Who?")).within(within).await;
            let said = match answer {
                Ok(outcome) => format!("{:?}", outcome.into_answer()),
                Err(error) => format!("{:?}", error.kind()),
            };
            sender.send(said).unwrap();
        }
    });
    (server, answers)
}

/// A session whose client can be asked, and is: by a task beside.
async fn asked(endpoint: &Endpoint) -> String {
    let session = endpoint.open_as(None, &json!({ "elicitation": {} })).await;
    let handle = endpoint.handle.session(&session).unwrap();
    tokio::spawn(async move { handle.send(&Wake).await.unwrap() });
    session
}

#[tokio::test(start_paused = true)]
async fn an_open_question_holds_its_session_and_the_answer_is_a_sign_of_life() {
    let (server, mut answers) = asking(60 * MINUTE);
    let endpoint = Endpoint::new(server);
    let session = asked(&endpoint).await;
    let mut stream = Messages::of(endpoint.send(Method::GET, Some(&session), "").await);
    let question = stream.next().await.unwrap();
    drop(stream);

    sleep(30 * MINUTE).await;
    assert_eq!(endpoint.handle.sessions().len(), 1, "the question holds it");
    let answer = json!({ "jsonrpc": "2.0", "id": question["id"],
        "result": { "action": "accept", "content": { "value": "Ann" } } });
    let taken = endpoint.send(Method::POST, Some(&session), &answer.to_string()).await;
    assert_eq!(taken.status(), StatusCode::ACCEPTED);
    assert_eq!(answers.recv().await.unwrap(), r#"Some("Ann")"#);

    sleep(MINUTE / 2).await;
    assert_eq!(endpoint.handle.sessions().len(), 1, "half a minute after the answer");
    sleep(MINUTE).await;
    assert_eq!(endpoint.handle.sessions().len(), 0, "nothing holds it any more");
}

#[tokio::test(start_paused = true)]
async fn a_question_waits_for_a_stream() {
    let (server, mut answers) = asking(60 * MINUTE);
    let endpoint = Endpoint::new(server);
    let session = asked(&endpoint).await;
    sleep(30 * MINUTE).await;
    let mut stream = Messages::of(endpoint.send(Method::GET, Some(&session), "").await);
    let question = stream.next().await.unwrap();
    assert_eq!(question["method"], "elicitation/create", "{question}");
    let answer = json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": "decline" } });
    endpoint.send(Method::POST, Some(&session), &answer.to_string()).await;
    assert_eq!(answers.recv().await.unwrap(), "None");
}

#[tokio::test(start_paused = true)]
async fn a_question_waits_for_a_stream_no_longer_than_its_time() {
    let (server, mut answers) = asking(5 * MINUTE);
    let endpoint = Endpoint::new(server);
    let before = tokio::time::Instant::now();
    let _session = asked(&endpoint).await;
    assert_eq!(answers.recv().await.unwrap(), "TimedOut");
    assert!((300..=301).contains(&before.elapsed().as_secs()), "{:?}", before.elapsed());
}
