//! What we write, in every dialect, is valid by that version's official schema and has nothing that it does not name.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail and may say what it counted")]

mod support;

use std::collections::BTreeSet;

use anpu_proto::dialect::{self, Dialect};
use anpu_proto::fault::Fault;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use support::samples;
use support::spec::Spec;

/// A version's schema, and that of the extension which has its tasks from the time they are an extension.
struct Book {
    core: Spec,
    tasks: Spec,
}

impl Book {
    fn of(dialect: &Dialect) -> Option<Self> {
        Some(Self { core: Spec::load(dialect.version)?, tasks: Spec::load("ext-tasks")? })
    }

    /// The schema that defines this message for this dialect.
    fn defining(&self, dialect: &Dialect, definition: &str) -> Option<&Spec> {
        let extension = dialect.extensions && self.tasks.defines(definition) && definition.contains("Task");
        match self.core.defines(definition) {
            true => Some(&self.core),
            false => extension.then_some(&self.tasks),
        }
    }

    /// The members of this definition, however deep, that no message so far had: what is not said is not tested.
    fn never_met(&self, dialect: &Dialect, definition: &str) -> BTreeSet<String> {
        let open = definition == "GetTaskPayloadResult" || definition.ends_with("Error");
        let spec = self.defining(dialect, definition).filter(|_| !open);
        spec.map(|spec| spec.never_met(definition)).unwrap_or_default()
    }
}

/// Runs `check` in every dialect, says how many pairs of a kind of message and a dialect it validated, and fails if the
/// samples left out a member that the schemas of these kinds name.
fn in_every_dialect(what: &str, check: impl Fn(&Dialect, &Book) -> Vec<&'static str>) {
    let mut pairs = 0;
    let mut messages = 0;
    for dialect in dialect::ALL {
        let Some(book) = Book::of(dialect) else { return };
        let mut kinds = check(dialect, &book);
        let never: BTreeSet<String> = kinds.iter().flat_map(|kind| book.never_met(dialect, kind)).collect();
        assert!(never.is_empty(), "no sample of the {what} in {} has these members: {never:?}", dialect.version);
        messages += kinds.len();
        kinds.sort_unstable();
        kinds.dedup();
        pairs += kinds.len();
    }
    assert!(pairs > 0, "nothing was validated");
    println!("{what}: {pairs} pairs of message kind and dialect validated, {messages} messages");
}

#[track_caller]
fn is_valid(spec: &Spec, dialect: &Dialect, definition: &str, message: &Value) {
    let complaints = spec.complaints(definition, message);
    assert!(complaints.is_empty(), "{definition} in {}:\n  {}\n{message}", dialect.version, complaints.join("\n  "));
}

#[test]
fn every_reply_in_every_dialect() {
    in_every_dialect("replies", |dialect, book| {
        let mut valid = Vec::new();
        for (kind, reply) in samples::replies() {
            let mut out = Vec::new();
            let written = dialect.write_reply(reply, &mut out);
            let Some(spec) = book.defining(dialect, kind) else {
                assert!(matches!(written, Err(Fault::Internal(_))), "{kind} was written in {}", dialect.version);
                assert!(out.is_empty());
                continue;
            };
            written.unwrap_or_else(|e| panic!("{kind} was not written in {}: {e}", dialect.version));
            let message: Value = serde_json::from_slice(&out).unwrap();
            // Its own definition leaves open what it is: the result of the tool that ran.
            let definition = if kind == "GetTaskPayloadResult" { "CallToolResult" } else { kind };
            is_valid(spec, dialect, definition, &message);
            valid.push(kind);
        }
        valid
    });
}

#[test]
fn every_notice_in_every_dialect() {
    in_every_dialect("notices", |dialect, book| {
        let mut valid = Vec::new();
        for (kind, notice) in samples::notices() {
            let written = dialect.write_notice(notice);
            let Some(spec) = book.defining(dialect, kind) else {
                assert!(written.is_none(), "{kind} was written in {}", dialect.version);
                continue;
            };
            let (method, params) = written.unwrap_or_else(|| panic!("{kind} was not written in {}", dialect.version));
            let message = envelope(spec, kind, &method, params.as_deref());
            is_valid(spec, dialect, kind, &message);
            is_valid(spec, dialect, "JSONRPCNotification", &whole(message, false));
            valid.push(kind);
        }
        valid
    });
}

#[test]
fn every_ask_in_every_dialect() {
    in_every_dialect("asks", |dialect, book| {
        let mut valid = Vec::new();
        for (kind, ask) in samples::asks() {
            let written = dialect.write_ask(ask);
            if !book.core.defines(kind) {
                assert!(written.is_none(), "{kind} was written in {}", dialect.version);
                continue;
            }
            let (method, params) = written.unwrap_or_else(|| panic!("{kind} was not written in {}", dialect.version));
            let definition = if kind == "ElicitRequestURLParams" { "ElicitRequest" } else { kind };
            let message = envelope(&book.core, definition, method, params.as_deref());
            is_valid(&book.core, dialect, definition, &message);
            is_valid(&book.core, dialect, "JSONRPCRequest", &whole(message, true));
            valid.push(kind);
        }
        valid
    });
}

#[test]
fn every_error_that_a_schema_defines() {
    let faults = || {
        let elicitations = serde_json::to_value(url_without_extras()).unwrap();
        [
            ("HeaderMismatchError", Fault::HeaderMismatch("Mcp-Name is not the body's".into())),
            ("MissingRequiredClientCapabilityError", Fault::MissingCapability(json!({ "elicitation": {} }))),
            (
                "UnsupportedProtocolVersionError",
                Fault::UnsupportedVersion { requested: "1".into(), supported: vec!["2026-07-28"] },
            ),
            (
                "URLElicitationRequiredError",
                Fault::UrlElicitationRequired { message: "Sign in.".into(), elicitations: json!([elicitations]) },
            ),
        ]
    };
    in_every_dialect("errors", |dialect, book| {
        let mut valid = Vec::new();
        for (kind, fault) in faults() {
            if book.core.defines(kind) {
                let mut error = json!({ "code": dialect.code(&fault), "message": fault.message() });
                fault.data().into_iter().for_each(|data| error["data"] = data);
                is_valid(&book.core, dialect, kind, &json!({ "jsonrpc": "2.0", "id": 1, "error": error }));
                valid.push(kind);
            }
        }
        valid
    });
}

/// The test's own eyes: a message with one word too many, anywhere, is seen.
#[test]
fn a_word_that_a_schema_does_not_name_is_found() {
    let Some(spec) = Spec::load("2025-06-18") else { return };
    let found = |definition: &str, message: Value| spec.complaints(definition, &message);
    let named = |place: &str| vec![format!("{place} is not named by the schema")];
    assert_eq!(found("EmptyResult", json!({ "resultType": "complete" })), named("/resultType"));
    let icons = json!({ "tools": [{ "name": "a", "inputSchema": { "type": "object" }, "icons": [] }] });
    assert_eq!(found("ListToolsResult", icons), named("/tools/0/icons"));
    let deep = json!({ "content": [{ "type": "text", "text": "a", "annotations": { "mood": 1 } }] });
    assert_eq!(found("CallToolResult", deep), named("/content/0/annotations/mood"));
    let meta = json!({ "_meta": { "mine": 1, "io.modelcontextprotocol/serverInfo": {} } });
    assert_eq!(found("EmptyResult", meta), named("/_meta/io.modelcontextprotocol/serverInfo"));
    let changed = json!({ "method": "notifications/tools/list_changed", "params": { "why": 1 } });
    assert_eq!(found("ToolListChangedNotification", changed), named("/params/why"));
    let open = json!({ "content": [], "structuredContent": { "any": { "thing": 1 } } });
    assert_eq!(found("CallToolResult", open), Vec::<String>::new());
    assert_eq!(found("CallToolResult", json!({})).len(), 1, "a missing member is a complaint too");
}

fn url_without_extras() -> anpu_proto::model::ElicitRequestParams {
    use anpu_proto::model::{ElicitRequestParams, ElicitRequestUrlParams};
    ElicitRequestParams::Url(ElicitRequestUrlParams::new("Sign in.", "https://example.com").elicitation_id("e-1"))
}

/// The message as its definition has it: some versions define messages without their envelope.
fn envelope(spec: &Spec, definition: &str, method: &str, params: Option<&RawValue>) -> Value {
    let mut message = json!({ "method": method });
    if let Some(params) = params {
        message["params"] = serde_json::from_str(params.get()).unwrap();
    }
    for (member, value) in [("jsonrpc", json!("2.0")), ("id", json!(1))] {
        if spec.names_member(definition, member) {
            message[member] = value;
        }
    }
    message
}

fn whole(mut message: Value, id: bool) -> Value {
    message["jsonrpc"] = json!("2.0");
    if id {
        message["id"] = json!(1);
    }
    // Its members are the business of the message's own definition.
    message["params"] = json!({});
    message
}
