//! The HTTP endpoint as a service, without sockets: requests are values, and streams are polled by hand.

use std::pin::Pin;
use std::task::{Context, Poll, Waker};

use anpu::{Body, Handle, HttpService, Server};
use bytes::Bytes;
use http::{Method, Request, Response};
use http_body::Body as _;
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
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
        let mut request = Request::builder()
            .method(method)
            .uri("/mcp")
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        for (name, value) in lines {
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
