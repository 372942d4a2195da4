//! A question on its way.

use std::fmt;
use std::time::Duration;

use anpu_proto::fault::Fault;

use super::Question;
use crate::error::Result;
use crate::handler::{BoxFuture, Cx};

/// A question on its way: await it, or bound it first with [`within`](Self::within).
#[must_use = "a question is asked when it is awaited"]
pub struct Asking<Q> {
    cx: Cx,
    key: String,
    question: Q,
    within: Option<Duration>,
}

impl<Q: Question> Asking<Q> {
    pub(super) fn new(cx: Cx, key: String, question: Q) -> Self {
        Self { cx, key, question, within: None }
    }

    /// How long the question stays open. A `timeout` around the whole is no substitute: the client would not be told.
    pub fn within(mut self, time: Duration) -> Self {
        self.within = Some(time);
        self
    }
}

impl<Q: Question> IntoFuture for Asking<Q> {
    type Output = Result<Q::Answer>;
    type IntoFuture = BoxFuture<'static, Result<Q::Answer>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            let Self { cx, key, question, within } = self;
            question.check()?;
            question.required(cx.client_capabilities()).map_err(Fault::MissingCapability)?;
            let answer = cx.port().ask(&key, question.ask(), within.unwrap_or(Q::PATIENCE)).await?;
            question.read(answer)
        })
    }
}

impl<Q> fmt::Debug for Asking<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Asking").field("key", &self.key).field("within", &self.within).finish_non_exhaustive()
    }
}
