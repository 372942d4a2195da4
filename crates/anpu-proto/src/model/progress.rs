//! Progress: how far a request has come.

use serde::{Deserialize, Serialize};

use super::meta::Meta;
use super::reading::{self, text_or_number};

text_or_number! {
    /// What a requester chose to recognise the progress of its request by.
    ProgressToken, "a string or an integer"
}

/// The params of `notifications/progress`.
///
/// See [the specification](https://modelcontextprotocol.io/specification/latest/basic/patterns/progress).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ProgressNotificationParams {
    /// The token the request came with.
    pub progress_token: ProgressToken,
    /// How much is done; it grows with each notification.
    #[serde(serialize_with = "reading::write_number")]
    pub progress: f64,
    /// How much there is to do, if that is known.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "reading::write_optional_number")]
    pub total: Option<f64>,
    /// What is being done, for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl ProgressNotificationParams {
    /// Progress without a total or a message.
    pub fn new(progress_token: ProgressToken, progress: f64) -> Self {
        Self { progress_token, progress, total: None, message: None, meta: Meta::absent() }
    }

    /// How much there is to do.
    #[must_use]
    pub fn total(mut self, total: f64) -> Self {
        self.total = Some(total);
        self
    }

    /// What is being done, for people.
    #[must_use]
    pub fn message(mut self, message: impl Into<String>) -> Self {
        self.message = Some(message.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_numbers_are_written_whole_and_infinity_is_refused() {
        let params = ProgressNotificationParams::new(1.into(), 50.0).total(0.5);
        assert_eq!(serde_json::to_string(&params).unwrap(), r#"{"progressToken":1,"progress":50,"total":0.5}"#);
        assert!(serde_json::to_string(&ProgressNotificationParams::new(1.into(), f64::INFINITY)).is_err());
    }
}
