//! The contents of resources, how they are read, and how one hears of their updates.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::caching::{CacheScope, cacheable};
use super::content::exactly;
use super::input_required::InputResponses;
use super::meta::{Meta, ResultType};
use super::reading::{self, JsonObject};

/// The params of `resources/read`.
///
/// See [the specification](https://modelcontextprotocol.io/specification/latest/server/resources#reading-resources).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ReadResourceRequestParams {
    /// Where the resource is.
    pub uri: String,
    /// Answers to what the server asked before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_responses: Option<InputResponses>,
    /// What the server gave to be sent back with them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_state: Option<String>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl ReadResourceRequestParams {
    /// The resource at this URI.
    pub fn new(uri: impl Into<String>) -> Self {
        Self { uri: uri.into(), ..Self::default() }
    }
}

/// The result of `resources/read`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ReadResourceResult {
    /// What the resource, or each part of it, says.
    pub contents: Vec<ResourceContents>,
    /// For how many milliseconds this is fresh.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "reading::optional_lifetime")]
    pub ttl_ms: Option<u64>,
    /// Who may share it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_scope: Option<CacheScope>,
    /// What kind of result this is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result_type: Option<ResultType>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl ReadResourceResult {
    /// These contents.
    pub fn new(contents: Vec<ResourceContents>) -> Self {
        Self {
            contents,
            ttl_ms: None,
            cache_scope: None,
            result_type: Some(ResultType::Complete),
            meta: Meta::absent(),
        }
    }
}

cacheable!(ReadResourceResult);

/// What a resource says: text, or bytes in base64. Which of the two, its members `text` and `blob` decide.
#[derive(Clone, Debug, PartialEq)]
pub enum ResourceContents {
    /// Text.
    Text(TextResourceContents),
    /// Bytes.
    Blob(BlobResourceContents),
}

impl ResourceContents {
    /// The text of the resource at this URI.
    pub fn text(uri: impl Into<String>, text: impl Into<String>) -> Self {
        Self::Text(TextResourceContents { uri: uri.into(), mime_type: None, text: text.into(), meta: Meta::absent() })
    }

    /// The bytes, in base64, of the resource at this URI.
    pub fn blob(uri: impl Into<String>, blob: impl Into<String>) -> Self {
        Self::Blob(BlobResourceContents { uri: uri.into(), mime_type: None, blob: blob.into(), meta: Meta::absent() })
    }

    /// Its MIME type.
    #[must_use]
    pub fn mime_type(mut self, mime_type: impl Into<String>) -> Self {
        *self.mime_type_mut() = Some(mime_type.into());
        self
    }

    /// Adds a member to its `_meta`.
    #[must_use]
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        match &mut self {
            Self::Text(contents) => contents.meta.insert(key, value),
            Self::Blob(contents) => contents.meta.insert(key, value),
        };
        self
    }

    /// Where the resource is.
    pub fn uri(&self) -> &str {
        match self {
            Self::Text(contents) => &contents.uri,
            Self::Blob(contents) => &contents.uri,
        }
    }

    /// Its MIME type, to be looked at or set.
    pub fn mime_type_mut(&mut self) -> &mut Option<String> {
        match self {
            Self::Text(contents) => &mut contents.mime_type,
            Self::Blob(contents) => &mut contents.mime_type,
        }
    }
}

impl Serialize for ResourceContents {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(contents) => contents.serialize(to),
            Self::Blob(contents) => contents.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for ResourceContents {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let contents = JsonObject::deserialize(from)?;
        match (contents.contains_key("text"), contents.contains_key("blob")) {
            (true, false) => exactly(contents).map(Self::Text),
            (false, true) => exactly(contents).map(Self::Blob),
            (false, false) => Err(D::Error::custom("expected `text` or `blob`, found neither")),
            (true, true) => Err(D::Error::custom("expected `text` or `blob`, found both")),
        }
    }
}

/// The text of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct TextResourceContents {
    /// Where it is.
    pub uri: String,
    /// Its MIME type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// The text.
    pub text: String,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

/// The bytes of a resource.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct BlobResourceContents {
    /// Where it is.
    pub uri: String,
    /// Its MIME type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mime_type: Option<String>,
    /// The bytes, in base64.
    pub blob: String,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

/// The params of `resources/subscribe`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SubscribeRequestParams {
    /// Where the resource is.
    pub uri: String,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl SubscribeRequestParams {
    /// The resource at this URI.
    pub fn new(uri: impl Into<String>) -> Self {
        Self { uri: uri.into(), meta: Meta::absent() }
    }
}

/// The params of `resources/unsubscribe`.
pub type UnsubscribeRequestParams = SubscribeRequestParams;

/// The params of `notifications/resources/updated`.
pub type ResourceUpdatedNotificationParams = SubscribeRequestParams;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn text_or_blob_decides_and_one_of_them_must() {
        let read = |value| serde_json::from_value::<ResourceContents>(value);
        assert_eq!(read(json!({ "uri": "a:b", "text": "" })).unwrap(), ResourceContents::text("a:b", ""));
        assert_eq!(read(json!({ "uri": "a:b", "blob": "AA==" })).unwrap(), ResourceContents::blob("a:b", "AA=="));
        let neither = read(json!({ "uri": "a:b" })).unwrap_err();
        assert_eq!(neither.to_string(), "expected `text` or `blob`, found neither");
        assert!(read(json!({ "uri": "a:b", "text": "", "blob": "" })).is_err());
    }

    #[test]
    fn a_negative_lifetime_is_none_at_all() {
        let read = |ttl| serde_json::from_str::<ReadResourceResult>(&format!(r#"{{"contents":[],"ttlMs":{ttl}}}"#));
        assert_eq!(read("-1").unwrap().ttl_ms, Some(0));
        assert_eq!(read("5.0").unwrap().ttl_ms, Some(5));
    }
}
