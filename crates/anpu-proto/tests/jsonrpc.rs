//! What a text is: every malformed envelope has the right fault and the id where it could be read.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use anpu_proto::jsonrpc::write::{self, Unread};
use anpu_proto::jsonrpc::{Id, Limits, Message, Rejected, parse};
use serde_json::json;
use serde_json::value::RawValue;

/// A message with nothing borrowed, in one line of text.
fn told(message: &Message<'_>) -> String {
    let params = |params: &Option<&RawValue>| params.map_or("-".to_owned(), |raw| raw.get().to_owned());
    match message {
        Message::Request { id, method, params: raw } => format!("request {} {method} {}", told_id(id), params(raw)),
        Message::Notice { method, params: raw } => format!("notice {method} {}", params(raw)),
        Message::Response { id, outcome } => {
            let id = id.as_ref().map_or("-".to_owned(), told_id);
            match outcome {
                Ok(result) => format!("result {id} {}", result.get()),
                Err(error) => {
                    let data = error.data.as_deref().map_or("-", RawValue::get);
                    format!("error {id} {} {} {data}", error.code, error.message)
                }
            }
        }
        Message::Batch(parts) => {
            let parts: Vec<_> = parts.iter().map(|part| part.as_ref().map_or_else(refusal, told)).collect();
            format!("batch [{}]", parts.join("; "))
        }
    }
}

fn told_id(id: &Id) -> String {
    serde_json::to_string(id).unwrap()
}

/// Which fault it is, the id, and what is wrong.
fn refusal(rejected: &Rejected) -> String {
    let kind = if rejected.parse { "parse" } else { "invalid" };
    format!("{kind} {}: {}", rejected.id.as_ref().map_or("-".to_owned(), told_id), rejected.reason)
}

fn read(text: impl AsRef<[u8]>) -> String {
    parse(text.as_ref(), &Limits::default()).as_ref().map_or_else(refusal, told)
}

/// Checks that each text is read as what stands beside it; in a refusal, what is wrong need only begin so.
#[track_caller]
fn all(cases: &[(&str, &str)]) {
    let differ = |(text, expected): &&(&str, &str)| {
        let got = read(text);
        let refused = expected.starts_with("parse ") || expected.starts_with("invalid ");
        if refused { !got.starts_with(expected) } else { got != *expected }
    };
    let wrong: Vec<_> = cases.iter().filter(differ).map(|(text, expected)| (text, expected, read(text))).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn each_kind_is_told_by_its_members() {
    all(&[
        (r#"{"jsonrpc":"2.0","id":1,"method":"a"}"#, "request 1 a -"),
        (r#"{"jsonrpc":"2.0","id":"1","method":"a","params":{"b":[1,2]}}"#, r#"request "1" a {"b":[1,2]}"#),
        (r#"{"jsonrpc":"2.0","method":"a"}"#, "notice a -"),
        (r#"{"jsonrpc":"2.0","method":"a","params":{}}"#, "notice a {}"),
        (r#"{"jsonrpc":"2.0","id":1,"result":{}}"#, "result 1 {}"),
        (r#"{"jsonrpc":"2.0","id":1,"result":null}"#, "result 1 null"),
        (r#"{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"m","data":[1]}}"#, "error 1 -1 m [1]"),
        (r#"{"jsonrpc":"2.0","id":null,"error":{"code":-1,"message":"m"}}"#, "error - -1 m -"),
        (r#"{"jsonrpc":"2.0","error":{"code":-1,"message":"m"}}"#, "error - -1 m -"),
        (r#"{"jsonrpc":"2.0","id":1,"error":{"code":-1.0}}"#, "error 1 -1  -"),
    ]);
}

#[test]
fn how_it_is_written_does_not_matter() {
    all(&[
        ("\r\n\t {\n  \"jsonrpc\" : \"2.0\",\r\n  \"id\" : 1 , \"method\":\t\"a\"\n}\n", "request 1 a -"),
        (r#"{"params":{},"method":"a","id":1,"jsonrpc":"2.0"}"#, "request 1 a {}"),
        (r#"{"\u006asonrpc":"2.0","\u0069d":1,"m\u0065thod":"\u0061"}"#, "request 1 a -"),
        (r#"{"jsonrpc":"2\u002e0","method":"a\/b\n"}"#, "notice a/b\n -"),
        (r#"{"jsonrpc":"2.0","method":"a","x":1,"x":{"id":2},"":null}"#, "notice a -"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"a","params": { "b" : 1 } }"#, r#"request 1 a { "b" : 1 }"#),
        (r#"{"jsonrpc":"2.0","id":1,"method":"é","params":{"é":"\u0000"}}"#, r#"request 1 é {"é":"\u0000"}"#),
        // Some clients write null where they have no parameters.
        (r#"{"jsonrpc":"2.0","id":1,"method":"a","params":null}"#, "request 1 a -"),
        (r#"{"jsonrpc":"2.0","method":"a","params": null }"#, "notice a -"),
    ]);
}

#[test]
fn an_id_is_a_string_or_an_integer() {
    let with = |id: &str| read(format!(r#"{{"jsonrpc":"2.0","id":{id},"method":"a"}}"#));
    for (written, id) in [
        ("0", "0"),
        ("-7", "-7"),
        ("1.0", "1"),
        ("-0.0", "0"),
        ("1e2", "100"),
        ("9223372036854775807", "9223372036854775807"),
        ("-9223372036854775808", "-9223372036854775808"),
        ("9007199254740991.0", "9007199254740991"),
        (r#""""#, r#""""#),
        (r#""\u0061""#, r#""a""#),
        (r#""null""#, r#""null""#),
    ] {
        assert_eq!(with(written), format!("request {id} a -"));
    }
    for id in ["1.5", "9223372036854775808", "18446744073709551616", "9007199254740993.0", "1e300", "1e999"] {
        assert_eq!(with(id), format!("invalid -: `id` must be a string or an integer, not {id}"));
    }
    for id in ["true", "[1]", r#"{"a":1}"#, r#""\ud800""#] {
        assert_eq!(with(id), format!("invalid -: `id` must be a string or an integer, not {id}"));
    }
    assert_eq!(with("null"), "invalid -: the `id` of a request must not be null");
    for broken in ["01", "+1", "1.", "NaN", "'a'"] {
        assert!(with(broken).starts_with("parse -: "), "{broken}: {}", with(broken));
    }
}

#[test]
fn a_long_id_is_refused_and_not_echoed() {
    let with = |id: &str| read(format!(r#"{{"jsonrpc":"2.0","id":"{id}","method":"a"}}"#));
    assert!(with(&"x".repeat(1024)).starts_with("request "));
    assert_eq!(with(&"x".repeat(1025)), "invalid -: `id` is longer than 1024 bytes");
    // It is the id that is measured, not how it is written.
    assert!(with(&"\\u0061".repeat(1024)).starts_with("request "));
    assert_eq!(with(&"é".repeat(513)), "invalid -: `id` is longer than 1024 bytes");
}

#[test]
fn a_member_may_come_once() {
    all(&[
        (r#"{"jsonrpc":"2.0","id":1,"method":"a","method":"b"}"#, "invalid 1: `method` is given twice"),
        (r#"{"jsonrpc":"2.0","jsonrpc":"2.0","id":1,"method":"a"}"#, "invalid 1: `jsonrpc` is given twice"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"a","params":{},"p\u0061rams":{}}"#, "invalid 1: `params` is given twice"),
        (r#"{"jsonrpc":"2.0","id":1,"result":{},"result":{}}"#, "invalid -: `result` is given twice"),
        (r#"{"jsonrpc":"2.0","id":1,"error":{"code":1},"error":{"code":1}}"#, "invalid -: `error` is given twice"),
        // Which id would it be?
        (r#"{"jsonrpc":"2.0","id":1,"id":1,"method":"a"}"#, "invalid -: `id` is given twice"),
        (r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"a","method":"a"}"#, "invalid -: `id` is given twice"),
        (r#"{"jsonrpc":"2.0","method":"a","method":"a","id":1,"id":2}"#, "invalid -: `id` is given twice"),
        (r#"{"jsonrpc":"2.0","id":1,"error":{"code":1,"code":2}}"#, "invalid -: `error` must be an object"),
    ]);
}

#[test]
fn members_must_fit_together() {
    let conflict = "only one of `method`, `result` and `error` may be given";
    all(&[
        (r#"{"jsonrpc":"2.0","id":1,"method":"a","result":{}}"#, &format!("invalid 1: {conflict}")),
        (r#"{"jsonrpc":"2.0","id":1,"method":"a","error":{"code":1}}"#, &format!("invalid 1: {conflict}")),
        (r#"{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1}}"#, &format!("invalid -: {conflict}")),
        (r#"{"jsonrpc":"2.0","id":1,"result":{},"error":null}"#, &format!("invalid -: {conflict}")),
        (r#"{"jsonrpc":"2.0","id":1}"#, "invalid 1: a message needs one of"),
        (r#"{"jsonrpc":"2.0"}"#, "invalid -: a message needs one of"),
        (r#"{"jsonrpc":"2.0","result":{}}"#, "invalid -: a response needs the `id` of its request"),
        (r#"{"jsonrpc":"2.0","id":null,"result":{}}"#, "invalid -: a response needs the `id` of its request"),
        (r#"{"jsonrpc":"2.0","id":true,"result":{}}"#, "invalid -: `id` must be a string or an integer, not true"),
        (r#"{"jsonrpc":"2.0","id":1.5,"error":{"code":1}}"#, "invalid -: `id` must be a string or an integer"),
    ]);
}

#[test]
fn members_must_be_what_they_are_called() {
    all(&[
        (r#"{"id":1,"method":"a"}"#, r#"invalid 1: `jsonrpc` is missing; it must be "2.0""#),
        (r#"{}"#, "invalid -: `jsonrpc` is missing"),
        (r#"{"jsonrpc":"1.0","id":"x","method":"a"}"#, r#"invalid "x": `jsonrpc` must be "2.0", not "1.0""#),
        (r#"{"jsonrpc":2.0,"id":1,"method":"a"}"#, r#"invalid 1: `jsonrpc` must be "2.0", not 2.0"#),
        (r#"{"jsonrpc":null,"id":1,"method":"a"}"#, "invalid 1: `jsonrpc` must be"),
        (r#"{"jsonrpc":"2.0","id":1,"method":5}"#, "invalid 1: `method` must be a string, not 5"),
        (r#"{"jsonrpc":"2.0","id":1,"method":null}"#, "invalid 1: `method` must be a string, not null"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"\ud800"}"#, "invalid 1: `method` must be a string"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"a","params":[1]}"#, "invalid 1: `params` must be an object, not [1]"),
        (r#"{"jsonrpc":"2.0","id":1,"method":"a","params":"b"}"#, r#"invalid 1: `params` must be an object, not "b""#),
        (r#"{"jsonrpc":"2.0","id":1,"method":"a","params":false}"#, "invalid 1: `params` must be an object, not false"),
        (r#"{"jsonrpc":"2.0","method":"a","params":7}"#, "invalid -: `params` must be an object, not 7"),
        // An error under the id of our own question would look like an answer to the peer's.
        (r#"{"jsonrpc":"2.0","id":1,"error":5}"#, "invalid -: `error` must be an object"),
        (r#"{"jsonrpc":"2.0","id":1,"error":{}}"#, "invalid -: `error` must be an object"),
        (r#"{"jsonrpc":"2.0","id":1,"error":{"code":"x"}}"#, "invalid -: `error` must be an object"),
        (r#"{"jsonrpc":"2.0","id":1,"error":{"code":1.5}}"#, "invalid -: `error` must be an object"),
    ]);
    let long = read(format!(r#"{{"jsonrpc":"2.0","method":"a","params":"{}"}}"#, "é".repeat(5000)));
    assert_eq!(long, format!("invalid -: `params` must be an object, not \"{}…", "é".repeat(39)));
    for member in ["id", "method", "jsonrpc", "error"] {
        let long = read(format!(r#"{{"jsonrpc":"2.0","{member}":[{}0]}}"#, "0,".repeat(5000)));
        assert!(long.starts_with("invalid -: ") && long.len() < 200, "{long}");
    }
}

#[test]
fn what_is_no_json_is_told_from_what_is_no_message() {
    all(&[
        ("", "parse -: the text is empty"),
        (" \r\n\t", "parse -: the text is empty"),
        ("{", "parse -: "),
        ("[", "parse -: "),
        ("nul", "parse -: "),
        (r#"{"jsonrpc":"2.0","id":1,"method":"a""#, "parse -: "),
        (r#"{"jsonrpc":"2.0","id":1,"method":"a",}"#, "parse -: "),
        (r#"{"jsonrpc":"2.0","id":1,"method":"a"} x"#, "parse -: "),
        (r#"{"jsonrpc":"2.0","id":1,"method":"a"}{}"#, "parse -: "),
        (r#"[{"jsonrpc":"2.0","method":"a"}] ]"#, "parse -: "),
        (r#"{jsonrpc:"2.0"}"#, "parse -: "),
        (r#"{'jsonrpc':"2.0"}"#, "parse -: "),
        ("{\"jsonrpc\":\"2.0\",\"method\":\"a\nb\"}", "parse -: "),
        ("\u{feff}{\"jsonrpc\":\"2.0\",\"method\":\"a\"}", "parse -: "),
        ("\u{c}{\"jsonrpc\":\"2.0\",\"method\":\"a\"}", "parse -: "),
        ("null", "invalid -: a message is a JSON object"),
        ("true", "invalid -: a message is a JSON object"),
        ("12.5", "invalid -: a message is a JSON object"),
        (r#""text""#, "invalid -: a message is a JSON object"),
    ]);
    assert_eq!(read(b"{\"jsonrpc\":\"\xff\"}"), "parse -: the text is not UTF-8 from byte 12 on");
    assert!(read(b"\xff\xfe{\0}\0").starts_with("parse -: the text is not UTF-8 from byte 0 on"));
}

#[test]
fn the_depth_of_a_message_is_bounded_exactly() {
    let nested = |levels: usize| {
        let (open, close) = ("[".repeat(levels - 2), "]".repeat(levels - 2));
        format!(r#"{{"jsonrpc":"2.0","method":"a","params":{{"b":{open}{close}}},"id":1}}"#)
    };
    assert!(read(nested(100)).starts_with("request 1 a "));
    assert_eq!(read(nested(101)), "invalid 1: the message is nested deeper than 100 levels");
    let deep = "invalid 1: the message is nested deeper than 100 levels";
    assert_eq!(read(nested(200_000)), deep);
    // In a batch each message has the same room as alone.
    let batch = read(format!("[{},{}]", nested(101), nested(100)));
    assert!(batch.starts_with(&format!("batch [{deep}; request 1 a ")), "{batch}");
    assert!(read("[".repeat(200_000)).starts_with("parse -: "));
    assert!(
        read(format!(r#"{{"jsonrpc":"2.0","method":"a","params":{}"#, "{\"b\":".repeat(1000))).starts_with("parse")
    );
    let mut shallow = Limits::default();
    shallow.depth = 2;
    let text = br#"{"jsonrpc":"2.0","method":"a","params":{"b":"[[[[{{{{"}}"#;
    assert!(parse(text, &shallow).is_ok());
}

#[test]
fn a_batch_is_read_message_by_message() {
    all(&[
        ("[]", "invalid -: a batch holds at least one message"),
        (" [ ] ", "invalid -: a batch holds at least one message"),
        (
            r#" [ {"jsonrpc":"2.0","id":1,"method":"a"} , {"jsonrpc":"2.0","id":"q","result":{}} ] "#,
            r#"batch [request 1 a -; result "q" {}]"#,
        ),
        (
            r#"[{"jsonrpc":"2.0","method":"a"},{"id":2,"method":"b"}]"#,
            r#"batch [notice a -; invalid 2: `jsonrpc` is missing; it must be "2.0"]"#,
        ),
        (
            r#"[[],1,null,"x",[{"jsonrpc":"2.0","method":"a"}]]"#,
            &format!("batch [{}]", ["invalid -: each message of a batch is a JSON object"; 5].join("; ")),
        ),
        (r#"[{"jsonrpc":"2.0","method":"a"},]"#, "parse -: "),
        (r#"[{"jsonrpc":"2.0","method":"a"}"#, "parse -: "),
        (r#"[{"jsonrpc":"2.0","method":"a"} {}]"#, "parse -: "),
    ]);
    let of = |count: usize| format!("[{}]", vec![r#"{"jsonrpc":"2.0","method":"a"}"#; count].join(","));
    assert_eq!(read(of(100)), format!("batch [{}]", ["notice a -"; 100].join("; ")));
    assert_eq!(read(of(101)), "invalid -: a batch holds at most 100 messages, this one 101");
    assert_eq!(read(of(150)), "invalid -: a batch holds at most 100 messages, this one 150");
    assert!(read(format!("{}x", of(101))).starts_with("parse -: "));
}

#[test]
fn what_is_written_has_exactly_its_members() {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    assert_eq!(
        text(write::error(Err(Unread::Null), -32700, "m\"", None)),
        r#"{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"m\""}}"#
    );
    assert_eq!(
        text(write::error(Err(Unread::Absent), -1, "m", Some(&json!([1])))),
        r#"{"jsonrpc":"2.0","error":{"code":-1,"message":"m","data":[1]}}"#
    );
    assert_eq!(text(write::notification("a", None)), r#"{"jsonrpc":"2.0","method":"a"}"#);
    assert_eq!(text(write::request(&"q".into(), "a", None)), r#"{"jsonrpc":"2.0","id":"q","method":"a"}"#);
    assert_eq!(write::result(&Id::from(1), |_| Err("no")), Err("no"));
}
