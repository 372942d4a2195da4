//! What servers say when it does not go well: numbers and data as in the examples, in words of our own.

use anpu::prelude::*;
use anpu::{Fault, Tool};
use serde_json::{Value, json};

use crate::components::server;
use crate::doors::{Came, Open, ask, call, on_line, post, request};
use crate::rules;

fn anything() -> Server {
    let calculate = Tool::new("calculate")
        .input_schema(json!({ "type": "object", "properties": { "expression": { "type": "string" } },
            "required": ["expression"] }))
        .handler(|_: Value, _: Cx| async { "42" });
    let asks = Tool::new("asks").handler(|cx: Cx| async move {
        Ok::<_, Error>(cx.ask("sure", Confirm::new("Sure?")).await?.accepted().to_string())
    });
    let fails = Tool::new("fails").handler(|_: Cx| async { Err::<String, _>(Fault::Internal("it broke".to_owned())) });
    server().with(calculate).with(asks).with(fails)
}

fn with_prompts() -> Server {
    anything().with(anpu::Prompt::new("code_review").handler(|_: anpu::Vars, _: Cx| async { "" }))
}

pub(crate) async fn error(kind: &str, name: &str, example: &Value) -> Result<(), String> {
    let method = |method: &str, params: Value| request(&json!(1), method, &params);
    let (status, came): (u16, Came) = match (kind, name) {
        ("HeaderMismatchError", _) => {
            let (status, came) = post(anything(), &call("bar"), &[("mcp-name", "foo")]).await;
            (status.as_u16(), came)
        }
        ("InternalError", _) => both(anything, &call("fails")).await,
        ("InvalidParamsError", "invalid-cursor") => {
            both(anything, &method("tools/list", json!({ "cursor": "none of ours" }))).await
        }
        ("InvalidParamsError", "invalid-tool-arguments") => return arguments(example).await,
        ("InvalidParamsError", "unknown-prompt") => {
            both(with_prompts, &method("prompts/get", json!({ "name": "invalid_prompt_name" }))).await
        }
        ("InvalidParamsError", "unknown-tool") => both(anything, &call("invalid_tool_name")).await,
        ("MethodNotFoundError", _) => both(anything, &method("prompts/list", json!({}))).await,
        ("MissingRequiredClientCapabilityError", _) => both(anything, &call("asks")).await,
        ("ParseError", _) => return broken(example).await,
        ("UnsupportedProtocolVersionError", _) => {
            let two = || anything().versions(["2026-07-28", "2025-11-25"]);
            let mut discover = method("server/discover", json!({}));
            let requested = &example["error"]["data"]["requested"];
            discover["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"] = requested.clone();
            both(two, &discover).await
        }
        _ => return Err("nobody knows when this is said".to_owned()),
    };
    let wanted = match example["error"]["code"].as_i64().or_else(|| example["code"].as_i64()) {
        Some(-32603) => 200,
        Some(-32601) => 404,
        Some(-32602) => 200,
        _ => 400,
    };
    is(&came.answer, example).map_err(|why| format!("{why} (status {status}): {}", came.answer))?;
    if status == wanted { Ok(()) } else { Err(format!("the status is {status}, not {wanted}")) }
}

async fn both(server: impl Fn() -> Server, request: &Value) -> (u16, Came) {
    let (status, _) = post(server(), request, &[]).await;
    (status.as_u16(), ask(server, request).await)
}

/// Whether this is the error of the example: all of it but its words, which each server chooses.
fn is(answer: &Value, example: &Value) -> Result<(), String> {
    let (mut ours, mut example) = (answer.clone(), example.clone());
    if example.get("error").is_none() {
        example = json!({ "jsonrpc": "2.0", "id": ours["id"], "error": example });
    }
    for side in [&mut ours, &mut example] {
        let words = side.pointer("/error/message").and_then(Value::as_str).unwrap_or_default();
        if words.is_empty() {
            return Err(format!("it is no error, or says nothing: {side}"));
        }
        side["error"]["message"] = "…".into();
        // A reason is words, too. The example has nothing else as its data.
        if side.pointer("/error/data/reason").is_some_and(Value::is_string) {
            side["error"].as_object_mut().unwrap().remove("data");
        }
    }
    rules::exactly(&ours, &example)
}

/// Arguments that do not fit are told to the model, so that it can correct itself: a result, as the specification has it
/// for input validation and as `CallToolResult/invalid-tool-input-error` is. Params that are no call at all are this error.
async fn arguments(example: &Value) -> Result<(), String> {
    let came = ask(anything, &call("calculate")).await;
    let result = came.result()?;
    if result["isError"] != true || !result["content"][0]["text"].as_str().unwrap().contains("expression") {
        return Err(format!("it does not say what is missing: {result}"));
    }
    let mut nameless = call("calculate");
    nameless["params"].as_object_mut().unwrap().remove("name");
    is(&on_line(anything(), &nameless).await.answer, example)
}

async fn broken(example: &Value) -> Result<(), String> {
    let open = Open::of(anything());
    open.send_text("{ not JSON");
    let mut answer = open.next().await;
    // Nobody can tell whose answer it is.
    answer["id"] = Value::Null;
    is(&answer, example)
}
