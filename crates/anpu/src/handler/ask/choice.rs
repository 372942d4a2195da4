//! One or several of some values.

use std::fmt;

use anpu_proto::model::{Answer, Ask, ClientCapabilities, EnumSchema, PrimitiveSchemaDefinition};
use serde_json::Value;

use super::field::Field;
use super::{FormChoice, Outcome, Question, check, one};
use crate::error::Result;

/// Asks for one of some values.
///
/// ```
/// use anpu::prelude::*;
///
/// # async fn demo(cx: Cx) -> Result<()> {
/// let sizes = Choice::titled("Which size?", [("s", "Small"), ("l", "Large")]).default_value("s");
/// match cx.ask("size", sizes).await? {
///     Outcome::Accepted(size) => println!("{size}"),
///     Outcome::Declined | Outcome::Cancelled => println!("none"),
/// }
/// # Ok(())
/// # }
/// ```
pub struct Choice<T = String> {
    one: Asked,
    read: fn(String) -> Option<T>,
}

/// Asks for several of some values. To clients whose version has no such choice it becomes a [`Choice`], and their answer a
/// list of one.
///
/// ```
/// use anpu::prelude::*;
///
/// # async fn demo(cx: Cx) -> Result<()> {
/// let toppings = Choices::new("What on it?", ["cheese", "olives", "basil"]).max_items(2);
/// let toppings: Vec<String> = cx.ask("toppings", toppings).await?.into_answer().unwrap_or_default();
/// # Ok(())
/// # }
/// ```
pub struct Choices<T = String> {
    many: Asked,
    read: fn(String) -> Option<T>,
}

/// What both have in common.
#[derive(Clone, Debug)]
struct Asked {
    message: String,
    field: Field,
}

impl Choice {
    /// Asks this, with these values to choose from.
    pub fn new<V: Into<String>>(message: impl Into<String>, values: impl IntoIterator<Item = V>) -> Self {
        Self { one: Asked::new(message, EnumSchema::one_of(values)), read: Some }
    }

    /// Asks this, with these values and their names for people.
    pub fn titled<V: Into<String>, N: Into<String>>(
        message: impl Into<String>,
        options: impl IntoIterator<Item = (V, N)>,
    ) -> Self {
        Self { one: Asked::new(message, EnumSchema::one_of_titled(options)), read: Some }
    }
}

impl<T: FormChoice> Choice<T> {
    /// Asks this, with the variants of an enum that derives [`Form`](macro@crate::Form) to choose from.
    pub fn of(message: impl Into<String>) -> Self {
        let field = EnumSchema::one_of_titled(T::OPTIONS.iter().copied());
        Self { one: Asked::new(message, field), read: |value| T::from_value(&value) }
    }
}

impl<T> Choice<T> {
    /// The name of the field, for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.one.field = self.one.field.title(title);
        self
    }

    /// What to choose.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.one.field = self.one.field.description(text);
        self
    }

    /// The value that the client has chosen already, where its version has that.
    #[must_use]
    pub fn default_value(mut self, value: impl Into<String>) -> Self {
        self.one.field = self.one.field.default_value(value.into());
        self
    }
}

impl Choices {
    /// Asks this, with these values to choose from.
    pub fn new<V: Into<String>>(message: impl Into<String>, values: impl IntoIterator<Item = V>) -> Self {
        Self { many: Asked::new(message, EnumSchema::some_of(values)), read: Some }
    }

    /// Asks this, with these values and their names for people.
    pub fn titled<V: Into<String>, N: Into<String>>(
        message: impl Into<String>,
        options: impl IntoIterator<Item = (V, N)>,
    ) -> Self {
        Self { many: Asked::new(message, EnumSchema::some_of_titled(options)), read: Some }
    }
}

impl<T: FormChoice> Choices<T> {
    /// Asks this, with the variants of an enum that derives [`Form`](macro@crate::Form) to choose from.
    pub fn of(message: impl Into<String>) -> Self {
        let field = EnumSchema::some_of_titled(T::OPTIONS.iter().copied());
        Self { many: Asked::new(message, field), read: |value| T::from_value(&value) }
    }
}

impl<T> Choices<T> {
    /// The name of the field, for people.
    #[must_use]
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.many.field = self.many.field.title(title);
        self
    }

    /// What to choose.
    #[must_use]
    pub fn description(mut self, text: impl Into<String>) -> Self {
        self.many.field = self.many.field.description(text);
        self
    }

    /// The fewest values to choose.
    #[must_use]
    pub fn min_items(mut self, count: u64) -> Self {
        self.many.field = self.many.field.min_items(count);
        self
    }

    /// The most values to choose.
    #[must_use]
    pub fn max_items(mut self, count: u64) -> Self {
        self.many.field = self.many.field.max_items(count);
        self
    }

    /// The values that the client has chosen already, where its version has that.
    #[must_use]
    pub fn default_values<V: Into<String>>(mut self, values: impl IntoIterator<Item = V>) -> Self {
        let values: Vec<String> = values.into_iter().map(Into::into).collect();
        self.many.field = self.many.field.default_value(values);
        self
    }
}

impl Asked {
    fn new(message: impl Into<String>, field: EnumSchema) -> Self {
        Self { message: message.into(), field: Field::new(field) }
    }

    fn schema(&self) -> PrimitiveSchemaDefinition {
        self.field.schema().clone()
    }

    fn check(&self) -> Result {
        check::form(&one::form(self.schema()))
    }

    fn ask(&self) -> Ask {
        one::ask(&self.message, one::form(self.schema()))
    }

    fn read(&self, answer: Answer) -> Result<Outcome<Value>> {
        one::value(&one::form(self.schema()), answer)
    }
}

impl<T: Send + 'static> Question for Choice<T> {
    type Answer = Outcome<T>;

    fn check(&self) -> Result {
        self.one.check()
    }

    fn ask(&self) -> Ask {
        self.one.ask()
    }

    fn required(&self, client: &ClientCapabilities) -> Result<(), Value> {
        one::required(client)
    }

    fn read(&self, answer: Answer) -> Result<Self::Answer> {
        self.one.read(answer)?.try_map(|value| typed(value, self.read))
    }
}

impl<T: Send + 'static> Question for Choices<T> {
    type Answer = Outcome<Vec<T>>;

    fn check(&self) -> Result {
        self.many.check()
    }

    fn ask(&self) -> Ask {
        self.many.ask()
    }

    fn required(&self, client: &ClientCapabilities) -> Result<(), Value> {
        one::required(client)
    }

    fn read(&self, answer: Answer) -> Result<Self::Answer> {
        self.many.read(answer)?.try_map(|values| match values {
            Value::Array(values) => values.into_iter().map(|value| typed(value, self.read)).collect(),
            _ => Err(check::invalid("expected a list")),
        })
    }
}

fn typed<T>(value: Value, read: fn(String) -> Option<T>) -> Result<T> {
    let text = if let Value::String(text) = value { read(text) } else { None };
    text.ok_or_else(|| check::invalid("it is none of the choices"))
}

impl<T> Clone for Choice<T> {
    fn clone(&self) -> Self {
        Self { one: self.one.clone(), read: self.read }
    }
}

impl<T> Clone for Choices<T> {
    fn clone(&self) -> Self {
        Self { many: self.many.clone(), read: self.read }
    }
}

impl<T> fmt::Debug for Choice<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Choice").field(&self.one).finish()
    }
}

impl<T> fmt::Debug for Choices<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Choices").field(&self.many).finish()
    }
}
