//! The HTTP service without sockets, so that its time may be virtual; requests of both eras, of anybody.

use std::sync::atomic::{AtomicU64, Ordering};

use anpu::store::Store;
use anpu::{Body, Handle, HttpService, Principal, Server};
use bytes::Bytes;
use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tower_service::Service as _;

/// The version whose requests carry their client.
const REQUEST_ERA: &str = "2026-07-28";

#[derive(Clone)]
pub(crate) struct Endpoint {
    service: HttpService,
    pub(crate) handle: Handle,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) says: Value,
}

impl Answer {
    /// The text of the result: its first part.
    #[track_caller]
    pub(crate) fn text(&self) -> &str {
        self.says["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {self:?}"))
    }

    /// The text of a tool error.
    #[track_caller]
    pub(crate) fn wrong(&self) -> &str {
        assert_eq!(self.says["result"]["isError"], true, "{self:?}");
        self.text()
    }

    /// The handle that the result names, for programs.
    pub(crate) fn handle(&self) -> Option<&str> {
        self.says["result"]["_meta"]["io.github.anpu-rs/session"].as_str()
    }
}

impl Endpoint {
    pub(crate) fn of(server: Server) -> Self {
        let (service, handle) = server.into_service().unwrap();
        Self { service, handle }
    }

    /// One more server on this store.
    pub(crate) fn on(store: impl Store, server: Server) -> Self {
        Self::of(server.store(store))
    }

    async fn send(
        &self,
        method: Method,
        user: Option<Principal>,
        lines: &[(&str, &str)],
        body: String,
    ) -> Response<Body> {
        let usual = [
            ("host", "localhost"),
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
        ];
        let mut request = Request::builder().method(method).uri("/mcp");
        for (name, value) in usual.iter().chain(lines) {
            request = request.header(*name, *value);
        }
        if let Some(user) = user {
            request = request.extension(user);
        }
        self.service.clone().call(request.body(Full::new(Bytes::from(body))).unwrap()).await.unwrap()
    }

    /// Opens a session for this user.
    pub(crate) async fn open_as(&self, user: Option<Principal>) -> String {
        let client = json!({ "name": "by hand", "version": "0" });
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let response = self.send(Method::POST, user.clone(), &[], body.to_string()).await;
        let session = response.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        let body = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        let ready = self.send(Method::POST, user, &[("mcp-session-id", &session)], body.to_string()).await;
        assert_eq!(ready.status(), StatusCode::ACCEPTED);
        session
    }

    pub(crate) async fn open(&self) -> String {
        self.open_as(None).await
    }

    pub(crate) async fn delete(&self, session: &str) -> StatusCode {
        self.send(Method::DELETE, None, &[("mcp-session-id", session)], String::new()).await.status()
    }

    /// A request in a session.
    pub(crate) async fn ask_as(&self, user: Option<Principal>, session: &str, method: &str, params: Value) -> Answer {
        let body = json!({ "jsonrpc": "2.0", "id": next_id(), "method": method, "params": params });
        answer(self.send(Method::POST, user, &[("mcp-session-id", session)], body.to_string()).await).await
    }

    /// Calls a tool in a session.
    pub(crate) async fn call(&self, session: &str, tool: &str, arguments: Value) -> Answer {
        self.ask_as(None, session, "tools/call", json!({ "name": tool, "arguments": arguments })).await
    }

    /// A request that carries its client, which can be asked with forms.
    pub(crate) async fn alone_as(&self, user: Option<Principal>, method: &str, mut params: Value) -> Answer {
        let name = params.get("name").or(params.get("uri")).and_then(Value::as_str).map(str::to_owned);
        params["_meta"] = json!({
            "io.modelcontextprotocol/protocolVersion": REQUEST_ERA,
            "io.modelcontextprotocol/clientInfo": { "name": "by hand", "version": "0" },
            "io.modelcontextprotocol/clientCapabilities": { "elicitation": { "form": {} } },
        });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params });
        let mut lines = vec![("mcp-protocol-version", REQUEST_ERA), ("mcp-method", method)];
        lines.extend(name.as_deref().map(|name| ("mcp-name", name)));
        answer(self.send(Method::POST, user, &lines, body.to_string()).await).await
    }

    /// Calls a tool without a session.
    pub(crate) async fn call_alone(&self, user: Option<Principal>, tool: &str, arguments: Value) -> Answer {
        self.alone_as(user, "tools/call", json!({ "name": tool, "arguments": arguments })).await
    }
}

/// No two requests of a session that run at the same time have one id.
fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The one message of a response.
async fn answer(response: Response<Body>) -> Answer {
    let (parts, body) = response.into_parts();
    let text = body.collect().await.unwrap().to_bytes();
    let text = String::from_utf8(text.to_vec()).unwrap();
    // A stream's last event has the answer.
    let message = text.lines().filter_map(|line| line.strip_prefix("data:")).rfind(|data| !data.trim().is_empty());
    let says = serde_json::from_str(message.unwrap_or(&text)).unwrap_or_else(|error| panic!("{text}: {error}"));
    Answer { status: parts.status, headers: parts.headers, says }
}

pub(crate) fn ann() -> Option<Principal> {
    Some(Principal::new("ann"))
}

pub(crate) fn bob() -> Option<Principal> {
    Some(Principal::new("bob"))
}
