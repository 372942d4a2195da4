//! A text to be typed.

use anpu_proto::model::{Answer, Ask, ClientCapabilities, StringFormat, StringSchema};
use serde_json::Value;

use super::{Outcome, Question, check, one};
use crate::error::Result;

/// Asks for a text.
///
/// ```
/// use anpu::model::StringFormat;
/// use anpu::prelude::*;
///
/// # async fn demo(cx: Cx) -> Result<()> {
/// let question = Text::new("Where shall the invoice go?").title("E-mail").format(StringFormat::Email);
/// let address: String = cx.ask("address", question).await?.or_declined("no address, no invoice")?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Text {
    message: String,
    field: StringSchema,
}

impl Text {
    /// Asks this.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), field: StringSchema::new() }
    }

    /// The name of the field, for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.field = self.field.title(title);
        self
    }

    /// What to fill in.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.field = self.field.description(text);
        self
    }

    /// The fewest characters.
    #[must_use]
    pub fn min_length(mut self, characters: u64) -> Self {
        self.field.min_length = Some(characters);
        self
    }

    /// The most characters.
    #[must_use]
    pub fn max_length(mut self, characters: u64) -> Self {
        self.field.max_length = Some(characters);
        self
    }

    /// What the text must look like.
    #[must_use]
    pub fn format(mut self, format: StringFormat) -> Self {
        self.field = self.field.format(format);
        self
    }

    /// What the client fills in already, where its version has that.
    #[must_use]
    pub fn default_value(mut self, text: impl Into<String>) -> Self {
        self.field = self.field.default_value(text);
        self
    }
}

impl Question for Text {
    type Answer = Outcome<String>;

    fn check(&self) -> Result {
        check::form(&one::form(self.field.clone()))
    }

    fn ask(&self) -> Ask {
        one::ask(&self.message, one::form(self.field.clone()))
    }

    fn required(&self, client: &ClientCapabilities) -> Result<(), Value> {
        one::required(client)
    }

    fn read(&self, answer: Answer) -> Result<Self::Answer> {
        let text = one::value(&one::form(self.field.clone()), answer)?;
        Ok(text.map(|text| if let Value::String(text) = text { text } else { String::new() }))
    }
}
