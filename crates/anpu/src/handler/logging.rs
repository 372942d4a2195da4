//! Log messages for the client.

use std::fmt;

use anpu_proto::model::{LoggingLevel, LoggingMessageNotificationParams, Notice};
use serde::Serialize;
use serde_json::Value;

use super::Cx;

impl Cx {
    /// Sends a log message to the client, if it takes messages of this level.
    ///
    /// The data is any serializable value: a text, or a structure. What cannot be serialized is dropped with a
    /// warning in the server's own log. See
    /// [logging](https://modelcontextprotocol.io/specification/2025-11-25/server/utilities/logging).
    pub async fn log(&self, level: LoggingLevel, data: impl Serialize) {
        self.log_as(level, None, data).await;
    }

    /// As [`log`](Cx::log), with the name of the logger.
    pub async fn log_as(&self, level: LoggingLevel, logger: Option<&str>, data: impl Serialize) {
        if !self.port().hears(level) {
            return;
        }
        match serde_json::to_value(data) {
            Ok(data) => self.say_log(level, logger, data),
            Err(error) => tracing::warn!(%error, "a log message could not be serialized and was dropped"),
        }
    }

    /// `log` at level debug, with a text.
    pub async fn debug(&self, text: impl fmt::Display) {
        self.log(LoggingLevel::Debug, text.to_string()).await;
    }

    /// `log` at level info, with a text.
    pub async fn info(&self, text: impl fmt::Display) {
        self.log(LoggingLevel::Info, text.to_string()).await;
    }

    /// `log` at level warning, with a text.
    pub async fn warning(&self, text: impl fmt::Display) {
        self.log(LoggingLevel::Warning, text.to_string()).await;
    }

    /// `log` at level error, with a text.
    pub async fn error(&self, text: impl fmt::Display) {
        self.log(LoggingLevel::Error, text.to_string()).await;
    }

    fn say_log(&self, level: LoggingLevel, logger: Option<&str>, data: Value) {
        let mut params = LoggingMessageNotificationParams::new(level, data);
        params.logger = logger.map(str::to_owned);
        self.port().say(Notice::Message(params));
    }
}
