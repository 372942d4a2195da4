//! The notifications of either side, each with its reader. Knows no version: a page lists those it has.

use serde_json::value::RawValue;

use super::params::params;
use crate::fault::Fault;
use crate::model::{Meta, Notice, RequestParams};

/// A notification.
#[derive(Clone, Copy, Debug)]
pub struct NoticeWord {
    /// Its name on the wire.
    pub name: &'static str,
    /// Reads its parameters.
    pub read: fn(Option<&RawValue>) -> Result<Notice, Fault>,
}

pub(super) const INITIALIZED: NoticeWord =
    NoticeWord { name: "notifications/initialized", read: |raw| Ok(Notice::Initialized(meta(raw)?)) };
pub(super) const CANCELLED: NoticeWord =
    NoticeWord { name: "notifications/cancelled", read: |raw| Ok(Notice::Cancelled(params(raw)?)) };
pub(super) const PROGRESS: NoticeWord =
    NoticeWord { name: "notifications/progress", read: |raw| Ok(Notice::Progress(params(raw)?)) };
pub(super) const MESSAGE: NoticeWord =
    NoticeWord { name: "notifications/message", read: |raw| Ok(Notice::Message(params(raw)?)) };
pub(super) const RESOURCE_UPDATED: NoticeWord =
    NoticeWord { name: "notifications/resources/updated", read: |raw| Ok(Notice::ResourceUpdated(params(raw)?)) };
pub(super) const RESOURCE_LIST_CHANGED: NoticeWord = NoticeWord {
    name: "notifications/resources/list_changed",
    read: |raw| Ok(Notice::ResourceListChanged(meta(raw)?)),
};
pub(super) const TOOL_LIST_CHANGED: NoticeWord =
    NoticeWord { name: "notifications/tools/list_changed", read: |raw| Ok(Notice::ToolListChanged(meta(raw)?)) };
pub(super) const PROMPT_LIST_CHANGED: NoticeWord =
    NoticeWord { name: "notifications/prompts/list_changed", read: |raw| Ok(Notice::PromptListChanged(meta(raw)?)) };
pub(super) const ROOTS_LIST_CHANGED: NoticeWord =
    NoticeWord { name: "notifications/roots/list_changed", read: |raw| Ok(Notice::RootsListChanged(meta(raw)?)) };
pub(super) const ELICITATION_COMPLETE: NoticeWord = NoticeWord {
    name: "notifications/elicitation/complete",
    read: |raw| Ok(Notice::ElicitationComplete(params(raw)?)),
};
/// How the built-in tasks were told of.
pub(super) const TASKS_STATUS: NoticeWord = NoticeWord { name: "notifications/tasks/status", ..TASKS };
pub(super) const TASKS: NoticeWord =
    NoticeWord { name: "notifications/tasks", read: |raw| Ok(Notice::TaskStatus(Box::new(params(raw)?))) };
pub(super) const SUBSCRIPTIONS_ACKNOWLEDGED: NoticeWord = NoticeWord {
    name: "notifications/subscriptions/acknowledged",
    read: |raw| Ok(Notice::SubscriptionsAcknowledged(params(raw)?)),
};

fn meta(raw: Option<&RawValue>) -> Result<Meta, Fault> {
    Ok(params::<RequestParams>(raw)?.meta)
}
