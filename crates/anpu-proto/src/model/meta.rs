//! What every message may carry beside its own members: `_meta`, result types, request ids.

use std::fmt;
use std::sync::Arc;

use serde::de::{Error as _, MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::capabilities::ClientCapabilities;
use super::lifecycle::Implementation;
use super::logging::LoggingLevel;
use super::members::Members;
use super::progress::ProgressToken;
use super::reading::{open_words, text_or_number};

/// The `_meta` member: an open object whose members are kept as they came. It costs one word when absent, and nothing to
/// clone.
///
/// Absent and empty are different on the wire, and so they are here: [`Meta::is_absent`], [`Meta::is_empty`].
/// See [the specification](https://modelcontextprotocol.io/specification/latest/basic/index#meta).
#[derive(Clone, Default)]
pub struct Meta(Option<Arc<Members>>);

impl Meta {
    /// The token under which the peer wants progress.
    pub const PROGRESS_TOKEN: &'static str = "progressToken";
    /// The protocol version of this request.
    pub const PROTOCOL_VERSION: &'static str = "io.modelcontextprotocol/protocolVersion";
    /// The client's name and version.
    pub const CLIENT_INFO: &'static str = "io.modelcontextprotocol/clientInfo";
    /// The client's capabilities.
    pub const CLIENT_CAPABILITIES: &'static str = "io.modelcontextprotocol/clientCapabilities";
    /// The least severe level of log messages the client wants for this request.
    pub const LOG_LEVEL: &'static str = "io.modelcontextprotocol/logLevel";
    /// The server's name and version, on results.
    pub const SERVER_INFO: &'static str = "io.modelcontextprotocol/serverInfo";
    /// The `subscriptions/listen` request that a notification belongs to.
    pub const SUBSCRIPTION_ID: &'static str = "io.modelcontextprotocol/subscriptionId";
    /// The task that a message belongs to.
    pub const RELATED_TASK: &'static str = "io.modelcontextprotocol/related-task";
    /// The W3C trace context.
    pub const TRACEPARENT: &'static str = "traceparent";
    /// The vendors' part of the W3C trace context.
    pub const TRACESTATE: &'static str = "tracestate";

    /// That of a request: its text is kept, and read when somebody asks for a member.
    ///
    /// # Errors
    /// A text that is neither an object nor null, cannot be read, or has a member twice.
    pub(crate) fn of(text: &RawValue) -> Result<Self, serde_json::Error> {
        if text.get() == "null" {
            return Ok(Self::absent());
        }
        Members::of(text).map(|members| Self(Some(Arc::new(members))))
    }

    /// The one with whose text `rest` begins, if this thread met it lately, and the length of that text.
    pub(crate) fn met(rest: &str) -> Option<(Self, usize)> {
        let members = Members::met(rest)?;
        let length = members.text()?.len();
        Some((Self(Some(members)), length))
    }

    /// Keeps it to be [met](Self::met) again, if that is likely.
    pub(crate) fn remember(&self) {
        self.0.iter().for_each(Members::remember);
    }

    /// No `_meta` at all.
    pub const fn absent() -> Self {
        Self(None)
    }

    /// Whether there is no `_meta` member.
    pub fn is_absent(&self) -> bool {
        self.0.is_none()
    }

    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        self.0.as_ref().is_none_or(|members| members.map().is_empty())
    }

    /// The member of this name.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.as_ref()?.get(key)
    }

    /// Sets a member, and returns what it replaces.
    pub fn insert(&mut self, key: impl Into<String>, value: impl Into<Value>) -> Option<Value> {
        Arc::make_mut(self.0.get_or_insert_default()).map_mut().insert(key.into(), value.into())
    }

    /// Takes a member out; when it was the last one, `_meta` goes with it.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let members = self.0.as_mut().filter(|members| !members.lacks(key))?;
        if !members.map().contains_key(key) {
            return None;
        }
        let members = Arc::make_mut(members).map_mut();
        let removed = members.remove(key)?;
        if members.is_empty() {
            self.0 = None;
        }
        Some(removed)
    }

    /// Sets a member.
    #[must_use]
    pub fn with(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.insert(key, value);
        self
    }

    /// Sets a member to anything that can be said in JSON, such as an [`Implementation`].
    ///
    /// # Errors
    /// If it cannot be said in JSON.
    pub fn insert_json<T: Serialize>(&mut self, key: &str, value: &T) -> Result<(), serde_json::Error> {
        self.insert(key, serde_json::to_value(value)?);
        Ok(())
    }

    /// All members, sorted by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().flat_map(|members| members.map().iter()).map(|(key, value)| (key.as_str(), value))
    }

    /// All of it as one type, such as a struct of the members that are wanted. An absent one is read as an empty one.
    ///
    /// # Errors
    /// Whatever the type says.
    pub fn read_as<'a, T: Deserialize<'a>>(&'a self) -> Result<T, serde_json::Error> {
        match (&self.0, self.text()) {
            (None, _) => serde_json::from_str("{}"),
            (_, Some(text)) => serde_json::from_str(text),
            (Some(members), None) => T::deserialize(members.map()),
        }
    }

    /// What it was read from, where that was kept: the same text says the same.
    pub fn text(&self) -> Option<&str> {
        self.0.as_deref().and_then(Members::text)
    }

    /// The token under which the peer wants progress. A token of another type than string or integer is none.
    pub fn progress_token(&self) -> Option<ProgressToken> {
        ProgressToken::deserialize(self.get(Self::PROGRESS_TOKEN)?).ok()
    }

    /// The protocol version the request is written in, if it says so.
    pub fn protocol_version(&self) -> Option<&str> {
        self.get(Self::PROTOCOL_VERSION)?.as_str()
    }

    /// The client's name and version.
    ///
    /// # Errors
    /// If the member is there but is no `Implementation`.
    pub fn client_info(&self) -> Result<Option<Implementation>, serde_json::Error> {
        self.read(Self::CLIENT_INFO)
    }

    /// The client's capabilities.
    ///
    /// # Errors
    /// If the member is there but is no `ClientCapabilities`.
    pub fn client_capabilities(&self) -> Result<Option<ClientCapabilities>, serde_json::Error> {
        self.read(Self::CLIENT_CAPABILITIES)
    }

    /// The least severe level of log messages that the client wants for this request.
    ///
    /// # Errors
    /// If the member is there but is no logging level.
    pub fn log_level(&self) -> Result<Option<LoggingLevel>, serde_json::Error> {
        self.read(Self::LOG_LEVEL)
    }

    /// The server's name and version.
    ///
    /// # Errors
    /// If the member is there but is no `Implementation`.
    pub fn server_info(&self) -> Result<Option<Implementation>, serde_json::Error> {
        self.read(Self::SERVER_INFO)
    }

    /// The id of the `subscriptions/listen` request that a message belongs to.
    pub fn subscription_id(&self) -> Option<RequestId> {
        RequestId::deserialize(self.get(Self::SUBSCRIPTION_ID)?).ok()
    }

    /// The id of the task that a message belongs to.
    pub fn related_task(&self) -> Option<&str> {
        self.get(Self::RELATED_TASK)?.get("taskId")?.as_str()
    }

    /// The W3C `traceparent` of the caller.
    pub fn traceparent(&self) -> Option<&str> {
        self.get(Self::TRACEPARENT)?.as_str()
    }

    /// The W3C `tracestate` of the caller.
    pub fn tracestate(&self) -> Option<&str> {
        self.get(Self::TRACESTATE)?.as_str()
    }

    fn read<'a, T: Deserialize<'a>>(&'a self, key: &str) -> Result<Option<T>, serde_json::Error> {
        self.get(key).map(T::deserialize).transpose()
    }
}

impl fmt::Debug for Meta {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            None => f.write_str("Meta(absent)"),
            Some(members) => f.debug_map().entries(members.map()).finish(),
        }
    }
}

impl From<Map<String, Value>> for Meta {
    fn from(members: Map<String, Value>) -> Self {
        Self(Some(Arc::new(Members::from(members))))
    }
}

impl PartialEq for Meta {
    fn eq(&self, other: &Self) -> bool {
        self.0.as_deref().map(Members::map) == other.0.as_deref().map(Members::map)
    }
}

impl<K: Into<String>, V: Into<Value>> FromIterator<(K, V)> for Meta {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(members: I) -> Self {
        members.into_iter().fold(Self::absent(), |meta, (key, value)| meta.with(key, value))
    }
}

impl Serialize for Meta {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match &self.0 {
            None => to.collect_map(std::iter::empty::<(&str, &Value)>()),
            Some(members) => members.map().serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Meta {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Meta;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_unit<E>(self) -> Result<Meta, E> {
                Ok(Meta::absent())
            }

            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Meta, A::Error> {
                let mut members = Map::new();
                while let Some(key) = access.next_key::<String>()? {
                    if members.contains_key(&key) {
                        return Err(A::Error::custom(format_args!("duplicate member `{key}` in _meta")));
                    }
                    members.insert(key, access.next_value()?);
                }
                Ok(Meta::from(members))
            }
        }

        from.deserialize_any(Members)
    }
}

text_or_number! {
    /// The id of a JSON-RPC request, where another message refers to it.
    RequestId, "a string or an integer"
}

open_words! {
    /// What kind of result a result is; a result without one, from an older peer, is complete.
    ResultType {
        /// The final result.
        Complete = "complete",
        /// The server needs answers first: [`InputRequiredResult`](super::InputRequiredResult).
        InputRequired = "input_required",
        /// The work goes on as a task: [`CreateTaskResult`](super::CreateTaskResult).
        Task = "task",
    }
}

/// The params of a request that has none of its own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct RequestParams {
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl From<Meta> for RequestParams {
    fn from(meta: Meta) -> Self {
        Self { meta }
    }
}

/// The params of a notification that has none of its own.
pub type NotificationParams = RequestParams;

/// A result without members of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct EmptyResult {
    /// What kind of result this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_type: Option<ResultType>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl Default for EmptyResult {
    fn default() -> Self {
        Self { result_type: Some(ResultType::Complete), meta: Meta::absent() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_members_are_kept_and_the_known_ones_read() {
        let text = r#"{"com.example/x":[1],"progressToken":7.0,"traceparent":"00-a-b-01"}"#;
        let meta: Meta = serde_json::from_str(text).unwrap();
        assert_eq!(meta.progress_token(), Some(ProgressToken::Number(7)));
        assert_eq!(meta.traceparent(), Some("00-a-b-01"));
        assert_eq!(serde_json::to_string(&meta).unwrap(), text);
    }

    #[test]
    fn a_member_given_twice_is_refused_by_name() {
        let error = serde_json::from_str::<Meta>(r#"{"a":1,"b":2,"a":1}"#).unwrap_err();
        assert!(error.to_string().contains("duplicate member `a` in _meta"), "{error}");
    }

    #[test]
    fn a_text_that_is_kept_says_the_same_as_one_that_was_read() {
        let of = |text: &str| Meta::of(&RawValue::from_string(text.to_owned()).unwrap());
        let text = r#"{"io.modelcontextprotocol/logLevel":"info","\u0070rogressToken":7,"a":{"b":[null,1.5,true]}}"#;
        let (kept, read) = (of(text).unwrap(), serde_json::from_str::<Meta>(text).unwrap());
        assert_eq!((kept.progress_token(), kept.log_level().unwrap()), (Some(7.into()), Some(LoggingLevel::Info)));
        assert_eq!((kept.related_task(), kept.get("a")), (None, read.get("a")));
        assert_eq!(kept.read_as::<Map<String, Value>>().unwrap(), read.read_as::<Map<String, Value>>().unwrap());
        assert_eq!(kept, read);
        let mut changed = kept.clone();
        assert!(changed.remove(Meta::RELATED_TASK).is_none() && changed.remove("b").is_none());
        assert!(changed.remove("a").is_some() && changed != kept && kept == read);
        changed.insert(Meta::RELATED_TASK, Value::from("t"));
        assert!(changed.get(Meta::RELATED_TASK).is_some());
        assert_eq!(of("null").unwrap(), Meta::absent());
        for wrong in ["7", "[]", r#"{"a":1,"a":2}"#, r#"{"a":1e999}"#, r#"{"a":["\ud800"]}"#, r#"{"\ud800":1}"#] {
            assert!(of(wrong).is_err() && serde_json::from_str::<Meta>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn absent_and_empty_stay_apart_on_the_wire() {
        let empty: RequestParams = serde_json::from_str(r#"{"_meta":{}}"#).unwrap();
        let absent: RequestParams = serde_json::from_str("{}").unwrap();
        assert_eq!(serde_json::to_string(&empty).unwrap(), r#"{"_meta":{}}"#);
        assert_eq!(serde_json::to_string(&absent).unwrap(), "{}");
        assert_eq!(size_of::<Meta>(), size_of::<usize>());
    }

    #[test]
    fn a_malformed_member_is_an_error_where_it_is_asked_for() {
        let meta = Meta::absent().with(Meta::LOG_LEVEL, "loud");
        assert!(meta.log_level().is_err());
        assert_eq!(meta.client_info().unwrap(), None);
    }

    #[test]
    fn an_id_is_a_string_or_an_integer() {
        let read = |text| serde_json::from_str::<RequestId>(text).ok();
        assert_eq!(read("2.0"), Some(RequestId::Number(2)));
        assert_eq!(read("\"2\""), Some(RequestId::from("2")));
        assert_eq!(read("2.5"), None);
        assert_eq!(read("null"), None);
        assert_eq!(read("9223372036854775808"), None);
    }
}
