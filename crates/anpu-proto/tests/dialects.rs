//! What a peer of each version hears and what is made of what it says, example by example.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail and may say what it counted")]

mod support;

use anpu_proto::dialect::{self, Dialect, Era, Spoken};
use anpu_proto::fault::Fault;
use anpu_proto::model::*;
use serde_json::value::RawValue;
use serde_json::{Value, json};
use support::parts;

const NEWEST: &str = "2026-07-28";
const SESSIONS: [&str; 4] = ["2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05"];

fn dialect(version: &str) -> &'static Dialect {
    dialect::named(version).unwrap()
}

fn raw(value: &Value) -> Box<RawValue> {
    serde_json::value::to_raw_value(value).unwrap()
}

fn read(version: &str, method: &str, params: &Value) -> Result<Call, Fault> {
    dialect(version).read_call(method, Some(&raw(params)), &|method| method == "x/registered")
}

fn told(version: &str, reply: Reply) -> Value {
    let mut out = Vec::new();
    dialect(version).write_reply(reply, &mut out).unwrap();
    serde_json::from_slice(&out).unwrap()
}

fn asked(version: &str, ask: Ask) -> Option<Value> {
    let (_, params) = dialect(version).write_ask(ask)?;
    params.map(|params| serde_json::from_str(params.get()).unwrap())
}

#[test]
fn the_newest_comes_first_and_names_are_exact() {
    let versions: Vec<&str> = dialect::ALL.iter().map(|dialect| dialect.version).collect();
    assert_eq!(versions, [[NEWEST].as_slice(), &SESSIONS].concat());
    assert_eq!(dialect::named("2025-06-19"), None);
}

#[test]
fn negotiation_stays_in_the_session_era_and_within_what_is_allowed() {
    let all = dialect::ALL;
    for version in SESSIONS {
        assert_eq!(dialect::negotiate(version, all).version, version);
    }
    assert_eq!(dialect::negotiate(NEWEST, all).version, "2025-11-25");
    assert_eq!(dialect::negotiate("1999-01-01", all).version, "2025-11-25");
    let some = [dialect(NEWEST), dialect("2025-03-26"), dialect("2025-06-18")];
    assert_eq!(dialect::negotiate("2025-11-25", &some).version, "2025-06-18");
    assert_eq!(dialect::negotiate("2025-03-26", &some).version, "2025-03-26");
}

#[test]
fn http_differs_by_version_as_the_specification_says() {
    let batching = dialect::ALL.iter().filter(|dialect| dialect.http.batching);
    assert_eq!(batching.map(|dialect| dialect.version).collect::<Vec<_>>(), ["2025-03-26"]);
    let header = dialect::ALL.iter().filter(|dialect| dialect.http.version_header);
    assert_eq!(header.map(|dialect| dialect.version).collect::<Vec<_>>(), [NEWEST, "2025-11-25", "2025-06-18"]);
    for dialect in dialect::ALL {
        let (http, session) = (dialect.http, dialect.era == Era::Session);
        assert_eq!([http.session_header, http.get_stream, http.delete, http.resumable], [session; 4]);
        assert_eq!([http.method_headers, http.disconnect_cancels], [!session; 2]);
        assert_eq!(http.priming_event, dialect.version == "2025-11-25");
    }
}

#[test]
fn a_method_that_the_version_does_not_have_is_not_found() {
    let task = json!({ "taskId": "t" });
    for (version, method) in [
        ("2025-11-25", "server/discover"),
        ("2025-11-25", "tasks/update"),
        ("2025-06-18", "tasks/get"),
        ("2024-11-05", "subscriptions/listen"),
        (NEWEST, "initialize"),
        (NEWEST, "ping"),
        (NEWEST, "tasks/list"),
        (NEWEST, "logging/setLevel"),
        (NEWEST, "x/unknown"),
    ] {
        assert_eq!(read(version, method, &task), Err(Fault::MethodNotFound(method.to_owned())), "{version}");
    }
}

#[test]
fn a_registered_method_is_kept_unread() {
    let Ok(Call::Other { method, params }) = read("2025-03-26", "x/registered", &json!({ "a": 1 })) else {
        panic!("it was not kept");
    };
    assert_eq!((method.as_str(), params.unwrap().get()), ("x/registered", r#"{"a":1}"#));
}

#[test]
fn a_wrong_parameter_is_named() {
    let wrong = |params: &str| {
        let raw = RawValue::from_string(params.to_owned()).unwrap();
        dialect("2025-11-25").read_call("tools/call", Some(&raw), &|_| false).unwrap_err().to_string()
    };
    assert_eq!(wrong(r#"{"name":5}"#), "invalid params: params.name: expected a string, found 5");
    assert_eq!(wrong(r#"{"arguments":{}}"#), "invalid params: params.name: missing field");
    assert_eq!(wrong(r#"{"name":"a","x":1,"x":2}"#), "invalid params: params.x: duplicate field");
    assert_eq!(wrong(r#"{"name":"a","_meta":{"k":1,"k":2}}"#), "invalid params: params._meta.k: duplicate field");
    let missing = dialect("2025-11-25").read_call("tools/call", None, &|_| false).unwrap_err();
    assert_eq!(missing.to_string(), "invalid params: params.name: missing field");
}

#[test]
fn a_word_of_a_newer_version_means_nothing_from_an_older_peer() {
    let call = json!({
        "name": "add", "task": { "ttl": 1 }, "requestState": "s", "inputResponses": {},
        "_meta": { "progressToken": 1, Meta::LOG_LEVEL: "debug", Meta::CLIENT_CAPABILITIES: { "elicitation": {} } },
    });
    let Ok(Call::CallTool(params)) = read("2025-06-18", "tools/call", &call) else { panic!() };
    assert_eq!((params.task, params.request_state, params.input_responses), (None, None, None));
    assert_eq!(params.meta, Meta::absent().with(Meta::PROGRESS_TOKEN, 1));

    let Ok(Call::CallTool(params)) = read("2025-11-25", "tools/call", &call) else { panic!() };
    assert_eq!((params.task.and_then(|task| task.ttl), params.request_state), (Some(1), None));

    let Ok(Call::CallTool(params)) = read(NEWEST, "tools/call", &call) else { panic!() };
    assert_eq!((params.task, params.request_state.as_deref()), (None, Some("s")));
}

#[test]
fn capabilities_that_the_version_does_not_have_are_not_there() {
    let hello = json!({
        "protocolVersion": "2025-06-18", "clientInfo": { "name": "c", "version": "1", "title": "C", "websiteUrl": "a:b" },
        "capabilities": {
            "elicitation": { "url": {} }, "sampling": { "tools": {} }, "tasks": { "list": {} }, "extensions": { "a/b": {} },
        },
    });
    let hear = |version| match read(version, "initialize", &hello) {
        Ok(Call::Initialize(params)) => *params,
        other => panic!("{other:?}"),
    };
    let newer = hear("2025-11-25");
    assert!(newer.capabilities.elicits_url() && newer.capabilities.samples_with_tools());
    assert!(newer.capabilities.tasks.is_some() && newer.capabilities.extensions.is_empty());
    let middle = hear("2025-06-18");
    assert!(middle.capabilities.elicits_form() && !middle.capabilities.elicits_url());
    assert!(middle.capabilities.samples() && !middle.capabilities.samples_with_tools());
    assert_eq!(middle.client_info, Implementation::new("c", "1").title("C"));
    let older = hear("2025-03-26");
    assert!(!older.capabilities.elicits_form());
    assert_eq!(older.client_info, Implementation::new("c", "1"));
}

#[test]
fn sound_and_links_become_text_where_they_are_not_known() {
    let link = Resource::new("file:///a.rs", "a.rs").mime_type("text/x-rust").description("The first file.");
    let content = vec![Content::audio("UklGRg==", "audio/wav"), Content::resource_link(link)];
    let told = |version| told(version, Reply::CallTool(CallToolResult::new(content.clone())))["content"].take();
    let audio = json!({ "type": "audio", "data": "UklGRg==", "mimeType": "audio/wav" });
    let link = json!({
        "type": "resource_link", "uri": "file:///a.rs", "name": "a.rs",
        "mimeType": "text/x-rust", "description": "The first file.",
    });
    let no_audio = json!({ "type": "text", "text": "[audio, audio/wav, 8 base64 characters, left out]" });
    let no_link = json!({ "type": "text", "text": "a.rs: file:///a.rs (text/x-rust)\nThe first file." });
    assert_eq!(told("2025-06-18"), json!([audio, link]));
    assert_eq!(told("2025-03-26"), json!([audio, no_link]));
    assert_eq!(told("2024-11-05"), json!([no_audio, no_link]));
}

#[test]
fn a_value_without_text_is_not_lost() {
    let mut number = CallToolResult::new(Vec::new());
    number.structured_content = Some(json!(42));
    let text = json!({ "content": [{ "type": "text", "text": "42" }] });
    let newest = json!({ "content": [], "structuredContent": 42, "resultType": "complete" });
    assert_eq!(told(NEWEST, Reply::CallTool(number.clone())), newest);
    assert_eq!(told("2025-11-25", Reply::CallTool(number.clone())), text);
    assert_eq!(told("2024-11-05", Reply::CallTool(number)), text);
}

#[test]
fn the_title_of_a_tool_is_a_hint_where_it_was_one() {
    let tool = |version| told(version, Reply::ListTools(ListToolsResult::new(vec![Tool::new("add").title("Add")])));
    let schema = json!({ "type": "object" });
    let newer = json!({ "tools": [{ "name": "add", "title": "Add", "inputSchema": schema }] });
    assert_eq!(tool("2025-06-18"), newer);
    let hint = json!({ "tools": [{ "name": "add", "annotations": { "title": "Add" }, "inputSchema": schema }] });
    assert_eq!(tool("2025-03-26"), hint);
    assert_eq!(tool("2024-11-05"), json!({ "tools": [{ "name": "add", "inputSchema": schema }] }));
}

#[test]
fn a_newest_result_has_what_its_version_requires() {
    let mut list = ListToolsResult::new(Vec::new());
    (list.result_type, list.ttl_ms, list.cache_scope) = (None, None, None);
    let whole = json!({ "tools": [], "resultType": "complete", "ttlMs": 0, "cacheScope": "private" });
    assert_eq!(told(NEWEST, Reply::ListTools(list.clone())), whole);
    assert_eq!(told("2025-11-25", Reply::ListTools(list)), json!({ "tools": [] }));
    assert_eq!(told(NEWEST, Reply::Other(json!({ "mine": 1 }))), json!({ "mine": 1, "resultType": "complete" }));
}

#[test]
fn choices_are_said_the_way_the_version_knows() {
    let form = RequestedSchema::new()
        .optional("one", EnumSchema::one_of_titled([("#f00", "Red"), ("#0f0", "Green")]))
        .optional("some", EnumSchema::some_of(["a", "b"]));
    let ask = |version| asked(version, Ask::Elicit(ElicitRequestParams::form("Which?", form.clone())));
    let newer = ask("2025-11-25").unwrap();
    assert_eq!(newer["requestedSchema"]["properties"]["some"]["items"]["enum"], json!(["a", "b"]));
    let older = ask("2025-06-18").unwrap();
    let fields = json!({
        "one": { "type": "string", "enum": ["#f00", "#0f0"], "enumNames": ["Red", "Green"] },
        "some": { "type": "string", "enum": ["a", "b"] },
    });
    let schema = json!({ "type": "object", "properties": fields });
    assert_eq!(older, json!({ "message": "Which?", "requestedSchema": schema }));
    assert_eq!(ask("2025-03-26"), None);
}

#[test]
fn a_page_to_visit_is_asked_for_only_where_it_can_be() {
    let url = || Ask::Elicit(ElicitRequestParams::url("Sign in.", "https://example.com"));
    assert_eq!(asked("2025-06-18", url()), None);
    let known = json!({
        "mode": "url", "message": "Sign in.", "url": "https://example.com", "elicitationId": "https://example.com",
    });
    assert_eq!(asked("2025-11-25", url()), Some(known));
    let newest = json!({ "mode": "url", "message": "Sign in.", "url": "https://example.com" });
    assert_eq!(asked(NEWEST, url()), Some(newest));
}

#[test]
fn a_sampling_message_of_many_pieces_becomes_many_messages() {
    let pieces = vec![SamplingMessageContentBlock::text("a"), SamplingMessageContentBlock::text("b")];
    let params = CreateMessageRequestParams::new(vec![SamplingMessage::user(pieces)], 10);
    let piece = |text: &str| json!({ "role": "user", "content": { "type": "text", "text": text } });
    let asked = asked("2025-06-18", Ask::CreateMessage(params)).unwrap();
    assert_eq!(asked, json!({ "messages": [piece("a"), piece("b")], "maxTokens": 10 }));
}

#[test]
fn tasks_are_told_in_the_spelling_of_their_version() {
    let task = parts::task();
    let created = Reply::CreateTask(Box::new(TaskResult::created(task.clone())));
    let older = json!({
        "taskId": "t-1", "status": "working", "statusMessage": "half way", "createdAt": "2025-01-12T15:00:58Z",
        "lastUpdatedAt": "2025-01-12T15:00:58Z", "ttl": 60_000, "pollInterval": 500,
    });
    assert_eq!(told("2025-11-25", created.clone()), json!({ "task": older }));
    let newest = told(NEWEST, created);
    assert_eq!(
        (&newest["resultType"], &newest["ttlMs"], &newest["taskId"]),
        (&json!("task"), &json!(60_000), &json!("t-1"))
    );
    let status = || Notice::TaskStatus(Box::new(TaskStatusNotificationParams::new(task.clone())));
    let name = |version| dialect(version).write_notice(status()).map(|(method, _)| method.into_owned());
    assert_eq!(name(NEWEST).as_deref(), Some("notifications/tasks"));
    assert_eq!(name("2025-11-25").as_deref(), Some("notifications/tasks/status"));
    assert_eq!(name("2025-06-18"), None);
    let nested = raw(&json!({ "task": older }));
    let answer = dialect("2025-11-25").read_answer("elicitation/create", &nested).unwrap();
    assert_eq!(answer, Answer::CreateTask(Box::new(TaskResult::created(task))));
    assert!(dialect("2025-06-18").read_answer("elicitation/create", &nested).is_err());
}

#[test]
fn what_cannot_be_said_is_our_fault_and_leaves_no_trace() {
    let mut out = b"before".to_vec();
    for version in SESSIONS {
        let questions = Reply::InputRequired(InputRequiredResult::new(InputRequests::new()));
        assert!(matches!(dialect(version).write_reply(questions, &mut out), Err(Fault::Internal(_))), "{version}");
    }
    let task = Reply::CreateTask(Box::new(TaskResult::created(parts::task())));
    assert!(matches!(dialect("2025-06-18").write_reply(task, &mut out), Err(Fault::Internal(_))));
    assert_eq!(out, b"before");
}

#[test]
fn notices_of_others_pass_and_empty_cancellations_do_not() {
    let other = Notice::Other { method: "notifications/x".into(), params: None };
    assert_eq!(dialect("2024-11-05").write_notice(other).unwrap().0, "notifications/x");
    let nobody = CancelledNotificationParams::default();
    assert!(dialect("2025-11-25").write_notice(Notice::Cancelled(nobody)).is_none());
    let unknown = dialect("2025-06-18").read_notice("notifications/tasks/status", None).unwrap();
    assert!(matches!(unknown, Notice::Other { .. }));
}

#[test]
fn faults_have_the_numbers_of_their_version() {
    let unsupported = || Fault::UnsupportedVersion { requested: "1".into(), supported: vec![] };
    let url = || Fault::UrlElicitationRequired { message: String::new(), elicitations: json!([]) };
    let table: [(Fault, i32, i32, i32); 9] = [
        (Fault::ResourceNotFound("a:b".into()), -32602, -32002, -32002),
        (unsupported(), -32022, -32602, -32602),
        (Fault::HeaderMismatch("x".into()), -32020, -32600, -32600),
        (Fault::MissingCapability(json!({})), -32021, -32602, -32602),
        (url(), -32603, -32042, -32603),
        (Fault::MethodNotFound("x".into()), -32601, -32601, -32601),
        (Fault::Parse("x".into()), -32700, -32700, -32700),
        (Fault::ToolNotFound("x".into()), -32602, -32602, -32602),
        (Fault::InvalidCursor, -32602, -32602, -32602),
    ];
    for (fault, newest, tasks, older) in table {
        let codes = [NEWEST, "2025-11-25", "2025-06-18", "2024-11-05"].map(|version| dialect(version).code(&fault));
        assert_eq!(codes, [newest, tasks, older, older], "{fault}");
    }
}

/// The newest version reserves or retires every number from -32000 to -32099 but three.
#[test]
fn the_newest_version_has_no_number_of_its_own_making() {
    let faults = [
        Fault::Timeout("x".into()),
        Fault::Cancelled,
        Fault::Overloaded("x".into()),
        Fault::SessionNotFound,
        Fault::NotInitialized,
        Fault::Internal("x".into()),
        Fault::InvalidRequest("x".into()),
        Fault::InvalidParams("x".into()),
        Fault::PromptNotFound("x".into()),
    ];
    for fault in faults {
        assert!(!(-32099..=-32000).contains(&dialect(NEWEST).code(&fault)), "{fault}");
        assert_ne!(dialect("2025-06-18").code(&fault), -32002, "{fault}");
    }
    assert_eq!(dialect(NEWEST).code(&Fault::Other { code: 7, message: String::new(), data: None }), 7);
}

#[test]
fn a_session_adapts_the_hello_it_read_before_it_knew_the_version() {
    let hello = json!({
        "protocolVersion": "2024-11-05", "capabilities": { "elicitation": {} }, "clientInfo": { "name": "c", "version": "1" },
    });
    let mut call = read("2025-11-25", "initialize", &hello).unwrap();
    dialect("2024-11-05").adapt(Spoken::Call(&mut call));
    let Call::Initialize(params) = call else { panic!() };
    assert!(!params.capabilities.elicits_form());
}
