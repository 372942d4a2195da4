//! What is said in plain words where a dialect has no other way to say it. Knows no version.

use serde_json::Value;

use crate::model::{
    Annotations, AudioContent, Content, JsonObject, Meta, ResourceContents, ResourceLink, SamplingMessageContentBlock,
    TextContent, ToolResultContent, ToolUseContent,
};

/// A resource that can be read: its name, where it is, what it is.
pub(super) fn resource_link(link: &ResourceLink) -> TextContent {
    let mut words = format!("{}: {}", link.title.as_ref().unwrap_or(&link.name), link.uri);
    if let Some(mime_type) = &link.mime_type {
        words.push_str(&format!(" ({mime_type})"));
    }
    if let Some(description) = &link.description {
        words.push_str(&format!("\n{description}"));
    }
    text(words, link.annotations.clone(), link.meta.clone())
}

/// Sound: that there was some. Its bytes would be noise to a reader of text.
pub(super) fn audio(audio: &AudioContent) -> TextContent {
    let words = format!("[audio, {}, {} base64 characters, left out]", audio.mime_type, audio.data.len());
    text(words, audio.annotations.clone(), audio.meta.clone())
}

/// A model that wants a tool to be run.
pub(super) fn tool_use(tool_use: &ToolUseContent) -> TextContent {
    let input = Value::Object(tool_use.input.clone());
    let words = format!("[tool use {}: {} {input}]", tool_use.id, tool_use.name);
    text(words, None, tool_use.meta.clone())
}

/// What a tool said to a model: its pieces, each in words.
pub(super) fn tool_result(result: &ToolResultContent) -> TextContent {
    let failed = if result.is_error == Some(true) { ", failed" } else { "" };
    let mut words = format!("[tool result {}{failed}]", result.tool_use_id);
    for content in &result.content {
        words.push('\n');
        words.push_str(&piece(content));
    }
    if let (true, Some(value)) = (result.content.is_empty(), &result.structured_content) {
        words.push_str(&format!("\n{value}"));
    }
    text(words, None, result.meta.clone())
}

/// A kind of content nobody here knows: its text if it has one, else its JSON.
pub(super) fn unknown(content: &JsonObject) -> TextContent {
    let words = match content.get("text").and_then(Value::as_str) {
        Some(words) => words.to_owned(),
        None => Value::Object(content.clone()).to_string(),
    };
    TextContent::new(words)
}

/// A piece of a sampling message.
pub(super) fn block(block: &SamplingMessageContentBlock) -> String {
    match block {
        SamplingMessageContentBlock::Text(it) => it.text.clone(),
        SamplingMessageContentBlock::Image(it) => image(&it.mime_type),
        SamplingMessageContentBlock::Audio(it) => audio(it).text,
        SamplingMessageContentBlock::ToolUse(it) => tool_use(it).text,
        SamplingMessageContentBlock::ToolResult(it) => tool_result(it).text,
        SamplingMessageContentBlock::Other(it) => unknown(it).text,
    }
}

fn piece(content: &Content) -> String {
    match content {
        Content::Text(it) => it.text.clone(),
        Content::Image(it) => image(&it.mime_type),
        Content::Audio(it) => audio(it).text,
        Content::ResourceLink(it) => resource_link(it).text,
        Content::Resource(it) => match &it.resource {
            ResourceContents::Text(contents) => contents.text.clone(),
            ResourceContents::Blob(contents) => contents.uri.clone(),
        },
        Content::Other(it) => unknown(it).text,
    }
}

fn image(mime_type: &str) -> String {
    format!("[image, {mime_type}, left out]")
}

fn text(words: String, annotations: Option<Annotations>, meta: Meta) -> TextContent {
    let mut text = TextContent::new(words);
    (text.annotations, text.meta) = (annotations, meta);
    text
}
