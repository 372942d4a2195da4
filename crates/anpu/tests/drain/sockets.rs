//! A server on a socket of its own: its probes, and its connections while it ends. Time stands still unless it is told to
//! go on, so that "at once" has a meaning.

use std::net::SocketAddr;
use std::sync::mpsc;
use std::time::Duration;

use anpu::{Keys, Server};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::advance;

use crate::support::{Held, server, tool_call};

/// As long as it lives, paused time does not go on by itself while sockets are waited for.
struct Still {
    _awaited: mpsc::Sender<()>,
}

impl Still {
    fn stand() -> Self {
        let (awaited, end) = mpsc::channel::<()>();
        tokio::task::spawn_blocking(move || end.recv());
        Self { _awaited: awaited }
    }
}

struct Served {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<anpu::Result>,
    still: Still,
}

async fn serve(server: Server) -> Served {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = oneshot::channel();
    let serving = server.serve_listener(listener, async move { stopped.await.unwrap() });
    Served { address, stop, ended: tokio::spawn(serving), still: Still::stand() }
}

struct Wire(TcpStream);

impl Wire {
    async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    async fn send(&mut self, request: &str) {
        self.0.write_all(request.as_bytes()).await.unwrap();
    }

    /// The next response, which says how long its body is: its head and its body.
    async fn response(&mut self) -> (String, String) {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            head.push(char::from(self.0.read_u8().await.unwrap()));
        }
        // hyper writes names in lower case.
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        let mut body = vec![0; length.parse().unwrap()];
        self.0.read_exact(&mut body).await.unwrap();
        (head, String::from_utf8(body).unwrap())
    }

    /// The status of a request, and whether it was the last one of this connection.
    async fn ask(&mut self, request: &str) -> (u16, bool) {
        self.send(request).await;
        let (head, _) = self.response().await;
        (head[9..12].parse().unwrap(), head.contains("\r\nconnection: close\r\n"))
    }

    async fn is_closed(&mut self) -> bool {
        self.0.read(&mut [0]).await.is_ok_and(|read| read == 0)
    }
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: 10.1.2.3:8000\r\n\r\n")
}

fn post(session: &str, body: &str) -> String {
    format!(
        "POST /mcp HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nAccept: application/json, \
         text/event-stream\r\n{session}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"raw","version":"0"}}}"#;
const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

async fn opened(wire: &mut Wire) -> String {
    wire.send(&post("", INITIALIZE)).await;
    let (head, _) = wire.response().await;
    let line = head.lines().find(|line| line.starts_with("mcp-session-id: ")).unwrap();
    format!("{line}\r\n")
}

#[tokio::test(start_paused = true)]
async fn probes_are_answered_to_anybody_and_readiness_ends_first() {
    let served = serve(server()).await;
    let mut wires = Vec::new();
    for _ in 0..3 {
        let mut wire = Wire::connect(served.address).await;
        assert_eq!(wire.ask(&get("/ready")).await, (200, false));
        wires.push(wire);
    }
    let [mut first, mut second, mut third] = <[Wire; 3]>::try_from(wires).ok().unwrap();
    assert_eq!(first.ask(&get("/live")).await, (200, false));
    assert_eq!(first.ask(&post("", "").replace("/mcp", "/live")).await, (405, false));
    served.stop.send(()).unwrap();
    closed_to_newcomers(served.address).await;
    third.send(&get("/ready")).await;
    let (head, body) = third.response().await;
    assert!(head.starts_with("HTTP/1.1 503 ") && head.contains("\r\nretry-after: 1\r\n"), "{head}");
    assert_eq!(body, "the server is about to end\n");
    assert_eq!(first.ask(&get("/live")).await, (200, true));
    assert_eq!(second.ask(&get("/ready")).await, (503, true));
    served.ended.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn probes_are_where_they_are_told_to_be_or_nowhere() {
    let served = serve(server().probes(["/healthz/live", "/healthz/ready"])).await;
    let mut wire = Wire::connect(served.address).await;
    assert_eq!(wire.ask(&get("/healthz/live")).await.0, 200);
    assert_eq!(wire.ask(&get("/healthz/ready")).await.0, 200);
    assert_eq!(wire.ask(&get("/ready").replace("10.1.2.3", "localhost")).await.0, 404);
    let served = serve(server().probes(None)).await;
    let mut wire = Wire::connect(served.address).await;
    assert_eq!(wire.ask(&get("/ready").replace("10.1.2.3", "localhost")).await.0, 404);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let error = server().path("/ready").serve_listener(listener, async {}).await.unwrap_err();
    assert!(error.to_string().contains(".probes("), "{error}");
}

/// Returns when the server no longer listens.
async fn closed_to_newcomers(address: SocketAddr) {
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_about_to_ask_is_answered_once_more() {
    let served = serve(server().keys(Keys::random().unwrap())).await;
    let (mut talker, mut sitter) = (Wire::connect(served.address).await, Wire::connect(served.address).await);
    let mut newcomer = Wire::connect(served.address).await;
    let session = opened(&mut talker).await;
    let ping = post(&session, PING);
    assert_eq!((talker.ask(&ping).await, sitter.ask(&ping).await), ((200, false), (200, false)));
    assert_eq!(newcomer.ask(&get("/live")).await, (200, false));
    served.stop.send(()).unwrap();
    closed_to_newcomers(served.address).await;
    assert_eq!(talker.ask(&ping).await, (200, true), "a session that is here");
    assert!(talker.is_closed().await);
    assert_eq!(newcomer.ask(&post("", INITIALIZE)).await, (200, true), "a session that another process takes up");
    assert!(newcomer.is_closed().await);
    assert!(!served.ended.is_finished(), "one is still awaited");
    advance(Duration::from_secs(1)).await;
    assert!(sitter.is_closed().await, "it had nothing to ask");
    served.ended.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_waits_for_an_answer_gets_it_and_then_the_connection_ends() {
    let held = Held::new();
    let served = serve(server().with(held.tool("held")).stream_after(Duration::from_secs(3600))).await;
    let mut wire = Wire::connect(served.address).await;
    let session = opened(&mut wire).await;
    wire.send(&post(&session, &tool_call(1, "held"))).await;
    held.wait_for(1).await;
    served.stop.send(()).unwrap();
    closed_to_newcomers(served.address).await;
    advance(Duration::from_secs(20)).await;
    held.let_go(1);
    let (head, body) = wire.response().await;
    assert!(body.contains(r#""text":"done""#), "{body}");
    assert_eq!(head.matches("connection: close").count(), 1, "{head}");
    assert!(wire.is_closed().await);
    served.ended.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn by_default_what_runs_gets_25_seconds() {
    let held = Held::new();
    let served = serve(server().with(held.tool("held")).stream_after(Duration::from_secs(3600))).await;
    let mut wire = Wire::connect(served.address).await;
    let session = opened(&mut wire).await;
    wire.send(&post(&session, &tool_call(1, "held"))).await;
    held.wait_for(1).await;
    served.stop.send(()).unwrap();
    closed_to_newcomers(served.address).await;
    let began = tokio::time::Instant::now();
    drop(served.still);
    served.ended.await.unwrap().unwrap();
    assert_eq!(began.elapsed().as_secs(), 25);
    assert!(wire.is_closed().await);
}

#[tokio::test(start_paused = true)]
async fn what_runs_for_a_client_that_is_gone_gets_its_time_too() {
    let held = Held::new();
    let served = serve(server().with(held.tool("held"))).await;
    let mut wire = Wire::connect(served.address).await;
    let session = opened(&mut wire).await;
    wire.send(&post(&session, &tool_call(1, "held"))).await;
    held.wait_for(1).await;
    drop(wire);
    served.stop.send(()).unwrap();
    closed_to_newcomers(served.address).await;
    advance(Duration::from_secs(20)).await;
    assert!(!served.ended.is_finished());
    assert_eq!(held.dropped.get(), 0);
    held.let_go(1);
    served.ended.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_drain_from_outside_ends_what_serves() {
    let (sender, receiver) = oneshot::channel();
    let sender = std::sync::Mutex::new(Some(sender));
    let tool = anpu::Tool::new("handle").handler(move |cx: anpu::Cx| {
        if let Some(sender) = sender.lock().unwrap().take() {
            sender.send(cx.server().unwrap()).unwrap();
        }
        async { "told" }
    });
    let served = serve(server().with(tool)).await;
    let mut wire = Wire::connect(served.address).await;
    let session = opened(&mut wire).await;
    assert_eq!(wire.ask(&post(&session, &tool_call(1, "handle"))).await, (200, false));
    drop(wire);
    receiver.await.unwrap().drain(Duration::from_secs(5)).await;
    served.ended.await.unwrap().unwrap();
    TcpStream::connect(served.address).await.unwrap_err();
}

#[tokio::test]
async fn two_servers_may_share_a_port_if_both_say_so() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    drop(taken);
    let first = tokio::spawn(server().reuse_port(true).serve_http(address.clone()));
    let ready = async || loop {
        if let Ok(stream) = TcpStream::connect(&address).await {
            break Wire(stream).ask(&get("/ready")).await;
        }
        tokio::task::yield_now().await;
    };
    assert_eq!(ready().await.0, 200);
    let error = server().serve_http(address.clone()).await.unwrap_err();
    assert!(error.to_string().contains("cannot listen on"), "{error}");
    let second = tokio::spawn(server().reuse_port(true).serve_http(address.clone()));
    tokio::task::yield_now().await;
    first.abort();
    assert!(first.await.unwrap_err().is_cancelled());
    assert_eq!(ready().await.0, 200);
    second.abort();
}
