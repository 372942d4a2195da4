//! A question on its way.

use std::fmt;
use std::time::Duration;

use anpu_proto::fault::Fault;

use super::Question;
use crate::error::{Error, Result};
use crate::handler::{BoxFuture, Cx};

/// A question on its way: await it, after bounding it with [`within`](Self::within), or saying with [`or`](Self::or) what
/// holds for a client that cannot be asked.
#[must_use = "a question is asked when it is awaited"]
pub struct Asking<Q: Question> {
    cx: Cx,
    key: String,
    question: Q,
    within: Option<Duration>,
    fallback: Option<Q::Answer>,
}

impl<Q: Question> Asking<Q> {
    pub(super) fn new(cx: Cx, key: String, question: Q) -> Self {
        Self { cx, key, question, within: None, fallback: None }
    }

    /// How long the question stays open. A `timeout` around the whole is no substitute: the client would not be told.
    pub fn within(mut self, time: Duration) -> Self {
        self.within = Some(time);
        self
    }

    /// What to go on with if the client lacks the capability to be asked this. Without it, that is an error of kind
    /// [`Unsupported`](crate::ErrorKind::Unsupported), and with `?` the client gets −32021 with
    /// [the capability it lacks](https://modelcontextprotocol.io/specification/latest/basic).
    ///
    /// A client that can be asked is asked: what it declines, answers wrongly or leaves unanswered is not replaced.
    ///
    /// ```
    /// use anpu::prelude::*;
    ///
    /// /// Delete a file, after asking where that is possible.
    /// #[tool(destructive)]
    /// async fn delete(path: String, cx: Cx) -> Result<String> {
    ///     let sure = cx.ask("sure", Confirm::new(format!("Really delete {path}?"))).or(Outcome::Declined).await?;
    ///     sure.or_declined("nobody confirmed it")?;
    ///     Ok(format!("{path} is gone"))
    /// }
    /// ```
    pub fn or(mut self, answer: Q::Answer) -> Self {
        self.fallback = Some(answer);
        self
    }
}

/// Whether the client, as it says or in the version it speaks, cannot be asked this.
fn is_unable(error: &Error) -> bool {
    matches!(error.fault(), Some(Fault::MissingCapability(_)))
}

impl<Q: Question> IntoFuture for Asking<Q> {
    type Output = Result<Q::Answer>;
    type IntoFuture = BoxFuture<'static, Result<Q::Answer>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { cx, key, question, within, fallback } = self;
            question.check()?;
            let asked = match question.required(cx.client_capabilities()) {
                Ok(()) => cx.port().ask(&key, question.ask(), within.unwrap_or(Q::PATIENCE)).await,
                Err(missing) => Err(Fault::MissingCapability(missing).into()),
            };
            match (asked, fallback) {
                (Err(error), Some(answer)) if is_unable(&error) => Ok(answer),
                (answer, _) => question.read(answer?),
            }
        })
    }
}

impl<Q: Question> fmt::Debug for Asking<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking").field("key", &self.key).field("within", &self.within).finish_non_exhaustive()
    }
}
