//! `anpu demo` from its start to its end: sessions that outlive it, signals, and a socket that is handed over.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

#[expect(dead_code, reason = "not every test that includes this needs all of it")]
mod support;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::process::{Child, Command, ExitStatus};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::json;
use support::{Folder, call, demo, initialize};

/// Only keeps a broken test from hanging.
const PATIENCE: Duration = Duration::from_secs(60);

/// A demo, what it says, and where it is.
struct Running {
    child: Child,
    said: Receiver<String>,
    address: String,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap();
        let (sender, said) = channel();
        let lines = BufReader::new(child.stderr.take().unwrap()).lines();
        thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let mut running = Self { child, said, address: String::new() };
        let first = running.hear("http://");
        running.address = first.split_once("http://").unwrap().1.split_once("/mcp").unwrap().0.to_owned();
        running
    }

    /// Waits for a line that has this.
    fn hear(&self, part: &str) -> String {
        loop {
            let line = self.said.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("never said: {part}"));
            if line.contains(part) {
                return line;
            }
        }
    }

    fn signal(&self, name: &str) {
        kill(name, self.child.id());
    }

    fn ended(mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn kill(signal: &str, process: u32) {
    assert!(Command::new("kill").args([signal, &process.to_string()]).status().unwrap().success());
}

fn start(folder: &Folder, more: &[&str]) -> Running {
    let mut command = demo(folder, &["--address", "127.0.0.1:0"]);
    command.args(more).env_remove("ANPU_KEYS").env_remove("ANPU_STORE");
    Running::start(command)
}

fn request(session: &str, body: &str) -> String {
    format!(
        "POST /mcp HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\naccept: application/json, \
         text/event-stream\r\nconnection: close\r\n{session}content-length: {}\r\n\r\n{body}",
        body.len()
    )
}

/// The whole answer to one request on a connection of its own.
fn ask(address: &str, session: &str, body: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request(session, body).as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Opens a session, and gives the header line that names it.
fn opened(address: &str) -> String {
    let answer = ask(address, "", &initialize().to_string()).unwrap();
    let line = answer.lines().find(|line| line.starts_with("mcp-session-id: ")).unwrap_or_else(|| panic!("{answer}"));
    format!("{line}\r\n")
}

fn list() -> String {
    call(1, "list_notes", json!({})).to_string()
}

#[test]
fn a_session_outlives_its_process_however_that_ends() {
    let folder = Folder::new();
    let mut demo = start(&folder, &[]);
    let session = opened(&demo.address);
    for signal in ["-TERM", "-KILL"] {
        demo.signal(signal);
        demo.ended();
        demo = start(&folder, &[]);
        let answer = ask(&demo.address, &session, &list()).unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 "), "after SIG{}: {answer}", &signal[1..]);
    }
}

#[test]
fn the_environment_says_where_sessions_are_and_with_which_keys() {
    let (folder, elsewhere) = (Folder::new(), Folder::new());
    let store = elsewhere.path().join("other.redb");
    let with_keys = |keys: &str| {
        let mut command = demo(&folder, &["--address", "127.0.0.1:0"]);
        command.env("ANPU_KEYS", keys.repeat(64)).env("ANPU_STORE", &store);
        Running::start(command)
    };
    let demo = with_keys("1");
    let session = opened(&demo.address);
    drop(demo);
    assert!(store.exists() && !folder.path().join("sessions.redb").exists());
    for (keys, status) in [("2", "404"), ("1", "200")] {
        let answer = ask(&with_keys(keys).address, &session, &list()).unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{answer}");
    }
}

#[test]
fn a_store_that_cannot_be_had_is_said() {
    let folder = Folder::new();
    let refused = demo(&folder, &["--store", "postgres://localhost"]).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(refused.status.code() == Some(1) && said.contains("redis://host:6379"), "{said}");
}

/// A request that is begun and not finished, which the server waits for.
fn unfinished(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let whole = request("", &initialize().to_string());
    stream.write_all(&whole.as_bytes()[..whole.len() - 1]).unwrap();
    stream
}

fn no_longer_listens(address: &str) {
    while TcpStream::connect(address).is_ok() {
        thread::yield_now();
    }
}

#[test]
fn a_signal_lets_what_runs_end_and_a_second_one_does_not() {
    let folder = Folder::new();
    let demo = start(&folder, &[]);
    let mut begun = unfinished(&demo.address);
    // So that the request before it was seen, too.
    opened(&demo.address);
    demo.signal("-INT");
    no_longer_listens(&demo.address);
    begun.write_all(b"}").unwrap();
    let mut answer = String::new();
    begun.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    assert_eq!(demo.ended().code(), Some(0));

    for (signal, status) in [("-TERM", 143), ("-INT", 130)] {
        let demo = start(&folder, &[]);
        let _begun = unfinished(&demo.address);
        opened(&demo.address);
        demo.signal("-TERM");
        no_longer_listens(&demo.address);
        demo.signal(signal);
        assert_eq!(demo.ended().code(), Some(status));
    }
}

#[test]
fn five_hand_overs_fail_no_call() {
    let folder = Folder::new();
    let demo = start(&folder, &["--handover"]);
    let (over, calls) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let calling = || {
            let mut bad = Vec::new();
            while !over.load(Ordering::SeqCst) {
                let session = opened(&demo.address);
                for _ in 0..5 {
                    match ask(&demo.address, &session, &list()) {
                        Ok(answer) if answer.starts_with("HTTP/1.1 200 ") && answer.contains("structuredContent") => {
                            calls.fetch_add(1, Ordering::SeqCst);
                        }
                        other => bad.push(format!("{other:?}")),
                    }
                }
            }
            bad
        };
        let clients: Vec<_> = (0..3).map(|_| scope.spawn(calling)).collect();
        let talker = scope.spawn(|| keep_talking(&demo.address, &over));
        let mut takers = std::collections::HashSet::new();
        for _ in 0..5 {
            let before = calls.load(Ordering::SeqCst);
            while calls.load(Ordering::SeqCst) < before + 20 && !clients.iter().any(|client| client.is_finished()) {
                thread::yield_now();
            }
            demo.signal("-HUP");
            takers.insert(demo.hear("took over").split_whitespace().nth(1).unwrap().to_owned());
        }
        over.store(true, Ordering::SeqCst);
        let bad: Vec<_> = clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
        assert!(bad.is_empty(), "{} of {} calls failed: {}", bad.len(), calls.load(Ordering::SeqCst), bad[0]);
        assert_eq!(takers.len(), 5, "each time another process");
        assert!(talker.join().unwrap() >= 5, "each hand-over ended a connection that was kept");
    });
    demo.signal("-TERM");
    assert_eq!(demo.ended().code(), Some(0));
}

/// Calls on one connection until the server says that it was the last time, then on another: how many it took.
fn keep_talking(address: &str, over: &AtomicBool) -> usize {
    let request = request(&opened(address), &list()).replace("connection: close\r\n", "");
    let mut ended = 0;
    while !over.load(Ordering::SeqCst) {
        let mut stream = BufReader::new(TcpStream::connect(address).unwrap());
        stream.get_ref().set_read_timeout(Some(PATIENCE)).unwrap();
        let mut last = false;
        while !last && !over.load(Ordering::SeqCst) {
            stream.get_mut().write_all(request.as_bytes()).unwrap();
            let (mut head, mut length) = (String::new(), 0);
            while !head.ends_with("\r\n\r\n") {
                assert!(stream.read_line(&mut head).unwrap() > 0, "closed on a request: {head}");
            }
            for line in head.lines() {
                last |= line == "connection: close";
                length = line.strip_prefix("content-length: ").map_or(length, |length| length.parse().unwrap());
            }
            assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
            stream.read_exact(&mut vec![0; length]).unwrap();
        }
        ended += usize::from(last);
        let _ = stream.get_ref().shutdown(Shutdown::Both);
    }
    ended
}

#[test]
fn a_worker_that_is_killed_is_replaced_and_nobody_is_refused() {
    let folder = Folder::new();
    let demo = start(&folder, &["--handover"]);
    let session = opened(&demo.address);
    demo.signal("-HUP");
    let took_over = demo.hear("took over");
    let worker = took_over.split_whitespace().nth(1).unwrap().parse().unwrap();
    kill("-KILL", worker);
    demo.hear("is gone");
    // Before the next one is there this waits.
    let answer = ask(&demo.address, &session, &list()).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    demo.hear("took over");
    demo.signal("-INT");
    assert_eq!(demo.ended().code(), Some(0));
}

#[test]
fn a_worker_does_not_outlive_its_supervisor() {
    let folder = Folder::new();
    let demo = start(&folder, &["--handover"]);
    let address = demo.address.clone();
    demo.signal("-KILL");
    demo.ended();
    no_longer_listens(&address);
}
