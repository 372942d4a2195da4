//! From a call to its reply: the only `match` over calls.

use std::sync::Arc;
use std::time::Duration;

use anpu_proto::dialect;
use anpu_proto::fault::Fault;
use anpu_proto::model::{
    Call, CallToolRequestParams, CompleteRequestParams, EmptyResult, GetPromptRequestParams, InitializeRequestParams,
    InitializeResult, ReadResourceRequestParams, ReadResourceResult, Reply,
};
use serde_json::Value;
use tokio::time::Instant;

use super::announce;
use super::core::Core;
use super::exchange::Exchange;
use super::hooks::Next;
use super::keeping::unavailable;
use super::shelves::Shelves;
use super::{listens, lists, state_handle};
use crate::component::{Component, ComponentKind, ToolEntry};
use crate::error::{Error, ErrorKind};
use crate::handler::{BoxFuture, Cx};

/// What a request comes to: a reply, or a fault.
type Outcome = Result<Reply, Fault>;

/// Answers a call, through the hooks if there are any.
pub(crate) async fn answer(core: &Arc<Core>, cx: &Cx, call: &Call) -> Outcome {
    let Some(hooks) = &core.hooks else { return handle(core, cx, call).await };
    let run = |cx: Cx, call: Call| -> BoxFuture<'static, Outcome> {
        let core = Arc::clone(core);
        Box::pin(async move { handle(&core, &cx, &call).await })
    };
    hooks.around(cx, call.clone(), Next { run: &run }).await
}

/// How long a call may take, unless its tool says otherwise.
pub(crate) fn time_for(core: &Core, call: &Call) -> Option<Duration> {
    match call {
        Call::GetTaskPayload(_) | Call::Listen(_) => None,
        _ => core.times.request,
    }
}

async fn handle(core: &Arc<Core>, cx: &Cx, call: &Call) -> Outcome {
    match call {
        Call::CallTool(params) => call_tool(core, cx, params).await,
        // Apart, so that the many calls of tools need no room for it.
        call => Box::pin(rest(core, cx, call.clone())).await,
    }
}

async fn rest(core: &Arc<Core>, cx: &Cx, call: Call) -> Outcome {
    let list = |kind, cursor| lists::list(core, cx, kind, cursor);
    announce::offered(core, cx, &call)?;
    match call {
        Call::Initialize(params) => initialize(core, cx, &params).await,
        Call::Discover(_) => Ok(Reply::Discover(Box::new(announce::discovery(core, cx)))),
        Call::Listen(params) => listens::listen(core, cx, params).await,
        Call::Ping(_) | Call::SetLevel(_) => Ok(Reply::Empty(EmptyResult::default())),
        Call::ListTools(params) => list(ComponentKind::Tool, params.cursor).await,
        Call::ListPrompts(params) => list(ComponentKind::Prompt, params.cursor).await,
        Call::ListResources(params) => list(ComponentKind::Resource, params.cursor).await,
        Call::ListResourceTemplates(params) => list(ComponentKind::ResourceTemplate, params.cursor).await,
        Call::ReadResource(params) => read_resource(core, cx, &params).await,
        Call::GetPrompt(params) => get_prompt(core, cx, &params).await,
        Call::Complete(params) => complete(core, cx, &params).await,
        Call::Subscribe(params) => watch(core, cx, &params.uri, true).await,
        Call::Unsubscribe(params) => watch(core, cx, &params.uri, false).await,
        Call::Other { method, params } => {
            let handler = core.words.method(&method).ok_or(Fault::MethodNotFound(method))?;
            let params = match params {
                Some(raw) => serde_json::from_str(raw.get()).map_err(|e| Fault::InvalidParams(e.to_string()))?,
                None => Value::Object(serde_json::Map::new()),
            };
            let result = handler(params, cx.clone()).await.map_err(|error| fault_of(error, "the method"))?;
            Ok(Reply::Other(result))
        }
        other => Err(Fault::MethodNotFound(other.method().to_owned())),
    }
}

async fn call_tool(core: &Core, cx: &Cx, params: &CallToolRequestParams) -> Outcome {
    let own = Shelves::of(core, cx).tool(&params.name);
    if let Some(tool) = own {
        return run_tool(&tool, params, cx).await;
    }
    let failed = |error| fault_of(error, "the tool");
    for mount in &core.mounts {
        let found = mount.get(cx, ComponentKind::Tool, &params.name).await.map_err(failed)?;
        if let Some(tool) = found.as_ref().and_then(Component::as_tool) {
            return run_tool(tool, params, cx).await;
        }
    }
    if let Some(hooks) = &core.hooks
        && let Some(result) = hooks.call_tool(cx, params).await.map_err(failed)?
    {
        return Ok(Reply::CallTool(result));
    }
    Err(Fault::ToolNotFound(params.name.clone()))
}

async fn run_tool(tool: &ToolEntry, params: &CallToolRequestParams, cx: &Cx) -> Outcome {
    if let Some(exchange) = cx.port().as_any().downcast_ref::<Exchange>() {
        if tool.timeout.is_some() {
            exchange.allow(Instant::now(), tool.timeout);
        }
        if exchange.alone().is_some_and(|alone| alone.headers) {
            tool.mirrored.compare(params.arguments.as_deref(), cx.headers())?;
        }
        if exchange.alone().is_some() && tool.needs.keeps_session() {
            // Rare, and in a box of its own, so that other calls need not carry its size.
            let calling = state_handle::call(exchange, tool, params.arguments.as_deref(), cx);
            return Box::pin(calling).await.map(Reply::CallTool);
        }
    }
    tool.call(params.arguments.as_deref(), cx).await.map(Reply::CallTool)
}

async fn initialize(core: &Arc<Core>, cx: &Cx, params: &InitializeRequestParams) -> Outcome {
    if let Some(hooks) = &core.hooks {
        hooks.initialize(cx, params).await.map_err(|error| fault_of(error, "the session"))?;
    }
    let dialect = dialect::negotiate(&params.protocol_version, &core.dialects);
    let mut result = InitializeResult::new(dialect.version, announce::capabilities(core, cx), core.info.clone());
    result.instructions.clone_from(&core.instructions);
    if let Some(exchange) = cx.port().as_any().downcast_ref::<Exchange>() {
        tracing::info!(
            session = ?exchange.session().map(|session| session.id),
            client = ?params.client_info.name.chars().take(64).collect::<String>(),
            version = dialect.version,
            "session opened"
        );
    }
    Ok(Reply::Initialize(Box::new(result)))
}

async fn read_resource(core: &Core, cx: &Cx, params: &ReadResourceRequestParams) -> Outcome {
    let mut result = contents_of(core, cx, params).await?;
    core.caching.reads.apply(&mut result);
    Ok(Reply::ReadResource(result))
}

async fn contents_of(core: &Core, cx: &Cx, params: &ReadResourceRequestParams) -> Result<ReadResourceResult, Fault> {
    let shelves = Shelves::of(core, cx);
    let uri = params.uri.as_str();
    if let Some(resource) = shelves.resource(uri) {
        return resource.read(uri, cx).await;
    }
    if let Some((template, vars)) = shelves.template(uri) {
        return template.read(uri, vars, cx).await;
    }
    drop(shelves);
    let failed = |error| fault_of(error, "the resource");
    for mount in &core.mounts {
        for kind in [ComponentKind::Resource, ComponentKind::ResourceTemplate] {
            if let Some(component) = mount.get(cx, kind, uri).await.map_err(failed)?
                && let Some(reading) = component.read(uri, cx)
            {
                return reading.await;
            }
        }
    }
    if let Some(hooks) = &core.hooks
        && let Some(result) = hooks.read_resource(cx, uri).await.map_err(failed)?
    {
        return Ok(result);
    }
    Err(Fault::ResourceNotFound(params.uri.clone()))
}

async fn get_prompt(core: &Core, cx: &Cx, params: &GetPromptRequestParams) -> Outcome {
    let own = Shelves::of(core, cx).prompt(&params.name);
    if let Some(prompt) = own {
        return Ok(Reply::GetPrompt(prompt.get(&params.arguments, cx).await?));
    }
    let failed = |error| fault_of(error, "the prompt");
    for mount in &core.mounts {
        let found = mount.get(cx, ComponentKind::Prompt, &params.name).await.map_err(failed)?;
        if let Some(prompt) = found.as_ref().and_then(Component::as_prompt) {
            return Ok(Reply::GetPrompt(prompt.get(&params.arguments, cx).await?));
        }
    }
    if let Some(hooks) = &core.hooks
        && let Some(result) = hooks.get_prompt(cx, params).await.map_err(failed)?
    {
        return Ok(Reply::GetPrompt(result));
    }
    Err(Fault::PromptNotFound(params.name.clone()))
}

async fn complete(core: &Core, cx: &Cx, params: &CompleteRequestParams) -> Outcome {
    let completion = match super::completing::complete(core, cx, params).await? {
        Some(completion) => completion,
        None => match &core.hooks {
            Some(hooks) => {
                let found = hooks.complete(cx, params).await.map_err(|error| fault_of(error, "the completion"))?;
                found.unwrap_or_default()
            }
            None => crate::component::Completion::default(),
        },
    };
    Ok(Reply::Complete(completion.into_result()))
}

async fn watch(core: &Core, cx: &Cx, uri: &str, on: bool) -> Outcome {
    if let Some(hooks) = &core.hooks {
        let done = if on { hooks.subscribe(cx, uri).await } else { hooks.unsubscribe(cx, uri).await };
        done.map_err(|error| fault_of(error, "the subscription"))?;
    }
    Ok(Reply::Empty(EmptyResult::default()))
}

/// The protocol error for an error of a handler that has no other way to tell the client.
///
/// What the handler refused in so many words is passed on; what merely happened to it goes to the log.
pub(crate) fn fault_of(error: Error, what: &str) -> Fault {
    if let Some(fault) = error.fault() {
        return fault.clone();
    }
    match error.kind() {
        ErrorKind::Invalid => Fault::InvalidParams(error.to_string()),
        ErrorKind::Cancelled => Fault::Cancelled,
        ErrorKind::Overloaded => Fault::Overloaded(error.to_string()),
        ErrorKind::Store => unavailable(error),
        ErrorKind::Unsupported => Fault::InvalidRequest(error.to_string()),
        ErrorKind::Refused | ErrorKind::Declined | ErrorKind::NotFound => Fault::InvalidRequest(error.to_string()),
        _ => {
            tracing::error!(error = ?error, "{what} failed");
            Fault::Internal(format!("{what} failed; the server's log says why"))
        }
    }
}
