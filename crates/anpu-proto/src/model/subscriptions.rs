//! Subscriptions: one request that listens to the changes it names until it is closed.

use serde::{Deserialize, Serialize};

use super::meta::{Meta, RequestId, ResultType};
use super::reading;

/// Which changes to hear of.
///
/// See [the specification](https://modelcontextprotocol.io/specification/latest/basic/patterns/subscriptions).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SubscriptionFilter {
    /// The list of tools.
    #[serde(default, skip_serializing_if = "reading::is_false")]
    pub tools_list_changed: bool,
    /// The list of prompts.
    #[serde(default, skip_serializing_if = "reading::is_false")]
    pub prompts_list_changed: bool,
    /// The list of resources.
    #[serde(default, skip_serializing_if = "reading::is_false")]
    pub resources_list_changed: bool,
    /// The resources at these URIs.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resource_subscriptions: Vec<String>,
    /// The tasks of these ids (a word of the tasks extension).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub task_ids: Vec<String>,
}

impl SubscriptionFilter {
    /// Nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The list of tools.
    #[must_use]
    pub fn tools_list_changed(mut self) -> Self {
        self.tools_list_changed = true;
        self
    }

    /// The list of prompts.
    #[must_use]
    pub fn prompts_list_changed(mut self) -> Self {
        self.prompts_list_changed = true;
        self
    }

    /// The list of resources.
    #[must_use]
    pub fn resources_list_changed(mut self) -> Self {
        self.resources_list_changed = true;
        self
    }

    /// Adds a resource by its URI.
    #[must_use]
    pub fn resource(mut self, uri: impl Into<String>) -> Self {
        self.resource_subscriptions.push(uri.into());
        self
    }

    /// Adds a task by its id.
    #[must_use]
    pub fn task(mut self, id: impl Into<String>) -> Self {
        self.task_ids.push(id.into());
        self
    }

    /// Whether it names no change at all.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// The params of `subscriptions/listen`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubscriptionsListenRequestParams {
    /// Which changes the client wants to hear of.
    pub notifications: SubscriptionFilter,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl SubscriptionsListenRequestParams {
    /// These changes.
    pub fn new(notifications: SubscriptionFilter) -> Self {
        Self { notifications, meta: Meta::absent() }
    }
}

/// The result of `subscriptions/listen`, sent when the server ends the stream.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct SubscriptionsListenResult {
    /// What kind of result this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_type: Option<ResultType>,
    /// `_meta`, with the id of the request.
    #[serde(rename = "_meta")]
    pub meta: Meta,
}

impl SubscriptionsListenResult {
    /// The end of the stream that this request opened.
    pub fn new(request: &RequestId) -> Self {
        Self { result_type: Some(ResultType::Complete), meta: Meta::absent().with(Meta::SUBSCRIPTION_ID, request) }
    }
}

/// The params of `notifications/subscriptions/acknowledged`: what the server will tell of what was asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubscriptionsAcknowledgedNotificationParams {
    /// The changes that will be told.
    pub notifications: SubscriptionFilter,
    /// `_meta`, with the id of the request.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl SubscriptionsAcknowledgedNotificationParams {
    /// These changes will be told on the stream that this request opened.
    pub fn new(request: &RequestId, notifications: SubscriptionFilter) -> Self {
        Self { notifications, meta: Meta::absent().with(Meta::SUBSCRIPTION_ID, request) }
    }
}
