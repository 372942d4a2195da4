//! A number to be typed.

use anpu_proto::model::{Answer, Ask, ClientCapabilities, NumberSchema};
use serde_json::Value;

use super::field::FormField;
use super::{Outcome, Question, check, one};
use crate::error::Result;

/// Asks for a number: `Number::new(..)` for any, [`Number::integer`] for a whole one.
///
/// ```
/// use anpu::prelude::*;
/// use anpu::Number;
///
/// # async fn demo(cx: Cx) -> Result<()> {
/// let guests: Outcome<i64> = cx.ask("guests", Number::integer("How many guests?").min(1.0).max(12.0)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Number<T = f64> {
    message: String,
    field: NumberSchema,
    read: fn(Value) -> Option<T>,
}

impl Number {
    /// Asks this, for any number.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), field: NumberSchema::number(), read: f64::read }
    }

    /// Asks this, for a whole number.
    pub fn integer(message: impl Into<String>) -> Number<i64> {
        Number { message: message.into(), field: NumberSchema::integer(), read: i64::read }
    }
}

impl<T> Number<T> {
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

    /// The least.
    #[must_use]
    pub fn min(mut self, number: f64) -> Self {
        self.field.minimum = Some(number);
        self
    }

    /// The most.
    #[must_use]
    pub fn max(mut self, number: f64) -> Self {
        self.field.maximum = Some(number);
        self
    }

    /// What the client fills in already, where its version has that.
    #[must_use]
    pub fn default_value(mut self, number: f64) -> Self {
        self.field = self.field.default_value(number);
        self
    }
}

impl<T: Send + 'static> Question for Number<T> {
    type Answer = Outcome<T>;

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
        let number = one::value(&one::form(self.field.clone()), answer)?;
        number.try_map(|number| (self.read)(number).ok_or_else(|| check::invalid("the number is too large")))
    }
}
