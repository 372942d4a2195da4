//! Requests that died with their process: their clients get an answer when they come back for it.

use std::time::Duration;

use anpu::{Cx, Tool};
use http::{Method, StatusCode};
use http_body_util::BodyExt as _;

use crate::common::{call, server};
use crate::endpoint::Endpoint;

/// The first chunk of a stream, and the id of its last event.
async fn last_event(body: &mut anpu::Body) -> String {
    let frame = body.frame().await.unwrap().unwrap().into_data().unwrap();
    let text = String::from_utf8(frame.to_vec()).unwrap();
    let ids: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("id: ")).collect();
    ids.last().unwrap_or_else(|| panic!("no id: {text}")).to_string()
}

fn slow() -> anpu::Component {
    Tool::new("slow").handler(|cx: Cx| async move {
        cx.info("working").await;
        std::future::pending::<()>().await;
        "never"
    })
}

#[tokio::test(start_paused = true)]
async fn a_stream_of_a_dead_process_gets_an_error_for_its_request() {
    let before = Endpoint::new(server().with(slow()));
    let session = before.open().await;
    let mut body = call(&before, &session, "slow").await.into_body();
    let last = last_event(&mut body).await;
    drop((before, body));

    let after = Endpoint::new(server().with(slow()));
    let response = after.resume(&session, &last).await;
    assert_eq!(response.status(), StatusCode::OK);
    let rest = tokio::time::timeout(Duration::from_secs(5), response.into_body().collect()).await.unwrap();
    let text = String::from_utf8(rest.unwrap().to_bytes().to_vec()).unwrap();
    assert!(text.contains(r#""id":7,"error""#) && text.contains("it may be retried"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_belongs_to_no_request_goes_on() {
    let before = Endpoint::new(server());
    let session = before.open().await;
    let mut body = before.send(Method::GET, Some(&session), "").await.into_body();
    let last = last_event(&mut body).await;
    let after = Endpoint::new(server());
    let mut stream = crate::endpoint::Messages::of(after.resume(&session, &last).await);
    after.handle.tools_changed();
    assert_eq!(stream.next().await.unwrap()["method"], "notifications/tools/list_changed");
}

#[tokio::test(start_paused = true)]
async fn an_event_of_another_session_says_nothing_here() {
    let endpoint = Endpoint::new(server().with(slow()));
    let (mine, other) = (endpoint.open().await, endpoint.open().await);
    let mut body = call(&endpoint, &other, "slow").await.into_body();
    let last = last_event(&mut body).await;
    assert_eq!(endpoint.resume(&mine, &last).await.status(), StatusCode::BAD_REQUEST);
    let after = Endpoint::new(server().with(slow()));
    assert_eq!(after.resume(&mine, &last).await.status(), StatusCode::BAD_REQUEST);
}
