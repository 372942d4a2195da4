//! The client's half: the child, its pipes and its end. Timeouts only keep a broken test from hanging.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::child::{BEGIN, IN_CHILD};

const PATIENCE: Duration = Duration::from_secs(60);

pub(crate) struct Process {
    child: Child,
    input: Option<ChildStdin>,
    output: Option<BufReader<ChildStdout>>,
    lines: Option<Receiver<String>>,
    errors: Receiver<String>,
}

impl Process {
    /// Starts the server.
    pub(crate) fn start() -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child::child", "--nocapture", "--test-threads=1"])
            .env(IN_CHILD, "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (input, errors) = (child.stdin.take(), read_all(child.stderr.take().unwrap()));
        let mut output = BufReader::new(child.stdout.take().unwrap());
        let mut heading = String::new();
        while !heading.ends_with(BEGIN) {
            assert_ne!(output.read_line(&mut heading).unwrap(), 0, "the child never began: {heading}");
        }
        Self { child, input, output: Some(output), lines: None, errors }
    }

    /// Starts the server and opens the session.
    pub(crate) fn opened(version: &str) -> Self {
        let mut process = Self::start();
        process.handshake(version);
        process
    }

    pub(crate) fn handshake(&mut self, version: &str) {
        let client = json!({ "name": "raw", "version": "0" });
        let params = json!({ "protocolVersion": version, "capabilities": {}, "clientInfo": client });
        self.line(&json!({ "jsonrpc": "2.0", "id": "hello", "method": "initialize", "params": params }).to_string());
        let answer = self.next();
        assert_eq!(answer["result"]["protocolVersion"], version, "{answer}");
        self.line(r#"{"jsonrpc":"2.0","method":"notifications/initialized"}"#);
    }

    pub(crate) fn line(&mut self, line: &str) {
        self.bytes(format!("{line}\n").as_bytes());
    }

    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let input = self.input.as_mut().unwrap();
        input.write_all(bytes).unwrap();
        input.flush().unwrap();
    }

    /// The pipe into the server, for a thread of the test's own.
    pub(crate) fn take_input(&mut self) -> ChildStdin {
        self.input.take().unwrap()
    }

    /// The next message; every line has to be one.
    pub(crate) fn next(&mut self) -> Value {
        self.try_next().unwrap_or_else(|| panic!("the output ended; errors: {}", self.errors.recv().unwrap()))
    }

    /// From now on, this long a pause after each piece that is read.
    pub(crate) fn read_slowly(&mut self, pause: Duration) {
        self.read(pause);
    }

    /// Closes the input, and waits for the end: the exit code, the messages that still came, standard error.
    pub(crate) fn end(&mut self) -> (Option<i32>, Vec<Value>, String) {
        drop(self.input.take());
        let rest = std::iter::from_fn(|| self.try_next()).collect();
        (self.wait().code(), rest, self.errors.recv_timeout(PATIENCE).unwrap())
    }

    /// Sends a signal by its name.
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits for the end, and for nothing more to come.
    pub(crate) fn exit_code(&mut self) -> Option<i32> {
        assert_eq!(self.try_next(), None);
        self.wait().code()
    }

    /// Waits for the end without reading anything.
    pub(crate) fn exit_code_unread(&mut self) -> Option<i32> {
        self.wait().code()
    }

    fn try_next(&mut self) -> Option<Value> {
        if self.lines.is_none() {
            self.read(Duration::ZERO);
        }
        let line = match self.lines.as_ref().unwrap().recv_timeout(PATIENCE) {
            Ok(line) => line,
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => return None,
            Err(error) => panic!("{error}"),
        };
        Some(serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?} is not JSON")))
    }

    /// Hands the output to a thread; the pause makes it a slow reader.
    fn read(&mut self, pause: Duration) {
        let Some(output) = self.output.take() else { return };
        let (sender, lines) = channel();
        self.lines = Some(lines);
        thread::spawn(move || read_lines(output, &sender, pause));
    }

    fn wait(&mut self) -> ExitStatus {
        let begun = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(begun.elapsed() < PATIENCE, "the server does not end");
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn read_lines(mut output: BufReader<ChildStdout>, sender: &Sender<String>, pause: Duration) {
    let mut line = String::new();
    while output.read_line(&mut line).is_ok_and(|count| count > 0) {
        if sender.send(std::mem::take(&mut line)).is_err() {
            return;
        }
        thread::sleep(pause);
    }
}

fn read_all(mut pipe: ChildStderr) -> Receiver<String> {
    let (sender, all) = channel();
    thread::spawn(move || {
        let mut text = Vec::new();
        let _ = pipe.read_to_end(&mut text);
        let _ = sender.send(String::from_utf8_lossy(&text).into_owned());
    });
    all
}
