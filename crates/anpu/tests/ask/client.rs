//! A client that is played by hand.

use anpu::{Line, Server};
use serde_json::{Value, json};

pub(crate) const NEWEST: &str = "2025-11-25";

/// A client's end of a session that is open.
pub(crate) struct Client {
    pub(crate) line: Line,
}

/// Everything a client can be asked.
pub(crate) fn all() -> Value {
    json!({ "elicitation": { "form": {}, "url": {} }, "sampling": { "tools": {}, "context": {} },
        "roots": { "listChanged": true } })
}

impl Client {
    /// Opens a session in the newest version that has sessions.
    pub(crate) async fn open(server: Server, capabilities: Value) -> Self {
        Self::speaking(NEWEST, server, capabilities).await
    }

    pub(crate) async fn speaking(version: &str, server: Server, capabilities: Value) -> Self {
        Self::of(server.build().unwrap().connect().unwrap(), version, capabilities).await
    }

    pub(crate) async fn of(line: Line, version: &str, capabilities: Value) -> Self {
        let client = Self { line };
        client.send(json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": {
            "protocolVersion": version, "capabilities": capabilities,
            "clientInfo": { "name": "by hand", "version": "0" } } }));
        assert_eq!(client.next().await["result"]["protocolVersion"], version);
        client.notify("notifications/initialized", json!({}));
        client
    }

    pub(crate) fn send(&self, message: Value) {
        self.line.send(message.to_string());
    }

    pub(crate) fn notify(&self, method: &str, params: Value) {
        self.send(json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    /// Calls a tool without arguments.
    pub(crate) fn call(&self, id: u64, tool: &str) {
        self.send(json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call",
            "params": { "name": tool, "arguments": {} } }));
    }

    /// Answers a question.
    pub(crate) fn answer(&self, question: &Value, result: Value) {
        self.send(json!({ "jsonrpc": "2.0", "id": question["id"], "result": result }));
    }

    pub(crate) async fn next(&self) -> Value {
        let text = self.line.next().await.expect("the server says something");
        serde_json::from_str(&text).unwrap()
    }

    /// The next message, which is a question by this method.
    pub(crate) async fn question(&self, method: &str) -> Value {
        let question = self.next().await;
        assert_eq!(question["method"], method, "{question}");
        assert!(question["id"].as_str().is_some_and(|id| id.len() > 32), "an id that nobody guesses: {question}");
        question
    }

    /// The next message, which is the reply to this request: the text of the tool.
    pub(crate) async fn text(&self, id: u64) -> String {
        let reply = self.next().await;
        assert_eq!(reply["id"], id, "{reply}");
        reply["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {reply}")).to_owned()
    }

    /// The next message, which tells that this question is withdrawn.
    pub(crate) async fn withdrawn(&self, question: &Value) {
        let notice = self.next().await;
        assert_eq!(notice["method"], "notifications/cancelled", "{notice}");
        assert_eq!(notice["params"]["requestId"], question["id"], "{notice}");
    }

    /// Nothing was sent that was not read: a ping comes back next.
    pub(crate) async fn is_quiet(&self) {
        self.send(json!({ "jsonrpc": "2.0", "id": "quiet?", "method": "ping" }));
        let reply = self.next().await;
        assert_eq!(reply["id"], "quiet?", "{reply}");
    }
}
