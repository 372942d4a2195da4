//! Questions to the client: how they are asked, and what comes back.

mod asking;
mod check;
mod choice;
mod confirm;
mod field;
mod form;
mod number;
mod one;
mod outcome;
mod roots;
mod sample;
mod text;
mod visit;

pub use asking::Asking;
pub use choice::{Choice, Choices};
pub use confirm::Confirm;
pub use field::{Field, FormChoice, FormField};
pub use form::{Fields, Filled, Form, FormFields};
pub use number::Number;
pub use outcome::Outcome;
pub use roots::Roots;
pub use sample::Sample;
pub use text::Text;
pub use visit::Visit;

use std::time::Duration;

use anpu_proto::model::{Answer, Ask, ClientCapabilities};
use serde_json::Value;

use super::Cx;
use crate::error::Result;

/// How long a machine is given to answer.
const MACHINE: Duration = Duration::from_secs(60);

/// Something a handler can ask its client, and what its answer is.
///
/// [`Confirm`](crate::Confirm), [`Text`](crate::Text), [`Choice`](crate::Choice) and [`Form`](struct@crate::Form) ask the
/// person, [`Visit`](crate::Visit) sends them to a web page, [`Sample`](crate::Sample) asks the model and
/// [`Roots`](crate::Roots) the client itself.
pub trait Question: Send + 'static {
    /// What comes back when all goes well.
    type Answer: Send + 'static;

    /// How long the question stays open unless [`Asking::within`] says otherwise: 10 minutes for people.
    const PATIENCE: Duration = Duration::from_secs(600);

    /// Whether the question itself is right; it is looked at before anything is asked.
    ///
    /// # Errors
    ///
    /// What is wrong with it, of kind [`Config`](crate::ErrorKind::Config).
    fn check(&self) -> Result {
        Ok(())
    }

    /// The question in the words of the specification.
    fn ask(&self) -> Ask;

    /// What a client must be able to do to be asked: `Err` with the missing capabilities, as an object.
    ///
    /// # Errors
    ///
    /// The capabilities that the client lacks.
    fn required(&self, client: &ClientCapabilities) -> Result<(), Value>;

    /// Reads the answer, and checks it against what was asked.
    ///
    /// # Errors
    ///
    /// Of kind [`Invalid`](crate::ErrorKind::Invalid): it is no answer to this question.
    fn read(&self, answer: Answer) -> Result<Self::Answer>;
}

impl Cx {
    /// Asks the client, and waits for the answer. The request's own clock stands meanwhile.
    ///
    /// The key identifies the question within the handler: give every question its own.
    ///
    /// ```
    /// use anpu::prelude::*;
    ///
    /// /// Empty the trash.
    /// #[tool(destructive)]
    /// async fn empty_trash(cx: Cx) -> Result<String> {
    ///     if !cx.ask("sure", Confirm::new("Really empty the trash?")).await?.accepted() {
    ///         return Err(declined("the user wants to keep the trash"));
    ///     }
    ///     Ok("the trash is empty".into())
    /// }
    /// ```
    ///
    /// # Errors
    ///
    /// When awaited, of kind [`Unsupported`](crate::ErrorKind::Unsupported) if the client cannot be asked this,
    /// [`TimedOut`](crate::ErrorKind::TimedOut), [`Invalid`](crate::ErrorKind::Invalid) if what came back is no answer,
    /// [`Cancelled`](crate::ErrorKind::Cancelled) if the request is over, and
    /// [`Refused`](crate::ErrorKind::Refused) if the client answered with an error. That a person says no is not an
    /// error: see [`Outcome`].
    pub fn ask<Q: Question>(&self, key: impl Into<String>, question: Q) -> Asking<Q> {
        Asking::new(self.clone(), key.into(), question)
    }
}
