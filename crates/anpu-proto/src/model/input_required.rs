//! Input required: a server answers with questions, and the client asks again with the answers.

use std::collections::BTreeMap;

use serde::de::{DeserializeOwned, Error as _};
use serde::ser::SerializeStruct;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::elicitation::ElicitRequestParams;
use super::meta::{Meta, RequestParams, ResultType};
use super::sampling::CreateMessageRequestParams;

/// Questions of a server, each by a key that the answer will have.
pub type InputRequests = BTreeMap<String, InputRequest>;

/// Answers of a client, each by the key of its question.
pub type InputResponses = BTreeMap<String, InputResponse>;

/// The result of a request that cannot go on without answers.
///
/// See [the specification](https://modelcontextprotocol.io/specification/latest/basic/patterns/mrtr).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct InputRequiredResult {
    /// The questions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_requests: Option<InputRequests>,
    /// What is to be sent back with the answers, unread.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_state: Option<String>,
    /// What kind of result this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_type: Option<ResultType>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl InputRequiredResult {
    /// These questions.
    pub fn new(requests: InputRequests) -> Self {
        let result_type = Some(ResultType::InputRequired);
        Self { input_requests: Some(requests), request_state: None, result_type, meta: Meta::absent() }
    }

    /// What is to be sent back with the answers.
    #[must_use]
    pub fn request_state(mut self, state: impl Into<String>) -> Self {
        self.request_state = Some(state.into());
        self
    }
}

/// One question; its `method` says which kind.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum InputRequest {
    /// `sampling/createMessage`.
    CreateMessage(CreateMessageRequestParams),
    /// `roots/list`.
    ListRoots(RequestParams),
    /// `elicitation/create`.
    Elicit(ElicitRequestParams),
}

impl InputRequest {
    /// The method's name.
    pub fn method(&self) -> &'static str {
        match self {
            Self::CreateMessage(_) => "sampling/createMessage",
            Self::ListRoots(_) => "roots/list",
            Self::Elicit(_) => "elicitation/create",
        }
    }
}

impl From<CreateMessageRequestParams> for InputRequest {
    fn from(params: CreateMessageRequestParams) -> Self {
        Self::CreateMessage(params)
    }
}

impl From<ElicitRequestParams> for InputRequest {
    fn from(params: ElicitRequestParams) -> Self {
        Self::Elicit(params)
    }
}

impl Serialize for InputRequest {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        let mut request = to.serialize_struct("InputRequest", 2)?;
        request.serialize_field("method", self.method())?;
        match self {
            Self::CreateMessage(params) => request.serialize_field("params", params)?,
            Self::ListRoots(params) if params.meta.is_absent() => request.skip_field("params")?,
            Self::ListRoots(params) => request.serialize_field("params", params)?,
            Self::Elicit(params) => request.serialize_field("params", params)?,
        }
        request.end()
    }
}

impl<'de> Deserialize<'de> for InputRequest {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Request {
            method: String,
            params: Option<Value>,
        }

        fn params<T: DeserializeOwned, E: serde::de::Error>(params: Option<Value>) -> Result<T, E> {
            T::deserialize(params.ok_or_else(|| E::missing_field("params"))?).map_err(E::custom)
        }

        let request = Request::deserialize(from)?;
        match request.method.as_str() {
            "sampling/createMessage" => params(request.params).map(Self::CreateMessage),
            "elicitation/create" => params(request.params).map(Self::Elicit),
            "roots/list" if request.params.is_none() => Ok(Self::ListRoots(RequestParams::default())),
            "roots/list" => params(request.params).map(Self::ListRoots),
            other => Err(D::Error::custom(format_args!("method: a client cannot be asked `{other}` here"))),
        }
    }
}

/// One answer, unread: its kind is known only from the question with the same key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct InputResponse(Value);

impl InputResponse {
    /// This answer, such as an [`ElicitResult`](super::ElicitResult).
    ///
    /// # Errors
    /// If the answer cannot be said in JSON.
    pub fn new<T: Serialize>(answer: &T) -> Result<Self, serde_json::Error> {
        serde_json::to_value(answer).map(Self)
    }

    /// The answer, read as what the question with the same key asks for.
    ///
    /// # Errors
    /// If it is not that.
    pub fn read<T: DeserializeOwned>(&self) -> Result<T, serde_json::Error> {
        T::deserialize(&self.0)
    }

    /// The answer as JSON.
    pub fn as_value(&self) -> &Value {
        &self.0
    }
}

impl From<Value> for InputResponse {
    fn from(answer: Value) -> Self {
        Self(answer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_method_decides_what_is_asked() {
        let read = |value: Value| serde_json::from_value::<InputRequest>(value);
        let roots = read(json!({ "method": "roots/list" })).unwrap();
        assert_eq!(serde_json::to_value(&roots).unwrap(), json!({ "method": "roots/list" }));
        assert!(read(json!({ "method": "elicitation/create" })).unwrap_err().to_string().contains("params"));
        assert!(read(json!({ "method": "ping" })).unwrap_err().to_string().contains("`ping`"));
    }
}
