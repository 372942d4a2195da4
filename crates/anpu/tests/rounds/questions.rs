//! Which questions go out together, which do not go out, and a handler that does not ask the same twice.

use std::future::{pending, ready};

use anpu::prelude::*;
use anpu::{Component, Roots, Tool};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::Notify;

use crate::client::{Client, Count, call, error, questions, retry, server, text, yes};

fn confirm(text: &str) -> Confirm {
    Confirm::new(text)
}

#[tokio::test]
async fn what_is_asked_at_once_is_one_round() {
    let join = Tool::new("join").handler(|cx: Cx| async move {
        let asks = (cx.ask("a", confirm("A?")), cx.ask("b", confirm("B?")), cx.ask("c", Roots));
        let (a, b, c) = tokio::join!(asks.0.into_future(), asks.1.into_future(), asks.2.into_future());
        Ok::<_, Error>(format!("{} {} {}", a?.accepted(), b?.accepted(), c?.len()))
    });
    let client = Client::of(server().with(join));
    let join = call("join");
    let first = client.ask(&join).await;
    assert_eq!(questions(&first), ["a", "b", "c"]);
    let second = client.ask(&retry(&join, &first, json!({ "b": yes() }))).await;
    assert_eq!(questions(&second), ["a", "c"], "what is answered is not asked again");
    let answers = json!({ "a": { "action": "cancel" }, "c": { "roots": [{ "uri": "file:///a" }] } });
    assert_eq!(text(&client.ask(&retry(&join, &second, answers)).await), "false true 1");
}

#[tokio::test]
async fn a_question_that_was_dropped_is_not_asked() {
    let choosy = Tool::new("choosy").handler(|cx: Cx| async move {
        tokio::select! {
            biased;
            _ = cx.ask("dropped", confirm("Dropped?")).into_future() => {}
            () = ready(()) => {}
        }
        cx.ask("asked", confirm("Asked?")).await.map(|outcome| outcome.accepted())
    });
    let client = Client::of(server().with(choosy));
    let first = client.ask(&call("choosy")).await;
    assert_eq!(questions(&first), ["asked"]);
    assert_eq!(text(&client.ask(&retry(&call("choosy"), &first, json!({ "asked": yes() }))).await), "true");
}

#[tokio::test]
async fn a_handler_that_returns_although_it_asked_is_done() {
    let early = Tool::new("early").handler(|cx: Cx| async move {
        let refused = async { Err::<(), _>(refused("not today")) };
        let asked = async { cx.ask("sure", confirm("Sure?")).await.map(drop) };
        tokio::try_join!(asked, refused).map(|_| "both")
    });
    let reply = Client::of(server().with(early)).ask(&call("early")).await;
    assert_eq!((text(&reply), &reply["result"]["isError"]), ("not today", &json!(true)));
}

#[tokio::test]
async fn the_handler_is_dropped_before_its_questions_go_out() {
    struct OnDrop(Count);
    impl Drop for OnDrop {
        fn drop(&mut self) {
            self.0.add();
        }
    }
    let dropped = Count::default();
    let seen = dropped.clone();
    let tool = Tool::new("tool").handler(move |cx: Cx| {
        let on_drop = OnDrop(dropped.clone());
        async move {
            let accepted = cx.ask("sure", confirm("Sure?")).await?.accepted();
            drop(on_drop);
            Ok::<_, Error>(accepted)
        }
    });
    let client = Client::of(server().with(tool));
    let first = client.ask(&call("tool")).await;
    assert_eq!((questions(&first), seen.get()), (vec!["sure"], 1));
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_waits_for_something_else_is_not_let_go() {
    let (runs, gate) = (Count::default(), Arc::new(Notify::new()));
    let (counted, opened) = (runs.clone(), Arc::clone(&gate));
    let patient = Tool::new("patient").handler(move |cx: Cx| {
        let (runs, gate) = (counted.clone(), Arc::clone(&opened));
        async move {
            runs.add();
            if !cx.ask("sure", confirm("Sure?")).await?.accepted() {
                return Ok(0);
            }
            gate.notified().await;
            Ok::<_, Error>(runs.get())
        }
    });
    let client = Client::of(server().with(patient));
    let first = client.ask(&call("patient")).await;
    client.send(&retry(&call("patient"), &first, json!({ "sure": yes() })));
    let ten = std::time::Duration::from_secs(10);
    assert!(tokio::time::timeout(ten, client.next()).await.is_err(), "it waits, and asks nothing");
    gate.notify_one();
    assert_eq!(text(&client.next().await), "2", "one run for each round");
}

#[tokio::test(start_paused = true)]
async fn an_effect_at_work_is_not_torn_apart_by_a_question() {
    let (begun, gate) = (Count::default(), Arc::new(Notify::new()));
    let (counted, opened) = (begun.clone(), Arc::clone(&gate));
    let tool = Tool::new("tool").handler(move |cx: Cx| {
        let (begun, gate) = (counted.clone(), Arc::clone(&opened));
        async move {
            let effect = cx.once("slow", async move {
                begun.add();
                gate.notified().await;
                Ok::<_, Error>("done".to_owned())
            });
            let (sure, done) = tokio::join!(cx.ask("sure", confirm("Sure?")).into_future(), effect);
            Ok::<_, Error>(format!("{} {}", sure?.accepted(), done?))
        }
    });
    let client = Client::of(server().with(tool));
    client.send(&call("tool"));
    let ten = std::time::Duration::from_secs(10);
    assert!(tokio::time::timeout(ten, client.next()).await.is_err(), "the question waits for the effect");
    gate.notify_one();
    let first = client.next().await;
    assert_eq!(questions(&first), ["sure"]);
    let last = client.ask(&retry(&call("tool"), &first, json!({ "sure": yes() }))).await;
    assert_eq!((text(&last), begun.get()), ("true done", 1));
}

/// Asks something else in each run.
fn fickle(runs: &Count) -> Component {
    let runs = runs.clone();
    Tool::new("fickle").handler(move |cx: Cx| {
        let run = runs.add();
        async move { cx.ask("sure", Confirm::new(format!("Sure, in run {run}?"))).await.map(|outcome| outcome.accepted()) }
    })
}

#[tokio::test]
async fn another_question_under_a_known_key_is_told_as_the_handlers_fault() {
    let client = Client::of(server().with(fickle(&Count::default())));
    let first = client.ask(&call("fickle")).await;
    assert_eq!(questions(&first), ["sure"]);
    let reply = client.ask(&retry(&call("fickle"), &first, json!({ "sure": yes() }))).await;
    let (code, text) = error(&reply);
    assert_eq!(code, -32603, "{text}");
    assert!(text.contains("`sure`") && text.contains("the handler changed it") && text.contains("`once`"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_handler_that_asks_nothing_takes_its_own_time() {
    let stuck = Tool::new("stuck").handler(|_: Cx| async { pending::<&'static str>().await });
    let client = Client::of(server().with(stuck));
    let (code, text) = {
        let reply = client.ask(&call("stuck")).await;
        (error(&reply).0, error(&reply).1.to_owned())
    };
    assert!(code == -32603 && text.contains("longer than the server allows"), "{code} {text}");
}

#[tokio::test]
async fn a_fallback_stands_in_for_a_client_that_cannot_be_asked() {
    let tool = Tool::new("tool").handler(|cx: Cx| async move {
        let sure = cx.ask("sure", confirm("Sure?")).or(Outcome::Cancelled).await?;
        Ok::<_, Error>(format!("{sure:?}"))
    });
    let client = Client::of(server().with(tool));
    let mut unable = call("tool");
    unable["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({ "elicitation": { "url": {} } });
    assert_eq!(text(&client.ask(&unable).await), "Cancelled");
    let first = client.ask(&call("tool")).await;
    assert_eq!(questions(&first), ["sure"], "who can be asked is asked");
    let no = json!({ "sure": { "action": "decline" } });
    assert_eq!(text(&client.ask(&retry(&call("tool"), &first, no)).await), "Declined");
}

#[tokio::test]
async fn without_a_fallback_a_client_that_cannot_be_asked_is_told_what_it_lacks() {
    let tool = Tool::new("tool").handler(|cx: Cx| async move { cx.ask("sure", confirm("Sure?")).await.map(drop) });
    let client = Client::of(server().with(tool));
    let mut unable = call("tool");
    unable["params"]["_meta"]["io.modelcontextprotocol/clientCapabilities"] = json!({});
    let reply = client.ask(&unable).await;
    assert_eq!(error(&reply).0, -32021);
    assert_eq!(reply["error"]["data"]["requiredCapabilities"], json!({ "elicitation": {} }), "{reply}");
}
