//! The messages of sampling: what user and model say, and which tools the model wants to be run.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::Value;

use super::annotations::Role;
use super::content::{AudioContent, Content, ImageContent, TextContent, exactly, type_of};
use super::meta::Meta;
use super::reading::{self, JsonObject};

/// One message of a conversation with a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct SamplingMessage {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: SamplingContent,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl SamplingMessage {
    /// A message from this role.
    pub fn new(role: Role, content: impl Into<SamplingContent>) -> Self {
        Self { role, content: content.into(), meta: Meta::absent() }
    }

    /// A message from the user.
    pub fn user(content: impl Into<SamplingContent>) -> Self {
        Self::new(Role::User, content)
    }

    /// A message from the model.
    pub fn assistant(content: impl Into<SamplingContent>) -> Self {
        Self::new(Role::Assistant, content)
    }
}

/// What a sampling message says: one piece, or an array of them; the two are different on the wire.
#[derive(Clone, Debug, PartialEq)]
pub enum SamplingContent {
    /// One piece, not in an array.
    One(SamplingMessageContentBlock),
    /// An array.
    Many(Vec<SamplingMessageContentBlock>),
}

impl SamplingContent {
    /// The pieces.
    pub fn as_slice(&self) -> &[SamplingMessageContentBlock] {
        match self {
            Self::One(block) => std::slice::from_ref(block),
            Self::Many(blocks) => blocks,
        }
    }

    /// The pieces, one by one.
    pub fn iter(&self) -> std::slice::Iter<'_, SamplingMessageContentBlock> {
        self.as_slice().iter()
    }
}

impl<'a> IntoIterator for &'a SamplingContent {
    type Item = &'a SamplingMessageContentBlock;
    type IntoIter = std::slice::Iter<'a, SamplingMessageContentBlock>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<T: Into<SamplingMessageContentBlock>> From<T> for SamplingContent {
    fn from(block: T) -> Self {
        Self::One(block.into())
    }
}

impl From<Vec<SamplingMessageContentBlock>> for SamplingContent {
    fn from(blocks: Vec<SamplingMessageContentBlock>) -> Self {
        Self::Many(blocks)
    }
}

impl Serialize for SamplingContent {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::One(block) => block.serialize(to),
            Self::Many(blocks) => blocks.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for SamplingContent {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let content = Value::deserialize(from)?;
        let read = if content.is_array() {
            Vec::deserialize(content).map(Self::Many)
        } else {
            SamplingMessageContentBlock::deserialize(content).map(Self::One)
        };
        read.map_err(serde::de::Error::custom)
    }
}

/// One piece of a sampling message, known by its `type`.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SamplingMessageContentBlock {
    /// Text.
    Text(TextContent),
    /// An image.
    Image(ImageContent),
    /// Sound.
    Audio(AudioContent),
    /// The model wants a tool to be run.
    ToolUse(ToolUseContent),
    /// What the tool said.
    ToolResult(ToolResultContent),
    /// A kind we do not know, kept as it came.
    Other(JsonObject),
}

impl SamplingMessageContentBlock {
    /// Text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(TextContent::new(text))
    }

    /// The text, if that is what it is.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(content) => Some(&content.text),
            _ => None,
        }
    }
}

impl From<&str> for SamplingMessageContentBlock {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for SamplingMessageContentBlock {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<TextContent> for SamplingMessageContentBlock {
    fn from(content: TextContent) -> Self {
        Self::Text(content)
    }
}

impl From<ImageContent> for SamplingMessageContentBlock {
    fn from(content: ImageContent) -> Self {
        Self::Image(content)
    }
}

impl From<AudioContent> for SamplingMessageContentBlock {
    fn from(content: AudioContent) -> Self {
        Self::Audio(content)
    }
}

impl From<ToolUseContent> for SamplingMessageContentBlock {
    fn from(content: ToolUseContent) -> Self {
        Self::ToolUse(content)
    }
}

impl From<ToolResultContent> for SamplingMessageContentBlock {
    fn from(content: ToolResultContent) -> Self {
        Self::ToolResult(content)
    }
}

impl Serialize for SamplingMessageContentBlock {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Text(content) => content.serialize(to),
            Self::Image(content) => content.serialize(to),
            Self::Audio(content) => content.serialize(to),
            Self::ToolUse(content) => content.serialize(to),
            Self::ToolResult(content) => content.serialize(to),
            Self::Other(content) => content.serialize(to),
        }
    }
}

impl<'de> Deserialize<'de> for SamplingMessageContentBlock {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let content = JsonObject::deserialize(from)?;
        match type_of(&content)? {
            "text" => exactly(content).map(Self::Text),
            "image" => exactly(content).map(Self::Image),
            "audio" => exactly(content).map(Self::Audio),
            "tool_use" => exactly(content).map(Self::ToolUse),
            "tool_result" => exactly(content).map(Self::ToolResult),
            _ => Ok(Self::Other(content)),
        }
    }
}

/// A model wants a tool to be run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "tool_use")]
#[non_exhaustive]
pub struct ToolUseContent {
    /// What its result refers to.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The arguments.
    pub input: JsonObject,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl ToolUseContent {
    /// Run this tool with these arguments.
    pub fn new(id: impl Into<String>, name: impl Into<String>, input: JsonObject) -> Self {
        Self { id: id.into(), name: name.into(), input, meta: Meta::absent() }
    }
}

/// What a tool said that a model wanted to be run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "tool_result", rename_all = "camelCase")]
#[non_exhaustive]
pub struct ToolResultContent {
    /// The id of the use it answers.
    pub tool_use_id: String,
    /// What the tool said.
    pub content: Vec<Content>,
    /// The same for programs; null is a value.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "reading::present")]
    pub structured_content: Option<Value>,
    /// Whether the tool failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_error: Option<bool>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl ToolResultContent {
    /// What the tool said.
    pub fn new(tool_use_id: impl Into<String>, content: Vec<Content>) -> Self {
        let (structured_content, is_error, meta) = (None, None, Meta::absent());
        Self { tool_use_id: tool_use_id.into(), content, structured_content, is_error, meta }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn one_piece_and_an_array_of_one_stay_apart() {
        let piece = json!({ "role": "user", "content": { "type": "text", "text": "hi" } });
        let array = json!({ "role": "user", "content": [{ "type": "text", "text": "hi" }] });
        for message in [piece, array] {
            let read: SamplingMessage = serde_json::from_value(message.clone()).unwrap();
            assert_eq!(read.content.as_slice(), [SamplingMessageContentBlock::text("hi")]);
            assert_eq!(serde_json::to_value(&read).unwrap(), message);
        }
    }
}
