//! Requests and event streams over connections that can be dropped at any moment; knows nothing of MCP but its headers.

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper::{Method, Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long the server may say nothing at all on a stream that has something to say.
const PATIENCE: Duration = Duration::from_secs(25);

/// What went wrong, in words.
pub(crate) type Trouble = String;

/// What goes with a request besides its body.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct With<'a> {
    pub(crate) session: Option<&'a str>,
    pub(crate) version: Option<&'a str>,
    pub(crate) last_event: Option<&'a str>,
}

/// A client's connections: one that is kept between requests, and new ones where it is busy.
#[derive(Debug)]
pub(crate) struct Wire {
    address: SocketAddr,
    kept: Option<SendRequest<Full<Bytes>>>,
}

impl Wire {
    pub(crate) fn new(address: SocketAddr) -> Self {
        Self { address, kept: None }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Sends a request and waits for the head of its answer.
    pub(crate) async fn send(&mut self, method: Method, with: With<'_>, body: String) -> Result<Answer, Trouble> {
        let sender = match self.kept().await {
            Some(kept) => kept,
            None => self.connect().await?,
        };
        let accept = if method == Method::GET { "text/event-stream" } else { "application/json, text/event-stream" };
        let mut request = Request::builder().method(method).uri("/mcp").header("host", self.address.to_string());
        request = request.header("accept", accept).header("content-type", "application/json");
        let headers = [("mcp-session-id", with.session), ("mcp-protocol-version", with.version)];
        for (name, value) in headers.into_iter().chain([("last-event-id", with.last_event)]) {
            if let Some(value) = value {
                request = request.header(name, value);
            }
        }
        let request = request.body(Full::new(Bytes::from(body))).map_err(|error| error.to_string())?;
        Answer::of(sender, request).await
    }

    /// Takes back the connection of an answer that was read to its end.
    pub(crate) fn keep(&mut self, answer: Answer) {
        if answer.ended {
            self.kept = Some(answer.sender);
        }
    }

    /// The kept connection, unless the server closed it meanwhile.
    async fn kept(&mut self) -> Option<SendRequest<Full<Bytes>>> {
        let mut kept = self.kept.take()?;
        kept.ready().await.is_ok().then_some(kept)
    }

    async fn connect(&self) -> Result<SendRequest<Full<Bytes>>, Trouble> {
        let stream = TcpStream::connect(self.address).await.map_err(|error| format!("connect: {error}"))?;
        stream.set_nodelay(true).map_err(|error| error.to_string())?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.map_err(|error| error.to_string())?;
        // It ends with its sender and the body of its last answer.
        tokio::spawn(connection);
        Ok(sender)
    }
}

/// One event, or the whole body of an answer that is no stream.
#[derive(Debug)]
pub(crate) struct Event {
    pub(crate) id: Option<String>,
    pub(crate) text: String,
}

/// The answer to a request, read as it comes. Dropping it drops its connection.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) session: Option<String>,
    sender: SendRequest<Full<Bytes>>,
    body: Incoming,
    streams: bool,
    read: Vec<u8>,
    ended: bool,
}

impl Answer {
    async fn of(mut sender: SendRequest<Full<Bytes>>, request: Request<Full<Bytes>>) -> Result<Self, Trouble> {
        let answered = timeout(PATIENCE, sender.send_request(request)).await;
        let response: Response<Incoming> =
            answered.map_err(|_| "no answer".to_owned())?.map_err(|error| format!("no answer: {error}"))?;
        let header = |name| response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        Ok(Self {
            status: response.status().as_u16(),
            session: header("mcp-session-id"),
            streams: header("content-type").is_some_and(|kind| kind.starts_with("text/event-stream")),
            sender,
            body: response.into_body(),
            read: Vec::new(),
            ended: false,
        })
    }

    /// The next event; none when the answer ended.
    pub(crate) async fn next(&mut self) -> Result<Option<Event>, Trouble> {
        loop {
            if let Some(event) = self.streams.then(|| self.event()).flatten() {
                return Ok(Some(event));
            }
            if self.ended {
                return Ok(None);
            }
            match timeout(PATIENCE, self.body.frame()).await.map_err(|_| "the stream stands still".to_owned())? {
                Some(frame) => {
                    let frame = frame.map_err(|error| format!("the stream broke: {error}"))?;
                    self.read.extend_from_slice(frame.data_ref().map_or(&[][..], |bytes| bytes));
                }
                None => {
                    self.ended = true;
                    if !self.streams && !self.read.is_empty() {
                        let text = String::from_utf8_lossy(&std::mem::take(&mut self.read)).into_owned();
                        return Ok(Some(Event { id: None, text }));
                    }
                }
            }
        }
    }

    /// Reads to the end; all of it.
    pub(crate) async fn rest(&mut self) -> Result<String, Trouble> {
        let mut all = String::new();
        while let Some(event) = self.next().await? {
            all.push_str(&event.text);
            all.push('\n');
        }
        Ok(all)
    }

    /// Cuts the first event with an id or a text from what was read; comments and pauses are none.
    fn event(&mut self) -> Option<Event> {
        loop {
            let end = self.read.windows(2).position(|two| two == b"\n\n")?;
            let block: Vec<u8> = self.read.drain(..end + 2).collect();
            let block = String::from_utf8_lossy(&block);
            let of = |name: &str| block.lines().find_map(|line| line.strip_prefix(name)).map(str::to_owned);
            let (id, text) = (of("id: "), of("data: ").unwrap_or_default());
            if id.is_some() || !text.is_empty() {
                return Some(Event { id, text });
            }
        }
    }
}
