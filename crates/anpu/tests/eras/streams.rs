//! Questions, replays and ends on the streams of Streamable HTTP.

use anpu::prelude::*;
use anpu::{Limits, Tool};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::endpoint::{Endpoint, Stream, call, whole};

/// Tells when it is dropped.
struct Told(mpsc::UnboundedSender<&'static str>);

impl Drop for Told {
    fn drop(&mut self) {
        // The test may be over.
        let _ = self.0.send("dropped");
    }
}

/// A server with a tool that asks, and what became of its calls.
fn asking() -> (Server, mpsc::UnboundedReceiver<&'static str>) {
    let (events, heard) = mpsc::unbounded_channel();
    let confirm = Tool::new("confirm").handler(move |cx: Cx| {
        let told = Told(events.clone());
        async move {
            let outcome = cx.ask("sure", Confirm::new("Sure?")).await?;
            drop(told);
            Ok::<_, anpu::Error>(if outcome.accepted() { "sure" } else { "not sure" })
        }
    });
    (Server::new("streams", "1.0.0").with(confirm), heard)
}

fn ping(id: u64) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "ping" })
}

fn answer(question: &Value, action: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": question["id"], "result": { "action": action } })
}

/// The next message, which is a question.
async fn question(stream: &mut Stream) -> Value {
    let question = stream.next().await.unwrap().message;
    assert_eq!(question["method"], "elicitation/create", "{question}");
    question
}

/// The next message, which is the last: the text of the tool's result.
async fn result(stream: &mut Stream, id: u64) -> String {
    let answer = stream.next().await.unwrap().message;
    assert_eq!(answer["id"], id, "{answer}");
    assert_eq!(stream.next().await, None, "with the answer the stream ends");
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {answer}")).to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_question_goes_out_on_the_stream_of_its_request_and_others_are_served_meanwhile() {
    let endpoint = Endpoint::of(asking().0);
    let session = endpoint.open().await;
    let mut beside = endpoint.listen(&session).await;
    let mut first = Stream::of(endpoint.post(&session, &call(1, "confirm")).await);
    let mut second = Stream::of(endpoint.post(&session, &call(2, "confirm")).await);
    let (one, other) = (question(&mut first).await, question(&mut second).await);
    assert_ne!(one["id"], other["id"]);
    let pong = whole(endpoint.post(&session, &ping(3)).await).await;
    assert_eq!(pong, r#"{"jsonrpc":"2.0","id":3,"result":{}}"#);

    assert_eq!(endpoint.post(&session, &answer(&other, "accept")).await.status(), 202);
    assert_eq!(result(&mut second, 2).await, "sure");
    assert_eq!(endpoint.post(&session, &answer(&one, "decline")).await.status(), 202);
    assert_eq!(result(&mut first, 1).await, "not sure");
    assert_eq!(beside.heard(), (vec![], false), "each message goes out on exactly one stream");
}

#[tokio::test(start_paused = true)]
async fn a_question_whose_connection_broke_is_found_again_and_so_is_what_follows() {
    let endpoint = Endpoint::of(asking().0);
    let session = endpoint.open().await;
    let mut first = Stream::of(endpoint.post(&session, &call(1, "confirm")).await);
    let event = first.next().await.unwrap();
    drop(first);
    assert_eq!(endpoint.post(&session, &answer(&event.message, "accept")).await.status(), 202);
    let mut again = Stream::of(endpoint.get(&session, Some(&event.id)).await);
    assert_eq!(result(&mut again, 1).await, "sure", "only what followed");
}

#[derive(Serialize, Deserialize)]
struct Wake;

#[tokio::test(start_paused = true)]
async fn a_question_from_outside_waits_for_a_stream() {
    let (answers, mut told) = mpsc::unbounded_channel();
    let server = Server::new("streams", "1.0.0").on_event(move |_: Wake, cx: Cx| {
        let answers = answers.clone();
        async move {
            let answer = cx.ask("awake", Confirm::new("Awake?")).await.map(|outcome| outcome.accepted());
            answers.send(answer.ok()).unwrap();
        }
    });
    let endpoint = Endpoint::of(server);
    let session = endpoint.open().await;
    let outside = endpoint.handle.session(&session).unwrap();
    let sending = tokio::spawn(async move { outside.send(&Wake).await });
    // The clock is paused: the answer comes back once the event has nothing left to do but wait.
    tokio::task::yield_now().await;
    assert!(told.try_recv().is_err());
    let mut stream = endpoint.listen(&session).await;
    let question = question(&mut stream).await;
    assert_eq!(endpoint.post(&session, &answer(&question, "accept")).await.status(), 202);
    assert_eq!(told.recv().await, Some(Some(true)));
    sending.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn what_was_trimmed_cannot_be_replayed_and_what_is_kept_can() {
    let server = Server::new("streams", "1.0.0").limits(Limits::default().stream(8, 1000));
    let endpoint = Endpoint::of(server);
    let session = endpoint.open().await;
    let outside = endpoint.handle.session(&session).unwrap();
    let mut stream = endpoint.listen(&session).await;
    let mut events = Vec::new();
    for at in 0..40 {
        // Unlike progress and logs, this is nothing that a reader can do without.
        outside.elicitation_complete(&at.to_string());
        let event = stream.next().await.unwrap();
        assert_eq!(event.message["params"]["elicitationId"], at.to_string(), "who reads in time loses nothing");
        events.push(event);
    }
    drop(stream);
    for event in &events[..20] {
        let refused = endpoint.get(&session, Some(&event.id)).await;
        assert_eq!(refused.status(), 400, "{event:?}");
        let why = whole(refused).await;
        assert!(why.contains("no longer kept"), "{why}");
    }

    let mut again = Stream::of(endpoint.get(&session, Some(&events[37].id)).await);
    for event in &events[38..] {
        assert_eq!(again.next().await.unwrap().message, event.message);
    }
    outside.elicitation_complete("40");
    assert_eq!(again.next().await.unwrap().message["params"]["elicitationId"], "40", "and goes on");
}

#[tokio::test(start_paused = true)]
async fn delete_ends_every_stream_and_what_waits_on_them() {
    let (server, mut events) = asking();
    let endpoint = Endpoint::of(server);
    let (session, other) = (endpoint.open().await, endpoint.open().await);
    let mut listening = [endpoint.listen(&session).await, endpoint.listen(&session).await];
    let mut running = Stream::of(endpoint.post(&session, &call(1, "confirm")).await);
    let question = question(&mut running).await;
    let mut spared = endpoint.listen(&other).await;

    assert_eq!(endpoint.delete(&session).await.status(), 204);
    for stream in &mut listening {
        assert_eq!(stream.next().await, None);
    }
    while let Some(event) = running.next().await {
        assert_ne!(event.message["id"], 1, "no answer: {event:?}");
    }
    assert_eq!(events.recv().await, Some("dropped"));
    assert_eq!(endpoint.post(&session, &answer(&question, "accept")).await.status(), 404);
    assert_eq!(endpoint.get(&session, None).await.status(), 404);
    assert_eq!(spared.heard(), (vec![], false), "the session next to it goes on");
}
