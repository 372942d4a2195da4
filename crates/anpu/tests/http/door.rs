//! The door: what is refused before the body is read, with its status and a text that says what to change.

use anpu::Limits;

use crate::support::{Endpoint, PING, post, post_with, server};
use crate::wire::Response;

/// A refusal is plain text that no browser takes for anything else.
fn refused(response: &Response, status: u16, text: &str) {
    assert_eq!(response.status, status, "{response:?}");
    assert_eq!(response.header("content-type"), Some("text/plain; charset=utf-8"));
    assert_eq!(response.header("x-content-type-options"), Some("nosniff"));
    assert!(response.body.contains(text), "{response:?}");
}

fn with_headers(lines: &str) -> String {
    format!("POST /mcp HTTP/1.1\r\n{lines}\r\nContent-Length: {}\r\n\r\n{PING}", PING.len())
}

#[test]
fn a_method_that_is_not_ours() {
    let endpoint = Endpoint::serve(server());
    for method in ["PUT", "PATCH", "HEAD", "BREW", "OPTIONS"] {
        let mut wire = endpoint.connect();
        wire.send(format!("{method} /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        if method == "HEAD" {
            continue; // Its answer has no body to look at.
        }
        let response = wire.response();
        refused(&response, 405, method);
        assert_eq!(response.header("allow"), Some("POST, GET, DELETE"));
    }
}

#[test]
fn a_host_that_is_not_ours() {
    let endpoint = Endpoint::serve(server());
    let usual = "Content-Type: application/json";
    for host in ["evil.example", "localhost.evil.example", "127.0.0.1.nip.io", "169.254.169.254"] {
        refused(&endpoint.send(with_headers(&format!("Host: {host}\r\n{usual}"))), 403, host);
    }
    for host in ["localhost", "127.0.0.1:80", "[::1]:5", "LOCALHOST:1"] {
        let response = endpoint.send(with_headers(&format!("Host: {host}\r\n{usual}")));
        assert_eq!((response.status, response.header("content-type")), (400, Some("application/json")), "{host}");
    }
    refused(&endpoint.send(with_headers(usual)), 400, "Host is missing");
    refused(&endpoint.send(with_headers(&format!("Host: local host\r\n{usual}"))), 400, "not a host");
}

#[test]
fn hosts_can_be_let_in() {
    let endpoint =
        Endpoint::serve(server().public_url("https://shop.example.com/mcp").allowed_hosts(["other.example"]));
    let hosts = [("shop.example.com", 400), ("other.example", 400), ("third.example", 403)];
    for (host, status) in hosts {
        let lines = format!("Host: {host}\r\nContent-Type: application/json");
        assert_eq!(endpoint.send(with_headers(&lines)).status, status, "{host}");
    }
}

#[test]
fn an_origin_that_is_not_ours() {
    let endpoint = Endpoint::serve(server());
    for origin in ["https://evil.example", "http://localhost.evil.example", "null"] {
        refused(&endpoint.send(post_with(&[&format!("Origin: {origin}")], PING)), 403, origin);
    }
    let response = endpoint.send(post_with(&["Origin: http://localhost:6274"], PING));
    assert_eq!(response.status, 400, "let in, it only lacks a session: {response:?}");
}

#[test]
fn a_page_that_may_is_answered_its_preflight_and_may_read_the_rest() {
    let endpoint = Endpoint::serve(server().allowed_origins(["https://app.example"]));
    let preflight = "OPTIONS /mcp HTTP/1.1\r\nHost: localhost\r\nOrigin: https://app.example\r\n\
                     Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: mcp-session-id\r\n\r\n";
    let response = endpoint.send(preflight);
    assert_eq!((response.status, response.body.as_str()), (204, ""));
    assert_eq!(response.header("access-control-allow-origin"), Some("https://app.example"));
    assert_eq!(response.header("access-control-allow-headers"), Some("mcp-session-id"));
    let response = endpoint.send(post_with(&["Origin: https://app.example"], "{"));
    assert_eq!((response.status, response.header("access-control-allow-origin")), (400, Some("https://app.example")));
    let exposed = response.header("access-control-expose-headers").unwrap();
    assert!(exposed.contains("mcp-session-id"), "{exposed}");
}

#[test]
fn a_body_that_is_not_json() {
    let endpoint = Endpoint::serve(server());
    let host = "Host: localhost\r\n";
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=application/json"] {
        let response = endpoint.send(with_headers(&format!("{host}Content-Type: {kind}")));
        refused(&response, 415, "application/json");
    }
    refused(&endpoint.send(with_headers("Host: localhost")), 415, "application/json");
    refused(&endpoint.send(post_with(&["Content-Encoding: gzip"], PING)), 415, "gzip");
    let response = endpoint.send(with_headers(&format!("{host}Content-Type: application/json; charset=UTF-8")));
    assert_eq!(response.header("content-type"), Some("application/json"), "let in");
}

#[test]
fn an_answer_that_the_client_would_not_take() {
    let endpoint = Endpoint::serve(server());
    let base = "Host: localhost\r\nContent-Type: application/json\r\n";
    for accept in ["text/html", "application/xml, text/html;q=0.9", "application/json;q=0, text/event-stream;q=0"] {
        refused(&endpoint.send(with_headers(&format!("{base}Accept: {accept}"))), 406, "application/json");
    }
    let get = "GET /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n";
    refused(&endpoint.send(get), 406, "text/event-stream");
}

#[test]
fn a_body_that_is_too_long() {
    let endpoint = Endpoint::serve(server().limits(Limits::default().body(100)));
    // Announced: refused before a byte of it is sent.
    let head = "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";
    refused(&endpoint.send(format!("{head}Content-Length: 101\r\n\r\n")), 413, "100 bytes");
    // Not announced: refused as soon as it is known, though the body never ends.
    let chunk = format!("3c\r\n{}\r\n", "x".repeat(60));
    refused(&endpoint.send(format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}{chunk}")), 413, "100 bytes");
    // As long as may be.
    let response = endpoint.send(post(None, &format!("{PING}{}", " ".repeat(100 - PING.len()))));
    assert_eq!((response.status, response.json()["id"].clone()), (400, 1.into()), "read, it only lacks a session");
}

#[test]
fn a_header_that_decides_something_is_sent_once() {
    let endpoint = Endpoint::serve(server());
    let twice = [
        ("Host", "localhost"),
        ("Origin", "http://localhost"),
        ("Authorization", "Bearer x"),
        ("Content-Type", "application/json"),
        ("Mcp-Session-Id", "x"),
        ("MCP-Protocol-Version", "2025-11-25"),
        ("Mcp-Method", "ping"),
        ("Mcp-Name", "x"),
    ];
    for (name, value) in twice {
        let line = format!("{name}: {value}");
        let response = endpoint.send(post_with(&[&line, &line], PING));
        refused(&response, 400, &format!("header {name} is given more than once"));
        assert!(!response.body.contains("Bearer"), "values are not echoed");
    }
}

#[test]
fn a_path_that_is_not_the_endpoint() {
    let endpoint = Endpoint::serve(server());
    let elsewhere = post(None, PING).replacen("/mcp", "/other", 1);
    refused(&endpoint.send(elsewhere), 404, "/mcp");
    let slash = post(None, PING).replacen("/mcp", "/mcp/", 1);
    assert_eq!(endpoint.send(slash).status, 400, "let in");
    let own = Endpoint::serve(server().path("/tools"));
    assert_eq!(own.send(post(None, PING)).status, 404);
    assert_eq!(own.send(post(None, PING).replacen("/mcp", "/tools", 1)).status, 400, "let in");
}

#[test]
fn after_a_refusal_the_server_goes_on() {
    let endpoint = Endpoint::serve(server());
    let mut wire = endpoint.connect();
    wire.send("POST /mcp HTTP/1.1\r\nthis is no header\r\n\r\n");
    assert_eq!(wire.response().status, 400);
    assert!(wire.is_over());
    assert!(!endpoint.open("2025-11-25").is_empty());
}
