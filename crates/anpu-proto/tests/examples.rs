//! Every official example of the newest version is read as what its folder says and written back to the same JSON.
#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "a test may fail and may say what it counted")]

mod support;

use std::fs;

use anpu_proto::dialect::{self, Dialect};
use anpu_proto::jsonrpc::{self, Limits, Message};
use anpu_proto::model::*;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use support::spec;

const VERSION: &str = "2026-07-28";

#[test]
fn every_official_example_reads_and_writes_back() {
    let Some(folder) = spec::folder() else { return };
    let mut read = 0;
    let mut wrong = Vec::new();
    for entry in fs::read_dir(folder.join(VERSION).join("examples")).unwrap() {
        let folder = entry.unwrap().path();
        let kind = folder.file_name().unwrap().to_str().unwrap().to_owned();
        for file in fs::read_dir(&folder).unwrap() {
            let file = file.unwrap().path();
            let text = fs::read_to_string(&file).unwrap();
            let example: Value = serde_json::from_str(&text).unwrap();
            match again(&kind, &example) {
                Ok(written) if written == example => read += 1,
                Ok(written) => wrong.push(format!("{}\n  was  {example}\n  and is {written}", file.display())),
                Err(why) => wrong.push(format!("{}: {why}", file.display())),
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(read > 0, "there was no example");
    println!("examples: {read} official examples of {VERSION} read and written back");
}

fn dialect() -> &'static Dialect {
    dialect::named(VERSION).unwrap()
}

/// The example, read as what its folder says and written again.
fn again(kind: &str, example: &Value) -> Result<Value, String> {
    if let Some(written) = part(kind, example).or_else(|| params(kind, example)) {
        return written;
    }
    if let Some(result) = kind.strip_suffix("ResultResponse") {
        return response(&format!("{result}Result"), example);
    }
    if kind.ends_with("Notification") {
        return notification(example);
    }
    if kind.ends_with("Error") {
        return error(example);
    }
    if kind.ends_with("Request") {
        return request(kind, example);
    }
    result(kind, example).unwrap_or_else(|| Err(format!("nobody knows what is in the folder {kind}")))
}

fn same<T: DeserializeOwned + Serialize>(example: &Value) -> Result<Value, String> {
    // From text, as from a peer: some types read raw text only.
    let read: T = serde_json::from_str(&example.to_string()).map_err(|e| e.to_string())?;
    serde_json::to_value(&read).map_err(|e| e.to_string())
}

fn part(kind: &str, example: &Value) -> Option<Result<Value, String>> {
    Some(match kind {
        "AudioContent" | "EmbeddedResource" | "ImageContent" | "ResourceLink" | "TextContent" => {
            same::<Content>(example)
        }
        "BlobResourceContents" | "TextResourceContents" => same::<ResourceContents>(example),
        "BooleanSchema"
        | "NumberSchema"
        | "StringSchema"
        | "TitledMultiSelectEnumSchema"
        | "TitledSingleSelectEnumSchema"
        | "UntitledMultiSelectEnumSchema"
        | "UntitledSingleSelectEnumSchema" => same::<PrimitiveSchemaDefinition>(example),
        "ClientCapabilities" => same::<ClientCapabilities>(example),
        "InputRequests" => same::<InputRequests>(example),
        "InputResponses" => same::<InputResponses>(example),
        "ModelPreferences" => same::<ModelPreferences>(example),
        "Resource" => same::<Resource>(example),
        "Root" => same::<Root>(example),
        "SamplingMessage" => same::<SamplingMessage>(example),
        "ServerCapabilities" => same::<ServerCapabilities>(example),
        "Tool" => same::<Tool>(example),
        "ToolResultContent" | "ToolUseContent" => same::<SamplingMessageContentBlock>(example),
        _ => return None,
    })
}

fn params(kind: &str, example: &Value) -> Option<Result<Value, String>> {
    Some(match kind {
        "CallToolRequestParams" => same::<CallToolRequestParams>(example),
        "CancelledNotificationParams" => same::<CancelledNotificationParams>(example),
        "CompleteRequestParams" => same::<CompleteRequestParams>(example),
        "CreateMessageRequestParams" => same::<CreateMessageRequestParams>(example),
        "ElicitRequestFormParams" | "ElicitRequestURLParams" => same::<ElicitRequestParams>(example),
        "GetPromptRequestParams" => same::<GetPromptRequestParams>(example),
        "LoggingMessageNotificationParams" => same::<LoggingMessageNotificationParams>(example),
        "PaginatedRequestParams" => same::<PaginatedRequestParams>(example),
        "ProgressNotificationParams" => same::<ProgressNotificationParams>(example),
        "ResourceUpdatedNotificationParams" => same::<ResourceUpdatedNotificationParams>(example),
        _ => return None,
    })
}

/// A result is written by the dialect, as to a peer. Answers of a client are read by the dialect.
fn result(kind: &str, example: &Value) -> Option<Result<Value, String>> {
    Some(match kind {
        "CallToolResult" => reply(example, Reply::CallTool),
        "CompleteResult" => reply(example, Reply::Complete),
        "DiscoverResult" => reply(example, |result| Reply::Discover(Box::new(result))),
        "GetPromptResult" => reply(example, Reply::GetPrompt),
        "InputRequiredResult" => reply(example, Reply::InputRequired),
        "ListPromptsResult" => reply(example, Reply::ListPrompts),
        "ListResourceTemplatesResult" => reply(example, Reply::ListResourceTemplates),
        "ListResourcesResult" => reply(example, Reply::ListResources),
        "ListToolsResult" => reply(example, Reply::ListTools),
        "ReadResourceResult" => reply(example, Reply::ReadResource),
        "SubscriptionsListenResult" => reply(example, Reply::Listen),
        "CreateMessageResult" => answer("sampling/createMessage", example),
        "ElicitResult" => answer("elicitation/create", example),
        "ListRootsResult" => answer("roots/list", example),
        _ => return None,
    })
}

fn reply<T: DeserializeOwned>(example: &Value, of: impl Fn(T) -> Reply) -> Result<Value, String> {
    let read = of(serde_json::from_str(&example.to_string()).map_err(|e| e.to_string())?);
    let mut written = serde_json::to_value(&read).map_err(|e| e.to_string())?;
    let mut out = Vec::new();
    dialect().write_reply(read, &mut out).map_err(|e| e.to_string())?;
    let spoken: Value = serde_json::from_slice(&out).map_err(|e| e.to_string())?;
    if spoken == written {
        return Ok(written);
    }
    // One official example leaves out what its own schema requires; the dialect fills it in.
    let plain = written.clone();
    (written["ttlMs"], written["cacheScope"]) = (json!(0), json!("private"));
    if spoken == written { Ok(plain) } else { Err(format!("to a peer it is {spoken}")) }
}

fn answer(method: &str, example: &Value) -> Result<Value, String> {
    let raw = to_raw_value(example).unwrap();
    let answer = dialect().read_answer(method, &raw).map_err(|e| e.to_string())?;
    serde_json::to_value(&answer).map_err(|e| e.to_string())
}

/// Requests to a server are read as such; the other ones travel in results.
fn request(kind: &str, example: &Value) -> Result<Value, String> {
    if ["CreateMessageRequest", "ElicitRequest", "ListRootsRequest"].contains(&kind) {
        let mut written = same::<InputRequest>(example)?;
        if let Some(id) = example.get("id") {
            written["id"] = id.clone();
        }
        return Ok(written);
    }
    let text = example.to_string();
    let Ok(Message::Request { id, method, params }) = jsonrpc::parse(text.as_bytes(), &Limits::default()) else {
        return Err("this is no request".to_owned());
    };
    let call = dialect().read_call(&method, params, &|_| false).map_err(|e| e.to_string())?;
    if let Call::Other { .. } = call {
        return Err("the method is not known".to_owned());
    }
    let params = call.params().map_err(|e| e.to_string())?;
    Ok(json!({ "jsonrpc": "2.0", "id": id, "method": call.method(), "params": params }))
}

fn notification(example: &Value) -> Result<Value, String> {
    let text = example.to_string();
    let Ok(Message::Notice { method, params }) = jsonrpc::parse(text.as_bytes(), &Limits::default()) else {
        return Err("this is no notification".to_owned());
    };
    let notice = dialect().read_notice(&method, params).map_err(|e| e.to_string())?;
    if let Notice::Other { .. } = notice {
        return Err("the method is not known".to_owned());
    }
    let (method, params) = dialect().write_notice(notice).ok_or("it cannot be written")?;
    Ok(json!({ "jsonrpc": "2.0", "method": method, "params": params }))
}

fn response(kind: &str, example: &Value) -> Result<Value, String> {
    let written = result(kind, &example["result"]).ok_or_else(|| format!("nobody knows {kind}"))??;
    let text = example.to_string();
    match jsonrpc::parse(text.as_bytes(), &Limits::default()) {
        Ok(Message::Response { id: Some(id), outcome: Ok(_) }) => {
            Ok(json!({ "jsonrpc": "2.0", "id": id, "result": written }))
        }
        other => Err(format!("this is no response: {other:?}")),
    }
}

/// An error, bare or in its envelope.
fn error(example: &Value) -> Result<Value, String> {
    let bare = example.get("error").is_none();
    let whole = if bare { json!({ "jsonrpc": "2.0", "id": 1, "error": example }) } else { example.clone() };
    let text = whole.to_string();
    let Ok(Message::Response { id, outcome: Err(read) }) = jsonrpc::parse(text.as_bytes(), &Limits::default()) else {
        return Err("this is no error".to_owned());
    };
    let mut error = json!({ "code": read.code, "message": read.message });
    if let Some(data) = read.data {
        error["data"] = serde_json::from_str(data.get()).map_err(|e| e.to_string())?;
    }
    Ok(if bare { error } else { json!({ "jsonrpc": "2.0", "id": id, "error": error }) })
}
