//! The real binary as a child process, spoken to over raw HTTP or its pipes.
#![expect(
    clippy::unwrap_used,
    clippy::needless_pass_by_value,
    reason = "a failed step is a failed test, and JSON reads best in place"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use serde_json::{Value, json};

/// A folder that is not there yet, and gone again after the test.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicUsize = AtomicUsize::new(0);
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        Self(std::env::temp_dir().join(format!("anpu-cli-{}-{number}", std::process::id())))
    }

    pub(crate) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// `anpu demo --data FOLDER` with these arguments.
pub(crate) fn demo(folder: &Folder, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_anpu"));
    command.arg("demo").arg("--data").arg(folder.path()).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

pub(crate) fn initialize() -> Value {
    let client = json!({ "name": "test", "version": "1" });
    request(0, "initialize", json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client }))
}

pub(crate) fn request(id: u32, method: &str, params: Value) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params })
}

pub(crate) fn call(id: u32, tool: &str, arguments: Value) -> Value {
    request(id, "tools/call", json!({ "name": tool, "arguments": arguments }))
}

/// The demo over HTTP, with one session.
pub(crate) struct Http {
    child: Child,
    address: String,
    session: Option<String>,
}

impl Http {
    pub(crate) fn start(folder: &Folder) -> Self {
        let mut child = demo(folder, &["--address", "127.0.0.1:0"]).spawn().unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let first = lines.by_ref().map(Result::unwrap).find(|line| line.contains("http://")).unwrap();
        // Whoever does not read the trace must not stop the server.
        thread::spawn(move || lines.for_each(drop));
        let (_, address) = first.split_once("http://").unwrap();
        let address = address.split_once("/mcp").unwrap().0.to_owned();
        let mut http = Self { child, address, session: None };
        http.ask(&initialize());
        http.post(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        http
    }

    /// The result of a request.
    pub(crate) fn ask(&mut self, request: &Value) -> Value {
        let body = self.post(request);
        // A plain answer, or the last event of a stream.
        let text = body.lines().filter_map(|line| line.strip_prefix("data:")).next_back().unwrap_or(&body);
        let answer: Value = serde_json::from_str(text.trim()).unwrap_or_else(|_| panic!("no JSON: {body}"));
        answer.get("result").unwrap_or_else(|| panic!("an error: {answer}")).clone()
    }

    fn post(&mut self, message: &Value) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        let (body, session) = (message.to_string(), self.session.as_deref().unwrap_or_default());
        let session = if session.is_empty() { String::new() } else { format!("mcp-session-id: {session}\r\n") };
        let head = format!(
            "POST /mcp HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\naccept: application/json, \
             text/event-stream\r\nconnection: close\r\n{session}content-length: {}\r\n\r\n",
            self.address,
            body.len()
        );
        stream.write_all(head.as_bytes()).unwrap();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.1 2"), "{answer}");
        let id = head.lines().filter_map(|line| line.split_once(": "));
        let id = id.filter(|(name, _)| name.eq_ignore_ascii_case("mcp-session-id")).map(|(_, id)| id.to_owned()).next();
        self.session = id.or_else(|| self.session.take());
        body.to_owned()
    }

    /// Asks it to end, as a service manager does, and waits for it.
    pub(crate) fn stop(mut self) -> ExitStatus {
        let killed = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        self.child.wait().unwrap()
    }
}

impl Drop for Http {
    fn drop(&mut self) {
        // Only after a failed test does it still run.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The demo over its pipes, with the handshake done.
pub(crate) struct Pipe {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Pipe {
    pub(crate) fn start(folder: &Folder) -> Self {
        let mut child = demo(folder, &["--stdio"]).stderr(Stdio::null()).spawn().unwrap();
        let input = child.stdin.take().unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut pipe = Self { child, input, output };
        pipe.send(&initialize());
        assert_eq!(pipe.next().unwrap()["result"]["serverInfo"]["name"], "notes");
        pipe.send(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }));
        pipe
    }

    pub(crate) fn send(&mut self, message: &Value) {
        writeln!(self.input, "{message}").unwrap();
    }

    /// The next message; every line has to be one.
    pub(crate) fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        (!line.is_empty()).then(|| serde_json::from_str(&line).unwrap_or_else(|_| panic!("not JSON: {line}")))
    }

    /// What comes up to the answer of this id, which is the last.
    pub(crate) fn until(&mut self, id: u32) -> Vec<Value> {
        let mut heard = Vec::new();
        while heard.last().is_none_or(|message: &Value| message["id"] != id) {
            heard.push(self.next().expect("the server hung up before it answered"));
        }
        heard
    }

    /// The answer to a request.
    pub(crate) fn ask(&mut self, request: &Value) -> Value {
        self.send(request);
        let id = request["id"].as_u64().unwrap().try_into().unwrap();
        self.until(id).pop().unwrap()["result"].take()
    }

    /// Hangs up, and waits for the process.
    pub(crate) fn hang_up(mut self) -> ExitStatus {
        drop(self.input);
        let mut line = String::new();
        while self.output.read_line(&mut line).unwrap() > 0 {
            serde_json::from_str::<Value>(&line).unwrap();
            line.clear();
        }
        self.child.wait().unwrap()
    }
}
