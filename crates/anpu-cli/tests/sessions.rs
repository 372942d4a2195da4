//! `anpu sessions` as a person meets it: the real binary, on a store that a server has filled.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a failed step is a failed test")]

#[allow(dead_code, reason = "other tests use the rest")]
mod support;

use std::path::PathBuf;
use std::process::{Command, Output};

use anpu::store::{Expected, Redb, Saved, Sessions as _, Store as _, Swapped, Values as _, session_values};
use serde_json::{Value, json};
use support::{Folder, Http, request};
use tokio::runtime::Runtime;

const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);
const ONE: &str = "0123456789abcdef0123456789abcdef";
const OTHER: &str = "01ffffffffffffffffffffffffffffff";

/// A store of its own, gone again after the test.
struct File(PathBuf);

impl File {
    /// One with two sessions; the first keeps a cart.
    fn filled(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("anpu-cli-sessions-{}-{name}.redb", std::process::id()));
        let file = Self(path);
        let records = [(ONE, None, "friendly"), (OTHER, Some("ann"), "evil\u{1b}[2J")];
        Runtime::new().unwrap().block_on(async {
            let store = Redb::open(&file.0).await.unwrap();
            for (id, owner, client) in records {
                let record = record(client).to_string().into();
                let saved = store.save(id, Expected::Absent, owner, record, DAY).await.unwrap();
                assert!(matches!(saved, Saved::Done(_)));
            }
            let kept = r#"{"format":1,"values":{"Cart":{"version":3,"value":{"secret":"tea"}}}}"#;
            let swapped = store.swap(&session_values(ONE), Expected::Absent, kept.into(), None).await.unwrap();
            assert!(matches!(swapped, Swapped::Done(_)));
            store.flush().await.unwrap();
            store.close().await.unwrap();
        });
        file
    }

    fn run(&self, arguments: &[&str]) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_anpu"));
        command.arg("sessions").args(arguments).arg("--store").arg(&self.0).output().unwrap()
    }

    #[track_caller]
    fn said(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    #[track_caller]
    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert_eq!((output.status.code(), &*output.stdout), (Some(1), &b""[..]));
        String::from_utf8(output.stderr).unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A record as servers write it.
fn record(client: &str) -> Value {
    let peer = json!({ "info": { "name": client, "version": "1" }, "capabilities": { "roots": {} } });
    let session = json!({ "format": 1, "version": "2025-11-25", "phase": "ready", "peer": peer, "level": null, "watches": ["note:///1"] });
    json!({ "format": 1, "created": 1_800_000_000, "session": session })
}

#[test]
fn a_list_has_a_line_for_each_session_and_nothing_that_a_terminal_obeys() {
    let file = File::filled("list");
    let said = file.said(&["list"]);
    let lines: Vec<&str> = said.lines().collect();
    assert!(lines[0].starts_with("ID ") && lines[0].ends_with("LEFT"), "{said}");
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().any(|line| line.starts_with(ONE) && line.contains("friendly 1")), "{said}");
    assert!(said.contains("evil\\u{1b}[2J") && !said.contains('\u{1b}') && !said.contains("tea"), "{said}");
    let listed: Value = serde_json::from_str(&file.said(&["list", "--json", "--owner", "ann"])).unwrap();
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!((&listed[0]["id"], &listed[0]["owner"]), (&json!(OTHER), &json!("ann")));
}

#[test]
fn a_session_is_shown_and_its_values_only_if_they_are_asked_for() {
    let file = File::filled("show");
    let said = file.said(&["show", "0123"]);
    assert!(said.contains(ONE) && said.contains("note:///1") && said.contains("2027-01-15T08:00:00Z"), "{said}");
    assert!(said.contains("Cart (version 3, 16 bytes)") && !said.contains("tea"), "{said}");
    assert!(file.said(&["show", "0123", "--values"]).contains(r#"{"secret":"tea"}"#));
    let shown: Value = serde_json::from_str(&file.said(&["show", "0123", "--json"])).unwrap();
    assert_eq!(shown["values"], json!([{ "key": "Cart", "version": 3, "bytes": 16 }]));
    let shown: Value = serde_json::from_str(&file.said(&["show", "0123", "--json", "--values"])).unwrap();
    assert_eq!(shown["values"][0]["value"], json!({ "secret": "tea" }));
    assert!(file.refused(&["show", "01"]).contains("the ids of 2 sessions"));
    assert!(file.refused(&["show", "77"]).contains("no session's id begins with `77`"));
}

#[test]
fn an_ended_session_is_gone_with_what_it_kept_and_stays_refused() {
    let file = File::filled("end");
    assert_eq!(file.said(&["end", "0123"]), format!("ended {ONE}\n"));
    assert!(file.refused(&["show", "0123"]).contains("no session's id"));
    Runtime::new().unwrap().block_on(async {
        let store = Redb::open(&file.0).await.unwrap();
        assert_eq!(store.get(&session_values(ONE)).await.unwrap(), None);
        let saved = store.save(ONE, Expected::Absent, None, "{}".into(), DAY).await.unwrap();
        assert_eq!(saved, Saved::Ended, "its tombstone stands");
        assert_eq!(store.count(None).await.unwrap(), 1);
        store.close().await.unwrap();
    });
}

#[test]
fn a_store_that_is_not_there_is_not_made() {
    let file = File(std::env::temp_dir().join(format!("anpu-cli-sessions-{}-none.redb", std::process::id())));
    assert!(file.refused(&["list"]).contains("there is no store"));
    assert!(!file.0.exists());
}

#[test]
fn the_records_of_a_real_server_are_read() {
    let folder = Folder::new();
    let mut demo = Http::start(&folder);
    demo.ask(&request(2, "logging/setLevel", json!({ "level": "error" })));
    assert_eq!(demo.stop().code(), Some(0));
    let mut command = Command::new(env!("CARGO_BIN_EXE_anpu"));
    command.args(["sessions", "list", "--json", "--store"]).arg(folder.path().join("sessions.redb"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let listed: Value = serde_json::from_slice(&output.stdout).unwrap();
    let session = &listed[0]["record"]["session"];
    assert_eq!(session["peer"]["info"], json!({ "name": "test", "version": "1" }), "{listed}");
    assert_eq!((&session["version"], &session["level"]), (&json!("2025-06-18"), &json!("error")));
}
