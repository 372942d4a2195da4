//! Servers that are made of examples: what an example lists is registered, and what it results in is what a handler returns.

use std::time::Duration;

use anpu::model::{Answer, Ask, CallToolResult, ClientCapabilities, GetPromptResult, InputRequest, ResourceContents};
use anpu::prelude::*;
use anpu::{Caching, Completion, Component, Prompt, Question, Resource, ResourceTemplate, Tool};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::VERSION;

pub(crate) fn server() -> Server {
    Server::new("ExampleServer", "1.0.0")
}

/// From text, as from a peer: some types read raw text only.
pub(crate) fn read<T: DeserializeOwned>(example: &Value) -> T {
    serde_json::from_str(&example.to_string()).unwrap_or_else(|error| panic!("{example}: {error}"))
}

fn text(of: &Value, member: &str) -> String {
    of[member].as_str().unwrap_or_else(|| panic!("no {member} in {of}")).to_owned()
}

fn texts<'a>(of: &'a Value, member: &str) -> Option<&'a str> {
    of.get(member).and_then(Value::as_str)
}

/// How long a result may be kept, and by whom.
pub(crate) fn caching(result: &Value) -> Caching {
    let time = Duration::from_millis(result["ttlMs"].as_u64().unwrap_or_default());
    if result["cacheScope"] == "public" { Caching::public(time) } else { Caching::private(time) }
}

/// The tool that this describes, with a handler that returns this.
pub(crate) fn tool(of: &Value, result: &Value) -> Component {
    let mut tool = Tool::new(text(of, "name"));
    if let Some(title) = texts(of, "title") {
        tool = tool.title(title);
    }
    if let Some(description) = texts(of, "description") {
        tool = tool.description(description);
    }
    for icon in of["icons"].as_array().into_iter().flatten() {
        tool = tool.icon(read(icon));
    }
    if let Some(schema) = of.get("outputSchema") {
        tool = tool.output_schema(schema.clone());
    }
    let schema = of.get("inputSchema").cloned().unwrap_or_else(|| json!({ "type": "object" }));
    let result: CallToolResult = read(result);
    tool.input_schema(schema).handler(move |_: Value, _: Cx| std::future::ready(result.clone()))
}

/// The proposals that a completion of an example has.
pub(crate) fn proposals(completion: &Value) -> Completion {
    let values: Completion = read::<Vec<String>>(&completion["values"]).into();
    match completion["total"].as_u64() {
        Some(total) => values.of(total),
        None => values,
    }
}

/// The prompt that this describes, with a handler that returns this, and proposals.
pub(crate) fn prompt(of: &Value, result: &Value, completions: Vec<(String, Completion)>) -> Component {
    let mut prompt = Prompt::new(text(of, "name"));
    if let Some(title) = texts(of, "title") {
        prompt = prompt.title(title);
    }
    if let Some(description) = texts(of, "description") {
        prompt = prompt.description(description);
    }
    for icon in of["icons"].as_array().into_iter().flatten() {
        prompt = prompt.icon(read(icon));
    }
    for argument in of["arguments"].as_array().into_iter().flatten() {
        prompt = prompt.argument(read(argument));
    }
    for (argument, completion) in completions {
        // The prompt of the examples is completed in arguments that its list does not have.
        prompt = prompt.argument(anpu::PromptArgument::new(&argument));
        prompt = prompt.complete(argument, move |_: Completing| std::future::ready(completion.clone()));
    }
    let result: GetPromptResult = read(result);
    prompt.handler(move |_: anpu::Vars, _: Cx| std::future::ready(result.clone()))
}

/// The resource that this describes, with these contents.
pub(crate) fn resource(of: &Value, contents: &Value, keep: Caching) -> Component {
    let mut resource = Resource::new(text(of, "uri")).cache(keep);
    if let Some(name) = texts(of, "name") {
        resource = resource.name(name);
    }
    if let Some(title) = texts(of, "title") {
        resource = resource.title(title);
    }
    if let Some(description) = texts(of, "description") {
        resource = resource.description(description);
    }
    if let Some(mime) = texts(of, "mimeType") {
        resource = resource.mime(mime);
    }
    if let Some(annotations) = of.get("annotations") {
        resource = resource.annotations(read(annotations));
    }
    for icon in of["icons"].as_array().into_iter().flatten() {
        resource = resource.icon(read(icon));
    }
    let contents: Vec<ResourceContents> = read(contents);
    resource.handler(move |_: Cx| std::future::ready(contents.clone()))
}

/// The template that this describes.
pub(crate) fn template(of: &Value) -> Component {
    let mut template = ResourceTemplate::new(text(of, "uriTemplate")).name(text(of, "name"));
    if let Some(title) = texts(of, "title") {
        template = template.title(title);
    }
    if let Some(description) = texts(of, "description") {
        template = template.description(description);
    }
    if let Some(mime) = texts(of, "mimeType") {
        template = template.mime(mime);
    }
    for icon in of["icons"].as_array().into_iter().flatten() {
        template = template.icon(read(icon));
    }
    template.handler(|_: anpu::Vars, _: Cx| async { "what it holds" })
}

/// A question in the words of an example.
pub(crate) struct Raw(Ask);

impl Raw {
    /// Of a request that travels in a result.
    pub(crate) fn of(request: &Value) -> Self {
        let mut plain = json!({ "method": request["method"] });
        if let Some(params) = request.get("params") {
            plain["params"] = params.clone();
        }
        Self(read::<InputRequest>(&plain).into())
    }
}

impl Question for Raw {
    type Answer = Answer;

    fn ask(&self) -> Ask {
        self.0.clone()
    }

    fn required(&self, _: &ClientCapabilities) -> Result<(), Value> {
        Ok(())
    }

    fn read(&self, answer: Answer) -> Result<Answer> {
        Ok(answer)
    }
}

/// A tool that asks all of this at once, and tells what it heard.
pub(crate) fn asker(questions: &Value) -> Component {
    let questions = questions.clone();
    Tool::new("asker").handler(move |cx: Cx| {
        let questions = questions.clone();
        async move {
            let mut asking = Vec::new();
            for (name, question) in questions.as_object().unwrap() {
                let (cx, name, raw) = (cx.clone(), name.clone(), Raw::of(question));
                asking.push(Box::pin(async move { cx.ask(name.clone(), raw).await.map(|answer| (name, answer)) }));
            }
            let mut heard = json!({});
            for answered in all(asking).await {
                let (name, answer) = answered?;
                heard[name] = serde_json::to_value(answer)?;
            }
            Ok::<_, Error>(Json(heard))
        }
    })
}

/// Drives all of them at the same time.
async fn all<F: Future + Unpin>(mut running: Vec<F>) -> Vec<F::Output> {
    let mut done: Vec<_> = running.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (at, future) in running.iter_mut().enumerate().filter(|(at, _)| done[*at].is_none()).collect::<Vec<_>>() {
            if let std::task::Poll::Ready(output) = std::pin::Pin::new(future).poll(cx) {
                done[at] = Some(output);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

/// Only the version whose examples these are.
pub(crate) fn newest_only(server: Server) -> Server {
    server.versions([VERSION])
}
