//! stdio as a client sees it: a child process, its pipes, its signals and its exit code.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod child;
mod listens;
mod process;

use std::io::Write as _;
use std::time::Duration;

use serde_json::{Value, json};

use crate::process::Process;

fn ping(id: i64) -> String {
    json!({ "jsonrpc": "2.0", "id": id, "method": "ping" }).to_string()
}

fn call(id: i64, name: &str, arguments: &Value) -> String {
    let params = json!({ "name": name, "arguments": arguments, "_meta": { "progressToken": id } });
    json!({ "jsonrpc": "2.0", "id": id, "method": "tools/call", "params": params }).to_string()
}

fn cancel(id: i64) -> String {
    json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": id } }).to_string()
}

fn pong(id: i64) -> Value {
    json!({ "jsonrpc": "2.0", "id": id, "result": {} })
}

fn text(answer: &Value) -> &str {
    answer["result"]["content"][0]["text"].as_str().unwrap_or_else(|| panic!("no text: {answer}"))
}

#[test]
fn what_a_tool_prints_does_not_break_the_stream() {
    let mut server = Process::opened("2025-11-25");
    for id in 1..=3 {
        server.line(&call(id, "shout", &json!({})));
        let answer = server.next();
        assert_eq!((&answer["id"], text(&answer)), (&json!(id), "shouted"));
    }
    let (code, rest, errors) = server.end();
    assert_eq!((code, rest.len()), (Some(0), 0));
    for stray in ["println", "half a line", "from a child process"] {
        assert_eq!(errors.matches(stray).count(), 3, "{stray}: {errors}");
    }
}

#[test]
fn a_message_is_one_line_whatever_is_in_it() {
    let mut server = Process::opened("2025-11-25");
    let odd = "line\nbreak\r\n\u{2028}\u{0}\u{1f980} \"quoted\" \\";
    server.line(&call(1, "echo", &json!({ "text": odd })));
    assert_eq!(text(&server.next()), odd);
    server.line("{\"jsonrpc\":\"2.0\",\r \"id\":2,\t\"method\":\"ping\"}\r");
    assert_eq!(server.next(), pong(2));
    server.line("\r\n   \n\n");
    server.line(&ping(3));
    assert_eq!(server.next(), pong(3), "blank lines are nothing");
}

#[test]
fn requests_run_side_by_side_and_a_cancel_is_read_meanwhile() {
    let mut server = Process::opened("2025-11-25");
    server.line(&call(1, "hold", &json!({})));
    server.line(&call(2, "hold", &json!({})));
    server.line(&ping(3));
    assert_eq!(server.next(), pong(3), "two tools run, and the next message is read");
    server.line(&cancel(1));
    server.line(&call(4, "dropped", &json!({})));
    let answer = server.next();
    assert_eq!((&answer["id"], text(&answer)), (&json!(4), "1"), "the cancelled handler is gone");
    server.line(&call(5, "release", &json!({})));
    let mut ids = [server.next(), server.next()].map(|answer| answer["id"].as_i64().unwrap());
    ids.sort_unstable();
    assert_eq!(ids, [2, 5], "the other one is answered, the cancelled one is not");
    server.line(&ping(6));
    assert_eq!(server.next(), pong(6));
}

#[test]
fn what_is_said_on_the_way_comes_before_the_answer() {
    let mut server = Process::opened("2025-11-25");
    server.line(&call(1, "count", &json!({})));
    for progress in 1..=3 {
        let told = server.next();
        assert_eq!(
            (&told["method"], &told["params"]["progress"]),
            (&json!("notifications/progress"), &json!(progress))
        );
    }
    assert_eq!(server.next()["id"], 1);
}

#[test]
fn a_text_that_is_no_message_is_answered_and_the_connection_goes_on() {
    let mut server = Process::opened("2025-11-25");
    for (line, code, id) in [
        ("{\"jsonrpc\":", -32700, None),
        ("nonsense", -32700, None),
        ("{\"jsonrpc\":\"1.0\",\"id\":9,\"method\":\"ping\"}", -32600, Some(json!(9))),
        ("[]", -32600, None),
    ] {
        server.line(line);
        let error = server.next();
        assert_eq!((&error["error"]["code"], error.get("id").cloned()), (&json!(code), id), "{line}: {error}");
    }
    server.bytes(b"\xff\xfe\n");
    assert_eq!(server.next()["error"]["code"], -32700);
    server.line(&ping(1));
    assert_eq!(server.next(), pong(1));
}

#[test]
fn a_line_that_is_too_long_is_refused_and_skipped() {
    let mut server = Process::opened("2025-11-25");
    server.line(&call(1, "echo", &json!({ "text": "x".repeat(2 * child::LINE) })));
    let error = server.next();
    assert_eq!(error["error"]["code"], -32600, "{error}");
    let why = error["error"]["message"].as_str().unwrap();
    assert!(why.contains(&child::LINE.to_string()), "{why}");
    server.line(&ping(2));
    assert_eq!(server.next(), pong(2), "said once, and then forgotten");
}

#[test]
fn batches_are_answered_together_where_the_version_has_them() {
    let batch = format!("[{},{}]", ping(1), ping(2));
    let mut server = Process::opened("2025-03-26");
    server.line(&batch);
    let mut answers = server.next().as_array().unwrap().clone();
    answers.sort_by_key(|answer| answer["id"].as_i64());
    assert_eq!(answers, [pong(1), pong(2)]);
    let mut server = Process::opened("2025-06-18");
    server.line(&batch);
    assert_eq!(server.next()["error"]["code"], -32600);
    server.line(&ping(3));
    assert_eq!(server.next(), pong(3));
}

#[test]
fn nothing_but_ping_is_answered_before_the_handshake() {
    let mut server = Process::start();
    server.line(&ping(1));
    assert_eq!(server.next(), pong(1));
    server.line(r#"{"jsonrpc":"2.0","id":2,"method":"tools/list"}"#);
    let error = server.next();
    assert_eq!((&error["id"], &error["error"]["code"]), (&json!(2), &json!(-32600)), "{error}");
    server.handshake("2025-11-25");
}

#[test]
fn at_the_end_of_input_what_runs_is_finished_and_the_exit_code_is_0() {
    let mut server = Process::opened("2025-11-25");
    server.line(&call(1, "soon", &json!({})));
    let (code, rest, _) = server.end();
    assert_eq!(code, Some(0));
    assert_eq!((rest.len(), text(&rest[0])), (1, "in time"));
}

#[test]
fn the_last_line_needs_no_newline() {
    let mut server = Process::opened("2025-11-25");
    server.bytes(ping(1).as_bytes());
    let (code, rest, _) = server.end();
    assert_eq!((code, rest), (Some(0), vec![pong(1)]));
}

#[test]
fn at_the_end_of_input_what_never_ends_is_stopped_after_the_drain_time() {
    let mut server = Process::opened("2025-11-25");
    server.line(&call(1, "hold", &json!({})));
    server.line(&ping(2));
    assert_eq!(server.next(), pong(2));
    let (code, rest, _) = server.end();
    assert_eq!((code, rest.len()), (Some(0), 0));
}

#[test]
fn a_signal_ends_it_with_0_though_the_input_stays_open() {
    for signal in ["TERM", "INT"] {
        let mut server = Process::opened("2025-11-25");
        server.line(&call(1, "soon", &json!({})));
        server.line(&ping(2));
        assert_eq!(server.next(), pong(2));
        server.signal(signal);
        assert_eq!(text(&server.next()), "in time", "{signal}: what runs is finished");
        assert_eq!(server.exit_code(), Some(0), "{signal}");
    }
}

#[test]
fn a_client_that_stops_reading_for_good_does_not_keep_it_alive() {
    let mut server = Process::opened("2025-11-25");
    let mut input = server.take_input();
    let writer = std::thread::spawn(move || {
        // Until the server is gone, and its pipe with it.
        let line = format!("{}\n", call(1, "echo", &json!({ "text": "x".repeat(8 * 1024) })));
        while input.write_all(line.as_bytes()).is_ok() {}
    });
    server.signal("TERM");
    assert_eq!(server.exit_code_unread(), Some(0));
    writer.join().unwrap();
}

#[test]
fn a_thousand_requests_at_once_are_all_answered_though_the_reader_is_slow() {
    let mut server = Process::opened("2025-11-25");
    let mut input = server.take_input();
    // More than the pipes and the outbox hold together, so that the server has to wait for its reader.
    let writer = std::thread::spawn(move || {
        for id in 1..=1000 {
            let line = call(id, "echo", &json!({ "text": "x".repeat(10 * 1024) }));
            writeln!(input, "{line}").unwrap();
        }
        input
    });
    server.read_slowly(Duration::from_micros(200));
    let mut ids: Vec<_> = (0..1000).map(|_| server.next()["id"].as_i64().unwrap()).collect();
    let input = writer.join().unwrap();
    ids.sort_unstable();
    assert_eq!(ids, (1..=1000).collect::<Vec<_>>());
    drop(input);
    assert_eq!(server.exit_code(), Some(0));
}
