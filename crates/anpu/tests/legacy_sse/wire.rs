//! A server on a port of its own, and a client that writes its bytes by hand.

use std::future::pending;
use std::net::SocketAddr;
use std::time::Duration;

use anpu::{Component, Cx, Ended, Hooks, Server, Tool};
use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::UnboundedSender;
use tokio::time::timeout;

/// What is not there by then will not come.
const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) const PING: &str = r#"{"jsonrpc":"2.0","id":9,"method":"ping"}"#;
pub(crate) const PONG: &str = r#"{"jsonrpc":"2.0","id":9,"result":{}}"#;

pub(crate) fn server() -> Server {
    Server::new("under-test", "1.2.3").legacy_sse(true)
}

/// Serves on a free port until the test is over.
pub(crate) async fn serve(server: Server) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { server.serve_listener(listener, pending()).await.unwrap() });
    address
}

/// A response that is not a stream.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: String,
}

/// Sends one request as it is, on a connection of its own.
pub(crate) async fn send(address: SocketAddr, request: &str) -> Answer {
    let talk = async {
        let mut socket = TcpStream::connect(address).await.unwrap();
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut socket = BufReader::new(socket);
        let head = head(&mut socket).await;
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
        socket.read_exact(&mut body).await.unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Answer { status, head, body: String::from_utf8(body).unwrap() }
    };
    timeout(PATIENCE, talk).await.expect("no answer came")
}

pub(crate) fn post_to(target: &str, lines: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "POST {target} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n{lines}Content-Length: {length}\r\n\r\n{body}"
    )
}

async fn head(socket: &mut BufReader<TcpStream>) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        assert!(socket.read_line(&mut head).await.unwrap() > 0, "the connection broke: {head}");
    }
    head
}

/// A stream, and the session that goes with it.
pub(crate) struct Stream {
    address: SocketAddr,
    socket: BufReader<TcpStream>,
    pub(crate) head: String,
    /// What came and was not read yet.
    rest: String,
    pub(crate) endpoint: String,
}

impl Stream {
    pub(crate) async fn open(address: SocketAddr) -> Self {
        Self::open_at(address, "/sse", "").await
    }

    pub(crate) async fn open_at(address: SocketAddr, target: &str, lines: &str) -> Self {
        let request = format!("GET {target} HTTP/1.1\r\nHost: localhost\r\nAccept: text/event-stream\r\n{lines}\r\n");
        let mut socket = BufReader::new(TcpStream::connect(address).await.unwrap());
        socket.write_all(request.as_bytes()).await.unwrap();
        let head = timeout(PATIENCE, head(&mut socket)).await.expect("no head came");
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
        let mut stream = Self { address, socket, head, rest: String::new(), endpoint: String::new() };
        let first = stream.event().await.unwrap();
        stream.endpoint = first.strip_prefix("event: endpoint\ndata: ").unwrap_or_else(|| panic!("{first}")).to_owned();
        stream
    }

    /// Opens a session and returns after the handshake.
    pub(crate) async fn opened(address: SocketAddr, version: &str) -> Self {
        let mut stream = Self::open(address).await;
        let answer = stream.initialize(version).await;
        assert_eq!(answer["result"]["protocolVersion"], version, "{answer}");
        stream
    }

    pub(crate) async fn initialize(&mut self, version: &str) -> Value {
        let client = json!({ "name": "raw", "version": "0" });
        let params = json!({ "protocolVersion": version, "capabilities": { "elicitation": {} }, "clientInfo": client });
        self.say(&json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params }).to_string()).await;
        let answer = self.message().await;
        self.say(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#).await;
        answer
    }

    pub(crate) fn id(&self) -> &str {
        self.endpoint.split_once("session_id=").unwrap().1
    }

    /// POSTs a text to where the server said.
    pub(crate) async fn post(&self, text: &str) -> Answer {
        send(self.address, &post_to(&self.endpoint, "", text)).await
    }

    /// As [`post`](Self::post), for a message that is taken.
    pub(crate) async fn say(&self, text: &str) {
        let answer = self.post(text).await;
        assert_eq!((answer.status, answer.body.as_str()), (202, ""), "{answer:?}");
    }

    /// The next event as it was written, without the empty line at its end; none when the stream ended.
    pub(crate) async fn event(&mut self) -> Option<String> {
        loop {
            if let Some((event, rest)) = self.rest.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.rest = rest;
                return Some(event);
            }
            let chunk = timeout(PATIENCE, self.chunk()).await.expect("no event came");
            if chunk.is_empty() {
                return None;
            }
            self.rest += &chunk;
        }
    }

    /// The text of the next event, which is a message.
    pub(crate) async fn text(&mut self) -> String {
        let event = self.event().await.expect("the stream ended");
        event.strip_prefix("event: message\ndata: ").unwrap_or_else(|| panic!("{event}")).to_owned()
    }

    pub(crate) async fn message(&mut self) -> Value {
        serde_json::from_str(&self.text().await).unwrap()
    }

    /// One chunk of the response; empty at its end.
    async fn chunk(&mut self) -> String {
        let mut size = String::new();
        self.socket.read_line(&mut size).await.unwrap();
        let mut chunk = vec![0; usize::from_str_radix(size.trim_end(), 16).unwrap() + 2];
        self.socket.read_exact(&mut chunk).await.unwrap();
        chunk.truncate(chunk.len() - 2);
        String::from_utf8(chunk).unwrap()
    }
}

/// The call of a tool, with its id as the token of its progress.
pub(crate) fn call(id: i64, name: &str) -> String {
    let params = json!({ "name": name, "_meta": { "progressToken": id } });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }).to_string()
}

/// A tool that says who it is asked by.
pub(crate) fn echo() -> Component {
    Tool::new("echo").handler(|cx: Cx| async move { cx.session_id().unwrap().to_owned() })
}

/// Hooks that tell which sessions ended, and why.
pub(crate) struct Watching(pub(crate) UnboundedSender<(String, Ended)>);

impl Hooks for Watching {
    async fn terminate(&self, session: &str, why: Ended) {
        self.0.send((session.to_owned(), why)).unwrap();
    }
}
