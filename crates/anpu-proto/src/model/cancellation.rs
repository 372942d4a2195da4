//! Cancellation: the sender no longer wants the result of a request.

use serde::{Deserialize, Serialize};

use super::meta::{Meta, RequestId};

/// The params of `notifications/cancelled`.
///
/// See [the specification](https://modelcontextprotocol.io/specification/latest/basic/patterns/cancellation).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CancelledNotificationParams {
    /// The request that is no longer wanted. One published version allows leaving it out; it then says nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<RequestId>,
    /// Why, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl CancelledNotificationParams {
    /// The request of this id is no longer wanted.
    pub fn new(request_id: impl Into<RequestId>) -> Self {
        Self { request_id: Some(request_id.into()), reason: None, meta: Meta::absent() }
    }

    /// Why, for people.
    #[must_use]
    pub fn reason(mut self, reason: impl Into<String>) -> Self {
        self.reason = Some(reason.into());
        self
    }
}
