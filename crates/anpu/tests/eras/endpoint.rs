//! The HTTP endpoint as a service, without sockets: requests are values, and streams are polled by hand.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use anpu::{Body, Handle, HttpService, Server};
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Map, Value, json};
use tower_service::Service as _;

#[derive(Clone)]
pub(crate) struct Endpoint {
    service: HttpService,
    pub(crate) handle: Handle,
}

impl Endpoint {
    pub(crate) fn of(server: Server) -> Self {
        let (service, handle) = server.into_service().unwrap();
        Self { service, handle }
    }

    async fn send(&self, method: Method, lines: &[(&str, &str)], body: String) -> Response<Body> {
        let usual = [
            ("host", "localhost"),
            ("content-type", "application/json"),
            ("accept", "application/json, text/event-stream"),
        ];
        let usual = usual.iter().filter(|(usual, _)| lines.iter().all(|(name, _)| name != usual));
        let mut request = Request::builder().method(method).uri("/mcp");
        for (name, value) in usual.chain(lines) {
            request = request.header(*name, *value);
        }
        self.service.clone().call(request.body(Full::new(Bytes::from(body))).unwrap()).await.unwrap()
    }

    pub(crate) async fn post(&self, session: &str, message: &Value) -> Response<Body> {
        self.send(Method::POST, &[("mcp-session-id", session)], message.to_string()).await
    }

    pub(crate) async fn get(&self, session: &str, last: Option<&str>) -> Response<Body> {
        let mut lines = vec![("mcp-session-id", session)];
        lines.extend(last.map(|last| ("last-event-id", last)));
        self.send(Method::GET, &lines, String::new()).await
    }

    pub(crate) async fn delete(&self, session: &str) -> Response<Body> {
        self.send(Method::DELETE, &[("mcp-session-id", session)], String::new()).await
    }

    /// A request that carries its client, with the headers that repeat it; `with` changes them, and `null` leaves one out.
    pub(crate) async fn post_alone(&self, message: &Value, with: &Map<String, Value>) -> Response<Body> {
        let version = message.pointer("/params/_meta/io.modelcontextprotocol~1protocolVersion");
        let name = match message["method"].as_str() {
            Some("tools/call" | "prompts/get") => message.pointer("/params/name"),
            Some("resources/read") => message.pointer("/params/uri"),
            _ => None,
        };
        let said = [("mcp-protocol-version", version), ("mcp-method", message.get("method")), ("mcp-name", name)];
        let said = said.into_iter().filter(|(header, _)| !with.contains_key(*header));
        let with = with.iter().map(|(header, value)| (header.as_str(), Some(value)));
        let lines: Vec<_> = said.chain(with).filter_map(|(header, value)| Some((header, value?.as_str()?))).collect();
        self.send(Method::POST, &lines, message.to_string()).await
    }

    /// A request of this method and these headers, without a body.
    pub(crate) async fn bare(&self, method: Method, with: &Map<String, Value>) -> Response<Body> {
        let lines: Vec<_> =
            with.iter().filter_map(|(header, value)| Some((header.as_str(), value.as_str()?))).collect();
        self.send(method, &lines, String::new()).await
    }

    /// Opens a session in the newest version that has any, and says which.
    pub(crate) async fn open(&self) -> String {
        let version = "2025-11-25";
        let params = json!({ "protocolVersion": version, "capabilities": crate::handlers::everything(version),
            "clientInfo": { "name": "by hand", "version": "0" } });
        let initialize = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let response = self.send(Method::POST, &[], initialize.to_string()).await;
        assert_eq!(response.status(), 200);
        let session = response.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        assert_eq!(self.post(&session, &ready).await.status(), 202);
        session
    }

    pub(crate) async fn listen(&self, session: &str) -> Stream {
        Stream::of(self.get(session, None).await)
    }
}

/// A call of a tool without arguments.
pub(crate) fn call(id: u64, tool: &str) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": { "name": tool } })
}

/// The one message of a response that is no stream.
pub(crate) async fn said(response: Response<Body>) -> Value {
    let text = whole(response).await;
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The one text of a response.
pub(crate) async fn whole(response: Response<Body>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

/// A response that is a stream of events.
pub(crate) struct Stream {
    body: Body,
    text: String,
}

/// An event with a message.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    pub(crate) id: String,
    pub(crate) message: Value,
}

impl Stream {
    pub(crate) fn of(response: Response<Body>) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body(), text: String::new() }
    }

    /// The next event with a message; none when the stream is over.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        // A stream that says nothing but that it is alive would do so for ever: the clock is paused.
        for _ in 0..1000 {
            if let Some(event) = self.parsed() {
                return Some(event);
            }
            let frame = self.body.frame().await?;
            self.text.push_str(std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap());
        }
        panic!("neither a message nor the end");
    }

    /// All that is there already; the flag says whether the stream is over.
    pub(crate) fn heard(&mut self) -> (Vec<Value>, bool) {
        let mut cx = Context::from_waker(Waker::noop());
        let over = loop {
            match Pin::new(&mut self.body).poll_frame(&mut cx) {
                Poll::Ready(Some(frame)) => {
                    self.text.push_str(std::str::from_utf8(&frame.unwrap().into_data().unwrap()).unwrap());
                }
                Poll::Ready(None) => break true,
                Poll::Pending => break false,
            }
        };
        (std::iter::from_fn(|| self.parsed()).map(|event| event.message).collect(), over)
    }

    /// The first whole event that came and has a message.
    fn parsed(&mut self) -> Option<Event> {
        while let Some(end) = self.text.find("\n\n") {
            let block: String = self.text.drain(..end + 2).collect();
            let field = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
            if let Some(data) = field("data:").filter(|data| !data.is_empty()) {
                let id = field("id:").unwrap_or_default().to_owned();
                return Some(Event { id, message: serde_json::from_str(data).unwrap() });
            }
        }
        None
    }
}
