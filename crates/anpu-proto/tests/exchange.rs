//! The forgetting engine at its boundary: what a handler is told, what a client is asked, what a state holds.
#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::time::Duration;

use anpu_proto::dialect::{self, Dialect};
use anpu_proto::exchange::{Asked, Limits, Millis, Once, Outcome, Replay};
use anpu_proto::fault::Fault;
use anpu_proto::model::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};

const START: Millis = Millis(1_000);

fn newest() -> &'static Dialect {
    dialect::ALL[0]
}

fn fresh() -> Replay {
    Replay::fresh(0xfeed, newest(), &Limits::default())
}

fn form(message: &str) -> Ask {
    Ask::Elicit(ElicitRequestParams::form(message, RequestedSchema::new().required("name", StringSchema::new())))
}

fn page(message: &str, url: &str) -> Ask {
    Ask::Elicit(ElicitRequestParams::url(message, url))
}

fn responses(answers: Value) -> InputResponses {
    serde_json::from_value(answers).unwrap()
}

/// The next round, five seconds after the start.
fn resumed(state: &[u8], answers: Value) -> Result<Replay, Fault> {
    Replay::resumed(state, &responses(answers), newest(), Millis(6_000), &Limits::default())
}

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

/// What a handler that asks is told: the answer, `timed out`, `refused …`, or `open` with the name.
fn told(asked: Asked) -> String {
    match asked {
        Asked::Over(Outcome::Answered(raw)) => raw.get().to_owned(),
        Asked::Over(Outcome::TimedOut) => "timed out".to_owned(),
        Asked::Over(Outcome::Refused { code, message }) => format!("refused {code} {message}"),
        Asked::Over(other) => format!("{other:?}"),
        Asked::Open(name) => format!("open {name}"),
    }
}

fn ask(replay: &mut Replay, key: &str, ask: &Ask) -> String {
    told(replay.ask(key, ask, START, None).unwrap())
}

#[track_caller]
fn internal(fault: Result<impl Sized, Fault>, words: &[&str]) {
    match fault.err() {
        Some(Fault::Internal(text)) => assert!(words.iter().all(|word| text.contains(word)), "{text}"),
        other => panic!("{other:?} is not the handler's fault"),
    }
}

#[track_caller]
fn invalid(fault: Result<impl Sized, Fault>, told: &str) {
    assert_eq!(fault.err(), Some(Fault::InvalidParams(told.to_owned())));
}

#[test]
fn an_answer_is_told_and_a_missing_one_is_asked_again() {
    let mut first = fresh();
    assert_eq!(ask(&mut first, "who", &form("Who?")), "open who");
    assert_eq!(ask(&mut first, "folders", &Ask::ListRoots(RequestParams::default())), "open folders");
    let round = first.close().unwrap();
    let schema = json!({ "type": "object", "properties": { "name": { "type": "string" } }, "required": ["name"] });
    let asked = json!({
        "folders": { "method": "roots/list" },
        "who": { "method": "elicitation/create",
            "params": { "mode": "form", "message": "Who?", "requestedSchema": schema } },
    });
    assert_eq!(serde_json::to_value(&round.requests).unwrap(), asked);

    let answer = json!({ "action": "accept", "content": { "name": "Ada" } });
    let mut second = resumed(&round.state, json!({ "who": answer, "other": 5 })).unwrap();
    assert_eq!(second.chain(), 0xfeed);
    assert_eq!(ask(&mut second, "who", &form("Who?")), answer.to_string());
    assert!(!second.has_open(), "what the handler does not ask again is not asked of the client");
    assert_eq!(ask(&mut second, "folders", &Ask::ListRoots(RequestParams::default())), "open folders");
    assert!(second.has_open());
    let round = second.close().unwrap();
    assert_eq!(round.requests.into_keys().collect::<Vec<_>>(), ["folders"]);

    // A second answer to the same question does not count, not even one that cannot be read.
    let late = json!({ "who": { "action": "shrug" }, "folders": { "roots": [] } });
    let mut third = resumed(&round.state, late).unwrap();
    assert_eq!(ask(&mut third, "who", &form("Who?")), answer.to_string());
    assert_eq!(ask(&mut third, "folders", &Ask::ListRoots(RequestParams::default())), r#"{"roots":[]}"#);
}

#[test]
fn the_open_questions_come_in_the_order_they_were_asked() {
    let mut replay = fresh();
    for key in ["z", "a", "m", "a"] {
        ask(&mut replay, key, &form(key));
    }
    let open: Vec<&str> = replay.open().map(|(name, _)| name).collect();
    assert_eq!(open, ["z", "a", "m", "a#2"]);
    assert!(replay.answer("a", Outcome::TimedOut) && replay.answer("z", Outcome::Answered(raw("{}"))));
    assert!(!replay.answer("a", Outcome::Answered(raw("{}"))), "it is over");
    assert!(!replay.answer("b", Outcome::TimedOut), "it was never asked");
    replay.withdraw("m");
    assert_eq!(replay.open().map(|(name, ask)| (name, ask.clone())).collect::<Vec<_>>(), [("a#2", form("a"))]);
}

#[test]
fn a_withdrawn_question_is_the_same_when_it_is_asked_again() {
    let mut first = fresh();
    let patience = Some(Duration::from_secs(4));
    first.ask("a", &form("A?"), START, patience).unwrap();
    first.withdraw("a");
    assert!(!first.has_open());
    ask(&mut first, "b", &form("B?"));
    let round = first.close().unwrap();
    assert_eq!(round.requests.into_keys().collect::<Vec<_>>(), ["b"]);
    let mut second = resumed(&round.state, json!({})).unwrap();
    assert_eq!(told(second.ask("a", &form("A?"), Millis(6_000), patience).unwrap()), "timed out");
    internal(second.ask("b", &form("A?"), START, None), &["`b`"]);
}

#[test]
fn a_malformed_answer_is_named_by_its_path() {
    let mut first = fresh();
    ask(&mut first, "who", &form("Who?"));
    ask(&mut first, "roots", &Ask::ListRoots(RequestParams::default()));
    let state = first.close().unwrap().state;
    let cases = [
        (json!({ "who": null }), "params.inputResponses.who: expected an object, found null"),
        (json!({ "who": {} }), "params.inputResponses.who.action: missing field"),
        (
            json!({ "roots": { "roots": [{ "uri": 1 }] } }),
            "params.inputResponses.roots.roots[0].uri: expected a string, found 1",
        ),
    ];
    for (answers, text) in cases {
        invalid(resumed(&state, answers), text);
    }
}

#[test]
fn an_offered_answer_waits_for_its_question() {
    let offer = |answers: Value| fresh().offered(responses(answers));
    let mut replay = offer(json!({ "who": { "action": "decline" }, "never": 1 }));
    for _ in 0..2 {
        replay.restart();
        assert_eq!(ask(&mut replay, "who", &form("Who?")), r#"{"action":"decline"}"#);
        assert_eq!(ask(&mut replay, "who", &form("Who?")), "open who#2");
    }
    let state = replay.close().unwrap().state;
    assert_eq!(ask(&mut resumed(&state, json!({})).unwrap(), "who", &form("Who?")), r#"{"action":"decline"}"#);

    let mut replay = offer(json!({ "who": { "action": 1 } }));
    let wrong = replay.ask("who", &form("Who?"), START, None).unwrap_err();
    assert!(wrong.message().contains("params.inputResponses.who.action: "), "{wrong}");
}

#[test]
fn a_changed_question_is_the_handlers_fault() {
    let mut first = fresh();
    ask(&mut first, "who", &form("Who?"));
    let state = first.close().unwrap().state;
    for answers in [json!({}), json!({ "who": { "action": "cancel" } })] {
        let mut second = resumed(&state, answers.clone()).unwrap();
        internal(second.ask("who", &form("Who else?"), START, None), &["`who`", "same key", "`once`"]);
        let mut second = resumed(&state, answers).unwrap();
        internal(second.ask("who", &Ask::ListRoots(RequestParams::default()), START, None), &["`who`"]);
    }
}

#[test]
fn of_a_url_only_its_origin_counts_and_metadata_never_does() {
    // The newest says neither metadata nor ids in a question, the one before says both.
    for dialect in &dialect::ALL[..2] {
        let mut replay = Replay::fresh(1, dialect, &Limits::default());
        ask(&mut replay, "pay", &page("Pay", "https://pay.example.com/1?id=a"));
        let mut again = |question: Ask| {
            replay.restart();
            replay.ask("pay", &question, START, None)
        };
        again(page("Pay", "https://pay.example.com/2?id=b")).unwrap();
        let named = ElicitRequestUrlParams::new("Pay", "https://pay.example.com").elicitation_id("7");
        again(Ask::Elicit(ElicitRequestParams::Url(named))).unwrap();
        let mut traced = page("Pay", "https://pay.example.com");
        traced.meta_mut().insert("traceparent", json!("00-1"));
        again(traced).unwrap();
        for other in [
            page("Pay", "https://pay.example.org/1?id=a"),
            page("Pay", "http://pay.example.com/1?id=a"),
            page("Pay more", "https://pay.example.com/1?id=a"),
            form("Pay"),
        ] {
            internal(again(other), &["`pay`"]);
        }
    }
}

#[test]
fn a_question_whose_time_has_passed_is_over_and_stays_so() {
    let patience = Some(Duration::from_secs(2));
    let mut first = fresh();
    first.ask("who", &form("Who?"), START, patience).unwrap();
    first.ask("slow", &form("Slow?"), START, Some(Duration::MAX)).unwrap();
    let state = first.close().unwrap().state;
    let at = |now: u64, answers: Value| {
        Replay::resumed(&state, &responses(answers), newest(), Millis(now), &Limits::default()).unwrap()
    };
    let answer = json!({ "who": { "action": "decline" } });
    // The patience of a later round does not count: the clock runs since the first.
    let later = |mut replay: Replay, now| told(replay.ask("who", &form("Who?"), Millis(now), patience).unwrap());
    assert_eq!(later(at(3_000, json!({})), 3_000), "open who");
    assert_eq!(later(at(3_000, answer.clone()), 9_000), r#"{"action":"decline"}"#);
    assert_eq!(later(at(3_001, answer.clone()), 3_001), "timed out");
    assert_eq!(later(at(3_000, json!({})), 3_001), "timed out");
    // Recorded, so that a clock that goes back says the same.
    let state = at(3_001, json!({})).close().unwrap().state;
    let back = Replay::resumed(&state, &responses(answer), newest(), Millis(0), &Limits::default()).unwrap();
    assert_eq!(later(back.clone(), 0), "timed out");
    let mut back = back;
    assert_eq!(told(back.ask("slow", &form("Slow?"), Millis(u64::MAX), None).unwrap()), "open slow");
}

#[test]
fn once_is_done_once_and_remembers_null_too() {
    let mut first = fresh();
    let Once::Do(name) = first.once("pay").unwrap() else { panic!("it was never done") };
    first.done(&name, raw("null"));
    let Once::Do(second) = first.once("pay").unwrap() else { panic!("the second was never done") };
    assert_eq!((&*name, &*second), ("pay", "pay#2"));
    first.done("never handed out", raw("1"));
    assert_eq!(ask(&mut first, "pay", &form("Pay?")), "open pay", "questions have names of their own");
    let state = first.close().unwrap().state;
    let mut again = resumed(&state, json!({})).unwrap();
    assert!(matches!(again.once("pay").unwrap(), Once::Done(value) if value.get() == "null"));
    assert!(matches!(again.once("pay").unwrap(), Once::Do(name) if &*name == "pay#2"), "it was begun and not done");
    assert!(matches!(again.once("never handed out").unwrap(), Once::Do(_)));
}

#[test]
fn a_restart_tells_what_was_told_and_counts_anew() {
    let mut replay = Replay::fresh(1, dialect::ALL[1], &Limits::default());
    let Once::Do(name) = replay.once("id").unwrap() else { panic!("it was never done") };
    assert_eq!(ask(&mut replay, "a", &form("A?")), "open a");
    assert_eq!(ask(&mut replay, "a", &form("B?")), "open a#2");
    replay.answer("a", Outcome::Refused { code: -1, message: "no".to_owned() });
    replay.restart();
    // The effect of the run before goes on in a task of its own.
    replay.done(&name, raw("7"));
    assert!(!replay.has_open(), "the new run has not asked yet");
    assert!(matches!(replay.once("id").unwrap(), Once::Done(value) if value.get() == "7"));
    assert_eq!(ask(&mut replay, "a", &form("A?")), "refused -1 no");
    assert_eq!(ask(&mut replay, "a", &form("B?")), "open a#2");
}

#[test]
fn a_key_is_bounded_and_a_hash_in_it_is_no_number() {
    let mut replay = fresh();
    assert_eq!(ask(&mut replay, "a#2", &form("1")), "open a##2");
    assert_eq!(ask(&mut replay, "a", &form("2")), "open a");
    assert_eq!(ask(&mut replay, "a", &form("3")), "open a#2");
    for key in ["", &"k".repeat(129)] {
        internal(replay.ask(key, &form("4"), START, None), &["the handler", "key"]);
        internal(replay.once(key), &["the handler", "key"]);
    }
    assert_eq!(ask(&mut replay, &"k".repeat(128), &form("5")), format!("open {}", "k".repeat(128)));
}

#[test]
fn what_a_dialect_cannot_say_is_not_asked() {
    internal(fresh().ask("p", &Ask::Ping(Meta::absent()), START, None), &["cannot be asked", "`ping`"]);
    let mut session = Replay::fresh(1, dialect::ALL[1], &Limits::default());
    session.ask("p", &Ask::Ping(Meta::absent()), START, None).unwrap();
    internal(session.close(), &["`ping`"]);
}

#[test]
fn a_chain_is_bounded() {
    let mut limits = Limits::default();
    (limits.questions, limits.values) = (2, 1);
    let mut replay = Replay::fresh(1, newest(), &limits);
    ask(&mut replay, "a", &form("A?"));
    ask(&mut replay, "b", &form("B?"));
    internal(replay.ask("c", &form("C?"), START, None), &["2 questions"]);
    replay.once("a").unwrap();
    internal(replay.once("b"), &["1 `once` values"]);
    replay.done("a", raw("1"));
    internal(replay.once("c"), &["1 `once` values"]);
    replay.restart();
    ask(&mut replay, "a", &form("A?"));
    replay.once("a").unwrap();
}

#[test]
fn a_state_that_is_too_large_names_its_largest_part() {
    let mut first = fresh();
    for (key, bytes) in [("small", 10_000), ("cart", 20_000)] {
        first.once(key).unwrap();
        first.done(key, raw(&format!("\"{}\"", "x".repeat(bytes))));
    }
    internal(first.close(), &["24000 are allowed", "`once` value `cart` with 20002 bytes", "store it and keep a key"]);

    let mut second = fresh();
    ask(&mut second, "essay", &form("Essay?"));
    let long = json!({ "action": "accept", "content": { "name": "x".repeat(30_000) } });
    let state = second.close().unwrap().state;
    let mut second = resumed(&state, json!({ "essay": long })).unwrap();
    assert_eq!(ask(&mut second, "essay", &form("Essay?")), long.to_string(), "the round itself may go on");
    internal(second.close(), &["answer to `essay`", "ask for less"]);

    let mut limits = Limits::default();
    limits.state = 100;
    let mut third = Replay::fresh(1, newest(), &limits);
    ask(&mut third, "a", &form("A?"));
    internal(third.close(), &["fewer questions"]);
    limits.state = state.len() - 1;
    let smaller = Replay::resumed(&state, &responses(json!({})), newest(), START, &limits);
    assert!(smaller.unwrap_err().message().contains("larger than this server allows"));
}

/// Format 1, once written, stays readable: never change this text.
const FORMAT_1: &str = concat!(
    r#"{"format":1,"chain":"0000000000000000000000000000feed","version":"2026-07-28","questions":["#,
    r#"{"name":"who","method":"elicitation/create","fingerprint":10393365395634595385,"#,
    r#""outcome":{"answered":{"action":"decline"}}},"#,
    r#"{"name":"who#2","method":"elicitation/create","fingerprint":10393365395634595385,"#,
    r#""expires":3000,"outcome":"timedOut"},"#,
    r#"{"name":"roots","method":"roots/list","fingerprint":5492284254102209965,"expires":9000}"#,
    r#"],"values":{"pay":null,"pay#2":{"id": 1.0}}}"#,
);

#[test]
fn format_1_is_written_and_read() {
    let mut first = fresh();
    let roots = Ask::ListRoots(RequestParams::default());
    let script = |replay: &mut Replay| {
        let mut heard = Vec::new();
        for (key, question, patience) in
            [("who", form("Who?"), None), ("who", form("Who?"), Some(2)), ("roots", roots.clone(), Some(8))]
        {
            heard.push(told(replay.ask(key, &question, START, patience.map(Duration::from_secs)).unwrap()));
        }
        for value in ["null", r#"{"id": 1.0}"#] {
            match replay.once("pay").unwrap() {
                Once::Do(name) => replay.done(&name, raw(value)),
                Once::Done(done) => heard.push(done.get().to_owned()),
            }
        }
        heard
    };
    assert_eq!(script(&mut first), ["open who", "open who#2", "open roots"]);
    let state = first.close().unwrap().state;
    let written = resumed(&state, json!({ "who": { "action": "decline" } })).unwrap().close().unwrap().state;
    assert_eq!(String::from_utf8(written).unwrap(), FORMAT_1);

    let mut read = resumed(FORMAT_1.as_bytes(), json!({})).unwrap();
    assert_eq!(script(&mut read), [r#"{"action":"decline"}"#, "timed out", "open roots", "null", r#"{"id": 1.0}"#]);
}

#[test]
fn a_state_of_no_use_says_to_start_again() {
    let again = "make the request again without `requestState` and `inputResponses`";
    let says = |state: &str, why: &str| {
        invalid(resumed(state.as_bytes(), json!({})), &format!("params.requestState: {why}; {again}"));
    };
    says(&FORMAT_1.replace("\"format\":1", "\"format\":2"), "it is from another version of this server");
    says(r#"{"format":3,"new":true}"#, "it is from another version of this server");
    for broken in ["", "null", "[]", "{}", r#"{"format":1}"#, &FORMAT_1[..80], &FORMAT_1.replace("feed", "king")] {
        says(broken, "it cannot be read");
    }
    for version in ["2025-11-25", "1900-01-01"] {
        let why = "it was made for another version of the protocol than this request speaks";
        says(&FORMAT_1.replace("2026-07-28", version), why);
    }
    let unknown = FORMAT_1.replace("roots/list", "ping");
    let why = "params.requestState: it has a question that this version of the protocol does not have";
    invalid(resumed(unknown.as_bytes(), json!({ "roots": {} })), &format!("{why}; {again}"));
}
