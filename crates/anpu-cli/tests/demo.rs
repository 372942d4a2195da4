//! `anpu demo` as a person meets it: the real binary, over HTTP and over its pipes.
#![cfg(unix)]

mod support;

use std::net::TcpListener;

use serde_json::{Value, json};
use support::{Folder, Http, Pipe, call, demo, request};

#[test]
fn notes_survive_a_restart() {
    let folder = Folder::new();
    let mut demo = Http::start(&folder);
    let note = json!({ "title": "Buy milk", "text": "two litres", "tags": ["shop"] });
    let added = demo.ask(&call(1, "add_note", note))["structuredContent"].clone();
    assert_eq!(added["id"], "buy-milk-1");
    assert_eq!(demo.stop().code(), Some(0));

    let mut demo = Http::start(&folder);
    let found = demo.ask(&call(1, "read_note", json!({ "id": "buy-milk-1" })));
    assert_eq!(found["structuredContent"], added);
    let page = demo.ask(&request(2, "resources/read", json!({ "uri": "note:///buy-milk-1" })));
    assert_eq!(page["contents"][0]["text"], "# Buy milk\n\ntags: shop\n\ntwo litres\n");
    assert_eq!(demo.stop().code(), Some(0));
}

#[test]
fn two_processes_on_one_file_are_told() {
    let folder = Folder::new();
    let first = Pipe::start(&folder);
    let second = demo(&folder, &["--address", "127.0.0.1:0"]).output().unwrap();
    let said = String::from_utf8(second.stderr).unwrap();
    assert_eq!(second.status.code(), Some(1));
    assert!(said.contains("another `anpu demo` is using") && said.contains("--data"), "{said}");
    assert_eq!(first.hang_up().code(), Some(0));
}

#[test]
fn a_port_in_use_says_what_to_do() {
    let (folder, taken) = (Folder::new(), TcpListener::bind("127.0.0.1:0").unwrap());
    let address = taken.local_addr().unwrap().to_string();
    let refused = demo(&folder, &["--address", &address]).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(said.contains("another program listens there") && said.contains("--address"), "{said}");
}

#[test]
fn only_the_protocol_goes_to_standard_output() {
    let folder = Folder::new();
    let mut pipe = Pipe::start(&folder);
    let tools = pipe.ask(&request(1, "tools/list", json!({})));
    let names: Vec<_> = tools["tools"].as_array().unwrap().iter().map(|tool| tool["name"].as_str().unwrap()).collect();
    let expected = ["add_note", "search_notes", "list_notes", "read_note", "edit_note", "tag_note", "untag_note"];
    assert_eq!(names[..7], expected);
    assert_eq!(names[7..], ["delete_note", "summarize_note", "export_notes", "import_notes"]);
    assert_eq!(pipe.ask(&call(2, "list_notes", json!({})))["structuredContent"]["total"], 0);
    assert_eq!(pipe.ask(&call(3, "read_note", json!({ "id": "no-1" })))["isError"], true);
    assert_eq!(pipe.hang_up().code(), Some(0));
}

#[test]
fn a_watched_note_tells_its_watcher() {
    let folder = Folder::new();
    let mut pipe = Pipe::start(&folder);
    pipe.ask(&call(1, "add_note", json!({ "title": "Milk" })));
    pipe.ask(&call(2, "add_note", json!({ "title": "Bread" })));
    pipe.ask(&request(3, "resources/subscribe", json!({ "uri": "note:///milk-1" })));
    pipe.send(&call(4, "edit_note", json!({ "id": "bread-2", "append": "white" })));
    pipe.send(&call(5, "edit_note", json!({ "id": "milk-1", "append": "two litres" })));
    let mut heard = pipe.until(5);
    if heard.iter().all(|message| message["id"] != 4) {
        heard.extend(pipe.until(4));
    }
    let updated = heard.iter().filter(|message| message["method"] == "notifications/resources/updated");
    let uris: Vec<_> = updated.map(|message| &message["params"]["uri"]).collect();
    assert_eq!(uris, ["note:///milk-1"]);
}

#[test]
fn an_import_reports_progress_and_can_be_cancelled() {
    let folder = Folder::new();
    let mut pipe = Pipe::start(&folder);
    let text = (0..50_000).map(|n| format!("note {n}\n")).collect::<Vec<_>>().join("---\n");
    let mut import = call(1, "import_notes", json!({ "text": text }));
    import["params"]["_meta"] = json!({ "progressToken": "p" });
    pipe.send(&import);
    let first = pipe.next().unwrap();
    assert_eq!(first["method"], "notifications/progress", "{first}");
    pipe.send(&json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": { "requestId": 1 } }));
    // Adding a note waits until the import has let go of the file.
    pipe.send(&call(2, "add_note", json!({ "title": "after" })));
    let heard = pipe.until(2);
    assert!(heard.iter().all(|message| message["id"] != 1), "a cancelled request was answered");
    assert_eq!(pipe.ask(&call(3, "list_notes", json!({})))["structuredContent"]["total"], 1);
}

#[test]
fn ids_and_tags_are_completed() {
    let folder = Folder::new();
    let mut pipe = Pipe::start(&folder);
    pipe.ask(&call(1, "add_note", json!({ "title": "Milk", "tags": ["shop"] })));
    let values = |answer: &Value| answer["completion"]["values"].clone();
    let template = json!({ "type": "ref/resource", "uri": "note:///{id}" });
    let ids =
        request(2, "completion/complete", json!({ "ref": template, "argument": { "name": "id", "value": "mi" } }));
    assert_eq!(values(&pipe.ask(&ids)), json!(["milk-1"]));
    let prompt = json!({ "type": "ref/prompt", "name": "review_notes" });
    let tags = request(3, "completion/complete", json!({ "ref": prompt, "argument": { "name": "tag", "value": "s" } }));
    assert_eq!(values(&pipe.ask(&tags)), json!(["shop"]));
}
