//! Laws of JSON-RPC texts: what is written is read, no text is too strange, and none costs more than its length.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use anpu_proto::jsonrpc::write::{self, Unread};
use anpu_proto::jsonrpc::{Id, Limits, Message, parse};
use proptest::prelude::*;
use serde_json::Value;
use serde_json::value::RawValue;

fn ids() -> impl Strategy<Value = Id> {
    prop_oneof![any::<i64>().prop_map(Id::from), any::<String>().prop_map(Id::from)]
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from)
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

fn objects() -> impl Strategy<Value = Option<Box<RawValue>>> {
    let members = prop::collection::btree_map(any::<String>(), values(), 0..4);
    prop::option::of(members.prop_map(|members| serde_json::value::to_raw_value(&members).unwrap()))
}

/// Pieces of messages, so that what is made of them gets far into the parser.
fn scraps() -> impl Strategy<Value = Vec<u8>> {
    let known = [
        "{",
        "}",
        "[",
        "]",
        ",",
        ":",
        "\"jsonrpc\":\"2.0\"",
        "\"id\":1",
        "\"id\":",
        "\"method\":\"a\"",
        "\"params\":",
        "\"result\":",
        "\"error\":{\"code\":1}",
        "null",
        "1.0",
        "1e999",
        "\"",
        "\\",
        "\\u0061",
        "\\ud800",
        " ",
        "\n",
        "\u{feff}",
        "é",
    ];
    let scrap = prop_oneof![
        8 => prop::sample::select(known.to_vec()).prop_map(|known| known.as_bytes().to_vec()),
        1 => prop::collection::vec(any::<u8>(), 0..4),
    ];
    prop::collection::vec(scrap, 0..32).prop_map(|scraps| scraps.concat())
}

/// Texts that are nearly messages.
fn bent() -> impl Strategy<Value = Vec<u8>> {
    let straight = [
        r#"{"jsonrpc":"2.0","id":1,"method":"a","params":{"b":[1,"é"]}}"#,
        r#"{"jsonrpc":"2.0","id":"q","error":{"code":1,"message":"m"}}"#,
        r#"[{"jsonrpc":"2.0","method":"a"},{"jsonrpc":"2.0","id":1.0,"result":{}}]"#,
        r#"[[{"jsonrpc":"2.0","method":"a"}],[],1]"#,
        "[ ]",
    ];
    let cuts = prop::collection::vec((any::<prop::sample::Index>(), 0_usize..12, scraps()), 0..3);
    (prop::sample::select(straight.to_vec()), cuts).prop_map(|(straight, cuts)| {
        let mut text = straight.as_bytes().to_vec();
        for (at, length, scrap) in cuts {
            let start = at.index(text.len() + 1);
            let end = (start + length).min(text.len());
            text.splice(start..end, scrap.into_iter().take(16));
        }
        text
    })
}

proptest! {
    #[test]
    fn a_request_that_is_written_is_read(id in ids(), method: String, params in objects()) {
        let text = write::request(&id, &method, params.as_deref());
        let Ok(Message::Request { id: read_id, method: read_method, params: read_params }) = parse(&text, &unbounded())
        else { panic!("no request") };
        prop_assert_eq!((read_id, &*read_method), (id, &*method));
        prop_assert_eq!(read_params.map(RawValue::get), params.as_deref().map(RawValue::get));
    }

    #[test]
    fn a_notification_that_is_written_is_read(method: String, params in objects()) {
        let text = write::notification(&method, params.as_deref());
        let Ok(Message::Notice { method: read_method, params: read_params }) = parse(&text, &unbounded())
        else { panic!("no notice") };
        prop_assert_eq!(&*read_method, &*method);
        prop_assert_eq!(read_params.map(RawValue::get), params.as_deref().map(RawValue::get));
    }

    #[test]
    fn a_result_that_is_written_is_read(id in ids(), result in values()) {
        let text = write::result(&id, |out| serde_json::to_writer(out, &result)).unwrap();
        let Ok(Message::Response { id: Some(read_id), outcome: Ok(raw) }) = parse(&text, &unbounded())
        else { panic!("no result") };
        prop_assert_eq!((read_id, raw.get().parse::<Value>().unwrap()), (id, result));
    }

    #[test]
    fn an_error_that_is_written_is_read(
        id in ids(), lost: bool, code: i32, message: String, data in prop::option::of(values()),
    ) {
        let text = write::error(if lost { Err(Unread::Null) } else { Ok(&id) }, code, &message, data.as_ref());
        let Ok(Message::Response { id: read_id, outcome: Err(error) }) = parse(&text, &unbounded())
        else { panic!("no error") };
        prop_assert_eq!((read_id, error.code), ((!lost).then_some(id), i64::from(code)));
        prop_assert_eq!(error.message, message);
        let read_data = error.data.map(|raw| raw.get().parse::<Value>().unwrap());
        prop_assert_eq!(read_data, data.filter(|data| !data.is_null()));
    }

    #[test]
    fn no_text_is_too_strange(text in prop_oneof![bent(), scraps(), prop::collection::vec(any::<u8>(), 0..200)]) {
        let limits = Limits::default();
        let is_json = serde_json::from_slice::<serde::de::IgnoredAny>(&text).is_ok();
        match parse(&text, &limits) {
            Ok(Message::Batch(parts)) => {
                prop_assert!(is_json && (1..=limits.batch).contains(&parts.len()));
                for part in parts {
                    prop_assert!(!matches!(part, Ok(Message::Batch(_))), "a batch in a batch");
                }
            }
            Ok(_) => prop_assert!(is_json),
            Err(rejected) => {
                prop_assert!(!rejected.reason.is_empty() && rejected.reason.len() < 300);
                prop_assert!(!rejected.parse || rejected.id.is_none(), "what is no JSON has no id");
            }
        }
    }
}

/// Ids of any length.
fn unbounded() -> Limits {
    let mut limits = Limits::default();
    limits.id = usize::MAX;
    limits
}

/// A text of about so many bytes that starts with the head of a message, where that helps.
type Hostile = fn(&str, usize) -> String;

#[test]
fn work_grows_with_the_text_and_no_faster() {
    let head = r#"{"jsonrpc":"2.0","id":1,"method":"a","params":"#;
    let hostile: &[(&str, Hostile)] = &[
        ("nested arrays", |head, n| format!("{head}{}", "[".repeat(n))),
        ("nested objects", |head, n| format!("{head}{}", "{\"\":".repeat(n / 5))),
        ("open string", |_, n| format!("\"{}", "\\\"".repeat(n / 2))),
        ("escapes", |head, n| format!("{head}{{\"a\":\"{}\"}}}}", "\\u0061".repeat(n / 6))),
        ("unknown members", |_, n| format!("{{{}\"z\":0}}", "\"x\":0,".repeat(n / 6))),
        ("known members", |_, n| format!("{{{}\"id\":0}}", "\"id\":0,".repeat(n / 7))),
        ("batch of scalars", |_, n| format!("[{}0]", "0,".repeat(n / 2))),
        ("batch of objects", |_, n| format!("[{}0]", "{\"id\":0},".repeat(n / 9))),
        ("digits", |_, n| format!("{{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":{}}}", "9".repeat(n))),
        ("long id", |_, n| format!("{{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"id\":\"{}\"}}", "9".repeat(n))),
        ("white space", |_, n| " ".repeat(n)),
    ];
    for (name, text) in hostile {
        let (short, long) = (text(head, 1 << 13), text(head, 1 << 19));
        assert!((0..20).any(|_| is_linear(&short, &long, 64)), "{name}");
    }
}

/// Whether the text that is so many times longer takes about so many times longer, and not the square of it.
///
/// A busy machine now and then makes it look worse than it is, but what grows with the square never looks linear.
fn is_linear(short: &str, long: &str, times: u32) -> bool {
    let time = |text: &str| {
        let start = Instant::now();
        let _ = black_box(parse(black_box(text.as_bytes()), &Limits::default()));
        start.elapsed()
    };
    let longest = time(long);
    let shortest = (0..3).map(|_| time(short)).min().unwrap_or_default();
    longest <= shortest.max(Duration::from_micros(10)) * times * 8
}
