//! How long questions stay open, and what the clock of a request does meanwhile.

use std::time::Duration;

use anpu::prelude::*;
use anpu::{Component, Tool};
use serde_json::json;
use tokio::time::advance;

use crate::client::{Client, call, questions, retry, server, text, yes};

const SECOND: Duration = Duration::from_secs(1);

/// Asks two things at once, one of them impatiently.
fn hurry() -> Component {
    Tool::new("hurry").handler(|cx: Cx| async move {
        let impatient = cx.ask("fast", Confirm::new("Fast?")).within(5 * SECOND);
        let patient = cx.ask("slow", Confirm::new("Slow?"));
        let (fast, slow) = tokio::join!(impatient.into_future(), patient.into_future());
        let fast = match fast {
            Ok(outcome) => format!("{outcome:?}"),
            Err(error) => format!("{:?}", error.kind()),
        };
        Ok::<_, Error>(format!("{fast} {}", slow?.accepted()))
    })
}

#[tokio::test(start_paused = true)]
async fn the_time_of_a_question_goes_on_over_all_rounds() {
    let client = Client::of(server().with(hurry()));
    let hurry = call("hurry");
    let first = client.ask(&hurry).await;
    advance(3 * SECOND).await;
    let second = client.ask(&retry(&hurry, &first, json!({}))).await;
    assert_eq!(questions(&second), ["fast", "slow"]);
    advance(3 * SECOND).await;
    let late = client.ask(&retry(&hurry, &second, json!({ "fast": yes() }))).await;
    assert_eq!(questions(&late), ["slow"], "six seconds after it was asked first, it is over");
    let last = client.ask(&retry(&hurry, &late, json!({ "fast": yes(), "slow": yes() }))).await;
    assert_eq!(text(&last), "TimedOut true", "and stays over");
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_time_counts_for_good() {
    let client = Client::of(server().with(hurry()));
    let hurry = call("hurry");
    let first = client.ask(&hurry).await;
    advance(4 * SECOND).await;
    let second = client.ask(&retry(&hurry, &first, json!({ "fast": yes() }))).await;
    assert_eq!(questions(&second), ["slow"]);
    advance(60 * SECOND).await;
    let last = client.ask(&retry(&hurry, &second, json!({ "slow": yes() }))).await;
    assert_eq!(text(&last), "Accepted(()) true");
}

#[tokio::test(start_paused = true)]
async fn each_round_has_the_whole_time_of_a_request() {
    let slow = Tool::new("slow").handler(|cx: Cx| async move {
        tokio::time::sleep(40 * SECOND).await;
        cx.ask("sure", Confirm::new("Sure?")).await.map(|outcome| outcome.accepted())
    });
    let client = Client::of(server().with(slow).request_timeout(60 * SECOND));
    let first = client.ask(&call("slow")).await;
    assert_eq!(questions(&first), ["sure"]);
    advance(600 * SECOND).await;
    let last = client.ask(&retry(&call("slow"), &first, json!({ "sure": yes() }))).await;
    assert_eq!(text(&last), "true");
}
