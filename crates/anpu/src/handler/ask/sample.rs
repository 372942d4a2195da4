//! Sampling: the client's model goes on with a conversation.

use std::time::Duration;

use anpu_proto::model::{
    Answer, Ask, ClientCapabilities, CreateMessageRequestParams, CreateMessageResult, IncludeContext, ModelPreferences,
    SamplingContent, SamplingMessage, Tool, ToolChoice, ToolChoiceMode,
};
use serde_json::{Map, Value};

use super::{Asking, MACHINE, Question, check};
use crate::error::{Error, Result};
use crate::handler::Cx;

/// Asks the client's model. The answer is what it said; [`text`](CreateMessageResult::text) joins the text in it.
///
/// ```
/// use anpu::prelude::*;
///
/// # async fn demo(cx: Cx) -> Result<()> {
/// let sample = Sample::new("Summarize: once upon a time …").system("You are brief.").max_tokens(200);
/// let summary: String = cx.sample("summary", sample).await?.text();
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Sample {
    params: CreateMessageRequestParams,
}

/// The most tokens unless [`Sample::max_tokens`] says otherwise.
const TOKENS: u64 = 1000;

impl Sample {
    /// Says this to the model, as the user: a text, or several pieces.
    pub fn new(prompt: impl Into<SamplingContent>) -> Self {
        Self::conversation([SamplingMessage::user(prompt)])
    }

    /// Has the model go on with this conversation.
    pub fn conversation(messages: impl IntoIterator<Item = SamplingMessage>) -> Self {
        Self { params: CreateMessageRequestParams::new(messages.into_iter().collect(), TOKENS) }
    }

    /// Adds a message to the conversation.
    #[must_use]
    pub fn message(mut self, message: SamplingMessage) -> Self {
        self.params.messages.push(message);
        self
    }

    /// The system prompt; the client may use another one.
    #[must_use]
    pub fn system(mut self, prompt: impl Into<String>) -> Self {
        self.params = self.params.system_prompt(prompt);
        self
    }

    /// The most tokens to sample: 1000, if this is not called.
    #[must_use]
    pub fn max_tokens(mut self, tokens: u64) -> Self {
        self.params.max_tokens = tokens;
        self
    }

    /// Which model is wished for; the client decides.
    #[must_use]
    pub fn prefer(mut self, preferences: ModelPreferences) -> Self {
        self.params = self.params.model_preferences(preferences);
        self
    }

    /// How random the sampling is.
    #[must_use]
    pub fn temperature(mut self, temperature: f64) -> Self {
        self.params = self.params.temperature(temperature);
        self
    }

    /// Adds texts that end the sampling.
    #[must_use]
    pub fn stop<T: Into<String>>(mut self, sequences: impl IntoIterator<Item = T>) -> Self {
        self.params.stop_sequences.extend(sequences.into_iter().map(Into::into));
        self
    }

    /// Adds tools that the model may use. It says so in its answer; running them and asking again with their results is
    /// up to the handler.
    #[must_use]
    pub fn tools(mut self, tools: impl IntoIterator<Item = Tool>) -> Self {
        self.params.tools.extend(tools);
        self
    }

    /// Whether the model may, must or must not use the tools.
    #[must_use]
    pub fn tool_choice(mut self, mode: ToolChoiceMode) -> Self {
        let mut choice = ToolChoice::default();
        choice.mode = Some(mode);
        self.params.tool_choice = Some(choice);
        self
    }

    /// Whose context the model is given. All but [`IncludeContext::None`] needs a client that declared that it can.
    #[must_use]
    pub fn include_context(mut self, context: IncludeContext) -> Self {
        self.params = self.params.include_context(context);
        self
    }

    /// Adds a member of what goes to the model's provider as it is.
    #[must_use]
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.params.metadata.get_or_insert_default().insert(key.into(), value.into());
        self
    }
}

impl From<CreateMessageRequestParams> for Sample {
    fn from(params: CreateMessageRequestParams) -> Self {
        Self { params }
    }
}

impl Question for Sample {
    type Answer = CreateMessageResult;

    const PATIENCE: Duration = MACHINE;

    fn check(&self) -> Result {
        if self.params.messages.is_empty() || self.params.max_tokens == 0 {
            return Err(Error::config("a model that is asked needs a message and at least one token"));
        }
        Ok(())
    }

    fn ask(&self) -> Ask {
        Ask::CreateMessage(self.params.clone())
    }

    fn required(&self, client: &ClientCapabilities) -> Result<(), Value> {
        let context = self.params.include_context.is_some_and(|context| context != IncludeContext::None);
        let mut missing = Map::new();
        if self.params.uses_tools() && !client.samples_with_tools() {
            missing.insert("tools".to_owned(), Map::new().into());
        }
        if context && !client.samples_with_context() {
            missing.insert("context".to_owned(), Map::new().into());
        }
        if client.samples() && missing.is_empty() {
            return Ok(());
        }
        Err(Map::from_iter([("sampling".to_owned(), Value::Object(missing))]).into())
    }

    fn read(&self, answer: Answer) -> Result<Self::Answer> {
        match answer {
            Answer::CreateMessage(result) => Ok(result),
            _ => Err(check::invalid("it is the answer to another kind of question")),
        }
    }
}

impl Cx {
    /// Asks the client's model, and waits for what it says: 60 seconds, unless [`Asking::within`] says otherwise.
    ///
    /// Nothing but [`ask`](Cx::ask) with a [`Sample`]. That the user of the client refuses it is an error of kind
    /// [`Declined`](crate::ErrorKind::Declined).
    pub fn sample(&self, key: impl Into<String>, sample: impl Into<Sample>) -> Asking<Sample> {
        self.ask(key, sample.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn missing(sample: &Sample, client: &Value) -> Option<Value> {
        sample.required(&serde_json::from_value(client.clone()).unwrap()).err()
    }

    #[test]
    fn it_needs_what_it_uses() {
        let plain = Sample::new("hi");
        let tools = Sample::new("hi").tool_choice(ToolChoiceMode::Auto);
        let context = Sample::new("hi").include_context(IncludeContext::ThisServer);
        let none = Sample::new("hi").include_context(IncludeContext::None);
        assert_eq!(missing(&plain, &json!({})), Some(json!({ "sampling": {} })));
        assert_eq!(missing(&plain, &json!({ "sampling": {} })), None);
        assert_eq!(missing(&none, &json!({ "sampling": {} })), None);
        assert_eq!(missing(&tools, &json!({ "sampling": {} })), Some(json!({ "sampling": { "tools": {} } })));
        assert_eq!(missing(&tools, &json!({ "sampling": { "tools": {} } })), None);
        assert_eq!(missing(&context, &json!({})), Some(json!({ "sampling": { "context": {} } })));
        assert_eq!(missing(&context, &json!({ "sampling": { "context": {} } })), None);
    }

    #[test]
    fn everything_that_is_said_is_sent() {
        let sample = Sample::new("hi")
            .message(SamplingMessage::assistant("ho"))
            .system("s")
            .max_tokens(7)
            .prefer(ModelPreferences::new().hint("m").speed(0.5))
            .temperature(0.25)
            .stop(["x", "y"])
            .tool_choice(ToolChoiceMode::None)
            .include_context(IncludeContext::AllServers)
            .metadata("k", 1);
        let expected = json!({
            "messages": [
                { "role": "user", "content": { "type": "text", "text": "hi" } },
                { "role": "assistant", "content": { "type": "text", "text": "ho" } },
            ],
            "systemPrompt": "s", "maxTokens": 7, "temperature": 0.25, "stopSequences": ["x", "y"],
            "modelPreferences": { "hints": [{ "name": "m" }], "speedPriority": 0.5 },
            "toolChoice": { "mode": "none" }, "includeContext": "allServers", "metadata": { "k": 1 },
        });
        assert_eq!(serde_json::to_value(&sample.params).unwrap(), expected);
    }
}
