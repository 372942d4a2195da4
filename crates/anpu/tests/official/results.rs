//! What servers answer, and what they ask.

use std::time::Duration;

use anpu::model::{Call, InputRequiredResult, Reply};
use anpu::prelude::*;
use anpu::{Caching, Fault, Limits, Next, Prompt, Resource, ResourceTemplate, Tool};
use serde_json::{Value, json};

use crate::components::{asker, caching, newest_only, prompt, proposals, read, resource, server, template, tool};
use crate::doors::{ask, call, request};
use crate::{Examples, notices, rules};

/// A server that has this result for the request of its kind.
fn serving(request: &str, result: &Value) -> Server {
    let server = server();
    let plain = json!({ "content": [] });
    match request {
        "CallToolRequest" => server.with(tool(&json!({ "name": "get_weather" }), result)),
        "CompleteRequest" => {
            let completion = vec![("language".to_owned(), proposals(&result["completion"]))];
            server.with(prompt(&json!({ "name": "code_review" }), &json!({ "messages": [] }), completion))
        }
        "GetPromptRequest" => server.with(prompt(&json!({ "name": "code_review" }), result, Vec::new())),
        "ReadResourceRequest" => {
            let uri = json!({ "uri": result["contents"][0]["uri"] });
            server.with(resource(&uri, &result["contents"], caching(result)))
        }
        "DiscoverRequest" => {
            let capabilities = read(&result["capabilities"]);
            let server =
                newest_only(server).cache_lists(caching(result)).capabilities(move |all| *all = clone(&capabilities));
            match result["instructions"].as_str() {
                Some(instructions) => server.instructions(instructions),
                None => server,
            }
        }
        lists => {
            let (member, items) = result.as_object().unwrap().iter().find(|(_, value)| value.is_array()).unwrap();
            let items = items.as_array().unwrap();
            let mut server = server.cache_lists(caching(result)).limits(Limits::default().page(items.len()));
            for item in items {
                server = match member.as_str() {
                    "tools" => server.with(tool(item, &plain)),
                    "prompts" => server.with(prompt(item, &json!({ "messages": [] }), Vec::new())),
                    "resources" => server.with(resource(item, &json!([]), Caching::private(Duration::ZERO))),
                    "resourceTemplates" => server.with(template(item)),
                    _ => panic!("nothing is listed by {lists}"),
                };
            }
            if result.get("nextCursor").is_some() { with_more(server) } else { server }
        }
    }
}

fn clone<T: Clone>(of: &T) -> T {
    of.clone()
}

/// One more of each kind, for another page.
fn with_more(server: Server) -> Server {
    server
        .with(Tool::new("zzz").handler(|_: Cx| async { "" }))
        .with(Prompt::new("zzz").handler(|_: anpu::Vars, _: Cx| async { "" }))
        .with(Resource::new("zzz:///").name("zzz").handler(|_: Cx| async { "" }))
        .with(ResourceTemplate::new("zzz:///{z}").name("zzz").handler(|_: anpu::Vars, _: Cx| async { "" }))
}

pub(crate) async fn result(all: &Examples, kind: &str, of: &str, example: &Value) -> Result<(), String> {
    let response = json!({ "jsonrpc": "2.0", "id": all.only(of)["id"], "result": example });
    response_is(all, kind, of, &response).await
}

pub(crate) async fn response(all: &Examples, kind: &str, of: &str, example: &Value) -> Result<(), String> {
    response_is(all, kind, of, example).await
}

async fn response_is(all: &Examples, kind: &str, of: &str, example: &Value) -> Result<(), String> {
    let mut request = all.only(of).clone();
    request["id"] = example["id"].clone();
    if of == "SubscriptionsListenRequest" {
        let answer = notices::ended(&request).await;
        rules::exactly(&answer["id"], &example["id"])?;
        return rules::same(&answer["result"], &example["result"]);
    }
    let came = ask(|| serving(of, &example["result"]), &request).await;
    assert!(came.notices.is_empty(), "{kind}: {:?}", came.notices);
    rules::same(came.result()?, &example["result"])?;
    let mut whole = came.answer;
    whole["result"] = example["result"].clone();
    rules::exactly(&whole, example)
}

/// What a tool that asks sends.
async fn asked(questions: &Value) -> Value {
    ask(|| server().with(asker(questions)), &call("asker")).await.answer["result"].clone()
}

/// The one question, as it is sent.
async fn asked_one(question: &Value) -> Value {
    asked(&json!({ "it": question })).await["inputRequests"]["it"].clone()
}

pub(crate) async fn question(all: &Examples, kind: &str, example: &Value) -> Result<(), String> {
    let of = |method: &str| json!({ "method": method, "params": example });
    let question = match kind {
        "InputRequiredResult" if example.get("inputRequests").is_none() => return state_only(all, example).await,
        "InputRequiredResult" => return rules::same(&asked(&example["inputRequests"]).await, example),
        "InputRequests" => return rules::exactly(&asked(example).await["inputRequests"], example),
        "CreateMessageRequestParams" => of("sampling/createMessage"),
        "ElicitRequestFormParams" | "ElicitRequestURLParams" => of("elicitation/create"),
        _ => example.clone(),
    };
    let asked = asked_one(&question).await;
    rules::exactly(&rules::fitted_question(&asked, &question), &question)
}

/// A server that asks for nothing but time. Handlers cannot; a hook that answers in their place can.
async fn state_only(all: &Examples, example: &Value) -> Result<(), String> {
    #[derive(Debug)]
    struct Later(InputRequiredResult);

    impl Hooks for Later {
        async fn around(&self, _: &Cx, _: Call, _: Next<'_>) -> Result<Reply, Fault> {
            Ok(Reply::InputRequired(self.0.clone()))
        }
    }

    let later = || server().hooks(Later(read(example)));
    rules::same(ask(later, all.only("CallToolRequest")).await.result()?, example)
}

/// A part of a result, where it belongs.
pub(crate) async fn piece(kind: &str, example: &Value) -> Result<(), String> {
    let (serving, request, at) = match kind {
        "AudioContent" | "EmbeddedResource" | "ImageContent" | "ResourceLink" | "TextContent" => {
            (serving("CallToolRequest", &json!({ "content": [example] })), call("get_weather"), "/content/0")
        }
        "BlobResourceContents" | "TextResourceContents" => {
            let read = request(&json!(1), "resources/read", &json!({ "uri": example["uri"] }));
            (serving("ReadResourceRequest", &json!({ "contents": [example] })), read, "/contents/0")
        }
        "Resource" => {
            let list = request(&json!(1), "resources/list", &json!({}));
            (serving("ListResourcesRequest", &json!({ "resources": [example] })), list, "/resources/0")
        }
        "Tool" => {
            let list = request(&json!(1), "tools/list", &json!({}));
            (serving("ListToolsRequest", &json!({ "tools": [example] })), list, "/tools/0")
        }
        "ServerCapabilities" => {
            let discover = request(&json!(1), "server/discover", &json!({}));
            (serving("DiscoverRequest", &json!({ "capabilities": example })), discover, "/capabilities")
        }
        _ => return piece_of_question(kind, example).await,
    };
    let came = crate::doors::on_line(serving, &request).await;
    rules::exactly(came.result()?.pointer(at).unwrap_or(&Value::Null), example)
}

async fn piece_of_question(kind: &str, example: &Value) -> Result<(), String> {
    let text = json!({ "role": "user", "content": { "type": "text", "text": "What is the capital of France?" } });
    let sampling = |params: Value| json!({ "method": "sampling/createMessage", "params": params });
    let (question, at) = match kind {
        "SamplingMessage" => (sampling(json!({ "messages": [example], "maxTokens": 100 })), "/params/messages/0"),
        "ToolResultContent" => {
            let message = json!({ "role": "user", "content": [example] });
            (sampling(json!({ "messages": [message], "maxTokens": 100 })), "/params/messages/0/content/0")
        }
        "ModelPreferences" => {
            let params = json!({ "messages": [text], "maxTokens": 100, "modelPreferences": example });
            (sampling(params), "/params/modelPreferences")
        }
        schema if schema.ends_with("Schema") => {
            let form = json!({ "type": "object", "properties": { "field": example } });
            let params = json!({ "mode": "form", "message": "Which?", "requestedSchema": form });
            (json!({ "method": "elicitation/create", "params": params }), "/params/requestedSchema/properties/field")
        }
        _ => return Err("nobody knows where this belongs".to_owned()),
    };
    let asked = asked_one(&question).await;
    rules::exactly(asked.pointer(at).unwrap_or(&Value::Null), example)
}
