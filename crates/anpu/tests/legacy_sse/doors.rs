//! Who and what is let in; to whom a session belongs.

use std::convert::Infallible;
use std::net::SocketAddr;

use anpu::{Limits, Principal, Server};
use http::Request;
use hyper::body::Incoming;
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tower_service::Service as _;

use crate::wire::{PING, PONG, Stream, echo, post_to, send, serve, server};

async fn refused(address: SocketAddr, request: &str, status: u16, text: &str) {
    let answer = send(address, request).await;
    assert_eq!(answer.status, status, "{request}\n{answer:?}");
    assert!(answer.body.contains(text), "{request}\n{answer:?}");
}

#[tokio::test]
async fn without_being_switched_on_there_is_nothing() {
    let address = serve(Server::new("under-test", "1.2.3")).await;
    let get = "GET /sse HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";
    refused(address, get, 404, "the MCP endpoint is `/mcp`").await;
    refused(address, &post_to("/messages?session_id=00", "", PING), 404, "the MCP endpoint is `/mcp`").await;
}

#[tokio::test]
async fn the_door_is_that_of_the_endpoint() {
    let address = serve(server().limits(Limits::default().body(100))).await;
    let mut stream = Stream::open(address).await;
    let target = stream.endpoint.clone();
    let get = |lines: &str| format!("GET /sse HTTP/1.1\r\n{lines}\r\n");
    let accept = "Accept: text/event-stream\r\n";
    refused(address, &get(&format!("Host: evil.example\r\n{accept}")), 403, "host `evil.example` is not allowed").await;
    let foreign = format!("Host: localhost\r\nOrigin: http://evil.example\r\n{accept}");
    refused(address, &get(&foreign), 403, "origin `http://evil.example` is not allowed").await;
    refused(address, &get(&format!("Host: localhost\r\nHost: localhost\r\n{accept}")), 400, "more than once").await;
    refused(address, &get("Host: localhost\r\nAccept: application/json\r\n"), 406, "text/event-stream").await;

    refused(address, &post_to(&target, "Origin: http://evil.example\r\n", PING), 403, "is not allowed").await;
    let plain = post_to(&target, "", PING).replace("application/json", "text/plain");
    refused(address, &plain, 415, "send application/json").await;
    refused(address, &post_to(&target, "Content-Encoding: gzip\r\n", PING), 415, "gzip").await;
    refused(address, &post_to(&target, "", &format!("{PING}{}", " ".repeat(100))), 413, "larger than the 100 bytes")
        .await;
    let old = post_to(&target, "MCP-Protocol-Version: 1999-01-01\r\n", PING);
    refused(address, &old, 400, "version").await;

    stream.say(PING).await;
    assert_eq!(stream.text().await, PONG, "none of these did anything to the session");
}

#[tokio::test]
async fn other_methods_are_not_allowed() {
    let address = serve(server()).await;
    for method in ["DELETE", "PUT", "OPTIONS"] {
        let answer = send(address, &format!("{method} /sse HTTP/1.1\r\nHost: localhost\r\n\r\n")).await;
        assert_eq!(answer.status, 405, "{answer:?}");
        assert!(answer.head.contains("\r\nallow: GET, POST\r\n"), "{answer:?}");
        assert!(answer.body.contains("GET opens a stream"), "{answer:?}");
    }
}

#[tokio::test]
async fn a_page_that_was_let_in_may_read_what_comes_back() {
    let address = serve(server().allowed_origins(["https://app.example"])).await;
    let asked = "OPTIONS /messages HTTP/1.1\r\nHost: localhost\r\nOrigin: https://app.example\r\n\
                 Access-Control-Request-Method: POST\r\n\r\n";
    let preflight = send(address, asked).await;
    assert_eq!(preflight.status, 204, "{preflight:?}");
    let allowed = "\r\naccess-control-allow-origin: https://app.example\r\n";
    assert!(preflight.head.contains(allowed), "{preflight:?}");
    let origin = "Origin: https://app.example\r\n";
    let stream = Stream::open_at(address, "/sse", origin).await;
    assert!(stream.head.contains(allowed), "{}", stream.head);
    let answer = send(address, &post_to(&stream.endpoint, origin, PING)).await;
    assert_eq!(answer.status, 202, "{answer:?}");
    assert!(answer.head.contains(allowed), "{answer:?}");
}

#[tokio::test]
async fn a_session_that_is_unknown_does_not_exist() {
    let address = serve(server()).await;
    let stream = Stream::open(address).await;
    let unknown = "0".repeat(32);
    for id in [unknown.as_str(), "x", "", &stream.id().to_uppercase(), &format!("{}%20", stream.id())] {
        if id == stream.id() {
            continue; // digits only
        }
        let answer = send(address, &post_to(&format!("/messages?session_id={id}"), "", PING)).await;
        assert_eq!(answer.status, 404, "{id}: {answer:?}");
        let error: Value = answer.body.parse().unwrap();
        assert_eq!(error["id"], 9, "the request that is answered is named: {error}");
    }
    refused(address, &post_to("/messages", "", PING), 400, "session_id is missing").await;
    refused(address, &post_to("/sse", "", PING), 400, "open a stream with GET").await;
    let twice = format!("{}&session_id={unknown}", stream.endpoint);
    refused(address, &post_to(&twice, "", PING), 400, "more than once").await;
}

#[tokio::test]
async fn sessions_of_one_wire_do_not_exist_on_the_other() {
    let address = serve(server()).await;
    let mut stream = Stream::opened(address, "2025-06-18").await;
    let session = format!("Mcp-Session-Id: {}\r\n", stream.id());
    let answer = send(address, &post_to("/mcp", &session, PING)).await;
    assert_eq!(answer.status, 404, "{answer:?}");
    let delete = format!("DELETE /mcp HTTP/1.1\r\nHost: localhost\r\n{session}\r\n");
    assert_eq!(send(address, &delete).await.status, 404);
    stream.say(PING).await;
    assert_eq!(stream.text().await, PONG);

    let initialize = r#"{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"raw","version":"0"}}}"#;
    let modern = send(address, &post_to("/mcp", "", initialize)).await;
    assert_eq!(modern.status, 200, "{modern:?}");
    let id = modern.head.lines().find_map(|line| line.strip_prefix("mcp-session-id: ")).unwrap();
    let answer = send(address, &post_to(&format!("/messages?session_id={id}"), "", PING)).await;
    assert_eq!(answer.status, 404, "{answer:?}");
}

/// Serves a mounted endpoint behind a layer that takes everybody's word for who they are.
async fn serve_with_principals() -> SocketAddr {
    let (service, _) = Server::new("under-test", "1.2.3").with(echo()).into_service().unwrap();
    let legacy = service.legacy_sse("/messages").unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let legacy = legacy.clone();
            let service = hyper::service::service_fn(move |mut request: Request<Incoming>| {
                let user = request.headers().get("x-user").map(|user| user.to_str().unwrap().to_owned());
                if let Some(user) = user {
                    request.extensions_mut().insert(Principal::new(user));
                }
                let mut legacy = legacy.clone();
                async move { Ok::<_, Infallible>(legacy.call(request).await.unwrap_or_else(|never| match never {})) }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(socket), service));
        }
    });
    address
}

#[tokio::test]
async fn a_session_belongs_to_who_opened_it() {
    let address = serve_with_principals().await;
    let mut stream = Stream::open_at(address, "/sse", "X-User: ann\r\n").await;
    for (user, status) in [("X-User: bob\r\n", 404), ("", 404), ("X-User: ann\r\n", 202)] {
        let answer = send(address, &post_to(&stream.endpoint, user, PING)).await;
        assert_eq!(answer.status, status, "{user:?}: {answer:?}");
    }
    assert_eq!(stream.text().await, PONG);
}
