//! One client: it opens a session, uses it at random and leaves it, politely or not.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hyper::Method;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpSocket;
use tokio::time::{sleep, timeout};

use crate::chance::Chance;
use crate::http::{Answer, Trouble, Wire, With};

const VERSIONS: [&str; 3] = ["2025-11-25", "2025-06-18", "2025-03-26"];

/// How many times each thing was done, over all clients.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<BTreeMap<&'static str, u64>>);

impl Tally {
    pub(crate) fn add(&self, what: &'static str) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner).entry(what).or_default() += 1;
    }

    pub(crate) fn lines(&self) -> String {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        counts.iter().map(|(what, count)| format!("{count:>8}  {what}\n")).collect()
    }
}

/// What a client may do with its session, each as often as it stands here.
const DEEDS: &[&str] = &[
    "call",
    "call",
    "call",
    "list or read",
    "list or read",
    "progress",
    "log",
    "ask answered",
    "ask unanswered",
    "stream held",
    "stream read",
    "resume",
    "resume",
    "poll",
    "watch",
    "touch",
    "cancel",
    "vanish mid-call",
    "vanish mid-request",
    "never read",
    "batch",
];

/// A client with an open session.
#[derive(Debug)]
pub(crate) struct Client {
    wire: Wire,
    chance: Chance,
    session: String,
    version: &'static str,
    last: u64,
    /// Streams that are open and not read.
    held: Vec<Answer>,
    /// What it did, for when something goes wrong.
    pub(crate) did: Vec<&'static str>,
    ready: bool,
}

impl Client {
    /// The handshake; some clients leave in the middle of it.
    pub(crate) async fn open(address: SocketAddr, mut chance: Chance) -> Result<Self, Trouble> {
        let version = chance.one_of(&VERSIONS);
        let mut wire = Wire::new(address);
        let params = json!({
            "protocolVersion": version,
            "capabilities": { "elicitation": {}, "sampling": {}, "roots": { "listChanged": true } },
            "clientInfo": { "name": "soak", "version": "1" },
        });
        let body = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        let mut answer = wire.send(Method::POST, With::default(), body.to_string()).await?;
        let text = answer.rest().await?;
        if answer.status != 200 || !text.contains("\"result\"") {
            return Err(format!("initialize: {} {text}", answer.status));
        }
        let session = answer.session.take().ok_or("initialize: no session")?;
        wire.keep(answer);
        let ready = !chance.percent(5);
        let mut client = Self { wire, chance, session, version, last: 0, held: Vec::new(), did: Vec::new(), ready };
        if ready {
            client.tell(json!({ "jsonrpc": "2.0", "method": "notifications/initialized" })).await?;
        }
        Ok(client)
    }

    /// Whether it finished the handshake.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready
    }

    /// Uses the session until it had enough or `until` comes, then leaves it.
    pub(crate) async fn live(&mut self, until: Instant, tally: &Tally) -> Result<(), Trouble> {
        tally.add("sessions opened");
        if !self.ready {
            tally.add("sessions left in the handshake");
            return Ok(());
        }
        for _ in 0..self.chance.between(1, 20) {
            if Instant::now() >= until {
                break;
            }
            let deed = self.chance.one_of(DEEDS);
            self.did.push(deed);
            self.act(deed).await.map_err(|trouble| format!("{deed}: {trouble}"))?;
            tally.add(deed);
            sleep(Duration::from_millis(self.chance.between(50, 800))).await;
        }
        if self.chance.percent(50) {
            tally.add("sessions abandoned");
            return Ok(());
        }
        self.did.push("delete");
        self.delete().await?;
        tally.add("sessions deleted");
        Ok(())
    }

    /// Ends the session; afterwards the server does not know it.
    pub(crate) async fn delete(&mut self) -> Result<(), Trouble> {
        let mut answer = self.send(Method::DELETE, None, String::new()).await?;
        let text = answer.rest().await?;
        if answer.status != 204 {
            return Err(format!("delete: {} {text}", answer.status));
        }
        self.wire.keep(answer);
        let ping = json!({ "jsonrpc": "2.0", "id": self.id(), "method": "ping" });
        let answer = self.send(Method::POST, None, ping.to_string()).await?;
        if answer.status == 404 { Ok(()) } else { Err(format!("after delete: {}", answer.status)) }
    }

    /// Calls a tool and reads its answer to the end.
    pub(crate) async fn call(&mut self, tool: &str, arguments: Value) -> Result<String, Trouble> {
        let mut answer = self.begin(tool, arguments).await?;
        let text = answer.rest().await?;
        self.wire.keep(answer);
        if text.contains("\"result\"") { Ok(text) } else { Err(format!("{tool}: no result: {text}")) }
    }

    async fn act(&mut self, deed: &str) -> Result<(), Trouble> {
        match deed {
            "call" => self.simple_call().await,
            "list or read" => self.list_or_read().await,
            "progress" => self.progress().await,
            "log" => self.log().await,
            "ask answered" => self.asked(true).await,
            "ask unanswered" => self.asked(false).await,
            "stream held" => self.hold().await,
            "stream read" => self.read_a_while().await,
            "resume" => self.resume("test_tool_with_progress").await,
            "poll" => self.resume("poll_later").await,
            "watch" => self.watch().await,
            "touch" => self.call("touch_watched", json!({})).await.map(drop),
            "cancel" => self.cancel().await,
            "vanish mid-call" => self.vanish().await,
            "vanish mid-request" => self.raw(50, 1).await,
            "never read" => self.raw(100, 2500).await,
            _ => self.batch().await,
        }
    }

    async fn simple_call(&mut self) -> Result<(), Trouble> {
        let size = self.chance.between(1, 64);
        let (tool, arguments) = match self.chance.between(0, 40) {
            0 => ("notify_all", json!({})),
            1..10 => ("add", json!({ "a": 1, "b": size })),
            10..20 => ("get_blob", json!({ "size": size })),
            20..30 => ("test_multiple_content_types", json!({})),
            _ => ("echo", json!({ "text": "x".repeat(usize::try_from(size * 20).unwrap_or(1)) })),
        };
        self.call(tool, arguments).await.map(drop)
    }

    async fn list_or_read(&mut self) -> Result<(), Trouble> {
        let (method, params) = self.chance.one_of(&[
            ("tools/list", "{}"),
            ("resources/list", "{}"),
            ("prompts/list", "{}"),
            ("ping", "{}"),
            ("resources/read", r#"{"uri":"test://static-text"}"#),
            ("prompts/get", r#"{"name":"test_simple_prompt"}"#),
        ]);
        self.request(method, serde_json::from_str(params).unwrap_or_default()).await.map(drop)
    }

    async fn progress(&mut self) -> Result<(), Trouble> {
        let text = self.call("test_tool_with_progress", json!({})).await?;
        match text.matches("notifications/progress").count() {
            3 => Ok(()),
            other => Err(format!("{other} notices of progress instead of 3: {text}")),
        }
    }

    async fn log(&mut self) -> Result<(), Trouble> {
        let level = self.chance.one_of(&["debug", "info", "error"]);
        self.request("logging/setLevel", json!({ "level": level })).await?;
        let text = self.call("test_tool_with_logging", json!({})).await?;
        let expected = if level == "error" { 0 } else { 3 };
        match text.matches("notifications/message").count() {
            count if count == expected => Ok(()),
            other => Err(format!("{other} messages at level {level}: {text}")),
        }
    }

    /// Lets the server ask, and replies, or lets it wait, or leaves.
    async fn asked(&mut self, replies: bool) -> Result<(), Trouble> {
        // The oldest of these versions has no forms.
        let samples = self.version == "2025-03-26" || self.chance.percent(30);
        let (tool, method) = match samples {
            true => ("sample_briefly", "sampling/createMessage"),
            false => ("ask_briefly", "elicitation/create"),
        };
        let mut answer = self.begin(tool, json!({})).await?;
        let question = loop {
            let event = answer.next().await?.ok_or("no question came")?;
            let message: Value = serde_json::from_str(&event.text).unwrap_or_default();
            if message["method"] == method {
                break message["id"].clone();
            }
        };
        if !replies && self.chance.percent(50) {
            return Ok(());
        }
        if replies {
            let result = match self.chance.one_of(&["accept", "decline", "cancel"]) {
                _ if samples => {
                    json!({ "role": "assistant", "model": "soak", "content": { "type": "text", "text": "Yes." } })
                }
                "accept" => json!({ "action": "accept", "content": {} }),
                action => json!({ "action": action }),
            };
            self.tell(json!({ "jsonrpc": "2.0", "id": question, "result": result })).await?;
        }
        let text = answer.rest().await?;
        if text.contains("\"result\"") || text.contains("\"error\"") {
            Ok(())
        } else {
            Err(format!("no reply: {text}"))
        }
    }

    async fn hold(&mut self) -> Result<(), Trouble> {
        if self.held.len() >= 2 {
            self.held.remove(0);
        }
        let answer = self.stream(None).await?;
        self.held.push(answer);
        Ok(())
    }

    async fn read_a_while(&mut self) -> Result<(), Trouble> {
        let mut answer = self.stream(None).await?;
        let time = Duration::from_millis(self.chance.between(0, 600));
        match timeout(time, answer.rest()).await {
            Ok(Err(trouble)) => Err(trouble),
            _ => Ok(()),
        }
    }

    /// Drops the connection of a call after the first event that has an id, comes back and gets the reply.
    async fn resume(&mut self, tool: &str) -> Result<(), Trouble> {
        let mut answer = self.begin(tool, json!({})).await?;
        let mut last = None;
        while let Some(event) = answer.next().await? {
            if event.text.contains("\"result\"") {
                return Ok(());
            }
            last = event.id;
            if last.is_some() && self.chance.percent(70) {
                break;
            }
        }
        drop(answer);
        let last = last.ok_or("no event has an id, and there is no reply")?;
        sleep(Duration::from_millis(self.chance.between(0, 500))).await;
        let mut answer = self.stream(Some(&last)).await?;
        while let Some(event) = answer.next().await? {
            if event.text.contains("\"result\"") {
                return Ok(());
            }
        }
        Err(format!("the stream resumed after {last} ended without the reply"))
    }

    async fn watch(&mut self) -> Result<(), Trouble> {
        let params = json!({ "uri": "test://watched-resource" });
        self.request("resources/subscribe", params.clone()).await?;
        if self.chance.percent(30) {
            self.request("resources/unsubscribe", params).await?;
        }
        Ok(())
    }

    async fn cancel(&mut self) -> Result<(), Trouble> {
        let mut other = self.other();
        let id = self.last + 1;
        let mut running = pin!(self.begin("slow_compute", json!({ "seconds": 15 })));
        let time = Duration::from_millis(other.chance.between(80, 400));
        let begun = timeout(time, &mut running).await.ok();
        let params = json!({ "requestId": id });
        other.tell(json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": params })).await?;
        let mut answer = match begun {
            Some(begun) => begun?,
            None => running.await?,
        };
        let text = answer.rest().await?;
        if text.contains("\"result\"") { Err(format!("a reply after the cancel: {text}")) } else { Ok(()) }
    }

    async fn vanish(&mut self) -> Result<(), Trouble> {
        let time = Duration::from_millis(self.chance.between(0, 400));
        let tool = self.chance.one_of(&["slow_compute", "test_tool_with_progress", "ask_briefly", "sample_briefly"]);
        let arguments = if tool == "slow_compute" { json!({ "seconds": 2 }) } else { json!({}) };
        match timeout(time, self.begin(tool, arguments)).await {
            Ok(begun) => begun.map(drop),
            Err(_) => Ok(()),
        }
    }

    /// Writes this part of a request for a large answer, reads nothing for a while and is gone.
    async fn raw(&mut self, percent: usize, most: u64) -> Result<(), Trouble> {
        let body = message(self.id(), "tools/call", &json!({ "name": "get_blob", "arguments": { "size": 1024 } }));
        let head = format!(
            "POST /mcp HTTP/1.1\r\nhost: {}\r\naccept: application/json, text/event-stream\r\n\
             content-type: application/json\r\nmcp-session-id: {}\r\nmcp-protocol-version: {}\r\n\
             content-length: {}\r\n\r\n",
            self.wire.address(),
            self.session,
            self.version,
            body.len()
        );
        let request = head + &body;
        let part = &request.as_bytes()[..request.len() * percent / 100];
        let pause = Duration::from_millis(self.chance.between(0, most));
        let talk = async {
            let socket = TcpSocket::new_v4()?;
            socket.set_recv_buffer_size(4096)?;
            let mut stream = socket.connect(self.wire.address()).await?;
            stream.write_all(part).await?;
            sleep(pause).await;
            Ok::<_, std::io::Error>(())
        };
        talk.await.map_err(|error| error.to_string())
    }

    async fn batch(&mut self) -> Result<(), Trouble> {
        if self.version != "2025-03-26" {
            return self.simple_call().await;
        }
        let (a, b) = (self.id(), self.id());
        let echo = message(a, "tools/call", &json!({ "name": "echo", "arguments": { "text": "a" } }));
        let body = format!("[{echo},{}]", message(b, "ping", &json!({})));
        let mut answer = self.send(Method::POST, None, body).await?;
        let text = answer.rest().await?;
        let status = answer.status;
        self.wire.keep(answer);
        match text.matches("\"result\"").count() {
            2 if status == 200 => Ok(()),
            other => Err(format!("{other} replies instead of 2: {status} {text}")),
        }
    }

    async fn request(&mut self, method: &str, params: Value) -> Result<String, Trouble> {
        let body = message(self.id(), method, &params);
        let mut answer = self.send(Method::POST, None, body).await?;
        let text = answer.rest().await?;
        let status = answer.status;
        self.wire.keep(answer);
        let good = status == 200 && text.contains("\"result\"");
        if good { Ok(text) } else { Err(format!("{method}: {status} {text}")) }
    }

    async fn tell(&mut self, message: Value) -> Result<(), Trouble> {
        let mut answer = self.send(Method::POST, None, message.to_string()).await?;
        let text = answer.rest().await?;
        let status = answer.status;
        self.wire.keep(answer);
        if status == 202 { Ok(()) } else { Err(format!("{message}: {status} {text}")) }
    }

    async fn begin(&mut self, tool: &str, arguments: Value) -> Result<Answer, Trouble> {
        let id = self.id();
        let params = json!({ "name": tool, "arguments": arguments, "_meta": { "progressToken": id } });
        let mut answer = self.send(Method::POST, None, message(id, "tools/call", &params)).await?;
        match answer.status {
            // A call that was cancelled before it said anything has no answer.
            200 | 202 => Ok(answer),
            status => Err(format!("{tool}: {status} {}", answer.rest().await?)),
        }
    }

    async fn stream(&mut self, last_event: Option<&str>) -> Result<Answer, Trouble> {
        let mut answer = self.send(Method::GET, last_event, String::new()).await?;
        match answer.status {
            200 => Ok(answer),
            status => Err(format!("GET with Last-Event-ID {last_event:?}: {status} {}", answer.rest().await?)),
        }
    }

    async fn send(&mut self, method: Method, last_event: Option<&str>, body: String) -> Result<Answer, Trouble> {
        let with = With { session: Some(&self.session), version: Some(self.version), last_event };
        self.wire.send(method, with, body).await
    }

    /// The same session from another connection.
    fn other(&mut self) -> Client {
        Client {
            wire: Wire::new(self.wire.address()),
            chance: Chance::new(self.chance.between(0, u64::MAX)),
            session: self.session.clone(),
            version: self.version,
            last: 0,
            held: Vec::new(),
            did: Vec::new(),
            ready: true,
        }
    }

    fn id(&mut self) -> u64 {
        self.last += 1;
        self.last
    }
}

fn message(id: u64, method: &str, params: &Value) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}
