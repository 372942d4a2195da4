//! What clients send: it is accepted, and the server hears what was meant.

use std::time::Duration;

use anpu::prelude::*;
use anpu::{Limits, Tool};
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::components::{asker, caching, prompt, proposals, resource, server, template, tool};
use crate::doors::{self, Open, ask, meta, post};
use crate::notices;
use crate::{Examples, rules};

/// A server that has what the requests of the examples are about.
fn all_of_it(all: &Examples) -> Server {
    let called = all.get("CallToolResult", "result-with-unstructured-text");
    let got = all.get("GetPromptResult", "code-review-prompt");
    let kept = all.only("ReadResourceResult");
    let proposed = all.get("CompleteResult", "single-completion-value");
    let completions = ["language", "framework"].map(|name| (name.to_owned(), proposals(&proposed["completion"])));
    let listed = |kind: &str, member: &str| all.only(kind)[member][0].clone();
    let mut simulation = listed("ListToolsResult", "tools");
    (simulation["name"], simulation["inputSchema"]) = ("build_simulation".into(), json!({ "type": "object" }));
    server()
        .limits(Limits::default().page(1))
        .with(tool(&listed("ListToolsResult", "tools"), called))
        .with(tool(&simulation, called))
        .with(prompt(&listed("ListPromptsResult", "prompts"), got, completions.to_vec()))
        .with(resource(&listed("ListResourcesResult", "resources"), &kept["contents"], caching(kept)))
        .with(template(&listed("ListResourceTemplatesResult", "resourceTemplates")))
}

pub(crate) async fn request(all: &Examples, example: &Value) -> Result<(), String> {
    if example["method"] == "subscriptions/listen" {
        let first = notices::listening(all_of_it(all), example).await;
        return match first["method"].as_str() {
            Some("notifications/subscriptions/acknowledged") => Ok(()),
            _ => Err(format!("it is not acknowledged: {first}")),
        };
    }
    let came = ask(|| all_of_it(all), example).await;
    let result = came.result()?;
    if result["resultType"] != "complete" || result.get("isError").is_some_and(|is| is == true) {
        return Err(format!("it did not go well: {result}"));
    }
    Ok(())
}

pub(crate) async fn params(all: &Examples, method: &str, example: &Value) -> Result<(), String> {
    let mut example = example.clone();
    if example.get("cursor").is_some() {
        // A cursor is good at the server that gave it.
        let foreign = ask(|| all_of_it(all), &doors::request(&json!(1), method, &example)).await;
        rules::exactly(&foreign.answer["error"]["code"], &json!(-32602))?;
        let open = Open::of(all_of_it(all));
        open.send(&doors::request(&json!(1), method, &json!({})));
        example["cursor"] = open.next().await["result"]["nextCursor"].clone();
        open.send(&doors::request(&json!(2), method, &example));
        let next = open.next().await;
        return next.get("result").map(|_| ()).ok_or_else(|| format!("our own cursor is refused: {next}"));
    }
    request(all, &doors::request(&json!(1), method, &example)).await
}

/// A request of the id that it names is running, and is stopped.
pub(crate) async fn notification(kind: &str, example: &Value) -> Result<(), String> {
    let notification = match kind {
        "CancelledNotification" => example.clone(),
        _ => json!({ "jsonrpc": "2.0", "method": "notifications/cancelled", "params": example }),
    };
    let (began, mut begun) = mpsc::unbounded_channel();
    let stuck = Tool::new("stuck").handler(move |cx: Cx| {
        let began = began.clone();
        async move {
            // The test listens as long as it runs.
            let _ = began.send("begun");
            cx.cancelled().await;
            let _ = began.send("stopped");
        }
    });
    let open = Open::of(server().with(stuck));
    let id = &notification["params"]["requestId"];
    open.send(&doors::request(id, "tools/call", &json!({ "name": "stuck" })));
    assert_eq!(begun.recv().await, Some("begun"));
    open.send(&notification);
    let stopped = tokio::time::timeout(Duration::from_secs(60), begun.recv()).await;
    if stopped != Ok(Some("stopped")) || !open.is_quiet().await {
        return Err("the request goes on, or is answered".to_owned());
    }
    Ok(())
}

/// What a client says that it can do comes to the handler as it was said.
pub(crate) async fn capabilities(example: &Value) -> Result<(), String> {
    let told = || {
        let tool = Tool::new("told").handler(|cx: Cx| async move { Json(json!(cx.client_capabilities())) });
        server().with(tool)
    };
    let params = json!({ "_meta": meta(example), "name": "told" });
    let came = ask(told, &doors::request(&json!(1), "tools/call", &params)).await;
    rules::exactly(&came.result()?["structuredContent"], example)
}

/// The answer comes to the handler that asked as it was given.
pub(crate) async fn answer(all: &Examples, kind: &str, name: &str, example: &Value) -> Result<(), String> {
    let question = |method: &str, kind: &str, name: &str| json!({ "method": method, "params": all.get(kind, name) });
    let one = |question: Value, answer: Value| (json!({ "it": question }), json!({ "it": answer }));
    let sampled =
        |answer| one(question("sampling/createMessage", "CreateMessageRequestParams", "request-with-tools"), answer);
    let roots = |answer| one(json!({ "method": "roots/list" }), answer);
    let (questions, answers) = match kind {
        "ElicitResult" => {
            let (kind, name) = match name {
                "accept-url-mode-no-content" => ("ElicitRequestURLParams", "elicit-sensitive-data"),
                "input-multiple-fields" => ("ElicitRequestFormParams", "elicit-multiple-fields"),
                _ => ("ElicitRequestFormParams", "elicit-single-field"),
            };
            one(question("elicitation/create", kind, name), example.clone())
        }
        "CreateMessageResult" => sampled(example.clone()),
        "ToolUseContent" => {
            sampled(json!({ "role": "assistant", "content": example, "model": "m", "stopReason": "toolUse" }))
        }
        "ListRootsResult" => roots(example.clone()),
        "Root" => roots(json!({ "roots": [example] })),
        "InputResponses" => (all.only("InputRequests").clone(), example.clone()),
        _ => return Err("nobody knows what asks for this".to_owned()),
    };
    let server = server().with(asker(&questions));
    let handle = server.build().unwrap();
    let line = handle.connect().unwrap();
    let mut request = doors::call("asker");
    for answered in [false, true] {
        if answered {
            request["params"]["inputResponses"] = answers.clone();
        }
        line.send(request.to_string());
        let message: Value = serde_json::from_str(&line.next().await.unwrap()).unwrap();
        let result = message.get("result").ok_or_else(|| format!("refused: {message}"))?;
        match answered {
            false => request["params"]["requestState"] = result["requestState"].clone(),
            true => rules::exactly(&result["structuredContent"], &answers)?,
        }
    }
    // A client that knows the questions may answer with the first request, over HTTP as well.
    let mut at_once = doors::call("asker");
    at_once["params"]["inputResponses"] = answers.clone();
    let (_, came) = post(crate::components::server().with(asker(&questions)), &at_once, &[]).await;
    rules::exactly(&came.result()?["structuredContent"], &answers)
}
