//! The requests a client may make, each with its reader. Knows no version: a page lists those it has.

use serde_json::value::RawValue;

use super::params::call;
use crate::fault::Fault;
use crate::model::{Call, Reply, RequestParams};

/// A request a client may make.
#[derive(Clone, Copy, Debug)]
pub struct Method {
    /// Its name on the wire.
    pub name: &'static str,
    /// Reads its parameters.
    pub read: fn(Option<&RawValue>) -> Result<Call, Fault>,
}

pub(super) const INITIALIZE: Method =
    Method { name: "initialize", read: |raw| call(raw, |params| Call::Initialize(Box::new(params))) };
pub(super) const DISCOVER: Method = Method { name: "server/discover", read: |raw| call(raw, Call::Discover) };
pub(super) const PING: Method =
    Method { name: "ping", read: |raw| call(raw, |params: RequestParams| Call::Ping(params.meta)) };
pub(super) const LIST_TOOLS: Method = Method { name: "tools/list", read: |raw| call(raw, Call::ListTools) };
pub(super) const CALL_TOOL: Method = Method { name: "tools/call", read: |raw| call(raw, Call::CallTool) };
pub(super) const LIST_RESOURCES: Method = Method { name: "resources/list", read: |raw| call(raw, Call::ListResources) };
pub(super) const LIST_RESOURCE_TEMPLATES: Method =
    Method { name: "resources/templates/list", read: |raw| call(raw, Call::ListResourceTemplates) };
pub(super) const READ_RESOURCE: Method = Method { name: "resources/read", read: |raw| call(raw, Call::ReadResource) };
pub(super) const SUBSCRIBE: Method = Method { name: "resources/subscribe", read: |raw| call(raw, Call::Subscribe) };
pub(super) const UNSUBSCRIBE: Method =
    Method { name: "resources/unsubscribe", read: |raw| call(raw, Call::Unsubscribe) };
pub(super) const LIST_PROMPTS: Method = Method { name: "prompts/list", read: |raw| call(raw, Call::ListPrompts) };
pub(super) const GET_PROMPT: Method = Method { name: "prompts/get", read: |raw| call(raw, Call::GetPrompt) };
pub(super) const COMPLETE: Method = Method { name: "completion/complete", read: |raw| call(raw, Call::Complete) };
pub(super) const SET_LEVEL: Method = Method { name: "logging/setLevel", read: |raw| call(raw, Call::SetLevel) };
pub(super) const LISTEN: Method = Method { name: "subscriptions/listen", read: |raw| call(raw, Call::Listen) };
pub(super) const GET_TASK: Method = Method { name: "tasks/get", read: |raw| call(raw, Call::GetTask) };
pub(super) const GET_TASK_PAYLOAD: Method =
    Method { name: "tasks/result", read: |raw| call(raw, Call::GetTaskPayload) };
pub(super) const CANCEL_TASK: Method = Method { name: "tasks/cancel", read: |raw| call(raw, Call::CancelTask) };
pub(super) const LIST_TASKS: Method = Method { name: "tasks/list", read: |raw| call(raw, Call::ListTasks) };
pub(super) const UPDATE_TASK: Method = Method { name: "tasks/update", read: |raw| call(raw, Call::UpdateTask) };

/// The request that `reply` answers, where it answers only one: a dialect without it cannot say it.
pub(super) fn asked_by(reply: &Reply) -> Option<&'static str> {
    Some(match reply {
        Reply::Initialize(_) => INITIALIZE.name,
        Reply::Discover(_) => DISCOVER.name,
        Reply::ListTools(_) => LIST_TOOLS.name,
        Reply::CallTool(_) => CALL_TOOL.name,
        Reply::ListResources(_) => LIST_RESOURCES.name,
        Reply::ListResourceTemplates(_) => LIST_RESOURCE_TEMPLATES.name,
        Reply::ReadResource(_) => READ_RESOURCE.name,
        Reply::ListPrompts(_) => LIST_PROMPTS.name,
        Reply::GetPrompt(_) => GET_PROMPT.name,
        Reply::Complete(_) => COMPLETE.name,
        Reply::Listen(_) => LISTEN.name,
        // Whoever creates tasks lets them be looked at.
        Reply::CreateTask(_) | Reply::GetTask(_) => GET_TASK.name,
        Reply::TaskPayload(_) => GET_TASK_PAYLOAD.name,
        Reply::CancelTask(_) => CANCEL_TASK.name,
        Reply::ListTasks(_) => LIST_TASKS.name,
        Reply::UpdateTask(_) => UPDATE_TASK.name,
        Reply::InputRequired(_) | Reply::Empty(_) | Reply::Other(_) | Reply::Written(_) => return None,
    })
}
