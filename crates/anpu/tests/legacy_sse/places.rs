//! Where the endpoints are, and where clients are told that they are.

use anpu::{ErrorKind, Server};

use crate::wire::{PING, PONG, Stream, post_to, send, serve, server};

#[tokio::test]
async fn they_are_beside_the_endpoint() {
    let address = serve(server().path("/api/mcp")).await;
    let mut stream = Stream::open_at(address, "/api/sse", "").await;
    assert!(stream.endpoint.starts_with("/api/messages?session_id="), "{}", stream.endpoint);
    stream.say(PING).await;
    assert_eq!(stream.text().await, PONG);

    let slash = stream.endpoint.replace("/messages?", "/messages/?");
    assert_eq!(send(address, &post_to(&slash, "", PING)).await.status, 202);
    let elsewhere = send(address, &post_to("/messages?session_id=0", "", PING)).await;
    assert_eq!(elsewhere.status, 404, "{elsewhere:?}");
    assert!(elsewhere.body.contains("the MCP endpoint is `/api/mcp`"), "{elsewhere:?}");
}

#[tokio::test]
async fn behind_a_proxy_that_takes_a_prefix_off_clients_are_told_the_path_they_see() {
    let address = serve(server().public_url("https://shop.example/shop/mcp")).await;
    let stream = Stream::open(address).await;
    assert!(stream.endpoint.starts_with("/shop/messages?session_id="), "{}", stream.endpoint);

    let address = serve(server().public_url("https://shop.example")).await;
    let stream = Stream::open(address).await;
    assert!(stream.endpoint.starts_with("/messages?session_id="), "{}", stream.endpoint);
}

#[tokio::test]
async fn an_endpoint_of_the_same_path_is_refused() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = server().path("/sse").serve_listener(listener, std::future::pending()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Config);
    assert!(error.to_string().contains("`/sse` is where legacy_sse is served"), "{error}");
}

#[test]
fn a_mounted_one_says_what_it_was_told_and_nothing_that_is_no_uri() {
    let (service, _) = Server::new("under-test", "1.2.3").into_service().unwrap();
    for fine in ["/messages", "messages", "/a/b?tenant=1", "https://shop.example/messages"] {
        assert!(service.legacy_sse(fine).is_ok(), "{fine}");
    }
    for wrong in ["", "/a b", "/a\nevent: forged", "/a#b", "/caf\u{e9}"] {
        let error = service.legacy_sse(wrong).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Config, "{wrong}");
        assert!(error.to_string().contains("is not a path"), "{error}");
    }
}
