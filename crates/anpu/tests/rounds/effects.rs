//! `once`: what happens once in a request, however many rounds it takes.

use anpu::model::{ClientCapabilities, ElicitationCapability};
use anpu::prelude::*;
use anpu::testing::Client as Session;
use anpu::{Component, Tool};
use serde_json::json;

use crate::client::{Client, Count, call, error, questions, retry, server, text, yes};

/// Runs, effects, and questions one after the other.
fn order(runs: &Count, effects: &Count) -> Component {
    let (runs, effects) = (runs.clone(), effects.clone());
    Tool::new("order").handler(move |cx: Cx| {
        let (runs, effects) = (runs.clone(), effects.clone());
        async move {
            runs.add();
            let mut numbers = Vec::new();
            for key in ["sure", "really"] {
                let effects = effects.clone();
                numbers.push(cx.once("number", async move { Ok::<_, Error>(effects.add()) }).await?);
                if !cx.ask(key, Confirm::new("Sure?")).await?.accepted() {
                    return Err(declined("no"));
                }
            }
            Ok(format!("{numbers:?}"))
        }
    })
}

#[tokio::test]
async fn an_effect_happens_once_in_all_rounds_and_the_nth_use_of_a_key_is_its_own() {
    let (runs, effects) = (Count::default(), Count::default());
    let client = Client::of(server().with(order(&runs, &effects)));
    let order = call("order");
    let first = client.ask(&order).await;
    assert_eq!((questions(&first), runs.get(), effects.get()), (vec!["sure"], 1, 1));
    let second = client.ask(&retry(&order, &first, json!({ "sure": yes() }))).await;
    assert_eq!((questions(&second), runs.get(), effects.get()), (vec!["really"], 2, 2));
    let unanswered = client.ask(&retry(&order, &second, json!({}))).await;
    assert_eq!((questions(&unanswered), runs.get(), effects.get()), (vec!["really"], 3, 2));
    let last = client.ask(&retry(&order, &unanswered, json!({ "really": yes() }))).await;
    assert_eq!((text(&last), runs.get(), effects.get()), ("[0, 1]", 4, 2));

    let other = client.ask(&order).await;
    assert_eq!((questions(&other), effects.get()), (vec!["sure"], 3), "another request is another chain");
}

/// Fails the first time.
fn shaky(tries: &Count) -> Component {
    let tries = tries.clone();
    Tool::new("shaky").handler(move |cx: Cx| {
        let tries = tries.clone();
        async move {
            let reserve = async move {
                if tries.add() == 0 { Err(refused("the shop is closed")) } else { Ok("reserved".to_owned()) }
            };
            let reserved = cx.once("reserve", reserve).await;
            let outcome = cx.ask("sure", Confirm::new("Sure?")).await?;
            Ok::<_, Error>(format!("{} {}", reserved?, outcome.accepted()))
        }
    })
}

#[tokio::test]
async fn an_effect_that_failed_is_tried_again() {
    let tries = Count::default();
    let client = Client::of(server().with(shaky(&tries)));
    let shaky = call("shaky");
    let first = client.ask(&shaky).await;
    assert_eq!((questions(&first), tries.get()), (vec!["sure"], 1));
    let last = client.ask(&retry(&shaky, &first, json!({ "sure": yes() }))).await;
    assert_eq!((text(&last), tries.get()), ("reserved true", 2));
}

/// Asks where it must not.
fn nested() -> Component {
    Tool::new("nested").handler(|cx: Cx| async move {
        let inside = cx.clone();
        let once =
            cx.once("once", async move { Ok::<_, Error>(inside.ask("sure", Confirm::new("Sure?")).await?.accepted()) });
        let error = once.await.unwrap_err();
        // Outside of it, all is as before.
        let outcome = cx.ask("sure", Confirm::new("Sure?")).await?;
        Ok::<_, Error>(format!("{:?}, {error}, {}", error.kind(), outcome.accepted()))
    })
}

const NESTED: &str = "Config, `sure` was asked inside of `once`: ask first, then do it once, true";

#[tokio::test]
async fn asking_inside_of_an_effect_is_an_error() {
    let client = Client::of(server().with(nested()));
    let first = client.ask(&call("nested")).await;
    let last = client.ask(&retry(&call("nested"), &first, json!({ "sure": yes() }))).await;
    assert_eq!(text(&last), NESTED);
}

#[tokio::test]
async fn and_so_it_is_in_a_session_that_could_answer_in_place() {
    for server in [server(), server().always_replay()] {
        let client = Session::connect(server.with(nested()))
            .capabilities(ClientCapabilities::default().elicitation(ElicitationCapability::form()))
            .answer(|_, _| async { Ok(yes()) })
            .await
            .unwrap();
        let result = client.call_tool("nested", json!({})).await.unwrap();
        assert_eq!(result.content[0].as_text(), Some(NESTED));
    }
}

#[tokio::test]
async fn replayed_in_a_session_an_effect_happens_once_too() {
    let (runs, effects) = (Count::default(), Count::default());
    let client = Session::connect(server().with(order(&runs, &effects)).always_replay())
        .capabilities(ClientCapabilities::default().elicitation(ElicitationCapability::form()))
        .answer(|_, _| async { Ok(yes()) })
        .await
        .unwrap();
    let result = client.call_tool("order", json!({})).await.unwrap();
    assert_eq!(result.content[0].as_text(), Some("[0, 1]"));
    assert_eq!((runs.get(), effects.get()), (3, 2), "a run for each question, and the last one");
}

/// Panics in an effect.
fn broken() -> Component {
    Tool::new("broken").handler(|cx: Cx| async move {
        let broken = cx.clone();
        let task =
            tokio::spawn(async move { broken.once("broken", async { panic!("no") as Result<()> }).await.is_ok() });
        let panicked = task.await.is_err();
        let outcome = cx.ask("sure", Confirm::new("Sure?")).await?;
        Ok::<_, Error>(format!("{panicked} {}", outcome.accepted()))
    })
}

#[tokio::test]
async fn an_effect_that_panics_holds_up_nothing() {
    let client = Client::of(server().with(broken()));
    let first = client.ask(&call("broken")).await;
    let last = client.ask(&retry(&call("broken"), &first, json!({ "sure": yes() }))).await;
    assert_eq!(text(&last), "true true");
}

#[derive(serde::Serialize, serde::Deserialize)]
struct Odd {
    #[serde(skip_serializing)]
    needed: u8,
}

#[tokio::test]
async fn a_result_that_cannot_be_read_back_is_an_error_at_once() {
    let odd = Tool::new("odd").handler(|cx: Cx| async move {
        cx.once("odd", async { Ok::<_, Error>(Odd { needed: 1 }) }).await.map(|odd| odd.needed)
    });
    let reply = Client::of(server().with(odd)).ask(&call("odd")).await;
    assert!(reply["error"].is_object() || reply["result"]["isError"] == true, "{reply}");
}

#[tokio::test]
async fn keys_are_neither_empty_nor_endless() {
    for key in [String::new(), "k".repeat(1000)] {
        let tool = Tool::new("tool").handler(move |cx: Cx| {
            let key = key.clone();
            async move { cx.once(key, async { Ok::<_, Error>(1) }).await }
        });
        let reply = Client::of(server().with(tool)).ask(&call("tool")).await;
        let (code, text) = error(&reply);
        assert!(code == -32603 && text.contains("key"), "{text}");
    }
}
