//! A server that is mounted elsewhere, drained from outside, in virtual time.

use std::time::Duration;

use anpu::store::Memory;
use anpu::testing::FaultyStore;
use anpu::{Body, Ended, Handle, Hooks, HttpService, Keys, Server};
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::{Value, json};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::time::{Instant, advance, timeout};
use tower_service::Service as _;

use crate::endpoint::Messages;
use crate::support::{Held, server, tool_call};

const GRACE: Duration = Duration::from_secs(25);
const VERSION: &str = "2026-07-28";

fn shared() -> Server {
    server().keys(Keys::random().unwrap())
}

fn initialize() -> String {
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {},
        "clientInfo": { "name": "raw", "version": "0" } });
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }).to_string()
}

async fn text(response: Response<Body>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

/// The status of the answer, and that who is turned away is told when to come again and whom that concerns.
async fn outcome(response: Response<Body>) -> u16 {
    let status = response.status();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        assert_eq!(response.headers()["retry-after"], "1");
        let error: Value = serde_json::from_str(&text(response).await).unwrap();
        assert!(error["error"]["message"].as_str().unwrap().contains("try again"), "{error}");
        assert!(!error["id"].is_null(), "{error}");
    }
    status.as_u16()
}

/// What clients get that are new here: a session, and a request without one.
async fn newcomers(endpoint: &Mounted) -> (u16, u16) {
    let session = endpoint.send(Method::POST, None, &initialize()).await;
    let alone = endpoint.alone("tools/list", json!({})).await;
    (outcome(session).await, outcome(alone).await)
}

/// The service and the server from outside.
struct Mounted {
    service: HttpService,
    handle: Handle,
}

impl Mounted {
    fn new(server: Server) -> Self {
        let (service, handle) = server.into_service().unwrap();
        Self { service, handle }
    }

    async fn send_with(&self, method: Method, lines: &[(&str, &str)], body: &str) -> Response<Body> {
        let request = Request::builder().method(method).uri("/mcp").header("host", "localhost");
        let request = request.header("content-type", "application/json");
        let request = request.header("accept", "application/json, text/event-stream");
        let request = lines.iter().fold(request, |request, (name, value)| request.header(*name, *value));
        self.service.clone().call(request.body(Full::<Bytes>::from(body.to_owned())).unwrap()).await.unwrap()
    }

    async fn send(&self, method: Method, session: Option<&str>, body: &str) -> Response<Body> {
        let lines: Vec<_> = session.into_iter().map(|id| ("mcp-session-id", id)).collect();
        self.send_with(method, &lines, body).await
    }

    async fn alone(&self, method: &str, mut params: Value) -> Response<Body> {
        params["_meta"] = json!({ "io.modelcontextprotocol/protocolVersion": VERSION,
            "io.modelcontextprotocol/clientCapabilities": {} });
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": method, "params": params }).to_string();
        self.send_with(Method::POST, &[("mcp-protocol-version", VERSION), ("mcp-method", method)], &body).await
    }

    async fn open(&self) -> String {
        let response = self.send(Method::POST, None, &initialize()).await;
        let id = response.headers()["mcp-session-id"].to_str().unwrap().to_owned();
        self.send(Method::POST, Some(&id), r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
        id
    }

    async fn ping(&self, session: &str) -> StatusCode {
        self.send(Method::POST, Some(session), r#"{"jsonrpc":"2.0","id":99,"method":"ping"}"#).await.status()
    }
}

#[tokio::test(start_paused = true)]
async fn what_runs_gets_its_time_and_the_server_is_not_ready_meanwhile() {
    let held = Held::new();
    let endpoint = std::sync::Arc::new(Mounted::new(shared().with(held.tool("held")).stream_after(GRACE * 2)));
    let session = endpoint.open().await;
    let calling = tokio::spawn({
        let (endpoint, session) = (endpoint.clone(), session.clone());
        async move { text(endpoint.send(Method::POST, Some(&session), &tool_call(1, "held")).await).await }
    });
    held.wait_for(1).await;
    assert!(endpoint.handle.is_ready());
    let begun = Instant::now();
    let handle = endpoint.handle.clone();
    let draining = tokio::spawn(async move { handle.drain(GRACE).await });
    tokio::task::yield_now().await;
    advance(Duration::from_secs(5)).await;
    assert!(!endpoint.handle.is_ready());
    assert!(!draining.is_finished());
    assert_eq!(endpoint.ping(&session).await, StatusCode::OK, "a session that is here goes on");
    held.let_go(1);
    assert!(calling.await.unwrap().contains(r#""text":"done""#));
    draining.await.unwrap();
    assert_eq!(begun.elapsed(), Duration::from_secs(5), "nothing is left to wait for");
    assert!(endpoint.handle.sessions().is_empty());
}

#[tokio::test(start_paused = true)]
async fn what_runs_too_long_is_given_up() {
    let held = Held::new();
    let endpoint = std::sync::Arc::new(Mounted::new(shared().with(held.tool("held")).request_timeout(None)));
    let session = endpoint.open().await;
    let calling = endpoint.clone();
    tokio::spawn(async move { text(calling.send(Method::POST, Some(&session), &tool_call(1, "held")).await).await });
    held.wait_for(1).await;
    let begun = Instant::now();
    endpoint.handle.drain(GRACE).await;
    assert_eq!(begun.elapsed(), GRACE);
    tokio::task::yield_now().await;
    assert_eq!(held.dropped.get(), 1);
}

#[tokio::test(start_paused = true)]
async fn new_work_is_taken_while_nobody_can_know_and_turned_away_then() {
    let held = Held::new();
    let endpoint = Mounted::new(shared().with(held.tool("held")));
    let handle = endpoint.handle.clone();
    assert_eq!(newcomers(&endpoint).await, (200, 200));
    let _running = busy(&endpoint, &held).await;
    let draining = tokio::spawn(async move { handle.drain(GRACE).await });
    tokio::task::yield_now().await;
    advance(Duration::from_millis(900)).await;
    assert_eq!(newcomers(&endpoint).await, (200, 200));
    advance(Duration::from_millis(100)).await;
    assert_eq!(newcomers(&endpoint).await, (503, 503));
    draining.abort();
}

#[tokio::test(start_paused = true)]
async fn a_session_whose_id_would_open_nowhere_else_is_not_begun_any_more() {
    let held = Held::new();
    let endpoint = Mounted::new(server().with(held.tool("held")));
    let handle = endpoint.handle.clone();
    let _running = busy(&endpoint, &held).await;
    let draining = tokio::spawn(async move { handle.drain(GRACE).await });
    tokio::task::yield_now().await;
    assert_eq!(newcomers(&endpoint).await, (503, 200));
    draining.abort();
}

/// A request that keeps the server from its end, as a stream that nobody reads.
async fn busy(endpoint: &Mounted, held: &Held) -> Response<Body> {
    let session = endpoint.open().await;
    let response = endpoint.send(Method::POST, Some(&session), &tool_call(1, "held")).await;
    held.wait_for(1).await;
    response
}

#[tokio::test(start_paused = true)]
async fn streams_end_with_a_hint_those_that_begin_too_late_at_once() {
    let held = Held::new();
    let endpoint = Mounted::new(shared().with(held.tool("held")));
    let session = endpoint.open().await;
    let before = endpoint.send(Method::GET, Some(&session), "").await;
    let _running = busy(&endpoint, &held).await;
    let handle = endpoint.handle.clone();
    let draining = tokio::spawn(async move { handle.drain(GRACE).await });
    assert!(text(before).await.ends_with("retry: 1000\n\n"));
    let after = endpoint.send(Method::GET, Some(&session), "").await;
    assert_eq!(after.status(), StatusCode::OK);
    assert!(text(after).await.ends_with("retry: 1000\n\n"));
    assert!(!draining.is_finished());
    draining.abort();
}

#[tokio::test(start_paused = true)]
async fn listeners_end_with_their_answer_those_that_begin_too_late_at_once() {
    let held = Held::new();
    let endpoint = Mounted::new(shared().with(held.tool("held")));
    let listen = json!({ "notifications": { "toolsListChanged": true } });
    let mut before = Messages::of(endpoint.alone("subscriptions/listen", listen.clone()).await);
    before.next().await.unwrap();
    let _running = busy(&endpoint, &held).await;
    let handle = endpoint.handle.clone();
    let draining = tokio::spawn(async move { handle.drain(GRACE).await });
    let words = async |mut messages: Messages| {
        let mut said = Vec::new();
        // Far more than it takes: time is virtual.
        while let Some(message) = timeout(Duration::from_secs(10), messages.next()).await.unwrap() {
            said.push(message["method"].as_str().unwrap_or("answer").to_owned());
        }
        said
    };
    assert_eq!(words(before).await, ["notifications/cancelled", "answer"]);
    let after = Messages::of(endpoint.alone("subscriptions/listen", listen).await);
    let acknowledged = "notifications/subscriptions/acknowledged";
    assert_eq!(words(after).await, [acknowledged, "notifications/cancelled", "answer"]);
    draining.abort();
}

struct Watching(UnboundedSender<Ended>);

impl Hooks for Watching {
    async fn terminate(&self, _: &str, why: Ended) {
        self.0.send(why).unwrap();
    }
}

#[tokio::test(start_paused = true)]
async fn last_of_all_hooks_hear_of_it_and_the_store_writes_down_what_it_has() {
    let (sender, mut ended) = unbounded_channel();
    let store = FaultyStore::new(Memory::new());
    let faults = store.faults();
    let endpoint = Mounted::new(shared().store(store).hooks(Watching(sender)));
    endpoint.open().await;
    endpoint.handle.drain(GRACE).await;
    assert_eq!(ended.try_recv(), Ok(Ended::Closed));
    assert_eq!(faults.commands().last(), Some(&"store.flush"));
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_does_not_keep_the_server() {
    let store = FaultyStore::new(Memory::new());
    let faults = store.faults();
    let endpoint = Mounted::new(shared().store(store));
    faults.hang();
    let begun = Instant::now();
    endpoint.handle.drain(GRACE).await;
    assert!(begun.elapsed() <= Duration::from_secs(3), "{:?}", begun.elapsed());
}
