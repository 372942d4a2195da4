//! A client that writes its requests out, one connection for each, and is told which node answered.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long anything may take that is waited for.
const PATIENCE: Duration = Duration::from_secs(30);
pub(crate) const VERSION: &str = "2025-11-25";
const MODERN: &str = "2026-07-28";

/// A client of the era of sessions, unless it says otherwise.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
    pub(crate) session: Option<String>,
}

impl Client {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, session: None }
    }

    /// The same client, talking to somebody else.
    pub(crate) fn at(&self, address: SocketAddr) -> Self {
        Self { address, ..self.clone() }
    }

    /// Opens a session; which node did.
    pub(crate) async fn open(&mut self) -> String {
        let client = json!({ "name": "nodes", "version": "1" });
        let capabilities = json!({ "elicitation": {}, "sampling": {}, "roots": {} });
        let params = json!({ "protocolVersion": VERSION, "capabilities": capabilities, "clientInfo": client });
        let mut answer = self.ask(1, "initialize", params).await;
        assert_eq!(answer.status, 200);
        self.session = answer.header("mcp-session-id");
        assert!(answer.result().await["capabilities"].is_object());
        let initialized = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(self.post(&initialized).await.status, 202);
        answer.node
    }

    /// Sends a request of the session.
    pub(crate) async fn ask(&self, id: u64, method: &str, params: Value) -> Answer {
        self.post(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })).await
    }

    pub(crate) async fn call(&self, id: u64, tool: &str, arguments: Value) -> Answer {
        let meta = json!({ "progressToken": id });
        self.ask(id, "tools/call", json!({ "name": tool, "arguments": arguments, "_meta": meta })).await
    }

    pub(crate) async fn ping(&self) -> Answer {
        self.ask(2, "ping", json!({})).await
    }

    pub(crate) async fn post(&self, message: &Value) -> Answer {
        self.send(Method::POST, &[("mcp-protocol-version", VERSION)], message.to_string()).await.unwrap()
    }

    /// Opens a stream for what belongs to no request, or takes one up behind this event.
    pub(crate) async fn get(&self, last: Option<&str>) -> Answer {
        let version = ("mcp-protocol-version", VERSION);
        let headers: Vec<_> = last.map(|last| ("last-event-id", last)).into_iter().chain([version]).collect();
        self.send(Method::GET, &headers, String::new()).await.unwrap()
    }

    pub(crate) async fn delete(&self) -> Answer {
        self.send(Method::DELETE, &[], String::new()).await.unwrap()
    }

    /// Sends a request of the era that has no sessions.
    pub(crate) async fn modern(&self, id: u64, method: &str, params: &Value) -> Answer {
        let (headers, message) = modern(id, method, params.clone());
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let stranger = Self { session: None, ..self.clone() };
        stranger.send(Method::POST, &headers, message.to_string()).await.unwrap()
    }

    /// The headers and the message of a call in that era.
    pub(crate) fn modern_call(id: u64, tool: &str, arguments: &Value) -> (Vec<(&'static str, String)>, Value) {
        modern(id, "tools/call", json!({ "name": tool, "arguments": arguments }))
    }

    /// Sends a request, and waits for the head of its answer.
    pub(crate) async fn send(&self, method: Method, headers: &[(&str, &str)], body: String) -> Result<Answer, String> {
        let stream = TcpStream::connect(self.address).await.map_err(|error| format!("connect: {error}"))?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|e| e.to_string())?;
        tokio::spawn(connection);
        let accept = if method == Method::GET { "text/event-stream" } else { "application/json, text/event-stream" };
        let mut request = Request::builder().method(method).uri("/mcp").header("host", self.address.to_string());
        request = request.header("accept", accept).header("content-type", "application/json");
        let session = self.session.as_deref().map(|session| ("mcp-session-id", session));
        for (name, value) in headers.iter().copied().chain(session) {
            request = request.header(name, value);
        }
        let request = request.body(Full::new(Bytes::from(body))).map_err(|error| error.to_string())?;
        let answered = timeout(PATIENCE, sender.send_request(request)).await.map_err(|_| "no answer".to_owned())?;
        Ok(Answer::of(answered.map_err(|error| format!("no answer: {error}"))?))
    }
}

fn modern(id: u64, method: &str, mut params: Value) -> (Vec<(&'static str, String)>, Value) {
    params["_meta"] = json!({
        "io.modelcontextprotocol/protocolVersion": MODERN,
        "io.modelcontextprotocol/clientInfo": { "name": "nodes", "version": "1" },
        "io.modelcontextprotocol/clientCapabilities": { "elicitation": {} },
        "progressToken": id,
    });
    let mut headers = vec![("mcp-protocol-version", MODERN.to_owned()), ("mcp-method", method.to_owned())];
    headers.extend(params["name"].as_str().map(|name| ("mcp-name", name.to_owned())));
    (headers, json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }))
}

/// One message of a stream with its event id.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub(crate) id: Option<String>,
    pub(crate) message: Value,
}

/// An answer, read as it comes. Dropping it drops its connection.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Which node answered.
    pub(crate) node: String,
    response: Response<Incoming>,
    streams: bool,
    read: Vec<u8>,
    events: VecDeque<Event>,
    /// Of the last event, also of one without a message.
    pub(crate) last: Option<String>,
}

impl Answer {
    fn of(response: Response<Incoming>) -> Self {
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Self {
            status: response.status().as_u16(),
            // nginx names those, too, that it asked before.
            node: header("x-node").rsplit(", ").next().unwrap_or_default().to_owned(),
            streams: header("content-type").starts_with("text/event-stream"),
            read: Vec::new(),
            events: VecDeque::new(),
            last: None,
            response,
        }
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        Some(self.response.headers().get(name)?.to_str().ok()?.to_owned())
    }

    /// The next message; none when the answer ended, in whatever way.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        timeout(PATIENCE, self.read()).await.expect("something comes, or the answer ends")
    }

    async fn read(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.events.pop_front() {
                return Some(event);
            }
            match self.response.body_mut().frame().await {
                Some(Ok(frame)) => {
                    self.read.extend_from_slice(frame.data_ref().map_or(&[][..], |bytes| bytes));
                    if self.streams {
                        self.cut();
                    }
                }
                Some(Err(_)) => return None,
                None if self.streams || self.read.is_empty() => return None,
                None => {
                    let message = serde_json::from_slice(&std::mem::take(&mut self.read)).ok()?;
                    return Some(Event { id: None, message });
                }
            }
        }
    }

    /// Waits until the stream has a place to come back to, which its first event names.
    pub(crate) async fn begun(&mut self) -> String {
        while self.last.is_none() {
            let frame = timeout(PATIENCE, self.response.body_mut().frame()).await.unwrap().unwrap().unwrap();
            self.read.extend_from_slice(frame.data_ref().unwrap());
            self.cut();
        }
        self.last.clone().unwrap()
    }

    /// Cuts whole events from what was read; comments and pauses are none.
    fn cut(&mut self) {
        while let Some(end) = self.read.windows(2).position(|two| two == b"\n\n") {
            let block: Vec<u8> = self.read.drain(..end + 2).collect();
            let block = String::from_utf8(block).unwrap();
            let of = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
            let id = of("id: ");
            if id.is_some() {
                self.last.clone_from(&id);
            }
            if let Some(text) = of("data: ").filter(|text| !text.is_empty()) {
                self.events.push_back(Event { id, message: serde_json::from_str(&text).unwrap() });
            }
        }
    }

    /// The answer itself, behind whatever came before it.
    pub(crate) async fn reply(&mut self) -> Value {
        loop {
            let event = self.next().await.expect("an answer before the end");
            if event.message.get("method").is_none() {
                return event.message;
            }
        }
    }

    pub(crate) async fn result(&mut self) -> Value {
        let reply = self.reply().await;
        assert!(reply["result"].is_object(), "{reply}");
        reply["result"].clone()
    }

    /// The text of the result of a tool.
    pub(crate) async fn text(&mut self) -> String {
        let result = self.result().await;
        result["content"][0]["text"].as_str().unwrap_or_else(|| panic!("{result}")).to_owned()
    }

    /// Reads to the end.
    pub(crate) async fn rest(&mut self) -> Vec<Event> {
        let mut all = Vec::new();
        while let Some(event) = self.next().await {
            all.push(event);
        }
        all
    }
}
