//! 2026-07-28: no sessions. Each request names its version and its client in `_meta`; results have a type and say how
//! long they are fresh; questions travel in results; tasks are an extension; any JSON may be structured content.

use serde::Deserialize;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use super::walk::{self, Part};
use super::{AskWord, Dialect, Era, HttpRules, Method, NoticeWord, Spoken, asks, methods, notices};
use crate::fault::Fault;
use crate::model::{
    Answer, CacheScope, Call, CallToolResult, Content, ElicitRequestParams, Meta, Notice, Reply, ResultType,
    SamplingMessageContentBlock, Schema, Task, Tool,
};

pub(super) static DIALECT: Dialect = Dialect {
    version: "2026-07-28",
    era: Era::Request,
    http: HttpRules {
        batching: false,
        session_header: false,
        get_stream: false,
        delete: false,
        resumable: false,
        priming_event: false,
        version_header: true,
        method_headers: true,
        disconnect_cancels: true,
    },
    extensions: true,
    null_error_id: false,
    methods: METHODS,
    notices: NOTICES,
    asks: ASKS,
    restate,
    settle,
    code,
};

const METHODS: &[Method] = &[
    methods::CALL_TOOL,
    methods::DISCOVER,
    methods::LIST_TOOLS,
    methods::LIST_RESOURCES,
    methods::LIST_RESOURCE_TEMPLATES,
    methods::READ_RESOURCE,
    methods::LIST_PROMPTS,
    methods::GET_PROMPT,
    methods::COMPLETE,
    methods::LISTEN,
    // Of the official tasks extension.
    methods::GET_TASK,
    methods::CANCEL_TASK,
    methods::UPDATE_TASK,
];

const NOTICES: &[NoticeWord] = &[
    notices::CANCELLED,
    notices::PROGRESS,
    notices::MESSAGE,
    notices::RESOURCE_UPDATED,
    notices::RESOURCE_LIST_CHANGED,
    notices::TOOL_LIST_CHANGED,
    notices::PROMPT_LIST_CHANGED,
    notices::SUBSCRIPTIONS_ACKNOWLEDGED,
    notices::TASKS,
];

/// They travel in results, not as requests, but they are these.
const ASKS: &[AskWord] = &[asks::CREATE_MESSAGE, asks::LIST_ROOTS, asks::ELICIT];

const REQUEST_META: [&str; 4] = [Meta::PROTOCOL_VERSION, Meta::CLIENT_INFO, Meta::CLIENT_CAPABILITIES, Meta::LOG_LEVEL];

fn restate(mut said: Spoken<'_>) {
    walk::parts(said.reborrow(), &mut |part| match part {
        Part::Tool(tool) => schemas_of_objects(tool),
        Part::Block(SamplingMessageContentBlock::ToolResult(result)) => {
            objects_only(&mut result.structured_content, &mut result.content);
        }
        Part::ClientCapabilities(capabilities) => capabilities.extensions.clear(),
        Part::ServerCapabilities(capabilities) => capabilities.extensions.clear(),
        // The version before requires an id and never looks into it; the page is what it stands for.
        Part::Elicit(ElicitRequestParams::Url(params)) if params.elicitation_id.is_none() => {
            params.elicitation_id = Some(params.url.clone());
        }
        _ => {}
    });
    match said {
        Spoken::Call(call) => restate_call(call),
        Spoken::Reply(reply) => restate_reply(reply),
        Spoken::Notice(notice) => restate_notice(notice),
        Spoken::Ask(_) | Spoken::Answer(_) => {}
    }
}

fn restate_call(call: &mut Call) {
    if let Some(meta) = call.meta_mut() {
        REQUEST_META.iter().for_each(|key| drop(meta.remove(key)));
    }
    match call {
        Call::CallTool(params) => (params.input_responses, params.request_state) = (None, None),
        Call::ReadResource(params) => (params.input_responses, params.request_state) = (None, None),
        Call::GetPrompt(params) => (params.input_responses, params.request_state) = (None, None),
        _ => {}
    }
}

fn restate_reply(reply: &mut Reply) {
    if let Some(meta) = reply.meta_mut() {
        meta.remove(Meta::SERVER_INFO);
    }
    if let Some(result_type) = reply.result_type_mut() {
        *result_type = None;
    }
    if let Some(caching) = reply.caching_mut() {
        let (ttl_ms, scope) = caching.caching_mut();
        (*ttl_ms, *scope) = (None, None);
    }
    match reply {
        Reply::CallTool(result) => objects_only(&mut result.structured_content, &mut result.content),
        Reply::TaskPayload(payload) => {
            if payload.get("content").is_some()
                && let Ok(result) = CallToolResult::deserialize(&*payload)
            {
                let mut result = Reply::CallTool(result);
                restate_reply(&mut result);
                *payload = serde_json::to_value(&result).unwrap_or_default();
            }
        }
        Reply::CreateTask(result) => *reply = flat(json!({ "task": built_in(&result.task) }), &result.meta),
        Reply::GetTask(result) => *reply = flat(built_in(&result.task.task), &result.meta),
        Reply::CancelTask(result) => {
            if let Some(task) = &result.task {
                *reply = flat(built_in(task), &result.meta);
            }
        }
        Reply::ListTasks(result) => {
            let tasks: Vec<Value> = result.tasks.iter().map(built_in).collect();
            let mut page = json!({ "tasks": tasks });
            if let Some(cursor) = &result.next_cursor {
                page["nextCursor"] = cursor.as_str().into();
            }
            *reply = flat(page, &result.meta);
        }
        _ => {}
    }
}

fn restate_notice(notice: &mut Notice) {
    if let Some(meta) = notice.meta_mut() {
        meta.remove(Meta::SUBSCRIPTION_ID);
    }
    if let Notice::TaskStatus(params) = notice {
        let status = with_meta(built_in(&params.task.task), &params.meta);
        let params = to_raw_value(&status).ok();
        *notice = Notice::Other { method: notices::TASKS_STATUS.name.to_owned(), params };
    }
}

/// A task in the spelling of the built-in tasks, which told less of it and called the times otherwise.
fn built_in(task: &Task) -> Value {
    let mut spelled = serde_json::to_value(task).unwrap_or_default();
    if let Some(members) = spelled.as_object_mut() {
        for (new, old) in [("ttlMs", "ttl"), ("pollIntervalMs", "pollInterval")] {
            if let Some(time) = members.remove(new) {
                members.insert(old.to_owned(), time);
            }
        }
    }
    spelled
}

fn flat(result: Value, meta: &Meta) -> Reply {
    Reply::Other(with_meta(result, meta))
}

fn with_meta(mut members: Value, meta: &Meta) -> Value {
    if !meta.is_absent() {
        members["_meta"] = serde_json::to_value(meta).unwrap_or_default();
    }
    members
}

/// Older versions know structured content as an object only. What is none must not be lost where nothing else is said.
fn objects_only(structured: &mut Option<Value>, content: &mut Vec<Content>) {
    if let Some(value) = structured.take_if(|value| !value.is_object())
        && content.is_empty()
    {
        content.push(Content::text(value.to_string()));
    }
}

/// Older versions know schemas of objects only, whose properties have schemas that are objects too.
fn schemas_of_objects(tool: &mut Tool) {
    if tool.output_schema.as_ref().is_some_and(|schema| schema.get("type") != Some(&json!("object"))) {
        tool.output_schema = None;
    }
    for schema in std::iter::once(&mut tool.input_schema).chain(&mut tool.output_schema) {
        let properties = schema.get("properties").and_then(Value::as_object);
        if properties.is_some_and(|properties| properties.values().any(Value::is_boolean)) {
            *schema = without_boolean_schemas(schema);
        }
    }
}

fn without_boolean_schemas(schema: &Schema) -> Schema {
    let mut value = schema.as_value().clone();
    for property in value["properties"].as_object_mut().into_iter().flat_map(|properties| properties.values_mut()) {
        match property {
            Value::Bool(true) => *property = json!({}),
            Value::Bool(false) => *property = json!({ "not": {} }),
            _ => {}
        }
    }
    Schema::try_from(value).unwrap_or_else(|_| schema.clone())
}

/// Takes out what this version retired, and fills in what it requires.
fn settle(mut said: Spoken<'_>) {
    if let Some(meta) = walk::meta(said.reborrow()) {
        meta.remove(Meta::RELATED_TASK);
    }
    walk::parts(said.reborrow(), &mut |part| match part {
        Part::Tool(tool) => tool.execution = None,
        Part::ServerCapabilities(capabilities) => capabilities.tasks = None,
        Part::ClientCapabilities(capabilities) => {
            capabilities.tasks = None;
            capabilities.roots.iter_mut().for_each(|roots| roots.list_changed = false);
        }
        Part::CreateMessage(params) => (params.task, params.meta) = (None, Meta::absent()),
        Part::Elicit(ElicitRequestParams::Form(params)) => (params.task, params.meta) = (None, Meta::absent()),
        Part::Elicit(ElicitRequestParams::Url(params)) => {
            (params.task, params.meta, params.elicitation_id) = (None, Meta::absent(), None);
        }
        _ => {}
    });
    match said {
        Spoken::Call(Call::CallTool(params)) => params.task = None,
        Spoken::Reply(reply) => settle_reply(reply),
        Spoken::Answer(Answer::Elicit(result)) => result.meta = Meta::absent(),
        Spoken::Answer(Answer::ListRoots(result)) => result.meta = Meta::absent(),
        _ => {}
    }
}

fn settle_reply(reply: &mut Reply) {
    let kind = match reply {
        Reply::InputRequired(_) => ResultType::InputRequired,
        Reply::CreateTask(_) => ResultType::Task,
        _ => ResultType::Complete,
    };
    if let Some(result_type) = reply.result_type_mut() {
        result_type.get_or_insert(kind);
    }
    if let Some(caching) = reply.caching_mut() {
        let (ttl_ms, scope) = caching.caching_mut();
        ttl_ms.get_or_insert(0);
        scope.get_or_insert(CacheScope::Private);
    }
    match reply {
        Reply::CancelTask(result) => result.task = None,
        Reply::Other(Value::Object(result)) if !result.contains_key("resultType") => {
            result.insert("resultType".to_owned(), json!(ResultType::Complete));
        }
        _ => {}
    }
}

fn code(fault: &Fault) -> Option<i32> {
    match fault {
        Fault::ResourceNotFound(_) => Some(-32602),
        Fault::HeaderMismatch(_) => Some(-32020),
        Fault::MissingCapability(_) => Some(-32021),
        Fault::UnsupportedVersion { .. } => Some(-32022),
        // Here the question itself is the result.
        Fault::UrlElicitationRequired { .. } => Some(-32603),
        // The numbers between -32000 and -32019 are not for new implementations.
        Fault::Timeout(_) | Fault::Cancelled | Fault::Overloaded(_) | Fault::Unavailable(_) => Some(-32603),
        Fault::SessionNotFound | Fault::NotInitialized => Some(-32600),
        _ => None,
    }
}
