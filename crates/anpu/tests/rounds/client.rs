//! A client that comes back with what it was asked, played by hand.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anpu::{HttpService, Line, Principal, Server};
use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tower_service::Service as _;

/// Counts.
#[derive(Clone, Default)]
pub(crate) struct Count(Arc<AtomicUsize>);

impl Count {
    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    /// One more; how many there were before.
    pub(crate) fn add(&self) -> usize {
        self.0.fetch_add(1, Ordering::SeqCst)
    }
}

pub(crate) fn server() -> Server {
    Server::new("rounds", "1.0.0")
}

/// A call of a tool without arguments, by a client that can do all.
pub(crate) fn call(tool: &str) -> Value {
    let meta = json!({
        "io.modelcontextprotocol/protocolVersion": "2026-07-28",
        "io.modelcontextprotocol/clientCapabilities":
            { "elicitation": { "form": {}, "url": {} }, "roots": {}, "sampling": {} },
    });
    let params = json!({ "_meta": meta, "name": tool, "arguments": {} });
    json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params })
}

/// The same call again, with these answers.
pub(crate) fn retry(call: &Value, asked: &Value, answers: Value) -> Value {
    let mut retry = call.clone();
    retry["params"]["requestState"] = state(asked).into();
    retry["params"]["inputResponses"] = answers;
    retry
}

/// The state that came with questions.
pub(crate) fn state(asked: &Value) -> &str {
    asked["result"]["requestState"].as_str().unwrap_or_else(|| panic!("no state: {asked}"))
}

/// The answer of a person who agrees.
pub(crate) fn yes() -> Value {
    json!({ "action": "accept", "content": {} })
}

/// A client on a connection of its own.
pub(crate) struct Client(Line);

impl Client {
    pub(crate) fn of(server: Server) -> Self {
        Self(server.build().unwrap().connect().unwrap())
    }

    pub(crate) fn send(&self, message: &Value) {
        self.0.send(message.to_string());
    }

    pub(crate) async fn next(&self) -> Value {
        serde_json::from_str(&self.0.next().await.expect("the server says something")).unwrap()
    }

    /// What is answered to a request.
    pub(crate) async fn ask(&self, message: &Value) -> Value {
        self.send(message);
        self.next().await
    }
}

/// What is answered over HTTP to this principal.
pub(crate) async fn ask_as(service: &HttpService, who: Option<&str>, message: &Value) -> Value {
    let mut request = Request::post("/mcp")
        .header("host", "localhost")
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", message["method"].as_str().unwrap())
        .header("mcp-name", message["params"]["name"].as_str().unwrap());
    if let (Some(who), Some(extensions)) = (who, request.extensions_mut()) {
        extensions.insert(Principal::new(who));
    }
    let request = request.body(Full::new(Bytes::from(message.to_string()))).unwrap();
    let body = service.clone().call(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
    serde_json::from_slice(&body).unwrap()
}

/// The names of what the client is asked.
pub(crate) fn questions(reply: &Value) -> Vec<&str> {
    assert_eq!(reply["result"]["resultType"], "input_required", "{reply}");
    reply["result"]["inputRequests"].as_object().unwrap().keys().map(String::as_str).collect()
}

/// The text of a result.
pub(crate) fn text(reply: &Value) -> &str {
    assert_eq!(reply["result"]["resultType"], "complete", "{reply}");
    reply["result"]["content"][0]["text"].as_str().unwrap()
}

/// Number and text of an error.
pub(crate) fn error(reply: &Value) -> (i64, &str) {
    let error = &reply["error"];
    (error["code"].as_i64().unwrap_or_else(|| panic!("no error: {reply}")), error["message"].as_str().unwrap())
}
