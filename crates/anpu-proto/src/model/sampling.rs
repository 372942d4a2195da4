//! Sampling: a server asks the client's model to go on with a conversation.

use serde::{Deserialize, Serialize};

use super::annotations::Role;
use super::meta::Meta;
use super::reading::{self, JsonObject, open_words};
use super::sampling_message::{SamplingContent, SamplingMessage, SamplingMessageContentBlock};
use super::tasks::TaskMetadata;
use super::tools::Tool;

/// The params of `sampling/createMessage`.
///
/// See [the specification](https://modelcontextprotocol.io/specification/latest/client/sampling).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreateMessageRequestParams {
    /// The conversation so far.
    pub messages: Vec<SamplingMessage>,
    /// Which model the server would like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub model_preferences: Option<Box<ModelPreferences>>,
    /// The system prompt the server would like.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub system_prompt: Option<String>,
    /// Whose context to add.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub include_context: Option<IncludeContext>,
    /// How random the sampling is.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "reading::write_optional_number")]
    pub temperature: Option<f64>,
    /// The most tokens to sample.
    #[serde(deserialize_with = "reading::unsigned")]
    pub max_tokens: u64,
    /// What ends the sampling.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stop_sequences: Vec<String>,
    /// What goes to the model's provider as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<JsonObject>,
    /// The tools the model may use; the server runs them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tools: Vec<Tool>,
    /// Whether it may or must use them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tool_choice: Option<ToolChoice>,
    /// The sampling is to run as a task of the client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<TaskMetadata>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl CreateMessageRequestParams {
    /// Go on with this conversation, with so many tokens at most.
    pub fn new(messages: Vec<SamplingMessage>, max_tokens: u64) -> Self {
        Self { messages, max_tokens, ..Self::default() }
    }

    /// Which model the server would like.
    #[must_use]
    pub fn model_preferences(mut self, preferences: ModelPreferences) -> Self {
        self.model_preferences = Some(Box::new(preferences));
        self
    }

    /// The system prompt the server would like.
    #[must_use]
    pub fn system_prompt(mut self, prompt: impl Into<String>) -> Self {
        self.system_prompt = Some(prompt.into());
        self
    }

    /// Whose context to add.
    #[must_use]
    pub fn include_context(mut self, context: IncludeContext) -> Self {
        self.include_context = Some(context);
        self
    }

    /// How random the sampling is.
    #[must_use]
    pub fn temperature(mut self, temperature: f64) -> Self {
        self.temperature = Some(temperature);
        self
    }

    /// Adds what ends the sampling.
    #[must_use]
    pub fn stop_sequence(mut self, text: impl Into<String>) -> Self {
        self.stop_sequences.push(text.into());
        self
    }

    /// What goes to the model's provider as it is.
    #[must_use]
    pub fn metadata(mut self, metadata: JsonObject) -> Self {
        self.metadata = Some(metadata);
        self
    }

    /// The tools the model may use, and whether it must.
    #[must_use]
    pub fn tools(mut self, tools: Vec<Tool>, mode: ToolChoiceMode) -> Self {
        self.tools = tools;
        self.tool_choice = Some(ToolChoice { mode: Some(mode) });
        self
    }

    /// Whether it needs a client that samples with tools.
    pub fn uses_tools(&self) -> bool {
        !self.tools.is_empty() || self.tool_choice.is_some()
    }
}

/// Whose context a sampling is to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum IncludeContext {
    /// Nobody's.
    None,
    /// The asking server's.
    ThisServer,
    /// That of all servers of the client.
    AllServers,
}

/// Whether a model may or must use the tools it is given.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ToolChoice {
    /// If absent: it may.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mode: Option<ToolChoiceMode>,
}

/// Whether a model may or must use the tools it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ToolChoiceMode {
    /// It may.
    #[default]
    Auto,
    /// It must use one at least.
    Required,
    /// It must not.
    None,
}

/// Which model a server would like; the client decides.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct ModelPreferences {
    /// Names to look for, the best first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub hints: Vec<ModelHint>,
    /// How much a low price matters, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "reading::write_optional_number")]
    pub cost_priority: Option<f64>,
    /// How much speed matters, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "reading::write_optional_number")]
    pub speed_priority: Option<f64>,
    /// How much intelligence matters, from 0 to 1.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "reading::write_optional_number")]
    pub intelligence_priority: Option<f64>,
}

impl ModelPreferences {
    /// No preferences yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a name, or a part of one, to look for.
    #[must_use]
    pub fn hint(mut self, name: impl Into<String>) -> Self {
        self.hints.push(ModelHint { name: Some(name.into()) });
        self
    }

    /// How much a low price matters, from 0 to 1.
    #[must_use]
    pub fn cost(mut self, priority: f64) -> Self {
        self.cost_priority = Some(priority.clamp(0.0, 1.0));
        self
    }

    /// How much speed matters, from 0 to 1.
    #[must_use]
    pub fn speed(mut self, priority: f64) -> Self {
        self.speed_priority = Some(priority.clamp(0.0, 1.0));
        self
    }

    /// How much intelligence matters, from 0 to 1.
    #[must_use]
    pub fn intelligence(mut self, priority: f64) -> Self {
        self.intelligence_priority = Some(priority.clamp(0.0, 1.0));
        self
    }
}

/// A name, or a part of one, of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct ModelHint {
    /// The name or part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
}

/// The result of `sampling/createMessage`: what the model said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct CreateMessageResult {
    /// Who says it.
    pub role: Role,
    /// What is said.
    pub content: SamplingContent,
    /// The model's name.
    pub model: String,
    /// Why the model stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_reason: Option<StopReason>,
    /// `_meta`.
    #[serde(rename = "_meta", default, skip_serializing_if = "Meta::is_absent")]
    pub meta: Meta,
}

impl CreateMessageResult {
    /// What this model said.
    pub fn new(model: impl Into<String>, content: impl Into<SamplingContent>) -> Self {
        let (role, meta) = (Role::Assistant, Meta::absent());
        Self { role, content: content.into(), model: model.into(), stop_reason: None, meta }
    }

    /// Why the model stopped.
    #[must_use]
    pub fn stop_reason(mut self, reason: StopReason) -> Self {
        self.stop_reason = Some(reason);
        self
    }

    /// All text in it, joined.
    pub fn text(&self) -> String {
        self.content.iter().filter_map(SamplingMessageContentBlock::as_text).collect()
    }
}

open_words! {
    /// Why a model stopped.
    StopReason {
        /// It had said all.
        EndTurn = "endTurn",
        /// It said a stop sequence.
        StopSequence = "stopSequence",
        /// It may not say more.
        MaxTokens = "maxTokens",
        /// It wants a tool to be run.
        ToolUse = "toolUse",
    }
}
