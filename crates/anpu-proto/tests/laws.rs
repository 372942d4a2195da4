//! Laws of the dialects, over every sample message in every dialect.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail and may say what it counted")]

mod support;

use anpu_proto::dialect::{self, Dialect, Spoken};
use anpu_proto::model::*;
use serde_json::Value;
use serde_json::value::RawValue;

use support::{parts, samples};

fn raw(text: &str) -> Box<RawValue> {
    RawValue::from_string(text.to_owned()).unwrap()
}

/// Requests of a client with everything that any version may put into them.
fn calls() -> Vec<Call> {
    let newest = dialect::ALL[0];
    let meta = r#""_meta":{"progressToken":"p","io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"c","version":"1"},"io.modelcontextprotocol/clientCapabilities":{},"io.modelcontextprotocol/logLevel":"info","io.modelcontextprotocol/related-task":{"taskId":"t"},"mine":1}"#;
    let with_meta = |members: &str| format!("{{{members}{}{meta}}}", if members.is_empty() { "" } else { "," });
    let capabilities = r#"{"experimental":{"a":{}},"roots":{"listChanged":true},"sampling":{"context":{},"tools":{}},"elicitation":{"form":{},"url":{}},"tasks":{"list":{},"cancel":{},"requests":{"sampling":{"createMessage":{}},"elicitation":{"create":{}}}},"extensions":{"a/b":{}}}"#;
    let who = r#"{"name":"c","version":"1","title":"C","description":"d","websiteUrl":"https://example.com","icons":[{"src":"a:b"}]}"#;
    let retry = r#""inputResponses":{"k":{"action":"accept"}},"requestState":"s""#;
    let written = [
        ("tools/call", format!(r#""name":"add","arguments":{{"a": 1.0}},"task":{{"ttl":5}},{retry}"#)),
        ("initialize", format!(r#""protocolVersion":"2025-06-18","capabilities":{capabilities},"clientInfo":{who}"#)),
        ("server/discover", String::new()),
        ("ping", String::new()),
        ("tools/list", r#""cursor":"c""#.to_owned()),
        ("resources/list", String::new()),
        ("resources/templates/list", String::new()),
        ("resources/read", format!(r#""uri":"a:b",{retry}"#)),
        ("resources/subscribe", r#""uri":"a:b""#.to_owned()),
        ("resources/unsubscribe", r#""uri":"a:b""#.to_owned()),
        ("prompts/list", String::new()),
        ("prompts/get", format!(r#""name":"p","arguments":{{"a":"b"}},{retry}"#)),
        (
            "completion/complete",
            r#""ref":{"type":"ref/prompt","name":"p","title":"P"},"argument":{"name":"a","value":"b"},"context":{"arguments":{"c":"d"}}"#
                .to_owned(),
        ),
        ("logging/setLevel", r#""level":"info""#.to_owned()),
        ("subscriptions/listen", r#""notifications":{"toolsListChanged":true}"#.to_owned()),
        ("tasks/get", r#""taskId":"t""#.to_owned()),
        ("tasks/result", r#""taskId":"t""#.to_owned()),
        ("tasks/cancel", r#""taskId":"t""#.to_owned()),
        ("tasks/list", String::new()),
        ("tasks/update", r#""taskId":"t","inputResponses":{"k":{"action":"accept"}}"#.to_owned()),
    ];
    let read = |(method, params): (&str, String)| {
        let known = dialect::ALL.iter().flat_map(|dialect| dialect.methods).find(|known| known.name == method);
        assert!(known.is_some() || newest.speaks_call(method), "{method}");
        (known.unwrap().read)(Some(&raw(&with_meta(&params)))).unwrap()
    };
    written.into_iter().map(read).collect()
}

fn answers() -> Vec<Answer> {
    let mut root = Root::new("file:///a").name("a");
    root.meta = parts::meta();
    let mut roots = ListRootsResult::new(vec![root]);
    roots.meta = parts::meta();
    let content = serde_json::json!({ "a": "b", "many": ["x", "y"], "n": 1, "yes": true });
    let mut elicited = ElicitResult::accept(Some(parts::object(content)));
    elicited.meta = parts::result_meta();
    let mut message = CreateMessageResult::new("model", parts::blocks()).stop_reason(StopReason::ToolUse);
    message.meta = parts::result_meta();
    vec![
        Answer::Empty(EmptyResult::default()),
        Answer::ListRoots(roots),
        Answer::Elicit(elicited),
        Answer::CreateMessage(message),
        Answer::CreateTask(Box::new(TaskResult::created(parts::task()))),
    ]
}

/// Doing `change` twice is doing it once.
fn once<T: Clone + PartialEq + std::fmt::Debug>(value: T, change: impl Fn(&mut T)) {
    let mut one = value;
    change(&mut one);
    let mut two = one.clone();
    change(&mut two);
    assert_eq!(one, two);
}

#[test]
fn restating_and_settling_twice_is_doing_it_once() {
    for dialect in dialect::ALL {
        let whole = |said: Spoken<'_>| dialect.adapt(said);
        for change in [&dialect.restate as &dyn Fn(Spoken<'_>), &dialect.settle, &whole] {
            calls().into_iter().for_each(|it| once(it, |it| change(Spoken::Call(it))));
            samples::replies().into_iter().for_each(|(_, it)| once(it, |it| change(Spoken::Reply(it))));
            samples::notices().into_iter().for_each(|(_, it)| once(it, |it| change(Spoken::Notice(it))));
            samples::asks().into_iter().for_each(|(_, it)| once(it, |it| change(Spoken::Ask(it))));
            answers().into_iter().for_each(|it| once(it, |it| change(Spoken::Answer(it))));
        }
    }
}

/// An older version says nothing that a newer one would take out: what is adapted to it is adapted to all newer ones.
#[test]
fn a_value_adapted_to_an_old_dialect_survives_the_newer_restatements() {
    for (n, dialect) in dialect::ALL.iter().enumerate() {
        for (_, mut reply) in samples::replies() {
            dialect.adapt(Spoken::Reply(&mut reply));
            let before = reply.clone();
            dialect::ALL[..n].iter().for_each(|newer| (newer.restate)(Spoken::Reply(&mut reply)));
            assert_eq!(before, reply, "{}", dialect.version);
        }
    }
}

#[test]
fn a_call_written_again_in_the_same_dialect_reads_as_the_same_value() {
    let mut read = 0;
    for dialect in dialect::ALL {
        for mut call in calls().into_iter().filter(|call| dialect.speaks_call(call.method())) {
            dialect.adapt(Spoken::Call(&mut call));
            let params = call.params().unwrap();
            let again = dialect.read_call(call.method(), params.as_deref(), &|_| false).unwrap();
            assert_eq!(call, again, "{}", dialect.version);
            read += 1;
        }
    }
    assert_eq!(read, 13 * 3 + 17 + 13);
}

#[test]
fn a_notice_written_in_a_dialect_is_read_and_written_there_as_the_same() {
    for dialect in dialect::ALL {
        for (kind, notice) in samples::notices() {
            let Some((method, params)) = dialect.write_notice(notice) else { continue };
            let again = dialect.read_notice(&method, params.as_deref()).unwrap();
            let (method_again, params_again) = dialect.write_notice(again).unwrap();
            assert_eq!(method, method_again, "{kind}");
            assert_eq!(json(params.as_deref()), json(params_again.as_deref()), "{kind} in {}", dialect.version);
        }
    }
}

#[test]
fn a_reply_read_back_and_written_again_is_the_same() {
    for dialect in dialect::ALL {
        for (kind, reply) in samples::replies() {
            let Some(text) = write(dialect, reply) else { continue };
            let Some(reply) = read_reply(kind, &text) else { continue };
            let again = write(dialect, reply).unwrap();
            assert_eq!(value(&again), value(&text), "{kind} in {}", dialect.version);
        }
    }
}

fn write(dialect: &Dialect, reply: Reply) -> Option<String> {
    let mut out = Vec::new();
    dialect.write_reply(reply, &mut out).ok()?;
    Some(String::from_utf8(out).unwrap())
}

fn read_reply(kind: &str, text: &str) -> Option<Reply> {
    Some(match kind {
        "EmptyResult" => Reply::Empty(serde_json::from_str(text).unwrap()),
        "InitializeResult" => Reply::Initialize(serde_json::from_str(text).unwrap()),
        "DiscoverResult" => Reply::Discover(serde_json::from_str(text).unwrap()),
        "ListToolsResult" => Reply::ListTools(serde_json::from_str(text).unwrap()),
        "CallToolResult" => Reply::CallTool(serde_json::from_str(text).unwrap()),
        "ListResourcesResult" => Reply::ListResources(serde_json::from_str(text).unwrap()),
        "ListResourceTemplatesResult" => Reply::ListResourceTemplates(serde_json::from_str(text).unwrap()),
        "ReadResourceResult" => Reply::ReadResource(serde_json::from_str(text).unwrap()),
        "ListPromptsResult" => Reply::ListPrompts(serde_json::from_str(text).unwrap()),
        "GetPromptResult" => Reply::GetPrompt(serde_json::from_str(text).unwrap()),
        "CompleteResult" => Reply::Complete(serde_json::from_str(text).unwrap()),
        "SubscriptionsListenResult" => Reply::Listen(serde_json::from_str(text).unwrap()),
        "InputRequiredResult" => Reply::InputRequired(serde_json::from_str(text).unwrap()),
        "GetTaskResult" => Reply::GetTask(serde_json::from_str(text).unwrap()),
        "ListTasksResult" => Reply::ListTasks(serde_json::from_str(text).unwrap()),
        "CancelTaskResult" => Reply::CancelTask(serde_json::from_str(text).unwrap()),
        _ => return None,
    })
}

fn json(params: Option<&RawValue>) -> Option<Value> {
    params.map(|params| value(params.get()))
}

fn value(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}
