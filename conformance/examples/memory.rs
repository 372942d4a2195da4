//! What idle sessions weigh: many are opened without sockets and left alone in virtual time, then let go; forged ids and
//! sessions that end at once must leave nothing behind.
//!
//! `cargo run --release -p anpu-conformance --example memory -- 100000`
#![expect(clippy::print_stdout, reason = "a program of the terminal prints")]

use std::env;
use std::fs;
use std::time::Duration;

use anpu::store::{Memory, Sessions as _};
use anpu::{Body, HttpService, Server};
use bytes::Bytes;
use cap::Cap;
use http::{Method, Request, Response};
use http_body_util::Full;
use mimalloc::MiMalloc;
use tower_service::Service as _;

/// Counts what is allocated, and gives back to the system what was freed.
#[global_allocator]
static ALLOCATOR: Cap<MiMalloc> = Cap::new(MiMalloc, usize::MAX);

const INITIALIZE: &str = r#"{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{"elicitation":{},"roots":{"listChanged":true}},"clientInfo":{"name":"a-client-like-many","version":"1.2.3"}}}"#;
const INITIALIZED: &str = r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#;
const PING: &str = r#"{"jsonrpc":"2.0","id":1,"method":"ping"}"#;

#[tokio::main(flavor = "current_thread")]
async fn main() -> anpu::Result {
    let count: usize = env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(100_000);
    tokio::time::pause();
    let store = Memory::new();
    let server = Server::new("memory", "1.0.0").store(store.clone()).idle_timeout(Duration::from_secs(1800));
    let (service, handle) = server.into_service()?;
    // What is made once is made now.
    let warm = open(&service, count / 20).await;
    end(&service, &warm).await;
    drop(warm);

    let (before, allocated) = (resident(), ALLOCATOR.allocated());
    // The ids are the clients', so they are not kept here.
    let last = open_and_forget(&service, count).await;
    let (held, more) = (resident(), ALLOCATOR.allocated() - allocated);
    println!("{} sessions live and idle: {} bytes each", handle.sessions().len(), more / count);
    println!("resident memory grew by {} bytes each", (held - before) * 1024 / count);
    assert_eq!(send(&service, Method::POST, Some(&last), PING).await.status(), 200, "one of them is used again");

    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(handle.sessions().len(), 0, "all were let go");
    // The allocator gives back in its own time.
    std::thread::sleep(Duration::from_secs(2));
    let left = ALLOCATOR.allocated().saturating_sub(allocated);
    println!("after eviction: {left} bytes of {more} are still allocated");
    let evicted = resident();
    let returned = 100 * held.saturating_sub(evicted) / (held - before).max(1);
    println!("after eviction: {before} KiB before, {held} KiB held, {evicted} KiB now: {returned} % returned");

    let (forged, allocated) = (resident(), ALLOCATOR.allocated());
    for n in 0..count {
        let id = format!("{}{n:08}", &last[..last.len() - 8]);
        assert_eq!(send(&service, Method::POST, Some(&id), PING).await.status(), 404);
    }
    let more = ALLOCATOR.allocated().saturating_sub(allocated);
    println!("{count} forged ids: {} KiB more, {more} bytes allocated", resident().saturating_sub(forged));

    let (flood, allocated) = (resident(), ALLOCATOR.allocated());
    for _ in 0..count {
        let session = open(&service, 1).await;
        end(&service, &session).await;
    }
    let more = ALLOCATOR.allocated().saturating_sub(allocated);
    println!(
        "{count} sessions opened and deleted: {} KiB more, {more} bytes allocated",
        resident().saturating_sub(flood)
    );
    println!("records left in the store: {}", store.count(None).await?);
    Ok(())
}

async fn open(service: &HttpService, count: usize) -> Vec<String> {
    let mut sessions = Vec::with_capacity(count);
    for _ in 0..count {
        let response = send(service, Method::POST, None, INITIALIZE).await;
        let id = response.headers()["mcp-session-id"].to_str().expect("an id is visible ASCII").to_owned();
        assert_eq!(send(service, Method::POST, Some(&id), INITIALIZED).await.status(), 202);
        sessions.push(id);
    }
    sessions
}

async fn open_and_forget(service: &HttpService, count: usize) -> String {
    let mut last = String::new();
    for n in 0..count {
        last = open(service, 1).await.remove(0);
        if n % 5000 == 4999 {
            // They come over time, and rest in between.
            tokio::time::sleep(Duration::from_secs(60)).await;
        }
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    last
}

async fn end(service: &HttpService, sessions: &[String]) {
    for session in sessions {
        assert_eq!(send(service, Method::DELETE, Some(session), "").await.status(), 204);
    }
}

async fn send(service: &HttpService, method: Method, session: Option<&str>, body: &'static str) -> Response<Body> {
    let mut request = Request::builder().method(method).uri("/mcp").header("host", "localhost");
    request = request.header("content-type", "application/json");
    request = request.header("accept", "application/json, text/event-stream");
    if let Some(session) = session {
        request = request.header("mcp-session-id", session);
    }
    let request = request.body(Full::new(Bytes::from_static(body.as_bytes()))).expect("the parts are valid");
    // What was begun beside goes on.
    tokio::task::yield_now().await;
    match service.clone().call(request).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

/// KiB of memory this process has.
fn resident() -> usize {
    let status = fs::read_to_string("/proc/self/status").expect("this is Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("it says how much there is");
    line.trim().trim_end_matches("kB").trim().parse().expect("a number of KiB")
}
