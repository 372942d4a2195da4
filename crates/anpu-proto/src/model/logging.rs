//! Log messages to the client, and the level it wants.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::meta::Meta;

/// How severe a log message is, as in syslog; later levels are more severe.
///
/// See [the specification](https://modelcontextprotocol.io/specification/latest/server/utilities/logging#log-levels).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LoggingLevel {
    /// Detail for debugging.
    Debug,
    /// What happens normally.
    Info,
    /// Normal, but worth noticing.
    Notice,
    /// Not an error yet.
    Warning,
    /// Something failed.
    Error,
    /// A part is failing.
    Critical,
    /// Someone must act now.
    Alert,
    /// Nothing works.
    Emergency,
}

/// The params of `logging/setLevel`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SetLevelRequestParams {
    /// The least severe level that the client wants.
    pub level: LoggingLevel,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl SetLevelRequestParams {
    /// This level and more severe ones.
    pub fn new(level: LoggingLevel) -> Self {
        Self { level, meta: Meta::absent() }
    }
}

/// The params of `notifications/message`.
///
/// See [the specification](https://modelcontextprotocol.io/specification/latest/server/utilities/logging).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct LoggingMessageNotificationParams {
    /// How severe it is.
    pub level: LoggingLevel,
    /// Which part of the server says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub logger: Option<String>,
    /// What it says: a string, or any JSON.
    pub data: Value,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl LoggingMessageNotificationParams {
    /// A message without a logger's name.
    pub fn new(level: LoggingLevel, data: impl Into<Value>) -> Self {
        Self { level, logger: None, data: data.into(), meta: Meta::absent() }
    }

    /// Which part of the server says it.
    #[must_use]
    pub fn logger(mut self, logger: impl Into<String>) -> Self {
        self.logger = Some(logger.into());
        self
    }
}
