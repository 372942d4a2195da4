//! Sessions that nobody uses: driven through the HTTP service without sockets, so that half an hour passes in no time.

use std::time::Duration;

use anpu::{Cx, Limits, Tool};
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;
use tokio::time::sleep;

use crate::endpoint::Endpoint;
use crate::support::{Held, server};

const MINUTE: Duration = Duration::from_secs(60);
const SLOW: &str = r#"{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"slow"}}"#;

#[tokio::test(start_paused = true)]
async fn a_session_that_nobody_uses_for_half_an_hour_is_let_go_and_comes_back() {
    let endpoint = Endpoint::new(server());
    let (used, unused) = (endpoint.open().await, endpoint.open().await);
    for _ in 0..4 {
        sleep(10 * MINUTE).await;
        assert_eq!(endpoint.ping(&used).await, StatusCode::OK, "what is used stays");
    }
    assert_eq!(endpoint.handle.sessions().len(), 1);
    assert_eq!(endpoint.ping(&unused).await, StatusCode::OK);
    assert_eq!(endpoint.handle.sessions().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn the_time_can_be_set_and_turned_off() {
    let short = Endpoint::new(server().idle_timeout(MINUTE));
    let endless = Endpoint::new(server().idle_timeout(None));
    let (one, other) = (short.open().await, endless.open().await);
    sleep(2 * MINUTE).await;
    assert_eq!((short.handle.sessions().len(), endless.handle.sessions().len()), (0, 1));
    sleep(60 * MINUTE).await;
    assert_eq!(endless.handle.sessions().len(), 1);
    assert_eq!((short.ping(&one).await, endless.ping(&other).await), (StatusCode::OK, StatusCode::OK));
}

#[tokio::test(start_paused = true)]
async fn a_running_request_holds_its_session() {
    let held = Held::new();
    let endpoint = Endpoint::new(server().request_timeout(None).idle_timeout(MINUTE).with(held.tool("slow")));
    let session = endpoint.open().await;
    let response = endpoint.send(Method::POST, Some(&session), SLOW).await;
    sleep(30 * MINUTE).await;
    assert_eq!(endpoint.handle.sessions().len(), 1);
    held.let_go(1);
    let body = response.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&body).contains("done"), "{body:?}");
    sleep(2 * MINUTE).await;
    assert_eq!(endpoint.handle.sessions().len(), 0, "after it, the time runs again");
}

#[tokio::test(start_paused = true)]
async fn a_request_whose_client_is_gone_holds_its_session_too() {
    let held = Held::new();
    let endpoint = Endpoint::new(server().request_timeout(None).idle_timeout(MINUTE).with(held.tool("slow")));
    let session = endpoint.open().await;
    drop(endpoint.send(Method::POST, Some(&session), SLOW).await);
    sleep(30 * MINUTE).await;
    assert_eq!((endpoint.handle.sessions().len(), held.dropped.get()), (1, 0));
    held.let_go(1);
    sleep(2 * MINUTE).await;
    assert_eq!((endpoint.handle.sessions().len(), held.dropped.get()), (0, 1));
}

#[tokio::test(start_paused = true)]
async fn an_open_stream_holds_its_session_until_it_is_closed() {
    let endpoint = Endpoint::new(server().idle_timeout(MINUTE));
    let session = endpoint.open().await;
    let stream = endpoint.send(Method::GET, Some(&session), "").await;
    assert_eq!(stream.status(), StatusCode::OK);
    sleep(30 * MINUTE).await;
    assert_eq!(endpoint.handle.sessions().len(), 1);
    drop(stream);
    sleep(30 * Duration::from_secs(1)).await;
    assert_eq!(endpoint.handle.sessions().len(), 1, "closing it was a sign of life");
    sleep(MINUTE).await;
    assert_eq!(endpoint.handle.sessions().len(), 0);
}

#[tokio::test(start_paused = true)]
async fn the_session_that_was_idle_longest_makes_room_for_a_new_one() {
    let endpoint = Endpoint::new(server().limits(Limits::default().sessions(3)));
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(endpoint.open().await);
        sleep(MINUTE).await;
    }
    let fourth = endpoint.open().await;
    assert_eq!(endpoint.ping(&fourth).await, StatusCode::OK);
    assert_eq!(endpoint.handle.sessions().len(), 3, "memory stays bounded");
}

#[tokio::test(start_paused = true)]
async fn when_all_sessions_are_busy_a_new_one_is_refused_with_a_hint_to_retry() {
    let held = Held::new();
    let limits = Limits::default().sessions(1);
    let endpoint = Endpoint::new(server().limits(limits).with(held.tool("slow")));
    let session = endpoint.open().await;
    let running = endpoint.send(Method::POST, Some(&session), SLOW).await;
    let body = r#"{"jsonrpc":"2.0","id":"again","method":"initialize","params":{}}"#;
    let refused = endpoint.send(Method::POST, None, body).await;
    assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers().contains_key("retry-after"));
    let text = refused.into_body().collect().await.unwrap().to_bytes();
    assert!(String::from_utf8_lossy(&text).contains(r#""id":"again""#), "{text:?}");
    held.let_go(1);
    drop(running);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_is_quiet_gets_a_sign_of_life() {
    let endpoint = Endpoint::new(server().keep_alive(5 * Duration::from_secs(1)));
    let session = endpoint.open().await;
    let mut stream = endpoint.send(Method::GET, Some(&session), "").await.into_body();
    let priming = stream.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(priming.starts_with(b"id: "), "{priming:?}");
    let before = tokio::time::Instant::now();
    for _ in 0..3 {
        let frame = stream.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(frame.trim_ascii(), b":");
    }
    assert!((15..=21).contains(&before.elapsed().as_secs()), "{:?}", before.elapsed());
}

#[tokio::test(start_paused = true)]
async fn a_service_needs_no_more_than_a_request_to_look_after_time() {
    // Nothing was awaited before the first request, so whatever looks after time began with it.
    let tool = Tool::new("tick").handler(|_: Cx| async { "tick" });
    let endpoint = Endpoint::new(server().idle_timeout(MINUTE).with(tool));
    endpoint.open().await;
    sleep(3 * MINUTE).await;
    assert_eq!(endpoint.handle.sessions().len(), 0);
}
