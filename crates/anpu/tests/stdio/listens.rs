//! Requests that listen, on a line that ends: each is told so and answered, whoever ends it.

use serde_json::{Value, json};

use crate::process::Process;

/// A server with two requests that listen, after a session was opened beside them.
fn listening() -> Process {
    let mut server = Process::opened("2025-11-25");
    for id in ["a", "b"] {
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientCapabilities": {},
        });
        let params = json!({ "_meta": meta, "notifications": { "toolsListChanged": true } });
        let listen = json!({ "jsonrpc": "2.0", "id": id, "method": "subscriptions/listen", "params": params });
        server.line(&listen.to_string());
        let acknowledged = server.next();
        assert_eq!(acknowledged["method"], "notifications/subscriptions/acknowledged", "{acknowledged}");
    }
    server
}

fn assert_ended(rest: &[Value]) {
    assert_eq!(rest.len(), 4, "{rest:#?}");
    for id in ["a", "b"] {
        let cancelled = rest.iter().position(|message| message["params"]["requestId"] == id);
        let answered = rest.iter().position(|message| message["id"] == id && message.get("result").is_some());
        assert!(cancelled.is_some() && cancelled < answered, "first that it ends, then its answer: {rest:#?}");
    }
}

#[test]
fn they_are_answered_when_the_client_closes_its_end() {
    let (code, rest, errors) = listening().end();
    assert_eq!(code, Some(0), "{errors}");
    assert_ended(&rest);
}

#[test]
fn they_are_answered_when_the_process_is_asked_to_end() {
    let mut server = listening();
    server.signal("TERM");
    let rest: Vec<Value> = (0..4).map(|_| server.next()).collect();
    assert_ended(&rest);
    assert_eq!(server.exit_code(), Some(0));
}
