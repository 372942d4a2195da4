//! Questions that nobody answers: too late, withdrawn, or no longer wanted; and the clock that stands meanwhile.

use std::time::Duration;

use anpu::prelude::*;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::client::{Client, all};

const MINUTE: Duration = Duration::from_secs(60);

/// Ask, and say what came of it.
#[tool]
async fn ask(cx: Cx) -> String {
    match cx.ask("sure", Confirm::new("Sure?")).await {
        Ok(outcome) => format!("{outcome:?}"),
        Err(error) => format!("{:?}", error.kind()),
    }
}

/// Ask impatiently.
#[tool]
async fn hurry(cx: Cx) -> String {
    match cx.ask("sure", Confirm::new("Sure?")).within(Duration::from_secs(5)).await {
        Ok(outcome) => format!("{outcome:?}"),
        Err(error) => format!("{:?}", error.kind()),
    }
}

/// Ask the model, and say what kind of error came instead.
#[tool]
async fn sample(cx: Cx) -> String {
    cx.sample("s", Sample::new("hi")).await.map_or_else(|error| format!("{:?}", error.kind()), |said| said.text())
}

/// Work half of the allowed time, ask, and work longer than the other half.
#[tool]
async fn work(cx: Cx) -> Result<String> {
    tokio::time::sleep(MINUTE / 2).await;
    cx.ask("go-on", Confirm::new("Go on?")).await?;
    tokio::time::sleep(MINUTE / 2 + MINUTE / 60).await;
    Ok("done".into())
}

/// Ask, but lose interest after ten seconds, and do something else.
#[tool]
async fn lose_interest(cx: Cx) -> &'static str {
    let asking = async { cx.ask("sure", Confirm::new("Sure?")).await };
    match tokio::time::timeout(Duration::from_secs(10), asking).await {
        Ok(_) => "answered",
        Err(_) => {
            tokio::time::sleep(MINUTE / 2).await;
            "lost interest"
        }
    }
}

fn server() -> Server {
    Server::new("patient", "1.0.0").with(components![ask, hurry, sample, work, lose_interest]).request_timeout(MINUTE)
}

fn yes() -> Value {
    json!({ "action": "accept" })
}

#[tokio::test(start_paused = true)]
async fn the_clock_of_the_request_stands_while_a_person_thinks() {
    let client = Client::open(server(), all()).await;
    client.call(1, "ask");
    let question = client.question("elicitation/create").await;
    tokio::time::sleep(5 * MINUTE).await;
    client.answer(&question, yes());
    assert_eq!(client.text(1).await, "Accepted(())");
}

#[tokio::test(start_paused = true)]
async fn and_goes_on_where_it_stood() {
    let client = Client::open(server(), all()).await;
    client.call(1, "work");
    let question = client.question("elicitation/create").await;
    tokio::time::sleep(5 * MINUTE).await;
    client.answer(&question, yes());
    let answered = Instant::now();
    let reply = client.next().await;
    assert!(reply.get("error").is_some(), "the other half of its minute is over: {reply}");
    let waited = answered.elapsed();
    assert!(waited >= MINUTE / 2 && waited < MINUTE / 2 + MINUTE / 60, "{waited:?}");
}

#[tokio::test(start_paused = true)]
async fn a_person_has_ten_minutes_a_machine_one_and_the_client_is_told() {
    let client = Client::open(server(), all()).await;
    let cases = [
        ("ask", "elicitation/create", 10 * MINUTE),
        ("hurry", "elicitation/create", MINUTE / 12),
        ("sample", "sampling/createMessage", MINUTE),
    ];
    for (tool, method, patience) in cases {
        client.call(1, tool);
        let question = client.question(method).await;
        let asked = Instant::now();
        client.withdrawn(&question).await;
        let waited = asked.elapsed();
        assert!(waited >= patience && waited < patience + Duration::from_secs(1), "{tool}: {waited:?}");
        assert_eq!(client.text(1).await, "TimedOut");
    }
}

#[tokio::test(start_paused = true)]
async fn late_double_and_foreign_answers_are_ignored() {
    let client = Client::open(server(), all()).await;
    client.call(1, "hurry");
    let late = client.question("elicitation/create").await;
    client.withdrawn(&late).await;
    assert_eq!(client.text(1).await, "TimedOut");
    client.answer(&late, yes());
    client.call(2, "ask");
    let question = client.question("elicitation/create").await;
    client.answer(&late, yes());
    client.answer(&json!({ "id": "ask-0" }), yes());
    client.answer(&json!({ "id": 7 }), yes());
    client.is_quiet().await;
    client.answer(&question, json!({ "action": "decline" }));
    client.answer(&question, yes());
    assert_eq!(client.text(2).await, "Declined");
    client.is_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_request_withdraws_its_question() {
    let client = Client::open(server(), all()).await;
    client.call(1, "ask");
    let question = client.question("elicitation/create").await;
    client.notify("notifications/cancelled", json!({ "requestId": 1 }));
    client.withdrawn(&question).await;
    client.answer(&question, yes());
    client.is_quiet().await;
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_loses_interest_withdraws_its_question() {
    let client = Client::open(server(), all()).await;
    client.call(1, "lose_interest");
    let question = client.question("elicitation/create").await;
    let asked = Instant::now();
    client.withdrawn(&question).await;
    assert!(asked.elapsed() < Duration::from_secs(11), "at once, not with the reply: {:?}", asked.elapsed());
    assert_eq!(client.text(1).await, "lost interest");
}
