//! The HTTP service without sockets, so that its time may be virtual.

use std::collections::VecDeque;
use std::future::poll_fn;

use anpu::{Body, Handle, HttpService, Principal, Server};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tower_service::Service as _;

const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

pub(crate) struct Endpoint {
    service: HttpService,
    pub(crate) handle: Handle,
}

impl Endpoint {
    pub(crate) fn new(server: Server) -> Self {
        let (service, handle) = server.into_service().unwrap();
        Self { service, handle }
    }

    pub(crate) async fn send(&self, method: Method, session: Option<&str>, body: &str) -> Response<Body> {
        self.send_as(None, method, session, body).await
    }

    /// Sends this as a layer in front would hand it on that knows who it is.
    pub(crate) async fn send_as(
        &self,
        user: Option<&str>,
        method: Method,
        session: Option<&str>,
        body: &str,
    ) -> Response<Body> {
        let mut request = Request::builder()
            .method(method)
            .uri("/mcp")
            .header("host", "localhost")
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream");
        if let Some(session) = session {
            request = request.header("mcp-session-id", session);
        }
        if let Some(user) = user {
            request = request.extension(Principal::new(user));
        }
        let mut service = self.service.clone();
        let ready = |cx: &mut std::task::Context<'_>| {
            tower_service::Service::<Request<Full<Bytes>>>::poll_ready(&mut service, cx)
        };
        poll_fn(ready).await.unwrap();
        service.call(request.body(Full::<Bytes>::from(body.to_owned())).unwrap()).await.unwrap()
    }

    pub(crate) async fn open(&self) -> String {
        self.open_as(None, &json!({})).await
    }

    /// Opens a session for this user, whose client can do this.
    pub(crate) async fn open_as(&self, user: Option<&str>, capabilities: &Value) -> String {
        let client = json!({ "name": "raw", "version": "0" });
        let params = json!({ "protocolVersion": "2025-11-25", "capabilities": capabilities, "clientInfo": client });
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }).to_string();
        let response = self.send_as(user, Method::POST, None, &body).await;
        let id = response.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        let ready = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
        assert_eq!(self.send_as(user, Method::POST, Some(&id), ready).await.status(), StatusCode::ACCEPTED);
        id
    }

    /// Takes up a stream behind this event.
    #[allow(dead_code, reason = "not every test that includes this does")]
    pub(crate) async fn resume(&self, session: &str, last: &str) -> Response<Body> {
        let request = Request::get("/mcp").header("host", "localhost").header("accept", "text/event-stream");
        let request = request.header("mcp-session-id", session).header("last-event-id", last);
        let request = request.body(Full::<Bytes>::default()).unwrap();
        let mut service = self.service.clone();
        service.call(request).await.unwrap()
    }

    pub(crate) async fn ping(&self, session: &str) -> StatusCode {
        self.send(Method::POST, Some(session), PING).await.status()
    }
}

/// The messages of a stream.
pub(crate) struct Messages {
    body: Body,
    read: VecDeque<Value>,
}

impl Messages {
    pub(crate) fn of(response: Response<Body>) -> Self {
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self { body: response.into_body(), read: VecDeque::new() }
    }

    /// The next one; none when the stream is over.
    pub(crate) async fn next(&mut self) -> Option<Value> {
        while self.read.is_empty() {
            let frame = self.body.frame().await?.unwrap().into_data().unwrap();
            let text = String::from_utf8(frame.to_vec()).unwrap();
            let data = text.lines().filter_map(|line| line.strip_prefix("data:")).map(str::trim);
            self.read.extend(data.filter(|data| !data.is_empty()).map(|data| serde_json::from_str(data).unwrap()));
        }
        self.read.pop_front()
    }
}
