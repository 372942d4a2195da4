//! Sessions: their ids, the version header, and their end.

use anpu::model::LoggingLevel;
use anpu::{Cx, Tool};
use serde_json::json;

use crate::support::{Endpoint, Held, PING, PONG, call, delete, get, initialize, post, post_with, server, text};

const MADE_UP: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn initialize_opens_a_session_with_an_id_of_its_own() {
    let endpoint = Endpoint::serve(server());
    let (one, other) = (endpoint.open("2025-11-25"), endpoint.open("2025-11-25"));
    assert_ne!(one, other);
    for id in [&one, &other] {
        assert!((120..=512).contains(&id.len()), "{id}");
        assert!(id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)), "{id}: visible ASCII");
        assert_eq!(endpoint.send(post(Some(id), PING)).body, PONG);
    }
}

#[test]
fn the_version_is_negotiated() {
    let endpoint = Endpoint::serve(server());
    let spoken =
        |asked: &str| endpoint.send(post(None, &initialize(asked))).json()["result"]["protocolVersion"].clone();
    for version in ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"] {
        assert_eq!(spoken(version), version);
    }
    assert_eq!(spoken("1999-01-01"), "2025-11-25");
    let few = Endpoint::serve(server().versions(["2025-03-26", "2025-06-18"]));
    assert_eq!(few.send(post(None, &initialize("2025-11-25"))).json()["result"]["protocolVersion"], "2025-06-18");
}

#[test]
fn a_request_without_a_session_is_told_what_to_do() {
    let endpoint = Endpoint::serve(server());
    for id in [json!(5), json!("five")] {
        let body = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list" }).to_string();
        let response = endpoint.send(post(None, &body));
        let error = response.json();
        assert_eq!((response.status, &error["id"]), (400, &id), "{error}");
        let why = error["error"]["message"].as_str().unwrap();
        assert!(why.contains("Mcp-Session-Id") && why.contains("initialize"), "{why}");
    }
    let told = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    assert_eq!(endpoint.send(post(None, told)).status, 400);
    let get = "GET /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n\r\n";
    let response = endpoint.send(get);
    assert_eq!(response.status, 400);
    assert!(response.body.contains("Mcp-Session-Id"), "{response:?}");
    assert_eq!(endpoint.send("DELETE /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 400);
}

#[test]
fn an_unknown_session_is_404_and_the_id_is_echoed() {
    let endpoint = Endpoint::serve(server());
    endpoint.open("2025-11-25");
    let long = "x".repeat(2000);
    for session in [MADE_UP, "nonsense", "00", &long, "!~"] {
        for id in [json!(5), json!("five")] {
            let body = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/list" }).to_string();
            let response = endpoint.send(post(Some(session), &body));
            let error = response.json();
            let seen = (response.status, &error["id"], &error["error"]["code"]);
            assert_eq!(seen, (404, &id, &json!(-32001)), "{session}: {error}");
        }
        assert_eq!(endpoint.send(get(session, &[])).status, 404, "{session}");
        assert_eq!(endpoint.send(delete(session)).status, 404, "{session}");
    }
    let told = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
    assert_eq!(endpoint.send(post(Some(MADE_UP), told)).status, 404);
}

#[test]
fn initialize_with_a_stale_id_opens_a_new_session() {
    let endpoint = Endpoint::serve(server());
    for stale in [MADE_UP, "nonsense"] {
        let response = endpoint.send(post(Some(stale), &initialize("2025-11-25")));
        assert_eq!(response.status, 200, "{response:?}");
        let fresh = response.header("mcp-session-id").unwrap();
        assert_ne!(fresh, stale, "a client does not choose its id");
        assert_eq!(endpoint.send(post(Some(fresh), PING)).body, PONG);
    }
}

#[test]
fn a_session_is_initialized_once() {
    let endpoint = Endpoint::serve(server());
    let session = endpoint.open("2025-11-25");
    let response = endpoint.send(post(Some(&session), &initialize("2025-11-25")));
    let error = response.json();
    assert_eq!((response.status, &error["error"]["code"]), (400, &json!(-32600)), "{error}");
    assert_eq!(endpoint.send(post(Some(&session), PING)).body, PONG, "and goes on");
}

#[test]
fn an_initialize_that_fails_opens_nothing() {
    let endpoint = Endpoint::serve(server());
    let response = endpoint.send(post(None, r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{}}"#));
    assert_eq!(response.json()["error"]["code"], -32602, "{response:?}");
    assert_eq!(response.header("mcp-session-id"), None);
}

#[test]
fn a_version_header_that_is_not_spoken_is_refused() {
    let endpoint = Endpoint::serve(server().versions(["2025-06-18", "2025-11-25"]));
    let session = endpoint.open("2025-11-25");
    let with = |version: &str| {
        let lines = [format!("Mcp-Session-Id: {session}"), format!("MCP-Protocol-Version: {version}")];
        endpoint.send(post_with(&lines.each_ref().map(String::as_str), PING))
    };
    for version in ["1999-01-01", "2025-03-26", "nonsense"] {
        let response = with(version);
        let error = response.json();
        assert_eq!((response.status, &error["id"]), (400, &json!(1)), "{version}: {error}");
        let supported = json!({ "requested": version, "supported": ["2025-11-25", "2025-06-18"] });
        assert_eq!(error["error"]["data"], supported, "{version}: {error}");
        let response = endpoint.send(get(&session, &[&format!("MCP-Protocol-Version: {version}")]));
        assert_eq!(response.status, 400, "{version}: {response:?}");
    }
    for version in ["2025-11-25", "2025-06-18"] {
        assert_eq!(with(version).body, PONG, "the session's own version counts");
    }
}

#[test]
fn delete_ends_a_session() {
    let endpoint = Endpoint::serve(server());
    let (session, other) = (endpoint.open("2025-11-25"), endpoint.open("2025-11-25"));
    let mut stream = endpoint.listen(&session);

    let response = endpoint.send(delete(&session));
    assert_eq!((response.status, response.body.as_str()), (204, ""));

    assert!(stream.rest().is_empty(), "its stream ends");
    assert_eq!(endpoint.send(post(Some(&session), PING)).status, 404);
    assert_eq!(endpoint.send(get(&session, &[])).status, 404);
    assert_eq!(endpoint.send(delete(&session)).status, 404);
    assert_eq!(endpoint.send(post(Some(&other), PING)).body, PONG);
}

#[test]
fn delete_stops_what_runs() {
    let held = Held::new();
    let endpoint = Endpoint::serve(server().with(held.tool("slow", true)));
    let session = endpoint.open("2025-11-25");
    let mut wire = endpoint.connect();
    wire.send(post(Some(&session), &call(1, "slow")));
    assert!(wire.response().is_stream());
    held.expect("begun");
    assert_eq!(endpoint.send(delete(&session)).status, 204);
    held.expect("dropped");
    let rest = wire.rest();
    assert!(rest.iter().all(|event| event.data.as_ref().unwrap().get("id").is_none()), "no answer: {rest:?}");
}

#[test]
fn each_session_has_its_own_state_and_ids() {
    let log = Tool::new("log").handler(|cx: Cx| async move {
        cx.log(LoggingLevel::Debug, "heard").await;
        cx.session_id().map(str::to_owned)
    });
    let endpoint = Endpoint::serve(server().with(log));
    let (loud, quiet) = (endpoint.open("2025-11-25"), endpoint.open("2025-11-25"));
    let level = r#"{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"debug"}}"#;
    assert_eq!(endpoint.send(post(Some(&loud), level)).status, 200);

    let mut wire = endpoint.connect();
    wire.send(post(Some(&loud), &call(2, "log")));
    assert!(wire.response().is_stream());
    let [message, answer] = wire.rest().try_into().unwrap();
    assert_eq!(message.message()["params"]["data"], "heard");
    assert_eq!(text(&answer.message()), loud);

    let response = endpoint.send(post(Some(&quiet), &call(2, "log")));
    assert_eq!(text(&response.json()), quiet, "nothing but the answer");
}
