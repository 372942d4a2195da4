//! The doors of a running server: a full-duplex line, and HTTP with the headers that repeat what the body says.

use std::time::Duration;

use anpu::{Handle, Line, Server};
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tower_service::Service as _;

use crate::VERSION;

/// What a client says of itself.
pub(crate) fn meta(capabilities: &Value) -> Value {
    json!({ "io.modelcontextprotocol/protocolVersion": VERSION,
        "io.modelcontextprotocol/clientInfo": { "name": "ExampleClient", "version": "1.0.0" },
        "io.modelcontextprotocol/clientCapabilities": capabilities })
}

/// A request; it says of its client what its params do not say yet.
pub(crate) fn request(id: &Value, method: &str, params: &Value) -> Value {
    let mut params = params.clone();
    if params.get("_meta").is_none() {
        params["_meta"] = meta(&json!({}));
    }
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

/// A call of the one tool.
pub(crate) fn call(name: &str) -> Value {
    request(&json!(1), "tools/call", &json!({ "name": name }))
}

/// What came: the answer, and the notifications before it.
#[derive(Debug)]
pub(crate) struct Came {
    pub(crate) answer: Value,
    pub(crate) notices: Vec<Value>,
}

impl Came {
    fn of(mut messages: Vec<Value>, id: &Value) -> Self {
        let answer = messages.pop().expect("there is an answer");
        assert_eq!(answer.get("id"), Some(id), "{answer}");
        Self { answer, notices: messages }
    }

    pub(crate) fn result(&self) -> Result<&Value, String> {
        self.answer.get("result").ok_or_else(|| format!("no result: {}", self.answer))
    }
}

/// Asks through both doors; each gives the same.
pub(crate) async fn ask(server: impl Fn() -> Server, request: &Value) -> Came {
    let came = on_line(server(), request).await;
    let (status, posted) = post(server(), request, &[]).await;
    if let Some(result) = came.answer.get("result") {
        assert_eq!(status, 200, "{posted:?}");
        // The rules leave it out of the comparison with examples that do not say it.
        let info = json!({ "name": "ExampleServer", "version": "1.0.0" });
        assert_eq!(result["_meta"]["io.modelcontextprotocol/serverInfo"], info, "{result}");
    }
    assert_eq!(comparable(&posted.answer), comparable(&came.answer), "HTTP and the line");
    assert_eq!(posted.notices, came.notices, "HTTP and the line");
    came
}

/// Without what is random.
fn comparable(answer: &Value) -> Value {
    let mut answer = answer.clone();
    for random in ["/result/nextCursor", "/result/requestState"] {
        if let Some(text) = answer.pointer_mut(random) {
            *text = "…".into();
        }
    }
    answer
}

pub(crate) async fn on_line(server: Server, request: &Value) -> Came {
    let open = Open::of(server);
    open.send(request);
    let mut messages = Vec::new();
    loop {
        let message = open.next().await;
        let answered = message.get("method").is_none();
        messages.push(message);
        if answered {
            return Came::of(messages, &request["id"]);
        }
    }
}

/// A line that stays open.
pub(crate) struct Open {
    pub(crate) handle: Handle,
    line: Line,
}

impl Open {
    pub(crate) fn of(server: Server) -> Self {
        let handle = server.build().unwrap();
        let line = handle.connect().unwrap();
        Self { handle, line }
    }

    pub(crate) fn send(&self, message: &Value) {
        self.line.send(message.to_string());
    }

    pub(crate) fn send_text(&self, text: &str) {
        self.line.send(text);
    }

    pub(crate) async fn next(&self) -> Value {
        let text = tokio::time::timeout(Duration::from_secs(60), self.line.next()).await.expect("something is said");
        serde_json::from_str(&text.expect("the line stands")).unwrap()
    }

    /// Nothing more is said. The clock is paused, so that is certain.
    pub(crate) async fn is_quiet(&self) -> bool {
        tokio::time::timeout(Duration::from_secs(1), self.line.next()).await.is_err()
    }
}

/// Posts with the headers that a request needs; `instead` replaces some.
pub(crate) async fn post(server: Server, message: &Value, instead: &[(&str, &str)]) -> (StatusCode, Came) {
    let (mut service, _handle) = server.into_service().unwrap();
    let response = service.call(http_request(message, instead)).await.unwrap();
    let (status, kind) = (response.status(), response.headers().get("content-type").cloned());
    let body = response.into_body().collect().await.unwrap().to_bytes();
    let text = String::from_utf8(body.to_vec()).unwrap();
    let messages = match kind {
        Some(kind) if kind == "text/event-stream" => events(&text),
        _ => vec![serde_json::from_str(&text).unwrap_or_else(|_| panic!("{status}: {text}"))],
    };
    (status, Came::of(messages, &message["id"]))
}

fn http_request(message: &Value, instead: &[(&str, &str)]) -> Request<Full<Bytes>> {
    let mut lines = headers(message);
    lines.retain(|(name, _)| !instead.iter().any(|(other, _)| other == name));
    lines.extend(instead.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let mut request = Request::post("/mcp").header("host", "localhost");
    for (name, value) in lines {
        request = request.header(name, value);
    }
    request.body(Full::new(Bytes::from(message.to_string()))).unwrap()
}

/// The headers of a request.
pub(crate) fn headers(message: &Value) -> Vec<(&'static str, String)> {
    let version = &message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"];
    let name = match message["method"].as_str().unwrap() {
        "tools/call" | "prompts/get" => message.pointer("/params/name"),
        "resources/read" => message.pointer("/params/uri"),
        _ => None,
    };
    let mut lines = vec![
        ("content-type", "application/json".to_owned()),
        ("accept", "application/json, text/event-stream".to_owned()),
        ("mcp-protocol-version", version.as_str().unwrap().to_owned()),
        ("mcp-method", message["method"].as_str().unwrap().to_owned()),
    ];
    lines.extend(name.map(|name| ("mcp-name", name.as_str().unwrap().to_owned())));
    lines
}

/// The messages of a stream of events.
pub(crate) fn events(text: &str) -> Vec<Value> {
    let data = text.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
    data.filter(|data| !data.is_empty()).map(|data| serde_json::from_str(data).unwrap()).collect()
}
