//! Content: what tools, prompts and models say, piece by piece, each kind known by its `type`.

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::annotations::Annotations;
use super::contents::ResourceContents;
use super::meta::Meta;
use super::reading::JsonObject;
use super::resources::{Resource, ResourceLink};

/// One piece of content: the specification's `ContentBlock`.
///
/// ```
/// # use anpu_proto::model::Content;
/// let content = vec![Content::text("a cat"), Content::image("iVBORw0KGgo=", "image/png")];
/// # assert_eq!(content[0].as_text(), Some("a cat"));
/// ```
///
/// See [the specification](https://modelcontextprotocol.io/specification/latest/server/tools#tool-result).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Content {
    /// Text.
    Text(TextContent),
    /// An image.
    Image(ImageContent),
    /// Sound.
    Audio(AudioContent),
    /// A resource that can be read.
    ResourceLink(Box<ResourceLink>),
    /// A resource that is given at once.
    Resource(Box<EmbeddedResource>),
    /// A kind we do not know, kept as it came.
    Other(JsonObject),
}

impl Content {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(TextContent::new(text))
    }

    /// An image, in base64.
    pub fn image(data: impl Into<String>, mime_type: impl Into<String>) -> Self {
        Self::Image(ImageContent::new(data, mime_type))
    }

    /// Sound, in base64.
    pub fn audio(data: impl Into<String>, mime_type: impl Into<String>) -> Self {
        Self::Audio(AudioContent::new(data, mime_type))
    }

    /// A resource that can be read.
    pub fn resource_link(resource: Resource) -> Self {
        Self::ResourceLink(Box::new(ResourceLink::from(resource)))
    }

    /// A resource that is given at once.
    pub fn embedded(resource: impl Into<ResourceContents>) -> Self {
        Self::Resource(Box::new(EmbeddedResource::new(resource)))
    }

    /// The text, if that is what it is.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(content) => Some(&content.text),
            _ => None,
        }
    }

    /// Adds hints about its use; a kind we do not know stays as it is.
    #[must_use]
    pub fn annotations(mut self, annotations: Annotations) -> Self {
        match &mut self {
            Self::Text(content) => content.annotations = Some(annotations),
            Self::Image(content) => content.annotations = Some(annotations),
            Self::Audio(content) => content.annotations = Some(annotations),
            Self::ResourceLink(content) => content.annotations = Some(annotations),
            Self::Resource(content) => content.annotations = Some(annotations),
            Self::Other(_) => {}
        }
        self
    }

    /// Adds a member to its `_meta`; a kind we do not know stays as it is.
    #[must_use]
    pub fn meta(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        if let Some(meta) = self.meta_mut() {
            meta.insert(key, value);
        }
        self
    }

    /// Its `_meta`; none for a kind we do not know.
    pub fn meta_mut(&mut self) -> Option<&mut Meta> {
        match self {
            Self::Text(content) => Some(&mut content.meta),
            Self::Image(content) => Some(&mut content.meta),
            Self::Audio(content) => Some(&mut content.meta),
            Self::ResourceLink(content) => Some(&mut content.meta),
            Self::Resource(content) => Some(&mut content.meta),
            Self::Other(_) => None,
        }
    }
}

impl From<String> for Content {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&str> for Content {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<TextContent> for Content {
    fn from(content: TextContent) -> Self {
        Self::Text(content)
    }
}

impl From<ImageContent> for Content {
    fn from(content: ImageContent) -> Self {
        Self::Image(content)
    }
}

impl From<AudioContent> for Content {
    fn from(content: AudioContent) -> Self {
        Self::Audio(content)
    }
}

impl From<ResourceLink> for Content {
    fn from(content: ResourceLink) -> Self {
        Self::ResourceLink(Box::new(content))
    }
}

impl From<EmbeddedResource> for Content {
    fn from(content: EmbeddedResource) -> Self {
        Self::Resource(Box::new(content))
    }
}

impl Serialize for Content {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(content) => content.serialize(to),
            Self::Image(content) => content.serialize(to),
            Self::Audio(content) => content.serialize(to),
            Self::ResourceLink(content) => content.serialize(to),
            Self::Resource(content) => content.serialize(to),
            Self::Other(content) => content.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for Content {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let content = JsonObject::deserialize(from)?;
        match type_of(&content)? {
            "text" => exactly(content).map(Self::Text),
            "image" => exactly(content).map(Self::Image),
            "audio" => exactly(content).map(Self::Audio),
            "resource_link" => exactly(content).map(Self::ResourceLink),
            "resource" => exactly(content).map(Self::Resource),
            _ => Ok(Self::Other(content)),
        }
    }
}

/// The `type` by which a kind of content is known.
pub(super) fn type_of<E: serde::de::Error>(content: &JsonObject) -> Result<&str, E> {
    let kind = content.get("type").ok_or_else(|| E::missing_field("type"))?;
    kind.as_str().ok_or_else(|| E::custom(format_args!("type: expected a string, found {kind}")))
}

/// The object read as the kind that its `type` names.
pub(super) fn exactly<T: DeserializeOwned, E: serde::de::Error>(content: JsonObject) -> Result<T, E> {
    T::deserialize(Value::Object(content)).map_err(E::custom)
}

/// Text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "text")]
#[non_exhaustive]
pub struct TextContent {
    /// The text.
    pub text: String,
    /// Hints about its use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl TextContent {
    /// This text.
    pub fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), annotations: None, meta: Meta::absent() }
    }
}

/// An image.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "image", rename_all = "camelCase")]
#[non_exhaustive]
pub struct ImageContent {
    /// The bytes, in base64.
    pub data: String,
    /// What they are.
    pub mime_type: String,
    /// Hints about its use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl ImageContent {
    /// These bytes, in base64.
    pub fn new(data: impl Into<String>, mime_type: impl Into<String>) -> Self {
        Self { data: data.into(), mime_type: mime_type.into(), annotations: None, meta: Meta::absent() }
    }
}

/// Sound.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "audio", rename_all = "camelCase")]
#[non_exhaustive]
pub struct AudioContent {
    /// The bytes, in base64.
    pub data: String,
    /// What they are.
    pub mime_type: String,
    /// Hints about its use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl AudioContent {
    /// These bytes, in base64.
    pub fn new(data: impl Into<String>, mime_type: impl Into<String>) -> Self {
        Self { data: data.into(), mime_type: mime_type.into(), annotations: None, meta: Meta::absent() }
    }
}

/// A resource that is given at once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "resource")]
#[non_exhaustive]
pub struct EmbeddedResource {
    /// What it says.
    pub resource: ResourceContents,
    /// Hints about its use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub annotations: Option<Annotations>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl EmbeddedResource {
    /// This resource.
    pub fn new(resource: impl Into<ResourceContents>) -> Self {
        Self { resource: resource.into(), annotations: None, meta: Meta::absent() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Result<Content, serde_json::Error> {
        serde_json::from_value(value)
    }

    #[test]
    fn the_type_decides_wherever_it_stands_and_whatever_else_is_there() {
        let text = serde_json::from_str(r#"{"data":"AA==","text":"hi","type":"text"}"#).unwrap();
        assert_eq!(Content::text("hi"), text);
        let error = read(json!({ "type": "image", "text": "hi" })).unwrap_err();
        assert_eq!(error.to_string(), "missing field `data`");
    }

    #[test]
    fn an_unknown_type_is_kept_as_it_came() {
        let hologram = json!({ "type": "hologram", "depth": 3, "_meta": { "a": null } });
        let content = read(hologram.clone()).unwrap();
        assert!(matches!(content, Content::Other(_)));
        assert_eq!(serde_json::to_value(&content).unwrap(), hologram);
    }

    #[test]
    fn a_missing_or_odd_type_is_refused() {
        assert_eq!(read(json!({ "text": "hi" })).unwrap_err().to_string(), "missing field `type`");
        let error = read(json!({ "type": 5 })).unwrap_err();
        assert_eq!(error.to_string(), "type: expected a string, found 5");
    }
}
