//! What several of these tests need: a server whose tool says what it knows of its session, and one that asks.

use anpu::{Confirm, Cx, Keys, Server, Tool};
use http::{Method, Response, StatusCode};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};

use crate::endpoint::{Endpoint, Messages};

/// Base64 of 32 bytes.
pub(crate) const KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
pub(crate) const OTHER_KEY: &str = "HxwdHhsaGRgXFhUUExIREA8ODQwLCgkIBwYFBAMCAQA=";

/// A server under the first key.
pub(crate) fn server() -> Server {
    with_key(KEY)
}

pub(crate) fn with_key(key: &str) -> Server {
    let about = Tool::new("about").handler(|cx: Cx| async move {
        cx.info("asked").await;
        let client = cx.client();
        let elicits = cx.client_capabilities().elicits_form();
        json!({ "client": client.name, "version": client.version, "elicits": elicits, "recovered": cx.recovered() })
            .to_string()
    });
    let ask = Tool::new("ask").handler(|cx: Cx| async move {
        let answer = cx.ask("sure", Confirm::new("Sure?")).await?;
        Ok::<_, anpu::Error>(format!("accepted: {}", answer.accepted()))
    });
    Server::new("shop", "1.0.0").keys(Keys::read(key).unwrap()).with(about).with(ask)
}

/// The result of the tool that says what it knows.
pub(crate) async fn about(endpoint: &Endpoint, session: &str) -> Value {
    let response = call(endpoint, session, "about").await;
    assert_eq!(response.status(), StatusCode::OK, "{:?}", response.headers());
    let answer = answer(response).await;
    serde_json::from_str(answer["result"]["content"][0]["text"].as_str().unwrap()).unwrap()
}

pub(crate) async fn call(endpoint: &Endpoint, session: &str, tool: &str) -> Response<anpu::Body> {
    let call = json!({ "jsonrpc": "2.0", "id": 7, "method": "tools/call", "params": { "name": tool } });
    endpoint.send(Method::POST, Some(session), &call.to_string()).await
}

/// The answer to a request, whether it came plain or on a stream.
pub(crate) async fn answer(response: Response<anpu::Body>) -> Value {
    if response.headers()["content-type"] == "text/event-stream" {
        let mut messages = Messages::of(response);
        loop {
            let message = messages.next().await.expect("an answer before the end");
            if message.get("id").is_some() && message.get("method").is_none() {
                return message;
            }
        }
    }
    let body = response.into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap_or_else(|_| panic!("{body:?}"))
}

/// Sets the log level of a session, which is what its record keeps.
pub(crate) async fn set_level(endpoint: &Endpoint, session: &str, level: &str) {
    let set = json!({ "jsonrpc": "2.0", "id": 3, "method": "logging/setLevel", "params": { "level": level } });
    let response = endpoint.send(Method::POST, Some(session), &set.to_string()).await;
    assert_eq!(response.status(), StatusCode::OK);
}

/// Whether the session hears messages of level info, which it does unless it set another one.
pub(crate) async fn hears_info(endpoint: &Endpoint, session: &str) -> bool {
    let response = call(endpoint, session, "about").await;
    response.headers()["content-type"] == "text/event-stream"
}

pub(crate) fn elicitation() -> Value {
    json!({ "elicitation": {} })
}
