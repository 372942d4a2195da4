//! The examples, started as programs and talked to as clients do.
#![allow(clippy::unwrap_used, reason = "a test")]

use std::env;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// Where cargo puts examples: beside the folder of the test programs.
fn example(name: &str) -> Command {
    let mut path: PathBuf = env::current_exe().unwrap();
    path.pop();
    path.pop();
    path.push("examples");
    path.push(format!("{name}{}", env::consts::EXE_SUFFIX));
    assert!(path.is_file(), "{} is missing: run `cargo build --examples`", path.display());
    Command::new(path)
}

fn initialize() -> Value {
    let client = json!({ "name": "test", "version": "1" });
    let params = json!({ "protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client });
    json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": params })
}

fn call(id: u32, method: &str, params: &Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

/// Says all of it on standard input, and hands back the results in the order of their ids.
fn over_stdio(name: &str, calls: &[Value]) -> Vec<Value> {
    let mut child =
        example(name).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut results = Vec::new();
    for message in [initialize()].iter().chain(calls) {
        writeln!(input, "{message}").unwrap();
        let line = lines.next().unwrap().unwrap();
        results.push(serde_json::from_str::<Value>(&line).unwrap()["result"].clone());
    }
    drop(input);
    assert!(child.wait().unwrap().success());
    results
}

#[test]
fn the_calculator_adds() {
    let calls = [
        call(1, "tools/list", &json!({})),
        call(2, "tools/call", &json!({ "name": "add", "arguments": { "a": 2, "b": 40 } })),
    ];
    let results = over_stdio("calculator", &calls);
    let add = &results[1]["tools"][0];
    assert_eq!((add["name"].as_str(), add["description"].as_str()), (Some("add"), Some("Add two numbers.")));
    assert_eq!(add["inputSchema"]["properties"]["a"]["description"], "the first addend");
    assert_eq!(results[2]["content"][0]["text"], "42");
}

#[test]
fn what_is_made_by_hand_does_the_same() {
    let calls = [
        call(1, "tools/call", &json!({ "name": "add", "arguments": { "a": 2, "b": 40 } })),
        call(2, "tools/call", &json!({ "name": "query", "arguments": {} })),
        call(3, "resources/read", &json!({ "uri": "note:///7" })),
        call(4, "prompts/get", &json!({ "name": "greet", "arguments": { "name": "Ada" } })),
    ];
    let results = over_stdio("by_hand", &calls);
    assert_eq!(results[1]["content"][0]["text"], "42");
    assert_eq!(results[2]["isError"], true);
    assert_eq!(results[3]["contents"][0]["text"], "note number 7");
    assert_eq!(results[4]["messages"][0]["content"]["text"], "Greet Ada, please.");
}

/// A program that is stopped when the test is over, however it ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn post(address: (Ipv4Addr, u16), session: Option<&str>, message: &Value) -> (String, Value) {
    let body = message.to_string();
    let session = session.map(|id| format!("mcp-session-id: {id}\r\n")).unwrap_or_default();
    let mut stream = TcpStream::connect(address).unwrap();
    let head = "POST /mcp HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\n";
    write!(stream, "{head}{session}content-length: {}\r\n\r\n{body}", body.len()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), serde_json::from_str(body).unwrap_or_default())
}

#[test]
fn the_shop_serves_over_http() {
    // Taken and given back, so that it is very likely free.
    let port = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
    let address = (Ipv4Addr::LOCALHOST, port);
    let _shop = Running(example("shop").env("ADDRESS", format!("127.0.0.1:{port}")).spawn().unwrap());
    while TcpStream::connect(address).is_err() {
        std::thread::yield_now();
    }
    let (head, hello) = post(address, None, &initialize());
    let session = head.lines().find_map(|line| line.strip_prefix("mcp-session-id: ")).unwrap();
    assert_eq!(hello["result"]["serverInfo"]["name"], "shop");
    let order = json!({ "name": "add_to_cart", "arguments": { "item": "tea", "qty": 3 } });
    let (_, ordered) = post(address, Some(session), &call(1, "tools/call", &order));
    assert_eq!(ordered["result"]["structuredContent"], json!({ "items": { "tea": 3 }, "total": 3 }));
    let wrong = json!({ "name": "add_to_cart", "arguments": { "item": "tea", "qty": 0 } });
    let (_, refused) = post(address, Some(session), &call(2, "tools/call", &wrong));
    assert!(refused["result"]["content"][0]["text"].as_str().unwrap().contains("qty"));
    let (_, note) = post(address, Some(session), &call(3, "resources/read", &json!({ "uri": "note:///opening" })));
    assert!(note["result"]["contents"][0]["text"].as_str().unwrap().starts_with("# Opening hours"));
}
