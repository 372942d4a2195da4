//! A server on a port of its own, and the requests of a client, byte by byte.

use std::net::SocketAddr;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use anpu::{Component, Cx, Server, Tool};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{Semaphore, oneshot};

use crate::wire::{PATIENCE, Response, Wire};

/// A server on a thread of its own, until this is dropped.
pub(crate) struct Endpoint {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

pub(crate) fn server() -> Server {
    Server::new("under-test", "1.2.3").drain(Duration::ZERO)
}

impl Endpoint {
    pub(crate) fn serve(server: Server) -> Self {
        Self::run(|listener, stopped| async move {
            let stopped = async move {
                let _ = stopped.await;
            };
            server.serve_listener(listener, stopped).await.unwrap();
        })
    }

    pub(crate) fn run<F, Fut>(serve: F) -> Self
    where
        F: FnOnce(TcpListener, oneshot::Receiver<()>) -> Fut + Send + 'static,
        Fut: Future<Output = ()>,
    {
        let (stop, stopped) = oneshot::channel();
        let (bound, address) = channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
                bound.send(listener.local_addr().unwrap()).unwrap();
                serve(listener, stopped).await;
            });
            runtime.shutdown_background();
        });
        let address = address.recv_timeout(PATIENCE).unwrap();
        Self { address, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn connect(&self) -> Wire {
        Wire::connect(self.address)
    }

    /// Asks the server to end; its thread does when it has.
    pub(crate) fn stop(mut self) -> JoinHandle<()> {
        drop(self.stop.take());
        self.thread.take().unwrap()
    }

    /// Sends this on a connection of its own.
    pub(crate) fn send(&self, bytes: impl AsRef<[u8]>) -> Response {
        let mut wire = self.connect();
        wire.send(bytes);
        wire.response()
    }

    /// Opens a session, and says which.
    pub(crate) fn open(&self, version: &str) -> String {
        let response = self.send(post(None, &initialize(version)));
        assert_eq!(response.status, 200, "{response:?}");
        let id = response.header("mcp-session-id").unwrap().to_owned();
        let ready = self.send(post(Some(&id), r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#));
        assert_eq!(ready.status, 202, "{ready:?}");
        id
    }

    /// Opens a stream of the session for what belongs to no request.
    pub(crate) fn listen(&self, session: &str) -> Wire {
        let mut wire = self.connect();
        wire.send(get(session, &[]));
        let response = wire.response();
        assert!(response.status == 200 && response.is_stream(), "{response:?}");
        wire
    }
}

impl Drop for Endpoint {
    fn drop(&mut self) {
        drop(self.stop.take());
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(thread::panicking() || ended.is_none_or(|ended| ended.is_ok()), "the server panicked");
    }
}

/// A request of these header lines, after those that every client sends.
pub(crate) fn post_with(lines: &[&str], body: &str) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!(
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         Accept: application/json, text/event-stream\r\n{lines}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

pub(crate) fn post(session: Option<&str>, body: &str) -> String {
    match session {
        Some(session) => post_with(&[&format!("Mcp-Session-Id: {session}")], body),
        None => post_with(&[], body),
    }
}

pub(crate) fn get(session: &str, lines: &[&str]) -> String {
    let lines: String = lines.iter().map(|line| format!("{line}\r\n")).collect();
    format!(
        "GET /mcp HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\nMcp-Session-Id: {session}\r\n{lines}\r\n"
    )
}

pub(crate) fn delete(session: &str) -> String {
    format!("DELETE /mcp HTTP/1.1\r\nHost: localhost\r\nMcp-Session-Id: {session}\r\n\r\n")
}

pub(crate) fn initialize(version: &str) -> String {
    let client = json!({ "name": "raw", "version": "0" });
    let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }).to_string()
}

pub(crate) const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;
pub(crate) const PONG: &str = r#"{"jsonrpc":"2.0","id":1,"result":{}}"#;

/// A call of a tool whose client wants to hear of its progress.
pub(crate) fn call(id: i64, name: &str) -> String {
    let params = json!({ "name": name, "_meta": { "progressToken": id } });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }).to_string()
}

pub(crate) fn cancel(id: i64) -> String {
    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }).to_string()
}

/// The text of the tool's result in this answer.
pub(crate) fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {answer}"))
}

/// A tool that works until it is let go, and tells of each call when it begins and when it is dropped.
#[derive(Clone)]
pub(crate) struct Held {
    events: Sender<&'static str>,
    heard: Arc<Mutex<Receiver<&'static str>>>,
    gate: Arc<Semaphore>,
}

impl Held {
    pub(crate) fn new() -> Self {
        let (events, heard) = channel();
        Self { events, heard: Arc::new(Mutex::new(heard)), gate: Arc::new(Semaphore::new(0)) }
    }

    pub(crate) fn let_go(&self) {
        self.gate.add_permits(1);
    }

    /// Waits until a call is let go.
    pub(crate) async fn pass(&self) {
        self.gate.acquire().await.unwrap().forget();
    }

    /// Waits for what happens next, and expects it to be this.
    pub(crate) fn expect(&self, event: &str) {
        let next = self.heard.lock().unwrap().recv_timeout(PATIENCE);
        assert_eq!(next, Ok(event));
    }

    /// The tool; `talks` has it report progress before and after.
    pub(crate) fn tool(&self, name: &str, talks: bool) -> Component {
        let held = self.clone();
        Tool::new(name).handler(move |cx: Cx| {
            let held = held.clone();
            async move {
                let told = Told(held.events.clone(), "dropped");
                held.events.send("begun").unwrap();
                if talks {
                    cx.progress(0.25, "before").await;
                }
                held.pass().await;
                if talks {
                    cx.progress(0.75, "after").await;
                }
                drop(Told(held.events.clone(), "finished"));
                drop(told);
                "done"
            }
        })
    }
}

/// Tells something when it is dropped.
pub(crate) struct Told(pub(crate) Sender<&'static str>, pub(crate) &'static str);

impl Drop for Told {
    fn drop(&mut self) {
        // The test may be over.
        let _ = self.0.send(self.1);
    }
}

/// A tool that changes the catalog.
pub(crate) fn poke() -> Component {
    Tool::new("poke").handler(|cx: Cx| async move {
        let added = Tool::new("added").handler(|_: Cx| async { "added" });
        cx.server().unwrap().insert(added)
    })
}
