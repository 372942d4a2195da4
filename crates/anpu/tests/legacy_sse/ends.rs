//! How a session ends, and what becomes of what it was doing.

use std::time::Duration;

use anpu::{Cx, Ended, Limits, Tool};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc::unbounded_channel;

use crate::wire::{PING, PONG, Stream, Watching, call, post_to, send, serve, server};

#[tokio::test]
async fn a_stream_that_is_closed_ends_the_session_and_stops_its_requests() {
    struct Told(tokio::sync::mpsc::UnboundedSender<&'static str>);
    impl Drop for Told {
        fn drop(&mut self) {
            self.0.send("dropped").unwrap();
        }
    }

    let (sender, mut ended) = unbounded_channel();
    let (told, mut telling) = unbounded_channel();
    let tool = Tool::new("sleep").handler(move |_: Cx| {
        let told = Told(told.clone());
        async move {
            told.0.send("begun").unwrap();
            std::future::pending::<()>().await;
            drop(told);
        }
    });
    let address = serve(server().with(tool).hooks(Watching(sender))).await;
    let stream = Stream::opened(address, "2025-06-18").await;
    stream.say(&call(1, "sleep")).await;
    assert_eq!(telling.recv().await, Some("begun"));

    let (id, endpoint) = (stream.id().to_owned(), stream.endpoint.clone());
    drop(stream);
    assert_eq!(ended.recv().await, Some((id, Ended::Disconnected)));
    assert_eq!(telling.recv().await, Some("dropped"));
    let late = send(address, &post_to(&endpoint, "", PING)).await;
    assert_eq!(late.status, 404, "{late:?}");
}

#[tokio::test]
async fn a_session_that_the_server_closes_ends_its_stream() {
    let (sender, mut ended) = unbounded_channel();
    let tool = Tool::new("leave").handler(|cx: Cx| async move {
        let session = cx.server().unwrap().session(cx.session_id().unwrap()).unwrap();
        session.close();
        "never said"
    });
    let address = serve(server().with(tool).hooks(Watching(sender))).await;
    let mut stream = Stream::opened(address, "2025-06-18").await;
    stream.say(&call(1, "leave")).await;
    assert_eq!(stream.event().await, None);
    assert_eq!(ended.recv().await, Some((stream.id().to_owned(), Ended::Closed)));
    assert_eq!(stream.post(PING).await.status, 404);
}

#[tokio::test]
async fn a_stream_on_which_nobody_shook_hands_ends_without_a_word_to_the_hooks() {
    let (sender, mut ended) = unbounded_channel();
    let address = serve(server().hooks(Watching(sender))).await;
    let silent = Stream::open(address).await;
    let silent_endpoint = silent.endpoint.clone();
    drop(silent);
    let stream = Stream::opened(address, "2025-06-18").await;
    let id = stream.id().to_owned();
    while send(address, &post_to(&silent_endpoint, "", PING)).await.status != 404 {}
    drop(stream);
    assert_eq!(ended.recv().await, Some((id, Ended::Disconnected)));
}

#[tokio::test]
async fn a_quiet_stream_gets_signs_of_life() {
    let address = serve(server().keep_alive(Duration::ZERO)).await;
    let mut stream = Stream::opened(address, "2024-11-05").await;
    assert_eq!(stream.event().await.unwrap(), ": ");
}

#[tokio::test]
async fn streams_count_as_sessions() {
    let address = serve(server().limits(Limits::default().sessions(1))).await;
    let mut stream = Stream::opened(address, "2024-11-05").await;
    let request = "GET /sse HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";
    let refused = send(address, request).await;
    assert_eq!(refused.status, 429, "{refused:?}");
    assert!(refused.head.contains("\r\nretry-after: 1\r\n"), "{refused:?}");
    assert!(refused.body.parse::<Value>().unwrap()["error"]["code"].is_i64());
    stream.say(PING).await;
    assert_eq!(stream.text().await, PONG);
}

#[tokio::test]
async fn a_server_that_shuts_down_does_not_wait_for_streams_longer_than_it_was_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let server = server().drain(Duration::ZERO);
    let serving = tokio::spawn(async move {
        server.serve_listener(listener, async { stopped.await.unwrap() }).await.unwrap();
    });
    let _stream = Stream::opened(address, "2024-11-05").await;
    stop.send(()).unwrap();
    serving.await.unwrap();
}
