//! A new version is rolled out while clients work: each node is ended politely and started again, one after the other.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anpu_conformance::service::{Plan, Proxy, Service, Socket};
use hyper::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client, VERSION};
use crate::plan;

/// Clients that work at once.
const CLIENTS: usize = 8;

/// What all clients saw.
#[derive(Debug, Default)]
struct Seen {
    requests: AtomicUsize,
    /// Connection errors, or a proxy that says so, after which a request was made once more.
    retried: AtomicUsize,
    /// Streams that ended before their answer, and were taken up elsewhere.
    resumed: AtomicUsize,
    over: AtomicBool,
}

impl Seen {
    /// Waits until the clients made this many requests more.
    fn wait_for_more(&self) {
        let before = self.requests.load(Ordering::Relaxed);
        while self.requests.load(Ordering::Relaxed) < before + 100 {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

/// One client at work, as long as the roll-out takes.
struct Worker {
    client: Client,
    seen: Arc<Seen>,
    /// How often a request may be made again after an error of the connection.
    retries: usize,
}

impl Worker {
    /// Makes a request until an answer comes that is not the proxy's; the error if none does.
    async fn send(&self, method: Method, headers: &[(&str, &str)], body: &Value) -> Result<Answer, String> {
        let mut errors = Vec::new();
        self.seen.requests.fetch_add(1, Ordering::Relaxed);
        loop {
            let text = if body.is_null() { String::new() } else { body.to_string() };
            match self.client.send(method.clone(), headers, text).await {
                Ok(answer) if !matches!(answer.status, 502..=504) => return Ok(answer),
                Ok(mut answer) => {
                    let said = answer.next().await.map(|event| event.message);
                    errors.push(format!("{} by {} {said:?}", answer.status, answer.node));
                }
                Err(error) => errors.push(error),
            }
            if errors.len() > self.retries {
                return Err(errors.join(", then "));
            }
            self.seen.retried.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Calls a tool of the era of sessions; if its stream ends early, takes it up. An answer that breaks off is made anew as
    /// often as a connection may break.
    async fn call(&self, id: u64, tool: &str, arguments: Value) -> Result<Value, String> {
        let params = json!({ "name": tool, "arguments": arguments, "_meta": { "progressToken": id } });
        let message = json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params });
        let mut answer = self.send(Method::POST, &[("mcp-protocol-version", VERSION)], &message).await?;
        for _ in 0..5 {
            let mut place = None;
            while let Some(event) = answer.next().await {
                place = event.id.or(place);
                if event.message.get("method").is_none() {
                    return Ok(event.message);
                }
            }
            let place = answer.last.clone().or(place).ok_or_else(|| format!("{tool}: no answer, {}", answer.status))?;
            self.seen.resumed.fetch_add(1, Ordering::Relaxed);
            let headers = [("mcp-protocol-version", VERSION), ("last-event-id", &place)];
            answer = self.send(Method::GET, &headers, &Value::Null).await?;
        }
        Err(format!("{tool}: taken up five times without an answer"))
    }

    async fn step(&mut self, id: u64) -> Result<(), String> {
        let expect = |what: &str, reply: &Value, text: &str| {
            let right = reply["result"]["content"][0]["text"] == text;
            if right { Ok(()) } else { Err(format!("{what}: {reply}")) }
        };
        expect("add", &self.call(id, "add", json!({ "a": id, "b": 1 })).await?, &(id + 1).to_string())?;
        let progress = self.call(id + 1, "test_tool_with_progress", json!({})).await?;
        expect("progress", &progress, "Tool with progress executed successfully")?;
        let stranger =
            Self { client: Client::new(self.client.address), seen: self.seen.clone(), retries: self.retries };
        let (headers, message) = Client::modern_call(id, "add", &json!({ "a": id, "b": 2 }));
        let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut answer = stranger.send(Method::POST, &headers, &message).await?;
        expect("modern add", &answer.reply().await, &(id + 2).to_string())
    }

    async fn open(&mut self) -> Result<(), String> {
        let client = json!({ "name": "rolling", "version": "1" });
        let params = json!({ "protocolVersion": VERSION, "capabilities": {}, "clientInfo": client });
        let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params });
        self.client.session = None;
        let answer = self.send(Method::POST, &[], &message).await?;
        self.client.session = answer.header("mcp-session-id");
        self.client.session.is_some().then_some(()).ok_or_else(|| format!("initialize: {}", answer.status))?;
        let ready = json!({ "jsonrpc": "2.0", "method": "notifications/initialized" });
        self.send(Method::POST, &[], &ready).await.map(drop)
    }

    /// Works until the roll-out is over; all that went wrong.
    async fn work(mut self, number: u64) -> Vec<String> {
        let mut wrong = Vec::new();
        wrong.extend(self.open().await.err());
        let mut id = number * 100_000;
        while !self.seen.over.load(Ordering::Relaxed) {
            id += 10;
            wrong.extend(self.step(id).await.err());
            // New sessions, too.
            if id.is_multiple_of(100) {
                wrong.extend(self.open().await.err());
            }
        }
        wrong
    }
}

/// Rolls all nodes under load: nothing goes wrong for clients that make a request again so often after a connection error.
async fn roll(plan: &Plan<'_>, retries: usize) {
    let mut service = Service::start(plan).unwrap();
    let seen = Arc::new(Seen::default());
    let workers: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let worker = Worker { client: Client::new(service.address()), seen: seen.clone(), retries };
            tokio::spawn(worker.work(number as u64))
        })
        .collect();
    let of_rolling = seen.clone();
    let service = tokio::task::spawn_blocking(move || {
        for number in 0..service.nodes().len() {
            of_rolling.wait_for_more();
            assert_eq!(service.node(number).end(), Ok(0), "it ends well");
            service.node(number).start().unwrap();
        }
        of_rolling.wait_for_more();
        of_rolling.over.store(true, Ordering::Relaxed);
        service
    })
    .await
    .unwrap();
    let mut wrong = Vec::new();
    for worker in workers {
        wrong.extend(worker.await.unwrap());
    }
    let count = |count: &AtomicUsize| count.load(Ordering::Relaxed);
    let (requests, retried, resumed) = (count(&seen.requests), count(&seen.retried), count(&seen.resumed));
    println!("{plan:?}: {requests} requests, {retried} made again, {resumed} streams taken up, {} failed", wrong.len());
    assert_eq!(wrong, [""; 0], "{plan:?}: what was said is in {}", service.folder().display());
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_fails_where_clients_try_once_more() {
    for proxy in [Proxy::Nginx, Proxy::HaProxy] {
        roll(&Plan { proxy, ..plan() }, 1).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_request_fails_at_all_where_sockets_are_handed_over() {
    for proxy in [Proxy::Nginx, Proxy::HaProxy] {
        roll(&Plan { proxy, socket: Socket::Handed, ..plan() }, 0).await;
    }
}
