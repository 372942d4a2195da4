//! What a person did with a question.

use crate::error::{Result, declined};

/// What a person did with a question: answered it, said no, or closed it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// They answered.
    Accepted(T),
    /// They said no.
    Declined,
    /// They closed it without an answer.
    Cancelled,
}

impl<T> Outcome<T> {
    /// Whether they answered.
    pub fn accepted(&self) -> bool {
        matches!(self, Self::Accepted(_))
    }

    /// The answer, if there is one.
    pub fn into_answer(self) -> Option<T> {
        match self {
            Self::Accepted(answer) => Some(answer),
            Self::Declined | Self::Cancelled => None,
        }
    }

    /// The answer, or an error of kind [`Declined`](crate::ErrorKind::Declined) with this text for the model.
    ///
    /// # Errors
    ///
    /// They said no, or closed it.
    pub fn or_declined(self, text: impl Into<String>) -> Result<T> {
        self.into_answer().ok_or_else(|| declined(text))
    }

    /// The outcome with its answer made into something else.
    pub fn map<U>(self, change: impl FnOnce(T) -> U) -> Outcome<U> {
        match self {
            Self::Accepted(answer) => Outcome::Accepted(change(answer)),
            Self::Declined => Outcome::Declined,
            Self::Cancelled => Outcome::Cancelled,
        }
    }

    /// As [`map`](Self::map), for a change that may fail.
    pub(super) fn try_map<U>(self, change: impl FnOnce(T) -> Result<U>) -> Result<Outcome<U>> {
        Ok(match self {
            Self::Accepted(answer) => Outcome::Accepted(change(answer)?),
            Self::Declined => Outcome::Declined,
            Self::Cancelled => Outcome::Cancelled,
        })
    }
}
