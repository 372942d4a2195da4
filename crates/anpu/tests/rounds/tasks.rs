//! Questions from tasks that a handler started: they are told that the handler was let go, and never hang.

use std::pin::Pin;
use std::task::Poll;
use std::time::Duration;

use anpu::Tool;
use anpu::prelude::*;
use serde_json::json;
use tokio::sync::{mpsc, oneshot};

use crate::client::{Client, call, questions, retry, server, text, yes};

type Told = mpsc::UnboundedReceiver<(&'static str, Option<ErrorKind>)>;

async fn asked(cx: &Cx, key: &'static str) -> Option<ErrorKind> {
    cx.ask(key, Confirm::new("Sure?")).await.err().map(|error| error.kind())
}

/// What is there already, without waiting.
async fn at_once<F: Future + Unpin>(future: &mut F) -> Option<F::Output> {
    std::future::poll_fn(|cx| match Pin::new(&mut *future).poll(cx) {
        Poll::Ready(output) => Poll::Ready(Some(output)),
        Poll::Pending => Poll::Ready(None),
    })
    .await
}

#[tokio::test]
async fn a_task_that_asks_is_told_that_the_handler_was_let_go() {
    let (telling, mut told): (_, Told) = mpsc::unbounded_channel();
    let tool = Tool::new("tool").handler(move |cx: Cx| {
        let telling = telling.clone();
        async move {
            let task = tokio::spawn(async move {
                let error = asked(&cx, "inside").await;
                telling.send(("inside", error)).unwrap();
                error.is_none()
            });
            task.await.is_ok_and(|answered| answered)
        }
    });
    let client = Client::of(server().with(tool));
    let first = client.ask(&call("tool")).await;
    assert_eq!(questions(&first), ["inside"], "it is asked with the others");
    assert_eq!(told.recv().await, Some(("inside", Some(ErrorKind::Suspended))));
    let last = client.ask(&retry(&call("tool"), &first, json!({ "inside": yes() }))).await;
    assert_eq!(text(&last), "true", "when the handler runs again, so does its task");
    assert_eq!(told.recv().await, Some(("inside", None)));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_asks_when_its_handler_is_done_is_told_so() {
    let (telling, mut told): (_, Told) = mpsc::unbounded_channel();
    let tool = Tool::new("tool").handler(move |cx: Cx| {
        let telling = telling.clone();
        async move {
            let (asking, began) = oneshot::channel();
            tokio::spawn(async move {
                let ask = asked(&cx, "open");
                let mut ask = std::pin::pin!(ask);
                assert!(at_once(&mut ask).await.is_none(), "nobody answered yet");
                asking.send(()).unwrap();
                telling.send(("open", ask.await)).unwrap();
            });
            // It has asked, and the handler is done in the same breath.
            began.await.unwrap();
            "done"
        }
    });
    let client = Client::of(server().with(tool));
    assert_eq!(text(&client.ask(&call("tool")).await), "done");
    let told = tokio::time::timeout(Duration::from_secs(60), told.recv()).await.expect("it does not hang");
    assert_eq!(told, Some(("open", Some(ErrorKind::Suspended))));
}

#[tokio::test(start_paused = true)]
async fn a_task_that_asks_too_late_is_told_so() {
    for asks in [true, false] {
        let (telling, mut told): (_, Told) = mpsc::unbounded_channel();
        let tool = Tool::new("tool").handler(move |cx: Cx| {
            let telling = telling.clone();
            async move {
                let late = cx.clone();
                tokio::spawn(async move {
                    tokio::time::sleep(Duration::from_secs(1)).await;
                    let error = asked(&late, "late").await;
                    telling.send(("late", error)).unwrap();
                });
                if asks {
                    cx.ask("sure", Confirm::new("Sure?")).await?;
                }
                Ok::<_, Error>("done")
            }
        });
        let reply = Client::of(server().with(tool)).ask(&call("tool")).await;
        assert_eq!(reply["result"]["resultType"], if asks { "input_required" } else { "complete" });
        let told = tokio::time::timeout(Duration::from_secs(60), told.recv()).await.expect("it does not hang");
        assert_eq!(told, Some(("late", Some(ErrorKind::Cancelled))), "asks: {asks}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_task_that_asks_inside_of_once_is_told_so() {
    let tool = Tool::new("tool").handler(|cx: Cx| async move {
        let asking = cx.clone();
        let task = async move { asking.ask("inside", Confirm::new("Sure?")).await.map(drop) };
        let once = cx.once("work", async move { tokio::spawn(task).await.map_err(|_| refused("it broke"))? });
        once.await.unwrap_err().to_string()
    });
    let client = Client::of(server().with(tool));
    let reply = client.ask(&call("tool")).await;
    assert_eq!(text(&reply), "`inside` was asked inside of `once`: ask first, then do it once");
}

#[tokio::test(start_paused = true)]
async fn what_the_handler_asks_beside_long_work_is_asked_when_that_is_done() {
    let tool = Tool::new("tool").handler(|cx: Cx| async move {
        let work = async {
            tokio::time::sleep(Duration::from_secs(50)).await;
            Ok::<_, Error>(())
        };
        let asked = async { cx.ask("beside", Confirm::new("Sure?")).await.map(drop) };
        tokio::try_join!(cx.once("work", work), asked).map(|_| "both")
    });
    let client = Client::of(server().with(tool));
    assert_eq!(questions(&client.ask(&call("tool")).await), ["beside"]);
}
