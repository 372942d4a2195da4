//! One POST, one answer: messages that are none, batches, statuses, and the id in every error.

use anpu::{Cx, Tool};
use serde_json::{Value, json};

use crate::support::{Endpoint, PING, PONG, post, post_with, server, text};

const VERSIONS: [&str; 4] = ["2024-11-05", "2025-03-26", "2025-06-18", "2025-11-25"];

#[test]
fn a_text_that_is_no_json() {
    let endpoint = Endpoint::serve(server());
    let session = endpoint.open("2025-11-25");
    for body in ["{\"jsonrpc\":", "", "nonsense", "{\"a\":1}}", "\u{0}"] {
        let response = endpoint.send(post(Some(&session), body));
        assert_eq!((response.status, response.json()["error"]["code"].clone()), (400, json!(-32700)), "{body:?}");
    }
    let mut broken = post_with(&[], "xx").into_bytes();
    let end = broken.len();
    broken[end - 2..].copy_from_slice(b"\xff\xfe");
    assert_eq!(endpoint.send(broken).json()["error"]["code"], -32700);
    assert_eq!(endpoint.send(post(Some(&session), PING)).body, PONG, "the session goes on");
}

#[test]
fn json_that_is_no_message() {
    let endpoint = Endpoint::serve(server());
    let session = endpoint.open("2025-11-25");
    let bodies = [
        (r#"{"jsonrpc":"1.0","id":7,"method":"ping"}"#, Some(json!(7)), "jsonrpc"),
        (r#"{"jsonrpc":"2.0","id":"a","method":5}"#, Some(json!("a")), "method"),
        (r#"{"jsonrpc":"2.0","id":7,"method":"ping","method":"ping"}"#, Some(json!(7)), "method"),
        (r#"{"jsonrpc":"2.0","id":7,"method":"ping","params":[1]}"#, Some(json!(7)), "params"),
        (r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#, None, "id"),
        (r#"{"jsonrpc":"2.0","id":1.5,"method":"ping"}"#, None, "id"),
        ("5", None, "object"),
        ("[]", None, "batch"),
    ];
    for (body, id, named) in bodies {
        let response = endpoint.send(post(Some(&session), body));
        let error = response.json();
        assert_eq!((response.status, &error["error"]["code"]), (400, &json!(-32600)), "{body}: {error}");
        assert_eq!(error.get("id").filter(|id| !id.is_null()), id.as_ref(), "{body}: {error}");
        assert!(error["error"]["message"].as_str().unwrap().contains(named), "{body}: {error}");
    }
}

#[test]
fn what_a_request_says_is_judged_by_field() {
    let tool = Tool::new("t").handler(|_: Cx| async {});
    let endpoint = Endpoint::serve(server().with(tool));
    let session = endpoint.open("2025-11-25");
    let bodies = [
        (r#"{"jsonrpc":"2.0","id":1,"method":"no/such"}"#, -32601, "no/such"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":5}}"#, -32602, "params.name"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{}}"#, -32602, "name"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x"}}"#, -32602, "x"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t","name":"t"}}"#, -32602, "name"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"cursor":5}}"#, -32602, "params.cursor"),
    ];
    for (body, code, named) in bodies {
        let response = endpoint.send(post(Some(&session), body));
        let error = response.json();
        assert_eq!((response.status, &error["error"]["code"], &error["id"]), (200, &json!(code), &json!(1)), "{error}");
        assert!(error["error"]["message"].as_str().unwrap().contains(named), "{body}: {error}");
    }
}

#[test]
fn the_id_of_an_error_that_could_not_be_read_is_as_the_version_has_it() {
    let endpoint = Endpoint::serve(server().versions(["2025-11-25"]));
    assert_eq!(endpoint.send(post(None, "{")).json().get("id"), None);
    let endpoint = Endpoint::serve(server().versions(["2025-06-18", "2025-11-25"]));
    assert_eq!(endpoint.send(post(None, "{")).json().get("id"), Some(&Value::Null));
}

#[test]
fn a_notification_and_an_answer_are_taken_without_a_word() {
    let endpoint = Endpoint::serve(server());
    let session = endpoint.open("2025-11-25");
    let taken = [
        r#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/unheard-of","params":{"a":1}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":99}}"#,
        r#"{"jsonrpc":"2.0","method":"notifications/progress","params":{"progress":"broken"}}"#,
        r#"{"jsonrpc":"2.0","id":"never asked","result":{}}"#,
        r#"{"jsonrpc":"2.0","id":"never asked","error":{"code":1,"message":"no"}}"#,
    ];
    for body in taken {
        let response = endpoint.send(post(Some(&session), body));
        assert_eq!(
            (response.status, response.body.as_str(), response.header("content-type")),
            (202, "", None),
            "{body}"
        );
    }
}

#[test]
fn a_quick_answer_is_one_text_with_its_length() {
    let tool = Tool::new("quick").handler(|_: Cx| async { "at once" });
    let endpoint = Endpoint::serve(server().with(tool));
    for version in VERSIONS {
        let session = endpoint.open(version);
        let body = r#"{ "params": {"name":"quick"}, "method": "tools/call",
            "id": "mine", "jsonrpc": "2.0" }"#;
        let response = endpoint.send(post(Some(&session), body));
        assert_eq!(response.header("content-length"), Some(response.body.len().to_string().as_str()));
        let answer = response.json();
        assert_eq!((response.status, text(&answer), &answer["id"]), (200, "at once", &json!("mine")), "{version}");
    }
}

#[test]
fn batches_are_taken_only_where_the_version_has_them() {
    let endpoint = Endpoint::serve(server());
    let batch = format!(r#"[{PING},{{"jsonrpc":"2.0","id":"b","method":"ping"}}]"#);
    for version in VERSIONS {
        let session = endpoint.open(version);
        let response = endpoint.send(post(Some(&session), &batch));
        if version == "2025-03-26" {
            let mut answers = response.json().as_array().unwrap().clone();
            answers.sort_by_key(|answer| answer["id"].is_string());
            assert_eq!(
                answers,
                [1.into(), Value::from("b")].map(|id| json!({ "jsonrpc": "2.0", "id": id, "result": {} }))
            );
        } else {
            assert_eq!(response.status, 400, "{version}");
            let why = response.json()["error"]["message"].as_str().unwrap().to_owned();
            assert!(why.contains("batches") && why.contains(version), "{why}");
        }
    }
}

#[test]
fn each_message_of_a_batch_is_judged_for_itself() {
    let endpoint = Endpoint::serve(server());
    let session = endpoint.open("2025-03-26");
    let told = r#"{"jsonrpc":"2.0","method":"notifications/roots/list_changed"}"#;
    let response = endpoint.send(post(Some(&session), &format!(r#"[{told},{PING},5,{{"jsonrpc":"2.0","id":9}}]"#)));
    assert_eq!(response.status, 200, "{response:?}");
    let answers = response.json();
    let of = |answer: &Value| (answer["id"].clone(), answer["error"]["code"].clone());
    let mut seen: Vec<_> = answers.as_array().unwrap().iter().map(of).collect();
    seen.sort_by_key(|(id, _)| id.to_string());
    let expected = [(json!(1), Value::Null), (json!(9), json!(-32600)), (Value::Null, json!(-32600))];
    assert_eq!(seen, expected);
    let response = endpoint.send(post(Some(&session), &format!("[{told},{told}]")));
    assert_eq!((response.status, response.body.as_str()), (202, ""));
}

#[test]
fn pipelined_requests_are_answered_in_their_order() {
    let endpoint = Endpoint::serve(server());
    let session = endpoint.open("2025-11-25");
    let ping = |id: i64| post(Some(&session), &json!({ "jsonrpc": "2.0", "id": id, "method": "ping" }).to_string());
    let mut wire = endpoint.connect();
    wire.send((1..=20).map(ping).collect::<String>());
    let ids: Vec<_> = (1..=20).map(|_| wire.response().json()["id"].as_i64().unwrap()).collect();
    assert_eq!(ids, (1..=20).collect::<Vec<_>>());
}

#[test]
fn a_request_may_come_byte_by_byte() {
    let endpoint = Endpoint::serve(server());
    let session = endpoint.open("2025-11-25");
    let mut wire = endpoint.connect();
    for byte in post(Some(&session), PING).bytes() {
        wire.send([byte]);
    }
    assert_eq!(wire.response().body, PONG);
    let (first, second) = PING.split_at(10);
    let chunks = format!("{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n", first.len(), second.len());
    let head = post(Some(&session), "").replace("Content-Length: 0", "Transfer-Encoding: chunked");
    wire.send(format!("{head}{chunks}"));
    assert_eq!(wire.response().body, PONG);
}
