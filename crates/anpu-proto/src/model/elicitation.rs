//! Elicitation: a server asks the client's user, by a form or by a URL.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::content::exactly;
use super::elicitation_schema::RequestedSchema;
use super::meta::Meta;
use super::reading::JsonObject;
use super::tasks::TaskMetadata;

/// The params of `elicitation/create`; `mode` says which, and without one it is a form.
///
/// See [the specification](https://modelcontextprotocol.io/specification/latest/client/elicitation).
#[derive(Clone, Debug, PartialEq)]
pub enum ElicitRequestParams {
    /// A form, filled in inside the client.
    Form(ElicitRequestFormParams),
    /// A web page, outside the client.
    Url(ElicitRequestUrlParams),
}

impl ElicitRequestParams {
    /// A form.
    pub fn form(message: impl Into<String>, schema: RequestedSchema) -> Self {
        Self::Form(ElicitRequestFormParams::new(message, schema))
    }

    /// A web page.
    pub fn url(message: impl Into<String>, url: impl Into<String>) -> Self {
        Self::Url(ElicitRequestUrlParams::new(message, url))
    }

    /// What the user is told.
    pub fn message(&self) -> &str {
        match self {
            Self::Form(params) => &params.message,
            Self::Url(params) => &params.message,
        }
    }

    /// `_meta`.
    pub fn meta(&self) -> &Meta {
        match self {
            Self::Form(params) => &params.meta,
            Self::Url(params) => &params.meta,
        }
    }

    /// `_meta`, to be changed.
    pub fn meta_mut(&mut self) -> &mut Meta {
        match self {
            Self::Form(params) => &mut params.meta,
            Self::Url(params) => &mut params.meta,
        }
    }
}

impl Serialize for ElicitRequestParams {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Form(params) => params.serialize(to),
            Self::Url(params) => params.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for ElicitRequestParams {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let params = JsonObject::deserialize(from)?;
        let mode = match params.get("mode") {
            None => ElicitMode::Form,
            Some(mode) => ElicitMode::deserialize(mode).map_err(|e| D::Error::custom(format_args!("mode: {e}")))?,
        };
        match mode {
            ElicitMode::Form => exactly(params).map(Self::Form),
            ElicitMode::Url => exactly(params).map(Self::Url),
        }
    }
}

/// How a user is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ElicitMode {
    /// By a form.
    Form,
    /// By a URL.
    Url,
}

/// Asks for a form to be filled in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ElicitRequestFormParams {
    /// [`ElicitMode::Form`], or absent, which means the same to everyone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<ElicitMode>,
    /// What the user is told.
    pub message: String,
    /// The form.
    pub requested_schema: RequestedSchema,
    /// The question is to run as a task of the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskMetadata>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl ElicitRequestFormParams {
    /// This form.
    pub fn new(message: impl Into<String>, requested_schema: RequestedSchema) -> Self {
        let mode = Some(ElicitMode::Form);
        Self { mode, message: message.into(), requested_schema, task: None, meta: Meta::absent() }
    }
}

/// Asks for a web page to be visited.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "mode", rename = "url", rename_all = "camelCase")]
#[non_exhaustive]
pub struct ElicitRequestUrlParams {
    /// What the user is told.
    pub message: String,
    /// Where the page is.
    pub url: String,
    /// What `notifications/elicitation/complete` refers to, in the versions that have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elicitation_id: Option<String>,
    /// The question is to run as a task of the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskMetadata>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl ElicitRequestUrlParams {
    /// This page.
    pub fn new(message: impl Into<String>, url: impl Into<String>) -> Self {
        Self { message: message.into(), url: url.into(), elicitation_id: None, task: None, meta: Meta::absent() }
    }

    /// What `notifications/elicitation/complete` will refer to.
    #[must_use]
    pub fn elicitation_id(mut self, id: impl Into<String>) -> Self {
        self.elicitation_id = Some(id.into());
        self
    }
}

/// The result of `elicitation/create`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ElicitResult {
    /// What the user did.
    pub action: ElicitAction,
    /// What was filled in, by field.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<JsonObject>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl ElicitResult {
    /// The user agreed; forms have content.
    pub fn accept(content: Option<JsonObject>) -> Self {
        Self { action: ElicitAction::Accept, content, meta: Meta::absent() }
    }

    /// The user said no.
    pub fn decline() -> Self {
        Self { action: ElicitAction::Decline, content: None, meta: Meta::absent() }
    }

    /// The user went away without a choice.
    pub fn cancel() -> Self {
        Self { action: ElicitAction::Cancel, content: None, meta: Meta::absent() }
    }
}

/// What a user did when asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ElicitAction {
    /// Agreed.
    Accept,
    /// Said no.
    Decline,
    /// Went away without a choice.
    Cancel,
}

/// The params of `notifications/elicitation/complete`: what was to happen at a URL has happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ElicitationCompleteNotificationParams {
    /// The id the question had.
    pub elicitation_id: String,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl ElicitationCompleteNotificationParams {
    /// The question of this id is done with.
    pub fn new(elicitation_id: impl Into<String>) -> Self {
        Self { elicitation_id: elicitation_id.into(), meta: Meta::absent() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_mode_decides_and_without_one_it_is_a_form() {
        let read = |value| serde_json::from_value::<ElicitRequestParams>(value);
        let schema = json!({ "type": "object", "properties": {} });
        let form = json!({ "message": "m", "requestedSchema": schema, "url": "https://a" });
        assert!(matches!(read(form).unwrap(), ElicitRequestParams::Form(_)));
        let url = json!({ "mode": "url", "message": "m", "url": "https://a" });
        let params = read(url.clone()).unwrap();
        assert_eq!(params, ElicitRequestParams::url("m", "https://a"));
        assert_eq!(serde_json::to_value(&params).unwrap(), url);
        assert!(read(json!({ "mode": "voice", "message": "m" })).unwrap_err().to_string().starts_with("mode: "));
    }
}
