//! A yes or a no.

use anpu_proto::model::{Answer, Ask, ClientCapabilities, RequestedSchema};
use serde_json::Value;

use super::{Outcome, Question, one};
use crate::error::Result;

/// Asks for a confirmation: a form without fields, which a person accepts or not.
///
/// ```
/// use anpu::prelude::*;
///
/// # async fn demo(cx: Cx) -> Result<()> {
/// if !cx.ask("sure", Confirm::new("Really empty the trash?")).await?.accepted() {
///     return Err(declined("the user wants to keep the trash"));
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Confirm {
    message: String,
}

impl Confirm {
    /// Asks this.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl Question for Confirm {
    type Answer = Outcome<()>;

    fn ask(&self) -> Ask {
        one::ask(&self.message, RequestedSchema::new())
    }

    fn required(&self, client: &ClientCapabilities) -> Result<(), Value> {
        one::required(client)
    }

    fn read(&self, answer: Answer) -> Result<Self::Answer> {
        Ok(one::filled(&RequestedSchema::new(), answer)?.map(|_| ()))
    }
}
