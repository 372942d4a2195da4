//! A tool at work: its arguments read, its handler run, what it returned as a result.

use std::fmt;
use std::future::ready;
use std::sync::Arc;
use std::time::Duration;

use anpu_proto::dialect::{Dialect, Era};
use anpu_proto::fault::Fault;
use anpu_proto::model::{CallToolResult, Tool};
use serde_json::value::RawValue;

use super::decode::Decode;
use super::mirror::Mirrored;
use super::session_argument;
use crate::handler::{BoxFuture, Cx, IntoReply, Needs, failure, on_blocking_pool};

/// A tool as the server holds it.
#[derive(Clone)]
pub(crate) struct ToolEntry {
    /// As clients see it.
    pub(crate) spec: Tool,
    /// How long a call may take, if not as long as the server says.
    pub(crate) timeout: Option<Duration>,
    /// Whether a call that died with its process runs again.
    pub(crate) replay: bool,
    /// What the handler needs of the server.
    pub(crate) needs: Needs,
    /// The arguments that clients repeat as headers.
    pub(crate) mirrored: Mirrored,
    pub(super) run: Run,
}

/// Reads the arguments and runs the handler.
pub(super) type Run = Arc<dyn Fn(Option<&RawValue>, &Cx) -> Answer + Send + Sync>;

type Answer = BoxFuture<'static, Result<CallToolResult, Fault>>;

impl ToolEntry {
    /// The tool as clients see it who speak this dialect.
    pub(crate) fn spec_for(&self, dialect: &Dialect) -> Tool {
        match dialect.era == Era::Request && self.needs.keeps_session() {
            true => session_argument::added_to(&self.spec),
            false => self.spec.clone(),
        }
    }

    /// Calls the tool. Arguments that do not fit are a tool error, what the protocol does not allow is a fault.
    pub(crate) fn call(&self, arguments: Option<&RawValue>, cx: &Cx) -> Answer {
        (self.run)(arguments, cx)
    }
}

impl fmt::Debug for ToolEntry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ToolEntry").field("name", &self.spec.name).finish_non_exhaustive()
    }
}

/// Runs an async handler.
pub(super) fn asynchronous<A, F, Fut, R>(decoder: impl Decode<A>, handler: F) -> Run
where
    A: Send + 'static,
    F: Fn(A, Cx) -> Fut + Send + Sync + 'static,
    Fut: Future<Output = R> + Send + 'static,
    R: IntoReply,
{
    let handler = Arc::new(handler);
    Arc::new(move |arguments, cx| match decoder.decode(arguments) {
        Ok(arguments) => {
            let (handler, cx) = (Arc::clone(&handler), cx.clone());
            Box::pin(async move { answer(handler(arguments, cx).await) })
        }
        Err(unfit) => Box::pin(ready(unfit.answer())),
    })
}

/// Runs a blocking handler on the blocking pool.
pub(super) fn blocking<A, F, R>(decoder: impl Decode<A>, handler: F) -> Run
where
    A: Send + 'static,
    F: Fn(A, Cx) -> R + Send + Sync + 'static,
    R: IntoReply,
{
    let handler = Arc::new(handler);
    Arc::new(move |arguments, cx| match decoder.decode(arguments) {
        Ok(arguments) => {
            let (handler, cx) = (Arc::clone(&handler), cx.clone());
            Box::pin(async move { on_blocking_pool(move || answer(handler(arguments, cx))).await? })
        }
        Err(unfit) => Box::pin(ready(unfit.answer())),
    })
}

/// Never answers anything: for a tool that was made wrongly, which no server takes.
pub(super) fn broken() -> Run {
    Arc::new(|_, _| Box::pin(ready(Err(Fault::Internal("this tool was made wrongly".to_owned())))))
}

fn answer(reply: impl IntoReply) -> Result<CallToolResult, Fault> {
    let mut result = reply.into_reply().or_else(|error| failure::of_tool(&error))?;
    if result.is_error() {
        // Clients check structured content against the output schema, which no error fits.
        result.structured_content = None;
    }
    Ok(result)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::component::Tool;
    use crate::error::refused;
    use crate::handler::{Json, Probe};
    use anpu_proto::model::Content;
    use schemars::JsonSchema;
    use serde::Deserialize;

    #[derive(Deserialize, JsonSchema)]
    struct Add {
        a: i64,
        b: i64,
    }

    async fn call(component: crate::component::Component, arguments: &str) -> Result<CallToolResult, Fault> {
        let raw = RawValue::from_string(arguments.to_owned()).unwrap();
        component.as_tool().unwrap().call(Some(&raw), &Cx::test()).await
    }

    #[tokio::test]
    async fn a_typed_tool_gets_its_arguments() {
        let tool = Tool::new("add").input::<Add>().handler(|args: Add, _| async move { args.a + args.b });
        let result = call(tool.clone(), r#"{"a":1,"b":2}"#).await.unwrap();
        assert_eq!(result.content, [Content::text("3")]);
        let wrong = call(tool, r#"{"a":1}"#).await.unwrap();
        assert!(wrong.is_error());
        assert!(wrong.content[0].as_text().unwrap().starts_with("The arguments are not valid:\n"));
    }

    #[tokio::test]
    async fn a_failure_is_a_tool_error_without_structured_content() {
        let failed = Tool::new("t").handler(|_| async { Err::<Json<u8>, _>(refused("no")) });
        assert_eq!(call(failed, "{}").await, Ok(CallToolResult::error("no")));
        let both = Tool::new("t").handler(|_| async {
            let mut result = CallToolResult::error("no");
            result.structured_content = Some(serde_json::json!(1));
            result
        });
        assert_eq!(call(both, "{}").await, Ok(CallToolResult::error("no")));
        let protocol = Tool::new("t").handler(|_| async { Err::<(), _>(Fault::InvalidCursor) });
        assert_eq!(call(protocol, "{}").await, Err(Fault::InvalidCursor));
    }

    #[tokio::test]
    async fn a_blocking_tool_runs_beside() {
        let probe = Probe::new();
        let thread = std::thread::current().id();
        let tool = Tool::new("t").input::<Add>().blocking(move |args: Add, cx: Cx| {
            cx.wait(cx.info("hello"));
            assert_ne!(std::thread::current().id(), thread);
            args.a
        });
        let raw = RawValue::from_string(r#"{"a":1,"b":2}"#.to_owned()).unwrap();
        let result = tool.as_tool().unwrap().call(Some(&raw), &probe.cx()).await.unwrap();
        assert_eq!((result.content, probe.said().len()), (vec![Content::text("1")], 1));
        let panics = Tool::new("t").blocking(|_| -> u8 { panic!("secret") });
        assert!(matches!(call(panics, "{}").await, Err(Fault::Internal(text)) if !text.contains("secret")));
    }
}
