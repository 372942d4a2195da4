//! A client that sends each request to another door: a node, or the proxy in front of all of them.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hyper::Method;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use crate::book::Book;
use crate::chance::Chance;
use crate::http::{Answer, Trouble, Wire, With};

const VERSION: &str = "2025-11-25";
/// How long a client waits for a whole answer. All that is asked for takes much less.
const PATIENCE: Duration = Duration::from_secs(30);
/// Pause before something is tried again.
const PAUSE: Duration = Duration::from_millis(50);

/// What became of a request.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// The whole answer came, with status 2xx.
    Answered(Option<String>, Value),
    /// Nobody took the connection, so nobody saw the request.
    Refused,
    /// Whatever else; who asked does not know whether it was done.
    Unknown,
}

/// One client, or one of several places in it.
#[derive(Debug)]
pub(crate) struct Caller {
    doors: Vec<SocketAddr>,
    wires: Vec<Wire>,
    pub(crate) chance: Chance,
    pub(crate) book: Arc<Book>,
    last: u64,
}

impl Caller {
    /// The last door is the proxy's.
    pub(crate) fn new(doors: &[SocketAddr], chance: Chance, book: Arc<Book>) -> Self {
        let wires = doors.iter().map(|&door| Wire::new(door)).collect();
        Self { doors: doors.to_vec(), wires, chance, book, last: 0 }
    }

    /// Another place of this client, with ids and connections of its own.
    pub(crate) fn fork(&mut self) -> Self {
        let chance = Chance::new(self.chance.between(0, u64::MAX));
        self.last += 1_000_000;
        Self { last: self.last, ..Self::new(&self.doors, chance, Arc::clone(&self.book)) }
    }

    /// How many doors there are.
    pub(crate) fn doors(&self) -> usize {
        self.doors.len()
    }

    /// One of the doors.
    pub(crate) fn door(&mut self) -> usize {
        usize::try_from(self.chance.between(0, self.doors.len() as u64)).unwrap_or(0)
    }

    /// The node at a door; none behind the proxy, where it may be any of them.
    pub(crate) fn node(&self, door: usize) -> Option<SocketAddr> {
        (door + 1 < self.doors.len()).then(|| self.wires[door].address())
    }

    /// The message that calls a tool and wants to hear of its progress.
    pub(crate) fn call(&mut self, tool: &str, arguments: &Value) -> Value {
        self.last += 1;
        let params = json!({ "name": tool, "arguments": arguments, "_meta": { "progressToken": self.last } });
        json!({ "jsonrpc": "2.0", "id": self.last, "method": "tools/call", "params": params })
    }

    /// Sends a request and waits for the head of its answer.
    pub(crate) async fn begin(
        &mut self,
        door: usize,
        session: &str,
        message: Option<&Value>,
        last_event: Option<&str>,
    ) -> Result<Answer, Trouble> {
        let session = (!session.is_empty()).then_some(session);
        let with = With { session, version: session.map(|_| VERSION), last_event };
        let method = if message.is_some() { Method::POST } else { Method::GET };
        self.wires[door].send(method, with, message.map(Value::to_string).unwrap_or_default()).await
    }

    /// Sends a message somewhere and reads its whole answer. What is wrong in any weather is in the book.
    pub(crate) async fn exchange(&mut self, what: &str, session: &str, message: &Value) -> Outcome {
        let door = self.door();
        self.exchange_at(door, what, session, message).await
    }

    pub(crate) async fn exchange_at(&mut self, door: usize, what: &str, session: &str, message: &Value) -> Outcome {
        self.book.count("requests");
        let from = Instant::now();
        let answered = timeout(PATIENCE, async {
            let mut answer = self.begin(door, session, Some(message), None).await?;
            let text = answer.rest().await?;
            Ok::<_, Trouble>((answer, text))
        });
        let (mut answer, text) = match answered.await {
            Ok(Ok(answered)) => answered,
            Ok(Err(trouble)) => return self.broken(what, &trouble, from, door),
            Err(_) => return self.broken(what, "no answer", from, door),
        };
        let message: Value =
            text.lines().filter_map(|line| serde_json::from_str(line).ok()).next_back().unwrap_or_default();
        let (status, session) = (answer.status, answer.session.take());
        self.wires[door].keep(answer);
        self.judge_status(what, status, &text);
        let is_failed = message.get("error").is_some() || message["result"]["isError"] == true;
        if (200..300).contains(&status) && !is_failed {
            return Outcome::Answered(session, message);
        }
        self.book.failed(format!("{what}: {status} {}", told(&message)), from, self.node(door));
        Outcome::Unknown
    }

    /// Opens a stream somewhere, or takes one up; who answers it, if that is one of the nodes. An error is the status.
    pub(crate) async fn stream(
        &mut self,
        what: &str,
        session: &str,
        message: Option<&Value>,
        last: Option<&str>,
    ) -> (Result<Answer, u16>, Option<SocketAddr>) {
        self.book.count("requests");
        let (from, door) = (Instant::now(), self.door());
        let node = self.node(door);
        let status = match self.begin(door, session, message, last).await {
            Ok(answer) if answer.status == 200 => return (Ok(answer), node),
            Ok(mut answer) => {
                let text = answer.rest().await.unwrap_or_default();
                self.judge_status(what, answer.status, &text);
                let message = serde_json::from_str(&text).unwrap_or_default();
                self.book.failed(format!("{what}: {} {}", answer.status, told(&message)), from, node);
                answer.status
            }
            Err(trouble) => {
                self.broken(what, &trouble, from, door);
                0
            }
        };
        (Err(status), node)
    }

    /// What no client may ever see.
    pub(crate) fn judge_status(&self, what: &str, status: u16, text: &str) {
        if status == 404 || text.to_ascii_lowercase().contains("not initialized") {
            self.book.breach(format!("{what}: {status} {text}"));
        }
    }

    fn broken(&self, what: &str, trouble: &str, from: Instant, door: usize) -> Outcome {
        if is_hung(trouble) {
            self.book.breach(format!("{what}: {trouble} at {:?} in {:?}", self.node(door), from.elapsed()));
            return Outcome::Unknown;
        }
        let is_refused = trouble.starts_with("connect: ");
        let told = if is_refused { "no connection" } else { "the connection broke" };
        self.book.failed(format!("{what}: {told}"), from, self.node(door));
        if is_refused { Outcome::Refused } else { Outcome::Unknown }
    }

    /// Opens a session, and tries until it has one.
    pub(crate) async fn open(&mut self, until: Instant) -> Option<String> {
        let client = json!({ "name": "chaos", "version": "1" });
        let params = json!({ "protocolVersion": VERSION, "capabilities": {}, "clientInfo": client });
        let hello = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let session = loop {
            if Instant::now() >= until {
                return None;
            }
            match self.exchange("initialize", "", &hello).await {
                Outcome::Answered(Some(session), _) => break session,
                Outcome::Answered(None, _) => self.book.breach("initialize gave no session".to_owned()),
                _ => sleep(PAUSE * 4).await,
            }
        };
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        while !matches!(self.exchange("initialized", &session, &ready).await, Outcome::Answered(..)) {
            if Instant::now() >= until {
                return None;
            }
            sleep(PAUSE).await;
        }
        self.book.count("sessions opened");
        Some(session)
    }

    /// Waits before something is tried again.
    pub(crate) async fn pause(&mut self) {
        sleep(PAUSE + Duration::from_millis(self.chance.between(0, 100))).await;
    }
}

/// A server that says nothing at all, which is worse than one that is gone.
pub(crate) fn is_hung(trouble: &str) -> bool {
    trouble == "no answer" || trouble == "the stream stands still"
}

/// The words of an error of the protocol or of a tool.
pub(crate) fn told(message: &Value) -> String {
    let error = message["error"]["message"].as_str();
    error.or_else(|| message["result"]["content"][0]["text"].as_str()).unwrap_or_default().to_owned()
}
