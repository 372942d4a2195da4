//! What several of these tests need: tools that do as they are told, and eyes on what becomes of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use anpu::{Component, Cx, Line, Server, Tool};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

/// A server with a name, and nothing else.
pub(crate) fn server() -> Server {
    Server::new("under-test", "1.2.3")
}

/// Counts.
#[derive(Clone, Default)]
pub(crate) struct Count(Arc<AtomicUsize>);

impl Count {
    pub(crate) fn get(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn add(&self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }

    /// Counts one more when what is returned is dropped.
    pub(crate) fn on_drop(&self) -> OnDrop {
        OnDrop(self.clone())
    }
}

pub(crate) struct OnDrop(Count);

impl Drop for OnDrop {
    fn drop(&mut self) {
        self.0.add();
    }
}

/// A tool that works until it is let go, and what became of its calls.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) begun: Count,
    pub(crate) dropped: Count,
    entered: Arc<Semaphore>,
    gate: Arc<Semaphore>,
}

impl Held {
    pub(crate) fn new() -> Self {
        let closed = || Arc::new(Semaphore::new(0));
        Self { begun: Count::default(), dropped: Count::default(), entered: closed(), gate: closed() }
    }

    /// Lets so many calls go.
    pub(crate) fn let_go(&self, calls: usize) {
        self.gate.add_permits(calls);
    }

    /// Waits until so many more calls have begun.
    pub(crate) async fn wait_for(&self, calls: u32) {
        self.entered.acquire_many(calls).await.unwrap().forget();
    }

    /// The tool, which answers `done`.
    pub(crate) fn tool(&self, name: &str) -> Component {
        self.of(Tool::new(name))
    }

    pub(crate) fn of(&self, tool: Tool) -> Component {
        let held = self.clone();
        tool.handler(move |_: Cx| {
            let held = held.clone();
            async move {
                let _dropped = held.dropped.on_drop();
                held.begun.add();
                held.entered.add_permits(1);
                held.gate.acquire().await.unwrap().forget();
                "done"
            }
        })
    }
}

/// Opens a session on a line of its own and returns after the handshake.
pub(crate) async fn opened(line: Line, version: &str) -> Line {
    let client = json!({ "name": "raw", "version": "0" });
    let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
    line.send(request(0, "initialize", &params));
    let answer = next(&line).await;
    assert_eq!(answer["result"]["protocolVersion"], version, "{answer}");
    line.send(notification("notifications/initialized", &Value::Null));
    line
}

/// The next message from the server.
pub(crate) async fn next(line: &Line) -> Value {
    serde_json::from_str(&line.next().await.unwrap()).unwrap()
}

pub(crate) fn request(id: i64, method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

pub(crate) fn notification(method: &str, params: &Value) -> String {
    match params {
        Value::Null => json!({ "jsonrpc": "2.0", "method": method }).to_string(),
        params => json!({ "jsonrpc": "2.0", "method": method, "params": params }).to_string(),
    }
}

pub(crate) fn tool_call(id: i64, name: &str) -> String {
    request(id, "tools/call", &json!({ "name": name }))
}

pub(crate) fn cancel(id: i64) -> String {
    notification("notifications/cancelled", &json!({ "requestId": id }))
}

/// The text of a tool's result.
pub(crate) fn text(result: &anpu::model::CallToolResult) -> &str {
    result.content[0].as_text().unwrap()
}
